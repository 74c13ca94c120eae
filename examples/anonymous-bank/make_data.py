"""Make the example data: the bank's calls with every id and every name replaced.

    python examples/anonymous-bank/make_data.py ORIGINAL.parquet

``ORIGINAL.parquet`` holds the calls of the "Anonymous Bank" data with their original columns (see
the README beside this file). It is not needed to use the example: what this script wrote is here.

Each customer and each advisor gets a pseudonym from a random key that lives only while the script
runs. Running it again gives other pseudonyms. Everything else stays exactly as it was, quirks too:

- customer 0 (not identified) stays 0;
- the rounded ids of 12 digits become other rounded ids of 12 digits; all others get 9 or 10 digits;
- ``NO_SERVER`` stays; names that a search-and-replace of "NA" had damaged get a pseudonym that
  holds "NA", damaged in the same way, in the same rows;
- names that begin with "Z2" keep the beginning.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TARGET = Path(__file__).parent / "calls_1999_01_to_07_and_09.parquet"
NOBODY = "NO_SERVER"
DAMAGE = ("NA", NOBODY)
ROUNDED = 10**6
TWELVE_DIGITS = 10**11
NINE_DIGITS, ELEVEN_DIGITS = 10**8, 10**10


def main(arguments: list[str]) -> int:
    """Read the original, replace, check, write."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    original = pq.read_table(arguments[0])
    made = pseudonymised(original, key=secrets.token_bytes(32))
    check(original, made)
    pq.write_table(
        made,
        TARGET,
        compression="zstd",
        compression_level=22,
        row_group_size=len(made),
        store_schema=False,
    )
    print(f"{len(made):,} calls, {TARGET.stat().st_size / 1e6:.2f} MB: {TARGET.name}")
    return 0


def pseudonymised(original: pa.Table, *, key: bytes) -> pa.Table:
    """The same table with new customers and new advisors."""
    customers = customer_pseudonyms(original["customer_id"].unique().to_pylist(), key=key)
    servers = server_pseudonyms(original["server"].unique().to_pylist(), key=key)
    made = original.replace_schema_metadata(None)
    for column, names in (("customer_id", customers), ("server", servers)):
        place = made.schema.get_field_index(column)
        field = made.schema.field(column)
        values = [names[value] for value in made[column].to_pylist()]
        made = made.set_column(place, field, pa.array(values, field.type))
    return made


def customer_pseudonyms(ids: Iterable[int], *, key: bytes) -> dict[int, int]:
    """A new id for each id; none of the new ones was an id before."""
    originals = set(ids)
    new: dict[int, int] = {0: 0}
    taken = set(originals)
    for each in sorted(originals - {0}):
        rounded = each >= TWELVE_DIGITS and each % ROUNDED == 0
        new[each] = _free(f"customer {each}", taken, key, _rounded if rounded else _plain)
        taken.add(new[each])
    return new


def _rounded(number: int) -> int:
    lowest = TWELVE_DIGITS // ROUNDED
    return (lowest + number % (9 * lowest)) * ROUNDED


def _plain(number: int) -> int:
    return NINE_DIGITS + number % (ELEVEN_DIGITS - NINE_DIGITS)


def _free(what: str, taken: set[int], key: bytes, shape: Callable[[int], int]) -> int:
    """The first pseudonym for ``what`` that nobody has or had."""
    for attempt in range(1000):
        made = hmac.new(key, f"{attempt} {what}".encode(), hashlib.sha256).digest()
        pseudonym = shape(int.from_bytes(made[:8], "big"))
        if pseudonym not in taken:
            return pseudonym
    raise RuntimeError("no free pseudonym")


def server_pseudonyms(names: Iterable[str], *, key: bytes) -> dict[str, str]:
    """A new name for each name, damaged where the old one was."""
    originals = set(names)
    whole = {
        name: name if name == NOBODY else name.replace(NOBODY, DAMAGE[0]) for name in originals
    }
    hurt = {whole[name] for name in originals if whole[name] != name}

    def draw(name: str) -> bytes:
        return hmac.new(key, f"advisor {name}".encode(), hashlib.sha256).digest()

    new = {NOBODY: NOBODY}
    for i, name in enumerate(sorted(set(whole.values()) - {NOBODY}, key=draw), start=1):
        if name in hurt:
            start = DAMAGE[0] if name.startswith(DAMAGE[0]) else f"AD{DAMAGE[0]}"
        else:
            start = "Z2AD" if name.startswith("Z2") else "AD"
        new[name] = f"{start}{i:04d}"
    return {
        name: new[whole[name]].replace(*DAMAGE) if whole[name] != name else new[name]
        for name in originals
    }


def check(original: pa.Table, made: pa.Table) -> None:
    """Stop unless nothing but ids and names changed, one for one, and none of them remains."""
    for column in original.column_names:
        before, after = original[column], made[column]
        if column in ("customer_id", "server"):
            nobody = 0 if column == "customer_id" else NOBODY
            left = (set(before.unique().to_pylist()) & set(after.unique().to_pylist())) - {nobody}
            pairs = set(zip(before.to_pylist(), after.to_pylist(), strict=True))
            one_for_one = (
                len(pairs) == pc.count_distinct(before).as_py() == pc.count_distinct(after).as_py()
            )
            if left or not one_for_one:
                raise RuntimeError(f"{column}: {len(left)} values remain, or are not one for one")
        elif not before.equals(after):
            raise RuntimeError(f"{column} changed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
