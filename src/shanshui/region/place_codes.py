"""Codes of places: other spellings of one code, and what a code tells of where its place lies."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

System = Literal["gb", "fips", "nuts", "none"]
_GB = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}")
_MUNICIPALITIES = {"11", "12", "31", "50"}
"""Provinces whose districts and counties hang on no prefecture, and change their middle digits when they are renamed."""
_FIPS = re.compile(r"(0[1245689]|[1-4]\d|5[0134-6]|6[069]|72|78)\d{3}")
_NUTS = re.compile(
    r"(AL|AT|BA|BE|BG|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IS|IT|LI|LT|LU|LV|ME|MK|MT|NL|NO|PL|PT|RO|RS|SE|SI|SK|TR|UK|XK)"
    r"[0-9A-Z]{1,3}"
)
_NATIONS = {"0", "00", "000000", "86", "100000", "00000", "CN", "CHN", "US", "USA", "EU", "EU27"}
_NATION_NAMES = {"全国", "中国", "全国合计", "全国总计", "中华人民共和国", "united states", "china"}
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d{1,2}")
_NATION = "nation"
"""What provinces lie in."""
_LEAST = 0.9
"""Share of the places' codes that must be of a system for it to be taken as theirs [D]."""


def clean_code(value: object) -> str:
    """Code as text: half-width, without blanks, and without what a spreadsheet adds to a number.

    Parameters
    ----------
    value : object
        ``610902``, ``610902.0``, ``"６１０９０２"``, ``"'610902"``, ``"6.10902E+05"``, missing.

    Returns
    -------
    str
        ``"610902"``; empty where there is none. Leading zeros of text stay.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    if text.isascii() and text.isdigit():
        return text
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).strip("'’‘\"")
    text = re.sub(r"(?<=\d)\.0+$", "", text)
    if _SCIENTIFIC.fullmatch(text):
        number = Decimal(text)
        # digits that are not written were cut off by a spreadsheet: not a code any more
        if number == number.to_integral_value() and number.as_tuple().exponent == 0:
            text = str(int(number))
    # identifiers of the United States' census: level, US, code
    return re.sub(r"^\d{7}US(?=\d+$)", "", text)


def spellings(code: str, lengths: Collection[int]) -> list[str]:
    """Other ways in which the places may write a code, the nearest first.

    Parameters
    ----------
    code : str
        Clean.
    lengths : collection of int
        How long the places' codes are.

    Returns
    -------
    list of str
        With leading zeros put back or left out, with trailing zeros of a longer code left out or put on, in capitals or small letters.
    """
    found = [code.upper(), code.lower()]
    if code.isdigit():
        found += [code.zfill(n) for n in sorted(lengths) if n > len(code) and n - len(code) <= 2]
        found += [code.lstrip("0")] if code.startswith("0") else []
        found += [code[:n] for n in sorted(lengths) if n < len(code) and not code[n:].strip("0")]
        found += [code.ljust(n, "0") for n in sorted(lengths) if n > len(code) and len(code) >= 2]
    return [c for c in dict.fromkeys(found) if c and c != code]


@dataclass(frozen=True)
class CodeSystem:
    """How the codes of a set of places are built.

    Attributes
    ----------
    system : str
        ``gb`` (GB/T 2260 of China), ``fips`` (counties of the United States), ``nuts`` (Eurostat), or ``none``: the
        codes tell nothing.
    codes : frozenset of str
        Of the places.
    holders : frozenset of str
        What the places lie in, by the beginning of their codes.
    """

    system: System
    codes: frozenset[str]
    holders: frozenset[str]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "CodeSystem":
        """System of the places' codes, by what nearly all of them look like."""
        known = frozenset(c for c in codes if c)
        system: System = "none"
        for name in ("gb", "fips", "nuts"):
            fit = sum(_is(name, c) for c in known)
            if known and fit >= _LEAST * len(known):
                system = name
                break
        holders = {h for c in known if (h := _holder(system, c))}
        provinces = sum(_holder(system, c) == _NATION for c in known)
        if provinces * 2 <= len(known):
            # a municipality among prefectures does not make other provinces lost ones
            holders.discard(_NATION)
        return cls(system, known, frozenset(holders))

    def holder(self, code: str) -> str:
        """Beginning of a code that stands for what its place lies in; empty where the code tells nothing."""
        return _holder(self.system, code) if _is(self.system, code) else ""

    def depth(self, code: str) -> int:
        """How deep the division of a code lies; 0 where the code tells nothing."""
        return len(_significant(self.system, code)) if _is(self.system, code) else 0

    def province(self, code: str) -> str:
        """Beginning of a code that stands for the highest division; empty where the code tells nothing."""
        return code[:2] if _is(self.system, code) else ""

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        """Beginnings of codes that stand for what holds their places, at any height."""
        found = set()
        for code in self.codes:
            own = _significant(self.system, code)
            found |= {own[:n] for n in range(1, len(own))}
        return frozenset(found)

    def holds_others(self, code: str) -> bool:
        """Does the place of a code hold places of the set?"""
        return self.system != "none" and _significant(self.system, code) in self._beginnings

    def above(self) -> dict[str, set[str]]:
        """Places of the set that hold each one of it, at any height, as far as codes tell."""
        own = {c: _significant(self.system, c) for c in self.codes if self.system != "none"}
        places: dict[str, set[str]] = {}
        for code, start in own.items():
            places.setdefault(start, set()).add(code)
        out: dict[str, set[str]] = {c: set() for c in self.codes}
        for code, start in own.items():
            for n in range(1, len(start)):
                out[code] |= places.get(start[:n], set())
        return out

    def standing(self, code: str, name: str = "") -> str:
        """What a code without a place is, as far as it tells.

        Parameters
        ----------
        code : str
            Clean, of none of the places.
        name : str
            Of its place, if known.

        Returns
        -------
        str
            ``above``: a division that holds places; ``parts``: a part of a place; ``elsewhere``: lies in a division that
            holds none of the places; ``unmatched``: lies where the places lie, or nothing can be told.
        """
        if code in _NATIONS or (not code and name.strip().lower() in _NATION_NAMES):
            return "above"
        if self.system == "none" or not (_is(self.system, code) or _short(self.system, code)):
            return "unmatched"
        own = _significant(self.system, code)
        if self.holds_others(code):
            return "above"
        if any(
            own.startswith(base) and own != base
            for base in (own[:2], own[:4], own[:3])
            if _whole(self.system, base) in self.codes
        ):
            return "parts"
        return "unmatched" if _holder(self.system, code) in self.holders else "elsewhere"


