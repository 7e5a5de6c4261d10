"""Which ecosystem supplies each service, who uses it, and what the assets behind the services are worth."""

from typing import Annotated

import pandas as pd

from shanshui.accounts.gep import account_total
from shanshui.accounts.services import SERVICE
from shanshui.accounts.tables import CountedServices, CoverAmounts, PricedFlows, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between
from shanshui.region.coefficients import keyed

AssetAccount = Annotated[
    pd.DataFrame, Table({"category": TEXT, "service": TEXT, "value": "yuan/yr", "asset": "yuan"})
]
SupplyUse = Annotated[
    pd.DataFrame, Table({"table": TEXT, "service": TEXT, "party": TEXT, "value": "yuan/yr"})
]


@assessment(source="seea2021", bytes_per_cell=0)
def asset_account(
    gep: CountedServices,
    *,
    rate: Annotated[float, Between(0.0, 1.0)] = 0.03,
    years: Annotated[int, Between(1, 1000)] = 100,
) -> AssetAccount:
    """Worth of the assets behind each service that counts: its yearly value over their life.

    Parameters
    ----------
    gep : table
        Account of the region.
    rate : float [1]
        At which later years count less; 0.03 to 0.05 [M].
    years : int [yr]
        Life of the asset, or as far as one looks [M].

    Returns
    -------
    table
        ``category, service, value`` of a year [yuan/yr], ``asset`` [yuan]; services whose value is missing are left out.

    Raises
    ------
    QuantityError
        An account of two frames.

    Notes
    -----
    ``NPV_s = sum_{t=1..T} V_s / (1 + r)^t = V_s (1 - (1 + r)^-T) / r``, and ``V_s T`` at ``r`` = 0: ``V`` the yearly value, taken as
    constant, ``r`` the rate, ``T`` the years. Asset account of SEEA EA [M]. 1 yuan a year is worth 31.599 at 3 % over 100 years [C].
    """
    account_total(gep)
    counted = gep[gep["counts"].astype(bool) & gep["value"].notna()]
    out = counted.groupby(["category", "service"], sort=False)["value"].sum().reset_index()
    life = float(years) if rate == 0 else (1.0 - (1.0 + rate) ** -years) / rate
    out["asset"] = out["value"] * life
    return out


@assessment(source="seea2021", bytes_per_cell=0)
def supply_use(
    cover_amounts: CoverAmounts,
    gep: PricedFlows,
    biophysical: Annotated[pd.DataFrame, by_cover("group?", "ecosystem?")],
) -> SupplyUse:
    """Which ecosystem supplies each service, and who uses it.

    Parameters
    ----------
    cover_amounts : table
        ``unit`` (class code + 1), ``flow, amount``.
    gep : table
        Account of the region.
    biophysical : table
        ``lucode``; ``group``, or ``ecosystem``, names what supplies.

    Returns
    -------
    table
        ``table`` (``supply`` or ``use``), ``service, party, value`` [yuan/yr]. Of each service both tables have one sum; services that no user
        is known for are used by ``not allocated``. Ecosystems whose amount is missing supply nothing that is told.

    Raises
    ------
    QuantityError
        No column that names what supplies.

    Notes
    -----
    ``S_fk = p_f q_fk``, ``U_fp = s_fp sum_k S_fk``: ``q`` amount of flow f from ecosystem k, ``p`` its price in the account, ``s`` the
    share of user p, which sums to 1 for each service. Supply and use tables of SEEA EA [M]; the shares of users are ours [D].
    """
    names = keyed(biophysical, "biophysical")
    column = next(
        (c for c in ("group", "ecosystem", "description", "lulc_desc") if c in names), None
    )
    if column is None:
        raise QuantityError("biophysical: no column group; it names the ecosystem of each class")
    priced = gep[gep["counts"].astype(bool) & gep["price"].notna()]
    rows = cover_amounts.merge(priced[["flow", "service", "price"]], on="flow")
    rows["party"] = (rows["unit"] - 1).map(names[column]).fillna("unknown")
    rows["value"] = rows["amount"] * rows["price"]
    rows = rows[rows["value"].notna()]
    supply = rows.groupby(["service", "party"], sort=True)["value"].sum().reset_index()
    used = []
    for service, total in supply.groupby("service")["value"].sum().items():
        known = SERVICE.get(str(service))
        users = (known.users if known else ()) or (("not allocated", 1.0),)
        used += [(service, party, total * share) for party, share in users]
    use = pd.DataFrame(used, columns=["service", "party", "value"])
    out = pd.concat([supply.assign(table="supply"), use.assign(table="use")], ignore_index=True)
    return out[["table", "service", "party", "value"]]
