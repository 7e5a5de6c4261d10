"""Facts of places: one product, read alike by all who judge."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import EQUAL_AREA, grid, squares

from shanshui.core.errors import QuantityError
from shanshui.industry.access_rules import VERDICTS, rules_of
from shanshui.industry.admission import heavy_jobs, unit_admission
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.layout import relocation
from shanshui.industry.place_facts import (
    MAPPED,
    known_by_strip,
    main_river_distance,
    place_facts,
    river_distance,
)
from shanshui.region import grid as region_grid
from shanshui.region.unitset import polygons

RESERVE = pd.DataFrame(
    {"rule": ["P"], "verdict": ["forbid"], "codes": ["*"], "kinds": ["new expand"], "when": ["protected == 1"]}
)  # fmt: skip


def flat(rows=2, columns=4, height=100.0):
    shape = (rows, columns)
    return grid(np.full(shape, height), "m"), grid(np.zeros(shape), "degree")


def areas(*boxes, crs=EQUAL_AREA, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*b) for b in boxes], crs=crs)


def halves():
    return grid([[1, 1, 2, 2], [1, 1, 2, 2]], "1", dtype=np.int32, nodata=0)


def work(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "industry", "persons"])


BOTH = work(("101", 2020, "mining", 10.0), ("102", 2020, "mining", 20.0))


def test_a_reserve_closes_a_unit_and_pushes_its_heavy_industry_by_the_same_facts():
    facts = place_facts(*flat(), protected_areas=areas((0, 0, 200, 200), name=["reserve"]))
    units = unit_admission(halves(), facts, RESERVE)
    closed, free = units[units["unit"] == 1], units[units["unit"] == 2]
    assert set(closed["verdict"]) == {"forbid"}
    assert set(closed["open_share"]) == {0.0}
    assert set(free["open_share"]) == {1.0}
    jobs = heavy_jobs(squares(2, 4), halves(), BOTH, facts, RESERVE).set_index("code")
    assert jobs["pushed_share"].to_dict() == {"101": 1.0, "102": 0.0}
    assert jobs.attrs["not_known"] == units.attrs["not_known"] == []


def test_both_tell_a_fact_that_nobody_gave():
    facts = place_facts(*flat())
    assert unit_admission(halves(), facts, RESERVE).attrs["not_known"] == ["protected"]
    jobs = heavy_jobs(squares(2, 4), halves(), BOTH, facts, RESERVE)
    assert jobs.attrs["not_known"] == ["protected"]
    assert set(jobs["pushed_share"]) == {0.0}


def test_a_fact_known_only_elsewhere_is_not_known_to_the_units():
    zones = areas((200, 0, 400, 200), green_unit=[1])
    rule = RESERVE.assign(when="green_unit == 1")
    facts = place_facts(*flat(), zones=zones)
    west = grid([[1, 1, 0, 0], [1, 1, 0, 0]], "1", dtype=np.int32, nodata=0)
    assert unit_admission(west, facts, rule).attrs["not_known"] == ["green_unit"]
    assert unit_admission(halves(), facts, rule).attrs["not_known"] == []


def test_how_much_of_a_fact_is_known_is_told():
    height, slope = flat()
    slope.values[:, 0] = np.nan
    rule = RESERVE.assign(when="slope_deg > 25 & elevation_m > 5")
    found = unit_admission(halves(), place_facts(height, slope), rule)
    assert found.attrs["not_known"] == []
    assert found.attrs["partly_known"] == {"slope_deg": 0.75}
    jobs = heavy_jobs(squares(2, 4), halves(), BOTH, place_facts(height, slope), rule)
    assert jobs.attrs["partly_known"] == {"slope_deg": 0.75}
    slope.values[:] = np.nan
    none = unit_admission(halves(), place_facts(height, slope), rule)
    assert (none.attrs["not_known"], none.attrs["partly_known"]) == (["slope_deg"], {})


def test_what_is_not_known_goes_on_to_what_stands_on_it():
    cities = gpd.GeoDataFrame(
        {"name": ["town"], "role": ["outer"]}, geometry=gpd.points_from_xy([100], [100]), crs=EQUAL_AREA
    )  # fmt: skip
    jobs = heavy_jobs(squares(2, 4), halves(), BOTH, place_facts(*flat()), RESERVE)
    assert relocation(jobs, cities).attrs["not_known"] == ["protected"]


def test_every_fact_has_a_layer_with_its_unit_and_what_nobody_gave_is_missing():
    facts = place_facts(*flat())
    assert list(facts.data_vars) == list(MAPPED)
    units = {name: layer.attrs["units"] for name, layer in facts.data_vars.items()}
    assert {k: u for k, u in units.items() if u != "1"} == {
        "elevation_m": "m", "slope_deg": "degree", "river_m": "m", "main_river_m": "m", "basin_km2": "km2",
    }  # fmt: skip
    known = {name for name, layer in facts.data_vars.items() if np.isfinite(layer.values).any()}
    assert known == {"elevation_m", "slope_deg"}


def test_codes_that_mean_missing_are_missing():
    codes = grid([[0, 1, 3, 5]], "1", dtype=np.uint8, nodata=0)
    line = grid([[0, 1, 255, 0]], "1", dtype=np.uint8, nodata=255)
    facts = place_facts(*flat(1, 4), codes, codes, line)
    for name in ("sensitivity", "importance"):
        np.testing.assert_array_equal(facts[name].values, [[np.nan, 1, 3, 5]])
    np.testing.assert_array_equal(facts["red_line"].values, [[0, 1, np.nan, 0]])


def test_what_zones_tell_goes_before_and_where_they_are_silent_the_computed_stands():
    codes = grid([[5, 5, 5, 5]], "1", dtype=np.uint8, nodata=0)
    zones = areas((0, 0, 100, 100), (100, 0, 200, 100), sensitivity=[1.0, None])
    facts = place_facts(*flat(1, 4), codes, zones=zones)
    np.testing.assert_array_equal(facts["sensitivity"].values, [[1, 5, 5, 5]])


def test_where_zones_overlap_the_later_stands():
    zones = areas((0, 0, 300, 100), (100, 0, 200, 100), zone=[1, 2])
    facts = place_facts(*flat(1, 4), zones=zones)
    np.testing.assert_array_equal(facts["zone"].values, [[1, 2, 1, np.nan]])


def test_a_zone_that_tells_no_number_is_refused():
    with pytest.raises(QuantityError, match="zones.green_unit: found 'deep'"):
        place_facts(*flat(), zones=areas((0, 0, 1, 1), green_unit=["deep"]))


def test_polygons_in_degrees_are_laid_on_the_grid():
    reserve = areas((0, 0, 200, 200)).to_crs("EPSG:4326")
    facts = place_facts(*flat(), protected_areas=reserve)
    np.testing.assert_array_equal(facts["protected"].values, [[1, 1, 0, 0]] * 2)


def river(*points):
    return gpd.GeoDataFrame({"name": ["r"]}, geometry=[shapely.LineString(points)], crs=EQUAL_AREA)


def test_rivers_are_as_far_as_their_nearest_cell():
    height, _ = flat(3, 4)
    found = river_distance(height, river((50, 0), (50, 300)), sure_m=1000.0).values
    np.testing.assert_allclose(found, [[0, 100, 200, 300]] * 3)
    corner = river_distance(height, river((40, 250), (60, 250)), sure_m=1000.0).values
    # three rows and three columns away at most
    assert corner[2, 3] == pytest.approx(100 * np.sqrt(3**2 + 2**2))


def test_a_river_beyond_the_grid_is_at_no_known_distance():
    found = river_distance(flat()[0], river((9000, 9000), (9500, 9000)))
    assert np.isnan(found.values).all()


def test_where_the_grid_ends_nearer_than_the_river_its_distance_is_not_known():
    height, _ = flat(7, 9)
    line = river((450, 0), (450, 700))
    found = river_distance(height, line, sure_m=0.0).values
    # in the middle row the grid goes on for four cells; at the rim only the river itself is sure, and what lies beside it
    assert np.isnan(found[3, [0, 1]]).all()
    np.testing.assert_allclose(found[3, 2:7], [200, 100, 0, 100, 200])
    np.testing.assert_allclose(found[0, 3:6], [100, 0, 100])
    assert np.isnan(found[0, [0, 1, 2, 6, 7, 8]]).all()
    # near enough for every rule is near enough, whatever lies beyond
    near = river_distance(height, line, sure_m=200.0).values
    np.testing.assert_allclose(near[0, 2:7], [200, 100, 0, 100, 200])
    assert np.isnan(near[0, [0, 1, 7, 8]]).all()


def test_a_main_river_may_lie_where_the_water_is_not_known():
    area = np.full((7, 9), 1.0)
    area[:, 4] = 80.0
    area[:, :2] = np.nan
    found = main_river_distance(grid(area, "km2"), sure_m=0.0).values
    np.testing.assert_allclose(found[3, 3:7], [100, 0, 100, 200])
    assert np.isnan(found[3, 2])
    assert main_river_distance(grid(area, "km2"), sure_m=200.0).values[3, 2] == 200.0


def test_a_rule_of_banks_asks_where_a_river_beyond_the_grid_may_be_nearer():
    height, slope = flat(7, 9)
    label = grid(
        np.where(np.arange(9) == 8, 1, 2)[None, :].repeat(7, 0), "1", dtype=np.int32, nodata=0
    )
    bank = RESERVE.assign(when="river_m <= 200")
    facts = place_facts(
        height, slope, river_distance=river_distance(height, river((450, 0), (450, 700)))
    )
    assert np.isnan(facts["river_m"].values[:, 8]).all()
    out = unit_admission(label, facts, bank)
    assert out["provisional"].any()


def test_facts_by_strip_are_those_of_the_whole(monkeypatch):
    rng = np.random.default_rng(1)
    height = grid(rng.uniform(0, 3000, (9, 4)), "m")
    slope = grid(rng.uniform(0, 40, (9, 4)), "degree")
    label = grid(rng.integers(0, 3, (9, 4)), "1", dtype=np.int32, nodata=0)
    rules = RESERVE.assign(when="slope_deg > 20 & elevation_m > 800")
    facts = place_facts(height, slope)
    whole = unit_admission(label, facts, rules)
    monkeypatch.setattr("shanshui.industry.place_facts.STRIP", 2)
    pd.testing.assert_frame_equal(unit_admission(label, facts, rules), whole)
    named = {"code": ["101", "102"], "name": ["a", "b"], "parent": ""}
    counties = polygons(label).assign(**named)
    jobs = heavy_jobs(counties, label, BOTH, facts, rules).set_index("code")
    steep = (slope.values > 20) & (height.values > 800)
    for unit, code in ((1, "101"), (2, "102")):
        assert jobs.loc[code, "pushed_share"] == pytest.approx(steep[label.values == unit].mean())


def test_units_of_another_grid_are_refused():
    with pytest.raises(QuantityError, match="expected one grid"):
        unit_admission(grid([[1, 1]], "1", dtype=np.int32, nodata=0), place_facts(*flat()), RESERVE)


def test_strips_hand_over_only_what_a_cell_of_them_knows():
    facts = place_facts(*flat(), zones=areas((0, 0, 100, 200), zone=[4]))
    parts = list(known_by_strip(facts, halves().values, ("zone", "protected")))
    assert len(parts) == 1
    assert set(parts[0][0]) == {"zone", "elevation_m"}
    assert len(parts[0][1]) == 8


@pytest.mark.parametrize(
    ("least", "verdict", "rule", "closing"),
    [
        (0.0, "limit", "b", "a"), (0.25, "limit", "b", "a"), (0.26, "forbid", "a", "a"), (0.75, "forbid", "a", "a"),
        # no rule alone fires on all the land
        (1.0, "forbid", "", ""),
    ],
)  # fmt: skip
def test_the_verdict_is_the_best_that_enough_of_the_land_has(least, verdict, rule, closing):
    height = grid([[100.0, 900.0, 900.0, 900.0]], "m")
    rules = pd.DataFrame(
        {"rule": ["a", "b"], "verdict": ["forbid", "limit"], "codes": "*", "when": ["elevation_m > 800", "elevation_m <= 800"]}
    )  # fmt: skip
    label = grid([[1, 1, 1, 1]], "1", dtype=np.int32, nodata=0)
    facts = place_facts(height, flat(1, 4)[1])
    found = unit_admission(label, facts, rules, least_share=least).iloc[0]
    assert found["verdict"] == verdict
    assert found["open_share"] == pytest.approx(0.25)
    assert found["welcome_share"] == 0.0
    assert found["rules"] == rule
    assert found["closing_rules"] == closing


def test_heavy_jobs_with_a_pencil():
    table = work(
        ("101", 2010, "mining", 500.0), ("101", 2020, "mining", 10.0), ("101", 2020, "manufacturing", 100.0),
        ("102", 2020, "manufacturing", 40.0), ("102", 2020, "trade", 7.0), ("9", 2020, "mining", 1.0),
    )  # fmt: skip
    facts = place_facts(*flat())
    found = heavy_jobs(squares(2, 4), halves(), table, facts, RESERVE).set_index("code")
    # mining counts whole, three tenths of manufacturing
    assert found["jobs"].to_dict() == {"101": 10 + 30, "102": 12}
    assert found["name"].to_dict() == {"101": "c1", "102": "c2"}
    assert 0 < found.loc["101", "x"] < 200 < found.loc["102", "x"] < 400
    assert found["y"].between(0, 200).all()
    assert found.attrs["crs"]
    early = heavy_jobs(squares(2, 4), halves(), table, facts, RESERVE, year=2010)
    early = early.set_index("code")["jobs"]
    assert early["101"] == 500.0
    assert np.isnan(early["102"])


def test_a_missing_figure_is_not_a_county_without_jobs():
    table = work(("101", 2020, "mining", 10.0), ("101", 2020, "manufacturing", np.nan), ("102", 2020, "mining", 5.0))  # fmt: skip
    facts = place_facts(*flat())
    found = heavy_jobs(squares(2, 4), halves(), table, facts, RESERVE).set_index("code")["jobs"]
    assert np.isnan(found["101"])
    assert found["102"] == 5.0
    # a county that the table does not have is none without jobs either
    alone = table[table["code"] == "102"]
    lone = heavy_jobs(squares(2, 4), halves(), alone, facts, RESERVE).set_index("code")["jobs"]
    assert np.isnan(lone["101"])


def test_industries_that_are_not_in_the_table_are_refused():
    facts = place_facts(*flat())
    with pytest.raises(QuantityError, match="no rows of smelting in 2020.*mining"):
        heavy_jobs(squares(2, 4), halves(), BOTH, facts, RESERVE, industries=("smelting",))
    with pytest.raises(QuantityError, match="industries: none"):
        heavy_jobs(squares(2, 4), halves(), BOTH, facts, RESERVE, industries=())


@pytest.fixture(scope="module")
def judged(region):
    if not region.has("place_facts.zone"):
        region.run("unit_admission")
    return region


def test_a_question_of_a_point_has_the_facts_and_verdict_of_its_cell(judged):
    from shanshui.queries.admission import admitted_at

    facts = {f: judged[f"place_facts.{f}"].values for f in MAPPED}
    inside = judged["region_mask"].values == 1
    rules = rules_of(judged["access_rules"].to_dict("records"))
    own = {f: v[inside] for f, v in facts.items()}
    cells = admitted_cells("2631", own, rules=rules)
    verdicts = cells.worst
    whole = np.full(inside.shape, 255)
    whole[inside] = verdicts
    for word in np.unique(verdicts):
        row, column = np.argwhere(whole == word)[-1]
        lon, lat = place_of(judged.grid, row, column)
        found = admitted_at(judged, "2631", lon, lat)
        assert found.answer.worst == VERDICTS[word]
        for fact, values in facts.items():
            assert found.facts.get(fact, np.nan) == pytest.approx(values[row, column], nan_ok=True)
        check_nearest(found.nearest, whole, row, column, judged.grid)


def check_nearest(nearest, whole, row, column, where):
    """The one of all better cells that is nearest, found the long way."""
    better = np.argwhere(whole < whole[row, column])
    if whole[row, column] <= VERDICTS.index("allow"):
        assert nearest is None
        return
    if not len(better):
        # only better as far as is known, if at all
        assert nearest is None or not nearest["certain"]
        return
    assert nearest["certain"]
    far = np.hypot(*(better - (row, column)).T)
    assert nearest["km"] == pytest.approx(far.min() * where.cell_m / 1e3, abs=0.005)
    lon, lat = place_of(where, *better[far.argmin()])
    assert (nearest["lon"], nearest["lat"]) == pytest.approx((lon, lat), abs=1e-3)
    assert nearest["verdict"] == VERDICTS[whole[tuple(better[far.argmin()])]]


def place_of(where, row, column):
    import pyproj

    to_degrees = pyproj.Transformer.from_crs(where.crs, "EPSG:4326", always_xy=True)
    return to_degrees.transform(where.x()[column], where.y()[row])


def test_better_ground_is_the_same_in_strips_of_any_height(judged, monkeypatch):
    from shanshui.queries.admission import admitted_at

    lon, lat = (float(v) for v in place_of(judged.grid, 48, 48))
    answers = []
    for strip in (region_grid.STRIP, 7, 1):
        monkeypatch.setattr("shanshui.queries.admission.STRIP", strip)
        answers.append(admitted_at(judged, "06", lon, lat).nearest)
    assert answers[0] == answers[1] == answers[2]


def test_facts_of_some_rows_are_those_rows_of_the_whole():
    rng = np.random.default_rng(2)
    height = grid(rng.uniform(0, 3000, (9, 7)), "m")
    slope = grid(rng.uniform(0, 40, (9, 7)), "degree")
    codes = grid(rng.choice([0, 1, 3, 5], (9, 7)), "1", dtype=np.uint8, nodata=0)
    reserve = areas((130, 170, 520, 610), (0, 0, 90, 90))
    zones = areas((20, 30, 480, 720), (333, 111, 666, 444), green_unit=[1, 2], sensitivity=[5, None])  # fmt: skip
    whole = place_facts(height, slope, codes, codes, protected_areas=reserve, zones=zones)
    for start, stop in ((0, 4), (4, 5), (5, 9)):
        rows = slice(start, stop)
        part = place_facts(
            height[rows], slope[rows], codes[rows], codes[rows], protected_areas=reserve, zones=zones
        )  # fmt: skip
        for name, layer in part.data_vars.items():
            np.testing.assert_array_equal(layer.values, whole[name].values[rows])


def test_without_units_there_are_no_verdicts_and_nothing_is_known():
    none = grid(np.zeros((2, 4)), "1", dtype=np.int32, nodata=0)
    found = unit_admission(none, place_facts(*flat()), RESERVE)
    assert found.empty
    assert found.attrs["not_known"] == ["protected"]


@pytest.mark.parametrize(
    ("code", "province"),
    [("610729", 61), ("610729101", 61), ("610729101000", 61), ("CH-BE", 0), ("12345", 0), ("", np.nan), (" ", np.nan), (None, np.nan)],
)  # fmt: skip
def test_a_county_without_a_code_may_lie_in_any_province(code, province):
    counties = squares(2, 4).assign(code=pd.Series(["510100", code], dtype=object, index=[1, 2]))
    facts = place_facts(*flat(), counties=counties, county_cells=halves())["province"].values
    assert facts[0, 0] == 51
    assert facts[0, -1] == pytest.approx(province, nan_ok=True)
    rule = RESERVE.assign(when="province == 61")
    found = unit_admission(halves(), place_facts(*flat(), counties=counties, county_cells=halves()), rule)  # fmt: skip
    unsure = found.groupby("unit")["provisional"].max()
    assert unsure.to_dict() == {1: 0, 2: int(np.isnan(province))}
