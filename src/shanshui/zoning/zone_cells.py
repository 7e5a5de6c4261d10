"""Zones and units laid on the ground, for maps and for whoever judges a place."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Grid
from shanshui.core.vocabulary import CountyCells, UnitLabels
from shanshui.region.grid import like
from shanshui.zoning.function_zones import FunctionZones
from shanshui.zoning.green_units import GreenUnits

ZoneCells = Annotated[xr.DataArray, Grid("1")]
OPEN, OUTSIDE = 0, 255
"""Codes of ground whose zone is not known, and of ground in no county or unit."""


@assessment(source="decisions/0048-zones-and-units", halo=0, bytes_per_cell=4)
def zone_cells(county_cells: CountyCells, function_zones: FunctionZones) -> ZoneCells:
    """Main-function zone of each cell: that of its county.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    function_zones : table
        ``unit, zone_code``.

    Returns
    -------
    (y, x) [1]
        1 strictly controlled, 2 promoting, 3 optimizing, 4 relieving; 0 not known; 255 outside.

    Raises
    ------
    QuantityError
        Zones without the number of their county.

    Notes
    -----
    z(c) = zone of the county that holds the centre of cell c.
    """
    codes = _laid(county_cells, function_zones, "zone_code", "function_zones")
    return like(county_cells, codes, "1", nodata=OUTSIDE)


@assessment(source="decisions/0048-zones-and-units", halo=0, bytes_per_cell=4)
def green_unit_cells(planning_unit_labels: UnitLabels, green_units: GreenUnits) -> ZoneCells:
    """Green unit of each cell: that of its planning unit.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    green_units : table
        ``unit, green_unit_code``.

    Returns
    -------
    (y, x) [1]
        1 all green, 2 deep, 3 medium, 4 light green; 0 not known; 255 outside.

    Raises
    ------
    QuantityError
        Units without their number.

    Notes
    -----
    g(c) = green unit of the planning unit of cell c.
    """
    codes = _laid(planning_unit_labels, green_units, "green_unit_code", "green_units")
    return like(planning_unit_labels, codes, "1", nodata=OUTSIDE)


def _laid(
    labels: xr.DataArray, table: FunctionZones | GreenUnits, column: str, name: str
) -> NDArray[np.uint8]:
    if "unit" not in table:
        raise QuantityError(
            f"{name}: has no column unit; expected the number that each place has on the map"
        )
    label = np.maximum(labels.values, 0).astype(np.int64)
    codes = np.full(int(label.max(initial=0)) + 1, OPEN, np.uint8)
    units, values = table["unit"].to_numpy(np.int64), table[column].to_numpy(np.uint8)
    here = (units > 0) & (units < codes.size)
    codes[units[here]] = values[here]
    codes[0] = OUTSIDE
    return codes[label]
