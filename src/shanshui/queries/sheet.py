"""Everything that the tables of a study say of one place: its sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.core.errors import PlanError, nearest
from shanshui.core.keys import keys
from shanshui.core.quantity import Features, Table
from shanshui.core.said import ENDING
from shanshui.core.value_words import value_word
from shanshui.core.voice import Voice, languages
from shanshui.queries.places import BY_INDEX, NAMES
from shanshui.queries.plain import jsonable, records
from shanshui.queries.spoken import spoken
from shanshui.study.study import Study

SHEETS = ("county", "planning_unit", "prefecture", "city", "river_basin", "village")
"""Kinds of places that have sheets, those that are asked for most first."""
MOST_ROWS = 40
"""Rows of one table on a sheet, where it has several for a place [D]."""
_OWN = {BY_INDEX, "code", *NAMES, "geometry"}


@dataclass(frozen=True)
class PlaceKey:
    """One place.

    Attributes
    ----------
    kind : str
        County, planning unit ...
    index : int
        Of its outline.
    code : str
        As the study has it; its index where it has none.
    names : mapping of column to str
        ``name, name_zh, name_en`` as far as it has them.
    lon, lat : float [degree]
        A point inside.
    """

    kind: str
    index: int
    code: str
    names: Mapping[str, str]
    lon: float
    lat: float

    def name(self, voice: Voice) -> str:
        """In the language of a voice; the kind and number of a place without a name."""
        told = self.names.get(voice.column(self.names, "name"), "") or self.names.get("name", "")
        return told or f"{voice.said(keys()[self.kind])} {self.code}"

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "kind": self.kind,
            "kind_name": voice.said(keys()[self.kind]),
            "code": self.code,
            "name": self.name(voice),
            "lon": self.lon,
            "lat": self.lat,
        }


@dataclass(frozen=True)
class Figure:
    """One number or word of a place.

    Attributes
    ----------
    column : str
        Of the table.
    value : float, str or None
        None where it is not known.
    unit : str
        Of a number.
    rank, of : int
        Place of a number among those that are known, the greatest first; 0 of a word.
    share_below : float [1]
        Share of them that are smaller; NaN of a word.
    """

    column: str
    value: float | str | None
    unit: str = ""
    rank: int = 0
    of: int = 0
    share_below: float = float("nan")

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON, in the words of a voice."""
        return {
            "column": self.column,
            "title": voice.word(self.column),
            "value": self.value,
            "said": voice.figure(self.value) if isinstance(self.value, float) else self.value,
            "unit": voice.unit(self.unit),
            "rank": self.rank,
            "of": self.of,
            "share_below": self.share_below,
        }


