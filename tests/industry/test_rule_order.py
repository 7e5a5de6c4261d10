"""What must hold of the shipped rules for every class of the economy: graver ground is never milder, and closed ground is closed."""

import numpy as np
import pandas as pd
import pytest
from tests.industry.test_sentences import PLAIN

from shanshui.core.errors import DataError, QuantityError
from shanshui.core.voice import Voice
from shanshui.industry.access_rules import VERDICTS, admit
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.classification import classes
from shanshui.industry.rule_book import covers, rules_of, shipped_rules

CLASSES = sorted(c for group in classes().values() for c in group)
# what stands for nature: care and monitoring, planting, pests and fires of forests
CARE = ("7711", "7712", "7713", "7714", "7719", "746", "764", "022", "0231", "0521", "0522")
GRAVER = {
    "protected": [0, 1], "red_line": [0, 1], "sensitivity": [5, 3, 1], "importance": [5, 3, 1], "core_area": [0, 1], "farmland": [0, 1],
    "slope_deg": [3, 20, 40], "elevation_m": [500, 1700, 2500], "river_m": [5000, 500, 100], "main_river_m": [5000, 800, 100],
    "green_unit": [4, 3, 2, 1], "park": [1, 0], "open_pit": [0, 1], "basin_km2": [5000, 100],
}  # fmt: skip
"""Facts from the mildest to the gravest."""
PROJECT = {"capacity_mw": 30.0, "pumped_storage": 0.0, "open_pit": 1.0}


def verdicts(code, kind, **facts):
    """Places of the verdicts for each value of facts that vary."""
    size = max(len(np.atleast_1d(v)) for v in facts.values())
    told = {f: np.full(size, float(v)) for f, v in {**PLAIN, **PROJECT}.items()}
    told |= {f: np.asarray(v, float) for f, v in facts.items()}
    return admitted_cells(code, told, kind=kind)


def one_of_each(kind):
    """One class for each set of rules that speak of it: all others of the set are judged alike."""
    return {
        tuple(r.rule for r in shipped_rules() if r.concerns(c, kind, None, ())): c for c in CLASSES
    }.values()


@pytest.mark.parametrize("kind", ["new", "expand", "existing"])
@pytest.mark.parametrize("fact", sorted(GRAVER))
def test_graver_ground_is_never_milder(kind, fact):
    """On plain ground, and on twenty where the other facts are anything."""
    rng = np.random.default_rng(0)
    values = np.asarray(GRAVER[fact], float)
    told = {
        f: np.repeat([PLAIN.get(f, 1), *rng.choice(v, 20)], len(values)) for f, v in GRAVER.items()
    }
    told[fact] = np.tile(values, 21)
    milder = []
    for code in one_of_each(kind):
        found = verdicts(code, kind, **told).verdict.reshape(21, -1).astype(int)
        if (np.diff(found) < 0).any():
            at = int(np.argmax((np.diff(found) < 0).any(axis=1)))
            ground = {f: v[at * len(values)] for f, v in told.items() if f != fact}
            milder.append((code, ground, [VERDICTS[v] for v in found[at]]))
    assert milder == []


@pytest.mark.parametrize("fact", ["red_line", "protected"])
@pytest.mark.parametrize("kind", ["new", "expand", "existing"])
def test_no_industry_is_without_a_rule_on_closed_ground(fact, kind):
    free = [
        code for code in CLASSES
        if verdicts(code, kind, **{fact: [1]}).verdict[0] < VERDICTS.index("limit")
    ]  # fmt: skip
    assert [c for c in free if not c.startswith(CARE)] == []


@pytest.mark.parametrize("fact", ["red_line", "protected", "sensitivity"])
def test_no_industry_has_a_plain_yes_where_closed_ground_is_not_known(fact):
    for code in CLASSES:
        if code.startswith(CARE) or (
            fact == "sensitivity" and code[:2] in ("01", "02", "04", "05")
        ):
            continue
        found = verdicts(code, "new", **{fact: [np.nan]})
        assert found.verdict[0] >= VERDICTS.index("allow"), code
        assert found.worst[0] >= VERDICTS.index("limit"), code


