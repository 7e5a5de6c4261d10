"""A plan: steps bound by name, checked and ordered before any data are read."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from shanshui.core.assessment import Card, card_of
from shanshui.core.errors import PlanError, QuantityError, nearest
from shanshui.core.keys import keys
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Layers, Quantity, Table
from shanshui.core.units import conversion
from shanshui.flow.following import followed
from shanshui.flow.scale import check_scale


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


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which each comes after what it takes.

    Attributes
    ----------
    steps : mapping of product to Step, Source or Layer
        In order.
    absent : mapping of product to reason
        Steps left out because an input is not bound, and which.
    left : mapping of product to Step or Layer
        Those of them that lack an input: under other settings they may do without.
    """

    steps: Mapping[str, Item]
    absent: Mapping[str, str]
    left: Mapping[str, Item] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *steps: Step,
        sources: Iterable[Source] = (),
        without: Mapping[str, str] | None = None,
    ) -> "Plan":
        """Bind steps to sources by name.

        Parameters
        ----------
        *steps : Step
            What can be made.
        sources : iterable of Source
            Inputs.
        without : mapping of product to reason, optional
            Steps that cannot be right here, and why.

        Raises
        ------
        PlanError
            A product made twice, a parameter of the wrong kind, a loop.
        """
        made: dict[str, Item] = {}
        every: list[Item] = [*sources, *steps, *_layers(steps)]
        for item in every:
            if item.name in made:
                raise PlanError(f"{item.name}: made by two steps; give one another name")
            made[item.name] = item
        made = followed(made)
        absent = {name: why for name, why in (without or {}).items() if name in made}
        left = _leave_out(made, absent, absent)
        lacking = {n: why for n, item in made.items() if (why := _without_columns(item, made))}
        left |= _leave_out(made, absent, lacking)
        for name, item in made.items():
            if isinstance(item, Step):
                _check_kinds(name, item, made)
        return cls.ordered(made, absent, left)

    @classmethod
    def ordered(
        cls, made: Mapping[str, Item], absent: Mapping[str, str], left: Mapping[str, Item]
    ) -> "Plan":
        """Put steps that are bound into an order in which each comes after what it takes.

        Raises
        ------
        PlanError
            A loop.
        """
        graph = {
            name: [p for p in needed(item).values() if p in made] for name, item in made.items()
        }
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise PlanError(f"steps go in a circle: {' -> '.join(error.args[1])}") from None
        return cls({name: made[name] for name in order}, absent, left)

    def inputs(self, name: str) -> dict[str, str]:
        """Product that each data parameter of a step takes; absent optional ones left out."""
        return {k: p for k, p in needed(self.steps[name]).items() if p in self.steps}

    def kind(self, name: str) -> Quantity:
        """What a product is."""
        return _gives(self.steps[name])

    def key(self, name: str) -> tuple[str, ...]:
        """Kinds of place or thing that a product's labels, rows or features are; none where it has no key."""
        return _key(name, self.steps)

    def keys(self, name: str) -> dict[str, tuple[str, ...]]:
        """Kinds of place or thing that each key column of a table or of features names."""
        gives = self.kind(name)
        found = gives.key_of if isinstance(gives, Table | Features) else {}
        return {column: _kinds(key, self.steps[name], self.steps) for column, key in found.items()}

    def reach(self, targets: Iterable[str]) -> list[str]:
        """Steps that the targets need, in order.

        Raises
        ------
        PlanError
            An unknown product, or one whose input is not bound.
        """
        wanted: set[str] = set()
        stack = list(targets)
        for name in stack:
            if name in self.absent:
                raise PlanError(f"{name}: cannot be made here: {self.absent[name]}")
            if name not in self.steps:
                raise PlanError(
                    f"no product '{name}'; {nearest(name, [*self.steps, *self.absent])}"
                )
        while stack:
            name = stack.pop()
            if name not in wanted:
                wanted.add(name)
                stack.extend(self.inputs(name).values())
        # the layers of a step are kept with it, so that no one of them is made without the others
        return [
            name
            for name, item in self.steps.items()
            if name in wanted or (isinstance(item, Layer) and item.of in wanted)
        ]

    def with_settings(self, settings: Mapping[str, Mapping[str, Any]]) -> "Plan":
        """Lay settings over those of the steps.

        Parameters
        ----------
        settings : mapping of step to mapping of setting to value
            Texts are read as the annotation of the setting says.

        Raises
        ------
        PlanError
            Unknown step or setting, or a value out of range.
        """
        steps: dict[str, Item] = {**self.steps, **self.left}
        for name, changed in settings.items():
            found = steps.get(name)
            if found is None and name in self.absent:
                continue
            if isinstance(found, Step | Source) and found.instead:
                continue
            if not isinstance(found, Step):
                known = [n for n, s in self.steps.items() if isinstance(s, Step)]
                raise PlanError(f"no step '{name}' to set; {nearest(name, known)}")
            read = {}
            for word, value in changed.items():
                read[word] = found.card.read(word, value)
            laid = {**found.settings, **read}
            found.card.checked(laid)
            steps[name] = replace(found, settings=laid, followed=found.followed - read.keys())
        return self._anew(followed(steps), settings)

    def _anew(self, steps: dict[str, Item], settings: Mapping[str, Mapping[str, Any]]) -> "Plan":
        """The plan with other settings, of those that lacked an input too: under them they may do without, or lack another."""
        absent = {name: why for name, why in self.absent.items() if name not in self.left}
        left = _leave_out(steps, absent, {})
        for name, item in steps.items():
            if isinstance(item, Step):
                _check_scales(name, item, steps, settings)
        if steps.keys() == self.steps.keys():
            return Plan({name: steps[name] for name in self.steps}, absent, left)
        for name in steps.keys() - self.steps.keys():
            item = steps[name]
            if isinstance(item, Step):
                _check_kinds(name, item, steps)
        return self.ordered(steps, absent, left)


