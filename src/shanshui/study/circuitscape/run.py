"""Run a Circuitscape job and write what its users expect, under the names they expect."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError, QuantityError, ResourceError
from shanshui.flow.estimate import memory_limit
from shanshui.pattern.circuit.lattice import DIRECT_CELLS, Lattice
from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import (
    Answer,
    Fields,
    advanced,
    all_to_one,
    one_to_all,
    pairwise,
)
from shanshui.pattern.circuit.questions import conductances, merged_regions
from shanshui.store.ascii_grid import read_raster, write_raster
from shanshui.study.circuitscape.inputs import (
    Pairs,
    cell_values,
    focal_cells,
    focal_nodes,
    matching,
    node_values,
    read_network,
    read_pairs,
    read_strengths,
    table,
    whole,
)
from shanshui.study.circuitscape.options import Job, described, read_job

Tell = Callable[[str, int, int], None]
_KEEP_ON_DISK = 5_000_000
"""Cells times focal nodes above which solved fields are files that a later run takes up [D]."""
_BYTES_MULTIGRID = 150
_BYTES_DIRECT = 2000
_SECONDS_PER_CELL = 3e-7
"""Of one solve on one machine of two cores [D], measured on rough landscapes; see benchmarks/RESULTS.md."""
_SOLVERS = {
    "cg+amg": "auto",
    "cholmod": "auto",
    "mklpardiso": "auto",
    "accelerate": "auto",
    "": "auto",
}


@dataclass
class Outcome:
    """What a job left.

    Attributes
    ----------
    files : list of Path
        Written, in order.
    residual : float [1]
        The greatest relative residual.
    remarks : list of str
        What the user should know: pairs without a way, options without effect.
    seconds : float [s]
        How long it took.
    """

    files: list[Path] = field(default_factory=list)
    residual: float = 0.0
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_job(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
) -> Outcome:
    """Run a job.

    Parameters
    ----------
    path : Path
        Circuitscape's ``.ini``.
    out : Path, optional
        Folder for the results.
    solver, precision : str, optional
        Over the job's own.
    tell : callable, optional
        Told what is done, how much and of how much.

    Returns
    -------
    Outcome
        Files and remarks.

    Raises
    ------
    DataError
        A job or a file that is not as it must be.
    ResourceError
        More memory than there is; a solution that did not converge.
    """
    began = time.perf_counter()
    job = read_job(path, out)
    choices = dict(job.choices)
    if solver is not None:
        choices["solver"] = solver
    if precision is not None:
        choices["precision"] = precision
    choices["solver"] = _SOLVERS.get(choices["solver"], choices["solver"])
    job = replace(job, choices=choices)
    outcome = Outcome()
    for key in job.idle:
        if key in ("parallelize", "low_memory_mode", "max_parallel", "cholmod_batch_size"):
            outcome.remarks.append(f"{key}: has no effect here; results do not depend on it")
    kind: type[_RasterJob | _NetworkJob] = (
        _RasterJob if choices["data_type"] == "raster" else _NetworkJob
    )
    try:
        work = kind(job, outcome, tell or (lambda *_: None))
    except QuantityError as error:
        raise DataError(f"{job.files['habitat_file']}: {error}") from error
    work.run()
    outcome.seconds = time.perf_counter() - began
    return outcome


class _Work:
    """What both kinds of job share: the order of questions, sums of currents, tables of resistance."""

    circuit: Any
    terminals: Mapping[int, NDArray[np.intp]]

    def __init__(self, job: Job, outcome: Outcome, tell: Tell) -> None:
        self.job, self.outcome, self.tell = job, outcome, tell
        self.flags = job.flags
        self.scenario = job.choices["scenario"]
        self.pairs: Pairs | None = None
        self.strength: dict[int, float] = {}
        job.output.parent.mkdir(parents=True, exist_ok=True)

    def place(self, ending: str) -> Path:
        return self.job.output.with_name(self.job.output.name + ending)

    def wrote(self, path: Path) -> None:
        self.outcome.files.append(path)

    def extras(self) -> None:
        """Pairs and strengths, once the focal nodes are known."""
        files = self.job.files
        if "included_pairs_file" in files:
            self.pairs = read_pairs(files["included_pairs_file"], self.terminals)
        if "variable_source_file" in files:
            self.strength = read_strengths(files["variable_source_file"], self.terminals)

    def estimate(self) -> None:
        """Say what the job will take, and refuse what cannot be held."""
        size = self.circuit.size
        count = 1 if self.scenario == "advanced" else len(self.terminals)
        solver = getattr(self.circuit, "solver", "direct")
        each = _BYTES_MULTIGRID if solver == "multigrid" else _BYTES_DIRECT
        memory = size * each / 2**30
        seconds = count * size * _SECONDS_PER_CELL
        self.tell(
            f"{size} nodes, {count} solution(s) by {solver}: about {memory:.2g} GiB, {seconds:.2g} s",
            0,
            0,
        )
        if memory > memory_limit() / 2**30 and size > DIRECT_CELLS:
            raise ResourceError(
                f"{self.job.path}: {size} nodes need about {memory:.1f} GiB and "
                f"{memory_limit() / 2**30:.1f} GiB are free; take larger cells or solver 'multigrid'"
            )

    def fields(self) -> Fields:
        if self.circuit.size * max(len(self.terminals), 1) < _KEEP_ON_DISK:
            return Fields()
        key = hashlib.sha256(json.dumps(described(self.job), sort_keys=True).encode()).hexdigest()[
            :16
        ]
        folder = self.place(f"_unfinished_{key}")
        if folder.exists():
            done = len(list(folder.glob("*-*.npy")))
            self.outcome.remarks.append(f"took up an unfinished run: {done} solution(s) stood")
        folder.mkdir(exist_ok=True)
        return Fields(folder)

    def answers(self, fields: Fields) -> Iterator[Answer]:
        names = list(self.terminals)
        if self.scenario == "pairwise":
            solved = [
                p for p in combinations(names, 2) if self.pairs is None or self.pairs.solved(*p)
            ]
            self.questions = len(solved)
            yield from pairwise(self.circuit, self.terminals, solved, fields)
            return
        self.questions = len(names)

        def partners(name: int) -> list[int]:
            return [o for o in names if self.pairs is None or self.pairs.solved(name, o)]

        ask = one_to_all if self.scenario == "one-to-all" else all_to_one
        yield from ask(self.circuit, self.terminals, self.strength, partners, fields)

    def run(self) -> None:
        self.estimate()
        if self.scenario == "advanced":
            answer = self.advanced()
            self.outcome.residual = answer.residual
            self.write("", answer)
            return
        fields = self.fields()
        total = most = None
        table = {}
        maps = self.flags["write_cur_maps"] or self.flags["write_max_cur_maps"]
        for done, answer in enumerate(self.answers(fields), start=1):
            self.outcome.residual = max(self.outcome.residual, answer.residual)
            table[answer.name] = answer.resistance
            if np.isinf(answer.resistance):
                self.no_way(answer.name)
            if maps:
                now = self.current(answer)
                total = now if total is None else total + now
                if self.flags["write_max_cur_maps"]:
                    most = now if most is None else np.maximum(most, now)
                if self.flags["write_cur_maps"] and not self.flags["write_cum_cur_map_only"]:
                    self.write_current("_" + "_".join(map(str, answer.name)), now)
                self.branches(answer)
            if self.flags["write_volt_maps"]:
                self.write_voltage("_" + "_".join(map(str, answer.name)), answer.potential())
            self.tell("solved", done, self.questions)
        self.write_resistances(table)
        if total is not None and self.flags["write_cur_maps"]:
            self.write_total(total)
        if most is not None:
            self.write_most(most)
        if fields.folder is not None:
            shutil.rmtree(fields.folder)

    def no_way(self, name: tuple[int, ...]) -> None:
        said = f"no way between focal nodes {name[0]} and {name[1]}" if len(name) == 2 else ""
        said = said or f"no way from focal node {name[0]} to any other"
        self.outcome.remarks.append(said + ": resistance -1, no current")

    def write_resistances(self, table: Mapping[tuple[int, ...], float]) -> None:
        names = list(self.all_names())
        place = self.place("_resistances.out")

        def shown(value: float) -> str:
            return "-1" if not np.isfinite(value) else f"{value:.15g}"

        if self.scenario != "pairwise":
            lines = []
            for name in names:
                value = table.get((name,), np.inf)
                # all to one has no resistance of its own: 0 where it was solved
                lines.append(
                    f"{name} {'0' if self.solved_without(name, value, table) else shown(value)}"
                )
            place.write_text("\n".join(lines) + "\n")
            self.wrote(place)
            return
        both = {pair: v for (a, b), v in table.items() for pair in ((a, b), (b, a))}
        rows = [" ".join(map(str, [0, *names]))]
        for a in names:
            cells = ["0" if a == b else shown(both.get((a, b), np.inf)) for b in names]
            rows.append(" ".join([str(a), *cells]))
        place.write_text("\n".join(rows) + "\n")
        self.wrote(place)
        long = self.place("_resistances_3columns.out")
        long.write_text(
            "".join(
                f"{a} {b} {shown(both.get((a, b), np.inf))}\n" for a, b in combinations(names, 2)
            )
        )
        self.wrote(long)

    def solved_without(
        self, name: int, value: float, table: Mapping[tuple[int, ...], float]
    ) -> bool:
        return self.scenario == "all-to-one" and (name,) in table and name not in self.stranded()

    def stranded(self) -> set[int]:
        """Focal nodes that no other one reaches."""
        part = self.circuit.component.ravel()
        numbers = {name: int(part[nodes[0]]) for name, nodes in self.terminals.items()}
        counts: dict[int, int] = {}
        for number in numbers.values():
            counts[number] = counts.get(number, 0) + 1
        return {name for name, number in numbers.items() if counts[number] < 2}

    def all_names(self) -> list[int]:
        return list(self.terminals)

    def current(self, answer: Answer) -> NDArray[np.float64]:
        out = answer.current()
        if self.flags["set_focal_node_currents_to_zero"]:
            out = out.copy()
            for name in answer.name:
                out.ravel()[self.terminals[name]] = 0.0
        return out

    def write(self, ending: str, answer: Answer) -> None:
        if self.flags["write_cur_maps"] or self.scenario != "advanced":
            self.write_current(ending, answer.current())
            self.branches(answer)
        if self.flags["write_volt_maps"]:
            self.write_voltage(ending, answer.potential())

    def advanced(self) -> Answer:
        raise NotImplementedError

    def branches(self, answer: Answer) -> None:
        """Edges of networks; grids have none to write."""

    def write_current(self, ending: str, values: NDArray[np.float64]) -> None:
        raise NotImplementedError

    def write_voltage(self, ending: str, values: NDArray[np.float64]) -> None:
        raise NotImplementedError

    def write_total(self, values: NDArray[np.float64]) -> None:
        raise NotImplementedError

    def write_most(self, values: NDArray[np.float64]) -> None:
        raise NotImplementedError

    def grounds_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Conductances to ground from what the ground file holds."""
        given = ~np.isnan(values)
        if (values[given] < 0).any():
            raise DataError(
                f"{self.job.files['ground_file']}: found {values[given].min():g}; expected 0 or more"
            )
        if self.flags["ground_file_is_resistances"]:
            with np.errstate(divide="ignore"):
                out = np.where(given, 1.0 / np.where(given, values, 1.0), 0.0)
        else:
            out = np.where(given, values, 0.0)
        if self.flags["use_direct_grounds"]:
            out = np.where(out > 0, np.inf, 0.0)
        return out

    def sources_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.nan_to_num(values, nan=0.0)
        if self.flags["use_unit_currents"]:
            out = np.where(out != 0, 1.0, 0.0)
        return out

    def policy(self) -> str:
        return self.job.choices["remove_src_or_gnd"] or "keepall"


