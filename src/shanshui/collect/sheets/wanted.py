"""What the reader of a table is told beforehand, and what it gives."""

from dataclasses import dataclass, field

import pandas as pd

from shanshui.collect.sheets.record import Reading


@dataclass(frozen=True)
class Wanted:
    """What the reader of a table is told of it beforehand.

    Attributes
    ----------
    names : tuple of str
        Columns that it should have, the amount last.
    columns : dict of str to str
        Our name to the file's, as a person declared.
    layer : str or list of str or None
        Sheets.
    encoding : str or None
        Of text.
    header_rows : int or None
        Rows down to the last of the head, where declared.
    sums : bool
        Rows of sums and means are kept.
    lists : bool
        Cells may hold lists of numbers.
    year : int or None
        Declared for all rows.
    by_place : bool
        Rows of sums are left out only of a table that has codes or names of places.
    """

    names: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    layer: str | list[str] | None = None
    encoding: str | None = None
    header_rows: int | None = None
    sums: bool = False
    lists: bool = False
    year: int | None = None
    by_place: bool = False


@dataclass(frozen=True)
class SheetTable:
    """A table as it was read.

    Attributes
    ----------
    frame : DataFrame
        Our names where there are some; numbers in the unit of the file.
    rows : tuple of int
        Row of the file of each row.
    units : dict of str to str
        Unit that the file names, by column.
    faults : dict of str to str
        Columns that hold numbers and were left as text, with the reason.
    reading : Reading
        What was done.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    units: dict[str, str]
    faults: dict[str, str]
    reading: Reading
