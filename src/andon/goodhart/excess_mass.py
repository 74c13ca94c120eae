"""Excess mass: how many contacts some bins hold beyond a polynomial through the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown, ratio
from andon.goodhart.counterfactual import Fit, Scale, counterfactual, shape
from andon.goodhart.rounding import Rounding, indistinct
from andon.units import Unit

__all__ = ["Bins", "Bunching", "Doubt", "check_options", "excess_mass"]

Doubt = Literal["contacts", "groups", "residuals"]
"""What is taken to vary: single contacts, groups of them, or the bins around the curve."""

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_DEGREES: Final = ((50_000, 6), (5_000_000, 8), (math.inf, 10))
"""Contacts in the bins, and the degree of the polynomial up to that many."""
_SPARE: Final = 6
"""Bins that the fit must see beyond its own terms, or one more than these if that is less."""
_FEW: Final = 10.0
"""Contacts that the pile's bins would hold without a pile, for the interval to be sound."""
_REPEATS: Final = 400


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bins:
    """Counts in bins of one width, and which of them are set apart.

    Attributes
    ----------
    starts : array of shape (bins,)
        Where each bin begins, in the values' unit, ascending.
    width : float
    counts : array of shape (bins,)
        Contacts seen.
    expected : array of shape (bins,)
        Contacts that the counterfactual puts there.
    low, high : array of shape (bins,)
        Ends of its interval.
    pile, gap, apart : array of bool of shape (bins,)
        Where the pile was looked for, where it may come from, and other bins that the fit did not
        see.
    """

    starts: _Floats
    width: float
    counts: _Floats
    expected: _Floats
    low: _Floats
    high: _Floats
    pile: _Bools
    gap: _Bools
    apart: _Bools


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bunching:
    """How many contacts pile up at a threshold, beyond what a smooth shape would put there.

    Attributes
    ----------
    excess : Estimate
        Contacts in the pile's bins beyond the counterfactual (B); below 0 where there are fewer.
    relative : Estimate
        The same over the counterfactual's mean per bin of the pile (b): how many bins' worth.
    moved : Estimate
        The excess as a share of all contacts; below 0 where there are fewer than expected.
    missing : Estimate or Unknown
        Contacts missing on the other side, in the gap. About as many as the excess where contacts
        were moved over the threshold; none where they only piled up for another reason.
    shift : Estimate
        ``relative`` times the bins' width: how far the outermost of those moved came, in the
        values' unit, if contacts moved in order of their distance (Saez 2010).
    p : float
        How often so large an excess comes by chance where nothing piles up in any group. Beside a
        wide interval over groups, a small one says: here it does, elsewhere we cannot tell.
    bins : Bins
    degree : int
        Of the polynomial.
    n : int
        Contacts in all, in the bins and outside them.
    left_out : array of shape (groups, bins) or None
        What the counterfactual puts in each bin with each group left out in turn; None where
        contacts and not groups vary.
    rounding : Rounding or None
        What was seen of it, where single values were known.
    method : str
    """

    excess: Estimate
    relative: Estimate
    moved: Estimate
    missing: Estimate | Unknown
    shift: Estimate
    p: float
    bins: Bins
    degree: int
    n: int
    left_out: _Floats | None
    rounding: Rounding | None
    method: str


