"""What raster and network jobs share: the order of questions, sums of currents, tables of resistance, unfinished work."""

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError, ResourceError
from shanshui.flow.estimate import memory_limit
from shanshui.pattern.circuit.answers import Answer, Fields
from shanshui.pattern.circuit.lattice import DIRECT_CELLS, LANE_BYTES
from shanshui.pattern.circuit.modes import pairwise, starred
from shanshui.pattern.circuit.regions import Regions
from shanshui.study.circuitscape.inputs import Pairs, read_pairs, read_strengths
from shanshui.study.circuitscape.options import Job, described

Tell = Callable[[str, int, int], None]
_KEEP_ON_DISK = 5_000_000
"""Cells times focal nodes above which solved fields are files that a later run takes up [D]."""
_BYTES_MULTIGRID = 150
_BYTES_DIRECT = 2000


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


def suffix(name: tuple[int, ...]) -> str:
    """What the files of an answer are told apart by: its terminals."""
    return "".join(f"_{n}" for n in name)


class KeptFields(Fields):
    """Solved fields as files that a later run takes up."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def get(
        self, name: str, solve: Callable[[], tuple[NDArray[np.float64], float]]
    ) -> tuple[NDArray[np.float64], float]:
        """Return the field of that name from its file, solving it if there is none."""
        place = self.folder / f"{name}.npy"
        if not _whole(place):
            values, residual = solve()
            fresh = place.with_suffix(".tmp.npy")
            np.save(fresh, np.append(values.ravel(), residual))
            fresh.replace(place)
        flat = np.load(place, mmap_mode="r")
        return flat, float(flat[-1])

    def clear(self) -> None:
        """Remove the files of a run that is done."""
        for kept in self.folder.glob("*.npy"):
            kept.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def _whole(place: Path) -> bool:
    """Whether a kept field is there and can be read."""
    try:
        return bool(np.load(place, mmap_mode="r").size)
    except (OSError, ValueError, EOFError):
        return False


class Work(ABC):
    """What both kinds of job share: the order of questions, sums of currents, tables of resistance."""

    circuit: Any
    terminals: Mapping[int, NDArray[np.intp]]

    def __init__(self, job: Job, outcome: Outcome, tell: Tell) -> None:
        self.job, self.outcome, self.tell = job, outcome, tell
        self.flags = job.flags
        self.scenario = job.choices["scenario"]
        self.pairs: Pairs | None = None
        self.strength: dict[int, float] = {}
        self.regions: Regions | None = None
        job.output.parent.mkdir(parents=True, exist_ok=True)

    def place(self, ending: str) -> Path:
        """File of a result, by its ending."""
        return self.job.output.with_name(self.job.output.name + ending)

    def wrote(self, path: Path) -> None:
        """Note a file that was written."""
        self.outcome.files.append(path)

    def extras(self) -> None:
        """Pairs and strengths, once the focal nodes are known."""
        files = self.job.files
        if "included_pairs_file" in files:
            file = files["included_pairs_file"]
            self.pairs = read_pairs(file, self.all_names(), self.outcome.remarks.append)
            self.leave_out([n for n in self.all_names() if not self.takes_part(n)])
        if "variable_source_file" in files:
            file, names = files["variable_source_file"], self.all_names()
            self.strength = read_strengths(file, names, self.outcome.remarks.append)

    def takes_part(self, name: int) -> bool:
        """Whether a focal node stands in the file of pairs to be included."""
        return self.pairs is None or not self.pairs.include or name in self.pairs.named

    def leave_out(self, names: list[int]) -> None:
        """Drop focal nodes that no included pair names, as the jobs' own program does."""
        if names:
            listed = ", ".join(map(str, names[:8]))
            self.outcome.remarks.append(
                f"focal node(s) {listed} stand in no included pair: left out"
            )
        self.terminals = {n: t for n, t in self.terminals.items() if n not in set(names)}

    def estimate(self) -> None:
        """Say what the job will take, and refuse what cannot be held."""
        size = self.circuit.size
        count = 1 if self.scenario == "advanced" else len(self.terminals)
        if self.scenario == "pairwise" and any(t.size > 1 for t in self.terminals.values()):
            count = len(list(self.pairs_wanted()))
        solver = self.circuit.solver
        each = _BYTES_MULTIGRID if solver == "multigrid" else _BYTES_DIRECT
        each += LANE_BYTES * (min(self.circuit.abreast, max(count - 1, 1)) - 1)
        memory = size * each / 2**30
        self.solutions = count
        said = f"{size} nodes, {count} solution(s) by {solver}: about {memory:.2g} GiB"
        if size * count >= _KEEP_ON_DISK and count > 1:
            said += f", {8 * size * count / 2**30:.2g} GiB of disk until it is done"
        self.tell(said, 0, 0)
        if memory > memory_limit() / 2**30 and size > DIRECT_CELLS:
            raise ResourceError(
                f"{self.job.path}: {size} nodes need about {memory:.1f} GiB and "
                f"{memory_limit() / 2**30:.1f} GiB are free; take larger cells or solver 'multigrid'"
            )

    def fields(self) -> Fields:
        """Where solutions are kept: memory for small jobs, files that a later run takes up for long ones."""
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
        return KeptFields(folder)

    def pairs_wanted(self) -> Iterator[tuple[int, int]]:
        """Pairs that the job solves."""
        for pair in combinations(self.terminals, 2):
            if self.pairs is None or self.pairs.solved(*pair):
                yield pair

    def answers(self, fields: Fields) -> Iterator[Answer]:
        """Solve the questions of the scenario, one by one."""
        names = list(self.terminals)
        if self.scenario == "pairwise":
            solved = list(self.pairs_wanted())
            self.questions = len(solved)
            yield from pairwise(self.circuit, self.terminals, solved, fields, self.regions)
            return
        self.questions = len(names)

        def partners(name: int) -> list[int]:
            return [o for o in names if self.pairs is None or self.pairs.solved(name, o)]

        yield from starred(
            self.circuit,
            self.terminals,
            self.strength,
            partners,
            outward=self.scenario == "one-to-all",
            fields=fields,
        )

    def run(self) -> None:
        """Solve everything and write it."""
        self.estimate()
        if self.scenario == "advanced":
            answer = self.advanced()
            self.outcome.residual = answer.residual
            self.write(answer)
            return
        fields = self.fields()
        totals: dict[str, NDArray[np.float64]] = {}
        table = {}
        began = time.perf_counter()
        for done, answer in enumerate(self.answers(fields), start=1):
            if done == 1 and self.questions > 1:
                self.told_time(time.perf_counter() - began)
            self.outcome.residual = max(self.outcome.residual, answer.residual)
            table[answer.name] = answer.resistance
            if np.isinf(answer.resistance):
                self.no_way(answer.name)
            # a pair without a way has no maps; a node of the other modes has them whatever it reaches
            if np.isfinite(answer.resistance) or len(answer.name) < 2:
                self.mapped(answer, totals)
            self.tell("solved", done, self.questions)
        for name in self.nowhere():
            self.mapped(Answer((name,), np.inf, self.circuit.blank, self.circuit.blank), totals)
        self.write_resistances(table)
        if self.flags["write_cur_maps"]:
            self.write_total(totals.get("sum", self.circuit.blank()))
        if self.flags["write_max_cur_maps"]:
            self.write_most(totals.get("most", self.circuit.blank()))
        if isinstance(fields, KeptFields):
            fields.clear()

    def told_time(self, first: float) -> None:
        """Say how long the rest will take, from how long the first took on this machine: solutions side by side come at once."""
        batches = -(-max(self.solutions - 1, 1) // self.circuit.abreast)
        if batches > 1:
            self.tell(f"the first took {first:.2g} s: about {first * batches:.2g} s in all", 0, 0)

    def mapped(self, answer: Answer, totals: dict[str, NDArray[np.float64]]) -> None:
        """Write what maps of one answer are asked for, and add its current to the sum and the greatest."""
        flags = self.flags
        if flags["write_cur_maps"] or flags["write_max_cur_maps"]:
            now = self.current(answer)
            if flags["write_cur_maps"] and not flags["write_cum_cur_map_only"]:
                self.write_current(answer.name, now)
            self.branches(answer)
            if flags["write_cur_maps"]:
                totals["sum"] = totals["sum"] + now if "sum" in totals else now
            if flags["write_max_cur_maps"]:
                most = totals.get("most")
                totals["most"] = now if most is None else np.maximum(most, now)
        if flags["write_volt_maps"]:
            self.write_voltage(answer.name, answer.potential())

    def nowhere(self) -> list[int]:
        """Focal nodes where nothing conducts that have maps of their own nevertheless."""
        return []

    def no_way(self, name: tuple[int, ...]) -> None:
        """Remark that no current can flow."""
        said = f"no way between focal nodes {name[0]} and {name[1]}" if len(name) == 2 else ""
        said = said or f"no way from focal node {name[0]} to any other"
        self.outcome.remarks.append(said + ": resistance -1, no current")

    def write_resistances(self, table: Mapping[tuple[int, ...], float]) -> None:
        """Write the table of resistances, -1 where there is no way."""
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
        """Whether a terminal was solved although it has no resistance of its own: all to one."""
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
        """Focal nodes in the order of tables, those where nothing conducts among them."""
        return list(self.terminals)

    def current(self, answer: Answer) -> NDArray[np.float64]:
        """Current of one answer, without its focal nodes if that was asked for."""
        out = answer.current()
        if self.flags["set_focal_node_currents_to_zero"]:
            out = out.copy()
            out.ravel()[answer.ends] = 0.0
        return out

    def write(self, answer: Answer) -> None:
        """Write the maps of one answer."""
        if self.flags["write_cur_maps"] or self.scenario != "advanced":
            self.write_current((), answer.current())
            self.branches(answer)
        if self.flags["write_volt_maps"]:
            self.write_voltage((), answer.potential())

    @abstractmethod
    def advanced(self) -> Answer:
        """Solve the given sources and grounds."""

    @abstractmethod
    def branches(self, answer: Answer) -> None:
        """Add up and write the currents along edges, where there are any."""

    @abstractmethod
    def write_current(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write currents through nodes."""

    @abstractmethod
    def write_voltage(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write potentials."""

    @abstractmethod
    def write_total(self, values: NDArray[np.float64]) -> None:
        """Write the sum of currents."""

    @abstractmethod
    def write_most(self, values: NDArray[np.float64]) -> None:
        """Write the greatest currents."""

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
        """Currents sent in, from what the source file holds."""
        if np.isinf(values).any():
            raise DataError(
                f"{self.job.files['source_file']}: a source is infinite; expected amperes"
            )
        out = np.nan_to_num(values, nan=0.0)
        if self.flags["use_unit_currents"]:
            out = np.where(out != 0, 1.0, 0.0)
        return out

    def policy(self) -> str:
        """What becomes of nodes with a source and a ground."""
        return self.job.choices["remove_src_or_gnd"] or "keepall"
