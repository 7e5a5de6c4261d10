"""Open the file of a table by what it is, not by what its name ends in."""

import io
from pathlib import Path

import pandas as pd

from shanshui.collect.sheets.separate import text_sheet
from shanshui.collect.sheets.sheet import Sheet
from shanshui.collect.sheets.workbook import sheets_of
from shanshui.core.errors import DataError

ENDINGS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet")
_OLD_BOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def sheets_in(path: Path, where: str, encoding: str | None) -> list[Sheet] | pd.DataFrame:
    """Sheets of a text file or workbook, or the frame of a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    where : str
        Input and file, for messages.
    encoding : str or None
        Of text, where declared.

    Returns
    -------
    list of Sheet or DataFrame
        A text file is one sheet without a name.

    Raises
    ------
    DataError
        Not a table, unreadable, or empty.
    """
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{where}: '{path.suffix}' is not a table; expected {', '.join(ENDINGS)}")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{where} cannot be read ({error.strerror})") from None
    if not raw:
        raise DataError(f"{where} is empty")
    if raw[:4] == b"PAR1":
        try:
            return pd.read_parquet(io.BytesIO(raw))
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            raise DataError(
                f"{where} cannot be read ({' '.join(str(error).split())[:200]}); is it complete?"
            ) from None
    if path.suffix.lower() == ".parquet":
        raise DataError(
            f"{where} cannot be read: it does not begin as Parquet does; is it complete?"
        )
    if raw[:2] == b"PK" or raw[:8] == _OLD_BOOK:
        return sheets_of(raw, where)
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        head = raw[:2000].lstrip().lower()
        if head.startswith(b"<") or b"<html" in head or b"<table" in head:
            raise DataError(
                f"{where} is a web page or XML under the name of a workbook; open it and save it as .xlsx"
            )
        if path.suffix.lower() != ".xls":
            raise DataError(
                f"{where} cannot be read as a workbook: it does not begin as one does; is it complete?"
            )
    return [text_sheet(raw, where, encoding)]
