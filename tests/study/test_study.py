import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from tests.worlds import squares, valley, write_raster

from shanshui import new_study, open_study
from shanshui.core.errors import DataError, PlanError, ShanshuiError, StudyError
from shanshui.core.voice import Voice
from shanshui.flow.steps import Step
from shanshui.study.file import json_schema
from shanshui.study.upkeep import parse_settings


def test_importing_takes_no_time_and_loads_no_gdal():
    code = "import sys, time; t = time.perf_counter(); import shanshui; assert 'rasterio' not in sys.modules and 'pandas' not in sys.modules; print(shanshui.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "open_study" in done.stdout


def test_the_shipped_schema_is_that_of_the_model():
    shipped = Path(__file__).resolve().parents[2] / "src/shanshui/study/study.schema.json"
    assert shipped.read_text("utf-8") == json_schema()


def test_the_survey_of_the_made_up_region_is_whole(region):
    states = region.states()
    absent = {n for n, s in states.items() if s.startswith("cannot be made")}
    assert {n for n, s in states.items() if s != "made"} == absent
    # what needs data that the made-up region does not make
    assert absent == {
        "land_cover_fine",
        "habitat_rarity",
        "carbon_stock_before",
        "carbon_change",
        "carbon_value",
        "quick_flow",
        "water_retention_index",
        "water_supply",
        "hydropower",
        "extent_account",
        "extent_series",
        "value_series",
        "karst_sensitivity",
        "massif_zones",
        "service_hubs",
        "overlay_score",
        "household_multipliers",
        "output_change",
        "regional_spillover",
        "construction_jobs",
        "balanced_flows",
        "building_cooling",
        "crop_production",
        "crop_regression",
        "crop_regression_totals",
        "crop_totals",
        "farm_pollination",
        "pollination",
        "scenic_quality",
        "storm_retention",
        "storm_service",
        "urban_cooling",
        "zone_heat",
        "monthly_rain_days",
        "seasonal_recharge",
        "baseflow",
        "screening_quality",
        "treatment_plants",
        "early_warning",
        "fault_distance",
        "site_hazard",
        "site_sensitivity",
    }
    mask = region["region_mask"]
    km2 = float(mask.values.sum()) * region.grid.cell_km2
    assert region["planning_units"]["area_km2"].sum() == pytest.approx(km2)
    assert region["basins_3"]["area_km2"].sum() == pytest.approx(km2)
    assert region["boundary"].area.sum() / 1e6 == pytest.approx(km2, rel=0.01)
    assert region["drainage_check"]["undrained"].iloc[0] == 0
    assert set(region["unit_population"]["year"]) == {2010, 2020}


def test_every_product_opens_in_gdal_with_its_place(region):
    path = region.layout.products / "slope.tif"
    with rasterio.open(path) as file:
        assert file.crs == rasterio.CRS.from_user_input(region.grid.crs)
        assert file.transform == region.grid.transform
        np.testing.assert_array_equal(file.read(1), region["slope"].values)
        assert file.tags()["units"] == "degree"


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        new_study(tmp_path / name, size=72, seed=5)
    for file in sorted((tmp_path / "a/data").iterdir()):
        assert file.read_bytes() == (tmp_path / "b/data" / file.name).read_bytes(), file.name
    new_study(tmp_path / "c", size=72, seed=6)
    assert (tmp_path / "c/data/elevation.tif").read_bytes() != (
        tmp_path / "a/data/elevation.tif"
    ).read_bytes()


def test_a_made_up_region_is_the_same_ground_at_any_cell(tmp_path):
    for name, size, cell in (("coarse", 420, 200.0), ("fine", 840, 100.0)):
        new_study(tmp_path / name, size=size, cell_m=cell, seed=1)
    heights = []
    for name in ("coarse", "fine"):
        with rasterio.open(tmp_path / name / "data/elevation.tif") as file:
            heights.append(file.read(1))
    coarse, fine = heights[0], heights[1].reshape(420, 2, 420, 2).mean(axis=(1, 3))
    assert np.corrcoef(coarse.ravel(), fine.ravel())[0, 1] > 0.995


