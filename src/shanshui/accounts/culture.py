"""What visitors and residents gain from nature: travel cost, simple spending, leisure."""

import numpy as np
import pandas as pd

from shanshui.core.errors import QuantityError

WAGE_SHARE = 0.33
"""Share of the wage at which time on the way counts [S]."""


def travel_cost(
    zones: pd.DataFrame, *, wage_share: float = WAGE_SHARE, surplus: bool = False
) -> dict[str, float]:
    """Value of visits by zonal travel cost.

    Parameters
    ----------
    zones : table
        ``visits, population, travel`` (yuan a visit), ``hours, wage`` (yuan an hour), ``spending`` (yuan a visit) per zone of origin.
    wage_share : float [1]
        Share of the wage at which time counts.
    surplus : bool
        Add the consumers' surplus visits/b of ln(visits/population) = a - b cost; exchange-value frames leave it out.

    Returns
    -------
    dict
        ``exchange`` and ``surplus`` [yuan], and ``b`` of the curve.

    Raises
    ------
    QuantityError
        Fewer than three zones, or a curve that rises with cost.
    """
    cost = zones["travel"] + zones["hours"] * zones["wage"] * wage_share
    exchange = float((zones["visits"] * (cost + zones["spending"])).sum())
    if not surplus:
        return {"exchange": exchange, "surplus": 0.0, "b": float("nan")}
    if len(zones) < 3:
        raise QuantityError(f"zones: {len(zones)} zones; a demand curve needs three")
    slope, _ = np.polyfit(cost, np.log(zones["visits"] / zones["population"]), 1)
    if slope >= 0:
        raise QuantityError(
            "zones: visits do not fall with cost; the curve has no surplus: look at the zones, or leave surplus out"
        )
    return {
        "exchange": exchange,
        "surplus": float(zones["visits"].sum() / -slope),
        "b": float(-slope),
    }


def tourism(visits: float, spending: float, ecological_share: float) -> float:
    """Value [yuan] of visits by mean spending [yuan] and the share [1] owed to nature, 0.2 to 1 by kind of place.

    Revenue holds food and lodging that are gross domestic product already: the share takes them out and is kept with the result.
    """
    return visits * spending * ecological_share
