"""The programme with units that may be divided: the bound, the shadow prices, and what an infeasible one conflicts with."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from shanshui.decision.optimise.programme import Numbers, Programme

MOST_BORDER_COLUMNS = 60_000
"""Borders times uses up to which the relaxed programme counts what borders cost; beyond, they cost nothing in the bound, which stays one."""
MOST_FOR_A_SET = 60_000
"""Variables up to which a smallest set of conflicting rows is looked for, one row after another."""
SLIGHT = 1e-7


@dataclass(frozen=True)
class Relaxed:
    """Solution of the relaxed programme.

    Attributes
    ----------
    feasible : bool
        Whether there is one.
    x : (v,) array [1]
        Share of its unit that each variable takes.
    bound : float
        Worth, of which no allocation has more.
    price : (m,) array
        What the worth gains if the binding side of a row gives way by one; 0 where none binds.
    """

    feasible: bool
    x: Numbers
    bound: float
    price: Numbers


def border_columns(programme: Programme) -> tuple[sp.csr_matrix, Numbers]:
    """Rows and cost of a column for each border and use: at least the difference of the shares of the use on both sides.

    Parameters
    ----------
    programme : Programme
        With borders.

    Returns
    -------
    sparse matrix, (b,) array
        ``rows @ [x, y] <= 0``, and what each ``y`` costs: half the border, since a whole border between two uses differs in both.
    """
    uses, units = len(programme.uses), len(programme.units)
    column = np.full((units, uses), -1, np.int64)
    variables = programme.unit_of.size
    column[programme.unit_of, programme.use_of] = np.arange(variables)
    edge = np.repeat(np.arange(programme.source.size), uses)
    use = np.tile(np.arange(uses), programme.source.size)
    ends = [column[side[edge], use] for side in (programme.source, programme.target)]
    some = (ends[0] >= 0) | (ends[1] >= 0)
    edge, ends = edge[some], [e[some] for e in ends]
    count = edge.size
    blocks = []
    for sign in (1.0, -1.0):
        row = np.arange(count)
        parts = [(row[e >= 0], e[e >= 0], s) for e, s in zip(ends, (sign, -sign), strict=True)]
        at = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
        data = np.concatenate([np.full(p[0].size, p[2]) for p in parts])
        blocks.append(sp.csr_matrix((data, at), shape=(count, variables)))
    minus = -sp.identity(count, format="csr")
    return sp.bmat([[blocks[0], minus], [blocks[1], minus]], format="csr"), programme.border[edge] / 2  # fmt: skip


def has_borders(programme: Programme) -> bool:
    """Whether the relaxed programme counts what borders cost."""
    return bool(programme.border.any()) and programme.source.size * len(programme.uses) <= MOST_BORDER_COLUMNS  # fmt: skip


def sided(programme: Programme) -> tuple[Numbers, Numbers, NDArray[np.int64], Numbers]:
    """Finite sides as ``rows @ x <= limit``: rows, limits, the row of the programme that each is of, and its sign."""
    upper, lower = np.isfinite(programme.high), np.isfinite(programme.low)
    rows = np.vstack([programme.rows[upper], -programme.rows[lower]])
    limits = np.concatenate([programme.high[upper], -programme.low[lower]])
    of = np.concatenate([np.flatnonzero(upper), np.flatnonzero(lower)])
    sign = np.concatenate([np.ones(int(upper.sum())), -np.ones(int(lower.sum()))])
    return rows, limits, of, sign


def relaxed(programme: Programme) -> Relaxed:
    """Solve the relaxed programme through HiGHS by interior points, with crossover to a corner.

    Parameters
    ----------
    programme : Programme
        Any.

    Returns
    -------
    Relaxed

    Notes
    -----
    ``max sum v x - sum b y``, each unit's shares summing to 1, the rows within their sides, ``y >= |x_i - x_j| / 2`` where borders cost. A corner has
    no more divided units than rows.
    """
    rows, limits, of, _ = sided(programme)
    variables = programme.unit_of.size
    scale = np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-300)
    system, cost = sp.csr_matrix(rows / scale[:, None]), -programme.worth
    side = limits / scale
    equal = programme.one_each
    if has_borders(programme):
        extra, price = border_columns(programme)
        width = extra.shape[1] - variables
        system = sp.vstack([sp.hstack([system, sp.csr_matrix((rows.shape[0], width))]), extra], format="csr")  # fmt: skip
        side = np.concatenate([side, np.zeros(extra.shape[0])])
        cost = np.concatenate([cost, price])
        equal = sp.hstack([equal, sp.csr_matrix((equal.shape[0], width))], format="csr")
    found = linprog(
        cost, A_ub=system if system.shape[0] else None, b_ub=side if system.shape[0] else None, A_eq=equal, b_eq=np.ones(equal.shape[0]),
        bounds=(0.0, None), method="highs-ipm",
    )  # fmt: skip
    nothing = np.zeros(len(programme.names))
    if found.status == 2:
        return Relaxed(False, np.zeros(0), np.nan, nothing)
    if found.status != 0:
        raise RuntimeError(f"the relaxed programme was not solved: {found.message}")
    price = nothing.copy()
    if rows.shape[0]:
        marginal = -found.ineqlin.marginals[: rows.shape[0]] / scale
        np.add.at(price, of, marginal)
    return Relaxed(True, found.x[:variables], -float(found.fun), price)


def conflicts(programme: Programme) -> pd.DataFrame:
    """Rows that an infeasible programme cannot hold together, and how far each can be held.

    Parameters
    ----------
    programme : Programme
        An infeasible one.

    Returns
    -------
    table
        ``constraint, side`` (low, high), ``asked``, ``attainable`` where the sum of relative shortfalls over all sides is least, ``alone`` the
        farthest that the row can go without the others, ``in_conflict`` 1 in one smallest set that cannot be held together; NaN where none was
        looked for, the programme being too large.
    """
    rows, limits, of, sign = sided(programme)
    variables, count = programme.unit_of.size, limits.size
    scale = np.maximum(np.maximum(np.abs(rows).max(axis=1, initial=0.0), np.abs(limits)), 1e-300)
    system = sp.hstack([sp.csr_matrix(rows / scale[:, None]), -sp.identity(count)], format="csr")
    equal = sp.hstack([programme.one_each, sp.csr_matrix((len(programme.units), count))], format="csr")  # fmt: skip
    cost = np.concatenate([np.zeros(variables), np.ones(count)])
    found = linprog(
        cost, A_ub=system, b_ub=limits / scale, A_eq=equal, b_eq=np.ones(equal.shape[0]), bounds=(0.0, None), method="highs-ipm",
    )  # fmt: skip
    reached = rows @ found.x[:variables]
    held = _smallest(programme, rows, limits) if variables <= MOST_FOR_A_SET else None
    alone = [sign[k] * float(_least(programme, rows[k])) for k in range(count)]
    table = pd.DataFrame(
        {
            "constraint": [programme.names[k] for k in of],
            "side": np.where(sign > 0, "high", "low"),
            "asked": sign * limits,
            "attainable": sign * np.maximum(reached, limits),
            "alone": alone,
            "in_conflict": np.nan if held is None else held.astype(float),
        }
    )
    short = reached > limits + SLIGHT * scale
    keep = short if held is None else short | held
    return table[keep].reset_index(drop=True)


def _least(programme: Programme, row: Numbers) -> float:
    """Least sum of a row over all choices of the units."""
    least = np.full(len(programme.units), np.inf)
    np.minimum.at(least, programme.unit_of, row)
    return float(least.sum())


def _smallest(programme: Programme, rows: Numbers, limits: Numbers) -> NDArray[np.bool_]:
    """Sides of which no one can be left out without the rest becoming feasible."""
    kept = np.ones(limits.size, bool)
    for k in range(limits.size):
        trial = kept.copy()
        trial[k] = False
        less = replace(
            programme, names=tuple(map(str, range(int(trial.sum())))), rows=rows[trial], low=np.full(int(trial.sum()), -np.inf),
            high=limits[trial], worth=np.zeros(programme.unit_of.size), border=np.zeros(programme.border.size),
        )  # fmt: skip
        if not relaxed(less).feasible:
            kept = trial
    return kept