class _RasterJob(_Work):
    def __init__(self, job: Job, outcome: Outcome, tell: Tell) -> None:
        super().__init__(job, outcome, tell)
        base = job.files["habitat_file"]
        self.raster = read_raster(base)
        cell = self._habitat(base)
        group = None
        if "polygon_file" in job.files:
            grid = matching(job.files["polygon_file"], base, self.raster).values
            group = whole(
                job.files["polygon_file"], np.where(np.isnan(grid) | (grid < 0), 0, grid), "regions"
            )
        self.focal: dict[int, NDArray[np.intp]] = {}
        if self.scenario != "advanced":
            self.focal = focal_cells(job.files["point_file"], base, self.raster)
        merged = group
        if self.scenario in ("one-to-all", "all-to-one"):
            names = np.zeros(cell.shape, np.int64)
            for name, cells in self.focal.items():
                names.ravel()[cells] = name
            merged = merged_regions(group, names)
        self.circuit = Lattice(
            cell,
            merged,
            four_neighbours=self.flags["connect_four_neighbors_only"],
            mean_resistance=self.flags["connect_using_avg_resistances"],
            precision=np.float32 if job.choices["precision"] == "single" else np.float64,
            solver=job.choices["solver"],
        )
        self.terminals = self._terminals()
        self.extras()

    def _habitat(self, base: Path) -> NDArray[np.float64]:
        values = self.raster.values
        if "reclass_file" in self.job.files:
            rows = table(self.job.files["reclass_file"], 2, "old and new value")
            fresh = values.copy()
            for old, new in rows:
                fresh[values == old] = new
            values = fresh
        resistances = self.flags["habitat_map_is_resistances"]
        cell = conductances(values, not resistances, "resistance" if resistances else "conductance")
        if "mask_file" in self.job.files:
            mask = matching(self.job.files["mask_file"], base, self.raster).values
            cell = np.where(np.nan_to_num(mask) > 0, cell, 0.0)
            if not (cell > 0).any():
                raise DataError(f"{self.job.files['mask_file']}: leaves nothing that conducts")
        return cell

    def _terminals(self) -> dict[int, NDArray[np.intp]]:
        node, group = self.circuit.node.ravel(), self.circuit.group
        out = {}
        for name, cells in self.focal.items():
            kept = cells[node[cells]]
            if kept.size == 0:
                self.outcome.remarks.append(
                    f"focal node {name} lies where nothing conducts: resistance -1, no current"
                )
                continue
            if group is not None:
                bound = group.ravel()[kept]
                _, first = np.unique(bound[bound > 0], return_index=True)
                kept = np.sort(np.concatenate([kept[bound == 0], kept[bound > 0][first]]))
            if self.scenario != "pairwise":
                kept = kept[:1]
            out[name] = kept
        if self.focal and len(out) < 2:
            raise DataError(
                f"{self.job.files['point_file']}: found {len(out)} focal node(s) on ground that conducts; expected two"
            )
        return out

    def all_names(self) -> list[int]:
        return list(self.focal)

    def advanced(self) -> Answer:
        files, base = self.job.files, self.job.files["habitat_file"]
        sources = self.sources_of(cell_values(files["source_file"], base, self.raster, "source"))
        grounds = self.grounds_of(cell_values(files["ground_file"], base, self.raster, "ground"))
        if not (sources != 0).any():
            raise DataError(f"{files['source_file']}: found no source")
        if not (grounds > 0).any():
            raise DataError(f"{files['ground_file']}: found no ground")
        answer = advanced(self.circuit, sources, grounds, self.policy())
        if answer.residual == 0.0 and not answer.potential().any():
            self.outcome.remarks.append("no part of the landscape holds both a source and a ground")
        return answer

    def _write(self, ending: str, values: NDArray[np.float64]) -> None:
        flags = self.flags
        self.wrote(
            write_raster(
                self.place(ending + ".asc"),
                values,
                self.raster,
                tiff=flags["write_as_tif"],
                compress=flags["compress_grids"],
            )
        )

    def _shown(self, values: NDArray[np.float64], log: bool, hide: bool) -> NDArray[np.float64]:
        if log and self.flags["log_transform_maps"]:
            with np.errstate(divide="ignore"):
                values = np.where(values > 0, np.log10(np.where(values > 0, values, 1.0)), np.nan)
        return np.where(self.circuit.node, values, np.nan) if hide else values

    def write_current(self, ending: str, values: NDArray[np.float64]) -> None:
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_curmap" + ending, self._shown(values, True, hide))

    def write_voltage(self, ending: str, values: NDArray[np.float64]) -> None:
        hide = self.flags["set_null_voltages_to_nodata"]
        self._write("_voltmap" + ending, self._shown(values, False, hide))

    def write_total(self, values: NDArray[np.float64]) -> None:
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_cum_curmap", self._shown(values, True, hide))

    def write_most(self, values: NDArray[np.float64]) -> None:
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_max_curmap", self._shown(values, True, hide))


