"""Threads of kernels: none at import, the same answer from any number, and answers in a process forked off after use."""

import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shanshui.kernels import crew, overlay
from shanshui.kernels.cost import accumulated_cost
from shanshui.pattern.circuit.lattice import Lattice

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def costs(threads=3):
    random = np.random.default_rng(4)
    source = np.zeros((300, 310), np.int32)
    source[7, 9], source[280, 300] = 1, 2
    cost, back = accumulated_cost(
        10 ** random.uniform(0, 2, source.shape), source, 30.0, ways=True, threads=threads
    )
    return cost.tobytes() + back.tobytes()


def potentials(threads=3):
    random = np.random.default_rng(5)
    circuit = Lattice(10 ** random.uniform(0, 2, (300, 40)), solver="multigrid", threads=threads)
    return circuit.between(3, 11_000, tolerance=1e-9, limit=100).field.tobytes()


def overlays(threads=3):
    random = np.random.default_rng(6)
    grids = tuple(random.random(20_000).astype(np.float32) for _ in range(3))
    first, second = np.zeros(20_000, np.float32), np.zeros(20_000, np.float32)
    one = np.ones(3)
    overlay.overlaid(grids, one, one, one, overlay.VIKOR, one, first, second, threads)
    return first.tobytes() + second.tobytes() + overlay.spans(grids, 16, threads).tobytes()


KERNELS = pytest.mark.parametrize("kernel", [costs, potentials, overlays])


@KERNELS
def test_any_number_of_threads_gives_the_same_bytes(kernel):
    assert kernel(1) == kernel(2) == kernel(3)


@KERNELS
def test_three_callers_at_once_get_what_one_gets(kernel):
    alone = kernel(1)
    with ThreadPoolExecutor(3) as pool:
        assert all(found == alone for found in pool.map(kernel, [3] * 6))


def _tell(pipe, kernel):
    pipe.send_bytes(kernel())
    pipe.close()


@forks
@KERNELS
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_forked_off_after_use_goes_on_working(kernel):
    known = kernel()
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_tell, args=(there, kernel))
    child.start()
    there.close()
    try:
        assert here.poll(60), "the child hangs"
        assert here.recv_bytes() == known
        child.join(60)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join()


def test_the_first_failure_is_told_when_all_pieces_have_ended():
    ended = []

    def kernel(number):
        if number == 1:
            raise ValueError("the second piece")
        ended.append(number)

    with pytest.raises(ValueError, match="the second piece"):
        crew.share(kernel, [(n,) for n in range(5)])
    assert sorted(ended) == [0, 2, 3, 4]


def test_threads_of_all_callers_together_are_no_more_than_processors(monkeypatch):
    monkeypatch.setattr(crew, "_crew", crew.Crew())
    seen, all_in = set(), threading.Barrier(4, timeout=60)

    def kernel(number):
        if number == 0:
            all_in.wait()
        seen.add(threading.current_thread().name)

    callers = [
        threading.Thread(target=crew.share, args=(kernel, [(n,) for n in range(9)]))
        for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    own = {name for name in seen if name.startswith("kernel")}
    assert 1 <= len(own) <= crew.processors()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_processors_taken_from_a_process_are_not_counted():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert crew.processors() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_importing_kernels_starts_no_thread():
    """In an interpreter of its own: here threads may run already."""
    code = (
        "import threading, shanshui.kernels.cost, shanshui.kernels.lattice, shanshui.kernels.overlay\n"
        "from shanshui.kernels import crew\n"
        "assert threading.active_count() == 1 and not crew._crew.pools"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
