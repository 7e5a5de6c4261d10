"""Tables as people make them: what is found on a sheet, what is left out and told, and what is refused with the row."""

import datetime
import io
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.disguises import open_document
from tests.command import shanshui

from shanshui.collect.adapt import coefficients_input, table_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.readers import read_table
from shanshui.collect.sheets import decoded
from shanshui.collect.sheets.cells import numeral, year_of
from shanshui.collect.sheets.separate import separator
from shanshui.collect.sheets.units import counting, head_unit, line_units, spelt
from shanshui.core.errors import DataError
from shanshui.queries.judging import rank, weigh
from shanshui.queries.linkages import sector_linkages

HEAD = "code,year,population\n"


@pytest.fixture
def table(tmp_path):
    def read(content, ending=".csv", name="population", encoding="utf-8", **declared):
        path = tmp_path / f"t{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return table_input(path, InputSpec(file=str(path), **declared), INPUTS[name], name)

    return read


def book(sheets, merges=(), shown=()):
    """A workbook of rows by name of sheet."""
    out = openpyxl.Workbook()
    out.remove(out.active)
    for name, rows in sheets.items():
        sheet = out.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if shown and name not in shown:
            sheet.sheet_state = "hidden"
    for block in merges:
        out.worksheets[0].merge_cells(block)
    raw = io.BytesIO()
    out.save(raw)
    return raw.getvalue()


def amounts(frame):
    return {(r[0], r[1]): r[-1] for r in frame.itertuples(index=False, name=None)}


# a page of a yearbook

PAGE = [
    ["3-2 各县区人口（2020年）", None, None],
    ["单位：万人", None, None],
    ["行政区划代码", "县区", "常住人口"],
    [None, "全 市", 94.6],
    [610902, "汉滨区", 32.5],
    [610921, "汉阴县", 41.2],
    [610922, "石泉县", 12.8],
    [610923, "宁陕县", 8.1],
    ["注：数据为抽样推算数。", None, None],
]


@pytest.mark.parametrize("ending", [".xlsx", ".ods", ".csv", ".tsv"])
def test_a_page_of_a_yearbook_is_read_and_what_is_left_out_is_told(table, ending):
    lines = "\n".join("\t".join("" if v is None else str(v) for v in r) for r in PAGE)
    raw = {
        ".xlsx": book({"人口": PAGE}, ["A1:C1"]),
        ".ods": open_document([["" if v is None else v for v in r] for r in PAGE]),
    }.get(ending, (lines if ending == ".tsv" else lines.replace("\t", ",")).encode("gbk"))
    frame = table(raw, ending, year=2020)
    assert frame["population"].tolist() == [325000.0, 412000.0, 128000.0, 81000.0]
    assert frame["population"].sum() == 946000.0
    reading = frame.attrs["reading"]
    assert [(r.row, r.reason) for r in reading.left_out] == [
        (1, "above the table"), (2, "above the table"), (4, "sum or mean"), (9, "note"),
    ]  # fmt: skip
    assert "全 市 | 94.6" in reading.summary()
    assert reading.head_rows == (3,)
    assert reading.units == ("万人",)


def test_the_declared_rows_of_the_head_still_stand(table):
    assert (
        table(book({"a": PAGE}, ["A1:C1"]), ".xlsx", year=2020, header_rows=3)["population"].sum()
        == 946000.0
    )
    with pytest.raises(DataError, match="no rows below the header: header_rows = 5"):
        table(book({"a": PAGE[:3]}), ".xlsx", year=2020, header_rows=5)


def test_a_row_of_a_footnote_and_years_with_their_word(table):
    frame = table(HEAD + "1,2020年,1000\n注：常住人口,,\n")
    assert frame.to_numpy().tolist() == [["1", 2020, 1000.0]]
    assert [r.reason for r in frame.attrs["reading"].left_out] == ["note"]


