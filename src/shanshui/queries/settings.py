"""Settings of a study as one table: what may be set where, within which limits, what it means, and who set it."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Any

from shanshui.core.assessment import Card
from shanshui.core.errors import PlanError, nearest
from shanshui.core.setting import EachOf, Limits, OneOf
from shanshui.flow.rewire import is_before
from shanshui.flow.steps import Step
from shanshui.queries.plain import jsonable
from shanshui.study.study import Study

_TAG = re.compile(r"\[(S2|S|C|M|D)\]")


@dataclass(frozen=True)
class Setting:
    """One thing that may be set.

    Attributes
    ----------
    step : str
        Product whose step takes it.
    name : str
        Of the setting.
    value, default : any
        As it is, and as it would be.
    unit : str
        Of the value; blank for words and counts.
    limits : str
        Within which it must lie, in words; blank for none.
    said : str
        What it means.
    tag : str
        Where the default comes from: S read, S2 second-hand, C recomputed, M from memory, D our own choice; blank where not told of it by itself.
    """

    step: str
    name: str
    value: Any
    default: Any
    unit: str
    limits: str
    said: str
    tag: str

    @property
    def changed(self) -> bool:
        """Is it another than the default?"""
        return bool(repr(self.value) != repr(self.default))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        told = {field.name: jsonable(getattr(self, field.name)) for field in fields(self)}
        return told | {"changed": self.changed}


@dataclass(frozen=True)
class Settings:
    """Settings of a study or of some of its steps."""

    settings: tuple[Setting, ...]

    def __iter__(self) -> Iterator[Setting]:
        return iter(self.settings)

    def __len__(self) -> int:
        return len(self.settings)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [s.to_dict() for s in self.settings]


def settings(study: Study, *steps: str) -> Settings:
    """Settings in the order of the plan.

    Parameters
    ----------
    study : Study
        Or a scenario of it.
    *steps : str
        Of these only; of all when none is named.

    Raises
    ------
    PlanError
        A step that the study does not have.
    """
    known = {
        name: item
        for name, item in study.plan.steps.items()
        if isinstance(item, Step) and not is_before(name)
    }
    for step in steps:
        if step not in known:
            raise PlanError(f"no step '{step}'; {nearest(step, known)}")
    return Settings(
        tuple(
            setting
            for name, item in known.items()
            if not steps or name in steps
            for setting in _of(name, item.card, item.card.checked(item.settings))
        )
    )


def _of(step: str, card: Card, values: Mapping[str, Any]) -> Iterator[Setting]:
    text = inspect.getdoc(card.fn) or ""
    for word, value in values.items():
        unit, said = told_of(text, word)
        tag = _TAG.search(said)
        yield Setting(
            step,
            word,
            value,
            card.settings[word],
            unit,
            _limits(card.ranges.get(word)),
            said,
            tag[1] if tag else "",
        )


def told_of(text: str, word: str) -> tuple[str, str]:
    """Unit and meaning of a parameter, as a docstring tells them; blank where it does not.

    Parameters
    ----------
    text : str
        Docstring, its indentation taken off.
    word : str
        Parameter.
    """
    rows = text.splitlines()
    for k, row in enumerate(rows):
        head, colon, kind = row.partition(" : ")
        names = [h.strip() for h in head.split(",")]
        if not colon or word not in names:
            continue
        body = list(takewhile(lambda below: below.startswith("    "), rows[k + 1 :]))
        kinds = re.split(r",\s*(?![^(\[]*[)\]])", kind)
        own = kinds[names.index(word)] if len(kinds) == len(names) else kind
        unit = re.search(r"\[([^\]]+)\]", own)
        return (unit[1] if unit else ""), " ".join(b.strip() for b in body)
    return "", ""


def _limits(limits: Limits | None) -> str:
    if limits is None:
        return ""
    if isinstance(limits, OneOf | EachOf):
        return " | ".join(limits.words)
    return f"{limits.low:g} to {limits.high:g}"
