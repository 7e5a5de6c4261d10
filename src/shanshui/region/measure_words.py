"""What stands beside a measure, in words of both languages, as rows: the digest of a validation follows no voice to its lists."""

import csv
from functools import cache
from typing import NamedTuple

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.shipped import shipped_text


class Said(NamedTuple):
    """A text in English and in Chinese; blank for none."""

    en: str = ""
    zh: str = ""


NOTHING = Said()
"""Nothing to say."""


@cache
def _rows() -> dict[str, Said]:
    rows = csv.DictReader(shipped_text("region/measure_words.csv").splitlines())
    return {row["words"]: Said(row["en"], row["zh"]) for row in rows}


def said(words: str, **values: object) -> Said:
    """A row of the table, filled in.

    Parameters
    ----------
    words : str
        Name of the row.
    **values : object
        What its braces hold; a text of two languages gives each its own.

    Returns
    -------
    Said
        In both languages.

    Raises
    ------
    QuantityError
        No such row.
    """
    row = _rows().get(words)
    if row is None:
        raise QuantityError(f"measure words: '{words}'; {nearest(words, _rows())}")
    en, zh = ({k: v[at] if isinstance(v, Said) else v for k, v in values.items()} for at in (0, 1))
    return Said(row.en.format(**en), row.zh.format(**zh))


def named(text: str) -> Said:
    """What is written alike in both languages: the name of an input, of a work."""
    return Said(text, text)


def together(*texts: Said) -> Said:
    """Those that are not blank, one after another."""
    return Said("; ".join(t.en for t in texts if t.en), "；".join(t.zh for t in texts if t.zh))
