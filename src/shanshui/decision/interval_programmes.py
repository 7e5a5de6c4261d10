"""Linear programmes on interval weights: the approximations of Sugihara and others, and what other programmes share with them."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from shanshui.core.errors import QuantityError
from shanshui.decision.intervals import IntervalWeights
from shanshui.decision.judgements import Square

Vector = NDArray[np.float64]
FLOOR = 1e-9
"""Least weight that the linear programmes allow [D]."""


SLACK = 1e-7
"""Relative room left around an optimum that a later programme must keep."""


def least_cost(
    cost: Vector,
    rows: list[Vector],
    limits: list[float],
    bounds: list[tuple[float | None, float | None]],
    equal: list[Vector] | None = None,
) -> tuple[Vector, float] | None:
    """Least cost with rows @ x <= limits; None when nothing satisfies them."""
    found = linprog(
        cost,
        A_ub=np.array(rows),
        b_ub=np.array(limits),
        A_eq=np.array(equal) if equal else None,
        b_eq=np.zeros(len(equal)) if equal else None,
        bounds=bounds,
        method="highs",
    )
    if found.status == 2:
        return None
    if not found.success:
        raise QuantityError(f"interval judgements: the linear programme failed: {found.message}")
    return np.asarray(found.x), float(found.fun)


def normal_rows(n: int) -> tuple[list[Vector], list[float]]:
    """No part of any interval is out of reach of weights that sum to 1."""
    rows, limits = [], []
    for i in range(n):
        lower_of_i = np.concatenate([np.zeros(n), -np.ones(n)])
        lower_of_i[i], lower_of_i[n + i] = -1.0, 0.0
        upper_of_i = np.concatenate([np.ones(n), np.zeros(n)])
        upper_of_i[i], upper_of_i[n + i] = 0.0, 1.0
        rows += [lower_of_i, upper_of_i]
        limits += [-1.0, 1.0]
    for i in range(n):
        order = np.zeros(2 * n)
        order[i], order[n + i] = 1.0, -1.0
        rows.append(order)
        limits.append(0.0)
    return rows, limits


def approximation(low: Square, high: Square, inside: bool) -> IntervalWeights:
    """Widest weights inside the judgements, or narrowest that contain them (Sugihara, Ishii and Tanaka 2004)."""
    n = len(low)
    rows, limits = normal_rows(n)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            first, second = np.zeros(2 * n), np.zeros(2 * n)
            # wL_i against l_ij wU_j, and u_ij wL_j against wU_i
            first[i], first[n + j] = 1.0, -low[i, j]
            second[n + i], second[j] = -1.0, high[i, j]
            rows += [-first, -second] if inside else [first, second]
            limits += [0.0, 0.0]
    name = "interval-lp-lower" if inside else "interval-lp-upper"
    total = np.concatenate([-np.ones(n), np.ones(n)])
    bounds: list[tuple[float | None, float | None]] = [(FLOOR, 1.0)] * (2 * n)
    found = least_cost(-total if inside else total, rows, limits, bounds)
    if found is None:
        gap = np.full(n, np.nan)
        return IntervalWeights(
            gap, gap, name, "sum", False,
            "no weights lie inside all judgements: they contradict one another more than their widths allow; "
            "use interval-lp-upper, or judge again",
        )  # fmt: skip
    first, best = found
    width = abs(best)
    x, alone = _settled(rows, limits, total, width, inside, bounds, low, high)
    # the programmes that settle a choice leave room for rounding; an optimum that is alone stands as found
    x = first if alone else x
    finding = (
        ""
        if alone
        else "several weights share the optimum: the narrowest largest width stands, nearest to the middle"
    )
    return IntervalWeights(x[:n], x[n:], name, "sum", True, finding, {"total_width": width})


def _settled(
    rows: list[Vector],
    limits: list[float],
    total: Vector,
    width: float,
    inside: bool,
    bounds: list[tuple[float | None, float | None]],
    low: Square,
    high: Square,
) -> tuple[Vector, bool]:
    """One of several optima: the least largest width, then centres nearest to the geometric means; and whether it was alone."""
    n = len(low)
    room = SLACK * max(width, 1.0)
    keep = [*rows, -total if inside else total]
    held = [*limits, (-width if inside else width) + room]
    spread = _spread(keep, held, bounds)
    # second: least largest width
    rows2 = [np.append(r, 0.0) for r in keep]
    for i in range(n):
        one = np.zeros(2 * n + 1)
        one[n + i], one[i], one[-1] = 1.0, -1.0, -1.0
        rows2.append(one)
        held = [*held, 0.0]
    cost = np.zeros(2 * n + 1)
    cost[-1] = 1.0
    second = least_cost(cost, rows2, held, [*bounds, (0.0, None)])
    if second is None:
        raise AssertionError("an optimum cannot be infeasible")
    largest = second[1]
    # third: centres nearest to the shares of the geometric means
    mean = np.exp(0.5 * (np.log(low) + np.log(high)).mean(axis=1))
    goal = mean / mean.sum()
    rows3 = [np.concatenate([r, np.zeros(n)]) for r in keep]
    held3 = [*limits, (-width if inside else width) + room]
    for i in range(n):
        one = np.zeros(3 * n)
        one[n + i], one[i] = 1.0, -1.0
        rows3.append(one)
        held3.append(largest + room)
        for sign in (1.0, -1.0):
            away = np.zeros(3 * n)
            away[i] = away[n + i] = 0.5 * sign
            away[2 * n + i] = -1.0
            rows3.append(away)
            held3.append(sign * goal[i])
    third = least_cost(
        np.concatenate([np.zeros(2 * n), np.ones(n)]), rows3, held3, [*bounds, *[(0.0, None)] * n]
    )
    if third is None:
        raise AssertionError("an optimum cannot be infeasible")
    return third[0][: 2 * n], spread < 1e-4


def _spread(
    rows: list[Vector], limits: list[float], bounds: list[tuple[float | None, float | None]]
) -> float:
    """How far the optima lie apart along a fixed slanted direction: 0 when there is one."""
    size = len(bounds)
    slanted = np.cos(np.arange(1, size + 1) * 1.7)
    ends = [least_cost(sign * slanted, rows, limits, bounds) for sign in (1.0, -1.0)]
    values = [float(slanted @ end[0]) for end in ends if end is not None]
    return max(values) - min(values)
