"""Work on other processes: the same bytes, also when one is killed; and what cannot be worked with is said soon."""

import os
import signal
import socket
import threading
import time

import numpy as np
import pytest
from tests.flow import errands
from tests.worlds import grid_spec

from shanshui.core.errors import PlanError, ResourceError, StudyError
from shanshui.core.quantity import Grid
from shanshui.flow import scheduler
from shanshui.flow.elsewhere import Workers
from shanshui.flow.machine import program
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.steps import Source, step
from shanshui.store.layout import Layout

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed with SIGKILL"),
    # the library warns of its own habits: ports that are taken, and what it leaves to the garbage collector
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),
]
SPEC = grid_spec(1500, 8)
ALL = ["both", "highest", "smoothed"]


def source():
    heights = np.random.default_rng(4).random(SPEC.shape).astype(np.float32)
    return Source(
        "elevation",
        Grid("m"),
        "memory",
        {},
        lambda: {"file": "one"},
        lambda context: SPEC.lay(heights, "m"),
        source,
    )


def plan(**settings):
    steps = [
        step(getattr(errands, name), **settings.get(name, {}))
        for name in ("doubled", "smoothed", "both", "highest", "patient", "impatient", "late")
    ]
    return Plan.of(*steps, sources=[source()])


@pytest.fixture(scope="module")
def cluster():
    """Two processes that workers of a scheduler are; the address is what is handed on."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        resources={"MEMORY": int(4e9)},
        silence_logs=50,
    ) as started:
        started.wait_for_workers(2, timeout=60)
        yield started


def runner(folder, address, made=None, **options):
    layout = Layout(folder)
    layout.make()
    others = Workers(address, SPEC, layout.temporary, 2, int(4e9)) if address else None
    if others is not None:
        others.span_cells = 800
    return Run(made or plan(), layout, SPEC, workers=2, memory=int(4e9), executor=others, **options)


def digests(run, targets=ALL):
    run.bring(targets)
    with run.ledger.writing():
        return {name: digest for _, name, _, digest in run.ledger.products()}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return digests(runner(tmp_path_factory.mktemp("threads"), ""))


def test_bytes_are_those_of_threads(tmp_path, cluster, known):
    events = []
    run = runner(tmp_path, cluster.scheduler_address, tell=events.append)
    assert digests(run) == known
    # parts of a streamed step arrive one by one, and nothing is left behind
    parts = [e.cells for e in events if e.kind == "progress" and e.step == "smoothed"]
    assert len(parts) > 2
    assert parts == sorted(parts)
    assert parts[-1] == SPEC.cells
    assert list((tmp_path / "store/tmp").iterdir()) == []
    assert runner(tmp_path, "").bring(ALL).made == []


def test_files_are_the_same_byte_for_byte(tmp_path, cluster):
    for name, address in (("here", ""), ("there", cluster.scheduler_address)):
        runner(tmp_path / name, address).bring(ALL)
    here, there = (
        {
            p.relative_to(tmp_path / name): p.read_bytes()
            for p in (tmp_path / name / "store/objects").rglob("*")
            if p.suffix in {".tif", ".json", ".parquet"}
        }
        for name in ("here", "there")
    )
    assert here == there
    assert len(here) == 7


@pytest.mark.parametrize(
    "settings",
    [
        {"doubled": {"row_m": 70_000.0}},
        {"highest": {"times": 1}},
    ],
    ids=["in a span", "at a whole grid"],
)
def test_a_worker_killed_in_the_middle_is_survived(tmp_path, cluster, known, settings):
    mark = str(tmp_path / "died")
    laid = {name: {**words, "mark": mark} for name, words in settings.items()}
    found = digests(runner(tmp_path / "study", cluster.scheduler_address, plan(**laid)))
    assert list(tmp_path.glob("died.*")), "none was killed"
    assert found == known


def test_a_worker_killed_from_outside_is_survived(tmp_path, known):
    """As ``local:N`` starts them."""
    killed = []

    def tell(event):
        if event.kind == "progress" and not killed:
            nanny = next(iter(run.executor.scheduler._cluster.workers.values()))
            killed.append(nanny.pid)
            os.kill(nanny.pid, signal.SIGKILL)

    run = runner(tmp_path, "local:2", tell=tell)
    assert digests(run) == known
    assert killed


@pytest.mark.parametrize("times", [1, 2])
def test_processes_that_end_while_they_start_are_started_again_once(tmp_path, monkeypatch, times):
    tried, plain = [], scheduler.processes

    def failing(count, memory):
        tried.append(count)
        if len(tried) <= times:
            raise RuntimeError("Nanny failed to start.")
        return plain(count, memory)

    monkeypatch.setattr(scheduler, "processes", failing)
    run = runner(tmp_path, "local:1")
    if times == 1:
        assert "doubled" in run.bring(["doubled"]).made
    else:
        with pytest.raises(StudyError, match=r"local:1: its processes could not be started.*Nanny"):
            run.bring(["doubled"])
    assert tried == [1, 1]


def test_a_step_that_kills_every_worker_is_told(tmp_path):
    import dask

    made = plan(highest={"mark": str(tmp_path / "died"), "times": 9})
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        pytest.raises(ResourceError, match="2 workers in turn were killed at it.*--cell"),
    ):
        runner(tmp_path / "study", "local:2", made).bring(["highest"])
    # what was finished is kept
    assert runner(tmp_path / "study", "").bring(["smoothed"]).made == []


def test_an_error_comes_back_as_it_was(tmp_path, cluster):
    with pytest.raises(PlanError, match="impatient: failed with ValueError: no patience"):
        runner(tmp_path, cluster.scheduler_address).bring(["impatient"])


def test_time_that_ran_out_in_the_work_is_no_waiting_of_ours(tmp_path, cluster):
    with pytest.raises(PlanError, match="late: failed with TimeoutError: no answer came"):
        runner(tmp_path, cluster.scheduler_address).bring(["late"])


def test_work_that_takes_long_is_waited_for(tmp_path, cluster):
    made = plan(patient={"seconds": 2.6})
    found = digests(runner(tmp_path, cluster.scheduler_address, made), ["patient"])
    assert found["patient"] == found["doubled"]


def test_what_no_other_process_finds_by_name_is_made_here(tmp_path, cluster):
    def nearby(doubled: errands.Height) -> errands.Height:
        """Here only."""
        return doubled.copy(data=doubled.values + np.float32(threading.get_native_id() * 0))

    from shanshui.core.assessment import assessment

    whole, local = assessment(source="own_frame")(nearby), assessment(source="own_frame", halo=0)
    steps = [
        step(errands.doubled),
        step(whole, name="whole"),
        step(local(nearby), name="by_strips"),
    ]
    made = Plan.of(*steps, sources=[source()])
    run = runner(tmp_path, cluster.scheduler_address, made)
    found = digests(run, ["whole", "by_strips"])
    assert found["whole"] == found["by_strips"] == found["doubled"]


def test_whole_grids_ask_for_memory(tmp_path, cluster):
    """More than any worker has is refused before the start."""
    run = runner(tmp_path, cluster.scheduler_address)
    run.executor.scheduler._workers = lambda: [(1, 1000), (1, 2000)]
    with pytest.raises(ResourceError, match="0.00 GB may be used"):
        run.bring(["highest"])


@pytest.mark.parametrize("size", [int(6e8), int(4e8)])
def test_steps_on_whole_grids_share_the_memory_of_a_worker(tmp_path, monkeypatch, size):
    """A worker of two threads works at once on two steps that fit its memory, and else on one after the other."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        resources={"MEMORY": int(1e9)},
    ) as one:
        steps = [step(errands.doubled)] + [
            step(errands.patient, name=name, seconds=0.5, mark=str(tmp_path / "busy"))
            for name in ("first", "second")
        ]
        run = runner(tmp_path, one.scheduler_address, Plan.of(*steps, sources=[source()]))
        plain = run._size
        monkeypatch.setattr(run, "_size", lambda name: _larger(plain(name), size))
        # there seems to be room for both, as on two machines
        run.executor.scheduler._workers = lambda: [(2, int(4e9))]
        if size > 5e8:
            assert len(run.bring(["first", "second"]).made) == 4
        else:
            with pytest.raises(PlanError, match="FileExistsError"):
                run.bring(["first", "second"])


