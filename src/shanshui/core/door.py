"""The check at the door of an assessment: kind, dims, columns, units, and what they name; and at its way out."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Layers, Quantity, Table
from shanshui.core.units import conversion


def admit(name: str, value: Any, expected: Quantity) -> Any:
    """Let a value through the door of an assessment.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : DataArray, Dataset, DataFrame, GeoDataFrame or float
        What was handed over.
    expected : Quantity
        What the assessment takes.

    Returns
    -------
    same kind as ``value``
        Converted when the unit differs but has the same dimension.

    Raises
    ------
    QuantityError
        Wrong container, dims, columns, unit or kind of place; a grid in degrees of longitude and latitude.
    """
    if isinstance(expected, Grid):
        return _admit_grid(name, value, expected)
    if isinstance(expected, Layers):
        return _admit_layers(name, value, expected)
    if isinstance(expected, Table | Features):
        return _admit_rows(name, value, expected)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise QuantityError(f"{name}: found {type(value).__name__}, expected a number") from None


def kind_told(value: Any, quantity: Quantity) -> str | None:
    """Kind of place or thing that a value says its labels, features or rows are; none where it does not say."""
    if value is None:
        return None
    if isinstance(quantity, Table):
        first = next(iter(quantity.key_of), None)
        told = value.attrs.get("keys")
        return told.get(first) if isinstance(told, Mapping) else None
    found = getattr(value, "attrs", {}).get("key")
    return found if isinstance(found, str) else None


def agree(values: Mapping[str, Any], needs: Mapping[str, Quantity]) -> None:
    """Refuse data that must be of the same kind of place as others and say that they are not.

    Parameters
    ----------
    values : mapping of parameter to value
        Let through the door one by one.
    needs : mapping of parameter to Quantity
        What is declared of them.

    Raises
    ------
    QuantityError
        Two that say different kinds.
    """
    for name, quantity in needs.items():
        value = values.get(name)
        for where, key, found in _told_keys(name, value, quantity):
            other = key.like
            if other is None or found is None or other not in needs:
                continue
            expected = kind_told(values.get(other), needs[other])
            if expected is not None and expected != found:
                raise QuantityError(
                    f"{where}: names {_kind_word(found)}, but {other} is by {_kind_word(expected)}; give both of one kind of place"
                )


def _told_keys(name: str, value: Any, quantity: Quantity) -> list[tuple[str, Key, str | None]]:
    """Keys that a parameter declares, with the kind that its value says of each."""
    if value is None:
        return []
    if isinstance(quantity, Grid | Features) and quantity.key is not None:
        return [(name, quantity.key, kind_told(value, quantity))]
    if isinstance(quantity, Table):
        told = value.attrs.get("keys")
        told = told if isinstance(told, Mapping) else {}
        return [(f"{name}.{c}", key, told.get(c)) for c, key in quantity.key_of.items()]
    return []


def _kind_word(kind: str) -> str:
    return kind.replace("_", " ")


def given(
    name: str, value: Any, gives: Quantity, kinds: Mapping[str, str | None] | None = None
) -> Any:
    """Check the columns of a result and write into its attributes their units and what they name.

    Parameters
    ----------
    name : str
        The assessment, for the message.
    value : any
        What it returned.
    gives : Quantity
        What it declares.
    kinds : mapping of parameter to kind, optional
        What the data said they are, for keys of the same kind as a parameter.

    Returns
    -------
    same as ``value``
        A table of no rows has its columns all the same. Tables and features with ``attrs["units"]`` by column and ``attrs["keys"]``,
        labels and features with ``attrs["key"]``, where the kind is known.

    Raises
    ------
    QuantityError
        A declared column that is not there, or one that is not declared.
    """
    if isinstance(gives, Grid | Features) and gives.key is not None:
        kind = _known_kind(gives.key, kinds)
        if kind is not None:
            value.attrs["key"] = kind
    if not isinstance(gives, Table | Features) or not (gives.fields or gives.more):
        return value
    if isinstance(gives, Table):
        value = _without_rows(value, gives)
    value.attrs["units"] = _units_given(name, value, gives)
    found = {c: k for c, key in gives.key_of.items() if (k := _known_kind(key, kinds)) is not None}
    if found:
        value.attrs["keys"] = {**value.attrs.get("keys", {}), **found}
    return value


def _without_rows(value: Any, gives: Table) -> Any:
    """A table made of no rows at all, with the columns that are promised."""
    if not isinstance(value, pd.DataFrame) or len(value) or len(value.columns):
        return value
    columns: dict[str, pd.Series] = {
        c.name: pd.Series(dtype=object if c.key is not None or c.unit in (TEXT, ANY) else float)
        for c in gives.fields
        if not c.optional
    }
    out = pd.DataFrame(columns)
    out.attrs = dict(value.attrs)
    return out


def _known_kind(key: Key, kinds: Mapping[str, str | None] | None) -> str | None:
    if key.like is not None:
        return (kinds or {}).get(key.like)
    return key.kinds[0] if len(key.kinds) == 1 else None


def _units_given(name: str, value: Any, gives: Table | Features) -> dict[str, Any]:
    """Unit of each column of a result that is as declared."""
    there = _names(value)
    missing = [c for c in gives.columns if c not in there]
    if missing:
        raise QuantityError(
            f"{name}: the result has no column {', '.join(missing)}; found {', '.join(there)}"
        )
    own = value.attrs.get("units")
    told = {str(k): str(v) for k, v in own.items()} if isinstance(own, Mapping) else {}
    declared = {c.name for c in gives.fields}
    extra = [c for c in there if c not in declared]
    geometry = getattr(getattr(value, "geometry", None), "name", None) if _features(value) else None
    unknown = [c for c in extra if c != geometry and value.index.name != c]
    if unknown and gives.more is None:
        raise QuantityError(
            f"{name}: the result has columns that are not declared: {', '.join(unknown)}"
        )
    units: dict[str, Any] = {}
    for column, unit in [*gives.unit_of.items(), *((c, gives.more or ANY) for c in unknown)]:
        if column not in there:
            continue
        said = told.get(column)
        if unit == ANY:
            units |= {column: said} if said is not None else {}
        elif unit != TEXT:
            if said is not None and said != unit:
                raise QuantityError(f"{name}.{column}: declared in '{unit}', returned in '{said}'")
            units[column] = unit
    return units


def _admit_grid(name: str, value: Any, expected: Grid) -> Any:
    _kind(
        name, value, "DataArray", "an xarray DataArray with dims (y, x), or a numpy array and cell="
    )
    if value.dims != ("y", "x"):
        raise QuantityError(
            f"{name}: dims are {value.dims}, expected ('y', 'x'); rename or transpose first"
        )
    crs = value.attrs.get("crs") or _spatial_ref(value)
    if crs and _geographic(crs):
        raise QuantityError(
            f"{name}: the grid is in degrees of longitude and latitude; areas and distances need an "
            "equal-area grid in metres; reproject first (shanshui new does)"
        )
    _check_kind(name, value, expected.key)
    return _in_unit(name, value, expected.unit)


def _check_kind(name: str, value: Any, key: Key | None) -> None:
    """Refuse labels or outlines of another kind of place, where they say what they are."""
    found = value.attrs.get("key")
    if (
        isinstance(found, str)
        and key is not None
        and not key.like
        and key.kinds
        and found not in key.kinds
    ):
        raise QuantityError(
            f"{name}: is by {_kind_word(found)}, expected {' or '.join(map(_kind_word, key.kinds))}; give that of this kind of place"
        )


def _admit_layers(name: str, value: Any, expected: Layers) -> Any:
    _kind(name, value, "Dataset", "an xarray Dataset of grids with dims (y, x)")
    missing = [layer for layer, _ in expected.units if layer not in value.data_vars]
    if missing:
        raise QuantityError(
            f"{name}: no layer {', '.join(missing)}; found {', '.join(map(str, value.data_vars))}"
        )
    units = dict(expected.units)
    return value.assign(
        {
            layer: _admit_grid(
                f"{name}.{layer}", grid, Grid(units.get(layer) or grid.attrs.get("units", "1"))
            )
            for layer, grid in value.data_vars.items()
        }
    )


def _admit_rows(name: str, value: Any, expected: Table | Features) -> Any:
    kind = "DataFrame" if isinstance(expected, Table) else "GeoDataFrame"
    _kind(name, value, kind, f"a {kind} with columns {', '.join(expected.columns) or 'any'}")
    there = _names(value)
    missing = [c for c in expected.columns if c not in there]
    if missing:
        raise QuantityError(f"{name}: no column {', '.join(missing)}; found {', '.join(there)}")
    if isinstance(expected, Features):
        _check_kind(name, value, expected.key)
    _check_kinds(name, value.attrs.get("keys"), expected)
    told = value.attrs.get("units")
    if not isinstance(told, Mapping) or not told:
        return value  # a column without a unit is taken to be in the declared one
    changed: dict[str, Any] = {}
    for column, unit in expected.unit_of.items():
        found = told.get(column)
        if not found or unit in (found, ANY, TEXT) or column not in value.columns:
            continue
        try:
            factor, offset = conversion(str(found), unit)
        except QuantityError as error:
            raise QuantityError(f"{name}.{column}: {error}") from None
        if (factor, offset) != (1.0, 0.0):
            changed[column] = value[column] * factor + offset
    if not changed:
        return value
    attrs = {**value.attrs, "units": {**told, **{c: expected.unit_of[c] for c in changed}}}
    out = value.assign(**changed)
    out.attrs = attrs
    return out


def _check_kinds(name: str, found: Any, expected: Table | Features) -> None:
    """Refuse a table that names places of another kind, where both sides say it."""
    if not isinstance(found, Mapping):
        return
    for column, key in expected.key_of.items():
        kind = found.get(column)
        if kind and not key.like and kind not in key.kinds:
            raise QuantityError(
                f"{name}.{column}: names a {_kind_word(kind)}, expected "
                f"a {' or '.join(map(_kind_word, key.kinds))}; give the table of that kind of place"
            )


def _names(value: Any) -> list[str]:
    """Columns, and the index where it has a name."""
    own = [] if value.index.name is None else [str(value.index.name)]
    return [*map(str, value.columns), *(n for n in own if n not in value.columns)]


def _features(value: Any) -> bool:
    return any(base.__name__ == "GeoDataFrame" for base in type(value).__mro__)


def _in_unit(name: str, value: Any, unit: str) -> Any:
    found = value.attrs.get("units")
    if found is None:
        raise QuantityError(f"{name}: no units attribute; expected '{unit}'; set attrs['units']")
    if unit in (found, ANY):
        return value
    try:
        factor, offset = conversion(str(found), unit)
    except QuantityError as error:
        raise QuantityError(f"{name}: {error}") from None
    if (factor, offset) == (1.0, 0.0):
        return value
    attrs = dict(value.attrs)
    out = value * factor + offset
    out.attrs.update(attrs, units=unit)
    return out


def _kind(name: str, value: Any, kind: str, words: str) -> None:
    # by class name: this module must not import xarray, pandas or geopandas to refuse a stranger
    if not any(base.__name__ == kind for base in type(value).__mro__):
        raise QuantityError(f"{name}: found {type(value).__name__}, expected {words}")


def _spatial_ref(value: Any) -> str | None:
    if "spatial_ref" not in getattr(value, "coords", ()):
        return None
    attrs = value.coords["spatial_ref"].attrs
    return attrs.get("crs_wkt") or attrs.get("spatial_ref")


def _geographic(crs: str) -> bool:
    text = str(crs).lstrip()
    return text.startswith(("GEOGCS", "GEOGCRS", "GEODCRS")) or text.upper() in {
        "EPSG:4326",
        "OGC:CRS84",
    }
