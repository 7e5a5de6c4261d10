"""Scenarios: declared, laid upon each other, run, compared, previewed, dropped; the study itself is left alone."""

import json
import re
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.command import shanshui
from tests.worlds import squares, valley, write_raster

from shanshui import new_study, open_study
from shanshui.core.errors import DataError, PlanError, ShanshuiError, StudyError
from shanshui.core.voice import Voice
from shanshui.queries.comparison.sentences import sentences

RAISED = "elevation + 100 where slope > 5"
MADE = ("unit_slope_classes", "slope_class", "counties", "county_cells")


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    write_raster(folder / "dem.tif", valley(40, 50).values)
    write_raster(folder / "higher.tif", valley(40, 50).values + 50)
    squares(40, 50).to_crs(4326).to_file(folder / "counties.gpkg")
    new_study(folder / "s", elevation=folder / "dem.tif")
    text = (folder / "s/study.toml").read_text("utf-8")
    (folder / "s/study.toml").write_text(
        text + f'\n[inputs.counties]\nfile = "{folder / "counties.gpkg"}"\n', "utf-8"
    )
    with open_study(folder / "s") as study:
        study.run(*MADE, workers=1)
    return folder


@pytest.fixture
def folder(start, tmp_path):
    shutil.copytree(start, tmp_path / "w", symlinks=True)
    return tmp_path / "w/s"


def scenario(folder, name, **words):
    place = folder / "scenarios" / f"{name}.toml"
    place.parent.mkdir(exist_ok=True)
    place.write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in words.items()), "utf-8")
    return place


