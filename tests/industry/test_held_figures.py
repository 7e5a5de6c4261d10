"""Figures of industry that statements speak of."""

import pandas as pd

from shanshui.industry.held_figures import attention_figures, firm_figures, stage_figures


def of(measures):
    return {(m.measure, m.place): m.ours for m in measures}


def test_firms_by_place_province_and_class():
    rows = pd.DataFrame({"code": ["420300", "420300", "610700"], "category": ["biology", "it", "biology"], "firms": [3, 1, 2]})  # fmt: skip
    found = of(firm_figures(rows))
    assert found["firms", ""] == 6
    assert found["firms_in", "420300"] == found["firms_in", "420000"] == 4
    assert found["category_rank", "biology"] == 1
    assert found["category_rank", "it"] == 2


def test_a_stage_is_told_without_its_half():
    rows = pd.DataFrame({"code": ["1"], "year": [2014], "criterion": ["composite"], "stage": ["late, first half"]})  # fmt: skip
    assert of(stage_figures(rows)) == {("stage", "1/2014"): 3.0}


def test_attention_is_ranked_by_year():
    rows = pd.DataFrame({"year": [2017, 2017, 2018], "category": ["it", "biology", "it"], "mentions": [5, 2, 1]})  # fmt: skip
    found = of(attention_figures(rows))
    assert (found["attention_rank", "it/2017"], found["attention_rank", "biology/2017"]) == (1, 2)
    assert found["attention_rank", "it/2018"] == 1
