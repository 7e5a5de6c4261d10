"""A network of corridors from files to files, without a study."""

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from shanshui.core.errors import DataError, nearest
from shanshui.core.voice import Voice
from shanshui.flow.estimate import FIXED_BYTES, memory_limit
from shanshui.pattern.core_network import CoreNetwork, Tell, core_network
from shanshui.pattern.network_settings import NetworkSettings
from shanshui.region.grid import grid_of
from shanshui.study.corridors.inputs import CoreFile, read_climate, read_cores, read_resistance
from shanshui.study.corridors.results import Asked, refuse_folder, write_network


@dataclass(frozen=True)
class Ground:
    """Files of a network of corridors, and how they are read.

    Attributes
    ----------
    cores, resistance : Path
        Polygons or a raster of ids; a raster.
    climate : Path, optional
        A raster along whose gradient cores are linked.
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
    climate: Path | None = None


def run_corridors(
    ground: Ground,
    to: Path,
    wishes: NetworkSettings,
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
    files = {"cores": ground.cores, "resistance": ground.resistance}
    files |= {"climate": ground.climate} if ground.climate is not None else {}
    asked = Asked(files, _settings(ground, wishes))
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
    climate = None
    if ground.climate is not None:
        climate, more = read_climate(ground.climate, grid_of(resistance))
        told += more
    network = core_network(
        found.cores,
        resistance,
        **{field.name: getattr(wishes, field.name) for field in fields(wishes)},
        climate=climate,
        worth=_worth(found, ground),
        memory=room,
        tell=tell,
    )
    network.told[:0] = [*told, *found.told]
    if tell is not None:
        for text in network.told:
            tell(text, 0, 0)
    return network, write_network(network, to, asked, voice, overwrite=overwrite)


def _settings(ground: Ground, wishes: NetworkSettings) -> dict[str, object]:
    """Settings as a record: what is not limited, or not used, is not told."""
    settings = {k: v for k, v in asdict(wishes).items() if v is not None and v != math.inf}
    if ground.climate is None:
        settings = {k: v for k, v in settings.items() if not k.startswith("climate_")}
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
