"""A verdict per dataset: coverage, range, gaps, coordinate system, year; and what to do about it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from shanshui.collect.adapt import coefficients_input, features_input, stack_parts, table_input
from shanshui.collect.catalog import InputKind, InputSpec
from shanshui.collect.classes import class_table
from shanshui.collect.companions import TABLES
from shanshui.collect.rasters import raster_input
from shanshui.collect.registers import register_input
from shanshui.collect.scaling import Linear, plausible, refuse_unused
from shanshui.core.errors import ShanshuiError
from shanshui.region.grid import GridSpec

SENTINELS = (-9999.0, -32768.0, 32767.0, -32767.0, 65535.0, -999.0, 9999.0, 99999.0, -99999.0, 1e20)
APART = 0.2
"""Zeros are suspected of meaning missing when no value lies between them and this share of the median [D]."""


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
    """

    name: str
    file: str
    needed: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """``good``, ``doubtful`` or ``unusable``."""
        return "unusable" if self.problems else "doubtful" if self.doubts else "good"


def verdict(
    name: str, spec: InputSpec, kind: InputKind, path: Path, grid: GridSpec, scratch: Path
) -> Verdict:
    """Look at a dataset without bringing all of it to the grid.

    Parameters
    ----------
    name : str
        Input.
    spec : InputSpec
        Its declaration.
    kind : InputKind
        What it is.
    path : Path
        Its file.
    grid : GridSpec
        Study grid.
    scratch : Path
        Folder for temporary files.

    Returns
    -------
    Verdict
        Problems are collected, not raised.
    """
    out = Verdict(name, str(path), spec.needed)
    if spec.year is not None:
        out.facts["year"] = spec.year
    if spec.value is not None:
        out.facts |= {"min": spec.value, "max": spec.value, "mean": spec.value, "coverage": 1.0}
        out.doubts.append(
            f"{name}: {spec.value:g} {kind.unit} is assumed everywhere{f' ({spec.origin})' if spec.origin else ''}; a map would say more"
        )
        return out
    try:
        refuse_unused(spec, kind, name)
        _look(out, spec, kind, path, grid, scratch)
    except ShanshuiError as error:
        out.problems.append(str(error))
    return out


def _look(
    out: Verdict, spec: InputSpec, kind: InputKind, path: Path, grid: GridSpec, scratch: Path
) -> None:
    """Open a file as its family is opened; what cannot be read is raised."""
    name = out.name
    if kind.family in ("continuous", "categorical"):
        with raster_input(path, spec, kind, name, scratch) as source:
            source.check_overlap(grid)
            sample = source.sample(grid)
            out.facts |= {"crs": source.crs.name, "cell_m": round(source.native_m(grid), 1)}
            judge(out, sample, spec, kind, source.missing_code, source.nodata, source.line)
    elif kind.family == "stack":
        parts = stack_parts(path, spec, name)
        out.facts |= {"layers": len(parts)}
        for layer, part in parts.items():
            if not Path(part.file).exists() and path.suffix.lower() in TABLES:
                out.problems.append(f"{name}: {layer}: no file {part.file}")
    elif kind.family == "register":
        out.facts |= {"rows": len(register_input(path, spec, name))}
    elif kind.family == "coefficients":
        out.facts |= {"rows": len(coefficients_input(path, spec, name))}
    elif kind.family == "table":
        frame = table_input(path, spec, kind, name)
        out.facts |= {"rows": len(frame), "units": int(frame["code"].nunique())}
        out.facts["years"] = f"{frame['year'].min()}-{frame['year'].max()}"
    else:
        _look_features(out, spec, kind, path, grid)


def _look_features(
    out: Verdict, spec: InputSpec, kind: InputKind, path: Path, grid: GridSpec
) -> None:
    """Note how many features there are, how much they cover, and where units leave gaps."""
    frame = features_input(path, spec, kind, out.name, grid)
    out.facts |= {"features": len(frame), "crs": frame.attrs["source_crs"]}
    out.facts |= {"accuracy_m": frame.attrs["accuracy_m"]}
    if "outside" in frame.attrs:
        out.facts["outside"] = frame.attrs["outside"]
    out.doubts += frame.attrs["told"]
    if kind.family == "polygons":
        inside = frame.clip(shapely.box(*grid.bounds)).area.sum()
        out.facts["coverage"] = float(inside / (grid.cells * grid.cell_m**2))
        if out.name in {"counties", "prefectures", "provinces"}:
            _judge_gaps(out, frame, grid)


