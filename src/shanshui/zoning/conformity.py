"""Whether the features of a plan keep to three control lines: ground that breaks a rule, people on it, and what is not known."""

import csv
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.shipped import shipped_text
from shanshui.region.cover import Cover
from shanshui.region.grid import GridSpec, grid_of
from shanshui.region.polygon_cover import cover_of
from shanshui.zoning.control_lines import LINES
from shanshui.zoning.plan_uses import plan_uses

GROUNDS = ("none", *LINES, "unknown", "outside")
"""Ground by the line it lies in; its code is its place. Unknown: no line is told. Outside: beyond the region."""
UNKNOWN, OUTSIDE = GROUNDS.index("unknown"), GROUNDS.index("outside")
VERDICTS = ("conforms", "unknown", "violates")
"""What a plan or a feature of it can be, the best first."""
LEAST_KM2 = 4e-4
"""Ground that is seen [km2]: 400 m2, the least farmland that the national survey of land draws (TD/T 1055-2019 [M])."""
ROUNDING = 1e-9
"""Share of an area that is no ground, but what sums of shares of cells are off by [D]."""
Numbers = NDArray[np.float64]
BLANK = pd.DataFrame(
    {"feature": np.zeros(0, int), "rule": np.zeros(0, object), "area_km2": np.zeros(0), "people": np.zeros(0), "people_unknown_km2": np.zeros(0)}
)  # fmt: skip
"""No violation."""


@dataclass(frozen=True)
class LineRule:
    """What may not be done on which ground.

    Attributes
    ----------
    rule, line, ground : str
        Its name, the line it guards, and the ground of :data:`GROUNDS` on which it holds.
    uses : frozenset of str
        Uses that it forbids there.
    words, sources : mapping of language to str
        What it says, and where.
    tag : str
        How sure the source is.
    """

    rule: str
    line: str
    ground: str
    uses: frozenset[str]
    words: MappingProxyType[str, str]
    sources: MappingProxyType[str, str]
    tag: str

    def concerns(self, use: str) -> bool:
        """Whether it may forbid a use; one that nobody knows may be any."""
        return not use or use in self.uses


@cache
def line_rules() -> tuple[LineRule, ...]:
    """Rules of the three control lines. On each ground one rule at most forbids a use."""
    return tuple(
        LineRule(
            row["rule"],
            row["line"],
            row["ground"],
            _uses(row["uses"].split()),
            MappingProxyType({"en": row["en"], "zh": row["zh"]}),
            MappingProxyType({"en": row["source"], "zh": row["source_zh"]}),
            row["tag"],
        )
        for row in csv.DictReader(shipped_text("zoning/conformity_rules.csv").splitlines())
    )


def _uses(words: list[str]) -> frozenset[str]:
    """Uses by name, and all of a kind."""
    spaced = {w.replace("_", " ") for w in words}
    return frozenset(u.use for u in plan_uses().values() if u.use in spaced or u.kind in spaced)


@dataclass(frozen=True)
class LineConformity:
    """How a plan stands to the lines.

    Attributes
    ----------
    features : table
        Of each feature, in its order: ``verdict``; ``area_km2``, and what it is made of: ``violating_km2``, ``unknown_km2`` (not known whether
        a rule forbids it), ``conforming_km2``; ``outside_km2`` of it beyond the region.
    violations : table
        ``feature`` (place in order), ``rule, area_km2, people, people_unknown_km2``: people on the ground [person], NaN where of none of it they are
        known, and the ground without a figure.
    rules : table
        ``rule, features, area_km2, people, people_unknown_km2``: the same of all features together, ground under several of them once.
    overlaps : table
        ``first, second`` (places in order), ``area_km2``: features that lie over one another.
    overlap_km2 : float [km2]
        Ground under more than one feature.
    """

    features: pd.DataFrame
    violations: pd.DataFrame
    rules: pd.DataFrame
    overlaps: pd.DataFrame
    overlap_km2: float

    @property
    def verdict(self) -> str:
        """The worst of the features."""
        return max(self.features["verdict"], key=VERDICTS.index)


