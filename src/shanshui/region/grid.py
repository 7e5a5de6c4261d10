"""The study grid: one origin, one cell, one equal-area coordinate system for every raster."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import xarray as xr
from affine import Affine
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, StudyError

STRIP = 512
FINE_M = 100.0
"""Cells [m] up to which limits of slope of the guides of evaluation hold [D]: they give their windows for cells of 20 to 100 m [S]."""
MAX_AREA_DISTORTION = 0.002
"""Largest departure of the areal scale from 1 over the grid [D]: lets a UTM zone pass inside its
own strip, refuses Mercator and everything in degrees (decisions/0003-equal-area)."""


NAMELESS = ("unknown", "unnamed")
"""Names that a coordinate system bears which has none."""


@dataclass(frozen=True)
class GridSpec:
    """Shape, place and coordinate system of the study grid; cells are square, north is up.

    Attributes
    ----------
    crs : str
        Anything PROJ reads; projected, metres.
    cell_m : float [m]
        Side of a cell.
    left, top : float [m]
        Outer corner of the first cell.
    ny, nx : int
        Rows and columns.
    """

    crs: str
    cell_m: float
    left: float
    top: float
    ny: int
    nx: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.ny, self.nx

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.ny * self.nx

    @property
    def cell_km2(self) -> float:
        """Area of one cell in km2."""
        return self.cell_m * self.cell_m / 1e6

    @property
    def transform(self) -> Affine:
        """Cell index to map coordinate, as GDAL writes it."""
        return Affine(self.cell_m, 0.0, self.left, 0.0, -self.cell_m, self.top)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in metres."""
        return (
            self.left,
            self.top - self.ny * self.cell_m,
            self.left + self.nx * self.cell_m,
            self.top,
        )

    @cached_property
    def projection(self) -> pyproj.CRS:
        """The coordinate system as pyproj knows it.

        Raises
        ------
        QuantityError
            There is none.
        """
        if not self.crs:
            raise QuantityError(
                "the grid has no coordinate system; give xarray DataArrays with x and y in metres and attrs['crs'], such as 'EPSG:32649'"
            )
        return pyproj.CRS.from_user_input(self.crs)

    def x(self) -> NDArray[np.float64]:
        """Centres of columns."""
        return np.asarray(self.left + (np.arange(self.nx) + 0.5) * self.cell_m, np.float64)

    def y(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """Centres of rows ``start`` to ``stop``."""
        rows = np.arange(start, self.ny if stop is None else stop)
        return np.asarray(self.top - (rows + 0.5) * self.cell_m, np.float64)

    def strips(self, rows: int) -> Iterator[tuple[int, int]]:
        """First and past-last row of strips of ``rows`` rows, north to south."""
        for start in range(0, self.ny, rows):
            yield start, min(start + rows, self.ny)

    def lay(
        self, values: NDArray[Any], units: str, *, start: int = 0, nodata: float | None = None
    ) -> xr.DataArray:
        """Label an array that covers rows from ``start`` on.

        Parameters
        ----------
        values : (y, x) array
            Cells of the full width of the grid.
        units : str
            Unit of the values.
        start : int
            First row that ``values`` covers.
        nodata : float, optional
            Code of missing cells in integer arrays.

        Returns
        -------
        (y, x) DataArray
            With ``units``, ``crs``, ``cell_m`` and ``nodata`` attributes.
        """
        attrs: dict[str, Any] = {"units": units, "crs": self.crs, "cell_m": self.cell_m}
        if nodata is not None:
            attrs["nodata"] = nodata
        coords = {"y": self.y(start, start + values.shape[0]), "x": self.x()}
        return xr.DataArray(values, dims=("y", "x"), coords=coords, attrs=attrs)

    def area_distortion(self) -> float:
        """Largest relative departure of the areal scale from 1, sampled over the grid."""
        left, bottom, right, top = self.bounds
        xs, ys = np.meshgrid(np.linspace(left, right, 9), np.linspace(bottom, top, 9))
        to_degrees = pyproj.Transformer.from_crs(
            self.projection, self.projection.geodetic_crs, always_xy=True
        )
        lon, lat = to_degrees.transform(xs.ravel(), ys.ravel())
        seen = np.isfinite(lon) & np.isfinite(lat)
        if not seen.any():
            return math.inf
        factors = pyproj.Proj(self.projection).get_factors(lon[seen], lat[seen], errcheck=False)
        scale = np.asarray(factors.areal_scale)
        scale = scale[np.isfinite(scale)]
        return float(np.max(np.abs(scale - 1.0))) if scale.size else math.inf

    def checked(self) -> "GridSpec":
        """Refuse a grid on which areas cannot be summed.

        Raises
        ------
        StudyError
            Degrees, feet, an empty grid, or an areal scale that departs from 1 by more than
            ``MAX_AREA_DISTORTION``.
        """
        if self.projection.is_geographic:
            raise StudyError(
                f"grid.crs: '{crs_name(self.projection)}' is in degrees; areas cannot be summed on it; "
                "leave --crs out to have an equal-area system fitted, or give a projected one"
            )
        unit = self.projection.axis_info[0].unit_name
        if unit not in {"metre", "meter"}:
            raise StudyError(
                f"grid.crs: '{crs_name(self.projection)}' is in {unit}; expected metres"
            )
        if self.ny < 1 or self.nx < 1:
            raise StudyError(f"grid: {self.ny} x {self.nx} cells; expected at least one")
        distortion = self.area_distortion()
        if distortion > MAX_AREA_DISTORTION:
            raise StudyError(
                f"grid.crs: '{crs_name(self.projection)}' changes areas by up to {distortion:.1%} here; "
                f"at most {MAX_AREA_DISTORTION:.1%} is allowed; leave --crs out to have an equal-area "
                "system fitted, or give one, for example an Albers or Lambert azimuthal equal-area"
            )
        return self


def crs_name(crs: pyproj.CRS) -> str:
    """Name of a coordinate system; of one without a name what it is made of.

    Parameters
    ----------
    crs : CRS
        Of a grid or a file.
    """
    return crs.name if crs.name not in NAMELESS else str(crs.srs)


def grid_of(values: xr.DataArray) -> GridSpec:
    """Read the grid back from a labelled array.

    Raises
    ------
    QuantityError
        No coordinates, uneven ones, such as look like degrees, or cells that are not square.
    """
    if "x" not in values.coords or "y" not in values.coords:
        raise QuantityError("no x and y coordinates; expected cell centres in metres")
    x, y = (np.asarray(values.coords[k].values, np.float64) for k in ("x", "y"))
    given = values.attrs.get("cell_m")
    steps = [_step(at, axis) for at, axis in ((x, "x"), (y, "y")) if at.size > 1]
    if given is None and not steps:
        raise QuantityError("one cell and no cell_m attribute: the cell size is unknown")
    cell = abs(steps[0]) if given is None else float(given)
    for step, at in zip(steps, [v for v in (x, y) if v.size > 1], strict=True):
        rounded = 2.0**-23 * float(np.abs(at).max()) / (at.size - 1)
        if not math.isclose(abs(step), cell, rel_tol=1e-6, abs_tol=rounded):
            raise QuantityError(
                f"cells are {abs(steps[0]):g} wide and {abs(steps[-1]):g} high; expected square cells of {cell:g}"
            )
    if x.size > 1 and steps[0] < 0:
        raise QuantityError("columns run from east to west; expected west first: sort x ascending")
    if y.size > 1 and steps[-1] > 0:
        raise QuantityError("rows run from south to north; expected north first: sort y descending")
    crs = str(values.attrs.get("crs", ""))
    if not crs and given is None and _like_degrees(x, y, cell):
        raise QuantityError(
            f"coordinates from {x.min():g} to {x.max():g} and {y.min():g} to {y.max():g} in steps of {cell:g} look like degrees, and "
            "no crs says otherwise; expected metres: project them, or set attrs['crs'] or attrs['cell_m'] where they are metres"
        )
    left, top = float(x[0]) - cell / 2, float(y[0]) + cell / 2
    return GridSpec(crs, float(cell), left, top, y.size, x.size)


def _step(at: NDArray[np.float64], axis: str) -> float:
    """Signed distance of neighbouring centres, where it is the same everywhere."""
    step = float((at[-1] - at[0]) / (at.size - 1))
    off = np.abs(at - (at[0] + step * np.arange(at.size)))
    # coordinates of 32 bits are rounded by less than this
    if not np.isfinite(at).all() or step == 0 or float(off.max()) > 0.01 * abs(step):
        steps = np.abs(np.diff(at))
        raise QuantityError(
            f"{axis} runs in steps of {steps.min():g} to {steps.max():g}; expected even steps: put it on an even grid first"
        )
    return step


def _like_degrees(x: NDArray[np.float64], y: NDArray[np.float64], cell: float) -> bool:
    """Could coordinates without a system be longitudes and latitudes?"""
    return cell < 1.0 and float(np.abs(x).max()) <= 360.0 and float(np.abs(y).max()) <= 90.0


def like(
    grid: xr.DataArray, values: NDArray[Any], units: str, *, nodata: float | None = None
) -> xr.DataArray:
    """Label values on the grid of another array.

    Parameters
    ----------
    grid : (y, x) DataArray
        Has the coordinates.
    values : (y, x) array
        Cells of the same shape.
    units : str
        Unit of the values.
    nodata : float, optional
        Code of missing cells in integer arrays.

    Returns
    -------
    (y, x) DataArray
        With the coordinates and the place of ``grid``, and nothing else of it.
    """
    attrs = {k: v for k, v in grid.attrs.items() if k in ("crs", "cell_m")} | {"units": units}
    if nodata is not None:
        attrs["nodata"] = nodata
    return xr.DataArray(values, dims=("y", "x"), coords=grid.coords, attrs=attrs)


def stacked(
    grid: xr.DataArray, layers: dict[str, NDArray[Any]], units: dict[str, str]
) -> xr.Dataset:
    """Label several arrays on the grid of another."""
    return xr.Dataset({name: like(grid, values, units[name]) for name, values in layers.items()})


LEAST_ROWS = 8
"""Rows and columns that a grid made coarser must keep [D]."""


def coarser(grid: GridSpec, times: int) -> GridSpec:
    """The same ground on cells so many times as wide; the last row and column may reach beyond.

    Parameters
    ----------
    grid : GridSpec
        As it is.
    times : int
        At least 1.

    Raises
    ------
    StudyError
        No whole number of at least 1, or fewer than 8 rows or columns left.
    """
    if times < 1:
        raise StudyError(f"preview {times}: expected a whole number of at least 2")
    ny, nx = -(-grid.ny // times), -(-grid.nx // times)
    if min(ny, nx) < LEAST_ROWS:
        most = max(1, (min(grid.ny, grid.nx) - 1) // (LEAST_ROWS - 1))
        raise StudyError(
            f"preview {times}: leaves {ny} x {nx} cells; expected at least {LEAST_ROWS} rows and columns: at most {most} here"
        )
    return replace(grid, cell_m=grid.cell_m * times, ny=ny, nx=nx)


def fitted_crs(west: float, south: float, east: float, north: float) -> str:
    """Equal-area coordinate system for a window in degrees: Lambert azimuthal about its middle.

    Parameters
    ----------
    west, south, east, north : float [degree]
        The window.

    Returns
    -------
    str
        A PROJ string, centre rounded to a tenth of a degree.
    """
    lon, lat = round((west + east) / 2, 1), round((south + north) / 2, 1)
    return f"+proj=laea +lat_0={lat:g} +lon_0={lon:g} +datum=WGS84 +units=m +no_defs"


def fitted_grid(bounds: tuple[float, float, float, float], crs: str, cell_m: float) -> GridSpec:
    """Smallest grid of whole cells, origin on a multiple of the cell, that holds ``bounds``.

    Parameters
    ----------
    bounds : (left, bottom, right, top) [m]
        In ``crs``.
    crs : str
        Anything PROJ reads.
    cell_m : float [m]
        Side of a cell.

    Returns
    -------
    GridSpec
        Not yet checked.
    """
    left, bottom, right, top = bounds
    slack = 1e-6
    x0 = math.floor(left / cell_m + slack) * cell_m
    y1 = math.ceil(top / cell_m - slack) * cell_m
    nx = math.ceil((right - x0) / cell_m - slack)
    ny = math.ceil((y1 - bottom) / cell_m - slack)
    return GridSpec(crs, float(cell_m), x0, y1, ny, nx)


def round_cell(size: float) -> float:
    """Round a cell size down to two figures that a person would choose."""
    power = 10.0 ** (math.floor(math.log10(size)) - 1)
    return math.floor(size / power + 1e-9) * power
