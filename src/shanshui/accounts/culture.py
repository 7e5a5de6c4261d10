"""What visitors gain from nature, by what they pay and give up to get there."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.prices import in_one_year, price_year_told
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ADMINISTRATIVE

WAGE_SHARE = 0.33
"""Share of the wage at which time on the way counts [S]."""
LEAST_ZONES = 3
"""Zones of origin that a demand curve needs: two always lie on a line [D]."""
LEAST_FALL = 1e-6
"""Fall of the logarithm of the rate of visits over all zones below which it is flat but for rounding [D]."""
NUMBERS = ("visits", "population", "travel", "hours", "wage", "spending")
Visits = Annotated[
    pd.DataFrame,
    Table(
        {
            "site": TEXT, "place?": ADMINISTRATIVE, "zone": ADMINISTRATIVE, "visits": "1/yr", "population": "person",
            "travel": "yuan", "hours": "h", "wage": "yuan/h",
            "spending": "yuan", "year?": "yr", "*": ANY,
        }
    ),
]  # fmt: skip
VisitValues = Annotated[
    pd.DataFrame,
    Table(
        {
            "site": TEXT,
            "place?": ADMINISTRATIVE,
            "visits": "1/yr",
            "exchange": "yuan/yr",
            "surplus": "yuan/yr",
            "cost_response": "1/yuan",
            "price_year?": "yr",
        }
    ),
]


@assessment(source="clawson1959", bytes_per_cell=0)
def travel_cost(
    visits: Visits,
    *,
    wage_share: Annotated[float, Between(0.0, 2.0)] = WAGE_SHARE,
    ecological_share: Annotated[float, Between(0.0, 1.0)] = 1.0,
) -> VisitValues:
    """Value of visits to each site by zonal travel cost.

    Parameters
    ----------
    visits : table
        ``site, zone`` (of origin), ``visits`` a year, ``population`` of the zone, ``travel`` (yuan a visit), ``hours`` on the way,
        ``wage`` (yuan an hour), ``spending`` (yuan a visit, on the spot); ``place``, if known: code of the county where the site lies, and
        ``year`` of what is money: all comes out in prices of the latest.
    wage_share : float [1]
        Share of the wage at which time counts.
    ecological_share : float [1]
        Share of cost and spending owed to nature, 0.2 to 1 by kind of place: food and lodging stand in gross domestic product already.

    Returns
    -------
    table
        ``site, place`` (empty where not told), ``visits`` a year, ``exchange``: what is paid and given up, ``surplus``: what visitors
        would pay beyond it [yuan/yr], ``cost_response`` of the demand curve [1/yuan]. Surplus and response are missing where fewer than
        three zones send visitors, or where visits do not fall with cost. ``price_year`` of what is money, missing where the table has
        no year. Frames of exchange values leave the surplus out.

    Raises
    ------
    QuantityError
        A number that is missing or below 0, a zone without people, a zone that stands twice for a site, a site in two places,
        a year on some rows only.

    Notes
    -----
    ``c_z = travel_z + w hours_z wage_z`` [yuan a visit]; ``exchange = e sum_z N_z (c_z + spending_z)``; the curve
    ``ln(N_z / P_z) = a - b c_z`` is fitted by least squares over zones with visitors, and ``surplus = sum_z N_z / b``.
    ``N`` visits, ``P`` people, ``w`` the ``wage_share`` (0.33 [S]), ``e`` the ``ecological_share``. Zonal travel cost after Clawson [M].
    """
    _check(visits)
    visits, told = in_one_year(visits, ("travel", "wage", "spending"), "visits")
    rows = []
    for site, zones in visits.groupby("site", sort=True):
        cost = zones["travel"] + zones["hours"] * zones["wage"] * wage_share
        paid = float((zones["visits"] * (cost + zones["spending"])).sum())
        surplus, response = _surplus(zones, cost)
        rows.append(
            (
                str(site),
                _place(zones),
                float(zones["visits"].sum()),
                ecological_share * paid,
                surplus,
                response,
            )
        )
    columns = ["site", "place", "visits", "exchange", "surplus", "cost_response"]
    return price_year_told(pd.DataFrame(rows, columns=columns), told)


def _place(zones: pd.DataFrame) -> str:
    """Where a site lies, as all of its rows that tell it say."""
    if "place" not in zones:
        return ""
    told = {c for c in zones["place"].fillna("").astype(str).str.strip() if c}
    if len(told) > 1:
        raise QuantityError(
            f"visits.place: {zones['site'].iloc[0]} lies in {' and in '.join(sorted(told))}; give one place"
        )
    return next(iter(told), "")


def _check(visits: pd.DataFrame) -> None:
    for column in NUMBERS:
        numbers = pd.to_numeric(visits[column], errors="coerce")
        bad = ~(numbers > 0) if column == "population" else ~(numbers >= 0)
        if bad.any():
            row = visits[bad].iloc[0]
            raise QuantityError(
                f"visits.{column}: zone {row['zone']} of {row['site']} holds '{row[column]}', expected a number, "
                f"{'above 0' if column == 'population' else '0 or more'}; fill it or drop the row"
            )
    twice = visits.duplicated(["site", "zone"])
    if twice.any():
        row = visits[twice].iloc[0]
        raise QuantityError(
            f"visits.zone: {row['zone']} stands twice for {row['site']}; sum the rows first"
        )


def _surplus(zones: pd.DataFrame, cost: pd.Series) -> tuple[float, float]:
    """Consumers' surplus, and how visits fall with cost; both missing where no curve can be told."""
    sends = zones["visits"] > 0
    if int(sends.sum()) < LEAST_ZONES or cost[sends].nunique() < 2:
        return float("nan"), float("nan")
    rate = np.log(zones["visits"][sends] / zones["population"][sends])
    slope = float(np.polyfit(cost[sends], rate, 1)[0])
    if -slope * float(np.ptp(cost[sends])) < LEAST_FALL:
        return float("nan"), float("nan")
    return float(zones["visits"].sum() / -slope), -slope