def _is(system: str, code: str) -> bool:
    if system == "gb":
        return bool(_GB.fullmatch(code))
    if system == "fips":
        # counties have odd numbers; independent cities and the planning regions of Connecticut any
        return bool(_FIPS.fullmatch(code)) and (
            int(code[2:]) % 2 == 1 or 500 <= int(code[2:]) <= 840 or code[:2] == "09"
        )
    return system == "nuts" and bool(_NUTS.fullmatch(code))


def _short(system: str, code: str) -> bool:
    """Is it the code of a higher division, written short?"""
    if system == "gb":
        return code.isdigit() and len(code) in (2, 4) and bool(_GB.fullmatch(code.ljust(6, "0")))
    if system == "fips":
        return bool(_FIPS.fullmatch(code.ljust(5, "0"))) and (len(code) == 2 or code[2:] == "000")
    return system == "nuts" and len(code) == 2 and bool(_NUTS.fullmatch(f"{code}1"))


def _significant(system: str, code: str) -> str:
    if system == "gb":
        return re.sub(r"(00)+$", "", code.ljust(6, "0"))
    return code[:2] if system == "fips" and code[2:] in ("", "000") else code


def _holder(system: str, code: str) -> str:
    own = _significant(system, code)
    if system == "gb":
        if len(own) <= 2:
            return _NATION
        return own[:2] if len(own) == 4 or own[:2] in _MUNICIPALITIES else own[:4]
    if system == "fips":
        return own[:2]
    return own[:-1] if system == "nuts" else ""


def _whole(system: str, base: str) -> str:
    return base.ljust(6, "0") if system == "gb" else base
