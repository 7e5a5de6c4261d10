"""Rings and coordination in a study: the door, a made-up region, ground, cover and rain alone, words, maps."""

import numpy as np
import pandas as pd
import pytest

from shanshui import new_study, open_study
from shanshui.core.voice import Voice
from shanshui.report.page import Page
from shanshui.report.views import map_of
from shanshui.report.zoning_rings import ring_tables
from shanshui.report.zoning_rivers import river_tables
from shanshui.zoning.basin_coordination import MATTERS

MADE = ("place_standing", "ring_areas", "ring_gradient", "county_ring_gradient", "course_balance", "zone_unit_areas", "zone_unit_review",
        "border_conflicts")  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings") / "m"
    new_study(folder, template="made-up", size=64, seed=1, cell_m=1000.0)
    codes = pd.DataFrame(
        {"code": ["100001", "100002"], "programme": "Poor counties", "year": [1994, 2012]}
    )
    codes.to_csv(folder / "programmes.csv", index=False)
    file = folder / "study.toml"
    file.write_text(
        file.read_text("utf-8") + '\n[inputs.county_programmes]\nfile = "programmes.csv"\n', "utf-8"
    )
    study = open_study(folder)
    study.run(*MADE, workers=2)
    return study


def test_every_cell_of_the_region_has_a_ring_or_is_not_known(study):
    ring, mask = study["rings"].values, study["region_mask"].values == 1
    assert set(np.unique(ring[~mask])) <= {255}
    assert set(np.unique(ring[mask])) <= set(range(6))
    assert {1, 5} <= set(np.unique(ring[mask]))
    table = study["ring_areas"]
    unknown = np.count_nonzero(ring[mask] == 0) / mask.sum()
    assert table["share"].sum() == pytest.approx(1.0 - unknown)


def test_all_green_ground_is_core(study):
    assert (study["rings"].values[study["green_unit_cells"].values == 1] == 5).all()


def test_people_of_the_rings_are_those_of_the_region(study):
    density = study["population_density"].values
    held = (study["rings"].values >= 1) & (study["rings"].values <= 5)
    people = np.nansum(density[held]) * study.grid.cell_km2
    assert study["ring_areas"]["people"].sum() == pytest.approx(people, rel=0.01)


def test_counties_that_a_list_names_have_it_with_its_year(study):
    told = study["place_standing"].set_index("code")["programmes"]
    assert told[["100001", "100002"]].tolist() == ["Poor counties (1994)", "Poor counties (2012)"]
    assert (told.drop(["100001", "100002"]) == "").all()


def test_what_is_sent_arrives_in_a_study(study):
    table, courses = study["basin_coordination"], study["course_balance"]
    leaves = table["downstream"] == 0
    for matter in MATTERS:
        assert table[f"{matter}_own"].notna().any(), matter
        least = table[f"{matter}_at_least"]
        assert least[leaves].sum() == pytest.approx(table[f"{matter}_own"].sum())
        known = table[f"{matter}_sends"].notna()
        assert table.loc[known, f"{matter}_sends"].tolist() == pytest.approx(least[known].tolist())
        whole = courses[[f"{matter}_own", f"{matter}_gets", f"{matter}_sends"]].dropna()
        assert (whole.iloc[:, 0] + whole.iloc[:, 1]).tolist() == pytest.approx(
            whole.iloc[:, 2].tolist()
        )


def test_zones_by_units_are_the_ground_of_the_counties(study):
    km2 = np.count_nonzero(study["region_mask"].values == 1) * study.grid.cell_km2
    assert study["zone_unit_areas"]["area_km2"].sum() == pytest.approx(km2, rel=0.02)


def test_conflicts_name_a_developing_and_a_strict_county(study):
    table = study["border_conflicts"]
    zone = study["function_zones"].set_index("code")["zone"]
    assert (zone[table["strict_county"]] == "strict").all()
    assert not (zone[table["source_county"]] == "strict").any()
    assert table["exposed_km2"].is_monotonic_decreasing
    assert (table["exposed_km2"] <= table["ground_below_km2"] + 1e-9).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_and_maps_are_told_in_both_languages(study, language):
    page = Page(study, Voice(language))
    told = [t for t in (*ring_tables(page), *river_tables(page)) if t]
    assert len(told) >= 5
    assert map_of(study, "rings", Voice(language)) is not None
    assert map_of(study, "basin_coordination", Voice(language)) is not None


def test_ground_cover_and_rain_alone_send_nutrients_down(study, tmp_path):
    data = study.layout.folder / "data"
    new_study(tmp_path / "b", elevation=data / "elevation.tif")
    file = tmp_path / "b" / "study.toml"
    text = f'\n[inputs.land_cover]\nfile = "{(data / "land_cover.tif").as_posix()}"\nlegend = "made-up"\nyear = 2020\n'
    text += f'\n[inputs.precipitation]\nfile = "{(data / "precipitation_monthly.tif").as_posix()}"\nband = "sum"\nunit = "mm/yr"\n'
    file.write_text(file.read_text("utf-8") + text, "utf-8")
    bare = open_study(tmp_path / "b")
    bare.run("course_balance", workers=2)
    table = bare["basin_coordination"]
    assert (table["nitrogen_own"] > 0).any()
    assert table["water_own"].isna().all()
    assert len(bare["course_balance"]) > 0
