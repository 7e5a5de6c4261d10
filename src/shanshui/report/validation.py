"""Chapter of the report on what results are worth: each statement beside ours."""

from typing import Any

import pandas as pd

from shanshui.core.terms import word
from shanshui.queries.validation import Statement, counted, statements, tables
from shanshui.report.tables import table_of
from shanshui.report.words import say
from shanshui.study.study import Study


def validation_chapter(study: Study, lang: str) -> dict[str, Any]:
    """The chapter, as far as its tables were made.

    Parameters
    ----------
    study : Study
        With its validation run.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    dict
        ``title, figures, tables``.
    """
    found = statements(study)
    out: list[dict[str, Any]] = []
    for name in tables(study):
        chapter = name.removesuffix("_validation")
        rows = [s for s in found if s.row["chapter"] == chapter]
        if not rows:
            continue
        frame = pd.DataFrame(
            {
                say("statement", lang): [_said(s.row, lang) for s in rows],
                say("ours", lang): [_figure(s.row["ours"]) for s in rows],
                say("expected", lang): [_range(s.row["low"], s.row["high"], lang) for s in rows],
                say("verdict", lang): [say(s.row["verdict"], lang) for s in rows],
                say("forced_by", lang): [s.forced for s in rows],
                say("reason", lang): [s.row["note_zh" if lang == "zh" else "note"] for s in rows],
                say("source", lang): [s.row["source"] for s in rows],
            }
        )
        told = _told(rows, lang)
        note = told if out else f"{_told(found, lang)}. {say('validation_note', lang)} {told}"
        table = table_of(word(name, lang), frame, lang, note, of=(name,), long=True)
        out.append(table | {"marks": [s.row["verdict"].replace(" ", "-") for s in rows]})
    return {"title": say("validation", lang), "figures": [], "tables": out}


def _told(rows: list[Statement], lang: str) -> str:
    return ", ".join(f"{say(k, lang)} {v}" for k, v in counted(rows).items())


def _said(row: dict[str, Any], lang: str) -> str:
    text = row["statement_zh" if lang == "zh" else "statement"]
    return f"{text} [{row['subject']}]" if row["subject"] else str(text)


def _figure(value: float) -> str:
    return "–" if value != value else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _range(low: float, high: float, lang: str) -> str:
    if low != low and high != high:
        return "–"
    if low != low:
        return f"≤ {_figure(high)}"
    if high != high:
        return f"≥ {_figure(low)}"
    return _figure(low) if low == high else f"{_figure(low)} – {_figure(high)}"
