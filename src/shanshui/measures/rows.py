"""A table or features as they become: rows changed or taken away where a rule holds."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError, nearest
from shanshui.measures.bounds import LARGEST, Number, refuse_beyond
from shanshui.measures.ground import SOURCE, told
from shanshui.measures.rule import Rule
from shanshui.measures.shapes import Rows, Shapes


@assessment(source=SOURCE)
def changed_rows(
    before: Rows,
    *,
    column: str = "",
    rule: str = "",
    value: str = "",
    factor: Number = 1.0,
    plus: Number = 0.0,
    low: Number = -LARGEST,
    high: Number = LARGEST,
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
        refuse_beyond(out.loc[taken, column], low, high, unit)
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
    factor: Number = 1.0,
    plus: Number = 0.0,
    low: Number = -LARGEST,
    high: Number = LARGEST,
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
