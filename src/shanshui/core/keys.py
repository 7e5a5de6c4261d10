"""Kinds of places and things that tables name, and the product that carries their outlines."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    words : mapping of language to str
        As on screens.
    """

    kind: str
    outlines: str
    words: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> str:
        """As a language of a study names it."""
        return f"kind.{self.kind}"

    @property
    def en(self) -> str:
        """Word of messages, which are in English."""
        return self.words["en"]


@cache
def keys() -> dict[str, Kind]:
    """Every kind by name; each further column of the table is a language."""
    rows = csv.DictReader(shipped_text("core/keys.csv").splitlines())
    out = {}
    for row in rows:
        kind, outlines = row.pop("kind"), row.pop("outlines")
        out[kind] = Kind(kind, outlines, row)
    return out
