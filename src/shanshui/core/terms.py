"""The terminology: one word per quantity, in English and Chinese, with symbol, unit, definition, source."""

import csv
from dataclasses import dataclass
from functools import cache

from shanshui.core.shipped import shipped_text


@dataclass(frozen=True)
class Term:
    """One word of the field.

    Attributes
    ----------
    name : str
        As in code, files and columns.
    en, zh : str
        As on screens.
    symbol, unit, definition, source : str
        As far as they are known.
    """

    name: str
    en: str
    zh: str
    symbol: str
    unit: str
    definition: str
    source: str

    def text(self, lang: str) -> str:
        """Word in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def terms() -> dict[str, Term]:
    """Every term by name."""
    text = shipped_text("core/terms.csv")
    return {row["name"]: Term(**row) for row in csv.DictReader(text.splitlines())}


ENDINGS = {
    "_before": (" at the opening", "（期初）"),
    "_watersheds": (" by watershed", "（按汇水区）"),
}
"""What an ending of a product's name says: the same product of another state, or summed."""


def word(name: str, lang: str = "en") -> str:
    """Word for a name; names that are not terms stand as they are, spaced.

    A layer (``step.layer``) and a state (``step_before``) take the words of what they are made of.
    """
    term = terms().get(name)
    if term:
        return term.text(lang)
    step, dot, layer = name.partition(".")
    for ending, words in ENDINGS.items():
        if step.endswith(ending):
            base = step.removesuffix(ending) + dot + layer
            return word(base, lang) + words[lang == "zh"]
    if dot and step.endswith("_p"):
        known = word(f"{step.removesuffix('_p')}.{layer}", lang)
        return (
            known.replace("nitrogen", "phosphorus")
            .replace("Nitrogen", "Phosphorus")
            .replace("氮", "磷")
        )
    return name.replace("_", " ")
