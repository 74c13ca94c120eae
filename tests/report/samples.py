"""A diagnosis written by hand, with every kind of evidence, for tests that need no ledger."""

from __future__ import annotations

import datetime as dt
import math

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Provenance, Row
from andon.report.diagnosis import Diagnosis
from andon.report.quality import CheckCount, IngestRun, Note, Quality
from andon.units import Unit

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
MONTHS = [f"1999-{number:02d}" for number in (1, 2, 3, 4, 5, 6, 7, 9)]


def estimate(
    value: float, half: float, *, unit: Unit = "share", n: int = 1000, level: float = 0.95
) -> Estimate:
    """An estimate with a symmetric interval."""
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        unit=unit,
        n=n,
        method="Wilson, clustered by customer",
        level=level,
    )


def provenance(question: str) -> Provenance:
    return Provenance(
        tables={"contacts": 3},
        parameters={"level": 0.95, "by": ["queue"]},
        code_version="0.1.0",
        question=question,
    )


def finding(
    key: str, headline: str, *evidence: Evidence, cost_h: Estimate | None = None
) -> Finding:
    return Finding(
        key=key,
        headline=headline,
        estimate=estimate(0.205, 0.002),
        scope="All calls, 1 January to 30 September 1999.",
        meaning="They waited for nothing, and many had to try again.",
        next_step="Look at what the announcement at one minute promises.",
        cost_h=cost_h,
        evidence=evidence,
        caveats=("We know the caller in only half of the calls.", "Two days have no rows."),
        method="Share of contacts whose customer left before service; Wilson interval.",
        figures={f"{key.split('.', maxsplit=1)[0]}.gave_up": estimate(0.205, 0.002)},
        provenance=provenance("andon.metrics.reach.reach"),
    )


def share_rows() -> tuple[Row, ...]:
    return tuple(
        {
            "month": month,
            "share": 0.2 + 0.02 * math.sin(i),
            "low": 0.18 + 0.02 * math.sin(i),
            "high": 0.22 + 0.02 * math.sin(i),
            "n": 30_000,
        }
        for i, month in enumerate(MONTHS)
    )


