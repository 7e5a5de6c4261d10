from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid, squares

from shanshui.core.cover import codes_of
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.voice import Voice
from shanshui.industry.access_rules import (
    FACTS,
    VERDICTS,
    Term,
    admit,
    covers,
    divisions,
    rules_of,
    shipped_rules,
)
from shanshui.industry.admission import judged_industries, open_industries, unit_admission
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.clusters import (
    cluster_industries,
    firm_places,
    phase_out_schedule,
    service_hubs,
)
from shanshui.industry.layout import allocated, layout, phase_out, relocation
from shanshui.industry.place_facts import main_river_distance, place_facts, river_distance
from shanshui.industry.suitability import crop_areas, crop_suitability, crops, fitness, unit_growing
from shanshui.industry.symbiosis import (
    matched_streams,
    material_circularity,
    symbiosis,
)

RULES = pd.read_csv(files("shanshui.industry").joinpath("access_rules.csv"), dtype=str)
LOW = {
    "elevation_m": 500,
    "slope_deg": 3,
    "sensitivity": 5,
    "importance": 5,
    "red_line": 0,
    "protected": 0,
    "river_m": 5000,
    "core_area": 0,
    "green_unit": 4,
    "farmland": 0,
    "basic_farmland": 0,
    "park": 1,
    "basin_km2": 500,
    "main_river_m": 5000,
    "province": 61,
    "mountains": 1,
}
SMALL = {"capacity_mw": 20, "pumped_storage": 0}


def named(answer):
    return {r.rule for r in answer.fired}


def test_the_shipped_rules_say_where_they_are_from():
    rules = shipped_rules()
    assert len({r.rule for r in rules}) == len(rules) >= 30
    for rule in rules:
        assert rule.source
        assert rule.text
        assert rule.words["zh"]
        assert rule.tag in ("[S]", "[M]", "[D]")


def test_rules_of_the_papers():
    assert admit("06", LOW, kind="existing", year=2030).verdict == "eliminate"
    # the year of the rule book where none is given: not all years at once
    assert admit("06", LOW, kind="existing").verdict == "limit"
    assert admit("4413", LOW | SMALL).verdict == "forbid"
    assert admit("4413", LOW | SMALL, exemptions=["poverty_relief"]).verdict == "limit"
    unknown = admit("4413", LOW)
    assert (unknown.verdict, unknown.worst) == ("allow", "forbid")
    assert unknown.provisional
    assert (
        unknown.words(Voice())
        == "at least ALLOW; FORBID if capacity_mw < 300 & pumped_storage < 1 (P2)"
    )
    assert (
        unknown.words(Voice("zh"))
        == "至少允许；若装机容量（MW） < 300且不为抽水蓄能，则为禁止（P2）"
    )
    assert admit("3216", {**LOW, "core_area": 1}, kind="expand").verdict == "forbid"
    assert admit("3216", LOW, kind="expand").verdict == "limit"
    assert admit("0911", {**LOW, "importance": 1}).verdict == "forbid"
    assert admit("0911", {**LOW, "importance": 1}, kind="explore").verdict == "allow"
    assert admit("2740", LOW).verdict == "encourage"
    assert admit("2740", {**LOW, "red_line": 1}).verdict == "forbid"
    assert admit("6110", {**LOW, "red_line": 1}).verdict == "limit"


def test_restrictions_go_before_welcome_and_all_fired_rules_are_named():
    answer = admit("3493", {**LOW, "slope_deg": 30.0})
    assert answer.verdict == "forbid"
    assert {"E4", "T1"} <= named(answer)
    assert tuple(c.words(Voice()) for c in answer.changes) == ("T1: slope_deg up to 25 (it is 30)",)
    assert answer.better == "encourage"


def test_doing_what_changes_it_changes_it():
    worse = {**LOW, "slope_deg": 30.0, "river_m": 100.0, "main_river_m": 100.0}
    answer = admit("2631", worse)
    assert {"T1", "W1", "W2"} <= named(answer)
    mended = admit("2631", {**worse, "slope_deg": 25.0, "river_m": 1000.1, "main_river_m": 1000.1})
    assert VERDICTS.index(mended.verdict) < VERDICTS.index(answer.verdict)


