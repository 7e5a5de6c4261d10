"""A grid, several grids or a map of classes in two scenarios."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.queries.comparison.answer import (
    DIFFERS,
    ENTERS,
    LEAVES,
    SAME_CLASS,
    UNKNOWN,
    Comparison,
    share_of,
)
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.zones import by_place, shares_by_place
from shanshui.region.grid import grid_of, like

BY_AREA = {"km2": 1.0, "ha": 100.0, "m2": 1e6}
"""Units of area under a line of fraction, in a square kilometre: amounts by them are summed over ground."""


def compared_grids(pair: Pair, product: str) -> Comparison:
    """Compare a grid, or a map of classes.

    Parameters
    ----------
    pair : Pair
        Two scenarios that have made it.
    product : str
        The grid.
    """
    one, other = pair.read(product)
    grid = grid_of(one)
    if one.values.dtype.kind in "iub":
        return _classes(pair, product, one, other)
    unit = str(one.attrs["units"])
    inside = pair.inside
    known = inside & np.isfinite(one.values) & np.isfinite(other.values)
    only = int(np.count_nonzero(inside & (np.isfinite(one.values) ^ np.isfinite(other.values))))
    gap = np.where(known, other.values - one.values, np.float32(np.nan))
    area = _area_unit(unit)
    factor = grid.cell_km2 * BY_AREA[area] if area else 0.0
    both = [like(one, np.where(known, x.values, np.nan), unit) for x in (one, other)]
    sums = [float(np.nansum(x.values, dtype=np.float64)) for x in both]
    count = int(np.count_nonzero(known))
    means = (sums[0] / count, sums[1] / count) if count else (np.nan, np.nan)
    before, after = (sums[0] * factor, sums[1] * factor) if area else means
    told = _without_area(unit, area) if area else unit
    return Comparison(
        product,
        pair.one,
        pair.other,
        "grid",
        told,
        "",
        before,
        after,
        pd.DataFrame(),
        by_place(pair.zones, both[0], both[1], factor),
        like(one, gap.astype(np.float32), unit),
        int(np.count_nonzero(np.nan_to_num(gap) != 0)),
        count,
        only,
        means,
    )


def compared_layers(pair: Pair, product: str) -> Comparison:
    """Compare several grids: the mean of each that both have, over the cells that both know; of codes the share of cells that differ.

    Parameters
    ----------
    pair : Pair
        Two scenarios that have made it.
    product : str
        The layers.
    """
    one, other = pair.read(product)
    rows = []
    changed = compared = only = 0
    for layer in [str(n) for n in one.data_vars if n in other.data_vars]:
        x, y = one[layer], other[layer]
        told = _told(x), _told(y)
        known = pair.inside & told[0] & told[1]
        differs = int(np.count_nonzero(x.values[known] != y.values[known]))
        count = int(np.count_nonzero(known))
        unit = str(x.attrs.get("units", ""))
        before, after, change = np.nan, np.nan, np.nan
        if x.values.dtype.kind == "f" and count:
            before, after = (float(g.values[known].mean(dtype=np.float64)) for g in (x, y))
            change = after - before
        elif count:
            # codes have no mean: there is a share that differs, and none before or after
            change = differs / count
        what = "mean" if x.values.dtype.kind == "f" else "differs"
        rows.append((layer, what, unit, before, after, change, share_of(before, after)))
        changed += differs
        compared += count
        only += int(np.count_nonzero(pair.inside & (told[0] ^ told[1])))
    heads = ["layer", "column", "unit", "before", "after", "change", "change_share"]
    frame = pd.DataFrame(rows, columns=heads)
    names, nothing = (product, pair.one, pair.other), (np.nan, np.nan)
    return Comparison(
        *names, "layers", "", "mean", *nothing, frame, pd.DataFrame(), None, changed, compared, only
    )


def _told(grid: xr.DataArray) -> NDArray[np.bool_]:
    """Cells with a value."""
    if grid.values.dtype.kind == "f":
        return np.isfinite(grid.values)
    missing = grid.attrs.get("nodata")
    return np.ones(grid.shape, bool) if missing is None else np.asarray(grid.values != missing)


def _area_unit(unit: str) -> str:
    """Area under the line of a unit such as ``t/ha/yr``; blank where it has none."""
    under = unit.split("/")[1:]
    return next((word for word in under if word in BY_AREA), "")


def _without_area(unit: str, area: str) -> str:
    return unit.replace(f"/{area}", "", 1)


def _classes(pair: Pair, product: str, one: xr.DataArray, other: xr.DataArray) -> Comparison:
    """Maps of classes: ground that goes from each class to each other."""
    told = _told(one), _told(other)
    known = pair.inside & told[0] & told[1]
    only = pair.inside & (told[0] ^ told[1])
    differs = known & (one.values != other.values)
    area = grid_of(one).cell_km2
    pairs = pd.DataFrame({"from": one.values[differs], "to": other.values[differs]})
    rows = (
        pairs.value_counts()
        .rename("cells")
        .reset_index()
        .sort_values(["cells", "from", "to"], ascending=[False, True, True])
    )
    rows["area_km2"] = rows["cells"] * area
    share = like(one, np.where(known, differs, np.nan).astype(np.float32), "1")
    count = int(np.count_nonzero(known))
    changed = int(np.count_nonzero(differs))
    return Comparison(
        product,
        pair.one,
        pair.other,
        "classes",
        "1",
        "",
        np.nan,
        np.nan,
        rows.reset_index(drop=True),
        shares_by_place(pair.zones, share),
        like(one, _marked(one.values, other.values, known), "1", nodata=UNKNOWN),
        changed,
        count,
        int(np.count_nonzero(only)),
    )


def _marked(one: Any, other: Any, known: Any) -> Any:
    """Where classes are the same or differ; of maps that only say in or out, what comes in and what goes."""
    out = np.where(one == other, SAME_CLASS, DIFFERS).astype(np.uint8)
    if {*np.unique(one[known]), *np.unique(other[known])} <= {0, 1}:
        out[other > one] = ENTERS
        out[other < one] = LEAVES
    out[~known] = UNKNOWN
    return out
