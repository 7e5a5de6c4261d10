"""What stands in an account already: parts of a flow that counts whole, one thing measured twice, one thing at two prices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shanshui.accounts.carbon import O2_PER_CO2
from shanshui.accounts.services import FLOW
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.said import Name, Number, Said

PRICE_RATIO = 3.0
"""How far two prices of one substance may lie apart [1] [D]; the shipped ones of two papers are 34 and 221 times apart."""
STOICHIOMETRY = 0.05
"""How far oxygen may exceed what its carbon dioxide gives off [1] [D]."""


@dataclass(frozen=True)
class _Line:
    """Where a line stands in the account."""

    row: dict[str, Any]

    @property
    def worth(self) -> bool:
        """It has a value."""
        return bool(np.isfinite(self.row["value"]))

    def leave_out(self, why: Said) -> None:
        """The line stands beside the total."""
        self.row["counts"] = False
        self.row["notes"].append(why)


def counted_once(
    rows: list[dict[str, Any]], excludes: dict[str, tuple[str, ...]] | None = None
) -> list[dict[str, Any]]:
    """Lines of an account of which each thing counts once; those left out say by what they are counted.

    Parameters
    ----------
    rows : list of dict
        Lines with ``flow, amount, price, own, value, counts`` and ``notes``: a list of what is said of it.
    excludes : dict, optional
        Flows that the amount of a flow leaves out already, as its table says.

    Returns
    -------
    list of dict
        The same lines, changed in place.

    Raises
    ------
    QuantityError
        Two prices of the study's own for one substance that lie too far apart.
    """
    _one_price(rows)
    of = {str(r["flow"]): _Line(r) for r in rows}
    told = excludes or {}
    for flow, line in of.items():
        for whole in _ancestors(flow):
            if whole in of and of[whole].worth:
                line.leave_out(_why_part(flow, whole))
                break
        twin = FLOW[flow].same_as if flow in FLOW else ""
        if (
            twin in of
            and of[twin].worth
            and of[twin].row["counts"]
            and twin not in told.get(flow, ())
        ):
            line.leave_out(Said("holds_twin", {"twin": Name(twin), "id": twin}))
            for part in (p.flow for p in FLOW.values() if p.part_of == flow and p.flow in of):
                facts = {"flow": Name(flow), "twin": Name(twin)}
                of[part].leave_out(Said("part_holds_twin", facts))
    _one_basis(of)
    return rows


def excluded(flow: pd.Series, excludes: pd.Series, where: str) -> dict[str, tuple[str, ...]]:
    """Flows that the amount of each flow leaves out already.

    Parameters
    ----------
    flow : (row,)
        Of each row of a table.
    excludes : (row,)
        Names of flows between blanks; missing where a row says nothing.
    where : str
        Name of the table, for the message.

    Returns
    -------
    dict
        By flow: names that all of its rows have.

    Raises
    ------
    QuantityError
        A name that is no flow.
    """
    said: dict[str, tuple[str, ...]] = {}
    for name, rows in excludes.fillna("").groupby(flow):
        each = [set(str(v).split()) for v in rows]
        for other in sorted(set().union(*each)):
            if other not in FLOW:
                raise QuantityError(f"{where}.excludes: '{other}'; {nearest(other, FLOW)}")
        said[str(name)] = tuple(sorted(set.intersection(*each)))
    return said


def _ancestors(flow: str) -> list[str]:
    out = []
    while (known := FLOW.get(flow)) and known.part_of:
        flow = known.part_of
        out.append(flow)
    return out


def _why_part(flow: str, whole: str) -> Said:
    if flow == "cooling_unused":
        return Said("cooling_beyond")
    return Said("part_of_flow", {"whole": Name(whole)})


def _one_basis(of: dict[str, _Line]) -> None:
    """Oxygen that is more than its carbon gives off was taken from another basis."""
    if "o2" not in of or "co2" not in of:
        return
    oxygen, carbon = (float(of[f].row["amount"]) for f in ("o2", "co2"))
    if not (np.isfinite(oxygen) and np.isfinite(carbon)) or oxygen <= 0:
        return
    if carbon <= 0:
        of["o2"].leave_out(Said("oxygen_alone"))
        return
    ratio = oxygen / (carbon * O2_PER_CO2)
    if ratio > 1.0 + STOICHIOMETRY:
        of["o2"].leave_out(Said("oxygen_beyond", {"ratio": Number(ratio, ".3g")}))


def _one_price(rows: list[dict[str, Any]]) -> None:
    """One substance at one price: the study's own, else the lowest, which claims least."""
    for substance in dict.fromkeys(f.substance for f in FLOW.values() if f.substance):
        lines = [
            r
            for r in rows
            if str(r["flow"]) in FLOW
            and FLOW[str(r["flow"])].substance == substance
            and np.isfinite(r["price"])
        ]
        if len(lines) < 2 or _apart(lines) <= PRICE_RATIO:
            continue
        own = [r for r in lines if r["own"]]
        if len(own) > 1 and _apart(own) > PRICE_RATIO:
            raise QuantityError(
                f"prices: {' and '.join(str(r['flow']) for r in own)} are one substance, {substance}, {_far(own)} "
                f"({', '.join(format(float(r['price']), '.6g') for r in own)} {own[0]['price_unit']}); give one price of it"
            )
        # what stands beside its whole does not set the price of it
        told = {str(r["flow"]) for r in lines}
        whole = [r for r in lines if FLOW[str(r["flow"])].part_of not in told]
        base = min(own or whole, key=lambda r: float(r["price"]))
        for row in lines:
            if row is base or _apart([row, base]) <= PRICE_RATIO:
                continue
            row["notes"].append(_why_price(row, base))
            for column in (
                "price",
                "method",
                "price_year",
                "price_source",
                "status",
                "price_least",
                "price_most",
            ):
                row[column] = base[column]
            row["value"] = float(row["amount"]) * float(base["price"])


def _far(lines: list[dict[str, Any]]) -> str:
    apart = _apart(lines)
    return f"at prices {apart:.3g} times apart" if np.isfinite(apart) else "one of them for nothing"


def _why_price(row: dict[str, Any], base: dict[str, Any]) -> Said:
    own, one = float(row["price"]), float(base["price"])
    of = {"base": Name(str(base["flow"]))}
    if one == 0:
        # what the study gives for nothing is no measure of another price
        return Said("price_of_same", of | {"own": Number(own, ".6g"), "unit": row["price_unit"]})
    return Said("price_of_same_times", of | {"ratio": Number(own / one, ".3g")})


def _apart(lines: list[dict[str, Any]]) -> float:
    prices = [float(r["price"]) for r in lines]
    if min(prices) == 0:
        return 1.0 if max(prices) == 0 else np.inf
    return max(prices) / min(prices)
