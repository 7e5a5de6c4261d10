"""Rows of a table in a terminal."""

from typing import Any

import typer


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows under their column names; columns that are blank throughout are left out."""
    names = list(rows[0])
    cells = [[number(r[n], n) if r[n] is not None else "" for n in names] for r in rows]
    wide = [max(len(n), *(len(line[k]) for line in cells)) for k, n in enumerate(names)]
    keep = [k for k, w in enumerate(wide) if any(line[k] for line in cells)]
    typer.echo("  ".join(names[k].ljust(min(wide[k], 40)) for k in keep))
    for line in cells:
        typer.echo("  ".join(line[k][:40].ljust(min(wide[k], 40)) for k in keep).rstrip())


def number(value: Any, key: str) -> str:
    """Six digits of a number; anything else as it is."""
    if isinstance(value, float):
        return f"{value:.0%}" if key == "coverage" else f"{value:.6g}"
    return str(value)
