"""Examiners: what a unit of x does to y, where cases reach those who handle them by chance.

Within a cell (queue, type and interval) a contact goes to the next free advisor. How much time
that advisor takes with *other* contacts is then unrelated to how hard this one is, and tells what
time itself does. Whose contacts are left out of the advisor's pace matters: with the contact's own
time in it, its difficulty would come back in.

UJIVE (Kolesár 2013, *Estimation in an instrumental variables model with treatment effect
heterogeneity*, `<https://www.princeton.edu/~mkolesar/papers/late_estimation.pdf>`_) predicts
``x`` of each contact from all others, once with advisors and once without, and takes the difference
as the instrument. With ``W`` the cells (and controls), ``Q`` cells and advisors, ``M`` what each
leaves over and ``h`` the leverages, leaving contact *i* out of a regression gives the prediction
``x_i - (M x)_i / (1 - h_i)``, so the instrument is::

    z_i = (M_W x)_i / (1 - h_W,i) - (M_Q x)_i / (1 - h_Q,i),    b = sum z_i y_i / sum z_i x_i

Contacts of one row (one cell, advisor and set of controls) share their fits and leverages
(:mod:`andon.goodhart.absorbed`), so ``z_i = alpha_r + delta_r x_i``, and the sums of ``x``, ``y``,
``x**2``, ``x y`` and ``y**2`` of each row are enough for all below, exactly. Products of three and
four are needed only for standard errors that take each contact as its own unit.

The other estimators have instruments of the same form: IJIVE (Ackerberg and Devereux 2009,
`doi:10.1162/rest.91.2.351 <https://doi.org/10.1162/rest.91.2.351>`_) leaves the contact out after
cells are taken out; JIVE (Angrist, Imbens and Krueger 1999) leaves it out of one prediction only,
and fails where cells are many; two-stage least squares leaves nothing out; ordinary least squares
uses ``x`` itself.

Intervals
---------
The doubt is clustered by advisor, for two reasons. Advisors may differ in skill that has nothing to
do with pace. And since an advisor's pace is found from the same contacts, scores of his or her
contacts are related even where contacts are not: the sum over an advisor holds just these
products, which standard errors by contact leave out (the term of many instruments; Evdokimov and
Kolesár 2018). Residuals shrink when a small cell's mean is taken out, by ``1 - n_ca / n_c`` for the
contacts of advisor *a* in cell *c*, and are scaled back by its root (CR2 of Bell and McCaffrey
2002, cell by cell).

The region of Anderson and Rubin (1949) asks of each value ``b`` whether the advisors' sums of
``z_i (y_i - b x_i)`` have mean zero, by Student's test with one unit an advisor. It holds the truth
however weak advisors' differences are, and with few advisors of unequal size, where Student's test
errs on the safe side (Ibragimov and Müller 2010, `doi:10.1198/jbes.2009.08046
<https://doi.org/10.1198/jbes.2009.08046>`_). It is a quadratic inequality, so it may have no end.
The region by all advisors asks as well whether one figure fits them all; it may be empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.goodhart.absorbed import Absorbed, Fit, added
from andon.goodhart.caseload import Caseload, Fact
from andon.goodhart.region import Region, where_not_above
from andon.goodhart.returning import Returning, left_out

__all__ = [
    "Examiners",
    "FirstStage",
    "Fitted",
    "Priced",
    "Scores",
    "Slope",
    "advisor_sums",
    "anderson_rubin",
    "examiners",
    "fitted",
    "leave_one_out",
    "placebo",
    "priced",
    "student",
    "without_customers",
]

Floats = npt.NDArray[np.float64]

_ALONE: Final = 1e-8
"""Where so little of a contact is left, its advisor's effect rests on it alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """What one unit of x adds to y, by one estimator.

    Attributes
    ----------
    value : float
        Units of y for a unit of x.
    se_robust : float, optional
        Standard error with each contact its own unit (HC0); None without products of four.
    se_advisor, se_cell, se_both : float
        Clustered by advisor, by cell, and by both (Cameron, Gelbach and Miller 2011).
    low, high : float
        Wald's interval by advisor, with Student's quantile of one unit an advisor.
    region : Region
        Anderson and Rubin's with this estimator's instrument, by advisor.
    """

    value: float
    se_robust: float | None
    se_advisor: float
    se_cell: float
    se_both: float
    low: float
    high: float
    region: Region


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstStage:
    """How much advisors differ in x.

    Attributes
    ----------
    f : float
        The F of all advisors' dummies, contacts taken as alike in spread.
    effective_f : float
        Montiel Olea and Pflueger's (2013, `doi:10.1080/00401706.2013.806694
        <https://doi.org/10.1080/00401706.2013.806694>`_), contacts unlike in spread, with squared
        residuals freed of their leverage.
    strength : float
        ``(effective_f - 1) sqrt(advisors' differences / 2)``: about a standard normal where
        advisors do not differ. Mikusheva and Sun (2022, `doi:10.1093/restud/rdab097
        <https://doi.org/10.1093/restud/rdab097>`_) call many instruments weak below 4.14.
    spread : float
        Standard deviation of advisors' true effects on x, in its unit, over contacts; the noise of
        their estimates is taken out.
    """

    f: float
    effective_f: float
    strength: float
    spread: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scores:
    """Sums of an instrument with outcome and x, for each row; what every interval is made of.

    Attributes
    ----------
    y, x : array
        Sums over the contacts of a row of ``z_i`` times what cells leave of y and of x.
    top, bottom : float
        The estimator's own numerator and denominator.
    alpha, delta : array
        ``z_i = alpha + delta x_i``, but for contacts of returning customers.
    by_line : bool
        Whether that holds for every contact.
    """

    y: Floats
    x: Floats
    top: float
    bottom: float
    alpha: Floats
    delta: Floats
    by_line: bool = True

    @property
    def value(self) -> float:
        """The estimate."""
        return self.top / self.bottom


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fitted:
    """Cases with all that estimators and checks are made of. Made by :func:`fitted`.

    Attributes
    ----------
    cases : Caseload
    made : Absorbed
    x, y : Fit
    scores : Scores
        UJIVE's, each contact left out by itself.
    first_stage : FirstStage
    """

    cases: Caseload
    made: Absorbed
    x: Fit
    y: Fit
    scores: Scores
    first_stage: FirstStage

    @property
    def freedom(self) -> int:
        """Contacts left to judge by."""
        return _freedom(self.cases, self.made)


@dataclass(frozen=True, kw_only=True, slots=True)
class Priced:
    """What one unit of x adds to y, by the estimator to use and by the naive one.

    Attributes
    ----------
    ujive, ols : Slope
        UJIVE is the one to use; OLS is the naive slope within cells.
    first_stage : FirstStage
    all_advisors : Region
        Values that fit all advisors at once (Anderson and Rubin's F, contacts alike in spread).
    contacts, advisors, cells, parts : int
        Counted after contacts alone in their cell were left out. Parts are sets of advisors that
        no cell joins; they are never compared.
    left_out : int
        Contacts alone in their cell.
    alone : int
        Contacts on which an advisor's effect rests wholly; they do not count.
    level : float
    """

    ujive: Slope
    ols: Slope
    first_stage: FirstStage
    all_advisors: Region
    contacts: int
    advisors: int
    cells: int
    parts: int
    left_out: int
    alone: int
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Examiners(Priced):
    """What one unit of x adds to y, by every estimator of the design.

    Attributes
    ----------
    ijive, jive, two_sls : Slope
        To set beside UJIVE.
    """

    ijive: Slope
    jive: Slope
    two_sls: Slope


def fitted(cases: Caseload, *, absorbed: Absorbed | None = None) -> Fitted:
    """Fit x and y by cells and by advisors, once for every estimator and check.

    Parameters
    ----------
    cases : Caseload
        Sums by cell and advisor.
    absorbed : Absorbed, optional
        :meth:`Caseload.absorbed` of the same, if at hand.

    Raises
    ------
    QuestionError
        If no two advisors share a cell, no contacts are left to judge by, or x does not vary within
        cells.
    """
    made = cases.absorbed() if absorbed is None else absorbed
    if made.rank < 1 or _freedom(cases, made) < 1:
        raise QuestionError(
            "Advisors cannot be compared: no two of them share enough contacts of a cell.",
            found=f"{made.advisors} advisors, {made.cells:,} cells, {cases.contacts:,} contacts",
            todo="Use longer intervals or fewer types, or more contacts.",
        )
    x, y = made.fit(cases.x), made.fit(cases.y)
    squares_x = float((cases.xx - cases.x * x.cells).sum())
    if squares_x <= 1e-12 * float(cases.xx.sum()):
        raise QuestionError(
            "All contacts of a cell take the same time: there is nothing to compare.",
            found="handle time does not differ within any cell",
            todo="Use a duration that is measured, and not set.",
        )
    return Fitted(
        cases=cases,
        made=made,
        x=x,
        y=y,
        scores=leave_one_out(cases, made, x, y),
        first_stage=_first_stage(cases, made, x, squares_x - x.explained),
    )


def priced(seen: Fitted, *, returning: Returning | None = None, level: float = 0.95) -> Priced:
    """Estimate what one unit of x does to y, with advisors as instruments.

    Parameters
    ----------
    seen : Fitted
    returning, level
        As in :func:`examiners`.

    Raises
    ------
    QuestionError
        If the level is none.
    """
    if not 0 < level < 1:
        raise QuestionError(
            "A level must lie between 0 and 1.", found=f"level: {level!r}", todo="Use 0.95."
        )
    cases, made, x = seen.cases, seen.made, seen.x
    scores = without_customers(seen, returning)
    naive = _scored(cases, x, seen.y, -x.cells, np.ones(len(x.cells)), raw=False)
    return Priced(
        ujive=_slope(seen, scores, level=level),
        ols=_slope(seen, naive, level=level),
        first_stage=seen.first_stage,
        all_advisors=_all_advisors(seen, level=level),
        contacts=cases.contacts,
        advisors=made.advisors,
        cells=made.cells,
        parts=made.parts,
        left_out=cases.left_out,
        alone=round(float(made.n[1 - made.leverage < _ALONE].sum())),
        level=level,
    )


def examiners(
    cases: Caseload,
    *,
    absorbed: Absorbed | None = None,
    returning: Returning | None = None,
    level: float = 0.95,
) -> Examiners:
    """Estimate what one unit of x does to y by every estimator, with advisors as instruments.

    Whether cases did reach advisors by chance is for :mod:`andon.goodhart.design` to say.

    Parameters
    ----------
    cases : Caseload
        Sums by cell and advisor.
    absorbed : Absorbed, optional
        :meth:`Caseload.absorbed` of the same, if at hand.
    returning : Returning, optional
        Customers who met one advisor several times: UJIVE then leaves all their contacts with that
        advisor out of the advisor's pace. Its standard error by contact is not given then.
    level : float
        Of the intervals, above 0 and below 1.

    Raises
    ------
    QuestionError
        If the level is none, no two advisors share a cell, no contacts are left to judge by, or x
        does not vary within cells.

    Examples
    --------
    Two advisors who take one and three minutes; each minute saves one contact in ten.

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> cell, advisor = np.repeat(np.arange(500), 8), np.tile(np.arange(8), 500)
    >>> hard = rng.normal(size=4000)
    >>> minutes = 3 + 0.25 * advisor + hard
    >>> y = 0.5 - 0.1 * minutes + 0.2 * hard + rng.normal(size=4000)
    >>> found = examiners(
    ...     Caseload.alike(cell=cell, advisor=advisor, n=np.ones(4000), x=minutes, y=y)
    ... )
    >>> -0.1 in found.ujive.region, found.ols.value > 0
    (True, True)
    """
    seen = fitted(cases, absorbed=absorbed)
    found = priced(seen, returning=returning, level=level)
    others: dict[str, Any] = {
        name: _slope(seen, scores, level=level) for name, scores in _others(seen)
    }
    return Examiners(**{each.name: getattr(found, each.name) for each in fields(found)}, **others)


def _freedom(cases: Caseload, made: Absorbed) -> int:
    return cases.contacts - made.cells - made.controls - made.rank


def leave_one_out(cases: Caseload, made: Absorbed, x: Fit, y: Fit) -> Scores:
    """UJIVE's instrument and its scores, each contact left out by itself."""
    rest_w, rest_q = _rest(made.leverage_cells), _rest(made.leverage)
    weight_w = np.where(np.isfinite(rest_q), 1 / rest_w, 0.0)
    weight_q = 1 / rest_q
    alpha = x.advisors * weight_q - x.cells * weight_w
    return _scored(cases, x, y, alpha, weight_w - weight_q, raw=True)


def without_customers(seen: Fitted, back: Returning | None) -> Scores:
    """The same, but with all contacts of a returning customer with an advisor left out together.

    That changes the instrument of their contacts; it is the same for all of a row.
    """
    scores, x, y = seen.scores, seen.x, seen.y
    if back is None or not len(back.n):
        return scores
    at, alpha, delta = back.row, scores.alpha, scores.delta
    changed = left_out(back, seen.made, x)
    before_y = alpha[at] * back.y + delta[at] * back.xy
    before_x = alpha[at] * back.x + delta[at] * back.xx
    total = alpha[at] * back.n + delta[at] * back.x
    more_y, more_x = changed * back.y - before_y, changed * back.x - before_x
    more = changed * back.n - total
    size = len(seen.cases.n)
    return replace(
        scores,
        y=scores.y + added(at, more_y - y.cells[at] * more, size),
        x=scores.x + added(at, more_x - x.cells[at] * more, size),
        top=scores.top + float(more_y.sum()),
        bottom=scores.bottom + float(more_x.sum()),
        by_line=False,
    )


def _rest(leverage: Floats) -> Floats:
    """What leaving out divides by; infinite where a contact stands alone, which drops it."""
    return np.where(1 - leverage > _ALONE, 1 - leverage, np.inf)


def _others(seen: Fitted) -> Iterator[tuple[str, Scores]]:
    """Each other estimator's instrument, as a line in x for every row; one after another."""
    made, x = seen.made, seen.x
    rest_q = _rest(made.leverage)
    mine = made.leverage - made.leverage_cells
    effect = x.advisors - x.cells
    # Where a contact stands alone its advisor tells nothing about it but itself.
    rest_z = np.where(np.isfinite(rest_q), 1 - mine, np.inf)
    jive = np.where(np.isfinite(rest_q), 1 - 1 / rest_q, 0.0)
    lines = {
        "ijive": ((effect + mine * x.cells) / rest_z, -mine / rest_z),
        "jive": (x.advisors / rest_q, jive),
        "two_sls": (effect, np.zeros(len(effect))),
    }
    for name, line in lines.items():
        yield name, _scored(seen.cases, x, seen.y, *line, raw=False)


def _scored(cases: Caseload, x: Fit, y: Fit, alpha: Floats, delta: Floats, *, raw: bool) -> Scores:
    with_y = alpha * cases.y + delta * cases.xy
    with_x = alpha * cases.x + delta * cases.xx
    total = alpha * cases.n + delta * cases.x
    score_y, score_x = with_y - y.cells * total, with_x - x.cells * total
    return Scores(
        y=score_y,
        x=score_x,
        top=float((with_y if raw else score_y).sum()),
        bottom=float((with_x if raw else score_x).sum()),
        alpha=alpha,
        delta=delta,
    )


def placebo(cases: Caseload, made: Absorbed, scores: Scores, fact: Fact) -> Scores:
    """The same instrument with something known before the contact in the outcome's place."""
    with_w = scores.alpha * fact.w + scores.delta * fact.xw
    total = scores.alpha * cases.n + scores.delta * cases.x
    score = with_w - made.fit_cells(fact.w) * total
    return replace(scores, y=score, top=float(with_w.sum()))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spread:
    """The sum of squares of ``y - b x`` for any b: ``yy - 2 b xy + b**2 xx``."""

    yy: float
    xy: float
    xx: float

    @classmethod
    def of(cls, y: Floats, x: Floats) -> _Spread:
        return cls(yy=float(y @ y), xy=float(x @ y), xx=float(x @ x))


def _slope(seen: Fitted, scores: Scores, *, level: float) -> Slope:
    made = seen.made
    value, size = scores.value, abs(scores.bottom)
    rest = scores.y - value * scores.x
    by_y, by_x = advisor_sums(made, scores)
    units = len(by_y)
    advisors = _squared(by_y - value * by_x) * units / max(units - 1, 1)
    cells = _squared(made.by_cell(rest))
    # A difference of variances may be below one of them, or below 0, by accident.
    both = max(advisors + cells - _squared(made.by_pair(rest)), advisors, cells)
    reach = student(units - 1, level) * math.sqrt(advisors) / size
    return Slope(
        value=value,
        se_robust=_by_contact(seen, scores) if scores.by_line else None,
        se_advisor=math.sqrt(advisors) / size,
        se_cell=math.sqrt(cells) / size,
        se_both=math.sqrt(both) / size,
        low=value - reach,
        high=value + reach,
        region=anderson_rubin(scores.top, scores.bottom, by_y, by_x, level=level),
    )


def _squared(values: Floats) -> float:
    return float(values @ values)


def advisor_sums(made: Absorbed, scores: Scores) -> tuple[Floats, Floats]:
    """Scores of y and x of each advisor who is compared with another.

    Each row is scaled back for what its cell's mean took away.
    """
    rest = 1 - (made.n_pair[made.pair] / made.n_cell[made.cell])
    shared = (rest > 0) & ((scores.alpha != 0) | (scores.delta != 0))
    scale = np.where(shared, 1 / np.sqrt(np.where(shared, rest, 1.0)), 0.0)
    compared = made.by_advisor(shared.astype(np.float64)) > 0
    return (
        made.by_advisor(scale * scores.y)[compared],
        made.by_advisor(scale * scores.x)[compared],
    )


def anderson_rubin(top: float, bottom: float, y: Floats, x: Floats, *, level: float) -> Region:
    """Values ``b`` for which units' sums ``y - b x`` have mean zero by Student's test.

    Parameters
    ----------
    top, bottom : float
        The numerator and the denominator whose ratio is estimated.
    y, x : array
        Their parts, one for each independent unit.
    level : float
    """
    units = len(y)
    if units < 2:
        return Region(shape="everywhere", low=-math.inf, high=math.inf, level=level)
    spread = _Spread.of(y - y.mean(), x - x.mean())
    allowed = student(units - 1, level) ** 2 * units / (units - 1)
    return where_not_above(
        bottom * bottom - allowed * spread.xx,
        2 * (allowed * spread.xy - top * bottom),
        top * top - allowed * spread.yy,
        level=level,
    )


def student(freedom: float, level: float) -> float:
    """Student's two-sided quantile."""
    return float(special.stdtrit(max(freedom, 1.0), 0.5 + level / 2))


def _by_contact(seen: Fitted, scores: Scores) -> float | None:
    """HC0: the root of the sum of ``z_i**2 (residual of i)**2``, from products of four."""
    cases = seen.cases
    p = cases.products
    if p is None:
        return None
    b, a, d = scores.value, scores.alpha, scores.delta
    # The residual is y - b x - c, its square a polynomial in x and y; z**2 is one in x.
    c = seen.y.cells - b * seen.x.cells
    by_power = []
    for one, with_x, with_y, xx, xy, yy in (
        (cases.n, cases.x, cases.y, cases.xx, cases.xy, cases.yy),
        (cases.x, cases.xx, cases.xy, p.xxx, p.xxy, p.xyy),
        (cases.xx, p.xxx, p.xxy, p.xxxx, p.xxxy, p.xxyy),
    ):
        squares = yy + b * b * xx - 2 * b * xy
        by_power.append(squares - 2 * c * (with_y - b * with_x) + c * c * one)
    total = a * a * by_power[0] + 2 * a * d * by_power[1] + d * d * by_power[2]
    return math.sqrt(max(float(total.sum()), 0.0)) / abs(scores.bottom)


def _first_stage(cases: Caseload, made: Absorbed, x: Fit, residual: float) -> FirstStage:
    freedom = _freedom(cases, made)
    mine = made.leverage - made.leverage_cells
    squares = cases.xx - 2 * x.advisors * cases.x + x.advisors**2 * cases.n
    noise = float((mine * squares / _rest(made.leverage)).sum())
    effective = x.explained / noise if noise > 0 else math.inf
    varied = cases.contacts - float((made.n * made.leverage_cells).sum())
    return FirstStage(
        f=x.explained / made.rank / (residual / freedom) if residual > 0 else math.inf,
        effective_f=effective,
        strength=(effective - 1) * math.sqrt(made.rank / 2),
        spread=math.sqrt(max(x.explained - noise, 0.0) / varied),
    )


def _all_advisors(seen: Fitted, *, level: float) -> Region:
    """Anderson and Rubin's F: advisors' dummies explain nothing of ``y - b x``."""
    cases, made, x, y, freedom = seen.cases, seen.made, seen.x, seen.y, seen.freedom
    between = _Spread(
        yy=y.explained,
        xy=float(x.effect @ made.by_advisor(cases.y - made.n * y.cells)),
        xx=x.explained,
    )
    within = _Spread(
        yy=float((cases.yy - cases.y * y.cells).sum()) - between.yy,
        xy=float((cases.xy - cases.x * y.cells).sum()) - between.xy,
        xx=float((cases.xx - cases.x * x.cells).sum()) - between.xx,
    )
    allowed = float(special.fdtri(made.rank, freedom, level)) * made.rank / freedom
    return where_not_above(
        between.xx - allowed * within.xx,
        2 * (allowed * within.xy - between.xy),
        between.yy - allowed * within.yy,
        level=level,
    )
