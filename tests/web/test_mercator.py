"""Tiles: which cell each pixel shows, against warping by GDAL; refusals; the picture of a grid."""

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import Resampling, reproject

from shanshui.core.errors import QuantityError
from shanshui.kernels.picture import cells_under
from shanshui.region.grid import GridSpec
from shanshui.report.colouring import Colouring
from shanshui.web.mercator import DEEPEST, SIDE, WORLD, Tile, pixels_of
from shanshui.web.tiles import Held

ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84 +units=m"
GRID = GridSpec(ALBERS, 1000.0, 200_000.0, 500_000.0, 300, 400)


@pytest.mark.parametrize(
    ("z", "x", "y", "named"),
    [(0, 1, 0, "x"), (3, 0, 8, "y"), (-1, 0, 0, "z"), (DEEPEST + 1, 0, 0, "z"), (2, -1, 0, "x")],
)
def test_a_square_that_is_not_there_is_refused_by_name(z, x, y, named):
    with pytest.raises(QuantityError, match=f"^{named}: found"):
        Tile(z, x, y)


def test_squares_are_those_of_the_web():
    # the worked example of the OGC's standard on tile matrix sets: zoom 0 is the world
    assert Tile(0, 0, 0).bounds == pytest.approx((-WORLD / 2, -WORLD / 2, WORLD / 2, WORLD / 2))
    west, south, east, north = Tile(8, 204, 102).bounds
    lon, lat = pyproj.Transformer.from_crs(3857, 4326, always_xy=True).transform(west, north)
    assert lon == pytest.approx(204 / 256 * 360 - 180)
    # latitude of the y-th line by the inverse Gudermannian
    assert lat == pytest.approx(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * 102 / 256)))))
    assert east - west == pytest.approx(north - south)


