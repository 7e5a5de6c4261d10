"""Tables for places that have none: national coefficients cut by location quotients, and balancing to known totals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest

Square = NDArray[np.float64]
Vector = NDArray[np.float64]
QUOTIENTS = ("slq", "cilq", "rlq", "flq", "aflq")
DELTA = 0.3
"""Exponent of the size of the region in FLQ; 0.25 to 0.35 in published surveys [M]."""


def location_quotients(regional: ArrayLike, national: ArrayLike) -> Vector:
    """Share of each sector in the region over its share in the nation.

    Parameters
    ----------
    regional, national : (sector,)
        Output or jobs, 0 or more.

    Returns
    -------
    (sector,) [1]
        1 where alike; NaN for a sector that the nation does not have.

    Raises
    ------
    QuantityError
        Shapes that differ, negative values, gaps, nothing at all.
    """
    r, n = checked_pair(regional, national)
    share = n / n.sum()
    return np.where(n > 0, (r / r.sum()) / np.where(n > 0, share, 1.0), np.nan)


def checked_pair(regional: ArrayLike, national: ArrayLike) -> tuple[Vector, Vector]:
    """Figures of a region and of the nation that it is part of; refused where they are none."""
    r, n = np.asarray(regional, np.float64), np.asarray(national, np.float64)
    if r.shape != n.shape or r.ndim != 1:
        raise QuantityError(f"regional, national: shapes {r.shape} and {n.shape}, expected one")
    for name, v in (("regional", r), ("national", n)):
        if not np.isfinite(v).all() or (v < 0).any() or v.sum() <= 0:
            raise QuantityError(f"{name}: expected values of 0 or more, without gaps, not all 0")
    lost = np.flatnonzero((n == 0) & (r > 0))
    if len(lost):
        raise QuantityError(
            f"national: sector {lost[0] + 1} is 0 but the region has {r[lost[0]]:g} of it; is the region part of the nation?"
        )
    return r, n


def regional_coefficients(
    coefficients: ArrayLike,
    regional: ArrayLike,
    national: ArrayLike,
    *,
    quotient: str = "flq",
    delta: float = DELTA,
) -> Square:
    """Technical coefficients of a region from those of the nation.

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        National technical coefficients, of home products.
    regional, national : (sector,)
        Output or jobs.
    quotient : str
        ``slq`` simple (row), ``cilq`` cross-industry, ``rlq`` semilogarithmic (Round 1978), ``flq`` with the size of the region (Flegg and
        Webber 1997), ``aflq`` the same with specialisation of the buyer (Flegg and Webber 2000).
    delta : float [1]
        Of ``flq`` and ``aflq``, from 0 to below 1.

    Returns
    -------
    (sector, sector) [1]
        Never above the national ones (with ``aflq``: up to the specialisation of the buyer); the rest comes from outside the region.

    Raises
    ------
    QuantityError
        Unknown quotient, an exponent out of range, shapes that differ.
    """
    a = np.asarray(coefficients, np.float64)
    r, n = checked_pair(regional, national)
    if a.shape != (len(r), len(r)):
        raise QuantityError(f"coefficients: shape {a.shape} for {len(r)} sectors")
    if quotient not in QUOTIENTS:
        raise QuantityError(f"quotient: '{quotient}'; {nearest(quotient, QUOTIENTS)}")
    if not 0.0 <= delta < 1.0:
        raise QuantityError(f"delta: {delta}, expected from 0 to below 1")
    simple = np.nan_to_num(location_quotients(r, n))
    size = len(r)
    diagonal = np.eye(size, dtype=bool)
    ratio = simple[:, None] / np.where(simple > 0, simple, 1.0)[None, :]
    # a buyer that the region does not have buys nothing
    cross = np.where(simple[None, :] > 0, ratio, 0.0)
    cross = np.where(diagonal, simple[:, None], cross)
    if quotient == "slq":
        share = np.broadcast_to(simple[:, None], a.shape)
    elif quotient == "cilq":
        share = cross
    elif quotient == "rlq":
        logs = np.log2(1.0 + simple)
        share = np.where(logs[None, :] > 0, simple[:, None] / np.where(logs > 0, logs, 1.0), 0.0)
    else:
        share = cross * np.log2(1.0 + r.sum() / n.sum()) ** delta
    kept = np.minimum(share, 1.0)
    if quotient == "aflq":
        special = np.maximum(np.log2(1.0 + simple), 1.0)
        kept = kept * special[None, :]
    return a * kept


def balanced(
    flows: ArrayLike,
    rows: ArrayLike,
    columns: ArrayLike,
    *,
    tolerance: float = 1e-9,
    rounds: int = 5000,
) -> Square:
    """Flows nearest to the given ones with known row and column sums (RAS; with negative entries GRAS, Junius and Oosterhaven 2003).

    Parameters
    ----------
    flows : (row, column)
        Start; what is 0 stays 0, and signs stay.
    rows, columns : (row,), (column,)
        Sums to reach; both have one total.
    tolerance : float [1]
        Greatest departure over the total.
    rounds : int [1]
        After which it is given up.

    Returns
    -------
    (row, column)
        In the unit of the sums.

    Raises
    ------
    QuantityError
        Totals that differ, a sum to reach in a row without flows, or no balance within the rounds.
    """
    z = np.asarray(flows, np.float64)
    u, v = np.asarray(rows, np.float64), np.asarray(columns, np.float64)
    if z.ndim != 2 or u.shape != z.shape[:1] or v.shape != z.shape[1:]:
        raise QuantityError(
            f"flows, rows, columns: shapes {z.shape}, {u.shape}, {v.shape} do not fit"
        )
    total = max(float(np.abs(u).sum()), 1e-300)
    if abs(u.sum() - v.sum()) > 1e-6 * total:
        raise QuantityError(
            f"rows, columns: sum to {u.sum():.10g} and {v.sum():.10g}; expected one total; scale one of them"
        )
    for name, sums, line in (
        ("rows", u, np.abs(z).sum(axis=1)),
        ("columns", v, np.abs(z).sum(axis=0)),
    ):
        empty = np.flatnonzero((line == 0) & (np.abs(sums) > 1e-9 * total))
        if len(empty):
            raise QuantityError(
                f"{name}: {sums[empty[0]]:g} is to be reached in number {empty[0] + 1}, which has no flows"
            )
    positive, negative = np.maximum(z, 0.0), np.maximum(-z, 0.0)
    r, s = np.ones(len(u)), np.ones(len(v))
    for _ in range(rounds):
        r = _factor(u, positive @ s, negative @ (1.0 / s))
        s = _factor(v, r @ positive, (1.0 / r) @ negative)
        out = r[:, None] * positive * s - negative / (r[:, None] * s)
        if np.abs(out.sum(axis=1) - u).max() <= tolerance * total:
            return out
    gap = int(np.argmax(np.abs(out.sum(axis=1) - u)))
    raise QuantityError(
        f"flows: no balance after {rounds} rounds; row {gap + 1} sums to {out[gap].sum():.6g}, expected {u[gap]:.6g}; the zeros of the "
        "table forbid these sums"
    )


def _factor(sums: Vector, plus: Vector, minus: Vector) -> Vector:
    """Positive root of plus t - minus / t = sum; a line without flows keeps its factor."""
    root = np.sqrt(sums**2 + 4.0 * plus * minus)
    up = np.where(plus > 0, (sums + root) / np.where(plus > 0, 2.0 * plus, 1.0), 1.0)
    only = np.where(sums < 0, -minus / np.where(sums < 0, sums, -1.0), 1.0)
    out = np.where(plus > 0, up, np.where(minus > 0, only, 1.0))
    return np.where(out > 0, out, 1e-300)
