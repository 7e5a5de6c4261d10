"""Chapter of the report on what results are worth: each statement beside ours."""

from typing import Any

import pandas as pd

from shanshui.core.terms import word
from shanshui.report.tables import table_of
from shanshui.report.words import say
from shanshui.study.study import Study
from shanshui.study.validation import counted, statements, tables


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
    count = ", ".join(f"{say(k, lang)} {v}" for k, v in counted(found).items())
    out = []
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
                say("source", lang): [s.row["source"] for s in rows],
            }
        )
        out.append(table_of(word(name, lang), frame, lang, of=(name,), long=True))
    if out:
        out[0]["note"] = f"{count}. {say('validation_note', lang)}"
    return {"title": say("validation", lang), "figures": [], "tables": out}


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
