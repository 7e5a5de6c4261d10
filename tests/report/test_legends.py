"""How a product is shown is a row: its chapter, its place, its colours, its classes, its words."""

import re

import matplotlib as mpl
import pytest
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure

from shanshui.core.errors import PlanError
from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.report import legends as rows
from shanshui.report.document import write_report
from shanshui.report.legends import CHART, classes, legend_of, legends
from shanshui.report.views import SOURCES, VIEWS, map_parts, map_products

LAYERS = {"counties", "water", "cities", "rivers", "basins_1", "whole", "strong_shade", "outlines", "bare"}  # fmt: skip


@pytest.mark.parametrize("row", legends(), ids=lambda r: f"{r.product}-{r.view}")
def test_every_row_names_what_there_is(row):
    voice = Voice()
    assert row.product in terms()
    assert row.chapter in voice or not row.chapter
    assert row.view in {*VIEWS, CHART, ""}
    assert row.scale in {"", "log"}
    assert row.layers <= LAYERS
    assert all(word in voice for word in (row.title, row.note) if word)
    assert all(product in terms() for product in (*row.beside, row.unless) if product)
    assert not row.ramp or row.ramp in mpl.colormaps or classes(row.ramp)
    assert not row.classes or row.classes in SOURCES or classes(row.classes)


def test_no_product_has_two_maps_and_no_legend_a_code_twice():
    maps = [row.product for row in legends() if row.view != CHART]
    assert len(set(maps)) == len(maps)
    voice = Voice()
    for name in {row.classes for row in legends() if row.classes} - set(SOURCES):
        found = classes(name)
        assert len({c.code for c in found}) == len(found), name
        assert all(is_color_like(c.colour) for c in found)
        assert all(c.word in voice for c in found if c.word)


def test_a_layer_without_a_row_takes_that_of_its_step():
    assert legend_of("focal_habitats.takin").ramp == "BuGn"
    assert legend_of("soil_retention.loss").scale == "log"
    assert legend_of("curvature").ramp == ""
    assert map_parts("unit_gep") == ("unit_gep", "planning_units")
    assert map_parts("slope") == ("slope",)


def test_an_unknown_legend_is_answered_with_the_nearest():
    with pytest.raises(PlanError, match="no legend 'grades'; did you mean 'grade'"):
        classes("grades")


def quick(study, folder, monkeypatch):
    """The page without its pictures."""
    monkeypatch.setattr("shanshui.report.page.map_of", lambda *_: Figure((1, 1)))
    monkeypatch.setattr("shanshui.report.page.as_svg", lambda _: "<svg></svg>")
    monkeypatch.setattr("shanshui.report.document.map_products", lambda _: [])
    return write_report(study, "en", folder / "r.html").read_text("utf-8")


def figures(text):
    return re.findall(r"<figcaption><b>Figure (\d+)\. ([^<]*)</b>", text)


def test_the_page_shows_every_row_in_order(region, tmp_path, monkeypatch):
    found = figures(quick(region, tmp_path, monkeypatch))
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    shown = [
        row for row in legends()
        if row.chapter and region.has(row.product) and not (row.unless and region.has(row.unless))
    ]  # fmt: skip
    voice = Voice()
    titles = [voice(row.title) if row.title else voice.word(row.product) for row in shown]
    assert [t.partition(" · ")[0] for _, t in found] == titles
    assert "land_cover" in map_products(region) or "land_cover_fine" in map_products(region)


def test_a_new_map_is_a_row(region, tmp_path, monkeypatch):
    text = rows.shipped_text("report/legends.csv")
    head = text.splitlines()[0].split(",")
    row = dict.fromkeys(head, "") | {"product": "aspect", "chapter": "people", "ramp": "hsv", "note": "maps_note", "picture": "yes"}  # fmt: skip
    kept = [line for line in text.splitlines() if not line.startswith("aspect,")]
    table = "\n".join([*kept, ",".join(row[h] for h in head)])
    plain = rows.shipped_text
    monkeypatch.setattr(
        rows, "shipped_text", lambda n: table if n == "report/legends.csv" else plain(n)
    )
    for cached in (rows.legends, rows._maps):
        cached.cache_clear()
    try:
        assert legend_of("aspect").ramp == "hsv"
        assert "aspect" in map_products(region)
        page = quick(region, tmp_path, monkeypatch)
        people = page[page.index("<h2>People</h2>") :]
        assert [title for _, title in figures(people)][:2] == [Voice().word("population_density"), Voice().word("aspect")]  # fmt: skip
        assert Voice()("maps_note") in people[: people.index("</section>")]
    finally:
        monkeypatch.undo()
        for cached in (rows.legends, rows._maps):
            cached.cache_clear()
    assert legend_of("aspect").ramp == "twilight"
