"""What land and water of a place can take of pollutants by rates per area, and which homes lie near green."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.purification import Capacity
from shanshui.accounts.table_amounts import NearGreen
from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Grid, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Counties
from shanshui.kernels.distance import distance_to
from shanshui.region.grid import grid_of

CountyLabels = Annotated[xr.DataArray, Grid("1", Key("county"))]
Rates = Annotated[
    pd.DataFrame, Table({"cover": TEXT, "pollutant": TEXT, "rate": "kg/ha/yr", "*": ANY})
]
KM2_HA = 100.0
KG_T = 1000.0
GREEN = ("forest", "shrub", "grass", "wetland", "water")
"""Covers near which homes are worth more [D]."""
BUILT = ("built",)


@assessment(source="gep_garze2017", bytes_per_cell=12)
def capacity_by_cover(
    purification_rates: Rates,
    cover_type: Codes,
    county_cells: CountyLabels,
    counties: Counties,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.99,
) -> Capacity:
    """What the ground of each county can take of each pollutant in a year, by rates of its covers.

    Parameters
    ----------
    purification_rates : table
        ``cover`` (a word of ``core/cover_types.csv``; it holds for all that the cover holds and that has no row of its own), ``pollutant``,
        ``rate`` [kg/ha/yr]. No default stands: published rates differ tenfold.
    cover_type : (y, x) [1]
        What covers the ground.
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    counties : polygons
        Index ``unit``; ``code, parent``.
    least_known : float [1]
        Share of a county's cells whose cover must be known [D].

    Returns
    -------
    table
        ``code, pollutant, capacity_t`` [t/yr] of counties, and of the places of which they are all parts. Places of which less is known
        are left out. Ground beyond the region takes nothing.

    Raises
    ------
    QuantityError
        A word that is no cover, a rate that is missing or below 0, a cover that stands twice for a pollutant, or that is on the map and has none.

    Notes
    -----
    ``C_up = sum_k A_uk r_kp / 1000``: ``A`` area of cover k in county u [ha], ``r`` the rate of pollutant p [kg/ha/yr]. Rule of the Garze
    account [S]; classical rates of sulphur dioxide: broadleaf forest 88.65, conifers 215.6 kg/ha/yr [M].
    """
    rows = _checked(purification_rates)
    unit, code = county_cells.values.astype(np.int64), cover_type.values.astype(np.int64)
    missing = cover_type.attrs.get("nodata")
    known = code > 0 if missing is None else (code > 0) & (code != missing)
    count = int(unit.max(initial=0)) + 1
    cells = np.bincount((unit * 256 + np.where(known, code, 0)).ravel(), minlength=count * 256)
    cells = cells[: count * 256].reshape(count, 256)
    area_ha = cells * (grid_of(cover_type).cell_km2 * KM2_HA)
    size = cells.sum(axis=1)
    whole = (size > 0) & (cells[:, 1:].sum(axis=1) >= least_known * size)
    name = counties["code"].astype(str).to_numpy()
    at = counties.index.to_numpy(np.int64)
    at_known = (at < count) & whole[np.minimum(at, count - 1)]
    parent = counties["parent"].astype(str).to_numpy()
    parts = []
    for pollutant, told in rows.groupby("pollutant", sort=True):
        rate = _rate_of_codes(told, str(pollutant), np.flatnonzero(cells[1:, 1:].sum(axis=0)) + 1)
        takes = (area_ha * rate).sum(axis=1) / KG_T
        own = np.where(at_known, takes[np.minimum(at, count - 1)], np.nan)
        table = pd.DataFrame({"code": name, "parent": parent, "capacity_t": own})
        above = table[table["parent"] != ""].groupby("parent")["capacity_t"]
        sums = above.agg(lambda v: v.sum(skipna=False)).rename_axis("code").reset_index()
        both = pd.concat([table[["code", "capacity_t"]], sums]).assign(pollutant=pollutant)
        parts.append(both.dropna(subset=["capacity_t"]))
    out = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(out[["code", "pollutant", "capacity_t"]])


def _checked(rates: pd.DataFrame) -> pd.DataFrame:
    cover = rates["cover"].astype(str).str.strip().str.lower()
    pollutant = rates["pollutant"].astype(str).str.strip()
    if (strange := ~cover.isin(set(COVERS))).any():
        word = cover[strange].iloc[0]
        raise QuantityError(f"purification_rates.cover: '{word}'; {nearest(word, COVERS)}")
    rate = pd.to_numeric(rates["rate"], errors="coerce")
    if (bad := ~(rate >= 0)).any():
        raise QuantityError(
            f"purification_rates.rate: {pollutant[bad].iloc[0]} under {cover[bad].iloc[0]} holds '{rates['rate'][bad].iloc[0]}', expected "
            "kg/ha/yr, 0 or more; fill it, 0 where the cover takes none"
        )
    out = pd.DataFrame({"cover": cover, "pollutant": pollutant, "rate": rate})
    if (twice := out.duplicated(["cover", "pollutant"])).any():
        row = out[twice].iloc[0]
        raise QuantityError(
            f"purification_rates: {row['pollutant']} stands twice for {row['cover']}; keep one row"
        )
    return out


def _rate_of_codes(
    told: pd.DataFrame, pollutant: str, present: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Rate by code of cover: a cover's own row, else that of the nearest broader one."""
    rate = np.full(256, np.nan)
    rate[0] = 0.0
    # broad covers hold more codes: laid first, they give way to those with rows of their own
    for cover, value in sorted(
        zip(told["cover"], told["rate"], strict=True), key=lambda p: -len(codes_of([p[0]]))
    ):
        rate[list(codes_of([cover]))] = value
    lacking = [c for c in present if np.isnan(rate[c])]
    if lacking:
        word = next((w for w in COVERS if codes_of([w])[:1] == (lacking[0],)), str(lacking[0]))
        raise QuantityError(
            f"purification_rates: {pollutant} has no rate under {word}, which is on the map; add a row, 0 where the cover takes none"
        )
    return np.nan_to_num(rate)


