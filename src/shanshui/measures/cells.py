"""A grid as it becomes: cells changed where a measure applies, and what is observed of the cover follows it."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError
from shanshui.core.vocabulary import Amount, Codes, Mask
from shanshui.measures.bounds import LARGEST, Number, OptionalNumber, refuse_beyond
from shanshui.measures.ground import HOLDS, SOURCE, UNKNOWN
from shanshui.measures.shapes import Maps
from shanshui.region.grid import like


@assessment(source=SOURCE, halo=0, bytes_per_cell=24)
def changed_cells(
    before: Amount,
    ground: Codes | None = None,
    *,
    value: OptionalNumber = None,
    factor: Number = 1.0,
    plus: Number = 0.0,
    low: Number = -LARGEST,
    high: Number = LARGEST,
) -> Amount:
    """Grid with cells changed where a measure applies.

    Parameters
    ----------
    before : (y, x) [any]
        As it was.
    ground : (y, x) [1], optional
        1 where the measure applies, 2 where not, 0 where that is not known; everywhere without it.
    value : float, optional [any]
        What the cells become, in the unit of ``before``; also where they were missing.
    factor : float [1]
        Where no value is given: by what the cells are multiplied.
    plus : float [any]
        And what is added.
    low, high : float [any]
        What a changed cell may be: what is plausible of the input.

    Returns
    -------
    (y, x) [any]
        As it becomes; missing where it is not known whether the measure applies.

    Raises
    ------
    DataError
        Codes that would no longer be whole, or that have no code for missing where one is needed; changed cells beyond what is plausible.

    Notes
    -----
    ``x' = value``, or ``x' = factor x + plus``, where the ground is 1; ``x' = x`` where it is 2; missing where it is 0. Ours [D].
    """
    values = before.values
    where = np.ones(values.shape, bool) if ground is None else ground.values == HOLDS
    unknown = np.zeros(values.shape, bool) if ground is None else ground.values == UNKNOWN
    missing = before.attrs.get("nodata")
    if values.dtype.kind == "f":
        changed = np.full_like(values, value) if value is not None else _moved(values, factor, plus)
        refuse_beyond(changed[where & ~unknown], low, high, str(before.attrs["units"]))
        out = np.where(unknown, values.dtype.type(np.nan), np.where(where, changed, values))
        return like(before, out, str(before.attrs["units"]))
    if unknown.any() and missing is None:
        raise DataError(
            f"before: has no code for missing cells, and the rule is unknown in {np.count_nonzero(unknown)} of them; "
            "ask known(PRODUCT) in the rule"
        )
    out = np.where(where, _code(value, factor, plus, values.dtype), values)
    if missing is not None:
        out = np.where(unknown, missing, out)
    return like(
        before,
        out.astype(values.dtype),
        str(before.attrs["units"]),
        nodata=before.attrs.get("nodata"),
    )


def _moved(values: NDArray[Any], factor: float, plus: float) -> NDArray[Any]:
    return (values.astype(np.float64) * factor + plus).astype(values.dtype)


def _code(value: float | None, factor: float, plus: float, dtype: np.dtype[Any]) -> int:
    if value is None or factor != 1.0 or plus != 0.0:
        raise DataError(
            "before: holds codes of classes, which are set with =, not multiplied or added to"
        )
    if not float(value).is_integer() or not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        raise DataError(
            f"value: {value:g} is no code that the map can hold; expected a whole number of {dtype}"
        )
    return int(value)


@assessment(source=SOURCE, bytes_per_cell=24)
def changed_layers(
    before: Maps,
    ground: Codes | None = None,
    *,
    value: OptionalNumber = None,
    factor: Number = 1.0,
    plus: Number = 0.0,
    low: Number = -LARGEST,
    high: Number = LARGEST,
) -> Maps:
    """Several grids, such as months, with cells of each changed where a measure applies.

    Parameters
    ----------
    before : layers of (y, x) [any]
        As they were.
    ground : (y, x) [1], optional
        As of :func:`changed_cells`.
    value : float, optional [any]
        What the cells of every grid become.
    factor : float [1]
        By what they are multiplied.
    plus : float [any]
        And what is added.
    low, high : float [any]
        What a changed cell may be.

    Returns
    -------
    layers of (y, x) [any]
        As they become.

    Raises
    ------
    DataError
        As of :func:`changed_cells`.

    Notes
    -----
    As :func:`changed_cells`, layer by layer: ``x' = factor x + plus`` or ``x' = value`` where the ground is 1. Ours [D].
    """
    said: dict[str, Any] = {"value": value, "factor": factor, "plus": plus}
    said |= {"low": low, "high": high}
    return xr.Dataset({n: changed_cells(grid, ground, **said) for n, grid in before.items()})


@assessment(source=SOURCE, bytes_per_cell=24)
def followed_cells(
    before: Amount, cover_before: Codes, cover: Codes, region_mask: Mask | None = None
) -> Amount:
    """Grid that was observed with the old cover, as it is to be expected with the new one.

    Parameters
    ----------
    before : (y, x) [any]
        Observed of the ground as it was: greenness, share of trees, production.
    cover_before, cover : (y, x) [1]
        Classes of land cover before and after.
    region_mask : (y, x) [1], optional
        1 inside the region.

    Returns
    -------
    (y, x) [any]
        As ``before``; where the class changes, the median of the new class in the region; missing where the new class is.

    Raises
    ------
    DataError
        Ground goes to a class of which the region had none.

    Notes
    -----
    ``x' = median(x_j : c_j = c'_i)`` over cells ``j`` of the region with a value where ``c'_i != c_i``, else ``x' = x``: a full-grown stand of
    the kind that the region has. Ours [D].
    """
    values, old, new = before.values, cover_before.values, cover.values
    known = np.isfinite(values)
    if region_mask is not None:
        known &= region_mask.values == 1
    differs = old != new
    out = values.copy()
    missing = cover.attrs.get("nodata")
    if missing is not None:
        out[differs & (new == missing)] = np.nan
        differs &= new != missing
    for code in np.unique(new[differs]):
        seen = values[known & (old == code)]
        if not seen.size:
            there = ", ".join(str(int(c)) for c in np.unique(old[known]) if c != missing)
            raise DataError(
                f"cover: ground becomes class {int(code)}, of which the region had none to tell what is observed there; it has {there}: take "
                "one of them, or give what is observed in the scenario too, as a measure or another input"
            )
        out[differs & (new == code)] = np.median(seen)
    return like(before, out, str(before.attrs["units"]))


def refuse_nothing(name: str, facts: dict[str, Any], text: str, times: int = 1) -> None:
    """Refuse a measure whose ground holds no cell of the region.

    Parameters
    ----------
    name : str
        Scenario, for the message.
    facts : dict
        Of the ground as the ledger has it.
    text : str
        The measure as written.
    times : int
        Cells of a preview by those of the study; 1 for none.

    Raises
    ------
    DataError
        No cell.
    """
    if facts.get("min") is None or float(facts["min"]) > HOLDS:
        if times > 1:
            raise DataError(
                f"scenario '{name}': '{text}' changes no cell of a preview on cells {times} times as wide; preview on smaller cells, or run "
                "the scenario itself"
            )
        raise DataError(
            f"scenario '{name}': '{text}' changes no cell of the region; its shapes lie outside, or its rule holds nowhere (or nowhere that "
            "is known); correct it, or leave it out"
        )
