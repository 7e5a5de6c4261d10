"""What the economy loses when a sector is taken out: hypothetical extraction in four named variants."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.industry.input_output import leontief_inverse

VARIANTS = ("whole", "backward", "forward", "trade")


def hypothetical_extraction(
    coefficients: ArrayLike,
    demand: ArrayLike,
    *,
    variant: str = "whole",
    share: float = 1.0,
) -> pd.DataFrame:
    """Output lost when each sector in turn is taken out (Dietzenbacher, van der Linden and Steenge 1993).

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        Technical coefficients A.
    demand : (sector,) [money/yr]
        Final demand y.
    variant : str
        What is set to nothing: ``whole`` row, column and final demand; ``backward`` the column: it buys nothing here; ``forward`` the row:
        it sells nothing to others here, final demand stays; ``trade`` row and column but what it uses itself.
    share : float [1]
        Part that is taken, in (0, 1].

    Returns
    -------
    DataFrame
        ``loss, share_of_output`` per sector, with ``variant`` and ``taken``; a loss is 0 or more.

    Raises
    ------
    QuantityError
        Unknown variant, a share out of range, shapes that differ, singular I - A.

    Notes
    -----
    One inverse serves all sectors: a changed row or column is a change of rank one or two (Sherman-Morrison-Woodbury).
    """
    if variant not in VARIANTS:
        raise QuantityError(f"variant: '{variant}'; {nearest(variant, VARIANTS)}")
    if not 0.0 < share <= 1.0:
        raise QuantityError(f"share: {share}, expected above 0, up to 1")
    a = np.asarray(coefficients, np.float64)
    inverse = leontief_inverse(a)
    n = len(a)
    y = np.asarray(demand, np.float64)
    if y.shape != (n,) or not np.isfinite(y).all():
        raise QuantityError(f"demand: shape {y.shape}, expected ({n},) without gaps")
    x = inverse @ y
    loss = np.array([x.sum() - _without(a, inverse, x, y, k, variant, share) for k in range(n)])
    total = x.sum()
    return pd.DataFrame(
        {
            "loss": loss,
            "share_of_output": loss / total if total else np.zeros(n),
            "variant": variant,
            "taken": share,
        }
    )


def _without(
    a: NDArray[np.float64],
    inverse: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    k: int,
    variant: str,
    share: float,
) -> float:
    """Sum of output with part of sector k out."""
    n = len(a)
    unit = np.zeros(n)
    unit[k] = 1.0
    left, right = [], []
    if variant in ("whole", "backward", "trade"):
        column = share * a[:, k]
        if variant == "trade":
            column = column.copy()
            column[k] = 0.0
        left.append(column)
        right.append(unit)
    if variant in ("whole", "forward", "trade"):
        row = share * a[k]
        if variant != "forward":
            row = row.copy()
            # the diagonal went with the column, or stays
            row[k] = 0.0
        left.append(unit)
        right.append(row)
    u, v = np.stack(left, axis=1), np.stack(right)
    start = x
    if variant == "whole":
        start = x - inverse[:, k] * (share * y[k])
    spread = inverse @ u
    core = np.eye(u.shape[1]) + v @ spread
    return float((start - spread @ np.linalg.solve(core, v @ start)).sum())


def spillover(coefficients: ArrayLike, regions: ArrayLike) -> pd.DataFrame:
    """Output multipliers of a table of regions parted by where they act (Miller 1966; Round 1985).

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        Technical coefficients of all regions' sectors.
    regions : (sector,)
        Region of each.

    Returns
    -------
    DataFrame
        ``region, intraregional, feedback, spillover, total`` per sector: within the region alone; what comes back to it through the others;
        what stays in the others. The three sum to the column of the inverse.

    Raises
    ------
    QuantityError
        Shapes that differ, singular I - A.
    """
    a = np.asarray(coefficients, np.float64)
    inverse = leontief_inverse(a)
    place = np.asarray(regions)
    if place.shape != (len(a),):
        raise QuantityError(f"regions: shape {place.shape}, expected ({len(a)},)")
    within, feedback = np.empty(len(a)), np.empty(len(a))
    for region in pd.unique(place):
        here = np.flatnonzero(place == region)
        own = np.ix_(here, here)
        within[here] = leontief_inverse(a[own]).sum(axis=0)
        feedback[here] = inverse[own].sum(axis=0) - within[here]
    total = inverse.sum(axis=0)
    return pd.DataFrame(
        {
            "region": place,
            "intraregional": within,
            "feedback": feedback,
            "spillover": total - within - feedback,
            "total": total,
        }
    )


def footprint(
    coefficients: ArrayLike, stressors: ArrayLike, output: ArrayLike, demand: ArrayLike
) -> pd.DataFrame:
    """Water, land, carbon or jobs behind final demand beside those of production itself.

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        Technical coefficients.
    stressors : (sector,)
        Of production, in any unit a year.
    output : (sector,) [money/yr]
        Total output.
    demand : (sector,) [money/yr]
        Final demand for home output.

    Returns
    -------
    DataFrame
        ``intensity`` per unit of own output, ``total_intensity`` per unit of final demand, ``production``, ``consumption``. In a balanced
        table the last two have one sum.

    Raises
    ------
    QuantityError
        Stressors of a sector without output, shapes that differ.
    """
    inverse = leontief_inverse(coefficients)
    n = len(inverse)
    parts = {}
    for name, values in (("stressors", stressors), ("output", output), ("demand", demand)):
        v = np.asarray(values, np.float64)
        if v.shape != (n,) or not np.isfinite(v).all():
            raise QuantityError(f"{name}: shape {v.shape}, expected ({n},) without gaps")
        parts[name] = v
    idle = np.flatnonzero((parts["output"] == 0) & (parts["stressors"] != 0))
    if len(idle):
        raise QuantityError(
            f"stressors: sector {idle[0] + 1} has {parts['stressors'][idle[0]]:g} but no output; give it output, or its stressors to another"
        )
    x = parts["output"]
    own = np.where(x != 0, parts["stressors"] / np.where(x != 0, x, 1.0), 0.0)
    total = own @ inverse
    return pd.DataFrame(
        {
            "intensity": own,
            "total_intensity": total,
            "production": parts["stressors"],
            "consumption": total * parts["demand"],
        }
    )