def excess_mass(
    counts: npt.ArrayLike,
    *,
    starts: npt.ArrayLike,
    pile: tuple[float, float],
    gap: tuple[float, float] | None = None,
    apart: Sequence[tuple[float, float]] = (),
    heaps: Sequence[npt.ArrayLike] = (),
    chances: npt.ArrayLike | None = None,
    n: npt.ArrayLike | None = None,
    fit: Fit = "poisson",
    scale: Scale = "log",
    degree: int | None = None,
    balance: bool = False,
    doubt: Doubt = "contacts",
    rng: np.random.Generator | None = None,
    unit: Unit = "s",
    level: float = 0.95,
) -> Bunching | Unknown:
    """Excess mass in some bins over a polynomial through the others.

    Parameters
    ----------
    counts : array_like of shape (bins,) or (groups, bins)
        Contacts in bins of one width.
    starts : array_like of shape (bins,)
        Where each bin begins, in the values' unit, ascending, evenly spaced.
    pile : tuple of float
        From where to where contacts pile up; bins whose middle lies between count.
    gap : tuple of float, optional
        From where they may come.
    apart : sequence of tuple of float
        Other stretches that the fit must not see.
    heaps : sequence of array_like of shape (bins,)
        For each kind of round number, the bins (true) that hold one: they get a term of their own,
        which the counterfactual keeps.
    chances : array_like of shape (bins,), optional
        How many chances each bin had (> 0), up to a factor, where they are not even; for
        ``"poisson"`` only.
    n : array_like of shape (groups,), optional
        Contacts of each group in all, where some lie outside the bins.
    fit : {"poisson", "least_squares"}
        Least squares is what most of the literature does, and blind to how counts vary.
    scale : {"log", "plain"}
        What the polynomial runs in. The logarithm needs bins above 0.
    degree : int, optional
        Of the polynomial, 0 to 10; by the number of contacts unless told (see Notes).
    balance : bool
        Lift the counts above the pile in proportion, until the counterfactual holds as many
        contacts as were seen (Chetty, Friedman, Olsen and Pistaferri 2011): those in the pile came
        from up there, it is not known from where. Not together with ``gap``.
    doubt : {"contacts", "groups", "residuals"}
        Contacts independent of one another; groups drawn at random, one left out at a time
        (jackknife); or the residuals of the fit drawn again 400 times, as the literature does.
    rng : numpy.random.Generator, optional
        Needed for ``residuals``.
    unit : Unit
        Of the values.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Bunching or Unknown

    Raises
    ------
    QuestionError
        If the bins, the counts or an option cannot be used.

    Notes
    -----
    Chetty et al. 2011, *Adjustment costs, firm responses, and micro vs. macro labor supply
    elasticities*, https://doi.org/10.1093/qje/qjr013. Contacts: with J the derivative of the excess
    B after the count of each bin, the variance of B given n is ``sum(y J**2) - B**2 / n``, times
    the dispersion of the bins around the fit where that is above 1. Groups: what leaving out group
    *g* takes away is its part of the excess, ``y_g = B - B_(g)``, and the share moved is the ratio
    of these to the groups' contacts; its interval is :func:`andon.estimate.ratio`, corrected for
    skewness, and never narrower than that over contacts.

    Examples
    --------
    >>> smooth = [40, 50, 60, 70, 80, 90, 100, 110, 120, 130]
    >>> seen = [*smooth[:5], 190, *smooth[6:]]
    >>> found = excess_mass(seen, starts=range(10), pile=(5, 6), degree=1, scale="plain",
    ...     fit="least_squares")
    >>> round(found.excess.value, 6), round(found.relative.value, 6)
    (100.0, 1.111111)
    """
    asked = _asked(
        counts,
        starts=starts,
        pile=pile,
        gap=gap,
        apart=apart,
        heaps=heaps,
        chances=chances,
        n=n,
        fit=fit,
        scale=scale,
        degree=degree,
        balance=balance,
        doubt=doubt,
        level=level,
        unit=unit,
    )
    if doubt == "residuals" and rng is None:
        raise QuestionError(
            "To draw residuals again takes a generator of random numbers.",
            found="rng: None",
            todo="Give rng=np.random.default_rng(seed).",
        )
    short = asked.too_few()
    if short is not None:
        return short
    known = asked.figures(asked.counts.sum(axis=0)[None, :], asked.n.sum()[None])
    shapeless = Unknown(
        unit="count",
        why="no smooth shape could be drawn through the bins around the threshold",
        needs="more contacts around the threshold",
    )
    if not np.isfinite(known.expected).all():
        return shapeless
    under = float(known.expected[0, asked.pile].sum())
    if doubt != "residuals" and fit == "poisson" and under < _FEW:
        return Unknown(
            unit="count",
            why=f"only about {under:.0f} contacts would lie at the threshold anyway",
            needs="more contacts around the threshold",
        )
    spread = asked.spread(known, rng)
    return asked.result(known, spread) if spread.known else shapeless


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Figures:
    """For many sets of counts: the counterfactual and what follows from it."""

    counts: _Floats
    expected: _Floats
    excess: _Floats
    relative: _Floats
    moved: _Floats
    missing: _Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reach:
    """How far an interval goes below its value and above."""

    down: float
    up: float

    @classmethod
    def even(cls, half: float) -> _Reach:
        return cls(down=half, up=half)

    def times(self, factor: float) -> _Reach:
        return _Reach(down=self.down * factor, up=self.up * factor)

    def at_least(self, other: _Reach) -> _Reach:
        return _Reach(down=max(self.down, other.down), up=max(self.up, other.up))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Spread:
    """How far the intervals go, and the chance of such an excess."""

    moved: _Reach
    relative: _Reach
    missing: _Reach
    expected: _Floats
    p: float
    method: str
    left_out: _Floats | None = None

    @property
    def known(self) -> bool:
        """Whether all of it is a number: counts nearly none of which are seen can have none."""
        reaches = (self.moved, self.relative, self.missing)
        ends = [end for reach in reaches for end in (reach.down, reach.up)]
        return all(math.isfinite(end) for end in ends) and bool(np.isfinite(self.expected).all())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Asked:
    """A question put to bins, checked."""

    counts: _Floats
    n: _Floats
    starts: _Floats
    width: float
    columns: _Floats
    pile: _Bools
    gap: _Bools
    apart: _Bools
    heaps: _Bools
    chances: _Floats | None
    fit: Fit
    degree: int
    balance: bool
    doubt: Doubt
    level: float
    unit: Unit

    @property
    def outside(self) -> _Bools:
        return ~(self.pile | self.gap | self.apart)

    @property
    def totals(self) -> _Floats:
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64)

    def too_few(self) -> Unknown | None:
        def unknown(why: str, needs: str) -> Unknown:
            return Unknown(unit="count", why=why, needs=needs)

        seen, inside = self.totals, self.outside
        if not self.pile.any():
            return unknown("no bin lies where the pile would be", "bins around the threshold")
        terms = self.columns.shape[1]
        spare = _SPARE if self.fit == "poisson" else _SPARE - 4
        if int((inside & (seen > 0)).sum()) < terms + min(spare, terms + 1):
            held = int((inside & (seen > 0)).sum())
            bins = (
                "1 bin beside the threshold holds"
                if held == 1
                else (f"{held} bins beside the threshold hold")
            )
            return unknown(
                f"only {bins} contacts",
                "finer values or more contacts on both sides of the threshold",
            )
        for heap in self.heaps:
            places = int((heap & inside & (seen > 0)).sum())
            if places < 2 and bool((heap & self.pile).any()):
                return indistinct(places)
        effective = float(self.n.sum() ** 2 / (self.n @ self.n))
        if self.doubt == "groups" and effective < 2:
            return unknown("nearly all contacts are of one group", "more groups")
        return None

    def figures(self, counts: _Floats, n: _Floats) -> _Figures:
        """Everything that follows from sets of counts, shape (sets, bins)."""
        expected = counterfactual(
            counts, self.columns, self.outside, fit=self.fit, chances=self.chances
        )
        if self.balance:
            expected = self._balanced(counts, expected)
        here = expected[:, self.pile].sum(axis=1)
        excess = counts[:, self.pile].sum(axis=1) - here
        with np.errstate(all="ignore"):
            return _Figures(
                counts=counts,
                expected=expected,
                excess=excess,
                relative=excess / here * int(self.pile.sum()),
                moved=excess / n,
                missing=(expected - counts)[:, self.gap].sum(axis=1),
            )

    def _balanced(self, counts: _Floats, expected: _Floats) -> _Floats:
        """Lift what lies above the pile until the mass is kept: a fixed point in the excess."""
        last = int(np.flatnonzero(self.pile).max())
        above = np.where(np.arange(counts.shape[1]) > last, counts, 0.0)
        total = above.sum(axis=1)
        excess = np.zeros(len(counts))
        for _ in range(100):
            new = (counts - expected)[:, self.pile].sum(axis=1)
            moved = float(np.max(np.abs(new - excess) / np.maximum(1.0, np.abs(new))))
            excess = new
            if moved < 1e-10:
                break
            lifted = counts + above * (excess / total)[:, None]
            expected = counterfactual(lifted, self.columns, self.outside, fit=self.fit)
        return expected

    # ------------------------------------------------ doubt

    def spread(self, known: _Figures, rng: np.random.Generator | None) -> _Spread:
        if rng is not None and self.doubt == "residuals":
            return self._residuals(known, rng)
        single = self._contacts(known)
        return single if self.doubt == "contacts" else self._groups(known, single)

    def _contacts(self, known: _Figures) -> _Spread:
        """Contacts independent of one another: derivatives after the count of each bin."""
        seen = known.counts[0]
        step = 1e-3 * (seen + 1)
        nudges = np.diag(step)
        n = float(self.n.sum())
        up = self.figures(seen + nudges, n + step)
        down = self.figures(seen - nudges, n - step)

        def slope(name: str) -> _Floats:
            high, low = getattr(up, name), getattr(down, name)
            return np.asarray((high - low) / (2 * step[:, *([None] * (high.ndim - 1))]))

        wider = self._dispersion(known)
        alone = seen * wider
        excess = slope("excess")
        value = float(known.excess[0])
        heaped = self._heaped(known)
        variance = float(alone @ excess**2) - value**2 / n + heaped
        here = float(known.expected[0, self.pile].sum())
        relative = slope("relative")
        fitted = float((alone * self.outside) @ excess**2) + heaped
        in_bins = heaped * (int(self.pile.sum()) / here) ** 2
        quantile = self.normal

        def reach(squared: float) -> _Reach:
            return _Reach.even(quantile * math.sqrt(max(squared, 0.0)))

        return _Spread(
            moved=reach(variance / n**2),
            relative=reach(float(alone @ relative**2) + in_bins),
            missing=reach(float(alone @ slope("missing") ** 2)),
            expected=np.asarray(quantile * np.sqrt(alone @ slope("expected") ** 2)),
            p=_chance(float(seen[self.pile].sum()), here, here * wider + fitted),
            method="contacts",
        )

    @property
    def normal(self) -> float:
        return float(special.ndtri(0.5 + self.level / 2))

    def _dispersion(self, known: _Figures) -> float:
        """How much more the bins scatter around the fit than Poisson counts do; at least 1.

        Seen in single bins, and in stretches as long as the pile, where a curve that is too stiff
        for the shape shows first.
        """
        seen, expected = known.counts[0, self.outside], known.expected[0, self.outside]
        terms = self.columns.shape[1]
        if self.balance or (expected <= 0).any():
            return 1.0
        most = 1.0
        for together in {1, int(self.pile.sum())}:
            starts = np.arange(0, seen.size, together)
            freedom = starts.size - terms
            if freedom < terms:
                continue
            off = np.add.reduceat(seen - expected, starts)
            most = max(most, float((off**2 / np.add.reduceat(expected, starts)).sum()) / freedom)
        return most

    def _heaped(self, known: _Figures) -> float:
        """What one round number differs from the others of its kind adds to the variance."""
        total = 0.0
        for heap in self.heaps:
            mine, there = heap & self.pile, heap & self.outside
            if not mine.any() or int(there.sum()) < 2:
                continue
            seen, expected = known.counts[0, there], known.expected[0, there]
            beyond = float(((seen - expected) ** 2 - expected).sum() / (expected**2).sum())
            places = int(there.sum())
            apart = max(0.0, beyond) * places / (places - 1) * (1 + 1 / places)
            # Few places tell their spread badly: Student's quantile over the normal one.
            wider = float(special.stdtrit(places - 1, 0.975) / special.ndtri(0.975)) ** 2
            total += apart * wider * float(known.expected[0, mine].sum()) ** 2
        return total

    def _groups(self, known: _Figures, single: _Spread) -> _Spread:
        """Groups drawn at random: what each adds is what leaving it out takes away."""
        groups, sizes = len(self.counts), self.n
        n = float(sizes.sum())
        left = self.figures(known.counts[0] - self.counts, n - sizes)
        under, left_under = (
            each.expected[:, self.pile].sum(axis=1) / int(self.pile.sum()) for each in (known, left)
        )
        excess = known.excess - left.excess
        scaled = left.expected * (n / (n - sizes))[:, None]
        off = scaled - scaled.mean(axis=0)
        student = float(special.stdtrit(groups - 1.0, 0.5 + self.level / 2))
        expected = student * np.sqrt((groups - 1) / groups * (off**2).sum(axis=0))
        return _Spread(
            moved=self._ratio(excess, sizes).at_least(single.moved),
            relative=self._ratio(excess, under - left_under).at_least(single.relative),
            missing=self._ratio(known.missing - left.missing, sizes)
            .times(n)
            .at_least(single.missing),
            expected=np.maximum(expected, single.expected),
            p=single.p,  # whoever the groups are, smooth shapes add up to a smooth shape
            method=f"{groups:,} groups, one left out at a time",
            left_out=left.expected,
        )

    def _ratio(self, y: _Floats, x: _Floats) -> _Reach:
        """How far the interval of a ratio of sums over groups goes."""
        products = {
            name: float(np.prod([{"y": y, "x": x}[letter] for letter in name], axis=0).sum())
            for name in ("y", "x", "yy", "yx", "xx", "yyy", "yyx", "yxx", "xxx")
        }
        found = ratio(
            Sums(clusters=len(y), n=round(float(self.n.sum())), **products),
            unit="ratio",
            level=self.level,
        )
        if isinstance(found, Unknown):
            return _Reach.even(0.0)
        return _Reach(down=found.value - found.low, up=found.high - found.value)

    def _residuals(self, known: _Figures, rng: np.random.Generator) -> _Spread:
        """The residuals of the fit, drawn again."""
        seen, expected = known.counts[0], known.expected[0]
        kept = np.where(self.outside, expected, seen)
        left = (seen - expected)[self.outside]
        # The fit has taken its terms' share of the scatter out of the residuals.
        left = left * math.sqrt(left.size / (left.size - self.columns.shape[1]))
        drawn = rng.choice(left, size=(_REPEATS, seen.size))
        again = np.maximum(kept + drawn, 0.0)
        found = self.figures(again, np.full(_REPEATS, self.n.sum()))

        def spread(each: _Floats) -> _Floats:
            return np.asarray(self.normal * each.std(axis=0, ddof=1))

        moved = float(spread(found.moved))
        z = self.normal * float(known.moved[0]) / moved if moved > 0 else -math.inf
        return _Spread(
            moved=_Reach.even(moved),
            relative=_Reach.even(float(spread(found.relative))),
            missing=_Reach.even(float(spread(found.missing))),
            expected=spread(found.expected),
            p=float(special.ndtr(-z)),
            method="residuals drawn again",
        )

    # ------------------------------------------------ answer

    def result(self, known: _Figures, spread: _Spread) -> Bunching:
        n = round(float(self.n.sum()))
        kind = "log-polynomial" if self.fit == "poisson" else "polynomial"
        method = f"excess over a {kind} of degree {self.degree}, {spread.method}"

        def estimate(value: float, reach: _Reach, unit: Unit) -> Estimate:
            return Estimate(
                value=value,
                low=value - reach.down,
                high=value + reach.up,
                unit=unit,
                n=n,
                method=method,
                level=self.level,
            )

        relative = float(known.relative[0])
        expected = known.expected[0]
        return Bunching(
            excess=estimate(float(known.excess[0]), spread.moved.times(n), "count"),
            relative=estimate(relative, spread.relative, "ratio"),
            moved=estimate(float(known.moved[0]), spread.moved, "share"),
            missing=estimate(float(known.missing[0]), spread.missing, "count")
            if self.gap.any()
            else Unknown(
                unit="count",
                why="it was not said from where contacts may have been moved",
                needs="a gap to look at, on the other side of the threshold",
            ),
            shift=estimate(relative * self.width, spread.relative.times(self.width), self.unit),
            p=spread.p,
            bins=Bins(
                starts=self.starts,
                width=self.width,
                counts=known.counts[0],
                expected=expected,
                low=np.maximum(0.0, expected - spread.expected),
                high=expected + spread.expected,
                pile=self.pile,
                gap=self.gap,
                apart=self.apart,
            ),
            degree=self.degree,
            n=n,
            left_out=spread.left_out,
            rounding=None,
            method=method,
        )


