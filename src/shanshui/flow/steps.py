"""What a plan is of: assessments with their settings, inputs, and the layers of what they give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shanshui.core.assessment import Card, card_of
from shanshui.core.errors import PlanError, nearest
from shanshui.core.quantity import Features, Grid, Key, Quantity, Table


@dataclass(frozen=True)
class Step:
    """One assessment with its settings, bound to products by name.

    Attributes
    ----------
    name : str
        Product it gives.
    card : Card
        What it declares.
    call : callable
        The assessment, with the check at its door.
    binds : mapping of parameter to product
        Only where the names differ.
    settings : mapping
        Changed settings.
    followed : frozenset of str
        Those of them that are another step's.
    instead : bool
        Stands for a step that an input of the study replaces: settings of that step have no effect here.
    """

    name: str
    card: Card
    call: Callable[..., Any]
    binds: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    followed: frozenset[str] = frozenset()
    instead: bool = False

    @property
    def needs(self) -> dict[str, str]:
        """Product that each data parameter takes."""
        return {parameter: self.binds.get(parameter, parameter) for parameter in self.card.needs}


@dataclass(frozen=True)
class Source:
    """A product that comes from outside: an input file brought to the study.

    Attributes
    ----------
    name : str
        Product it gives.
    gives : Quantity
        What it is.
    file : str
        Where it comes from, for the reader.
    parts : mapping
        All that decides the result besides file content.
    digests : callable
        Digests of the files, taken when the run reaches it.
    make : callable
        Reads and adapts; gets the run's context.
    code : callable
        Function whose code decides the result.
    takes : tuple of str
        Products that it is fitted to, where the plan has them: the places of a table.
    heads : frozenset of str, optional
        Columns that its table has, in lower case, where they are known beforehand.
    instead : bool
        Replaces a step that other studies make: settings of that step have no effect here.
    """

    name: str
    gives: Quantity
    file: str
    parts: Mapping[str, Any]
    digests: Callable[[], dict[str, str]]
    make: Callable[[Any], Any]
    code: Callable[..., Any]
    takes: tuple[str, ...] = ()
    heads: frozenset[str] | None = None
    instead: bool = False


@dataclass(frozen=True)
class Layer:
    """One grid of a step that gives several; stands in a plan as ``step.layer``.

    Attributes
    ----------
    name : str
        ``step.layer``.
    of : str
        The step.
    layer : str
        Its name there.
    gives : Grid
        With the unit.
    """

    name: str
    of: str
    layer: str
    gives: Grid


Item = Step | Source | Layer


def step(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    binds: Mapping[str, str] | None = None,
    **settings: Any,
) -> Step:
    """Put an assessment into a plan.

    Parameters
    ----------
    fn : callable
        An assessment.
    name : str, optional
        Product name when it is not the function's.
    binds : mapping of parameter to product, optional
        Where a parameter takes a product of another name.
    **settings
        Changed settings.

    Returns
    -------
    Step
        Checked against the card.
    """
    card = card_of(fn)
    binds = dict(binds or {})
    for parameter in binds:
        if parameter not in card.needs:
            raise PlanError(
                f"{card.name}: no data parameter '{parameter}'; {nearest(parameter, card.needs)}"
            )
    card.checked(settings)
    return Step(name or card.name, card, fn, binds, settings)


def needed(item: Item) -> dict[str, str]:
    """Product that each data parameter of an item takes, whether a plan has it or not."""
    if isinstance(item, Layer):
        return {"of": item.of}
    return item.needs if isinstance(item, Step) else {name: name for name in item.takes}


def gives(item: Item) -> Quantity:
    """What an item's product is."""
    return item.card.gives if isinstance(item, Step) else item.gives


def key_kinds(name: str, made: Mapping[str, Item]) -> tuple[str, ...]:
    """Kinds that a product's labels, features or rows are."""
    given = gives(made[name])
    key = given.key if isinstance(given, Grid | Features) else None
    if isinstance(given, Table):
        key = next(iter(given.key_of.values()), None)
    return () if key is None else kinds(key, made[name], made)


def kinds(key: Key, item: Item, made: Mapping[str, Item]) -> tuple[str, ...]:
    """Kinds of a key; one of the same kind as a parameter takes that of the product bound to it."""
    if key.like is None:
        return key.kinds
    product = needed(item).get(key.like, "")
    return key_kinds(product, made) if product in made else ()
