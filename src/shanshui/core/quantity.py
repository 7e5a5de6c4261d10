"""Kinds of things that flow between assessments, and the check at the door."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shanshui.core.errors import PlanError, QuantityError, nearest
from shanshui.core.keys import keys
from shanshui.core.units import conversion

TEXT = "text"
"""Unit word of a column of words: names, verdicts, codes of things that are no key."""
ANY = "any"
"""Unit word of numbers whose unit another column of the row, or the data, tells."""


@dataclass(frozen=True)
class Key:
    """What a column, the cells of a grid or the rows of features name: places or things of one of some kinds.

    Attributes
    ----------
    kinds : tuple of str
        Rows of ``core/keys.csv``; or one ``=parameter``: of the same kind as what that data parameter takes.
    """

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        for kind in kinds:
            if not kind.startswith("=") and kind not in keys():
                raise PlanError(f"no kind of place or thing '{kind}'; {nearest(kind, keys())}")
        object.__setattr__(self, "kinds", kinds)

    @property
    def like(self) -> str | None:
        """Data parameter whose kind this one has."""
        return self.kinds[0][1:] if self.kinds and self.kinds[0].startswith("=") else None


@dataclass(frozen=True)
class Column:
    """One column of a table: its unit, or what it names; an optional one need not be there."""

    name: str
    unit: str
    key: Key | None = None
    optional: bool = False


Columns = Mapping[str, str | Key]


def _columns(declared: Columns | Iterable[str]) -> tuple[tuple[Column, ...], str | None]:
    """Columns as declared, and the unit of further ones; a name that ends in ``?`` may be absent."""
    if not isinstance(declared, Mapping):
        declared = {**dict.fromkeys(declared, ANY), "*": ANY}
    pairs = dict(declared)
    more = pairs.pop("*", None)
    out = []
    for name, what in pairs.items():
        key = what if isinstance(what, Key) else None
        unit = TEXT if isinstance(what, Key) else what
        out.append(Column(name.removesuffix("?"), unit, key, name.endswith("?")))
    return tuple(out), None if isinstance(more, Key) else more


@dataclass(frozen=True)
class Grid:
    """Values on the study grid: an ``xarray.DataArray`` with dims ``(y, x)`` and a unit; ``any`` where none is preferred.

    Labels carry the kind of place that they number.
    """

    unit: str
    key: Key | None = None


@dataclass(frozen=True)
class Layers:
    """Several grids that one pass gives: an ``xarray.Dataset``; unit by layer name, none when the names are the data's."""

    units: tuple[tuple[str, str], ...] = ()


class _Rows:
    """What tables and features share: declared columns."""

    fields: tuple[Column, ...]
    more: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(c.name for c in self.fields if not c.optional)

    @property
    def unit_of(self) -> dict[str, str]:
        """Unit of each declared column that is not a key."""
        return {c.name: c.unit for c in self.fields if c.key is None}

    @property
    def key_of(self) -> dict[str, Key]:
        """What each key column names."""
        return {c.name: c.key for c in self.fields if c.key is not None}


@dataclass(frozen=True, init=False)
class Table(_Rows):
    """Rows: a ``pandas.DataFrame`` with these columns at least.

    Parameters
    ----------
    columns : mapping of column to unit or Key
        ``text`` for words, ``1`` for numbers without a unit, ``any`` where the row or the data tell it; a name that
        ends in ``?`` may be absent, ``*`` stands for further columns.
    """

    fields: tuple[Column, ...]
    more: str | None

    def __init__(self, columns: Columns | Iterable[str] = ()) -> None:
        fields, more = _columns(columns)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "more", more)


@dataclass(frozen=True, init=False)
class Features(_Rows):
    """Points, lines or polygons: a ``geopandas.GeoDataFrame`` with these columns at least.

    Parameters
    ----------
    columns : mapping of column to unit or Key
        As of a table.
    key : Key, optional
        What its rows are: places or things that other tables name.
    """

    fields: tuple[Column, ...]
    more: str | None
    key: Key | None

    def __init__(self, columns: Columns | Iterable[str] = (), key: Key | None = None) -> None:
        fields, more = _columns(columns)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "more", more)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True)
class Scalar:
    """One number with a unit."""

    unit: str


Quantity = Grid | Layers | Table | Features | Scalar


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


def given(name: str, value: Any, gives: Quantity) -> Any:
    """Check the columns of a result and write their units into its attributes.

    Parameters
    ----------
    name : str
        The assessment, for the message.
    value : any
        What it returned.
    gives : Quantity
        What it declares; only tables and features are looked at.

    Returns
    -------
    same as ``value``
        With ``attrs["units"]`` by column and ``attrs["keys"]`` where one kind is declared.

    Raises
    ------
    QuantityError
        A declared column that is not there, or one that is not declared.
    """
    if not isinstance(gives, Table | Features) or not (gives.fields or gives.more):
        return value
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
    value.attrs["units"] = units
    kinds = {c: k.kinds[0] for c, k in gives.key_of.items() if len(k.kinds) == 1 and not k.like}
    if kinds:
        value.attrs["keys"] = {**value.attrs.get("keys", {}), **kinds}
    return value


def _admit_grid(name: str, value: Any, expected: Grid) -> Any:
    _kind(name, value, "DataArray", "an xarray DataArray with dims (y, x)")
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
    return _in_unit(name, value, expected.unit)


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
                f"{name}.{column}: names a {keys()[kind].en if kind in keys() else kind}, expected "
                f"a {' or '.join(keys()[k].en for k in key.kinds)}; give the table of that kind of place"
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
