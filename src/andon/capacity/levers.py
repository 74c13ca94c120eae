"""Levers: what is changed in a what-if, as people write it, and what that sets.

``-25%`` is a change, ``240 s`` a new level, ``92 %`` a share. What could mean two things is not
guessed: ``-25`` is refused, for it may be seconds or per cent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.situation import Situation
from andon.errors import PlanError
from andon.marked import Marked, read_marked
from andon.units import HOUR_S, seconds_said, share_said, spoken

__all__ = [
    "AgentsChange",
    "Amount",
    "CallbackOffer",
    "Deflection",
    "Levers",
    "Setting",
    "Spike",
    "read_levers",
]

Floats = npt.NDArray[np.float64]

_SIGNS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00d7": "x", "\u00a0": " "})
"""Signs as word processors write them."""
_NUMBER: Final = r"(?:\d+(?:\.\d*)?|\.\d+)"
_CHANGE: Final = re.compile(rf"([+-])\s*({_NUMBER})\s*(.*)")
_TIMES: Final = re.compile(rf"(?:x\s*({_NUMBER})|({_NUMBER})\s*x)")
_SPIKE: Final = re.compile(rf"(?:({_NUMBER})\s*x|\+\s*({_NUMBER})\s*%\s*(?:x|for)?)\s*(.+)")
_POINTS: Final = {"pt", "pts", "pp", "point", "points"}
_LEAST_HANDLE: Final = 0.1
"""A contact cut to less than a tenth is another contact."""
_MOST_HANDLE: Final = 10.0
_MOST_CHATS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """By how much, or to what.

    Attributes
    ----------
    kind : {"times", "plus", "to"}
    amount : float
        A factor; or what is added, or the new level, in the lever's unit.
    """

    kind: Literal["times", "plus", "to"]
    amount: float

    def of(self, today: float) -> float:
        """The new level."""
        if self.kind == "times":
            return today * self.amount
        return today + self.amount if self.kind == "plus" else self.amount


@dataclass(frozen=True, kw_only=True, slots=True)
class Deflection:
    """A bot in front: it takes a share of customers with a new matter, and settles a share of them.

    Those it does not settle come to people straight after.
    """

    share: float
    settles: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackOffer:
    """Callers who would wait over ``offer_over_s`` are offered a callback, and a share accepts."""

    accepts: float = 0.5
    offer_over_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Spike:
    """So many times the customers, for so long."""

    times: float
    for_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentsChange:
    """How many agents are on duty: an amount, or as many fewer as the naive plan promises."""

    amount: Amount | None = None
    follow: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Levers:
    """What is changed; None stays as it is. Make them with :meth:`said`, as people write them.

    Attributes
    ----------
    handle_time : Amount or None
        Mean handle time, seconds.
    occupancy : float or None
        Agents' occupancy is to be this, 0 to 1: fewer agents, or more.
    deflect : Deflection or None
    callback : CallbackOffer or None
    shrinkage : Amount or None
        Share of paid time away from contacts.
    concurrency : int or None
        Chats at once.
    spike : Spike or None
    volume : Amount or None
        Customers with a new matter.
    agents : AgentsChange or None
    """

    handle_time: Amount | None = None
    occupancy: float | None = None
    deflect: Deflection | None = None
    callback: CallbackOffer | None = None
    shrinkage: Amount | None = None
    concurrency: int | None = None
    spike: Spike | None = None
    volume: Amount | None = None
    agents: AgentsChange | None = None

    def __post_init__(self) -> None:
        if self.occupancy is not None and self.agents is not None:
            raise PlanError(
                "Occupancy and agents set the same thing.",
                found=f"occupancy = {self.occupancy:g}, and agents",
                todo="Change one of the two.",
            )

    @classmethod
    def said(cls, **levers: str | None) -> Levers:
        """Levers as people write them.

        Parameters
        ----------
        **levers : str or None
            ``handle_time``: ``-25%``, ``+30s``, ``240 s``. ``occupancy``: ``92%`` or ``0.92``.
            ``deflect``: ``20%@0.6``, the share and what it settles. ``callback``: ``yes``, or
            ``40%@2m``, the share that accepts and the wait from which it is offered. ``shrinkage``:
            ``-3pt`` or ``27%``. ``concurrency``: ``4``. ``spike``: ``1.6x2h``. ``volume``:
            ``+10%``. ``agents``: ``-10%``, ``+5``, or ``follow``: as many fewer as the naive plan
            promises.

        Raises
        ------
        PlanError
            If a lever is not known, could mean two things, or cannot be.

        Examples
        --------
        >>> Levers.said(handle_time="-25%", deflect="20%@0.6").says
        'handle time 25 % shorter; a bot takes 20 % of new matters and settles 60 % of those'
        """
        made: dict[str, object] = {}
        for name, text in levers.items():
            if name not in _READ:
                raise PlanError(
                    f"There is no lever {name!r}.",
                    found=f"{name} = {text!r}",
                    todo=f"Use any of: {', '.join(_READ)}.",
                )
            if text is not None:
                made[name] = _READ[name](name, text.translate(_SIGNS).strip())
        return cls(**made)  # type: ignore[arg-type]

    @property
    def none(self) -> bool:
        """Whether nothing is changed."""
        return all(getattr(self, each.name) is None for each in fields(self))

    @property
    def says(self) -> str:
        """What is changed, in plain words."""
        parts = [each for each in (_SAID[name](getattr(self, name)) for name in _SAID) if each]
        return "; ".join(parts) or "nothing is changed"

    def set_on(self, situation: Situation) -> Setting:
        """What the levers make of today's situation.

        Raises
        ------
        PlanError
            If a lever leads to what cannot be: a cut to zero, an occupancy of 100 %.
        """
        handle = situation.handle_s
        if self.handle_time is not None:
            handle = self.handle_time.of(situation.handle_s)
            _possible_handle(handle, situation.handle_s)
        chats = situation.chats if self.concurrency is None else self.concurrency
        if self.concurrency is not None:
            _possible_chats(self.concurrency, situation)
        bot = self.deflect or Deflection(share=0.0, settles=0.0)
        volume = 1.0 if self.volume is None else self.volume.of(1.0)
        today = situation.chats * situation.speed[situation.chats - 1]
        now = chats * situation.speed[chats - 1]
        naive = volume * (1 - bot.share) * (handle / situation.handle_s) * (today / now)
        return Setting(
            handle_s=handle,
            agents=situation.agents * self._agents(situation, naive),
            chats=chats,
            slower=1 / situation.speed[chats - 1],
            volume=volume,
            bot=bot,
            callback=self.callback,
            spike=self.spike,
            patience_s=situation.patience_s,
            naive_work=naive,
            paid_changes=self.agents is not None or self.occupancy is not None,
        )

    def _agents(self, situation: Situation, naive: float) -> Floats:
        """A factor for each interval."""
        factor = np.ones(len(situation.agents))
        if self.agents is not None:
            if self.agents.follow:
                factor = factor * naive
            elif self.agents.amount is not None:
                there = situation.agents > 0
                new = self.agents.amount.of(1.0) * factor
                if self.agents.amount.kind == "plus":
                    new = 1 + np.divide(
                        self.agents.amount.amount, situation.agents, out=factor * 0, where=there
                    )
                if np.any(new[there] <= 0):
                    raise PlanError(
                        "Nobody would be left at some time of the week.",
                        found=f"agents {self.agents.amount.amount:+g}, and at times only "
                        f"{situation.agents[there].min():g} on duty",
                        todo="Take away fewer, or a share such as -10%.",
                    )
                factor = new
        if self.occupancy is not None:
            carried = (
                situation.work_h * naive / (situation.chats * situation.speed[situation.chats - 1])
            )
            factor = factor * (carried / situation.duty_h / self.occupancy)
        if self.shrinkage is not None:
            today = situation.shrinkage.value
            new_share = self.shrinkage.of(today)
            if not 0 <= new_share < 1:
                raise PlanError(
                    "Shrinkage cannot be below 0 or reach 100 %.",
                    found=f"{today:.1%} today, {new_share:.1%} then",
                    todo="Change it by less.",
                )
            factor = factor * ((1 - new_share) / (1 - today))
        return factor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Setting:
    """How things are set: today, or after the levers are moved.

    Attributes
    ----------
    handle_s : float
        Mean handle time of a contact alone, seconds.
    agents : array of float, shape (k,)
        On duty in each interval.
    chats : int
        Contacts that an agent has at once at most.
    slower : float
        How many times as long a contact takes beside the others, 1 or more.
    volume : float
        Customers with a new matter, as a multiple of today's.
    bot : Deflection
    callback : CallbackOffer or None
    spike : Spike or None
    patience_s : float
    naive_work : float
        Work as the naive plan has it, as a multiple of today's: the same customers come, whatever
        is done to them, and who meets the bot is gone.
    paid_changes : bool
        Whether there are to be more or fewer paid agents: then they are what it costs; else the
        time that handling takes is.
    """

    handle_s: float
    agents: Floats
    chats: int
    slower: float
    volume: float
    bot: Deflection
    callback: CallbackOffer | None
    spike: Spike | None
    patience_s: float
    naive_work: float
    paid_changes: bool

    @property
    def contact_s(self) -> float:
        """How long a contact takes as the customer sees it, seconds."""
        return self.handle_s * self.slower

    @property
    def work_s(self) -> float:
        """Agents' time that a contact takes, seconds."""
        return self.contact_s / self.chats

    @property
    def places(self) -> Floats:
        """How many contacts can be handled at once, in each interval."""
        return self.agents * self.chats

    @property
    def comes(self) -> float:
        """Matters that reach people, as a multiple of today's fresh ones."""
        return self.volume * (1 - self.bot.share * self.bot.settles)

    @property
    def held_patience_s(self) -> float:
        """Mean patience where everybody who accepts a callback has been offered one, seconds."""
        accepts = 0.0 if self.callback is None else self.callback.accepts
        return self.patience_s / (1 - accepts)