@assessment(source="own_accounts", bytes_per_cell=12)
def green_near_homes(
    cover_type: Codes,
    county_cells: CountyLabels,
    counties: Counties,
    *,
    reach_m: Annotated[float, Between(0.0, 1e5)] = 500.0,
) -> NearGreen:
    """Share of each county's built ground that lies near green.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground.
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    counties : polygons
        Index ``unit``; ``code``.
    reach_m : float [m]
        How far green is felt in the price of a home [D].

    Returns
    -------
    table
        ``code, near_share`` [1] in [0, 1]; counties without built ground are left out.

    Notes
    -----
    ``s_u = n_u(d <= d_reach) / n_u``: ``n`` built cells of county u, ``d`` way from a cell's middle to the nearest green one (forest, shrub, grass,
    wetland, water) [m]. Cells wider than the reach know only that green is next to them. Ours [D].
    """
    cell = grid_of(cover_type).cell_m
    green = np.isin(cover_type.values, codes_of(GREEN))
    near = distance_to(np.ascontiguousarray(green)) * cell <= max(reach_m, cell)
    unit = np.where(np.isin(cover_type.values, codes_of(BUILT)), county_cells.values, 0).ravel()
    count = int(county_cells.values.max(initial=0)) + 1
    built = np.bincount(unit, minlength=count)
    close = np.bincount(unit, weights=near.ravel(), minlength=count)
    at = np.minimum(counties.index.to_numpy(np.int64), count - 1)
    has = (built[at] > 0) & (counties.index.to_numpy() < count)
    share = close[at][has] / built[at][has]
    return pd.DataFrame({"code": counties["code"].astype(str).to_numpy()[has], "near_share": share})
