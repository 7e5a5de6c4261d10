"""Importance, sensitivity, the red line and the pattern held against the ground: which land they take."""

from collections.abc import Iterable
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.said import Said
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Mask
from shanshui.pattern.counts import SourceCounts
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT
from shanshui.pattern.reference_line import reference_figures
from shanshui.pattern.richness_rank import richness_rank
from shanshui.pattern.species import AS_RICHNESS, Habitats, Ranges
from shanshui.pattern.tables import (
    Counts,
    Districts,
    Polygons,
    Protected,
    RedLineShares,
    SourceCells,
    Sources,
    SteepFarmland,
)
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.region.validation import Measure, Published, Validation, validation_table

NO_FARMLAND = "red_line_candidate.leave_out=farmed; given.basic_farmland"
NO_TOWNS = "red_line_candidate.leave_out=built; given.developed_land"
NOT_WORKED = f"{NO_FARMLAND}; {NO_TOWNS}"
"""Rules that keep worked ground out of the line: with them a plain has less of it than a mountain, whatever is important."""
RESERVES = "given.protected_areas"
"""The line takes protected areas in whole."""
LEAST_CLASS = 0.005
"""Share of the graded ground that each class has where classes tell anything apart [D]."""
CAPTURE = 1.2
"""Share of protected ground that is taken in, over what chance would take, from which it was found and not hit [D]."""


