"""Maps of people: what the file holds is what the study has."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.transform import Affine, from_origin
from tests.collect.bring import SPEC
from tests.worlds import grid_spec

from shanshui.collect.catalog import InputSpec
from shanshui.collect.conserving import laid_amounts, unit_of_amounts
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import verdict
from shanshui.collect.rasters import raster_input
from shanshui.collect.yearly import maps_apart, maps_by_year
from shanshui.core.errors import DataError

KIND = INPUTS["population_maps"]


def laid(raw, transform, by_cell=True, grid=SPEC):
    return laid_amounts(
        np.asarray(raw, np.float32), transform, grid.projection, grid, by_cell=by_cell
    )


def test_a_cell_cut_by_four_study_cells_gives_each_its_share():
    side = SPEC.cell_m
    # one cell of the size of a study cell, moved by a quarter east and half south
    at = from_origin(SPEC.left + 0.25 * side, SPEC.top - 0.5 * side, side, side)
    found = laid([[100.0]], at) * SPEC.cell_km2
    assert found[:2, :2] == pytest.approx(np.array([[37.5, 12.5], [37.5, 12.5]]), rel=1e-6)
    assert np.isnan(found[2:]).all()
    assert np.isnan(found[:, 2:]).all()


def test_people_per_km2_stay_so_and_people_of_a_cell_are_shared_by_area():
    side = SPEC.cell_m
    at = from_origin(SPEC.left, SPEC.top, 2 * side, 2 * side)
    raw = np.full((10, 15), 8.0)
    assert laid(raw, at, by_cell=False) == pytest.approx(np.full(SPEC.shape, 8.0), rel=1e-6)
    assert laid(raw, at) * SPEC.cell_km2 == pytest.approx(np.full(SPEC.shape, 2.0), rel=1e-6)


def test_what_is_not_known_is_not_zero_and_known_zeros_are():
    side = SPEC.cell_m
    raw = np.zeros(SPEC.shape)
    raw[:, :10] = np.nan
    found = laid(raw, from_origin(SPEC.left, SPEC.top, side, side))
    assert np.isnan(found[:, :10]).all()
    assert (found[:, 10:] == 0).all()


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.07, 4.3), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(0, 2**31),
)  # fmt: skip
def test_nobody_is_lost_whatever_the_cells(size, east, south, seed):
    side = size * SPEC.cell_m
    rows = int(SPEC.ny * SPEC.cell_m / side) - 1
    cols = int(SPEC.nx * SPEC.cell_m / side) - 1
    if rows < 1 or cols < 1 or rows * cols > 20_000:
        return
    raw = np.random.default_rng(seed).gamma(0.3, 50.0, (rows, cols)).astype(np.float32)
    at = from_origin(SPEC.left + east * side, SPEC.top - south * side, side, side)
    found = laid(raw, at).astype(np.float64)
    assert np.nansum(found) * SPEC.cell_km2 == pytest.approx(raw.sum(dtype=np.float64), rel=1e-6)


def test_cells_in_degrees_keep_their_people_where_averaging_would_not():
    grid = grid_spec(40, 40)
    to = rasterio.warp.transform_bounds(grid.crs, "EPSG:4326", *grid.bounds)
    step = (to[2] - to[0]) / 50
    # wholly inside the study
    raw = np.random.default_rng(3).gamma(0.3, 90.0, (20, 20)).astype(np.float32)
    at = Affine(step, 0, (to[0] + to[2]) / 2 - 10 * step, 0, -step, (to[1] + to[3]) / 2 + 10 * step)
    found = laid_amounts(raw, at, CRS.from_epsg(4326), grid, by_cell=True).astype(np.float64)
    assert np.nansum(found) * grid.cell_km2 == pytest.approx(raw.sum(dtype=np.float64), rel=1e-6)


def test_strips_are_the_whole(tmp_path):
    path = tmp_path / "pop_count_2020.tif"
    side = SPEC.cell_m / 3.7
    raw = np.random.default_rng(5).gamma(0.3, 9.0, (90, 120)).astype(np.float32)
    _write(path, raw, side)
    spec = InputSpec(file=str(path))
    with raster_input(path, spec, KIND, "population_maps", SPEC) as source:
        whole = source.rows(SPEC, 0, SPEC.ny, source.resampling(SPEC))
        parts = [source.rows(SPEC, k, k + 5, source.resampling(SPEC)) for k in range(0, SPEC.ny, 5)]
    assert np.array_equal(whole, np.concatenate(parts), equal_nan=True)


def _write(path, raw, side, **more):
    with rasterio.open(
        path, "w", driver="GTiff", width=raw.shape[1], height=raw.shape[0], count=1, dtype=str(raw.dtype),
        crs=SPEC.projection.to_wkt(), transform=from_origin(SPEC.left, SPEC.top, side, side), **more,
    ) as file:  # fmt: skip
        file.write(raw, 1)


# people of a cell, or per km2


@pytest.mark.parametrize(
    ("unit", "said", "stem", "expected"),
    [
        ("person", "", "a", "person"),
        ("person/km2", "", "a", "person/km2"),
        ("人", "", "a", "person"),
        ("persons per pixel", "", "a", "person"),
        ("10000 person", "", "a", "person"),
        ("person/ha", "", "a", "person/km2"),
        (None, "person", "a_density", "person"),
        (None, "people per cell", "a_count", "person"),
        (None, "", "chn_ppp_2020_1km", "person"),
        (None, "", "gpw_v4_population_density_2020", "person/km2"),
        (None, "", "gpw_v4_population_count_2020", "person"),
        (None, "", "GHS_POP_E2020", "person"),
    ],
)
def test_what_numbers_are_is_said_by_unit_file_or_name(unit, said, stem, expected, tmp_path):
    spec = InputSpec(file="x.tif", unit=unit)
    found = unit_of_amounts(spec, said, "person/km2", tmp_path / f"{stem}.tif", "population_maps")
    assert found == expected


@pytest.mark.parametrize("stem", ["people", "count_and_density"])
def test_a_map_that_does_not_say_what_its_numbers_are_is_refused(stem, tmp_path):
    with pytest.raises(DataError, match=r'set unit = "person" or unit = "person/km2"'):
        unit_of_amounts(
            InputSpec(file="x.tif"), "", "person/km2", tmp_path / f"{stem}.tif", "population_maps"
        )


def test_a_unit_of_neither_is_refused(tmp_path):
    with pytest.raises(DataError, match="neither an amount of each cell"):
        unit_of_amounts(
            InputSpec(file="x.tif", unit="mm"),
            "",
            "person/km2",
            tmp_path / "a.tif",
            "population_maps",
        )


def test_people_below_nothing_are_refused(tmp_path):
    path = tmp_path / "ppp_2020.tif"
    raw = np.full((20, 30), 5.0, np.float32)
    raw[3, 4] = -200.0
    _write(path, raw, SPEC.cell_m)
    found = verdict("population_maps", [InputSpec(file=str(path))], KIND, [path], SPEC)
    assert found.state == "unusable"
    assert "-200" in found.problems[0]


# years


def test_years_come_from_the_declaration_or_the_name(tmp_path):
    specs = [
        InputSpec(file=f, year=y)
        for f, y in (("a_2020.tif", None), ("b.tif", 2010), ("c_2020.tif", None))
    ]
    paths = [tmp_path / s.file for s in specs]
    found = maps_by_year(specs, paths, "population_maps")
    assert list(found) == [2010, 2020]
    assert [p.name for p in found[2020].paths] == ["a_2020.tif", "c_2020.tif"]


@pytest.mark.parametrize("file", ["people.tif", "a_2010_2020.tif", "x120201.tif"])
def test_a_map_of_no_known_year_is_refused(file, tmp_path):
    with pytest.raises(DataError, match="set year"):
        maps_by_year([InputSpec(file=file)], [tmp_path / file], "population_maps")


def test_tables_and_maps_under_one_name_part():
    table, map_ = InputSpec(file="a.csv"), InputSpec(file="b.TIF")
    found = maps_apart({"population": [table, map_], "elevation": [InputSpec(file="dem.tif")]})
    assert found["population"] == [table]
    assert found["population_maps"] == [map_]
    assert [s.file for s in found["elevation"]] == ["dem.tif"]
