"""The table of checks promises what ingest does: each row of it is broken once here."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from andon.errors import AndonError, MappingError, SourceError
from andon.ledger.checks import CHECKS, Severity, check
from ingesting import LEAST, Rig, with_columns

GOOD = "g,2024-01-01 09:00:00"
"""A row that breaks no check; it stands first in every file."""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A small file that breaks one check, and what is to be seen of it.

    ``rows`` stand below the header and a good row, or ``whole`` is the file; ``line`` is that of
    the bad one. For a row that is set aside, ``content`` is what quarantine keeps of it, where
    that is not JSON, and ``found`` is what it says was met. For a row that is loaded, ``blanked``
    is the column left missing.
    """

    rows: str | bytes = ""
    whole: bytes | None = None
    header: str = "id,at"
    good: str = GOOD
    mapping: str = LEAST
    name: str = "f.csv"
    about: str = ""
    found: str = ""
    content: str = ""
    line: int = 3
    blanked: str = ""
    error: type[AndonError] = SourceError
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def whole_file(self) -> bytes:
        """The whole file."""
        if self.whole is not None:
            return self.whole
        if self.name.endswith("jsonl"):
            return b'{"id": "g", "at": "2024-01-01"}\n' + self._rows
        return f"{self.header}\n{self.good}\n".encode() + self._rows

    @property
    def _rows(self) -> bytes:
        return self.rows if isinstance(self.rows, bytes) else self.rows.encode()


def column(more: str, *, good: str = "", **kwargs: Any) -> Breach:
    """A breach in a third column, ``x``."""
    return Breach(mapping=with_columns(more), header="id,at,x", good=f"{GOOD},{good}", **kwargs)


LATE = "2030-01-03 09:00:00"
"""More than a day after the rig's clock."""

