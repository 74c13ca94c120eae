"""Lines: what is planned as one, a queue or several that the same people serve alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from andon.capacity.history import History
from andon.capacity.planning import Planning, QueueRules, Serves, TeamRules
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.errors import PlanError
from andon.queueing.simulator.model import Callback, Channel
from andon.units import DAY_S

__all__ = ["Line", "Past", "lines_of", "pooled", "seen_teams"]

_DEADLINES_S: Final[Mapping[str, float]] = {"email": 1.0 * DAY_S, "case": 3.0 * DAY_S}
_FEW_NAMES: Final = 2
_LIVE: Final = ("voice",)
_SOON_S: Final = 600.0
"""Who calls again does so after about this time, where nobody counted it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Past:
    """What is known of one queue's past.

    Attributes
    ----------
    history : History
    channel : str
    patience_s : float
        Mean patience, seconds; infinite where nobody is known to give up.
    redials : Redials or None
        What those do who gave up; None where it is not known or nobody does.
    gave_up : float
        Share of past contacts that gave up, 0 to below 1.
    returns : float
        Share of handled contacts whose customer comes back about the same matter, 0 to below 1.
    returns_after_s : float
        The mean time until they do, seconds (> 0).
    """

    history: History
    channel: Channel = "voice"
    patience_s: float = float("inf")
    redials: Redials | None = None
    gave_up: float = 0.0
    returns: float = 0.0
    returns_after_s: float = float(DAY_S)

    @property
    def queue(self) -> str:
        """The queue's name."""
        return self.history.queue


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Line:
    """What is planned as one.

    Attributes
    ----------
    name : str
        The team's, where it is all that the team does; else the queue's.
    queues : tuple of str
        One, or several that are served alike by people who serve nothing else.
    past : Past
        Of all of them together.
    promise : Promise
    callback : Callback or None
    deadline_s : float or None
        For work that can be put off.
    """

    name: str
    queues: tuple[str, ...]
    past: Past
    promise: Promise
    callback: Callback | None = None
    deadline_s: float | None = None

    @property
    def deferred(self) -> bool:
        """Whether it can wait for a quiet moment."""
        return self.past.channel in _DEADLINES_S


def lines_of(
    pasts: Sequence[Past], planning: Planning, seen: Sequence[Sequence[str]] = ()
) -> tuple[tuple[Line, ...], tuple[TeamRules, ...]]:
    """What is planned as one, and the teams that serve it.

    Queues of one team that are all calls, all promised the same and all served by nobody else are
    one line: customers of each wait for the same people, so they are drawn and sized together.

    Parameters
    ----------
    pasts : sequence of Past
    planning : Planning
        With teams, or without: then ``seen`` tells them.
    seen : sequence of sequences of str
        Queues by team, as :func:`~andon.capacity.teams_seen.teams_seen` found them.

    Returns
    -------
    lines : tuple of Line
    teams : tuple of TeamRules
        Serving the lines by their names.

    Raises
    ------
    PlanError
        If a team serves a queue that is not there, or a queue is served by nobody.
    """
    known = {past.queue: past for past in pasts if planning.of(past.queue).planned}
    if not known:
        raise PlanError(
            "There is no queue to plan.",
            found=f"queues: {', '.join(past.queue for past in pasts) or 'none'}",
            todo="Load contacts with their queues, or take out planned: false.",
        )
    teams = planning.teams or seen_teams(known, seen)
    _fits(known, teams)
    lines: list[Line] = []
    names: dict[str, str] = {}
    for team in teams:
        mine = [each.queue for each in team.serves if each.queue not in names]
        together = [queue for queue in mine if _alike(queue, mine, team, teams, known, planning)]
        if len(together) > 1 or _is_team(team, mine, teams):
            together = together or mine
            name = _name(team, together, known, names.values())
            lines.append(_line([known[queue] for queue in together], planning, name=name))
            names |= dict.fromkeys(together, name)
            mine = [queue for queue in mine if queue not in together]
        for queue in mine:
            lines.append(_line([known[queue]], planning))
            names[queue] = lines[-1].name
    return tuple(lines), tuple(_renamed(team, names) for team in teams)


