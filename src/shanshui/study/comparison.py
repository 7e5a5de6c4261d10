"""Two scenarios of a study compared: what differs, where, by how much, who gains and who loses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import PlanError
from shanshui.core.quantity import Features, Grid, Layers, Table
from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_of
from shanshui.study.sections import BASE
from shanshui.study.study import Study

ZONES = {
    "unit": ("planning_units",),
    "county": ("counties",),
    "prefecture": ("prefectures",),
    "province": ("provinces",),
    "basin": ("basins_1",),
}
"""Products whose outlines are the places of each kind; the first that is made."""
BY_AREA = {"km2": 1.0, "ha": 100.0, "m2": 1e6}
"""Units of area under a line of fraction, in a square kilometre: amounts by them are summed over ground."""
SUMMED = (
    "yuan",
    "person",
    "job",
    "household",
    "t",
    "kg",
    "g",
    "m3",
    "km2",
    "ha",
    "m2",
    "km",
    "kWh",
    "MWh",
    "GWh",
    "TWh",
    "MJ",
    "GJ",
    "J",
)
"""Units, of a year or at large, of which the rows of a table may be summed; heights, shares and prices may not."""
HEADLINES = ("total", "value", "amount", "area_km2", "share", "score")
"""Columns by which a table is told in one figure, the first that it has; else its first number that differs."""
SAME_CLASS, DIFFERS, ENTERS, LEAVES, UNKNOWN = 0, 1, 2, 3, 255
"""Codes of the difference of two maps of classes."""
BY_INDEX = "unit"
"""Key column that holds the index of the outlines."""
SAME = 1e-12
"""Relative difference below which two numbers are told as equal [D]: sums in another order."""


@dataclass(frozen=True)
class Comparison:
    """One product in two scenarios.

    Attributes
    ----------
    product : str
        What is compared.
    one, other : str
        Scenarios: from the first to the second.
    kind : str
        ``grid``, ``classes``, ``layers``, ``table``, ``features`` or ``number``.
    unit : str
        Of the headline.
    column : str
        Column of a table that the headline is about; blank for others.
    before, after : float
        Headline, of the cells of the region only: the sum of an amount by area, the mean of another grid, the share of changed ground of classes
        (after), the
        row of totals or the sum of a table, the count of features. NaN where it cannot be told.
    rows : DataFrame
        Key columns, ``column, unit, before, after, change, change_share`` of a table; ``from, to, cells, area_km2`` of classes.
    places : DataFrame
        ``level, code, name, name_zh, area_km2, before, after, change, change_share`` by unit, county, prefecture, province and basin.
    cells : DataArray or None
        Difference of a grid, second less first; of classes 0 the same, 1 differs, 2 comes in, 3 goes out (of maps that say
        only in or out).
    changed : int
        Cells, rows or features that differ.
    compared : int
        Cells, rows or features that both know.
    only_one : int
        Cells, rows or features that one of them knows only.
    mean : (float, float)
        Of a grid that is no classes: mean of the cells that both know, in the unit of ``cells``.
    year : int
        Last year of a table of several, of which headline and places are; 0 for others.
    """

    product: str
    one: str
    other: str
    kind: str
    unit: str
    column: str
    before: float
    after: float
    rows: pd.DataFrame
    places: pd.DataFrame
    cells: xr.DataArray | None
    changed: int
    compared: int
    only_one: int
    mean: tuple[float, float] = (np.nan, np.nan)
    year: int = 0

    @property
    def change(self) -> float:
        """Second less first."""
        return self.after - self.before

    @property
    def change_share(self) -> float:
        """Change by what the first has; NaN where that is 0."""
        return _share(self.before, self.after)

    def gains(self, level: str, count: int = 3) -> pd.DataFrame:
        """Places of a level that gain most, the greatest change first."""
        return self._ends(level, count, ascending=False)

    def losses(self, level: str, count: int = 3) -> pd.DataFrame:
        """Places of a level that lose most."""
        return self._ends(level, count, ascending=True)

    def _ends(self, level: str, count: int, *, ascending: bool) -> pd.DataFrame:
        if self.places.empty:
            return self.places
        here = self.places[self.places["level"] == level]
        here = here[here["change"] < 0 if ascending else here["change"] > 0]
        return here.sort_values(["change", "code"], ascending=[ascending, True]).head(count)


@dataclass(frozen=True)
class Zones:
    """Places of each level, with the share of each cell in each: made once for any number of comparisons.

    Attributes
    ----------
    frames : mapping of level to GeoDataFrame
        Outlines.
    covers : mapping of level to Cover
        Cells of them.
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    covers: Mapping[str, Cover]

    @classmethod
    def of(cls, study: Study) -> "Zones":
        """Places that a study has made."""
        frames = _zones(study)
        if not frames:
            return cls({}, {})
        inside = study["region_mask"].values == 1
        return cls(frames, {k: cover_of(v, study.grid).along(inside) for k, v in frames.items()})

    @classmethod
    def none(cls) -> "Zones":
        """No places: only the figures of the region are told."""
        return cls({}, {})


