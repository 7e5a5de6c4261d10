"""Bring features and tables to the study: coordinate system, columns, units."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from shanshui.collect.amounts import amounts, unit_of
from shanshui.collect.bands import refuse_alpha
from shanshui.collect.catalog import InputKind, InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.joining import LEVELS, join_input
from shanshui.collect.mosaic import opened
from shanshui.collect.positions import cure, degrees_of
from shanshui.collect.readers import fractions, table_of
from shanshui.collect.scaling import bounds_text, plausible
from shanshui.collect.sheets.cells import year_of
from shanshui.collect.sheets.wanted import SheetTable
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.collect.shifted_datums import ACCURACY_M, SHIFTED
from shanshui.collect.transformations import Bounds, Way, meant, way_between
from shanshui.collect.validity import valid
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError
from shanshui.core.quantity import ANY, Features, Table
from shanshui.region.grid import GridSpec
from shanshui.region.join import NAMES, PARENTS
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
            f"{name}: {paths[0]} has nothing inside the study ({bounds_text(grid.bounds)} in {grid.projection.name}); "
            f"is its crs right?{parts[0].attrs['cure']}"
        )
    out = inside
    for column in kind.gives.columns if isinstance(kind.gives, Features) else ():
        if column not in out.columns and column == "name":
            out["name"] = ""
        elif column not in out.columns and column in ("role", "parent"):
            out[column] = ""
        elif column not in out.columns and column == "published_km2":
            out[column] = np.nan
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
    }[kind.family]
    kinds = set(frame.geom_type.dropna())
    if not kinds <= set(wanted):
        raise DataError(
            f"{name}: {path} holds {', '.join(sorted(kinds - set(wanted)))}; expected {wanted[0]}s"
        )
    if kind.family == "polygons":
        frame = valid(run_on(frame, name), spec, name, path)
    source = frame.crs
    way = _way(frame, spec, name, grid, study, told)
    there = meant(grid, source)
    # lines of polygons stay where they were drawn, also across 180 degrees
    polygons = kind.family == "polygons"
    mapped = placed(frame, there, name)[0] if polygons else frame.to_crs(there.projection)
    mapped = mapped.set_crs(grid.projection, allow_override=True)
    mapped = mapped.assign(geometry=shapely.force_2d(mapped.geometry.values))
    lost = ~np.isfinite(mapped.geometry.bounds.to_numpy()).all(axis=1)
    out = mapped.assign(_here=~lost & mapped.intersects(shapely.box(*grid.bounds)))
    out.attrs = {
        "told": told,
        "source_crs": source.name,
        "accuracy_m": way.accuracy_m,
        "cure": "" if out["_here"].any() else cure(frame, source, study),
    }
    return out


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


def coefficients_input(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Rows of coefficients as they stand, column names in lower case.

    Raises
    ------
    DataError
        Unreadable, no rows, or two columns of one name.
    """
    table = table_of(path, spec, name)
    frame = fractions(table)
    frame.columns = pd.Index([str(c).strip().lower() for c in frame.columns])
    frame = frame.dropna(how="all").reset_index(drop=True)
    if frame.empty:
        raise DataError(f"{name}: {path} has no rows")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{name}: {path} has two columns {twice[0]}; keep one")
    for column in frame.columns:
        if frame[column].dtype.kind not in "biuf":
            frame[column] = frame[column].map(lambda v: "" if v is None or v != v else str(v))
    frame.attrs = {"units": {}, "reading": table.reading}
    return frame


