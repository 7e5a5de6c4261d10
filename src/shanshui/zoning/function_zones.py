"""Which of four main-function zones each county is, how surely, and what would change it."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.zoning.votes import votes
from shanshui.zoning.zone_rule import (
    INDICATORS,
    RULES,
    WEIGHTS,
    ZONES,
    Limits,
    Values,
    verdict,
)

ZoneIndicators = Annotated[
    pd.DataFrame,
    Table({"unit?": Key("county"), "code?": TEXT, "name?": TEXT, **dict.fromkeys(INDICATORS, "1"), "*": "1"}),
]  # fmt: skip
FunctionZones = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit?": Key("county"),
            "code?": TEXT,
            "name?": TEXT,
            "zone": TEXT,
            "zone_code": "1",
            "rule": TEXT,
            "possible": TEXT,
            **dict.fromkeys(ZONES, "1"),
            "borderline": "1",
            "split": "1",
            "stability": "1",
            "second_zone": TEXT,
            "change_indicator": TEXT,
            "change_from": "1",
            "change_to": "1",
            "change_zone": TEXT,
            "unknown": TEXT,
        }
    ),
]
NARROW = 0.1
"""Difference of the two largest memberships below which a county lies between zones [D, METHODS M6.3]."""
STEPS = 101
"""Values of an indicator at which a change is looked for: hundredths of a rank."""
GREATEST = {"CL": 2.0}
"""Up to where a change is looked for, of indicators that are no shares."""


@assessment(source="decisions/0048-zones-and-units", bytes_per_cell=0)
def function_zones(
    zone_indicators: ZoneIndicators,
    *,
    high: Annotated[float, Between(0.0, 1.0)] = 0.67,
    low: Annotated[float, Between(0.0, 1.0)] = 0.33,
    middle: Annotated[float, Between(0.0, 1.0)] = 0.5,
    load: Annotated[float, Between(0.0, 10.0)] = 1.0,
    line: Annotated[float, Between(0.0, 1.0)] = 0.5,
    line_veto: Annotated[float, Between(0.0, 1.0)] = 0.6,
    draws: Annotated[int, Between(1, 100000)] = 500,
    weight_spread: Annotated[float, Between(0.0, 0.99)] = 0.2,
    limit_spread: Annotated[float, Between(0.0, 0.99)] = 0.1,
    seed: Annotated[int, Between(0, 2**31)] = 0,
) -> FunctionZones:
    """Main-function zone of each county: strictly controlled, promoting, optimizing or relieving development.

    Parameters
    ----------
    zone_indicators : table
        A row per county: ``EV`` value, ``ES`` sensitivity, ``SU`` suitable land, ``TA`` traffic, ``PD`` people per area, ``PT`` people,
        ``FR`` fragmentation, ``ED`` economy, ``HR`` bearing capability, each a rank among the counties, 0 to 1; ``RL`` share of red line [1],
        ``CL`` load of the land [1], 1 its limit; ``CI`` 1 within reach of a core city, else 0. NaN where not known.
    high, low, middle : float [1]
        Ranks from which an indicator is high, to which it is low, and from which it suffices [D].
    load : float [1]
        Load above which the land is beyond its capacity.
    line, line_veto : float [1]
        Share of red line that counts as much, and from which a county without a rule is strictly controlled [D].
    draws : int
        Draws of weights and limits.
    weight_spread, limit_spread : float [1]
        Half the width within which each weight and each limit is drawn [D].
    seed : int
        Of the draws.

    Returns
    -------
    table
        ``unit, code, name`` as given; ``zone`` (strict, promote, optimise, relieve; empty where what is not known decides), ``zone_code`` 1 to 4,
        0 not known; ``rule`` R1 to R4 or F, the first that holds; ``possible`` zones; membership of each zone, 0 to 1; ``borderline`` 1 where the
        two likest zones are close, no rule holds, or the rule's zone is not the likest; ``split`` 1 where value and suitable land are both
        high: mountains and a basin in one county; ``stability`` share of the draws that give the most frequent zone; ``second_zone`` the next
        frequent; ``change_indicator, change_from, change_to, change_zone`` the least change of one indicator that gives another zone;
        ``unknown`` indicators.

    Raises
    ------
    QuantityError
        A rank or a share outside 0 to 1, a load below 0, ``CI`` that is neither 0 nor 1.

    Notes
    -----
    In order, the first that holds: R4 relieve ``CI = 1, CL > load, PT >= high, ED >= high``; R1 strict ``EV >= high, (ES >= high or
    RL >= line), SU <= low`` and two of ``TA <= low, PD <= low, FR >= high, RL >= line``; R3 optimise ``ED >= middle, TA >= middle,
    CL <= load, HR >= middle, EV < high``; R2 promote ``EV < high, ES < high, CL <= load, SU > low``; else the zone of the largest membership
    ``u_k = (1/d_k) / sum(1/d)``, ``d_k = sum_j w_j (x_j - p_kj)^2`` with p the ideal of zone k (decision 0048). What is not known leaves a
    condition open; a zone is told only where no open condition could change it.
    """
    x = values_of(zone_indicators)
    limits = Limits.of(high, low, middle, load, line, line_veto)
    found = verdict(x, limits)
    stability, second = votes(
        lambda t, w: verdict(x, t, w).zone, limits, WEIGHTS, found.zone, draws, weight_spread, limit_spread, seed
    )  # fmt: skip
    out = pd.DataFrame(index=zone_indicators.index)
    for column in ("unit", "code", "name"):
        if column in zone_indicators:
            out[column] = zone_indicators[column]
    likeness = found.membership
    ranked = np.sort(likeness, axis=1)
    with np.errstate(invalid="ignore"):
        close = ranked[:, -1] - ranked[:, -2] < NARROW
    likest = np.where(np.isnan(likeness).any(axis=1), 0, likeness.argmax(axis=1) + 1)
    told = found.zone > 0
    by_likeness = found.rule == len(RULES) - 1
    out["zone"] = _names(found.zone)
    out["zone_code"] = found.zone
    out["rule"] = ["" if r < 0 else RULES[r] for r in found.rule]
    out["possible"] = [" ".join(z for k, z in enumerate(ZONES) if b >> k & 1) for b in found.possible]  # fmt: skip
    for k, zone in enumerate(ZONES):
        out[zone] = likeness[:, k]
    out["borderline"] = np.where(
        told & (likest > 0), (close | by_likeness | (found.zone != likest)).astype(float), np.nan
    )
    both = np.isnan(x["EV"]) | np.isnan(x["SU"])
    out["split"] = np.where(both, np.nan, ((x["EV"] >= high) & (x["SU"] >= high)).astype(float))
    out["stability"] = stability
    out["second_zone"] = _names(second)
    changes = _changes(x, limits, found.zone)
    out = out.join(changes.set_axis(out.index))
    gaps = np.stack([np.isnan(x[n]) for n in INDICATORS])
    out["unknown"] = [" ".join(n for n, gap in zip(INDICATORS, row, strict=True) if gap) for row in gaps.T]  # fmt: skip
    return out


def values_of(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Indicators as arrays, each within its range.

    Parameters
    ----------
    frame : table
        ``INDICATORS``.

    Returns
    -------
    dict of indicator to (n,) array [1]

    Raises
    ------
    QuantityError
        Outside its range: column, row, what was found.
    """
    out = {}
    for name in INDICATORS:
        column = frame[name].to_numpy(np.float64)
        if name == "CI":
            wrong, expected = ~np.isnan(column) & ~np.isin(column, (0.0, 1.0)), "0 or 1"
        elif name == "CL":
            wrong, expected = ~np.isnan(column) & ~(column >= 0.0), "0 or more"
        else:
            wrong, expected = ~np.isnan(column) & ~((column >= 0.0) & (column <= 1.0)), "0 to 1"
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise QuantityError(
                f"zone_indicators.{name}: row {frame.index[at]!r} holds {column[at]:g}, expected {expected}, or nothing where it is not known"
            )
        out[name] = column
    return out


