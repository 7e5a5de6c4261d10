"""True tables in the disguises that people give them: layouts, formats, encodings, ways of writing numbers, titles, notes."""

import datetime
import io
import random
import zipfile
from xml.sax.saxutils import escape

import openpyxl

NAMES = ["汉滨区", "旬阳市", "紫阳县", "石泉县", "宁陕县", "岚皋县", "镇坪县", "白河县"]
CODES = ["代码", "行政区划代码", "区划码", "XZQDM", "code", " 代 码 ", "ＰＡＣ", "adcode"]
PLACES = ["名称", "县区", "县（市、区）", "地区名称", "XZQMC", "name"]
YEARS = ["年份", "year", "年 度", "Year"]
PEOPLE = ["人口", "常住人口", "population", "年末常住人口", "总 人 口"]
NOTES = [
    "注：常住人口为抽样推算数。",
    "资料来源：统计年鉴",
    "* 为初步数",
    "Source: yearbook",
    "注: 不含流动人口, 下同",
]
TITLES = ["3-2 各县区人口", "安康市统计资料", "Table 3. Residents by county"]
SUMS = ["合计", "全 市", "总　计", "Total", "安康市合计"]
GAPS = ["—", "-", "…", "..", "无", "na", "缺"]


def truth(rng):
    """People by code and year, in whole hundreds."""
    places = rng.sample(NAMES, rng.randint(3, 6))
    years = rng.sample([2010, 2015, 2019, 2020], rng.randint(1, 3))
    codes = {name: str(610902 + 7 * k) for k, name in enumerate(places)}
    return [(codes[n], n, y, rng.randint(120, 99999) * 100) for n in places for y in sorted(years)]


def number(rng, value, style):
    """A number as somebody writes it."""
    whole = value == int(value)
    text = f"{value:,.0f}" if whole else f"{value:,.2f}"
    plain = text.replace(",", "")
    return {
        "plain": plain,
        "thousands": text,
        "wide": text.translate({0x21 + k: 0xFF01 + k for k in range(94)}),
        "thin": text.replace(",", "\u2009"),
        "hard blank": text.replace(",", "\u00a0"),
        "apostrophe": text.replace(",", "'"),
        "decimal comma": plain.replace(".", ","),
        "european": text.replace(",", "\0").replace(".", ",").replace("\0", "."),
    }[style]


