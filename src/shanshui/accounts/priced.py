"""Lines of an account: amounts at the prices that its frame allows, what counts, and why the rest does not."""

import numpy as np
import pandas as pd

from shanshui.accounts.frames import Entry, Frame
from shanshui.accounts.prices import Price, price_of
from shanshui.accounts.services import SERVICE

WATER_SERVICES = ("wat", "hyd")
_Said = tuple[str, str]
"""In English and in Chinese."""


def priced(
    amounts: pd.DataFrame, system: Frame, table: pd.DataFrame, year: int, water: str
) -> list[dict[str, object]]:
    """Lines of an account under a frame, in its order.

    Parameters
    ----------
    amounts : table
        Index ``flow``; ``amount, per, basis``; ``price_year`` of what is money, ``lacks`` and ``lacks_zh`` of what is not known, if told.
    system : Frame
        Services, their methods, what counts.
    table : table
        Of :func:`shanshui.accounts.prices.price_table`.
    year : int
        Of the account.
    water : str
        Which counts where the same water is retained and sold.

    Returns
    -------
    list of dict
        A line a flow that the frame lists and the study has.
    """
    sold = any(f in amounts.index for s in WATER_SERVICES for f in SERVICE[s].flows)
    # water that is not known to be retained cannot be counted as such
    held = any(
        f in amounts.index and np.isfinite(amounts["amount"][f]) for f in SERVICE["wr"].flows
    )
    rows: list[dict[str, object]] = []
    for entry in system.entries:
        counts, said = entry.counts, (entry.why, entry.why_zh)
        if (water == "market" or not held) and sold:
            if entry.service in WATER_SERVICES:
                counts, said = True, ("", "")
            elif held and water == "market" and entry.service == "wr":
                counts, said = False, ("the same water is counted as sold", "同一水量已按出售计入")
        rows += [
            _line(amounts, flow, entry, table, year, counts, said)
            for flow in SERVICE[entry.service].flows
            if flow in amounts.index
        ]
    return rows


def _line(
    amounts: pd.DataFrame,
    flow: str,
    entry: Entry,
    table: pd.DataFrame,
    year: int,
    counts: bool,
    said: _Said,
) -> dict[str, object]:
    amount, per = float(amounts["amount"][flow]), str(amounts["per"][flow])
    told = _year_of(amounts, flow)
    price = price_of(flow, per, entry.methods, year, table, told)
    row: dict[str, object] = {
        "category": SERVICE[entry.service].category,
        "service": entry.service,
        "flow": flow,
        "amount": amount,
        "per": per,
        "basis": str(amounts["basis"][flow]),
    }
    if price is None:
        return row | {
            "method": "", "price": np.nan, "price_least": np.nan, "price_most": np.nan, "own": False, "price_unit": "",
            "price_year": pd.NA, "price_source": "", "status": "", "value": np.nan, "counts": False,
            "note": f"no price by {' or '.join(entry.methods)} is known: add one in [inputs.prices]",
            "note_zh": "无可用价格：请在 [inputs.prices] 中补充",
        }  # fmt: skip
    known = bool(np.isfinite(amount))
    dateless = per.split("/")[0] == "yuan" and told is None
    note, note_zh = _together(
        said if known else _lacks(amounts, flow),
        _passed_over(flow, entry.methods, table),
        _dateless(year) if dateless and known else ("", ""),
    )
    return row | _of_price(price, dateless) | {
        "value": amount * price.amount, "counts": counts and known, "note": note, "note_zh": note_zh,
    }  # fmt: skip


def _of_price(price: Price, dateless: bool) -> dict[str, object]:
    return {
        "method": price.method, "price": price.amount, "price_unit": price.unit, "price_year": pd.NA if dateless else price.year,
        "price_source": price.source, "status": price.status, "price_least": price.least, "price_most": price.most, "own": price.own,
    }  # fmt: skip


def _together(*said: _Said) -> _Said:
    return "; ".join(s for s, _ in said if s), "；".join(s for _, s in said if s)


def _year_of(amounts: pd.DataFrame, flow: str) -> int | None:
    """Year of the prices in which an amount of money stands, if its table tells one."""
    told = amounts["price_year"][flow] if "price_year" in amounts else pd.NA
    return None if pd.isna(told) else int(told)


def _dateless(year: int) -> _Said:
    return (
        f"its table tells no year of its prices: taken as those of {year}",
        f"表中未注明价格年份，按 {year} 年价格计",
    )


def _lacks(amounts: pd.DataFrame, flow: str) -> _Said:
    """Why an amount is not known."""
    said, said_zh = "its amount is not known", "实物量未知"
    if "lacks" in amounts and isinstance(amounts["lacks"][flow], str):
        return f"{said}: {amounts['lacks'][flow]}", f"{said_zh}：{amounts['lacks_zh'][flow]}"
    return said, said_zh


def _passed_over(flow: str, methods: tuple[str, ...], table: pd.DataFrame) -> _Said:
    """What the study pays by a method that the frame does not allow."""
    own = table[table["own"] & (table["flow"] == flow)]
    left = sorted(set(own["method"].astype(str)) - set(methods))
    if not left or own["method"].isin(methods).any():
        return "", ""
    return (
        f"the study's own price by {' and '.join(left)} is not allowed in this frame, which takes {', '.join(methods)}",
        f"本框架不采用研究自定的 {'、'.join(left)} 价格（可用：{'、'.join(methods)}）",
    )
