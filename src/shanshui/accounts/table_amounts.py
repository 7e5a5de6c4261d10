"""Flows that come as tables of places: pollutants taken out, visits, lakes and reservoirs, premiums of homes near green."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.culture import VisitValues
from shanshui.accounts.double_counting import excluded
from shanshui.accounts.flood_mitigation import FloodStorage
from shanshui.accounts.place_shares import PlaceShares, inside_part, once
from shanshui.accounts.prices import in_one_year, price_year_told
from shanshui.accounts.purification import Purified
from shanshui.accounts.recreation import Recreation
from shanshui.accounts.services import FLOW
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ADMINISTRATIVE

POLLUTANTS = {
    "so2": "sulphur_dioxide", "nox": "nitrogen_oxides", "pm": "dust", "cod": "oxygen_demand", "nh3-n": "ammonia_nitrogen", "nh3n": "ammonia_nitrogen",
    "tn": "total_nitrogen", "tp": "total_phosphorus", "二氧化硫": "sulphur_dioxide", "氮氧化物": "nitrogen_oxides", "颗粒物": "dust",
    "工业粉尘": "dust", "化学需氧量": "oxygen_demand", "氨氮": "ammonia_nitrogen", "总氮": "total_nitrogen", "总磷": "total_phosphorus",
    **{
        name: name
        for name in (
            "sulphur_dioxide", "nitrogen_oxides", "dust", "oxygen_demand", "ammonia_nitrogen", "total_nitrogen", "total_phosphorus",
        )
    },
}  # fmt: skip
"""Flow of a pollutant, as tables spell it."""
TableAmounts = Annotated[
    pd.DataFrame,
    Table(
        {
            "flow": TEXT, "amount": ANY, "per": TEXT, "basis": TEXT, "places": "1", "excludes?": TEXT, "price_year?": "yr",
        }
    ),
]  # fmt: skip
GreenRoads = Annotated[pd.DataFrame, Table({"green_km": "km"})]
Housing = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": ADMINISTRATIVE, "floor_m2?": "m2", "all_floor_m2?": "m2", "price": "yuan/m2", "premium": "1", "year?": "yr", "*": ANY,
        }
    ),
]  # fmt: skip
NearGreen = Annotated[pd.DataFrame, Table({"code": ADMINISTRATIVE, "near_share": "1"})]
Premiums = Annotated[
    pd.DataFrame,
    Table({"code": ADMINISTRATIVE, "stock": "yuan", "yearly": "yuan/yr", "price_year?": "yr"}),
]


@assessment(source="own_accounts", bytes_per_cell=0)
def landscape_premium(
    housing: Housing,
    green_near_homes: NearGreen | None = None,
    *,
    yearly_rate: Annotated[float, Between(0.0, 1.0)] = 0.03,
) -> Premiums:
    """What homes near green are worth above others, and what of it falls to a year.

    Parameters
    ----------
    housing : table
        ``code``; ``floor_m2`` near green, or ``all_floor_m2`` of the place; ``price`` [yuan/m2], ``premium``: share of the price owed to the
        green [1], from a hedonic study; ``year`` of the prices, if known: all comes out in those of the latest.
    green_near_homes : table, optional
        ``code, near_share``: what of all floor lies near green; needed where the table has no ``floor_m2``.
    yearly_rate : float [1]
        Rent of a year over the price [D]: a premium is paid once for many years.

    Returns
    -------
    table
        ``code, stock`` [yuan], ``yearly`` [yuan/yr], ``price_year``, missing where the table has no year.

    Raises
    ------
    QuantityError
        A number that is missing or below 0, a premium above 1, neither or both kinds of floor, a place of which nothing tells where its homes lie,
        a year on some rows only.

    Notes
    -----
    ``stock = F p h``, ``yearly = r F p h``: ``F`` floor near green (of all floor the share of built ground near green), ``p`` price, ``h``
    premium, ``r`` the rate. Hedonic premium of the norm of 2022 [M]; the rate is ours [D]: a stock must not stand among flows of a year.
    """
    given = [c for c in ("floor_m2", "all_floor_m2") if c in housing]
    if len(given) != 1:
        raise QuantityError(
            f"housing: found {' and '.join(given) or 'neither floor_m2 nor all_floor_m2'}, expected one of them: floor near green, or all floor"
        )
    for column in (given[0], "price", "premium"):
        number = pd.to_numeric(housing[column], errors="coerce")
        bad = ~(number >= 0) | ((number > 1) if column == "premium" else False)
        if bad.any():
            row = housing[bad].iloc[0]
            raise QuantityError(
                f"housing.{column}: {row['code']} holds '{row[column]}', expected "
                f"{'a share of 0 to 1' if column == 'premium' else 'a number, 0 or more'}"
            )
    housing, told = in_one_year(housing, ("price",), "housing")
    stock = _near(housing, given[0], green_near_homes) * housing["price"] * housing["premium"]
    out = pd.DataFrame({"code": housing["code"].astype(str), "stock": stock})
    out["yearly"] = out["stock"] * yearly_rate
    return price_year_told(out, told)


def _near(housing: pd.DataFrame, column: str, near: pd.DataFrame | None) -> pd.Series:
    """Floor near green [m2]."""
    if column == "floor_m2":
        return housing[column]
    if near is None:
        raise QuantityError(
            "housing.all_floor_m2: needs a land cover and counties, which tell what lies near green; or give floor_m2 near green"
        )
    code = housing["code"].astype(str)
    share = code.map(near.astype({"code": str}).set_index("code")["near_share"])
    if share.isna().any():
        raise QuantityError(
            f"housing.code: no built ground is known in {code[share.isna()].iloc[0]}, so nothing tells what lies near green; drop its row"
        )
    return housing[column] * share


@assessment(
    source="own_accounts",
    bytes_per_cell=0,
    any_of=(
        "purification", "travel_cost", "flood_storage", "landscape_premium", "noise_reduction", "recreation_value",
    ),
)  # fmt: skip
def table_amounts(
    purification: Purified | None = None,
    travel_cost: VisitValues | None = None,
    flood_storage: FloodStorage | None = None,
    landscape_premium: Premiums | None = None,
    noise_reduction: GreenRoads | None = None,
    recreation_value: Recreation | None = None,
    place_shares: PlaceShares | None = None,
) -> TableAmounts:
    """Yearly amount of each flow that is known by tables of places, for the region as a whole.

    Parameters
    ----------
    purification : table, optional
        ``pollutant, purified_t``; flows that it ``excludes``.
    travel_cost : table, optional
        ``exchange``: what visitors pay and give up [yuan/yr].
    flood_storage : table, optional
        ``storage_m3`` of lakes, marshes and reservoirs.
    landscape_premium : table, optional
        ``yearly`` [yuan/yr].
    noise_reduction : table, optional
        ``green_km`` of roads.
    recreation_value : table, optional
        ``flow`` (``tourism`` or ``leisure``) and ``value`` [yuan/yr] of sites.
    place_shares : table, optional
        ``code, share_inside``: what tables tell of a place that the region's border cuts counts by its part inside.

    Returns
    -------
    table
        ``flow, amount, per`` (unit of the amount), ``basis`` (measured or modelled), ``places`` it sums, and flows that all of them say it
        ``excludes``, ``price_year`` of what is money. Missing where one of its places is.

    Raises
    ------
    QuantityError
        A pollutant that no account knows, tourism by both of its ways.

    Notes
    -----
    ``q_f = sum_p s_p q_pf`` over the places p of each table, ``s`` the share of p inside the region [1]. Ours [D].
    """
    rows: list[tuple[str, float, str, str, int]] = []
    apart: dict[str, tuple[str, ...]] = {}
    years: dict[str, int] = {}
    if purification is not None:
        purification = purified_inside(purification, place_shares)
        purification = purification[purification["summed"].astype(bool)]
        flow = purification["flow"]
        if "excludes" in purification:
            apart = excluded(flow, purification["excludes"], "emissions")
        for name, part in purification.groupby(flow):
            rows.append(_row(str(name), part["purified_t"], "modelled"))
    if travel_cost is not None:
        travel_cost = inside_part(travel_cost, "exchange", place_shares, "place")
        rows.append(_row("tourism", travel_cost["exchange"], "measured"))
        years |= _year("tourism", travel_cost)
    if flood_storage is not None:
        rows.append(_row("flood_stored", flood_storage["storage_m3"], "modelled"))
    if landscape_premium is not None:
        landscape_premium = premiums_inside(landscape_premium, place_shares)
        landscape_premium = landscape_premium[landscape_premium["summed"].astype(bool)]
        rows.append(_row("landscape_premium", landscape_premium["yearly"], "measured"))
        years |= _year("landscape_premium", landscape_premium)
    if noise_reduction is not None:
        rows.append(_row("noise_walls", noise_reduction["green_km"], "modelled"))
    if recreation_value is not None:
        recreation_value = inside_part(recreation_value, "value", place_shares, "place")
        for name, part in recreation_value.groupby("flow"):
            if name == "tourism" and travel_cost is not None:
                raise QuantityError(
                    "recreation_value.flow: tourism comes from travel_cost already; drop the rows of that kind from [inputs.recreation_sites], or "
                    "[inputs.visits]: the same visits must not count twice"
                )
            rows.append(
                _row(str(name), part["value"], "measured" if name == "tourism" else "modelled")
            )
            years |= _year(str(name), part)
    out = pd.DataFrame(rows, columns=["flow", "amount", "per", "basis", "places"])
    return out.assign(
        excludes=[" ".join(apart.get(f, ())) for f in out["flow"]],
        price_year=out["flow"].map(years).astype("Int64"),
    )


def purified_inside(purification: pd.DataFrame, shares: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of places in the region with the ``flow`` of their pollutant; does each enter the region's sum (``summed``)?"""
    rows = purification.assign(flow=flow_of_pollutant(purification["pollutant"]))
    return inside_part(
        once(rows, "purified_t", shares, "emissions", ("flow",)), "purified_t", shares
    )


