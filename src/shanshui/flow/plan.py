"""A plan: steps bound by name, checked and ordered before any data are read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from shanshui.core.errors import PlanError, nearest
from shanshui.core.quantity import Features, Grid, Layers, Quantity, Table
from shanshui.flow.bound import check_kinds, check_scales, leave_out, without_columns
from shanshui.flow.following import followed
from shanshui.flow.steps import Item, Layer, Source, Step, gives, key_kinds, kinds, needed


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
        left = leave_out(made, absent, absent)
        lacking = {n: why for n, item in made.items() if (why := without_columns(item, made))}
        left |= leave_out(made, absent, lacking)
        for name, item in made.items():
            if isinstance(item, Step):
                check_kinds(name, item, made)
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
        return gives(self.steps[name])

    def key(self, name: str) -> tuple[str, ...]:
        """Kinds of place or thing that a product's labels, rows or features are; none where it has no key."""
        return key_kinds(name, self.steps)

    def keys(self, name: str) -> dict[str, tuple[str, ...]]:
        """Kinds of place or thing that each key column of a table or of features names."""
        given = self.kind(name)
        found = given.key_of if isinstance(given, Table | Features) else {}
        return {column: kinds(key, self.steps[name], self.steps) for column, key in found.items()}

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
        left = leave_out(steps, absent, {})
        for name, item in steps.items():
            if isinstance(item, Step):
                check_scales(name, item, steps, settings)
        if steps.keys() == self.steps.keys():
            return Plan({name: steps[name] for name in self.steps}, absent, left)
        for name in steps.keys() - self.steps.keys():
            item = steps[name]
            if isinstance(item, Step):
                check_kinds(name, item, steps)
        return self.ordered(steps, absent, left)


def _layers(steps: Iterable[Step]) -> list[Layer]:
    return [
        Layer(f"{item.name}.{layer}", item.name, layer, Grid(unit))
        for item in steps
        if isinstance(item.card.gives, Layers)
        for layer, unit in item.card.gives.units
    ]
