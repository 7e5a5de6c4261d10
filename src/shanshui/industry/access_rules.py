"""Which project may come where: a verdict of three values, that names every rule that fired, and what is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.industry.classification import checked_code, divisions
from shanshui.industry.rule_book import (
    EXEMPTIONS,
    FACTS,
    KINDS,
    RESTRICTS,
    VERDICTS,
    Rule,
    Term,
    covers,
    rules_of,
    shipped_rules,
)

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

__all__ = [
    "EXEMPTIONS", "FACTS", "KINDS", "RESTRICTS", "VERDICTS", "Admission", "CellVerdicts", "Question", "Rule", "Term", "admit",
    "admitted_cells", "cells_of", "checked_code", "covers", "divisions", "rules_of", "shipped_rules",
]  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A rule of which it is not known whether it holds.

    Attributes
    ----------
    rule : Rule
        Graver than the verdict.
    terms : tuple of Term
        Its conditions on facts that nobody gave.
    """

    rule: Rule
    terms: tuple[Term, ...]

    def words(self, voice: "Voice") -> str:
        """``FORBID if core_area >= 1``."""
        terms = voice("mark_and").join(t.words(voice) for t in self.terms)
        return voice(
            "rule_question",
            verdict=_ruled(self.rule.verdict, voice),
            terms=terms,
            rule=self.rule.rule,
        )


def _ruled(verdict: str, voice: "Voice") -> str:
    """A verdict as an answer gives it."""
    return voice(f"ruled_{verdict}").upper()


@dataclass(frozen=True)
class Change:
    """What would let a rule go.

    Attributes
    ----------
    rule : Rule
        That fired.
    facts : tuple of (Term, float)
        Its conditions, and what is the case.
    """

    rule: Rule
    facts: tuple[tuple[Term, float], ...]

    def words(self, voice: "Voice") -> str:
        """A fact beyond its limit, an exemption, another kind of project, or another industry."""
        rule = self.rule
        ways = [term.otherwise(voice, value) for term, value in self.facts]
        if rule.unless:
            ways.append(voice("change_unless", exemption=voice(f"exemption_{rule.unless}")))
        others = [voice(f"project_{k}") for k in KINDS[:3] if k not in rule.kinds]
        if not rule.when and others:
            ways.append(voice("change_kind", kinds=voice("mark_or").join(others)))
        if not ways:
            return voice("change_industry", rule=rule.rule)
        return voice("change_rule", rule=rule.rule, ways=voice("mark_or").join(ways))


@dataclass(frozen=True)
class Admission:
    """The answer for one project at one place.

    Attributes
    ----------
    verdict : str
        At least this: the gravest that fired for certain; ``allow`` when none did. A welcome is given only where nothing is open.
    worst : str
        What it would be if every fact that is not known were against the project.
    fired : tuple of Rule
        All rules that fired for certain, the gravest first.
    changes : tuple of Change
        What would let each rule of that verdict go.
    better : str
        The verdict if all rules of this gravity were gone.
    questions : tuple of Question
        Rules graver than the verdict that hold if facts nobody gave are so, the gravest first.
    unknown : tuple of str
        Those facts.
    waiting : tuple of str
        Facts of plans that the study has not drawn: their rules wait.
    parts : dict of str to tuple of str
        Codes below a coarse one, of each rule that speaks of a part of it only.
    if_clear : str
        The verdict if no open rule held.
    """

    verdict: str
    worst: str
    fired: tuple[Rule, ...]
    changes: tuple[Change, ...]
    better: str
    questions: tuple[Question, ...]
    unknown: tuple[str, ...]
    waiting: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    if_clear: str

    @property
    def provisional(self) -> bool:
        """A fact that is not known could make it graver."""
        return self.worst != self.verdict

    def words(self, voice: "Voice") -> str:
        """``at least LIMIT; FORBID if core_area >= 1``, or the verdict alone where nothing is open."""
        verdict = _ruled(self.verdict, voice)
        if not self.provisional:
            return verdict
        gravest = [q.words(voice) for q in self.questions if q.rule.verdict == self.worst]
        return voice(
            "admit_at_least", verdict=verdict, questions=voice("mark_semicolon").join(gravest)
        )


