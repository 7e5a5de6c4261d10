"""A map of classes, its patches and its adjacencies, in FRAGSTATS' conventions.

Patches hold together by corners as well (8 neighbours) unless asked otherwise. A patch's perimeter counts all its cell sides, those
at the rim of the landscape too; edge totals (TE, ED, IJI, CONTAG's adjacencies) leave the rim and missing cells out; LSI, NLSI, PLADJ,
CLUMPY and contrasts count them, as the manual has it. Adjacencies are counted twice for PLADJ, CLUMPY and CONTAG, once for AI. Distances
between patches run between centres of cells. SHAPE and LSI divide by the least perimeter that so many cells can have. Two of the program's
own, which its tables show and its manual does not say: CIRCLE takes the greatest distance between corners of a patch for the diameter and
is 0 for a single cell, and GYRATE is half a cell for a single cell.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from shanshui.core.errors import QuantityError
from shanshui.pattern.compactness import (
    clumpy,
    contagion,
    farthest,
    fractal_dimension,
    interspersion,
    least_edge,
    most_alike,
    most_edge,
)

_TEMPLATE = np.array([[1, 2, 1], [2, 1, 2], [1, 2, 1]])
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
_SMALL = 64
_NEIGHBOURS = 24
DISTRIBUTED = ("area", "gyrate", "shape", "frac", "para", "circle", "contig", "core", "cai", "enn")
"""Patch metrics that are also given as mean, area-weighted mean, standard deviation and coefficient of variation."""


class Landscape:
    """A map of classes, its patches and its adjacencies.

    Parameters
    ----------
    codes : (y, x) array of int
        Classes; cells that are not ``known`` are missing.
    known : (y, x) array of bool
        Cells of the landscape.
    cell : float [m]
        Side of a cell.
    directions : int
        8 or 4: how cells of a patch hold together.
    edge_depth : int [cell]
        Cells less deep than this are no core; the rim of the landscape is an edge.
    """

    def __init__(
        self,
        codes: NDArray[np.integer],
        known: NDArray[np.bool_],
        cell: float,
        directions: int = 8,
        edge_depth: int = 1,
    ) -> None:
        if directions not in (4, 8):
            raise QuantityError(f"directions: found {directions}; expected 4 or 8")
        if not known.any():
            raise QuantityError("landscape: found no known cell")
        self.cell, self.edge_depth = cell, edge_depth
        self.classes = np.unique(codes[known])
        place = np.searchsorted(self.classes, codes)
        self.place = np.pad(
            np.where(known, np.minimum(place, self.classes.size - 1), -1), 1, constant_values=-1
        )
        self.structure = np.ones((3, 3)) if directions == 8 else None
        self.label = np.zeros(self.place.shape, np.int64)
        owner = [np.empty(0, np.int64)]
        for k in range(self.classes.size):
            found, count = ndimage.label(self.place == k, self.structure)
            self.label += np.where(found > 0, found + sum(o.size for o in owner), 0)
            owner.append(np.full(count, k))
        self.owner = np.concatenate(owner)
        self.cells = np.bincount(self.label.ravel(), minlength=self.patches + 1)[1:]
        self.adjacency = self._adjacency()
        self.cores = self._cores()

    @property
    def patches(self) -> int:
        """Number of patches."""
        return int(self.owner.size)

    @property
    def total(self) -> int:
        """Cells of the landscape."""
        return int(self.cells.sum())

    def _adjacency(self) -> NDArray[np.int64]:
        """Cell sides between classes, both ways; the last column is the rim and missing cells."""
        m = self.classes.size
        out = np.zeros((m + 1, m + 1), np.int64)
        for a, b in (
            (self.place[:, :-1], self.place[:, 1:]),
            (self.place[:-1], self.place[1:]),
        ):
            code = (a.ravel() % (m + 1)) * (m + 1) + b.ravel() % (m + 1)
            both = np.bincount(code, minlength=(m + 1) ** 2).reshape(m + 1, m + 1)
            out += both + both.T
        return out[:m]

    def patch_table(self) -> pd.DataFrame:
        """Metrics of each patch; index from 1."""
        side, n = self.cell, self.patches
        numbers = np.arange(1, n + 1)
        sides = self.side_sums()
        perimeter = sides * side
        area = self.cells * side**2
        core_cells = np.bincount(self.cores["patch"], self.cores["cells"], n + 1)[1:]
        frame = pd.DataFrame(
            {"class": self.classes[self.owner], "area": area / 1e4, "perim": perimeter},
            index=pd.Index(numbers, name="patch"),
        )
        frame["para"] = perimeter / area
        frame["shape"] = sides / np.array([least_edge(int(c)) for c in self.cells])
        with np.errstate(divide="ignore", invalid="ignore"):
            frac = 2.0 * np.log(0.25 * perimeter) / np.log(area)
        frame["frac"] = np.where(self.cells == 1, 1.0, frac)
        frame["gyrate"] = self._gyration() * side
        frame["circle"] = self._circles()
        frame["contig"] = self._contiguity()
        frame["core"] = core_cells * side**2 / 1e4
        frame["nca"] = np.bincount(self.cores["patch"], minlength=n + 1)[1:]
        frame["cai"] = 100.0 * core_cells / self.cells
        frame["enn"] = self._nearest() * side
        return frame

    def side_sums(self, weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Sides around each patch, weighted by the classes on both (rows and columns by place, the last is the rim); 1 each without weights."""
        sums = np.zeros(self.patches + 1)
        pairs = (np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])
        for here, there in pairs:
            differ = self.label[here] != self.label[there]
            one = self.place[here][differ], self.place[there][differ]
            heavy = None if weight is None else weight[one]
            for way in (here, there):
                sums += np.bincount(self.label[way][differ], heavy, self.patches + 1)
        return sums[1:]

    def _cores(self) -> pd.DataFrame:
        """Disjunct cores: ``patch``, ``class`` and ``cells`` of each."""
        core = self._core()
        label, count = ndimage.label(core, self.structure) if core.any() else (core, 0)
        owner = np.zeros(count + 1, np.int64)
        owner[label[core]] = self.label[core]
        cells = np.bincount(label[core].astype(np.int64), minlength=count + 1)[1:]
        classes = self.classes[self.owner[owner[1:] - 1]]
        return pd.DataFrame({"patch": owner[1:], "class": classes, "cells": cells})

    def _core(self) -> NDArray[np.bool_]:
        """Cells of a patch whose sides meet nothing else, ``edge_depth`` times over."""
        depth = self.label.copy()
        for _ in range(self.edge_depth):
            low = ndimage.minimum_filter(depth, footprint=_CROSS, mode="constant")
            high = ndimage.maximum_filter(depth, footprint=_CROSS, mode="constant")
            depth = np.where((low == depth) & (high == depth), depth, 0)
        return np.asarray(depth > 0, np.bool_)

    def _gyration(self) -> NDArray[np.float64]:
        rows, cols = np.nonzero(self.label)
        number = self.label[rows, cols] - 1
        y = np.bincount(number, rows) / self.cells
        x = np.bincount(number, cols) / self.cells
        away = np.hypot(rows - y[number], cols - x[number])
        return np.where(self.cells == 1, 0.5, np.bincount(number, away) / self.cells)

    def _contiguity(self) -> NDArray[np.float64]:
        total = np.zeros(self.label.shape)
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                same = np.roll(self.label, (-di, -dj), (0, 1)) == self.label
                total += _TEMPLATE[di + 1, dj + 1] * same
        summed = np.bincount(self.label.ravel(), total.ravel(), self.patches + 1)[1:]
        return np.asarray((summed / self.cells - 1.0) / (_TEMPLATE.sum() - 1.0))

    def _circles(self) -> NDArray[np.float64]:
        """One less area over that of the circle whose diameter is the greatest distance between corners; 0 for one cell."""
        out = np.zeros(self.patches)
        seen: dict[tuple[tuple[int, ...], bytes], float] = {}
        for k, window in enumerate(ndimage.find_objects(self.label)):
            shape = self.label[window] == k + 1
            key = (shape.shape, shape.tobytes())
            across = seen.get(key)
            if self.cells[k] == 1:
                continue
            if across is None:
                rows, cols = np.nonzero(shape)
                corners = np.unique(
                    np.concatenate(
                        [np.column_stack([rows + a, cols + b]) for a in (0, 1) for b in (0, 1)]
                    ),
                    axis=0,
                ).astype(np.float64)
                across = farthest(corners)
                if shape.size <= _SMALL:  # small patches have few shapes
                    seen[key] = across
            out[k] = 1.0 - 4.0 * self.cells[k] / (np.pi * across**2)
        return out

    def _nearest(self) -> NDArray[np.float64]:
        """Cells to the nearest patch of the same class, between centres; NaN for the only one."""
        out = np.full(self.patches, np.nan)
        inner = ndimage.minimum_filter(self.label, size=3) == ndimage.maximum_filter(
            self.label, size=3
        )
        boxes: list[Any] = []
        for k in range(self.classes.size):
            members = np.flatnonzero(self.owner == k)
            if members.size < 2:
                continue
            cells = np.argwhere((self.place == k) & ~inner)
            patch = self.label[cells[:, 0], cells[:, 1]] - 1
            many = min(_NEIGHBOURS, len(cells))
            away, near = cKDTree(cells).query(cells, k=many)
            other = patch[near] != patch[:, None]
            first = other.argmax(axis=1)
            met = other.any(axis=1)
            rows = np.arange(len(cells))
            # a cell that met none knows at least that its nearest lies beyond all those it asked
            bound = np.where(met, away[rows, first], away[:, -1])
            best = np.full(self.patches, np.inf)
            np.minimum.at(best, patch[met], bound[met])
            least = np.full(self.patches, np.inf)
            np.minimum.at(least, patch[~met], bound[~met])
            out[members] = best[members]
            open_ones = members[best[members] > least[members]]
            if open_ones.size:
                boxes = boxes or ndimage.find_objects(self.label)
                self._by_boxes(open_ones, members, cells, patch, boxes, out)
        return out

    def _by_boxes(
        self,
        wanted: NDArray[np.intp],
        members: NDArray[np.intp],
        cells: NDArray[np.intp],
        patch: NDArray[np.integer],
        boxes: list[Any],
        out: NDArray[np.float64],
    ) -> None:
        """Distance of a few patches to the nearest of their class, nearest boxes first."""
        order = np.argsort(patch, kind="stable")
        starts = np.searchsorted(patch[order], members)
        stops = np.searchsorted(patch[order], members, side="right")
        low = np.array([[boxes[m][0].start, boxes[m][1].start] for m in members])
        high = np.array([[boxes[m][0].stop - 1, boxes[m][1].stop - 1] for m in members])
        for p in wanted:
            own = int(np.searchsorted(members, p))
            gap = np.maximum(np.maximum(low - high[own], low[own] - high), 0)
            bound = np.hypot(gap[:, 0], gap[:, 1])
            bound[own] = np.inf
            tree = cKDTree(cells[order[starts[own] : stops[own]]])
            best = np.inf
            for q in np.argsort(bound, kind="stable"):
                if bound[q] >= best:
                    break
                near, _ = tree.query(cells[order[starts[q] : stops[q]]], distance_upper_bound=best)
                best = min(best, float(near.min()))
            out[p] = best

    def class_table(self, patches: pd.DataFrame | None = None) -> pd.DataFrame:
        """Metrics of each class; index is its code."""
        patches = self.patch_table() if patches is None else patches
        total_m2 = self.total * self.cell**2
        rows = {}
        for k, code in enumerate(self.classes):
            own = patches[patches["class"] == code]
            cells = int(self.cells[self.owner == k].sum())
            row = self._shared(own, self.cores[self.cores["class"] == code], total_m2)
            row["ca"] = cells * self.cell**2 / 1e4
            row["pland"] = 100.0 * cells / self.total
            adjacent = self.adjacency[k]
            edges = np.delete(adjacent[:-1], k)
            row["te"] = edges.sum() * self.cell
            row["ed"] = row["te"] / total_m2 * 1e4
            around, least = int(adjacent.sum() - adjacent[k]), least_edge(cells)
            row["lsi"] = around / least
            most = most_edge(cells, self.total, self.rim_cells, int(self.adjacency[:, -1].sum()))
            row["nlsi"] = (around - least) / (most - least) if most > least else np.nan
            alike, sides = adjacent[k] / 2.0, float(adjacent.sum())
            densest = most_alike(cells)
            row["ai"] = 100.0 * alike / densest if densest else np.nan
            row["pladj"] = 100.0 * adjacent[k] / sides
            row["clumpy"] = clumpy(adjacent[k], sides, cells, cells / self.total)
            row["iji"] = interspersion(edges, self.classes.size)
            row["cohesion"] = self._cohesion(own)
            rows[int(code)] = row
        frame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index.name = "class"
        return frame

    def landscape_row(self, patches: pd.DataFrame | None = None) -> dict[str, float]:
        """Metrics of the whole."""
        patches = self.patch_table() if patches is None else patches
        m, total_m2 = self.classes.size, self.total * self.cell**2
        out = self._shared(patches, self.cores, total_m2)
        within = self.adjacency[:, :m]
        out["ta"] = total_m2 / 1e4
        between = (within.sum() - np.trace(within)) / 2.0
        out["te"] = between * self.cell
        out["ed"] = out["te"] / total_m2 * 1e4
        rim = float(self.adjacency[:, m].sum())
        out["lsi"] = (between + rim) / least_edge(self.total)
        share = np.bincount(self.owner, self.cells, m) / self.total
        alike = np.diag(within)
        out["pladj"] = 100.0 * alike.sum() / float(self.adjacency.sum())
        most = np.array([most_alike(int(c)) for c in np.bincount(self.owner, self.cells, m)])
        each = np.divide(alike / 2.0, most, out=np.zeros(m), where=most > 0)
        out["ai"] = 100.0 * float((each * share).sum())
        out["contag"] = contagion(within, share)
        upper = within[np.triu_indices(m, 1)].astype(np.float64)
        e = upper[upper > 0] / upper.sum() if upper.sum() else np.empty(0)
        ways = np.log(0.5 * m * (m - 1)) if m > 2 else np.nan
        out["iji"] = 100.0 * float(-(e * np.log(e)).sum()) / ways
        out["cohesion"] = self._cohesion(patches)
        out["pr"] = float(m)
        out["prd"] = m / total_m2 * 1e6
        simpson = 1.0 - float((share**2).sum())
        out["shdi"] = float(-(share * np.log(share)).sum())
        out["sidi"], out["msidi"] = simpson, float(-np.log((share**2).sum()))
        out["shei"] = out["shdi"] / np.log(m) if m > 1 else 0.0
        out["siei"] = simpson / (1.0 - 1.0 / m) if m > 1 else 0.0
        out["msiei"] = out["msidi"] / np.log(m) if m > 1 else 0.0
        return out

    @property
    def rim_cells(self) -> int:
        """Cells with a side at the rim of the landscape."""
        known = self.place >= 0
        return int((known & ~ndimage.binary_erosion(known, _CROSS)).sum())

    def _shared(
        self, patches: pd.DataFrame, cores: pd.DataFrame, total_m2: float
    ) -> dict[str, float]:
        """What classes and landscapes have alike."""
        area = patches["area"] * 1e4
        out = {
            "np": float(len(patches)),
            "pd": len(patches) / total_m2 * 1e6,
            "lpi": 100.0 * float(area.max()) / total_m2,
            "tca": float(patches["core"].sum()),
            "cpland": 100.0 * float(patches["core"].sum()) * 1e4 / total_m2,
            "ndca": float(len(cores)),
            "dcad": len(cores) / total_m2 * 1e6,
            "division": 1.0 - float(((area / total_m2) ** 2).sum()),
            "mesh": float((area**2).sum()) / total_m2 / 1e4,
            "split": total_m2**2 / float((area**2).sum()),
            "pafrac": fractal_dimension(patches["perim"].to_numpy(), area.to_numpy()),
        }
        for name in DISTRIBUTED:
            out |= distribution(name, patches[name], patches["area"])
        disjunct = cores["cells"] * self.cell**2 / 1e4
        return out | distribution("dcore", disjunct, disjunct)

    def _cohesion(self, patches: pd.DataFrame) -> float:
        sides = patches["perim"] / self.cell
        root = np.sqrt(patches["area"] * 1e4) / self.cell
        if self.total == 1:
            return 0.0
        joined = 1.0 - float(sides.sum()) / float((sides * root).sum())
        return 100.0 * joined / (1.0 - 1.0 / np.sqrt(self.total))


def distribution(name: str, values: pd.Series, weight: pd.Series) -> dict[str, float]:
    """Mean, mean by weight, standard deviation and coefficient of variation [%] of the values that are known; NaN without any."""
    values = values.dropna()
    heavy = weight.loc[values.index]
    mean = float(values.mean()) if len(values) else np.nan
    spread = float(values.std(ddof=0)) if len(values) else np.nan
    weighted = float((values * heavy).sum() / heavy.sum()) if len(values) else np.nan
    return {
        f"{name}_mn": mean,
        f"{name}_am": weighted,
        f"{name}_sd": spread,
        f"{name}_cv": 100.0 * spread / mean if mean else np.nan,
    }
