"""The command that holds a study against what is known otherwise."""

from typing import Any

import typer

from shanshui.cli.options import AsJson, Folder, Preview, Scenario, Variant, opened
from shanshui.cli.rows import number, print_json


def validate(
    folder: Folder,
    as_json: AsJson = False,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
) -> None:
    """Hold results against gauges, census, the ground and what is published; makes what it needs."""
    from shanshui.queries.validation import made_validation

    found = made_validation(opened(folder, variant, scenario, preview))
    if as_json:
        print_json(found.to_dict())
        return
    chapter = ""
    for one in found.statements:
        row = one.row
        if row["chapter"] != chapter:
            chapter = row["chapter"]
            typer.echo(f"\n{chapter}")
        place = f" [{row['subject']}]" if row["subject"] else ""
        typer.echo(f"  {row['verdict']:9} {row['statement']}{place}")
        unit = "" if row["unit"] in ("1", "") else f" {row['unit']}"
        said = (
            "not measured"
            if row["measure"] == "-"
            else f"{row['measure']} {_figure(row['ours'])}{unit}, expected {_range(row['low'], row['high'])}"
        )
        notes = [row["note"], f"forced by {one.forced}" if one.forced else "", row["source"]]
        typer.echo(f"            {said}; {'; '.join(str(n) for n in notes if n)}")
    told = ", ".join(f"{k} {v}" for k, v in found.counts.items())
    typer.echo(f"\n{len(found.statements)} statements: {told}")


def _figure(value: Any) -> str:
    return "not known" if value is None or value != value else number(value, "")


def _range(low: Any, high: Any) -> str:
    if low != low and high != high:
        return "not known"
    if low != low:
        return f"at most {number(high, '')}"
    if high != high:
        return f"at least {number(low, '')}"
    return number(low, "") if low == high else f"{number(low, '')} to {number(high, '')}"
