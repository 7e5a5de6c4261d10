"""Grades of land for farming and for building: how steep it is, how high, and what it is made of."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Ascending, Between
from shanshui.core.vocabulary import Codes, Elevation, Mask, Percent, Relief, Slope
from shanshui.region.grid import FINE_M, grid_of, like
from shanshui.zoning.grades import UNKNOWN, UNSUITABLE, Four, Grades, Two, graded, stepped


@assessment(source="spj2019", halo=0, bytes_per_cell=24, read_at={"slope": FINE_M})
def agriculture_land(
    slope: Slope,
    region_mask: Mask,
    elevation: Elevation | None = None,
    silt: Percent | None = None,
    *,
    slope_deg: Annotated[Four, Ascending(0.0, 90.0)] = (2.0, 6.0, 15.0, 25.0),
    silt_percent: Annotated[Two, Ascending(0.0, 100.0)] = (60.0, 80.0),
    ceiling_m: Annotated[float, Between(0.0, 9000.0)] = 3500.0,
) -> Codes:
    """Grade of land for farming.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness as cells of up to 100 m tell it.
    region_mask : (y, x) [1]
        1 inside.
    elevation : (y, x) [m], optional
        Ground height.
    silt : (y, x) [%], optional
        Of the topsoil.
    slope_deg : tuple of float [degree]
        A slope on a cut has the better grade [S].
    silt_percent : tuple of float [%]
        From the first on land is a grade worse, above the second the worst [S].
    ceiling_m : float [m]
        No field lies higher [D]; practice has 3000 to 3500 m [M].

    Returns
    -------
    (y, x) [1]
        1 the best to 5; 0 outside the region and where a map that the study has is missing and could change the grade.

    Raises
    ------
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``l = 1 + |{k : s > s_k}|``, a step worse where silt >= 60 %, 5 where silt > 80 % or the ground is higher than the ceiling: slopes 2, 6, 15
    and 25 degrees and the limits of silt are those of the draft guide of 2019 [S]; the ceiling is ours [D].
    """
    grade = graded(slope.values, slope_deg)
    if silt is not None:
        loose, most = silt_percent
        values = silt.values
        with np.errstate(invalid="ignore"):
            grade = moved(grade, values, (values >= loose).astype(int), values > most)
    if elevation is not None:
        high = elevation.values
        with np.errstate(invalid="ignore"):
            grade = moved(grade, high, 0, high > ceiling_m)
    return inside(grade, region_mask)


@assessment(source="spj2019", halo=0, bytes_per_cell=24, read_at={"slope": FINE_M})
def construction_land(
    slope: Slope,
    region_mask: Mask,
    elevation: Elevation | None = None,
    building_relief: Relief | None = None,
    *,
    slope_deg: Annotated[Four, Ascending(0.0, 90.0)] = (3.0, 8.0, 15.0, 25.0),
    height_m: Annotated[Two, Ascending(0.0, 9000.0)] = (3500.0, 5000.0),
    relief_m: Annotated[Two, Ascending(0.0, 9000.0)] = (100.0, 200.0),
) -> Codes:
    """Grade of land for building.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness as cells of up to 100 m tell it.
    region_mask : (y, x) [1]
        1 inside.
    elevation : (y, x) [m], optional
        Ground height.
    building_relief : (y, x) [m], optional
        Highest minus lowest ground of some hundred metres around. Left out where cells are wider than 100 m: they cannot tell it.
    slope_deg : tuple of float [degree]
        A slope on a cut has the better grade [S].
    height_m : tuple of float [m]
        From the first on land is a grade worse, above the second the worst [S].
    relief_m : tuple of float [m]
        From the first on land is a grade worse, above the second two [S].

    Returns
    -------
    (y, x) [1]
        1 the best to 5; 0 outside the region and where a map that the study has is missing and could change the grade.

    Raises
    ------
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``l = 1 + |{k : s > s_k}| + (z >= 3500 m) + (r >= 100 m) + (r > 200 m)``, at most 5; 5 where z > 5000 m. Slopes 3, 8, 15 and 25 degrees,
    heights and relief r are those of the draft guide of 2019 [S], which measures relief in windows of 300 to 900 m.
    """
    grade = graded(slope.values, slope_deg)
    if elevation is not None:
        high = elevation.values
        with np.errstate(invalid="ignore"):
            grade = moved(grade, high, (high >= height_m[0]).astype(int), high > height_m[1])
    if building_relief is not None and grid_of(building_relief).cell_m <= FINE_M:
        relief = building_relief.values
        with np.errstate(invalid="ignore"):
            steps = (relief >= relief_m[0]).astype(int) + (relief > relief_m[1])
        grade = moved(grade, relief, steps, np.zeros(relief.shape, bool))
    return inside(grade, region_mask)


def moved(
    grade: Grades,
    values: NDArray[np.floating],
    steps: NDArray[np.integer] | int,
    worst: NDArray[np.bool_],
) -> Grades:
    """Grade moved by steps, the worst where a value forbids.

    Parameters
    ----------
    grade : (y, x) [1]
        1 to 5, 0 not known.
    values : (y, x)
        What moves it.
    steps : (y, x) or int [1]
        How much worse it gets.
    worst : (y, x) of bool
        Where it is the worst whatever else is known.

    Returns
    -------
    (y, x) [1]
        0 where the value is missing, unless the grade is the worst already.
    """
    out = stepped(grade, steps)
    out[~np.isfinite(values) & (grade != UNSUITABLE)] = UNKNOWN
    out[worst] = UNSUITABLE
    return out


def inside(grade: Grades, region_mask: Mask) -> Codes:
    """Grades of the region, 0 outside."""
    kept = np.where(region_mask.values == 1, grade, UNKNOWN).astype(np.uint8)
    return like(region_mask, kept, "1", nodata=UNKNOWN)
