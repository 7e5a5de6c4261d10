"""Places that tables are joined to: their codes, names, parents and weights."""

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.errors import DataError
from shanshui.region.place_codes import CodeSystem, clean_code, spellings
from shanshui.region.place_names import Names, name_stem, plain_name

_NAMES = ("name", "name_zh", "name_en", "name_local", "名称")
_FILLED = 0.97
"""Share of a division's area that its places must fill to be all there are [D]."""
Weight = str | Mapping[str, float] | pd.Series | None


class PlaceBook:
    """Places by code and by name.

    Parameters
    ----------
    places : DataFrame or GeoDataFrame
        ``code``; ``name, name_zh, parent, level, area_km2, inside`` and geometry if known. Rows whose ``inside`` is not
        true have an outline, but not in the study.
    weight : str, mapping or Series, optional
        Weight of a place in a split: ``area``, a column of the places, or values by code. By default the area, where it
        is known.
    what : str
        Table that is to be joined, for messages.

    Raises
    ------
    DataError
        No codes, a code that stands twice, no such column of weights.
    """

    def __init__(self, places: pd.DataFrame, weight: Weight, what: str) -> None:
        if "code" not in places:
            raise DataError(
                f"{what}: the places have no column code; found {', '.join(map(str, places.columns))[:200]}"
            )
        count = len(places)
        self.code = [clean_code(c) for c in places["code"]]
        self.inside = _truth(places, count)
        self.level = _texts(places, "level", count)
        self.name = [next((n for n in each if n), "") for each in _all_names(places, count)]
        self.parent = _texts(places, "parent", count)
        self.at: dict[str, list[int]] = {}
        for place, code in enumerate(self.code):
            known = self.at.setdefault(code, [])
            same = [k for k in known if self.level[k] == self.level[place] and self.inside[k]]
            if same and self.inside[place]:
                raise DataError(f"{what}: the code {code} stands twice among the places; keep one")
            known.append(place)
        self.system = CodeSystem.of(())
        self._open: set[str] = set()
        self.lengths = {len(c) for c in self.at}
        self.names = Names()
        for place, each in enumerate(_all_names(places, count)):
            self.names.add(place, each)
        self.first_level = ""
        self._weights = _weights(places, self.code, weight, what)
        self.areas = _weights(places, self.code, "area", what, strict=False)
        self.parents = [self._parents(k) for k in range(count)]
        self.known_parents = set().union(*self.parents) if count else set()

    def prefer(self, codes: list[str], names: list[str]) -> None:
        """Choose the level that most rows mean: codes decide, names where no code is a place's."""
        self._choose_level(codes, names)
        # what lies in which place is told by places of one level: a county is no lost part of its prefecture
        mine = zip(self.code, self.inside, self.level, strict=True)
        self.system = CodeSystem.of(c for c, inside, v in mine if inside and v == self.first_level)
        self._open = self._open_holders()

    def standing(self, code: str, name: str = "") -> str:
        """What a code without a place is; see :meth:`CodeSystem.standing`.

        A code whose division has places here is lost only where their outlines fill that division: where the file of
        outlines ends within it, the place lies beyond.
        """
        found = self.system.standing(code, name)
        if found == "unmatched" and self.system.holder(code) in self._open:
            return "elsewhere"
        return found

    def _open_holders(self) -> set[str]:
        """Divisions with an outline of their own that the outlines of their places do not fill."""
        if self.system.system != "gb":
            return set()
        filled: dict[str, float] = {}
        for code, level in zip(self.code, self.level, strict=True):
            if level == self.first_level and (holder := self.system.holder(code)):
                filled[holder] = filled.get(holder, 0.0) + self.areas.get(code, 0.0)
        whole = {h: self.areas.get(h.ljust(6, "0"), 0.0) for h in filled if h.isdigit()}
        return {h for h, area in whole.items() if filled[h] < _FILLED * area}

    def _choose_level(self, codes: list[str], names: list[str]) -> None:
        levels = {v for v, inside in zip(self.level, self.inside, strict=True) if inside}
        if len(levels) < 2:
            self.first_level = "".join(levels)
            return
        count = dict.fromkeys(sorted(levels), 0)
        for code in codes:
            for k in self.at.get(code, ()):
                count[self.level[k]] += bool(self.inside[k])
        for book, spelt in ((self.names.full, plain_name), (self.names.stems, name_stem)):
            for name in names if not any(count.values()) else ():
                for k in book.get(spelt(name), ()):
                    count[self.level[k]] += bool(self.inside[k])
        self.first_level = max(count, key=lambda v: count[v])

    def of_code(self, code: str) -> int | None:
        """Place of a code, those of the study and of the preferred level first."""
        known = self.at.get(code)
        if not known:
            return None
        return min(known, key=lambda k: (not self.inside[k], self.level[k] != self.first_level))

    def of_spelling(self, code: str) -> int | None:
        """Place of a code that is written otherwise."""
        for other in spellings(code, self.lengths):
            if (found := self.of_code(other)) is not None:
                return found
        return None

    def of_part(self, code: str) -> int | None:
        """Place that a village or town lies in by the beginning of its code."""
        if self.system.system != "gb" or not code.isdigit() or len(code) not in (9, 12):
            return None
        return self.of_code(code[:6])

    def weight_of(self, code: str) -> float | None:
        """Weight of a place in a split; None where it is not known."""
        return self._weights.get(code)

    def scopes(self, code: str, parent: str, *, use_parent: bool) -> list[Callable[[int], bool]]:
        """Where a name may be looked for, the nearest first."""
        words = {plain_name(parent), name_stem(parent), clean_code(parent)} - {""}
        first: list[Callable[[int], bool]] = []
        if words and use_parent:
            first = [lambda k: bool(self.parents[k] & words)]
        elif holder := self.system.holder(code):
            province, depth = self.system.province(code), self.system.depth(code)
            # a county does not become a prefecture
            first = [
                lambda k: (
                    self.system.depth(self.code[k]) == depth
                    and self.system.holder(self.code[k]) == holder
                ),
                lambda k: (
                    self.system.depth(self.code[k]) == depth
                    and self.system.province(self.code[k]) == province
                ),
            ]
        else:
            first = [lambda k: True]
        if not self.first_level:
            return first
        level = self.first_level

        def at_level(scope: Callable[[int], bool]) -> Callable[[int], bool]:
            return lambda k: self.level[k] in (level, "") and scope(k)

        return [*map(at_level, first), *first]

    def _parents(self, place: int) -> set[str]:
        """Words by which a table may call what a place lies in."""
        code, words = self.code[place], {self.parent[place]}
        if len(code) == 6 and code.isdigit():
            for above in {code[:4] + "00", code[:2] + "0000"} - {code}:
                words |= {self.name[k] for k in self.at.get(above, ())} | {above}
        if self.parent[place] in self.at:
            words |= {self.name[k] for k in self.at[self.parent[place]]}
        out = {w for word in words if word for w in (plain_name(word), name_stem(word))}
        return out | {clean_code(word) for word in words if word}


