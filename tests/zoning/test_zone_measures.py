"""What is told of zones and units for validation, by hand."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid_spec

from shanshui.region.validation import validation_table
from shanshui.zoning.zone_measures import county_green, unit_measures, zone_measures


def of(measures):
    return {(m.measure, m.place): m.ours for m in measures}


ZONES = pd.DataFrame(
    {"code": ["1", "2", "3", "4", "5"], "zone": ["strict", "promote", "optimise", "relieve", ""], "zone_code": [1, 2, 3, 4, 0]}
)  # fmt: skip


def test_zones_have_their_counties_people_and_load():
    people = pd.DataFrame({"code": ["1", "2", "3", "4"], "people": [10.0, 20.0, np.nan, 40.0]})
    load = pd.DataFrame({"code": ["1", "2", "3", "4"], "CL": [0.1, 0.2, 0.3, 2.0]})
    told = of(zone_measures(ZONES, people, load))
    assert told["zone", "1"] == 1
    assert np.isnan(told["zone", "5"])
    assert told["zone_counties", "strict"] == 1
    assert told["zone_people", "relieve"] == 40
    # people that nobody knows are no 0
    assert np.isnan(told["zone_people", "optimise"])
    assert told["zone_load_rises", ""] == 1
    assert (
        of(zone_measures(ZONES, None, load.assign(CL=[0.1, 0.4, 0.3, 2.0])))["zone_load_rises", ""]
        == 0
    )
    assert np.isnan(of(zone_measures(ZONES, None, load.assign(CL=[0.1, 0.4, np.nan, 2.0])))["zone_load_rises", ""])  # fmt: skip
    assert not list(zone_measures(ZONES.drop(columns="code"), people, load))


@pytest.mark.parametrize(("light", "verdict"), [(100.0, "agrees"), (1000.0, "differs")])
def test_units_have_their_relief_and_their_place_by_the_water(light, verdict):
    grid = grid_spec(1, 6, cell_m=1000.0)
    code = grid.lay(np.array([[1, 1, 2, 4, 0, 255]], np.uint8), "1", nodata=255)
    relief = grid.lay(np.array([[500.0, 700.0, 300.0, light, 9e3, 9e3]], np.float32), "m")
    upstream = grid.lay(np.array([[0.8, np.nan, 0.5, 0.2, 0, 0]], np.float32), "1")
    measures = list(unit_measures(code, relief, upstream))
    told = of(measures)
    assert told["green_unit_share", "all_green"] == 0.5
    assert told["green_unit_share", "medium_green"] == 0
    assert told["green_unit_relief", "all_green"] == 600
    assert np.isnan(told["green_unit_relief", "medium_green"])
    assert told["relief_green_to_light", ""] == pytest.approx(600 / light)
    assert told["light_green_downstream", ""] == 1
    rows = validation_table("zoning", measures, None).set_index("measure")
    assert rows.loc["relief_green_to_light", "verdict"] == verdict
    assert rows.loc["light_green_downstream", "verdict"] == "agrees"


def test_counties_have_shares_of_the_ground_that_is_known():
    grid = grid_spec(1, 6, cell_m=1000.0)
    code = grid.lay(np.array([[1, 4, 4, 2, 0, 255]], np.uint8), "1", nodata=255)
    label = grid.lay(np.array([[1, 1, 1, 2, 2, 3]], np.int32), "1", nodata=0)
    told = of(county_green(code, label, pd.DataFrame({"code": ["a", "b", "c"]}, index=[1, 2, 3])))
    assert told["protected_green_share", "a"] == pytest.approx(1 / 3)
    assert told["light_green_share", "a"] == pytest.approx(2 / 3)
    assert told["protected_green_share", "b"] == 1
    # nothing of it is known
    assert ("light_green_share", "c") not in told