@pytest.mark.parametrize(("height", "least"), [(2500, "forbid"), (1700, "limit")])
def test_nothing_is_built_high_in_shaanxi(height, least):
    built = [c for c in CLASSES if c[:2] not in ("01", "02", "04", "05") and not c.startswith(CARE)]
    for code in built:
        assert verdicts(code, "new", elevation_m=[height]).verdict[0] >= VERDICTS.index(least), code
        other = verdicts(code, "new", elevation_m=[height], province=[51]).verdict[0]
        assert other == verdicts(code, "new", elevation_m=[500]).verdict[0], code


def test_industrial_projects_are_forbidden_in_the_red_line():
    for code in CLASSES:
        if "06" <= code[:2] <= "45" and not code.startswith("442"):
            for kind in ("new", "expand"):
                found = verdicts(code, kind, red_line=[1]).verdict[0]
                assert VERDICTS[found] == "forbid", (code, kind)


def test_heavy_industry_is_one_list():
    """Rules that speak of heavy industry speak of the same."""
    own = {
        r.rule: {c for c in CLASSES if covers(r.codes, c) and not "06" <= c[:2] <= "12"}
        for r in shipped_rules() if r.rule in ("L2", "Q2", "U3", "U4")
    }  # fmt: skip
    assert len(own) == 4
    assert len({frozenset(v) for v in own.values()}) == 1


def test_every_code_of_the_shipped_rules_speaks_of_some_class():
    for rule in shipped_rules():
        assert any(covers(rule.codes, c) for c in CLASSES), rule.rule


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"codes": "98"}, "code '98' is none"), ({"codes": "279"}, "code '279' is none"), ({"codes": "28-25"}, "range '28-25' holds no code"),
        ({"codes": "26-2631"}, "of as many digits"), ({"codes": "98-99"}, "holds no code of GB/T"), ({"codes": "-26"}, "only take out"),
        ({"over": "r"}, "over names the rule itself"), ({"from_year": "soon"}, "from_year is 'soon', expected a year"),
        ({"to_year": "2030.5"}, "to_year is '2030.5'"), ({"from_year": "2030", "to_year": "2020"}, "2030 is after to_year 2020"),
        ({"when": "protected >= 2"}, "never met: protected is 0 or 1"), ({"when": "sensitivity == 2"}, "never met: sensitivity is 1, 3 or 5"),
        ({"when": "slope_deg > 90"}, "never met"), ({"from_year": "inf"}, "expected a year"),
    ],
)  # fmt: skip
def test_a_rule_that_could_never_fire_is_refused(row, message):
    with pytest.raises(DataError, match=message):
        rules_of([{"rule": "r", "verdict": "forbid", "codes": "26", **row}])


def test_a_range_may_be_taken_out():
    assert [covers(["06-12", "-07-09"], c) for c in ("0610", "0711", "0921", "1011")] == [True, False, False, True]  # fmt: skip
    assert covers(["*", "-25-28"], "29")
    assert not covers(["*", "-25-28"], "2740")


@pytest.mark.parametrize(
    ("fact", "value", "message"),
    [
        ("red_line", "yes", "red_line is 'yes', expected a number"), ("red_line", "1", "expected a number"), ("red_line", None, "red_line is None"),
        ("protected", 0.5, "protected is 0.5, expected 0 or 1"), ("protected", -1, "expected 0 or 1"), ("core_area", 2, "expected 0 or 1"),
        ("sensitivity", 2, "sensitivity is 2, expected 1, 3 or 5"), ("slope_deg", 120, "slope_deg is 120, expected 0 to 90"),
        ("elevation_m", float("inf"), "elevation_m is inf"), ("river_m", -5, "expected 0 to"), ("green_unit", 5, "expected 1, 2, 3 or 4"),
        ("capacity_mw", [30], "expected a number"),
    ],
)  # fmt: skip
def test_a_fact_is_a_number_that_it_can_be(fact, value, message):
    with pytest.raises(QuantityError, match=message):
        admit("3211", {fact: value})


