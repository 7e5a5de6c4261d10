"""What a study's validation says: each statement, and whether a setting forces it."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shanshui.core.said import ENDING
from shanshui.core.voice import Voice
from shanshui.flow.steps import Step
from shanshui.plans.validation import STEPS
from shanshui.queries.plain import jsonable
from shanshui.region.validation import AGREES, DIFFERS, NOT_TRIED, UNKNOWN
from shanshui.study.study import Study

FORCED = "forced"
"""Verdict of an agreement that settings can bring about by themselves: no evidence."""


@dataclass(frozen=True)
class Statement:
    """One statement held against the study.

    Attributes
    ----------
    row : dict
        Of the validation table, with ``verdict`` as it counts here.
    forced : Forcing or None
        What forces an agreement; None for nothing.
    """

    row: dict[str, Any]
    forced: "Forcing | None"

    def said(self, voice: Voice) -> str:
        """What it states, and of what."""
        text, subject = voice.tell(self.row, "statement"), self.row["subject"]
        told = voice(f"held_{subject}") if f"held_{subject}" in voice else subject
        return f"{text} [{told}]" if subject else text

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        row = {k: None if isinstance(v, float) and v != v else v for k, v in self.row.items()}
        # phrases and facts as what they are, for programs that speak another language
        row |= {k: json.loads(v) if v else [] for k, v in row.items() if k.endswith(ENDING)}
        told = {
            name: "" if self.forced is None else self.forced.words(Voice(lang))
            for name, lang in (("forced", "en"), ("forced_zh", "zh"))
        }
        found: dict[str, Any] = jsonable(row | told)
        return found


@dataclass(frozen=True)
class Forcing:
    """A setting, an input or a product that brings an agreement about by itself.

    Attributes
    ----------
    place : str
        Its name.
    how : str
        Why: ``read`` from it, a rule goes by its ``ground``, is among its words ``by_rule``, is ``set``.
    value : str
        Of a setting.
    """

    place: str
    how: str
    value: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"place": self.place, "how": self.how, "value": self.value}

    def words(self, voice: Voice) -> str:
        """What it is, and why."""
        return voice(f"forced_{self.how}", place=self.place, value=self.value)


@dataclass(frozen=True)
class Validation:
    """All statements held against a study.

    Attributes
    ----------
    statements : tuple of Statement
        In the order of the chapters.
    counts : dict of str to int
        How many have each verdict.
    """

    statements: tuple[Statement, ...]
    counts: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"counts": self.counts, "statements": [s.to_dict() for s in self.statements]}


def tables(study: Study) -> list[str]:
    """Validation products that this study can make."""
    return [name for name in STEPS if name in study.plan.steps]


def statements(study: Study) -> list[Statement]:
    """Statements of the validation tables that were made, in the order of the chapters."""
    out = []
    for name in tables(study):
        if study.state(name) != "made":
            continue  # an older table says nothing of what stands now
        frame: pd.DataFrame = study[name]
        for row in frame.to_dict("records"):
            forced = _forcing(study, str(row["forced_by"]))
            verdict = row["verdict"]
            if verdict == AGREES and forced:
                verdict = FORCED
            out.append(
                Statement({str(k): v for k, v in row.items()} | {"verdict": verdict}, forced)
            )
    return out


def _forcing(study: Study, declared: str) -> Forcing | None:
    """First of the declared that can force an agreement in this study, with its value; None for nothing.

    Several are parted by ``;``. ``step.setting`` forces where it is other than by default, ``step.setting=word`` where the word is in it: then the
    agreement is the rule. ``inputs.name`` forces where the study has that input: the statement was read from it. ``given.name`` does where
    the study has that product or input: a rule leaves its ground out, or takes it in.
    """
    found = (_forced_by(study, one.strip()) for one in declared.split(";"))
    return next((f for f in found if f), None)


def _forced_by(study: Study, declared: str) -> Forcing | None:
    place, _, wanted = declared.partition("=")
    name, _, word = place.partition(".")
    if name == "inputs":
        return Forcing(place, "read") if study.has(word) else None
    if name == "given":
        return Forcing(word, "ground") if study.has(word) else None
    item = study.plan.steps.get(name)
    if not word or not isinstance(item, Step):
        return None
    settings = item.card.checked(item.settings)
    if word not in settings:
        return None
    value = settings[word]
    if wanted:
        return Forcing(place, "by_rule", wanted) if wanted in value else None
    if value == item.card.settings[word]:
        return None
    text = str(value)
    return Forcing(place, "set", text if len(text) <= 40 else text[:37] + "…")


def counted(found: list[Statement]) -> dict[str, int]:
    """How many statements have each verdict."""
    return {
        verdict: sum(s.row["verdict"] == verdict for s in found)
        for verdict in (AGREES, DIFFERS, FORCED, UNKNOWN, NOT_TRIED)
    }


def validation(study: Study) -> Validation:
    """What stands of a study held against what is known otherwise.

    Parameters
    ----------
    study : Study
        With its validation tables made; those that are not say nothing.
    """
    found = statements(study)
    return Validation(tuple(found), counted(found))


def made_validation(study: Study) -> Validation:
    """The same, with those tables brought up to date first.

    Parameters
    ----------
    study : Study
        Or a variant of it.
    """
    wanted = [name for name in tables(study) if study.state(name) != "made"]
    if wanted:
        study.run(*wanted)
    return validation(study)
