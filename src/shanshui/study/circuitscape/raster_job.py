"""Jobs on rasters."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.flow.estimate import memory_limit
from shanshui.pattern.circuit.answers import Answer
from shanshui.pattern.circuit.directed import Directed, directed_landscape
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import advanced
from shanshui.pattern.circuit.questions import conductances
from shanshui.pattern.circuit.regions import Regions, joined_groups
from shanshui.study.circuitscape.ascii_grid import read_raster, write_raster
from shanshui.study.circuitscape.inputs import cell_values, focal_cells, matching, new_values, whole
from shanshui.study.circuitscape.options import Job
from shanshui.study.circuitscape.work import Outcome, Tell, Work, suffix


class RasterJob(Work):
    """A landscape of cells, with regions, masks and focal nodes on it."""

    def __init__(self, job: Job, outcome: Outcome, tell: Tell) -> None:
        super().__init__(job, outcome, tell)
        base = job.files["habitat_file"]
        self.raster = read_raster(base, memory_limit())
        cell = self._habitat(base)
        group = None
        if "polygon_file" in job.files:
            grid = matching(job.files["polygon_file"], base, self.raster).values
            group = whole(
                job.files["polygon_file"], np.where(np.isnan(grid) | (grid < 0), 0, grid), "regions"
            )
        self.focal: dict[int, NDArray[np.intp]] = {}
        if self.scenario != "advanced":
            point_file = job.files["point_file"]
            self.focal = focal_cells(point_file, base, self.raster, outcome.remarks.append)
        merged = group
        if self.scenario in ("one-to-all", "all-to-one"):
            several = [c for c in self.focal.values() if c.size > 1]
            merged = joined_groups(cell.shape, group, several)
        self.ground = cell > 0

        def landscape(groups: NDArray[np.int64] | None) -> Lattice:
            return Lattice(
                cell,
                groups,
                four_neighbours=self.flags["connect_four_neighbors_only"],
                mean_resistance=self.flags["connect_using_avg_resistances"],
                precision=np.float32 if job.choices["precision"] == "single" else np.float64,
                solver=job.choices["solver"],
            )

        if "elevation_file" in job.files:
            self.circuit = self._directed(
                cell, matching(job.files["elevation_file"], base, self.raster).values, merged
            )
        else:
            self.circuit = landscape(merged)
        if self.scenario == "pairwise" and any(c.size > 1 for c in self.focal.values()):
            self.regions = Regions(self.focal, group, landscape)
        self.terminals = self._terminals()
        self.extras()

    def _directed(
        self,
        cell: NDArray[np.float64],
        elevation: NDArray[np.float64],
        group: NDArray[np.int64] | None,
    ) -> Directed:
        """The landscape with factors for the ways up and down."""
        if group is not None:
            raise DataError(
                f"{self.job.files['point_file']}: found focal nodes of several cells; expected one cell each in a job with use_elevation: "
                "a short circuit has no up and down"
            )
        return directed_landscape(
            cell,
            elevation,
            self.job.factors["uphill_factor"],
            self.job.factors["downhill_factor"],
            four_neighbours=self.flags["connect_four_neighbors_only"],
            mean_resistance=self.flags["connect_using_avg_resistances"],
            gross=self.flags["write_gross_currents"],
        )

    def _habitat(self, base: Path) -> NDArray[np.float64]:
        values = self.raster.values
        if "reclass_file" in self.job.files:
            fresh = values.copy()
            for old, new in new_values(self.job.files["reclass_file"]):
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
        node = self.circuit.node.ravel()
        out = {}
        for name, cells in self.focal.items():
            kept = cells[node[cells]]
            if kept.size == 0:
                self.outcome.remarks.append(
                    f"focal node {name} lies where nothing conducts: resistance -1, no current"
                )
                continue
            kept = self.circuit.distinct(kept)
            if self.scenario != "pairwise":
                kept = kept[:1]
            out[name] = kept
        if self.focal and len(out) < 2:
            raise DataError(
                f"{self.job.files['point_file']}: found {len(out)} focal node(s) on ground that conducts; expected two"
            )
        return out

    def all_names(self) -> list[int]:
        """Focal nodes in the order of tables, those where nothing conducts among them."""
        return [name for name in self.focal if self.takes_part(name)]

    def nowhere(self) -> list[int]:
        """Focal nodes where nothing conducts, in jobs that write maps of them too."""
        if self.scenario == "pairwise":
            return []
        return [n for n in self.all_names() if n not in self.terminals]

    def advanced(self) -> Answer:
        """Solve the given sources and grounds."""
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
        return np.where(self.ground, values, np.nan) if hide else values

    def branches(self, answer: Answer) -> None:
        """Nothing: a raster's edges are not written."""

    def write_current(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write currents through nodes."""
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_curmap" + suffix(name), self._shown(values, True, hide))

    def write_voltage(self, name: tuple[int, ...], values: NDArray[np.float64]) -> None:
        """Write potentials."""
        hide = self.flags["set_null_voltages_to_nodata"]
        self._write("_voltmap" + suffix(name), self._shown(values, False, hide))

    def write_total(self, values: NDArray[np.float64]) -> None:
        """Write the sum of currents."""
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_cum_curmap", self._shown(values, True, hide))

    def write_most(self, values: NDArray[np.float64]) -> None:
        """Write the greatest currents."""
        hide = self.flags["set_null_currents_to_nodata"]
        self._write("_max_curmap", self._shown(values, True, hide))
