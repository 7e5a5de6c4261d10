"""What every assessment must declare, walked over all of them."""

import importlib
import inspect
import pkgutil
import re

import pytest

from shanshui.collect.inputs import INPUTS
from shanshui.core.assessment import Card
from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.core.quantity import ANY, TEXT, Features, Table
from shanshui.core.source import sources
from shanshui.core.units import conversion
from shanshui.flow.steps import Source, Step
from shanshui.plans.accounts import STOOD_IN
from shanshui.plans.everything import everything

CHAPTERS = ("terrain", "basins", "accounts", "pattern", "industry", "decision")


def every_card() -> dict[str, Card]:
    cards = {}
    for chapter in CHAPTERS:
        package = importlib.import_module(f"shanshui.{chapter}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for thing in vars(importlib.import_module(found.name)).values():
                if isinstance(card := getattr(thing, "card", None), Card):
                    cards[f"{card.fn.__module__}.{card.name}"] = card
    return cards


CARDS = every_card()
ROWS = [
    pytest.param(quantity, id=f"{name}.{word}")
    for name, card in CARDS.items()
    for word, quantity in [*card.needs.items(), ("result", card.gives)]
    if isinstance(quantity, Table | Features)
] + [
    pytest.param(kind.gives, id=f"inputs.{name}")
    for name, kind in INPUTS.items()
    if isinstance(kind.gives, Table | Features)
]


def notes(card: Card) -> str:
    text = inspect.getdoc(card.fn) or ""
    found = re.search(r"^Notes\n-----\n(.*?)(?=^\w[\w ]*\n---|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("rows", ROWS)
def test_a_table_declares_its_columns_with_units_that_are_known(rows):
    assert rows.fields or rows.more or rows.key, "no column is declared"
    for column in rows.fields:
        if column.unit not in (TEXT, ANY, "1"):
            assert conversion(f"2 {column.unit}", column.unit)[0] == pytest.approx(2.0)


@pytest.mark.parametrize("rows", ROWS)
def test_a_column_of_places_says_of_which_kind_they_are(rows):
    for column in rows.fields:
        if column.name in ("place", "province", "zone", "city", "county", "prefecture"):
            assert column.key is not None, column.name


@pytest.mark.parametrize("name", CARDS)
def test_an_assessment_writes_its_equation_or_rule_beside_the_code(name):
    text = notes(CARDS[name])
    assert text, "no Notes"
    assert re.search(r"=|math::|≥|<=|>=|→|argm|min|max", text), "Notes hold no equation and no rule"


@pytest.mark.parametrize("name", CARDS)
def test_an_assessment_names_a_published_source_or_says_that_it_is_ours(name):
    card = CARDS[name]
    ours = card.source.startswith("decisions/") or card.source.startswith("own_")
    if ours:
        assert re.search(r"\[D\]|\bours\b|\bour own\b", notes(card), re.IGNORECASE), (
            "cites a record of our own and does not say that the method is ours"
        )
    else:
        assert card.source in sources()


@pytest.mark.parametrize("name", CARDS)
def test_an_assessment_has_few_settings(name):
    assert len(CARDS[name].settings) <= 8


@pytest.mark.parametrize("name", CARDS)
def test_a_setting_that_is_a_number_has_limits(name):
    card = CARDS[name]
    free = [
        word
        for word, kind in card.types.items()
        if word not in card.ranges and re.search(r"\bint\b|\bfloat\b", str(kind))
    ]
    assert free == []


@pytest.mark.parametrize("name", CARDS)
def test_what_a_setting_is_without_being_told_lies_within_its_limits(name):
    CARDS[name].checked({})


def test_years_and_seeds_that_are_none_are_refused():
    seen = set()
    for card in CARDS.values():
        for word, limits in card.ranges.items():
            if word in ("year", "first_year", "last_year", "start", "seed"):
                seen.add(word)
                for value in (-1, 10_000_000_000):
                    with pytest.raises(PlanError, match=word):
                        limits.check(f"{card.name}.{word}", value)
    assert seen == {"year", "first_year", "last_year", "start", "seed"}


def test_every_assessment_is_in_a_plan():
    bound = set()
    for drop in (set(), STOOD_IN, STOOD_IN - {"monthly_precipitation"}, {"population"}):
        given = [
            Source(n, k.gives, "", {}, dict, lambda c: None, everything)
            for n, k in INPUTS.items()
            if n not in drop
        ]
        plan = everything(given)
        bound |= {
            f"{item.card.fn.__module__}.{item.card.name}"
            for item in plan.steps.values()
            if isinstance(item, Step)
        }
    assert set(CARDS) - bound == set()


@pytest.mark.parametrize("rows", ROWS)
def test_keys_are_of_kinds_that_are_known(rows):
    found = [
        *rows.key_of.values(),
        *([rows.key] if isinstance(rows, Features) and rows.key else []),
    ]
    assert {k for key in found if not key.like for k in key.kinds} <= set(keys())
