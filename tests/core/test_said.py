"""What products say: phrases and facts beside their English, said again in any language."""

import ast
import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import shanshui
from shanshui.core.errors import PlanError
from shanshui.core.phrases import phrases
from shanshui.core.said import (
    Coded,
    English,
    Name,
    Number,
    Said,
    Sum,
    Worded,
    by_language,
    coded,
    columns,
    english,
    named,
    spoken,
    together,
)
from shanshui.core.shipped import shipped_text
from shanshui.core.voice import Voice, languages, placeholders
from shanshui.queries.spoken import spoken as spoken_rows

HOME = Path(shanshui.__file__).parent


def asked():
    """Phrases that code names; beginnings of those whose end is worked out."""
    whole, begun = set(), set()
    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Said"
            parts = list(ast.walk(node.args[0])) if called else []
            first = {id(p.values[0]): p.values[0].value for p in parts if hasattr(p, "values")}
            begun |= set(first.values())
            whole |= {
                p.value
                for p in parts
                if isinstance(p, ast.Constant) and isinstance(p.value, str) and id(p) not in first
            }
    return whole, begun


def test_every_phrase_is_said_by_some_code_and_every_phrase_that_is_said_there_is():
    whole, begun = asked()
    known = set(phrases())
    unsaid = {p for p in known - whole if not any(p.startswith(b) for b in begun)}
    # one of two by a name, and the scale of sums, which no product says by itself
    assert unsaid == {"scale_of_sums", "not_income_by_area", "not_income_paid"}
    names = {w for w in whole - known if "_" in w}
    assert names == set(), "Said(…) of a phrase that is no row"


def test_every_phrase_has_words_and_facts_alike_in_both_languages():
    rows = list(csv.DictReader(shipped_text("core/phrases.csv").splitlines()))
    assert len(rows) == len(phrases())
    for name, row in phrases().items():
        assert set(row.words) == set(languages()), name
        assert all(row.words.values()), name
        for language, text in row.words.items():
            assert placeholders(text) <= placeholders(row.words["en"]), (name, language)


def test_a_text_is_two_columns_and_says_the_same_again_in_each_language():
    why = Said("part_of_flow", {"whole": Name("water_retained")})
    said = Said("account_beside", {"share": Number(0.1234, ".1%"), "why": Coded(coded(why))})
    row = columns("note", said, Said("water_sold"))
    assert row["note"] == (
        "worth 12.3% of the total, left out of it: part of water_retained, which stands in this account; the same water is counted as sold"
    )
    zh = Voice("zh")
    assert zh.tell(row, "note") == (
        f"相当于总值的 12.3%，未计入：属于 {zh('water_retained')} 的一部分，后者已在账户中；同一水量已按出售计入"
    )
    # a page in English has words for names too
    assert Voice().tell(row, "note") == row["note"].replace("_", " ")
    assert columns("note") == {"note": "", "note_said": ""}
    assert zh.tell({"note": "by hand"}, "note") == "by hand"
    assert zh.tell({"note": float("nan"), "note_said": float("nan")}, "note") == ""


def test_parts_of_a_text_are_one_fact_and_a_phrase_writes_its_numbers():
    half = Said("stage_half", {"stage": Said("stage_late"), "half": Said("half_first")})
    assert str(half) == "late industrialisation, first half"
    both = columns("note", together(half, None, named("x")))
    assert both["note"] == "late industrialisation, first half; x"
    assert Voice("zh").tell(both, "note") == "工业化后期（前半阶段）；x"
    assert together() is None
    assert together(None, half) is half
    least = Said("mean_of_prefectures", {"count": 5, "place": "a", "least": np.float64(0.5)})
    assert str(least) == "mean of 5 prefectures; least in a: 50%"
    assert spoken(coded(least), Voice("zh")) == "5 个地市的平均值；最低为 a：50%"


def test_sums_stand_in_the_scale_of_their_language():
    said = Said("account_interval", {"low": Sum(1.234e8, 5.678e9), "high": Sum(5.678e9, 5.678e9)})
    assert "between 0.123 billion and 5.68 billion yuan" in str(said)
    assert "1.23 亿至 56.8 亿元" in spoken(coded(said), Voice("zh"))


def test_words_that_a_table_has_in_several_languages_are_taken_as_they_are():
    row = {"statement": "of old", "statement_zh": " 旧 ", "statement_fr": "ancien", "source": "x"}
    said = by_language(row, "statement")
    assert str(said) == "of old"
    assert Voice("zh").tell(columns("statement", said), "statement") == "旧"
    assert by_language({"statement": float("nan")}, "statement") is None
    assert by_language({"statement": " "}, "statement") is None


def test_rows_are_said_in_one_language_without_their_phrases():
    frame = pd.DataFrame([columns("note", Said("water_sold")), {"note": "", "note_said": ""}])
    told = spoken_rows(frame.assign(value=[1.0, 2.0]), Voice("zh"))
    assert list(told.columns) == ["note", "value"]
    assert list(told["note"]) == ["同一水量已按出售计入", ""]
    assert spoken_rows(told, Voice()) is told


def test_a_language_of_a_study_says_phrases_and_is_refused_other_facts(tmp_path):
    (tmp_path / "words").mkdir()
    place = tmp_path / "words" / "fr.csv"
    place.write_text("key,text\nphrase.account_share,{share} du total\n", "utf-8")
    row = columns("text", Said("account_share", {"share": Number(0.5, ".0%")}))
    assert Voice("fr", tmp_path).tell(row, "text") == "50% du total"
    place.write_text("key,text\nphrase.account_share,{part} du total\n", "utf-8")
    with pytest.raises(PlanError, match="names part in braces; expected of share"):
        Voice("fr", tmp_path)
    place.write_text("key,text\nphrase.acount_share,x\n", "utf-8")
    with pytest.raises(PlanError, match="did you mean 'account_share'"):
        Voice("fr", tmp_path)


FACTS = st.one_of(
    st.text(max_size=8),
    st.integers(-9, 9999),
    st.builds(Number, st.floats(-1e6, 1e6), st.sampled_from([".1%", ",.0f", ".3g"])),
    st.builds(Name, st.sampled_from(["co2", "water_retained", "x"])),
    st.builds(lambda t: Worded({"en": t or "x", "zh": "字"}), st.text(max_size=5)),
    st.lists(st.text(max_size=4), max_size=3),
)


@given(st.lists(st.builds(lambda f: Said("as_said", {"said": f}), FACTS), max_size=3))
def test_what_is_kept_says_its_english_again(parts):
    assert spoken(coded(*parts), English()) == english(*parts)
