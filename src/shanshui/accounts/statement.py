"""The account in words: what it is, what it is not, what is assumed, and how much of it was measured, modelled or carried over."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.frames import FRAMES
from shanshui.accounts.services import SERVICE
from shanshui.accounts.tables import Account
from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.said import Coded, Name, Number, Said, Sum, coded, english

TOPICS = ("is", "is_not", "counts", "beside", "missing", "assumed", "basis", "interval")
"""In the order of reading."""
SOLD = ("products", "water_use")
"""Groups of services that are sold, so that they stand in the product of a region."""
VISITED = ("tour",)
"""Services that visitors pay for."""
TAGS = ("S", "S2", "M", "D")
"""How prices are known: read, at second hand, from memory, our own choice."""
AccountStatement = Annotated[
    pd.DataFrame,
    Table({"topic": TEXT, "subject": TEXT, "share": "1", "text": TEXT, "text_said": TEXT}),
]
_Line = tuple[str, str, float, str, str]


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def account_statement(gep: Account) -> AccountStatement:
    """What the account says, and what it does not, in words that any language can say.

    Parameters
    ----------
    gep : table
        Account of the region.

    Returns
    -------
    table
        ``topic`` (is, is_not, counts, beside, missing, assumed, basis, interval), ``subject`` that it speaks of, ``share`` of the total [1] where a
        line has one, ``text`` in English and ``text_said``: the same as phrases and facts.

    Notes
    -----
    ``share = sum V_b / sum V`` over the lines b that count and whose amounts were measured, modelled or transferred, whose prices are of a tag, or
    of a service. Ours [D] (decisions/0030-accounts).
    """
    rows = list(_lines(gep))
    order = {topic: at for at, topic in enumerate(TOPICS)}
    rows.sort(key=lambda r: order[r[0]])
    return pd.DataFrame(rows, columns=["topic", "subject", "share", "text", "text_said"])


def _lines(gep: pd.DataFrame) -> Iterator[_Line]:
    total = gep[gep["service"] == "total"].iloc[0]
    lines = gep[gep["service"] != "total"]
    counted = lines[lines["counts"].astype(bool) & lines["value"].notna()]
    frame = FRAMES[str(total["frame"])]
    worth, year = float(total["value"]), int(total["year"])
    facts = {"frame": frame.title, "year": year, "status": frame.status}
    yield _said("is", frame.id, Said("account_is", facts))
    yield from _is_not(frame.id, counted, worth)
    if not (np.isfinite(worth) and worth > 0):
        yield _said("missing", "total", Said("account_nothing"))
        return
    for service, value in counted.groupby("service", sort=False)["value"].sum().items():
        share = float(value) / worth
        yield _said("counts", str(service), Said("account_share", _part(share)), share)
    yield from _beside(lines, worth)
    yield from _missing(frame.id, lines)
    yield from _known_how(counted, worth, year)
    if np.isfinite(total["low"]):
        low, high = float(total["low"]), float(total["high"])
        draws = {"low": Sum(low, high), "high": Sum(high, high)}
        yield _said("interval", "total", Said("account_interval", draws))


def _part(share: float) -> dict[str, Number]:
    """Share of the total as a fact."""
    return {"share": Number(share, ".1%")}


def _said(topic: str, subject: str, said: Said, share: float = np.nan) -> _Line:
    return (topic, subject, share, english(said), coded(said))


def _known_how(counted: pd.DataFrame, worth: float, year: int) -> Iterator[_Line]:
    """How amounts and prices of what counts are known."""
    for name, value in counted.groupby("basis")["value"].sum().items():
        share = float(value) / worth
        facts = _part(share) | {"basis": str(name), "how": Said(f"basis_{name}")}
        yield _said("basis", str(name), Said("account_basis", facts), share)
    for name, value in counted.groupby("status")["value"].sum().items():
        if str(name) not in TAGS:
            continue
        share = float(value) / worth
        facts = _part(share) | {"tag": str(name), "how": Said(f"tag_{name}")}
        yield _said("assumed", f"[{name}]", Said("account_tag", facts), share)
    dateless = counted[counted["price_year"].isna()]
    if len(dateless):
        share = float(dateless["value"].sum()) / worth
        said = Said("account_dateless", _part(share) | {"year": year})
        yield _said("assumed", "price_year", said, share)
    old = counted[counted["price_year"].notna() & (counted["price_year"] != year)]
    if len(old):
        share = float(old["value"].sum()) / worth
        years = [str(y) for y in sorted({int(y) for y in old["price_year"]})]
        said = Said("account_carried", _part(share) | {"years": years, "year": year})
        yield _said("assumed", "price_year", said, share)


def _is_not(frame: str, counted: pd.DataFrame, worth: float) -> Iterator[_Line]:
    """What is not to be read into it; of what is paid for it is told that it stands in the product too."""
    sold = counted["service"].map(lambda s: SERVICE[str(s)].group).isin(SOLD) | counted[
        "service"
    ].isin(VISITED)
    share = float(counted.loc[sold, "value"].sum()) / worth if worth else 0.0
    if not share > 0:
        yield _said("is_not", "income", Said("not_income"))
    else:
        paid = "not_income_by_area" if FRAMES[frame].by_area else "not_income_paid"
        yield _said("is_not", "income", Said(paid, _part(share)), share)
    yield _said("is_not", "asset", Said("not_asset"))
    yield _said("is_not", "other_frames", Said("not_other_frames"))
    if FRAMES[frame].by_area:
        yield _said("is_not", "measured", Said("not_measured"))


def _beside(lines: pd.DataFrame, worth: float) -> Iterator[_Line]:
    for row in lines[~lines["counts"].astype(bool) & lines["value"].notna()].to_dict("records"):
        share = float(row["value"]) / worth
        # an account that somebody gave has its notes in English only
        why = Coded(row["note_said"]) if row.get("note_said") else str(row["note"])
        said = Said("account_beside", _part(share) | {"why": why})
        yield _said("beside", str(row["flow"]), said, share)


def _missing(frame: str, lines: pd.DataFrame) -> Iterator[_Line]:
    """Services of the frame's list of which nothing is known here."""
    for entry in FRAMES[frame].entries:
        mine = lines[lines["service"] == entry.service]
        if not entry.counts or mine["value"].notna().any():
            continue
        if entry.service == "cp":
            said = Said("missing_coast")
        elif len(mine):
            said = Said("missing_price")
        else:
            flows = SERVICE[entry.service].flows or (entry.service,)
            said = Said("missing_flows", {"flows": [Name(flow) for flow in flows]})
        yield _said("missing", entry.service, said)
