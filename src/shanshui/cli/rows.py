"""Rows of a table in a terminal, and what programs read instead."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from shanshui.core.errors import DataError
from shanshui.queries.plain import plain

if TYPE_CHECKING:
    import pandas as pd


def print_json(what: Any) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(what, ensure_ascii=False, default=plain))


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows under their column names; columns that are blank throughout are left out."""
    names = list(rows[0])
    cells = [[number(r[n], n) if r[n] is not None else "" for n in names] for r in rows]
    wide = [max(len(n), *(len(line[k]) for line in cells)) for k, n in enumerate(names)]
    keep = [k for k, w in enumerate(wide) if any(line[k] for line in cells)]
    typer.echo("  ".join(names[k].ljust(min(wide[k], 40)) for k in keep))
    for line in cells:
        typer.echo("  ".join(line[k][:40].ljust(min(wide[k], 40)) for k in keep).rstrip())


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
