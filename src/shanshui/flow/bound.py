"""Whether products that are bound to parameters fit them: kind, columns, keys and scale; and what cannot be made without one."""

from collections.abc import Container, Iterable, Mapping

from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.keys import keys
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Quantity, Table
from shanshui.core.units import conversion
from shanshui.flow.scale import check_scale
from shanshui.flow.steps import Item, Layer, Source, Step, gives, key_kinds, kinds

NOT_BOUND = "no input '{name}' is bound in study.toml"
NO_COLUMN = "'{name}' has no column {columns}"
"""Why products cannot be made."""


def leave_out(
    made: dict[str, Item], absent: dict[str, str], first: Mapping[str, str]
) -> dict[str, Item]:
    """Take steps out of a plan, and those that cannot be made without them or without an input; give the latter."""
    gone, without = dict(first), set(first)
    left: dict[str, Item] = {}
    while True:
        absent |= gone
        left |= {name: made.pop(name) for name in gone}
        gone = _without_input(made, absent)
        if not gone:
            return {name: item for name, item in left.items() if name not in without}


def without_columns(item: Item, made: Mapping[str, Item]) -> str:
    """Columns that a step wants of the table of an input and that it does not have, in words; empty for none."""
    if not isinstance(item, Step):
        return ""
    for parameter, product in item.needs.items():
        expected, source = item.card.needs[parameter], made.get(product)
        heads = source.heads if isinstance(source, Source) else None
        if not isinstance(expected, Table) or heads is None:
            continue
        settings = item.card.checked(item.settings)
        lacks = [w for c in expected.wants if (w := c.format(**settings)) not in heads]
        if lacks:
            return NO_COLUMN.format(name=product, columns=", ".join(lacks))
    return ""


def _without_input(made: Mapping[str, Item], absent: Mapping[str, str]) -> dict[str, str]:
    gone = {}
    for name, item in made.items():
        if isinstance(item, Layer) and item.of not in made:
            gone[name] = absent.get(item.of, "")
        if not isinstance(item, Step):
            continue
        lacks = [p for p in item.needs.values() if p not in made]
        if item.needs and len(lacks) == len(item.needs):
            gone[name] = absent.get(lacks[0]) or NOT_BOUND.format(name=lacks[0])
        parameters = item.card.either(item.card.checked(item.settings)) if item.card.any_of else ()
        either = [item.needs[parameter] for parameter in parameters]
        if either and not any(product in made for product in either):
            gone[name] = absent.get(either[0]) or NOT_BOUND.format(name=either[0])
        for parameter, product in item.needs.items():
            if product not in made and parameter not in item.card.optional:
                gone[name] = absent.get(product) or NOT_BOUND.format(name=product)
    return gone


def check_kinds(name: str, item: Step, made: Mapping[str, Item]) -> None:
    """Refuse a product of another kind than its parameter takes, or one that does not fit it.

    Parameters
    ----------
    name : str
        The step.
    item : Step
        What it takes.
    made : mapping of product to item
        All of the plan.

    Raises
    ------
    PlanError
        Names the parameter, and what is bound to it.
    """
    for parameter, expected in item.card.needs.items():
        product = item.needs[parameter]
        if product not in made:
            continue
        found = gives(made[product])
        if type(found) is not type(expected):
            raise PlanError(
                f"{name}.{parameter}: takes a {type(expected).__name__}, "
                f"but '{product}' is a {type(found).__name__}"
            )
        _check_columns(f"{name}.{parameter}", expected, product, found)
        _check_keys(f"{name}.{parameter}", item, expected, product, made)
    check_scales(name, item, made, made)


def check_scales(name: str, item: Step, made: Mapping[str, Item], of: Container[str]) -> None:
    """Refuse what some steps give at another scale than a step's limits were published for."""
    for parameter, product in item.needs.items():
        giver = made.get(product)
        if isinstance(giver, Step) and product in of:
            check_scale(
                f"{name}.{parameter}", item.card, parameter, product, giver.card, giver.settings
            )


def _check_columns(where: str, expected: Quantity, product: str, found: Quantity) -> None:
    """Refuse a table that cannot have a column that is taken, or has it in a unit of another dimension."""
    if not isinstance(expected, Table | Features) or not isinstance(found, Table | Features):
        return
    there = {column.name for column in found.fields}
    lacks = [c for c in expected.columns if c not in there]
    if lacks and found.fields and found.more is None:
        raise PlanError(
            f"{where}: takes a table with {', '.join(lacks)}, but '{product}' has {', '.join(sorted(there))}"
        )
    for column, unit in expected.unit_of.items():
        told = found.unit_of.get(column)
        if told is None or {unit, told} & {ANY, TEXT}:
            continue
        try:
            conversion(told, unit)
        except QuantityError as error:
            raise PlanError(f"{where}.{column}: {error}") from None


def _check_keys(
    where: str, item: Step, expected: Quantity, product: str, made: Mapping[str, Item]
) -> None:
    """Refuse a product that names places of another kind than those taken."""
    found = gives(made[product])
    pairs: list[tuple[str, Key, tuple[str, ...]]] = []
    if isinstance(expected, Grid | Features) and expected.key:
        pairs.append((where, expected.key, key_kinds(product, made)))
    if isinstance(expected, Table | Features) and isinstance(found, Table | Features):
        pairs += [
            (f"{where}.{column}", key, kinds(found.key_of[column], made[product], made))
            for column, key in expected.key_of.items()
            if column in found.key_of
        ]
    for place, key, there in pairs:
        wanted = kinds(key, item, made)
        if wanted and there and not {*wanted} & {*there}:
            raise PlanError(
                f"{place}: takes {_words(wanted)}, but '{product}' is by {_words(there)}"
            )


def _words(kinds: Iterable[str]) -> str:
    return " or ".join(keys()[kind].en for kind in kinds)
