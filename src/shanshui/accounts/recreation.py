"""Value of visits where only their number is known: what visitors spend, what time residents give."""

from typing import Annotated

import pandas as pd

from shanshui.accounts.culture import WAGE_SHARE
from shanshui.accounts.prices import in_one_year, price_year_told
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ADMINISTRATIVE

KINDS = ("tourism", "leisure")
"""Visits of people from elsewhere, and of those who live nearby: also the flows that they give."""
TAKES = {"tourism": ("visits", "spending", "ecological_share"), "leisure": ("visits", "hours", "wage")}  # fmt: skip
"""Columns that each kind is reckoned from."""
Sites = Annotated[
    pd.DataFrame,
    Table(
        {
            "site": TEXT, "place": ADMINISTRATIVE, "kind": TEXT, "visits": "1/yr", "spending?": "yuan", "ecological_share?": "1",
            "hours?": "h", "wage?": "yuan/h", "year?": "yr", "*": ANY,
        }
    ),
]  # fmt: skip
Recreation = Annotated[
    pd.DataFrame,
    Table(
        {
            "site": TEXT,
            "place": ADMINISTRATIVE,
            "flow": TEXT,
            "visits": "1/yr",
            "value": "yuan/yr",
            "price_year?": "yr",
        }
    ),
]


@assessment(source="own_accounts", bytes_per_cell=0)
def recreation_value(
    recreation_sites: Sites,
    *,
    wage_share: Annotated[float, Between(0.0, 2.0)] = WAGE_SHARE,
) -> Recreation:
    """Value of visits to each site by their number: what visitors spend for nature, what time residents give it.

    Parameters
    ----------
    recreation_sites : table
        ``site, place`` (code of the county where it lies), ``kind``: ``tourism`` or ``leisure``, ``visits`` a year; of tourism ``spending``
        [yuan a visit] and ``ecological_share`` of it [1], of leisure ``hours`` a visit and ``wage`` [yuan/h]; ``year`` of what is money,
        if known: all comes out in prices of the latest.
    wage_share : float [1]
        Share of the wage at which time counts [S].

    Returns
    -------
    table
        ``site, place, flow`` (the kind), ``visits`` a year, ``value`` [yuan/yr], ``price_year`` of it, missing where the table has no year.

    Raises
    ------
    QuantityError
        Another kind, a number that its kind needs and that is missing or below 0, a share above 1, a site that stands twice in one
        kind, a year on some rows only.

    Notes
    -----
    Tourism ``V = e N s``, leisure ``V = w N h W``: ``N`` visits, ``s`` spending, ``e`` its ecological share, 0.2 to 1 by kind of place,
    ``h`` hours, ``W`` wage, ``w`` the ``wage_share`` (0.33 [S]). The short way of the guidelines [M]: food and lodging stand in gross domestic
    product already, so the share has no
    default. Columns and their checks are ours [D].
    """
    kind = recreation_sites["kind"].astype(str).str.strip().str.lower()
    if (odd := ~kind.isin(KINDS)).any():
        row = recreation_sites[odd].iloc[0]
        raise QuantityError(
            f"recreation_sites.kind: {row['site']} holds '{row['kind']}', expected {' or '.join(KINDS)}"
        )
    twice = pd.DataFrame({"site": recreation_sites["site"].astype(str), "kind": kind}).duplicated()
    if twice.any():
        raise QuantityError(
            f"recreation_sites.site: {recreation_sites['site'][twice].iloc[0]} stands twice for {kind[twice].iloc[0]}; sum the rows first"
        )
    recreation_sites, told = in_one_year(recreation_sites, ("spending", "wage"), "recreation_sites")
    value = pd.Series(float("nan"), index=recreation_sites.index)
    for name in KINDS:
        rows = recreation_sites[kind == name]
        if rows.empty:
            continue
        product = pd.Series(wage_share if name == "leisure" else 1.0, index=rows.index)
        for column in TAKES[name]:
            product = product * _numbers(rows, column, name)
        value[rows.index] = product
    out = pd.DataFrame(
        {
            "site": recreation_sites["site"].astype(str),
            "place": recreation_sites["place"].astype(object).fillna("").astype(str),
            "flow": kind,
            "visits": recreation_sites["visits"].astype(float),
            "value": value,
        }
    )
    return price_year_told(out, told)


def _numbers(rows: pd.DataFrame, column: str, kind: str) -> pd.Series:
    most = 1.0 if column == "ecological_share" else float("inf")
    if column not in rows:
        raise QuantityError(
            f"recreation_sites: no column {column}, which {kind} is reckoned from; found {', '.join(map(str, rows.columns))}"
        )
    number = pd.to_numeric(rows[column], errors="coerce")
    bad = ~((number >= 0) & (number <= most))
    if bad.any():
        raise QuantityError(
            f"recreation_sites.{column}: {rows['site'][bad].iloc[0]} ({kind}) holds '{rows[column][bad].iloc[0]}', expected "
            f"{'a share of 0 to 1' if most == 1 else 'a number, 0 or more'}"
        )
    return number
