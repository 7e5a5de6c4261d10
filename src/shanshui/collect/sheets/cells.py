"""What one typed cell says: its width and blanks put in order, gap marks, numbers with their marks, suffixes and units."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from shanshui.collect.sheets.units import cell_unit

GAPS = {
    "", "-", "--", "---", "—", "——", "–", "―", "…", "……", "...", "..", ".", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "<na>",
    "无", "缺", "无数据", "缺失", "不详", "暂无", "空", "/", "\\", "·", "×", "x", "?", "？",
}  # fmt: skip
"""What stands in a column of numbers where there is no number."""
WIDTH = {0xFF01 + k: 0x21 + k for k in range(94)} | {
    ord(c): " " for c in "\u3000\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
} | {ord(c): None for c in "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"} | {
    0x2236: ":", 0xFE30: ":", 0x2212: "-", 0x2019: "'", 0x00B4: "'"
}  # fmt: skip
"""Wide letters and blanks to plain ones; letters without width to nothing."""
_NOTE = re.compile(
    r"(?<=[\d%‰万亿人元])\s*([*†‡]+|[①-⑳]+|[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+|\[\d{1,2}\]|\([a-z]\))$"
)
"""A mark that points to a footnote, behind a number."""
_BODY = r"(?:\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+|\d{1,3}(?:\.\d{3})+|\d+)?(?:[.,]\d+)?"
_NUMBER = re.compile(rf"^([-+]?)\s*(?:[¥￥]\s*)?({_BODY})(?:[eE]([-+]?\d{{1,3}}))?\s*(\D.*)?$")
_MANY = {
    "十万": 1e5, "百万": 1e6, "千万": 1e7, "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12, "千": 1e3, "万": 1e4, "亿": 1e8,
    "萬": 1e4, "億": 1e8,
}  # fmt: skip


def plain(value: Any) -> str:
    """Text of a cell in plain width, without blanks around it and without marks that have no width."""
    return str(value).translate(WIDTH).strip()


def squeezed(value: Any) -> str:
    """Text of a cell for comparing: plain width, no blanks, lower case."""
    return re.sub(r"\s+", "", plain(value)).lower()


def text_of(value: Any) -> str:
    """Text of a cell as a person reads it: dates without a time of midnight, whole numbers without a point."""
    if value is None or value != value:
        return ""
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool | timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def is_gap(value: Any) -> bool:
    """Is there no number in a cell, as its mark says?"""
    if value is None or value != value:
        return True
    return isinstance(value, str) and squeezed(value) in GAPS


@dataclass(frozen=True)
class Numeral:
    """A number as it is written.

    Attributes
    ----------
    digits : str
        With its marks of thousands and decimals, without sign.
    negative : bool
        Below zero.
    power : int
        Of ten, where one is written.
    times : float
        Factor of a suffix such as 万.
    unit : str
        Unit of a suffix, such as ``%``; blank without.
    noted : bool
        A mark of a footnote stood behind it.
    """

    digits: str
    negative: bool
    power: int
    times: float
    unit: str
    noted: bool

    def value(self, comma: str, dot: str) -> float | int:
        """Number, given what comma and dot mean here: ``decimal`` or ``group``."""
        text = self.digits.replace(" ", "").replace("'", "")
        text = text.replace(",", "\0").replace(".", "" if dot == "group" else ".")
        text = text.replace("\0", "." if comma == "decimal" else "")
        sign = -1 if self.negative else 1
        if "." not in text and not self.power and self.times == 1.0:
            return sign * int(text)
        # written as one decimal numeral, it is rounded once: 32.5万 is 325000, not 324999.99…
        shift = self.power + len(f"{self.times:.0f}") - 1
        return sign * float(f"{text}e{shift}")


def numeral(value: str) -> Numeral | None:
    """Numeral of a cell of text; None where it is none."""
    text = plain(value)
    if not text or len(text) > 60 or text[0] not in "0123456789.,+-¥'":
        return None
    text = text.removeprefix("'").strip()
    bare = _NOTE.sub("", text)
    noted = bare != text
    found = _NUMBER.match(bare)
    if not found or not re.search(r"\d", found[2]):
        return None
    times, unit = 1.0, ""
    tail = (found[4] or "").strip()
    if tail:
        many = next((m for m in _MANY if tail == m), None)
        if many is not None:
            times = _MANY[many]
        else:
            known = cell_unit(tail)
            if known is None:
                return None
            unit = known
    if re.fullmatch(r"0\d+", found[2]):
        return None
    return Numeral(found[2], found[1] == "-", int(found[3] or 0), times, unit, noted)


YEAR = re.compile(
    r"^(?:截至|至|截止)?\s*((?:1[5-9]|2[01])\d\d)\s*(?:年度?(?:末|底|初|中|间)?|[*†‡]|财年|[A-Za-z]{0})$|"
    r"^(?:FY|CY|Y)?\s*((?:1[5-9]|2[01])\d\d)$",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"^((?:1[5-9]|2[01])\d\d)(?:[-/]\d{1,2}(?:[-/]\d{1,2})?|[.]\d{1,2}[.]\d{1,2}|年\s*\d{1,2}月(?:\s*(?:\d{1,2}日|末|底))?)"
    r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?$"
)
_HAN = str.maketrans("〇零○一二三四五六七八九", "000123456789")


def year_of(value: Any) -> int | None:
    """Year that a cell names: ``2020``, ``2020年``, ``2020年末``, ``二〇二〇年``, or a date; None for anything else.

    Parameters
    ----------
    value : cell
        Number, text or date.

    Returns
    -------
    int or None [yr]
        1500 to 2199.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, date):
        return value.year
    if isinstance(value, int | float):
        whole = value == value and value == int(value) if abs(value) < 1e9 else False
        return int(value) if whole and 1500 <= value <= 2199 else None
    text = plain(value).translate(_HAN)
    text = re.sub(r"^(\d{4})\.0+$", r"\1", text)
    found = YEAR.match(text) or _DAY.match(text)
    return int(next(g for g in found.groups() if g)) if found else None
