"""How much of each place lies in the region: what of a whole county's table is the region's."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.accounts.tables import Products
from shanshui.core.assessment import assessment
from shanshui.core.quantity import Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ADMINISTRATIVE, Counties, Mask, Units
from shanshui.region.grid import grid_of
from shanshui.region.polygon_cover import cover_of

PlaceShares = Annotated[pd.DataFrame, Table({"code": ADMINISTRATIVE, "share_inside": "1"})]


@assessment(source="own_accounts", bytes_per_cell=16)
def place_shares(
    counties: Counties,
    region_mask: Mask,
    prefectures: Units | None = None,
    provinces: Units | None = None,
    *,
    least_share: Annotated[float, Between(0.0, 0.5)] = 0.05,
) -> PlaceShares:
    """Share of each county, prefecture and province that lies in the region.

    Parameters
    ----------
    counties, prefectures, provinces : polygons
        Index ``unit``; ``code``.
    region_mask : (y, x) [1]
        1 inside.
    least_share : float [1]
        A place of which less lies inside has none there, one of which less lies outside is whole: cells along its edge decide no more [D].

    Returns
    -------
    table
        ``code, share_inside`` [1] in [0, 1].

    Notes
    -----
    ``s_p = A_p,inside / A_p``, 0 below ``s_least`` and 1 above ``1 - s_least``: ``A`` area of place p on the study's cells [km2]. Ours [D]:
    tables tell of whole places; what they tell of a place that the border cuts is taken to lie evenly on its ground.
    """
    parts = [
        _shares(p, region_mask, least_share)
        for p in (counties, prefectures, provinces)
        if p is not None
    ]
    out = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(out.drop_duplicates("code").reset_index(drop=True))


def _shares(places: gpd.GeoDataFrame, region_mask: Mask, least: float) -> pd.DataFrame:
    cover = cover_of(places, grid_of(region_mask))
    inside = cover.along(region_mask.values == 1).inside_km2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(inside > 0, np.minimum(inside / (places.area.to_numpy() / 1e6), 1.0), 0.0)
    share = np.where(share < least, 0.0, np.where(share > 1.0 - least, 1.0, share))
    return pd.DataFrame({"code": places["code"].astype(str).to_numpy(), "share_inside": share})


def inside_part(
    table: pd.DataFrame, amount: str, shares: pd.DataFrame | None, code: str = "code"
) -> pd.DataFrame:
    """Rows of places in the region, with the part of their amounts that lies there.

    Parameters
    ----------
    table : table
        Rows of places.
    amount : str
        Column that is parted.
    shares : table, optional
        ``code, share_inside``; without it all places are wholly inside.
    code : str
        Column of codes; a row without one stays as it is, and one of a place that the shares do not know.

    Returns
    -------
    table
        Without rows of places outside.
    """
    if shares is None or code not in table:
        return table
    part = table[code].astype(str).str.strip().map(shares.set_index("code")["share_inside"])
    part = part.fillna(1.0)
    out = table.assign(**{amount: table[amount] * part})
    return pd.DataFrame(out[part > 0].reset_index(drop=True))


@assessment(source="own_accounts", bytes_per_cell=0)
def products_inside(products: Products, place_shares: PlaceShares) -> Products:
    """Products of places that lie in the region, and of those that its border cuts the part inside.

    Parameters
    ----------
    products : table
        ``code, year, flow, amount`` of whole places.
    place_shares : table
        ``code, share_inside``.

    Returns
    -------
    table
        ``code, year, flow, amount`` and all else that the table holds; without rows of places outside.

    Notes
    -----
    ``q = s_p q_p``: ``q_p`` amount of the whole place p, ``s_p`` its share inside [1]. Ours [D].
    """
    return inside_part(products, "amount", place_shares)
