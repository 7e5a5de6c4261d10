"""Recharge by the seasons: what rain leaves after quick flow and plants, with what comes from the slope above."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.hillslope import ROUTINGS, hillslope
from shanshui.accounts.seasonal_yield import MONTHS, monthly_quick_flow, twelve
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Layers, Table
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import AnyLayers, Codes, Elevation
from shanshui.kernels.recharge import recharged
from shanshui.region.coefficients import ByCover, present_codes
from shanshui.region.grid import STRIP, grid_of, stacked

UNITS = {
    "precipitation": "mm/yr",
    "curve_number": "1",
    "quick_flow": "mm/yr",
    "evapotranspiration": "mm/yr",
    "recharge": "mm/yr",
    "available_recharge": "mm/yr",
    "recharge_from_above": "mm/yr",
    "stream": "1",
}
SOIL_GROUPS = {1: "cn_a", 2: "cn_b", 3: "cn_c", 4: "cn_d"}
"""Column of curve numbers of each hydrologic group of soils."""
CROPS = tuple(f"kc_{m + 1}" for m in range(MONTHS))
SeasonalRecharge = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
MonthlyAlpha = Annotated[pd.DataFrame, Table({"month": "1", "alpha": "1", "*": ANY})]


@assessment(source="invest_guide", bytes_per_cell=240)
def seasonal_recharge(
    elevation: Elevation,
    monthly_precipitation: AnyLayers,
    monthly_evapotranspiration: AnyLayers,
    monthly_rain_days: AnyLayers,
    soil_group: Codes,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover(*SOIL_GROUPS.values(), *CROPS)],
    monthly_alpha: MonthlyAlpha | None = None,
    *,
    threshold_flow_accumulation: Annotated[float, Between(1.0, 1e9)] = 1000.0,
    alpha: Annotated[float, Between(0.0, 1.0)] = 1.0 / 12.0,
    beta: Annotated[float, Between(0.0, 1.0)] = 1.0,
    gamma: Annotated[float, Between(0.0, 1.0)] = 1.0,
    from_above: Annotated[str, OneOf("mean", "sum")] = "mean",
    routing: Annotated[str, OneOf(*ROUTINGS)] = "mfd",
) -> SeasonalRecharge:
    """Water of a year that neither runs off at once nor evaporates, with what plants take of recharge from above.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; depressions are filled.
    monthly_precipitation, monthly_evapotranspiration : layers
        Twelve grids each [mm], January first: rain, and evaporation of the reference crop.
    monthly_rain_days : layers
        Twelve grids: rain events of each month.
    soil_group : (y, x) [1]
        Hydrologic group of the soil: 1 to 4 for A to D.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode``, curve numbers ``cn_a`` to ``cn_d`` in [1, 100], crop coefficients ``kc_1`` to ``kc_12``.
    monthly_alpha : table, optional
        ``month, alpha``: share of the year's recharge from above that plants can reach in each month, instead of ``alpha``.
    threshold_flow_accumulation : float [cell]
        Cells above a cell from which it is a stream; there all rain is quick flow.
    alpha : float [1]
        Share of the year's recharge from above that plants can reach in a month.
    beta : float [1]
        Share of it that they may use.
    gamma : float [1]
        Share of a cell's recharge that cells below can have.
    from_above : str
        The reference model takes the ``mean`` of what the cells above hold, weighted by the shares in which they give; ``sum`` adds their
        shares, as its guide prints.
    routing : str
        ``mfd``: water is shared among all lower neighbours; ``d8``: it takes the steepest way.

    Returns
    -------
    layers
        ``precipitation``, ``quick_flow``, ``evapotranspiration`` and ``recharge`` (below 0 where plants use more than falls), of which the
        first is the sum; ``available_recharge`` for cells below, ``recharge_from_above`` [mm/yr]; ``curve_number``, ``stream`` [1]. NaN
        where an input is missing; a missing cell gives nothing to those below.

    Raises
    ------
    QuantityError
        Not twelve grids or months, a code without a row, a curve number outside [1, 100], a group of soils other than 1 to 4, a share outside [0, 1].

    Notes
    -----
    ``L = P - QF - AET``, ``AET = sum_m min(kc_m ET0_m, P_m - QF_m + alpha_m beta S)``, ``A = min(gamma L, L)``, ``S_i = sum_j w_ji (A_j + S_j) /
    sum_j w_ji`` over the cells j above that give shares w: ``L`` recharge, ``P`` rain, ``QF`` quick flow by curve number (see
    ``quick_flow``), ``S`` recharge from above, ``A`` what cells below can have [mm]. Seasonal water yield of InVEST [S], which spreads
    the mean where its guide prints the sum; defaults are its own. A cell of 100 mm a month after quick flow, 120 mm of demand, and 120 mm
    from above (alpha 1/12, beta 1): AET = 12 x 110 mm, L = -120 mm [C].
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    rain, demand, days = (
        twelve(layers, name)
        for layers, name in (
            (monthly_precipitation, "monthly_precipitation"),
            (monthly_evapotranspiration, "monthly_evapotranspiration"),
            (monthly_rain_days, "monthly_rain_days"),
        )
    )
    curve = curve_numbers(table, soil_group)
    crops = [table.column(name, high=5.0) for name in CROPS]
    way = hillslope(
        elevation.values, np.isfinite(elevation.values), grid_of(elevation).cell_m,
        threshold_flow_accumulation, routing=routing,
    )  # fmt: skip
    # nothing soaks in on a stream, whatever soil the map shows there
    holds = np.where(way.stream == 1, np.float32(100), curve)
    shape, size = elevation.shape, elevation.size
    want, free = (np.empty((size, MONTHS), np.float32) for _ in range(2))
    # where no ground is known nobody knows whether a stream is
    quick = np.where(way.stream == 255, np.float32(np.nan), np.float32(0))
    fell = quick.copy()
    for month in range(MONTHS):
        want[:, month] = (table.laid(crops[month]) * demand[month].values).ravel()
        for start, stop in grid_of(elevation).strips(STRIP):
            p, n = rain[month].values[start:stop], days[month].values[start:stop]
            flow = monthly_quick_flow(p, n, holds[start:stop]).astype(np.float32)
            quick[start:stop] += flow
            fell[start:stop] += p
            free[start * shape[1] : stop * shape[1], month] = (p - flow).ravel()
    out = {name: np.empty(size, np.float32) for name in list(UNITS)[3:7]}
    recharged(
        way.order, way.code, want, free, _alphas(monthly_alpha, alpha), float(beta), float(gamma),
        from_above == "mean", *out.values(),
    )  # fmt: skip
    stream = np.where(way.stream == 255, np.float32(np.nan), way.stream).astype(np.float32)
    layers = {"precipitation": fell, "curve_number": curve, "quick_flow": quick}
    layers |= {name: values.reshape(shape) for name, values in out.items()}
    return stacked(elevation, layers | {"stream": stream}, UNITS)


