"""Land use that comes as polygons: the polygons themselves, beside the map that is laid from them."""

from pathlib import Path

import geopandas as gpd

from shanshui.collect.catalog import InputSpec, Specs, located
from shanshui.collect.inputs import INPUTS
from shanshui.collect.polygon_classes import class_polygons, is_polygons
from shanshui.core.errors import DataError
from shanshui.flow.steps import Source
from shanshui.flow.work import Context

POLYGONS, MAP = "land_use", "land_cover"


def with_polygons(sources: list[Source], specs: Specs, folders: list[Path]) -> list[Source]:
    """Add the polygons of the land cover, where it comes as such.

    Parameters
    ----------
    sources : list of Source
        As declared.
    specs : mapping
        Declarations.
    folders : list of Path
        Where relative paths are looked for.

    Raises
    ------
    DataError
        Polygons that are declared as an input of their own.
    """
    if POLYGONS in specs:
        raise DataError(
            f"{POLYGONS}: is made from [inputs.{MAP}]; declare the polygons there: file = the layer of polygons"
        )
    map_ = next((s for s in sources if s.name == MAP), None)
    declared: list[InputSpec] = specs.get(MAP, [])
    if map_ is None or declared[0].value is not None:
        return sources
    paths = [located(spec, folders) for spec in declared]
    if not is_polygons(paths[0], MAP):
        return sources

    def make(context: Context) -> gpd.GeoDataFrame:
        found = class_polygons(paths, declared, MAP, context.grid)
        found.attrs = {}
        return found

    gives = INPUTS[POLYGONS].gives
    return [
        *sources,
        Source(POLYGONS, gives, map_.file, map_.parts, map_.digests, make, class_polygons),
    ]