def test_facts_nobody_knows_are_named_and_fire_nothing():
    answer = admit("3110", {"importance": 5, "red_line": float("nan")})
    assert "red_line" in answer.unknown
    assert "importance" not in answer.unknown
    assert answer.verdict == "limit"


def test_rules_stand_in_their_years():
    rules = rules_of(
        [{"rule": "a", "verdict": "forbid", "codes": "*", "from_year": 2020, "to_year": 2030.0}]
    )
    verdicts = [admit("27", {}, year=y, rules=rules).verdict for y in (2019, 2020, 2030, 2031)]
    assert verdicts == ["allow", "forbid", "forbid", "allow"]


@pytest.mark.parametrize(
    ("patterns", "code", "inside"),
    [
        ("26", "2631", True), ("2631", "26", False), ("25-28", "2740", True), ("25-28", "29", False), ("* -77", "7711", False),
        ("* -77", "78", True), ("3110-3140", "3120", True), ("3110-3140", "3150", False),
    ],
)  # fmt: skip
def test_patterns_of_codes(patterns, code, inside):
    assert covers(patterns.split(), code) is inside


def test_what_cannot_be_asked_is_refused():
    for code, message in (
        ("9912", "no division 99"),
        ("27400", "two to four digits"),
        ("herbs", "two to four digits"),
    ):
        with pytest.raises(QuantityError, match=message):
            admit(code, LOW)
    with pytest.raises(QuantityError, match="did you mean 'slope_deg'"):
        admit("27", {"slope": 3})
    with pytest.raises(QuantityError, match="kind"):
        admit("27", LOW, kind="bigger")
    with pytest.raises(QuantityError, match="exemptions"):
        admit("27", LOW, exemptions=["please"])
    assert len(divisions()) == 97


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"verdict": "perhaps"}, "verdict 'perhaps'"), ({"when": "slope > 3"}, "did you mean 'slope_deg'"), ({"when": "slope_deg above 3"}, "cannot be read"),
        ({"kinds": "old"}, "kind 'old'"), ({"unless": "asked"}, "unless 'asked'"), ({"codes": ""}, "has no codes"), ({"codes": "6"}, "leading zeros"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_read_say_which(row, message):
    with pytest.raises(DataError, match=message):
        rules_of([{"rule": "r", "verdict": "forbid", "codes": "26", **row}])
    with pytest.raises(DataError, match="twice"):
        rules_of([{"rule": "r", "verdict": "forbid", "codes": "26"}] * 2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["0911", "2740", "3110", "4413", "65", "0171"]))
def test_a_map_of_verdicts_is_the_verdict_of_each_cell(seed, code):
    rng = np.random.default_rng(seed)
    n = 12
    facts = {
        "elevation_m": rng.uniform(100, 3000, n), "slope_deg": rng.uniform(0, 40, n), "sensitivity": rng.choice([1.0, 3, 5, np.nan], n),
        "importance": rng.choice([1.0, 3, 5, np.nan], n), "red_line": rng.integers(0, 2, n).astype(float), "river_m": rng.uniform(0, 3000, n),
    }  # fmt: skip
    off = {"river_m": float(rng.choice([0.0, 21.0, 710.0])), "slope_deg": 2.0 * (seed % 2)}
    found = admitted_cells(code, facts, off=off)
    for k in range(n):
        told = {f: v[k] for f, v in facts.items()}
        answer = admit(code, told, off=off)
        assert VERDICTS[found.verdict[k]] == answer.verdict
        assert VERDICTS[found.worst[k]] == answer.worst
        assert VERDICTS[found.if_clear[k]] == answer.if_clear
        assert {r for r, fired in found.where.items() if fired[k]} == named(answer)
        # what is not known can make it graver, never better, and is told
        assert VERDICTS.index(answer.worst) >= VERDICTS.index(answer.verdict)
        assert answer.provisional == bool(answer.unknown)
        # whatever the facts are within that, the verdict is none that was ruled out
        exact = {f: max(v + off.get(f, 0.0) * rng.uniform(-1, 1), 0.0) for f, v in told.items()}
        truth = admit(code, exact)
        assert VERDICTS.index(truth.if_clear) >= VERDICTS.index(answer.if_clear)
        assert VERDICTS.index(truth.worst) <= VERDICTS.index(answer.worst)


