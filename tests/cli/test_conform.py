"""The door for plans: a made-up region, answers in Python, as JSON and in files, words of both languages, refusals."""

import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.command import shanshui
from tests.worlds import write_raster

from shanshui import new_study, open_study
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.voice import Voice
from shanshui.zoning.plan_uses import plan_uses

MADE = ("control_lines", "population_density", "region_mask")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conform") / "m"
    new_study(folder, template="made-up", size=64, seed=1, cell_m=1000.0)
    made = open_study(folder)
    made.run(*MADE, workers=2)
    return made


def on(study, code, count=1, half=700.0):
    """Squares about the middles of cells of a line inside the region, away from its rim."""
    line = study["control_lines.line"].values
    inside = study["region_mask"].values == 1
    rows, cols = np.nonzero((line == code) & inside)
    grid = study.grid
    at = np.linspace(0, len(rows) - 1, count).astype(int)
    x, y = grid.x()[cols[at]], grid.y()[rows[at]]
    return [shapely.box(a - half, b - half, a + half, b + half) for a, b in zip(x, y, strict=True)]


@pytest.fixture(scope="module")
def plan(study, tmp_path_factory):
    (red,), (farm,), (town,) = (on(study, code) for code in (1, 2, 3))
    west, _, _, north = study.grid.bounds
    far = shapely.box(west - 3000, north - 3000, west - 1000, north - 1000)
    shapes = [red, farm, town, red, far]
    frame = gpd.GeoDataFrame(
        {
            "名称": ["矿山", "公路", "新区", "=保护区", "机场"],
            "规划用途": ["采矿用地", "公路用地", "居住用地", "自然保护区", "airport"],
        },
        geometry=shapes,
        crs=study.grid.crs,
    )
    path = tmp_path_factory.mktemp("plan") / "plan.gpkg"
    frame.to_crs(4490).to_file(path)
    return path


@pytest.fixture
def folder(study):
    return study.layout.folder


def test_each_feature_is_told_with_line_rule_area_people_and_source(study, plan):
    found = study.conform(plan)
    assert found.verdict == "violates"
    assert found.features["verdict"].tolist()[0] == "violates"
    assert found.features["verdict"].tolist()[3] == "conforms"
    first = found.violations[found.violations["feature"] == 1].iloc[0]
    assert (first["line"], first["rule"], first["name"]) == ("red_line", "R1", "矿山")
    assert 1.0 <= first["area_km2"] <= 1.96 + 1e-9
    assert first["share"] == pytest.approx(first["area_km2"] / 1.96, rel=1e-6)
    assert "2019" in first["source"]
    assert "指导意见" in first["source_zh"]
    second = found.violations[found.violations["feature"] == 2].iloc[0]
    assert (second["line"], second["rule"]) == ("farmland", "F1")


def test_area_and_people_are_those_of_the_cells_under_the_feature(study, plan):
    found = study.conform(plan)
    line, density = study["control_lines.line"].values, study["population_density"].values
    grid = study.grid
    code_of = {"R1": 1, "F1": 2, "T1": 0}
    for row in found.violations.itertuples():
        shape, area, people = found.features.geometry.iloc[row.feature - 1], 0.0, 0.0
        for y, x in np.argwhere(line == code_of[row.rule]):
            left, top = grid.left + x * grid.cell_m, grid.top - y * grid.cell_m
            cell = shapely.box(left, top - grid.cell_m, left + grid.cell_m, top)
            part = cell.intersection(shape).area / 1e6
            area += part
            people += part * density[y, x] if part else 0.0
        assert row.area_km2 == pytest.approx(area, rel=1e-9)
        assert row.people == pytest.approx(people, rel=1e-5)
    assert found.violations["people"].sum() > 0


