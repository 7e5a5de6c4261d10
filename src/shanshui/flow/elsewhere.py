"""Work on the workers of a Dask scheduler: this machine's, or those of others that see the study's folder."""

import threading
import uuid
from asyncio import CancelledError as Stopped
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, ClassVar, Self

from shanshui.core.errors import ResourceError, StudyError
from shanshui.flow.executors import Shelf
from shanshui.flow.job import Job, at, carried_out
from shanshui.flow.machine import program
from shanshui.flow.scheduler import MEMORY, Scheduler
from shanshui.flow.work import Span, Work
from shanshui.kernels.crew import bind
from shanshui.region.grid import GridSpec
from shanshui.store.kept import Kept
from shanshui.store.making import Finished

ALONE_S = 60
"""How long a scheduler may be without any worker in the middle of a run [D]."""
SPAN_CELLS = 1 << 20
"""Least cells that are worth a journey [D]: some tenth of a second of work, against milliseconds."""


class Workers:
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
        self.scheduler, self.folder = Scheduler(scheduler), folder
        self.threads = self.scheduler.local
        self.memory = self.most = memory
        self.span_cells = SPAN_CELLS
        self._here = workers
        self._shelf = Shelf(grid, memory)
        self._turns = threading.BoundedSemaphore(workers)
        self._lock, self._ended = threading.Lock(), False
        self._expected = 0
        self._program = program()

    @property
    def steps(self) -> int:
        """Steps under way at once: as many again as there are threads, so that none of them waits for us."""
        return 2 * self.threads + self._here

    def __enter__(self) -> Self:
        """Find the scheduler; processes of this machine are started when there is work for them."""
        self._ended = False
        if not self.scheduler.local:
            workers = self.scheduler.connect(self.folder, self.memory)
            self.threads = sum(threads for threads, _ in workers)
            self.memory = sum(memory for _, memory in workers)
            self.most = max(memory for _, memory in workers)
        # streamed steps are sent when a thread is free for them: then it is known how many others there are
        self._line = threading.BoundedSemaphore(self.threads)
        self._pool = ThreadPoolExecutor(
            self.steps, thread_name_prefix="run", initializer=bind, initargs=(None, 1)
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the workers go."""
        self._ended = True
        self._pool.shutdown()
        self.scheduler.close()

    def expects(self, steps: int) -> None:
        """Steps from which a streamed one learns whether it had better be cut."""
        self._expected = steps

    def start(self, step: Callable[..., Any], *words: Any) -> Future[Any]:
        """Begin the course of a step in a thread that mostly waits."""
        return self._pool.submit(step, *words)

    def read(self, kept: Kept) -> Any:
        """A kept result in this process, perhaps still in memory."""
        return self._shelf.get(kept)

    def turn(self) -> AbstractContextManager[Any]:
        """Leave to work in this process."""
        return self._turns

    def make(self, work: Work, done: Callable[[int], None]) -> Finished:
        """Have a step worked on: whole, or in spans of rows that are joined; here, if nobody else would find it by name."""
        sealed = work.sealed()
        if sealed is None:
            with self.turn():
                whole = work.halo is None
                return work.whole(self.read) if whole else work.streamed(self.read, at, done)
        if work.halo is None:
            return self._one(work, Job(sealed, "whole"), {MEMORY: work.memory})
        with self._line:
            return self._streamed(work, sealed, done)

    def _streamed(self, work: Work, sealed: bytes, done: Callable[[int], None]) -> Finished:
        # rows that are written apart cost more: cut only where threads would be idle
        spans = self._spans(work) if self._expected <= self.threads else []
        if len(spans) < 2:
            made = self._one(work, Job(sealed, "streamed"))
            done(work.grid.cells)
            return made
        return self._joined(work, sealed, spans, done)

    def _joined(
        self,
        work: Work,
        sealed: bytes,
        spans: list[tuple[int, int]],
        done: Callable[[int], None],
    ) -> Finished:
        rows: list[Span] = []
        for (start, stop), span in zip(
            spans,
            self._each(work, [Job(sealed, "span", start=a, stop=b) for a, b in spans]),
            strict=True,
        ):
            rows.append(span)
            done((stop - start) * work.grid.nx)
        layers = list(rows[0])
        joins = [Job(sealed, "joined", parts=tuple(s[k] for s in rows)) for k in layers]
        grids = dict(zip(layers, self._each(work, joins), strict=True))
        for part in (part for span in rows for part in span.values()):
            part.drop()
        return work.together(grids)

    def _spans(self, work: Work) -> list[tuple[int, int]]:
        """Rows cut at strips into parts that are worth a journey, some for each thread."""
        strips = work.strips()
        most = 1 if self.threads < 2 else 4 * self.threads
        parts = max(1, min(work.grid.cells // self.span_cells, most, len(strips)))
        cuts = [len(strips) * k // parts for k in range(parts + 1)]
        return [(strips[a][0], strips[b - 1][1]) for a, b in pairwise(cuts)]

    def _one(self, work: Work, job: Job, resources: dict[str, int] | None = None) -> Finished:
        (made,) = self._each(work, [job], resources)
        return made

    def _each(
        self, work: Work, jobs: Iterable[Job], resources: dict[str, int] | None = None
    ) -> Generator[Any]:
        """Send jobs off and hand their results back in order; none goes on once one has failed."""
        client = self._connected()
        sent = [
            client.submit(
                carried_out,
                job,
                self._program,
                key=f"{work.product}-{job.part}-{uuid.uuid4().hex}",
                pure=False,
                resources=resources,
            )
            for job in jobs
        ]
        try:
            for future in sent:
                yield self._result(client, future, work)
        finally:
            for future in sent:
                if not future.done():
                    future.cancel()
                future.release()

    def _result(self, client: Any, future: Any, work: Work) -> Any:
        from distributed import KilledWorker

        alone = 0.0
        while True:
            failed = future.status == "error"
            try:
                return future.result(timeout=1)
            except (CancelledError, Stopped) as error:
                raise StudyError(
                    f"{work.product}: the scheduler {self.scheduler.name} was lost ({error}); what is finished is kept: "
                    "run again"
                ) from None
            except KilledWorker as error:
                raise ResourceError(
                    f"{work.product}: {error.allowed_failures + 1} workers in turn were killed at it, most often by want "
                    f"of memory (it needs about {work.memory / 1e9:.2f} GB); give fewer workers more of it, or a coarser "
                    "--cell"
                ) from None
            except TimeoutError:
                # of our waiting, or what the work itself raised
                if failed:
                    raise
            if self._ended:
                raise StudyError(f"{work.product}: the run was stopped")
            alone = 0.0 if client.nthreads() else alone or monotonic()
            if alone and monotonic() - alone > ALONE_S:
                raise StudyError(
                    f"{work.product}: the scheduler {self.scheduler.name} has had no worker for {ALONE_S} s; look why they "
                    "ended, start others where it is not local:N, then run again: what is finished is kept"
                )

    def _connected(self) -> Any:
        with self._lock:
            if self.scheduler.client is None:
                self.scheduler.connect(self.folder, self.memory)
            return self.scheduler.client