# heads


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("code,name,2010,2015\n1,a,5,6\n", {("1", 2010): 5, ("1", 2015): 6}),
        ("代码,县,2010年常住人口（万人）,2020年常住人口（万人）,2010年GDP,2020年GDP\n1,a,5,6,7,8\n", {("1", 2010): 50000, ("1", 2020): 60000}),
        ("代码,县区,人口,,GDP,\n,,2010,2020,2010,2020\n1,a,5,6,7,8\n", {("1", 2010): 5, ("1", 2020): 6}),
        (",人口（万人）,,GDP,\n代码,2010,2020,2010,2020\n1,5,6,7,8\n", {("1", 2010): 50000, ("1", 2020): 60000}),
        (",人口（万人）,\n代码,2010,2020\n1,5,6\n", {("1", 2010): 50000, ("1", 2020): 60000}),
        ("各县常住人口（万人）,,\ncode,year,人口\n1,2020,5\n", {("1", 2020): 50000}),
        ("代码,年份,人口\n,,（万人）\n甲,乙,1\n1,2020,5\n", {("1", 2020): 50000}),
        ("代码 Code,年份 Year,年末常住人口 Resident Population (10000 persons)\n1,2020,5\n", {("1", 2020): 50000}),
        ("ＣＯＤＥ，ｙｅａｒ，ｐｏｐ\n１，２０２０，５００\n", {("1", 2020): 500}),
        ('code,year,"pop\nulation (person)"\n1,2020,5\n', {("1", 2020): 5}),
    ],
)  # fmt: skip
def test_heads_are_found_and_understood(table, text, people):
    assert amounts(table(text)) == people


def test_without_a_head_the_first_row_is_no_head(table):
    with pytest.raises(
        DataError, match="no row of column names is found; .* row 1: 1 | 2020 | 1000"
    ):
        table("1,2020,1000\n2,2020,1000\n")


def test_one_year_of_several_can_be_asked_for(table):
    wide = "code,2010,2020\n1,5,6\n"
    assert amounts(table(wide, year=2020)) == {("1", 2020): 6}
    with pytest.raises(
        DataError, match="year = 2015 is declared, and its columns are of 2010, 2020"
    ):
        table(wide, year=2015)


def test_amounts_that_several_columns_may_hold_are_asked_for(table):
    with pytest.raises(
        DataError, match="two columns that may be population: 'population', 'population'"
    ):
        table("code,year,population,population\n1,2020,5,6\n")
    with pytest.raises(DataError, match="'人口', '常住人口'; say which"):
        table("code,year,人口,常住人口\n1,2020,5,6\n")
    told = table("code,year,人口,常住人口\n1,2020,5,6\n", columns={"population": "常住人口"})
    assert told["population"].tolist() == [6.0]
    with pytest.raises(
        DataError,
        match="years stand across the top of '户籍数', 'GDP'; say which of them is population",
    ):
        table("code,2010户籍数,2010GDP\n1,5,6\n")
    assert table("code,2010户籍数,2010GDP\n1,5,6\n", columns={"population": "户籍数"})[
        "population"
    ].tolist() == [5.0]


# sheets


def test_sheets_of_one_head_are_read_together_and_others_are_asked_for(table):
    rows = [["代码", "人口"], [1, 5]]
    frame = table(book({"2010年": rows, "2020年": [rows[0], [1, 6]]}), ".xlsx")
    assert amounts(frame) == {("1", 2010): 5.0, ("1", 2020): 6.0}
    places = {
        "汉中": [["代码", "年", "人口"], [1, 2020, 5]],
        "安康": [["人口", "代码", "年"], [6, 2, 2020]],
    }
    assert amounts(table(book(places), ".xlsx")) == {("1", 2020): 5.0, ("2", 2020): 6.0}
    assert amounts(table(book(places), ".xlsx", layer="安康")) == {("2", 2020): 6.0}
    assert len(table(book(places), ".xlsx", layer=["汉中", "安康"])) == 2
    differ = {
        "a": [["代码", "年", "人口"], [1, 2020, 5]],
        "b": [["代码", "年", "人口", "备注"], [2, 2020, 6, "x"]],
    }
    with pytest.raises(
        DataError, match=r"different heads on its sheets: 'a' \(代码, 年, 人口\); 'b' .*layer"
    ):
        table(book(differ), ".xlsx")
    assert amounts(table(book({**differ, "b": [["说明"], ["来自统计局"]]}), ".xlsx")) == {
        ("1", 2020): 5.0
    }
    assert amounts(table(book({"gdp": [["代码", "GDP"], [1, 2]], "a": differ["a"]}), ".xlsx")) == {
        ("1", 2020): 5.0
    }
    hidden = table(
        book({"a": differ["a"], "old": [["代码", "年", "人口"], [1, 2020, 9]]}, shown=("a",)),
        ".xlsx",
    )
    assert amounts(hidden) == {("1", 2020): 5.0}
    assert "old" in hidden.attrs["reading"].passed_over[0]
    with pytest.raises(DataError, match="no sheet 'c'"):
        table(book(differ), ".xlsx", layer="c")


