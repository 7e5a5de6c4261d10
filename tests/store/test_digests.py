"""Digests of tables and features: by value, the same in every process."""

import datetime
import decimal
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from shanshui.core.errors import StoreError
from shanshui.store.tables import read_table, table_digest, write_table
from shanshui.store.vectors import features_digest

DATES = ["2020-01-01", "2021-06-01", None]
COLUMNS = {
    "int8": np.int8([1, 2, 3]),
    "uint64": np.uint64([1, 2, 2**64 - 1]),
    "float32": np.float32([1, np.nan, 3]),
    "complex": np.array([1, 2j, np.nan]),
    "bool": [True, False, False],
    "text": ["汉江", None, "a"],
    "arrow text": pd.array(["a", None, "b"], dtype="string[pyarrow]"),
    "zoned": pd.to_datetime(DATES).tz_localize("Asia/Shanghai"),
    "instants": pd.to_datetime(DATES),
    "spans": pd.to_timedelta([1, None, 3], unit="h"),
    "periods": pd.period_range("2020", periods=3, freq="M"),
    "intervals": pd.interval_range(0, 3),
    "Int64": pd.array([1, None, 3], dtype="Int64"),
    "UInt8": pd.array([1, None, 3], dtype="UInt8"),
    "boolean": pd.array([True, None, False], dtype="boolean"),
    "Float64": pd.array([1.5, None, 3], dtype="Float64"),
    "arrow whole": pd.array([1, None, 3], dtype="int64[pyarrow]"),
    "arrow instants": pd.array([pd.Timestamp("2020"), None, pd.Timestamp("2021")], dtype="timestamp[us][pyarrow]"),
    "categories": pd.Categorical(["a", None, "b"]),
    "ordered": pd.Categorical([3, 1, 2], ordered=True),
    "sparse": pd.arrays.SparseArray([0, 0, 1]),
    "decimals": [decimal.Decimal("1.10"), None, decimal.Decimal(2)],
    "large": [2**70, 1, None],
    "dates": [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 2)],
    "mixed": ["a", 1, 2.5],
    "bytes": [b"a", b"b", None],
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_any_kind_has_one_digest_and_another_when_it_is_turned(kind):
    frame = pd.DataFrame({"a": pd.Series(COLUMNS[kind])})
    first = table_digest(frame)
    assert {table_digest(frame.copy(deep=True)) for _ in range(3)} == {first}
    turned = frame.iloc[::-1].reset_index(drop=True)
    assert table_digest(turned) != first
    assert table_digest(frame.rename(columns={"a": "b"})) != first


_ELSEWHERE = """
import pandas as pd
from shanshui.store.tables import table_digest
zoned = pd.to_datetime(["2020-01-01", None]).tz_localize("Asia/Shanghai")
print(table_digest(pd.DataFrame({"a": zoned, "b": pd.array([1, None], dtype="Int64"), "c": ["x", None]})))
"""


def test_the_digest_is_the_same_in_another_process():
    zoned = pd.to_datetime(["2020-01-01", None]).tz_localize("Asia/Shanghai")
    here = pd.DataFrame({"a": zoned, "b": pd.array([1, None], dtype="Int64"), "c": ["x", None]})
    there = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == table_digest(here)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.to_datetime(["2020"]).tz_localize("UTC"), pd.to_datetime(["2020"])),
        (
            pd.to_datetime(["2020"]).tz_localize("UTC"),
            pd.to_datetime(["2020"]).tz_localize("UTC").tz_convert("Asia/Shanghai"),
        ),
        (pd.array([1, None], dtype="Int64"), pd.array([1, 0], dtype="Int64")),
        (pd.array([1, 2], dtype="Int64"), pd.array([1, 2], dtype="Int32")),
        (pd.array([True, None], dtype="boolean"), pd.array([True, False], dtype="boolean")),
        (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"], ["a", "c"])),
        (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"], ["a", "b"], ordered=True)),
        (pd.Categorical(["a"]), ["a"]),
        ([decimal.Decimal("1.1")], [1.1]),
        ([2**70], [2**70 + 1]),
        ([1, "1"], ["1", "1"]),
        ([True, "a"], [1, "a"]),
        (["ab", "c"], ["a", "bc"]),
        (["a\x1fb", "c"], ["a", "b\x1fc"]),
        (["\x00"], [None]),
        ([0.0], [-0.0]),
        (pd.to_timedelta([1], unit="h"), [3600 * 10**9]),
    ],
)
def test_columns_that_differ_have_other_digests(one, other):
    assert table_digest(pd.DataFrame({"a": one})) != table_digest(pd.DataFrame({"a": other}))


