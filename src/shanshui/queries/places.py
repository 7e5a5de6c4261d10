"""Which places the rows of a product speak of: their code, their name, their outline."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from shanshui.core.keys import keys
from shanshui.study.study import Study

NAMES = ("name", "name_zh", "name_en")
"""Columns of outlines that name a place."""
FOUND = "found here"
BY_INDEX = "unit"
"""Key column that holds the index of the outlines; any other holds their code, or their name where they have none."""


@dataclass(frozen=True)
class Places:
    """Places that one column of a table names, row by row.

    Attributes
    ----------
    column : str
        The key column.
    kind : str
        What is named, for most of the rows.
    rows : GeoDataFrame
        ``code``, names and outline of the place of each row, in the table's order; blank where it is none.
    """

    column: str
    kind: str
    rows: gpd.GeoDataFrame


class PlacedRows:
    """Rows of a product, and the places that they speak of.

    Parameters
    ----------
    study : Study
        With the product made.
    name : str
        Table or features.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        The rows with a plain index; one that has a name as a column.
    """

    def __init__(self, study: Study, name: str) -> None:
        self._study, self._name = study, name
        value = study[name]
        self.frame = value.reset_index() if value.index.name else value.reset_index(drop=True)

    @cached_property
    def by_unit(self) -> pd.DataFrame:
        """The rows with the unit as their index, where they are by unit."""
        return self.frame.set_index(BY_INDEX) if BY_INDEX in self.frame else self.frame

    @cached_property
    def places(self) -> list[Places]:
        """Places that each key column names whose kind has outlines in the study, the first column first."""
        study, name = self._study, self._name
        declared = study.plan.keys(name) if name in study.plan.steps else {}
        found = []
        for column, kinds in sorted(declared.items(), key=lambda c: c[0] != BY_INDEX):
            if column in self.frame:
                place = _places(study, name, self.frame[column], column, kinds)
                if place is not None:
                    found.append(place)
        return found

    @property
    def named(self) -> pd.DataFrame:
        """The rows with ``code, name, name_zh, name_en`` of each place beside its key column, where outlines have them and rows have not."""
        return self._joined[0]

    @property
    def joined_columns(self) -> dict[str, str]:
        """What the columns that are joined to the rows say, in words."""
        return self._joined[1]

    @property
    def outlined(self) -> gpd.GeoDataFrame | None:
        """The same with the outline of the place that each row speaks of; None where rows have no place on the ground."""
        if isinstance(self.frame, gpd.GeoDataFrame):
            return self.named
        if not self.places:
            return None
        shapes = self.places[0].rows.geometry
        return gpd.GeoDataFrame(self.named, geometry=shapes.to_numpy(), crs=shapes.crs)

    @cached_property
    def _joined(self) -> tuple[pd.DataFrame, dict[str, str]]:
        out, said = self.frame, dict[str, str]()
        for place in self.places:
            at = int(out.columns.get_indexer(pd.Index([place.column]))[0]) + 1
            for word in ("code", *NAMES):
                label = word if word not in out else f"{place.column}_{word}"
                if word not in place.rows or _told(out, place, word) or label in out:
                    continue
                out = out.copy()
                out.insert(at, label, place.rows[word])
                said[label] = f"of the {keys()[place.kind].en} in '{place.column}'"
                at += 1
        return out, said


def _places(
    study: Study, name: str, values: pd.Series, column: str, kinds: tuple[str, ...]
) -> Places | None:
    best: tuple[int, str] = (0, "")
    out: gpd.GeoDataFrame | None = None
    for kind in kinds:
        product = keys()[kind].outlines
        # outlines do not name themselves
        if not product or product == name or not study.has(product):
            continue
        rows = _matched(study[product], values, column)
        count = int(rows[FOUND].sum())
        if count > best[0]:
            best = (count, kind)
        # a column may name places of two kinds, row by row
        out = rows if out is None else _filled(out, rows)
    if out is None or best[0] == 0:
        return None
    return Places(column, best[1], out.drop(columns=FOUND))


def _filled(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of the first lookup, and of the second where the first found none."""
    both = second.reindex(columns=list(dict.fromkeys([*first.columns, *second.columns])))
    known = first[FOUND].to_numpy(bool)
    for column in first.columns:
        both[column] = first[column].where(known, both[column])
    return both


def _matched(outlines: gpd.GeoDataFrame, values: pd.Series, column: str) -> gpd.GeoDataFrame:
    """Code, names and outline of the place of each value."""
    keep = [c for c in ("code", *NAMES) if c in outlines]
    words = pd.DataFrame(outlines[keep])
    known = gpd.GeoDataFrame(words, geometry=outlines.geometry, crs=outlines.crs)
    by_index = pd.Series(known.index, known.index)
    found: gpd.GeoDataFrame | None = None
    for key in ("code", "name") if column != BY_INDEX else ():
        if key in known:
            rows = _looked_up(known, known[key], values)
            found = rows if found is None else _filled(found, rows)
    if found is None or not found[FOUND].any():
        return _looked_up(known, by_index, values)
    return found


def _looked_up(known: gpd.GeoDataFrame, key: pd.Series, values: pd.Series) -> gpd.GeoDataFrame:
    text = key.map(_text)
    named = known.set_axis(text.to_numpy(), axis=0)
    if text.duplicated().any():
        # a place of several polygons is one place
        named = known.dissolve(by=text.to_numpy(), aggfunc="first")
    wanted = values.map(_text).to_numpy()
    rows = named.reindex(wanted).set_axis(values.index, axis=0)
    rows = gpd.GeoDataFrame(rows, geometry="geometry", crs=known.crs)
    rows[FOUND] = named.index.get_indexer(wanted) >= 0
    return rows


def _text(value: object) -> str:
    """Key as text: 61 and 61.0 name one place."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _told(frame: pd.DataFrame, place: Places, word: str) -> bool:
    """Whether the rows say it already."""
    said = [c for c in (place.column, word) if c in frame]
    known = place.rows[word]
    if known.isna().all():
        return True
    return any((frame[c].map(_text) == known.map(_text))[known.notna()].all() for c in said)
