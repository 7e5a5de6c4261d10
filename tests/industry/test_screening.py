import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.collect.registers import (
    capital_yuan,
    plausible_years,
    register_blocks,
    tidy_register,
)
from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.attention import report_attention, report_passages
from shanshui.industry.firms import PUBLISHED, emerging_firms, screened_firms
from shanshui.industry.lexicon import CATEGORIES, Lexicon, read_codes, read_lexicon, sentence_around
from shanshui.industry.readiness import technology_maturity
from shanshui.industry.screening import (
    Screener,
    Seen,
    head_office,
    text_scores,
)
from shanshui.industry.screening_quality import coding_quality, kappa, screening_quality
from shanshui.queries.screening import screen_register


def words(text, lexicon=None):
    return [(m.word.word, m.kind) for m in (lexicon or read_lexicon()).mentions(text)]


def one(name="", scope="", code=""):
    return (
        Screener()
        .screened(pd.DataFrame({"name": [name], "scope": [scope], "code": [code]}))
        .iloc[0]
    )


def test_the_vocabulary_covers_nine_categories_in_two_languages():
    lexicon = read_lexicon()
    assert {w.category for w in lexicon.words} == {*CATEGORIES, "none"}
    for category in CATEGORIES:
        assert sum(w.category == category for w in lexicon.words) >= 20
    assert {c for of in read_codes().values() for c in of} == set(CATEGORIES)


def test_the_longest_word_wins():
    """新能源 is energy; 新能源汽车 is vehicles, once."""
    assert words("发展新能源汽车") == [("新能源汽车", "achieved")]
    assert words("发展新能源和汽车") == [("新能源", "achieved")]


def test_wind_power_is_not_in_a_firm_called_east_wind_electric():
    assert words("宝鸡东风电力器件厂") == []
    assert words("风电设备") == [("风电", "achieved")]
    assert words("建设卫星城镇") == []


def test_latin_words_stand_alone():
    assert words("5G and 15G networks") == [("5g", "achieved")]
    assert words("solar power plant") == [("solar power", "achieved")]
    assert words("nonsolar powered") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("光伏发电", "achieved"), ("不含光伏发电", "negated"), ("光伏发电除外", "negated"), ("拟建光伏发电项目", "planned"), ("光伏发电设备销售", "traded"),
        ("原煤销售；光伏发电", "achieved"), ("淘汰落后产能，建成光伏发电", "achieved"), ("严禁销售，光伏发电", "achieved"),
    ],
)  # fmt: skip
def test_what_turns_a_mention(text, kind):
    (found,) = words(text)
    assert found[1] == kind


def test_evidence_of_several_words_adds_up_and_repeats_do_not():
    lexicon = Lexicon.of(
        [
            {"category": "it", "word": "甲", "specificity": 0.5},
            {"category": "it", "word": "乙", "specificity": 0.5},
        ]
    )
    assert text_scores(lexicon.mentions("甲甲甲")) == {"it": 0.5}
    assert text_scores(lexicon.mentions("甲，乙")) == {"it": 0.75}
    assert text_scores(lexicon.mentions("不含甲，乙")) == {"it": 0.5}


def test_words_of_a_user_go_before_ours():
    mine = read_lexicon().extended(
        [{"category": "biology", "word": "天麻"}, {"category": "none", "word": "光伏"}]
    )
    assert words("天麻种植", mine) == [("天麻", "achieved")]
    assert words("光伏", mine) == []
    assert mine.edition.endswith("+2")
    with pytest.raises(DataError, match="category 'herbs'"):
        Lexicon.of([{"category": "herbs", "word": "天麻"}])
    with pytest.raises(DataError, match="expected 0 to 1"):
        Lexicon.of([{"category": "it", "word": "甲", "specificity": 3}])


def test_a_whole_code_decides_alone_and_a_star_needs_text():
    whole = one("某某公司", "", "4416")
    assert (whole.category, whole.decision, whole.basis, whole.code_score) == (
        "energy",
        "accepted",
        "code",
        1.0,
    )
    starred = one("某某公司", "日用百货", "2740")
    assert (starred.decision, starred.category) == ("no", "")
    both = one("某某公司", "中成药研制", "2740")
    assert (both.category, both.decision, both.basis, both.code_score) == (
        "biology",
        "accepted",
        "code and text",
        0.5,
    )
    assert one("某某公司", "", "C2740.0").decision == "no"


