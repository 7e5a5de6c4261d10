"""Core areas that somebody brings: which they are, and which cells of a grid are theirs."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.core.form import named
from shanshui.region.grid import GridSpec, crs_name, grid_of
from shanshui.region.placed import placed, run_on
from shanshui.region.unitset import polygons, rasterised

_FAR = 1e-6
"""Metres by which a change of the coordinate system in name only may move an outline [D]: rounding."""


@dataclass(frozen=True)
class Cores:
    """Core areas on a grid.

    Attributes
    ----------
    shapes : GeoDataFrame
        Index the number from 1 in the order of the ids; ``core``: the id as it came; outlines in the grid's coordinate system.
    label : (y, x) array of int
        Number of the core; 0 elsewhere.
    told : list of str
        What was united, moved or left out, a line each.
    """

    shapes: gpd.GeoDataFrame
    label: NDArray[np.int32]
    told: list[str]


def core_cells(
    cores: gpd.GeoDataFrame | gpd.GeoSeries | xr.DataArray | NDArray[Any],
    grid: GridSpec,
    *,
    labelled: bool = True,
) -> Cores:
    """Core areas on the cells of a grid.

    Parameters
    ----------
    cores : polygons, or (y, x) array of int
        Polygons with the id of each as index, in any coordinate system; or ids above 0 on the cells.
    grid : GridSpec
        On which they are laid.
    labelled : bool
        Whether the grid says where it lies; polygons cannot be laid on one that does not.

    Returns
    -------
    Cores
        A cell is a core's by its centre. A core so small that it holds no centre has the cell that it lies in.

    Raises
    ------
    QuantityError
        Other shapes than polygons, blank ids, outlines that cross themselves, cores that overlap by more than a cell, none on the grid.
    """
    if not isinstance(cores, gpd.GeoDataFrame | gpd.GeoSeries):
        return _from_cells(cores, grid)
    if not labelled:
        raise QuantityError(
            "cores: found polygons, and a resistance that does not say where it lies; expected a labelled grid with x and y in metres, or "
            "cores as an array of ids"
        )
    return _from_polygons(cores, grid)


def _from_cells(cores: xr.DataArray | NDArray[Any], grid: GridSpec) -> Cores:
    values = np.asarray(cores)
    if isinstance(cores, xr.DataArray):
        cores = named("cores", cores)
        values = np.asarray(cores.values)
        own = grid_of(cores)
        slack = 1e-3 * grid.cell_m
        apart = max(abs(own.left - grid.left), abs(own.top - grid.top)) > slack
        if own.shape == grid.shape and (apart or abs(own.cell_m - grid.cell_m) * grid.nx > slack):
            raise QuantityError(
                f"cores: found a grid from {own.left:.10g}, {own.top:.10g} with cells of {own.cell_m:g}; expected the place of the "
                f"resistance, {grid.left:.10g}, {grid.top:.10g} with cells of {grid.cell_m:g}: bring one of them to the other's grid"
            )
    if values.shape != grid.shape:
        raise QuantityError(
            f"cores: found {values.shape}; expected the rows and columns of the resistance, {grid.shape}"
        )
    numbers = np.where(np.isfinite(values) & (values > 0), values, 0)
    if (numbers != np.floor(numbers)).any():
        odd = numbers[numbers != np.floor(numbers)]
        raise QuantityError(
            f"cores: found the id {odd.flat[0]:g}; expected whole numbers above 0, and 0 or missing elsewhere"
        )
    ids, place = np.unique(numbers, return_inverse=True)
    label = place.reshape(values.shape).astype(np.int32) + (0 if ids[0] == 0 else 1)
    shapes = polygons(grid.lay(label, "1", nodata=0))
    shapes.insert(0, "core", ids[ids > 0].astype(np.int64))
    return Cores(shapes, label, [])


def _from_polygons(cores: gpd.GeoDataFrame | gpd.GeoSeries, grid: GridSpec) -> Cores:
    told: list[str] = []
    frame = gpd.GeoDataFrame({"core": list(cores.index)}, geometry=list(cores.geometry))
    frame = frame.set_crs(cores.crs) if cores.crs is not None else frame
    _refuse_shapes(frame)
    frame = run_on(frame, "cores")
    _refuse_crossed(frame)
    frame = _in_system(frame, grid, told)
    frame = _united(frame, told)
    inside = frame.intersects(shapely.box(*grid.bounds))
    if not inside.any():
        raise QuantityError(
            f"cores: lie from {_corner(frame.total_bounds)}, the resistance from {_corner(grid.bounds)}: they do not overlap; is the "
            "coordinate system of both right?"
        )
    if not inside.all():
        told.append(f"{_listed(frame['core'][~inside])}: beyond the resistance, left out")
    frame = frame[inside]
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="unit")
    _refuse_overlaps(frame, grid)
    label = rasterised(frame, grid).values
    _small_ones(frame, label, grid, told)
    return Cores(frame, label, told)


def _refuse_shapes(frame: gpd.GeoDataFrame) -> None:
    shapes = frame.geometry
    blank = frame["core"].isna() | (frame["core"].astype("string").str.strip() == "")
    if blank.any():
        raise QuantityError(
            f"cores: {int(blank.sum())} of {len(frame)} have no id; expected one for each: number them, or choose another column"
        )
    empty = shapes.isna() | shapes.is_empty
    if empty.any():
        raise QuantityError(
            f"cores: {_listed(frame['core'][empty])}: no outline; expected polygons: leave such rows out"
        )
    other = ~shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    if other.any():
        kinds = ", ".join(sorted(set(shapes.geom_type[other])))
        raise QuantityError(
            f"cores: found {kinds}; expected polygons: draw the ground around points and lines first (buffer)"
        )


def _refuse_crossed(frame: gpd.GeoDataFrame) -> None:
    crossed = ~frame.geometry.is_valid
    if crossed.any():
        raise QuantityError(
            f"cores: {_listed(frame['core'][crossed])}: the outline crosses itself; mend it first, with shapely.make_valid or the tool of your GIS"
        )


def _in_system(frame: gpd.GeoDataFrame, grid: GridSpec, told: list[str]) -> gpd.GeoDataFrame:
    """Outlines in the grid's coordinate system; as they came where both systems are one by another name."""
    if grid.crs and frame.crs is None:
        raise QuantityError(
            f"cores: have no coordinate system, the resistance is in {crs_name(grid.projection)}; expected one: set_crs"
        )
    moved, _ = placed(frame, grid, "cores")
    lost = moved.geometry.is_empty | ~np.isfinite(moved.geometry.bounds.to_numpy()).all(axis=1)
    if lost.any():
        raise QuantityError(
            f"cores: {_listed(frame['core'][lost])}: no place in {crs_name(grid.projection)}, the system of the resistance; is theirs right?"
        )
    if moved is frame:
        return frame
    shift = np.abs(moved.geometry.bounds.to_numpy() - frame.geometry.bounds.to_numpy()).max()
    if shift < _FAR:
        return frame.set_crs(grid.projection, allow_override=True)
    told.append(f"cores: brought from {crs_name(frame.crs)} to {crs_name(grid.projection)}")
    return moved


