"""How much reports speak of each emerging industry: by year, place and category, with the passages."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.industry.lexicon import CATEGORIES, Lexicon, read_lexicon, sentence_around
from shanshui.industry.tables import Attention, Passages, Reports, Vocabulary

PER = 10_000.0
"""Letters to which mentions are normalised."""
WHOLE = "all"
"""Place of reports that name none."""


def _read(reports: pd.DataFrame, words: pd.DataFrame | None) -> tuple[pd.DataFrame, Lexicon]:
    lexicon = read_lexicon()
    if words is not None:
        lexicon = lexicon.extended(words.to_dict("records"))
    place = reports["place"] if "place" in reports else pd.Series(WHOLE, index=reports.index)
    rows = pd.DataFrame(
        {
            "year": pd.to_numeric(reports["year"], errors="coerce"),
            "place": place.fillna(WHOLE).astype(str).replace("", WHOLE),
            "text": reports["text"].fillna("").astype(str),
        }
    )
    # an infinity has no rest
    broken = rows["year"].mod(1).ne(0)
    if broken.any():
        at = int(np.flatnonzero(broken)[0])
        raise QuantityError(
            f"reports.year: row {at + 1} holds {_said(reports['year'].iloc[at])}, expected a year"
        )
    rows["year"] = rows["year"].astype("int64")
    return rows.sort_values(["year", "place"], kind="stable", ignore_index=True), lexicon


def _said(value: object) -> str:
    return "nothing" if pd.isna(value) or not str(value).strip() else f"'{value}'"  # type: ignore[call-overload]


@assessment(source="sei2018", bytes_per_cell=0)
def report_attention(reports: Reports, words: Vocabulary | None = None) -> Attention:
    """Mentions of each emerging industry in government work reports.

    Parameters
    ----------
    reports : table
        ``year, text`` and, if there are several, ``place``; several texts of one year and place are one report.
    words : table, optional
        ``category, word`` and ``specificity`` [1]: added to the vocabulary, or over it.

    Returns
    -------
    table
        ``year, place, category, mentions, achieved, planned`` (counts; what is denied is left out), ``letters`` of the report,
        ``per_10k`` mentions per ten thousand letters, ``share`` of all mentions of the report [1], NaN where there are none. An empty
        report has no rate. Attributes tell the edition of the vocabulary.

    Raises
    ------
    QuantityError
        A row without a year.

    Notes
    -----
    per_10k = 10^4 m_k / letters, share = m_k / sum_k m_k, m_k mentions of category k: the longest word at the leftmost place (Aho and Corasick
    1975 [M]), denied ones left out, in a clause of plans counted as planned. Categories are those of the classification of 2018; words [D].
    """
    rows, lexicon = _read(reports, words)
    out = []
    for (year, place), part in rows.groupby(["year", "place"], sort=True):
        text = "\n".join(part["text"])
        letters = sum(not c.isspace() for c in text)
        found = [m for m in lexicon.mentions(text) if m.kind != "negated"]
        for category in CATEGORIES:
            own = [m for m in found if m.word.category == category]
            planned = sum(m.kind == "planned" for m in own)
            out.append(
                {
                    "year": year,
                    "place": place,
                    "category": category,
                    "mentions": len(own),
                    "achieved": len(own) - planned,
                    "planned": planned,
                    "letters": letters,
                    "per_10k": PER * len(own) / letters if letters else np.nan,
                    "share": len(own) / len(found) if found else np.nan,
                }
            )
    frame = pd.DataFrame(out)
    frame.attrs["lexicon"] = lexicon.edition
    return frame


@assessment(source="sei2018", bytes_per_cell=0)
def report_passages(
    reports: Reports, words: Vocabulary | None = None, *, most: Annotated[int, Between(1, 1000)] = 3
) -> Passages:
    """Sentences behind the counts.

    Parameters
    ----------
    reports : table
        ``year, text`` and ``place`` if there are several.
    words : table, optional
        Added to the vocabulary.
    most : int
        Sentences for each year, place and category, the most specific words first.

    Returns
    -------
    table
        ``year, place, category, word, kind, passage``.

    Raises
    ------
    QuantityError
        A row without a year.

    Notes
    -----
    Passages = the sentences of the ``most`` mentions of a category with the greatest weight, the earlier among equals; a sentence stands once
    for it. Categories are those of the classification of 2018; words, weights and this choice are our own [D].
    """
    rows, lexicon = _read(reports, words)
    out = []
    for (year, place), part in rows.groupby(["year", "place"], sort=True):
        text = "\n".join(part["text"])
        taken: dict[str, list[str]] = {}
        mentions = sorted(lexicon.mentions(text), key=lambda m: (-m.weight, m.start))
        for m in mentions:
            category = m.word.category
            passages = taken.setdefault(category, [])
            if len(passages) >= most:
                continue
            passage = sentence_around(text, m.start, m.stop)
            if passage in passages:
                continue
            passages.append(passage)
            out.append(
                {
                    "year": year,
                    "place": place,
                    "category": category,
                    "word": m.word.word,
                    "kind": m.kind,
                    "passage": passage,
                }
            )
    columns = ["year", "place", "category", "word", "kind", "passage"]
    frame = pd.DataFrame(out, columns=columns)
    order = {c: k for k, c in enumerate(CATEGORIES)}
    return frame.sort_values(
        ["year", "place", "category"],
        key=lambda s: s.map(order) if s.name == "category" else s,
        kind="stable",
        ignore_index=True,
    )
