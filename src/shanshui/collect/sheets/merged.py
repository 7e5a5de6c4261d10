"""Merged cells in the body of a table."""

from typing import Any

from shanshui.collect.sheets.layout import is_number
from shanshui.collect.sheets.sheet import Sheet, blank
from shanshui.core.errors import DataError


def filled_merged(
    sheet: Sheet, kept: list[int], columns: list[int], keys: set[int], where: str
) -> list[list[Any]]:
    """Rows of a body with merged cells filled downwards where they name what rows belong to.

    Parameters
    ----------
    sheet : Sheet
        Cells.
    kept : list of int
        Rows of the table.
    columns : list of int
        Columns of the table.
    keys : set of int
        Columns that name the place or the time of a row.
    where : str
        Input, file and sheet, for messages.

    Returns
    -------
    list of list
        Cells of each kept row, in the order of ``columns``.

    Raises
    ------
    DataError
        An amount that is merged over several rows, cells of one row that are merged, or a formula that was never computed.
    """
    place = {k: at for at, k in enumerate(kept)}
    at_column = {c: j for j, c in enumerate(columns)}
    grid = [[sheet.rows[k][c] if c < len(sheet.rows[k]) else None for c in columns] for k in kept]
    for r, c in sorted(sheet.pending):
        if r in place and c in at_column:
            raise DataError(
                f"{where}: {sheet.place(r, c)} holds a formula that was never computed; open the file in a spreadsheet program and save it"
            )
    for r0, c0, r1, c1 in sheet.merged:
        inside = [r for r in range(r0, r1 + 1) if r in place]
        over = [c for c in range(c0, c1 + 1) if c in at_column]
        if not inside or not over:
            continue
        value = sheet.rows[r0][c0] if r0 < len(sheet.rows) and c0 < len(sheet.rows[r0]) else None
        if len(over) > 1 and not blank(value):
            raise DataError(
                f"{where}: {sheet.place(r0, c0)} is merged over {c1 - c0 + 1} columns within the table; part the cells"
            )
        if len(inside) > 1 and c0 not in keys and is_number(value):
            raise DataError(
                f"{where}: {sheet.place(r0, c0)} holds {value} for {r1 - r0 + 1} rows together; part the cells and give each row its own"
            )
        for r in inside:
            for c in over:
                grid[place[r]][at_column[c]] = value
    return grid