def test_sheets_in_different_units_are_not_read_together(table):
    rows = [["代码", "年", "人口"], [1, 2020, 5]]
    with pytest.raises(DataError, match="sheet 'a' names 万人 and sheet 'b' no unit"):
        table(book({"a": [["单位：万人"], *rows], "b": rows}), ".xlsx")


def test_only_sheets_can_be_listed():
    assert InputSpec(file="x", layer=["a"]).one_layer == "a"
    with pytest.raises(DataError, match="only sheets of a workbook"):
        _ = InputSpec(file="x", layer=["a", "b"]).one_layer


# cells of a workbook


def test_formulas_that_were_never_computed_are_refused(table):
    with pytest.raises(DataError, match="cell C2 holds a formula that was never computed"):
        table(book({"a": [["code", "year", "population"], [1, 2020, "=1+1"]]}), ".xlsx")
    # outside the table it harms nothing
    beside = [["code", "year", "population"], [1, 2020, 5], [None, None, None], ["=TODAY()"]]
    assert len(table(book({"a": beside}), ".xlsx")) == 1


def test_merged_cells_of_the_body_name_their_rows_or_are_refused(table):
    rows = [["code", "name", "year", "population"], [1, "x", 2019, 5], [None, None, 2020, 6]]
    frame = table(book({"a": rows}, ["A2:A3", "B2:B3"]), ".xlsx")
    assert amounts(frame[["code", "year", "population"]]) == {("1", 2019): 5.0, ("1", 2020): 6.0}
    with pytest.raises(DataError, match="cell D2 holds 5.0 for 2 rows together"):
        table(book({"a": [rows[0], [1, "x", 2019, 5], [2, "y", 2019, None]]}, ["D2:D3"]), ".xlsx")
    with pytest.raises(DataError, match="cell C2 is merged over 2 columns"):
        table(book({"a": [rows[0], [1, "x", 2019, None]]}, ["C2:D2"]), ".xlsx")


def test_dates_are_years_and_no_numbers(table):
    head = ["code", "year", "population"]
    assert amounts(table(book({"a": [head, [1, datetime.date(2020, 1, 1), 5]]}), ".xlsx")) == {
        ("1", 2020): 5.0
    }
    dated = [head, [1, 2020, datetime.datetime(2024, 1, 3)], [2, 2020, 5]]
    with pytest.raises(
        DataError, match="'2024-01-03' is a date among numbers: .* fractions such as 1/3"
    ):
        table(book({"a": dated}), ".xlsx")
    with pytest.raises(
        DataError, match="'3-Jan', expected a number; spreadsheets make such dates of fractions"
    ):
        table(HEAD + "1,2020,3-Jan\n")


def test_per_cent_is_a_share_or_a_per_cent_by_the_unit_it_goes_to(table, tmp_path):
    rows = "code,year,indicator,value\n1,2020,a,51%\n"
    assert table(rows, name="place_indicators")["value"].tolist() == [0.51]
    with pytest.raises(DataError, match="in %, which cannot become person"):
        table(HEAD + "1,2020,51%\n")
    with pytest.raises(
        DataError, match="some cells name a unit and others not.*'51%' beside '0.4'"
    ):
        table("code,year,indicator,value\n1,2020,a,51%\n2,2020,a,0.4\n", name="place_indicators")
    out = openpyxl.Workbook()
    out.active.append(["lucode", "eff"])
    out.active.append([1, 0.07])
    out.active["B2"].number_format = "0%"
    out.save(tmp_path / "c.xlsx")
    assert coefficients_input(tmp_path / "c.xlsx", InputSpec(file="x"), "biophysical")[
        "eff"
    ].tolist() == [0.07]


def test_an_error_of_a_formula_is_no_number(table):
    with pytest.raises(DataError, match="'#REF!', expected a number"):
        table(HEAD + "1,2020,#REF!\n")


