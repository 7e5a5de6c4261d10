"""Sheets of workbooks (.xlsx, .xls, .ods, .xlsb): values, merged cells, per cent, formulas that were never computed."""

import io
import re
import zipfile
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from shanshui.collect.sheets.sheet import Sheet
from shanshui.core.errors import DataError

MOST_CELLS = 60_000_000
"""Cells between the first and the last of a sheet that are laid out in memory [D]."""
MOST_BYTES = 2_000_000_000
"""Unpacked size of a workbook that is opened [D]."""
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_STYLE = re.compile(rb'\bs="(\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^/>]*>[^<]|<(?:\w+:)?is\b[^/>]*>.", re.DOTALL)
_ERROR = re.compile(rb"#[A-Z0-9/]+[!?]?")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")


def sheets_of(raw: bytes, where: str) -> list[Sheet]:
    """Sheets of a workbook that hold anything.

    Parameters
    ----------
    raw : bytes
        Whole content.
    where : str
        Input and file, for messages.

    Returns
    -------
    list of Sheet
        In the order of the workbook; row numbers are those of the file.

    Raises
    ------
    DataError
        Damaged, locked by a password, or larger than can be laid out.
    """
    looks = _looks(raw, where)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            return [
                _sheet(book, meta, looks.get(meta.name), where)
                for meta in book.sheets_metadata
                if meta.typ in (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet)
            ]
    except DataError:
        raise
    except PasswordError:
        raise DataError(f"{where} is locked by a password; save it without one") from None
    except BaseException as error:
        # the library is compiled: what it cannot bear is a panic, which is no ordinary exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        said = " ".join(str(error).split())[:160]
        raise DataError(f"{where} cannot be read as a workbook ({said}); is it complete?") from None


def _sheet(book: CalamineWorkbook, meta: object, look: "_Look | None", where: str) -> Sheet:
    name = str(getattr(meta, "name", ""))
    found = book.get_sheet_by_name(name)
    if found.total_height * max(found.total_width, 1) > MOST_CELLS:
        raise DataError(_too_large(where, name))
    rows = [[None if c == "" else c for c in row] for row in found.to_python(skip_empty_area=False)]
    merged = [(a[0], a[1], b[0], b[1]) for a, b in found.merged_cell_ranges or []]
    out = Sheet(
        name,
        rows,
        list(range(1, len(rows) + 1)),
        [len(r) for r in rows],
        merged,
        hidden=getattr(meta, "visible", None) != SheetVisibleEnum.Visible,
    )
    if look is not None:
        out.pending = look.pending
        for r, c, said in look.errors:
            if r < len(rows) and c < len(rows[r]):
                rows[r][c] = said
        for r, c in look.percent:
            value = rows[r][c] if r < len(rows) and c < len(rows[r]) else None
            if isinstance(value, int | float):
                # what is shown as 51% is held as 0.51
                rows[r][c] = f"{round(float(value) * 100, 10):.12g}%"
    return out


class _Look:
    """What the values alone do not say of a sheet."""

    def __init__(self) -> None:
        self.pending: set[tuple[int, int]] = set()
        self.percent: list[tuple[int, int]] = []
        self.errors: list[tuple[int, int, str]] = []


def _looks(raw: bytes, where: str) -> dict[str, _Look]:
    """Formulas without a value and cells shown as per cent of an .xlsx; sizes are judged before anything is laid out."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(info.file_size for info in packed.infolist()) > MOST_BYTES:
                raise DataError(
                    f"{where} unpacks to more than {MOST_BYTES:.0e} bytes; save only the sheet that is wanted"
                )
            names = set(packed.namelist())
            if "xl/workbook.xml" not in names:
                return {}
            percent = (
                _percent_styles(packed.read("xl/styles.xml")) if "xl/styles.xml" in names else set()
            )
            return {
                name: _look(packed.read(part), percent, name, where)
                for name, part in _parts(packed, names).items()
            }
    except (
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ):
        return {}  # no .xlsx, or a broken one: who reads the values says so
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        return {}


def _parts(packed: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Part of the package by name of the sheet."""
    targets = {}
    for node in ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels")):  # noqa: S314 - expat bounds growth
        target = str(node.get("Target", ""))
        targets[node.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    out = {}
    for node in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter():  # noqa: S314 - as above
        if node.tag.endswith("}sheet"):
            key = next((v for k, v in node.attrib.items() if k.endswith("}id")), None)
            if targets.get(key) in names:
                out[str(node.get("name"))] = targets[key]
    return out


def _percent_styles(raw: bytes) -> set[int]:
    """Numbers of the cell styles that show per cent."""
    root = ElementTree.fromstring(raw)  # noqa: S314 - as above
    shown = {9, 10}
    styles: set[int] = set()
    for node in root.iter():
        if node.tag.endswith("}numFmt") and "%" in str(node.get("formatCode")):
            shown.add(int(str(node.get("numFmtId"))))
    for node in root.iter():
        if node.tag.endswith("}cellXfs"):
            styles = {k for k, style in enumerate(node) if int(style.get("numFmtId") or 0) in shown}
    return styles


def _look(raw: bytes, percent: set[int], name: str, where: str) -> _Look:
    out = _Look()
    wide = tall = 0
    for found in _CELL.finditer(raw):
        attributes, inner = found[1], found[2] or b""
        place = _PLACE.search(attributes)
        if place is None:
            continue
        row, column = int(place[2]) - 1, _column(place[1])
        wide, tall = max(wide, column + 1), max(tall, row + 1)
        if not inner:
            continue
        if _FORMULA.search(inner) and not _VALUE.search(inner) and b't="str"' not in attributes:
            out.pending.add((row, column))
        if b't="e"' in attributes and (said := _ERROR.search(inner)):
            out.errors.append((row, column, said[0].decode()))
        style = _STYLE.search(attributes) if percent else None
        if style is not None and int(style[1]) in percent and b't="s"' not in attributes:
            out.percent.append((row, column))
    if wide * tall > MOST_CELLS:
        raise DataError(_too_large(where, name))
    return out


def _column(name: bytes) -> int:
    out = 0
    for letter in name:
        out = out * 26 + letter - 64
    return out - 1


def _too_large(where: str, name: str) -> str:
    return (
        f"{where}, sheet '{name}': more than {MOST_CELLS:,} cells lie between its first and its last; delete what stands far from "
        "the table, or save the table as .csv or .parquet"
    )
