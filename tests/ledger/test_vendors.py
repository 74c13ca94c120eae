"""Exports in the shape that widespread systems write: mapped by hand, and by a draft.

Column names and the style of values are the systems' own; the data are made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from andon.ledger.draft import draft
from andon.ledger.mapping import load_mapping
from ingesting import Rig, at

Rows = dict[str, dict[str, Any]]

GENESYS_CLOUD = """\
Full Export Completed,Partial Result Timestamp,Filters,Media Type,Users,Remote,Date,Duration,\
Direction,ANI,DNIS,Queue,Wrap-up,Flow,Conversation ID,Abandoned,Total Queue,Total Talk,Total Hold,\
Total ACW,Total Handle,Transferred,Disconnect Type,Customer ID
YES,,,voice,Zoe Meyer,+49 30 5550101,1/22/24 9:02:11 AM,402000,Inbound,tel:+49305550101,\
tel:+49305550900,Loans,Rate question,Main menu,7f1e1a52-1,NO,61000,280000,15000,45000,340000,NO,\
Peer,
YES,,,voice,,+49 30 5550102,1/22/24 9:05:40 AM,95000,Inbound,tel:+49305550102,tel:+49305550900,\
Loans,,Main menu,7f1e1a52-2,YES,80000,,,,,NO,Peer,
YES,,,chat,Max Braun,Guest,1/22/24 12:15:00 PM,600000,Inbound,,,Cards,Card lost,Web chat,\
7f1e1a52-3,NO,4500,520000,,30000,550000,YES,Client,
YES,,,callback,Zoe Meyer; Max Braun,+49 30 5550101,1/23/24 8:00:05 AM,905500,Outbound,\
tel:+49305550900,tel:+49305550101,Loans,Rate question,,7f1e1a52-4,NO,0,700000,120000,60500,880500,\
YES,Endpoint,
"""

GENESYS_CLOUD_MAPPING = """\
source: genesys
zone: Europe/Berlin
columns:
  contact_id: Conversation ID
  customer_id: {from: Remote, missing: [Guest], replace: [{pattern: " ", with: ""}]}
  channel: {from: Media Type, values: {voice: voice, callback: callback, chat: chat}}
  queue: Queue
  reason: Wrap-up
  arrived_at: {from: Date, format: "%m/%d/%y %I:%M:%S %p"}
  answered_at:
    - when: {Abandoned: "NO"}
      from: Total Queue
      unit: ms
      after: arrived_at
  ended_at: {from: Duration, unit: ms, after: arrived_at}
  outcome: {from: Abandoned, values: {"YES": abandoned, "NO": handled}}
  advisor_id: {from: Users, replace: [{pattern: ";.*", with: ""}]}
  talk_s: {from: Total Talk, unit: ms}
  hold_s: {from: Total Hold, unit: ms}
  wrapup_s: {from: Total ACW, unit: ms}
  transfers: {from: Transferred, values: {"NO": 0, "YES": 1}}
