"""Grades of what land is supplied with: water, warmth, and the way to town."""

from typing import Annotated, Any

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Ascending
from shanshui.core.vocabulary import Codes, Mask, Precipitation
from shanshui.zoning.access import Minutes
from shanshui.zoning.grades import Four, graded
from shanshui.zoning.land import inside
from shanshui.zoning.warmth import Warmth

RAIN_MM, RUNOFF_MM = (200.0, 400.0, 800.0, 1200.0), (50.0, 100.0, 200.0, 500.0)
WATERS = ("precipitation", "runoff_depth")


@assessment(source="spj2019", halo=0, bytes_per_cell=8, any_of=WATERS)
def agriculture_water(
    region_mask: Mask,
    precipitation: Precipitation | None = None,
    runoff_depth: Precipitation | None = None,
    *,
    rain_mm: Annotated[Four, Ascending(0.0, 12000.0)] = RAIN_MM,
    runoff_mm: Annotated[Four, Ascending(0.0, 12000.0)] = RUNOFF_MM,
) -> Codes:
    """Grade of water for farming: by rain, or by runoff where no rain is known.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    precipitation : (y, x) [mm/yr], optional
        Of the year.
    runoff_depth : (y, x) [mm/yr], optional
        Water that the land around yields; 10 mm/yr are 10^4 m3 per km2 and year.
    rain_mm : tuple of float [mm/yr]
        From each cut on the grade is better, 5 to 1 [S].
    runoff_mm : tuple of float [mm/yr]
        The same of runoff: 5, 10, 20 and 50 times 10^4 m3/km2, the cuts of provinces [S].

    Returns
    -------
    (y, x) [1]
        1 the best to 5; 0 outside the region and where it is not known.

    Raises
    ------
    QuantityError
        Neither was given.
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``w = 5 - |{k : p >= p_k}|`` with 200, 400, 800 and 1200 mm/yr of rain, or the modulus of water, of the draft guide of 2019 [S].
    """
    if precipitation is not None:
        return inside(graded(precipitation.values, rain_mm, rising=True), region_mask)
    return inside(graded(_given(runoff_depth), runoff_mm, rising=True), region_mask)


@assessment(source="spj2019", halo=0, bytes_per_cell=8, any_of=WATERS)
def construction_water(
    region_mask: Mask,
    runoff_depth: Precipitation | None = None,
    precipitation: Precipitation | None = None,
    *,
    runoff_mm: Annotated[Four, Ascending(0.0, 12000.0)] = RUNOFF_MM,
    rain_mm: Annotated[Four, Ascending(0.0, 12000.0)] = RAIN_MM,
) -> Codes:
    """Grade of water for building: by runoff of the land around, or by rain where no runoff is known.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    runoff_depth : (y, x) [mm/yr], optional
        Water that the land around yields; 10 mm/yr are 10^4 m3 per km2 and year.
    precipitation : (y, x) [mm/yr], optional
        Of the year.
    runoff_mm : tuple of float [mm/yr]
        From each cut on the grade is better, 5 to 1: 5, 10, 20 and 50 times 10^4 m3/km2, the cuts of provinces [S].
    rain_mm : tuple of float [mm/yr]
        The same of rain [S].

    Returns
    -------
    (y, x) [1]
        1 the best to 5; 0 outside the region and where it is not known.

    Raises
    ------
    QuantityError
        Neither was given.
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``w = 5 - |{k : d >= d_k}|`` with the modulus of water resources of the guide [S] as depth; rain in its place is ours [D].
    """
    if runoff_depth is not None:
        return inside(graded(runoff_depth.values, runoff_mm, rising=True), region_mask)
    return inside(graded(_given(precipitation), rain_mm, rising=True), region_mask)


def _given(grid: Precipitation | None) -> Any:
    if grid is None:
        raise QuantityError("precipitation, runoff_depth: neither was given, expected one of them")
    return grid.values


@assessment(source="spj2019", halo=0, bytes_per_cell=8)
def agriculture_warmth(
    region_mask: Mask,
    accumulated_warmth: Warmth,
    *,
    warmth_kd: Annotated[Four, Ascending(0.0, 15000.0)] = (1500.0, 4000.0, 5800.0, 7600.0),
) -> Codes:
    """Grade of light and heat for farming.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    accumulated_warmth : (y, x) [K*d/yr]
        Sum of the daily temperatures from 0 degC on.
    warmth_kd : tuple of float [K*d/yr]
        From each cut on the grade is better, 5 to 1 [S].

    Returns
    -------
    (y, x) [1]
        1 the best to 5; 0 outside the region and where it is not known.

    Raises
    ------
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``h = 5 - |{k : S >= S_k}|`` with 1500, 4000, 5800 and 7600 K d of the draft guide of 2019 [S].
    """
    return inside(graded(accumulated_warmth.values, warmth_kd, rising=True), region_mask)


@assessment(source="spj2019", halo=0, bytes_per_cell=8)
def construction_location(
    region_mask: Mask,
    travel_time: Minutes,
    *,
    town_min: Annotated[Four, Ascending(0.0, 1e5)] = (60.0, 120.0, 210.0, 300.0),
) -> Codes:
    """Grade of the way to the nearest town.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    travel_time : (y, x) [min]
        To the nearest town.
    town_min : tuple of float [min]
        A way on a cut has the better grade; these are the cuts of provinces, those of a county 20, 40, 60 and 90 [S].

    Returns
    -------
    (y, x) [1]
        1 the nearest to 5; 0 outside the region and where it is not known.

    Raises
    ------
    PlanError
        Cuts that do not rise.

    Notes
    -----
    ``g = 1 + |{k : t > t_k}|`` with the minutes of the draft guide of 2019 [S].
    """
    return inside(graded(travel_time.values, town_min), region_mask)
