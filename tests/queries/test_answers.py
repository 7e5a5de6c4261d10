"""Answers on scenarios, runs and what is kept: the same in Python, as JSON and in the command."""

import json
import shutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.command import shanshui
from tests.worlds import squares, valley, write_raster

from shanshui import new_study, open_study
from shanshui.core.errors import DataError, PlanError, StudyError
from shanshui.core.voice import Voice
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.sentences import sentences

RAISED = "elevation + 100 where slope > 5"
MADE = ("unit_slope_classes", "slope_class", "county_cells", "local_relief")


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A study and two scenarios over one another, with the first of them made."""
    folder = tmp_path_factory.mktemp("start")
    write_raster(folder / "dem.tif", valley(40, 50).values)
    squares(40, 50).to_crs(4326).to_file(folder / "counties.gpkg")
    new_study(folder / "s", elevation=folder / "dem.tif")
    text = (folder / "s/study.toml").read_text("utf-8")
    (folder / "s/study.toml").write_text(
        text + f'\n[inputs.counties]\nfile = "{folder / "counties.gpkg"}"\n', "utf-8"
    )
    with open_study(folder / "s") as study:
        study.new_scenario("higher", measures=[RAISED], words={"note": "of hills"})
        study.new_scenario("steps", parents=["higher"], settings=["slope_class.limits_deg=4,9"])
        study.run(*MADE, workers=1)
        study.scenario("higher").run(*MADE, workers=1)
    return folder


@pytest.fixture
def folder(start, tmp_path):
    shutil.copytree(start, tmp_path / "w", symlinks=True)
    return tmp_path / "w/s"


def as_json(answer):
    return json.loads(json.dumps(answer, allow_nan=False))


def test_scenarios_are_listed_and_told_alike_in_python_and_by_the_command(folder):
    study = open_study(folder)
    found = study.scenario_list()
    assert [line.scenario for line in found] == ["higher", "steps"]
    first, second = found
    assert (first.parents, first.measures, first.settings, first.note) == (
        ("base",), 1, 0, "of hills"
    )  # fmt: skip
    assert first.made > 0
    assert second.made == 0
    assert second.reached == first.reached
    assert json.loads(shanshui("scenario", folder, "list", "--json")) == as_json(found.to_dicts())
    facts = study.scenario_facts("steps")
    assert facts.over == ("base", "higher")
    assert [(c.scenario, c.kind) for c in facts.changes if c.kind != "date"] == [
        ("higher", "note"), ("higher", "measure"), ("steps", "setting"),
    ]  # fmt: skip
    assert sum(facts.counts.values()) == len(facts.states)
    assert "made" not in facts.counts
    told = json.loads(shanshui("scenario", folder, "show", "steps", "--json"))
    assert told == as_json(facts.to_dict())


def test_what_cannot_be_laid_is_told_in_full(folder):
    (folder / "scenarios/a.toml").write_text('parent = "b"\n', "utf-8")
    (folder / "scenarios/b.toml").write_text('parent = "a"\n', "utf-8")
    fault = "scenario 'a': is its own parent by a -> b -> a; give one of them another parent"
    assert open_study(folder).scenario_list().to_dicts()[0]["fault"] == fault
    assert f"! {fault}\n" in shanshui("scenario", folder, "list")


def test_a_new_scenario_says_what_it_sets_anew_and_needs_its_files(folder):
    study = open_study(folder)
    made = study.new_scenario("upon", parents=["steps"], settings=["slope_class.limits_deg=5,9"])
    assert made.overridden == ("steps.slope_class.limits_deg: upon wins over steps",)
    assert as_json(made.to_dict())["file"] == str(folder / "scenarios/upon.toml")
    with pytest.raises(DataError, match="temperature: no file .*warm.tif"):
        study.new_scenario("warm", inputs=["temperature=warm.tif"])
    assert not (folder / "scenarios/warm.toml").exists()
    assert "warm" not in study.scenarios
    gone = study.drop_scenario("upon")
    assert (gone.file, gone.results) == (folder / "scenarios/upon.toml", 0)
    with pytest.raises(StudyError, match="steps is laid over it"):
        study.drop_scenario("higher")
    study.drop_scenario("steps")
    gone = study.drop_scenario("higher")
    assert gone.results > 0
    assert gone.bytes > 0
    assert as_json(gone.to_dict())["results"] == gone.results


def test_nothing_is_written_to_a_study_that_is_read_only(folder):
    study = open_study(folder, read_only=True)
    for write in (
        lambda: study.new_scenario("more"),
        lambda: study.drop_scenario("steps"),
        lambda: study.verify(mend=True),
        lambda: study.verify(rebuild=True),
    ):
        with pytest.raises(StudyError, match="was opened to read only"):
            write()
    assert study.verify().right
    assert len(study.scenario_list()) == 2


def test_a_run_is_estimated_without_being_made(folder):
    study = open_study(folder)
    found = study.estimate("slope_class", settings={"slope_class": {"limits_deg": [3, 9]}})
    assert [step.product for step in found.pending] == ["slope_class"]
    assert found.memory == found.pending[0].memory > 0
    assert found.seconds == found.pending[0].seconds
    assert found.disk == found.pending[0].disk
    assert study.estimate("slope_class").pending == ()
    assert study.estimate("slope_class").memory == 0
    told = json.loads(shanshui("run", folder, "slope_class", "--dry", "--json"))
    assert [row["product"] for row in told] == [s.product for s in study.estimate("slope_class")]
    assert {row["state"] for row in told} == {"made"}


def test_faults_are_told_and_mended(folder):
    study = open_study(folder)
    assert as_json(study.verify().to_dict()) == {"right": True, "done": [], "faults": []}
    shown = study.file_of("slope_class")
    shown.unlink()
    found = open_study(folder).verify()
    assert not found.right
    assert [fault.name for fault in found.wrong] == ["slope_class"]
    told = json.loads(shanshui("verify", folder, "--json", code=1))
    assert told == as_json(found.to_dict())
    mended = open_study(folder).verify(mend=True)
    assert mended.right
    assert mended.done
    assert shown.exists()


def test_all_that_differs_is_compared_and_what_is_one_result_is_not_read(folder, monkeypatch):
    study = open_study(folder)
    names = study.differing("base", "higher")
    assert {"elevation", "slope", "slope_class"} <= set(names)
    assert "county_cells" not in names
    read = []
    plain = Pair.read
    monkeypatch.setattr(Pair, "read", lambda self, name: read.append(name) or plain(self, name))
    found = study.comparisons("base", "higher", by_place=False)
    assert list(found.products) == names == read
    assert all(c.places.empty for c in found)
    rows = as_json(found.to_dicts())
    assert [r["product"] for r in rows] == names
    assert json.loads(shanshui("compare", folder, "base", "higher", "--json")) == names
    one = json.loads(shanshui("compare", folder, "base", "higher", "slope", "--json"))[0]
    alone = study.compare("base", "higher", "slope")
    assert one["said"] == sentences(alone, Voice())
    assert as_json(alone.to_dict()) == {k: v for k, v in one.items() if k != "said"}
    assert one["change"] == pytest.approx(one["after"] - one["before"])
    assert one["mean_after"] == pytest.approx(alone.mean[1])


def test_one_result_in_both_is_the_same_and_read_once(folder):
    study = open_study(folder)
    pair = Pair(study, "base", "higher")
    one, other = pair.read("county_cells")
    assert one is other
    assert study.compare("base", "higher", "county_cells").changed == 0
    with pytest.raises(PlanError, match="not made yet in scenario steps"):
        study.comparisons("base", "steps", "slope_class")
    assert study.differing("base", "steps") == []
    # nothing was made to compare, which is not the same as nothing differs
    found = study.comparisons("base", "steps", by_place=False)
    reached = {n for n, state in study.scenario("steps").reached_states().items()}
    assert len(found) == 0
    assert set(found.unmade[1]) == reached & set(study)
    assert found.unmade[1]
    assert not found.unmade[0]
    assert found.shared == len(study) - len(found.unmade[1])
    said = shanshui("compare", folder, "base", "steps")
    assert f"0 of {found.shared} products that both have made differ" in said
    assert f"run it: shanshui run {folder} --scenario steps" in said
    assert "not compared" not in shanshui("compare", folder, "base", "higher")


def test_a_preview_says_that_its_cells_are_too_wide_for_a_measure(folder):
    left, _, _, top = open_study(folder).grid.bounds
    place = gpd.GeoDataFrame(
        geometry=[shapely.box(left + 10, top - 90, left + 90, top - 10)],
        crs=open_study(folder).grid.crs,
    )
    place.to_file(folder / "one.gpkg")
    open_study(folder).new_scenario("one", measures=["elevation + 1 in one.gpkg"])
    study = open_study(folder).scenario("one")
    assert study.run("elevation", workers=1).made
    with pytest.raises(
        DataError, match="of a preview on cells 4 times as wide; preview on smaller"
    ):
        study.preview(4).run("elevation", workers=1)


def test_a_place_is_told_of_the_column_that_is_asked_for_or_not_at_all(folder):
    study = open_study(folder)
    rows = study.compare("base", "higher", "unit_slope_classes").rows
    columns = list(dict.fromkeys(rows["column"]))
    for column in columns:
        found = study.compare("base", "higher", "unit_slope_classes", column)
        assert found.column == column
        if len(found.places):
            own = study["unit_slope_classes"][column].to_numpy()
            here = found.places[found.places["level"] == "unit"]
            np.testing.assert_allclose(np.sort(here["before"]), np.sort(own))
    # the key of planning units is not lost under the unit of the figures
    assert list(rows.columns[:3]) == ["planning_unit", "column", "unit"]
    assert set(rows["planning_unit"]) == set(study["unit_slope_classes"].reset_index()["unit"])
