"""Areas of classes by polygons and by majority, and shares of covers."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import grid_spec

from shanshui.core.errors import QuantityError
from shanshui.terrain.land_use import cover_shares, land_use_areas

GRID = grid_spec(4, 6)
S = GRID.cell_m
A = GRID.cell_km2


def box(west, north, east, south):
    return shapely.box(
        GRID.left + west * S, GRID.top - south * S, GRID.left + east * S, GRID.top - north * S
    )


def frame(rows):
    return gpd.GeoDataFrame(
        {"class": [c for c, _ in rows]}, geometry=[g for _, g in rows], crs=GRID.projection
    )


# a road of 0.3 cells through the second column, forest on both sides, a field in the east
USE = frame(
    [(3, box(0, 0, 1.2, 4)), (7, box(1.2, 0, 1.5, 4)), (3, box(1.5, 0, 4, 4)), (1, box(4, 0, 5, 4))]
)
MAP = GRID.lay(np.array([[3, 3, 3, 3, 1, -1]] * 4, np.int16), "1", nodata=-1)
CLASSES = pd.DataFrame(
    {
        "class": [1, 3, 7], "name": ["a", "b", "c"], "name_zh": "", "colour": "",
        "cover": ["paddy", "forest", ""],
    }
)  # fmt: skip


def counties(*boxes):
    codes = [str(k + 1) for k in range(len(boxes))]
    return gpd.GeoDataFrame(
        {"code": codes, "name": "", "parent": ""},
        geometry=[box(*b) for b in boxes],
        crs=GRID.projection,
    )


def test_what_the_map_loses_is_told():
    found = land_use_areas(USE, MAP, counties((0, 0, 6, 4))).set_index("class")
    assert found["area_km2"].to_dict() == pytest.approx({1: 4 * A, 3: 14.8 * A, 7: 1.2 * A})
    assert found["majority_km2"].to_dict() == pytest.approx({1: 4 * A, 3: 16 * A, 7: 0.0})
    assert found["difference_km2"].to_dict() == pytest.approx({1: 0.0, 3: 1.2 * A, 7: -1.2 * A})


def test_patches_are_cut_at_counties_and_at_the_grid():
    # the line between counties lies within the road, the second reaches beyond the grid
    found = land_use_areas(USE, MAP, counties((0, 0, 1.4, 4), (1.4, 0, 8, 4)))
    rows = found.set_index(["code", "class"])["area_km2"] / A
    assert rows["1", 7] == pytest.approx(0.8)
    assert rows["2", 7] == pytest.approx(0.4)
    assert rows["1", 3] + rows["2", 3] == pytest.approx(14.8)
    assert ("1", 1) not in rows


def test_patches_in_no_county_are_refused():
    with pytest.raises(QuantityError, match="one region"):
        land_use_areas(USE, MAP, counties((5.2, 0, 5.4, 1)).set_geometry([box(5.2, 0, 5.4, 0.1)]).assign(
            geometry=[shapely.affinity.translate(box(5, 0, 6, 1), 1e7, 0)]
        ))  # fmt: skip


def test_shares_are_by_cover_and_missing_where_no_polygon_lies():
    found = cover_shares(USE, MAP, CLASSES)
    assert set(found.data_vars) == {"farmed", "forest", "unnamed"}
    assert found["forest"].values[0, :5] == pytest.approx([1, 0.7, 1, 1, 0])
    assert found["unnamed"].values[0, 1] == pytest.approx(0.3)
    assert found["farmed"].values[2, 4] == pytest.approx(1)
    assert all(np.isnan(layer.values[:, 5]).all() for layer in found.data_vars.values())