@pytest.mark.parametrize(
    ("metres", "off", "verdict", "worst"),
    [
        (0.0, 0.0, "forbid", "forbid"), (200.0, 0.0, "forbid", "forbid"), (201.0, 0.0, "allow", "allow"), (179.0, 21.0, "forbid", "forbid"),
        (180.0, 21.0, "allow", "forbid"), (221.0, 21.0, "allow", "forbid"), (222.0, 21.0, "allow", "allow"), (0.0, 710.0, "allow", "forbid"),
        (910.0, 710.0, "allow", "forbid"), (911.0, 710.0, "allow", "allow"),
    ],
)  # fmt: skip
def test_a_bank_of_200_m_is_no_certain_no_on_cells_that_are_wider(metres, off, verdict, worst):
    rules = rules_of(
        [{"rule": "bank", "verdict": "forbid", "codes": "26", "when": "river_m <= 200"}]
    )
    answer = admit("26", {"river_m": metres}, rules=rules, off={"river_m": off})
    assert (answer.verdict, answer.worst) == (verdict, worst)
    assert answer.unknown == (("river_m",) if verdict != worst else ())


@pytest.mark.parametrize(
    ("sign", "sure", "open_at", "never"),
    [("<=", 4, 6, 8), ("<", 4, 5, 8), (">=", 7, 5, 2), (">", 7, 6, 2), ("==", None, 6, 8)],
)
def test_every_sign_takes_a_fact_that_is_a_little_off(sign, sure, open_at, never):
    term = Term("river_m", sign, 5.5)
    assert sure is None or term.holds(float(sure), 1.0)
    assert not term.holds(float(open_at), 1.0)
    assert term.may_hold(float(open_at), 1.0)
    assert not term.may_hold(float(never), 1.0)
    assert term.may_hold(np.nan, 1.0)
    assert not term.holds(np.nan, 1.0)


def world():
    """Two units: a steep one above, a flat one below."""
    label = grid(np.repeat([[1], [2]], 4, axis=1).repeat(2, axis=0), "1", dtype=np.int32, nodata=0)
    height = grid(np.repeat([[2500.0], [2500.0], [300.0], [300.0]], 4, axis=1), "m")
    slope = grid(np.repeat([[30.0], [30.0], [2.0], [2.0]], 4, axis=1), "degree")
    return label, height, slope


def all_known(height, slope):
    """Facts of plain ground where every map is there."""
    facts = place_facts(height, slope)
    for name in facts.data_vars:
        if name in LOW and not np.isfinite(facts[name].values).any():
            facts[name].values = np.full(height.shape, LOW[name], np.float32)
    return facts


def test_units_admit_what_their_land_admits():
    label, height, slope = world()
    shaanxi = gpd.GeoDataFrame(
        {"province": [61], "mountains": [1]},
        geometry=[shapely.box(0, 0, 800, 800)],
        crs="EPSG:6933",
    )
    facts = place_facts(height, slope, zones=shaanxi)
    found = unit_admission(label, facts, RULES).set_index(["unit", "code"])
    assert found.loc[(1, "3491"), "verdict"] == "forbid"
    # nobody knows whether it is a reserve: no yes
    flat = found.loc[(2, "3491")]
    assert flat[["verdict", "if_clear", "worst", "provisional"]].tolist() == [
        "allow",
        "encourage",
        "forbid",
        1,
    ]
    assert "protected" in flat["open_to"].split()
    assert flat["open_share"] == 0.0
    assert found.loc[(1, "3491"), "open_share"] == 0.0
    assert "H1" in found.loc[(1, "3491"), "closing_rules"]
    asked = set(FACTS) - {"elevation_m", "slope_deg", "zone", "province", "mountains"}
    assert found.attrs["not_known"] == sorted(asked)
    # what a plan has yet to draw is as unknown as what a map does not tell
    assert "green_unit" in flat["open_to"].split()
    assert len(found) == 2 * len(judged_industries())


def test_a_little_open_land_is_enough_and_how_much_is_a_setting():
    label, height, slope = world()
    slope.values[0, 0], height.values[0, 0] = 2.0, 300.0
    facts = all_known(height, slope)
    for least, verdict in ((0.1, "encourage"), (0.2, "forbid")):
        found = unit_admission(label, facts, RULES, least_share=least).set_index(["unit", "code"])
        assert found.loc[(1, "3491"), "verdict"] == verdict
        assert found.loc[(1, "3491"), "open_share"] == pytest.approx(1 / 8)


