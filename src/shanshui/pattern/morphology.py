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
from shanshui.kernels.distance import distance_to
from shanshui.kernels.thinning import contact_kinds, contacts, grow, skeleton
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
"""Codes of the seven classes, as the field's program writes them."""
_SLACK = 0.98
"""Added to the width of edges: a pixel is core when the nearest background lies further [S]."""
Flags = NDArray[np.bool_]


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
        Bool, or 0 missing, 1 background, 2 foreground. What lies beyond the rim counts as missing, and missing is not background.
    edge_width : int [cell]
        Width of edges, 1 or more.
    connectivity : int
        8: the foreground holds together by corners, the background by sides; 4: the reverse.
    transition : bool
        Bridges and loops are drawn through edges and perforations to the core (codes 35, 37, 67, 69); otherwise these stay whole.
    internal : bool
        Add 100 to what lies within holes of cores; openings are 100 within perforations, 220 within other closed shapes.

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
    After Soille and Vogt (2009): core is what lies further than the width from background; a component without core is an islet; what the core
    covers when it is spread again by the same distance is edge, or perforation around holes of the core; of the rest, whatever holds
    cores together (found by thinning down to what is needed) is bridge between different cores and loop from a core to itself; what is left
    is branch. Results depend on the size of cells: state the width in metres.
    """
    shape, missing = _inputs(foreground, edge_width, connectivity)
    eight = connectivity == 8
    joined = np.ones((3, 3), bool) if eight else ndimage.generate_binary_structure(2, 1)
    apart = ndimage.generate_binary_structure(2, 1) if eight else np.ones((3, 3), bool)
    reach = edge_width + _SLACK
    depth = distance_to(~shape & ~missing)
    core = shape & (depth > reach)
    out = np.where(missing, MISSING, BACKGROUND).astype(np.uint8)
    part, count = ndimage.label(shape, joined, output=np.int32)
    cored = np.zeros(count + 1, bool)
    cored[np.unique(part[core])] = True
    cored[0] = False
    islet = shape & ~cored[part]
    out[islet] = ISLET
    del part
    cores, cores_count = ndimage.label(core, joined, output=np.int32)
    opened = shape & ~islet & (distance_to(core) <= reach) if cores_count else np.zeros_like(shape)
    belt = opened & ~core
    holes = _holes(core, cores, cores_count, belt, joined, apart)
    out[core] = CORE
    out[belt] = EDGE
    out[belt & holes] = PERFORATION
    rest = shape & ~opened & ~islet
    out[rest] = BRANCH
    if rest.any():
        _connect(out, shape & ~islet, core, cores, rest, depth, edge_width, eight, transition)
    if internal:
        _mark_internal(out, shape, missing, core, cores_count, joined, apart)
    if isinstance(foreground, xr.DataArray):
        return foreground.copy(data=out).assign_attrs(units="1", nodata=MISSING)
    return out


def _inputs(foreground: Any, edge_width: int, connectivity: int) -> tuple[Flags, Flags]:
    values = np.asarray(foreground)
    if values.ndim != 2:
        raise QuantityError(
            f"foreground: found {values.ndim} dimensions; expected rows and columns"
        )
    if edge_width < 1:
        raise QuantityError(f"edge_width: found {edge_width}; expected 1 cell or more")
    if connectivity not in (4, 8):
        raise QuantityError(f"connectivity: found {connectivity}; expected 4 or 8")
    if values.dtype == bool:
        return values.copy(), np.zeros(values.shape, bool)
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0)
    codes = np.unique(values)
    other = [c for c in codes.tolist() if c not in (0, 1, 2)]
    if other:
        raise QuantityError(
            f"foreground: found {other[:5]}; expected bool, or 0 missing, 1 background, 2 foreground"
        )
    return values == 2, values == 0


def _holes(core: Flags, cores: Any, count: int, belt: Flags, joined: Flags, apart: Flags) -> Flags:
    """Pixels of the belt that lie in a hole of the core that they belong to."""
    if count == 0 or not belt.any():
        return np.zeros_like(core)
    gap, gaps = ndimage.label(~core, apart, output=np.int32)
    rim = np.zeros(gaps + 1, bool)
    for line in (gap[0], gap[-1], gap[:, 0], gap[:, -1]):
        rim[line] = True
    enclosed = belt & ~rim[gap]
    if not enclosed.any():
        return enclosed
    # a hole may hold further cores: their own belts are edges, since they lie outside of them
    touching = _pairs(gap, cores)
    owners: dict[int, set[int]] = {}
    for hole, name in touching:
        owners.setdefault(int(hole), set()).add(int(name))
    nested = {hole: names for hole, names in owners.items() if len(names) > 1 and not rim[hole]}
    if not nested:
        return enclosed
    outer = _outer_core(gap, cores, nested)
    owner = np.zeros(gaps + 1, np.int32)
    for hole, name in outer.items():
        owner[hole] = name
    where = np.nonzero(enclosed & (owner[gap] > 0))
    _, place = ndimage.distance_transform_edt(~core, return_indices=True)
    near = cores[place[0][where], place[1][where]]
    enclosed[where] = near == owner[gap[where]]
    return enclosed


def _outer_core(gap: Any, cores: Any, nested: dict[int, set[int]]) -> dict[int, int]:
    """The core around each hole: the one whose extent holds the others'."""
    boxes = ndimage.find_objects(cores)

    def size(name: int) -> int:
        rows, cols = boxes[name - 1]
        return (rows.stop - rows.start) * (cols.stop - cols.start)

    return {hole: max(names, key=size) for hole, names in nested.items()}


