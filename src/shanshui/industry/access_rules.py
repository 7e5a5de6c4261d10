"""Which project may come where: rules as data, and a verdict that names every rule that fired and what would change it."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError, QuantityError, nearest
from shanshui.core.shipped import shipped_text

VERDICTS = ("encourage", "allow", "limit", "forbid", "eliminate")
"""From welcome to unwelcome: the gravest that fires stands; ``allow`` where none does."""
KINDS = ("new", "expand", "existing", "explore")
FACTS: dict[str, str] = {
    "elevation_m": "height of the ground [m]",
    "slope_deg": "slope [degree]",
    "sensitivity": "ecological sensitivity: 1 extreme, 3 sensitive, 5 slight",
    "importance": "importance for protection: 1 extreme, 3 important, 5 general",
    "red_line": "1 inside the (candidate) ecological red line",
    "protected": "1 inside a protected area",
    "river_m": "distance to the nearest river [m]",
    "core_area": "1 inside the core of the region",
    "green_unit": "basin unit: 1 full, 2 deep, 3 medium, 4 light green",
    "zone": "function zone, by number",
}
"""What a rule may ask of a place."""
EXEMPTIONS = ("poverty_relief", "public_service", "upgrade")
"""What a project may claim, and must prove."""
EDITION = "2026.1"
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
        """Where it is met; a missing fact meets nothing."""
        compare = {
            "<=": np.less_equal, ">=": np.greater_equal, "<": np.less, ">": np.greater, "==": np.equal,
        }[self.sign]  # fmt: skip
        return compare(values, self.limit)

    def words(self) -> str:
        """As written."""
        return f"{self.fact} {self.sign} {self.limit:g}"


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
        return covers(self.codes, code)


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
        ``rule, verdict, codes`` and, as far as needed, ``list, kinds, when, unless, from_year, to_year, text, text_zh, source, tag``.

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
        kinds = tuple(text.get("kinds", "").split()) or ("new",)
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
                _year(text.get("from_year", "")),
                _year(text.get("to_year", "")),
                text.get("text", ""),
                text.get("text_zh", ""),
                text.get("source", ""),
                text.get("tag", ""),
            )
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


@cache
def divisions() -> dict[str, tuple[str, str]]:
    """Divisions of the national economy by their two digits: English, Chinese [M]."""
    text = shipped_text("industry/industry_codes.csv")
    return {r["division"]: (r["name"], r["name_zh"]) for r in csv.DictReader(text.splitlines())}


def checked_code(code: str) -> str:
    """An industry code: two to four digits, a section letter before them left out.

    Raises
    ------
    QuantityError
        Neither digits nor of a known division.
    """
    plain = str(code).strip().upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    if not re.fullmatch(r"\d{2,4}", plain):
        raise QuantityError(
            f"industry: '{code}' is no code of the national economy; expected two to four digits such as 27 or 2740"
        )
    if plain[:2] not in divisions():
        raise QuantityError(
            f"industry: '{code}': there is no division {plain[:2]}; divisions run from 01 to 97"
        )
    return plain


@dataclass(frozen=True)
class Admission:
    """The answer for one project at one place.

    Attributes
    ----------
    verdict : str
        The gravest that fired; ``allow`` when none did.
    fired : tuple of Rule
        All rules that fired, the gravest first.
    changes : tuple of str
        What would let each rule of that verdict go: a fact beyond its limit, an exemption, another kind of project.
    better : str
        The verdict if all rules of this gravity were gone.
    unknown : tuple of str
        Facts that rules ask for and that nobody gave: the verdict holds only if none of their rules would fire.
    """

    verdict: str
    fired: tuple[Rule, ...]
    changes: tuple[str, ...]
    better: str
    unknown: tuple[str, ...]


def admit(
    code: str,
    facts: Mapping[str, float],
    *,
    kind: str = "new",
    year: int | None = None,
    exemptions: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
) -> Admission:
    """Verdict on a project at a place.

    Parameters
    ----------
    code : str
        Industry code, two to four digits.
    facts : mapping of fact to number
        Of the place; see :data:`FACTS`. Those left out are named in the answer.
    kind : str
        ``new``, ``expand``, ``existing`` or ``explore``.
    year : int, optional
        Rules in force then; all without one.
    exemptions : sequence of str
        That the project claims: ``poverty_relief``, ``public_service``, ``upgrade``.
    rules : sequence of Rule, optional
        Instead of those that come with the product.

    Returns
    -------
    Admission
        With every rule that fired.

    Raises
    ------
    QuantityError
        Unknown code, fact, kind or exemption.
    """
    plain = checked_code(code)
    for fact in facts:
        if fact not in FACTS:
            raise QuantityError(f"facts: '{fact}'; {nearest(fact, FACTS)}")
    if kind not in KINDS:
        raise QuantityError(f"kind: '{kind}'; {nearest(kind, KINDS)}")
    for word in exemptions:
        if word not in EXEMPTIONS:
            raise QuantityError(f"exemptions: '{word}'; {nearest(word, EXEMPTIONS)}")
    known = {k: float(v) for k, v in facts.items() if v == v}
    of_it = [
        r
        for r in (shipped_rules() if rules is None else rules)
        if r.concerns(plain, kind, year, exemptions)
    ]
    fired = [
        r for r in of_it if all(t.fact in known and bool(t.holds(known[t.fact])) for t in r.when)
    ]
    fired.sort(key=lambda r: -VERDICTS.index(r.verdict))
    verdict = _gravest(fired)
    deciding = [r for r in fired if r.verdict == verdict and verdict not in ("allow", "encourage")]
    rest = [r for r in fired if r not in deciding]
    unknown = sorted(
        {t.fact for r in of_it for t in r.when if t.fact not in known and _open(r, known)}
    )
    changes = tuple(_change(r, known) for r in deciding)
    return Admission(verdict, tuple(fired), changes, _gravest(rest), tuple(unknown))


def _gravest(fired: Sequence[Rule]) -> str:
    """Restrictions go before welcome; welcome before silence."""
    grave = [r.verdict for r in fired if r.verdict in ("limit", "forbid", "eliminate")]
    if grave:
        return max(grave, key=VERDICTS.index)
    return "encourage" if any(r.verdict == "encourage" for r in fired) else "allow"


def _open(rule: Rule, known: Mapping[str, float]) -> bool:
    """The known facts do not rule it out."""
    return all(bool(t.holds(known[t.fact])) for t in rule.when if t.fact in known)


def _change(rule: Rule, known: Mapping[str, float]) -> str:
    ways = [f"{t.fact} {_beyond(t)} (it is {known[t.fact]:g})" for t in rule.when]
    if rule.unless:
        ways.append(f"proof of {rule.unless}")
    others = [k for k in KINDS[:3] if k not in rule.kinds]
    if not rule.when and others:
        ways.append(f"a project that is {' or '.join(others)}")
    return f"{rule.rule}: {' or '.join(ways)}" if ways else f"{rule.rule}: another industry"


def _beyond(term: Term) -> str:
    turned = {"<=": "above", "<": "from", ">=": "below", ">": "up to", "==": "other than"}
    return f"{turned[term.sign]} {term.limit:g}"


def admitted_cells(
    code: str,
    facts: Mapping[str, NDArray[Any]],
    *,
    kind: str = "new",
    rules: Sequence[Rule] | None = None,
) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.bool_]]]:
    """Verdict on one industry everywhere at once.

    Parameters
    ----------
    code : str
        Industry code.
    facts : mapping of fact to (n,)
        Of each cell; NaN where not known: no rule that asks for it fires there.
    kind : str
        Of the project.
    rules : sequence of Rule, optional
        Instead of those that come with the product.

    Returns
    -------
    ((n,), dict)
        Place in :data:`VERDICTS`, and where each rule fired that fired anywhere.
    """
    plain = checked_code(code)
    size = next(iter(facts.values())).shape
    welcome = np.zeros(size, bool)
    out = np.full(size, VERDICTS.index("allow"), np.uint8)
    where: dict[str, NDArray[np.bool_]] = {}
    for rule in shipped_rules() if rules is None else rules:
        if not rule.concerns(plain, kind, None, ()) or any(t.fact not in facts for t in rule.when):
            continue
        fired = np.ones(size, bool)
        for term in rule.when:
            fired &= term.holds(facts[term.fact])
        if not fired.any():
            continue
        where[rule.rule] = fired
        if rule.verdict == "encourage":
            welcome |= fired
        elif rule.verdict != "allow":
            np.maximum(
                out, np.where(fired, VERDICTS.index(rule.verdict), 0).astype(np.uint8), out=out
            )
    out[welcome & (out == VERDICTS.index("allow"))] = VERDICTS.index("encourage")
    return out, where
