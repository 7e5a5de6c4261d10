"""The voice of a page, a command or a file: words, terms, signs of units and numbers in its language.

A language is a file ``words/NAME.csv`` with the columns ``key, text``: those that ship with the product, and those of a
study in its folder ``words``. What a language lacks is said in English, and its voice tells what that is.
"""

import csv
import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from importlib.resources import files
from math import floor, isfinite, log10
from pathlib import Path
from string import Formatter
from typing import Any, Protocol

from shanshui.core.cover import covers
from shanshui.core.errors import PlanError, nearest
from shanshui.core.keys import keys
from shanshui.core.phrases import phrases
from shanshui.core.reasons import reasons
from shanshui.core.said import ENDING, spoken
from shanshui.core.terms import terms

ENGLISH = "en"
"""The language that every word is known in."""
FOLDER = "words"
"""Of a study, where it keeps languages of its own."""
MOST_WRITTEN = 1000.0
"""From this on a figure is written to the unit [D]."""
LEAST_WRITTEN = 1e-6
"""Below this a figure is written with a power of ten [D]."""
_PART = re.compile(r"[^\W\d]+[0-9]*|%|1|[*/()]")
_RAISED = str.maketrans("23", "²³")
_NAMED: dict[str, Callable[[], Mapping[str, "Worded"]]] = {
    "term": terms, "reason": reasons, "cover": covers, "kind": keys, "phrase": phrases,
}  # fmt: skip
"""Tables of the product whose rows have words; a language of a study says them as ``term.slope``."""


class Worded(Protocol):
    """A row of a table that has words.

    Attributes
    ----------
    key : str
        Its table and its name: ``term.slope``.
    words : mapping of language to str
        As the table has them.
    """

    @property
    def key(self) -> str:
        """Table and name."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """Word by language."""
        ...


def _shipped() -> dict[str, str]:
    """Texts of the shipped languages."""
    place = files("shanshui").joinpath("core/words")
    lists = sorted((f for f in place.iterdir() if f.name.endswith(".csv")), key=lambda f: f.name)
    return {f.name.removesuffix(".csv"): f.read_text("utf-8") for f in lists}


def _own(folder: Path | None) -> dict[str, Path]:
    """Files of the languages of a study."""
    place = None if folder is None else folder / FOLDER
    return {} if place is None else {p.stem: p for p in sorted(place.glob("*.csv"))}


def languages(folder: Path | None = None) -> tuple[str, ...]:
    """Languages that there are words in.

    Parameters
    ----------
    folder : Path, optional
        Of a study, which may have languages of its own.

    Returns
    -------
    tuple of str
        English first.
    """
    found = {*_shipped(), *_own(folder)}
    return (ENGLISH, *sorted(found - {ENGLISH}))


def placeholders(text: str) -> frozenset[str]:
    """Names in braces of a phrase."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def factors(unit: str) -> tuple[list[str], list[str]]:
    """Parts of a unit above and below the stroke; both empty for what is not written as a unit.

    Parameters
    ----------
    unit : str
        ``t/ha/yr``, ``MJ*mm/(ha*h*yr)``.

    Returns
    -------
    (list of str, list of str)
        ``t`` and ``ha, yr``; one alone is blank above.
    """
    above: list[str] = []
    below: list[str] = []
    turned, under, rest = [False], False, unit
    while rest:
        found = _PART.match(rest)
        if found is None:
            return [], []
        rest, part = rest[found.end() :], found[0]
        if part == "(":
            turned.append(turned[-1] != under)
        elif part == ")":
            if len(turned) == 1:
                return [], []
            turned.pop()
        elif part in "*/":
            under = part == "/"
            continue
        elif part != "1":
            (below if turned[-1] != under else above).append(part)
        under = False
    return (above, below) if len(turned) == 1 else ([], [])


