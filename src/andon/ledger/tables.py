"""The ledger's tables: their columns, types and meaning, declared as rows.

A column's ``type`` is that of Ibis and of Arrow; ``instant`` columns hold UTC with microseconds and
have an integer twin ``*_us``. ``derived`` columns are filled on ingest and never mapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CHANNELS", "HANDLERS", "OUTCOMES", "TABLES", "Column", "Table", "table"]

Kind = Literal["string", "int", "float", "bool", "instant", "local", "key"]

CHANNELS: Final = (
    "voice",
    "callback",
    "chat",
    "messaging",
    "email",
    "case",
    "social",
    "bot",
    "visit",
)
OUTCOMES: Final = (
    "handled",
    "abandoned",
    "self_served",
    "left_self_service",
    "failed",
    "open",
)
HANDLERS: Final = ("advisor", "bot", "both", "none")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: its name, type, whether it may be missing, and what it means."""

    name: str
    kind: Kind
    says: str
    required: bool = False
    derived: bool = False
    one_of: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One ledger table: its columns, and the column that names a row."""

    name: str
    says: str
    key: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def mapped(self) -> tuple[Column, ...]:
        """Columns that a mapping may fill."""
        return tuple(column for column in self.columns if not column.derived)


def _instant(name: str, says: str, *, required: bool = False) -> tuple[Column, Column]:
    """An instant and its integer twin."""
    return (
        Column(name=name, kind="instant", says=says, required=required),
        Column(
            name=name.removesuffix("_at") + "_us",
            kind="int",
            says=f"`{name}` as microseconds since 1970 UTC, for arithmetic.",
            required=required,
            derived=True,
            unit="us",
        ),
    )


def _batch() -> tuple[Column, Column]:
    return (
        Column(name="source", kind="string", says="The source it came from.", required=True),
        Column(
            name="batch_id",
            kind="string",
            says="The ingest run that last wrote the row.",
            required=True,
            derived=True,
        ),
    )


_CUSTOMER: Final = (
    Column(
        name="customer_id",
        kind="string",
        says="The customer's pseudonym: a keyed hash, unless the operation turns that off.",
    ),
    Column(
        name="customer_key",
        kind="key",
        says="A stable 64-bit integer that stands for `customer_id`.",
        derived=True,
    ),
)

_CONTACTS = Table(
    name="contacts",
    says="One attempt of a customer to get something, on one channel.",
    key="contact_id",
    columns=(
        Column(
            name="contact_id",
            kind="string",
            says="Unique in the ledger: source, a colon, and the source's own id.",
            required=True,
        ),
        Column(
            name="contact_key",
            kind="key",
            says="A stable 64-bit integer that stands for `contact_id`.",
            required=True,
            derived=True,
        ),
        *_CUSTOMER,
        Column(name="channel", kind="string", says="How it came.", required=True, one_of=CHANNELS),
        Column(name="queue", kind="string", says="The queue, as the source recorded it."),
        Column(name="journey", kind="string", says="What the customer is trying to get done."),
        Column(name="reason", kind="string", says="The reason, as the source recorded it."),
        Column(name="priority", kind="int", says="Higher is served first."),
        *_instant("arrived_at", "The customer asked.", required=True),
        *_instant("queued_at", "Joined a queue."),
        *_instant("answered_at", "First served by a person or a bot."),
        *_instant("ended_at", "The customer left."),
        Column(
            name="local_arrived_at",
            kind="local",
            says="`arrived_at` as the clock on the operation's wall showed it.",
            required=True,
            derived=True,
        ),
        Column(
            name="local_arrived_us",
            kind="int",
            says="`local_arrived_at` as microseconds, for cutting days and intervals.",
            required=True,
            derived=True,
            unit="us",
        ),
        Column(name="outcome", kind="string", says="How it ended.", required=True, one_of=OUTCOMES),
        Column(name="handled_by", kind="string", says="Who served.", one_of=HANDLERS),
        Column(name="advisor_id", kind="string", says="The advisor's pseudonym."),
        Column(name="talk_s", kind="float", says="Talk time, hold left out.", unit="s"),
        Column(name="hold_s", kind="float", says="Time on hold.", unit="s"),
        Column(name="wrapup_s", kind="float", says="Work after the customer left.", unit="s"),
        Column(name="transfers", kind="int", says="How often it was passed on."),
        Column(
            name="resolved", kind="bool", says="Resolved, as the source recorded; never derived."
        ),
        Column(
            name="previous_contact_id",
            kind="string",
            says="A link that the source declares: transfer, reopening, follow-up.",
        ),
        Column(name="text", kind="string", says="Subject or transcript, redacted on the way in."),
        *_batch(),
    ),
)

_SURVEYS = Table(
    name="surveys",
    says="One question put to a customer; an invitation without an answer is a row.",
    key="survey_id",
    columns=(
        Column(name="survey_id", kind="string", says="Unique in the ledger.", required=True),
        Column(name="contact_id", kind="string", says="The contact it asks about."),
        *_CUSTOMER,
        Column(name="instrument", kind="string", says="NPS, CSAT, CES or another.", required=True),
        Column(name="item", kind="string", says="The item of the instrument."),
        Column(name="score", kind="float", says="The answer; missing where none was given."),
        Column(name="text", kind="string", says="What the customer wrote, redacted."),
        *_instant("invited_at", "The customer was asked."),
        *_instant("answered_at", "The customer answered."),
        *_batch(),
    ),
)

_STAFFING = Table(
    name="staffing",
    says="One stretch of an advisor in one state, or a count of people in an interval.",
    key="staffing_id",
    columns=(
        Column(name="staffing_id", kind="string", says="Unique in the ledger.", required=True),
        Column(name="advisor_id", kind="string", says="The advisor's pseudonym."),
        Column(name="queue", kind="string", says="The queue served, where known."),
        Column(name="state", kind="string", says="available, busy, break, training or another."),
        Column(name="people", kind="float", says="How many people, for interval counts."),
        *_instant("from_at", "The stretch begins.", required=True),
        *_instant("to_at", "The stretch ends.", required=True),
        *_batch(),
    ),
)

_CHANGES = Table(
    name="changes",
    says="What was released or altered, when, on which line and by whom.",
    key="change_id",
    columns=(
        Column(name="change_id", kind="string", says="Unique in the ledger.", required=True),
        Column(name="line", kind="string", says="What it touches."),
        Column(name="kind", kind="string", says="release, script, target, routing or another."),
        Column(name="what", kind="string", says="What was changed.", required=True),
        Column(name="by", kind="string", says="By which team or role."),
        *_instant("changed_at", "When it took effect.", required=True),
        *_batch(),
    ),
)

_DECISIONS = Table(
    name="decisions",
    says="One decision by a bot or a rule, and what became of it.",
    key="decision_id",
    columns=(
        Column(name="decision_id", kind="string", says="Unique in the ledger.", required=True),
        Column(name="contact_id", kind="string", says="The contact it was made in."),
        *_CUSTOMER,
        Column(name="flow", kind="string", says="The bot flow or rule.", required=True),
        Column(name="version", kind="string", says="Its version."),
        Column(name="decided", kind="string", says="What it decided.", required=True),
        Column(name="confidence", kind="float", says="Its own confidence, 0 to 1."),
        Column(name="explanation", kind="string", says="What it gave as the reason."),
        Column(name="override", kind="string", says="What a person put in its place."),
        Column(name="verified_outcome", kind="string", says="right, wrong, or not yet known."),
        *_instant("decided_at", "When it decided.", required=True),
        *_batch(),
    ),
)

_NEEDS = Table(
    name="needs",
    says="A customer's need for support, since when, and how we know.",
    key="need_id",
    columns=(
        Column(name="need_id", kind="string", says="Unique in the ledger.", required=True),
        *_CUSTOMER,
        Column(name="kind", kind="string", says="The kind of support needed.", required=True),
        Column(name="basis", kind="string", says="Told by the customer, observed, or inferred."),
        *_instant("since_at", "Since when."),
        *_batch(),
    ),
)

_VALUES = Table(
    name="values",
    says="A complaint, refund, loss or gain by one customer.",
    key="value_id",
    columns=(
        Column(name="value_id", kind="string", says="Unique in the ledger.", required=True),
        *_CUSTOMER,
        Column(
            name="kind",
            kind="string",
            says="What happened.",
            required=True,
            one_of=("complaint", "refund", "churn", "revenue"),
        ),
        Column(name="amount", kind="float", says="In the operation's currency."),
        *_instant("happened_at", "When.", required=True),
        *_batch(),
    ),
)

TABLES: Final = {
    each.name: each
    for each in (_CONTACTS, _SURVEYS, _STAFFING, _CHANGES, _DECISIONS, _NEEDS, _VALUES)
}
"""Every table of the ledger, by name."""


def table(name: str) -> Table:
    """The ledger table of that name.

    Raises
    ------
    KeyError
        If the ledger has no such table.
    """
    return TABLES[name]
