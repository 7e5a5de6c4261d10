"""The way from the total of one account to that of another, service by service, to the yuan."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.frame_accounts import FrameAccounts
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.prices import deflator
from shanshui.accounts.services import SERVICE
from shanshui.accounts.tables import MONEY
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Table

STEPS = ("start", "price_year", "scope_out", "factor", "method", "scope_in", "end")
"""Way from one account to another: prices of one year, what the other leaves out, another unit value by the same kind of method, another
method for the same thing, what it adds."""
Bridge = Annotated[
    pd.DataFrame,
    Table(
        {
            "source": TEXT, "target": TEXT, "step": TEXT, "group": TEXT, "service": TEXT, "value": "yuan", "detail": TEXT,
        }
    ),
]  # fmt: skip
ReportedAccount = Annotated[
    pd.DataFrame,
    Table(
        {
            "account": TEXT,
            "service": TEXT,
            "value": MONEY,
            "price_year": "yr",
            "source": TEXT,
            "*": ANY,
        }
    ),
]


@dataclass(frozen=True)
class _Side:
    """An account as the way sees it: lines of ``group, service, flow, method, value``."""

    name: str
    lines: pd.DataFrame
    year: int

    @property
    def total(self) -> float:
        """What counts [yuan/yr]."""
        return float(self.lines["value"].sum())

    @property
    def by_flow(self) -> bool:
        """Its lines are flows by the names that all accounts of flows share."""
        return self.name in FRAMES and not FRAMES[self.name].by_area

    @property
    def groups(self) -> set[str]:
        """What it speaks of."""
        return {str(g) for g in self.lines["group"]}


@dataclass(frozen=True)
class _Change:
    """One step of the way."""

    step: str
    group: str
    service: str
    value: float
    detail: str = ""


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def gep_bridge(
    frame_accounts: FrameAccounts, reported_accounts: ReportedAccount | None = None
) -> Bridge:
    """Way from the total of each account to that of each other, step by step.

    Parameters
    ----------
    frame_accounts : table
        Account of the region under every frame.
    reported_accounts : table, optional
        ``account, service, value`` [yuan/yr], ``price_year, source``: accounts that others published of this ground. A service ``other`` stands
        for all that they do not name.

    Returns
    -------
    table
        ``source, target`` (frames or published accounts), ``step``: the total of the source at the ``start``, the change of ``price_year``, what the
        target leaves out (``scope_out``), another unit value by the same kind of method (``factor``), the same thing by another ``method``, what it
        adds (``scope_in``), the total of the target at the ``end``; ``group`` of services and the ``service``, empty where two accounts name
        theirs differently, ``value`` [yuan], a whole number, and ``detail``. Start and steps sum to the end.

    Raises
    ------
    QuantityError
        A published account of two price years or none, or by the name of a frame, a service that no group holds, a value that is no number.

    Notes
    -----
    ``V_B = V_A + sum_s dV_s``. Accounts of flows go flow by flow: ``V_As (P_B / P_A - 1)`` for the price year, ``-V_As`` where B does not count
    the flow, ``V_Bs`` where A does not, else the difference: a factor where both value it by one method, a method where not. Between accounts
    that name their services differently (areas, published ones) a group of services is what a flow is between the others. Rounded along the
    sums, so that nothing is lost. Ours [D] (decisions/0030-accounts).
    """
    sides = _computed(frame_accounts)
    if reported_accounts is not None:
        sides |= _published(reported_accounts)
    rows: list[dict[str, object]] = []
    for source in sides.values():
        for target in sides.values():
            if source.name != target.name:
                rows += _way(source, target)
    columns = ["source", "target", "step", "group", "service", "value", "detail"]
    return pd.DataFrame(rows, columns=columns)


def _computed(accounts: pd.DataFrame) -> dict[str, _Side]:
    """What counts under each frame."""
    counted = accounts[accounts["counts"].astype(bool) & accounts["value"].notna()]
    columns = ["group", "service", "flow", "method", "value"]
    out = {}
    for frame, rows in counted.groupby("frame", sort=True):
        year, lines = int(rows["year"].iloc[0]), rows[columns].reset_index(drop=True)
        out[str(frame)] = _Side(str(frame), lines, year)
    return out


def _published(reported: pd.DataFrame) -> dict[str, _Side]:
    out = {}
    for name, rows in reported.groupby("account", sort=False):
        if str(name) in FRAMES:
            raise QuantityError(
                f"reported_accounts.account: '{name}' is a frame of this study; give the published account another name"
            )
        told = pd.to_numeric(rows["price_year"], errors="coerce")
        years = sorted({int(y) for y in told.dropna()})
        if told.isna().any() or len(years) != 1:
            found = " and ".join(map(str, years)) or "no year"
            blank = ", and some rows tell none" if told.isna().any() and years else ""
            raise QuantityError(
                f"reported_accounts.price_year: {name} stands in prices of {found}{blank}; give one year"
            )
        strange = sorted(set(rows["service"].astype(str)) - set(SERVICE))
        if strange:
            raise QuantityError(
                f"reported_accounts.service: '{strange[0]}' of {name} is of no group; known are {', '.join(sorted(SERVICE))}"
            )
        value = pd.to_numeric(rows["value"], errors="coerce")
        if (odd := ~np.isfinite(value)).any():
            raise QuantityError(
                f"reported_accounts.value: {name} has {rows['service'][odd].iloc[0]} without a value that is a number; leave the row out, or "
                "give its value"
            )
        service = rows["service"].astype(str)
        lines = pd.DataFrame(
            {
                "group": [SERVICE[s].group for s in service], "service": service, "flow": "", "method": "reported", "value": value,
            }
        )  # fmt: skip
        out[str(name)] = _Side(str(name), lines.reset_index(drop=True), years[0])
    return out


def _way(source: _Side, target: _Side) -> list[dict[str, object]]:
    # what an account does not name it holds in its rest, if it has one
    a, b = _folded(source, target), _folded(target, source)
    ratio = deflator(source.year, target.year)
    changes = []
    if source.year != target.year:
        changes = [
            _Change("price_year", str(r["group"]), str(r["service"]), r["value"] * (ratio - 1.0), str(r["flow"]))
            for r in _joined(a.lines, ["group", "service"]).to_dict("records")
        ]  # fmt: skip
    carried = a.lines.assign(value=a.lines["value"] * ratio)
    found = _by_flow(carried, b.lines) if a.by_flow and b.by_flow else _by_group(carried, b.lines)
    changes += sorted(found, key=lambda c: STEPS.index(c.step))
    start, end = round(a.total), round(b.total)
    rows = [_row(source, target, _Change("start", "", "", start, f"prices of {source.year}"))]
    running, told = a.total, start
    for at, change in enumerate(changes):
        running += change.value
        upto = end if at == len(changes) - 1 else round(running)
        # the same by the same is no step; the last one takes what rounding left
        if upto != told or change.step not in ("method", "factor"):
            rows.append(_row(source, target, change, upto - told))
        told = upto
    return [*rows, _row(source, target, _Change("end", "", "", end, f"prices of {target.year}"))]


def _joined(lines: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Value, flows, services and methods of lines that a step puts together, in the order of the account."""
    together = lines.assign(name=lines["service"]).groupby(by, sort=False, as_index=False)
    return together.agg(
        value=("value", "sum"),
        flow=("flow", lambda f: ", ".join(dict.fromkeys(v for v in map(str, f) if v))),
        names=("name", lambda f: ", ".join(dict.fromkeys(map(str, f)))),
        method=("method", lambda m: ", ".join(sorted(set(map(str, m))))),
    )


