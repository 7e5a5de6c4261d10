"""InVEST argument files become studies whose results are those of the reference."""

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
from tests.accounts.case import BIOPHYSICAL, CELL, REFERENCE, THREATS, arrays
from tests.worlds import write_raster

from shanshui import open_study
from shanshui.core.errors import StudyError
from shanshui.study.invest import import_invest

MAPS = {
    "z": "dem",
    "R": "erosivity",
    "K": "erodibility",
    "P": "rain",
    "E0": "eto",
    "depth": "depth",
    "pawc": "pawc",
    "crop": "crop",
    "town": "town",
}
SHARED = {
    "biophysical_table_path": "bio.csv",
    "threshold_flow_accumulation": "100",
    "k_param": "2",
    "workspace_dir": "w",
}
ARGS = {
    "sdr": {"dem_path": "dem.tif", "erosivity_path": "erosivity.tif", "erodibility_path": "erodibility.tif", "lulc_path": "lulc.tif",
            "watersheds_path": "ws.gpkg", "sdr_max": "0.8", "ic_0_param": "0.5", "l_max": "122", "drainage_path": "", **SHARED},
    "ndr": {"dem_path": "dem.tif", "lulc_path": "lulc.tif", "runoff_proxy_path": "rain.tif", "calc_n": True, "calc_p": False,
            "subsurface_critical_length_n": 150, "subsurface_eff_n": 0.8, **SHARED},
    "annual_water_yield": {"lulc_path": "lulc.tif", "precipitation_path": "rain.tif", "eto_path": "eto.tif", "seasonality_constant": "9",
                           "depth_to_root_rest_layer_path": "depth.tif", "pawc_path": "pawc.tif", "biophysical_table_path": "bio.csv",
                           "demand_table_path": "demand.csv"},
    "habitat_quality": {"lulc_cur_path": "lulc.tif", "threats_table_path": "threats.csv", "sensitivity_table_path": "bio.csv",
                        "half_saturation_constant": "0.05"},
    "carbon": {"lulc_bas_path": "lulc.tif", "carbon_pools_path": "bio.csv"},
}  # fmt: skip
PRODUCT = {
    "sdr": ("sediment_delivery", ("usle", "sed_export", "sed_deposition")),
    "ndr": ("nutrient_delivery", ("ndr",)),
    "annual_water_yield": ("water_yield", ("water_yield",)),
    "habitat_quality": ("habitat_quality", ("habitat_quality",)),
    "carbon": ("carbon_stock", ("carbon",)),
}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    """The case as files that an InVEST user has."""
    import geopandas as gpd
    import shapely

    folder = tmp_path_factory.mktemp("invest")
    data = arrays()
    ny, nx = data["z"].shape
    place = {"crs": "EPSG:32648", "cell": CELL, "left": 500000.0, "top": 3700000.0}
    for name, file in MAPS.items():
        write_raster(
            folder / f"{file}.tif",
            np.where(np.isnan(data[name]), -9999, data[name]).astype(np.float32),
            nodata=-9999,
            **place,
        )
    write_raster(folder / "lulc.tif", data["lulc"].astype(np.int16), nodata=255, **place)
    BIOPHYSICAL.to_csv(folder / "bio.csv", index=False)
    THREATS.assign(cur_path=["crop.tif", "town.tif"]).to_csv(folder / "threats.csv", index=False)
    (folder / "demand.csv").write_text("lucode,demand\n1,0\n2,1\n3,5\n4,80\n5,200\n", "utf-8")
    box = shapely.box(500000, 3700000 - ny * CELL, 500000 + nx * CELL, 3700000)
    gpd.GeoDataFrame({"ws_id": [7]}, geometry=[box], crs="EPSG:32648").to_file(folder / "ws.gpkg")
    for model, args in ARGS.items():
        (folder / f"{model}.json").write_text(
            json.dumps({"model_id": model, "args": args}), "utf-8"
        )
    return folder


