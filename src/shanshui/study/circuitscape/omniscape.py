"""Run an Omniscape job: connectivity in all directions by moving window, under the options its users know."""

import hashlib
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError, QuantityError, ResourceError
from shanshui.flow.estimate import memory_limit
from shanshui.pattern.circuit.omnidirectional import (
    Condition,
    Omnidirectional,
    Windows,
    omnidirectional,
)
from shanshui.pattern.circuit.questions import conductances
from shanshui.study.circuitscape.ascii_grid import Raster, read_raster, text_of, write_raster
from shanshui.study.circuitscape.inputs import matching, table
from shanshui.study.circuitscape.options import (
    choice,
    find,
    is_given,
    read_ini,
    refuse_unknown,
    truth,
)
from shanshui.study.circuitscape.work import Outcome, Tell
from shanshui.study.sections import refuse_path

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
    "comparison1": ("within", "equal"),
    "comparison2": ("within", "equal"),
    "compare_to_future": ("none", "1", "2", "both"),
    "solver": ("cg+amg", "cholmod", "direct", "multigrid", "amg", "auto"),
    "precision": ("double", "single"),
}
IDLE = (
    "parallelize",
    "parallel_batch_size",
    "allow_different_projections",
    "suppress_messages",
    "version",
)
KNOWN = {*_FLAGS, *_NUMBERS, *_FILES, *_WORDS, *IDLE, "project_name"}
_SAVE_S = 30.0


def run_omniscape(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
) -> Outcome:
    """Run an Omniscape job.

    Parameters
    ----------
    path : Path
        Omniscape's ``.ini``.
    out : Path, optional
        Folder for the results instead of the project's.
    solver, precision : str, optional
        Over the job's own.
    tell : callable, optional
        Told what is done, how much and of how much.

    Returns
    -------
    Outcome
        Files and remarks.

    Raises
    ------
    DataError
        Unknown options, files that are missing or do not lie on each other.
    """
    began = time.perf_counter()
    given = read_ini(path)
    refuse_unknown(path, given, KNOWN)
    flags = {k: truth(path, k, given.get(k, ""), v) for k, v in _FLAGS.items()}
    numbers = {k: _number(path, k, given.get(k, ""), v) for k, v in _NUMBERS.items()}
    words = {k: choice(path, k, given.get(k, ""), v) for k, v in _WORDS.items()}
    outcome = Outcome()
    if precision == "single" or words["precision"] == "single":
        outcome.remarks.append("precision: windows are solved in double precision in any case")
    base = _file(path, given, "resistance_file")
    raster = read_raster(base, memory_limit())
    window = (2 * int(numbers["radius"]) + 1) ** 2 * 8
    if window > memory_limit():
        raise ResourceError(
            f"{path}: radius: a window of {numbers['radius']:g} cells needs {window / 2**30:.1f} GiB and "
            f"{memory_limit() / 2**30:.1f} GiB are free; take a smaller radius or larger cells"
        )
    windows, reclassified = _windows(
        path, given, flags, numbers, words, base, raster, solver or words["solver"]
    )
    folder = _folder(path, given, out)
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / f"unfinished_{_key(flags, numbers, words, solver, windows=windows)}.npz"
    begun = _taken_up(saved)
    if begun is not None:
        outcome.remarks.append(f"took up an unfinished run: {begun.done} windows stood")
    last = [time.monotonic()]

    def after(sums: Omnidirectional, total: int) -> None:
        if tell is not None:
            tell("windows", sums.done, total)
        if time.monotonic() - last[0] > _SAVE_S:
            _save(saved, sums)
            last[0] = time.monotonic()

    potential = flags["calc_flow_potential"] or flags["calc_normalized_current"]
    sums = omnidirectional(windows, flow_potential=potential, begun=begun, tell=after)
    outcome.files += _written(folder, flags, sums, windows, raster, reclassified)
    copy = folder / "config.ini"
    if copy.resolve() != path.resolve():
        copy.write_text(text_of(path), "utf-8")
        outcome.files.append(copy)
    saved.unlink(missing_ok=True)
    outcome.residual, outcome.seconds = sums.residual, time.perf_counter() - began
    return outcome


def _key(*parts: object, windows: Windows) -> str:
    """Name of unfinished work: everything that decides its sums."""
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
    for grid in (windows.conductance, windows.strength):
        digest.update(grid.tobytes())
    for condition in windows.conditions:
        digest.update(condition.here.tobytes())
        digest.update(condition.there.tobytes())
    return digest.hexdigest()[:16]