def disguised(seed):  # noqa: C901 - one way after the other
    """A table as a file.

    Returns
    -------
    (str, bytes, dict, dict of (code, year) to people)
        Ending, content, declarations, and the truth.
    """
    rng = random.Random(seed)  # noqa: S311 - the same cases each time
    rows = truth(rng)
    people = {(c, y): p for c, _, y, p in rows}
    style = rng.choice(
        [
            "plain",
            "plain",
            "thousands",
            "wide",
            "thin",
            "hard blank",
            "apostrophe",
            "decimal comma",
            "european",
        ]
    )
    ending = rng.choice([".csv", ".csv", ".tsv", ".txt", ".xlsx", ".ods"])
    unit = rng.choice(["none", "none", "head", "bracket", "line", "row", "cells"])
    times = 1.0 if unit == "none" else 1e4
    typed = ending in (".xlsx", ".ods") and rng.random() < 0.6

    def cell(value):
        if value is None:
            return rng.choice(GAPS)
        value = round(value / times, 2)
        if typed and unit != "cells":
            return value
        return number(rng, value, style) + ("万" if unit == "cells" else "")

    gap = rng.choice(rows) if rng.random() < 0.3 and len(rows) > 4 else None
    amount = {
        (c, y): None if gap is not None and (c, y) == (gap[0], gap[2]) else p
        for (c, y), p in people.items()
    }
    years = sorted({y for _, _, y, _ in rows})
    layout = rng.choice(
        ["long", "long", "wide", "double"] if len(years) > 1 else ["long", "declared"]
    )
    mark = {"head": "（万人）", "bracket": " [10000 person]"}.get(unit, "")
    people_word = rng.choice(PEOPLE)
    code, place = rng.choice(CODES), rng.choice(PLACES)
    order = list(dict.fromkeys((c, n) for c, n, _, _ in rows))
    declared, head, merges = {}, [], []
    if layout == "long":
        head = [[code, place, rng.choice(YEARS), people_word + mark]]
        how = rng.choice(["plain", "年", "wide", "末", "date"])
        said = {
            "plain": lambda y: y if typed else str(y), "年": lambda y: f"{y}年", "wide": lambda y: number(rng, y, "plain").translate({0x30 + k: 0xFF10 + k for k in range(10)}),
            "末": lambda y: f"{y}年末", "date": lambda y: datetime.date(y, 12, 31) if ending in (".xlsx", ".ods") else f"{y}-12-31",
        }[how]  # fmt: skip
        body = [[c, n, said(y), cell(amount[c, y])] for c, n, y, _ in rows]
        units = ["", "", "", "（万人）"]
    elif layout == "declared":
        head = [[code, place, people_word + mark]]
        body = [[c, n, cell(amount[c, y])] for c, n, y, _ in rows]
        declared["year"] = years[0]
        units = ["", "", "（万人）"]
    elif layout == "wide":
        way = rng.choice(["{y}", "{y}年", "{y}年{w}", "{w}{y}"])
        head = [
            [code, place, *(way.format(y=y, w=people_word.replace(" ", "")) + mark for y in years)]
        ]
        body = [[c, n, *(cell(amount[c, y]) for y in years)] for c, n in order]
        units = ["", "", *["（万人）" for _ in years]]
    else:
        head = [
            [code, place, people_word + mark, *[""] * (len(years) - 1)],
            ["", "", *[f"{y}年" for y in years]],
        ]
        body = [[c, n, *(cell(amount[c, y]) for y in years)] for c, n in order]
        units = ["", "", *["（万人）" for _ in years]]
    wide = len(head[0])
    if rng.random() < 0.3:
        extra = rng.choice(["面积（平方公里）", "备注", "GDP（亿元）", "城镇化率（%）", "电话"])
        said = {"备注": lambda: rng.choice(["", "山区", "见注"]), "电话": lambda: "0915-3212345"}.get(
            extra, lambda: number(rng, rng.randint(100, 9999) / 100, "plain" if style in ("european", "decimal comma") else style)
            if style not in ("european", "decimal comma") else number(rng, rng.randint(100, 9999) / 100, "decimal comma")
        )  # fmt: skip
        at = wide if layout == "double" else rng.choice([2, wide])
        for k, row in enumerate(head):
            row.insert(at, extra if k == 0 else "")
        for row in body:
            row.insert(at, said())
        units.insert(at, "")
        wide += 1
    if rng.random() < 0.15 and layout in ("long", "declared"):
        body.insert(rng.randrange(1, len(body) + 1), list(head[0]))
    above = []
    if rng.random() < 0.5:
        above.append([rng.choice(TITLES), *[""] * (wide - 1)])
    if unit == "line":
        at = rng.choice([0, wide - 1])
        above.append([*[""] * at, "单位：万人", *[""] * (wide - 1 - at)])
    if above and rng.random() < 0.3:
        above.append([""] * wide)
    if unit == "row":
        head.append(units)
    elif rng.random() < 0.1:
        head.append(["甲", "乙", *[str(k + 1) for k in range(wide - 2)]])
    if rng.random() < 0.4 and layout != "long":
        sums = [
            "",
            rng.choice(SUMS),
            *[cell(sum(p or 0 for (_, y), p in amount.items() if y == t)) for t in years],
        ]
        if wide > len(sums):
            sums.insert(head[0].index(extra), "")
        body.insert(rng.choice([0, len(body)]), sums)
    for _ in range(rng.choice([0, 0, 1, 2])):
        body.insert(rng.randrange(1, len(body) + 1), [""] * wide)
    below = [[rng.choice(NOTES), *[""] * (wide - 1)] for _ in range(rng.choice([0, 0, 1, 2]))]
    table = [*above, *head, *body, *below]
    if layout == "double" and ending == ".xlsx":
        top = len(above) + 1
        merges = [(top, 3, top, 2 + len(years)), (top, 1, top + 1, 1), (top, 2, top + 1, 2)]
    if rng.random() < 0.3:
        left = rng.randint(1, 2)
        down = rng.randint(0, 2)
        table = [[""] * (wide + left) for _ in range(down)] + [[""] * left + r for r in table]
        merges = [(a + down, b + left, c + down, d + left) for a, b, c, d in merges]
    wanted = {k: float(p) for k, p in amount.items() if p is not None}
    if ending == ".xlsx" and layout == "declared" and rng.random() < 0.5:
        # a sheet per year, all of one head
        other = [[*r] for r in table]
        wanted |= {(c, 2021): p for (c, _), p in wanted.items()}
        return ending, workbook(table, merges, rng, {"2021年": other}, f"{years[0]}年"), {}, wanted
    if ending == ".xlsx":
        return ending, workbook(table, merges, rng), declared, wanted
    if ending == ".ods":
        return ending, open_document(table), declared, wanted
    separator = (
        "\t"
        if ending == ".tsv"
        else rng.choice([";", "\t", "|", ","])
        if ending == ".txt"
        else rng.choice([",", ",", ";"])
    )
    text = "".join(
        separator.join(quoted(v, separator) for v in r) + rng.choice(["\n"]) for r in table
    )
    if rng.random() < 0.2:
        text = text.replace("\n", separator + "\n")
    if separator == ";" and rng.random() < 0.2:
        text = "sep=;\n" + text
    text = text.replace("\n", rng.choice(["\n", "\r\n", "\r"]))
    encodings = ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
    encoding = rng.choice(encodings)
    try:
        return ending, text.encode(encoding), declared, wanted
    except UnicodeEncodeError:
        return ending, text.encode("gb18030"), declared, wanted


def quoted(value, separator):
    text = str(value)
    return f'"{text}"' if separator in text or '"' in text else text


def workbook(table, merges, rng, more=None, title="表"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for name, rows in (more or {}).items():
        other = book.create_sheet(name)
        for row in rows:
            other.append([None if v == "" else v for v in row])
    for row in table:
        sheet.append([None if v == "" else v for v in row])
    for a, b, c, d in merges:
        if (a, b) != (c, d):
            sheet.merge_cells(start_row=a, start_column=b, end_row=c, end_column=d)
    if rng.random() < 0.3:
        book.create_sheet("说明")["A1"] = "本表由统计局提供"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def open_document(table):
    """A spreadsheet in the OpenDocument format, as plain as can be."""

    def cell(v):
        if v == "":
            return "<table:table-cell/>"
        if isinstance(v, datetime.date):
            return f'<table:table-cell office:value-type="date" office:date-value="{v}"><text:p>{v}</text:p></table:table-cell>'
        if isinstance(v, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{v!r}"><text:p>{v}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="string"><text:p>{escape(str(v))}</text:p></table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, r))}</table:table-row>" for r in table)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="t">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            "</manifest:manifest>",
        )
        packed.writestr("content.xml", content)
    return out.getvalue()
