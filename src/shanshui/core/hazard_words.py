"""Kinds and scales of geological hazard: one word each, and how inventories spell it."""

import csv
from functools import cache
from types import MappingProxyType

from shanshui.core.shipped import shipped_text


@cache
def hazard_words(column: str) -> MappingProxyType[str, str]:
    """Our word by every spelling of it, in lower case.

    Parameters
    ----------
    column : str
        ``kind`` or ``scale``.

    Returns
    -------
    mapping of str to str
        English, Chinese and other spellings; ours first.
    """
    out = {}
    for row in csv.DictReader(shipped_text("core/hazard_words.csv").splitlines()):
        if row["column"] == column:
            for spelling in (row["word"], row["en"], row["zh"], *row["words"].split(";")):
                out[spelling.strip().lower()] = row["word"]
    return MappingProxyType(out)