def test_text_alone_needs_more_and_is_flagged():
    found = one("某某公司", "集成电路设计")
    assert (found.category, found.decision, found.basis, found.review) == (
        "it",
        "accepted",
        "text only",
        "text only",
    )
    assert "集成电路" in found.evidence
    assert one("某某公司", "中医药服务").decision == "no"
    near = one("某某公司", "生物技术")
    assert (near.decision, near.review) == ("review", "little evidence")


def test_what_is_only_sold_or_intended_is_not_accepted():
    assert one("汉中新能源汽车销售有限公司").decision == "no"
    assert one("某某公司", "光伏发电（不含光伏发电）").decision in ("accepted", "no")
    assert one("某某公司", "拟建风力发电；拟建光伏发电；拟建储能").decision != "accepted"


def test_a_branch_points_to_its_head_office():
    assert head_office("绵阳市电子信息有限公司成都分公司") == "绵阳市电子信息有限公司"
    assert head_office("绵阳市电子信息有限公司") == ""
    assert one("绵阳市电子信息有限公司成都分公司").head_office == "绵阳市电子信息有限公司"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("甲乙丙丁光伏发电中药不含", max_size=12), max_size=8))
def test_a_block_says_of_each_row_what_the_row_alone_says(names):
    frame = pd.DataFrame({"name": names}, dtype=object)
    whole = Screener().screened(frame)
    for k in range(len(frame)):
        alone = Screener().screened(frame.iloc[[k]])
        assert whole.iloc[k].equals(alone.iloc[0])


def test_keys_that_went_by_are_known_in_any_split():
    rng = np.random.default_rng(0)
    keys = pd.Series(rng.integers(0, 300, 2000).astype(str))
    keys[::50] = ""
    whole = Seen().new(keys)
    seen, parts, start = Seen(), [], 0
    for size in (1, 7, 500, 3, 1489):
        parts.append(seen.new(keys.iloc[start : start + size]))
        start += size
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    blank = (keys == "").to_numpy()
    assert whole[blank].all()
    assert whole.sum() == blank.sum() + keys[~blank].nunique()


def test_quality_with_a_pencil():
    found = ["it", "it", "", "biology", "biology", ""]
    truth = ["it", "biology", "it", "biology", "biology", ""]
    table = coding_quality(found, truth).set_index("category")
    assert table.loc["it", ["precision", "recall"]].tolist() == [0.5, 0.5]
    assert table.loc["biology", "precision"] == 1.0
    assert table.loc["biology", "recall"] == pytest.approx(2 / 3)
    assert table.loc["biology", "f1"] == pytest.approx(2 * 2 / (2 + 3))
    assert table.loc["it", ["found", "true"]].tolist() == [2.0, 2.0]
    assert table.attrs["kappa"] == pytest.approx(kappa(found, truth))
    # of truth biology, one was called it
    assert table.attrs["confusion"]["biology"] == {"": 0, "biology": 2, "it": 1}
    # agreement 4 of 6, by chance (2*2 + 3*2 + 1*2) / 36
    assert kappa(found, truth) == pytest.approx((4 / 6 - 12 / 36) / (1 - 12 / 36))
    assert kappa(["it"] * 3, ["it"] * 3) == 1.0
    none = coding_quality(["it"], [""]).set_index("category")
    assert none.loc["it", "precision"] == 0.0
    assert np.isnan(none.loc["it", "recall"])
    with pytest.raises(DataError, match="found, truth: 1 and 2 firms, expected as many"):
        coding_quality(["it"], ["it", "it"])
    with pytest.raises(DataError, match="no firm, expected at least one"):
        coding_quality([], [])
    with pytest.raises(DataError, match="labelled_firms: no firm, expected at least one row"):
        screening_quality(pd.DataFrame({"name": [], "category": []}))


