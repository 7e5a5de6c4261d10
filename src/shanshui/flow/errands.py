"""Errands of a run: sent to the workers of a scheduler, waited for, and told in words where they are lost."""

import threading
import uuid
from asyncio import CancelledError as Stopped
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from pathlib import Path
from time import monotonic
from typing import Any

from shanshui.core.errors import ResourceError, StudyError
from shanshui.flow.scheduler import Scheduler

ALONE_S = 60
"""How long a scheduler may be without any worker in the middle of a run [D]."""


class Errands:
    """Errands at one scheduler; processes of this machine are started when the first is sent.

    Parameters
    ----------
    scheduler : Scheduler
        Where to.
    folder : Path
        Which all workers must see.
    memory : int [byte]
        What processes of this machine may take.

    Attributes
    ----------
    ended : bool
        Whether nobody waits for errands any more.
    """

    def __init__(self, scheduler: Scheduler, folder: Path, memory: int) -> None:
        self.scheduler, self.ended = scheduler, False
        self._folder, self._memory = folder, memory
        self._lock = threading.Lock()

    def each(
        self,
        call: Callable[..., Any],
        part: str,
        errands: Iterable[tuple[Any, ...]],
        *,
        name: str,
        memory: int,
        **words: Any,
    ) -> Generator[Any]:
        """Send errands off and hand their results back in order; none goes on once one has failed.

        Parameters
        ----------
        call : callable
            What to call there; found by its module and name.
        part : str
            What of a step they are.
        errands : iterable of tuple
            What to call it with.
        name : str
            The step.
        memory : int [byte]
            That it needs.
        **words
            For the scheduler: resources, priority.

        Yields
        ------
        object
            What each call gave.

        Raises
        ------
        StudyError
            The scheduler or all workers are lost, or the run was stopped.
        ResourceError
            The errand killed its workers.
        """
        client = self._connected()
        sent = [
            client.submit(
                call, *errand, key=f"{name}-{part}-{uuid.uuid4().hex}", pure=False, **words
            )
            for errand in errands
        ]
        try:
            for future in sent:
                yield self._result(client, future, name, memory)
        finally:
            for future in sent:
                if not future.done():
                    future.cancel()
                future.release()

    def _result(self, client: Any, future: Any, name: str, memory: int) -> Any:
        from distributed import KilledWorker

        alone = 0.0
        while True:
            failed = future.status == "error"
            try:
                return future.result(timeout=1)
            except (CancelledError, Stopped) as error:
                raise StudyError(
                    f"{name}: the scheduler {self.scheduler.name} was lost ({error}); what is finished is kept: "
                    "run again"
                ) from None
            except KilledWorker as error:
                raise ResourceError(
                    f"{name}: {error.allowed_failures + 1} workers in turn were killed at it, most often by want "
                    f"of memory (it needs about {memory / 1e9:.2f} GB); give fewer workers more of it, or a coarser "
                    "--cell"
                ) from None
            except TimeoutError:
                # of our waiting, or what the work itself raised
                if failed:
                    raise
            if self.ended:
                raise stopped(name)
            alone = 0.0 if client.nthreads() else alone or monotonic()
            if alone and monotonic() - alone > ALONE_S:
                raise StudyError(
                    f"{name}: the scheduler {self.scheduler.name} has had no worker for {ALONE_S} s; look why they "
                    "ended, start others where it is not local:N, then run again: what is finished is kept"
                )

    def _connected(self) -> Any:
        with self._lock:
            if self.scheduler.client is None:
                self.scheduler.connect(self._folder, self._memory)
            return self.scheduler.client


def stopped(name: str) -> StudyError:
    """Words for a step of a run that was stopped."""
    return StudyError(f"{name}: the run was stopped")