def test_any_unit_layer_may_bring_facts():
    label, height, slope = world()
    zones = gpd.GeoDataFrame(
        {"green_unit": [1]}, geometry=[shapely.box(0, 0, 400, 200)], crs="EPSG:6933"
    )
    found = unit_admission(label, place_facts(height, slope, zones=zones), RULES).set_index(
        ["unit", "code"]
    )
    assert found.loc[(2, "3491"), "verdict"] == "forbid"
    assert "U1" in found.loc[(2, "3491"), "rules"]
    with pytest.raises(QuantityError, match="no column is a fact"):
        place_facts(height, slope, zones=zones.rename(columns={"green_unit": "colour"}))


def test_rivers_are_distances():
    label, height, slope = world()
    rivers = gpd.GeoDataFrame(
        {"name": ["r"]}, geometry=[shapely.LineString([(0, 50), (400, 50)])], crs="EPSG:6933"
    )
    near = river_distance(height, rivers)
    for above, rule in ((80.0, "W1"), (0.125, "")):
        # the same water as a main river, and as a brook
        ground = grid(np.full(height.shape, 0.1), "km2")
        ground.values[-1] = above
        facts = place_facts(
            height, slope, river_distance=near, main_river_distance=main_river_distance(ground)
        )
        found = unit_admission(label, facts, RULES).set_index(["unit", "code"])
        decided = found.loc[(2, "26"), "rules"].split()
        assert ("W1" in decided) == bool(rule)
        assert "W2" in decided


def test_the_share_of_emerging_industries():
    label, height, slope = world()
    share = open_industries(unit_admission(label, all_known(height, slope), RULES), label)
    # of seventeen, metals and carbon are limited as smelting and building materials are
    assert share["certain"].values[3, 0] == pytest.approx(15 / 17)
    # nothing is built or farmed above 2,000 m
    assert share["certain"].values[0, 0] == 0.0
    assert (share["certain"].values == share["if_clear"].values).all()
    blind = open_industries(unit_admission(label, place_facts(height, slope), RULES), label)
    # a yes waits for facts everywhere: none is certain
    assert blind["certain"].values.max() == 0.0
    assert blind["if_clear"].values[3, 0] == pytest.approx(15 / 17)


def test_fitness_is_a_trapezoid():
    x = np.array([0.0, 1, 2, 3, 4, 5, 6, np.nan])
    np.testing.assert_allclose(fitness(x, (1, 3, 4, 6)), [0, 0, 0.5, 1, 1, 0.5, 0, np.nan])
    np.testing.assert_allclose(fitness(x[:5], (2, 2, 3, 3)), [0, 0, 1, 1, 0])


def test_the_worst_condition_and_the_ground_decide():
    ones = np.ones((1, 4))
    wood, field = codes_of(["mixed_forest"])[0], codes_of(["dry_cropland"])[0]
    cover = grid([[wood, field, wood, wood]], "1", dtype=np.uint8, nodata=0)
    line = grid([[0, 0, 1, 0]], "1", dtype=np.uint8, nodata=255)
    found = crop_suitability(
        grid(12.0 * ones, "degC"),
        grid(900.0 * ones, "mm/yr"),
        grid([[1000.0, 1000.0, 1000.0, 550.0]], "m"),
        grid(5.0 * ones, "degree"),
        cover,
        line,
    )
    np.testing.assert_allclose(found["herbs"].values, [[1.0, 0.0, 0.0, 0.5]])
    assert set(found.data_vars) == set(crops())
    label = grid([[1, 1, 1, 2]], "1", dtype=np.int32, nodata=0)
    growing = unit_growing(found["herbs"], label).set_index("unit")
    assert growing.loc[1, "area_km2"] == pytest.approx(0.01)
    assert growing.loc[2, "suitability"] == pytest.approx(0.5)
    inside = grid([[1, 1, 1, 0]], "1", dtype=np.uint8)
    areas = crop_areas(found, inside).set_index("crop")
    assert areas.loc["herbs", "suited_km2"] == pytest.approx(0.01)


