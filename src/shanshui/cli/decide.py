"""Commands that answer one question: weights, linkages, admission of a project, firms of a register."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import AsJson, Folder, Overwrite, Quiet, place
from shanshui.cli.rows import plain as _plain
from shanshui.cli.rows import print_json as _json
from shanshui.cli.rows import print_rows, write_rows
from shanshui.cli.rows import records as _records
from shanshui.core.errors import StudyError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from shanshui.decision.hierarchy import HierarchyWeights, NodeReport
    from shanshui.industry.access_rules import Rule
    from shanshui.study.admission import PlaceAdmission
    from shanshui.study.screening import ScreeningOutcome


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
    from shanshui.study.judging import weigh as weights_of

    found = weights_of(judgements, method, random_index=random_index, draws=draws, seed=seed)
    write_rows(found.table, to, overwrite, judgements)
    _print_weights(found, as_json)


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
    from shanshui.study.judging import linkages_of

    found = linkages_of(
        table, sectors=sectors or None, tolerance=tolerance, sensitivity=sensitivity
    )
    write_rows(found, to, overwrite, table)
    _print_linkages(found, as_json)


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
            metavar="YEAR", help="Rules in force then; the year of the rule book by default."
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
    lang: Annotated[str, typer.Option(metavar="en|zh", help="Words of the rules.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Whether a project may come to a place: verdict, every rule that fired, what would change it."""
    from shanshui.industry.rule_book import EXEMPTIONS
    from shanshui.study.admission import admitted_at
    from shanshui.study.study import open_study

    if lang not in ("en", "zh"):
        raise StudyError(f"--lang {lang}: expected en or zh")
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
    _print_admission(answer, lang, as_json)


def _facts(pairs: list[str]) -> dict[str, float]:
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        try:
            out[name.strip()] = float(value)
        except ValueError:
            sign = ""
        if not sign:
            raise StudyError(f"--fact {pair}: expected NAME=NUMBER, such as capacity_mw=30")
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
    from shanshui.study.screening import screen_register

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
    _print_screening(outcome, as_json, quiet)


def _node(node: "NodeReport") -> dict[str, Any]:
    c, names = node.consistency, node.items
    return {
        "parent": node.parent,
        "method": node.weights.method,
        "scale": node.weights.scale,
        "items": list(names),
        "lower": [_plain(v) for v in node.weights.lower],
        "upper": [_plain(v) for v in node.weights.upper],
        "found": node.weights.found,
        "finding": node.weights.finding,
        "facts": {k: _plain(v) for k, v in node.weights.facts.items()},
        "consistency_ratio": c.ratio,
        "accepted": c.accepted,
        "random_index": c.random_index,
        "geometric_index": c.geometric_index,
        "principal_eigenvalue": c.principal_eigenvalue,
        "indeterminacy": _plain(node.indeterminacy),
        "feasible": node.feasible,
        "intransitivity": _plain(node.intransitivity),
        "worst": [names[k] for k in c.worst],
        "repair": [names[c.repair[0]], names[c.repair[1]], c.repair[2], c.repair[3]]
        if c.repair
        else [],
        "experts": node.experts,
        "spread": _plain(node.spread),
    }


def _print_weights(found: "HierarchyWeights", as_json: bool) -> None:
    if as_json:
        _json({"weights": _records(found.table), "nodes": [_node(n) for n in found.nodes]})
        return
    print_rows(_records(found.table))
    for node in found.nodes:
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


def _print_linkages(frame: "pd.DataFrame", as_json: bool) -> None:
    if as_json:
        _json(
            {"sectors": _records(frame), **{k: v for k, v in frame.attrs.items() if k != "units"}}
        )
        return
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
    print_rows(_records(frame[shown]))
    typer.echo(
        f"\nquadrant by influence and sensitivity ({frame.attrs['sensitivity']} form); imports {frame.attrs['imports']}; "
        "loss of all output when the sector is taken out whole"
    )
    if frame.attrs["without_output"]:
        typer.echo(f"without output: {', '.join(frame.attrs['without_output'])}")


def _rule(rule: "Rule") -> dict[str, Any]:
    return {
        "rule": rule.rule, "list": rule.list, "verdict": rule.verdict, "when": " & ".join(t.words() for t in rule.when),
        "text": rule.text, "text_zh": rule.text_zh, "source": rule.source, "tag": rule.tag,
    }  # fmt: skip


def _print_admission(found: "PlaceAdmission", lang: str, as_json: bool) -> None:
    answer = found.answer
    if as_json:
        _json(
            {
                "code": found.industry[0],
                "industry": found.industry[1],
                "industry_zh": found.industry[2],
                "verdict": answer.verdict,
                "worst": answer.worst,
                "if_clear": answer.if_clear,
                "year": found.year,
                "provisional": answer.provisional,
                "answer": answer.words(),
                "answer_zh": answer.words("zh"),
                "rules": [_rule(r) for r in answer.fired],
                "questions": [
                    {**_rule(q.rule), "asks": [t.words() for t in q.terms]}
                    for q in (*answer.questions, *answer.hopes)
                ],
                "parts": {k: list(v) for k, v in answer.parts.items()},
                "changes": list(answer.changes),
                "changes_zh": list(answer.changes_zh),
                "better": answer.better,
                "facts": {k: round(v, 4) for k, v in found.facts.items()},
                "unknown": list(answer.unknown),
                "waiting": list(answer.waiting),
                "where": found.where,
                "where_zh": found.where_zh,
                "nearest": found.nearest,
            }
        )
        return
    from shanshui.cli.admission_lines import admission_lines

    for line in admission_lines(found, lang):
        typer.echo(line)


def _print_screening(outcome: "ScreeningOutcome", as_json: bool, quiet: bool) -> None:
    if as_json:
        _json({k: str(v) if isinstance(v, Path) else v for k, v in vars(outcome).items()})
        return
    if quiet:
        return
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
