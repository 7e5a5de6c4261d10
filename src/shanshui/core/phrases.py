"""Phrases that products say, in each language, with names in braces for the facts of the case."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from shanshui.core.shipped import shipped_text


@dataclass(frozen=True)
class Phrase:
    """One phrase.

    Attributes
    ----------
    phrase : str
        Its name.
    words : mapping of language to str
        As on screens.
    """

    phrase: str
    words: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> str:
        """As a language of a study names it."""
        return f"phrase.{self.phrase}"


@cache
def phrases() -> dict[str, Phrase]:
    """Every phrase by name; each further column of the table is a language."""
    rows = csv.DictReader(shipped_text("core/phrases.csv").splitlines())
    out = {}
    for row in rows:
        name = row.pop("phrase")
        out[name] = Phrase(name, row)
    return out