def test_what_is_a_number_passes_however_it_is_written():
    for value in (1, 1.0, True, np.float32(1), np.int8(1), np.bool_(True)):
        assert admit("3211", {**PLAIN, "red_line": value}).verdict == "forbid"
    assert "red_line" in admit("3211", {"red_line": float("nan")}).unknown


def test_only_minerals_are_explored_for():
    for code in ("3211", "2740", "0111", "7511"):
        with pytest.raises(QuantityError, match="explore is of minerals"):
            admit(code, PLAIN, kind="explore")
    for code in ("0921", "06", "747", "7472", "74"):
        assert admit(code, PLAIN, kind="explore").verdict == "allow"


def test_what_is_not_known_and_would_help_is_told():
    answer = admit("2662", {k: v for k, v in PLAIN.items() if k != "core_area"})
    assert (answer.verdict, answer.worst, answer.if_clear) == ("limit", "limit", "encourage")
    assert answer.provisional
    assert answer.unknown == ("core_area",)
    # it may be milder: "at least" would not be true
    assert answer.words(Voice()) == "LIMIT; ENCOURAGE if core_area < 1 (E11)"
    assert answer.words(Voice("zh")) == "限制；若不在核心腹地，则为鼓励（E11）"
    both = admit("2662", {k: v for k, v in PLAIN.items() if k not in ("core_area", "protected")})
    assert (
        both.words(Voice())
        == "LIMIT; FORBID if protected >= 1 (N1); ENCOURAGE if core_area < 1 (E11)"
    )
    cells = admitted_cells("2662", {f: np.array([np.nan if f == "core_area" else v]) for f, v in PLAIN.items()})  # fmt: skip
    assert VERDICTS[cells.if_clear[0]] == "encourage"
    assert list(cells.open_to) == ["core_area"]


def said(answer, language="en"):
    return [c.words(Voice(language)) for c in answer.changes]


def test_another_kind_of_project_is_advised_only_where_it_fares_better():
    going = admit("0610", PLAIN, kind="existing", year=2030)
    # a new coal mine and a larger one are forbidden
    assert (going.verdict, said(going)) == ("eliminate", ["P1: another industry"])
    assert said(going, "zh") == ["P1：改换行业"]
    rules = rules_of([{"rule": "a", "verdict": "forbid", "codes": "26", "kinds": "new"}])
    assert said(admit("26", {}, rules=rules)) == ["a: a project that is expand or existing"]


def test_rules_of_the_year_of_the_book_where_none_is_given():
    for code, kind in (("0610", "existing"), ("0610", "new"), ("2614", "new")):
        now, said = admit(code, PLAIN, kind=kind), admit(code, PLAIN, kind=kind, year=2026)
        assert [r.rule for r in now.fired] == [r.rule for r in said.fired]
    assert admit("0610", PLAIN, kind="existing").verdict == "limit"


def test_facts_that_decide_are_those_of_each_unit():
    from tests.worlds import grid

    from shanshui.industry.admission import unit_admission
    from shanshui.industry.place_facts import place_facts

    label = grid([[1, 2]], "1", dtype=np.int32, nodata=0)
    facts = place_facts(grid([[500.0, 500.0]], "m"), grid([[3.0, 3.0]], "degree"))
    for name in facts.data_vars:
        if name in PLAIN:
            facts[name].values = np.full((1, 2), PLAIN[name], np.float32)
    facts["red_line"].values = np.array([[np.nan, 0]], np.float32)
    facts["protected"].values = np.array([[0, np.nan]], np.float32)
    rules = pd.DataFrame(
        [
            {"rule": "a", "verdict": "forbid", "codes": "*", "when": "red_line >= 1"},
            {"rule": "b", "verdict": "forbid", "codes": "*", "when": "protected >= 1"},
        ]
    )
    found = unit_admission(label, facts, rules)
    assert found.groupby("unit")["open_to"].unique().map(list).to_dict() == {
        1: ["red_line"],
        2: ["protected"],
    }
