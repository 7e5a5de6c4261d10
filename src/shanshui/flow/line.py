"""A line before a few places: whoever came to the run first goes first, however late it comes to the line."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush


class Line:
    """Places that some wait for.

    Parameters
    ----------
    places : int
        How many may be taken at once.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[int] = []
        self._moved = threading.Condition()

    @contextmanager
    def place(self, number: int) -> Iterator[None]:
        """Take a place for a while.

        Parameters
        ----------
        number : int
            The smallest of those that wait is next; no two have the same.
        """
        with self._moved:
            heappush(self._waiting, number)
            self._moved.wait_for(lambda: self._free > 0 and self._waiting[0] == number)
            heappop(self._waiting)
            self._free -= 1
            self._moved.notify_all()
        try:
            yield
        finally:
            with self._moved:
                self._free += 1
                self._moved.notify_all()
