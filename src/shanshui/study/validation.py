"""What a study's validation says: each statement, and whether a setting forces it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from shanshui.flow.plan import Step
from shanshui.plans.validation import STEPS
from shanshui.region.validation import AGREES
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
    forced : str
        Setting and value that force an agreement; blank for none.
    """

    row: dict[str, Any]
    forced: str


def tables(study: Study) -> list[str]:
    """Validation products that this study can make."""
    return [name for name in STEPS if name in study.plan.steps]


def statements(study: Study) -> list[Statement]:
    """Statements of the validation tables that were made, in the order of the chapters."""
    out = []
    for name in tables(study):
        if not study.has(name):
            continue
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


def _forcing(study: Study, declared: str) -> str:
    """Setting of the study that is other than by default and can force an agreement, with its value."""
    name, _, word = declared.partition(".")
    item = study.plan.steps.get(name)
    if not word or not isinstance(item, Step):
        return ""
    settings = item.card.checked(item.settings)
    if word not in settings or settings[word] == item.card.settings[word]:
        return ""
    value = str(settings[word])
    return f"{declared} = {value if len(value) <= 40 else value[:37] + '…'}"


def counted(found: list[Statement]) -> dict[str, int]:
    """How many statements have each verdict."""
    return {
        verdict: sum(s.row["verdict"] == verdict for s in found)
        for verdict in ("agrees", "differs", FORCED, "unknown")
    }
