"""What a scenario cannot say, told before anything is run: files that are not there, classes of no legend, no ground at all."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from shanshui.collect.catalog import InputSpec, Specs, located
from shanshui.collect.gate import require
from shanshui.core.errors import ShanshuiError, StudyError, nearest
from shanshui.flow.events import deaf
from shanshui.flow.steps import Source
from shanshui.flow.work import Context
from shanshui.measures.sentence import Measure, measure
from shanshui.study.measures import COVER
from shanshui.study.sections import Scenario

if TYPE_CHECKING:
    from shanshui.study.study import Study

GROUND = "elevation"
"""Input that the survey stands on, and all that follows it."""
LEGEND, CLASS = "cover_classes", "class"
"""Product with the classes that the cover may have, and its column of codes."""


def refuse_no_ground(before: Specs, after: Specs, name: str) -> None:
    """Refuse a scenario that leaves out the input that everything else stands on.

    Parameters
    ----------
    before, after : mapping of input to declarations
        Of the study, and of the scenario.
    name : str
        Of the scenario.

    Raises
    ------
    StudyError
        The study has it and the scenario has not.
    """
    if GROUND in before and GROUND not in after:
        raise StudyError(
            f"scenario '{name}'.without: {GROUND}: the survey stands on it, and nothing that the study makes of it can be made without; keep it, "
            f"or give another one: [inputs.{GROUND}]"
        )


def refuse_unknown(view: "Study", name: str, said: Scenario) -> None:
    """Refuse measures of a scenario that cannot be taken whatever is made of it.

    Parameters
    ----------
    view : Study
        As that scenario.
    name : str
        Of the scenario.
    said : Scenario
        What it says itself; its parents were looked at when they were written.

    Raises
    ------
    DataError
        Shapes that are not there.
    StudyError
        Ground that becomes a class of which the legend of the cover has no word.
    """
    measures = [measure(text) for text in said.measures]
    for one in measures:
        if one.file:
            path = located(InputSpec(file=one.file), view.folders)
            require(path, f"scenario '{name}': '{one.text}'", "correct the measure")
    set_to = [m for m in measures if m.product == COVER and m.action == "="]
    if set_to:
        _refuse_classes(view, name, set_to)


def _refuse_classes(view: "Study", name: str, measures: Iterable[Measure]) -> None:
    legend = _legend(view)
    if legend is None:
        return
    known = sorted(int(code) for code in legend[CLASS])
    for one in measures:
        if one.number not in known:
            near = nearest(one.value, map(str, known))
            raise StudyError(
                f"scenario '{name}': '{one.text}': {COVER} has no class {one.value} in its legend; {near}; add a row to the legend, or "
                "take one that it has"
            )


def _legend(view: "Study") -> pd.DataFrame | None:
    """Legend of the cover; None where the study cannot tell it without a run."""
    item = view.plan.steps.get(LEGEND)
    if not isinstance(item, Source) or item.takes:
        return view[LEGEND] if view.has(LEGEND) else None
    try:
        return pd.DataFrame(item.make(Context(view.grid, view.objects, 0, 1, deaf)))
    except ShanshuiError:
        return None  # the run that needs it says what is wrong with it