def line_conformity(
    plan: gpd.GeoDataFrame,
    ground: xr.DataArray,
    population_density: xr.DataArray | None = None,
    *,
    least_km2: float = LEAST_KM2,
) -> LineConformity:
    """Hold a plan against the control lines.

    Parameters
    ----------
    plan : GeoDataFrame
        Valid polygons in the grid's coordinate system with their ``use``, a name of :func:`plan_uses` or blank where it is not known.
    ground : (y, x) [1]
        Place in :data:`GROUNDS` of each cell; what lies beyond the grid is outside.
    population_density : (y, x) [person/km2], optional
        NaN is not known.
    least_km2 : float [km2]
        Less ground than this breaks no rule and leaves no question, since lines are not drawn so finely.

    Returns
    -------
    LineConformity
        Areas are exact along the outlines of the features; lines run along cells.

    Notes
    -----
    With A(f, g) the area of feature f on ground g: rule r is broken by ``A(f, g_r)`` if it forbids the use. Ground is unknown where a rule that
    concerns the use may hold: on unknown ground and beyond the region, and of a feature without a use wherever some rule holds. A feature violates
    if a rule is broken, else is unknown if unknown ground is left, else conforms. A use that no rule concerns conforms wherever it lies.
    ``people = sum s d a`` over the cells with share s, density d [person/km2] and area a [km2].
    """
    grid, rules, use = grid_of(ground), line_rules(), plan["use"].to_numpy(object)
    cover = cover_of(plan, grid)
    area = _grounds(cover, ground)
    broken = {
        r.rule: np.where(
            [bool(u) and r.concerns(u) for u in use], area[:, GROUNDS.index(r.ground)], 0.0
        )
        for r in rules
    }
    broken = {rule: np.where(a >= least_km2, a, 0.0) for rule, a in broken.items()}
    violating = np.sum(list(broken.values()), axis=0)
    unknown = _open(area, use, rules)
    features = pd.DataFrame(
        {
            "verdict": np.where(
                violating > 0, "violates", np.where(unknown >= least_km2, "unknown", "conforms")
            ),
            "area_km2": area.sum(axis=1),
            "violating_km2": violating,
            "unknown_km2": unknown,
            "conforming_km2": np.maximum(area.sum(axis=1) - violating - unknown, 0.0),
            "outside_km2": area[:, OUTSIDE],
        }
    )
    parts, totals = [BLANK], [BLANK.rename(columns={"feature": "features"})]
    for rule in rules:
        at = np.flatnonzero(broken[rule.rule])
        if not at.size:
            continue
        own = plan.iloc[at].reset_index(drop=True)
        union = [shapely.union_all(own.geometry.to_numpy())]
        whole = cover_of(gpd.GeoDataFrame(geometry=union, crs=plan.crs), grid)
        by = pd.DataFrame({"feature": at, "rule": rule.rule, "area_km2": broken[rule.rule][at]})
        all_ = pd.DataFrame(
            {"features": [at.size], "rule": rule.rule, "area_km2": _on(whole, ground, rule)}
        )
        for table, under, out in ((by, cover_of(own, grid), parts), (all_, whole, totals)):
            people, dark = _people(under, ground, rule, population_density)
            out.append(table.assign(people=people, people_unknown_km2=dark))
    violations = pd.concat(parts).sort_values("feature", kind="stable", ignore_index=True)
    rule_table = pd.concat(totals, ignore_index=True)
    return LineConformity(features, violations, rule_table, *_overlaps(plan, least_km2))


def _grounds(cover: Cover, ground: xr.DataArray) -> Numbers:
    """Area of each feature on each ground, beyond the grid outside."""
    _, cells = cover.class_cells(ground, np.arange(len(GROUNDS), dtype=np.uint8))
    area = cells * cover.grid.cell_km2
    beyond = cover.area_km2 - area.sum(axis=1)
    area[:, OUTSIDE] += np.where(beyond > ROUNDING * cover.area_km2, beyond, 0.0)
    return area


def _open(area: Numbers, use: NDArray[np.object_], rules: tuple[LineRule, ...]) -> Numbers:
    """Ground of each feature of which it is not known whether a rule forbids it."""
    somewhere = np.array([any(r.concerns(u) for r in rules) for u in use], bool)
    out = np.where(somewhere, area[:, UNKNOWN] + area[:, OUTSIDE], 0.0)
    ruled = sorted({GROUNDS.index(r.ground) for r in rules})
    return np.where([not u for u in use], out + area[:, ruled].sum(axis=1), out)


def _on(cover: Cover, ground: xr.DataArray, rule: LineRule) -> Numbers:
    """Area of each feature on the ground of a rule."""
    _, cells = cover.class_cells(ground, np.array([GROUNDS.index(rule.ground)], np.uint8))
    return cells[:, 0] * cover.grid.cell_km2


