"""Conditions of rules in words: those on one graded fact together, by the names of its grades where a language has them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shanshui.industry.rule_facts import GRADES, YES_NO

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice
    from shanshui.industry.rule_book import Term


def grade_word(fact: str, value: float, voice: "Voice") -> str:
    """Name of a number that a fact can be; blank where it has none."""
    key = f"fact_{fact}.{value:g}"
    return voice(key) if key in voice else ""


def said_fact(fact: str, value: float, voice: "Voice", off: float = 0.0) -> str:
    """A fact that is known, in words, and how far it may be from its number."""
    key = "told" if fact not in YES_NO else "told_yes" if value >= 1 else "told_no"
    if off:
        key = "told_off"
    grade = grade_word(fact, value, voice)
    return voice(
        "told_grade" if grade else key,
        fact=voice(f"fact_{fact}"),
        value=voice.figure(value),
        grade=grade,
        off=voice.figure(off),
    )


def asked_fact(fact: str, voice: "Voice") -> str:
    """A fact that is not known, in words."""
    key = "asked_yes" if fact in YES_NO else "asked"
    return voice(key, fact=voice(f"fact_{fact}"), name=fact)


def said_terms(terms: Iterable["Term"], voice: "Voice") -> str:
    """Conditions that all must hold, one after another."""
    return voice("mark_and").join(_conditions(tuple(terms), voice))


def _conditions(terms: tuple["Term", ...], voice: "Voice") -> list[str]:
    out = []
    for fact in dict.fromkeys(t.fact for t in terms):
        own = tuple(t for t in terms if t.fact == fact)
        grades = _named(fact, own, voice)
        if grades and voice("condition_grades"):
            said = voice("mark_or").join(grades)
            out.append(voice("condition_grades", fact=voice(f"fact_{fact}"), grades=said))
        else:
            out += [t.words(voice) for t in own]
    return out


def said_ways(facts: Iterable[tuple["Term", float]], voice: "Voice") -> list[str]:
    """What would not meet each condition that holds, beside what is the case."""
    held, out = tuple(facts), []
    for fact in dict.fromkeys(t.fact for t, _ in held):
        own = tuple((t, v) for t, v in held if t.fact == fact)
        value, terms = own[0][1], tuple(t for t, _ in own)
        now = grade_word(fact, value, voice)
        if not (now and voice("change_grade") and _named(fact, terms, voice)):
            out += [t.otherwise(voice, v) for t, v in own]
            continue
        # of a fact without a list of what it can be, that it is another
        key, grades = "change_grade", _others(fact, terms, voice)
        if fact not in GRADES:
            key, grades = "change_other_grade", _named(fact, terms, voice)
        if grades:
            said = voice("mark_or").join(grades)
            out.append(voice(key, fact=voice(f"fact_{fact}"), grades=said, grade=now))
    return out


def _named(fact: str, terms: tuple["Term", ...], voice: "Voice") -> list[str]:
    """Names of the numbers that meet all conditions on a fact; none where one has no name."""
    if fact in YES_NO:
        return []
    tried = GRADES.get(fact) or tuple(t.limit for t in terms if t.sign == "==")
    names = [grade_word(fact, g, voice) for g in tried if all(bool(t.holds(g)) for t in terms)]
    return names if all(names) else []


def _others(fact: str, terms: tuple["Term", ...], voice: "Voice") -> list[str]:
    """Names of the numbers that do not meet them all."""
    return [
        grade_word(fact, g, voice)
        for g in GRADES.get(fact, ())
        if not all(bool(t.holds(g)) for t in terms)
    ]
