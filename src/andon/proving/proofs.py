"""Every proof there is: what questions and signatures are held to, and on which operations."""

from __future__ import annotations

from functools import partial
from typing import Final

from andon.estimate import Estimate, Unknown
from andon.proving.alarms import ALARMS
from andon.proving.bunching import FULL as BUNCHING
from andon.proving.bunching import BunchingSetting, bunching_record
from andon.proving.calm import CALM, COINCIDENCE
from andon.proving.coverage import COVERAGE
from andon.proving.density_jump import FULL as JUMPS
from andon.proving.density_jump import JumpSetting, jump_record
from andon.proving.plan_holds import FULL as PLANS
from andon.proving.plan_holds import PlanSetting, plan_record
from andon.proving.price import FULL as PRICES
from andon.proving.price import PriceSetting, price_record
from andon.proving.proof import Case, Count, Proof, Wanted

__all__ = ["PROOFS"]

_HOLDS: Final = Wanted(low=0.93, high=0.975)
_SELDOM: Final = Wanted(high=0.05)


def _bunching(setting: BunchingSetting, runs: int, seed: int) -> tuple[Count, ...]:
    [record] = bunching_record([setting], runs=runs, seed=seed)
    sound = _sound(setting)
    return (
        Count(
            what="the share moved: its interval holds the truth",
            times=_times(record.held),
            of=record.told,
            wanted=_HOLDS if sound else Wanted(),
            says=f"mean {record.mean:.3%}, truth {record.truth:.3%}"
            if record.told
            else "refused, every time: rounding is no gaming",
        ),
        Count(
            what="p below 5 %" if setting.bent else "p below 5 %: a false alarm",
            times=_times(record.alarms),
            of=record.told,
            wanted=_SELDOM if sound and not setting.bent else Wanted(),
        ),
    )


def _sound(setting: BunchingSetting) -> bool:
    """Whether the setting is asked as it should be, and not to show what goes wrong otherwise."""
    grouped = setting.groups == "none" or setting.doubt == "groups"
    return grouped and setting.doubt != "residuals" and not (setting.heaped and setting.bent)


def _bunching_name(setting: BunchingSetting) -> str:
    said = [setting.law, f"{setting.n:,} contacts"]
    if setting.groups != "none":
        doubt = "" if setting.doubt == "groups" else ", taken for independent contacts"
        said.append(f"40 {setting.groups} that differ{doubt}")
    if setting.doubt == "residuals":
        said.append("least squares, residuals drawn again")
    if setting.rounded_s > 1:
        said.append(f"rounded to {setting.rounded_s} s")
    if setting.heaped:
        said.append(f"{setting.heaped:.0%} rounded to minutes by hand")
    said.append(f"{setting.bent:.0%} of those just over bent" if setting.bent else "nothing bent")
    return ", ".join(said)


def _jump(setting: JumpSetting, runs: int, seed: int) -> tuple[Count, ...]:
    [record] = jump_record([setting], runs=runs, seed=seed)
    return (
        Count(
            what="how many times as dense it is above: its interval holds the truth",
            times=_times(record.held),
            of=record.ratios,
            wanted=_HOLDS,
        ),
        Count(
            what="p below 5 %" if setting.gone else "p below 5 %: a false alarm",
            times=_times(record.alarms),
            of=record.told,
            wanted=Wanted() if setting.gone else _SELDOM,
        ),
    )


def _jump_name(setting: JumpSetting) -> str:
    gone = f"{setting.gone:.0%} gone" if setting.gone else "nothing gone"
    return f"{setting.law}, {setting.n:,} contacts, {gone}"


def _price(setting: PriceSetting, runs: int, seed: int) -> tuple[Count, ...]:
    [record] = price_record([setting], runs=runs, seed=seed)
    sound = setting.holds is True
    refused = Count(
        what="is refused",
        times=_times(record.refused),
        of=record.runs,
        wanted=_SELDOM if sound else Wanted(low=0.95) if setting.holds is False else Wanted(),
        says=record.reasons[0] if record.reasons else "",
    )
    if not record.told:
        return (refused,)
    mean, half, naive, truth = (
        f"{each:.3f}" for each in (record.mean, record.half_width, record.naive, record.truth)
    )
    held = Count(
        what="is told, and its interval holds the truth",
        times=_times(record.held),
        of=record.told,
        wanted=Wanted(low=0.93, high=0.97) if sound else Wanted(),
        says=f"{mean} ± {half} points a second; naive slope {naive}; truth {truth}",
    )
    return refused, held


