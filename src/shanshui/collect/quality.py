"""A verdict per dataset: coverage, range, gaps, coordinate system, year; and what to do about it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.enums import Resampling

from shanshui.collect.adapt import coefficients_input, joined_table, stack_parts
from shanshui.collect.catalog import InputSpec
from shanshui.collect.features import features_input
from shanshui.collect.function_zones import function_zones_input, is_list, zone_lists
from shanshui.collect.holes import hole_doubts
from shanshui.collect.inputs import FEATURES, RASTERS, InputKind
from shanshui.collect.joining import account_in, placed_rows
from shanshui.collect.legend_quality import LegendVerdict, legend_verdict
from shanshui.collect.number_quality import NumberVerdict, number_verdict
from shanshui.collect.polygon_classes import PolygonClasses
from shanshui.collect.positions import degrees_of
from shanshui.collect.rasters import RasterInput, raster_input
from shanshui.collect.registers import register_input
from shanshui.collect.scaling import of_another_kind, refuse_unused
from shanshui.collect.sheets.record import Reading
from shanshui.collect.transformations import meant, way_between
from shanshui.collect.yearly import declared_as, maps_by_year
from shanshui.core.errors import ShanshuiError
from shanshui.core.quantity import Grid
from shanshui.core.voice import Voice
from shanshui.region.grid import GridSpec
from shanshui.region.join_account import JoinAccount

MOST_THIN = 400
"""Rows or columns of the view in which inner holes are looked for [D]."""


@dataclass
class Verdict:
    """How one dataset stands.

    Attributes
    ----------
    name, file : str
        Input and its file.
    needed : bool
        Can the study not run without it?
    facts : dict
        Coverage, range, coordinate system, year, as shown to the user.
    problems : list of str
        Make the dataset unusable; each with its fix.
    doubts : list of str
        Worth a look; they change no result.
    join : JoinAccount, optional
        What became of the rows of a table of places.
    table : DataFrame, optional
        Rows of a table, to be looked at beside other tables.
    spec : InputSpec, optional
        Its declaration, the first of several.
    """

    name: str
    file: str
    needed: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    join: JoinAccount | None = None
    table: pd.DataFrame | None = None
    spec: InputSpec | None = None

    @property
    def assumed(self) -> bool:
        """Is it one number that somebody took for the whole study?"""
        return self.spec is not None and self.spec.value is not None

    @property
    def state(self) -> str:
        """``good``, ``doubtful`` or ``unusable``."""
        return "unusable" if self.problems else "doubtful" if self.doubts else "good"


def verdict(
    name: str,
    specs: list[InputSpec],
    kind: InputKind,
    paths: list[Path],
    grid: GridSpec,
    places: pd.DataFrame | None = None,
    features: gpd.GeoDataFrame | None = None,
) -> Verdict:
    """Look at a dataset without bringing it to the grid.

    Parameters
    ----------
    name : str
        Input.
    specs : list of InputSpec
        Its declaration; several of a raster in tiles.
    kind : InputKind
        What it is.
    paths : list of Path
        Its files.
    grid : GridSpec
        Study grid.
    places : DataFrame, optional
        Of the study, to which tables are joined.
    features : GeoDataFrame, optional
        Its features, where they have been read already.

    Returns
    -------
    Verdict
        Problems are collected, not raised.
    """
    spec, path = specs[0], paths[0]
    out = Verdict(name, str(path), spec.needed, spec=spec)
    if len(paths) > 1 and kind.family in (*RASTERS, *FEATURES, "zones"):
        out.facts["tiles" if kind.family in RASTERS else "files"] = len(paths)
    if spec.year is not None:
        out.facts["year"] = spec.year
    if spec.value is not None:
        out.facts |= {"min": spec.value, "max": spec.value, "mean": spec.value, "coverage": 1.0}
        out.doubts.append(
            f"{name}: {spec.value:g} {kind.unit} is assumed everywhere{f' ({spec.origin})' if spec.origin else ''}; a map would say more"
        )
        return out
    try:
        for each in specs:
            refuse_unused(each, kind, name)
        if kind.family == "annual":
            _look_at_years(out, specs, paths, kind, grid)
        elif kind.family in FEATURES:
            frame = features_input(paths, specs, kind, name, grid) if features is None else features
            _look_features(out, kind, frame, grid)
        elif kind.family in RASTERS:
            look_at_raster(out, specs, paths, kind, grid)
            if name == "elevation" and not out.problems and out.facts["coverage"] < 1.0:
                out.doubts += hole_doubts(name, _thinned(specs, paths, kind, name, grid), grid)
        else:
            _look(out, specs, kind, paths, grid, places)
    except ShanshuiError as error:
        out.problems.append(str(error))
    return out


def _look(
    out: Verdict,
    specs: list[InputSpec],
    kind: InputKind,
    paths: list[Path],
    grid: GridSpec,
    places: pd.DataFrame | None,
) -> None:
    """Open a file as its family is opened; what cannot be read is raised."""
    name, spec, path = out.name, specs[0], paths[0]
    if kind.family == "stack":
        _look_at_stack(out, spec, kind, path, grid)
    elif kind.family == "register":
        frame = placed_rows(register_input(path, spec, name), spec, name, kind, places)
        out.facts |= {"rows": len(frame)}
        _tell_join(out, account_in(frame))
    elif kind.family == "zones":
        _look_at_zones(out, specs, kind, paths, grid, places)
    elif kind.family == "coefficients":
        frame = coefficients_input(path, spec, name, kind)
        out.facts |= {"rows": len(frame)}
        _tell_reading(out, frame.attrs["reading"])
        _tell_join(out, account_in(placed_rows(frame, spec, name, kind, places)))
    elif kind.family == "table":
        frame = out.table = joined_table(path, spec, kind, name, places)
        out.facts |= {"rows": len(frame), "units": int(frame["code"].nunique())}
        out.facts["years"] = f"{frame['year'].min()}-{frame['year'].max()}"
        used = {*frame.columns, *spec.class_columns.values(), str(spec.class_total)}
        _tell_reading(out, frame.attrs["reading"], used)
        _tell_join(out, account_in(frame))


def _look_at_zones(
    out: Verdict,
    specs: list[InputSpec],
    kind: InputKind,
    paths: list[Path],
    grid: GridSpec,
    places: pd.DataFrame | None,
) -> None:
    """Zones are a list of counties, which meets places, or polygons, which meet the study."""
    if any(is_list(path) for path in paths):
        found = zone_lists(paths, specs, out.name, places)
        out.facts |= {"rows": len(found.rows), "zones": int(found.rows["name"].nunique())}
        _tell_join(out, found.account)
        return
    frame = function_zones_input(paths, specs, kind, out.name, grid, {})
    out.facts |= {"features": len(frame), "zones": int(frame["name"].nunique())}


def _tell_reading(out: Verdict, reading: Reading, used: set[str] | None = None) -> None:
    """Note what was left out of a table, and by which unit of the file its numbers are understood."""
    said = reading.summary(used)
    if said:
        out.facts["read"] = said


def _tell_join(out: Verdict, account: JoinAccount | None) -> None:
    """Note what of a table reached no place, and which places have no row."""
    if account is not None:
        out.join = account
        out.facts["joined"] = f"{account.reached} of {account.rows['in']} rows"
        out.doubts += account.sentences(Voice(), all_rows=False)


def _look_features(out: Verdict, kind: InputKind, frame: gpd.GeoDataFrame, grid: GridSpec) -> None:
    """Note how many features there are, how much they cover, and where units leave gaps."""
    out.facts |= {"features": len(frame), "crs": frame.attrs["source_crs"]}
    out.facts |= {"accuracy_m": frame.attrs["accuracy_m"]}
    if "beyond" in frame.attrs:
        out.facts["outside"] = frame.attrs["beyond"]
    out.doubts += frame.attrs["told"]
    if kind.family == "polygons":
        # what lies in one another covers the ground once
        inside = shapely.union_all(frame.clip(shapely.box(*grid.bounds)).geometry.values).area
        out.facts["coverage"] = float(inside / (grid.cells * grid.cell_m**2))
        if out.name in {"counties", "prefectures", "provinces"}:
            _judge_gaps(out, frame, grid)


def _look_at_stack(
    out: Verdict, spec: InputSpec, kind: InputKind, path: Path, grid: GridSpec
) -> None:
    """Look at each grid of a stack."""
    parts = stack_parts(path, spec, out.name)
    out.facts |= {"layers": len(parts)}
    for layer, part in parts.items():
        own = Verdict(f"{out.name}.{layer}", part.file)
        place = Path(part.file) if Path(part.file).is_absolute() else path
        try:
            look_at_raster(own, [part], [place], layer_kind(kind, spec), grid)
        except ShanshuiError as error:
            own.problems.append(str(error))
        out.problems += own.problems
        # a layer that is the same everywhere is no wonder among several
        out.doubts += [d for d in own.doubts if "every value is" not in d]


def _look_at_years(
    out: Verdict, specs: list[InputSpec], paths: list[Path], kind: InputKind, grid: GridSpec
) -> None:
    """Look at the map of each year."""
    name = declared_as(out.name)
    years = maps_by_year(specs, paths, name)
    out.facts["years"] = ", ".join(map(str, years))
    for maps in years.values():
        own = Verdict(name, str(maps.paths[0]))
        look_at_raster(own, maps.specs, maps.paths, kind, grid)
        out.problems += own.problems
        out.doubts += own.doubts
        out.facts |= {k: v for k, v in own.facts.items() if k in ("crs", "cell_m", "coverage")}


def layer_kind(kind: InputKind, spec: InputSpec) -> InputKind:
    """What a layer of a stack is."""
    return InputKind("continuous", Grid(spec.unit or "1"), kind.low, kind.high, zeros=kind.zeros)


def look_at_raster(
    out: Verdict, specs: list[InputSpec], paths: list[Path], kind: InputKind, grid: GridSpec
) -> None:
    """Look at every cell of a raster that lies below the study, without bringing it to the grid.

    Raises
    ------
    DataError
        It cannot be read, or lies elsewhere.
    """
    with raster_input(paths, specs, kind, out.name, grid) as source:
        source.check_overlap(grid)
        source.finish(grid)
        out.facts |= {"crs": source.crs.name, "cell_m": round(source.native_m(grid), 1)}
        study = degrees_of(grid.bounds, grid.projection)
        way = way_between(source.crs, meant(grid, source.crs).projection, study)
        out.facts["accuracy_m"] = way.accuracy_m
        if (text := way.told(out.name, source.crs, grid)) and not specs[0].checked:
            (out.problems if way.refused(grid) else out.doubts).append(text)
        judge(out, source, source.coverage(grid))


def _thinned(
    specs: list[InputSpec], paths: list[Path], kind: InputKind, name: str, grid: GridSpec
) -> NDArray[Any]:
    """View of a raster of at most some hundred rows and columns."""
    factor = max(1, -(-max(grid.shape) // MOST_THIN))
    thin = GridSpec(
        grid.crs, grid.cell_m * factor, grid.left, grid.top,
        -(-grid.ny // factor), -(-grid.nx // factor),
    )  # fmt: skip
    with raster_input(paths, specs, kind, name, grid) as source:
        return source.rows(thin, 0, thin.ny, Resampling.nearest)


def judge(out: Verdict, source: RasterInput, coverage: float) -> None:
    """Judge a raster by all that was read of it.

    Parameters
    ----------
    out : Verdict
        Gathers facts, problems and doubts.
    source : RasterInput
        Every cell of it was read.
    coverage : float
        Share of the study's cells with a value.
    """
    out.facts["coverage"] = coverage
    bands = source.bands
    if not any(look.present for look in bands.looks):
        nodata = [f"{mark:g}" for mark in bands.marks[0]]
        out.problems.append(
            f"{out.name}: no valid value inside the study; is nodata = {', '.join(nodata) or 'unset'} right, "
            "and does the file cover the region?"
        )
        return
    _tell_source(out, source)
    if source.codes:
        found: LegendVerdict | NumberVerdict = legend_verdict(out.name, bands.look.codes, source)
    else:
        found = number_verdict(out.name, source)
    out.facts |= found.facts
    out.problems += found.problems
    out.doubts += found.doubts
    if coverage < 0.5 and not out.problems:
        share = f"{coverage:.0%}" if coverage >= 0.01 else f"{coverage:.2%}"
        out.doubts.append(f"{out.name}: covers {share} of the study window")


def _tell_source(out: Verdict, source: RasterInput) -> None:
    """Note what is unusual about the file itself: a picture, bands that are not read, tiles that overlap."""
    raster, spec = source.source, source.spec
    colours = {raster.bands[k].colour for k in source.bands.asked} - {"", "alpha"}
    if colours and not source.codes and not spec.checked:
        out.problems.append(
            f"{out.name}: the band is marked as {' and '.join(sorted(colours))} of a picture: are its numbers colours? give the map "
            "that was drawn, or checked = true if they are values"
        )
    real = [band for band in raster.bands if band.colour != "alpha"]
    if len(real) > 1 and "band" not in spec.model_fields_set:
        out.doubts.append(
            f'{out.name}: the file has {len(real)} bands, the first is read; say which: band = 1, or band = "mean" or "sum"'
        )
    if isinstance(raster, PolygonClasses):
        out.doubts += raster.told
        out.problems += raster.refused
        out.facts["polygons"] = raster.polygons
    overlap = getattr(raster, "overlap", 0)
    if overlap:
        out.doubts.append(
            f"{out.name}: tiles overlap in {overlap} cells; there the one that is declared first counts, where it has a value"
        )
    unit = raster.bands[source.bands.asked[0]].unit
    if unit and not source.codes:
        out.facts["unit_in_file"] = unit
        if spec.unit is None and not spec.checked and of_another_kind(unit, source.kind.unit):
            out.doubts.append(
                f"{out.name}: the file says that its numbers are in {unit}, which is no measure of {source.kind.unit}; they are taken to be "
                f'in {source.kind.unit}: is it the right band or file? say their unit: unit = "…", or checked = true if the file is wrong'
            )


def _judge_gaps(out: Verdict, frame: gpd.GeoDataFrame, grid: GridSpec) -> None:
    """Holes between units larger than a cell: people and areas inside them belong to nobody."""
    whole = shapely.get_parts(shapely.union_all(frame.geometry.values))
    rings = shapely.get_rings(whole[shapely.get_num_interior_rings(whole) > 0])
    area = shapely.area(shapely.polygons(rings)) if len(rings) else np.empty(0)
    holes = area[~np.isin(area, shapely.area(shapely.polygons(shapely.get_exterior_ring(whole))))]
    holes = holes[holes > grid.cell_m**2]
    if holes.size:
        out.doubts.append(
            f"{out.name}: {holes.size} gaps inside the set, {holes.sum() / 1e6:.1f} km2 together; are units missing?"
        )
