"""What could be grown where: crops and undergrowth models by warmth, rain, height, slope and cover, outside strictly kept ground."""

import csv
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, EachOf
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Index,
    Mask,
    Precipitation,
    Slope,
    Temperature,
    UnitLabels,
)
from shanshui.industry.tables import CropAreas, UnitGrowing
from shanshui.kernels.labels import label_statistics
from shanshui.region.grid import grid_of, like

EDGES = ("temperature", "rain", "elevation", "slope")


@dataclass(frozen=True)
class Crop:
    """What a crop needs: least, from, to, greatest of each condition [degC, mm/yr, m, degree]."""

    crop: str
    name: str
    name_zh: str
    kind: str
    cover: str
    limits: dict[str, tuple[float, float, float, float]]


@cache
def crops() -> dict[str, Crop]:
    """Crops and undergrowth models of the region, limits of our own choice from what growers publish [D]."""
    text = shipped_text("industry/crops.csv")
    out = {}
    for row in csv.DictReader(text.splitlines()):
        limits = {}
        for edge in EDGES:
            a, b, c, d = (float(v) for v in row[edge].split())
            limits[edge] = (a, b, c, d)
        out[row["crop"]] = Crop(
            row["crop"], row["name"], row["name_zh"], row["kind"], row["cover"], limits
        )
    return out


CropLayers = Annotated[xr.Dataset, Layers(tuple((name, "1") for name in crops()))]


def fitness(
    values: NDArray[np.floating], limits: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    """Trapezoid: 0 at and beyond the outer limits, 1 between the inner ones.

    Parameters
    ----------
    values : any shape
        Of a condition.
    limits : (float, float, float, float)
        Rising; equal neighbours make a step.

    Returns
    -------
    same shape [1]
        NaN where the condition is missing.
    """
    a, b, c, d = limits
    x = np.asarray(values, np.float32)
    up = (x - a) / (b - a) if b > a else (x >= a).astype(np.float32)
    down = (d - x) / (d - c) if d > c else (x <= d).astype(np.float32)
    return np.clip(np.minimum(up, down), 0.0, 1.0).astype(np.float32) + 0.0 * x


@assessment(source="fao1976", halo=0, bytes_per_cell=16)
def crop_suitability(
    temperature: Temperature,
    precipitation: Precipitation,
    elevation: Elevation,
    slope: Slope,
    cover_type: Codes,
    red_line_candidate: Codes | None = None,
    *,
    forest_covers: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("forest",),
    open_covers: Annotated[tuple[str, ...], EachOf(*COVERS)] = (
        "farmed",
        "shrub",
        "grassland",
        "wooded_grass",
        "sparse_grass",
    ),
) -> CropLayers:
    """How well each crop would grow, by its worst condition.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Mean of the year.
    precipitation : (y, x) [mm/yr]
        Of the year.
    elevation : (y, x) [m]
        Height.
    slope : (y, x) [degree]
        Steepness.
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    red_line_candidate : (y, x) [1], optional
        1 where nothing but care is allowed: no growing.
    forest_covers, open_covers : tuple of str
        Covers, with all that they hold, that undergrowth takes, and that crops take; ``any`` takes both.

    Returns
    -------
    layers
        One per crop, 0 to 1 [1]; 0 where cover or the red line forbids; NaN where a condition is missing.

    Raises
    ------
    QuantityError
        A crop of an unknown cover.

    Notes
    -----
    f = min over temperature, rain, height, slope of the trapezoid t(x; a, b, c, d) = max(0, min((x - a) / (b - a), 1, (d - x) / (d - c))): the
    worst condition decides (FAO 1976, maximum limitation [M]). 0 on other cover and within the red line. Limits of each crop are our own
    choice from what growers publish [D].
    """
    cover = cover_type.values
    ground = {
        "forest": np.isin(cover, codes_of(forest_covers)),
        "open": np.isin(cover, codes_of(open_covers)),
    }
    ground["any"] = ground["forest"] | ground["open"]
    free = (
        np.ones(cover.shape, bool) if red_line_candidate is None else red_line_candidate.values != 1
    )
    given = {
        "temperature": temperature.values,
        "rain": precipitation.values,
        "elevation": elevation.values,
        "slope": slope.values,
    }
    layers = {}
    for crop in crops().values():
        if crop.cover not in ground:
            raise QuantityError(
                f"crops: {crop.crop} has cover '{crop.cover}'; expected forest, open or any"
            )
        fit = fitness(given["temperature"], crop.limits["temperature"])
        for edge in EDGES[1:]:
            np.minimum(fit, fitness(given[edge], crop.limits[edge]), out=fit)
        known = np.isfinite(fit)
        fit[known & ~(ground[crop.cover] & free)] = 0.0
        layers[crop.crop] = like(elevation, fit, "1")
    return xr.Dataset(layers)


@assessment(source="decisions/0014-industry", bytes_per_cell=8)
def unit_growing(
    suitability: Index,
    planning_unit_labels: UnitLabels,
    *,
    least: Annotated[float, Between(0.0, 1.0)] = 0.4,
) -> UnitGrowing:
    """Land of each planning unit on which a crop grows well enough.

    Parameters
    ----------
    suitability : (y, x) [1]
        Of one crop.
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside.
    least : float [1]
        Suitability from which land counts [D].

    Returns
    -------
    table
        ``unit, area_km2`` [km2] that suits and mean ``suitability`` [1] of it; units without any are left out.

    Notes
    -----
    area_u = a |{c in u: f(c) >= least}|, a the area of a cell; suitability_u = mean f over these cells. Our own sum [D]
    (decisions/0014-industry).
    """
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32).ravel()
    fit = suitability.values.ravel()
    good = np.where(fit >= least, fit, np.nan).astype(np.float32)
    count, total, _, _ = label_statistics(label, good, int(label.max(initial=0)))
    units = np.flatnonzero(count[1:] > 0) + 1
    return pd.DataFrame(
        {
            "unit": units,
            "area_km2": count[units] * grid_of(suitability).cell_km2,
            "suitability": total[units] / count[units],
        }
    )


@assessment(source="decisions/0014-industry", bytes_per_cell=2)
def crop_areas(
    crop_suitability: CropLayers,
    region_mask: Mask,
    *,
    least: Annotated[float, Between(0.0, 1.0)] = 0.4,
    good: Annotated[float, Between(0.0, 1.0)] = 0.7,
) -> CropAreas:
    """Land on which each crop could grow.

    Parameters
    ----------
    crop_suitability : layers
        One per crop [1].
    region_mask : (y, x) [1]
        1 inside: land outside does not count.
    least, good : float [1]
        From which land counts as suited, and as good [D].

    Returns
    -------
    table
        ``crop, name, name_zh, kind, suited_km2, good_km2`` [km2].

    Notes
    -----
    suited = a |{c inside: f(c) >= least}|, good = a |{c inside: f(c) >= good}|, a the area of a cell. Our own sum [D]
    (decisions/0014-industry).
    """
    rows = []
    inside = region_mask.values == 1
    for name, grid in crop_suitability.data_vars.items():
        crop = crops()[str(name)]
        cell = grid_of(grid).cell_km2
        rows.append(
            {
                "crop": crop.crop,
                "name": crop.name,
                "name_zh": crop.name_zh,
                "kind": crop.kind,
                "suited_km2": float(((grid.values >= least) & inside).sum()) * cell,
                "good_km2": float(((grid.values >= good) & inside).sum()) * cell,
            }
        )
    return pd.DataFrame(rows).sort_values(
        ["suited_km2", "crop"], ascending=[False, True], ignore_index=True
    )
