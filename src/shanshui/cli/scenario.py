"""Scenarios made, listed, told and dropped; two of them compared."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from shanshui.cli.options import AsJson, Folder, Language, Overwrite, Preview
from shanshui.cli.rows import print_grounds, print_json, print_rows
from shanshui.core.errors import StudyError, nearest
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    import pandas as pd

    from shanshui.opened import Study
    from shanshui.queries.comparison.answer import Comparison
    from shanshui.queries.comparison.compare import Comparisons
    from shanshui.queries.scenarios import ScenarioFacts, ScenarioList

ACTIONS = ("new", "list", "show", "drop")
NAMED = 6
"""Products that a line names before it counts the others [D]."""


def scenario(
    folder: Folder,
    action: Annotated[str, typer.Argument(metavar="new|list|show|drop", help="What to do.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the scenario.")] = "",
    parent: Annotated[
        list[str] | None,
        typer.Option(
            "--parent",
            metavar="NAME",
            help="What it changes: base or scenarios; of several a later one wins.",
        ),
    ] = None,
    measures: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            metavar="TEXT",
            help='What is done: "land_cover = 5 in plan.gpkg where slope > 25", "precipitation * 0.9", "roads add new.geojson", '
            "\"prices.price * 1.2 where flow == 'co2'\", \"firms drop where sector == 'mining'\".",
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=FILE|NUMBER",
            help="An input replaced, or given where the study has none.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STEP.SETTING=VALUE", help="A setting changed."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="NAME", help="An input left out.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="One sentence for the report.")] = "",
    note_zh: Annotated[str, typer.Option("--note-zh", help="The same in Chinese.")] = "",
    author: Annotated[str, typer.Option("--author", help="Who made it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Scenarios of a study: named sets of changes over it or over one another."""
    from shanshui.opened import open_study

    if action not in ACTIONS:
        raise StudyError(f"scenario {action}: {nearest(action, ACTIONS)}")
    if action != "list" and not name:
        raise StudyError(f"scenario {action}: give the NAME of a scenario")
    study = open_study(folder)
    if action == "new":
        made = study.new_scenario(
            name,
            parents=parent or [],
            measures=measures or [],
            inputs=inputs or [],
            settings=settings or [],
            without=without or [],
            words={"note": note, "note_zh": note_zh, "author": author},
        )
        if as_json:
            print_json(made.to_dict())
            return
        for text in made.overridden:
            typer.echo(text)
        typer.echo(
            f"{made.file}\nnext: shanshui run {folder} --scenario {quote(name)}   and   shanshui compare {folder} base {quote(name)}"
        )
    elif action == "drop":
        gone = study.drop_scenario(name)
        if as_json:
            print_json(gone.to_dict())
            return
        if gone.file is not None:
            typer.echo(f"{gone.file}: deleted")
        typer.echo(f"{gone.results} kept results of it alone deleted, {gone.bytes / 1e6:.1f} MB")
    elif action == "list":
        _print_list(study.scenario_list(), folder, as_json)
    else:
        _print_facts(study.scenario_facts(name), as_json)


def _print_list(found: "ScenarioList", folder: Path, as_json: bool) -> None:
    if as_json:
        print_json(found.to_dicts())
    elif found:
        print_rows([{k: v for k, v in row.items() if k != "fault"} for row in found.to_dicts()])
        for line in found:
            if line.fault:
                typer.echo(f"! {line.fault}")
    else:
        typer.echo(f"no scenario yet; make one: shanshui scenario {folder} new NAME")


def _print_facts(found: "ScenarioFacts", as_json: bool) -> None:
    if as_json:
        print_json(found.to_dict())
        return
    typer.echo(f"{found.scenario}, over {' -> '.join(found.over)}")
    for change in found.changes:
        typer.echo(f"  {change.scenario:16} {change.kind:9} {change.text}")
    for text in (*found.overridden, *found.follows):
        typer.echo(f"  {text}")
    counts = ", ".join(f"{n} {state}" for state, n in found.counts.items())
    typer.echo(f"reaches {len(found.states)} products{': ' * bool(counts)}{counts}")