def _chance(seen: float, mean: float, variance: float) -> float:
    """How often a count with that mean and variance is as high as what was seen.

    A Poisson count whose mean is itself a little uncertain, as a gamma law: negative binomial.
    """
    if seen <= 0:
        return 1.0
    if variance <= mean * (1 + 1e-9):
        return float(special.gammainc(seen, mean))
    size = mean**2 / (variance - mean)
    return float(special.betainc(seen, size, mean / (mean + size)))


# ---------------------------------------------------------------- the door


def _asked(
    counts: npt.ArrayLike,
    *,
    starts: npt.ArrayLike,
    pile: tuple[float, float],
    gap: tuple[float, float] | None,
    apart: Sequence[tuple[float, float]],
    heaps: Sequence[npt.ArrayLike],
    chances: npt.ArrayLike | None,
    n: npt.ArrayLike | None,
    fit: Fit,
    scale: Scale,
    degree: int | None,
    balance: bool,
    doubt: Doubt,
    level: float,
    unit: Unit,
) -> _Asked:
    at = np.asarray(starts, dtype=np.float64)
    rows = np.asarray(counts, dtype=np.float64)
    grouped = rows.ndim == 2
    rows = np.atleast_2d(rows)
    widths = np.diff(at)
    everyone = rows.sum(axis=1) if n is None else np.atleast_1d(np.asarray(n, dtype=np.float64))
    width = float(widths.mean()) if widths.size else 0.0
    middles = at + width / 2
    masks = [np.asarray(heap, dtype=np.bool_) for heap in heaps]
    per = None if chances is None else np.asarray(chances, dtype=np.float64)
    check_options(level=level, degree=degree)
    for holds, wrong, found, todo in (
        (
            at.ndim == 1
            and at.size >= 2
            and bool(np.isfinite(at).all())
            and width > 0
            and bool((np.abs(widths - width) < 1e-6 * width).all()),
            "Bins must be of one width, ascending, at least two.",
            f"starts of shape {at.shape}",
            "Cut the values into bins of one width.",
        ),
        (
            rows.ndim == 2 and rows.shape[1] == at.size,
            "Counts do not fit the bins.",
            f"counts of shape {np.shape(rows)} for {at.size} bins",
            "Give one count for each bin, or a row of them for each group.",
        ),
        (
            bool(np.isfinite(rows).all() and (rows >= 0).all()),
            "Counts must be numbers of 0 or more.",
            "a count that is negative or missing",
            "Count the contacts in each bin.",
        ),
        (
            everyone.shape == (len(rows),)
            and bool((everyone >= rows.sum(axis=1) * (1 - 1e-9)).all()),
            "n must say for each group how many contacts there are in all.",
            f"n of shape {everyone.shape} for {len(rows)} groups",
            "Give at least as many as lie in the bins, or leave it out.",
        ),
        (
            all(mask.shape == at.shape for mask in masks),
            "Round numbers must be marked bin by bin.",
            f"shapes {[mask.shape for mask in masks]} for {at.size} bins",
            "Give true or false for each bin.",
        ),
        (
            per is None
            or (
                fit == "poisson"
                and not balance
                and per.shape == at.shape
                and bool((np.isfinite(per) & (per > 0)).all())
            ),
            "Chances must be numbers above 0, one for each bin, for a Poisson fit.",
            f"{0 if per is None else per.size} chances for {at.size} bins, fit: {fit!r}",
            "Leave out bins that had no chance, and use fit='poisson' without balance.",
        ),
        (fit in get_args(Fit), "There is no such fit.", f"fit: {fit!r}", "Use 'poisson'."),
        (scale in get_args(Scale), "There is no such scale.", f"scale: {scale!r}", "Use 'log'."),
        (
            scale != "log" or bool((middles > 0).all()),
            "A logarithm needs bins above 0.",
            f"the first bin begins at {at.flat[0] if at.size else None}",
            "Use scale='plain', or bins above 0.",
        ),
        (
            doubt in get_args(Doubt),
            "There is no such doubt.",
            f"doubt: {doubt!r}",
            "Use 'contacts', 'groups' or 'residuals'.",
        ),
        (
            doubt != "groups" or grouped,
            "Groups can vary only where there are groups.",
            f"counts of shape {np.shape(counts)}",
            "Give a row of counts for each group, or doubt='contacts'.",
        ),
        (
            not (balance and gap is not None),
            "Mass is balanced where it is not known from where contacts came.",
            "balance and gap together",
            "Leave out one of them.",
        ),
    ):
        if not holds:
            raise QuestionError(wrong, found=found, todo=todo)

    def between(stretch: tuple[float, float]) -> _Bools:
        return np.asarray((middles > stretch[0]) & (middles < stretch[1]))

    nowhere = np.zeros(at.size, dtype=np.bool_)
    piled = between(pile)
    missing = (between(gap) if gap else nowhere) & ~piled
    other = nowhere.copy()
    for stretch in apart:
        other |= between(stretch)
    inside = float(rows.sum())
    chosen = next(each for most, each in _DEGREES if inside <= most) if degree is None else degree
    terms = shape(middles, degree=chosen, scale=scale)
    return _Asked(
        counts=rows,
        n=everyone,
        starts=at,
        width=width,
        columns=np.column_stack([terms, *masks]) if masks else terms,
        pile=piled,
        gap=missing,
        apart=other & ~piled & ~missing,
        heaps=np.array(masks, dtype=np.bool_).reshape(len(masks), at.size),
        chances=per,
        fit=fit,
        degree=chosen,
        balance=balance,
        doubt=doubt,
        level=level,
        unit=unit,
    )


def check_options(*, level: float, degree: int | None) -> None:
    """Refuse a level or a degree that makes no sense.

    Raises
    ------
    QuestionError

    Examples
    --------
    >>> check_options(level=0.95, degree=6)
    """
    for holds, wrong, found, todo in (
        (
            0 < level < 1,
            "A level must lie between 0 and 1.",
            f"level: {level!r}",
            "Use 0.95 for intervals that hold the truth 95 times in 100.",
        ),
        (
            degree is None or (isinstance(degree, int) and 0 <= degree <= 10),
            "The polynomial cannot be of that degree.",
            f"degree: {degree!r}",
            "Leave it out, or use a whole number from 0 to 10.",
        ),
    ):
        if not holds:
            raise QuestionError(wrong, found=found, todo=todo)
