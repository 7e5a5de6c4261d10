"""Where a measure applies: cells where a rule on products holds, or that lie in shapes."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import Card, assessment
from shanshui.core.cover import codes_of, covers
from shanshui.core.errors import PlanError, nearest
from shanshui.core.quantity import Grid, Quantity
from shanshui.core.vocabulary import Codes, Mask
from shanshui.measures.rule import Rule, Values
from shanshui.measures.shapes import Shapes
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import rasterised

HOLDS, FAILS, UNKNOWN = 1, 2, 0
"""Codes of ground: the rule holds, does not, or cannot be told for want of a value."""
SOURCE = "decisions/0032-scenarios"


def rule_ground(*, rule: str, **products: xr.DataArray) -> xr.DataArray:
    """Ground where a rule on products holds.

    Parameters
    ----------
    rule : str
        As in a study file; see :class:`shanshui.measures.rule.Rule`.
    **products : (y, x) [any]
        Every product that the rule names, and ``region_mask`` or ``inside`` (1 inside) where only such ground counts.

    Returns
    -------
    (y, x) [1]
        1 where it holds, 2 where it does not, 0 where a missing value decides.

    Raises
    ------
    PlanError
        The rule names what is not there, or compares numbers with words.

    Notes
    -----
    ``g = 1`` where the rule is true, 2 where false, 0 where unknown, by Kleene's three values: ``a and b`` is false where one of them is false
    and ``a or b`` true where one is true, whatever the other; ours [D].
    """
    asked = Rule(rule)
    values = {name: _values(grid, name) for name, grid in products.items()}
    truth = asked.truth(values, _codes)
    code = np.where(truth.known, np.where(truth.holds, HOLDS, FAILS), UNKNOWN).astype(np.uint8)
    return like(next(iter(products.values())), code, "1", nodata=UNKNOWN)


REGION = "region_mask"
"""Its 0 is ground outside, which is known."""


def _values(grid: xr.DataArray, name: str) -> Values:
    values = grid.values
    missing = None if name == REGION else grid.attrs.get("nodata")
    known = (
        np.isfinite(values)
        if values.dtype.kind == "f"
        else np.ones(values.shape, bool)
        if missing is None
        else values != missing
    )
    return Values(values, known)


def _codes(name: str, word: str) -> tuple[int, ...] | None:
    """Codes of a word for the cover of the ground, the only grid whose codes have words of ours."""
    if name != "cover_type":
        return None
    if word not in {cover.name for cover in covers().values()}:
        known = [cover.name for cover in covers().values()]
        raise PlanError(f"cover_type: no cover '{word}'; {nearest(word, known)}")
    return codes_of((word,))


def ground_card(rule: Rule, kinds: dict[str, Quantity]) -> Card:
    """Card of :func:`rule_ground` for one rule: its data parameters are the products that the rule names.

    Raises
    ------
    PlanError
        A product that is no grid.
    """
    for name, kind in kinds.items():
        if not isinstance(kind, Grid):
            raise PlanError(
                f"rule '{rule.text[:80]}': '{name}' is a {type(kind).__name__.lower()}; a rule for cells asks grids"
            )
    return Card(
        name="rule_ground",
        needs=dict(kinds),
        optional=frozenset(),
        settings={"rule": rule.text},
        types={"rule": str},
        ranges={},
        gives=Grid("1"),
        source=SOURCE,
        halo=0,
        bytes_per_cell=8.0 * (1 + len(kinds)),
        missing={},
        fn=rule_ground,
    )


@assessment(source=SOURCE, bytes_per_cell=12)
def shapes_ground(region_mask: Mask, shapes: Shapes) -> Codes:
    """Ground that lies in shapes.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside the region.
    shapes : polygons
        Of a measure.

    Returns
    -------
    (y, x) [1]
        1 where the middle of a cell lies in a shape, 2 elsewhere.

    Notes
    -----
    ``g = 1`` where the centre of the cell is inside the union of the shapes, else 2; ours [D].
    """
    frame = shapes.set_index(pd.RangeIndex(1, len(shapes) + 1))
    inside = rasterised(frame, grid_of(region_mask)).values > 0
    code = np.where(inside, HOLDS, FAILS).astype(np.uint8)
    return like(region_mask, code, "1", nodata=UNKNOWN)


def told(values: dict[str, Any]) -> dict[str, Values]:
    """Columns of a table as a rule asks them: by name, with what is known of each."""
    return {
        str(name): Values(
            column.to_numpy(np.float64 if pd.api.types.is_numeric_dtype(column) else object),
            column.notna().to_numpy(),
        )
        for name, column in values.items()
    }