BREACHES: dict[str, list[Breach]] = {
    "readable_file": [
        Breach(whole=b"", found="f.csv"),
        Breach(whole=b"id,at\n", found="f.csv"),
        Breach(whole=gzip.compress(b"id,at\ng,2024-01-01\n" * 99)[:-7], name="f.csv.gz"),
        Breach(name="f.csv.gz", rows="b,2024-01-01\n", found="f.csv.gz"),
        Breach(name="f.parquet", rows="b,2024-01-01\n", found="f.parquet"),
        Breach(name="f.xlsx", rows="b,2024-01-01\n", found="f.xlsx"),
    ],
    "known_columns": [
        Breach(header="id,when", error=MappingError, found="id, when"),
        Breach(header="id,at,at", good=GOOD + ",x", found="at"),
    ],
    "whole_row": [
        Breach(rows="b\n", content="b", found="1 fields where the header has 2"),
        Breach(rows="b,2024-01-01,c\n", content="b,2024-01-01,c", found="3 fields"),
    ],
    "closed_quotes": [
        Breach(rows='b,"2024-01-01\n', content='b,"2024-01-01', found="quote"),
    ],
    "utf8": [
        Breach(rows=b"caf\xe9,2024-01-01\n", content="caf\\xe9,2024-01-01"),
    ],
    "valid_json": [
        Breach(name="f.jsonl", rows='{"id": "b"\n', content='{"id": "b"', line=2),
        Breach(name="f.jsonl", rows="[1]\n", content="[1]", line=2),
    ],
    "byte_order_mark": [
        Breach(header="\ufeffid,at", rows="b,2024-01-01\n", kept={"outcome": "handled"}),
    ],
    "filter": [
        Breach(
            mapping=LEAST + "filters: [{when: {id: b}, reason: test calls}]\n",
            rows="b,2024-01-01\n",
            about="test calls",
            found="test calls",
        ),
    ],
    "id_present": [
        Breach(rows=" ,2024-01-01\n", about="contact_id", found="contact_id is missing"),
    ],
    "required_present": [
        Breach(rows="b,\n", about="arrived_at", found="arrived_at is missing"),
        column(
            "outcome: x",
            good="handled",
            rows="b,2024-01-01,\n",
            about="outcome",
            found="outcome is missing",
        ),
    ],
    "is_a_time": [
        Breach(rows="b,soon\n", about="arrived_at", found="arrived_at: soon"),
        Breach(rows="b,2024-02-30\n", about="arrived_at", found="arrived_at: 2024-02-30"),
        column("ended_at: x", rows="b,2024-01-01,later\n", about="ended_at", found="later"),
    ],
    "is_a_number": [
        column("talk_s: x", rows="b,2024-01-01,long\n", about="talk_s", found="talk_s: long"),
        column("transfers: x", rows="b,2024-01-01,two\n", about="transfers", found="two"),
        column(
            "ended_at: {from: x, after: arrived_at}",
            rows="b,2024-01-01,long\n",
            about="ended_at",
            found="long",
        ),
    ],
    "known_value": [
        column(
            "channel: x",
            good="chat",
            rows="b,2024-01-01,pigeon\n",
            about="channel",
            found="pigeon",
        ),
        column(
            "queue: {from: x, values: {a: A}}",
            rows="b,2024-01-01,z\n",
            about="queue",
            found="queue: z",
        ),
        column("resolved: x", rows="b,2024-01-01,perhaps\n", about="resolved", found="perhaps"),
    ],
    "in_range": [
        column(
            "priority: {from: x, at_least: 1, at_most: 4, beyond: quarantine}",
            rows="b,2024-01-01,5\n",
            about="priority",
            found="priority: 5",
        ),
        column(
            "talk_s: {from: x, beyond: quarantine}",
            rows="b,2024-01-01,-1\n",
            about="talk_s",
            found="talk_s: -1",
        ),
    ],
    "not_in_future": [
        Breach(rows=f"b,{LATE}\n", about="arrived_at", found=LATE),
    ],
    "after_1970": [
        Breach(rows="b,1900-01-01\n", about="arrived_at", found="1900-01-01"),
    ],
    "time_existed": [
        Breach(
            mapping=LEAST + "zone: Europe/Berlin\n",
            rows="b,2024-03-31 02:30:00\n",
            about="arrived_at",
            found="2024-03-31 02:30:00",
        ),
    ],
    "one_row_an_id": [
        Breach(rows="g,2024-01-02\n", found="same id and other content"),
    ],
    "time_was_once": [
        Breach(
            mapping=LEAST + "zone: Europe/Berlin\n",
            rows="b,2024-10-27 02:30:00\n",
            about="arrived_at",
            kept={"arrived_us": 1_729_989_000_000_000},
        ),
    ],
    "times_in_order": [
        column(
            f"{name}: x",
            rows="b,2024-01-01 09:00:00,2024-01-01 08:59:54\n",
            about=name,
            blanked=name,
        )
        for name in ("queued_at", "answered_at", "ended_at")
    ],
    "duration_not_negative": [
        column(f"{name}: x", rows="b,2024-01-01,-0.5\n", about=name, blanked=name)
        for name in ("talk_s", "hold_s", "wrapup_s")
    ],
    "duration_plausible": [
        column("talk_s: x", rows="b,2024-01-01,86401\n", about="talk_s", blanked="talk_s"),
        column(
            "talk_s: {from: x, unit: min, at_most: 60}",
            rows="b,2024-01-01,1.5\n",
            about="talk_s",
            blanked="talk_s",
        ),
    ],
    "number_plausible": [
        column(
            "transfers: {from: x, at_most: 9}",
            rows="b,2024-01-01,10\n",
            about="transfers",
            blanked="transfers",
        ),
    ],
    "known_by_now": [
        column(
            "ended_at: x",
            rows="b,2024-01-01,9999-12-31 00:00:00\n",
            about="ended_at",
            blanked="ended_at",
        ),
    ],
    "customer_known": [
        Breach(
            mapping=with_columns("customer_id: x"),
            header="id,at,x",
            good=f"{GOOD},ann",
            rows="b,2024-01-01,\n",
            about="customer_id",
            kept={"customer_id": None, "customer_key": None},
        ),
    ],
}
EACH = [
    pytest.param(name, breach, id=f"{name}-{i}")
    for name, breaches in BREACHES.items()
    for i, breach in enumerate(breaches)
]


def of_severity(*severities: Severity) -> list[Any]:
    return [each for each in EACH if check(str(each.values[0])).severity in severities]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


def test_every_check_is_broken_here() -> None:
    assert list(BREACHES) == [each.name for each in CHECKS]


@pytest.mark.parametrize(("name", "breach"), of_severity("refuse"))
def test_a_refused_file_loads_nothing(rig: Rig, name: str, breach: Breach) -> None:
    with pytest.raises(breach.error) as told:
        rig.load(breach.mapping, breach.whole_file, breach.name)
    assert breach.found in told.value.found
    assert told.value.todo
    assert rig.ledger.versions() == {}
    assert not rig.ledger.runs()


