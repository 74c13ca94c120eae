"""Andon: what efficiency in customer service really costs, said in plain language.

Every name here is imported when it is first used, so that ``import andon`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

__version__ = "0.1.0"

__all__ = [
    "AndonError",
    "Answer",
    "Diagnosis",
    "Estimate",
    "Finding",
    "Group",
    "IngestRun",
    "Ledger",
    "Limit",
    "Operation",
    "Provenance",
    "Unknown",
    "Verdict",
    "around_a_date",
    "at_a_limit",
    "battery",
    "built_in",
    "chains",
    "chosen_surveys",
    "closing_early",
    "coverage",
    "diagnose",
    "effort",
    "handling",
    "ingest",
    "littles_law",
    "load_mapping",
    "open_window",
    "outcomes",
    "parked_work",
    "parting_twins",
    "passing_on",
    "patience",
    "price_of_a_second",
    "reach",
    "repeat_work",
    "replay",
    "scores",
    "shedding",
    "short_contacts",
    "silent_targets",
    "twins",
    "volatility",
]

if TYPE_CHECKING:
    from andon.answer import Answer, Group
    from andon.demand.chains import chains
    from andon.demand.effort import effort
    from andon.demand.recontact import repeat_work
    from andon.errors import AndonError
    from andon.estimate import Estimate, Unknown
    from andon.finding import Finding, Provenance
    from andon.goodhart.around_a_date import around_a_date
    from andon.goodhart.at_a_limit import at_a_limit
    from andon.goodhart.battery import battery
    from andon.goodhart.chosen_surveys import chosen_surveys
    from andon.goodhart.closing_early import closing_early
    from andon.goodhart.limits import Limit
    from andon.goodhart.parked_work import parked_work
    from andon.goodhart.parting_twins import parting_twins
    from andon.goodhart.passing_on import passing_on
    from andon.goodhart.price_of_a_second import price_of_a_second
    from andon.goodhart.shedding import shedding
    from andon.goodhart.short_contacts import short_contacts
    from andon.goodhart.silent_targets import silent_targets
    from andon.ledger.coverage import coverage
    from andon.ledger.ingest import IngestRun, ingest
    from andon.ledger.mapping import built_in, load_mapping
    from andon.ledger.store import Ledger
    from andon.ledger.window import open_window
    from andon.metrics.handling import handling
    from andon.metrics.littles_law import littles_law
    from andon.metrics.outcomes import outcomes
    from andon.metrics.patience import patience
    from andon.metrics.reach import reach
    from andon.metrics.scores import scores
    from andon.metrics.twins import twins
    from andon.metrics.volatility import volatility
    from andon.operation import Operation
    from andon.report.diagnosis import Diagnosis, diagnose
    from andon.report.replay import replay
    from andon.verdict import Verdict

_HOMES: Final = {
    "andon.answer": (
        "Answer",
        "Group",
    ),
    "andon.demand.chains": ("chains",),
    "andon.demand.effort": ("effort",),
    "andon.demand.recontact": ("repeat_work",),
    "andon.errors": ("AndonError",),
    "andon.estimate": (
        "Estimate",
        "Unknown",
    ),
    "andon.finding": (
        "Finding",
        "Provenance",
    ),
    "andon.goodhart.around_a_date": ("around_a_date",),
    "andon.goodhart.at_a_limit": ("at_a_limit",),
    "andon.goodhart.battery": ("battery",),
    "andon.goodhart.chosen_surveys": ("chosen_surveys",),
    "andon.goodhart.closing_early": ("closing_early",),
    "andon.goodhart.limits": ("Limit",),
    "andon.goodhart.parked_work": ("parked_work",),
    "andon.goodhart.parting_twins": ("parting_twins",),
    "andon.goodhart.passing_on": ("passing_on",),
    "andon.goodhart.price_of_a_second": ("price_of_a_second",),
    "andon.goodhart.shedding": ("shedding",),
    "andon.goodhart.short_contacts": ("short_contacts",),
    "andon.goodhart.silent_targets": ("silent_targets",),
    "andon.ledger.coverage": ("coverage",),
    "andon.ledger.ingest": (
        "IngestRun",
        "ingest",
    ),
    "andon.ledger.mapping": (
        "built_in",
        "load_mapping",
    ),
    "andon.ledger.store": ("Ledger",),
    "andon.ledger.window": ("open_window",),
    "andon.metrics.handling": ("handling",),
    "andon.metrics.littles_law": ("littles_law",),
    "andon.metrics.outcomes": ("outcomes",),
    "andon.metrics.patience": ("patience",),
    "andon.metrics.reach": ("reach",),
    "andon.metrics.scores": ("scores",),
    "andon.metrics.twins": ("twins",),
    "andon.metrics.volatility": ("volatility",),
    "andon.operation": ("Operation",),
    "andon.report.diagnosis": (
        "Diagnosis",
        "diagnose",
    ),
    "andon.report.replay": ("replay",),
    "andon.verdict": ("Verdict",),
}
"""Where each public name lives."""


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'andon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
