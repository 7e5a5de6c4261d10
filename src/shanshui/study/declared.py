"""What a study declares: its folder, its inputs, its grid, where what it makes is kept, and the plan of it."""

from pathlib import Path
from typing import Any, Self

from shanshui.collect.catalog import InputSpec, located
from shanshui.collect.classes import shipped_legend
from shanshui.collect.inputs import INPUTS
from shanshui.collect.joining import files_in
from shanshui.collect.rasters import raster_input
from shanshui.collect.tiles import spread
from shanshui.collect.yearly import maps_apart
from shanshui.core.errors import ShanshuiError, StudyError
from shanshui.core.process_lock import remembered
from shanshui.flow.plan import Plan
from shanshui.plans.everything import everything
from shanshui.store.layout import Layout
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects
from shanshui.store.reading import Reading
from shanshui.study.bring import sources_of
from shanshui.study.file import StudyFile, read_study_file
from shanshui.study.meaning import left_out

NATIVE = {
    "temperature_fine": "temperature",
    "land_cover_fine": "land_cover",
    "land_cover_parted": "land_cover",
    "land_cover_before_parted": "land_cover_before",
    "slope_cell": "elevation",
}
"""Steps that must know how coarse a file is, and which."""


class Declared:
    """A study folder as its file declares it.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it: runs and sweeps are refused.

    Attributes
    ----------
    layout : Layout
        Where everything of it stands.
    study_file : StudyFile
        As it was read.
    file : StudyFile
        The same with what a scenario lays over it.
    grid : GridSpec
        Of its cells.
    specs : dict of str to list of InputSpec
        Its inputs.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.layout = Layout(folder)
        self.study_file: StudyFile = read_study_file(self.layout.study_file)
        self.file = self.study_file
        self.grid = self.file.grid_spec()
        self.specs = self._declared()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the ledger; it is opened again when it is asked for."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    def _declared(self) -> dict[str, list[InputSpec]]:
        """Inputs as the file declares them, tiles and years of a folder apart."""
        declared = maps_apart(spread(self.file.specs(), self.folders))
        return {k: [self._placed(s) for s in v] for k, v in declared.items()}

    def _placed(self, spec: InputSpec) -> InputSpec:
        """Find the tables beside the data: of classes, of changed codes, of names."""
        found: dict[str, Any] = {}
        for word in ("crosswalk", "names"):
            files = files_in(getattr(spec, word))
            if files:
                found[word] = [str(located(InputSpec(file=f), self.folders)) for f in files]
        if spec.legend is not None:
            found["legend"] = shipped_legend(spec.legend) or str(
                located(InputSpec(file=spec.legend), self.folders)
            )
        return spec.model_copy(update=found) if found else spec

    @property
    def folders(self) -> list[Path]:
        """Where relative input paths are looked for."""
        data = Path(self.file.data.folder).expanduser()
        return [data if data.is_absolute() else self.layout.folder / data, self.layout.folder]

    @remembered
    def ledger(self) -> Ledger:
        """What was made when and why."""
        return Ledger(self.layout.ledger, write=False)

    @remembered
    def objects(self) -> Objects:
        """Kept results."""
        return Objects(self.layout, self.ledger, self.grid)

    @remembered
    def reading(self) -> Reading:
        """Events since a number, windows and overviews of grids, also while another process runs the study."""
        return Reading(self.objects)

    def refuse_writing(self, what: str) -> None:
        """Refuse what writes to a study that was opened to read only.

        Raises
        ------
        StudyError
            What was to be done.
        """
        if self.read_only:
            raise StudyError(
                f"{self.layout.folder}: was opened to read only, found {what}; open it without read_only"
            )

    @remembered
    def plan(self) -> Plan:
        """What this study can make, with the settings of its file."""
        return self.base

    @remembered
    def base(self) -> Plan:
        """The plan of the study itself; that of a variant is another one."""
        return self._planned()

    def _planned(self) -> Plan:
        """Plan of the inputs and settings as they are declared."""
        sources = sources_of(self.specs, self.folders, self.grid, self.ledger)
        plan = everything(sources, left_out(self.specs, sources))
        return plan.with_settings(self._native(plan)).with_settings(self.file.steps)

    def _native(self, plan: Plan) -> dict[str, dict[str, float]]:
        out: dict[str, dict[str, float]] = {}
        for name, of in NATIVE.items():
            if name not in plan.steps:
                continue
            specs = self.specs[of]
            if specs[0].value is not None:
                continue
            paths = [located(spec, self.folders) for spec in specs]
            try:
                with raster_input(paths, specs, INPUTS[of], of, self.grid) as source:
                    out[name] = {"native_m": round(source.native_m(self.grid), 1)}
            except ShanshuiError:
                continue  # the run names what is wrong with the file when it reaches it
        return out
