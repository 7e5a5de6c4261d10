"""Commands that look after what is kept: is it still right, and what can go."""

from typing import Annotated

import typer

from shanshui.cli.options import AsJson, Folder
from shanshui.cli.rows import print_json


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
    from shanshui.opened import open_study

    with open_study(folder) as study:
        found = study.verify(deep=deep, mend=mend, rebuild=rebuild)
    if as_json:
        print_json(found.to_dict())
    else:
        for text in found.done:
            typer.echo(text)
        for fault in found:
            typer.echo(f"{'!' if fault.serious else '?'} {fault.name}: {fault.what}; {fault.cure}")
        typer.echo("all is right" if found.right else f"{len(found.wrong)} wrong")
    if not found.right:
        raise typer.Exit(1)


def sweep(
    folder: Folder,
    variant: Annotated[
        str | None,
        typer.Option("--variant", metavar="NAME", help="Drop this variant before."),
    ] = None,
) -> None:
    """Delete kept results that no product stands for any more."""
    from shanshui.opened import open_study

    with open_study(folder) as study:
        count, size = study.sweep(variant)
        for text in study.ledger.remarks():
            typer.echo(text)
    typer.echo(f"{count} files, {size / 1e6:.1f} MB")
