"""A study opened: run it, look at it, ask where a number came from."""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from shanshui.collect.catalog import INPUTS, InputSpec, located, wanted
from shanshui.collect.classes import SHIPPED
from shanshui.collect.quality import Verdict, verdict
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import PlanError, ShanshuiError, StudyError, nearest
from shanshui.flow.estimate import Estimate, memory_limit
from shanshui.flow.events import Listener, deaf
from shanshui.flow.explain import Link, chain
from shanshui.flow.plan import Plan
from shanshui.flow.run import Outcome, Run
from shanshui.plans.everything import CHAPTERS, everything
from shanshui.store.layout import Layout
from shanshui.store.ledger import Ledger, Record
from shanshui.store.objects import Objects
from shanshui.study.bring import sources_of
from shanshui.study.file import StudyFile, read_study_file

NATIVE = {
    "temperature_fine": "temperature",
    "temperature_fine_moderate": "temperature_moderate",
    "temperature_fine_strong": "temperature_strong",
    "land_cover_fine": "land_cover",
}
"""Steps that must know how coarse a file is, and which."""


class Study:
    """One study folder.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

    def __init__(self, folder: str | Path) -> None:
        self.layout = Layout(folder)
        self.file: StudyFile = read_study_file(self.layout.study_file)
        self.grid = self.file.grid_spec()
        self.specs = {k: [self._placed(s) for s in v] for k, v in self.file.specs().items()}

    def _placed(self, spec: InputSpec) -> InputSpec:
        """Find a class table that lies with the data."""
        if spec.classes is None or spec.classes in SHIPPED:
            return spec
        place = located(InputSpec(file=spec.classes), self.folders)
        return spec.model_copy(update={"classes": str(place)})

    @property
    def folders(self) -> list[Path]:
        """Where relative input paths are looked for."""
        data = Path(self.file.data.folder).expanduser()
        return [data if data.is_absolute() else self.layout.folder / data, self.layout.folder]

    @cached_property
    def ledger(self) -> Ledger:
        """What was made when and why."""
        self.layout.make()
        return Ledger(self.layout.ledger)

    @cached_property
    def objects(self) -> Objects:
        """Kept results."""
        return Objects(self.layout, self.ledger, self.grid)

    @cached_property
    def plan(self) -> Plan:
        """What this study can make, with the settings of its file."""
        plan = everything(sources_of(self.specs, self.folders, self.grid, self.ledger))
        return plan.with_settings(self._native(plan)).with_settings(self.file.steps)

    def _native(self, plan: Plan) -> dict[str, dict[str, float]]:
        out: dict[str, dict[str, float]] = {}
        for name, of in NATIVE.items():
            if name not in plan.steps:
                continue
            spec = self.specs[of][0]
            if spec.value is not None:
                continue
            path = located(spec, self.folders)
            try:
                with raster_input(path, spec, INPUTS[of], of, self.layout.temporary) as source:
                    out[name] = {"native_m": round(source.native_m(self.grid), 1)}
            except ShanshuiError:
                continue  # the run names what is wrong with the file when it reaches it
        return out

    def targets(self, names: Iterable[str]) -> list[str]:
        """Products by name; none, or a chapter's name, is all that the chapter can make."""
        names = list(names)
        if not names:
            # inputs that no step takes yet are brought too: maps show them, later chapters need them
            return list(self.plan.steps)
        out: list[str] = []
        for name in names:
            if name in CHAPTERS:
                made = {step.name for step in CHAPTERS[name](set(self.specs))}
                found = [n for n in self.plan.steps if n in made]
                if not found:
                    raise PlanError(
                        f"{name}: nothing of it can be made here; see: shanshui list {self.layout.folder}"
                    )
                out += found
            else:
                out.append(name)
        return list(dict.fromkeys(out))

    def run(
        self,
        *products: str,
        workers: int = 0,
        memory: float | None = None,
        fresh: bool = False,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        tell: Listener = deaf,
    ) -> Outcome:
        """Bring products up to date.

        Parameters
        ----------
        *products : str
            What to make, with all it needs; everything when none is named.
        workers : int
            Steps or strips at once; 0 takes one per processor.
        memory : float, optional [GB]
            What the run may take; by default three quarters of what is free.
        fresh : bool
            Make everything anew.
        settings : mapping of step to mapping of setting to value, optional
            Over those of the study file, for this run.
        tell : callable
            Hears every event.

        Returns
        -------
        Outcome
            What was made and what stood.

        Raises
        ------
        ShanshuiError
            Says what is wrong and what to do; what was finished is kept.
        """
        return self.runner(workers=workers, memory=memory, settings=settings, tell=tell).bring(
            self.targets(products), fresh=fresh
        )

    def runner(
        self,
        *,
        workers: int = 0,
        memory: float | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        tell: Listener = deaf,
    ) -> Run:
        """Prepare a run."""
        plan = self.plan.with_settings(settings) if settings else self.plan
        limit = memory_limit() if memory is None else int(memory * 1e9)
        return Run(
            plan,
            self.layout,
            self.grid,
            workers=workers or os.cpu_count() or 1,
            memory=limit,
            tell=tell,
        )

    def estimates(self, *products: str, **options: Any) -> list[tuple[Estimate, str]]:
        """Memory, disk, time and state of each step of a run, without running it."""
        return self.runner(**options).estimates(self.targets(products))

    def states(self) -> dict[str, str]:
        """``made``, ``stale``, ``missing`` or ``cannot be made: …`` of every product."""
        run = self.runner(workers=1)
        out: dict[str, str] = {}
        stale: set[str] = set()
        for name in self.plan.steps:
            out[name] = run.state(name, stale)
            if out[name] != "made":
                stale.add(name)
        return out | {
            name: f"cannot be made: {wanted(why)}"
            for name, why in self.plan.absent.items()
            if name.partition(".")[0] not in self.plan.absent or "." not in name
        }

    def __getitem__(self, name: str) -> Any:
        """Product as last made: a DataArray, GeoDataFrame, DataFrame, Series or number.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        """
        return self.objects.get(self.record(name).digest)

    def record(self, name: str) -> Record:
        """How a product stands in the ledger.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        """
        record = self.ledger.product(name)
        if record is None or not self.objects.present(record.digest):
            if name in self.plan.absent:
                raise PlanError(f"{name}: cannot be made here: {self.plan.absent[name]}")
            if name not in self.plan.steps:
                raise PlanError(f"no product '{name}'; {nearest(name, self.plan.steps)}")
            raise PlanError(
                f"{name}: not made yet; run it: shanshui run {self.layout.folder} {name}"
            )
        return record

    def has(self, name: str) -> bool:
        """Has a product been made?"""
        record = self.ledger.product(name)
        return record is not None and self.objects.present(record.digest)

    def explain(self, name: str) -> list[Link]:
        """Chain from a product back to the input files."""
        return chain(self.plan, name, self.ledger)

    def verdicts(self) -> list[Verdict]:
        """Verdict per dataset, in the order of the study file."""
        self.layout.make()
        out = []
        for name, declared in self.specs.items():
            for spec in declared:
                path = located(spec, self.folders)
                if not spec.needed and not path.exists():
                    out.append(
                        Verdict(
                            name,
                            str(path),
                            needed=False,
                            doubts=[f"{name}: no file {path}; the study runs without it"],
                        )
                    )
                    continue
                out.append(
                    verdict(name, spec, INPUTS[name], path, self.grid, self.layout.temporary)
                )
        if "elevation" not in self.specs and "biophysical" not in self.specs:
            out.append(
                Verdict(
                    "elevation",
                    "",
                    problems=["elevation: not declared; the survey needs [inputs.elevation]"],
                )
            )
        return out


def open_study(folder: str | Path) -> Study:
    """Open a study folder.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.

    Returns
    -------
    Study
        Ready to run.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """
    return Study(folder)


def parse_settings(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read ``STEP.SETTING=VALUE`` texts.

    Raises
    ------
    StudyError
        A text that is not of that form.
    """
    out: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        step, dot, setting = place.partition(".")
        if not (equals and dot and step.strip() and setting.strip()):
            raise StudyError(
                f"--set {text}: expected STEP.SETTING=VALUE, for example slope_class.limits_deg=5,15,25"
            )
        out.setdefault(step.strip(), {})[setting.strip()] = value.strip()
    return out
