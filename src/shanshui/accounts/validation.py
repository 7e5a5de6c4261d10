"""The accounts held against published ones."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.bridge import Bridge
from shanshui.accounts.downscaled import ProductionReach, ProductionTold
from shanshui.accounts.frame_accounts import FrameAccounts
from shanshui.accounts.indicators import Figures, HotSpots, Mismatch
from shanshui.accounts.nation import NationShares
from shanshui.accounts.penman import StationEvapotranspiration
from shanshui.accounts.tables import Account
from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Features, Grid, Key
from shanshui.core.said import Said, named, together
from shanshui.core.vocabulary import UnitLabels
from shanshui.region.validation import Measure, Published, Validation, validation_table

MassifCells = Annotated[xr.DataArray, Grid("1", Key("massif"))]
Massifs = Annotated[gpd.GeoDataFrame, Features({"name": TEXT}, Key("massif"))]


@assessment(source="own_frame", bytes_per_cell=4)
def accounts_validation(
    gep_summary: Figures,
    gep: Account,
    mismatch: Mismatch | None = None,
    gep_hot_spots: HotSpots | None = None,
    planning_unit_labels: UnitLabels | None = None,
    massif_zones: MassifCells | None = None,
    massifs: Massifs | None = None,
    frame_accounts: FrameAccounts | None = None,
    gep_bridge: Bridge | None = None,
    nation_shares: NationShares | None = None,
    production_reach: ProductionReach | None = None,
    production_told: ProductionTold | None = None,
    station_evapotranspiration: StationEvapotranspiration | None = None,
    published: Published | None = None,
) -> Validation:
    """The account's figures beside what is published of the region.

    Parameters
    ----------
    gep_summary : table
        ``figure, value, unit``.
    gep : table
        ``service, value, counts``.
    mismatch : table, optional
        ``code, quadrant``: prefectures by nature's value and product against the mean of the region.
    gep_hot_spots : table, optional
        Index ``unit``; ``spot``.
    planning_unit_labels : (y, x) [1], optional
        Unit of each cell.
    massif_zones : (y, x) [1], optional
        Massif of each cell.
    massifs : points, lines or polygons, optional
        ``name``.
    frame_accounts : table, optional
        Account of the region under every frame.
    gep_bridge : table, optional
        Steps from each account to each other.
    nation_shares : table, optional
        ``figure, ours, share, per_territory``.
    production_reach : table, optional
        ``area_km2, at_high, below, above`` by class of cover.
    production_told : table, optional
        ``area_km2, told, lost`` by unit.
    station_evapotranspiration : table, optional
        ``ratio, left_out`` of stations.
    published : table, optional
        ``measure, statement, source, low, high``.

    Returns
    -------
    table
        A row for each statement, as :func:`shanshui.basins.validation.survey_validation` has it. Measures: ``gep_`` with each figure of the
        summary, ``service_share`` and ``service_rank`` by service, ``quadrant_count`` by quadrant (prefectures), ``quadrant_of`` by
        ``code/quadrant`` (1 in it, 0 not), ``hot_spots_of`` by massif (share of its ground in units where value gathers), ``frame_total`` by
        frame [yuan] in prices of the account, ``frame_share`` by ``frame/group``, ``nation_share`` and ``nation_ratio`` (over the share of the
        territory) by figure, ``bridge_gap`` [yuan], ``cooling_per_head`` [kWh/person], and ``measured_share, modelled_share,
        transferred_share`` of the total.

    Raises
    ------
    QuantityError
        A published statement without a range.

    Notes
    -----
    ``service_share`` = value of what counts of a service over the total; ``service_rank`` 1 is the largest. Ranges that hold anywhere:
    the range of the total holds the total, shares sum to 1, every way between two accounts closes to the yuan, and people do not use more
    cooling than electricity. Our own frame [D] (decision 0023).
    """
    figure = gep_summary.set_index("figure")
    value = figure["value"].astype(float)
    measures = [
        Measure(
            f"gep_{name}",
            float(number),
            str(unit),
            forced_by="gep.frame" if name == "total" else "",
        )
        for name, number, unit in zip(figure.index, value, figure["unit"], strict=True)
    ]
    counted = gep[gep["counts"].astype(bool)]
    share = counted.groupby("service")["value"].sum() / float(value.get("total", np.nan))
    rank = share.rank(ascending=False, method="min")
    measures += [Measure("service_share", float(share[s]), "1", str(s)) for s in share.index]
    measures += [Measure("service_rank", float(rank[s]), "1", str(s)) for s in share.index]
    measures.append(
        Measure(
            "shares_sum", float(share.sum()), "1", "", 1 - 1e-6, 1 + 1e-6, Said("services_sum"), Said("source_account"),
        )
    )  # fmt: skip
    if {"low", "high", "total"} <= set(value.index):
        measures.append(
            Measure(
                "total_in_range", float(value["total"]), "yuan/yr", "", float(value["low"]), float(value["high"]),
                Said("total_in_draws"), Said("source_account"),
            )
        )  # fmt: skip
    if mismatch is not None:
        measures += _quadrants(mismatch)
    basis = counted.groupby("basis")["value"].sum() / float(value.get("total", np.nan))
    measures += [Measure(f"{name}_share", float(basis[name]), "1") for name in basis.index]
    measures += _frames(frame_accounts, gep_bridge)
    measures += _nation(nation_shares)
    measures += _plants(production_reach, production_told)
    measures += _evaporation(station_evapotranspiration)
    measures += _hot_spots(gep_hot_spots, planning_unit_labels, massif_zones, massifs)
    return validation_table("accounts", measures, published)


def _frames(accounts: pd.DataFrame | None, bridge: pd.DataFrame | None) -> list[Measure]:
    """Totals and shares under every frame, and what is lost between them."""
    out = []
    if accounts is not None:
        counted = accounts[accounts["counts"].astype(bool) & accounts["value"].notna()]
        total = counted.groupby("frame")["value"].sum()
        out += [Measure("frame_total", float(v), "yuan", str(f)) for f, v in total.items()]
        groups = counted.groupby(["frame", "group"])["value"].sum().reset_index()
        out += [
            Measure(
                "frame_share",
                r["value"] / float(total[str(r["frame"])]),
                "1",
                f"{r['frame']}/{r['group']}",
            )
            for r in groups.to_dict("records")
        ]
    if bridge is not None and len(bridge):
        sign = np.where(bridge["step"] == "end", -1.0, 1.0)
        gap = (bridge["value"] * sign).groupby([bridge["source"], bridge["target"]]).sum()
        out.append(
            Measure(
                "bridge_gap", float(gap.abs().max()), "yuan", "", 0.0, 0.0, Said("bridge_closes"),
                Said("source_account"), note=Said("ways", {"count": len(gap)}),
            )
        )  # fmt: skip
    return out


MOST_COOLING = 5000.0
"""Electricity that people use in all at most, kWh a head and year [D]: China had 5,200 in 2019 [M]."""


def _nation(shares: pd.DataFrame | None) -> list[Measure]:
    """The region beside the nation."""
    if shares is None:
        return []
    rows = shares.set_index("figure")
    out = [Measure("nation_share", float(v), "1", str(f)) for f, v in rows["share"].items()]
    out += [
        Measure("nation_ratio", float(v), "1", str(f)) for f, v in rows["per_territory"].items()
    ]
    if {"people", "electricity"} <= set(rows.index):
        ours = rows["ours"].astype(float)
        head = float(ours["electricity"] / ours["people"])
        out.append(
            Measure(
                "cooling_per_head", head, "kWh/person", "", 0.0, MOST_COOLING, Said("cooling_below_use"), Said("source_account"),
            )
        )  # fmt: skip
    return out


def _plants(reach: pd.DataFrame | None, told: pd.DataFrame | None) -> list[Measure]:
    """Production within what cover can reach, and as its table tells it."""
    out = []
    if reach is not None and len(reach):
        weight = reach["area_km2"] / reach["area_km2"].sum()
        beyond = float((weight * (reach["below"] + reach["above"])).sum())
        out += [
            Measure(
                "production_beyond", beyond, "1", "", 0.0, 0.02, Said("production_within"), Said("source_class_ranges"),
            ),
            Measure("production_at_high", float((weight * reach["at_high"]).sum()), "1"),
        ]  # fmt: skip
    if told is not None and len(told):
        whole = float((told["area_km2"] * told["told"]).sum())
        lost = float((told["area_km2"] * told["lost"]).sum()) / whole if whole > 0 else np.nan
        out.append(
            Measure(
                "production_lost", lost, "1", "", -0.02, 0.02, Said("production_all_told"), Said("source_account"), note=Said("told_by_unit"),
            )
        )  # fmt: skip
    return out


def _evaporation(stations: pd.DataFrame | None) -> list[Measure]:
    """Evaporation brought to stations, and found again at those left out."""
    if stations is None:
        return []
    out = [
        Measure(
            "evapotranspiration_stations", float(len(stations)), "1", "", 1.0, np.inf,
            Said("evaporation_at_stations"), named("[inputs.climate_stations]"),
            note=None if len(stations) else Said("hargreaves_alone"),
        )
    ]  # fmt: skip
    if len(stations) > 1:
        off = (stations["left_out"] / stations["ratio"] - 1.0).dropna()
        rmse = float(np.sqrt((off**2).mean())) if len(off) else np.nan
        out.append(
            Measure(
                "evapotranspiration_left_out", rmse, "1", "", 0.0, 0.1,
                Said("evaporation_left_out"), named("[inputs.climate_stations]"), note=Said("stations", {"count": len(off)}),
            )
        )  # fmt: skip
    return out


def _hot_spots(
    spots: pd.DataFrame | None,
    labels: xr.DataArray | None,
    zones: xr.DataArray | None,
    massifs: gpd.GeoDataFrame | None,
) -> list[Measure]:
    """Share of the ground of each massif that lies in units where value gathers."""
    if spots is None or labels is None or zones is None or massifs is None:
        return []
    hot = np.isin(labels.values, spots.index[spots["spot"] == "hot"].to_numpy())
    out = []
    # zones are numbered by the names of massifs in order
    for number, name in enumerate(sorted({str(n) for n in massifs["name"]}), start=1):
        here = (labels.values > 0) & (zones.values == number)
        share = np.count_nonzero(hot & here) / np.count_nonzero(here) if here.any() else np.nan
        out.append(Measure("hot_spots_of", float(share), "1", name))
    return out


def _quadrants(mismatch: pd.DataFrame) -> list[Measure]:
    """Prefectures by quadrant, and whether each is in it."""
    known = mismatch[mismatch["quadrant"].fillna("") != ""]
    count = known["quadrant"].value_counts()
    note = Said("mean_of_region")
    return [
        *(Measure("quadrant_count", float(n), "1", str(q), note=together(Said("of_known", {"count": len(known)}), note)) for q, n in count.items()),
        *(
            Measure("quadrant_of", float(mine == q), "1", f"{code}/{q}", note=note)
            for code, mine in zip(known["code"], known["quadrant"], strict=True)
            for q in sorted(count.index)
        ),
    ]  # fmt: skip
