"""An allocation: units, uses and what the whole must keep to; asked for the best."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from shanshui.core.errors import PlanError
from shanshui.decision.optimise.exact import MOST_BORDERS, exact
from shanshui.decision.optimise.patches import join, small_patches
from shanshui.decision.optimise.programme import Limit, Numbers, Programme, Sides, programme_of
from shanshui.decision.optimise.relaxation import Relaxed, conflicts, relaxed
from shanshui.decision.optimise.solution import Solution
from shanshui.decision.optimise.whole import Choice, improve, repair, rounded

EXACT_UP_TO = 2_000
"""Variables up to which the integer programme itself is solved unless it is asked otherwise."""
PROVEN = 1e-9
CLOSE = 1e-4
"""Share of the bound at which moves that gain are not looked for any more."""
BINDS = 1e-6


class Allocation:
    """Which use each unit takes, so that the whole is worth most.

    Parameters
    ----------
    value : table
        Units by uses: worth of each use in each unit, any unit of worth; NaN only where the use is not allowed.
    area_km2 : series [km2]
        Of each unit.
    allowed : table of bool, optional
        Units by uses: what suits; all where not given.
    shares : mapping of use to (low, high) [1], optional
        Of the whole area.
    areas_km2 : mapping of use to (low, high) [km2], optional
        The same as areas.
    limits : sequence of Limit, optional
        Capacities: people, water, emissions.
    borders : table, optional
        ``source, target, border_km`` of units that touch.
    border_price : float
        Worth lost along a kilometre between two uses: the higher, the more compact.
    least_patch_km2 : mapping of use to float [km2], optional
        Patches of the use, of units that touch, are at least so large.
    locked : mapping of unit to use, optional
        Units that are decided already.

    Raises
    ------
    QuantityError
        A unit twice or not in all tables, an unknown use (with the nearest), an area of 0 or less, a worth that is not known where the use is
        allowed, a unit that may take no use, sides out of order, a quota whose unit is none of its amounts.

    Notes
    -----
    ``max sum_ik v_ik x_ik - p sum_ij l_ij [use_i != use_j]`` with ``sum_k x_ik = 1``, ``low_c <= sum_ik c_ik x_ik <= high_c`` for each share, area
    and capacity, x whole.
    """

    def __init__(
        self,
        value: pd.DataFrame,
        area_km2: pd.Series,
        *,
        allowed: pd.DataFrame | None = None,
        shares: Sides | None = None,
        areas_km2: Sides | None = None,
        limits: Sequence[Limit] = (),
        borders: pd.DataFrame | None = None,
        border_price: float = 0.0,
        least_patch_km2: Mapping[str, float] | None = None,
        locked: Mapping[str, str] | None = None,
    ) -> None:
        start = time.perf_counter()
        self.programme: Programme = programme_of(
            value, area_km2, allowed=allowed, shares=shares or {}, areas_km2=areas_km2 or {}, limits=limits, borders=borders,
            border_price=border_price, least_patch_km2=least_patch_km2 or {}, locked=locked or {},
        )  # fmt: skip
        self.seconds_built = time.perf_counter() - start

    def solve(
        self,
        *,
        whole: bool = True,
        gap: float = 1e-3,
        exactly: bool | None = None,
        time_limit_s: float = 60.0,
        moves: int = 400,
    ) -> Solution:
        """The best allocation that is found, with a bound.

        Parameters
        ----------
        whole : bool
            Each unit takes one use; else it may be divided.
        gap : float [1]
            Share of the bound that may be missing for the status ``within the gap``.
        exactly : bool, optional
            Solve the integer programme itself; by default where it is small. Else: relaxed programme, rounding, repair, moves that gain.
        time_limit_s : float [s]
            Of the integer programme; what was found by then is given with its gap. A solution that the clock cut short may differ between machines.
        moves : int
            Of repair and of improvement, each at most.

        Returns
        -------
        Solution

        Raises
        ------
        PlanError
            A gap, a time or a number of moves that is none.
        """
        if not (gap >= 0.0 and time_limit_s > 0.0 and moves >= 1):
            raise PlanError(
                f"Allocation.solve: gap {gap:g}, time_limit_s {time_limit_s:g}, moves {moves}; expected 0 or more, more than 0, 1 or more"
            )
        start = time.perf_counter()
        p = self.programme
        loose = relaxed(p)
        if not loose.feasible:
            return self._told("infeasible", None, np.nan, loose, start, conflicts(p))
        if not whole:
            return self._told("optimal", loose.x, loose.bound, loose, start, objective=loose.bound)
        best, bound, proven = None, loose.bound, False
        if exactly if exactly is not None else self._small():
            found = exact(p, loose.bound, time_limit_s)
            if found.infeasible:
                return self._told("none found", None, loose.bound, loose, start)
            bound, proven = found.bound, found.proven
            best = Choice.of(p, found.chosen) if found.chosen is not None else None
        if best is None:
            proven = False
            best = _moved(p, loose, moves, min(gap, CLOSE))
        if best is None:
            return self._told("none found", None, bound, loose, start)
        missing = (bound - best.worth) / max(abs(bound), 1e-12)
        patches = len(small_patches(p, best.use))
        proven = (proven or missing <= PROVEN) and patches == 0
        status = "optimal" if proven else "within the gap" if missing <= gap and not patches else "best found"  # fmt: skip
        x = np.zeros(p.unit_of.size)
        x[best.chosen] = 1.0
        bound = best.worth if proven else bound
        return self._told(status, x, bound, loose, start, objective=best.worth, patches=patches)

    def _small(self) -> bool:
        p = self.programme
        priced = p.source.size * len(p.uses) if p.border.any() else 0
        return p.unit_of.size <= EXACT_UP_TO and priced <= MOST_BORDERS

    def _told(
        self,
        status: str,
        x: Numbers | None,
        bound: float,
        loose: Relaxed,
        start: float,
        against: pd.DataFrame | None = None,
        objective: float = np.nan,
        patches: int = 0,
    ) -> Solution:
        p = self.programme
        shares = pd.DataFrame(np.nan, index=list(p.units), columns=list(p.uses))
        use = pd.Series("", index=list(p.units), dtype=object)
        sums = np.full(len(p.names), np.nan)
        if x is not None:
            table = np.zeros(shares.shape)
            table[p.unit_of, p.use_of] = x
            shares[:] = table
            use[:] = np.array(p.uses, object)[table.argmax(axis=1)]
            sums = p.rows @ x
        slack = np.fmin(sums - p.low, p.high - sums)
        scale = np.maximum(np.abs(p.rows).max(axis=1, initial=0.0), 1e-300)
        with np.errstate(invalid="ignore"):
            binds = np.where(np.isnan(slack), np.nan, (slack <= BINDS * scale).astype(float))
        return Solution(
            status=status,
            use=use,
            shares=shares,
            objective=objective,
            bound=bound,
            constraints=pd.DataFrame(
                {
                    "constraint": list(p.names), "value": sums, "low": p.low, "high": p.high, "slack": slack, "binds": binds,
                    "shadow_price": loose.price,
                }
            ),
            conflicts=pd.DataFrame() if against is None else against,
            patches_below=patches,
            islands=p.islands,
            seconds_built=self.seconds_built,
            seconds_solved=time.perf_counter() - start,
        )  # fmt: skip


def _moved(programme: Programme, loose: Relaxed, moves: int, close: float) -> Choice | None:
    """Rounded, repaired, improved, its patches joined; None where no whole allocation that holds was met."""
    choice = rounded(programme, loose.x)
    if not repair(choice, moves):
        return None
    improve(choice, moves, loose.bound - close * abs(loose.bound))
    if programme.least_patch.any():
        join(choice, moves)
    return choice
