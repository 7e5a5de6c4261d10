"""Which of four green units each planning unit is: all, deep, medium or light green."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.zoning.three_values import at_least, at_most, every, no, some
from shanshui.zoning.votes import votes

Numbers = NDArray[np.float64]
UNITS = ("all_green", "deep_green", "medium_green", "light_green")
"""From the strictest; the number of a unit is its place, from 1 on, as the rules of admission ask for it."""
ALL, DEEP, MEDIUM, LIGHT = 1, 2, 3, 4
POSITIONS = ("upper", "middle", "lower")
FIGURES = ("EV", "R", "u", "H", "PROT", "SUIT")
RANGES = {
    "EV": (0.0, 1.0), "R": (0.0, 9000.0), "u": (0.0, 1.0), "H": (-1.0, 1.0), "PROT": (0.0, 1.0), "SUIT": (0.0, 1.0),
}  # fmt: skip
WEIGHTS = np.array([0.35, 0.25, 0.15, 0.25])
"""Of value, relief, upper course and lack of headroom in the score [D, METHODS M6.4]."""
UnitIndicators = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit?": Key("planning_unit"),
            "code?": TEXT,
            "name?": TEXT,
            "EV": "1",
            "R": "m",
            "u": "1",
            "pos": TEXT,
            "H": "1",
            "PROT": "1",
            "SUIT": "1",
            "*": "1",
        }
    ),
]
GreenUnits = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit?": Key("planning_unit"),
            "code?": TEXT,
            "name?": TEXT,
            "green_unit": TEXT,
            "green_unit_code": "1",
            "S": "1",
            "rule": TEXT,
            "possible": TEXT,
            "stability": "1",
            "second_unit": TEXT,
            "unknown": TEXT,
        }
    ),
]


@dataclass(frozen=True)
class Limits:
    """Limits of the score and of the two corrections, each where it stands.

    Attributes
    ----------
    all, deep, medium : float [1]
        Score from which a unit is all, deep, medium green.
    relief_low, relief_high : float [m]
        Relief that counts 0 and 1.
    headroom_full : float [1]
        Headroom that counts as enough.
    protected : float [1]
        Share of red line and protected areas that makes a unit deep at least.
    value, mountain : float [1], float [m]
        Value and relief of mountains of high value.
    no_land : float [1]
        Share of suitable land below which such a mountain is all green.
    land, flat, room, value_low : float [1], float [m], float [1], float [1]
        A light unit has so much suitable land or lies downstream, less relief, more headroom and less value.
    """

    all: float = 0.70
    deep: float = 0.50
    medium: float = 0.30
    relief_low: float = 100.0
    relief_high: float = 1000.0
    headroom_full: float = 0.6
    protected: float = 0.5
    value: float = 0.75
    mountain: float = 500.0
    no_land: float = 0.05
    land: float = 0.25
    flat: float = 200.0
    room: float = 0.2
    value_low: float = 0.5


@dataclass(frozen=True)
class Ground:
    """Figures of the units.

    Attributes
    ----------
    of : mapping of figure to (n,) array
        ``FIGURES``; NaN where not known.
    upper, lower : (n,) array [1]
        Whether a unit lies so: 1, 0, NaN.
    """

    of: Mapping[str, Numbers]
    upper: Numbers
    lower: Numbers


@assessment(source="decisions/0048-zones-and-units", bytes_per_cell=0)
def green_units(
    unit_indicators: UnitIndicators,
    *,
    all_score: Annotated[float, Between(0.0, 1.0)] = 0.70,
    deep_score: Annotated[float, Between(0.0, 1.0)] = 0.50,
    medium_score: Annotated[float, Between(0.0, 1.0)] = 0.30,
    protected: Annotated[float, Between(0.0, 1.0)] = 0.5,
    value: Annotated[float, Between(0.0, 1.0)] = 0.75,
    mountain_m: Annotated[float, Between(0.0, 9000.0)] = 500.0,
    flat_m: Annotated[float, Between(0.0, 9000.0)] = 200.0,
    draws: Annotated[int, Between(1, 100000)] = 500,
    weight_spread: Annotated[float, Between(0.0, 0.99)] = 0.2,
    limit_spread: Annotated[float, Between(0.0, 0.99)] = 0.1,
    seed: Annotated[int, Between(0, 2**31)] = 0,
) -> GreenUnits:
    """Green unit of each planning unit: how strictly its ground is kept and what it may take up.

    Parameters
    ----------
    unit_indicators : table
        A row per planning unit: ``EV`` ecological value, a rank, 0 to 1; ``R`` relief [m]; ``u`` upstream index, 0 at the outlet, 1 at the farthest
        source; ``pos`` upper, middle, lower; ``H`` headroom, -1 to 1; ``PROT`` share of red line and protected areas [1]; ``SUIT`` share of
        suitable land [1]. NaN, and an empty ``pos``, where not known.
    all_score, deep_score, medium_score : float [1]
        Scores from which a unit is all, deep, medium green; descending [D].
    protected : float [1]
        Share of protected ground that makes a unit deep green at least [D].
    value, mountain_m : float [1], float [m]
        Value and relief of mountains of high value [D].
    flat_m : float [m]
        Relief below which a unit may be light green [D].
    draws : int
        Draws of weights and limits.
    weight_spread, limit_spread : float [1]
        Half the width within which each weight and each limit is drawn [D].
    seed : int
        Of the draws.

    Returns
    -------
    table
        ``unit, code, name`` as given; ``green_unit`` (all_green, deep_green, medium_green, light_green; empty where what is not known decides),
        ``green_unit_code`` 1 to 4, 0 not known; ``S`` the score; ``rule``: ``S`` the score alone, ``H1`` or ``H2`` where a correction changed it;
        ``possible`` units; ``stability`` share of the draws that give the most frequent one, ``second_unit`` the next; ``unknown`` figures.

    Raises
    ------
    QuantityError
        A figure outside its range, a position that is none, scores that do not descend.

    Notes
    -----
    ``S = .35 EV + .25 lin(R; 100, 1000) + .15 u + .25 (1 - lin(H; 0, .6))``, ``lin(x; a, b) = clip((x - a) / (b - a), 0, 1)``. H1: protected
    ground, or high value in mountains, is deep at least, and all if it is a mountain of high value that is protected, upper, without headroom
    or without suitable land; an all by the score that is not so is deep. H2: a light unit is downstream or has suitable land, is flat, has headroom
    and no high value; else it is medium (decision 0048).
    """
    if not all_score >= deep_score >= medium_score:
        raise QuantityError(
            f"green_units: scores {all_score:g}, {deep_score:g}, {medium_score:g} of all, deep and medium; expected that they descend"
        )
    ground = ground_of(unit_indicators)
    limits = Limits(
        all=all_score, deep=deep_score, medium=medium_score, protected=protected, value=value, mountain=mountain_m, flat=flat_m,
    )  # fmt: skip
    low, high, score = bounds(ground, limits)
    plain = np.where(np.isnan(score), 0, by_score(score, limits))
    code = np.where(low == high, low, 0)
    stability, second = votes(
        lambda t, w: known_unit(ground, t, w), limits, WEIGHTS, code, draws, weight_spread, limit_spread, seed
    )  # fmt: skip
    out = pd.DataFrame(index=unit_indicators.index)
    for column in ("unit", "code", "name"):
        if column in unit_indicators:
            out[column] = unit_indicators[column]
    out["green_unit"] = _names(code)
    out["green_unit_code"] = code
    out["S"] = score
    out["rule"] = np.where(
        code == 0, "", np.where(code == plain, "S", np.where(plain == LIGHT, "H2", "H1"))
    )
    out["possible"] = [" ".join(UNITS[a - 1 : b]) for a, b in zip(low, high, strict=True)]
    out["stability"] = stability
    out["second_unit"] = _names(second)
    gaps = {n: np.isnan(v) for n, v in ground.of.items()} | {"pos": np.isnan(ground.upper)}
    out["unknown"] = [
        " ".join(n for n, gap in gaps.items() if gap[k]) for k in range(len(unit_indicators))
    ]
    return out


def ground_of(frame: pd.DataFrame) -> Ground:
    """Figures as arrays, each within its range.

    Parameters
    ----------
    frame : table
        ``FIGURES, pos``.

    Returns
    -------
    Ground

    Raises
    ------
    QuantityError
        Outside its range, or a position that is none.
    """
    out = {}
    for name in FIGURES:
        column = frame[name].to_numpy(np.float64)
        low, high = RANGES[name]
        wrong = ~np.isnan(column) & ~((column >= low) & (column <= high))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise QuantityError(
                f"unit_indicators.{name}: row {frame.index[at]!r} holds {column[at]:g}, expected {low:g} to {high:g}, "
                "or nothing where it is not known"
            )
        out[name] = column
    said = frame["pos"].fillna("").astype(str).str.strip()
    for at, word in enumerate(said):
        if word and word not in POSITIONS:
            raise QuantityError(
                f"unit_indicators.pos: row {frame.index[at]!r} holds {word!r}, expected {', '.join(POSITIONS)}, "
                f"or nothing where it is not known{nearest(word, POSITIONS)}"
            )
    none = (said == "").to_numpy()
    upper, lower = (
        np.where(none, np.nan, (said == word).to_numpy().astype(np.float64))
        for word in ("upper", "lower")
    )
    return Ground(out, upper, lower)


def _lin(x: Numbers, low: float, high: float) -> Numbers:
    return np.clip((x - low) / (high - low), 0.0, 1.0)


def parts_of(ground: Ground, t: Limits) -> Numbers:
    """Parts of the score before their weights.

    Parameters
    ----------
    ground : Ground
        Figures.
    t : Limits
        Of relief and headroom.

    Returns
    -------
    (n, 4) array [1]
        Value, relief, upper course, lack of headroom, each 0 to 1.
    """
    x = ground.of
    relief = _lin(x["R"], t.relief_low, t.relief_high)
    return np.stack([x["EV"], relief, x["u"], 1.0 - _lin(x["H"], 0.0, t.headroom_full)], axis=1)


def by_score(score: Numbers, t: Limits) -> NDArray[np.int64]:
    """Unit by the score alone.

    Parameters
    ----------
    score : (n,) array [1]
        Known.
    t : Limits
        Of the score.
    """
    return np.select([score >= t.all, score >= t.deep, score >= t.medium], [ALL, DEEP, MEDIUM], LIGHT)  # fmt: skip


def bounds(
    ground: Ground, t: Limits, weights: Numbers = WEIGHTS
) -> tuple[NDArray[np.int64], NDArray[np.int64], Numbers]:
    """Strictest and least strict unit that are possible, and the score.

    Parameters
    ----------
    ground : Ground
        Figures, of which some may not be known.
    t : Limits
        Of score and corrections.
    weights : (4,) array [1]
        Of the score.

    Returns
    -------
    (n,) array of int, (n,) array of int, (n,) array [1]
        The two are equal where the unit is known. The score is NaN where a part of it is.
    """
    parts = parts_of(ground, t)
    gap = np.isnan(parts)
    floor = np.where(gap, 0.0, parts) @ weights
    ceiling = np.where(gap, 1.0, parts) @ weights
    x = ground.of
    heights = every(at_least(x["EV"], t.value), at_least(x["R"], t.mountain))
    shielded = at_least(x["PROT"], t.protected)
    kept = some(shielded, heights)
    strict = every(
        heights,
        some(shielded, ground.upper, no(at_least(x["H"], 0.0)), no(at_least(x["SUIT"], t.no_land))),
    )
    may_be_light = every(
        some(ground.lower, at_least(x["SUIT"], t.land)),
        no(at_least(x["R"], t.flat)),
        no(at_most(x["H"], t.room)),
        no(at_least(x["EV"], t.value_low)),
    )
    strictest = _corrected(by_score(ceiling, t), kept != 0.0, strict != 0.0, may_be_light == 1.0)
    mildest = _corrected(by_score(floor, t), kept == 1.0, strict == 1.0, may_be_light != 0.0)
    return strictest, mildest, np.where(gap.any(axis=1), np.nan, parts @ weights)


def known_unit(ground: Ground, t: Limits, weights: Numbers = WEIGHTS) -> NDArray[np.int64]:
    """Unit where what is not known could not change it, else 0.

    Parameters
    ----------
    ground, t, weights
        As for :func:`bounds`.
    """
    low, high, _ = bounds(ground, t, weights)
    return np.where(low == high, low, 0)


def _corrected(
    unit: NDArray[np.int64],
    kept: NDArray[np.bool_],
    strict: NDArray[np.bool_],
    light: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Unit by the score after both corrections."""
    capped = np.maximum(unit, DEEP)
    flat = np.where((capped == LIGHT) & ~light, MEDIUM, capped)
    return np.where(strict, ALL, np.where(kept, np.minimum(flat, DEEP), flat))


def _names(codes: NDArray[np.int64]) -> list[str]:
    return ["" if c == 0 else UNITS[c - 1] for c in codes]
