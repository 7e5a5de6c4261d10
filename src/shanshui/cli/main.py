"""The command: one function per verb, each a thin call of the study."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.decide import admit, linkages, screen, weigh
from shanshui.cli.ending import Commands, ending
from shanshui.cli.options import AsJson, Folder, Memory, Overwrite, Quiet, Variant
from shanshui.cli.rank import rank
from shanshui.cli.rows import number, print_rows
from shanshui.cli.upkeep import sweep, verify
from shanshui.core.errors import StudyError

if TYPE_CHECKING:
    from shanshui.flow.run import Outcome


app = typer.Typer(
    name="shanshui",
    cls=Commands,
    help="Planning-support for ecologically sensitive mountain regions: one study folder, one command.",
    epilog="With --debug a fault of the program shows its trace.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (weigh, rank, linkages, admit, screen, verify, sweep):
    app.command()(command)


@app.command()
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


@app.command(name="import-invest")
def import_invest_study(
    datastack: Annotated[
        Path, typer.Argument(metavar="DATASTACK.json", help="Argument file of an InVEST model.")
    ],
    folder: Folder,
) -> None:
    """Make a study from an InVEST data set: water yield, sediment, nutrients, habitat or carbon."""
    from shanshui.study.invest import import_invest

    place, products, beside = import_invest(datastack, folder)
    typer.echo(str(place))
    for name in beside:
        typer.echo(f"not carried over: {name}")
    typer.echo(f"next: shanshui run {shlex.quote(str(folder))} {' '.join(products)}")


@app.command()
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
    quiet: Quiet = False,
) -> None:
    """Run a circuit job; results have the names and formats that its users know."""
    from shanshui.cli.progress import counter
    from shanshui.study.circuitscape.jobs import run_any

    with counter(quiet=quiet) as tell:
        outcome = run_any(job, out, solver, precision, tell)
    for text in outcome.remarks:
        typer.echo(text, err=True)
    if not quiet:
        for place in outcome.files:
            typer.echo(str(place))
        typer.echo(f"relative residual {outcome.residual:.1e}, {outcome.seconds:.1f} s", err=True)


@app.command()
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Verdict per dataset; exit 1 when a needed one is unusable."""
    from shanshui.study.study import open_study

    verdicts = open_study(folder).verdicts()
    broken = [v for v in verdicts if v.problems and v.needed]
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {
                        "name": v.name,
                        "file": v.file,
                        "state": v.state,
                        "needed": v.needed,
                        "facts": v.facts,
                        "problems": v.problems,
                        "doubts": v.doubts,
                    }
                    for v in verdicts
                ],
                ensure_ascii=False,
                default=str,
            )
        )
    else:
        for v in verdicts:
            facts = ", ".join(f"{k} {number(x, k)}" for k, x in v.facts.items())
            typer.echo(f"{v.state:9} {v.name:18} {Path(v.file).name}  {facts}")
            for text in (*v.problems, *v.doubts):
                typer.echo(f"{'':10}{'!' if text in v.problems else '?'} {text}")
    if broken:
        typer.echo(
            f"{len(broken)} needed dataset(s) cannot be used: {', '.join(v.name for v in broken)}",
            err=True,
        )
        raise typer.Exit(1)


@app.command()
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
    workers: Annotated[
        int, typer.Option(min=0, help="Steps or strips at once; 0 is one per processor.")
    ] = 0,
    memory: Memory = None,
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
    from shanshui.study.study import open_study, parse_settings

    if name is not None and not settings:
        raise StudyError(f"--as {name}: names what --set sets; give --set STEP.SETTING=VALUE")
    if name is not None and variant is not None:
        raise StudyError("--as and --variant: give one name")
    study = open_study(folder)
    options: dict[str, Any] = {
        "workers": workers,
        "memory": memory,
        "settings": parse_settings(settings or []),
        "variant": name or variant,
    }
    if dry:
        _print_estimates(study.estimates(*(products or []), **options), as_json)
        study.runner(**options).refuse(study.targets(products or []), fresh=fresh)
        return
    with listener(quiet=quiet, as_json=as_json) as tell:
        outcome = study.run(*(products or []), fresh=fresh, tell=tell, **options)
    if not quiet and not as_json:
        typer.echo(_done(outcome))
        if outcome.variant:
            typer.echo(
                f"variant {outcome.variant}: what differs stands apart; see: shanshui list {folder} "
                f"--variant {shlex.quote(outcome.variant)}"
            )


