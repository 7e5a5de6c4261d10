"""Coefficients by what covers the ground, laid on the classes of a legend."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shanshui.collect.classes import Legend
from shanshui.core.cover import COVERS, lineage
from shanshui.core.errors import DataError, nearest

KEY = "cover"
"""Column of a table of coefficients that holds covers instead of a legend's codes."""
CODES = ("lucode", "lulc", "code", "lulc_code", "lu_code")
"""Columns that hold a legend's codes."""
FLAGS = ("lulc_veg", "by_fraction", "retains", "built")
"""Columns that say yes or no, so that a mixed class takes that of its greatest part."""
_OURS = (KEY, "mix", "source", "name")


def by_cover(table: pd.DataFrame) -> bool:
    """Has a table of coefficients a row per cover, not per code of a legend?"""
    return KEY in table.columns and not set(CODES) & set(table.columns)


def laid_on(table: pd.DataFrame, legend: Legend, name: str) -> pd.DataFrame:
    """Give each class of a legend the coefficients of what it means.

    Parameters
    ----------
    table : DataFrame
        A row per cover (column ``cover``); covers that it lacks take the row of the broader one. ``mix`` (``wetland 0.5 bare 0.5``)
        stands for the weighted mean of others.
    legend : Legend
        Its own ``mix`` stands above its ``cover``; columns that it shares with the table stand above the table's.
    name : str
        The table, for messages.

    Returns
    -------
    DataFrame
        ``lucode``, ``name`` and the columns of the table; classes without a meaning have no row.

    Raises
    ------
    DataError
        A word that is no cover, a cover that stands twice, a mix that cannot be read.
    """
    rows = _rows(table, name)
    columns = [c for c in table.columns if c not in _OURS]
    out = []
    for code, one in legend.table.iterrows():
        row = _row(str(one["cover"]), rows, columns)
        if one["mix"]:
            row = _mixed(_parts(str(one["mix"]), f"{legend.name}.mix"), rows, columns)
        if row is None:
            continue
        own = {c: one[c] for c in columns if c in legend.table.columns and _given(one[c])}
        # a name of a group that means a cover is ours, not the person's word for it
        own.pop("group", None)
        out.append({"lucode": int(str(code)), "name": one["name"], **row, **own})
    if not out:
        raise DataError(
            f"{name}: no class of {legend.name} has a meaning that a row could be found for; give its classes a column group"
        )
    return pd.DataFrame(out)


def _rows(table: pd.DataFrame, name: str) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for row in table.to_dict("records"):
        cover = str(row[KEY]).strip()
        if cover not in COVERS:
            raise DataError(f"{name}.cover: '{cover}' is no cover; {nearest(cover, COVERS)}")
        if cover in out:
            raise DataError(f"{name}.cover: {cover} stands in two rows; keep one")
        out[cover] = {str(k): v for k, v in row.items()}
    for cover, own in out.items():
        if _given(own.get("mix")):
            own["mix"] = _parts(str(own["mix"]), f"{name}.mix: {cover}")
    return out


def _row(
    cover: str, rows: Mapping[str, Mapping[str, Any]], columns: list[str]
) -> dict[str, Any] | None:
    """Row of a cover, or of the broader one."""
    if not cover:
        return None
    found = next((rows[c] for c in lineage(cover) if c in rows), None)
    if found is None:
        return None
    if _given(found.get("mix")):
        return _mixed(found["mix"], rows, columns)
    return {c: found[c] for c in columns}


def _mixed(
    parts: Mapping[str, float], rows: Mapping[str, Mapping[str, Any]], columns: list[str]
) -> dict[str, Any] | None:
    """Weighted mean of the rows of several covers; words and flags are those of the greatest part."""
    each = {cover: _row(cover, rows, columns) for cover in parts}
    if any(row is None for row in each.values()):
        return None
    most = each[max(parts, key=lambda c: parts[c])] or {}
    out = dict(most)
    for column in columns:
        numbers = pd.to_numeric(
            pd.Series([(row or {})[column] for row in each.values()]), errors="coerce"
        )
        if column not in FLAGS and numbers.notna().all():
            out[column] = float((numbers.to_numpy() * list(parts.values())).sum())
    return out


def _parts(text: str, where: str) -> dict[str, float]:
    words = text.split()
    try:
        parts = {
            c: float(share) for c, share in zip(words[::2], words[1::2], strict=True) if c in COVERS
        }
    except ValueError:
        parts = {}
    if len(parts) * 2 != len(words) or abs(sum(parts.values()) - 1.0) > 1e-9:
        raise DataError(
            f"{where}: found '{text}', expected covers with their shares, which sum to 1, such as farmed 0.6 shrub 0.4"
        )
    return parts


def _given(value: Any) -> bool:
    return value is not None and value == value and str(value).strip() != ""
