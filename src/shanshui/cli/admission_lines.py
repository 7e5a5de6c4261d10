"""The answer on a project in the words of a voice."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shanshui.core.voice import Voice
from shanshui.industry.rule_facts import PLAN_FACTS
from shanshui.industry.term_words import asked_fact, said_fact, said_terms

if TYPE_CHECKING:
    from shanshui.queries.admission import PlaceAdmission


def admission_lines(found: "PlaceAdmission", voice: Voice) -> Iterator[str]:
    """Lines of an answer: verdict, facts, rules, open questions, what would change it."""
    answer, colon = found.answer, voice("mark_colon")
    mark = f"{voice('admit_provisional')}{colon}" if answer.provisional else ""
    code, en, zh = found.industry
    yield f"{mark}{answer.words(voice)}  {code} {voice.among({'en': en, 'zh': zh})}"
    if found.where:
        places = (
            f"{voice(f'admit_{k}')} {voice.among({'en': v, 'zh': found.where_zh[k]})}"
            for k, v in found.where.items()
        )
        yield f"{voice('admit_at')}{colon}{voice.listed(places)}"
    facts = (said_fact(k, v, voice, found.off.get(k, 0.0)) for k, v in found.facts.items())
    yield f"{voice('admit_facts')}{colon}{voice.listed(facts)}"
    yield f"{voice('admit_year')}{colon}{found.year}"
    yield from _rules(found, voice)
    yield from _ways(found, voice)


def _rules(found: "PlaceAdmission", voice: Voice) -> Iterator[str]:
    """Rules that fired, and those that might."""
    answer = found.answer
    for rule in answer.fired:
        when = f" [{said_terms(rule.when, voice)}]" if rule.when else ""
        parts = answer.parts.get(rule.rule)
        part = f" ({voice('admit_of')} {' '.join(parts)})" if parts else ""
        verdict, colon = voice(f"ruled_{rule.verdict}"), voice("mark_colon")
        said, source = voice.among(rule.words), voice.among(rule.sources)
        yield f"  {verdict:9} {rule.rule}{when}{part}{colon}{said} ({source} {rule.tag})"
    for question in (*answer.questions, *answer.hopes):
        asks = said_terms(question.terms, voice)
        rule = question.rule
        yield f"  {voice(f'ruled_{rule.verdict}'):9} {rule.rule} {voice('admit_if')} {asks}{voice('mark_colon')}{voice.among(rule.words)}"


def _ways(found: "PlaceAdmission", voice: Voice) -> Iterator[str]:
    """What would change the verdict, where it is better, what is not known."""
    answer = found.answer
    colon = voice("mark_colon")
    for change in answer.changes:
        yield f"  {voice('admit_go')} {change.words(voice)}"
    if answer.changes:
        yield f"  {voice('admit_rest')}{colon}{voice(f'ruled_{answer.better}')}"
    if found.nearest:
        n = found.nearest
        parts = [
            voice(f"ruled_{n['verdict']}"),
            *([] if n["certain"] else [voice("admit_provisional")]),
        ]
        at = voice.listed([f"{n['km']} {voice('admit_km')}", f"{n['lon']},{n['lat']}"])
        yield f"  {voice('admit_better')} ({voice.listed(parts)}){colon}{at}"
    drawn = [f for f in answer.unknown if f in PLAN_FACTS]
    for word, names in (("unknown", answer.unknown), ("plans", drawn)):
        if names:
            yield f"  {voice(f'admit_{word}')}{colon}{voice.listed(asked_fact(f, voice) for f in names)}"
