"""Conditions and facts of a verdict in words: a planner need not know the numbers of grades."""

import pytest

from shanshui.core.voice import Voice
from shanshui.industry.rule_book import rules_of
from shanshui.industry.rule_facts import GRADES, YES_NO
from shanshui.industry.term_words import asked_fact, said_fact, said_terms, said_ways

ZH, EN = Voice("zh"), Voice()


def terms(when):
    (rule,) = rules_of([{"rule": "R", "verdict": "forbid", "codes": "*", "when": when}])
    return rule.when


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("importance <= 3 & importance >= 1", "生态重要性为极重要或重要"),
        ("importance == 1", "生态重要性为极重要"),
        ("green_unit == 2", "绿色单元为深绿"),
        ("province == 61 & mountains == 1", "省份为陕西且所属山系为秦岭"),
        ("core_area >= 1 & sensitivity < 5", "在核心腹地且生态敏感性为极敏感或敏感"),
        ("elevation_m >= 1500 & elevation_m < 2000", "海拔（m） >= 1500且海拔（m） < 2000"),
    ],
)
def test_conditions_on_one_fact_are_said_together_by_the_names_of_its_grades(when, said):
    assert said_terms(terms(when), ZH) == said


def test_english_says_conditions_as_tables_of_rules_have_them():
    when = "importance <= 3 & importance >= 1"
    assert said_terms(terms(when), EN) == f"{EN('mark_and')}".join(when.split(" & "))


@pytest.mark.parametrize(
    ("when", "value", "said"),
    [
        ("importance <= 3 & importance >= 1", 1.0, ["生态重要性为一般（现为极重要）"]),
        ("importance == 1", 1.0, ["生态重要性为重要或一般（现为极重要）"]),
        ("province == 61", 61.0, ["省份不为陕西（现为陕西）"]),
        ("core_area >= 1", 1.0, ["不在核心腹地"]),
    ],
)
def test_a_way_out_is_a_grade_that_the_place_could_have(when, value, said):
    assert said_ways([(t, value) for t in terms(when)], ZH) == said


def test_facts_are_said_by_grade_and_asked_for_by_the_name_that_the_command_takes():
    assert said_fact("importance", 3.0, ZH) == "生态重要性为重要"
    assert said_fact("importance", 3.0, EN) == "importance 3 (important)"
    assert said_fact("elevation_m", 998.187, ZH) == "海拔（m） 998"
    assert said_fact("red_line", 0.0, ZH) == "不在生态保护红线内"
    assert asked_fact("green_unit", ZH) == "绿色单元（green_unit）"
    assert asked_fact("park", ZH) == "是否在产业园区内（park）"


@pytest.mark.parametrize("voice", [EN, ZH])
def test_every_grade_has_a_name(voice):
    for fact in GRADES.keys() - set(YES_NO):
        assert [g for g in GRADES[fact] if f"fact_{fact}.{g:g}" not in voice] == []
