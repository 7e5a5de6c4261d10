"""Which crop grows in each class of land cover, and the maps that tell what it yields where."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.region.coefficients import present_codes

CropClasses = Annotated[pd.DataFrame, Table({"crop_name": TEXT, "lucode": "1", "*": ANY})]


def crop_of(classes: pd.DataFrame) -> "pd.Series[str]":
    """Crop of each class of land cover that grows one.

    Parameters
    ----------
    classes : table
        ``crop_name``, ``lucode``.

    Returns
    -------
    Series
        Names in lower case, by code.

    Raises
    ------
    QuantityError
        A column that lacks, a code that is no whole number, a code of two crops.
    """
    frame = classes.rename(columns=lambda c: str(c).strip().lower())
    for column in ("crop_name", "lucode"):
        if column not in frame:
            raise QuantityError(
                f"crop_classes: no column {column}; found {', '.join(map(str, frame.columns))}"
            )
    codes = pd.to_numeric(frame["lucode"], errors="coerce")
    odd = codes.isna() | (codes != np.floor(codes))
    if odd.any():
        raise QuantityError(
            f"crop_classes.lucode: {frame['crop_name'][odd].iloc[0]} holds '{frame['lucode'][odd].iloc[0]}', expected a whole number"
        )
    if codes.duplicated().any():
        raise QuantityError(
            f"crop_classes.lucode: {codes[codes.duplicated()].iloc[0]:g} stands in two rows; a class has one crop: give the second harvest of "
            "the year a table of its own, in a scenario"
        )
    names = frame["crop_name"].astype(str).str.strip().str.lower()
    return names.set_axis(pd.Index(codes.astype("int64"), name="lucode"))


def crops_here(cover: xr.DataArray, classes: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Ground of each crop that a map shows.

    Parameters
    ----------
    cover : (y, x) [1]
        Class codes.
    classes : table
        Crop of each code.

    Returns
    -------
    dict of str to (y, x) array
        True where a crop grows.
    """
    crops = crop_of(classes)
    there = set(present_codes(cover))
    out: dict[str, NDArray[np.bool_]] = {}
    for code, crop in crops.items():
        if code in there:
            here = cover.values == code
            out[str(crop)] = out[str(crop)] | here if crop in out else here
    return out


def known_ground(cover: xr.DataArray) -> NDArray[np.bool_]:
    """Where the land cover is known."""
    if cover.values.dtype.kind == "f":
        return np.isfinite(cover.values)
    return np.asarray(cover.values != cover.attrs.get("nodata"))


def crop_map(
    maps: xr.Dataset, crop: str, word: str, name: str, *, needed: bool = True
) -> NDArray[np.float32] | None:
    """Map of one number of one crop.

    Parameters
    ----------
    maps : layers
        ``CROP_WORD`` each, in any case.
    crop, word : str
        Crop, and what the map tells of it.
    name : str
        The layers, for messages.
    needed : bool
        Refuse layers that lack it.

    Returns
    -------
    (y, x) array or None
        None where it is not there and need not be.

    Raises
    ------
    QuantityError
        No such layer.
    """
    wanted = f"{crop}_{word}"
    found = next((v for k, v in maps.data_vars.items() if str(k).lower() == wanted), None)
    if found is not None:
        return np.asarray(found.values, np.float32)
    if needed:
        raise QuantityError(
            f"{name}: no layer {wanted}; {nearest(wanted, map(str, maps.data_vars))}; {crop} grows on the map and needs one"
        )
    return None
