"""Rain events of each month as maps: of one table for the whole region, or of a table by climate zone."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.recharge import by_month
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Table
from shanshui.core.vocabulary import AnyLayers, Codes, Elevation
from shanshui.region.coefficients import laid, present_codes
from shanshui.region.grid import like

MOST = 31.0
"""Rain events that a month can have: one a day."""
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@assessment(source="invest_guide", bytes_per_cell=48)
def rain_days(
    elevation: Elevation,
    rain_events: Annotated[pd.DataFrame, Table({"month": "1", "events": "1", "*": ANY})],
) -> AnyLayers:
    """Rain events of each month, the same everywhere.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground whose grid they are laid on.
    rain_events : table
        ``month`` (1 to 12) and ``events``.

    Returns
    -------
    layers
        Twelve grids [1], January first.

    Raises
    ------
    QuantityError
        A month that lacks or stands twice, a number of events that is none or above 31.

    Notes
    -----
    ``n_m`` of the table in every cell, as the seasonal model of InVEST takes it [S].
    """
    events = by_month(rain_events, "events", "rain_events", MOST)
    return xr.Dataset(
        {
            name: like(elevation, np.full(elevation.shape, number, np.float32), "1")
            for name, number in zip(NAMES, events, strict=True)
        }
    )


@assessment(source="invest_guide", bytes_per_cell=48)
def rain_days_by_zone(
    climate_zones: Codes,
    climate_zone_events: Annotated[pd.DataFrame, Table({"cz_id": "1", "*": ANY})],
) -> AnyLayers:
    """Rain events of each month by climate zone.

    Parameters
    ----------
    climate_zones : (y, x) [1]
        Numbers of zones.
    climate_zone_events : table
        ``cz_id`` and a column of events for each of ``jan`` to ``dec``.

    Returns
    -------
    layers
        Twelve grids [1], January first; NaN where the zone is missing.

    Raises
    ------
    QuantityError
        A zone of the map without a row or with two, a month without a column, a number of events that is none or above 31.

    Notes
    -----
    ``n_m`` of the cell's zone, as the seasonal model of InVEST takes it [S].
    """
    frame = climate_zone_events
    lacks = [c for c in NAMES if c not in frame.columns]
    if lacks:
        raise QuantityError(
            f"climate_zone_events: no column {', '.join(lacks)}; found {', '.join(map(str, frame.columns))}"
        )
    zones = pd.to_numeric(frame["cz_id"], errors="coerce")
    if zones.isna().any() or (zones != np.floor(zones)).any() or zones.duplicated().any():
        raise QuantityError(
            "climate_zone_events.cz_id: expected the number of each zone, whole and once; "
            f"found {', '.join(map(str, frame['cz_id']))[:80]}"
        )
    frame = frame.set_index(zones.astype("int64"))
    here = present_codes(climate_zones)
    missing = [code for code in here if code not in frame.index]
    if missing:
        raise QuantityError(
            f"climate_zone_events: zone {', '.join(map(str, missing[:8]))} is on the map but has no row; add it, or declare it as nodata"
        )
    out = {}
    for name in NAMES:
        numbers = pd.to_numeric(frame.loc[here, name], errors="coerce")
        bad = ~((numbers >= 0.0) & (numbers <= MOST))
        if bad.any():
            raise QuantityError(
                f"climate_zone_events.{name}: zone {numbers.index[bad][0]} holds '{frame.loc[here, name][bad].iloc[0]}', "
                f"expected a number from 0 to {MOST:g}"
            )
        out[name] = like(climate_zones, laid(climate_zones, numbers), "1")
    return xr.Dataset(out)
