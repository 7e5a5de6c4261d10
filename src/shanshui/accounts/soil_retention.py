"""Soil that cover and practice keep from being washed away: the revised universal soil loss equation."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.hillslope import hillslope
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Erodibility,
    Erosivity,
    Index,
    Mask,
)
from shanshui.kernels.services import length_slope, soil_kept
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like, stacked


@assessment(source="desmet1996", bytes_per_cell=60)
def length_slope_factor(
    elevation: Elevation,
    *,
    slope_factor: Annotated[str, OneOf("rusle", "steep")] = "steep",
    area_above: Annotated[str, OneOf("square_root", "area")] = "area",
    longest_m: Annotated[float, Between(1.0, 1e6)] = 122.0,
) -> Index:
    """Length and steepness of slopes as one factor.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; depressions are filled.
    slope_factor : str
        ``steep``: 21.91 sin - 0.96 from 10 degrees on (Liu), for mountains. ``rusle``: 16.8 sin - 0.5 from 9 % on.
    area_above : str
        What stands for the ground above in L: its ``square_root``, as in the reference model, or the ``area`` itself.
    longest_m : float [m]
        Length beyond which a slope ends in a channel: 122 m, or 300 m where slopes are long.

    Returns
    -------
    (y, x) [1]
        0 or more; NaN where the ground is missing. On cells wider than slopes (above about 100 m) slopes are flattened: the factor is then too low.

    Notes
    -----
    ``L = ((A + D^2)^(m+1) - A^(m+1)) / (D^(m+2) x^m 22.13^m)``, at most ``(longest / 22.13)^m``, times ``S``; ``A`` ground above the
    cell's upper side [m2], ``D`` side of the cell [m], ``x = |sin| + |cos|`` of the slope angle ``t``, as the reference model has it
    (Desmet and Govers 1996 take the aspect [M]). ``S = 10.8 sin t + 0.03`` below 9 %, ``16.8 sin t - 0.5`` above (Renard et al. 1997
    [S]), ``steep``: ``21.91 sin t - 0.96`` from 10 degrees on (Liu et al. 1994 [M]). ``m`` = 0.2, 0.3, 0.4, 0.5 up to 1, 3.5, 5 and 9 %,
    above ``b / (1 + b)`` with ``b = sin t / 0.0896 / (3 sin^0.8 t + 0.56)`` [S]. The cut of the length at 122 m is usual [M].
    """
    cell = grid_of(elevation).cell_m
    valid = np.isfinite(elevation.values)
    way = hillslope(elevation.values, valid, cell, np.inf, 1.0)
    ls = np.empty(elevation.shape, np.float32)
    length_slope(
        way.slope,
        way.above,
        cell,
        np.inf,
        float(longest_m),
        slope_factor == "steep",
        area_above == "square_root",
        ls,
    )
    return like(elevation, np.maximum(ls, np.float32(0)), "1")


@assessment(source="gutman1998", bytes_per_cell=8)
def vegetation_fraction(
    ndvi: Index,
    region_mask: Mask | None = None,
    cover_type: Codes | None = None,
    *,
    farmed_least: Annotated[float | None, Between(0.0, 1.0)] = None,
    bare_ndvi: Annotated[float | None, Between(-1.0, 1.0)] = None,
    full_ndvi: Annotated[float | None, Between(-1.0, 1.0)] = None,
) -> Index:
    """Share of ground under green cover, by two end members.

    Parameters
    ----------
    ndvi : (y, x) [1]
        Vegetation index, in [-1, 1].
    region_mask : (y, x) [1], optional
        1 inside: the percentiles are of these cells.
    cover_type : (y, x) [1], optional
        What covers the ground; needed with ``farmed_least``.
    farmed_least : float [1]
        Least share of fields where the index is of one day or month, on which harvested ground may lie bare: 0.4 suits two crops a year
        [D]. Blank where the index speaks for the year.
    bare_ndvi, full_ndvi : float [1]
        Index of bare and of full cover; the 5th and 95th percentile of the region by default. Fix them to compare years.

    Returns
    -------
    (y, x) [1]
        In [0, 1]; NaN where the index is missing.

    Raises
    ------
    QuantityError
        An index outside [-1, 1], ends in the wrong order, no index inside the region to take an end from, ``farmed_least`` without a cover.

    Notes
    -----
    ``f = (NDVI - NDVI_s) / (NDVI_v - NDVI_s)``, cut to [0, 1] and on fields at the bottom to ``farmed_least``: ``s`` bare soil, ``v`` full
    cover. Fields with two crops a year are middling in the vegetation factor of the interim rules of ecological function zoning of 2003 [M],
    a share of 0.2 to 0.6 in the draft guide of 2019 [S]: 0.4 is its middle. Linear mixture of two end members after
    Gutman and Ignatov 1998 [M]; percentiles 5 and 95 of the region as ends [S2]: in a region that is forest throughout dense
    forest then looks sparse.
    """
    values = ndvi.values
    known = values[np.isfinite(values)]
    if known.size and (known.min() < -1.0 or known.max() > 1.0):
        raise QuantityError(
            f"ndvi: runs from {known.min():g} to {known.max():g}, expected [-1, 1]; is a scale factor missing?"
        )
    if region_mask is not None:
        known = values[np.isfinite(values) & (region_mask.values == 1)]
    if not known.size and (bare_ndvi is None or full_ndvi is None):
        raise QuantityError(
            "ndvi: no cell inside the region has a value to take bare and full cover from; give bare_ndvi and full_ndvi, or another map"
        )
    low = float(np.percentile(known, 5)) if bare_ndvi is None else bare_ndvi
    high = float(np.percentile(known, 95)) if full_ndvi is None else full_ndvi
    if high <= low:
        hint = (
            ""
            if bare_ndvi is not None and full_ndvi is not None
            else (
                "; the 5th and 95th percentile of the region stand for them: a map of one value has no contrast, set both or give another map"
            )
        )
        raise QuantityError(f"full_ndvi {high:g} is not above bare_ndvi {low:g}{hint}")
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    if farmed_least is not None:
        if cover_type is None:
            raise QuantityError(
                "farmed_least: no cover_type tells where fields are; add [inputs.land_cover], or leave farmed_least blank"
            )
        fields = np.isin(cover_type.values, codes_of(("farmed",)))
        # a comparison with NaN is false: what is missing stays so
        share[fields & (share < farmed_least)] = farmed_least
    return like(ndvi, share.astype(np.float32), "1")


def cover_factor_of(fraction: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cover factor of a share of green cover after Cai [M]: 1 without any, 0 above 78.3 %.

    Parameters
    ----------
    fraction : (...) [1]
        Share of the ground, in [0, 1].

    Returns
    -------
    (...) [1]
        In [0, 1]; NaN stays.
    """
    percent = 100.0 * np.asarray(fraction, np.float64)
    with np.errstate(divide="ignore"):
        middle = 0.6508 - 0.3436 * np.log10(percent)
    # the published curve jumps from 0.0001 to 0 at 78.3 % and passes 1 below 0.1 %
    factor = np.where(percent <= 0, 1.0, np.where(percent > 78.3, 0.0, np.minimum(middle, 1.0)))
    return np.where(np.isnan(percent), np.nan, np.maximum(factor, 0.0))


