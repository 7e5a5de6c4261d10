"""Account of each unit at the prices of the region's account."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.draws import drawn, ends_of_units
from shanshui.accounts.gep import account_total
from shanshui.accounts.tables import MONEY, PricedFlows, UnitAmounts
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Units

UnitAccount = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=amounts"), "area_km2": "km2", "total": MONEY, "low": MONEY, "high": MONEY, "per_km2": "yuan/km2/yr",
            "per_head": "yuan/person/yr", "location_quotient": "1", "share_inside": "1", "known_share": "1", "*": MONEY,
        }
    ),
]  # fmt: skip


@assessment(source="ouyang2013", bytes_per_cell=0)
def unit_gep(
    amounts: UnitAmounts,
    gep: PricedFlows,
    unit_people: Annotated[pd.DataFrame, Table({"unit": Key("=amounts"), "population": "person"})]
    | None = None,
    outlines: Units | None = None,
    place_flows: Annotated[
        pd.DataFrame, Table({"unit": Key("=amounts"), "flow": TEXT, "amount": ANY})
    ]
    | None = None,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.9,
    price_spread: Annotated[float, Between(0.0, 1.0)] = 0.3,
    amount_spread: Annotated[float, Between(0.0, 1.0)] = 0.2,
    draws: Annotated[int, Between(0, 100_000)] = 500,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> UnitAccount:
    """Account of each unit, at the prices of the region's account.

    Parameters
    ----------
    amounts : table
        ``unit, flow, amount`` of planning units, counties or prefectures.
    gep : table
        The region's account: its frame, its prices, what counts.
    unit_people : table, optional
        ``unit, population``.
    outlines : polygons, optional
        Index ``unit``: whole counties or prefectures of which the units are the parts inside the region.
    place_flows : table, optional
        ``unit, flow, amount`` of what tables tell of planning units, counties or prefectures: pollutants, visits, lakes, homes.
    least_share : float [1]
        Of a place's area that must lie inside for a value per km2 or per head: of less, cells on its edge decide [D].
    least_known : float [1]
        Of a place's value that must be known for one per km2 or per head: the total of less lacks a main part [D].
    price_spread, amount_spread : float [1]
        Half widths of the triangular distributions, relative [D]; one draw of a price holds for all units.
    draws : int
        Draws for the interval; 0 leaves it out.
    seed : int
        Of the draws.

    Returns
    -------
    table
        Index ``unit``; ``area_km2`` of known land cover, value of each service and ``total`` with ``low, high`` [yuan/yr], ``per_km2``,
        ``per_head`` (NaN without people),
        ``location_quotient`` = share of the value over share of the area, these three NaN where ``share_inside`` of the whole place (NaN without
        outlines) is below ``least_share``, or ``known_share`` below ``least_known``: the total of a sliver counts, a rate of it says nothing.
        ``known_share`` [1] of its value, by the ground on which maps tell each flow, weighed by the flow's value on a km2 of the region. NaN else: a
        service whose amount is not known
        in a unit, or that only a table of the region tells; all, under frames whose values are reported for the region only.

    Raises
    ------
    QuantityError
        An account of two frames, a flow of a map and of a table.

    Notes
    -----
    ``V_us = sum_f q_uf p_f`` over the flows f of service s that count, ``V_u = sum_s V_us`` of the known: ``q`` amount in unit u, ``p``
    price of the region's account; ``LQ_u = (V_u / A_u) / (sum V / sum A)``. Gross ecosystem product (Ouyang et al. 2013 [M]) at one set
    of prices, so that units sum to the region; intervals as in ``gep``, one draw for all units [D].
    """
    account_total(gep)
    priced = gep[gep["counts"].astype(bool) & gep["price"].notna()]
    prices = priced.groupby(["flow", "service"])["price"].sum().reset_index()
    flows_of = _joined(amounts, place_flows)
    rows = flows_of.merge(prices, on="flow")
    rows["value"] = rows["amount"] * rows["price"]
    rows = rows[rows["value"].notna()]
    wide = rows.pivot_table(index="unit", columns="service", values="value", aggfunc="sum")
    units = pd.Index(sorted(amounts["unit"].unique()), name="unit")
    services = list(dict.fromkeys(priced["service"]))
    out = wide.reindex(index=units, columns=services)
    out.columns.name = None
    area = amounts[amounts["flow"].str.startswith("cover_")].groupby("unit")["known_km2"].sum()
    out.insert(0, "area_km2", area.reindex(units))
    out["total"] = out[services].sum(axis=1, min_count=1)
    out["low"], out["high"] = np.nan, np.nan
    if draws and len(priced):
        flows = priced.drop_duplicates(["flow", "service"])
        random = np.random.default_rng(seed)
        factors = np.empty((len(flows), draws))
        for at, factor in enumerate(drawn(flows, price_spread, amount_spread, draws, random)):
            factors[at] = factor
        held = flows_of.pivot_table(
            index="unit", columns="flow", values="amount", aggfunc="sum"
        ).reindex(index=units, columns=flows["flow"])
        # a flow that is not known in a unit is no part of its total, nor of its interval
        value = held.fillna(0.0).to_numpy() * flows["price"].to_numpy()
        known = out["total"].notna().to_numpy()
        out["low"], out["high"] = np.where(known, ends_of_units(value, factors), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["per_km2"] = out["total"] / out["area_km2"]
        people = (
            None
            if unit_people is None
            else unit_people.set_index("unit")["population"].reindex(units)
        )
        out["per_head"] = np.nan if people is None else out["total"] / people.where(people > 0)
        known_km2 = out["area_km2"].where(out["total"].notna()).sum()
        out["location_quotient"] = out["per_km2"] / (out["total"].sum() / known_km2)
    out["share_inside"] = np.nan
    if outlines is not None:
        whole = pd.Series(outlines.area / 1e6, index=outlines.index).reindex(units)
        out["share_inside"] = np.minimum(out["area_km2"] / whole, 1.0)
        slivers = out["share_inside"] < least_share
        out.loc[slivers, ["per_km2", "per_head", "location_quotient"]] = np.nan
    out["known_share"] = _known_shares(amounts, priced, out["area_km2"])
    part = out["known_share"] < least_known
    out.loc[part, ["per_km2", "per_head", "location_quotient"]] = np.nan
    return out


def _known_shares(amounts: pd.DataFrame, priced: pd.DataFrame, area: pd.Series) -> pd.Series:
    """Share of each unit's value that is known, were all units as the region; NaN where no map tells a flow that counts."""
    if "known_share" not in priced:
        return pd.Series(np.nan, index=area.index)
    mapped = priced[priced["known_share"].gt(0) & priced["value"].notna()]
    worth = (mapped["value"] / mapped["known_share"]).groupby(mapped["flow"]).sum()
    known = amounts[amounts["flow"].isin(worth.index)].pivot_table(
        index="unit", columns="flow", values="known_km2", aggfunc="sum"
    )
    known = known.reindex(index=area.index, columns=worth.index).fillna(0.0)
    total = float(worth.sum())
    ground = known.div(area.where(area > 0), axis=0).clip(upper=1.0)
    return ground.mul(worth, axis=1).sum(axis=1, skipna=False) / (total if total > 0 else np.nan)


def _joined(amounts: pd.DataFrame, place_flows: pd.DataFrame | None) -> pd.DataFrame:
    """Flows of maps and of tables; none may come from both."""
    told = ["unit", "flow", "amount"]
    if place_flows is None:
        return amounts[told]
    twice = sorted(set(amounts["flow"]) & set(place_flows["flow"]))
    if twice:
        raise QuantityError(
            f"place_flows.flow: {twice[0]} comes from a map already; leave out one of the two inputs: the same flow must not count twice"
        )
    return pd.concat([amounts[told], place_flows[told]], ignore_index=True)