def _is_team(team: TeamRules, mine: Sequence[str], teams: Sequence[TeamRules]) -> bool:
    """Whether a team serves one queue, and nobody else does."""
    serving = [each for each in teams if any(s.queue in mine for s in each.serves)]
    return len(team.serves) == len(mine) == len(serving) == 1


def _name(
    team: TeamRules, queues: Sequence[str], known: Mapping[str, Past], taken: Collection[str]
) -> str:
    """A line that is a whole team's work is called as the team is, if nothing else is."""
    whole = len(queues) == len(team.serves)
    if whole and team.name not in taken and (team.name in queues or team.name not in known):
        return team.name
    return _joined(queues)


def seen_teams(known: Mapping[str, Past], seen: Sequence[Sequence[str]]) -> tuple[TeamRules, ...]:
    """Teams as they were seen; a queue that is in none has a team of its own.

    Parameters
    ----------
    known : mapping of str to Past
        By queue; others are left out.
    seen : sequence of sequences of str
        Queues by team.
    """
    groups = [[queue for queue in group if queue in known] for group in seen]
    named = {queue for group in groups for queue in group}
    groups += [[queue] for queue in known if queue not in named]
    return tuple(
        TeamRules(name=_joined(group), serves=tuple(Serves(queue=queue) for queue in group))
        for group in groups
        if group
    )


def _fits(known: Mapping[str, Past], teams: Sequence[TeamRules]) -> None:
    served = {each.queue for team in teams for each in team.serves}
    unknown = sorted(served - set(known))
    if unknown:
        raise PlanError(
            f"A team serves the queue {unknown[0]!r}, which is not there or is not planned.",
            found=f"queues: {', '.join(known)}",
            todo="Correct its name in plan.yaml, or take it out of the team.",
        )
    alone = sorted(set(known) - served)
    if alone:
        raise PlanError(
            f"No team serves the queue {alone[0]!r}.",
            found=f"teams: {', '.join(team.name for team in teams)}",
            todo="Name it under serves: of a team, or say planned: false for it.",
        )


def _alike(
    queue: str,
    mine: Sequence[str],
    team: TeamRules,
    teams: Sequence[TeamRules],
    known: Mapping[str, Past],
    planning: Planning,
) -> bool:
    """Whether a queue can be one with the others of its team."""
    serving = [each for each in teams if any(s.queue == queue for s in each.serves)]
    rank = next(each.rank for each in team.serves if each.queue == queue)
    first = next(iter(mine))
    return (
        len(serving) == 1
        and rank == 1
        and team.chats == 1
        and (planning.of(queue).channel or known[queue].channel) in _LIVE
        and planning.of(queue).callback is None
        and planning.promise_of(queue) == planning.promise_of(first)
    )


def pooled(pasts: Sequence[Past], planning: Planning, *, name: str = "") -> Past:
    """Several pasts as one, each with what the planner says in place of what was counted.

    Parameters
    ----------
    pasts : sequence of Past
    planning : Planning
    name : str
        What to call them; one alone keeps its name unless this is given.
    """
    told = [_told(planning.of(past.queue), past) for past in pasts]
    if len(told) > 1:
        return _pooled(told, name)
    return replace(told[0], history=replace(told[0].history, queue=name or told[0].queue))


def _line(pasts: Sequence[Past], planning: Planning, *, name: str = "") -> Line:
    past = pooled(pasts, planning, name=name)
    rules = planning.of(pasts[0].queue)
    return Line(
        name=past.queue,
        queues=tuple(each.queue for each in pasts),
        past=past,
        promise=planning.promise_of(pasts[0].queue),
        callback=rules.callback,
        deadline_s=rules.deadline_s or _DEADLINES_S.get(past.channel),
    )


