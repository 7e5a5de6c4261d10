"""Bring features to the study: coordinate system, parts of a layer, columns, what lies beyond."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from shanshui.collect.catalog import InputSpec
from shanshui.collect.feature_values import with_values
from shanshui.collect.inputs import InputKind
from shanshui.collect.joining import LEVELS
from shanshui.collect.positions import cure, degrees_of
from shanshui.collect.scaling import bounds_text
from shanshui.collect.shifted_datums import ACCURACY_M, SHIFTED
from shanshui.collect.transformations import Bounds, Way, meant, way_between
from shanshui.collect.validity import valid
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError
from shanshui.core.quantity import Features
from shanshui.region.grid import GridSpec, crs_name
from shanshui.region.placed import placed, run_on
from shanshui.region.unitset import plain_code, unit_set


def features_input(
    paths: Path | Sequence[Path],
    specs: InputSpec | Sequence[InputSpec],
    kind: InputKind,
    name: str,
    grid: GridSpec,
) -> gpd.GeoDataFrame:
    """Features in the grid's coordinate system, those that meet the study only.

    Parameters
    ----------
    paths, specs : one or several
        Files and their declarations; several are parts of one layer, each in its own coordinate system.
    kind : InputKind
        What they are.
    name : str
        Input, for messages.
    grid : GridSpec
        Study grid.

    Returns
    -------
    GeoDataFrame
        In the order of the files; of a feature that stands in several, the first.

    Raises
    ------
    DataError
        Wrong geometry, invalid or overlapping polygons, missing columns, nothing inside the study.
    """
    paths = [paths] if isinstance(paths, Path) else list(paths)
    specs = [specs] if isinstance(specs, InputSpec) else list(specs)
    parts = [_part(path, spec, kind, name, grid) for path, spec in zip(paths, specs, strict=True)]
    told = [text for part in parts for text in part.attrs["told"]]
    frame = parts[0] if len(parts) == 1 else _together(parts, name, told)
    inside = frame[frame["_here"]].drop(columns="_here").reset_index(drop=True)
    beyond = frame[~frame["_here"]]
    if inside.empty:
        raise DataError(
            f"{name}: {paths[0]} has nothing inside the study ({bounds_text(grid.bounds)} in {crs_name(grid.projection)}); "
            f"it is read as {parts[0].attrs['source_crs']}: is that right?{parts[0].attrs['cure']}"
        )
    out = inside
    if isinstance(kind.gives, Features):
        _fill(out, kind.gives, name, paths[0])
    if name in {"counties", "prefectures", "provinces"}:
        if specs[0].overlaps == "refuse":
            _disjoint(out, name, paths[0])
        out = unit_set(out, name)
        out["area_km2"] = out.area / 1e6
    out = _plain(out)
    accuracy = max(part.attrs["accuracy_m"] for part in parts)
    crs = ", ".join(dict.fromkeys(part.attrs["source_crs"] for part in parts))
    out.attrs = {"source_crs": crs, "accuracy_m": accuracy, "told": told}
    out.attrs |= _beyond(beyond, name)
    return out


def _fill(frame: gpd.GeoDataFrame, gives: Features, name: str, path: Path) -> None:
    """Blank names, roles and published areas where a file has none; refuse what nothing can stand for."""
    for column in gives.columns:
        if column in frame.columns:
            continue
        if column in ("name", "role", "parent"):
            frame[column] = ""
        elif column == "published_km2":
            frame[column] = np.nan
        elif column != "code":  # codes are asked for where places are told apart
            found = ", ".join(str(c) for c in frame.columns if c != "geometry")[:400]
            raise DataError(
                f'{name}: {path} has no column {column}; found {found}; name it: columns = {{ {column} = "…" }} in [inputs.{name}]'
            )


def _part(
    path: Path, spec: InputSpec, kind: InputKind, name: str, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Features of one file in the grid's coordinate system; ``_here`` tells which meet the study."""
    study = degrees_of(grid.bounds, grid.projection)
    frame = read_features(path, spec, name, study)
    told = list(frame.attrs["told"])
    wanted = {
        "polygons": ("Polygon", "MultiPolygon"),
        "lines": ("LineString", "MultiLineString"),
        "points": ("Point", "MultiPoint"),
        "shapes": ("Polygon", "MultiPolygon", "Point"),
    }[kind.family]
    kinds = set(frame.geom_type.dropna())
    if not kinds <= set(wanted):
        raise DataError(
            f"{name}: {path} holds {', '.join(sorted(kinds - set(wanted)))}; expected {wanted[0]}s"
        )
    polygons = kind.family == "polygons" or "Polygon" in " ".join(kinds)
    if polygons and not kinds <= {"Polygon", "MultiPolygon"}:
        raise DataError(f"{name}: {path} holds polygons and points; give one of them")
    if polygons:
        frame = valid(run_on(frame, name), spec, name, path)
    frame = with_values(frame, spec, kind, name, path)
    source = frame.crs
    way = _way(frame, spec, name, grid, study, told)
    there = meant(grid, source)
    # lines of polygons stay where they were drawn, also across 180 degrees
    mapped = placed(frame, there, name)[0] if polygons else frame.to_crs(there.projection)
    mapped = mapped.set_crs(grid.projection, allow_override=True)
    mapped = mapped.assign(geometry=shapely.force_2d(mapped.geometry.values))
    lost = ~np.isfinite(mapped.geometry.bounds.to_numpy()).all(axis=1)
    study_box = shapely.box(*grid.bounds)
    if kind.family == "shapes" and not polygons:
        # a centre beyond the rim still speaks of ground within
        study_box = study_box.buffer(_spacing(mapped[~lost]), join_style="mitre")
    out = mapped.assign(_here=~lost & mapped.intersects(study_box))
    out.attrs = {
        "told": told,
        "source_crs": source.name,
        "accuracy_m": way.accuracy_m,
        "cure": "" if out["_here"].any() else cure(frame, source, study),
    }
    return out