def test_allocation_is_the_best_of_all_and_not_the_greedy_one():
    """The best pair first leaves the other two with nothing."""
    worth = np.array([[10.0, 9.0], [9.0, -np.inf]])
    found = allocated(worth, np.array([1.0, 1.0]), np.array([1.0, 1.0]), 2.0)
    assert found.placed == pytest.approx(2.0)
    assert set(zip(found.source, found.target, strict=True)) == {(0, 1), (1, 0)}


def test_placing_comes_before_worth_and_limits_hold():
    rng = np.random.default_rng(0)
    worth = rng.uniform(-5, 1, (6, 3))
    supply, room = rng.uniform(1, 3, 6), rng.uniform(1, 4, 3)
    found = allocated(worth, supply, room, 100.0)
    assert found.placed == pytest.approx(min(supply.sum(), room.sum()))
    assert (np.bincount(found.source, found.amount, 6) <= supply + 1e-9).all()
    assert (np.bincount(found.target, found.amount, 3) <= room + 1e-9).all()
    assert allocated(np.full((2, 2), np.nan), np.ones(2), np.ones(2), 5.0).placed == 0.0


def test_placing_comes_before_worth_along_a_chain_of_changed_places():
    """All three find a place only where each takes the worse one: the last place costs all the others'."""
    no = np.nan
    worth = np.array([[-100.0, no, no], [0.0, -100.0, no], [no, 0.0, -100.0]])
    found = allocated(worth, np.ones(3), np.ones(3), 3.0)
    assert found.placed == pytest.approx(3.0)
    assert set(zip(found.source, found.target, strict=True)) == {(0, 0), (1, 1), (2, 2)}


def chain():
    units = (
        squares(4, 40, parts=4)
        .drop(columns=["code", "name", "parent"])
        .assign(area_km2=1.0, downstream=0, river_basin=1)
    )
    admission = pd.DataFrame(
        {
            "unit": [1, 2, 3, 4],
            "code": "2740",
            "verdict": ["forbid", "encourage", "encourage", "limit"],
        }
    )
    growing = pd.DataFrame(
        {"unit": [1, 2, 4], "area_km2": [1.0, 1.0, 1.0], "suitability": [1.0, 0.5, 0.8]}
    )
    growing.attrs["units"] = {}
    places = gpd.GeoDataFrame(
        {"name": ["closed", "open", "core"], "role": ["city", "city", "core"]},
        geometry=gpd.points_from_xy([500, 1500, 9000], [200, 200, 200]),
        crs="EPSG:6933",
    )
    return units, admission, growing, places


def test_the_chain_is_placed_where_it_may_be():
    found = layout(*chain(), target_ha=10.0, land_share=0.05, city_share=1.0)
    plant = found[found["link"] == "plant"]
    assert set(plant["to"]) == {"open"}
    assert plant["amount_ha"].sum() == pytest.approx(10.0)
    # five hectares a unit: the two best of three, and distance is nothing here
    assert set(plant["place"]) == {"1", "4"}
    process = found[found["link"] == "process"].iloc[0]
    assert (process["name"], process["to"]) == ("open", "core")
    assert found[found["link"] == "research"]["amount_ha"].iloc[0] == pytest.approx(10.0)


def test_units_of_the_chain_go_by_their_code_and_name():
    units, *others = chain()
    units = units.assign(code=["H-1", "H-2", "H-3", "H-4"], name=["a 1", "b 2", "c 3", "d 4"])
    found = layout(units, *others, target_ha=10.0, land_share=0.05, city_share=1.0)
    plant = found[found["link"] == "plant"]
    assert set(zip(plant["place"], plant["name"], strict=True)) == {("H-1", "a 1"), ("H-4", "d 4")}
    later = found[found["link"] != "plant"]
    assert later[["place", "name"]].to_numpy().tolist() == [["open", "open"], ["core", "core"]]


def test_what_finds_no_room_is_told():
    found = layout(*chain(), target_ha=100.0, land_share=0.05, city_share=1.0)
    assert found.attrs["asked_ha"] == 100.0
    assert found.attrs["placed_ha"] == pytest.approx(15.0)
    short = layout(*chain(), target_ha=100.0, land_share=0.05, city_share=0.1)
    assert short.attrs["placed_ha"] == pytest.approx(10.0)
    with pytest.raises(QuantityError, match="not among the industries"):
        layout(*chain(), process_code="9999")


