"""Inner holes of the ground: what a lake that was left out swallows."""

import numpy as np
from tests.worlds import grid, grid_spec

from shanshui.basins.flowpaths import conditioned_elevation, drainage_check, flow_direction
from shanshui.collect.holes import hole_doubts
from shanshui.region.holes import inner_holes, water_into_holes


def test_only_gaps_amid_the_ground_are_inner():
    known = np.ones((6, 6), bool)
    known[0, 0] = known[1, 1] = False  # reaches the rim by a corner
    known[3, 3] = known[4, 4] = False  # one hole: its cells touch at a corner
    known[2, 5] = False
    label, count = inner_holes(known)
    assert count == 1
    assert np.argwhere(label == 1).tolist() == [[3, 3], [4, 4]]
    assert inner_holes(np.ones((3, 3), bool))[1] == 0
    assert inner_holes(np.zeros((3, 3), bool))[1] == 0


def gutter(hole=True):
    """A gutter of 20 x 40 cells of 100 m that falls east, with a lake left out in its midst."""
    y, x = np.indices((20, 40))
    height = 500.0 - 2.0 * x + 3.0 * np.abs(y - 9)
    if hole:
        height[7:12, 20:24] = np.nan
    return grid(height.astype(np.float32), "m")


def test_the_check_of_drainage_tells_what_a_hole_takes():
    table = drainage_check(flow_direction(conditioned_elevation(gutter())))
    hole = table[table["what"] == "hole"]
    assert len(hole) == 1
    assert hole["cells"].iloc[0] == 20
    # nearly all that lies west of the lake: the gutter gathers it
    assert 300 < hole["undrained"].iloc[0] <= 20 * 20
    assert hole["outlets"].iloc[0] >= 1
    assert hole[["x", "y"]].to_numpy().tolist() == [[2050.0, 1250.0]]
    whole = drainage_check(flow_direction(conditioned_elevation(gutter(hole=False))))
    assert whole["what"].tolist() == ["all"]


def test_the_share_that_a_hole_takes_is_that_of_its_upstream_cells():
    """East, into the hole in the midst; west of the last column the water leaves by the rim."""
    codes = np.array([[1, 1, 1, 1, 0], [1, 0, 255, 1, 0], [1, 1, 1, 1, 0]], np.uint8)
    out = water_into_holes(codes, 255)
    assert out[["cells", "into", "ends", "row", "col"]].to_numpy().tolist() == [[1, 2, 1, 1, 2]]
    codes[1, 1] = 128
    assert water_into_holes(codes, 255).empty


def test_a_hole_is_a_doubt_where_it_takes_a_hundredth_of_the_water():
    ground = gutter()
    (text,) = hole_doubts("elevation", ground.values, grid_spec(20, 40))
    assert "1 inner hole without a height" in text
    assert "0.2 km2" in text
    assert hole_doubts("elevation", gutter(hole=False).values, grid_spec(20, 40)) == []
    pond = gutter(hole=False).values.copy()
    pond[2, 30] = np.nan  # on the slope: little runs into it
    assert hole_doubts("elevation", pond, grid_spec(20, 40)) == []


def test_a_thinned_look_sees_the_same_share():
    full = hole_doubts("elevation", gutter().values, grid_spec(20, 40))[0]
    less = hole_doubts("elevation", gutter().values[::2, ::2], grid_spec(20, 40))[0]
    shares = [int(t.split("(")[1].split("%")[0]) for t in (full, less)]
    assert abs(shares[0] - shares[1]) < 15
