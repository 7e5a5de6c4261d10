"""What covers the ground, whatever legend a map has: a fixed vocabulary of covers, the broad ones above the narrow."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from shanshui.core.shipped import shipped_text

NO_COVER = 0
"""Code of cells without a known cover; no cover has it."""


@dataclass(frozen=True)
class Cover:
    """One cover.

    Attributes
    ----------
    code : int
        On grids of covers, 1 to 254.
    name : str
        Word of settings and tables.
    parent : str
        The broader cover that holds this one; empty for the broadest.
    colour : str
        On maps.
    spellings : tuple of str
        Others in class tables, in lower case.
    words : mapping of language to str
        As on screens.
    """

    code: int
    name: str
    parent: str
    colour: str
    spellings: tuple[str, ...]
    words: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> str:
        """As a language of a study names it."""
        return f"cover.{self.name}"


@cache
def covers() -> dict[str, Cover]:
    """Every cover by name, a broad one before those that it holds; each column that is no fact of a cover is a language."""
    facts = ("code", "cover", "parent", "colour", "words")
    out = {}
    for row in csv.DictReader(shipped_text("core/cover_types.csv").splitlines()):
        code, name, parent, colour, others = (row.pop(fact) for fact in facts)
        spellings = tuple(w.strip().lower() for w in others.split(";") if w.strip())
        out[name] = Cover(int(code), name, parent, colour, spellings, row)
    return out


COVERS = tuple(covers())
"""Words that a setting of covers may hold."""


@cache
def _spellings() -> dict[str, str]:
    out: dict[str, str] = {}
    for cover in covers().values():
        own = (cover.name, cover.name.replace("_", " "), *(w.lower() for w in cover.words.values()))
        for word in (*own, *cover.spellings):
            out.setdefault(word, cover.name)
    return out


def cover_called(text: str) -> str | None:
    """Cover that a word of a class table means, in any language; None for a word that is none."""
    return _spellings().get(" ".join(text.lower().split()))


def lineage(name: str) -> list[str]:
    """A cover, the broader one that holds it, and so on to the broadest."""
    out = [name]
    while parent := covers()[out[-1]].parent:
        out.append(parent)
    return out


def broadest(name: str) -> str:
    """Broadest cover that holds a cover."""
    return lineage(name)[-1]


def codes_of(names: Iterable[str]) -> tuple[int, ...]:
    """Codes of covers and of all that they hold.

    Parameters
    ----------
    names : iterable of str
        Such as ``forest``.

    Returns
    -------
    tuple of int
        In rising order.
    """
    wanted = set(names)
    return tuple(
        sorted(c.code for c in covers().values() if not wanted.isdisjoint(lineage(c.name)))
    )
