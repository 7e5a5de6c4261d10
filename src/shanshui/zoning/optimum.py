"""Green units as the best allocation of the whole, beside those of the rules: where they differ and what each difference costs."""

from collections.abc import Hashable
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import UnitLabels
from shanshui.decision.optimise import Allocation, Limit, Solution
from shanshui.region.grid import grid_of, like
from shanshui.zoning.green_units import UNITS, GreenUnits, UnitIndicators
from shanshui.zoning.places import Numbers
from shanshui.zoning.tables import CarryingCapacity
from shanshui.zoning.zone_cells import OPEN, OUTSIDE, ZoneCells

Neighbours = Annotated[
    pd.DataFrame,
    Table(
        {
            "source": Key("planning_unit"),
            "target": Key("planning_unit"),
            "border_km": "km",
            "*": "1",
        }
    ),
]
Optimum = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("planning_unit"),
            "code?": TEXT,
            "name?": TEXT,
            "area_km2": "km2",
            "rule_unit": TEXT,
            "optimal_unit": TEXT,
            "optimal_code": "1",
            "differs": "1",
            "rule_value": "1",
            "optimal_value": "1",
            "cost": "1",
        }
    ),
]
KEPT = (1.0, 0.8, 0.45, 0.1)
"""Share of what nature gives that each green unit keeps, from all to light green [D]."""
GAINED = (0.0, 0.1, 0.55, 1.0)
"""Share of what building ground could give that each green unit lets be gained [D]."""
PRICED = 1e-9
"""Shadow price from which a constraint binds."""
Four = tuple[float, float, float, float]


@assessment(source="decisions/0049-optimum-beside-rules", bytes_per_cell=8)
def zoning_optimum(
    planning_unit_labels: UnitLabels,
    unit_indicators: UnitIndicators,
    green_units: GreenUnits,
    unit_neighbours: Neighbours,
    carrying_capacity: CarryingCapacity,
    *,
    kept: Four = KEPT,
    gained: Four = GAINED,
    nature_weight: Annotated[float, Between(0.0, 1.0)] = 0.5,
    protected: Annotated[float, Between(0.0, 1.0)] = 0.5,
    share_slack: Annotated[float, Between(0.0, 1.0)] = 0.05,
    border_price: Annotated[float, Between(0.0, 1e6)] = 0.5,
    gap: Annotated[float, Between(0.0, 1.0)] = 0.001,
) -> Optimum:
    """Green unit of each planning unit as an integer programme has it, beside that of the rules.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    unit_indicators : table
        ``unit, EV, H, PROT, SUIT``.
    green_units : table
        ``unit, green_unit`` of the rules.
    unit_neighbours : table
        ``source, target, border_km``.
    carrying_capacity : table
        ``unit, people``.
    kept, gained : tuple of float [1]
        Share of what nature gives that is kept, and of what building could give that is gained, in all, deep, medium and light green [D].
    nature_weight : float [1]
        Of nature beside building [D].
    protected : float [1]
        Units with a larger share of red line and protected areas are all or deep green.
    share_slack : float [1]
        How far the share of each green unit may lie from that of the rules [D].
    border_price : float [km2/km]
        Worth lost along a kilometre between two green units, in square kilometres of the highest worth: compactness [D].
    gap : float [1]
        Share of the bound that may be missing.

    Returns
    -------
    table
        ``unit, code, name, area_km2, rule_unit, optimal_unit, optimal_code, differs`` 1 or 0, ``rule_value, optimal_value`` the worth of each,
        in square kilometres of the highest worth, ``cost`` what the rule's choice costs, below 0 where the whole gains by a unit's loss. A unit of
        which a figure is not known stays as the rules have it, its worth NaN; one of which the rules tell nothing is left out. Attributes tell
        worth, bound, gap, status, and what binds.

    Raises
    ------
    QuantityError
        No planning unit whose green unit is known.

    Notes
    -----
    ``v_ik = A_i (w kept_k EV_i + (1 - w) gained_k SUIT_i max(0, H_i))``; shares within ``share_slack`` of the rules', people in all green units, who
    would have to move, at most as many as by the rules, ``border_price`` along borders (decision 0049).
    """
    rows = _known(planning_unit_labels, unit_indicators, green_units, carrying_capacity)
    if rows.empty:
        raise QuantityError("unit_indicators: no planning unit has a green unit; expected at least one")  # fmt: skip
    index = rows["unit"].astype(str)
    nature = np.outer(rows["EV"], kept)
    growth = np.outer(rows["SUIT"] * np.maximum(rows["H"], 0.0), gained)
    area = rows["area_km2"].to_numpy(float)
    value = area[:, None] * (nature_weight * nature + (1.0 - nature_weight) * growth)
    rule = rows["green_unit_code"].to_numpy(int) - 1
    told = np.asarray(np.isfinite(value).all(axis=1))
    value = np.where(told[:, None], value, 0.0)
    shielded = (rows["PROT"] > protected).to_numpy()
    may = np.ones(value.shape, bool)
    may[shielded, 2:] = False
    may[~told] = False
    may[np.arange(len(rows)), rule] = True
    parts = np.bincount(rule, area, len(UNITS)) / area.sum()
    people = np.zeros(value.shape)
    counted = rows["people"].notna().to_numpy()
    # whose people nobody knows is not emptied anew: on both sides of the limit it counts alike
    may[~counted & (rule != 0), 0] = False
    people[:, 0] = np.where(counted, rows["people"], 0.0)
    held = Limit("people in all green units", pd.DataFrame(people, index, list(UNITS)), "person", high=float(people[rule == 0, 0].sum()))  # fmt: skip
    borders = unit_neighbours[["source", "target", "border_km"]].astype({"source": str, "target": str})  # fmt: skip
    inside = borders["source"].isin(index) & borders["target"].isin(index)
    found = Allocation(
        pd.DataFrame(value, index, list(UNITS)),
        pd.Series(area, index),
        allowed=pd.DataFrame(may, index, list(UNITS)),
        shares={u: (max(0.0, s - share_slack), min(1.0, s + share_slack)) for u, s in zip(UNITS, parts, strict=True)},
        limits=[held],
        borders=borders[inside],
        border_price=border_price,
    ).solve(gap=gap)  # fmt: skip
    out = rows[[c for c in ("unit", "code", "name") if c in rows]].copy()
    out["area_km2"] = area
    out["rule_unit"] = rows["green_unit"].to_numpy()
    out["optimal_unit"] = found.use.to_numpy()
    out["optimal_code"] = [UNITS.index(u) + 1 if u else 0 for u in found.use]
    out["differs"] = (out["rule_unit"] != out["optimal_unit"]).astype(int)
    at = np.arange(len(rows))
    out["rule_value"] = np.where(told, value[at, rule], np.nan)
    chosen = np.maximum(out["optimal_code"].to_numpy(int) - 1, 0)
    out["optimal_value"] = np.where(told & (out["optimal_code"] > 0), value[at, chosen], np.nan)
    out["cost"] = out["optimal_value"] - out["rule_value"]
    out.attrs = _told(found, value[at, rule], rule, borders[inside], index, border_price)
    return out


