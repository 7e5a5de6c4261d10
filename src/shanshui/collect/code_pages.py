"""In which letters the texts of a shapefile are written: decided by its bytes, with what it says of itself as one witness."""

import codecs
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError

MOST_CELLS = 20_000
"""Different texts beyond ASCII that are looked at [D]: more of them change no verdict."""
BROKEN = 0.02
"""Share of texts that may be damaged in the encoding that they are in [D]."""
CHINESE = 0.6
"""Share of common Chinese characters from which bytes are taken for Chinese [D]: of names of places some nine tenths are
of the first level of GB 2312, of Latin or Cyrillic texts read as Chinese few are."""
TRADITIONAL = 0.9
"""Share of frequent characters from which bytes that are not simplified Chinese are taken for Big5 [D]."""
_MARKS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x13: "cp932", 0x1F: "cp852", 0x26: "cp866", 0x4D: "gb18030",
    0x4E: "cp949", 0x4F: "cp950", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x6A: "cp737", 0x6B: "cp857", 0x78: "cp950",
    0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932", 0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
"""Byte 29 of a dBASE table: its language driver."""
_WEAK = {"cp437", "cp850", "cp1252", "iso8859-1", "ascii"}
"""What programs write without having looked: these decode any bytes, or were the default."""
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "gb18030", "big5": "cp950"}
_NUMBERS = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030", "88591": "iso8859-1", "8859": "iso8859-1"}  # fmt: skip


@dataclass(frozen=True)
class Letters:
    """How the texts of a file are to be read.

    Attributes
    ----------
    encoding : str
        Name of the codec.
    told : str
        What contradicts the file's own word; blank where nothing does.
    """

    encoding: str
    told: str = ""


@dataclass(frozen=True)
class Cell:
    """A text as it is stored, and whether it fills its field, so that its last letter may be cut."""

    raw: bytes
    full: bool


def codec_of(word: str, where: str) -> str:
    """Name of the codec that a word stands for.

    Raises
    ------
    DataError
        There is none.
    """
    try:
        name = codecs.lookup(word).name
        "".encode(name)
    except (LookupError, ValueError):
        raise DataError(
            f'{where}: \'{word[:60]}\' is no text encoding; expected one such as "utf-8", "gb18030", "big5" or "latin-1"'
        ) from None
    return _WIDER.get(name, name)


def shapefile_letters(path: Path, layer: str | None, encoding: str | None, name: str) -> Letters:
    """Decide how the texts of a shapefile are read.

    Parameters
    ----------
    path : Path
        The ``.shp``, ``.dbf``, or an archive that holds one.
    layer : str, optional
        Which one of an archive.
    encoding : str, optional
        The study file's word, which is not doubted where the bytes can be read so.
    name : str
        Input, for messages.

    Returns
    -------
    Letters
        UTF-8 where the bytes are valid UTF-8 and not ASCII; else what the file declares, where that is a code page that somebody
        chose and the bytes fit; else simplified or traditional Chinese where the characters are such as are used; else the
        declared or the western code page.

    Raises
    ------
    DataError
        No such encoding, or texts that are not in it.
    """
    table, page = _parts(path, layer)
    if table is None:
        return Letters(codec_of(encoding, f"{name}.encoding") if encoding else "utf-8")
    cells, mark = _cells(table)
    if encoding is not None:
        chosen = codec_of(encoding, f"{name}.encoding")
        if _failures(cells, chosen) > BROKEN * len(cells):
            raise DataError(
                f"{name}.encoding: the texts of {path} are not in {encoding}; leave encoding out: their bytes say {_seen(cells, None)}"
            )
        return Letters(chosen)
    declared = _declared(page) or _MARKS.get(mark)
    chosen = _seen(cells, declared)
    said = page.strip() if page else f"code page {declared}"
    if cells and declared is not None and chosen != declared and chosen.lower() not in said.lower():
        return Letters(
            chosen,
            f"{name}: {path.name} says that its texts are in {said[:40]}, but their bytes are {chosen}; they are read as {chosen}",
        )
    return Letters(chosen)


def repaired(text: str, encoding: str) -> str:
    """Text whose bytes came through as western letters, in its own letters; a letter cut at the end is left out."""
    raw = text.encode("iso8859-1")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        kept = raw[: error.start] if error.start >= len(raw) - 3 else raw
        return kept.decode(encoding, errors="replace")


def _parts(path: Path, layer: str | None) -> tuple[bytes | NDArray[np.uint8] | None, str | None]:
    """Bytes of the table and of the code-page file beside it."""
    if path.suffix.lower() in {".zip", ".shz"}:
        return _archived(path, layer)
    beside = {p.suffix.lower(): p for p in path.parent.glob(f"{_escaped(path.stem)}.*")}
    page = beside[".cpg"].read_text("latin-1") if ".cpg" in beside else None
    table = beside.get(".dbf")
    if table is None or table.stat().st_size < 33:
        return None, page
    return np.memmap(table, np.uint8, "r"), page