# rows that do not fit


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            "100,2020,51000,312\n",
            r"row 2 has more cells than the head \(4 and 3\); the first beyond it is '312'",
        ),
        ("100,2020\n101,2020,5\n", r"row 2 has fewer cells than the head \(2 and 3\)"),
        (",2020,5\n1,2020,5\n", "row 2 has no code"),
        ("NA,2020,5\n1,2020,5\n", "row 2 has no code"),
        ("6.10125E+11,2020,5\n", "a spreadsheet has cut the code short; set the column to text"),
        ('1,2020,"5\n2,2020,6\n', "row 2 cannot be parted into cells .*quote left open"),
        ("1,2020,1,234\n", "row 2 has more cells"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_number(table, rows, says):
    with pytest.raises(DataError, match=says):
        table(HEAD + rows)


def test_a_separator_at_the_end_of_all_rows_moves_no_column(table):
    assert amounts(table(HEAD + "100,2020,51000,\n101,2020,52000,\n")) == {
        ("100", 2020): 51000,
        ("101", 2020): 52000,
    }


def test_codes_of_twelve_digits_and_leading_zeros_are_kept(table):
    frame = table(HEAD + "610125001000,2020,5\n010125001000,2020,6\n")
    assert frame["code"].tolist() == ["010125001000", "610125001000"]
    assert table(book({"a": [["code", "year", "population"], [610125001000, 2020, 5]]}), ".xlsx")[
        "code"
    ].tolist() == ["610125001000"]


# numbers


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["51,125", "5,5"], [51.125, 5.5]),
        (["1.234.567", "5"], [1234567, 5]),
        (["1.234,5", "2.000"], [1234.5, 2000]),
        (["1 234 567", "5"], [1234567, 5]),
        (["1'234'567", "5"], [1234567, 5]),
        (["32.5万", "4.1万"], [325000, 41000]),
        (["1.2亿", "300"], [120000000, 300]),
        (["１２，３４５．５", "３"], [12345.5, 3]),
        (["1234①", "5*"], [1234, 5]),
        (["12千人", "3千人"], [12000, 3000]),
    ],
)
def test_ways_of_writing_numbers(table, cells, values):
    text = "code;year;population\n" + "".join(f"{k};2020;{c}\n" for k, c in enumerate(cells))
    assert table(text)["population"].tolist() == values


@pytest.mark.parametrize(
    "cells",
    [
        ("51,125", "52,250"),
        ("1.234", "2.345"),
        ("1,5", "1,234,567"),
        ("1,5", "1.5"),
        ("3万", "5万人"),
    ],
)
def test_numbers_that_may_be_two_things_are_refused(table, cells):
    text = "code;year;population\n" + "".join(f"{k};2020;{c}\n" for k, c in enumerate(cells))
    with pytest.raises(DataError, match=r"population: .*write the column in one way"):
        table(text)


def test_a_comma_before_three_digits_is_of_thousands_where_nothing_speaks_against_it(table):
    assert table(HEAD + '1,2020,"51,125"\n')["population"].tolist() == [51125.0]


def test_marks_of_gaps_are_missing_and_counted(table):
    frame = table(
        HEAD
        + "1,2020,5\n"
        + "".join(
            f"{k},2020,{m}\n" for k, m in enumerate(["-", "—", "…", "..", "na", "无", "缺"], 2)
        )
    )
    assert frame["code"].tolist() == ["1"]
    column = frame.attrs["reading"].columns[-1]
    assert column.gaps == 7
    assert "population: 7 without a value (gap marks" in frame.attrs["reading"].summary()
    assert "gap marks" in column.told[0]
    assert column.told[0].endswith(": 7")


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("2020", 2020), ("2020年", 2020), ("2020年末", 2020), ("２０２０", 2020), ("二〇二〇年", 2020), ("2020-01-01", 2020), ("2020/1/1", 2020),
        ("2020年12月31日", 2020), (2020.0, 2020), (datetime.date(2019, 5, 1), 2019), ("FY2020", 2020), ("2020.0", 2020), ("2020.5", None),
        (2020.5, None), (20201, None), ("20201", None), ("2019-2020", None), ("then", None), (None, None), (True, None), ("", None),
    ],
)  # fmt: skip
def test_years_in_all_their_forms(said, year):
    assert year_of(said) == year


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_are_read_back_in_every_style(value):
    for text in (
        f"{value}",
        f"{value:,}",
        f"{value:,}".replace(",", "\u2009"),
        f"{value:,}".replace(",", "'"),
    ):
        wide = text.translate({0x21 + k: 0xFF01 + k for k in range(94)})
        for said in (text, wide):
            found = numeral(said)
            assert found is not None
            assert found.value("group", "decimal") == value


