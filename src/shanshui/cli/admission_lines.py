"""The answer on a project in words of one language."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shanshui.industry.access_rules import VERDICTS_ZH
from shanshui.industry.rule_book import Rule
from shanshui.industry.rule_facts import FACTS_ZH, YES_NO

if TYPE_CHECKING:
    from shanshui.study.admission import PlaceAdmission

SAID = {
    "provisional": ("PROVISIONAL", "未定"),
    "at": ("at", "位置"),
    "facts": ("facts", "事实"),
    "year": ("rules in force in", "规则年份"),
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


class _Words:
    """Words of one language."""

    def __init__(self, lang: str) -> None:
        self.lang, self.zh = lang, lang == "zh"
        self.comma, self.colon = ("、", "：") if self.zh else (", ", ": ")
        self.both = " 且 " if self.zh else " & "

    def say(self, word: str) -> str:
        return SAID[word][self.zh]

    def verdict(self, word: str) -> str:
        return VERDICTS_ZH[word] if self.zh else word

    def fact(self, name: str) -> str:
        return FACTS_ZH[name] if self.zh else name

    def asked(self, name: str) -> str:
        """A fact that is not known."""
        return f"是否{self.fact(name)}" if self.zh and name in YES_NO else self.fact(name)

    def told(self, name: str, value: float) -> str:
        if self.zh and name in YES_NO:
            return self.fact(name) if value >= 1 else f"不{self.fact(name)}"
        return f"{self.fact(name)} {value:g}"

    def text(self, rule: Rule) -> str:
        return rule.text_zh if self.zh else rule.text

    def source(self, rule: Rule) -> str:
        return rule.source_zh if self.zh else rule.source


def admission_lines(found: "PlaceAdmission", lang: str) -> Iterator[str]:
    """Lines of an answer in one language: verdict, facts, rules, open questions, what would change it."""
    w, answer = _Words(lang), found.answer
    mark = f"{w.say('provisional')}{w.colon}" if answer.provisional else ""
    yield f"{mark}{answer.words(lang)}  {found.industry[0]} {found.industry[2 if w.zh else 1]}"
    if found.where:
        named = found.where_zh if w.zh else found.where
        places = (f"{w.say(k)} {v}" for k, v in named.items())
        yield f"{w.say('at')}{w.colon}{w.comma.join(places)}"
    facts = (w.told(k, v) for k, v in found.facts.items())
    yield f"{w.say('facts')}{w.colon}{w.comma.join(facts)}"
    yield f"{w.say('year')}{w.colon}{found.year}"
    yield from _rules(found, w)
    yield from _ways(found, w)


def _rules(found: "PlaceAdmission", w: _Words) -> Iterator[str]:
    """Rules that fired, and those that might."""
    answer = found.answer
    for rule in answer.fired:
        when = f" [{w.both.join(t.words(w.lang) for t in rule.when)}]" if rule.when else ""
        parts = answer.parts.get(rule.rule)
        part = f" ({w.say('of')} {' '.join(parts)})" if parts else ""
        yield f"  {w.verdict(rule.verdict):9} {rule.rule}{when}{part}{w.colon}{w.text(rule)} ({w.source(rule)} {rule.tag})"
    for question in (*answer.questions, *answer.hopes):
        asks = w.both.join(t.words(w.lang) for t in question.terms)
        rule = question.rule
        yield f"  {w.verdict(rule.verdict):9} {rule.rule} {w.say('if')} {asks}{w.colon}{w.text(rule)}"


def _ways(found: "PlaceAdmission", w: _Words) -> Iterator[str]:
    """What would change the verdict, where it is better, what is not known."""
    answer = found.answer
    for change in answer.changes_zh if w.zh else answer.changes:
        yield f"  {w.say('go')} {change}"
    if answer.changes:
        yield f"  {w.say('rest')}{w.colon}{w.verdict(answer.better)}"
    if found.nearest:
        n = found.nearest
        sure = "" if n["certain"] else f"{w.comma}{w.say('provisional')}"
        yield f"  {w.say('better')} ({w.verdict(n['verdict'])}{sure}){w.colon}{n['km']} {w.say('km')}{w.comma}{n['lon']},{n['lat']}"
    for word, names in (("unknown", answer.unknown), ("waiting", answer.waiting)):
        if names:
            yield f"  {w.say(word)}{w.colon}{w.comma.join(w.asked(f) for f in names)}"
