"""From stored numbers to values in the study's unit, and the range that they must keep."""

import math
from dataclasses import dataclass
from typing import Any

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import InputKind
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.quantity import Features
from shanshui.core.units import conversion, known_unit


@dataclass(frozen=True)
class Linear:
    """Value = stored x factor + shift."""

    factor: float = 1.0
    shift: float = 0.0

    def of(self, stored: Any) -> Any:
        """Values of stored numbers (number, array or column)."""
        return stored * self.factor + self.shift


_USED = {
    "continuous": {"unit", "scale", "offset", "nodata", "band", "time", "resampling"},
    "categorical": {"unit", "nodata", "band", "legend", "time", "resampling"},
    "stack": {"unit", "scale", "offset", "nodata", "time", "resampling"},
    "annual": {"unit", "scale", "offset", "nodata", "band", "time"},
    "table": {"unit", "scale", "offset", "nodata", "class_columns", "class_total"},
}
_JOINED = {"crosswalk", "names", "weight", "unmatched"}
"""Words of a declaration that change numbers, by what the input is."""


def refuse_unused(spec: InputSpec, kind: InputKind, name: str) -> None:
    """Refuse a word that would change numbers if it were obeyed, where nothing obeys it.

    Raises
    ------
    DataError
        With the word.
    """
    used = _USED.get(kind.family, set()) | ({"legend"} if name == "land_cover_areas" else set())
    if kind.names_places or kind.family == "zones":
        used = used | _JOINED
    if isinstance(kind.gives, Features) and math.isfinite(kind.high):
        used = used | {"unit"}
    for word in sorted(set().union(*_USED.values(), _JOINED) - used):
        if getattr(spec, word) != type(spec).model_fields[word].get_default(
            call_default_factory=True
        ):
            raise DataError(
                f"{name}.{word}: {name} is read as {kind.family}, where {word} has no meaning; leave it out of "
                f"[inputs.{name}], and change the file itself if its values are not right"
            )


def linear(
    spec: InputSpec,
    unit: str,
    name: str,
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    own: str | None = None,
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
    own : str, optional
        Unit that the file says its scaled numbers are in.

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
        factor, shift = conversion(spec.unit or own or unit, unit)
    except QuantityError as error:
        raise DataError(f"{name}.unit: {error}; correct unit in [inputs.{name}]") from None
    return Linear(scale * factor, offset * factor + shift)


_SPELT = {
    "metre": "m", "metres": "m", "meter": "m", "meters": "m", "米": "m", "feet": "ft", "foot": "ft", "international foot": "ft",
    "us survey foot": "survey_foot", "us survey feet": "survey_foot", "ftus": "survey_foot", "us_survey_foot": "survey_foot",
    "us-ft": "survey_foot", "foot_us": "survey_foot", "c": "degC", "°c": "degC", "celsius": "degC", "deg_c": "degC",
    "deg c": "degC", "degrees celsius": "degC", "degree_celsius": "degC", "degrees_celsius": "degC", "degrees c": "degC",
    "kelvin": "K", "k": "K", "°f": "degF", "fahrenheit": "degF", "percent": "%", "pct": "%", "mm/year": "mm/yr",
    "mm year-1": "mm/yr", "mm yr-1": "mm/yr", "mm/a": "mm/yr", "mm a-1": "mm/yr", "mm/day": "mm/d", "mm day-1": "mm/d",
    "mm d-1": "mm/d", "kg m-2 s-1": "kg/m2/s", "kg/m^2/s": "kg/m2/s", "kg m**-2 s**-1": "kg/m2/s", "1": "1", "-": "1",
}  # fmt: skip
"""How makers of files spell units."""


def band_unit(said: str, unit: str) -> str | None:
    """Unit that a file says its numbers are in, where that is another than the study's and can become it.

    Parameters
    ----------
    said : str
        As the file spells it.
    unit : str
        The study's.

    Returns
    -------
    str or None
        None where the file says nothing, the same, a word that is no unit, or one of another dimension: a depth of rain for a
        rate, for which the study's unit stands as it does for a file that says nothing.
    """
    word = _SPELT.get(said.strip().lower(), said.strip())
    if not word or word == unit:
        return None
    if unit == "K" and word == "degC":
        return None  # differences of temperature are the same in both
    if unit == "mm/yr" and word == "kg/m2/s":
        return f"{SECONDS_OF_YEAR:g} mm/yr"  # a kilogram of water on a square metre is a millimetre
    try:
        factor, shift = conversion(word, unit)
    except QuantityError:
        return None
    return None if (factor, shift) == (1.0, 0.0) else word


def of_another_kind(said: str, unit: str) -> bool:
    """Is what a file says of its numbers a unit, and one of another dimension than the study's?

    Parameters
    ----------
    said : str
        As the file spells it.
    unit : str
        The study's.

    Returns
    -------
    bool
        False for words that are no unit, and for a depth where the study has a depth of a year: files leave the time out.
    """
    word = _SPELT.get(said.strip().lower(), said.strip())
    if not word or band_unit(said, unit) is not None:
        return False
    for own in (unit, unit.removesuffix("/yr")):
        try:
            conversion(word, own)
        except QuantityError:
            continue
        return False
    return known_unit(word)


SECONDS_OF_YEAR = 31_557_600
"""Of the Julian year, which units of time are reckoned with."""


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
