"""Accounts of one ground under every frame, and why some of them agree."""

from typing import Annotated, Any

import pandas as pd

from shanshui.accounts.asset_transfer import AssetTransfer
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import ASKED
from shanshui.accounts.gep import gep as account_of
from shanshui.accounts.services import SERVICE
from shanshui.accounts.table_amounts import TableAmounts
from shanshui.accounts.tables import MONEY, Account, Prices, Products, RegionAmounts, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import PlanError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.said import Name, Said
from shanshui.core.said import columns as said_columns
from shanshui.region.coefficients import keyed

FrameAccounts = Annotated[
    pd.DataFrame,
    Table(
        {
            "frame": TEXT, "year": "yr", "group": TEXT, "service": TEXT, "flow": TEXT, "amount": ANY, "per": TEXT, "method": TEXT, "price": ANY,
            "value": MONEY, "counts": "1", "known_share": "1", "note": TEXT,
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
            "reason_said": TEXT,
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
        ``frame, year, group`` (what the service is about, in any frame), ``service, flow, amount, per, method, price, value`` [yuan/yr], ``counts``,
        ``known_share`` [1] of the ground and ``note``; frames that lack their table, or the column ``ecosystem`` in it, are left out.

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
        parts.append(account.assign(group=[SERVICE[str(s)].group for s in account["service"]]))
    columns = ["frame", "year", "group", "service", "flow", "amount", "per", "method", "price", "value", "counts", "known_share", "note"]  # fmt: skip
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
    numbers = {"amount", "known_share", "price", "value"}
    out = pd.DataFrame(
        {c: pd.Series(dtype="float64" if c in numbers else "object") for c in columns}
    )
    return out.astype({"year": "int64", "counts": "bool"})


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
        ``frame, total`` [yuan/yr], ``services`` that count, ``same_as`` (the first frame with the same lines), ``reason`` and ``reason_said``: what
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
        reason = [] if twin == frame else _why_same(twin, frame, frame_accounts)
        part = counted[counted["frame"] == frame]
        rows.append(
            {
                "frame": frame,
                "total": float(part["value"].sum()),
                "services": int(part["service"].nunique()),
                "same_as": "" if twin == frame else twin,
                **said_columns("reason", *reason),
            }
        )
    columns = ["frame", "total", "services", "same_as", "reason", "reason_said"]
    return pd.DataFrame(rows, columns=columns)


def _why_same(first: str, second: str, accounts: pd.DataFrame) -> list[Said]:
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
    said = []
    if apart:
        said.append(Said("frames_one_list", {"services": [Name(s, "service") for s in apart]}))
    if methods:
        said.append(Said("frames_one_price", {"services": [Name(s, "service") for s in methods]}))
    return said or [Said("frames_one")]
