"""What rules may ask of a place that its county tells: the province, and the mountains that its high ground belongs to."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Table
from shanshui.core.vocabulary import ADMINISTRATIVE
from shanshui.industry.rule_facts import can_be, said_of

CountyMountains = Annotated[
    pd.DataFrame, Table({"code": ADMINISTRATIVE, "mountains": ANY, "*": ANY})
]
"""Mountains that the high ground of each county belongs to, as the rules number them."""


def of_counties(
    counties: gpd.GeoDataFrame, county_cells: xr.DataArray, mountains: pd.DataFrame | None
) -> dict[str, NDArray[np.float32]]:
    """Province of each cell by the first two digits of its county's code, and its mountains where a table tells them."""
    codes = counties["code"].astype("string").fillna("").str.strip()
    national = codes.str.fullmatch(r"\d{6}(\d{3}|\d{6})?").to_numpy(bool)
    province = np.where(national, codes.str[:2].where(national, "0").astype(np.float32), 0.0)
    # a county without a code may lie in any province; one of another system lies in none
    province[(codes == "").to_numpy(bool)] = np.nan
    out = {"province": _by_county(province, counties, county_cells)}
    if mountains is not None:
        number = codes.map(_mountains(mountains)).to_numpy(np.float32, na_value=np.nan)
        out["mountains"] = _by_county(number, counties, county_cells)
    return out


def _mountains(table: pd.DataFrame) -> dict[str, float]:
    """Mountains of each county by its code, NaN for one in several."""
    codes = table["code"].astype(str)
    if codes.duplicated().any():
        raise QuantityError(
            f"county_mountains.code: {codes[codes.duplicated()].iloc[0]} stands twice; expected one row a county"
        )
    told = table["mountains"].notna() & (table["mountains"].astype(str).str.strip() != "")
    values = pd.to_numeric(table["mountains"], errors="coerce")
    wrong = table.loc[told & ~values.map(lambda v: can_be("mountains", v)), "mountains"]
    if len(wrong):
        raise QuantityError(
            f"county_mountains.mountains: found {wrong.iloc[0]}, expected {said_of('mountains')}; leave it blank for a county in several"
        )
    return dict(zip(codes, values, strict=True))


def _by_county(
    number: NDArray[np.float32], counties: gpd.GeoDataFrame, county_cells: xr.DataArray
) -> NDArray[np.float32]:
    """Number of each cell's county; NaN outside."""
    table = np.full(
        int(max(counties.index.max(), county_cells.values.max())) + 1, np.nan, np.float32
    )
    table[counties.index.to_numpy()] = number
    table[0] = np.nan
    return table[np.maximum(county_cells.values, 0)]
