"""What rules may ask of a place, for every cell: one kept product that all who judge places read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features, Grid, Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Counties,
    CountyCells,
    Elevation,
    Rivers,
    Slope,
    UpstreamArea,
)
from shanshui.industry.county_facts import CountyMountains, of_counties
from shanshui.industry.rule_book import Rule
from shanshui.industry.rule_facts import FACTS, PROJECT_FACTS, can_be, said_of
from shanshui.kernels.distance import distance_to
from shanshui.region.grid import STRIP, GridSpec, grid_of, like
from shanshui.region.unitset import burnt, covered, rasterised

UNITS = {
    "elevation_m": "m",
    "slope_deg": "degree",
    "river_m": "m",
    "main_river_m": "m",
    "basin_km2": "km2",
}
"""Units of facts; the others are numbers without one."""
MAPPED = tuple(fact for fact in FACTS if fact not in PROJECT_FACTS)
"""Facts of places, which maps tell; those of a project it tells itself."""
PlaceFacts = Annotated[xr.Dataset, Layers(tuple((fact, UNITS.get(fact, "1")) for fact in MAPPED))]
Distance = Annotated[xr.DataArray, Grid("m")]
Areas = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
TOUCHED = 0.71
"""A river takes a cell whose centre is nearer than half a diagonal, in cells."""


@assessment(source="meijster2000", bytes_per_cell=12, missing="rim_nearer")
def river_distance(
    elevation: Elevation, rivers: Rivers, *, sure_m: Annotated[float, Between(0.0, 1e6)] = 200.0
) -> Distance:
    """How far the nearest river is.

    Parameters
    ----------
    elevation : (y, x) [m]
        Gives the grid; heights do not matter.
    rivers : lines
        Any order.
    sure_m : float [m]
        So near, a river is near enough for every rule, whatever lies beyond the grid; the reach of the rules of banks [D]. Set it to the least
        reach that your rules ask for.

    Returns
    -------
    (y, x) [m]
        From cell centre to cell centre, 0 on rivers; NaN where the grid ends nearer, as a river beyond may be the nearest, unless the
        distance is at most ``sure_m``; NaN everywhere if no river lies on the grid.

    Notes
    -----
    d(c) = min over river cells r of sqrt((x_c - x_r)^2 + (y_c - y_r)^2), the exact Euclidean distance transform of Meijster, Roerdink and
    Hesselink (2000) [M]. A river takes the cells whose centre lies within 0.71 of a cell (half a diagonal) of its line [D].
    """
    grid = grid_of(elevation)
    mark = burnt(_placed(rivers, grid), grid, TOUCHED * grid.cell_m).astype(bool)
    return like(elevation, _nearest_on_grid(mark, grid.cell_m, sure_m), "m")


def _nearest_on_grid(mark: NDArray[np.bool_], cell_m: float, sure_m: float) -> NDArray[np.float32]:
    """Distance to the nearest mark; NaN where one beyond the grid may be nearer, and that matters."""
    if not mark.any():
        return np.full(mark.shape, np.nan, np.float32)
    far = np.asarray(distance_to(mark) * np.float32(cell_m), np.float32)
    rim = _to_rim(mark.shape, cell_m)
    return np.where((far > rim) & (far > sure_m), np.float32(np.nan), far)


def _to_rim(shape: tuple[int, ...], cell_m: float) -> NDArray[np.float32]:
    """Distance to the centre of the nearest cell beyond the grid."""
    rows, columns = (np.arange(n) for n in shape)
    rim_y = np.minimum(rows, rows[::-1]) + 1
    rim_x = np.minimum(columns, columns[::-1]) + 1
    return np.asarray(np.minimum(rim_y[:, None], rim_x[None, :]) * np.float32(cell_m))


@assessment(source="meijster2000", bytes_per_cell=12, missing="rim_nearer")
def main_river_distance(
    upstream_area: UpstreamArea,
    *,
    least_km2: Annotated[float, Between(0.01, 1e6)] = 50.0,
    sure_m: Annotated[float, Between(0.0, 1e6)] = 1000.0,
) -> Distance:
    """How far the nearest main river is.

    Parameters
    ----------
    upstream_area : (y, x) [km2]
        Ground above each cell along the water; NaN outside.
    least_km2 : float [km2]
        Ground above from which a river is a main one; that of the national census of rivers [M].
    sure_m : float [m]
        So near, a river is near enough for every rule, whatever lies beyond the grid; the reach of the law's rules [D].

    Returns
    -------
    (y, x) [m]
        From cell centre to cell centre, 0 on main rivers; NaN where the grid, or the ground whose water is known, ends nearer, as one
        beyond may be the nearest, unless the distance is at most ``sure_m``; NaN everywhere if none lies on the grid.

    Notes
    -----
    d(c) = min over cells r with A_r >= least_km2 of sqrt((x_c - x_r)^2 + (y_c - y_r)^2), the exact Euclidean distance transform of Meijster,
    Roerdink and Hesselink (2000) [M]. Which rivers the law on the Yangtze means by main stream and tributaries is our reading [D]: those of
    the census, not every brook.
    """
    grid = grid_of(upstream_area)
    mark = upstream_area.values >= least_km2
    far = _nearest_on_grid(mark, grid.cell_m, sure_m)
    if (outside := np.isnan(upstream_area.values)).any():
        # where the water is not known a main river may be
        gap = np.asarray(distance_to(outside) * np.float32(grid.cell_m))
        far = np.where((far > gap) & (far > sure_m), np.float32(np.nan), far)
    return like(upstream_area, far, "m")


@assessment(source="decisions/0014-industry", halo=0, bytes_per_cell=32, missing="not_given")
def place_facts(
    elevation: Elevation,
    slope: Slope,
    ecological_sensitivity: Codes | None = None,
    protection_importance: Codes | None = None,
    red_line_candidate: Codes | None = None,
    river_distance: Distance | None = None,
    main_river_distance: Distance | None = None,
    protected_areas: Areas | None = None,
    core_area: Codes | None = None,
    zones: Areas | None = None,
    cover_type: Codes | None = None,
    upstream_area: UpstreamArea | None = None,
    parks: Areas | None = None,
    basic_farmland: Areas | None = None,
    counties: Counties | None = None,
    county_cells: CountyCells | None = None,
    county_mountains: CountyMountains | None = None,
    green_unit_cells: Codes | None = None,
) -> PlaceFacts:
    """What rules may ask of a place, for every cell of the grid.

    Parameters
    ----------
    elevation : (y, x) [m]
        Height.
    slope : (y, x) [degree]
        Steepness.
    ecological_sensitivity : (y, x) [1], optional
        1 extreme, 3 sensitive, 5 slight, 0 missing.
    protection_importance : (y, x) [1], optional
        1 extreme, 3 important, 5 general, 0 missing.
    red_line_candidate : (y, x) [1], optional
        1 inside, 0 not, 255 missing.
    river_distance : (y, x) [m], optional
        To the nearest river that was given; one that only the shape of the ground shows counts where it is nearer.
    main_river_distance : (y, x) [m], optional
        To the nearest main river.
    protected_areas : polygons, optional
        Any kind.
    core_area : (y, x) [1], optional
        1 core, 0 periphery, 255 not known.
    zones : polygons, optional
        Columns named as facts, such as ``green_unit``, ``zone`` or ``core_area``: where a polygon tells one, it goes before what is
        computed.

    cover_type : (y, x) [1], optional
        Cover by the shared list; farmed classes are farmland.
    upstream_area : (y, x) [km2], optional
        Ground above each cell along the water.
    parks : polygons or points, optional
        Industrial parks; without them it is not known where parks are.
    basic_farmland : polygons, optional
        Permanent basic farmland; without them it is not known which farmland is.
    counties : polygons, optional
        Their ``code`` tells the province: its first two digits; 0 where it is no code of six, nine or twelve digits,
        not known where it is blank.
    county_cells : (y, x) [1], optional
        County of each cell; 0 outside, where the province is not known.
    county_mountains : table, optional
        ``code, mountains``: those that the high ground of a county belongs to, blank where it is of several; not known there and without a row.
    green_unit_cells : (y, x) [1], optional
        Green unit that the study proposes: 1 all, 2 deep, 3 medium, 4 light green; 0 not known, 255 outside.

    Returns
    -------
    layers
        One per fact of a place of :data:`FACTS`: ``elevation_m`` [m], ``slope_deg`` [degree], ``river_m`` and ``main_river_m`` [m],
        ``basin_km2`` [km2], the others [1]. NaN where a fact is not
        known, so everywhere for one that nobody gave: rules that ask for it stand as questions there.

    Raises
    ------
    QuantityError
        Zones without a column that is a fact, or with one that holds what is no number, or none that the fact can be; a county twice among those
        of mountains, or with a number that is none of them.

    Notes
    -----
    f(c) = the zone's number where its polygon tells one, = the computed value elsewhere. A cell has the facts of its centre; where zones
    overlap the later one stands. Which facts there are is our own list [D] (decisions/0014-industry), after what the
    access rules of the papers and of national law ask for.
    """
    grid = grid_of(elevation)
    known: dict[str, NDArray[np.float32]] = {
        "elevation_m": np.asarray(elevation.values, np.float32),
        "slope_deg": np.asarray(slope.values, np.float32),
    }
    for name, codes, blank in (
        ("sensitivity", ecological_sensitivity, (0,)),
        ("importance", protection_importance, (0,)),
        ("core_area", core_area, (255,)),
        ("green_unit", green_unit_cells, (0, 255)),
    ):
        if codes is not None:
            known[name] = _without(codes.values, *blank)
    if red_line_candidate is not None:
        line = _without(red_line_candidate.values, 255)
        known["red_line"] = np.where(np.isnan(line), line, line == 1).astype(np.float32)
    if protected_areas is not None:
        known["protected"] = covered(_placed(protected_areas, grid), grid).astype(np.float32)
    known |= _waters(river_distance, main_river_distance, upstream_area)
    if counties is not None and county_cells is not None:
        known |= of_counties(counties, county_cells, county_mountains)
    known |= _farmland(cover_type, basic_farmland, grid)
    if parks is not None:
        known["park"] = _in_parks(parks, grid)
    if zones is not None and len(zones):
        for name, values in _of_zones(zones, grid).items():
            computed = known.get(name)
            known[name] = (
                values if computed is None else np.where(np.isnan(values), computed, values)
            )
    unknown = np.broadcast_to(np.float32(np.nan), grid.shape)
    return xr.Dataset(
        {fact: like(elevation, known.get(fact, unknown), UNITS.get(fact, "1")) for fact in MAPPED}
    )


def _waters(
    river: xr.DataArray | None, main_river: xr.DataArray | None, upstream: xr.DataArray | None
) -> dict[str, NDArray[np.float32]]:
    """Distances to water and the ground above, as far as they are given."""
    given = {"river_m": river, "main_river_m": main_river, "basin_km2": upstream}
    out = {k: np.asarray(v.values, np.float32) for k, v in given.items() if v is not None}
    if river is not None and main_river is not None:
        # a main river is a river, also where the lines that are given leave it out; where those are not known it is the nearest
        # if it is no further than the rim, beyond which one of them may be
        lines, main = out["river_m"], out["main_river_m"]
        nearest = ~np.isnan(lines) | (main <= _to_rim(main.shape, grid_of(main_river).cell_m))
        out["river_m"] = np.where(nearest, np.fmin(lines, main), np.float32(np.nan))
    return out


def _farmland(
    cover_type: xr.DataArray | None, basic: gpd.GeoDataFrame | None, grid: GridSpec
) -> dict[str, NDArray[np.float32]]:
    """Whether cover is farmed, and whether that is permanent basic farmland, which only its own map tells."""
    out: dict[str, NDArray[np.float32]] = {}
    if cover_type is not None:
        code = cover_type.values
        farmed = np.isin(code, codes_of(["farmed"])).astype(np.float32)
        missing = cover_type.attrs.get("nodata")
        if missing is not None:
            farmed[code == missing] = np.nan
        out["farmland"] = farmed
        # what is not farmed is no basic farmland; which of the rest is, is not known
        out["basic_farmland"] = np.where(farmed == 0, 0.0, np.nan).astype(np.float32)
    if basic is not None:
        out["basic_farmland"] = covered(_placed(basic, grid), grid).astype(np.float32)
    return out


def _in_parks(parks: gpd.GeoDataFrame, grid: GridSpec) -> NDArray[np.float32]:
    """1 in a park: in its polygon, or in the cell of its point."""
    own = _placed(parks, grid)
    areas = own[own.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    out = (
        covered(areas, grid).astype(np.float32) if len(areas) else np.zeros(grid.shape, np.float32)
    )
    points = own[~own.index.isin(areas.index)]
    if len(points):
        out[burnt(points, grid, TOUCHED * grid.cell_m).astype(bool)] = 1.0
    return out


def _without(codes: NDArray[np.integer], *missing: int) -> NDArray[np.float32]:
    return np.where(np.isin(codes, missing), np.float32(np.nan), codes.astype(np.float32))


def _placed(frame: gpd.GeoDataFrame, grid: GridSpec) -> gpd.GeoDataFrame:
    return frame.to_crs(grid.crs) if frame.crs is not None and grid.crs else frame


def _of_zones(zones: gpd.GeoDataFrame, grid: GridSpec) -> dict[str, NDArray[np.float32]]:
    """Facts of the polygon that each cell lies in; NaN outside all."""
    own = _placed(zones, grid)
    own = own.set_axis(np.arange(1, len(own) + 1), axis=0)
    told = [fact for fact in MAPPED if fact in own]
    if not told:
        raise QuantityError(
            f"zones: no column is a fact that rules ask for; found {', '.join(map(str, own.columns))}; known: {', '.join(MAPPED)}"
        )
    label = rasterised(own, grid).values
    out = {}
    for fact in told:
        values = pd.to_numeric(own[fact], errors="coerce")
        broken = own[fact].notna() & (own[fact].astype(str).str.strip() != "") & values.isna()
        if broken.any():
            raise QuantityError(
                f"zones.{fact}: found '{own.loc[broken, fact].iloc[0]}', expected a number; leave it blank where it is not known"
            )
        wrong = [v for v in values.dropna() if not can_be(fact, float(v))]
        if wrong:
            raise QuantityError(
                f"zones.{fact}: found {wrong[0]:g}, expected {said_of(fact)}; leave it blank where it is not known"
            )
        out[fact] = np.concatenate([[np.nan], values]).astype(np.float32)[label]
    return out


def distances_off(cell_m: float) -> dict[str, float]:
    """How far each distance may be from what it is at the centre of a cell.

    Parameters
    ----------
    cell_m : float [m]
        Width of cells.

    Returns
    -------
    dict of fact to float [m]
        Half a diagonal: a cell that water takes has it so near its centre.
    """
    return dict.fromkeys(("river_m", "main_river_m"), TOUCHED * cell_m)


def asked_facts(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Facts that rules ask for, in order of name."""
    return tuple(sorted({term.fact for rule in rules for term in rule.when}))


