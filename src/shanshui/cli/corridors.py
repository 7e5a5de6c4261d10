"""The command that makes corridors from cores and resistance, without a study."""

import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shanshui.cli.options import Language, Memory, Overwrite, Quiet
from shanshui.cli.rows import print_rows
from shanshui.core.errors import StudyError, nearest
from shanshui.core.voice import Voice
from shanshui.queries.plain import records

if TYPE_CHECKING:
    from shanshui.pattern.core_network import CoreNetwork

SETTINGS: dict[str, Callable[[str], Any]] = {
    "adjacency": str, "statistic": str, "open_resistance": float, "join_groups": bool, "drop_through_cores": bool,
    "four_neighbours": bool, "repair": bool, "cores_crs": str, "neighbours_by": str, "squared": bool, "all_pairs": str,
    "climate": Path, "climate_threshold": float, "climate_cost": float,
}  # fmt: skip
"""What ``--set`` takes, and how it is read; the weights of the priority beside."""
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def corridors(
    cores: Annotated[
        Path,
        typer.Argument(metavar="CORES", help="Polygons of any format, or a raster of ids."),
    ],
    resistance: Annotated[
        Path,
        typer.Argument(
            metavar="RESISTANCE", help="Raster above 0 in metres; missing cells let nothing pass."
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of the results.")],
    column: Annotated[
        str,
        typer.Option("--id", metavar="COLUMN", help="Of the ids of cores; equal ids are one core."),
    ] = "",
    worth: Annotated[
        str,
        typer.Option(
            "--worth", metavar="COLUMN", help="Worth of cores for the priority; by default area."
        ),
    ] = "",
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Of a file of cores with several.")
    ] = None,
    neighbours: Annotated[
        int | None,
        typer.Option(
            "--neighbours", metavar="N", min=1, help="Links that each core keeps, nearest first."
        ),
    ] = None,
    max_cost: Annotated[
        float, typer.Option(metavar="C", help="Resistance metres; dearer links are dropped.")
    ] = math.inf,
    max_euclidean: Annotated[
        float, typer.Option(metavar="M", help="Metres from edge to edge; longer links are dropped.")
    ] = math.inf,
    cutoff: Annotated[
        float | None,
        typer.Option(
            metavar="W",
            help="Resistance metres beyond the best path at which corridors end; by default that of the least 5 % of the ground.",
        ),
    ] = None,
    radii: Annotated[
        list[float] | None,
        typer.Option(
            "--radius", metavar="M", help="Circle restored for the barriers; repeat it for several."
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="EPSG",
            help="System in metres to work in; of a resistance without one, its own.",
        ),
    ] = None,
    cell: Annotated[
        float | None, typer.Option(metavar="M", help="Side of a cell to work with.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="adjacency=cost|euclidean|either|both|all, neighbours_by=cost|euclidean, join_groups, drop_through_cores, "
            "four_neighbours, squared, repair=yes|no, all_pairs=none|pairwise|all-to-one, climate=RASTER along whose gradient cores "
            "are linked, climate_threshold=T, climate_cost=M, cores_crs=EPSG, "
            "statistic=max|sum, open_resistance=R, and weights of the priority: closeness, permeability, core_value, core_resistance, core_size, "
            "core_compactness, core_worth, core_centrality, kept_share and more; repeat it for several.",
        ),
    ] = None,
    lang: Language = "en",
    memory: Memory = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Links, corridors, pinch points and barriers between cores, from cores and resistance alone."""
    from shanshui.cli.progress import counter
    from shanshui.pattern.linkage_priority import PriorityWeights
    from shanshui.pattern.network_settings import NetworkSettings
    from shanshui.study.corridors.job import Ground, run_corridors

    weights = {field.name: float for field in fields(PriorityWeights)}
    more = _settings(settings or [], SETTINGS | weights)
    own = {k: more.pop(k) for k in ("repair", "cores_crs", "climate") if k in more}
    heavy = {k: more.pop(k) for k in weights if k in more}
    ground = Ground(cores, resistance, column, worth, layer, crs, cell, **own)
    wishes = NetworkSettings(
        neighbours=neighbours,
        max_cost=max_cost,
        max_euclidean=max_euclidean,
        cutoff=cutoff,
        radii=radii or None,
        weights=PriorityWeights(**heavy),
        **more,
    )
    voice = Voice(lang)
    room = None if memory is None else int(memory * 1e9)
    with counter(quiet=quiet) as tell:
        network, files = run_corridors(
            ground, to, wishes, voice, memory=room, overwrite=overwrite, tell=tell
        )
    if not quiet:
        _print(network, voice)
        for place in files:
            typer.echo(str(place))


def _settings(texts: list[str], known: dict[str, Callable[[str], Any]]) -> dict[str, Any]:
    """Values of ``--set`` by name.

    Raises
    ------
    StudyError
        No such setting, or a value that is none of it.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in known:
            raise StudyError(f"--set {text}: {nearest(name, known)}")
        if not equals:
            raise StudyError(f"--set {text}: expected {name}=VALUE")
        try:
            found[name] = _YES_NO[value.lower()] if known[name] is bool else known[name](value)
        except (KeyError, ValueError):
            what = "yes or no" if known[name] is bool else "a number"
            raise StudyError(f"--set {text}: expected {what}") from None
    return found


def _print(network: "CoreNetwork", voice: Voice) -> None:
    """The links in short, and how many were kept."""
    links = network.links
    shown = links[
        ["source", "target", "euclidean", "cost", "cost_per_euclidean", "priority"]
    ].copy()
    rows = zip(links["status"], links["through"], strict=True)
    shown["reason"] = [voice(f"network.status.{status}", core=core) for status, core in rows]
    if len(shown):
        print_rows(records(shown.head(40)))
    if len(shown) > 40:
        typer.echo(f"… {len(shown) - 40} more: links.csv")
    kept = int((links["status"] == "kept").sum())
    typer.echo(voice("network.kept", kept=kept, of=len(links), cutoff=network.cutoff))
