"""The command that says why a product has no value at a place, or over the study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import (
    AsJson,
    Folder,
    Overwrite,
    Preview,
    Scenario,
    Variant,
    opened,
    place,
)
from shanshui.cli.rows import number, print_json, print_rows, records
from shanshui.core.errors import StudyError

if TYPE_CHECKING:
    from shanshui.study.why import Answer, Lost


def why(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    at: Annotated[str, typer.Option("--at", metavar="LON,LAT", help="A place.")] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="A map of reasons: .tif or .png."),
    ] = None,
    lang: Annotated[str, typer.Option(metavar="en|zh", help="Language.")] = "en",
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Say why a product has no value at a place, or is as it is; without a place, why cells are missing over the study."""
    from shanshui.study.why import Why

    if lang not in ("en", "zh"):
        raise StudyError(f"--lang {lang}: expected en or zh")
    study = opened(folder, variant, scenario, preview)
    question = Why(study)
    if at:
        if to is not None:
            raise StudyError("--at and --to: a map is of the whole study; give one of them")
        answer = question.at(product, *place(at))
        if as_json:
            print_json(_as_json(answer, study.grid.cell_km2))
        else:
            _print_answer(answer, lang, study.grid.cell_km2)
        return
    lost = question.over(product)
    if to is not None:
        from shanshui.report.reasons import reason_map

        reason_map(question, product, lost, to, lang, overwrite=overwrite)
    if as_json:
        print_json(
            {
                "product": product,
                "cells": study.grid.cells,
                "missing": sum(item.cells for item in lost),
                "reasons": [_reason(item, study.grid.cell_km2) for item in lost],
            }
        )
        return
    _print_reasons(lost, lang, study.grid.cells, study.grid.cell_km2)
    if to is not None:
        typer.echo(str(to))


def _reason(item: "Lost", cell_km2: float) -> dict[str, Any]:
    from shanshui.core.reasons import reasons

    words = reasons()[item.cause.reason]
    return {
        "in": item.cause.product,
        "reason": item.cause.reason,
        "detail": item.cause.detail,
        "text": words.en,
        "text_zh": words.zh,
        "way": item.way,
        "cells": item.cells,
        "km2": round(item.cells * cell_km2, 6),
    }


def _as_json(answer: "Answer", cell_km2: float) -> dict[str, Any]:
    import pandas as pd

    return {
        "product": answer.product,
        "at": [answer.lon, answer.lat],
        "value": answer.value,
        "unit": answer.unit,
        "missing": bool(answer.lost) and answer.value is None,
        "reasons": [_reason(item, cell_km2) for item in answer.lost],
        "taken": answer.taken,
        "place": answer.place,
        "rows": records(pd.DataFrame(answer.rows)),
        "empty_columns": answer.empty,
    }


def _print_answer(answer: "Answer", lang: str, cell_km2: float) -> None:
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
            typer.echo(f"  {item.cells} cells: {_sentence(item, lang)}")
        return
    if answer.value is not None:
        typer.echo(f"{answer.product} at {where} is {number(answer.value, '')} {answer.unit}")
    for item in answer.lost:
        typer.echo(f"{answer.product} at {where} has no value: {_sentence(item, lang)}")
    for name, value in answer.taken.items():
        typer.echo(f"  {name}: {'no value' if value is None else number(value, '')}")


def _print_reasons(lost: "list[Lost]", lang: str, cells: int, cell_km2: float) -> None:
    if not lost:
        typer.echo("every cell has a value")
    for item in lost:
        share = 100.0 * item.cells / cells
        typer.echo(f"{item.cells:>12,} cells {share:6.2f} %  {_sentence(item, lang)}")


def _sentence(item: "Lost", lang: str) -> str:
    from shanshui.core.reasons import reasons

    words = reasons()[item.cause.reason].text(lang)
    detail = f" ({item.cause.detail})" if item.cause.detail else ""
    way = f"  [{' < '.join(item.way)}]" if len(item.way) > 1 else ""
    return f"{item.cause.product}: {words}{detail}{way}"
