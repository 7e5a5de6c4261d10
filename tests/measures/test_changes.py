"""Products as they become, cell by cell and row by row."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import EQUAL_AREA, grid

from shanshui.core.errors import DataError
from shanshui.measures.cells import (
    changed_cells,
    changed_layers,
    followed_cells,
    refuse_nothing,
)
from shanshui.measures.ground import shapes_ground
from shanshui.measures.rows import (
    changed_features,
    changed_rows,
    remaining_features,
    remaining_rows,
)

RAIN = grid([[100.0, 200.0, np.nan, 400.0]], "mm/yr")
GROUND = grid([[1, 2, 1, 0]], "1", dtype=np.uint8, nodata=0)
COVER = grid([[7, 7, 2, 0]], "1", dtype=np.uint8, nodata=0)


def test_cells_change_where_the_ground_says_and_are_missing_where_it_cannot():
    found = changed_cells(RAIN, GROUND, factor=0.5, plus=1.0)
    np.testing.assert_array_equal(found.values, np.float32([[51.0, 200.0, np.nan, np.nan]]))
    assert found.attrs["units"] == "mm/yr"
    assert found.dtype == np.float32
    # a value stands also where nothing was known
    found = changed_cells(RAIN, GROUND, value=7.0)
    np.testing.assert_array_equal(found.values, np.float32([[7.0, 200.0, 7.0, np.nan]]))
    # everywhere without a ground
    np.testing.assert_array_equal(changed_cells(RAIN, factor=2.0).values, RAIN.values * 2)


def test_codes_stay_codes():
    found = changed_cells(COVER, GROUND, value=5.0)
    assert found.values.tolist() == [[5, 7, 5, 0]]
    assert found.dtype == np.uint8
    assert found.attrs["nodata"] == 0
    for wrong in (
        {"value": 5.5},
        {"value": 300.0},
        {"value": -1.0},
        {"factor": 2.0},
        {"value": 5.0, "plus": 1.0},
    ):
        with pytest.raises(DataError):
            changed_cells(COVER, GROUND, **wrong)
    bare = grid([[7, 7, 2, 3]], "1", dtype=np.uint8)
    with pytest.raises(DataError, match="unknown in 1 of them"):
        changed_cells(bare, GROUND, value=5.0)
    known = GROUND.copy(data=np.uint8([[1, 2, 1, 2]]))
    assert changed_cells(bare, known, value=5.0).values.tolist() == [[5, 7, 5, 3]]


def test_each_of_several_grids_changes():
    months = xr.Dataset({"01": RAIN, "02": RAIN * 2})
    months["02"].attrs["units"] = "mm/yr"
    found = changed_layers(months, factor=0.5)
    np.testing.assert_array_equal(found["02"].values, RAIN.values)
    assert found["01"].attrs["units"] == "mm/yr"


def test_what_is_observed_of_the_cover_becomes_usual_of_the_new_class():
    before = grid([[0.2, 0.4, 0.7, 0.8, 0.9, np.nan]], "1")
    old = grid([[7, 7, 2, 2, 2, 2]], "1", dtype=np.uint8)
    new = grid([[2, 7, 2, 2, 2, 2]], "1", dtype=np.uint8)
    found = followed_cells(before, old, new)
    np.testing.assert_array_equal(found.values, np.float32([[0.8, 0.4, 0.7, 0.8, 0.9, np.nan]]))
    # the median of the region, not of the whole grid
    inside = grid([[1, 1, 1, 1, 0, 1]], "1", dtype=np.uint8)
    assert followed_cells(before, old, new, inside).values[0, 0] == np.float32(0.75)
    # what is not known of the cover is not known of what is seen of it
    gone = grid([[0, 7, 2, 2, 2, 2]], "1", dtype=np.uint8, nodata=0)
    assert np.isnan(followed_cells(before, old, gone).values[0, 0])
    with pytest.raises(
        DataError, match="class 9, of which the region had none to tell .* it has [0-9, ]+: take"
    ):
        followed_cells(before, old, new.copy(data=np.uint8([[9, 7, 2, 2, 2, 2]])))


def test_rows_change_and_go():
    prices = pd.DataFrame(
        {"flow": ["a", "b", "c"], "price": [1.0, 2.0, np.nan], "year": [2020, 2020, 2021]}
    )
    prices.attrs["units"] = {"price": "yuan/t"}
    found = changed_rows(prices, column="price", rule="flow == 'b'", factor=1.5)
    assert found["price"].tolist()[:2] == [1.0, 3.0]
    assert found.attrs == prices.attrs
    assert prices["price"].tolist()[:2] == [1.0, 2.0]
    assert changed_rows(prices, column="price", rule="not known(price)", value="4")[
        "price"
    ].tolist() == [1.0, 2.0, 4.0]
    assert changed_rows(prices, column="flow", rule="year == 2021", value="d")["flow"].tolist() == [
        "a",
        "b",
        "d",
    ]
    assert changed_rows(prices, column="year", value="2022")["year"].tolist() == [2022] * 3
    assert remaining_rows(prices, rule="year < 2021")["flow"].tolist() == ["c"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"column": "prise", "factor": 2.0}, "did you mean 'price'"),
        ({"column": "price", "rule": "flow == 'z'", "factor": 2.0}, "takes no row"),
        (
            {"column": "price", "rule": "price > 1", "factor": 2.0},
            "unknown for 1 of 2 rows, first row 2",
        ),
        ({"column": "flow", "factor": 2.0}, "holds words"),
        ({"column": "price", "value": "dear"}, "give a number"),
    ],
)
def test_rows_that_cannot_change_are_refused(settings, words):
    prices = pd.DataFrame({"flow": ["a", "b"], "price": [1.0, np.nan]})
    with pytest.raises(DataError, match=words):
        changed_rows(prices, **settings)


def test_nothing_taken_and_everything_taken_are_refused():
    rows = pd.DataFrame({"a": [1.0, 2.0]})
    for rule, words in (("a > 5", "takes nothing away"), ("a > 0", "takes everything away")):
        with pytest.raises(DataError, match=words):
            remaining_rows(rows, rule=rule)


def test_features_go_by_rule_and_by_shape():
    mines = gpd.GeoDataFrame(
        {"name": ["A", "B", "C"], "kind": ["coal", "gold", "coal"]},
        geometry=[shapely.Point(50, 50), shapely.Point(150, 50), shapely.Point(250, 50)], crs=EQUAL_AREA,
    )  # fmt: skip
    shape = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 100)], crs=EQUAL_AREA).to_crs(4326)
    assert remaining_features(mines, rule="kind == 'coal'")["name"].tolist() == ["B"]
    assert remaining_features(mines, shape)["name"].tolist() == ["C"]
    assert remaining_features(mines, shape, rule="kind == 'coal'")["name"].tolist() == ["B", "C"]
    found = changed_features(mines, column="kind", rule="name == 'B'", value="closed")
    assert found["kind"].tolist() == ["coal", "closed", "coal"]
    assert found.geometry.equals(mines.geometry)


def test_ground_of_shapes_is_where_the_middle_of_a_cell_lies():
    mask = grid([[1, 1, 1], [1, 1, 0]], "1", dtype=np.uint8)
    shapes = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 149, 100)], crs=EQUAL_AREA)
    assert shapes_ground(mask, shapes).values.tolist() == [[2, 2, 2], [1, 2, 2]]
    wider = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 151, 100)], crs=EQUAL_AREA)
    assert shapes_ground(mask, wider).values.tolist() == [[2, 2, 2], [1, 1, 2]]


def test_a_measure_that_changes_no_cell_is_refused_by_name():
    refuse_nothing("greener", {"min": 1}, "land_cover = 5")
    for facts in ({"min": 2}, {"min": None}):
        with pytest.raises(DataError, match="scenario 'greener': 'land_cover = 5' changes no cell"):
            refuse_nothing("greener", facts, "land_cover = 5")


def test_what_a_measure_makes_lies_within_what_is_plausible():
    with pytest.raises(DataError, match="would become -200 to -100 mm/yr, plausible is 0 to 12000"):
        changed_cells(grid([[100.0, 200.0]], "mm/yr"), factor=-1.0, low=0.0, high=12000.0)
    # what does not change is not judged
    found = changed_cells(
        grid([[100.0, -5.0]], "mm/yr"), grid([[1, 2]], "1", dtype=np.uint8), factor=2.0, low=0.0
    )
    assert found.values.tolist() == [[200.0, -5.0]]
    people = pd.DataFrame({"code": ["1", "2"], "population": [10.0, 20.0]})
    with pytest.raises(DataError, match="plausible is 0 to"):
        changed_rows(people, column="population", factor=-1.0, low=0.0)
