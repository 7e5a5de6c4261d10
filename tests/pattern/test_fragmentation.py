"""Classes of forest fragmentation: the authors' own window, maps by force, and what is refused."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.worlds import grid

from shanshui.core.errors import QuantityError
from shanshui.kernels import fragments as kernel
from shanshui.pattern.fragmentation import (
    CLASSES,
    MISSING,
    forest_fragmentation,
    fragmentation_shares,
    fragments,
)

# figure 2 of Riitters et al. (2000): 6 of 9 cells, 5 of 11 pairs, so perforated
WINDOW = np.array([[2, 1, 2], [2, 2, 1], [2, 2, 1]])


def test_the_window_of_the_authors():
    assert fragments(WINDOW, window=3)[1, 1] == 1 + CLASSES.index("perforated")
    # without a hole but with a straight rim: 6 of 9 cells, 7 of 10 pairs
    half = np.array([[2, 2, 1]] * 3)
    assert fragments(half, window=3)[1, 1] == 1 + CLASSES.index("edge")
    # 3 of 9, 4 of 9, 5 of 9
    assert fragments(np.array([[1, 1, 1], [2, 2, 2], [1, 1, 1]]), window=3)[1, 1] == 1
    assert fragments(np.array([[2, 1, 1], [2, 2, 2], [1, 1, 1]]), window=3)[1, 1] == 2
    assert fragments(np.array([[2, 2, 1], [2, 2, 2], [1, 1, 1]]), window=3)[1, 1] == 2
    assert fragments(np.full((3, 3), 2), window=3)[1, 1] == 5


def test_equal_shares_are_undetermined():
    # above a cell 2 of 3 are forest with one pair alike of two... as fractions of whole numbers, never rounded
    codes = np.array([[2, 2, 1], [2, 2, 1]])
    # 4 of 6 cells; pairs 2 + 2 with forest, of rows, 2 of them alike; of columns 2, both alike: 4 of 6
    assert (fragments(codes, window=3)[:, 1] == 6).all()
    # forest alone, with nothing known beside it, is whole
    assert fragments(np.array([[2, 0], [0, 0]]), window=3)[0, 0] == 5


def test_bounds_belong_to_the_class_above():
    ten = np.array([[2, 2, 2, 2, 1], [1, 1, 1, 1, 1]])
    # of the whole 2 x 5 map, 4 of 10 are transitional and 3 are a patch; 6 are no longer transitional
    assert fragments(ten, window=9)[0, 0] == 2
    ten[0, 3] = 1
    assert fragments(ten, window=9)[0, 0] == 1
    ten[:, :3] = 2
    assert fragments(ten, window=9)[0, 0] > 2


def by_force(codes, window):
    half, out = window // 2, np.zeros(codes.shape, int)
    for i, j in np.ndindex(codes.shape):
        if codes[i, j] != 2:
            out[i, j] = 0 if codes[i, j] else MISSING
            continue
        part = codes[max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1]
        cells, full = (part > 0).sum(), (part == 2).sum()
        sides = [(part[:, :-1], part[:, 1:]), (part[:-1], part[1:])]
        known = [(a > 0) & (b > 0) & ((a == 2) | (b == 2)) for a, b in sides]
        pairs, alike = (
            sum(k.sum() for k in known),
            sum(((a == 2) & (b == 2)).sum() for a, b in sides),
        )
        if full == cells:
            out[i, j] = 5
        elif 10 * full < 4 * cells:
            out[i, j] = 1
        elif 10 * full < 6 * cells:
            out[i, j] = 2
        else:
            gap = full * pairs - alike * cells
            out[i, j] = 6 if pairs == 0 or gap == 0 else 3 if gap < 0 else 4
    return out


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 1, 2, 2, 2])),
    st.sampled_from([3, 5, 9, 31]),
    st.integers(0, 3),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_every_map_by_force_and_turned(codes, window, turns):
    out = fragments(codes, window=window)
    np.testing.assert_array_equal(out, by_force(codes, window))
    np.testing.assert_array_equal(
        fragments(np.rot90(codes, turns), window=window), np.rot90(out, turns)
    )


def test_compiled_and_plain_agree(monkeypatch):
    codes = np.random.default_rng(1).choice(3, (9, 11), p=[0.1, 0.3, 0.6]).astype(np.uint8)
    known = fragments(codes, window=5)
    for name in ("_add_row", "_add_between", "_class_of"):
        monkeypatch.setattr(kernel, name, getattr(kernel, name).py_func)
    out = np.empty_like(codes)
    kernel.fragment_classes.py_func(codes, 2, MISSING, out)
    np.testing.assert_array_equal(out, known)


def test_the_product_takes_covers_of_the_region():
    cover = np.array([[41, 45, 40, 60], [44, 40, 60, 60], [40, 40, 0, 60]])
    mask = grid(
        np.array([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]),
        "1",
        dtype=np.uint8,
        nodata=255,
        cell_m=2000.0,
    )
    cells = grid(cover, "1", dtype=np.uint8, nodata=0, cell_m=2000.0)
    out = forest_fragmentation(cells, mask, window=3)
    # second column: 5 of 6 cells and 5 of 7 pairs, 7 of 8 and 8 of 10, 4 of 5 and 4 of 5
    assert out.values.tolist() == [[5, 4, 2, 0], [5, 4, 0, 0], [5, 6, 255, 255]]
    table = fragmentation_shares(out).set_index("class")
    assert table["area_km2"].to_dict() == {
        "patch": 0.0, "transitional": 4.0, "edge": 0.0, "perforated": 8.0, "interior": 12.0, "undetermined": 4.0,
    }  # fmt: skip
    assert table["share"].sum() == pytest.approx(1.0)
    other = forest_fragmentation(cells, mask, window=3, fragmented=("conifer_forest",))
    assert np.count_nonzero((other.values > 0) & (other.values < 255)) == 1
    bare = fragmentation_shares(grid(np.zeros((2, 2)), "1", dtype=np.uint8, nodata=255))
    assert bare["share"].isna().all()


def test_labelled_maps_come_back_labelled():
    out = fragments(xr.DataArray(WINDOW, dims=("y", "x")), window=3)
    assert out.attrs["nodata"] == MISSING


@pytest.mark.parametrize(
    ("codes", "window", "words"),
    [(WINDOW, 4, "odd"), (WINDOW, 1, "3 or more"), (WINDOW + 1, 3, "found .3."), (WINDOW[0], 3, "dimensions")],
)  # fmt: skip
def test_what_is_wrong_is_said(codes, window, words):
    with pytest.raises(QuantityError, match=words):
        fragments(codes, window=window)
