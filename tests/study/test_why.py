"""Why cells of a study have no value."""

import json

import numpy as np
import pytest
import rasterio
from tests.command import shanshui

from shanshui.core.errors import PlanError, StudyError
from shanshui.core.quantity import Grid
from shanshui.core.reasons import reasons
from shanshui.core.voice import Voice
from shanshui.queries.why import Why


def grids(study):
    return [n for n in study.plan.steps if isinstance(study.plan.kind(n), Grid) and study.has(n)]


def test_every_missing_cell_of_every_product_has_a_reason_of_its_own(region):
    why = Why(region)
    for name in grids(region):
        values, facts = region[name], region.record(name).facts
        found = why.over(name)
        assert sum(item.cells for item in found) == round(facts["nodata_share"] * values.size), name
        for item in found:
            assert item.cause.reason != "no_value", (name, item)
            assert item.way[0] == name
            assert item.way[-1] == item.cause.product


def test_each_reason_has_words_in_both_languages():
    for reason in reasons().values():
        assert reason.words["en"]
        assert reason.words["zh"]
        assert Voice("zh").said(reason) == reason.words["zh"]
        assert Voice().said(reason) == reason.words["en"]


def test_a_cell_says_its_value_or_why_it_has_none(region):
    grid = region.grid
    lost = np.argwhere(np.isnan(region["sediment_delivery.sed_export"].values))
    row, column = lost[len(lost) // 2]
    answer = Why(region).at("sediment_delivery.sed_export", *lonlat(grid, row, column))
    assert answer.value is None
    assert [item.cause.product for item in answer.lost] == ["sediment_delivery.sed_export"]
    assert answer.lost[0].cause.reason == "no_stream_below"
    assert answer.taken["elevation"] == pytest.approx(
        float(region["elevation"].values[row, column])
    )
    held = Why(region).at("slope", *lonlat(grid, row, column))
    assert held.value == pytest.approx(float(region["slope"].values[row, column]))
    assert held.lost == []


def lonlat(grid, row, column):
    import pyproj

    turn = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    return turn.transform(grid.x()[column], grid.y()[row])


def test_rows_of_a_table_are_those_of_the_place(region):
    unit = region["planning_units"].iloc[4]
    point = unit.geometry.representative_point()
    import pyproj

    turn = pyproj.Transformer.from_crs(region.grid.crs, "EPSG:4326", always_xy=True)
    answer = Why(region).at("unit_population", *turn.transform(point.x, point.y))
    assert {row["unit"] for row in answer.rows} == {unit.name}
    assert answer.place.startswith(unit["code"])


@pytest.mark.parametrize(
    ("product", "at", "match"),
    [
        ("slope", (0.0, 0.0), "outside the study's grid"),
        ("nothing", (108.0, 33.0), "no product 'nothing'"),
        ("gep_summary", (108.0, 33.0), "speak of no place"),
    ],
)
def test_what_cannot_be_answered_is_refused(region, product, at, match):
    with pytest.raises((PlanError, StudyError), match=match):
        Why(region).at(product, *at)


def test_a_table_has_no_map(region):
    with pytest.raises(PlanError, match="no map of reasons"):
        Why(region).over("unit_population")


def test_the_command_prints_draws_and_writes(region, tmp_path):
    folder = region.layout.folder
    said = shanshui("why", folder, "aspect")
    assert "flat ground faces nowhere" in said
    told = json.loads(shanshui("why", folder, "aspect", "--json", "--to", tmp_path / "r.tif"))
    cells = int(np.isnan(region["aspect"].values).sum())
    assert told["missing"] == cells
    with rasterio.open(tmp_path / "r.tif") as file:
        assert file.shape == region.grid.shape
        assert int((file.read(1) > 0).sum()) == cells
        assert file.tags(1)["1"] == "aspect: flat ground faces nowhere"
    shanshui("why", folder, "aspect", "--to", tmp_path / "r.png", "--lang", "zh")
    assert (tmp_path / "r.png").read_bytes()[:4] == b"\x89PNG"
    place = json.loads(shanshui("why", folder, "slope", "--at", "108,33", "--json"))
    assert place["missing"] is False
    assert place["unit"] == "degree"
    assert "one of them" in shanshui(
        "why", folder, "slope", "--at", "108,33", "--to", tmp_path / "x.tif", code=2
    )
    assert "no format" in shanshui("why", folder, "slope", "--to", tmp_path / "x.doc", code=2)
