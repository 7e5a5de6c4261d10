"""Threads that share the work of a kernel.

They are made when first asked for, never at import: an import costs nothing, and a process that was forked off afterwards makes
its own, since the threads of its parent are not in it. However many kernels run at once, they share one set, so that threads never
outnumber the processors by more than those who call. Whoever runs kernels in threads of its own binds each of them (``bind``): then
kernels use those threads and no others.
"""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

MOST = 8
"""Threads of a process [D]: kernels wait for memory before they could use more."""


class Crew:
    """Threads of a process, and those to which a calling thread is bound; decides no number.

    Attributes
    ----------
    pools : dict of int to ThreadPoolExecutor
        By process: that of the parent means nothing after a fork.
    bound : thread-local
        Process, pool and number of threads to which the calling thread is bound.
    """

    def __init__(self) -> None:
        self.pools: dict[int, ThreadPoolExecutor] = {}
        self.bound = threading.local()

    def here(self) -> tuple[Executor | None, int] | None:
        """Pool and number of threads to which the calling thread is bound; None where it is free."""
        process, pool, threads = getattr(self.bound, "to", (0, None, 0))
        return (pool, threads) if process == os.getpid() else None

    def pool(self) -> Executor | None:
        """Threads beside the calling one; None where there are none."""
        if (bound := self.here()) is not None:
            return bound[0] if bound[1] > 1 else None
        # no lock: one that another thread held at a fork would stay shut in the child; two threads that
        # come first at once make two pools, of which the one that is not kept never starts a thread
        if (found := self.pools.get(os.getpid())) is None:
            fresh = ThreadPoolExecutor(processors(), thread_name_prefix="kernel")
            found = self.pools.setdefault(os.getpid(), fresh)
        return found


_crew = Crew()


def bind(pool: Executor | None, threads: int) -> None:
    """Have the kernels that this thread calls use at most so many threads: itself, and those of a pool beside it.

    Parameters
    ----------
    pool : Executor, optional
        Threads of the caller, of which this one may be one.
    threads : int
        With this one.
    """
    _crew.bound.to = (os.getpid(), pool, threads)


def available() -> int:
    """Processors of the machine less those that were taken from this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processors() -> int:
    """Threads that a kernel may use here: one per processor, at most ``MOST`` and what the calling thread is bound to."""
    bound = _crew.here()
    return max(1, min(MOST, available(), MOST if bound is None else bound[1]))


def share(kernel: Callable[..., Any], pieces: Iterable[tuple[Any, ...]]) -> None:
    """Call ``kernel`` on each piece, the first in this thread, the others beside it; back when all are done.

    A piece that no other thread has begun is done here: the caller may be a thread of the pool itself, and never waits for
    one that waits.

    Parameters
    ----------
    kernel : function
        Compiled with ``nogil``; it writes to no place that another piece reads or writes.
    pieces : iterable of tuple
        Arguments of each call.

    Raises
    ------
    Exception
        What the first failing piece raised, once all have ended.
    """
    first, *others = pieces
    pool = _crew.pool() if others else None
    waiting = [None if pool is None else pool.submit(kernel, *piece) for piece in others]
    failed = _tried(kernel, first)
    # arrays are the caller's: none may be written to after this returns
    for future, piece in zip(waiting, others, strict=True):
        if future is None or future.cancel():
            error = _tried(kernel, piece)
        else:
            error = future.exception()
        failed = failed or error
    if failed is not None:
        raise failed


def _tried(kernel: Callable[..., Any], piece: tuple[Any, ...]) -> BaseException | None:
    try:
        kernel(*piece)
    except BaseException as error:  # noqa: BLE001 - raised once all have ended
        return error
    return None