def test_the_screening_is_held_against_what_a_person_says():
    sample = pd.DataFrame(
        {
            "name": ["甲光伏发电有限公司", "乙餐馆", "丙有限公司", "丁有限公司"],
            "code": ["4416", "6210", "", ""],
            "scope": ["", "", "生物技术", ""],
            "category": ["energy", None, "energy", ""],
        }
    )
    found = screening_quality(sample)
    # one of two is found: of the other there is little evidence, and a person has yet to look
    assert found.set_index("category").loc["energy"].to_dict() == pytest.approx(
        {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "found": 1.0, "true": 2.0}
    )
    # 3 of 4 agree; by chance (1*2 + 3*2) / 16
    assert found.attrs["kappa"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert found.attrs["rows"] == 4
    mine = pd.DataFrame({"category": ["biology"], "word": ["餐馆"], "specificity": [1.0]})
    assert "biology" in set(screening_quality(sample, mine)["category"])
    with pytest.raises(DataError, match="beauty; known: it, equipment"):
        screening_quality(sample.assign(category="beauty"))


def test_dates_in_any_form():
    dates = pd.Series(
        [
            "2004-05-01",
            "20040501",
            "2004年5月",
            "12/31/2003",
            2004,
            "0000-00-00",
            "soon",
            "",
            None,
            "200405",
        ]
    )
    found = plausible_years(dates)
    assert found[:5].tolist() == [2004, 2004, 2004, 2003, 2004]
    assert found[5:9].isna().all()
    assert found[9] == 2004


def test_capital_in_any_unit_and_the_wrong_ones():
    values, wrong = capital_yuan(
        pd.Series(["500万元", "1.2亿", "100万美元", "101.2", "", "3,000,000元", "832127400"])
    )
    assert values[:4].tolist() == pytest.approx([5e6, 1.2e8, 6.9e6, 1_012_000])
    assert np.isnan(values[4])
    assert values[5] == pytest.approx(3e6)
    # ten thousand times too large, and said so
    assert values[6] == pytest.approx(832_127_400)
    assert wrong == 1


def mixed(path):
    """Head in UTF-8, a row in GB 18030 with a line break inside quotes, a row in UTF-8."""
    path.write_bytes(
        "企业名称,经营范围,统一社会信用代码,成立日期\n".encode()
        + '甲生物制药厂,"生物制药,\n中药饮片",A1,2004-01-01\n'.encode("gb18030")
        + "乙太阳能公司,光伏发电;风力发电,A2,bad\n甲生物制药厂,生物制药,A1,2004\n".encode()
    )
    return path


def test_a_register_of_mixed_encodings(tmp_path):
    ((block, done),) = list(register_blocks(mixed(tmp_path / "r.csv")))
    assert list(block["name"]) == ["甲生物制药厂", "乙太阳能公司", "甲生物制药厂"]
    assert "中药饮片" in block["scope"].iloc[0]
    assert done == 1.0
    _, facts = tidy_register(block)
    assert facts["broken_dates"] == 1


def test_a_register_without_names_is_refused(tmp_path):
    place = tmp_path / "r.csv"
    place.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="--column name="):
        list(register_blocks(place))
    with pytest.raises(DataError, match="no column 'c'"):
        list(register_blocks(place, {"name": "c"}))
    place.write_text("")
    with pytest.raises(DataError, match="empty"):
        list(register_blocks(place))
    with pytest.raises(DataError, match="no file"):
        list(register_blocks(tmp_path / "none.csv"))


def big(path, rows=5000):
    rng = np.random.default_rng(1)
    kinds = ["光伏发电有限公司", "商贸有限公司", "软件开发有限公司", "煤业公司"]
    names = [f"{k}号{kinds[int(rng.integers(4))]}" for k in range(rows)]
    pd.DataFrame({"name": names, "key": [f"K{k % 4000}" for k in range(rows)]}).to_csv(
        path, index=False
    )
    return path


def test_codes_of_no_division_are_counted(tmp_path):
    place = tmp_path / "r.csv"
    pd.DataFrame({"name": ["a", "b", "c", "d"], "code": ["4416", "D4416", "9999", ""]}).to_csv(
        place, index=False
    )
    outcome = screen_register(place, tmp_path / "o.csv")
    assert outcome.facts["unknown_codes"] == 1
    assert outcome.categories == {"energy": 2}


