"""Where a red line could run, and farmland too steep to stay."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, broadest, codes_of, lineage
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, Each, EachOf
from shanshui.core.vocabulary import Codes, CountyCells, Mask, Slope, SoilLoss
from shanshui.pattern.grades import EXTREME, MISSING
from shanshui.pattern.patches import known_flags, large_patches, majority
from shanshui.pattern.tables import (
    CountyNames,
    CoverShares,
    Districts,
    Polygons,
    Protected,
    RedLineShares,
    SteepFarmland,
    by_class,
)
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import FINE_M, GridSpec, grid_of, like
from shanshui.region.polygon_cover import cover_of
from shanshui.region.unitset import burnt

MU_PER_HA = 15.0


@assessment(source="redline2017", bytes_per_cell=24)
def red_line_candidate(
    protection_importance: Codes,
    region_mask: Mask,
    developed_land: Mask | None = None,
    protected_areas: Protected | None = None,
    cover_type: Codes | None = None,
    basic_farmland: Polygons | None = None,
    mining_rights: Polygons | None = None,
    *,
    least_km2: Annotated[float, Between(0.0, 1e4)] = 1.0,
    smooth: bool = True,
    leave_out: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("farmed", "built"),
) -> Codes:
    """Ground that a red line could take in: extremely important or sensitive, or protected already, less towns.

    Parameters
    ----------
    protection_importance : (y, x) [1]
        1 extremely important.
    region_mask : (y, x) [1]
        1 inside.
    developed_land : (y, x) [1], optional
        1 on land that cannot be taken in: towns.
    protected_areas : polygons, optional
        Taken in whole, less towns.
    cover_type : (y, x) [1], optional
        What covers the ground: covers of ``leave_out`` lie outside, but for protected areas.
    basic_farmland : polygons, optional
        Permanent basic farmland: with it farmed ground is what these polygons say, cells by their centre.
    mining_rights : polygons, optional
        Rights that stand; they lie outside, but for protected areas.
    least_km2 : float [km2]
        Smaller patches are dropped.
    smooth : bool
        A majority of 3 x 3 cells decides first.
    leave_out : tuple of str
        Covers, with all that they hold, that no red line takes in.

    Returns
    -------
    (y, x) [1]
        1 candidate, 0 other ground, 255 outside, and where what is missing could decide: importance of ground that is neither protected nor
        built on, built land of ground that would be chosen. A proposal to start from: no basis by itself for a legal line.

    Raises
    ------
    QuantityError
        Grades that are all of one class, unless protected areas alone make the line.

    Notes
    -----
    Candidate = ((E and not F) or P) and not T, in groups of at least A km2 joined by sides and corners, with E the extremely important ground after
    the majority (more than half of the graded among nine cells), P the protected areas, T towns, and F farmland, built land and mining rights.
    The union less towns, farmland and rights, and the least patch of 1 km2, follow the guide of 2017 [S2]; the majority of 3 x 3 is usual
    after the evaluation [S].
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    known = inside & (protection_importance.values != MISSING)
    reserve = np.zeros(grid.shape, bool)
    if protected_areas is not None and len(protected_areas):
        reserve = burnt(protected_areas, grid, 0.0).astype(bool) & inside
    _require_contrast(protection_importance.values, known, reserve)
    chosen = (protection_importance.values == EXTREME) & inside
    if smooth:
        chosen = majority(chosen, known)
    closed, seen = _closed(cover_type, basic_farmland, mining_rights, leave_out, grid)
    # what cannot be taken in is out whatever its importance; what may be so is decided only where it would be chosen
    known = (known & (seen | ~chosen)) | (closed & inside)
    chosen &= ~closed
    chosen |= reserve
    known |= reserve
    built, told = known_flags(developed_land, grid.shape)
    # towns are out whatever their importance; what may be a town is decided only where it would be chosen
    known = (known & (told | ~chosen)) | (built & inside)
    chosen = large_patches(chosen & known & ~built, least_km2 / grid.cell_km2)
    return like(region_mask, np.where(known, chosen, 255).astype(np.uint8), "1", nodata=255)


