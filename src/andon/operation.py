"""One operation: its folder, and the file ``andon.yaml`` that describes it.

Every key of the file is a row of :data:`KEYS`; reading checks each one, and an error names the
file, the line, the key, what was found and what was expected.
"""

from __future__ import annotations

import math
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final, cast
from zoneinfo import ZoneInfo

import yaml

from andon.errors import OperationError
from andon.marked import Marked, read_marked
from andon.units import DAY_S

__all__ = ["ENGINES", "FILE", "KEYS", "Costs", "Journey", "Key", "Operation", "Standards"]

FILE: Final = "andon.yaml"
ENGINES: Final = (
    "duckdb",
    "spark",
    "bigquery",
    "clickhouse",
    "postgres",
    "postgresql",
    "snowflake",
    "trino",
)
"""Engines by name (``duckdb``, ``spark``) or by the scheme of a warehouse's address."""

_KEY_FILE: Final = "pseudonym.key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What handling costs, and what goes wrong costs.

    Attributes
    ----------
    currency : str
        Three letters (ISO 4217), for example ``"EUR"``.
    per_hour : float or None
        What one hour of handling costs, in ``currency``, above 0. None: not told, so no figure is
        given in money.
    per_complaint : float or None
        What settling one complaint costs, in ``currency``, above 0.
    per_lost_customer : float or None
        What is lost with a customer who leaves, in ``currency``, above 0.
    per_customer_hour : float or None
        At what an hour of customers' own time is counted, in ``currency``, above 0. None: it is
        told in hours and not in money.
    """

    currency: str = "EUR"
    per_hour: float | None = None
    per_complaint: float | None = None
    per_lost_customer: float | None = None
    per_customer_hour: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standards:
    """The limits that service level, abandonment and cases closed in time are counted with.

    Attributes
    ----------
    answer_within_s : float
        An answer within this many seconds is in time (above 0).
    short_abandon_s : float
        Who hangs up within this many seconds is not counted as abandoned (0 or more).
    close_within_h : float or None
        A case closed within this many hours is in time (above 0); None where nothing is promised.
    """

    answer_within_s: float = 20.0
    short_abandon_s: float = 5.0
    close_within_h: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Journey:
    """What customers try to get done, and the queues and reasons that belong to it.

    Attributes
    ----------
    name : str
    queues, reasons : tuple of str
        As the source records them. A contact belongs to the first journey that names its reason,
        else to the first that names its queue.
    """

    name: str
    queues: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One customer-service operation: a folder with an ``andon.yaml``.

    Attributes
    ----------
    folder : Path
        Absolute.
    name : str
        What people call it.
    zone : str
        Its time zone, an IANA name such as ``"Europe/Berlin"``.
    ledger : Path
        The folder of the ledger's tables.
    store : str
        Where decisions are kept: the path of a SQLite file, or a database address.
    engine : str
        ``"duckdb"``, ``"spark"`` or a warehouse's address, exactly as written in the file.
    journeys : tuple of Journey
    costs : Costs
    standards : Standards
    pseudonym_file : Path or None
        The file that holds the key of the pseudonyms. None: ids are kept as they are.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> made = Operation.create(folder.name, name="Corner Bank", zone="Asia/Jerusalem")
    >>> Operation.open(folder.name).name
    'Corner Bank'
    >>> folder.cleanup()
    """

    folder: Path
    name: str
    zone: str
    ledger: Path
    store: str
    engine: str = "duckdb"
    journeys: tuple[Journey, ...] = ()
    costs: Costs = Costs()
    standards: Standards = Standards()
    pseudonym_file: Path | None = None

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Operation:
        """Read and check the operation in ``folder``.

        Raises
        ------
        OperationError
            If there is no readable ``andon.yaml``, or a key of it is unknown, missing, given twice
            or has a value that cannot be used. The error names file, line, key, what was found
            and what was expected.
        """
        home = Path(folder).expanduser().resolve()
        path = home / FILE
        values = _read(path)
        pseudonyms = values["pseudonyms"]
        store = str(values["store"])
        return cls(
            folder=home,
            name=str(values["name"]),
            zone=str(values["zone"]),
            ledger=home / Path(str(values["ledger"])).expanduser(),
            store=store if "://" in store else str(home / store),
            engine=str(values["engine"]),
            journeys=cast("tuple[Journey, ...]", values["journeys"]),
            costs=Costs(
                currency=str(values["costs.currency"]),
                **{
                    name: cast("float | None", values[f"costs.{name}"])
                    for name in (
                        "per_hour",
                        "per_complaint",
                        "per_lost_customer",
                        "per_customer_hour",
                    )
                },
            ),
            standards=Standards(
                answer_within_s=cast("float", values["standards.answer_within_s"]),
                short_abandon_s=cast("float", values["standards.short_abandon_s"]),
                close_within_h=cast("float | None", values["standards.close_within_h"]),
            ),
            pseudonym_file=None if pseudonyms is None else home / str(pseudonyms),
        )

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        *,
        name: str,
        zone: str = "UTC",
        currency: str = "EUR",
        per_hour: float | None = None,
        pseudonyms: bool = True,
    ) -> Operation:
        """Write a new operation into ``folder`` and open it.

        Writes ``andon.yaml``, ``.gitignore``, the folders ``mappings`` and ``reports``, and, unless
        ``pseudonyms`` is False, a new random key that only the owner of the file may read.

        Raises
        ------
        OperationError
            If ``folder`` already holds an operation, cannot be written, or a value cannot be used.
        """
        home = Path(folder).expanduser().resolve()
        path = home / FILE
        if path.exists():
            raise OperationError(
                "There is already an operation in this folder.",
                found=str(path),
                todo="Choose another folder, or change that file by hand.",
            )
        for key, value in (
            ("name", name),
            ("zone", zone),
            ("costs.currency", currency),
            ("costs.per_hour", per_hour),
        ):
            _check_given(key, value)
        text = _file_text(
            name=name, zone=zone, currency=currency, per_hour=per_hour, pseudonyms=pseudonyms
        )
        try:
            for each in (home / "mappings", home / "reports"):
                each.mkdir(parents=True, exist_ok=True)
            if pseudonyms:
                _new_key(home / _KEY_FILE)
            _ignore(home / ".gitignore", ("/ledger/", "/reports/", "/andon.db", f"/{_KEY_FILE}"))
            whole = path.with_name(f".{FILE}.{os.getpid()}")
            whole.write_text(text, encoding="utf-8")
            whole.replace(path)
        except OSError as problem:
            raise OperationError(
                "The operation's folder cannot be written.",
                found=f"{home}: {problem.strerror or problem}",
                todo="Choose a folder that you may write to, on a disk with space.",
            ) from problem
        return cls.open(home)

    @property
    def file(self) -> Path:
        """The ``andon.yaml`` of this operation."""
        return self.folder / FILE

    @property
    def mappings(self) -> Path:
        """The folder of its mapping files."""
        return self.folder / "mappings"

    @property
    def reports(self) -> Path:
        """The folder that reports are written to."""
        return self.folder / "reports"

    @property
    def timezone(self) -> ZoneInfo:
        """The time zone as the standard library's object."""
        return ZoneInfo(self.zone)

    def engine_address(self, environment: Mapping[str, str] | None = None) -> str:
        """The engine with every ``${NAME}`` filled in from the environment.

        Raises
        ------
        OperationError
            If the environment does not hold a name that is used.
        """
        try:
            return Template(self.engine).substitute(
                os.environ if environment is None else environment
            )
        except (KeyError, ValueError) as problem:
            raise OperationError(
                "The engine's address names something that the environment does not hold.",
                found=f"{self.file}: engine: {self.engine} ({problem})",
                todo="Set that environment variable before running andon.",
            ) from problem

    def pseudonym_key(self) -> bytes | None:
        """The secret key that ids are hashed with; None where pseudonyms are off.

        Raises
        ------
        OperationError
            If the key file cannot be read or does not hold a key.
        """
        if self.pseudonym_file is None:
            return None
        try:
            text = self.pseudonym_file.read_text(encoding="ascii").strip()
            key = bytes.fromhex(text)
        except OSError as problem:
            raise OperationError(
                "The key of the pseudonyms cannot be read.",
                found=f"{self.pseudonym_file}: {problem.strerror or problem}",
                todo="Put the key file back. A new key would make every customer a new one.",
            ) from problem
        except ValueError:
            key = b""
        if len(key) < _KEY_BYTES // 2:
            raise OperationError(
                "The file for the key of the pseudonyms does not hold a key.",
                found=f"{self.pseudonym_file}: not {_KEY_BYTES * 2} hexadecimal digits",
                todo="Put the key file back. A new key would make every customer a new one.",
            )
        return key


