"""Can the numbers of a map be right? Marks that nobody declared, ranges, means that no region has."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import InputKind
from shanshui.collect.rasters import RasterInput
from shanshui.collect.scaling import plausible

APART = 0.2
"""Zeros are suspected of meaning missing when no value lies between them and this share of the median [D]."""


@dataclass
class NumberVerdict:
    """What is found of a map of numbers, in the words of a verdict."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def number_verdict(name: str, source: RasterInput) -> NumberVerdict:
    """Judge the numbers of a raster of which every cell was read.

    Parameters
    ----------
    name : str
        Input.
    source : RasterInput
        The raster.

    Returns
    -------
    NumberVerdict
        Problems make the map unusable.
    """
    out = NumberVerdict(name)
    bands, spec, kind = source.bands, source.spec, source.kind
    low, high, mean = bands.look.range(bands.look_line)
    out.facts |= {"min": low, "max": high, "mean": mean}
    if low == high:
        text = f"{out.name}: every value is {low:g}; a constant grid says nothing"
        (out.problems if kind.unit == "m" and out.name == "elevation" else out.doubts).append(text)
    if not spec.checked:
        _judge_marks(out, source)
    lo, hi = plausible(spec, kind, out.name)
    if not out.problems and (low < lo or high > hi):
        out.problems.append(
            f"{out.name}: values run from {low:g} to {high:g} {kind.unit}, plausible is {lo:g} to {hi:g}; "
            f"{_unit_hint(low, high, kind, lo, hi)}or widen the range: plausible = [{min(low, lo):g}, {max(high, hi):g}]"
        )
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
    return out


def _judge_marks(out: NumberVerdict, source: RasterInput) -> None:
    """Numbers that look like missing data; found among all cells, before anything is averaged."""
    spec, kind = source.spec, source.kind
    for look in source.bands.looks:
        for number, times in sorted(look.marks().items()):
            shown = _shortest(number)
            out.problems.append(
                f"{out.name}: {_share(times, look.present)} hold {shown}, which is no plausible value beside the others; it looks "
                f"like missing data that the file does not declare; set nodata = {_with_declared(spec, shown)} in "
                f"[inputs.{out.name}], or checked = true if it is a value"
            )
        line = source.bands.line
        if kind.zeros != "suspect" or line.shift != 0.0 or out.problems:
            continue
        zeros, least = look.zeros, look.least_above_zero
        below = look.range(line)[0] < 0
        median = look.median_above_zero()
        if 0 < zeros < look.present and not below and least > APART * median:
            out.problems.append(
                f"{out.name}: {_share(zeros, look.present)} are 0 while the next value is {line.of(least):g}; it looks like "
                f"missing data that the file does not declare; set nodata = {_with_declared(spec, '0')} in [inputs.{out.name}], "
                "or checked = true if the zeros are real"
            )


def _share(times: int, of: int) -> str:
    if times < 1000 or times < 1e-3 * of:
        return f"{times} of {of} cells"
    return f"{times / of:.1%} of the cells"


def _shortest(number: float) -> str:
    """The number as 32 bits hold it, in as few letters as say it."""
    if abs(number) < 1e16 and number == round(number):
        return f"{number:.0f}"
    if abs(number) > float(np.finfo(np.float32).max):
        return repr(number)
    short = str(np.float32(number))
    return short if np.float32(float(short)) == np.float32(number) else repr(number)


def _with_declared(spec: InputSpec, number: str) -> str:
    """What nodata must be so that the numbers that are declared already stay so."""
    before = (
        []
        if spec.nodata is None
        else spec.nodata
        if isinstance(spec.nodata, list)
        else [spec.nodata]
    )
    return f"[{', '.join([*(f'{v:g}' for v in before), number])}]" if before else number


def _unit_hint(low: float, high: float, kind: InputKind, lo: float, hi: float) -> str:
    if kind.unit == "degC" and lo <= low - 273.15 and high - 273.15 <= hi:
        return 'is it in kelvin? set unit = "K"; '
    for scale in (0.1, 0.01, 0.001, 0.0001):
        if lo <= low * scale and high * scale <= hi:
            return f"is it stored in steps of {scale:g} {kind.unit}? set scale = {scale:g}; "
    return 'is the unit right? set unit = "…"; '
