"""Design: whether contacts reached advisors by chance, as the price of a second takes for granted.

The checks come first, and each can refuse. One that passes has found nothing against the design; it
has not proved it: only what was recorded before the contact can be looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.goodhart.absorbed import added
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import FirstStage, Fitted, advisor_sums, fitted, placebo

__all__ = [
    "Balance",
    "Design",
    "Enough",
    "Identified",
    "Monotonicity",
    "Relevance",
    "design",
    "enough",
    "identified",
]

Floats = npt.NDArray[np.float64]

FEWEST_ADVISORS: Final = 5
FEWEST_SHARED_CELLS: Final = 20
FEWEST_EACH: Final = 10
"""Contacts of an advisor, on average."""
STRONG: Final = 4.14
"""Strength of the first stage, as Mikusheva and Sun (2022) ask for."""
SURPRISE: Final = 0.05
"""Tests of one kind together refuse a design that holds as seldom as this (Holm 1979)."""
SLIGHT: Final = 0.02
"""Advisors' true means of a fact that differ by less, in its standard deviations, do not refuse."""
SLIGHT_BY_PACE: Final = 0.01
"""The same for what one standard deviation of pace foretells of the fact."""
SURPRISE_OF_IDS: Final = 0.01
"""Likewise for missing ids, which are looked at besides; what breaks them is seldom small."""
SLIGHT_IN_TIME: Final = 0.05
"""A share of known customers that goes up and down by less, as a share of itself, does not."""
_MOST_GROUPS: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Enough:
    """Whether there are enough advisors, cells and contacts to compare.

    Attributes
    ----------
    advisors : int
        Who share a cell with another.
    shared_cells : int
        Cells with two advisors or more.
    contacts : int
        In those cells.
    holds : bool
    says : str
    """

    advisors: int
    shared_cells: int
    contacts: int
    holds: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Relevance:
    """Whether advisors differ enough in pace.

    Attributes
    ----------
    effective_f, strength, spread : float
        See :class:`~andon.goodhart.examiners.FirstStage`.
    holds : bool
    says : str
    """

    effective_f: float
    strength: float
    spread: float
    holds: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """Whether something known before the contact says which advisor took it.

    Attributes
    ----------
    fact : str
    advisors_p : float
        Of the test that no advisor's mean differs, 0 to 1: shuffling within cells.
    spread : float
        Standard deviation of advisors' true means, in standard deviations of the fact within
        cells; the noise of their estimates is taken out, so it is 0 where they differ by chance.
    pace_p : float
        Of the test that advisors' pace with others foretells nothing of the fact, 0 to 1.
    by_pace : float
        What an advisor slower by one standard deviation gets more of, in the fact's.
    holds : bool
    says : str
    """

    fact: str
    advisors_p: float
    spread: float
    pace_p: float
    by_pace: float
    holds: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Monotonicity:
    """Whether slow advisors are slow, on average, in one group of contacts as well.

    Frandsen, Lefgren and Leslie (2023, `doi:10.1257/aer.20201860
    <https://doi.org/10.1257/aer.20201860>`_) show that this average is what the price needs. Where
    those who are slow in one group are fast in all the others together, it fails in the group or in
    the others, whatever their sizes; so that is tested as well, with the pace of other groups only.

    Attributes
    ----------
    group : str
        For example ``queue Loans``.
    slope : float
        Seconds in this group for one second that the advisor takes with others; about 1.
    p : float
        Of the test that it is not below 0, 0 to 1.
    elsewhere_p : float
        Likewise, with the pace that advisors show in all other groups.
    contacts : int
    holds : bool
    says : str
    """

    group: str
    slope: float
    p: float
    elsewhere_p: float
    contacts: int
    holds: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identified:
    """Whether customers' ids are missing by chance, where customers must be followed.

    Attributes
    ----------
    contacts : int
        Of all outcomes.
    share : float
        Of them with a customer id, 0 to 1.
    varies : float
        Standard deviation of that share between intervals, chance taken out.
    intervals_p : float
        Of the test that it is the same in all intervals of contacts alike, 0 to 1.
    by_advisor : Balance or None
        Whether advisors differ in how many of their customers are known; None where it cannot be
        told.
    holds : bool
    says : str
    """

    contacts: int
    share: float
    varies: float
    intervals_p: float
    by_advisor: Balance | None
    holds: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """Whether the price of a second may be told, and why not.

    Attributes
    ----------
    enough : Enough
    relevance : Relevance, optional
        None where there is not enough to look at.
    balance : tuple of Balance
    monotonicity : tuple of Monotonicity
    identified : Identified, optional
        None where no customer is to be followed, or all are known.
    """

    enough: Enough
    relevance: Relevance | None = None
    balance: tuple[Balance, ...] = ()
    monotonicity: tuple[Monotonicity, ...] = ()
    identified: Identified | None = None

    @property
    def refused_because(self) -> tuple[str, ...]:
        """Why not; empty where the design holds."""
        checks = [
            self.enough,
            self.relevance,
            *self.balance,
            *self.monotonicity,
            self.identified,
        ]
        return tuple(each.says for each in checks if each is not None and not each.holds)

    @property
    def holds(self) -> bool:
        """Whether nothing was found against the design."""
        return not self.refused_because

    def says(self) -> str:
        """The verdict in words."""
        if self.holds:
            known = ", ".join(each.fact for each in self.balance) or "nothing: no fact was known"
            return (
                f"The design holds as far as can be seen (looked at before the contact: {known})."
            )
        return "Refused: " + " ".join(self.refused_because)


