"""Structure of a place's economy: shares, change, specialisation, concentration."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError
from shanshui.industry.regional_tables import checked_pair

Vector = NDArray[np.float64]


def structural_change(before: ArrayLike, after: ArrayLike) -> dict[str, float]:
    """How far shares moved between two times.

    Parameters
    ----------
    before, after : (sector,)
        Amounts, 0 or more.

    Returns
    -------
    dict [1]
        ``michaely``: half the sum of absolute changes of share, the share that changed sector; ``angle``: between the two structures, in
        degrees (Moore 1978).

    Raises
    ------
    QuantityError
        Shapes that differ, negative values, nothing at all.
    """
    a, b = _shares(before, "before"), _shares(after, "after")
    if a.shape != b.shape:
        raise QuantityError(f"before, after: shapes {a.shape} and {b.shape}, expected one")
    cosine = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    return {
        "michaely": 0.5 * float(np.abs(b - a).sum()),
        "angle": float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))),
    }


def _shares(values: ArrayLike, name: str) -> Vector:
    v = np.asarray(values, np.float64)
    if v.ndim != 1 or not np.isfinite(v).all() or (v < 0).any() or v.sum() <= 0:
        raise QuantityError(f"{name}: expected amounts of 0 or more, without gaps, not all 0")
    return v / v.sum()


def shift_share(
    before: ArrayLike,
    after: ArrayLike,
    national_before: ArrayLike,
    national_after: ArrayLike,
) -> pd.DataFrame:
    """Growth of each sector parted into the nation's, the sector's and the place's own (Dunn 1960).

    Parameters
    ----------
    before, after : (sector,)
        Of the place.
    national_before, national_after : (sector,)
        Of the nation, the same measure.

    Returns
    -------
    DataFrame
        ``national, mix, competitive, total`` per sector, which add up; and ``allocation``, the part of the competitive effect that comes of
        being specialised where the place grows (Esteban-Marquillas 1972).

    Raises
    ------
    QuantityError
        Shapes that differ, gaps, or a sector that begins at nothing in the nation.
    """
    e, f, n, m = (
        np.asarray(v, np.float64) for v in (before, after, national_before, national_after)
    )
    if len({v.shape for v in (e, f, n, m)}) != 1 or not all(
        np.isfinite(v).all() for v in (e, f, n, m)
    ):
        raise QuantityError("before, after, national: expected one shape, without gaps")
    none = np.flatnonzero(n <= 0)
    if len(none):
        raise QuantityError(
            f"national_before: sector {none[0] + 1} is {n[none[0]]:g}; growth from nothing has no rate; bring sectors together"
        )
    growth, rate = m.sum() / n.sum() - 1.0, m / n - 1.0
    national = e * growth
    mix = e * (rate - growth)
    competitive = f - e - national - mix
    alike = e.sum() * n / n.sum()
    own = np.where(e > 0, f / np.where(e > 0, e, 1.0) - 1.0, rate)
    return pd.DataFrame(
        {
            "national": national,
            "mix": mix,
            "competitive": competitive,
            "allocation": (e - alike) * (own - rate),
            "total": f - e,
        }
    )


def concentration(amounts: ArrayLike) -> dict[str, float]:
    """How unevenly an amount lies over places or sectors.

    Parameters
    ----------
    amounts : (place,)
        0 or more.

    Returns
    -------
    dict [1]
        ``herfindahl`` sum of squared shares, 1/n to 1; ``gini`` 0 to (n - 1)/n; ``first`` share of the largest; ``entropy`` over that of
        an even spread; ``effective`` number of equal places with the same Herfindahl index.

    Raises
    ------
    QuantityError
        Negative amounts, gaps, nothing at all.
    """
    share = _shares(amounts, "amounts")
    n = len(share)
    ordered = np.sort(share)
    gini = float(((2.0 * np.arange(1, n + 1) - n - 1.0) * ordered).sum() / n)
    some = share[share > 0]
    entropy = float(-(some * np.log(some)).sum() / np.log(n)) if n > 1 else 0.0
    square = float((share**2).sum())
    return {
        "herfindahl": square,
        "gini": gini,
        "first": float(share.max()),
        "entropy": entropy,
        "effective": 1.0 / square,
    }


def krugman_specialisation(regional: ArrayLike, national: ArrayLike) -> float:
    """Sum of absolute differences of share between a place and the nation [1]: 0 alike, 2 nothing in common."""
    return float(np.abs(_shares(regional, "regional") - _shares(national, "national")).sum())


def basic_jobs(jobs: ArrayLike, national: ArrayLike) -> Vector:
    """Jobs that serve places outside: those beyond what the nation's shares would give a place.

    Parameters
    ----------
    jobs, national : (sector,) [person]
        Of the place and of the nation.

    Returns
    -------
    (sector,) [person]
        max(0, e_i - e n_i / n), e and n the sums; 0 where the place has no more than its share.

    Raises
    ------
    QuantityError
        Shapes that differ, negative values, gaps, nothing at all, or jobs in a sector that the nation does not have.
    """
    e, n = checked_pair(jobs, national)
    return np.maximum(e - e.sum() * n / n.sum(), 0.0)
