"""Rule set ``zones-v1``: which of four main-function zones a county is, by conditions in order, by likeness where none holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanshui.zoning.three_values import Truth, at_least, at_most, every, least_true, no, some

Numbers = NDArray[np.float64]
Values = Mapping[str, Numbers]
ZONES = ("strict", "promote", "optimise", "relieve")
"""In order of the load that development puts on the ground; the number of a zone is its place, from 1 on."""
STRICT, PROMOTE, OPTIMISE, RELIEVE = 1, 2, 3, 4
RULES = ("R4", "R1", "R3", "R2", "F")
"""In the order in which they are asked; ``F``: none of them holds, the likest zone."""
ZONE_OF_RULE = (RELIEVE, STRICT, OPTIMISE, PROMOTE)
RANKED = ("EV", "ES", "SU", "TA", "PD", "PT", "FR", "ED", "HR")
"""Indicators that are ranks among the counties, 0 to 1."""
ABSOLUTE = ("RL", "CL", "CI")
INDICATORS = (*RANKED, *ABSOLUTE)
LIKENESS = ("EV", "ES", "SU", "TA", "PD", "FR", "ED", "LD")
PROTOTYPES = np.array(
    [
        [1.00, 1.00, 0.00, 0.00, 0.00, 1.00, 0.00, 0.35],
        [0.55, 0.50, 0.50, 0.45, 0.45, 0.50, 0.35, 0.45],
        [0.35, 0.35, 0.70, 0.85, 0.60, 0.30, 0.80, 0.50],
        [0.15, 0.15, 0.85, 0.95, 0.95, 0.15, 0.95, 1.00],
    ]
)
"""What the ideal county of each zone is like [D, METHODS M6.3]: rows as ``ZONES``, columns as ``LIKENESS``."""
WEIGHTS = np.array([0.18, 0.14, 0.14, 0.10, 0.10, 0.06, 0.14, 0.14])
"""Of each indicator in the likeness [D, METHODS M6.3]."""


@dataclass(frozen=True)
class Limits:
    """Limits of the conditions, each where it stands, so that each can be drawn for itself.

    Attributes
    ----------
    load : float [1]
        ``CL`` above this is beyond capacity.
    value, sensitivity, people, wealth : float [1]
        Rank from which value (``EV``), sensitivity (``ES``), people (``PT``) and economy (``ED``, of relieving) are high.
    land, traffic, scattered : float [1]
        Rank to which suitable land (``SU``), traffic (``TA``) and people per area (``PD``) are low.
    fragments : float [1]
        Rank from which land is fragmented (``FR``).
    line, line_veto : float [1]
        Share of red line from which it counts as high, and from which nothing else is asked where no rule holds.
    economy, roads, bearing : float [1]
        Rank from which economy, traffic and bearing capability (``HR``) suffice for optimizing.
    span : float [1]
        Load that counts 1 in the likeness.
    """

    load: float = 1.0
    value: float = 0.67
    sensitivity: float = 0.67
    people: float = 0.67
    wealth: float = 0.67
    land: float = 0.33
    traffic: float = 0.33
    scattered: float = 0.33
    fragments: float = 0.67
    line: float = 0.5
    line_veto: float = 0.6
    economy: float = 0.5
    roads: float = 0.5
    bearing: float = 0.5
    span: float = 1.5

    @classmethod
    def of(
        cls, high: float, low: float, middle: float, load: float, line: float, line_veto: float
    ) -> "Limits":
        """Limits by few figures: high and low ranks, the middle, the load, and shares of red line.

        Parameters
        ----------
        high, low, middle, load, line, line_veto : float [1]
            As the settings of :func:`shanshui.zoning.function_zones.function_zones`.
        """
        return cls(
            load=load, value=high, sensitivity=high, people=high, wealth=high, fragments=high, land=low, traffic=low, scattered=low,
            economy=middle, roads=middle, bearing=middle, line=line, line_veto=line_veto,
        )  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What the rules say of each county.

    Attributes
    ----------
    zone : (n,) array of int
        1 to 4 as ``ZONES``; 0 where what is not known decides.
    rule : (n,) array of int
        Place in ``RULES`` of the one that fired first; -1 where that is not known.
    possible : (n,) array of int
        Bits of the zones that are possible, bit ``k - 1`` for zone k.
    membership : (n, 4) array [1]
        Likeness to each zone, 0 to 1, summing to 1; NaN where an indicator is not known.
    """

    zone: NDArray[np.int64]
    rule: NDArray[np.int64]
    possible: NDArray[np.int64]
    membership: Numbers


