"""Results held against what is known otherwise: criteria that hold anywhere, and statements that somebody published of this region."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pandas as pd

from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.said import Said, by_language, columns, together
from shanshui.region.measures import MEASURES, NOT_MEASURED, chapter_of

Published = Annotated[
    pd.DataFrame,
    Table(
        {"measure": TEXT, "statement": TEXT, "source": TEXT, "low?": ANY, "high?": ANY, "*": ANY}
    ),
]
Validation = Annotated[
    pd.DataFrame,
    Table(
        {
            "chapter": TEXT,
            "measure": TEXT,
            "subject": TEXT,
            "statement": TEXT,
            "statement_said": TEXT,
            "ours": ANY,
            "low": ANY,
            "high": ANY,
            "unit": TEXT,
            "verdict": TEXT,
            "forced_by": TEXT,
            "source": TEXT,
            "source_said": TEXT,
            "note": TEXT,
            "note_said": TEXT,
        }
    ),
]
AGREES, DIFFERS, UNKNOWN, NOT_TRIED = "agrees", "differs", "unknown", "not tried"
"""Verdicts; of what is not known nothing is claimed, and what nobody can measure here was not tried."""


@dataclass(frozen=True)
class Measure:
    """A figure of ours that can be held against another one.

    Attributes
    ----------
    measure : str
        What it is, as statements name it.
    ours : float
        Value; NaN where it cannot be told.
    unit : str
        Of the value.
    place : str
        Code of the place that it speaks of; blank for the whole study.
    low, high : float
        Range in which it must lie in any region; NaN for none.
    statement : Said or None
        What the range says.
    source : Said or None
        Where the range comes from.
    forced_by : str
        Settings, as ``step.setting``, and inputs or products, as ``inputs.name`` and ``given.name``, that can bring about the agreement by
        themselves, parted by ``;``: then it is no evidence.
    note : Said or None
        What else must be known.
    """

    measure: str
    ours: float
    unit: str = "1"
    place: str = ""
    low: float = np.nan
    high: float = np.nan
    statement: Said | None = None
    source: Said | None = None
    forced_by: str = ""
    note: Said | None = None


def validation_table(
    chapter: str, measures: Iterable[Measure], published: pd.DataFrame | None
) -> pd.DataFrame:
    """Table of a chapter's statements, each with ours, what it should be, and a verdict.

    Parameters
    ----------
    chapter : str
        Its name.
    measures : iterable of Measure
        Figures of ours.
    published : DataFrame, optional
        ``measure, statement, source`` (and ``statement_zh``, ``source_zh``) and ``low, high``, or ``than``: a place whose figure must be lower;
        ``place`` where it speaks of one. ``reason`` (and ``reason_zh``): why ours does not agree, told where it does not. A measure that is blank or
        ``-`` is one that nobody can measure here: ``chapter`` says where it is listed.

    Returns
    -------
    DataFrame
        Columns of :data:`Validation`: criteria first, then published statements in their order.

    Raises
    ------
    QuantityError
        A statement with neither a range nor a place to be above, with a range turned round, with a measure that no chapter knows, or with
        neither measure nor reason.
    """
    measures = list(measures)
    rows = [
        _row(chapter, m, m.statement, m.low, m.high, m.source)
        for m in measures
        if m.statement is not None
    ]
    of = {(m.measure, m.place): m for m in measures}
    for row in () if published is None else published.to_dict("records"):
        held = _held(chapter, row, of)
        if held is not None:
            rows.append(held)
    heads = [
        "chapter", "measure", "subject", "statement", "statement_said", "ours", "low", "high", "unit", "verdict", "forced_by", "source",
        "source_said", "note", "note_said",
    ]  # fmt: skip
    out = pd.DataFrame(rows, columns=heads)
    return out.astype(dict.fromkeys(("ours", "low", "high"), float))


def _held(
    chapter: str, row: dict[Hashable, Any], of: dict[tuple[str, str], Measure]
) -> dict[str, object] | None:
    """One published statement beside ours; none where it is another chapter's."""
    measure, place, than = _text(row["measure"]), _text(row.get("place")), _text(row.get("than"))
    stated, told = by_language(row, "statement"), by_language(row, "reason")
    if measure in NOT_MEASURED:
        return _not_tried(chapter, row, stated, told)
    names = tuple(dict.fromkeys(name for name, _ in of))
    if chapter_of(measure, str(row["statement"]), names) not in ("", chapter):
        return None
    mine = of.get((measure, place))
    if mine is None:
        lacks = Said("no_figure_of", {"place": place}) if measure in names else Said("not_made")
        mine = Measure(measure, np.nan, place=place, note=lacks)
    if than:
        other = of.get((measure, than))
        if other is None:
            mine = replace(mine, note=together(mine.note, Said("no_figure_of", {"place": than})))
        low = np.nan if other is None else other.ours
        return _row(chapter, mine, stated, low, np.inf, by_language(row, "source"), told)
    low, high = _number(row, "low"), _number(row, "high")
    if np.isnan(low) and np.isnan(high):
        raise QuantityError(
            f"published: '{row['statement']}' has neither low nor high nor than; give the range that the figure should lie in"
        )
    low, high = -np.inf if np.isnan(low) else low, np.inf if np.isnan(high) else high
    if low > high:
        raise QuantityError(
            f"published: '{row['statement']}' has low {low:g} above high {high:g}; exchange them"
        )
    return _row(chapter, mine, stated, low, high, by_language(row, "source"), told)


def _not_tried(
    chapter: str, row: dict[Hashable, Any], stated: Said | None, told: Said | None
) -> dict[str, object] | None:
    """A statement that nobody can measure, listed with its reason by the chapter it names, or else by the first."""
    where = _text(row.get("chapter")) or next(iter(MEASURES))
    if where not in MEASURES:
        raise QuantityError(
            f"published.chapter: '{row['statement']}' has '{where}', expected one of {', '.join(MEASURES)}; correct it"
        )
    if told is None:
        raise QuantityError(
            f"published.reason: '{row['statement']}' has no measure and no reason; say in reason why it cannot be measured"
        )
    if where != chapter:
        return None
    mine = Measure("-", np.nan, "")
    source = by_language(row, "source")
    return _row(chapter, mine, stated, np.nan, np.nan, source, told) | {"verdict": NOT_TRIED}


def _row(
    chapter: str, mine: Measure, stated: Said | None, low: float, high: float, source: Said | None, told: Said | None = None,
) -> dict[str, object]:  # fmt: skip
    known = np.isfinite(mine.ours) and not (np.isnan(low) or np.isnan(high))
    verdict = UNKNOWN if not known else AGREES if low <= mine.ours <= high else DIFFERS
    # a reason explains what does not agree
    note = mine.note if verdict == AGREES else together(mine.note, told)
    return {
        "chapter": chapter, "measure": mine.measure, "subject": mine.place, **columns("statement", stated), "ours": mine.ours,
        "low": low if np.isfinite(low) else np.nan, "high": high if np.isfinite(high) else np.nan, "unit": mine.unit,
        "verdict": verdict, "forced_by": mine.forced_by, **columns("source", source), **columns("note", note),
    }  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip().removesuffix(".0")


def _number(row: dict[Hashable, Any], column: str) -> float:
    value = row.get(column)
    if value is None or value != value or not str(value).strip():
        return np.nan
    try:
        return float(str(value))
    except ValueError:
        raise QuantityError(
            f"published.{column}: '{row['statement']}' holds '{value}', expected a number; correct it, or leave the cell blank"
        ) from None
