"""What may stand in a Circuitscape job file, and what it means."""

import configparser
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanshui.core.errors import DataError, nearest
from shanshui.study.circuitscape.ascii_grid import text_of
from shanshui.study.sections import refuse_path

_MOST_JOB = 1 << 20
"""Bytes of a job file [D]."""
SCENARIOS = ("pairwise", "one-to-all", "all-to-one", "advanced")
_BOOL = {"true": True, "false": False, "1": True, "0": False}
_FLAGS: dict[str, bool] = {
    "ground_file_is_resistances": True,
    "use_unit_currents": False,
    "use_direct_grounds": False,
    "use_mask": False,
    "use_included_pairs": False,
    "use_variable_source_strengths": False,
    "use_polygons": False,
    "use_reclass_table": False,
    "point_file_contains_polygons": False,
    "connect_four_neighbors_only": False,
    "connect_using_avg_resistances": False,
    "habitat_map_is_resistances": True,
    "write_cur_maps": False,
    "write_volt_maps": False,
    "write_cum_cur_map_only": False,
    "write_max_cur_maps": False,
    "write_as_tif": False,
    "log_transform_maps": False,
    "compress_grids": False,
    "set_null_currents_to_nodata": False,
    "set_null_voltages_to_nodata": False,
    "set_focal_node_currents_to_zero": False,
}
_FILES = (
    "habitat_file",
    "point_file",
    "polygon_file",
    "mask_file",
    "source_file",
    "ground_file",
    "included_pairs_file",
    "variable_source_file",
    "reclass_file",
)
_CHOICES = {
    "scenario": SCENARIOS,
    "data_type": ("raster", "network"),
    "remove_src_or_gnd": ("keepall", "rmvsrc", "rmvgnd", "rmvall", "not entered"),
    "solver": (
        "cg+amg",
        "cholmod",
        "mklpardiso",
        "accelerate",
        "direct",
        "multigrid",
        "amg",
        "auto",
    ),
    "precision": ("none", "double", "single"),
}
IDLE = (
    "parallelize",
    "max_parallel",
    "low_memory_mode",
    "preemptive_memory_release",
    "print_timings",
    "print_rusages",
    "cholmod_batch_size",
    "use_64bit_indexing",
    "screenprint_log",
    "profiler_log_file",
    "log_file",
    "log_level",
    "suppress_messages",
    "version",
    "meta_data_file",
    "project_name",
)
"""Options that change how a program works, not what it finds: accepted, and without effect here."""
KNOWN = {*_FLAGS, *_FILES, *_CHOICES, *IDLE, "output_file"}


@dataclass(frozen=True)
class Job:
    """A job file, read and checked.

    Attributes
    ----------
    path : Path
        The file.
    flags : mapping of str to bool
        Switches.
    files : mapping of str to Path
        Files that are given and needed, found.
    choices : mapping of str to str
        Scenario, kind of data, policy, solver, precision.
    output : Path
        Stem of all results.
    idle : tuple of str
        Options that are set and have no effect here.
    """

    path: Path
    flags: Mapping[str, bool]
    files: Mapping[str, Path]
    choices: Mapping[str, str]
    output: Path
    idle: tuple[str, ...]


def read_ini(path: Path) -> dict[str, str]:
    """Options of an ini file, whatever their section.

    Raises
    ------
    DataError
        Not an ini file, or an option given twice.
    """
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    try:
        refuse_path(str(path))
    except ValueError as error:
        raise DataError(str(error)) from None
    text = text_of(path, _MOST_JOB)
    if "[" not in text:
        text = "[options]\n" + text
    try:
        parser.read_string(text, str(path))
    except configparser.Error as error:
        raise DataError(f"{path}: not a job file: {error.message[:300]}") from error
    except AttributeError:  # an indented line below an option without a value
        raise DataError(
            f"{path}: not a job file: an option without a value is followed by an indented line"
        ) from None
    out: dict[str, str] = {}
    for section in parser.sections():
        for key, value in parser.items(section):
            if key in out and out[key] != (value or "").strip():
                raise DataError(f"{path}: option '{key}' is given twice, with different values")
            out[key] = (value or "").strip()
    return out


