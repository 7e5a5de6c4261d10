import importlib
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.worlds import grid_spec

from shanshui.core.errors import PlanError, ResourceError
from shanshui.core.quantity import Grid, Table
from shanshui.flow import fingerprint, recipe
from shanshui.flow.draw import mermaid
from shanshui.flow.explain import chain
from shanshui.flow.fingerprint import code_digest
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.steps import Source, step
from shanshui.store.layout import Layout

SPEC = grid_spec(1500, 8)


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """The chapter as a module of the package that can be edited."""
    import shanshui

    folder = tmp_path / "shanshui_edit"
    folder.mkdir()
    file = folder / "edited_chapter.py"
    file.write_text(Path(__file__).with_name("chapter.py").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(shanshui, "__path__", [*shanshui.__path__, str(folder)])

    class Chapter:
        def __init__(self):
            self.load()

        def load(self):
            for cache in (fingerprint.code_digest, fingerprint._look, fingerprint.package_digest):
                cache.cache_clear()
            sys.modules.pop("shanshui.edited_chapter", None)
            importlib.invalidate_caches()
            import linecache

            linecache.clearcache()
            self.module = importlib.import_module("shanshui.edited_chapter")

        def edit(self, old, new):
            text = file.read_text("utf-8")
            assert old in text
            file.write_text(text.replace(old, new), "utf-8")
            # modules loaded twice within a second must not be taken from old bytecode
            for cached in folder.rglob("*.pyc"):
                cached.unlink()
            self.load()

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Chapter()
    sys.modules.pop("shanshui.edited_chapter", None)


def source(values=None, tag="one"):
    heights = (
        np.add.outer(np.arange(1500), np.arange(8)).astype(np.float32) if values is None else values
    )

    def make(context):
        return SPEC.lay(heights, "m")

    return Source("elevation", Grid("m"), "memory", {}, lambda: {"file": tag}, make, source)


def plan_of(chapter, **settings):
    m = chapter.module
    return Plan.of(
        step(m.doubled),
        step(m.smoothed, **settings.get("smoothed", {})),
        step(m.highest, **settings.get("highest", {})),
        sources=[source(tag=settings.get("tag", "one"))],
    )


def bring(folder, plan, **options):
    events = []
    run = Run(plan, Layout(folder), SPEC, tell=events.append, **{"workers": 2, **options})
    # the digest of the package as a whole does not cover the edited module: ask each function
    run.recipes.code = code_digest
    outcome = run.bring(["highest"])
    reasons = {e.step: e.reason for e in events if e.kind in ("made", "known")}
    return outcome, reasons, run


def test_changes_reach_exactly_their_consumers(tmp_path, chapter):
    outcome, reasons, _ = bring(tmp_path, plan_of(chapter))
    assert set(outcome.made) == {"elevation", "doubled", "smoothed", "highest"}
    assert set(reasons.values()) == {"first run"}
    assert bring(tmp_path, plan_of(chapter))[0].made == []
    outcome, reasons, _ = bring(tmp_path, plan_of(chapter, highest={"above": 1.0}))
    assert outcome.made == ["highest"]
    assert reasons["highest"] == "setting above 0.0 -> 1.0"
    assert (
        bring(tmp_path, plan_of(chapter))[0].made == []
    )  # back to yesterday's setting costs nothing


def test_a_changed_helper_or_constant_is_seen_and_a_comment_is_not(tmp_path, chapter):
    bring(tmp_path, plan_of(chapter))
    chapter.edit("return values * FACTOR", "return values * FACTOR  # twice")
    chapter.edit('"""Twice the height."""', '"""Two times the height."""')
    assert bring(tmp_path, plan_of(chapter))[0].made == []
    chapter.edit("FACTOR = 2.0", "FACTOR = 3.0")
    outcome, reasons, run = bring(tmp_path, plan_of(chapter))
    assert outcome.made == ["doubled", "smoothed", "highest"]
    assert reasons["doubled"] == "code"
    assert run.objects.get(run.ledger.product("highest").digest)["top"].iloc[0] > 4000


def test_the_same_output_stops_early(tmp_path, chapter):
    bring(tmp_path, plan_of(chapter))
    chapter.edit("return values * FACTOR", "return FACTOR * values")
    assert bring(tmp_path, plan_of(chapter))[0].made == ["doubled"]


def test_a_changed_file_with_the_same_content_stops_early(tmp_path, chapter):
    bring(tmp_path, plan_of(chapter))
    outcome, reasons, _ = bring(tmp_path, plan_of(chapter, tag="two"))
    assert outcome.made == ["elevation"]
    assert reasons["elevation"] == "input file"


def test_strips_threads_and_memory_change_no_byte(tmp_path, chapter):
    digests = set()
    for k, options in enumerate(
        ({"workers": 1}, {"workers": 3}, {"workers": 2, "memory": 470_000_000})
    ):
        _, _, run = bring(tmp_path / str(k), plan_of(chapter), **options)
        digests.add(tuple(run.ledger.product(n).digest for n in ("doubled", "smoothed", "highest")))
    assert len(digests) == 1
    whole = chapter.module.smoothed(chapter.module.doubled(source().make(None)))
    np.testing.assert_array_equal(run.objects.get(run.ledger.product("smoothed").digest), whole)


def test_a_kept_file_that_went_missing_is_made_again(tmp_path, chapter):
    _, _, run = bring(tmp_path, plan_of(chapter))
    for name in ("doubled", "smoothed"):
        run.layout.object(run.ledger.product(name).digest, ".tif").unlink()
    outcome, reasons, _ = bring(tmp_path, plan_of(chapter))
    assert set(outcome.made) == {"doubled", "smoothed"}
    assert reasons["doubled"] == "the kept result was gone"


def test_what_was_finished_before_a_failure_is_kept(tmp_path, chapter):
    chapter.edit("float(np.nanmax(smoothed.values)) - above", "float(1 / 0)")
    with pytest.raises(PlanError, match="highest: failed with ZeroDivisionError"):
        bring(tmp_path, plan_of(chapter))
    chapter.edit("float(1 / 0)", "1.0")
    assert bring(tmp_path, plan_of(chapter))[0].made == ["highest"]


def test_fresh_makes_everything_anew(tmp_path, chapter):
    bring(tmp_path, plan_of(chapter))
    run = Run(plan_of(chapter), Layout(tmp_path), SPEC)
    run.recipes.code = code_digest
    assert len(run.bring(["highest"], fresh=True).made) == 4


def test_a_run_that_cannot_fit_says_so_before_the_start(tmp_path, chapter):
    events = []
    run = Run(plan_of(chapter), Layout(tmp_path), SPEC, memory=10_000_000, tell=events.append)
    with pytest.raises(ResourceError, match="needs about .* GB for 1500 x 8"):
        run.bring(["highest"])
    assert events == []


def test_optional_inputs_may_be_absent_and_needed_ones_not(chapter):
    m = chapter.module
    plan = Plan.of(step(m.doubled), step(m.smoothed), sources=[])
    assert "no input 'elevation'" in plan.absent["smoothed"]
    with pytest.raises(PlanError, match="cannot be made here"):
        plan.reach(["smoothed"])
    with pytest.raises(PlanError, match="did you mean 'smoothed'"):
        plan_of(chapter).reach(["smoothd"])


def test_plans_are_checked_before_data_are_read(chapter):
    m = chapter.module
    with pytest.raises(PlanError, match="made by two steps"):
        Plan.of(step(m.doubled), step(m.doubled))
    with pytest.raises(PlanError, match="no data parameter 'height'"):
        step(m.doubled, binds={"height": "elevation"})
    with pytest.raises(PlanError, match="did you mean 'cells'"):
        step(m.smoothed, cell=4)
    table = Source("elevation", Table(), "", {}, dict, lambda c: None, source)
    with pytest.raises(PlanError, match="takes a Grid, but 'elevation' is a Table"):
        Plan.of(step(m.doubled), sources=[table])
    with pytest.raises(PlanError, match="circle"):
        Plan.of(
            step(m.doubled, name="a", binds={"elevation": "b"}),
            step(m.doubled, name="b", binds={"elevation": "a"}),
        )


def test_settings_given_as_text_are_read_in_the_type_of_the_default(chapter):
    plan = plan_of(chapter).with_settings({"smoothed": {"cells": "7"}})
    assert plan.steps["smoothed"].settings == {"cells": 7}
    with pytest.raises(PlanError, match="expected a whole number"):
        plan.with_settings({"smoothed": {"cells": "7.5"}})
    with pytest.raises(PlanError, match="did you mean 'smoothed'"):
        plan.with_settings({"smothed": {"cells": 3}})


def test_the_chain_goes_back_to_the_files(tmp_path, chapter):
    _, _, run = bring(tmp_path, plan_of(chapter))
    links = chain(run.plan, "highest", run.ledger)
    assert [link.name for link in links] == [
        "highest",
        "smoothed",
        "doubled",
        "elevation",
        "doubled",
    ]
    assert links[3].source == "memory"
    assert links[4].seen
    text = mermaid(run.plan, ["smoothed"])
    assert "doubled --> smoothed" in text
    assert "highest" not in text


def test_the_ledger_tells_runs_and_speeds(tmp_path, chapter):
    _, _, run = bring(tmp_path, plan_of(chapter))
    last = run.ledger.last_run()
    assert last["state"] == "done"
    assert "numba" in last["machine"]
    assert run.ledger.speed("smoothed") > 0
    assert json.dumps(last)


@pytest.mark.parametrize(
    ("old", "new", "made", "why"),
    [
        ('int(s["cells"])', 'int(s["cells"]) + 1', "smoothed", "halo"),
        ("halo=0", "halo=1", "doubled", "halo"),
        ("halo=0", "halo=0, bytes_per_cell=64", "", None),
        ('source="own_frame", halo=0', 'source="own_accounts", halo=0', "", None),
        ("FACTOR = 2.0", "FACTOR = 2.0\nOTHER = 3.0", "", None),
        ("values * FACTOR", "{'f': values}['f'] * FACTOR", "doubled", "code"),
    ],
)
def test_an_edit_runs_exactly_what_it_can_change(tmp_path, chapter, old, new, made, why):
    bring(tmp_path, plan_of(chapter))
    chapter.edit(old, new)
    outcome, reasons, _ = bring(tmp_path, plan_of(chapter))
    # what comes out is the same, so that nothing below runs
    assert outcome.made == made.split()
    assert [reasons[name] for name in outcome.made] == [why] * len(outcome.made)


def test_what_cannot_be_followed_is_said_before_the_step_runs(tmp_path, chapter):
    chapter.edit("FACTOR = 2.0", "import random\nFACTOR = random.Random(3)")
    chapter.edit("values * FACTOR", "values * FACTOR.random()")
    with pytest.raises(PlanError, match="_helper: FACTOR holds a random.Random, whose value"):
        bring(tmp_path, plan_of(chapter))


def test_the_door_is_part_of_every_recipe(tmp_path, chapter, monkeypatch):
    bring(tmp_path, plan_of(chapter))
    known = code_digest
    monkeypatch.setattr(recipe, "admit", lambda name, value, expected: value)
    events = []
    run = Run(plan_of(chapter), Layout(tmp_path), SPEC, tell=events.append)
    run.recipes.code = known
    assert set(run.bring(["highest"]).made) == {"doubled", "smoothed", "highest"}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_as_many_threads_work_as_are_allowed_and_no_more(tmp_path, chapter, workers):
    at_once, most, changed = set(), [], threading.Condition()

    def watched(fn):
        def call(**words):
            with changed:
                at_once.add(threading.get_ident())
                most.append(len(at_once))
                changed.notify_all()
                # the first wait for all that may work beside them; then a moment for one too many
                seen = max(most) >= workers
                changed.wait_for(lambda: max(most) >= workers + seen, 0.05 if seen else 60)
            result = fn(**words)
            with changed:
                at_once.discard(threading.get_ident())
            return result

        return call

    names = [f"doubled_{k}" for k in range(4)]
    steps = [step(chapter.module.doubled, name=name) for name in names]
    steps = [replace(item, call=watched(item.call)) for item in steps]
    run = Run(Plan.of(*steps, sources=[source()]), Layout(tmp_path), SPEC, workers=workers)
    run.recipes.code = lambda fn: "the same"
    run.bring(names, fresh=True)
    # four steps of three strips each
    assert len(most) == 4 * 3
    assert max(most) == workers
    assert len({run.ledger.product(name).digest for name in names}) == 1


def test_running_out_of_memory_is_told(tmp_path, chapter):
    chapter.edit("float(np.nanmax(smoothed.values)) - above", "float(_gone())")
    chapter.edit("FACTOR = 2.0", "FACTOR = 2.0\n\n\ndef _gone():\n    raise MemoryError\n")
    events = []
    run = Run(plan_of(chapter), Layout(tmp_path), SPEC, tell=events.append)
    run.recipes.code = code_digest
    with pytest.raises(PlanError, match="highest: .*ran out of memory"):
        run.bring(["highest"])
    failed = [e for e in events if e.kind == "failed"]
    assert [e.step for e in failed] == ["highest"]
    assert "ran out of memory" in failed[0].reason
