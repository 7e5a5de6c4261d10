"""Inputs of geological hazard through the real doors: check and run."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.study.test_data_door import CRS, TOP, WHOLE, door, plane, tif

__all__ = ["door"]
SITES = '[inputs.hazard_sites]\nfile = "@sites.csv"\n'


def sites(folder, **columns):
    lon, lat = gpd.GeoSeries([shapely.Point(3000, TOP - 3000)], crs=CRS).to_crs(4326)[0].coords[0]
    frame = pd.DataFrame({"lon": [lon], "lat": [lat], **columns})
    frame.to_csv(folder / "sites.csv", index=False)
    return frame


@pytest.mark.parametrize("head", ["kind", "灾害类型", "type"])
def test_an_inventory_is_read_in_chinese(door, head):
    sites(door.folder, **{head: [" 滑坡 "], "规模": ["中型"]})
    door(SITES)
    assert door.check("hazard_sites")["state"] == "good"
    made = door.made("hazard_sites")
    assert made["kind"].tolist() == ["landslide"]
    assert made["scale"].tolist() == ["medium"]
    index = door.made("site_hazard").values
    assert np.nanmax(index) == pytest.approx(0.64)
    assert np.isin(door.made("hazard_sensitivity").values[28:33, 28:33], [1]).all()


def test_sites_are_joined_to_sensitivity_and_ground_alone_is_not(door):
    sites(door.folder, kind=["泥石流"])
    door(SITES)
    assert (door.made("ecological_sensitivity").values[28:33, 28:33] == 1).all()
    from shanshui import open_study

    with open_study(door().folder / "s") as study:
        assert "site_sensitivity" in study.plan.absent
        assert "hazard_sites" in study.plan.absent["site_sensitivity"]
        assert "hazard_sensitivity" in study.plan.steps
        # elevation alone tells where the ground can fail, and no more of how easily it is hurt
        assert "ecological_sensitivity" in study.plan.absent


def test_hazard_alone_makes_sensitivity_where_the_study_says_so(door):
    from shanshui import open_study

    door('[steps.ecological_sensitivity]\nkinds = ["hazard"]\n')
    with open_study(door.folder / "s") as study:
        assert "ndvi" not in study.specs
        assert "ecological_sensitivity" in study.plan.steps
        assert "protection_importance" in study.plan.steps
    assert np.isin(door.made("ecological_sensitivity").values, (1, 3, 5)).any()
    door("")
    with open_study(door.folder / "s") as study:
        assert "ecological_sensitivity" in study.plan.absent
        report = study.run(
            "ecological_sensitivity", settings={"ecological_sensitivity": {"kinds": "hazard"}}
        )
    assert report.variant == "ecological_sensitivity.kinds=hazard"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"kind": ["landslip"]}, "row 1 holds 'landslip'; did you mean 'landslide'"),
        ({"kind": ["滑波"]}, "row 1 holds '滑波'; did you mean '滑坡'"),
        ({"kind": ["xyz"]}, "known: collapse, debris flow, fissure, landslide, subsidence, unstable slope"),
        ({"kind": [None]}, "row 1 holds nothing"),
        ({"kind": ["滑坡"], "scale": ["50000"]}, "hazard_sites.scale"),
        ({"kind": ["滑坡"], "treated": ["half"]}, "hazard_sites.treated"),
        ({"what": ["滑坡"]}, "has no column kind"),
    ],
)  # fmt: skip
def test_what_no_inventory_may_hold_is_unusable(door, columns, said):
    sites(door.folder, **columns)
    look = door(SITES).check("hazard_sites")
    assert look["state"] == "unusable"
    assert said in look["problems"][0]


def test_sites_elsewhere_are_refused_and_some_beyond_are_told(door):
    far = pd.DataFrame({"lon": [8.0], "lat": [47.0], "kind": ["滑坡"]})
    far.to_csv(door.folder / "sites.csv", index=False)
    look = door(SITES).check("hazard_sites")
    assert look["state"] == "unusable"
    assert "has nothing inside the study" in look["problems"][0]
    near = sites(door.folder, kind=["滑坡"])
    pd.concat([near, far]).to_csv(door.folder / "sites.csv", index=False)
    look = door(SITES).check("hazard_sites")
    assert look["state"] != "unusable"
    assert look["facts"]["outside"] == 1
    lines = gpd.GeoDataFrame(
        {"kind": ["滑坡"]}, geometry=[shapely.LineString([(0, TOP), (10, TOP - 10)])], crs=CRS
    )
    lines.to_file(door.folder / "sites.gpkg")
    look = door(SITES.replace("csv", "gpkg")).check("hazard_sites")
    assert "expected Points" in look["problems"][0]


def test_a_map_of_shaking_in_gal_is_that_in_g(door):
    for name, value in (("gal", 196.133), ("g", 0.2)):
        tif(door.folder / f"{name}.tif", np.full((60, 60), value, np.float32))
        door(f'[inputs.seismic]\nfile = "@{name}.tif"\nunit = "{name}"\n')
        np.testing.assert_allclose(door.made("seismic").values, 0.2, rtol=1e-6)
    door('[inputs.seismic]\nfile = "@gal.tif"\n')
    look = door.check("seismic")
    assert look["state"] == "unusable"
    door('[inputs.seismic]\nfile = "@g.tif"\nunit = "kg"\n')
    assert "cannot become 'g0'" in str(door.check("seismic")["problems"])


def test_zones_of_shaking_are_read_in_their_unit(door):
    zone = gpd.GeoDataFrame({"PGA": [196.133]}, geometry=[WHOLE], crs=CRS)
    zone.to_file(door.folder / "zones.gpkg")
    text = '[inputs.seismic_zones]\nfile = "@zones.gpkg"\n'
    look = door(text).check("seismic_zones")
    assert look["state"] == "unusable"
    assert "plausible is 0 to 2; say in which unit the numbers are" in look["problems"][0]
    door(text + 'unit = "gal"\n')
    np.testing.assert_allclose(door.made("seismic_acceleration").values, 0.2, rtol=1e-6)
    assert "seismic" in door.made("hazard_scores")
    door(text + 'unit = "mm"\n')
    assert "cannot become 'g0'" in door.check("seismic_zones")["problems"][0]


def test_subsidence_in_all_is_not_taken_for_that_of_a_year(door):
    tif(door.folder / "sunk.tif", np.full((60, 60), 40.0, np.float32))
    door('[inputs.subsidence_rate]\nfile = "@sunk.tif"\n')
    assert (door.made("hazard_sensitivity").values[5:-5, 5:-5] == 1).all()
    door('[inputs.subsidence]\nfile = "@sunk.tif"\n')
    assert (door.made("hazard_sensitivity").values[5:-5, 5:-5] == 5).all()
    door('[inputs.subsidence]\nfile = "@sunk.tif"\nunit = "mm/yr"\n')
    assert "cannot become 'mm'" in str(door.check("subsidence")["problems"])


def test_faults_reach_the_ground(door):
    line = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(3000, TOP), (3000, TOP - 6000)])], crs=CRS
    )
    line.to_file(door.folder / "faults.gpkg")
    door('[inputs.faults]\nfile = "@faults.gpkg"\n')
    assert door.made("fault_distance").values[10, 10] == pytest.approx(1.9)
    assert set(door.made("hazard_scores")) == {"local_relief", "slope", "fault_distance"}


@pytest.mark.parametrize(("cell", "file_cell", "expected"), [(1000.0, 1000.0, 1000.0), (90.0, 1000.0, 1000.0), (90.0, 90.0, 90.0)])  # fmt: skip
def test_a_study_knows_at_which_cells_its_slope_is_measured(door, cell, file_cell, expected):
    count = round(60 * 1000.0 / file_cell)
    dem = tif(door.folder / "own.tif", plane(count, count), cell=file_cell)
    door("", dem, cell=str(cell), crs=CRS)
    assert door.made("slope_cell") == pytest.approx(expected, rel=0.02)
    rows = door.made("survey_validation").set_index("measure")
    row = rows.loc["slope_cell"]
    assert row["verdict"] == ("agrees" if expected <= 100 else "differs")
    assert ("scaled_slope" in row["note"]) == (expected > 100)
