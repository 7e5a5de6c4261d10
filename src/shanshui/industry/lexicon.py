"""The vocabulary of emerging industries, and exact matching of all its words at once: the longest match wins."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from shanshui.core.errors import DataError
from shanshui.core.shipped import shipped_text

CATEGORIES = (
    "it", "equipment", "materials", "biology", "vehicles", "energy", "environment", "digital", "services",
)  # fmt: skip
"""The nine categories of the classification of strategic emerging industries of 2018 [S]."""
BLOCKED = "none"
"""Category of words that keep a shorter one inside or across them from being found: 东风 before 风电."""
EDITION = "2026.1"
"""Of the words that come with the product [D]."""
NEGATIONS = (
    "不含",
    "不包括",
    "不包含",
    "除外",
    "不得",
    "不从事",
    "禁止",
    "严禁",
    "淘汰",
    "关停",
    "压减",
    "退出",
    "excluding",
    "except",
    "not including",
)
PLANS = (
    "拟建",
    "拟",
    "规划",
    "计划",
    "筹建",
    "筹备",
    "力争",
    "谋划",
    "争取",
    "将要",
    "即将",
    "planned",
    "to be built",
)
TRADE = (
    "销售",
    "零售",
    "批发",
    "代理",
    "租赁",
    "维修",
    "经销",
    "专卖",
    "广告",
    "餐饮",
    "retail",
    "wholesale",
    "trading",
)
"""Words that turn a mention: what is denied, what is intended, and what is sold but not made [D]."""
TRADE_WEIGHT, PLAN_WEIGHT = 0.3, 0.5
"""What a mention counts in a clause of trade, and of intention [D]."""
_CLAUSE = re.compile(r"[。；;！!？?\n]|(?<!\d)\.(?!\d)")
_PART = re.compile(r"[，,、：:（）()]")


@dataclass(frozen=True)
class Word:
    """One word of the vocabulary: ``specificity`` [1] is how surely it means its category."""

    category: str
    word: str
    specificity: float


@dataclass(frozen=True)
class Mention:
    """A word found.

    Attributes
    ----------
    word : Word
        Which.
    start, stop : int
        Where in the text.
    kind : str
        ``achieved``, ``planned``, ``traded`` or ``negated``.
    """

    word: Word
    start: int
    stop: int
    kind: str

    @property
    def weight(self) -> float:
        """Specificity, less where the mention is of intention or trade, none where it is denied."""
        share = {"achieved": 1.0, "planned": PLAN_WEIGHT, "traded": TRADE_WEIGHT}.get(
            self.kind, 0.0
        )
        return self.word.specificity * share


@dataclass(frozen=True)
class Lexicon:
    """Words by category.

    Attributes
    ----------
    words : tuple of Word
        Lower case.
    edition : str
        Version.
    """

    words: tuple[Word, ...]
    edition: str = EDITION

    @classmethod
    def of(cls, rows: Iterable[Mapping[Any, Any]], edition: str = EDITION) -> "Lexicon":
        """Words of a table with ``category, word`` and, if known, ``specificity`` [1].

        Raises
        ------
        DataError
            Unknown category, a blank word, a specificity outside [0, 1].
        """
        words = {}
        for row in rows:
            category, text = str(row["category"]).strip(), str(row["word"]).strip().lower()
            given = row.get("specificity")
            share = 0.9 if given is None or given != given or given == "" else float(given)
            if category not in (*CATEGORIES, BLOCKED):
                raise DataError(
                    f"lexicon: category '{category}' of '{text}'; known: {', '.join((*CATEGORIES, BLOCKED))}"
                )
            if not text or not 0.0 <= share <= 1.0:
                raise DataError(f"lexicon: word '{text}' with specificity {share}; expected 0 to 1")
            words[text] = Word(category, text, share)
        return cls(tuple(words.values()), edition)

    def extended(self, rows: Iterable[Mapping[Any, Any]]) -> "Lexicon":
        """With a user's words, which go before those that come with the product."""
        more = Lexicon.of(rows)
        known = {w.word: w for w in (*self.words, *more.words)}
        return Lexicon(tuple(known.values()), f"{self.edition}+{len(more.words)}")

    @cached_property
    def automaton(self) -> Any:
        """All words at once."""
        return _automaton([word.word for word in self.words])

    def __reduce__(self) -> tuple[Any, ...]:
        """Words alone go to another process; the automaton is made there."""
        return Lexicon, (self.words, self.edition)

    def mentions(self, text: str) -> list[Mention]:
        """Words found in a text, the longest at each place.

        A negation, intention or trade anywhere in the same part of the sentence turns the mention; 'except' works backwards too.

        Parameters
        ----------
        text : str
            Any length.

        Returns
        -------
        list of Mention
            In order.
        """
        low = text.lower()
        found = self.automaton.find_matches_as_indexes(low)
        if not found:
            # most rows of a register: one pass and nothing else
            return []
        kinds, machine = _turns()
        turns = [(stop, kinds[k]) for k, _, stop in machine.find_matches_as_indexes(low)]
        out = []
        for k, start, stop in found:
            value = self.words[k]
            if value.category == BLOCKED:
                continue
            if not _whole_word(low, start, stop):
                continue
            out.append(
                Mention(value, start, stop, _kind(low, start, stop, turns) if turns else "achieved")
            )
        return out


