"""The account: amount times price under one frame, what counts once, and how sure the total is."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.asset_transfer import AssetTransfer, transferred_rows
from shanshui.accounts.double_counting import counted_once, excluded
from shanshui.accounts.draws import drawn
from shanshui.accounts.equivalents import SERVICES, STANDARD_2010, equivalent_factors
from shanshui.accounts.frames import FRAMES, frame_of
from shanshui.accounts.priced import WHOLE_GROUND, priced
from shanshui.accounts.prices import deflator, price_table
from shanshui.accounts.services import FLOW
from shanshui.accounts.substance_prices import one_price
from shanshui.accounts.table_amounts import TableAmounts
from shanshui.accounts.tables import Account, Prices, Products, RegionAmounts, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import PlanError, QuantityError, nearest
from shanshui.core.said import Number, Said, columns
from shanshui.core.setting import Between, OneOf
from shanshui.region.coefficients import keyed
from shanshui.region.levels import levels_told
from shanshui.region.years import chosen_year

ASKED = "asked"
"""Attribute of an account with the choices that other frames of the same study share."""
COLUMNS = (
    "frame", "year", "category", "service", "flow", "amount", "per", "basis", "known_share", "method", "price", "price_unit", "price_year",
    "price_source",
    "status", "price_least", "price_most", "value", "counts", "share", "low", "high", "note", "note_said",
)  # fmt: skip


@assessment(source="ouyang2013", bytes_per_cell=0)
def gep(
    region_amounts: RegionAmounts,
    prices: Prices | None = None,
    biophysical: Annotated[pd.DataFrame, by_cover("ecosystem?")] | None = None,
    products: Products | None = None,
    asset_transfer: AssetTransfer | None = None,
    table_amounts: TableAmounts | None = None,
    *,
    frame: Annotated[str, OneOf(*FRAMES)] = "gep2020",
    year: Annotated[int, Between(1949, 2100)] = 2020,
    water: Annotated[str, OneOf("retained", "market")] = "retained",
    price_spread: Annotated[float, Between(0.0, 1.0)] = 0.3,
    amount_spread: Annotated[float, Between(0.0, 1.0)] = 0.2,
    draws: Annotated[int, Between(0, 1_000_000)] = 500,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
    standard_equivalent: Annotated[float, Between(0.0, 1e6)] = STANDARD_2010,
) -> Account:
    """Ecosystem account of the region under one frame.

    Parameters
    ----------
    region_amounts : table
        ``unit, flow, amount, per``; units are summed.
    prices : table, optional
        ``flow, method, price, unit, year`` of the study, above the shipped ones.
    biophysical : table, optional
        ``lucode, ecosystem``: name of each class among the equivalent factors; needed by the frame ``xie2015``.
    products : table, optional
        ``code, year, flow, amount`` of what no map gives: visits, water sold, pollutants taken out; ``excludes`` names flows that an
        amount leaves out already. Rows of the latest year not after the account's that most places have are summed over the region, of a place and
        others within it those that tell all (``summed``, by :func:`products_inside`, or by their codes); a flow that a map gives too is refused.
    asset_transfer : table, optional
        Unit values by class and service; needed by the frame ``asset_transfer``.
    table_amounts : table, optional
        ``flow, amount, per, basis`` of what steps sum from tables of places, and what it ``excludes``; a flow that a map or
        ``products`` gives too is refused.
    frame : str
        Accounting system; services outside its list do not enter.
    year : int
        Prices are carried to this year by consumer prices.
    water : str
        Which counts where the same water is retained and sold: the other is shown beside the total.
    price_spread, amount_spread : float [1]
        Half widths of the triangular distributions of prices and amounts, relative [D].
    draws : int
        Draws for the interval; 0 leaves it out.
    seed : int
        Of the draws.
    standard_equivalent : float [yuan/ha]
        Worth of one standard equivalent in 2010 prices.

    Returns
    -------
    table
        One row per flow: amount and its ``basis`` (measured, modelled, transferred), price with method, year, source and status, the range
        ``price_least, price_most`` of all prices known of it, ``value`` [yuan/yr], ``counts`` in the total or not, with the reason in
        ``note``, ``known_share`` [1] of the region's ground on which a map tells the amount (of the total: of its value, were the rest of the
        ground as what is known; missing where no map does), ``share`` of the total, ``low`` and ``high`` (5th and 95th percentile of the draws); the
        last row, ``total``, sums what
        counts. Attributes hold what was ``asked`` of water and of the standard equivalent, for accounts beside this one. ``year`` is the
        account's; ``price_year`` is missing where no price is, where money of a table is of no told year (its note says so), and in the
        total. A flow that another holds
        stands beside the total and says so: parts of a whole, one thing measured twice, oxygen of another basis than its carbon.

    Raises
    ------
    QuantityError
        Two prices of the study's own for one substance that lie three times apart, a price without a year, an amount
        in another kind of unit than its price, a flow in two units, a flow that a table names wrongly, leaves
        blank or gives beside a map, no row of the year or before, a class without an ecosystem.
    PlanError
        The frame ``xie2015`` without ``biophysical``, ``asset_transfer`` without its table.

    Notes
    -----
    ``GEP = sum_f q_f p_f`` over the flows that count: ``q`` amount of a year, ``p = p_0 prod_y (1 + i_y)`` its price carried from the
    year of its source to the account's by the change ``i`` of consumer prices [M]. Gross ecosystem product (Ouyang et al. 2013 [M]);
    lists of services by frame: guideline of 2020 and SEEA EA [M], norm of 2022 [S2], GB/T 46869-2025 (title and annexes [S2]);
    ``xie2015``: ``sum_k A_k e_kf D`` [S]. Prices of the Garze account 2010 [S], whose lines the table gives again to 3e-4 [C]. One substance
    has one price in a service: the study's own of a flow of it, else the lowest shipped one [D].
    Interval: ``GEP' = sum_f q_f p_f u_s v_f m_f``, ``u`` triangular (1 - a, 1, 1 + a)
    once a service, ``v`` (1 - b, 1, 1 + b) and ``m`` (p_least / p, 1, p_most / p), the methods, once a flow; a = 0.2, b = 0.3 [D].
    """
    system = frame_of(frame)
    amounts = _with_tables(_summed(region_amounts, table_amounts), products, year)
    if frame == "xie2015":
        rows = _equivalents(amounts, biophysical, standard_equivalent, year)
    elif frame == "asset_transfer":
        rows = _transferred(asset_transfer, year)
    else:
        table = price_table(prices)
        told, shipped = (
            priced(amounts, system, t, year, water) for t in (table, table[~table["own"]])
        )
        rows = counted_once(one_price(told, shipped), _excludes(products, table_amounts))
    out = pd.DataFrame([_noted(row) for row in rows])
    asked = {ASKED: {"water": water, "standard_equivalent": standard_equivalent}}
    if out.empty:
        none = _nothing(frame, year)
        none.attrs |= asked
        return none
    out.insert(0, "frame", frame)
    out.insert(1, "year", year)
    for column, filled in (
        ("basis", "transferred"),
        ("price_least", out["price"]),
        ("price_most", out["price"]),
        ("known_share", np.nan),
    ):
        if column not in out:
            out[column] = filled
    out = _totalled(out, price_spread, amount_spread, draws, seed)
    out.attrs |= asked
    return out


def _noted(row: dict[str, object]) -> dict[str, object]:
    """A line with what is said of it as columns."""
    said = columns("note", *row["notes"])  # type: ignore[misc]
    return {k: v for k, v in row.items() if k != "notes"} | said


def _summed(amounts: pd.DataFrame, tables: pd.DataFrame | None) -> pd.DataFrame:
    per = amounts.groupby("flow")["per"].nunique()
    if (per > 1).any():
        raise QuantityError(
            f"region_amounts: {per.index[per > 1][0]} stands in two units; convert one"
        )
    grouped = amounts.groupby("flow")
    out = pd.DataFrame(
        {"amount": grouped["amount"].sum(min_count=1), "per": grouped["per"].first()}
    )
    out["known_share"] = _known_shares(amounts)
    # products come from statistics, spread over the map
    out["basis"] = np.where(out.index == "primary_products", "measured", "modelled")
    if "price_year" in amounts:
        first, last = grouped["price_year"].min(), grouped["price_year"].max()
        if (first < last).any():
            raise QuantityError(
                "region_amounts.price_year: one flow stands in prices of two years; carry them to one"
            )
        out["price_year"] = first
    if tables is None:
        return out
    twice = sorted(set(tables["flow"]) & set(out.index))
    if twice:
        raise QuantityError(
            f"table_amounts.flow: {twice[0]} comes from a map already; leave out one of the two inputs: the same flow must not count twice"
        )
    kept = [c for c in ("amount", "per", "basis", "price_year") if c in tables]
    return pd.concat([out, tables.set_index("flow")[kept]])


def _known_shares(amounts: pd.DataFrame) -> pd.Series:
    """Share of the ground with a land cover on which the amount of each flow of a map is known; of land cover itself missing."""
    cover = amounts["flow"].str.startswith("cover_")
    if "known_km2" not in amounts or not cover.any():
        return pd.Series(dtype=float)
    known = amounts.groupby("flow")["known_km2"].sum()
    ground = float(known[known.index.str.startswith("cover_")].sum())
    share = (known[~known.index.str.startswith("cover_")] / ground).clip(upper=1.0)
    return pd.Series(share)


def known_share(rows: pd.DataFrame) -> float:
    """Share of what counts in an account that is known, were the ground of which nothing is known as that of which it is.

    Parameters
    ----------
    rows : table
        ``value, counts, known_share``.

    Returns
    -------
    float [1]
        ``sum_f V_f / sum_f (V_f / k_f)`` over the flows f that count and that a map tells, ``k`` the share of the ground where it does;
        NaN where there is none.
    """
    if "known_share" not in rows:
        return float("nan")
    mine = rows[rows["counts"].astype(bool) & rows["value"].notna() & rows["known_share"].gt(0)]
    whole = float((mine["value"] / mine["known_share"]).sum())
    return float(mine["value"].sum()) / whole if whole > 0 else float("nan")


def _with_tables(amounts: pd.DataFrame, products: pd.DataFrame | None, year: int) -> pd.DataFrame:
    """Add the flows that come as tables."""
    if products is None:
        return amounts
    for flow in products["flow"].unique():
        if flow not in FLOW:
            raise QuantityError(f"products.flow: '{flow}'; {nearest(str(flow), FLOW)}")
        if flow in amounts.index:
            raise QuantityError(
                f"products.flow: {flow} comes from a map or a step already; drop its rows, or the other's input: the same flow must not count twice"
            )
    known = products[products["year"] <= year]
    if known.empty:
        raise QuantityError(f"products.year: no rows of {year} or before")
    parts = [amounts]
    for flow, rows in products.groupby("flow"):
        parts.append(_of_table(str(flow), rows, year))
    return pd.concat(parts)


def _of_table(flow: str, rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Amount of a flow in the latest year that the account may take; missing where all its rows are of later ones."""
    known = rows[rows["year"] <= year]
    told: dict[str, object] = {"amount": np.nan, "per": FLOW[flow].per, "basis": "measured"}
    if known.empty:
        first = int(rows["year"].min())
        told["lacks"] = Said("rows_later", {"first": first, "year": year})
    else:
        chosen = known[known["year"] == chosen_year(known, "amount", f"products of {flow}")]
        if "summed" not in chosen:
            chosen = levels_told(chosen, "amount", {}, f"products of {flow}")
        if (blank := chosen["amount"].isna() & chosen["summed"].astype(bool)).any():
            row = chosen[blank].iloc[0]
            raise QuantityError(
                f"products.amount: {flow} of {row['code']} in {row['year']} is blank; give 0 where there is none, or drop the row"
            )
        if FLOW[flow].per == "yuan":
            told["price_year"] = int(chosen["year"].iloc[0])
        told["amount"] = float(chosen.loc[chosen["summed"].astype(bool), "amount"].sum())
    return pd.DataFrame([told], index=[flow])