def judge(
    out: Verdict,
    values: NDArray[Any],
    spec: InputSpec,
    kind: InputKind,
    missing: int | None,
    nodata: list[float],
    line: Linear,
) -> None:
    """Judge the values of a grid, in the study's unit.

    Parameters
    ----------
    out : Verdict
        Gathers facts, problems and doubts.
    values : array
        NaN, or ``missing`` in codes, where there is none.
    spec, kind : InputSpec, InputKind
        What was declared.
    missing : int or None
        Code of missing cells.
    nodata : list of float
        Stored numbers that were already taken as missing.
    line : Linear
        Number read to value.
    """
    seen = values[np.isfinite(values)] if values.dtype.kind == "f" else values[values != missing]
    out.facts["coverage"] = float(seen.size / values.size) if values.size else 0.0
    if seen.size == 0:
        out.problems.append(
            f"{out.name}: no valid value inside the study; is nodata = {nodata or 'unset'} right, "
            "and does the file cover the region?"
        )
        return
    low, high = float(seen.min()), float(seen.max())
    out.facts |= {"min": low, "max": high, "mean": float(seen.mean(dtype=np.float64))}
    if kind.family == "categorical":
        _judge_codes(out, seen, spec)
        return
    if low == high:
        text = f"{out.name}: every value is {low:g}; a constant grid says nothing"
        (out.problems if kind.unit == "m" and out.name == "elevation" else out.doubts).append(text)
    if not spec.checked:
        _judge_sentinels(out, seen, kind, spec, line)
    lo, hi = plausible(spec, kind, out.name)
    if not out.problems and (low < lo or high > hi):
        out.problems.append(
            f"{out.name}: values run from {low:g} to {high:g} {kind.unit}, plausible is {lo:g} to {hi:g}; "
            f"{_unit_hint(seen, kind, lo, hi)}or widen the range: plausible = [{min(low, lo):g}, {max(high, hi):g}]"
        )
    mean = out.facts["mean"]
    if (
        kind.usual
        and not out.problems
        and not (spec.checked or spec.plausible)
        and not kind.usual[0] <= mean <= kind.usual[1]
    ):
        out.problems.append(
            f"{out.name}: the mean is {mean:g} {kind.unit}, that of a region lies between {kind.usual[0]:g} and {kind.usual[1]:g}; "
            f"{kind.usual_hint}? set unit or scale; or checked = true if it is right"
        )
    if out.facts["coverage"] < 0.5:
        out.doubts.append(f"{out.name}: covers {out.facts['coverage']:.0%} of the study window")


def _judge_sentinels(
    out: Verdict, seen: NDArray[Any], kind: InputKind, spec: InputSpec, line: Linear
) -> None:
    lo, hi = plausible(spec, kind, out.name)
    for number in SENTINELS:
        value = np.float32(line.of(number))
        share = float(np.mean(seen == value))
        if share > 0 and not lo <= value <= hi:
            out.problems.append(
                f"{out.name}: {share:.1%} of the cells hold {number:g}, which is no plausible value; it looks like "
                f"missing data that the file does not declare; set nodata = {number:g} in [inputs.{out.name}]"
            )
    if kind.low < 0 and kind.family == "continuous" and kind.unit not in {"m"}:
        return
    zeros = float(np.mean(seen == 0))
    above = seen[seen > 0]
    if (
        1e-4 < zeros < 1.0
        and above.size
        and not (seen < 0).any()
        and float(above.min()) > APART * float(np.median(above))
    ):
        out.problems.append(
            f"{out.name}: {zeros:.1%} of the cells are 0 while the next value is {float(above.min()):g}; it looks like "
            f"missing data that the file does not declare; set nodata = 0 in [inputs.{out.name}], or checked = true "
            "if the zeros are real"
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


def _judge_codes(out: Verdict, seen: NDArray[Any], spec: InputSpec) -> None:
    codes = np.unique(seen)
    out.facts["classes"] = int(codes.size)
    if spec.classes is None:
        shown = ", ".join(map(str, codes[:12]))
        out.problems.append(
            f'{out.name}: codes {shown} have no class table; set classes = "igbp" or the path of a CSV with columns code, name'
        )
        return
    known = set(class_table(spec.classes).index)
    strange = [int(c) for c in codes if int(c) not in known]
    if strange:
        out.problems.append(
            f"{out.name}: codes {', '.join(map(str, strange[:12]))} are not in the class table '{spec.classes}'; "
            "add them, or declare them as nodata"
        )


def _unit_hint(seen: NDArray[Any], kind: InputKind, lo: float, hi: float) -> str:
    low, high = float(seen.min()), float(seen.max())
    if kind.unit == "degC" and lo <= low - 273.15 and high - 273.15 <= hi:
        return 'is it in kelvin? set unit = "K"; '
    for scale in (0.1, 0.01, 0.001, 0.0001):
        if lo <= low * scale and high * scale <= hi:
            return f"is it stored in steps of {scale:g} {kind.unit}? set scale = {scale:g}; "
    return 'is the unit right? set unit = "…"; '
