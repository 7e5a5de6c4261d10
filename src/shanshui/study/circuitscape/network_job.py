"""Jobs on networks given edge by edge."""

import numpy as np
from numpy.typing import NDArray

from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import Answer, advanced
from shanshui.pattern.circuit.questions import conductances
from shanshui.study.circuitscape.inputs import focal_nodes, node_values, read_network
from shanshui.study.circuitscape.options import Job
from shanshui.study.circuitscape.work import Outcome, Tell, Work


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
        """Add up and write the currents along edges."""
        if not self.flags["write_cur_maps"]:
            return
        along = np.abs(self.circuit.branches(answer.potential()))
        self.along = along if self.along is None else self.along + along
        if not self.flags["write_cum_cur_map_only"] or self.scenario == "advanced":
            ending = "".join(f"_{n}" for n in answer.name)
            self._edges("_branch_currents" + ending, along)

    def write_current(self, ending: str, values: NDArray[np.float64]) -> None:
        """Write currents through nodes."""
        self._nodes("_node_currents" + ending, values)

    def write_voltage(self, ending: str, values: NDArray[np.float64]) -> None:
        """Write potentials."""
        self._nodes("_voltages" + ending, values)

    def write_total(self, values: NDArray[np.float64]) -> None:
        """Write the sum of currents."""
        self._nodes("_node_currents_cum", values)
        if self.along is not None:
            self._edges("_branch_currents_cum", self.along)

    def write_most(self, values: NDArray[np.float64]) -> None:
        """Write the greatest currents."""
        self._nodes("_node_currents_max", values)