def _excludes(
    products: pd.DataFrame | None, tables: pd.DataFrame | None
) -> dict[str, tuple[str, ...]]:
    """Flows that each flow's amounts leave out already, by all rows of its table."""
    told: dict[str, tuple[str, ...]] = {}
    for table, name in ((tables, "table_amounts"), (products, "products")):
        if table is not None and "excludes" in table:
            told |= excluded(table["flow"], table["excludes"], name)
    return told


def _equivalents(
    amounts: pd.DataFrame, biophysical: pd.DataFrame | None, standard: float, year: int
) -> list[dict[str, object]]:
    if biophysical is None:
        raise PlanError("gep.frame = xie2015: needs [inputs.biophysical] with a column ecosystem")
    table = keyed(biophysical, "biophysical")
    if "ecosystem" not in table.columns:
        raise QuantityError(
            "biophysical: no column ecosystem; it names each class among the equivalent factors"
        )
    factors = equivalent_factors()
    worth = standard * deflator(2010, year)
    rows: list[dict[str, object]] = []
    for flow in amounts.index[amounts.index.str.startswith("cover_")]:
        code = int(str(flow).removeprefix("cover_"))
        if code not in table.index:
            raise QuantityError(f"biophysical: land-cover code {code} is on the map but has no row")
        name = str(table.loc[code, "ecosystem"]).strip()
        if name not in factors.index:
            raise QuantityError(
                f"biophysical.ecosystem: code {code} holds '{name}'; {nearest(name, factors.index)}"
            )
        area = float(amounts["amount"][flow])
        for service in SERVICES:
            factor = float(factors[service][name])
            rows.append(
                {
                    "category": "equivalent", "service": service, "flow": flow, "amount": area, "per": "ha",
                    "method": "equivalent", "price": factor * worth, "price_unit": "yuan/ha", "price_year": 2010,
                    "price_source": f"Xie et al. 2015, {name}", "status": str(factors["status"][name]),
                    "value": area * factor * worth, "counts": True, "notes": [],
                }
            )  # fmt: skip
    return rows


