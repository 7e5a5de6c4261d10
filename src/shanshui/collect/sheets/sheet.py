"""One sheet of cells, wherever it comes from."""

from dataclasses import dataclass, field
from typing import Any

Block = tuple[int, int, int, int]
"""First row and column, last row and column, from 0."""


@dataclass
class Sheet:
    """Cells of a text file or of one sheet of a workbook.

    Attributes
    ----------
    name : str
        Of the sheet; blank for a text file.
    rows : list of list
        Cells: text, numbers, dates, or None where nothing stands.
    numbers : list of int
        Number of each row in the file, from 1.
    widths : list of int
        Cells that each row had before it was made as wide as the widest.
    merged : list of Block
        Blocks of cells that are merged.
    pending : set of (int, int)
        Cells with a formula that was never computed.
    hidden : bool
        The sheet is not shown.
    separator, encoding : str
        Of a text file.
    """

    name: str
    rows: list[list[Any]]
    numbers: list[int]
    widths: list[int]
    merged: list[Block] = field(default_factory=list)
    pending: set[tuple[int, int]] = field(default_factory=set)
    hidden: bool = False
    separator: str = ""
    encoding: str = ""

    def place(self, row: int, column: int) -> str:
        """Where a cell is on the sheet, as a person finds it."""
        if self.encoding:
            return f"row {self.numbers[row]}, cell {column + 1}"
        return f"cell {letters(column)}{self.numbers[row]}"


def letters(column: int) -> str:
    """Name of a column in a spreadsheet."""
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def blank(value: Any) -> bool:
    """Does nothing stand in a cell?"""
    return value is None or value != value or (isinstance(value, str) and not value.strip())
