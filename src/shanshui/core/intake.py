"""Grids as people have them, made ready for the door: plain arrays with the size of their cells, dims of any usual name and order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.core.form import Form, form_of, named
from shanshui.core.quantity import ANY, Features, Grid, Layers, Quantity

Cell = float | Sequence[float]


def taken(
    handed: Mapping[str, Any],
    needs: Mapping[str, Quantity],
    gives: Quantity,
    cell: Cell | None,
    *,
    around: bool = True,
) -> tuple[dict[str, Any], Form]:
    """Take grids in any usual form.

    Parameters
    ----------
    handed : mapping of parameter to value
        As given: labelled grids, whatever their dims are called and in which order they stand, or plain arrays with the north on top.
    needs : mapping of parameter to Quantity
        What is declared of them.
    gives : Quantity
        The result.
    cell : float or (float, float) [m]
        Side of a cell, or its width and height; of grids that do not say it themselves.
    around : bool
        Neighbours of a cell count, so that it matters that the north is on top and the west on the left.

    Returns
    -------
    (dict, Form)
        Labelled grids with dims (y, x), ready for the door, and the form of the first; what is no grid is left to the door.

    Raises
    ------
    QuantityError
        A plain array without a size of cells or with outlines beside it, more than two dims, sizes of cells that contradict, packed
        values, rows from the south or columns from the east, grids that lie apart.
    """
    side = None if cell is None else checked_cell(cell)
    grids = {
        name: value
        for name, value in handed.items()
        if value is not None and isinstance(needs[name], Grid | Layers)
    }
    firsts = {k: _first(v) for k, v in grids.items()}
    labelled = {k: form_of(v) for k, v in firsts.items() if isinstance(v, xr.DataArray)}
    placed = {k: f for k, f in labelled.items() if f.placed}
    if not placed and (side or not labelled):
        _refuse_places(handed, needs, gives, firsts)
    form, lead = Form(), None
    if labelled:
        name, form = next(iter((placed or labelled).items()))
        lead = _first(_taken(name, grids[name], needs[name], side, None, form))
    elif any(isinstance(v, np.ndarray) for v in firsts.values()):
        form = Form(plain=True)
    out = dict(handed)
    for name, value in grids.items():
        out[name] = _taken(name, value, needs[name], side, lead, form)
        if lead is None and form.plain:
            lead = _first(out[name])
    _refuse_apart({name: _first(out[name]) for name in grids}, around=around)
    return out, form


def checked_cell(cell: Any) -> float:
    """Side of a square cell.

    Raises
    ------
    QuantityError
        Not one number above 0, nor two that are the same.
    """
    try:
        if isinstance(cell, str | bool):
            raise TypeError
        sides = [float(v) for v in ([cell] if np.ndim(cell) == 0 else cell)]
        if len(sides) == 2:
            # the transform of a raster counts its rows downwards
            sides[1] = abs(sides[1])
    except (TypeError, ValueError):
        sides = []
    if len(sides) not in (1, 2) or not all(np.isfinite(sides)) or not all(v > 0 for v in sides):
        raise QuantityError(
            f"cell: found {cell!r}; expected the side of a cell in metres, such as 30, or its width and height"
        )
    if not np.isclose(sides[0], sides[-1], rtol=1e-6, atol=0.0):
        raise QuantityError(
            f"cell: found {sides[0]:g} wide and {sides[-1]:g} high; expected square cells: resample first"
        )
    return sides[0]


def _first(value: Any) -> Any:
    """The grid itself; the first of several."""
    if isinstance(value, xr.Dataset):
        return next(iter(value.data_vars.values()), None)
    if isinstance(value, Mapping):
        return next(iter(value.values()), None)
    return value


def _refuse_places(
    handed: Mapping[str, Any],
    needs: Mapping[str, Quantity],
    gives: Quantity,
    grids: Mapping[str, Any],
) -> None:
    """Refuse grids that lie nowhere where it matters where they lie."""
    nowhere = [k for k, v in grids.items() if isinstance(v, np.ndarray | xr.DataArray)]
    outlines = [k for k, v in handed.items() if v is not None and isinstance(needs[k], Features)]
    if nowhere and (outlines or isinstance(gives, Features)):
        what = f"{outlines[0]} has outlines" if outlines else "the result has outlines"
        found = type(grids[nowhere[0]]).__name__
        raise QuantityError(
            f"{nowhere[0]}: found {found} without places, which lies nowhere on the map, but {what}; give it as an xarray DataArray with x "
            "and y in metres and attrs['crs'], others may stay as they are"
        )


def _taken(
    name: str,
    value: Any,
    quantity: Quantity,
    side: float | None,
    lead: xr.DataArray | None,
    form: Form,
) -> Any:
    if isinstance(quantity, Grid):
        return grid_taken(name, value, quantity.unit, side, lead, form)
    if not isinstance(value, xr.Dataset | Mapping) or not isinstance(quantity, Layers):
        return value
    units, layers = dict(quantity.units), {}
    items = value.data_vars.items() if isinstance(value, xr.Dataset) else value.items()
    for layer, grid in items:
        unit = units.get(str(layer)) or "1"
        layers[str(layer)] = grid_taken(f"{name}.{layer}", grid, unit, side, lead, form)
        lead = layers[str(layer)] if form.plain and lead is None else lead
    if not all(isinstance(g, xr.DataArray) for g in layers.values()):
        return value
    if isinstance(value, xr.Dataset) and all(layers[str(k)] is v for k, v in items):
        return value
    if not isinstance(value, xr.Dataset):
        _refuse_apart({f"{name}.{layer}": grid for layer, grid in layers.items()}, around=False)
        _refuse_sizes(name, layers)
    return xr.Dataset(layers, attrs=getattr(value, "attrs", {}))


def _refuse_sizes(name: str, layers: Mapping[str, xr.DataArray]) -> None:
    first, *others = layers.items()
    for layer, grid in others:
        if grid.shape != first[1].shape:
            raise QuantityError(
                f"{name}.{layer}: found {grid.shape[0]} rows and {grid.shape[1]} columns, but {first[1].shape[0]} and {first[1].shape[1]} "
                f"in {first[0]}; give layers of one grid"
            )


def _refuse_apart(grids: Mapping[str, Any], *, around: bool) -> None:
    """Refuse grids of one size that lie in different places, and such as run the other way where that matters."""
    known: list[tuple[str, NDArray[np.float64], float]] = []
    for name, grid in grids.items():
        if not isinstance(grid, xr.DataArray) or not {"y", "x"} <= set(grid.coords):
            continue
        if grid.dims != ("y", "x") or 0 in grid.shape:
            continue
        y, x = (grid.coords[d].values for d in ("y", "x"))
        ends = np.array([y[0], y[-1], x[0], x[-1]], np.float64)
        if around and y[-1] > y[0]:
            raise QuantityError(
                f"{name}: rows run from south to north; expected north first: sort them descending"
            )
        if around and x[-1] < x[0]:
            raise QuantityError(
                f"{name}: columns run from east to west; expected west first: sort them ascending"
            )
        step = max(abs(ends[0] - ends[1]), abs(ends[2] - ends[3])) / max(max(grid.shape) - 1, 1)
        for other, places, cell in known:
            if grid.shape == grids[other].shape and np.abs(ends - places).max() > 0.1 * max(
                cell, step
            ):
                raise QuantityError(
                    f"{name}: lies elsewhere than {other}, or its rows or columns run the other way; give grids of one place"
                )
        known.append((name, ends, step))


def grid_taken(
    name: str,
    value: Any,
    unit: str,
    side: float | None,
    lead: xr.DataArray | None = None,
    form: Form | None = None,
) -> Any:
    """One grid with dims (y, x) and places.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : any
        A labelled grid or an array; anything else is left as it is.
    unit : str
        That a plain array is taken to be in.
    side : float [m], optional
        Of a cell.
    lead : DataArray, optional
        Grid beside which a plain array lies.
    form : Form, optional
        Of the grids that were handed over together.

    Raises
    ------
    QuantityError
        As :func:`taken`.
    """
    if isinstance(value, np.ndarray):
        return _laid(name, value, unit, side, lead, form or Form(plain=True))
    if not isinstance(value, xr.DataArray):
        return value
    found = named(name, value)
    if found.dims != ("y", "x"):
        return value
    found = _marked(name, _with_crs(found), unit)
    if "y" in found.coords and "x" in found.coords:
        _refuse_other_cell(name, found, side)
        return found
    if side is None:
        return found
    laid = found.assign_coords(_places(found.shape, side))
    # a system without places would put it where it is not
    laid.attrs = {k: v for k, v in found.attrs.items() if k != "crs"} | {"cell_m": side}
    return laid


def _with_crs(value: xr.DataArray) -> xr.DataArray:
    """With the coordinate system where the rest of the package looks for it."""
    if "crs" in value.attrs or "spatial_ref" not in value.coords:
        return value
    told = value.coords["spatial_ref"].attrs
    crs = told.get("crs_wkt") or told.get("spatial_ref")
    return value.assign_attrs(crs=crs) if crs else value


def _marked(name: str, value: xr.DataArray, unit: str) -> xr.DataArray:
    """With missing cells as the rest of the package knows them, where the file's marks stand in the attributes."""
    packed = (value.attrs.get("scale_factor", 1.0), value.attrs.get("add_offset", 0.0))
    if packed != (1.0, 0.0):
        raise QuantityError(
            f"{name}: holds packed numbers (scale_factor {packed[0]:g}, add_offset {packed[1]:g}); open the file with mask_and_scale=True"
        )
    code = value.attrs.get("_FillValue", value.attrs.get("missing_value"))
    if code is None or "nodata" in value.attrs or np.ndim(code) != 0:
        return value
    gone = value.values == code
    if not gone.any():
        return value
    if value.dtype.kind == "f" or unit not in ("1", ANY):
        return value.where(~gone).assign_attrs(value.attrs)
    return value.assign_attrs(nodata=code)


