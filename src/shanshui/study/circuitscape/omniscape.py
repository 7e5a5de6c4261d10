"""Run an Omniscape job: connectivity in all directions by moving window, under the options its users know."""

import hashlib
import json
import time
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError, QuantityError, ResourceError
from shanshui.flow.estimate import memory_limit
from shanshui.pattern.circuit.omnidirectional import Omnidirectional, omnidirectional
from shanshui.pattern.circuit.questions import conductances
from shanshui.pattern.circuit.windows import Condition, Windows
from shanshui.study.circuitscape.ascii_grid import Raster, read_raster, write_raster
from shanshui.study.circuitscape.inputs import matching, new_values
from shanshui.study.circuitscape.omniscape_options import OmniscapeJob, read_omniscape
from shanshui.study.circuitscape.options import SOLVERS
from shanshui.study.circuitscape.packed import text_of
from shanshui.study.circuitscape.work import Outcome, Tell
from shanshui.study.sections import refuse_path

Grid = NDArray[np.float64]
_SAVE_S = 30.0
_CONVENTIONS = 2
"""Of the sums that unfinished work holds; a run does not go on from those of others."""


def run_omniscape(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
    *,
    others: Collection[str] = (),
    as_published: bool = False,
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
    others : collection of str
        Options that are known to have a meaning in other jobs.
    as_published : bool
        Repeat an error of Omniscape at the upper and left edge, see :class:`shanshui.pattern.circuit.windows.Windows`.

    Returns
    -------
    Outcome
        Files and remarks.

    Raises
    ------
    DataError
        Misspelt options, files that are missing or do not lie on each other.
    """
    began = time.perf_counter()
    job = read_omniscape(path, others)
    outcome = Outcome(remarks=list(job.remarks))
    said = "precision: windows are solved in double precision in any case"
    if precision == "single" and said not in outcome.remarks:
        outcome.remarks.append(said)
    base = job.file("resistance_file")
    raster = read_raster(base, memory_limit())
    window = (2 * int(job.numbers["radius"]) + 1) ** 2 * 8
    if window > memory_limit():
        raise ResourceError(
            f"{path}: radius: a window of {job.numbers['radius']:g} cells needs {window / 2**30:.1f} GiB and "
            f"{memory_limit() / 2**30:.1f} GiB are free; take a smaller radius or larger cells"
        )
    values = _reclassified(job, raster.values)
    chosen = job.solver if solver is None else SOLVERS[solver]
    windows = _windows(job, base, raster, values, chosen, as_published, outcome)
    folder = _folder(job, out)
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / f"unfinished_{_key(job, windows)}.npz"
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

    potential = job.flags["calc_flow_potential"] or job.flags["calc_normalized_current"]
    sums = omnidirectional(windows, flow_potential=potential, begun=begun, tell=after)
    outcome.files += _written(job, folder, sums, windows, raster, values)
    copy = folder / "config.ini"
    if copy.resolve() != path.resolve():
        copy.write_text(text_of(path), "utf-8")
        outcome.files.append(copy)
    saved.unlink(missing_ok=True)
    outcome.residual, outcome.seconds = sums.residual, time.perf_counter() - began
    return outcome


def _key(job: OmniscapeJob, windows: Windows) -> str:
    """Name of unfinished work: everything that decides its sums."""
    parts = (_CONVENTIONS, job.flags, job.numbers, job.words, windows.solver, windows.as_published)
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
    for grid in (windows.conductance, windows.strength):
        digest.update(grid.tobytes())
    for condition in windows.conditions:
        digest.update(condition.here.tobytes())
        digest.update(condition.there.tobytes())
    return digest.hexdigest()[:16]


def _written(
    job: OmniscapeJob,
    folder: Path,
    sums: Omnidirectional,
    windows: Windows,
    raster: Raster,
    values: Grid,
) -> list[Path]:
    """Write the maps that were asked for."""
    flags = job.flags
    grids = {}
    if flags["write_raw_currmap"]:
        grids["cum_currmap"] = sums.current
    if flags["calc_flow_potential"] and sums.potential is not None:
        grids["flow_potential"] = sums.potential
    if flags["calc_normalized_current"]:
        grids["normalized_cum_currmap"] = sums.normalized
    if flags["mask_nodata"]:
        hidden = windows.conductance <= 0
        grids = {name: np.where(hidden, np.nan, grid) for name, grid in grids.items()}
    if flags["reclassify_resistance"] and flags["write_reclassified_resistance"]:
        grids["classified_resistance"] = values
    return [
        write_raster(folder / f"{name}.asc", grid, raster, tiff=flags["write_as_tif"])
        for name, grid in grids.items()
    ]


def _reclassified(job: OmniscapeJob, values: Grid) -> Grid:
    """Resistances after the table of new values, where there is one: all are looked up among the old ones."""
    if not job.flags["reclassify_resistance"]:
        return values
    fresh = values.copy()
    for old, new in new_values(job.file("reclass_table")):
        fresh[values == old] = new
    return fresh


def _windows(
    job: OmniscapeJob,
    base: Path,
    raster: Raster,
    values: Grid,
    solver: str,
    as_published: bool,
    outcome: Outcome,
) -> Windows:
    """The landscape with its sources and conditions."""
    flags, numbers = job.flags, job.numbers
    conducts = flags["resistance_file_is_conductance"] or flags["resistance_is_conductance"]
    try:
        cell = conductances(values, conducts, "conductance" if conducts else "resistance")
    except QuantityError as error:
        raise DataError(f"{base}: {error}") from error
    strength = _strength(job, base, raster, cell)
    conditions = _conditions(job, base, raster) if flags["conditional"] else ()
    for k, condition in enumerate(conditions, start=1):
        unknown = int((np.isnan(condition.here) & (strength > 0)).sum())
        if unknown:
            outcome.remarks.append(
                f"condition{k}_file: {unknown} source cell(s) have no value; no target leaves them out for it"
            )
    try:
        return Windows(
            cell,
            strength,
            int(numbers["radius"]),
            int(numbers["block_size"]),
            int(numbers["buffer"]),
            flags["connect_four_neighbors_only"],
            flags["connect_using_avg_resistances"],
            conditions,
            flags["correct_artifacts"],
            solver,
            as_published,
        )
    except QuantityError as error:
        raise DataError(f"{job.path}: {error}") from error


def _strength(job: OmniscapeJob, base: Path, raster: Raster, cell: Grid) -> Grid:
    """Source strength of each cell: from its resistance up to ``r_cutoff``, or from a file at ``source_threshold`` and above.

    A strength of the file where nothing conducts still counts in what blocks draw and in what sources share.
    """
    if job.flags["source_from_resistance"]:
        least = 1.0 / job.numbers["r_cutoff"] if job.numbers["r_cutoff"] else np.inf
        strength = np.where(cell >= least, cell, 0.0)
    else:
        place = job.file("source_file")
        strength = np.nan_to_num(matching(place, base, raster).values)
        if (strength < 0).any():
            raise DataError(
                f"{place}: found {strength.min():g}; expected source strengths of 0 or more"
            )
        strength = np.where(strength >= job.numbers["source_threshold"], strength, 0.0)
    if not (strength > 0).any():
        raise DataError(f"{job.path}: no cell is a source; see source_threshold and r_cutoff")
    return strength


def _conditions(job: OmniscapeJob, base: Path, raster: Raster) -> tuple[Condition, ...]:
    """Conditions of a source beside its target, now or in the future."""
    found = []
    for k in range(1, int(job.numbers["n_conditions"]) + 1):
        here = matching(job.file(f"condition{k}_file"), base, raster).values
        there = here
        if job.words["compare_to_future"] in (str(k), "both"):
            there = matching(job.file(f"condition{k}_future_file"), base, raster).values
        low, high = job.numbers[f"condition{k}_lower"], job.numbers[f"condition{k}_upper"]
        equal = job.words[f"comparison{k}"] in ("equal", "equals")
        found.append(Condition(here, there, low, high, equal))
    return tuple(found)


def _folder(job: OmniscapeJob, out: Path | None) -> Path:
    if out is not None:
        return out
    value = job.given.get("project_name") or job.path.stem
    try:
        refuse_path(value)
    except ValueError as error:
        raise DataError(f"{job.path}: project_name: {error}") from None
    named = Path(value.replace("\\", "/"))
    if named.is_absolute():
        return named
    return (job.path.parent if (job.path.parent / named).parent.is_dir() else Path.cwd()) / named


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
