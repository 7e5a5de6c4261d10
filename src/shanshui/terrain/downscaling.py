"""Coarse climate and cover carried to the study grid by the shape of the ground."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ClassAreas, Codes, Elevation, Prefectures, Slope, Temperature
from shanshui.kernels.allocate import bid
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import rasterised


@assessment(source="willmott1995", bytes_per_cell=24)
def temperature_fine(
    temperature: Temperature,
    elevation: Elevation,
    *,
    lapse_c_per_km: Annotated[float, Between(0.0, 12.0)] = 6.0,
    native_m: Annotated[float, Between(0.0, 1e6)] = 0.0,
) -> Temperature:
    """Temperature carried from a coarse grid to the height of each cell.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Coarse temperature read between on the study grid.
    elevation : (y, x) [m]
        Ground height.
    lapse_c_per_km : float [degC/km]
        Fall of temperature with height [M]: 6.5 in the standard atmosphere, 5 to 6 in humid mountains. A larger one makes
        ridges colder and valleys warmer.
    native_m : float [m]
        Cell of the coarse grid; 0 leaves the temperature as it is. The study sets it from the file.

    Returns
    -------
    (y, x) [degC]
        Window means over a coarse cell stay close to the coarse temperature; NaN where either input is (where the coarse
        temperature is, if it is left as it is).

    Notes
    -----
    ``T = T_c - G (z - z_c) / 1000`` with T_c the coarse temperature [degC], G the lapse rate [degC/km], z the height and z_c
    the height that the coarse grid saw [m]: a fixed lapse rate down to a base and up again, as Willmott and Matsuura (1995)
    [M] interpolate temperature. z_c is the mean of the mean of a window of one coarse cell, the tent by which the coarse
    values were read between [D]. Coarse cells below two cells of the study are left as they are.
    """
    grid = grid_of(elevation)
    cells = round(native_m / grid.cell_m)
    values = temperature.values
    if cells >= 2:
        height = np.ascontiguousarray(elevation.values, np.float32)
        cells = min(cells, 2 * max(grid.shape))
        # twice the mean of a window is the tent by which coarse values were read between; a window of even side reaches one
        # cell further on one side, so the second one is turned round to keep the tent over its cell
        once = np.ascontiguousarray(focal_mean(height, cells)[::-1, ::-1])
        around = focal_mean(once, cells)[::-1, ::-1]
        values = values - np.float32(lapse_c_per_km / 1000.0) * (height - around)
    return like(temperature, values.astype(np.float32), "degC")


@assessment(source="decisions/0007-land-cover-downscaling", bytes_per_cell=120)
def land_cover_fine(
    land_cover: Codes,
    elevation: Elevation,
    slope: Slope,
    land_cover_areas: ClassAreas,
    prefectures: Prefectures,
    *,
    year: Annotated[int, Between(0, 2200)] = 0,
    native_m: Annotated[float, Between(0.0, 1e6)] = 5000.0,
    smoothing: Annotated[float, Between(0.0, 1.0)] = 0.02,
) -> Codes:
    """Land cover at the study's cell that honours known class areas (downscaled, not observed).

    Parameters
    ----------
    land_cover : (y, x) [1]
        Coarse codes on the study grid.
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    land_cover_areas : table
        ``code, year, class, area_km2`` per prefecture.
    prefectures : polygons
        ``code``.
    year : int
        Year of the areas; 0 takes the latest.
    native_m : float [m]
        Cell of the coarse cover. The study sets it from the file.
    smoothing : float [1]
        Least share any class of a prefecture is given everywhere [D]: higher lets classes appear further from
        where the coarse cover has them.

    Returns
    -------
    (y, x) [1]
        Codes. In each prefecture with areas, the cells of each class are its share of the listed areas, to the
        cell; elsewhere the coarse code stands.

    Raises
    ------
    QuantityError
        A year without areas, areas that are missing or below 0, a class that a prefecture has twice.

    Notes
    -----
    The method is our own [D] (decision 0007). A cell's score for class k is ``ln(f_k + s) + ln(P(b | k) / P(b))`` with f_k the
    share of the class in the coarse neighbourhood [1], a window of a coarse cell to each side, s the ``smoothing`` and P(b | k)
    how common the cell's bin of height and slope is where the coarse cover has the class, against how common it is at
    all [1]. Bins are twelfths of the heights by eighths of the slopes; to P(b) each of the B bins counts one cell more, and
    to P(b | k) as many as ``B P(b)``. Each cell takes the class of the greatest score plus price; prices move until each class of a
    prefecture has its cells, ``n_k = n A_k / sum(A)`` (A the listed areas [km2], rounded by largest remainders); the last cells
    move where least score is lost. No random numbers.

    It builds on the weights of evidence of height and slope, on demands by class as CLUE-S meets them (Verburg and others
    2002 [M]) and on prices by auction (Bertsekas 1988 [M]).
    """
    grid = grid_of(land_cover)
    areas = _areas_of(land_cover_areas, year)
    missing = land_cover.attrs.get("nodata", 255)
    out = np.array(land_cover.values, order="C")
    coarse = land_cover.values
    seen = (coarse != missing) & np.isfinite(elevation.values) & np.isfinite(slope.values)
    zone = np.where(seen, rasterised(prefectures, grid).values, 0).ravel()
    codes = np.array(sorted({int(c) for c in areas["class"]}), np.int64)
    window = max(3, 2 * round(native_m / grid.cell_m) + 1)
    likely = _likelihood(coarse, elevation.values, slope.values, seen, codes)
    score = np.empty((grid.cells, codes.size), np.float32)
    for k, code in enumerate(codes):
        share = focal_mean(np.where(seen, (coarse == code).astype(np.float32), np.nan), window)
        score[:, k] = (
            np.log(np.nan_to_num(share).ravel() + np.float32(smoothing)) + likely[k].ravel()
        )
    by_zone = np.argsort(zone, kind="stable")
    first = np.searchsorted(zone[by_zone], np.arange(len(prefectures) + 2))
    for unit, row in _zones(prefectures, areas):
        place = by_zone[first[unit] : first[unit + 1]]
        total = row.reindex(codes).fillna(0.0).to_numpy()
        if place.size == 0 or not total.any():
            continue
        wanted = _whole_counts(total / total.sum() * place.size)
        active = np.flatnonzero(wanted > 0)
        out.ravel()[place] = codes[active][allocation(score[np.ix_(place, active)], wanted[active])]
    return like(land_cover, out, "1", nodata=land_cover.attrs.get("nodata"))


def _areas_of(table: pd.DataFrame, year: int) -> pd.DataFrame:
    """Areas of a year, the latest for 0."""
    years = sorted({int(y) for y in table["year"]})
    if not years:
        return table
    if year and year not in years:
        raise QuantityError(
            f"land_cover_areas: no areas of {year}; it has {', '.join(map(str, years))}; choose one, or 0 for the latest"
        )
    areas = table[table["year"] == (year or years[-1])]
    wrong = areas[~(areas["area_km2"] >= 0)]
    if len(wrong):
        row = wrong.iloc[0]
        raise QuantityError(
            f"land_cover_areas.area_km2: {row['area_km2']:g} for class {row['class']} of {row['code']}; expected 0 or more: "
            "leave out the prefecture where areas are not known"
        )
    twice = areas[areas.duplicated(["code", "class"])]
    if len(twice):
        row = twice.iloc[0]
        raise QuantityError(
            f"land_cover_areas: {row['code']} has class {row['class']} twice; expected one row each"
        )
    return areas


def _zones(prefectures: gpd.GeoDataFrame, areas: pd.DataFrame) -> list[tuple[int, pd.Series]]:
    by_code = {
        str(code): part.set_index("class")["area_km2"] for code, part in areas.groupby("code")
    }
    return [
        (int(unit), by_code[code]) for unit, code in prefectures["code"].items() if code in by_code
    ]


def _likelihood(
    coarse: NDArray[np.integer],
    height: NDArray[np.float32],
    slope: NDArray[np.float32],
    seen: NDArray[np.bool_],
    codes: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Log of how common a cell's height and slope are in each class, against all classes."""
    high = np.quantile(height[seen], np.linspace(0, 1, 13)[1:-1]) if seen.any() else np.array([0.0])
    steep = np.quantile(slope[seen], np.linspace(0, 1, 9)[1:-1]) if seen.any() else np.array([0.0])
    bins = np.digitize(height, high) * 8 + np.digitize(slope, steep)
    size = int(bins.max()) + 1
    every = np.bincount(bins[seen], minlength=size) + 1.0
    every /= every.sum()
    out = np.empty((codes.size, *coarse.shape), np.float32)
    for k, code in enumerate(codes):
        count = np.bincount(bins[seen & (coarse == code)], minlength=size)
        share = (count + size * every) / (count.sum() + size)
        out[k] = np.log(share / every).astype(np.float32)[bins]
    return out