def admit(
    code: str,
    facts: Mapping[str, float],
    *,
    kind: str = "new",
    year: int | None = None,
    exemptions: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    waiting: Sequence[str] = (),
) -> Admission:
    """Verdict on a project at a place.

    Parameters
    ----------
    code : str
        Industry code, two to four digits, or the name of a class. A coarse code answers with the gravest rule below it.
    facts : mapping of fact to number
        Of the place and the project; see :data:`FACTS`. Those left out are not known: rules that ask for them stand as questions.
    kind : str
        ``new``, ``expand``, ``existing`` or ``explore``.
    year : int, optional
        Rules in force then; all without one.
    exemptions : sequence of str
        That the project claims: ``poverty_relief``, ``public_service``, ``upgrade``.
    rules : sequence of Rule, optional
        Instead of those that come with the product.
    waiting : sequence of str
        Facts of plans that nobody has drawn: rules that ask for them are not in force.

    Returns
    -------
    Admission
        With every rule that fired and every one that might.

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
    asked = {t.fact for r in of_it for t in r.when}
    of_it = [r for r in of_it if not any(t.fact in waiting and t.fact not in known for t in r.when)]
    state = {r.rule: _holds(r, known) for r in of_it}
    lifted = {name for r in of_it if state[r.rule] for name in r.over}
    stands = [r for r in of_it if r.rule not in lifted]
    fired = sorted((r for r in stands if state[r.rule]), key=lambda r: -VERDICTS.index(r.verdict))
    clear = _gravest(fired)
    questions = [
        Question(r, tuple(t for t in r.when if t.fact not in known))
        for r in stands
        if state[r.rule] is None
        and r.verdict in RESTRICTS
        and VERDICTS.index(r.verdict) > VERDICTS.index(clear)
    ]
    questions.sort(key=lambda q: -VERDICTS.index(q.rule.verdict))
    # a yes that a question could turn into a no is none
    verdict = "allow" if questions and clear == "encourage" else clear
    deciding = [r for r in fired if r.verdict == verdict and verdict in RESTRICTS]
    rest = [r for r in fired if r not in deciding]
    return Admission(
        verdict,
        questions[0].rule.verdict if questions else verdict,
        tuple(fired),
        tuple(Change(r, tuple((t, known[t.fact]) for t in r.when)) for r in deciding),
        _gravest(rest),
        tuple(questions),
        tuple(sorted({t.fact for q in questions for t in q.terms})),
        tuple(f for f in waiting if f in asked and f not in known),
        {r.rule: r.parts(plain) for r in fired if r.parts(plain)},
        clear,
    )


def _holds(rule: Rule, known: Mapping[str, float]) -> bool | None:
    """Kleene's conjunction: False where one condition is not met, None where none is but one is not known."""
    met = [bool(t.holds(known[t.fact])) if t.fact in known else None for t in rule.when]
    if any(m is False for m in met):
        return False
    return None if None in met else True


def _gravest(fired: Sequence[Rule]) -> str:
    """Restrictions go before welcome; welcome before silence."""
    grave = [r.verdict for r in fired if r.verdict in RESTRICTS]
    if grave:
        return max(grave, key=VERDICTS.index)
    return "encourage" if any(r.verdict == "encourage" for r in fired) else "allow"


@dataclass(frozen=True)
class CellVerdicts:
    """Verdicts on one industry everywhere.

    Attributes
    ----------
    verdict, worst, if_clear : (n,)
        Places in :data:`VERDICTS`, as in :class:`Admission`.
    where : dict of rule to (n,)
        Cells in which each rule fired for certain, of those that fired anywhere.
    open_to : dict of fact to int
        Cells in which a graver rule waits for it.
    """

    verdict: NDArray[np.uint8]
    worst: NDArray[np.uint8]
    if_clear: NDArray[np.uint8]
    where: dict[str, NDArray[np.bool_]]
    open_to: dict[str, int]