def conditions(x: Values, t: Limits) -> list[Truth]:
    """Conditions of the rules R4, R1, R3, R2, each by itself.

    Parameters
    ----------
    x : mapping of indicator to (n,) array [1]
        ``INDICATORS``.
    t : Limits
        Of the conditions.

    Returns
    -------
    list of (n,) array [1]
        1 holds, 0 does not, NaN open.
    """
    within = at_most(x["CL"], t.load)
    traits = (
        at_most(x["TA"], t.traffic), at_most(x["PD"], t.scattered), at_least(x["FR"], t.fragments), at_least(x["RL"], t.line),
    )  # fmt: skip
    relieve = every(
        at_least(x["CI"], 1.0), no(within), at_least(x["PT"], t.people), at_least(x["ED"], t.wealth)
    )
    strict = every(
        at_least(x["EV"], t.value),
        some(at_least(x["ES"], t.sensitivity), at_least(x["RL"], t.line)),
        at_most(x["SU"], t.land),
        least_true(traits, 2),
    )
    optimise = every(
        at_least(x["ED"], t.economy), at_least(x["TA"], t.roads), within, at_least(x["HR"], t.bearing), no(at_least(x["EV"], t.value)),
    )  # fmt: skip
    promote = every(
        no(at_least(x["EV"], t.value)), no(at_least(x["ES"], t.sensitivity)), within, no(at_most(x["SU"], t.land)),
    )  # fmt: skip
    return [relieve, strict, optimise, promote]


def membership(x: Values, t: Limits, weights: Numbers = WEIGHTS) -> Numbers:
    """Likeness of each county to the ideal of each zone.

    Parameters
    ----------
    x : mapping of indicator to (n,) array [1]
        ``INDICATORS``.
    t : Limits
        ``span`` is used.
    weights : (8,) array [1]
        Of ``LIKENESS``.

    Returns
    -------
    (n, 4) array [1]
        Sums to 1; a county that is an ideal has 1 there. NaN where an indicator is not known.

    Notes
    -----
    ``d_k = sum_j w_j (x_j - p_kj)^2``, ``u_k = (1 / d_k) / sum(1 / d)``, with ``LD = min(1, CL / span)``.
    """
    known = {**x, "LD": np.minimum(1.0, x["CL"] / t.span)}
    columns = np.stack([known[n] for n in LIKENESS], axis=-1)
    distance = ((columns[:, None, :] - PROTOTYPES) ** 2 * weights).sum(axis=-1)
    there = np.asarray(distance == 0.0)
    with np.errstate(divide="ignore"):
        inverse = np.where(
            there.any(axis=1, keepdims=True), there.astype(np.float64), 1.0 / distance
        )
    inverse = np.where(np.isnan(distance), np.nan, inverse)
    return inverse / inverse.sum(axis=1, keepdims=True)


def likest(x: Values, likeness: Numbers, t: Limits) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Zone of the largest membership after the vetoes, and the zones that are possible where something is not known.

    Parameters
    ----------
    x : mapping of indicator to (n,) array [1]
        ``RL`` and ``CL``.
    likeness : (n, 4) array [1]
        Memberships.
    t : Limits
        ``line_veto``, ``load``.

    Returns
    -------
    (n,) array of int, (n,) array of int
        Zone, 0 where it is not known; bits of the possible ones.

    Notes
    -----
    ``RL >= line_veto``: strict. ``CL > load``: promoting is out.
    """
    veto, within = at_least(x["RL"], t.line_veto), at_most(x["CL"], t.load)
    open_ = np.asarray(np.isnan(likeness).any(axis=1))
    vetoed = likeness.copy()
    vetoed[within == 0.0, PROMOTE - 1] = -1.0
    best = np.where(open_, 0, np.where(open_[:, None], 0.0, vetoed).argmax(axis=1) + 1)
    without = np.where(open_[:, None], 0.0, likeness).copy()
    without[:, PROMOTE - 1] = -1.0
    second = without.argmax(axis=1) + 1
    bits = np.where(best > 0, 1 << np.maximum(best - 1, 0), 0b1111)
    bits = np.where(open_ & (within == 0.0), 0b1101, bits)
    bits = np.where(~open_ & np.isnan(within), bits | 1 << (second - 1), bits)
    bits = np.where(veto == 1.0, 1, np.where(np.isnan(veto), bits | 1, bits))
    single = (bits & (bits - 1)) == 0
    return np.where(single, np.log2(bits).astype(np.int64) + 1, 0), bits


def verdict(x: Values, t: Limits, weights: Numbers = WEIGHTS) -> Verdict:
    """Zone of each county: the first rule that holds, the likest zone where none does.

    Parameters
    ----------
    x : mapping of indicator to (n,) array [1]
        ``INDICATORS``; NaN where not known.
    t : Limits
        Of the conditions.
    weights : (8,) array [1]
        Of ``LIKENESS``.

    Returns
    -------
    Verdict
        A zone is told only where whatever is not known could not change it.
    """
    likeness = membership(x, t, weights)
    count = likeness.shape[0]
    possible, rule = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    asked, doubtful = np.ones(count, bool), np.zeros(count, bool)
    for at, (fired, truth) in enumerate(zip(ZONE_OF_RULE, conditions(x, t), strict=True)):
        may = asked & (truth != 0.0)
        possible |= np.where(may, 1 << (fired - 1), 0)
        rule = np.where(may & (truth == 1.0) & ~doubtful, at, rule)
        doubtful |= may & np.isnan(truth)
        asked &= truth != 1.0
    best, bits = likest(x, likeness, t)
    possible |= np.where(asked, bits, 0)
    rule = np.where(asked & ~doubtful & (best > 0), len(RULES) - 1, rule)
    single = (possible & (possible - 1)) == 0
    zone = np.where(single, np.log2(np.maximum(possible, 1)).astype(np.int64) + 1, 0)
    return Verdict(zone, rule, possible, likeness)
