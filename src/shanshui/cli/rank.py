"""The command that ranks alternatives."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shanshui.cli.options import AsJson, Overwrite
from shanshui.cli.rows import print_json, print_rows, write_rows
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.queries.judging import Ranking


def rank(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE.csv", help="Alternatives in rows, criteria in columns.")
    ],
    criteria: Annotated[
        Path | None,
        typer.Option(
            metavar="CRITERIA.csv", help="Columns criterion, direction, weight, least, greatest."
        ),
    ] = None,
    judgements: Annotated[
        Path | None,
        typer.Option(metavar="JUDGEMENTS.csv", help="Paired judgements of the criteria."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="weighted-sum|topsis|vikor|promethee|grey|spotis")
    ] = "topsis",
    objective: Annotated[
        str,
        typer.Option(
            metavar="entropy|critic|deviation|gini|merec|cilos|idocriw|lopcow",
            help="Weights from the data, alone or with the judged ones.",
        ),
    ] = "",
    combine: Annotated[
        str,
        typer.Option(
            metavar="linear|multiplicative|game", help="How judged and data weights go together."
        ),
    ] = "linear",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="SHARE", help="Of the judged with linear.")
    ] = 0.5,
    draws: Annotated[int, typer.Option(min=1, metavar="N", help="Sets of weights.")] = 10_000,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the draws.")] = 0,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.csv", help="Write the ranking.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Order of alternatives by several criteria, and how firmly it stands."""
    from shanshui.queries.judging import rank as ranking_of

    found = ranking_of(
        table,
        criteria,
        judgements,
        method=method,
        objective=objective,
        combine=combine,
        share=share,
        draws=draws,
        seed=seed,
    )
    write_rows(found.table, to, overwrite, table, criteria, judgements)
    if as_json:
        print_json(found.to_dict())
        return
    _print(found)


def _print(found: "Ranking") -> None:
    print_rows(records(found.table))
    weights = ", ".join(
        f"{c} {w:.4f} ({d})" for c, d, w in found.weights.itertuples(index=False, name=None)
    )
    typer.echo(f"\nweights: {weights}")
    if found.reversal is not None:
        first = int(found.reversal.first_changes.sum())
        typer.echo(
            f"when one alternative leaves, {found.reversal.share:.2%} of the pairs of others turn, and the first of them in {first} cases"
        )
    for method, alike in found.similarity.items():
        typer.echo(
            f"likeness to {method}: Spearman {alike['spearman']:.3f}, weighted {alike['weighted_spearman']:.3f}, WS {alike['ws']:.3f}"
        )
