"""Options of a job file: reading them, and what is said of those that are not known."""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from shanshui.core.errors import DataError, nearest
from shanshui.study.circuitscape.packed import text_of
from shanshui.study.sections import refuse_path

_MOST_JOB = 1 << 20
"""Bytes of a job file [D]."""
_BOOL = {"true": True, "false": False, "1": True, "0": False}
_ALIKE = 0.85
"""Likeness of two words, by their longest common parts, from which the one is taken for a slip of the other [D]."""
_SHOWN = 60


def read_ini(path: Path) -> dict[str, str]:
    """Options of an ini file, whatever their section.

    Parameters
    ----------
    path : Path
        Lines ``option = value`` or ``option : value``; what stands in brackets, or behind # or ; at the start of a line, is left out.

    Returns
    -------
    dict of str to str
        By option in small letters.

    Raises
    ------
    DataError
        Not an ini file, or an option given twice with different values.
    """
    try:
        refuse_path(str(path))
    except ValueError as error:
        raise DataError(str(error)) from None
    out: dict[str, str] = {}
    lines = [line.strip() for line in text_of(path, _MOST_JOB).splitlines()]
    for number, line in enumerate(lines, start=1):
        if not line or line[0] in "[#;":
            continue
        words = re.split("[=:]", line, maxsplit=1)
        key, value = words[0].strip().lower(), words[-1].strip() if len(words) > 1 else ""
        if not key:
            raise DataError(f"{path}: line {number}: not a job file: no option before '='")
        if out.get(key, value) != value:
            raise DataError(
                f"{path}: option '{key[:_SHOWN]}' is given twice, with different values: "
                f"'{out[key][:_SHOWN]}' and '{value[:_SHOWN]}'; keep one"
            )
        out[key] = value
    if not any("=" in line or ":" in line for line in lines):
        raise DataError(f"{path}: not a job file: no line reads 'option = value'")
    return out


def unknown_options(
    path: Path, given: Mapping[str, str], known: Collection[str], others: Collection[str]
) -> list[str]:
    """Remarks on options that have no effect; what looks like a slip of a known one is refused.

    Parameters
    ----------
    path : Path
        The job.
    given : mapping of str to str
        Its options.
    known : collection of str
        Those of the program that the job was written for.
    others : collection of str
        Those that are known to have a meaning elsewhere.

    Returns
    -------
    list of str
        One remark for all.

    Raises
    ------
    DataError
        An option nearly spelt as a known one: the job would run as if it had not been set.
    """
    unknown = [k for k in given if k not in known]
    slips = {k: get_close_matches(k, known, n=1, cutoff=_ALIKE) for k in unknown if k not in others}
    said = [f"'{k[:_SHOWN]}', did you mean '{near[0]}'?" for k, near in slips.items() if near]
    if said:
        more = f" and {len(said) - 5} more" if len(said) > 5 else ""
        raise DataError(
            f"{path}: unknown option(s): {'; '.join(said[:5])}{more}; correct them or leave them out"
        )
    if not unknown:
        return []
    more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
    return [
        f"options without effect: {', '.join(k[:_SHOWN] for k in unknown[:8])}{more}; "
        "this kind of job has none by such names"
    ]


def is_given(value: str) -> bool:
    """Whether a file option holds a file: programs write 'None' or '(Browse for ...)' where it does not."""
    return (
        bool(value) and value.lower() not in ("none", "not entered") and not value.startswith("(")
    )


def truth(path: Path, key: str, value: str, usual: bool) -> bool:
    """Switch of an option.

    Raises
    ------
    DataError
        Neither true nor false.
    """
    if value == "":
        return usual
    if value.lower() not in _BOOL:
        raise DataError(f"{path}: {key}: found '{value[:_SHOWN]}'; expected True or False")
    return _BOOL[value.lower()]


def choice(path: Path, key: str, value: str, known: tuple[str, ...]) -> str:
    """One of some words.

    Raises
    ------
    DataError
        Another word.
    """
    word = value.lower()
    if word in ("", "not entered", "none"):
        return ""
    if word not in known:
        raise DataError(f"{path}: {key}: found '{value[:_SHOWN]}'; {nearest(word, known)}")
    return word


def solver_of(value: str, known: Mapping[str, str]) -> tuple[str, str]:
    """The solver that an option asks for, and a remark where there is none of that name.

    Results do not depend on the solver, so that a job with a name of another program's need not stop.
    """
    word = value.lower()
    if word in ("", "not entered", "none"):
        return "auto", ""
    if word in known:
        return known[word], ""
    said = f"solver: '{value[:_SHOWN]}' is none of {', '.join(known)}; taken as auto: results do not depend on it"
    return "auto", said


def find(path: Path, key: str, value: str) -> Path:
    """File of an option: as it stands, beside the job file, or in the working folder.

    Raises
    ------
    DataError
        In none of them.
    """
    try:
        refuse_path(value)
    except ValueError as error:
        raise DataError(f"{path}: {key}: {error}") from None
    named = Path(value.replace("\\", "/"))
    tried = [named] if named.is_absolute() else [path.parent / named, Path.cwd() / named]
    for place in tried:
        if place.is_dir():
            raise DataError(f"{path}: {key}: {place} is a folder; expected a file")
        if place.exists():
            return place
    raise DataError(
        f"{path}: {key}: there is no '{value}'; tried {' and '.join(str(p) for p in tried)}"
    )
