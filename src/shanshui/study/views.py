"""A study looked at otherwise: under other settings, as one of its scenarios, on wider cells."""

from copy import copy
from pathlib import Path
from shlex import quote
from typing import Self

from shanshui.collect.catalog import InputSpec, located
from shanshui.collect.gate import require
from shanshui.core.errors import PlanError, StudyError, nearest, refuse_no_name
from shanshui.core.process_lock import remembered
from shanshui.flow.plan import Plan
from shanshui.flow.variants import Settings, reached
from shanshui.region.grid import coarser
from shanshui.store.layout import Layout
from shanshui.study.declared import Declared
from shanshui.study.measures import Measures
from shanshui.study.scenario import Overridden, laid, lineage, scenarios_of
from shanshui.study.scenario_checks import refuse_no_ground
from shanshui.study.sections import BASE, Scenario
from shanshui.study.upkeep import DECLARED


class Viewed(Declared):
    """A study, or a variant, a scenario or a preview of it.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it.

    Attributes
    ----------
    of : str
        Scenario as which the study is looked at; blank for the study itself and for variants by settings.
    times : int
        Cells of a preview by those of the study; 1 for none.
    grounds : dict
        Ground of each measure of a scenario: the scenario, and the measure as written.
    followed : list of (str, str)
        Scenario that changes the cover, and product that follows it.
    overridden : list of Overridden
        What more than one scenario of the line sets.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False) -> None:
        super().__init__(folder, read_only=read_only)
        self.of, self.times = "", 1
        self._views: dict[tuple[object, ...], Self] = {}
        self.grounds: dict[str, tuple[str, str]] = {}
        self.followed: list[tuple[str, str]] = []
        self.overridden: list[Overridden] = []

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
        refuse_no_name(name, "scenario")
        name = "" if name == BASE else name
        line = lineage(self.scenarios, name) if name else []
        # as it is declared now: a view costs a plan, and its states all recipes
        key = (name, self.times, *(self.scenarios[one].model_dump_json() for one in line))
        if key not in self._views:
            self._views[key] = self._as(name, self.times)
        return self._views[key]

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
        own, self.specs = self.specs, self._declared()
        refuse_no_ground(own, self.specs, name)
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
        if type(times) is not int:
            raise StudyError(f"preview {times}: expected a whole number of at least 2")
        if self.layout.variant and not self.of:
            raise StudyError(
                f"preview of variant '{self.layout.variant}': previews are of the study and of its scenarios; write what it sets into a scenario"
            )
        return self._as(self.of, times)