def _layers(steps: Iterable[Step]) -> list[Layer]:
    return [
        Layer(f"{item.name}.{layer}", item.name, layer, Grid(unit))
        for item in steps
        if isinstance(item.card.gives, Layers)
        for layer, unit in item.card.gives.units
    ]


def needed(item: Item) -> dict[str, str]:
    """Product that each data parameter of an item takes, whether a plan has it or not."""
    if isinstance(item, Layer):
        return {"of": item.of}
    return item.needs if isinstance(item, Step) else {name: name for name in item.takes}


def _gives(item: Item) -> Quantity:
    return item.card.gives if isinstance(item, Step) else item.gives


def _leave_out(
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


def _without_columns(item: Item, made: Mapping[str, Item]) -> str:
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
            return f"'{product}' has no column {', '.join(lacks)}"
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
            gone[name] = absent.get(lacks[0]) or f"no input '{lacks[0]}' is bound in study.toml"
        parameters = item.card.either(item.card.checked(item.settings)) if item.card.any_of else ()
        either = [item.needs[parameter] for parameter in parameters]
        if either and not any(product in made for product in either):
            gone[name] = absent.get(either[0]) or f"no input '{either[0]}' is bound in study.toml"
        for parameter, product in item.needs.items():
            if product not in made and parameter not in item.card.optional:
                gone[name] = absent.get(product) or f"no input '{product}' is bound in study.toml"
    return gone


def _check_kinds(name: str, item: Step, made: Mapping[str, Item]) -> None:
    for parameter, expected in item.card.needs.items():
        product = item.needs[parameter]
        if product not in made:
            continue
        found = _gives(made[product])
        if type(found) is not type(expected):
            raise PlanError(
                f"{name}.{parameter}: takes a {type(expected).__name__}, "
                f"but '{product}' is a {type(found).__name__}"
            )
        _check_columns(f"{name}.{parameter}", expected, product, found)
        _check_keys(f"{name}.{parameter}", item, expected, product, made)
    _check_scales(name, item, made, made)


def _check_scales(name: str, item: Step, made: Mapping[str, Item], of: Container[str]) -> None:
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
    found = _gives(made[product])
    pairs: list[tuple[str, Key, tuple[str, ...]]] = []
    if isinstance(expected, Grid | Features) and expected.key:
        pairs.append((where, expected.key, _key(product, made)))
    if isinstance(expected, Table | Features) and isinstance(found, Table | Features):
        pairs += [
            (f"{where}.{column}", key, _kinds(found.key_of[column], made[product], made))
            for column, key in expected.key_of.items()
            if column in found.key_of
        ]
    for place, key, there in pairs:
        wanted = _kinds(key, item, made)
        if wanted and there and not {*wanted} & {*there}:
            raise PlanError(
                f"{place}: takes {_words(wanted)}, but '{product}' is by {_words(there)}"
            )


def _words(kinds: Iterable[str]) -> str:
    return " or ".join(keys()[kind].en for kind in kinds)


def _key(name: str, made: Mapping[str, Item]) -> tuple[str, ...]:
    """Kinds that a product's labels, features or rows are."""
    gives = _gives(made[name])
    key = gives.key if isinstance(gives, Grid | Features) else None
    if isinstance(gives, Table):
        key = next(iter(gives.key_of.values()), None)
    return () if key is None else _kinds(key, made[name], made)


def _kinds(key: Key, item: Item, made: Mapping[str, Item]) -> tuple[str, ...]:
    """Kinds of a key; one of the same kind as a parameter takes that of the product bound to it."""
    if key.like is None:
        return key.kinds
    product = needed(item).get(key.like, "")
    return _key(product, made) if product in made else ()