def test_heavy_industry_moves_to_cities_that_receive():
    jobs = pd.DataFrame(
        {
            "code": ["1", "2"],
            "name": ["a", "b"],
            "x": [0.0, 1000.0],
            "y": 0.0,
            "jobs": [100.0, 50.0],
            "pushed_share": [1.0, 0.5],
        }
    )
    jobs.attrs["crs"] = "EPSG:6933"
    cities = gpd.GeoDataFrame(
        {"name": ["near", "far", "inner"], "role": ["outer", "outer", "inner"]},
        geometry=gpd.points_from_xy([2000, 9000, 0], [0, 0, 0]),
        crs="EPSG:6933",
    )
    found = relocation(jobs, cities, city_share=0.6)
    moved = found.groupby("to")["jobs"].sum()
    assert moved["near"] == pytest.approx(75.0)
    assert moved.sum() == pytest.approx(125.0)
    assert "inner" not in moved
    stay = relocation(jobs, cities, city_share=0.6, reach_km=1.5)
    assert stay[stay["to"] == ""]["jobs"].sum() == pytest.approx(100.0)


def test_the_oldest_leave_first_and_never_above_the_line():
    plants = pd.DataFrame(
        {
            "plant": list("abcd"),
            "capacity": [10.0, 20.0, 30.0, 40.0],
            "built": [1990, 1970, 2000, 1980],
        }
    )
    found = phase_out(plants, start=2021, stop=2030)
    assert list(found["plant"]) == ["b", "d", "a", "c"]
    assert found["leaves"].tolist() == [2021, 2023, 2027, 2028]
    for year in range(2021, 2031):
        line = 100 * (1 - (year - 2020) / 10)
        left = found.loc[found["leaves"] > year, "capacity"].sum()
        assert left <= line + 1e-9
    kept = phase_out(plants, start=2021, stop=2025, floor=30.0)
    assert kept["remaining"].iloc[-1] == pytest.approx(30.0)
    assert np.isnan(kept["leaves"].iloc[-1])
    with pytest.raises(QuantityError, match="last year"):
        phase_out(plants, start=2030, stop=2020)


def streams(*rows):
    columns = [
        "firm",
        "material",
        "kind",
        "amount",
        "purity",
        "price",
        "disposal",
        "x_km",
        "y_km",
        "months",
    ]
    return pd.DataFrame(rows, columns=columns)


def test_matching_is_not_greedy():
    """a-x saves 10 and is best; but a-y and b-x together save 17, and b cannot reach y."""
    table = streams(
        ("a", "w", "supply", 1, 1, 0, 0, 0, 0, ""), ("b", "w", "supply", 1, 0.5, 0, 0, 0, 0, ""),
        ("x", "w", "demand", 1, 0.5, 10, 0, 0, 0, ""), ("y", "w", "demand", 1, 0.9, 7, 0, 0, 0, ""),
    )  # fmt: skip
    found = matched_streams(table)
    assert found.gain == pytest.approx(17.0)
    assert set(zip(found.flows["source"], found.flows["target"], strict=True)) == {
        ("a", "y"),
        ("b", "x"),
    }


def test_quality_distance_season_and_price_bound_an_exchange():
    base = ("a", "w", "supply", 10, 0.8, 0, 2, 0, 0, "")

    def gain(**more):
        want = {
            "firm": "x",
            "material": "w",
            "kind": "demand",
            "amount": 10,
            "purity": 0.5,
            "price": 5,
            "disposal": 0,
            "x_km": 2,
            "y_km": 0,
            "months": "",
            **more,
        }
        return matched_streams(streams(base, tuple(want.values()))).gain

    # price 5 and disposal 2, less 2 km at 0.5
    assert gain() == pytest.approx(60.0)
    assert gain(purity=0.9) == 0.0
    assert gain(material="v") == 0.0
    assert gain(firm="a") == 0.0
    assert gain(price=-3) == 0.0
    assert gain(x_km=500) == 0.0
    half = streams(
        ("a", "w", "supply", 10, 0.8, 0, 2, 0, 0, "1-6"),
        ("x", "w", "demand", 10, 0.5, 5, 0, 2, 0, "4-9"),
    )
    assert matched_streams(half).gain == pytest.approx(30.0)
    winter = streams(
        ("a", "w", "supply", 10, 0.8, 0, 2, 0, 0, "11-2"),
        ("x", "w", "demand", 10, 0.5, 5, 0, 2, 0, "5-8"),
    )
    assert matched_streams(winter).gain == 0.0


