"""Three control lines that do not overlap, and the three spaces that they leave."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.ndimage
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Layers, Table
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import Codes, Labels, Slope
from shanshui.kernels.distance import distance_to
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import covered
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.grades import SUITABLE
from shanshui.zoning.places import PlaceCells
from shanshui.zoning.tables import PLACE, Outlines

LINES = ("red_line", "farmland", "town")
"""Names of the lines; the number of a line is its place, from 1 on, whatever goes before whatever."""
SPACES = ("ecological", "agricultural", "urban")
"""Spaces that the lines protect, in the same order."""
AREAS = ("red_line_km2", "permanent_farmland_km2", "town_boundary_km2")
"""Columns of their areas."""
NO_LINE, MISSING = 0, 255
Bits = NDArray[np.bool_]
Areas = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
ControlLines = Annotated[
    xr.Dataset, Layers((("line", "1"), ("space", "1"), *((f"claims_{n}", "1") for n in LINES)))
]
ControlLineAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "area_km2": "km2",
            **dict.fromkeys(AREAS, "km2"),
            "red_line_farmland_km2": "km2",
            "red_line_town_km2": "km2",
            "farmland_town_km2": "km2",
            **{f"{name}_space_share": "1" for name in SPACES},
            "unknown_km2": "km2",
        }
    ),
]


@assessment(source="decisions/0050-control-lines", bytes_per_cell=40)
def control_lines(
    cover_type: Codes,
    slope: Slope,
    red_line_candidate: Codes,
    agriculture_suitability: Codes,
    construction_suitability: Codes,
    basic_farmland: Areas | None = None,
    *,
    order: Annotated[tuple[str, ...], EachOf(*LINES)] = LINES,
    steep_deg: Annotated[float, Between(0.0, 90.0)] = 25.0,
    least_town_km2: Annotated[float, Between(0.0, 1e4)] = 1.0,
    growth_m: Annotated[float, Between(0.0, 1e5)] = 2000.0,
) -> ControlLines:
    """Red line, line of permanent farmland and boundary of towns, each ground in one of them at most.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground.
    slope : (y, x) [degree]
        Steepness.
    red_line_candidate : (y, x) [1]
        1 in the line, 0 not, 255 missing.
    agriculture_suitability, construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    basic_farmland : polygons, optional
        Permanent basic farmland as it was drawn; without it fields that suit farming and are not steep stand for it.
    order : tuple of str
        ``red_line, farmland, town``: whose claim goes first where several meet; each once.
    steep_deg : float [degree]
        Fields steeper than this are no permanent farmland; 25 by law [S2].
    least_town_km2 : float [km2]
        Built ground in one piece from this size on is a town: it stays out of the red line [D].
    growth_m : float [m]
        Ground that suits building lies within the boundary of a town so far from it [D].

    Returns
    -------
    layers
        ``line``: 1 red line, 2 farmland, 3 town, 0 none; ``space``: 1 ecological, 2 agricultural, 3 urban; ``claims_red_line``, ``claims_farmland``,
        ``claims_town``: 1 where a line would lie by itself. 255 where cover or red line is missing.

    Raises
    ------
    QuantityError
        An order that lacks a line or names one twice.

    Notes
    -----
    Towns: patches of built ground of ``least_town_km2`` or more, eight neighbours, and free ground of class 1 or 2 for building within
    ``growth_m``. A town that stands is not in the red line: contiguous towns are left out of it [S]. All else goes to the first claim in the order.
    Spaces: that of the line; without one, built ground is urban, farmed ground agricultural, all other ecological (decision 0050).
    """
    if sorted(order) != sorted(LINES):
        lacking = [n for n in LINES if n not in order]
        told = f"lacks {lacking[0]}" if lacking else f"has {len(order)} lines"
        raise QuantityError(f"control_lines.order: {told}; expected each of {', '.join(LINES)} once")  # fmt: skip
    grid = grid_of(cover_type)
    code = cover_type.values
    seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
    seen &= red_line_candidate.values != MISSING
    built = seen & np.isin(code, codes_of(("built",)))
    farmed = seen & np.isin(code, codes_of(("farmed",)))
    stands = _large(built, least_town_km2 / grid.cell_km2)
    near = np.zeros(code.shape, bool)
    if stands.any():
        near = np.asarray(distance_to(stands)) * grid.cell_m <= growth_m
    with np.errstate(invalid="ignore"):
        gentle = slope.values <= steep_deg
    fields = farmed & gentle & np.isin(agriculture_suitability.values, SUITABLE)
    if basic_farmland is not None:
        fields = covered(basic_farmland.to_crs(grid.crs) if basic_farmland.crs else basic_farmland, grid).astype(bool) & seen  # fmt: skip
    claims: dict[str, Bits] = {
        "red_line": seen & (red_line_candidate.values == IN_LINE) & ~stands,
        "farmland": fields,
        "town": stands | (seen & near & np.isin(construction_suitability.values, SUITABLE)),
    }
    line = np.where(seen, NO_LINE, MISSING).astype(np.uint8)
    for name in order:
        line[(line == NO_LINE) & claims[name]] = LINES.index(name) + 1
    space = np.where(built, 3, np.where(farmed, 2, 1))
    space = np.where(line == NO_LINE, space, line)
    space = np.where(seen, space, MISSING).astype(np.uint8)
    grids = {"line": line, "space": space}
    for name, claimed in claims.items():
        grids[f"claims_{name}"] = np.where(seen, claimed, MISSING).astype(np.uint8)
    return xr.Dataset({k: like(cover_type, v, "1", nodata=MISSING) for k, v in grids.items()})


def _large(cells: Bits, least: float) -> Bits:
    """Patches of so many cells or more."""
    patch, count = scipy.ndimage.label(cells, np.ones((3, 3)))
    size = np.bincount(patch.ravel(), minlength=count + 1)
    keep = size >= least
    keep[0] = False
    return np.asarray(keep[patch])


@assessment(source="decisions/0050-control-lines", bytes_per_cell=24)
def control_line_areas(
    labels: Labels, control_lines: ControlLines, outlines: Outlines | None = None
) -> ControlLineAreas:
    """Area of each line and share of each space in each place, and where claims meet.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    control_lines : layers
        ``line, space, claims_red_line, claims_farmland, claims_town``.
    outlines : polygons, optional
        Index of the labels; ``code, name``.

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``area_km2``; ``red_line_km2, permanent_farmland_km2, town_boundary_km2``;
        ``red_line_farmland_km2, red_line_town_km2, farmland_town_km2``: ground that two lines claim before the order decides;
        ``*_space_share`` of the known ground, summing to 1, NaN where nothing is known; ``unknown_km2``.

    Notes
    -----
    ``A = a n``, a the area of a cell [km2] and n the cells of a place at which something holds.
    """
    cells = PlaceCells.of(labels)
    line, space = control_lines["line"].values, control_lines["space"].values
    known = cells.cells(space != MISSING)
    columns: dict[str, object] = {"area_km2": cells.area_km2}
    columns |= {name: cells.km2(line == k) for k, name in enumerate(AREAS, 1)}
    for first, second in (("red_line", "farmland"), ("red_line", "town"), ("farmland", "town")):
        both = (control_lines[f"claims_{first}"].values == 1) & (control_lines[f"claims_{second}"].values == 1)  # fmt: skip
        columns[f"{first}_{second}_km2"] = cells.km2(both)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns |= {
            f"{name}_space_share": np.where(known > 0, cells.cells(space == k) / known, np.nan)
            for k, name in enumerate(SPACES, 1)
        }
    columns["unknown_km2"] = cells.km2(space == MISSING)
    return cells.named(columns, outlines)
