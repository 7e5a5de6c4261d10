"""One substance at prices that do not contradict each other, and a study's own price where it was given for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from shanshui.accounts.prices import PRICE_RATIO
from shanshui.accounts.services import FLOW
from shanshui.core.errors import QuantityError
from shanshui.core.said import Name, Number, Said

PRICE_COLUMNS = (
    "price", "method", "price_year", "price_source", "status", "price_least", "price_most",
)  # fmt: skip
Row = dict[str, Any]


def one_price(rows: list[Row], shipped: Sequence[Row]) -> list[Row]:
    """Lines of an account of which each substance has one price in a service.

    Parameters
    ----------
    rows : list of dict
        Lines with ``flow, amount, price, own, value`` and ``notes`` (a list of what is said of it), at the prices of the study and the shipped ones.
    shipped : sequence of dict
        The same lines at shipped prices alone.

    Returns
    -------
    list of dict
        The same lines, changed in place, each with a note.

    Raises
    ------
    QuantityError
        Two prices of the study's own for one substance that lie too far apart.

    Notes
    -----
    Of prices more than three times apart [D] that hold for one substance, the lowest shipped one stands, which claims least. A price of the
    study's own stands above it in the service of its flow, and in no other: what it costs to clean water says nothing of what soil keeps
    unless the study says so (column ``also`` of its prices).
    """
    for substance in dict.fromkeys(f.substance for f in FLOW.values() if f.substance):
        lines = _of(substance, rows)
        own = [r for r in lines if r["own"]]
        _check_own(own, substance)
        lowest = _lowest(_of(substance, shipped))
        for row in lines:
            here = [r for r in own if _service(r) == _service(row)]
            base = min(here, key=_price) if here else lowest
            if base is None or base["flow"] == row["flow"]:
                continue
            if _apart([row, base]) > PRICE_RATIO:
                _adopt(row, base)
        for row in lines:
            _elsewhere(row, own)
    return rows


def _of(substance: str, rows: Sequence[Row]) -> list[Row]:
    return [
        r
        for r in rows
        if str(r["flow"]) in FLOW
        and FLOW[str(r["flow"])].substance == substance
        and np.isfinite(r["price"])
    ]


def _service(row: Row) -> str:
    return FLOW[str(row["flow"])].service


def _price(row: Row) -> float:
    return float(row["price"])


def _lowest(shipped: list[Row]) -> Row | None:
    """Of shipped prices; what stands beside its whole does not set the price of it."""
    told = {str(r["flow"]) for r in shipped}
    whole = [r for r in shipped if FLOW[str(r["flow"])].part_of not in told]
    return min(whole, key=_price, default=None)


def _check_own(own: list[Row], substance: str) -> None:
    if len(own) > 1 and _apart(own) > PRICE_RATIO:
        far = _apart(own)
        told = f"at prices {far:.3g} times apart" if np.isfinite(far) else "one of them for nothing"
        raise QuantityError(
            f"prices: {' and '.join(str(r['flow']) for r in own)} are one substance, {substance}, {told} "
            f"({', '.join(format(float(r['price']), '.6g') for r in own)} {own[0]['price_unit']}); give one price of it"
        )


def _adopt(row: Row, base: Row) -> None:
    own, one = _price(row), _price(base)
    of = {"base": Name(str(base["flow"]))}
    if one == 0:
        # what the study gives for nothing is no measure of another price
        told = of | {"own": Number(own, ".6g"), "unit": row["price_unit"]}
        row["notes"].append(Said("price_of_same", told))
    else:
        row["notes"].append(Said("price_of_same_times", of | {"ratio": Number(own / one, ".3g")}))
    row |= {c: base[c] for c in PRICE_COLUMNS}
    row["value"] = float(row["amount"]) * one


def _elsewhere(row: Row, own: list[Row]) -> None:
    """Tell a line that the study pays the same substance at another price in another service."""
    if any(_service(r) == _service(row) for r in own):
        return
    far = [r for r in own if _apart([row, r]) > PRICE_RATIO]
    if far:
        told = far[0]
        facts = {
            "flow": Name(str(told["flow"])),
            "price": Number(_price(told), ".6g"),
            "unit": told["price_unit"],
            "id": str(row["flow"]),
        }
        row["notes"].append(Said("price_elsewhere", facts))


def _apart(lines: list[Row]) -> float:
    prices = [_price(r) for r in lines]
    if min(prices) == 0:
        return 1.0 if max(prices) == 0 else np.inf
    return max(prices) / min(prices)
