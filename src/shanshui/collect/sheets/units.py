"""Units as heads, unit lines and cells name them."""

import re
from functools import cache

from shanshui.core.errors import QuantityError
from shanshui.core.units import conversion, known_unit

_LINE = re.compile(
    r"(?:计量|数量|金额)?(?:单位\s*(?:[::]|为|是)|units?(?:\s+of\s+measure(?:ment)?)?\s*:|in\s*:)\s*([^()]+?)\s*[)。.]?$",
    re.IGNORECASE,
)
_IN = re.compile(r"^(.{2,80}?)[\s,]+in\s+([A-Za-z0-9, ]+)$", re.IGNORECASE)
_BRACKET = re.compile(r"^(.*?)\s*[(\[【〔{]\s*([^()\[\]【】〔〕{}]*?)\s*[)\]】〕}]\s*$", re.DOTALL)
_COMMA = re.compile(r"^(.{1,60}?)\s*[,:/]\s*([^,:/]+(?:/[^,:/]+)?)$", re.DOTALL)
_SINGLE = {"m", "t", "g", "K", "%", "‰", "°"}
_NO_UNITS = {
    "in",
    "year",
    "years",
    "yr",
    "a",
    "day",
    "min",
    "max",
    "as",
    "at",
    "total",
    "mean",
    "code",
    "name",
    "are",
    "bar",
    "count",
    "counts",
}
_WORDS = {
    "person": "person", "persons": "person", "people": "person", "inhabitants": "person", "residents": "person", "capita": "person",
    "yuan": "yuan", "rmb": "yuan", "cny": "yuan", "mu": "mu", "percent": "%", "per cent": "%", "pct": "%", "per mille": "‰",
    "households": "household", "sqkm": "km2", "sq km": "km2", "km²": "km2", "km^2": "km2", "m²": "m2", "m³": "m3", "hectares": "ha",
    "tonnes": "t", "tons": "t", "thousand": "1e3", "million": "1e6", "billion": "1e9",
    "thousands": "1e3", "millions": "1e6", "billions": "1e9", "'000": "1e3", "000s": "1e3", "000": "1e3", "000'": "1e3", "x1000": "1e3",
    "x 1000": "1e3", "x10000": "1e4", "10000": "1e4", "10,000": "1e4",
}  # fmt: skip
_COUNTED = re.compile(
    r"^(thousand|million|billion|10,?000|1e4|1e8|万|亿|千|百万)\s*(.*)$", re.IGNORECASE
)
_FACTOR = {"thousand": "1e3", "million": "1e6", "billion": "1e9", "10000": "1e4", "10,000": "1e4"}
PARTS = {"%": 1e-2, "‰": 1e-3, "‱": 1e-4}
"""Shares as they are marked."""
_MULTIPLES = {
    "千": 1e3,
    "万": 1e4,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "十亿": 1e9,
    "万亿": 1e12,
    "百": 1e2,
    "十万": 1e5,
}
_CELL = re.compile(
    r"^(?:%|‰|‱|(?:百|千|万|亿|百万|千万|十亿|万亿)?(?:人|元|户|吨|亩|公顷|平方公里|平方千米|平方米|立方米|公里|千米|米|毫米|公斤|千克|千瓦时|个|家|所|人民币)|"
    r"km2|km²|m2|m²|m3|m³|ha|hm2|hm²|t|kg|km|m|mm|mu|yuan|persons?|people|percent|kwh|°|°c|℃|元/人|人/平方公里)$",
    re.IGNORECASE,
)
_COUNT_WORDS = "个家所处项件名辆台座条张次场人次"


def cell_unit(tail: str) -> str | None:
    """Unit behind a number in a cell, in one spelling; None where the text is no unit."""
    text = re.sub(r"\s+", "", tail)
    if not _CELL.match(text):
        return None
    return spelt(text)


