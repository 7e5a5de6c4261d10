"""Where a value is lost, on worlds of a few cells."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import grid, grid_spec

from shanshui.core.assessment import assessment
from shanshui.core.errors import PlanError
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Table
from shanshui.flow.absence import Absence, Cause
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step

Height = Annotated[xr.DataArray, Grid("m")]
Codes = Annotated[xr.DataArray, Grid("1")]
Rows = Annotated[pd.DataFrame, Table({"*": ANY})]
People = Annotated[pd.DataFrame, Table({"code": Key("county"), "*": ANY})]
Counties = Annotated[gpd.GeoDataFrame, Features({"code": TEXT, "*": ANY}, Key("county"))]


@assessment(source="own_frame", halo=1)
def smooth(elevation: Height) -> Height:
    """Look one cell around."""
    raise NotImplementedError


@assessment(source="own_frame", halo=0, missing="flat")
def turned(smooth: Height) -> Height:
    """Look at one cell."""
    raise NotImplementedError


@assessment(source="own_frame", halo=0)
def used(turned: Height) -> Height:
    """Look at one cell."""
    raise NotImplementedError


@assessment(source="own_frame", halo=0)
def factor(land_cover: Codes, biophysical: Rows) -> Height:
    """Look a class up."""
    raise NotImplementedError


@assessment(source="own_frame")
def spread(elevation: Height, people: People, counties: Counties) -> Height:
    """Look a place up."""
    raise NotImplementedError


class Shelf:
    """Products as they are given."""

    def __init__(self, **products):
        self.products = products

    def block(self, product, start, stop):
        return self.products[product].isel(y=slice(start, stop))

    def value(self, product):
        return self.products[product]

    def has(self, product):
        return product in self.products

    def from_file(self, product, start, stop):
        if product != "elevation":
            return None
        told = np.full((stop - start, 5), "", object)
        if start == 0:
            told[0, 0] = "masked"
        return told


def source(name, gives):
    return Source(name, gives, "", {}, dict, lambda context: None, source)


PLAN = Plan.of(
    step(smooth),
    step(turned),
    step(used),
    step(factor),
    step(spread),
    sources=[
        source("elevation", Grid("m")),
        source("land_cover", Grid("1")),
        source("biophysical", Table({"*": ANY})),
        source("people", Table({"code": Key("county"), "*": ANY})),
        source("counties", Features({"code": TEXT, "*": ANY}, Key("county"))),
    ],
)


def with_gaps(*cells, shape=(3, 5)):
    values = np.ones(shape, np.float32)
    for cell in cells:
        values[cell] = np.nan
    return grid(values, "m")


def causes(product, strips=((0, 3),), **products):
    walk = Absence(PLAN, grid_spec(3, 5), Shelf(**products))
    numbers = np.concatenate([walk.numbers(product, *strip) for strip in strips])
    return numbers, [None, *walk.causes]


def test_the_file_says_why_and_is_named_through_all_steps():
    gap = with_gaps((0, 0), (2, 4))
    numbers, known = causes("used", elevation=gap, smooth=gap, turned=gap, used=gap)
    assert known[numbers[0, 0]] == Cause("elevation", "masked")
    assert known[numbers[2, 4]] == Cause("elevation", "input_missing")
    assert (numbers > 0).sum() == 2


@pytest.mark.parametrize("strips", [((0, 3),), ((0, 1), (1, 2), (2, 3)), ((0, 2), (2, 3))])
def test_a_gap_within_reach_is_the_cause_and_one_beyond_is_not(strips):
    wide = with_gaps((0, 0), (0, 1), (1, 0), (1, 1), (2, 2))
    numbers, known = causes("smooth", strips, elevation=with_gaps((0, 0)), smooth=wide)
    assert [known[n] for n in numbers[:2, :2].ravel()] == [Cause("elevation", "masked")] * 4
    # two cells away
    assert known[numbers[2, 2]] == Cause("smooth", "no_value")


def test_what_a_method_declares_is_said_last_and_that_there_is_nothing_does_not_spread():
    whole, gap = with_gaps(), with_gaps((1, 1))
    numbers, known = causes("turned", elevation=whole, smooth=whole, turned=gap)
    assert known[numbers[1, 1]] == Cause("turned", "flat")
    numbers, known = causes("used", elevation=whole, smooth=whole, turned=gap, used=gap)
    assert known[numbers[1, 1]] == Cause("used", "no_value")


def test_a_class_without_a_row_and_one_with_an_empty_value_are_told_apart():
    cover = grid([[1, 2, 3, 1, 1]] * 3, "1", dtype=np.uint8)
    table = pd.DataFrame({"lucode": [1, 2], "kc": [0.5, np.nan]})
    gap = with_gaps(*[(r, c) for r in range(3) for c in (1, 2)])
    numbers, known = causes("factor", land_cover=cover, biophysical=table, factor=gap)
    assert known[numbers[0, 1]] == Cause("biophysical", "class_without_value", "class 2: kc")
    assert known[numbers[0, 2]] == Cause("biophysical", "class_without_row", "class 3")
    assert (numbers[:, [0, 3, 4]] == 0).all()


def test_a_place_without_a_row_one_without_a_number_and_ground_outside_all_places():
    strips = [shapely.box(k * 100, 0, (k + 1) * 100, 300) for k in range(4)]
    counties = gpd.GeoDataFrame(
        {"code": ["1", "2", "3", "4"], "name": ["A", "B", "C", "D"]},
        geometry=strips,
        crs=grid_spec(3, 5).crs,
    )
    people = pd.DataFrame(
        {
            "code": ["1", "1", "2", "4"],
            "year": [2010, 2020, 2020, 2020],
            "n": [np.nan, 5.0, 6.0, np.nan],
        }
    )
    gap = with_gaps(*[(r, c) for r in range(3) for c in (2, 3, 4)])
    numbers, known = causes(
        "spread", elevation=with_gaps(), people=people, counties=counties, spread=gap
    )
    assert known[numbers[0, 2]] == Cause("people", "place_without_row", "3 C")
    assert known[numbers[0, 3]] == Cause("people", "place_without_value", "4 D: n")
    assert known[numbers[0, 4]] == Cause("spread", "outside_places", "counties")


def test_a_reason_without_words_is_refused():
    with pytest.raises(PlanError, match="no reason 'flatt'.*flat"):
        assessment(source="own_frame", missing="flatt")(turned.__wrapped__)
