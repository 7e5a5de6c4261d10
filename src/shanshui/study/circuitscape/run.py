"""Run a Circuitscape job and write what its users expect, under the names they expect."""

import time
from dataclasses import replace
from pathlib import Path

from shanshui.core.errors import DataError, QuantityError
from shanshui.study.circuitscape.network_job import NetworkJob
from shanshui.study.circuitscape.options import read_job
from shanshui.study.circuitscape.raster_job import RasterJob
from shanshui.study.circuitscape.work import Outcome, Tell

_SOLVERS = {
    "cg+amg": "auto",
    "cholmod": "auto",
    "mklpardiso": "auto",
    "accelerate": "auto",
    "": "auto",
}


def run_job(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
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
    job = read_job(path, out)
    choices = dict(job.choices)
    if solver is not None:
        choices["solver"] = solver
    if precision is not None:
        choices["precision"] = precision
    choices["solver"] = _SOLVERS.get(choices["solver"], choices["solver"])
    job = replace(job, choices=choices)
    outcome = Outcome()
    for key in job.idle:
        if key in ("parallelize", "low_memory_mode", "max_parallel", "cholmod_batch_size"):
            outcome.remarks.append(f"{key}: has no effect here; results do not depend on it")
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
