"""What a planning unit is like: ground, climate, cover."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.basins.tables import UnitClimate, UnitLandCover, UnitSlopeClasses, UnitTerrain
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Index,
    Precipitation,
    Relief,
    Slope,
    Temperature,
    UnitLabels,
)
from shanshui.kernels.labels import label_class_counts, label_statistics
from shanshui.region.grid import grid_of


def _flat(labels: UnitLabels) -> tuple[NDArray[np.int32], int]:
    label = np.ascontiguousarray(labels.values).ravel()
    return label, int(label.max())


def _mean(
    label: NDArray[np.int32], values: NDArray[np.floating], count: int
) -> NDArray[np.float64]:
    cells, total, _, _ = label_statistics(label, values.ravel(), count)
    with np.errstate(invalid="ignore"):
        return total[1:] / cells[1:]


def _table(columns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    first = next(iter(columns.values()))
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(first) + 1, name="unit"))


@assessment(source="tomlin1990", bytes_per_cell=4)
def unit_terrain(
    planning_unit_labels: UnitLabels,
    elevation: Elevation,
    slope: Slope,
    local_relief: Relief,
    relief_degree: Index,
    *,
    steep_deg: Annotated[float, Between(0.0, 90.0)] = 25.0,
) -> UnitTerrain:
    """Height, steepness and relief of each planning unit.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    local_relief : (y, x) [m]
        Highest minus lowest ground in a window.
    relief_degree : (y, x) [1]
        Relief degree of the land surface.
    steep_deg : float [degree]
        A cell is steep strictly above this.

    Returns
    -------
    table
        Index ``unit``; ``elevation_mean, elevation_min, elevation_max, slope_mean, steep_share, relief_mean,
        relief_degree_mean``; NaN where a unit has no valid cell.

    Notes
    -----
    Zonal statistics, Tomlin (1990) [M]: mean, least and greatest over the unit's cells at which the layer is known.
    ``steep_share = n(s > steep_deg) / n(s)`` with s the slope [degree] and n a number of cells.
    """
    label, count = _flat(planning_unit_labels)
    cells, total, low, high = label_statistics(label, elevation.values.ravel(), count)
    angle = slope.values.ravel()
    steep = np.where(np.isfinite(angle), (angle > steep_deg).astype(np.float32), np.float32(np.nan))
    with np.errstate(invalid="ignore"):
        mean = total[1:] / cells[1:]
    none = cells[1:] == 0
    return _table(
        {
            "elevation_mean": mean,
            "elevation_min": np.where(none, np.nan, low[1:]),
            "elevation_max": np.where(none, np.nan, high[1:]),
            "slope_mean": _mean(label, angle, count),
            "steep_share": _mean(label, steep, count),
            "relief_mean": _mean(label, local_relief.values, count),
            "relief_degree_mean": _mean(label, relief_degree.values, count),
        }
    )


@assessment(source="tomlin1990", bytes_per_cell=2)
def unit_slope_classes(planning_unit_labels: UnitLabels, slope_class: Codes) -> UnitSlopeClasses:
    """Share of each slope class in each planning unit.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.
    slope_class : (y, x) [1]
        1 the flattest; 0 missing.

    Returns
    -------
    table
        Index ``unit``; one column ``class_1`` … per class, each in [0, 1], summing to 1 over present cells; NaN in a unit without any.

    Notes
    -----
    ``class_k = n_k / sum(n)`` with n_k the unit's cells of class k; zonal shares, Tomlin (1990) [M]. Columns run to the highest
    class of the grid.
    """
    label, count = _flat(planning_unit_labels)
    code = np.ascontiguousarray(slope_class.values).ravel()
    classes = int(code.max()) + 1
    cells = label_class_counts(label, code, count, classes)[1:, 1:]
    with np.errstate(invalid="ignore"):
        share = cells / cells.sum(axis=1, keepdims=True)
    names = [f"class_{k}" for k in range(1, classes)]
    if not names:
        names, share = ["class_1"], np.full((count, 1), np.nan)
    return _table(dict(zip(names, share.T, strict=True)))


@assessment(source="tomlin1990", bytes_per_cell=2)
def unit_climate(
    planning_unit_labels: UnitLabels,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    ndvi: Index | None = None,
) -> UnitClimate:
    """Yearly climate and greenness of each planning unit.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.
    temperature : (y, x) [degC], optional
        Mean of the year.
    precipitation : (y, x) [mm/yr], optional
        Sum of the year.
    ndvi : (y, x) [1], optional
        Vegetation index.

    Returns
    -------
    table
        Index ``unit``; ``temperature, precipitation, ndvi`` of those given; means of the cells at which the layer is known,
        NaN in a unit without any.

    Raises
    ------
    QuantityError
        None of the three.

    Notes
    -----
    Zonal means, Tomlin (1990) [M]: ``x_u = sum(x_c) / n`` over the n cells c of the unit at which the layer is known.
    """
    label, count = _flat(planning_unit_labels)
    given = {"temperature": temperature, "precipitation": precipitation, "ndvi": ndvi}
    columns = {k: _mean(label, v.values, count) for k, v in given.items() if v is not None}
    if not columns:
        raise QuantityError("unit_climate: none of temperature, precipitation and ndvi was given")
    return _table(columns)


@assessment(source="tomlin1990", bytes_per_cell=4)
def unit_land_cover(planning_unit_labels: UnitLabels, land_cover: Codes) -> UnitLandCover:
    """Area of each land-cover class in each planning unit.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.
    land_cover : (y, x) [1]
        Class codes.

    Returns
    -------
    table
        ``unit, class, area_km2, share``; classes that a unit has only. Shares are of the unit's covered ground.

    Notes
    -----
    ``area_km2 = n a`` with n the unit's cells of the class and a the area of a cell [km2]; ``share = n / sum(n)``. Zonal
    areas, Tomlin (1990) [M].
    """
    label, count = _flat(planning_unit_labels)
    code = np.ascontiguousarray(land_cover.values).ravel()
    missing = land_cover.attrs.get("nodata")
    seen = code[code != missing] if missing is not None else code
    top = int(seen.max()) + 1 if seen.size else 1
    cells = label_class_counts(label, code, count, top)
    if missing is not None and 0 <= missing < top:
        cells[:, int(missing)] = 0
    unit, kind = np.nonzero(cells)
    area = cells[unit, kind] * grid_of(land_cover).cell_km2
    frame = pd.DataFrame({"unit": unit, "class": kind, "area_km2": area})
    frame["share"] = frame["area_km2"] / frame.groupby("unit")["area_km2"].transform("sum")
    return frame
