"""Grids put together from parts: the file that one writer alone would have written, byte for byte; and what is no grid."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid_spec

from shanshui.core.errors import ResourceError, StoreError
from shanshui.region.grid import STRIP
from shanshui.store.making import Maker
from shanshui.store.parts import PartWriter, _with_tiles, together
from shanshui.store.tiles import TileFile, tiles

HEADS = {
    "float32": ("float32", "m", None),
    "float64": ("float64", "t/ha", None),
    "uint8": ("uint8", "1", 255.0),
    "int32": ("int32", "1", -1.0),
}


def cells(spec, dtype, seed=0):
    """Noise with gaps, whole tiles of one value and whole tiles of nothing."""
    random = np.random.default_rng(seed)
    values = (random.random(spec.shape) * 200).astype(dtype)
    gap = np.nan if np.dtype(dtype).kind == "f" else HEADS[dtype][2]
    values[random.random(spec.shape) < 0.1] = gap
    values[: STRIP // 2, : spec.nx // 2] = 7
    values[STRIP : 2 * STRIP] = gap
    return values


def alone(maker, values, head):
    writer = maker.raster_writer(*head)
    for start, stop in maker.grid.strips(STRIP):
        writer.write(start, values[start:stop])
    return maker.raster(writer)


def part(maker, values, head, ends):
    writer = maker.part_writer(ends, head)
    for start in range(*ends, STRIP):
        writer.write(start, values[start : min(start + STRIP, ends[1])])
    return writer.close()


def parts(maker, values, head, cuts):
    edges = [0, *(STRIP * k for k in cuts), maker.grid.ny]
    return [part(maker, values, head, ends) for ends in pairwise(edges)]


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
@pytest.mark.parametrize("shape", [(1700, 900), (1536, 512), (40, 30), (513, 1)])
def test_parts_make_the_file_of_one_writer(tmp_path, head, shape):
    maker = Maker(tmp_path, grid_spec(*shape))
    values = cells(maker.grid, head[0])
    whole = alone(maker, values, head)
    joined = maker.together(parts(maker, values, head, range(1, -(-shape[0] // STRIP))))
    assert joined.path.read_bytes() == whole.path.read_bytes()
    assert joined.stored == hashlib.sha256(joined.path.read_bytes()).hexdigest()
    fields = ("digest", "kind", "facts", "bytes", "stored", "reads")
    assert all(getattr(joined, k) == getattr(whole, k) for k in fields)


@settings(max_examples=12, deadline=None)
@given(cuts=st.sets(st.integers(1, 4)), seed=st.integers(0, 99))
def test_wherever_it_is_cut(tmp_path_factory, cuts, seed):
    folder = tmp_path_factory.mktemp("parts")
    maker = Maker(folder, grid_spec(2200, 60))
    values = cells(maker.grid, "float32", seed)
    whole = alone(maker, values, HEADS["float32"])
    joined = maker.together(parts(maker, values, HEADS["float32"], sorted(cuts)))
    assert joined.path.read_bytes() == whole.path.read_bytes()
    assert joined.facts == whole.facts


@pytest.mark.parametrize(("side", "mark"), [(3000, b"II*\x00"), (30_000, b"II+\x00")])
def test_heads_of_small_and_large_files_name_the_tiles(tmp_path, side, mark):
    """As a reader finds them, without the tiles themselves."""
    path = tmp_path / "x.tif"
    TileFile(path, grid_spec(side, side), *HEADS["float32"], empty=True).close()
    high = -(-side // STRIP)
    lengths = [100 + k for k in range(high * high)]
    head = _with_tiles(path.read_bytes(), lengths)
    assert head[:4] == mark
    path.write_bytes(head + bytes(sum(lengths)))
    found = list(tiles(path))
    assert [length for _, length in found] == lengths
    assert [offset for offset, _ in found] == [
        len(head) + sum(lengths[:k]) for k in range(len(lengths))
    ]


def test_a_head_of_other_tiles_is_refused(tmp_path):
    path = tmp_path / "x.tif"
    TileFile(path, grid_spec(1000, 1000), *HEADS["float32"], empty=True).close()
    with pytest.raises(StoreError, match="3 tiles has no head that they fit into"):
        _with_tiles(path.read_bytes(), [1, 2, 3])


def test_what_is_read_back_is_what_was_written(tmp_path):
    maker = Maker(tmp_path, grid_spec(1100, 700))
    values = cells(maker.grid, "float32")
    joined = maker.together(parts(maker, values, HEADS["float32"], [2]))
    with rasterio.open(joined.path) as file:
        np.testing.assert_array_equal(file.read(1), values)
        assert file.tags()["units"] == "m"


@pytest.fixture
def made(tmp_path):
    maker = Maker(tmp_path, grid_spec(1600, 100))
    values = cells(maker.grid, "float32")
    return maker, values, parts(maker, values, HEADS["float32"], [1, 2])


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ((1, 2), "rows from 512 came where row 0 was due"),
        ((0, 2), "rows from 1024 came where row 512 was due"),
        ((0, 1, 1, 2), "rows from 512 came where row 1024 was due"),
        ((0, 1), "1024 of 1600 rows were written"),
    ],
)
def test_gaps_and_rows_that_come_twice_are_refused(tmp_path, made, chosen, says):
    maker, _, all_parts = made
    with pytest.raises(StoreError, match=says):
        together(tmp_path / "x.tif", maker.grid, [all_parts[k] for k in chosen])
    assert not (tmp_path / "x.tif").exists()


def test_a_part_that_was_cut_short_is_refused(tmp_path, made):
    maker, _, all_parts = made
    raw = all_parts[1].path.read_bytes()
    all_parts[1].path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises((StoreError, ResourceError), match=all_parts[1].path.name):
        together(tmp_path / "x.tif", maker.grid, all_parts)


def test_a_part_of_another_width_is_refused(tmp_path, made):
    maker, values, all_parts = made
    other = Maker(tmp_path, grid_spec(1600, 90))
    wrong = part(other, values[:, :90], HEADS["float32"], (512, 1024))
    with pytest.raises(StoreError, match="found 512 x 90 cells, expected 512 x 100"):
        together(tmp_path / "x.tif", maker.grid, [all_parts[0], wrong, all_parts[2]])


def test_a_part_begins_where_tiles_do(tmp_path):
    with pytest.raises(StoreError, match="starts at row 100, expected a multiple of 512"):
        PartWriter(tmp_path / "x.part", grid_spec(1600, 100), (100, 600), HEADS["float32"])


def test_rows_that_are_missing_are_told_and_an_unfinished_part_goes(tmp_path):
    writer = PartWriter(tmp_path / "x.part", grid_spec(1600, 9), (512, 1600), HEADS["float32"])
    writer.write(512, np.zeros((512, 9), np.float32))
    with pytest.raises(StoreError, match="512 of 1088 rows were written"):
        writer.close()
    writer.abandon()
    assert list(tmp_path.iterdir()) == []