def test_progress_counts_rows_of_the_whole(tmp_path, monkeypatch):
    place = big(tmp_path / "r.csv")
    monkeypatch.setattr("shanshui.collect.registers.BLOCK_BYTES", 20_000)
    monkeypatch.setattr("shanshui.collect.registers.BLOCK_ROWS", 900)
    pd.read_csv(place).to_parquet(tmp_path / "r.parquet")
    for name in ("r.csv", "r.parquet"):
        told = []
        screen_register(
            tmp_path / name,
            tmp_path / f"of {name}.csv",
            tell=lambda _, done, of, told=told: told.append((done, of)),
        )
        assert told[-1] == (5000, 5000)
        assert all(done <= of for done, of in told)
        assert all(abs(of - 5000) < 400 for _, of in told)


def test_blocks_of_any_size_give_one_result(tmp_path, monkeypatch):
    place = big(tmp_path / "r.csv")
    whole = screen_register(place, tmp_path / "whole.parquet")
    monkeypatch.setattr("shanshui.collect.registers.BLOCK_BYTES", 3000)
    parts = screen_register(place, tmp_path / "parts.parquet")
    assert (tmp_path / "whole.parquet").exists()
    a, b = (pd.read_parquet(tmp_path / f"{n}.parquet") for n in ("whole", "parts"))
    pd.testing.assert_frame_equal(a, b)
    assert (whole.rows, whole.repeated, whole.accepted, whole.categories) == (
        parts.rows,
        parts.repeated,
        parts.accepted,
        parts.categories,
    )
    assert whole.rows == 5000
    assert whole.repeated == 1000
    assert not list(tmp_path.glob(".*"))


def test_a_stopped_screening_goes_on_where_it_was(tmp_path, monkeypatch):
    place = big(tmp_path / "r.csv")
    monkeypatch.setattr("shanshui.collect.registers.BLOCK_BYTES", 20_000)
    screen_register(place, tmp_path / "straight.csv")
    told = 0

    def stop(*_):
        nonlocal told
        told += 1
        if told == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen_register(place, tmp_path / "again.csv", tell=stop)
    assert not (tmp_path / "again.csv").exists()
    outcome = screen_register(place, tmp_path / "again.csv")
    assert outcome.resumed == 3
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "straight.csv").read_bytes()


def test_parts_of_another_register_are_not_taken_over(tmp_path, monkeypatch):
    place = big(tmp_path / "r.csv")
    monkeypatch.setattr("shanshui.collect.registers.BLOCK_BYTES", 20_000)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen_register(place, tmp_path / "o.csv", tell=stop)
    big(place, 6000)
    assert screen_register(place, tmp_path / "o.csv").resumed == 0


def test_a_result_of_another_kind_is_refused(tmp_path):
    with pytest.raises(DataError, match="parquet or .csv"):
        screen_register(big(tmp_path / "r.csv", 10), tmp_path / "o.xlsx")


def reports(*rows):
    return pd.DataFrame(rows, columns=["year", "place", "text"])


def test_attention_counts_what_is_said_per_ten_thousand_letters():
    text = "发展光伏发电。不得新建风电。拟建储能。" + "山" * 80
    found = report_attention(reports((2020, "甲县", text))).set_index("category")
    energy = found.loc["energy"]
    letters = len(text)
    assert (energy.mentions, energy.achieved, energy.planned, energy.letters) == (2, 1, 1, letters)
    assert energy.per_10k == pytest.approx(2e4 / letters)
    assert energy.share == 1.0
    assert found.loc["it", "mentions"] == 0


def test_an_empty_report_has_no_rate():
    found = report_attention(reports((2020, "甲县", "")))
    assert found["per_10k"].isna().all()
    assert found["share"].isna().all()


def test_several_texts_of_a_year_are_one_report():
    found = report_attention(
        reports((2020, "甲", "光伏"), (2020, "甲", "光伏"), (2019, "甲", "光伏"))
    )
    assert found[found["category"] == "energy"]["mentions"].tolist() == [1, 2]
    with pytest.raises(QuantityError, match="expected a year"):
        report_attention(pd.DataFrame({"year": ["first"], "text": [""]}))


@pytest.mark.parametrize(
    ("year", "said"),
    [(np.nan, "nothing"), (None, "nothing"), (" ", "nothing"), (2020.5, "'2020.5'")],
)
def test_a_year_that_is_none_is_named_in_words(year, said):
    rows = pd.DataFrame({"year": [2019.0, year], "text": ["光伏", "光伏"]})
    for ask in (report_attention, report_passages):
        with pytest.raises(QuantityError, match=f"row 2 holds {said}, expected a year"):
            ask(rows)