def compare(
    study: Study,
    one: str,
    other: str,
    product: str,
    column: str = "",
    *,
    zones: Zones | None = None,
) -> Comparison:
    """Compare a product in two scenarios.

    Parameters
    ----------
    study : Study
        With both made.
    one, other : str
        Scenarios; ``base`` is the study itself.
    product : str
        What to compare.
    column : str
        Column of a table that the headline and the places are about; by default the one that tells most.
    zones : Zones, optional
        Places to tell it by; those of the first scenario by default.

    Returns
    -------
    Comparison
        From the first to the second.

    Raises
    ------
    PlanError
        A product that one of them has not made, or that is another kind of thing in the other.
    """
    a, b = study.scenario(one), study.scenario(other)
    for view in (a, b):
        if not view.has(product):
            view.record(product)  # says why
        if not view.fresh(product):
            raise PlanError(
                f"{product} of {view.told or BASE}: {view.stale_reason(product) or 'is not up to date'}; run it: "
                f"shanshui run {study.layout.folder} {product}{view.flags}"
            )
    kinds = [view.plan.kind(product) for view in (a, b)]
    if type(kinds[0]) is not type(kinds[1]):
        raise PlanError(
            f"{product}: is a {type(kinds[0]).__name__} in {one} and a {type(kinds[1]).__name__} in {other}"
        )
    names = (product, one, other)
    zones = Zones.of(a) if zones is None else zones
    if isinstance(kinds[0], Grid):
        return _grids(a, b, names, zones)
    if isinstance(kinds[0], Table):
        return _tables(a, b, names, column, zones)
    if isinstance(kinds[0], Features):
        return _features(a, b, names)
    if isinstance(kinds[0], Layers):
        return _layers(a, b, names)
    before, after = float(a[product]), float(b[product])
    return Comparison(
        *names, "number", kinds[0].unit, "", before, after, pd.DataFrame(), pd.DataFrame(), None, int(before != after), 1, 0
    )  # fmt: skip


def _share(before: float, after: float) -> float:
    return (after - before) / abs(before) if before else np.nan


def _grids(a: Study, b: Study, names: tuple[str, str, str], zones: Zones) -> Comparison:
    product = names[0]
    one, other = a[product], b[product]
    grid = grid_of(one)
    if one.values.dtype.kind in "iub":
        return _classes(a, one, other, names, zones)
    unit = str(one.attrs["units"])
    inside = _inside(a, one)
    known = inside & np.isfinite(one.values) & np.isfinite(other.values)
    only = int(np.count_nonzero(inside & (np.isfinite(one.values) ^ np.isfinite(other.values))))
    gap = np.where(known, other.values - one.values, np.float32(np.nan))
    area = _area_unit(unit)
    factor = grid.cell_km2 * BY_AREA[area] if area else 0.0
    pair = [like(one, np.where(known, x.values, np.nan), unit) for x in (one, other)]
    sums = [float(np.nansum(x.values, dtype=np.float64)) for x in pair]
    count = int(np.count_nonzero(known))
    means = (sums[0] / count, sums[1] / count) if count else (np.nan, np.nan)
    before, after = (sums[0] * factor, sums[1] * factor) if area else means
    told = _without_area(unit, area) if area else unit
    return Comparison(
        *names,
        "grid",
        told,
        "",
        before,
        after,
        pd.DataFrame(),
        _by_place(zones, pair[0], pair[1], factor),
        like(one, gap.astype(np.float32), unit),
        int(np.count_nonzero(np.nan_to_num(gap) != 0)),
        count,
        only,
        means,
    )