@pytest.mark.parametrize(("name", "breach"), of_severity("quarantine"))
def test_a_quarantined_row_waits_whole_with_its_reason_file_and_line(
    rig: Rig, name: str, breach: Breach
) -> None:
    run = rig.load(breach.mapping, breach.whole_file, breach.name)
    assert (run.added, run.quarantined, dict(run.notes)) == (1, 1, {})
    assert set(rig.rows()) == {"phone:g"}
    (reason,) = run.reasons
    assert (reason.check, reason.about, reason.rows) == (name, breach.about, 1)
    assert reason.example.startswith(f"{breach.name}, line {breach.line}: ")
    assert breach.found in reason.example
    content = breach.content
    if not content:
        row = breach.whole_file.decode().splitlines()[-1].split(",")
        names = breach.header.split(",")
        said = {n: v.strip() or None for n, v in zip(names, row, strict=True)}
        ((_, _, _, kept),) = rig.set_aside()
        assert {n: (v or "").strip() or None for n, v in json.loads(kept).items()} == said
        content = kept
    assert rig.set_aside() == [(breach.name, breach.line, name, content)]


@pytest.mark.parametrize(("name", "breach"), of_severity("blank", "note"))
def test_a_remark_loads_the_row_and_counts_it(rig: Rig, name: str, breach: Breach) -> None:
    run = rig.load(breach.mapping, breach.whole_file, breach.name)
    assert (run.added, run.quarantined) == (2, 0)
    assert dict(run.notes) == {f"{name}:{breach.about}" if breach.about else name: 1}
    row = rig.rows()["phone:b"]
    assert {key: row[key] for key in breach.kept} == breach.kept
    if check(name).severity == "blank":
        assert row[breach.blanked] is None
        twin = breach.blanked.removesuffix("_at") + "_us"
        assert row.get(twin) is None
        assert row["arrived_us"] is not None
    else:
        assert not breach.blanked


@pytest.mark.parametrize(
    ("rows", "mapping", "header"),
    [
        (f"b,{(Rig.now + dt.timedelta(hours=23)):%Y-%m-%d %H:%M:%S}\n", LEAST, "id,at"),
        ("b,1970-01-01 00:00:00\n", LEAST, "id,at"),
        ("b,2024-03-31 03:00:00\n", LEAST + "zone: Europe/Berlin\n", "id,at"),
        ("b,2024-03-31 01:59:59\n", LEAST + "zone: Europe/Berlin\n", "id,at"),
        ("b,2024-10-27 01:59:59\n", LEAST + "zone: Europe/Berlin\n", "id,at"),
        ("b,2024-10-27 03:00:00\n", LEAST + "zone: Europe/Berlin\n", "id,at"),
        ("b,2024-10-27 02:30:00+01:00\n", LEAST + "zone: Europe/Berlin\n", "id,at"),
        ("b,2024-01-01,86400\n", with_columns("talk_s: {from: x, beyond: quarantine}"), "id,at,x"),
        ("b,2024-01-01,0\n", with_columns("talk_s: x"), "id,at,x"),
        ("b,2024-01-01 09:00:00,2024-01-01 08:59:55\n", with_columns("ended_at: x"), "id,at,x"),
    ],
    ids=str,
)
def test_what_lies_on_the_border_is_loaded_without_a_remark(
    rig: Rig, rows: str, mapping: str, header: str
) -> None:
    run = rig.load(mapping, f"{header}\n{rows}")
    assert (run.added, dict(run.notes), run.reasons) == (1, {}, ())


def test_a_row_that_breaks_two_checks_is_told_of_the_first_in_the_table(rig: Rig) -> None:
    mapping = with_columns("outcome: x\ntalk_s: y") + "filters: [{when: {y: odd}, reason: odd}]\n"
    rows = "a,soon,,odd\nb,soon,,long\nc,2024-01-01,,long\nd,2024-01-01,lost,long\n,,,\n"
    run = rig.load(mapping, f"id,at,x,y\n{rows}")
    order = [each.name for each in CHECKS]
    told = [each[2] for each in rig.set_aside()]
    assert told == ["filter", "required_present", "required_present", "is_a_number", "id_present"]
    assert run.quarantined == 5
    assert order.index("filter") < order.index("id_present") < order.index("required_present")
    assert order.index("required_present") < order.index("is_a_time") < order.index("known_value")


def test_a_quarantined_row_counts_no_remark(rig: Rig) -> None:
    run = rig.load(with_columns("talk_s: x"), f"id,at,x\n{GOOD},\nb,soon,-1\n")
    assert (run.quarantined, dict(run.notes)) == (1, {})


def test_the_table_is_complete_and_says_itself_in_sentences() -> None:
    assert len({each.name for each in CHECKS}) == len(CHECKS)
    assert {each.severity for each in CHECKS} == set(get_args(Severity))
    for each in CHECKS:
        assert re.fullmatch(r"[a-z0-9_]+", each.name)
        assert each.asserts.endswith(".")
        assert each.why.endswith(".")
        assert check(each.name) is each


def test_a_check_that_is_none_is_not_there() -> None:
    with pytest.raises(KeyError, match="sunny_day"):
        check("sunny_day")
