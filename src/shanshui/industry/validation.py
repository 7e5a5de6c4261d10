"""The economy of the region held against the nation's."""

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.said import Said
from shanshui.core.vocabulary import Counties
from shanshui.industry.county_product import SectorProducts
from shanshui.industry.county_stages import (
    REGION,
    CountyStages,
    Levels,
    ProductShare,
    RegionStage,
    inner_counties,
)
from shanshui.industry.held_figures import (
    attention_figures,
    firm_figures,
    layout_figures,
    network_figures,
    share_figures,
    staff_figures,
    stage_figures,
    structure_figures,
)
from shanshui.industry.tables import (
    Attention,
    ChainLayout,
    ClusterIndustries,
    EmploymentStructure,
    FirmCounts,
    SectorStructure,
    ServiceHubs,
    StageVerdicts,
)
from shanshui.region.validation import Measure, Published, Validation, validation_table


@assessment(source="own_frame", bytes_per_cell=0)
def industry_validation(
    county_gdp: SectorProducts | None = None,
    industry_structure: SectorStructure | None = None,
    spatial_levels: Levels | None = None,
    counties: Counties | None = None,
    industrial_stage: StageVerdicts | None = None,
    county_stage: CountyStages | None = None,
    region_stage: RegionStage | None = None,
    product_share: ProductShare | None = None,
    emerging_firms: FirmCounts | None = None,
    report_attention: Attention | None = None,
    cluster_industries: ClusterIndustries | None = None,
    service_hubs: ServiceHubs | None = None,
    layout: ChainLayout | None = None,
    employment_structure: EmploymentStructure | None = None,
    published: Published | None = None,
) -> Validation:
    """Product and structure of the region's counties beside what is published.

    Parameters
    ----------
    county_gdp : table, optional
        ``code, year, sector, yuan``.
    industry_structure : table, optional
        ``secondary_risen`` by prefecture.
    spatial_levels : polygons, optional
        ``level``: the inner one is the region; without it all counties of the table are.
    counties : polygons, optional
        ``code``: those whose inner point lies in the region count.
    industrial_stage : table, optional
        ``code, year, criterion, stage``.
    county_stage, region_stage : table, optional
        The same by county, and without a code.
    product_share : table, optional
        ``figure, value``.
    emerging_firms : table, optional
        ``code, category, firms``.
    report_attention : table, optional
        ``year, category, mentions``.
    cluster_industries : table, optional
        ``cluster, intended``.
    service_hubs : table, optional
        ``city, agree`` and a column for each scheme.
    layout : table, optional
        ``link, amount_ha``.
    employment_structure : table, optional
        ``code, industry, location_quotient``.
    published : table, optional
        ``measure, statement, source, low, high``.

    Returns
    -------
    table
        A row for each statement, as :func:`shanshui.basins.validation.survey_validation` has it. Measures: ``county_gdp`` of the region's
        counties [yuan], ``county_gdp_known`` of those that have one, ``counties_with_gdp``, ``secondary_risen`` and ``secondary_known``
        (prefectures), ``product_share`` of the nation's, ``led_by_industry`` by prefecture (1 yes), ``stage`` by ``code/year`` of prefectures and
        counties and ``region/year`` (0 pre to 4 post), ``firms``, ``firms_in`` by place
        and province, ``category_rank``, ``attention_rank`` by ``category/year``, ``cluster_members`` by cluster, ``hubs_agree``, ``layout_ha``
        by link, ``staff_quotient`` by industry.

    Raises
    ------
    QuantityError
        A published statement without a range.

    Notes
    -----
    ``county_gdp`` = sum over the counties and the three sectors; NaN where one of them lacks a sector: a part is not the whole. Our own frame [D]
    (decision 0023).
    """
    measures = []
    if county_gdp is not None:
        inner = inner_counties(spatial_levels, counties)
        rows = county_gdp[county_gdp["year"] == county_gdp["year"].max()]
        if inner:
            rows = rows[rows["code"].astype(str).isin(inner)]
        by_code = rows.groupby("code")["yuan"].agg(lambda part: part.sum(skipna=False))
        known = by_code.dropna()
        asked = len(inner) or len(by_code)
        whole = float(known.sum()) if len(known) == asked and asked else np.nan
        year = ", ".join(str(y) for y in sorted(set(rows["year"])))
        note = Said("counties_of", {"known": len(known), "asked": asked, "year": year})
        measures += [
            Measure("county_gdp", whole, "yuan", note=note),
            Measure(
                "county_gdp_known", float(known.sum()) if len(known) else np.nan, "yuan", note=note,
            ),
            Measure(
                "counties_with_gdp", len(known) / asked if asked else np.nan, "1", "", 1.0, 1.0,
                Said("counties_have_product"), Said("source_tables"),
            ),
        ]  # fmt: skip
    if industry_structure is not None:
        measures += structure_figures(industry_structure)
    if product_share is not None:
        measures += share_figures(product_share)
    for stages in (industrial_stage, county_stage):
        if stages is not None:
            measures += stage_figures(stages)
    if region_stage is not None:
        measures += stage_figures(region_stage.assign(code=REGION))
    if employment_structure is not None:
        measures += staff_figures(employment_structure)
    if emerging_firms is not None:
        measures += firm_figures(emerging_firms)
    if report_attention is not None:
        measures += attention_figures(report_attention)
    measures += network_figures(cluster_industries, service_hubs)
    if layout is not None:
        measures += layout_figures(layout)
    return validation_table("industry", measures, published)
