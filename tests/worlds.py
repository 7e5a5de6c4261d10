"""Tiny worlds that a person can check with a pencil."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
import xarray as xr

from shanshui.region.grid import GridSpec

EQUAL_AREA = "EPSG:6933"


def grid_spec(ny, nx, cell_m=100.0, crs=EQUAL_AREA):
    return GridSpec(crs, float(cell_m), 0.0, ny * float(cell_m), ny, nx)


def grid(rows, units, *, cell_m=100.0, nodata=None, dtype=None) -> xr.DataArray:
    values = np.asarray(rows)
    if dtype is not None:
        values = values.astype(dtype)
    elif values.dtype.kind == "f":
        values = values.astype(np.float32)
    return grid_spec(*values.shape, cell_m).lay(values, units, nodata=nodata)


def codes(rows, nodata=255, **words) -> xr.DataArray:
    """Grid of classes."""
    return grid(np.asarray(rows), "1", dtype=np.uint8, nodata=nodata, **words)


def labels(rows, **words) -> xr.DataArray:
    """Grid of places by number; 0 is none."""
    return grid(np.asarray(rows), "1", dtype=np.int32, nodata=0, **words)


def numbers(rows, units="1", **words) -> xr.DataArray:
    """Grid of numbers."""
    return grid(np.asarray(rows, np.float32), units, **words)


def valley(ny=40, nx=60, cell_m=100.0, seed=0) -> xr.DataArray:
    """A valley that falls eastward between two slopes, roughened so that it has pits."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((ny, nx))
    height = 8.0 * np.abs(y - ny / 2) - 2.0 * x + rng.normal(0, 3, (ny, nx)) + 400.0
    return grid(height.astype(np.float32), "m", cell_m=cell_m)


def squares(ny, nx, cell_m=100.0, parts=2) -> gpd.GeoDataFrame:
    """The grid's window cut into upright strips: counties of a pencil world."""
    wide = nx * cell_m / parts
    shapes = [shapely.box(k * wide, 0, (k + 1) * wide, ny * cell_m) for k in range(parts)]
    frame = gpd.GeoDataFrame(
        {
            "code": [f"10{k + 1}" for k in range(parts)],
            "name": [f"c{k + 1}" for k in range(parts)],
            "parent": "",
        },
        geometry=shapes,
        crs=EQUAL_AREA,
    )
    frame.index = np.arange(1, parts + 1)
    frame.index.name = "unit"
    return frame


def write_raster(
    path: Path, values, *, crs=EQUAL_AREA, cell=100.0, left=0.0, top=None, nodata=None, dtype=None
):
    values = np.asarray(values)
    if values.ndim == 2:
        values = values[None]
    dtype = dtype or ("float32" if values.dtype.kind == "f" else str(values.dtype))
    top = values.shape[1] * cell if top is None else top
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[1], width=values.shape[2], count=values.shape[0],
        dtype=dtype, crs=crs, transform=rasterio.Affine(cell, 0, left, 0, -cell, top), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values.astype(dtype))
    return path


def step_costs(values, cell, four=False):
    """Graph of the steps between neighbouring cells, as a shortest-path library takes it."""
    from scipy.sparse import coo_matrix

    ny, nx = values.shape
    index = np.arange(ny * nx).reshape(ny, nx)
    rows, cols, costs = [], [], []
    for di, dj in ((0, 1), (1, 0)) if four else ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = (slice(0, ny - di), slice(max(0, -dj), nx - max(0, dj)))
        b = (slice(di, ny), slice(max(0, dj), nx + min(0, dj)))
        step = (values[a] + values[b]) / 2 * cell * np.hypot(di, dj)
        ok = np.isfinite(step)
        rows.append(index[a][ok])
        cols.append(index[b][ok])
        costs.append(step[ok])
    return coo_matrix(
        (np.concatenate(costs), (np.concatenate(rows), np.concatenate(cols))), (ny * nx, ny * nx)
    ).tocsr()