"""

GENESYS_CLOUD_ROWS: Rows = {
    "genesys:7f1e1a52-1": {
        "customer_id": "+49305550101",
        "channel": "voice",
        "queue": "Loans",
        "reason": "Rate question",
        "arrived_at": at("2024-01-22T08:02:11"),
        "answered_at": at("2024-01-22T08:03:12"),
        "ended_at": at("2024-01-22T08:08:53"),
        "outcome": "handled",
        "advisor_id": "Zoe Meyer",
        "talk_s": 280.0,
        "hold_s": 15.0,
        "wrapup_s": 45.0,
        "transfers": 0,
    },
    "genesys:7f1e1a52-2": {
        "customer_id": "+49305550102",
        "channel": "voice",
        "queue": "Loans",
        "reason": None,
        "arrived_at": at("2024-01-22T08:05:40"),
        "answered_at": None,
        "ended_at": at("2024-01-22T08:07:15"),
        "outcome": "abandoned",
        "advisor_id": None,
        "talk_s": None,
        "hold_s": None,
        "wrapup_s": None,
        "transfers": 0,
    },
    "genesys:7f1e1a52-3": {
        "customer_id": None,
        "channel": "chat",
        "queue": "Cards",
        "reason": "Card lost",
        "arrived_at": at("2024-01-22T11:15:00"),
        "answered_at": at("2024-01-22T11:15:04.500"),
        "ended_at": at("2024-01-22T11:25:00"),
        "outcome": "handled",
        "advisor_id": "Max Braun",
        "talk_s": 520.0,
        "hold_s": None,
        "wrapup_s": 30.0,
        "transfers": 1,
    },
    "genesys:7f1e1a52-4": {
        "customer_id": "+49305550101",
        "channel": "callback",
        "queue": "Loans",
        "reason": "Rate question",
        "arrived_at": at("2024-01-23T07:00:05"),
        "answered_at": at("2024-01-23T07:00:05"),
        "ended_at": at("2024-01-23T07:15:10.500"),
        "outcome": "handled",
        "advisor_id": "Zoe Meyer",
        "talk_s": 700.0,
        "hold_s": 120.0,
        "wrapup_s": 60.5,
        "transfers": 1,
    },
}

ZENDESK = """\
Summation column,Id,Requester,Requester id,Requester external id,Requester email,Requester domain,\
Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,Created at,Updated at,\
Assigned at,Organization,Due date,Initially assigned at,Solved at,Resolution time,\
Satisfaction Score,Group stations,Assignee stations,Reopens,Replies,First reply time in minutes,\
First resolution time in minutes,Full resolution time in minutes,On hold time in minutes
1,1041,Ann Lee,90001,,ann@example.com,example.com,Ann Lee,Zoe M,Billing,Charged twice,\
refund double,Closed,High,Web form,Incident,2024-01-08 09:12,2024-01-12 10:00,2024-01-08 09:20,\
Example,,2024-01-08 09:20,2024-01-08 15:40,6.47,Good,1,1,0,2,31,388,388,0
1,1042,Bob Ray,90002,,bob@example.org,example.org,Zoe M,Zoe M,Billing,"Invoice, again",invoice,\
Pending,Normal,Mail,Question,2024-01-08 11:00,2024-01-09 08:00,2024-01-08 11:30,,,\
2024-01-08 11:05,,,Not offered,2,3,1,1,45,,,120
1,1043,Ann Lee,90005,,lee@example.net,example.net,Ann Lee,-,Support,"The ""new"" page
does not load",web,New,-,Phone call (incoming),Problem,2024-01-09 16:30,2024-01-09 16:30,,,,,,,\
Not offered,0,0,0,0,,,,0
1,1044,Cy Dee,90003,,cy@example.net,example.net,Cy Dee,Max B,Support,Login,login,Solved,Urgent,\
Chat,Question,2024-01-10 00:05,2024-01-10 00:40,2024-01-10 00:06,,,2024-01-10 00:06,\
2024-01-10 00:40,0.58,Offered,1,1,0,4,2,35,35,0
1,1045,Dan Eff,90004,,dan@example.net,example.net,Dan Eff,Max B,Support,Win a car,,Deleted,Low,\
Facebook Messenger,Task,2024-01-10 08:00,2024-01-10 08:01,2024-01-10 08:00,,,2024-01-10 08:00,,,\
Not offered,1,1,0,0,,,,0
"""

ZENDESK_MAPPING = """\
source: zendesk
zone: America/New_York
columns:
  contact_id: Id
  customer_id: Requester id
  channel:
    from: Via
    values:
      Web form: case
      Mail: email
      Phone call (incoming): voice
      Chat: chat
      Facebook Messenger: messaging
  queue: Group
  priority: {from: Priority, missing: ["-"], values: {Low: 1, Normal: 2, High: 3, Urgent: 4}}
  arrived_at: Created at
  answered_at: {from: First reply time in minutes, unit: min, after: arrived_at}
  ended_at: Solved at
  outcome:
    from: Status
    values: {New: open, Pending: open, Solved: handled, Closed: handled, Deleted: failed}
  advisor_id: {from: Assignee, missing: ["-"]}
  text: Subject
