"""What lies near a patch and beside it: proximity, similarity, connectance and contrast, in FRAGSTATS' conventions."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.kernels.labels import labels_within
from shanshui.pattern.landscape import Landscape, distribution


def class_pairs(
    table: pd.DataFrame, column: str, classes: NDArray[np.integer], *, background: bool
) -> NDArray[np.float64]:
    """Weights of pairs of classes from a table of rows.

    Parameters
    ----------
    table : table
        ``code, other``: two classes, in either order and once; blank ``other`` is background. A column of weights.
    column : str
        Its name.
    classes : array of int
        Codes of the landscape.
    background : bool
        Whether every class needs a weight with the background too.

    Returns
    -------
    (class + 1, class + 1) array [1]
        0 to 1, by place of the class; the last row and column are background and what lies beyond the rim. A class that the table does not pair
        with itself has no contrast to itself and is wholly similar.

    Raises
    ------
    QuantityError
        What is no number, a blank code, a weight outside 0 to 1, a pair that stands twice with two weights, a pair of the landscape that has none.
    """
    m = classes.size
    out = np.full((m + 1, m + 1), np.nan)
    place = {float(code): k for k, code in enumerate(classes.tolist())}
    rows = _numbers(table, ("code", "other", column))
    if rows["code"].isna().any():
        raise QuantityError(
            "class_contrasts.code: found a blank; expected the code of a class, a blank 'other' is the background"
        )
    for code, other, value in rows.itertuples(index=False):
        if np.isnan(value):
            continue
        ends = f"{code:g} and {'the background' if np.isnan(other) else f'{other:g}'}"
        if not 0.0 <= value <= 1.0:
            raise QuantityError(
                f"class_contrasts.{column}: classes {ends} have {value:g}; expected 0 to 1"
            )
        one, two = place.get(code), m if np.isnan(other) else place.get(other)
        if one is None or two is None:
            continue  # of no class of this landscape
        if np.isfinite(out[one, two]) and out[one, two] != value:
            raise QuantityError(
                f"class_contrasts.{column}: classes {ends} have {out[one, two]:g} and {value:g}; keep one row"
            )
        out[one, two] = out[two, one] = value
    own = np.arange(m)
    itself = 0.0 if column == "contrast" else 1.0
    out[own, own] = np.where(np.isnan(out[own, own]), itself, out[own, own])
    _complete(out, column, classes, background)
    return out


def _numbers(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Columns as numbers; what is neither blank nor a number is refused."""
    out = table[list(columns)].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    for column in columns:
        strange = table.loc[out[column].isna() & table[column].notna(), column]
        if len(strange):
            raise QuantityError(
                f"class_contrasts.{column}: found '{strange.iloc[0]}'; expected a number"
            )
    return out


def _complete(
    weight: NDArray[np.float64], column: str, classes: NDArray[np.integer], background: bool
) -> None:
    """Refuse a table that leaves a pair of the landscape out."""
    m = classes.size
    lacking = np.argwhere(np.isnan(np.triu(weight[:, : m + background], 1)))
    lacking = lacking[lacking[:, 0] < lacking[:, 1]]
    if lacking.size:
        one, two = lacking[0]
        other = "the background (blank 'other')" if two == m else str(classes[two])
        raise QuantityError(
            f"class_contrasts.{column}: no row for classes {classes[one]} and {other}, and {len(lacking) - 1} more pairs; add them"
        )