def _known(
    labels: UnitLabels,
    indicators: pd.DataFrame,
    units: pd.DataFrame,
    capacity: pd.DataFrame,
) -> pd.DataFrame:
    """Units whose green unit is known, with their area and people."""
    size = np.bincount(np.maximum(labels.values, 0).astype(np.int64).ravel())
    cell = grid_of(labels).cell_km2
    rows = indicators.merge(units[["unit", "green_unit", "green_unit_code"]], on="unit")
    rows = rows.merge(capacity[["unit", "people"]], on="unit", how="left")
    rows = rows[(rows["green_unit_code"] > 0) & (rows["unit"] < size.size)].reset_index(drop=True)
    rows["area_km2"] = size[rows["unit"].to_numpy(int)] * cell
    return rows[rows["area_km2"] > 0].reset_index(drop=True)


def _told(
    found: Solution,
    worth: Numbers,
    rule: NDArray[np.int64],
    borders: pd.DataFrame,
    index: pd.Series,
    price: float,
) -> dict[Hashable | None, Any]:
    """What is to be said of the whole."""
    code = dict(zip(index, rule, strict=True))
    apart = borders["source"].map(code) != borders["target"].map(code)
    binding = found.constraints[found.constraints["shadow_price"] > PRICED]
    return {
        "status": found.status,
        "worth": found.objective,
        "worth_of_rules": float(worth.sum() - price * borders["border_km"][apart].sum()),
        "bound": found.bound,
        "gap": found.gap,
        "binding": "; ".join(binding["constraint"]),
    }


@assessment(source="decisions/0049-optimum-beside-rules", halo=0, bytes_per_cell=4)
def optimum_cells(planning_unit_labels: UnitLabels, zoning_optimum: Optimum) -> ZoneCells:
    """Green unit of each cell by the optimum.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    zoning_optimum : table
        ``unit, optimal_code``.

    Returns
    -------
    (y, x) [1]
        1 all green to 4 light green; 0 where the optimum tells nothing; 255 outside.

    Notes
    -----
    g(c) = optimal unit of the planning unit of cell c.
    """
    return _laid(planning_unit_labels, zoning_optimum, zoning_optimum["optimal_code"])


@assessment(source="decisions/0049-optimum-beside-rules", bytes_per_cell=5, halo=0)
def optimum_difference(planning_unit_labels: UnitLabels, zoning_optimum: Optimum) -> ZoneCells:
    """Where the optimum differs from the rules, and to which side.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    zoning_optimum : table
        ``unit, rule_unit, optimal_code``.

    Returns
    -------
    (y, x) [1]
        1 the same, 2 greener by the optimum, 3 less green; 0 where the optimum tells nothing; 255 outside.

    Notes
    -----
    d(c) = 1 + [o < r] + 2 [o > r], r and o the places of the unit of cell c by the rules and by the optimum, from all to light green.
    """
    rule = zoning_optimum["rule_unit"].map({u: k + 1 for k, u in enumerate(UNITS)})
    best = zoning_optimum["optimal_code"].astype(int)
    told = 1 + (best < rule).astype(int) + 2 * (best > rule).astype(int)
    return _laid(planning_unit_labels, zoning_optimum, told.where(best > 0, OPEN))


def _laid(labels: UnitLabels, zoning_optimum: pd.DataFrame, codes: pd.Series) -> ZoneCells:
    """Code of the planning unit of each cell."""
    label = np.maximum(labels.values, 0).astype(np.int64)
    known = np.full(int(label.max(initial=0)) + 1, OPEN, np.uint8)
    units = zoning_optimum["unit"].to_numpy(np.int64)
    here = units < known.size
    known[units[here]] = codes.to_numpy(np.uint8)[here]
    known[0] = OUTSIDE
    return like(labels, known[label], "1", nodata=OUTSIDE)