def curve_numbers(
    table: ByCover, soil_group: xr.DataArray, *, low: float = 1.0
) -> NDArray[np.float32]:
    """Curve number of each cell by its class and group of soils.

    Parameters
    ----------
    table : ByCover
        ``cn_a`` to ``cn_d`` from ``low`` to 100.
    soil_group : (y, x) [1]
        1 to 4 for A to D.
    low : float [1]
        Least number that may stand.

    Returns
    -------
    (y, x) [1]
        NaN where the class or the group is missing.

    Raises
    ------
    QuantityError
        Another group, a number that is missing or out of range.
    """
    strange = [code for code in present_codes(soil_group) if code not in SOIL_GROUPS]
    if strange:
        raise QuantityError(
            f"soil_group: holds {', '.join(map(str, strange[:8]))}, expected 1 to 4 for the groups A to D; name other numbers as nodata"
        )
    curve = np.full(soil_group.shape, np.nan, np.float32)
    for code in present_codes(soil_group):
        here = soil_group.values == code
        curve[here] = table.grid(SOIL_GROUPS[code], low=low, high=100.0)[here]
    return curve


def _alphas(table: pd.DataFrame | None, alpha: float) -> NDArray[np.float64]:
    """Share of each month, January first."""
    if table is None:
        return np.full(MONTHS, float(alpha))
    return by_month(table, "alpha", "monthly_alpha", 1.0)


def by_month(table: pd.DataFrame, column: str, name: str, high: float) -> NDArray[np.float64]:
    """Numbers of twelve months, January first.

    Parameters
    ----------
    table : table
        ``month`` (1 to 12, each once) and the column.
    column : str
        Of the numbers.
    name : str
        The table, for messages.
    high : float
        Greatest number.

    Returns
    -------
    (12,) array
        From 0 to ``high``.

    Raises
    ------
    QuantityError
        A month that lacks or stands twice, a number out of range.
    """
    months = pd.to_numeric(table["month"], errors="coerce")
    if sorted(months.dropna().tolist()) != list(range(1, MONTHS + 1)) or months.isna().any():
        raise QuantityError(
            f"{name}.month: found {', '.join(map(str, table['month']))[:80]}; expected 1 to 12, each once"
        )
    numbers = (
        pd.to_numeric(table[column], errors="coerce").set_axis(months.astype(int)).sort_index()
    )
    bad = ~((numbers >= 0.0) & (numbers <= high))
    if bad.any():
        raise QuantityError(
            f"{name}.{column}: month {numbers.index[bad][0]} holds {numbers[bad].iloc[0]}, expected a number from 0 to {high:g}"
        )
    return numbers.to_numpy(float)