def read_levers(path: Path) -> Levers:
    """Read a scenario file: a YAML section of levers, with the keys of :class:`Levers`.

    Values are written as for :meth:`Levers.said`; a key ``name`` may stand beside them.

    Raises
    ------
    PlanError
        If the file cannot be read, or a lever is not known, could mean two things or cannot be:
        with file, line and key.
    """
    marked = read_marked(path, error=PlanError)
    found: dict[str, object] = {}
    for name, value in marked.section((*_READ, "name")).items():
        if name == "name":
            value.text()
            continue
        with value.placed():
            found[name] = _READ[name](name, _as_said(name, value).translate(_SIGNS).strip())
    if not found:
        raise PlanError(
            "The scenario changes nothing.",
            found=str(path),
            todo=f"Give at least one of: {', '.join(_READ)}.",
        )
    with marked.placed():
        return Levers(**found)  # type: ignore[arg-type]


def _as_said(name: str, value: Marked) -> str:
    if name == "callback" and isinstance(value.value, bool):
        return "yes" if value.value else "no"
    return value.text()


# --- reading what people write -------------------------------------------------------------------


def _change(name: str, text: str, *, unit: Literal["s", "points", "count", "none"]) -> Amount:
    """A change or a level; what could mean two things is refused."""
    times = _TIMES.fullmatch(text)
    if times:
        return Amount(kind="times", amount=float(times[1] or times[2]))
    change = _CHANGE.fullmatch(text)
    if change:
        return _signed(name, text, unit=unit, parts=change)
    if unit == "s":
        level = text.removeprefix("to ").strip()
        if not re.fullmatch(rf"{_NUMBER}\s*%?", level):
            try:
                return Amount(kind="to", amount=seconds_said(level))
            except ValueError:
                pass
    if unit == "points":
        level = text.removeprefix("to ").strip()
        if level.endswith("%"):
            return Amount(kind="to", amount=_share(name, level, of="paid time"))
    raise _ambiguous(name, text, unit)


