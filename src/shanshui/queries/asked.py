"""What is asked of a study: the verbs of the command that answer and write nothing but scenarios, as methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shanshui.queries.admission import PlaceAdmission, admitted_at
from shanshui.queries.comparison.answer import Comparison
from shanshui.queries.comparison.compare import Comparisons, compare, comparisons
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.conformity import PlanConformity, plan_conformity
from shanshui.queries.datasets import Datasets, datasets
from shanshui.queries.estimates import RunEstimate, run_estimate
from shanshui.queries.ground import MeasureGround, measure_grounds
from shanshui.queries.lineage import Lineage, lineage
from shanshui.queries.products import ProductFacts, Products, product_facts, products
from shanshui.queries.scenarios import (
    DroppedScenario,
    NewScenario,
    ScenarioFacts,
    ScenarioList,
    drop_scenario,
    new_scenario,
    scenario_facts,
    scenario_list,
)
from shanshui.queries.settings import Settings, settings
from shanshui.queries.validation import Validation, made_validation
from shanshui.queries.verification import Verification, verification
from shanshui.queries.why import Answer, Missing, Why
from shanshui.study.plan_file import PlanSource
from shanshui.study.study import Study
from shanshui.zoning.conformity import LEAST_KM2


class AskedStudy(Study):
    """A study that can be asked.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

    def products(self) -> Products:
        """Every product with unit, dims, state and how long it took: ``shanshui list``."""
        return products(self)

    def settings(self, *steps: str) -> Settings:
        """What may be set, of some steps or of all: ``shanshui list --settings``.

        Raises
        ------
        PlanError
            A step that the study does not have.
        """
        return settings(self, *steps)

    def check(self) -> Datasets:
        """Verdict per dataset: ``shanshui check``; ``usable`` says whether the study can run."""
        return datasets(self)

    def show(self, product: str) -> ProductFacts:
        """Shape, unit, range, source, state, when and why it was made: ``shanshui show``.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        """
        return product_facts(self, product)

    def explain(self, product: str) -> Lineage:
        """The chain back to the input files, with settings and editions: ``shanshui explain``.

        Raises
        ------
        PlanError
            There is no such product.
        """
        return lineage(self, product)

    def why(self, product: str, at: tuple[float, float] | None = None) -> Answer | Missing:
        """Why a product has no value at a place, or over the study: ``shanshui why``.

        Parameters
        ----------
        product : str
            Made; a grid where no place is given.
        at : (float, float), optional [degree]
            Longitude and latitude of a place.

        Returns
        -------
        Answer or Missing
            Of the place; of the whole study.

        Raises
        ------
        PlanError
            Unknown, not made, or nothing that has cells or places.
        StudyError
            The place is outside the grid.
        """
        question = Why(self)
        return question.missing(product) if at is None else question.at(product, *at)

    def validate(self) -> Validation:
        """Results held against gauges, census, the ground and what is published: ``shanshui validate``; makes what it needs."""
        return made_validation(self)

    def admit(
        self,
        industry: str,
        at: tuple[float, float],
        *,
        kind: str = "new",
        year: int | None = None,
        exemptions: tuple[str, ...] = (),
        facts: Mapping[str, float] | None = None,
    ) -> PlaceAdmission:
        """Whether a project may come to a place: ``shanshui admit``.

        Parameters
        ----------
        industry : str
            Code of two to four digits, or the name of a class.
        at : (float, float) [degree]
            Longitude and latitude.
        kind : str
            ``new``, ``expand``, ``existing`` or ``explore``.
        year : int, optional
            Rules in force then.
        exemptions : tuple of str
            That the project claims.
        facts : mapping of fact to number, optional
            Of the project, or of the place where somebody knows better than the map.

        Returns
        -------
        PlaceAdmission
            Verdict, rules that fired, what would change it.

        Raises
        ------
        StudyError
            The place is outside the grid or the region.
        PlanError
            The study has no rules, or its place facts have not been made.
        QuantityError
            Unknown code, kind, exemption or fact.
        """
        return admitted_at(
            self, industry, *at, kind=kind, year=year, exemptions=exemptions, facts=facts
        )

    def conform(
        self,
        plan: str | Path,
        *,
        layer: str | None = None,
        use_column: str = "",
        use: str = "",
        crs: str | None = None,
        repair: bool = False,
        least_km2: float = LEAST_KM2,
    ) -> PlanConformity:
        """Which features of a plan break a control line: ``shanshui conform``.

        Parameters
        ----------
        plan : path
            Polygons of any format.
        layer : str, optional
            Of a file with several.
        use_column : str
            What each feature is for, in words; by default a column of such a name.
        use : str
            What all features are for, instead of a column.
        crs : str, optional
            System of the coordinates where the file has none or a wrong one; ``gcj02`` and ``bd09`` too.
        repair : bool
            Mend outlines that cross themselves.
        least_km2 : float [km2]
            Less ground breaks no rule.

        Returns
        -------
        PlanConformity
            Verdict, features, rules that they break with area and people, overlaps.

        Raises
        ------
        PlanError
            The control lines are not made, or not up to date.
        DataError
            A file that cannot be used.
        QuantityError
            A word that is no use; a least area that is none.
        """
        source = PlanSource(Path(plan), layer, use_column, use, crs, repair)
        return plan_conformity(self, source, least_km2=least_km2)

    # scenarios

    def compare(self, one: str, other: str, product: str, column: str = "") -> Comparison:
        """What differs of a product from one scenario to another: ``shanshui compare``.

        Parameters
        ----------
        one, other : str
            Scenarios; ``base`` is the study itself.
        product : str
            Made in both.
        column : str
            Column of a table that is told; by default the one that tells most.

        Raises
        ------
        PlanError
            A product that one of them has not made, or that is another kind of thing in the other.
        """
        return compare(self, one, other, product, column)

    def comparisons(
        self, one: str, other: str, *products: str, column: str = "", by_place: bool = True
    ) -> Comparisons:
        """What differs of several products from one scenario to another; of all that differ when none is named.

        Parameters
        ----------
        one, other : str
            Scenarios; ``base`` is the study itself.
        *products : str
            Made in both.
        column : str
            Column of the tables that is told; by default the one that tells most.
        by_place : bool
            Tell differences by place too, and not of the region alone.

        Raises
        ------
        PlanError
            A product that one of them has not made, or that is another kind of thing in the other.
        """
        return comparisons(self, one, other, *products, column=column, by_place=by_place)

    def differing(self, one: str, other: str) -> list[str]:
        """Products that both scenarios have made and that differ; nothing of them is read.

        Raises
        ------
        StudyError
            No such scenario.
        """
        return Pair(self, one, other).differing()

    def scenario_list(self) -> ScenarioList:
        """Scenarios that there are, what each changes and how much of it is made: ``shanshui scenario list``."""
        return scenario_list(self)

    def scenario_facts(self, name: str) -> ScenarioFacts:
        """What a scenario says, what it is laid over, what wins and what it reaches: ``shanshui scenario show``.

        Raises
        ------
        StudyError
            No such scenario, or one that cannot be laid over the study.
        """
        return scenario_facts(self, name)

    def measure_grounds(self) -> tuple[MeasureGround, ...]:
        """Ground that the measures of a previewed scenario take on its cells, beside what they take on those of the study."""
        return measure_grounds(self)

    def new_scenario(self, name: str, **says: Any) -> NewScenario:
        """Write a scenario, if it can be laid over the study: ``shanshui scenario new``.

        Parameters
        ----------
        name : str
            Of the scenario.
        **says : any
            ``parents, measures, inputs, settings, without, words, date``, as of :func:`shanshui.queries.scenarios.new_scenario`.

        Raises
        ------
        StudyError
            A name that is taken or that no folder can have, or anything that cannot be laid over the study.
        """
        return new_scenario(self, name, **says)

    def drop_scenario(self, name: str) -> DroppedScenario:
        """Take a scenario away, and what was made of it alone: ``shanshui scenario drop``.

        Raises
        ------
        StudyError
            No such scenario, another one is laid over it, or it stands in the study file.
        """
        return drop_scenario(self, name)

    # what a run would do, and whether what it did is still right

    def estimate(self, *products: str, **options: Any) -> RunEstimate:
        """Memory, disk, time and state of each step of a run, without running it: ``shanshui run --dry``.

        Parameters
        ----------
        *products : str
            What would be brought up to date; everything when none is named.
        **options : any
            ``workers, memory, settings, variant, scheduler``, as of ``run``.

        Raises
        ------
        PlanError
            No such product, setting or variant.
        """
        return run_estimate(self, *products, **options)

    def verify(
        self, *, deep: bool = False, mend: bool = False, rebuild: bool = False
    ) -> Verification:
        """What is wrong with what is kept, and the cure of each: ``shanshui verify``.

        Parameters
        ----------
        deep : bool
            Read all bytes and all content anew, not only what was touched.
        mend : bool
            Mend what needs nothing to be made; the next run makes damaged results anew.
        rebuild : bool
            First put the ledger aside and make it anew from the kept results.

        Raises
        ------
        StudyError
            To be mended, and opened to read only.
        StoreError
            A ledger of another version, or a place that cannot be written.
        """
        return verification(self, deep=deep, mend=mend, rebuild=rebuild)
