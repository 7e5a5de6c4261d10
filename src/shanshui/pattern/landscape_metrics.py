"""Metrics of patches, classes and landscapes as a product, and a landscape from any map."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.form import in_one_order
from shanshui.core.intake import Cell
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Mask
from shanshui.pattern.cost_distance import side_of
from shanshui.pattern.landscape import Landscape
from shanshui.pattern.neighbourhood import class_pairs, contrasts, nearness
from shanshui.pattern.tables import ClassContrasts, Metrics

UNITS = {
    "area": "ha", "perim": "m", "para": "1/m", "gyrate": "m", "core": "ha", "cai": "%", "enn": "m", "ca": "ha", "ta": "ha", "pland": "%",
    "pd": "1/(100 ha)", "te": "m", "ed": "m/ha", "lpi": "%", "tca": "ha", "cpland": "%", "dcad": "1/(100 ha)", "pladj": "%", "ai": "%",
    "cohesion": "%", "mesh": "ha", "iji": "%", "contag": "%", "prd": "1/(100 ha)", "dcore": "ha", "connect": "%", "econ": "%", "teci": "%",
    "cwed": "m/ha",
}  # fmt: skip
_NEAR_CELLS = 10
"""Search radius where none is given [D]."""


@assessment(source="fragstats", bytes_per_cell=80)
def landscape_metrics(
    land_cover: Codes,
    region_mask: Mask,
    class_contrasts: ClassContrasts | None = None,
    *,
    directions: Annotated[int, Between(4, 8)] = 8,
    edge_depth: Annotated[int, Between(0, 1000)] = 1,
    search_m: Annotated[float, Between(0.0, 1e6)] = 0.0,
) -> Metrics:
    """Metrics of each land-cover class and of the whole landscape: area and edge, shape, core, nearness, contrast, aggregation, diversity.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    region_mask : (y, x) [1]
        1 inside; the region's outline is the rim of the landscape.
    class_contrasts : table, optional
        ``code, other``: two classes, blank ``other`` for the background; ``contrast`` between them and, where it is known, ``similarity``,
        0 to 1. Without it there are no metrics of contrast, without similarities no ``simi``.
    directions : int
        8: patches hold together by corners too; 4: by sides.
    edge_depth : int [cell]
        Of edges, for core areas.
    search_m : float [m]
        Patches this near to each other count for ``prox``, ``simi`` and ``connect``; 0: ten cells [D].

    Returns
    -------
    table
        ``level`` class or landscape, ``class`` (-1 for the landscape), ``metric`` by FRAGSTATS' acronym in lower case, ``value, unit``.

    Raises
    ------
    QuantityError
        Directions other than 8 or 4, or no cell inside whose cover is known; a pair of classes without a contrast, or with two.

    Notes
    -----
    With a_ij the area [m2] and p_ij the perimeter [m] of a patch, A the landscape [m2], e_ik the edge between classes [m], g_ik adjacencies, P_i
    shares, m classes, among others::

        shape = p / min p             frac = 2 ln(0.25 p) / ln(a)      mesh = sum a^2 / A / 10^4      division = 1 - sum (a / A)^2
        ai = 100 g_ii / max g_ii      clumpy = (G - P) / P if G < P < 0.5, else (G - P) / (1 - P),    G = g_ii / (sum_k g_ik - min e_i)
        iji = -100 sum_k q_k ln q_k / ln(m - 1) of a class, / ln(m (m - 1) / 2) of the landscape,     q_k = e_ik / sum_k e_ik
        contag = 100 (1 + sum_i sum_k p_ik ln p_ik / (2 ln m)),    p_ik = P_i g_ik / sum_k g_ik
        lsi = e / min e               nlsi = (e - min e) / (max e - min e)
        pafrac = 2 (n sum ln^2 p - (sum ln p)^2) / (n sum ln p ln a - sum ln p sum ln a) of 10 patches n or more
        prox = sum a / h^2            simi = sum a d / h^2                connect = 100 sum c / sum (n (n - 1) / 2)
        econ = 100 sum p_k d / p      teci = 100 sum e_ik d / sum e_ik    cwed = 10^4 sum e_ik d / A
        cohesion = 100 (1 - sum p / sum(p sqrt a)) / (1 - 1 / sqrt Z),   p and a in cells, Z cells of the landscape

    with min p and min e the least perimeter of so many cells, max e the greatest, h distances between centres of cells [m] within the search
    radius, d contrast or similarity of two classes, c pairs within the radius. After McGarigal, Cushman and Ene (2012) [S]; mesh and division are
    Jaeger's (2000) [M].
    """
    place = landscape_of(
        land_cover,
        nodata=land_cover.attrs.get("nodata"),
        inside=region_mask.values == 1,
        directions=directions,
        edge_depth=edge_depth,
    )
    patches = place.patch_table()
    near, beside = _around(place, patches, search_m or _NEAR_CELLS * place.cell, class_contrasts)
    classes = place.class_table(patches)
    for rows in (near, beside):
        classes = classes.join(pd.DataFrame.from_dict(rows, orient="index"))
    classes = classes.rename_axis("class").reset_index()
    table = classes.melt(id_vars="class", var_name="metric", value_name="value")
    table.insert(0, "level", "class")
    whole = pd.DataFrame(
        [
            ("landscape", -1, name, value)
            for name, value in (
                place.landscape_row(patches) | near[-1] | beside.get(-1, {})
            ).items()
        ],
        columns=["level", "class", "metric", "value"],
    )
    out = pd.concat([table, whole], ignore_index=True)
    out["unit"] = [_unit(metric) for metric in out["metric"]]
    return out


def _around(
    place: Landscape, patches: pd.DataFrame, search_m: float, table: pd.DataFrame | None
) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """What lies near and beside the patches of each class and, under -1, of the landscape."""
    if table is None:
        return nearness(place, patches, search_m, None), {}
    alike = None
    if "similarity" in table and table["similarity"].notna().any():
        alike = class_pairs(table, "similarity", place.classes, background=False)
    apart = class_pairs(table, "contrast", place.classes, background=True)
    return nearness(place, patches, search_m, alike), contrasts(place, patches, apart)


def _unit(metric: str) -> str:
    """Unit of a metric; a coefficient of variation has none of what it varies."""
    head, _, tail = metric.rpartition("_")
    return "%" if tail == "cv" else UNITS.get(metric, UNITS.get(head, "1"))


@in_one_order("codes", "inside")
def landscape_of(
    codes: NDArray[np.integer] | xr.DataArray,
    *,
    cell: Cell | None = None,
    nodata: int | None = None,
    inside: NDArray[np.bool_] | xr.DataArray | None = None,
    directions: int = 8,
    edge_depth: int = 1,
) -> Landscape:
    """A landscape from a plain or labelled map of classes.

    Parameters
    ----------
    codes : (y, x) array of int
        Classes.
    cell : float or (float, float) [m]
        Side of a cell; that of a labelled map, otherwise 1.
    nodata : int
        Code of missing cells.
    inside : (y, x) array of bool
        Cells of the landscape, if not all.
    directions : int
        8 or 4.
    edge_depth : int [cell]
        Of edges, for core areas.

    Returns
    -------
    Landscape
        With ``patch_table()``, ``class_table()`` and ``landscape_row()``.

    Raises
    ------
    QuantityError
        No known cell, directions other than 8 or 4.
    """
    values = np.asarray(codes)
    side = side_of("codes", codes, cell)
    known = np.ones(values.shape, bool) if inside is None else np.array(inside, bool)
    if nodata is not None:
        known &= values != nodata
    return Landscape(values, known, side, directions, edge_depth)
