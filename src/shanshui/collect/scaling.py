"""From stored numbers to values in the study's unit, and the range that they must keep."""

import math
from dataclasses import dataclass
from typing import Any

from shanshui.collect.catalog import InputKind, InputSpec
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.units import conversion


@dataclass(frozen=True)
class Linear:
    """Value = stored x factor + shift."""

    factor: float = 1.0
    shift: float = 0.0

    def of(self, stored: Any) -> Any:
        """Values of stored numbers (number, array or column)."""
        return stored * self.factor + self.shift


_USED = {
    "continuous": {"unit", "scale", "offset", "nodata", "band"},
    "categorical": {"unit", "nodata", "band", "classes"},
    "stack": {"unit", "scale", "offset", "nodata"},
    "table": {"unit", "scale", "offset", "nodata", "class_columns"},
}
"""Words of a declaration that change numbers, by what the input is."""


def refuse_unused(spec: InputSpec, kind: InputKind, name: str) -> None:
    """Refuse a word that would change numbers if it were obeyed, where nothing obeys it.

    Raises
    ------
    DataError
        With the word.
    """
    used = _USED.get(kind.family, set())
    for word in sorted(set().union(*_USED.values()) - used):
        if getattr(spec, word) != type(spec).model_fields[word].get_default(
            call_default_factory=True
        ):
            raise DataError(
                f"{name}.{word}: {name} is read as {kind.family}, where {word} has no meaning; leave it out of "
                f"[inputs.{name}], and change the file itself if its values are not right"
            )


def linear(
    spec: InputSpec, unit: str, name: str, *, scale: float = 1.0, offset: float = 0.0
) -> Linear:
    """How stored numbers become values in a unit.

    Parameters
    ----------
    spec : InputSpec
        ``scale`` and ``offset`` stand over the file's own; ``unit`` is that of the scaled numbers.
    unit : str
        The study's.
    name : str
        Input, for the message.
    scale, offset : float
        The file's own.

    Raises
    ------
    DataError
        A scale that is 0 or not finite, an unknown unit, or one of another dimension.
    """
    scale = scale if spec.scale is None else spec.scale
    offset = offset if spec.offset is None else spec.offset
    for word, number in (("scale", scale), ("offset", offset)):
        if not math.isfinite(number) or (word == "scale" and number == 0):
            said = "declared" if getattr(spec, word) is not None else "written in the file"
            raise DataError(
                f"{name}.{word}: {number:g} is {said}, expected a finite number"
                f"{' other than 0' if word == 'scale' else ''}; set {word} in [inputs.{name}]"
            )
    try:
        factor, shift = conversion(spec.unit or unit, unit)
    except QuantityError as error:
        raise DataError(f"{name}.unit: {error}; correct unit in [inputs.{name}]") from None
    return Linear(scale * factor, offset * factor + shift)


def plausible(spec: InputSpec, kind: InputKind, name: str) -> tuple[float, float]:
    """Range of plausible values, in the study's unit.

    Raises
    ------
    DataError
        A declared range that is none.
    """
    low, high = spec.plausible or (kind.low, kind.high)
    if not low <= high:
        raise DataError(
            f"{name}.plausible: [{low:g}, {high:g}] is no range; give the lowest value, then the highest"
        )
    return low, high


def missing_numbers(spec: InputSpec) -> list[float]:
    """Stored numbers that are declared to mean missing."""
    declared = spec.nodata
    if declared is None:
        return []
    return [float(v) for v in (declared if isinstance(declared, list) else [declared])]


def bounds_text(bounds: tuple[float, ...]) -> str:
    """West to east, south to north."""
    return f"{bounds[0]:g} to {bounds[2]:g}, {bounds[1]:g} to {bounds[3]:g}"
