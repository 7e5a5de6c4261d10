"""Classes of one legend in those of another, by what they mean."""

from collections.abc import Iterable

from shanshui.collect.classes import Legend
from shanshui.core.cover import lineage
from shanshui.core.errors import DataError


def translated(codes: Iterable[int], own: Legend, other: Legend, name: str) -> dict[int, int]:
    """Class of another legend that holds each class.

    Parameters
    ----------
    codes : iterable of int
        On the map, of ``own``.
    own, other : Legend
        Of the map, and the one that is wanted.
    name : str
        Input, for messages.

    Returns
    -------
    mapping of int to int
        Of classes that mean the same, or where there is none of the narrowest that holds it; the first of several alike.

    Raises
    ------
    DataError
        Classes that may be several of the other legend, or none.
    """
    by_cover: dict[str, int] = {}
    for code, cover in other.table["cover"].items():
        by_cover.setdefault(str(cover), int(str(code)))
    out: dict[int, int] = {}
    unclear: list[str] = []
    for code in codes:
        cover = str(own.table["cover"][code])
        held = next((c for c in lineage(cover) if c in by_cover), None) if cover else None
        within = [c for c in by_cover if c and cover in lineage(c)] if cover else []
        if held is None and len(within) != 1:
            unclear.append(f"{code} ({own.table['name'][code]})")
            continue
        out[code] = by_cover[held or within[0]]
    if unclear:
        raise DataError(
            f"{name}: {', '.join(unclear[:6])} of the legend {own.name} may be several classes of {other.name}, or none, so that a "
            f"change between the two would be one of makers; give both in one legend, the coarser as [inputs.land_cover]"
        )
    return out
