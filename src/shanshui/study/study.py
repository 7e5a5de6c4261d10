"""A study opened: run it, look at it, ask where a number came from."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shanshui.collect.inputs import PRODUCTS, wanted
from shanshui.collect.joining import LEVELS
from shanshui.collect.quality import Verdict
from shanshui.core.errors import (
    PlanError,
    ShanshuiError,
    StoreError,
    StudyError,
    nearest,
    refuse_no_name,
)
from shanshui.core.process_lock import remembered
from shanshui.core.quantity import Table
from shanshui.flow.elsewhere import Workers
from shanshui.flow.estimate import memory_limit
from shanshui.flow.events import Listener, deaf
from shanshui.flow.explain import Link, chain, joins
from shanshui.flow.rewire import is_before
from shanshui.flow.run import Outcome, Run
from shanshui.kernels.crew import available
from shanshui.measures.cells import refuse_nothing
from shanshui.plans.everything import CHAPTERS
from shanshui.region.join_account import JoinAccount
from shanshui.store.ledger import Record
from shanshui.store.verify import Fault, faults
from shanshui.study.sections import BASE
from shanshui.study.standing import Standing
from shanshui.study.upkeep import noted_variant, sweep, with_settings
from shanshui.study.verdicts import verdicts_of
from shanshui.study.views import Viewed


class Study(Viewed):
    """One study folder: what has been made of it, and a run that makes it.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it: runs and sweeps are refused.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

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
                have = {PRODUCTS.get(n, n) for n in self.specs}
                made = {step.name for step in CHAPTERS[name](have)}
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
        self.refuse_writing("a run")
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
            refuse_nothing(scenario, self.record(name).facts, text, self.times)

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
        refuse_no_name(name, "product")
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
        refuse_no_name(name, "product")
        return chain(self.plan, name, self.ledger, self.where)

    # is it still right?

    def faults(self, *, deep: bool = False) -> list[Fault]:
        """What is wrong with what is kept, and the cure of each; with ``deep`` all bytes are read anew."""
        return faults(self.objects, {*self.base.steps, *self.base.absent}, deep=deep)

    def sweep(self, variant: str | None = None) -> tuple[int, int]:
        """Delete kept results that no product stands for, and a variant if one is named; files and bytes."""
        self.refuse_writing("a sweep")
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
