"""What units send down the water, courses of basins, and who disagrees along them: worlds to check with a pencil."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from tests.worlds import labels, numbers

from shanshui.core.errors import QuantityError
from shanshui.zoning.basin_coordination import MATTERS, basin_coordination, course_balance
from shanshui.zoning.zone_review import border_conflicts, zone_unit_areas, zone_unit_review

CELL = 1000.0
LABELS = labels([[1, 2, 3, 4, 0]] * 2, cell_m=CELL)
"""Four units of two km2: 1 and 2 drain into 3, 3 into 4, 4 out of the region."""


def units(downstream=(3, 3, 4, 0), position=("upper", "upper", "middle", "lower"), **columns):
    count = len(downstream)
    frame = {
        "code": [f"u{k + 1}" for k in range(count)], "name": [f"unit {k + 1}" for k in range(count)], "area_km2": 2.0,
        "downstream": list(downstream), "river_basin": "Han", "position": list(position),
    } | columns  # fmt: skip
    return gpd.GeoDataFrame(
        frame,
        geometry=[box(k, 0, k + 1, 2) for k in range(count)],
        index=pd.RangeIndex(1, count + 1, name="unit"),
        crs="EPSG:6933",
    )


def cells(values, unit):
    return numbers([[*values, np.nan]] * 2, unit, cell_m=CELL)


WATER = cells([100, 200, 300, 400], "mm/yr")


def test_water_of_units_above_arrives_and_goes_on():
    table = basin_coordination(LABELS, units(), WATER).set_index("unit")
    # a millimetre on a km2 is a thousand m3
    assert table["water_own"].tolist() == [2e5, 4e5, 6e5, 8e5]
    assert table["water_gets"].tolist() == [0.0, 0.0, 6e5, 12e5]
    assert table["water_sends"].tolist() == [2e5, 4e5, 12e5, 20e5]
    assert table["above_km2"].tolist() == [0.0, 0.0, 4.0, 6.0]
    assert table["water_known"].tolist() == [1.0] * 4


def test_loads_are_tonnes_of_the_ground_and_value_that_of_services_that_go_down():
    sediment = cells([1.0, 2.0, 0.0, 0.5], "t/ha/yr")
    nothing = cells([0.0] * 4, "t/ha/yr")
    gep = pd.DataFrame(
        {"area_km2": 2.0, "wr": [1.0, 2.0, 3.0, 4.0], "sr": [10.0, 20.0, 30.0, 40.0], "agr": 1e6, "total": 0.0, "per_km2": 0.0},
        index=pd.RangeIndex(1, 5, name="unit"),
    )  # fmt: skip
    table = basin_coordination(LABELS, units(), None, sediment, nothing, None, gep)
    assert table["sediment_own"].tolist() == pytest.approx([200.0, 400.0, 0.0, 100.0])
    assert table["sediment_sends"].tolist() == pytest.approx([200.0, 400.0, 600.0, 700.0])
    assert table["nitrogen_sends"].tolist() == [0.0] * 4
    assert table["value_sends"].tolist() == [11.0, 22.0, 66.0, 110.0]
    assert table[["water_own", "water_sends", "phosphorus_own"]].isna().all(axis=None)
    only = basin_coordination(LABELS, units(), gep=gep, down_services=("agr",))
    assert only["value_own"].tolist() == [1e6] * 4
    none = basin_coordination(LABELS, units(), gep=gep, down_services=("fm",))
    assert none["value_own"].isna().all()


def test_what_is_not_known_above_leaves_what_is_sent_unknown_but_not_its_least():
    table = basin_coordination(LABELS, units(), cells([100, np.nan, 300, 400], "mm/yr")).set_index(
        "unit"
    )
    assert np.isnan(table["water_own"]).tolist() == [False, True, False, False]
    assert np.isnan(table["water_sends"]).tolist() == [False, True, True, True]
    assert np.isnan(table["water_gets"]).tolist() == [False, False, True, True]
    assert table["water_at_least"].tolist() == [2e5, 0.0, 8e5, 16e5]
    assert table["water_known"].tolist() == pytest.approx([1.0, 0.0, 4 / 6, 6 / 8])


def test_half_of_a_unit_stands_for_it_and_less_does_not():
    held = labels([[1, 1, 2, 2]] * 2, cell_m=CELL)
    rate = numbers(
        [[5.0, np.nan, 5.0, np.nan], [5.0, np.nan, np.nan, np.nan]], "mm/yr", cell_m=CELL
    )
    table = basin_coordination(held, units((0, 0), ("upper", "upper")), rate)
    assert table["water_own"][0] == pytest.approx(20e3)
    assert np.isnan(table["water_own"][1])
    assert (
        basin_coordination(held, units((0, 0), ("upper", "upper")), rate, least_known=0.25)[
            "water_own"
        ]
        .notna()
        .all()
    )


def test_evaporation_beyond_rain_sends_no_water_back():
    table = basin_coordination(LABELS, units(), cells([-50, 200, 300, 400], "mm/yr"))
    assert table["water_sends"].tolist() == [0.0, 4e5, 10e5, 18e5]


def test_ground_beyond_the_region_is_told_and_not_counted():
    table = basin_coordination(LABELS, units(upstream_km2=[2.0, 9.0, 13.0, 15.0]), WATER)
    assert table["beyond_km2"].tolist() == [0.0, 7.0, 7.0, 7.0]
    assert basin_coordination(LABELS, units(), WATER)["beyond_km2"].isna().all()


@pytest.mark.parametrize(
    ("downstream", "message"),
    [
        ((3, 3, 4, 3), "unit [34] drains in a circle"),
        ((3, 3, 9, 0), "unit 3 drains into 9, which is no unit"),
    ],
)
def test_units_that_drain_nowhere_are_refused(downstream, message):
    with pytest.raises(QuantityError, match=message):
        basin_coordination(LABELS, units(downstream), WATER)


def test_nothing_to_send_is_refused():
    with pytest.raises(QuantityError, match="has neither water_yield nor an export"):
        basin_coordination(LABELS, units())


def test_what_is_sent_arrives_on_any_tree():
    random = np.random.default_rng(2)
    count = 200
    # each drains into a unit of a higher number, some out of the region
    below = np.array(
        [random.integers(k + 1, count + 1) if k < count else 0 for k in range(1, count + 1)]
    )
    below[random.random(count) < 0.05] = 0
    held = labels(np.arange(1, count + 1)[None], cell_m=CELL)
    rate = numbers(random.random((1, count)), "t/ha/yr", cell_m=CELL)
    course = random.choice(["upper", "middle", "lower"], count)
    frame = units(below, course, river_basin=random.choice(["Han", "Wei"], count))
    table = basin_coordination(held, frame, sediment_export=rate)
    leaves = table["downstream"] == 0
    assert table["sediment_sends"][leaves].sum() == pytest.approx(table["sediment_own"].sum())
    assert (table["sediment_gets"] + table["sediment_own"]).tolist() == pytest.approx(
        table["sediment_sends"].tolist()
    )
    assert table["sediment_at_least"].tolist() == pytest.approx(table["sediment_sends"].tolist())
    courses = course_balance(table, frame)
    assert (courses["sediment_gets"] + courses["sediment_own"]).tolist() == pytest.approx(
        courses["sediment_sends"].tolist()
    )
    out = courses["sediment_sends"].sum() - courses["sediment_gets"].sum()
    assert out == pytest.approx(table["sediment_sends"][leaves].sum())


def test_courses_get_what_the_ones_above_send():
    people = pd.DataFrame({"unit": [1, 2, 3, 4], "population": [1.0, 2.0, 3.0, np.nan]})
    table = course_balance(basin_coordination(LABELS, units(), WATER), units(), people)
    assert table[["river_basin", "position"]].values.tolist() == [
        ["Han", "upper"],
        ["Han", "middle"],
        ["Han", "lower"],
    ]
    assert table["unit_count"].tolist() == [2, 1, 1]
    assert table["water_own"].tolist() == [6e5, 6e5, 8e5]
    assert table["water_gets"].tolist() == [0.0, 6e5, 12e5]
    assert table["water_sends"].tolist() == [6e5, 12e5, 20e5]
    assert table["people"][:2].tolist() == [3.0, 3.0]
    assert np.isnan(table["people"][2])
    assert set(MATTERS) == {c.removesuffix("_own") for c in table if c.endswith("_own")}


def test_a_course_that_is_known_in_part_has_no_sum_but_a_least():
    rows = basin_coordination(LABELS, units(), cells([100, np.nan, 300, 400], "mm/yr"))
    table = course_balance(rows, units())
    assert table["water_own"].isna().tolist() == [True, False, False]
    assert table["water_known"].tolist() == [0.5, 1.0, 1.0]
    assert table["water_at_least"].tolist() == [2e5, 8e5, 16e5]


def zones(**of):
    return pd.DataFrame(
        {
            "unit": range(1, len(of) + 1),
            "code": list(of),
            "name": [f"county {c}" for c in of],
            "zone": list(of.values()),
        }
    )


def crosswalk(*rows):
    frame = pd.DataFrame(rows, columns=["unit", "county", "area_km2"])
    share = frame["area_km2"] / frame.groupby("unit")["area_km2"].transform("sum")
    whole = frame["area_km2"] / frame.groupby("county")["area_km2"].transform("sum")
    return frame.assign(
        county_name="county " + frame["county"], share_of_unit=share, share_of_county=whole
    )


GREEN = pd.DataFrame(
    {
        "unit": [1, 2, 3, 4],
        "name": ["a", "b", "c", "d"],
        "green_unit": ["all_green", "deep_green", "", "light_green"],
    }
)


def test_ground_of_zones_by_units_adds_up_and_contradictions_are_marked():
    held = crosswalk(
        (1, "s", 6.0), (1, "r", 2.0), (2, "s", 1.0), (3, "r", 1.0), (4, "s", 8.0), (4, "out", 5.0)
    )
    table = zone_unit_areas(zones(s="strict", r="relieve"), GREEN, held)
    rows = table.set_index(["zone", "green_unit"])
    assert table["area_km2"].sum() == 18.0
    assert table["share"].sum() == pytest.approx(1.0)
    assert rows["contradiction"]["strict", "light_green"] == "X1"
    assert rows["contradiction"]["relieve", "all_green"] == "X2"
    assert (rows["contradiction"] == "").sum() == 3
    assert rows["area_km2"]["relieve", ""] == 1.0


def test_contradictions_are_listed_the_greatest_first_and_slivers_are_not():
    held = crosswalk((1, "s", 38.0), (1, "r", 2.0), (4, "s", 4.0), (4, "p", 96.0), (2, "s", 9.0))
    given = (zones(s="strict", r="relieve", p="promote"), GREEN, held, units())
    table = zone_unit_review(*given)
    assert table[["contradiction", "county", "unit"]].values.tolist() == [["X2", "r", 1]]
    both = zone_unit_review(*given, least_share=0.04)
    assert both[["contradiction", "county", "unit", "unit_name"]].values.tolist() == [
        ["X1", "s", 4, "d"],
        ["X2", "r", 1, "a"],
    ]
    assert zone_unit_review(zones(p="promote"), GREEN, held, units()).empty


def test_a_county_that_develops_above_a_strict_one_is_a_conflict_and_below_it_is_not():
    # p holds unit 1 whole and half of 3; s the other half of 3; q all of 4, below both
    held = crosswalk((1, "p", 2.0), (2, "n", 2.0), (3, "p", 1.0), (3, "s", 1.0), (4, "q", 2.0))
    table = border_conflicts(
        zones(p="promote", s="strict", q="relieve", n=""), held, units(), least_km2=0.0
    )
    assert table[["source_county", "strict_county"]].values.tolist() == [["p", "s"]]
    row = table.iloc[0]
    assert (row["review_order"], row["relation"], row["river_basin"]) == (1, "shares a unit", "Han")
    assert (
        row["shared_units"],
        row["shared_km2"],
        row["units_below"],
        row["ground_below_km2"],
    ) == (1, 1.0, 1, 1.0)
    # three of the six km2 that drain to the end of unit 3 are p's
    assert row["greatest_part"] == pytest.approx(0.5)
    assert row["exposed_km2"] == pytest.approx(0.5)


def test_conflicts_stand_in_the_order_of_exposed_ground():
    held = crosswalk((1, "p", 2.0), (2, "r", 0.5), (2, "n", 1.5), (3, "s", 2.0), (4, "s", 2.0))
    given = (zones(p="promote", s="strict", r="relieve", n="optimise"), held, units())
    table = border_conflicts(*given, least_km2=0.0)
    assert table["source_county"].tolist() == ["p", "n", "r"]
    assert table["relation"].tolist() == ["upstream"] * 3
    # of 6 km2 above the end of unit 3, of 8 above that of unit 4
    assert table["exposed_km2"].tolist() == pytest.approx(
        [2 * (v / 6 + v / 8) for v in (2.0, 1.5, 0.5)]
    )
    assert border_conflicts(*given, least_km2=0.8)["source_county"].tolist() == ["p", "n"]
    assert border_conflicts(*given, developing=("relieve",), least_km2=0.0)[
        "source_county"
    ].tolist() == ["r"]


def test_counties_of_one_zone_or_of_another_river_have_no_conflict():
    apart = units((0, 0, 0, 0))
    held = crosswalk((1, "p", 2.0), (2, "s", 2.0))
    assert border_conflicts(zones(p="promote", s="strict"), held, apart).empty
    assert border_conflicts(zones(p="strict", s="strict"), held, units()).empty


def test_a_sliver_of_a_unit_is_no_shared_unit():
    held = crosswalk((3, "p", 0.08), (3, "s", 1.92))
    given = (zones(p="promote", s="strict"), held, units())
    assert border_conflicts(*given, least_km2=0.0).empty
    assert len(border_conflicts(*given, least_km2=0.0, least_share=0.04)) == 1
