"""Locks that are made when first asked for, and do not stay shut in a process that was forked off."""

import os
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

T = TypeVar("T")


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


class remembered(cached_property[T]):  # noqa: N801 - a decorator
    """Worked out once for an object; before Python 3.12 one thread at a time does so, with a lock that a fork must not shut."""

    def __init__(self, func: Callable[[Any], T]) -> None:
        super().__init__(func)
        self.lock = ProcessLock()