def admitted_cells(
    code: str,
    facts: Mapping[str, NDArray[Any]],
    *,
    kind: str = "new",
    rules: Sequence[Rule] | None = None,
    waiting: Sequence[str] = (),
) -> CellVerdicts:
    """Verdict on one industry everywhere at once.

    Parameters
    ----------
    code : str
        Industry code.
    facts : mapping of fact to (n,)
        Of each cell; NaN where not known, as is a fact that is left out: rules that ask for it stand as questions.
    kind : str
        Of the project.
    rules : sequence of Rule, optional
        Instead of those that come with the product.
    waiting : sequence of str
        Facts of plans that nobody has drawn: rules that ask for them are not in force.

    Returns
    -------
    CellVerdicts
        As :func:`admit` gives of each cell.
    """
    plain = checked_code(code)
    size = next(iter(facts.values())).shape
    of_it = [
        r
        for r in (shipped_rules() if rules is None else rules)
        if r.concerns(plain, kind, None, ()) and not any(t.fact in waiting for t in r.when)
    ]
    sure: dict[str, NDArray[np.bool_]] = {}
    may: dict[str, NDArray[np.bool_]] = {}
    lifted: dict[str, NDArray[np.bool_]] = {}
    for rule in of_it:
        sure[rule.rule], may[rule.rule] = cells_of(rule, facts, size)
        for name in rule.over:
            lifted[name] = lifted.get(name, np.zeros(size, bool)) | sure[rule.rule]
    welcome = np.zeros(size, bool)
    clear = np.full(size, VERDICTS.index("allow"), np.uint8)
    worst = clear.copy()
    where: dict[str, NDArray[np.bool_]] = {}
    for rule in of_it:
        off = lifted.get(rule.rule)
        fired, might = sure[rule.rule], may[rule.rule]
        if off is not None:
            fired, might = fired & ~off, might & ~off
        if fired.any():
            where[rule.rule] = fired
        if rule.verdict == "encourage":
            welcome |= fired
        elif rule.verdict in RESTRICTS:
            place = VERDICTS.index(rule.verdict)
            np.maximum(clear, np.where(fired, place, 0).astype(np.uint8), out=clear)
            np.maximum(worst, np.where(might, place, 0).astype(np.uint8), out=worst)
    free = clear == VERDICTS.index("allow")
    open_to = _waited_for(of_it, facts, sure, may, lifted, clear)
    if_clear = clear.copy()
    if_clear[welcome & free] = VERDICTS.index("encourage")
    verdict = np.where(worst > clear, clear, if_clear).astype(np.uint8)
    worst = np.where(worst > clear, worst, verdict).astype(np.uint8)
    return CellVerdicts(verdict, worst, if_clear, where, open_to)


def _waited_for(
    rules: Sequence[Rule],
    facts: Mapping[str, NDArray[Any]],
    sure: Mapping[str, NDArray[np.bool_]],
    may: Mapping[str, NDArray[np.bool_]],
    lifted: Mapping[str, NDArray[np.bool_]],
    clear: NDArray[np.uint8],
) -> dict[str, int]:
    """Cells in which a rule graver than the verdict waits for each fact."""
    out: dict[str, int] = {}
    for rule in rules:
        if rule.verdict not in RESTRICTS:
            continue
        asks = may[rule.rule] & ~sure[rule.rule] & (VERDICTS.index(rule.verdict) > clear)
        if rule.rule in lifted:
            asks &= ~lifted[rule.rule]
        for fact in {t.fact for t in rule.when} if asks.any() else ():
            missing = asks if fact not in facts else asks & np.isnan(facts[fact])
            if missing.any():
                out[fact] = max(out.get(fact, 0), int(missing.sum()))
    return out


def cells_of(
    rule: Rule, facts: Mapping[str, NDArray[Any]], size: tuple[int, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells in which a rule holds for certain, and in which it may."""
    sure, may = np.ones(size, bool), np.ones(size, bool)
    for term in rule.when:
        if term.fact not in facts:
            sure[:] = False
            continue
        met = term.holds(facts[term.fact])
        sure &= met
        may &= met | np.isnan(facts[term.fact])
    return sure, may
