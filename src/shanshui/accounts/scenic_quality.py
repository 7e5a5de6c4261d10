"""Structures that mar the view: from where they are seen, and how much that weighs by distance."""

from typing import Annotated, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features, Layers
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Elevation
from shanshui.kernels.sight import add_seen, seen_from
from shanshui.region.grid import grid_of, stacked

EARTH_M = 12_740_000.0
"""Diameter of the earth [S]."""
REFRACTION = 0.13
"""Share of the earth's curvature that the bending of visible light takes away [S]."""
VALUATIONS = ("linear", "logarithmic", "exponential")
SIGHTS = ("lines", "planes")
CLASSES = 4
"""Classes of equal count from low to very high [S]."""
UNITS = {"visible": "1", "value": "1", "impact_class": "1"}
COLUMNS = {
    "radius": (float("inf"), 0.0),
    "weight": (1.0, -float("inf")),
    "height": (0.0, 0.0),
}
"""Columns of structures: number where there is no such column, and the least that may stand there."""
Structures = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
ScenicQuality = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]


class Structure(NamedTuple):
    """A structure on the map; decides nothing.

    Attributes
    ----------
    i, j : int
        Row and column of its cell.
    radius : float [m]
        From which on it is not seen.
    weight : float [1]
        How much it counts.
    height : float [m]
        Over the ground.
    """

    i: int
    j: int
    radius: float
    weight: float
    height: float


@assessment(source="invest_guide", bytes_per_cell=60, missing="sight_unknown")
def scenic_quality(
    elevation: Elevation,
    structures: Structures,
    *,
    sight: Annotated[str, OneOf(*SIGHTS)] = "lines",
    refraction: Annotated[float, Between(0.0, 1.0)] = REFRACTION,
    eye_m: Annotated[float, Between(0.0, 100.0)] = 0.0,
    valuation: Annotated[str, OneOf(*VALUATIONS)] = "linear",
    a: Annotated[float, Between(-1e9, 1e9)] = 1.0,
    b: Annotated[float, Between(-1e9, 1e9)] = 0.0,
    farthest_m: Annotated[float, Between(1.0, 1e6)] = 8000.0,
) -> ScenicQuality:
    """Structures that are seen from each place, and how much they spoil its view.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground, or the surface with trees and roofs.
    structures : points
        ``radius`` [m] from which on a structure is not seen (none: however far), ``weight`` [1] (1), ``height`` [m] over the ground (0), each
        where it stands, heads in any case (``radius2`` too). Those off the map are left out.
    sight : str
        ``lines``: an exact line of sight to each cell; ``planes``: reference planes in one pass, as the reference model has it, which let pass
        what missing ground may hide.
    refraction : float [1]
        Share of the curvature that refraction takes away.
    eye_m : float [m]
        Height of the eye over the ground; the reference model has 0.
    valuation : str
        ``linear``: ``a + b d``; ``logarithmic``: ``a + b ln(d + 1)``; ``exponential``: ``a exp(-b d)``, ``d`` in metres.
    a : float [1]
        Worth near a structure.
    b : float [1/m]
        Change of it with distance (of its logarithm [1] under ``logarithmic``).
    farthest_m : float [m]
        Distance beyond which what is seen is worth nothing.

    Returns
    -------
    layers
        ``visible``: weights of the structures that are seen, summed; ``value``: the same times their worth by distance; ``impact_class``: 0
        where that is 0, else 1 to 4 by quarters of the cells that it is not [1]. NaN where no ground is known, and (by lines) where ground
        between that is not known may hide a structure.

    Raises
    ------
    QuantityError
        No structure on the map, one on missing ground, a radius or height below 0, a number that is none, a worth below 0 at ``farthest_m``.

    Notes
    -----
    A cell sees a structure where ``(z_c + e - k d_c^2 - t) / d_c >= max over the line of (z - k d^2 - t) / d``, ``k = (1 - r) / D``: ``z`` ground
    [m], ``e`` the eye, ``t`` the top of the structure [m], ``d`` the distance from it [m], ``r`` the refraction, ``D`` the diameter of the earth
    [m] [S]. Between centres of cells the ground is the straight edge that joins them, as in R3 of Franklin and Ray [M]; a line that grazes
    it sees. ``value = sum w f(d)``. Scenic quality of InVEST [S], which has the reference planes of Wang, Robertson and White. Classes begin at the
    sorted values ``v_0, v_ceil(n / 4), v_ceil(n / 2), v_ceil(3 n / 4)`` that are not 0. Level sea 10 km away lies
    ``0.87 x 10^8 / 12.74 x 10^6 = 6.83 m`` below the level line [C].
    """
    _refuse_worth(valuation, a, b, farthest_m)
    grid = grid_of(elevation)
    z = np.ascontiguousarray(elevation.values, np.float32)
    count = np.where(np.isnan(z), np.nan, 0.0)
    value = count.copy()
    curve = (1.0 - refraction) / EARTH_M
    for at, row in enumerate(_on_map(structures, elevation)):
        if np.isnan(z[row.i, row.j]):
            raise QuantityError(
                f"structures: point {at + 1} of those on the map stands on missing ground (row {row.i + 1}, column {row.j + 1}); drop it, or "
                "fill the ground"
            )
        reach = min(row.radius / grid.cell_m, float(max(z.shape)))
        first, left = max(0, row.i - int(reach)), max(0, row.j - int(reach))
        window = np.ascontiguousarray(
            z[first : row.i + int(reach) + 1, left : row.j + int(reach) + 1]
        )
        seen = seen_from(
            window, (row.i - first, row.j - left), row.height, grid.cell_m,
            curve=curve, lift=eye_m, reach=row.radius, planes=sight == "planes",
        )  # fmt: skip
        add_seen(
            seen, row.i - first, row.j - left, first, left, grid.cell_m, row.weight,
            VALUATIONS.index(valuation), a, b, farthest_m, count, value,
        )  # fmt: skip
    layers = {
        "visible": count.astype(np.float32),
        "value": value.astype(np.float32),
        "impact_class": quarters(value),
    }
    return stacked(elevation, layers, UNITS)