def _spacing(points: gpd.GeoDataFrame) -> float:
    """Distance between neighbouring places, in metres; 0 of a single one."""
    places = np.unique(np.round(shapely.get_coordinates(points.geometry.values), 0), axis=0)
    if len(places) < 2:
        return 0.0
    return float(np.median(cKDTree(places).query(places, k=2)[0][:, 1]))


def _together(parts: Sequence[gpd.GeoDataFrame], name: str, told: list[str]) -> gpd.GeoDataFrame:
    """Parts of a layer as one; features that stand in several files once."""
    out = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
    which = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    same = out.geometry.normalize().to_wkb()
    label = out["code"].map(plain_code) if "code" in out else pd.Series("", out.index)
    key = pd.DataFrame({"shape": same, "label": label, "file": which})
    first = key.groupby(["shape", "label"], sort=False)["file"].transform("first")
    twice = (key["file"] != first).to_numpy()
    if twice.any():
        told.append(
            f"{name}: {int(twice.sum())} features stand in more than one of its {len(parts)} files; each counts once"
        )
    return out[~twice].reset_index(drop=True)


def _beyond(beyond: gpd.GeoDataFrame, name: str) -> dict[str, Any]:
    """How many features lie beyond the study; of places also code, names and area, since tables may hold them."""
    found: dict[str, Any] = {"beyond": len(beyond)} if len(beyond) else {}
    if name not in LEVELS or "code" not in beyond:
        return found
    texts: dict[str, list[Any]] = {
        column: ["" if v is None or v != v else plain_code(v) for v in beyond[column]]
        for column in ("code", "name", "parent")
        if column in beyond
    }
    areas = [float(a) if np.isfinite(a) else 0.0 for a in beyond.area / 1e6]
    return found | {"outside": texts | {"area_km2": areas}}


def _way(
    frame: gpd.GeoDataFrame,
    spec: InputSpec,
    name: str,
    grid: GridSpec,
    study: Bounds | None,
    told: list[str],
) -> Way:
    """How exactly features come to the study grid; told where it is worth a look.

    Raises
    ------
    DataError
        The datum cannot be followed, and a cell is smaller than what that may shift places by.
    """
    way = way_between(frame.crs, meant(grid, frame.crs).projection, study)
    if spec.datum is not None or str(spec.crs).strip().lower() in SHIFTED:
        return replace(way, accuracy_m=way.accuracy_m + ACCURACY_M)
    if text := way.told(name, frame.crs, grid):
        if way.refused(grid) and not spec.checked:
            raise DataError(f"{text}; or checked = true if that does not matter")
        told.append(text)
    return way


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Names as text without gaps; columns that cannot be kept are left behind."""
    for column in ("name", "role", "parent", "code"):
        if column in frame:
            frame[column] = (
                frame[column].map(lambda v: "" if v is None or v != v else str(v)).astype(object)
            )
    odd = [
        c
        for c in frame.columns
        if c != "geometry"
        and frame[c].dtype.kind not in "biufOTMU"
        and str(frame[c].dtype) not in {"str", "string"}
    ]
    return frame.drop(columns=odd)


def _disjoint(frame: gpd.GeoDataFrame, name: str, path: Path) -> None:
    """Refuse overlaps larger than one part in a thousand of the smaller unit [D]: less is digitising."""
    shapes = frame.geometry.values
    left, right = frame.sindex.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    least = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    over = shared > 1e-3 * least
    if over.any():
        worst = int(np.argmax(shared))
        label = frame["name"] if "name" in frame else frame.index.to_series()
        raise DataError(
            f"{name}: {path}: {int(over.sum())} pairs of polygons overlap; the most: "
            f"{label.iloc[left[worst]]} and {label.iloc[right[worst]]} share {shared[worst] / 1e6:.2f} km2; "
            'mend them, or set overlaps = "keep" (the later one then stands)'
        )
