"""What the tests would not notice: small faults are put into modules, one at a time, and their tests are run.

    make mutation MODULES="decision industry.linkage" SAMPLE=60 SEED=0
    python benchmarks/mutation.py decision industry.linkage --sample 60 --seed 0 --json before.json

A name is a package or a module below ``shanshui``. A mutant is the module with one operator, number or keyword changed
(cosmic-ray's operators); ``--sample`` draws that many places per name, shared out over its modules by size, with one
change at each place; 0 takes every place. The draw hangs on the seed and on the module's text alone.

Not mutated, as they decide no number: annotations and type aliases, ``raise`` statements, warnings and log lines, imports,
decorators but for ``halo=``, and the arguments ``strict=``, ``copy=`` and ``stacklevel=``. Changes that cannot give a
number at all (``a << b`` for ``a * b``) are left out too, since any test kills them. Kernels are not mutated: they are
compiled.

The tests of the chapter's folder are run once with the lines they reach recorded; a mutant then meets only those that
reach its statement, fastest first, until one fails. A statement that runs on import, in a fixture, or in a cached function
counts as reached by all tests of the folder, of the file, or of the folder. Tests of the whole made-up region (the
``region`` fixture) are left out unless ``--golden`` is given, and what runs in a subprocess sees no mutant. Nothing is
written to the tree: each mutant is a fork of one process that has the libraries loaded, and the changed text is served by
an import hook. Texts are read at the start and tests at each mutant: leave the tree alone while a run goes on.

``survived`` counts mutants that no test noticed, among them those that no test reaches; ``timeout`` those that used more
processor time than the tests of the sound module by far, and they count as killed.
"""

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import json
import linecache
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from mutants import mutants, places, shares

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "shanshui"
MEMORY = 8 << 30
"""Address space of one mutant [byte]: a fault that asks for all memory must not take the machine with it."""
LIBRARIES = """
numpy scipy.sparse.linalg scipy.optimize scipy.ndimage scipy.stats pandas geopandas rasterio.features xarray numba
pydantic typer matplotlib.pyplot pyarrow.parquet pyamg pint hypothesis pytest
"""