def _transferred(transfer: pd.DataFrame | None, year: int) -> list[dict[str, object]]:
    if transfer is None:
        raise PlanError(
            "gep.frame = asset_transfer: needs [inputs.land_cover] and [inputs.biophysical] with a column ecosystem, whose biomes tell unit values"
        )
    return transferred_rows(transfer, year)


def _totalled(
    rows: pd.DataFrame, price_spread: float, amount_spread: float, draws: int, seed: int
) -> pd.DataFrame:
    counted = rows["counts"].to_numpy(bool) & np.isfinite(rows["value"])
    total = float(rows.loc[counted, "value"].sum(min_count=1))
    rows["share"] = np.where(counted & (total != 0), rows["value"] / (total or 1.0), np.nan)
    rows["low"], rows["high"] = np.nan, np.nan
    low = high = np.nan
    if draws and counted.any():
        random = np.random.default_rng(seed)
        sums, ends = np.zeros(draws), np.full((len(rows), 2), np.nan)
        # one row's draws at a time: all together would take rows x draws
        for at, factor in enumerate(drawn(rows, price_spread, amount_spread, draws, random)):
            if not np.isfinite(rows["value"].iloc[at]):
                continue
            worth = rows["value"].iloc[at] * factor
            ends[at] = np.percentile(worth, (5, 95))
            if counted[at]:
                sums += worth
        rows["low"], rows["high"] = ends.T
        low, high = (float(v) for v in np.percentile(sums, (5, 95)))
    last = {
        "frame": rows["frame"].iloc[0], "year": rows["year"].iloc[0], "category": "total", "service": "total", "flow": "total",
        "value": total, "counts": False,
        "share": 1.0 if counted.any() else np.nan, "low": low, "high": high, "known_share": known_share(rows),
        **columns("note", *_of_total(rows, bool(counted.any()))),
    }  # fmt: skip
    blank = {
        "amount": np.nan,
        "per": "",
        "method": "",
        "price": np.nan,
        "price_unit": "",
        "price_year": pd.NA,
        "price_source": "",
        "status": "",
        "basis": "",
        "price_least": np.nan,
        "price_most": np.nan,
    }
    out = pd.concat([rows, pd.DataFrame([blank | last])], ignore_index=True)[list(COLUMNS)]
    out["price_year"] = out["price_year"].astype("Int64")
    out["counts"] = out["counts"].astype(bool)
    return out