def _layers(a: Study, b: Study, names: tuple[str, str, str]) -> Comparison:
    """Several grids: the mean of each that both have, over the cells that both know."""
    one, other = a[names[0]], b[names[0]]
    rows = []
    inside = _inside(a, next(iter(one.data_vars.values())))
    changed = compared = only = 0
    for layer in [str(n) for n in one.data_vars if n in other.data_vars]:
        x, y = one[layer], other[layer]
        known = inside & np.isfinite(x.values) & np.isfinite(y.values)
        differs = int(np.count_nonzero(x.values[known] != y.values[known]))
        before, after = (
            float(g.values[known].mean(dtype=np.float64)) if known.any() else np.nan for g in (x, y)
        )
        unit = str(x.attrs.get("units", ""))
        rows.append((layer, "mean", unit, before, after, after - before, _share(before, after)))
        changed += differs
        compared += int(np.count_nonzero(known))
        only += int(np.count_nonzero(inside & (np.isfinite(x.values) ^ np.isfinite(y.values))))
    heads = ["layer", "column", "unit", "before", "after", "change", "change_share"]
    frame = pd.DataFrame(rows, columns=heads)
    nothing = (np.nan, np.nan)
    return Comparison(
        *names, "layers", "", "mean", *nothing, frame, pd.DataFrame(), None, changed, compared, only
    )


def _inside(study: Study, grid: xr.DataArray) -> NDArray[np.bool_]:
    """Cells of the region; all where the study has not made it."""
    if not study.has("region_mask"):
        return np.ones(grid.shape, bool)
    return np.asarray(study["region_mask"].values == 1)


def _area_unit(unit: str) -> str:
    """Area under the line of a unit such as ``t/ha/yr``; blank where it has none."""
    under = unit.split("/")[1:]
    return next((word for word in under if word in BY_AREA), "")


def _without_area(unit: str, area: str) -> str:
    return unit.replace(f"/{area}", "", 1)


def _by_place(zones: Zones, one: xr.DataArray, other: xr.DataArray, factor: float) -> pd.DataFrame:
    """Both grids in each place: sums of an amount by area, else means; cells along the region's outline belong to it whole."""
    parts = []
    for level, frame in zones.frames.items():
        cover = zones.covers[level]
        sums = [cover.sums(grid) for grid in (one, other)]
        cells = sums[0].cells
        with np.errstate(invalid="ignore", divide="ignore"):
            values = [
                np.where(cells > 0, s.total * factor if factor else s.total / cells, np.nan)
                for s in sums
            ]
        parts.append(_placed(level, frame, values, cells * grid_of(one).cell_km2))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _zones(study: Study) -> dict[str, gpd.GeoDataFrame]:
    if not study.has("region_mask"):
        return {}
    found = {
        level: next((study[name] for name in products if study.has(name)), None)
        for level, products in ZONES.items()
    }
    return {level: frame for level, frame in found.items() if frame is not None and len(frame)}


def _placed(
    level: str, frame: gpd.GeoDataFrame, values: list[Any], area_km2: Any = np.nan
) -> pd.DataFrame:
    before, after = (np.asarray(v, np.float64) for v in values)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(before != 0, (after - before) / np.abs(before), np.nan)
    code = frame["code"] if "code" in frame else pd.Series(frame.index, frame.index)
    name = frame.get("name", code)
    name_zh = frame.get("name_zh", name)
    return pd.DataFrame(
        {
            "level": level,
            "code": code.astype(str).to_numpy(),
            "name": name.fillna("").astype(str).to_numpy(),
            "name_zh": name_zh.fillna("").astype(str).to_numpy(),
            "area_km2": area_km2,
            "before": before,
            "after": after,
            "change": after - before,
            "change_share": share,
        }
    )


