"""Flows that tables tell, place by place: what an account of counties or prefectures has of them."""

from collections.abc import Iterator
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.accounts.culture import VisitValues
from shanshui.accounts.flood_mitigation import FloodStorage
from shanshui.accounts.place_shares import PlaceShares, holders, inside_part, once
from shanshui.accounts.purification import Purified
from shanshui.accounts.recreation import Recreation
from shanshui.accounts.services import FLOW
from shanshui.accounts.table_amounts import Premiums, premiums_inside, purified_inside
from shanshui.accounts.tables import Products
from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import Counties, Units
from shanshui.region.years import chosen_year

PlaceFlows = Annotated[
    pd.DataFrame, Table({"unit": Key("=places"), "flow": TEXT, "amount": ANY, "per": TEXT})
]
GreenRoads = Annotated[pd.DataFrame, Table({"unit": Key("=places"), "green_km": "km"})]
AccountYear = Annotated[pd.DataFrame, Table({"year": "yr"})]


@assessment(
    source="own_accounts",
    bytes_per_cell=0,
    any_of=(
        "products", "purification", "landscape_premium", "flood_storage", "travel_cost", "recreation_value", "noise_reduction",
    ),
)  # fmt: skip
def place_flows(
    places: Units,
    counties: Counties,
    amounts: Annotated[pd.DataFrame, Table({"unit": Key("=places")})],
    place_shares: PlaceShares,
    gep: AccountYear,
    products: Products | None = None,
    purification: Purified | None = None,
    landscape_premium: Premiums | None = None,
    flood_storage: FloodStorage | None = None,
    travel_cost: VisitValues | None = None,
    recreation_value: Recreation | None = None,
    noise_reduction: GreenRoads | None = None,
) -> PlaceFlows:
    """Yearly amount of each flow that tables tell, in each place.

    Parameters
    ----------
    places : polygons
        Index ``unit``; ``code``: the counties themselves, or prefectures.
    counties : polygons
        ``code, parent``: whose sums prefectures are.
    amounts : table
        ``unit``: places that have ground in the region; others are left out.
    place_shares : table
        ``code, share_inside``: of counties and prefectures that the region's border cuts their tables tell the part inside.
    gep : table
        The region's account, for its ``year``.
    products : table, optional
        ``code, year, flow, amount`` of the part inside; of each flow the year that the region's account takes.
    purification : table, optional
        ``code, pollutant, purified_t``.
    landscape_premium : table, optional
        ``code, yearly`` [yuan/yr].
    flood_storage : table, optional
        ``storage_m3`` of waters at ``x, y``.
    travel_cost : table, optional
        ``exchange`` of sites with the code of their ``place``.
    recreation_value : table, optional
        ``flow, value`` of sites with the code of their ``place``.
    noise_reduction : table, optional
        ``unit, green_km`` by the same places.

    Returns
    -------
    table
        ``unit, flow, amount, per`` (unit of the amount). Missing: a place without a row, a prefecture of which a county has none, and all
        places where a site or a water of the flow is nowhere told to lie. 0: a place in which no site, water or road lies.

    Notes
    -----
    ``q_uf = sum q_pf`` over the places p in unit u, of which every county must be told: ``q`` the amount of flow f. The same rows as the
    region's account sums, so that units sum to it where all are told. Ours [D].
    """
    year = int(pd.to_numeric(gep["year"]).max())
    places = places[places.index.isin(amounts["unit"])]
    share = counties["code"].astype(str).map(place_shares.set_index("code")["share_inside"])
    counties = counties[share.to_numpy() > 0]
    parent = dict(zip(counties["code"].astype(str), counties["parent"].astype(str), strict=True))
    # outlines may tell what holds them by name
    parent |= {c: p for c, p in holders(place_shares).items() if c in parent}
    parts: list[pd.DataFrame] = []
    if purification is not None:
        purification = purified_inside(purification, place_shares)
    if landscape_premium is not None:
        landscape_premium = premiums_inside(landscape_premium, place_shares)
    if travel_cost is not None:
        travel_cost = inside_part(travel_cost, "exchange", place_shares, "place")
    if recreation_value is not None:
        recreation_value = inside_part(recreation_value, "value", place_shares, "place")
    for flow, rows in _coded(products, purification, landscape_premium, place_shares, year):
        parts.append(_laid(places, flow, _by_code(places, rows, parent)))
    sites = [("tourism", travel_cost, "exchange")] if travel_cost is not None else []
    if recreation_value is not None:
        sites += [(str(f), r, "value") for f, r in recreation_value.groupby("flow")]
    for flow, table, column in sites:
        parts.append(_laid(places, flow, _by_site(places, table, column, parent)))
    if flood_storage is not None:
        parts.append(_laid(places, "flood_stored", _by_point(places, flood_storage)))
    if noise_reduction is not None:
        green = noise_reduction.set_index("unit")["green_km"].reindex(places.index, fill_value=0.0)
        parts.append(_laid(places, "noise_walls", green))
    return pd.concat(parts, ignore_index=True).sort_values(["unit", "flow"], ignore_index=True)


