"""What is asked of a study is answered as data: the same that the command prints."""

import dataclasses
import importlib
import json
import pkgutil

import pyproj
import pytest
from tests.command import shanshui as command
from tests.industry.test_input_output import plain_table
from tests.industry.test_screening import mixed

import shanshui.queries
from shanshui.queries.admission import admitted_at
from shanshui.queries.comparison.zones import Zones
from shanshui.queries.datasets import datasets
from shanshui.queries.judging import rank, weigh
from shanshui.queries.lineage import lineage
from shanshui.queries.linkages import sector_linkages
from shanshui.queries.places import Places
from shanshui.queries.products import product_facts, products
from shanshui.queries.screening import screen_register
from shanshui.queries.validation import validation
from shanshui.queries.why import Shelf, Why


def middle(study):
    grid = study.grid
    turn = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    return turn.transform(grid.x()[grid.nx // 2], grid.y()[grid.ny // 2])


def printed(*words):
    return json.loads(command(*words, "--json"))


def test_every_answer_is_frozen_and_becomes_plain_values():
    answers = set()
    for found in pkgutil.walk_packages(shanshui.queries.__path__, "shanshui.queries."):
        for thing in vars(importlib.import_module(found.name)).values():
            if (
                dataclasses.is_dataclass(thing)
                and thing.__module__ == found.name
                and not thing.__name__.startswith("_")
            ):
                answers.add(thing)
    answers -= {Shelf, Places, Zones}  # hold products while they are looked at
    assert len(answers) >= 16
    for answer in answers:
        assert answer.__dataclass_params__.frozen, answer
        assert hasattr(answer, "to_dict") or hasattr(answer, "to_dicts"), answer


def test_check_is_the_verdicts_in_order(region):
    found = datasets(region)
    assert found.to_dicts() == printed("check", region.layout.folder)
    assert [d.name for d in found] == [v.name for v in region.verdicts()]
    assert found.usable
    assert found.broken == ()


def test_a_needed_dataset_that_is_gone_makes_a_study_unusable(tmp_path):
    from shanshui import new_study, open_study

    new_study(tmp_path / "s", size=64, seed=1)
    study = open_study(tmp_path / "s")
    (tmp_path / "s" / "study.toml").write_text(
        (tmp_path / "s" / "study.toml").read_text("utf-8").replace("elevation.tif", "none.tif"),
        "utf-8",
    )
    found = datasets(open_study(tmp_path / "s"))
    assert not found.usable
    assert "elevation" in [d.name for d in found.broken]
    assert datasets(study).usable


def test_list_says_state_unit_and_dims(region):
    found = products(region)
    assert found.to_dicts() == printed("list", region.layout.folder)
    by_name = {p.name: p for p in found}
    assert (by_name["slope"].unit, by_name["slope"].dims) == ("degree", "y, x")
    assert by_name["planning_units"].dims == "feature"
    assert by_name["gep"].dims == "row"
    assert by_name["slope"].seconds is not None
    assert {p.state for p in found if not p.state.startswith("cannot")} == {"made"}


@pytest.mark.parametrize(
    "product", ["slope", "unit_population", "planning_units", "place_facts", "gep"]
)
def test_show_says_what_stands(region, product):
    found = product_facts(region, product)
    assert found.to_dict() == printed("show", region.layout.folder, product)
    assert found.state == "made"
    assert found.file.exists()
    assert bool(found.rows) == (found.kind == "table")


def test_show_of_a_grid_has_unit_and_range(region):
    found = product_facts(region, "slope")
    values = region["slope"].values
    assert found.unit == "degree"
    assert found.range == (pytest.approx(values.min()), pytest.approx(values.max()))
    assert product_facts(region, "gep").range is None


def test_explain_goes_back_to_the_files(region):
    found = lineage(region, "unit_population")
    assert found.to_dicts() == printed("explain", region.layout.folder, "unit_population")
    assert found[0].name == "unit_population"
    assert any(f.endswith("population.csv") for f in found.files)
    joined = next(a for a in found if a.name == "population")
    assert joined.join is not None


def test_admission_is_what_the_command_prints(region):
    lon, lat = middle(region)
    found = admitted_at(region, "2631", lon, lat)
    folder = region.layout.folder
    assert found.to_dict() == printed("admit", folder, "--industry", "2631", "--at", f"{lon},{lat}")
    assert found.to_dict()["rules"], "no rule fired: nothing was compared"


def test_why_is_what_the_command_prints(region):
    lon, lat = middle(region)
    folder, product = region.layout.folder, "sediment_delivery.sed_export"
    found = Why(region).missing(product)
    assert found.to_dict() == printed("why", folder, product)
    assert found.lost
    for item in found.lost:
        assert item.km2 == pytest.approx(item.cells * region.grid.cell_km2)
    answer = Why(region).at("unit_population", lon, lat)
    assert answer.to_dict() == printed("why", folder, "unit_population", "--at", f"{lon},{lat}")


def test_validation_is_what_the_command_prints(region):
    found = validation(region)
    assert found.to_dict() == printed("validate", region.layout.folder)
    assert sum(found.counts.values()) == len(found.statements) > 0


def test_judgements_and_rankings_are_what_the_commands_print(tmp_path):
    judged, sites = tmp_path / "j.csv", tmp_path / "s.csv"
    judged.write_text(",price,view,quiet\nprice,1,3,5\nview,1/3,1,4\nquiet,1/5,1/4,1\n")
    sites.write_text("site,price,view,quiet\na,3,4,1\nb,4,3,2\nc,5,3.5,9\n")
    assert weigh(judged).to_dict() == printed("weigh", judged)
    found = rank(sites, judgements=judged, draws=100)
    assert found.to_dict() == printed("rank", sites, "--judgements", judged, "--draws", 100)
    assert found.to_dict()["reversal"]["first_changes"] == found.reversal.first_changes.tolist()


def test_linkages_are_what_the_command_prints(tmp_path):
    place = tmp_path / "t.csv"
    plain_table().to_csv(place, index=False)
    found = sector_linkages(place)
    assert found.to_dict() == printed("linkages", place)
    assert found.sensitivity == "ghosh"
    assert len(found.table) == 2


def test_screening_is_what_the_command_prints(tmp_path):
    register, to = mixed(tmp_path / "r.csv"), tmp_path / "o.parquet"
    found = screen_register(register, to)
    assert found.to_dict() == printed("screen", register, "--to", to, "--overwrite")
    assert (found.rows, found.repeated, found.accepted) == (3, 1, 2)
