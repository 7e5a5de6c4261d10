"""Words of what stands in columns of names: ``promote`` in ``zone`` is *development promoting*."""

import csv
from functools import cache

from shanshui.core.shipped import shipped_text
from shanshui.core.terms import terms
from shanshui.core.voice import Voice

PLAIN, TERM = "=", "term"
"""The value itself is the key of a word; the name of a quantity."""


@cache
def _ways() -> dict[str, tuple[str, ...]]:
    rows = csv.DictReader(shipped_text("core/value_words.csv").splitlines())
    return {row["column"]: tuple(row["words"].split()) for row in rows}


def value_word(column: str, value: str, voice: Voice) -> str:
    """Word of a value in a language; one that has none stands as it is.

    Parameters
    ----------
    column : str
        In which it stands.
    value : str
        One name, or several apart by spaces.
    voice : Voice
        Of the language.
    """
    if not value or column not in _ways():
        return value
    whole = _word(column, value, voice)
    if whole is not None:
        return whole
    parts = [_word(column, part, voice) for part in value.split()]
    return value if None in parts else voice.listed(p for p in parts if p is not None)


def _word(column: str, value: str, voice: Voice) -> str | None:
    for way in _ways()[column]:
        if way == TERM:
            if value in terms():
                return voice.word(value)
            continue
        key = f"{'' if way == PLAIN else way}{value.replace(' ', '_')}"
        for known in (key, f"{'' if way == PLAIN else way}{value}"):
            if known in voice:
                return voice(known)
    return None
