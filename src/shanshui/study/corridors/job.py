"""A network of corridors from files to files, without a study."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from shanshui.core.errors import DataError, nearest
from shanshui.core.voice import Voice
from shanshui.flow.estimate import FIXED_BYTES, memory_limit
from shanshui.pattern.core_network import CoreNetwork, Tell, core_network
from shanshui.region.grid import grid_of
from shanshui.study.corridors.inputs import CoreFile, read_cores, read_resistance
from shanshui.study.corridors.results import Asked, refuse_folder, write_network


@dataclass(frozen=True)
class Wishes:
    """Settings of a network of corridors, as :func:`shanshui.pattern.core_network.core_network` has them.

    Attributes
    ----------
    four_neighbours, join_groups, drop_through_cores : bool
        Steps to the sides only; groups stay joined; no link through a third core.
    adjacency, statistic : str
        Which pairs are looked at; ``max`` or ``sum`` over the links.
    neighbours : int, optional
        Links that each core keeps.
    max_cost, max_euclidean : float [m]
        Longer links are dropped.
    cutoff : float, optional [m]
        Where corridors end.
    radii : tuple of float, optional [m]
        Circles of the barriers.
    open_resistance : float [1]
        Of restored ground.
    """

    four_neighbours: bool = False
    adjacency: str = "cost"
    neighbours: int | None = None
    join_groups: bool = False
    max_cost: float = math.inf
    max_euclidean: float = math.inf
    drop_through_cores: bool = True
    cutoff: float | None = None
    radii: Sequence[float] | None = None
    open_resistance: float = 1.0
    statistic: str = "max"


@dataclass(frozen=True)
class Ground:
    """Files of a network of corridors, and how they are read.

    Attributes
    ----------
    cores, resistance : Path
        Polygons or a raster of ids; a raster.
    column, worth : str
        Of the ids, and of the worth of cores.
    layer, cores_crs : str, optional
        Of the cores.
    crs : str, optional
        System to work in.
    cell_m : float, optional [m]
        Side of a cell to work with.
    repair : bool
        Mend outlines that cross themselves.
    """

    cores: Path
    resistance: Path
    column: str = ""
    worth: str = ""
    layer: str | None = None
    crs: str | None = None
    cell_m: float | None = None
    repair: bool = False
    cores_crs: str | None = None


def run_corridors(
    ground: Ground,
    to: Path,
    wishes: Wishes,
    voice: Voice,
    *,
    memory: int | None = None,
    overwrite: bool = False,
    tell: Tell | None = None,
) -> tuple[CoreNetwork, list[Path]]:
    """Read cores and resistance, make the network, and write it into a folder.

    Parameters
    ----------
    ground : Ground
        What is read.
    to : Path
        Folder of the results.
    wishes : Wishes
        Settings.
    voice : Voice
        Of the aliases of columns.
    memory : int, optional [byte]
        What the run may take; by default three quarters of what is free.
    overwrite : bool
        Results of an earlier run may be replaced.
    tell : callable, optional
        Told what is done, how much and of how much; remarks with a total of 0.

    Returns
    -------
    CoreNetwork, list of Path
        The network and the files.

    Raises
    ------
    DataError
        Files that cannot be used, something of others in the folder.
    QuantityError
        Cores or resistances that make no network, settings out of range.
    ResourceError
        A landscape that the memory does not hold.
    """
    asked = Asked(
        {"cores": ground.cores, "resistance": ground.resistance}, _settings(ground, wishes)
    )
    refuse_folder(to, asked, overwrite=overwrite)
    room = max((memory or memory_limit()) - FIXED_BYTES, 0)
    resistance, told = read_resistance(ground.resistance, ground.crs, ground.cell_m, room)
    found = read_cores(
        ground.cores,
        resistance,
        grid_of(resistance),
        column=ground.column,
        layer=ground.layer,
        crs=ground.cores_crs,
        repair=ground.repair,
    )
    network = core_network(
        found.cores,
        resistance,
        **asdict(wishes),
        worth=_worth(found, ground),
        memory=room,
        tell=tell,
    )
    network.told[:0] = [*told, *found.told]
    if tell is not None:
        for text in network.told:
            tell(text, 0, 0)
    return network, write_network(network, to, asked, voice, overwrite=overwrite)


def _settings(ground: Ground, wishes: Wishes) -> dict[str, object]:
    """Settings as a record: what is not limited is not told."""
    settings = {k: v for k, v in asdict(wishes).items() if v is not None and v != math.inf}
    more = {
        "id": ground.column,
        "worth": ground.worth,
        "layer": ground.layer,
        "crs": ground.crs,
        "cores_crs": ground.cores_crs,
    }
    return settings | {k: v for k, v in more.items() if v}


def _worth(found: CoreFile, ground: Ground) -> pd.Series | None:
    if not ground.worth:
        return None
    if ground.worth not in found.rows:
        known = [str(c) for c in found.rows.columns]
        raise DataError(
            f"--worth {ground.worth}: {ground.cores} has no such column; {nearest(ground.worth, known) if known else 'a raster has none'}"
        )
    return found.rows[ground.worth]