def _written(
    folder: Path,
    flags: Mapping[str, bool],
    sums: Omnidirectional,
    windows: Windows,
    raster: Raster,
    reclassified: NDArray[np.float64] | None,
) -> list[Path]:
    """Write the maps that were asked for."""
    grids = {}
    if flags["write_raw_currmap"]:
        grids["cum_currmap"] = sums.current
    if flags["calc_flow_potential"] and sums.potential is not None:
        grids["flow_potential"] = sums.potential
    if flags["calc_normalized_current"]:
        grids["normalized_cum_currmap"] = sums.normalized
    if flags["mask_nodata"]:
        hidden = windows.conductance <= 0
        grids = {name: np.where(hidden, np.nan, values) for name, values in grids.items()}
    if reclassified is not None and flags["write_reclassified_resistance"]:
        grids["classified_resistance"] = reclassified
    return [
        write_raster(folder / f"{name}.asc", values, raster, tiff=flags["write_as_tif"])
        for name, values in grids.items()
    ]


def _windows(
    path: Path,
    given: Mapping[str, str],
    flags: Mapping[str, bool],
    numbers: Mapping[str, float],
    words: Mapping[str, str],
    base: Path,
    raster: Raster,
    solver: str,
) -> tuple[Windows, NDArray[np.float64] | None]:
    """The landscape with its sources and conditions; the reclassified resistance, where it was asked for."""
    values = raster.values
    reclassified = None
    if flags["reclassify_resistance"]:
        rows = table(_file(path, given, "reclass_table"), 2, "old and new resistance")
        reclassified = values.copy()
        for old, new in rows:
            reclassified[values == old] = new
        values = reclassified
    conducts = flags["resistance_file_is_conductance"] or flags["resistance_is_conductance"]
    what = "conductance" if conducts else "resistance"
    try:
        cell = conductances(values, conducts, what)
    except QuantityError as error:
        raise DataError(f"{base}: {error}") from error
    if flags["source_from_resistance"]:
        with np.errstate(divide="ignore"):
            hard = np.where(cell > 0, 1.0 / np.where(cell > 0, cell, 1.0), np.inf)
        strength = np.where(hard <= numbers["r_cutoff"], cell, 0.0)
    else:
        place = _file(path, given, "source_file")
        strength = np.nan_to_num(matching(place, base, raster).values)
        if (strength < 0).any():
            raise DataError(
                f"{place}: found {strength.min():g}; expected source strengths of 0 or more"
            )
    strength = np.where(strength > numbers["source_threshold"], strength, 0.0)
    strength[cell <= 0] = 0.0
    if not (strength > 0).any():
        raise DataError(f"{path}: no cell is a source; see source_threshold and r_cutoff")
    conditions = []
    if flags["conditional"]:
        for k in range(1, int(numbers["n_conditions"]) + 1):
            here = matching(_file(path, given, f"condition{k}_file"), base, raster).values
            there = here
            if words["compare_to_future"] in (str(k), "both"):
                there = matching(
                    _file(path, given, f"condition{k}_future_file"), base, raster
                ).values
            conditions.append(
                Condition(
                    here,
                    there,
                    numbers[f"condition{k}_lower"],
                    numbers[f"condition{k}_upper"],
                    words[f"comparison{k}"] == "equal",
                )
            )
    kinds = {"cg+amg": "auto", "cholmod": "auto", "": "auto"}
    try:
        windows = Windows(
            cell,
            strength,
            int(numbers["radius"]),
            int(numbers["block_size"]),
            int(numbers["buffer"]),
            flags["connect_four_neighbors_only"],
            flags["connect_using_avg_resistances"],
            tuple(conditions),
            flags["correct_artifacts"],
            kinds.get(solver, solver),
        )
    except QuantityError as error:
        raise DataError(f"{path}: {error}") from error
    return windows, reclassified


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


def _file(path: Path, given: Mapping[str, str], key: str) -> Path:
    value = given.get(key, "")
    if not is_given(value):
        raise DataError(f"{path}: {key}: not given")
    return find(path, key, value)


def _folder(path: Path, given: Mapping[str, str], out: Path | None) -> Path:
    if out is not None:
        return out
    value = given.get("project_name") or path.stem
    try:
        refuse_path(value)
    except ValueError as error:
        raise DataError(f"{path}: project_name: {error}") from None
    named = Path(value.replace("\\", "/"))
    if named.is_absolute():
        return named
    return (path.parent if (path.parent / named).parent.is_dir() else Path.cwd()) / named


def _save(place: Path, sums: Omnidirectional) -> None:
    fresh = place.with_suffix(".tmp.npz")
    potential = np.zeros((0, 0)) if sums.potential is None else sums.potential
    np.savez(fresh, current=sums.current, potential=potential, facts=[sums.residual, sums.done])
    fresh.replace(place)


def _taken_up(place: Path) -> Omnidirectional | None:
    if not place.exists():
        return None
    try:
        with np.load(place) as kept:
            potential = kept["potential"] if kept["potential"].size else None
            return Omnidirectional(
                kept["current"], potential, float(kept["facts"][0]), int(kept["facts"][1])
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # cut off by whatever stopped that run: begun anew