def _people(
    cover: Cover, ground: xr.DataArray, rule: LineRule, density: xr.DataArray | None
) -> tuple[Numbers, Numbers]:
    """People of each feature on the ground of a rule, NaN where nothing of it has a figure; and the ground without one."""
    there = ground.values == GROUNDS.index(rule.ground)
    area = _on(cover, ground, rule)
    if density is None:
        return np.full(area.size, np.nan), area
    told = cover.sums(cover.grid.lay(np.where(there, density.values, np.nan), "person/km2"))
    known = told.cells * cover.grid.cell_km2
    people = np.where(told.cells > 0, told.total * cover.grid.cell_km2, np.nan)
    dark = area - known
    return people, np.where(dark > ROUNDING * area, dark, 0.0)


def _overlaps(plan: gpd.GeoDataFrame, least_km2: float) -> tuple[pd.DataFrame, float]:
    """Pairs of features that lie over one another, the greatest ground first, and the ground under more than one."""
    shapes = plan.geometry.to_numpy()
    left, right = plan.sindex.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    both = shapely.intersection(shapes[left], shapes[right])
    area = shapely.area(both) / 1e6
    seen = area >= least_km2
    table = pd.DataFrame({"first": left[seen], "second": right[seen], "area_km2": area[seen]})
    ground = float(shapely.area(shapely.union_all(both[seen])) / 1e6) if seen.any() else 0.0
    order = ["area_km2", "first", "second"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True), ground


def violating_parts(
    plan: gpd.GeoDataFrame, ground: xr.DataArray, violations: pd.DataFrame
) -> gpd.GeoSeries:
    """Part of its feature that breaks the rule, of each violation.

    Parameters
    ----------
    plan : GeoDataFrame
        As of :func:`line_conformity`.
    ground : (y, x) [1]
        As there.
    violations : table
        Of its answer.

    Returns
    -------
    GeoSeries
        In the order of the violations; outlines of features and of cells.
    """
    grid = grid_of(ground)
    cover, codes = cover_of(plan, grid), ground.values.ravel()
    code = {r.rule: GROUNDS.index(r.ground) for r in line_rules()}
    feature = violations["feature"].to_numpy(int)
    runs = []
    for zone, rule in zip(feature, violations["rule"], strict=True):
        flat, _ = cover.cells(zone)
        runs.append(_runs(flat[codes[flat] == code[rule]], grid))
    owner = np.repeat(np.arange(len(runs)), [len(r) for r in runs])
    held = np.concatenate([np.empty((0, 4)), *runs])
    pieces = shapely.intersection(plan.geometry.to_numpy()[feature[owner]], shapely.box(*held.T))
    stops = np.searchsorted(owner, np.arange(len(runs) + 1))
    whole = [shapely.union_all(pieces[a:b]) for a, b in pairwise(stops)]
    return gpd.GeoSeries([_flat(shape) for shape in whole], crs=plan.crs)


def _runs(flat: NDArray[np.int64], grid: GridSpec) -> Numbers:
    """Rectangles of cells side by side in a row: west, south, east, north."""
    if not flat.size:
        return np.empty((0, 4))
    row, col = np.divmod(flat, grid.nx)
    begin = np.concatenate([[True], (np.diff(flat) != 1) | (np.diff(row) != 0)])
    first = np.flatnonzero(begin)
    last = np.concatenate([first[1:], [flat.size]]) - 1
    side = grid.cell_m
    north = grid.top - row[first] * side
    west, east = grid.left + col[first] * side, grid.left + (col[last] + 1) * side
    return np.column_stack([west, north - side, east, north])


def _flat(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Polygons of a shape; lines and points where outlines only touch are left out."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])


def window(grid: GridSpec, bounds: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """Rows and columns of a grid that a rectangle has a part of; at least one cell, the nearest where it has none."""
    west, south, east, north = bounds
    side = grid.cell_m
    return (
        _span((grid.top - north) / side, (grid.top - south) / side, grid.ny),
        _span((west - grid.left) / side, (east - grid.left) / side, grid.nx),
    )


def _span(first: float, last: float, size: int) -> slice:
    low = min(max(int(np.floor(first)), 0), size - 1)
    return slice(low, max(low + 1, min(int(np.ceil(last)), size)))


def cut(grid: GridSpec, rows: slice, cols: slice) -> GridSpec:
    """Part of a grid."""
    return GridSpec(
        grid.crs,
        grid.cell_m,
        grid.left + cols.start * grid.cell_m,
        grid.top - rows.start * grid.cell_m,
        rows.stop - rows.start,
        cols.stop - cols.start,
    )
