"""Keys that a YAML file may say, each a row: reading and the reference page both come from them.

A key with a slip meets the nearest that is known, and every error has its place in the file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andon.marked import Marked

__all__ = ["WEEKDAYS", "Key", "known_keys", "meant", "needed", "one_of", "weekdays"]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""How files name the days of the week."""


_CLOSE: Final = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key that a file may say.

    Attributes
    ----------
    section : str
        Where it stands.
    name : str
    holds : str
        What may stand behind it.
    says : str
        What it means.
    without : str
        What holds where it is left out.
    field : str
        The field of the section's class that it fills, where keys are read by their rows.
    """

    section: str
    name: str
    holds: str
    says: str
    without: str = ""
    field: str = ""

    @classmethod
    def rows(cls, *rows: tuple[str, ...]) -> tuple[Key, ...]:
        """Keys from rows of their attributes, in order.

        >>> Key.rows(("pool", "chats", "a whole number", "Chats at once.", "1"))[0].without
        '1'
        """
        return tuple(cls(**dict(zip(cls.__slots__, row, strict=False))) for row in rows)


def known_keys(marked: Marked, keys: Sequence[Key], *sections: str) -> dict[str, Marked]:
    """What a section of a file says by key, every one of them a key of these sections.

    Parameters
    ----------
    marked : Marked
        The section.
    keys : sequence of Key
        Every key of the file.
    sections : str
        Those whose keys may stand here.

    Raises
    ------
    AndonError
        Of the file's type: if it is no section, or a key is not known.
    """
    known = tuple(key.name for key in keys if key.section in sections)
    found = marked.section(())
    for name, each in found.items():
        if name not in known:
            raise each.wrong(f"The key '{each.key}' is not known.", todo=meant(name, known))
    return found


def needed(marked: Marked, keys: Mapping[str, Marked], name: str) -> Marked:
    """What stands behind a key that must be there.

    Parameters
    ----------
    marked : Marked
        The section.
    keys : mapping of str to Marked
        What it says.
    name : str
        The key.

    Raises
    ------
    AndonError
        Of the file's type: if the key is not there.
    """
    if name not in keys:
        where = f" of '{marked.key}'" if marked.key else ""
        raise marked.wrong(f"The key '{name}'{where} is missing.", todo=f"Add {name}: ...")
    return keys[name]


def one_of(marked: Marked, names: Sequence[str], said: str | None = None) -> str:
    """A value as one of some names; a slip meets the nearest.

    Parameters
    ----------
    marked : Marked
    names : sequence of str
    said : str, optional
        A part of the value, or the value in another form; the whole text if left out.

    Raises
    ------
    AndonError
        Of the file's type: if it is none of them.
    """
    text = marked.text() if said is None else said
    if text not in names:
        raise marked.wrong(f"'{text}' is not a choice for '{marked.key}'.", todo=meant(text, names))
    return text


def weekdays(marked: Marked) -> tuple[int, ...]:
    """Days of the week as numbers, 0 for Monday, each once and in order.

    Parameters
    ----------
    marked : Marked
        One day or a list, from :data:`WEEKDAYS`; whole names will do.

    Raises
    ------
    AndonError
        Of the file's type: if one is no day of the week.
    """
    said = (one_of(each, WEEKDAYS, each.text().strip().lower()[:3]) for each in marked.items())
    return tuple(sorted({WEEKDAYS.index(each) for each in said}))


def meant(said: str, known: Sequence[str]) -> str:
    """What to do about a word that is not known: the nearest that is, and all that are.

    >>> meant("agnets", ("agents", "speed"))
    "Did you mean 'agents'? One of: agents, speed."
    """
    near = difflib.get_close_matches(said, known, n=1, cutoff=_CLOSE)
    listed = f"One of: {', '.join(known)}."
    return f"Did you mean '{near[0]}'? {listed}" if near else listed
