"""Multigrid for a grid of resistors: coarser grids made from the resistors themselves.

After the black-box multigrid of Dendy (1982). Every second cell is kept; a cell between two kept ones takes
their potentials in the proportion in which its edges lead towards either side, a cell amid four takes the balance of
its eight neighbours. Weights sum to one, so the energy of an edge, g (a - b)^2, falls apart into edges among the four kept
corners, and every coarser grid is again a grid of resistors with grounds: nothing is ever subtracted from nothing, which
is what lets all of it live in 32 bits under a solver in 64.

The cycle is symmetric (rows even then odd, and back), hence fit for conjugate gradients.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.coarser import centre_weights, coarsen, line_weights
from shanshui.kernels.lattice import by_rows, copy_scaled

_ONE = np.float32(1.0)
_NIL = np.float32(0.0)
_COARSEST = 14
"""Rows and columns of a grid that is inverted at once [D]: its inverse fits into the nearest cache."""
_RIGID = 1e-13
"""Eigenvalue of the scaled matrix up to which a field costs no energy: what rounding leaves of the level one."""


@nb.njit(cache=True, nogil=True)
def _inverse_diagonal(fine, inverse, low, high):
    east, south, down, back, ground = fine
    for i in range(low, high):
        for j in range(1, inverse.shape[1] - 1):
            d = (
                east[i, j]
                + east[i, j - 1]
                + south[i, j]
                + south[i - 1, j]
                + down[i, j]
                + down[i - 1, j - 1]
                + back[i, j]
                + back[i - 1, j + 1]
                + ground[i, j]
            )
            inverse[i, j] = 1 / d if d > 0 else 0


@nb.njit(cache=True, nogil=True)
def _substitute(t, lead, on, v, i, first, last, step):
    """Walk along a row: each cell takes its share of the one before; four lanes at a time, since each waits for its own only."""
    j = 0
    full = on.size - on.size % 4
    for m in range(0, full, 4):
        k0, k1, k2, k3 = on[m], on[m + 1], on[m + 2], on[m + 3]
        a = b = c = d = _NIL
        for j in range(first, last, step):
            g = lead[j]
            a = t[m, j] + g * a
            b = t[m + 1, j] + g * b
            c = t[m + 2, j] + g * c
            d = t[m + 3, j] + g * d
            v[k0, i, j] = a
            v[k1, i, j] = b
            v[k2, i, j] = c
            v[k3, i, j] = d
    for m in range(full, on.size):
        k, a = on[m], _NIL
        for j in range(first, last, step):
            a = t[m, j] + lead[j] * a
            v[k, i, j] = a


@nb.njit(cache=True, nogil=True, inline="always")
def _beside(t, v, here, down, back, i, step):
    """Add what comes from the row below (``step`` 1) or above (-1), whose edges start in row ``i`` or the one before.

    One row of sums against four of terms: few enough for a compiler to tell that they do not overlap.
    """
    last = t.size - 1
    other, straight = v[i + step], here[i if step > 0 else i - 1]
    if step > 0:
        east, west = down[i], back[i]
        for j in range(1, last):
            t[j] += straight[j] * other[j] + east[j] * other[j + 1] + west[j] * other[j - 1]
    else:
        west, east = down[i - 1], back[i - 1]
        for j in range(1, last):
            t[j] += straight[j] * other[j] + west[j - 1] * other[j - 1] + east[j + 1] * other[j + 1]


@nb.njit(cache=True, nogil=True)
def _relax(fine, inverse, on, b, v, parity, backward, afresh, low, high):
    """Gauss-Seidel along the rows of one parity; ``afresh`` says that ``v`` counts as zero but for odd rows when even ones are done."""
    east, south, down, back, _ = fine
    nx = v.shape[2]
    t = np.zeros((on.size, nx), np.float32)
    lead = np.zeros(nx, np.float32)
    for i in range(low, high):
        if (i & 1) != parity:
            continue
        scale, own = inverse[i], east[i]
        for m in range(on.size):
            grid, row, right = v[on[m]], t[m], b[on[m], i]
            for j in range(1, nx - 1):
                row[j] = right[j]
            if not afresh or parity == 0:
                _beside(row, grid, south, down, back, i, 1)
                _beside(row, grid, south, down, back, i, -1)
            # what a walk has not reached yet holds its former value: to the east on the way there, to the west on the way back
            former = grid[i]
            if backward:
                for j in range(1, nx - 1):
                    row[j] += own[j - 1] * former[j - 1]
            elif not afresh:
                for j in range(1, nx - 1):
                    row[j] += own[j] * former[j + 1]
            for j in range(1, nx - 1):
                row[j] *= scale[j]
        if backward:
            for j in range(1, nx - 1):
                lead[j] = own[j] * scale[j]
            _substitute(t, lead, on, v, i, nx - 2, 0, -1)
        else:
            for j in range(1, nx - 1):
                lead[j] = own[j - 1] * scale[j]
            _substitute(t, lead, on, v, i, 1, nx - 1, 1)


@nb.njit(cache=True, nogil=True)
def _residual(fine, inverse, on, b, v, i, total, q, rest):
    """What a row leaves over, of each lane that is on; 0 where there is no node."""
    east, south, down, back, _ = fine
    nx = v.shape[2]
    own = east[i]
    for j in range(1, nx - 1):
        d = inverse[i, j]
        total[j] = _ONE / d if d > 0 else _NIL
    for k in on:
        right, out, here = b[k, i], rest[k], v[k, i]
        for j in range(1, nx - 1):
            q[j] = own[j] * here[j + 1] + own[j - 1] * here[j - 1] - total[j] * here[j]
        _beside(q, v[k], south, down, back, i, 1)
        _beside(q, v[k], south, down, back, i, -1)
        for j in range(1, nx - 1):
            out[j] = right[j] + q[j] if total[j] > 0 else _NIL


@nb.njit(cache=True, nogil=True)
def _restrict(fine, inverse, across, along, amid, on, b, v, coarse, low, high):
    """Right-hand sides of the coarser grid, from three rows of what is left over at a time."""
    lanes, nx = v.shape[0], v.shape[2]
    total, q = np.zeros(nx, np.float32), np.zeros(nx, np.float32)
    up, mid, under = (
        np.zeros((lanes, nx), np.float32),
        np.zeros((lanes, nx), np.float32),
        np.zeros((lanes, nx), np.float32),
    )
    if 0 < low < high:
        _residual(fine, inverse, on, b, v, 2 * low, total, q, up)
    for m in range(low, high):
        i = 2 * m + 1
        _residual(fine, inverse, on, b, v, i, total, q, mid)
        _residual(fine, inverse, on, b, v, i + 1, total, q, under)
        for k in on:
            before, here, after = up[k], mid[k], under[k]
            for n in range(across.shape[1]):
                j = 2 * n + 1
                s = (
                    here[j]
                    + across[m, n] * here[j + 1]
                    + along[m, n] * after[j]
                    + amid[m, n, 0] * after[j + 1]
                )
                if n > 0:
                    s += (_ONE - across[m, n - 1]) * here[j - 1]
                    s += amid[m, n - 1, 1] * after[j - 1]
                if m > 0:
                    s += (_ONE - along[m - 1, n]) * before[j]
                    s += amid[m - 1, n, 2] * before[j + 1]
                    if n > 0:
                        s += amid[m - 1, n - 1, 3] * before[j - 1]
                coarse[k, m + 1, n + 1] = s
        up, under = under, up


@nb.njit(cache=True, nogil=True)
def _prolong(coarse, across, along, amid, inverse, on, v, low, high):
    for m in range(low, high):
        i = 2 * m + 1
        for k in on:
            for n in range(across.shape[1]):
                j = 2 * n + 1
                a, b = coarse[k, m + 1, n + 1], coarse[k, m + 1, n + 2]
                c, d = coarse[k, m + 2, n + 1], coarse[k, m + 2, n + 2]
                t, w = across[m, n], along[m, n]
                if inverse[i, j] > 0:
                    v[k, i, j] += a
                if inverse[i, j + 1] > 0:
                    v[k, i, j + 1] += t * a + (_ONE - t) * b
                if inverse[i + 1, j] > 0:
                    v[k, i + 1, j] += w * a + (_ONE - w) * c
                if inverse[i + 1, j + 1] > 0:
                    v[k, i + 1, j + 1] += (
                        amid[m, n, 0] * a
                        + amid[m, n, 1] * b
                        + amid[m, n, 2] * c
                        + amid[m, n, 3] * d
                    )


@dataclass
class _Level:
    edges: tuple[NDArray[np.float32], ...]
    inverse: NDArray[np.float32]
    b: NDArray[np.float32]
    v: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], ...] = field(default=())

    @property
    def rows(self) -> int:
        return self.inverse.shape[0] - 3


class Multigrid:
    """One symmetric cycle over all grids, as a preconditioner.

    Parameters
    ----------
    edges : four framed (y, x) arrays
        East, south, south-east and south-west conductances.
    ground : framed (y, x) array
        Conductance to ground.
    threads : int, optional
        That share the rows; all processors by default.
    scale : float, optional
        By which edges have been multiplied already, in 32 bits: they are taken as they are, not copied.
    """

    def __init__(
        self,
        edges: tuple[NDArray[Any], ...],
        ground: NDArray[Any],
        threads: int | None = None,
        scale: float | None = None,
    ) -> None:
        self.by_rows = partial(by_rows, threads=threads)
        self.lanes = 0
        taken: tuple[NDArray[Any], ...] = edges
        if scale is None:
            largest = max(float(e.max()) for e in edges)
            scale = 1.0 / largest if largest > 0 else 1.0
            taken = tuple(self._scaled(e, scale) for e in edges)
        self.scale = scale
        self.levels = [self._level((*taken, self._scaled(ground, scale)))]
        while True:
            level = self.levels[-1]
            rows, cols = (n // 2 for n in (level.rows + 1, level.inverse.shape[1] - 2))
            if max(level.rows, level.inverse.shape[1] - 3) <= _COARSEST:
                break
            across, along = np.empty((rows, cols), np.float32), np.empty((rows, cols), np.float32)
            amid = np.empty((rows, cols, 4), np.float32)
            self.by_rows(line_weights, *level.edges[:4], across, along, rows=rows)
            self.by_rows(centre_weights, *level.edges[:4], across, along, amid, rows=rows)
            level.weights = (across, along, amid)
            shape = (rows + 4 - rows % 2, cols + 4 - cols % 2)
            coarser = tuple(np.zeros(shape, np.float32) for _ in range(5))
            for parity in (0, 1):
                self.by_rows(coarsen, level.edges, across, along, amid, coarser, parity, rows=rows)
            self.levels.append(self._level(coarser))
        self._active, self._inverse = _dense_inverse(self.levels[-1])

    def _scaled(self, source: NDArray[Any], scale: float) -> NDArray[np.float32]:
        """A copy in 32 bits; where there is nothing, pages of zeros that no memory is spent on."""
        out = np.zeros(source.shape, np.float32)
        if source.any():
            self.by_rows(copy_scaled, source, scale, out, rows=source.shape[0])
        return out

    def _level(self, edges: tuple[NDArray[np.float32], ...]) -> _Level:
        none = np.zeros((0, *edges[0].shape), np.float32)
        level = _Level(edges, np.zeros(edges[0].shape, np.float32), none, none)
        self.by_rows(_inverse_diagonal, edges, level.inverse, rows=level.rows, first=1)
        return level

    def right_sides(
        self, lanes: int, own: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Where residuals are to be written before ``cycle``, one for each of so many lanes: in ``own`` where that is given."""
        if lanes != self.lanes:
            self.lanes = lanes
            for depth, level in enumerate(self.levels):
                shape = (lanes, *level.inverse.shape)
                level.v = np.zeros(shape, np.float32)
                level.b = np.zeros(shape, np.float32) if depth or own is None else own
        return self.levels[0].b

    def cycle(self, on: NDArray[np.intp]) -> NDArray[np.float32]:
        """Corrections for some of ``right_sides``, times the scale of the conductances."""
        self._cycle(0, on)
        return self.levels[0].v

    def _sweep(
        self, level: _Level, on: NDArray[np.intp], parity: int, backward: bool, afresh: bool
    ) -> None:
        given = (level.edges, level.inverse, on, level.b, level.v, parity, backward, afresh)
        self.by_rows(_relax, *given, rows=level.rows, first=1)

    def _cycle(self, depth: int, on: NDArray[np.intp]) -> None:
        level = self.levels[depth]
        if depth == len(self.levels) - 1:
            for k in on:
                level.v[k].ravel()[self._active] = self._inverse @ level.b[k].ravel()[self._active]
            return
        across, along, amid = level.weights
        self._sweep(level, on, 1, False, True)
        self._sweep(level, on, 0, False, True)
        below = self.levels[depth + 1]
        given = (level.edges, level.inverse, across, along, amid, on, level.b, level.v, below.b)
        self.by_rows(_restrict, *given, rows=across.shape[0])
        self._cycle(depth + 1, on)
        weights = (across, along, amid, level.inverse)
        self.by_rows(_prolong, below.v, *weights, on, level.v, rows=across.shape[0])
        self._sweep(level, on, 0, True, False)
        self._sweep(level, on, 1, True, False)


