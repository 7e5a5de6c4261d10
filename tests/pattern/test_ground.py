"""Which ground: factors at their scale and with contrast, the red line, species."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import ndimage
from tests.worlds import grid_spec

from shanshui.accounts.soil_retention import vegetation_fraction
from shanshui.collect.inputs import INPUTS
from shanshui.core.cover import codes_of, covers
from shanshui.core.errors import PlanError, QuantityError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step
from shanshui.pattern.core_area import core_area
from shanshui.pattern.counts import source_counts, species_capture
from shanshui.pattern.cuts import importance_cuts, sensitivity_cuts
from shanshui.pattern.factors import sensitivity_factors
from shanshui.pattern.importance import importance_grade
from shanshui.pattern.red_line_summary import red_line_summary
from shanshui.pattern.red_lines import red_line_candidate, red_line_cover
from shanshui.pattern.sensitivity import (
    desertification_sensitivity,
    erosion_sensitivity,
    potential_sensitivity,
)
from shanshui.pattern.sources import habitat_morphology, source_candidates, source_cells
from shanshui.pattern.species import habitats_of, species_habitat, species_richness
from shanshui.pattern.validation import pattern_validation
from shanshui.terrain.extent import region_mask
from shanshui.terrain.relief import local_relief
from shanshui.terrain.relief_scale import scaled_relief
from shanshui.terrain.slope import slope
from shanshui.terrain.slope_scale import slope_cell

GRID = grid_spec(8, 12, cell_m=1000.0)
FOREST, FARMED, BUILT, WATER = (covers()[w].code for w in ("forest", "farmed", "built", "water"))


def lay(values, unit="1", **more):
    return GRID.lay(np.asarray(values), unit, **more)


def all_of(value, dtype=np.float32):
    return np.full(GRID.shape, value, dtype)


MASK = lay(all_of(1, np.uint8))


def codes(values):
    return lay(np.asarray(values, np.uint8), nodata=0)


# scale


def sources(*names):
    return [Source(n, INPUTS[n].gives, "", {}, dict, lambda c: None, local_relief) for n in names]


@pytest.mark.parametrize(
    ("setting", "fits"),
    [({"window_m": 2000.0}, True), ({"window_m": 1000.0}, True), ({"window_m": 2300.0}, False), ({"window_m": 900.0}, False),
     ({}, False), ({"window_cells": 2}, False)],
)  # fmt: skip
def test_a_factor_read_at_another_scale_is_refused(setting, fits):
    from shanshui.accounts.erosion_drivers import rainfall_erosivity
    from shanshui.terrain.relief import relief_window

    steps = [
        step(region_mask), step(relief_window), step(rainfall_erosivity), step(vegetation_fraction),
        step(local_relief, name="mine", **setting), step(slope), step(slope_cell),
        step(scaled_relief, binds={"local_relief": "mine"}), step(erosion_sensitivity, binds={"local_relief": "scaled_relief"}),
    ]  # fmt: skip
    given = sources("elevation", "ndvi", "precipitation", "monthly_precipitation", "boundary")
    if fits:
        assert "erosion_sensitivity" in Plan.of(*steps, sources=given).steps
    else:
        with pytest.raises(PlanError, match=r"scaled_relief.local_relief: is read over 1 to 5 km2"):
            Plan.of(*steps, sources=given)


def test_relief_of_the_cells_of_the_study_is_refused():
    from shanshui.accounts.erosion_drivers import rainfall_erosivity

    steps = [
        step(region_mask), step(rainfall_erosivity), step(vegetation_fraction), step(local_relief, window_m=2000.0),
        step(erosion_sensitivity),
    ]  # fmt: skip
    given = sources("elevation", "ndvi", "precipitation", "monthly_precipitation", "boundary")
    with pytest.raises(PlanError, match=r"published for cells of up to 100 m, but 'local_relief'"):
        Plan.of(*steps, sources=given)


# factors of the mean


def three(rain, relief, green):
    return lay(rain, "MJ*mm/(ha*h*yr)"), lay(relief, "m"), lay(green)


def test_a_factor_with_one_score_takes_part_as_the_source_has_it():
    relief = all_of(400.0)
    relief[:, :4], relief[:, 4:8] = 20.0, 100.0
    green = all_of(0.9)
    green[4:] = 0.1
    given = three(all_of(7000.0), relief, green)
    factors = sensitivity_factors(MASK, given[2], *given[:2])
    assert (factors["used"] == 1).all()
    told = factors.set_index("factor")
    assert told.loc["local_relief", ["low", "middle", "high"]].tolist() == pytest.approx([1 / 3] * 3)  # fmt: skip
    assert told.loc["rainfall_erosivity", "reason"] == "scores 5 on all of the ground"
    found = erosion_sensitivity(*given, MASK, None, factors).values
    # cube roots: forest 5 1 1, 5 3 1, 5 5 1; bare 5 1 5, 5 3 5, 5 5 5
    assert [int(found[0, k]) for k in (0, 5, 11)] == [5, 3, 3]
    assert [int(found[7, k]) for k in (0, 5, 11)] == [3, 1, 1]


@pytest.mark.parametrize("low", [3000.0, 7000.0])
def test_one_cell_changes_no_class_but_its_own(low):
    # all but one cell, and all but two, have one score of erosivity
    for values in (3000.0, 7000.0, 500.0):
        grounds = []
        for cells in (1, 2):
            rain = all_of(low)
            rain.flat[:cells] = values
            given = three(rain, all_of(400.0), all_of(0.1))
            factors = sensitivity_factors(MASK, given[2], *given[:2])
            grounds.append(erosion_sensitivity(*given, MASK, None, factors).values)
        assert (grounds[0] != grounds[1]).sum() <= 1
        # erosivity of 3 or 5 beside relief and bare ground of 5
        assert (grounds[1].flat[2:] == 1).all()


@pytest.mark.parametrize(
    ("rain", "relief", "green", "code"),
    [(7000.0, 400.0, 0.9, 3), (3000.0, 400.0, 0.1, 1), (3000.0, 100.0, 0.5, 3), (500.0, 100.0, 0.5, 5)],
)  # fmt: skip
def test_ground_that_is_alike_everywhere_is_classed_by_all_its_factors(rain, relief, green, code):
    given = three(*(all_of(v) for v in (rain, relief, green)))
    factors = sensitivity_factors(MASK, given[2], *given[:2])
    assert (factors["used"] == 1).all()
    assert (erosion_sensitivity(*given, MASK, None, factors).values == code).all()


def test_a_factor_known_on_hardly_any_ground_leaves_the_mean_and_is_told():
    rain, relief, green = three(all_of(3000.0), all_of(400.0), all_of(0.1))
    texture = np.zeros(GRID.shape, np.uint8)
    texture[0, 0] = 1
    cells = texture.size
    factors = sensitivity_factors(MASK, green, rain, relief, texture_score=codes(texture))
    row = factors.set_index("factor").loc["texture_score"]
    assert (row["used"], row["known"]) == (0.0, pytest.approx(1 / cells))
    assert row["reason"].startswith("known on 1.0% of the ground that rainfall_erosivity, local_relief, vegetation_fraction tells: left out")  # fmt: skip
    given = (rain, relief, green, MASK, codes(texture))
    # the cube root of 3 5 5 is 4.2, extreme
    assert (erosion_sensitivity(*given, factors).values == 1).all()
    bare = potential_sensitivity(MASK, rain, relief, texture_score=codes(texture), sensitivity_factors=factors)  # fmt: skip
    np.testing.assert_allclose(bare.values, 15**0.5, rtol=1e-6)
    # known on most ground it takes part, and how much lacks a class is told
    texture[:5] = 1
    factors = sensitivity_factors(MASK, green, rain, relief, texture_score=codes(texture))
    row = factors.set_index("factor").loc["texture_score"]
    assert (row["used"], row["known"]) == (1.0, pytest.approx(5 / 8))
    assert "36 cells without it have no class" in row["reason"]
    # the fourth root of 3 5 5 1 is 2.9
    found = erosion_sensitivity(rain, relief, green, MASK, codes(texture), factors).values
    assert (found[:5] == 3).all()
    assert (found[5:] == 0).all()
    # a gap in what every cell needs is a gap, not a reason to leave the factor out
    relief.values[1:] = np.nan
    factors = sensitivity_factors(MASK, green, rain, relief, texture_score=codes(texture))
    told = factors.set_index("factor")
    assert (told["used"] == 1).all()
    assert told.loc["local_relief", "known"] == pytest.approx(1 / 8)


def test_a_factor_that_is_low_everywhere_holds_the_mean_down():
    wet, dry = lay(all_of(1000.0), "mm/yr"), lay(all_of(900.0), "mm/yr")
    green = all_of(0.9)
    green[4:] = 0.1
    green = lay(green)
    factors = sensitivity_factors(MASK, green, precipitation=wet, reference_evapotranspiration=dry)
    assert factors.set_index("factor")["used"].to_dict() == {
        "aridity": 1.0,
        "vegetation_fraction": 1.0,
    }
    # sqrt(1 5) = 2.24 < 2.33: bare fields in a wet region turn to no desert
    found = desertification_sensitivity(wet, dry, green, MASK, sensitivity_factors=factors)
    assert (found.values == 5).all()


def test_the_ground_is_sensitive_by_itself_whatever_grows_on_it():
    rain = lay(all_of(3000.0), "MJ*mm/(ha*h*yr)")
    relief = all_of(20.0)
    relief[:, 4:], relief[:, 8:], relief[0, 0] = 100.0, 400.0, np.nan
    relief = lay(relief, "m")
    rock, steep = all_of(80.0), all_of(30.0)
    rock[4:] = 10.0
    found = potential_sensitivity(MASK, rain, relief, lay(rock, "%"), lay(steep, "degree")).values
    # karst: sqrt(5 5) above, sqrt(1 5) below; erosion: sqrt(3 1), sqrt(3 3), sqrt(3 5)
    assert found[1, [0, 5, 9]].tolist() == pytest.approx([5.0, 5.0, 5.0])
    assert found[6, [0, 5, 9]].tolist() == pytest.approx([5**0.5, 3.0, 15**0.5])
    assert found[0, 0] == pytest.approx(5.0)
    assert np.isnan(potential_sensitivity(MASK, rain, relief).values[0, 0])
    outside = MASK.copy(data=np.zeros(GRID.shape, np.uint8))
    assert np.isnan(potential_sensitivity(outside, rain, relief).values).all()
    with pytest.raises(QuantityError, match="no kind has its factors"):
        potential_sensitivity(MASK, rain)


# scarcity


def test_what_is_scarce_counts_in_its_own_basin():
    # a wet basin of four columns of 100 and two of 10, a dry one of 9, 5 and 1; a column is 8 km2
    amount = np.repeat([[100.0, 100, 100, 100, 10, 10, 9, 9, 5, 5, 1, 1]], 8, axis=0)
    service = lay(amount.astype(np.float32), "mm/yr")
    alone = importance_grade(service, MASK).values[0]
    # equal cells stand or fall together: 400 of 450 is above half and above four fifths
    assert alone.tolist() == [5] * 12
    basins = frame(box(0, 0, 6, 8), box(6, 0, 12, 8))
    found = importance_grade(service, MASK, basins, least_basin_km2=48.0).values[0]
    # of the dry basin's 30 the two cells of 9 hold 18: above half, below four fifths
    assert found.tolist() == [5] * 6 + [3, 3, 5, 5, 5, 5]
    shares = {"extreme_share": 0.6, "important_share": 0.95}
    found = importance_grade(service, MASK, basins, least_basin_km2=48.0, **shares).values[0]
    # of the region's 450 the cells down to 10 hold 420, of the dry basin's 30 those of 9 hold 0.6 and those down to 5 28
    assert found.tolist() == [3] * 6 + [1, 1, 3, 3, 5, 5]
    # a basin too small here has no order of its own
    found = importance_grade(service, MASK, basins, least_basin_km2=48.5, **shares).values[0]
    assert found.tolist() == [3] * 6 + [5] * 6


def test_a_trace_in_a_dry_basin_is_not_scarce_but_nothing():
    # the mean of the region is 50: a tenth of it is 5
    amount = np.repeat([[100.0] * 6 + [0.001] * 2 + [0.0005] * 4], 8, axis=0)
    service = lay(amount.astype(np.float32), "mm/yr")
    basins = frame(box(0, 0, 6, 8), box(6, 0, 12, 8))
    found = importance_grade(service, MASK, basins, least_basin_km2=48.0, extreme_share=0.6)
    assert (found.values[:, 6:] == 5).all()
    # without the floor those of 0.001 hold half of the dry basin
    bare = importance_grade(
        service, MASK, basins, least_basin_km2=48.0, extreme_share=0.6, least_of_mean=0.0
    )
    assert bare.values[0].tolist() == [5] * 6 + [1, 1] + [5] * 4
    cuts = importance_cuts(MASK, ground(), service, None, None, basins, shares=(0.6,))
    assert cuts.set_index("service").loc["water", "extreme"] == 0.0


def test_ground_outside_every_basin_or_without_an_amount_is_graded_by_the_region():
    amount = np.repeat([[8.0, 4, 2, 1, np.nan, 0, 8, 4, 2, 1, 0, 0]], 8, axis=0)
    service = lay(amount.astype(np.float32), "mm/yr")
    one = frame(box(6, 0, 12, 8))
    shares = {"extreme_share": 0.6, "important_share": 0.9}
    with_basin = importance_grade(service, MASK, one, least_basin_km2=1.0, **shares).values
    alone = importance_grade(service, MASK, None, **shares).values
    assert (with_basin[:, :6] == alone[:, :6]).all()
    assert (with_basin[:, 4] == 0).all()
    assert (importance_grade(service, MASK, one.iloc[:0], **shares).values == alone).all()


# a year's cover


def test_an_index_of_one_day_leaves_fields_no_barer_than_a_year_of_crops():
    ndvi = all_of(0.7)
    ndvi[0], ndvi[1], ndvi[2, 0] = 0.1, 0.3, np.nan
    cover = np.full(GRID.shape, FARMED, np.uint8)
    cover[:, 6:] = FOREST
    ends = {"bare_ndvi": 0.1, "full_ndvi": 0.7}
    day = vegetation_fraction(lay(ndvi), MASK, codes(cover), farmed_least=0.4, **ends).values
    year = vegetation_fraction(lay(ndvi), MASK, codes(cover), **ends).values
    assert day[0, 0] == pytest.approx(0.4)
    assert day[1, 0] == pytest.approx(0.4)
    assert day[3, 0] == pytest.approx(1.0)
    assert (day[:, 6:] == year[:, 6:]).all()
    assert np.isnan(day[2, 0])
    assert year[0, 0] == 0.0
    with pytest.raises(QuantityError, match=r"farmed_least: no cover_type tells where fields are"):
        vegetation_fraction(lay(ndvi), MASK, farmed_least=0.4, **ends)


# the red line


def ground():
    cover = np.full(GRID.shape, FOREST, np.uint8)
    cover[:, 4:8], cover[:, 8:10] = FARMED, BUILT
    cover[0, :2] = 0
    return codes(cover)


def but_one():
    """Extremely important ground, but for the last cell: grades of one class are refused."""
    out = np.ones(GRID.shape, np.uint8)
    out[-1, -1] = 5
    return out


@pytest.mark.parametrize("grade", [1, 3, 5])
def test_grades_of_one_class_are_refused(grade):
    same = codes(np.full(GRID.shape, grade))
    with pytest.raises(QuantityError, match=f"all 96 graded cells are of class {grade}, expected at least two"):  # fmt: skip
        red_line_candidate(same, MASK, smooth=False)
    assert (red_line_candidate(codes(np.zeros(GRID.shape)), MASK).values == 255).all()


def test_farmland_and_towns_lie_outside_and_what_is_unknown_decides_nothing():
    everything = codes(but_one())
    found = red_line_candidate(
        everything, MASK, None, None, ground(), smooth=False, least_km2=0.0
    ).values
    assert (found[1:, :4] == 1).all()
    assert (found[:, 4:10] == 0).all()
    assert (found[0, :2] == 255).all()
    assert (found[:, 10:] == (but_one()[:, 10:] == 1)).all()
    kept = red_line_candidate(everything, MASK, None, None, ground(), smooth=False, least_km2=0.0, leave_out=("built",)).values  # fmt: skip
    assert (kept[:, 4:8] == 1).all()


def box(west, north, east, south):
    side = GRID.cell_m
    return shapely.box(
        GRID.left + west * side,
        GRID.top - south * side,
        GRID.left + east * side,
        GRID.top - north * side,
    )


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(
        {"name": [""] * len(shapes), **columns}, geometry=list(shapes), crs=GRID.projection
    )


def test_basic_farmland_is_what_its_polygons_say_and_reserves_stay_whole():
    everything = codes(but_one())
    cover = np.full(GRID.shape, FARMED, np.uint8)
    field, mine, reserve = frame(box(0, 0, 3, 8)), frame(box(3, 0, 5, 8)), frame(box(2, 0, 4, 4))
    found = red_line_candidate(
        everything, MASK, None, reserve, codes(cover), field, mine, smooth=False, least_km2=0.0
    ).values
    assert (found[:, :2] == 0).all()  # basic farmland
    assert (found[:4, 2:4] == 1).all()  # reserve on farmland and on a mining right
    assert (found[4:, 2:5] == 0).all()
    assert (found[:, 5:] == (but_one()[:, 5:] == 1)).all()  # farmland that is no basic farmland


def test_the_line_and_what_it_leaves_stand_side_by_side():
    line = np.zeros(GRID.shape, np.uint8)
    line[:, :4], line[0] = 1, 255
    cover = np.full(GRID.shape, FARMED, np.uint8)
    cover[:, :3], cover[:, 10:] = FOREST, BUILT
    height = all_of(100.0)
    height[:, :4], height[1, 0] = 900.0, np.nan
    people = lay(all_of(20.0), "person/km2")
    table = red_line_summary(
        lay(line, nodata=255), MASK, codes(cover), lay(height, "m"), people, None, frame(box(0, 0, 2, 8)), reported_share=0.7
    ).set_index("measure")  # fmt: skip
    assert table.loc["area", ["in_line", "outside", "region"]].tolist() == [28.0, 56.0, 84.0]
    assert table.loc["share", ["in_line", "reported"]].tolist() == pytest.approx([1 / 3, 0.7])
    assert table.loc["forest", ["in_line", "outside", "region"]].tolist() == pytest.approx([0.75, 0.0, 0.25])  # fmt: skip
    assert table.loc["farmed", "in_line"] == pytest.approx(0.25)
    assert table.loc["built", "outside"] == pytest.approx(0.25)
    assert table.loc["protected", ["in_line", "outside", "region"]].tolist() == pytest.approx([0.5, 0.0, 1 / 6])  # fmt: skip
    assert table.loc["elevation", ["in_line", "outside"]].tolist() == [900.0, 100.0]
    assert table.loc["people", "region"] == 20.0
    assert "threatened_species" not in table.index
    empty = red_line_summary(lay(np.zeros(GRID.shape, np.uint8), nodata=255), MASK, codes(cover))
    assert np.isnan(empty.set_index("measure").loc["forest", "in_line"])


# cut points


def test_importance_at_other_cuts_is_what_the_grade_says_of_them():
    rng = np.random.default_rng(5)
    water = lay(rng.gamma(2.0, size=GRID.shape).astype(np.float32), "mm/yr")
    kinds = lay(rng.gamma(1.0, size=GRID.shape).astype(np.float32))
    basins = frame(box(0, 0, 5, 8), box(5, 0, 12, 8))
    more = {"shares": (0.4, 0.6), "least_basin_km2": 10.0}
    table = importance_cuts(MASK, ground(), water, None, kinds, basins, **more)
    assert table["service"].tolist() == ["water"] * 2 + ["biodiversity"] * 2 + ["any"] * 2
    known = np.isin(ground().values, codes_of(("forest",)))
    for cut in (0.4, 0.6):
        shares = {"extreme_share": cut, "important_share": 0.9, "least_basin_km2": 10.0}
        one = importance_grade(water, MASK, basins, **shares).values == 1
        two = importance_grade(kinds, MASK, None, **shares).values == 1
        rows = table[table["cut"] == cut].set_index("service")
        assert rows.loc["water", "extreme"] == pytest.approx(one.mean())
        assert rows.loc["biodiversity", "of_forest"] == pytest.approx(two[known].mean())
        assert rows.loc["any", "extreme"] == pytest.approx((one | two).mean())
    assert importance_cuts(MASK, ground()).empty


def test_sensitivity_at_the_published_cuts_is_that_of_the_map_and_a_class_that_lacks_says_why():
    rng = np.random.default_rng(6)
    rain = lay(rng.uniform(500, 9000, GRID.shape).astype(np.float32), "MJ*mm/(ha*h*yr)")
    relief = lay(rng.uniform(10, 600, GRID.shape).astype(np.float32), "m")
    green = rng.uniform(0, 1, GRID.shape).astype(np.float32)
    green[0, :3] = np.nan
    green = lay(green)
    table = sensitivity_cuts(MASK, ground(), green, rain, relief)
    mine = erosion_sensitivity(rain, relief, green, MASK).values
    row = table[np.isclose(table["extreme_from"], 3.66)].iloc[0]
    for name, code in (("extreme", 1), ("sensitive", 3), ("general", 5)):
        assert row[name] == pytest.approx((mine == code).sum() / (mine != 0).sum())
    forest = np.isin(ground().values, codes_of(("forest",))) & (mine != 0)
    assert row["of_forest"] == pytest.approx((mine[forest] == 1).mean())
    assert (table["reason"] == "").any()
    calm = sensitivity_cuts(MASK, ground(), lay(all_of(0.9)), rain, lay(all_of(20.0), "m"))
    assert calm["reason"].str.contains("no ground is extreme: means run from 1.00 to 1.71, none above 3.66").any()  # fmt: skip
    assert calm["reason"].str.contains("local_relief scores 1 on 100%").any()
    nothing = sensitivity_cuts(MASK, ground(), lay(all_of(np.nan)), rain, relief)
    assert (nothing["reason"] == "no cell has all its factors").all()
    assert nothing["extreme"].isna().all()


def test_a_texture_score_that_is_none_is_refused():
    rain, relief = lay(all_of(3000.0), "MJ*mm/(ha*h*yr)"), lay(all_of(100.0), "m")
    with pytest.raises(QuantityError, match=r"texture_score: holds 4; expected 1, 3 or 5"):
        erosion_sensitivity(rain, relief, lay(all_of(0.5)), MASK, codes(np.full(GRID.shape, 4)))


@pytest.mark.parametrize("grade", [3, 5])
def test_where_grades_choose_nothing_reserves_alone_are_the_line(grade):
    alike = codes(all_of(grade))
    reserve = frame(box(2, 2, 6, 6))
    found = red_line_candidate(alike, MASK, None, reserve).values
    expected = np.zeros(GRID.shape, np.uint8)
    expected[2:6, 2:6] = 1
    assert (found == expected).all()
    # a town is out of a reserve too, and a reserve elsewhere makes no line
    built = all_of(0, np.uint8)
    built[2, 2] = 1
    assert red_line_candidate(alike, MASK, codes(built), reserve).values[2, 2] == 0
    for other in (None, reserve.iloc[:0], frame(box(50, 50, 60, 60))):
        with pytest.raises(QuantityError, match="graded cells are of class"):
            red_line_candidate(alike, MASK, None, other)


def test_where_all_ground_is_extreme_reserves_make_no_line_unless_they_hold_all_that_is_graded():
    reserve = frame(box(2, 2, 6, 6))
    with pytest.raises(QuantityError, match="all 96 graded cells are of class 1"):
        red_line_candidate(codes(all_of(1)), MASK, None, reserve)
    inside = np.zeros(GRID.shape, np.uint8)
    inside[2:6, 2:6] = 1
    found = red_line_candidate(codes(inside), MASK, None, reserve, smooth=False).values
    assert (found[2:6, 2:6] == 1).all()
    assert (found == 1).sum() == 16
    assert (found == 255).sum() == found.size - 16


def test_what_is_taken_in_and_left_out_by_cover():
    importance = np.full(GRID.shape, 5, np.uint8)
    importance[:, :8] = 1
    line = red_line_candidate(
        codes(importance), MASK, None, None, ground(), smooth=False, least_km2=0.0
    )
    rows = red_line_cover(line, codes(importance), ground()).set_index("cover")
    assert rows.loc["farmed", ["red_line_km2", "extreme_km2", "left_out_km2"]].tolist() == [
        0,
        32,
        32,
    ]
    assert rows.loc["forest", "share"] == pytest.approx(30 / 46)
    assert rows.loc["all", "red_line_km2"] == 30


# species


HABITATS = pd.DataFrame(
    {
        "species": ["Aa bb", "Cc dd", "Ee ff"], "en": ["a", "c", "e"], "zh": "", "threat": ["EN", "LC", "VU"], "endemic": [1, 0, 0],
        "low_m": [1000, 0, 0], "high_m": [2000, 3000, 100], "covers": ["forest", "forest;farmed", "water"],
    }
)  # fmt: skip
HEIGHT = lay(
    np.where(np.arange(8)[:, None] < 4, 1500.0, 500.0) + np.zeros(GRID.shape, np.float32), "m"
)


def test_a_species_lives_where_range_height_and_cover_meet():
    ranges = frame(
        box(0, 0, 6, 8), box(0, 0, 12, 8), box(0, 0, 12, 8), species=["Aa_bb", "cc dd", "Ee ff"]
    )
    found = species_richness(ranges, HEIGHT, ground(), MASK, HABITATS)
    assert found["richness"].values[1, [0, 5, 8, 11]].tolist() == [2, 1, 0, 1]
    assert found["threatened"].values[1, [0, 5]].tolist() == [1, 0]
    assert found["threatened"].values[6, 0] == 0  # too low
    assert found["endemic"].values[1, 0] == 1
    assert np.isnan(found["richness"].values[0, 0])  # cover not known
    # EN weighs 4 on 48 km2, LC 1 on 96: 4/48 + 1/96 is the best
    assert found["index"].values[1, 0] == pytest.approx(1.0)
    assert found["index"].values[1, 11] == pytest.approx((1 / 96) / (4 / 48 + 1 / 96), rel=1e-5)
    rows = species_habitat(ranges, HEIGHT, ground(), MASK, HABITATS).set_index("species")
    assert rows.loc["Aa bb", ["range_km2", "habitat_km2"]].tolist() == [48.0, 14.0]
    assert rows.loc["Ee ff", "reason"] == "no ground of its heights and covers"


def test_points_are_cells_of_a_coarse_map():
    side = 4000.0
    centres = [
        (GRID.left + side * (i + 0.5), GRID.top - side * (j + 0.5))
        for j in range(2)
        for i in range(3)
    ]
    points = [shapely.Point(*c) for c in centres]
    species = ["Cc dd"] * 6
    ranges = frame(*points, points[0], species=[*species, "Aa bb"])
    found = species_richness(ranges, HEIGHT, codes(all_of(FOREST)), MASK, HABITATS)
    assert (found["threatened"].values[:4, :4] == 1).all()
    assert (found["threatened"].values[:, 4:] == 0).all()
    assert (found["richness"].values >= 1).all()


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [("threat", "bad", "expected LC"), ("low_m", 5000, "lower height first"), ("covers", "forrest", "forest"), ("species", "Cc dd", "stands twice")],
)  # fmt: skip
def test_a_table_of_preferences_that_is_none_is_refused(column, value, text):
    table = HABITATS.copy()
    table[column] = table[column].astype(object)
    table.loc[0, column] = value
    with pytest.raises(QuantityError, match=text):
        habitats_of(table)


def test_ranges_of_other_species_are_refused():
    with pytest.raises(QuantityError, match="none of the species"):
        species_richness(
            frame(box(0, 0, 1, 1), species=["Xx yy"]), HEIGHT, ground(), MASK, HABITATS
        )


def test_the_shipped_preferences_are_whole():
    rows = habitats_of(None)
    assert len(rows) >= 40
    assert {"Ailuropoda melanoleuca", "Budorcas taxicolor", "Nipponia nippon"} <= set(rows.index)


# validation


def test_the_pattern_is_held_against_the_ground():
    importance = np.full(GRID.shape, 5, np.uint8)
    importance[:, :8] = 1
    importance[:, 3] = 3
    line = red_line_candidate(
        codes(importance), MASK, None, None, ground(), smooth=False, least_km2=0.0
    )
    reserve = frame(box(0, 0, 3, 8))
    found = pattern_validation(
        ground(), MASK, line, None, codes(importance), protected_areas=reserve
    ).set_index(["measure", "subject"])
    assert found.loc[("forest_to_farmed", ""), "verdict"] == "agrees"
    assert found.loc[("red_line_of", "built"), "ours"] == 0
    assert found.loc[("captured", "red_line"), "ours"] == pytest.approx(1 / (22 / 94))
    assert found.loc[("important_forest_to_farmed", ""), "verdict"] == "differs"
    assert found.loc[("importance_class", "1"), "verdict"] == "agrees"


def test_a_coarse_map_is_read_between_its_centres():
    side = 4000.0
    centres = [
        (GRID.left + side * (i + 0.5), GRID.top - side * (j + 0.5))
        for j in range(2)
        for i in range(3)
    ]
    points = [shapely.Point(*c) for c in centres]
    # Aa bb lives in the west alone
    ranges = frame(*points, points[0], points[3], species=["Cc dd"] * 6 + ["Aa bb"] * 2)
    high = lay(all_of(1500.0), "m")
    index = species_richness(ranges, high, codes(all_of(FOREST)), MASK, HABITATS)["index"].values
    row = index[2]
    assert (
        np.diff(row[2:6]) < 0
    ).all()  # falls from the first centre to the second, without a step
    assert np.abs(np.diff(row)).max() < 0.5
    counts = species_richness(ranges, high, codes(all_of(FOREST)), MASK, HABITATS)["threatened"]
    assert counts.values[2].tolist() == [1.0] * 4 + [0.0] * 8


# the central zone


def test_the_core_is_important_ground_sources_statutory_zones_and_named_counties():
    importance = np.full(GRID.shape, 5, np.uint8)
    importance[:, :4] = 1  # 32 km2
    importance[3:5, 10:] = 1  # 4 km2
    importance[7, 11] = 0
    found = core_area(codes(importance), MASK, least_km2=20.0).values
    assert (found[:, :4] == 1).all()
    assert (found[:, 4:11] == 0).all()
    assert found[7, 11] == 255
    source = np.zeros(GRID.shape, np.uint16)
    source[:, 4:6] = 1
    assert (
        core_area(codes(importance), MASK, lay(source), least_km2=20.0).values[:, :6] == 1
    ).all()
    reserve = frame(box(11, 7, 12, 8))
    assert core_area(codes(importance), MASK, None, reserve, least_km2=20.0).values[7, 11] == 1
    county = frame(box(6, 0, 8, 8), code=["61"], parent=[""])
    named = core_area(codes(importance), MASK, None, None, county, core_counties=("61",)).values
    assert (named[:, 6:8] == 1).all()
    assert (named[:, 8:11] == 0).all()
    assert (core_area(codes(importance), MASK, least_km2=40.0).values[:7] == 0).all()


@pytest.mark.parametrize("counties", [None, "one"])
def test_a_county_of_the_core_that_is_not_there_is_refused(counties):
    county = None if counties is None else frame(box(6, 0, 8, 8), code=["61"], parent=[""])
    with pytest.raises(QuantityError, match="no county has the code 99"):
        core_area(codes(np.ones(GRID.shape)), MASK, None, None, county, core_counties=("99",))


# what is held of reserves and species


def test_sources_at_other_cuts_are_those_that_the_steps_make():
    rng = np.random.default_rng(11)
    grid = grid_spec(40, 60, cell_m=1000.0)
    score = ndimage.gaussian_filter(rng.normal(size=grid.shape), 3).astype(np.float32)
    score, mask = grid.lay(score, "1"), grid.lay(np.ones(grid.shape, np.uint8), "1")
    side = grid.cell_m
    reserve = gpd.GeoDataFrame(
        geometry=[shapely.box(grid.left, grid.top - 20 * side, grid.left + 20 * side, grid.top)], crs=grid.crs
    )  # fmt: skip
    table = source_counts(score, mask, None, None, reserve, quantiles=(0.6, 0.8), least_km2=(5.0, 30.0))  # fmt: skip
    assert len(table) == 4
    for _, row in table.iterrows():
        label = source_cells(
            habitat_morphology(source_candidates(score, mask, quantile=row["quantile"])),
            least_km2=row["least_km2"],
        )
        assert row["sources"] == label.values.max()
        assert row["area_km2"] == (label.values > 0).sum()
        assert row["captured"] == pytest.approx((label.values[:20, :20] > 0).mean())
    assert source_counts(score, mask)["captured"].isna().all()


def species_world():
    ranges = frame(box(0, 0, 6, 8), box(6, 0, 12, 8), box(0, 0, 12, 8), species=["Aa bb", "Cc dd", "Ee ff"])  # fmt: skip
    table = pd.DataFrame(
        {
            "species": ["Aa bb", "Cc dd", "Ee ff"], "threat": ["LC", "EN", "VU"], "low_m": 0.0, "high_m": 1000.0,
            "covers": ["forest", "forest", "forest;farmed"],
        }
    )  # fmt: skip
    cover = np.full(GRID.shape, FOREST, np.uint8)
    cover[4:] = FARMED
    return ranges, table, codes(cover), lay(all_of(500.0), "m")


def test_habitat_that_line_and_sources_hold_stands_over_chance():
    ranges, table, cover, height = species_world()
    line = np.zeros(GRID.shape, np.uint8)
    line[:4, 6:] = 1
    line[0] = 255
    sources = np.zeros(GRID.shape, np.int32)
    sources[:, :3] = 1
    found = species_capture(ranges, height, cover, MASK, lay(line, nodata=255), lay(sources, nodata=0), table)  # fmt: skip
    assert found["species"].tolist() == [
        "Cc dd",
        "Ee ff",
        "Aa bb",
    ]  # threatened first, the rarest of them first
    rows = found.set_index("species")
    assert rows["habitat_km2"].tolist() == [24.0, 96.0, 24.0]
    # 18 of the 84 decided cells are in the line; all 18 decided habitat cells of the second species are
    assert rows.loc["Cc dd", ["in_line", "line_ratio"]].tolist() == pytest.approx([1.0, 84 / 18])
    assert rows.loc["Aa bb", "in_line"] == 0.0
    assert rows.loc["Aa bb", ["in_sources", "source_ratio"]].tolist() == pytest.approx([0.5, 2.0])
    alone = species_capture(ranges, height, cover, MASK, None, None, table)
    assert alone[["in_line", "line_ratio", "in_sources", "source_ratio"]].isna().all(axis=None)


@pytest.mark.parametrize("outlines", [True, False])
def test_species_read_block_by_block_are_those_of_the_whole(monkeypatch, outlines):
    ranges, table, cover, height = species_world()
    if not outlines:
        ranges = gpd.GeoDataFrame(
            {"species": ["Aa bb", "Aa bb", "Cc dd", "Ee ff"]},
            geometry=[box(0, 0, 4, 4).centroid, box(4, 0, 8, 4).centroid, box(4, 4, 8, 8).centroid, box(8, 4, 12, 8).centroid],
            crs=ranges.crs,
        )  # fmt: skip
    whole = species_richness(ranges, height, cover, MASK, table)
    areas = species_habitat(ranges, height, cover, MASK, table)
    monkeypatch.setattr("shanshui.pattern.species._BLOCK", 3 * GRID.nx)
    parts = species_richness(ranges, height, cover, MASK, table)
    for name in whole:
        assert whole[name].values.tobytes() == parts[name].values.tobytes()
    pd.testing.assert_frame_equal(areas, species_habitat(ranges, height, cover, MASK, table))


def test_the_line_is_held_against_outlines_of_ranges_too():
    ranges, table, cover, _ = species_world()
    line = np.zeros(GRID.shape, np.uint8)
    line[:, 6:] = 1
    found = pattern_validation(cover, MASK, lay(line, nodata=255), species_ranges=ranges, species_habitats=table)  # fmt: skip
    row = found.set_index("measure").loc["richness_rank"]
    assert row["ours"] == pytest.approx(1.0)
    assert row["verdict"] == "agrees"
    other = pattern_validation(cover, MASK, lay(1 - line, nodata=255), species_ranges=ranges, species_habitats=table)  # fmt: skip
    assert other.set_index("measure").loc["richness_rank", "verdict"] == "differs"
