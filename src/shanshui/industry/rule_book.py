"""Rules of access as data: what a rule says, of which industries, at which places, in which years."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from shanshui.core.errors import DataError, nearest
from shanshui.core.shipped import shipped_text

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

VERDICTS = ("encourage", "allow", "limit", "move", "forbid", "eliminate")
"""From welcome to unwelcome: the gravest that fires stands; ``allow`` where none does. ``move``: to a park, and nowhere else."""
RESTRICTS = VERDICTS[2:]
"""Verdicts that hold a project back."""
KINDS = ("new", "expand", "existing", "explore")
FACTS: dict[str, str] = {
    "elevation_m": "height of the ground [m]",
    "slope_deg": "slope [degree]",
    "sensitivity": "ecological sensitivity: 1 extreme, 3 sensitive, 5 slight",
    "importance": "importance for protection: 1 extreme, 3 important, 5 general",
    "red_line": "1 inside the (candidate) ecological red line",
    "farmland": "1 on farmland",
    "basic_farmland": "1 on permanent basic farmland",
    "protected": "1 inside a protected area",
    "river_m": "distance to the nearest river [m]",
    "core_area": "1 inside the core of the region",
    "green_unit": "basin unit: 1 full, 2 deep, 3 medium, 4 light green",
    "zone": "function zone, by number",
    "park": "1 in an industrial park",
    "basin_km2": "ground above the place along the water [km2]",
    "capacity_mw": "capacity of the project's power station [MW]",
    "pumped_storage": "1 for a pumped-storage station",
    "open_pit": "1 for an open mine, 0 for one below ground",
}
"""What a rule may ask of a place and of a project."""
YES_NO = (
    "red_line",
    "farmland",
    "basic_farmland",
    "protected",
    "core_area",
    "park",
    "pumped_storage",
    "open_pit",
)
"""Facts that are 1 or 0."""
PROJECT_FACTS = ("capacity_mw", "pumped_storage", "open_pit")
"""Facts of the project: no map tells them."""
PLAN_FACTS = ("green_unit", "zone")
"""Facts that a plan decides: where a study has drawn none, there is none, and rules that ask for it wait; they are named."""
EXEMPTIONS = ("poverty_relief", "public_service", "upgrade")
"""What a project may claim, and must prove."""
EDITION = "2026.2"
_TERM = re.compile(r"^\s*(\w+)\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*$")
_CODES = re.compile(r"^-?(\d{2,4}(-\d{2,4})?|\*)$")
_COLUMNS = ("rule", "verdict", "codes")


@dataclass(frozen=True)
class Term:
    """One condition on a place."""

    fact: str
    sign: str
    limit: float

    def holds(self, values: Any) -> Any:
        """Where it is met for certain; a missing fact meets nothing."""
        compare = {
            "<=": np.less_equal, ">=": np.greater_equal, "<": np.less, ">": np.greater, "==": np.equal,
        }[self.sign]  # fmt: skip
        return compare(values, self.limit)

    def __str__(self) -> str:
        """As written in the table of rules."""
        return f"{self.fact} {self.sign} {self.limit:g}"

    @property
    def says_no(self) -> bool:
        """It asks that something is not so."""
        yes = self.sign == ">=" or (self.sign == "==" and self.limit == 1)
        return self.fact in YES_NO and self.sign in (">=", "<", "==") and not yes

    def words(self, voice: "Voice") -> str:
        """By the name of the fact; of a fact that is so or not so, that it is or is not."""
        key = "condition"
        if self.fact in YES_NO and self.sign in (">=", "<", "=="):
            key = "condition_no" if self.says_no else "condition_yes"
        return voice(key, fact=voice(f"fact_{self.fact}"), sign=self.sign, limit=f"{self.limit:g}")

    def otherwise(self, voice: "Voice", value: float) -> str:
        """What would not meet it, in words, beside what is the case."""
        key = "change" if self.fact not in YES_NO else "change_no" if self.says_no else "change_yes"
        beyond = voice(f"beyond_{self.sign}", limit=f"{self.limit:g}")
        return voice(key, fact=voice(f"fact_{self.fact}"), beyond=beyond, value=f"{value:g}")


@dataclass(frozen=True)
class Rule:
    """One rule of a catalogue or list.

    Attributes
    ----------
    rule, list, verdict : str
        Name, list it is of, and what it says.
    codes : tuple of str
        Industry codes as written: prefixes, ranges of divisions, ``*``, and exceptions with a minus.
    kinds : tuple of str
        New, expanded, existing projects, or exploration.
    when : tuple of Term
        All must hold.
    unless : str
        An exemption.
    over : tuple of str
        More general rules that it lifts where it holds for certain.
    from_year, to_year : int or None
        While it is in force.
    text, text_zh, source, tag : str
        In words, and where from.
    """

    rule: str
    list: str
    verdict: str
    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    when: tuple[Term, ...]
    unless: str
    over: tuple[str, ...]
    from_year: int | None
    to_year: int | None
    text: str
    text_zh: str
    source: str
    tag: str

    def concerns(self, code: str, kind: str, year: int | None, exemptions: Iterable[str]) -> bool:
        """The rule speaks of such a project, wherever it is."""
        if kind not in self.kinds or (self.unless and self.unless in set(exemptions)):
            return False
        if year is not None and (
            (self.from_year is not None and year < self.from_year)
            or (self.to_year is not None and year > self.to_year)
        ):
            return False
        return covers(self.codes, code) or (self.verdict in RESTRICTS and bool(self.parts(code)))

    def parts(self, code: str) -> tuple[str, ...]:
        """Codes below a coarse one that the rule speaks of, where it does not speak of all of it."""
        if covers(self.codes, code):
            return ()
        return tuple(
            p
            for p in self.codes
            if not p.startswith("-") and p != "*" and p.split("-")[0].startswith(code)
        )


def covers(patterns: Sequence[str], code: str) -> bool:
    """A code is among patterns: ``26``, ``2631``, ``25-26``, ``*``; ``-77`` takes out."""
    found = False
    for pattern in patterns:
        if pattern.startswith("-"):
            if code.startswith(pattern[1:]):
                return False
        elif pattern == "*":
            found = True
        elif "-" in pattern:
            low, high = pattern.split("-")
            found = found or low <= code[: len(low)] <= high
        else:
            found = found or code.startswith(pattern)
    return found


def rules_of(rows: Iterable[Mapping[Any, Any]]) -> tuple[Rule, ...]:
    """Rules of a table.

    Parameters
    ----------
    rows : iterable of mapping
        ``rule, verdict, codes`` and, as far as needed, ``list, kinds, when, unless, over, from_year, to_year, text, text_zh, source, tag``.

    Returns
    -------
    tuple of Rule
        In order.

    Raises
    ------
    DataError
        Unknown verdict, fact, kind or exemption, a condition that cannot be read, a rule that stands twice.
    """
    out: list[Rule] = []
    for row in rows:
        text = {k: "" if v is None or v != v else str(v).strip() for k, v in row.items()}
        name = text.get("rule", "")
        missing = [c for c in _COLUMNS if not text.get(c)]
        if missing:
            raise DataError(f"access rules: rule '{name}' has no {', '.join(missing)}")
        if text["verdict"] not in VERDICTS:
            raise DataError(
                f"access rules: {name}: verdict '{text['verdict']}'; {nearest(text['verdict'], VERDICTS)}"
            )
        odd = [c for c in text["codes"].split() if not _CODES.match(c)]
        if odd:
            raise DataError(
                f"access rules: {name}: code '{odd[0]}'; expected two to four digits, a range such as 25-28, *, or one of these with a minus "
                "(a spreadsheet that made numbers of codes has dropped leading zeros)"
            )
        kinds = tuple(text.get("kinds", "").split()) or ("new", "expand")
        for kind in kinds:
            if kind not in KINDS:
                raise DataError(f"access rules: {name}: kind '{kind}'; {nearest(kind, KINDS)}")
        unless = text.get("unless", "")
        if unless and unless not in EXEMPTIONS:
            raise DataError(
                f"access rules: {name}: unless '{unless}'; {nearest(unless, EXEMPTIONS)}"
            )
        if any(r.rule == name for r in out):
            raise DataError(f"access rules: {name} stands twice; give each rule a name of its own")
        out.append(
            Rule(
                name,
                text.get("list", ""),
                text["verdict"],
                tuple(text["codes"].split()),
                kinds,
                tuple(_term(t, name) for t in text.get("when", "").split("&") if t.strip()),
                unless,
                tuple(text.get("over", "").split()),
                _year(text.get("from_year", "")),
                _year(text.get("to_year", "")),
                text.get("text", ""),
                text.get("text_zh", ""),
                text.get("source", ""),
                text.get("tag", ""),
            )
        )
    names = {r.rule for r in out}
    for each in out:
        lost = [o for o in each.over if o not in names]
        if lost:
            raise DataError(
                f"access rules: {each.rule}: over names '{lost[0]}', which is no rule of the table; {nearest(lost[0], names)}"
            )
    return tuple(out)


def _year(text: str) -> int | None:
    return int(float(text)) if text else None


def _term(text: str, rule: str) -> Term:
    found = _TERM.match(text)
    if not found:
        raise DataError(
            f"access rules: {rule}: condition '{text.strip()}' cannot be read; expected such as slope_deg > 25"
        )
    if found[1] not in FACTS:
        raise DataError(f"access rules: {rule}: fact '{found[1]}'; {nearest(found[1], FACTS)}")
    return Term(found[1], found[2], float(found[3]))


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Rules that come with the product, for the Qinba case: from the papers [S], from law by memory [M], our own [D]."""
    text = shipped_text("industry/access_rules.csv")
    return rules_of(csv.DictReader(text.splitlines()))