@pytest.mark.parametrize(
    "text",
    ["", "a", "0123", "1/3", "1-2", "12 14", "2020年", "--5", "1e9999x", "(5)", "5 km 3", "+"],
)
def test_what_is_no_number_is_none(text):
    assert numeral(text) is None


# units


@pytest.mark.parametrize(
    ("head", "name", "unit"),
    [
        ("人口(万人)", "人口", "万人"), ("population [10000 person]", "population", "1e4 person"), ("GDP, yuan", "GDP", "yuan"),
        ("人口/万人", "人口", "万人"), ("GDP(现价)", "GDP(现价)", ""), ("code/name", "code/name", ""), ("人口(2020)", "人口(2020)", ""),
        ("area (km²)", "area", "km2"), ("share (%)", "share", "%"), ("企业(万家)", "企业", "10000"),
    ],
)  # fmt: skip
def test_units_of_heads(head, name, unit):
    assert head_unit(head) == (name, unit)


def test_unit_lines_and_number_words():
    assert line_units("单位:万人、亿元") == ("万人", "亿元")
    assert line_units("(单位：公顷)".replace("：", ":")) == ("公顷",)
    assert line_units("单位负责人:张三") is None
    assert [counting(u) for u in ("万人", "亿元", "%", "1e4 person", "km2", "千克", "10000")] == [
        1e4,
        1e8,
        0.01,
        1e4,
        1,
        1,
        1e4,
    ]
    assert spelt("old") is None


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("code,year,人口,\n,,,单位：万人\n1,2020,5,\n", 1e4), ("code,year,人口\n1,2020,5\n注：单位为万人。,,\n", 1e4), (",,万人\ncode,year,人口\n1,2020,5\n", 1e4),
        ("（单位∶万人）,,\ncode,year,人口\n1,2020,5\n", 1e4), ("code,year,population ('000)\n1,2020,5\n", 1e3), ("code,year,pop (thousands)\n1,2020,5\n", 1e3),
        ("Population in thousands,,\ncode,year,population\n1,2020,5\n", 1e3), ("code,year,population (millions)\n1,2020,5\n", 1e6),
        ("code,year,population in 10000 persons\n1,2020,5\n", 1e4), ("Population of places in China,,\ncode,year,population\n1,2020,5\n", 1),
        ("各县人口  单位：万人,,\ncode,year,人口\n1,2020,5\n", 1e4), ("人口,,\ncode,year,人口\n1,2020,5\n", 1),
    ],
)  # fmt: skip
def test_wherever_the_unit_stands_it_counts(table, text, times):
    assert table(text)["population"].tolist() == [5 * times]


def test_of_several_units_the_fitting_one_is_taken(table):
    text = "单位：万人、亿元,,,\ncode,year,人口,GDP\n1,2020,5,6\n"
    assert table(text)["population"].tolist() == [50000.0]
    with pytest.raises(DataError, match="names 公顷, 吨, of which none can become person"):
        table("单位：公顷、吨,,\ncode,year,人口\n1,2020,5\n")


def test_a_unit_of_the_file_and_a_declared_scale_must_agree(table):
    text = "code,year,人口（万人）\n1,2020,5\n"
    assert table(text)["population"].tolist() == [50000.0]
    assert table(text, scale=1e4)["population"].tolist() == [50000.0]
    assert table(text, unit="person")["population"].tolist() == [5.0]
    assert table(text, unit="万人", scale=10.0)["population"].tolist() == [500000.0]
    with pytest.raises(DataError, match="scale: 10 is declared, and the file says 万人"):
        table(text, scale=10.0)
    with pytest.raises(DataError, match="in 元, which cannot become person"):
        table("单位：元,,\ncode,year,population\n1,2020,5\n")


def test_a_power_of_ten_moves_the_point(table):
    assert table("code,year,人口（万人）\n1,2020,568.43\n")["population"].tolist() == [5684300.0]