def declared(folder, text):
    file = folder / "study.toml"
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def tree(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


# what is made


def test_only_what_a_scenario_reaches_is_made_and_the_study_is_left_alone(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    before = tree(folder / "products")
    view = study.scenario("higher")
    outcome = view.run(*MADE, workers=1)
    assert "counties" not in outcome.made
    assert "counties" not in view.reached
    assert {"elevation", "slope", "slope_class"} <= set(outcome.made)
    assert {
        k: v for k, v in tree(folder / "products").items() if not k.startswith("higher/")
    } == before
    base, raised = study["elevation"].values, view["elevation"].values
    steep = study["slope"].values > 5
    assert steep.any()
    np.testing.assert_array_equal(raised, np.where(steep, base + np.float32(100), base))
    # again: nothing is made; and what is the study's own is the study's own
    assert view.run(*MADE, workers=1).made == []
    assert view.record("counties").variant == ""
    assert not any("@" in name for name in (*view.states(), *view.reached_states()))
    assert not study.verify()


def test_a_scenario_may_stand_in_the_study_file_or_in_a_file_of_its_own(folder):
    declared(folder, "[scenarios.flat.steps.slope_class]\nlimits_deg = [5, 15]\n")
    scenario(folder, "other", steps={}) if False else scenario(folder, "other", note="nothing yet")
    study = open_study(folder)
    assert list(study.scenarios) == ["flat", "other"]
    assert study.scenario("flat").run("slope_class", workers=1).made == ["slope_class"]
    assert study.scenario("other").reached == set()
    scenario(folder, "flat", note="twice")
    with pytest.raises(StudyError, match="'flat' stands in study.toml too"):
        _ = open_study(folder).scenarios


def test_a_scenario_upon_a_scenario_takes_what_the_first_became(folder):
    scenario(folder, "higher", measures=[RAISED])
    scenario(folder, "both", parent="higher", measures=["elevation * 2"])
    study = open_study(folder)
    study.scenario("both").run("elevation", workers=1)
    study.scenario("higher").run("elevation", workers=1)
    one, two = (
        study.scenario("higher")["elevation"].values,
        study.scenario("both")["elevation"].values,
    )
    np.testing.assert_array_equal(two, one * 2)


def test_measures_come_one_after_another_and_a_rule_asks_the_ground_as_it_was(folder):
    scenario(
        folder,
        "steps",
        measures=["elevation = 0 where elevation < 350", "elevation + 1 where elevation == 0"],
    )
    study = open_study(folder)
    view = study.scenario("steps")
    view.run("elevation", workers=1)
    low = study["elevation"].values < 350
    assert low.any()
    assert not low.all()
    np.testing.assert_array_equal(
        view["elevation"].values, np.where(low, np.float32(1), study["elevation"].values)
    )


def test_an_input_replaced_is_the_study_with_that_file(folder, start):
    declared(folder, f'[scenarios.filled.inputs.elevation]\nfile = "{start / "higher.tif"}"\n')
    view = open_study(folder).scenario("filled")
    view.run("slope", workers=1)
    np.testing.assert_array_equal(
        view["elevation"].values, open_study(folder)["elevation"].values + 50
    )
    names = [v.name for v in open_study(folder).verdicts()]
    assert "filled: elevation" in names


def test_ground_outside_the_region_stays_as_it_was(region, tmp_path):
    shutil.copytree(region.layout.folder, tmp_path / "w")
    study = open_study(tmp_path / "w")
    scenario(study.layout.folder, "same", measures=["land_cover = 5 where land_cover == 5"])
    view = study.scenario("same")
    view.run("land_cover", workers=1)
    assert (study["region_mask"].values == 0).any()
    np.testing.assert_array_equal(view["land_cover"].values, study["land_cover"].values)
    scenario(study.layout.folder, "dry", measures=["precipitation * -1"])
    with pytest.raises(ShanshuiError, match="plausible is 0 to 12000"):
        open_study(tmp_path / "w").scenario("dry").run("precipitation", workers=1)
    scenario(
        study.layout.folder, "more", measures=["population.population * 1.1 where year == 2020"]
    )
    study = open_study(tmp_path / "w")
    study.scenario("more").run("population", workers=1)
    found = study.compare("base", "more", "population")
    people = study["population"]
    now = people[people["year"] == 2020]["population"].sum()
    assert (found.year, found.before) == (2020, pytest.approx(now))
    assert found.change == pytest.approx(0.1 * now)
    assert sentences(found, Voice())[0].startswith("Population 2020, from base to more")
    with pytest.raises(PlanError, match="expected names one by one"):
        study.run(["gep"])


def test_shapes_say_where_and_those_outside_are_refused(folder):
    study = open_study(folder)
    left, bottom, right, top = study.grid.bounds
    half = gpd.GeoDataFrame(
        geometry=[shapely.box(left, bottom, (left + right) / 2, top)], crs=study.grid.crs
    )
    half.to_file(folder / "half.gpkg")
    scenario(folder, "half", measures=["elevation = 1 in half.gpkg where elevation > 0"])
    view = open_study(folder).scenario("half")
    view.run("elevation", workers=1)
    nx = study.grid.nx
    assert (view["elevation"].values[:, : nx // 2] == 1).all()
    assert (view["elevation"].values[:, nx // 2 :] != 1).all()
    half.translate(1e6, 0).to_frame("geometry").set_crs(study.grid.crs).to_file(
        folder / "away.gpkg"
    )
    scenario(folder, "away", measures=["elevation = 1 in away.gpkg"])
    with pytest.raises(DataError, match="has nothing inside the study"):
        open_study(folder).scenario("away").run("elevation", workers=1)
    scenario(folder, "nowhere", measures=["elevation = 1 where elevation > 9000"])
    with pytest.raises(
        DataError,
        match="scenario 'nowhere': 'elevation = 1 where elevation > 9000' changes no cell",
    ):
        open_study(folder).scenario("nowhere").run("slope", workers=1)


# bad input


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"parent": "bass"}, "no parent 'bass'; did you mean 'base'"),
        ({"parent": "x"}, "is its own parent by x -> x"),
        ({"measures": ["elevatio + 1"]}, "no product 'elevatio'; did you mean 'elevation'"),
        ({"measures": ["elevation + 1 where slop > 3"]}, "no product 'slop'; did you mean 'slope'"),
        (
            {"measures": ["elevation drop where slope > 3"]},
            "is a grid: its cells can be changed, not dropped",
        ),
        ({"measures": ["counties = 3"]}, "name a column"),
        ({"measures": ["elevation becomes 3"]}, "cannot be read"),
        (
            {"measures": ["elevation + 1 where counties > 3"]},
            "'counties' is a features; a rule for cells asks grids",
        ),
        (
            {"measures": ["slope.steep * 2"]},
            "'slope' is a grid: there is no 'steep' of it to change",
        ),
        (
            {"measures": ["elevation + 1 where slope > 'high'"]},
            "'high' is a word, and words have no order",
        ),
        ({"measures": ["elevation add x.tif"]}, "cannot be added to another"),
        ({"measures": ["counties add nowhere.gpkg"]}, "nowhere.gpkg"),
        ({"without": ["roads"]}, "no input 'roads' is bound"),
        ({"without": ["raods"]}, "no input 'raods'; did you mean 'roads'"),
        ({"measure": ["elevation + 1"]}, "no field 'measure'; did you mean 'measures'"),
    ],
)
def test_what_is_no_scenario_is_refused_in_words(folder, words, expected):
    scenario(folder, "x", **words)
    with pytest.raises(ShanshuiError, match=expected):
        open_study(folder).scenario("x")


def test_unknown_settings_cycles_and_names(folder):
    declared(folder, "[scenarios.a.steps.slope_class]\nlimit_deg = [5, 15]\n")
    with pytest.raises(
        PlanError, match="no setting 'limit_deg'; did you mean 'limits_deg'|limits_deg"
    ):
        open_study(folder).scenario("a")
    scenario(folder, "b", parent="c")
    scenario(folder, "c", parent=["base", "b"])
    with pytest.raises(StudyError, match="is its own parent by b -> c -> b"):
        open_study(folder).scenario("b")
    (folder / "scenarios/b.toml").unlink()
    (folder / "scenarios/c.toml").unlink()
    scenario(folder, "base", note="no")
    with pytest.raises(StudyError, match="is the study itself"):
        open_study(folder).scenario("a")


def test_of_two_that_set_the_same_the_later_wins_and_it_is_said(folder):
    for name, limits in (("one", [5.0, 15.0]), ("two", [3.0, 9.0])):
        place = scenario(folder, name, note=name)
        place.write_text(
            place.read_text("utf-8") + f"[steps.slope_class]\nlimits_deg = {limits}\n", "utf-8"
        )
    scenario(folder, "both", parent=["one", "two"])
    view = open_study(folder).scenario("both")
    assert [str(o) for o in view.overridden] == ["steps.slope_class.limits_deg: two wins over one"]
    assert view.file.steps["slope_class"]["limits_deg"] == [3.0, 9.0]
    assert "two wins over one" in shanshui("scenario", folder, "show", "both")


def test_a_file_added_outside_is_refused_and_one_replaced_takes_what_was_added_with_it(folder):
    study = open_study(folder)
    left, bottom, right, top = study.grid.bounds
    shape = gpd.GeoDataFrame(
        {"code": ["999"], "name": ["far"], "parent": [""]},
        geometry=[shapely.box(left + 1e6, bottom, right + 1e6, top)],
        crs=study.grid.crs,
    )
    shape.to_file(folder / "far.gpkg")
    scenario(folder, "far", measures=["counties add far.gpkg"])
    with pytest.raises(
        DataError, match="scenario 'far': counties add far.gpkg: .* has nothing inside the study"
    ):
        open_study(folder).scenario("far").run("counties", workers=1)
    file = study.file.specs()["counties"][0].file
    place = scenario(folder, "upon", parent="far")
    place.write_text(place.read_text("utf-8") + f'[inputs.counties]\nfile = "{file}"\n', "utf-8")
    view = open_study(folder).scenario("upon")
    assert [str(o) for o in view.overridden] == [
        "inputs.counties, to which far does something: upon wins over far"
    ]
    assert view.run("counties", workers=1).made == []


def test_a_broken_scenario_leaves_the_others_alone(folder):
    scenario(folder, "bad", parent="bad")
    scenario(folder, "good", measures=[RAISED])
    open_study(folder).scenario("good").run("elevation", workers=1)
    rows = json.loads(shanshui("scenario", folder, "list", "--json"))
    assert [bool(r["fault"]) for r in rows] == [True, False]
    assert "own parent" in rows[0]["fault"]
    told = {v.name: v for v in open_study(folder).verdicts()}
    assert "own parent" in told["bad"].problems[0]
    assert not told["bad"].needed
    (folder / "scenarios/bad.toml").write_text("parent = [", "utf-8")
    assert "slope" in shanshui("list", folder)


# compared


def test_differences_by_place_sum_to_the_region_and_tell_who_gains(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    study.run("region_mask", "planning_units", workers=1)
    study.scenario("higher").run(*MADE, workers=1)
    found = study.compare("base", "higher", "elevation")
    base, raised = study["elevation"].values, study.scenario("higher")["elevation"].values
    assert found.unit == "m"
    assert found.change == pytest.approx(float((raised - base).mean(dtype=np.float64)))
    assert found.changed == np.count_nonzero(raised != base)
    np.testing.assert_array_equal(found.cells.values, raised - base)
    places = found.places[found.places["level"] == "county"]
    assert (places["change"] * places["area_km2"]).sum() / places[
        "area_km2"
    ].sum() == pytest.approx(found.change)
    assert found.gains("county")["change"].is_monotonic_decreasing
    assert found.losses("county").empty
    # what lies outside the region is no part of the figure
    view = study.scenario("higher")
    mask = study["region_mask"].values == 1
    assert found.compared == np.count_nonzero(mask & np.isfinite(base))
    assert view.has("elevation")
    said = sentences(found, Voice())
    assert said[0].startswith("Elevation, from base to higher: ")
    assert said[-1] == "It falls in no county."
    assert sentences(found, Voice("zh"))[0].startswith("高程，由现状到higher：")
    back = study.compare("higher", "base", "elevation")
    assert back.change == pytest.approx(-found.change)


def test_classes_say_which_ground_goes_where_and_tables_row_by_row(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    view = study.scenario("higher")
    view.run(*MADE, workers=1)
    found = study.compare("base", "higher", "slope_class")
    one, two = study["slope_class"].values, view["slope_class"].values
    assert found.rows["cells"].sum() == np.count_nonzero(one != two) == found.changed
    first = found.rows.iloc[0]
    assert first["cells"] == np.count_nonzero((one == first["from"]) & (two == first["to"]))
    rows = study.compare("base", "higher", "unit_slope_classes").rows
    merged = view["unit_slope_classes"].reset_index()
    column = rows["column"].iloc[0]
    total = rows[rows["column"] == column]["after"].sum()
    assert total == pytest.approx(merged[column].sum())
    assert {"slope", "slope_class", "elevation"} <= set(study.differing("base", "higher"))
    assert study.compare("base", "higher", "slope_class").places.empty != study.has("region_mask")
    with pytest.raises(
        PlanError,
        match="not made yet in scenario higher; run it: shanshui run .* relief_degree --scenario higher|not made yet; run it",
    ):
        study.compare("base", "higher", "relief_degree")


def test_a_comparison_is_written_in_each_format(folder, tmp_path):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    study.run("region_mask", workers=1)
    study.scenario("higher").run(*MADE, workers=1)
    out = shanshui("compare", folder, "base", "higher", "elevation")
    assert "Elevation, from base to higher" in out
    for ending in (".csv", ".xlsx", ".json", ".tif", ".png"):
        to = tmp_path / f"d{ending}"
        shanshui("compare", folder, "base", "higher", "elevation", "--to", to)
        assert to.stat().st_size > 100
    (tmp_path / "theirs.csv").write_text("a,b", "utf-8")
    foreign = shanshui(
        "compare", folder, "base", "higher", "slope", "--to", tmp_path / "theirs.csv", code=2
    )
    assert "theirs.csv" in foreign
    assert (tmp_path / "theirs.csv").read_text("utf-8") == "a,b"
    rows = pd.read_csv(tmp_path / "d.csv")
    region = rows[rows["level"] == "region"].iloc[0]
    assert region["change"] == pytest.approx(study.compare("base", "higher", "elevation").change)
    said = json.loads((tmp_path / "d.json").read_text("utf-8"))[0]
    assert said["change"] == pytest.approx(region["change"])
    assert "not a format of comparisons" in shanshui(
        "compare", folder, "base", "higher", "elevation", "--to", tmp_path / "d.doc", code=2
    )
    assert "a map shows one product" in shanshui(
        "compare", folder, "base", "higher", "--to", tmp_path / "all.png", code=2
    )


def test_classes_have_no_figure_before_and_after_but_a_share_that_differs(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    study.run("region_mask", workers=1)
    study.scenario("higher").run(*MADE, workers=1)
    found = study.compare("base", "higher", "slope_class")
    assert np.isnan([found.before, found.after, found.change_share]).all()
    assert found.change == found.changed / found.compared > 0
    places = found.places[found.places["level"] == "county"]
    assert places[["before", "after"]].isna().all(axis=None)
    # the share of the region is that of its places by their ground
    share = (places["change"] * places["area_km2"]).sum() / places["area_km2"].sum()
    assert share == pytest.approx(found.change)
    told = found.to_dict()
    assert (told["before"], told["after"]) == (None, None)
    same = study.compare("base", "base", "slope_class")
    assert same.change == 0
    assert same.gains("county").empty


def test_what_is_up_to_date_in_neither_is_named(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    study.scenario("higher").run(*MADE, workers=1)
    assert study.comparisons("base", "higher").outdated == ()
    file = folder / "study.toml"
    file.write_text(
        file.read_text("utf-8") + "\n[steps.slope_class]\nlimits_deg = [4, 9]\n", "utf-8"
    )
    found = open_study(folder).comparisons("base", "higher")
    assert "slope_class" in found.outdated
    assert "slope_class" not in found.products
    # the counties are one thing in both, made or not
    assert "counties" not in found.outdated
    said = shanshui("compare", folder, "base", "higher")
    line = next(
        line for line in said.splitlines() if "up to date neither in base nor in higher" in line
    )
    assert "slope_class" in line
    assert f"shanshui run {folder} --scenario higher" in line or "--scenario higher" in line


def test_amounts_of_units_are_told_by_river_basin_and_sum_to_the_region(region, tmp_path):
    shutil.copytree(region.layout.folder, tmp_path / "w")
    study = open_study(tmp_path / "w")
    study.scenarios["greener"] = made_greener()
    study.scenario("greener").run("gep", "unit_gep", workers=2)
    found = study.compare("base", "greener", "gep")
    sums = found.places.groupby("level")["change"].sum()
    assert sums["river_basin"] == pytest.approx(found.change)
    assert sums["unit"] == pytest.approx(found.change)
    units = study["planning_units"]
    names = found.places[found.places["level"] == "river_basin"]["name"]
    assert set(names) == set(units["river_basin"])
    one = names.iloc[0]
    own = units.loc[units["river_basin"] == one, "code"]
    of_units = found.places[(found.places["level"] == "unit") & found.places["code"].isin(own)]
    basin = found.places[(found.places["level"] == "river_basin") & (found.places["name"] == one)]
    assert of_units["change"].sum() == pytest.approx(basin["change"].iloc[0])
    # counties could be told, were they made in both
    assert "county_gep" in found.finer
    assert "unit_gep" not in found.finer


def test_places_that_moved_are_left_out_and_told(folder):
    scenario(folder, "higher", measures=[RAISED])
    study = open_study(folder)
    made = ("region_mask", "planning_units", "unit_slope_classes")
    study.run(*made, workers=1)
    study.scenario("higher").run(*made, workers=1)
    found = study.compare("base", "higher", "unit_slope_classes")
    assert found.moved == ("unit",)
    assert found.places.empty or "unit" not in set(found.places["level"])
    assert "these places are not the same" in sentences(found, Voice())[-1]


# the command


def test_new_list_show_run_compare_drop(folder):
    said = shanshui(
        "scenario", folder, "new", "greener", "--measure", RAISED, "--set", "slope_class.limits_deg=5,15", "--note", "A note", "--note-zh", "说明", "--author", "office",
    )  # fmt: skip
    assert "next: shanshui run" in said
    text = (folder / "scenarios/greener.toml").read_text("utf-8")
    assert 'note_zh = "说明"' in text
    assert "there is one already" in shanshui("scenario", folder, "new", "greener", code=2)
    rows = json.loads(shanshui("scenario", folder, "list", "--json"))
    assert (rows[0]["scenario"], rows[0]["measures"], rows[0]["settings"], rows[0]["made"]) == (
        "greener",
        1,
        1,
        0,
    )
    said = shanshui("run", folder, *MADE, "--scenario", "greener", "--workers", "1")
    assert "scenario greener: what differs stands apart" in said
    assert "[greener]" in shanshui("list", folder, "--scenario", "greener")
    facts = json.loads(shanshui("show", folder, "slope_class", "--scenario", "greener", "--json"))
    assert facts["variant"] == "greener"
    chain = json.loads(
        shanshui("explain", folder, "slope_class", "--scenario", "greener", "--json")
    )
    assert {"elevation", "elevation@1", "ground@1", "slope@1"} <= {
        link["product"] for link in chain
    }
    assert "give one of them" in shanshui(
        "show", folder, "slope", "--scenario", "greener", "--variant", "x", code=2
    )
    assert "write them into a scenario" in shanshui(
        "run",
        folder,
        "slope",
        "--scenario",
        "greener",
        "--set",
        "slope_class.limits_deg=4,9",
        code=2,
    )
    shanshui("export", folder, "slope_class", "--scenario", "greener", "--to", folder / "x.tif")
    shanshui("scenario", folder, "new", "upon", "--parent", "greener", "--measure", "elevation * 2")
    assert "upon is laid over it" in shanshui("scenario", folder, "drop", "greener", code=2)
    shanshui("scenario", folder, "drop", "upon")
    shanshui("run", folder, "slope", "--scenario", "greener", "--preview", "2", "--workers", "1")
    said = shanshui("scenario", folder, "drop", "greener")
    assert "deleted" in said
    assert not (folder / "products/greener,preview=2").exists()
    assert not (folder / "products/greener").exists()
    assert not (folder / "scenarios/greener.toml").exists()
    study = open_study(folder)
    assert not study.verify()
    assert study.run(*MADE, workers=1).made == []
    assert "no scenario 'greener'" in shanshui("scenario", folder, "drop", "greener", code=2)


def test_a_scenario_that_cannot_be_laid_is_not_written(folder):
    assert "no product" in shanshui(
        "scenario", folder, "new", "bad", "--measure", "elevatio + 1", code=2
    )
    assert not (folder / "scenarios/bad.toml").exists()
    assert "did you mean" in shanshui("scenario", folder, "news", "bad", code=2)
    assert "give the NAME" in shanshui("scenario", folder, "new", code=2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--measure", "elevation + 1 in nowhere.gpkg"],
            "no file .*nowhere.gpkg.*correct the measure",
        ),
        (["--without", "elevation"], "the survey stands on it"),
        (["--input", "elevation=none.tif"], "no file .*none.tif"),
    ],
)
def test_what_could_never_be_run_is_not_written(folder, words, says):
    said = shanshui("scenario", folder, "new", "never", *words, code=2)
    assert re.search(says, said), said
    assert not (folder / "scenarios/never.toml").exists()


def test_ground_that_becomes_a_class_of_no_legend_is_refused(region):
    study = open_study(region.layout.folder)
    file = study.layout.folder / "scenarios/odd.toml"
    with pytest.raises(StudyError, match="land_cover has no class 99 in its legend"):
        study.new_scenario("odd", measures=["land_cover = 99 where slope > 2"])
    assert not file.exists()
    assert "odd" not in study.scenarios


def test_a_system_without_a_name_is_told_by_what_it_is_made_of(folder):
    far = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(60, 60, 61, 61)], crs=4326)
    far.to_file(folder / "far.gpkg")
    scenario(folder, "far", measures=["elevation + 1 in far.gpkg"])
    with pytest.raises(DataError, match="nothing inside the study") as error:
        open_study(folder).scenario("far").run("elevation", workers=1)
    assert "unknown" not in str(error.value)
    assert "it is read as WGS 84" in str(error.value)


def test_what_is_no_single_name_is_refused_in_words(folder):
    study = open_study(folder)
    for ask in (
        lambda: study[["slope"]],
        lambda: study.compare("base", "base", ["slope"]),
        lambda: study.explain(["slope"]),
        lambda: study.export(["slope"], to=folder / "x.tif"),
    ):
        with pytest.raises(PlanError, match="product: found a list, expected one name"):
            ask()
    with pytest.raises(PlanError, match="scenario: found a list"):
        study.scenario(["greener"])
    with pytest.raises(StudyError, match="measures: found one text, expected a list"):
        study.new_scenario("x", measures="elevation * 2")
    with pytest.raises(StudyError, match="preview 2: expected a whole number"):
        study.preview("2")


def test_a_variant_and_a_scenario_do_not_share_a_name(folder):
    study = open_study(folder)
    study.run(
        "slope_class", settings={"slope_class": {"limits_deg": (5.0, 15.0)}}, variant="v", workers=1
    )
    assert "a variant bears that name" in shanshui("scenario", folder, "new", "v", code=2)
    scenario(folder, "v", note="by hand")
    with pytest.raises(StudyError, match="a variant bears that name"):
        open_study(folder).scenario("v")


def test_the_ledger_made_anew_knows_scenarios(folder):
    scenario(folder, "higher", measures=[RAISED])
    with open_study(folder) as study:
        study.scenario("higher").run("slope", workers=1)
        digest = study.scenario("higher").record("slope").digest
    shanshui("verify", folder, "--rebuild")
    study = open_study(folder)
    assert study.scenario("higher").record("slope").digest == digest
    assert study.scenario("higher").run("slope", workers=1).made == []
    assert study.variants() == {}


# previews


def test_a_preview_is_the_same_plan_on_coarser_cells_and_says_so(folder):
    scenario(folder, "higher", measures=["elevation + 100 where slope > 1"])
    study = open_study(folder)
    before = tree(folder / "products")
    view = study.preview(4)
    assert (view.grid.cell_m, view.grid.shape) == (study.grid.cell_m * 4, (10, 13))
    view.run("slope_class", workers=1)
    assert view["slope_class"].shape == (10, 13)
    assert {
        k: v for k, v in tree(folder / "products").items() if not k.startswith("preview")
    } == before
    said = shanshui(
        "run", folder, "slope_class", "--scenario", "higher", "--preview", "4", "--workers", "1"
    )
    assert "preview on cells 4 times as wide (400 m)" in said
    assert "A preview on cells 4 times as wide" in shanshui(
        "compare", folder, "base", "higher", "elevation", "--preview", "4"
    )
    assert (
        json.loads(shanshui("show", folder, "slope", "--preview", "4", "--json"))["variant"]
        == "preview=4"
    )
    assert study.run("slope_class", workers=1).made == []
    assert "--preview 4" in shanshui("show", folder, "relief_degree", "--preview", "4", code=2)
    with pytest.raises(
        StudyError, match="leaves 1 x 2 cells; expected at least 8 rows and columns: at most 5 here"
    ):
        study.preview(40)


def test_a_preview_says_how_much_ground_a_measure_takes_on_either_cells(folder):
    scenario(folder, "higher", measures=["elevation + 100 where slope > 5"])
    study = open_study(folder)
    view = study.scenario("higher").preview(2)
    assert study.scenario("higher").measure_grounds() == ()
    view.run("slope", workers=1)
    study.run("region_mask", workers=1)
    (one,) = view.measure_grounds()
    assert one.lacking == ()
    inside = study["region_mask"].values == 1
    steep = inside & (study["slope"].values > 5)
    assert one.study_km2 == pytest.approx(np.count_nonzero(steep) * study.grid.cell_km2)
    wide = study.preview(2)
    wide.run("slope", "region_mask", workers=1)
    held = (wide["region_mask"].values == 1) & (wide["slope"].values > 5)
    assert one.preview_km2 == pytest.approx(np.count_nonzero(held) * wide.grid.cell_km2)
    scenario(folder, "rough", measures=["elevation + 100 where relief_degree > -1000"])
    rough = open_study(folder).scenario("rough").preview(2)
    rough.run("elevation", workers=1)
    (one,) = rough.measure_grounds()
    assert one.lacking == ("relief_degree",)
    assert np.isnan(one.study_km2)
    assert one.preview_km2 > 0
    assert "on those of the study" in shanshui(
        "run", folder, "slope", "--scenario", "higher", "--preview", "2", "--workers", "1"
    )


def test_the_made_up_region_greener_gives_more_by_its_land(region, tmp_path):
    shutil.copytree(region.layout.folder, tmp_path / "w")
    study = open_study(tmp_path / "w")
    study.scenarios["greener"] = made_greener()
    view = study.scenario("greener")
    view.run("carbon_stock", "gep", "county_gep", workers=2)
    found = study.compare("base", "greener", "carbon_stock.carbon")
    assert found.unit == "t"
    assert found.change > 0
    county = found.places[found.places["level"] == "county"]["change"].sum()
    assert county == pytest.approx(found.change)
    account = study.compare("base", "greener", "gep")
    assert account.places[account.places["level"] == "county"]["change"].sum() == pytest.approx(
        account.change
    )
    # greenness follows the cover: forest by the forest of the region
    after = view["land_cover"].values
    where = (study["land_cover"].values != after) & (after == 2)
    assert where.any()
    forest = np.median(
        study["ndvi"].values[
            (study["land_cover"].values == 2)
            & np.isfinite(study["ndvi"].values)
            & (study["region_mask"].values == 1)
        ]
    )
    np.testing.assert_array_equal(view["ndvi"].values[where], np.float32(forest))
    assert view.followed == [("greener", "ndvi")]


def made_greener():
    from shanshui.study.sections import Scenario

    return Scenario(measures=["land_cover = 2 where cover_type == 'farmed' and slope > 2"])
