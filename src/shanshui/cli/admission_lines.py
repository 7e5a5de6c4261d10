"""The answer on a project in words of one language."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shanshui.study.admission import PlaceAdmission

SAID = {
    "provisional": ("PROVISIONAL", "未定"),
    "at": ("at", "位置"),
    "facts": ("facts", "事实"),
    "of": ("of", "其中"),
    "if": ("if", "若"),
    "go": ("would go with", "如要解除"),
    "rest": ("and if all of these went", "以上全部解除后"),
    "better": ("nearest ground where it is better", "最近的更优位置"),
    "unknown": ("not known here, though rules ask for it", "规则所需而此处未知"),
    "waiting": ("no plan drawn in this study, so its rules wait", "本研究未划定，相关规则暂不生效"),
    "planning unit": ("planning unit", "规划单元"),
    "counties": ("county", "县"),
    "prefectures": ("prefecture", "地市"),
    "km": ("km", "公里"),
}
"""Words of an answer in both languages."""


def admission_lines(found: "PlaceAdmission", lang: str) -> Iterator[str]:
    """Lines of an answer in one language: verdict, facts, rules, open questions, what would change it."""
    from shanshui.industry.access_rules import VERDICTS_ZH
    from shanshui.industry.rule_book import FACTS_ZH

    zh, answer = lang == "zh", found.answer
    comma, colon = ("、", "：") if zh else (", ", ": ")

    def say(word: str) -> str:
        return SAID[word][zh]

    def verdict(word: str) -> str:
        return VERDICTS_ZH[word] if zh else word

    def fact(name: str) -> str:
        return FACTS_ZH[name] if zh else name

    mark = f"{say('provisional')}{colon}" if answer.provisional else ""
    yield f"{mark}{answer.words(lang)}  {found.industry[0]} {found.industry[2 if zh else 1]}"
    if found.where:
        yield f"{say('at')}{colon}" + comma.join(f"{say(k)} {v}" for k, v in found.where.items())
    yield f"{say('facts')}{colon}" + comma.join(f"{fact(k)} {v:g}" for k, v in found.facts.items())
    for rule in answer.fired:
        when = f" [{' & '.join(t.words(lang) for t in rule.when)}]" if rule.when else ""
        part = (
            f" ({say('of')} {' '.join(answer.parts[rule.rule])})"
            if rule.rule in answer.parts
            else ""
        )
        yield f"  {verdict(rule.verdict):9} {rule.rule}{when}{part}{colon}{rule.text_zh if zh else rule.text} ({rule.source} {rule.tag})"
    for question in answer.questions:
        asks = " & ".join(t.words(lang) for t in question.terms)
        rule = question.rule
        yield f"  {verdict(rule.verdict):9} {rule.rule} {say('if')} {asks}{colon}{rule.text_zh if zh else rule.text}"
    for change in answer.changes_zh if zh else answer.changes:
        yield f"  {say('go')} {change}"
    if answer.changes:
        yield f"  {say('rest')}{colon}{verdict(answer.better)}"
    if found.nearest:
        n = found.nearest
        yield f"  {say('better')} ({verdict(n['verdict'])}){colon}{n['km']} {say('km')}{comma}{n['lon']},{n['lat']}"
    if answer.unknown:
        yield f"  {say('unknown')}{colon}{comma.join(fact(f) for f in answer.unknown)}"
    if answer.waiting:
        yield f"  {say('waiting')}{colon}{comma.join(fact(f) for f in answer.waiting)}"