def read_job(path: Path, out: Path | None = None) -> Job:
    """Read a Circuitscape job.

    Parameters
    ----------
    path : Path
        The ``.ini`` file.
    out : Path, optional
        Folder for the results instead of the one the job names.

    Returns
    -------
    Job
        Checked, with files found.

    Raises
    ------
    DataError
        Unknown options or values, files that are missing.
    """
    given = read_ini(path)
    refuse_unknown(path, given, KNOWN)
    flags = {k: truth(path, k, given.get(k, ""), v) for k, v in _FLAGS.items()}
    choices = {k: choice(path, k, given.get(k, ""), v) for k, v in _CHOICES.items()}
    if choices["scenario"] == "":
        raise DataError(f"{path}: scenario: not given; expected one of {', '.join(SCENARIOS)}")
    choices["data_type"] = choices["data_type"] or "raster"
    needed = _needed(flags, choices)
    files = {}
    for key in _FILES:
        if key not in needed:
            continue
        value = given.get(key, "")
        if not is_given(value):
            raise DataError(f"{path}: {key}: not given, and {needed[key]} needs it")
        files[key] = find(path, key, value)
    named = given.get("output_file", "")
    return Job(
        path,
        flags,
        files,
        choices,
        place_output(path, named if is_given(named) else path.stem + ".out", out),
        tuple(k for k in IDLE if k in given),
    )


def refuse_unknown(path: Path, given: Mapping[str, str], known: Iterable[str]) -> None:
    """Name every option that is not known, with the nearest one that is.

    Raises
    ------
    DataError
        There is one.
    """
    words = set(known)
    unknown = [k for k in given if k not in words]
    if unknown:
        said = []
        for key in unknown[:5]:
            hint = nearest(key, words)
            said.append(f"'{key[:60]}'" + (f", {hint}" if hint.startswith("did you") else ""))
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise DataError(f"{path}: unknown option(s): {'; '.join(said)}{more}; leave them out")


def _needed(flags: Mapping[str, bool], choices: Mapping[str, str]) -> dict[str, str]:
    scenario = choices["scenario"]
    needed = {"habitat_file": "every job"}
    if scenario == "advanced":
        needed |= {"source_file": "scenario advanced", "ground_file": "scenario advanced"}
    else:
        needed["point_file"] = f"scenario {scenario}"
        if flags["use_included_pairs"]:
            needed["included_pairs_file"] = "use_included_pairs"
        if flags["use_variable_source_strengths"] and scenario != "pairwise":
            needed["variable_source_file"] = "use_variable_source_strengths"
    if choices["data_type"] == "raster":
        for flag, key in (
            ("use_mask", "mask_file"),
            ("use_polygons", "polygon_file"),
            ("use_reclass_table", "reclass_file"),
        ):
            if flags[flag]:
                needed[key] = flag
    return needed


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
        raise DataError(f"{path}: {key}: found '{value}'; expected True or False")
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
        raise DataError(f"{path}: {key}: found '{value}'; {nearest(word, known)}")
    return word


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


def place_output(path: Path, value: str, out: Path | None) -> Path:
    """Stem of the results: the name without ``.out``, in the folder asked for or where the job says.

    Raises
    ------
    DataError
        A name that no file can have.
    """
    named = Path(value.replace("\\", "/"))
    stem = named.name.split(".out")[0]
    try:
        refuse_path(value)
    except ValueError as error:
        raise DataError(f"{path}: output_file: {error}") from None
    if stem in {"", ".", ".."}:
        raise DataError(
            f"{path}: output_file: found '{value[:80]}'; expected a name such as results.out"
        )
    named = named.with_name(stem)
    if out is not None:
        return out / named.name
    if named.is_absolute():
        return named
    for base in (path.parent, Path.cwd()):
        if (base / named).parent.is_dir():
            return base / named
    return path.parent / named


def described(job: Job) -> dict[str, Any]:
    """What decides a job's results, for the key under which unfinished work is kept."""
    return {
        "flags": dict(job.flags),
        "choices": dict(job.choices),
        "files": {
            k: (str(p), p.stat().st_size, p.stat().st_mtime_ns) for k, p in job.files.items()
        },
    }
