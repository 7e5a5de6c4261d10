"""A study opened: run it, look at it, ask where a number came from."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Self, cast

from shanshui.collect.catalog import InputSpec, located
from shanshui.collect.classes import shipped_legend
from shanshui.collect.gate import require
from shanshui.collect.inputs import INPUTS, wanted
from shanshui.collect.joining import LEVELS, files_in
from shanshui.collect.quality import Verdict
from shanshui.collect.rasters import raster_input
from shanshui.collect.tiles import spread
from shanshui.collect.yearly import maps_apart
from shanshui.core.errors import PlanError, ShanshuiError, StoreError, StudyError, nearest
from shanshui.core.process_lock import remembered
from shanshui.core.quantity import Table
from shanshui.flow.elsewhere import Workers
from shanshui.flow.estimate import Estimate, memory_limit
from shanshui.flow.events import Listener, deaf
from shanshui.flow.explain import Link, chain, joins
from shanshui.flow.plan import Plan
from shanshui.flow.rewire import is_before
from shanshui.flow.run import Outcome, Run
from shanshui.flow.variants import Settings, reached
from shanshui.kernels.crew import available
from shanshui.measures.changes import refuse_nothing
from shanshui.plans.everything import CHAPTERS, everything
from shanshui.region.grid import coarser
from shanshui.region.join_account import JoinAccount
from shanshui.store.layout import Layout
from shanshui.store.ledger import Ledger, Record
from shanshui.store.objects import Objects
from shanshui.store.reading import Reading
from shanshui.store.verify import Fault, faults
from shanshui.study.bring import sources_of
from shanshui.study.file import StudyFile, read_study_file
from shanshui.study.meaning import left_out
from shanshui.study.measures import Measures
from shanshui.study.scenario import Overridden, laid, lineage, scenarios_of
from shanshui.study.sections import BASE, Scenario
from shanshui.study.standing import Standing
from shanshui.study.upkeep import DECLARED, noted_variant, sweep, with_settings
from shanshui.study.verdicts import verdicts_of

if TYPE_CHECKING:
    from shanshui.study.comparison import Comparison

NATIVE = {
    "temperature_fine": "temperature",
    "land_cover_fine": "land_cover",
    "land_cover_parted": "land_cover",
    "land_cover_before_parted": "land_cover_before",
    "slope_cell": "elevation",
}
"""Steps that must know how coarse a file is, and which."""


class Study:
    """One study folder.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it: runs and sweeps are refused.

    Attributes
    ----------
    of : str
        Scenario as which the study is looked at; blank for the study itself and for variants by settings.
    times : int
        Cells of a preview by those of the study; 1 for none.

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
        self.of, self.times = "", 1
        self._views: dict[tuple[object, ...], Study] = {}
        self.grounds: dict[str, tuple[str, str]] = {}
        self.followed: list[tuple[str, str]] = []
        self.overridden: list[Overridden] = []

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

    def _refuse_writing(self, what: str) -> None:
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

    # variants

    def variants(self) -> dict[str, Settings]:
        """Variants that there are, with what each sets over the study file: step, setting, value."""
        return {k: v for k, v in self.ledger.variants().items() if v != DECLARED}

    def variant(self, name: str = "") -> Self:
        """Look at the study as a variant of it: same files and grid, other settings.

        Parameters
        ----------
        name : str
            As ``variants`` has it; empty for the study itself.

        Returns
        -------
        Study
            Shares the ledger with this one. Products that the variant does not reach are those of the study.

        Raises
        ------
        PlanError
            There is no such variant.
        """
        known = self.variants()
        if name and name in self.scenarios:
            return self.scenario(name)
        if name and name not in known:
            raise PlanError(
                f"no variant '{name}'; {nearest(name, known)}; make one: shanshui run {self.layout.folder} "
                "--set STEP.SETTING=VALUE --as NAME"
            )
        return self.view(name, self.base.with_settings(known[name]) if name else self.base)

    def view(self, name: str, plan: Plan) -> Self:
        """Look at the study with another plan, its products under a name of their own."""
        _ = self.objects, self.base
        view = copy(self)
        view.layout = Layout(self.layout.folder, name)
        for word in ("standing", "reached"):
            view.__dict__.pop(word, None)
        view.__dict__["plan"] = plan
        return view

    @remembered
    def reached(self) -> set[str]:
        """Products that this variant reaches; none of the study itself."""
        if self.times > 1:
            return set(self.plan.steps)
        return reached(self.plan, self.base) if self.layout.variant else set()

    # scenarios

    @property
    def flags(self) -> str:
        """Options of the command under which the study is looked at as here; blank for the study itself."""
        told = [
            f" --scenario {quote(self.of)}" if self.of else "",
            f" --preview {self.times}" if self.times > 1 else "",
        ]
        plain = self.layout.variant if not any(told) else ""
        return f" --variant {quote(plain)}" if plain else "".join(told)

    @property
    def told(self) -> str:
        """As what the study is looked at, in words; blank for the study itself."""
        times = f"a preview on cells {self.times} times as wide" if self.times > 1 else ""
        if self.of or times:
            return ", ".join(filter(None, (f"scenario {self.of}" if self.of else "", times)))
        return f"variant {self.layout.variant}" if self.layout.variant else ""

    @remembered
    def scenarios(self) -> dict[str, Scenario]:
        """Scenarios as declared: named sets of changes over the study."""
        return scenarios_of(self.layout, self.study_file)

    def scenario(self, name: str = BASE) -> Self:
        """Look at the study as a scenario of it.

        Parameters
        ----------
        name : str
            As ``scenarios`` has it; ``base`` for the study itself.

        Returns
        -------
        Study
            Shares store and ledger with this one. Products that the scenario does not reach are those of the study.

        Raises
        ------
        StudyError
            No such scenario, or one that cannot be laid over the study.
        PlanError
            A measure that cannot be taken.
        """
        name = "" if name == BASE else name
        line = lineage(self.scenarios, name) if name else []
        # as it is declared now: a view costs a plan, and its states all recipes
        key = (name, self.times, *(self.scenarios[one].model_dump_json() for one in line))
        if key not in self._views:
            self._views[key] = self._as(name, self.times)
        return cast("Self", self._views[key])

    def _as(self, name: str, times: int) -> Self:
        """Look at the study as a scenario, or as itself, on cells so many times as wide."""
        if times == 1 and not name:
            return self.view("", self.base)
        mark = f"preview={times}" if times > 1 else ""
        view = self.view(",".join(filter(None, (name, mark))), self.base)
        view.of, view.times, view.file = name, times, self.study_file
        view.grounds, view.followed, view.overridden = {}, [], []
        if times > 1:
            view.grid = coarser(self.study_file.grid_spec(), times)
            for word in ("objects", "base"):
                view.__dict__.pop(word, None)
        view.__dict__["plan"] = view._laid(name)
        return view

    def _laid(self, name: str) -> Plan:
        """Plan of a scenario: its inputs and settings first, then its measures one after another."""
        self.specs = self._declared()
        if not name:
            return self._planned()
        line = lineage(self.scenarios, name)
        if self.variants().get(name):
            raise StudyError(
                f"scenario '{name}': a variant bears that name; rename one, or drop the variant: "
                f"shanshui sweep {self.layout.folder} --variant {name}"
            )
        over = laid(self.study_file, self.scenarios, line)
        self.file, self.overridden = over.file, over.overridden
        self.specs = self._declared()
        for word, file in over.added:
            require(located(InputSpec(file=file), self.folders), f"scenario '{name}': {word} add")
        given = {word for one in line for word in self.scenarios[one].inputs}
        measures = Measures(self.folders, self.grid, self.ledger, self.specs, given)
        plan = self._planned()
        for word, file in over.added:
            plan = measures.with_added(plan, name, word, file)
        plan = measures.laid(plan, over.measures)
        self.grounds, self.followed = measures.grounds, measures.followed
        return plan

    def preview(self, times: int) -> Self:
        """Look at the study on cells so many times as wide: the same plan, in seconds, for a first look.

        Parameters
        ----------
        times : int
            At least 2; 1 is the study itself.

        Returns
        -------
        Study
            Its products stand apart under a name of their own, and figures differ from those of the study.

        Raises
        ------
        StudyError
            Not a whole number of at least 1, or so large that the grid has fewer than 8 rows or columns.
        """
        if self.layout.variant and not self.of:
            raise StudyError(
                f"preview of variant '{self.layout.variant}': previews are of the study and of its scenarios; write what it sets into a scenario"
            )
        return self._as(self.of, times)

    def compare(self, one: str, other: str, product: str, column: str = "") -> "Comparison":
        """Compare a product in two scenarios, from the first to the second.

        Parameters
        ----------
        one, other : str
            Scenarios; ``base`` is the study itself.
        product : str
            What to compare.
        column : str
            Column of a table that the headline is about.

        Returns
        -------
        Comparison
            Difference as map, by place, by row, and in figures.

        Raises
        ------
        ShanshuiError
            No such scenario, or a product that one of them has not made.
        """
        from shanshui.study.comparison import compare

        return compare(self, one, other, product, column)

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

    def targets(self, names: Iterable[str]) -> list[str]:
        """Products by name; none, or a chapter's name, is all that the chapter can make."""
        names = list(names)
        if not names:
            # inputs that no step takes yet are brought too: maps show them, later chapters need them
            return [name for name in self.plan.steps if not is_before(name)]
        out: list[str] = []
        for name in names:
            if not isinstance(name, str):
                raise PlanError(
                    f"products: found a {type(name).__name__}, expected names one by one, such as run('gep', 'slope')"
                )
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
        variant: str | None = None,
        scheduler: str = "",
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
            Over those of the study file. What they reach stands apart, as a variant; the study's own products stay.
        variant : str, optional
            Name of the variant; by default a short one made of the settings. Without settings, one that there is.
        scheduler : str
            Who does the work: ``local:N`` processes of this machine, or the address of a Dask scheduler whose workers
            see the study's folder; by default threads of this process.
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
        self._refuse_writing("a run")
        run = self.runner(
            workers=workers,
            memory=memory,
            settings=settings,
            variant=variant,
            scheduler=scheduler,
            tell=tell,
        )
        if not run.variant:
            return run.bring(self.targets(products), fresh=fresh)
        with noted_variant(self, run):
            targets = self.targets(products)
            self._refuse_nowhere(run, targets)
            return run.bring(targets, fresh=fresh)

    def _refuse_nowhere(self, run: Run, targets: list[str]) -> None:
        """Bring the ground of each measure that is asked for, and refuse one that holds no cell."""
        wanted = set(run.plan.reach(targets))
        grounds = [name for name in self.grounds if name in wanted]
        if not grounds:
            return
        run.bring(grounds)
        for name in grounds:
            scenario, text = self.grounds[name]
            refuse_nothing(scenario, self.record(name).facts, text)

    def runner(
        self,
        *,
        workers: int = 0,
        memory: float | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        variant: str | None = None,
        scheduler: str = "",
        tell: Listener = deaf,
    ) -> Run:
        """Prepare a run; of a study that is read only, to be estimated but not to be brought."""
        view = self
        if settings and (self.of or self.times > 1):
            raise StudyError(
                f"settings over '{self.layout.variant}': write them into a scenario: "
                f"shanshui scenario {self.layout.folder} new NAME --parent {self.of or BASE} --set STEP.SETTING=VALUE"
            )
        if settings:
            view = with_settings(self, settings, variant or self.layout.variant)
        elif variant is not None:
            view = self.variant(variant)
        limit = memory_limit() if memory is None else int(memory * 1e9)
        workers = workers or available()
        others = (
            Workers(scheduler, self.grid, self.objects.maker.folder, workers, limit)
            if scheduler
            else None
        )
        return Run(
            view.plan,
            self.layout,
            self.grid,
            workers=workers,
            memory=limit,
            executor=others,
            tell=tell,
            ledger=self.ledger,
            variant=view.layout.variant,
            base=None if view.times > 1 else self.base,
        )

    def estimates(self, *products: str, **options: Any) -> list[tuple[Estimate, str]]:
        """Memory, disk, time and state of each step of a run, without running it."""
        return self.runner(**options).estimates(self.targets(products))

    def states(self) -> dict[str, str]:
        """``made``, ``stale``, ``missing`` or ``cannot be made: …`` of every product."""
        told = {n: state for n, (state, _) in self.standing.all().items() if not is_before(n)}
        return told | {
            name: f"cannot be made: {wanted(why)}"
            for name, why in self.plan.absent.items()
            if name.partition(".")[0] not in self.plan.absent or "." not in name
        }

    def reached_states(self) -> dict[str, str]:
        """State of each product that this scenario or variant reaches."""
        return {n: self.state(n) for n in self.plan.steps if n in self.reached and not is_before(n)}

    def state(self, name: str) -> str:
        """``made``, ``stale`` or ``missing``; a product that can no longer be made is stale.

        Looked at again whenever the ledger or an input file changes.
        """
        return self.standing.of(name)[0]

    def fresh(self, name: str) -> bool:
        """Is a product what a run would make now?"""
        return self.state(name) == "made"

    def stale_reason(self, name: str) -> str:
        """Why a product is not what a run would make now, in words; empty when it is."""
        return self.standing.of(name)[1]

    @remembered
    def standing(self) -> Standing:
        """State of each product, and why."""
        return Standing(self)

    def __getitem__(self, name: str) -> Any:
        """Product as last made: a DataArray, Dataset, GeoDataFrame, DataFrame or number.

        Labels, outlines and tables say in their attributes which kind of place they are by.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        """
        value = self.objects.get(self.record(name).digest)
        if name in self.plan.steps and hasattr(value, "attrs"):
            kinds, columns = self.plan.key(name), self.plan.keys(name)
            if len(kinds) == 1 and not isinstance(self.plan.kind(name), Table):
                value.attrs["key"] = kinds[0]
            if said := {c: k[0] for c, k in columns.items() if len(k) == 1}:
                value.attrs["keys"] = said
        return value

    def record(self, name: str) -> Record:
        """How a product stands in the ledger.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        StoreError
            Its kept result is damaged or gone.
        """
        record = self._found(name)
        if record is None:
            if name in self.plan.absent:
                raise PlanError(f"{name}: cannot be made here: {self.plan.absent[name]}")
            if name not in self.plan.steps:
                raise PlanError(f"no product '{name}'; {nearest(name, self.plan.steps)}")
            self._refuse_spoilt(name)
            told = f" in {self.told}" if self.told else ""
            raise PlanError(
                f"{name}: not made yet{told}; run it: shanshui run {self.layout.folder} {name}{self.flags}"
            )
        if not self.objects.vouched(record.recipe, record.digest):
            raise StoreError(
                f"{name}: the ledger names a result that was made by another recipe; run again, or make the ledger "
                f"anew: shanshui verify {self.layout.folder} --rebuild"
            )
        return record

    def has(self, name: str) -> bool:
        """Has a product been made?"""
        return self._found(name) is not None

    def _found(self, name: str) -> Record | None:
        record = self.entry(name)
        if record is None or not self.objects.present(record.digest):
            return None
        if not record.variant and name in self.reached:
            # the study's own result under other settings is none of this variant
            return record if self.state(name) == "made" else None
        return record

    def _refuse_spoilt(self, name: str) -> None:
        """Say that what was made is damaged or gone, where it is."""
        entry = self.entry(name)
        if entry is not None and entry.variant == self.where(name):
            self.objects.verified(entry.digest)

    def entry(self, name: str) -> Record | None:
        """How a product is noted in the ledger, whether its kept result is there or not."""
        return self.ledger.product(name, self.where(name))

    def where(self, name: str) -> str:
        """Variant under which a product stands here; empty where it is the study's own."""
        return self.layout.variant if name in self.reached else ""

    def file_of(self, name: str) -> Path:
        """File of ``products/`` that shows a product as last made."""
        record = self.record(name)
        return self.layout.shown(name, record.suffix, record.variant)

    def links(self, name: str) -> list[Link]:
        """Chain from a product back to the input files."""
        return chain(self.plan, name, self.ledger, self.where)

    # is it still right?

    def verify(self, *, deep: bool = False) -> list[Fault]:
        """What is wrong with what is kept, and the cure of each; with ``deep`` all bytes are read anew."""
        return faults(self.objects, {*self.base.steps, *self.base.absent}, deep=deep)

    def sweep(self, variant: str | None = None) -> tuple[int, int]:
        """Delete kept results that no product stands for, and a variant if one is named; files and bytes."""
        self._refuse_writing("a sweep")
        return sweep(self, variant)

    def joins(self, name: str) -> dict[str, JoinAccount]:
        """Account of each table of places that a product was made from, by input."""
        return joins(self.plan, name, self.ledger, self.where)

    def verdicts(self) -> list[Verdict]:
        """Verdict per dataset, in the order of the study file; then of those that scenarios replace, under ``scenario: dataset``."""
        found = verdicts_of(self.specs, self.folders, self.grid, lambda: self.plan)
        for name in self.scenarios if not self.of else ():
            try:
                found += self._verdicts_of(name)
            except ShanshuiError as error:
                place = str(self.layout.study_file)
                found.append(Verdict(name, place, needed=False, problems=[str(error)]))
        return found

    def _verdicts_of(self, name: str) -> list[Verdict]:
        """Verdicts of the inputs that a scenario replaces."""
        view = self.scenario(name)
        own = set(self.scenarios[name].inputs)
        if not own:
            return []
        beside = {k: v for k, v in view.specs.items() if k in own | {*LEVELS, "elevation"}}
        judged = verdicts_of(beside, self.folders, self.grid, lambda: view.plan)
        return [replace(v, name=f"{name}: {v.name}") for v in judged if v.name in own]


def open_study(folder: str | Path, *, read_only: bool = False) -> Study:
    """Open a study folder.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Only look at it, also while another process runs it; nothing is made or changed in the folder.

    Returns
    -------
    Study
        Ready to run.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """
    return Study(folder, read_only=read_only)


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
