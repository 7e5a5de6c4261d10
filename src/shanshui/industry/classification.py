"""Codes and names of the national economy (GB/T 4754-2017): what a project can be called."""

import csv
import re
from functools import cache

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.shipped import shipped_text


@cache
def divisions() -> dict[str, tuple[str, str]]:
    """Divisions of the national economy by their two digits: English, Chinese [M]."""
    return _named(shipped_text("industry/industry_codes.csv"), "division")


@cache
def named_classes() -> dict[str, tuple[str, str]]:
    """Classes that a project may be called by: English, Chinese [M]."""
    return _named(shipped_text("industry/industry_names.csv"), "code")


@cache
def classes() -> dict[str, frozenset[str]]:
    """Classes of four digits by group of three: the 473 groups and 1,380 classes of the edition of 2017, without the amendment of 2019 [M]."""
    text = shipped_text("industry/industry_classes.csv")
    return {
        r["group"]: frozenset(r["group"] + c for c in r["classes"].split())
        for r in csv.DictReader(text.splitlines())
    }


def _named(text: str, column: str) -> dict[str, tuple[str, str]]:
    return {r[column]: (r["name"], r["name_zh"]) for r in csv.DictReader(text.splitlines())}


@cache
def _by_name() -> dict[str, str]:
    out: dict[str, str] = {}
    for known in (divisions(), named_classes()):
        for code, names in known.items():
            out |= dict.fromkeys((_plain(n) for n in names), code)
    return out


def _plain(name: str) -> str:
    return re.sub(r"[\s,、，()（）]+", "", name).lower()


def checked_code(code: str) -> str:
    """An industry code: two to four digits, a section letter before them left out, or the name of a class or division.

    Raises
    ------
    QuantityError
        No code and no name that is known, a division, group or class that the classification does not have.
    """
    text = str(code).strip()
    plain = text.upper()
    _refuse_coarse(text, plain)
    if re.fullmatch(r"[A-T]?\d+", plain):
        plain = plain.lstrip("ABCDEFGHIJKLMNOPQRST")
    if not re.fullmatch(r"\d{2,4}", plain):
        found = _by_name().get(_plain(text))
        if found is None:
            near = [n for pair in {**divisions(), **named_classes()}.values() for n in pair]
            raise QuantityError(
                f"industry: '{code}' is no code of the national economy and no name that is known here; expected two to four digits such as 27 "
                f"or 2740; {nearest(text, near)}"
            )
        return found
    if plain[:2] not in divisions():
        raise QuantityError(
            f"industry: '{code}': there is no division {plain[:2]}; divisions run from 01 to 97"
        )
    groups = [g for g in classes() if g.startswith(plain[:2])]
    if len(plain) > 2:
        if plain[:3] not in groups:
            raise QuantityError(
                f"industry: '{code}': division {plain[:2]} has no group {plain[:3]}; it has {', '.join(groups)}"
            )
        if len(plain) == 4 and plain not in classes()[plain[:3]]:
            raise QuantityError(
                f"industry: '{code}': group {plain[:3]} has no class {plain}; it has {', '.join(sorted(classes()[plain[:3]]))} (GB/T 4754-2017)"
            )
    return plain


def _refuse_coarse(text: str, plain: str) -> None:
    """Refuse what names no industry, a whole section, or several at once."""
    if not text:
        raise QuantityError(
            "industry: found nothing; expected two to four digits such as 27 or 2740, or a name"
        )
    if re.fullmatch(r"[A-T]|[A-T]?\d", plain):
        meant = f", such as 0{plain[-1]}" if plain[-1] in "123456789" else ""
        raise QuantityError(
            f"industry: '{text}' is too coarse: rules are of divisions and finer; expected two to four digits{meant}"
        )
    if re.fullmatch(r"[A-T]?\d{2,4}([\s,;+、，；]+[A-T]?\d{2,4})+", plain):
        raise QuantityError(f"industry: '{text}' names several; ask for one code at a time")


def known_code(code: str) -> bool:
    """A division, group or class of the classification."""
    return code in divisions() or code in classes() or code in classes().get(code[:3], ())


def industry_name(code: str) -> tuple[str, str]:
    """English and Chinese name of a checked code: of its class, else of its division."""
    return named_classes().get(code, divisions()[code[:2]])
