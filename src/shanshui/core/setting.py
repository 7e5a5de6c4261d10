"""Ranges that settings must keep; they are part of a signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shanshui.core.errors import PlanError, nearest


@dataclass(frozen=True)
class Between:
    """A number from ``low`` to ``high``, both included."""

    low: float
    high: float

    def check(self, name: str, value: Any) -> None:
        """Refuse a value outside the range."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise PlanError(f"{name}: found {value!r}, expected a number")
        if not self.low <= value <= self.high:
            raise PlanError(f"{name}: {value} is outside [{self.low}, {self.high}]")


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def check(self, name: str, value: Any) -> None:
        """Refuse an unknown word."""
        if value not in self.words:
            raise PlanError(f"{name}: '{value}' is not a choice; {nearest(str(value), self.words)}")


def coerced(text: str, like: Any, kind: Any) -> Any:
    """Read a setting given as text in the type of its default."""
    if isinstance(like, bool) or kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise ValueError(f"'{text}' is neither true nor false")
        return words[text.lower()]
    if isinstance(like, int) or kind is int:
        number = float(text)
        if number != int(number):
            raise ValueError(f"'{text}' is not a whole number")
        return int(number)
    if isinstance(like, float) or kind is float:
        return float(text)
    if isinstance(like, tuple | list):
        return tuple(float(part) for part in text.split(","))
    return text


def known(names: Iterable[str], word: str, where: str) -> None:
    """Refuse a word that is not a name, with the nearest one."""
    names = list(names)
    if word not in names:
        raise PlanError(f"{where}: no setting '{word}'; {nearest(word, names)}")
