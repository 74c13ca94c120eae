# Two commands do all the set-up: `make demo` and `make test`. `make` alone lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python

.PHONY: help demo test check bench proving docs lock format clean

help:
	@echo "make demo    load a real bank's calls and write the report of a first diagnosis"
	@echo "make test    run every test"
	@echo "make check   ruff, mypy and the order of layers"
	@echo "make bench   measure speed and memory beside their baselines (minutes)"
	@echo "make proving count how often intervals hold and alarms are false (hours; goes on where it was)"
	@echo "make docs    write the reference pages and the pictures anew"
	@echo "make format  put the code in shape"
	@echo "make lock    lock the dependencies anew"
	@echo "make clean   remove what was made here: $(VENV), demo, build, dist"

demo: $(VENV)/.demo
	@$(BIN)/python examples/anonymous-bank/demo.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/contracts/test_layers.py

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

proving: $(VENV)/.test
	$(BIN)/python -m andon.proving docs/reference/proving.md $(PROVING_ARGS)

docs: $(VENV)/.test
	$(BIN)/python docs/reference/write.py
	$(BIN)/python docs/explanation/pictures.py

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock names versions and hashes, and no index: it installs from whichever index is set up.
lock: $(UV)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra pdf --extra plan pyproject.toml -o $(LOCKS)/run.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --group dev -c $(LOCKS)/run.lock pyproject.toml -o $(LOCKS)/dev.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --all-extras --group dev --group peers -c $(LOCKS)/dev.lock pyproject.toml \
		-o $(LOCKS)/peers.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header $(LOCKS)/build.in -o $(LOCKS)/build.lock

$(UV): $(LOCKS)/build.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
		"Andon needs Python 3.11 or newer.\nFound: Python %d.%d, as $(PYTHON)\nTo do: make PYTHON=python3.12 demo, with a newer Python that you have." % v[:2])'
	@echo "Set-up 1 of 2: making $(VENV) for this folder only."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--require-hashes -r $(LOCKS)/build.lock
	@touch $(UV)

$(VENV)/.demo: $(UV) $(LOCKS)/run.lock pyproject.toml
	@echo "Set-up 2 of 2: installing what Andon needs, from $(LOCKS)/run.lock."
	@$(INSTALL) --compile-bytecode --require-hashes -r $(LOCKS)/run.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(UV) $(LOCKS)/dev.lock pyproject.toml
	@echo "Set-up 2 of 2: installing what Andon and its tests need, from $(LOCKS)/dev.lock."
	@$(INSTALL) --compile-bytecode --require-hashes -r $(LOCKS)/dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.demo $@

$(VENV)/.bench: $(VENV)/.test $(LOCKS)/peers.lock
	@echo "Installing what the benchmarks compare with, from $(LOCKS)/peers.lock."
	@$(INSTALL) --compile-bytecode --require-hashes -r $(LOCKS)/peers.lock
	@touch $@

clean:
	rm -rf $(VENV) demo build dist
