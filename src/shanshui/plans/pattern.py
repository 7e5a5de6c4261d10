"""Importance and sensitivity: the half of the security pattern that accounts feed."""

from shanshui.flow.plan import Step, step
from shanshui.pattern.importance import (
    biodiversity_index,
    importance_grade,
    protection_importance,
    service_importance,
    soil_importance,
)
from shanshui.pattern.red_lines import (
    developed_land,
    red_line_candidate,
    red_line_share,
    security_districts,
    steep_farmland,
)
from shanshui.pattern.sensitivity import (
    desertification_sensitivity,
    ecological_sensitivity,
    erosion_class,
    erosion_fragility,
    erosion_sensitivity,
    karst_sensitivity,
)
from shanshui.plans.survey import cover_of, warmth_of


def pattern(have: set[str]) -> list[Step]:
    """Steps of importance and sensitivity.

    Parameters
    ----------
    have : set of str
        Inputs of the study.

    Returns
    -------
    list of Step
        Those that lack an input are told apart when the plan is bound.
    """
    cover, warm = cover_of(have), warmth_of(have)
    return [
        step(
            importance_grade, name="importance_water", binds={"service": "water_retention.retained"}
        ),
        step(
            importance_grade, name="importance_soil", binds={"service": "soil_retention.retained"}
        ),
        step(biodiversity_index, binds=warm),
        step(
            importance_grade,
            name="importance_biodiversity",
            binds={"service": "biodiversity_index"},
        ),
        step(soil_importance),
        step(service_importance),
        step(erosion_sensitivity),
        step(karst_sensitivity),
        step(desertification_sensitivity),
        step(erosion_class, binds={"soil_loss": "soil_retention.loss"}),
        step(erosion_fragility),
        step(ecological_sensitivity),
        step(protection_importance),
        step(developed_land, binds=cover),
        step(red_line_candidate),
        step(red_line_share),
        step(security_districts),
        step(
            steep_farmland,
            binds=cover
            | {"potential_loss": "soil_retention.potential", "soil_loss": "soil_retention.loss"},
        ),
    ]
