"""Accounts of one ground under every frame, why some of them agree, and the way from one total to another."""

from typing import Annotated, Any

import numpy as np
import pandas as pd

from shanshui.accounts.asset_transfer import AssetTransfer
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import ASKED
from shanshui.accounts.gep import gep as account_of
from shanshui.accounts.prices import deflator
from shanshui.accounts.table_amounts import TableAmounts
from shanshui.accounts.tables import MONEY, Account, Prices, Products, RegionAmounts, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.region.coefficients import keyed

GROUP = {
    **dict.fromkeys(("agr", "for", "hus", "fis", "bio", "food", "raw_material", "raw_materials", "genetic"), "products"),
    **dict.fromkeys(("wat", "hyd", "water_supply"), "water_use"),
    **dict.fromkeys(("wr", "hydrology", "water_regulation", "water"), "water_kept"),
    **dict.fromkeys(("sr", "soil", "nutrient", "erosion_control", "soil_formation", "nutrient_cycling"), "soil"),
    "sf": "sand",
    **dict.fromkeys(("fm", "disturbance"), "flood"),
    **dict.fromkeys(("air", "wpu", "purification", "waste_treatment"), "purification"),
    **dict.fromkeys(("co2", "o2", "gas"), "carbon_oxygen"),
    **dict.fromkeys(("clim", "climate"), "climate"),
    "noise": "noise",
    **dict.fromkeys(("hab", "biodiversity", "refugia", "pest", "poll", "biological_control", "pollination", "habitat"), "habitat"),
    **dict.fromkeys(("tour", "leis", "prem", "aesthetic", "recreation", "cultural"), "culture"),
    "cp": "coast",
    "other": "other",
}  # fmt: skip
"""What a service of any frame is about, so that frames can be set beside one another."""
STEPS = ("start", "price_year", "scope_out", "method", "scope_in", "end")
"""Way from one account to another: prices of one year, what the other leaves out, another method for the same thing, what it adds."""
FrameAccounts = Annotated[
    pd.DataFrame,
    Table(
        {
            "frame": TEXT, "year": "yr", "group": TEXT, "service": TEXT, "flow": TEXT, "amount": ANY, "per": TEXT, "method": TEXT, "price": ANY,
            "value": MONEY, "counts": "1", "note": TEXT,
        }
    ),
]  # fmt: skip
FrameComparison = Annotated[
    pd.DataFrame,
    Table(
        {
            "frame": TEXT,
            "total": MONEY,
            "services": "1",
            "same_as": TEXT,
            "reason": TEXT,
            "reason_zh": TEXT,
        }
    ),
]
Bridge = Annotated[
    pd.DataFrame,
    Table({"source": TEXT, "target": TEXT, "step": TEXT, "group": TEXT, "value": "yuan", "detail": TEXT}),
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


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def frame_accounts(
    gep: Account,
    region_amounts: RegionAmounts,
    prices: Prices | None = None,
    biophysical: Annotated[pd.DataFrame, by_cover("ecosystem?")] | None = None,
    products: Products | None = None,
    asset_transfer: AssetTransfer | None = None,
    table_amounts: TableAmounts | None = None,
) -> FrameAccounts:
    """Account of the region under every frame that its data allow.

    Parameters
    ----------
    gep : table
        Account of the region, which stands under its own frame as it is; its year, its choice of water and its standard equivalent hold for
        all frames.
    region_amounts : table
        ``unit, flow, amount, per``.
    prices, biophysical, products, asset_transfer, table_amounts : table, optional
        As in :func:`shanshui.accounts.gep.gep`.

    Returns
    -------
    table
        ``frame, year, group`` (what the service is about, in any frame), ``service, flow, amount, per, method, price, value`` [yuan/yr], ``counts``
        and ``note``; frames that lack their table, or the column ``ecosystem`` in it, are left out.

    Raises
    ------
    QuantityError
        As :func:`shanshui.accounts.gep.gep` does.

    Notes
    -----
    ``V_F = sum_f q_f p_Ff`` for each frame ``F`` over what counts in it: same ``q``, other lists and prices. Groups are ours [D]
    (decisions/0030-accounts).
    """
    year, own = int(gep["year"].iloc[0]), str(gep["frame"].iloc[0])
    named = None if biophysical is None else keyed(biophysical, "biophysical")
    # a table of another model names no ecosystems: frames by area have none then
    names = biophysical if named is not None and "ecosystem" in named.columns else None
    parts = []
    for frame in FRAMES:
        # the study's own account stands as it is, with all that was set for it
        account = gep
        if frame != own:
            try:
                account = account_of(
                    region_amounts, prices, names, products, asset_transfer, table_amounts,
                    frame=frame, year=year, draws=0, **_asked(gep),
                )  # fmt: skip
            except PlanError:
                continue
        account = account[account["service"] != "total"]
        parts.append(account.assign(group=account["service"].map(GROUP)))
    columns = ["frame", "year", "group", "service", "flow", "amount", "per", "method", "price", "value", "counts", "note"]  # fmt: skip
    known = [p for p in parts if len(p)]
    if not known:
        return _no_rows(columns)
    out = pd.concat(known, ignore_index=True)[columns]
    return out.assign(counts=out["counts"].astype(bool))


def _asked(gep: pd.DataFrame) -> dict[str, Any]:
    """Choices of the study's account that hold for every frame."""
    if ASKED in gep.attrs:
        return dict(gep.attrs[ASKED])
    # a table without attributes tells by what counts in it
    kept = gep[gep["service"] == "wr"]
    sold = bool(len(kept)) and not bool(kept["counts"].any()) and bool(kept["value"].notna().any())
    return {"water": "market" if sold else "retained"}


def _no_rows(columns: list[str]) -> pd.DataFrame:
    """Table of a study in which no frame has a flow."""
    numbers = {"amount", "price", "value"}
    out = pd.DataFrame(
        {c: pd.Series(dtype="float64" if c in numbers else "object") for c in columns}
    )
    return out.astype({"year": "int64", "counts": "bool"})


def _totals(accounts: pd.DataFrame) -> pd.DataFrame:
    """Value that counts, by frame and group."""
    counted = accounts[accounts["counts"].astype(bool) & accounts["value"].notna()]
    return counted.pivot_table(index="frame", columns="group", values="value", aggfunc="sum")


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def frame_comparison(frame_accounts: FrameAccounts) -> FrameComparison:
    """Totals of the frames on this ground; frames that come to one number say why.

    Parameters
    ----------
    frame_accounts : table
        Account of the region under every frame.

    Returns
    -------
    table
        ``frame, total`` [yuan/yr], ``services`` that count, ``same_as`` (the first frame with the same lines), ``reason`` and ``reason_zh``: what
        would part them, or what they lack.

    Notes
    -----
    ``V_F = sum_f q_f p_Ff``. Two frames are the same account where each flow that counts in one counts in the other at the same price. Ours
    [D] (decisions/0030-accounts).
    """
    counted = frame_accounts[
        frame_accounts["counts"].astype(bool) & frame_accounts["value"].notna()
    ]
    lines = {
        str(f): frozenset(zip(rows["service"], rows["flow"], rows["price"].round(9), strict=True))
        for f, rows in counted.groupby("frame", sort=False)
    }
    rows: list[dict[str, object]] = []
    seen: dict[frozenset[object], str] = {}
    for frame in (f for f in FRAMES if f in lines):
        twin = seen.setdefault(lines[frame], frame)
        reason, reason_zh = ("", "") if twin == frame else _why_same(twin, frame, frame_accounts)
        part = counted[counted["frame"] == frame]
        rows.append(
            {
                "frame": frame,
                "total": float(part["value"].sum()),
                "services": int(part["service"].nunique()),
                "same_as": "" if twin == frame else twin,
                "reason": reason,
                "reason_zh": reason_zh,
            }
        )
    columns = ["frame", "total", "services", "same_as", "reason", "reason_zh"]
    return pd.DataFrame(rows, columns=columns)


def _why_same(first: str, second: str, accounts: pd.DataFrame) -> tuple[str, str]:
    """Services of the lists of two frames that would part them, were they known here."""
    listed = [{e.service for e in FRAMES[f].entries if e.counts} for f in (first, second)]
    apart = sorted((listed[0] ^ listed[1]) - {"cp"})
    methods = sorted(
        e.service
        for e in FRAMES[second].entries
        if e.counts
        and (o := FRAMES[first].entry(e.service)) is not None
        and o.counts
        and o.methods[0] != e.methods[0]
        and (accounts["service"] == e.service).any()
    )
    said, said_zh = [], []
    if apart:
        said.append(
            f"their lists differ in {', '.join(apart)} only, of which this study knows no amount"
        )
        said_zh.append(f"两框架的服务清单仅在 {'、'.join(apart)} 上不同，本研究无其实物量")
    if methods:
        said.append(
            f"they prefer another kind of price for {', '.join(methods)}, but one price is known"
        )
        said_zh.append(f"{'、'.join(methods)} 的优先定价方法不同，但仅有一种价格")
    return (
        "; ".join(said) or "their lists and prices are one on this ground",
        "；".join(said_zh) or "在本区域两框架清单与价格一致",
    )


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
        ``source, target`` (frames or published accounts), ``step``: the total of the source at the ``start``, the change of ``price_year``, services
        that the target leaves out (``scope_out``), the same thing by another ``method`` or price, services that it adds (``scope_in``), the
        total of the target at the ``end``; ``group`` of services, ``value`` [yuan], a whole number, and ``detail``. Start and steps sum to the end.

    Raises
    ------
    QuantityError
        A published account of two price years, a service that no group holds, a value that is missing.

    Notes
    -----
    ``V_B = V_A + sum_g dV_g``: ``dV_g`` of group g is ``V_Ag (P_B / P_A - 1)`` for the price year, ``-V_Ag`` where B has none of it, ``V_Bg``
    where A has none, else the difference. Rounded along the sums, so that nothing is lost. Ours [D] (decisions/0030-accounts).
    """
    sides = {
        str(f): (row.dropna(), int(_year(frame_accounts, str(f))))
        for f, row in _totals(frame_accounts).iterrows()
    }
    details = _details(frame_accounts)
    if reported_accounts is not None:
        sides |= _published(reported_accounts)
    rows: list[dict[str, object]] = []
    for source in sides:
        for target in sides:
            if source != target:
                rows += _way(source, target, sides, details)
    columns = ["source", "target", "step", "group", "value", "detail"]
    return pd.DataFrame(rows, columns=columns)


def _year(accounts: pd.DataFrame, frame: str) -> Any:
    return accounts.loc[accounts["frame"] == frame, "year"].iloc[0]


def _details(accounts: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What a group of a frame consists of."""
    counted = accounts[accounts["counts"].astype(bool) & accounts["value"].notna()]
    return {
        (str(f), str(g)): ", ".join(dict.fromkeys(rows["service"].astype(str)))
        for (f, g), rows in counted.groupby(["frame", "group"], sort=False)
    }


def _published(reported: pd.DataFrame) -> dict[str, tuple[pd.Series, int]]:
    out = {}
    for name, rows in reported.groupby("account", sort=False):
        years = sorted(set(rows["price_year"]))
        if len(years) != 1:
            raise QuantityError(
                f"reported_accounts: {name} stands in prices of {' and '.join(map(str, years))}; give one year"
            )
        strange = sorted(set(rows["service"].astype(str)) - set(GROUP))
        if strange:
            raise QuantityError(
                f"reported_accounts.service: '{strange[0]}' of {name} is of no group; known are {', '.join(sorted(GROUP))}"
            )
        if rows["value"].isna().any():
            raise QuantityError(
                f"reported_accounts.value: {name} has a service without a value; leave the row out, or give its value"
            )
        groups = rows["service"].map(GROUP)
        out[str(name)] = (rows.groupby(groups)["value"].sum(), int(years[0]))
    return out


def _way(
    source: str,
    target: str,
    sides: dict[str, tuple[pd.Series, int]],
    details: dict[tuple[str, str], str],
) -> list[dict[str, object]]:
    (a, year_a), (b, year_b) = sides[source], sides[target]
    # what an account does not name it holds in its rest, if it has one
    a, b = _folded(a, b), _folded(b, a)
    ratio = deflator(year_a, year_b)
    changes: list[tuple[str, str, float]] = []
    if year_a != year_b:
        changes += [("price_year", str(g), float(v) * (ratio - 1.0)) for g, v in a.items()]
    carried = a * ratio
    changes += [("scope_out", str(g), -float(carried[g])) for g in a.index if g not in b.index]
    changes += [("method", str(g), float(b[g] - carried[g])) for g in a.index if g in b.index]
    changes += [("scope_in", str(g), float(b[g])) for g in b.index if g not in a.index]
    start, end = round(float(a.sum())), round(float(b.sum()))
    rows = [_line(source, target, "start", "", start, f"prices of {year_a}")]
    running, told = float(a.sum()), start
    for at, (step, group, change) in enumerate(changes):
        running += change
        upto = end if at == len(changes) - 1 else round(running)
        if upto != told or step != "method":
            rows.append(
                _line(
                    source,
                    target,
                    step,
                    group,
                    upto - told,
                    _detail(step, group, source, target, details),
                )
            )
        told = upto
    return [*rows, _line(source, target, "end", "", end, f"prices of {year_b}")]


def _folded(mine: pd.Series, other: pd.Series) -> pd.Series:
    """Groups that the other account holds in its unnamed rest, put together as a rest."""
    if "other" not in other.index or "other" in mine.index:
        return mine
    named = [g for g in mine.index if g in other.index]
    rest = mine.drop(named)
    return pd.concat([mine[named], pd.Series({"other": float(rest.sum())})]) if len(rest) else mine


def _line(
    source: str, target: str, step: str, group: str, value: float, detail: str
) -> dict[str, object]:
    return {"source": source, "target": target, "step": step, "group": group, "value": float(np.round(value)), "detail": detail}  # fmt: skip


def _detail(
    step: str, group: str, source: str, target: str, details: dict[tuple[str, str], str]
) -> str:
    """Services behind a step, as each side calls them."""
    ours, theirs = details.get((source, group), ""), details.get((target, group), "")
    if step in ("price_year", "scope_out"):
        return ours
    if step == "scope_in":
        return theirs
    return ours if ours == theirs else f"{ours or group} -> {theirs or group}"
