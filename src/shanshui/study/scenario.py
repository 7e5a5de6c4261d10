"""Scenarios of a study: declared, put upon each other, laid over the study file."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import FEATURES, INPUTS
from shanshui.core.errors import PlanError, StudyError, nearest
from shanshui.flow.variants import checked_name
from shanshui.measures.sentence import Measure, measure
from shanshui.store.layout import Layout
from shanshui.study.file import StudyFile, fault_words
from shanshui.study.sections import BASE, Scenario

FOLDER = "scenarios"
"""Below the study folder: one file for each scenario that does not stand in the study file."""


@dataclass(frozen=True)
class Overridden:
    """What two scenarios of a line set, and which of them wins.

    Attributes
    ----------
    what : str
        Such as ``steps.gep.year`` or ``inputs.roads``.
    loser, winner : str
        Scenarios.
    """

    what: str
    loser: str
    winner: str

    def __str__(self) -> str:
        """Tell it in words."""
        return f"{self.what}: {self.winner} wins over {self.loser}"


@dataclass(frozen=True)
class Laid:
    """A study file with scenarios laid over it.

    Attributes
    ----------
    file : StudyFile
        As if it had been written so.
    measures : list of (str, Measure)
        What is done after that, in order, with the scenario that says so.
    added : list of (str, str)
        Inputs that get a further file, and that file.
    overridden : list of Overridden
        What more than one of them sets.
    """

    file: StudyFile
    measures: list[tuple[str, Measure]]
    added: list[tuple[str, str]]
    overridden: list[Overridden]


def scenarios_of(layout: Layout, file: StudyFile) -> dict[str, Scenario]:
    """Scenarios of a study by name: of its file, then of its folder of scenarios.

    Raises
    ------
    StudyError
        A name that no folder can have or that stands twice, a file that cannot be read.
    """
    found = dict(file.scenarios)
    for path in sorted((layout.folder / FOLDER).glob("*.toml")):
        if path.stem in found:
            raise StudyError(
                f"{path}: scenario '{path.stem}' stands in {layout.study_file.name} too; keep one of them"
            )
        found[path.stem] = _read(path)
    for name in found:
        if name == BASE:
            raise StudyError(f"scenario '{BASE}': is the study itself; give another name")
        try:
            checked_name(name, found)
        except PlanError as error:
            raise StudyError(str(error).replace("variant", "scenario", 1)) from None
    return found


def _read(path: Path) -> Scenario:
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except ValidationError as error:
        raise StudyError(f"{path}: {fault_words(error, Scenario)}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise StudyError(f"{path}: not valid TOML: {str(error)[:200]}") from None


def lineage(scenarios: Mapping[str, Scenario], name: str) -> list[str]:
    """Scenarios that are laid over the study for one, in the order in which a later one wins; itself last.

    Parameters
    ----------
    scenarios : mapping of name to Scenario
        Of the study.
    name : str
        One of them.

    Raises
    ------
    StudyError
        No such scenario, an unknown parent, a circle.
    """
    if name not in scenarios:
        raise StudyError(f"no scenario '{name}'; {nearest(name, [*scenarios, BASE])}")
    line: list[str] = []

    def walk(one: str, way: tuple[str, ...]) -> None:
        if one in way:
            raise StudyError(
                f"scenario '{one}': is its own parent by {' -> '.join((*way[way.index(one) :], one))}; give one of them another parent"
            )
        for parent in scenarios[one].parents:
            if parent == BASE:
                continue
            if parent not in scenarios:
                raise StudyError(
                    f"scenario '{one}': no parent '{parent}'; {nearest(parent, [n for n in (*scenarios, BASE) if n != one])}"
                )
            if parent not in line:
                walk(parent, (*way, one))
        line.append(one)

    walk(name, ())
    return line


def laid(file: StudyFile, scenarios: Mapping[str, Scenario], line: Iterable[str]) -> Laid:
    """Lay scenarios over a study file.

    Parameters
    ----------
    file : StudyFile
        Of the study.
    scenarios : mapping of name to Scenario
        Of the study.
    line : iterable of str
        Those to lay, later ones winning.

    Raises
    ------
    StudyError
        An input left out that is not there, one that can have no further file.
    """
    inputs: dict[str, Any] = dict(file.inputs)
    steps = {step: dict(words) for step, words in file.steps.items()}
    measures: list[tuple[str, Measure]] = []
    added: list[tuple[str, str]] = []
    told = _Told()
    for name in line:
        one = scenarios[name]
        for word in one.without:
            if word not in inputs:
                raise StudyError(
                    f"scenario '{name}'.without: no input '{word}' is bound; {nearest(word, inputs)}"
                )
            told.sets(f"inputs.{word}", name)
            del inputs[word]
        for word, declared in one.inputs.items():
            told.sets(f"inputs.{word}", name)
            inputs[word] = declared
            # files that were added to the input before went with it
            added = [pair for pair in added if pair[0] != word]
        for step, words in one.steps.items():
            for word, value in words.items():
                told.sets(f"steps.{step}.{word}", name)
                steps.setdefault(step, {})[word] = value
        for text in one.measures:
            found = measure(text)
            told.does(found.product, name)
            if found.action == "add":
                inputs[found.product] = _with_file(name, found, inputs)
                added.append((found.product, found.file))
            else:
                measures.append((name, found))
    whole = file.model_copy(update={"inputs": inputs, "steps": steps})
    return Laid(whole, measures, added, told.overridden)


class _Told:
    def __init__(self) -> None:
        self._by: dict[str, str] = {}
        self._done: dict[str, str] = {}
        self.overridden: list[Overridden] = []

    def sets(self, what: str, name: str) -> None:
        before = self._by.get(what)
        if before is not None and before != name:
            self.overridden.append(Overridden(what, before, name))
        done = self._done.get(what.removeprefix("inputs."))
        if what.startswith("inputs.") and done is not None and done != name:
            # its measures are done to the new input; files that it added are gone with the old one
            self.overridden.append(
                Overridden(f"{what}, to which {done} does something", done, name)
            )
        self._by[what] = name

    def does(self, product: str, name: str) -> None:
        self._done[product.partition(".")[0]] = name


def _with_file(name: str, found: Measure, inputs: Mapping[str, Any]) -> list[InputSpec]:
    """Declarations of an input with a further file, read as its first is."""
    if found.product not in INPUTS:
        raise StudyError(
            f"scenario '{name}': '{found.text}': add gives an input a further file, and there is no input '{found.product}'; "
            f"{nearest(found.product, INPUTS)}"
        )
    family = INPUTS[found.product].family
    if family not in ("table", *FEATURES):
        raise StudyError(
            f"scenario '{name}': '{found.text}': {found.product} is {family}, and one file of it cannot be added to another; "
            f"set cells with {found.product} = VALUE in FILE, or replace the input"
        )
    known = inputs.get(found.product, [])
    specs = list(known) if isinstance(known, list) else [known]
    if not specs:
        return [InputSpec(file=found.file)]
    plain = specs[0].model_copy(update={"file": found.file, "sha256": None, "layer": None})
    return [*specs, plain]
