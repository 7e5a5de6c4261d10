"""Places and products by what somebody types: a name in any language, its pinyin, a code, part of any of them."""

from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from pypinyin import Style, pinyin

from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.queries.sheet import PlaceKey, Sheets
from shanshui.study.study import Study

MOST_FOUND = 20
"""Answers to a search [D]."""


@dataclass(frozen=True)
class Found:
    """One answer.

    Attributes
    ----------
    score : int
        How well it fits: 0 the same, 1 begins with it, 2 holds it.
    place : PlaceKey or None
        Where it is a place.
    product : str
        Where it is a product.
    """

    score: int
    place: PlaceKey | None
    product: str

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON."""
        if self.place is not None:
            return {"type": "place", **self.place.to_dict(voice)}
        return {"type": "product", "product": self.product, "name": voice.word(self.product)}


class Search:
    """Searches one study, whose names are read once.

    Parameters
    ----------
    study : Study
        With its places made.
    """

    def __init__(self, study: Study) -> None:
        sheets = Sheets(study)
        self._places = [
            (place, [_plain(w) for w in (place.code, *place.names.values(), *_sounds(place))])
            for kind in sheets.kinds()
            for place in sheets.places(kind)
        ]
        self._products = [
            (
                name,
                [
                    _plain(w)
                    for w in (name, *(terms()[name].words.values() if name in terms() else ()))
                ],
            )
            for name in study.plan.steps
            if study.has(name)
        ]

    def find(self, text: str, most: int = MOST_FOUND) -> list[Found]:
        """Answers, the best first; places before products.

        Parameters
        ----------
        text : str
            What somebody typed; blank finds nothing.
        most : int
            So many at most.
        """
        wanted = _plain(text)
        if not wanted:
            return []
        out = [
            Found(s, p, "") for p, words in self._places if (s := _fit(wanted, words)) is not None
        ]
        out += [
            Found(s, None, n)
            for n, words in self._products
            if (s := _fit(wanted, words)) is not None
        ]
        return sorted(out, key=lambda f: (f.score, f.place is None))[:most]


def _fit(wanted: str, words: list[str]) -> int | None:
    scores = [
        0 if word == wanted else 1 if word.startswith(wanted) else 2
        for word in words
        if wanted in word
    ]
    return min(scores, default=None)


def _plain(text: str) -> str:
    """Without case, spaces and marks between syllables."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


MOST_READINGS = 16
"""Ways to read a name that are known [D]."""


def _sounds(place: PlaceKey) -> list[str]:
    """Pinyin of a Chinese name, whole and by first letters, in each of its readings."""
    out = []
    for name in place.names.values():
        if any("\u4e00" <= letter <= "\u9fff" for letter in name):
            ways = pinyin(name, style=Style.NORMAL, heteronym=True)
            for parts in islice(product(*ways), MOST_READINGS):
                out += ["".join(parts), "".join(part[:1] for part in parts)]
    return out
