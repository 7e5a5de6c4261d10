"""The command that shows how a file is understood."""

from pathlib import Path
from typing import Annotated

import typer

from shanshui.cli.options import AsJson
from shanshui.cli.rows import print_json


def peek(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Table, workbook, raster or layer.")],
    sheet: Annotated[
        str | None,
        typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook; by default all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How a file is understood: head, columns, units, range, gaps, what is left out and why, first rows."""
    from shanshui.collect.peek import glance

    found = glance(file, sheet)
    if as_json:
        print_json(found.plain())
        return
    for line in found.lines():
        typer.echo(line)