def _refuse_other_cell(name: str, value: xr.DataArray, side: float | None) -> None:
    if side is None:
        return
    for dim in ("y", "x"):
        at = np.asarray(value.coords[dim].values, np.float64)
        step = abs(float(at[-1] - at[0])) / (at.size - 1) if at.size > 1 else side
        if not np.isclose(step, side, rtol=1e-4, atol=0.0):
            raise QuantityError(
                f"cell: found {side:g}, but the coordinates of {name} run in steps of {step:g}; leave cell out, or give the grid without them"
            )


def _laid(
    name: str,
    value: NDArray[Any],
    unit: str,
    side: float | None,
    lead: xr.DataArray | None,
    form: Form,
) -> xr.DataArray:
    """A plain array as a labelled grid: beside another, or with its north on top and nowhere on the map."""
    if value.dtype.kind not in "biuf":
        raise QuantityError(f"{name}: found an array of {value.dtype}; expected numbers")
    shape = value.shape
    found = value[0] if value.ndim == 3 and shape[0] == 1 else value
    if found.ndim != 2 or not found.size:
        raise QuantityError(
            f"{name}: found an array of shape {shape}; expected rows and columns, or one band of them"
        )
    found = found.T if form.turned else found
    if lead is not None:
        if found.shape != lead.shape:
            raise QuantityError(
                f"{name}: found {found.shape[0]} rows and {found.shape[1]} columns, but {lead.shape[0]} and {lead.shape[1]} beside it; "
                "give arrays of one grid"
            )
        coords = {d: lead.coords[d] for d in ("y", "x") if d in lead.coords}
        attrs = {k: v for k, v in lead.attrs.items() if k in ("crs", "cell_m")}
    elif side is None:
        raise QuantityError(
            f"{name}: found ndarray without the size of its cells; give cell= in metres, such as cell=30, or an xarray DataArray with dims "
            "(y, x)"
        )
    else:
        coords, attrs = _places(found.shape, side), {"cell_m": side}
    attrs["units"] = "1" if unit == ANY else unit
    values, code = _unmasked(name, found, unit)
    if code is not None:
        attrs["nodata"] = code
    return xr.DataArray(values, dims=("y", "x"), coords=coords, attrs=attrs)


def _places(shape: tuple[int, ...], side: float) -> dict[str, Any]:
    """Centres of cells, counted from the lower left corner."""
    ny, nx = shape
    return {
        "y": ("y", (ny - np.arange(ny) - 0.5) * side),
        "x": ("x", (np.arange(nx) + 0.5) * side),
    }


def _unmasked(name: str, value: NDArray[Any], unit: str) -> tuple[NDArray[Any], Any]:
    """Values with NaN where they are masked; whole numbers that may be codes keep a code for it."""
    if not isinstance(value, np.ma.MaskedArray):
        return value, None
    gone = np.ma.getmaskarray(value)
    plain = np.asarray(value.data)
    if not gone.any():
        return plain, None
    if plain.dtype.kind == "f" or unit not in ("1", ANY):
        kind = plain.dtype if plain.dtype.kind == "f" else np.float64
        return np.where(gone, np.nan, plain.astype(kind)).astype(kind), None
    code = value.fill_value
    if code == np.asarray(code, plain.dtype) and not (plain[~gone] == code).any():
        return np.where(gone, np.asarray(code, plain.dtype), plain), int(code)
    raise QuantityError(
        f"{name}: its masked cells would be told by {code}, which cells that are known have too; set fill_value to a number that none has"
    )
