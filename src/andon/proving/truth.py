"""The truth of a scenario: who did what, what a second does, and what would be without bending.

It is for whoever tests a question, and never for the question: it is written beside the ledger into
a folder of its own, in a file that no mapping and no question knows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.proving import _loop as k
from andon.proving.records import Records, concerns
from andon.proving.scenario import (
    ChosenSurveys,
    FailureDemand,
    LateCases,
    Lever,
    MixShift,
    Renaming,
    RiskyPromises,
    Scenario,
    Shedding,
    ShortContacts,
    SilentTarget,
)
from andon.proving.tables import advisor_names, contact_names
from andon.proving.world import Run, World
from andon.queueing.simulator.model import Queue
from andon.units import DAY_S, US

__all__ = ["truth_of", "truth_of_contacts"]

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_SHORT_S: Final = 15.0
_WINDOWS_DAYS: Final = (1, 7, 14, 30)


def truth_of(world: World, run: Run, honest: Run, records: Records) -> dict[str, Any]:
    """Everything that a question may want to find out.

    Parameters
    ----------
    world : World
    run : Run
        What happened.
    honest : Run
        What would have happened with nobody bending a measure, to the same matters.
    records : Records
        What was written down.

    Returns
    -------
    dict
        Ready for JSON.
    """
    said = world.scenario
    return {
        "generated": "by andon prove build: nobody in it is real",
        "scenario": said.name,
        "seed": said.seed,
        "starts_on": said.starts_on.isoformat(),
        "zone": said.zone,
        "days": said.days,
        "people": [
            {
                "advisor_id": name,
                "pool": said.base.pools[int(world.duty.pool[i])].name,
                "pace": round(float(world.pace[i]), 6),
                "skill": round(float(world.skill[i]), 6),
                "pulls": [
                    lever.name
                    for n, lever in enumerate(said.levers)
                    if world.has[n, i] and not isinstance(lever, SilentTarget)
                ],
            }
            for i, name in enumerate(advisor_names(world))
        ],
        "design": {
            "assigned_by_difficulty": said.advisors.steering,
            "skill_with_pace": said.advisors.skill_with_pace if said.advisors.skill_sd else 0.0,
            "difficulty_on_log_handle": said.difficulty.handle,
            "difficulty_on_resolution": said.difficulty.resolution,
        },
        "price_of_a_second": _price(world, run),
        "levers": [_lever(world, run, records, n) for n in range(len(said.levers))],
        "as_it_was": _figures(run, records),
        "without_bending": _figures(honest, None),
        "seen": _seen(world, records),
    }


def truth_of_contacts(world: World, run: Run, records: Records) -> pa.Table:
    """What is hidden of each contact, by its id in the source."""
    rows, facts = run.rows[records.row], run.facts[records.row]
    matters = world.matters
    m = rows[:, k.MATTER]
    return pa.table(
        {
            "contact_id": contact_names(records.row, records.part),
            "matter": pa.array(m),
            "customer": pa.array(matters.customer[m] + 1),
            "advisor": pa.array(rows[:, k.ADVISOR] + 1, mask=rows[:, k.ADVISOR] < 0),
            "difficulty": pa.array(matters.hard[m]),
            "vulnerable": pa.array(matters.vulnerable[m]),
            "failure_demand": pa.array(matters.failure[m]),
            "how_it_came": pa.array(
                ["fresh", "redial", "recontact", "passed on", "reopened", "cut off"]
            ).take(pa.array(rows[:, k.KIND])),
            "honest_handle_s": pa.array(rows[:, k.HONEST] / US),
            "likely_settled": pa.array(facts[:, k.LIKELY]),
            "settled": pa.array(rows[:, k.SETTLED] == 1),
            "comes_back": pa.array(rows[:, k.COMES_BACK] == 1),
            "levers": pa.array(records.bent),
            "score_if_asked": pa.array(
                records.score[records.row], mask=np.isnan(records.score[records.row])
            ),
        }
    ).replace_schema_metadata(
        {"generated": "the truth of a scenario: for tests, not for questions"}
    )


# Parts -------------------------------------------------------------------------------------------


def _price(world: World, run: Run) -> dict[str, Any]:
    """What a second of handle time does, over the contacts that were handled as usual.

    ``mean`` weighs each contact alike; ``by_pace`` as a difference in pace does, which gives long
    contacts more seconds than short ones. ``any_contact_within`` is what can be seen without
    knowing matters: who comes within so many days of arriving for another matter as well comes in
    any case.
    """
    ended = _ended(world, run)
    gain = run.facts[:, k.LIKELY_LATER] - run.facts[:, k.LIKELY]
    per_s = gain[ended]
    handle_s = _handle_s(run)[ended]
    back = np.array([each.loop.comes_back if each.loop else 0.0 for each in _queues(world)])[
        run[k.QUEUE][ended]
    ]
    after_days = _after_days(run)
    in_time = {
        days: float((after_days <= days).mean()) if len(after_days) else 0.0
        for days in _WINDOWS_DAYS
    }
    if len(per_s) == 0 or handle_s.sum() == 0:
        return {"contacts": 0}

    def both(effect: _Floats) -> dict[str, float]:
        return {
            "mean": _round(effect.mean()),
            "by_pace": _round(np.average(effect, weights=handle_s)),
        }

    said = world.scenario.resolves_per_minute
    return {
        "contacts": len(per_s),
        "by_design_resolved_per_s": None if said is None else _round(said / 60.0),
        "resolved_per_s": both(per_s),
        "recontact_per_s": both(-per_s * back),
        **{
            f"recontact_within_{days}_days_per_s": both(-per_s * back * in_time[days])
            for days in _WINDOWS_DAYS
        },
        **{
            f"any_contact_within_{days}_days_per_s": _any_contact(
                world, run, ended, -per_s * back, handle_s, days
            )
            for days in _WINDOWS_DAYS
        },
    }


def _any_contact(
    world: World, run: Run, ended: _Bools, returns: _Floats, handle_s: _Floats, days: int
) -> dict[str, float] | None:
    """What a second does to whether the customer comes within the window, for whatever matter.

    Counted from arrival to arrival, over contacts whose window ends before the run does; None where
    there is none.
    """
    window = days * DAY_S * US
    usual = (run[k.OUTCOME] == k.SERVED_) & (run[k.COMES_BACK] == 1) & (run[k.BENT] == 0)
    waits = (run[k.BACK_AT] - run[k.ARRIVED])[usual & (run[k.BACK_AT] >= 0)]
    in_time = float((waits <= window).mean()) if len(waits) else 0.0
    most = np.array([each.loop.most_attempts if each.loop else 0 for each in _queues(world)])
    again = run[k.ATTEMPT] + 1 < most[run[k.QUEUE]]
    alone = again & ~_comes_for_another(world, run, window)
    ripe = run[k.ARRIVED][ended] + window <= run[k.ARRIVED].max()
    if not ripe.any():
        return None
    effect, weight = (returns * alone[ended] * in_time)[ripe], handle_s[ripe]
    return {
        "mean": _round(effect.mean()),
        "by_pace": _round(np.average(effect, weights=weight)),
    }


def _queues(world: World) -> tuple[Queue, ...]:
    return world.scenario.base.queues


def _comes_for_another(world: World, run: Run, window: int) -> _Bools:
    """Whether a contact's customer comes within the window for another matter than this one."""
    customer = world.matters.customer[run[k.MATTER]]
    order = np.lexsort((run[k.ARRIVED], customer))
    who, matter = customer[order], run[k.MATTER][order]
    at = run[k.ARRIVED][order]
    # The next contact of the same customer that is of another matter, from the last one on.
    here = np.arange(len(order))
    ends = np.ones(len(order), dtype=np.bool_)
    ends[:-1] = (who[1:] != who[:-1]) | (matter[1:] != matter[:-1])
    last = np.minimum.accumulate(np.where(ends, here, len(order))[::-1])[::-1]
    follows = np.minimum(last + 1, len(order) - 1)
    found = np.zeros(len(order), dtype=np.bool_)
    found[order] = (last + 1 < len(order)) & (who[follows] == who) & (at[follows] - at <= window)
    return found