def quarters(value: NDArray[np.float64]) -> NDArray[np.float32]:
    """Class of each cell by quarters of the cells that are not 0; NaN where the value is."""
    told = np.sort(value[np.isfinite(value) & (value != 0)])
    begins = [int(np.ceil(k * told.size / CLASSES)) for k in range(CLASSES)]
    bounds = told[[at for at in begins if at < told.size]]
    out = np.where(value != 0, np.digitize(value, bounds), 0).astype(np.float32)
    return np.where(np.isnan(value), np.float32(np.nan), out)


def _refuse_worth(valuation: str, a: float, b: float, far: float) -> None:
    at_end = {
        "linear": a + b * far,
        "logarithmic": a + b * np.log(far + 1.0),
        "exponential": a * np.exp(-b * far) if -b * far < 700.0 else np.inf,
    }[valuation]
    if not 0.0 <= at_end < np.inf:
        raise QuantityError(
            f"scenic_quality: {valuation} with a = {a:g}, b = {b:g} gives {at_end:g} at farthest_m = {far:g}; expected a worth of 0 or more: "
            "change a or b, or lower farthest_m"
        )


def _on_map(structures: gpd.GeoDataFrame, elevation: xr.DataArray) -> list[Structure]:
    """Row, column and numbers of the structures that lie on the grid."""
    grid = grid_of(elevation)
    points = structures.explode(index_parts=False)
    odd = sorted(set(points.geom_type) - {"Point"})
    if odd:
        raise QuantityError(f"structures: holds {', '.join(map(str, odd))}, expected points")
    heads = {str(c).strip().lower().removesuffix("2"): c for c in points.columns}
    out = pd.DataFrame(
        {
            "i": np.floor((grid.top - points.geometry.y.to_numpy()) / grid.cell_m),
            "j": np.floor((points.geometry.x.to_numpy() - grid.left) / grid.cell_m),
        }
    )
    for name, (absent, least) in COLUMNS.items():
        if name not in heads:
            out[name] = absent
            continue
        given = points[heads[name]].reset_index(drop=True)
        out[name] = pd.to_numeric(given, errors="coerce").astype(float)
        bad = ~np.isfinite(out[name]) | (out[name] < least)
        if bad.any():
            expected = "a number" if least < 0 else "0 or more"
            raise QuantityError(
                f"structures.{name}: row {int(np.flatnonzero(bad)[0]) + 1} holds '{given[bad].iloc[0]}', expected {expected}"
            )
    out = out[out["i"].between(0, grid.ny - 1) & out["j"].between(0, grid.nx - 1)]
    if out.empty:
        raise QuantityError(
            f"structures: none of {len(points)} points lies on the map; is their coordinate system that of the study?"
        )
    columns = (out[name].to_numpy(float).tolist() for name in Structure._fields)
    return [
        Structure(int(i), int(j), radius, weight, height)
        for i, j, radius, weight, height in zip(*columns, strict=True)
    ]