def test_a_missing_value_is_missing_however_it_is_written():
    marks = (None, np.nan, pd.NA, pd.NaT)
    text = {table_digest(pd.DataFrame({"a": pd.Series(["x", m], dtype=object)})) for m in marks}
    assert len(text) == 1
    odd = np.array([1.0, np.nan])
    odd.view(np.uint64)[1] |= 1
    assert table_digest(pd.DataFrame({"a": odd})) == table_digest(
        pd.DataFrame({"a": [1.0, np.nan]})
    )


def test_names_units_and_levels_of_the_index_count():
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)]))
    named = frame.rename_axis(["p", "q"])
    moved = frame.copy()
    moved.index = pd.MultiIndex.from_tuples([("x", 1), ("y", 3)])
    units = frame.copy()
    units.attrs["units"] = {"a": "km2"}
    wide = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]))
    wide_named = wide.rename_axis(columns=["p", "q"])
    numbered = pd.DataFrame({1: [1, 2]}), pd.DataFrame({"1": [1, 2]})
    every = [frame, named, moved, units, wide, wide_named, *numbered]
    assert len({table_digest(f) for f in every}) == len(every)


def test_columns_of_one_name_are_both_taken_in():
    one = pd.DataFrame([[1, 2]], columns=["a", "a"])
    other = pd.DataFrame([[1, 3]], columns=["a", "a"])
    assert table_digest(one) != table_digest(other)


@pytest.mark.parametrize(
    "kind",
    ["int8", "text", "zoned", "spans", "Int64", "boolean", "Float64", "categories", "arrow text", "dates", "decimals", "bytes"],
)  # fmt: skip
def test_what_is_kept_has_the_digest_of_what_was_sent(tmp_path, kind):
    frame = pd.DataFrame({"a": pd.Series(COLUMNS[kind])})
    frame.attrs["units"] = {"a": "1"}
    write_table(frame, tmp_path / "a.parquet")
    assert table_digest(read_table(tmp_path / "a.parquet")) == table_digest(frame)


def test_what_is_no_value_is_refused():
    for thing in ([1], {"a": 1}, object()):
        with pytest.raises(StoreError, match="column a: cannot digest"):
            table_digest(pd.DataFrame({"a": pd.Series([thing], dtype=object)}))


# features


POINT = shapely.Point(1, 2)


def places(shape=POINT, **columns):
    return gpd.GeoDataFrame(
        {"name": ["a"], **columns}, geometry=gpd.GeoSeries([shape], crs="EPSG:6933")
    )


def test_features_that_differ_have_other_digests():
    point = places()
    label = point.assign(label=gpd.GeoSeries([shapely.Point(5, 5)], crs="EPSG:6933"))
    every = [
        point,
        places(shapely.Point(1, 3)),
        places(shapely.Point(1, 2, 3)),
        places(shapely.Point()),
        places(None),
        places(shapely.LineString()),
        places(shapely.MultiPoint([(1, 2)])),
        point.set_crs("EPSG:3857", allow_override=True),
        point.rename(columns={"name": "title"}),
        point.rename_geometry("place"),
        label,
        label.set_geometry("label"),
        point.assign(label=gpd.GeoSeries([shapely.Point(5, 6)], crs="EPSG:6933")),
    ]
    assert len({features_digest(f) for f in every}) == len(every)
    assert features_digest(places()) == features_digest(point)
