"""The form in which grids were handed over: names and order of their dims, or none; and results in that form."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError

P = ParamSpec("P")
R = TypeVar("R")

SPELLINGS = (
    ("y", "x"),
    ("lat", "lon"),
    ("latitude", "longitude"),
    ("northing", "easting"),
    ("row", "col"),
    ("row", "column"),
    ("rows", "cols"),
    ("rows", "columns"),
    ("lat", "long"),
    ("yc", "xc"),
    ("projection_y_coordinate", "projection_x_coordinate"),
)
"""Pairs of names of rows and columns, in small letters [D]: those of CF, GDAL, xarray and of arrays."""
COUNTED = ("row", "rows")
"""Rows that are counted from the top: what stands at them is a number, not a place."""


@dataclass(frozen=True)
class Form:
    """The form of the grids that somebody handed over.

    Attributes
    ----------
    plain : bool
        Arrays without labels.
    dims : (str, str)
        Names of rows and columns.
    turned : bool
        Columns stand before rows.
    coords : mapping of str to DataArray, optional
        Of the labelled grid, along rows, columns or neither; none where nothing is known of the form.
    """

    plain: bool = False
    dims: tuple[str, str] = ("y", "x")
    turned: bool = False
    coords: Mapping[str, xr.DataArray] | None = field(default=None, compare=False)

    @property
    def ours(self) -> bool:
        """Nothing needs to be changed on the way out."""
        if self.plain or self.turned or self.dims != ("y", "x"):
            return False
        return self.coords is None or self.placed

    @property
    def placed(self) -> bool:
        """It is known where the cells lie."""
        coords = self.coords or {}
        counted = self.dims[0].lower() in COUNTED
        along = zip(self.dims, ("y", "x"), strict=True)
        return all(
            any(w in coords and coords[w].dims == (own,) for w in words)
            for own, ours in along
            for words in [(ours,) if counted else (ours, own)]
        )

    def back(self, result: Any) -> Any:
        """Bring a result into this form; tables, features and numbers stay as they are.

        Parameters
        ----------
        result : any
            Of an assessment.

        Returns
        -------
        any
            Of plain arrays a plain array, masked where whole numbers have a code for missing cells; layers as a dictionary of arrays.
        """
        if self.ours or not isinstance(result, xr.DataArray | xr.Dataset):
            return result
        if isinstance(result, xr.Dataset):
            layers = {str(k): self._grid(v) for k, v in result.data_vars.items()}
            return layers if self.plain else xr.Dataset(layers, attrs=result.attrs)
        return self._grid(result)

    def _grid(self, values: xr.DataArray) -> Any:
        if self.plain:
            return _plain_values(values)
        found = values.drop_vars([d for d in ("y", "x") if d in values.coords])
        found = found.transpose(*(("x", "y") if self.turned else ("y", "x")))
        found = found.rename({d: n for d, n in zip(("y", "x"), self.dims, strict=True) if d != n})
        coords = self.coords or {}
        of_its_size = all(
            found.sizes[d] == size for c in coords.values() for d, size in c.sizes.items()
        )
        return found.assign_coords(coords) if of_its_size else found


def _plain_values(values: xr.DataArray) -> NDArray[Any]:
    found = np.asarray(values.values)
    code = values.attrs.get("nodata")
    if code is None or found.dtype.kind == "f":
        return found
    return np.ma.MaskedArray(found, mask=found == code, fill_value=code)


def form_of(value: xr.DataArray) -> Form:
    """How the dims of a labelled grid are called and ordered."""
    dims = spelt(value)
    if dims is None:
        return Form()
    order = [d for d in value.dims if d in dims]
    own = {str(k): c for k, c in value.coords.items() if set(c.dims) <= set(dims)}
    return Form(dims=dims, turned=order == [dims[1], dims[0]], coords=own)


def spelt(value: xr.DataArray) -> tuple[str, str] | None:
    """Names of rows and columns, if they are usual ones."""
    own = {str(d).lower(): str(d) for d in value.dims}
    return next(((own[r], own[c]) for r, c in SPELLINGS if r in own and c in own), None)


def named(name: str, value: xr.DataArray) -> xr.DataArray:
    """A grid with dims (y, x), a single band left out; as it is where the dims are strange.

    Raises
    ------
    QuantityError
        Several bands.
    """
    if value.dims == ("y", "x"):
        return value
    dims = spelt(value)
    if dims is None:
        return value
    return renamed(_one_band(name, value, dims)).transpose("y", "x")


def renamed(value: xr.DataArray) -> xr.DataArray:
    """A grid whose rows and columns are called y and x, in its own order and with its bands; as it is where the dims are strange."""
    dims = spelt(value)
    if dims is None or dims == ("y", "x"):
        return value
    counted = dims[0].lower() in COUNTED
    places = {}
    for own, ours in zip(dims, ("y", "x"), strict=True):
        # an array of rows and columns may tell their places beside
        for word in (ours, own) if not counted else (ours,):
            if word in value.coords and value.coords[word].dims == (own,):
                places[ours] = (ours, value.coords[word].values)
                break
    gone = [d for d in dict.fromkeys(("y", "x", *dims)) if d in value.coords]
    found = value.drop_vars(gone).rename(
        {d: n for d, n in zip(dims, ("y", "x"), strict=True) if d != n}
    )
    return found.assign_coords(places)


def in_one_order(*words: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function for which all directions are alike take grids whatever their dims are called and in which order they stand.

    Parameters
    ----------
    *words : str
        Its grids: a band of one is left out, and the dims of the others stand in the order of those of the first.

    Returns
    -------
    callable
        Wraps a function that gives results in the order of the first grid.
    """

    def wrap(fn: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(fn)
        def ordered(*args: P.args, **more: P.kwargs) -> R:
            # not kept beside: fingerprints of code tell no value of a signature
            bound = inspect.signature(fn).bind(*args, **more)
            first: tuple[str, str] | None = None
            turned = False
            for word in words:
                value = _of_one_band(word, bound.arguments.get(word))
                dims = spelt(value) if isinstance(value, xr.DataArray) else None
                if dims is not None:
                    other = value.dims != dims
                    first, turned = (dims, other) if first is None else (first, turned)
                    value = value.transpose(*(dims[::-1] if turned else dims))
                if word in bound.arguments:
                    bound.arguments[word] = value
            return fn(*bound.args, **bound.kwargs)

        return ordered

    return wrap


def _of_one_band(name: str, value: Any) -> Any:
    """A grid without its single band, in its own order of rows and columns."""
    if isinstance(value, np.ndarray) and value.ndim == 3 and value.shape[0] == 1:
        return value[0]
    dims = spelt(value) if isinstance(value, xr.DataArray) and value.ndim > 2 else None
    return value if dims is None else _one_band(name, value, dims)


def _one_band(name: str, value: xr.DataArray, dims: tuple[str, str]) -> xr.DataArray:
    more = [d for d in value.dims if d not in dims]
    if any(value.sizes[d] != 1 for d in more):
        raise QuantityError(
            f"{name}: dims are {value.dims} of {value.shape}, expected rows and columns; choose one of '{more[0]}' first"
        )
    return value.isel(dict.fromkeys(more, 0), drop=True)
