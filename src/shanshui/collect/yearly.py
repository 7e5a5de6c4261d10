"""Maps of several years under one input: which file is of which year."""

import re
from dataclasses import dataclass
from pathlib import Path

from shanshui.collect.catalog import InputSpec, Specs
from shanshui.collect.tiles import RASTER_SUFFIXES
from shanshui.core.errors import DataError

APART = {"population": "population_maps"}
"""Inputs of tables whose amounts may also be maps, and the input of these."""
_YEAR = re.compile(r"(?<!\d)(19\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True)
class Maps:
    """Files of one year, tiles of one map, with their declarations."""

    specs: list[InputSpec]
    paths: list[Path]


def maps_apart(specs: Specs) -> Specs:
    """Declarations with the maps of an input that is a table under the name of their own.

    Parameters
    ----------
    specs : mapping of str to list of InputSpec
        As the study file has them: tables and maps may stand under one name.
    """
    out: Specs = {}
    for name, declared in specs.items():
        to = APART.get(name, name)
        for spec in declared:
            map_ = Path(spec.file).suffix.lower() in RASTER_SUFFIXES
            out.setdefault(to if map_ else name, []).append(spec)
        if not declared:
            out[name] = []
    return out


def declared_as(name: str) -> str:
    """Input under which the maps of another one stand in the study file."""
    return next((table for table, maps in APART.items() if maps == name), name)


def maps_by_year(specs: list[InputSpec], paths: list[Path], name: str) -> dict[int, Maps]:
    """Files of maps by their year, the earliest first.

    Parameters
    ----------
    specs : list of InputSpec
        ``year``, where it is declared, stands over what the name of the file says.
    paths : list of Path
        Their files.
    name : str
        Input, for messages.

    Returns
    -------
    dict of int to Maps
        Several files of one year are tiles of one map.

    Raises
    ------
    DataError
        A file of no known year.
    """
    found: dict[int, Maps] = {}
    for spec, path in zip(specs, paths, strict=True):
        said = {int(year) for year in _YEAR.findall(path.stem)}
        year = spec.year if spec.year is not None else said.pop() if len(said) == 1 else None
        if year is None:
            raise DataError(
                f"{name}: {path} does not say of which year it is; set year = … in [inputs.{name}]"
            )
        maps = found.setdefault(year, Maps([], []))
        maps.specs.append(spec)
        maps.paths.append(path)
    return dict(sorted(found.items()))