def _laid(places: gpd.GeoDataFrame, flow: str, amount: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": places.index.to_numpy(),
            "flow": flow,
            "amount": amount.to_numpy(np.float64),
            "per": FLOW[flow].per,
        }
    )


def _coded(
    products: pd.DataFrame | None,
    purification: pd.DataFrame | None,
    landscape_premium: pd.DataFrame | None,
    shares: pd.DataFrame,
    year: int,
) -> Iterator[tuple[str, pd.Series]]:
    """Amounts by code of place, flow by flow."""
    if products is not None:
        for flow, rows in products[products["year"] <= year].groupby("flow"):
            chosen = rows[rows["year"] == chosen_year(rows, "amount", f"products of {flow}")]
            # of a whole that not all of its parts tell both stand: each place has its own row
            if "summed" not in chosen:
                chosen = once(chosen, "amount", shares, f"products of {flow}")
            yield str(flow), _sums(chosen["code"], chosen["amount"])
    if purification is not None:
        for flow, rows in purification.groupby("flow"):
            yield str(flow), _sums(rows["code"], rows["purified_t"])
    if landscape_premium is not None:
        yield "landscape_premium", _sums(landscape_premium["code"], landscape_premium["yearly"])


def _sums(code: pd.Series, amount: pd.Series) -> pd.Series:
    # a part is not the whole: one row without an amount leaves its place unknown
    out = amount.astype(float).groupby(code.astype(str)).agg(lambda v: v.sum(skipna=False))
    return pd.Series(out)


def _by_code(places: gpd.GeoDataFrame, amounts: pd.Series, parent: dict[str, str]) -> pd.Series:
    """Amount of each place by its own row, else by the rows of all of its counties."""
    of_counties = pd.Series(list(parent), index=list(parent.values()), dtype=object)
    told = of_counties.map(amounts).astype(float)
    whole = told.groupby(level=0).agg(lambda v: v.sum(skipna=False))
    codes = places["code"].astype(str)
    own = codes.map(amounts).astype(float)
    return own.where(codes.isin(amounts.index), codes.map(whole).astype(float))


def _by_site(
    places: gpd.GeoDataFrame, table: pd.DataFrame, column: str, parent: dict[str, str]
) -> pd.Series:
    """Amount of each place by the sites that say they lie in it; one that does not say leaves all places unknown."""
    codes = places["code"].astype(str)
    own = set(codes)
    at = (
        table["place"].astype(str).str.strip()
        if "place" in table
        else pd.Series("", index=table.index)
    )
    at = at.where(at.isin(own), at.map(parent))
    if not at.isin(own).all():
        return pd.Series(np.nan, index=places.index)
    return (
        codes.map(_sums(at, table[column]))
        .fillna(0.0)
        .where(~codes.isin(set(at[table[column].isna()])), np.nan)
    )


def _by_point(places: gpd.GeoDataFrame, waters: pd.DataFrame) -> pd.Series:
    """Storage of each place by the points of its waters; a water without a point leaves all places unknown."""
    if not {"x", "y"} <= set(waters) or waters[["x", "y"]].isna().any(axis=None):
        return pd.Series(np.nan, index=places.index)
    points = gpd.points_from_xy(waters["x"], waters["y"])
    water, place = places.sindex.query(points, predicate="intersects")
    # on a common border a water counts once
    _, first = np.unique(water, return_index=True)
    total = np.zeros(len(places))
    np.add.at(total, place[first], waters["storage_m3"].to_numpy(np.float64)[water[first]])
    return pd.Series(total, index=places.index)