@assessment(source="own_frame", bytes_per_cell=24, follows=AS_RICHNESS)
def pattern_validation(
    cover_type: Codes,
    region_mask: Mask,
    red_line_candidate: Codes | None = None,
    ecological_sensitivity: Codes | None = None,
    protection_importance: Codes | None = None,
    source_cells: SourceCells | None = None,
    red_line_share: RedLineShares | None = None,
    pattern_summary: Counts | None = None,
    source_counts: SourceCounts | None = None,
    protected_areas: Protected | None = None,
    species_ranges: Ranges | None = None,
    species_habitats: Habitats | None = None,
    sources: Sources | None = None,
    steep_farmland: SteepFarmland | None = None,
    reference_red_line: Polygons | None = None,
    published: Published | None = None,
    security_districts: Districts | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> Validation:
    """Which ground is graded, taken in and chosen, beside what it should be in any mountain region, and what is published of this one.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    region_mask : (y, x) [1]
        1 inside.
    red_line_candidate : (y, x) [1], optional
        1 candidate, 0 not, 255 missing.
    ecological_sensitivity, protection_importance : (y, x) [1], optional
        1 extreme, 3 plain, 5 general, 0 missing.
    source_cells : (y, x) [1], optional
        Source of each cell; 0 none.
    red_line_share : table, optional
        ``code, share`` by county.
    pattern_summary : table, optional
        ``what, found, free``.
    source_counts : table, optional
        ``sources`` at other cut-offs.
    protected_areas : polygons, optional
        Reserves; what is chosen should find them.
    species_ranges : polygons or points, optional
        Their threatened species the red line should follow: over the cells of a coarse map of points, or over squares.
    species_habitats : table, optional
        ``species, threat``; the shipped table without it.
    sources : polygons, optional
        ``massif``: that each source lies in.
    steep_farmland : table, optional
        ``limit_deg, area_ha``.
    reference_red_line : polygons, optional
        A line that somebody else drew, beside ours.
    published : table, optional
        ``measure, statement, source, low, high, than, place``.
    security_districts : table, optional
        ``code, extreme_share`` by county.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    table
        A row for each statement, as :func:`shanshui.basins.validation.survey_validation` has it. Measures: ``red_line_share`` of the region
        and by county; ``red_line_of``, ``sensitive_of``, ``important_of`` and ``sources_of`` by cover (forest, farmed, built);
        ``forest_to_farmed`` of the red line and ``important_forest_to_farmed`` before anything is left out; ``extreme_share`` by county, before
        that too; ``sensitivity_class`` and
        ``importance_class`` by code; ``captured`` by ``red_line`` and ``sources``; ``richness_rank`` (rank correlation with threatened
        species over cells of the range map); ``count`` by part;
        ``captured_share`` of protected ground by ``red_line`` and ``sources``; ``massif_sources`` by massif; ``steep_farmland_ha`` by limit
        [degree]; ``reference_line`` by ``agreement``, ``kappa``, ``inside`` and ``outside`` (share of the ground of the other line, and of
        the rest, that ours takes in).

    Raises
    ------
    QuantityError
        A published statement without a range.
    DataError
        The other line does not reach the region.

    Notes
    -----
    ``red_line_of(k) = |R and C_k| / |C_k|`` over the cells of cover k that are decided; ``captured = (|X and P| / |P|) / (|X| / |G|)``: the share of
    protected ground P that X takes in over the share of all ground G, 1 by chance. Forest at least twice farmland, built land below
    5 %: what issues of planning ask of a red line; ranges are our own [D] (decision 0023).
    """
    inside = region_mask.values == 1
    cover = {
        k: np.isin(cover_type.values, codes_of((k,))) & inside
        for k in ("forest", "farmed", "built")
    }
    reserve = None
    if protected_areas is not None and len(protected_areas):
        reserve = _reserve(protected_areas, region_mask) & inside
    measures: list[Measure] = []
    if red_line_candidate is not None:
        measures += _red_line(red_line_candidate.values, inside, cover, reserve)
    if ecological_sensitivity is not None:
        measures += _classes("sensitivity_class", ecological_sensitivity.values, inside)
        measures += _of(
            "sensitive_of",
            ecological_sensitivity.values == EXTREME,
            inside & (ecological_sensitivity.values != 0),
            cover,
        )
    if protection_importance is not None:
        measures += _classes("importance_class", protection_importance.values, inside)
        measures += _important(protection_importance.values, inside, cover)
    if red_line_candidate is not None and species_ranges is not None:
        measures.append(
            richness_rank(
                red_line_candidate.values == 1,
                inside & (red_line_candidate.values != 255),
                species_ranges,
                species_habitats,
                region_mask,
                range_cell_km,
            )
        )
    if red_line_candidate is not None and reference_red_line is not None:
        measures += reference_figures(red_line_candidate, region_mask, reference_red_line)
    if source_cells is not None:
        chosen = source_cells.values > 0
        measures += _of("sources_of", chosen, inside, cover)
        measures += _captured("sources", chosen, inside, reserve)
    measures += _by_county("red_line_share", red_line_share, "share", NOT_WORKED)
    measures += _by_county("extreme_share", security_districts, "extreme_share")
    if pattern_summary is not None:
        forced = {
            "patches": "source_cells.most", "nodes": "nodes.most", "river corridors": "river_corridors.most",
            "biological corridors": "security_pattern.biological",
        }  # fmt: skip
        cut = _at_other_cuts(source_counts)
        free = pattern_summary["free"] if "free" in pattern_summary else pattern_summary["found"]
        measures += [
            Measure(
                "count",
                float(found),
                "1",
                str(what),
                forced_by=forced.get(str(what), ""),
                note=cut if what == "patches" else _before_cut(float(found), float(free_count)),
            )
            for what, found, free_count in zip(
                pattern_summary["what"], pattern_summary["found"], free, strict=True
            )
        ]
    if sources is not None:
        measures += [
            Measure(
                "massif_sources", float(count), "1", str(name), forced_by="source_cells.most", note=Said("sources_in_all", {"count": len(sources)}),
            )
            for name, count in sources["massif"].replace("", np.nan).value_counts().items()
        ]  # fmt: skip
    if steep_farmland is not None:
        measures += [
            Measure("steep_farmland_ha", float(area), "ha", f"{limit:g}")
            for limit, area in zip(steep_farmland["limit_deg"], steep_farmland["area_ha"], strict=True)
        ]  # fmt: skip
    return validation_table("pattern", measures, published)


def _by_county(
    measure: str, table: pd.DataFrame | None, column: str, forced: str = ""
) -> list[Measure]:
    if table is None:
        return []
    return [
        Measure(measure, float(share), "1", str(code), forced_by=forced)
        for code, share in zip(table["code"], table[column], strict=True)
    ]


def _at_other_cuts(counts: pd.DataFrame | None) -> Said | None:
    """How many sources there are where their number is not cut."""
    if counts is None or counts.empty:
        return None
    number = counts["sources"]
    return Said("at_other_cuts", {"least": number.min(), "most": number.max()})


def _before_cut(found: float, free: float) -> Said | None:
    return Said("before_cut", {"count": free}) if np.isfinite(free) and free != found else None


def _reserve(areas: gpd.GeoDataFrame, mask: xr.DataArray) -> NDArray[np.bool_]:
    return np.asarray(burnt(areas, grid_of(mask), 0.0), bool)


def _share(chosen: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    count = int(np.count_nonzero(of))
    return float(np.count_nonzero(chosen & of)) / count if count else np.nan


def _red_line(
    code: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    cover: dict[str, NDArray[np.bool_]],
    reserve: NDArray[np.bool_] | None,
) -> list[Measure]:
    chosen, known = code == 1, inside & (code != 255)
    of = {k: _share(chosen, here & known) for k, here in cover.items()}
    # where no farmland is in the line, less than one cell of it is
    fields = int(np.count_nonzero(cover["farmed"] & known))
    shown = of["forest"] / max(of["farmed"], 1.0 / fields) if fields else np.nan
    return [
        Measure("red_line_share", _share(chosen, known), forced_by="red_line_candidate.least_km2"),
        *(
            Measure(
                "red_line_of", share, "1", k, *((0.0, 0.05) if k == "built" else (np.nan, np.nan)),
                Said("towns_outside") if k == "built" else None,
                Said("source_guide") if k == "built" else None,
                forced_by={"built": NO_TOWNS, "farmed": NO_FARMLAND}.get(k, ""),
            )
            for k, share in of.items()
        ),
        Measure(
            "forest_to_farmed", shown, "1", "", 2.0, np.inf, Said("line_takes_forest"), Said("source_guide"),
            forced_by=NO_FARMLAND, note=Said("forest_and_farmed", {"forest": of["forest"], "farmed": of["farmed"]}),
        ),
        *_captured("red_line", chosen, known, reserve, RESERVES),
    ]  # fmt: skip


def _captured(
    what: str,
    chosen: NDArray[np.bool_],
    ground: NDArray[np.bool_],
    reserve: NDArray[np.bool_] | None,
    forced: str = "",
) -> list[Measure]:
    if reserve is None:
        return []
    by_chance = _share(chosen, ground)
    inside = _share(chosen, reserve & ground)
    ratio = inside / by_chance if by_chance > 0 else np.nan
    return [
        Measure(
            "captured", ratio, "1", what, CAPTURE, np.inf, Said("protected_captured", {"what": Said(f"what_{what}")}), Said("source_protected"),
            forced_by=forced, note=Said("captured", {"inside": inside, "chance": by_chance}),
        ),
        Measure("captured_share", inside, "1", what, forced_by=forced),
    ]  # fmt: skip


def _classes(measure: str, code: NDArray[np.uint8], inside: NDArray[np.bool_]) -> list[Measure]:
    known = inside & (code != 0)
    return [
        Measure(
            measure, _share(code == grade, known), "1", str(grade), LEAST_CLASS, 1.0 - LEAST_CLASS,
            Said("class_tells", {"grade": grade, "what": Said(f"what_{measure}")}), Said("source_own_range"),
        )
        for grade in (EXTREME, IMPORTANT, GENERAL)
    ]  # fmt: skip


def _of(
    measure: str,
    chosen: NDArray[np.bool_],
    known: NDArray[np.bool_],
    cover: dict[str, NDArray[np.bool_]],
) -> Iterable[Measure]:
    return [Measure(measure, _share(chosen, here & known), "1", k) for k, here in cover.items()]


def _important(
    code: NDArray[np.uint8], inside: NDArray[np.bool_], cover: dict[str, NDArray[np.bool_]]
) -> list[Measure]:
    """Is it forest or farmland that is extremely important, before anything is left out?"""
    known = inside & (code != 0)
    of = {k: _share(code == EXTREME, here & known) for k, here in cover.items()}
    ratio = of["forest"] / of["farmed"] if of["farmed"] > 0 else np.nan
    return [
        *(Measure("important_of", share, "1", k) for k, share in of.items()),
        Measure(
            "important_forest_to_farmed", ratio, "1", "", 1.0, np.inf,
            Said("forest_more_important"), Said("source_own_range"),
            note=Said("forest_and_farmed", {"forest": of["forest"], "farmed": of["farmed"]}),
        ),
    ]  # fmt: skip
