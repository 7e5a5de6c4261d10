"""Tables that lie in a file of their own, outside any study: refused by name where they are none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shanshui.collect.gate import require
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.study.sections import refuse_path


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Messages about what a file holds name the file.

    Raises
    ------
    DataError
        Cells that cannot be numbers of any kind: whatever a library says of them.
    """
    try:
        yield
    except ShanshuiError as error:
        if str(file) in str(error):
            raise
        raise type(error)(f"{file}: {error}") from error
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        said = " ".join(str(error).split())[:160]
        raise DataError(
            f"{file}: cannot be read as the table it should be ({said}); expected names and numbers"
        ) from error


def refuse_odd(file: Path, name: str) -> None:
    """Refuse what cannot be a table's file.

    Raises
    ------
    DataError
        Nothing there, a folder, a pipe.
    """
    try:
        refuse_path(str(file))
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    require(file, name)
    if not file.is_file():
        what = "a folder" if file.is_dir() else "no regular file"
        raise DataError(
            f"{name}: {file} is {what}; expected a table (.csv, .xlsx, .xls, .ods or .parquet)"
        )
