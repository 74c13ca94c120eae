"""A staffing tried on one course of one day, interval by interval, in plain steps."""

from __future__ import annotations

import math

from andon.queueing.erlang import erlang_a

__all__ = ["course_of_day"]


def course_of_day(
    contacts: list[float],
    handle_s: list[float],
    agents: list[int],
    *,
    interval_s: float,
    handle_cv: float,
    patience_s: float,
    answer_within_s: float,
    short_abandon_s: float,
    redial_share: float = 0.0,
    redial_after_s: float = 1.0,
) -> dict[str, float]:
    """Sums over the day: contacts, counted, in_time, lost, gone, waited_s, busy_s.

    Intervals in which nobody is there are closed: who comes then is not looked at.
    """
    sums = dict.fromkeys(
        ("contacts", "counted", "in_time", "lost", "gone", "waited_s", "busy_s"), 0.0
    )
    load = 0.0
    on_their_way = 0.0
    stay_away = math.exp(-interval_s / redial_after_s)
    late = (1 - stay_away) * redial_after_s / interval_s
    for fresh, handle, staff in zip(contacts, handle_s, agents, strict=True):
        lag = handle * (1 + handle_cv**2) / 2
        fades = math.exp(-interval_s / lag)
        came = fresh if staff else 0.0
        gone = 0.0
        mean_load = at_once = in_time = wait_s = 0.0
        for _ in range(60):  # those who give up and call again within the interval
            came = (
                fresh + on_their_way * (1 - stay_away) + redial_share * gone * (1 - late)
                if staff
                else 0.0
            )
            arriving = came * handle / interval_s
            mean_load = arriving + (load - arriving) * (1 - fades) * lag / interval_s
            if not staff:
                break
            known = {
                "load_erlangs": mean_load,
                "handle_s": handle,
                "patience_s": patience_s,
                "agents": staff,
            }
            met = erlang_a(**known, answer_within_s=answer_within_s)
            soon = erlang_a(**known, answer_within_s=short_abandon_s)
            in_time = float(met.service_level.of_offered)
            at_once = 1 - float(soon.service_level.of_offered) - float(soon.p_wait_longer)
            wait_s = float(met.mean_wait_s)
            gone = came * float(met.p_abandon)
        sums["contacts"] += came
        sums["counted"] += came * (1 - at_once)
        sums["in_time"] += came * in_time
        sums["lost"] += gone - came * at_once
        sums["gone"] += gone
        sums["waited_s"] += came * wait_s
        sums["busy_s"] += mean_load * (1 - gone / came) * interval_s if came > 0 else 0.0
        arriving = came * handle / interval_s
        load = arriving + (load - arriving) * fades
        on_their_way = on_their_way * stay_away + redial_share * gone * late
    return sums
