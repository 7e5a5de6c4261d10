"""The order of the reference's scan: where it gives what the formula gives, and where it takes cells too early."""

import numpy as np
import pytest

from shanshui.kernels.delivery import retained
from shanshui.kernels.multiflow import COL, ROW, flow_order, shared_directions
from shanshui.kernels.scan_order import retained_by_scan

EAST, WEST = 0, 4
CELL, LENGTH = 30.0, 80.0
KEPT = 0.6 * (1 - np.exp(-5 * CELL / LENGTH))
"""What one step beside a stream holds back of the most, 0.6."""


def strip(way, cells=5):
    """Ground that drains one way, into a stream at its end and off the map."""
    code = np.full((1, cells), 15 << (4 * way), np.uint32)
    stream = np.zeros((1, cells), np.uint8)
    stream[0, -1 if way == EAST else 0] = 1
    return code, stream


def both(code, stream, block=256, efficiency=0.6):
    eff = np.full(code.size, efficiency, np.float32)
    eff[stream.ravel() == 1] = 0
    length = np.full(code.size, LENGTH, np.float32)
    out = np.empty(code.size, np.float32)
    formula = retained(flow_order(code), code, stream, eff, length, CELL, out.copy())
    scan = retained_by_scan(code, stream, eff, length, CELL, block, out.copy())
    return formula.reshape(code.shape), scan.reshape(code.shape)


def test_ground_that_drains_east_is_scanned_from_above_and_follows_the_formula():
    formula, scan = both(*strip(EAST))
    np.testing.assert_array_equal(formula, scan)
    assert scan[0, 3] == pytest.approx(KEPT, rel=1e-6)
    assert scan[0, 0] > scan[0, 3]


def test_ground_that_drains_west_is_taken_too_early_and_holds_nothing_back():
    formula, scan = both(*strip(WEST))
    np.testing.assert_array_equal(formula, both(*strip(EAST))[0][:, ::-1])
    # each cell is a seed because the one before it was made one; the last is worked off first
    np.testing.assert_array_equal(scan, np.zeros((1, 5)))


def test_a_block_begins_anew_and_so_mends_what_lies_beyond_it():
    code, stream = strip(WEST, 7)
    formula, scan = both(code, stream, block=3)
    np.testing.assert_array_equal(scan[0, :3], [0, 0, 0])
    # its neighbour was worked off with nothing, which counts as a stream: the second block begins there
    assert scan[0, 3] == pytest.approx(KEPT, rel=1e-6)
    assert np.all(scan[0, 4:] > scan[0, 3])
    assert np.all(scan <= formula)


def slope(seed, shape=(9, 11)):
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    z = (50 - 2 * x - y + 4 * rng.random(shape)).astype(np.float32)
    code = shared_directions(z)
    stream = (rng.random(shape) < 0.1).astype(np.uint8)
    stream[z == z.min()] = 1
    return code, stream


def by_hand(code, stream, block):
    """The same with dictionaries and lists, and no arithmetic of bits."""
    ny, nx = code.shape
    weight = {
        (i, j): {k: int(code[i, j]) >> 4 * k & 15 for k in range(8) if int(code[i, j]) >> 4 * k & 15}
        for i in range(ny) for j in range(nx)
    }  # fmt: skip
    ways = {at: set(parts) for at, parts in weight.items()}
    held: dict = {}

    def below(at, k):
        return at[0] + int(ROW[k]), at[1] + int(COL[k])

    for i0 in range(0, ny, block):
        for j0 in range(0, nx, block):
            stack = []
            for at in ((i, j) for i in range(i0, min(i0 + block, ny)) for j in range(j0, min(j0 + block, nx))):  # fmt: skip
                closed = {k for k in ways[at] if not ways.get(below(at, k))}
                if closed:
                    ways[at] -= closed
                    stack.append(at)
            while stack:
                at = stack.pop()
                total = 0.0
                for k, part in weight[at].items():
                    got = held.get(below(at, k))
                    if got is None:
                        continue
                    far = np.exp(-5 * CELL * (np.sqrt(2) if k % 2 else 1) / LENGTH)
                    own = float(np.float32(0.6))
                    step = own * (1 - far) if got == 0 else got * far + own * (1 - far) if own > got else got  # fmt: skip
                    total += part * step
                held[at] = (
                    0.0 if stream[at] else float(np.float32(total / sum(weight[at].values())))
                )
                for k in range(8):
                    above = below(at, k)
                    if above in ways and (k + 4) % 8 in ways[above]:
                        ways[above].remove((k + 4) % 8)
                        if not ways[above]:
                            stack.append(above)
    return np.array([[held.get((i, j), np.nan) for j in range(nx)] for i in range(ny)])


@pytest.mark.parametrize("block", [3, 4, 256])
@pytest.mark.parametrize("seed", range(4))
def test_the_scan_is_what_a_plain_walk_of_lists_gives(seed, block):
    code, stream = slope(seed)
    _, scan = both(code, stream, block)
    np.testing.assert_allclose(scan, by_hand(code, stream, block), rtol=1e-6)


def test_some_cells_of_a_slope_hold_less_by_the_scan_and_none_is_lost():
    fewer = 0
    for seed in range(4):
        formula, scan = both(*slope(seed))
        np.testing.assert_array_equal(np.isnan(formula), np.isnan(scan))
        fewer += int((scan < formula - 1e-6).sum())
    assert fewer > 0
