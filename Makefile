# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements
UV := $(BIN)/uv

.PHONY: demo test check bench docs lock format clean

demo: $(VENV)/.demo
	$(BIN)/python examples/anonymous-bank/demo.py

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/contracts/test_layers.py

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock names versions and hashes, and no index: it installs from whichever index is set up.
lock: $(UV)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra pdf pyproject.toml -o $(LOCKS)/run.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --group dev -c $(LOCKS)/run.lock pyproject.toml -o $(LOCKS)/dev.lock

$(UV): $(LOCKS)/build.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Andon needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/build.lock
	touch $(UV)

$(VENV)/.demo: $(UV) $(LOCKS)/run.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(LOCKS)/run.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(UV) $(LOCKS)/dev.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(LOCKS)/dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(VENV)/.demo $@

clean:
	rm -rf $(VENV) demo build dist
