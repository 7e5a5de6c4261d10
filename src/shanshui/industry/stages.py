"""Stage of industrialisation by several criteria, the verdict of each beside the whole."""

from dataclasses import dataclass

import numpy as np

from shanshui.core.errors import QuantityError

STAGES = ("pre", "early", "middle", "late", "post")
BANDS: dict[str, tuple[tuple[float, float, float, float], bool]] = {
    "gdp_per_head": ((1490.0, 2980.0, 5960.0, 11170.0), True),
    "manufacturing_share": ((0.20, 0.40, 0.50, 0.60), True),
    "urban_share": ((0.30, 0.50, 0.60, 0.75), True),
    "primary_jobs": ((0.60, 0.45, 0.30, 0.10), False),
}
"""Limits between the five stages, and whether more is later (Chenery and others 1986; Chen, Huang and Zhong 2006) [M].

Product per head in dollars of 2005 at purchasing power parity."""
PRICE_BANDS: dict[int, tuple[float, float, float, float]] = {
    1964: (200.0, 400.0, 800.0, 1500.0),
    2005: (1490.0, 2980.0, 5960.0, 11170.0),
    2010: (1654.0, 3308.0, 6615.0, 12398.0),
}
"""Limits of product per head in dollars of other years [M]."""
LEAST = {1964: 100.0, 2005: 745.0, 2010: 827.0}
"""Product per head at which the first band begins [M]."""
WEIGHTS = {
    "gdp_per_head": 0.36,
    "value_added": 0.22,
    "manufacturing_share": 0.22,
    "urban_share": 0.12,
    "primary_jobs": 0.08,
}
"""Weights of the criteria (Chen, Huang and Zhong 2006) [M]."""
STEP = 33.0
"""Points between two stages: 0 to 33 early, 33 to 66 middle, 66 to 99 late, 100 post."""


@dataclass(frozen=True)
class Verdict:
    """One criterion.

    Attributes
    ----------
    stage : str
        ``pre, early, middle, late, post``.
    score : float [1]
        0 to 100.
    doubt : str
        Where the rule contradicts itself.
    """

    stage: str
    score: float
    doubt: str = ""


def stage_of(criterion: str, value: float, *, dollars: int = 2005) -> Verdict:
    """Stage by one number.

    Parameters
    ----------
    criterion : str
        ``gdp_per_head`` [dollar/person], ``manufacturing_share`` of value added in goods, ``urban_share``, ``primary_jobs`` [1].
    value : float
        Shares in [0, 1].
    dollars : int [yr]
        Prices of product per head: 1964, 2005 or 2010.

    Returns
    -------
    Verdict
        Linear within a stage; a limit belongs to the later stage.

    Raises
    ------
    QuantityError
        Unknown criterion or year, a share outside [0, 1].
    """
    if criterion not in BANDS:
        raise QuantityError(f"criterion: '{criterion}'; known: {', '.join(BANDS)}")
    limits, rising = BANDS[criterion]
    if criterion == "gdp_per_head":
        if dollars not in PRICE_BANDS:
            raise QuantityError(f"dollars: {dollars}; known: {', '.join(map(str, PRICE_BANDS))}")
        limits = PRICE_BANDS[dollars]
    elif not 0.0 <= value <= 1.0:
        raise QuantityError(f"{criterion}: {value}, expected a share from 0 to 1")
    if not np.isfinite(value) or value < 0:
        raise QuantityError(f"{criterion}: {value}, expected 0 or more")
    sign = 1.0 if rising else -1.0
    passed = sum(sign * value >= sign * limit for limit in limits)
    if passed in (0, 4):
        return Verdict(STAGES[passed], 0.0 if passed == 0 else 100.0)
    low, high = limits[passed - 1], limits[passed]
    return Verdict(STAGES[passed], (passed - 1) * STEP + (value - low) / (high - low) * STEP)


def value_added_stage(primary: float, secondary: float, tertiary: float) -> Verdict:
    """Stage by the shares of value added: a ladder of conditions, scored by the primary share within a rung.

    Parameters
    ----------
    primary, secondary, tertiary : float [1]
        Shares, which sum to 1.

    Returns
    -------
    Verdict
        With a doubt where the ladder contradicts itself: little agriculture but more services than industry at more than a tenth primary,
        or industry equal to services.

    Raises
    ------
    QuantityError
        Shares that do not sum to 1.
    """
    a, i, s = primary, secondary, tertiary
    if min(a, i, s) < 0 or abs(a + i + s - 1.0) > 0.011:
        raise QuantityError(
            f"shares: {a:g}, {i:g}, {s:g} sum to {a + i + s:g}; expected shares that sum to 1"
        )
    if a > i:
        return Verdict("pre", 0.0)
    if a >= 0.2:
        # from as much agriculture as industry down to a fifth
        top = max(min(0.5, a + i - 0.2), 0.2)
        part = (
            1.0
            if top <= 0.2
            else np.clip((0.5 * (a + i) - a) / max(0.5 * (a + i) - 0.2, 1e-9), 0, 1)
        )
        return Verdict("early", float(part) * STEP)
    if a >= 0.1:
        doubt = (
            ""
            if i > s
            else "more services than industry before agriculture fell to a tenth: a place of tourism or of public services, not of late industry"
        )
        return Verdict("middle", STEP + (0.2 - a) / 0.1 * STEP, doubt)
    if i < s:
        return Verdict("post", 100.0)
    doubt = "industry equals services: between late and post" if i == s else ""
    return Verdict("late", 2 * STEP + (0.1 - a) / 0.1 * STEP, doubt)


def composite_stage(scores: dict[str, float]) -> tuple[str, float, float]:
    """Stage by all criteria that are known.

    Parameters
    ----------
    scores : dict of criterion to score [1]
        0 to 100; criteria of :data:`WEIGHTS`.

    Returns
    -------
    (str, float [1], float [1])
        Stage with its half (``early, first half``), composite score, and the share of the weights that is known.

    Raises
    ------
    QuantityError
        No known criterion.
    """
    known = {k: v for k, v in scores.items() if k in WEIGHTS and np.isfinite(v)}
    weight = sum(WEIGHTS[k] for k in known)
    if not weight:
        raise QuantityError(f"scores: no criterion of {', '.join(WEIGHTS)}")
    total = sum(WEIGHTS[k] * v for k, v in known.items()) / weight
    if total <= 0:
        return "pre", 0.0, weight
    if total >= 99.0 + 1e-9:
        return "post", total, weight
    at = min(int(total // STEP), 2)
    half = "first half" if total - at * STEP < STEP / 2 else "second half"
    return f"{STAGES[at + 1]}, {half}", total, weight