def _truth(places: pd.DataFrame, count: int) -> np.ndarray:
    if "inside" not in places:
        return np.ones(count, bool)
    return np.asarray([bool(v) and v == v for v in places["inside"]])


def _texts(places: pd.DataFrame, column: str, count: int) -> list[str]:
    if column not in places:
        return [""] * count
    return ["" if v is None or v != v else str(v).strip() for v in places[column]]


def _all_names(places: pd.DataFrame, count: int) -> list[tuple[str, ...]]:
    columns = [_texts(places, c, count) for c in _NAMES if c in places]
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _weights(
    places: pd.DataFrame, codes: list[str], weight: Weight, what: str, *, strict: bool = True
) -> dict[str, float]:
    values: Any
    if isinstance(weight, Mapping):
        return {clean_code(k): float(v) for k, v in weight.items()}
    if isinstance(weight, pd.Series):
        return {clean_code(k): float(v) for k, v in weight.items() if v == v}
    if weight is None or weight == "area":
        if "area_km2" in places:
            values = places["area_km2"]
        elif isinstance(places, gpd.GeoDataFrame) and not getattr(
            places.crs, "is_geographic", False
        ):
            values = places.geometry.area
        else:
            if weight == "area" and strict:
                raise DataError(
                    f"{what}: weight = area, but the places have neither area_km2 nor geometry in metres; give the areas"
                )
            return {}
    elif weight in places:
        values = places[weight]
    else:
        raise DataError(
            f"{what}: weight = {weight}, but neither the places nor the table have such a column; found "
            f"{', '.join(map(str, places.columns))[:200]}"
        )
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)
    return {c: float(v) for c, v in zip(codes, numbers, strict=True) if v == v and v >= 0}