def _classes(
    a: Study,
    one: xr.DataArray,
    other: xr.DataArray,
    names: tuple[str, str, str],
    zones: Zones,
) -> Comparison:
    """Maps of classes: ground that goes from each class to each other."""
    missing = [x.attrs.get("nodata") for x in (one, other)]
    known = _inside(a, one)
    only = np.zeros(one.shape, bool)
    for x, code in zip((one, other), missing, strict=True):
        if code is not None:
            only ^= x.values != code
            known &= x.values != code
    only &= _inside(a, one)
    differs = known & (one.values != other.values)
    area = grid_of(one).cell_km2
    pairs = pd.DataFrame({"from": one.values[differs], "to": other.values[differs]})
    rows = (
        pairs.value_counts()
        .rename("cells")
        .reset_index()
        .sort_values(["cells", "from", "to"], ascending=[False, True, True])
    )
    rows["area_km2"] = rows["cells"] * area
    share = like(one, np.where(known, differs, np.nan).astype(np.float32), "1")
    same = like(one, np.where(known, 0.0, np.nan).astype(np.float32), "1")
    count = int(np.count_nonzero(known))
    changed = int(np.count_nonzero(differs))
    return Comparison(
        *names,
        "classes",
        "1",
        "",
        0.0,
        changed / count if count else np.nan,
        rows.reset_index(drop=True),
        _by_place(zones, same, share, 0.0),
        like(one, _marked(one.values, other.values, known), "1", nodata=UNKNOWN),
        changed,
        count,
        int(np.count_nonzero(only)),
    )


def _marked(one: Any, other: Any, known: Any) -> Any:
    """Where classes are the same or differ; of maps that only say in or out, what comes in and what goes."""
    out = np.where(one == other, SAME_CLASS, DIFFERS).astype(np.uint8)
    if {*np.unique(one[known]), *np.unique(other[known])} <= {0, 1}:
        out[other > one] = ENTERS
        out[other < one] = LEAVES
    out[~known] = UNKNOWN
    return out


def _tables(
    a: Study, b: Study, names: tuple[str, str, str], column: str, zones: Zones
) -> Comparison:
    product = names[0]
    frames = [_plain(view[product]) for view in (a, b)]
    units = {**(a[product].attrs.get("units") or {}), **(b[product].attrs.get("units") or {})}
    keys = _keys(frames)
    rows = _long(frames, keys, units)
    known = rows[rows["before"].notna() & rows["after"].notna()]
    differs = known[_differ(known["before"], known["after"])]
    column = _headline(rows, differs, column, product)
    told = rows[rows["column"] == column]
    year = _last_year(told, keys)
    before, after, unit = _figure(told[told["year"] == year] if year else told, keys)
    return Comparison(
        *names,
        "table",
        unit,
        column,
        before,
        after,
        rows,
        _table_places(a, b, product, column, zones),
        None,
        len(differs),
        len(known),
        int((rows["before"].notna() ^ rows["after"].notna()).sum()),
        year=year,
    )


def _last_year(rows: pd.DataFrame, keys: list[str]) -> int:
    """Last of several years of a table, whose sum would count every place as often; 0 where there is one or none."""
    if "year" not in keys or rows["year"].nunique() < 2:
        return 0
    return int(rows["year"].max())


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=frame.index.name is None)


def _keys(frames: list[pd.DataFrame]) -> list[str]:
    """Fewest columns from the left, of words or whole numbers, that tell the rows of both apart."""
    shared = [c for c in frames[0].columns if c in frames[1].columns]
    may = [c for c in shared if not pd.api.types.is_float_dtype(frames[0][c])]
    for last in range(1, len(may) + 1):
        if not any(frame.duplicated(may[:last]).any() for frame in frames):
            return may[:last]
    return []


