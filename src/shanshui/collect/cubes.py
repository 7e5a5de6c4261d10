"""NetCDF and Zarr as rasters: a variable, its times or levels as bands, its coordinates as a frame."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import open_cube, said
from shanshui.collect.sources import ANY_NUMBER, Band, Frame
from shanshui.core.errors import DataError, nearest

_AXES = {
    "Y": ({"latitude", "projection_y_coordinate", "grid_latitude"}, ("y", "lat", "latitude", "nav_lat", "northing", "rlat")),
    "X": ({"longitude", "projection_x_coordinate", "grid_longitude"}, ("x", "lon", "longitude", "nav_lon", "easting", "rlon")),
}  # fmt: skip
"""Standard names and usual names of the two horizontal coordinates."""
_UNEVEN = 0.02
"""Share of a cell by which a coordinate may depart from even steps [D]: 32-bit coordinates are rounded by less."""
_SHOWN = 24


class CubeSource:
    """A variable of a NetCDF or Zarr.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        ``layer`` names the variable, ``time`` the times.
    name : str
        Input, for messages.

    Raises
    ------
    DataError
        Not there, damaged, no such variable or time, no horizontal coordinates, uneven steps.
    """

    block_rows = 1

    def __init__(self, path: Path, spec: InputSpec, name: str) -> None:
        self.path, self._name = path, name
        self._cube = open_cube(path, name)
        try:
            self._prepare(spec)
        except DataError:
            self._cube.close()
            raise
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            self._cube.close()
            raise DataError(
                f"{name}: {path} cannot be read ({said(error)}); is it complete?"
            ) from None

    def _prepare(self, spec: InputSpec) -> None:
        cube, name, path = self._cube, self._name, self.path
        values = cube[_variable(cube, spec, name, path)]
        if values.dtype.kind not in "biuf":
            raise DataError(f"{name}: {path} holds {values.dtype}; expected real numbers")
        y, x = (self._axis(values, axis) for axis in ("Y", "X"))
        (top, dy, self._up), (left, dx, self._west) = self._steps(y, "Y"), self._steps(x, "X")
        crs = _crs_of(cube, values, cube[y], name, path)
        # coordinates of a projection may be in kilometres
        times = (
            1000.0
            if str(cube[x].attrs.get("units", "")).lower() in {"km", "kilometer", "kilometre"}
            else 1.0
        )
        self.frame = Frame(
            cube.sizes[y], cube.sizes[x], times * left, times * top, times * dx, times * dy, crs
        )
        rest = [d for d in values.dims if d not in (y, x) and values.sizes[d] > 1]
        if len(rest) > 1:
            shown = ", ".join(f"{d} ({values.sizes[d]})" for d in rest)
            raise DataError(
                f"{name}: '{values.name}' in {path} has, beside {y} and {x}, {shown}; expected at most one more; cut out one "
                f"{rest[-1]} first"
            )
        single = {d: 0 for d in values.dims if d not in (y, x, *rest)}
        self._values = values.isel(single).transpose(*rest, y, x)
        self._chosen = self._bands_of(spec, str(rest[0]) if rest else "")
        facts = _facts(values)
        if values.dtype.kind == "i" and str(values.attrs.get("_Unsigned", "")).lower() == "true":
            facts["dtype"] = f"u{values.dtype.name}"
        self.bands = [Band(label=label, **facts) for _, label in self._chosen]
        self.bytes = (
            path.stat().st_size
            if path.is_file()
            else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
        )

    def _axis(self, values: xr.DataArray, axis: str) -> str:
        standard, usual = _AXES[axis]
        dims = [str(d) for d in values.dims]
        coordinates = {d: self._cube[d] for d in dims if d in self._cube.variables}
        tests: tuple[Callable[[str], bool], ...] = (
            lambda d: coordinates[d].attrs.get("standard_name") in standard,
            lambda d: str(coordinates[d].attrs.get("axis", "")).upper() == axis,
            lambda d: d.lower() in usual,
        )
        for test in tests:
            found = [d for d in coordinates if coordinates[d].ndim == 1 and test(d)]
            if found:
                return found[0]
        flat = [
            str(v) for v in self._cube.variables
            if self._cube[v].ndim == 2 and self._cube[v].attrs.get("standard_name") in standard
        ]  # fmt: skip
        if flat or any(d.lower() in usual for d in dims):
            what = (
                f"'{flat[0]}' has two dims: a curved grid" if flat else "these have no coordinates"
            )
            raise DataError(
                f"{self._name}: '{values.name}' in {self.path} has dims {', '.join(dims)}, and {what}; put it on an even grid first"
            )
        raise DataError(
            f"{self._name}: '{values.name}' in {self.path} has dims {', '.join(dims)}; expected y and x, or lat and lon"
        )

    def _steps(self, dim: str, axis: str) -> tuple[float, float, bool]:
        """Outer edge of the first cell in our order, side of a cell, and whether the file runs the other way."""
        at = np.asarray(self._cube[dim].values, np.float64)
        if at.size < 2:
            raise DataError(
                f"{self._name}: {self.path} has {at.size} '{dim}'; expected at least 2, so that the size of a cell is known"
            )
        steps = np.diff(at)
        step = (at[-1] - at[0]) / (at.size - 1)
        even = at[0] + step * np.arange(at.size)
        if not np.isfinite(at).all() or step == 0 or np.abs(at - even).max() > _UNEVEN * abs(step):
            raise DataError(
                f"{self._name}: {self.path}: {dim} runs in steps of {np.abs(steps).min():g} to {np.abs(steps).max():g}; expected "
                "even steps; put it on an even grid first"
            )
        turned = bool(step > 0) if axis == "Y" else bool(step < 0)
        first = at[-1] if turned else at[0]
        half = abs(step) / 2
        return float(first + half if axis == "Y" else first - half), abs(float(step)), turned

    def _bands_of(self, spec: InputSpec, dim: str) -> list[tuple[int, str]]:
        """Which places along the further dim are read, with their labels."""
        if not dim:
            if spec.time is not None:
                raise DataError(
                    f"{self._name}.time: '{self._values.name}' in {self.path} has no times; leave time out"
                )
            return [(-1, "")]
        labels = _labels(self._cube, dim, self._values.sizes[dim])
        chosen = list(enumerate(labels))
        if spec.time is not None:
            word = spec.time.strip()
            chosen = [(k, label) for k, label in chosen if _is_at(label, word)]
            if not chosen:
                raise DataError(
                    f"{self._name}.time: {self.path} has no {dim} {word}; it has {_some(labels)}"
                )
        if len(chosen) > 1 and "band" not in spec.model_fields_set:
            raise DataError(
                f"{self._name}: '{self._values.name}' in {self.path} has {len(chosen)} {dim}: {_some([v for _, v in chosen])}; "
                f'choose one with time = "{chosen[-1][1]}" or band = {len(chosen)}, or band = "mean" or "sum" of all'
            )
        return chosen

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], None]:
        """Stored numbers of a part of a band (from 0); nothing hides them but marks."""
        frame = self.frame
        r0, r1 = rows if not self._up else (frame.height - rows[1], frame.height - rows[0])
        c0, c1 = cols if not self._west else (frame.width - cols[1], frame.width - cols[0])
        at = self._chosen[band][0]
        values = self._values if at < 0 else self._values[at]
        try:
            raw = np.asarray(values[r0:r1, c0:c1].values)
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            raise DataError(
                f"{self._name}: {self.path} cannot be read to its end ({said(error)}); is it complete?"
            ) from None
        if not raw.dtype.isnative:
            raw = raw.astype(raw.dtype.newbyteorder("="))
        dtype = np.dtype(self.bands[band].dtype)
        if dtype.kind == "u" and raw.dtype.kind == "i":
            raw = raw.view(dtype)
        return raw[:: -1 if self._up else 1, :: -1 if self._west else 1], None

    def close(self) -> None:
        """Let go of the file."""
        self._cube.close()


def _variable(cube: xr.Dataset, spec: InputSpec, name: str, path: Path) -> str:
    words = ("bounds", "grid_mapping", "coordinates", "ancillary_variables")
    beside = {
        part
        for v in cube.variables
        for k in words
        for part in str(cube[v].attrs.get(k, "")).replace(":", " ").split()
    }
    places = {name for names, _ in _AXES.values() for name in names}
    names = [
        str(v)
        for v in cube.data_vars
        if cube[v].ndim >= 2
        and str(v) not in beside
        and cube[v].attrs.get("standard_name") not in places
    ]
    if spec.one_layer is None and len(names) != 1:
        if not names:
            raise DataError(f"{name}: {path} holds no variable of two or more dims; is it a map?")
        raise DataError(
            f'{name}: {path} holds {", ".join(names)[:300]}; choose one with layer = "…"'
        )
    layer = spec.one_layer or names[0]
    if layer not in names:
        raise DataError(f"{name}.layer: no variable '{layer}' in {path}; {nearest(layer, names)}")
    return layer


def _number(value: Any) -> list[float]:
    try:
        return [float(v) for v in np.atleast_1d(np.asarray(value)).tolist()]
    except (TypeError, ValueError):
        return []


def _facts(values: xr.DataArray) -> dict[str, Any]:
    """Scale, unit and every way in which the attributes of a variable say missing."""
    attrs = values.attrs
    unsigned = values.dtype.kind == "i" and str(attrs.get("_Unsigned", "")).lower() == "true"
    span = 2.0 ** (8 * values.dtype.itemsize) if unsigned else 0.0

    def turn(number: float) -> float:
        return number + span if number < 0 else number

    marks = [turn(v) for word in ("_FillValue", "missing_value") for v in _number(attrs.get(word))]
    low = (_number(attrs.get("valid_min")) or [-math.inf])[0]
    high = (_number(attrs.get("valid_max")) or [math.inf])[0]
    between = _number(attrs.get("valid_range"))
    if len(between) == 2:
        low, high = between
    valid = (turn(low), turn(high))
    return {
        "dtype": values.dtype.newbyteorder("=").name,
        "scale": (_number(attrs.get("scale_factor")) or [1.0])[0],
        "offset": (_number(attrs.get("add_offset")) or [0.0])[0],
        "unit": str(attrs.get("units", "")).strip(),
        "marks": tuple(dict.fromkeys(v for v in marks if not math.isnan(v))),
        "valid": valid if valid[0] < valid[1] else ANY_NUMBER,
    }


def _crs_of(
    cube: xr.Dataset, values: xr.DataArray, y: xr.DataArray, name: str, path: Path
) -> CRS | None:
    """Coordinate system by the grid mapping, by what is usual, or WGS 84 for latitudes."""
    named = (
        str(values.attrs.get("grid_mapping", values.encoding.get("grid_mapping", "")))
        .split(":")[0]
        .strip()
    )
    for word in (named, "spatial_ref", "crs"):
        if not word or word not in cube.variables:
            continue
        attrs = cube[word].attrs
        text = next(
            (attrs[k] for k in ("crs_wkt", "spatial_ref", "proj4", "epsg_code") if attrs.get(k)),
            None,
        )
        try:
            if text:
                return CRS.from_user_input(text)
            if "grid_mapping_name" in attrs:
                return CRS.from_cf(dict(attrs))
        except Exception as error:  # noqa: BLE001 - whatever the library raises
            raise DataError(
                f"{name}: the coordinate system that '{word}' in {path} describes is not known ({said(error)}); say it: "
                'crs = "EPSG:…"'
            ) from None
    degrees = str(y.attrs.get("units", "")).lower().startswith("degree")
    if y.attrs.get("standard_name") == "grid_latitude" or str(y.name).lower() == "rlat":
        return None
    return CRS.from_epsg(4326) if degrees or str(y.name).lower().startswith("lat") else None


def _labels(cube: xr.Dataset, dim: str, size: int) -> list[str]:
    """Times as dates, as fine as they are; other coordinates as they are written; numbers from 1 without one."""
    if dim not in cube.variables:
        return [str(k + 1) for k in range(size)]
    plain = cube[[dim]] if dim in cube.coords else cube[dim].to_dataset(name=dim)
    try:
        at = xr.decode_cf(plain)[dim].values
    except Exception:  # noqa: BLE001 - a calendar that is not known: the numbers are the labels
        at = cube[dim].values
    if at.dtype.kind == "M":
        days = np.datetime_as_string(at.astype("datetime64[s]"), unit="s")
        whole = all(str(v).endswith("T00:00:00") for v in days)
        return [str(v)[:10] if whole else str(v) for v in days]
    if at.dtype == object and hasattr(at.flat[0], "isoformat"):
        return [v.isoformat()[:10] for v in at]
    return [f"{v:g}" if isinstance(v, float) else str(v) for v in at.tolist()]


def _is_at(label: str, word: str) -> bool:
    """Is a label the word, or a part of the year, month or day that the word names?"""
    return label == word or (label.startswith(word) and label[len(word)] in "-T")


def _some(labels: list[str]) -> str:
    if len(labels) <= _SHOWN:
        return ", ".join(labels)
    return f"{', '.join(labels[:3])} … {labels[-1]} ({len(labels)})"
