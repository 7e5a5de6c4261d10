"""Commands that look after what is kept: is it still right, and what can go."""

import json
from typing import Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder


def verify(
    folder: Folder,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Read all bytes and all content anew, not only what was touched."
        ),
    ] = False,
    mend: Annotated[
        bool,
        typer.Option(
            "--mend",
            help="Mend what needs nothing to be made; the next run makes damaged results anew.",
        ),
    ] = False,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="First put the ledger aside and make it anew from the kept results.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Is what is kept still right? Names each fault with its cure; exit 1 when something is wrong."""
    from shanshui.study.study import open_study
    from shanshui.study.upkeep import mend as mended
    from shanshui.study.upkeep import rebuild as rebuilt

    with open_study(folder) as study:
        done = rebuilt(study) if rebuild else []
        found = study.verify(deep=deep)
        if mend and found:
            done += mended(study, found)
            found = study.verify(deep=deep)
    wrong = [f for f in found if f.serious]
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "kind": f.kind,
                "name": f.name,
                "what": f.what,
                "cure": f.cure,
                "serious": f.serious,
                "digest": f.digest,
                "variant": f.variant,
            }
            for f in found
        ]
        typer.echo(
            json.dumps({"right": not wrong, "done": done, "faults": rows}, ensure_ascii=False)
        )
    else:
        for text in done:
            typer.echo(text)
        for fault in found:
            typer.echo(f"{'!' if fault.serious else '?'} {fault.name}: {fault.what}; {fault.cure}")
        typer.echo("all is right" if not wrong else f"{len(wrong)} wrong")
    if wrong:
        raise typer.Exit(1)


def sweep(
    folder: Folder,
    variant: Annotated[
        str | None,
        typer.Option("--variant", metavar="NAME", help="Drop this variant before."),
    ] = None,
) -> None:
    """Delete kept results that no product stands for any more."""
    from shanshui.study.study import open_study

    with open_study(folder) as study:
        count, size = study.sweep(variant)
        for text in study.ledger.remarks():
            typer.echo(text)
    typer.echo(f"{count} files, {size / 1e6:.1f} MB")
