"""Shapes drawn by hand, class by class."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from tests.worlds import grid

from shanshui.core.errors import QuantityError
from shanshui.pattern.morphology import CLASSES, coherence, morphology, morphology_shares

LETTERS = {
    0: ".",
    1: "b",
    3: "e",
    5: "p",
    9: "i",
    17: "C",
    33: "B",
    35: "T",
    65: "L",
    67: "U",
    129: "x",
}


def drawn(*lines):
    return np.array([[c == "#" for c in line] for line in lines])


def text(codes):
    return ["".join(LETTERS[c] for c in row) for row in np.asarray(codes).tolist()]


def count(codes):
    values, numbers = np.unique(codes, return_counts=True)
    return {int(v): int(n) for v, n in zip(values, numbers, strict=True) if v}


def block(size, around=2):
    return np.pad(np.ones((size, size), bool), around)


def test_core_and_edge():
    assert count(morphology(block(5))) == {17: 9, 3: 16}
    assert count(morphology(block(5), edge_width=2)) == {17: 1, 3: 24}


def test_perforation():
    shape = block(9)
    shape[6, 6] = False
    assert count(morphology(shape)) == {17: 40, 3: 32, 5: 8}
    assert morphology(shape, internal=True)[6, 6] == 100


@pytest.mark.parametrize("turns", range(4))
def test_a_notch_at_the_rim_of_the_map_is_no_hole(turns):
    shape = np.ones((11, 11), bool)
    shape[10, 5] = False
    for internal in (False, True):
        found = count(morphology(np.rot90(shape, turns), internal=internal))
        assert set(found) == {17, 3}
    shape[10, 5], shape[5, 5] = True, False
    assert set(count(morphology(np.rot90(shape, turns)))) == {17, 5}


def test_islet():
    assert count(morphology(np.pad(np.ones((1, 3), bool), 2))) == {9: 3}


TWO = drawn(
    "...............",
    ".#####...#####.",
    ".#####...#####.",
    ".#############.",
    ".#####...#####.",
    ".#####...#####.",
    "...............",
)


def test_bridge():
    assert text(morphology(TWO)) == [
        "...............",
        ".eeeee...eeeee.",
        ".eCCCe...eCCCe.",
        ".eCCCTBBBTCCCe.",
        ".eCCCe...eCCCe.",
        ".eeeee...eeeee.",
        "...............",
    ]
    plain = morphology(TWO, transition=False)
    assert count(plain) == {17: 18, 3: 32, 33: 3}


def test_branch():
    one = TWO.copy()
    one[:, 9:] = False
    one[3, 9:12] = True
    assert count(morphology(one)) == {17: 9, 3: 16, 1: 6}


def test_loop():
    shape = drawn(
        ".................",
        ".###############.",
        ".###############.",
        ".###############.",
        ".###############.",
        ".###############.",
        "....#.......#....",
        "....#.......#....",
        "....#########....",
        "........#........",
        "........#........",
        "........#........",
        ".................",
    )
    out = morphology(shape)
    assert (out[6:9, 4] == 65).all()
    assert (out[8, 4:13] == 65).all()
    assert out[5, 4] == 67
    # the spur off the loop is a branch beyond the reach of the loop's own width
    assert out[11, 8] == 1


def test_bridge_with_a_spur():
    shape = TWO.copy()
    shape = np.pad(shape, ((0, 3), (0, 0)))
    shape[4:8, 7] = True
    out = morphology(shape)
    assert (out[3, 6:9] == 33).all()
    assert out[7, 7] == 1


def test_a_core_within_a_hole_has_an_edge_of_its_own():
    shape = block(21)
    shape[8:17, 8:17] = False
    shape[10:15, 10:15] = True
    out = morphology(shape)
    assert out[10, 10] == 3
    assert out[7, 12] == 5
    assert count(out) == {17: 249, 3: 96, 5: 40}
    inner = morphology(shape, internal=True)
    assert inner[10, 10] == 103
    assert inner[9, 9] == 100


def test_corners_join_only_with_eight():
    shape = drawn(
        ".............",
        ".#####.......",
        ".#####.......",
        ".#####.......",
        ".#####.......",
        ".#####.......",
        "......#......",
        ".......#####.",
        ".......#####.",
        ".......#####.",
        ".......#####.",
        ".......#####.",
        ".............",
    )
    assert morphology(shape)[6, 6] == 33
    assert morphology(shape, connectivity=4)[6, 6] == 9


def test_missing_is_not_background():
    codes = np.full((7, 7), 2)
    codes[:, 6] = 0
    out = morphology(codes)
    assert (out[:, 6] == 129).all()
    assert (out[:, :6] == 17).all()
    codes[3, 6] = 1
    assert morphology(codes)[3, 5] in (3, 5)


@given(
    arrays(bool, st.tuples(st.integers(4, 24), st.integers(4, 24))),
    st.sampled_from([4, 8]),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_every_shape(shape, connectivity, width):
    out = morphology(shape, connectivity=connectivity, edge_width=width)
    known = {c for codes in CLASSES.values() for c in codes}
    assert set(np.unique(out[shape])) <= known
    assert (out[~shape] == 0).all()
    turned = morphology(shape.T, connectivity=connectivity, edge_width=width)
    for codes in ((17,), (9,)):
        np.testing.assert_array_equal(np.isin(turned.T, codes), np.isin(out, codes))
    joined = np.ones((3, 3)) if connectivity == 8 else None
    label, _ = ndimage.label(shape, joined)
    for number in range(1, label.max() + 1):
        inside = out[label == number]
        assert (inside == 9).all() == (not (inside == 17).any())
    # bridges join different cores: none where there is one
    _, total = ndimage.label(out == 17, joined)
    if total < 2:
        assert not np.isin(out, CLASSES["bridge"]).any()


def shares_of(shape, **options):
    codes = morphology(np.where(shape, 2, 1).astype(np.uint8), **options)
    table = morphology_shares(grid(codes, "1", cell_m=2000.0, nodata=129))
    return table.set_index("class"), table.attrs["coherence"]


def test_two_blocks_on_a_line_have_18_core_cells_of_53():
    shares, together = shares_of(TWO)
    # cells of 4 km2: 2 x 9 core, 3 on the line and the 2 edges that it passes are bridge, 30 edge
    assert shares["area_km2"].to_dict() == {
        "core": 72.0, "islet": 0.0, "perforation": 0.0, "edge": 120.0, "loop": 0.0, "bridge": 20.0, "branch": 0.0,
    }  # fmt: skip
    assert shares["share"].tolist() == pytest.approx([18 / 53, 0, 0, 30 / 53, 0, 5 / 53, 0])
    assert shares["objects"].to_dict() == {
        "core": 2, "islet": 0, "perforation": 0, "edge": 2, "loop": 0, "bridge": 1, "branch": 0,
    }  # fmt: skip
    assert together == 1.0


def test_two_blocks_apart_hold_together_by_half():
    apart = TWO.copy()
    apart[3, 6:9] = False
    assert shares_of(apart)[1] == pytest.approx(0.5)
    three = np.zeros((5, 9), bool)
    three[1, 1:4] = three[3, 7] = True
    # 3 cells and 1: (9 + 1) / 16
    assert coherence(three) == pytest.approx(10 / 16)


def test_bare_ground_has_no_shares():
    shares, together = shares_of(np.zeros((3, 3), bool))
    assert shares["share"].isna().all()
    assert (shares["objects"] == 0).all()
    assert np.isnan(together)


def test_what_lies_in_a_hole_counts_with_its_class():
    shape = block(13)
    shape[5:12, 5:12] = False
    shape[8, 8] = True
    inner, _ = shares_of(shape, internal=True)
    plain, _ = shares_of(shape)
    assert inner.loc["islet", "objects"] == plain.loc["islet", "objects"] == 1
    np.testing.assert_array_equal(inner["area_km2"], plain["area_km2"])


def test_labelled_grids_come_back_labelled():
    grid = xr.DataArray(np.where(TWO, 2, 1).astype(np.uint8), dims=("y", "x"))
    out = morphology(grid)
    assert out.attrs["nodata"] == 129


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        (np.array([[3]]), {}, "found .3."),
        (np.ones((2, 2), bool), {"edge_width": 0}, "edge_width"),
        (np.ones((2, 2), bool), {"connectivity": 6}, "4 or 8"),
        (np.ones(4, bool), {}, "dimensions"),
    ],
)
def test_what_is_wrong_is_said(shape, options, words):
    with pytest.raises(QuantityError, match=words):
        morphology(shape, **options)
