"""The terminology: one word per quantity, in English and Chinese, with symbol, unit, definition, source."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


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
    text = files("shanshui.core").joinpath("terms.csv").read_text("utf-8")
    return {row["name"]: Term(**row) for row in csv.DictReader(text.splitlines())}


def word(name: str, lang: str = "en") -> str:
    """Word for a name; names that are not terms stand as they are, spaced."""
    term = terms().get(name)
    return term.text(lang) if term else name.replace("_", " ")