COVER_BANDS = (0.1, 0.3, 0.5, 0.7, 0.9)
BANDED = {
    "forest": (0.10, 0.08, 0.06, 0.02, 0.004, 0.001),
    "shrub": (0.40, 0.22, 0.14, 0.085, 0.04, 0.011),
    "grass": (0.45, 0.24, 0.15, 0.09, 0.043, 0.011),
    "tree orchard": (0.42, 0.23, 0.14, 0.089, 0.042, 0.011),
    "shrub orchard": (0.40, 0.22, 0.14, 0.087, 0.042, 0.011),
}
"""Cover factor by kind and band of cover, dual evaluation [S]; dry farmland is 0.221 - 0.595 lg(share)."""
COVER_KINDS = (*BANDED, "dry farmland", "none")
"""Words of the column ``cover_kind``; ``none`` keeps the factor of the class."""


def banded_cover_factor(fraction: NDArray[np.floating], kind: str) -> NDArray[np.float64]:
    """Cover factor by bands of cover, the table of the dual evaluation.

    Parameters
    ----------
    fraction : (...) [1]
        Share of green cover, in [0, 1].
    kind : str
        ``forest, shrub, grass, tree orchard, shrub orchard`` or ``dry farmland``.

    Returns
    -------
    (...) [1]
        In [0, 1]; NaN stays.

    Raises
    ------
    QuantityError
        An unknown kind.
    """
    share = np.asarray(fraction)
    if kind == "dry farmland":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip(0.221 - 0.595 * np.log10(share), 0.0, 1.0)
    if kind not in BANDED:
        raise QuantityError(f"cover kind '{kind}'; {nearest(kind, [*BANDED, 'dry farmland'])}")
    # edges in the share's own precision: 0.7 of a map in single precision lies below 0.7
    edges = np.asarray(COVER_BANDS, share.dtype)
    factor = np.array(BANDED[kind])[np.digitize(np.nan_to_num(share), edges)]
    return np.where(np.isnan(share), np.nan, factor)