# bytes


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("代码,人口\n1,2\n", "gbk", "gb18030"), ("代码,人口\n1,2\n", "utf-16", "utf-16"), ("代码,人口\n1,2\n", "utf-16-be", "utf-16-be"),
        ("代码,人口\n1,2\n", "utf-8-sig", "utf-8"), ("name;Zürich;Genève\n", "cp1252", "cp1252"), ("a;Größe;10 m²;5 °C\n", "cp1252", "cp1252"),
        ("岚皋,旬阳\n", "gbk", "gb18030"), ("café\n", "utf-8", "utf-8"), ("人口", "utf-32", "utf-32"), ("a,b\n", "ascii", "utf-8"),
        ("镇坪县,4\u2009633\n", "gb18030", "gb18030"), ("Ærø;Ålesund\n", "latin-1", "cp1252"),
    ],
)  # fmt: skip
def test_encodings_by_evidence(text, encoding, found):
    assert decoded(text.encode(encoding), "x") == (text, found)


def test_bytes_that_are_no_text_are_refused():
    for raw in (b"a,b\x00\n1,2\n", bytes(range(128, 256)), "代碼".encode("big5"), b"\xff\xfea"):
        with pytest.raises(DataError, match="x (is not text|holds zero bytes)"):
            decoded(raw, "x")
    with pytest.raises(DataError, match="'bananas' is no encoding"):
        decoded(b"a", "x", "bananas")


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("a;b;c\n1;2,5;3\n", ";"), ("a,b\nx;y,1\n", ","), ("a\tb\n1,5\t2\n", "\t"), ("a|b\n1|2\n", "|"), ("title\na,b,c\n1,2,3\n", ","),
        ("a  b\n1  2\n", " "), ("a\nb\n", ""), ("code;pop\n1;2,5\n2;3,5\n", ";"),
    ],
)  # fmt: skip
def test_separators_by_evidence(text, mark):
    assert separator(text) == mark


def test_files_are_opened_by_what_they_are(table):
    rows = [["code", "year", "population"], [1, 2020, 5]]
    assert len(table(book({"a": rows}), ".csv")) == 1
    assert len(table("code\tyear\tpopulation\n1\t2020\t5\n", ".xls")) == 1
    with pytest.raises(DataError, match="a web page or XML under the name of a workbook"):
        table("<html><table></table></html>", ".xls")
    with pytest.raises(DataError, match="does not begin as one does"):
        table("code,year\n", ".xlsx")
    far = openpyxl.Workbook()
    far.active["XFD1048576"] = 1
    raw = io.BytesIO()
    far.save(raw)
    with pytest.raises(DataError, match="more than 60,000,000 cells"):
        table(raw.getvalue(), ".xlsx")


# other readers


def test_coefficients_keep_lists_words_and_rows_of_sums(tmp_path):
    (tmp_path / "c.csv").write_text(
        'lucode,cover,share,note\n1,"12,14",1/3,none\n2,"100,200",5,合计\n', "utf-8"
    )
    frame = coefficients_input(tmp_path / "c.csv", InputSpec(file="x"), "biophysical")
    assert len(frame) == 2
    assert frame["note"].tolist() == ["none", "合计"]
    assert frame["share"].tolist() == ["1/3", "5"]


def test_judgements_in_any_dress(tmp_path):
    square = ",cost,quality\ncost,1,3\nquality,1/3,1\n"
    plain = tmp_path / "p.csv"
    plain.write_text(square)
    expected = weigh(plain, "").table["weight"].tolist()
    faces = {
        "title.csv": ("专家判断表,,\n\n" + square + "注：九级标度,,\n").encode("gbk"),
        "wide.csv": square.replace("1/3", "１／３").encode("utf-16"),
        "semi.csv": b";cost;quality\ncost;1;3,0\nquality;1/3;1\n",
        "book.xlsx": book(
            {
                "a": [
                    ["判断矩阵", None, None],
                    [None, "cost", "quality"],
                    ["cost", 1, 3],
                    ["quality", "1/3", 1],
                ]
            },
            ["A1:C1"],
        ),
        "open.ods": open_document([["", "cost", "quality"], ["cost", 1, 3], ["quality", "1/3", 1]]),
    }
    for name, raw in faces.items():
        (tmp_path / name).write_bytes(raw)
        assert weigh(tmp_path / name, "").table["weight"].tolist() == pytest.approx(expected), name
    dated = book({"a": [[None, "a", "b"], ["a", 1, datetime.datetime(2024, 1, 3)], ["b", None, 1]]})
    (tmp_path / "d.xlsx").write_bytes(dated)
    with pytest.raises(Exception, match="'2024-01-03' is no judgement"):
        weigh(tmp_path / "d.xlsx", "")


