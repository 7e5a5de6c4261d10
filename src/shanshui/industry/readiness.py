"""How ready a technology is: nine levels, each with its evidence, the weakest part deciding."""

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.industry.tables import Maturity, Readiness

LEVELS: dict[int, tuple[str, str]] = {
    1: ("principle observed", "发现基本原理"),
    2: ("concept formulated", "形成技术概念"),
    3: ("concept shown in the laboratory", "实验室验证概念"),
    4: ("components work in the laboratory", "实验室验证部件"),
    5: ("components work in a relevant environment", "相关环境验证部件"),
    6: ("prototype works in a relevant environment", "相关环境验证样机"),
    7: ("prototype works in real operation", "实际运行验证样机"),
    8: ("complete and qualified", "系统完成并鉴定"),
    9: ("proven in routine use", "实际应用成熟"),
}
"""Levels in our own words (Mankins 1995; the Chinese scale has the same nine) [S2]."""


@assessment(source="mankins1995", bytes_per_cell=0)
def technology_maturity(readiness: Readiness) -> Maturity:
    """Level of each technology with the evidence that holds it.

    Parameters
    ----------
    readiness : table
        ``technology, part, level`` 1 to 9, ``evidence`` (what shows it; blank counts as none) and ``date``; ``category`` if known.

    Returns
    -------
    table
        ``technology, category, level`` [1] of the weakest part, ``weakest`` part, ``parts``, ``unproven`` the levels claimed above without
        evidence, ``evidence, date`` of what holds the level.

    Raises
    ------
    QuantityError
        A level outside 1 to 9, or a date without a year.

    Notes
    -----
    level = min over parts of max{l: a claim of level l has evidence}, 0 if none has. Levels of Mankins (1995) [S2] in our own words; that the
    weakest part decides is the practice of readiness reviews [M].
    """
    level = pd.to_numeric(readiness["level"], errors="coerce")
    bad = ~level.isin(list(LEVELS))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise QuantityError(
            f"readiness.level: row {at + 1} holds {readiness['level'].iloc[at]!r}, expected a whole number from 1 to 9"
        )
    rows = readiness.assign(level=level.astype(int))
    year = rows["date"].astype(str).str.extract(r"(\d{4})", expand=False)
    if year.isna().any():
        at = int(np.flatnonzero(year.isna())[0])
        raise QuantityError(
            f"readiness.date: row {at + 1} holds {rows['date'].iloc[at]!r}, expected a date"
        )
    shown = rows["evidence"].fillna("").astype(str).str.strip() != ""
    out = []
    for technology, part in rows.groupby("technology", sort=True):
        best = []
        for name, claims in part.groupby("part", sort=True):
            proven = claims[shown.loc[claims.index]]
            top = int(proven["level"].max()) if len(proven) else 0
            row = (
                proven[proven["level"] == top].sort_values("date").iloc[-1] if len(proven) else None
            )
            best.append((top, str(name), row, int(claims["level"].max())))
        top, weakest, held, _ = min(best, key=lambda b: (b[0], b[1]))
        category = str(part["category"].iloc[0]) if "category" in part else ""
        out.append(
            {
                "technology": technology,
                "category": category,
                "level": top,
                "weakest": weakest,
                "parts": len(best),
                "unproven": sum(claimed > proved for proved, _, _, claimed in best),
                "evidence": "" if held is None else str(held["evidence"]),
                "date": "" if held is None else str(held["date"]),
            }
        )
    return pd.DataFrame(out)
