"""Registers of firms: read block by block, whatever mixture of encodings, dates and units they hold."""

import codecs
import csv
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import require
from shanshui.collect.readers import read_table
from shanshui.collect.sheets.cells import WIDTH, squeezed
from shanshui.collect.sheets.decode import decoded
from shanshui.collect.sheets.separate import separator
from shanshui.core.errors import DataError

NAMES = {
    "name": ("name", "企业名称", "公司名称", "名称", "firm", "company", "enterprise"),
    "scope": ("scope", "经营范围", "业务范围", "business_scope", "description"),
    "code": ("code", "行业代码", "industry_code", "国民经济行业代码", "行业小类代码"),
    "key": ("key", "credit_code", "统一社会信用代码", "社会信用代码", "注册号", "id"),
    "place": ("place", "county", "区县", "所属区县", "县", "district", "city", "城市", "所属城市"),
    "province": ("province", "省份", "所属省份", "省"),
    "date": ("date", "成立日期", "注册日期", "established", "year", "成立年份"),
    "capital": ("capital", "注册资本", "cap_wan", "registered_capital"),
    "category": ("category", "产业类别"),
}
"""Columns of a register by the names that registers use; the first that is there."""
BLOCK_BYTES = 16 << 20
"""Text read at once."""
_SAMPLE_BYTES = 1 << 16
"""Text that the separator and the encoding are judged by."""
_TITLE_ROWS = 20
"""Rows in which the names of the columns are looked for."""
BLOCK_ROWS = 100_000
"""Rows of a block of Parquet."""
_NUMBER = re.compile(r"[-+]?\d[\d,，]*\.?\d*")
_UNITS = {"亿": 1e8, "万": 1e4, "千": 1e3}
CURRENCY = {
    "美元": 6.9,
    "usd": 6.9,
    "港": 0.89,
    "hkd": 0.89,
    "欧元": 7.7,
    "eur": 7.7,
    "日元": 0.063,
    "jpy": 0.063,
}
"""Yuan per unit, means of 2015-2020 [M]."""
IMPROBABLE = 1e11
"""Registered capital [yuan] above which a value is taken to be 10,000 times too large, and said so [D]."""
WAN = 1e4


def register_blocks(
    path: Path, columns: Mapping[str, str] | None = None, *, encoding: str | None = None
) -> Iterator[tuple[pd.DataFrame, float]]:
    """Blocks of a register with our columns.

    Parameters
    ----------
    path : Path
        CSV, TSV, Excel or Parquet.
    columns : mapping of ours to the file's, optional
        Over :data:`NAMES`.
    encoding : str, optional
        Of text; by default each line is UTF-8, or GB 18030 where it is not.

    Yields
    ------
    (DataFrame, float)
        Text columns, blank where missing, in our names beside the file's own; and the share of the register read so far [1].

    Raises
    ------
    DataError
        Missing or unreadable file, or no column of names.
    """
    require(path, "register")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        blocks = _parquet(path)
    elif suffix in {".csv", ".tsv", ".txt"}:
        blocks = _text(path, encoding)
    else:
        frame = read_table(path, InputSpec(file=str(path)), "register")
        blocks = iter([(frame.astype(object).where(frame.notna(), ""), 1.0)])
    try:
        for block, done in blocks:
            out = named(block, path, columns)
            out.attrs = block.attrs
            yield out, done
    except UnicodeError as error:
        raise DataError(
            f"register: {path} is not text in {encoding or 'the encoding of its first rows'} ({error}); give its --encoding"
        ) from None


