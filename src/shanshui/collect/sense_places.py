"""Do places lie where their codes and names say? Doubts that outlines and points raise together."""

from collections import Counter
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.region.place_codes import clean_code
from shanshui.region.place_names import name_stem

NEAR_M = 100.0
"""Gap between outlines that still touch [D]: files are simplified."""
FEW = 3
"""Places of a division from which one that touches none of the others is odd [D]."""
AMID = 0.7
"""Share of its outline along others of one division from which a place lies among them [D]."""
FAR_M = 30_000.0
"""How far a town may lie from the place that bears its name [D]."""
POINTS = ("cities", "villages")


def place_doubts(features: Mapping[str, gpd.GeoDataFrame]) -> dict[str, list[str]]:
    """Doubts about where places lie.

    Parameters
    ----------
    features : mapping of str to GeoDataFrame
        ``counties``, ``prefectures``, ``provinces``, ``cities`` as far as there, in the study's system: ``code, name, parent``.

    Returns
    -------
    dict of str to list of str
        By input, each in one line.
    """
    out = {}
    for level in ("counties", "prefectures"):
        if level in features:
            out[level] = _far_from_division(level, features[level])
    bearers = [features[k] for k in ("prefectures", "counties") if k in features]
    for name in POINTS:
        if name in features and bearers:
            out[name] = _far_from_name(name, features[name], bearers)
    return {name: doubts for name, doubts in out.items() if doubts}


def _division(frame: gpd.GeoDataFrame) -> pd.Series:
    """What each place is a part of: its parent, or the first digits of codes of six."""
    parent = (
        frame["parent"].astype(str).str.strip() if "parent" in frame else pd.Series("", frame.index)
    )
    codes = frame["code"].map(clean_code)
    gb = codes.str.fullmatch(r"\d{6}").all()
    digits = 2 if codes.str.endswith("00").all() else 4
    return parent.where(parent != "", codes.str[:digits] if gb else "")


def _far_from_division(level: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Places that touch none of their own division and lie among those of one other."""
    division = _division(frame).to_numpy()
    shapes = np.asarray(frame.geometry.values, object)
    if len(frame) < FEW + 1 or len(set(division) - {""}) < 2:
        return []
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEAR_M)
    left, right = left[left != right], right[left != right]
    size = Counter(division)
    odd = []
    for k in range(len(frame)):
        own = division[k]
        beside = Counter(division[right[left == k]])
        if own == "" or size[own] < FEW or beside.get(own, 0) or not beside:
            continue
        # where a file ends, others of the division may lie beyond: only what others enclose is odd
        which = max(beside, key=lambda d: (beside[d], d))
        around = shapely.union_all(shapes[right[(left == k) & (division[right] == which)]])
        rim = shapely.boundary(shapes[k])
        along = shapely.length(shapely.intersection(rim, shapely.buffer(around, NEAR_M)))
        near = shapely.distance(
            shapes[k], shapes[(division == own) & (np.arange(len(shapes)) != k)]
        )
        if along >= AMID * shapely.length(rim) and near.min() >= np.sqrt(shapely.area(shapes[k])):
            odd.append((k, which))
    if not odd:
        return []
    k, which = odd[0]
    more = f"; {len(odd) - 1} more are like that" if len(odd) > 1 else ""
    row = frame.iloc[k]
    return [
        f"{level}: {row['code']} {row['name']} touches none of the {size[division[k]] - 1} others of {division[k]} and lies among those of "
        f"{which}; is its code or its outline that of another place?{more}"
    ]


def _far_from_name(
    name: str, points: gpd.GeoDataFrame, bearers: list[gpd.GeoDataFrame]
) -> list[str]:
    """Points that bear the name of a place and lie far from it."""
    outlines: dict[str, list[shapely.Geometry]] = {}
    for frame in bearers:
        for word in ("name", "name_zh", "name_en"):
            for text, shape in zip(
                frame.get(word, pd.Series(dtype=object)), frame.geometry, strict=False
            ):
                if text and text == text and (stem := name_stem(text)):
                    outlines.setdefault(stem, []).append(shape)
    odd = []
    for _, row in points.iterrows():
        found: list[shapely.Geometry] = []
        for word in ("name", "name_zh", "name_en"):
            text = row.get(word, "")
            found += outlines.get(name_stem(text), []) if text and text == text else []
        if found:
            away = min(float(shapely.distance(row.geometry, shape)) for shape in found)
            if away > FAR_M:
                odd.append((away, str(row["name"])))
    if not odd:
        return []
    away, who = max(odd)
    return [
        f"{name}: {len(odd)} of {len(points)} lie far from the place of their name; the farthest: {who}, {away / 1000:,.0f} km; are lon and "
        "lat exchanged or shifted, or is it another place of that name?"
    ]
