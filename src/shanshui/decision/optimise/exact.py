"""The integer programme itself, through HiGHS, with a cut for each patch that comes out too small."""

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from shanshui.decision.optimise.patches import neighbours_of, small_patches
from shanshui.decision.optimise.programme import Numbers, Programme, Whole
from shanshui.decision.optimise.relaxation import border_columns, sided

ROUNDS = 200
"""Solutions of which the small patches are cut off."""
MOST_BORDERS = 5_000
"""Borders times uses up to which the exact programme is tried."""


@dataclass(frozen=True)
class Exact:
    """What the exact programme gave.

    Attributes
    ----------
    chosen : (n,) array of int or None
        Variable of each unit; None where none was met in the time.
    bound : float
        No allocation is worth more.
    proven : bool
        Whether nothing can be better.
    infeasible : bool
        Whether there is no whole allocation.
    """

    chosen: Whole | None
    bound: float
    proven: bool
    infeasible: bool


def exact(programme: Programme, bound: float, time_limit_s: float) -> Exact:
    """Solve the integer programme.

    Parameters
    ----------
    programme : Programme
        Feasible when units may be divided.
    bound : float
        Of the relaxed programme.
    time_limit_s : float [s]
        For all rounds together.

    Returns
    -------
    Exact

    Notes
    -----
    A patch P of use k that is too small is cut off by ``sum_P x_ik - sum_N(P) x_jk <= |P| - 1``, N(P) its neighbours: not all take the use unless
    a neighbour does too. No allocation whose patches are large enough is lost.
    """
    rows, limits, _, _ = sided(programme)
    variables = programme.unit_of.size
    cost, extra = -programme.worth, sp.csr_matrix((0, variables))
    if programme.border.any():
        extra, price = border_columns(programme)
        cost = np.concatenate([cost, price])
    width = cost.size - variables
    wide = sp.hstack([sp.csr_matrix(rows), sp.csr_matrix((rows.shape[0], width))], format="csr")
    equal = sp.hstack([programme.one_each, sp.csr_matrix((len(programme.units), width))], format="csr")  # fmt: skip
    whole = np.concatenate([np.ones(variables), np.zeros(width)])
    cuts: list[tuple[Numbers, float]] = []
    start = time.monotonic()
    for _ in range(ROUNDS):
        left = time_limit_s - (time.monotonic() - start)
        if left <= 0:
            return Exact(None, bound, False, False)
        held = [LinearConstraint(equal, 1.0, 1.0)]
        if wide.shape[0]:
            held.append(LinearConstraint(wide, -np.inf, limits))
        if extra.shape[0]:
            held.append(LinearConstraint(extra, -np.inf, 0.0))
        if cuts:
            held.append(LinearConstraint(np.array([c for c, _ in cuts]), -np.inf, [b for _, b in cuts]))  # fmt: skip
        found = milp(
            cost, integrality=whole, bounds=Bounds(0.0, np.concatenate([np.ones(variables), np.full(width, np.inf)])), constraints=held,
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )  # fmt: skip
        if found.status == 2:
            return Exact(None, np.nan, True, True)
        if found.x is None:
            return Exact(None, bound, False, False)
        taken = np.flatnonzero(found.x[:variables] > 0.5)
        chosen = np.full(len(programme.units), -1, np.int64)
        chosen[programme.unit_of[taken]] = taken
        below = small_patches(programme, programme.use_of[chosen])
        dual = found.mip_dual_bound
        best = min(bound, -float(dual)) if dual is not None else bound
        if not below:
            return Exact(chosen, best, found.status == 0, False)
        if found.status != 0:
            return Exact(None, best, False, False)
        bound = best
        cuts += [_cut(programme, units, int(programme.use_of[chosen[units[0]]]), cost.size) for units in below]  # fmt: skip
    return Exact(None, bound, False, False)


def _cut(programme: Programme, units: Whole, use: int, width: int) -> tuple[Numbers, float]:
    """Row and side that cut off a small patch."""
    row = np.zeros(width)
    of_use = programme.use_of == use
    row[np.flatnonzero(of_use & np.isin(programme.unit_of, units))] = 1.0
    row[np.flatnonzero(of_use & np.isin(programme.unit_of, neighbours_of(programme, units)))] = -1.0
    return row, float(len(units) - 1)
