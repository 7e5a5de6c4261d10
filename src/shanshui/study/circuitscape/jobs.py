"""Which program a job file was written for."""

from pathlib import Path

from shanshui.core.errors import DataError, nearest
from shanshui.study.circuitscape import omniscape_options, options
from shanshui.study.circuitscape.ini import read_ini
from shanshui.study.circuitscape.run import run_job
from shanshui.study.circuitscape.work import Outcome, Tell

SOLVERS = ("auto", "direct", "multigrid", "amg", "cholmod", "cg+amg")
PRECISIONS = ("double", "single")


def run_any(
    path: Path,
    out: Path | None = None,
    solver: str | None = None,
    precision: str | None = None,
    tell: Tell | None = None,
    *,
    as_published: bool = False,
) -> Outcome:
    """Run a job of Circuitscape or of Omniscape.

    Parameters
    ----------
    path : Path
        The ``.ini``; one with ``radius`` or ``resistance_file`` is Omniscape's.
    out : Path, optional
        Folder for the results.
    solver, precision : str, optional
        Over the job's own.
    tell : callable, optional
        Told what is done, how much and of how much.
    as_published : bool
        Repeat known errors of the program that the job was written for, so that its published maps come out.

    Returns
    -------
    Outcome
        Files and remarks.

    Raises
    ------
    DataError
        A job that is not as it must be.
    """
    for name, word, known in (("solver", solver, SOLVERS), ("precision", precision, PRECISIONS)):
        if word is not None and word not in known:
            raise DataError(f"{name}: found '{word}'; {nearest(word, known)}")
    given = read_ini(path)
    if out is not None and out.exists() and not out.is_dir():
        raise DataError(f"--out {out}: is a file; expected a folder")
    try:
        if "radius" in given or "resistance_file" in given:
            from shanshui.study.circuitscape.omniscape import run_omniscape

            return run_omniscape(
                path,
                out,
                solver,
                precision,
                tell,
                others=options.KNOWN,
                as_published=as_published,
            )
        outcome = run_job(path, out, solver, precision, tell, omniscape_options.KNOWN)
        if as_published:
            outcome.remarks.append("as published: no error of Circuitscape is repeated here")
        return outcome
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise DataError(
            f"{path}: {error.filename or 'a result'} cannot be written or read ({error.strerror or error})"
        ) from error
