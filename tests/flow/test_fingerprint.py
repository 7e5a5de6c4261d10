import ast
import importlib
import inspect
import linecache
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import shanshui
from shanshui.core import shipped
from shanshui.core.assessment import card_of
from shanshui.core.errors import PlanError
from shanshui.core.voice import Voice
from shanshui.flow import fingerprint, source
from shanshui.flow.canon import digest_of
from shanshui.flow.fingerprint import code_digest
from shanshui.flow.source import parts_of

HERE = Path(__file__).parent
TABLES = ("plain", "named", "low", "high")


@pytest.fixture
def kinds(tmp_path, monkeypatch):
    """Modules of the package that can be edited, with tables that they read."""
    folder = tmp_path / "code"
    folder.mkdir()
    for name in ("kinds", "beside"):
        text = (HERE / f"{name}.py").read_text("utf-8")
        (folder / f"edited_{name}.py").write_text(text, "utf-8")
    tables = tmp_path / "kinds"
    tables.mkdir()
    for name in TABLES:
        (tables / f"{name}.csv").write_text("a\n1\n")
    monkeypatch.setattr(shanshui, "__path__", [*shanshui.__path__, str(folder)])
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load():
        for cache in (fingerprint.code_digest, fingerprint._look):
            cache.cache_clear()
        linecache.clearcache()
        for name in ("kinds", "beside"):
            sys.modules.pop(f"shanshui.edited_{name}", None)
        importlib.invalidate_caches()
        return importlib.import_module("shanshui.edited_kinds")

    def edit(file, old, new):
        path = tables / file if file.endswith(".csv") else folder / f"edited_{file}.py"
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old} stands {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")

    yield SimpleNamespace(load=load, edit=edit, folder=folder)
    for name in ("kinds", "beside"):
        sys.modules.pop(f"shanshui.edited_{name}", None)


@pytest.fixture(scope="module")
def unedited_once():
    return {}


@pytest.fixture
def unedited(kinds, unedited_once):
    """Digests before any edit: the same wherever the modules lie."""
    if not unedited_once:
        unedited_once.update(digests(kinds.load()))
    return unedited_once


def digests(module):
    return {n: code_digest(f) for n, f in sorted(vars(module).items()) if n.startswith("use_")}


@pytest.mark.parametrize(
    ("file", "old", "new", "reached"),
    [
        ("plain.csv", "1", "2", "shipped"),
        ("named.csv", "1", "2", "named_table"),
        ("low.csv", "1", "2", "chosen_table"),
        ("high.csv", "1", "2", "chosen_table"),
        ("kinds", "x + 101", "x + 111", "dict"),
        ("kinds", "x + 102", "x + 112", "tuple"),
        ("kinds", "x + 103", "x + 113", "set"),
        ("kinds", "x + 104", "x + 114", "partial"),
        ("kinds", "y=7", "y=8", "partial"),
        ("kinds", "x + 105", "x + 115", "field"),
        ("kinds", "x + 106", "x + 116", "default"),
        ("kinds", "f=in_default", "f=abs", "default"),
        ("kinds", "x + 107", "x + 117", "cache"),
        ("kinds", "x + 108", "x + 118", "nested"),
        ("kinds", "x + 201", "x + 211", "lambdas"),
        ("kinds", "x + 202", "x + 212", "lambdas"),
        ("kinds", "x + 301", "x + 311", "kernel"),
        ("kinds", "nogil=True", "nogil=False", "kernel"),
        ("kinds", "x + 302", "x + 312", "vectorized"),
        ("kinds", "x + 303", "x + 313", "flags"),
        ("kinds", "steady.limit = 8", "steady.limit = 9", "attribute"),
        ("kinds", "otypes=[float]", "otypes=[int]", "spread"),
        ("kinds", "x + 304", "x + 314", "spread"),
        ("kinds", '"(n)->()"', '"(m)->()"', "general"),
        ("kinds", "out[0] = 305", "out[0] = 306", "general"),
        ("kinds", "fastmath=False", "fastmath=True", "flags"),
        ("kinds", "_made(10)", "_made(11)", "closure"),
        ("kinds", "_made(20)", "_made(21)", "other_closure"),
        ("kinds", "+ 401", "+ 402", "closure other_closure"),
        ("kinds", "return 501", "return 511", "dispatch"),
        ("kinds", "return 502", "return 512", "dispatch"),
        ("kinds", "np.arange(5000.0) * 2.5", "np.arange(5000.0) * np.r_[[2.5] * 2500, 2.6, [2.5] * 2499]", "many"),
        ("kinds", '"a", None]', '"b", None]', "mixed"),
        ("kinds", "(1, 2.0)", "(1, 2.5)", "structured"),
        ("kinds", "[1.5, 2.5]", "[1.5, 2.0]", "frame"),
        ("kinds", '"beta"', '"gamma"', "set_of_words"),
        ("kinds", "Fraction(1, 2)", "Fraction(1, 3)", "fraction"),
        ("kinds", '"a+b"', '"a*b"', "pattern"),
        ("kinds", "Asia/Shanghai", "Asia/Urumqi", "instant"),
        ("kinds", "RED = 11", "RED = 12", "enum"),
        ("kinds", "Curve(4.0)", "Curve(5.0)", "instance bound_method"),
        ("kinds", "+ 0.25", "+ 0.5", "instance bound_method annotated"),
        ("kinds", "steep: float = 3.0", "steep: float = 3.5", "instance bound_method annotated"),
        ("kinds", "top = 77", "top = 78", "class_attribute called_instance"),
        ("kinds", "5000)\n", "6000)\n", "class_attribute called_instance"),
        ("beside", "x * WEIGHT", "WEIGHT * x * 2", "module"),
        ("beside", "9.5", "9.25", "module"),
        ("beside", "x + 701", "x + 711", "getattr"),
        ("beside", "x + 702", "x + 712", "local_import"),
        ("beside", "fn(x) * times", "fn(x) * times * 2", "decorated"),
        ("kinds", "times=601", "times=611", "decorated"),
        ("kinds", "x + 602", "x + 612", "wrapped"),
        ("beside", "+ 703", "+ 713", "wrapped"),
    ],
)  # fmt: skip
def test_an_edit_reaches_exactly_what_uses_it(kinds, unedited, file, old, new, reached):
    before = unedited
    kinds.edit(file, old, new)
    after = digests(kinds.load())
    assert {n for n in before if before[n] != after[n]} == {f"use_{r}" for r in reached.split()}


def test_every_function_of_the_kinds_is_followed_by_some_edit(kinds):
    marks = test_an_edit_reaches_exactly_what_uses_it.pytestmark[0].args[1]
    assert {f"use_{r}" for m in marks for r in m[3].split()} == set(digests(kinds.load()))


def test_words_layout_and_annotations_reach_nothing(kinds):
    before = digests(kinds.load())
    for old, new in (
        ("def use_dict(x):\n", 'def use_dict(x: "int") -> float:\n    """Words."""\n    # more\n\n'),
        ("class Limits:\n", 'class Limits:\n    """Words."""\n\n'),
        ("NAME = ", "# why\nNAME = "),
        ("def in_tuple(x):\n    return x + 102", "def in_tuple(x):\n    y: int = 3\n    return x + 102"),
    ):  # fmt: skip
        kinds.edit("kinds", old, new)
    after = digests(kinds.load())
    assert {n for n in before if before[n] != after[n]} == {"use_tuple"}
    kinds.edit("kinds", "y: int = 3", "y: float = 3")
    assert digests(kinds.load()) == after


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def use(name):\n    return shipped_text(name)", r"use: the shipped table name cannot be told"),
        ('def use(k):\n    return shipped_text(f"kinds/{k}.csv")', "cannot be told from the code"),
        ("def use():\n    return list(map(shipped_text, [NAME]))", "shipped_text is handed on"),
        ("R = functools.cache(shipped_text)\ndef use():\n    return R(NAME)", "shipped_text is handed on"),
        ("R = np.random.default_rng(3)\ndef use():\n    return R.random()", r"use: R holds a numpy.random.*Generator"),
        ("R = open(__file__)\ndef use():\n    return R", "use: R holds a _io.TextIOWrapper"),
        ("R = iter([1])\ndef use(x=R):\n    return x", "a default of use holds a list_iterator"),
        ("R = {'a': (1, object())}\ndef use():\n    return R", "use: R holds a object"),
        ("def use(x):\n    return getattr(beside, x)", r"getattr\(beside, …\) with a name that is worked out"),
        ("def use():\n    return [m.helper(1) for m in (beside,)]", "module shanshui.edited_beside is handed on"),
        ("def use(x):\n    return eval(x)", r"eval\(\) reaches code that cannot be followed"),
        ("def use(x):\n    return open(x).read()", "use: open reads a file, so that a change of it would go unseen"),
        ("from pathlib import Path\ndef use(x):\n    return Path(x).read_text()", "use: read_text reads a file"),
        ("def use():\n    return beside.__file__", "use: __file__ reads a file"),
        ("from importlib.resources import files\ndef use():\n    return files('shanshui')", "use: files reads a file"),
        ("import importlib\ndef use(x):\n    return importlib.import_module(x)", r"import_module\(\) reaches code"),
        ("from importlib import import_module\ndef use(x):\n    return import_module(x)", r"import_module\(\) reaches"),
        ("exec('def use():\\n    return 1')", "use: its source cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_by_name(kinds, code, says):
    path = kinds.folder / "edited_kinds.py"
    path.write_text(path.read_text("utf-8") + "\n" + code + "\n", "utf-8")
    with pytest.raises(PlanError, match=says):
        code_digest(kinds.load().use)


def test_a_value_that_changed_after_the_class_was_written_counts(kinds):
    module = kinds.load()
    before = code_digest(module.use_class_attribute)
    module.Limits.bottom = 5
    fingerprint._look.cache_clear()
    code_digest.cache_clear()
    assert code_digest(module.use_class_attribute) != before


def test_a_function_of_another_package_is_followed_within_that_package(tmp_path, monkeypatch):
    (tmp_path / "somebody.py").write_text("LIMIT = 3\ndef use(x):\n    return min(x, LIMIT)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = set()
    for limit in ("3", "4"):
        (tmp_path / "somebody.py").write_text(
            f"LIMIT = {limit}\ndef use(x):\n    return min(x, LIMIT)\n"
        )
        sys.modules.pop("somebody", None)
        importlib.invalidate_caches()
        linecache.clearcache()
        found.add(code_digest(importlib.import_module("somebody").use))
    assert len(found) == 2


_OF_ALL = """
import sys
from shanshui.plans import accounts, pattern
from shanshui.accounts.gep import gep
from shanshui.pattern.barriers import pinch_points
from shanshui.flow.fingerprint import code_digest
from shanshui.flow.source import parts_of
from shanshui.core.assessment import card_of
order = [gep, pinch_points][:: int(sys.argv[1])]
print(sorted(code_digest(card_of(f).fn) for f in order))
"""


def test_digests_are_the_same_in_every_process_and_order():
    said = {
        subprocess.run(
            [sys.executable, "-c", _OF_ALL, order],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(Path(shanshui.__path__[0]).parent)},
        ).stdout
        for order, seed in (("1", "1"), ("-1", "77"))
    }  # fmt: skip
    assert len(said) == 1


def disturb(monkeypatch, stumbles):
    """Fail as Python 3.11 does when a thread parses beside another."""
    left, parse = [stumbles], ast.parse

    def stumbling(text):
        if left[0]:
            left[0] -= 1
            raise SystemError("AST constructor recursion depth mismatch (before=23, after=33)")
        return parse(text)

    source._module.cache_clear()
    monkeypatch.setattr(ast, "parse", stumbling)


@pytest.mark.parametrize("stumbles", [1, 3])
def test_a_parse_that_another_thread_disturbed_is_tried_again(kinds, monkeypatch, stumbles):
    known = code_digest(kinds.load().use_dict)
    disturb(monkeypatch, stumbles)
    assert code_digest(kinds.load().use_dict) == known


def test_a_parse_that_is_always_disturbed_is_refused_and_not_remembered(kinds, monkeypatch):
    known = code_digest(kinds.load().use_dict)
    with monkeypatch.context() as patch:
        disturb(patch, 10**6)
        with pytest.raises(PlanError, match="other threads of this process parse"):
            code_digest(kinds.load().use_dict)
    assert code_digest(kinds.load().use_dict) == known


def test_threads_that_digest_at_once_agree():
    from shanshui.accounts import gep

    found, threads = [], []
    fingerprint._look.cache_clear()
    for _ in range(4):
        threads.append(
            threading.Thread(
                target=lambda: found.append(code_digest.__wrapped__(card_of(gep.gep).fn))
            )
        )
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_every_assessment_and_halo_can_be_followed():
    import pkgutil

    count = 0
    for info in pkgutil.walk_packages([str(Path(shanshui.__file__).parent)], "shanshui."):
        for value in vars(importlib.import_module(info.name)).values():
            card = getattr(value, "card", None)
            if card is not None and card.fn.__module__ == info.name:
                count += 1
                code_digest(value)
                if callable(card.halo):
                    code_digest(card.halo)
    assert count > 100


def test_a_shipped_table_reaches_those_who_read_it(monkeypatch):
    from shanshui.accounts.gep import gep
    from shanshui.industry.evaluation import industry_evaluation
    from shanshui.terrain.slope import slope

    every = (gep, industry_evaluation, slope)
    before = [code_digest.__wrapped__(f) for f in every]
    read = Path.read_text

    def changed(self, *args, **kw):
        return read(self, *args, **kw) + ("#" if self.name == "prices.csv" else "")

    monkeypatch.setattr(Path, "read_text", changed)
    fingerprint._look.cache_clear()
    now = [code_digest.__wrapped__(f) for f in every]
    fingerprint._look.cache_clear()
    assert [a != b for a, b in zip(before, now, strict=True)] == [True, False, False]


READS = re.compile(
    r"importlib\.resources|\bopen\(|read_text|read_bytes|read_csv\((?!StringIO)|np\.load|fromfile"
)


def test_nothing_below_the_plans_reads_a_file_but_through_the_one_reader():
    root = Path(shanshui.__file__).parent
    rooms = (
        "accounts",
        "basins",
        "decision",
        "industry",
        "kernels",
        "pattern",
        "region",
        "terrain",
        "core",
    )
    found = {
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if READS.search(path.read_text("utf-8"))
    }
    # a voice reads the words of pages, of which a study may have its own; what an assessment gives cannot come from it
    assert found == {"core/shipped.py", "core/voice.py"}
    with pytest.raises(PlanError):
        code_digest(spoken)


def spoken():
    return Voice("en").word("slope")


# values


def long(last):
    values = np.zeros(3000)
    values[1500] = last
    return values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (long(1), long(2)),
        (np.zeros(3), np.zeros(3, np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array(["a", 1], object), np.array(["a", "1"], object)),
        (["ab", "c"], ["a", "bc"]),
        ([["a"], "b"], [["a", "b"]]),
        ({"a": 1}, {"a": "1"}),
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        (None, "None"),
        (b"a", "a"),
        ({1, 2}, [1, 2]),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        (Path("a"), "a"),
    ],
)
def test_values_that_differ_have_other_digests(one, other):
    assert digest_of({"x": one}) != digest_of({"x": other})


def test_settings_that_say_the_same_have_one_digest():
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of((1, 2)) == digest_of([1, 2])
    assert digest_of({"b", "a"}) == digest_of({"a", "b"})
    assert digest_of(np.float64(0.5)) == digest_of(0.5)
    assert digest_of(np.asfortranarray(np.eye(3))) == digest_of(np.eye(3))


def test_a_value_that_cannot_be_told_is_refused():
    with pytest.raises(PlanError, match="a recipe holds a object, whose value cannot be told"):
        digest_of({"x": [object()]})
    with pytest.raises(PlanError, match="holds a function"):
        digest_of(len_of := lambda: 1, len_of)


def test_a_list_that_holds_itself_has_a_digest():
    loop = [1]
    loop.append(loop)
    assert digest_of(loop) == digest_of(loop)


def test_where_the_package_lies_is_in_no_digest():
    found = [
        str(path)
        for path in Path(shanshui.__file__).parent.rglob("*.py")
        if "__file__" in path.read_text("utf-8") and path.parent.name != "flow"
    ]
    assert found == []


def test_parts_come_in_the_order_of_the_library():
    tree = ast.parse(inspect.getsource(source))
    assert parts_of([tree, tree.body[0]]) == [*ast.walk(tree), *ast.walk(tree.body[0])]
    assert parts_of([]) == []
