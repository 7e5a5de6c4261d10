"""Legends of categorical grids: code, name, colour, and what each class means."""

import csv
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.readers import read_table
from shanshui.core.cover import cover_called
from shanshui.core.errors import DataError, nearest
from shanshui.core.shipped import shipped_text

_HEADS = {
    "code": ("value", "lucode", "lulc", "dlbm", "编码", "代码", "地类编码"),
    "name": ("name_en", "class", "label", "description", "lulc_desc", "dlmc", "名称", "地类名称"),
    "name_zh": ("name_cn", "中文名", "中文名称"),
    "group": ("cover", "meaning", "kind", "类型", "含义", "大类"),
    "colour": ("color", "颜色"),
}
"""Heads of a person's own class table beside ours, the first that is there."""
_SUFFIX = re.compile(r"^(\d{4})[A-Z]$")


@dataclass(frozen=True)
class LegendNote:
    """What stands in the list of legends about one.

    Attributes
    ----------
    name : str
        Word of the study file.
    title, title_zh : str
        As on screens.
    source, tag : str
        Key of sources.bib, and where the rows come from: [S] seen, [M] from memory, [D] ours.
    missing : tuple of int
        Codes that the maker gives to cells without data.
    marks : tuple of str
        What names of files and notes of the maker hold, in lower case.
    """

    name: str
    title: str
    title_zh: str
    source: str
    tag: str
    missing: tuple[int, ...]
    marks: tuple[str, ...]


@cache
def legends() -> dict[str, LegendNote]:
    """Legends that ship, by name."""
    out = {}
    for row in csv.DictReader(shipped_text("collect/legends.csv").splitlines()):
        out[row["legend"]] = LegendNote(
            row["legend"], row["title"], row["title_zh"], row["source"], row["tag"],
            tuple(int(c) for c in row["missing"].split()), tuple(filter(None, row["marks"].split(";"))),
        )  # fmt: skip
    return out


@cache
def _called() -> dict[str, str]:
    """Every spelling of a shipped legend, letters and digits only."""
    out = {}
    for row in csv.DictReader(shipped_text("collect/legends.csv").splitlines()):
        for word in (row["legend"], *row["other_names"].split(";")):
            out[_plain(word)] = row["legend"]
    return out


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


SHIPPED = tuple(legends())


def shipped_legend(word: str) -> str | None:
    """Name of the shipped legend that a word of the study file means; None for a file."""
    return _called().get(_plain(word)) if not Path(word).suffix else None


def class_file(name: str) -> Path:
    """Find the file of a legend: part of an input like the grid itself, so its digest stands with the grid's.

    Parameters
    ----------
    name : str
        A shipped legend, or a table.

    Raises
    ------
    DataError
        No such legend.
    """
    shipped = shipped_legend(name)
    if shipped is not None:
        return Path(str(files("shanshui.collect").joinpath("legends", f"{shipped}.csv")))
    if not Path(name).is_file():
        raise DataError(
            f"legend: no legend or table '{Path(name).name}'; {nearest(Path(name).name, SHIPPED)}, or give a table with columns "
            "code, name, group"
        )
    return Path(name)


def class_table(name: str) -> pd.DataFrame:
    """Read a legend.

    Parameters
    ----------
    name : str
        A shipped legend, or a table with ``code``, ``name`` and, as far as they are known, ``name_zh, group, colour``.

    Returns
    -------
    DataFrame
        Index ``code``; ``name, name_zh, group, colour, cover`` (what the class means, empty where no word of the row tells it),
        and further columns as they stand.

    Raises
    ------
    DataError
        No such legend, no table, columns missing, or codes that are not whole numbers or stand twice.
    """
    place = class_file(name)
    stat = place.stat()
    return _parsed(place, stat.st_mtime_ns, stat.st_size, name).copy()


