"""A Dask scheduler found or started, and refused where its workers would give other bytes or see other files."""

import asyncio
import logging
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shanshui.core.errors import StudyError
from shanshui.flow.job import unlike
from shanshui.flow.machine import program
from shanshui.store.layout import disk_errors

ANSWER_S = 5
"""How long a scheduler may take to answer, and to have a worker [D]."""
MEMORY = "MEMORY"
"""Resource, in bytes, that workers declare and steps on whole grids ask for."""
_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_ADDRESS = re.compile(r"(?!local:)([a-z]+://)?([^/:\s]+|\[[0-9a-fA-F:]+\]):\d{1,5}")


class Scheduler:
    """A scheduler by its address, or processes of this machine.

    Parameters
    ----------
    name : str
        Address, such as ``tcp://10.0.0.5:8786``, or ``local:N`` for N processes of this machine with one thread each.

    Attributes
    ----------
    local : int
        Processes of this machine to start; 0 for an address.
    client : distributed.Client or None
        While connected.

    Raises
    ------
    StudyError
        Neither an address nor ``local:N``, or the library is not there.
    """

    def __init__(self, name: str) -> None:
        local = _LOCAL.fullmatch(name)
        if local is None and not _ADDRESS.fullmatch(name):
            raise StudyError(
                f"--scheduler {name}: expected the address of a Dask scheduler, such as tcp://10.0.0.5:8786, or local:N for "
                "N processes of this machine"
            )
        try:
            import distributed  # noqa: F401 - only whether it is there
        except ImportError:
            raise StudyError(
                f'--scheduler {name}: needs the library distributed; install it: pip install "shanshui[distributed]"'
            ) from None
        self.name, self.local = name, int(local[1]) if local else 0
        self.client: Any = None
        self._cluster: Any = None

    def connect(self, folder: Path, memory: int) -> list[tuple[int, int]]:
        """Find it, or start the processes.

        Parameters
        ----------
        folder : Path
            Which all workers must see.
        memory : int [byte]
            What processes of this machine may take.

        Returns
        -------
        list of (int, int)
            Threads of each worker, and bytes that it may take.

        Raises
        ------
        StudyError
            Nothing answers, or its workers cannot do this work; says why.
        """
        try:
            if self.local:
                self._cluster = self._started(memory)
            self.client = self._answering()
            self._refuse_other_dask()
            self._refuse_workers(folder)
            return self._workers()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of it, and end the processes that were started."""
        client, cluster, self.client, self._cluster = self.client, self._cluster, None, None
        for one in (client, cluster):
            if one is not None:
                one.close()

    def _started(self, memory: int) -> Any:
        """Processes of this machine; one that is killed while they start stops them all, so that it is tried twice."""
        said = ""
        for _ in range(2):
            try:
                return processes(self.local, memory)
            except Exception as error:  # noqa: BLE001 - whatever the library makes of a process that ended
                said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise StudyError(
            f"--scheduler {self.name}: its processes could not be started ({said}); look whether there is memory for "
            f"{self.local}, or give fewer, then run again: what is finished is kept"
        )

    def _answering(self) -> Any:
        from distributed import Client

        make: Any = Client
        try:
            if not self.local:
                # the client itself would wait for ever for a port that is silent; its own loop may run in this thread
                with ThreadPoolExecutor(1) as beside:
                    beside.submit(asyncio.run, _asked(self.name)).result()
            client = make(self._cluster or self.name, timeout=ANSWER_S, set_as_default=False)
        except Exception as error:  # noqa: BLE001 - what answers there may be anything at all
            said = " ".join(str(error).split())[:200]
            raise StudyError(
                f"--scheduler {self.name}: no Dask scheduler answers there ({type(error).__name__}: {said}); look whether "
                "one runs (dask scheduler) and is of the same version, or use local:N"
            ) from None
        try:
            client.wait_for_workers(max(1, self.local), timeout=ANSWER_S + 10 * self.local)
        except TimeoutError:
            client.close()
            raise StudyError(
                f"--scheduler {self.name}: has no worker; start some: dask worker ADDRESS --nthreads 1 "
                f'--resources "{MEMORY}=8e9"'
            ) from None
        return client

    def _refuse_other_dask(self) -> None:
        versions = self.client.get_versions()
        ours, theirs = (versions[k]["packages"] for k in ("client", "scheduler"))
        for package in ("distributed", "dask", "msgpack"):
            if ours.get(package) != theirs.get(package):
                raise StudyError(
                    f"--scheduler {self.name}: has {package} {theirs.get(package)}, here is {ours.get(package)}; both must "
                    "be the same version"
                )

    def _refuse_workers(self, folder: Path) -> None:
        """Refuse workers that would give other bytes or see other files."""
        probe = folder / f"{uuid.uuid4().hex}.probe"
        with disk_errors(probe):
            probe.touch()
        try:
            found = self.client.run(_seen_from, str(probe))
        except ModuleNotFoundError as error:
            raise StudyError(
                f"--scheduler {self.name}: its workers have no {error.name}; install there what is installed here "
                '(pip install "shanshui[distributed]", the same version)'
            ) from None
        finally:
            probe.unlink(missing_ok=True)
        ours = program()
        for worker, (theirs, sees) in found.items():
            if fault := unlike(ours, theirs):
                raise StudyError(
                    f"--scheduler {self.name}: the worker {worker} {fault}; install the same there: its bytes could be others"
                )
            if not sees:
                raise StudyError(
                    f"--scheduler {self.name}: the worker {worker} does not see {folder}; put the study in a folder that all "
                    "workers share under the same name"
                )

    def _workers(self) -> list[tuple[int, int]]:
        about = self.client.scheduler_info(n_workers=-1)["workers"].values()
        workers = [(int(w["nthreads"]), int(w["resources"].get(MEMORY, 0))) for w in about]
        if not any(memory for _, memory in workers):
            raise StudyError(
                f"--scheduler {self.name}: no worker declares how much memory it may take; start them with "
                f'--resources "{MEMORY}=8e9" (bytes)'
            )
        return workers


async def _asked(address: str) -> None:
    """Ask what is at an address for its identity, for some seconds."""
    from distributed.core import rpc
    from distributed.security import Security

    make: Any = rpc
    words: Any = Security()  # type: ignore[no-untyped-call]

    async def ask() -> None:
        async with make(address, connection_args=words.get_connection_args("client")) as there:
            said = await there.identity()
            if said.get("type") != "Scheduler":
                raise ValueError(f"a {said.get('type')} answers")

    try:
        await asyncio.wait_for(ask(), ANSWER_S)
    except TimeoutError:
        raise OSError(f"no answer within {ANSWER_S} s") from None


_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "200ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
    # an errand goes to a thread that is free, and never waits behind a long one while another thread is
    "distributed.scheduler.worker-saturation": 1.0,
    # what one strip lets go the next one takes, and the system need not clear it in between
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 28,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 1 << 25,
}
"""Habits of the library that suit this work: no figures that nobody looks at, taken from processors that work."""


def processes(count: int, memory: int) -> Any:
    """Start processes of this machine, each with one thread, to be used with ``with`` or closed.

    Parameters
    ----------
    count : int
        How many.
    memory : int [byte]
        What all of them together may take: the run sees to it.

    Returns
    -------
    distributed.LocalCluster
        Of which there may be workers yet to come.
    """
    import dask
    from distributed import LocalCluster

    make: Any = LocalCluster
    with dask.config.set(_QUIET):
        return make(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            # the run itself sees to it that steps fit together; a worker that is paused would be waited for
            memory_limit=0,
            resources={MEMORY: memory},
            silence_logs=logging.CRITICAL,
        )


def _seen_from(probe: str) -> tuple[dict[str, str], bool]:
    """Asked of a worker: its program, and whether it sees a file."""
    return program(), Path(probe).exists()