def _names(codes: NDArray[np.int64]) -> list[str]:
    return ["" if c == 0 else ZONES[c - 1] for c in codes]


def _changes(x: Values, limits: Limits, zone: NDArray[np.int64]) -> pd.DataFrame:
    """Least change of one indicator, in hundredths of its range, that gives another zone."""
    count = zone.size
    best = np.full(count, np.inf)
    out = pd.DataFrame(
        {
            "change_indicator": np.full(count, "", object),
            "change_from": np.full(count, np.nan),
            "change_to": np.full(count, np.nan),
            "change_zone": np.full(count, "", object),
        }
    )
    for name in INDICATORS:
        grid = (0.0, 1.0) if name == "CI" else np.linspace(0.0, GREATEST.get(name, 1.0), STEPS)
        for value in grid:
            changed = verdict({**x, name: np.full(count, float(value))}, limits).zone
            away = np.abs(value - x[name])
            nearer = (zone > 0) & (changed > 0) & (changed != zone) & (away < best)
            best = np.where(nearer, away, best)
            out.loc[nearer, "change_indicator"] = name
            out.loc[nearer, "change_from"] = x[name][nearer]
            out.loc[nearer, "change_to"] = float(value)
            out.loc[nearer, "change_zone"] = [ZONES[c - 1] for c in changed[nearer]]
    return out
