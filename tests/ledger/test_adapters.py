"""The ready mappings, field by field, against SQL written by hand from the data's own documents.

The bank's calls that are shown with the project are the same as the original but for ids and names,
so what holds for one holds for the other. The original files are used where they are at hand.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.ledger.ingest import IngestRun
from andon.ledger.mapping import built_in, built_in_names
from ingesting import Rig

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
SHOWN = ROOT / "examples" / "anonymous-bank" / "calls_1999_01_to_07_and_09.parquet"
BANK = DATA / "anonymous_bank_1999" / "calls_1999_01_to_07_and_09.parquet"
UCI = DATA / "uci_incident_log" / "incident_event_log.parquet"
KEY = b"for tests"


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A source's file and the contacts it became, in one engine."""

    run: IngestRun
    rig: Rig
    engine: duckdb.DuckDBPyConnection

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.engine.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        ((value,),) = self.ask(sql)
        return value


def loaded(folder: Path, name: str, path: Path, zone: str) -> Loaded:
    rig = Rig(folder=folder, zone=zone, key=KEY)
    run = rig.ingest(built_in(name), path)
    engine = duckdb.connect(config={"threads": 2})
    engine.execute("SET TimeZone = 'UTC'")
    files = [str(file) for file in rig.ledger.files("contacts")]
    engine.read_parquet(files).create("contacts")
    engine.read_parquet(str(path)).create("raw")
    return Loaded(run, rig, engine)


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the original data is not here: {path.name}")
    return path


def test_every_ready_mapping_is_tested_here() -> None:
    assert built_in_names() == ("anonymous-bank", "uci-incident-log")


# --- the bank -----------------------------------------------------------------------------------

BY_HAND = """
    WITH clocks AS (
      SELECT *, CAST(strptime(date, '%y%m%d') AS DATE) AS day,
        CASE WHEN vru_time < 0 THEN vru_exit ELSE vru_entry END AS arrival,
        q_start <> '0:00:00' AS queued
      FROM raw),
    walls AS (
      SELECT *, day + CAST(arrival AS TIME) AS arrived,
        day + CAST(q_start AS TIME) AS q0, day + CAST(q_exit AS TIME) AS q1,
        day + CAST(ser_start AS TIME) AS s0, day + CAST(ser_exit AS TIME) AS s1,
        day + CAST(vru_exit AS TIME) AS v1
      FROM clocks),
    dated AS (
      SELECT *, COLUMNS(['q0', 'q1', 's0', 's1', 'v1']) + to_days(CAST(
          CASE WHEN COLUMNS(['q0', 'q1', 's0', 's1', 'v1']) - arrived < INTERVAL (-12) HOUR THEN 1
               WHEN COLUMNS(['q0', 'q1', 's0', 's1', 'v1']) - arrived > INTERVAL 12 HOUR THEN -1
               ELSE 0 END AS INTEGER)) AS 'on_\\0'
      FROM walls)
    SELECT
      'anonymous-bank:' || "vru+line" || '-' || call_id AS contact_id,
      CASE WHEN customer_id <> 0 THEN CAST(customer_id AS VARCHAR) END AS customer,
      CASE WHEN type <> 'AA' THEN type END AS queue,
      priority,
      arrived,
      CASE WHEN queued THEN on_q0 END AS queued_wall,
      CASE WHEN outcome = 'AGENT' AND queued THEN on_q1
           WHEN outcome = 'AGENT' AND ser_start <> '0:00:00' THEN on_s0
           WHEN outcome = 'AGENT' THEN on_v1 END AS answered_wall,
      CASE WHEN outcome = 'AGENT' AND ser_exit <> '0:00:00' THEN on_s1
           WHEN outcome = 'HANG' AND queued THEN on_q1
           WHEN outcome = 'HANG' THEN on_v1 END AS ended_wall,
      CASE WHEN outcome = 'AGENT' THEN 'handled'
           WHEN outcome = 'PHANTOM' THEN 'failed'
           WHEN queued THEN 'abandoned' ELSE 'left_self_service' END AS outcome,
      CASE WHEN outcome = 'AGENT' AND server <> 'NO_SERVER'
           THEN replace(server, 'NO_SERVER', 'NA') END AS advisor,
      CASE WHEN outcome = 'AGENT' AND ser_time BETWEEN 0 AND 14400
           THEN CAST(ser_time AS DOUBLE) END AS talk_s,
      outcome AS said, q_time, ser_time
    FROM dated"""