@app.command(name="list")
def list_products(
    folder: Folder,
    as_json: AsJson = False,
    as_mermaid: Annotated[
        bool, typer.Option("--mermaid", help="The plan as a Mermaid graph.")
    ] = False,
    variant: Variant = "",
    variants: Annotated[
        bool, typer.Option("--variants", help="The variants that there are, and what each sets.")
    ] = False,
) -> None:
    """Products with unit, dims, state and how long they took."""
    from shanshui.core.terms import terms
    from shanshui.study.study import open_study

    study = open_study(folder).variant(variant)
    if variants:
        _print_variants(study.variants(), as_json)
        return
    if as_mermaid:
        from shanshui.flow.draw import mermaid

        typer.echo(mermaid(study.plan))
        return
    rows: list[dict[str, Any]] = []
    for name, state in study.states().items():
        kind = study.plan.kind(name) if name in study.plan.steps else None
        record = study.entry(name)
        unit = getattr(kind, "unit", "") or (terms()[name].unit if name in terms() else "")
        dims = {
            "Grid": "y, x",
            "Layers": "layer, y, x",
            "PerUnit": "unit",
            "Table": "row",
            "Features": "feature",
            "Scalar": "",
        }.get(type(kind).__name__, "")
        rows.append(
            {
                "product": name,
                "unit": unit,
                "dims": dims,
                "state": state,
                "seconds": round(record.seconds, 2) if record else None,
                "variant": record.variant if record else "",
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    wide = max((len(row["product"]) for row in rows), default=0)
    for row in rows:
        took = "" if row["seconds"] is None else f"{row['seconds']:.2f} s"
        typer.echo(
            f"{row['product']:{wide}} {row['unit']:12} {row['dims']:11} {took:>10}  {row['state']}"
            + (f" [{row['variant']}]" if row["variant"] else "")
        )


@app.command()
def show(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    as_json: AsJson = False,
    variant: Variant = "",
) -> None:
    """Shape, unit, range, mean, share of nodata, source, made when and why."""
    from shanshui.flow.explain import source_words
    from shanshui.report.places import with_places
    from shanshui.study.study import open_study

    study = open_study(folder).variant(variant)
    record = study.record(product)
    study.objects.verified(record.digest)
    facts: dict[str, Any] = {"product": product, "kind": record.kind, **record.facts}
    if "units" in facts:
        facts["unit"] = facts["units"]
    if facts.get("min") is not None:
        facts["range"] = [facts["min"], facts["max"]]
    facts["source"] = source_words(study.plan, product)
    facts |= {
        "made": _when(record.made),
        "reason": record.reason,
        "seconds": round(record.seconds, 3),
        "bytes": record.bytes,
        "file": str(study.file_of(product)),
        "state": study.state(product),
    }
    if facts["state"] != "made":
        facts["stale_because"] = study.stale_reason(product)
    fault = study.objects.products.fault(product, record.digest, record.variant)
    if fault:
        facts["file_fault"] = f"{fault}; shanshui run {folder} writes it anew"
    if record.variant:
        facts["variant"] = record.variant
    rows = []
    if record.kind in ("table", "series"):
        rows = _rows(with_places(study, product))
    if as_json:
        typer.echo(json.dumps(facts | ({"rows": rows} if rows else {}), ensure_ascii=False))
        return
    for key, value in facts.items():
        if key == "layers":
            continue
        if key == "stale_because":
            continue
        if key == "state":
            why = facts.get("stale_because", "")
            typer.echo(f"{key:14} {value}{f' ({why})' if why else ''}")
        elif key == "columns":
            for column, fact in value.items():
                span = (
                    f"{fact['min']:.6g} to {fact['max']:.6g}, mean {fact['mean']:.6g}"
                    if "min" in fact
                    else ""
                )
                typer.echo(f"  {column:20} {fact['units']:10} {span}")
        else:
            typer.echo(f"{key:14} {number(value, key)}")
    if rows:
        typer.echo("")
        last = rows[-1:] if len(rows) > ROWS_SHOWN and "total" in rows[-1].values() else []
        print_rows(rows[:ROWS_SHOWN] + last)
        if facts["shape"][0] > ROWS_SHOWN:
            typer.echo(
                f"… {facts['shape'][0] - ROWS_SHOWN:,} more rows; all of them: shanshui export {folder} {product} --to {product}.csv"
            )


@app.command()
def explain(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    as_json: AsJson = False,
    variant: Variant = "",
) -> None:
    """The chain back to the input files, with settings and editions."""
    from shanshui.study.study import open_study

    study = open_study(folder).variant(variant)
    links = study.explain(product)
    rows: list[dict[str, Any]] = []
    for link in links:
        editions = (
            [s.edition for s in study.specs.get(link.name, []) if s.edition]
            if link.summary == "input"
            else []
        )
        made = _when(link.record.made) if link.record else "not made"
        digest = link.record.digest if link.record else ""
        settings = link.record.parts["settings"] if link.record else link.settings
        rows.append(
            {
                "product": link.name,
                "depth": link.depth,
                "what": link.summary,
                "source": link.source,
                "settings": settings,
                "editions": editions,
                "made": made,
                "digest": digest,
                "shown_above": link.seen,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    for row in rows:
        pad = "  " * row["depth"]
        if row["shown_above"]:
            typer.echo(f"{pad}{row['product']} (as above)")
            continue
        typer.echo(
            f"{pad}{row['product']}: {row['what']}  [{row['made']}, sha256 {row['digest'][:12]}]"
        )
        if row["source"]:
            typer.echo(
                f"{pad}    {'file' if row['what'] == 'input' else 'source'}: {row['source']}"
            )
        for edition in row["editions"]:
            typer.echo(f"{pad}    edition: {edition}")
        shown = {k: v for k, v in row["settings"].items() if v not in ([], {}, None)}
        if shown:
            text = ", ".join(f"{k} = {v}" for k, v in shown.items())
            typer.echo(f"{pad}    settings: {text[:400]}{' …' if len(text) > 400 else ''}")


@app.command()
def export(
    folder: Folder,
    products: Annotated[list[str], typer.Argument(metavar="PRODUCT...")],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE",
            help="By ending: .tif (COG) .nc .zarr .gpkg .parquet .geojson .csv .xlsx .png",
        ),
    ],
    lang: Annotated[str, typer.Option(metavar="en|zh", help="Words on a map.")] = "en",
    variant: Variant = "",
    stale: Annotated[
        bool, typer.Option("--stale", help="Also products that are not up to date, marked as such.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write products for other programs."""
    from shanshui.report.export import export as write
    from shanshui.study.study import open_study

    study = open_study(folder).variant(variant)
    typer.echo(str(write(study, products, to, lang, overwrite=overwrite, stale=stale)))


@app.command()
def report(
    folder: Folder,
    lang: Annotated[str, typer.Option(metavar="en|zh", help="Language.")] = "en",
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; by default in the study folder.")
    ] = None,
    variant: Variant = "",
    overwrite: Overwrite = False,
) -> None:
    """One self-contained page with maps, charts, tables and where each came from."""
    from shanshui.report.document import write_report
    from shanshui.study.study import open_study

    study = open_study(folder).variant(variant)
    typer.echo(str(write_report(study, lang, to, overwrite=overwrite).resolve()))


ROWS_SHOWN, ROWS_GIVEN = 40, 5000
"""Rows of a table that a terminal shows, and that JSON holds; exports hold all."""


def _rows(table: Any) -> list[dict[str, Any]]:
    """Rows of a table from the first on."""
    frame = table.reset_index() if table.index.name else table
    if getattr(frame, "ndim", 1) == 1:
        frame = frame.to_frame("value")
    frame = frame.head(ROWS_GIVEN)
    return [
        {k: None if v != v else v for k, v in row.items()}
        for row in json.loads(frame.to_json(orient="records", force_ascii=False))
    ]


def _print_estimates(rows: list[Any], as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {
                        "product": e.step,
                        "state": s,
                        "memory_bytes": e.bytes,
                        "seconds": round(e.seconds, 3),
                        "disk_bytes": e.disk,
                        "strip_rows": e.rows,
                    }
                    for e, s in rows
                ]
            )
        )
        return
    todo = [(e, s) for e, s in rows if s != "made"]
    typer.echo(f"{'product':24} {'state':8} {'memory':>10} {'time':>9}")
    for e, s in rows:
        typer.echo(
            f"{e.step:24} {s:8} {e.bytes / 1e6:8.0f} MB {'' if s == 'made' else f'{e.seconds:.1f} s':>9}"
        )
    most = max((e.bytes for e, _ in todo), default=0)
    typer.echo(
        f"{len(todo)} to make, about {sum(e.seconds for e, _ in todo):.0f} s one after another (compiling "
        f"not counted), most memory in one step {most / 1e6:.0f} MB, at most "
        f"{sum(e.disk for e, _ in todo) / 1e6:.0f} MB of disk"
    )


def _print_variants(variants: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(variants, ensure_ascii=False))
        return
    wide = max(map(len, variants), default=0)
    for name, settings in variants.items():
        told = ", ".join(
            f"{s}.{k} = {v}" for s, words in settings.items() for k, v in words.items()
        )
        typer.echo(f"{name:{wide}}  {told}")


def _done(outcome: "Outcome") -> str:
    parts = [f"{len(outcome.made)} made, {len(outcome.known)} stood"]
    parts += [f"{len(outcome.restored)} restored"] * bool(outcome.restored)
    parts += [f"{len(outcome.damaged)} damaged"] * bool(outcome.damaged)
    return f"{', '.join(parts)}, {outcome.seconds:.1f} s"


def _when(seconds: float) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def main() -> None:
    """Run the command; whatever goes wrong ends in one line, not in a traceback."""
    debug = "--debug" in sys.argv or bool(os.environ.get("SHANSHUI_DEBUG"))
    sys.argv = [word for word in sys.argv if word != "--debug"]
    with ending(sys.argv[1:], debug=debug):
        app()


if __name__ == "__main__":
    main()
