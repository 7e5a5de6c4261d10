"""What became of every row and amount of a table that was joined to places."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from shanshui.region.years import WHOLE

WAYS = (
    "code",
    "spelling",
    "renamed",
    "merged",
    "split",
    "name",
    "elsewhere",
    "above",
    "parts",
    "unmatched",
)
"""What can become of a row: the first six reach a place."""
REACHED = WAYS[:6]
LISTED = 200
"""Places that an account lists by name [D]; it counts all."""
_PLACES_ZH = {"counties": "县", "prefectures": "地市", "provinces": "省", "places": "地点"}
_UNITS_ZH = {"person": "人", "yuan": "元", "km2": "平方公里", "t/yr": "吨/年"}


@dataclass(frozen=True)
class Balance:
    """Amounts of one column in one group of rows, such as a year.

    Attributes
    ----------
    column : str
        Column of the table.
    group : mapping of str to value
        What the rows have in common: ``{"year": 2020}``; empty for all.
    total : float
        Of all rows that have an amount.
    ways : mapping of str to float
        Part of the total by what became of its rows, :data:`WAYS`; those of 0 are left out.
    missing : int
        Rows without an amount.
    incomplete : float
        Of rows that reached a place of which another part has no amount, so that the place has none.
    """

    column: str
    group: Mapping[str, Any]
    total: float
    ways: Mapping[str, float]
    missing: int = 0
    incomplete: float = 0.0

    @property
    def matched(self) -> float:
        """Amount that reached places of the study."""
        return math.fsum(self.ways.get(w, 0.0) for w in REACHED)


@dataclass(frozen=True)
class Stray:
    """A place of the table that has no place in the study.

    Attributes
    ----------
    code, name : str
        As the table has them; empty where it has none.
    rows : int
        How many rows.
    amount : float or None
        Of the first amount column, where it has one sense over all rows, in the group where its share is largest.
    share : float [1]
        Largest share of what the study should have got.
    group : mapping
        In which group that is.
    why : str
        Why it has none.
    """

    code: str
    name: str
    rows: int
    amount: float | None
    share: float
    group: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Carried:
    """A place of the table whose amounts went to places of another code.

    Attributes
    ----------
    code, name : str
        As the table has them.
    to : str
        Code of the place.
    how : str
        ``renamed``, ``merged``, ``split`` or ``name``.
    share : float [1]
        Of its amounts.
    low, high : float [1]
        What the share could be by other weights at hand; 0 and 1 where there are none.
    """

    code: str
    name: str
    to: str
    how: str
    share: float = 1.0
    low: float = 1.0
    high: float = 1.0


@dataclass(frozen=True)
class JoinAccount:
    """Account of one join.

    Attributes
    ----------
    what, places : str
        Name of the table, and of the set of places.
    rows : mapping of str to int
        ``in``, each of :data:`WAYS`, and ``missing`` (no amount at all).
    amounts : tuple of Balance
        By column and group.
    unmatched : tuple of Stray
        The largest first.
    carried : tuple of Carried
        By crosswalk and by name.
    without : tuple of (str, str)
        Code and name of places that no row reached.
    without_count, unmatched_count : int
        Of these, all.
    gaps : mapping of str to int
        Places without a row in a year that others have, by year.
    years : mapping of str to int
        Places with a row, by year.
    share : float [1]
        Largest share unmatched of any column and group, of what lies in the study or could; of rows where there are no amounts.
    unit : str
        Of the first amount column.
    remarks : tuple of str
        What else is to be known.
    """

    what: str
    places: str
    rows: Mapping[str, int]
    amounts: tuple[Balance, ...] = ()
    unmatched: tuple[Stray, ...] = ()
    carried: tuple[Carried, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    without_count: int = 0
    unmatched_count: int = 0
    gaps: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    share: float = 0.0
    unit: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Did every row reach a place or lie elsewhere, and has every place a row?"""
        return not (self.unmatched_count or self.without_count or self.gaps)

    @property
    def reached(self) -> int:
        """Rows that reached a place of the study."""
        return sum(self.rows.get(w, 0) for w in REACHED)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and for the attributes of a table."""
        out = asdict(self)
        out["unmatched"] = list(out["unmatched"])[:LISTED]
        out["carried"] = list(out["carried"])
        out["amounts"] = list(out["amounts"])
        out["without"] = [list(w) for w in self.without[:LISTED]]
        out["remarks"] = list(self.remarks)
        return out

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "JoinAccount":
        """Read what :meth:`as_dict` gave."""
        return cls(
            **{
                **found,
                "amounts": tuple(Balance(**b) for b in found["amounts"]),
                "unmatched": tuple(Stray(**s) for s in found["unmatched"]),
                "carried": tuple(Carried(**c) for c in found["carried"]),
                "without": tuple((c, n) for c, n in found["without"]),
                "remarks": tuple(found["remarks"]),
            }
        )

    # in words

    def sentences(
        self, lang: Literal["en", "zh"] | str = "en", *, all_rows: bool = True
    ) -> list[str]:
        """What a reader should know.

        Parameters
        ----------
        lang : str
            ``en`` or ``zh``.
        all_rows : bool
            Also say what went right.

        Returns
        -------
        list of str
            What is lost comes first.
        """
        zh = lang == "zh"
        out = [
            self._strays(zh),
            self._without(zh),
            self._gaps(zh),
            self._last(zh),
            self._splits(zh),
        ]
        if all_rows:
            out.append(self._counts(zh))
        return [text for text in (*out, *self.remarks) if text]

    def _strays(self, zh: bool) -> str:
        if not self.unmatched_count:
            return ""
        shown = [self._stray(s, zh) for s in self.unmatched[:3]]
        more = self.unmatched_count - len(shown)
        rest = (f"等 {self.unmatched_count} 处" if zh else f" and {more} more") if more > 0 else ""
        if zh:
            where = _PLACES_ZH.get(self.places, self.places)
            return f"{self.what}：{'、'.join(shown)}{rest}在{where}中没有对应的图形；合计占 {self.share * 100:.3g} %"
        verb = "has" if self.unmatched_count == 1 else "have"
        text = f"{self.what}: {', '.join(shown)}{rest} {verb} no polygon among the {self.places}"
        if self.unmatched_count > 1:
            text += f", {self.share * 100:.3g} % together"
        return f"{text}; give a crosswalk or names in [inputs.{self.what}]"

    def _stray(self, stray: Stray, zh: bool) -> str:
        label = " ".join(w for w in (stray.code, stray.name) if w) or (
            "（空）" if zh else "(blank)"
        )
        group = " ".join(str(v) for v in stray.group.values())
        amount = (
            ""
            if stray.amount is None
            else f"{_number(stray.amount)} {_unit(self.unit, zh)}".strip()
        )
        share = f"{stray.share * 100:.3g} %"
        if zh:
            return f"{label}（{'，'.join(t for t in (amount, f'占 {group} {share}'.replace('  ', ' ')) if t)}）"
        return f"{label} ({', '.join(t for t in (amount, f'{share} of {group}' if group else share) if t)})"

    def _without(self, zh: bool) -> str:
        if not self.without_count:
            return ""
        shown = [" ".join(dict.fromkeys(w for w in pair if w)) for pair in self.without[:5]]
        more = self.without_count - len(shown)
        if zh:
            rest = f" 等 {self.without_count} 处" if more > 0 else ""
            return f"{self.what}：{'、'.join(shown)}{rest}没有数据行"
        rest = f" and {more} more" if more > 0 else ""
        verb = "has" if self.without_count == 1 else "have"
        return f"{self.what}: {', '.join(shown)}{rest} of the {self.places} {verb} no row"

    def _gaps(self, zh: bool) -> str:
        if not self.gaps:
            return ""
        shown = list(self.gaps.items())[-4:]
        if zh:
            return f"{self.what}：" + "，".join(f"{y} 年缺 {n} 处" for y, n in shown)
        years = ("… " if len(self.gaps) > 4 else "") + ", ".join(f"{n} in {y}" for y, n in shown)
        return (
            f"{self.what}: {self.places} that have a row in some years lack it in others: {years}"
        )

    def _last(self, zh: bool) -> str:
        """Say which year speaks for the whole where the last does not."""
        if not self.years:
            return ""
        last, most = max(self.years, key=float), max(self.years.values())
        whole = [y for y, n in self.years.items() if n >= WHOLE * most]
        if last in whole or not whole:
            return ""
        best = max(whole, key=float)
        if zh:
            return (
                f"{self.what}：{last} 年只有 {self.years[last]} 处有数据，最近的完整年份为 {best}"
            )
        return (
            f"{self.what}: {last} has rows of {self.years[last]} of {most} {self.places}: the latest year of the whole is "
            f"{best}"
        )

    def _splits(self, zh: bool) -> str:
        parts = [c for c in self.carried if c.how == "split"]
        if not parts:
            return ""
        shown = [
            f"{c.code} → {c.to} {c.share * 100:.3g} %"
            + (
                f" ({c.low * 100:.3g}-{c.high * 100:.3g} %)"
                if (c.low, c.high) != (c.share, c.share)
                else ""
            )
            for c in parts[:6]
        ]
        rest = " …" if len(parts) > 6 else ""
        if zh:
            return (
                f"{self.what}：按权重拆分：{'、'.join(shown)}{rest}；拆分比例不确定，括号内为范围"
            )
        return f"{self.what}: split by weight: {', '.join(shown)}{rest}; the shares are estimates, with their range"

    def _counts(self, zh: bool) -> str:
        words = _ROWS_ZH if zh else _ROWS
        counts = [
            f"{words[way]} {self.rows[way]}" for way in (*WAYS, "missing") if self.rows.get(way)
        ]
        if zh:
            return f"{self.what}：{self.rows['in']} 行：{'，'.join(counts)}"
        return f"{self.what}: {self.rows['in']} rows: {', '.join(counts)}"


_ROWS = {
    "code": "by code",
    "spelling": "by another spelling of the code",
    "renamed": "by crosswalk",
    "merged": "merged by crosswalk",
    "split": "split by crosswalk",
    "name": "by name",
    "elsewhere": "of places elsewhere",
    "above": "of higher divisions, not used",
    "parts": "of parts of places, not used",
    "unmatched": "unmatched",
    "missing": "without an amount",
}
_ROWS_ZH = {
    "code": "按代码",
    "spelling": "按代码的其他写法",
    "renamed": "按对照表",
    "merged": "按对照表合并",
    "split": "按对照表拆分",
    "name": "按名称",
    "elsewhere": "属研究区以外",
    "above": "属上级区划（未用）",
    "parts": "属下级区划（未用）",
    "unmatched": "未匹配",
    "missing": "无数值",
}


def _unit(unit: str, zh: bool) -> str:
    if zh:
        return _UNITS_ZH.get(unit, unit)
    return "persons" if unit == "person" else "" if unit in ("1", "any") else unit


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
