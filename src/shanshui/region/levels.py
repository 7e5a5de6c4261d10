"""Rows of several levels in one table: those of a whole stand beside those of its parts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from shanshui.core.errors import QuantityError
from shanshui.region.place_codes import CodeSystem

TOLERANCE = 0.02
"""By how much parts and their whole may differ where they tell the same, as statistics of two offices do [D]."""


def levels_told(
    rows: pd.DataFrame,
    value: str,
    belongs: Mapping[str, str],
    where: str,
    *,
    by: Sequence[str] = (),
    inside: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Rows that tell each place, with what of them adds up to the whole once.

    Parameters
    ----------
    rows : table
        ``code``, the value and ``by``.
    value : str
        Column that is summed.
    belongs : mapping of str to str
        Higher place of a lower one; a higher one may stand for itself. Codes tell it too, where they are built that way.
    where : str
        Name of the table, for the message.
    by : sequence of str
        Columns whose values are summed apart: flows, years.
    inside : mapping of str to float, optional [1]
        Share of each place that lies in the region: of one that the border cuts its parts inside tell all that matters.

    Returns
    -------
    table
        ``summed``: does the row enter the sum? Of a place and others within it the parts do where they add up to it, and its own row is
        dropped; where they tell less of it, only a part is told, and the whole enters.

    Raises
    ------
    QuantityError
        Parts that are more than their whole.
    """
    if rows.empty:
        return rows.assign(summed=np.empty(0, bool))
    codes = rows["code"].astype(str)
    above = _above({str(c) for c in codes}, belongs)
    if not any(above.values()):
        return rows.assign(summed=True)
    state = np.full(len(rows), "", dtype=object)
    places = np.arange(len(rows))
    keys = [rows[c].astype(str).to_numpy() for c in by] or [np.zeros(len(rows), np.int64)]
    for _, at in pd.Series(places).groupby(keys):
        part = codes.to_numpy()[at]
        total = rows[value].astype(float).to_numpy()[at]
        sums = pd.Series(total).groupby(part).sum(min_count=1)
        cut = _told_inside({str(c) for c in sums.index}, belongs, inside or {})
        of = _states(sums, above, cut, where)
        state[at] = [of[c] for c in part]
    told = state != "parts"
    return rows[told].assign(summed=state[told] == "counts")


def _above(codes: set[str], belongs: Mapping[str, str]) -> dict[str, set[str]]:
    """Places of the table that hold each one."""
    out = CodeSystem.of(codes).above()
    for code in codes:
        at, seen = code, {code}
        while (at := belongs.get(at, "")) and at not in seen:
            seen.add(at)
            out.setdefault(code, set()).update({at} & codes)
    return out


def _told_inside(
    here: set[str], belongs: Mapping[str, str], inside: Mapping[str, float]
) -> set[str]:
    """Places that the region's border cuts, of which all parts inside are told."""
    members: dict[str, list[str]] = {}
    for code, share in inside.items():
        if share > 0 and (whole := belongs.get(code, "")) and whole != code:
            members.setdefault(whole, []).append(code)

    def told(code: str) -> bool:
        return code in here or (code in members and all(told(c) for c in members[code]))

    return {p for p, m in members.items() if 0 < inside.get(p, 1.0) < 1 and all(map(told, m))}


def _states(
    total: pd.Series, above: Mapping[str, set[str]], cut: set[str], where: str
) -> dict[str, str]:
    """``counts``, ``within`` a whole that does, or ``parts`` of it do, by code."""
    here = {str(c) for c in total.index}
    held = {c: above[c] & here for c in here}
    # what holds a place nearest is itself held by most of the others that do
    nearest = {c: max(h, key=lambda p: (len(held[p]), p)) for c, h in held.items() if h}
    children: dict[str, list[str]] = {}
    for code, whole in sorted(nearest.items()):
        children.setdefault(whole, []).append(code)
    out: dict[str, str] = {}
    waiting = [(c, False) for c in sorted(here) if c not in nearest]
    while waiting:
        code, within = waiting.pop()
        parts = children.get(code, [])
        full = bool(parts) and (_full(total, code, parts, where) or code in cut)
        out[code] = "within" if within else "parts" if full else "counts"
        waiting += [(c, within or not full) for c in parts]
    return out


def _full(total: pd.Series, code: str, parts: list[str], where: str) -> bool:
    """Do the parts add up to their whole?"""
    whole, told = float(total[code]), float(total[parts].sum(skipna=False))
    if np.isnan(whole):
        # a whole that nobody told is told by its parts, where these are known
        return bool(np.isfinite(total[parts]).all())
    room = TOLERANCE * abs(whole)
    if told > whole + room:
        names = ", ".join(parts[:5]) + (f" and {len(parts) - 5} more" if len(parts) > 5 else "")
        raise QuantityError(
            f"{where}: {names} have {told:.6g} together, more than the {whole:.6g} of {code}, which holds them; look at the units and the "
            "codes, or drop the rows of one level"
        )
    return told >= whole - room
