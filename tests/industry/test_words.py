"""Words, codes and rules at their limits."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import DataError, QuantityError
from shanshui.core.voice import Voice
from shanshui.industry.access_rules import Term, admit, checked_code, covers, rules_of
from shanshui.industry.attention import report_attention, report_passages
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.clusters import cluster_industries, phase_out_schedule
from shanshui.industry.firms import emerging_firms, screened_firms
from shanshui.industry.lexicon import Lexicon, part_around, sentence_around
from shanshui.industry.readiness import technology_maturity
from shanshui.industry.rule_book import VERDICTS
from shanshui.industry.rule_facts import FACTS, GRADES, REACHES
from shanshui.industry.screening import Screener, text_scores


def lexicon(*rows):
    return Lexicon.of({"category": c, "word": w, "specificity": s} for c, w, s in rows)


def screened(
    scope="",
    code="",
    *,
    words=(("it", "芯", 0.5), ("it", "晶", 0.7), ("energy", "光", 0.5)),
    **settings,
):
    codes = {"3911": {"it": True}, "4416": {"energy": False}, "6510": {"it": False, "energy": True}}
    frame = pd.DataFrame({"name": ["某"], "scope": [scope], "code": [code]})
    return Screener(lexicon(*words), codes, **settings).screened(frame).iloc[0]


def test_evidence_adds_up_to_the_limits_of_text():
    # two words of .5 and .7 leave .15 open
    assert screened("芯，晶")["text_score"] == pytest.approx(0.85)
    assert screened("芯，晶")["decision"] == "accepted"
    assert screened("芯，晶", alone=0.86)["decision"] == "review"
    # .7 alone is within .15 of .85, .5 is not
    assert screened("晶")["decision"] == "review"
    assert screened("芯")["decision"] == "no"
    assert screened("芯", "3911")["decision"] == "accepted"
    assert screened("芯", "3911", with_code=0.51)["decision"] == "review"
    assert screened("", "3911")["decision"] == "no"


def test_what_is_said_of_a_firm():
    found = screened("芯，晶。光", "3911")
    assert found[["category", "also", "decision", "basis", "code_score"]].tolist() == [
        "it", "", "accepted", "code and text", 0.5,
    ]  # fmt: skip
    # of the sentence with the strongest word
    assert found["evidence"] == "芯，晶。"
    whole = screened("", "4416")
    assert whole[["category", "basis", "code_score", "text_score", "evidence"]].tolist() == [
        "energy", "code", 1.0, 0.0, "code 4416",
    ]  # fmt: skip
    both = screened("光", "6510")
    # a whole code before a starred one
    assert both[["category", "also"]].tolist() == ["it", "energy"]
    near = screened("芯，晶，光", "6510")
    assert near["category"] == "it"
    assert near["review"] == ""


@pytest.mark.parametrize(("blank", "said"), [(None, 0), (np.nan, 0), ("", 0), (4416, 1), ("4416", 1), (4416.0, 1)])  # fmt: skip
def test_cells_of_a_register_may_be_numbers_or_blank(blank, said):
    frame = pd.DataFrame(
        {"name": ["某"], "code": pd.Series([blank], dtype=object), "scope": [None]}
    )
    found = Screener(lexicon(("it", "none", 1.0), ("it", "nan", 1.0)), {"4416": {"energy": False}})
    assert int(found.screened(frame)["decision"].iloc[0] == "accepted") == said
    assert found.unknown_codes(frame) == 0


def test_two_categories_of_one_strength_are_for_a_person():
    words = (("it", "芯", 0.5), ("energy", "光", 0.5))
    codes = {"1": {"it": True, "energy": True}}
    frame = pd.DataFrame({"name": ["某"], "scope": ["芯光"], "code": ["1"]})
    found = Screener(lexicon(*words), codes).screened(frame).iloc[0]
    assert found[["category", "also", "decision", "review"]].tolist() == ["it", "energy", "accepted", "several categories"]  # fmt: skip


def test_scores_that_are_no_shares_are_refused():
    for word in ("with_code", "alone"):
        for value in (0.0, 1.01):
            with pytest.raises(DataError, match=word):
                Screener(lexicon(("it", "芯", 1.0)), {}, **{word: value})


def test_a_word_counts_once_by_its_strongest_mention():
    own = lexicon(("it", "芯", 0.8), ("it", "晶", 0.5))
    mentions = own.mentions("拟建芯；芯；晶；芯")
    assert text_scores(mentions) == {"it": pytest.approx(1 - 0.2 * 0.5)}
    assert text_scores(own.mentions("不含芯")) == {}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"category": "beauty", "word": "x"}, "'beauty' of 'x'"), ({"category": "it", "word": " "}, "word ''"),
        ({"category": "it", "word": "x", "specificity": 1.1}, "specificity 1.1"), ({"category": "it", "word": "x", "specificity": -0.1}, "-0.1"),
    ],
)  # fmt: skip
def test_words_that_are_none_are_refused(row, message):
    with pytest.raises(DataError, match=message):
        Lexicon.of([row])


def test_a_word_without_specificity_has_nine_tenths():
    for blank in (None, "", np.nan):
        assert Lexicon.of([{"category": "it", "word": "X", "specificity": blank}]).words[0].specificity == 0.9  # fmt: skip


def test_sentences_with_their_marks_and_parts_without():
    text = "前句。左，中间词，右；后句"
    at = text.index("词")
    assert sentence_around(text, at, at + 1) == "左，中间词，右；"
    left, right = part_around(text, at, at + 1)
    assert text[left:right] == "中间词"
    long = "字" * 300
    assert len(sentence_around(long, 150, 151, most=20)) == 41


REPORTS = pd.DataFrame(
    [(2020, "北", "光伏发电。拟建光伏发电。不含光伏发电。集成电路"), (2020, "南", ""), (2019, "北", "光伏发电")],
    columns=["year", "place", "text"],
)  # fmt: skip


def test_every_column_of_attention():
    found = report_attention(REPORTS).set_index(["year", "place", "category"])
    letters = len("光伏发电。拟建光伏发电。不含光伏发电。集成电路")
    assert found.loc[(2020, "北", "energy")].to_dict() == pytest.approx(
        {
            "mentions": 2, "achieved": 1, "planned": 1, "letters": letters, "per_10k": 2e4 / letters, "share": 2 / 3,
        }
    )  # fmt: skip
    assert found.loc[(2020, "北", "it"), "share"] == pytest.approx(1 / 3)
    assert found.loc[(2019, "北", "energy"), "share"] == 1.0
    empty = found.loc[(2020, "南", "it")]
    assert (empty["mentions"], empty["letters"]) == (0, 0)
    assert empty[["per_10k", "share"]].isna().all()
    for ask in (report_attention, report_passages):
        with pytest.raises(QuantityError, match="row 2 holds 'soon'"):
            ask(REPORTS.assign(year=[2020, "soon", 2019]))


def test_every_column_of_passages():
    found = report_passages(REPORTS, most=1)
    first = found[(found["year"] == 2020) & (found["category"] == "energy")]
    assert first[["place", "word", "kind", "passage"]].to_numpy().tolist() == [
        ["北", "光伏发电", "achieved", "光伏发电。"]
    ]
    both = report_passages(REPORTS, most=2)
    assert both[(both["year"] == 2020) & (both["category"] == "energy")]["kind"].tolist() == ["achieved", "planned"]  # fmt: skip
    # by year and place, and categories in the order of the classification
    assert found[["year", "category"]].to_numpy().tolist() == [
        [2019, "energy"],
        [2020, "it"],
        [2020, "energy"],
    ]


def readiness(*rows):
    return pd.DataFrame(rows, columns=["technology", "part", "level", "evidence", "date", "category"])  # fmt: skip


def test_every_column_of_maturity():
    found = technology_maturity(
        readiness(
            ("kiln", "drum", 7, "run of 2019", "2019-05", "materials"), ("kiln", "drum", 7, "run of 2021", "2021-01", "materials"),
            ("kiln", "drum", 9, " ", "2022", "materials"), ("kiln", "fan", 8, "test", "2020", "materials"),
        )
    )  # fmt: skip
    assert found.iloc[0].to_dict() == {
        "technology": "kiln", "category": "materials", "level": 7, "weakest": "drum", "parts": 2, "unproven": 1,
        "evidence": "run of 2021", "date": "2021-01",
    }  # fmt: skip
    bare = technology_maturity(readiness(("kiln", "drum", 3, "", "2020", "")))
    assert bare.iloc[0][["level", "evidence", "date", "unproven"]].tolist() == [0, "", "", 1]
    for level in (0, 10, 3.5, "high"):
        with pytest.raises(QuantityError, match="row 1 holds"):
            technology_maturity(readiness(("kiln", "drum", level, "x", "2020", "")))


def units(names, codes):
    import geopandas as gpd
    import shapely

    frame = gpd.GeoDataFrame(
        {"code": codes, "name": names, "parent": ""},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(len(names))],
        crs="EPSG:6933",
    )
    return frame.set_axis(np.arange(1, len(names) + 1), axis=0)


def test_every_column_of_firms_by_place():
    said = pd.DataFrame(
        [("a", "甲市", "it", "accepted"), ("b", "甲市", "it", "accepted"), ("c", "乙县", "it", "accepted"), ("d", "乙县", "it", "review"),
         ("e", "乙县", "energy", "review")],
        columns=["name", "place", "category", "decision"],
    )  # fmt: skip
    found = emerging_firms(said, units(["甲市"], ["10"]), units(["乙县"], ["20"]))
    assert found[["code", "name", "category", "firms", "review"]].to_numpy().tolist() == [
        ["10", "甲市", "it", 2, 0], ["20", "乙县", "it", 1, 1], ["20", "乙县", "energy", 0, 1],
    ]  # fmt: skip
    assert found["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 0.0])
    assert found["herfindahl"].tolist() == pytest.approx([5 / 9, 5 / 9, np.nan], nan_ok=True)
    assert found.attrs["accepted"] == 3


def test_firms_of_none_are_left_out_and_counted():
    register = pd.DataFrame({"name": ["甲餐馆", "乙"], "scope": ["", "光伏发电"], "code": ["6210", "4416"], "year": [1999, 2001]})  # fmt: skip
    found = screened_firms(register)
    assert found["name"].tolist() == ["乙"]
    assert found["year"].tolist() == [2001]
    assert found.attrs["rows"] == 2


def test_every_column_of_clusters():
    firms = pd.DataFrame(
        [("1", "甲市", "it", 3), ("1", "甲市", "energy", 5), ("1", "甲市", "biology", 3)],
        columns=["code", "name", "category", "firms"],
    )
    meant = pd.DataFrame({"cluster": ["c"], "core": ["k"], "city": ["1"], "categories": ["it digital"]})  # fmt: skip
    found = cluster_industries(meant, firms).set_index("category")
    assert found.loc["it"].to_dict() == {
        "cluster": "c", "core": "k", "city": "1", "intended": True, "firms": 3, "rank": 2, "verdict": "meant and there",
    }  # fmt: skip
    assert found["rank"].to_dict() == {"it": 2, "biology": 2, "energy": 1, "digital": 4}
    assert found.loc["energy", ["intended", "verdict"]].tolist() == [False, "there, not meant"]
    assert found.loc["digital", ["firms", "verdict"]].tolist() == [0, "meant, not there"]


RULE = {"rule": "a", "verdict": "eliminate", "codes": "06", "kinds": "existing"}


def test_each_plant_names_the_rules_of_its_own_code():
    rules = pd.DataFrame([RULE, {**RULE, "rule": "b", "codes": "0620"}])
    plants = pd.DataFrame({"plant": ["x", "y", "x"], "code": ["0610", "0620", "0620"], "capacity": [1.0, 2.0, 3.0]})  # fmt: skip
    found = phase_out_schedule(plants, rules, start=2021, years=1)
    assert found[["plant", "code", "rules", "leaves"]].to_numpy().tolist() == [
        ["x", "0610", "a", 2021], ["y", "0620", "a b", 2021], ["x", "0620", "a b", 2021],
    ]  # fmt: skip
    assert found["remaining"].tolist() == [5.0, 3.0, 0.0]


@pytest.mark.parametrize(
    ("sign", "at", "below", "above"),
    [("<=", True, True, False), ("<", False, True, False), (">=", True, False, True), (">", False, False, True), ("==", True, False, False)],
)  # fmt: skip
def test_conditions_at_their_limits(sign, at, below, above):
    term = Term("slope_deg", sign, 25.0)
    assert [bool(term.holds(v)) for v in (25.0, 24.9, 25.1)] == [at, below, above]
    assert not term.holds(np.nan)
    assert str(term) == f"slope_deg {sign} 25"


@pytest.mark.parametrize(
    ("patterns", "code", "inside"),
    [
        (("25-28",), "25", True), (("25-28",), "2899", True), (("25-28",), "29", False), (("25-28",), "24", False), (("*", "-27"), "2740", False),
        (("*", "-27"), "26", True), (("2740",), "27", False), (("2511-2520",), "2515", True), (("2511-2520",), "2521", False), ((), "25", False),
    ],
)  # fmt: skip
def test_codes_at_the_ends_of_ranges(patterns, code, inside):
    assert covers(patterns, code) is inside


def test_rules_hold_from_their_first_to_their_last_year():
    rules = rules_of([{"rule": "a", "verdict": "forbid", "codes": "*", "from_year": "2010", "to_year": "2020"}])  # fmt: skip
    for year, verdict in ((2009, "allow"), (2010, "forbid"), (2020, "forbid"), (2021, "allow"), (None, "allow")):  # fmt: skip
        assert admit("27", {}, year=year, rules=rules).verdict == verdict


def test_what_would_change_a_verdict():
    rules = rules_of(
        [
            {"rule": "a", "verdict": "forbid", "codes": "27", "when": "slope_deg > 25 & elevation_m >= 800", "unless": "upgrade"},
            {"rule": "b", "verdict": "limit", "codes": "*"}, {"rule": "c", "verdict": "encourage", "codes": "27"},
        ]
    )  # fmt: skip
    steep = admit("27", {"slope_deg": 30.0, "elevation_m": 900.0}, rules=rules)
    assert steep.verdict == "forbid"
    assert [r.rule for r in steep.fired] == ["a", "b", "c"]
    assert tuple(c.words(Voice()) for c in steep.changes) == (
        "a: slope_deg up to 25 (it is 30) or elevation_m below 800 (it is 900) or proof of upgrade",
    )
    assert steep.better == "limit"
    proven = admit("27", {"slope_deg": 30.0, "elevation_m": 900.0}, exemptions=("upgrade",), rules=rules)  # fmt: skip
    assert proven.verdict == "limit"
    assert tuple(c.words(Voice()) for c in proven.changes) == ("b: a project that is existing",)
    assert proven.better == "encourage"
    # a fact that could still make the rule fire is told, one that cannot is not
    assert admit("27", {"slope_deg": 30.0}, rules=rules).unknown == ("elevation_m",)
    assert admit("27", {"slope_deg": 20.0}, rules=rules).unknown == ()
    blind = admit("27", {"slope_deg": 30.0}, rules=rules)
    assert (blind.verdict, blind.worst) == ("limit", "forbid")
    assert blind.words(Voice()) == "at least LIMIT; FORBID if elevation_m >= 800 (a)"
    assert blind.words(Voice("zh")) == "至少限制；若海拔（m） >= 800，则为禁止（a）"


def test_a_special_rule_lifts_a_general_one_only_where_it_holds_for_certain():
    rules = rules_of(
        [
            {"rule": "general", "verdict": "forbid", "codes": "17"},
            {"rule": "silk", "verdict": "encourage", "codes": "1742", "when": "importance > 3", "over": "general"},
        ]
    )  # fmt: skip
    assert admit("1742", {"importance": 5}, rules=rules).verdict == "encourage"
    assert admit("1742", {"importance": 1}, rules=rules).verdict == "forbid"
    assert admit("1742", {}, rules=rules).verdict == "forbid"
    assert admit("1711", {"importance": 5}, rules=rules).verdict == "forbid"
    with pytest.raises(
        DataError,
        match="over names 'generel', which is no rule of the table; did you mean 'general'",
    ):
        rules_of([{"rule": "general", "verdict": "forbid", "codes": "17"}, {"rule": "b", "verdict": "allow", "codes": "17", "over": "generel"}])  # fmt: skip


def test_a_coarse_code_answers_with_the_gravest_rule_below_it():
    rules = rules_of(
        [
            {"rule": "hydro", "verdict": "forbid", "codes": "4413"},
            {"rule": "wind", "verdict": "encourage", "codes": "4415"},
            {"rule": "range", "verdict": "limit", "codes": "4511-4513"},
        ]
    )
    assert admit("44", {}, rules=rules).verdict == "forbid"
    assert admit("44", {}, rules=rules).parts == {"hydro": ("4413",)}
    assert admit("441", {}, rules=rules).verdict == "forbid"
    # a welcome of one part is none of the whole
    assert admit("4415", {}, rules=rules).verdict == "encourage"
    assert admit("443", {}, rules=rules).verdict == "allow"
    assert admit("45", {}, rules=rules).verdict == "limit"


@pytest.mark.parametrize("fact", [f for f in FACTS if f not in ("elevation_m", "slope_deg")])
def test_no_yes_stands_while_a_fact_of_any_source_is_unknown(fact):
    """Maps, plans and the project alike."""
    limit = GRADES[fact][0] if fact in GRADES else REACHES[fact][1]
    rules = rules_of(
        [
            {"rule": "welcome", "verdict": "encourage", "codes": "27"},
            {"rule": "closed", "verdict": "forbid", "codes": "*", "when": f"{fact} == {limit:.0f}"},
        ]
    )
    asked = admit("27", {}, rules=rules)
    assert (asked.verdict, asked.worst, asked.if_clear) == ("allow", "forbid", "encourage")
    assert asked.provisional
    assert asked.unknown == (fact,)
    assert asked.words(Voice()) == f"at least ALLOW; FORBID if {fact} == {limit:g} (closed)"
    assert asked.words(Voice("zh")).startswith("至少允许；若")
    other = next(v for v in (*GRADES.get(fact, ()), 0.0) if v != limit)
    told = admit("27", {fact: other}, rules=rules)
    assert (told.verdict, told.provisional) == ("encourage", False)
    cells = admitted_cells(
        "27", {"elevation_m": np.zeros(2), fact: np.array([np.nan, other])}, rules=rules
    )
    assert [VERDICTS[v] for v in cells.verdict] == ["allow", "encourage"]
    assert [VERDICTS[v] for v in cells.worst] == ["forbid", "encourage"]
    assert cells.open_to[fact].tolist() == [True, False]


def test_the_shipped_book_gives_no_yes_before_green_units_are_drawn():
    known = {
        "elevation_m": 500, "slope_deg": 3, "sensitivity": 5, "importance": 5, "red_line": 0, "farmland": 0, "basic_farmland": 0, "protected": 0,
        "river_m": 5000, "main_river_m": 5000, "core_area": 0, "park": 1, "basin_km2": 500, "province": 61,
    }  # fmt: skip
    asked = admit("2740", known)
    assert (asked.verdict, asked.worst, asked.if_clear) == ("allow", "forbid", "encourage")
    assert asked.words(Voice()) == "at least ALLOW; FORBID if green_unit == 1 (U1)"
    assert admit("2740", known | {"green_unit": 4}).verdict == "encourage"


def test_better_ground_is_judged_by_the_rules_of_the_year_asked_for():
    rules = rules_of([{"rule": "late", "verdict": "forbid", "codes": "06", "from_year": 2030}])
    for year, word in ((None, "allow"), (2029, "allow"), (2030, "forbid")):
        cells = admitted_cells("06", {"elevation_m": np.zeros(1)}, year=year, rules=rules)
        assert VERDICTS[cells.verdict[0]] == word
        assert admit("06", {}, year=year, rules=rules).verdict == word


def test_industries_by_name_and_codes_that_are_none():
    assert checked_code("中成药生产") == "2740"
    assert checked_code("Hydropower") == "4413"
    assert checked_code("医药制造业") == "27"
    for code, message in (
        ("2799", "division 27 has no group 279"),
        ("2749", "group 274 has no class 2749; it has 2740"),
        ("中成药", "no name that is known here.*中成药生产"),
        ("hydro-power", "did you mean 'Hydropower'"),
    ):
        with pytest.raises(QuantityError, match=message):
            checked_code(code)


def test_codes_of_the_economy():
    assert checked_code("C2740") == "2740"
    assert checked_code(" 27 ") == "27"
    for code, message in (("2", "two to four digits"), ("27400", "two to four"), ("", "two to four"), ("99", "no division 99")):  # fmt: skip
        with pytest.raises(QuantityError, match=message):
            checked_code(code)
