import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import grid, grid_spec, squares

from shanshui.core.errors import DataError, QuantityError, StudyError
from shanshui.region.adjacency import neighbours, upstream_matrix
from shanshui.region.grid import GridSpec, fitted_crs, fitted_grid, grid_of, round_cell
from shanshui.region.overlay import shared_areas
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


def test_labels_and_polygons_share_exact_areas():
    """A grid of 1 x 3 cells of a hectare: the line between the two strips halves the middle cell."""
    labels = grid([[1, 2, 2]], "1", dtype=np.int32, nodata=0)
    table = shared_areas(labels, squares(1, 3, parts=2))
    assert table[["label", "unit"]].to_numpy().tolist() == [[1, 1], [2, 1], [2, 2]]
    assert table["area_km2"].tolist() == pytest.approx([0.01, 0.005, 0.015])


def test_what_lies_off_the_labels_or_the_polygons_is_shared_with_nobody():
    labels = grid([[0, 0], [0, 0]], "1", dtype=np.int32, nodata=0)
    assert shared_areas(labels, squares(2, 2)).empty
    far = squares(2, 2)
    far.geometry = far.geometry.translate(1e6)
    assert shared_areas(grid([[1, 1], [1, 1]], "1", dtype=np.int32), far).empty


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


def test_upstream_counts_the_steps_down_the_water():
    down = pd.Series([2, 3, 0, 3], index=[1, 2, 3, 4])
    assert upstream_matrix(down).toarray().astype(int).tolist() == [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [2, 1, 0, 1],
        [0, 0, 0, 0],
    ]
    for circle in ([2, 1], [2, 3, 1]):
        with pytest.raises(QuantityError, match="circle"):
            upstream_matrix(pd.Series(circle, index=range(1, len(circle) + 1)))


def test_an_empty_set_of_outlines_is_no_error():
    frame = squares(2, 2).iloc[:0]
    assert rasterised(frame, grid_spec(2, 2)).values.sum() == 0
    assert shapely.__version__