# --- the keys of the file ---------------------------------------------------------------------


class _UnfitError(Exception):
    """A value that a key cannot take; the reader adds file, line and key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of ``andon.yaml``: what it may hold, what it means, and what holds without it."""

    name: str
    expects: str
    says: str
    read: Callable[[Marked], object]
    default: object = None
    required: bool = False


def _text(marked: Marked) -> str:
    if marked.value is None or isinstance(marked.value, list | dict):
        raise _UnfitError
    text = marked.text().strip()
    if not text:
        raise _UnfitError
    return text


def _zone(marked: Marked) -> str:
    name = _text(marked)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        raise _UnfitError from problem
    return name


def _folder(marked: Marked) -> str:
    text = _text(marked)
    if "://" in text:
        raise _UnfitError
    return text


def _engine(marked: Marked) -> str:
    text = _text(marked)
    name, separator, _ = text.partition("://")
    alone = {"duckdb": True, "spark": not separator}.get(name, False)
    if name not in ENGINES or alone == bool(separator):
        raise _UnfitError
    return text


def _currency(marked: Marked) -> str:
    text = _text(marked)
    if not re.fullmatch("[A-Z]{3}", text):
        raise _UnfitError
    return text


def _number(marked: Marked) -> float:
    try:
        return marked.number()
    except OperationError:
        raise _UnfitError from None