def _read(text: str, where: str) -> dict[str, str]:
    """Word by key of one list.

    Raises
    ------
    PlanError
        Other columns, a key that stands twice or is blank.
    """
    rows = csv.DictReader(text.splitlines())
    if list(rows.fieldnames or ()) != ["key", "text"]:
        raise PlanError(f"{where}: columns {rows.fieldnames}; expected key,text")
    out: dict[str, str] = {}
    for row in rows:
        key = (row["key"] or "").strip()
        if not key or key in out:
            raise PlanError(f"{where}: key '{key}' {'stands twice' if key else 'is blank'}")
        out[key] = row["text"] or ""
    return out


@cache
def _english() -> dict[str, str]:
    return _read(_shipped()[ENGLISH], f"{FOLDER}/{ENGLISH}.csv")


@cache
def _filled() -> dict[str, frozenset[str]]:
    """Names in braces that are filled, by key: a language may use some of them only."""
    lists = [_read(text, f"{FOLDER}/{name}.csv") for name, text in _shipped().items()]
    return {
        key: frozenset[str]().union(*(placeholders(words.get(key, "")) for words in lists))
        for key in _english()
    }


def _checked(words: dict[str, str], where: str) -> dict[str, str]:
    """Refuse keys that nobody asks for and names in braces that nobody fills.

    Raises
    ------
    PlanError
        With the nearest key, or the names that there are.
    """
    for key, text in words.items():
        table, dot, name = key.partition(".")
        if dot and table in _NAMED:
            if name not in _NAMED[table]():
                raise PlanError(f"{where}: no {table} '{name}'; {nearest(name, _NAMED[table]())}")
            words_of = _NAMED[table]()[name].words.values()
            allowed = frozenset[str]().union(*map(placeholders, words_of))
        elif key in _english():
            allowed = _filled()[key]
        else:
            raise PlanError(f"{where}: no key '{key}'; {nearest(key, _english())}")
        try:
            found = placeholders(text)
        except ValueError as error:
            raise PlanError(f"{where}: {key}: {error}: '{text}'") from None
        if not found <= allowed:
            raise PlanError(
                f"{where}: {key}: names {', '.join(sorted(found - allowed))} in braces; expected of {', '.join(sorted(allowed)) or 'none'}"
            )
    return words