@pytest.fixture(scope="module", params=["shown", "original"])
def bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    path = SHOWN if request.param == "shown" else needs(BANK)
    made = loaded(tmp_path_factory.mktemp("bank"), "anonymous-bank", path, "Asia/Jerusalem")
    made.engine.execute(f"CREATE TABLE by_hand AS {BY_HAND}")
    made.engine.execute(
        """CREATE VIEW both_sides AS SELECT c.*, h.* EXCLUDE (contact_id, queue, priority, outcome,
             talk_s), h.queue AS h_queue, h.priority AS h_priority, h.outcome AS h_outcome,
             h.talk_s AS h_talk_s
           FROM contacts c JOIN by_hand h USING (contact_id)"""
    )
    yield made
    made.engine.close()


def test_every_call_of_the_bank_is_loaded(bank: Loaded) -> None:
    assert (bank.run.read, bank.run.added, bank.run.quarantined) == (283_661, 283_661, 0)
    assert bank.one("SELECT count(*) FROM both_sides") == 283_661
    assert dict(bank.run.notes) == {
        "customer_known:customer_id": 143_126,
        "duration_plausible:talk_s": 5,
        "time_was_once:arrived_at": 10,
        "times_in_order:queued_at": 1,
        "times_in_order:answered_at": 1,
        "times_in_order:ended_at": 3,
    }


@pytest.mark.parametrize(
    "differ",
    [
        "queue IS DISTINCT FROM h_queue",
        "priority IS DISTINCT FROM h_priority",
        "outcome IS DISTINCT FROM h_outcome",
        "talk_s IS DISTINCT FROM h_talk_s",
        "local_arrived_at IS DISTINCT FROM arrived",
        "(customer_id IS NULL) <> (customer IS NULL)",
        "(advisor_id IS NULL) <> (advisor IS NULL)",
        "channel <> 'voice'",
        "coalesce(handled_by, '?') <> "
        "CASE said WHEN 'AGENT' THEN 'advisor' WHEN 'HANG' THEN 'none' ELSE '?' END",
        "coalesce(hold_s, wrapup_s, transfers) IS NOT NULL",
        "coalesce(journey, reason, previous_contact_id, text) IS NOT NULL OR resolved IS NOT NULL",
    ],
)
def test_each_field_of_the_bank_is_as_it_was_made_by_hand(bank: Loaded, differ: str) -> None:
    assert bank.one(f"SELECT count(*) FROM both_sides WHERE {differ}") == 0


@pytest.mark.parametrize(("instant", "odd"), [("queued", 1), ("answered", 1), ("ended", 3)])
def test_each_time_of_the_bank_is_the_wall_time_on_its_day(
    bank: Loaded, instant: str, odd: int
) -> None:
    """But for the few that come long before what they follow, and those a few seconds too early."""
    wall = f"timezone('Asia/Jerusalem', {instant}_at)"
    assert (
        bank.one(
            f"""SELECT count(*) FROM both_sides
            WHERE ({instant}_at IS NULL) <> ({instant}_wall IS NULL)"""
        )
        == odd
    )
    late = bank.ask(
        f"""SELECT epoch({wall} - {instant}_wall), count(*) FROM both_sides
            WHERE {wall} <> {instant}_wall GROUP BY 1"""
    )
    assert all(0 < seconds <= 5 for seconds, _ in late)
    assert bank.one(f"SELECT count(*) FROM both_sides WHERE {instant}_us < arrived_us") == 0


