"""Unit names and factors between them; the registry is opened only for names not spelt our way."""

import re
from functools import cache
from typing import Any

from shanshui.core.errors import QuantityError

_OURS = """
mu = 2000 / 3 * meter ** 2
yuan = [currency] = CNY
sheep_unit = [livestock]
person = [people] = persons
household = [home]
gha = [biocapacity] = global_hectare
"""


@cache
def registry() -> Any:
    """Open the unit registry with the planning units added."""
    import pint

    units: Any = pint.UnitRegistry()
    units.load_definitions(_OURS.strip().splitlines())
    return units


@cache
def conversion(found: str, expected: str) -> tuple[float, float]:
    """Factor and offset that turn ``found`` into ``expected``.

    Parameters
    ----------
    found, expected : str
        Unit names; "" and "1" are dimensionless. ``found`` may be a multiple, as yearbooks have it: ``10000 person``,
        ``1e8 yuan``, ``万人``, ``亿元``.

    Returns
    -------
    (float, float)
        ``value * factor + offset``.

    Raises
    ------
    QuantityError
        Unknown unit, or units of different dimension.
    """
    if found == expected or {found, expected} <= {"", "1"}:
        return 1.0, 0.0
    import pint

    if not known_unit(found):
        raise QuantityError(f"unit '{found}' is not known; expected '{expected}'")
    units = registry()
    try:
        times, name = _scaled(found)
        if expected == "g0":
            name = _SHAKING.get(name, name)
        source, target = units.Unit(_spelt(name)), units.Unit(_spelt(expected))
        zero = units.Quantity(0.0, source).to(target).magnitude
        one = units.Quantity(times, source).to(target).magnitude
    except pint.DimensionalityError as error:
        raise QuantityError(f"unit '{found}' cannot become '{expected}': {error}") from None
    except (pint.UndefinedUnitError, pint.DefinitionSyntaxError, ValueError, TypeError) as error:
        raise QuantityError(
            f"unit '{found}' is not known ({error}); expected '{expected}'"
        ) from None
    return float(one - zero), float(zero)


@cache
def known_unit(text: str) -> bool:
    """Is this the name of a unit, or of a multiple of one?"""
    import pint

    try:
        _, name = _scaled(text)
        registry().Unit(_spelt(name))
    except (pint.PintError, ValueError, TypeError, AttributeError, KeyError, ArithmeticError):
        return False
    except Exception as error:  # noqa: BLE001 - the parser of unit names raises errors of the language's tokenizer
        del error
        return False
    return True


_TIMES = {"十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_CHINESE = {
    "人": "person", "户": "household", "元": "yuan", "公顷": "hectare", "亩": "mu", "平方公里": "km2", "平方千米": "km2",
    "平方米": "m2", "立方米": "m3", "吨": "t", "公斤": "kg", "千克": "kg", "公里": "km", "千米": "km", "米": "m", "毫米": "mm",
    "千瓦时": "kWh", "度": "degree", "摄氏度": "degC", "年": "yr",
}  # fmt: skip
_SHAKING = {"g": "g0", "gal": "Gal", "GAL": "Gal", "伽": "Gal"}
"""How accelerations of the ground are written; elsewhere g is a gram and gal a gallon."""


def _scaled(unit: str) -> tuple[float, str]:
    """Factor before a unit, and the unit: ``10000 person`` is 10000 and person, ``万吨`` is 10000 and t."""
    head = re.match(r"\s*([0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*[*x× ]\s*(?=\S)", unit)
    times = 1.0
    if head:
        times, unit = float(head[1].replace(",", "").replace("_", "")), unit[head.end() :]
    unit = unit.strip()
    parts = [part.strip() for part in unit.split("/")]
    while len(parts[0]) > 1 and parts[0][0] in _TIMES and parts[0] not in _CHINESE:
        times *= _TIMES[parts[0][0]]
        parts[0] = parts[0][1:]
    return times, "/".join(_CHINESE.get(part, part) for part in parts)


def _spelt(unit: str) -> str:
    """Our spelling in the registry's."""
    known = {"1": "dimensionless", "": "dimensionless", "%": "percent", "degC": "degC"}
    # km2 is square kilometres, not a unit of its own
    return known.get(unit) or re.sub(r"([A-Za-z]+)([23])(?![0-9A-Za-z])", r"\1**\2", unit)
