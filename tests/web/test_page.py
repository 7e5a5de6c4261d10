"""The page in a browser, on the made-up region: what a planner does on the first day."""

import json
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from shanshui.core.voice import Voice
from shanshui.web.app import app_of
from shanshui.web.page import built

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WORDS = Path(__file__).resolve().parents[2] / "page" / "words"
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None or built() is None, reason="no chromium here, or the page is not built"
)


def test_both_languages_have_the_same_words():
    lists = {f.stem: json.loads(f.read_text("utf-8")) for f in WORDS.glob("*.json")}
    assert set(lists) == {"en", "zh"}
    assert set(lists["en"]) == set(lists["zh"])
    for name, words in lists.items():
        assert all(words.values()), name
        for key, text in words.items():
            parts = {p.split("}")[0] for p in text.split("{")[1:]}
            other = {p.split("}")[0] for p in lists["en"][key].split("{")[1:]}
            assert parts == other, key


def test_every_word_is_used():
    source = "".join(f.read_text("utf-8") for f in (WORDS.parent / "src").glob("*.ts"))
    words = json.loads((WORDS / "en.json").read_text("utf-8"))
    unused = [w for w in words if f'"{w}"' not in source and f"{w}:" not in source]
    assert not unused


@pytest.fixture(scope="module")
def address(region, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown") / "q"
    shutil.copytree(region.layout.folder, folder)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    server = uvicorn.Server(uvicorn.Config(app_of([folder]), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        opened = player.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, address):
    """A fresh page that has been asked for nothing beyond its server, and had no fault."""
    made = browser.new_page(viewport={"width": 1366, "height": 768})
    faults, elsewhere = [], []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on(
        "request",
        lambda r: (
            elsewhere.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    yield made
    made.close()
    assert not faults
    assert not elsewhere


def ready(page, url):
    page.goto(url)
    page.wait_for_selector("#page[data-ready=yes]", timeout=60_000)


@in_a_browser
def test_the_first_screen_says_what_was_found(page, address):
    ready(page, f"{address}#lang=zh")
    found = page.locator(".findings button").all_inner_texts()
    assert len(found) >= 8
    assert any("平方千米" in text for text in found)
    assert page.locator(".legend h2").inner_text()
    assert page.locator(".classes li, .ramp").count() > 0
    assert page.locator(".names span").count() > 0


@in_a_browser
def test_a_place_is_found_and_has_a_sheet_and_an_answer_on_a_project(page, address, region):
    ready(page, f"{address}#lang=zh")
    name = str(region["counties"]["name_zh"].iloc[0])
    page.locator(".search input").fill(name)
    page.locator(".hits button").first.click()
    page.wait_for_selector(".sheet h2")
    assert page.locator(".sheet h2").inner_text() == name
    assert page.locator(".sheet .product").count() > 5
    assert "place=county/" in page.url
    page.locator(".admission input").fill("2631")
    page.locator(".admission button").click()
    page.wait_for_selector(".verdict .answer")
    assert Voice("zh")("ruled_forbid") in page.locator(".verdict").inner_text() or page.locator(
        ".verdict .answer"
    ).inner_text().startswith("2631")
    page.locator(".admission input").fill("nothing of that name")
    page.locator(".admission button").click()
    page.wait_for_selector(".verdict .refused")


@in_a_browser
def test_an_address_opens_the_view_that_it_was_copied_from(page, browser, address):
    ready(page, f"{address}#lang=en")
    page.locator(".tabs button").nth(1).click()
    page.wait_for_selector(".chapter")
    page.locator(".panel input").fill("slope")
    page.locator(".chapter li button:not([disabled])").first.click()
    page.locator(".legend h2", has_text="lope").wait_for()
    copied, title = page.url, page.locator(".legend h2").inner_text()
    again = browser.new_page(viewport={"width": 1366, "height": 768})
    ready(again, copied)
    assert again.locator(".legend h2").inner_text() == title
    assert again.locator(".tabs button").nth(1).get_attribute("aria-selected") == "true"
    again.close()
    page.locator("button.lang").click()
    page.wait_for_selector("html[lang=zh]")
    page.locator(".legend h2", has_text="坡").wait_for()


@in_a_browser
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("wide", "high"), [(1366, 768), (820, 1180), (390, 844)])
def test_nothing_is_wider_than_the_window(browser, address, region, lang, wide, high):
    page = browser.new_page(viewport={"width": wide, "height": high})
    code = region["counties"]["code"].iloc[0]
    ready(page, f"{address}#lang={lang}&place=county/{code}")
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    beyond = page.evaluate(
        "[...document.querySelectorAll('button, input, select, h2, p, li')].filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.rows')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert not beyond
    page.close()


@in_a_browser
def test_a_scenario_is_written_and_run_from_the_page(page, address):
    ready(page, f"{address}#lang=en&tab=scenarios&product=carbon_stock.carbon")
    page.wait_for_selector(".new input")
    fields = page.locator(".new input")
    fields.nth(0).fill("greener")
    fields.nth(1).fill("land_cover = 4 where slope > 5")
    page.locator(".new button").click()
    page.wait_for_selector(".scenarios li:has-text('greener')")
    page.locator(".scenarios li:has-text('greener') button").nth(1).click()
    until = time.monotonic() + 240
    while "done" not in page.locator(".progress").inner_text():
        assert time.monotonic() < until, page.locator(".progress").inner_text()
        page.wait_for_timeout(500)
    page.locator(".scenarios li:has-text('greener') button").nth(2).click()
    page.wait_for_selector(".chart.right:not([hidden])")
    assert "beside=greener/" in page.url
