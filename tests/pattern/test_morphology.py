"""Shapes drawn by hand, class by class."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from tests.worlds import grid

from shanshui.core.errors import QuantityError
from shanshui.kernels.thinning import skeleton
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
        assert found == {17: 115, 3: 5} | ({220: 1} if internal else {})
    shape[10, 5:8] = False
    assert count(morphology(np.rot90(shape, turns), internal=True))[17] == 111
    assert 220 not in count(morphology(np.rot90(shape, turns), internal=True))
    shape[10, 5:8], shape[5, 5] = True, False
    assert count(morphology(np.rot90(shape, turns))) == {17: 112, 5: 8}


@pytest.mark.parametrize("turns", range(4))
def test_a_hole_beside_the_rim_is_closed_by_the_core_beyond(turns):
    shape = np.ones((9, 9), bool)
    shape[4, 7] = False
    out = morphology(np.rot90(shape, turns), internal=True)
    assert count(out) == {17: 72, 5: 8, 100: 1}


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
    # corners that the line does not need are branch, and so is what the spur's two diagonals do not
    assert text(morphology(shape))[5:] == [
        ".eeeUeeeeeeeUeee.",
        "....L.......L....",
        "....L.......L....",
        "....bLLLbLLLb....",
        "........L........",
        "........b........",
        "........b........",
        ".................",
    ]


def test_bridge_with_a_spur():
    shape = TWO.copy()
    shape = np.pad(shape, ((0, 3), (0, 0)))
    shape[4:8, 7] = True
    assert text(morphology(shape))[3:8] == [
        ".eCCCTBbBTCCCe.",
        ".eCCCe.B.eCCCe.",
        ".eeeee.b.eeeee.",
        ".......b.......",
        ".......b.......",
    ]


def test_a_core_within_a_hole_has_an_edge_of_its_own():
    shape = block(21)
    shape[8:17, 8:17] = False
    shape[10:15, 10:15] = True
    out = morphology(shape)
    assert out[10, 10] == 3
    assert out[7, 12] == 5
    assert count(out) == {17: 249, 3: 96, 5: 40}
    inner = morphology(shape, internal=True)
    assert count(inner) == {17: 240, 117: 9, 3: 80, 103: 16, 5: 40, 100: 56}


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


def test_a_hole_of_missing_is_no_opening():
    codes = np.full((9, 9), 2)
    codes[2:7, 2:7] = 0
    codes[4, 4] = 1
    out = morphology(codes, internal=True)
    assert out[4, 4] == 100
    codes = np.full((9, 9), 1)
    codes[2:7, 2:7] = 0
    codes[4, 4] = 1
    assert count(morphology(codes, internal=True)) == {129: 24}


def test_strips_of_three_at_the_rim_have_core_beyond():
    shape = np.zeros((6, 14), bool)
    shape[0, [1, 2, 3, 6, 7, 10]] = True
    assert text(morphology(shape))[0] == ".eee..ii..i..."
    # the same away from the rim are islets
    assert set(count(morphology(np.pad(shape, ((1, 0), (0, 0)))))) == {9}


def test_two_diagonal_steps_are_a_bridge_and_one_is_a_loop():
    for gap, code in ((1, 69 - 2), (2, 35)):
        shape = np.zeros((12 + gap, 12 + gap), bool)
        shape[1:6, 1:6] = True
        shape[6 + gap - 2 : 11 + gap - 2, 6 + gap - 2 : 11 + gap - 2] = True
        out = morphology(shape)
        drawn_lines = np.isin(out, (33, 35, 65, 67))
        assert set(out[drawn_lines].tolist()) == {code}
        assert drawn_lines.sum() == gap


def test_a_lasso_is_a_loop():
    shape = drawn(
        "...............",
        ".#####.........",
        ".#####....###..",
        ".##########.#..",
        ".#####....###..",
        ".#####.........",
        "...............",
    )
    assert text(morphology(shape))[2:5] == [
        ".eCCCe....LLb..",
        ".eCCCULLLLL.L..",
        ".eCCCe....LLb..",
    ]


def test_two_lines_that_only_go_together_both_stay():
    wide = TWO.copy()
    wide[2, 6:9] = True
    assert text(morphology(wide))[2:4] == [".eCCCTBBBTCCCe.", ".eCCCTBBBTCCCe."]
    three = np.pad(wide, ((0, 1), (0, 0)))
    three[4, 6:9] = True
    # three are a core of their own
    assert text(morphology(three))[3] == ".eCCCCCCCCCCCe."


def test_a_line_has_the_width_of_edges():
    # blocks of 9 and a band of 4 between them: no core with edges of 2, and all of it is bridge
    shape = np.zeros((13, 30), bool)
    shape[2:11, 2:11] = shape[2:11, 19:28] = shape[4:8, 11:19] = True
    out = morphology(shape, edge_width=2)
    assert (out[4:8, 11:19] == 33).all()
    assert set(np.unique(morphology(shape, edge_width=2, transition=False))) == {0, 3, 17, 33}


@given(
    arrays(bool, st.tuples(st.integers(4, 24), st.integers(4, 24))),
    st.sampled_from([4, 8]),
    st.integers(1, 3),
    st.integers(0, 3),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_every_shape(shape, connectivity, width, turns, internal):
    ways = {"connectivity": connectivity, "edge_width": width, "internal": internal}
    out = morphology(shape, **ways)
    # no direction: the turned and the mirrored map are the map, turned and mirrored
    np.testing.assert_array_equal(morphology(np.rot90(shape, turns), **ways), np.rot90(out, turns))
    np.testing.assert_array_equal(morphology(shape.T, **ways), out.T)
    plain = morphology(shape, **ways | {"internal": False})
    known = {c for codes in CLASSES.values() for c in codes}
    assert set(np.unique(plain[shape])) <= known
    assert (plain[~shape] == 0).all()
    folded = np.where(out > 129, out - 100, np.where((out > 100) & (out < 129), out - 100, out))
    np.testing.assert_array_equal(folded[shape], plain[shape])
    assert np.isin(out[~shape], (0, 100, 220)).all()
    joined = np.ones((3, 3)) if connectivity == 8 else None
    # with the rim's own core beyond it in sight
    framed = np.pad(shape, 1, mode="edge")
    label, _ = ndimage.label(framed, joined)
    far = ndimage.distance_transform_edt(framed) > width + 0.98 if not framed.all() else framed
    for number in range(1, label.max() + 1):
        inside = plain[(label == number)[1:-1, 1:-1]]
        if inside.size:
            assert (inside == 9).all() == (not far[label == number].any())
    np.testing.assert_array_equal(plain == 17, far[1:-1, 1:-1])
    # bridges join different cores: none where there is one
    _, total = ndimage.label(far, joined)
    if total < 2:
        assert not np.isin(plain, CLASSES["bridge"]).any()
    # what is drawn through edges is edge or perforation where it is not
    whole = morphology(shape, **ways | {"internal": False, "transition": False})
    drawn_in = np.isin(plain, (35, 37, 67, 69))
    assert np.isin(whole[drawn_in], (3, 5)).all()
    np.testing.assert_array_equal(whole[~drawn_in], plain[~drawn_in])


@given(arrays(bool, st.tuples(st.integers(3, 12), st.integers(3, 12))), st.booleans())
@settings(max_examples=60, deadline=None)
def test_thinning_takes_off_no_part_and_no_hole(shape, eight):
    framed = np.pad(shape, 1)
    near, far = (np.ones((3, 3)), None) if eight else (None, np.ones((3, 3)))
    # one pixel of each part stays
    label, parts = ndimage.label(framed, near)
    anchor = np.zeros_like(framed)
    for number in range(1, parts + 1):
        anchor[tuple(np.argwhere(label == number)[0])] = True
    left = skeleton(framed, anchor, eight)
    assert ndimage.label(left, near)[1] == ndimage.label(framed, near)[1]
    assert ndimage.label(~left, far)[1] == ndimage.label(~framed, far)[1]
    assert not (left & ~framed).any()


def test_a_map_of_another_program_to_the_pixel():
    folder = Path(__file__).parents[3] / "shared" / "data" / "peers" / "mspa"
    if not folder.exists():
        pytest.skip("no shared data beside the checkout")
    given_map = rasterio.open(folder / "input.tif").read(1)
    wanted = rasterio.open(folder / "classes.tif").read(1)
    out = morphology(given_map, internal=True)
    plain = np.where((out > 100) & (out != 129) & (out != 220), out - 100, out)
    classes = {
        0: (0,), 1: (17,), 2: (3,), 3: (220,), 4: (1,), 5: (9,), 6: (33, 35, 37), 7: (5,), 8: (100,), 9: (65, 67, 69), 10: (129,),
    }  # fmt: skip
    found = np.full(out.shape, 99)
    for number, codes in classes.items():
        found[np.isin(plain, codes)] = number
    # there the corners of a map are never core; here they are what the ground is
    assert (found[0, 0], wanted[0, 0]) == (1, 2)
    found[0, 0] = 2
    # the map was cut at the right and below: classes there hang on what is beyond
    np.testing.assert_array_equal(found[:468, :468], wanted[:468, :468])


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
        (np.ones(4, bool), {}, "rows and columns"),
        (np.ones((0, 3), bool), {}, "one or more"),
    ],
)
def test_what_is_wrong_is_said(shape, options, words):
    with pytest.raises(QuantityError, match=words):
        morphology(shape, **options)
