"""Rows of a table in a terminal, and what programs read instead."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import typer

from shanshui.core.errors import DataError
from shanshui.core.voice import Voice
from shanshui.queries.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from shanshui.opened import Study


WIDEST = 40
"""Letters of a cell that a terminal shows [D]."""


def print_json(what: Any) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(what, ensure_ascii=False, default=plain))


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows under their column names; columns that are blank throughout are left out."""
    names = list(rows[0])
    cells = [[number(r[n], n) if r[n] is not None else "" for n in names] for r in rows]
    shown = [[text[:WIDEST] for text in line] for line in (names, *cells)]
    keep = [k for k in range(len(names)) if any(line[k] for line in cells)]
    wide = {k: max(_width(line[k]) for line in shown) for k in keep}
    for line in shown:
        typer.echo("  ".join(line[k] + " " * (wide[k] - _width(line[k])) for k in keep).rstrip())


def _width(text: str) -> int:
    """Places that a text takes in a terminal: two for a letter of the East."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def write_rows(
    frame: "pd.DataFrame", to: Path | None, overwrite: bool, *inputs: Path | None
) -> None:
    """Write a table as CSV, over nothing that somebody else wrote and never over an input; nowhere to, nothing is written.

    Raises
    ------
    DataError
        A name that does not end in .csv.
    """
    if to is None:
        return
    from shanshui.store.sheets import write_csv
    from shanshui.store.written import Written, replaced

    if to.suffix.lower() != ".csv":
        raise DataError(f"--to {to}: expected a name that ends in .csv")
    written = Written(protected=tuple(p for p in inputs if p is not None))
    with replaced(to, written, overwrite=overwrite) as place:
        write_csv(frame, place, marked=False)


def number(value: Any, key: str) -> str:
    """Six digits of a number; anything else as it is."""
    if isinstance(value, float):
        return f"{value:.0%}" if key == "coverage" else f"{value:.6g}"
    return str(value)


def print_grounds(study: "Study", voice: Voice) -> None:
    """Ground that each measure of a previewed scenario takes, on its cells and on those of the study."""
    from shanshui.queries.ground import ground_sentences

    for text in ground_sentences(study, voice):
        typer.echo(f"! {text}")
