"""One number for a whole grid, tables of coefficients, and stacks of grids."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import valley, write_raster

from shanshui import new_study, open_study
from shanshui.collect.catalog import InputSpec
from shanshui.core.errors import DataError, ShanshuiError, StudyError


@pytest.fixture
def folder(tmp_path):
    z = valley()
    write_raster(tmp_path / "z.tif", z.values)
    new_study(tmp_path / "s", elevation=tmp_path / "z.tif")
    return tmp_path / "s"


def declare(folder, text):
    place = folder / "study.toml"
    place.write_text(place.read_text("utf-8") + text, "utf-8")
    return open_study(folder)


def test_an_assumed_number_fills_the_grid_and_is_doubted(folder):
    study = declare(folder, '\n[inputs.soil_depth]\nvalue = 0.8\norigin = "own choice"\n')
    verdict = next(v for v in study.verdicts() if v.name == "soil_depth")
    assert not verdict.problems
    assert "assumed everywhere (own choice)" in verdict.doubts[0]
    study.run("soil_depth", workers=1)
    assert (study["soil_depth"].values == np.float32(0.8)).all()
    assert "assumed 0.8 m everywhere" in study.plan.steps["soil_depth"].file
    assert not study.run("soil_depth", workers=1).made


def test_an_assumed_number_must_be_plausible(folder):
    with pytest.raises(DataError, match="plausible is 0 to 60"):
        declare(folder, "\n[inputs.soil_depth]\nvalue = 800.0\n").plan  # noqa: B018


def test_a_table_cannot_be_assumed(folder):
    with pytest.raises(DataError, match="give a file"):
        declare(folder, "\n[inputs.gdp]\nvalue = 1.0\n").plan  # noqa: B018


def test_file_or_value_not_both(folder):
    with pytest.raises(StudyError, match="either file or value"):
        declare(folder, '\n[inputs.soil_depth]\nvalue = 1.0\nfile = "z.tif"\n')
    with pytest.raises(ValueError, match="either file or value"):
        InputSpec()


def test_coefficients_come_as_they_stand(folder):
    (folder / "bio.csv").write_text("LUCODE,Kc,Name\n1,0.9,wood\n,,\n2,0.5,\n", "utf-8")
    study = declare(folder, '\n[inputs.biophysical]\nfile = "bio.csv"\n')
    study.run("biophysical", workers=1)
    frame = study["biophysical"]
    assert list(frame.columns) == ["lucode", "kc", "name"]
    assert frame["lucode"].tolist() == [1, 2]
    (folder / "bio.csv").write_text("lucode,Kc,KC\n1,1,1\n", "utf-8")
    with pytest.raises(DataError, match="two columns kc"):
        open_study(folder).run("biophysical", workers=1)


def test_a_stack_reads_the_maps_of_its_table(folder):
    write_raster(folder / "farm.tif", np.tile([0, 1], (40, 30)).astype(np.uint8))
    pd.DataFrame({"threat": ["Farm"], "cur_path": ["farm.tif"]}).to_csv(
        folder / "t.csv", index=False
    )
    study = declare(folder, '\n[inputs.threat_maps]\nfile = "t.csv"\n')
    study.run("threat_maps", workers=1)
    assert list(study["threat_maps"].data_vars) == ["farm"]
    assert float(study["threat_maps"]["farm"].mean()) == pytest.approx(0.5)
    # another map, another result
    write_raster(folder / "farm.tif", np.ones((40, 60), np.uint8))
    again = open_study(folder)
    assert "threat_maps" in again.run("threat_maps", workers=1).made
    pd.DataFrame({"threat": ["Farm"], "cur_path": ["gone.tif"]}).to_csv(
        folder / "t.csv", index=False
    )
    assert any("no file" in p for v in open_study(folder).verdicts() for p in v.problems)
    with pytest.raises(ShanshuiError, match=r"gone\.tif"):
        open_study(folder).run("threat_maps", workers=1)
    pd.DataFrame({"threat": ["Farm"]}).to_csv(folder / "t.csv", index=False)
    with pytest.raises(DataError, match=r"layer \(or threat, month\) and cur_path"):
        open_study(folder).run("threat_maps", workers=1)


def test_wide_tables_may_have_named_classes(folder):
    (folder / "gdp.csv").write_text("code,year,a,b\n101,2019,5,\n102,2019,7,9\n", "utf-8")
    study = declare(
        folder,
        '\n[inputs.gdp]\nfile = "gdp.csv"\nscale = 1e4\n[inputs.gdp.class_columns]\nprimary = "a"\nsecondary = "b"\n',
    )
    study.run("gdp", workers=1)
    rows = study["gdp"].set_index(["code", "sector"])["yuan"]
    assert rows.to_dict() == {
        ("101", "primary"): 5e4,
        ("102", "primary"): 7e4,
        ("102", "secondary"): 9e4,
    }


@pytest.mark.parametrize("factor", [10.0, 1 / 25.4, 1 / 12], ids=["tenths", "inches", "a month"])
def test_rain_in_another_unit_shows_in_its_mean(folder, factor):
    rain = np.linspace(700, 1100, 2400, dtype=np.float32).reshape(40, 60) * np.float32(factor)
    write_raster(folder / "p.tif", rain)
    study = declare(folder, '\n[inputs.precipitation]\nfile = "p.tif"\nunit = "mm/yr"\n')
    problems = next(v for v in study.verdicts() if v.name == "precipitation").problems
    assert any("the mean is" in p and "inches" in p for p in problems)
    with pytest.raises(DataError, match="checked = true"):
        study.run("precipitation", workers=1)
    again = (folder / "study.toml").read_text("utf-8") + "checked = true\n"
    (folder / "study.toml").write_text(again, "utf-8")
    open_study(folder).run("precipitation", workers=1)
