"""Which place each place of a table is: by code, another spelling, a crosswalk, or its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shanshui.core.errors import DataError
from shanshui.region.crosswalk import Crosswalk
from shanshui.region.place_book import PlaceBook
from shanshui.region.place_codes import clean_code
from shanshui.region.place_names import Names, name_stem, plain_name

_ALIAS = ("alias", "other", "from", "old", "name_old", "别名", "曾用名", "简称", "原名")
_MEANT = ("code", "to", "place", "name", "new", "代码", "名称", "现名")


@dataclass(frozen=True)
class Found:
    """What a place of the table is.

    Attributes
    ----------
    way : str
        As in :data:`shanshui.region.join_account.WAYS`.
    parts : tuple of (int, float)
        Places and shares; none where it has none in the study.
    why : str
        Why it has none.
    rest : float [1]
        Share that goes to places elsewhere.
    """

    way: str
    parts: tuple[tuple[int, float], ...] = ()
    why: str = ""
    rest: float = 0.0


class Matching:
    """Finds places.

    Parameters
    ----------
    book : PlaceBook
        The places.
    crosswalk : Crosswalk
        What became what.
    names : DataFrame or mapping, optional
        Other names, and the code or name that each means.
    what : str
        Table, for messages.
    """

    def __init__(
        self,
        book: PlaceBook,
        crosswalk: Crosswalk,
        names: pd.DataFrame | Mapping[str, Any] | None,
        what: str,
    ) -> None:
        self.book, self.crosswalk, self.what = book, crosswalk, what
        self.aliases = _aliases(names, what)
        self.back = _backward(crosswalk)
        self.use_parent = False
        self.taken: set[tuple[str, int | None]] = set()
        self.old_names = Names()
        self.old_codes = sorted({c for codes in crosswalk.names.values() for c in codes})
        place = {c: k for k, c in enumerate(self.old_codes)}
        for name, codes in crosswalk.names.items():
            for code in codes:
                self.old_names.add(place[code], [name])

    def carries(self, code: str) -> bool:
        """Can a crosswalk change what a code means, so that the year of a row counts?"""
        return bool(self.crosswalk.changes.get(code) or self.back.changes.get(code))

    def found(self, code: str, name: str, parent: str, year: int | None) -> Found:
        """Look for a place in the order code, spelling, crosswalk, name, older name.

        Parameters
        ----------
        code, name, parent : str
            As the table has them; empty where it has none.
        year : int or None [yr]
            Of the row.
        """
        place = self.book.of_code(code) if code else None
        if code and self._overridden(code, year, place):
            return self._carried(code, year) or self._direct(place)
        if place is not None:
            return self._direct(place)
        if code:
            by_code = self._spelt(code) or self._carried(code, year) or self._part(code)
            if by_code is not None:
                return by_code
        word = name or (code if not code.isascii() else "")
        return self._named(code, word, parent, year)

    def _direct(self, place: int | None, way: str = "code") -> Found:
        if place is None:
            return Found("unmatched", why="no polygon")
        return Found(way, ((place, 1.0),)) if self.book.inside[place] else Found("elsewhere")

    def _overridden(self, code: str, year: int | None, place: int | None) -> bool:
        """Did a place that keeps its code have other ground in the year of the row?"""
        changes = self.crosswalk.changes.get(code)
        if not changes or place is None:
            return False
        reached = [c for c in changes if self.book.of_code(c.to) is not None]
        if any(c.year is not None for c in changes):
            return bool(reached) and any(
                c.year is not None and year is not None and year < c.year for c in changes
            )
        if not self.crosswalk.splits_itself(code) or len(reached) < 2:
            return False
        vintage = changes[0].vintage
        late = vintage is not None and year is not None and year > vintage
        others = [c.to for c in changes if c.to != code]
        return not late and not any((other, year) in self.taken for other in others)

    def _spelt(self, code: str) -> Found | None:
        place = self.book.of_spelling(code)
        return None if place is None else self._direct(place, "spelling")

    def _part(self, code: str) -> Found | None:
        place = self.book.of_part(code)
        return None if place is None else self._direct(place, "spelling")

    def _carried(self, code: str, year: int | None) -> Found | None:
        for walk in (self.crosswalk, self.back):
            spelt = next(
                (c for c in (code, code[:6] if code.isdigit() else code) if c in walk.changes), None
            )
            if spelt is None:
                continue
            when = year if walk is self.crosswalk else None
            parts = walk.parts(spelt, when, self.book.at, self.book.weight_of, self.what)
            places = [(self.book.of_code(c), share) for c, share in parts]
            inside = [(p, s) for p, s in places if p is not None and self.book.inside[p]]
            if inside:
                rest = 1.0 - sum(s for _, s in inside)
                way = "renamed" if len(parts) == 1 else "split"
                return Found(way, tuple(inside), rest=rest if len(inside) < len(parts) else 0.0)
            if any(p is not None for p, _ in places):
                return Found("elsewhere")
            stands = {self.book.standing(c) for c, _ in parts}
            if stands == {"elsewhere"}:
                return Found("elsewhere")
        return None

    def _named(self, code: str, name: str, parent: str, year: int | None) -> Found:
        several = False
        if name or code:
            meant = self.aliases.get(plain_name(name)) or self.aliases.get(plain_name(code))
            if meant:
                by_alias = self._meant(meant, parent)
                if by_alias is not None:
                    return by_alias
        stands = self.book.standing(code, name)
        parent_known = self.use_parent and bool(parent)
        if name and stands in ("unmatched", "elsewhere") and not (code and stands == "elsewhere"):
            scopes = self.book.scopes(code, parent, use_parent=parent_known)
            place, several = self.book.names.bearer(name, scopes)
            if place is not None:
                return self._direct(place, "name")
            older = self._by_old_name(code, name, year)
            if older is not None:
                return older
        if parent_known and not code and not several and self.is_strange(parent):
            return Found("elsewhere")
        if stands != "unmatched":
            return Found(stands)
        why = (
            "its name fits several places"
            if several
            else "no polygon"
            if code or name
            else "no code and no name"
        )
        return Found("unmatched", why=why)

    def is_strange(self, parent: str) -> bool:
        """Does a division hold none of the places, inside or outside?"""
        words = {plain_name(parent), name_stem(parent), clean_code(parent)}
        return not words & self.book.known_parents

    def _meant(self, meant: str, parent: str) -> Found | None:
        place = self.book.of_code(clean_code(meant))
        if place is None:
            place, _ = self.book.names.bearer(meant, self.book.scopes("", "", use_parent=False))
        return None if place is None else self._direct(place, "name")

    def _by_old_name(self, code: str, name: str, year: int | None) -> Found | None:
        if not self.old_codes:
            return None
        system = self.book.system

        def near(k: int) -> bool:
            return not code or system.province(self.old_codes[k]) == system.province(code)

        bearer, _ = self.old_names.bearer(name, [near])
        if bearer is None:
            return None
        old = self.old_codes[bearer]
        return self._carried(old, year) or (
            self._direct(p, "name") if (p := self.book.of_code(old)) is not None else None
        )


def _backward(crosswalk: Crosswalk) -> Crosswalk:
    """The crosswalk read from new to old, for places older than the table; shares by the weight of the places."""
    from shanshui.region.crosswalk import Change

    out = Crosswalk()
    for old, changes in crosswalk.changes.items():
        for change in changes:
            if change.to != old and change.to not in crosswalk.changes:
                out.changes.setdefault(change.to, []).append(Change(old, None, None, None))
    return out


def _aliases(names: pd.DataFrame | Mapping[str, Any] | None, what: str) -> dict[str, str]:
    if names is None:
        return {}
    if isinstance(names, Mapping):
        return {plain_name(k): str(v) for k, v in names.items()}
    heads = {str(c).strip().lower(): c for c in names.columns}
    other = next((heads[w] for w in _ALIAS if w in heads), None)
    meant = next((heads[w] for w in _MEANT if w in heads and heads[w] != other), None)
    if other is None and meant is not None and "name" in heads and heads["name"] != meant:
        other = heads["name"]
    if other is None or meant is None:
        raise DataError(
            f"{what}.names: no columns of other names and of the codes or names that they mean; found "
            f"{', '.join(map(str, names.columns))[:200]}; expected alias, code"
        )
    rows = zip(names[other], names[meant], strict=True)
    return {
        plain_name(a): clean_code(m) if not isinstance(m, str) else m
        for a, m in rows
        if plain_name(a)
    }
