"""Strips of one step, worked on by whatever threads of the run are free, handed back in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future, wait
from typing import Any


def in_order(
    pool: Executor, work: Callable[[int, int], Any], strips: Iterable[tuple[int, int]], ahead: int
) -> Generator[tuple[int, Any]]:
    """Work on strips in the threads of a pool that the caller is itself a thread of.

    A strip that no other thread has begun is done here, so the caller never waits for a thread that waits: steps and
    strips share one pool, and no more threads work than it has.

    Parameters
    ----------
    pool : Executor
        Threads of the run.
    work : callable
        First and past-last row to result.
    strips : iterable of (int, int)
        In the order in which results are wanted.
    ahead : int
        Strips that may be begun or done beside the one that is due.

    Yields
    ------
    (int, result)
        First row of each strip, in order.
    """
    rest = iter(strips)
    begun: deque[tuple[tuple[int, int], Future[Any]]] = deque()
    try:
        while True:
            while len(begun) <= ahead and (strip := next(rest, None)) is not None:
                begun.append((strip, pool.submit(work, *strip)))
            if not begun:
                return
            strip, future = begun.popleft()
            yield strip[0], work(*strip) if future.cancel() else future.result()
    finally:
        # none may go on reading once the caller has given up
        wait([future for _, future in begun if not future.cancel()])
