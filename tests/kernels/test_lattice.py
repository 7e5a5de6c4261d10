"""Compiled and plain kernels of circuits, costs and shapes give the same."""

import numpy as np
import pytest
from scipy import ndimage

from shanshui.kernels import belts, coarser, cost, cost_ways, disc, lattice, multigrid, thinning

SHAPE = (7, 9)


def ground(seed=0):
    random = np.random.default_rng(seed)
    cell = np.exp(random.normal(size=SHAPE))
    cell[random.random(SHAPE) < 0.2] = 0.0
    return cell


def edges(dtype=np.float64):
    out = tuple(lattice.framed(*SHAPE, dtype) for _ in range(4))
    lattice.lay_edges(ground(), ground() > 0, True, True, *out, 0, SHAPE[0])
    return out


def field(seed, dtype=np.float64):
    out = lattice.framed(*SHAPE, dtype)
    out[1 : SHAPE[0] + 1, 1 : SHAPE[1] + 1] = np.random.default_rng(seed).normal(size=SHAPE)
    return out


@pytest.mark.parametrize("resistances", [True, False])
def test_edges(resistances):
    found = tuple(lattice.framed(*SHAPE) for _ in range(4))
    plain = tuple(lattice.framed(*SHAPE) for _ in range(4))
    for kernel, out in ((lattice.lay_edges, found), (lattice.lay_edges.py_func, plain)):
        kernel(ground(), ground() > 0, resistances, True, *out, 0, SHAPE[0])
    np.testing.assert_array_equal(found, plain)


def lanes(seed, dtype=np.float64):
    return np.stack([field(seed + 10 * k, dtype) for k in range(6)])


ON = np.array([0, 1, 2, 4, 5])
EACH = np.arange(1.0, 7.0)


def test_vector_work():
    part, other, rough = np.zeros(20), np.zeros(20), np.zeros(20)
    parts, others = np.zeros((6, 20)), np.zeros((6, 20))
    for name, arrays in {
        "laplacian": (*edges(), field(1), ON, lanes(2), lanes(3), parts),
        "advance": (ON, *(lanes(n) for n in range(1, 5)), EACH, -EACH, 2 * EACH, lanes(5), parts),
        "products": (ON, lanes(1), lanes(2), lanes(3), parts, others),
        "turn": (ON, lanes(1), lanes(2), EACH, -EACH),
        "scale_lanes": (ON, lanes(1), EACH, lanes(2)),
        "add_parts": (field(1), 1e-17 * field(2), field(3)),
        "through_flow": (*edges(), *(field(n) for n in range(1, 6))),
        "balance": (*edges(), *(field(n) for n in range(1, 6)), part, other, rough),
    }.items():
        kernel = getattr(lattice, name)
        one = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
        two = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
        kernel(*one, 1, SHAPE[0] + 1)
        kernel.py_func(*two, 1, SHAPE[0] + 1)
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, err_msg=name)


def test_fixed_nodes_become_grounds():
    held = lattice.framed(*SHAPE, bool)
    held[3, 4] = held[2, 2] = True
    one, two = edges(), edges()
    grounds = field(0) * 0, field(0) * 0
    lattice.clamp_edges(*one, held, grounds[0])
    lattice.clamp_edges.py_func(*two, held, grounds[1])
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(grounds[0], grounds[1])
    assert grounds[0].sum() > 0


def test_groups_are_averaged():
    group = np.zeros(SHAPE, np.int32)
    group[1:3, 1:3] = 1
    one, two = ground(), ground()
    size = np.bincount(group.ravel())
    lattice.average_groups(one, group, np.zeros(2), size)
    lattice.average_groups.py_func(two, group, np.zeros(2), size)
    np.testing.assert_allclose(one, two)
    assert np.ptp(one[1:3, 1:3]) == 0.0


def level(seed=1):
    fine = (*edges(np.float32), np.abs(field(seed, np.float32)))
    inverse = np.zeros(fine[0].shape, np.float32)
    multigrid._inverse_diagonal(fine, inverse, 1, SHAPE[0] + 1)
    again = np.zeros_like(inverse)
    multigrid._inverse_diagonal.py_func(fine, again, 1, SHAPE[0] + 1)
    np.testing.assert_allclose(inverse, again, rtol=1e-6)
    return fine, inverse


