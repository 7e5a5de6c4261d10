"""Run a Circuitscape job and write what its users expect, under the names they expect."""

import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from shanshui.core.errors import DataError, QuantityError
from shanshui.study.circuitscape.network_job import NetworkJob
from shanshui.study.circuitscape.options import SOLVERS, read_job
from shanshui.study.circuitscape.raster_job import RasterJob
from shanshui.study.circuitscape.work import Outcome, Tell


def run_job(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
    others: Collection[str] = (),
) -> Outcome:
    """Run a job.

    Parameters
    ----------
    path : Path
        Circuitscape's ``.ini``.
    out : Path, optional
        Folder for the results.
    solver, precision : str, optional
        Over the job's own.
    tell : callable, optional
        Told what is done, how much and of how much.
    others : collection of str
        Options that are known to have a meaning in other jobs.

    Returns
    -------
    Outcome
        Files and remarks.

    Raises
    ------
    DataError
        A job or a file that is not as it must be.
    ResourceError
        More memory than there is; a solution that did not converge.
    """
    began = time.perf_counter()
    job = read_job(path, out, others)
    choices = dict(job.choices)
    if solver is not None:
        choices["solver"] = SOLVERS[solver]
    if precision is not None:
        choices["precision"] = precision
    job = replace(job, choices=choices)
    outcome = Outcome(remarks=list(job.remarks))
    kind: type[RasterJob | NetworkJob] = (
        RasterJob if choices["data_type"] == "raster" else NetworkJob
    )
    try:
        work = kind(job, outcome, tell or (lambda *_: None))
    except QuantityError as error:
        raise DataError(f"{job.files['habitat_file']}: {error}") from error
    work.run()
    outcome.seconds = time.perf_counter() - began
    return outcome
