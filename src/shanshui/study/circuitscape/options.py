"""What may stand in a Circuitscape job file, and what it means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shanshui.core.errors import DataError
from shanshui.study.circuitscape.ini import (
    choice,
    find,
    is_given,
    read_ini,
    solver_of,
    truth,
    unknown_options,
)
from shanshui.study.sections import refuse_path

SCENARIOS = ("pairwise", "one-to-all", "all-to-one", "advanced")
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
    "use_elevation": False,
    "write_gross_currents": False,
}
_FACTORS = {"uphill_factor": 1.0, "downhill_factor": 1.0}
"""Times the conductance of an edge on the way up and on the way down [M]; ours, no other program has them."""
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
    "elevation_file",
)
_CHOICES = {
    "scenario": SCENARIOS,
    "data_type": ("raster", "network"),
    "remove_src_or_gnd": ("keepall", "rmvsrc", "rmvgnd", "rmvall", "not entered"),
    "precision": ("none", "double", "single"),
}
SOLVERS = {
    "cg+amg": "auto",
    "cholmod": "auto",
    "mklpardiso": "auto",
    "accelerate": "auto",
    "direct": "direct",
    "multigrid": "multigrid",
    "amg": "amg",
    "auto": "auto",
}
"""Solvers by the names that jobs give them."""
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
_WORK = ("parallelize", "low_memory_mode", "max_parallel", "cholmod_batch_size")
"""Those of them that users set for a reason."""
_CONVENTIONS = 3
"""Of the solutions that unfinished work holds; a run does not go on from those of others."""
KNOWN = {*_FLAGS, *_FACTORS, *_FILES, *_CHOICES, *IDLE, "output_file", "solver"}


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
    remarks : tuple of str
        What the user should know: options without effect.
    factors : mapping of str to float [1]
        For the ways up and down, where the job has elevation.
    """

    path: Path
    flags: Mapping[str, bool]
    files: Mapping[str, Path]
    choices: Mapping[str, str]
    output: Path
    remarks: tuple[str, ...]
    factors: Mapping[str, float]


def read_job(path: Path, out: Path | None = None, others: Collection[str] = ()) -> Job:
    """Read a Circuitscape job.

    Parameters
    ----------
    path : Path
        The ``.ini`` file.
    out : Path, optional
        Folder for the results instead of the one the job names.
    others : collection of str
        Options that are known to have a meaning in other jobs.

    Returns
    -------
    Job
        Checked, with files found.

    Raises
    ------
    DataError
        Misspelt options, unknown values, files that are missing.
    """
    given = read_ini(path)
    remarks = unknown_options(path, given, KNOWN, others)
    flags = {k: truth(path, k, given.get(k, ""), v) for k, v in _FLAGS.items()}
    choices = {k: choice(path, k, given.get(k, ""), v) for k, v in _CHOICES.items()}
    if choices["scenario"] == "":
        raise DataError(f"{path}: scenario: not given; expected one of {', '.join(SCENARIOS)}")
    choices["data_type"] = choices["data_type"] or "raster"
    choices["solver"], said = solver_of(given.get("solver", ""), SOLVERS)
    remarks += [said] if said else []
    remarks += [
        f"{k}: has no effect here; results do not depend on it" for k in _WORK if k in given
    ]
    if flags["write_cum_cur_map_only"] and not flags["write_cur_maps"]:
        remarks.append(
            "write_cum_cur_map_only: no map of currents is asked for; set write_cur_maps too"
        )
    factors = {k: _factor(path, k, given.get(k, ""), v) for k, v in _FACTORS.items()}
    if flags["use_elevation"]:
        _refuse_undirected(path, flags, choices)
    else:
        remarks += [
            f"{k}: has no effect without use_elevation"
            for k in (*_FACTORS, "write_gross_currents")
            if k in given
        ]
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
        tuple(remarks),
        factors,
    )


def _factor(path: Path, key: str, value: str, usual: float) -> float:
    if not is_given(value):
        return usual
    try:
        found = float(value)
    except ValueError:
        found = np.nan
    if not (np.isfinite(found) and found >= 0):
        raise DataError(f"{path}: {key}: found '{value[:80]}'; expected a factor of 0 or more")
    return found


def _refuse_undirected(path: Path, flags: Mapping[str, bool], choices: Mapping[str, str]) -> None:
    """Refuse what has no meaning where the ways up and down differ.

    Raises
    ------
    DataError
        Such an option.
    """
    for bad, said in (
        (
            choices["scenario"] == "pairwise",
            "scenario pairwise, where the way there and the way back are one; expected one-to-all, all-to-one or advanced",
        ),
        (choices["data_type"] == "network", "data_type network; expected raster"),
        (flags["use_polygons"], "use_polygons; a short circuit has no up and down"),
        (choices["precision"] == "single", "precision single; expected double"),
        (
            choices["solver"] not in ("auto", "direct"),
            f"solver {choices['solver']}; expected direct",
        ),
    ):
        if bad:
            raise DataError(f"{path}: use_elevation: found {said}")


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
            ("use_elevation", "elevation_file"),
        ):
            if flags[flag]:
                needed[key] = flag
    return needed


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
        "conventions": _CONVENTIONS,
        "flags": dict(job.flags),
        "choices": dict(job.choices),
        "factors": dict(job.factors),
        "files": {
            k: (str(p), p.stat().st_size, p.stat().st_mtime_ns) for k, p in job.files.items()
        },
    }
