"""Argument files in three forms, of any release: what is read, what is told, what is refused."""

import json
import tarfile
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.accounts.case import BIOPHYSICAL, CELL, THREATS, arrays
from tests.accounts.seasonal_case import EVENTS, SEASONAL, TABLE, season_arrays
from tests.worlds import write_raster

from shanshui import open_study
from shanshui.accounts.rain_days import NAMES
from shanshui.core.errors import StudyError
from shanshui.study.invest import import_invest
from shanshui.study.invest_rows import ARGUMENTS_TABLE, MODELS, PRODUCTS_TABLE, model_named

PLACE = {"crs": "EPSG:32648", "cell": CELL, "left": 500000.0, "top": 3700000.0}
NY, NX = 60, 72
SDR = {
    "dem_path": "dem.tif", "erosivity_path": "erosivity.tif", "erodibility_path": "erodibility.tif", "lulc_path": "lulc.tif",
    "watersheds_path": "ws.gpkg", "biophysical_table_path": "bio.csv", "threshold_flow_accumulation": 100, "k_param": 2, "sdr_max": 0.8,
    "ic_0_param": 0.5, "l_max": 122, "drainage_path": "", "workspace_dir": "w", "results_suffix": "", "n_workers": -1,
}  # fmt: skip
NDR = {
    "dem_path": "dem.tif", "lulc_path": "lulc.tif", "runoff_proxy_path": "rain.tif", "biophysical_table_path": "bio.csv",
    "watersheds_path": "ws.gpkg", "threshold_flow_accumulation": 100, "k_param": 2, "calc_n": True, "calc_p": False,
    "subsurface_critical_length_n": 150, "subsurface_eff_n": 0.8,
}  # fmt: skip
WATER = {
    "lulc_path": "lulc.tif", "precipitation_path": "rain.tif", "eto_path": "eto.tif", "depth_to_root_rest_layer_path": "depth.tif",
    "pawc_path": "pawc.tif", "biophysical_table_path": "bio.csv", "seasonality_constant": "9", "watersheds_path": "ws.gpkg",
    "sub_watersheds_path": "sub.gpkg", "demand_table_path": "demand.csv", "valuation_table_path": "val.csv",
}  # fmt: skip
HABITAT = {
    "lulc_cur_path": "lulc.tif", "lulc_fut_path": "lulc_fut.tif", "lulc_bas_path": "lulc_bas.tif", "threats_table_path": "threats.csv",
    "sensitivity_table_path": "bio.csv", "half_saturation_constant": "0.05", "access_vector_path": "",
}  # fmt: skip
CARBON = {
    "lulc_bas_path": "lulc.tif", "lulc_alt_path": "lulc_fut.tif", "carbon_pools_path": "bio.csv", "calc_sequestration": True,
    "do_valuation": True, "lulc_bas_year": 2010, "lulc_alt_year": "2030", "price_per_metric_ton_of_c": 44, "discount_rate": 7, "rate_change": 2,
}  # fmt: skip
SEASON = {
    "dem_raster_path": "dem.tif", "lulc_raster_path": "lulc_s.tif", "soil_group_path": "soil.tif", "aoi_path": "aoi.gpkg",
    "biophysical_table_path": "bio_s.csv", "rain_events_table_path": "events.csv", "precip_raster_table": "rain.csv",
    "et0_raster_table": "demand_s.csv", "threshold_flow_accumulation": "100", "alpha_m": "1/12", "beta_i": "0.8", "gamma": 0.7,
    "user_defined_local_recharge": False, "user_defined_climate_zones": False, "monthly_alpha": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Files that InVEST users of the six models have."""
    folder = tmp_path_factory.mktemp("data")
    known, season = arrays(), season_arrays()
    maps = {
        "dem": "z", "erosivity": "R", "erodibility": "K", "rain": "P", "eto": "E0", "depth": "depth", "pawc": "pawc",
    }  # fmt: skip
    for file, key in maps.items():
        values = np.where(np.isnan(known[key]), -9999, known[key]).astype(np.float32)
        write_raster(folder / f"{file}.tif", values, nodata=-9999, **PLACE)
    cover = known["lulc"].astype(np.int16)
    later = cover.copy()
    later[20:40, 10:30] = 5
    before = np.where(cover == 4, 1, cover)
    for name, values in {"lulc": cover, "lulc_fut": later, "lulc_bas": before}.items():
        write_raster(folder / f"{name}.tif", values.astype(np.int16), nodata=255, **PLACE)
        for threat, code in (("crop", 4), ("town", 5)):
            mark = (values == code).astype(np.uint8)
            write_raster(folder / f"{threat}_{name}.tif", mark, nodata=255, **PLACE)
    BIOPHYSICAL.to_csv(folder / "bio.csv", index=False)
    THREATS.assign(
        max_dist=[500, 1200], cur_path=["crop_lulc.tif", "town_lulc.tif"], base_path=["", "town_lulc_bas.tif"],
        fut_path=["crop_lulc_fut.tif", "town_lulc_fut.tif"],
    ).to_csv(folder / "threats.csv", index=False)  # fmt: skip
    (folder / "demand.csv").write_text("lucode,demand\n1,0\n2,1\n3,5\n4,8.1\n5,40.5\n", "utf-8")
    pd.DataFrame(
        {"ws_id": [7, 9], "efficiency": 0.8, "fraction": 0.5, "height": 20.0, "kw_price": 0.1, "cost": 50.0, "time_span": 20, "discount": 5}
    ).to_csv(folder / "val.csv", index=False)  # fmt: skip
    whole = shapely.box(500000, 3700000 - NY * CELL, 500000 + NX * CELL, 3700000)
    left = shapely.box(500000, 3700000 - NY * CELL, 500000 + 30 * CELL, 3700000)
    frame = {"geometry": [whole, left], "crs": "EPSG:32648"}
    gpd.GeoDataFrame({"ws_id": [7, 9]}, **frame).to_file(folder / "ws.gpkg")
    gpd.GeoDataFrame({"subws_id": [1, 2]}, **frame).to_file(folder / "sub.gpkg")
    gpd.GeoDataFrame({"ws_id": [7]}, geometry=[whole.buffer(9)], crs="EPSG:32648").to_file(
        folder / "aoi.gpkg"
    )
    write_raster(folder / "lulc_s.tif", season["lulc"], nodata=-1, **PLACE)
    write_raster(folder / "soil.tif", season["soil"], nodata=0, **PLACE)
    write_raster(folder / "zones.tif", np.ones((NY, NX), np.uint8), nodata=0, **PLACE)
    for name, maps_of in (("rain", "rain"), ("demand_s", "demand")):
        (folder / name).mkdir()
        for m, values in enumerate(season[maps_of], 1):
            write_raster(folder / name / f"{name}_{m:02d}.tif", values, nodata=-1, **PLACE)
        rows = [(m, f"{name}/{name}_{m:02d}.tif") for m in range(12, 0, -1)]
        pd.DataFrame(rows, columns=["month", "path"]).to_csv(folder / f"{name}.csv", index=False)
    TABLE.to_csv(folder / "bio_s.csv", index=False)
    pd.DataFrame({"month": range(1, 13), "events": EVENTS}).to_csv(
        folder / "events.csv", index=False
    )
    months = dict(zip(NAMES, EVENTS, strict=True))
    pd.DataFrame([{"cz_id": 1, **months}]).to_csv(folder / "zones.csv", index=False)
    return folder


def written(folder, args, name="stack.json", **content):
    content = {"model_id": "sdr", "args": args} | content
    (folder / name).write_text(json.dumps(content), "utf-8")
    return folder / name


def study_of(folder):
    return tomllib.loads((folder / "study.toml").read_text("utf-8"))


# three forms


def test_an_archive_is_unpacked_into_the_study(data, tmp_path):
    files = [v for v in SDR.values() if isinstance(v, str) and (data / v).is_file()]
    args = {k: f"data/{v}" if v in files else v for k, v in SDR.items()}
    (tmp_path / "parameters.invest.json").write_text(
        json.dumps({"model_id": "sdr", "args": args}), "utf-8"
    )
    with tarfile.open(tmp_path / "stack.invest.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "parameters.invest.json", "parameters.invest.json")
        archive.add(tmp_path / "parameters.invest.json", "log.json")
        for file in files:
            archive.add(data / file, f"data/{file}")
    made = import_invest(tmp_path / "stack.invest.tar.gz", tmp_path / "s")
    declared = study_of(tmp_path / "s")["inputs"]
    assert declared["elevation"]["file"] == "invest_data/data/dem.tif"
    plain = import_invest(written(data, SDR), tmp_path / "t")
    assert made.products == plain.products
    with open_study(tmp_path / "s") as study:
        study.run("sediment_delivery", workers=1)
        found = study["sediment_delivery.usle"].values
    known = SEASONAL["sediment_delivery"]["mfd"]["usle"]
    assert np.nansum(found.astype(float)) == pytest.approx(known["sum"], rel=2e-6)


def test_an_archive_that_is_refused_leaves_nothing(data, tmp_path):
    (tmp_path / "p.json").write_text(json.dumps({"model_id": "sdr", "args": SDR}), "utf-8")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "p.json", "parameters.invest.json")
    with pytest.raises(StudyError, match=r"dem_path: no file .*invest_data"):
        import_invest(tmp_path / "a.tar.gz", tmp_path / "s")
    assert not list((tmp_path / "s").glob("*"))
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        archive.add(data / "bio.csv", "bio.csv")
    with pytest.raises(StudyError, match=r"holds no parameters.invest.json; found bio.csv"):
        import_invest(tmp_path / "b.tar.gz", tmp_path / "s")
    (tmp_path / "c.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:40])
    with pytest.raises(StudyError, match="cannot be unpacked"):
        import_invest(tmp_path / "c.tar.gz", tmp_path / "s")


def test_paths_in_an_archive_do_not_leave_the_study(data, tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(written(data, SDR), "parameters.invest.json")
        archive.add(data / "bio.csv", "../../out.csv")
    with pytest.raises(StudyError, match="cannot be unpacked"):
        import_invest(tmp_path / "a.tar.gz", tmp_path / "deep" / "s")
    assert not (tmp_path / "out.csv").exists()


LOG = """2026-01-01 10:00:00,000 (natcap.invest.cli) cli.main(120) INFO Imported target natcap.invest.sdr.sdr
2026-01-01 10:00:01,000 (natcap.invest.utils) utils.prepare(90) INFO Writing log
Arguments for InVEST {model} {version}:
{rows}

2026-01-01 10:00:02,000 (natcap.invest.sdr) sdr.execute(300) INFO threshold_flow_accumulation 999999
"""


@pytest.mark.parametrize("model", ["sdr", "natcap.invest.sdr.sdr"])
def test_the_log_of_a_run_is_an_argument_file(data, tmp_path, model):
    args = SDR | {"flow_dir_algorithm": "D8", "n_workers": -1}
    rows = "\n".join(f"{k:<32} {v}" for k, v in args.items())
    log = LOG.format(model=model, version="3.14.2", rows=rows)
    (data / "InVEST-sdr-log.txt").write_text(log, "utf-8")
    made = import_invest(data / "InVEST-sdr-log.txt", tmp_path / "s")
    assert made.products == ("sediment_delivery", "sediment_delivery_watersheds")
    settings = study_of(tmp_path / "s")["steps"]["sediment_delivery"]
    assert settings["threshold_flow_accumulation"] == 100.0
    assert settings["routing"] == "d8"
    (data / "no-log.txt").write_text("nothing here\n", "utf-8")
    with pytest.raises(StudyError, match="no line 'Arguments for InVEST MODEL VERSION:'"):
        import_invest(data / "no-log.txt", tmp_path / "t")


def test_another_form_is_named(data, tmp_path):
    (data / "stack.xml").write_text("<a/>", "utf-8")
    with pytest.raises(StudyError, match=r"expected an argument file \(.json\), an archive"):
        import_invest(data / "stack.xml", tmp_path / "s")


# words and numbers


@pytest.mark.parametrize(
    "path",
    ["zip+https://host/a.zip!dem.tif", "https://host/dem.tif", "s3://bucket/dem.tif", "/vsicurl/https://host/dem.tif", "zip+file:///x.zip!a"],
)  # fmt: skip
def test_remote_paths_are_told(data, tmp_path, path):
    with pytest.raises(StudyError, match=r"dem_path: '.*' is remote, and nothing is fetched"):
        import_invest(written(data, SDR | {"dem_path": path}), tmp_path / "s")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold_flow_accumulation": "1,000"}, "threshold_flow_accumulation: found '1,000'; expected a finite number; write it without marks"),
        ({"threshold_flow_accumulation": "1 000"}, "found '1 000'.*without marks of thousands"),
        ({"k_param": "two"}, "k_param: found 'two'; expected a finite number$"),
        ({"k_param": "nan"}, "k_param: found 'nan'"),
        ({"k_param": "1/0"}, "k_param: found '1/0'"),
        ({"k_param": True}, "k_param: found 'True'"),
        ({"flow_dir_algorithm": "dinf"}, "flow_dir_algorithm: found 'DINF'; expected MFD or D8"),
        ({"dem_path": "C:\\data\\dem.tif"}, "dem_path: no file .*; that is where it lay on another machine"),
        ({"lulc_path": ["a"]}, "lulc_path: found a list"),
        ({"biophysical_table_path": "rain"}, "biophysical_table_path: .* is a folder; expected a file"),
    ],
)  # fmt: skip
def test_arguments_that_are_not_right_are_named_and_nothing_is_left(
    data, tmp_path, change, message
):
    with pytest.raises(StudyError, match=message):
        import_invest(written(data, SDR | change), tmp_path / "s")
    assert not (tmp_path / "s").exists() or not list((tmp_path / "s").iterdir())


@pytest.mark.parametrize("word", ["D8", "d8", "d8 ", " D8\t"])
def test_one_way_of_flow_is_the_reference_of_that(data, tmp_path, word):
    made = import_invest(written(data, SDR | {"flow_dir_algorithm": word}), tmp_path / "s")
    assert study_of(tmp_path / "s")["steps"]["sediment_delivery"]["routing"] == "d8"
    if word != "d8 ":
        return
    with open_study(tmp_path / "s") as study:
        study.run(*made.products, workers=1)
        found = study["sediment_delivery.sed_export"].values.astype(float)
    known = SEASONAL["sediment_delivery"]["d8"]["sed_export"]
    assert np.isfinite(found).sum() == known["count"]
    assert np.nansum(found) == pytest.approx(known["sum"], rel=2e-6)


def test_what_is_not_known_is_told(data, tmp_path):
    made = import_invest(written(data, SDR | {"new_thing": 3, "empty": ""}), tmp_path / "s")
    assert made.left_out == ["new_thing"]


def test_erodible_soil_beyond_what_soils_have_runs_and_is_told(data, tmp_path):
    values = np.full((NY, NX), 0.2, np.float32)
    values[5, 5] = 0.38
    write_raster(data / "k_high.tif", values, nodata=-9999, **PLACE)
    made = import_invest(written(data, SDR | {"erodibility_path": "k_high.tif"}), tmp_path / "s")
    assert any("soil_erodibility: reaches 0.38" in text for text in made.told)
    assert study_of(tmp_path / "s")["inputs"]["soil_erodibility"]["plausible"] == [0.0, 1.0]
    assert not [p for v in open_study(tmp_path / "s").verdicts() for p in v.problems]
    usual = import_invest(written(data, SDR), tmp_path / "t")
    assert not any("soil_erodibility" in text for text in usual.told)


def test_the_order_of_the_nutrient_model_is_told_with_its_size(data, tmp_path):
    made = import_invest(written(data, NDR, model_id="ndr"), tmp_path / "s")
    assert any("InVEST takes some cells before those below them" in text and "%" in text for text in made.told)  # fmt: skip
    with pytest.raises(StudyError, match="calc_n and calc_p are both false"):
        import_invest(
            written(data, NDR | {"calc_n": False, "calc_p": "false"}, model_id="ndr"),
            tmp_path / "t",
        )


def test_cells_that_are_no_squares_are_told(data, tmp_path):
    import rasterio

    with rasterio.open(
        data / "tall.tif", "w", driver="GTiff", height=58, width=72, count=1, dtype="float32", crs="EPSG:32648",
        transform=rasterio.Affine(90, 0, 500000, 0, -92.4, 3700000), nodata=-9999,
    ) as file:  # fmt: skip
        file.write(np.random.default_rng(0).random((58, 72)).astype(np.float32), 1)
    made = import_invest(written(data, SDR | {"dem_path": "tall.tif"}), tmp_path / "s")
    assert any("its cells are 90 by 92.4" in text for text in made.told)


# resampling


def test_maps_are_laid_as_the_reference_lays_them_or_as_they_mean(data, tmp_path):
    import_invest(written(data, SDR | {"drainage_path": "town_lulc.tif"}), tmp_path / "s")
    ways = {k: v.get("resampling") for k, v in study_of(tmp_path / "s")["inputs"].items()}
    assert ways == {
        "elevation": "bilinear", "land_cover": "mode", "rainfall_erosivity": "bilinear", "soil_erodibility": "bilinear",
        "drainage": "nearest", "biophysical": None, "watersheds": None,
    }  # fmt: skip
    import_invest(written(data, SDR), tmp_path / "t", resampling="meaning")
    assert not any("resampling" in v for v in study_of(tmp_path / "t")["inputs"].values())
    with pytest.raises(StudyError, match="resampling: 'near'"):
        import_invest(written(data, SDR), tmp_path / "u", resampling="near")


def test_coarse_climate_is_read_by_the_nearest_as_the_reference_does(data, tmp_path):
    coarse = np.arange(100, 142, dtype=np.float32).reshape(6, 7) * 7
    cell = 1000.0
    at = {"crs": "EPSG:32648", "cell": cell, "left": 499700.0, "top": 3700200.0}
    write_raster(data / "coarse.tif", coarse, nodata=-9999, **at)
    args = WATER | {"precipitation_path": "coarse.tif", "demand_table_path": "", "valuation_table_path": ""}  # fmt: skip
    import_invest(written(data, args, model_id="annual_water_yield"), tmp_path / "s")
    with open_study(tmp_path / "s") as study:
        study.run("precipitation", workers=1)
        found = study["precipitation"]
    rows = ((3700200 - found.y.values) // cell).astype(int)
    cols = ((found.x.values - 499700) // cell).astype(int)
    np.testing.assert_array_equal(found.values, coarse[np.ix_(rows, cols)])


# releases and scenarios


@pytest.mark.parametrize(
    ("content", "reach", "unit", "said"),
    [
        ({"invest_version": "3.14.3"}, (0.5, 1.2), "", "km: InVEST 3.14.3"),
        ({"invest_version": "3.15.0"}, (500, 1200), "", "m: InVEST 3.15.0"),
        ({"invest_version": "3.20.2.post3+g12"}, (500, 1200), "", "m: InVEST 3.20.2"),
        ({}, (500, 1200), "", "m: the file names no release"),
        ({}, (0.5, 1.2), "", "km: in metres none would reach over one cell"),
        ({"invest_version": "3.20.2"}, (0.5, 1.2), "km", "km: you say so"),
    ],
)  # fmt: skip
def test_the_reach_of_threats_by_release(data, tmp_path, content, reach, unit, said):
    rows = pd.read_csv(data / "threats.csv")
    rows.assign(max_dist=reach).to_csv(data / "t.csv", index=False)
    args = HABITAT | {"threats_table_path": "t.csv"}
    path = written(data, args, model_id="habitat_quality", **content)
    made = import_invest(path, tmp_path / "s", reach_unit=unit)
    assert any(f"is taken in {said}" in text for text in made.told), made.told
    kept = pd.read_csv(tmp_path / "s" / "threats.csv")
    assert kept["max_dist"].tolist() == [0.5, 1.2]


@pytest.mark.parametrize(
    ("version", "reach", "message"),
    [
        ("3.14.0", (500, 1200), "1200, which in km .* is far beyond the map"),
        ("3.16.0", (0.5, 1.2), "1.2, which in m .* is less than a cell"),
    ],
)
def test_a_reach_that_cannot_be_asks_for_its_unit(data, tmp_path, version, reach, message):
    rows = pd.read_csv(data / "threats.csv")
    rows.assign(max_dist=reach).to_csv(data / "t.csv", index=False)
    path = written(
        data, HABITAT | {"threats_table_path": "t.csv"}, model_id="habitat_quality", invest_version=version
    )  # fmt: skip
    with pytest.raises(StudyError, match=message + ".*--reach-unit"):
        import_invest(path, tmp_path / "s")


def test_future_and_baseline_of_habitat_are_scenarios(data, tmp_path):
    made = import_invest(written(data, HABITAT, model_id="habitat_quality"), tmp_path / "s")
    assert made.products == ("habitat_quality", "habitat_rarity")
    assert made.scenarios == {
        "future": ("habitat_quality", "habitat_rarity"),
        "baseline": ("habitat_quality",),
    }
    with open_study(tmp_path / "s") as study:
        study.run(*made.products, workers=1)
        now = study["habitat_quality.habitat_quality"].values
        later, before = study.scenario("future"), study.scenario("baseline")
        later.run("habitat_quality", workers=1)
        before.run("habitat_quality", workers=1)
        future = later["habitat_quality.habitat_quality"].values
        past = before["habitat_quality"]["degradation_crop"].values
        now_crop = study["habitat_quality"]["degradation_crop"].values
    # a town grows: its ground is no habitat any more, and that around is worse
    assert np.nansum(future) < np.nansum(now)
    assert (future[20:40, 10:30] == 0).all()
    # crops were not there before, which leaves nothing of their pressure
    assert np.nanmax(past) == 0.0
    assert np.nanmax(now_crop) > 0.0
    alone = HABITAT | {"lulc_cur_path": "lulc_fut.tif", "lulc_fut_path": "", "threats_table_path": "t.csv"}  # fmt: skip
    rows = pd.read_csv(data / "threats.csv")
    rows.assign(cur_path=rows["fut_path"]).to_csv(data / "t.csv", index=False)
    import_invest(written(data, alone, model_id="habitat_quality"), tmp_path / "t")
    with open_study(tmp_path / "t") as study:
        study.run("habitat_quality", workers=1)
        np.testing.assert_array_equal(study["habitat_quality.habitat_quality"].values, future)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="fut_path"), "no column fut_path, which lulc_fut_path needs"),
        (lambda t: t.assign(fut_path=["", "x.tif"]), "crop has no fut_path: where is its map"),
        (lambda t: t.assign(cur_path=["gone.tif", "town_lulc.tif"]), "threats_table_path: crop: no file"),
        (lambda t: t.drop(columns="cur_path"), "has no column cur_path"),
        (lambda t: t.drop(columns="max_dist"), "no columns threat and max_dist"),
    ],
)  # fmt: skip
def test_tables_of_threats_that_are_not_whole(data, tmp_path, change, message):
    change(pd.read_csv(data / "threats.csv", keep_default_na=False)).to_csv(
        data / "t.csv", index=False
    )
    args = HABITAT | {"threats_table_path": "t.csv"}
    with pytest.raises(StudyError, match=message):
        import_invest(written(data, args, model_id="habitat_quality"), tmp_path / "s")


def test_the_value_of_carbon_is_that_of_the_formula(data, tmp_path):
    made = import_invest(written(data, CARBON, model_id="carbon"), tmp_path / "s")
    assert made.scenarios == {"alternate": ("carbon_stock", "carbon_change", "carbon_value")}
    assert any("44 for a ton of carbon is 12 for one of carbon dioxide" in t for t in made.told)
    with open_study(tmp_path / "s") as study:
        plan = study.scenario("alternate")
        plan.run("carbon_value", workers=1)
        change, value = plan["carbon_change"].values, plan["carbon_value"].values
    years = sum(1 / ((1.07 * 1.02) ** t) for t in range(20))
    np.testing.assert_allclose(value, change * 44 / 20 * years, rtol=1e-5)
    assert np.nanmin(change) < 0
    with pytest.raises(StudyError, match="lulc_alt_year: found 2010; expected a year after"):
        import_invest(written(data, CARBON | {"lulc_alt_year": 2010}, model_id="carbon"), tmp_path / "t")  # fmt: skip
    plain = CARBON | {
        "do_valuation": False,
        "calc_sequestration": False,
        "lulc_alt_path": "gone.tif",
    }
    assert import_invest(written(data, plain, model_id="carbon"), tmp_path / "u").scenarios == {}


# water


def test_demand_by_cell_and_power_by_watershed(data, tmp_path):
    made = import_invest(written(data, WATER, model_id="annual_water_yield"), tmp_path / "s")
    assert made.left_out == []
    assert made.products == (
        "water_yield", "water_yield_watersheds", "water_yield_subwatersheds", "water_supply", "subwatershed_supply", "hydropower",
    )  # fmt: skip
    with open_study(tmp_path / "s") as study:
        study.run(*made.products, workers=1)
        supply = study["water_supply"].set_index("ws_id")
        parts = study["subwatershed_supply"].set_index("ws_id")
        power = study["hydropower"].set_index("ws_id")
        yielded = study["water_yield.water_yield"].values.astype(float)
    cover = arrays()["lulc"]
    demand = {1: 0.0, 2: 1.0, 3: 5.0, 4: 8.1, 5: 40.5}
    consumed = np.select([cover == c for c in demand], list(demand.values()), np.nan)
    found = supply.loc[7]
    assert found["consumed_m3"] == pytest.approx(np.nansum(consumed), rel=1e-6)
    assert found["yield_m3"] == pytest.approx(np.nansum(yielded) * CELL**2 / 1000, rel=1e-6)
    assert parts.loc[1].to_dict() == pytest.approx(found.to_dict())
    assert supply.loc[9, "consumed_m3"] == pytest.approx(np.nansum(consumed[:, :30]), rel=1e-6)
    energy = 0.00272 * 0.8 * 0.5 * 20 * found["supply_m3"]
    assert power.loc[7, "energy_kwh"] == pytest.approx(energy, rel=1e-9)
    worth = (0.1 * energy - 50) * sum(1 / 1.05**t for t in range(20))
    assert power.loc[7, "value"] == pytest.approx(worth, rel=1e-9)


def test_a_table_of_demand_without_demand_is_refused(data, tmp_path):
    args = WATER | {"demand_table_path": "bio.csv"}
    with pytest.raises(StudyError, match=r"demand_table_path: .* has no column demand"):
        import_invest(written(data, args, model_id="annual_water_yield"), tmp_path / "s")


@pytest.mark.parametrize(
    ("change", "routing"),
    [
        ({}, "mfd"),
        ({"precip_raster_table": "", "et0_raster_table": "", "precip_dir": "rain", "et0_dir": "demand_s", "flow_dir_algorithm": "D8"}, "d8"),
        ({"user_defined_climate_zones": True, "climate_zone_table_path": "zones.csv", "climate_zone_raster_path": "zones.tif"}, "mfd"),
    ],
    ids=["tables", "folders", "zones"],
)  # fmt: skip
def test_the_seasonal_model_gives_the_figures_of_the_reference(data, tmp_path, change, routing):
    path = written(data, SEASON | change, model_id="seasonal_water_yield")
    made = import_invest(path, tmp_path / "s")
    assert made.left_out == []
    assert made.products == ("seasonal_recharge", "seasonal_recharge_watersheds", "baseflow", "baseflow_watersheds")  # fmt: skip
    with open_study(tmp_path / "s") as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run(*made.products, workers=1)
        for product, rel in (("seasonal_recharge", 1e-5), ("baseflow", 3e-5)):
            for layer, known in SEASONAL[product][routing].items():
                found = study[f"{product}.{layer}"].values.astype(float)
                assert np.isfinite(found).sum() == known["count"], layer
                assert np.nansum(found) == pytest.approx(known["sum"], rel=rel), layer


def test_recharge_that_is_given_needs_no_months(data, tmp_path):
    write_raster(data / "l.tif", np.full((NY, NX), 50, np.float32), nodata=-9999, **PLACE)
    args = SEASON | {"user_defined_local_recharge": True, "l_path": "l.tif", "flow_dir_algorithm": "d8", "soil_group_path": "gone.tif"}  # fmt: skip
    made = import_invest(written(data, args, model_id="seasonal_water_yield"), tmp_path / "s")
    assert made.products == ("baseflow", "baseflow_watersheds")
    content = study_of(tmp_path / "s")
    assert set(content["inputs"]) == {
        "elevation", "land_cover", "biophysical", "local_recharge", "watersheds",
    }  # fmt: skip
    assert content["steps"] == {
        "baseflow": {"threshold_flow_accumulation": 100.0, "gamma": 0.7, "routing": "d8"}
    }
    with open_study(tmp_path / "s") as study:
        study.run("baseflow", workers=1)
        assert np.nanmax(study["baseflow.baseflow"].values) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"precip_raster_table": ""}, "no precip_raster_table or precip_dir"),
        ({"precip_raster_table": "events.csv"}, "has no columns month and path"),
        ({"precip_raster_table": "", "precip_dir": "dem.tif"}, "is a file; expected a folder of twelve maps"),
        ({"precip_raster_table": "", "precip_dir": "."}, "0 maps of month 1"),
        ({"beta_i": "a half"}, "beta_i: found 'a half'"),
        ({"user_defined_local_recharge": True}, "no l_path"),
    ],
)  # fmt: skip
def test_seasonal_files_that_are_not_whole(data, tmp_path, change, message):
    with pytest.raises(StudyError, match=message):
        import_invest(
            written(data, SEASON | change, model_id="seasonal_water_yield"), tmp_path / "s"
        )


def test_the_seasonal_model_stands_on_the_ground_that_all_share(data, tmp_path):
    part = shapely.box(500000 + 10.4 * CELL, 3700000 - 50.2 * CELL, 500000 + 60.7 * CELL, 3700000 - 5.5 * CELL)  # fmt: skip
    gpd.GeoDataFrame({"ws_id": [1]}, geometry=[part], crs="EPSG:32648").to_file(data / "part.gpkg")
    path = written(data, SEASON | {"aoi_path": "part.gpkg"}, model_id="seasonal_water_yield")
    import_invest(path, tmp_path / "s")
    grid = study_of(tmp_path / "s")["grid"]
    assert (grid["left"], grid["top"]) == (500000 + 10 * CELL, 3700000 - 5 * CELL)
    assert (grid["ny"], grid["nx"]) == (46, 51)
    far = shapely.box(0, 0, 10, 10)
    gpd.GeoDataFrame({"ws_id": [1]}, geometry=[far], crs="EPSG:32648").to_file(data / "far.gpkg")
    path = written(data, SEASON | {"aoi_path": "far.gpkg"}, model_id="seasonal_water_yield")
    with pytest.raises(StudyError, match=r"far.gpkg does not meet the other maps"):
        import_invest(path, tmp_path / "t")


# rows


def test_rows_name_inputs_steps_and_products_that_are_there():
    from shanshui.collect.inputs import INPUTS
    from shanshui.plans.everything import CHAPTERS

    steps = {s.name: s for chapter in CHAPTERS.values() for s in chapter(set(INPUTS))}
    for model in MODELS.values():
        assert model.grid in model.arguments
        for row in model.arguments.values():
            for place in row.ours:
                name, _, setting = place.partition(".")
                if setting:
                    assert setting in steps[name].card.settings, (ARGUMENTS_TABLE, place)
                else:
                    assert name in INPUTS, (ARGUMENTS_TABLE, place)
        for _, product, _ in model.products:
            assert product in steps, (PRODUCTS_TABLE, product)
    assert model_named("natcap.invest.hydropower.hydropower_water_yield") == "annual_water_yield"
    assert model_named("natcap.invest.seasonal_water_yield.seasonal_water_yield") == "seasonal_water_yield"  # fmt: skip
    assert model_named("ndr") == "ndr"
