"""Commands that begin: a study folder, one from an InVEST data set, a circuit job."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from shanshui.cli.options import Folder, Quiet


def new(
    folder: Folder,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="made-up|qinba",
            help="What to start from; made-up when neither this nor --elevation is given.",
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the data files.")
    ] = None,
    elevation: Annotated[
        Path | None,
        typer.Option(metavar="RASTER", help="Elevation raster: enough for a survey of any region."),
    ] = None,
    boundary: Annotated[
        Path | None, typer.Option(metavar="VECTOR", help="Polygons of the region.")
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="EPSG",
            help="Projected coordinate system; by default an equal-area one is fitted.",
        ),
    ] = None,
    cell: Annotated[
        float | None,
        typer.Option(
            metavar="M", help="Side of a cell in metres; by default that of the elevation."
        ),
    ] = None,
    size: Annotated[
        int, typer.Option(metavar="N", help="Rows and columns of a made-up region.")
    ] = 512,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of a made-up region.")] = 0,
) -> None:
    """Make a study folder."""
    from shanshui.study.new import new_study

    place = new_study(
        folder,
        template=template,
        data=data,
        elevation=elevation,
        boundary=boundary,
        crs=crs,
        cell_m=cell,
        size=size,
        seed=seed,
    )
    named = shlex.quote(str(folder))
    typer.echo(f"{place}\nnext: shanshui check {named}   and   shanshui run {named}")


def import_invest_study(
    datastack: Annotated[
        Path,
        typer.Argument(
            metavar="DATASTACK",
            help="Argument file of an InVEST model: its JSON, an archive (.tar.gz) or the log of a run.",
        ),
    ],
    folder: Folder,
    resampling: Annotated[
        str,
        typer.Option(
            metavar="reference|meaning",
            help="Lay maps on the grid as InVEST lays them, or as what they mean asks.",
        ),
    ] = "reference",
    reach_unit: Annotated[
        str,
        typer.Option(
            metavar="m|km",
            help="Unit of the reach of threats, where the file's release does not tell it rightly.",
        ),
    ] = "",
) -> None:
    """Make a study from an InVEST data set: water, sediment, nutrients, habitat, carbon, views, pollination, storms, towns or crops."""
    from shanshui.study.invest import import_invest

    made = import_invest(datastack, folder, resampling=resampling, reach_unit=reach_unit)
    typer.echo(str(made.place))
    for text in made.told:
        typer.echo(text)
    for name in made.left_out:
        typer.echo(f"not carried over: {name}")
    place = shlex.quote(str(folder))
    typer.echo(f"next: shanshui run {place} {' '.join(made.products)}")
    for scenario, products in made.scenarios.items():
        typer.echo(f"and:  shanshui run {place} {' '.join(products)} --scenario {scenario}")


def circuit(
    job: Annotated[
        Path, typer.Argument(metavar="JOB.ini", help="Job of Circuitscape or Omniscape.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the results, instead of the job's own."),
    ] = None,
    solver: Annotated[
        str | None, typer.Option(metavar="auto|direct|multigrid|amg", help="Over the job's own.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="double|single", help="Over the job's own.")
    ] = None,
    as_published: Annotated[
        bool,
        typer.Option(
            "--as-published",
            help="Repeat known errors of the job's own program, to get its published maps.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run a circuit job; results have the names and formats that its users know."""
    from shanshui.cli.progress import counter
    from shanshui.study.circuitscape.jobs import run_any

    with counter(quiet=quiet) as tell:
        outcome = run_any(job, out, solver, precision, tell, as_published=as_published)
    for text in outcome.remarks:
        typer.echo(text, err=True)
    if not quiet:
        for place in outcome.files:
            typer.echo(str(place))
        typer.echo(f"relative residual {outcome.residual:.1e}, {outcome.seconds:.1f} s", err=True)
