"""Argument files of views, bees, crops and cities: what is read, what is told, what is refused."""

import tomllib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.accounts.case import CELL, arrays
from tests.study.test_invest_files import NX, NY, PLACE, written
from tests.worlds import write_raster

from shanshui import open_study
from shanshui.core.errors import StudyError
from shanshui.study.invest import import_invest

VIEW = {
    "dem_path": "dem.tif", "structure_path": "masts.gpkg", "aoi_path": "area.gpkg", "refraction": "0.13", "do_valuation": True,
    "valuation_function": "exponential: a * e^(-bx)", "a_coef": 2, "b_coef": 0.0003, "max_valuation_radius": 3000,
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Files that users of these models have."""
    folder = tmp_path_factory.mktemp("data")
    z = arrays()["z"]
    write_raster(
        folder / "dem.tif", np.where(np.isnan(z), -9999, z).astype(np.float32), nodata=-9999, **PLACE
    )  # fmt: skip
    x, y = 500000.0 + CELL * np.array([30.5, 50.5]), 3700000.0 - CELL * np.array([20.5, 40.5])
    gpd.GeoDataFrame(
        {"WEIGHT": [1.0, 2.0], "HEIGHT": [20.0, 40.0]}, geometry=shapely.points(x, y), crs="EPSG:32648"
    ).to_file(folder / "masts.gpkg")  # fmt: skip
    area = shapely.box(500000, 3700000 - NY * CELL, 500000 + NX * CELL, 3700000)
    gpd.GeoDataFrame({"id": [1]}, geometry=[area], crs="EPSG:32648").to_file(folder / "area.gpkg")
    return folder


def words(folder, step):
    return tomllib.loads((folder / "study.toml").read_text("utf-8"))["steps"][step]


def test_a_file_of_views_runs_as_the_reference_has_it(data, tmp_path):
    made = import_invest(written(data, VIEW, model_id="scenic_quality"), tmp_path / "s")
    assert made.left_out == []
    assert made.products == ("scenic_quality",)
    assert words(tmp_path / "s", "scenic_quality") == {
        "sight": "planes", "valuation": "exponential", "a": 2.0, "b": 0.0003, "farthest_m": 3000.0, "refraction": 0.13,
    }  # fmt: skip
    with open_study(tmp_path / "s") as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run("scenic_quality", workers=1)
        seen = study["scenic_quality.visible"].values
        worth = study["scenic_quality.value"].values
    assert set(np.unique(seen[np.isfinite(seen)])) == {0.0, 1.0, 2.0, 3.0}
    assert worth[20, 30] == pytest.approx(2.0 + (seen[20, 30] - 1) * 2 * np.exp(-0.0003 * CELL * np.hypot(20, 20)), rel=1e-6)  # fmt: skip


def test_ground_in_the_box_but_outside_the_area_hides(data, tmp_path):
    z = np.full((NY, NX), 10, np.float32)
    z[20, 30] = 300.0
    write_raster(data / "ridge.tif", z, nodata=-9999, **PLACE)
    corner, right, top = (500000.0, 500000 + NX * CELL, 3700000.0)
    bottom, hole_x, hole_y = top - NY * CELL, 500000 + 30 * CELL, top - 20 * CELL
    hole = shapely.box(hole_x, hole_y - CELL, hole_x + CELL, hole_y)
    area = shapely.box(corner, bottom, right, top).difference(hole)
    gpd.GeoDataFrame({"id": [1]}, geometry=[area], crs="EPSG:32648").to_file(data / "holed.gpkg")
    mast = shapely.Point(500000 + 10.5 * CELL, 3700000 - 20.5 * CELL)
    gpd.GeoDataFrame({"HEIGHT": [20.0]}, geometry=[mast], crs="EPSG:32648").to_file(
        data / "mast.gpkg"
    )
    args = VIEW | {"dem_path": "ridge.tif", "structure_path": "mast.gpkg", "aoi_path": "holed.gpkg"}
    made = import_invest(written(data, args, model_id="scenic_quality"), tmp_path / "s")
    assert any("outside the area count here" in text for text in made.told)
    with open_study(tmp_path / "s") as study:
        study.run("scenic_quality", workers=1)
        seen = study["scenic_quality.visible"].values
    assert seen[20, 29] == 1
    assert seen[20, 40] == 0


def test_without_valuation_classes_are_by_what_is_seen(data, tmp_path):
    args = VIEW | {"do_valuation": False}
    import_invest(
        written(data, args, model_id="scenic_quality"), tmp_path / "s", resampling="meaning"
    )
    assert words(tmp_path / "s", "scenic_quality") == {
        "valuation": "linear", "a": 1.0, "b": 0.0, "farthest_m": 1e6, "refraction": 0.13,
    }  # fmt: skip


def test_files_of_views_that_are_not_whole(data, tmp_path):
    for change, message in (
        ({"valuation_function": "cubic"}, "valuation_function: found 'cubic'; expected linear"),
        ({"structure_path": ""}, "no structure_path"),
    ):
        with pytest.raises(StudyError, match=message):
            import_invest(
                written(data, VIEW | change, model_id="scenic_quality"), tmp_path / "s"
            )  # fmt: skip


BEES_BIO = "lucode,desc,nesting_cavity_availability_index,floral_resources_spring_index\n" + "".join(
    f"{c},class {c},{n},{f}\n" for c, n, f in ((1, 0.9, 0.6), (2, 0.3, 0.4), (3, 0.4, 0.5), (4, 0.1, 0.3), (5, 0, 0.1))
)  # fmt: skip
GUILDS = (
    "SPECIES,nesting_suitability_cavity_index,foraging_activity_spring_index,alpha,relative_abundance\n"
    "Apis,1,0.5,250,0.7\n"
)


def test_a_file_of_bees_runs_with_farms_or_without(data, tmp_path):
    (data / "bees.csv").write_text(BEES_BIO, "utf-8")
    (data / "guilds.csv").write_text(GUILDS, "utf-8")
    cover = arrays()["lulc"].astype(np.int16)
    write_raster(data / "lulc.tif", cover, nodata=255, **PLACE)
    left, top = 500000 + 10 * CELL, 3700000 - 10 * CELL
    gpd.GeoDataFrame(
        {"crop_type": ["plum"], "season": ["Spring"], "half_sat": [0.2], "p_dep": [0.65], "p_managed": [0.1], "fr_spring": [0.9], "n_cavity": [0.2]},
        geometry=[shapely.box(left, top - 9 * CELL, left + 8 * CELL, top)], crs="EPSG:32648",
    ).to_file(data / "farms.gpkg")  # fmt: skip
    args = {
        "landcover_raster_path": "lulc.tif", "landcover_biophysical_table_path": "bees.csv", "guild_table_path": "guilds.csv",
        "farm_vector_path": "farms.gpkg",
    }  # fmt: skip
    made = import_invest(written(data, args, model_id="pollination"), tmp_path / "s")
    assert made.products == ("pollination", "farm_pollination")
    with open_study(tmp_path / "s") as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run(*made.products, workers=1)
        bees, farm = study["pollination"], study["farm_pollination"].iloc[0]
    assert set(bees.data_vars) == {"supply_apis", "abundance_apis_spring", "abundance_spring"}
    inside = bees["abundance_spring"].values[10:19, 10:18]
    assert farm["abundance"] == pytest.approx(np.nanmean(inside), rel=1e-6)
    assert 0.35 < farm["yield"] < 1.0
    alone = args | {"farm_vector_path": ""}
    assert import_invest(
        written(data, alone, model_id="pollination"), tmp_path / "t"
    ).products == ("pollination",)  # fmt: skip


def test_a_file_of_a_storm(data, tmp_path):
    cover = np.where(arrays()["lulc"] == 255, 3, arrays()["lulc"]).astype(np.int16)
    write_raster(data / "lulc_s.tif", cover, nodata=-1, **PLACE)
    soil = np.where(np.indices(cover.shape)[1] < 30, 1, 4).astype(np.uint8)
    write_raster(data / "soil.tif", soil, nodata=0, **PLACE)
    rows = "".join(f"{c},{30 + 8 * c},50,60,{60 + 8 * c}\n" for c in range(1, 6))
    (data / "curve.csv").write_text("lucode,cn_a,cn_b,cn_c,cn_d\n" + rows, "utf-8")
    (data / "losses.csv").write_text("type,damage\n1,20\n", "utf-8")
    house = shapely.box(500100, 3700000 - 300, 500130, 3700000 - 260)
    gpd.GeoDataFrame({"Type": [1]}, geometry=[house], crs="EPSG:32648").to_file(
        data / "houses.gpkg"
    )
    args = {
        "lulc_path": "lulc_s.tif", "soils_hydrological_group_raster_path": "soil.tif", "curve_number_table_path": "curve.csv",
        "rainfall_depth": "120", "aoi_watersheds_path": "area.gpkg", "built_infrastructure_vector_path": "houses.gpkg",
        "infrastructure_damage_loss_table_path": "losses.csv",
    }  # fmt: skip
    made = import_invest(
        written(data, args, model_id="urban_flood_risk_mitigation"), tmp_path / "s"
    )
    assert made.left_out == []
    with open_study(tmp_path / "s") as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run(*made.products, workers=1)
        kept, told = study["storm_retention.retained"].values, study["storm_service"].iloc[0]
    assert told["damage"] == pytest.approx(30 * 40 * 20)
    assert told["retained_m3"] == pytest.approx(kept.sum() * CELL**2 / 1000, rel=1e-5)
    store = 25400 / (60 + 8 * cover[5, 50]) - 254
    assert 120 - kept[5, 50] == pytest.approx(
        (120 - 0.2 * store) ** 2 / (120 + 0.8 * store), rel=1e-5
    )


TOWN = {
    "lulc_raster_path": "lulc_t.tif", "ref_eto_raster_path": "eto_t.tif", "aoi_vector_path": "area.gpkg", "biophysical_table_path": "town.csv",
    "green_area_cooling_distance": 200, "t_air_average_radius": "400", "t_ref": 30, "uhi_max": 2.5, "avg_rel_humidity": 50,
    "do_productivity_valuation": True, "do_energy_valuation": True, "building_vector_path": "homes.gpkg",
    "energy_consumption_table_path": "energy.csv", "cc_method": "factors", "cc_weight_shade": "", "cc_weight_albedo": 0.3,
    "cc_weight_eti": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def town(data):
    cover = np.where(arrays()["lulc"] == 255, 3, arrays()["lulc"]).astype(np.int16)
    write_raster(data / "lulc_t.tif", cover, nodata=-1, **PLACE)
    write_raster(data / "eto_t.tif", np.full(cover.shape, 800, np.float32), nodata=-9999, **PLACE)
    rows = "".join(f"{c},{0.1 * c},{c % 2},{0.15 * c},0.2,{0.1 * c}\n" for c in range(1, 6))
    (data / "town.csv").write_text(
        "lucode,kc,green_area,shade,albedo,building_intensity\n" + rows, "utf-8"
    )
    (data / "energy.csv").write_text("type,consumption\n1,2.5\n", "utf-8")
    home = shapely.box(500000 + 5 * CELL, 3700000 - 9 * CELL, 500000 + 8 * CELL, 3700000 - 5 * CELL)
    gpd.GeoDataFrame({"type": [1]}, geometry=[home], crs="EPSG:32648").to_file(data / "homes.gpkg")
    return data


def test_a_file_of_a_town_by_day(town, tmp_path):
    made = import_invest(written(town, TOWN, model_id="urban_cooling_model"), tmp_path / "s")
    assert made.left_out == []
    assert made.products == ("urban_cooling", "building_cooling", "zone_heat")
    with open_study(tmp_path / "s") as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run(*made.products, workers=1)
        air, home = study["urban_cooling.temperature"].values, study["building_cooling"].iloc[0]
        zone = study["zone_heat"].iloc[0]
    assert words(tmp_path / "s", "urban_cooling")["weights"] == [0.6, 0.3, 0.2]
    # 30 and 2.5 degrees are the town's, and the building's by it
    mean = float(air[5:9, 5:8].mean())
    assert home["energy_saved"] == pytest.approx(2.5 * 12 * CELL**2 * (32.5 - mean), rel=1e-5)
    assert zone["energy_saved"] == pytest.approx(home["energy_saved"])
    assert zone["anomaly"] == pytest.approx(float(np.nanmean(air)) - 30, abs=1e-4)


def test_a_file_of_a_town_by_night_without_buildings(town, tmp_path):
    args = TOWN | {"cc_method": "intensity", "do_energy_valuation": False, "building_vector_path": "gone.gpkg"}  # fmt: skip
    made = import_invest(written(town, args, model_id="urban_cooling_model"), tmp_path / "s")
    assert made.products == ("urban_cooling", "zone_heat")
    assert words(tmp_path / "s", "urban_cooling")["method"] == "intensity"
    with pytest.raises(StudyError, match="cc_method: found 'noon'; expected factors or intensity"):
        import_invest(written(town, TOWN | {"cc_method": "noon"}, model_id="urban_cooling_model"), tmp_path / "t")  # fmt: skip