def known_by_strip(
    place_facts: xr.Dataset, label: NDArray[np.int32], asked: Iterable[str]
) -> Iterator[tuple[dict[str, NDArray[np.float32]], NDArray[np.int32]]]:
    """Facts of the labelled cells, some rows at a time so that no second copy of the grid is held.

    Parameters
    ----------
    place_facts : layers
        One per fact.
    label : (y, x)
        Unit of each cell; 0 is left out.
    asked : iterable of str
        Facts wanted.

    Yields
    ------
    (dict of fact to (n,), (n,))
        Facts that at least one cell of the strip knows, and always the height, which gives the number of cells; unit of each.

    Raises
    ------
    QuantityError
        Labels of another grid.
    """
    height = place_facts["elevation_m"]
    if height.shape != label.shape:
        raise QuantityError(
            f"place_facts: {height.shape} rows and columns, but the units have {label.shape}; expected one grid"
        )
    for start in range(0, label.shape[0], STRIP):
        rows = slice(start, start + STRIP)
        inside = label[rows] > 0
        own = label[rows][inside]
        if own.size:
            facts = {f: place_facts[f].values[rows][inside] for f in asked if f in MAPPED}
            known = {f: v for f, v in facts.items() if not np.isnan(v).all()}
            known.setdefault("elevation_m", height.values[rows][inside])
            yield known, own


@dataclass
class Knowledge:
    """How much of the facts that rules ask for is known, gathered strip by strip.

    Attributes
    ----------
    asked : tuple of str
        Facts.
    """

    asked: tuple[str, ...]
    _cells: int = 0
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, facts: Mapping[str, NDArray[np.float32]]) -> None:
        """Take in the facts of more cells."""
        self._cells += len(facts["elevation_m"])
        for fact in self.asked:
            if fact in facts:
                known = int((~np.isnan(facts[fact])).sum())
                self._known[fact] = self._known.get(fact, 0) + known

    def attrs(self) -> dict[str, Any]:
        """``not_known`` facts of no cell, and share of the cells of ``partly_known`` ones: where a fact is missing, its rules do not fire."""
        share = {f: self._known.get(f, 0) / max(self._cells, 1) for f in self.asked}
        return {
            "not_known": [f for f, s in share.items() if s == 0],
            "partly_known": {f: s for f, s in share.items() if 0 < s < 1},
        }