def enough(cases: Caseload) -> Enough:
    """Whether advisors meet often enough to be compared."""
    other = (np.diff(cases.cell) == 0) & (np.diff(cases.advisor) != 0)  # rows are in order
    mixed = np.bincount(cases.cell[1:][other], minlength=cases.cells) > 0
    there = mixed[cases.cell]
    advisors = len(np.unique(cases.advisor[there]))
    cells, contacts = int(mixed.sum()), round(float(cases.n[there].sum()))
    said = f"{advisors:,} advisors share {cells:,} cells with one another, {contacts:,} contacts"
    if advisors < 2:
        says, holds = "No two advisors take contacts of one cell: nobody can be compared.", False
    elif advisors < FEWEST_ADVISORS:
        says, holds = f"Too few advisors: {said}; it takes {FEWEST_ADVISORS} or more.", False
    elif cells < FEWEST_SHARED_CELLS:
        says, holds = f"Too few shared cells: {said}; it takes {FEWEST_SHARED_CELLS}.", False
    elif contacts < FEWEST_EACH * advisors:
        says = f"Too few contacts: {said}; it takes {FEWEST_EACH} or more an advisor."
        holds = False
    else:
        says, holds = f"{said}.", True
    return Enough(advisors=advisors, shared_cells=cells, contacts=contacts, holds=holds, says=says)


def design(
    cases: Caseload,
    *,
    groups: Mapping[str, npt.NDArray[Any]] | None = None,
    seen: Fitted | None = None,
) -> Design:
    """Check whether advisors may stand for chance.

    Parameters
    ----------
    cases : Caseload
        With the facts known before the contact.
    groups : mapping of str to array, optional
        Name (``"queue"``) to the label of each cell of ``cases``, shape (cells,): groups in which
        slow advisors should be slow as well.
    seen : Fitted, optional
        :func:`~andon.goodhart.examiners.fitted` of the same, if at hand.

    Returns
    -------
    Design

    Notes
    -----
    Balance is tested twice for each fact. By shuffling: if each cell's contacts were dealt out by
    chance, advisors' means have a covariance that is known, and not estimated, so the test keeps
    its size however many advisors there are, as long as each has more than a few contacts. By pace:
    advisors' time with other contacts, each contact left out, should not foretell the fact; this
    finds what would bend the price. A difference that is no chance, but smaller than a fiftieth of
    a standard deviation (a hundredth by pace), does not refuse: with millions of contacts one is
    always found. The tests of balance together refuse about 1 in 20 designs that hold, and so do
    those of monotonicity.

    Examples
    --------
    >>> import numpy as np
    >>> alone = {"cell": [1, 1, 1], "advisor": ["a", "a", "a"]}
    >>> few = Caseload.alike(**alone, n=[1, 1, 1], x=[9, 8, 7], y=[0, 1, 0])
    >>> design(few).says()
    'Refused: No two advisors take contacts of one cell: nobody can be compared.'
    """
    counted = enough(cases) if len(cases.n) else _NOBODY
    if not counted.holds:
        return Design(enough=counted)
    try:
        seen = fitted(cases) if seen is None else seen
    except QuestionError as problem:
        says = f"{problem.wrong.rstrip('.')} ({problem.found})."
        return Design(
            enough=Enough(
                advisors=counted.advisors,
                shared_cells=counted.shared_cells,
                contacts=counted.contacts,
                holds=False,
                says=says,
            )
        )
    return Design(
        enough=counted,
        relevance=_relevance(seen.first_stage),
        balance=_balance(seen),
        monotonicity=tuple(_monotonicity(seen, groups or {})),
    )