def _long(frames: list[pd.DataFrame], keys: list[str], units: dict[str, Any]) -> pd.DataFrame:
    """One row for each number of each row."""
    numbers = [
        c
        for c in frames[0].columns
        if c in frames[1].columns
        and c not in keys
        and all(
            pd.api.types.is_numeric_dtype(f[c]) and not pd.api.types.is_bool_dtype(f[c])
            for f in frames
        )
    ]
    if not keys:  # rows that nothing tells apart stand as they are numbered
        frames = [f.assign(row=range(1, len(f) + 1)) for f in frames]
        keys.append("row")
    long = [
        f.melt(id_vars=keys, value_vars=numbers, var_name="column", value_name=side)
        for f, side in zip(frames, ("before", "after"), strict=True)
    ]
    out = long[0].merge(long[1], on=[*keys, "column"], how="outer", sort=False)
    for side in ("before", "after"):
        out[side] = pd.to_numeric(out[side]).astype(np.float64)
    out["unit"] = [str(units.get(c, "")) for c in out["column"]]
    if "unit" in frames[0].columns and "unit" not in keys and not units.get("value"):
        said = frames[0].drop_duplicates(keys).set_index(keys)["unit"]
        out["unit"] = [
            u or str(said.get(k, "")) for u, k in zip(out["unit"], _tuples(out, keys), strict=True)
        ]
    out["change"] = out["after"] - out["before"]
    with np.errstate(invalid="ignore", divide="ignore"):
        out["change_share"] = np.where(
            out["before"] != 0, out["change"] / out["before"].abs(), np.nan
        )
    return out[[*keys, "column", "unit", "before", "after", "change", "change_share"]]


def _tuples(frame: pd.DataFrame, keys: list[str]) -> list[Any]:
    return (
        list(frame[keys[0]])
        if len(keys) == 1
        else list(frame[keys].itertuples(index=False, name=None))
    )


def _differ(before: pd.Series, after: pd.Series) -> pd.Series:
    return (after - before).abs() > SAME * np.maximum(before.abs(), after.abs())


def _headline(rows: pd.DataFrame, differs: pd.DataFrame, column: str, product: str) -> str:
    there = list(dict.fromkeys(map(str, rows["column"])))
    if column:
        if column not in there:
            raise PlanError(
                f"{product}: no column of numbers '{column}'; it has {', '.join(there)}"
            )
        return column
    changed = set(differs["column"])
    for pool in ([c for c in there if c in changed], there):
        for word in HEADLINES:
            if word in pool:
                return word
        if pool:
            return pool[0]
    return ""


def _figure(rows: pd.DataFrame, keys: list[str]) -> tuple[float, float, str]:
    """Row of totals if there is one, else the only row or the sum of amounts; NaN for shares and the like."""
    units = [u for u in dict.fromkeys(rows["unit"]) if u]
    unit = units[0] if len(units) == 1 else ""
    if rows.empty:
        return np.nan, np.nan, unit
    total = rows[(rows[keys].astype(str) == "total").any(axis=1)]
    if len(total):
        first = total.iloc[0]
        return float(first["before"]), float(first["after"]), str(first["unit"])
    if len(rows) == 1:
        return float(rows["before"].iloc[0]), float(rows["after"].iloc[0]), unit
    if unit.removesuffix("/yr").rpartition(" ")[2] not in SUMMED:
        return np.nan, np.nan, unit
    both = rows[rows["before"].notna() & rows["after"].notna()]
    return float(both["before"].sum()), float(both["after"].sum()), unit


LEVEL_OF = {
    "planning_unit": "unit",
    "county": "county",
    "prefecture": "prefecture",
    "province": "province",
    "river_basin": "basin",
}


def _table_places(a: Study, b: Study, product: str, column: str, zones: Zones) -> pd.DataFrame:
    """The column by place: of the table itself where its rows are places, and of its sisters by unit, county and prefecture."""
    stem = product
    for level in ZONES:
        stem = stem.removeprefix(f"{level}_")
    if not zones.frames:
        return pd.DataFrame()
    names = dict.fromkeys([product, *(f"{level}_{stem}" for level in ZONES)])
    parts: dict[str, pd.DataFrame] = {}
    for name in names:
        if not (a.has(name) and b.has(name) and b.fresh(name) and a.fresh(name)):
            continue
        level = next((LEVEL_OF[k] for k in a.plan.key(name) if k in LEVEL_OF), "")
        if level and level not in parts:
            found = _one_level(a, b, name, level, column, zones)
            if found is not None:
                parts[level] = found
    order = [parts[level] for level in ZONES if level in parts]
    return pd.concat(order, ignore_index=True) if order else pd.DataFrame()


