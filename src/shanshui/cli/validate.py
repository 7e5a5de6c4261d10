"""The command that holds a study against what is known otherwise."""

from typing import Any

import typer

from shanshui.cli.options import AsJson, Folder, Language, Preview, Scenario, Variant, opened
from shanshui.cli.rows import number, print_json
from shanshui.core.voice import Voice


def validate(
    folder: Folder,
    lang: Language = "en",
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
    voice, chapter = Voice(lang, folder), ""
    for one in found.statements:
        row = one.row
        if row["chapter"] != chapter:
            chapter = row["chapter"]
            typer.echo(f"\n{voice.word(f'{chapter}_validation')}")
        typer.echo(f"  {voice(row['verdict']):9} {one.said(voice)}")
        unit = "" if row["unit"] in ("1", "") else f" {row['unit']}"
        measured = (
            voice("not_measured")
            if row["measure"] == "-"
            else voice(
                "figure_held", measure=row["measure"], ours=_figure(row["ours"], voice) + unit, range=_range(row["low"], row["high"], voice),
            )
        )  # fmt: skip
        forced = (
            ""
            if one.forced is None
            else f"{voice('forced')}{voice('mark_colon')}{one.forced.words(voice)}"
        )
        notes = [measured, _said(row, "note", voice), forced, _said(row, "source", voice)]
        typer.echo(f"            {voice('mark_semicolon').join(n for n in notes if n)}")
    told = voice.listed(f"{voice(k)} {v}" for k, v in found.counts.items())
    typer.echo(
        f"\n{voice('statements_counted', count=len(found.statements))}{voice('mark_colon')}{told}"
    )


def _said(row: dict[str, Any], column: str, voice: Voice) -> str:
    return voice.tell(row, column)


def _figure(value: Any, voice: Voice) -> str:
    return voice("unknown") if value is None or value != value else number(value, "")


def _range(low: Any, high: Any, voice: Voice) -> str:
    if low != low and high != high:
        return voice("unknown")
    if low != low:
        return voice("at_most", limit=number(high, ""))
    if high != high:
        return voice("at_least", limit=number(low, ""))
    least, most = number(low, ""), number(high, "")
    return least if low == high else voice("from_to", least=least, most=most)
