"""The chapters' results held against what is known otherwise."""

from shanshui.accounts.validation import accounts_validation
from shanshui.basins.validation import survey_validation
from shanshui.flow.steps import Step, step
from shanshui.industry.validation import industry_validation
from shanshui.pattern.validation import pattern_validation
from shanshui.plans.survey import warmth_of
from shanshui.plans.zoning import CLASSES
from shanshui.terrain.climate_validation import climate_validation
from shanshui.zoning.validation import zoning_validation

STEPS = (
    "survey_validation",
    "climate_validation",
    "accounts_validation",
    "pattern_validation",
    "industry_validation",
    "zoning_validation",
)


def validation(have: set[str]) -> list[Step]:
    """Steps that hold each chapter against the ground.

    Parameters
    ----------
    have : set of str
        Inputs of the study.
    """
    return [
        step(survey_validation),
        *(
            [step(climate_validation, binds=warmth_of(have))]
            if "climate_stations" in have and have & {"temperature", "precipitation"}
            else []
        ),
        step(accounts_validation),
        step(pattern_validation),
        step(industry_validation),
        step(zoning_validation, binds=CLASSES),
    ]