def _united(frame: gpd.GeoDataFrame, told: list[str]) -> gpd.GeoDataFrame:
    """One row for each id, in their order: numbers by size, words by letter."""
    ids = pd.Index(frame["core"])
    order: list[Hashable] = sorted(ids.unique(), key=_rank)
    twice = ids[ids.duplicated()].unique()
    if not len(twice):
        return frame.iloc[ids.get_indexer(pd.Index(order))].reset_index(drop=True)
    told.append(
        f"{_listed(sorted(twice, key=_rank))}: several polygons have this id; they are one core"
    )
    shapes = [
        shapely.union_all(frame.geometry[(ids == name).tolist()].to_numpy()) for name in order
    ]
    return gpd.GeoDataFrame({"core": order}, geometry=shapes, crs=frame.crs)


def _rank(name: Any) -> tuple[bool, float, str]:
    number = isinstance(name, int | float | np.number)
    return not number, float(name) if number else 0.0, str(name)


def _refuse_overlaps(frame: gpd.GeoDataFrame, grid: GridSpec) -> None:
    shapes = frame.geometry.to_numpy()
    one, other = frame.sindex.query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    if (shared > grid.cell_m**2).any():
        k = int(np.argmax(shared))
        a, b = frame["core"].iloc[one[k]], frame["core"].iloc[other[k]]
        raise QuantityError(
            f"cores: {a} and {b} overlap by {shared[k] / 1e6:.4g} km2; expected cores apart or side by side: cut one of them, or give both "
            "the same id"
        )


def _small_ones(
    frame: gpd.GeoDataFrame, label: NDArray[np.int32], grid: GridSpec, told: list[str]
) -> None:
    """Give cores that hold the centre of no cell the cell that they lie in."""
    without = sorted(set(frame.index) - set(np.unique(label).tolist()))
    for number in without:
        point = shapely.point_on_surface(
            frame.geometry.loc[number].intersection(shapely.box(*grid.bounds))
        )
        row = min(int((grid.top - point.y) / grid.cell_m), grid.ny - 1)
        col = min(int((point.x - grid.left) / grid.cell_m), grid.nx - 1)
        if label[row, col]:
            other = frame["core"].loc[int(label[row, col])]
            raise QuantityError(
                f"cores: {frame['core'].loc[number]} lies within a cell of {other}; expected cells of {grid.cell_m:g} m to tell them apart: "
                "take a finer resistance, or give both the same id"
            )
        label[row, col] = number
    if without:
        told.append(
            f"{_listed(frame['core'].loc[without])}: smaller than a cell of {grid.cell_m:g} m; one cell stands for it"
        )


def passable_cores(found: Cores, resistance: NDArray[np.floating]) -> Cores:
    """Cores on ground that lets pass, numbered anew.

    Parameters
    ----------
    found : Cores
        On the grid of the resistance.
    resistance : (y, x) array [1]
        NaN or inf where there is no way: no cell there is a core's.

    Raises
    ------
    QuantityError
        Fewer than two.
    """
    label = np.where(np.isfinite(resistance), found.label, 0).astype(np.int32)
    there = np.isin(found.shapes.index, np.unique(label))
    told = list(found.told)
    if not there.all():
        told.append(
            f"{_listed(found.shapes['core'][~there])}: on ground without resistance, which nothing can enter; left out"
        )
    if there.sum() < 2:
        raise QuantityError(
            f"cores: found {int(there.sum())} on ground that lets pass, of {len(there)}; expected at least two: a link has two ends"
        )
    number = np.zeros(len(there) + 1, np.int32)
    number[1:][there] = np.arange(1, there.sum() + 1)
    shapes = found.shapes[there].copy()
    shapes.index = pd.RangeIndex(1, len(shapes) + 1, name="number")
    return Cores(shapes, number[label], told)


def _listed(ids: pd.Series | Sequence[Any]) -> str:
    names = [str(i) for i in ids]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        f"core {', '.join(names[:5])}{more}"
        if len(names) == 1
        else f"cores {', '.join(names[:5])}{more}"
    )


def _corner(bounds: Sequence[float]) -> str:
    left, bottom, right, top = (f"{b:.10g}" for b in bounds)
    return f"{left}, {bottom} to {right}, {top}"