@assessment(source="cai2000", halo=0, bytes_per_cell=24)
def cover_factor(
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("usle_c", "by_fraction?", "cover_kind?")],
    vegetation_fraction: Index | None = None,
    *,
    curve: Annotated[str, OneOf("cai", "bands")] = "cai",
) -> Index:
    """Cover factor C: by share of green cover under vegetation, by class elsewhere.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, usle_c`` in [0, 1]; ``by_fraction`` 1 where the share of green cover rules (absent: nowhere); for ``bands`` instead
        ``cover_kind``: ``forest, shrub, grass, tree orchard, shrub orchard, dry farmland``, or ``none`` where the class rules.
    vegetation_fraction : (y, x) [1], optional
        Share of green cover; without it classes rule everywhere.
    curve : str
        ``cai``: one curve for all cover; ``bands``: the table by kind of cover of the dual evaluation.

    Returns
    -------
    (y, x) [1]
        In [0, 1]; NaN where the land cover, or a share that rules, is missing.

    Raises
    ------
    QuantityError
        A code without a row, a factor that is missing or out of range, ``bands`` without a column ``cover_kind`` or with another word.

    Notes
    -----
    ``cai``: ``C = 0.6508 - 0.3436 lg(100 f)``, 1 without cover, 0 above 78.3 % (Cai et al. 2000 [M]): ``f`` share of green cover [1].
    ``bands``: steps at 10, 30, 50, 70 and 90 % by kind, dry farmland ``C = 0.221 - 0.595 lg f`` in [0, 1] (draft dual evaluation of 2019
    [S]).
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    out = table.grid("usle_c", high=1.0)
    if vegetation_fraction is None:
        return like(land_cover, out, "1")
    share = vegetation_fraction.values
    if curve == "bands":
        kinds = table.words("cover_kind", COVER_KINDS)
        place = pd.Series([COVER_KINDS.index(k) for k in kinds], index=kinds.index, dtype=float)
        laid = table.laid(place)
        for at, kind in enumerate(COVER_KINDS[:-1]):
            out = np.where(laid == at, banded_cover_factor(share, kind), out).astype(np.float32)
    elif table.has("by_fraction"):
        rules = table.grid("by_fraction", high=1.0) == 1.0
        out = np.where(rules, cover_factor_of(share), out).astype(np.float32)
    return like(land_cover, out, "1")


LOSS = {"potential": "t/ha/yr", "loss": "t/ha/yr", "retained": "t/ha/yr"}


@assessment(source="renard1997", halo=0, bytes_per_cell=16)
def soil_retention(
    rainfall_erosivity: Erosivity,
    soil_erodibility: Erodibility,
    length_slope_factor: Index,
    cover_factor: Index,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("usle_p")],
) -> Annotated[xr.Dataset, Layers(tuple(LOSS.items()))]:
    """Soil kept in place by cover and practice.

    Parameters
    ----------
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)]
        Factor R.
    soil_erodibility : (y, x) [t*ha*h/(ha*MJ*mm)]
        Factor K.
    length_slope_factor : (y, x) [1]
        Factor LS.
    cover_factor : (y, x) [1]
        Factor C.
    land_cover : (y, x) [1]
        Class codes, for the practice.
    biophysical : table
        ``lucode, usle_p`` in [0, 1].

    Returns
    -------
    layers
        ``potential`` loss of bare ground, ``loss`` as it is, ``retained``, their difference [t/ha/yr]; NaN where an input is missing.

    Raises
    ------
    QuantityError
        A code without a row, a practice that is missing or out of range.

    Notes
    -----
    ``A_p = R K LS``, ``A = R K LS C P``, ``SR = A_p - A = R K LS (1 - C P)`` [t/(ha yr)]: ``R`` rainfall erosivity [MJ mm/(ha h yr)],
    ``K`` erodibility [t ha h/(ha MJ mm)], ``LS`` length and steepness, ``C`` cover and ``P`` practice [1]. Revised universal soil loss
    equation (Renard et al. 1997 [M]); soil retention as potential less actual loss as in gross ecosystem product [S].
    R 3500, K 0.035, LS 4.6851, C 0.02, P 1 give 573.93, 11.48 and 562.45 t/ha [C].
    """
    practice = ByCover.of(land_cover, biophysical, "biophysical").grid("usle_p", high=1.0)
    out = {name: np.empty(rainfall_erosivity.shape, np.float32) for name in LOSS}
    soil_kept(
        rainfall_erosivity.values,
        soil_erodibility.values,
        length_slope_factor.values,
        cover_factor.values,
        practice,
        *out.values(),
    )
    return stacked(rainfall_erosivity, out, LOSS)