class _NetworkJob(_Work):
    def __init__(self, job: Job, outcome: Outcome, tell: Tell) -> None:
        super().__init__(job, outcome, tell)
        resistances = self.flags["habitat_map_is_resistances"]
        what = "resistance" if resistances else "conductance"
        self.names, ends, g = read_network(
            job.files["habitat_file"], lambda v: conductances(v, not resistances, what)
        )
        solver = job.choices["solver"]
        self.circuit = Links(
            self.names.size, ends[:, 0], ends[:, 1], g, "auto" if solver == "multigrid" else solver
        )
        self.terminals = {}
        if self.scenario != "advanced":
            self.terminals = focal_nodes(job.files["point_file"], self.names)
        self.extras()
        self.along: NDArray[np.float64] | None = None

    def advanced(self) -> Answer:
        files = self.job.files
        sources = self.sources_of(node_values(files["source_file"], self.names, "current"))
        grounds = self.grounds_of(node_values(files["ground_file"], self.names, "ground"))
        return advanced(self.circuit, sources, grounds, self.policy())

    def _nodes(self, ending: str, values: NDArray[np.float64]) -> None:
        place = self.place(ending + ".txt")
        place.write_text(
            "".join(f"{n}\t{v:.12g}\n" for n, v in zip(self.names, values, strict=True))
        )
        self.wrote(place)

    def _edges(self, ending: str, values: NDArray[np.float64]) -> None:
        place = self.place(ending + ".txt")
        a, b = self.names[self.circuit.a], self.names[self.circuit.b]
        place.write_text(
            "".join(f"{p}\t{q}\t{v:.12g}\n" for p, q, v in zip(a, b, values, strict=True))
        )
        self.wrote(place)

    def branches(self, answer: Answer) -> None:
        if not self.flags["write_cur_maps"]:
            return
        along = np.abs(self.circuit.branches(answer.potential()))
        self.along = along if self.along is None else self.along + along
        if not self.flags["write_cum_cur_map_only"] or self.scenario == "advanced":
            ending = "".join(f"_{n}" for n in answer.name)
            self._edges("_branch_currents" + ending, along)

    def write_current(self, ending: str, values: NDArray[np.float64]) -> None:
        self._nodes("_node_currents" + ending, values)

    def write_voltage(self, ending: str, values: NDArray[np.float64]) -> None:
        self._nodes("_voltages" + ending, values)

    def write_total(self, values: NDArray[np.float64]) -> None:
        self._nodes("_node_currents_cum", values)
        if self.along is not None:
            self._edges("_branch_currents_cum", self.along)

    def write_most(self, values: NDArray[np.float64]) -> None:
        self._nodes("_node_currents_max", values)
