"""The command that holds a plan against the control lines of a study."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder, Language, Overwrite, Scenario, Variant, opened
from shanshui.cli.rows import print_json
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.queries.conformity import PlanConformity

MOST_SHOWN = 40
"""Features that a terminal shows [D]."""


def conform(
    folder: Folder,
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN", help="Polygons of your plan: .gpkg, .shp, .geojson, .zip and others."
        ),
    ],
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Of a file with several.")
    ] = None,
    use_column: Annotated[
        str,
        typer.Option(
            "--use",
            metavar="COLUMN",
            help="What each feature is for, in words: residential, mining, road, farmland, forest, 采矿用地; by default a column of such a name.",
        ),
    ] = "",
    use: Annotated[
        str,
        typer.Option("--is", metavar="USE", help="All features are for this, without a column."),
    ] = "",
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="EPSG|gcj02|bd09",
            help="System of the coordinates, where the file has none or a wrong one; shifted ones of web maps are brought back.",
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend outlines that cross themselves.")
    ] = False,
    least: Annotated[
        float | None,
        typer.Option(
            metavar="KM2",
            help="Less ground than this breaks no rule; by default 0.0004, the least that the survey of land draws.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write the answer: .csv, .json or .gpkg."),
    ] = None,
    lang: Language = "en",
    variant: Variant = "",
    scenario: Scenario = "",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Which features of your plan break a control line: line, rule, area, people, source."""
    from shanshui.queries.conformity import plan_conformity
    from shanshui.queries.conformity_files import refuse_file, write_conformity
    from shanshui.study.plan_file import PlanSource
    from shanshui.zoning.conformity import LEAST_KM2

    voice = Voice(lang, folder)
    study = opened(folder, variant, scenario)
    if to is not None:
        refuse_file(study, to, plan, overwrite=overwrite)
    source = PlanSource(plan, layer, use_column, use, crs, repair)
    found = plan_conformity(study, source, least_km2=LEAST_KM2 if least is None else least)
    if to is not None:
        write_conformity(study, found, to, voice, overwrite=overwrite)
    if as_json:
        print_json(found.to_dict())
        return
    for line in conformity_lines(found, voice):
        typer.echo(line)
    if to is not None:
        typer.echo(str(to))


def conformity_lines(found: "PlanConformity", voice: Voice) -> Iterator[str]:
    """Lines of an answer: the plan, its rules, its features, what the lines are."""
    verdicts = found.features["verdict"]
    counts = {v: int((verdicts == v).sum()) for v in ("violates", "unknown", "conforms")}
    verdict = voice(f"conform_verdict_{found.verdict}")
    yield voice(
        "conform_plan", file=found.file.name, verdict=verdict, count=len(verdicts), **counts
    )
    for row in records(found.rules):
        said = voice("conform_rule", features=row["features"], **_of_rule(row, voice))
        yield f"{said}{_dark(row, voice)}"
        yield f"  {row[voice.column(row, 'text')]} ({row[voice.column(row, 'source')]} {row['tag']})"
    shown = found.features[verdicts != "conforms"]
    broken = dict(list(found.violations.groupby("feature")))
    for feature in records(shown.head(MOST_SHOWN).drop(columns="geometry")):
        yield _named(feature, voice)
        own = broken.get(feature["feature"])
        for row in () if own is None else records(own.drop(columns="geometry")):
            said = voice(
                "conform_broken",
                whole=voice.figure(feature["area_km2"], 4),
                share=f"{row['share']:.0%}",
                **_of_rule(row, voice),
            )
            yield f"  {said}{_dark(row, voice)}"
        if feature["unknown_km2"] > 0:
            yield f"  {voice('conform_unknown', area=voice.figure(feature['unknown_km2'], 4))}"
    if len(shown) > MOST_SHOWN:
        yield voice("conform_more", count=len(shown) - MOST_SHOWN)
    yield from found.noted(voice)
    for told in found.told:
        yield f"! {told}"


def _of_rule(row: dict[str, Any], voice: Voice) -> dict[str, str]:
    return {
        "line": voice(f"line_{row['line']}"),
        "rule": row["rule"],
        "area": voice.figure(row["area_km2"], 4),
        "people": voice.figure(math.nan if row["people"] is None else row["people"], 4),
    }


def _dark(row: dict[str, Any], voice: Voice) -> str:
    """Ground without a figure of people, where there is such beside other."""
    if row["people"] is None or not row["people_unknown_km2"] > 0:
        return ""
    area = voice.figure(row["people_unknown_km2"], 4)
    return f"{voice('mark_semicolon')}{voice('conform_people_unknown', area=area)}"


def _named(feature: dict[str, Any], voice: Voice) -> str:
    from shanshui.zoning.plan_uses import plan_uses

    use = feature["use"]
    said = voice.among(plan_uses()[use].words) if use else voice("conform_no_use")
    line = voice(
        "conform_feature",
        feature=feature["feature"],
        name=feature["name"],
        use=said,
        verdict=voice(f"conform_verdict_{feature['verdict']}"),
    )
    return " ".join(line.split())