def _plan(setting: PlanSetting, runs: int, seed: int) -> tuple[Count, ...]:
    [record] = plan_record([setting], months=runs, seed=seed)
    return (
        Count(
            what="the plan keeps its promise on so many days",
            times=record.kept,
            of=record.days,
            wanted=Wanted(low=0.87, high=0.93),
            says=f"planned for {record.said:.1%}; {record.agent_h:.1f} agent-hours a day",
        ),
        Count(
            what="Erlang C on the mean keeps it on so many",
            times=record.kept_on_the_mean,
            of=record.days,
            wanted=Wanted(high=0.87) if setting.mean_falls_short else Wanted(low=0.93),
            says=f"{record.agent_h_on_the_mean:.1f} agent-hours a day",
        ),
    )


_DESIGN: Final = {True: "the design holds", False: "the design does not hold", None: ""}


def _price_name(setting: PriceSetting) -> str:
    return setting.name if setting.holds is not None else f"{setting.name}, which no data can tell"


def _times(share: Estimate | Unknown) -> int:
    return round(share.value * share.n) if isinstance(share, Estimate) else 0


PROOFS: Final[dict[str, Proof]] = {
    proof.name: proof
    for proof in (
        Proof(
            name="calm",
            title="Nobody games anything",
            tests=(
                "Five hundred operations in which nobody bends a measure, honest in ten different "
                "ways, and the whole battery put to each. In all of them a target is announced "
                "that nobody does anything about. Whatever shows is a false flag. *More*: which "
                "signature it was, of which measure, and the seed that makes it again."
            ),
            wanted=(
                "Anything shows in at most 5 % of them. Each signature's p-values are at most "
                "5 % in 5 % or less."
            ),
            cases=CALM,
        ),
        Proof(
            name="coincidence",
            title="An honest change on the very day of a target",
            tests=(
                "From the day on which a target is announced, harder matters come as well. A "
                "measure then truly moves on that day, and no data can tell why; so the look "
                "around a date says that it moved, and what else could explain it. *More* names "
                "what shows."
            ),
            wanted="Nothing: this is the limit of what can be told.",
            cases=COINCIDENCE,
        ),
        *ALARMS,
        Proof(
            name="bunching",
            title="Bunching at a target",
            tests=(
                "Handle times of a known law with a target of 300 s; a share of the calls that "
                "would take up to a minute longer end in the last ten seconds before it."
            ),
            wanted="93 to 97.5 % of intervals, at most 5 % false alarms, where it is asked as the "
            "page of the question says. The other settings show what goes wrong otherwise.",
            cases=tuple(
                Case(
                    name=_bunching_name(setting),
                    count=partial(_bunching, setting),
                    full=300,
                )
                for setting in BUNCHING
            ),
        ),
        Proof(
            name="density_jump",
            title="A jump of density at a cutoff",
            tests=(
                "Handle times of a known law; a share of those beyond 300 s is not there, because "
                "they were passed on or cut short."
            ),
            wanted="93 to 97.5 % of intervals, at most 5 % false alarms.",
            cases=tuple(
                Case(name=_jump_name(setting), count=partial(_jump, setting), full=1_000)
                for setting in JUMPS
            ),
        ),
        Proof(
            name="price_of_a_second",
            title="The price of a second",
            tests=(
                "Whole operations in which it is known what a second of handle time does to who "
                "comes back within seven days; some dealt out by chance, so that the design holds, "
                "and some not."
            ),
            wanted=(
                "Where the design holds, 93 to 97 % of intervals hold the truth; where it does "
                "not, at least 95 % of operations are refused."
            ),
            cases=tuple(
                Case(
                    name=_price_name(each),
                    count=partial(_price, each),
                    full=each.runs,
                    among=_DESIGN[each.holds],
                )
                for each in PRICES
            ),
        ),
        Proof(
            name="plan_holds",
            title="A plan for 90 % of days",
            tests=(
                "Months of 28 days that differ by volume, each planned from 200 courses drawn for "
                "it and then simulated contact by contact on a course of its own. Wanted are 80 % "
                "within 20 s on 90 % of days, unless a row says otherwise. *More*: what the plan "
                "takes itself to keep, and what it costs."
            ),
            wanted=(
                "The promise is met on 87 to 93 % of days by the plan. Erlang C on the mean meets "
                "it on too few days, or, in the last row, on too many with more people."
            ),
            cases=tuple(
                Case(name=each.name, count=partial(_plan, each), full=200) for each in PLANS
            ),
        ),
        Proof(
            name="coverage",
            title="Intervals of questions",
            tests=(
                "How often an interval of 95 % holds the truth. The truth is that of operations "
                "like this one: what all of those made up show together, everybody known and no "
                "wait or silence cut short; or a number that was put in. Bounds are held against "
                "what happened in the one operation. *More*: the mean of the estimates, with half "
                "an interval's usual width, and the truth."
            ),
            wanted="93 to 97.5 % of intervals; bounds always.",
            cases=COVERAGE,
        ),
    )
}
"""By name, in the order of the page."""