@cache
def _parsed(place: Path, changed_ns: int, size: int, name: str) -> pd.DataFrame:
    try:
        frame = read_table(place, InputSpec(file=str(place)), "legend")
    except DataError as error:
        why = " ".join(str(error).removeprefix("legend: ").split())
        raise DataError(f"legend: {name} cannot be read as a table ({why})") from None
    frame = _ours(frame)
    missing = [c for c in ("code", "name") if c not in frame.columns]
    if missing:
        raise DataError(
            f"legend: {name} has no column {', '.join(missing)}; expected code, name, name_zh, group, colour"
        )
    frame = frame[frame["code"].notna()]
    codes = pd.to_numeric(frame["code"], errors="coerce")
    odd = ~(codes.abs() < 1 << 31) | (codes != codes.round())
    if odd.any():
        raise DataError(
            f"legend: {name}: code '{frame['code'][odd].iloc[0]}' is not a whole number; correct the row"
        )
    frame = frame.assign(code=codes.astype("int64"))
    if frame["code"].duplicated().any():
        raise DataError(
            f"legend: {name}: code {frame['code'][frame['code'].duplicated()].iloc[0]} stands twice; keep one row"
        )
    for column in ("name", "name_zh", "group", "colour", "mix"):
        given = frame[column] if column in frame.columns else pd.Series("", frame.index)
        frame[column] = [str(v).strip() if v is not None and v == v else "" for v in given]
    frame["name_zh"] = frame["name_zh"].where(frame["name_zh"] != "", frame["name"])
    # a colour that no map could be drawn with is left to the map
    frame["colour"] = frame["colour"].where(frame["colour"].str.fullmatch("#[0-9a-fA-F]{6}"), "")
    frame["cover"] = [
        cover_called(g) or (cover_called(n) or cover_called(z) or "")
        for g, n, z in zip(frame["group"], frame["name"], frame["name_zh"], strict=True)
    ]
    return frame.set_index("code")


def _ours(frame: pd.DataFrame) -> pd.DataFrame:
    """Heads as ours; a table that names its classes only by what they mean takes that for the name."""
    frame = frame.rename(columns={c: str(c).strip().lower() for c in frame.columns})
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"legend: two columns are called {twice[0]}; keep one")
    for ours, others in _HEADS.items():
        there = next((c for c in others if c in frame.columns), None)
        if ours not in frame.columns and there is not None:
            frame = frame.rename(columns={there: ours})
    if "name" not in frame.columns and "group" in frame.columns:
        frame = frame.assign(name=frame["group"])
    return frame


@dataclass(frozen=True)
class Legend:
    """A legend: what codes, on maps and in the fields of polygons, mean.

    Attributes
    ----------
    name : str
        Shipped legend, or path of a table.
    table : DataFrame
        Index ``code``, as of :func:`class_table`.
    missing : tuple of int
        Codes that mean no data.
    """

    name: str
    table: pd.DataFrame
    missing: tuple[int, ...] = ()

    @property
    def codes(self) -> frozenset[int]:
        """Codes of its classes."""
        return frozenset(int(c) for c in self.table.index)

    def code_of(self, word: object) -> int | None:
        """Code of a class that a field or a table names by code or in words.

        Parameters
        ----------
        word : str or number
            Such as ``0303K``, ``303``, ``Paddy``, ``水田``. Of codes with a letter that the legend does not list, that of the class
            without it.

        Returns
        -------
        int or None
            None for a word that names no class.
        """
        words = self._words
        text = str(word).strip().removesuffix(".0")
        for spelt in (text, text.upper()):
            if spelt in words:
                return words[spelt]
        letter = _SUFFIX.match(text.upper())
        if letter is not None:
            return words.get(letter[1])
        if "text" in self.table.columns and text.isdigit() and len(text) == 3:
            return words.get(f"0{text}")  # a workbook has taken the code for a number
        return None

    def code_of_name(self, word: str) -> int | None:
        """Code of the class of this name in English or Chinese; None for another word."""
        plain = word.strip().lower()
        return self._names.get(plain) if plain else None

    @cached_property
    def _names(self) -> dict[str, int]:
        out: dict[str, int] = {}
        for column in ("name_zh", "name"):
            out |= {str(w).lower(): int(str(code)) for code, w in self.table[column].items()}
        return out

    @cached_property
    def _words(self) -> dict[str, int]:
        """Every word that names one class: codes before names, and no name that two classes bear."""
        table = self.table
        codes = table["text"] if "text" in table.columns else table.index.to_series()
        out = {str(word).strip(): int(str(code)) for code, word in codes.items()}
        for column in ("name", "name_zh"):
            once = table[column][~table[column].duplicated(keep=False)]
            for code, word in once.items():
                out.setdefault(str(word), int(str(code)))
        return out


def legend(name: str) -> Legend:
    """Legend by name.

    Parameters
    ----------
    name : str
        A shipped legend (``igbp``, ``worldcover``, ``clcd``, ``dlbm`` …), or the path of a table.

    Raises
    ------
    DataError
        No such legend, or a table that is none.
    """
    shipped = shipped_legend(name)
    return Legend(name, class_table(name), legends()[shipped].missing if shipped else ())