def evidence_of_every_kind() -> dict[str, Evidence]:
    """One piece of evidence for each kind of chart."""
    rows: dict[str, tuple[Row, ...]] = {
        "share_by_month": share_rows(),
        "twins": tuple(
            {
                "measure": measure,
                "month": month,
                "unit": unit,
                "value": base + slope * i,
                "low": base + slope * i - 0.04 * base,
                "high": base + slope * i + 0.04 * base,
                "n": 9_000,
            }
            for measure, unit, base, slope in (
                ("Handle time", "s", 200.0, -4.0),
                ("Came back within 7 days", "share", 0.62, 0.01),
            )
            for i, month in enumerate(MONTHS)
        ),
        "coming_back": tuple(
            {
                "first": first,
                "share": share,
                "low": share - 0.01,
                "high": share + 0.01,
                "n": n,
                "point": point,
            }
            for first, share, n, point in (
                ("Served under 10 seconds", 0.440, 8_113, True),
                ("Gave up", 0.210, 24_044, False),
                ("Served 10 to 59 seconds", 0.061, 17_451, False),
                ("Served 1 to 5 minutes", 0.025, 63_012, False),
                (HOSTILE, 0.017, 21_016, False),
            )
        ),
        "windows": tuple(
            {
                "first": first,
                "window": window,
                "share": base + 0.1 * i,
                "low": base + 0.1 * i - 0.01,
                "high": base + 0.1 * i + 0.01,
                "n": 1_000,
                "point": point,
            }
            for first, base, point in (
                ("After giving up", 0.2, True),
                ("After service", 0.05, False),
            )
            for i, window in enumerate(("10 min", "1 h", "24 h", "7 days", "14 days", "30 days"))
        ),
        "patience": tuple(
            {
                "wait_s": wait,
                "waiting": math.exp(-wait / 500),
                "low": math.exp(-wait / 500) - 0.01 * wait / 600,
                "high": math.exp(-wait / 500) + 0.01 * wait / 600 if wait else 1.0,
                "at_risk": 10_000 - wait,
            }
            for wait in range(0, 601, 10)
        ),
        "hazard": tuple(
            {
                "from_s": start,
                "to_s": start + 10,
                "leaving": 0.02 + (0.02 if start == 60 else 0.0),
                "low": 0.015 + (0.02 if start == 60 else 0.0),
                "high": 0.025 + (0.02 if start == 60 else 0.0),
                "at_risk": 9_000,
                "point": start == 60,
            }
            for start in range(0, 300, 10)
        ),
        "distribution": tuple(
            {
                "from_s": start,
                "to_s": end,
                "share": share,
                "low": share - 0.005,
                "high": share + 0.005,
                "n": 100_000,
                "point": start == 0,
            }
            for start, end, share in (
                (0, 10, 0.064),
                (10, 30, 0.06),
                (30, 60, 0.14),
                (60, 120, 0.26),
                (120, 300, 0.29),
                (300, 600, 0.13),
                (600, 1800, 0.05),
                (1800, 14389, 0.01),
            )
        ),
        "arrivals_profile": tuple(
            {
                "from_s": 1800 * i,
                "mean": 30.0 * math.sin(math.pi * i / 48) ** 2 + 1,
                "low": 29.0 * math.sin(math.pi * i / 48) ** 2 + 1,
                "high": 31.0 * math.sin(math.pi * i / 48) ** 2 + 1,
                "days_low": 18.0 * math.sin(math.pi * i / 48) ** 2,
                "days_high": 46.0 * math.sin(math.pi * i / 48) ** 2 + 3,
            }
            for i in range(48)
        ),
        "days": tuple(
            {
                "day": (dt.date(1999, 1, 1) + dt.timedelta(days=i)).isoformat(),
                "contacts": int(1200 + 220 * math.sin(i * 1.7)),
                "expected": 1200.0,
                "chance_low": 1132.0,
                "chance_high": 1268.0,
                "beyond_chance": abs(220 * math.sin(i * 1.7)) > 68,
            }
            for i in range(120)
        ),
        "littles_law": tuple(
            {
                "hour": hour,
                "present": 6.0 * math.sin(math.pi * hour / 24),
                "low": 5.7 * math.sin(math.pi * hour / 24),
                "high": 6.3 * math.sin(math.pi * hour / 24),
                "arrivals_times_stay": 6.1 * math.sin(math.pi * hour / 24),
            }
            for hour in range(24)
        ),
        "hours": (
            {"what": "Waiting", "hours": 5200.0, "low": 5150.0, "high": 5250.0, "point": True},
            {"what": "Being served", "hours": 11900.0, "low": 11800.0, "high": 12000.0},
        ),
        "waits": (
            {"what": "90 in 100", "seconds": 180.0, "low": 170.0, "high": 192.0, "n": 9},
            {"what": "95 in 100", "seconds": 251.0, "low": 237.0, "high": 265.0, "n": 9},
        ),
        "lengths": tuple(
            {
                "contacts": str(i),
                "share": 0.6 / i,
                "low": 0.58 / i,
                "high": 0.62 / i,
                "n": 900,
                "point": i == 1,
            }
            for i in range(1, 11)
        ),
        "groups": tuple(
            {
                "group": group,
                "unit": "share",
                "value": value,
                "low": value - 0.02,
                "high": value + 0.02,
                "n": 4_000,
            }
            for group, value in (("PS", 0.2), (HOSTILE, 0.41))
        ),
        "through_the_day": tuple(
            {
                "measure": measure,
                "line": line,
                "from_s": 1_800.0 * i,
                "unit": unit,
                "value": value + more,
                "low": value + more - 0.1 * value,
                "high": value + more + 0.1 * value,
                "point": more > 0,
                "marked": i == 20 and more > 0,
            }
            for measure, unit, value in (
                ("Offered", "count", 40.0),
                ("In time", "share", 0.6),
                ("Mean wait", "s", 20.0),
            )
            for line, more in (("today", 0.0), (HOSTILE, 0.1))
            for i in range(16, 40)
        ),
        "waited_longer": tuple(
            {
                "line": "",
                "wait_s": float(wait_s),
                "longer": 0.5 - wait_s / 200,
                "low": 0.45 - wait_s / 200,
                "high": 0.55 - wait_s / 200,
                "point": True,
                "marked": wait_s == 20,
            }
            for wait_s in range(0, 90, 5)
        ),
        "weeks": tuple(
            {
                "measure": measure,
                "week": (dt.date(2024, 1, 1) + dt.timedelta(weeks=i)).isoformat(),
                "unit": unit,
                "value": None if i == 9 else base * (1 + 0.03 * math.sin(2 * i)) * (1 + (i > 5)),
                "n": 900,
                "level": base * (1 + (i > 5)) if i < 5 or i > 6 else None,
                "low": 0.9 * base * (1 + (i > 5)) if i < 5 or i > 6 else None,
                "high": 1.1 * base * (1 + (i > 5)) if i < 5 or i > 6 else None,
                "inside": i > 5,
                "unsure": i in {5, 6} and unit == "share",
            }
            for measure, unit, base in ((HOSTILE, "s", 200.0), ("Came back", "share", 0.04))
            for i in range(14)
        ),
        "density": tuple(
            {
                "from_s": 150.0 + 10 * i,
                "to_s": 160.0 + 10 * i,
                "contacts": 900 - 10 * i + 400 * (i == 14),
                "expected": 900.0 - 10 * i,
                "low": 880.0 - 10 * i,
                "high": 920.0 - 10 * i,
                "where": "pile" if i == 14 else "around",
                "point": i == 14,
            }
            for i in range(40)
        ),
        "first_stage": tuple(
            {
                "measure": measure,
                "pace_s": pace,
                "unit": unit,
                "value": slope * pace,
                "low": slope * pace - half,
                "high": slope * pace + half,
                "advisors": 6,
                "n": 9_000,
            }
            for measure, unit, slope, half in (
                (HOSTILE, "s", 0.95, 4.0),
                ("How many more came back", "points", -0.03, 0.8),
            )
            for pace in (-42.0, -20.0, -3.0, 11.0, 30.0, 64.0)
        ),
        "for_a_minute": (
            {"what": "By chance", "spared": 0.8, "low": 0.3, "high": 1.9, "point": True},
            {"what": "Compared", "spared": 0.3, "low": -0.1, "high": 0.5, "point": False},
        ),
        "reads": tuple(
            {
                "measure": measure,
                "reading": reading,
                "unit": unit,
                "value": value,
                "low": 0.97 * value,
                "high": 1.03 * value,
                "n": 9_000,
                "point": point,
            }
            for measure, unit, values in (
                ("Mean handle time", "s", (189.0, 203.0)),
                (HOSTILE, "share", (0.81, 0.74)),
            )
            for reading, value, point in zip(
                ("As it stands", "Without it"), values, (False, True), strict=True
            )
        ),
        "bounds": (
            {"what": "All calls", "value": None, "low": 0.1, "high": 0.6, "point": True},
            {"what": "Calls whose caller we know", "value": 0.3, "low": 0.29, "high": 0.31},
        ),
        "fan_by_day": tuple(
            {
                "day": f"2026-03-{day:02}",
                "value": 900.0 - 60 * (day % 7),
                "low": 800.0 - 60 * (day % 7),
                "high": 1050.0 - 60 * (day % 7),
                "came": None if day % 3 else 940.0 - 60 * (day % 7),
            }
            for day in range(2, 30)
        ),
        "agents_by_interval": tuple(
            {
                "panel": panel,
                "from_s": 1800.0 * slot,
                "load_low": 6.0 + abs(slot - 25) * -0.3,
                "load_high": 10.0 + abs(slot - 25) * -0.3,
                "required": 13 - abs(slot - 25) // 3,
                "on_the_mean": 11 - abs(slot - 25) // 3,
                "cover": 14 if 20 <= slot < 32 else 9,
            }
            for panel in ("Monday 2 March", "Tuesday 3 March")
            for slot in range(16, 36)
        ),
        "bought": tuple(
            {
                "marked": {2: "Erlang C on the mean", 6: "this plan"}.get(i, ""),
                "point": i == 6,
                "hours": 150.0 + 5 * i,
                "share": share,
                "low": max(0.0, share - 0.05),
                "high": min(1.0, share + 0.05),
            }
            for i, share in enumerate((0.2, 0.36, 0.5, 0.65, 0.77, 0.86, 0.91, 0.94, 0.96))
        ),
        "trap": tuple(
            {
                "measure": measure,
                "handle_s": 120.0 + 15 * i,
                "value": 1 + curve * (i - 7) ** 2,
                "low": 0.94 + curve * (i - 7) ** 2,
                "high": 1.07 + 1.4 * curve * (i - 7) ** 2,
                "today": i == 8,
                "least_low_s": 195.0,
                "least_high_s": 250.0,
            }
            for measure, curve in (("All work", 0.004), ("Customers' hours", 0.012))
            for i in range(15)
        ),
        "first_weeks": tuple(
            {
                "measure": measure,
                "unit": unit,
                "week": week,
                "promised": base * (0.75 if week else 1.0),
                "value": base * (0.78 + 0.04 * week if week else 1.0),
                "low": base * (0.76 + 0.02 * week if week else 1.0),
                "high": base * (0.80 + 0.06 * week if week else 1.0),
            }
            for measure, unit, base in (("Hours of work", "h", 620.0), ("Gave up", "share", 0.06))
            for week in range(9)
        ),
        "matters": tuple(
            {"what": what, "value": share, "low": share - 0.03, "high": share + 0.03}
            for what, share in (("what pace does to coming back", 0.71), (HOSTILE, 0.12))
        ),
    }
    return {
        kind: Evidence(
            kind=kind,
            title=f"What the {kind.replace('_', ' ')} shows",
            subtitle="Share of calls, January to September 1999, n = 283,661",
            rows=each,
            alt=f"The {kind.replace('_', ' ')} shows it.",
        )
        for kind, each in rows.items()
    }


