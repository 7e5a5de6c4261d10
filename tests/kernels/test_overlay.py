"""Compiled and plain passes over many grids give the same."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.kernels import overlay


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0, 1, 2, 3]))
def test_one_pass(seed, mode):
    rng = np.random.default_rng(seed)
    grids = tuple(rng.uniform(0, 9, 30).astype(np.float32) for _ in range(3))
    grids[1][rng.integers(0, 30, 4)] = np.nan
    np.testing.assert_allclose(overlay.spans(grids, 4), overlay.spans.py_func(grids, 4), rtol=1e-9)
    args = (
        grids,
        rng.uniform(0.1, 1, 3),
        rng.uniform(0, 2, 3),
        np.array([0.5, 0.3, 0.2]),
        mode,
        np.full(3, 0.5),
    )
    results = []
    for run in (overlay.overlaid, overlay.overlaid.py_func):
        first, second = np.zeros(30, np.float32), np.zeros(30, np.float32)
        with np.errstate(invalid="ignore"):
            run(*args, first, second)
        results.append((first, second))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert np.isnan(results[0][0][np.isnan(grids[1])]).all()
