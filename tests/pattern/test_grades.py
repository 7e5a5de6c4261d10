"""Grades at their limits, and what missing ground does to red lines and farmland."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box
from tests.worlds import EQUAL_AREA, grid, squares

from shanshui.core.errors import PlanError, QuantityError
from shanshui.pattern.erosion_strength import erosion_class, erosion_fragility
from shanshui.pattern.factors import EROSIVITY, METRIC, scored
from shanshui.pattern.importance import (
    biodiversity_index,
    importance_grade,
    protection_importance,
    scaled,
    service_importance,
    share_limits,
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
    erosion_sensitivity,
    karst_sensitivity,
)
from shanshui.region.unitset import polygons


def codes(rows, nodata=0, **words):
    return grid(np.asarray(rows), "1", dtype=np.uint8, nodata=nodata, **words)


def amount(rows, units="1", **words):
    return grid(np.asarray(rows, np.float32), units, **words)


def ones(rows, **words):
    return codes(np.ones(np.shape(rows)), 255, **words)


def test_a_grade_takes_the_cells_that_hold_exactly_the_share():
    value = [[40.0, 30.0, 20.0, 10.0]]  # of 100: 40, 70, 90
    assert importance_grade(amount(value), ones(value), extreme_share=0.7).values.tolist() == [
        [1, 1, 5, 5]
    ]
    assert importance_grade(amount(value), ones(value), extreme_share=0.69).values.tolist() == [
        [1, 3, 5, 5]
    ]
    assert importance_grade(
        amount(value), ones(value), extreme_share=0.4, important_share=0.9
    ).values.tolist() == [[1, 3, 3, 5]]
    same = importance_grade(amount(value), ones(value), extreme_share=0.7, important_share=0.7)
    assert same.values.tolist() == [[1, 1, 5, 5]]


def test_equal_cells_stand_or_fall_together():
    assert share_limits(np.array([5.0, 5.0, 5.0, 5.0]), (0.5, 1.0)) == (np.inf, 5.0)
    assert share_limits(np.array([6.0, 2.0, 2.0]), (0.7, 0.6)) == (6.0, 6.0)


def test_no_amount_has_no_limit():
    assert share_limits(np.array([0.0, -1.0, np.nan]), (0.5, 0.8)) == (np.inf, np.inf)
    assert importance_grade(amount([[0.0, np.nan]]), ones([[0, 0]])).values.tolist() == [[5, 0]]


@pytest.mark.parametrize(
    ("steep", "green", "grade"),
    [
        (25.0, 0.8, 1), (24.9, 0.8, 3), (25.0, 0.79, 3), (15.0, 0.6, 3), (14.9, 0.9, 5), (60.0, 0.59, 5),
        (np.nan, 0.9, 0), (30.0, np.nan, 0),
    ],
)  # fmt: skip
def test_soil_is_important_from_both_limits_on(steep, green, grade):
    out = soil_importance(amount([[steep]], "degree"), amount([[green]]), ones([[0]]))
    assert out.values.tolist() == [[grade]]
    outside = soil_importance(amount([[steep]], "degree"), amount([[green]]), codes([[0]], 255))
    assert outside.values.tolist() == [[0]]


def test_the_quick_index_is_a_product_of_four():
    # halfway in production and rain, at the top in warmth, a quarter up the heights
    shape = [[0.0, 50.0, 100.0]]
    out = biodiversity_index(
        amount(shape, "g/m2/yr"),
        amount(shape, "mm/yr"),
        amount([[0.0, 100.0, 100.0]], "degC"),
        amount([[0.0, 25.0, 100.0]], "m"),
        ones(shape),
        low_percentile=0.0,
        high_percentile=100.0,
    )
    assert out.values[0].tolist() == pytest.approx([0.0, 0.5 * 0.5 * 1.0 * 0.75, 0.0])


def test_each_missing_input_leaves_the_quick_index_missing():
    fine = [[0.0, 50.0, 100.0]]
    hole = [[0.0, np.nan, 100.0]]
    units = ("g/m2/yr", "mm/yr", "degC", "m")
    for k in range(4):
        maps = [amount(hole if n == k else fine, unit) for n, unit in enumerate(units)]
        out = biodiversity_index(*maps, codes([[1, 1, 0]], 255)).values[0]
        assert np.isnan(out[1])
        assert np.isnan(out[2])
        assert np.isfinite(out[0])


def test_what_is_alike_everywhere_counts_half():
    inside = np.ones((1, 3), bool)
    out = scaled(np.array([[7.0, 7.0, np.nan]], np.float32), inside, 2.0, 98.0)
    assert out[0, :2].tolist() == [0.5, 0.5]
    assert np.isnan(out[0, 2])
    assert np.isnan(scaled(np.full((1, 2), np.nan), inside[:, :2], 2.0, 98.0)).all()
    # only cells inside set the range; beyond it values are cut
    part = scaled(np.array([[0.0, 10.0, 20.0]]), np.array([[1, 1, 0]], bool), 0.0, 100.0)
    assert part.tolist() == [[0.0, 1.0, 1.0]]


def test_the_gravest_of_what_is_known_rules():
    out = service_importance(None, codes([[5, 0, 3]]), codes([[3, 0, 5]]), codes([[5, 0, 1]]))
    assert out.values.tolist() == [[3, 0, 1]]
    with pytest.raises(QuantityError, match="service_importance"):
        service_importance()
    with pytest.raises(QuantityError, match="protection_importance"):
        protection_importance()
    with pytest.raises(QuantityError, match="ecological_sensitivity"):
        ecological_sensitivity()
    assert protection_importance(None, codes([[3]])).values.tolist() == [[3]]
    kinds = ecological_sensitivity(codes([[5, 3, 0]]), codes([[3, 5, 0]]), codes([[5, 1, 0]]))
    assert kinds.values.tolist() == [[3, 1, 0]]


def test_scores_at_their_limits():
    values = np.array([99.9, 100.0, 600.0, 600.1, np.nan])
    assert scored(values, 100.0, 600.0)[:4].tolist() == [1.0, 3.0, 3.0, 5.0]
    assert scored(values, 100.0, 600.0, falling=True)[:4].tolist() == [5.0, 3.0, 3.0, 1.0]
    assert np.isnan(scored(values, 100.0, 600.0)[4])


def erosion(rain, relief, green, texture=None, **settings):
    return int(
        erosion_sensitivity(
            amount([[rain]], "MJ*mm/(ha*h*yr)"),
            amount([[relief]], "m"),
            amount([[green]]),
            ones([[0]]),
            None if texture is None else amount([[texture]]),
            **settings,
        ).values[0, 0]
    )


def test_each_factor_of_erosion_has_its_limits():
    # 5 x 5 x 5 is 5, 5 x 5 x 3 is 4.2, 5 x 5 x 1 is 2.9, 5 x 3 x 1 is 2.47, 3 x 3 x 1 is 2.08
    assert erosion(5884.0, 301.0, 0.1) == 1
    assert erosion(5883.9, 301.0, 0.1) == 1
    assert erosion(980.6, 301.0, 0.1) == 3
    assert erosion(5884.0, 300.0, 0.7) == 3
    assert erosion(5883.9, 300.0, 0.7) == 5
    assert erosion(5883.9, 300.0, 0.6) == 3  # 3 throughout
    assert erosion(5883.9, 49.0, 0.6) == 5
    assert erosion(5883.9, 300.0, 0.61) == 5
    assert erosion(5884.0, 300.0, 0.19) == 1
    assert erosion(5884.0, 300.0, 0.2) == 3
    # 3 x 3 x 3 is 3, 1 x 3 x 3 is 2.08
    assert erosion(980.7, 300.0, 0.5) == 3
    assert erosion(980.6, 300.0, 0.5) == 5
    # read as if the limits were of the unit of the map
    assert erosion(601.0, 300.0, 0.7, erosivity=(100.0, 600.0)) == 3
    assert erosion(601.0, 300.0, 0.7) == 5


def test_limits_of_erosivity_part_the_climates_of_the_country_in_their_unit_only():
    # R = 0.0534 P^1.6548: the ladder of the rules of 2003, 25 to 600, in the rain of a year
    def rain(unit):
        return [(limit * unit / 0.0534) ** (1 / 1.6548) for limit in (25, 100, 400, 600)]

    assert rain(METRIC) == pytest.approx([163, 377, 872, 1114], abs=1)
    assert rain(1.0) == pytest.approx([41, 95, 220, 280], abs=1)
    assert pytest.approx((980.665, 5883.99)) == EROSIVITY
    # a foot, a short ton of force, an inch and an acre by their definitions: 1.735 of the metric unit to one of the customary
    customary = 100 * 0.3048 * 907.18474 * 9.80665 * 25.4 / 1e6 / 0.40468564224
    assert customary == pytest.approx(17.02, abs=0.005)
    assert customary / METRIC == pytest.approx(1.735, abs=0.001)


def test_texture_is_the_fourth_root_of_a_fourth_factor():
    # (5 x 5 x 5 x 1)^(1/4) = 3.34, (5 x 5 x 5 x 3)^(1/4) = 4.4
    assert erosion(5884.0, 301.0, 0.1, 1.0) == 3
    assert erosion(5884.0, 301.0, 0.1, 3.0) == 1
    # no code, or none known, is no score of nought
    assert erosion(5884.0, 301.0, 0.1, 0.0) == 0
    assert erosion(5884.0, 301.0, 0.1, np.nan) == 0


def test_the_cuts_can_be_set():
    # (5 x 3 x 1)^(1/3) = 2.466
    assert erosion(5884.0, 300.0, 0.7, cuts=(2.4, 2.46)) == 1
    assert erosion(5884.0, 300.0, 0.7, cuts=(2.47, 3.0)) == 5
    with pytest.raises(PlanError, match="cuts"):
        erosion(5884.0, 300.0, 0.7, cuts=(3.0, 2.0))


def test_missing_factors_are_missing_grades():
    assert erosion(np.nan, 301.0, 0.1) == 0
    assert erosion(5884.0, np.nan, 0.1) == 0
    assert erosion(5884.0, 301.0, np.nan) == 0


def karst(rock, steep, green):
    maps = amount([[rock]], "%"), amount([[steep]], "degree"), amount([[green]])
    return int(karst_sensitivity(*maps, ones([[0]])).values[0, 0])


def test_each_factor_of_rock_desertification_has_its_limits():
    assert karst(70.1, 25.1, 0.19) == 1
    assert karst(29.9, 25.1, 0.19) == 3  # 1 x 5 x 5
    assert karst(70.1, 7.9, 0.19) == 3
    assert karst(70.0, 25.0, 0.6) == 3  # 3 throughout
    assert karst(30.0, 8.0, 0.2) == 3
    assert karst(29.9, 8.0, 0.2) == 5
    assert karst(30.0, 7.9, 0.2) == 5
    assert karst(70.1, 25.1, 0.61) == 3
    assert karst(np.nan, 25.1, 0.1) == 0


def dry(rain, lost, green, windy=None, texture=None):
    return int(
        desertification_sensitivity(
            amount([[rain]], "mm/yr"),
            amount([[lost]], "mm/yr"),
            amount([[green]]),
            ones([[0]]),
            None if windy is None else amount([[windy]], "d/yr"),
            None if texture is None else amount([[texture]]),
        ).values[0, 0]
    )


def test_each_factor_of_desertification_has_its_limits():
    # of two: 5 x 5 is 5, 5 x 3 is 3.87, 3 x 3 is 3, 5 x 1 is 2.24
    assert dry(10.0, 161.0, 0.1) == 1
    assert dry(10.0, 160.0, 0.1) == 1
    assert dry(10.0, 160.0, 0.2) == 3
    assert dry(10.0, 15.0, 0.6) == 3
    assert dry(10.0, 14.9, 0.1) == 5
    # of three with windy days 5 x 5 x s
    assert dry(10.0, 161.0, 0.1, 9.9) == 3
    assert dry(10.0, 161.0, 0.1, 10.0) == 1
    assert dry(10.0, 15.0, 0.6, 30.0) == 3
    assert dry(10.0, 15.0, 0.6, 30.1) == 3  # 3.56
    assert dry(10.0, 161.0, 0.6, 30.1) == 1  # 4.2, and 3.87 without
    assert dry(10.0, 161.0, 0.1, 9.9, 1.0) == 5  # 2.236
    assert dry(10.0, 161.0, 0.1, None, 0.0) == 0
    assert dry(0.0, 100.0, 0.1) == 0  # no rain is told


def test_erosion_at_the_limits_of_the_standard():
    loss = [[4.99, 5.0, 24.9, 25.0, 50.0, 79.9, 80.0, 149.0, 150.0, np.nan]]
    out = erosion_class(amount(loss, "t/ha/yr"), ones(loss))
    assert out.values.tolist() == [[1, 2, 2, 3, 4, 4, 5, 5, 6, 0]]
    assert erosion_class(amount([[4.0]], "t/ha/yr"), ones([[0]]), tolerated=2.0).values[0, 0] == 2
    assert erosion_class(amount([[4.0]], "t/ha/yr"), codes([[0]], 255)).values[0, 0] == 0
    assert erosion_fragility(codes([[1, 2, 3, 4, 5, 6, 0]])).values.tolist() == [
        [5, 5, 3, 1, 1, 1, 0]
    ]


def test_grades_say_that_nought_is_missing_and_lines_that_255_is():
    one, flat = amount([[1.0]]), amount([[1.0]], "degree")
    mask = ones([[0]])
    grades = [
        importance_grade(one, mask),
        soil_importance(flat, one, mask),
        service_importance(codes([[1]])),
        protection_importance(codes([[1]])),
        erosion_sensitivity(amount([[1.0]], "MJ*mm/(ha*h*yr)"), amount([[1.0]], "m"), one, mask),
        karst_sensitivity(amount([[1.0]], "%"), flat, one, mask),
        desertification_sensitivity(*[amount([[1.0]], "mm/yr")] * 2, one, mask),
        ecological_sensitivity(codes([[1]])),
        erosion_class(amount([[1.0]], "t/ha/yr"), mask),
        erosion_fragility(codes([[1]])),
    ]
    assert {g.attrs["nodata"] for g in grades} == {0}
    assert {g.dtype for g in grades} == {np.dtype(np.uint8)}
    rows = pd.DataFrame({"lucode": [1], "built": [1.0]})
    assert developed_land(codes([[1]]), rows).attrs["nodata"] == 255
    assert red_line_candidate(codes([[1]]), mask).attrs["nodata"] == 255


def test_built_land_from_the_half_on():
    rows = pd.DataFrame({"lucode": [1, 2], "built": [0.49, 0.5]})
    assert developed_land(codes([[1, 2, 9]], 9), rows).values.tolist() == [[0, 1, 255]]
    whole = rows.assign(built=[0.0, 1.0])
    assert developed_land(codes([[1, 2, 9]], 9), whole).values.tolist() == [[0, 1, 255]]
    for built in ([0.0, 1.01], [-0.01, 1.0]):
        with pytest.raises(QuantityError, match="built"):
            developed_land(codes([[1, 2, 9]], 9), rows.assign(built=built))


PLAIN = {"least_km2": 0.0, "smooth": False}


def test_unknown_importance_is_no_decision():
    grade = codes([[1, 3, 5, 0, 1]])
    out = red_line_candidate(grade, codes([[1, 1, 1, 1, 0]], 255), **PLAIN)
    assert out.values.tolist() == [[1, 0, 0, 255, 255]]


def test_towns_and_reserves_decide_where_importance_does_not():
    grade = codes([[0, 0, 0, 1, 5]])
    built = codes([[1, 0, 0, 1, 0]], 255)
    reserve = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(100, 0, 200, 100)], crs=EQUAL_AREA)
    out = red_line_candidate(grade, ones([[0] * 5]), built, reserve, **PLAIN)
    assert out.values.tolist() == [[0, 1, 255, 0, 0]]


def test_what_may_be_a_town_is_not_taken_in():
    grade, built = codes([[1, 5, 3, 0]]), codes([[255] * 4], 255)
    out = red_line_candidate(grade, ones([[0] * 4]), built, **PLAIN)
    assert out.values.tolist() == [[255, 0, 0, 255]]


def test_a_patch_of_exactly_the_least_area_is_taken_in():
    grade = codes([[1, 1, 5, 1], [5, 5, 5, 5]], cell_m=1000.0)
    mask = ones(grade.values, cell_m=1000.0)
    out = red_line_candidate(grade, mask, least_km2=2.0, smooth=False)
    assert out.values.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]
    assert red_line_candidate(grade, mask, least_km2=2.1, smooth=False).values.max() == 0


def test_the_majority_of_the_graded_decides():
    grade = np.full((5, 5), 5)
    grade[1:4, 1:4] = 1
    grade[2, 2] = 5  # a lone plain cell is filled, lone corners go
    smooth = red_line_candidate(codes(grade), ones(grade), least_km2=0.0).values
    assert smooth[2, 2] == 1
    assert smooth[1, 1] == 0
    holed = grade.copy()
    holed[0, :] = holed[:, 0] = 0  # nothing is known beyond the corner: it has 3 of 4
    edge = red_line_candidate(codes(holed), ones(grade), least_km2=0.0).values
    assert edge[1, 1] == 1
    assert edge[0, 0] == 255


def outlined(labels):
    """Counties whose outlines run along the labels."""
    frame = polygons(labels)
    return frame.assign(
        code=[f"10{u}" for u in frame.index], name=[f"c{u}" for u in frame.index], parent=""
    )


def test_shares_are_of_the_decided_ground():
    labels = grid([[1, 1, 1, 1], [2, 2, 3, 3]], "1", dtype=np.int32, cell_m=1000.0)
    line = codes([[1, 0, 0, 255], [1, 1, 255, 255]], 255, cell_m=1000.0)
    out = red_line_share(labels, line, outlined(labels))
    assert out["unit"].tolist() == [1, 2]  # the third is not decided at all
    assert out["area_km2"].tolist() == [3.0, 2.0]
    assert out["red_line_km2"].tolist() == [1.0, 2.0]
    assert out["share"].tolist() == pytest.approx([1 / 3, 1.0])
    assert out["code"].tolist() == ["101", "102"]
    assert out["name"].tolist() == ["c1", "c2"]
    assert out.attrs["units"] == {"area_km2": "km2", "red_line_km2": "km2", "share": "1"}


def test_a_county_has_its_part_of_the_cells_on_its_line():
    """Strips of 4/3 cells of a km2: the line of the first runs at a third of the second cell of each row."""
    labels = grid([[1, 2, 3, 3]], "1", dtype=np.int32, cell_m=1000.0)
    out = red_line_share(
        labels, codes([[1, 0, 0, 1]], 255, cell_m=1000.0), squares(1, 4, 1000.0, 3)
    )
    assert out["area_km2"].tolist() == pytest.approx([4 / 3] * 3)
    assert out["red_line_km2"].tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_each_column_of_the_districts():
    labels = grid([[1, 1, 1, 1], [2, 2, 3, 3]], "1", dtype=np.int32, cell_m=1000.0)
    grade = codes([[1, 1, 3, 5], [5, 3, 0, 0]], cell_m=1000.0)
    out = security_districts(labels, grade, outlined(labels))
    assert out["unit"].tolist() == [1, 2]
    assert out["name"].tolist() == ["c1", "c2"]
    assert out["code"].tolist() == ["101", "102"]
    assert out["extreme_km2"].tolist() == [2.0, 0.0]
    assert out["important_km2"].tolist() == [1.0, 1.0]
    assert out["general_km2"].tolist() == [1.0, 1.0]
    assert out["extreme_share"].tolist() == [0.5, 0.0]


FARM = pd.DataFrame({"lucode": [1, 2], "farmland": [1.0, 0.5]})


def farmland(slopes, cover, *losses, **settings):
    wide = {"cell_m": 1000.0}
    return steep_farmland(
        amount([slopes], "degree", **wide),
        codes([cover], 9, **wide),
        FARM,
        ones([cover], **wide),
        *(amount([loss], "t/ha/yr", **wide) for loss in losses),
        **settings,
    ).set_index("limit_deg")


@pytest.mark.parametrize("setting", ["limit_deg", "margin_deg"])
def test_every_limit_of_steep_farmland_is_a_slope(setting):
    limits, margins = (steep_farmland.card.ranges[s] for s in ("limit_deg", "margin_deg"))
    flat = farmland([1.0], [1], limit_deg=limits.low, margin_deg=margins.high).index
    sheer = farmland([1.0], [1], limit_deg=limits.high, margin_deg=margins.high).index
    assert flat.min() >= 0.0
    assert sheer.max() <= 90.0
    with pytest.raises(PlanError, match="outside"):
        farmland([1.0], [1], **{setting: 90.0})


def test_each_column_of_steep_farmland():
    # 100 ha a cell: one and a half steeper than 25, two patches
    out = farmland([26.0, 10.0, 30.0, 25.0], [1, 1, 2, 1])
    row = out.loc[25.0]
    assert out.index.tolist() == [23.0, 25.0, 27.0]
    assert out.loc[23.0, "area_ha"] == 250.0
    assert out.loc[27.0, "area_ha"] == 50.0
    assert row["area_ha"] == 150.0  # exactly 25 is not steeper
    assert row["area_mu"] == 2250.0
    assert row["patches"] == 2
    assert row["payment"] == 2250.0 * 1200.0
    assert row["grain_lost"] == 450.0
    assert np.isnan(row["soil_kept"])
    assert row["soil_known"] == 0.0
    assert row["unknown_ha"] == 0.0
    assert (
        farmland([26.0], [1], payments=(100.0,), yield_t_per_ha=2.0).loc[25.0, "payment"]
        == 150000.0
    )
    assert farmland([26.0], [1], margin_deg=0.0).index.tolist() == [25.0]


def test_soil_is_kept_where_both_losses_are_known():
    # 200 - 0.005 x 1000 = 195 t/ha on 100 ha; half a cell of the same; a third is not known
    out = farmland([26.0, 30.0, 40.0], [1, 2, 1], [1000.0, 1000.0, np.nan], [200.0, 200.0, 200.0])
    assert out.loc[25.0, "soil_kept"] == pytest.approx(195.0 * 150.0)
    assert out.loc[25.0, "soil_known"] == pytest.approx(150 / 250)
    none = farmland([26.0], [1], [np.nan], [200.0])
    assert np.isnan(none.loc[25.0, "soil_kept"])
    assert none.loc[25.0, "soil_known"] == 0.0
    # forest cannot lose more than is lost now
    assert farmland([26.0], [1], [1000.0], [3.0]).loc[25.0, "soil_kept"] == 0.0
    flat = farmland([1.0], [1], [1000.0], [200.0])
    assert flat.loc[25.0, "soil_kept"] == 0.0
    assert np.isnan(flat.loc[25.0, "soil_known"])


def test_farmland_without_a_slope_is_told_not_dropped():
    out = farmland([np.nan, np.nan, 30.0, 30.0], [1, 2, 9, 1])
    # one and a half cells of farmland without slope, one cell without cover
    assert (out["unknown_ha"] == 250.0).all()
    assert out.loc[25.0, "area_ha"] == 100.0


def test_no_steep_farmland_no_patch():
    out = farmland([1.0, np.nan], [1, 1])
    assert (out["area_ha"] == 0).all()
    assert (out["patches"] == 0).all()


@pytest.mark.parametrize(("slopes", "cover"), [([30.0], [9]), ([np.nan], [1])])
def test_ground_of_which_nothing_is_known_has_no_area_not_one_of_0(slopes, cover):
    out = farmland(slopes, cover)
    for column in ("area_ha", "area_mu", "patches", "payment", "grain_lost", "soil_kept"):
        assert out[column].isna().all()
    assert (out["unknown_ha"] == 100.0).all()
