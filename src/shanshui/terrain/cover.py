"""What covers the ground: classes of any legend turned into covers, which every step asks for."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.cover import NO_COVER, covers
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.vocabulary import Codes
from shanshui.region.coefficients import laid, present_codes
from shanshui.region.grid import like

CoverClasses = Annotated[
    pd.DataFrame, Table({"class": Key("cover_class"), "name": TEXT, "cover": TEXT})
]


@assessment(source="own_frame", halo=0, bytes_per_cell=8)
def cover_type(cover_classes: CoverClasses, land_cover: Codes) -> Codes:
    """What covers each cell, whatever legend the map has.

    Parameters
    ----------
    cover_classes : table
        ``class, name, cover``: the legend of the map.
    land_cover : (y, x) [1]
        Class codes.

    Returns
    -------
    (y, x) [1]
        Codes of ``core/cover_types.csv``; 0 where the cover is missing.

    Raises
    ------
    QuantityError
        A class on the map that the legend lacks, or whose meaning it does not tell.

    Notes
    -----
    ``type = code(cover(class))``. The vocabulary and its order are ours [D]: a broad cover holds narrow ones, and who asks for the
    broad one gets them all.
    """
    known = covers()
    rows = cover_classes.set_index("class")
    codes = present_codes(land_cover)
    strange = [c for c in codes if c not in rows.index]
    if strange:
        raise QuantityError(
            f"cover_classes: class {', '.join(map(str, strange[:8]))} is on the map but not in its legend; add a row, or declare the "
            "code as nodata"
        )
    blank = [c for c in codes if rows["cover"][c] not in known]
    if blank:
        shown = ", ".join(f"{c} ({rows['name'][c]})" for c in blank[:8])
        raise QuantityError(
            f"cover_classes: what {shown} means is not told; give it a word in the column group of the class table: water, built, "
            "farmed, forest, shrub, grass, wetland, bare, ice …"
        )
    numbers = pd.Series({c: float(known[rows["cover"][c]].code) for c in codes}, dtype=float)
    out = np.nan_to_num(laid(land_cover, numbers), nan=NO_COVER).astype(np.uint8)
    return like(land_cover, out, "1", nodata=NO_COVER)
