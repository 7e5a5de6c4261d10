"""Names of places for parts of the pattern: the county or the massif where they lie."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Name:
    """A name in the languages of a study.

    Attributes
    ----------
    own : str
        As the layer has it, in Latin letters where it has both; empty where there is none.
    zh : str
        In Chinese; the same where the layer has no other.
    """

    own: str = ""
    zh: str = ""

    def __bool__(self) -> bool:
        return bool(self.own)


def places_at(
    points: gpd.GeoSeries, counties: gpd.GeoDataFrame | None, massifs: gpd.GeoDataFrame | None
) -> list[Name]:
    """Name of the place of each point: the county that holds it or is nearest, without counties the massif whose mark is nearest.

    Parameters
    ----------
    points : points
        In the system of the layers.
    counties, massifs : GeoDataFrame, optional
        ``name``; ``name_zh`` and ``name_en`` if known.

    Returns
    -------
    list of Name
        Empty ones where neither layer has a name.
    """
    for layer in (counties, massifs):
        if layer is None or not len(layer) or not len(points):
            continue
        names = names_of(layer)
        at, which = shapely.STRtree(np.asarray(layer.geometry.values, object)).query_nearest(
            np.asarray(points.values, object)
        )
        # of several that are equally near, the first in the layer
        first = pd.Series(which).groupby(at).min()
        out = [names[k] for k in first]
        if any(out):
            return out
    return [Name()] * len(points)


def names_of(layer: gpd.GeoDataFrame) -> list[Name]:
    """Names of features in both languages: what has one only bears it in both."""

    def column(word: str) -> list[str]:
        if word not in layer:
            return [""] * len(layer)
        return ["" if v is None or v != v else str(v).strip() for v in layer[word]]

    out = []
    for name, zh, en in zip(column("name"), column("name_zh"), column("name_en"), strict=True):
        own = en if en and _CHINESE.search(name) else name or en or zh
        out.append(Name(own, zh or (name if _CHINESE.search(name) else own)))
    return out


def numbered(names: Sequence[Name], plain: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names that tell all parts apart: a place and the count within it, in the order given.

    Parameters
    ----------
    names : sequence of Name
        Of the places; several parts may have one.
    plain : sequence of str
        What parts without a place are called.

    Returns
    -------
    (list of str, list of str)
        ``Foping 1, Foping 2`` in the layer's language and in Chinese.
    """
    own, zh = pd.Series([n.own for n in names], dtype=object), [n.zh for n in names]
    count = own.groupby(own).cumcount() + 1 if len(own) else own
    return (
        [f"{n} {k}" if n else p for n, k, p in zip(own, count, plain, strict=True)],
        [f"{z} {k}" if n else p for n, z, k, p in zip(own, zh, count, plain, strict=True)],
    )


def told_apart(names: Sequence[str]) -> list[str]:
    """The same names; of those that stand several times, the second and later ones with their number."""
    out: dict[str, None] = {}
    for name in names:
        word, count = name, 1
        while word in out:
            count += 1
            word = f"{name} {count}"
        out[word] = None
    return list(out)
