"""Laws of time: checked in many digits, against what they must have in common, and by samples."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from andon.errors import QueueingError
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
    from_json,
)
from andon.queueing.patience import kaplan_meier
from oracles import laws as oracle

POINTS = Empirical(at_s=[0, 0, 5, 20, 20, 40, 90], share=[0, 0.1, 0.2, 0.2, 0.5, 0.9, 1])
LEAVING = Empirical(at_s=[10, 60, 200], share=[0, 0.4, 0.7])

SMOOTH: list[tuple[Law, oracle.Curve]] = [
    (Exponential(mean_s=120), oracle.exponential(120)),
    (Weibull(scale_s=90, shape=0.6), oracle.weibull(90, 0.6)),
    (Weibull(scale_s=90, shape=3.5), oracle.weibull(90, 3.5)),
    (Lognormal(median_s=150, sigma=0.9), oracle.lognormal(150, 0.9)),
    (Lognormal(median_s=5, sigma=2.2), oracle.lognormal(5, 2.2)),
    (Gamma(mean_s=240, cv=0.3), oracle.gamma(240, 0.3)),
    (Gamma(mean_s=240, cv=1.6), oracle.gamma(240, 1.6)),
]
STEPPED: list[tuple[Law, oracle.Curve]] = [
    (POINTS, oracle.empirical(POINTS.at_s.tolist(), POINTS.share.tolist())),
    (LEAVING, oracle.empirical(LEAVING.at_s.tolist(), LEAVING.share.tolist())),
    (Fixed(value_s=60), lambda t: mp.mpf(t < 60)),
    (Never(), lambda t: mp.mpf(t >= 0)),
]
ALL = [law for law, _ in SMOOTH + STEPPED]
AT = [0.01, 1.0, 7.0, 30.0, 60.0, 119.5, 400.0, 1500.0]


def named(case: object) -> str:
    return type(case).__name__ if not callable(case) else ""


laws = st.one_of(
    st.builds(lambda m: Exponential(mean_s=m), st.floats(0.1, 1e4)),
    st.builds(lambda s, k: Weibull(scale_s=s, shape=k), st.floats(0.1, 1e4), st.floats(0.2, 20)),
    st.builds(lambda m, s: Lognormal(median_s=m, sigma=s), st.floats(0.1, 1e4), st.floats(0.05, 3)),
    st.builds(lambda m, c: Gamma(mean_s=m, cv=c), st.floats(0.1, 1e4), st.floats(0.05, 3)),
    st.builds(lambda v: Fixed(value_s=v), st.just(0.0) | st.floats(1e-6, 1e4)),
    st.just(Never()),
    st.lists(
        st.tuples(st.integers(0, 300).map(float), st.integers(0, 20)), min_size=1, max_size=30
    ).map(
        lambda rows: Empirical(
            at_s=[0.0, *sorted(at for at, _ in rows)],
            share=[0.0, *(np.cumsum([n for _, n in rows]) / max(1, 20 * len(rows)))],
        )
    ),
)


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(("law", "survival"), SMOOTH + STEPPED, ids=named)
def test_survival_is_what_the_textbook_says(law: Law, survival: oracle.Curve) -> None:
    for t in AT:
        exact = survival(mp.mpf(t))
        assert float(law.survival(t)) == pytest.approx(float(exact), rel=1e-11, abs=1e-15)
        assert float(law.cdf(t)) == pytest.approx(float(1 - exact), rel=1e-11, abs=1e-15)


@pytest.mark.parametrize(("law", "survival"), SMOOTH + STEPPED, ids=named)
def test_the_integral_is_the_area_under_survival(law: Law, survival: oracle.Curve) -> None:
    cuts = law.at_s.tolist() if isinstance(law, Empirical) else [60.0]
    with mp.workdps(20):
        for t in AT[::2]:
            exact = float(oracle.area(survival, t, cuts))
            assert float(law.integrated_survival(t)) == pytest.approx(exact, rel=1e-11)
    assert float(law.integrated_survival(math.inf)) == law.mean_s


@pytest.mark.parametrize(("law", "survival"), SMOOTH, ids=named)
def test_density_and_hazard_are_the_slope_of_survival(law: Law, survival: oracle.Curve) -> None:
    with mp.workdps(40):
        for t in AT:
            slope = oracle.density(survival, t)
            left = survival(mp.mpf(t))
            assert float(law.density(t)) == pytest.approx(float(slope), rel=1e-9, abs=1e-250)
            assert float(law.hazard(t)) == pytest.approx(float(slope / left), rel=1e-9)


def test_the_hazard_goes_on_where_nobody_is_left_in_double_precision() -> None:
    for cv in (0.2, 1.7):
        law = Gamma(mean_s=100, cv=cv)
        t = 900 * 100 * cv**2
        assert float(law.survival(t)) < 1e-200
        with mp.workdps(30):
            a = 1 / mp.mpf(cv) ** 2
            x = mp.mpf(t) / (100 * mp.mpf(cv) ** 2)
            exact = x ** (a - 1) * mp.exp(-x) / mp.gammainc(a, x) / (100 * mp.mpf(cv) ** 2)
        assert float(law.hazard(t)) == pytest.approx(float(exact), rel=1e-9)
    assert float(Lognormal(median_s=1, sigma=0.05).hazard(60)) == pytest.approx(
        math.log(60) / 0.05**2 / 60, rel=0.01
    )


@pytest.mark.parametrize("law", [law for law, _ in SMOOTH], ids=named)
def test_mean_and_variance_are_those_of_the_curve(law: Law) -> None:
    far = float(law.quantile(1 - 1e-15))
    assert float(law.integrated_survival(far)) == pytest.approx(law.mean_s, rel=1e-6)
    rng = np.random.default_rng(1)
    drawn = law.quantile(rng.random(400_000))
    assert drawn.mean() == pytest.approx(law.mean_s, rel=0.05)
    if isinstance(law, Lognormal):
        assert law.cv2 == pytest.approx(math.expm1(law.sigma**2))
    elif isinstance(law, Weibull):
        assert law.cv2 == pytest.approx(
            math.gamma(1 + 2 / law.shape) / math.gamma(1 + 1 / law.shape) ** 2 - 1
        )
    else:
        assert drawn.var() == pytest.approx(law.variance_s2, rel=0.03)


def test_a_law_from_mean_and_variation_has_them() -> None:
    for cv in (0.01, 0.3, 1.0, 1.75, 6.0):
        for law in (Weibull.from_mean(mean_s=90, cv=cv), Lognormal.from_mean(mean_s=90, cv=cv)):
            assert law.mean_s == pytest.approx(90, rel=1e-12)
            assert math.sqrt(law.cv2) == pytest.approx(cv, rel=1e-9)
    assert Weibull.from_mean(mean_s=90, cv=1).shape == pytest.approx(1)


# ---------------------------------------------------------------- what all laws have in common


@given(law=laws, u=st.floats(0, 1))
@settings(deadline=None, max_examples=300)
def test_the_quantile_is_the_first_time_at_which_the_share_is_reached(law: Law, u: float) -> None:
    t = float(law.quantile(u))
    assert t >= 0
    if math.isinf(t):
        assert u == 1 or u > float(law.cdf(math.inf)) - 1e-12
        return
    assert float(law.cdf(t)) >= u * (1 - 1e-9) - 1e-12
    if u > 0:
        before = t * (1 - 1e-6) - 1e-9
        if before > 0:
            assert float(law.cdf(before)) <= u + 1e-12


@given(law=laws)
@settings(deadline=None)
def test_survival_falls_from_one_and_the_rest_agrees_with_it(law: Law) -> None:
    t = np.concatenate(([0.0], np.geomspace(1e-3, 1e5, 200)))
    left, area = law.survival(t), law.integrated_survival(t)
    assert np.all((left >= 0) & (left <= 1))
    assert np.all(np.diff(left) <= 1e-15)
    assert left + law.cdf(t) == pytest.approx(np.ones_like(t))
    # The area grows by no more than the time, weighed by what is left before and after.
    steps, grown = np.diff(t), np.diff(area)
    slack = 1e-9 * area[1:] + 1e-12
    assert np.all(grown <= steps * left[:-1] + slack)
    assert np.all(grown >= steps * left[1:] - slack)
    assert np.all(area <= law.mean_s * (1 + 1e-9))
    times = law.quantile(np.linspace(0, 0.999, 50))
    assert np.all(times[1:] >= times[:-1])


@given(law=laws, by=st.floats(0.01, 100))
@settings(deadline=None)
def test_a_scaled_law_has_every_time_scaled(law: Law, by: float) -> None:
    u = np.linspace(0, 0.99, 12)
    longer = law.scaled(by)
    assert longer.quantile(u) == pytest.approx(by * law.quantile(u), rel=1e-9)
    assert longer.mean_s == pytest.approx(by * law.mean_s, rel=1e-9)
    if 0 < law.mean_s < math.inf:
        assert longer.cv2 == pytest.approx(law.cv2, rel=1e-6, abs=1e-9)


@given(law=laws)
@settings(deadline=None)
def test_a_law_survives_json_and_pickle(law: Law) -> None:
    assert from_json(law.as_json()) == law
    again = pickle.loads(pickle.dumps(law))
    assert again == law
    assert hash(again) == hash(law)


@pytest.mark.parametrize("law", ALL, ids=named)
def test_what_is_given_as_a_table_comes_back_as_one(law: Law) -> None:
    table = np.array([[0.0, 1.0, 2.0], [30.0, 60.0, 90.0]])
    for of in (law.survival, law.cdf, law.density, law.hazard, law.integrated_survival):
        assert of(table).shape == (2, 3)
        assert of(30.0).shape == ()
        assert float(of(30.0)) == pytest.approx(of(table)[1, 0], rel=1e-14)
    assert law.quantile(table / 100).shape == (2, 3)


# ---------------------------------------------------------------- times that many share


def test_a_fixed_time_is_a_wall() -> None:
    law = Fixed(value_s=60)
    assert law.quantile([0, 0.5, 1]).tolist() == [60, 60, 60]
    assert law.survival([0, 59.9, 60, 61]).tolist() == [1, 1, 0, 0]
    assert law.density([59, 60, 61]).tolist() == [0, math.inf, 0]
    assert law.hazard([59, 60, 61]).tolist() == [0, math.inf, math.inf]
    assert (law.mean_s, law.variance_s2, law.cv2) == (60, 0, 0)
    assert math.isnan(Fixed(value_s=0).cv2)


def test_a_measured_law_may_jump_and_rest() -> None:
    assert POINTS.cdf([0, 5, 19.9, 20, 30, 90, 99]) == pytest.approx(
        [0.1, 0.2, 0.2, 0.5, 0.7, 1, 1]
    )
    assert POINTS.quantile([0, 0.05, 0.1, 0.2, 0.201, 0.5, 0.7, 1]) == pytest.approx(
        [0, 0, 0, 5, 20, 20, 30, 90]
    )
    assert POINTS.density([0, 2, 10, 20, 30, 95]) == pytest.approx(
        [math.inf, 0.02, 0, math.inf, 0.02, 0]
    )
    assert POINTS.mean_s == pytest.approx(0.1 * 2.5 + 0.3 * 20 + 0.4 * 30 + 0.1 * 65)


def test_nothing_ends_before_the_first_time() -> None:
    law = Empirical(at_s=[3, 10, 20], share=[0, 0, 1])
    assert law.quantile([0, 0.5]).tolist() == [10, 15]
    assert law.cdf([1, 3, 10, 15]).tolist() == [0, 0, 0, 0.5]
    assert law.integrated_survival([1, 10, 20]).tolist() == [1, 10, 15]
    assert law.mean_s == 15


def test_who_never_gives_up_waits_without_end() -> None:
    assert LEAVING.mean_s == LEAVING.variance_s2 == math.inf
    assert LEAVING.quantile([0.69, 0.71]).tolist()[1] == math.inf
    assert float(LEAVING.survival(math.inf)) == pytest.approx(0.3)
    assert float(LEAVING.hazard(500)) == 0
    assert float(LEAVING.integrated_survival(300)) == pytest.approx(
        float(LEAVING.integrated_survival(200)) + 30
    )
    assert Never().scaled(3) == Never()


# ---------------------------------------------------------------- from data


samples: st.SearchStrategy[list[float]] = st.lists(
    st.one_of(st.integers(0, 40).map(float), st.floats(0, 1e4)), min_size=1, max_size=300
)


@given(values=samples, points=st.sampled_from([64, 129, 512]))
@settings(deadline=None)
def test_a_sample_keeps_its_mean_and_its_ends(values: list[float], points: int) -> None:
    law = Empirical.of_values(values, points=points)
    assert law.at_s.size <= points
    assert law.mean_s == pytest.approx(float(np.mean(values)), rel=1e-9, abs=1e-12)
    assert (float(law.quantile(0)), float(law.quantile(1))) == (min(values), max(values))


@given(
    rows=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=60).filter(
        lambda rows: any(n for _, n in rows)
    )
)
@settings(deadline=None)
def test_a_counted_sample_is_the_same_law(rows: list[tuple[int, int]]) -> None:
    single = np.repeat([at for at, _ in rows], [n for _, n in rows])
    one = Empirical.of_values(single)
    other = Empirical.of_values([at for at, _ in rows], [n for _, n in rows])
    assert one.at_s == pytest.approx(other.at_s)
    assert one.share == pytest.approx(other.share)


def test_a_thousand_million_times_need_only_their_counts() -> None:
    seconds = np.arange(1, 3601, dtype=np.float64)
    counts = np.round(1e9 * seconds * np.exp(-seconds / 120) / 120**2)
    law = Empirical.of_values(seconds, counts)
    assert law.mean_s == pytest.approx(float((counts * seconds).sum() / counts.sum()), rel=1e-12)
    assert float(law.quantile(0.5)) == pytest.approx(201.4, abs=1)


@pytest.mark.parametrize(("points", "spread"), [(64, 0.01), (512, 1e-3)])
def test_a_long_tail_is_kept_by_few_points(points: int, spread: float) -> None:
    drawn = np.random.default_rng(2).lognormal(5, 0.944, 200_000)
    law = Empirical.of_values(drawn, points=points)
    assert math.sqrt(law.cv2) == pytest.approx(float(drawn.std() / drawn.mean()), rel=spread)
    for share in (0.01, 0.2, 0.5, 0.9, 0.999):
        assert float(law.quantile(share)) == pytest.approx(
            float(np.quantile(drawn, share)), rel=0.03
        )


def _censored(n: int = 60_000) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    rng = np.random.default_rng(3)
    patience, answered = 100 * rng.weibull(0.6, n), rng.exponential(60, n)
    return np.minimum(patience, answered), patience < answered


@pytest.mark.parametrize("tail", ["exponential", "never"])
@pytest.mark.parametrize("points", [64, 512])
def test_a_curve_becomes_a_law_that_runs_through_it(
    tail: str, points: int, request: pytest.FixtureRequest
) -> None:
    curve = kaplan_meier(*_censored())
    law = Empirical.from_survival(
        curve, tail="exponential" if tail == "exponential" else "never", points=points
    )
    assert law.at_s.size <= points
    followed = curve.at_risk >= 10
    gap = np.abs(law.survival(curve.at_s[followed]) - curve.still_waiting[followed])
    assert gap.max() <= 1.5 / (points / 2)


def test_a_tail_goes_on_at_the_last_rate() -> None:
    rng = np.random.default_rng(4)
    patience = rng.exponential(200, 50_000)
    curve = kaplan_meier(np.minimum(patience, 120), patience < 120)
    law = Empirical.from_survival(curve, tail="exponential")
    assert law.mean_s == pytest.approx(200, rel=0.03)
    for t in (150.0, 400.0, 900.0):
        assert float(law.survival(t)) == pytest.approx(math.exp(-t / 200), rel=0.1)
    never = Empirical.from_survival(curve, tail="never")
    assert float(never.survival(1e9)) == pytest.approx(math.exp(-120 / 200), rel=0.02)


def test_the_last_steps_of_a_curve_are_chance_and_left_out() -> None:
    waits, gave_up = [*range(1, 101), 200.0], [False] * 100 + [True]
    curve = kaplan_meier(waits, gave_up)
    assert float(Empirical.from_survival(curve, tail="never").survival(500)) == 1
    assert float(Empirical.from_survival(curve, tail="never", at_risk=1).survival(500)) == 0


def test_who_left_at_once_is_a_share_at_zero() -> None:
    curve = kaplan_meier([0] * 30 + [50] * 70, [True] * 30 + [False] * 70)
    law = Empirical.from_survival(curve, tail="never")
    assert float(law.cdf(0)) == pytest.approx(0.3)
    with pytest.raises(QueueingError, match="no rate"):
        Empirical.from_survival(
            kaplan_meier([0] * 30, [True] * 15 + [False] * 15), tail="exponential"
        )
    with pytest.raises(QueueingError, match="no rate"):
        Empirical.from_survival(kaplan_meier([9] * 30, [False] * 30), tail="exponential")
    with pytest.raises(QueueingError, match="Too few"):
        Empirical.from_survival(kaplan_meier([], []), tail="never")


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Exponential(mean_s=0), "mean_s"),
        (lambda: Exponential(mean_s=math.nan), "mean_s"),
        (lambda: Weibull(scale_s=-1, shape=1), "scale_s"),
        (lambda: Weibull(scale_s=1, shape=0.01), "shape"),
        (lambda: Weibull.from_mean(mean_s=1, cv=0), "cv"),
        (lambda: Lognormal(median_s=math.inf, sigma=1), "median_s"),
        (lambda: Lognormal(median_s=1, sigma=0), "sigma"),
        (lambda: Lognormal.from_mean(mean_s=1, cv=-1), "cv"),
        (lambda: Gamma(mean_s=1, cv=0), "cv"),
        (lambda: Fixed(value_s=-1), "value_s"),
        (lambda: Exponential(mean_s=[1, 2]), "mean_s"),  # type: ignore[arg-type]
        (lambda: Exponential(mean_s="long"), "mean_s"),  # type: ignore[arg-type]
        (lambda: Exponential(mean_s=1).scaled(0), "by"),
        (lambda: Never().scaled(-1), "by"),
        (lambda: Exponential(mean_s=1).survival(-1), "seconds"),
        (lambda: Exponential(mean_s=1).quantile(1.1), "share"),
        (lambda: Empirical(at_s=[1], share=[0]), "at_s and share"),
        (lambda: Empirical(at_s=[1, 2, 3], share=[0, 1]), "at_s and share"),
        (lambda: Empirical(at_s=[2, 1], share=[0, 1]), "at_s"),
        (lambda: Empirical(at_s=[1, 2, 3], share=[0, 0.5, 0.4]), "share"),
        (lambda: Empirical(at_s=[1, 2], share=[0.5, 1]), "share"),
        (lambda: Empirical(at_s=[1, 2], share=[0, 1.5]), "share"),
        (lambda: Empirical(at_s=[1, math.inf], share=[0, 1]), "at_s"),
        (lambda: Empirical.of_values([]), "nothing"),
        (lambda: Empirical.of_values([1], [0]), "nothing"),
        (lambda: Empirical.of_values([-1]), "values_s"),
        (lambda: Empirical.of_values([1], points=10), "points"),
        (lambda: from_json({"law": "pareto"}), "law"),
        (lambda: from_json({"law": "gamma", "mean_s": 3}), "gamma"),
        (lambda: from_json({"law": "never", "mean_s": 3}), "never"),
    ],
)
def test_what_is_no_law_is_refused_by_name(make: Callable[[], object], field: str) -> None:
    with pytest.raises(QueueingError) as caught:
        make()
    assert field in caught.value.wrong + caught.value.found
    assert caught.value.found
    assert caught.value.todo


def test_a_nearly_fixed_weibull_keeps_everybody_until_its_time() -> None:
    law = Weibull(scale_s=900, shape=1000)
    assert law.integrated_survival([0, 100, 500]).tolist() == [0, 100, 500]
