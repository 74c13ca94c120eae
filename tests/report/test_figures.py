"""Figures: each has one name, and none is lost."""

from __future__ import annotations

from dataclasses import dataclass

from andon.answer import Answer, Group
from andon.estimate import Estimate, Unknown
from andon.report.figures import figures_in, figures_of
from report.samples import estimate

UNKNOWN = Unknown(unit="h", why="nobody came", needs="somebody")


@dataclass(frozen=True)
class Window:
    window_s: int
    rate: Estimate | Unknown


@dataclass(frozen=True)
class Pair:
    left: Estimate
    windows: tuple[Window, ...]
    twice: tuple[Window, ...] = ()
    count: int = 3


def test_every_figure_has_a_name_that_says_where_it_stands() -> None:
    result = Pair(
        left=estimate(0.5, 0.1),
        windows=(Window(600, estimate(0.2, 0.1)), Window(3600, UNKNOWN)),
        twice=(Window(5, estimate(0.3, 0.1)), Window(5, estimate(0.4, 0.1))),
    )
    group = Group((("queue", "Loans"), ("month", None)), Pair(estimate(0.6, 0.1), ()))
    found = figures_of("ask", Answer(overall=result, groups=(group,)))
    assert found == {
        "ask.left": estimate(0.5, 0.1),
        "ask.windows[600].rate": estimate(0.2, 0.1),
        "ask.windows[3600].rate": UNKNOWN,
        "ask.twice[0].rate": estimate(0.3, 0.1),
        "ask.twice[1].rate": estimate(0.4, 0.1),
        "ask[queue=Loans,month=None].left": estimate(0.6, 0.1),
    }


def test_what_is_for_roles_is_no_figure_of_a_report() -> None:
    @dataclass(frozen=True)
    class ForRoles:
        share: Estimate

    @dataclass(frozen=True)
    class Practice:
        share: Estimate
        for_roles: ForRoles

    share = Estimate.exact(0.1, unit="share", n=9)
    found = figures_in("practice", Practice(share=share, for_roles=ForRoles(share=share)))
    assert list(found) == ["practice.share"]
