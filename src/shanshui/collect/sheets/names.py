"""Column names that people use for ours: yearbooks, databases of survey offices, other programs."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache

from shanshui.collect.sheets.cells import squeezed
from shanshui.core.shipped import shipped_text

_GENERAL = ("code", "name", "year", "population", "area_km2", "class", "lon", "lat")
"""Names that are looked for in every table; others only where the table should have them."""


@cache
def aliases() -> dict[str, dict[str, int]]:
    """Labels by our name, with how sure each is: 0 is the surest. Blanks, width and case do not count."""
    rows = csv.DictReader(shipped_text("collect/column_names.csv").splitlines())
    out: dict[str, dict[str, int]] = {}
    for row in rows:
        known = out.setdefault(row["ours"], {})
        known[squeezed(row["name"])] = len(known)
    return out


def stands_for(label: str, ours: str) -> int | None:
    """How surely a label stands for one of our names: 0 is surest; None where it does not."""
    said = squeezed(label).replace("*", "")
    if said == ours:
        return -1
    return aliases().get(ours, {}).get(said)


def named(
    labels: Sequence[Sequence[str]], taken: Mapping[int, str], wanted: Sequence[str] = ()
) -> tuple[dict[int, str], dict[str, list[int]]]:
    """Our names of columns.

    Parameters
    ----------
    labels : sequence of sequences of str
        Per column the ways in which its head can be said, the fullest first.
    taken : mapping of place to our name
        Named already.
    wanted : sequence of str
        Names that this table should have, beside the general ones.

    Returns
    -------
    (dict of place to name, dict of name to places)
        Names given; and names that several columns claim with the same right.
    """
    out: dict[int, str] = dict(taken)
    rivals: dict[str, list[int]] = {}
    for ours in dict.fromkeys((*wanted, *_GENERAL)):
        if ours in out.values():
            continue
        claims = []
        for place, ways in enumerate(labels):
            if place in out:
                continue
            found = [
                (k, r) for k, way in enumerate(ways) if (r := stands_for(way, ours)) is not None
            ]
            if found:
                claims.append((min(r for _, r in found), min(k for k, _ in found), place))
        claims.sort()
        if not claims:
            continue
        best = [c for c in claims if c[0] == claims[0][0]]
        amount = ours in wanted and ours not in ("code", "name", "year")
        if len(best) > 1 or (amount and len(claims) > 1 and claims[0][0] >= 0):
            rivals[ours] = [c[2] for c in (claims if amount else best)]
        out[claims[0][2]] = ours
    return out, rivals
