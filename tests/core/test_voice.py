"""One list of words per language, a voice that says them, and English where a language has none."""

import csv
import re
from importlib.resources import files
from pathlib import Path

import pytest

import shanshui
from shanshui.core.cover import covers
from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.core.reasons import reasons
from shanshui.core.terms import terms
from shanshui.core.voice import Voice, languages, placeholders
from shanshui.industry.rule_book import Term
from shanshui.region.join_account import Carried, JoinAccount, Stray

LISTS = Path(str(files("shanshui").joinpath("core/words")))
SAID_OTHERWISE = {
    "condition_yes", "condition_no", "told_yes", "told_no", "change_yes", "change_no", "join_rest", "join_rest_rows", "join_lost_one",
    "told_grade", "condition_grades", "change_grade", "change_other_grade", "asked", "asked_yes", "join_without_one", "join_without", "join_gaps", "join_gaps_more", "join_last", "join_strays",
}  # fmt: skip
"""Phrases that a language builds of other parts: each is spoken below in every language."""


def words_of(language):
    rows = list(csv.DictReader((LISTS / f"{language}.csv").read_text("utf-8").splitlines()))
    assert len({r["key"] for r in rows}) == len(rows)
    return {r["key"]: r["text"] for r in rows}


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_every_list_has_the_same_keys_and_names_in_braces(language):
    english, other = words_of("en"), words_of(language)
    assert list(other) == list(english)
    for key, text in english.items():
        assert bool(other[key]) >= bool(text), key
        if key not in SAID_OTHERWISE:
            assert placeholders(other[key]) == placeholders(text), key
    assert Voice(language).lacking == ()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("table", [terms, reasons, covers, keys])
def test_every_row_of_every_table_has_words(language, table):
    for row in table().values():
        assert row.words[language], row.key
        assert Voice(language).said(row) == row.words[language]


def test_a_language_is_a_file_and_says_english_where_it_has_no_word(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "fr.csv").write_text(
        "key,text\nsource,Origine\nterm.slope,Pente\nreason.tagged,sans valeur\nleft_out,{by} : sans {product}\nkm,\n",
        "utf-8",
    )
    assert languages() == ("en", "zh")
    assert languages(tmp_path) == ("en", "fr", "zh")
    voice = Voice("fr", tmp_path)
    assert voice("source") == "Origine"
    assert voice.word("slope") == "Pente"
    assert voice.said(reasons()["tagged"]) == "sans valeur"
    assert voice("left_out", product="a", by="b") == "b : sans a"
    assert voice("north") == Voice()("north")
    assert voice("km") == "km"
    assert voice.word("aspect") == Voice().word("aspect")
    assert set(words_of("en")) - set(voice.lacking) == {
        "source", "left_out", *(k for k, text in words_of("en").items() if not text)
    }  # fmt: skip
    with pytest.raises(PlanError, match=r"--lang fr: expected en or zh; .* words/fr.csv"):
        Voice("fr")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("key,text\nsorce,Origine\n", "no key 'sorce'; did you mean 'source'"),
        ("key,text\nterm.slop,Pente\n", "no term 'slop'; did you mean 'slope'"),
        ("key,text\nleft_out,sans {produit}\n", "names produit in braces; expected of by, product"),
        ("key,text\nterm.slope,{x}\n", "names x in braces; expected of none"),
        ("key,text\nsource,Ori{gine\n", "source: .*Ori{gine"),
        ("key,text\nsource,a\nsource,b\n", "key 'source' stands twice"),
        ("key,text\n,b\n", "key '' is blank"),
        ("key;text\nsource;b\n", "expected key,text"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path, text, says):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "fr.csv").write_text(text, "utf-8")
    with pytest.raises(PlanError, match=says):
        Voice("fr", tmp_path)


def test_a_study_may_say_a_shipped_language_otherwise(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "zh.csv").write_text("key,text\nterm.slope,坡\n", "utf-8")
    assert Voice("zh", tmp_path).word("slope") == "坡"
    assert Voice("zh", tmp_path).word("aspect") == Voice("zh").word("aspect")


def test_marks_units_and_columns_are_those_of_the_language(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "de.csv").write_text(
        'key,text\nmark_thousands,.\nmark_decimal,","\n', "utf-8"
    )
    assert Voice("de", tmp_path).number(1234567.25, ",.1f") == "1.234.567,2"
    assert Voice("zh").number(1234567.25, ",.1f") == "1,234,567.2"
    assert [Voice().unit(u) for u in ("km2", "degree", "1", "t/yr")] == ["km²", "°", "", "t/yr"]
    assert Voice("zh").column(["name", "name_zh"], "name") == "name_zh"
    assert (
        Voice("zh").column(["name"], "name")
        == Voice().column(["name", "name_zh"], "name")
        == "name"
    )
    assert Voice("zh").listed("ab") == "a、b"


