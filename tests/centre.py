"""A small call centre for tests of the command line: two months, loaded from one CSV."""

from __future__ import annotations

from pathlib import Path

from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger
from andon.operation import Operation

MAPPING = """\
source: phone
columns:
  contact_id: call
  customer_id: caller
  channel: {constant: voice}
  queue: queue
  arrived_at: {from: at, format: iso}
  queued_at: {from: at, format: iso}
  answered_at: {from: answered, format: iso, missing: [""]}
  ended_at: {from: ended, format: iso}
  outcome: {from: result, values: {answered: handled, left: abandoned}}
  talk_s: {from: talk, missing: [""]}
"""


def _calls(days: int) -> str:
    """On each day 20 callers, 15 answered after 10 s and 5 who leave after 30 s."""
    lines = ["call,caller,queue,at,answered,ended,result,talk"]
    for day in range(days):
        month, date = divmod(day, 28)
        for i in range(20):
            at = f"2024-{month + 1:02}-{date + 1:02}T{8 + i // 4:02}:{i % 4 * 15:02}:"
            who = f"c{(day * 7 + i * 3) % 90}" if i % 10 else ""
            queue = "Loans" if i % 2 else "Cards"
            if i % 4:
                lines.append(f"{day}-{i},{who},{queue},{at}00,{at}10,{at}50,answered,40")
            else:
                lines.append(f"{day}-{i},{who},{queue},{at}00,,{at}30,left,")
    return "\n".join(lines) + "\n"


CALLS = _calls(60)
"""1,200 calls; 900 are answered."""


def made_centre(folder: Path) -> Operation:
    """An operation in ``folder`` that holds :data:`CALLS`."""
    made = Operation.create(folder, name="Corner", zone="UTC")
    mapping = made.mappings / "phone.yaml"
    mapping.write_text(MAPPING)
    path = made.folder / "calls.csv"
    path.write_text(CALLS)
    run = ingest(
        Ledger.open(made.ledger),
        [path],
        load_mapping(mapping),
        pseudonym_key=made.pseudonym_key(),
    )
    assert run.added == run.read == 1200
    return made
