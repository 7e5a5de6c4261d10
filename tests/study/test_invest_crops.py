"""Argument files of crop production: three forms, tables or the folder of earlier releases, how bins are laid, what is refused."""

import json
import tarfile
import tomllib

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from tests.study.test_invest_files import LOG, NX, NY, PLACE, written
from tests.worlds import write_raster

from shanshui import open_study
from shanshui.core.errors import StudyError
from shanshui.study.invest import import_invest

CLIMATE, FED = "crop_production_percentile", "crop_production_regression"
BOTH = {
    "landcover_raster_path": "fields.tif", "landcover_to_crop_table_path": "crops.csv", "climate_bin_raster_table": "bins.csv",
    "observed_yield_raster_table": "seen.csv", "crop_nutrient_table": "content.csv", "aggregate_polygon_path": "",
}  # fmt: skip
BY_CLIMATE = BOTH | {"percentile_yield_csv_table": "percentiles.csv"}
BY_RATE = BOTH | {"regression_yield_csv_table": "responses.csv", "fertilization_rate_table_path": "rates.csv"}  # fmt: skip
PERCENTILES = "climate_bin,yield_25th,yield_50th,yield_75th,yield_95th\n1,1,2,3,4\n2,5,6,7,8\n"
RESPONSES = "climate_bin,yield_ceiling,b_nut,b_k2o,c_n,c_p2o5,c_k2o\n1,8,0.6,0.5,0.02,0.05,0.04\n2,8,0.6,0.5,,0.05,0.04\n"
SIDE = 1 / 60


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Maize on the upper half; bin 1 in the west, bin 2 in the east, none in the corner beyond."""
    folder = tmp_path_factory.mktemp("crops")
    cover = np.full((NY, NX), 5, np.int16)
    cover[: NY // 2] = 11
    cover[0, 0] = -1
    write_raster(folder / "fields.tif", cover, nodata=-1, **PLACE)
    # the map lies from 105.00 to 105.07 degrees east
    left, top = 105.03 - 20 * SIDE, 33.44 + 10 * SIDE
    bins = np.full((20, 40), 1, np.int16)
    bins[:, 20:] = 2
    seen = np.full((20, 40), 3.5, np.float32)
    for name, values in (("maize_bins.tif", bins), ("maize_seen.tif", seen)):
        with rasterio.open(
            folder / name, "w", driver="GTiff", height=20, width=40, count=1, dtype=values.dtype, crs="EPSG:4326",
            transform=from_origin(left, top, SIDE, SIDE), nodata=-9999,
        ) as file:  # fmt: skip
            file.write(values, 1)
    texts = {
        "crops.csv": "lucode,crop_name\n11,maize\n", "bins.csv": "crop_name,path\nmaize,maize_bins.tif\n",
        "seen.csv": "crop_name,path\nmaize,maize_seen.tif\n", "percentiles.csv": "crop_name,path\nmaize,maize_percentiles.csv\n",
        "responses.csv": "crop_name,path\nmaize,maize_responses.csv\n", "maize_percentiles.csv": PERCENTILES, "maize_responses.csv": RESPONSES,
        "content.csv": "crop_name,percentrefuse,protein\nmaize,20,9.4\n",
        "rates.csv": "crop_name,nitrogen_rate,phosphorus_rate,potassium_rate\nmaize,50,20,30\n",
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def declared(folder):
    return tomllib.loads((folder / "study.toml").read_text("utf-8"))["inputs"]


def run(folder, products):
    with open_study(folder) as study:
        assert not [p for v in study.verdicts() for p in v.problems]
        study.run(*products, workers=1)
        return [study[name] for name in products]


def test_yields_by_climate_and_their_harvest(data, tmp_path):
    made = import_invest(written(data, BY_CLIMATE, model_id=CLIMATE), tmp_path / "s")
    assert made.products == ("crop_production", "crop_totals")
    assert made.left_out == []
    assert any("where a crop has no bin its yield is 0" in text for text in made.told)
    assert any("area_ha is all ground of a crop" in text for text in made.told)
    assert declared(tmp_path / "s")["crop_yields"]["resampling"] == "spline"
    maps, totals = run(tmp_path / "s", made.products)
    median = maps["yield_50th"].values
    assert np.isnan(median[0, 0])
    assert (median[NY // 2 :] == 0).all()
    # between the two bins, rising from west to east, and never beyond them
    on = median[5]
    assert (np.diff(on) >= -1e-6).all()
    assert 2 <= on[0] < on[-1] <= 6
    row = totals.set_index(["crop", "estimate"]).loc[("maize", "yield_50th")]
    area = 0.81 * (NY // 2 * NX - 1)
    assert row["area_ha"] == pytest.approx(area)
    assert row["production"] == pytest.approx(np.nansum(median[: NY // 2], dtype=float) * 0.81, rel=1e-6)  # fmt: skip
    assert row["protein"] == pytest.approx(row["production"] * 1e4 * 0.8 * 9.4)


def test_yields_by_fertiliser_with_a_blank_that_counts_as_none(data, tmp_path):
    made = import_invest(written(data, BY_RATE, model_id=FED), tmp_path / "s")
    assert made.products == ("crop_regression", "crop_regression_totals")
    assert made.left_out == []
    maps, totals = run(tmp_path / "s", made.products)
    maize = maps["nitrogen_yield"].values[5]
    # a blank coefficient is 0, as in the reference: in the east nitrogen does nothing, 8 x (1 - 0.6)
    assert 3.2 - 1e-5 <= maize[-1] < maize[0] <= 6.2343
    assert (maps["modelled_yield"].values <= maps["potassium_yield"].values + 1e-6)[:10, 1:].all()
    assert set(totals["estimate"]) == set(maps.data_vars)


def test_an_archive_and_a_log_are_read_as_the_file_is(data, tmp_path):
    plain = import_invest(written(data, BY_CLIMATE, model_id=CLIMATE), tmp_path / "p")
    (tmp_path / "parameters.invest.json").write_text(
        json.dumps({"model_id": CLIMATE, "args": BY_CLIMATE}), "utf-8"
    )
    with tarfile.open(tmp_path / "stack.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "parameters.invest.json", "parameters.invest.json")
        for path in data.iterdir():
            if path.suffix in (".csv", ".tif"):
                archive.add(path, path.name)
    packed = import_invest(tmp_path / "stack.tar.gz", tmp_path / "a")
    rows = "\n".join(f"{k:<32} {v}" for k, v in BY_CLIMATE.items())
    (data / "log.txt").write_text(LOG.format(model=CLIMATE, version="3.20.2", rows=rows), "utf-8")
    logged = import_invest(data / "log.txt", tmp_path / "l")
    assert plain.products == packed.products == logged.products
    name = "maize_yield_50th.tif"
    bytes_of = [(tmp_path / folder / name).read_bytes() for folder in "pal"]
    assert bytes_of[0] == bytes_of[1] == bytes_of[2]


def test_the_folder_of_earlier_releases_gives_the_same(data, tmp_path):
    folder = data / "model_data"
    for place, file in {
        "extended_climate_bin_maps/extendedclimatebinsmaize.tif": "maize_bins.tif", "observed_yield/maize_yield_map.tif": "maize_seen.tif",
        "climate_percentile_yield_tables/maize_percentile_yield_table.csv": "maize_percentiles.csv", "crop_nutrient.csv": "content.csv",
    }.items():  # fmt: skip
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes((data / file).read_bytes())
    (folder / "crop_nutrient.csv").write_text("crop,percentrefuse,protein\nmaize,20,9.4\n", "utf-8")
    older = {
        "landcover_raster_path": "fields.tif", "landcover_to_crop_table_path": "crops.csv", "model_data_path": "model_data",
    }  # fmt: skip
    new = import_invest(written(data, BY_CLIMATE, model_id=CLIMATE), tmp_path / "n")
    old = import_invest(written(data, older, model_id=f"natcap.invest.{CLIMATE}"), tmp_path / "o")
    a, b = (run(tmp_path / f, m.products)[1] for f, m in (("n", new), ("o", old)))
    pd.testing.assert_frame_equal(a, b)


def test_by_meaning_bins_stay_where_they_are_and_no_bin_is_missing(data, tmp_path):
    with rasterio.open(data / "maize_bins.tif") as file:
        profile, bins = file.profile, file.read(1)
    bins[:, 20:] = -9999
    with rasterio.open(data / "half_bins.tif", "w", **profile) as file:
        file.write(bins, 1)
    (data / "half.csv").write_text("crop_name,path\nmaize,half_bins.tif\n", "utf-8")
    args = written(data, BY_CLIMATE | {"climate_bin_raster_table": "half.csv"}, model_id=CLIMATE)
    zero = import_invest(args, tmp_path / "r")
    gap = import_invest(args, tmp_path / "m", resampling="meaning")
    assert any("its yield is missing" in text for text in gap.told)
    assert "resampling" not in declared(tmp_path / "m")["crop_yields"]
    reference, meant = (
        run(tmp_path / f, m.products)[0]["yield_50th"].values[5] for f, m in (("r", zero), ("m", gap))
    )  # fmt: skip
    assert np.isfinite(reference).all()
    assert reference[0] == pytest.approx(2)
    assert 0 <= reference[-1] < 1
    assert meant[0] == pytest.approx(2)
    assert np.isnan(meant[-1])


@pytest.mark.parametrize(
    ("change", "texts", "message"),
    [
        ({"percentile_yield_csv_table": ""}, {}, "no percentile_yield_csv_table, and no folder model_data_path"),
        ({}, {"crops.csv": "lucode,crop_name\n11,rye\n"}, "climate_bin_raster_table: .* has no row of rye"),
        ({}, {"crops.csv": "lucode,crop_name\n11,maize\n11,rice\n"}, "11 stands in two rows"),
        ({}, {"maize_percentiles.csv": "climate_bin,yield_25th\n1,2\n"}, "no column yield_50th, yield_75th"),
        ({}, {"maize_percentiles.csv": PERCENTILES.replace("2,5,6", "3,5,6")}, "bin 2 of .* has no row"),
        ({}, {"maize_percentiles.csv": PERCENTILES.replace("2,5,6", "2,high,6")}, "row 3 holds words"),
        ({}, {"maize_percentiles.csv": PERCENTILES.replace("2,5,6", "1,5,6")}, "each once"),
        ({}, {"bins.csv": "crop_name,path\nmaize,gone.tif\n"}, "climate_bin_raster_table: maize: no file"),
        ({}, {"bins.csv": "crop_name,path\nmaize,https://x.example/bins.tif\n"}, "is remote"),
        ({}, {"bins.csv": "crop_name,path\nmaize,crops.csv\n"}, "crops.csv: cannot be read"),
        ({}, {"bins.csv": "name,path\nmaize,maize_bins.tif\n"}, "no columns crop_name and path"),
    ],
)  # fmt: skip
def test_files_of_crops_that_are_not_whole(data, tmp_path, change, texts, message):
    kept = {name: (data / name).read_bytes() for name in texts}
    try:
        for name, text in texts.items():
            (data / name).write_text(text, "utf-8")
        with pytest.raises(StudyError, match=message):
            import_invest(written(data, BY_CLIMATE | change, model_id=CLIMATE), tmp_path / "s")
        assert not (tmp_path / "s").exists() or not list((tmp_path / "s").iterdir())
    finally:
        for name, content in kept.items():
            (data / name).write_bytes(content)
