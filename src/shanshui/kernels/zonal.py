"""Sums over the cells that zones cover, strip by strip of rows: nothing is copied, and no sum depends on strips or threads."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.cover import Runs, cuts_by_load
from shanshui.kernels.crew import processors, share

TRACE = 1e-6
"""Share of a cell from which a place without a number leaves the cell without one: less is the noise of coordinates."""


class Sums(NamedTuple):
    """What is summed up so far over the known cells of each zone.

    Attributes
    ----------
    at : (zones,)
        Run that comes next.
    cells : (zones,) [cell]
        Cells with a value, each by its share.
    weight, total : (zones,)
        Sum of shares times weights, and of those times values.
    low, high : (zones,)
        Least and greatest value; inf and -inf without one.
    square : (zones,)
        Weighted sum of squares about the mean.
    """

    at: NDArray[np.int64]
    cells: NDArray[np.float64]
    weight: NDArray[np.float64]
    total: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    square: NDArray[np.float64]

    @classmethod
    def begun(cls, runs: Runs) -> "Sums":
        """Nothing summed yet."""
        n = runs.first.size - 1
        high, low = np.full(n, -np.inf), np.full(n, np.inf)
        return cls(
            runs.first[:-1].copy(), np.zeros(n), np.zeros(n), np.zeros(n), low, high, np.zeros(n)
        )


@nb.njit(cache=True, nogil=True)
def _summed(values, weights, start, runs, sums, squares, lo, hi):
    """Add the rows from ``start`` on to the sums of zones ``lo`` to ``hi``."""
    end = start + values.shape[0]
    for z in range(lo, hi):
        k, past = sums.at[z], runs.first[z + 1]
        low, high = sums.low[z], sums.high[z]
        while k < past and runs.row[k] < end:
            # summed row by row, so that strips of rows give the same to the last digit
            i, began = runs.row[k], k
            count, weight, total = 0.0, 0.0, 0.0
            while k < past and runs.row[k] == i:
                n, w, t = 0, 0.0, 0.0
                for c in range(runs.col[k], runs.col[k] + runs.size[k]):
                    x = np.float64(values[i - start, c])
                    if weights is None:
                        if x - x == 0.0:
                            n += 1
                            t += x
                            low = min(low, x)
                            high = max(high, x)
                    else:
                        y = np.float64(weights[i - start, c])
                        if x - x == 0.0 and y - y == 0.0:
                            n += 1
                            w += y
                            t += y * x
                            low = min(low, x)
                            high = max(high, x)
                f = runs.share[k]
                count += f * n
                weight += f * (n if weights is None else w)
                total += f * t
                k += 1
            if squares and weight > 0.0:
                middle, square = total / weight, 0.0
                for j in range(began, k):
                    s = 0.0
                    for c in range(runs.col[j], runs.col[j] + runs.size[j]):
                        x = np.float64(values[i - start, c])
                        y = (
                            np.float64(1.0)
                            if weights is None
                            else np.float64(weights[i - start, c])
                        )
                        if x - x == 0.0 and y - y == 0.0:
                            s += y * (x - middle) * (x - middle)
                    square += runs.share[j] * s
                before = sums.weight[z]
                apart = middle - sums.total[z] / before if before > 0.0 else 0.0
                # sums of squares about two means, joined (Chan, Golub and LeVeque 1983)
                sums.square[z] += square + apart * apart * before * weight / (before + weight)
            sums.cells[z] += count
            sums.weight[z] += weight
            sums.total[z] += total
        sums.at[z] = k
        sums.low[z], sums.high[z] = low, high


def add_rows(
    values: NDArray[Any],
    weights: NDArray[Any] | None,
    start: int,
    runs: Runs,
    sums: Sums,
    *,
    squares: bool = False,
    threads: int | None = None,
) -> None:
    """Add rows of a grid to the sums of zones; rows come in order, none twice.

    Parameters
    ----------
    values : (rows, nx)
        float32 or float64; what is not finite is missing.
    weights : (rows, nx), optional
        At least 0; where it is missing the value is, too.
    start : int
        Row of the grid that ``values`` begins with.
    runs : Runs
        Of the zones.
    sums : Sums
        Written.
    squares : bool
        Whether squares about the mean are wanted.
    threads : int, optional
        That share the zones; all processors by default. Results do not depend on it.
    """
    _by_zones(_summed, runs, threads, values, weights, start, runs, sums, squares)


@nb.njit(cache=True, nogil=True)
def _counted(place, start, runs, at, out, lo, hi):
    """Add the classes of rows from ``start`` on to the counts of zones ``lo`` to ``hi``."""
    end = start + place.shape[0]
    for z in range(lo, hi):
        k = at[z]
        while k < runs.first[z + 1] and runs.row[k] < end:
            i = runs.row[k] - start
            for c in range(runs.col[k], runs.col[k] + runs.size[k]):
                if place[i, c] >= 0:
                    out[z, place[i, c]] += runs.share[k]
            k += 1
        at[z] = k


def add_classes(
    place: NDArray[np.int32],
    start: int,
    runs: Runs,
    at: NDArray[np.int64],
    out: NDArray[np.float64],
    threads: int | None = None,
) -> None:
    """Add rows of a map of classes to the cells of each class in each zone.

    Parameters
    ----------
    place : (rows, nx)
        Column of ``out`` of each cell's class; below 0 where it is missing.
    start : int
        Row of the grid that ``place`` begins with.
    runs : Runs
        Of the zones.
    at : (zones,)
        Run that comes next, ``runs.first`` at the first row; written.
    out : (zones, classes) [cell]
        Written.
    threads : int, optional
        That share the zones; all processors by default. Results do not depend on it.
    """
    _by_zones(_counted, runs, threads, place, start, runs, at, out)


def _by_zones(kernel: Callable[..., Any], runs: Runs, threads: int | None, *arguments: Any) -> None:
    zones = runs.first.size - 1
    if zones == 0:
        return
    crew = max(1, min(processors() if threads is None else threads, zones))
    load = np.concatenate([[0], np.cumsum(runs.size + 8, dtype=np.int64)])[runs.first]
    cuts = [0, zones] if crew == 1 else cuts_by_load(load, crew)
    share(kernel, ((*arguments, a, b) for a, b in pairwise(cuts)))


@nb.njit(cache=True, nogil=True)
def zone_values(values, weights, start, runs, z, value, weight):
    """Known values of one zone and what each weighs, in the order of its cells; how many there are."""
    n = 0
    for k in range(runs.first[z], runs.first[z + 1]):
        i = runs.row[k] - start
        for c in range(runs.col[k], runs.col[k] + runs.size[k]):
            x = np.float64(values[i, c])
            y = 1.0 if weights is None else np.float64(weights[i, c])
            if x - x == 0.0 and y - y == 0.0 and y > 0.0:
                value[n], weight[n] = x, y * runs.share[k]
                n += 1
    return n


@nb.njit(cache=True, nogil=True)
def label_shares(label, runs, z, unit, cells):
    """Labels above 0 of one zone in the order of its cells, and the cells it shares with each; how many entries there are."""
    n = 0
    for k in range(runs.first[z], runs.first[z + 1]):
        for c in range(runs.col[k], runs.col[k] + runs.size[k]):
            u = label[runs.row[k], c]
            if u <= 0:
                continue
            if n > 0 and unit[n - 1] == u:
                cells[n - 1] += runs.share[k]
            else:
                unit[n], cells[n] = u, runs.share[k]
                n += 1
    return n


@nb.njit(cache=True, nogil=True)
def spread_by_cover(weight, runs, factor, out):
    """Add to each cell, for every zone that has a part of it, that part times the weight times the zone's factor.

    NaN where the weight is; a factor that is NaN leaves the cells of its zone without a number.
    """
    for z in range(runs.first.size - 1):
        f = factor[z]
        for k in range(runs.first[z], runs.first[z + 1]):
            if f != f and runs.share[k] < TRACE:
                continue
            g = f * runs.share[k]
            for c in range(runs.col[k], runs.col[k] + runs.size[k]):
                out[runs.row[k], c] += weight[runs.row[k], c] * g
    return out


@nb.njit(cache=True, nogil=True)
def gather_by_cover(label, weight, runs, factor, labels):
    """Sum per label of the cells' weights, times the share and the factors (zone, column) of every zone that has a part of them."""
    total = np.zeros((labels + 1, factor.shape[1]), np.float64)
    for z in range(runs.first.size - 1):
        for k in range(runs.first[z], runs.first[z + 1]):
            for c in range(runs.col[k], runs.col[k] + runs.size[k]):
                u, w = label[runs.row[k], c], np.float64(weight[runs.row[k], c])
                if u <= 0 or w != w:
                    continue
                for y in range(factor.shape[1]):
                    f = factor[z, y]
                    if f == f or runs.share[k] >= TRACE:
                        total[u, y] += w * runs.share[k] * f
    return total