def tile_over(grid, z):
    """Square of a zoom that holds the middle of a grid."""
    left, bottom, right, top = grid.bounds
    to = pyproj.Transformer.from_crs(grid.crs, 3857, always_xy=True)
    x, y = to.transform((left + right) / 2, (bottom + top) / 2)
    side = WORLD / 2**z
    return Tile(z, int((x + WORLD / 2) // side), int((WORLD / 2 - y) // side))


@pytest.mark.parametrize("z", [5, 6, 7, 8, 9, 10, 12])
def test_each_pixel_shows_the_cell_that_gdal_shows(z):
    tile = tile_over(GRID, z)
    at = pixels_of(tile, GRID)
    number = np.arange(GRID.cells, dtype=np.int32).reshape(GRID.shape)
    out = np.full((SIDE, SIDE), -1, np.int32)
    reproject(
        number, out, src_transform=GRID.transform, src_crs=GRID.crs,
        dst_transform=rasterio.transform.from_bounds(*tile.bounds, SIDE, SIDE), dst_crs="EPSG:3857",
        src_nodata=-1, dst_nodata=-1, resampling=Resampling.nearest, tolerance=0.0,
    )  # fmt: skip
    row, column = at.row(), at.column()
    inside = (row >= 0) & (row < GRID.ny) & (column >= 0) & (column < GRID.nx)
    mine = np.where(inside, row.astype(int) * GRID.nx + column.astype(int), -1)
    # the same but for pixels whose middle lies on the border of cells: GDAL's own places are right to an eighth of a pixel
    differs = mine != out
    near = np.minimum(np.abs(row - np.round(row)), np.abs(column - np.round(column)))
    assert near[differs].max(initial=0.0) < 0.25 * at.cells
    assert differs.mean() < 0.5


@given(st.integers(0, 14), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_places_of_pixels_are_right_to_a_tenth_of_a_pixel(z, right, down):
    tile = tile_over(GRID, z)
    at = pixels_of(tile, GRID)
    west, _, east, north = tile.bounds
    wide = (east - west) / SIDE
    j, i = int(right * SIDE), int(down * SIDE)
    x, y = pyproj.Transformer.from_crs(3857, GRID.crs, always_xy=True).transform(
        west + (j + 0.5) * wide, north - (i + 0.5) * wide
    )
    column, row = (x - GRID.left) / GRID.cell_m, (GRID.top - y) / GRID.cell_m
    if not (-GRID.nx < column < 2 * GRID.nx and -GRID.ny < row < 2 * GRID.ny):
        return  # far from the grid nobody sees it
    slack = 0.1 * at.cells
    assert at.column()[i, j] == pytest.approx(column, abs=slack)
    assert at.row()[i, j] == pytest.approx(row, abs=slack)


def test_a_square_beside_the_grid_shows_nothing():
    assert pixels_of(Tile(8, 0, 0), GRID) is None


def test_what_is_held_is_made_once_and_no_more_than_fits():
    made = []
    held = Held(len, 10)

    def make(text):
        made.append(text)
        return text

    assert held.of("a", lambda: make("aaaa")) == "aaaa"
    assert held.of("a", lambda: make("bbbb")) == "aaaa"
    held.of("b", lambda: make("bbbb"))
    held.of("a", lambda: make("never"))
    held.of("c", lambda: make("cccc"))
    # the one that was asked for longest ago went
    held.of("a", lambda: make("never"))
    assert made == ["aaaa", "bbbb", "cccc"]
    held.of("b", lambda: make("again"))
    assert made[-1] == "again"


def test_what_could_not_be_made_is_made_when_asked_again():
    held = Held(len, 10)
    with pytest.raises(ZeroDivisionError):
        held.of("a", lambda: str(1 / 0))
    assert held.of("a", lambda: "b") == "b"


def plain_cells(at, values, first, factor, nodata):
    """The same as :func:`cells_under`, by numpy."""
    row, column = (at.row() - first[0]) / factor, (at.column() - first[1]) / factor
    ny, nx = values.shape
    with np.errstate(invalid="ignore"):
        inside = (row >= 0) & (column >= 0) & (row < ny) & (column < nx)
    out = np.full(row.shape, np.nan, np.float32)
    seen = values[row[inside].astype(int), column[inside].astype(int)].astype(np.float32)
    seen[values[row[inside].astype(int), column[inside].astype(int)] == nodata] = np.nan
    out[inside] = seen
    return out


@pytest.mark.parametrize("z", [5, 7, 9])
@pytest.mark.parametrize("kind", [np.float32, np.uint8, np.int16, np.int32])
def test_the_compiled_way_gives_what_numpy_gives(z, kind):
    rng = np.random.default_rng(z)
    values = rng.integers(0, 9, (100, 120)).astype(kind)
    nodata = 3.0 if kind is not np.float32 else np.nan
    at = pixels_of(tile_over(GRID, z), GRID)
    found = cells_under(at.rows, at.columns, SIDE, values, 50.0, 70.0, 1.0, nodata)
    np.testing.assert_array_equal(found, plain_cells(at, values, (50, 70), 1, nodata))


@given(st.integers(0, 1000), st.booleans())
def test_places_along_a_ramp_are_those_of_the_drawing_library(seed, logarithmic):
    rng = np.random.default_rng(seed)
    values = (10.0 ** rng.uniform(-2, 3, (6, 7))).astype(np.float32)
    values[0, 0] = np.nan
    told = Colouring((), "viridis", 0.1, 100.0, logarithmic=logarithmic)
    places = told.places(values)
    assert places[0, 0] == 0
    right = np.clip(told.norm(values[1:].astype(np.float64)), 0, 1) * 254
    assert np.abs(places[1:] - 1.0 - right).max() <= 0.5 + 1e-6


def test_codes_have_the_places_of_their_classes():
    told = Colouring(((7, "b", "#000001"), (-2, "a", "#000002"), (255, "c", "#000003")))
    values = np.array([[7, -2, 255, 3, np.nan]], np.float32)
    assert told.places(values).tolist() == [[1, 2, 3, 0, 0]]
    assert told.palette[2].tolist() == [0, 0, 2]


def test_one_number_everywhere_is_one_colour():
    told = Colouring(low=4.0, high=4.0)
    assert told.places(np.array([4.0, np.nan], np.float32)).tolist() == [1, 0]
