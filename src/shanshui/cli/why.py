"""The command that says why a product has no value at a place, or over the study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shanshui.cli.options import (
    AsJson,
    Folder,
    Language,
    Overwrite,
    Preview,
    Scenario,
    Variant,
    opened,
    place,
)
from shanshui.cli.rows import number, print_json, print_rows
from shanshui.core.errors import StudyError
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.queries.why import Answer, Lost, Missing


def why(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    at: Annotated[str, typer.Option("--at", metavar="LON,LAT", help="A place.")] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="A map of reasons: .tif or .png."),
    ] = None,
    lang: Language = "en",
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Say why a product has no value at a place, or is as it is; without a place, why cells are missing over the study."""
    from shanshui.queries.why import Why

    voice = Voice(lang, folder)
    study = opened(folder, variant, scenario, preview)
    question = Why(study)
    if at:
        if to is not None:
            raise StudyError("--at and --to: a map is of the whole study; give one of them")
        answer = question.at(product, *place(at))
        if as_json:
            print_json(answer.to_dict())
        else:
            _print_answer(answer, voice)
        return
    found = question.missing(product)
    if to is not None:
        from shanshui.report.reasons import reason_map

        reason_map(question, product, list(found.lost), to, voice, overwrite=overwrite)
    if as_json:
        print_json(found.to_dict())
        return
    _print_reasons(found, voice)
    if to is not None:
        typer.echo(str(to))


def _print_answer(answer: "Answer", voice: Voice) -> None:
    where = f"{answer.lon:g},{answer.lat:g}"
    if answer.place or answer.rows:
        import pandas as pd

        typer.echo(f"{answer.product} at {where}, {answer.place}:")
        if answer.rows:
            print_rows(records(pd.DataFrame(answer.rows)))
        else:
            typer.echo("no row")
        if answer.empty:
            typer.echo(f"without a value: {', '.join(answer.empty)}")
        for item in answer.lost:
            typer.echo(f"  {item.cells} cells: {_sentence(item, voice)}")
        return
    if answer.value is not None:
        typer.echo(f"{answer.product} at {where} is {number(answer.value, '')} {answer.unit}")
    for item in answer.lost:
        typer.echo(f"{answer.product} at {where} has no value: {_sentence(item, voice)}")
    for name, value in answer.taken.items():
        typer.echo(f"  {name}: {'no value' if value is None else number(value, '')}")


def _print_reasons(found: "Missing", voice: Voice) -> None:
    if not found.lost:
        typer.echo("every cell has a value")
    for item in found.lost:
        share = 100.0 * item.cells / found.cells
        typer.echo(f"{item.cells:>12,} cells {share:6.2f} %  {_sentence(item, voice)}")


def _sentence(item: "Lost", voice: Voice) -> str:
    from shanshui.core.reasons import reasons

    words = voice.said(reasons()[item.cause.reason])
    detail = f" ({item.cause.detail})" if item.cause.detail else ""
    way = f"  [{' < '.join(item.way)}]" if len(item.way) > 1 else ""
    return f"{item.cause.product}: {words}{detail}{way}"
