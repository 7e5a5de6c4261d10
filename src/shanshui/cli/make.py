"""Commands that make: a run of a study, files for other programs, the report."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import (
    AsJson,
    Folder,
    Language,
    Memory,
    Overwrite,
    Preview,
    Quiet,
    Scenario,
    Variant,
    opened,
)
from shanshui.cli.rows import print_grounds, print_json
from shanshui.core.errors import StudyError
from shanshui.core.voice import Voice

if TYPE_CHECKING:
    from shanshui.flow.run import Outcome
    from shanshui.opened import Study
    from shanshui.queries.estimates import RunEstimate


def run(
    folder: Folder,
    products: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PRODUCT...]",
            help="What to make, with all it needs; everything when none is named.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="STEP.SETTING=VALUE",
            help="Over the study file; what it reaches stands apart, as a variant.",
        ),
    ] = None,
    species: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="SPECIES",
            help="For a species (Latin, English or Chinese name) or a group (focal, threatened, endemic): corridors, sources, "
            "resistance mean its own; without products, all of them. Stands apart, as a variant.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME", help="Name of that variant; by default made of what is set."
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option("--variant", metavar="NAME", help="Bring a variant that there is up to date."),
    ] = None,
    scenario: Scenario = "",
    preview: Preview = 1,
    workers: Annotated[
        int, typer.Option(min=0, help="Steps or strips at once; 0 is one per processor.")
    ] = 0,
    memory: Memory = None,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS|local:N",
            help="Have a Dask scheduler's workers do the work, which see the study's folder, or N processes of this machine.",
        ),
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Make everything anew.")] = False,
    dry: Annotated[
        bool,
        typer.Option("--dry", help="Say what would be made, with memory and time; make nothing."),
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Bring products up to date; what is known is not made again."""
    from shanshui.cli.progress import listener
    from shanshui.opened import open_study
    from shanshui.study.upkeep import parse_settings

    if name is not None and not settings and species is None:
        raise StudyError(
            f"--as {name}: names what --set and --for set; give --set STEP.SETTING=VALUE or --for SPECIES"
        )
    if name is not None and variant is not None:
        raise StudyError("--as and --variant: give one name")
    if scenario and variant is not None:
        raise StudyError("--variant and --scenario: give one of them")
    study = open_study(folder).scenario(scenario)
    study = study.preview(preview) if preview > 1 else study
    laid = parse_settings(settings or [])
    if species is not None:
        viewed = study if variant is None else study.variant(variant)
        products, short = _for_species(viewed, species, products, laid)
        name = name or (short if laid and not (variant or settings) else None)
    options: dict[str, Any] = {
        "workers": workers,
        "memory": memory,
        "settings": laid,
        "variant": name or variant,
        "scheduler": scheduler,
    }
    if dry:
        _print_estimate(study.estimate(*(products or []), **options), as_json)
        study.runner(**options).refuse(study.targets(products or []), fresh=fresh)
        return
    with listener(quiet=quiet, as_json=as_json) as tell:
        outcome = study.run(*(products or []), fresh=fresh, tell=tell, **options)
    if not quiet and not as_json:
        typer.echo(_done(outcome))
        if study.times > 1:
            typer.echo(
                f"preview on cells {study.times} times as wide ({study.grid.cell_m:g} m): figures of the study itself differ"
            )
            print_grounds(study, Voice())
        if study.of:
            typer.echo(
                f"scenario {scenario}: what differs stands apart; see: shanshui list {folder} --scenario {shlex.quote(scenario)}   and   "
                f"shanshui compare {folder} base {shlex.quote(scenario)}"
            )
        elif outcome.variant and study.times == 1:
            typer.echo(
                f"variant {outcome.variant}: what differs stands apart; see: shanshui list {folder} "
                f"--variant {shlex.quote(outcome.variant)}"
            )


def _for_species(
    study: "Study", text: str, products: list[str] | None, laid: dict[str, dict[str, Any]]
) -> tuple[list[str], str]:
    """Products for a species, and a name for its variant; its setting is added to those that are laid over the study's."""
    from shanshui.study.species import STEP, species_products, species_setting, species_word

    if "species" in laid.get(STEP, {}):
        raise StudyError(f"--for and --set {STEP}.species: give one of them")
    word, short = species_word(study, text)
    for step, changed in species_setting(study, word).items():
        laid.setdefault(step, {}).update(changed)
    return species_products(study, products or []), short


def export(
    folder: Folder,
    products: Annotated[list[str], typer.Argument(metavar="PRODUCT...")],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE",
            help="By ending: .tif (COG) .nc .zarr .gpkg .gdb .shp .parquet .geojson .csv .xlsx .png",
        ),
    ],
    lang: Language = "en",
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
    stale: Annotated[
        bool, typer.Option("--stale", help="Also products that are not up to date, marked as such.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write products for other programs."""
    from shanshui.report.export import export as write

    study = opened(folder, variant, scenario, preview)
    written = write(
        study,
        products,
        to,
        lang,
        overwrite=overwrite,
        stale=stale,
        tell=lambda said: typer.echo(said, err=True),
    )
    typer.echo(str(written))


def report(
    folder: Folder,
    lang: Language = "en",
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; by default in the study folder.")
    ] = None,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
    overwrite: Overwrite = False,
) -> None:
    """One self-contained page with maps, charts, tables and where each came from."""
    from shanshui.report.document import write_report

    study = opened(folder, variant, scenario, preview)
    voice = Voice(lang, study.layout.folder)
    page = write_report(study, lang, to, overwrite=overwrite)
    if voice.lacking:
        typer.echo(_lacking(voice), err=True)
    typer.echo(str(page.resolve()))


LACKING_SHOWN = 12
"""Keys that a language lacks which are named."""


def _lacking(voice: Voice) -> str:
    """What a language does not say."""
    keys = voice.lacking
    more = f", and {len(keys) - LACKING_SHOWN} more" if len(keys) > LACKING_SHOWN else ""
    return f"{voice.language} has no words for {', '.join(keys[:LACKING_SHOWN])}{more}: they stand in English"


def _print_estimate(found: "RunEstimate", as_json: bool) -> None:
    if as_json:
        print_json(found.to_dicts())
        return
    typer.echo(f"{'product':24} {'state':8} {'memory':>10} {'time':>9}")
    for step in found:
        took = "" if step.state == "made" else f"{step.seconds:.1f} s"
        typer.echo(f"{step.product:24} {step.state:8} {step.memory / 1e6:8.0f} MB {took:>9}")
    typer.echo(
        f"{len(found.pending)} to make, about {found.seconds:.0f} s one after another (compiling "
        f"not counted), most memory in one step {found.memory / 1e6:.0f} MB, at most {found.disk / 1e6:.0f} MB of disk"
    )


def _done(outcome: "Outcome") -> str:
    parts = [f"{len(outcome.made)} made, {len(outcome.known)} stood"]
    parts += [f"{len(outcome.restored)} restored"] * bool(outcome.restored)
    parts += [f"{len(outcome.damaged)} damaged"] * bool(outcome.damaged)
    return f"{', '.join(parts)}, {outcome.seconds:.1f} s"