def test_a_product_of_another_state_says_so():
    assert Voice().word("carbon_stock_before.carbon").endswith(" at the opening")
    assert Voice("zh").word("nutrient_delivery_p_watersheds") == "磷素输移模型（按汇水区）"
    assert Voice("zh").word("nutrient_delivery_p.load") == "磷负荷"
    assert Voice().word("no_such_product") == "no such product"


@pytest.mark.parametrize("language", languages())
def test_phrases_of_other_parts_are_whole(language):
    voice = Voice(language)
    said = []
    for limit in (0.0, 1.0):
        for sign in ("<", "<=", "==", ">=", ">"):
            for fact in ("park", "slope_deg"):
                term = Term(fact, sign, limit)
                said += [term.words(voice), term.otherwise(voice, 3.0)]
    for fact in ("fact_park", "fact_slope_deg"):
        said += [voice(k, fact=voice(fact), value="1") for k in ("told", "told_yes", "told_no")]
    for count, places in ((1, "counties"), (9, "counties"), (9, "stations")):
        strays = tuple(Stray(str(k), "", 1, 5.0, 0.1, {"year": 2020}, "") for k in range(count))
        account = JoinAccount(
            what="people", places=places, unit="person", rows={"in": 9, "code": 8, "unmatched": 1},
            unmatched=strays, unmatched_count=count, without=(("1", "a"),) * count, without_count=count,
            gaps=dict.fromkeys(range(2010, 2010 + count), 2), years={"2010": 9, "2020": 2},
            carried=(Carried("1", "", "2", "split", 0.5, 0.4, 0.6),),
        )  # fmt: skip
        said += account.sentences(voice)
        assert len(account.sentences(voice)) == 6
    for text in said:
        assert text, said
        assert "{" not in text
        assert "join_" not in text


def test_no_code_asks_which_language_it_is():
    """A language is rows: code that asks for one by name would need a line for the next."""
    root = Path(shanshui.__file__).parent
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"""[=!]= ?["'](zh|en)["']""", text), path
        assert "lang: str" not in text or path.name in {"document.py", "export.py", "opened.py"}, (
            path
        )


def test_units_and_numbers_are_said_in_the_language():
    english, chinese = Voice("en"), Voice("zh")
    assert chinese.unit("yuan/yr") == "元/年"
    assert english.unit("yuan/yr") == "yuan/yr"
    assert chinese.unit("yuan/km2/yr") == "元/(km²·年)"
    assert english.unit("kWh/yr") == "kWh/yr"
    assert chinese.unit("1") == ""
    assert english.number(-1234.5, ",.1f") == "−1,234.5"


@pytest.mark.parametrize(
    ("unit", "english", "chinese"),
    [
        ("t/ha/yr", "t/(ha·yr)", "t/(公顷·年)"),
        ("MJ*mm/(ha*h*yr)", "MJ·mm/(ha·h·yr)", "MJ·mm/(公顷·h·年)"),
        ("yuan/m3", "yuan/m³", "元/m³"),
        ("person/km2", "person/km²", "人/km²"),
        ("a/(b/c)", "a·c/b", "a·c/b"),
        ("1", "", ""),
        ("%", "%", "%"),
        ("no unit (at all", "no unit (at all", "no unit (at all"),
    ],
)
def test_a_unit_is_said_by_its_parts(unit, english, chinese):
    assert (Voice().unit(unit), Voice("zh").unit(unit)) == (english, chinese)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"), (5, "5"), (0.9996, "1.00"), (0.05, "0.05"), (8.593e-05, "0.0000859"), (12.345, "12.3"), (-0.01342, "−0.0134"),
        (1234.5, "1,234"), (999.96, "1,000"), (-2_500_000.0, "−2,500,000"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_a_figure_has_three_digits_and_is_written_out(value, said):
    assert Voice().figure(value) == said


def test_sums_are_counted_as_a_language_counts_them():
    assert Voice().size("money") * Voice().size("money_per_km2") == 1e15
    assert (Voice("zh").size("money"), Voice("zh").size("money_per_km2")) == (1e8, 1e4)
