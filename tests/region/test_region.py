import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid, grid_spec, squares

from shanshui.core.errors import DataError, QuantityError, StudyError
from shanshui.region.adjacency import neighbours, upstream_matrix
from shanshui.region.grid import GridSpec, fitted_crs, fitted_grid, grid_of, round_cell
from shanshui.region.overlay import crosswalk, from_labels, overlay
from shanshui.region.unitset import polygons, rasterised, unit_set


def test_cells_lie_where_the_transform_says():
    spec = GridSpec("EPSG:6933", 10.0, 100.0, 500.0, 3, 2)
    assert spec.bounds == (100.0, 470.0, 120.0, 500.0)
    assert spec.x().tolist() == [105.0, 115.0]
    assert spec.y(1, 3).tolist() == [485.0, 475.0]
    assert grid_of(spec.lay(np.zeros((3, 2)), "1")) == spec


@pytest.mark.parametrize(
    ("crs", "says"),
    [("EPSG:4326", "degrees"), ("EPSG:3857", "changes areas"), ("EPSG:2263", "expected metres")],
)
def test_grids_on_which_areas_cannot_be_summed_are_refused(crs, says):
    spec = GridSpec(crs, 1000.0, 500000.0, 4000000.0, 100, 100)
    with pytest.raises(StudyError, match=says):
        spec.checked()


def test_a_fitted_system_keeps_areas():
    crs = fitted_crs(100, 28, 116, 37)
    spec = fitted_grid((-700e3, -500e3, 700e3, 500e3), crs, 1000.0)
    assert spec.checked().area_distortion() < 1e-6
    assert spec.shape == (1000, 1400)


def test_cells_are_rounded_to_two_figures():
    assert [round_cell(s) for s in (725.3, 30.9, 1234.0)] == pytest.approx([720.0, 30.0, 1200.0])


def test_exact_weights_share_a_cell_between_units():
    spec = grid_spec(1, 3, 100.0)
    units = squares(1, 3, parts=2)  # the middle cell is cut in half
    cross = overlay(units, spec)
    np.testing.assert_allclose(cross.weights.toarray(), [[1, 0.5, 0], [0, 0.5, 1]])
    assert cross.area_km2().tolist() == pytest.approx([0.015, 0.015])


def test_means_leave_missing_cells_out():
    cross = overlay(squares(1, 4, parts=2), grid_spec(1, 4))
    assert cross.mean(np.array([1.0, np.nan, 5.0, 7.0])).tolist() == [1.0, 6.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), st.integers(1, 6), st.integers(3, 9))
def test_spreading_keeps_every_unit_and_gathers_back(amounts, ny, nx):
    spec = grid_spec(ny, nx)
    cross = overlay(squares(ny, nx, parts=3), spec)
    weight = np.random.default_rng(ny * 10 + nx).random(spec.cells)
    amount = pd.Series(amounts, cross.units)
    cells = cross.spread(amount, weight)
    assert cells.sum() == pytest.approx(sum(amounts))
    assert (cells >= 0).all()


def test_people_go_by_area_where_the_weight_is_zero():
    cross = overlay(squares(1, 4, parts=2), grid_spec(1, 4))
    cells = cross.spread(pd.Series([10.0, 20.0], cross.units), np.array([0.0, 0.0, 1.0, 3.0]))
    assert cells.tolist() == [5.0, 5.0, 5.0, 15.0]


def test_a_crosswalk_sums_to_both_sides():
    spec = grid_spec(4, 6)
    labels = spec.lay(np.repeat([[1, 1, 1, 2, 2, 2]], 4, axis=0).astype(np.int32), "1", nodata=0)
    own = from_labels(labels, pd.Index([1, 2]), spec)
    table = crosswalk(own, overlay(squares(4, 6, parts=3), spec))
    assert table.groupby("first")["area_km2"].sum().tolist() == pytest.approx([0.12, 0.12])
    assert table.groupby("second")["share_of_second"].sum().tolist() == pytest.approx([1, 1, 1])


def test_outlines_and_labels_are_the_same_places():
    labels = grid([[1, 1, 0], [2, 1, 2]], "1", dtype=np.int32, nodata=0)
    frame = polygons(labels)
    assert frame.area.tolist() == pytest.approx([3e4, 2e4])
    np.testing.assert_array_equal(rasterised(frame, grid_of(labels)), labels)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f.assign(code=["a", "a"]), "more than once"),
        (lambda f: f.assign(code=["a", None]), "missing in 1 rows"),
        (lambda f: f.drop(columns="code"), "no column 'code'"),
        (lambda f: f.set_geometry(f.centroid), "expected polygons"),
    ],
)
def test_unit_sets_are_checked(spoil, says):
    with pytest.raises(DataError, match=says):
        unit_set(spoil(squares(1, 2).reset_index(drop=True)), "counties")


def test_codes_read_as_decimals_become_whole():
    frame = squares(1, 2).reset_index(drop=True).assign(code=[610100.0, 420300.0])
    assert unit_set(frame, "counties")["code"].tolist() == ["420300", "610100"]


def test_neighbours_share_a_border_length():
    table = neighbours(grid([[1, 1, 2], [1, 3, 2]], "1", dtype=np.int32))
    assert table.set_index(["source", "target"])["border_km"].to_dict() == pytest.approx(
        {(1, 2): 0.1, (1, 3): 0.2, (2, 3): 0.1}
    )


def test_upstream_is_everything_that_drains_through():
    down = pd.Series([2, 3, 0, 3], index=[1, 2, 3, 4])
    assert upstream_matrix(down).toarray().astype(int).tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 1],
        [0, 0, 0, 1],
    ]
    with pytest.raises(QuantityError, match="circle"):
        upstream_matrix(pd.Series([2, 1], index=[1, 2]))


def test_an_empty_set_of_outlines_is_no_error():
    frame = squares(2, 2).iloc[:0]
    assert rasterised(frame, grid_spec(2, 2)).values.sum() == 0
    assert shapely.__version__
