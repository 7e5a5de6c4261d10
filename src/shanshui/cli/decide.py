"""Commands that answer one question: weights, linkages, admission of a project, firms of a register."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shanshui.cli.options import AsJson, Folder, Language, Overwrite, Quiet, place
from shanshui.cli.rows import print_json, print_rows, write_rows
from shanshui.core.errors import StudyError, nearest
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.decision.hierarchy import NodeReport
    from shanshui.queries.judging import JudgedWeights
    from shanshui.queries.linkages import SectorLinkages
    from shanshui.queries.screening import ScreeningOutcome


def weigh(
    judgements: Annotated[
        Path,
        typer.Argument(metavar="JUDGEMENTS.csv", help="A labelled square, or a list of pairs."),
    ],
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="eigenvector, geometric, interval-geometric, interval-eigenvector, interval-lp-lower, interval-lp-upper, goal-programme, "
            "log-least-squares, normalised-goal-programme or simulation; by default eigenvector, and for intervals goal-programme.",
        ),
    ] = "",
    random_index: Annotated[
        str,
        typer.Option(
            metavar="saaty|saaty-new|donegan-dodd|alonso-lamata", help="Of the consistency ratio."
        ),
    ] = "saaty",
    draws: Annotated[int, typer.Option(min=1, metavar="N", help="Of the simulation.")] = 4000,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the simulation.")] = 0,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.csv", help="Write the weights.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Weights from paired judgements, with how far they agree and what would mend them."""
    from shanshui.queries.judging import weigh as weights_of

    found = weights_of(judgements, method, random_index=random_index, draws=draws, seed=seed)
    write_rows(found.table, to, overwrite, judgements)
    if as_json:
        print_json(found.to_dict())
    else:
        _print_weights(found)


def linkages(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="Input-output table.")],
    sectors: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many sectors; 0 finds out.")
    ] = 0,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0.0, metavar="SHARE", help="Imbalance of a sector over its output that is let pass."
        ),
    ] = 0.01,
    sensitivity: Annotated[
        str, typer.Option(metavar="ghosh|leontief", help="Definition that the quadrant uses.")
    ] = "ghosh",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.csv", help="Write all columns.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Influence, sensitivity by both definitions, quadrant and extraction loss of each sector."""
    from shanshui.queries.linkages import sector_linkages

    found = sector_linkages(
        table, sectors=sectors or None, tolerance=tolerance, sensitivity=sensitivity
    )
    write_rows(found.table, to, overwrite, table)
    if as_json:
        print_json(found.to_dict())
    else:
        _print_linkages(found)


def admit(
    folder: Folder,
    industry: Annotated[
        str,
        typer.Option(
            metavar="CODE|NAME",
            help="Code of the national economy, two to four digits, or the name of a class.",
        ),
    ],
    at: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Where.")] = None,
    kind: Annotated[
        str, typer.Option(metavar="new|expand|existing|explore", help="Of the project.")
    ] = "new",
    year: Annotated[
        int | None,
        typer.Option(
            min=1900,
            max=2200,
            metavar="YEAR",
            help="Rules in force then; the year of the rule book by default.",
        ),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            metavar="poverty_relief|public_service|upgrade", help="Exemption that is claimed."
        ),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="Fact of the project, such as capacity_mw=30 or open_pit=1; or of the place, where you know better.",
        ),
    ] = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Whether a project may come to a place: verdict, every rule that fired, what would change it."""
    from shanshui.industry.rule_book import EXEMPTIONS
    from shanshui.opened import open_study
    from shanshui.queries.admission import admitted_at

    voice = Voice(lang, folder)
    for word in claim or ():
        if word not in EXEMPTIONS:
            raise StudyError(f"--claim {word}: {nearest(word, EXEMPTIONS)}")
    if at is None:
        raise StudyError("admit: a project without a place: give --at LON,LAT")
    lon, lat = place(at)
    answer = admitted_at(
        open_study(folder),
        industry,
        lon,
        lat,
        kind=kind,
        year=year,
        exemptions=tuple(claim or ()),
        facts=_facts(fact or []),
    )
    if as_json:
        print_json(answer.to_dict())
        return
    from shanshui.cli.admission_lines import admission_lines

    for line in admission_lines(answer, voice):
        typer.echo(line)


def _facts(pairs: list[str]) -> dict[str, float]:
    out: dict[str, float] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        name = name.strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise StudyError(
                f"--fact {pair}: expected NAME=NUMBER, such as capacity_mw=30; leave out what is not known"
            )
        if name in out:
            raise StudyError(f"--fact {pair}: {name} is {out[name]:g} already; give each fact once")
        out[name] = value
    return out


