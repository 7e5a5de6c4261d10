"""Pollutants that land and water take out: what is emitted where the standard holds, what they can take elsewhere."""

from typing import Annotated

import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import ADMINISTRATIVE

AMOUNTS = ("emitted_t", "capacity_t", "purified_t")
Emissions = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": ADMINISTRATIVE,
            "pollutant": TEXT,
            "emitted_t": "t/yr",
            "meets_standard": "1",
            "excludes?": TEXT,
            "*": ANY,
        }
    ),
]
Capacity = Annotated[
    pd.DataFrame,
    Table({"code": ADMINISTRATIVE, "pollutant": TEXT, "capacity_t": "t/yr", "*": ANY}),
]
Purified = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("=emissions"), "pollutant": TEXT, **dict.fromkeys(AMOUNTS, "t/yr"), "excludes?": TEXT,
        }
    ),
]  # fmt: skip


@assessment(source="gep_garze2017", bytes_per_cell=0)
def purification(emissions: Emissions, purification_capacity: Capacity | None = None) -> Purified:
    """Amount of each pollutant purified in each place.

    Parameters
    ----------
    emissions : table
        ``code, pollutant, emitted_t`` a year, ``meets_standard`` (1 where the ambient quality of that pollutant there meets its standard, else 0);
        ``excludes``, if the table has it: flows of the account that the amount leaves out already, such as ``nitrogen_kept``.
    purification_capacity : table, optional
        ``code, pollutant, capacity_t``: what the ecosystems of the place can take in a year. No default stands: published rates differ tenfold.

    Returns
    -------
    table
        ``code, pollutant, emitted_t, capacity_t, purified_t`` [t/yr]: the emission where the standard is met, else the capacity, never
        above the emission; ``excludes`` as the table of emissions has it.

    Raises
    ------
    QuantityError
        A pollutant beyond its standard without a capacity, an amount that is missing or below 0, a standard that is neither 0 nor 1,
        a pollutant that stands twice for a place.

    Notes
    -----
    ``Q = E`` where the standard is met, else ``Q = min(E, C)``: ``E`` emission, ``C`` capacity [t/yr]. Rule of the Garze account and of
    the guideline behind it [S]: where the standard holds, land and water have taken all that was emitted.
    """
    _check(emissions, "emissions", "emitted_t")
    meets = pd.to_numeric(emissions["meets_standard"], errors="coerce")
    if (odd := ~meets.isin((0, 1))).any():
        row = emissions[odd].iloc[0]
        raise QuantityError(
            f"emissions.meets_standard: {row['pollutant']} in {row['code']} holds '{row['meets_standard']}', expected 1 or 0"
        )
    # one table may hold codes as numbers, the other as texts
    rows = emissions.assign(meets_standard=meets, code=emissions["code"].astype(str))
    if purification_capacity is None:
        rows["capacity_t"] = float("nan")
    else:
        _check(purification_capacity, "purification_capacity", "capacity_t")
        takes = purification_capacity[["code", "pollutant", "capacity_t"]].astype({"code": str})
        rows = rows.drop(columns="capacity_t", errors="ignore").merge(
            takes, on=["code", "pollutant"], how="left"
        )
    over = rows["meets_standard"] == 0
    lacks = over & rows["capacity_t"].isna()
    if lacks.any():
        first = rows[lacks].iloc[0]
        raise QuantityError(
            f"purification_capacity: none for {first['pollutant']} in {first['code']}, which is beyond its standard; add a row"
        )
    least = rows[["emitted_t", "capacity_t"]].min(axis=1)
    out = rows.assign(purified_t=rows["emitted_t"].where(~over, least))
    out = out[["code", "pollutant", *AMOUNTS, *(c for c in ("excludes",) if c in out)]]
    return pd.DataFrame(out)


def _check(table: pd.DataFrame, name: str, amount: str) -> None:
    bad = ~(pd.to_numeric(table[amount], errors="coerce") >= 0)
    if bad.any():
        row = table[bad].iloc[0]
        raise QuantityError(
            f"{name}.{amount}: {row['pollutant']} in {row['code']} holds '{row[amount]}', expected t a year, 0 or more; fill it or drop the row"
        )
    if (twice := table.duplicated(["code", "pollutant"])).any():
        row = table[twice].iloc[0]
        raise QuantityError(
            f"{name}: {row['pollutant']} stands twice in {row['code']}; keep one row"
        )