def named(
    frame: pd.DataFrame, path: Path | str, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Rows with our columns beside the file's own.

    Raises
    ------
    DataError
        A column that is not there, or none of names.
    """
    heads = {str(c).strip().lstrip("\ufeff"): c for c in frame.columns}
    lower = {squeezed(h): c for h, c in heads.items()}
    out = frame
    for ours, theirs in (columns or {}).items():
        if theirs not in heads:
            raise DataError(
                f"register.{ours}: no column '{theirs}' in {path}; found {', '.join(heads)}"
            )
        out = out.assign(**{ours: out[heads[theirs]]})
    for ours, known in NAMES.items():
        if ours in (columns or {}):
            continue
        found = next((lower[k] for k in known if k in lower), None)
        if found is not None and found != ours:
            out = out.assign(**{ours: out[found]})
    if "name" not in out:
        raise DataError(
            f"register: {path} has no column of names; found {', '.join(heads)}; say which: --column name=…"
        )
    return out


def _parquet(path: Path) -> Iterator[tuple[pd.DataFrame, float]]:
    try:
        file = pq.ParquetFile(path)
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(f"register: {path} cannot be read ({error}); is it complete?") from None
    done = 0
    with file:
        for batch in file.iter_batches(batch_size=BLOCK_ROWS):
            frame = batch.to_pandas()
            done += len(frame)
            yield (
                frame.astype(object).where(frame.notna(), ""),
                done / max(file.metadata.num_rows, 1),
            )


def _text(path: Path, encoding: str | None) -> Iterator[tuple[pd.DataFrame, float]]:
    size = max(path.stat().st_size, 1)
    with path.open("rb") as opened:
        sample = opened.read(_SAMPLE_BYTES)
        opened.seek(0)
        if encoding is None and (b"\0" in sample or sample[:2] in (b"\xff\xfe", b"\xfe\xff")):
            encoding = _wide_encoding(sample, path)
        file = codecs.EncodedFile(opened, "utf-8", encoding) if encoding else opened
        start, head, mark = _head(file, path)
        done, rest = start, b""
        while True:
            raw = file.read(BLOCK_BYTES)
            done += len(raw)
            block = rest + raw
            if not block:
                return
            stop = _last_row(block) if raw else len(block)
            if stop == 0 and raw:
                rest = block
                if len(rest) > 8 * BLOCK_BYTES:
                    raise DataError(
                        f"register: {path} has no end of row within {len(rest)} bytes; is a quote left open?"
                    )
                continue
            rest = block[stop:]
            yield (
                _rows(head, _decoded(block[:stop]), mark, path),
                min(1.0, (done - len(rest)) / size),
            )
            if not raw:
                return


def _wide_encoding(sample: bytes, path: Path) -> str:
    """Encoding of two bytes per letter, which the first bytes show."""
    whole = sample[: len(sample) // 4 * 4]
    return decoded(whole, f"register: {path}")[1]


def _head(file: Any, path: Path) -> tuple[int, str, str]:
    """Bytes up to the end of the row that names columns, that row, and the separator: titles may stand above."""
    lines: list[str] = []
    at = 0
    first: tuple[int, str, str] | None = None
    sample = _decoded(file.read(_SAMPLE_BYTES))
    file.seek(0)
    mark = separator(sample[: sample.rfind("\n") + 1] or sample) or ","
    known = {k for names in NAMES.values() for k in names}
    for _ in range(_TITLE_ROWS):
        raw = file.readline()
        if not raw:
            break
        at += len(raw)
        line = _decoded(raw).lstrip("\ufeff")
        lines.append(line)
        cells = {squeezed(c.strip('"')) for c in line.rstrip("\r\n").split(mark)}
        if first is None and line.strip():
            first = (at, line, mark)
        if len(cells & known) > 1 or (first is not None and first[0] == at and cells & known):
            return at, line, mark
    if first is None:
        raise DataError(f"register: {path} is empty")
    file.seek(0)
    while (raw := file.readline()) and not _decoded(raw).lstrip("\ufeff").strip():
        pass
    return first


def _last_row(block: bytes) -> int:
    """End of the last whole row: a line break with an even number of quotes before it."""
    stop = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, stop)
    while stop and quotes % 2:
        before = block.rfind(b"\n", 0, stop - 1) + 1
        quotes -= block.count(b'"', before, stop)
        stop = before
    return stop


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lines = []
    for line in raw.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("gb18030", errors="replace"))
    return "\n".join(lines)


_SKIPPED = re.compile(r"Skipping line \d+: expected \d+ fields, saw \d+")


def _rows(head: str, text: str, mark: str, path: Path) -> pd.DataFrame:
    """Rows of a block; how many had more cells than the head, and were left out, stands in ``attrs``."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            frame = pd.read_csv(
                io.StringIO(head.rstrip("\r\n") + "\n" + text),
                sep=mark,
                dtype=str,
                keep_default_na=False,
                on_bad_lines="warn",
                engine="c",
                # a row that is longer than the head would else shift its columns
                index_col=False,
            )
    except ValueError as error:
        raise DataError(f"register: {path} cannot be read ({error})") from None
    said = [str(w.message) for w in heard]
    if any("Length of header" in text for text in said):
        wide = len(next(csv.reader([head], delimiter=mark)))
        longer = next(
            (
                row
                for row in csv.reader(io.StringIO(text), delimiter=mark)
                if any(c.strip() for c in row[wide:])
            ),
            None,
        )
        if longer is not None:
            raise DataError(
                f"register: {path}: rows have more cells than the head ({wide}); the first such: {mark.join(longer)[:120]}; "
                "complete the head, or quote what holds a separator"
            )
    frame.attrs["longer"] = sum(len(_SKIPPED.findall(text)) for text in said)
    return frame


