"""Files of scenarios written and taken away."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shanshui.collect.catalog import located
from shanshui.collect.gate import require
from shanshui.core.errors import PlanError, StudyError, nearest
from shanshui.flow.variants import checked_name
from shanshui.store.layout import disk_errors
from shanshui.study.file import fault_words
from shanshui.study.scenario import FOLDER, lineage
from shanshui.study.scenario_checks import refuse_unknown
from shanshui.study.sections import BASE, Scenario
from shanshui.study.toml import toml_list, toml_text
from shanshui.study.upkeep import parse_settings, sweep

if TYPE_CHECKING:
    from shanshui.study.study import Study


def new_scenario(
    study: "Study",
    name: str,
    *,
    parents: list[str],
    measures: list[str],
    inputs: Iterable[str],
    settings: Iterable[str],
    without: list[str],
    words: Mapping[str, str],
    today: datetime.date,
) -> Path:
    """Write the file of a scenario, if it can be laid over the study.

    Parameters
    ----------
    study : Study
        Whose.
    name : str
        Of the scenario.
    parents : list of str
        What it changes; the study itself when none is named.
    measures : list of str
        As written.
    inputs : iterable of str
        ``NAME=FILE`` or ``NAME=NUMBER``.
    settings : iterable of str
        ``STEP.SETTING=VALUE``.
    without : list of str
        Inputs left out.
    words : mapping
        ``note``, ``note_zh``, ``author``.
    today : date
        Noted in it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StudyError
        A name that is taken or that no folder can have, or anything that cannot be laid over the study; a study that was opened to read only.
    """
    study.refuse_writing("a new scenario")
    place = study.layout.folder / FOLDER / f"{name}.toml"
    if name == BASE:
        raise StudyError(f"scenario '{BASE}': is the study itself; give another name")
    if name in study.scenarios:
        raise StudyError(
            f"scenario '{name}': there is one already; edit {_place(study, name)}, or drop it first: "
            f"shanshui scenario {study.layout.folder} drop {name}"
        )
    try:
        checked_name(name, [*study.scenarios, *study.variants()])
    except PlanError as error:
        raise StudyError(str(error).replace("variant", "scenario", 1)) from None
    if name in study.variants():
        raise StudyError(f"scenario '{name}': a variant bears that name; give another one")
    content: dict[str, Any] = {
        "parent": parents if len(parents) > 1 else parents[0] if parents else BASE,
        "inputs": {k: _input(v) for k, v in map(_pair, inputs)},
        "steps": parse_settings(settings),
        "measures": measures,
        "without": without,
        "date": today,
        **{k: v for k, v in words.items() if v},
    }
    try:
        made = Scenario.model_validate(content)
    except ValidationError as error:
        raise StudyError(f"scenario '{name}': {fault_words(error, Scenario)}") from None
    study.scenarios[name] = made
    try:
        lineage(study.scenarios, name)
        for word, spec in made.files():
            require(located(spec, study.folders), word)
        refuse_unknown(study.scenario(name), name, made)
    except Exception:
        del study.scenarios[name]
        raise
    with disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(scenario_text(made), "utf-8")
    return place


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise StudyError(
            f"--input {text}: expected NAME=FILE or NAME=NUMBER, for example temperature=warm.tif"
        )
    return name.strip(), value.strip()


def _input(value: str) -> dict[str, Any]:
    try:
        return {"value": float(value)}
    except ValueError:
        return {"file": value}


def scenario_text(made: Scenario) -> str:
    """Scenario as TOML."""
    lines = [f"parent = {_value(made.parent)}"]
    lines += [
        f"{k} = {_value(v)}"
        for k in ("note", "note_zh", "author", "date")
        if (v := getattr(made, k)) is not None
    ]
    if made.without:
        lines.append(f"without = {toml_list(made.without)}")
    if made.measures:
        lines += ["measures = [", *(f"  {toml_text(text)}," for text in made.measures), "]"]
    else:
        lines.append(
            '# measures = ["land_cover = 5 in plan.gpkg where slope > 25", "precipitation * 0.9"]'
        )
    for name, declared in made.inputs.items():
        for spec in declared if isinstance(declared, list) else [declared]:
            head = f"[[inputs.{name}]]" if isinstance(declared, list) else f"[inputs.{name}]"
            lines += ["", head]
            lines += [
                f"{k} = {_value(v)}" for k, v in spec.model_dump(exclude_defaults=True).items()
            ]
    for step, words in made.steps.items():
        lines += ["", f"[steps.{step}]", *(f"{k} = {_value(v)}" for k, v in words.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | datetime.date):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return toml_text(str(value))


def _place(study: "Study", name: str) -> Path:
    """File in which a scenario stands."""
    if name in study.study_file.scenarios:
        return study.layout.study_file
    return study.layout.folder / FOLDER / f"{name}.toml"


def drop_scenario(study: "Study", name: str) -> tuple[Path | None, int, int]:
    """Take a scenario and what was made of it alone away.

    Parameters
    ----------
    study : Study
        Whose.
    name : str
        Of the scenario.

    Returns
    -------
    (Path or None, int, int)
        The file that was deleted; kept results of it alone that were, and their bytes.

    Raises
    ------
    StudyError
        No such scenario, another one is laid over it, or it stands in the study file; a study that was opened to read only.
    """
    study.refuse_writing("a scenario to be dropped")
    noted = study.ledger.variants()
    if name not in study.scenarios and name not in noted:
        raise StudyError(f"no scenario '{name}'; {nearest(name, study.scenarios)}")
    upon = [k for k, one in study.scenarios.items() if name in one.parents]
    if upon:
        raise StudyError(
            f"scenario '{name}': {', '.join(upon)} is laid over it; drop that first, or give it another parent"
        )
    if name in study.study_file.scenarios:
        raise StudyError(
            f"scenario '{name}': stands in {study.layout.study_file}, which is yours; delete its section [scenarios.{name}] there, then: "
            f"shanshui scenario {study.layout.folder} drop {name}"
        )
    place = _place(study, name) if name in study.scenarios else None
    if place is not None:
        with disk_errors(place):
            place.unlink()
        del study.scenarios[name]
    gone = [n for n in noted if n == name or n.startswith(f"{name},preview=")]
    swept = [sweep(study, n) for n in gone]
    return place, sum(files for files, _ in swept), sum(size for _, size in swept)
