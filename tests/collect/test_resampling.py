"""How a map is laid on other cells: as the study says; presence is never read between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject
from tests.collect.bring import SPEC, look, specs_of
from tests.worlds import EQUAL_AREA, grid_spec, write_raster

from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import layer_kind
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import DataError

SIDE = SPEC.cell_m


def brought(path, kind, grid=SPEC, **declared):
    paths, specs = specs_of(path, **declared)
    what = layer_kind(INPUTS[kind], specs[0]) if INPUTS[kind].family == "stack" else INPUTS[kind]
    with raster_input(paths, specs, what, kind, grid) as source:
        return np.concatenate([part for _, part in source.strips(grid, lambda done: None)])


def nearest(values, cell, left, top, grid=SPEC):
    """Value of the file's cell that holds each cell's centre, by another way than the product's."""
    rows = np.floor((top - grid.y()) / cell).astype(int)
    cols = np.floor((grid.x() - left) / cell).astype(int)
    out = np.full(grid.shape, np.nan)
    r = (rows >= 0) & (rows < values.shape[0])
    c = (cols >= 0) & (cols < values.shape[1])
    out[np.ix_(r, c)] = values[np.ix_(rows[r], cols[c])]
    return out


def numbers(seed, shape):
    return np.random.default_rng(seed).normal(500, 90, shape).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.floats(0.3, 4.0), st.floats(0.0, 0.9))
def test_the_nearest_is_the_cell_below_the_centre(tmp_path_factory, seed, times, shift):
    folder = tmp_path_factory.mktemp("near")
    cell = SIDE * times
    # not on a centre: there no cell is the nearest
    left, top = SPEC.left - (1.013 + shift) * cell, SPEC.top + (0.507 + shift) * cell
    shape = tuple(int(n * SIDE / cell) + 4 for n in SPEC.shape)
    values = numbers(seed, shape)
    path = write_raster(folder / "z.tif", values, cell=cell, left=left, top=top)
    found = brought(path, "elevation", resampling="nearest")
    known = nearest(values, cell, left, top)
    np.testing.assert_array_equal(found, known.astype(np.float32))


@pytest.mark.parametrize(
    ("way", "value"), [("average", 2.5), ("mode", 1.0), ("greatest", 7.0), (None, 2.5)]
)
def test_a_word_says_which(tmp_path, way, value):
    fine = np.tile(np.array([[1.0, 1.0], [1.0, 7.0]], np.float32), SPEC.shape)
    path = write_raster(tmp_path / "p.tif", fine + 100, cell=SIDE / 2, left=SPEC.left, top=SPEC.top)
    words = {} if way is None else {"resampling": way}
    np.testing.assert_allclose(brought(path, "precipitation", **words), value + 100)


def test_between_two_cells_bilinear_is_between(tmp_path):
    coarse = np.tile(np.array([[100.0, 200.0]], np.float32), (12, 9))
    path = write_raster(
        tmp_path / "p.tif", coarse, cell=SIDE * 2, left=SPEC.left - SIDE, top=SPEC.top
    )
    found = brought(path, "precipitation", resampling="bilinear")
    assert set(np.unique(found[2:-2, 2:-2]).tolist()) == {125.0, 175.0}
    assert set(
        np.unique(brought(path, "precipitation", resampling="nearest")[2:-2, 2:-2]).tolist()
    ) == {100.0, 200.0}


PRESENCE = (np.random.default_rng(3).random((20, 30)) < 0.2).astype(np.uint8)


def test_presence_in_degrees_is_no_more_than_it_was(tmp_path):
    """A map of 0 and 1 written in another system keeps its numbers, and about as many of each."""
    source = from_origin(SPEC.left, SPEC.top, SIDE, SIDE)
    bounds = SPEC.bounds
    at, nx, ny = calculate_default_transform(EQUAL_AREA, "EPSG:4326", 30, 20, *bounds)
    turned = np.full((ny, nx), 255, np.uint8)
    reproject(
        PRESENCE, turned, src_transform=source, src_crs=EQUAL_AREA, dst_transform=at, dst_crs="EPSG:4326",
        resampling=Resampling.nearest, dst_nodata=255,
    )  # fmt: skip
    import rasterio

    with rasterio.open(
        tmp_path / "t.tif", "w", driver="GTiff", height=ny, width=nx, count=1, dtype="uint8", crs="EPSG:4326", transform=at, nodata=255,
    ) as file:  # fmt: skip
        file.write(turned, 1)
    found = brought(tmp_path / "t.tif", "threat_maps")
    assert set(np.unique(found[np.isfinite(found)]).tolist()) <= {0.0, 1.0}
    assert int((found > 0).sum()) == pytest.approx(int(PRESENCE.sum()), rel=0.1)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.25, 0.5, 0.8, 1.0, 1.7, 3.0]))
