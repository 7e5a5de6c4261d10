"""Threads that share the work of a kernel.

They are made when first asked for, never at import: an import costs nothing, and a process that was forked off afterwards makes
its own, since the threads of its parent are not in it. However many kernels run at once, they share one set, so that threads never
outnumber the processors by more than those who call.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

MOST = 8
"""Threads of a process [D]: kernels wait for memory before they could use more."""
_made: tuple[int, ThreadPoolExecutor] | None = None


def processors() -> int:
    """Processors that this process may run on, at most ``MOST``: those of the machine less those that were taken from it."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(MOST, len(os.sched_getaffinity(0))))
    return max(1, min(MOST, os.cpu_count() or 1))


def share(kernel: Callable[..., Any], pieces: Iterable[tuple[Any, ...]]) -> None:
    """Call ``kernel`` on each piece, the first in this thread, the others beside it; back when all are done.

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
    if not others:
        kernel(*first)
        return
    pool = _pool()
    waiting = [pool.submit(kernel, *piece) for piece in others]
    try:
        kernel(*first)
    finally:
        # arrays are the caller's: none may be written to after this returns
        for one in waiting:
            one.exception()
    for one in waiting:
        one.result()


def _pool() -> ThreadPoolExecutor:
    # no lock: one that another thread held at a fork would stay shut in the child; two threads that
    # come first at once make two pools, of which the one that is not kept ends with its last job
    global _made
    found = _made
    if found is None or found[0] != os.getpid():
        found = (os.getpid(), ThreadPoolExecutor(processors(), thread_name_prefix="kernel"))
        _made = found
    return found[1]
