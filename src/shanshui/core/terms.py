"""The terminology: one word per quantity and language, with symbol, unit, definition, source."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from shanshui.core.shipped import shipped_text


@dataclass(frozen=True)
class Term:
    """One word of the field.

    Attributes
    ----------
    name : str
        As in code, files and columns.
    symbol, unit, definition, source : str
        As far as they are known.
    words : mapping of language to str
        As on screens.
    """

    name: str
    symbol: str
    unit: str
    definition: str
    source: str
    words: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> str:
        """As a language of a study names it."""
        return f"term.{self.name}"


FACTS = ("name", "symbol", "unit", "definition", "source")


@cache
def terms() -> dict[str, Term]:
    """Every term by name; each column of the table that is no fact of a term is a language."""
    rows = csv.DictReader(shipped_text("core/terms.csv").splitlines())
    return {
        row["name"]: Term(
            **{fact: row[fact] for fact in FACTS},
            words={k: v for k, v in row.items() if k not in FACTS},
        )
        for row in rows
    }
