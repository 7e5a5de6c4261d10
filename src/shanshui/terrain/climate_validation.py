"""Temperature and precipitation held against weather stations."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import spearmanr

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features
from shanshui.core.said import Said, named, together
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Elevation, Precipitation, Temperature
from shanshui.region.at_points import values_at
from shanshui.region.validation import Measure, Published, Validation, validation_table

Stations = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
LEAST = 8
"""Stations from which a bias or a rank correlation says anything [D]."""
SOURCE = named("[inputs.climate_stations]")
WARM = (-1.0, 1.0)
"""Mean departure of temperature that normals of other years may have [K] [D]."""
WET = (-0.1, 0.1)
"""Mean departure of precipitation over its mean at the stations [D]."""
RANK = 0.8
"""Rank correlation from which a map follows the stations [D]."""


@assessment(source="own_frame", bytes_per_cell=8)
def climate_validation(
    climate_stations: Stations,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    elevation: Elevation | None = None,
    published: Published | None = None,
    *,
    lapse_rate: Annotated[float, Between(0.0, 0.02)] = 0.0065,
) -> Validation:
    """Temperature and precipitation of the study beside what stations have.

    Parameters
    ----------
    climate_stations : points
        ``temperature`` [degC], ``precipitation`` [mm/yr] and ``elevation`` [m], those that it has; a yearly mean and a yearly sum,
        or twelve columns ``temperature_01`` to ``temperature_12`` (means) and ``precipitation_01`` to ``_12`` (sums).
    temperature : (y, x) [degC], optional
        Yearly mean.
    precipitation : (y, x) [mm/yr], optional
        Yearly sum.
    elevation : (y, x) [m], optional
        Of the cells; with that of a station, temperature is brought to its height.
    published : table, optional
        ``measure, statement, source, low, high``.
    lapse_rate : float, 0 to 0.02 [K/m]
        How much colder it is a metre higher.

    Returns
    -------
    table
        A row for each statement, as :func:`shanshui.basins.validation.survey_validation` has it. Measures: ``temperature_bias`` and
        ``temperature_rmse`` [K], ``precipitation_bias`` and ``precipitation_rmse`` (over the mean of the stations) [1], ``temperature_rank`` and
        ``precipitation_rank`` (rank correlation). NaN, and so unknown, where fewer than eight stations lie on known ground.

    Raises
    ------
    QuantityError
        A column of the stations that is no number; a published statement without a range.

    Notes
    -----
    ``d_i = T(cell of i) + lapse_rate (z_cell - z_i) - T_i``; ``bias = mean d_i``; ``rmse = sqrt(mean d_i^2)``; a station without a height
    keeps the temperature of its cell. Standard atmosphere 6.5 K/km [S]; ranges and our own frame [D] (decision 0023).
    """
    measures: list[Measure] = []
    for name, field in (("temperature", temperature), ("precipitation", precipitation)):
        if field is not None and (name in climate_stations or _months(name)[0] in climate_stations):
            measures += _beside(name, field, climate_stations, elevation, lapse_rate)
    return validation_table("climate", measures, published)


def _beside(
    name: str,
    field: xr.DataArray,
    stations: gpd.GeoDataFrame,
    elevation: xr.DataArray | None,
    lapse_rate: float,
) -> list[Measure]:
    theirs = _column(stations, name)
    ours = values_at(field, stations)
    warm = name == "temperature"
    moved = np.zeros(len(stations), bool)
    if warm and elevation is not None and "elevation" in stations:
        step = values_at(elevation, stations) - _column(stations, "elevation")
        moved = np.isfinite(step)
        ours = ours + np.where(moved, lapse_rate * step, 0.0)
    use = np.isfinite(ours) & np.isfinite(theirs)
    count = int(use.sum())
    note: Said | None = Said("on_ground", {"count": count, "whole": len(stations)})
    if warm:
        note = together(note, Said("brought_to_height", {"count": int((moved & use).sum())}))
    bias = rmse = rank = np.nan
    if count >= LEAST:
        off = ours[use] - theirs[use]
        over = 1.0 if warm else float(theirs[use].mean())
        if over > 0:
            bias, rmse = float(off.mean()) / over, float(np.sqrt((off**2).mean())) / over
        if np.ptp(ours[use]) > 0 and np.ptp(theirs[use]) > 0:
            rank = float(spearmanr(ours[use], theirs[use]).statistic)
    else:
        note = together(note, Said("are_needed", {"least": LEAST}))
    unit, span = ("K", WARM) if warm else ("1", WET)
    what = {"what": Said("what_temperature" if warm else "what_precipitation")}
    return [
        Measure(
            f"{name}_bias", bias, unit, "", *span, Said("stations_mean", what), SOURCE,
            note=note,
        ),
        Measure(f"{name}_rmse", rmse, unit, source=SOURCE, note=note),
        Measure(
            f"{name}_rank", rank, "1", "", RANK, 1.0, Said("stations_pattern", what), SOURCE, note=note,
        ),
    ]  # fmt: skip


def _months(name: str) -> list[str]:
    return [f"{name}_{month:02d}" for month in range(1, 13)]


def _column(stations: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    """A column; where a station has months instead, their mean, or of precipitation their sum."""
    if name not in stations:
        lacks = [month for month in _months(name) if month not in stations]
        if lacks:
            raise QuantityError(
                f"climate_stations: has {name} by month without {', '.join(lacks)}; give twelve months, or {name} of the year"
            )
        months = np.array([_column(stations, month) for month in _months(name)])
        return np.asarray(months.sum(axis=0) / (12 if name == "temperature" else 1))
    try:
        return np.asarray(pd.to_numeric(stations[name]), float)
    except (ValueError, TypeError):
        raise QuantityError(
            f"climate_stations.{name}: holds what is no number; give numbers, and leave blank what is not known"
        ) from None
