"""How much of each place lies in the region: what of a whole county's table is the region's."""

from collections.abc import Sequence
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.accounts.tables import Products
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ADMINISTRATIVE, Counties, Mask, Units
from shanshui.region.grid import grid_of
from shanshui.region.levels import levels_told
from shanshui.region.polygon_cover import cover_of

NAMED = 5
"""Places that a message names; of more the count is told."""
PlaceShares = Annotated[
    pd.DataFrame, Table({"code": ADMINISTRATIVE, "share_inside": "1", "parent?": TEXT})
]


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
        Index ``unit``; ``code, name, parent`` (code or name of what holds them).
    region_mask : (y, x) [1]
        1 inside.
    least_share : float [1]
        A place of which less lies inside has none there, one of which less lies outside is whole: cells along its edge decide no more [D].

    Returns
    -------
    table
        ``code, share_inside`` [1] in [0, 1], ``parent``: code of the place among them that holds it; empty where none does.

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
    # some outlines tell the name of what holds them, others its code
    named = {
        str(n): str(c)
        for p in (prefectures, provinces)
        if p is not None
        for n, c in zip(p["name"], p["code"], strict=True)
    }
    known = out["parent"].isin(out["code"])
    out["parent"] = out["parent"].where(known, out["parent"].map(named)).fillna("")
    return pd.DataFrame(out.drop_duplicates("code").reset_index(drop=True))


def _shares(places: gpd.GeoDataFrame, region_mask: Mask, least: float) -> pd.DataFrame:
    cover = cover_of(places, grid_of(region_mask))
    inside = cover.along(region_mask.values == 1).inside_km2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(inside > 0, np.minimum(inside / (places.area.to_numpy() / 1e6), 1.0), 0.0)
    share = np.where(share < least, 0.0, np.where(share > 1.0 - least, 1.0, share))
    parent = places["parent"] if "parent" in places else pd.Series("", index=places.index)
    return pd.DataFrame(
        {
            "code": places["code"].astype(str).to_numpy(),
            "share_inside": share,
            "parent": parent.fillna("").astype(str).to_numpy(),
        }
    )


def once(
    table: pd.DataFrame,
    amount: str,
    shares: pd.DataFrame | None,
    where: str,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Rows with ``summed``: does the row enter the region's sum beside those of places within or around it?

    Parameters
    ----------
    table : table
        ``code``, the amount and ``by``, of whole places.
    amount : str
        Column that is summed.
    shares : table, optional
        ``code, share_inside, parent``.
    where : str
        Name of the table, for a message.
    by : sequence of str
        Columns whose amounts are summed apart.
    """
    inside = (
        None
        if shares is None
        else dict(zip(shares["code"].astype(str), shares["share_inside"], strict=True))
    )
    return levels_told(table, amount, holders(shares), where, by=by, inside=inside)


def holders(shares: pd.DataFrame | None) -> dict[str, str]:
    """Code of the place that holds each place."""
    if shares is None or "parent" not in shares:
        return {}
    told = zip(shares["code"].astype(str), shares["parent"].fillna("").astype(str), strict=True)
    return {code: parent for code, parent in told if parent}


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
        Column of codes; a row without one stays as it is.

    Returns
    -------
    table
        Without rows of places outside.

    Raises
    ------
    QuantityError
        A place that the shares do not know: nothing tells what of it lies inside.
    """
    if shares is None or code not in table:
        return table
    place = table[code].astype(str).str.strip().where(table[code].notna(), "")
    part = place.map(shares.set_index("code")["share_inside"])
    if (lost := part.isna() & (place != "")).any():
        names = list(dict.fromkeys(place[lost]))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        raise QuantityError(
            f"{code}: {', '.join(names[:NAMED])}{more} in the rows of {amount}: no outline of the study has this code, so nothing tells what of it "
            "lies inside; drop the rows, or give the outlines"
        )
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
        ``code, share_inside, parent``.

    Returns
    -------
    table
        ``code, year, flow, amount`` and all else that the table holds; without rows of places outside, and of those whose parts add up to
        them. ``summed``: does the row enter the region's sum? A part of a place of which not all parts are told does not: its whole does.

    Raises
    ------
    QuantityError
        A place without an outline, parts that are more than their whole.

    Notes
    -----
    ``q = s_p q_p``: ``q_p`` amount of the whole place p, ``s_p`` its share inside [1]. Ours [D].
    """
    told = once(products, "amount", place_shares, "products", ("flow", "year"))
    return inside_part(told, "amount", place_shares)
