"""Ten projects at ten places of the made-up region, in both languages: verdict, rules, questions, words."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pyproj
import pytest
from tests.command import shanshui

from shanshui import open_study
from shanshui.industry.rule_facts import FACTS

FREE = {
    "red_line": 0,
    "protected": 0,
    "farmland": 0,
    "sensitivity": 5,
    "importance": 5,
    "core_area": 0,
}
"""Ground that nothing closes."""


@dataclass(frozen=True)
class Project:
    """What is asked, on the first ground with such facts from the north-west, and what is right there."""

    name: str
    industry: str
    kind: str
    ground: dict
    words: tuple
    first: str
    first_zh: str
    fired: tuple
    questions: tuple = ()
    facts: tuple = ()


def up_to(limit):
    return lambda values: values <= limit


def beyond(limit):
    return lambda values: values > limit


PROJECTS = (
    Project(
        "a forest park in a reserve", "7862", "new", {"protected": 1, "farmland": 0}, (), "LIMIT  7862 Forest parks",
        "限制  7862 森林公园管理", ("N4",), (), ("green_unit=4",),
    ),
    Project(
        "chemicals by a main river", "有机化学原料制造", "new", {**FREE, "farmland": 1, "main_river_m": up_to(600), "river_m": beyond(200)}, (),
        "FORBID  2614 Organic chemical raw materials", "禁止  2614 有机化学原料制造", ("W1",),
    ),
    Project(
        "medicine by a brook far from a main river", "2740", "new", {**FREE, "river_m": up_to(500), "main_river_m": beyond(1000)}, (),
        "ENCOURAGE  2740 Chinese medicine", "鼓励  2740 中成药生产", (), (), ("green_unit=4",),
    ),
    Project(
        "copper in the core expands", "3211", "expand", {**FREE, "core_area": 1, "importance": 3, "sensitivity": 3}, (), "FORBID  3211 Copper smelting", "禁止  3211 铜冶炼",
        ("P3",),
    ),
    Project(
        "pigs that stand in the red line", "Pig farming", "existing", {"red_line": 1, "protected": 0}, (), "MOVE  0313 Pig farming", "迁入园区  0313 猪的饲养",
        ("N7",),
    ),
    Project(
        "software where no plan has drawn green units", "6513", "new", FREE, (),
        "PROVISIONAL: at least ALLOW; FORBID if green_unit == 1 (U1)  6513 Application software",
        "未定：至少允许；若绿色单元为全绿，则为禁止（U1）  6513 应用软件开发", (), ("U1", "U2"),
    ),
    Project(
        "a power station of unknown size", "4413", "new", FREE, (),
        "PROVISIONAL: at least ALLOW; FORBID if capacity_mw < 300 & pumped_storage < 1 (P2)  4413 Hydropower",
        "未定：至少允许；若装机容量（MW） < 300且不为抽水蓄能，则为禁止（P2）  4413 水力发电", (), ("P2", "P10"), ("green_unit=4",),
    ),
    Project(
        "a coal mine below ground that goes in 2030", "0610", "existing", {"red_line": 0, "protected": 0}, ("--year", 2030),
        "ELIMINATE  0610 Hard coal mining", "淘汰退出  0610 烟煤和无烟煤开采洗选", ("P1",), (), ("open_pit=0",),
    ),
    Project(
        "a bakery on farmland of an unknown kind", "1411", "new", {**FREE, "farmland": 1}, (),
        "PROVISIONAL: at least LIMIT; FORBID if basic_farmland >= 1 (F4)  1411 Pastry and bread",
        "未定：至少限制；若为永久基本农田，则为禁止（F4）  1411 糕点、面包制造", ("F3",), ("F4",), ("green_unit=4",),
    ),
    Project(
        "gold is looked for in the red line", "0921", "explore", {"red_line": 1, "protected": 0}, (), "LIMIT  0921 Gold mining", "限制  0921 金矿采选",
        ("M6",),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def judged(region):
    """The folder of a study whose facts of places are made, and the point of each ground."""
    study = open_study(region.layout.folder)
    facts, inside = study["place_facts"], study["region_mask"].values == 1
    there = pyproj.Transformer.from_crs(study.grid.crs, "EPSG:4326", always_xy=True)

    def point(ground):
        fits = inside.copy()
        for fact, wanted in ground.items():
            values = facts[fact].values
            fits &= wanted(values) if callable(wanted) else values == wanted
        assert fits.any(), ground
        row, column = np.argwhere(fits)[0]
        lon, lat = there.transform(study.grid.x()[column], study.grid.y()[row])
        return f"{lon:.6f},{lat:.6f}"

    return study.layout.folder, point


def asked(judged, project, *more):
    folder, point = judged
    told = [w for f in project.facts for w in ("--fact", f)]
    return shanshui(
        "admit", folder, "--industry", project.industry, "--at", point(project.ground), "--kind", project.kind, *project.words, *told, *more,
    )  # fmt: skip


@pytest.mark.parametrize("project", PROJECTS, ids=[p.name for p in PROJECTS])
def test_a_project_at_a_place(judged, project):
    found = json.loads(asked(judged, project, "--json"))
    english = asked(judged, project).splitlines()
    chinese = asked(judged, project, "--lang", "zh").splitlines()
    assert (english[0], chinese[0]) == (project.first, project.first_zh)
    # the rules that decide, and those that might
    grave = [r["rule"] for r in found["rules"] if r["verdict"] == found["verdict"]]
    if project.fired:
        assert set(project.fired) <= set(grave)
    else:
        assert found["verdict"] in ("encourage", "allow")
    assert {q["rule"] for q in found["questions"]} == set(project.questions)
    assert found["provisional"] == bool(project.questions) == bool(found["unknown"])
    # a line for each rule and each question, in each language
    for rule in (*(r["rule"] for r in found["rules"]), *project.questions):
        for lines in (english, chinese):
            own = [line for line in lines if re.match(rf"  (?!如要解除)\S+ +{rule}[ :：\[]", line)]
            assert len(own) == 1, rule
    for question in project.questions:
        assert any(f" {question} if " in line for line in english)
        assert any(f" {question} 若 " in line for line in chinese)
    # one answer, one language: no Chinese in the one, no word in the other
    assert not re.findall(r"[一-鿿]", "\n".join(english))
    # but for the name by which a fact is told
    told = re.sub(r"（(" + "|".join(FACTS) + r")）", "", "\n".join(chinese))
    assert re.findall(r"[A-Za-z]{3,}", told) == []
    assert len(english) == len(chinese)


def test_ten_projects_of_ten_verdicts():
    assert len(PROJECTS) == 10
    assert {p.first.split()[0].strip(":").lower() for p in PROJECTS} >= {
        "encourage", "limit", "move", "forbid", "eliminate", "provisional",
    }  # fmt: skip


def test_better_ground_is_better(judged):
    """What is said to be better is asked again there."""
    folder, _ = judged
    project = PROJECTS[3]
    near = json.loads(asked(judged, project, "--json"))["nearest"]
    again = json.loads(
        shanshui("admit", folder, "--industry", project.industry, "--at", f"{near['lon']},{near['lat']}", "--kind", project.kind, "--json")
    )  # fmt: skip
    assert again["verdict"] == near["verdict"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--industry", "9799"), "division 97 has no group 979"), (("--industry", "3211", "--kind", "explore"), "explore is of minerals"),
        (("--industry", "3211", "--fact", "capacity_mw=nan"), "leave out what is not known"), (("--industry", "3211", "--year", "1700"), "greater than"),
        (("--industry", "3211", "--fact", "capacity_mw=3", "--fact", "capacity_mw=50"), "capacity_mw is 3 already; give each fact once"),
        (("--industry", "3211", "--fact", "red_line=yes"), "expected NAME=NUMBER"), (("--industry", "3211", "--fact", "red_line=2"), "expected 0 or 1"),
        (("--industry", "3211", "--fact", "sensitivity=2"), "expected 1, 3 or 5"), (("--industry", "3211", "--fact", "elevation_m=inf"), "expected -500 to"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_without_a_traceback(judged, words, message):
    folder, point = judged
    out = shanshui("admit", folder, "--at", point(FREE), *words, code=2)
    assert message in out
    assert "Traceback" not in out
