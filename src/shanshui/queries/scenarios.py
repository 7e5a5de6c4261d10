"""Scenarios of a study: which there are, what one says, and what making or dropping one did."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shanshui.core.errors import ShanshuiError, StudyError
from shanshui.queries.plain import jsonable
from shanshui.study.scenario import lineage
from shanshui.study.scenario_files import drop_scenario as dropped
from shanshui.study.scenario_files import new_scenario as written_scenario
from shanshui.study.sections import BASE
from shanshui.study.study import Study


@dataclass(frozen=True)
class ScenarioLine:
    """One line of the list of scenarios.

    Attributes
    ----------
    scenario : str
        Its name.
    parents : tuple of str
        What it changes: ``base`` or other scenarios, of which a later one wins.
    inputs, settings, measures : int
        How many it changes, leaves out, or takes.
    made, reached : int
        Products that it reaches, and how many of them are made and up to date.
    author, date, note : str
        As its file says; blank where it does not.
    fault : str
        Why it cannot be laid over the study; blank where it can.
    """

    scenario: str
    parents: tuple[str, ...]
    inputs: int
    settings: int
    measures: int
    made: int
    reached: int
    author: str
    date: str
    note: str
    fault: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        told = asdict(self)
        parents = ", ".join(told.pop("parents"))
        return {"scenario": told.pop("scenario"), "parent": parents} | told


@dataclass(frozen=True)
class ScenarioList:
    """Scenarios of a study.

    Attributes
    ----------
    scenarios : tuple of ScenarioLine
        Those of the study file first, then those of the folder of scenarios.
    """

    scenarios: tuple[ScenarioLine, ...]

    def __iter__(self) -> Iterator[ScenarioLine]:
        return iter(self.scenarios)

    def __len__(self) -> int:
        return len(self.scenarios)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [line.to_dict() for line in self.scenarios]


@dataclass(frozen=True)
class Change:
    """One thing that a scenario says.

    Attributes
    ----------
    scenario : str
        Which says it.
    kind : str
        ``note``, ``author``, ``date``, ``without``, ``input``, ``setting`` or ``measure``.
    text : str
        As it is written.
    """

    scenario: str
    kind: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ScenarioFacts:
    """What a scenario is and what it reaches.

    Attributes
    ----------
    scenario : str
        Its name.
    over : tuple of str
        What it is laid over, ``base`` first.
    changes : tuple of Change
        What it and those below it say, in the order in which a later one wins.
    overridden : tuple of str
        What more than one of them sets, and which wins.
    followed : tuple of (str, str)
        Scenario that changes the cover, and product that follows it.
    states : dict of str to str
        State of each product that it reaches.
    """

    scenario: str
    over: tuple[str, ...]
    changes: tuple[Change, ...]
    overridden: tuple[str, ...]
    followed: tuple[tuple[str, str], ...]
    states: dict[str, str]

    @property
    def follows(self) -> tuple[str, ...]:
        """What follows a changed cover, in words."""
        return tuple(
            f"{product} follows the cover that '{one}' changes" for one, product in self.followed
        )

    @property
    def counts(self) -> dict[str, int]:
        """Number of products in each state: ``made``, ``stale``, ``missing``."""
        found = Counter(self.states.values())
        return {state: found[state] for state in ("made", "stale", "missing") if found[state]}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        told: dict[str, Any] = jsonable(
            {
                "scenario": self.scenario,
                "over": self.over,
                "changes": [change.to_dict() for change in self.changes],
                "overridden": self.overridden,
                "follows": self.follows,
                "reached": self.states,
            }
        )
        return told


@dataclass(frozen=True)
class NewScenario:
    """A scenario that was written.

    Attributes
    ----------
    scenario : str
        Its name.
    file : Path
        Where it stands.
    overridden : tuple of str
        What more than one scenario of its line sets, and which wins.
    """

    scenario: str
    file: Path
    overridden: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "scenario": self.scenario,
            "file": str(self.file),
            "overridden": list(self.overridden),
        }


@dataclass(frozen=True)
class DroppedScenario:
    """A scenario that was taken away.

    Attributes
    ----------
    scenario : str
        Its name.
    file : Path or None
        That was deleted; None where it had gone before.
    results, bytes : int
        Kept results of it alone that were deleted, and their bytes.
    """

    scenario: str
    file: Path | None
    results: int
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        file = None if self.file is None else str(self.file)
        return {
            "scenario": self.scenario,
            "file": file,
            "results": self.results,
            "bytes": self.bytes,
        }


def new_scenario(
    study: Study,
    name: str,
    *,
    parents: Sequence[str] = (),
    measures: Sequence[str] = (),
    inputs: Iterable[str] = (),
    settings: Iterable[str] = (),
    without: Sequence[str] = (),
    words: Mapping[str, str] = MappingProxyType({}),
    date: datetime.date | None = None,
) -> NewScenario:
    """Write a scenario, if it can be laid over the study.

    Parameters
    ----------
    study : Study
        Whose.
    name : str
        Of the scenario.
    parents : sequence of str
        What it changes; the study itself when none is named.
    measures : sequence of str
        What is done, as ``land_cover = 5 in plan.gpkg where slope > 25``.
    inputs : iterable of str
        ``NAME=FILE`` or ``NAME=NUMBER``.
    settings : iterable of str
        ``STEP.SETTING=VALUE``.
    without : sequence of str
        Inputs left out.
    words : mapping
        ``note``, ``note_zh``, ``author``.
    date : date, optional
        Noted in it; today by default.

    Raises
    ------
    StudyError
        A name that is taken or that no folder can have, or anything that cannot be laid over the study.
    """
    lists = {"parents": parents, "measures": measures, "inputs": inputs, "settings": settings}
    for argument, said in (lists | {"without": without}).items():
        if isinstance(said, str):
            raise StudyError(
                f"{argument}: found one text, expected a list of texts; write [{said[:60]!r}]"
            )
    file = written_scenario(
        study,
        name,
        parents=list(parents),
        measures=list(measures),
        inputs=inputs,
        settings=settings,
        without=list(without),
        words=words,
        today=date or datetime.datetime.now(tz=datetime.UTC).date(),
    )
    return NewScenario(name, file, tuple(map(str, study.scenario(name).overridden)))


def drop_scenario(study: Study, name: str) -> DroppedScenario:
    """Take a scenario away, and what was made of it alone.

    Parameters
    ----------
    study : Study
        Whose.
    name : str
        Of the scenario.

    Raises
    ------
    StudyError
        No such scenario, another one is laid over it, or it stands in the study file.
    """
    return DroppedScenario(name, *dropped(study, name))


def scenario_list(study: Study) -> ScenarioList:
    """List the scenarios of a study.

    Parameters
    ----------
    study : Study
        Nothing of it needs to be made.

    Returns
    -------
    ScenarioList
        Faults are collected, not raised.
    """
    return ScenarioList(tuple(_line(study, name) for name in study.scenarios))


def _line(study: Study, name: str) -> ScenarioLine:
    one = study.scenarios[name]
    try:
        states, fault = list(study.scenario(name).reached_states().values()), ""
    except ShanshuiError as error:
        states, fault = [], str(error)
    return ScenarioLine(
        name,
        tuple(one.parents),
        len(one.inputs) + len(one.without),
        sum(map(len, one.steps.values())),
        len(one.measures),
        states.count("made"),
        len(states),
        one.author or "",
        str(one.date or ""),
        one.note or "",
        fault,
    )


def scenario_facts(study: Study, name: str) -> ScenarioFacts:
    """Tell what a scenario is.

    Parameters
    ----------
    study : Study
        Whose; nothing of it needs to be made.
    name : str
        Of the scenario.

    Raises
    ------
    StudyError
        No such scenario, or one that cannot be laid over the study.
    """
    line = lineage(study.scenarios, name)
    view = study.scenario(name)
    return ScenarioFacts(
        name,
        (BASE, *line[:-1]),
        tuple(
            Change(one, kind, text)
            for one in line
            for kind, said in study.scenarios[one].told().items()
            for text in (said if isinstance(said, list) else [said])
        ),
        tuple(map(str, view.overridden)),
        tuple(view.followed),
        view.reached_states(),
    )
