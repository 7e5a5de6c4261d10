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

TOPICS = ("is", "is_not", "counts", "beside", "missing", "assumed", "basis", "interval")
"""In the order of reading."""
BASES = {
    "measured": ("from statistics or surveys", "来自统计或调查"),
    "modelled": ("computed from maps by a model", "由地图模型计算"),
    "transferred": ("carried over from other ground", "由他处单价转移"),
}
"""How the amount of a flow is known."""
SOLD = ("products", "water_use")
"""Groups of services that are sold, so that they stand in the product of a region."""
VISITED = ("tour",)
"""Services that visitors pay for."""
UNITS = ((1e9, "billion"), (1e6, "million"), (1.0, ""))
UNITS_ZH = ((1e8, "亿"), (1e4, "万"), (1.0, ""))
"""In which sums are told, the greatest first."""
TAGS = {
    "S": ("read in its source", "已核对原文"),
    "S2": ("at second hand", "转引"),
    "M": ("from memory", "凭记忆"),
    "D": ("our own choice", "自定"),
}
"""How prices are known."""
AccountStatement = Annotated[
    pd.DataFrame,
    Table({"topic": TEXT, "subject": TEXT, "share": "1", "text": TEXT, "text_zh": TEXT}),
]
_Line = tuple[str, str, float, str, str]


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def account_statement(gep: Account) -> AccountStatement:
    """What the account says, and what it does not, in words of both languages.

    Parameters
    ----------
    gep : table
        Account of the region.

    Returns
    -------
    table
        ``topic`` (is, is_not, counts, beside, missing, assumed, basis, interval), ``subject`` that it speaks of, ``share`` of the total [1] where a
        line has one, ``text, text_zh``.

    Notes
    -----
    ``share = sum V_b / sum V`` over the lines b that count and whose amounts were measured, modelled or transferred, whose prices are of a tag, or
    of a service. Ours [D] (decisions/0030-accounts).
    """
    rows = list(_lines(gep))
    order = {topic: at for at, topic in enumerate(TOPICS)}
    rows.sort(key=lambda r: order[r[0]])
    return pd.DataFrame(rows, columns=["topic", "subject", "share", "text", "text_zh"])


def _lines(gep: pd.DataFrame) -> Iterator[_Line]:
    total = gep[gep["service"] == "total"].iloc[0]
    lines = gep[gep["service"] != "total"]
    counted = lines[lines["counts"].astype(bool) & lines["value"].notna()]
    frame = FRAMES[str(total["frame"])]
    worth, year = float(total["value"]), int(total["year"])
    yield _said(
        "is", frame.id,
        f"a year's account under {frame.title}, in prices of {year}; status of its text here: {frame.status}",
        f"按《{frame.title_zh}》核算的年度账户，{year}年价格；文本状态：{frame.status}",
    )  # fmt: skip
    yield from _is_not(frame.id, counted, worth)
    if not (np.isfinite(worth) and worth > 0):
        yield _said(
            "missing", "total", "no flow of this frame is known, so nothing is valued", "本框架内无已知实物量，故无价值量",
        )  # fmt: skip
        return
    for service, value in counted.groupby("service", sort=False)["value"].sum().items():
        share = float(value) / worth
        yield _said(
            "counts", str(service), f"{share:.1%} of the total", f"占总值 {share:.1%}", share
        )
    yield from _beside(lines, worth)
    yield from _missing(frame.id, lines)
    yield from _known_how(counted, worth, year)
    if np.isfinite(total["low"]):
        low, high = float(total["low"]), float(total["high"])
        yield _said(
            "interval", "total",
            f"nine of ten draws of price, amount and method lie between {_money(low, high, UNITS)} and {_money(high, high, UNITS)} yuan",
            f"价格、实物量与方法抽样的九成落在 {_money(low, high, UNITS_ZH)}至 {_money(high, high, UNITS_ZH)}元之间",
        )  # fmt: skip


def _money(value: float, most: float, units: tuple[tuple[float, str], ...]) -> str:
    """A sum in three figures, in the unit that its greatest neighbour asks for."""
    size, name = next((u for u in units if abs(most) >= u[0]), units[-1])
    figure = float(f"{value / size:.3g}")
    return f"{figure:,.10g} {name}".rstrip()


def _said(topic: str, subject: str, text: str, text_zh: str, share: float = np.nan) -> _Line:
    return (topic, subject, share, text, text_zh)