def _signed(name: str, text: str, *, unit: str, parts: re.Match[str]) -> Amount:
    sign, size, after = (-1.0 if parts[1] == "-" else 1.0), float(parts[2]), parts[3].strip()
    if after == "%" and unit != "points":
        if sign < 0 and size >= 100:
            raise PlanError(
                f"{name} cannot be cut to nothing.",
                found=f"{name} = {text!r}",
                todo="Cut by less than 100 %.",
            )
        return Amount(kind="times", amount=1 + sign * size / 100)
    if unit == "points" and after in _POINTS:
        return Amount(kind="plus", amount=sign * size / 100)
    if unit == "count" and not after and size == int(size):
        return Amount(kind="plus", amount=sign * size)
    if unit == "s" and after:
        try:
            return Amount(kind="plus", amount=sign * seconds_said(parts[2] + after))
        except ValueError:
            pass
    raise _ambiguous(name, text, unit)


_WRITE: Final = {
    "s": "Write -25% (or 0.75x) for a quarter less, -30s for thirty seconds less, or 240s for the "
    "new level.",
    "points": "Write -3pt for three points less, or 27% for the new level.",
    "count": "Write -10% for a tenth fewer, or -5 for five fewer at any time.",
    "none": "Write +10% for a tenth more.",
}