def test_calls_over_midnight_end_on_the_next_day(bank: Loaded) -> None:
    over = bank.ask(
        """SELECT count(*), count(*) FILTER (epoch(ended_at - arrived_at) BETWEEN 0 AND 7200)
           FROM both_sides WHERE date_trunc('day', ended_wall) > date_trunc('day', arrived)
             AND ended_at IS NOT NULL"""
    )
    assert over[0][0] == over[0][1] > 50


def test_waits_and_talk_are_the_banks_own_durations(bank: Loaded) -> None:
    """But for the few of which its documentation says that they disagree with their clocks."""
    waited = bank.ask(
        """SELECT count(*), count(*) FILTER (abs(
             (coalesce(answered_us, ended_us) - queued_us) / 1e6 - q_time) > 1)
           FROM both_sides WHERE queued_us IS NOT NULL AND said <> 'PHANTOM'
             AND coalesce(answered_us, ended_us) IS NOT NULL"""
    )
    assert waited[0][0] > 150_000
    assert waited[0][1] <= 40


def test_phantom_calls_are_attempts_and_nothing_else(bank: Loaded) -> None:
    phantoms = bank.one("SELECT count(*) FROM raw WHERE outcome = 'PHANTOM'")
    assert phantoms > 2_000
    assert bank.ask(
        """SELECT count(*), count(answered_at), count(ended_at), count(talk_s), count(advisor_id),
             count(handled_by), count(*) FILTER (outcome = 'failed')
           FROM both_sides WHERE said = 'PHANTOM'"""
    ) == [(phantoms, 0, 0, 0, 0, 0, phantoms)]


def test_the_figures_of_the_banks_readme_come_out(bank: Loaded) -> None:
    (served, left_queue, left_menu) = bank.ask(
        """SELECT count(*) FILTER (outcome = 'handled'), count(*) FILTER (outcome = 'abandoned'),
             count(*) FILTER (outcome = 'left_self_service') FROM contacts"""
    )[0]
    assert (left_queue + left_menu) / (served + left_queue + left_menu) == pytest.approx(
        0.205, abs=5e-4
    )
    short = bank.ask("SELECT avg(CAST(talk_s < 10 AS DOUBLE)) FROM contacts WHERE talk_s > 0")[0][0]
    assert short == pytest.approx(0.0637, abs=2e-4)
    again = bank.ask(
        """SELECT avg(CAST(next_us - arrived_us <= 600000000 AS DOUBLE)) FROM (
             SELECT *, lead(arrived_us, 1, 9000000000000000000) OVER (
               PARTITION BY customer_key ORDER BY arrived_us, contact_id) AS next_us
             FROM contacts WHERE customer_key IS NOT NULL)
           WHERE outcome = 'handled' AND talk_s < 10
             AND local_arrived_at NOT BETWEEN '1999-07-25' AND '1999-08-31'"""
    )[0][0]
    assert again == pytest.approx(0.44, abs=0.01)


def test_a_damaged_name_is_the_same_advisor_as_the_undamaged_one(tmp_path: Path) -> None:
    names = ["NAAMA", "NO_SERVERAMA", "ANAT", "ANO_SERVERT", "NO_SERVER", "MIKI"]
    first = pq.read_table(SHOWN, filters=[("outcome", "=", "AGENT")]).slice(0, 1).to_pylist()[0]
    rows = [{**first, "call_id": i, "server": name} for i, name in enumerate(names)]
    path = tmp_path / "calls.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    rig = Rig(folder=tmp_path, zone="Asia/Jerusalem", key=KEY)
    rig.ingest(built_in("anonymous-bank"), path)
    found = {int(key.rpartition("-")[2]): row["advisor_id"] for key, row in rig.rows().items()}

    def pseudonym(name: str) -> str:
        prefix = hashlib.sha256(KEY).hexdigest()[:32]
        return hashlib.sha256((prefix + name).encode()).hexdigest()[:16]

    assert found[0] == found[1] == pseudonym("NAAMA")
    assert found[2] == found[3] == pseudonym("ANAT")
    assert found[4] is None
    assert found[5] == pseudonym("MIKI")


