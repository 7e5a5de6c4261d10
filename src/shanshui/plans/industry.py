"""Industry: structure and stage, linkages, emerging firms and attention, evaluation, admission, layout, symbiosis."""

from shanshui.flow.steps import Step, step
from shanshui.industry.admission import heavy_jobs, open_industries, unit_admission
from shanshui.industry.attention import report_attention, report_passages
from shanshui.industry.balancing import balanced_flows
from shanshui.industry.clusters import (
    cluster_industries,
    firm_places,
    phase_out_schedule,
    service_hubs,
)
from shanshui.industry.county_product import county_gdp
from shanshui.industry.county_stages import county_stage, product_share, region_stage
from shanshui.industry.economy import growth_parts, industry_structure
from shanshui.industry.employment import employment_structure, green_composition, urban_flow
from shanshui.industry.evaluation import evaluation_weights, industry_evaluation
from shanshui.industry.firms import emerging_firms, screened_firms
from shanshui.industry.impacts import (
    construction_jobs,
    household_multipliers,
    output_change,
    regional_spillover,
)
from shanshui.industry.indicators import evaluation_indicators
from shanshui.industry.layout import layout, relocation
from shanshui.industry.linkage import footprints, linkages, regional_linkages
from shanshui.industry.place_facts import main_river_distance, place_facts, river_distance
from shanshui.industry.readiness import technology_maturity
from shanshui.industry.rule_coverage import rule_coverage, sentence_coverage
from shanshui.industry.screening_quality import screening_quality
from shanshui.industry.stage_verdicts import industrial_stage
from shanshui.industry.suitability import crop_areas, crop_suitability, unit_growing
from shanshui.industry.symbiosis import material_circularity, symbiosis
from shanshui.industry.treatment import treatment_plants
from shanshui.plans.survey import warmth_of


def industry(have: set[str]) -> list[Step]:
    """Steps of the industry chapter.

    Parameters
    ----------
    have : set of str
        Inputs of the study.

    Returns
    -------
    list of Step
        Those that lack an input are told apart when the plan is bound.
    """
    warm = warmth_of(have)
    inside = {"prefectures": "units_inside"}
    made = {"gdp": "county_gdp"} if {"gdp", "employment"} <= have else {}
    return [
        step(industry_structure, binds=inside),
        step(growth_parts, binds=inside),
        step(industrial_stage, binds=inside),
        step(employment_structure, binds=inside),
        step(green_composition, binds=inside),
        step(urban_flow, binds=inside),
        step(county_gdp),
        step(product_share),
        step(county_stage),
        step(region_stage),
        step(linkages),
        step(footprints),
        step(household_multipliers),
        step(output_change),
        step(regional_spillover),
        step(construction_jobs),
        step(balanced_flows),
        step(regional_linkages, binds=inside),
        step(screened_firms),
        step(screening_quality),
        step(emerging_firms),
        step(firm_places),
        step(cluster_industries),
        step(service_hubs),
        step(report_attention),
        step(report_passages),
        step(technology_maturity),
        step(evaluation_weights),
        step(evaluation_indicators, binds=inside),
        step(industry_evaluation),
        step(
            evaluation_indicators,
            name="county_indicators",
            binds={"prefectures": "counties_inside", "prefecture_gep": "county_gep"} | made,
        ),
        step(
            industry_evaluation,
            name="county_evaluation",
            binds={"evaluation_indicators": "county_indicators"},
        ),
        step(river_distance),
        step(main_river_distance),
        step(place_facts),
        step(unit_admission),
        step(rule_coverage),
        step(sentence_coverage),
        step(
            unit_admission, name="county_admission", binds={"planning_unit_labels": "county_cells"}
        ),
        step(open_industries),
        step(crop_suitability, binds=warm),
        step(crop_areas),
        step(unit_growing, binds={"suitability": "crop_suitability.herbs"}),
        step(layout),
        step(heavy_jobs),
        step(relocation),
        step(phase_out_schedule),
        step(symbiosis),
        step(material_circularity),
        step(treatment_plants),
    ]