def _pairs(label: Any, other: Any) -> NDArray[np.int64]:
    """Pairs of labels and neighbouring numbers."""
    room = 1 << 16
    while True:
        out = np.empty((room, 3), np.int64)
        found = contacts(label, other, out)
        if found <= room:
            return np.unique(out[:found, :2], axis=0)
        room = int(found)


def _connect(
    out: NDArray[np.uint8],
    whole: Flags,
    core: Flags,
    cores: Any,
    rest: Flags,
    depth: NDArray[np.float32],
    width: int,
    eight: bool,
    transition: bool,
) -> None:
    """Find the bridges and loops among the rest and draw them."""
    # within a depth, what lies farthest from the rest goes first: connectors meet the core straight on
    steps = 4 * (width + 3)
    off = np.minimum(4.0 * distance_to(rest), steps - 1.0)
    level = np.minimum(depth, width + 2.0)
    level = np.rint(level * level).astype(np.int32) * steps + (steps - 1 - off.astype(np.int32))
    lines = skeleton(whole, core, level, eight) & ~core
    joined = np.ones((3, 3), bool) if eight else ndimage.generate_binary_structure(2, 1)
    line, count = ndimage.label(lines, joined, output=np.int32)
    if count == 0:
        return
    room = 1 << 16
    while True:
        met = np.empty((room, 3), np.int64)
        found = contacts(line, cores, met)
        if found <= room:
            break
        room = int(found)
    met = np.unique(met[:found], axis=0)
    kind = np.zeros(count + 1, np.uint8)
    numbers, groups = contact_kinds(met, out.shape[1], count)
    kind[numbers > 1] = BRIDGE
    kind[(numbers == 1) & (groups > 1)] = LOOP
    # lines that run within edges only hold together what the core's own rim holds: no connectors
    outside = np.zeros(count + 1, bool)
    outside[np.unique(line[rest])] = True
    kind[~outside] = 0
    line[kind[line] == 0] = 0
    grown = np.where(rest, line, 0).astype(np.int32)
    grow(grown, rest, width, eight)
    drawn = grown > 0
    out[drawn] = kind[grown[drawn]]
    if transition:
        inside = (line > 0) & ((out == EDGE) | (out == PERFORATION))
        out[inside] = kind[line[inside]] + out[inside] - 1


def _mark_internal(
    out: NDArray[np.uint8],
    shape: Flags,
    missing: Flags,
    core: Flags,
    cores: int,
    joined: Flags,
    apart: Flags,
) -> None:
    """Tell what lies in holes: openings of the background, and foreground inside holes of cores."""
    opening = _closed_in(~shape & ~missing, apart)
    within = _closed_in(~core, apart) if cores else np.zeros_like(core)
    out[opening & within] = CORE_OPENING
    out[opening & ~within] = BORDER_OPENING
    inner = shape & within & (out != PERFORATION) & ~core
    out[inner & (out < INTERNAL)] += INTERNAL


def _closed_in(mask: Flags, structure: Flags) -> Flags:
    label, count = ndimage.label(mask, structure, output=np.int32)
    rim = np.zeros(count + 1, bool)
    for line in (label[0], label[-1], label[:, 0], label[:, -1]):
        rim[line] = True
    return mask & ~rim[label]


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
