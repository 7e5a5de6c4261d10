"""Ranges that settings must keep; they are part of a signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

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


@dataclass(frozen=True)
class Ascending:
    """Numbers from ``low`` to ``high``, each greater than the one before."""

    low: float
    high: float

    def check(self, name: str, value: Any) -> None:
        """Refuse numbers outside the range, out of order, or none."""
        numbers = list(value) if isinstance(value, tuple | list) else []
        if not numbers or any(
            isinstance(n, bool) or not isinstance(n, int | float) for n in numbers
        ):
            raise PlanError(f"{name}: found {value!r}, expected one or more numbers")
        if any(b <= a for a, b in pairwise(numbers)):
            raise PlanError(
                f"{name}: {_listed(numbers)} do not rise; give each greater than the one before"
            )
        if not (self.low <= numbers[0] and numbers[-1] <= self.high):
            raise PlanError(f"{name}: {_listed(numbers)} are outside [{self.low}, {self.high}]")


@dataclass(frozen=True)
class Each:
    """Numbers that each lie from ``low`` to ``high``, in any order; ``count`` of them where it is given."""

    low: float
    high: float
    count: int | None = None

    def check(self, name: str, value: Any) -> None:
        """Refuse numbers outside the range, or another count of them."""
        numbers = list(value) if isinstance(value, tuple | list) else [value]
        if self.count is not None and len(numbers) != self.count:
            raise PlanError(f"{name}: found {len(numbers)} numbers, expected {self.count}")
        for number in numbers:
            Between(self.low, self.high).check(name, number)


@dataclass(frozen=True)
class EachOf:
    """Words of a fixed list, any number of them."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def check(self, name: str, value: Any) -> None:
        """Refuse a word that is not in the list."""
        for word in value if isinstance(value, tuple | list) else (value,):
            if word not in self.words:
                raise PlanError(
                    f"{name}: '{word}' is not a choice; {nearest(str(word), self.words)}; there are {', '.join(self.words)}"
                )


Limits = Between | OneOf | Ascending | Each | EachOf
LIMITS = (Between, OneOf, Ascending, Each, EachOf)


def finite(name: str, value: Any) -> None:
    """Refuse numbers that are not finite, also inside a list.

    Raises
    ------
    PlanError
        NaN or an infinity.
    """
    for number in value if isinstance(value, tuple | list) else (value,):
        if isinstance(number, float) and not isfinite(number):
            raise PlanError(f"{name}: found {number}, expected a finite number")


def read(name: str, value: Any, hint: Any, default: Any) -> Any:
    """Read a setting as its annotation says.

    Parameters
    ----------
    name : str
        ``step.setting``, for the message.
    value : any
        A text of the command line (``none``, ``0.1``, ``2020``, ``a,b``, ``true``), or a value of the study file.
    hint : type
        The annotation.
    default : any
        For the message.

    Returns
    -------
    any
        Of the annotated type; lists become tuples.

    Raises
    ------
    PlanError
        The value is not of that type.
    """
    from pydantic import TypeAdapter, ValidationError

    choices = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if isinstance(value, str):
        text = value.strip()
        if NoneType in choices and text.lower() in ("none", ""):
            return None
        if any(get_origin(c) is tuple for c in choices):
            value = [part.strip() for part in text.split(",")] if text else []
        else:
            value = text if str in choices else text.lower() if bool in choices else text
    elif isinstance(value, bool) and bool not in choices:
        raise PlanError(
            f"{name}: found {value!r}, expected {_kind_words(hint)}; the default is {default!r}"
        )
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError:
        raise PlanError(
            f"{name}: found {value!r}, expected {_kind_words(hint)}; the default is {default!r}"
        ) from None


def _kind_words(hint: Any) -> str:
    """Say what an annotation takes."""
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "a word",
        NoneType: "none",
    }
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_kind_words(part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        item = {int: "whole numbers", float: "numbers", str: "words"}.get(inner[0], "values")
        return (
            f"{item} parted by commas"
            if inner[-1] is Ellipsis
            else f"{len(inner)} {item} parted by commas"
        )
    return words.get(hint, str(hint))


def _listed(numbers: list[Any]) -> str:
    return ", ".join(f"{n:g}" for n in numbers)


def known(names: Iterable[str], word: str, where: str) -> None:
    """Refuse a word that is not a name, with the nearest one."""
    names = list(names)
    if word not in names:
        raise PlanError(f"{where}: no setting '{word}'; {nearest(word, names)}")