def premiums_inside(premiums: pd.DataFrame, shares: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of places in the region; does each enter the region's sum (``summed``)?"""
    return inside_part(once(premiums, "yearly", shares, "housing"), "yearly", shares)


def flow_of_pollutant(pollutant: pd.Series) -> pd.Series:
    """Flow of each pollutant, however tables spell it.

    Raises
    ------
    QuantityError
        A pollutant that no account knows.
    """
    spelt = pollutant.astype(str).str.strip()
    flow = spelt.str.lower().map(POLLUTANTS)
    if flow.isna().any():
        name = spelt[flow.isna()].iloc[0]
        raise QuantityError(f"emissions.pollutant: '{name}'; {nearest(name, POLLUTANTS)}")
    return pd.Series(flow)


def _year(flow: str, rows: pd.DataFrame) -> dict[str, int]:
    """Year of the prices of a flow, where its table tells one."""
    told = rows["price_year"].dropna() if "price_year" in rows else rows.iloc[:0, 0]
    return {flow: int(told.iloc[0])} if len(told) else {}


def _row(flow: str, values: pd.Series, basis: str) -> tuple[str, float, str, str, int]:
    # a part is not the whole: one place without an amount leaves the sum unknown
    return (flow, float(values.to_numpy(np.float64).sum()), FLOW[flow].per, basis, len(values))
