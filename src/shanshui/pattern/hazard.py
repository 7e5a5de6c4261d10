"""How easily the ground itself fails: steep, high, wet, shaken, near faults, or sinking already."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features
from shanshui.core.setting import Ascending
from shanshui.core.vocabulary import (
    Acceleration,
    AnyLayers,
    Codes,
    Distance,
    Erosivity,
    Mask,
    Relief,
    Slope,
    Subsidence,
    SubsidenceRate,
)
from shanshui.kernels.distance import distance_to
from shanshui.pattern.factors import Factors, scored
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT, MISSING, gravest, least_code
from shanshui.pattern.sensitivity import CUTS, graded
from shanshui.region.grid import FINE_M, grid_of, like
from shanshui.region.unitset import burnt, rasterised

TOUCHED = 0.71
"""A fault takes a cell whose centre is nearer than half a diagonal, in cells [D]."""
Faults = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
SeismicZones = Annotated[gpd.GeoDataFrame, Features({"acceleration": "g0", "*": ANY})]
Limits = tuple[float, float]


@assessment(source="meijster2000", bytes_per_cell=12)
def fault_distance(region_mask: Mask, faults: Faults) -> Distance:
    """How far the nearest active fault is.

    Parameters
    ----------
    region_mask : (y, x) [1]
        Gives the grid.
    faults : lines
        Traces at the surface.

    Returns
    -------
    (y, x) [km]
        From cell centre to cell centre, 0 on faults; NaN everywhere if no fault lies on the grid.

    Notes
    -----
    d(c) = min over fault cells f of sqrt((x_c - x_f)^2 + (y_c - y_f)^2), exact [M]. A fault takes the cells whose centre lies within 0.71 of a cell
    of its line [D]. A fault beyond the rim of the grid is not seen.
    """
    grid = grid_of(region_mask)
    mark = burnt(faults, grid, TOUCHED * grid.cell_m).astype(bool)
    far = np.full(grid.shape, np.nan, np.float32)
    if mark.any():
        far = np.asarray(distance_to(mark) * np.float32(grid.cell_m / 1000.0))
    return like(region_mask, far, "km")


@assessment(source="gb18306", bytes_per_cell=8)
def seismic_acceleration(region_mask: Mask, seismic_zones: SeismicZones) -> Acceleration:
    """Peak acceleration of the ground by the polygons of a zoning map.

    Parameters
    ----------
    region_mask : (y, x) [1]
        Gives the grid.
    seismic_zones : polygons
        ``acceleration`` [g0].

    Returns
    -------
    (y, x) [g0]
        Of the zone that a cell's centre lies in, the highest where zones overlap; NaN in none.

    Notes
    -----
    a(c) = max over the zones z that hold the centre of c of a_z, the peak ground acceleration [g0]: zones of GB 18306-2015 [M].
    """
    grid = grid_of(region_mask)
    # the later zone stands where they overlap: the strongest is the last
    zones = seismic_zones.sort_values("acceleration", kind="stable").reset_index(drop=True)
    zones.index = zones.index + 1
    strength = np.array([np.nan, *zones["acceleration"]], np.float32)
    return like(region_mask, strength[rasterised(zones, grid).values], "g0")


@assessment(
    source="decisions/0027-hazard",
    bytes_per_cell=40,
    read_over={"local_relief": (1.0, 5.0)},
    read_at={"slope": FINE_M, "local_relief": FINE_M},
)
def hazard_scores(
    local_relief: Relief,
    region_mask: Mask,
    slope: Slope | None = None,
    rainfall_erosivity: Erosivity | None = None,
    fault_distance: Distance | None = None,
    seismic: Acceleration | None = None,
    *,
    relief_m: Annotated[Limits, Ascending(0.0, 9000.0)] = (200.0, 500.0),
    slope_deg: Annotated[Limits, Ascending(0.0, 90.0)] = (15.0, 25.0),
    erosivity: Annotated[Limits, Ascending(0.0, 1e5)] = (2500.0, 5000.0),
    fault_km: Annotated[Limits, Ascending(0.0, 1e3)] = (1.0, 5.0),
    acceleration_g: Annotated[Limits, Ascending(0.0, 5.0)] = (0.10, 0.20),
) -> AnyLayers:
    """Scores of what makes ground fail by itself: 1 little, 3 more, 5 most.

    Parameters
    ----------
    local_relief : (y, x) [m]
        Highest minus lowest ground of 1 to 5 km2.
    region_mask : (y, x) [1]
        1 inside.
    slope : (y, x) [degree], optional
        As cells of up to 100 m tell it.
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)], optional
        Rain of the wet time by its force.
    fault_distance : (y, x) [km], optional
        To the nearest active fault.
    seismic : (y, x) [g0], optional
        Peak acceleration of the ground.
    relief_m : tuple of float [m]
        Grades of mountains by relief: low from 200, middle from 500 m [M].
    slope_deg : tuple of float [degree]
        15 and 25, the limits of the guide of 2020 for ground that must not be moved [M].
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Ours [D].
    fault_km : tuple of float [km]
        Ours [D]; falling.
    acceleration_g : tuple of float [g0]
        Zones of intensity VII begin at 0.10, above 0.20 ground is strongly shaken [M]; read to the hundredth, as the map tells it.

    Returns
    -------
    layers
        1, 3 or 5 under the name of each factor that is known; NaN where it is missing. A factor known nowhere in the region has no layer.

    Notes
    -----
    s = 1 below the lower limit, 3 from it to the upper one, 5 above; mirrored for the distance to faults: 5 below 1 km, 3 to 5 km, 1 beyond. The
    draft of 2019 names faults, earthquakes and the density of sites without limits of its own [S]; factors and limits here are the usual ones of
    susceptibility maps, chosen by us [D] (decision 0027).
    """
    rain, far = rainfall_erosivity, fault_distance
    shaken = None if seismic is None else np.round(seismic.values, 2)
    factors: dict[str, tuple[NDArray[np.floating] | None, Limits]] = {
        "local_relief": (local_relief.values, relief_m),
        "slope": (None if slope is None else slope.values, slope_deg),
        "rainfall_erosivity": (None if rain is None else rain.values, erosivity),
        "fault_distance": (None if far is None else far.values, fault_km),
        "seismic": (shaken, acceleration_g),
    }
    inside = region_mask.values == 1
    layers = {}
    for name, (values, limits) in factors.items():
        if values is None or not np.isfinite(values[inside]).any():
            continue
        layers[name] = like(
            region_mask, scored(values, *limits, falling=name == "fault_distance"), "1"
        )
    return xr.Dataset(layers)


@assessment(source="decisions/0027-hazard", bytes_per_cell=40)
def ground_sensitivity(
    hazard_scores: AnyLayers,
    region_mask: Mask,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[Limits, Ascending(1.0, 5.0)] = CUTS,
) -> Codes:
    """Sensitivity of the ground to geological hazard by what makes it fail, whether it ever did or not.

    Parameters
    ----------
    hazard_scores : layers
        1, 3, 5 of each factor known.
    region_mask : (y, x) [1]
        1 inside.
    sensitivity_factors : table, optional
        Factors that are known on too little ground leave the mean; without it all stay.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or where a factor is missing.

    Raises
    ------
    QuantityError
        No factor is known.

    Notes
    -----
    SS = (prod_k s_k)^(1/n) over the n factors that take part, s_k the scores [1]; graded at 2.33 and 3.66, as the other kinds of
    sensitivity of the draft of 2019 [S]; to use the mean for hazard is ours [D]. It tells where hazard can arise, an inventory where it did.
    """
    scores = {str(k): np.asarray(v.values, np.float32) for k, v in hazard_scores.items()}
    if not scores:
        raise QuantityError("hazard_scores: no factor is known inside the region")
    return graded(region_mask, "hazard", scores, region_mask, cuts, sensitivity_factors)


@assessment(source="spj2019", halo=0, bytes_per_cell=16)
def subsidence_sensitivity(
    region_mask: Mask,
    subsidence: Subsidence | None = None,
    subsidence_rate: SubsidenceRate | None = None,
    *,
    total_mm: Annotated[Limits, Ascending(0.0, 1e5)] = (200.0, 800.0),
    rate_mm: Annotated[Limits, Ascending(0.0, 1e4)] = (10.0, 30.0),
) -> Codes:
    """Sensitivity by how far the ground has sunk, or how fast it sinks.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    subsidence : (y, x) [mm], optional
        Sunk in all; negative where it rose.
    subsidence_rate : (y, x) [mm/yr], optional
        Sinks in a year.
    total_mm : tuple of float [mm]
        From which the danger is middling, and high.
    rate_mm : tuple of float [mm/yr]
        The same of the rate.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or where neither is known.

    Raises
    ------
    QuantityError
        Neither was given.

    Notes
    -----
    1 where v >= upper limit, 3 where v >= lower, else 5; of the amount v [mm] and of its rate [mm/yr], the graver where both are known. The draft of
    2019 grades the amount at 100, 200, 800, 1600 mm and the rate at 10, 30, 50 mm/yr [S]; middling from 200 or 10 is sensitive, high
    from 800 or 30 extreme [D].
    """
    parts = []
    for grid, (low, high) in ((subsidence, total_mm), (subsidence_rate, rate_mm)):
        if grid is None:
            continue
        v = grid.values
        with np.errstate(invalid="ignore"):
            code = np.where(v >= high, EXTREME, np.where(v >= low, IMPORTANT, GENERAL))
        known = np.isfinite(v) & (region_mask.values == 1)
        out = np.where(known, code, MISSING).astype(np.uint8)
        parts.append(like(region_mask, out, "1", nodata=MISSING))
    return least_code(parts, "subsidence_sensitivity")


@assessment(source="spj2019", halo=0, bytes_per_cell=4)
def hazard_sensitivity(
    site_sensitivity: Codes | None = None,
    ground_sensitivity: Codes | None = None,
    subsidence_sensitivity: Codes | None = None,
) -> Codes:
    """Sensitivity of a place to geological hazard: by known sites, by the ground itself, and by its sinking, whichever is gravest.

    Parameters
    ----------
    site_sensitivity : (y, x) [1], optional
        Near the sites of an inventory.
    ground_sensitivity : (y, x) [1], optional
        Of ground that can fail.
    subsidence_sensitivity : (y, x) [1], optional
        Of ground that sinks.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general; 0 where none is known, and where the ground is missing and neither sites nor sinking make the
        place sensitive: that nothing was found there grades no ground.

    Raises
    ------
    QuantityError
        None was given.

    Notes
    -----
    code = min(s, g, d) of what is known of sites s, ground g and sinking d at the cell, 1 being the gravest; 0 instead of 5 where g is missing and
    the study has it. The draft of 2019 [S] takes geological hazard into the suitability for building,
    not into ecological sensitivity; ``ecological_sensitivity`` joins the part by sites (decision 0027).
    """
    ground = [] if ground_sensitivity is None else [ground_sensitivity]
    found = [g for g in (site_sensitivity, subsidence_sensitivity) if g is not None]
    return gravest(ground, found, "hazard_sensitivity", stands=(EXTREME, IMPORTANT))