def test_one_changed_setting_runs_only_its_consumers(region):
    settings = {"slope_class": {"limits_deg": (5.0, 15.0)}}
    outcome = region.run(settings=settings)
    assert set(outcome.made) == {"slope_class", "unit_slope_classes"}
    assert region.run().made == []
    region.sweep(outcome.variant)


def test_tables_are_keyed_by_unit(region):
    units = region["planning_units"].index
    for name in ("unit_terrain", "unit_slope_classes", "unit_climate"):
        assert region[name].index.equals(units), name
    assert set(region["unit_land_cover"]["unit"]) == set(units)


def test_products_are_explained_back_to_the_files(region):
    names = [link.name for link in region.explain("unit_population")]
    assert {"population", "counties", "elevation", "settlement_weight"} <= set(names)
    files = [link.source for link in region.explain("slope") if link.summary == "input"]
    assert files[0].endswith("elevation.tif")


def test_unknown_products_are_answered_with_the_nearest(region):
    with pytest.raises(PlanError, match="did you mean 'slope'"):
        region["slop"]
    with pytest.raises(PlanError, match="did you mean 'planning_units'"):
        region.run("planing_units")
    with pytest.raises(PlanError, match="cannot be made here: no input 'land_cover_areas'"):
        region["land_cover_fine"]


# bring your own


def test_any_elevation_is_enough(tmp_path):
    write_raster(
        tmp_path / "dem.tif", valley(80, 90).values, crs="EPSG:32649", left=500000.0, top=3700000.0
    )
    new_study(tmp_path / "s", elevation=tmp_path / "dem.tif")
    study = open_study(tmp_path / "s")
    assert (
        study.grid.crs == "EPSG:32649"
    )  # within its zone a UTM grid is kept: nothing is resampled
    assert study.grid.shape == (80, 90)
    study.run(workers=2)
    assert study["planning_units"]["area_km2"].sum() == pytest.approx(72.0)
    np.testing.assert_array_equal(study["elevation"].values, valley(80, 90).values)
    assert "boundary" not in study.plan.steps


def test_degrees_get_an_equal_area_system_and_a_boundary_is_honoured(tmp_path):
    write_raster(
        tmp_path / "dem.tif",
        valley(120, 120).values,
        crs="EPSG:4326",
        cell=0.001,
        left=107.0,
        top=33.12,
    )
    box = (
        squares(1, 1, 1.0, parts=1)
        .set_geometry([__import__("shapely").box(107.03, 33.03, 107.09, 33.09)])
        .set_crs(4326, allow_override=True)
    )
    box.reset_index(drop=True).to_file(tmp_path / "b.gpkg")
    new_study(
        tmp_path / "s", elevation=tmp_path / "dem.tif", boundary=tmp_path / "b.gpkg", cell_m=100
    )
    study = open_study(tmp_path / "s")
    assert study.grid.area_distortion() < 1e-6
    study.run("planning_units", workers=2)
    assert study["planning_units"]["area_km2"].sum() == pytest.approx(
        study["boundary"].area.sum() / 1e6, rel=0.02
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"template": "qinbaa"}, "did you mean 'qinba'"),
        ({"template": "qinba"}, "--data FOLDER is needed"),
        ({"template": "qinba", "data": "nowhere"}, "no such folder"),
        ({"elevation": "nowhere.tif"}, "no file nowhere.tif"),
        ({"size": 10}, "at least 64"),
        ({"crs": 4326}, "in degrees"),
        ({"crs": "nonsense"}, "not a coordinate system"),
        ({"cell_m": -5}, "expected a side in metres, from"),
    ],
)
def test_studies_that_cannot_be_are_refused_and_leave_nothing(tmp_path, options, says):
    with pytest.raises(ShanshuiError, match=says):
        new_study(tmp_path / "s", **options)
    assert not (tmp_path / "s" / "study.toml").exists()


def test_elevation_without_a_system_needs_one(tmp_path):
    write_raster(tmp_path / "dem.tif", valley().values, crs=None, left=500000.0, top=3700000.0)
    with pytest.raises(DataError, match="give --crs"):
        new_study(tmp_path / "s", elevation=tmp_path / "dem.tif")
    new_study(tmp_path / "s", elevation=tmp_path / "dem.tif", crs=32649)
    study = open_study(tmp_path / "s")
    study.run("slope")
    assert study["slope"].shape == (40, 60)


