"""Jobs on networks given edge by edge."""

import numpy as np
from numpy.typing import NDArray

from shanshui.pattern.circuit.answers import Answer
from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import advanced
from shanshui.pattern.circuit.questions import conductances
from shanshui.study.circuitscape.inputs import focal_nodes, node_values, read_network
from shanshui.study.circuitscape.options import Job
from shanshui.study.circuitscape.work import Outcome, Tell, Work, suffix


class NetworkJob(Work):
    """A network, with focal nodes among its own."""

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
        """Solve the given sources and grounds."""
        files = self.job.files
        sources = self.sources_of(node_values(files["source_file"], self.names, "current"))
        grounds = self.grounds_of(node_values(files["ground_file"], self.names, "ground"))
        return advanced(self.circuit, sources, grounds, self.policy())

    def _part(self, name: tuple[int, ...]) -> NDArray[np.bool_]:
        """Nodes that a question reaches: those of its terminals' connected part; all where it has no terminals."""
        part = self.circuit.component
        if not name:
            return np.ones(part.size, bool)
        return np.asarray(part == part[self.terminals[name[0]][0]])

    def _nodes(self, ending: str, values: NDArray[np.float64], name: tuple[int, ...] = ()) -> None:
        place, inside = self.place(ending + suffix(name) + ".txt"), self._part(name)
        rows = zip(self.names[inside], values[inside], strict=True)
        place.write_text("".join(f"{n}\t{v:.12g}\n" for n, v in rows))
        self.wrote(place)

    def _edges(self, ending: str, values: NDArray[np.float64], name: tuple[int, ...] = ()) -> None:
        place, inside = self.place(ending + suffix(name) + ".txt"), self._part(name)[self.circuit.a]
        a, b = self.names[self.circuit.a[inside]], self.names[self.circuit.b[inside]]
        values = values[inside]
        place.write_text(
            "".join(f"{p}\t{q}\t{v:.12g}\n" for p, q, v in zip(a, b, values, strict=True))
        )
        self.wrote(place)

    def branches(self, answer: Answer) -> None:
        """Add up and write the currents along edges."""
        if not self.flags["write_cur_maps"]:
            return
        along = np.abs(self.circuit.branches(answer.potential()))
        self.along = along if self.along is None else self.along + along
        if not self.flags["write_cum_cur_map_only"] or self.scenario == "advanced":
            self._edges("_branch_currents", along, answer.name)

    def write_current(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write currents through nodes."""
        self._nodes("_node_currents", values, name)

    def write_voltage(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write potentials."""
        self._nodes("_voltages", values, name)

    def write_total(self, values: NDArray[np.float64]) -> None:
        """Write the sum of currents."""
        self._nodes("_node_currents_cum", values)
        if self.along is not None:
            self._edges("_branch_currents_cum", self.along)

    def write_most(self, values: NDArray[np.float64]) -> None:
        """Write the greatest currents."""
        self._nodes("_node_currents_max", values)
