"""Rules of access as data: what a rule says, of which industries, at which places, in which years."""

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from shanshui.core.errors import DataError, nearest
from shanshui.core.said import worded
from shanshui.core.shipped import shipped_text
from shanshui.industry.classification import classes, known_code
from shanshui.industry.rule_facts import FACTS, GRADES, REACHES, YES_NO, said_of

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

VERDICTS = ("encourage", "allow", "limit", "move", "forbid", "eliminate")
"""From welcome to unwelcome: the gravest that fires stands; ``allow`` where none does. ``move``: to a park, and nowhere else."""
RESTRICTS = VERDICTS[2:]
"""Verdicts that hold a project back."""
KINDS = ("new", "expand", "existing", "explore")
EXEMPTIONS = ("poverty_relief", "public_service", "upgrade")
"""What a project may claim, and must prove."""
EDITION = "2026.3"
IN_FORCE = 2026
"""Year of the edition: rules in force then are asked where no year is given."""
EXPLORED = ("06-12", "747")
"""Industries that a project can explore for: minerals, and their survey."""
_TERM = re.compile(r"^\s*(\w+)\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*$")
_CODES = re.compile(r"^-?(\d{2,4}(-\d{2,4})?|\*)$")
_COLUMNS = ("rule", "verdict", "codes")


_COMPARED = {
    "<=": np.less_equal, ">=": np.greater_equal, "<": np.less, ">": np.greater, "==": np.equal,
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One condition on a place."""

    fact: str
    sign: str
    limit: float

    def holds(self, values: Any, off: float = 0.0) -> Any:
        """Where it is met for certain, also if the fact is ``off`` from its number at most; a missing fact meets nothing."""
        worst = values + off if self.sign in ("<=", "<") else values - off
        met = _COMPARED[self.sign](worst, self.limit)
        return met & (off == 0.0) if self.sign == "==" else met

    def may_hold(self, values: Any, off: float = 0.0) -> Any:
        """Where nothing that is known speaks against it."""
        if self.sign == "==":
            met = np.less_equal(np.abs(values - self.limit), off)
        else:
            met = _COMPARED[self.sign](
                values - off if self.sign in ("<=", "<") else values + off, self.limit
            )
        return met | np.isnan(values)

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

    def can_hold(self) -> bool:
        """Some number that the fact can be meets it."""
        tried = GRADES.get(self.fact)
        if tried is None:
            low, high = REACHES[self.fact]
            tried = (low, high, *((self.limit,) if low <= self.limit <= high else ()))
        return any(bool(self.holds(v)) for v in tried)


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
    text, source, tag : str
        In words, and where from.
    words, sources : mapping of language to str
        Text and source in each language that the table has.
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
    source: str
    tag: str
    words: Mapping[str, str] = field(hash=False)
    sources: Mapping[str, str] = field(hash=False)

    def concerns(self, code: str, kind: str, year: int | None, exemptions: Iterable[str]) -> bool:
        """The rule speaks of such a project, wherever it is; in the year of the edition where none is given."""
        if kind not in self.kinds or (self.unless and self.unless in set(exemptions)):
            return False
        if not self.in_force(year):
            return False
        if self.verdict in RESTRICTS:
            return covers(self.codes, code) or bool(self.parts(code))
        # a welcome of one part is none of the whole
        below = any(p.startswith(f"-{code}") and len(p) > len(code) + 1 for p in self.codes)
        return covers(self.codes, code) and not below

    def in_force(self, year: int | None = None) -> bool:
        """In a year; in that of the edition where none is given."""
        at = IN_FORCE if year is None else year
        return (self.from_year or at) <= at <= (self.to_year or at)

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
    if any(_matches(p[1:], code) for p in patterns if p.startswith("-")):
        return False
    return any(_matches(p, code) for p in patterns if not p.startswith("-"))


def _matches(pattern: str, code: str) -> bool:
    """A code is of one pattern without its sign."""
    if pattern == "*":
        return True
    low, _, high = pattern.partition("-")
    return low <= code[: len(low)] <= high if high else code.startswith(pattern)


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
        Unknown verdict, fact, kind or exemption, a condition that cannot be read or met, a code or a year that is none, a rule that stands
        twice or lifts itself or one that there is not.
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
        _check_codes(text["codes"].split(), name)
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
                *_years(text, name),
                text.get("text", ""),
                text.get("source", ""),
                text.get("tag", ""),
                {"en": text.get("text", ""), **worded(text, "text").words},
                {"en": text.get("source", ""), **worded(text, "source").words},
            )
        )
    names = {r.rule for r in out}
    for each in out:
        if each.rule in each.over:
            raise DataError(
                f"access rules: {each.rule}: over names the rule itself; name those that it lifts"
            )
        lost = [o for o in each.over if o not in names]
        if lost:
            raise DataError(
                f"access rules: {each.rule}: over names '{lost[0]}', which is no rule of the table; {nearest(lost[0], names)}"
            )
    return tuple(out)


def _check_codes(patterns: Sequence[str], rule: str) -> None:
    """Each pattern is one, and of codes that the classification has."""
    for pattern in patterns:
        if not _CODES.match(pattern):
            raise DataError(
                f"access rules: {rule}: code '{pattern}'; expected two to four digits, a range such as 25-28, *, or one of these with a minus "
                "(a spreadsheet that made numbers of codes has dropped leading zeros)"
            )
        own = pattern.removeprefix("-")
        low, _, high = own.partition("-")
        if high and not (len(low) == len(high) and low < high):
            raise DataError(
                f"access rules: {rule}: range '{pattern}' holds no code; expected the lower first and both of as many digits, such as 25-28"
            )
        if high and not any(_matches(own, c) for group in classes().values() for c in group):
            raise DataError(
                f"access rules: {rule}: range '{pattern}' holds no code of GB/T 4754-2017"
            )
        if not high and own != "*" and not known_code(own):
            raise DataError(
                f"access rules: {rule}: code '{pattern}' is none of GB/T 4754-2017, so the rule would never fire for it"
            )
    if all(p.startswith("-") for p in patterns):
        raise DataError(
            f"access rules: {rule}: codes '{' '.join(patterns)}' only take out; begin with *, or name those that it speaks of"
        )


def _years(row: Mapping[str, str], rule: str) -> tuple[int | None, int | None]:
    """First and last year in force."""
    found: list[int | None] = []
    for column in ("from_year", "to_year"):
        text = row.get(column, "")
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is not None and not (value == value // 1 and 1900 <= value <= 2200):
            raise DataError(
                f"access rules: {rule}: {column} is '{text}', expected a year such as 2030, or nothing"
            )
        found.append(None if value is None else int(value))
    first, last = found
    if first is not None and last is not None and first > last:
        raise DataError(f"access rules: {rule}: from_year {first} is after to_year {last}")
    return first, last


def _term(text: str, rule: str) -> Term:
    found = _TERM.match(text)
    if not found:
        raise DataError(
            f"access rules: {rule}: condition '{text.strip()}' cannot be read; expected such as slope_deg > 25"
        )
    if found[1] not in FACTS:
        raise DataError(f"access rules: {rule}: fact '{found[1]}'; {nearest(found[1], FACTS)}")
    term = Term(found[1], found[2], float(found[3]))
    if not term.can_hold():
        raise DataError(
            f"access rules: {rule}: condition '{text.strip()}' is never met: {term.fact} is {said_of(term.fact)}"
        )
    return term


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Rules that come with the product, for the Qinba case: from the papers [S], from law by memory [M], our own [D]."""
    text = shipped_text("industry/access_rules.csv")
    return rules_of(csv.DictReader(text.splitlines()))
