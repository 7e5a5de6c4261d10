"""Kinds of places and things that tables name, and the product that carries their outlines."""

import csv
from dataclasses import dataclass
from functools import cache

from shanshui.core.shipped import shipped_text


@dataclass(frozen=True)
class Kind:
    """One kind of place or thing.

    Attributes
    ----------
    kind : str
        As declared in a ``Key``.
    outlines : str
        Product or input whose features they are; empty where they have none.
    en, zh : str
        As on screens.
    """

    kind: str
    outlines: str
    en: str
    zh: str

    def text(self, lang: str) -> str:
        """Word in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def keys() -> dict[str, Kind]:
    """Every kind by name."""
    rows = csv.DictReader(shipped_text("core/keys.csv").splitlines())
    return {row["kind"]: Kind(**row) for row in rows}