def compare(
    folder: Folder,
    one: Annotated[str, typer.Argument(metavar="A", help="Scenario, or base.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Scenario, or base.")],
    products: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PRODUCT...]", help="What to compare; without any, which products differ."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="By ending: .csv .xlsx .json, of one map also .tif .png"
        ),
    ] = None,
    column: Annotated[
        str,
        typer.Option(
            "--column", metavar="NAME", help="Column of a table that is told; by default its total."
        ),
    ] = "",
    lang: Language = "en",
    preview: Preview = 1,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """What differs from scenario A to B: in a sentence, by place, as a map; who gains and who loses."""
    from shanshui.opened import open_study
    from shanshui.report.comparison_files import as_dict, summary_rows, write_comparison

    voice = Voice(lang, folder)
    study = open_study(folder).preview(preview)
    if products:
        found = study.comparisons(one, other, *products, column=column)
    elif as_json and to is None:
        print_json(study.differing(one, other))
        return
    else:
        # places are told of products that are named, or in a file
        found = study.comparisons(one, other, by_place=to is not None)
    if to is not None:
        typer.echo(str(write_comparison(study, list(found), to, voice, overwrite=overwrite)))
    elif as_json:
        print_json([as_dict(c, voice) for c in found])
    elif products:
        _print_comparisons(study, found, voice)
    else:
        rows = summary_rows(found)
        if len(rows):
            _print_told(rows.drop(columns=["from", "to", "in_one_only"]), voice)
        _print_left_out(study, found, voice)


def _print_left_out(study: "Study", found: "Comparisons", voice: Voice) -> None:
    """How many differ, and which could not be compared."""
    sides = (found.one, found.other)
    runs = [f"shanshui run {study.layout.folder}{study.scenario(name).flags}" for name in sides]
    count = {"count": len(found), "shared": found.shared, "one": found.one, "other": found.other}
    typer.echo(voice("compare_count", **count))
    for name, unmade, run in zip(sides, found.unmade, runs, strict=True):
        if unmade:
            said = {"count": len(unmade), "names": _some(unmade, voice), "run": run}
            typer.echo("! " + voice("compare_unmade", scenario=name, **said))
    if old := found.outdated:
        said = {"count": len(old), "names": _some(old, voice), "runs": "   ".join(runs)}
        typer.echo("! " + voice("compare_outdated", one=found.one, other=found.other, **said))


def _some(names: Sequence[str], voice: Voice) -> str:
    """The first of some names, and a mark where there are more."""
    return voice.listed(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _print_comparisons(study: "Study", found: "Comparisons", voice: Voice) -> None:
    from shanshui.queries.comparison.sentences import sentences
    from shanshui.report.views import class_words

    if study.times > 1:
        typer.echo(voice("compare_preview", times=study.times))
        for name in dict.fromkeys((found.one, found.other)):
            print_grounds(study.scenario(name), voice)
    view = study.scenario(found.one)
    for c in found:
        words = class_words(view, c.product, voice) if c.kind == "classes" else {}
        for text in sentences(c, voice, words):
            typer.echo(text)
        _print_places(c, words, voice)
        _print_finer(study, c, voice)


def _print_finer(study: "Study", found: "Comparison", voice: Voice) -> None:
    """What to run, that the comparison be told by more places."""
    if not found.finer:
        return
    names = (found.one, found.other)
    views = dict.fromkeys(study.scenario(name).flags for name in names)
    runs = (f"shanshui run {study.layout.folder} {' '.join(found.finer)}{flags}" for flags in views)
    typer.echo(voice("compare_finer", products=voice.listed(found.finer), runs="   ".join(runs)))


def _print_places(found: "Comparison", words: dict[int, str], voice: Voice) -> None:
    """Tables under the sentences: by place, the greatest changes first; of classes from which to which."""
    if found.kind == "classes" and len(found.rows):
        shown = found.rows.head(20)
        named = {side: [words.get(int(v), str(v)) for v in shown[side]] for side in ("from", "to")}
        _print_told(shown.assign(**named), voice)
    if found.places.empty:
        if found.kind in ("table", "features", "layers") and len(found.rows):
            rows = found.rows[found.rows["change"].fillna(0) != 0]
            own = rows[rows["column"] == found.column]
            rows = own if len(own) else rows
            _print_told((rows if len(rows) else found.rows).head(20), voice)
        return
    for level in ("prefecture", "county", "river_basin", "basin", "unit"):
        here = found.places[
            (found.places["level"] == level) & (found.places["change"].fillna(0) != 0)
        ]
        if len(here):
            label = voice.column(here, "name")
            here = here.assign(name=here[label].where(here[label] != "", here["name"]))
            here = here.drop(columns="name_zh").assign(level=voice(f"compare_{level}"))
            order = here["change"].abs().sort_values(ascending=False, kind="stable").index
            _print_told(here.loc[order].head(10), voice)
            if len(here) > 10:
                typer.echo(voice("compare_more", count=len(here) - 10))


def _print_told(rows: "pd.DataFrame", voice: Voice) -> None:
    """Print rows of a comparison: columns and units in words, negative numbers by the sign of the language."""
    told = [
        {
            voice(f"compare_head_{name}") if f"compare_head_{name}" in voice else name: (
                voice.number(value, ".6g")
                if isinstance(value, float)
                else voice.unit(value)
                if name == "unit" and value != "1"
                else value
            )
            for name, value in row.items()
        }
        for row in records(rows)
    ]
    print_rows(told)
