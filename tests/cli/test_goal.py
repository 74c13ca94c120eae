"""``andon goal``: the verdict, the questions one by one, the list, the watch, every slip."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from andon.goodhart.review import Seen
from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger
from andon.operation import Operation
from bent import made_bent
from goodhart.weeks import weeks

EXAMPLES = Path(__file__).parents[2] / "examples" / "goals"
SHORTER = """\
name: Shorter calls
measure: handle_time
change: -60s
by: 2024-12-31
since: 2024-02-12
rewarded: teams
behind: Answer more customers.
harmed: customers with hard matters
twin: {measure: recontact, floor: 90%}
"""
CALMER = SHORTER.replace("Shorter calls", "Calmer waits").replace("handle_time", "wait")
MAPPING = """\
source: phone
columns:
  contact_id: contact_id
  customer_id: customer_id
  channel: {constant: voice}
  queue: queue
  arrived_at: {from: arrived_us, format: epoch_us}
  queued_at: {from: queued_us, format: epoch_us}
  answered_at: {from: answered_us, format: epoch_us}
  outcome: {constant: handled}
  talk_s: talk_s
"""


@pytest.fixture(autouse=True)
def in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("ANDON_OPERATION", raising=False)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Six weeks of 240 s and 10 in 100 back, then seven of 180 s and 35 in 100 back."""
    folder = tmp_path_factory.mktemp("loaded")
    made = Operation.create(folder, name="Corner", zone="UTC")
    contacts = weeks([240] * 6 + [180] * 7, [0.10] * 6 + [0.35] * 7)
    names = ("contact_id", "customer_id", "queue", "talk_s")
    instants = ("arrived_us", "queued_us", "answered_us")
    pq.write_table(contacts.select(*names, *instants).to_pyarrow(), folder / "calls.parquet")
    mapping = made.mappings / "phone.yaml"
    mapping.write_text(MAPPING)
    run = ingest(
        Ledger.open(made.ledger),
        [folder / "calls.parquet"],
        load_mapping(mapping),
        pseudonym_key=made.pseudonym_key(),
    )
    assert run.added == run.read > 3000
    return made


@pytest.fixture
def kept(loaded: Operation) -> Any:
    """Write goals into the loaded operation, and take them away again."""
    home = loaded.folder / "goals"
    home.mkdir(exist_ok=True)

    def write(**files: str) -> Operation:
        for name, text in files.items():
            (home / f"{name}.yaml").write_text(text)
        return loaded

    yield write
    for path in home.glob("*.yaml"):
        path.unlink()


def answers(monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in said)))


# The review --------------------------------------------------------------------------------------


def test_the_verdict_comes_first_in_lines_that_fit(run: Any) -> None:
    done = run("goal", "review", EXAMPLES / "aht-minus-25.yaml")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "■ Stop: Shorter calls"
    assert lines[1] == "Mean handle time: down 25 % by 30 June 2027."
    assert max(map(len, lines)) <= 80
    for heading in ("Why", "How it can be bent (not looked for)", "Who gains", "Not known"):
        assert heading in lines
    assert lines.index("Why") < lines.index("A better-shaped goal")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_reviewed_without_an_operation(run: Any, path: Path) -> None:
    done = run("goal", "review", path)
    assert done.code == 0
    assert done.err == ""
    assert max(map(len, done.out.splitlines())) <= 80
    told = run("goal", "review", path, "--json").json
    assert told["ruling"].capitalize() == done.out.split()[1].rstrip(":")


def test_machines_get_names_and_numbers(run: Any) -> None:
    done = run("goal", "review", EXAMPLES / "fcr-85.yaml", "--json")
    said = done.json
    assert done.err == ""
    assert (said["goal"]["measure"], said["goal"]["unit"], said["goal"]["level"]) == (
        "fcr",
        "share",
        0.85,
    )
    assert said["goal"]["twins"] == [{"measure": "recontact", "unit": "share", "floor": 0.18}]
    assert said["ruling"] == "watch"
    assert {"ruling", "says", "estimate"} <= set(said["reasons"][0])
    assert said["invited"][0]["state"] == "not looked for"
    assert (said["past"], said["work"]) == ([], None)
    assert said["unknown"][0]["unknown"] is True


