"""In how many ways the head of a column can be said."""

import re
from collections.abc import Sequence

from shanshui.collect.sheets.cells import plain, squeezed
from shanshui.collect.sheets.units import head_unit

_HAN = re.compile(r"[一-鿿][一-鿿()、\s]*[一-鿿)]|[一-鿿]")
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


def ways_to_say(head: str) -> tuple[str, ...]:
    """Ways in which a head can be said, the fullest first, the last one for comparing heads.

    Parameters
    ----------
    head : str
        As found; rows of a head joined.

    Returns
    -------
    tuple of str
        As it stands in plain width; without its unit; in one language where it is written in two; squeezed.
    """
    full = plain(" ".join(head.split()))
    base = head_unit(full)[0]
    out = [full, base]
    if not _YEAR.search(base):
        parts = [p.strip() for p in base.split(" / ")]
        if len(parts) > 1:
            out += [head_unit(p)[0] for p in reversed(parts)]
        han = "".join(_HAN.findall(base)).strip()
        latin = re.sub(r"[^A-Za-z_ ]+", " ", base).strip()
        if han and latin and len(latin) > 2:
            out += [han, latin]
    # a bracket that is no unit says which kind: 人口(常住)
    short = re.sub(r"\s*\([^()]*\)$", "", base).strip()
    if short and short != base and not re.search(r"[、,市区县州]", base[len(short) :]):
        out.append(short)
    return (*dict.fromkeys(out), squeezed(full))


def place_of(theirs: str, labels: Sequence[Sequence[str]]) -> int | None:
    """Place of the column that a person names: as its head stands, or but for width, blanks and unit."""
    said = squeezed(theirs)
    for k in range(max((len(ways) for ways in labels), default=0)):
        for place, ways in enumerate(labels):
            if k < len(ways) and (ways[k] == theirs or squeezed(ways[k]) == said):
                return place
    return None
