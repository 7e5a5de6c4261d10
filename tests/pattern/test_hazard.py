"""Geological hazard: discs round known sites, ground that can fail, ground that sinks, and what of it is joined."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid_spec

from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.hazard_words import hazard_words
from shanshui.core.quantity import Grid
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step
from shanshui.pattern.factors import sensitivity_factors
from shanshui.pattern.hazard import (
    fault_distance,
    ground_sensitivity,
    hazard_scores,
    hazard_sensitivity,
    seismic_acceleration,
    subsidence_sensitivity,
)
from shanshui.pattern.hazard_sites import KINDS, site_hazard, site_sensitivity
from shanshui.pattern.red_lines import red_line_candidate
from shanshui.pattern.sensitivity import ecological_sensitivity

GRID = grid_spec(41, 41, cell_m=100.0)
X, Y = GRID.x()[20], GRID.y()[20]


def all_of(value, dtype=np.float32, grid=GRID):
    return np.full(grid.shape, value, dtype)


def lay(values, unit="1", grid=GRID, **more):
    return grid.lay(np.asarray(values), unit, **more)


MASK = lay(all_of(1, np.uint8))


def codes(values, grid=GRID):
    return lay(np.asarray(values, np.uint8), grid=grid, nodata=0)


def sites(*places, crs=GRID.crs, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(p) for p in places], crs=crs)


def at(found, metres):
    """Value east of the middle cell."""
    return float(found.values[20, 20 + round(metres / GRID.cell_m)])


# discs round sites


@pytest.mark.parametrize(
    ("kind", "radii", "values"),
    [
        ("landslide", (450, 900), (0.8, 0.4)),
        ("collapse", (600, 1200), (0.4, 0.2)),
        ("debris flow", (1000, 2000), (1.0, 2 / 3)),
        ("fissure", (100, 200), (0.2, 0.1)),
        ("subsidence", (300, 600), (0.6, 0.3)),
        ("unstable slope", (450, 900), (0.8, 0.4)),
    ],
)
def test_each_kind_reaches_as_far_and_weighs_as_much_as_published(kind, radii, values):
    # the site stands so that a cell centre lies exactly on the inner radius
    inner = radii[0]
    east = -(inner % 100)
    found = site_hazard(sites((X + east, Y), kind=[kind]), MASK)
    line = found.values[20, 20:]
    away = GRID.x()[20:] - (X + east)
    away[(np.abs(away) < 50) & (np.arange(away.size) == 0)] = 0.0
    expected = np.where(away <= inner, values[0], np.where(away <= radii[1], values[1], 0.0))
    if kind == "debris flow":
        expected = np.where((away > 2000) & (away <= 4000), 1 / 3, expected)
    np.testing.assert_allclose(line, expected, rtol=1e-6)
    assert (away == inner).any()


def test_a_debris_flow_has_three_rings():
    wide = grid_spec(101, 101, cell_m=100.0)
    found = site_hazard(
        sites((wide.x()[50], wide.y()[50]), crs=wide.crs, kind=["泥石流"]),
        lay(all_of(1, np.uint8, wide), grid=wide),
    )
    line = found.values[50, 50:]
    np.testing.assert_allclose(line[[0, 10, 11, 20, 21, 40, 41]], [1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0], rtol=1e-6)  # fmt: skip
    # a circle, not a square
    assert found.values[50 + 29, 50 + 29] == 0
    assert found.values[50 + 28, 50 + 28] == pytest.approx(1 / 3)


def test_chinese_words_are_the_same_sites():
    words = ["滑坡", "崩塌", "泥石流", "地裂缝", "地面塌陷", "不稳定斜坡"]
    places = [(X + 200 * k, Y) for k in range(6)]
    one, two = (site_hazard(sites(*places, kind=k), MASK).values for k in (list(KINDS), words))
    np.testing.assert_array_equal(one, two)
    assert set(hazard_words("kind").values()) == set(KINDS)


def test_where_discs_meet_the_graver_stands():
    both = site_hazard(sites((X, Y), (X, Y), kind=["collapse", "landslide"]), MASK)
    assert at(both, 0) == pytest.approx(0.8)
    # beyond the landslide's ring the collapse is left
    assert at(both, 1100) == pytest.approx(0.2)


def test_treated_and_small_sites_weigh_less():
    def mid(**columns):
        columns = {k: [v] for k, v in columns.items()}
        return at(site_hazard(sites((X, Y), kind=["landslide"], **columns), MASK), 0)

    assert mid(treated=0.75) == pytest.approx(0.2)
    assert mid(treated=1.0) == 0.0
    assert mid(treated=np.nan) == pytest.approx(0.8)
    assert [round(mid(scale=s), 2) for s in ("特大型", "large", "中型", "small", "")] == [0.8, 0.8, 0.64, 0.48, 0.8]  # fmt: skip
    # 100 thousand cubic metres make a landslide a medium one
    assert mid(volume_m3=99_999.0) == pytest.approx(0.48)
    assert mid(volume_m3=100_000.0) == pytest.approx(0.64)
    assert mid(volume_m3=1e6) == pytest.approx(0.8)
    assert mid(volume_m3=99_999.0, scale="large") == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"kind": ["landslip"]}, r"kind: row 1 holds 'landslip'; did you mean 'landslide'"),
        ({"kind": [""]}, r"kind: row 1 holds ''"),
        ({"kind": ["滑坡"], "scale": ["gigantic"]}, r"scale: row 1 holds 'gigantic'; did you mean"),
        ({"kind": ["滑坡"], "treated": [60.0]}, r"treated: row 1 holds 60, expected a share of 0 to 1"),
        ({"kind": ["滑坡"], "volume_m3": [-1.0]}, r"volume_m3: row 1 holds -1"),
    ],
)  # fmt: skip
def test_what_a_site_cannot_be_is_refused(columns, said):
    with pytest.raises(QuantityError, match=said):
        site_hazard(sites((X, Y), **columns), MASK)


def test_radii_must_rise_and_intensities_be_six():
    here = sites((X, Y), kind=["滑坡"])
    with pytest.raises(PlanError, match="do not rise"):
        site_hazard(here, MASK, landslide_m=(900.0, 450.0))
    with pytest.raises(PlanError, match="expected 6"):
        site_hazard(here, MASK, intensities=(4.0,))


def test_a_site_is_not_lost_between_the_centres_of_coarse_cells():
    coarse = grid_spec(5, 5, cell_m=1000.0)
    # in the corner of its cell no centre lies within 450 m
    place = (coarse.left + 2010.0, coarse.top - 2010.0)
    found = site_hazard(
        sites(place, crs=coarse.crs, kind=["landslide"]), lay(all_of(1, np.uint8, coarse), grid=coarse)
    )  # fmt: skip
    assert found.values[2, 2] == pytest.approx(0.8)
    # centres of the cells beside it lie within 900 m
    assert found.values[1, 1] == pytest.approx(0.4)
    assert np.count_nonzero(found.values) == 4


@settings(max_examples=30, deadline=None)
@given(
    x=st.floats(-6000, 10000), y=st.floats(-6000, 10000), kind=st.sampled_from(KINDS),
)  # fmt: skip
def test_anywhere_the_index_is_a_share_and_a_further_site_never_lowers_it(x, y, kind):
    one = site_hazard(sites((X, Y), kind=["collapse"]), MASK).values
    two = site_hazard(sites((X, Y), (x, y), kind=["collapse", kind]), MASK).values
    assert ((two >= one) & (two <= 1)).all()


def test_outside_the_region_nothing_is_said():
    mask = all_of(1, np.uint8)
    mask[:, 21:] = 0
    found = site_hazard(sites((X, Y), kind=["landslide"]), lay(mask))
    assert np.isnan(found.values[:, 21:]).all()
    assert np.isfinite(found.values[:, :21]).all()
    graded = site_sensitivity(found)
    assert (graded.values[:, 21:] == 0).all()


@pytest.mark.parametrize(
    ("index", "code"), [(0.0, 5), (0.19, 5), (0.2, 3), (0.59, 3), (0.6, 1), (1.0, 1), (np.nan, 0)]
)
def test_cuts_of_the_index(index, code):
    assert (site_sensitivity(lay(all_of(index))).values == code).all()


def test_the_inner_rings_of_strong_kinds_are_extreme():
    grades = {}
    for kind in KINDS:
        found = site_sensitivity(site_hazard(sites((X, Y), kind=[kind]), MASK))
        grades[kind] = sorted(set(found.values.ravel().tolist()))
    assert grades["landslide"] == grades["unstable slope"] == grades["subsidence"] == [1, 3, 5]
    assert grades["collapse"] == grades["fissure"] == [3, 5]
    assert grades["debris flow"] == [1, 3]


# ground that can fail


def score(name, value, unit):
    data = {"local_relief": lay(all_of(300.0), "m"), name: lay(all_of(value), unit)}
    return float(hazard_scores(data.pop("local_relief"), MASK, **data)[name].values[0, 0])


@pytest.mark.parametrize(
    ("name", "unit", "low", "high"),
    [("local_relief", "m", 200.0, 500.0), ("slope", "degree", 15.0, 25.0), ("rainfall_erosivity", "MJ*mm/(ha*h*yr)", 2500.0, 5000.0),
     ("seismic", "g0", 0.10, 0.20)],
)  # fmt: skip
def test_limits_of_each_factor(name, unit, low, high):
    step = 0.01 if name == "seismic" else 1e-3 * low
    assert [score(name, v, unit) for v in (low - step, low, high, high + step)] == [1, 3, 3, 5]


def test_near_a_fault_is_graver():
    assert [score("fault_distance", v, "km") for v in (0.5, 1.0, 5.0, 5.1)] == [5, 3, 3, 1]


def test_accelerations_are_read_as_the_map_tells_them():
    # 98 gal are the zone of 0.10 g
    assert score("seismic", 98.0, "Gal") == 3
    assert score("seismic", 0.05, "g0") == 1


def test_ground_by_hand():
    relief, slope, rain = all_of(600.0), all_of(30.0), all_of(6000.0)
    relief[:, :10], slope[:, :10], rain[:, :10] = 50.0, 1.0, 1000.0
    relief[:, 10:20], slope[:, 10:20], rain[:, 10:20] = 300.0, 20.0, 3000.0
    slope[0, 40] = np.nan
    made = hazard_scores(lay(relief, "m"), MASK, lay(slope, "degree"), lay(rain, "MJ*mm/(ha*h*yr)"))
    found = ground_sensitivity(made, MASK).values
    assert (found[:, :10] == 5).all()
    assert (found[:, 10:20] == 3).all()
    assert (found[1:, 20:] == 1).all()
    assert found[0, 40] == 0
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made)
    assert factors["kind"].tolist() == ["hazard"] * 3
    assert (factors["used"] == 1).all()


def test_a_factor_with_one_score_stays_in_the_mean_of_hazard():
    relief = all_of(300.0)
    relief[:, :20] = 50.0
    made = hazard_scores(lay(relief, "m"), MASK, lay(all_of(30.0), "degree"))
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made)
    assert (factors["used"] == 1).all()
    # square roots of 1 5 and 3 5: 2.24 is general, 3.87 extreme
    found = ground_sensitivity(made, MASK, factors).values
    assert (found[:, :20] == 5).all()
    assert (found[:, 20:] == 1).all()
    # ground that is gentle everywhere holds hazard down
    low = hazard_scores(lay(relief, "m"), MASK, lay(all_of(1.0), "degree"))
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=low)
    assert (factors["used"] == 1).all()
    assert (ground_sensitivity(low, MASK, factors).values == 5).all()


@pytest.mark.parametrize("name", ["slope", "rainfall_erosivity", "fault_distance", "seismic"])
def test_a_factor_known_in_one_cell_takes_no_class_from_the_others(name):
    unit = {"slope": "degree", "rainfall_erosivity": "MJ*mm/(ha*h*yr)", "fault_distance": "km", "seismic": "g0"}[name]  # fmt: skip
    seen = all_of(np.nan)
    seen[0, 0] = 0.1
    made = hazard_scores(lay(all_of(300.0), "m"), MASK, **{name: lay(seen, unit)})
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made)
    row = factors.set_index("factor").loc[name]
    assert row["used"] == 0
    assert row["known"] == pytest.approx(1 / seen.size)
    assert "left out of the mean" in row["reason"]
    assert (ground_sensitivity(made, MASK, factors).values == 3).all()
    # on most of the ground it takes part, and the gap is told
    seen[:30] = 0.1
    made = hazard_scores(lay(all_of(300.0), "m"), MASK, **{name: lay(seen, unit)})
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made)
    row = factors.set_index("factor").loc[name]
    assert row["used"] == 1
    assert "451 cells without it have no class" in row["reason"]
    assert (ground_sensitivity(made, MASK, factors).values[30:] == 0).all()


@pytest.mark.parametrize(("height", "code"), [(50.0, 5), (300.0, 3), (600.0, 1)])
def test_where_all_ground_is_alike_it_has_one_class(height, code):
    made = hazard_scores(lay(all_of(height), "m"), MASK)
    factors = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made)
    assert (factors["used"] == 1).all()
    assert (ground_sensitivity(made, MASK, factors).values == code).all()


def test_a_factor_known_nowhere_is_left_out_not_filled():
    lost = lay(all_of(np.nan), "km")
    made = hazard_scores(lay(all_of(600.0), "m"), MASK, fault_distance=lost)
    assert list(made) == ["local_relief"]
    with pytest.raises(QuantityError, match="no factor is known inside the region"):
        ground_sensitivity(hazard_scores(lay(all_of(np.nan), "m"), MASK), MASK)


def test_the_reason_says_that_slopes_and_relief_were_scaled():
    made = hazard_scores(lay(all_of(600.0), "m"), MASK, lay(all_of(30.0), "degree"))
    said = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made, slope_cell=1000.0)
    reasons = said.set_index("factor")["reason"]
    assert "slopes of 1,000 m cells, scaled" in reasons["slope"]
    assert "relief of 1,000 m cells, scaled" in reasons["local_relief"]
    fine = sensitivity_factors(MASK, lay(all_of(0.5)), hazard_scores=made, slope_cell=30.0)
    assert not fine["reason"].str.contains("scaled").any()


# faults and shaking


def test_distance_to_a_fault_by_hand():
    line = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(X, GRID.top), (X, GRID.top - 4100.0)])], crs=GRID.crs
    )
    found = fault_distance(MASK, line).values
    np.testing.assert_allclose(found[5], np.abs(np.arange(41) - 20) * 0.1, rtol=1e-6)
    beyond = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(X, 90000.0), (X, 91000.0)])], crs=GRID.crs
    )
    assert np.isnan(fault_distance(MASK, beyond).values).all()


def test_of_zones_that_overlap_the_strongest_stands():
    half = shapely.box(GRID.left, 0, X, GRID.top)
    third = shapely.box(GRID.left, 0, GRID.left + 1000, GRID.top)
    zones = gpd.GeoDataFrame({"acceleration": [0.3, 0.1]}, geometry=[third, half], crs=GRID.crs)
    found = seismic_acceleration(MASK, zones).values
    assert (found[:, :10] == np.float32(0.3)).all()
    assert (found[:, 10:20] == np.float32(0.1)).all()
    assert np.isnan(found[:, 21:]).all()


# ground that sinks


@pytest.mark.parametrize(
    ("total", "rate", "code"),
    [(199.0, None, 5), (200.0, None, 3), (799.0, None, 3), (800.0, None, 1), (-50.0, None, 5), (np.nan, None, 0),
     (None, 9.9, 5), (None, 10.0, 3), (None, 29.9, 3), (None, 30.0, 1),
     (100.0, 30.0, 1), (900.0, 1.0, 1), (np.nan, 12.0, 3)],
)  # fmt: skip
def test_limits_of_subsidence(total, rate, code):
    given = {
        "subsidence": None if total is None else lay(all_of(total), "mm"),
        "subsidence_rate": None if rate is None else lay(all_of(rate), "mm/yr"),
    }
    assert (subsidence_sensitivity(MASK, **given).values == code).all()


def test_subsidence_in_another_unit():
    assert (subsidence_sensitivity(MASK, lay(all_of(0.2), "m")).values == 3).all()
    with pytest.raises(QuantityError, match="subsidence: unit 'mm/yr' cannot become 'mm'"):
        subsidence_sensitivity(MASK, lay(all_of(20.0), "mm/yr"))
    with pytest.raises(QuantityError, match="no grade was given"):
        subsidence_sensitivity(MASK)


# all of it


def test_the_gravest_of_what_is_known():
    one, three, none = (codes(all_of(k)) for k in (1, 3, 0))
    assert (hazard_sensitivity(three, one).values == 1).all()
    assert (hazard_sensitivity(three, none).values == 3).all()
    assert (hazard_sensitivity(None, None, three).values == 3).all()
    with pytest.raises(QuantityError, match="no grade was given"):
        hazard_sensitivity()


def test_where_no_hazard_was_found_unknown_ground_stays_unknown():
    erosion = all_of(0)
    erosion[:, :10] = 5
    erosion[20, 10:] = 0
    near = site_sensitivity(site_hazard(sites((X, Y), kind=["landslide"]), MASK))
    joined = ecological_sensitivity(codes(erosion), site_sensitivity=near).values
    # near the site the ground is extreme whatever else it is; far from it nothing is known
    assert set(joined[20, 20 - 4 : 20 + 5].tolist()) == {1}
    assert (joined[:, 30:] == 0).all()
    # in the outer ring it is at least sensitive, and may be extreme
    assert near.values[20, 27] == 3
    assert joined[20, 27] == 0
    assert (joined[:, :10] == 5).all()
    # a line leaves open what it does not know
    line = red_line_candidate(lay(joined, nodata=0), MASK, smooth=False).values
    assert (line[:, 30:] == 255).all()
    assert (line[:, :10] == 0).all()


def test_each_kind_that_grades_the_ground_must_be_known_before_it_is_called_general():
    five, three, none, one = (codes(all_of(k)) for k in (5, 3, 0, 1))
    for known, lacks, code in ((five, none, 0), (three, none, 0), (one, none, 1), (five, three, 3)):
        assert (ecological_sensitivity(known, lacks).values == code).all()
        assert (ecological_sensitivity(lacks, None, known).values == code).all()
    # an inventory that has gaps itself leaves the ground as it is graded
    assert (ecological_sensitivity(five, site_sensitivity=none).values == 5).all()
    assert (hazard_sensitivity(five, none).values == 0).all()
    assert (hazard_sensitivity(five, none, five).values == 0).all()
    assert (hazard_sensitivity(None, five, none).values == 5).all()
    assert (hazard_sensitivity(five).values == 5).all()


def test_sensitivity_joins_known_sites_and_the_ground_only_where_a_setting_says_so():
    erosion, near, ground = (codes(all_of(k)) for k in (5, 3, 1))
    found = ecological_sensitivity(erosion, site_sensitivity=near, hazard_sensitivity=ground)
    assert (found.values == 3).all()
    with_ground = ecological_sensitivity(
        erosion, site_sensitivity=near, hazard_sensitivity=ground, kinds=("erosion", "hazard")
    )
    assert (with_ground.values == 1).all()
    without = ecological_sensitivity(erosion, site_sensitivity=near, kinds=("erosion",))
    assert (without.values == 5).all()
    with pytest.raises(PlanError, match="'hazards' is not a choice; did you mean 'hazard'"):
        ecological_sensitivity(erosion, kinds=("hazards",))
    with pytest.raises(QuantityError, match="joins karst, but what is known is erosion"):
        ecological_sensitivity(erosion, kinds=("karst",))


@pytest.mark.parametrize(
    ("given", "made"),
    [(("hazard_sensitivity",), False), (("hazard_sensitivity", "site_sensitivity"), True), (("erosion_sensitivity",), True)],
)  # fmt: skip
def test_where_only_the_ground_is_known_there_is_no_sensitivity_to_join(given, made):
    sources = [Source(n, Grid("1"), "", {}, dict, lambda c: None, site_hazard) for n in given]
    plan = Plan.of(step(ecological_sensitivity), sources=sources)
    assert ("ecological_sensitivity" in plan.steps) == made
    if not made:
        said = plan.absent["ecological_sensitivity"]
        assert said == "no input 'erosion_sensitivity' is bound in study.toml"


@pytest.mark.parametrize("when", ["written", "set"])
def test_where_hazard_alone_is_joined_no_other_kind_is_needed(when):
    sources = [
        Source("hazard_sensitivity", Grid("1"), "", {}, dict, lambda c: None, site_hazard),
        Source("region_mask", Grid("1"), "", {}, dict, lambda c: None, site_hazard),
    ]
    only = {"kinds": ("hazard",)}
    first = step(ecological_sensitivity, **(only if when == "written" else {}))
    line = step(red_line_candidate, binds={"protection_importance": "ecological_sensitivity"})
    plan = Plan.of(first, line, sources=sources)
    assert (line.name in plan.steps) == (when == "written")
    if when != "written":
        assert plan.absent[line.name] == plan.absent["ecological_sensitivity"]
        plan = plan.with_settings({"ecological_sensitivity": only})
    assert "ecological_sensitivity" in plan.steps
    assert line.name in plan.steps
    assert not plan.absent
    # and it goes again where the settings do
    back = plan.with_settings({"ecological_sensitivity": {"kinds": ("erosion",)}})
    assert "ecological_sensitivity" not in back.steps
    assert line.name not in back.steps
    assert back.absent["ecological_sensitivity"] == "no input 'erosion_sensitivity' is bound in study.toml"  # fmt: skip


def test_each_kind_has_a_map_that_the_join_takes():
    from shanshui.core.assessment import card_of
    from shanshui.pattern.sensitivity import BY_KIND
    from shanshui.pattern.sensitivity import KINDS as SENSITIVITIES

    assert tuple(BY_KIND) == SENSITIVITIES
    assert set(BY_KIND.values()) == set(card_of(ecological_sensitivity).needs)