def test_in_an_operation_the_ledger_is_asked(run: Any, loaded: Operation, tmp_path: Path) -> None:
    path = tmp_path / "shorter.yaml"
    path.write_text(SHORTER)
    done = run("goal", "review", path, "-o", loaded.folder)
    assert done.code == 0
    assert "What the ledger says" in done.out
    assert "Mean handle time is about 3 min" in done.out
    assert "When it moved by about that much before:" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    past = run("goal", "review", path, "-o", loaded.folder, "--json").json["past"]
    assert past[0]["twin"] == "recontact"
    assert past[0]["moves"][0]["measure"]["value"] == pytest.approx(-60, abs=5)


def test_in_an_operations_own_folder_it_need_not_be_named(
    run: Any, loaded: Operation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shorter.yaml"
    path.write_text(SHORTER)
    monkeypatch.chdir(loaded.folder)
    assert "What the ledger says" in run("goal", "review", path).out


def test_an_operation_without_data_is_as_good_as_none(
    run: Any, operation: Operation, tmp_path: Path
) -> None:
    path = tmp_path / "shorter.yaml"
    path.write_text(SHORTER)
    done = run("goal", "review", path, "-o", operation.folder)
    assert done.code == 0
    assert "What the ledger says" not in done.out
    assert "What such a move did before was not asked." in done.out


def test_a_review_can_be_kept_and_what_was_written_is_said(run: Any, operation: Operation) -> None:
    done = run("goal", "review", EXAMPLES / "fcr-85.yaml", "--keep", "-o", operation.folder)
    there = operation.folder / "goals" / "settled-at-once.yaml"
    assert "Wrote" in done.out
    assert there.read_bytes() == (EXAMPLES / "fcr-85.yaml").read_bytes()
    again = run("goal", "review", EXAMPLES / "fcr-85.yaml", "--keep", "-o", operation.folder)
    assert again.code == 0
    in_place = run("goal", "review", there, "--keep", "-o", operation.folder)
    assert in_place.code == 0
    there.write_text(there.read_text() + "reward: a prize\n")
    other = run("goal", "review", EXAMPLES / "fcr-85.yaml", "--keep", "-o", operation.folder)
    assert other.code == 15
    assert "kept already" in other.err


# Every slip --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "wrong"),
    [
        (SHORTER.replace("handle_time", "[handle_time, fcr]"), 15, "names several"),
        (SHORTER.replace("handle_time", "sunshine"), 15, "'sunshine' is not known"),
        (SHORTER.replace("-60s", "60s"), 15, "up or down"),
        (SHORTER.replace("measure:", "\tmeasure:"), 15, "not valid YAML"),
        ("", 15, "missing"),
        ("- a\n- b\n", 15, "keys with values"),
        (SHORTER + "name: Again\n", 15, "there twice"),
    ],
)
def test_a_slip_is_three_lines_and_one_object(
    run: Any, tmp_path: Path, text: str, code: int, wrong: str
) -> None:
    path = tmp_path / "slip.yaml"
    path.write_text(text)
    done = run("goal", "review", path)
    assert done.code == code
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert wrong in lines[0]
    assert "slip.yaml" in lines[1]
    assert lines[2].startswith("To do: ")
    assert run("goal", "review", path, "--json").error["error"] == "goal"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["goal", "review", "no-such.yaml"], 15),
        (["goal", "review", str(EXAMPLES)], 15),
        (["goal", "review", str(EXAMPLES / "fcr-85.yaml"), "--keep"], 15),
        (["goal", "review", str(EXAMPLES / "fcr-85.yaml"), "-o", "nowhere"], 3),
        (["goal", "list"], 3),
        (["goal", "watch"], 3),
        (["goal", "revue"], 2),
        (["goal", "review", "a", "b"], 2),
    ],
)
def test_what_cannot_be_done_is_said(run: Any, words: list[str], code: int) -> None:
    done = run(*words, "--json")
    assert done.code == code
    assert done.out == ""
    assert set(done.error) == {"error", "wrong", "found", "todo"}
    assert all(done.error.values())