def _of_total(rows: pd.DataFrame, any_counts: bool) -> list[Said]:
    """What is said of the sum: what counts, and how much of it is known where a map has gaps."""
    if not any_counts:
        return [Said("nothing_known")]
    share = known_share(rows)
    part = (
        [Said("total_known_part", {"share": Number(share, ".1%")})] if share < WHOLE_GROUND else []
    )
    return [Said("sum_of_counted"), *part]


def _nothing(frame: str, year: int) -> pd.DataFrame:
    """Account of a study in which no flow of the frame is known."""
    row: dict[str, object] = dict.fromkeys(COLUMNS, "")
    row |= dict.fromkeys(
        (
            "amount",
            "known_share",
            "price",
            "price_least",
            "price_most",
            "value",
            "share",
            "low",
            "high",
        ),
        np.nan,
    )
    row |= {
        "frame": frame, "year": year, "category": "total", "service": "total", "flow": "total", "price_year": pd.NA, "counts": False,
    }  # fmt: skip
    row |= columns("note", Said("nothing_known"))
    return pd.DataFrame([row])[list(COLUMNS)].astype({"price_year": "Int64"})


def account_total(account: pd.DataFrame) -> float:
    """Total of an account [yuan/yr].

    Raises
    ------
    QuantityError
        Two frames in one table: their totals must not be summed.
    """
    frames = sorted(set(account["frame"]))
    if len(frames) > 1:
        raise QuantityError(
            f"account: holds the frames {' and '.join(frames)}; totals of two frames must not be mixed"
        )
    return float(account.loc[account["counts"].astype(bool), "value"].sum(min_count=1))
