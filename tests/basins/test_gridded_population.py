"""People of maps by unit and county."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from tests.worlds import grid_spec

from shanshui.basins.gridded_population import (
    gridded_county_population,
    gridded_population,
    gridded_unit_population,
    settlement_map,
)
from shanshui.core.errors import QuantityError

GRID = grid_spec(4, 6)


def maps(**years):
    return xr.Dataset(
        {k[1:]: GRID.lay(np.asarray(v, np.float32), "person/km2") for k, v in years.items()}
    )


def counties(*boxes):
    side = GRID.cell_m
    shapes = [
        shapely.box(
            GRID.left + a * side, GRID.top - d * side, GRID.left + c * side, GRID.top - b * side
        )
        for a, b, c, d in boxes
    ]
    codes = [str(k + 1) for k in range(len(boxes))]
    words = {"code": codes, "name": "", "parent": ""}
    return gpd.GeoDataFrame(words, geometry=shapes, crs=GRID.projection)


TWO = maps(y2010=np.full((4, 6), 10.0), y2020=np.arange(24.0).reshape(4, 6))


def test_the_latest_year_is_the_density_and_the_weight():
    assert np.array_equal(gridded_population(TWO).values, np.arange(24.0).reshape(4, 6))
    assert gridded_population(TWO).attrs["units"] == "person/km2"
    assert settlement_map(TWO).attrs["units"] == "1"


def test_units_hold_the_people_of_their_cells_in_each_year():
    label = np.zeros((4, 6), np.int32)
    label[:, :2], label[:, 2:5] = 1, 2
    found = gridded_unit_population(TWO, GRID.lay(label, "1"))
    rows = found.set_index(["year", "unit"])
    assert rows.loc[(2010, 1), "population"] == pytest.approx(80 * GRID.cell_km2)
    assert rows.loc[(2020, 2), "population"] == pytest.approx(
        np.arange(24.0).reshape(4, 6)[:, 2:5].sum() * GRID.cell_km2
    )
    assert rows.loc[(2010, 2), "density"] == pytest.approx(10.0)


def test_a_unit_that_the_map_does_not_know_has_no_number():
    label = np.ones((4, 6), np.int32)
    label[:, 3:] = 2
    half = np.full((4, 6), 10.0)
    half[:, 3:] = np.nan
    found = gridded_unit_population(maps(y2020=half), GRID.lay(label, "1")).set_index("unit")
    assert found.loc[1, "population"] == pytest.approx(120 * GRID.cell_km2)
    assert np.isnan(found.loc[2, "population"])


def test_a_cell_on_the_line_between_counties_is_shared():
    found = gridded_county_population(TWO, counties((0, 0, 2.5, 4), (2.5, 0, 6, 4)))
    rows = found.set_index(["code", "year"])["population"] / GRID.cell_km2
    assert rows["1", 2010] == pytest.approx(100)
    assert rows["2", 2010] == pytest.approx(140)
    assert rows["1", 2020] + rows["2", 2020] == pytest.approx(276)
    assert rows["1", 2020] == pytest.approx(
        (0 + 1 + 6 + 7 + 12 + 13 + 18 + 19) + (2 + 8 + 14 + 20) / 2
    )


def test_a_county_beyond_the_grid_or_hardly_known_has_no_number():
    half = np.full((4, 6), 10.0)
    half[:, 4:] = np.nan
    frame = counties((0, 0, 2, 4), (2, 0, 4, 5), (4, 0, 6, 4), (3.5, 0, 5, 4))
    found = gridded_county_population(maps(y2020=half), frame).set_index("code")["population"]
    assert found["1"] == pytest.approx(80 * GRID.cell_km2)
    assert found[["2", "3", "4"]].isna().all()
    again = gridded_county_population(maps(y2020=half), frame, most_beyond=0.2, least_known=0.3)
    assert again.set_index("code")["population"]["4"] == pytest.approx(20 * GRID.cell_km2)
    assert again.attrs["beyond"] == {"2": pytest.approx(0.2)}


def test_no_county_on_the_map_is_refused():
    with pytest.raises(QuantityError, match="most_beyond"):
        gridded_county_population(TWO, counties((4, 0, 8, 4)))