def diagnosis(operation: str = "Anonymous Bank") -> Diagnosis:
    """Findings that use every kind of evidence."""
    of = evidence_of_every_kind()
    findings = (
        finding(
            "reach.gave_up",
            "About 1 in 5 callers gave up before anyone served them.",
            of["share_by_month"],
            of["patience"],
            of["hazard"],
            cost_h=estimate(1234.0, 24.0, unit="h"),
        ),
        finding(
            "repeat_work.cut_short",
            "44 in 100 callers whose call ended within ten seconds rang back within ten minutes.",
            of["coming_back"],
            of["distribution"],
            cost_h=estimate(310.0, 14.0, unit="h"),
        ),
        finding(
            "repeat_work.coming_back",
            "1 in 10 callers came back within a week more than their habit explains.",
            of["windows"],
            of["hours"],
            of["waits"],
            of["lengths"],
            cost_h=estimate(190.0, 80.0, unit="h"),
        ),
        finding(
            "goodhart.bent_measures",
            "Mean handle time no longer tells how callers are served.",
            of["weeks"],
            of["density"],
            of["reads"],
        ),
        finding(
            "price.recontact",
            "For each minute more, 8 in 1,000 fewer callers rang back.",
            of["first_stage"],
            of["for_a_minute"],
        ),
        finding("volatility.days", "Days differ far more than chance.", of["days"]),
        finding("twins.parted", "Calls got shorter while more callers came back.", of["twins"]),
        finding("volatility.profile", "Callers come in the morning.", of["arrivals_profile"]),
        Finding(
            key="coverage.unknown",
            headline="We cannot tell who called in half of the calls.",
            estimate=Unknown(
                unit="share",
                why="the caller's id was kept only for those who queued",
                needs="the id of every caller, kept from the first second",
            ),
            scope="All calls.",
            meaning="What we say about coming back holds for callers we know.",
            next_step="Keep the id of every caller.",
            evidence=(of["bounds"],),
            provenance=provenance("andon.ledger.coverage.coverage"),
        ),
    )
    return Diagnosis(
        operation=operation,
        zone="Asia/Jerusalem",
        first_day=dt.date(1999, 1, 1),
        last_day=dt.date(1999, 9, 30),
        contacts=283_661,
        channels=("voice",),
        summary=(
            "Of 100 callers, about 79 were served and 21 gave up first.",
            "Those who were served waited about 1 min 40 s.",
        ),
        key_figures=("reach.gave_up", "reach.wait_mean", "effort.total", "coverage.all"),
        findings=findings,
        figures={
            "reach.gave_up": estimate(0.205, 0.002),
            "reach.wait_mean": estimate(98.4, 1.2, unit="s"),
            "effort.total": estimate(17_100.0, 120.0, unit="h"),
            "coverage.all": Unknown(unit="share", why="no id was kept", needs="ids"),
        },
        groups=(of["groups"],),
        data=(of["littles_law"],),
        quality=Quality(
            runs=(
                IngestRun(
                    file="calls.parquet",
                    source="anonymous-bank",
                    read=283_661,
                    added=283_600,
                    changed=0,
                    unchanged=0,
                    quarantined=61,
                ),
            ),
            checks=(
                CheckCount(
                    name="times_in_order",
                    says="A contact is answered after it arrives.",
                    severity="note",
                    rows=195,
                ),
            ),
            silent_days=(dt.date(1999, 1, 11), dt.date(1999, 1, 12)),
            notes=(Note(fine=True, says="Little's law holds."),),
        ),
        provenance=provenance("andon.diagnose"),
        made="22 November 2026, 10:30 UTC",
    )