def test_the_bank_may_come_as_text_as_well(tmp_path: Path) -> None:
    table = pq.read_table(SHOWN).slice(100_000, 3_000)
    pq.write_table(table, tmp_path / "calls.parquet")
    with duckdb.connect() as engine:
        engine.read_parquet(str(tmp_path / "calls.parquet")).write_csv(str(tmp_path / "calls.csv"))
    rig = Rig(folder=tmp_path, zone="Asia/Jerusalem", key=KEY)
    assert rig.ingest(built_in("anonymous-bank"), tmp_path / "calls.parquet").added == 3_000
    assert rig.ingest(built_in("anonymous-bank"), tmp_path / "calls.csv").unchanged == 3_000


# --- the incident log ---------------------------------------------------------------------------

STATES = """\
number,incident_state,reopen_count,sys_mod_count,caller_id,opened_at,sys_updated_at,assignment_group,\
subcategory,priority,assigned_to,reassignment_count,resolved_at
INC1,New,0,0,C1,29/2/2016 01:16,29/2/2016 01:23,G1,S1,3 - Moderate,?,0,3/3/2016 09:00
INC1,Resolved,0,2,C1,29/2/2016 01:16,29/2/2016 08:53,G2,S1,2 - High,R1,1,3/3/2016 09:00
INC1,Resolved,0,10,C1,29/2/2016 01:16,29/2/2016 11:29,G2,S1,2 - High,R1,1,3/3/2016 09:00
INC1,Active,1,11,C1,29/2/2016 01:16,2/3/2016 08:00,G2,S1,2 - High,R2,2,3/3/2016 09:00
INC1,Resolved,1,12,C1,29/2/2016 01:16,3/3/2016 09:00,G2,S1,2 - High,R2,2,3/3/2016 09:00
INC1,Closed,1,13,C1,29/2/2016 01:16,8/3/2016 09:00,G2,S1,2 - High,R2,2,3/3/2016 09:00
INC2,Active,0,1,?,1/3/2016 10:00,1/3/2016 10:05,?,?,4 - Low,?,0,?
"""


def test_an_incident_and_its_reopening_are_two_contacts(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, zone="UTC")
    run = rig.load(built_in("uci-incident-log"), STATES)
    assert (run.read, run.added, run.changed, run.unchanged) == (7, 3, 2, 2)
    rows = {key.partition(":")[2]: row for key, row in rig.rows().items()}
    told = {
        name: (
            row["arrived_at"].strftime("%d %H:%M"),
            row["ended_at"] and row["ended_at"].strftime("%d %H:%M"),
            row["outcome"],
            row["queue"],
            row["priority"],
            row["transfers"],
            row["previous_contact_id"],
        )
        for name, row in rows.items()
    }
    assert told == {
        "INC1#0": ("29 04:16", "29 11:53", "handled", "G2", 3, 1, None),
        "INC1#1": (
            "02 11:00",
            "03 12:00",
            "handled",
            "G2",
            3,
            None,
            "uci-incident-log:INC1#0",
        ),
        "INC2#0": ("01 13:00", None, "open", None, 1, 0, None),
    }
    assert rows["INC2#0"]["customer_id"] is None
    assert rows["INC1#1"]["customer_id"] == "C1"


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    made = loaded(
        tmp_path_factory.mktemp("uci"), "uci-incident-log", needs(UCI), "America/Sao_Paulo"
    )
    made.engine.execute(
        """CREATE TABLE states AS SELECT *, CAST(reopen_count AS INTEGER) AS nth,
             CAST(sys_mod_count AS INTEGER) AS mod,
             strptime(sys_updated_at, '%d/%m/%Y %H:%M') AS updated,
             try_strptime(resolved_at, '%d/%m/%Y %H:%M') AS resolved,
             incident_state IN ('Resolved', 'Closed') AS over,
             'uci-incident-log:' || number || '#' || reopen_count AS contact_id FROM raw"""
    )
    yield made
    made.engine.close()