def test_presence_is_never_read_between(tmp_path_factory, seed, times):
    cell = SIDE * times
    shape = tuple(int(n * SIDE / cell) + 3 for n in SPEC.shape)
    mark = (np.random.default_rng(seed).random(shape) < 0.15).astype(np.float32)
    path = write_raster(
        tmp_path_factory.mktemp("p") / "t.tif", mark, cell=cell,
        left=SPEC.left - 0.613 * cell, top=SPEC.top + 0.381 * cell,
    )  # fmt: skip
    found = brought(path, "threat_maps")
    assert set(np.unique(found[np.isfinite(found)]).tolist()) <= {0.0, 1.0}
    if times > 1 / 1.5:
        known = nearest(mark, cell, SPEC.left - 0.613 * cell, SPEC.top + 0.381 * cell)
        np.testing.assert_array_equal(found, known)


def test_of_finer_cells_any_that_is_there_counts(tmp_path):
    fine = np.zeros((60, 90), np.uint8)
    fine[::3, ::6] = 1  # in every second study cell of each row, one ninth of it
    path = write_raster(tmp_path / "t.tif", fine, cell=SIDE / 3, left=SPEC.left, top=SPEC.top)
    found = brought(path, "threat_maps")
    assert (found[:, ::2] == 1).all()
    assert (found[:, 1::2] == 0).all()
    middle = brought(path, "threat_maps", resampling="nearest")
    assert (middle == 0).all()


@pytest.mark.parametrize(
    ("kind", "way", "message"),
    [
        ("threat_maps", "bilinear", "'bilinear' of a map of what is there and what is not; expected greatest or mode or nearest"),
        ("threat_maps", "average", "'average' of a map of what is there"),
        ("drainage", "average", "'average' of class codes; expected mode or nearest"),
    ],
)  # fmt: skip
def test_ways_that_make_what_is_not_are_refused(tmp_path, kind, way, message):
    path = write_raster(tmp_path / "m.tif", PRESENCE, left=SPEC.left, top=SPEC.top)
    with pytest.raises(DataError, match=message):
        brought(path, kind, resampling=way)


def test_where_nothing_obeys_the_word_it_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("lucode,kc\n1,1\n", "utf-8")
    path = write_raster(tmp_path / "m.tif", PRESENCE, left=SPEC.left, top=SPEC.top)
    for kind, file in (("biophysical", tmp_path / "t.csv"), ("population_maps", path)):
        problems = look(file, kind, resampling="nearest").problems
        assert "resampling has no meaning" in problems[0]


@pytest.mark.parametrize(
    ("dtype", "codes", "nodata"),
    [("uint8", (11, 255), None), ("int32", (11, 65617), -1), ("int32", (11, 2_000_000_001), -1), ("uint16", (11, 40011), 0)],
)  # fmt: skip
def test_codes_keep_their_width(tmp_path, dtype, codes, nodata):
    """Class 255 without nodata, and codes of five and ten digits, are classes as any other."""
    (tmp_path / "c.csv").write_text("code,name\n" + "".join(f"{c},x{c}\n" for c in codes), "utf-8")
    rows = np.where(PRESENCE == 1, codes[1], codes[0]).astype(dtype)
    path = write_raster(
        tmp_path / "m.tif", rows, left=SPEC.left, top=SPEC.top, nodata=nodata, dtype=dtype
    )
    found = brought(path, "land_cover", legend=str(tmp_path / "c.csv"))
    np.testing.assert_array_equal(found, rows.astype(np.int64))


def test_codes_beyond_32_bits_are_refused(tmp_path):
    (tmp_path / "c.csv").write_text("code,name\n3000000000,x\n", "utf-8")
    path = write_raster(
        tmp_path / "m.tif", PRESENCE.astype(np.float64) * 3e9, left=SPEC.left, top=SPEC.top, dtype="float64",
    )  # fmt: skip
    with pytest.raises(DataError, match="code '3000000000' is not a whole number"):
        brought(path, "land_cover", legend=str(tmp_path / "c.csv"))


def test_a_grid_of_coarser_cells_takes_what_is_there(tmp_path):
    path = write_raster(tmp_path / "t.tif", PRESENCE, left=SPEC.left, top=SPEC.top)
    thin = grid_spec(10, 15)
    thin = type(thin)(SPEC.crs, SIDE * 2, SPEC.left, SPEC.top, 10, 15)
    found = brought(path, "threat_maps", grid=thin)
    known = PRESENCE.reshape(10, 2, 15, 2).max(axis=(1, 3))
    np.testing.assert_array_equal(found, known)