def test_a_table_of_flows_in_a_workbook_with_a_title(tmp_path):
    from tests.industry.test_input_output import plain_table

    frame = plain_table()
    frame.to_csv(tmp_path / "t.csv", index=False)
    rows = [["投入产出表", *[None] * (frame.shape[1] - 1)], ["单位：万元"], list(frame.columns)]
    rows += frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    (tmp_path / "t.xlsx").write_bytes(book({"a": rows}))
    left, right = (sector_linkages(tmp_path / f"t.{e}").table for e in ("csv", "xlsx"))
    np.testing.assert_allclose(left["influence"], right["influence"])


def test_a_sector_whose_row_is_lost_is_no_final_use(tmp_path):
    rows = "code,01,02,03,FU,GO\n01,1,2,3,4,10\n02,1,2,3,4,10\nva,8,6,0,,\n"
    (tmp_path / "t.csv").write_text(rows)
    with pytest.raises(DataError, match="column '03' has no row, though it counts on from '02'"):
        sector_linkages(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("code,a,b,c,FU,GO\na,1,2,3,4,10\nc,1,2,3,4,10\nva,8,6,4,,\n")
    with pytest.raises(DataError, match="column 'b' has no row, though 'c' after it has one"):
        sector_linkages(tmp_path / "t.csv")


def test_a_row_of_sums_is_not_ranked(tmp_path):
    (tmp_path / "r.csv").write_text("place,cost,yield\na,1,2\nb,2,3\n合计,3,5\n", "utf-8")
    with pytest.raises(DataError, match="row '合计' holds the sum or the mean of the others"):
        rank(tmp_path / "r.csv", draws=50)
    (tmp_path / "r.csv").write_text("firm,cost,yield\nTotal,1,2\nShell,2,3\n", "utf-8")
    assert len(rank(tmp_path / "r.csv", draws=50).table) == 2


def test_typed_columns_of_parquet_are_named_and_joined_like_typed_by_hand(tmp_path):
    pd.DataFrame({"行政区划代码": ["610902"], "2010年": ["1,000"], "2020年": ["2,000"]}).to_parquet(
        tmp_path / "t.parquet"
    )
    frame = table_input(
        tmp_path / "t.parquet", InputSpec(file="x"), INPUTS["population"], "population"
    )
    assert amounts(frame) == {("610902", 2010): 1000.0, ("610902", 2020): 2000.0}
    assert read_table(tmp_path / "t.parquet", InputSpec(file="x"), "t")["code"].tolist() == [610902]


# peek


def test_peek_says_how_a_table_is_understood(tmp_path):
    (tmp_path / "t.csv").write_bytes(
        '表1,,\n单位：万人,,\n代码,县区,2020年\n,全市,10\n1,甲,"1,004.5"\n2,乙,—\n注：x,,\n'.encode(
            "gbk"
        )
    )
    said = shanshui("peek", tmp_path / "t.csv")
    for text in (
        "text: gb18030, separator comma",
        "head: row 3",
        "unit line: 万人",
        "row 4, sum or mean: 全市 | 10",
        "row 7, note: 注：x",
        "代码 → code: number, 1 to 2",
        "2020年: number [万人, from the unit line], 1004.5 to 1004.5, 1 without a value",
        "row 5: 1 | 甲 | 1004.5",
    ):
        assert text in said  # fmt: skip
    facts = json.loads(shanshui("peek", tmp_path / "t.csv", "--json"))
    assert facts["kind"] == "table"
    assert facts["tables"][0]["columns"][0]["name"] == "code"
    assert facts["tables"][0]["first_rows"] == [[1, "甲", 1004.5], [2, "乙", None]]


def test_peek_shows_sheets_apart_where_they_differ(tmp_path):
    (tmp_path / "b.xlsx").write_bytes(
        book({"a": [["code", "pop"], [1, 5]], "b": [["x", "y", "z"], [1, 2, 3]]})
    )
    said = shanshui("peek", tmp_path / "b.xlsx")
    assert "--sheet a" in said
    assert "--sheet b" in said
    assert "--sheet" not in shanshui("peek", tmp_path / "b.xlsx", "--sheet", "a").replace(
        "--sheet a", ""
    )