class Recorder:
    """Pytest plugin: which tests reach which lines of the files, and how long each takes."""

    def __init__(self, files, golden):
        self.files, self.golden = files, golden
        self.on_import = {file: set() for file in files}
        self.in_setup = defaultdict(set)  # (file, line) -> test files
        self.in_call = defaultdict(set)  # (file, line) -> tests
        self.duration = defaultdict(float)
        self.failed = []
        self.phase, self.test = "import", ""

    def trace(self, frame, event, _arg):
        if frame.f_code.co_filename not in self.files:
            return None
        self.note(frame.f_code.co_filename, frame.f_lineno)
        return self.line

    def line(self, frame, event, _arg):
        if event == "line":
            self.note(frame.f_code.co_filename, frame.f_lineno)
        return self.line

    def note(self, file, line):
        if self.phase == "import":
            self.on_import[file].add(line)
        elif self.phase == "setup":
            self.in_setup[file, line].add(self.test.partition("::")[0])
        else:
            self.in_call[file, line].add(self.test)

    def pytest_collection_modifyitems(self, items):
        if not self.golden:
            items[:] = [item for item in items if "region" not in item.fixturenames]

    def pytest_runtest_setup(self, item):
        self.phase, self.test = "setup", item.nodeid

    def pytest_runtest_call(self, item):
        self.phase = "call"

    def pytest_runtest_logreport(self, report):
        self.duration[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    def reaching(self, file, place):
        """Tests that reach the place, fastest first."""
        everything = sorted(self.duration, key=self.duration.get)
        lines = place.lines
        tests, wholes = set(), set()
        for line in lines:
            tests |= self.in_call.get((file, line), set())
            wholes |= self.in_setup.get((file, line), set())
        on_import = any(line in self.on_import[file] for line in lines)
        if on_import or (place.cached and (tests or wholes)):
            return everything
        return [t for t in everything if t in tests or t.partition("::")[0] in wholes]


class Chosen:
    """Pytest plugin: the chosen tests, in order; tests that the sound module did not have are run as well."""

    def __init__(self, chosen, known, golden):
        self.rank = {test: i for i, test in enumerate(chosen)}
        self.known, self.golden, self.by = known, golden, ""

    def pytest_collection_modifyitems(self, items):
        kept = [i for i in items if i.nodeid in self.rank or i.nodeid not in self.known]
        if not self.golden:
            kept = [item for item in kept if "region" not in item.fixturenames]
        items[:] = sorted(kept, key=lambda item: self.rank.get(item.nodeid, len(self.rank)))

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.by:
            self.by = report.nodeid

    def pytest_collectreport(self, report):
        if report.failed and not self.by:
            self.by = f"{report.nodeid} (collection)"


class Served(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Import hook that gives one module a text of our own, under its true file name."""

    def __init__(self, name, path, text):
        super().__init__(name, str(path))
        self.text = text
        # what inspect.getsource reads: no time stamp, so that it is never read anew from the file
        linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=self.path)

    def get_code(self, fullname):
        return compile(self.text, self.path, "exec", dont_inherit=True)

    def exec_module(self, module):
        module.__file__ = self.path
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - a mutant is to be run


def _pytest(tests, scratch, plugin):
    import pytest
    from hypothesis import settings

    # the same examples for each mutant, and no search for the smallest one that fails
    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[p for p in settings().phases if p.name not in ("shrink", "explain")],
    )
    settings.load_profile("mutation")
    options = ["-x", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    options += ["--basetemp", str(scratch / str(os.getpid()))]
    # plugins that this process has loaded already
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def forked(work, scratch, cpu=None):
    """Run ``work`` in a fork: (its result or None, whether it ran out of time, seconds)."""
    result = scratch / "result.json"
    result.unlink(missing_ok=True)
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            silence = os.open(os.devnull, os.O_RDWR)
            if cpu is not None:
                for stream in (0, 1, 2):
                    os.dup2(silence, stream)
                resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 3))
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            result.write_text(json.dumps(work()))
            code = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    handle = os.pidfd_open(pid)
    # processor time is the limit; the clock only ends what waits for ever
    ended, _, _ = select.select([handle], [], [], None if cpu is None else 60 + 8 * cpu)
    os.close(handle)
    with contextlib.suppress(ProcessLookupError):
        if not ended:
            os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    late = not ended or (
        os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
    )
    shutil.rmtree(scratch / str(pid), ignore_errors=True)
    answer = json.loads(result.read_text()) if result.exists() else None
    return answer, late, time.monotonic() - start


def record(files, folders, scratch, golden):
    """Run the tests on the sound modules and say what they reach."""
    recorder = Recorder(files, golden)

    def work():
        threading.settrace(recorder.trace)
        sys.settrace(recorder.trace)
        code = _pytest(folders, scratch, recorder)
        sys.settrace(None)
        return {
            "code": code,
            "failed": recorder.failed,
            "duration": recorder.duration,
            "on_import": {file: sorted(lines) for file, lines in recorder.on_import.items()},
            "in_setup": [[*key, sorted(tests)] for key, tests in recorder.in_setup.items()],
            "in_call": [[*key, sorted(tests)] for key, tests in recorder.in_call.items()],
        }

    answer, _, _ = forked(work, scratch)
    if answer is None or answer["code"] != 0:
        failed = ", ".join(answer["failed"]) if answer and answer["failed"] else "see above"
        raise SystemExit(f"{' '.join(folders)}: the tests of the sound modules fail: {failed}")
    recorder.duration = answer["duration"]
    recorder.on_import = {file: set(lines) for file, lines in answer["on_import"].items()}
    recorder.in_setup = {(f, n): set(tests) for f, n, tests in answer["in_setup"]}
    recorder.in_call = {(f, n): set(tests) for f, n, tests in answer["in_call"]}
    return recorder


def judge(mutant, place, text, recorder, scratch, golden):
    """Run the tests that reach a mutant and write down what came of it."""
    path = ROOT / mutant.file
    tests = recorder.reaching(str(path), place)
    mutant.tests = len(tests)
    if not tests:
        mutant.outcome, mutant.by = "survived", "no test reaches it"
        return
    plugin = Chosen(tests, set(recorder.duration), golden)

    def work():
        sys.meta_path.insert(0, Served(mutant.module, path, text))
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        return {"code": _pytest(list(files), scratch, plugin), "by": plugin.by}

    sound = sum(recorder.duration[test] for test in tests)
    answer, late, mutant.seconds = forked(work, scratch, cpu=15 + 6 * sound)
    if answer is None:
        mutant.outcome = "timeout" if late else "killed"
        mutant.by = "" if late else "the process ended"
    else:
        # 5 is a run without any test: nothing noticed
        mutant.outcome = "survived" if answer["code"] in (0, 5) else "killed"
        mutant.by = answer["by"]


def modules_of(name):
    """Modules of a package or the one module, as (dotted name, path)."""
    inside = name.removeprefix("shanshui.").replace(".", "/").removesuffix("/")
    folder, file = SOURCE / inside, SOURCE / f"{inside}.py"
    if inside.partition("/")[0] == "kernels":
        raise SystemExit(f"{name}: kernels are compiled and are not mutated")
    if not folder.is_dir() and not file.is_file():
        raise SystemExit(f"{name}: no package or module of that name in {SOURCE}")
    paths = sorted(folder.rglob("*.py")) if folder.is_dir() else [file]
    dotted = {p: ".".join(p.relative_to(SOURCE.parent).with_suffix("").parts) for p in paths}
    return [(dotted[p], p) for p in paths if p.name != "__init__.py"]


def _loaded(chapter):
    """Load what no mutant of the chapter can touch, once for all forks."""
    for name in LIBRARIES.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    kept = ["shanshui.kernels"] + ([] if chapter == "core" else ["shanshui.core"])
    for path in sorted((SOURCE / "kernels").glob("*.py")):
        importlib.import_module(f"shanshui.kernels.{path.stem}")
    if chapter != "core":
        importlib.import_module("shanshui.core.assessment")
    for name in [n for n in sys.modules if n.split(".")[0] == "shanshui"]:
        if not name.startswith(tuple(kept)):
            del sys.modules[name]


def survey(name, settings, scratch):
    """Mutants of one package or module, judged."""
    chapter = name.removeprefix("shanshui.").partition(".")[0]
    folders = settings.tests or [f"tests/{chapter}"]
    if settings.golden:
        folders = [*folders, "tests/study"]
    modules = dict(modules_of(name))
    texts = {dotted: path.read_text(encoding="utf-8") for dotted, path in modules.items()}
    counts = shares({m: len(places(text)) for m, text in texts.items()}, settings.sample)
    _loaded(chapter)
    recorder = record({str(path) for path in modules.values()}, folders, scratch, settings.golden)
    out = []
    for dotted, path in modules.items():
        for mutant, place, text in mutants(
            dotted, path, texts[dotted], counts[dotted], settings.seed, ROOT
        ):
            judge(mutant, place, text, recorder, scratch, settings.golden)
            out.append(mutant)
            if settings.verbose:
                print(f"{mutant.outcome:9}{mutant.file}:{mutant.line}  {mutant.by}", flush=True)
    return out


def counted(found):
    """Mutants of each module and of all by outcome."""
    rows = {}
    for mutant in found:
        for row in (mutant.module.removeprefix("shanshui."), "all"):
            rows.setdefault(row, dict.fromkeys(("killed", "survived", "timeout"), 0))
            rows[row][mutant.outcome] += 1
    return rows


def report(found):
    """Table by module and in all, then each survivor with its change."""
    rows = counted(found)
    lines = [f"{'module':40}{'mutants':>8}{'killed':>8}{'survived':>10}{'timeout':>9}{'share':>8}"]
    for row in [*sorted(set(rows) - {"all"}), "all"]:
        got = rows[row]
        total = sum(got.values())
        share = got["survived"] / total if total else 0.0
        lines.append(
            f"{row:40}{total:8}{got['killed']:8}{got['survived']:10}{got['timeout']:9}{share:8.0%}"
        )
    for mutant in found:
        if mutant.outcome == "survived":
            told = mutant.by or f"{mutant.tests} tests"
            lines.append(f"\n{mutant.file}:{mutant.line}  {mutant.operator}  ({told})")
            lines.append(mutant.diff)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="+", help="packages or modules below shanshui")
    parser.add_argument("--sample", type=int, default=60, help="places per name; 0 for every one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--tests", nargs="*", help="folders or files of tests, for the chapter's own"
    )
    parser.add_argument(
        "--golden", action="store_true", help="with the tests of the made-up region"
    )
    parser.add_argument("--json", type=Path, help="file for every mutant and its outcome")
    parser.add_argument("--verbose", action="store_true", help="a line per mutant as it is judged")
    settings = parser.parse_args()
    os.chdir(ROOT)
    os.environ.update(MPLBACKEND="Agg", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    sys.path.insert(0, str(ROOT / "src"))
    start = time.monotonic()
    found = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as scratch:
        for name in settings.modules:
            found += survey(name, settings, Path(scratch))
    print(report(found))
    run = [mutant.seconds for mutant in found if mutant.seconds]
    print(
        f"\n{time.monotonic() - start:.0f} s, {sum(run) / max(1, len(run)):.1f} s per mutant that was run"
    )
    if settings.json:
        content = {"sample": settings.sample, "seed": settings.seed}
        content["modules"] = counted(found)
        content["mutants"] = [asdict(mutant) for mutant in found]
        settings.json.write_text(json.dumps(content, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
