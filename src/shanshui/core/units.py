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
        Unit names; "" and "1" are dimensionless.

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

    units = registry()
    try:
        source, target = units.Unit(_spelt(found)), units.Unit(_spelt(expected))
        zero = units.Quantity(0.0, source).to(target).magnitude
        one = units.Quantity(1.0, source).to(target).magnitude
    except pint.DimensionalityError as error:
        raise QuantityError(f"unit '{found}' cannot become '{expected}': {error}") from None
    except (pint.UndefinedUnitError, pint.DefinitionSyntaxError, ValueError, TypeError) as error:
        raise QuantityError(
            f"unit '{found}' is not known ({error}); expected '{expected}'"
        ) from None
    return float(one - zero), float(zero)


def _spelt(unit: str) -> str:
    """Our spelling in the registry's."""
    known = {"1": "dimensionless", "": "dimensionless", "%": "percent", "degC": "degC"}
    # km2 is square kilometres, not a unit of its own
    return known.get(unit) or re.sub(r"([A-Za-z]+)([23])(?![0-9A-Za-z])", r"\1**\2", unit)
