"""Scenarios made, listed, told and dropped; two of them compared."""

import datetime
import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder, Language, Overwrite, Preview
from shanshui.cli.rows import print_json, print_rows
from shanshui.core.errors import ShanshuiError, StudyError, nearest
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.study.comparison import Comparison
    from shanshui.study.study import Study

ACTIONS = ("new", "list", "show", "drop")


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
    from shanshui.study.scenario_files import drop_scenario, new_scenario
    from shanshui.study.study import open_study

    if action not in ACTIONS:
        raise StudyError(f"scenario {action}: {nearest(action, ACTIONS)}")
    if action != "list" and not name:
        raise StudyError(f"scenario {action}: give the NAME of a scenario")
    study = open_study(folder)
    if action == "new":
        path = new_scenario(
            study,
            name,
            parents=parent or [],
            measures=measures or [],
            inputs=inputs or [],
            settings=settings or [],
            without=without or [],
            words={"note": note, "note_zh": note_zh, "author": author},
            today=datetime.datetime.now(tz=datetime.UTC).date(),
        )
        typer.echo(
            f"{path}\nnext: shanshui run {folder} --scenario {quote(name)}   and   shanshui compare {folder} base {quote(name)}"
        )
    elif action == "drop":
        for text in drop_scenario(study, name):
            typer.echo(text)
    elif action == "list":
        _list(study, as_json)
    else:
        _show(study, name, as_json)


def _list(study: "Study", as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for name, one in study.scenarios.items():
        try:
            states, fault = list(study.scenario(name).reached_states().values()), ""
        except ShanshuiError as error:
            states, fault = [], str(error)
        rows.append(
            {
                "scenario": name,
                "parent": ", ".join(one.parents),
                "inputs": len(one.inputs) + len(one.without),
                "settings": sum(map(len, one.steps.values())),
                "measures": len(one.measures),
                "made": sum(state == "made" for state in states),
                "of": len(states),
                "author": one.author or "",
                "date": str(one.date or ""),
                "note": one.note or "",
                "fault": fault,
            }
        )
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(rows)
    else:
        typer.echo(f"no scenario yet; make one: shanshui scenario {study.layout.folder} new NAME")


def _show(study: "Study", name: str, as_json: bool) -> None:
    from shanshui.study.scenario import lineage

    view = study.scenario(name)
    line = lineage(study.scenarios, name)
    states = view.reached_states()
    facts: dict[str, Any] = {
        "scenario": name,
        "over": ["base", *line[:-1]],
        "changes": {one: study.scenarios[one].told() for one in line},
        "overridden": [str(o) for o in view.overridden],
        "follows": [
            f"{word} follows the cover that '{one}' changes" for one, word in view.followed
        ],
        "reached": states,
    }
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, default=str))
        return
    typer.echo(f"{name}, over {' -> '.join(facts['over'])}")
    for one in line:
        for key, value in study.scenarios[one].told().items():
            for text in value if isinstance(value, list) else [value]:
                typer.echo(f"  {one:16} {key:9} {text}")
    for text in (*facts["overridden"], *facts["follows"]):
        typer.echo(f"  {text}")
    count = {s: sum(x == s for x in states.values()) for s in ("made", "stale", "missing")}
    typer.echo(
        f"reaches {len(states)} products: " + ", ".join(f"{n} {s}" for s, n in count.items() if n)
    )


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
    from shanshui.report.comparison import sentences
    from shanshui.report.comparison_files import as_dict, summary_rows, write_comparison
    from shanshui.report.views import class_words
    from shanshui.study.comparison import Zones, differing
    from shanshui.study.comparison import compare as compared
    from shanshui.study.study import open_study

    voice = Voice(lang, folder)
    study = open_study(folder).preview(preview)
    if not products:
        names = differing(study, one, other)
        if as_json and to is None:
            print_json(names)
            return
        # places are told of products that are named, or in a file
        zones = Zones.none() if to is None else Zones.of(study.scenario(one))
        found = [compared(study, one, other, name, zones=zones) for name in names]
        if to is None:
            rows = summary_rows(found)
            if len(rows):
                print_rows(records(rows.drop(columns=["from", "to", "in_one_only"])))
            typer.echo(f"{len(names)} products differ between {one} and {other}")
            return
    else:
        zones = Zones.of(study.scenario(one))
        found = [compared(study, one, other, name, column, zones=zones) for name in products]
    if to is not None:
        typer.echo(str(write_comparison(study, found, to, voice, overwrite=overwrite)))
        return
    if as_json:
        print_json([as_dict(c, voice) for c in found])
        return
    if study.times > 1:
        typer.echo(voice("compare_preview", times=study.times))
    for c in found:
        view = study.scenario(one)
        words = class_words(view, c.product, voice) if c.kind == "classes" else {}
        for text in sentences(c, voice, words):
            typer.echo(text)
        _print_places(c, words)


def _print_places(found: "Comparison", words: dict[int, str]) -> None:
    """Tables under the sentences: by county, prefecture, province and basin, the greatest changes first; of classes from which to which."""
    if found.kind == "classes" and len(found.rows):
        shown = found.rows.head(20)
        named = {side: [words.get(int(v), str(v)) for v in shown[side]] for side in ("from", "to")}
        print_rows(records(shown.assign(**named)))
    if found.places.empty:
        if found.kind in ("table", "features", "layers") and len(found.rows):
            rows = found.rows[found.rows["change"].fillna(0) != 0]
            print_rows(records((rows if len(rows) else found.rows).head(20)))
        return
    for level in ("prefecture", "county", "basin", "unit"):
        here = found.places[
            (found.places["level"] == level) & (found.places["change"].fillna(0) != 0)
        ]
        if len(here):
            order = here["change"].abs().sort_values(ascending=False, kind="stable").index
            print_rows(records(here.loc[order].head(10)))
            if len(here) > 10:
                typer.echo(f"… {len(here) - 10} more of this level; all: --to FILE.csv")