"""

ZENDESK_ROWS: Rows = {
    "zendesk:1041": {
        "customer_id": "90001",
        "channel": "case",
        "queue": "Billing",
        "priority": 3,
        "arrived_at": at("2024-01-08T14:12"),
        "answered_at": at("2024-01-08T14:43"),
        "ended_at": at("2024-01-08T20:40"),
        "outcome": "handled",
        "advisor_id": "Zoe M",
        "text": "Charged twice",
    },
    "zendesk:1042": {
        "customer_id": "90002",
        "channel": "email",
        "queue": "Billing",
        "priority": 2,
        "arrived_at": at("2024-01-08T16:00"),
        "answered_at": at("2024-01-08T16:45"),
        "ended_at": None,
        "outcome": "open",
        "advisor_id": "Zoe M",
        "text": "Invoice, again",
    },
    "zendesk:1043": {
        "customer_id": "90005",
        "channel": "voice",
        "queue": "Support",
        "priority": None,
        "arrived_at": at("2024-01-09T21:30"),
        "answered_at": None,
        "ended_at": None,
        "outcome": "open",
        "advisor_id": None,
        "text": 'The "new" page\ndoes not load',
    },
    "zendesk:1044": {
        "customer_id": "90003",
        "channel": "chat",
        "queue": "Support",
        "priority": 4,
        "arrived_at": at("2024-01-10T05:05"),
        "answered_at": at("2024-01-10T05:07"),
        "ended_at": at("2024-01-10T05:40"),
        "outcome": "handled",
        "advisor_id": "Max B",
        "text": "Login",
    },
    "zendesk:1045": {
        "customer_id": "90004",
        "channel": "messaging",
        "queue": "Support",
        "priority": 1,
        "arrived_at": at("2024-01-10T13:00"),
        "answered_at": None,
        "ended_at": None,
        "outcome": "failed",
        "advisor_id": "Max B",
        "text": "Win a car",
    },
}

AMAZON_CONNECT = """\
instance_id,aws_account_id,contact_id,initial_contact_id,previous_contact_id,related_contact_id,\
next_contact_id,channel,initiation_method,initiation_timestamp,connected_to_system_timestamp,\
queue_name,queue_enqueue_timestamp,queue_dequeue_timestamp,queue_duration_ms,agent_username,\
agent_connected_to_agent_timestamp,agent_interaction_duration_ms,agent_customer_hold_duration_ms,\
agent_after_contact_work_duration_ms,customer_endpoint_address,system_endpoint_address,\
disconnect_timestamp,disconnect_reason,last_update_timestamp
i-1,100000000001,c-1,c-1,,,c-3,VOICE,INBOUND,2024-01-08 09:00:00.120,2024-01-08 09:00:00.510,\
Loans,2024-01-08 09:00:31.000,2024-01-08 09:01:02.250,31250,zoe,2024-01-08 09:01:02.250,240000,\
12000,45500,+4915550101,+49305550900,2024-01-08 09:05:02.250,TRANSFERRED,2024-01-08 09:07:00.000
i-1,100000000001,c-2,c-2,,,,VOICE,INBOUND,2024-01-08 09:03:00.000,2024-01-08 09:03:00.300,Loans,\
2024-01-08 09:03:20.000,,95000,,,,,,+4915550102,+49305550900,2024-01-08 09:04:55.000,\
CUSTOMER_DISCONNECT,2024-01-08 09:05:00.000
i-1,100000000001,c-3,c-1,c-1,c-1,,VOICE,TRANSFER,2024-01-08 09:04:50.000,2024-01-08 09:04:50.000,\
Cards,2024-01-08 09:04:51.000,2024-01-08 09:05:02.000,11000,max,2024-01-08 09:05:02.000,180000,0,\
20000,+4915550101,+49305550900,2024-01-08 09:08:02.000,AGENT_DISCONNECT,2024-01-08 09:09:00.000
i-1,100000000001,c-4,c-4,,,,CHAT,API,2024-01-08 10:00:00.000,2024-01-08 10:00:01.000,,,,,,,,,,,,\
2024-01-08 10:02:00.000,CONTACT_FLOW_DISCONNECT,2024-01-08 10:02:01.000
"""

AMAZON_CONNECT_MAPPING = """\
source: connect
zone: UTC
columns:
  contact_id: contact_id
  previous_contact_id: previous_contact_id
  customer_id: customer_endpoint_address
  channel: {from: channel, values: {VOICE: voice, CHAT: chat}}
  queue: queue_name
  arrived_at: initiation_timestamp
  queued_at: queue_enqueue_timestamp
  answered_at: agent_connected_to_agent_timestamp
  ended_at: disconnect_timestamp
  outcome:
    - when: {agent_connected_to_agent_timestamp: {missing: false}}
      constant: handled
    - when: {queue_enqueue_timestamp: {missing: false}}
      constant: abandoned
    - constant: left_self_service
  advisor_id: agent_username
  talk_s: {from: agent_interaction_duration_ms, unit: ms}
  hold_s: {from: agent_customer_hold_duration_ms, unit: ms}
  wrapup_s: {from: agent_after_contact_work_duration_ms, unit: ms}
