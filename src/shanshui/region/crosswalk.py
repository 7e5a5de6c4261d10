"""Which places became which: codes carried from one year's division to another's."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from shanshui.core.errors import DataError
from shanshui.region.place_codes import clean_code
from shanshui.region.place_names import plain_name

_FROM = ("from", "old", "from_code", "code_from", "old_code", "code_old", "source", "before", "原代码", "旧代码", "变更前")  # fmt: skip
_TO = ("to", "new", "to_code", "code_to", "new_code", "code_new", "target", "after", "现代码", "新代码", "变更后")  # fmt: skip
_WEIGHT = ("weight", "share", "w", "fraction", "权重", "比例", "份额")
_YEAR = ("year", "date", "since", "年份", "年", "变更年份")
_FROM_NAME = ("name_from", "from_name", "name_old", "old_name", "原名", "旧名", "曾用名")
_DATED = re.compile(r"(?:ad|geo)?(?:code|id|fips|geoid|nuts)_?(\d{4})")
_DATED_NAME = re.compile(r"name_?(\d{4})")
_DEEPEST = 60
"""Steps of a chain of changes; more is a circle [D]."""


@dataclass(frozen=True)
class Change:
    """One place that became another, or a part of it.

    Attributes
    ----------
    to : str
        Code.
    weight : float or None
        Share, or an amount in proportion to which the whole is split; None where the table tells none.
    year : int or None [yr]
        From which on the new code holds.
    vintage : int or None [yr]
        Year of the old division, where the column of old codes names it.
    """

    to: str
    weight: float | None
    year: int | None
    vintage: int | None


@dataclass
class Crosswalk:
    """Changes by old code, and the names that the old places had.

    Attributes
    ----------
    changes : mapping of str to list of Change
        By old code.
    names : mapping of str to set of str
        Old codes by the plain name that they had.
    """

    changes: dict[str, list[Change]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(
        cls, tables: pd.DataFrame | Mapping[Any, Any] | Sequence[pd.DataFrame] | None, what: str
    ) -> "Crosswalk":
        """Read tables of changes.

        Parameters
        ----------
        tables : DataFrame, list of DataFrame, or mapping of old to new code, optional
            Columns ``from, to[, weight][, year]`` under these or like names (``code_2010, adcode_2022``).
        what : str
            Table that is to be joined, for the message.

        Raises
        ------
        DataError
            No columns of old and new codes, a weight that is no number of 0 or more, shares that do not add up.
        """
        out = cls()
        if tables is None:
            return out
        if isinstance(tables, Mapping):
            tables = pd.DataFrame({"from": list(tables), "to": list(tables.values())})
        for table in [tables] if isinstance(tables, pd.DataFrame) else tables:
            out._read(table, what)
        out._check(what)
        return out

    def _read(self, table: pd.DataFrame, what: str) -> None:
        columns = crosswalk_columns(table, what)
        vintage = columns.vintage
        for row in table.to_dict("records"):
            old, new = clean_code(row[columns.old]), clean_code(row[columns.new])
            if not old:
                continue
            if columns.old_name:
                self.names[plain_name(row[columns.old_name])].add(old)
            if not new:
                continue
            change = Change(
                new,
                _number(row, columns.weight, f"{what}.crosswalk.weight of {old}"),
                None if columns.year is None else _year(row[columns.year]),
                vintage,
            )
            known = self.changes.setdefault(old, [])
            same = [c for c in known if (c.to, c.year) == (change.to, change.year)]
            if same and same[0].weight != change.weight and change.weight is not None:
                raise DataError(
                    f"{what}.crosswalk: {old} to {new} stands twice with other weights; keep one row"
                )
            if not same:
                known.append(change)

    def _check(self, what: str) -> None:
        for old, changes in self.changes.items():
            by_year: dict[int | None, list[Change]] = defaultdict(list)
            for change in changes:
                by_year[change.year].append(change)
            for group in by_year.values():
                weights = [c.weight for c in group if c.weight is not None]
                total = sum(weights)
                if len(weights) not in (0, len(group)):
                    raise DataError(
                        f"{what}.crosswalk: some of the parts of {old} have no weight; give each one"
                    )
                shares = weights and max(weights) <= 1.0
                if weights and (total <= 0 or (shares and abs(total - 1.0) > 0.005)):
                    raise DataError(
                        f"{what}.crosswalk: the weights of {old} add up to {total:g}; expected shares that make 1, or "
                        "amounts such as people or km2 above 1"
                    )

    def __bool__(self) -> bool:
        return bool(self.changes)

    def splits_itself(self, code: str) -> bool:
        """Does a place give a part to others and keep its code?"""
        own = self.changes.get(code, ())
        return len(own) > 1 and any(c.to == code for c in own)

    def parts(
        self,
        code: str,
        year: int | None,
        ends: Collection[str],
        weight_of: Callable[[str], float | None],
        what: str,
    ) -> list[tuple[str, float]]:
        """Codes that hold now what one code held in a year, with the share of each.

        Parameters
        ----------
        code : str
            Old code.
        year : int or None [yr]
            Of the figures; a change of that year or before is past.
        ends : collection of str
            Codes at which a chain stops.
        weight_of : callable
            Weight of a new code where the table has none; None where it is not known.
        what : str
            For the message.

        Returns
        -------
        list of (str, float)
            Shares add up to 1.

        Raises
        ------
        DataError
            A split without weights, or changes that go in a circle.
        """
        found: dict[str, float] = defaultdict(float)
        waiting: list[tuple[str, float, int, int | None]] = [(code, 1.0, 0, year)]
        while waiting:
            here, share, depth, when = waiting.pop(0)
            changes = self._next(here, when)
            dated = any(c.year is not None for c in changes)
            if not changes or (depth and here in ends and not dated):
                found[here] += share
                continue
            if depth > _DEEPEST:
                raise DataError(
                    f"{what}.crosswalk: the changes of {code} go in a circle; give the years in a column year"
                )
            for change, part in zip(
                changes, shares_of(here, changes, weight_of, what), strict=True
            ):
                if change.to == here and change.year is None:
                    found[here] += share * part
                else:
                    # what changed later still than this change
                    waiting.append((change.to, share * part, depth + 1, change.year or when))
        total = sum(found.values())
        return [(c, s / total) for c, s in sorted(found.items()) if s > 0]

    def _next(self, code: str, year: int | None) -> list[Change]:
        """Changes of a code after a year: the first ones, where there are several times."""
        own = [
            c for c in self.changes.get(code, ()) if c.year is None or year is None or year < c.year
        ]
        years = [c.year for c in own if c.year is not None]
        return [c for c in own if c.year in (None, min(years))] if years else own


def shares_of(
    code: str, changes: Sequence[Change], weight_of: Callable[[str], float | None], what: str
) -> list[float]:
    """Share of each of the places that one became.

    Raises
    ------
    DataError
        Several, and no weight is known.
    """
    if len(changes) == 1:
        return [1.0]
    weights = [c.weight if c.weight is not None else weight_of(c.to) for c in changes]
    known = [w for w in weights if w is not None]
    if len(known) < len(weights) or sum(known) <= 0:
        lacks = next(c.to for c, w in zip(changes, weights, strict=True) if not w)
        raise DataError(
            f"{what}.crosswalk: {code} is split into {', '.join(c.to for c in changes)}, but the weight of {lacks} is not "
            "known; give a column weight (share, people or km2 of each part)"
        )
    return [w / sum(known) for w in known]


@dataclass(frozen=True)
class CrosswalkColumns:
    """Columns of a table of changes.

    Attributes
    ----------
    old, new : str
        Of old and new codes.
    weight, year, old_name : str or None
        Of weights, of years of change, of old names.
    vintage : int or None [yr]
        Year that the column of old codes names.
    """

    old: str
    new: str
    weight: str | None
    year: str | None
    old_name: str | None
    vintage: int | None


def crosswalk_columns(table: pd.DataFrame, what: str) -> CrosswalkColumns:
    """Find out which column is what, by its name.

    Raises
    ------
    DataError
        Old or new codes are not among them.
    """
    heads = {str(c).strip().lstrip("\ufeff").lower(): str(c) for c in table.columns}

    def of(words: Sequence[str]) -> str | None:
        return next((heads[w] for w in words if w in heads), None)

    dated = sorted((int(m[1]), heads[h]) for h in heads if (m := _DATED.fullmatch(h)))
    dated_names = sorted((int(m[1]), heads[h]) for h in heads if (m := _DATED_NAME.fullmatch(h)))
    old, new, vintage = of(_FROM), of(_TO), None
    if old is None and new is None and len(dated) >= 2:
        (vintage, old), (_, new) = dated[0], dated[-1]
    elif old is None and "code" in heads and new is not None:
        old = heads["code"]
    elif new is None and "code" in heads and old is not None:
        new = heads["code"]
    if old is None or new is None:
        raise DataError(
            f"{what}.crosswalk: no columns of old and new codes; found {', '.join(map(str, table.columns))[:200]}; "
            "expected from, to (or code_2010, code_2022), and if a place was split weight"
        )
    name = of(_FROM_NAME) or (dated_names[0][1] if dated_names else None)
    return CrosswalkColumns(old, new, of(_WEIGHT), of(_YEAR), name, vintage)


def _number(row: Mapping[Any, Any], column: str | None, where: str) -> float | None:
    if column is None or row[column] is None or row[column] != row[column]:
        return None
    try:
        value = float(str(row[column]).strip().removesuffix("%"))
    except ValueError:
        raise DataError(f"{where}: found '{row[column]}', expected a number") from None
    if not 0 <= value < float("inf"):
        raise DataError(f"{where}: found {value:g}, expected 0 or more")
    return value / 100.0 if str(row[column]).strip().endswith("%") else value


def _year(value: Any) -> int | None:
    found = re.search(r"(1[89]|20|21)\d\d", str(value))
    return int(found[0]) if found else None
