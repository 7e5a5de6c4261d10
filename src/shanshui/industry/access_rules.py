"""Which project may come where: a verdict of three values, that names every rule that fired, and what is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from shanshui.core.errors import QuantityError, nearest
from shanshui.industry.classification import checked_code, divisions
from shanshui.industry.rule_book import (
    EXEMPTIONS,
    EXPLORED,
    IN_FORCE,
    KINDS,
    RESTRICTS,
    VERDICTS,
    Rule,
    Term,
    covers,
    rules_of,
    shipped_rules,
)
from shanshui.industry.rule_facts import FACTS, checked_facts
from shanshui.industry.term_words import said_terms, said_ways

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice

__all__ = [
    "EXEMPTIONS", "FACTS", "IN_FORCE", "KINDS", "RESTRICTS", "VERDICTS", "Admission", "Change", "Question", "Rule", "Term", "admit", "checked_code",
    "covers", "divisions", "rules_of", "shipped_rules",
]  # fmt: skip

CLOSED = VERDICTS.index("forbid")
"""From here on a project is not let in."""


@dataclass(frozen=True)
class Question:
    """A rule of which it is not known whether it holds.

    Attributes
    ----------
    rule : Rule
        Graver than the verdict, or such as would make it milder.
    terms : tuple of Term
        Its conditions on facts that nobody gave, or not well enough.
    """

    rule: Rule
    terms: tuple[Term, ...]

    def words(self, voice: "Voice") -> str:
        """``FORBID if core_area >= 1``."""
        return voice(
            "rule_question",
            verdict=_ruled(self.rule.verdict, voice),
            terms=said_terms(self.terms, voice),
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
    kinds : tuple of str
        Kinds of project that it does not speak of and that fare better.
    """

    rule: Rule
    facts: tuple[tuple[Term, float], ...]
    kinds: tuple[str, ...]

    def words(self, voice: "Voice") -> str:
        """A fact beyond its limit, an exemption, another kind of project, or another industry."""
        rule = self.rule
        ways = said_ways(self.facts, voice)
        if rule.unless:
            ways.append(voice("change_unless", exemption=voice(f"exemption_{rule.unless}")))
        others = [voice(f"project_{k}") for k in self.kinds]
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
    hopes : tuple of Question
        Rules that would make the verdict milder if facts nobody gave are so.
    unknown : tuple of str
        The facts of both.
    parts : dict of str to tuple of str
        Codes below a coarse one, of each rule that speaks of a part of it only.
    if_clear : str
        What it would be if every fact that is not known were for the project.
    """

    verdict: str
    worst: str
    fired: tuple[Rule, ...]
    changes: tuple[Change, ...]
    better: str
    questions: tuple[Question, ...]
    hopes: tuple[Question, ...]
    unknown: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    if_clear: str

    @property
    def provisional(self) -> bool:
        """A fact that is not known could make it another."""
        return not (self.worst == self.verdict == self.if_clear)

    def words(self, voice: "Voice") -> str:
        """``at least LIMIT; FORBID if core_area >= 1``, or the verdict alone where nothing is open; no *at least* where it may be milder."""
        verdict = _ruled(self.verdict, voice)
        if not self.provisional:
            return verdict
        gravest = [q for q in self.questions if q.rule.verdict == self.worst]
        questions = voice("mark_semicolon").join(q.words(voice) for q in (*gravest, *self.hopes))
        key = "admit_perhaps" if self.hopes else "admit_at_least"
        return voice(key, verdict=verdict, questions=questions)


def admit(
    code: str,
    facts: Mapping[str, float],
    *,
    kind: str = "new",
    year: int | None = None,
    exemptions: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    off: Mapping[str, float] = MappingProxyType({}),
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
        Rules in force then; that of the rule book (:data:`IN_FORCE`) by default.
    exemptions : sequence of str
        That the project claims: ``poverty_relief``, ``public_service``, ``upgrade``.
    rules : sequence of Rule, optional
        Instead of those that come with the product.
    off : mapping of fact to float, optional
        How far each fact may be from its number, in its unit: a rule that holds only for some of the numbers between stands as a question.

    Returns
    -------
    Admission
        With every rule that fired and every one that might.

    Raises
    ------
    QuantityError
        Unknown code, fact, kind or exemption; a fact that is no number or one that it cannot be; exploration for what is no mineral.
    """
    plain = checked_code(code)
    known = checked_facts(facts)
    _check_kind(kind, plain)
    for word in exemptions:
        if word not in EXEMPTIONS:
            raise QuantityError(f"exemptions: '{word}'; {nearest(word, EXEMPTIONS)}")
    book = tuple(shipped_rules() if rules is None else rules)
    answer = _answer(plain, known, off, kind, year, exemptions, book)
    others = [
        k
        for k in KINDS[:3]
        if answer.verdict in RESTRICTS
        and kind not in (k, "explore")
        and _answer(plain, known, off, k, year, exemptions, book).verdict in VERDICTS[: min(VERDICTS.index(answer.verdict), CLOSED)]
    ]  # fmt: skip
    deciding = [r for r in answer.fired if r.verdict == answer.verdict and r.verdict in RESTRICTS]
    return replace(
        answer,
        changes=tuple(
            Change(
                r,
                tuple((t, known[t.fact]) for t in r.when),
                tuple(k for k in others if k not in r.kinds),
            )
            for r in deciding
        ),
    )


