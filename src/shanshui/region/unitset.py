"""Unit sets: basins, counties, prefectures; polygons and labels of the same places."""

import warnings

import geopandas as gpd
import numpy as np
import xarray as xr
from rasterio import features
from rasterio.errors import NotGeoreferencedWarning
from shapely import union_all
from shapely.geometry import shape as as_shape

from shanshui.core.errors import DataError
from shanshui.region.grid import GridSpec, grid_of

# rasterio silences this warning of its own while it works, but that switch is shared between threads
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
COLUMNS = ("code", "name", "parent", "geometry")


def unit_set(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Check polygons and key them by unit.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns ``code`` and geometry; ``name`` and ``parent`` if known.
    name : str
        What the set is called, for messages.

    Returns
    -------
    GeoDataFrame
        Index ``unit`` from 1 in order of ``code``; columns ``code, name, parent, geometry`` and the rest.

    Raises
    ------
    DataError
        Missing or repeated codes, empty geometry, geometry that is not polygonal.
    """
    if "code" not in frame:
        raise DataError(
            f"{name}: no column 'code'; found {', '.join(map(str, frame.columns))}; name it with columns = {{ code = \"…\" }}"
        )
    code = frame["code"]
    blank = code.isna() | (code.astype("string").str.strip() == "")
    if blank.any():
        rows = ", ".join(str(r) for r in frame.index[blank][:5])
        raise DataError(
            f"{name}.code: missing in {int(blank.sum())} rows (first: {rows}); give every unit a code"
        )
    text = code.map(plain_code).astype("string")
    twice = text[text.duplicated()].unique()
    if len(twice):
        raise DataError(
            f"{name}.code: {len(twice)} codes stand more than once (first: {', '.join(twice[:5])}); "
            "dissolve the parts of a unit into one multipolygon, or choose another column"
        )
    flat = ~frame.geom_type.isin(["Polygon", "MultiPolygon"])
    if flat.any():
        kinds = ", ".join(sorted({str(k) for k in frame.geom_type[flat]}))
        raise DataError(f"{name}.geometry: found {kinds}; expected polygons")
    out = frame.assign(code=text)
    for column in ("name", "parent"):
        if column not in out:
            out[column] = out["code"] if column == "name" else ""
    out = out.sort_values("code", kind="stable").reset_index(drop=True)
    out.index = np.arange(1, len(out) + 1)
    out.index.name = "unit"
    rest = [c for c in out.columns if c not in COLUMNS]
    return out[["code", "name", "parent", *rest, "geometry"]]


def plain_code(value: object) -> str:
    """420104.0 read from a spreadsheet is 420104."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def rasterised(frame: gpd.GeoDataFrame, grid: GridSpec) -> xr.DataArray:
    """Unit of each cell by its centre.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons in the grid's coordinate system, index ``unit``.
    grid : GridSpec
        Study grid.

    Returns
    -------
    (y, x) [1]
        int32; 0 is outside every unit. Where polygons overlap the later unit stands.
    """
    shapes = ((shape, unit) for unit, shape in frame.geometry.items() if not shape.is_empty)
    labels = np.zeros(grid.shape, np.int32)
    if len(frame):
        features.rasterize(shapes, out=labels, transform=grid.transform)
    return grid.lay(labels, "1", nodata=0)


def covered(frame: gpd.GeoDataFrame, grid: GridSpec) -> np.ndarray:
    """Cells whose centre lies in any of the polygons."""
    shapes = [s for s in frame.geometry if s is not None and not s.is_empty]
    if not shapes:
        return np.zeros(grid.shape, bool)
    return np.asarray(
        features.rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="uint8")
        > 0
    )


def polygons(labels: xr.DataArray) -> gpd.GeoDataFrame:
    """Outline of each label, parts joined.

    Parameters
    ----------
    labels : (y, x) [1]
        0 is outside.

    Returns
    -------
    GeoDataFrame
        Index ``unit``, geometry in the grid's coordinate system.
    """
    grid = grid_of(labels)
    values = np.ascontiguousarray(labels.values, np.int32)
    parts: dict[int, list[object]] = {}

    for geometry, value in features.shapes(values, mask=values > 0, transform=grid.transform):
        parts.setdefault(int(value), []).append(as_shape(geometry))
    units = sorted(parts)
    shapes = [parts[u][0] if len(parts[u]) == 1 else union_all(parts[u]) for u in units]
    frame = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=grid.crs or None))
    frame.index = np.asarray(units, dtype=np.int64)
    frame.index.name = "unit"
    return frame


def burnt(frame: gpd.GeoDataFrame, grid: GridSpec, buffer_m: float) -> np.ndarray:
    """Cells whose centre lies within ``buffer_m`` of a feature."""
    shapes = [s for s in frame.geometry.buffer(buffer_m) if not s.is_empty]
    if not shapes:
        return np.zeros(grid.shape, bool)
    return (
        features.rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="uint8")
        > 0
    )
