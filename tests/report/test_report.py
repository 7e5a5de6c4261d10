import re
import shutil
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from matplotlib.figure import Figure

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


def tables_of(text):
    """Heads and rows of each table, by its title."""
    out = {}
    for title, body in re.findall(r'<h3 id="t\d+">(.*?)</h3>(.*?)</table>', text, flags=re.DOTALL):
        rows = [
            [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr.*?</tr>", body, flags=re.DOTALL)
        ]
        out[title] = rows
    return out


def test_sums_of_money_stand_beside_the_unit_that_they_are_counted_in(page, region):
    lang, text, _ = page
    voice = Voice(lang)
    heads, *rows = tables_of(text)[voice.word("service_beneficiaries")]
    given = heads.index(f"{voice.word('given')} ({voice('money_a_year')})")
    code = heads.index(voice.word("code"))
    ours = region["service_beneficiaries"].set_index("code")["given"]
    for row in rows:
        shown = float(row[given].replace(",", "").replace("−", "-")) * voice.size("money")
        assert shown == pytest.approx(ours[row[code]], rel=0.006)


def test_a_page_in_chinese_names_places_frames_prices_and_reasons_in_chinese(region, tmp_path):
    text = write_report(region, "zh", tmp_path / "r.html").read_text("utf-8")
    for layer in ("prefectures", "counties"):
        frame = region[layer]
        assert {n for n in frame["name"] if f">{n}<" in text} == set()
        assert any(f">{n}<" in text for n in frame["name_zh"])
    # a chart of reports by place has names, not codes
    codes = set(region["report_attention"]["place"])
    assert {c for c in codes if re.search(rf"<text[^>]*>{c}</text>", text)} == set()
    for english in (
        "first run",
        "value as given",
        "Garze account",
        "is bound in study.toml",
        "Prefecture<",
    ):
        assert english not in text, english
    for frame in ("gep2020", "norm2022", "gbt46869"):
        assert not re.search(rf">{frame}<", text), frame


def test_frames_whose_values_agree_share_a_line_that_names_them(region):
    from shanshui.report.account_figures import frames_chart
    from shanshui.report.canvas import drawing

    table = region["service_series"]
    twin = table[table["frame"] == "gep2020"].assign(frame="seea")
    both = pd.concat([table[table["frame"] == "gep2020"], twin], ignore_index=True)
    voice = Voice("zh")
    with drawing(voice):
        figure = frames_chart(both, voice)
    (line,) = figure.axes[0].lines
    (label,) = (t.get_text().replace("\n", "") for t in figure.legends[0].get_texts())
    assert len(line.get_xdata()) == both["year"].nunique()
    assert "（2020）" in label
    assert "SEEA" in label
    assert "线重合" in label


def test_every_figure_and_table_stands_in_the_contents(page):
    _, text, _ = page
    contents = re.search(r'<details class="contents">.*?</details>', text, flags=re.DOTALL)[0]
    asked = set(re.findall(r'href="#([^"]+)"', contents))
    assert asked <= set(re.findall(r'id="([^"]+)"', text))
    for figure in re.findall(r'<figure id="([^"]+)"', text):
        assert figure in asked


def test_a_map_of_one_number_says_the_number(region, monkeypatch):
    from shanshui.report import maps

    read = maps.thumbnail
    monkeypatch.setattr(
        maps, "thumbnail", lambda reader, codes=False: (read(reader, codes)[0] * 0 + 1, 1.0)
    )
    handles = maps._colour(
        Figure(), Figure().add_subplot(), region, maps.MapSpec(product="slope"), (0, 1, 0, 1), read(region.objects.reader(region.record("region_mask").digest), True)[0], Voice()
    )  # fmt: skip
    assert [h.get_label() for h in handles] == ["1 everywhere"]


def test_tables_of_zones_name_counties_in_the_language(region, tmp_path):
    tables = tables_of(write_report(region, "zh", tmp_path / "r.html").read_text("utf-8"))
    counties = region["counties"]
    voice = Voice("zh")
    for product in ("function_zones", "zone_cards"):
        if region.has(product):
            _, *rows = tables[voice.word(product)]
            assert {row[0] for row in rows} <= set(counties["name_zh"])

    # nor is a county called by its other name in any other table
    english = set(counties["name"])
    assert not {cell for rows in tables.values() for row in rows for cell in row} & english