def _check_kind(kind: str, code: str) -> None:
    if kind not in KINDS:
        raise QuantityError(f"kind: '{kind}'; {nearest(kind, KINDS)}")
    if kind == "explore" and not (
        covers(EXPLORED, code) or any(p.startswith(code) for p in EXPLORED)
    ):
        raise QuantityError(
            f"kind: explore is of minerals (divisions 06 to 12) and of their survey (747); {code} is neither; give new, expand or existing"
        )


def _answer(
    plain: str,
    known: Mapping[str, float],
    off: Mapping[str, float],
    kind: str,
    year: int | None,
    exemptions: Sequence[str],
    rules: Sequence[Rule],
) -> Admission:
    """The answer without what would change it."""
    of_it = [r for r in rules if r.concerns(plain, kind, year, exemptions)]
    state = {r.rule: _holds(r, known, off) for r in of_it}
    lifted = {name for r in of_it if state[r.rule] for name in r.over}
    stands = [r for r in of_it if r.rule not in lifted]
    fired = sorted((r for r in stands if state[r.rule]), key=lambda r: -VERDICTS.index(r.verdict))
    clear = _gravest(fired)
    questions = [
        _question(r, known, off)
        for r in stands
        if state[r.rule] is None
        and r.verdict in RESTRICTS
        and VERDICTS.index(r.verdict) > VERDICTS.index(clear)
    ]
    questions.sort(key=lambda q: -VERDICTS.index(q.rule.verdict))
    best = _best(stands, state)
    milder = VERDICTS.index(best) < VERDICTS.index(clear)
    hopes = [
        _question(r, known, off)
        for r in stands
        if milder
        and state[r.rule] is None
        and (r.verdict == "encourage" or set(r.over) & {f.rule for f in fired})
    ]
    # a yes that a question could turn into a no is none
    verdict = "allow" if questions and clear == "encourage" else clear
    rest = [r for r in fired if not (r.verdict == verdict and verdict in RESTRICTS)]
    return Admission(
        verdict,
        questions[0].rule.verdict if questions else verdict,
        tuple(fired),
        (),
        _gravest(rest),
        tuple(questions),
        tuple(hopes),
        tuple(sorted({t.fact for q in (*questions, *hopes) for t in q.terms})),
        {r.rule: r.parts(plain) for r in fired if r.parts(plain)},
        best,
    )


def _question(rule: Rule, known: Mapping[str, float], off: Mapping[str, float]) -> Question:
    return Question(rule, tuple(t for t in rule.when if _met(t, known, off) is None))


def _best(stands: Sequence[Rule], state: Mapping[str, bool | None]) -> str:
    """The verdict if every fact that is not known were for the project."""
    may_lift = {name for r in stands if state[r.rule] is not False for name in r.over}
    return _gravest(
        [
            r
            for r in stands
            if (state[r.rule] and r.rule not in may_lift)
            or (r.verdict == "encourage" and state[r.rule] is not False)
        ]
    )


def _holds(rule: Rule, known: Mapping[str, float], off: Mapping[str, float]) -> bool | None:
    """Kleene's conjunction: False where one condition is not met, None where none is but one is not known."""
    met = [_met(t, known, off) for t in rule.when]
    if any(m is False for m in met):
        return False
    return None if None in met else True


def _met(term: Term, known: Mapping[str, float], off: Mapping[str, float]) -> bool | None:
    """A condition is met for certain, is not, or may be."""
    if term.fact not in known:
        return None
    value, within = known[term.fact], off.get(term.fact, 0.0)
    if bool(term.holds(value, within)):
        return True
    return None if bool(term.may_hold(value, within)) else False


def _gravest(fired: Sequence[Rule]) -> str:
    """Restrictions go before welcome; welcome before silence."""
    grave = [r.verdict for r in fired if r.verdict in RESTRICTS]
    if grave:
        return max(grave, key=VERDICTS.index)
    return "encourage" if any(r.verdict == "encourage" for r in fired) else "allow"