def stack_parts(path: Path, spec: InputSpec, name: str) -> dict[str, InputSpec]:
    """Declarations of the grids of a stack: bands of one raster, or rows of a table with ``threat`` and ``cur_path``.

    Raises
    ------
    DataError
        A table without these columns, or a row without a path.
    """
    if path.suffix.lower() not in TABLES:
        every = spec.model_copy(update={"band": 1})
        source = opened(path, every, name)
        try:
            refuse_alpha(source, name)
            return {
                (band.label or f"band_{k + 1}"): spec.model_copy(update={"band": k + 1})
                for k, band in enumerate(source.bands)
            }
        finally:
            source.close()
    frame = coefficients_input(path, spec.model_copy(update={"columns": {}}), name)
    if "threat" not in frame or "cur_path" not in frame:
        raise DataError(
            f"{name}: {path} has no columns threat and cur_path; found {', '.join(frame.columns)}"
        )
    out = {}
    for row in frame.itertuples(index=False):
        if not str(row.cur_path).strip():
            raise DataError(f"{name}: {path}: {row.threat} has no cur_path: where is its map?")
        place = Path(str(row.cur_path).strip())
        place = place if place.is_absolute() else path.parent / place
        out[str(row.threat).strip().lower()] = spec.model_copy(update={"file": str(place)})
    return out


def table_input(path: Path, spec: InputSpec, kind: InputKind, name: str) -> pd.DataFrame:
    """Rows keyed by unit and year as the file has them, the amount in the study's unit.

    Takes what :func:`joined_table` takes, but for the places.
    """
    return joined_table(path, spec, kind, name, None)


