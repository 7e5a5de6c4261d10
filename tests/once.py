"""What workers of the test runner do once for all of them: make a folder, compile a kernel."""

from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import mkdtemp

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
            fresh = Path(mkdtemp(prefix=folder.name, dir=folder.parent)) / "whole"
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
    plain, held = Dispatcher.compile, set()

    @wraps(plain)
    def compile_(self, signature):
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__}"
        with global_compiler_lock:
            if not name.startswith("shanshui.") or name in held:
                return plain(self, signature)
            held.add(name)
            try:
                with alone(folder / name):
                    return plain(self, signature)
            finally:
                held.remove(name)

    Dispatcher.compile = compile_
