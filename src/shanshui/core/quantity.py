"""Kinds of things that flow between assessments, and the check at the door."""

from dataclasses import dataclass
from typing import Any

from shanshui.core.errors import QuantityError
from shanshui.core.units import conversion


@dataclass(frozen=True)
class Grid:
    """Values on the study grid: an ``xarray.DataArray`` with dims ``(y, x)`` and a unit; ``any`` where none is preferred."""

    unit: str


@dataclass(frozen=True)
class Layers:
    """Several grids that one pass gives: an ``xarray.Dataset``; unit by layer name, none when the names are the data's."""

    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PerUnit:
    """One value per planning unit: a ``pandas.Series`` with a unit."""

    unit: str


@dataclass(frozen=True)
class Table:
    """Rows keyed by unit, year or both: a ``pandas.DataFrame`` with these columns at least."""

    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Features:
    """Points, lines or polygons: a ``geopandas.GeoDataFrame`` with these columns at least."""

    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scalar:
    """One number with a unit."""

    unit: str


Quantity = Grid | Layers | PerUnit | Table | Features | Scalar


def admit(name: str, value: Any, expected: Quantity) -> Any:
    """Let a value through the door of an assessment.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : DataArray, Series, DataFrame, GeoDataFrame or float
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
        Wrong container, dims, columns or unit; a grid in degrees of longitude and latitude.
    """
    if isinstance(expected, Grid):
        return _admit_grid(name, value, expected)
    if isinstance(expected, Layers):
        return _admit_layers(name, value, expected)
    if isinstance(expected, PerUnit):
        _kind(name, value, "Series", "a pandas Series indexed by unit")
        return _in_unit(name, value, expected.unit)
    if isinstance(expected, Table | Features):
        kind = "DataFrame" if isinstance(expected, Table) else "GeoDataFrame"
        _kind(name, value, kind, f"a {kind} with columns {', '.join(expected.columns) or 'any'}")
        missing = [c for c in expected.columns if c not in value.columns]
        if missing:
            raise QuantityError(
                f"{name}: no column {', '.join(missing)}; found {', '.join(map(str, value.columns))}"
            )
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise QuantityError(f"{name}: found {type(value).__name__}, expected a number") from None


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


def _in_unit(name: str, value: Any, unit: str) -> Any:
    found = value.attrs.get("units")
    if found is None:
        raise QuantityError(f"{name}: no units attribute; expected '{unit}'; set attrs['units']")
    if unit in (found, "any"):
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
