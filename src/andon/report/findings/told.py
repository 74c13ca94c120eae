"""What every finding of a report is told: the nouns to use, the period, where figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Provenance
from andon.report.words import Nouns, whole

__all__ = ["Told"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The setting that all findings share.

    Attributes
    ----------
    nouns : Nouns
        Callers and calls, or customers and contacts.
    period : str
        In words.
    zone : str
    contacts : int
    currency : str
        Empty where costs are not told.
    tables : mapping of str to int
        Pinned versions.
    parameters : mapping
    code_version : str
    """

    nouns: Nouns
    period: str
    zone: str
    contacts: int
    code_version: str
    currency: str = ""
    tables: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def all_contacts(self) -> str:
        """The scope of a finding that speaks of everybody."""
        return f"All {whole(self.contacts)} {self.nouns.contacts}, {self.period}."

    def drawn(self, what: str, *, n: int | None = None) -> str:
        """The line under a chart's title: what is drawn, the period, and n."""
        count = "" if n is None else f", n\u00a0=\u00a0{whole(n)}"
        return f"{what}, {self.period}{count}"

    def finding(
        self,
        *,
        key: str,
        question: str,
        headline: str,
        estimate: Estimate | Unknown,
        meaning: str,
        next_step: str,
        method: str,
        scope: str = "",
        cost_h: Estimate | Unknown | None = None,
        evidence: tuple[Evidence | None, ...] = (),
        caveats: tuple[str, ...] = (),
        figures: Mapping[str, Estimate | Unknown] | None = None,
    ) -> Finding:
        """A finding with its provenance; evidence that could not be had is left out.

        Where the number is not known there is nothing to act on yet but that.
        """
        if isinstance(estimate, Unknown):
            next_step = self.nouns.put(f"We could tell with {estimate.needs}.")
        return Finding(
            key=key,
            headline=headline,
            estimate=estimate,
            scope=scope or self.all_contacts,
            meaning=meaning,
            next_step=next_step,
            cost_h=cost_h if isinstance(cost_h, Estimate) else None,
            evidence=tuple(each for each in evidence if each is not None and each.rows),
            caveats=tuple(map(self.nouns.put, caveats[:3])),
            method=method,
            figures=dict(figures or {}),
            provenance=Provenance(
                tables=self.tables,
                parameters=self.parameters,
                code_version=self.code_version,
                question=question,
            ),
        )
