"""The economy of the region held against the nation's."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import shapely

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Features, Key
from shanshui.core.vocabulary import Counties
from shanshui.industry.county_product import CountyGdp
from shanshui.industry.held_figures import (
    attention_figures,
    firm_figures,
    layout_figures,
    network_figures,
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

Levels = Annotated[gpd.GeoDataFrame, Features({"level": TEXT, "*": ANY}, Key("spatial_level"))]


@assessment(source="own_frame", bytes_per_cell=0)
def industry_validation(
    county_gdp: CountyGdp | None = None,
    industry_structure: SectorStructure | None = None,
    spatial_levels: Levels | None = None,
    counties: Counties | None = None,
    industrial_stage: StageVerdicts | None = None,
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
        (prefectures), ``led_by_industry`` by prefecture (1 yes), ``stage`` by ``code/year`` (0 pre to 4 post), ``firms``, ``firms_in`` by place
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
        rows, inner = county_gdp, _inner(spatial_levels, counties)
        if inner:
            rows = rows[rows["code"].astype(str).isin(inner)]
        by_code = rows.groupby("code")["yuan"].agg(lambda part: part.sum(skipna=False))
        known = by_code.dropna()
        asked = len(inner) or len(by_code)
        whole = float(known.sum()) if len(known) == asked and asked else np.nan
        year = ", ".join(str(y) for y in sorted(set(rows["year"])))
        measures += [
            Measure("county_gdp", whole, "yuan", note=f"{len(known)} of {asked} counties, {year}"),
            Measure(
                "county_gdp_known", float(known.sum()) if len(known) else np.nan, "yuan", note=f"{len(known)} of {asked} counties, {year}",
            ),
            Measure(
                "counties_with_gdp", len(known) / asked if asked else np.nan, "1", "", 1.0, 1.0,
                "every county of the region has a product", "区内每个县都有生产总值", "the study's tables",
            ),
        ]  # fmt: skip
    if industry_structure is not None:
        measures += structure_figures(industry_structure)
    if industrial_stage is not None:
        measures += stage_figures(industrial_stage)
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


def _inner(levels: Levels | None, counties: Counties | None) -> set[str]:
    """Codes of the counties of the inner level; none where it is not told."""
    if levels is None or counties is None:
        return set()
    outline = levels.geometry[levels["level"] == "inner"].iloc[0]
    shapely.prepare(outline)
    points = shapely.point_on_surface(counties.geometry.values)
    return set(counties["code"].astype(str)[shapely.contains(outline, points)])