def _told(rules: QueueRules, past: Past) -> Past:
    """A past with what the planner says in place of what was counted."""
    redials = past.redials
    if rules.redials is not None:
        redials = Redials(share=rules.redials, after_s=redials.after_s if redials else _SOON_S)
    history = past.history
    if rules.handle_s is not None and not history.handled.any():
        history = replace(
            history, handled=history.counts, handle_total_s=history.counts * rules.handle_s
        )
    return replace(
        past,
        history=history,
        channel=rules.channel or past.channel,
        patience_s=past.patience_s if rules.patience_s is None else rules.patience_s,
        redials=redials,
    )


def _pooled(pasts: Sequence[Past], name: str) -> Past:
    """Several pasts as one: sums of counts, means weighted by contacts."""
    first = min(past.history.first_day for past in pasts)
    last = max(past.history.first_day + len(past.history.counts) for past in pasts) - 1
    own = pasts[0].history
    rows = []
    for past in pasts:
        begin, end = (own.first_date.fromordinal(719_163 + day) for day in (first, last))
        rows.append(past.history.between(begin, end))
    weights = np.array([past.history.counts.sum() for past in pasts])
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(pasts), 1 / len(pasts))
    finite = np.array([np.isfinite(past.patience_s) for past in pasts])
    patience_s = float("inf")
    if finite.any():
        # Who gives up does so at a rate of one over the patience; rates are averaged, not times.
        rates = np.array(
            [1 / past.patience_s if f else 0.0 for past, f in zip(pasts, finite, strict=True)]
        )
        patience_s = float(1 / (weights @ rates)) if weights @ rates > 0 else float("inf")
    again = [(past.redials, w * past.gave_up) for past, w in zip(pasts, weights, strict=True)]
    gave_up = float(weights @ np.array([past.gave_up for past in pasts]))
    redials = None
    parts = [(each, w) for each, w in again if each is not None and w > 0]
    if parts:
        total = sum(w for _, w in parts)
        redials = Redials(
            share=sum(each.share * w for each, w in parts) / max(gave_up, total),
            after_s=sum(each.after_s * w for each, w in parts) / total,
        )
    handled = weights * (1 - np.array([past.gave_up for past in pasts]))
    back = handled * np.array([past.returns for past in pasts])
    after = np.array([past.returns_after_s for past in pasts])
    cvs = [(row.handle_cv, float(row.handled.sum())) for row in rows if row.handle_cv is not None]
    cv = (
        sum(c * n for c, n in cvs) / sum(n for _, n in cvs)
        if cvs and sum(n for _, n in cvs)
        else None
    )
    history = replace(
        rows[0],
        queue=name,
        counts=np.sum([row.counts for row in rows], axis=0),
        seen=np.any([row.seen for row in rows], axis=0),
        exposure=np.max([row.exposure for row in rows], axis=0),
        handled=np.sum([row.handled for row in rows], axis=0),
        handle_total_s=np.sum([row.handle_total_s for row in rows], axis=0),
        handle_cv=cv,
    )
    return Past(
        history=history,
        channel=pasts[0].channel,
        patience_s=patience_s,
        redials=redials,
        gave_up=gave_up,
        returns=float(back.sum() / handled.sum()) if handled.sum() > 0 else 0.0,
        returns_after_s=float(back @ after / back.sum()) if back.sum() > 0 else float(DAY_S),
    )


def _renamed(team: TeamRules, names: Mapping[str, str]) -> TeamRules:
    serves: dict[str, Serves] = {}
    for each in team.serves:
        name = names[each.queue]
        serves.setdefault(name, Serves(queue=name, rank=each.rank))
    return replace(team, serves=tuple(serves.values()))


def _joined(names: Sequence[str]) -> str:
    """What to call a team that nobody named."""
    if len(names) <= _FEW_NAMES:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} more"
