"""What part each pixel plays in the shape of a habitat: core, islet, perforation, edge, loop, bridge, branch."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.vocabulary import Codes
from shanshui.kernels.belts import (
    first_above,
    flag_labels,
    flag_nested,
    have_flag,
    mark_perforations,
)
from shanshui.kernels.distance import within
from shanshui.kernels.thinning import grow, line_kinds, skeleton
from shanshui.pattern.tables import MorphologyShares
from shanshui.region.grid import grid_of

BACKGROUND, BRANCH, EDGE, PERFORATION, ISLET, CORE, BRIDGE, LOOP, MISSING = (
    0, 1, 3, 5, 9, 17, 33, 65, 129,
)  # fmt: skip
BRIDGE_IN_EDGE, BRIDGE_IN_PERFORATION, LOOP_IN_EDGE, LOOP_IN_PERFORATION = 35, 37, 67, 69
INTERNAL, CORE_OPENING, BORDER_OPENING = 100, 100, 220
CLASSES = {
    "core": (CORE,),
    "islet": (ISLET,),
    "perforation": (PERFORATION,),
    "edge": (EDGE,),
    "loop": (LOOP, LOOP_IN_EDGE, LOOP_IN_PERFORATION),
    "bridge": (BRIDGE, BRIDGE_IN_EDGE, BRIDGE_IN_PERFORATION),
    "branch": (BRANCH,),
}
"""Codes of the seven classes, as the field's program writes them; 100 more within holes of cores."""
CORES = (CORE, CORE + INTERNAL)
"""Codes of cores."""
OPENINGS = {"core_opening": (CORE_OPENING,), "border_opening": (BORDER_OPENING,)}
"""Codes of background in holes of cores, and in other closed shapes."""
_SLACK = 0.98
"""Added to the width of edges: a pixel is core when the nearest background lies further [S]."""
Flags = NDArray[np.bool_]
_ALL = np.ones((3, 3), bool)
_CROSS = ndimage.generate_binary_structure(2, 1)


def morphology(
    foreground: NDArray[Any] | xr.DataArray,
    *,
    edge_width: Annotated[int, "cells"] = 1,
    connectivity: int = 8,
    transition: bool = True,
    internal: bool = False,
) -> Any:
    """Classify the pixels of a shape.

    Parameters
    ----------
    foreground : (y, x) array
        Bool, or 0 missing, 1 background, 2 foreground. Missing is not background. One more row and column beyond each rim are as the rim is.
    edge_width : int [cell]
        Width of edges, 1 or more.
    connectivity : int
        8: the foreground holds together by corners, the background by sides; 4: the reverse.
    transition : bool
        Bridges and loops are drawn through edges and perforations to the core (codes 35, 37, 67, 69); otherwise these stay whole.
    internal : bool
        Add 100 to what lies within holes of cores; openings are 100 within holes of cores, 220 within other closed shapes.

    Returns
    -------
    (y, x) array of uint8
        17 core, 9 islet, 5 perforation, 3 edge, 65 loop, 33 bridge, 1 branch, 0 background, 129 missing.

    Raises
    ------
    QuantityError
        Other codes, a width below 1, another connectivity.

    Notes
    -----
    After Soille and Vogt (2009): core is what lies further than w + 0.98 from background, with w the width [cell]; a component without core is an
    islet; what lies within w + 0.98 of a core is its edge, or its perforation where it lies in a hole of that core. The rest and the belts are
    thinned to the lines that hold cores or holes together, with the core as anchor: a line that meets two cores by two pixels is a bridge, any
    other a loop. Of the rest, what lies within w - 1 steps of such a line belongs to it and what is left is branch; of a belt, the line alone.
    A single background pixel of the rim between two of the foreground opens no hole, as GuidosToolbox' maps have it; there the four corners of a
    map are never core, here they may be. Results depend on the size of cells: state the width in metres.
    """
    shape, missing = _inputs(foreground, edge_width, connectivity)
    eight = connectivity == 8
    reach = edge_width + _SLACK
    core = shape & ~within(~(shape | missing), reach)
    out = np.where(missing, MISSING, BACKGROUND).astype(np.uint8)
    out[shape] = ISLET
    shape &= _cored(shape, core, eight)
    out[shape] = BRANCH
    out[within(core, reach) & shape] = EDGE
    out[core] = CORE
    cores = np.empty(core.shape, np.int32)
    many = ndimage.label(core, _together(eight), output=cores)
    inner = _holes(out, core, cores, many, eight, reach)
    if internal:
        _mark_openings(out, inner, eight)
    _connect(out, shape, core, cores, edge_width, eight, transition)
    if internal:
        out[inner & (out != CORE_OPENING) & (out != BACKGROUND) & (out != MISSING)] += np.uint8(
            INTERNAL
        )
    out = np.ascontiguousarray(out[1:-1, 1:-1])
    if isinstance(foreground, xr.DataArray):
        return foreground.copy(data=out).assign_attrs(units="1", nodata=MISSING)
    return out


