"""Input-output analysis: coefficients, inverses, linkages, multipliers and decomposition."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, lu_factor, lu_solve
from scipy.linalg.lapack import dgecon

from shanshui.core.errors import QuantityError

Square = NDArray[np.float64]
Vector = NDArray[np.float64]
SINGULAR = 1e-13
"""Reciprocal condition number below which I - A counts as singular."""
KEY, BACKWARD, FORWARD, WEAK = "key", "backward", "forward", "weak"


def _square(values: ArrayLike, name: str) -> Square:
    a = np.asarray(values, np.float64)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not a.size:
        raise QuantityError(f"{name}: shape {a.shape}, expected (sector, sector)")
    bad = np.argwhere(~np.isfinite(a))
    if len(bad):
        raise QuantityError(
            f"{name}: row {bad[0][0] + 1}, column {bad[0][1] + 1} is missing; a blank flow is 0"
        )
    return a


def _vector(values: ArrayLike, count: int, name: str) -> Vector:
    v = np.asarray(values, np.float64)
    if v.shape != (count,) or not np.isfinite(v).all():
        raise QuantityError(f"{name}: shape {v.shape}, expected ({count},) without gaps")
    return v


def _over(flows: Square, output: Vector, axis: int) -> Square:
    """Flows over output; a sector without output has no coefficients."""
    scale = np.where(output != 0, 1.0 / np.where(output != 0, output, 1.0), 0.0)
    return flows * (scale[None, :] if axis else scale[:, None])


def technical_coefficients(flows: ArrayLike, output: ArrayLike) -> Square:
    """Input of each sector per unit of output, A = Z x^-1.

    Parameters
    ----------
    flows : (sector, sector) [money/yr]
        From the row to the column.
    output : (sector,) [money/yr]
        Total output.

    Returns
    -------
    (sector, sector) [1]
        A sector without output has a column of 0.

    Raises
    ------
    QuantityError
        Shapes that differ, gaps.
    """
    z = _square(flows, "flows")
    return _over(z, _vector(output, len(z), "output"), 1)


def _factor(coefficients: ArrayLike) -> tuple[Square, NDArray[np.int32]]:
    a = _square(coefficients, "coefficients")
    system = -a
    system[np.diag_indices_from(system)] += 1.0
    norm = np.abs(system).sum(axis=0).max()
    try:
        factor = lu_factor(system, overwrite_a=True, check_finite=False)
        condition = float(dgecon(factor[0], norm)[0])
    except (LinAlgError, RuntimeWarning):
        condition = 0.0
        factor = (system, np.zeros(len(a), np.int32))
    if not condition > SINGULAR:
        sums = a.sum(axis=0)
        worst = int(np.argmax(sums))
        raise QuantityError(
            f"coefficients: I - A is singular: some sectors use up all they make (column {worst + 1} sums to {sums[worst]:.6g}); "
            "is a column of totals among the sectors, or is value added missing?"
        )
    return factor


def leontief_inverse(coefficients: ArrayLike) -> Square:
    """Output of the row needed for a unit of final demand of the column, L = (I - A)^-1.

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        Technical coefficients A.

    Returns
    -------
    (sector, sector) [1]
        x = L y.

    Raises
    ------
    QuantityError
        Not square, gaps, or I - A singular.
    """
    factor = _factor(coefficients)
    n = len(factor[0])
    return np.asarray(lu_solve(factor, np.eye(n, order="F"), overwrite_b=True, check_finite=False))


def influence_coefficient(inverse: ArrayLike, weights: ArrayLike | None = None) -> Vector:
    """Power of dispersion: pull of a sector on all others over the mean pull (Rasmussen 1956).

    Parameters
    ----------
    inverse : (sector, sector) [1]
        Leontief inverse.
    weights : (sector,) [1], optional
        Shares of final demand or output in the mean, instead of equal ones.

    Returns
    -------
    (sector,) [1]
        Column sum over the (weighted) mean column sum; unweighted they sum to the number of sectors.

    Raises
    ------
    QuantityError
        Not square, gaps, weights that do not fit.
    """
    sums = _square(inverse, "inverse").sum(axis=0)
    return _relative(sums, weights)


def sensitivity_coefficient(
    inverse: ArrayLike,
    *,
    form: Literal["leontief", "ghosh"] = "leontief",
    output: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Vector:
    """Sensitivity of dispersion: push of all others on a sector over the mean push.

    Two definitions are in use and they differ: say which one stands behind a number.

    Parameters
    ----------
    inverse : (sector, sector) [1]
        Leontief inverse, for either form. A Ghosh inverse may be handed over with ``form="leontief"``, which sums its rows as they are.
    form : str
        ``leontief``: row sums of the Leontief inverse (Rasmussen 1956), a unit of final demand of every sector. ``ghosh``: row sums of the
        Ghosh inverse (Jones 1976), which needs ``output``: G = x^-1 L x.
    output : (sector,) [money/yr], optional
        Total output.
    weights : (sector,) [1], optional
        Shares in the mean, instead of equal ones.

    Returns
    -------
    (sector,) [1]
        Row sum over the (weighted) mean row sum; unweighted they sum to the number of sectors.

    Raises
    ------
    QuantityError
        Not square, gaps, unknown form, or no output with ``ghosh``.
    """
    table = _square(inverse, "inverse")
    if form == "leontief":
        return _relative(table.sum(axis=1), weights)
    if form != "ghosh":
        raise QuantityError(f"form: '{form}'; expected leontief or ghosh")
    if output is None:
        raise QuantityError("output: the Ghosh form needs total output")
    return _relative(ghosh_sums(table, output), weights)


def ghosh_sums(inverse: ArrayLike, output: ArrayLike) -> Vector:
    """Row sums of the Ghosh inverse from the Leontief inverse and output.

    Parameters
    ----------
    inverse : (sector, sector) [1]
        Leontief inverse.
    output : (sector,) [money/yr]
        Total output.

    Returns
    -------
    (sector,) [1]
        1 for a sector without output: nothing of it goes on.
    """
    table = _square(inverse, "inverse")
    x = _vector(output, len(table), "output")
    return np.where(x != 0, (table @ x) / np.where(x != 0, x, 1.0), 1.0)


def _relative(sums: Vector, weights: ArrayLike | None) -> Vector:
    if weights is None:
        return sums / sums.mean()
    w = _vector(weights, len(sums), "weights")
    if (w < 0).any() or w.sum() <= 0:
        raise QuantityError("weights: expected shares of 0 or more, not all 0")
    return sums / float(sums @ w / w.sum())


def column_variation(inverse: ArrayLike, *, ddof: Literal[0, 1] = 1) -> Vector:
    """Coefficient of variation of each column of the inverse: low where the pull spreads evenly.

    Parameters
    ----------
    inverse : (sector, sector) [1]
        Leontief inverse.
    ddof : int
        1 divides by n - 1, 0 by n.

    Returns
    -------
    (sector,) [1]
        Standard deviation over mean.
    """
    table = _square(inverse, "inverse")
    return table.std(axis=0, ddof=ddof) / table.mean(axis=0)


def key_sectors(influence: ArrayLike, sensitivity: ArrayLike) -> NDArray[np.str_]:
    """Quadrant of each sector.

    Parameters
    ----------
    influence, sensitivity : (sector,) [1]
        Both with mean 1.

    Returns
    -------
    (sector,)
        ``key`` both above 1, ``backward`` only the influence, ``forward`` only the sensitivity, ``weak`` neither.
    """
    pulls, pushes = np.asarray(influence) > 1.0, np.asarray(sensitivity) > 1.0
    return np.where(pulls & pushes, KEY, np.where(pulls, BACKWARD, np.where(pushes, FORWARD, WEAK)))


def multipliers(inverse: ArrayLike, per_output: ArrayLike) -> Vector:
    """Value added, jobs, water or carbon that a unit of final demand of each sector needs, m' = v' L.

    Parameters
    ----------
    inverse : (sector, sector) [1]
        Leontief inverse.
    per_output : (sector,) or (k, sector)
        Of a sector's own output.

    Returns
    -------
    same shape as ``per_output``
        In its unit; value added of a closed table gives 1 everywhere.
    """
    return np.asarray(per_output, np.float64) @ _square(inverse, "inverse")


def household_inverse(coefficients: ArrayLike, wages: ArrayLike, spending: ArrayLike) -> Square:
    """Leontief inverse of a table closed for households: a further row of their income and column of their demand.

    Parameters
    ----------
    coefficients : (sector, sector) [1]
        Technical coefficients A.
    wages : (sector,) [1]
        Household income h per unit of output.
    spending : (sector,) [1]
        Household demand c per unit of household income.

    Returns
    -------
    (sector + 1, sector + 1) [1]
        (I - [[A, c], [h, 0]])^-1; households come last.

    Raises
    ------
    QuantityError
        Shapes that differ, or households to whom all that they spend returns (singular).
    """
    a = _square(coefficients, "coefficients")
    n = len(a)
    bordered = np.zeros((n + 1, n + 1))
    bordered[:n, :n] = a
    bordered[n, :n] = _vector(wages, n, "wages")
    bordered[:n, n] = _vector(spending, n, "spending")
    return leontief_inverse(bordered)


def structural_decomposition(
    coefficients: tuple[ArrayLike, ArrayLike], demand: tuple[ArrayLike, ArrayLike]
) -> pd.DataFrame:
    """Change of output by change of technology and of final demand: mean of the two polar forms (Dietzenbacher and Los 1998).

    Parameters
    ----------
    coefficients : ((sector, sector), (sector, sector)) [1]
        Technical coefficients before and after.
    demand : ((sector,), (sector,)) [money/yr]
        Final demand before and after, in the same prices.

    Returns
    -------
    DataFrame
        ``technology, demand, total`` per sector; the two sum to the total.
    """
    first, second = (leontief_inverse(a) for a in coefficients)
    y0, y1 = (_vector(y, len(first), "demand") for y in demand)
    technology = 0.5 * (second - first) @ (y0 + y1)
    final = 0.5 * (first + second) @ (y1 - y0)
    return pd.DataFrame({"technology": technology, "demand": final, "total": technology + final})
