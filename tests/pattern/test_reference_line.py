"""Ours beside a red line that somebody else drew."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.worlds import grid_spec

from shanshui.core.errors import DataError
from shanshui.pattern.reference_line import reference_figures

GRID = grid_spec(4, 5, cell_m=1000.0)
WEST, SOUTH, EAST, NORTH = GRID.bounds
MASK = GRID.lay(np.ones(GRID.shape, np.uint8), "1")


def box(columns, rows):
    shape = shapely.box(WEST, NORTH - 1000.0 * rows, WEST + 1000.0 * columns, NORTH)
    return gpd.GeoDataFrame(geometry=[shape], crs=MASK.rio.crs if hasattr(MASK, "rio") else None)


def line(rows):
    code = np.zeros(GRID.shape, np.uint8)
    code[:rows] = 1
    return GRID.lay(code, "1", nodata=255)


def figures(ours, theirs):
    return {m.place: m.ours for m in reference_figures(ours, MASK, theirs)}


def test_worked_example():
    # ours: 2 rows of 5 of 20 cells; theirs: 4 columns of 3 rows, 8 in both
    found = figures(line(2), box(4, 3))
    assert found["inside"] == pytest.approx(8 / 12)
    assert found["outside"] == pytest.approx(2 / 8)
    assert found["agreement"] == pytest.approx(14 / 20)
    chance = 0.5 * 0.6 + 0.5 * 0.4
    assert found["kappa"] == pytest.approx((0.7 - chance) / (1 - chance))


def test_the_same_line_agrees_wholly_and_all_of_the_ground_tells_nothing():
    assert figures(line(2), box(5, 2))["kappa"] == pytest.approx(1.0)
    all_of_it = figures(line(2), box(5, 4))
    assert np.isnan(all_of_it["kappa"])
    assert np.isnan(all_of_it["outside"])


def test_a_line_elsewhere_is_refused_with_both_extents():
    far = box(4, 3)
    far["geometry"] = far.translate(1e6, 0)
    with pytest.raises(
        DataError, match=r"does not overlap the region; it reaches x .* the region x"
    ):
        reference_figures(line(2), MASK, far)