class Voice:
    """Words of one language; made once for a page or a command.

    Parameters
    ----------
    language : str
        A list of words of that name; English by default.
    folder : Path, optional
        Of a study, whose own languages are known too.

    Raises
    ------
    PlanError
        No such language, or a list of words that cannot be used.
    """

    def __init__(self, language: str = ENGLISH, folder: Path | None = None) -> None:
        known = languages(folder)
        if language not in known:
            raise PlanError(
                f"--lang {language}: expected {' or '.join(known)}; a study's own language is a file {FOLDER}/{language}.csv in its "
                "folder, with the columns key,text"
            )
        self.language = language
        text, where = _shipped().get(language, ""), f"{FOLDER}/{language}.csv"
        self._words = _checked(_read(text, where), where) if text else {}
        if own := _own(folder).get(language):
            self._words |= _checked(_read(own.read_text("utf-8-sig"), str(own)), str(own))

    def __call__(self, key: str, **parts: Any) -> str:
        """Phrase of a key, its names in braces filled; what is no key stands as it is."""
        text = self._words.get(key) or _english().get(key, key)
        return text.format(**parts) if parts else text

    def __contains__(self, key: object) -> bool:
        """Whether there is a phrase of this key."""
        return key in _english()

    @property
    def lacking(self) -> tuple[str, ...]:
        """Keys of the list that are said in English for want of a word."""
        return tuple(k for k, text in _english().items() if text and not self._words.get(k))

    def said(self, item: Worded) -> str:
        """Word of a row of a table."""
        return self._words.get(item.key) or self.among(item.words)

    def among(self, words: Mapping[str, str]) -> str:
        """Word of this language among those of several, the English one where it is not there."""
        return words.get(self.language) or words[ENGLISH]

    def word(self, name: str) -> str:
        """Word for a product, a layer (``step.layer``), an input or a column; what is no term stands as it is, spaced.

        A product of another state, or summed, takes the word of what it is, and what its ending says.
        """
        term = terms().get(name)
        if term:
            return self.said(term)
        step, dot, layer = name.partition(".")
        for key in _english():
            ending = key.removeprefix("ending")
            if ending != key and step.endswith(ending):
                return self.word(step.removesuffix(ending) + dot + layer) + self(key)
        return name.replace("_", " ")

    def phrase(self, name: str) -> str:
        """Phrase that products say, with names in braces."""
        return self.said(phrases()[name])

    def name(self, name: str, of: str = "") -> str:
        """Word for a name of the program, that of a service or the like among them; what has none stands as it is."""
        key = f"{of}_{name}" if of else name
        return self(key) if key in self else name

    def tell(self, row: Mapping[Any, Any], name: str) -> str:
        """Text of a row of a product in this language.

        Parameters
        ----------
        row : mapping
            ``name`` in English, and ``name_said`` with the same as phrases and facts.
        name : str
            Of the column.
        """
        text = row.get(f"{name}{ENDING}")
        if isinstance(text, str) and text:
            return spoken(text, self)
        plain = row[name]
        return plain if isinstance(plain, str) else ""

    def column(self, known: Container[str], name: str) -> str:
        """Column of a table that speaks this language: ``name_zh`` where it is among the known ones, else ``name``."""
        own = f"{name}_{self.language}"
        return own if own in known else name

    def of(self, thing: Any, name: str) -> str:
        """Attribute of a thing in this language, or the plain one where it has none."""
        return str(getattr(thing, f"{name}_{self.language}", None) or getattr(thing, name))

    def unit(self, unit: str) -> str:
        """Sign of a unit, of the signs of its parts; blank for numbers without one."""
        if (key := f"unit.{unit}") in self:
            return self(key)
        above, below = factors(unit)
        if not above and not below:
            return unit
        signs = ["·".join(self._sign(part) for part in side) for side in (above or ["1"], below)]
        return signs[0] + (f"/({signs[1]})" if len(below) > 1 else f"/{signs[1]}" if below else "")

    def _sign(self, part: str) -> str:
        """Sign of a part of a unit, its power raised."""
        name = part.rstrip("23")
        power = part[len(name) :].translate(_RAISED)
        known = next((k for k in (f"unit.{part}", f"unit.{name}") if k in self), "")
        if known:
            return self(known) + ("" if known.endswith(part) else power)
        return f"{name}{power}" if name else part

    def number(self, value: float, spec: str = "g") -> str:
        """Number by a format, with the marks of this language."""
        marks = {",": self("mark_thousands"), ".": self("mark_decimal"), "-": self("mark_minus")}
        return "".join(marks.get(letter, letter) for letter in format(value, spec))

    def size(self, name: str) -> float:
        """Number that great sums are counted in: ``size_money`` is a billion in English and a hundred million in Chinese."""
        return float(self(f"size_{name}"))

    def figure(self, value: float, digits: int = 3) -> str:
        """Number with so many digits that count, written out; whole from a thousand on, a dash where it is not known."""
        if not isfinite(value):
            return self("mark_unknown")
        if abs(value) >= MOST_WRITTEN or value == int(value):
            return self.number(value, ",.0f")
        if abs(value) < LEAST_WRITTEN:
            return self.number(value, f".{digits}g")
        rounded = float(f"{value:.{digits - 1}e}")
        if rounded == value:  # no noughts behind what is no longer
            return self.number(value, f",.{digits}g")
        return self.number(rounded, f",.{max(0, digits - 1 - floor(log10(abs(rounded))))}f")

    def clauses(self, items: Iterable[str]) -> str:
        """Parts of a text one after another."""
        return self("mark_semicolon").join(items)

    def listed(self, items: Iterable[str]) -> str:
        """Items one after another."""
        return self("mark_list").join(items)