def _ended(world: World, run: Run) -> _Bools:
    """Contacts whose handle time decided what became of the matter."""
    cut = (ShortContacts, RiskyPromises, LateCases)
    bits = sum(1 << n for n, each in enumerate(world.scenario.levers) if isinstance(each, cut))
    return np.asarray(
        (run[k.OUTCOME] == k.SERVED_) & (run[k.PASSED_ON] == 0) & (run[k.BENT] & bits == 0),
        dtype=np.bool_,
    )


def _after_days(run: Run) -> _Floats:
    """How long after the contact those came back who were not helped, as usual."""
    usual = (run[k.OUTCOME] == k.SERVED_) & (run[k.COMES_BACK] == 1) & (run[k.BENT] == 0)
    back = np.flatnonzero(usual & (run[k.BACK_AT] >= 0))
    return np.asarray((run[k.BACK_AT] - run[k.LEFT])[back] / (DAY_S * US), dtype=np.float64)


def _lever(world: World, run: Run, records: Records, n: int) -> dict[str, Any]:
    """A lever as it was said, who pulled it, and what came of it by person."""
    said = world.scenario
    lever = said.levers[n]
    names = advisor_names(world)
    could = concerns(world, run, lever)
    bent = np.zeros(len(run), dtype=np.bool_)
    bent[records.row] = records.bent >> n & 1 == 1
    if isinstance(lever, ChosenSurveys):
        bent = could & (records.score < lever.below) & ~records.invited
    if isinstance(lever, MixShift | FailureDemand):
        meant = world.matters.reasons.index(lever.reason)
        bent = could & (world.matters.reason[run[k.MATTER]] == meant)
    elif isinstance(lever, Renaming):
        bent = could
    count = world.duty.people
    chances = np.bincount(run[k.ADVISOR][could], minlength=count)
    did = np.bincount(run[k.ADVISOR][bent & could], minlength=count)
    if isinstance(lever, Shedding):
        did = run.dodged[n]
    nobody = isinstance(lever, SilentTarget | MixShift | FailureDemand)
    pullers = () if nobody else np.flatnonzero(world.has[n])
    people = {names[i]: {"could": int(chances[i]), "did": int(did[i])} for i in pullers}
    return {
        "name": lever.name,
        "kind": lever.kind,
        "bends": lever.bends,
        "begins_on": _day(said, lever.from_day),
        "ends_on": _day(said, lever.to_day) if lever.to_day < said.days else None,
        "says": _said(lever),
        "contacts": int(run.dodged[n].sum()) if isinstance(lever, Shedding) else int(bent.sum()),
        "people": people,
    }