@pytest.mark.parametrize(("backward", "afresh"), [(False, True), (False, False), (True, False)])
def test_relaxation(backward, afresh):
    fine, inverse = level()
    b = lanes(3, np.float32)
    for parity in (0, 1):
        one, two, alone = lanes(2, np.float32), lanes(2, np.float32), lanes(2, np.float32)
        given = (parity, backward, afresh, 1, SHAPE[0] + 1)
        multigrid._relax(fine, inverse, ON, b, one, *given)
        multigrid._relax.py_func(fine, inverse, ON, b, two, *given)
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
        # a lane is what it would be alone, to the last bit
        for k in ON:
            multigrid._relax(fine, inverse, np.array([k]), b, alone, *given)
        np.testing.assert_array_equal(one, alone)
        np.testing.assert_array_equal(one[3], lanes(2, np.float32)[3])


def test_a_sweep_afresh_is_one_from_zero():
    fine, inverse = level()
    b = lanes(3, np.float32)
    one, two = lanes(2, np.float32), np.zeros_like(b)
    for parity, v in ((1, one), (0, one), (1, two), (0, two)):
        multigrid._relax(fine, inverse, ON, b, v, parity, False, v is one, 1, SHAPE[0] + 1)
    np.testing.assert_allclose(one[ON, 1:-2], two[ON, 1:-2], rtol=1e-5, atol=1e-6)


def test_between_grids(monkeypatch):
    fine, inverse = level()
    rows, cols = 4, 5
    found = []
    for plain in (False, True):
        pick = (lambda f: f.py_func) if plain else (lambda f: f)
        if plain:
            monkeypatch.setattr(coarser, "_add", coarser._add.py_func)
        across, along = np.zeros((rows, cols), np.float32), np.zeros((rows, cols), np.float32)
        amid = np.zeros((rows, cols, 4), np.float32)
        pick(coarser.line_weights)(*fine[:4], across, along, 0, rows)
        pick(coarser.centre_weights)(*fine[:4], across, along, amid, 0, rows)
        coarse = tuple(np.zeros((8, 9), np.float32) for _ in range(5))
        for parity in (0, 1):
            pick(coarser.coarsen)(fine, across, along, amid, coarse, parity, 0, rows)
        sent, v = lanes(3, np.float32), lanes(4, np.float32)
        nx = fine[0].shape[1]
        r = np.zeros((6, nx), np.float32)
        rooms = np.zeros((2, nx), np.float32)
        pick(multigrid._residual)(fine, inverse, ON, sent, v, 3, *rooms, r)
        b = np.zeros((6, 8, 9), np.float32)
        weights = (across, along, amid, ON, sent, v)
        pick(multigrid._restrict)(fine, inverse, *weights, b, 0, rows)
        # in pieces, as threads share them, to the last bit
        pieces = np.zeros_like(b)
        for low, high in ((0, 1), (1, 3), (3, rows)):
            pick(multigrid._restrict)(fine, inverse, *weights, pieces, low, high)
        np.testing.assert_array_equal(pieces, b)
        v = lanes(5, np.float32)
        pick(multigrid._prolong)(b, across, along, amid, inverse, ON, v, 0, rows)
        found.append((across, along, amid, *coarse, r, b, v))
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_a_coarse_grid_has_the_energy_of_the_fine_one():
    """The energy of a coarse field is that of the field it stands for on the fine grid."""
    fine, inverse = level()
    inverse[:] = 1.0
    rows, cols = 4, 5
    across, along = np.zeros((rows, cols), np.float32), np.zeros((rows, cols), np.float32)
    amid = np.zeros((rows, cols, 4), np.float32)
    coarser.line_weights(*fine[:4], across, along, 0, rows)
    coarser.centre_weights(*fine[:4], across, along, amid, 0, rows)
    coarse = tuple(np.zeros((8, 9), np.float32) for _ in range(5))
    for parity in (0, 1):
        coarser.coarsen(fine, across, along, amid, coarse, parity, 0, rows)
    one = np.array([0])
    u = np.zeros((1, 8, 9), np.float32)
    u[0, 1:5, 1:6] = np.random.default_rng(7).normal(size=(4, 5))
    v = np.zeros((1, *fine[0].shape), np.float32)
    multigrid._prolong(u, across, along, amid, inverse, one, v, 0, rows)
    energies = []
    for grid, x in ((fine, v), (coarse, u)):
        wide = [g.astype(np.float64) for g in grid]
        part = np.zeros((1, x.shape[1]))
        x = x.astype(np.float64)
        lattice.laplacian(*wide, one, x, np.zeros(x.shape), part, 1, x.shape[1] - 2)
        energies.append(part.sum())
    assert energies[0] == pytest.approx(energies[1], rel=1e-4)