def test_years_of_screened_firms_are_whole_or_missing():
    register = pd.DataFrame(
        {"name": ["甲光伏发电有限公司"] * 2, "code": "4416", "year": [2010.0, np.nan]}
    )
    found = screened_firms(register)
    assert found["year"].tolist() == [2010, pd.NA]
    assert found.to_csv(columns=["year"], index=False).split("\n")[:2] == ["year", "2010"]


def test_passages_are_the_sentences():
    found = report_passages(reports((2020, "甲", "山清水秀。发展光伏发电，增加收入。道路改善。")))
    assert found["passage"].tolist() == ["发展光伏发电，增加收入。"]
    assert sentence_around("一。二三四。五", 3, 4) == "二三四。"


def evidence(*rows):
    return pd.DataFrame(rows, columns=["technology", "part", "level", "evidence", "date"])


def test_the_weakest_part_decides_and_claims_need_evidence():
    found = technology_maturity(
        evidence(
            ("t", "a", 8, "in use", "2020"),
            ("t", "a", 9, "", "2021"),
            ("t", "b", 5, "tested", "2019-04"),
            ("t", "b", 4, "tested", "2018"),
        )
    ).iloc[0]
    assert (found.level, found.weakest, found.parts, found.unproven, found.date) == (
        5,
        "b",
        2,
        1,
        "2019-04",
    )
    assert technology_maturity(evidence(("t", "a", 3, " ", "2020"))).iloc[0].level == 0


def test_levels_and_dates_are_checked():
    with pytest.raises(QuantityError, match="1 to 9"):
        technology_maturity(evidence(("t", "a", 10, "x", "2020")))
    with pytest.raises(QuantityError, match="expected a date"):
        technology_maturity(evidence(("t", "a", 3, "x", "soon")))


def units(names, codes):
    import geopandas as gpd
    import shapely

    shapes = [shapely.box(k, 0, k + 1, 1) for k in range(len(names))]
    frame = gpd.GeoDataFrame(
        {"code": codes, "name": names, "parent": ""}, geometry=shapes, crs="EPSG:6933"
    )
    frame.index = np.arange(1, len(names) + 1)
    return frame


def test_firms_by_place_whatever_form_its_name_has():
    prefectures = units(["恩施土家族苗族自治州", "洛阳市"], ["422800", "410300"])
    counties = units(["恩施市", "栾川县"], ["422801", "410324"])
    register = pd.DataFrame(
        {
            "name": ["甲光伏发电公司"] * 5 + ["某商店"],
            "place": ["恩施", "恩施市", "洛阳", "栾川", "月球", "洛阳"],
            "province": [*list(PUBLISHED)[:5], "河南"],
        }
    )
    screened = screened_firms(register)
    assert screened.attrs["rows"] == 6
    found = emerging_firms(screened, prefectures, counties)
    assert found.set_index("name")["code"].to_dict() == {
        "恩施土家族苗族自治州": "422800", "恩施市": "422801", "洛阳市": "410300", "栾川县": "410324", "月球": "",
    }  # fmt: skip
    assert found["firms"].sum() == found.attrs["accepted"] == 5
    assert found["share"].sum() == pytest.approx(1.0)
    assert "published" not in found.attrs


def test_the_published_split_stands_beside_ours_when_all_provinces_are_there():
    register = pd.DataFrame(
        {
            "name": ["甲光伏发电公司"] * 6,
            "place": [""] * 6,
            "province": [p + "省" for p in PUBLISHED],
        }
    )
    found = emerging_firms(screened_firms(register), units(["a"], ["1"]), units(["b"], ["2"]))
    assert found.attrs["published_total"] == 1430
    assert found.attrs["provinces"] == dict.fromkeys(PUBLISHED, 1)


def test_a_register_that_was_screened_is_taken_as_it_is():
    register = pd.DataFrame(
        {
            "name": ["x", "y"],
            "category": ["it", ""],
            "decision": ["accepted", "no"],
            "basis": ["code", ""],
        }
    )
    found = screened_firms(register)
    assert found[["name", "category"]].to_numpy().tolist() == [["x", "it"]]
