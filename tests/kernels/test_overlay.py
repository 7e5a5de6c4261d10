"""Passes over many grids give the same compiled and plain, with any number of threads, and when several call at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.kernels import overlay

MODES = [overlay.WEIGHTED_SUM, overlay.TOPSIS, overlay.VIKOR, overlay.GREY]


def layers(seed, cells):
    random = np.random.default_rng(seed)
    grids = tuple(random.uniform(0, 9, cells).astype(np.float32) for _ in range(3))
    grids[1][random.integers(0, cells, 4)] = np.nan
    scale, shift = random.uniform(0.1, 1, 3), random.uniform(0, 2, 3)
    return grids, scale, shift


def passed(seed, cells, mode, threads=None):
    """Both passes over some layers: facts, first and second result."""
    grids, scale, shift = layers(seed, cells)
    weights = np.array([0.5, 0.3, 0.2])
    first, second = np.zeros(cells, np.float32), np.zeros(cells, np.float32)
    overlay.overlaid(
        grids, scale, shift, weights, mode, np.full(3, 0.5), first, second, threads=threads
    )
    return overlay.spans(grids, 4, threads), first, second


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(MODES))
def test_compiled_and_plain_give_the_same(seed, mode):
    compiled = passed(seed, 30, mode)
    with pytest.MonkeyPatch.context() as patch, np.errstate(invalid="ignore"):
        patch.setattr(overlay, "_spans", overlay._spans.py_func)
        patch.setattr(overlay, "_overlaid", overlay._overlaid.py_func)
        plain = passed(seed, 30, mode)
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-9)
    for one, other in zip(compiled[1:], plain[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    grids, _, _ = layers(seed, 30)
    assert np.isnan(compiled[1][np.isnan(grids[1])]).all()


def test_facts_are_of_cells_where_all_layers_are_known():
    one = np.array([1.0, 2.0, np.nan, -4.0], np.float32)
    two = np.array([5.0, np.nan, 7.0, 6.0], np.float32)
    np.testing.assert_array_equal(overlay.spans((one, two), 3), [[-4, 1, 17], [5, 6, 61]])
    assert np.isnan(overlay.spans((one[1:3], two[1:3]), 2)).all()


@pytest.mark.parametrize("mode", MODES)
def test_threads_do_not_change_a_bit(mode):
    alone, *others = (passed(1, 10_007, mode, threads) for threads in (1, 2, 3, 40))
    for other in others:
        for a, b in zip(alone, other, strict=True):
            assert a.tobytes() == b.tobytes()


def test_three_callers_at_once_are_served():
    alone = [passed(seed, 50_000, overlay.VIKOR, 1) for seed in range(12)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda seed: passed(seed, 50_000, overlay.VIKOR, 3), range(12)))
    for one, other in zip(alone, found, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.tobytes() == b.tobytes()