def test_a_study_is_never_overwritten(tmp_path):
    new_study(tmp_path / "s", size=64)
    with pytest.raises(StudyError, match="there is a study already"):
        new_study(tmp_path / "s", size=64)


# the study file


@pytest.fixture
def bare(tmp_path):
    write_raster(tmp_path / "dem.tif", valley().values)
    new_study(tmp_path / "s", elevation=tmp_path / "dem.tif")
    return tmp_path / "s" / "study.toml"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[inputs.elevation]", "[inputs.elevatoin]", "did you mean 'elevation'"),
        ("file = ", "fle = ", "no field 'inputs.elevation.fle'; did you mean 'file'"),
        ("cell_m = 100.0", "cell_m = -1", "grid.cell_m: .*greater than or equal to"),
        ("[study]", "[stduy]", "no field 'stduy'; did you mean 'study'"),
        ("[study]", "[study", "not valid TOML"),
        ('crs = "EPSG:6933"', 'crs = "EPSG:4326"', "in degrees"),
    ],
)
def test_faults_of_the_study_file_are_located(bare, old, new, says):
    text = bare.read_text("utf-8")
    assert old in text
    bare.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(StudyError, match=says):
        open_study(bare.parent)


def test_settings_of_the_study_file_are_checked(bare):
    text = bare.read_text("utf-8")
    bare.write_text(text + "\n[steps.planning_unit_labels]\ntarget_area = 5.0\n", "utf-8")
    with pytest.raises(PlanError, match="did you mean 'target_area_km2'"):
        open_study(bare.parent).plan  # noqa: B018
    bare.write_text(text + "\n[steps.slope_class]\nlimits_deg = [10.0, 20.0]\n", "utf-8")
    item = open_study(bare.parent).plan.steps["slope_class"]
    assert isinstance(item, Step)
    assert item.settings == {"limits_deg": (10.0, 20.0)}


def test_settings_on_the_command_line():
    assert parse_settings(["a.b=1", "a.c=x=y"]) == {"a": {"b": "1", "c": "x=y"}}
    with pytest.raises(StudyError, match=r"expected STEP.SETTING=VALUE"):
        parse_settings(["a=1"])


