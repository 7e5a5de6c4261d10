"""Uses for units: LP, rounding and repair beside the integer programme itself, in one run.

``python benchmarks/allocation.py [--units 20000] [--uses 6] [--seconds 120]``. A made-up grid of units with smooth suitabilities, shares of
each use within bounds, a capacity, and borders that cost where two uses meet.
"""

import argparse
import time

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from shanshui.decision.optimise import Allocation, Limit
from shanshui.kernels.noise import fractal


def programme(units: int, uses: int, seed: int = 1) -> tuple[dict, pd.DataFrame]:
    """Arguments of an allocation, and its values."""
    side = int(np.ceil(np.sqrt(units)))
    names = [f"use{k}" for k in range(uses)]
    value = np.stack(
        [
            fractal(0, 0, side, side, 100.0, 100.0 * side / 4, 6, 0.6, seed + k).ravel()[:units]
            for k in range(uses)
        ],
        axis=1,
    )
    index = [f"u{k}" for k in range(units)]
    random = np.random.default_rng(seed)
    area = pd.Series(random.uniform(50.0, 150.0, units), index)
    table = pd.DataFrame(value * area.to_numpy()[:, None], index, names)
    at = np.arange(units).reshape(-1) if units % side else np.arange(units)
    right, down = at[at % side < side - 1], at[at + side < units]
    right = right[right + 1 < units]
    borders = pd.DataFrame(
        {
            "source": [index[k] for k in [*right, *down]],
            "target": [index[k] for k in [*(right + 1), *(down + side)]],
            "border_km": 10.0,
        }
    )
    people = pd.DataFrame(random.uniform(0, 100, (units, uses)), index, names)
    cap = Limit("people", people, "person", high=float(people.to_numpy().mean() * units * 0.95))
    given = {
        "area_km2": area,
        "shares": dict.fromkeys(names, (0.5 / uses, 1.6 / uses)),
        "limits": [cap],
        "borders": borders,
        "border_price": 0.01,
    }
    return given, table


def plain(p, seconds: float) -> tuple[float, float, float]:
    """Worth, bound and time of the integer programme without borders, as a user would hand it to the solver."""
    start = time.perf_counter()
    found = milp(
        -p.worth,
        integrality=np.ones(p.worth.size),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(p.one_each, 1, 1),
            LinearConstraint(sp.csr_matrix(p.rows), p.low, p.high),
        ],
        options={"time_limit": seconds, "mip_rel_gap": 1e-3},
    )
    worth = np.nan if found.x is None else float(p.worth @ found.x)
    bound = np.nan if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    return worth, bound, time.perf_counter() - start


def main() -> None:
    """Solve both ways, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--uses", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=120.0)
    words = parser.parse_args()
    given, value = programme(words.units, words.uses)
    for said, more in (("borders free", {"border_price": 0.0}), ("borders priced", {})):
        allocation = Allocation(value, **{**given, **more})
        found = allocation.solve()
        gap = (found.bound - found.objective) / abs(found.bound)
        print(
            f"{words.units} units x {words.uses} uses, {said}: {found.status}, gap {gap:.2e}, built {found.seconds_built:.2f} s, "
            f"solved {found.seconds_solved:.2f} s"
        )
    free = Allocation(value, **{**given, "border_price": 0.0}).programme
    worth, bound, took = plain(free, words.seconds)
    print(
        f"the same without borders as an integer programme by HiGHS: worth {worth:.6g}, bound {bound:.6g}, {took:.1f} s"
    )


if __name__ == "__main__":
    main()