def _ambiguous(name: str, text: str, unit: str) -> PlanError:
    return PlanError(
        f"{name} could mean more than one thing, or nothing.",
        found=f"{name} = {text!r}",
        todo=_WRITE[unit],
    )


def _share(name: str, text: str, *, of: str) -> float:
    try:
        value = share_said(text)
    except ValueError:
        raise PlanError(
            f"{name} is no share of {of}.",
            found=f"{name} = {text!r}",
            todo="Write it as 20% or 0.2.",
        ) from None
    if not text.endswith("%") and value > 1:
        raise PlanError(
            f"{name} could mean {value:g} % or {value:g} times as many.",
            found=f"{name} = {text!r}",
            todo=f"Write {value:g}% or {value / 100:g}.",
        )
    if not 0 <= value <= 1:
        raise PlanError(
            f"{name} must lie between 0 and 100 % of {of}.",
            found=f"{name} = {text!r}",
            todo="Give a smaller share.",
        )
    return value


def _handle_time(name: str, text: str) -> Amount:
    return _positive(name, text, _change(name, text, unit="s"))


def _positive(name: str, text: str, amount: Amount) -> Amount:
    if amount.kind != "plus" and amount.amount <= 0:
        raise PlanError(
            f"{name} cannot be nothing.",
            found=f"{name} = {text!r}",
            todo="Leave something of it.",
        )
    return amount


def _occupancy(name: str, text: str) -> float:
    value = _share(name, text, of="agents' time")
    if not 0 < value < 1:
        raise PlanError(
            "Nobody can be busy all of the time, or none of it, and still answer customers.",
            found=f"{name} = {text!r}",
            todo="Ask for less than 100 %: at 92 % queues are long already.",
        )
    return value


def _deflect(name: str, text: str) -> Deflection:
    takes, at, settles = text.partition("@")
    if not at:
        raise PlanError(
            "It must be said how many of those the bot takes it truly settles.",
            found=f"{name} = {text!r}",
            todo="Write 20%@0.6: it takes a fifth, and settles six in ten of those.",
        )
    share = _share(name, takes.strip(), of="customers")
    settled = _share(name, settles.strip(), of="those the bot takes")
    if share * settled >= 1:
        raise PlanError(
            "A bot that settles everything leaves nothing to ask.",
            found=f"{name} = {text!r}",
            todo="Give shares below 100 %.",
        )
    return Deflection(share=share, settles=settled)


def _callback(name: str, text: str) -> CallbackOffer | None:
    if text.lower() in {"yes", "on", "true"}:
        return CallbackOffer()
    if text.lower() in {"no", "off", "false"}:
        return None
    accepts, _, over = text.partition("@")
    share = _share(name, accepts.strip(), of="callers who are offered a callback")
    if share >= 1:
        raise PlanError(
            "Not everybody accepts a callback.",
            found=f"{name} = {text!r}",
            todo="Give less than 100 %, such as 50%.",
        )
    if not over:
        return CallbackOffer(accepts=share)
    try:
        return CallbackOffer(accepts=share, offer_over_s=seconds_said(over))
    except ValueError:
        raise PlanError(
            "The wait from which a callback is offered is no duration.",
            found=f"{name} = {text!r}",
            todo="Write 40%@2m: offered to who would wait two minutes, and four in ten accept.",
        ) from None


def _shrinkage(name: str, text: str) -> Amount:
    return _change(name, text, unit="points")


def _concurrency(name: str, text: str) -> int:
    if not re.fullmatch(r"\d+", text) or not 1 <= int(text) <= _MOST_CHATS:
        raise PlanError(
            f"Chats at once are a whole number from 1 to {_MOST_CHATS}.",
            found=f"{name} = {text!r}",
            todo="Write 3.",
        )
    return int(text)


def _spike(name: str, text: str) -> Spike:
    found = _SPIKE.fullmatch(text)
    todo = "Write 1.6x2h: 1.6 times the customers, for two hours."
    if not found:
        raise PlanError(
            "A spike is so many times the customers, for so long.",
            found=f"{name} = {text!r}",
            todo=todo,
        )
    times = float(found[1]) if found[1] else 1 + float(found[2]) / 100
    try:
        length = seconds_said(found[3].removeprefix("for ").strip())
    except ValueError:
        length = 0.0
    if times <= 0 or not 0 < length <= 7 * 24 * HOUR_S or re.fullmatch(_NUMBER, found[3].strip()):
        raise PlanError(
            "A spike is so many times the customers, for so long, a week at most.",
            found=f"{name} = {text!r}",
            todo=todo,
        )
    return Spike(times=times, for_s=length)


