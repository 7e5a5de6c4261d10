"""Prices with year and source; no price stands inside a formula."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.services import FLOW
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.shipped import shipped_text
from shanshui.core.units import conversion

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

MAP_PRICES = 2020
"""Year in whose prices maps of money stand: a map cannot tell the year of its table [D]."""
COLUMNS = ("flow", "method", "price", "unit", "year")
PRICE_RATIO = 3.0
"""How far two prices of one flow or substance may lie apart [1] [D]; the shipped ones of two papers are 34 and 221 times apart."""
METHOD_RATIO = 100.0
"""How far two own prices of one flow by different methods may lie apart [1] [D]: those of carbon lie 13 times apart, further off is a unit."""
METHODS = ("market", "rent", "avoided_cost", "replacement", "equivalent", "reported")
"""Market price, resource rent, cost avoided, cost of replacing, equivalent factor, value as reported elsewhere."""


@dataclass(frozen=True)
class Price:
    """What one unit of a flow is worth in the account year.

    Attributes
    ----------
    amount : float
        In ``unit``, carried to the account year.
    unit : str
        Yuan per unit of the flow.
    method : str
        How it was found.
    year : int
        Of the price as it stands in its source.
    source : str
        Where it stands.
    status : str
        Tag of the source: S read, S2 second-hand, M from memory, D own choice.
    least, most : float
        Range of all prices known of the flow, by any method that is allowed, in ``unit`` and the account year.
    own : bool
        The study gives it.
    """

    amount: float
    unit: str
    method: str
    year: int
    source: str
    status: str
    least: float
    most: float
    own: bool


@cache
def _frame(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


def _shipped() -> pd.DataFrame:
    return _frame(shipped_text("accounts/prices.csv"))


def price_source(source: str, voice: "Voice") -> str:
    """Where a price stands, in a language as far as the shipped table has it.

    Parameters
    ----------
    source : str
        As accounts have it.
    voice : Voice
        Of the language.
    """
    rows = _shipped()
    own = rows.loc[rows["source"] == source, voice.column(rows, "source")].dropna()
    return voice(source) if own.empty else str(own.iloc[0])


def price_table(own: pd.DataFrame | None = None) -> pd.DataFrame:
    """Prices that are shipped, with a user's own above them.

    Parameters
    ----------
    own : table, optional
        ``flow, method, price, unit, year``; ``source, status`` if known; ``also``, names of other flows that a price holds for.

    Returns
    -------
    DataFrame
        Checked; own rows first, marked by ``own``.

    Raises
    ------
    QuantityError
        A column missing, a price without a whole year, negative or not a finite number, an unknown method, a flow that no account knows or that
        is told in money, two prices of one flow, method and year.
    """
    shipped = _shipped().drop(columns="source_zh").assign(own=False)
    if own is None:
        return shipped
    missing = [c for c in COLUMNS if c not in own.columns]
    if missing:
        raise QuantityError(
            f"prices: no column {', '.join(missing)}; found {', '.join(map(str, own.columns))}; a price needs {', '.join(COLUMNS)}"
        )
    frame = own.assign(
        price=pd.to_numeric(own["price"], errors="coerce"),
        year=pd.to_numeric(own["year"], errors="coerce"),
    )
    for column, words, sound in (
        (
            "year",
            "a whole year: prices of different years cannot be summed",
            frame["year"] % 1 == 0,
        ),
        ("price", "a finite number, 0 or more", frame["price"] < np.inf),
    ):
        bad = ~((frame[column] >= 0) & sound)
        if bad.any():
            found = own[column][bad].iloc[0]
            told = "nothing" if pd.isna(found) else f"'{found}'"
            raise QuantityError(
                f"prices.{column}: row {int(np.flatnonzero(bad)[0]) + 2} ({frame['flow'][bad].iloc[0]}) holds "
                f"{told}, expected {words}"
            )
    for method in frame["method"]:
        if method not in METHODS:
            raise QuantityError(f"prices.method: '{method}'; {nearest(str(method), METHODS)}")
    frame = _with_others(frame)
    _check_flows(frame)
    for column in ("source", "status"):
        given = frame[column] if column in frame else pd.Series(index=frame.index, dtype=object)
        frame[column] = given.astype(object).where(given.notna(), "given by the study")
    frame["year"] = frame["year"].astype("int64")
    frame["own"] = True
    return pd.concat([frame[list(shipped.columns)], shipped], ignore_index=True)


def _with_others(own: pd.DataFrame) -> pd.DataFrame:
    """A row more for each further flow that a price of the study is said to hold for."""
    if "also" not in own:
        return own
    more = own.assign(flow=own["also"].fillna("").astype(str).str.split()).explode("flow")
    return pd.concat([own, more[more["flow"].notna()]], ignore_index=True)


def _check_flows(own: pd.DataFrame) -> None:
    """Each price of the study is of a flow that an account prices, and there is one of it by each method in a year."""
    for flow in own["flow"].astype(str):
        if flow not in FLOW:
            raise QuantityError(f"prices.flow: '{flow}'; {nearest(flow, FLOW)}")
        if FLOW[flow].per == "yuan":
            raise QuantityError(
                f"prices.flow: {flow} is told in yuan, so a price of it says nothing; change its amount, or drop the row"
            )
    if (twice := own.duplicated(["flow", "method", "year"])).any():
        row = own[twice].iloc[0]
        raise QuantityError(
            f"prices: {row['flow']} ({row['method']}) stands twice for {int(row['year'])}; keep the row that holds"
        )


def deflator(start: int, end: int) -> float:
    """Factor that carries prices from one year to another by consumer prices of China [M].

    Raises
    ------
    QuantityError
        A year for which no index is known.
    """
    index = _frame(shipped_text("accounts/consumer_prices.csv")).set_index("year")
    change = index["change_percent"]
    low, high = min(start, end), max(start, end)
    first, last = int(change.index.min()) - 1, int(change.index.max())
    if low < first or high > last:
        raise QuantityError(
            f"prices: from {start} to {end}: consumer prices are known from {first} to {last}; give prices of a year within"
        )
    factor = float(np.prod(1.0 + change.loc[low + 1 : high].to_numpy() / 100.0))
    return factor if end >= start else 1.0 / factor


def in_one_year(
    rows: pd.DataFrame, columns: Sequence[str], where: str, last: int | None = None
) -> tuple[pd.DataFrame, int | None]:
    """Money of several years in prices of one.

    Parameters
    ----------
    rows : table
        Columns of money, and ``year`` of their prices if it is known.
    columns : sequence of str
        Columns of money.
    where : str
        Name of the table, for the message.
    last : int, optional [yr]
        Year of the prices that come out; by default the latest of the rows.

    Returns
    -------
    table, int or None
        The rows, and the year of their prices: None where no row tells one.

    Raises
    ------
    QuantityError
        Rows with and rows without a year, a year for which no index is known.
    """
    if "year" not in rows or rows["year"].isna().all():
        return rows, None
    told = pd.to_numeric(rows["year"], errors="coerce")
    if told.isna().any():
        raise QuantityError(
            f"{where}.year: row {int(np.flatnonzero(told.isna())[0]) + 2} holds none and others do; prices of different years cannot be summed"
        )
    end = int(told.max()) if last is None else last
    factor = told.map({y: deflator(int(y), end) for y in told.unique()})
    return rows.assign(**{c: rows[c] * factor for c in columns if c in rows}), end


def price_year_told(rows: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Rows with the ``price_year`` of their money, missing where none is told."""
    told = pd.Series(pd.NA if year is None else year, index=rows.index, dtype="Int64")
    return rows.assign(price_year=told)