@cache
def spelt(text: str) -> str | None:
    """Unit in a spelling that the registry of units reads; None where it is none.

    Parameters
    ----------
    text : str
        ``万人``, ``亿元``, ``10000 person``, ``%``, ``km2``, ``thousand people`` …

    Returns
    -------
    str or None
        ``1`` for counts of things; ``1e4`` and the like for a bare multiple.
    """
    text = re.sub(r"\s+", " ", text).strip().removeprefix("in ").strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    text = text.strip("'\"").strip()
    if not text or len(text) > 40 or re.fullmatch(r"[\d.,\s-]+", text):
        return None
    if text in PARTS or text in _MULTIPLES:
        return text if text in PARTS else f"{_MULTIPLES[text]:g}"
    lower = text.lower()
    if lower in _WORDS:
        return _WORDS[lower]
    counted = _COUNTED.match(text)
    if counted and counted[1].lower() in _FACTOR and (counted[2] or counted[1].isalpha()):
        rest = spelt(counted[2]) if counted[2] else ""
        return None if rest is None else f"{_FACTOR[counted[1].lower()]} {rest}".strip()
    things = re.fullmatch(rf"(百|千|万|亿|百万|千万)?[{_COUNT_WORDS}]{{1,2}}", text)
    if things and not text.endswith("人") and "人" not in text[:-2]:
        return f"{_MULTIPLES[things[1]]:g}" if things[1] else "1"
    if lower in _NO_UNITS or (len(text) == 1 and text.isascii() and text not in _SINGLE):
        return None
    swapped = (
        text.replace("²", "2")
        .replace("³", "3")
        .replace("hm2", "ha")
        .replace("平方公里", "km2")
        .replace("℃", "degC")
    )
    swapped = {
        "°C": "degC",
        "°": "degree",
        "万元人民币": "万元",
        "人民币": "yuan",
        "人民币元": "yuan",
    }.get(swapped, swapped)
    return swapped if known_unit(swapped) else None


def head_unit(label: str) -> tuple[str, str]:
    """Name and unit of a head: ``人口（万人）`` is 人口 and 万人; the unit is blank where the head names none."""
    found = _BRACKET.match(label)
    if found and found[1].strip():
        inner = _LINE.search(found[2])
        unit = spelt(inner[1] if inner else found[2])
        if unit is not None:
            return found[1].strip(), unit
        return label, ""
    found = _IN.match(label)
    if found and counted_in(found[2]) and (unit := spelt(found[2])) is not None:
        return found[1].strip(), unit
    found = _COMMA.match(label)
    if found and (unit := spelt(found[2])) is not None:
        return found[1].strip(), unit
    return label, ""


def counted_in(text: str) -> bool:
    """Is a text a number word or the name of a unit in words, so that it can stand behind "in"?"""
    lower = re.sub(r"\s+", " ", text).strip().lower()
    return lower in _WORDS or bool(_COUNTED.match(lower))


def bare_unit(text: str) -> str:
    """Unit that a cell above a table is, with nothing beside it; blank where it is none."""
    inner = text.strip("()[]").strip()
    if inner.isascii() and not counted_in(inner):
        return ""
    return spelt(inner) or ""


def line_units(text: str) -> tuple[str, ...] | None:
    """Units that a unit line names (``单位：万人、亿元``); None where the text is no unit line."""
    found = _LINE.search(text)
    if not found:
        return None
    parts = re.split(r"\s*[,、;，；]\s*", found[1].strip())
    named = [spelt(part) for part in parts if part.strip()]
    return tuple(n for n in named if n is not None) if any(named) else None


def counting(unit: str) -> float:
    """Factor of the number words and shares in a unit: 万人 is 10,000, ``%`` is 0.01, km2 is 1."""
    if unit in PARTS:
        return PARTS[unit]
    if re.fullmatch(r"1e\d+", unit) or re.fullmatch(r"\d+(\.\d+)?(e[+]?\d+)?", unit):
        return float(unit)
    head = re.match(r"^([0-9][0-9_,.]*(?:e\d+)?)\s*[*x× ]\s*\S", unit)
    if head:
        return float(head[1].replace(",", "").replace("_", ""))
    times = 1.0
    while (
        len(unit) > 1
        and unit[0] in _MULTIPLES
        and unit[:2] != "千克"
        and unit[:2] != "千米"
        and unit[:2] != "千瓦"
    ):
        times, unit = times * _MULTIPLES[unit[0]], unit[1:]
    return times


def convertible(unit: str, target: str) -> bool:
    """Can amounts in one unit be told in another?"""
    try:
        conversion(unit, target)
    except QuantityError:
        return False
    return True