def _volume(name: str, text: str) -> Amount:
    return _positive(name, text, _change(name, text, unit="none"))


def _agents(name: str, text: str) -> AgentsChange:
    if text.lower() == "follow":
        return AgentsChange(follow=True)
    return AgentsChange(amount=_positive(name, text, _change(name, text, unit="count")))


_READ: Final[dict[str, Callable[[str, str], object]]] = {
    "handle_time": _handle_time,
    "occupancy": _occupancy,
    "deflect": _deflect,
    "callback": _callback,
    "shrinkage": _shrinkage,
    "concurrency": _concurrency,
    "spike": _spike,
    "volume": _volume,
    "agents": _agents,
}
"""How each lever is read."""


# --- saying it again -----------------------------------------------------------------------------


def _moved(what: str, amount: Amount | None, *, unit: str, more: str, less: str) -> str:
    if amount is None:
        return ""
    if amount.kind == "times":
        size = spoken(round(abs(amount.amount - 1), 9), "share")
        return f"{what} {size} {more if amount.amount > 1 else less}"
    if unit == "points":
        if amount.kind == "to":
            return f"{what} {spoken(amount.amount, 'share')}"
        size = spoken(abs(amount.amount) * 100, "points")
    elif unit == "s":
        size = spoken(abs(amount.amount), "s")
    else:
        size = f"{abs(amount.amount):,.0f}"
    if amount.kind == "to":
        return f"{what} {size}"
    return f"{what} {size} {more if amount.amount > 0 else less}"


def _bot_said(bot: Deflection | None) -> str:
    if bot is None:
        return ""
    return (
        f"a bot takes {spoken(bot.share, 'share')} of new matters and settles "
        f"{spoken(bot.settles, 'share')} of those"
    )


def _callback_said(offer: CallbackOffer | None) -> str:
    if offer is None:
        return ""
    return (
        f"a callback is offered to who would wait over {spoken(offer.offer_over_s, 's')}, and "
        f"{spoken(offer.accepts, 'share')} accept"
    )


def _spike_said(spike: Spike | None) -> str:
    if spike is None:
        return ""
    return f"{spike.times:g} times the customers for {spoken(spike.for_s, 's')}"


def _agents_said(change: AgentsChange | None) -> str:
    if change is None:
        return ""
    if change.follow:
        return "as many fewer agents as the naive plan promises"
    return _moved("agents", change.amount, unit="count", more="more", less="fewer")


_SAID: Final[dict[str, Callable[[Any], str]]] = {
    "handle_time": lambda it: _moved("handle time", it, unit="s", more="longer", less="shorter"),
    "occupancy": lambda it: "" if it is None else f"agents busy {spoken(it, 'share')} of the time",
    "deflect": _bot_said,
    "callback": _callback_said,
    "shrinkage": lambda it: _moved("shrinkage", it, unit="points", more="more", less="less"),
    "concurrency": lambda it: "" if it is None else f"{it} chats at once",
    "spike": _spike_said,
    "volume": lambda it: _moved("volume", it, unit="none", more="more", less="less"),
    "agents": _agents_said,
}


def _possible_handle(handle: float, today: float) -> None:
    if handle <= 0:
        raise PlanError(
            "Handle time cannot be cut to nothing.",
            found=f"{spoken(today, 's')} today, {handle:g} s then",
            todo="Cut by less than today's handle time.",
        )
    if not _LEAST_HANDLE * today <= handle <= _MOST_HANDLE * today:
        raise PlanError(
            "Handle time would be another thing altogether: nothing known today says what follows.",
            found=f"{spoken(today, 's')} today, {spoken(handle, 's')} then",
            todo="Ask for a tenth to ten times of today's.",
        )


def _possible_chats(chats: int, situation: Situation) -> None:
    if situation.channel not in {"chat", "messaging"} and chats > 1:
        raise PlanError(
            "Only chats and messages can be handled several at once.",
            found=f"concurrency = {chats}, channel = {situation.channel!r}",
            todo="Leave it out, or choose a queue of chats.",
        )
    if chats > len(situation.speed):
        raise PlanError(
            "Nobody told how slow each of so many chats would be.",
            found=f"concurrency = {chats}, speeds for {len(situation.speed)}",
            todo="Give a speed for each number of chats, as andon.queueing.Slowdown has them.",
        )
