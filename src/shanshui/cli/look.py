"""What is asked of a study: how its inputs are, what stands, what it says, where it comes from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder, Preview, Scenario, Variant, opened
from shanshui.cli.rows import number, print_rows

if TYPE_CHECKING:
    from shanshui.study.study import Study

ROWS_SHOWN, ROWS_GIVEN = 40, 5000
"""Rows of a table that a terminal shows, and that JSON holds; exports hold all."""


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
                        "assumed": v.assumed,
                        "facts": v.facts,
                        "problems": v.problems,
                        "doubts": v.doubts,
                        "join": v.join.as_dict() if v.join else None,
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
        assumed = [v.name for v in verdicts if v.assumed]
        if assumed:
            typer.echo(
                f"{len(assumed)} of {len(verdicts)} datasets ({len(assumed) / len(verdicts):.0%}) are one assumed number each: "
                f"{', '.join(assumed)}"
            )
    if broken:
        typer.echo(
            f"{len(broken)} needed dataset(s) cannot be used: {', '.join(v.name for v in broken)}",
            err=True,
        )
        raise typer.Exit(1)


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
) -> None:
    """Products with unit, dims, state and how long they took."""
    from shanshui.core.terms import terms

    study = opened(folder, variant, scenario, preview)
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


def show(
    folder: Folder,
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    as_json: AsJson = False,
    variant: Variant = "",
    scenario: Scenario = "",
    preview: Preview = 1,
) -> None:
    """Shape, unit, range, mean, share of nodata, source, made when and why."""
    from shanshui.report.places import with_places

    study = opened(folder, variant, scenario, preview)
    facts = _facts(study, product)
    rows = []
    if facts["kind"] == "table":
        rows = _rows(with_places(study, product))
    if as_json:
        typer.echo(json.dumps(facts | ({"rows": rows} if rows else {}), ensure_ascii=False))
        return
    _print_facts(facts)
    if rows:
        typer.echo("")
        last = rows[-1:] if len(rows) > ROWS_SHOWN and "total" in rows[-1].values() else []
        print_rows(rows[:ROWS_SHOWN] + last)
        if facts["shape"][0] > ROWS_SHOWN:
            typer.echo(
                f"… {facts['shape'][0] - ROWS_SHOWN:,} more rows; all of them: shanshui export {folder} {product} --to {product}.csv"
            )


def _facts(study: "Study", product: str) -> dict[str, Any]:
    """What is known of a product as it stands, under the names that JSON gives it."""
    from shanshui.flow.explain import source_words

    record = study.record(product)
    study.objects.verified(record.digest)
    facts: dict[str, Any] = {"product": product, "kind": record.kind, **record.facts}
    if "units" in facts:
        facts["unit"] = facts["units"]
    if facts.get("min") is not None:
        facts["range"] = [facts["min"], facts["max"]]
    facts["source"] = source_words(study.plan, product)
    facts.pop("join", None)
    if accounts := study.joins(product):
        facts["joins"] = {name: account.as_dict() for name, account in accounts.items()}
        facts["joined"] = [s for a in accounts.values() for s in a.sentences(all_rows=False)]
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
        facts["file_fault"] = f"{fault}; shanshui run {study.layout.folder} writes it anew"
    if record.variant:
        facts["variant"] = record.variant
    return facts


def _print_facts(facts: dict[str, Any]) -> None:
    """Print one line per fact, why it is stale behind its state, and one line per column."""
    for key, value in facts.items():
        if key in ("layers", "stale_because", "missing_because", "joins"):
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
    study = opened(folder, variant, scenario, preview)
    links = study.explain(product)
    joined = study.joins(product)
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
                "scale": link.scale,
                "shown_above": link.seen,
                "join": joined[link.name].as_dict() if link.name in joined else None,
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
        if row["scale"]:
            typer.echo(f"{pad}    scale: {row['scale']}")
        for sentence in joined[row["product"]].sentences() if row["join"] else ():
            typer.echo(f"{pad}    join: {sentence}")
        for edition in row["editions"]:
            typer.echo(f"{pad}    edition: {edition}")
        shown = {k: v for k, v in row["settings"].items() if v not in ([], {}, None)}
        if shown:
            text = ", ".join(f"{k} = {v}" for k, v in shown.items())
            typer.echo(f"{pad}    settings: {text[:400]}{' …' if len(text) > 400 else ''}")


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


def _when(seconds: float) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