def _whole_counts(amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers nearest to amounts, with the same sum (largest remainders)."""
    low = np.floor(amount).astype(np.int64)
    short = round(amount.sum()) - int(low.sum())
    low[np.argsort(low - amount, kind="stable")[:short]] += 1
    return low


def allocation(
    score: NDArray[np.float32], wanted: NDArray[np.int64], rounds: int = 120
) -> NDArray[np.int64]:
    """Give each cell one class so that counts are met and the summed score is near its greatest.

    Parameters
    ----------
    score : (cell, class) float32
        Higher fits better.
    wanted : (class,) int
        Cells of each class; sums to the number of cells.
    rounds : int
        Most rounds of bidding.

    Returns
    -------
    (cell,) int
        Class of each cell; counts are exactly ``wanted``.
    """
    choice, price = bid(np.ascontiguousarray(score), wanted, rounds, max(1, score.shape[0] // 500))
    value = score + price
    have = np.bincount(choice, minlength=wanted.size)
    # the last cells: each short class in turn takes from full ones, least loss first
    for k in np.argsort(have - wanted, kind="stable"):
        short = int(wanted[k] - have[k])
        if short <= 0:
            break
        spare = have - wanted
        movable = np.flatnonzero(spare[choice] > 0)
        loss = value[movable, choice[movable]] - value[movable, k]
        movable = movable[np.argsort(loss, kind="stable")]
        source = choice[movable]
        by_source = np.argsort(source, kind="stable")
        first = np.searchsorted(source[by_source], np.arange(wanted.size))
        rank = np.empty(movable.size, np.int64)
        rank[by_source] = np.arange(movable.size) - first[source[by_source]]
        taken = movable[rank < spare[source]][:short]
        have -= np.bincount(choice[taken], minlength=wanted.size)
        choice[taken] = k
        have[k] += taken.size
    return choice