def screen(
    register: Annotated[
        Path, typer.Argument(metavar="REGISTER", help="CSV, TSV, Excel or Parquet of firms.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Result, .parquet or .csv.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OURS=THEIRS",
            help="Where the file's names are unusual: name, scope, code, key, place, date, capital.",
        ),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option(metavar="WORDS.csv", help="Your words: category, word, specificity."),
    ] = None,
    all_rows: Annotated[
        bool, typer.Option("--all", help="Also firms of no emerging industry.")
    ] = False,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the text; found line by line by default.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the firms of the nine emerging industries in a register of any size."""
    from shanshui.cli.progress import counter
    from shanshui.queries.screening import screen_register

    with counter(quiet=quiet or as_json) as tell:
        outcome = screen_register(
            register,
            to,
            columns=_pairs(column or []),
            words=words,
            all_rows=all_rows,
            encoding=encoding,
            overwrite=overwrite,
            tell=tell,
        )
    if as_json:
        print_json(outcome.to_dict())
    elif not quiet:
        _print_screening(outcome)


def _print_weights(found: "JudgedWeights") -> None:
    print_rows(records(found.table))
    for node in found.nodes:
        _print_node(node)


def _print_node(node: "NodeReport") -> None:
    c, names = node.consistency, node.items
    word = "accepted" if c.accepted else "NOT accepted, above 0.10"
    typer.echo(
        f"\n{node.parent}: {node.weights.method}, consistency ratio {c.ratio:.4f} ({word}; random index {c.random_index}), "
        f"geometric index {c.geometric_index:.4f}, indeterminacy {node.indeterminacy:.4f}"
    )
    if node.indeterminacy > 1.0 + 1e-9:
        inside = "some" if node.feasible else "no"
        typer.echo(
            f"  {inside} consistent judgements lie inside the intervals; intransitivity {node.intransitivity:.4g}"
        )
    if node.experts > 1:
        typer.echo(f"  {node.experts} experts, greatest spread {node.spread:.3f}")
    if c.worst and c.ratio > 1e-9:
        a, b, d = (names[w] for w in c.worst)
        typer.echo(f"  most at odds: {a} over {b} and {b} over {d} against {a} over {d}")
    if c.repair:
        i, j, value, ratio = c.repair
        typer.echo(
            f"  ask again: {names[i]} over {names[j]}; the others imply {value:.3g}, which would leave a ratio of {ratio:.4f}"
        )
    if node.weights.finding:
        typer.echo(f"  finding: {node.weights.finding}")
    if node.weights.scale == "product":
        pairs = ", ".join(
            f"{n} [{low:.4f}, {high:.4f}]"
            for n, low, high in zip(names, *node.weights, strict=True)
        )
        typer.echo(f"  as the method gives them (centres multiply to 1): {pairs}")


def _print_linkages(found: "SectorLinkages") -> None:
    shown = [
        "code",
        "name",
        "output",
        "influence",
        "sensitivity_leontief",
        "sensitivity_ghosh",
        "quadrant",
        "loss_whole",
    ]
    print_rows(records(found.table[shown]))
    typer.echo(
        f"\nquadrant by influence and sensitivity ({found.sensitivity} form); imports {found.imports}; "
        "loss of all output when the sector is taken out whole"
    )
    if found.without_output:
        typer.echo(f"without output: {', '.join(found.without_output)}")


def _print_screening(outcome: "ScreeningOutcome") -> None:
    typer.echo(
        f"{outcome.rows:,} rows, {outcome.repeated:,} repeated, {outcome.accepted:,} accepted, {outcome.review:,} to look at"
    )
    for category, count in sorted(outcome.categories.items(), key=lambda c: -c[1]):
        typer.echo(f"  {category:12} {count:,}")
    for fact, count in outcome.facts.items():
        if count:
            typer.echo(f"  {fact.replace('_', ' ')}: {count:,}")
    if outcome.resumed:
        typer.echo(f"  {outcome.resumed} blocks taken over from a stopped run")
    typer.echo(str(outcome.file))


def _pairs(texts: list[str]) -> dict[str, str]:
    out = {}
    for text in texts:
        ours, mark, theirs = text.partition("=")
        if not mark or not theirs:
            raise StudyError(f"--column {text}: expected OURS=THEIRS such as scope=business")
        out[ours.strip()] = theirs.strip()
    return out