"""

AMAZON_CONNECT_ROWS: Rows = {
    "connect:c-1": {
        "previous_contact_id": None,
        "customer_id": "+4915550101",
        "channel": "voice",
        "queue": "Loans",
        "arrived_at": at("2024-01-08T09:00:00.120"),
        "queued_at": at("2024-01-08T09:00:31"),
        "answered_at": at("2024-01-08T09:01:02.250"),
        "ended_at": at("2024-01-08T09:05:02.250"),
        "outcome": "handled",
        "advisor_id": "zoe",
        "talk_s": 240.0,
        "hold_s": 12.0,
        "wrapup_s": 45.5,
    },
    "connect:c-2": {
        "previous_contact_id": None,
        "customer_id": "+4915550102",
        "channel": "voice",
        "queue": "Loans",
        "arrived_at": at("2024-01-08T09:03:00"),
        "queued_at": at("2024-01-08T09:03:20"),
        "answered_at": None,
        "ended_at": at("2024-01-08T09:04:55"),
        "outcome": "abandoned",
        "advisor_id": None,
        "talk_s": None,
        "hold_s": None,
        "wrapup_s": None,
    },
    "connect:c-3": {
        "previous_contact_id": "connect:c-1",
        "customer_id": "+4915550101",
        "channel": "voice",
        "queue": "Cards",
        "arrived_at": at("2024-01-08T09:04:50"),
        "queued_at": at("2024-01-08T09:04:51"),
        "answered_at": at("2024-01-08T09:05:02"),
        "ended_at": at("2024-01-08T09:08:02"),
        "outcome": "handled",
        "advisor_id": "max",
        "talk_s": 180.0,
        "hold_s": 0.0,
        "wrapup_s": 20.0,
    },
    "connect:c-4": {
        "previous_contact_id": None,
        "customer_id": None,
        "channel": "chat",
        "queue": None,
        "arrived_at": at("2024-01-08T10:00:00"),
        "queued_at": None,
        "answered_at": None,
        "ended_at": at("2024-01-08T10:02:00"),
        "outcome": "left_self_service",
        "advisor_id": None,
        "talk_s": None,
        "hold_s": None,
        "wrapup_s": None,
    },
}

EXPORTS = {
    "genesys": (GENESYS_CLOUD, GENESYS_CLOUD_MAPPING, GENESYS_CLOUD_ROWS),
    "zendesk": (ZENDESK, ZENDESK_MAPPING, ZENDESK_ROWS),
    "connect": (AMAZON_CONNECT, AMAZON_CONNECT_MAPPING, AMAZON_CONNECT_ROWS),
}
ZONES = {"genesys": "Europe/Berlin", "zendesk": "America/New_York", "connect": "UTC"}
UNGUESSED = {
    # A draft does not make times of durations, and one number is ours when we call.
    "genesys": {"answered_at", "ended_at", "customer_id", "advisor_id"},
    "zendesk": {"answered_at"},
    "connect": set[str](),
}
"""What a person must still say, by the ledger's column."""


def only(rows: Rows, columns: set[str]) -> Rows:
    return {key: {name: row[name] for name in columns} for key, row in rows.items()}


@pytest.mark.parametrize("vendor", EXPORTS)
def test_an_export_ingests_to_the_rows_it_means(tmp_path: Path, vendor: str) -> None:
    content, mapping, expected = EXPORTS[vendor]
    rig = Rig(folder=tmp_path)
    run = rig.load(mapping, content, f"{vendor}.csv")
    assert (run.added, run.quarantined) == (len(expected), 0)
    assert only(rig.rows(), set(next(iter(expected.values())))) == expected
    assert {note.partition(":")[0] for note in run.notes} <= {"customer_known"}


@pytest.mark.parametrize("vendor", EXPORTS)
def test_a_draft_of_an_export_needs_few_corrections(tmp_path: Path, vendor: str) -> None:
    content, _, expected = EXPORTS[vendor]
    rig = Rig(folder=tmp_path)
    path = rig.file(f"{vendor}.csv", content)
    (tmp_path / "draft.yaml").write_text(draft(path, zone=ZONES[vendor]), encoding="utf-8")
    mapping = load_mapping(tmp_path / "draft.yaml")
    run = rig.ingest(mapping, path)
    assert (run.added, run.quarantined) == (len(expected), 0)
    guessed = set(next(iter(expected.values()))) - UNGUESSED[vendor]
    assert only(rig.rows(), guessed) == only(expected, guessed)


def test_a_draft_with_the_few_lines_it_lacks_is_the_mapping_by_hand(tmp_path: Path) -> None:
    """The help desk's export: two lines of the draft to correct, and one day's work is saved."""
    rig = Rig(folder=tmp_path)
    path = rig.file("zendesk.csv", ZENDESK)
    lines = [
        line
        for line in draft(path, zone="America/New_York").splitlines()
        if not line.startswith("  hold_s:")  # a ticket on hold is nobody's work
    ]
    answered = "  answered_at: {from: First reply time in minutes, unit: min, after: arrived_at}"
    lines.insert(lines.index("columns:") + 1, answered)
    (tmp_path / "draft.yaml").write_text("\n".join(lines), encoding="utf-8")
    rig.ingest(load_mapping(tmp_path / "draft.yaml"), path)
    again = rig.ingest(ZENDESK_MAPPING, path)
    assert (again.changed, again.unchanged) == (0, 5)
