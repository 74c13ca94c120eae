"""An operation's folder and its file."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import OperationError
from andon.operation import KEYS, Costs, Journey, Operation, Standards

LEAST = "name: Corner Bank\nzone: Asia/Jerusalem\n"


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        (tmp_path / "andon.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return written


def test_a_name_and_a_zone_are_enough(write: Write) -> None:
    operation = Operation.open(write(LEAST))
    assert operation.name == "Corner Bank"
    assert operation.zone == "Asia/Jerusalem"
    assert operation.engine == "duckdb"
    assert operation.ledger == operation.folder / "ledger"
    assert operation.store == str(operation.folder / "andon.db")
    assert operation.journeys == ()
    assert operation.costs == Costs(currency="EUR", per_hour=None)
    assert operation.standards == Standards(answer_within_s=20.0, short_abandon_s=5.0)
    assert operation.pseudonym_file == operation.folder / "pseudonym.key"


def test_every_key_is_read(write: Write) -> None:
    operation = Operation.open(
        write(
            LEAST
            + """\
ledger: /data/ledger
store: postgresql://db/andon
engine: clickhouse://warehouse:9000/calls
journeys:
  pay a bill: {queues: [Billing], reasons: [late fee]}
  move house: {reasons: [new address]}
costs: {currency: ILS, per_hour: 61.5, per_complaint: 300, per_lost_customer: 900}
standards: {answer_within_s: 30, short_abandon_s: 0}
pseudonyms: off
"""
        )
    )
    assert operation.ledger == Path("/data/ledger")
    assert operation.store == "postgresql://db/andon"
    assert operation.engine == "clickhouse://warehouse:9000/calls"
    assert operation.journeys == (
        Journey(name="pay a bill", queues=("Billing",), reasons=("late fee",)),
        Journey(name="move house", reasons=("new address",)),
    )
    assert operation.costs == Costs(
        currency="ILS", per_hour=61.5, per_complaint=300, per_lost_customer=900
    )
    assert operation.standards == Standards(answer_within_s=30.0, short_abandon_s=0.0)
    assert operation.pseudonym_file is None
    assert operation.pseudonym_key() is None


@pytest.mark.parametrize(
    ("text", "line", "key", "found", "expected"),
    [
        ("name: A\nzone: Mars/Olympus\n", 2, "zone", "'Mars/Olympus'", "IANA"),
        ("name: A\nzone: ../../etc/passwd\n", 2, "zone", "passwd", "IANA"),
        ("name:\nzone: UTC\n", 1, "name", "nothing", "name"),
        ("name: A\nzone: 3\n", 2, "zone", "3", "IANA"),
        (LEAST + "engine: oracle\n", 3, "engine", "'oracle'", "duckdb"),
        (LEAST + "engine: duckdb://x\n", 3, "engine", "duckdb", "spark"),
        (LEAST + "engine: postgres\n", 3, "engine", "postgres", "address"),
        (LEAST + "ledger: s3://bucket/ledger\n", 3, "ledger", "s3", "folder"),
        (LEAST + "costs:\n  per_hour: free\n", 4, "costs.per_hour", "'free'", "above 0"),
        (LEAST + "costs:\n  per_hour: -1\n", 4, "costs.per_hour", "-1", "above 0"),
        (LEAST + "costs:\n  per_complaint: 0\n", 4, "costs.per_complaint", "0", "above 0"),
        (LEAST + "costs:\n  per_hour: .nan\n", 4, "costs.per_hour", "nan", "above 0"),
        (LEAST + "costs:\n  currency: euro\n", 4, "costs.currency", "'euro'", "EUR"),
        (LEAST + "costs: 40\n", 3, "costs", "40", "keys"),
        (LEAST + "standards:\n  answer_within_s: 0\n", 4, "answer_within_s", "0", "86400"),
        (LEAST + "standards:\n  short_abandon_s: [5]\n", 4, "short_abandon_s", "list", "86400"),
        (LEAST + "journeys: [a]\n", 3, "journeys", "a list", "keys with values"),
        (LEAST + "journeys: {a: {queue: [b]}}\n", 3, "journeys.a.queue", "a list", "queues"),
        (LEAST + "journeys: {a: {queues: []}}\n", 3, "journeys", "keys", "its queues"),
        (LEAST + "zone: UTC\n", 3, "zone", "'UTC'", "one of the two"),
        (
            LEAST + "costs: {currency: EUR}\ncosts: {per_hour: 2}\n",
            4,
            "costs",
            "keys",
            "one of the two",
        ),
        (LEAST + "costs:\n  per_hour: 1\n  per_hour: 2\n", 5, "per_hour", "2", "one of the two"),
    ],
)
def test_an_error_names_file_line_key_found_and_expected(
    write: Write, text: str, line: int, key: str, found: str, expected: str
) -> None:
    folder = write(text)
    with pytest.raises(OperationError) as caught:
        Operation.open(folder)
    error = caught.value
    assert f"{folder / 'andon.yaml'}, line {line}, key '" in error.found
    assert key in error.found
    assert found in error.found
    assert expected in error.todo


def test_an_unknown_key_is_told_with_the_known_ones(write: Write) -> None:
    with pytest.raises(OperationError, match="not known") as caught:
        Operation.open(write(LEAST + "standards:\n  answer_within: 20\n"))
    assert "line 4, key 'standards.answer_within'" in caught.value.found
    assert "answer_within_s" in caught.value.todo


def test_a_section_may_be_empty(write: Write) -> None:
    assert Operation.open(write(LEAST + "costs:\n  # per_hour: 40\n")).costs == Costs()


@pytest.mark.parametrize(
    "engine", ["duckdb", "spark", "spark://host:7077", "trino://me@host/calls"]
)
def test_each_kind_of_engine_is_taken(write: Write, engine: str) -> None:
    assert Operation.open(write(f"{LEAST}engine: {engine}\n")).engine == engine


def test_a_missing_zone_is_told(write: Write) -> None:
    with pytest.raises(OperationError, match="does not say the zone") as caught:
        Operation.open(write("name: A\n"))
    assert "IANA" in caught.value.todo


@pytest.mark.parametrize("text", ["just words", "- a\n- b\n", "7"])
def test_a_file_without_keys_is_told(write: Write, text: str) -> None:
    with pytest.raises(OperationError, match="does not hold keys and values"):
        Operation.open(write(text))


def test_broken_yaml_is_told_with_its_line(write: Write) -> None:
    folder = write("name: A\nzone: [UTC\n")
    with pytest.raises(OperationError, match="not valid YAML") as caught:
        Operation.open(folder)
    assert f"{folder / 'andon.yaml'}, line" in caught.value.found


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "andon.yaml").write_bytes("name: Café\nzone: UTC\n".encode("latin-1"))
    with pytest.raises(OperationError, match="UTF-8"):
        Operation.open(tmp_path)


def test_a_file_that_holds_itself_is_told(write: Write) -> None:
    with pytest.raises(OperationError, match="without end"):
        Operation.open(write(LEAST + "journeys: &a [*a]\n"))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "andon.yaml").write_bytes(b"\xef\xbb\xbf" + LEAST.encode())
    assert Operation.open(tmp_path).name == "Corner Bank"


def test_a_folder_without_an_operation_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="no operation in this folder") as caught:
        Operation.open(tmp_path)
    assert "andon init" in caught.value.todo


def test_a_new_operation_can_be_opened_and_keeps_its_key_secret(tmp_path: Path) -> None:
    made = Operation.create(
        tmp_path / "bank", name="Bank: “Corner”", zone="Asia/Jerusalem", currency="ILS", per_hour=60
    )
    assert made == Operation.open(tmp_path / "bank")
    assert made.name == "Bank: “Corner”"
    assert made.costs == Costs(currency="ILS", per_hour=60.0)
    key = made.pseudonym_key()
    assert key is not None
    assert len(key) == 32
    assert key.hex() not in repr(made)
    assert made.pseudonym_file is not None
    assert stat.S_IMODE(made.pseudonym_file.stat().st_mode) == 0o600
    assert "/pseudonym.key" in (made.folder / ".gitignore").read_text().splitlines()


def test_what_git_ignores_already_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.csv\n/ledger/")
    Operation.create(tmp_path, name="A")
    assert (tmp_path / ".gitignore").read_text().splitlines() == [
        "*.csv",
        "/ledger/",
        "/reports/",
        "/andon.db",
        "/pseudonym.key",
    ]


def test_the_ledger_may_be_in_the_home_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    opened = Operation.open(write(LEAST + "ledger: ~/ledger\n"))
    assert opened.ledger == tmp_path / "home" / "ledger"


def test_two_operations_have_different_keys(tmp_path: Path) -> None:
    keys = {Operation.create(tmp_path / name, name=name).pseudonym_key() for name in ("one", "two")}
    assert len(keys) == 2


def test_creating_never_overwrites_an_operation_or_a_key(tmp_path: Path) -> None:
    made = Operation.create(tmp_path, name="First")
    key = made.pseudonym_key()
    with pytest.raises(OperationError, match="already an operation"):
        Operation.create(tmp_path, name="Second")
    made.file.unlink()
    assert Operation.create(tmp_path, name="Third").pseudonym_key() == key


def test_a_value_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="zone"):
        Operation.create(tmp_path / "new", name="A", zone="Nowhere/Land")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperationError, match="cannot be written"):
        Operation.create(tmp_path / "file" / "operation", name="A")


@pytest.mark.parametrize("content", ["", "my-own-secret", "abcd01"])
def test_a_damaged_key_file_is_told_and_never_printed(tmp_path: Path, content: str) -> None:
    made = Operation.create(tmp_path, name="A")
    assert made.pseudonym_file is not None
    made.pseudonym_file.write_text(content)
    with pytest.raises(OperationError, match="does not hold a key") as caught:
        made.pseudonym_key()
    assert not content or content not in str(caught.value)


def test_a_lost_key_file_is_told(tmp_path: Path) -> None:
    made = Operation.create(tmp_path, name="A")
    assert made.pseudonym_file is not None
    made.pseudonym_file.unlink()
    with pytest.raises(OperationError, match="cannot be read") as caught:
        made.pseudonym_key()
    assert "every customer a new one" in caught.value.todo


def test_the_engine_takes_its_secrets_from_the_environment(write: Write) -> None:
    operation = Operation.open(write(LEAST + "engine: postgres://andon:${PGPASS}@db/calls\n"))
    assert "${PGPASS}" in operation.engine
    assert operation.engine_address({"PGPASS": "s3cret"}) == "postgres://andon:s3cret@db/calls"
    with pytest.raises(OperationError, match="environment") as caught:
        operation.engine_address({})
    assert "PGPASS" in caught.value.found


def test_every_key_says_what_it_means_and_what_it_expects() -> None:
    assert all(key.says.endswith(".") and key.expects for key in KEYS)


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_any_file_is_either_an_operation_or_an_operation_error(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "andon.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        assert Operation.open(path.parent).name
    except OperationError as error:
        assert error.found
        assert error.todo


@settings(deadline=None, max_examples=100)
@given(name=st.text(min_size=1, max_size=60).filter(lambda text: text.strip() == text))
def test_any_name_comes_back_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("named")
    try:
        made = Operation.create(folder, name=name)
    except OperationError:
        assert not name.isprintable()
    else:
        assert made.name == name
