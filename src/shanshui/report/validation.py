"""Chapter of the report on what results are worth: each statement beside ours."""

from typing import Any

import pandas as pd

from shanshui.core.voice import Voice
from shanshui.queries.validation import Statement, counted, statements, tables
from shanshui.report.page import Page


def validation_chapter(page: Page) -> dict[str, Any]:
    """The chapter, as far as its tables were made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.

    Returns
    -------
    dict
        ``title, figures, tables``.
    """
    found = statements(page.study)
    out: list[dict[str, Any]] = []
    for name in tables(page.study):
        chapter = name.removesuffix("_validation")
        rows = [s for s in found if s.row["chapter"] == chapter]
        if not rows:
            continue
        frame = pd.DataFrame(
            {
                page.voice("statement"): [s.said(page.voice) for s in rows],
                page.voice("ours"): [_figure(s.row["ours"], page.voice) for s in rows],
                page.voice("expected"): [
                    _range(s.row["low"], s.row["high"], page.voice) for s in rows
                ],
                page.voice("verdict"): [page.voice(s.row["verdict"]) for s in rows],
                page.voice("forced_by"): [
                    "" if s.forced is None else s.forced.words(page.voice) for s in rows
                ],
                page.voice("reason"): [page.voice.tell(s.row, "note") for s in rows],
                page.voice("source"): [page.voice.tell(s.row, "source") for s in rows],
            }
        )
        told = _told(rows, page.voice)
        note = (
            told if out else f"{_told(found, page.voice)}. {page.voice('validation_note')} {told}"
        )
        table = page.table(page.voice.word(name), frame, note, of=(name,), long=True)
        out.append(table | {"marks": [s.row["verdict"].replace(" ", "-") for s in rows]})
    return {"title": page.voice("validation"), "figures": [], "tables": out}


def _told(rows: list[Statement], voice: Voice) -> str:
    return ", ".join(f"{voice(k)} {v}" for k, v in counted(rows).items())


def _figure(value: float, voice: Voice) -> str:
    return voice.figure(value)


def _range(low: float, high: float, voice: Voice) -> str:
    if low != low and high != high:
        return "–"
    if low != low:
        return f"≤ {_figure(high, voice)}"
    if high != high:
        return f"≥ {_figure(low, voice)}"
    return _figure(low, voice) if low == high else f"{_figure(low, voice)} – {_figure(high, voice)}"
