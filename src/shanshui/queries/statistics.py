"""What a grid is within a polygon that somebody draws: sums, means, shares of classes, by the exact share of each cell."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from shanshui.core.errors import PlanError, QuantityError, StudyError
from shanshui.core.quantity import Grid
from shanshui.region.grid import GridSpec
from shanshui.region.polygon_cover import cover_of
from shanshui.store.reading import Reading
from shanshui.study.study import Study

MOST_POINTS = 100_000
"""Corners of a polygon that is asked about [D]."""
MOST_CELLS = 50_000_000
"""Cells of its box [D]: 200 MB."""
MOST_CLASSES = 64
"""Different whole numbers that are told one by one [D]."""


@dataclass(frozen=True)
class PolygonStatistics:
    """What a grid is within a polygon.

    Attributes
    ----------
    product, unit : str
        Grid, and the unit of its values.
    area_km2 : float [km2]
        Of the polygon within the study's grid.
    known_km2 : float [km2]
        Of it where the grid has a value.
    mean, least, most : float or None
        By area; None of classes, and where nothing is known.
    classes : mapping of int to float [km2]
        Area of each class.
    """

    product: str
    unit: str
    area_km2: float
    known_km2: float
    mean: float | None
    least: float | None
    most: float | None
    classes: Mapping[int, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "product": self.product,
            "unit": self.unit,
            "area_km2": self.area_km2,
            "known_km2": self.known_km2,
            "mean": self.mean,
            "least": self.least,
            "most": self.most,
            "classes": {str(k): v for k, v in self.classes.items()},
        }


def polygon_statistics(
    study: Study, reading: Reading, product: str, geometry: Mapping[str, Any], *, classes: bool
) -> PolygonStatistics:
    """What a grid is within a polygon.

    Parameters
    ----------
    study : Study
        With the product made.
    reading : Reading
        Of its store.
    product : str
        A grid.
    geometry : mapping
        GeoJSON, Polygon or MultiPolygon [degree].
    classes : bool
        Its numbers are codes.

    Raises
    ------
    PlanError
        Not made, or no grid.
    QuantityError
        No polygon, one with too many corners or too large, or one that crosses itself.
    StudyError
        It lies outside the grid.
    """
    record = study.record(product)
    kind = study.plan.kind(product)
    if not isinstance(kind, Grid):
        raise PlanError(f"{product}: is no grid; its rows are at /collections")
    shape = _shape(geometry)
    frame = gpd.GeoDataFrame(geometry=[shape], crs=4326).to_crs(study.grid.crs)
    part, rows, columns = _box(frame, study.grid)
    values = reading.window(product, rows, columns, record.variant)
    cover = cover_of(frame.set_axis([1]), part)
    at, share = cover.cells(0)
    seen, nodata = values.values.ravel()[at], values.attrs.get("nodata")
    km2 = share * part.cell_km2
    known = (
        ~np.isnan(seen)
        if seen.dtype.kind == "f"
        else seen != nodata
        if nodata is not None
        else np.ones(seen.shape, bool)
    )
    weight, seen = km2[known], seen[known]
    told: dict[int, float] = {}
    if classes:
        codes, where = np.unique(seen, return_inverse=True)
        sums = np.bincount(where, weight, len(codes))
        told = {int(c): float(s) for c, s in zip(codes[:MOST_CLASSES], sums, strict=False)}
    plain = not classes and weight.sum() > 0
    return PolygonStatistics(
        product,
        kind.unit,
        float(km2.sum()),
        float(weight.sum()),
        float((seen.astype(np.float64) * weight).sum() / weight.sum()) if plain else None,
        float(seen.min()) if plain else None,
        float(seen.max()) if plain else None,
        told,
    )


def _shape(geometry: Mapping[str, Any]) -> shapely.Geometry:
    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise QuantityError(
            f"geometry: found {geometry.get('type')!r}, expected Polygon or MultiPolygon as GeoJSON has it"
        )
    try:
        shape = shapely.geometry.shape(geometry)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        shapely.errors.ShapelyError,
    ) as error:
        raise QuantityError(
            f"geometry: cannot be read ({error}); expected rings of longitude, latitude"
        ) from None
    count = int(shapely.get_num_coordinates(shape))
    if count > MOST_POINTS:
        raise QuantityError(
            f"geometry: found {count} corners, expected {MOST_POINTS} at most; simplify it"
        )
    if shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        raise QuantityError("geometry: is empty, or has corners that are no numbers")
    west, south, east, north = shape.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise QuantityError(
            f"geometry: found {west:g},{south:g} to {east:g},{north:g}, expected longitude,latitude in degrees"
        )
    if not shape.is_valid:
        raise QuantityError(
            f"geometry: {shapely.is_valid_reason(shape)}; an outline must not cross itself"
        )
    return shape


def _box(frame: gpd.GeoDataFrame, grid: GridSpec) -> tuple[GridSpec, slice, slice]:
    """The part of a grid that holds a polygon."""
    left, bottom, right, top = frame.total_bounds
    low = (
        max(0, int((grid.top - top) // grid.cell_m)),
        max(0, int((left - grid.left) // grid.cell_m)),
    )
    high = (
        min(grid.ny, int((grid.top - bottom) // grid.cell_m) + 1),
        min(grid.nx, int((right - grid.left) // grid.cell_m) + 1),
    )
    if low[0] >= high[0] or low[1] >= high[1]:
        raise StudyError("geometry: lies outside the study's grid (is the order lat,lon?)")
    ny, nx = high[0] - low[0], high[1] - low[1]
    if ny * nx > MOST_CELLS:
        raise QuantityError(
            f"geometry: its box has {ny * nx} cells, expected {MOST_CELLS} at most; ask by parts, or run the product's own table"
        )
    part = replace(
        grid,
        ny=ny,
        nx=nx,
        left=grid.left + low[1] * grid.cell_m,
        top=grid.top - low[0] * grid.cell_m,
    )
    return part, slice(low[0], high[0]), slice(low[1], high[1])