def test_alone_it_helps(run: Any) -> None:
    """As every group of commands does, it shows what there is."""
    done = run("goal")
    assert done == run("goal", "--help")
    assert done.code == 0
    for word in ("review", "list", "watch"):
        assert f"  {word} " in done.out


# The questions -----------------------------------------------------------------------------------

ALL = (
    "Fewer returns",
    "repeat calls",
    "-10%",
    "2027-06-30",
    "teams, leads",
    "Settled matters",
    "those who do come back; the shy",
    "abandonment",
    "6%",
)


def test_without_a_file_it_asks_and_writes_one(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, *ALL)
    done = run("goal", "review", "-o", operation.folder)
    path = operation.folder / "goals" / "fewer-returns.yaml"
    assert done.code == 0
    assert "● Go: Fewer returns" in done.out
    assert done.err.count("> ") == 9
    text = path.read_text()
    assert 'measure: "recontact"' in text
    assert '  - "the shy"' in text
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("goal", "review", path).code == 0


def test_questions_and_answers_stay_out_of_the_json(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, *ALL)
    done = run("goal", "review", "--json")
    assert json.loads(done.out)["goal"]["name"] == "Fewer returns"
    assert (tmp_path / "goals" / "fewer-returns.yaml").exists()


def test_a_wrong_answer_is_asked_again(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(
        monkeypatch,
        "Busy", "AHT and FCR", "ocupancy", "occupancy", "soon", "92%", "June", "2027-03-31",
        "bosses", "leads", "Less idling", "customers", "occupancy", "wait", "a bit", "none",
    )  # fmt: skip
    done = run("goal", "review")
    assert done.code == 0
    assert "■ Stop: Busy" in done.out
    for said in ("names several", "Did you mean 'occupancy'?", "'soon' is not a value",
                 "'June' is not a day", "'bosses' is not a choice", "watch over itself",
                 "'a bit' is not a value"):  # fmt: skip
        assert said in done.err
    assert "has no floor" in done.out


def test_a_goal_without_a_twin_is_asked_for_no_floor(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, "Bare", *ALL[1:7], "none")
    done = run("goal", "review")
    assert "Nothing watches over it." in done.out
    assert "twin:" not in (tmp_path / "goals" / "bare.yaml").read_text()


def test_a_name_that_is_kept_is_asked_again_and_nothing_is_overwritten(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, *ALL)
    assert run("goal", "review").code == 0
    before = (tmp_path / "goals" / "fewer-returns.yaml").read_text()
    answers(monkeypatch, "Fewer  Returns!", "Another", *ALL[1:])
    done = run("goal", "review")
    assert "kept already" in done.err
    assert (tmp_path / "goals" / "another.yaml").exists()
    assert (tmp_path / "goals" / "fewer-returns.yaml").read_text() == before


def test_leaving_early_writes_nothing(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, *ALL[:4])
    done = run("goal", "review")
    assert done.code == 130
    assert not (tmp_path / "goals").exists()


# The list and the watch --------------------------------------------------------------------------


def test_kept_goals_are_listed(run: Any, kept: Any) -> None:
    made = kept(shorter=SHORTER, other=CALMER.replace("since: 2024-02-12\n", ""))
    done = run("goal", "list", "-o", made.folder)
    assert done.out.splitlines()[0] == "2 goals are kept."
    assert "in force since 12 February 2024" in done.out
    assert "not in force" in done.out
    assert [each["name"] for each in run("goal", "list", "-o", made.folder, "--json").json] == [
        "Calmer waits",
        "Shorter calls",
    ]


def test_no_goal_kept_teaches_how_to_keep_one(run: Any, operation: Operation) -> None:
    for word in ("list", "watch"):
        done = run("goal", word, "-o", operation.folder)
        assert done.code == 0
        assert "andon goal review FILE --keep" in " ".join(done.out.split())
        assert run("goal", word, "-o", operation.folder, "--json").json == []


def test_the_watch_says_which_goal_bends_and_leaves_with_its_code(run: Any, kept: Any) -> None:
    made = kept(a=SHORTER, b=CALMER.replace("-60s", "-5s"))
    done = run("goal", "watch", "-o", made.folder)
    assert done.code == 16
    lines = done.out.splitlines()
    assert lines[0] == "1 of 2 kept goals begins to bend its measure."
    assert lines.index("■ Bends: Shorter calls") < lines.index("● Holds: Calmer waits")
    assert "Its twin got worse" in " ".join(done.out.split())
    assert max(map(len, lines)) <= 80
    said = run("goal", "watch", "-o", made.folder, "--json")
    assert said.code == 16
    assert {each["goal"]["name"]: each["state"] for each in said.json} == {
        "Shorter calls": "bends",
        "Calmer waits": "holds",
    }


def test_a_watch_where_nothing_bends_leaves_with_0(run: Any, kept: Any) -> None:
    made = kept(b=CALMER.replace("-60s", "-5s"))
    done = run("goal", "watch", "-o", made.folder)
    assert done.code == 0
    assert done.out.splitlines()[0] == "None of 1 kept goal begins to bend its measure."


def test_with_no_goal_in_force_it_says_so_and_from_when_each_is(run: Any, kept: Any) -> None:
    thought_of = SHORTER.replace("since: 2024-02-12\n", "")
    later = CALMER.replace("2024-02-12", "2024-12-01")
    made = kept(a=thought_of, b=later)
    done = run("goal", "watch", "-o", made.folder)
    assert done.code == 0
    lines = " ".join(done.out.split())
    assert lines.startswith("None of 2 kept goals is in force yet, so none can bend its measure.")
    assert "Its file does not say since when it holds: add since." in lines
    assert "It holds from 1 December 2024, and the data end on" in lines
    kept(a=SHORTER, b=later)
    said = run("goal", "watch", "-o", made.folder)
    assert "1 of 2 kept goals begins to bend its measure. 1 is not" in said.out.splitlines()[0]


def test_a_practice_is_put_to_the_goal_that_it_came_with(run: Any, tmp_path: Path) -> None:
    """Those likely to be content are asked oftener from 31 January on; no look dates that."""
    made = made_bent(tmp_path)
    home = made.folder / "goals"
    home.mkdir()
    stars = (EXAMPLES / "five-star-average.yaml").read_text()
    for name, day in (("came", "2024-02-12"), ("was there", "2024-04-15")):
        (home / f"{name}.yaml").write_text(f"{stars}\nsince: {day}\n")
    done = run("goal", "watch", "-o", made.folder, "--json")
    assert done.code == 16
    came, was_there = (
        next(each for each in done.json if each["file"].endswith(f"{name}.yaml"))
        for name in ("came", "was there")
    )
    assert came["state"] == "bends"
    assert "before 12 February 2024" in came["says"][0]
    assert was_there["state"] == "cannot tell"
    assert "It was there before the target as well" in was_there["notes"][0]


def test_a_watch_without_contacts_is_refused_in_words(run: Any, operation: Operation) -> None:
    (operation.folder / "goals").mkdir()
    (operation.folder / "goals" / "a.yaml").write_text(SHORTER)
    done = run("goal", "watch", "-o", operation.folder)
    assert done.code == 7
    assert "ledger is empty" in done.err


def test_a_kept_goal_with_a_slip_is_named(run: Any, kept: Any) -> None:
    made = kept(a=SHORTER, broken=SHORTER.replace("-60s", "a lot"))
    done = run("goal", "watch", "-o", made.folder)
    assert done.code == 15
    assert "broken.yaml" in done.err


def test_what_looks_for_signatures_find_has_its_place() -> None:
    assert {"shows", "says", "estimate", "since", "until", "unsure"} == set(Seen.__slots__)
