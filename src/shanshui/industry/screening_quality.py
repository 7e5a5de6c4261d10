"""How well firms are screened, where a person has said what they are."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError
from shanshui.core.setting import Between
from shanshui.industry.lexicon import CATEGORIES, read_lexicon
from shanshui.industry.screening import ALONE, WITH_CODE, Screener
from shanshui.industry.tables import Labelled, Quality, Vocabulary


@assessment(source="cohen1960", bytes_per_cell=0)
def screening_quality(
    labelled_firms: Labelled,
    words: Vocabulary | None = None,
    *,
    with_code: Annotated[float, Between(0.01, 1.0)] = WITH_CODE,
    alone: Annotated[float, Between(0.01, 1.0)] = ALONE,
) -> Quality:
    """Precision and recall of the screening of firms, by category, on a sample that a person has labelled.

    Parameters
    ----------
    labelled_firms : table
        ``name`` and, as there are, ``scope, code``; ``category`` that a person gave, blank for none.
    words : table, optional
        ``category, word, specificity``: as in :func:`screened_firms`.
    with_code, alone : float [1]
        As in :func:`screened_firms`.

    Returns
    -------
    table
        ``category, precision, recall, f1`` [1], ``found, true`` firms; NaN where nothing was found, or nothing is there. What waits for
        review counts as not found. Attributes hold Cohen's kappa, the confusion of truth and found, and the number of firms.

    Raises
    ------
    DataError
        A category that is none of the nine, no firm at all.

    Notes
    -----
    precision = TP / (TP + FP), recall = TP / (TP + FN), f1 = 2 TP / (2 TP + FP + FN); kappa = (p_o - p_e) / (1 - p_e), p_o the share of firms
    on which both say the same, p_e = sum_k p_k q_k what chance gives (Cohen 1960 [M]).
    """
    if labelled_firms.empty:
        raise DataError(
            "labelled_firms: no firm, expected at least one row; label a sample of the register by hand"
        )
    truth = labelled_firms["category"].fillna("").astype(str).str.strip()
    strange = sorted(set(truth) - {*CATEGORIES, ""})
    if strange:
        raise DataError(
            f"labelled_firms.category: {', '.join(strange[:5])}; known: {', '.join(CATEGORIES)}, or blank for none"
        )
    lexicon = read_lexicon() if words is None else read_lexicon().extended(words.to_dict("records"))
    said = Screener(lexicon, with_code=with_code, alone=alone).screened(labelled_firms)
    out = coding_quality(said["category"].where(said["decision"] == "accepted", ""), truth)
    out.attrs["rows"] = len(truth)
    return out


def coding_quality(found: ArrayLike, truth: ArrayLike) -> pd.DataFrame:
    """Agreement of two codings, by category and in all.

    Parameters
    ----------
    found, truth : (firm,)
        Categories, blank for none.

    Returns
    -------
    DataFrame
        ``category, precision, recall, f1, found, true`` [1]; NaN where nothing was found, or nothing is there. Cohen's kappa of both codings
        in ``attrs["kappa"]``, the confusion in ``attrs["confusion"]``.

    Raises
    ------
    DataError
        Lengths that differ, no firm at all.
    """
    a, b = np.asarray(found, object), np.asarray(truth, object)
    if a.ndim != 1 or b.ndim != 1 or len(a) != len(b):
        raise DataError(
            f"found, truth: {a.size} and {b.size} firms, expected as many of each in one row"
        )
    if not len(a):
        raise DataError("found, truth: no firm, expected at least one")
    rows = []
    for category in sorted({str(v) for v in (*a, *b) if v}):
        hit = float(((a == category) & (b == category)).sum())
        said, real = float((a == category).sum()), float((b == category).sum())
        precision = hit / said if said else np.nan
        recall = hit / real if real else np.nan
        rows.append(
            {
                "category": category,
                "precision": precision,
                "recall": recall,
                "f1": 2 * hit / (said + real) if said + real else np.nan,
                "found": said,
                "true": real,
            }
        )
    out = pd.DataFrame(rows)
    out.attrs["kappa"] = kappa(a, b)
    table = pd.crosstab(pd.Series(b, name="truth"), pd.Series(a, name="found"))
    out.attrs["confusion"] = {
        str(k): {str(c): int(v) for c, v in row.items()}
        for k, row in table.to_dict("index").items()
    }
    return out


def kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two codings beyond chance (Cohen 1960) [1]; 1 when both say one thing only."""
    a, b = np.asarray(first, object), np.asarray(second, object)
    both = float((a == b).mean())
    chance = sum(float((a == k).mean()) * float((b == k).mean()) for k in {*a, *b})
    return 1.0 if chance >= 1.0 else (both - chance) / (1.0 - chance)
