"""A lock that is made when first asked for, and does not stay shut in a process that was forked off."""

import os
import threading


class ProcessLock:
    """One lock for each process, which its owner may take again.

    At a fork another thread may hold a lock; that thread is not in the child, so the lock would never open there. The child
    asks for one of its own.
    """

    def __init__(self) -> None:
        self._of: dict[int, threading.RLock] = {}

    def __enter__(self) -> None:
        self._here().acquire()

    def __exit__(self, *error: object) -> None:
        self._here().release()

    def _here(self) -> "threading.RLock":
        # setdefault is one step: two threads that come first at once get the same
        found = self._of.get(os.getpid())
        return self._of.setdefault(os.getpid(), threading.RLock()) if found is None else found
