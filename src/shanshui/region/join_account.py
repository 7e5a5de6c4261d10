"""What became of every row and amount of a table that was joined to places."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from shanshui.region.years import WHOLE

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

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

    def sentences(self, voice: "Voice", *, all_rows: bool = True) -> list[str]:
        """What a reader should know.

        Parameters
        ----------
        voice : Voice
            Of the reader.
        all_rows : bool
            Also say what went right.

        Returns
        -------
        list of str
            What is lost comes first.
        """
        out = [
            self._strays(voice),
            self._without(voice),
            self._gaps(voice),
            self._last(voice),
            self._splits(voice),
        ]
        if all_rows:
            out.append(self._counts(voice))
        return [text for text in (*out, *self.remarks) if text]

    def _places(self, voice: "Voice") -> str:
        key = f"places_{self.places}"
        return voice(key) if key in voice else self.places

    def _strays(self, voice: "Voice") -> str:
        lost = self._lost(voice)
        return voice("join_strays", lost=lost, what=self.what) if lost else ""

    def _lost(self, voice: "Voice") -> str:
        """Places of rows that the study does not have; blank where there are none."""
        if not self.unmatched_count:
            return ""
        shown = [self._stray(s, voice) for s in self.unmatched[:3]]
        more = self.unmatched_count - len(shown)
        rest = voice("join_rest", more=more, count=self.unmatched_count) if more > 0 else ""
        return voice(
            "join_lost_one" if self.unmatched_count == 1 else "join_lost",
            what=self.what,
            shown=voice.listed(shown),
            rest=rest,
            places=self._places(voice),
            share=f"{self.share * 100:.3g}",
        )

    def _stray(self, stray: Stray, voice: "Voice") -> str:
        label = " ".join(w for w in (stray.code, stray.name) if w) or voice("join_blank")
        group = " ".join(str(v) for v in stray.group.values())
        amount = (
            ""
            if stray.amount is None
            else f"{_number(stray.amount)} {_counted(self.unit, voice)}".strip()
        )
        share = f"{stray.share * 100:.3g}"
        part = (
            voice("join_share_of", share=share, group=group)
            if group
            else voice("join_share", share=share)
        )
        facts = voice("mark_comma").join(t for t in (amount, part) if t)
        return voice("join_stray", label=label, facts=facts)

    def _without(self, voice: "Voice") -> str:
        if not self.without_count:
            return ""
        shown = [" ".join(dict.fromkeys(w for w in pair if w)) for pair in self.without[:5]]
        more = self.without_count - len(shown)
        rest = voice("join_rest_rows", more=more, count=self.without_count) if more > 0 else ""
        return voice(
            "join_without_one" if self.without_count == 1 else "join_without",
            what=self.what,
            shown=voice.listed(shown),
            rest=rest,
            places=self._places(voice),
        )

    def _gaps(self, voice: "Voice") -> str:
        if not self.gaps:
            return ""
        shown = [voice("join_gap", count=n, year=y) for y, n in list(self.gaps.items())[-4:]]
        return voice(
            "join_gaps_more" if len(self.gaps) > 4 else "join_gaps",
            what=self.what,
            places=self._places(voice),
            years=voice("mark_comma").join(shown),
        )

    def _last(self, voice: "Voice") -> str:
        """Say which year speaks for the whole where the last does not."""
        if not self.years:
            return ""
        last, most = max(self.years, key=float), max(self.years.values())
        whole = [y for y, n in self.years.items() if n >= WHOLE * most]
        if last in whole or not whole:
            return ""
        return voice(
            "join_last",
            what=self.what,
            last=last,
            count=self.years[last],
            most=most,
            places=self._places(voice),
            best=max(whole, key=float),
        )

    def _splits(self, voice: "Voice") -> str:
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
        return voice("join_splits", what=self.what, shown=voice.listed(shown) + rest)

    def _counts(self, voice: "Voice") -> str:
        counts = [
            f"{voice(f'joined_{way}')} {self.rows[way]}"
            for way in (*WAYS, "missing")
            if self.rows.get(way)
        ]
        return voice(
            "join_counts",
            what=self.what,
            rows=self.rows["in"],
            counts=voice("mark_comma").join(counts),
        )


def _counted(unit: str, voice: "Voice") -> str:
    """Unit as a word behind a number."""
    return voice(f"counted.{unit}") if f"counted.{unit}" in voice else unit


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
