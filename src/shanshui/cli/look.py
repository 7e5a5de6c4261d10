"""What is asked of a study: how its inputs are, what stands, what it says, where it comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder, Preview, Scenario, Variant, opened
from shanshui.cli.rows import number, print_json, print_rows
from shanshui.core.voice import Voice

if TYPE_CHECKING:
    from shanshui.queries.datasets import Datasets
    from shanshui.queries.lineage import Ancestor
    from shanshui.queries.settings import Settings

ROWS_SHOWN = 40
"""Rows of a table that a terminal shows; JSON holds more, exports hold all."""


def check(folder: Folder, as_json: AsJson = False) -> None:
    """Verdict per dataset; exit 1 when a needed one is unusable."""
    from shanshui.opened import open_study
    from shanshui.queries.datasets import datasets

    found = datasets(open_study(folder))
    if as_json:
        print_json(found.to_dicts())
    else:
        _print_datasets(found)
    if found.broken:
        typer.echo(
            f"{len(found.broken)} needed dataset(s) cannot be used: {', '.join(d.name for d in found.broken)}",
            err=True,
        )
        raise typer.Exit(1)


def _print_datasets(found: "Datasets") -> None:
    for each in found:
        facts = ", ".join(f"{k} {number(x, k)}" for k, x in each.facts.items())
        typer.echo(f"{each.state:9} {each.name:18} {Path(each.file).name}  {facts}")
        for text in (*each.problems, *each.doubts):
            typer.echo(f"{'':10}{'!' if text in each.problems else '?'} {text}")
    assumed = [d.name for d in found.assumed]
    if assumed:
        typer.echo(
            f"{len(assumed)} of {len(found)} datasets ({len(assumed) / len(found):.0%}) are one assumed number each: "
            f"{', '.join(assumed)}"
        )


def list_products(
    folder: Folder,
    as_json: AsJson = False,
    as_mermaid: Annotated[
        bool, typer.Option("--mermaid", help="The plan as a Mermaid graph.")
    ] = False,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
    variants: Annotated[
        bool, typer.Option("--variants", help="The variants that there are, and what each sets.")
    ] = False,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--settings",
            metavar="STEP",
            help="What may be set of a step, or of 'all': value, default, limits, unit, meaning.",
        ),
    ] = None,
) -> None:
    """Products with unit, dims, state and how long they took."""
    from shanshui.queries.products import products
    from shanshui.queries.settings import settings

    study = opened(folder, variant, scenario, preview)
    if variants:
        _print_variants(study.variants(), as_json)
        return
    if of:
        _print_settings(settings(study, *(step for step in of if step != "all")), as_json)
        return
    if as_mermaid:
        from shanshui.flow.draw import mermaid

        typer.echo(mermaid(study.plan))
        return
    found = products(study)
    if as_json:
        print_json(found.to_dicts())
        return
    wide = max((len(each.name) for each in found), default=0)
    for each in found:
        took = "" if each.seconds is None else f"{each.seconds:.2f} s"
        typer.echo(
            f"{each.name:{wide}} {each.unit:12} {each.dims:11} {took:>10}  {each.state}"
            + (f" [{each.variant}]" if each.variant else "")
        )


def _print_settings(found: "Settings", as_json: bool) -> None:
    if as_json:
        print_json(found.to_dicts())
        return
    rows = [
        {
            "setting": f"{each.step}.{each.name}",
            "value": str(each.value),
            "default": str(each.default) if each.changed else "",
            "unit": each.unit,
            "limits": each.limits,
            "tag": each.tag,
            "meaning": each.said,
        }
        for each in found
    ]
    if rows:
        print_rows(rows)


def show(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    as_json: AsJson = False,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
) -> None:
    """Shape, unit, range, mean, share of nodata, source, made when and why."""
    from shanshui.queries.products import product_facts

    found = product_facts(opened(folder, variant, scenario, preview), product)
    if as_json:
        print_json(found.to_dict())
        return
    _print_facts(found.to_dict())
    rows = list(found.rows)
    if rows:
        typer.echo("")
        last = rows[-1:] if len(rows) > ROWS_SHOWN and "total" in rows[-1].values() else []
        print_rows(rows[:ROWS_SHOWN] + last)
        if found.facts["shape"][0] > ROWS_SHOWN:
            typer.echo(
                f"… {found.facts['shape'][0] - ROWS_SHOWN:,} more rows; all of them: shanshui export {folder} {product} --to {product}.csv"
            )


def _print_facts(facts: dict[str, Any]) -> None:
    """Print one line per fact, why it is stale behind its state, and one line per column."""
    for key, value in facts.items():
        if key in ("layers", "stale_because", "missing_because", "joins", "rows"):
            continue
        if key == "joined":
            for sentence in value:
                typer.echo(f"{key:14} {sentence}")
            continue
        if key == "columns":
            for column, fact in value.items():
                span = (
                    f"{fact['min']:.6g} to {fact['max']:.6g}, mean {fact['mean']:.6g}"
                    if fact.get("min") is not None
                    else ""
                )
                # a layer without a value tells why it has none
                span = span or facts.get("missing_because", {}).get(column, "")
                typer.echo(f"  {column:20} {fact['units']:10} {span}")
            continue
        why = facts.get("stale_because", "") if key == "state" else ""
        said = value if key == "state" else number(value, key)
        typer.echo(f"{key:14} {said}{f' ({why})' if why else ''}")


def explain(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    as_json: AsJson = False,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
) -> None:
    """The chain back to the input files, with settings and editions."""
    from shanshui.queries.lineage import lineage

    found = lineage(opened(folder, variant, scenario, preview), product)
    if as_json:
        print_json(found.to_dicts())
        return
    for each in found:
        _print_ancestor(each)


def _print_ancestor(each: "Ancestor") -> None:
    from shanshui.queries.moments import moment

    pad = "  " * each.depth
    if each.seen:
        typer.echo(f"{pad}{each.name} (as above)")
        return
    made = "not made" if each.made is None else moment(each.made)
    typer.echo(f"{pad}{each.name}: {each.summary}  [{made}, sha256 {each.digest[:12]}]")
    if each.source:
        typer.echo(f"{pad}    {'file' if each.summary == 'input' else 'source'}: {each.source}")
    if each.scale:
        typer.echo(f"{pad}    scale: {each.scale}")
    for sentence in each.join.sentences(Voice()) if each.join else ():
        typer.echo(f"{pad}    join: {sentence}")
    for edition in each.editions:
        typer.echo(f"{pad}    edition: {edition}")
    shown = {k: v for k, v in each.settings.items() if v not in ([], {}, None)}
    if shown:
        text = ", ".join(f"{k} = {v}" for k, v in shown.items())
        typer.echo(f"{pad}    settings: {text[:400]}{' …' if len(text) > 400 else ''}")


def _print_variants(variants: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(variants)
        return
    wide = max(map(len, variants), default=0)
    for name, settings in variants.items():
        told = ", ".join(
            f"{s}.{k} = {v}" for s, words in settings.items() for k, v in words.items()
        )
        typer.echo(f"{name:{wide}}  {told}")