@cache
def _turns() -> tuple[list[str], Any]:
    """Kind of each word that turns a mention, and the automaton of the words."""
    groups = (("negated", NEGATIONS), ("planned", PLANS), ("traded", TRADE))
    marks = [(kind, mark) for kind, words in groups for mark in words]
    return [kind for kind, _ in marks], _automaton([mark for _, mark in marks])


def _automaton(words: list[str]) -> Any:
    return AhoCorasick(
        words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA
    )


def _whole_word(text: str, start: int, stop: int) -> bool:
    """Latin words must stand alone: 'energy' is not in 'synergy'; Chinese ones need no gaps."""
    first, last = text[start], text[stop - 1]
    before = start > 0 and _latin(first) and _latin(text[start - 1])
    after = stop < len(text) and _latin(last) and _latin(text[stop])
    return not (before or after)


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _kind(text: str, start: int, stop: int, turns: list[tuple[int, str]]) -> str:
    left, right = part_around(text, start, stop)
    kinds = {kind for at, kind in turns if left < at <= right}
    for kind in ("negated", "traded", "planned"):
        if kind in kinds:
            return kind
    return "achieved"


def part_around(text: str, start: int, stop: int) -> tuple[int, int]:
    """Bounds of the part of the sentence around a place: between commas and stops."""
    left = max(
        (m.end() for m in _bounds(text, max(0, start - 40), start)), default=max(0, start - 40)
    )
    right = min(
        (m.start() for m in _bounds(text, stop, stop + 40)), default=min(len(text), stop + 40)
    )
    return left, right


def _bounds(text: str, start: int, stop: int) -> list[re.Match[str]]:
    return [
        *_CLAUSE.finditer(text, start, min(stop, len(text))),
        *_PART.finditer(text, start, min(stop, len(text))),
    ]


def sentence_around(text: str, start: int, stop: int, most: int = 160) -> str:
    """Sentence around a place, cut where it is too long."""
    left = max(
        (m.end() for m in _CLAUSE.finditer(text, max(0, start - most), start)),
        default=max(0, start - most),
    )
    right = min(
        (m.end() for m in _CLAUSE.finditer(text, stop, min(stop + most, len(text)))),
        default=min(len(text), stop + most),
    )
    return re.sub(r"\s+", " ", text[left:right]).strip()


def read_lexicon() -> Lexicon:
    """Words that come with the product: nine categories, Chinese and English [D]."""
    text = shipped_text("industry/lexicon.csv")
    return Lexicon.of(csv.DictReader(text.splitlines()))


def read_codes() -> dict[str, dict[str, bool]]:
    """Category by code of the national economy: True where the code belongs to it in part only (a star) [M]."""
    text = shipped_text("industry/emerging_codes.csv")
    out: dict[str, dict[str, bool]] = {}
    for row in csv.DictReader(text.splitlines()):
        out.setdefault(row["code"], {})[row["category"]] = row["partial"] == "1"
    return out