def test_every_update_of_the_log_is_accounted_for(uci: Loaded) -> None:
    assert (uci.run.read, uci.run.quarantined) == (115_750, 0)
    assert uci.run.added == uci.one("SELECT count(DISTINCT contact_id) FROM states") == 20_208
    assert uci.one("SELECT count(DISTINCT number) FROM raw") == 19_934
    assert uci.one("SELECT count(*) FROM contacts WHERE contact_id LIKE '%#0'") == 19_934


def test_each_reopening_is_linked_to_a_contact_that_is_there(uci: Loaded) -> None:
    assert uci.ask(
        """SELECT count(*), count(p.contact_id), count(*) FILTER (p.arrived_us <= c.arrived_us)
           FROM contacts c LEFT JOIN contacts p ON p.contact_id = c.previous_contact_id
           WHERE c.previous_contact_id IS NOT NULL"""
    ) == [(274, 274, 274)]
    assert (
        uci.one(
            """SELECT count(*) FROM contacts WHERE previous_contact_id IS DISTINCT FROM
             CASE WHEN contact_id NOT LIKE '%#0' THEN split_part(contact_id, '#', 1) || '#'
               || (CAST(split_part(contact_id, '#', 2) AS INTEGER) - 1) END"""
        )
        == 0
    )


def test_the_last_state_of_each_contact_counts(uci: Loaded) -> None:
    assert (
        uci.one(
            """WITH last AS (
             SELECT contact_id, arg_max(incident_state, (mod, updated)) AS state,
               arg_max(nullif(assignment_group, '?'), (mod, updated)) AS ignored,
               max(CAST(reassignment_count AS INTEGER)) AS moves, any_value(nth) AS nth
             FROM states GROUP BY 1)
           SELECT count(*) FROM contacts c JOIN last l USING (contact_id)
           WHERE c.outcome <> CASE WHEN l.state IN ('Resolved', 'Closed') THEN 'handled'
               ELSE 'open' END
             OR c.transfers IS DISTINCT FROM CASE WHEN l.nth = 0 THEN l.moves END"""
        )
        == 0
    )
    assert uci.one("SELECT count(*) FROM contacts WHERE outcome = 'open'") == 0


def test_an_incident_ends_when_it_was_first_seen_resolved(uci: Loaded) -> None:
    """Not at resolved_at, which says the same on every row, before it is known: it leaks."""
    wall = "timezone('America/Sao_Paulo', ended_at)"
    assert (
        uci.one(
            f"""SELECT count(*) FROM contacts c JOIN (
              SELECT contact_id, min(updated) FILTER (over) AS first FROM states GROUP BY 1) s
            USING (contact_id) WHERE {wall} IS DISTINCT FROM s.first"""
        )
        == 0
    )
    never_reopened = f"""FROM contacts c JOIN (
          SELECT contact_id, any_value(resolved) AS resolved FROM states
          WHERE number NOT IN (SELECT number FROM states WHERE nth > 0) GROUP BY 1) s
        USING (contact_id) WHERE s.resolved IS NOT NULL AND {wall}"""
    assert uci.one(f"SELECT count(*) {never_reopened} = s.resolved") == 18_078
    assert uci.one(f"SELECT count(*) {never_reopened} < s.resolved") == 237
    assert uci.one(f"SELECT count(*) {never_reopened} > s.resolved") == 0
    reopened = """FROM contacts c JOIN states s USING (contact_id)
        WHERE contact_id LIKE '%#0' AND number IN (SELECT number FROM states WHERE nth > 0)"""
    assert uci.one(f"SELECT count(DISTINCT contact_id) {reopened} AND {wall} < s.resolved") > 200