def price_of(
    flow: str,
    unit: str,
    methods: Sequence[str],
    year: int,
    table: pd.DataFrame,
    money_year: int | None = None,
) -> Price | None:
    """Price of a flow: the study's own before a shipped one, then by the first method that is allowed and known.

    Parameters
    ----------
    flow : str
        What flows.
    unit : str
        Unit of its amount.
    methods : sequence of str
        Allowed, the preferred first.
    year : int
        Of the account.
    table : DataFrame
        Of ``price_table``.
    money_year : int, optional [yr]
        Of an amount that is money already: its prices are carried to the account's. None takes it as it stands.

    Returns
    -------
    Price or None
        None where no allowed price is known. Of several of the study's own by one method that of the year nearest to the account's, of two
        as near the later; of shipped ones the first of their table.

    Raises
    ------
    QuantityError
        A price per another kind of unit, or two of the study's own by different methods more than :data:`METHOD_RATIO` apart.
    """
    if unit.split("/")[0] == "yuan":
        carried = 1.0 if money_year is None else deflator(money_year, year)
        told = year if money_year is None else money_year
        return Price(carried, "1", "market", told, "value as given", "", carried, carried, False)
    rows = table[(table["flow"] == flow) & table["method"].isin(methods)]
    if rows.empty:
        return None
    per = f"yuan/{unit.split('/')[0]}"
    each = np.array(
        [
            float(r["price"]) * _same_unit(r, per) * deflator(int(r["year"]), year)
            for r in rows.to_dict("records")
        ]
    )
    own = rows["own"].to_numpy(bool)
    rank = rows["method"].map({m: k for k, m in enumerate(methods)}).to_numpy()
    years = rows["year"].to_numpy(np.int64)
    # shipped rows stand in the order of their sources, what is read before what is remembered
    apart, order = np.where(own, np.abs(years - year), 0), np.where(own, -years, 0)
    at = int(np.lexsort((order, apart, rank, ~own))[0])
    row = rows.iloc[at]
    if row["own"]:
        _refuse_apart(flow, rows[own], each[own], per)
    # what the study gives is not doubted by what is shipped
    known = each[own] if row["own"] else each
    return Price(
        float(each[at]), per, str(row["method"]), int(row["year"]), str(row["source"]), str(row["status"]),
        float(known.min()), float(known.max()), bool(row["own"]),
    )  # fmt: skip


def _refuse_apart(flow: str, rows: pd.DataFrame, each: NDArray[np.float64], per: str) -> None:
    """Refuse prices of one flow by two methods that cannot both hold."""
    by = pd.Series(each).groupby(rows["method"].astype(str).to_numpy()).agg(["min", "max"])
    for one, other in permutations(by.index, 2):
        low, high = float(by["min"][one]), float(by["max"][other])
        if high > METHOD_RATIO * low:
            times = f"{high / low:.3g} times apart" if low > 0 else "one of them for nothing"
            raise QuantityError(
                f"prices: {flow} has two prices of the study's own, {low:.6g} ({one}) and {high:.6g} ({other}) {per}, {times}; "
                "keep the one that holds, or look at the units"
            )


def _same_unit(row: Mapping[Hashable, object], per: str) -> float:
    """Factor from a price's unit to that of the account."""
    try:
        factor, _ = conversion(str(row["unit"]), per)
    except QuantityError as error:
        told = row["unit"] if isinstance(row["unit"], str) else "no unit"
        raise QuantityError(
            f"prices.unit: {row['flow']} ({row['method']}, {row['year']}) stands in {told}, the account in {per}; "
            "an account has one currency and each flow one kind of unit: convert the price"
        ) from error
    return factor