def test_areas_of_a_feature_are_what_conforms_what_violates_and_what_is_not_known(study, plan):
    found = study.conform(plan).features
    parts = found[["violating_km2", "unknown_km2", "conforming_km2"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(found["area_km2"].tolist())
    assert found["area_km2"].tolist() == pytest.approx((found.area / 1e6).tolist())


def test_what_lies_beyond_the_region_is_not_known_and_overlaps_are_told(study, plan):
    found = study.conform(plan)
    airport = found.features.iloc[4]
    assert airport["verdict"] == "unknown"
    assert airport["outside_km2"] == pytest.approx(airport["area_km2"])
    assert found.overlaps[["first", "second"]].to_numpy().tolist() == [[1, 4]]
    assert found.overlap_km2 == pytest.approx(1.96, rel=1e-6)
    english, chinese = found.noted(Voice("en")), found.noted(Voice("zh"))
    assert any("beyond the region" in note for note in english)
    assert any("1 对图斑相互重叠" in note for note in chinese)


def test_the_command_prints_what_python_answers(study, plan, folder):
    printed = json.loads(shanshui("conform", folder, plan, "--json"))
    assert printed == study.conform(plan).to_dict()
    assert printed["rules"], "no rule was broken: nothing was compared"


def test_the_terminal_speaks_both_languages(plan, folder):
    english = shanshui("conform", folder, plan)
    assert "plan.gpkg: violates" in english
    assert "1 矿山 (mining): violates" in english
    assert "red line, rule R1" in english
    assert "no legal line" in english
    chinese = shanshui("conform", folder, plan, "--lang", "zh")
    assert "plan.gpkg：不符合" in chinese
    assert "图斑 1 矿山（采矿）：不符合" in chinese
    assert "土地管理法" in chinese
    assert "图斑 5 机场（道路）：无法判定" in chinese
    assert "violates" not in chinese


def test_rows_layers_and_json_are_written(study, plan, folder, tmp_path):
    for name in ("o.csv", "o.json", "o.gpkg"):
        assert str(tmp_path / name) in shanshui("conform", folder, plan, "--to", tmp_path / name)
        # the same answer may take the place of itself
        shanshui("conform", folder, plan, "--to", tmp_path / name)
    found = study.conform(plan)
    rows = pd.read_csv(tmp_path / "o.csv")
    assert set(rows["feature"]) == {1, 2, 3, 4, 5}
    assert rows["rule"].notna().sum() == len(found.violations)
    assert rows.loc[rows["feature"] == 4, "name"].tolist() == ["'=保护区"]
    assert json.loads((tmp_path / "o.json").read_text("utf-8")) == found.to_dict()
    parts = gpd.read_file(tmp_path / "o.gpkg", layer="violations")
    assert (parts.area / 1e6).tolist() == pytest.approx(parts["area_km2"].tolist())
    layers = {str(name) for name in gpd.list_layers(tmp_path / "o.gpkg")["name"]}
    assert {"features", "violations", "rules", "overlaps"} <= layers


def test_a_plan_that_conforms_is_written_too(study, folder, tmp_path):
    shapes = on(study, 1, 2)
    path = tmp_path / "p.gpkg"
    gpd.GeoDataFrame({"use": ["park", "water"]}, geometry=shapes, crs=study.grid.crs).to_file(path)
    out = shanshui("conform", folder, path, "--to", tmp_path / "o.gpkg")
    assert "p.gpkg: conforms; of 2 features: violating 0, not known 0, conforming 2" in out
    assert len(gpd.read_file(tmp_path / "o.gpkg", layer="features")) == 2
    shanshui("conform", folder, path, "--to", tmp_path / "o.csv")
    assert pd.read_csv(tmp_path / "o.csv")["verdict"].tolist() == ["conforms", "conforms"]


def test_every_use_can_be_said_of_a_whole_plan(study, plan, folder):
    for use in ("road", "park"):
        found = study.conform(plan, use=use)
        assert set(found.features["use"]) == {use}
    zh = shanshui("conform", folder, plan, "--is", "耕地", "--lang", "zh")
    assert "（耕地）" in zh
    assert plan_uses()["farmland"].words["zh"] == "耕地"


def test_an_order_of_lines_under_other_settings_gives_another_answer(study, plan, folder):
    study.run(
        "control_lines", settings={"control_lines": {"least_town_km2": 9e3}}, variant="no-towns", workers=2
    )  # fmt: skip
    towns = {"use": "residential"}
    own = study.conform(plan, **towns).features.iloc[2]
    other = study.variant("no-towns").conform(plan, **towns).features.iloc[2]
    assert own["conforming_km2"] > other["conforming_km2"]
    out = json.loads(shanshui("conform", folder, plan, "--is", "residential", "--variant", "no-towns", "--json"))  # fmt: skip
    assert out["features"][2]["conforming_km2"] == pytest.approx(other["conforming_km2"], abs=1e-6)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--use", "规划"), "--use: no column '规划'"), (("--is", "quary"), "--is: found 'quary'"),
        (("--least", "-1"), "--least -1: expected square kilometres"), (("--least", "nan"), "--least nan: expected"),
        (("--to", "o.shp"), "'.shp' is not a format of the answer"), (("--crs", "EPSG:0"), "--crs: 'EPSG:0' is not a coordinate system"),
        (("--layer", "b"), "--layer: no layer 'b'"), (("--lang", "fr"), "expected en or zh"), (("--variant", "x"), "no variant 'x'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_one_line(plan, folder, words, says):
    out = shanshui("conform", folder, plan, *words, code=2)
    assert says in out
    assert out.count("\n") == 1


def test_the_plan_is_never_written_over(plan, folder):
    before = plan.read_bytes()
    out = shanshui("conform", folder, plan, "--to", plan, "--overwrite", code=2)
    assert "is an input, and is never written over" in out
    assert plan.read_bytes() == before


def test_lines_that_are_not_made_or_not_up_to_date_are_refused(study, plan, tmp_path):
    new_study(tmp_path / "n", template="made-up", size=64, seed=1, cell_m=1000.0)
    with pytest.raises(PlanError, match="control_lines.line is not made yet; run first: shanshui run .* control_lines"):  # fmt: skip
        open_study(tmp_path / "n").conform(plan)
    shutil.copytree(study.layout.folder, tmp_path / "old")
    file = tmp_path / "old" / "study.toml"
    text = file.read_text("utf-8")
    file.write_text(f"{text}\n[steps.control_lines]\ngrowth_m = 5000\n", "utf-8")
    with pytest.raises(PlanError, match="control_lines.line is not up to date.*make it anew"):
        open_study(tmp_path / "old").conform(plan)


def test_a_study_of_ground_alone_says_what_the_lines_lack(tmp_path, plan):
    rows = np.add.outer(np.arange(40.0), np.arange(40.0)) + 100
    write_raster(tmp_path / "dem.tif", rows)
    new_study(tmp_path / "s", elevation=tmp_path / "dem.tif")
    with pytest.raises(PlanError, match="cannot make control_lines.line"):
        open_study(tmp_path / "s").conform(plan)


def test_people_that_are_not_made_are_told_and_not_nobody(plan, tmp_path):
    new_study(tmp_path / "n", template="made-up", size=64, seed=1, cell_m=1000.0)
    bare = open_study(tmp_path / "n")
    bare.run("control_lines", "region_mask", workers=2)
    assert not bare.has("population_density")
    found = bare.conform(plan)
    assert len(found.violations) > 0
    assert found.violations["people"].isna().all()
    assert any("People are not told" in note for note in found.noted(Voice()))
    assert found.to_dict()["features"][0]["violations"][0]["people"] is None
    assert ", – people" in shanshui("conform", tmp_path / "n", plan)


def test_a_least_area_that_is_none_is_refused(study, plan):
    with pytest.raises(QuantityError, match="--least"):
        study.conform(plan, least_km2=float("inf"))
