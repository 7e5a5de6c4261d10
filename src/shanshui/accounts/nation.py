"""The region beside the nation: shares of ground, people, product, and of what nature gives in each frame."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.accounts.asset_transfer import AssetTransfer
from shanshui.accounts.frame_accounts import FrameAccounts
from shanshui.accounts.gep import known_share
from shanshui.accounts.prices import deflator
from shanshui.accounts.tables import KnownAreas, RegionAmounts
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.units import conversion
from shanshui.core.vocabulary import Nation
from shanshui.region.years import WHOLE

FIGURES = {
    "territory": "km2", "people": "person", "product": "yuan", "electricity": "kWh", "gep": "yuan", "equivalents": "yuan",
}  # fmt: skip
"""Figures of a nation by their unit: its ground, people and product, electricity that it uses, its ecosystem product and its equivalents."""
NationShares = Annotated[
    pd.DataFrame,
    Table(
        {
            "figure": TEXT, "ours": ANY, "nation": ANY, "unit": TEXT, "year": "yr", "share": "1", "ground_km2": "km2", "per_territory": "1",
            "source": TEXT,
        }
    ),
]  # fmt: skip


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def nation_shares(
    nation: Nation,
    region_amounts: RegionAmounts,
    areas: KnownAreas,
    people: Annotated[pd.DataFrame, Table({"population": "person"})] | None = None,
    product_share: Annotated[pd.DataFrame, Table({"figure": TEXT, "value": ANY})] | None = None,
    frame_accounts: FrameAccounts | None = None,
    asset_transfer: AssetTransfer | None = None,
    spatial_levels: Annotated[
        gpd.GeoDataFrame, Features({"level": TEXT, "area_km2": "km2"}, Key("spatial_level"))
    ]
    | None = None,
) -> NationShares:
    """Shares of the region in the nation, and how far each exceeds its share of the ground.

    Parameters
    ----------
    nation : table
        ``figure`` (territory, people, product, electricity, gep, equivalents), ``year, value, unit, source``; of each figure the latest year.
    region_amounts : table
        ``flow, amount``: the cooling that is used.
    areas : table
        ``flow, known_km2`` of the region by land cover.
    people : table, optional
        ``population`` of the places of the region inside it.
    product_share : table, optional
        ``product`` of the region's counties [yuan] and its ``year``, held against the nation's of that year; ``known_ground`` of the counties
        that have one.
    frame_accounts : table, optional
        Account of the region under every frame.
    asset_transfer : table, optional
        ``nation_total`` by the same unit values, in prices of ``price_year``.
    spatial_levels : polygons, optional
        ``level, area_km2``: the ground of the inner one, whose counties ``product_share`` is of; without it the ground of the region.

    Returns
    -------
    table
        ``figure, ours, nation, unit, year`` of the nation's figure, ``share`` [1], ``ground_km2`` that ``ours`` is of, ``per_territory`` = share
        over the share of this ground in the nation's, ``source``. Values of nature are in prices of the nation's figure; figures that one
        side lacks, or has of a part of its places only, are left out.

    Raises
    ------
    QuantityError
        A figure that is not known, blank, below 0 or in another kind of unit.

    Notes
    -----
    ``s_k = X_k / X'_k``: X of the region, X' of the nation; ``s_k / (A_k / A')``, A_k the ground of X_k and A' the nation's, is how many times
    the nation's value a km2 stands for. The product is that of the inner counties, which may be fewer than the region holds; all else is of
    the region. A product, or a total of nature, of which less than nine tenths is known [D] has no share; above that the product's ground is that of
    the
    counties that have one.
    ``gep`` holds the account of the guideline of 2020 against the nation's of that kind, ``equivalents`` that of equivalent factors,
    ``assets`` that of transferred unit values against China by the same values, so that it alone depends on no other's account. Ours [D]
    (decisions/0030-accounts).
    """
    known = _checked(nation)
    ours: dict[str, tuple[float, int | None]] = {}
    ground_known = 1.0
    area = areas.loc[areas["flow"].str.startswith("cover_"), "known_km2"].sum(min_count=1)
    ours["territory"] = (float(area), None)
    if people is not None:
        # people who were not counted are not nobody
        ours["people"] = (float(people["population"].sum(skipna=False)), None)
    if product_share is not None:
        share = product_share.set_index("figure")["value"].astype(float)
        made = share.reindex(["product", "year"])
        ground_known = float(share.get("known_ground", 1.0))
        if bool(np.isfinite(made).all()) and ground_known >= WHOLE:
            ours["product"] = (float(made["product"]), None)
            known |= _of_year(nation, "product", int(made["year"]))
    cooled = region_amounts.loc[region_amounts["flow"] == "cooling", "amount"]
    ours["electricity"] = (float(cooled.sum(min_count=1)), None)
    totals = _totals(frame_accounts)
    for figure, frame in (("gep", "gep2020"), ("equivalents", "xie2015")):
        if frame in totals:
            ours[figure] = totals[frame]
    rows = []
    for figure, (value, year) in ours.items():
        if figure not in known or not np.isfinite(value) or not np.isfinite(known[figure]["value"]):
            continue
        row = known[figure]
        of_year = int(row["year"])
        carried = value * deflator(year, of_year) if year is not None else value
        rows.append(
            (figure, carried, float(row["value"]), FIGURES[figure], of_year, str(row["source"]))
        )
    if asset_transfer is not None and "asset_transfer" in totals:
        value, year = totals["asset_transfer"]
        told = int(asset_transfer["price_year"].iloc[0])
        whole = float(asset_transfer["nation_total"].iloc[0])
        rows.append(("assets", value * deflator(year, told), whole, "yuan", told, "the same unit values over the nation's biomes"))  # fmt: skip
    out = pd.DataFrame(rows, columns=["figure", "ours", "nation", "unit", "year", "source"])
    out["share"] = out["ours"] / out["nation"]
    out["ground_km2"] = float(area)
    if spatial_levels is not None:
        inner = spatial_levels.loc[spatial_levels["level"] == "inner", "area_km2"]
        out.loc[out["figure"] == "product", "ground_km2"] = float(inner.sum(min_count=1))
    out.loc[out["figure"] == "product", "ground_km2"] *= ground_known
    whole_km2 = float(known["territory"]["value"]) if "territory" in known else np.nan
    out["per_territory"] = out["share"] / (out["ground_km2"] / whole_km2)
    columns = [
        "figure", "ours", "nation", "unit", "year", "share", "ground_km2", "per_territory", "source",
    ]  # fmt: skip
    return out[columns].astype({"year": "int64"})


def _totals(accounts: pd.DataFrame | None) -> dict[str, tuple[float, int]]:
    """Total of each frame, and the year of its prices."""
    if accounts is None:
        return {}
    counted = accounts[accounts["counts"].astype(bool) & accounts["value"].notna()]
    return {
        str(f): (float(rows["value"].sum()), int(rows["year"].iloc[0]))
        for f, rows in counted.groupby("frame")
        if not known_share(rows) < WHOLE
    }


def _of_year(nation: pd.DataFrame, figure: str, year: int) -> dict[str, dict[str, Any]]:
    """The row of a figure of one year; a value of NaN where the nation has none of that year."""
    rows = nation[(nation["figure"] == figure) & (nation["year"] == year)]
    blank = {"figure": figure, "year": year, "value": np.nan, "unit": FIGURES[figure], "source": ""}
    return _checked(rows) or {figure: blank}


def _checked(nation: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The latest row of each figure, in our unit."""
    out: dict[str, dict[str, Any]] = {}
    for row in nation.sort_values("year").to_dict("records"):
        figure = str(row["figure"])
        if figure not in FIGURES:
            raise QuantityError(f"nation.figure: '{figure}'; {nearest(figure, FIGURES)}")
        value = float(row["value"])
        if not value > 0:
            raise QuantityError(
                f"nation.value: {figure} in {row['year']} holds '{row['value']}', expected a number above 0"
            )
        factor, _ = conversion(str(row["unit"]).removesuffix("/yr"), FIGURES[figure])
        out[figure] = {**{str(k): v for k, v in row.items()}, "value": value * factor}
    return out