def _by_flow(a: pd.DataFrame, b: pd.DataFrame) -> list[_Change]:
    """Flow by flow, which both accounts call by one name."""
    mine, its = (
        {(str(r["group"]), str(r["service"]), str(r["flow"])): r for r in lines.to_dict("records")}
        for lines in (a, b)
    )
    out = []
    for key in dict.fromkeys([*mine, *its]):
        group, service, flow = key
        if key not in its:
            out.append(_Change("scope_out", group, service, -float(mine[key]["value"]), flow))
            continue
        worth = float(its[key]["value"])
        if key not in mine:
            out.append(_Change("scope_in", group, service, worth, flow))
            continue
        ways = [str(side[key]["method"]) for side in (mine, its)]
        same = ways[0] == ways[1]
        detail = flow if same else f"{flow}: {ways[0]} -> {ways[1]}"
        change = worth - float(mine[key]["value"])
        out.append(_Change("factor" if same else "method", group, service, change, detail))
    return out


def _by_group(a: pd.DataFrame, b: pd.DataFrame) -> list[_Change]:
    """Group by group, where two accounts call their services differently."""
    mine, its = (_joined(lines, ["group"]).set_index("group") for lines in (a, b))
    out = []
    for group in [*mine.index, *(g for g in its.index if g not in mine.index)]:
        name = str(group)
        if group not in its.index:
            out.append(_Change("scope_out", name, "", -float(mine["value"][group]), str(mine["names"][group])))  # fmt: skip
        elif group not in mine.index:
            out.append(_Change("scope_in", name, "", float(its["value"][group]), str(its["names"][group])))  # fmt: skip
        else:
            step = "factor" if mine["method"][group] == its["method"][group] else "method"
            ours, theirs = str(mine["names"][group]), str(its["names"][group])
            detail = ours if ours == theirs else f"{ours} -> {theirs}"
            change = float(its["value"][group]) - float(mine["value"][group])
            out.append(_Change(step, name, "", change, detail))
    return out


def _folded(mine: _Side, other: _Side) -> _Side:
    """Groups that the other account holds in its unnamed rest, put together as a rest."""
    if "other" not in other.groups or "other" in mine.groups:
        return mine
    named = mine.lines["group"].isin(other.groups)
    lines = mine.lines.assign(group=mine.lines["group"].where(named, "other"))
    return _Side(mine.name, lines, mine.year)


def _row(
    source: _Side, target: _Side, change: _Change, value: float | None = None
) -> dict[str, object]:
    worth = change.value if value is None else value
    return {
        "source": source.name, "target": target.name, "step": change.step, "group": change.group, "service": change.service,
        "value": float(np.round(worth)), "detail": change.detail,
    }  # fmt: skip