def test_a_supply_is_split_and_never_overdrawn():
    rng = np.random.default_rng(1)
    rows = [(f"s{k}", "w", "supply", 10.0, 1, 0, 1, *rng.uniform(0, 9, 2), "") for k in range(4)]
    rows += [(f"d{k}", "w", "demand", 7.0, 0.5, 9, 0, *rng.uniform(0, 9, 2), "") for k in range(5)]
    found = matched_streams(streams(*rows))
    assert (found.supply["left"] >= -1e-9).all()
    assert (found.demand["left"] >= -1e-9).all()
    assert found.flows["amount"].sum() == pytest.approx(35.0)


def test_circularity_and_what_a_closing_costs():
    table = streams(
        ("a", "w", "supply", 10, 1, 0, 0, 0, 0, ""), ("x", "w", "demand", 4, 0, 5, 0, 0, 0, ""), ("a", "v", "supply", 3, 1, 0, 0, 0, 0, ""),
    )  # fmt: skip
    found = symbiosis(table)
    assert found.attrs["gain"] == pytest.approx(20.0)
    assert found.attrs["loss_if_closed"] == {"a": pytest.approx(20.0), "x": pytest.approx(20.0)}
    rates = material_circularity(table, found).set_index("material")
    assert rates.loc["w", ["recycling_rate", "substitution_rate", "potential_rate"]].tolist() == [
        0.4,
        1.0,
        0.4,
    ]
    assert rates.loc["v", "recycling_rate"] == 0.0
    assert np.isnan(rates.loc["v", "substitution_rate"])


def test_streams_that_are_none_are_refused():
    good = ("a", "w", "supply", 10, 1, 0, 0, 0, 0, "")
    for k, value, message in (
        (2, "gift", "supply or demand"),
        (3, -1, "amount"),
        (4, 1.5, "purity"),
        (9, "13", "months"),
        (9, "May", "months"),
    ):
        row = list(good)
        row[k] = value
        with pytest.raises(QuantityError, match=message):
            matched_streams(streams(tuple(row)))


def test_clusters_beside_what_is_there():
    firms = pd.DataFrame(
        {
            "code": ["1", "1", "2"],
            "name": ["绵阳市", "绵阳市", "洛阳市"],
            "category": ["it", "energy", "it"],
            "firms": [3, 5, 1],
        }
    )
    meant = pd.DataFrame(
        {"cluster": ["c"], "core": ["Chengdu"], "city": ["绵阳"], "categories": ["it biology"]}
    )
    found = cluster_industries(meant, firms).set_index("category")["verdict"].to_dict()
    assert found == {
        "it": "meant and there",
        "biology": "meant, not there",
        "energy": "there, not meant",
    }
    with pytest.raises(QuantityError, match="herbs"):
        cluster_industries(meant.assign(categories="herbs"), firms)


def test_hubs_of_two_schemes_and_where_they_differ():
    table = pd.DataFrame(
        [("a", "x", "key"), ("b", "x", "pole"), ("a", "y", "node"), ("a", "z", "node"), ("b", "z", "node")],
        columns=["scheme", "city", "role"],
    )  # fmt: skip
    found = service_hubs(table).set_index("city")
    assert found.loc["x", ["a", "b"]].tolist() == ["key", "pole"]
    assert found.loc[["x", "z"], "agree"].tolist() == [0.0, 1.0]
    assert np.isnan(found.loc["y", "agree"])  # one scheme alone cannot agree
    with pytest.raises(QuantityError, match="two roles"):
        service_hubs(pd.concat([table, table.iloc[[0]]]))


def test_only_what_the_rules_eliminate_leaves():
    plants = pd.DataFrame(
        {
            "plant": ["a", "b", "c"],
            "code": ["0610", "0610", "3011"],
            "capacity": [10.0, 30.0, 5.0],
            "built": [1980, 2000, 1970],
        }
    )
    found = phase_out_schedule(plants, RULES, years=10)
    assert found[["plant", "code", "rules"]].to_numpy().tolist() == [
        ["a", "0610", "P1"],
        ["b", "0610", "P1"],
    ]
    assert found["leaves"].tolist() == [2020, 2022]
    assert found["remaining"].tolist() == [30.0, 0.0]
    assert phase_out_schedule(plants.iloc[[2]], RULES).empty