def _above_zero(marked: Marked) -> float:
    number = _number(marked)
    if number <= 0:
        raise _UnfitError
    return number


def _seconds(*, from_s: float) -> Callable[[Marked], float]:
    def read(marked: Marked) -> float:
        number = _number(marked)
        if not from_s <= number <= DAY_S:
            raise _UnfitError
        return number

    return read


def _key_file(marked: Marked) -> str | None:
    if marked.value is False:  # YAML takes `off` for false
        return None
    if marked.value is True:
        raise _UnfitError
    return _text(marked)


def _journeys(marked: Marked) -> tuple[Journey, ...]:
    return tuple(_journey(name, each) for name, each in marked.section(()).items())


def _journey(name: str, marked: Marked) -> Journey:
    parts = {key: each.texts() for key, each in marked.section(("queues", "reasons")).items()}
    if not any(parts.values()):
        raise _UnfitError
    return Journey(name=name, **parts)


KEYS: Final[tuple[Key, ...]] = (
    Key(
        name="name",
        expects="the operation's name",
        says="What people call this operation; reports carry it.",
        read=_text,
        required=True,
    ),
    Key(
        name="zone",
        expects="an IANA time zone such as Europe/Berlin",
        says="The clock on the operation's wall: days and hours are cut by it.",
        read=_zone,
        required=True,
    ),
    Key(
        name="ledger",
        expects="a folder on this machine or on a mounted disk",
        says="Where the ledger's tables are kept.",
        read=_folder,
        default="ledger",
    ),
    Key(
        name="store",
        expects="a file or a database address",
        says="Where decisions are kept.",
        read=_text,
        default="andon.db",
    ),
    Key(
        name="engine",
        expects=f"duckdb, spark, or an address that begins with one of {', '.join(ENGINES[1:])}",
        says="What answers questions. ${NAME} is filled in from the environment.",
        read=_engine,
        default="duckdb",
    ),
    Key(
        name="journeys",
        expects="for each journey its queues or its reasons, as lists",
        says="What customers try to get done, and the queues and reasons that belong to it.",
        read=_journeys,
        default=(),
    ),
    Key(
        name="costs.currency",
        expects="three capital letters such as EUR",
        says="The currency of every amount.",
        read=_currency,
        default="EUR",
    ),
    Key(
        name="costs.per_hour",
        expects="a number above 0",
        says="What one hour of handling costs. Without it no figure is given in money.",
        read=_above_zero,
    ),
    Key(
        name="costs.per_complaint",
        expects="a number above 0",
        says="What settling one complaint costs. A what-if counts it.",
        read=_above_zero,
    ),
    Key(
        name="costs.per_lost_customer",
        expects="a number above 0",
        says="What is lost with a customer who leaves. A what-if counts it.",
        read=_above_zero,
    ),
    Key(
        name="costs.per_customer_hour",
        expects="a number above 0",
        says="What an hour of customers' own time is counted at. Without it, it stays hours.",
        read=_above_zero,
    ),
    Key(
        name="standards.answer_within_s",
        expects="seconds, from 1 to 86400",
        says="An answer within this many seconds is in time.",
        read=_seconds(from_s=1),
        default=20.0,
    ),
    Key(
        name="standards.short_abandon_s",
        expects="seconds, from 0 to 86400",
        says="Who hangs up within this many seconds is not counted as abandoned.",
        read=_seconds(from_s=0),
        default=5.0,
    ),
    Key(
        name="standards.close_within_h",
        expects="a number above 0",
        says="How many hours after it arrived a case is promised to be closed.",
        read=_above_zero,
    ),
    Key(
        name="pseudonyms",
        expects="the name of a key file, or off",
        says="The key that customers' and advisors' ids are hashed with on the way in.",
        read=_key_file,
        default=_KEY_FILE,
    ),
)
"""Every key that ``andon.yaml`` may hold; a dot stands for one level of indent."""

