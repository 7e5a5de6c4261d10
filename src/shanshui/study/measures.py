"""Measures of a scenario put into a plan: each a step from the product as it was to the product as it becomes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from shanshui.collect.catalog import InputSpec, Specs, located
from shanshui.collect.features import features_input
from shanshui.collect.inputs import FEATURES, INPUTS, InputKind
from shanshui.collect.scaling import plausible
from shanshui.core.assessment import Card, card_of
from shanshui.core.errors import PlanError, nearest
from shanshui.core.quantity import ANY, Features, Grid, Layers, Quantity, Table
from shanshui.flow.plan import Plan
from shanshui.flow.rewire import is_before, with_change
from shanshui.flow.steps import Item, Source, Step
from shanshui.flow.work import Context
from shanshui.measures.cells import changed_cells, changed_layers, followed_cells
from shanshui.measures.ground import ground_card, rule_ground, shapes_ground
from shanshui.measures.rows import (
    changed_features,
    changed_rows,
    remaining_features,
    remaining_rows,
)
from shanshui.measures.rule import Rule
from shanshui.measures.sentence import Measure
from shanshui.region.grid import GridSpec
from shanshui.store.layout import BEFORE
from shanshui.store.ledger import Ledger
from shanshui.study.bring import file_digests

REGION = "region_mask"
INSIDE = "inside"
COVER = "land_cover"
OBSERVED = ("ndvi", "tree_cover", "net_primary_production")
"""Inputs that are observed of the cover: where a measure changes it they become what is usual of the new class, unless a scenario gives them."""
SHAPES = InputKind("shapes", Features({"*": ANY}))


class Measures:
    """Puts measures into plans.

    Parameters
    ----------
    folders : list of Path
        Where files of shapes are looked for.
    grid : GridSpec
        Study grid.
    ledger : Ledger
        Remembers digests of files.
    specs : mapping of input to declarations
        Whose ranges hold for what a measure makes of them.
    given : iterable of str
        Inputs that the scenarios replace: they follow no change of cover.

    Attributes
    ----------
    grounds : dict of product to (str, str)
        Ground of each measure on cells, with the scenario and the measure as written.
    followed : list of (str, str)
        Scenario, and the input that follows its change of cover.
    """

    def __init__(
        self,
        folders: list[Path],
        grid: GridSpec,
        ledger: Ledger,
        specs: Specs,
        given: Iterable[str] = (),
    ) -> None:
        self._specs = specs
        self._folders, self._grid, self._ledger = folders, grid, ledger
        self._given = set(given)
        self.grounds: dict[str, tuple[str, str]] = {}
        self.followed: list[tuple[str, str]] = []

    def laid(self, plan: Plan, measures: Iterable[tuple[str, Measure]]) -> Plan:
        """Lay measures over a plan, one after another.

        Parameters
        ----------
        plan : Plan
            As it is.
        measures : iterable of (str, Measure)
            With the scenario that says so.

        Raises
        ------
        PlanError
            No such product or column, or a measure that such a product cannot take.
        """
        listed = list(measures)
        told = {measure.product for _, measure in listed} | self._given
        number = 0
        for scenario, measure in listed:
            number += 1
            try:
                plan = self._one(plan, number, scenario, measure)
            except PlanError as error:
                raise PlanError(f"scenario '{scenario}': '{measure.text}': {error}") from None
            if measure.product != COVER:
                continue
            old = f"{COVER}{BEFORE}{number}"
            for name in OBSERVED:
                if name not in told and isinstance(plan.steps.get(name), Source):
                    number += 1
                    self.followed.append((scenario, name))
                    plan = _followed(plan, name, number, old)
        return plan

    def with_added(self, plan: Plan, scenario: str, name: str, file: str) -> Plan:
        """Refuse, when an input is brought, a file of features added to it that meets the study nowhere.

        Parameters
        ----------
        plan : Plan
            With the input.
        scenario, name, file : str
            Scenario for the message, input, and the file.
        """
        item = plan.steps.get(name)
        spec = next(s for s in self._specs[name] if s.file == file)
        if not isinstance(item, Source) or INPUTS[name].family not in FEATURES:
            return plan
        path, kind, bring = located(spec, self._folders), INPUTS[name], item.make
        told = f"scenario '{scenario}': {name} add {file}"

        def make(context: Context) -> Any:
            features_input(path, spec, kind, told, context.grid)
            return bring(context)

        return Plan({**plan.steps, name: replace(item, make=make)}, plan.absent)

    def _one(self, plan: Plan, number: int, scenario: str, measure: Measure) -> Plan:
        product, column = _product(plan, measure.product)
        kind = plan.kind(product)
        if column and isinstance(kind, Grid | Layers):
            what = "several grids, which change together" if isinstance(kind, Layers) else "a grid"
            raise PlanError(f"'{product}' is {what}: there is no '{column}' of it to change")
        if isinstance(kind, Grid | Layers):
            return self._cells(plan, number, scenario, measure, product, kind)
        if isinstance(kind, Table | Features):
            return self._rows(plan, number, measure, product, column, kind)
        what = type(kind).__name__.lower()
        raise PlanError(f"'{product}' is a {what}; a measure changes grids, tables or features")

    def _cells(
        self,
        plan: Plan,
        number: int,
        scenario: str,
        measure: Measure,
        product: str,
        kind: Grid | Layers,
    ) -> Plan:
        if measure.action == "drop":
            raise PlanError(f"'{product}' is a grid: its cells can be changed, not dropped")
        asked = list(measure.rule.names) if measure.rule else []
        for name in asked:
            _product(plan, name, whole=True)
        whole = REGION in plan.steps
        if measure.file and not whole:
            raise PlanError(
                f"shapes on a grid need the '{REGION}' of the study, which cannot be made"
            )

        def changed(before: Callable[[str], str]) -> list[Item]:
            items: list[Item] = []
            ground = ""
            if measure.file or measure.rule:
                ground = f"ground@{number}"
                self.grounds[ground] = (scenario, measure.text)
                items += self._ground(plan, number, measure, before)
            fn = changed_cells if isinstance(kind, Grid) else changed_layers
            card = replace(
                card_of(fn),
                needs={"before": kind} | ({"ground": Grid("1")} if ground else {}),
                gives=kind,
            )
            binds = {"before": before(product)} | ({"ground": ground} if ground else {})
            items.append(
                Step(
                    product,
                    card,
                    fn,
                    binds,
                    {**_settings(measure, text=False), **self._limits(product)},
                )
            )
            return items

        return with_change(plan, product, number, [*asked, *([REGION] if whole else [])], changed)

    def _ground(
        self, plan: Plan, number: int, measure: Measure, before: Callable[[str], str]
    ) -> list[Item]:
        """Steps to the ground of a measure: its shapes, and the rule within them and the region."""
        items: list[Item] = []
        parts: list[str] = [f"({measure.rule.text})"] if measure.rule else []
        kinds: dict[str, Quantity] = {
            n: plan.kind(n) for n in (measure.rule.names if measure.rule else ())
        }
        binds = {name: before(name) for name in kinds}
        if measure.file:
            shapes = self._shapes(number, measure)
            inside = f"{INSIDE}@{number}"
            bound = {"region_mask": before(REGION), "shapes": shapes.name}
            items += [shapes, Step(inside, card_of(shapes_ground), shapes_ground, bound)]
            parts.append(f"{INSIDE} == 1")
            kinds[INSIDE], binds[INSIDE] = Grid("1"), inside
        if REGION in plan.steps:
            parts.append(f"{REGION} == 1")
            kinds[REGION], binds[REGION] = Grid("1"), before(REGION)
        rule = Rule(" and ".join(parts))
        card = ground_card(rule, kinds)
        items.append(Step(f"ground@{number}", card, rule_ground, binds, {"rule": rule.text}))
        return items

    def _rows(
        self,
        plan: Plan,
        number: int,
        measure: Measure,
        product: str,
        column: str,
        kind: Table | Features,
    ) -> Plan:
        features = isinstance(kind, Features)
        if measure.file and not (features and measure.action == "drop"):
            raise PlanError(f"shapes say where cells change or features go; '{product}' is neither")
        rule = {"rule": measure.rule.text} if measure.rule else {}
        if measure.action == "drop":
            fn: Callable[..., Any] = remaining_features if features else remaining_rows
            settings: dict[str, Any] = rule
        else:
            if not column:
                raise PlanError(f"'{product}' is rows: name a column, such as {product}.COLUMN")
            fn = changed_features if features else changed_rows
            settings = {"column": column, **rule, **_settings(measure, text=True)}
            if column == _amount_column(product):
                settings |= self._limits(product)

        def changed(before: Callable[[str], str]) -> list[Item]:
            items: list[Item] = []
            needs: dict[str, Quantity] = {"before": kind}
            binds = {"before": before(product)}
            if measure.file:
                shapes = self._shapes(number, measure)
                items.append(shapes)
                needs["shapes"], binds["shapes"] = shapes.gives, shapes.name
            card: Card = replace(card_of(fn), needs=needs, gives=kind)
            return [*items, Step(product, card, fn, binds, settings)]

        return with_change(plan, product, number, [], changed)

    def _limits(self, product: str) -> dict[str, float]:
        """What is plausible of an input that a measure changes; nothing is known of other products."""
        specs = self._specs.get(product)
        if product not in INPUTS or not specs or not isinstance(INPUTS[product].low, float):
            return {}
        limits = plausible(specs[0], INPUTS[product], product)
        return {k: v for k, v in zip(("low", "high"), limits, strict=True) if np.isfinite(v)}

    def _shapes(self, number: int, measure: Measure) -> Source:
        """Shapes of a measure brought to the study; those that meet it nowhere are refused when they are read."""
        name = f"shapes@{number}"
        spec = InputSpec(file=measure.file)
        path = located(spec, self._folders)
        told = f"shapes of '{measure.text}'"

        def make(context: Context) -> Any:
            return features_input(path, spec, SHAPES, told, context.grid)

        def digests() -> dict[str, str]:
            return file_digests(path, "features", self._ledger, told)

        return Source(name, SHAPES.gives, str(path), {}, digests, make, features_input)


def _followed(plan: Plan, name: str, number: int, old: str) -> Plan:
    """An observed input that follows a change of cover."""
    kind = plan.kind(name)
    if not isinstance(kind, Grid):
        return plan
    bound = {"cover_before": old, "cover": COVER}
    bound |= {"region_mask": REGION} if REGION in plan.steps else {}

    def changed(before: Callable[[str], str]) -> list[Item]:
        card = card_of(followed_cells)
        card = replace(card, needs={**card.needs, "before": kind}, gives=kind)
        binds = {"before": before(name)} | {k: before(p) for k, p in bound.items()}
        return [Step(name, card, followed_cells, binds)]

    return with_change(plan, name, number, list(bound.values()), changed)


def _amount_column(product: str) -> str:
    """Column of an input's table for which its range holds: the last that is declared."""
    gives = INPUTS[product].gives if product in INPUTS else None
    return gives.fields[-1].name if isinstance(gives, Table) and gives.fields else ""


def _settings(measure: Measure, *, text: bool) -> dict[str, Any]:
    if measure.action == "=":
        return {"value": measure.value if text else measure.number}
    return {"factor" if measure.action == "*" else "plus": measure.number}


def _product(plan: Plan, name: str, *, whole: bool = False) -> tuple[str, str]:
    """Product that a measure names, and the column of it."""
    if name in plan.steps and not is_before(name):
        return name, ""
    product, _, column = name.rpartition(".")
    if not whole and product in plan.steps:
        return product, column
    for known in (name, product):
        if known in plan.absent:
            raise PlanError(f"'{known}' cannot be made here: {plan.absent[known]}")
    raise PlanError(f"no product '{name}'; {nearest(name, [*plan.steps, *plan.absent])}")
