"""Rows of a table of sightings that say that a species was not found, however they say it."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError

DENIED = frozenset(
    [
        "0", "n", "no", "none", "f", "false", "无", "没有", "否", "×",
    ]
)  # fmt: skip
AFFIRMED = frozenset(
    [
        "1", "y", "yes", "t", "true", "有", "是", "√", "✓",
    ]
)  # fmt: skip
"""Words that deny or affirm what a column asks, in lower case."""
ABSENT = frozenset(
    [
        "absent", "absence", "not_found", "not_detected", "not_seen", "undetected", "未见", "未发现", "未检测到", "未记录", "未出现", "不存在",
        "缺席",
    ]
)  # fmt: skip
FOUND = frozenset(
    [
        "present", "presence", "found", "detected", "seen", "common", "frequent", "abundant", "irregular", "uncommon", "rare",
        "many", "few", "several", "见", "可见", "已发现", "发现", "检测到", "出现", "存在", "常见", "偶见", "少见", "罕见", "多", "少", "若干",
    ]
)  # fmt: skip
"""Words that say by themselves that a species was not found, or that it was; blanks as underscores."""
PRESENCE = frozenset(
    [
        "presence", "present", "found", "detected", "occurrence", "occurrencestatus", "presenceabsence", "presence/absence",
        "有无", "出现", "是否出现", "存在", "是否存在", "是否发现",
    ]
)  # fmt: skip
"""Columns that say whether a species was found; letters small, without blanks and underscores."""
ABSENCE = frozenset(
    [
        "absence", "absent", "未出现", "缺席", "未发现",
    ]
)  # fmt: skip
"""Columns that say whether it was not."""
COUNTS = frozenset(
    [
        "count", "individualcount", "individuals", "abundance", "数量", "个体数", "个体数量", "个体数目", "只数", "头数", "株数", "计数", "数目",
    ]
)  # fmt: skip
"""Columns of how many were found."""
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def not_found(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Does a row say that its species was not found there?

    Parameters
    ----------
    table : DataFrame
        Rows of sightings. A column of whether (``presence``, ``occurrenceStatus``, 有无 …), of whether not (``absence`` …) or of how many
        (``count``, ``individualCount``, 数量 …) tells; an empty cell tells nothing.

    Returns
    -------
    (rows,) array of bool
        Rows that any column says were none.

    Raises
    ------
    QuantityError
        A word in such a column that says neither, a count below 0.
    """
    out = np.zeros(len(table), bool)
    for column in table.columns:
        plain = re.sub(r"[\s_\-]", "", str(column)).casefold()
        for names, absent in ((PRESENCE, _absent), (ABSENCE, _there), (COUNTS, _none_counted)):
            if plain in names:
                out |= [
                    absent(text, str(column), row)
                    for row, text in enumerate(map(_text, table[column]), start=1)
                ]
    return out


def _text(value: object) -> str:
    """A cell in lower case, with underscores for blanks; empty for nothing."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    return re.sub(r"\s+", "_", str(value).strip().casefold())


def _absent(text: str, column: str, row: int) -> bool:
    """Of a column that asks whether a species was found."""
    if text in ABSENT or text in FOUND:
        return text in ABSENT
    return bool(text) and not _affirmed(text, column, row)


def _there(text: str, column: str, row: int) -> bool:
    """Of a column that asks whether it was not found."""
    if text in ABSENT or text in FOUND:
        return text in ABSENT
    return bool(text) and _affirmed(text, column, row)


def _affirmed(text: str, column: str, row: int) -> bool:
    number = _NUMBER.fullmatch(text)
    if text in AFFIRMED or (number and float(text) > 0):
        return True
    if text in DENIED or (number and float(text) == 0):
        return False
    raise _neither(text, column, row, "present, absent, 1 or 0 (有 or 无)")


def _none_counted(text: str, column: str, row: int) -> bool:
    if text in ABSENT or text in DENIED:
        return True
    if not text or text in FOUND or text in AFFIRMED:
        return False
    numbers = [float(n) for n in _NUMBER.findall(text)]
    if not numbers or numbers[0] < 0:
        raise _neither(text, column, row, "a number from 0 on")
    # 0-2 animals may be two
    return max(map(abs, numbers)) == 0


def _neither(text: str, column: str, row: int, expected: str) -> QuantityError:
    return QuantityError(
        f"species_presence.{column}: row {row} holds '{text}', expected {expected}; correct it, leave the row out where the species was not "
        "found, or name the column otherwise where it says something else"
    )