def _inputs(foreground: Any, edge_width: int, connectivity: int) -> tuple[Flags, Flags]:
    """Foreground and missing pixels, with a frame of one pixel that is as the rim is."""
    values = np.asarray(foreground)
    if values.ndim != 2 or values.size == 0:
        raise QuantityError(
            f"foreground: found shape {values.shape}; expected rows and columns, one or more of each"
        )
    if edge_width < 1:
        raise QuantityError(f"edge_width: found {edge_width}; expected 1 cell or more")
    if connectivity not in (4, 8):
        raise QuantityError(f"connectivity: found {connectivity}; expected 4 or 8")
    if values.dtype == bool:
        return _framed(values), np.zeros((values.shape[0] + 2, values.shape[1] + 2), bool)
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0)
    codes = np.unique(values)
    other = [c for c in codes.tolist() if c not in (0, 1, 2)]
    if other:
        raise QuantityError(
            f"foreground: found {other[:5]}; expected bool, or 0 missing, 1 background, 2 foreground"
        )
    return _framed(values == 2), _framed(values == 0)


def _framed(flags: Flags) -> Flags:
    """Flags with one more row and column at each rim, as the rim is."""
    return np.pad(flags, 1, mode="edge")


def _together(joined_by_corners: bool) -> Flags:
    """Neighbours that hold a shape together."""
    return _ALL if joined_by_corners else _CROSS


def _cored(shape: Flags, core: Flags, eight: bool) -> Flags:
    """Components of the shape that have core."""
    part = np.empty(shape.shape, np.int32)
    count = ndimage.label(shape, _together(eight), output=part)
    kept = np.zeros(count + 1, bool)
    flag_labels(part, core, kept)
    kept[0] = False
    return have_flag(part, kept)


def _holes(
    out: NDArray[np.uint8],
    core: Flags,
    cores: NDArray[np.int32],
    many: int,
    eight: bool,
    reach: float,
) -> Flags:
    """Mark the perforations; returns what lies within holes of cores, perforations as their core does."""
    gap = np.empty(core.shape, np.int32)
    count = ndimage.label(~core, _together(not eight), output=gap)
    owner, around = np.zeros(count + 1, np.int32), np.zeros(many + 1, np.int32)
    first_above(gap, cores, owner)
    first_above(cores, gap, around)
    owner[_at_rim(gap, count)] = 0
    nested = np.zeros(count + 1, bool)
    flag_nested(gap, cores, owner, nested)
    mark_perforations(out, EDGE, PERFORATION, gap, cores, owner, nested, reach)
    within_core = owner[around] > 0
    within_core[0] = False
    inner = have_flag(gap, owner > 0)
    inner |= have_flag(cores, within_core)
    pierced = out == PERFORATION
    inner &= ~pierced
    inner |= pierced & have_flag(gap, within_core[owner])
    return inner


def _at_rim(label: NDArray[np.int32], count: int) -> Flags:
    """Labels that reach the rim of their map."""
    rim = np.zeros(count + 1, bool)
    for line in (label[0], label[-1], label[:, 0], label[:, -1]):
        rim[line] = True
    return rim


