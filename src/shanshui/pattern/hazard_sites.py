"""Ground near known landslides, collapses, debris flows, fissures, subsidence and unstable slopes."""

from collections.abc import Mapping
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.hazard_words import hazard_words
from shanshui.core.quantity import ANY, TEXT, Features, Key
from shanshui.core.setting import Ascending, Each
from shanshui.core.vocabulary import Codes, Index, Mask
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT, MISSING
from shanshui.region.grid import GridSpec, grid_of, like

KINDS = ("landslide", "collapse", "debris flow", "fissure", "subsidence", "unstable slope")
"""Kinds of site, in the order in which ``intensities`` gives them."""
STRONGEST = 5.0
"""Greatest intensity of a kind; with it P is 1."""
SCALES = ("very large", "large", "medium", "small")
"""Scales of a site, in the order in which ``scale_shares`` gives them."""
VOLUMES_M3: Mapping[str, tuple[float, float, float]] = {
    "landslide": (1e5, 1e6, 1e7),
    "unstable slope": (1e5, 1e6, 1e7),
    "collapse": (1e4, 1e5, 1e6),
    "debris flow": (2e4, 2e5, 5e5),
}
"""Volumes [m3] from which a site is medium, large and very large, DZ/T 0261-2014 [M]; an unstable slope as a landslide [D]."""
Radii = tuple[float, ...]

Sites = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"kind": TEXT, "scale?": TEXT, "volume_m3?": "m3", "treated?": "1", "*": ANY},
        Key("hazard_site"),
    ),
]


@assessment(source="dali2019", bytes_per_cell=8)
def site_hazard(
    hazard_sites: Sites,
    region_mask: Mask,
    *,
    landslide_m: Annotated[Radii, Ascending(0.0, 1e5)] = (450.0, 900.0),
    collapse_m: Annotated[Radii, Ascending(0.0, 1e5)] = (600.0, 1200.0),
    debris_flow_m: Annotated[Radii, Ascending(0.0, 1e5)] = (1000.0, 2000.0, 4000.0),
    fissure_m: Annotated[Radii, Ascending(0.0, 1e5)] = (100.0, 200.0),
    subsidence_m: Annotated[Radii, Ascending(0.0, 1e5)] = (300.0, 600.0),
    unstable_slope_m: Annotated[Radii, Ascending(0.0, 1e5)] = (450.0, 900.0),
    intensities: Annotated[tuple[float, ...], Each(0.0, STRONGEST, 6)] = (
        4.0, 2.0, 5.0, 1.0, 3.0, 4.0,
    ),
    scale_shares: Annotated[tuple[float, ...], Each(0.0, 1.0, 4)] = (1.0, 1.0, 0.8, 0.6),
) -> Index:  # fmt: skip
    """Index of geological hazard by the sites of an inventory: the gravest of the discs that a place lies in.

    Parameters
    ----------
    hazard_sites : points
        ``kind`` (:data:`KINDS`, English or Chinese), and where known ``scale`` (very large, large, medium, small) or ``volume_m3`` [m3], and
        ``treated``: the share of the danger that works have taken away, 0 to 1.
    region_mask : (y, x) [1]
        1 inside.
    landslide_m, collapse_m, debris_flow_m : tuple of float [m]
        Radii of the rings round a site [S2].
    fissure_m, subsidence_m, unstable_slope_m : tuple of float [m]
        The same, ours [D]: an unstable slope as a landslide.
    intensities : tuple of float [1]
        Of the kinds in the order of :data:`KINDS`, at most 5 [S2].
    scale_shares : tuple of float [1]
        Of very large, large, medium and small sites [D]; one of which the scale is not known counts in full.

    Returns
    -------
    (y, x) [1]
        In [0, 1]; 0 where the inventory has no site near, NaN outside the region.

    Raises
    ------
    QuantityError
        A kind or a scale that is none, a share treated outside 0 to 1, a volume below 0.

    Notes
    -----
    ``DE = max over sites of P T (1 - beta)``. The index is published with its radii and intensities [S2] and without words for its letters; we read
    [D] P as how strong the kind and size of a site is, ``P = I / 5 s``, I the intensity and s the share by scale; T as how much of it reaches the
    place, ``T = (n - k) / n`` in ring k = 0, 1 ... of n rings, 0 beyond; beta as the share that is treated, 0 where that is not told. A
    cell lies in a ring where its centre is no farther from the site than the radius; the cell that holds a site lies in its inner ring,
    however small the ring is beside the cell. Discs that meet do not add up. Sites beyond the grid are not seen.
    """
    rings = dict(
        zip(
            KINDS,
            (landslide_m, collapse_m, debris_flow_m, fissure_m, subsidence_m, unstable_slope_m),
            strict=True,
        )
    )
    strength = dict(zip(KINDS, intensities, strict=True))
    shares = dict(zip(SCALES, scale_shares, strict=True))
    grid = grid_of(region_mask)
    out = np.zeros(grid.shape)
    sites = hazard_sites.explode(index_parts=False)
    kinds = _words(sites, "kind")
    sizes = _scales(sites, kinds)
    left = 1.0 - _treated(sites)
    for kind, size, rest, point in zip(kinds, sizes, left, sites.geometry, strict=True):
        force = strength[kind] / STRONGEST * (shares[size] if size else 1.0) * float(rest)
        _spread(out, grid, point, rings[kind], force)
    return like(region_mask, np.where(region_mask.values == 1, out, np.nan).astype(np.float32), "1")


