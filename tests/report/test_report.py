import re
import shutil
import xml.etree.ElementTree as ET

import pytest

from shanshui import open_study
from shanshui.core.errors import PlanError
from shanshui.core.voice import Voice
from shanshui.report.document import write_report
from shanshui.report.views import map_products


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, region, tmp_path_factory):
    path = write_report(region, request.param, tmp_path_factory.mktemp("r") / "r.html")
    return request.param, path.read_text("utf-8"), path.parent


def test_the_page_needs_nothing_from_outside(page):
    _, text, _ = page
    links = re.findall(r'(?:src|href)="([^"#][^"]*)"', text)
    assert [x for x in links if not x.startswith("data:")] == []
    assert "url(http" not in text


def test_the_page_speaks_its_language_and_says_it_is_made_up(page):
    lang, text, _ = page
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in text
    assert Voice(lang)("made_up") in text
    assert Voice(lang)("water") in text


def test_figures_are_whole_pictures_with_text_unit_and_source(page):
    lang, text, _ = page
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) >= 12
    for picture in pictures:
        ET.fromstring(picture)
    assert len(re.findall(r"<figcaption>", text)) == len(pictures)
    assert text.count("sha256 ") >= len(pictures)
    assert ("坡度" if lang == "zh" else "Slope") in pictures[2] + text
    maps = [p for p in pictures if ">200 " in p or " km<" in p or "千米<" in p]
    assert maps


def test_maps_are_written_as_files(page, region):
    lang, _, folder = page
    assert {p.stem for p in (folder / f"maps-{lang}").glob("*.png")} == set(map_products(region))


def test_a_survey_that_was_not_run_has_no_report(tmp_path):
    from shanshui import new_study, open_study

    new_study(tmp_path / "s", size=64)
    with pytest.raises(PlanError, match="run the survey first"):
        write_report(open_study(tmp_path / "s"))


def test_other_languages_and_names_are_refused(region, tmp_path):
    with pytest.raises(PlanError, match="expected en or zh"):
        write_report(region, "fr")
    with pytest.raises(PlanError, match=r"ends in .html"):
        write_report(region, "en", tmp_path / "r.pdf")


def test_a_language_of_ten_words_has_its_page_and_english_elsewhere(region, tmp_path, monkeypatch):
    """A file of words in the study's folder is all that a language needs."""
    folder = tmp_path / "study"
    shutil.copytree(region.layout.folder, folder)
    words = {
        "html_lang": "fr", "where": "Où nous sommes", "phrase.not_asset": "flux annuel et non patrimoine", "source": "Origine", "figure": "Image", "contents": "Sommaire",
        "term.slope": "Pente", "term.elevation": "Altitude", "north": "N·", "made_when": "fait le",
    }  # fmt: skip
    assert len(words) == 10
    (folder / "words").mkdir()
    rows = "".join(f"{key},{text}\n" for key, text in words.items())
    (folder / "words" / "fr.csv").write_text(f"key,text\n{rows}", "utf-8")
    monkeypatch.setattr("shanshui.report.document.map_products", lambda _: ["slope"])
    text = write_report(open_study(folder), "fr", tmp_path / "r.html").read_text("utf-8")
    for word in words.values():
        assert word in text, word
    assert '<html lang="fr"' in text
    assert "Image 1. Altitude" in text
    english = Voice()
    for key in ("water", "worth", "users", "grade_1", "made_up"):
        assert english(key) in text, key
    for name in ("aspect", "landform", "planning_units"):
        assert english.word(name) in text, name
    assert english("where") not in text
    assert (tmp_path / "maps-fr" / "slope.png").exists()


def test_the_page_holds_the_account_and_what_matters(page):
    lang, text, _ = page
    for key in ("worth", "service_wr", "compared", "grade_1", "users"):
        assert Voice(lang)(key) in text, key


def test_an_account_of_reported_values_has_its_page(region, tmp_path):
    """A frame without prices: no flows, no comparison by unit, and still a page."""
    settings = {"gep": {"frame": "asset_transfer"}}
    outcome = region.run("accounts", settings=settings, workers=2)
    reported = region.variant(outcome.variant)
    text = write_report(reported, "en", tmp_path / "r.html").read_text("utf-8")
    assert "not computed" in text or "as reported" in text
    region.sweep(outcome.variant)