def _dense_inverse(level: _Level) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Generalised inverse on the coarsest grid; what carries no energy at all (a floating whole) is left out."""
    east, south, down, back, ground = (e.astype(np.float64) for e in level.edges)
    ny, nx = east.shape
    index = np.arange(ny * nx).reshape(ny, nx)
    matrix = np.zeros((ny * nx, ny * nx))
    for a, b, g in (
        (index[:, :-1], index[:, 1:], east[:, :-1]),
        (index[:-1], index[1:], south[:-1]),
        (index[:-1, :-1], index[1:, 1:], down[:-1, :-1]),
        (index[:-1, 1:], index[1:, :-1], back[:-1, 1:]),
    ):
        p, q, w = a.ravel(), b.ravel(), g.ravel()
        matrix[p, q] -= w
        matrix[q, p] -= w
    matrix[index.ravel(), index.ravel()] = ground.ravel() - matrix.sum(axis=1)
    active = np.flatnonzero(level.inverse.ravel() > 0)
    if active.size == 0:
        return active, np.zeros((0, 0))
    matrix = matrix[np.ix_(active, active)]
    half = 1.0 / np.sqrt(np.diag(matrix))
    values, vectors = np.linalg.eigh(half[:, None] * matrix * half)
    kept = values > _RIGID
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return active, half[:, None] * inverse * half