def _known_how(counted: pd.DataFrame, worth: float, year: int) -> Iterator[_Line]:
    """How amounts and prices of what counts are known."""
    for name, value in counted.groupby("basis")["value"].sum().items():
        share = float(value) / worth
        said, said_zh = BASES[str(name)]
        yield _said(
            "basis", str(name), f"amounts of {share:.1%} of the total are {name}: {said}", f"总值的 {share:.1%}，其实物量{said_zh}", share,
        )  # fmt: skip
    for name, value in counted.groupby("status")["value"].sum().items():
        if str(name) not in TAGS:
            continue
        share = float(value) / worth
        said, said_zh = TAGS[str(name)]
        yield _said(
            "assumed", f"[{name}]", f"prices of {share:.1%} of the total are {said} [{name}]", f"总值的 {share:.1%}，其价格{said_zh} [{name}]", share,
        )  # fmt: skip
    dateless = counted[counted["price_year"].isna()]
    if len(dateless):
        share = float(dateless["value"].sum()) / worth
        yield _said(
            "assumed", "price_year",
            f"{share:.1%} of the total comes from tables of money that tell no year of their prices: taken as those of {year}",
            f"总值的 {share:.1%} 来自未注明价格年份的表，按 {year} 年价格计", share,
        )  # fmt: skip
    old = counted[counted["price_year"].notna() & (counted["price_year"] != year)]
    if len(old):
        share = float(old["value"].sum()) / worth
        years = sorted({int(y) for y in old["price_year"]})
        yield _said(
            "assumed", "price_year",
            f"prices of {share:.1%} of the total stand in those of {', '.join(map(str, years))}, carried to {year} by consumer prices of China",
            f"总值的 {share:.1%} 采用 {'、'.join(map(str, years))} 年价格，按中国居民消费价格指数折算至 {year} 年",
            share,
        )  # fmt: skip


def _is_not(frame: str, counted: pd.DataFrame, worth: float) -> Iterator[_Line]:
    """What is not to be read into it; of what is paid for it is told that it stands in the product too."""
    sold = counted["service"].map(lambda s: SERVICE[str(s)].group).isin(SOLD) | counted[
        "service"
    ].isin(VISITED)
    share = float(counted.loc[sold, "value"].sum()) / worth if worth else 0.0
    if not share > 0:
        yield _said(
            "is_not", "income", "no income and no part of gross domestic product: nobody was paid it", "不是收入，也不是国内生产总值的一部分",
        )  # fmt: skip
    elif FRAMES[frame].by_area:
        yield _said(
            "is_not", "income",
            f"no income and no sum to add to gross domestic product: {share:.1%} of the total stands for food, materials and water, "
            "which are sold and stand in it already; for the rest nobody was paid",
            f"不可与国内生产总值相加：总值的 {share:.1%} 为食物、原料与水，已在市场出售并计入生产总值；其余部分无人支付", share,
        )  # fmt: skip
    else:
        yield _said(
            "is_not", "income",
            f"no income and no sum to add to gross domestic product: {share:.1%} of the total (products, water, power, tourism) is paid for "
            "and stands in it already; for the rest nobody was paid",
            f"不可与国内生产总值相加：总值的 {share:.1%}（物质产品、供水、水电、旅游）有人支付并已计入生产总值；其余部分无人支付", share,
        )  # fmt: skip
    yield _said(
        "is_not", "asset", "a flow of one year, not the worth of the land or of its nature", "是年流量，不是土地或自然资产的价值",
    )  # fmt: skip
    yield _said(
        "is_not", "other_frames", "not to be set beside a total of another frame without the bridge between them",
        "未经框架换算，不可与其他框架的总值直接比较",
    )  # fmt: skip
    if FRAMES[frame].by_area:
        yield _said(
            "is_not", "measured", "nothing in it was measured here but areas of land cover", "除土地覆被面积外，均非本地实测",
        )  # fmt: skip


def _beside(lines: pd.DataFrame, worth: float) -> Iterator[_Line]:
    for row in lines[~lines["counts"].astype(bool) & lines["value"].notna()].to_dict("records"):
        share = float(row["value"]) / worth
        yield _said(
            "beside", str(row["flow"]), f"worth {share:.1%} of the total, left out of it: {row['note']}",
            f"相当于总值的 {share:.1%}，未计入：{row['note_zh']}", share,
        )  # fmt: skip


def _missing(frame: str, lines: pd.DataFrame) -> Iterator[_Line]:
    """Services of the frame's list of which nothing is known here."""
    for entry in FRAMES[frame].entries:
        mine = lines[lines["service"] == entry.service]
        if not entry.counts or mine["value"].notna().any():
            continue
        if entry.service == "cp":
            yield _said(
                "missing",
                "cp",
                "protection of coasts: no coast, or no amount of it",
                "海岸带防护：无海岸或无实物量",
            )
        elif len(mine):
            yield _said(
                "missing", entry.service, "its amount or its price is not known", "实物量或价格未知"
            )
        else:
            flows = ", ".join(SERVICE[entry.service].flows) or entry.service
            yield _said(
                "missing", entry.service, f"no amount of {flows} is known: it is not in the total, which is no zero",
                f"无 {flows} 的实物量：未计入总值，并非为零",
            )  # fmt: skip