def _escaped(text: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def _archived(path: Path, layer: str | None) -> tuple[bytes | None, str | None]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {n.lower(): n for n in archive.namelist()}
            tables = [n for n in names if n.endswith(".dbf")]
            if layer is not None:
                tables = [n for n in tables if Path(n).stem == layer.lower()]
            if len(tables) != 1:
                return None, None
            page = names.get(tables[0][:-4] + ".cpg")
            said = archive.read(page).decode("latin-1") if page else None
            raw = archive.read(names[tables[0]])
            return (raw if len(raw) > 32 else None), said
    except (OSError, zipfile.BadZipFile, RuntimeError):
        return None, None


def _declared(page: str | None) -> str | None:
    """Codec that a code-page file names; None where it names none."""
    if page is None:
        return None
    word = page.strip().strip("\x00\ufeff").lower()
    digits = "".join(c for c in word if c.isdigit())
    for tried in (_NUMBERS.get(digits, ""), word, f"cp{digits}"):
        try:
            found = codecs.lookup(tried).name if tried else ""
        except (LookupError, ValueError):
            continue
        if found:
            return _WIDER.get(found, found)
    return None


def _cells(table: bytes | NDArray[np.uint8]) -> tuple[list[Cell], int]:
    """Different texts and field names of a dBASE table that are not ASCII, and its language mark."""
    raw = np.frombuffer(table, np.uint8) if isinstance(table, bytes) else table
    head = int(raw[8]) + 256 * int(raw[9])
    width = int(raw[10]) + 256 * int(raw[11])
    found: dict[Cell, None] = {}
    spans, at = [], 1
    for start in range(32, min(head, raw.size) - 32, 32):
        field = bytes(raw[start : start + 32])
        if field[0] == 0x0D:
            break
        long_text = field[11:12] == b"C"
        length = field[16] + (256 * field[17] if long_text else 0)
        if long_text:
            spans.append((at, length))
        label = field[:11].split(b"\0")[0]
        if any(b > 127 for b in label):
            found[Cell(label, len(label) >= 10)] = None
        at += length
    rows = (raw.size - head) // width if width else 0
    body = (
        raw[head : head + rows * width].reshape(rows, width) if rows > 0 else raw[:0].reshape(0, 1)
    )
    for begin in range(0, rows, 65536):
        block = body[begin : begin + 65536]
        for at, length in spans:
            part = block[:, at : at + length]
            part = part[(part > 127).any(axis=1)]
            if not part.size:
                continue
            texts = np.unique(np.ascontiguousarray(part).view(f"S{part.shape[1]}"))
            for text in texts.tolist():
                shown = text.rstrip(b" \0")
                found[Cell(shown, len(shown) >= part.shape[1])] = None
            if len(found) > MOST_CELLS:
                return list(found), int(raw[29])
    return list(found), int(raw[29])


def _text(cell: Cell, encoding: str) -> str | None:
    try:
        return cell.raw.decode(encoding)
    except UnicodeDecodeError as error:
        if cell.full and error.start >= len(cell.raw) - 3:
            return cell.raw[: error.start].decode(encoding)
        return None


def _texts(cells: list[Cell], encoding: str) -> list[str | None]:
    return [_text(cell, encoding) for cell in cells]


def _failures(cells: list[Cell], encoding: str) -> int:
    return sum(text is None for text in _texts(cells, encoding))


def _seen(cells: list[Cell], declared: str | None) -> str:
    """Codec that the bytes speak for."""
    if not cells:
        return declared or "utf-8"
    few = BROKEN * len(cells)
    strict = _texts(cells, "utf-8")
    if sum(t is None for t in strict) <= few:
        wide = any(ord(c) > 0x7FF for t in strict for c in t or "")
        # two-byte letters alone may be Chinese by chance
        if wide or declared == "utf-8" or _share(cells, "gb18030", _common) < CHINESE:
            return "utf-8"
    chosen = declared is not None and declared not in _WEAK | {"utf-8"}
    if declared is not None and chosen and _failures(cells, declared) <= few:
        return declared
    simplified = _share(cells, "gb18030", _common)
    if simplified >= CHINESE:
        return "gb18030"
    if _share(cells, "cp950", _frequent) >= TRADITIONAL:
        return "cp950"
    if declared in _WEAK - {"ascii"}:
        return str(declared)
    return "cp1252" if _failures(cells, "cp1252") <= few else "iso8859-1"


def _share(cells: list[Cell], encoding: str, counts: Callable[[str], bool]) -> float:
    """Share of characters beyond ASCII that are such as are used, and do not stand within words of Latin letters."""
    texts = _texts(cells, encoding)
    if sum(t is None for t in texts) > BROKEN * len(cells):
        return 0.0
    good = all_ = 0
    for text in texts:
        padded = f" {text or ''} "
        for before, here, after in zip(padded, padded[1:], padded[2:], strict=False):
            if here.isascii():
                continue
            all_ += 1
            latin = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
            good += not latin and counts(here)
    return good / all_ if all_ else 0.0


def _common(letter: str) -> bool:
    """Whether a character is of the first level of GB 2312, or a Chinese mark."""
    if "\u3000" <= letter <= "\u301f" or letter in "（），、：；·":
        return True
    try:
        raw = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= raw[0] <= 0xD7


def _frequent(letter: str) -> bool:
    """Whether a character is of the frequent plane of Big5, or a Chinese mark."""
    if "\u3000" <= letter <= "\u301f":
        return True
    try:
        raw = letter.encode("big5")
    except UnicodeEncodeError:
        return False
    return 0xA4 <= raw[0] <= 0xC6
