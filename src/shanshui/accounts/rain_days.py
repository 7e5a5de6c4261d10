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


@assessment(source="invest_guide", bytes_per_cell=48, any_of=("rain_events", "climate_zone_events"))
def rain_days(
    elevation: Elevation,
    rain_events: Annotated[pd.DataFrame, Table({"month": "1", "events": "1", "*": ANY})]
    | None = None,
    climate_zones: Codes | None = None,
    climate_zone_events: Annotated[pd.DataFrame, Table({"cz_id": "1", "*": ANY})] | None = None,
) -> AnyLayers:
    """Rain events of each month: by climate zone, or the same everywhere.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground whose grid they are laid on.
    rain_events : table, optional
        ``month`` (1 to 12) and ``events``.
    climate_zones : (y, x) [1], optional
        Numbers of zones.
    climate_zone_events : table, optional
        ``cz_id`` and a column of events for each of ``jan`` to ``dec``; with it and the zones the other table does not count.

    Returns
    -------
    layers
        Twelve grids [1], January first, in [0, 31]; NaN where the zone is missing.

    Raises
    ------
    QuantityError
        Neither table, or events by zone without the zones; a month or a zone of the map that lacks or stands twice; a number of events that is
        none or above 31.

    Notes
    -----
    ``n_m(x) = events[zone(x), m]``, or ``n_m = events[m]`` everywhere, as the seasonal model of InVEST takes them [S].
    """
    if climate_zones is not None and climate_zone_events is not None:
        return _by_zone(climate_zones, climate_zone_events)
    if rain_events is None:
        raise QuantityError(
            "climate_zone_events: events by zone, but no climate_zones; give the map of zones, or rain_events for all"
        )
    events = by_month(rain_events, "events", "rain_events", MOST)
    return xr.Dataset(
        {
            name: like(elevation, np.full(elevation.shape, number, np.float32), "1")
            for name, number in zip(NAMES, events, strict=True)
        }
    )


def _by_zone(zones: xr.DataArray, frame: pd.DataFrame) -> xr.Dataset:
    lacks = [c for c in NAMES if c not in frame.columns]
    if lacks:
        raise QuantityError(
            f"climate_zone_events: no column {', '.join(lacks)}; found {', '.join(map(str, frame.columns))}"
        )
    number = pd.to_numeric(frame["cz_id"], errors="coerce")
    if number.isna().any() or (number != np.floor(number)).any() or number.duplicated().any():
        raise QuantityError(
            "climate_zone_events.cz_id: expected the number of each zone, whole and once; "
            f"found {', '.join(map(str, frame['cz_id']))[:80]}"
        )
    frame = frame.set_index(number.astype("int64"))
    here = present_codes(zones)
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
        out[name] = like(zones, laid(zones, numbers), "1")
    return xr.Dataset(out)