def test_costs_in_plain_python(monkeypatch):
    random = np.random.default_rng(2)
    values = np.exp(random.normal(size=(9, 11)))
    source = np.zeros((9, 11), np.int32)
    source[1, 1], source[7, 9] = 1, 2
    known, back = cost.accumulated_cost(values, source, 1.0, ways=True)
    owner = cost_ways.allocation(back, source)
    known_way = cost_ways.trace(back, 0, 10)
    # all is compiled by now: nothing may be compiled while its helpers are plain
    for name in (
        "_load",
        "_take_in",
        "_expand",
        "_hand_out",
        "_share",
        "_frame",
        "ways_back",
    ):
        monkeypatch.setattr(cost, name, getattr(cost, name).py_func)
    for name in ("_allocate", "grown"):
        monkeypatch.setattr(cost_ways, name, getattr(cost_ways, name).py_func)
    monkeypatch.setattr(cost, "TILE", 4)
    again, ways = cost.accumulated_cost(values, source, 1.0, ways=True)
    np.testing.assert_array_equal(again, known)
    np.testing.assert_array_equal(ways, back)
    np.testing.assert_array_equal(cost_ways.allocation(ways, source), owner)
    np.testing.assert_array_equal(cost_ways.trace.py_func(back, 0, 10), known_way)


def test_shapes_in_plain_python(monkeypatch):
    random = np.random.default_rng(3)
    shape = random.random((12, 14)) < 0.6
    anchor = np.zeros_like(shape)
    anchor[3, 3] = shape[3, 3] = True
    known = thinning.skeleton(shape, anchor, True)
    line = known & ~anchor
    cores = anchor.astype(np.int32)
    for eight in (True, False):
        kind, again = np.zeros(shape.shape, np.uint8), np.zeros(shape.shape, np.uint8)
        thinning.line_kinds(line, cores, eight, 33, 65, kind)
        thinning.line_kinds.py_func(line, cores, eight, 33, 65, again)
        np.testing.assert_array_equal(kind, again)
        assert (kind[line] == 65).all()
        thinning.grow(kind, shape, 2, eight)
        thinning.grow.py_func(again, shape, 2, eight)
        np.testing.assert_array_equal(kind, again)
    for name in ("_around", "_refresh", "_free", "_queue_near", "_room", "_thin"):
        monkeypatch.setattr(thinning, name, getattr(thinning, name).py_func)
    np.testing.assert_array_equal(thinning.skeleton(shape, anchor, True), known)
    core = np.pad(np.ones((8, 8), bool), 1)
    core[3:7, 3:7] = False
    core[5, 5] = True
    cores, many = ndimage.label(core, np.ones((3, 3)), output=np.int32)
    gap, count = ndimage.label(~core, output=np.int32)
    found = []
    for plain in (False, True):

        def kernel(name, plain=plain):
            return getattr(belts, name).py_func if plain else getattr(belts, name)

        if plain:
            monkeypatch.setattr(belts, "_is_nearest", belts._is_nearest.py_func)
        flags, owner, nested = (
            np.zeros(many + 1, bool),
            np.zeros(count + 1, np.int32),
            np.zeros(count + 1, bool),
        )
        kernel("flag_labels")(cores, shape[:10, :10], flags)
        kernel("first_above")(gap, cores, owner)
        kernel("flag_nested")(gap, cores, owner, nested)
        out = np.where(core, 17, 3).astype(np.uint8)
        kernel("mark_perforations")(out, 3, 5, gap, cores, owner, nested, 1.98)
        found.append((flags, owner, nested, out, kernel("have_flag")(gap, nested)))
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
    assert owner.tolist() == [0, 0, 1]
    assert nested.tolist() == [False, False, True]
    # 15 cells of the hole: 12 along its rim and as near to the outer core as to the inner one, or nearer
    assert (out == 5).sum() == 12
    values = random.normal(size=(8, 9))
    least = disc.disc_minimum(values, 2.5)
    monkeypatch.setattr(disc, "_slide", disc._slide.py_func)
    monkeypatch.setattr(disc, "_least", disc._least.py_func)
    np.testing.assert_array_equal(disc.disc_minimum(values, 2.5), least)