def _said(lever: Lever) -> dict[str, Any]:
    return {
        field.name: value
        for field in dataclasses.fields(lever)
        if field.name not in {"name", "from_day", "to_day"}
        and (value := getattr(lever, field.name)) is not None
    }


def _figures(run: Run, records: Records | None) -> dict[str, Any]:
    """What every matter went through; shares are of all contacts of that kind."""
    served = run[k.OUTCOME] == k.SERVED_
    ended = served & (run[k.PASSED_ON] == 0)
    handle_s = _handle_s(run)
    wait_s = (run[k.ANSWERED] - run[k.ARRIVED])[served] / US
    figures: dict[str, Any] = {
        "matters": int((run[k.KIND] == k.FRESH).sum()),
        "contacts": len(run),
        "handled": int(served.sum()),
        "abandoned_share": _share(run[k.OUTCOME] == k.GAVE_UP),
        "turned_away_share": _share(run[k.OUTCOME] == k.TURNED_AWAY),
        "wait_answered_mean_s": _mean(wait_s),
        "handle_mean_s": _mean(handle_s[served]),
        "handle_under_15_s_share": _share(handle_s[served] < _SHORT_S),
        "settled_share": _share(run[k.SETTLED][ended] == 1),
        "recorded_as_resolved_share": _share(run[k.CLAIMED][ended] == 1),
        "comes_back_share": _share(run[k.COMES_BACK][ended] == 1),
        "passed_on_share": _share(run[k.PASSED_ON][served] == 1),
        "complaints": int((run[k.COMPLAINS] == 1).sum()),
    }
    if records is not None:
        scores = records.score
        figures["score_of_all_mean"] = _mean(scores[ended])
        figures["score_of_invited_mean"] = _mean(scores[records.invited])
        figures["score_of_answers_mean"] = _mean(scores[records.answers])
    return figures


def _seen(world: World, records: Records) -> dict[str, Any]:
    first = records.part == 0
    return {
        "ids_missing_share": _share(~records.known[first]),
        "ids_missing_share_where_all_waited": _share(
            ~records.known[first & (records.crowded[records.row] >= 0.9)]
        ),
        "ids_missing_share_where_few_waited": _share(
            ~records.known[first & (records.crowded[records.row] <= 0.1)]
        ),
        "failure_demand_matters": int(world.matters.failure.sum()),
        "vulnerable_matters": int(world.matters.vulnerable.sum()),
    }


def _handle_s(run: Run) -> _Floats:
    return np.asarray((run[k.TALK] + run[k.HOLD] + run[k.WRAPUP]) / US, dtype=np.float64)


def _day(scenario: Scenario, day: float) -> str:
    midnight = dt.datetime.combine(scenario.starts_on, dt.time())
    return (midnight + dt.timedelta(days=day)).isoformat()


def _share(which: npt.NDArray[np.bool_]) -> float | None:
    return _round(which.mean()) if len(which) else None


def _mean(values: npt.ArrayLike) -> float | None:
    array = np.asarray(values, dtype=np.float64)
    return _round(array.mean()) if len(array) else None


def _round(value: float) -> float:
    """Eight digits, so that the file is the same on machines that add in another order."""
    number = float(value)
    if number == 0 or not math.isfinite(number):
        return 0.0
    return round(number, 8 - math.floor(math.log10(abs(number))) - 1)
