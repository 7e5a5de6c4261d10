"""Land use as its polygons have it: areas of classes by place, and the share of each cell that every cover has."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import broadest
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Table
from shanshui.core.vocabulary import AnyLayers, Counties
from shanshui.region.grid import grid_of
from shanshui.region.polygon_cover import cover_of

LandUse = Annotated[gpd.GeoDataFrame, Features({"class": Key("cover_class")})]
ClassMap = Annotated[xr.DataArray, Grid("1")]
Classes = Annotated[
    pd.DataFrame, Table({"class": Key("cover_class"), "name": TEXT, "cover": TEXT, "*": ANY})
]
LandUseAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"),
            "class": Key("cover_class"),
            "area_km2": "km2",
            "majority_km2": "km2",
            "difference_km2": "km2",
        }
    ),
]


@assessment(source="own_frame", bytes_per_cell=40)
def cover_shares(land_use: LandUse, land_cover: ClassMap, cover_classes: Classes) -> AnyLayers:
    """Share of each cell that each cover has, by the polygons of the land use.

    Parameters
    ----------
    land_use : polygons
        ``class``.
    land_cover : (y, x) [1]
        The map by majority, for its grid.
    cover_classes : table
        ``class, name, cover``: what each class means.

    Returns
    -------
    layers
        One of each broad cover that is there (``water``, ``farmed``, ``forest`` …) and ``unnamed`` for classes without a meaning: 0 to 1
        where the polygons do not overlap; 0 where another cover has the whole cell; NaN where no polygon lies.

    Notes
    -----
    ``s_k = sum_(p of k) |cell and p| / |cell|`` over the polygons p of cover k: exact shares; our own choice [D] (decisions 0017 and
    0022).
    """
    grid = grid_of(land_cover)
    meaning = dict(zip(cover_classes["class"].astype("int64"), cover_classes["cover"], strict=True))
    group = land_use["class"].map(lambda code: _broad(meaning.get(int(code), "")))
    one = np.ones(grid.shape, np.float32)
    shares: dict[str, NDArray[np.float64]] = {
        str(cover): cover_of(part, grid).spread(one, np.ones(len(part)))
        for cover, part in land_use.groupby(group.to_numpy(), sort=True)
    }
    bare = sum(shares.values()) <= 0
    layers = {
        cover: grid.lay(np.where(bare, np.nan, share).astype(np.float32), "1")
        for cover, share in shares.items()
    }
    return xr.Dataset(layers)


def _broad(cover: str) -> str:
    return broadest(cover) if cover else "unnamed"


@assessment(source="own_frame", bytes_per_cell=16)
def land_use_areas(land_use: LandUse, land_cover: ClassMap, counties: Counties) -> LandUseAreas:
    """Area of each class in each county by the polygons, beside that of the map by majority.

    Parameters
    ----------
    land_use : polygons
        ``class``.
    land_cover : (y, x) [1]
        Class that has most of each cell.
    counties : polygons
        ``code``.

    Returns
    -------
    table
        ``code, class``, ``area_km2`` of the polygons, ``majority_km2`` of the map, ``difference_km2`` of the map from the polygons: what
        small patches lose to large ones. Ground beyond the grid counts in neither.

    Raises
    ------
    QuantityError
        No polygon lies in a county.

    Notes
    -----
    ``A_sk = sum_(p of k) |p and s and G|`` over the polygons p of class k in county s, with G the ground of the grid; exact. The map's
    area is ``a sum_c(f_cs)`` over its cells c of class k, with f_cs the share of cell c in the county [1] and a the area of a cell [km2].
    Our own choice [D] (decisions 0017 and 0022).
    """
    grid = grid_of(land_cover)
    box = shapely.box(*grid.bounds)
    shapes = np.asarray(land_use.geometry.values, object)
    code_of = land_use["class"].to_numpy(np.int64)
    tree = shapely.STRtree(shapes)
    classes, cells = cover_of(counties, grid).class_cells(land_cover)
    parts = []
    for place, (code, outline) in enumerate(zip(counties["code"], counties.geometry, strict=True)):
        ground = shapely.intersection(outline, box)
        near = np.sort(tree.query(ground, predicate="intersects"))
        shapely.prepare(ground)
        inside = shapely.contains_properly(ground, shapes[near])
        area = shapely.area(shapes[near])
        area[~inside] = shapely.area(shapely.intersection(shapes[near][~inside], ground))
        by_class = pd.Series(area / 1e6).groupby(code_of[near]).sum()
        by_map = pd.Series(cells[place] * grid.cell_km2, classes.astype(np.int64))
        both = pd.DataFrame({"area_km2": by_class, "majority_km2": by_map[by_map > 0]}).fillna(0.0)
        both = both[(both > 0).any(axis=1)]
        parts.append(both.rename_axis("class").reset_index().assign(code=str(code)))
    out = pd.concat(parts, ignore_index=True)
    if out.empty:
        raise QuantityError(
            "land_use: none of its polygons lies in a county; are both of one region?"
        )
    out["difference_km2"] = out["majority_km2"] - out["area_km2"]
    return out[["code", "class", "area_km2", "majority_km2", "difference_km2"]]