def joined_table(
    path: Path, spec: InputSpec, kind: InputKind, name: str, places: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows keyed by the study's places and year, the amount in the study's unit.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        ``nodata``, ``scale``, ``offset`` and ``unit`` say how its numbers become amounts, before they are judged.
    kind : InputKind
        What it is.
    name : str
        Input, for the message.
    places : DataFrame, optional
        Of :func:`shanshui.collect.joining.places_frame`; without it codes stay as they are.

    Returns
    -------
    DataFrame
        The declared columns; rows without an amount are left out. The attribute ``join`` holds the account of the join.

    Raises
    ------
    DataError
        Missing columns, rows without code or year, values that are not numbers or not plausible, a unit of another
        dimension, a key that stands twice, no rows.
    """
    wanted = kind.gives.columns if isinstance(kind.gives, Table) else ()
    table = table_of(
        path,
        spec,
        name,
        wanted=() if spec.class_columns else tuple(wanted),
        sums=False,
        lists=False,
    )
    frame, rows = table.frame, np.asarray(table.rows)
    if spec.year is not None and "year" not in frame.columns:
        frame["year"] = spec.year
    who = [c for c in frame.columns if _names_a_place(c, frame) and c not in wanted]
    if "code" in wanted and "code" not in frame.columns and who and places is not None:
        frame["code"] = ""
    if spec.class_columns:
        frame, at = _long(table, spec, kind, name, path, who)
        rows = rows[at]
    missing = [c for c in wanted if c not in frame.columns]
    if missing:
        hint = "; or set year = …" if missing == ["year"] else ""
        raise DataError(
            f"{name}: {path} has no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))[:400]}; "
            f'name them: columns = {{ {missing[0]} = "…" }}{hint}'
        )
    frame = frame[[*wanted[:-1], *who, wanted[-1]]].copy()
    amount = wanted[-1]
    if not spec.class_columns:
        frame[amount] = amounts(table, amount, spec, kind, f"{name}.{amount}", path)
    low, high = plausible(spec, kind, name)
    beyond = (frame[amount] < low) | (frame[amount] > high)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        raise DataError(
            f"{name}.{amount}: {path}: row {rows[row]} holds {frame[amount].iloc[row]:g}, expected "
            f"{low:g} to {high:g} {unit_of(kind)}; correct it, or set unit, scale or plausible in [inputs.{name}]"
        )
    named = frame[who].notna().any(axis=1) if who and places is not None else None
    frame["code"] = _codes(frame["code"], rows, name, path, named)
    frame["year"] = _years(frame["year"], rows, name, path)
    keys = [c for c in wanted if c != amount]
    twice = frame.duplicated([*keys, *who] if (frame["code"] == "").any() else keys)
    if twice.any():
        first = frame[twice].iloc[0]
        raise DataError(
            f"{name}: {path}: {int(twice.sum())} rows repeat {', '.join(keys)}; first: "
            f"{', '.join(str(first[k]) for k in keys)}; keep one row each"
        )
    if not frame[amount].notna().any():
        raise DataError(f"{name}: {path} has no usable rows: none has a number in {amount}")
    unit = unit_of(kind)
    units = {"year": "yr"} | ({} if unit == ANY else {amount: unit})
    frame.attrs = {"units": units, "reading": table.reading}
    done = join_input(frame, spec, name, places, unit)
    attrs = dict(done.attrs)
    done = done[list(wanted)].dropna(subset=[amount]).sort_values(keys, ignore_index=True)
    done.attrs = attrs
    return done


def _names_a_place(column: str, frame: pd.DataFrame) -> bool:
    """Does a column of text say by its head that it names places, or what they lie in?"""
    known = str(column).strip().lower() in (*NAMES, *PARENTS)
    return known and frame[column].dtype.kind not in "biufM"


def _codes(
    column: pd.Series,
    rows: NDArray[np.int64],
    name: str,
    path: Path,
    named: pd.Series | None = None,
) -> pd.Series:
    """Codes as text; a row may lack one where its name tells the place."""
    blank = column.isna() | (column.astype("string").str.strip() == "").fillna(value=True)
    lost = blank if named is None else blank & ~named.to_numpy(bool)
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        raise DataError(
            f"{name}.code: {path}: row {rows[row]} has no code; give every row the code of its place"
        )
    codes = column.astype(object).mask(blank, "").map(plain_code).astype(object)
    cut = codes.str.fullmatch(r"\d(\.\d+)?[eE]\+?\d+")
    if cut.any():
        row = int(np.flatnonzero(cut)[0])
        raise DataError(
            f"{name}.code: {path}: row {rows[row]} holds '{codes.iloc[row]}': a spreadsheet has cut the code short; set the column to "
            "text there, type or paste the codes anew, and save"
        )
    return codes


def _years(column: pd.Series, rows: NDArray[np.int64], name: str, path: Path) -> pd.Series:
    years = column.map(year_of)
    broken = years.isna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        said = column.iloc[row]
        raise DataError(
            f"{name}.year: {path}: row {rows[row]} holds '{'nan' if said is None else said}', expected a year such as 2020"
        )
    return years.astype("int64")


def _long(
    table: SheetTable, spec: InputSpec, kind: InputKind, name: str, path: Path, who: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """One row per class from one column per class, and the row read that each comes from."""
    frame = table.frame
    key, amount = kind.gives.columns[-2:] if isinstance(kind.gives, Table) else ("class", "amount")
    labels = [ways_to_say(str(c)) for c in frame.columns]
    places = {code: place_of(c, labels) for code, c in spec.class_columns.items()}
    missing = [spec.class_columns[code] for code, at in places.items() if at is None]
    if missing:
        raise DataError(f"{name}.class_columns: no column {', '.join(missing)} in {path}")
    absent = [c for c in ("code", "year") if c not in frame.columns]
    if absent:
        raise DataError(
            f'{name}: {path} has no column {", ".join(absent)}; name them: columns = {{ {absent[0]} = "…" }}'
        )
    parts = []
    for code, at in places.items():
        column = str(frame.columns[at or 0])
        part = frame[["code", "year", *who]].copy()
        part[key] = int(code) if code.lstrip("-").isdigit() else code
        # an absent class has no area; an absent amount of anything else is unknown
        part[amount] = amounts(
            table,
            column,
            spec,
            kind,
            f"{name}.{column}",
            path,
            absent=0.0 if key == "class" else None,
        )
        part["at"] = np.arange(len(frame))
        parts.append(part)
    out = pd.concat(parts, ignore_index=True)
    together = out.groupby(["code", "year", *who, key], sort=False, dropna=False)
    # a sum of which a part is missing is missing
    sums = together[amount].agg(lambda part: part.sum(skipna=False)).reset_index()
    return sums, together["at"].first().to_numpy()