def test_firms_on_the_map():
    prefectures, counties = (
        squares(4, 8, parts=2),
        squares(4, 8, parts=4).assign(code=["1", "2", "3", "4"]),
    )
    firms = pd.DataFrame(
        {
            "code": ["101", "3", "3", ""],
            "category": ["it", "it", "energy", "it"],
            "firms": [2, 1, 4, 9],
        }
    )
    found = firm_places(firms, prefectures, counties)
    assert found[["code", "firms", "leading"]].to_numpy().tolist() == [
        ["101", 2.0, "it"],
        ["3", 5.0, "energy"],
    ]


def test_a_rule_for_the_qinling_holds_in_the_qinling_only():
    # counties of Shaanxi, one above the other: in the Qinling, in the Daba, on both banks of the river, without a row
    codes = ["610331", "610927", "610722", "610100"]
    table = pd.DataFrame({"code": codes[:3], "mountains": ["1", "2", ""]})
    cells = grid(np.repeat([[1], [2], [3], [4]], 2, axis=1), "1", dtype=np.int32)
    height, flat = (grid(np.full((4, 2), v), u) for v, u in ((2100.0, "m"), (3.0, "degree")))
    shapes = [shapely.box(0, k, 1, k + 1) for k in range(4)]
    counties = gpd.GeoDataFrame(
        {"code": codes, "name": codes, "parent": ["610000"] * 4}, geometry=shapes
    )
    counties.index = pd.RangeIndex(1, 5, name="unit")
    facts = place_facts(height, flat, counties=counties, county_cells=cells, county_mountains=table)
    assert facts["province"].values[:, 0].tolist() == [61, 61, 61, 61]
    assert facts["mountains"].values[:2, 0].tolist() == [1, 2]
    assert np.isnan(facts["mountains"].values[2:]).all()
    high = {**LOW, "elevation_m": 2100}
    rules = ("H1", "H4")
    for mountains, holds in ((1, True), (2, False), (0, False)):
        told = {**high, "mountains": mountains}
        found = named(admit("3491", told)) | named(admit("0610", told, kind="explore"))
        assert all((rule in found) == holds for rule in rules), mountains
    # where it cannot be told the rule stands as a question
    asked = admit("3491", {k: v for k, v in high.items() if k != "mountains"})
    assert "H1" not in named(asked)
    assert "mountains" in asked.unknown


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"code": ["610331", "610331"], "mountains": ["1", "2"]}, "610331 stands twice"),
        ({"code": ["610331"], "mountains": ["4"]}, "mountains: found 4, expected 0, 1, 2 or 3"),
        ({"code": ["610331"], "mountains": ["Qinling"]}, "found Qinling"),
    ],
)
def test_mountains_of_counties_that_make_no_sense_are_refused(rows, words):
    cells = grid([[1]], "1", dtype=np.int32)
    counties = gpd.GeoDataFrame(
        {"code": ["610331"], "name": ["a"], "parent": ["610300"]},
        geometry=[shapely.box(0, 0, 1, 1)],
        index=[1],
    )
    with pytest.raises(QuantityError, match=words):
        place_facts(
            grid([[1.0]], "m"), grid([[1.0]], "degree"), counties=counties, county_cells=cells,
            county_mountains=pd.DataFrame(rows),
        )  # fmt: skip


def test_a_main_river_is_a_river_also_where_the_lines_that_are_given_leave_it_out():
    height, slope = grid(np.full((4, 4), 500.0), "m"), grid(np.full((4, 4), 5.0), "degree")
    far, near = grid(np.full((4, 4), 32_280.0), "m"), grid(np.full((4, 4), 40.0), "m")
    near.values[0, 0] = 40_000.0
    facts = place_facts(height, slope, river_distance=far, main_river_distance=near)
    assert facts["river_m"].values[1, 1] == 40.0
    assert facts["river_m"].values[0, 0] == 32_280.0
    alone = place_facts(height, slope, main_river_distance=near)
    assert np.isnan(alone["river_m"].values).all()
