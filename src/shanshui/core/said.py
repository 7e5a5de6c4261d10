"""What a product says in words: a phrase and the facts of the case, kept beside its English so that any language can say it.

A column ``note`` of a product holds the English, a column ``note_said`` the same as phrases and facts, in JSON.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shanshui.core.phrases import phrases

ENDING = "_said"
"""Of a column that holds phrases and facts: ``note_said`` beside ``note``."""


@dataclass(frozen=True)
class Number:
    """A number in a phrase.

    Attributes
    ----------
    value : float [any]
        The number.
    form : str
        As formats are written: ``.1%``.
    """

    value: float
    form: str

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"number": self.value, "form": self.form}


@dataclass(frozen=True)
class Sum:
    """A great number in three figures, in the scale of a language.

    Attributes
    ----------
    value : float [any]
        The number.
    most : float [any]
        Greatest of those that it stands beside: they share its scale.
    """

    value: float
    most: float

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"sum": self.value, "most": self.most}


@dataclass(frozen=True)
class Name:
    """A name of the program that has a word: a flow, a column.

    Attributes
    ----------
    name : str
        As in tables; English says it as it stands.
    of : str
        What it is a name of, where its word stands under that: ``service`` for ``service_bio``; blank for none.
    """

    name: str
    of: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"name": self.name} | ({"of": self.of} if self.of else {})


@dataclass(frozen=True)
class Worded:
    """Words that somebody gave in several languages.

    Attributes
    ----------
    words : mapping of language to str
        English at least.
    """

    words: Mapping[str, str] = field(hash=False)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"words": {k: v for k, v in self.words.items() if v}}


@dataclass(frozen=True)
class Coded:
    """What another column says already.

    Attributes
    ----------
    text : str
        As ``coded`` gives it.
    """

    text: str

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"parts": json.loads(self.text) if self.text else []}


@dataclass(frozen=True)
class Said:
    """A phrase with its facts.

    Attributes
    ----------
    phrase : str
        Of ``core/phrases.csv``.
    facts : mapping of name to fact
        What stands in its braces: words, whole numbers, ``Number``, ``Sum``, ``Name``, ``Worded``, ``Coded``, another ``Said``,
        or a sequence of these.
    """

    phrase: str
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"phrase": self.phrase, "facts": {k: _plain(v) for k, v in self.facts.items()}}

    def __str__(self) -> str:
        """In English."""
        return told(self.plain(), English())


def worded(row: Mapping[Any, Any], name: str) -> Worded:
    """Words of a row of a table that has them in several languages.

    Parameters
    ----------
    row : mapping
        ``name`` in English, and ``name_zh`` and the like in others.
    name : str
        Of the column.

    Returns
    -------
    Worded
        Blank cells are left out.
    """
    found = {"en": row.get(name)} | {
        str(k).removeprefix(f"{name}_"): v
        for k, v in row.items()
        if str(k).startswith(f"{name}_") and not str(k).endswith(ENDING)
    }
    return Worded(
        {k: v.strip() for k, v in found.items() if isinstance(v, str) and v.strip()},
    )


def by_language(row: Mapping[Any, Any], name: str) -> Said | None:
    """Say what a row of a table has in several languages, as ``worded`` takes it; None where it has no English."""
    found = worded(row, name)
    return Said("as_said", {"said": found}) if found.words.get("en") else None


def english(*parts: Said | None) -> str:
    """Parts of a text in English, one after another."""
    return English().clauses(str(part) for part in parts if part is not None)


def coded(*parts: Said | None) -> str:
    """Parts of a text as JSON; blank for none."""
    plain = [part.plain() for part in parts if part is not None]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")) if plain else ""


def columns(name: str, *parts: Said | None) -> dict[str, str]:
    """Both columns of a text: in English, and as phrases and facts."""
    return {name: english(*parts), f"{name}{ENDING}": coded(*parts)}


def named(text: str) -> Said:
    """What is written alike in all languages: the name of an input, of a work."""
    return Said("as_said", {"said": text})


def together(*parts: Said | None) -> Said | None:
    """Parts of a text one after another as one; None where there is none."""
    known = [part for part in parts if part is not None]
    if len(known) < 2:
        return known[0] if known else None
    return Said("as_said", {"said": Coded(coded(*known))})


class Tongue(Protocol):
    """How a language says a phrase and its facts."""

    def phrase(self, name: str) -> str:
        """Phrase with names in braces."""
        ...

    def number(self, value: float, spec: str = "g") -> str:
        """Number by a format."""
        ...

    def name(self, name: str, of: str = "") -> str:
        """Word for a name of the program, which may be that of a service or the like."""
        ...

    def among(self, words: Mapping[str, str]) -> str:
        """Word among those of several languages."""
        ...

    def listed(self, items: Iterable[str]) -> str:
        """Items one after another."""
        ...

    def clauses(self, items: Iterable[str]) -> str:
        """Parts of a text one after another."""
        ...


class English:
    """How English says it, with names as they stand in tables: what products hold."""

    def phrase(self, name: str) -> str:
        """Phrase with names in braces."""
        return phrases()[name].words["en"]

    def number(self, value: float, spec: str = "g") -> str:
        """Number by a format."""
        return format(value, spec)

    def name(self, name: str, of: str = "") -> str:
        """Name as it stands."""
        return name

    def among(self, words: Mapping[str, str]) -> str:
        """The English one."""
        return words["en"]

    def listed(self, items: Iterable[str]) -> str:
        """Items one after another."""
        return ", ".join(items)

    def clauses(self, items: Iterable[str]) -> str:
        """Parts of a text one after another."""
        return "; ".join(items)


def spoken(text: str, tongue: Tongue) -> str:
    """Say what ``coded`` gave.

    Parameters
    ----------
    text : str
        JSON; blank says nothing.
    tongue : Tongue
        The language.
    """
    return tongue.clauses(told(part, tongue) for part in json.loads(text)) if text else ""


def told(part: Any, tongue: Tongue) -> str:
    """Say a phrase or a fact as JSON holds it."""
    if isinstance(part, list):
        return tongue.listed(told(each, tongue) for each in part)
    if not isinstance(part, dict):
        return str(part)
    if "phrase" in part:
        # a phrase may say by itself how its numbers are written
        facts = {
            k: v if isinstance(v, int | float) else told(v, tongue)
            for k, v in part["facts"].items()
        }
        return tongue.phrase(part["phrase"]).format(**facts)
    if "number" in part:
        return tongue.number(part["number"], part["form"])
    if "sum" in part:
        return _scaled(part["sum"], part["most"], tongue)
    if "name" in part:
        return tongue.name(part["name"], part.get("of", ""))
    if "words" in part:
        return tongue.among(part["words"])
    return tongue.clauses(told(each, tongue) for each in part["parts"])


def _scaled(value: float, most: float, tongue: Tongue) -> str:
    """A sum in three figures, in the scale that the greatest of its neighbours asks for."""
    scales = [s.partition(" ") for s in tongue.phrase("scale_of_sums").split("|")]
    size, _, name = next((s for s in scales if abs(most) >= float(s[0])), scales[-1])
    figure = tongue.number(float(f"{value / float(size):.3g}"), ",.10g")
    return f"{figure} {name}".rstrip()


def _plain(fact: Any) -> Any:
    """Fact as JSON holds it."""
    if isinstance(fact, list | tuple):
        return [_plain(each) for each in fact]
    if hasattr(fact, "item"):
        return fact.item()
    return fact.plain() if hasattr(fact, "plain") else fact