def identified(
    known: npt.NDArray[np.float64],
    contacts: npt.NDArray[np.float64],
    *,
    kind: npt.NDArray[np.int64],
    cases: Caseload | None = None,
) -> Identified:
    """Check whether customers' ids are missing by chance.

    Parameters
    ----------
    known, contacts : array
        Contacts with a customer id, and all, of each cell; of any outcome, shape (cells,).
    kind : array of int
        What the cells' contacts are, the interval left out, numbered from 0; kinds may differ.
    cases : Caseload, optional
        All contacts with an advisor, whose one fact is whether the customer is known.

    Notes
    -----
    If ids are missing by chance, those known of a cell are binomial. The sum of squares away from
    that, each over its variance, is compared with its mean and its exact variance, since cells may
    hold few contacts (the fourth moment of a binomial).

    Examples
    --------
    >>> quiet, crowded = np.full(500, 30.0), np.full(500, 30.0)
    >>> known = np.concatenate([quiet * 0.9, crowded * 0.6])
    >>> identified(known, np.full(1000, 30.0), kind=np.zeros(1000, dtype=np.int64)).holds
    False
    """
    kinds = int(kind.max()) + 1
    total = added(kind, contacts, kinds)
    share = (added(kind, known, kinds) / np.maximum(total, 1))[kind]
    chance = share * (1 - share)
    open_ = (chance > 0) & (contacts > 0)
    n, q, pq = contacts[open_], share[open_], chance[open_]
    away = (known[open_] - n * q) ** 2
    form = float((away / (n * pq)).sum())
    # The share itself is found from the same contacts: one freedom less for each kind.
    freedom = len(n) - len(np.unique(kind[open_]))
    sd = math.sqrt(float((2 + (1 - 6 * pq) / (n * pq)).sum())) if len(n) else 0.0
    p = float(special.ndtr(-(form - freedom) / sd)) if sd > 0 else 1.0
    pairs = float((n * (n - 1)).sum())
    varies = math.sqrt(max(float((away - n * pq).sum()) / pairs, 0.0)) if pairs else 0.0
    overall = float(known.sum() / contacts.sum())
    by_advisor = None if cases is None else _known_by_advisor(cases)
    in_time = p <= SURPRISE_OF_IDS and varies >= SLIGHT_IN_TIME * overall
    by = by_advisor is not None and not by_advisor.holds
    if in_time:
        says = (
            f"Customers are known in {overall:.0%} of contacts, more often in some intervals than "
            f"in others (by {varies:.0%}, standard deviation): who is seen to come back depends on "
            "when."
        )
    elif by_advisor is not None and by:
        says = by_advisor.says
    else:
        says = f"Customers are known in {overall:.0%} of contacts, by chance as far as can be seen."
    return Identified(
        contacts=round(float(contacts.sum())),
        share=overall,
        varies=varies,
        intervals_p=p,
        by_advisor=by_advisor,
        holds=not (in_time or by),
        says=says,
    )


def _known_by_advisor(cases: Caseload) -> Balance | None:
    """Whether advisors' customers are known alike, by pace and altogether."""
    if not enough(cases).holds:
        return None
    try:
        seen = fitted(cases)
    except QuestionError:
        return None
    found = _balance(seen, surprise=SURPRISE_OF_IDS)
    return found[0] if found else None


_NOBODY: Final = Enough(
    advisors=0,
    shared_cells=0,
    contacts=0,
    holds=False,
    says="No two contacts share a cell: nobody can be compared.",
)


def _relevance(first: FirstStage) -> Relevance:
    holds = first.strength >= STRONG
    f = f"effective F {first.effective_f:.3g}, strength {first.strength:.3g}"
    says = (
        f"Advisors differ in pace by {first.spread:.3g} s (standard deviation; {f})."
        if holds
        else f"Advisors hardly differ in pace beyond chance ({f}; it takes {STRONG})."
    )
    return Relevance(
        effective_f=first.effective_f,
        strength=first.strength,
        spread=first.spread,
        holds=holds,
        says=says,
    )


def _balance(seen: Fitted, *, surprise: float = SURPRISE) -> tuple[Balance, ...]:
    cases, made = seen.cases, seen.made
    rows = []
    for name, fact in cases.facts.items():
        form, rank = made.shuffled(fact.w, fact.ww)
        if not rank:
            continue  # the same for all contacts of every cell: absorbed, and so balanced
        varied = float((fact.ww - fact.w * made.fit_cells(fact.w)).sum())
        spread = math.sqrt(max(form - rank, 0.0) / cases.contacts)
        instead = placebo(cases, made, seen.scores, fact)
        by, _ = advisor_sums(made, instead)
        p_pace = _student_p(by)
        sd = math.sqrt(varied / cases.contacts)
        by_pace = instead.value * seen.first_stage.spread / sd
        rows.append((name, float(special.chdtrc(rank, form)), spread, p_pace, by_pace))
    fallen = _holm([*(each[1] for each in rows), *(each[3] for each in rows)], surprise)
    return tuple(
        _judged(*row, unlikely=fallen[i], unlikely_by_pace=fallen[len(rows) + i])
        for i, row in enumerate(rows)
    )


