"""Work on the workers of a Dask scheduler: this machine's, or those of others that see the study's folder."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from itertools import count, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from shanshui.flow.errands import Errands, stopped
from shanshui.flow.executors import Executor
from shanshui.flow.job import Job, at, carried_out
from shanshui.flow.line import Line
from shanshui.flow.machine import program
from shanshui.flow.scheduler import MEMORY, Scheduler
from shanshui.flow.work import Span, Work
from shanshui.region.grid import GridSpec
from shanshui.store.making import Finished
from shanshui.store.manifests import looked_at

SPAN_CELLS = 1 << 20
"""Least cells that are worth a journey [D]: some tenth of a second of work, against milliseconds."""


class Workers(Executor):
    """Workers of a scheduler. They read and write files of the store; this process alone keeps the ledger.

    Parameters
    ----------
    scheduler : str
        Address or ``local:N``, as ``Scheduler`` takes it.
    grid : GridSpec
        Study grid.
    folder : Path
        Of files that are not kept yet: seen by all under this name.
    workers : int
        Steps that this process itself works on at once: inputs, and what another process would not find by name.
    memory : int [byte]
        What the run may take on this machine.

    Raises
    ------
    StudyError
        No such scheduler can be.
    """

    elsewhere: ClassVar[bool] = True

    def __init__(
        self, scheduler: str, grid: GridSpec, folder: Path, workers: int, memory: int
    ) -> None:
        super().__init__(grid, memory)
        self.scheduler, self.folder = Scheduler(scheduler), folder
        self.threads = self.scheduler.local
        self.span_cells = SPAN_CELLS
        self._errands = Errands(self.scheduler, folder, memory)
        self._here = workers
        self._turns = threading.BoundedSemaphore(workers)
        self._course, self._numbers = threading.local(), count()
        self._lock, self._able, self._later, self._settling = threading.Lock(), 0, 0, 0
        self._program = program()

    @property
    def steps(self) -> int:
        """Steps under way at once: as many again as there are threads, so that none of them waits for us."""
        return 2 * self.threads + self._here

    @property
    def kernels(self) -> int:
        """One: the threads of this process mostly wait, and those of workers each do an errand alone."""
        return 1

    def __enter__(self) -> Self:
        """Find the scheduler; processes of this machine are started when there is work for them."""
        self._errands.ended = False
        if not self.scheduler.local:
            workers = self.scheduler.connect(self.folder, self.memory)
            self.threads = sum(threads for threads, _ in workers)
            self.memory = sum(memory for _, memory in workers)
            self.most = max(memory for _, memory in workers)
        # streamed steps are sent when a thread is free for them: then it is known how many others there are
        self._line = Line(self.threads)
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the workers go."""
        self._errands.ended = True
        super().__exit__(kind, error, trace)
        self.scheduler.close()

    def expects(self, able: int, later: int) -> None:
        """Steps from which one learns whether threads would be idle beside it."""
        with self._lock:
            self._able, self._later = able, later

    def _idle(self) -> bool:
        """Whether there is less to do than there are threads, but for what waits for steps that are under way."""
        with self._lock:
            able = self._able - self._settling
            return able < self.threads or (able == self.threads and not self._later)

    def start(self, step: Callable[..., Any], *words: Any) -> Future[Any]:
        """Begin the course of a step in a thread that mostly waits, and number it: what began first is sent first."""
        return super().start(self._numbered, next(self._numbers), step, *words)

    def _numbered(self, number: int, step: Callable[..., Any], *words: Any) -> Any:
        self._course.number, self._course.settles = number, False
        try:
            return step(*words)
        finally:
            if self._course.settles:
                with self._lock:
                    self._settling -= 1

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Beyond it a step is only settled: no thread has to do with it any more, though its course goes on."""
        try:
            yield
        finally:
            self._course.settles = True
            with self._lock:
                self._settling += 1

    def bytes_digests(self, paths: list[Path]) -> list[str]:
        """SHA-256 of each file, taken by workers, before other errands: a step waits for them."""
        errands = [(path,) for path in paths]
        return list(
            self._errands.each(looked_at, "look", errands, name="kept", memory=0, priority=1)
        )

    def turn(self) -> AbstractContextManager[Any]:
        """When fewer than so many others work in this process."""
        return self._turns

    def make(self, work: Work, done: Callable[[int], None]) -> Finished:
        """Have a step worked on: whole, or in spans of rows that are joined; here, if nobody else would find it by name."""
        sealed = work.sealed()
        if sealed is None:
            with self.turn(), self._working():
                whole = work.halo is None
                return work.whole(self.read) if whole else work.streamed(self.read, at, done)
        if work.halo is None:
            with self._working():
                return self._one(work, Job(sealed, "whole"), resources={MEMORY: work.memory})
        with self._line.place(self._course.number), self._working():
            if self._errands.ended:
                raise stopped(work.product)
            # rows that are written apart cost more: cut only where threads would be idle
            spans = self._spans(work) if self._idle() else []
            if len(spans) > 1:
                return self._joined(work, sealed, spans, done)
            made = self._one(work, Job(sealed, "streamed"))
            done(work.grid.cells)
            return made

    def _joined(
        self,
        work: Work,
        sealed: bytes,
        ends: list[tuple[int, int]],
        done: Callable[[int], None],
    ) -> Finished:
        spans: list[Span] = []
        jobs = [Job(sealed, "span", start=start, stop=stop) for start, stop in ends]
        for job, span in zip(jobs, self._each(work, jobs), strict=True):
            spans.append(span)
            done((job.stop - job.start) * work.grid.nx)
        layers = list(spans[0])
        joins = [Job(sealed, "joined", parts=tuple(s[k] for s in spans)) for k in layers]
        grids = dict(zip(layers, self._each(work, joins), strict=True))
        for part in (part for span in spans for part in span.values()):
            part.path.unlink(missing_ok=True)
        return work.together(grids)

    def _spans(self, work: Work) -> list[tuple[int, int]]:
        """Rows cut at strips into parts that are worth a journey, some for each thread."""
        strips = work.strips()
        most = 1 if self.threads < 2 else 4 * self.threads
        parts = max(1, min(work.grid.cells // self.span_cells, most, len(strips)))
        cuts = [len(strips) * k // parts for k in range(parts + 1)]
        return [(strips[a][0], strips[b - 1][1]) for a, b in pairwise(cuts)]

    def _one(self, work: Work, job: Job, **words: Any) -> Finished:
        (made,) = self._each(work, [job], **words)
        return made

    def _each(self, work: Work, jobs: list[Job], **words: Any) -> Iterable[Any]:
        return self._errands.each(
            carried_out,
            jobs[0].part,
            [(job, self._program) for job in jobs],
            name=work.product,
            memory=work.memory,
            **words,
        )