def plausible_years(dates: pd.Series) -> pd.Series:
    """Year of each date, whatever its form; missing where it is broken or lies outside 1800 to 2100.

    Parameters
    ----------
    dates : (row,)
        ``2004-05-01``, ``2004/5/1``, ``20040501``, ``2004年5月``, 2004, or anything.

    Returns
    -------
    (row,) [yr]
        Whole numbers with gaps.
    """
    digits = (
        dates.astype("string")
        .str.translate(WIDTH)
        .str.extract(r"(?<!\d)((?:1[89]|20)\d\d)(?=\D|\d{4}(?!\d)|\d{2}(?!\d)|$)", expand=False)
    )
    return pd.to_numeric(digits, errors="coerce").astype("Int64")


def capital_yuan(values: pd.Series, *, unit: float = WAN) -> tuple[pd.Series, int]:
    """Registered capital in yuan.

    Parameters
    ----------
    values : (row,)
        Numbers, or text with units (``500万元``, ``1.2亿``, ``100万美元``).
    unit : float [yuan]
        Of bare numbers; registers use 10,000.

    Returns
    -------
    ((row,) [yuan], int)
        Missing where there is no number; and how many were 10,000 times too large and were divided.
    """
    text = values.astype("string").fillna("").str.translate(WIDTH).str.lower()
    number = pd.to_numeric(
        text.str.extract(f"({_NUMBER.pattern})", expand=False).str.replace(
            r"[,，]", "", regex=True
        ),
        errors="coerce",
    ).astype(float)
    factor = np.full(len(text), unit)
    for word, size in _UNITS.items():
        factor = np.where(text.str.contains(word, regex=False), size, factor)
    bare = text.str.contains("元", regex=False) & ~text.str.contains("|".join(_UNITS), regex=True)
    factor = np.where(bare, 1.0, factor)
    for word, rate in CURRENCY.items():
        factor = np.where(text.str.contains(word, regex=False), factor * rate, factor)
    out = number * factor
    wrong = (out > IMPROBABLE).to_numpy(bool, na_value=False)
    out = out.where(~wrong, out / WAN)
    return out, int(wrong.sum())


def tidy_register(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Year and capital as numbers, beside the text they came from.

    Returns
    -------
    (DataFrame, dict)
        With ``year`` [yr] and ``capital_yuan`` where there are such columns; and counts of ``rows_with_more_cells`` (left out), ``broken_dates`` and
        ``capital_units``.
    """
    facts: dict[str, int] = {"rows_with_more_cells": int(frame.attrs.get("longer", 0))}
    extra: dict[str, Any] = {}
    if "date" in frame:
        years = plausible_years(frame["date"])
        some = frame["date"].astype("string").fillna("").str.strip() != ""
        facts["broken_dates"] = int((years.isna() & some).sum())
        extra["year"] = years
    if "capital" in frame:
        extra["capital_yuan"], facts["capital_units"] = capital_yuan(frame["capital"])
    return frame.assign(**extra), facts


SCREENED = (
    "also",
    "decision",
    "basis",
    "code_score",
    "text_score",
    "evidence",
    "review",
    "head_office",
)
"""Columns of a register that was screened before."""


def register_input(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Firms of a register, dates and capital as numbers, in our column names.

    Raises
    ------
    DataError
        Unreadable, no column of names, no rows.
    """
    parts = [
        tidy_register(block)[0]
        for block, _ in register_blocks(path, spec.columns, encoding=spec.encoding)
    ]
    if not sum(map(len, parts)):
        raise DataError(f"{name}: {path} has no rows")
    frame = pd.concat(parts, ignore_index=True)
    known = [*NAMES, "year", "capital_yuan", *SCREENED]
    frame = frame[[c for c in dict.fromkeys(known) if c in frame.columns]]
    for column in frame.columns:
        if column in ("capital_yuan", "code_score", "text_score"):
            frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
        elif column == "year":
            frame[column] = frame[column].astype("float64")
        else:
            frame[column] = frame[column].map(lambda v: "" if v is None or v != v else str(v))
    frame.attrs["units"] = {"capital_yuan": "yuan"}
    return frame
