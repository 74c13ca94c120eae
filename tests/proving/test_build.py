"""A scenario becomes an operation: the same bytes, every row loaded, the truth apart."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from andon.demand.recontact import repeat_work
from andon.errors import OperationError, ReportError
from andon.estimate import Estimate
from andon.ledger.store import Ledger
from andon.ledger.tables import TABLES
from andon.ledger.window import open_window
from andon.operation import Operation
from andon.proving.build import SEALED, Built, Made, build, make
from andon.proving.scenario import (
    Advisors,
    ChosenSurveys,
    Customers,
    Decisions,
    Difficulty,
    JustInTime,
    PassingOn,
    Renaming,
    Scenario,
    Seen,
    ShortContacts,
    Splitting,
    Surveys,
    Vulnerable,
    Work,
)
from andon.queueing.simulator.model import Curve
from made_up import model, scenario

DAY_S = 86_400
FULL = scenario(
    ShortContacts(name="hang-ups", by=0.2, share=0.1, from_day=2, announced=True),
    PassingOn(name="pass", by=0.2, share=0.1),
    JustInTime(name="just", at_s=20, reach_s=60, by=0.5),
    Splitting(name="split", by=0.3, share=0.3),
    ChosenSurveys(name="chosen", by=0.4, share=0.8),
    Renaming(name="new names", by=0.5, from_day=4),
    days=8,
    zone="Europe/Berlin",
    customers=Customers(number=3000, habitual=0.02),
    seen=Seen(ids_missing=0.02, ids_by_congestion=0.3, advisors_missing=0.02),
    vulnerable=Vulnerable(share=0.1, resolves_less=0.1),
    decisions=Decisions(share=0.2),
)


@pytest.fixture(scope="module")
def made() -> Made:
    return make(FULL)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(FULL, tmp_path_factory.mktemp("built") / "operation")


def test_the_same_seed_gives_the_same_bytes(built: Built, tmp_path: Path) -> None:
    again = build(FULL, tmp_path / "again", load=False)
    for folder in ("generated-files", "mappings", SEALED):
        files = sorted((built.folder / folder).iterdir())
        assert files
        for file in files:
            assert file.read_bytes() == (again.folder / folder / file.name).read_bytes(), file.name


def test_every_row_is_loaded_and_none_set_aside(built: Built) -> None:
    operation = Operation.open(built.folder)
    with open_window(operation) as window:
        for name, rows in built.rows.items():
            assert rows > 0
            assert window.tables[name].count().execute() == rows
            said = window.tables[name].source.first().execute()
            assert said == "generated-a-test"
    assert "quarantine" not in Ledger.open(operation.ledger).versions()


def test_all_says_that_it_is_generated(built: Built, made: Made) -> None:
    assert Operation.open(built.folder).name == "GENERATED: A test"
    for name, path in built.files.items():
        assert path.name == f"generated-{name}.parquet"
        assert b"nobody real" in pq.read_schema(path).metadata[b"generated"]
        mapping = built.folder / "mappings" / f"generated-{name}.yaml"
        assert "GENERATED" in mapping.read_text()
    ids = made.tables["contacts"]
    for column in ("customer_id", "advisor_id"):
        assert pc.all(pc.starts_with(ids[column].drop_null(), "made-up-")).as_py()
    assert "nobody in it is real" in json.loads(built.truth.read_text())["generated"]


def test_the_truth_is_sealed_away_from_what_is_loaded(built: Built) -> None:
    assert built.truth == built.folder / SEALED / "truth.json"
    assert not list((built.folder / "ledger").rglob("*truth*"))
    told = {column.name for table in TABLES.values() for column in table.columns}
    hidden = {"difficulty", "matter", "levers", "honest_handle_s", "settled", "score_if_asked"}
    assert not hidden & told
    columns = set(pq.read_schema(built.truth.with_name("truth-of-contacts.parquet")).names)
    assert hidden < columns


def test_what_is_put_in_place_is_what_ingest_would_load(built: Built, made: Made) -> None:
    """Apart from the integers that stand for ids, and the batch."""
    keys = {"customer_key", "contact_key", "batch_id"}
    with open_window(Operation.open(built.folder)) as window:
        for name in made.tables:
            ours = made.ledger(name)
            table = TABLES[name]
            assert ours.column_names == [column.name for column in table.columns]
            theirs = window.tables[name].order_by(table.key).to_pyarrow()
            ours = ours.sort_by(table.key)
            for column in table.columns:
                if column.name in keys or column.name not in theirs.column_names:
                    continue
                left, right = ours[column.name], theirs[column.name].cast(ours[column.name].type)
                assert left.to_pylist() == right.to_pylist(), (name, column.name)


def test_integers_stand_for_ids_one_to_one(made: Made) -> None:
    contacts = made.ledger("contacts")
    assert len(pc.unique(contacts["contact_key"])) == contacts.num_rows
    pairs = contacts.select(["customer_id", "customer_key"]).group_by(
        ["customer_id", "customer_key"]
    )
    assert pairs.aggregate([]).num_rows == len(pc.unique(contacts["customer_id"]))
    assert contacts["customer_key"].null_count == contacts["customer_id"].null_count


def test_a_question_finds_the_loop(made: Made) -> None:
    """Nobody bends anything: of those served, as many come back within a week as the truth says."""
    calm = make(scenario(days=60, resolves_per_minute=0.03))
    found = repeat_work(ibis.memtable(calm.ledger("contacts")), windows_s=(14 * DAY_S,)).overall
    rate = found.recontacts.within(14 * DAY_S).rate
    assert isinstance(rate, Estimate)
    assert rate.value == pytest.approx(calm.truth["as_it_was"]["comes_back_share"], abs=0.01)


def test_ids_are_missing_by_congestion(made: Made) -> None:
    said = scenario(
        days=14, base=model(agents=9), seen=Seen(ids_missing=0.02, ids_by_congestion=0.4)
    )
    seen = make(said).truth["seen"]
    assert seen["ids_missing_share_where_all_waited"] == pytest.approx(0.42, abs=0.04)
    assert seen["ids_missing_share_where_few_waited"] == pytest.approx(0.03, abs=0.03)


def test_difficulty_hides_what_a_second_does() -> None:
    """With difficulty held fixed the slope is the one that was built; without, it is far off."""
    said = scenario(
        days=60,
        base=model(agents=14),
        resolves_per_minute=0.03,
        difficulty=Difficulty(handle=0.4, resolution=0.1),
    )
    made = make(said)
    truth = made.contacts_truth
    contacts = made.tables["contacts"]
    handled = pc.equal(contacts["outcome"], "handled").to_numpy()
    parts = ("talk_s", "hold_s", "wrapup_s")
    handle_s = sum(contacts[part].to_numpy(zero_copy_only=False) for part in parts)[handled]
    settled = truth["settled"].to_numpy()[handled].astype(float)
    hard = truth["difficulty"].to_numpy()[handled]
    ones = np.ones(len(hard))
    held = np.linalg.lstsq(np.stack((handle_s, hard, ones), 1), settled, rcond=None)[0][0]
    naive = np.linalg.lstsq(np.stack((handle_s, ones), 1), settled, rcond=None)[0][0]
    price = made.truth["price_of_a_second"]
    assert price["by_design_resolved_per_s"] == pytest.approx(0.0005)
    assert price["resolved_per_s"]["mean"] == pytest.approx(0.0005, rel=0.05)
    error = math.sqrt(0.2 / len(hard)) / np.std(handle_s)
    assert abs(held - price["resolved_per_s"]["by_pace"]) < 5 * error
    assert naive < 0.6 * held


def test_the_price_is_what_an_operation_shows_whose_pace_is_changed() -> None:
    """Everybody a tenth slower brings fewer back: the seconds times the price in the truth."""
    shares, seconds, prices = [], [], []
    for pace in (0.95, 1.05):
        base = model(agents=14)
        loop = base.queues[0].loop
        assert loop is not None
        rising = dataclasses.replace(loop, resolves=Curve(handle_s=(0, 1200), share=(0.5, 1.0)))
        handle = base.queues[0].handle.scaled(pace)
        queue = dataclasses.replace(base.queues[0], handle=handle, loop=rising)
        said = scenario(
            days=60,
            base=dataclasses.replace(base, queues=(queue,)),
            advisors=Advisors(pace_cv=0.0),
        )
        truth = make(said).truth
        shares.append(truth["as_it_was"]["comes_back_share"])
        seconds.append(truth["as_it_was"]["handle_mean_s"])
        prices.append(truth["price_of_a_second"]["recontact_per_s"]["by_pace"])
    slope = (shares[1] - shares[0]) / (seconds[1] - seconds[0])
    assert slope == pytest.approx(np.mean(prices), rel=0.25)
    assert np.mean(prices) < 0


def test_chosen_surveys_lift_the_score_of_those_asked() -> None:
    plenty = Surveys(invited=0.6, answered=0.5)
    lever = ChosenSurveys(name="c", by=0.5, share=0.9, below=3.5)
    truth = make(scenario(lever, days=21, surveys=plenty)).truth["as_it_was"]
    assert truth["score_of_answers_mean"] > truth["score_of_all_mean"] + 0.1
    calm = make(scenario(days=21, surveys=plenty)).truth["as_it_was"]
    assert calm["score_of_answers_mean"] == pytest.approx(calm["score_of_all_mean"], abs=0.05)
    assert truth["score_of_all_mean"] == calm["score_of_all_mean"]


def test_an_invitation_without_an_answer_is_a_row(made: Made) -> None:
    surveys = made.tables["surveys"]
    answered = surveys.num_rows - surveys["score"].null_count
    assert 0 < answered < surveys.num_rows
    assert surveys["answered_at"].null_count == surveys["score"].null_count
    scores = surveys["score"].drop_null().to_pylist()
    assert set(scores) <= {1.0, 2.0, 3.0, 4.0, 5.0}


def test_answers_just_in_time_are_hold() -> None:
    base = model(agents=9)
    lever = JustInTime(name="j", at_s=20, reach_s=60, spread_s=3)
    contacts = make(scenario(lever, base=base, days=14)).tables["contacts"]
    wait = pc.divide(
        pc.cast(pc.subtract(contacts["answered_at"], contacts["queued_at"]), pa.int64()), 1e6
    )
    wait_s = wait.to_numpy(zero_copy_only=False)
    assert not ((wait_s > 20) & (wait_s <= 80)).any()
    assert ((wait_s > 17) & (wait_s <= 20)).sum() > 10 * ((wait_s > 14) & (wait_s <= 17)).sum()


def test_one_contact_split_is_two_of_the_same_length(made: Made) -> None:
    whole = make(scenario(days=5)).tables["contacts"]
    split = make(scenario(Splitting(name="s", share=0.4), days=5)).tables["contacts"]
    assert split.num_rows > whole.num_rows + 500
    for part in ("talk_s", "hold_s", "wrapup_s"):
        assert pc.sum(split[part]).as_py() == pytest.approx(pc.sum(whole[part]).as_py(), rel=1e-9)
    ids = split["contact_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    second = split.filter(pc.ends_with(split["contact_id"], "b"))
    rows = {row["contact_id"]: row for row in split.to_pylist()}
    for row in second.slice(0, 200).to_pylist():
        first = rows[row["contact_id"].removesuffix("b")]
        assert first["ended_at"] == row["arrived_at"] == row["answered_at"]
        assert (first["advisor_id"], first["customer_id"]) == (
            row["advisor_id"],
            row["customer_id"],
        )


def test_some_advisors_have_another_name_later(made: Made) -> None:
    contacts = made.tables["contacts"]
    renamed = pc.match_substring(contacts["advisor_id"], "-renamed")
    first = pc.min(contacts.filter(renamed)["answered_at"]).as_py()
    assert first.date().isoformat() == "2024-01-05"
    people = made.truth["levers"][-1]["people"]
    assert len(people) == round(len(made.truth["people"]) * 0.5)


def test_durations_may_be_rounded_to_the_minute() -> None:
    talk = make(scenario(days=2, seen=Seen(rounded_to_s=60))).tables["contacts"]["talk_s"]
    assert set(np.mod(talk.drop_null().to_numpy(), 60)) == {0.0}


def test_only_known_needs_are_on_record() -> None:
    said = scenario(days=14, vulnerable=Vulnerable(share=0.2, resolves_less=0.2, known=0.5))
    made = make(said)
    hidden = made.contacts_truth
    vulnerable = hidden.filter(hidden["vulnerable"])
    who = set(vulnerable["customer"].to_pylist())
    known = {
        int(each.rsplit("-", 1)[1]) for each in made.tables["needs"]["customer_id"].to_pylist()
    }
    assert known < who
    assert len(known) / len(who) == pytest.approx(0.5, abs=0.05)
    settled = [
        pc.mean(pc.cast(part.filter(pc.greater(part["advisor"], 0))["settled"], pa.float64()))
        for part in (vulnerable, hidden.filter(pc.invert(hidden["vulnerable"])))
    ]
    assert settled[1].as_py() - settled[0].as_py() == pytest.approx(0.2, abs=0.04)


def test_changes_tell_of_what_was_announced_and_of_nothing_else(made: Made) -> None:
    rows = made.tables["changes"].to_pylist()
    assert [row["what"] for row in rows] == ["hang-ups begins"]
    assert rows[0]["changed_at"].isoformat() == "2024-01-02T23:00:00+00:00"  # midnight in Berlin


def test_a_lever_says_who_could_and_who_did(made: Made) -> None:
    lever = made.truth["levers"][0]
    assert lever["kind"] == "short_contacts"
    assert lever["begins_on"] == "2024-01-03T00:00:00"
    assert lever["ends_on"] is None
    did = {name: each["did"] for name, each in lever["people"].items()}
    assert sum(did.values()) == lever["contacts"]
    pulls = {p["advisor_id"] for p in made.truth["people"] if "hang-ups" in p["pulls"]}
    assert pulls == did.keys()
    for each in lever["people"].values():
        error = math.sqrt(0.1 * 0.9 / max(each["could"], 1))
        assert abs(each["did"] / max(each["could"], 1) - 0.1) < 4.5 * error


def test_nothing_is_made_where_an_operation_is(built: Built) -> None:
    with pytest.raises(OperationError, match="already an operation"):
        build(FULL, built.folder)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(ReportError, match="cannot be written"):
        build(scenario(days=1), tmp_path / "operation")


def test_an_operation_with_nothing_but_contacts_can_be_built(tmp_path: Path) -> None:
    said = Scenario(
        name="Bare",
        base=model(agents=3, per_h=20),
        days=1,
        surveys=Surveys(invited=0),
        complaints=0,
        work=Work(hold=0, wrapup=0),
    )
    done = build(said, tmp_path / "bare")
    assert done.rows["surveys"] == done.rows["needs"] == done.rows["changes"] == 0
    with open_window(Operation.open(done.folder)) as window:
        assert window.contacts.count().execute() == done.rows["contacts"]