def _judged(
    fact: str,
    advisors_p: float,
    spread: float,
    pace_p: float,
    by_pace: float,
    *,
    unlikely: bool,
    unlikely_by_pace: bool,
) -> Balance:
    apart = unlikely and spread >= SLIGHT
    bent = unlikely_by_pace and abs(by_pace) >= SLIGHT_BY_PACE
    if bent:
        more = "more" if by_pace > 0 else "less"
        says = (
            f"Slow advisors get {more} of '{fact}' than chance allows "
            f"({abs(by_pace):.2g} standard deviations, p {pace_p:.1g}): contacts did not reach "
            "advisors by chance."
        )
    elif apart:
        says = (
            f"Advisors get different shares of '{fact}' than chance allows "
            f"({spread:.2g} standard deviations, p {advisors_p:.1g}): contacts did not reach "
            "advisors by chance."
        )
    elif unlikely or unlikely_by_pace:
        says = f"'{fact}' differs between advisors by more than chance, but too little to matter."
    else:
        says = f"'{fact}' does not differ between advisors by more than chance."
    return Balance(
        fact=fact,
        advisors_p=advisors_p,
        spread=spread,
        pace_p=pace_p,
        by_pace=by_pace,
        holds=not (apart or bent),
        says=says,
    )


def _monotonicity(seen: Fitted, groups: Mapping[str, npt.NDArray[Any]]) -> Iterator[Monotonicity]:
    cases, made, scores = seen.cases, seen.made, seen.scores
    squares = (
        scores.alpha**2 * cases.n
        + 2 * scores.alpha * scores.delta * cases.x
        + scores.delta**2 * cases.xx
    )
    away = cases.x - cases.n * (made.by_cell(cases.x) / made.n_cell)[made.cell]
    whole = made.by_advisor(away), made.by_advisor(cases.n)
    found = []
    for kind, labels in groups.items():
        names, of = np.unique(labels, return_inverse=True)
        if len(names) < 2:
            continue
        contacts = added(of, made.n_cell, len(names))
        most = np.argsort(-contacts, kind="stable")[:_MOST_GROUPS]
        # The groups looked at by number, and all others as one more.
        number = np.full(len(names), len(most))
        number[most] = np.arange(len(most))
        place = number[of][made.cell] * made.advisors + made.advisor
        of_squares, score, here_away, here_n = (
            added(place, each, (len(most) + 1) * made.advisors).reshape(-1, made.advisors)
            for each in (squares, scores.x, away, cases.n)
        )
        for k, i in enumerate(most):
            size = float(of_squares[k].sum())
            if size <= 0:
                continue
            by = score[k][of_squares[k] > 0]
            here = here_away[k], here_n[k]
            both = _student_p(by, below=True), _student_p(_with_elsewhere(here, whole), below=True)
            slope = float(score[k].sum()) / size
            found.append((f"{kind} {names[i]}", slope, both, round(float(contacts[i]))))
    turned = _holm([one for each in found for one in each[2]])
    for k, (group, slope, (p, elsewhere_p), n) in enumerate(found):
        if turned[2 * k]:
            says = (
                f"In {group} slow advisors are fast ({slope:.2g} s a second, p {p:.1g}): "
                "one pace does not stand for an advisor."
            )
        elif turned[2 * k + 1]:
            says = (
                f"In {group} advisors are fast who are slow elsewhere (p {elsewhere_p:.1g}): "
                "one pace does not stand for an advisor."
            )
        else:
            says = f"In {group} slow advisors are slow as well, or it cannot be told."
        yield Monotonicity(
            group=group,
            slope=slope,
            p=p,
            elsewhere_p=elsewhere_p,
            contacts=n,
            holds=not (turned[2 * k] or turned[2 * k + 1]),
            says=says,
        )


def _with_elsewhere(here: tuple[Floats, Floats], whole: tuple[Floats, Floats]) -> Floats:
    """Each advisor's excess time in a group times his or her pace in all others.

    Both are sums over what cells leave, and counts; no cell is in the group and outside it.
    """
    rest = whole[1] - here[1]
    both = (rest > 0) & (here[1] > 0)
    excess: Floats = here[0][both] * (whole[0] - here[0])[both] / rest[both]
    return excess


def _student_p(units: Floats, *, below: bool = False) -> float:
    """Of Student's test that units have mean 0; or that their mean is not below it."""
    if len(units) < 2:
        return 1.0
    spread = float(units.std(ddof=1))
    if spread == 0:
        return 1.0
    t = float(units.mean()) / spread * math.sqrt(len(units))
    tail = float(special.stdtr(len(units) - 1, t if below else -abs(t)))
    return tail if below else 2 * tail


def _holm(p: Sequence[float], surprise: float = SURPRISE) -> list[bool]:
    """Which hypotheses fall, with at most ``surprise`` chance that any true one does."""
    fallen = [False] * len(p)
    for place, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] > surprise / (len(p) - place):
            break
        fallen[i] = True
    return fallen
