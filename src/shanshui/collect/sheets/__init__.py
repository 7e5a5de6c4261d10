"""Tables that people type: one tolerant reader for all of them, which says what it read and what it left out."""

from shanshui.collect.sheets.decode import decoded
from shanshui.collect.sheets.reading import plain_rows, read_sheets
from shanshui.collect.sheets.record import ColumnRead, Reading
from shanshui.collect.sheets.wanted import SheetTable, Wanted

__all__ = ["ColumnRead", "Reading", "SheetTable", "Wanted", "decoded", "plain_rows", "read_sheets"]
