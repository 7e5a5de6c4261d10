"""Write study files: every word escaped, read back before anybody is told to go on."""

import json
import os
import re
from importlib.resources import files
from pathlib import Path

from shanshui.core.errors import DataError, StudyError
from shanshui.region.grid import GridSpec
from shanshui.store.layout import STUDY_FILE
from shanshui.store.written import NOTHING, refuse_place, replaced
from shanshui.study.file import read_study_file

_WORD = re.compile(r'("?)@([A-Z_]+)@("?)')


def toml_text(text: str) -> str:
    """Text as a TOML string, in its quotes."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    # the escapes of JSON are those of TOML, which wants one more
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_list(texts: list[str]) -> str:
    """Texts as a TOML list."""
    return "[" + ", ".join(map(toml_text, texts)) + "]"


def grid_text(grid: GridSpec) -> str:
    """Grid section of a study file."""
    return (
        f"[grid]\ncrs = {toml_text(grid.crs)}\ncell_m = {float(grid.cell_m)!r}\nleft = {float(grid.left)!r}\n"
        f"top = {float(grid.top)!r}\nny = {grid.ny}\nnx = {grid.nx}\n"
    )


def filled(template: str, words: dict[str, str]) -> str:
    """Template of a study file with its words put in, all in one pass.

    Parameters
    ----------
    template : str
        Name of a shipped template.
    words : dict
        What stands for each ``@NAME@``: a text where the template puts it in quotes of its own, else lines of TOML.

    Returns
    -------
    str
        The study file.
    """
    text = files("shanshui.study").joinpath(f"templates/{template}.toml").read_text("utf-8")

    def put(found: re.Match[str]) -> str:
        before, word, after = found.groups()
        if word not in words:
            return found.group(0)
        return toml_text(words[word]) if before and after else f"{before}{words[word]}{after}"

    return _WORD.sub(put, text)


def refuse_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made, or that holds a study.

    Raises
    ------
    StudyError
        A study there already, a file in the way, a name that cannot be one.
    """
    place = folder / STUDY_FILE
    try:
        if place.exists():
            raise StudyError(
                f"{place}: there is a study already; choose another folder, or edit that file"
            )
        if folder.exists() and not folder.is_dir():
            raise StudyError(f"{folder}: is a file; choose another name for the folder")
        refuse_place(folder / "data" / STUDY_FILE)
    except (OSError, ValueError, DataError) as error:
        reason = getattr(error, "strerror", None) or str(error).removeprefix("--to ")
        raise StudyError(
            f"{str(folder)[:120]!r}: cannot be a study folder ({reason}); choose another name"
        ) from None
    if str(folder.resolve()).encode("utf-8", "surrogateescape") != str(folder.resolve()).encode(
        "utf-8", "replace"
    ):
        raise StudyError(f"{str(folder)!r}: the name is not UTF-8; choose another name")


def write_beside(place: Path, content: str | bytes) -> None:
    """Write a file of a new study; one of another content that stands there is somebody's.

    Raises
    ------
    StudyError
        It stands there already.
    """
    raw = content.encode("utf-8") if isinstance(content, str) else content
    refuse_other(place, raw)
    with replaced(place, NOTHING) as fresh:
        fresh.write_bytes(raw)


def refuse_other(place: Path, content: bytes) -> None:
    """Refuse a place where a file of another content stands.

    Raises
    ------
    StudyError
        It stands there.
    """
    if not os.path.lexists(place) or (place.is_file() and place.read_bytes() == content):
        return
    raise StudyError(
        f"{place}: exists already with another content, and a new study would write over it; "
        "choose another folder, or move that file away"
    )


def write_study(folder: Path, text: str) -> Path:
    """Write a study file that reads as it should.

    Parameters
    ----------
    folder : Path
        Of the study.
    text : str
        TOML.

    Returns
    -------
    Path
        The study file.

    Raises
    ------
    StudyError
        What was written cannot be read: nothing is left behind.
    """
    place = folder / STUDY_FILE
    with replaced(place, NOTHING) as fresh:
        fresh.write_text(text, "utf-8")
        try:
            read_study_file(fresh).grid_spec()
        except StudyError as error:
            raise StudyError(str(error).replace(str(fresh), str(place))) from None
    return place
