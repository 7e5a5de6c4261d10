"""A product as it becomes: cells, rows or features changed or taken away where a rule holds."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError, nearest
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Amount, Codes, Mask
from shanshui.measures.ground import HOLDS, SOURCE, UNKNOWN, told
from shanshui.measures.rule import Rule
from shanshui.measures.shapes import Maps, Rows, Shapes
from shanshui.region.grid import like

LARGEST = 1e15
"""Beyond it neighbouring whole numbers are no longer told apart."""


@assessment(source=SOURCE, halo=0, bytes_per_cell=24)
def changed_cells(
    before: Amount,
    ground: Codes | None = None,
    *,
    value: Annotated[float | None, Between(-LARGEST, LARGEST)] = None,
    factor: Annotated[float, Between(-LARGEST, LARGEST)] = 1.0,
    plus: Annotated[float, Between(-LARGEST, LARGEST)] = 0.0,
    low: Annotated[float, Between(-LARGEST, LARGEST)] = -LARGEST,
    high: Annotated[float, Between(-LARGEST, LARGEST)] = LARGEST,
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
        _refuse_beyond(changed[where & ~unknown], low, high, str(before.attrs["units"]))
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


def _refuse_beyond(changed: Any, low: float, high: float, unit: str) -> None:
    known = np.asarray(changed, np.float64)
    known = known[np.isfinite(known)]
    if known.size and (known.min() < low or known.max() > high):
        raise DataError(
            f"before: would become {known.min():g} to {known.max():g} {unit}, plausible is {low:g} to {high:g}; correct the measure, or widen "
            "the range of the input: plausible = […]"
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
    value: Annotated[float | None, Between(-LARGEST, LARGEST)] = None,
    factor: Annotated[float, Between(-LARGEST, LARGEST)] = 1.0,
    plus: Annotated[float, Between(-LARGEST, LARGEST)] = 0.0,
    low: Annotated[float, Between(-LARGEST, LARGEST)] = -LARGEST,
    high: Annotated[float, Between(-LARGEST, LARGEST)] = LARGEST,
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
            raise DataError(
                f"cover: ground becomes class {int(code)}, of which the region had none to tell what is observed there; give it in the "
                "scenario too, as a measure or another input"
            )
        out[differs & (new == code)] = np.median(seen)
    return like(before, out, str(before.attrs["units"]))


@assessment(source=SOURCE)
def changed_rows(
    before: Rows,
    *,
    column: str = "",
    rule: str = "",
    value: str = "",
    factor: Annotated[float, Between(-LARGEST, LARGEST)] = 1.0,
    plus: Annotated[float, Between(-LARGEST, LARGEST)] = 0.0,
    low: Annotated[float, Between(-LARGEST, LARGEST)] = -LARGEST,
    high: Annotated[float, Between(-LARGEST, LARGEST)] = LARGEST,
) -> Rows:
    """Table with one column changed where a rule on its columns holds.

    Parameters
    ----------
    before : table
        As it was.
    column : str
        Changed.
    rule : str
        On columns; blank for every row.
    value : str
        What it becomes, a number or a word; blank where it is multiplied or added to.
    factor : float [1]
        By what it is multiplied.
    plus : float [any]
        And what is added.
    low, high : float [any]
        What a changed number may be.

    Returns
    -------
    table
        Rows in the same order.

    Raises
    ------
    DataError
        No such column, no row that the rule takes, a rule that is unknown for a row, a word in a column of numbers.

    Notes
    -----
    ``x' = value``, or ``x' = factor x + plus``, in the rows where the rule holds; the others stay. Ours [D].
    """
    if column not in before.columns:
        raise DataError(f"column: no '{column}' in the table; {nearest(column, before.columns)}")
    taken = rows_taken(before, rule)
    if not taken.any():
        raise DataError(f"rule '{rule[:80]}': takes no row; correct it, or leave the measure out")
    out = before.copy()
    if value == "":
        if not pd.api.types.is_numeric_dtype(before[column]):
            raise DataError(
                f"{column}: holds words, which cannot be multiplied or added to; set it with ="
            )
        out.loc[taken, column] = before.loc[taken, column] * factor + plus
    elif pd.api.types.is_numeric_dtype(before[column]):
        try:
            number = float(value)
        except ValueError:
            raise DataError(
                f"value: '{value}' for '{column}', which holds numbers; give a number"
            ) from None
        whole = pd.api.types.is_integer_dtype(before[column]) and number.is_integer()
        out.loc[taken, column] = int(number) if whole else number
    else:
        out.loc[taken, column] = value
    if pd.api.types.is_numeric_dtype(out[column]):
        unit = str((before.attrs.get("units") or {}).get(column, ""))
        _refuse_beyond(out.loc[taken, column], low, high, unit)
    out.attrs = dict(before.attrs)
    return out


@assessment(source=SOURCE)
def remaining_rows(before: Rows, *, rule: str = "") -> Rows:
    """Table without the rows for which a rule on its columns holds.

    Parameters
    ----------
    before : table
        As it was.
    rule : str
        On columns.

    Returns
    -------
    table
        The other rows, in the same order.

    Raises
    ------
    DataError
        No row that the rule takes, or none that it leaves; a rule that is unknown for a row.

    Notes
    -----
    Rows ``i`` with ``rule(i)`` false; ours [D].
    """
    return _without(before, rows_taken(before, rule))


@assessment(source=SOURCE)
def remaining_features(before: Shapes, shapes: Shapes | None = None, *, rule: str = "") -> Shapes:
    """Features without those for which a rule on their columns holds, or that meet shapes.

    Parameters
    ----------
    before : features
        As they were.
    shapes : features, optional
        Only what meets one of them is taken away.
    rule : str
        On columns; blank for all that meet the shapes.

    Returns
    -------
    features
        The others, in the same order.

    Raises
    ------
    DataError
        Nothing that is taken away, or nothing that is left; a rule that is unknown for a feature.

    Notes
    -----
    Features ``i`` with ``rule(i)`` false or that meet no shape; ours [D].
    """
    taken = rows_taken(before, rule) if rule else np.ones(len(before), bool)
    if shapes is not None:
        near = shapely.union_all(shapes.to_crs(before.crs).geometry.to_numpy())
        taken &= before.geometry.intersects(near).to_numpy()
    return _without(before, taken)


@assessment(source=SOURCE)
def changed_features(
    before: Shapes,
    *,
    column: str = "",
    rule: str = "",
    value: str = "",
    factor: Annotated[float, Between(-LARGEST, LARGEST)] = 1.0,
    plus: Annotated[float, Between(-LARGEST, LARGEST)] = 0.0,
    low: Annotated[float, Between(-LARGEST, LARGEST)] = -LARGEST,
    high: Annotated[float, Between(-LARGEST, LARGEST)] = LARGEST,
) -> Shapes:
    """Features with one column changed where a rule on their columns holds.

    Parameters
    ----------
    before : features
        As they were.
    column : str
        Changed.
    rule : str
        On columns; blank for every feature.
    value : str
        What it becomes, a number or a word; blank where it is multiplied or added to.
    factor : float [1]
        By what it is multiplied.
    plus : float [any]
        And what is added.
    low, high : float [any]
        What a changed number may be.

    Returns
    -------
    features
        In the same order.

    Raises
    ------
    DataError
        As of :func:`changed_rows`.

    Notes
    -----
    ``x' = value``, or ``x' = factor x + plus``, in the features where the rule holds; the others stay. Ours [D].
    """
    plain = pd.DataFrame(before.drop(columns=before.geometry.name))
    moved = changed_rows(
        plain, column=column, rule=rule, value=value, factor=factor, plus=plus, low=low, high=high
    )
    out = before.copy()
    out[column] = moved[column]
    out.attrs = dict(before.attrs)
    return out


def rows_taken(frame: pd.DataFrame | gpd.GeoDataFrame, rule: str) -> NDArray[np.bool_]:
    """Rows for which a rule on columns holds; every row for a blank one.

    Raises
    ------
    DataError
        The rule is unknown for a row.
    """
    if not rule:
        return np.ones(len(frame), bool)
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    truth = Rule(rule).truth(told({c: frame[c] for c in frame.columns if c != geometry}))
    if not truth.known.all():
        first = int(np.flatnonzero(~truth.known)[0])
        raise DataError(
            f"rule '{rule[:80]}': unknown for {np.count_nonzero(~truth.known)} of {len(frame)} rows, first row {first + 1}, for want of a "
            "value; ask known(COLUMN) in the rule"
        )
    return truth.holds


def _without(before: Any, taken: NDArray[np.bool_]) -> Any:
    if not taken.any():
        raise DataError("rule: takes nothing away; correct it, or leave the measure out")
    if taken.all():
        raise DataError(
            "rule: takes everything away; give an input without the step that needs it instead"
        )
    out = before[~taken].reset_index(drop=True)
    out.attrs = dict(before.attrs)
    return out


def refuse_nothing(name: str, facts: dict[str, Any], text: str) -> None:
    """Refuse a measure whose ground holds no cell of the region.

    Parameters
    ----------
    name : str
        Scenario, for the message.
    facts : dict
        Of the ground as the ledger has it.
    text : str
        The measure as written.

    Raises
    ------
    DataError
        No cell.
    """
    if facts.get("min") is None or float(facts["min"]) > HOLDS:
        raise DataError(
            f"scenario '{name}': '{text}' changes no cell of the region; its shapes lie outside, or its rule holds nowhere (or nowhere that "
            "is known); correct it, or leave it out"
        )
