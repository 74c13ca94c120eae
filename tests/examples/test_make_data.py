"""The example data keeps every quirk and no id or name of the original."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
HERE = ROOT / "examples" / "anonymous-bank"
ORIGINAL = ROOT / "../shared/data/anonymous_bank_1999/calls_1999_01_to_07_and_09.parquet"
KEY = bytes(range(32))
TWELVE = re.compile(r"\d{6}0{6}")


@pytest.fixture(scope="module")
def make_data() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_data", HERE / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def calls(make_data: ModuleType) -> pa.Table:
    table = pq.read_table(make_data.TARGET)
    assert isinstance(table, pa.Table)
    return table


def original() -> pa.Table:
    """A small table of the original's shape."""
    return pa.table(
        {
            "customer_id": pa.array([0, 34, 9664491, 602701000000, 57476988698, 34, 0], pa.int64()),
            "server": [
                "NO_SERVER",
                "NAAMA",
                "NO_SERVERAMA",
                "ANAT",
                "ANO_SERVERT",
                "Z2OFER",
                "AVI",
            ],
            "ser_time": pa.array([0, 5, -3, 61437, 8, 1, 2], pa.int32()),
        }
    )


def test_customers_keep_their_shape_and_lose_their_ids(make_data: ModuleType) -> None:
    ids = original()["customer_id"].to_pylist()
    new = make_data.customer_pseudonyms(ids, key=KEY)
    assert new[0] == 0
    assert TWELVE.fullmatch(str(new[602701000000]))
    assert all(9 <= len(str(new[each])) <= 10 for each in (34, 9664491, 57476988698))
    assert not set(new.values()) & (set(ids) - {0})
    assert len(set(new.values())) == len(set(ids))


def test_another_key_gives_other_customers(make_data: ModuleType) -> None:
    one = make_data.customer_pseudonyms([34, 5876], key=KEY)
    assert one == make_data.customer_pseudonyms([34, 5876], key=KEY)
    assert one != make_data.customer_pseudonyms([34, 5876], key=KEY[::-1])


def test_damaged_names_stay_damaged_in_the_same_way(make_data: ModuleType) -> None:
    new = make_data.server_pseudonyms(original()["server"].to_pylist(), key=KEY)
    assert new["NO_SERVER"] == "NO_SERVER"
    assert new["NO_SERVERAMA"] == new["NAAMA"].replace("NA", "NO_SERVER") != new["NAAMA"]
    assert new["ANO_SERVERT"] == new["ANAT"].replace("NA", "NO_SERVER") != new["ANAT"]
    assert not new["ANO_SERVERT"].startswith("NO_SERVER")
    assert new["Z2OFER"].startswith("Z2")
    assert re.fullmatch(r"AD\d{4}", new["AVI"])


def test_nothing_else_changes(make_data: ModuleType) -> None:
    made = make_data.pseudonymised(original(), key=KEY)
    make_data.check(original(), made)
    assert made["ser_time"].equals(original()["ser_time"])


def test_the_check_refuses_what_remains_or_changed(make_data: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="customer_id"):
        make_data.check(original(), original())
    made = make_data.pseudonymised(original(), key=KEY)
    spoilt = made.set_column(2, "ser_time", pa.array([0] * len(made), pa.int32()))
    with pytest.raises(RuntimeError, match="ser_time"):
        make_data.check(original(), spoilt)


def test_the_file_that_comes_with_andon_has_every_quirk(calls: pa.Table) -> None:
    assert len(calls) == 283_661
    customers = calls["customer_id"]
    assert pc.sum(pc.equal(customers, 0)).as_py() == 143_126
    rounded = {each for each in customers.unique().to_pylist() if TWELVE.fullmatch(str(each))}
    assert len(rounded) == 25
    servers = calls["server"].value_counts().to_pylist()
    counts = {each["values"]: each["counts"] for each in servers}
    assert counts["NO_SERVER"] == 63_833
    hurt = {name: n for name, n in counts.items() if "NO_SERVER" in name and name != "NO_SERVER"}
    assert sorted(hurt.values()) == [338, 883]
    assert all(name.replace("NO_SERVER", "NA") in counts for name in hurt)
    assert sum(name.startswith("Z2") for name in counts) == 8
    assert all(re.fullmatch(r"(Z2)?(AD)?(NA|NO_SERVER)?(\d{4})?", name) for name in counts)


@pytest.mark.skipif(not ORIGINAL.exists(), reason="the original data is not on this machine")
def test_the_file_is_the_original_one_for_one(make_data: ModuleType, calls: pa.Table) -> None:
    make_data.check(pq.read_table(ORIGINAL).replace_schema_metadata(None), calls)
