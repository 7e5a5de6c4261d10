"""What the studies round a place declare as inputs, read leniently: a study file that is half written protects too."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shanshui.store.layout import STUDY_FILE

DATA = "data"
"""Folder of inputs where a study file names none."""
FILES = ("file", "legend", "classes")
"""Words of an input that name a file."""


def studies_above(place: Path) -> list[Path]:
    """Folders with a study file in which a place lies, by its name and by where links lead, nearest first."""
    named = Path(os.path.normpath(place.absolute()))
    real = place.parent.resolve()
    above = [*named.parents, real, *real.parents]
    return [folder for folder in dict.fromkeys(above) if (folder / STUDY_FILE).is_file()]


def input_at(place: Path, study: Path) -> str:
    """What a study keeps at a place that is not to be written over, in words; blank when nothing.

    Parameters
    ----------
    place : Path
        Where a file is to be written.
    study : Path
        Folder with a study file.
    """
    try:
        content = tomllib.loads((study / STUDY_FILE).read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return "stands among the unreadable files" if os.path.lexists(place) else ""
    section = content.get("data")
    told = section.get("folder") if isinstance(section, dict) else None
    data = _below(study, told if isinstance(told, str) else DATA) or study / DATA
    for text in _texts(content.get("inputs")):
        for folder in (data, study):
            other = _below(folder, text)
            if other is not None and _holds(other, place, study):
                return "is an input"
    if os.path.lexists(place) and is_within(place, data):
        return "lies with the inputs"
    return ""


def _texts(value: Any) -> Iterator[str]:
    """Every file that inputs declare, whatever else stands in them: a unit called m names no folder."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            yield from (item[word] for word in FILES if isinstance(item.get(word), str))
            todo += item.values()
        elif isinstance(item, list):
            todo += item


def _below(folder: Path, text: str) -> Path | None:
    """Place that a text names; none where it cannot name one."""
    try:
        other = folder / Path(text).expanduser()
        other.lstat()
    except (OSError, ValueError, RuntimeError):
        return None
    return other


def _holds(other: Path, place: Path, study: Path) -> bool:
    """Whether a place is a declared file, lies beside it under its name, or in a declared folder."""
    if other.is_dir():
        return not is_within(study / STUDY_FILE, other) and (
            is_within(place, other) or _known_as(place, other)
        )
    if _known_as(place, other):
        return True
    beside = place.parent.resolve() == other.parent.resolve()
    return beside and os.path.lexists(place) and place.name.startswith(f"{other.stem}.")


def is_within(place: Path, folder: Path) -> bool:
    """Whether a place lies below a folder, by its name or by where links lead."""
    named = Path(os.path.normpath(place.absolute()))
    real = place.parent.resolve()
    above = {*named.parents, real, *real.parents}
    return Path(os.path.normpath(folder.absolute())) in above or folder.resolve() in above


def _known_as(place: Path, other: Path) -> bool:
    """Whether two names mean one file."""
    try:
        return place.samefile(other)
    except OSError:
        return False
