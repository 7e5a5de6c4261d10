"""Cells of small tables that may have no head: squares and lists of judgements."""

from shanshui.collect.sheets.body import is_note, is_sentence
from shanshui.collect.sheets.cells import plain, text_of
from shanshui.collect.sheets.layout import is_number
from shanshui.collect.sheets.sheet import Sheet, blank
from shanshui.collect.sheets.units import line_units
from shanshui.core.errors import DataError


def rows_of(sheets: list[Sheet], where: str, layer: str | None = None) -> list[list[str]]:
    """Rows of the only sheet that holds something, as text of one width.

    Parameters
    ----------
    sheets : list of Sheet
        Of a file.
    where : str
        Input and file, for messages.
    layer : str, optional
        Sheet.

    Returns
    -------
    list of list of str
        Without titles, notes, blank rows and blank columns.

    Raises
    ------
    DataError
        Nothing there, several sheets, or a formula that was never computed.
    """
    held = [s for s in sheets if any(not blank(v) for row in s.rows for v in row)]
    held = (
        [s for s in held if layer in (None, s.name)]
        if layer
        else [s for s in held if not s.hidden] or held
    )
    if not held:
        raise DataError(f"{where} is empty")
    if len(held) > 1:
        raise DataError(
            f"{where} has {len(held)} sheets that hold something: {', '.join(s.name for s in held)}; keep the one that is meant"
        )
    sheet = held[0]
    if sheet.pending:
        r, c = min(sheet.pending)
        raise DataError(
            f"{where}: {sheet.place(r, c)} holds a formula that was never computed; open the file in a spreadsheet program and save it"
        )
    rows = [row for row in sheet.rows if not all(map(blank, row))]
    columns = [
        c
        for c in range(max(map(len, rows)))
        if any(c < len(row) and not blank(row[c]) for row in rows)
    ]
    rows = [[row[c] if c < len(row) else None for c in columns] for row in rows]
    kept: list[list[str]] = []
    for row in rows:
        filled = [v for v in row if not blank(v)]
        alone = len(filled) == 1 and len(columns) > 2
        unit = alone and isinstance(filled[0], str) and line_units(plain(filled[0])) is not None
        title = alone and not kept and not is_number(filled[0])
        if (
            unit
            or title
            or is_note(row, any(map(is_number, row)))
            or is_sentence(row, len(columns))
        ):
            continue
        kept.append([" ".join(plain(text_of(v)).split()) for v in row])
    if not kept:
        raise DataError(f"{where} holds no rows")
    used = [c for c in range(len(columns)) if any(row[c] for row in kept)]
    return [[row[c] for c in used] for row in kept]
