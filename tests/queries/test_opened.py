"""The study in Python: a mapping of products with the verbs of the command."""

import json
import warnings

import pandas as pd
import pyproj
import pytest
from tests.command import called

import shanshui
from shanshui.core.errors import PlanError
from shanshui.queries.datasets import datasets
from shanshui.queries.lineage import lineage
from shanshui.queries.products import product_facts, products


def test_a_study_lists_contains_and_counts_what_has_been_made(region):
    names = list(region)
    assert len(names) == len(region) == len(set(names)) > 50
    assert names == [n for n, state in region.states().items() if state == "made"]
    assert "slope" in region
    assert "no_such_product" not in region
    assert 3 not in region
    for name in names[:20]:
        assert name in region
        assert region[name] is not None


def test_a_new_study_holds_nothing_and_is_a_study_all_the_same(tmp_path):
    shanshui.new_study(tmp_path / "s", size=64, seed=1)
    study = shanshui.open_study(tmp_path / "s")
    assert isinstance(study, shanshui.Study)
    assert list(study) == []
    assert len(study) == 0
    assert bool(study)
    assert "slope" not in study
    assert "0 of" in repr(study)
    study.run("slope")
    assert {"elevation", "slope"} <= set(study)
    assert study.explain("unit_population")[0].made is None


def test_a_variant_and_a_scenario_are_studies_too(tmp_path):
    shanshui.new_study(tmp_path / "s", size=64, seed=1)
    text = (tmp_path / "s" / "study.toml").read_text("utf-8")
    text += "\n[scenarios.coarse.steps.slope_class]\nlimits_deg = [10, 20]\n"
    (tmp_path / "s" / "study.toml").write_text(text, "utf-8")
    study = shanshui.open_study(tmp_path / "s")
    study.run("slope_class", settings={"slope_class": {"limits_deg": [5, 30]}}, variant="flat")
    flat, coarse = study.variant("flat"), study.scenario("coarse")
    assert isinstance(flat, shanshui.Study)
    assert "slope_class" in flat
    assert "slope_class" not in study
    assert "slope_class" not in coarse
    assert "variant flat" in repr(flat)
    assert "scenario coarse" in repr(coarse)
    assert repr(study).count("coarse, flat") == 1
    coarse.run("slope_class")
    study.run("slope_class")
    found = study.compare("base", "coarse", "slope_class")
    assert found.product == "slope_class"
    assert isinstance(study.preview(2), shanshui.Study)
    assert "a preview on cells 2 times as wide" in repr(study.preview(2))


def test_the_look_of_a_study_says_what_it_is(region):
    look = repr(region)
    assert look.startswith("<shanshui.Study Made-up region")
    assert "96 x 96 cells of 500 m" in look
    assert "elevation" in look
    assert f"{len(region)} of" in look
    assert "&lt;" not in look
    assert region._repr_html_().count("<tr>") == look.count("\n")


def test_a_study_whose_plan_cannot_be_made_still_shows_itself(tmp_path):
    shanshui.new_study(tmp_path / "s", size=64, seed=1)
    text = (tmp_path / "s" / "study.toml").read_text("utf-8")
    (tmp_path / "s" / "study.toml").write_text(text + "\n[steps.nonsense]\na = 1\n", "utf-8")
    assert "cannot be told" in repr(shanshui.open_study(tmp_path / "s"))


def test_verbs_answer_as_the_queries_do(region):
    assert region.check() == datasets(region)
    assert region.products() == products(region)
    assert region.show("slope") == product_facts(region, "slope")
    assert region.explain("gep") == lineage(region, "gep")
    assert region.why("sediment_delivery.sed_export").lost
    with pytest.raises(PlanError, match="did you mean 'slope'"):
        region.show("slop")


def test_a_place_is_asked_about_by_longitude_and_latitude(region):
    grid = region.grid
    turn = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    at = turn.transform(grid.x()[48], grid.y()[48])
    assert region.why("slope", at).value == pytest.approx(float(region["slope"].values[48, 48]))
    words = ["admit", region.layout.folder, "--industry", "2631", "--at", f"{at[0]},{at[1]}"]
    assert region.admit("2631", at).to_dict() == json.loads(called([*words, "--json"])[1])


def test_validate_holds_the_study_against_what_is_known(region):
    found = region.validate()
    assert found.statements
    assert json.loads(called(["validate", region.layout.folder, "--json"])[1]) == found.to_dict()


def test_products_are_written_for_other_programs(region, tmp_path):
    written = region.export("unit_population", to=tmp_path / "p.csv")
    assert len(pd.read_csv(written)) == len(region["unit_population"])
    many = region.export("slope", "aspect", to=str(tmp_path / "g.nc"))
    assert many.exists()


def test_what_a_format_cannot_hold_is_a_warning(region, tmp_path):
    with pytest.warns(UserWarning, match=r".") as heard:
        region.export("planning_units", to=tmp_path / "u.shp")
    told = called(["export", region.layout.folder, "planning_units", "--to", tmp_path / "v.shp"])[2]
    assert [str(w.message) for w in heard] == told.splitlines()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        region.export("planning_units", to=tmp_path / "u.gpkg")


def test_the_report_is_a_page(region, tmp_path):
    page = region.report("en", to=tmp_path / "r.html")
    assert "<html" in page.read_text("utf-8")[:200]
