"""Lines of an account: amounts at the prices that its frame allows, what counts, and why the rest does not."""

import numpy as np
import pandas as pd

from shanshui.accounts.frames import Entry, Frame
from shanshui.accounts.prices import Price, price_of
from shanshui.accounts.services import SERVICE
from shanshui.core.said import Number, Said

WATER_SERVICES = ("wat", "hyd")
WHOLE_GROUND = 0.99
"""Share of the ground with a value from which an amount is the region's: the rest is edges that do not meet [D]."""


def priced(
    amounts: pd.DataFrame, system: Frame, table: pd.DataFrame, year: int, water: str
) -> list[dict[str, object]]:
    """Lines of an account under a frame, in its order.

    Parameters
    ----------
    amounts : table
        Index ``flow``; ``amount, per, basis``; ``known_share`` of the ground, ``price_year`` of what is money, ``lacks`` (said) of what is not
        known, if told.
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
        A line a flow that the frame lists and the study has; ``notes`` is a list of what is said of it.
    """
    sold = any(f in amounts.index for s in WATER_SERVICES for f in SERVICE[s].flows)
    # water that is not known to be retained cannot be counted as such
    held = any(
        f in amounts.index and np.isfinite(amounts["amount"][f]) for f in SERVICE["wr"].flows
    )
    rows: list[dict[str, object]] = []
    for entry in system.entries:
        counts, said = entry.counts, entry.why
        if (water == "market" or not held) and sold:
            if entry.service in WATER_SERVICES:
                counts, said = True, None
            elif held and water == "market" and entry.service == "wr":
                counts, said = False, Said("water_sold")
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
    said: Said | None,
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
        "known_share": float(amounts["known_share"][flow]) if "known_share" in amounts else np.nan,
    }
    if price is None:
        return row | {
            "method": "", "price": np.nan, "price_least": np.nan, "price_most": np.nan, "own": False, "price_unit": "",
            "price_year": pd.NA, "price_source": "", "status": "", "value": np.nan, "counts": False,
            "notes": [Said("price_lacks", {"methods": " / ".join(entry.methods)})],
        }  # fmt: skip
    known = bool(np.isfinite(amount))
    dateless = per.split("/")[0] == "yuan" and told is None
    notes = [
        said if known else _lacks(amounts, flow),
        _passed_over(flow, entry.methods, table),
        _of_several(flow, price, entry.methods, table),
        Said("price_dateless", {"year": year}) if dateless and known else None,
        _known_part(float(str(row["known_share"]))) if known else None,
    ]
    return row | _of_price(price, dateless) | {
        "value": amount * price.amount, "counts": counts and known, "notes": [note for note in notes if note is not None],
    }  # fmt: skip


def _known_part(share: float) -> Said | None:
    """On how much of the ground an amount is known, where it is not all of it."""
    return (
        Said("amount_known_part", {"share": Number(share, ".1%")}) if share < WHOLE_GROUND else None
    )


def _of_price(price: Price, dateless: bool) -> dict[str, object]:
    return {
        "method": price.method, "price": price.amount, "price_unit": price.unit, "price_year": pd.NA if dateless else price.year,
        "price_source": price.source, "status": price.status, "price_least": price.least, "price_most": price.most, "own": price.own,
    }  # fmt: skip


def _year_of(amounts: pd.DataFrame, flow: str) -> int | None:
    """Year of the prices in which an amount of money stands, if its table tells one."""
    told = amounts["price_year"][flow] if "price_year" in amounts else pd.NA
    return None if pd.isna(told) else int(told)


def _lacks(amounts: pd.DataFrame, flow: str) -> Said:
    """Why an amount is not known."""
    if "lacks" in amounts and isinstance(amounts["lacks"][flow], Said):
        return Said("amount_unknown_for", {"why": amounts["lacks"][flow]})
    return Said("amount_unknown")


def _of_several(
    flow: str, price: Price, methods: tuple[str, ...], table: pd.DataFrame
) -> Said | None:
    """Which of several methods by which the study pays a flow stands."""
    own = table[table["own"] & (table["flow"] == flow) & table["method"].isin(methods)]
    left = sorted(set(own["method"].astype(str)) - {price.method})
    if not price.own or not left:
        return None
    return Said("price_of_methods", {"method": price.method, "left": left})


def _passed_over(flow: str, methods: tuple[str, ...], table: pd.DataFrame) -> Said | None:
    """What the study pays by a method that the frame does not allow."""
    own = table[table["own"] & (table["flow"] == flow)]
    left = sorted(set(own["method"].astype(str)) - set(methods))
    if not left or own["method"].isin(methods).any():
        return None
    return Said("price_not_allowed", {"left": left, "methods": methods})