def _larger(estimate, size):
    from dataclasses import replace

    return replace(estimate, bytes=size) if estimate.rows is None else estimate


# what cannot be worked with


@pytest.mark.parametrize("text", ["local", "local:0", "local:-2", "nonsense", "tcp://", "a b:5"])
def test_what_is_no_address_is_said(tmp_path, text):
    with pytest.raises(StudyError, match="expected the address of a Dask scheduler.*local:N"):
        runner(tmp_path, text)


@pytest.fixture
def answers(request):
    """Something that listens, and answers what it likes or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    talk, _ = server.accept()
                except OSError:
                    return
                if request.param:
                    talk.sendall(request.param)
                    talk.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "answers", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64], indirect=True
)
def test_what_is_no_scheduler_is_said_within_seconds(tmp_path, answers):
    started = time.monotonic()
    with pytest.raises(StudyError, match=f"{answers}: no Dask scheduler answers there"):
        runner(tmp_path, answers).bring(ALL)
    assert time.monotonic() - started < 20


def test_a_scheduler_that_is_not_there_is_said_within_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(StudyError, match=f"{address}: no Dask scheduler answers there"):
        runner(tmp_path, address).bring(ALL)
    assert time.monotonic() - started < 20
    # nothing was begun, and the study is free again
    run = runner(tmp_path, "")
    assert run.ledger.last_run() is None
    assert run.bring(["doubled"]).made


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"numpy": "1.0"}, r"has numpy .* \(here 1.0\)"),
        ({"code": "x"}, "has other code of shanshui"),
    ],
)
def test_workers_with_another_program_are_refused(tmp_path, cluster, monkeypatch, change, says):
    monkeypatch.setattr(scheduler, "program", lambda: {**program(), **change})
    with pytest.raises(StudyError, match=says):
        runner(tmp_path, cluster.scheduler_address).bring(ALL)


def test_a_worker_that_comes_later_with_another_program_is_refused(tmp_path, cluster):
    run = runner(tmp_path, cluster.scheduler_address)
    run.executor._program = {**program(), "numba": "0.1"}
    with pytest.raises(StudyError, match=r"came later has numba .* \(here 0.1\)"):
        run.bring(ALL)


def test_a_scheduler_of_another_version_is_refused(tmp_path, cluster, monkeypatch):
    from distributed import Client

    plain = Client.get_versions

    def other(self, **words):
        found = plain(self, **words)
        found["scheduler"]["packages"]["distributed"] = "2019.1"
        return found

    monkeypatch.setattr(Client, "get_versions", other)
    with pytest.raises(StudyError, match=r"has distributed 2019.1, here is .*same version"):
        runner(tmp_path, cluster.scheduler_address).bring(ALL)


def _blind(probe):
    return program(), False


def test_workers_that_do_not_see_the_folder_are_refused(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(scheduler, "_seen_from", _blind)
    with pytest.raises(StudyError, match="does not see .*all workers share"):
        runner(tmp_path, cluster.scheduler_address).bring(ALL)


def test_an_input_that_a_worker_does_not_see_is_told(tmp_path, cluster):
    run = runner(tmp_path, "")
    run.bring(["doubled"])
    kept = run.objects.kept(run.recipes.digests["doubled"])
    kept.path.chmod(0o644)
    kept.path.write_bytes(b"another")
    assert "has 7 bytes" in kept.seen()
    kept.path.unlink()
    assert "cannot be seen" in kept.seen()


def test_another_edition_of_a_module_of_ones_own_is_refused(tmp_path, cluster):
    run = runner(tmp_path, "")
    run.bring(["doubled"])
    make = Workers.make

    class Other(Workers):
        def make(self, work, done):
            from dataclasses import replace

            return make(self, replace(work, code="x"), done)

    other = Other(cluster.scheduler_address, SPEC, run.layout.temporary, 2, int(4e9))
    run = Run(plan(), run.layout, SPEC, workers=2, memory=int(4e9), executor=other)
    with pytest.raises(StudyError, match="tests.flow.errands is another file at the worker"):
        run.bring(["smoothed"])


def test_work_travels_as_digests_and_paths(tmp_path, monkeypatch):
    seen = []
    from shanshui.flow import executors

    plain = executors.Threads.make

    def make(self, work, done):
        seen.append((work.product, work.sealed()))
        return plain(self, work, done)

    monkeypatch.setattr(executors.Threads, "make", make)
    runner(tmp_path, "").bring(ALL)
    assert {name for name, _ in seen} == {"doubled", "smoothed", "both", "highest"}
    assert all(sealed is not None and len(sealed) < 5000 for _, sealed in seen)


def test_every_step_of_the_package_travels():
    """By its module and name."""
    import pickle

    from shanshui.collect.inputs import INPUTS
    from shanshui.plans.everything import CHAPTERS

    calls = {s.name: s.call for make in CHAPTERS.values() for s in make(set(INPUTS))}
    assert len(calls) > 100
    for call in calls.values():
        assert pickle.loads(pickle.dumps(call)) is call  # noqa: S301
