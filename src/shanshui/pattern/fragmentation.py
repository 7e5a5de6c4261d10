"""How fragmented the forest around each forested cell is."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, NO_COVER, codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import Codes, Mask
from shanshui.kernels.fragments import fragment_classes
from shanshui.pattern.tables import FragmentationShares
from shanshui.region.grid import grid_of, like

MISSING = 255
CLASSES = ("patch", "transitional", "edge", "perforated", "interior", "undetermined")
"""Classes in the order of their codes, from 1."""


def fragments(foreground: Any, *, window: Annotated[int, "cells"] = 9) -> Any:
    """Class each cell of a shape by how much of the window around it belongs to the shape, and how connected it is.

    Parameters
    ----------
    foreground : (y, x) array
        0 missing, 1 background, 2 foreground.
    window : int [cell]
        Side of the square, odd, 3 or more. Cells beyond the map and missing ones do not count.

    Returns
    -------
    (y, x) array of uint8
        1 patch, 2 transitional, 3 edge, 4 perforated, 5 interior, 6 undetermined; 0 background, 255 missing.

    Raises
    ------
    QuantityError
        Other codes, an even window or one below 3.

    Notes
    -----
    With Pf the share of foreground among the cells of the window and Pff the share of pairs of side neighbours that are both foreground among
    those with one or two of it, after Riitters et al. (2000) [S]: interior Pf = 1; patch Pf < 0.4; transitional 0.4 <= Pf < 0.6; from 0.6 on edge
    where Pf < Pff, perforated where Pf > Pff, undetermined where they are equal or there is no such pair. Shares are compared as fractions of
    whole numbers.
    """
    codes = np.asarray(foreground)
    if codes.ndim != 2:
        raise QuantityError(f"foreground: found {codes.ndim} dimensions; expected rows and columns")
    if window < 3 or window % 2 == 0:
        raise QuantityError(f"window: found {window}; expected an odd number of cells, 3 or more")
    other = np.setdiff1d(codes, (0, 1, 2))
    if other.size:
        raise QuantityError(
            f"foreground: found {other[:5].tolist()}; expected 0 missing, 1 background, 2 foreground"
        )
    out = np.empty(codes.shape, np.uint8)
    fragment_classes(np.ascontiguousarray(codes, np.uint8), window // 2, MISSING, out)
    if isinstance(foreground, xr.DataArray):
        return foreground.copy(data=out).assign_attrs(units="1", nodata=MISSING)
    return out


@assessment(source="riitters2000", bytes_per_cell=8)
def forest_fragmentation(
    cover_type: Codes,
    region_mask: Mask,
    *,
    fragmented: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("forest",),
    window: Annotated[int, Between(3, 9999)] = 9,
) -> Codes:
    """Class of fragmentation around each cell of forest.

    Parameters
    ----------
    cover_type : (y, x) [1]
        Covers; cells without a known one are missing.
    region_mask : (y, x) [1]
        1 inside; ground outside does not count.
    fragmented : tuple of str
        Covers that count as one, forest or any other.
    window : int [cell]
        Side of the square around a cell, odd [S]; state it in metres with the result.

    Returns
    -------
    (y, x) [1]
        1 patch, 2 transitional, 3 edge, 4 perforated, 5 interior, 6 undetermined; 0 other ground, 255 outside and where the cover is missing.

    Raises
    ------
    QuantityError
        An even window.

    Notes
    -----
    With Pf the share of forest among the cells of the window and Pff the share of pairs of side neighbours that are both forest among those with
    one or two of it::

        interior Pf = 1,  patch Pf < 0.4,  transitional 0.4 <= Pf < 0.6,  else edge Pf < Pff,  perforated Pf > Pff,  undetermined Pf = Pff

    After Riitters et al. (2000), whose least window is 9 x 9 cells [S]; bounds as GRASS' r.forestfrag sets them [S].
    """
    cover = cover_type.values
    known = (region_mask.values == 1) & (cover != cover_type.attrs.get("nodata", NO_COVER))
    known &= cover != NO_COVER
    codes = np.where(known, np.where(np.isin(cover, codes_of(fragmented)), 2, 1), 0).astype(
        np.uint8
    )
    return like(region_mask, fragments(codes, window=window), "1", nodata=MISSING)


@assessment(source="riitters2000", bytes_per_cell=8)
def fragmentation_shares(forest_fragmentation: Codes) -> FragmentationShares:
    """Area and share of each class of forest fragmentation.

    Parameters
    ----------
    forest_fragmentation : (y, x) [1]
        Codes as :func:`forest_fragmentation` gives them.

    Returns
    -------
    table
        ``class``: patch, transitional, edge, perforated, interior, undetermined; ``area_km2`` [km2], ``share`` of the forest [1], NaN without any.

    Notes
    -----
    A_c = a n_c; share = A_c / sum A. Classes after Riitters et al. (2000) [S].
    """
    count = np.bincount(forest_fragmentation.values.ravel(), minlength=256)[1 : len(CLASSES) + 1]
    area = count * grid_of(forest_fragmentation).cell_km2
    total = float(area.sum())
    share = area / total if total > 0 else np.full(len(CLASSES), np.nan)
    return pd.DataFrame({"class": CLASSES, "area_km2": area, "share": share})
