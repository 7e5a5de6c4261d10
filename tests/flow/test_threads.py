"""Threads of a run: no more than its workers, none made at import, and none that a fork could leave waiting."""

import importlib
import pkgutil
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import pytest
from tests.flow import errands
from tests.worlds import grid_spec

import shanshui
from shanshui.core.assessment import assessment
from shanshui.core.process_lock import ProcessLock, remembered
from shanshui.core.quantity import Grid
from shanshui.core.vocabulary import Height
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.steps import Source, step
from shanshui.kernels import crew
from shanshui.kernels.cost import accumulated_cost
from shanshui.store.layout import Layout

SPEC = grid_spec(1200, 300)
GUARDS = (type(threading.Lock()), type(threading.RLock()), threading.Condition, Executor)


def test_no_lock_and_no_pool_is_made_at_import():
    found = []
    for part in pkgutil.walk_packages(shanshui.__path__, "shanshui."):
        module = importlib.import_module(part.name)
        found += [f"{part.name}.{n}" for n, v in vars(module).items() if isinstance(v, GUARDS)]
    assert found == []


def plan(*more):
    def source():
        return None

    heights = np.random.default_rng(4).random(SPEC.shape).astype(np.float32)
    start = Source(
        "elevation",
        Grid("m"),
        "m",
        {},
        lambda: {"f": "1"},
        lambda c: SPEC.lay(heights, "m"),
        source,
    )
    steps = [step(getattr(errands, n)) for n in ("doubled", "smoothed", "both", "highest")]
    return Plan.of(*steps, *more, sources=[start])


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
@pytest.mark.parametrize("workers", [1, 3])
def test_workers_bound_all_threads_of_a_run(tmp_path, workers):
    """Of steps, strips, kernels and libraries together, those that work for nobody beside."""

    @assessment(source="own_frame")
    def spread(doubled: Height) -> Height:
        """A kernel that shares its work."""
        seen.add(crew.processors())
        source = np.zeros(doubled.shape, np.int32)
        source[5, 5] = 1
        cost, _ = accumulated_cost(
            doubled.values.astype(np.float64) + 1.0, source, 30.0, ways=False
        )
        return doubled.copy(data=cost.astype(np.float32))

    def count():
        while not over.is_set():
            most.append(len(list(Path("/proc/self/task").iterdir())))
            time.sleep(0.002)

    seen: set[int] = set()
    costs = [step(spread, name=name) for name in ("one", "two", "three")]
    layout = Layout(tmp_path)
    over, most = threading.Event(), []
    watch = threading.Thread(target=count)
    before = len(list(Path("/proc/self/task").iterdir())) + 1
    run = Run(plan(*costs), layout, SPEC, workers=workers, memory=int(4e9))
    watch.start()
    try:
        run.bring(["one", "two", "three", "both", "smoothed"])
    finally:
        over.set()
        watch.join()
    assert seen == {min(workers, crew.available(), crew.MOST)}
    assert max(most) - before <= workers


FORK = """
import os, sys, threading, time
from pathlib import Path
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
from shanshui import open_study
from shanshui.flow import source
from shanshui.store import layout

folder = Path(sys.argv[1])
study = open_study(folder)
study.run("slope", fresh=True, workers=2)          # threads, pools and a ledger are there
held, go = threading.Event(), threading.Event()

def hold():                                         # as a thread does that works at the moment of the fork
    with source._PARSING, study.ledger._db._lock, study.objects._guard, type(study).plan.lock:
        held.set()
        go.wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    made = open_study(folder).run("slope", fresh=True, workers=2).made
    again = study.run("slope", workers=2).known     # the study that the parent opened
    os._exit(0 if "slope" in made and "slope" in again else 1)
go.set()
ends = time.monotonic() + 120
while time.monotonic() < ends:
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        assert os.waitstatus_to_exitcode(status) == 0, status
        break
    time.sleep(0.05)
else:
    os.kill(child, 9)
    raise SystemExit("the child hangs")
assert "slope" in study.run("slope", workers=2).known   # and the parent goes on

# a child that lives on does not keep the study from others
import contextlib
stack = contextlib.ExitStack()
stack.enter_context(layout.locked(study.layout))
child = os.fork()
if child == 0:
    time.sleep(600)
    os._exit(0)
stack.close()
try:
    assert "slope" in study.run("slope", workers=2).known
finally:
    os.kill(child, 9)
print("well")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
def test_a_run_after_a_fork_does_not_hang(region):
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(region.layout.folder)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "well"


def test_a_lock_is_one_for_all_threads_of_a_process():
    lock, inside, most = ProcessLock(), [0], [0]

    def enter():
        for _ in range(200):
            with lock, lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_what_is_remembered_is_worked_out_once():
    class Thing:
        asked = 0

        @remembered
        def value(self) -> int:
            self.asked += 1
            return self.asked

    thing = Thing()
    assert (thing.value, thing.value) == (1, 1)
