"""The files of a circuit job: landscapes, focal nodes, pairs, strengths, networks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.flow.estimate import memory_limit
from shanshui.study.circuitscape.ascii_grid import Raster, is_raster, read_raster
from shanshui.study.circuitscape.packed import text_of

Remark = Callable[[str], None]
_LARGEST = 2**53
"""Largest number up to which every whole one is itself."""


@dataclass(frozen=True)
class Pairs:
    """Which pairs are solved.

    Attributes
    ----------
    listed : set of (int, int)
        The smaller first.
    include : bool
        Whether the listed ones are solved, or all others.
    named : frozenset of int
        Focal nodes that the file names; where pairs are included, the others take no part.
    """

    listed: frozenset[tuple[int, int]]
    include: bool
    named: frozenset[int] = frozenset()

    def solved(self, a: int, b: int) -> bool:
        """Whether a pair is solved."""
        return ((min(a, b), max(a, b)) in self.listed) == self.include


def table(path: Path, columns: int, what: str, *, more: bool = False) -> NDArray[np.float64]:
    """Numbers of a text file, separated by blanks, tabs or commas.

    Parameters
    ----------
    path : Path
        Text, gzipped or not.
    columns : int
        How many every row has.
    what : str
        What a row is, for messages.
    more : bool
        Further columns are allowed and left out.

    Returns
    -------
    (row, column) array
        Rows in the order of the file.

    Raises
    ------
    DataError
        Rows of another length, words that are no numbers, no rows.
    """
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < columns or (len(words) > columns and not more):
            raise DataError(
                f"{path}: line {number}: found {len(words)} value(s), expected {columns}: {what}"
            )
        try:
            rows.append([float(w) for w in words[:columns]])
        except ValueError as error:
            raise DataError(
                f"{path}: line {number}: '{line.strip()[:60]}' is not {what}"
            ) from error
    if not rows:
        raise DataError(f"{path}: is empty; expected rows of {what}")
    return np.array(rows)


def new_values(path: Path) -> list[tuple[float, float]]:
    """Rows of a table of old and new values; a new value ``missing`` takes the cells out.

    Raises
    ------
    DataError
        Rows that are no two numbers.
    """
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            old, new = (word.strip("\"'").lower() for word in words)
            rows.append((float(old), np.nan if new == "missing" else float(new)))
        except ValueError as error:
            raise DataError(
                f"{path}: line {number}: '{line.strip()[:60]}' is no old value (a number) and new one (a number or missing)"
            ) from error
    if not rows:
        raise DataError(f"{path}: is empty; expected rows of old and new value")
    return rows


def whole(path: Path, values: NDArray[np.float64], what: str) -> NDArray[np.int64]:
    """Whole numbers.

    Raises
    ------
    DataError
        Others.
    """
    with np.errstate(invalid="ignore"):
        bad = values[(values != np.floor(values)) | (np.abs(values) > _LARGEST)]
    if bad.size:
        raise DataError(f"{path}: {what}: found {bad.flat[0]:g}; expected whole numbers")
    return values.astype(np.int64)


def matching(path: Path, base: Path, like: Raster) -> Raster:
    """Read a grid that must lie on the landscape.

    Raises
    ------
    DataError
        It does not.
    """
    other = read_raster(path, memory_limit())
    differs = like.same_place(other)
    if differs:
        raise DataError(
            f"{path}: {differs} as in {base}; resample one of them: grids of a job must lie on each other"
        )
    return other


def focal_cells(
    path: Path, base: Path, like: Raster, remark: Remark
) -> dict[int, NDArray[np.intp]]:
    """Cells of each focal node: from a grid of numbers, or a list of number, x and y.

    Parameters
    ----------
    path : Path
        Grid or list.
    base : Path
        The landscape's file, for messages.
    like : Raster
        The landscape.
    remark : function
        Told of nodes that share a cell, and of numbers that name none.

    Returns
    -------
    dict of int to array of int
        Flat cells; several where a number stands more than once, and one cell may be of several nodes.

    Raises
    ------
    DataError
        Places outside, fewer than two nodes.
    """
    found: dict[int, list[int]] = {}
    if is_raster(path):
        grid = matching(path, base, like).values
        numbers = whole(
            path, np.where(np.isnan(grid) | (grid <= 0), 0, grid), "focal nodes"
        ).ravel()
        where = np.flatnonzero(numbers)
        for cell, name in zip(where.tolist(), numbers[where].tolist(), strict=True):
            found.setdefault(name, []).append(cell)
    else:
        found = _listed(path, base, like, remark)
    if len(found) < 2:
        raise DataError(f"{path}: found {len(found)} focal node(s); expected at least two")
    return {name: np.array(cells, np.intp) for name, cells in sorted(found.items())}


def _listed(path: Path, base: Path, like: Raster, remark: Remark) -> dict[int, list[int]]:
    """Cells of each focal node of a list."""
    rows = table(path, 3, "number, x and y of a focal node", more=True)
    names = whole(path, rows[:, 0], "numbers of focal nodes")
    found: dict[int, list[int]] = {}
    holds: dict[int, list[int]] = {}
    none: list[int] = []
    for name, x, y in zip(names.tolist(), rows[:, 1], rows[:, 2], strict=True):
        if name <= 0:
            none.append(name)
            continue
        place = like.cell_at(x, y)
        if place is None:
            raise DataError(f"{path}: focal node {name} at {x:g}, {y:g} lies outside {base}")
        cell = place[0] * like.values.shape[1] + place[1]
        if cell not in found.setdefault(name, []):
            found[name].append(cell)
            holds.setdefault(cell, []).append(name)
    if none:
        remark(f"{path}: left out {_few(none)}: focal nodes have numbers above 0")
    for shared in holds.values():
        if len(shared) > 1:
            remark(
                f"focal nodes {', '.join(map(str, sorted(shared)))} fall into one cell: resistance 0 and no current between them"
            )
    return found


def _few(names: Iterable[int]) -> str:
    """Some of many numbers, in words."""
    numbers = list(names)
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return ", ".join(map(str, numbers[:8])) + more


def cell_values(path: Path, base: Path, like: Raster, what: str) -> NDArray[np.float64]:
    """Values of cells: from a grid, or a list of value, x and y; NaN where none is given."""
    if is_raster(path):
        return matching(path, base, like).values
    out = np.full(like.values.shape, np.nan)
    for value, x, y in table(path, 3, f"value, x and y of a {what}", more=True):
        place = like.cell_at(x, y)
        if place is None:
            raise DataError(f"{path}: the {what} at {x:g}, {y:g} lies outside {base}")
        if not np.isfinite(value):
            raise DataError(
                f"{path}: the {what} at {x:g}, {y:g} is {value:g}; expected a finite number"
            )
        out[place] = value if np.isnan(out[place]) or what == "ground" else out[place] + value
    return out


def read_pairs(path: Path, names: Iterable[int], remark: Remark) -> Pairs:
    """Pairs to solve or to leave out: a list under ``mode include|exclude``, or a matrix under ``min`` and ``max``.

    Parameters
    ----------
    path : Path
        The file.
    names : iterable of int
        Focal nodes that are there; pairs of others are left out.
    remark : function
        Told which those are.

    Returns
    -------
    Pairs
        Among the nodes that are there.

    Raises
    ------
    DataError
        Neither form, or none of the nodes is there.
    """
    known = set(names)
    lines = [line.split() for line in text_of(path).splitlines() if line.strip()]
    head = [w.lower() for w in lines[0]] if lines else []
    ids: list[int] = []
    try:
        if head[:1] == ["mode"] and head[1:] in (["include"], ["exclude"]):
            listed = [(int(float(a)), int(float(b))) for a, b in lines[1:]]
            include = head[1] == "include"
        elif head[:1] == ["min"] and lines[1][0].lower() == "max":
            low, high = float(lines[0][1]), float(lines[1][1])
            ids = [int(float(w)) for w in lines[2]][1:]
            include, listed = True, []
            for row in lines[3:]:
                a = int(float(row[0]))
                if len(row) != len(ids) + 1:
                    raise ValueError(f"row {a} has {len(row)} values, expected {len(ids) + 1}")
                listed += [
                    (a, b)
                    for b, value in zip(ids, row[1:], strict=True)
                    if a != b and low <= float(value) <= high
                ]
        else:
            raise ValueError("expected 'mode include', 'mode exclude', or 'min' and 'max' on top")
    except (ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{path}: not a file of pairs: {str(error)[:200]}") from error
    named = {n for pair in listed for n in pair} | set(ids)
    unknown = sorted(named - known)
    if unknown:
        remark(f"{path}: focal node(s) {_few(unknown)} are no focal nodes of this job: left out")
    if include and len(named & known) < 2:
        raise DataError(
            f"{path}: names {len(named & known)} focal node(s) that are there; expected two or more of {_few(sorted(known))}"
        )
    there = [(a, b) for a, b in listed if a in known and b in known]
    return Pairs(frozenset((min(p), max(p)) for p in there), include, frozenset(named & known))


def read_strengths(path: Path, names: Iterable[int], remark: Remark) -> dict[int, float]:
    """Strength of each focal node that has one.

    Parameters
    ----------
    path : Path
        Rows of focal node and strength [ampere].
    names : iterable of int
        Focal nodes that are there; others are left out.
    remark : function
        Told which those are.

    Returns
    -------
    dict of int to float [ampere]
        Of the nodes that are there.

    Raises
    ------
    DataError
        A node with two strengths, a strength that is not finite.
    """
    rows = table(path, 2, "focal node and strength")
    ids = whole(path, rows[:, 0], "focal nodes").tolist()
    if not np.isfinite(rows[:, 1]).all():
        raise DataError(f"{path}: a strength is not finite; expected numbers")
    out: dict[int, float] = {}
    for name, strength in zip(ids, rows[:, 1].tolist(), strict=True):
        if out.setdefault(name, strength) != strength:
            raise DataError(
                f"{path}: gives focal node {name} twice, as {out[name]:g} and {strength:g}; keep one"
            )
    known = set(names)
    unknown = sorted(set(ids) - known)
    if unknown:
        remark(f"{path}: focal node(s) {_few(unknown)} are no focal nodes of this job: left out")
    return {name: strength for name, strength in out.items() if name in known}


def read_network(
    path: Path, conductance_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]]:
    """Names of nodes, ends of edges as places among them, conductances."""
    rows = table(path, 3, "two nodes and the value of their edge")
    ends = whole(path, rows[:, :2], "nodes")
    names, place = np.unique(ends, return_inverse=True)
    return names, place.reshape(ends.shape), conductance_of(rows[:, 2])


def node_values(path: Path, names: NDArray[np.int64], what: str) -> NDArray[np.float64]:
    """Value of each node of a network; NaN where none is given."""
    rows = table(path, 2, f"node and {what}")
    ids = whole(path, rows[:, 0], "nodes")
    place = _places(path, ids, names)
    out = np.full(names.size, np.nan)
    out[place] = rows[:, 1]
    return out


def focal_nodes(path: Path, names: NDArray[np.int64]) -> dict[int, NDArray[np.intp]]:
    """Place of each focal node of a network."""
    ids = whole(path, table(path, 1, "a focal node", more=True)[:, 0], "focal nodes")
    twice, count = np.unique(ids, return_counts=True)
    if (count > 1).any():
        raise DataError(f"{path}: gives focal nodes {twice[count > 1][:8].tolist()} twice")
    if ids.size < 2:
        raise DataError(f"{path}: found {ids.size} focal node(s); expected at least two")
    place = _places(path, ids, names)
    return {int(i): np.array([p], np.intp) for i, p in sorted(zip(ids, place, strict=True))}


def _places(path: Path, ids: NDArray[np.int64], names: NDArray[np.int64]) -> NDArray[np.intp]:
    place = np.minimum(np.searchsorted(names, ids), names.size - 1)
    missing = ids[names[place] != ids]
    if missing.size:
        raise DataError(
            f"{path}: names node(s) {', '.join(map(str, missing[:8]))}, which no edge touches"
        )
    return place
