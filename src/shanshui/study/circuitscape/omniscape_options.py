"""What may stand in an Omniscape job file, and what it means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

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
from shanshui.study.circuitscape.options import SOLVERS

_FLAGS = {
    "source_from_resistance": False,
    "calc_normalized_current": False,
    "calc_flow_potential": False,
    "resistance_file_is_conductance": False,
    "resistance_is_conductance": False,
    "connect_four_neighbors_only": False,
    "mask_nodata": True,
    "reclassify_resistance": False,
    "write_reclassified_resistance": False,
    "conditional": False,
    "write_raw_currmap": True,
    "write_as_tif": True,
    "correct_artifacts": True,
    "connect_using_avg_resistances": False,
}
_NUMBERS = {
    "radius": None,
    "block_size": 1.0,
    "buffer": 0.0,
    "r_cutoff": np.inf,
    "source_threshold": 0.0,
    "n_conditions": 1.0,
    "condition1_lower": 0.0,
    "condition1_upper": 0.0,
    "condition2_lower": 0.0,
    "condition2_upper": 0.0,
}
_WHOLE = ("radius", "block_size", "buffer", "n_conditions")
_MOST_CELLS = 1e7
_FILES = (
    "resistance_file",
    "source_file",
    "reclass_table",
    "condition1_file",
    "condition2_file",
    "condition1_future_file",
    "condition2_future_file",
)
_WORDS = {
    "comparison1": ("within", "equal", "equals"),
    "comparison2": ("within", "equal", "equals"),
    "compare_to_future": ("none", "1", "2", "both"),
    "precision": ("double", "single"),
}
IDLE = (
    "parallelize",
    "parallel_batch_size",
    "allow_different_projections",
    "suppress_messages",
    "version",
)
KNOWN = {*_FLAGS, *_NUMBERS, *_FILES, *_WORDS, *IDLE, "project_name", "solver"}


@dataclass(frozen=True)
class OmniscapeJob:
    """A job file, read and checked.

    Attributes
    ----------
    path : Path
        The file.
    given : mapping of str to str
        Its options as they stand.
    flags : mapping of str to bool
        Switches.
    numbers : mapping of str to float
        Numbers; ``block_size`` odd.
    words : mapping of str to str
        Choices.
    solver : str
        Of the windows.
    remarks : tuple of str
        What the user should know: options without effect, values that were changed.
    """

    path: Path
    given: Mapping[str, str]
    flags: Mapping[str, bool]
    numbers: Mapping[str, float]
    words: Mapping[str, str]
    solver: str
    remarks: tuple[str, ...]

    def file(self, key: str) -> Path:
        """File of an option.

        Raises
        ------
        DataError
            Not given, or not there.
        """
        value = self.given.get(key, "")
        if not is_given(value):
            raise DataError(f"{self.path}: {key}: not given")
        return find(self.path, key, value)


def read_omniscape(path: Path, others: Collection[str] = ()) -> OmniscapeJob:
    """Read an Omniscape job.

    Parameters
    ----------
    path : Path
        The ``.ini`` file.
    others : collection of str
        Options that are known to have a meaning in other jobs.

    Returns
    -------
    OmniscapeJob
        Checked.

    Raises
    ------
    DataError
        Misspelt options, values out of range.
    """
    given = read_ini(path)
    remarks = unknown_options(path, given, KNOWN, others)
    flags = {k: truth(path, k, given.get(k, ""), v) for k, v in _FLAGS.items()}
    numbers = {k: _number(path, k, given.get(k, ""), v) for k, v in _NUMBERS.items()}
    words = {k: choice(path, k, given.get(k, ""), v) for k, v in _WORDS.items()}
    solver, said = solver_of(given.get("solver", ""), SOLVERS)
    remarks += [said] if said else []
    block = numbers["block_size"]
    if block % 2 == 0:
        numbers["block_size"] = block + 1
        remarks.append(
            f"block_size: {block:g} is even and has no centre; taken as {block + 1:g}, as Omniscape does"
        )
    if flags["conditional"] and numbers["n_conditions"] not in (1, 2):
        raise DataError(f"{path}: n_conditions: found {numbers['n_conditions']:g}; expected 1 or 2")
    if words["precision"] == "single":
        remarks.append("precision: windows are solved in double precision in any case")
    if flags["source_from_resistance"] and numbers["source_threshold"] > 0:
        remarks.append(
            "source_threshold: is for a source file; strengths made from resistance have r_cutoff instead"
        )
    return OmniscapeJob(path, given, flags, numbers, words, solver, tuple(remarks))


def _number(path: Path, key: str, value: str, usual: float | None) -> float:
    if value == "":
        if usual is None:
            raise DataError(f"{path}: {key}: not given; expected a number of cells")
        return usual
    try:
        number = float(value)
    except ValueError as error:
        raise DataError(f"{path}: {key}: found '{value[:60]}'; expected a number") from error
    if np.isnan(number) or (np.isinf(number) and key != "r_cutoff"):
        raise DataError(f"{path}: {key}: found '{value[:60]}'; expected a finite number")
    if key in _WHOLE and (number != int(number) or not 0 <= number <= _MOST_CELLS):
        raise DataError(
            f"{path}: {key}: found '{value[:60]}'; expected a whole number of 0 or more"
        )
    return number
