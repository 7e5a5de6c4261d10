"""One errand of a worker: a part of the work of a step, done in a process that has no ledger."""

import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from threadpoolctl import threadpool_limits

from shanshui.core.errors import StoreError, StudyError
from shanshui.flow.fingerprint import code_digest
from shanshui.flow.machine import program
from shanshui.flow.work import Span, Work
from shanshui.kernels.crew import bind
from shanshui.store.layout import disk_errors
from shanshui.store.making import Finished
from shanshui.store.parts import Part
from shanshui.store.publishing import copied


@dataclass(frozen=True)
class Job:
    """What is sent.

    Attributes
    ----------
    sealed : bytes
        The work; opened only where the program is the same.
    part : str
        ``whole``, ``streamed`` from end to end, ``span`` of rows, or ``joined`` from spans.
    start, stop : int
        Rows of a span.
    parts : tuple of Part
        Of a grid, to be joined.
    """

    sealed: bytes
    part: Literal["whole", "streamed", "span", "joined"]
    start: int = 0
    stop: int = 0
    parts: tuple[Part, ...] = ()


def carried_out(job: Job, ours: dict[str, str]) -> Finished | Span:
    """Do a job, in one thread.

    Parameters
    ----------
    job : Job
        What is to be done.
    ours : dict
        The program of the process that sent it.

    Raises
    ------
    StudyError
        The program here is another one.
    StoreError
        Files of the study cannot be seen from here.
    """
    if fault := unlike(ours, _here()):
        raise StudyError(
            f"a worker that came later {fault}; install the same there, then run again"
        )
    bind(None, 1)
    work: Work = pickle.loads(job.sealed)  # noqa: S301 - sent by our own run
    if work.code and code_digest(work.call) != work.code:
        raise StudyError(
            f"{work.product}: {work.call.__module__} is another file at the worker than here; bring the same there"
        )
    _refuse_unseen(work)
    if job.part == "span":
        return work.span(lambda kept: kept.value(work.grid), job.start, job.stop)
    if job.part == "joined":
        made = work.maker.together(job.parts)
    elif job.part == "whole":
        made = work.whole(lambda kept: kept.value(work.grid))
    else:
        made = work.streamed(lambda kept: kept.value(work.grid), at, lambda cells: None)
    return _ready(made)


def at(strip: Callable[[int, int], Any], rows: list[tuple[int, int]]) -> Iterator[tuple[int, Any]]:
    """Work on strips one after another, in this thread."""
    for start, stop in rows:
        yield start, strip(start, stop)


def unlike(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """How another program differs from ours, in words; empty when it does not."""
    other = [word for word in ours if theirs.get(word) != ours[word]]
    if not other:
        return ""
    said = ", ".join(f"{w} {theirs.get(w, 'none')} (here {ours[w]})" for w in other if w != "code")
    return f"has {said}" if said else "has other code of shanshui"


@cache
def _here() -> dict[str, str]:
    """The program of this process, whose libraries take no threads of their own from now on."""
    threadpool_limits(1)
    return program()


def _ready(made: Finished) -> Finished:
    """On the disk, and copied for ``products/``: here, so that the process that keeps the ledger has only names to move."""
    with disk_errors(made.path), made.path.open("rb") as file:
        os.fsync(file.fileno())
    parts = tuple(_ready(part) for part in made.parts)
    return replace(made, parts=parts, copy=copied(made.path, made.path.parent))


def _refuse_unseen(work: Work) -> None:
    faults = [fault for kept in work.takes.values() if (fault := kept.seen())]
    if not work.folder.is_dir():
        faults.append(f"{work.folder} cannot be seen")
    if faults:
        raise StoreError(
            f"{work.product}: from the worker {faults[0]}; put the study in a folder that all workers share under the "
            "same name"
        )