def _mark_openings(out: NDArray[np.uint8], inner: Flags, eight: bool) -> None:
    """Tell which background lies in holes of cores, and which in other closed shapes."""
    open_ground = (out == BACKGROUND) | (out == MISSING)
    _close_slits(open_ground)
    label = np.empty(out.shape, np.int32)
    count = ndimage.label(open_ground, _together(not eight), output=label)
    opening = ~have_flag(label, _at_rim(label, count)) & (out == BACKGROUND)
    out[opening & inner] = CORE_OPENING
    out[opening & ~inner] = BORDER_OPENING


def _close_slits(open_ground: Flags) -> None:
    """Close those pixels of the frame that lie alone between two closed ones."""
    for line in (open_ground[0], open_ground[-1], open_ground[:, 0], open_ground[:, -1]):
        line[1:-1] &= line[:-2] | line[2:]


def _connect(
    out: NDArray[np.uint8],
    whole: Flags,
    core: Flags,
    cores: NDArray[np.int32],
    width: int,
    eight: bool,
    transition: bool,
) -> None:
    """Find the bridges and loops and draw them."""
    line = skeleton(whole, core, eight)
    line &= ~core
    kind = np.zeros(out.shape, np.uint8)
    line_kinds(line, cores, eight, BRIDGE, LOOP, kind)
    rest = out == BRANCH
    if transition:
        line &= (out == EDGE) | (out == PERFORATION)
        out[line] += kind[line] - np.uint8(1)
    # lines of the rest alone grow, and into it alone
    kind[~rest] = 0
    grow(kind, rest, width - 1, eight)
    np.copyto(out, kind, where=kind > 0)


@assessment(source="mspa2009", bytes_per_cell=24)
def morphology_shares(habitat_morphology: Codes) -> MorphologyShares:
    """Area, share and number of objects of each class of the morphological pattern.

    Parameters
    ----------
    habitat_morphology : (y, x) [1]
        Codes as :func:`morphology` gives them.

    Returns
    -------
    table
        ``class``: core, islet, perforation, edge, loop, bridge, branch; ``area_km2`` [km2], ``share`` of the foreground [1], NaN without any;
        ``objects`` [1]: groups that hold together by sides and corners. Attribute ``coherence`` of the foreground [1].

    Notes
    -----
    A_c = a n_c; share = A_c / sum A; coherence = sum_i A_i^2 / (sum_i A_i)^2 over the foreground's components i: the chance that two random places of
    it are connected, after Jaeger (2000) [M]. Classes after Soille and Vogt (2009) [S]; what lies within edges is bridge or loop, and what lies in
    holes of cores counts with its class.
    """
    codes = habitat_morphology.values
    cell_km2 = grid_of(habitat_morphology).cell_km2
    plain = np.where((codes > INTERNAL) & (codes < MISSING), codes - INTERNAL, codes)
    plain = np.where((codes > MISSING) & (codes < BORDER_OPENING), codes - INTERNAL, plain)
    rows = []
    for name, members in CLASSES.items():
        mask = np.isin(plain, members)
        rows.append((name, mask.sum() * cell_km2, ndimage.label(mask, np.ones((3, 3)))[1]))
    frame = pd.DataFrame(rows, columns=["class", "area_km2", "objects"])
    total = frame["area_km2"].sum()
    frame.insert(2, "share", frame["area_km2"] / total if total > 0 else np.nan)
    frame.attrs["coherence"] = coherence(np.isin(plain, np.concatenate([*CLASSES.values()])))
    return frame


def coherence(foreground: NDArray[Any]) -> float:
    """Chance that two random pixels of a shape lie in the same component [1]: 1 for a single one.

    Parameters
    ----------
    foreground : (y, x) array of bool
        The shape; it holds together by sides and corners.

    Returns
    -------
    float
        Sum of squared areas over the square of the whole; NaN for no foreground.
    """
    label, count = ndimage.label(np.asarray(foreground, bool), np.ones((3, 3)))
    sizes = np.bincount(label.ravel(), minlength=count + 1)[1:].astype(np.float64)
    return float((sizes**2).sum() / sizes.sum() ** 2) if count else float("nan")
