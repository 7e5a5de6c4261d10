"""Effective resistance and current, for arrays, labelled grids and edge lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.form import in_one_order
from shanshui.pattern.circuit.answers import Answer, Terminals
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import advanced, pairwise, pairwise_resistances, starred
from shanshui.pattern.circuit.regions import Regions, joined_groups

MODES = ("pairwise", "one-to-all", "all-to-one", "advanced")
SOLVERS = ("auto", "direct", "multigrid", "amg")
Landscape = NDArray[Any] | xr.DataArray | pd.DataFrame
Places = NDArray[Any] | xr.DataArray | Sequence[Any]


@in_one_order("resistance", "points", "short_circuits")
def effective_resistance(
    resistance: Landscape,
    points: Places,
    *,
    pairs: Iterable[tuple[int, int]] | None = None,
    conductance: bool = False,
    four_neighbours: bool = False,
    mean_resistance: bool = True,
    short_circuits: NDArray[Any] | xr.DataArray | None = None,
    solver: str = "auto",
    precision: str = "double",
) -> pd.DataFrame:
    """Effective resistance between points of a landscape or nodes of a network.

    Parameters
    ----------
    resistance : (y, x) array [ohm], or table
        Above 0; missing or infinite where there is no way. A table holds edges: its first two columns are the nodes, the third the
        resistance.
    points : (y, x) array of int, or sequence
        An array of the landscape's shape: positive numbers name the points, cells of one number are one region. Or a list of row
        and column of each point, numbered from 1. In a
        network: the nodes.
    pairs : iterable of pairs of int
        Which; all by default. Others are NaN.
    conductance : bool
        The landscape holds conductances [siemens], 0 or more; 0 is no way.
    four_neighbours : bool
        Cells are joined by their sides only.
    mean_resistance : bool
        An edge has the mean resistance of its two cells; otherwise their mean conductance.
    short_circuits : (y, x) array of int
        Cells of one positive number conduct without resistance.
    solver : str
        ``auto``, ``direct``, ``multigrid`` or ``amg``.
    precision : str
        ``double`` or ``single``.

    Returns
    -------
    table [ohm]
        Points by points; inf where there is no way.

    Raises
    ------
    QuantityError
        Values out of range, shapes that differ, unknown points.
    ResourceError
        The solution did not converge.
    """
    circuit = circuit_of(
        resistance, conductance, four_neighbours, mean_resistance, short_circuits, solver, precision
    )
    terminals, names = terminals_of(circuit, points)
    wanted = None if pairs is None else [(names[a], names[b]) for a, b in _known(pairs, names)]
    options = (conductance, four_neighbours, mean_resistance)
    regions = _united(resistance, points, short_circuits, *options, solver, precision)
    found = pairwise_resistances(circuit, terminals, wanted, regions)
    table = resistance_matrix(found, sorted(terminals))
    labels = {number: name for name, number in names.items()}
    return table.rename(index=labels, columns=labels)


def resistance_matrix(
    resistances: Iterable[tuple[tuple[int, int], float]], names: Sequence[int]
) -> pd.DataFrame:
    """Table of resistances between all terminals; NaN for pairs that were left out."""
    place = {name: k for k, name in enumerate(names)}
    values = np.full((len(place), len(place)), np.nan)
    np.fill_diagonal(values, 0.0)
    for (a, b), value in resistances:
        values[place[a], place[b]] = values[place[b], place[a]] = value
    return pd.DataFrame(values, index=list(names), columns=list(names))


@in_one_order("resistance", "points", "sources", "grounds", "short_circuits")
def current(
    resistance: Landscape,
    points: Places | None = None,
    *,
    mode: str = "pairwise",
    sources: NDArray[Any] | xr.DataArray | None = None,
    grounds: NDArray[Any] | xr.DataArray | None = None,
    strengths: Mapping[int, float] | None = None,
    pairs: Iterable[tuple[int, int]] | None = None,
    statistic: str = "sum",
    conductance: bool = False,
    four_neighbours: bool = False,
    mean_resistance: bool = True,
    short_circuits: NDArray[Any] | xr.DataArray | None = None,
    solver: str = "auto",
    precision: str = "double",
) -> Any:
    """Current through each cell or node.

    Parameters
    ----------
    resistance : (y, x) array [ohm], or table
        As in :func:`effective_resistance`.
    points : (y, x) array of int, or sequence
        As in :func:`effective_resistance`; not in mode ``advanced``.
    mode : str
        ``pairwise``, ``one-to-all``, ``all-to-one`` or ``advanced``.
    sources : (y, x) array [ampere]
        Mode ``advanced``: current sent in.
    grounds : (y, x) array [siemens]
        Mode ``advanced``: conductance to ground, inf for ground itself.
    strengths : mapping of int to float [ampere]
        Sent in by each point in the modes with ``all``; 1 by default.
    pairs : iterable of pairs of int
        Mode ``pairwise``: which; all by default.
    statistic : str
        ``sum`` or ``max`` over the questions asked.
    conductance : bool
        The landscape holds conductances [siemens].
    four_neighbours : bool
        Cells are joined by their sides only.
    mean_resistance : bool
        An edge has the mean resistance of its two cells; otherwise their mean conductance.
    short_circuits : (y, x) array of int
        Cells of one positive number conduct without resistance.
    solver : str
        ``auto``, ``direct``, ``multigrid`` or ``amg``.
    precision : str
        ``double`` or ``single``.

    Returns
    -------
    (y, x) array or DataArray, or series [ampere]
        As the landscape came; 0 where there is no way.

    Raises
    ------
    QuantityError
        Values out of range, shapes that differ, unknown points or modes.
    ResourceError
        The solution did not converge.
    """
    if mode not in MODES:
        raise QuantityError(f"mode: found '{mode}'; {nearest(mode, MODES)}")
    if statistic not in ("sum", "max"):
        raise QuantityError(f"statistic: found '{statistic}'; expected 'sum' or 'max'")
    merged = short_circuits
    if mode in ("one-to-all", "all-to-one") and not isinstance(resistance, pd.DataFrame):
        merged = _merged(short_circuits, points)
    circuit = circuit_of(
        resistance, conductance, four_neighbours, mean_resistance, merged, solver, precision
    )
    answers: Iterable[Answer]
    if mode == "advanced":
        if sources is None or grounds is None:
            raise QuantityError("sources, grounds: mode 'advanced' needs both")
        answers = [
            advanced(
                circuit, _field(circuit, sources, "sources"), _field(circuit, grounds, "grounds")
            )
        ]
    else:
        if points is None:
            raise QuantityError(f"points: mode '{mode}' needs them")
        terminals, names = terminals_of(circuit, points)
        if mode == "pairwise":
            wanted = None
            if pairs is not None:
                wanted = [(names[a], names[b]) for a, b in _known(pairs, names)]
            options = (conductance, four_neighbours, mean_resistance)
            regions = _united(resistance, points, short_circuits, *options, solver, precision)
            answers = pairwise(circuit, terminals, wanted, regions=regions)
        else:
            single = {name: nodes[:1] for name, nodes in terminals.items()}
            given = {names[k]: float(v) for k, v in (strengths or {}).items() if k in names}
            answers = starred(
                circuit, single, given, lambda _: sorted(single), outward=mode == "one-to-all"
            )
    total = circuit.blank()
    for answer in answers:
        total = (
            total + answer.current() if statistic == "sum" else np.maximum(total, answer.current())
        )
    if isinstance(resistance, xr.DataArray):
        return resistance.copy(data=total).assign_attrs(units="A")
    if isinstance(resistance, pd.DataFrame):
        return pd.Series(total, index=circuit.names, name="current")
    return total


def circuit_of(
    resistance: Landscape,
    conductance: bool,
    four_neighbours: bool,
    mean_resistance: bool,
    short_circuits: Any,
    solver: str,
    precision: str,
) -> Any:
    """Lattice of a grid, links of a table; values checked."""
    if solver not in SOLVERS:
        raise QuantityError(f"solver: found '{solver}'; {nearest(solver, SOLVERS)}")
    if precision not in ("double", "single"):
        raise QuantityError(f"precision: found '{precision}'; expected 'double' or 'single'")
    what = "conductance" if conductance else "resistance"
    if isinstance(resistance, pd.DataFrame):
        ends = resistance.iloc[:, :2].to_numpy()
        names, place = np.unique(ends, return_inverse=True)
        place = place.reshape(ends.shape)
        g = conductances(resistance.iloc[:, 2].to_numpy(np.float64), conductance, what)
        kind = "auto" if solver == "multigrid" else solver
        return Links(len(names), place[:, 0], place[:, 1], g, kind, names)
    values = np.asarray(resistance, np.float64)
    if values.ndim != 2:
        raise QuantityError(f"{what}: found {values.ndim} dimensions; expected rows and columns")
    group = None if short_circuits is None else np.nan_to_num(np.asarray(short_circuits, float))
    if group is not None and group.shape != values.shape:
        raise QuantityError(
            f"short_circuits: found shape {group.shape}; expected {values.shape}, that of the {what}"
        )
    return Lattice(
        conductances(values, conductance, what),
        None if group is None else group.astype(np.int64),
        four_neighbours=four_neighbours,
        mean_resistance=mean_resistance,
        precision=np.float64 if precision == "double" else np.float32,
        solver=solver,
    )


def conductances(values: NDArray[np.float64], conductance: bool, what: str) -> NDArray[np.float64]:
    """Conductances from resistances above 0, or from conductances of 0 or more; 0 where missing.

    Raises
    ------
    QuantityError
        A value out of range, or no way at all.
    """
    known = ~np.isnan(values)
    bad = known & ((values < 0) if conductance else (values <= 0))
    if bad.any():
        least = float(values[bad].min())
        rule = (
            "0 or more: 0 is no way"
            if conductance
            else "above 0: inf or missing is no way, and a short-circuit region conducts without resistance"
        )
        raise QuantityError(
            f"{what}: found {int(bad.sum())} value(s) of {rule.split(':')[0]} not so, the least {least:g}; expected {rule}"
        )
    if conductance and np.isinf(values).any():
        raise QuantityError(
            "conductance: found infinite values; give such cells as short-circuit regions"
        )
    with np.errstate(divide="ignore"):
        out = np.where(known, values if conductance else 1.0 / values, 0.0)
    if not (out > 0).any():
        raise QuantityError(
            f"{what}: found no cell or edge that conducts; all are missing or barriers"
        )
    return out


def terminals_of(circuit: Any, points: Places) -> tuple[Terminals, dict[Any, int]]:
    """Nodes of each terminal by number, and the number of each name.

    Raises
    ------
    QuantityError
        Fewer than two, points off the landscape, unknown nodes.
    """
    if isinstance(circuit, Links):
        known = {name: k for k, name in enumerate(circuit.names)}
        asked = list(np.asarray(points).ravel())
        missing = [p for p in asked if p not in known]
        if missing:
            raise QuantityError(f"points: found {missing[:5]}, which are no nodes of the network")
        if len(set(asked)) != len(asked):
            raise QuantityError("points: found a node twice; expected each once")
        terminals: Terminals = {
            k: np.array([known[p]], np.intp) for k, p in enumerate(asked, start=1)
        }
        names = {p: k for k, p in enumerate(asked, start=1)}
    else:
        cells = np.nan_to_num(np.asarray(points, np.float64))
        if not isinstance(points, np.ndarray | xr.DataArray) or cells.shape != circuit.shape:
            if cells.ndim != 2 or cells.shape[1] != 2:
                raise QuantityError(
                    f"points: found shape {cells.shape}; expected {circuit.shape}, that of the landscape, or (n, 2) rows and columns"
                )
            places = cells.astype(np.intp)
            if (places < 0).any() or (places >= circuit.shape).any():
                raise QuantityError("points: found rows or columns outside the landscape")
            terminals = {
                k: np.array([int(r) * circuit.shape[1] + int(c)], np.intp)
                for k, (r, c) in enumerate(places, start=1)
            }
        else:
            terminals = regions_of(points)
        names = {k: k for k in terminals}
        terminals = _on_nodes(circuit, terminals)
    if len(terminals) < 2:
        raise QuantityError(f"points: found {len(terminals)}; expected at least two")
    return terminals, names


def _on_nodes(circuit: Lattice, terminals: Terminals) -> Terminals:
    """Terminals without their cells that do not conduct; one node per short circuit."""
    node = circuit.node.ravel()
    out, off = {}, []
    for name, cells in terminals.items():
        kept = cells[node[cells]]
        if kept.size == 0:
            off.append(name)
            continue
        out[name] = circuit.distinct(kept)
    if off:
        raise QuantityError(
            f"points: found {off[:5]} where nothing conducts (missing or a barrier); move them or leave them out"
        )
    return out


def regions_of(points: Any) -> dict[int, NDArray[np.intp]]:
    """Flat cells of each number above 0 of an array; nothing where points are a list of places."""
    if not isinstance(points, np.ndarray | xr.DataArray):
        return {}
    flat = np.nan_to_num(np.asarray(points, np.float64)).ravel().astype(np.int64)
    where = np.flatnonzero(flat > 0)
    order = np.argsort(flat[where], kind="stable")
    numbers, first = np.unique(flat[where][order], return_index=True)
    return {
        int(n): group for n, group in zip(numbers, np.split(where[order], first[1:]), strict=True)
    }


def _united(
    resistance: Landscape,
    points: Any,
    short_circuits: Any,
    conductance: bool,
    four_neighbours: bool,
    mean_resistance: bool,
    solver: str,
    precision: str,
) -> Regions | None:
    """Points of several cells, where there are any: each one node in its own pairs."""
    cells = {} if isinstance(resistance, pd.DataFrame) else regions_of(points)
    if all(c.size == 1 for c in cells.values()):
        return None

    def landscape(group: Any) -> Lattice:
        found: Lattice = circuit_of(
            resistance, conductance, four_neighbours, mean_resistance, group, solver, precision
        )
        return found

    return Regions(cells, _numbers(short_circuits), landscape)


def _numbers(group: Any) -> NDArray[np.int64] | None:
    return None if group is None else np.nan_to_num(np.asarray(group, np.float64)).astype(np.int64)


def _merged(group: Any, points: Any) -> NDArray[np.int64] | None:
    """Short circuits and points of several cells as one set of groups, where both lie on one landscape."""
    bound = _numbers(group)
    cells = [c for c in regions_of(points).values() if c.size > 1]
    if not cells or (bound is not None and bound.shape != np.shape(points)):
        return bound
    return joined_groups(np.shape(points), bound, cells)


def _field(circuit: Any, values: Any, name: str) -> NDArray[np.float64]:
    out = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=np.inf)
    if out.shape != circuit.shape:
        raise QuantityError(f"{name}: found shape {out.shape}; expected {circuit.shape}")
    return out


def _known(pairs: Iterable[tuple[Any, Any]], names: Mapping[Any, int]) -> list[tuple[Any, Any]]:
    out = list(pairs)
    unknown = [n for pair in out for n in pair if n not in names]
    if unknown:
        raise QuantityError(f"pairs: found {unknown[:5]}, which are no points")
    return out