def _require_contrast(
    code: NDArray[np.uint8], known: NDArray[np.bool_], reserve: NDArray[np.bool_]
) -> None:
    """Refuse grades that tell no ground from other ground: a line would hold all of it or none, and no reserve would make it."""
    codes = code[known]
    if codes.size <= 1 or codes.min() != codes.max():
        return
    # where grades choose nothing beyond the reserves, these are the line
    if reserve.any() and not (code[known & ~reserve] == EXTREME).any():
        return
    raise QuantityError(
        f"protection_importance: all {codes.size} graded cells are of class {codes[0]}, expected at least two of 1, 3 and 5; "
        "see importance_cuts and sensitivity_cuts for the reason, and give other layers or cut points, or protected_areas"
    )


def _closed(
    cover_type: Codes | None,
    basic_farmland: Polygons | None,
    mining_rights: Polygons | None,
    leave_out: tuple[str, ...],
    grid: GridSpec,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Ground that no red line takes in, and ground of which that is known."""
    closed, seen = np.zeros(grid.shape, bool), np.ones(grid.shape, bool)
    out = leave_out
    if basic_farmland is not None:
        out = tuple(word for word in out if "farmed" not in lineage(word))
        closed |= burnt(basic_farmland, grid, 0.0).astype(bool)
    if cover_type is not None and out:
        closed |= np.isin(cover_type.values, codes_of(out))
        seen = cover_type.values != cover_type.attrs.get("nodata", 0)
    if mining_rights is not None:
        closed |= burnt(mining_rights, grid, 0.0).astype(bool)
    return closed, seen | closed


@assessment(source="redline2017", bytes_per_cell=16)
def red_line_cover(
    red_line_candidate: Codes, protection_importance: Codes, cover_type: Codes
) -> CoverShares:
    """Which covers the candidate takes in, and how much of the extremely important ground of each it leaves out.

    Parameters
    ----------
    red_line_candidate : (y, x) [1]
        1 candidate, 0 not, 255 missing.
    protection_importance : (y, x) [1]
        1 extremely important.
    cover_type : (y, x) [1]
        What covers the ground.

    Returns
    -------
    table
        One row per broad cover (forest, farmed, water …) and ``all``: ``area_km2`` that is decided, ``red_line_km2``, ``share`` of it,
        ``extreme_km2`` of extreme importance, ``left_out_km2`` of that outside the candidate.

    Notes
    -----
    ``share = A_1 / (A_0 + A_1)`` of a cover, A sums of cells times their area; ``left_out`` = extremely important and not candidate.
    Candidates beyond the extremely important ground are protected areas. Our own table [D].
    """
    grid = grid_of(red_line_candidate)
    known = red_line_candidate.values != 255
    taken = red_line_candidate.values == 1
    extreme = (protection_importance.values == EXTREME) & known
    rows = []
    for word in [name for name in COVERS if broadest(name) == name]:
        here = np.isin(cover_type.values, codes_of((word,))) & known
        if here.any():
            rows.append((word, here))
    rows.append(("all", known))
    table = []
    for word, here in rows:
        area, line = int(here.sum()), int((here & taken).sum())
        table.append(
            {
                "cover": word,
                "area_km2": area * grid.cell_km2,
                "red_line_km2": line * grid.cell_km2,
                "share": line / area if area else np.nan,
                "extreme_km2": int((here & extreme).sum()) * grid.cell_km2,
                "left_out_km2": int((here & extreme & ~taken).sum()) * grid.cell_km2,
            }
        )
    return pd.DataFrame(table)


@assessment(source="redline2017", halo=0, bytes_per_cell=4)
def developed_land(
    land_cover: Codes, biophysical: Annotated[pd.DataFrame, by_class("built")]
) -> Mask:
    """Land that people have built on.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, built``: 1 for towns and other built-up classes.

    Returns
    -------
    (y, x) [1]
        1 built, 0 not, 255 missing.

    Notes
    -----
    T(x) = 1 where b_c >= 0.5, with b_c the table's share of built land [1] of the class c of the cell. The guide of 2017 leaves towns out of red
    lines [S2]; that they are read from land cover, and the half, are ours [D].
    """
    built = ByCover.of(land_cover, biophysical, "biophysical").grid("built", high=1.0)
    code = np.where(np.isnan(built), 255, built >= 0.5).astype(np.uint8)
    return like(land_cover, code, "1", nodata=255)


def _class_km2(
    county_cells: CountyCells, codes: Codes, counties: CountyNames, classes: tuple[int, ...]
) -> NDArray[np.float64]:
    """Area of each class in each county, cells of the region by the share of them that lies in it."""
    grid = grid_of(county_cells)
    cover = cover_of(counties, grid).along(county_cells.values > 0)
    return cover.class_cells(codes, np.array(classes))[1] * grid.cell_km2


@assessment(source="redline2017", bytes_per_cell=24)
def red_line_share(
    county_cells: CountyCells, red_line_candidate: Codes, counties: CountyNames
) -> RedLineShares:
    """Share of each county inside the candidate.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    red_line_candidate : (y, x) [1]
        1 candidate, 0 not, 255 outside.
    counties : polygons
        Index ``unit``; ``code, name``.

    Returns
    -------
    table
        ``unit, code, name, area_km2, red_line_km2`` [km2] and ``share`` [1] of the ground that is decided; counties with such ground only.

    Notes
    -----
    share = A_1 / (A_0 + A_1), with A_1 the candidate's area in the county and A_0 that of its other ground [km2], missing ground left out of both;
    cells count by the share of them that lies in the county.
    The share of land is what the red-line guide asks of a delineation [S2]; 25 % of the land of 15 provinces in 2018 [S].
    """
    area = _class_km2(county_cells, red_line_candidate, counties, (0, 1))
    frame = pd.DataFrame(
        {"unit": counties.index, "area_km2": area.sum(axis=1), "red_line_km2": area[:, 1]}
    )
    frame = frame[frame["area_km2"] > 0].reset_index(drop=True)
    for column in ("name", "code"):
        frame.insert(1, column, frame["unit"].map(counties[column]))
    frame["share"] = frame["red_line_km2"] / frame["area_km2"]
    return frame


@assessment(source="mnr2020", bytes_per_cell=24)
def security_districts(
    county_cells: CountyCells, protection_importance: Codes, counties: CountyNames
) -> Districts:
    """Area of extreme and of plain importance in each county: the ecological security districts.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    protection_importance : (y, x) [1]
        1 extremely important, 3 important, 5 general, 0 missing.
    counties : polygons
        Index ``unit``; ``code, name``.

    Returns
    -------
    table
        ``unit, code, name, extreme_km2, important_km2, general_km2`` [km2] and ``extreme_share`` [1] of the graded ground; counties with such
        ground only.

    Notes
    -----
    A_g = a n_g, with n_g the cells of grade g in the county, each by its share in it, and a the area of a cell [km2];
    extreme_share = A_extreme / (A_extreme + A_important + A_general). Grades of protection importance after the guide of 2020 [M];
    their sums by county are the study's own districts [D].
    """
    area = _class_km2(county_cells, protection_importance, counties, (1, 3, 5))
    frame = pd.DataFrame(area, columns=["extreme_km2", "important_km2", "general_km2"])
    frame.insert(0, "unit", counties.index)
    frame = frame[area.sum(axis=1) > 0].reset_index(drop=True)
    for column in ("name", "code"):
        frame.insert(1, column, frame["unit"].map(counties[column]))
    graded = frame[["extreme_km2", "important_km2", "general_km2"]].sum(axis=1)
    frame["extreme_share"] = frame["extreme_km2"] / graded
    return frame


@assessment(source="soilwaterlaw2010", bytes_per_cell=24, read_at={"slope": FINE_M})
def steep_farmland(
    slope: Slope,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_class("farmland")],
    region_mask: Mask,
    potential_loss: SoilLoss | None = None,
    soil_loss: SoilLoss | None = None,
    *,
    limit_deg: Annotated[float, Between(5.0, 85.0)] = 25.0,
    margin_deg: Annotated[float, Between(0.0, 5.0)] = 2.0,
    payments: Annotated[tuple[float, ...], Each(0.0, 1e6)] = (500.0, 300.0, 400.0),
    yield_t_per_ha: Annotated[float, Between(0.0, 100.0)] = 3.0,
    forest_c: Annotated[float, Between(0.0, 1.0)] = 0.005,
) -> SteepFarmland:
    """Farmland steeper than the legal limit: how much, in how many patches, what its conversion costs and saves.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness; coarse elevation flattens it by degrees.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, farmland``: share of the class that is farmland, in [0, 1].
    region_mask : (y, x) [1]
        1 inside.
    potential_loss, soil_loss : (y, x) [t/ha/yr], optional
        Loss of bare ground and loss now, for the soil that forest would keep.
    limit_deg : float [degree]
        Farmland strictly steeper is counted.
    margin_deg : float [degree]
        The count is repeated this much below and above the limit: slopes of coarse ground are uncertain.
    payments : tuple of float [yuan/mu]
        In the years of payment; the programme of 2014 pays 500, 300 and 400 in years 1, 3 and 5 [S].
    yield_t_per_ha : float [t/ha]
        Grain that is lost [D].
    forest_c : float [1]
        Cover factor of the forest to come [D].

    Returns
    -------
    table
        One row per limit: ``limit_deg`` [degree], ``area_ha`` [ha], ``area_mu`` [mu], ``patches`` [1], ``payment`` [yuan in all], ``grain_lost``
        [t/yr], ``soil_kept`` [t/yr, NaN where no loss is known], ``soil_known`` [1]: share of that area where losses are known; ``unknown_ha`` [ha]:
        farmland without a slope and ground without a cover, which no other column counts.

    Notes
    -----
    A = sum a f over cells with s > L; payment = 15 A sum p; grain = y A; soil = sum a f max(SE - c PSE, 0) over those cells, with a the area of a
    cell [ha], f the share of farmland [1], s the slope and L the limit [degree], p the payments [yuan/mu], 15 mu to the hectare, y the yield
    [t/ha], SE the loss now, PSE that of bare ground [t/ha/yr] and c the cover factor of forest [1]. Ground above 25 degrees may not be farmed by
    law (2010) [S2]; payments are those of the programme of 2014 [S]; yield, margin and c are ours [D].
    """
    grid = grid_of(slope)
    farm = ByCover.of(land_cover, biophysical, "biophysical").grid("farmland", high=1.0)
    inside = region_mask.values == 1
    covered, sloped = inside & np.isfinite(farm), np.isfinite(slope.values)
    farm = np.where(covered, farm, 0.0)
    cell_ha = grid.cell_km2 * 100.0
    unknown = (inside & ~covered).sum() + farm[~sloped].sum(dtype=np.float64)
    spared = None
    if potential_loss is not None and soil_loss is not None:
        spared = np.maximum(soil_loss.values - potential_loss.values * np.float32(forest_c), 0.0)
    # of no ground whose slope and cover are known there is no area, not one of 0
    nothing = not (covered & sloped).any()
    rows = []
    for limit in sorted({limit_deg - margin_deg, limit_deg, limit_deg + margin_deg}):
        with np.errstate(invalid="ignore"):
            steep = (slope.values > limit) & (farm > 0)
        area = np.nan if nothing else float(farm[steep].sum(dtype=np.float64)) * cell_ha
        kept, seen = np.nan, 0.0
        if spared is not None:
            told = steep & np.isfinite(spared)
            seen = float(farm[told].sum(dtype=np.float64)) * cell_ha
            if seen > 0 or area == 0:
                kept = float((spared[told] * farm[told]).sum(dtype=np.float64)) * cell_ha
        rows.append(
            {
                "limit_deg": limit,
                "area_ha": area,
                "area_mu": area * MU_PER_HA,
                "patches": np.nan
                if nothing
                else int(ndimage.label(steep, np.ones((3, 3), np.int8))[1]),
                "payment": area * MU_PER_HA * sum(payments),
                "grain_lost": area * yield_t_per_ha,
                "soil_kept": kept,
                "soil_known": seen / area if area > 0 else np.nan,
                "unknown_ha": float(unknown) * cell_ha,
            }
        )
    return pd.DataFrame(rows)