def test_a_wrong_digest_of_a_file_is_another_edition(bare):
    bare.write_text(
        bare.read_text("utf-8").replace(
            "[inputs.elevation]", '[inputs.elevation]\nsha256 = "00ff"'
        ),
        "utf-8",
    )
    with pytest.raises(DataError, match="another edition"):
        open_study(bare.parent).run("slope")


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on(tmp_path):
    new_study(tmp_path / "s", size=420, seed=2)
    command = [
        sys.executable,
        "-m",
        "shanshui.cli.main",
        "run",
        str(tmp_path / "s"),
        "--json",
        "--workers",
        "1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    made = 0
    for line in process.stdout:
        made += json.loads(line)["kind"] == "made"
        if made == 8:
            process.kill()
            break
    process.wait()
    process.stdout.close()
    assert made == 8
    started = time.perf_counter()
    study = open_study(tmp_path / "s")
    outcome = study.run(workers=2)
    assert len(outcome.known) >= 8
    assert list(study.layout.temporary.glob("*")) == []
    assert study.run().made == []
    assert time.perf_counter() > started


@pytest.mark.golden
def test_the_golden_numbers_of_the_made_up_region(region):
    """Numbers of seed 3, 96 x 96, 500 m: a change here is a change of science and needs a news fragment."""
    found = {
        "units": len(region["planning_units"]),
        "relief_window": region["relief_window"],
        "elevation_mean": float(region["elevation"].mean()),
        "slope_mean": float(region["slope"].mean()),
        "highest_order": int(region["stream_order"].max()),
        "largest_basin_km2": float(region["upstream_area"].max()),
        "people_2020": float(region["unit_population"].query("year == 2020")["population"].sum()),
        "forest_km2": float(region["unit_land_cover"].query("`class` <= 3")["area_km2"].sum()),
        "water_retained_mm": float(region["water_retention.retained"].mean()),
        "soil_retained_t_ha": float(region["soil_retention.retained"].mean()),
        "sediment_export_t_ha": float(region["sediment_delivery.sed_export"].mean()),
        "nitrogen_export_kg_ha": float(region["nutrient_delivery.total_export"].mean()),
        "habitat_quality": float(region["habitat_quality.habitat_quality"].mean()),
        "carbon_t_ha": float(region["carbon_stock.carbon"].mean()),
        "gep_yuan": float(region["gep"].set_index("service").loc["total", "value"]),
        "extremely_important_cells": int((region["protection_importance"].values == 1).sum()),
        **{
            f"line_of_{row.cover}": row.share
            for row in region["red_line_cover"].itertuples()
            if row.cover in ("forest", "farmed", "built")
        },
        "extreme_of_farmed": float(
            region["importance_cuts"].query("service == 'any' and cut == 0.5")["of_farmed"].iloc[0]
        ),
        "reserves_captured": float(region["sources"].attrs["capture"]),
        "source_km2": float(region["sources"]["area_km2"].sum()),
        "corridor_km": float(region["corridors"]["length_km"].sum()),
        "corridor_cost": float(region["corridors"]["cost"].sum()),
        "current": float(np.nansum(region["pinch_points"].values)),
        "barrier": float(np.nansum(region["barriers"].values)),
        "nodes": len(region["nodes"]),
        "corridor_frequency": float(
            np.nansum(region["pattern_stability.corridor_frequency"].values)
        ),
        "industry_score": float(region["industry_evaluation"]["score"].sum()),
        "influence": float(region["linkages"]["influence"].max()),
        "emerging_firms": int(region["emerging_firms"].attrs["accepted"]),
        "stage_score": float(region["industrial_stage"]["score"].sum()),
        "mentions": int(region["report_attention"]["mentions"].sum()),
        "open_industries": float(np.nanmean(region["open_industries.if_clear"].values)),
        "herbs_placed_ha": float(region["layout"].attrs["placed_ha"]),
        "jobs_moved": float(region["relocation"]["jobs"].sum()),
        "symbiosis_yuan": float(region["symbiosis"].attrs["gain"]),
        "forest_edges_m": float(
            region["landscape_metrics"].query("level == 'class' and metric == 'te'")["value"].sum()
        ),
    }
    stored = pd.read_json(Path(__file__).with_name("golden.json"), typ="series")
    report = pd.DataFrame({"stored": stored, "found": pd.Series(found)})
    assert np.allclose(report["stored"], report["found"], rtol=1e-5), f"\n{report}"


def test_units_sum_to_the_account_of_the_region(region):
    account = region["gep"]
    # with what tables tell of them
    total = float(account.set_index("service").loc["total", "value"])
    for level in ("unit", "county", "prefecture"):
        assert region[f"{level}_gep"]["total"].sum() == pytest.approx(total, rel=2e-3), level
    counted = account[account["counts"] & account["value"].notna()]
    mapped = counted["flow"].isin(set(region["unit_amounts"]["flow"]))
    # services all of whose flows are maps
    whole = mapped.groupby(counted["service"]).all()
    by_service = counted.groupby("service")["value"].sum()[whole]
    assert len(by_service) >= 6
    for level in ("unit", "prefecture"):
        told = region[f"{level}_gep"][list(by_service.index)].sum()
        np.testing.assert_allclose(told, by_service, rtol=5e-3, err_msg=level)
    use = region["supply_use"]
    total = float(counted.loc[mapped, "value"].sum())
    assert use[use["table"] == "supply"]["value"].sum() == pytest.approx(total, rel=1e-6)
    assert use[use["table"] == "use"]["value"].sum() == pytest.approx(total, rel=1e-6)


def test_an_account_leads_back_to_every_map_and_table(region):
    inputs = {link.name for link in region.explain("gep") if link.summary == "input"}
    assert {
        "elevation",
        "land_cover",
        "biophysical",
        "soil_erodibility",
        "gdp",
        "productivity",
        "monthly_precipitation",
    } <= inputs


def test_a_frame_can_be_set_for_a_run(region):
    before = region["gep"]["frame"].iloc[0]
    outcome = region.run("gep_summary", settings={"gep": {"frame": "xie2015"}}, workers=1)
    assert region.variant(outcome.variant)["gep"]["frame"].iloc[0] == "xie2015"
    assert region["gep"]["frame"].iloc[0] == before
    region.sweep(outcome.variant)


def test_chapters_can_be_asked_by_name(region):
    assert "gep" in region.targets(["accounts"])
    assert "red_line_candidate" in region.targets(["pattern"])
    assert "slope" not in region.targets(["accounts"])


def test_two_dates_of_carbon_are_of_one_maturity(region, tmp_path):
    """A study that gains an earlier land cover: nothing but the cover may differ between the two stocks."""
    import shutil

    from shanshui import open_study

    folder = tmp_path / "s"
    folder.mkdir()
    shutil.copytree(region.layout.folder / "data", folder / "data")
    text = (region.layout.folder / "study.toml").read_text("utf-8")
    text += '\n[inputs.land_cover_before]\nfile = "land_cover.tif"\nclasses = "made-up"\n'
    (folder / "study.toml").write_text(text, "utf-8")
    study = open_study(folder)
    study.run("carbon_change", "extent_account", "habitat_rarity", workers=2)
    assert float(np.nanmax(np.abs(study["carbon_change"].values))) == 0.0
    account = study["extent_account"]
    assert (account["from_class"] == account["to_class"]).all()
    np.testing.assert_allclose(np.nanmax(study["habitat_rarity"].values), 0.5)


def test_validation_of_the_region_says_what_forces_an_agreement(region):
    import json
    import re

    from tests.command import shanshui

    said = json.loads(shanshui("validate", region.layout.folder, "--json"))
    rows = {(r["measure"], r["subject"]): r for r in said["statements"]}
    assert {r["chapter"] for r in rows.values()} == {
        "survey",
        "accounts",
        "pattern",
        "industry",
        "zoning",
    }
    assert all(r["verdict"] in said["counts"] for r in rows.values())
    # what stands beside a statement in Chinese holds no English phrase
    zh = Voice("zh")
    for row in rows.values():
        texts = [row["forced_zh"]]
        for name in ("statement", "source", "note"):
            phrase = json.dumps(row[f"{name}_said"]) if row[f"{name}_said"] else ""
            texts.append(zh.tell({name: row[name], f"{name}_said": phrase}, name))
        for text in texts:
            assert not re.search(r"[A-Za-z]{2,} [a-z]{2,}", text), text
    assert rows["people_kept", ""]["verdict"] == "agrees"
    assert rows["forest_to_farmed", ""]["verdict"] == "forced"
    assert "leave_out" in rows["forest_to_farmed", ""]["forced"]
    assert said["counts"] == {
        k: sum(r["verdict"] == k for r in rows.values())
        for k in ("agrees", "differs", "forced", "unknown", "not tried")
    }
    text = shanshui("validate", region.layout.folder)
    assert text.strip().endswith(f"not tried {said['counts']['not tried']}")


def test_the_economy_of_counties_adds_up_to_that_of_prefectures(region):
    made, whole = region["county_gdp"], region["gdp"]
    year = int(made["year"].iloc[0])
    told = whole[whole["year"] == year].set_index(["code", "sector"])["yuan"]
    sums = made.groupby(["prefecture", "sector"])["yuan"].sum()
    assert sums.to_dict() == pytest.approx({key: told[key] for key in sums.index}, rel=1e-9)
    counties = region["county_mismatch"]
    assert set(counties["basis"]) == {"counties"}
    assert counties["gdp_share"].sum() == pytest.approx(1.0)
    # the town makes more on a km2 than any other ground, and the mountains have more nature than product
    dense = counties["gdp"] / region["county_gep"]["area_km2"].reindex(counties["unit"]).to_numpy()
    assert counties.loc[dense.idxmax(), "code"] == "100001"
    assert counties.set_index("code").loc["100001", "mismatch"] < 1
    steep = region["county_gep"]["clim"].idxmax()
    assert counties.set_index("unit").loc[steep, "mismatch"] > 1
    assert set(region["county_stage"]["code"]) == set(made["code"])
    assert region["product_share"].set_index("figure").loc["counties_known", "value"] > 0
    ranked = region["county_evaluation"].dropna(subset=["rank"])
    assert (ranked["known_weight"] >= 0.33).all()