def _one_level(
    a: Study, b: Study, name: str, level: str, column: str, zones: Zones
) -> pd.DataFrame | None:
    one, other = (_of_last_year(_plain(view[name])) for view in (a, b))
    key = next(iter(a.plan.keys(name)), "")
    if key not in one or key not in other:
        return None
    words = [w for w in (column, *HEADLINES) if w in one and w in other]
    words = [w for w in words if pd.api.types.is_numeric_dtype(one[w])]
    if not words or one[key].duplicated().any() or other[key].duplicated().any():
        return None
    both = one[[key, words[0]]].merge(other[[key, words[0]]], on=key, suffixes=("_1", "_2"))
    named = _place_names(zones.frames.get(level), key)
    label = both[key].astype(str)
    frame = pd.DataFrame([named.get(k, {"code": k, "name": k, "name_zh": k}) for k in label])
    area = one.set_index(key)["area_km2"] if "area_km2" in one else None
    areas = np.nan if area is None else both[key].map(area).to_numpy()
    return _placed(
        level, gpd.GeoDataFrame(frame), [both[f"{words[0]}_1"], both[f"{words[0]}_2"]], areas
    )


def _of_last_year(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["year"] == frame["year"].max()] if "year" in frame else frame


def _place_names(zones: gpd.GeoDataFrame | None, key: str) -> dict[str, dict[str, str]]:
    """Code and names of each place by what a key column calls it: the index of the outlines under ``unit``, else their code."""
    if zones is None:
        return {}
    index = pd.Series(zones.index, zones.index).astype(str)
    code = zones["code"].astype(str) if "code" in zones else index
    called = index if key == BY_INDEX else code
    words = pd.DataFrame({"code": code})
    words["name"] = zones["name"].fillna("").astype(str) if "name" in zones else code
    words["name_zh"] = (
        zones["name_zh"].fillna("").astype(str) if "name_zh" in zones else words["name"]
    )
    return dict(zip(called, words.to_dict("records"), strict=True))


def _features(a: Study, b: Study, names: tuple[str, str, str]) -> Comparison:
    """Features: how many, how long, how large."""
    frames = [view[names[0]] for view in (a, b)]
    figures = [
        {
            "count": (float(len(f)), "1"),
            "length_km": (float(f.geometry.length.sum()) / 1e3, "km"),
            "area_km2": (float(f.geometry.area.sum()) / 1e6, "km2"),
        }
        for f in frames
    ]
    rows = pd.DataFrame(
        [
            {
                "column": word,
                "unit": unit,
                "before": value,
                "after": figures[1][word][0],
                "change": figures[1][word][0] - value,
                "change_share": _share(value, figures[1][word][0]),
            }
            for word, (value, unit) in figures[0].items()
        ]
    )
    marks = [set(f.geometry.to_wkb()) for f in frames]
    shared = len(marks[0] & marks[1])
    return Comparison(
        *names,
        "features",
        "1",
        "count",
        float(len(frames[0])),
        float(len(frames[1])),
        rows,
        pd.DataFrame(),
        None,
        len(marks[0] ^ marks[1]),
        shared,
        len(marks[0] ^ marks[1]),
    )


def differing(study: Study, one: str, other: str) -> list[str]:
    """Products that both scenarios have made and that differ between them.

    Parameters
    ----------
    study : Study
        Whose.
    one, other : str
        Scenarios.
    """
    a, b = study.scenario(one), study.scenario(other)
    return [
        name
        for name in a.states()
        if a.has(name)
        and b.has(name)
        and a.fresh(name)
        and b.fresh(name)
        and a.record(name).digest != b.record(name).digest
    ]
