"""Data: what the records say of themselves, for the part of a report on the data's quality."""

from __future__ import annotations

from andon.answer import Answer
from andon.estimate import Estimate
from andon.finding import Evidence, Row
from andon.metrics.littles_law import LittlesLaw
from andon.report import words
from andon.report.findings.told import Told
from andon.report.quality import Note

__all__ = ["little_evidence", "little_note"]


def little_note(told: Told, answer: Answer[LittlesLaw]) -> Note:
    """Whether the clock times of the records agree with one another."""
    stay = answer.overall.stay
    people = told.nouns.people
    if not isinstance(stay.ratio, Estimate):
        return Note(
            fine=False,
            says=f"Little's law cannot be checked: {stay.ratio.why}.",
        )
    said = f"{stay.ratio.value:.3f}"
    if stay.holds:
        return Note(
            fine=True,
            says=f"Little's law holds: {people} present are arrivals times stay, to a factor of "
            f"{said}. The times of coming and going agree with one another.",
        )
    return Note(
        fine=False,
        says=f"Little's law does not clearly hold: {people} present are {said} times what arrivals "
        "and stays make one expect. Some times of coming or going are wrong or missing.",
    )


def little_evidence(told: Told, answer: Answer[LittlesLaw]) -> Evidence | None:
    """The work in the system through the day, counted and worked out."""
    stay = answer.overall.stay
    rows: tuple[Row, ...] = tuple(
        {
            "hour": hour.hour,
            "present": hour.present,
            "low": hour.low,
            "high": hour.high,
            "arrivals_times_stay": hour.arrivals_times_stay,
        }
        for hour in stay.by_hour
    )
    if not rows:
        return None
    people = told.nouns.people
    busiest = max(stay.by_hour, key=lambda hour: hour.present)
    return Evidence(
        kind="littles_law",
        title=f"At {busiest.hour}:00, about {busiest.present:.2g} {people} "
        "are in the system at once",
        subtitle=told.drawn(
            f"{words.capital(people)} present on average by hour of the day, counted (line, with "
            "95 % band) and by Little's law as arrivals times stay (crosses)",
            n=stay.entered,
        ),
        rows=rows,
        alt="; ".join(
            f"{hour.hour}:00: {words.cell(hour.present)} counted, "
            f"{words.cell(hour.arrivals_times_stay)} by the law"
            for hour in stay.by_hour
        ),
    )