def _spread(
    out: NDArray[np.float64], grid: GridSpec, point: shapely.Point, radii: Radii, force: float
) -> None:
    """Raise the index in the rings round one site to what it brings there."""
    column = (point.x - grid.left) / grid.cell_m
    row = (grid.top - point.y) / grid.cell_m
    reach = radii[-1] / grid.cell_m + 1.0
    top, bottom = max(int(row - reach), 0), min(int(row + reach) + 1, grid.ny)
    left, right = max(int(column - reach), 0), min(int(column + reach) + 1, grid.nx)
    if top >= bottom or left >= right:
        return
    x, y = grid.x()[left:right], grid.y(top, bottom)
    away = np.hypot(x[None, :] - point.x, y[:, None] - point.y)
    here = (int(np.floor(row)) - top, int(np.floor(column)) - left)
    if 0 <= here[0] < away.shape[0] and 0 <= here[1] < away.shape[1]:
        away[here] = 0.0
    ring = np.searchsorted(np.asarray(radii), away, side="left")
    reached = (len(radii) - ring) / len(radii)
    part = out[top:bottom, left:right]
    np.maximum(part, force * reached, out=part)


def _words(sites: gpd.GeoDataFrame, column: str) -> list[str]:
    """Words of a column as we spell them; blank where the column is not there or, but for kinds, holds nothing."""
    if column not in sites:
        return [""] * len(sites)
    known, found = hazard_words(column), []
    for row, value in enumerate(sites[column]):
        text = "" if value is None or value != value else str(value).strip()
        word = known.get(text.lower(), "")
        if not word and (text or column == "kind"):
            raise QuantityError(
                f"hazard_sites.{column}: row {row + 1} holds '{text}'; {nearest(text.lower(), known)}"
            )
        found.append(word)
    return found


def _scales(sites: gpd.GeoDataFrame, kinds: list[str]) -> list[str]:
    """Scale of each site: as told, or by its volume; blank where neither is known."""
    told = _words(sites, "scale")
    if "volume_m3" not in sites:
        return told
    volumes = pd.to_numeric(sites["volume_m3"], errors="coerce").to_numpy(float)
    if (volumes < 0).any():
        row = int(np.flatnonzero(volumes < 0)[0])
        raise QuantityError(
            f"hazard_sites.volume_m3: row {row + 1} holds {volumes[row]:g}, expected at least 0 m3"
        )
    out = []
    for kind, scale, volume in zip(kinds, told, volumes, strict=True):
        by_volume = ""
        if kind in VOLUMES_M3 and np.isfinite(volume):
            by_volume = SCALES[3 - int(np.searchsorted(VOLUMES_M3[kind], volume, side="right"))]
        out.append(scale or by_volume)
    return out


def _treated(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Share of the danger that works have taken away; 0 where that is not told."""
    if "treated" not in sites:
        return np.zeros(len(sites))
    share = pd.to_numeric(sites["treated"], errors="coerce").to_numpy(float)
    wrong = (share < 0) | (share > 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise QuantityError(
            f"hazard_sites.treated: row {row + 1} holds {share[row]:g}, expected a share of 0 to 1; divide percent by 100"
        )
    return np.nan_to_num(share)


@assessment(source="dali2019", halo=0, bytes_per_cell=8)
def site_sensitivity(
    site_hazard: Index,
    *,
    cuts: Annotated[tuple[float, float], Ascending(0.0, 1.0)] = (0.2, 0.6),
) -> Codes:
    """Sensitivity to geological hazard by the sites of an inventory.

    Parameters
    ----------
    site_hazard : (y, x) [1]
        Index by sites.
    cuts : tuple of float [1]
        Index from which a place is sensitive, and extremely so [D].

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 missing.

    Notes
    -----
    1 where DE >= 0.6, 3 where DE >= 0.2, else 5. Cuts are ours [D]: with them the inner rings of landslides, debris flows, subsidence and unstable
    slopes are extreme, their outer ones and all of a collapse sensitive, and of a fissure the inner ring only.
    """
    values = site_hazard.values
    low, high = np.float32(cuts[0]), np.float32(cuts[1])
    with np.errstate(invalid="ignore"):
        code = np.where(values >= high, EXTREME, np.where(values >= low, IMPORTANT, GENERAL))
    code = np.where(np.isfinite(values), code, MISSING)
    return like(site_hazard, code.astype(np.uint8), "1", nodata=MISSING)
