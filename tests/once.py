"""What workers of the test runner do once for all of them: make a folder, compile a kernel."""

import os
from contextlib import contextmanager, nullcontext
from functools import wraps

try:
    import fcntl
except ImportError:
    fcntl = None


@contextmanager
def alone(place):
    """Nobody else is here who asks for the same place; the lock goes with its process, however that ends."""
    if fcntl is None:
        yield
        return
    with place.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(folder, make):
    """A folder that the first worker makes, all of it or nothing, while others that ask for it wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            fresh = folder.with_suffix(f".{os.getpid()}")
            make(fresh)
            fresh.rename(folder)
    return folder


def compile_once(folder):
    """Let a kernel that no cache holds be compiled by one worker; others that want it wait and read its cache.

    Numba's own lock comes first: within a process one thread compiles at a time, and it may hold the lock of a kernel only
    while it does. Between processes locks are taken from caller to callee, hence never in a circle.
    """
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import Dispatcher

    folder.mkdir(parents=True, exist_ok=True)
    plain = Dispatcher.compile

    @wraps(plain)
    def compile_(self, signature):
        function = self.py_func
        ours = function.__module__.startswith("shanshui.")
        name = f"{function.__module__}.{function.__qualname__}.lock"
        with global_compiler_lock, alone(folder / name) if ours else nullcontext():
            return plain(self, signature)

    Dispatcher.compile = compile_