def nearness(
    place: Landscape, patches: pd.DataFrame, search_m: float, similarity: NDArray[np.float64] | None
) -> dict[int, dict[str, float]]:
    """Proximity, connectance and similarity of each class and, under -1, of the landscape.

    Parameters
    ----------
    place : Landscape
        The landscape.
    patches : table
        Its patches.
    search_m : float [m]
        Greatest distance between centres of cells of two patches that count as near.
    similarity : (class + 1, class + 1) array [1], optional
        How like each other classes are; without it there is no similarity index.

    Returns
    -------
    dict
        ``prox_*``, ``connect`` and ``simi_*``.

    Notes
    -----
    With h the distance between the nearest cells of two patches [m] and a areas [m2], over all s within the radius: PROX = sum a_s / h_s^2 of
    the same class; SIMI = sum a_s d_ik / h_s^2 of any class, d their similarity; CONNECT = 100 sum c / (sum n (n - 1) / 2), c = 1 for a pair of the
    same class within the radius, n patches of a class. After McGarigal, Cushman and Ene (2012) [S].
    """
    pairs, gap = labels_within(place.label, search_m / place.cell)
    one, two = pairs[:, 0] - 1, pairs[:, 1] - 1
    h2 = (gap * place.cell) ** 2
    area = place.cells * place.cell**2
    same = place.owner[one] == place.owner[two]
    prox = _gathered(one[same], two[same], area, 1.0 / h2[same])
    simi = None
    if similarity is not None:
        simi = _gathered(one, two, area, similarity[place.owner[one], place.owner[two]] / h2)
    out: dict[int, dict[str, float]] = {}
    joined = np.bincount(place.owner[one[same]], minlength=place.classes.size)
    number = np.bincount(place.owner, minlength=place.classes.size)
    ways = number * (number - 1) / 2.0
    for k, code in enumerate(place.classes.tolist()):
        mine = place.owner == k
        out[int(code)] = _indices(prox, simi, patches["area"], mine, joined[k], ways[k])
    out[-1] = _indices(
        prox, simi, patches["area"], np.ones(place.patches, bool), joined.sum(), ways.sum()
    )
    return out


def _gathered(
    one: NDArray[Any], two: NDArray[Any], area: NDArray[Any], weight: NDArray[Any]
) -> NDArray[np.float64]:
    """Weighted areas of the neighbours of each patch."""
    n = area.size
    sums = np.bincount(one, area[two] * weight, n) + np.bincount(two, area[one] * weight, n)
    return np.asarray(sums, np.float64)


def _indices(
    prox: NDArray[np.float64],
    simi: NDArray[np.float64] | None,
    area: pd.Series,
    mine: NDArray[np.bool_],
    joined: float,
    ways: float,
) -> dict[str, float]:
    weight = area[mine]
    out = distribution("prox", pd.Series(prox[mine], weight.index), weight)
    out["connect"] = 100.0 * float(joined) / float(ways) if ways else np.nan
    if simi is not None:
        out |= distribution("simi", pd.Series(simi[mine], weight.index), weight)
    return out


def contrasts(
    place: Landscape, patches: pd.DataFrame, contrast: NDArray[np.float64]
) -> dict[int, dict[str, float]]:
    """Edge contrast of each class and, under -1, of the landscape.

    Parameters
    ----------
    place : Landscape
        The landscape.
    patches : table
        Its patches.
    contrast : (class + 1, class + 1) array [1]
        How far apart classes are, and each from the background.

    Returns
    -------
    dict
        ``econ_*`` [%], ``teci`` [%], ``cwed`` [m/ha].

    Notes
    -----
    With e_ik the edge between classes [m], those with the background and at the rim among them, d_ik their contrast, p the perimeter of a patch
    and A the landscape [m2]: ECON = 100 sum p_k d_ik / p; TECI = 100 sum e_ik d_ik / sum e_ik; CWED = 10^4 sum e_ik d_ik / A. After McGarigal,
    Cushman and Ene (2012) [S].
    """
    econ = 100.0 * place.side_sums(contrast) / place.side_sums()
    m = place.classes.size
    edge = place.adjacency.astype(np.float64)
    edge[np.arange(m), np.arange(m)] = 0.0
    heavy = edge * np.nan_to_num(contrast[:m])
    hectares = place.total * place.cell**2 / 1e4
    out: dict[int, dict[str, float]] = {}
    for k, code in enumerate(place.classes.tolist()):
        mine = place.owner == k
        row = distribution("econ", pd.Series(econ[mine], patches.index[mine]), patches["area"])
        row["teci"] = 100.0 * heavy[k].sum() / edge[k].sum() if edge[k].sum() else np.nan
        row["cwed"] = heavy[k].sum() * place.cell / hectares
        out[int(code)] = row
    # edges between classes stand twice, those at the rim once
    once = np.where(np.arange(m + 1) < m, 0.5, 1.0)
    row = distribution("econ", pd.Series(econ, patches.index), patches["area"])
    row["teci"] = 100.0 * (heavy * once).sum() / (edge * once).sum()
    row["cwed"] = (heavy * once).sum() * place.cell / hectares
    return out | {-1: row}
