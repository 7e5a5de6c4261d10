"""Who does the work of a run: threads of this process, or others that do it elsewhere."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import xarray as xr

from shanshui.flow.strips import in_order
from shanshui.flow.work import Work
from shanshui.kernels.crew import bind
from shanshui.region.grid import GridSpec
from shanshui.store.kept import Kept
from shanshui.store.making import Finished
from shanshui.store.manifests import looked_at


class Shelf:
    """Whole grids kept in memory between steps while they fit a quarter of it.

    Parameters
    ----------
    grid : GridSpec
        Grid of every raster.
    memory : int [byte]
        What the run may take.
    """

    def __init__(self, grid: GridSpec, memory: int) -> None:
        self._grid, self._room = grid, memory // 4
        self._held: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, kept: Kept) -> Any:
        """Kept result; a grid cannot be written into."""
        with self._lock:
            if kept.digest in self._held:
                value = self._held.pop(kept.digest)
                self._held[kept.digest] = value
                return value
        value = kept.value(self._grid)
        size = int(getattr(value, "nbytes", 0))
        if isinstance(value, xr.DataArray) and size <= self._room // 4:
            value.values.setflags(write=False)
            with self._lock:
                self._held[kept.digest] = value
                total = sum(int(v.nbytes) for v in self._held.values())
                for old in list(self._held):
                    if total <= self._room:
                        break
                    total -= int(self._held.pop(old).nbytes)
        return value


class Executor(ABC):
    """Does the work of one run, between ``with`` and its end; each step runs its course in a thread of this process.

    Parameters
    ----------
    grid : GridSpec
        Study grid.
    memory : int [byte]
        What the run may take.

    Attributes
    ----------
    elsewhere : bool
        Whether files may be left behind by others than this process.
    memory : int [byte]
        What the steps under way may take together.
    most : int [byte]
        What one step may take.
    """

    elsewhere: ClassVar[bool]

    def __init__(self, grid: GridSpec, memory: int) -> None:
        self.memory = self.most = memory
        self._shelf = Shelf(grid, memory)

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps under way at once."""

    @property
    @abstractmethod
    def kernels(self) -> int:
        """Threads that the kernels below a step may use, which are those of the steps."""

    def __enter__(self) -> Self:
        """Be ready; threads are made as they are needed."""
        self._pool: ThreadPoolExecutor = ThreadPoolExecutor(
            self.steps,
            thread_name_prefix="run",
            initializer=lambda: bind(self._pool if self.kernels > 1 else None, self.kernels),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the threads, and let everything go."""
        self._pool.shutdown()

    def expects(self, able: int, later: int) -> None:  # noqa: B027 - nothing to those whose threads share every step
        """Hear how many steps are under way or can begin, and how many wait for these."""

    def start(self, step: Callable[..., Any], *words: Any) -> Future[Any]:
        """Begin the course of one step in a thread: whether it is known, its work, its entry in the ledger."""
        return self._pool.submit(step, *words)

    @abstractmethod
    def make(self, work: Work, done: Callable[[int], None]) -> Finished:
        """Do the work of a step; asked for within its course. ``done`` hears of cells that were made."""

    def read(self, kept: Kept) -> Any:
        """A kept result in this process, perhaps still in memory."""
        return self._shelf.get(kept)

    def bytes_digests(self, paths: list[Path]) -> list[str]:
        """SHA-256 of the bytes of each of some kept files; empty for one that cannot be read."""
        return [looked_at(path) for path in paths]

    def turn(self) -> AbstractContextManager[Any]:
        """Leave to work in this process, which is held back while others do; at once where these are all that work."""
        return nullcontext()


class Threads(Executor):
    """Threads of this process: steps, their strips and the kernels below them share so many and no more.

    Parameters
    ----------
    grid : GridSpec
        Study grid.
    workers : int
        Threads.
    memory : int [byte]
        What the run may take.
    """

    elsewhere: ClassVar[bool] = False

    def __init__(self, grid: GridSpec, workers: int, memory: int) -> None:
        super().__init__(grid, memory)
        self.workers = workers

    @property
    def steps(self) -> int:
        """As many as there are threads."""
        return self.workers

    @property
    def kernels(self) -> int:
        """All of them."""
        return self.workers

    def make(self, work: Work, done: Callable[[int], None]) -> Finished:
        """Do the work of a step in the calling thread, and its strips in all that are free."""
        if work.halo is None:
            return work.whole(self.read)
        return work.streamed(
            self.read, lambda strip, rows: in_order(self._pool, strip, rows, self.workers), done
        )
