"""The checks that every row passes on its way into the ledger, declared as rows.

A check's severity says what becomes of a row that breaks it:

``refuse``
    the whole file is refused, and nothing of it is loaded;
``quarantine``
    the row goes to quarantine whole, with its reason, file and line;
``blank``
    the row is loaded, the one value that cannot be right is left missing, and it is counted;
``note``
    the row is loaded as it is, and it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CHECKS", "Check", "Severity", "check"]

Severity = Literal["refuse", "quarantine", "blank", "note"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check: its name, what it asserts, how severe a breach is, and why it matters."""

    name: str
    asserts: str
    severity: Severity
    why: str


_ROWS: Final[tuple[tuple[str, Severity, str, str], ...]] = (
    (
        "readable_file",
        "refuse",
        "The file is what its name says, is not cut off, and has a header and a delimiter.",
        "Half a file looks like a quiet week.",
    ),
    (
        "known_columns",
        "refuse",
        "Each column that the mapping names is there, once.",
        "A renamed column would silently empty a figure.",
    ),
    (
        "whole_row",
        "quarantine",
        "A row has as many fields as the header.",
        "Fields that moved one place over look like values.",
    ),
    (
        "closed_quotes",
        "quarantine",
        "Every quoted text ends.",
        "One open quote can swallow thousands of rows.",
    ),
    (
        "utf8",
        "quarantine",
        "Every byte of the row reads as text in the file's encoding.",
        "Mixed encodings break names and ids.",
    ),
    (
        "valid_json",
        "quarantine",
        "Every line of a JSON Lines file is a JSON object.",
        "A line cut off loses its contact.",
    ),
    (
        "byte_order_mark",
        "note",
        "The file does not begin with a byte-order mark.",
        "It hides in the first column's name; Andon takes it off.",
    ),
    (
        "filter",
        "quarantine",
        "The row is not set aside by one of the mapping's own filters.",
        "What is left out is counted and can be read.",
    ),
    (
        "id_present",
        "quarantine",
        "The row has an id.",
        "Without one it cannot be told from another, or loaded only once.",
    ),
    (
        "required_present",
        "quarantine",
        "Every value that a row cannot do without is there.",
        "A contact without a time or an outcome fits no figure.",
    ),
    (
        "is_a_time",
        "quarantine",
        "A time can be read in one of the formats that the mapping gives.",
        "A guessed time moves a contact to another day.",
    ),
    (
        "is_a_number",
        "quarantine",
        "A number or a duration can be read.",
        "Text where seconds belong must not become zero.",
    ),
    (
        "known_value",
        "quarantine",
        "A value stands in the mapping's table, and channels and outcomes are known ones.",
        "A new code needs a person to say what it means.",
    ),
    (
        "in_range",
        "quarantine",
        "A value lies in the range that the mapping gives, where it says to quarantine.",
        "The operation knows what is possible.",
    ),
    (
        "not_in_future",
        "quarantine",
        "A row's time is not later than tomorrow.",
        "A wrong century or swapped day and month.",
    ),
    (
        "after_1970",
        "quarantine",
        "A row's time is not before 1970.",
        "An empty date is often stored as a very old one.",
    ),
    (
        "time_existed",
        "quarantine",
        "The clocks did not jump over the row's time.",
        "The zone is wrong, or the clock was.",
    ),
    (
        "one_row_an_id",
        "quarantine",
        "No other row of the same run has the same id and other content.",
        "Which of the two is right is not for us to guess.",
    ),
    (
        "time_was_once",
        "note",
        "The row's time was not there twice (clocks turned back); the first is taken.",
        "An hour of contacts may be an hour late.",
    ),
    (
        "times_in_order",
        "blank",
        "Queued, answered and ended do not come more than 5 s before what they follow.",
        "A negative wait would lower the mean.",
    ),
    (
        "duration_not_negative",
        "blank",
        "A duration is not below 0.",
        "A negative duration would lower the mean.",
    ),
    (
        "duration_plausible",
        "blank",
        "A duration is at most 24 h, or what the mapping gives.",
        "One stuck clock can move a mean.",
    ),
    (
        "number_plausible",
        "blank",
        "Another number lies in the range that the mapping gives.",
        "One slip of the finger can move a mean.",
    ),
    (
        "known_by_now",
        "blank",
        "A time that the row can do without, such as its end, is not later than tomorrow.",
        "9999-12-31 often stands for not yet.",
    ),
    (
        "customer_known",
        "note",
        "The row says which customer it was.",
        "Repeat work can only be seen among known customers.",
    ),
)

CHECKS: Final = tuple(
    Check(name=name, severity=severity, asserts=asserts, why=why)
    for name, severity, asserts, why in _ROWS
)
"""Every check, in the order in which a row meets them."""


def check(name: str) -> Check:
    """The check of that name.

    Raises
    ------
    KeyError
        If there is none.
    """
    for each in CHECKS:
        if each.name == name:
            return each
    raise KeyError(name)