@pytest.mark.parametrize("model", list(ARGS))
def test_results_are_the_reference(stacks, tmp_path, model):
    made = import_invest(stacks / f"{model}.json", tmp_path / model)
    products = made.products
    assert made.place.exists()
    study = open_study(tmp_path / model)
    assert not [v for v in study.verdicts() if v.problems]
    study.run(*products, workers=1)
    product, layers = PRODUCT[model]
    assert product in products
    first = 16 if model == "ndr" else 0
    for layer in layers:
        values = study[f"{product}.{layer}"].values[first:].astype(float)
        known = REFERENCE["results"][layer]
        assert np.nansum(values) == pytest.approx(known["sum"], rel=1e-6), layer
        assert np.isfinite(values).sum() == known["count"]
    assert made.left_out == []
    if model == "sdr":
        rows = study["sediment_delivery_watersheds"].set_index("layer")
        total = REFERENCE["results"]["usle"]["sum"] * CELL**2 / 1e4
        assert rows.loc["usle", "total"] == pytest.approx(total, rel=1e-6)
        assert rows.loc["usle", "watershed"] == "7"


def test_nested_watersheds_are_each_whole(stacks, tmp_path):
    import geopandas as gpd
    import shapely

    ny, nx = arrays()["z"].shape
    boxes = {
        "whole": (0, 0, nx, ny),
        "quarter": (0, 0, nx // 2, ny // 2),
        "twice": (0, 0, nx // 2, ny // 2),
        "across": (nx // 4, ny // 4, nx, ny),
    }
    shapes = {
        k: shapely.box(500000 + a * CELL, 3700000 - d * CELL, 500000 + c * CELL, 3700000 - b * CELL)
        for k, (a, b, c, d) in boxes.items()
    }

    def totals(names):
        folder = tmp_path / "-".join(names)
        folder.mkdir()
        frame = gpd.GeoDataFrame(
            {"ws_id": list(names)}, geometry=[shapes[k] for k in names], crs="EPSG:32648"
        )
        frame.to_file(stacks / "nested.gpkg")
        content = {"model_id": "sdr", "args": ARGS["sdr"] | {"watersheds_path": "nested.gpkg"}}
        (stacks / "nested.json").write_text(json.dumps(content), "utf-8")
        import_invest(stacks / "nested.json", folder / "s")
        with open_study(folder / "s") as study:
            study.run("sediment_delivery_watersheds", workers=1)
            rows = study["sediment_delivery_watersheds"]
        return rows.pivot_table(index="watershed", columns="layer", values="total")

    together = totals(tuple(boxes))
    alone = totals(("whole",))
    assert together.loc["whole"].to_dict() == pytest.approx(alone.loc["whole"].to_dict(), rel=1e-9)
    assert together.loc["quarter"].to_dict() == together.loc["twice"].to_dict()
    assert (together.loc["quarter"] < together.loc["whole"]).all()
    assert (together.loc["across", "usle"]) > 0


def test_a_watershed_tells_how_much_of_it_is_known():
    import geopandas as gpd
    import shapely
    import xarray as xr

    from shanshui.accounts.watersheds import watershed_results
    from shanshui.region.grid import GridSpec

    spec = GridSpec("EPSG:32648", 100.0, 500000.0, 3700000.0, 10, 20)
    values = np.ones(spec.shape, np.float32)
    values[:, :5] = np.nan
    boxes = {
        "half known": shapely.box(500000, 3699000, 501000, 3700000),
        "half inside": shapely.box(501000, 3698000, 502000, 3700000),
        "beyond": shapely.box(900000, 3698000, 901000, 3700000),
    }
    frame = gpd.GeoDataFrame({"name": list(boxes)}, geometry=list(boxes.values()), crs="EPSG:32648")
    layers = xr.Dataset({"rain": spec.lay(values, "mm/yr")})
    rows = watershed_results(layers, frame).set_index("watershed")
    assert rows["share_known"].tolist() == pytest.approx([0.5, 1.0, 0.0])
    assert rows["share_on_map"].tolist() == pytest.approx([1.0, 0.5, 0.0])
    assert rows["total"].tolist() == pytest.approx([500.0, 1000.0, np.nan], nan_ok=True)


def test_older_files_and_two_states(stacks, tmp_path):
    old = {
        "model_name": "natcap.invest.carbon",
        "args": {
            "lulc_cur_path": "lulc.tif",
            "lulc_fut_path": "lulc.tif",
            "carbon_pools_path": "bio.csv",
        },
    }
    (stacks / "old.json").write_text(json.dumps(old), "utf-8")
    made = import_invest(stacks / "old.json", tmp_path / "s")
    assert made.products == ("carbon_stock",)
    assert made.scenarios == {"alternate": ("carbon_stock", "carbon_change")}
    study = open_study(tmp_path / "s").scenario("alternate")
    study.run("carbon_change", workers=1)
    assert float(np.nanmax(np.abs(study["carbon_change"].values))) == 0.0


def test_access_polygons_become_a_map(stacks, tmp_path):
    import geopandas as gpd
    import shapely

    half = shapely.box(500000, 3690000, 500000 + 36 * CELL, 3700000)
    gpd.GeoDataFrame({"id": [1], "access": [0.0]}, geometry=[half], crs="EPSG:32648").to_file(
        stacks / "access.gpkg"
    )
    content = {
        "model_id": "habitat_quality",
        "args": ARGS["habitat_quality"] | {"access_vector_path": "access.gpkg"},
    }
    (stacks / "closed.json").write_text(json.dumps(content), "utf-8")
    import_invest(stacks / "closed.json", tmp_path / "s")
    with rasterio.open(tmp_path / "s" / "accessibility.tif") as file:
        values = file.read(1)
    assert (values[:, :36] == 0).all()
    assert (values[:, 36:] == 1).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model_id": "wind_energy", "args": {}}, "these are read: annual_water_yield"),
        ({"model_id": "sdr"}, "no args"),
        (
            {"model_id": "sdr", "args": ARGS["sdr"] | {"flow_dir_algorithm": "D7"}},
            "expected MFD or D8",
        ),
        ({"model_id": "sdr", "args": ARGS["sdr"] | {"dem_path": "gone.tif"}}, "no file"),
        (
            {
                "model_id": "sdr",
                "args": {k: v for k, v in ARGS["sdr"].items() if k != "biophysical_table_path"},
            },
            "no biophysical_table_path; is the argument file complete",
        ),
    ],
)
def test_files_that_are_not_right_are_refused(stacks, tmp_path, content, message):
    (stacks / "bad.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(StudyError, match=message):
        import_invest(stacks / "bad.json", tmp_path / "s")


def test_a_class_without_a_row_is_named_before_the_run(stacks, tmp_path):
    BIOPHYSICAL.iloc[:3].to_csv(stacks / "short.csv", index=False)
    content = {"model_id": "carbon", "args": ARGS["carbon"] | {"carbon_pools_path": "short.csv"}}
    (stacks / "short.json").write_text(json.dumps(content), "utf-8")
    import_invest(stacks / "short.json", tmp_path / "s")
    problems = [p for v in open_study(tmp_path / "s").verdicts() for p in v.problems]
    assert any("codes 4, 5 are not in the class table" in p for p in problems)
    assert isinstance(BIOPHYSICAL, pd.DataFrame)


def test_only_the_nutrient_that_was_asked_for(stacks, tmp_path):
    content = {"model_id": "ndr", "args": ARGS["ndr"] | {"calc_n": False, "calc_p": True}}
    (stacks / "p.json").write_text(json.dumps(content), "utf-8")
    assert import_invest(stacks / "p.json", tmp_path / "s").products == ("nutrient_delivery_p",)
