"""A run for a species or a group of species: which products and which setting that means."""

import re
from collections.abc import Iterable

from shanshui.collect.catalog import located
from shanshui.collect.readers import read_table
from shanshui.core.errors import PlanError
from shanshui.flow.steps import Step
from shanshui.pattern.species import habitats_of
from shanshui.pattern.species_names import group_called, species_called
from shanshui.plans.pattern import SPECIES_TWINS
from shanshui.study.study import Study

STEP, SETTING = "habitat_suitability", "species"
CHAIN = (STEP, *(twin for twin in SPECIES_TWINS.values()))
"""What is made for a species where no product is named."""


def species_word(study: Study, text: str) -> tuple[str, str]:
    """Group or Latin name that a word means in a study, and a short name for its variant.

    Parameters
    ----------
    study : Study
        Its own ``species_habitats`` is asked where there is one.
    text : str
        Latin, English or Chinese name, or a group.

    Raises
    ------
    QuantityError
        It means no species, or several; the nearest names.
    """
    if (group := group_called(text)) is not None:
        return group, group
    specs = study.specs.get("species_habitats")
    own = None
    if specs:
        own = read_table(located(specs[0], study.folders), specs[0], "species_habitats")
    rows = habitats_of(own)
    others: list[str] = []
    if "species_presence" in study.specs and study.has("species_models"):
        others = [str(name) for name in study["species_models"]["species"].unique()]
    name = species_called(text, rows, others)
    english = str(rows.loc[name].get("en", "")) if name in rows.index else ""
    return name, re.sub(r"\W+", "_", (english or name).lower()).strip("_")


def species_setting(study: Study, word: str) -> dict[str, dict[str, str]]:
    """Setting that makes a study's suitability that of a species or group; none where it is so already.

    Parameters
    ----------
    study : Study
        As it stands.
    word : str
        As :func:`species_word` gives it.
    """
    step = study.plan.steps.get(STEP)
    if not isinstance(step, Step):
        why = study.plan.absent.get(STEP, "it is not in the plan")
        raise PlanError(f"{STEP}: cannot be made here: {why}")
    return {} if step.card.checked(step.settings)[SETTING] == word else {STEP: {SETTING: word}}


def species_products(study: Study, products: Iterable[str]) -> list[str]:
    """Products with those that have a twin for species replaced by it; the whole chain where none is named.

    Raises
    ------
    PlanError
        A product that is the same for every species.
    """
    wanted = [SPECIES_TWINS.get(name, name) for name in products]
    if not wanted:
        return [name for name in CHAIN if name in study.plan.steps]
    for name in wanted:
        if name in study.plan.steps and STEP not in study.plan.reach([name]):
            raise PlanError(
                f"{name}: does not hang on the species of --for; with it there are {', '.join([*SPECIES_TWINS, *CHAIN])}"
            )
    return wanted