@dataclass(frozen=True)
class Said:
    """What one product says of a place.

    Attributes
    ----------
    product : str
        Table or features.
    figures : tuple of Figure
        Where it has one row for the place.
    rows : tuple of dict
        Where it has several.
    columns : mapping of str to str
        Unit of each column of these rows.
    """

    product: str
    figures: tuple[Figure, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON, in the words of a voice."""
        return {
            "product": self.product,
            "title": voice.word(self.product),
            "figures": [figure.to_dict(voice) for figure in self.figures],
            "columns": [
                {"column": c, "title": voice.word(c), "unit": voice.unit(u)}
                for c, u in self.columns.items()
            ],
            "rows": list(self.rows),
        }


@dataclass(frozen=True)
class Sheet:
    """All that is said of a place.

    Attributes
    ----------
    place : PlaceKey
        Which.
    said : tuple of Said
        In the order in which the products are made.
    """

    place: PlaceKey
    said: tuple[Said, ...]

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON, in the words of a voice."""
        found: dict[str, Any] = jsonable(
            {
                "place": self.place.to_dict(voice),
                "products": [each.to_dict(voice) for each in self.said],
            }
        )
        return found


class Sheets:
    """Sheets of the places of a study.

    Parameters
    ----------
    study : Study
        Or a scenario of it.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def kinds(self) -> tuple[str, ...]:
        """Kinds of places that the study has outlines or points of."""
        return tuple(k for k in SHEETS if self._study.has(keys()[k].outlines))

    def places(self, kind: str) -> list[PlaceKey]:
        """All places of a kind, in the order of the study.

        Raises
        ------
        PlanError
            A kind that the study has no places of.
        """
        if kind not in self.kinds():
            raise PlanError(f"places: '{kind}'; {nearest(kind, self.kinds())}")
        frame = self._study[keys()[kind].outlines]
        points = gpd.GeoSeries(frame.geometry.representative_point(), crs=frame.crs)
        if frame.crs is not None:
            points = points.to_crs(4326)
        names = [c for c in NAMES if c in frame]
        codes = frame["code"].astype(str) if "code" in frame else frame.index.astype(str)
        out = []
        for at, (index, code) in enumerate(zip(frame.index, codes, strict=True)):
            row = {c: str(frame[c].iloc[at]) for c in names if not pd.isna(frame[c].iloc[at])}
            point = points.iloc[at]
            if point is None or point.is_empty:
                continue  # a place without ground has no sheet
            out.append(
                PlaceKey(kind, int(index), str(code), row, round(point.x, 5), round(point.y, 5))
            )
        return out

    def place(self, kind: str, code: str) -> PlaceKey:
        """One place by its code, by its name or by the number of its outline.

        Raises
        ------
        PlanError
            There is none, with the nearest.
        """
        known = self.places(kind)
        for place in known:
            if code == place.code:
                return place
        for place in known:
            if code in place.names.values() or code == str(place.index):
                return place
        words = {w for p in known for w in (p.code, *p.names.values())}
        raise PlanError(f"{kind}: no '{code}'; {nearest(code, words)}")

    def around(self, lon: float, lat: float) -> list[PlaceKey]:
        """Places of each kind that a point lies in.

        Parameters
        ----------
        lon, lat : float [degree]
            WGS 84.
        """
        point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326)
        out = []
        for kind in self.kinds():
            frame = self._study[keys()[kind].outlines]
            own = point.to_crs(frame.crs) if frame.crs is not None else point
            held = frame.index[frame.sindex.query(own.iloc[0], predicate="intersects")]
            if len(held):
                out += [p for p in self.places(kind) if p.index == int(held[0])]
        return out

    def sheet(self, kind: str, code: str, voice: Voice) -> Sheet:
        """All that the tables of the study say of a place.

        Parameters
        ----------
        kind, code : str
            Which place.
        voice : Voice
            Whose words texts are said in.

        Raises
        ------
        PlanError
            There is no such place.
        """
        place = self.place(kind, code)
        said = []
        for name in self._study.plan.steps:
            told = self._said(name, place, voice)
            if told is not None:
                said.append(told)
        return Sheet(place, tuple(said))

    def _said(self, name: str, place: PlaceKey, voice: Voice) -> Said | None:
        study = self._study
        column = self._key(name, place.kind)
        if column is None or not study.has(name):
            return None
        frame = study[name]
        if frame.index.name == column or (column == BY_INDEX and column not in frame):
            keyed = pd.Series(frame.index, frame.index)
        elif column in frame:
            keyed = frame[column]
        else:
            return None
        wanted = {str(place.index)} if column == BY_INDEX else {place.code, *place.names.values()}
        mine = keyed.map(_text).isin(wanted).to_numpy()
        if not mine.any():
            return None
        declared = study.record(name).facts.get("columns", {})
        units = {str(c): str(f.get("units", "")) for c, f in declared.items()}
        if mine.sum() == 1:
            return Said(name, _figures(frame, mine, column, units, voice))
        rows = spoken(frame[mine].head(MOST_ROWS), voice)
        kept = [c for c in rows.columns if c != column and _shown(str(c), frame)]
        told = {str(c): rows[voice.column(frame, str(c))] for c in kept}
        plain = [
            {c: value_word(c, v, voice) if isinstance(v, str) else v for c, v in row.items()}
            for row in records(pd.DataFrame(told))
        ]
        return Said(name, (), tuple(plain), {str(c): units.get(str(c), "") for c in kept})

    def _key(self, name: str, kind: str) -> str | None:
        """Column of a product that names places of a kind; None where it has none, or where it is their outlines."""
        plan = self._study.plan
        if not isinstance(plan.kind(name), Table | Features):
            return None
        if name == keys()[kind].outlines:
            return BY_INDEX
        return next((c for c, kinds in plan.keys(name).items() if kind in kinds), None)


def _figures(
    frame: pd.DataFrame, mine: np.ndarray, column: str, units: Mapping[str, str], voice: Voice
) -> tuple[Figure, ...]:
    row = spoken(frame[mine], voice)
    out = []
    for name in row.columns:
        if name == column or not _shown(str(name), frame):
            continue
        value = row[voice.column(frame, str(name))].iloc[0]
        if frame[name].dtype.kind in "iufb":
            number = float(value)
            known = np.asarray(frame[name], np.float64)
            known = known[np.isfinite(known)]
            if not np.isfinite(number):
                out.append(Figure(str(name), None, units.get(str(name), "")))
                continue
            out.append(
                Figure(
                    str(name),
                    number,
                    units.get(str(name), ""),
                    1 + int((known > number).sum()),
                    len(known),
                    float((known < number).mean()),
                )
            )
        else:
            # a blank text says nothing
            if not pd.isna(value) and str(value):
                out.append(Figure(str(name), value_word(str(name), str(value), voice)))
    return tuple(out)


def _shown(column: str, frame: pd.DataFrame) -> bool:
    """Whether a column says something that no other says: no key, no name, no other language or code of one that is there."""
    if column in _OWN or column.endswith(ENDING):
        return False
    plain, _, last = column.rpartition("_")
    return not (plain in frame and (last == "code" or last in languages()))


def _text(value: object) -> str:
    """Key as text: 61 and 61.0 name one place."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
