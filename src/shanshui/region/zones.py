"""Statistics of maps by zone: polygons of any kind, exact along their lines, each by itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.form import named, renamed
from shanshui.region.cover import Cover, rows_of
from shanshui.region.grid import GridSpec, grid_of
from shanshui.region.placed import placed, run_on
from shanshui.region.polygon_cover import cover_of

Grids = xr.DataArray | xr.Dataset | Sequence[xr.DataArray] | Mapping[str, xr.DataArray]
ALWAYS = ("count", "area_km2", "share_known", "share_inside")
"""Told whether asked for or not."""
PLAIN = ("sum", "mean", "min", "max", "range", "std", "variance")
ORDERED = ("median",)
CLASSES = ("majority", "minority", "variety", "frac")
PERCENTILE = "percentile_"
STATISTICS = (*ALWAYS, *PLAIN, *ORDERED, f"{PERCENTILE}Q", *CLASSES)
"""What can be asked for, in the words of rasterstats and exactextract; ``Q`` is a number from 0 to 100."""
NO_AREA, OUTSIDE, UNKNOWN, NO_WEIGHT = (
    "the zone has no area",
    "the zone lies outside the grid",
    "no cell of the zone is known",
    "all weights in the zone are 0",
)


def zone_statistics(
    grid: Grids,
    zones: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    statistics: Iterable[str] = ("sum", "mean", "min", "max", "std"),
    weights: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Statistics of one or more maps in each zone.

    Parameters
    ----------
    grid : (y, x) or (band, y, x) [any], or a list or mapping of such
        On one projected grid in metres, north first; rows and columns may have any usual name.
        NaN, and the ``nodata`` (or ``_FillValue``) of the attributes, are missing.
    zones : polygons
        Any: they may overlap, nest, be smaller than a cell or reach beyond the grid; each is counted whole and by itself. Polygons in another
        coordinate system than ``attrs["crs"]`` of the grid are brought to it, their lines kept to a part of a cell, also
        across 180 degrees; without a system on either side they are taken to lie in the grid's.
    statistics : iterable of str
        Of :data:`STATISTICS`; ``percentile_90`` and the like; ``frac`` gives a column ``frac_CODE`` for each class of the map.
    weights : (y, x) [any], optional
        At least 0, such as people: cells count by their share times their weight. Where a weight is missing the value is, too.

    Returns
    -------
    DataFrame
        Index of the zones. ``share_inside`` [1] of the zone's area that lies on the grid; for each map ``count`` [cell] and ``area_km2``
        [km2] of known ground (cells by their share), ``share_known`` [1] of the ground on the grid, the statistics in the unit of the
        map, and ``reason`` (why there are none; else empty). With more than one map the columns of each begin with its name.
        NaN where no cell is known: sums of nothing are missing, not 0.

    Raises
    ------
    QuantityError
        An unknown statistic, a grid that is not one or is in degrees, maps of different grids, negative weights, weights
        with statistics of classes, zones that are not valid polygons.
    DataError
        Polygons in degrees that jump at 180 about a pole.

    Notes
    -----
    With ``f`` the share of a cell in the zone, exact along its lines, and ``w`` its weight (1 without): ``sum = s f w v``,
    ``mean = s f w v / s f w``, ``variance = s f w (v - mean)^2 / s f w``, s over known cells; ``min, max`` of all cells that the
    zone has a part of. Percentiles run straight between the known values in order, the k-th of n at ``S_k = (k - 1) f_k w_k +
    (n - 1) sum_(j<k) f_j w_j``, so that with whole cells they are the usual ones. ``frac`` is the share of a class in the known
    ground; of classes equally large the greatest code is the majority and the least the minority. As in exactextract [M], which
    keeps shares of cells in 32 bits, so to seven digits.
    """
    asked = _asked(statistics, weights)
    maps = _maps(grid)
    weights = None if weights is None else named("weights", weights)
    first = next(iter(maps.values()))
    spec = _spec(first, "grid")
    frame, whole = placed(_polygons(zones), spec, "zones")
    cover = cover_of(frame, spec)
    area = np.where(np.isnan(whole), cover.area_km2, whole)
    for name, values in [*maps.items(), *([("weights", weights)] if weights is not None else [])]:
        _require_one_grid(values, spec, name)
    if weights is not None:
        weights = _marked(weights)
        _require_weights(weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.clip(np.nan_to_num(cover.inside_km2 / area), 0.0, 1.0)
        columns: dict[str, Any] = {"share_inside": inside}
        for name, values in maps.items():
            before = f"{name}_" if len(maps) > 1 or not isinstance(grid, xr.DataArray) else ""
            found = _of_map(_marked(values), weights, cover, asked)
            found["reason"][~(area > 0)] = NO_AREA
            columns |= {f"{before}{k}": v for k, v in found.items()}
    return pd.DataFrame(columns, index=cover.zones)


def _of_map(
    values: xr.DataArray, weights: xr.DataArray | None, cover: Cover, asked: list[str]
) -> dict[str, Any]:
    """Columns of one map."""
    found = cover.sums(values, weights, squares=bool({"std", "variance"} & set(asked)))
    known = found.cells > 0
    variance = found.square / found.weight
    plain = {
        "sum": found.total,
        "mean": found.total / found.weight,
        "min": found.low,
        "max": found.high,
        "range": found.high - found.low,
        "std": np.sqrt(variance),
        "variance": variance,
    }
    out: dict[str, Any] = {
        "count": found.cells,
        "area_km2": found.cells * cover.grid.cell_km2,
        "share_known": np.clip(
            np.nan_to_num(found.cells * cover.grid.cell_km2 / cover.inside_km2), 0.0, 1.0
        ),
    }
    places = {name: _quantile(name) for name in asked if _quantile(name) is not None}
    at = _percentiles(values, weights, cover, [q for q in places.values() if q is not None])
    plain |= dict(zip(places, at.T, strict=True))
    plain |= _of_classes(values, cover) if set(asked) & set(CLASSES) else {}
    for name in asked:
        told = [c for c in plain if c.startswith("frac_")] if name == "frac" else [name]
        out |= {c: np.where(known, plain[c], np.nan) for c in told}
    out["reason"] = np.select(
        [cover.inside_km2 <= 0, ~known, ~(found.weight > 0)],
        [OUTSIDE, UNKNOWN, NO_WEIGHT],
        default="",
    ).astype(object)
    return out


def _of_classes(values: xr.DataArray, cover: Cover) -> dict[str, NDArray[np.float64]]:
    """Majority, minority, number and shares of the classes in each zone."""
    classes, cells = cover.class_cells(values)
    if classes.size == 0:
        return dict.fromkeys(CLASSES[:3], np.full(len(cover.zones), np.nan))
    codes = classes.astype(np.float64)
    least = np.where(cells > 0, cells, np.inf)
    last = classes.size - 1 - np.argmax(cells[:, ::-1], axis=1)
    share = cells / cells.sum(axis=1, keepdims=True)
    return {
        "majority": codes[last],
        "minority": codes[np.argmin(least, axis=1)],
        "variety": (cells > 0).sum(axis=1).astype(np.float64),
    } | {f"frac_{_text(code)}": share[:, k] for k, code in enumerate(classes)}


def _text(code: Any) -> str:
    return str(int(code)) if float(code).is_integer() else f"{float(code):g}"


def _percentiles(
    values: xr.DataArray, weights: xr.DataArray | None, cover: Cover, places: list[float]
) -> NDArray[np.float64]:
    """Weighted quantiles of each zone (rows) at each place (columns)."""
    out = np.full((len(cover.zones), len(places)), np.nan)
    if not places:
        return out
    for zone, (value, weight) in enumerate(cover.known_values(values, weights)):
        if value.size:
            order = np.argsort(value, kind="stable")
            value, weight = value[order], weight[order]
            below = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
            mark = np.arange(value.size) * weight + (value.size - 1) * below
            out[zone] = np.interp(np.asarray(places) * mark[-1], mark, value)
    return out


def _quantile(name: str) -> float | None:
    """Place of a median or percentile in the order of values; None for other names."""
    if name == "median":
        return 0.5
    if not name.startswith(PERCENTILE):
        return None
    try:
        place = float(name.removeprefix(PERCENTILE)) / 100.0
    except ValueError:
        return None
    return place if 0.0 <= place <= 1.0 else None


def _asked(statistics: Iterable[str], weights: xr.DataArray | None) -> list[str]:
    names = [statistics] if isinstance(statistics, str) else [str(s) for s in statistics]
    known = {*ALWAYS, *PLAIN, *CLASSES}
    for name in names:
        if name not in known and _quantile(name) is None:
            raise QuantityError(f"statistics: '{name}'; {nearest(name, STATISTICS)}")
    asked = [n for n in dict.fromkeys(names) if n not in ALWAYS]
    classes = [n for n in asked if n in CLASSES]
    if weights is not None and classes:
        raise QuantityError(
            f"statistics: {', '.join(classes)} with weights; expected classes to be counted by area: ask for them without weights"
        )
    return asked


def _maps(grid: Grids) -> dict[str, xr.DataArray]:
    """Maps by name: bands by their number, those of a list by their name or place."""
    if isinstance(grid, xr.DataArray):
        return _bands(grid, "")
    if isinstance(grid, xr.Dataset):
        given = {str(k): v for k, v in grid.data_vars.items()}
    elif isinstance(grid, Mapping):
        given = {str(k): v for k, v in grid.items()}
    else:
        listed = list(grid)
        names = [str(getattr(v, "name", None) or "") for v in listed]
        plain = "" in names or len(set(names)) < len(names)
        given = {f"grid_{k + 1}" if plain else names[k]: v for k, v in enumerate(listed)}
    out: dict[str, xr.DataArray] = {}
    for name, values in given.items():
        if not isinstance(values, xr.DataArray):
            raise QuantityError(
                f"grid '{name}': found {type(values).__name__}; expected an xarray.DataArray with dims (y, x)"
            )
        out |= _bands(values, name)
    if not out:
        raise QuantityError("grid: no map; expected at least one")
    return out


def _bands(values: xr.DataArray, name: str) -> dict[str, xr.DataArray]:
    values = renamed(values)
    sizes = set(values.dims)
    more = [d for d in values.dims if d not in ("y", "x")]
    if not {"y", "x"} <= sizes or len(more) > 1:
        raise QuantityError(
            f"{name or 'grid'}: dims ({', '.join(map(str, values.dims))}); expected (y, x) or (band, y, x)"
        )
    if values.dtype.kind not in "biuf":
        raise QuantityError(f"{name or 'grid'}: holds {values.dtype}; expected numbers")
    if not more:
        return {name or "grid": values.transpose("y", "x")}
    band = more[0]
    told = values[band].values if band in values.coords else np.arange(1, values.sizes[band] + 1)
    before = f"{name}_" if name else ""
    return {
        f"{before}{'' if isinstance(n, str) else f'{band}_'}{n}": values.isel({band: k}).transpose(
            "y", "x"
        )
        for k, n in enumerate(told.tolist())
    }


def _marked(values: xr.DataArray) -> xr.DataArray:
    """With the mark of missing cells where the rest of the package looks for it."""
    if "nodata" in values.attrs or "_FillValue" not in values.attrs:
        return values
    return values.assign_attrs(nodata=values.attrs["_FillValue"])


def _spec(values: xr.DataArray, name: str) -> GridSpec:
    spec = grid_of(values)
    if spec.crs and spec.projection.is_geographic:
        raise QuantityError(
            f"{name}: '{spec.projection.name}' is in degrees, where cells have no one area; expected a projected grid in metres"
        )
    return spec


def _require_one_grid(values: xr.DataArray, spec: GridSpec, name: str) -> None:
    found = _spec(values, name)
    if found.crs != spec.crs and found.projection != spec.projection:
        raise QuantityError(
            f"{name}: in '{found.crs[:60]}'; expected '{spec.crs[:60]}': bring all to one grid"
        )


def _require_weights(weights: xr.DataArray) -> None:
    missing = weights.attrs.get("nodata")
    for _, block in rows_of(weights):
        below = block < 0
        if missing is not None:
            below &= block != missing
        if below.any():
            raise QuantityError(f"weights: found {block[below].min():g}; expected 0 or more")


def _polygons(zones: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Zones as valid polygons that run on across 180 degrees."""
    if not isinstance(zones, gpd.GeoDataFrame | gpd.GeoSeries):
        raise QuantityError(
            f"zones: found {type(zones).__name__}; expected a geopandas.GeoDataFrame of polygons"
        )
    frame = gpd.GeoDataFrame(geometry=zones.geometry)
    shapes = frame.geometry.values
    there = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    flat = there & ~frame.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if flat.any():
        at = frame.index[flat][0]
        raise QuantityError(
            f"zones: row {at} is a {frame.geom_type[flat].iloc[0]}; expected polygons"
        )
    frame = run_on(frame, "zones")
    shapes = frame.geometry.values
    bad = there & ~shapely.is_valid(shapes)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise QuantityError(
            f"zones: {int(bad.sum())} polygons are invalid; the first is row {frame.index[at]}: "
            f"{shapely.is_valid_reason(shapes[at])}; mend them with zones.make_valid()"
        )
    return frame