_BY_NAME: Final = {key.name: key for key in KEYS}


# --- reading ----------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, object]:
    """Each key's value, checked; what the file leaves out has its default."""
    if not path.exists():
        raise OperationError(
            "There is no operation in this folder.",
            found=f"no {FILE} in {path.parent}",
            todo="Run `andon init` there, or name the operation's folder with --operation.",
        )
    root = read_marked(path, error=OperationError)
    if not isinstance(root.value, dict):
        raise OperationError(
            f"{FILE} does not hold keys and values.",
            found=f"{path}, line 1",
            todo="Write one `key: value` on each line, beginning with name and zone.",
        )
    values: dict[str, object] = {key.name: key.default for key in KEYS}
    given = dict(_entries(root))
    for name, marked in given.items():
        key = _BY_NAME[name]
        try:
            values[name] = key.read(marked)
        except _UnfitError as problem:
            raise marked.wrong(
                f"'{name}' in {FILE} cannot be used as it stands.", expected=key.expects
            ) from problem
    for key in KEYS:
        if key.required and key.name not in given:
            raise OperationError(
                f"{FILE} does not say the {key.name}.",
                found=f"{path}: no key '{key.name}'",
                todo=f"Add a line `{key.name}: ...` with {key.expects}.",
            )
    return values


def _entries(root: Marked) -> Iterator[tuple[str, Marked]]:
    """Every entry by its dotted name, sections opened; every name known."""
    tops = tuple(dict.fromkeys(name.partition(".")[0] for name in _BY_NAME))
    for name, marked in root.section(tops).items():
        inner = [key.partition(".")[2] for key in _BY_NAME if key.startswith(f"{name}.")]
        if not inner:
            yield name, marked
        elif marked.value is not None:  # a section whose keys are all commented out
            for each in marked.section(inner).values():
                yield each.key, each


# --- writing ----------------------------------------------------------------------------------


def _check_given(name: str, value: object) -> None:
    """Refuse a bad value before anything is written."""
    key = _BY_NAME[name]
    if value is None and not key.required:
        return
    try:
        key.read(Marked(value, FILE, 1, name, OperationError))
    except _UnfitError as problem:
        raise OperationError(
            f"The operation's {name.rpartition('.')[2]} cannot be used.",
            found=f"{name}: {value!r}",
            todo=f"Expected {key.expects}.",
        ) from problem


def _file_text(
    *, name: str, zone: str, currency: str, per_hour: float | None, pseudonyms: bool
) -> str:
    def quoted(text: str) -> str:
        return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()

    cost = "# per_hour: 40" if per_hour is None else f"per_hour: {per_hour:g}"
    return f"""\
# What Andon knows of this operation. `andon doctor` checks it.
name: {quoted(name)}

# The clock on the wall: days and hours are cut by it.
zone: {quoted(zone)}

# What answers questions: duckdb (on this machine), spark, or a warehouse's address.
engine: duckdb

# What one hour of handling costs. Without per_hour no figure is given in money.
costs:
  currency: {quoted(currency)}
  {cost}

standards:
  answer_within_s: 20 # an answer within this time is in time
  short_abandon_s: 5 # who hangs up sooner is not counted as abandoned

# What customers try to get done, by queue or by reason as the source records them:
# journeys:
#   pay a bill:
#     queues: [Billing]
#     reasons: [late fee, direct debit]

# Ids are hashed with the key in this file on the way in. Keep it, and keep it secret.
pseudonyms: {_KEY_FILE if pseudonyms else "off"}
"""


def _ignore(path: Path, lines: tuple[str, ...]) -> None:
    """Keep what must not be shared out of version control, beside what is kept out already."""
    there = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    missing = [line for line in lines if line not in there]
    path.write_text("".join(f"{line}\n" for line in [*there, *missing]), encoding="utf-8")


def _new_key(path: Path) -> None:
    """Write a random key that only its owner may read; a key that is there stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
