"""What is kept stays right: stops at any moment, files touched, objects damaged, a ledger lost."""

import os
import shutil
import sqlite3

import numpy as np
import pytest
from tests.flow import chapter
from tests.worlds import grid_spec

from shanshui.core.errors import PlanError
from shanshui.core.quantity import Grid
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.steps import Source, step
from shanshui.store.database import Database
from shanshui.store.layout import Layout
from shanshui.store.objects import Objects
from shanshui.store.verify import faults, mend

SPEC = grid_spec(40, 8)
NAMES = ("elevation", "doubled", "smoothed", "highest")


@pytest.fixture(autouse=True)
def _any_machine(monkeypatch):
    """Which libraries and commit made it takes long to ask, and matters to no test here."""
    monkeypatch.setattr("shanshui.flow.run.machine", dict)


def source():
    heights = np.add.outer(np.arange(40), np.arange(8)).astype(np.float32)

    def make(context):
        return SPEC.lay(heights, "m")

    return Source("elevation", Grid("m"), "memory", {}, lambda: {"file": "one"}, make, source)


def plan(cells=3, above=0.0):
    return Plan.of(
        step(chapter.doubled),
        step(chapter.smoothed, cells=cells),
        step(chapter.highest, above=above),
        sources=[source()],
    )


def run(folder, cells=3, **options):
    return Run(plan(cells), Layout(folder), SPEC, workers=1, memory=int(4e9), **options)


def bring(folder, cells=3, names=("highest",), **options):
    return run(folder, cells).bring(names, **options)


def shown(folder, name, suffix=".tif"):
    return folder / "products" / f"{name}{suffix}"


def truth(folder):
    """Digest of every product in the ledger, and the bytes of every file of products/."""
    made = run(folder)
    digests = {name: made.ledger.product(name).digest for name in NAMES}
    files = {p.name: p.read_bytes() for p in sorted((folder / "products").iterdir())}
    made.ledger.close()
    return digests, files


def wrong(folder, *, deep=False):
    made = run(folder)
    found = faults(made.objects, set(NAMES), deep=deep)
    made.ledger.close()
    return found


def object_of(folder, name):
    made = run(folder)
    record = made.ledger.product(name)
    made.ledger.close()
    return made.layout.object(record.digest, record.suffix)


def flip(path, at=None, *, keep_time=False):
    """Turn one bit over."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    path.chmod(0o444)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# a stop at any moment


class Killed(BaseException):
    """Nothing catches this, as nothing catches a kill."""


ASIDE = tuple(
    f"insert {w} {t}" for w in ("into", "or replace into") for t in ("event", "code", "speed")
)


class Kill:
    """Ends the process, as far as the disk can tell, before the n-th call that changes something on it."""

    def __init__(self, monkeypatch, at):
        self.at, self.count, self.dead = at, 0, False
        for owner, name in (
            (os, "replace"),
            (os, "link"),
            (os, "chmod"),
            (os, "unlink"),
            (shutil, "copyfile"),
            (Database, "write"),
        ):
            monkeypatch.setattr(owner, name, self.before(getattr(owner, name)))
        # what only makes up for a cut of power costs time here, and what only tells or hastens decides nothing
        monkeypatch.setattr(os, "fsync", lambda file: None)
        release = Database.release
        # a dead process folds no log into its file
        monkeypatch.setattr(Database, "release", lambda db: None if self.dead else release(db))

    def before(self, call):
        def counted(*args, **options):
            aside = isinstance(args[0], Database) and args[1][0].startswith(ASIDE)
            self.count += not aside
            if self.dead or self.count == self.at:
                self.dead = True
                raise Killed
            return call(*args, **options)

        return counted


def killed(folder, at, cells):
    with pytest.MonkeyPatch.context() as patch:
        kill = Kill(patch, at)
        try:
            bring(folder, cells)
        except Killed:
            return True
        assert not kill.dead
        return False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study at three cells, and what it is at five when nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    bring(folder / "three")
    bring(folder / "five", 5)
    return folder / "three", truth(folder / "five"), truth(folder / "three")


def test_a_first_run_stopped_at_any_moment_is_completed_by_the_next(whole, tmp_path):
    _, _, three = whole
    at = 1
    while killed(tmp_path / str(at), at, 3):
        bring(tmp_path / str(at))
        assert truth(tmp_path / str(at)) == three, at
        assert [f for f in wrong(tmp_path / str(at)) if f.serious] == [], at
        assert not list((tmp_path / str(at) / "store/tmp").iterdir())
        at += 1
    assert at > 30


def test_a_changed_run_stopped_at_any_moment_leaves_no_older_file_under_a_newer_entry(
    whole, tmp_path
):
    start, five, three = whole
    at = 1
    while True:
        folder = tmp_path / str(at)
        shutil.copytree(start, folder)
        if not killed(folder, at, 5):
            break
        digests, files = truth(folder)
        for name, digest in digests.items():
            if digest == five[0][name] != three[0][name]:
                file = next(f for f in five[1] if f.startswith(f"{name}."))
                assert files[file] == five[1][file], (at, name)
        again = bring(folder, 5)
        assert truth(folder) == five, at
        assert not again.damaged
        assert [f for f in wrong(folder) if f.serious] == [], at
        at += 1
    assert at > 15


def test_a_stop_by_hand_is_noted_and_goes_on(tmp_path, monkeypatch):
    made = run(tmp_path)

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(made, "_all", stop)
    with pytest.raises(KeyboardInterrupt):
        made.bring(["highest"])
    assert made.ledger.last_run()["state"] == "stopped"
    assert len(bring(tmp_path).made) == 4


# products/


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: shown(folder, "smoothed").unlink(),
        lambda folder: shutil.rmtree(folder / "products"),
        lambda folder: flip(shown(folder, "smoothed")),
        lambda folder: flip(shown(folder, "smoothed"), keep_time=True),
        lambda folder: (
            shutil.copy(shown(folder, "doubled"), folder / "x"),
            (folder / "x").replace(shown(folder, "smoothed")),
        ),
        lambda folder: (
            shown(folder, "smoothed").unlink(),
            shown(folder, "smoothed").symlink_to(shown(folder, "doubled")),
        ),
    ],
    ids=["deleted", "folder removed", "bit", "bit, same time", "another's", "a link to another"],
)
def test_a_file_of_products_that_is_not_what_the_ledger_says_is_published_again(tmp_path, harm):
    bring(tmp_path)
    before = truth(tmp_path)
    harm(tmp_path)
    found = {f.name for f in wrong(tmp_path)}
    assert "smoothed" in found
    outcome = bring(tmp_path, names=["elevation"])  # whatever is asked for
    assert outcome.made == []
    assert "smoothed" in outcome.restored
    assert truth(tmp_path) == before
    assert wrong(tmp_path) == []
    assert bring(tmp_path).restored == []


def test_editing_a_published_file_leaves_the_kept_result_alone(tmp_path):
    bring(tmp_path)
    kept = object_of(tmp_path, "smoothed").read_bytes()
    flip(shown(tmp_path, "smoothed"))
    assert object_of(tmp_path, "smoothed").read_bytes() == kept


def test_a_large_file_is_linked_and_an_edit_of_it_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("shanshui.store.publishing.COPY_MOST", 0)
    monkeypatch.setattr("shanshui.store.publishing._shared", lambda place, fresh: False)
    bring(tmp_path)
    before = truth(tmp_path)
    assert shown(tmp_path, "smoothed").samefile(object_of(tmp_path, "smoothed"))
    assert wrong(tmp_path) == []
    flip(shown(tmp_path, "smoothed"))
    assert {f.kind for f in wrong(tmp_path)} == {"object"}
    assert bring(tmp_path, names=["elevation"]).damaged == ["smoothed"]
    assert bring(tmp_path).made == ["smoothed"]
    assert truth(tmp_path) == before


def test_products_may_lie_on_another_disk(tmp_path, monkeypatch):
    import errno

    replace = os.replace

    def across(source, target):
        if "/store/tmp/" in str(source) and "/products/" in str(target):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(source, target)

    monkeypatch.setattr(os, "replace", across)
    bring(tmp_path)
    assert wrong(tmp_path) == []
    assert not list((tmp_path / "store/tmp").iterdir())


def test_a_folder_in_the_place_of_a_product_is_named_and_kept(tmp_path):
    bring(tmp_path)
    shown(tmp_path, "smoothed").unlink()
    shown(tmp_path, "smoothed").mkdir()
    (shown(tmp_path, "smoothed") / "thesis").write_text("x")
    shown(tmp_path, "doubled").unlink()
    # whether it stands or is made anew, what comes after it is made and shown
    for cells in (3, 5):
        outcome = bring(tmp_path, cells)
        assert len(outcome.remarks) == 1
        assert "smoothed.tif: a folder stands" in outcome.remarks[0]
        assert "move it away" in outcome.remarks[0]
        assert [f.what for f in wrong(tmp_path) if "move it away" in f.what]
    assert shown(tmp_path, "doubled").is_file()
    assert "highest" in outcome.made
    assert (shown(tmp_path, "smoothed") / "thesis").exists()
    shown(tmp_path, "smoothed").rename(tmp_path / "away")
    assert bring(tmp_path, 5).restored == ["smoothed"]
    assert wrong(tmp_path) == []


def test_files_that_others_put_beside_the_products_stay(tmp_path):
    bring(tmp_path)
    beside = tmp_path / "products/smoothed.tif.aux.xml"
    beside.write_text("<PAMDataset/>")
    bring(tmp_path, 5)
    assert beside.exists()


# objects


@pytest.mark.parametrize("name", ["elevation", "smoothed", "highest"])
def test_one_bit_of_a_kept_result_is_noticed_by_the_next_run(tmp_path, name):
    bring(tmp_path)
    before = truth(tmp_path)
    flip(object_of(tmp_path, name), keep_time=True)
    assert [(f.kind, f.name) for f in wrong(tmp_path)] == [("object", name)]
    assert bring(tmp_path).made == [name]
    assert truth(tmp_path) == before
    assert wrong(tmp_path, deep=True) == []


def test_zeros_of_the_same_size_are_no_result(tmp_path):
    bring(tmp_path)
    path = object_of(tmp_path, "smoothed")
    path.chmod(0o644)
    path.write_bytes(bytes(path.stat().st_size))
    assert run(tmp_path).recipes.standing("smoothed")[0] == "missing"
    assert bring(tmp_path).made == ["smoothed"]


def rotten(folder, name):
    """A kept result that changed without a trace in its times, as a failing disk does it."""
    path = object_of(folder, name)
    flip(path)
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        from shanshui.store.manifests import stamp_of

        db.execute("update object set stamp=? where digest=?", (stamp_of(path.stat()), path.stem))
    db.close()
    return path


def test_rot_without_a_trace_is_found_when_read_and_when_looked_for(tmp_path):
    from shanshui.store.watch import SpoiltError

    bring(tmp_path)
    before = truth(tmp_path)
    rotten(tmp_path, "doubled")
    assert wrong(tmp_path) == []
    assert [(f.kind, f.name) for f in wrong(tmp_path, deep=True)] == [("object", "doubled")]
    made = run(tmp_path)
    with pytest.raises(SpoiltError, match=r"damaged .*verify .* --mend, then run again"):
        made.objects.get(made.ledger.product("doubled").digest)
    made = run(tmp_path)
    with made.ledger.writing():
        assert mend(made.objects, faults(made.objects, set(NAMES), deep=True))
    assert bring(tmp_path).made == ["doubled"]
    assert truth(tmp_path) == before


def test_a_run_that_reads_a_rotten_result_makes_it_anew_first(tmp_path):
    bring(tmp_path)
    rotten(tmp_path, "doubled")
    outcome = bring(tmp_path, 5)
    assert outcome.made == ["doubled", "smoothed", "highest"]
    bring(tmp_path / "other", 5)
    assert truth(tmp_path) == truth(tmp_path / "other")


# the ledger


def lose(folder):
    (folder / "store/ledger.sqlite").unlink()


def half(folder):
    path = folder / "store/ledger.sqlite"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def head(folder):
    path = folder / "store/ledger.sqlite"
    path.write_bytes(b"no database at all" + path.read_bytes()[18:])


def pages(folder):
    path = folder / "store/ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(bytes(data))


def words(folder):
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        db.execute("update recipe set parts='{not json'")
        db.execute("update object set facts='['")
    db.close()


HARMS = pytest.mark.parametrize("harm", [lose, half, head, pages, words])


@HARMS
def test_a_ledger_lost_or_damaged_is_made_anew_and_nothing_else_is(tmp_path, harm):
    bring(tmp_path)
    bring(tmp_path, 5)
    before = truth(tmp_path)
    harm(tmp_path)
    outcome = bring(tmp_path, 5)
    assert outcome.made == []
    assert len(outcome.known) == 4
    assert any("made anew" in text for text in outcome.remarks)
    assert truth(tmp_path) == before
    assert wrong(tmp_path, deep=True) == []
    aside = [p.name for p in (tmp_path / "store").iterdir() if "aside" in p.name]
    assert bool(aside) == (harm is not lose)
    # yesterday's setting still costs nothing
    assert bring(tmp_path).made == []


@HARMS
def test_reading_a_damaged_ledger_ends_in_words_that_name_the_cure(tmp_path, harm):
    bring(tmp_path)
    harm(tmp_path)
    before = sorted(p.name for p in (tmp_path / "store").rglob("*"))
    found = wrong(tmp_path)
    if harm is lose:
        assert found == []
        assert run(tmp_path).ledger.product("highest") is not None
    else:
        assert "--rebuild" in found[0].cure
        assert found[0].serious
    assert sorted(p.name for p in (tmp_path / "store").rglob("*")) == before


def test_a_damaged_object_does_not_come_back_with_the_ledger(tmp_path):
    bring(tmp_path)
    flip(object_of(tmp_path, "smoothed"))
    lose(tmp_path)
    assert bring(tmp_path).made == ["smoothed"]


def test_a_recipe_that_points_to_another_object_is_not_believed(tmp_path):
    bring(tmp_path)
    before = truth(tmp_path)
    made = run(tmp_path)
    smooth, double = (made.ledger.product(n) for n in ("smoothed", "doubled"))
    with made.ledger.writing():
        made.ledger.know_recipe(smooth.recipe, double.digest, smooth.parts, 1.0)
        made.ledger.know_product("smoothed", smooth.recipe, double.digest, "", 1)
    assert {f.kind for f in wrong(tmp_path)} >= {"recipe", "product"}
    outcome = bring(tmp_path)
    assert outcome.made == ["smoothed"]
    assert truth(tmp_path) == before
    assert wrong(tmp_path) == []


def test_a_failure_is_noted_also_when_memory_runs_out(tmp_path, monkeypatch):
    made = run(tmp_path)

    def starve(*args):
        raise MemoryError

    monkeypatch.setattr("shanshui.flow.run.Run._make", starve)
    with pytest.raises(PlanError, match="ran out of memory"):
        made.bring(["highest"])
    with sqlite3.connect(tmp_path / "store/ledger.sqlite") as db:
        rows = db.execute("select step, facts from event where kind='failed'").fetchall()
    db.close()
    assert rows[0][0] == "elevation"
    assert "memory" in rows[0][1]


def test_orphans_and_lost_notes_are_named(tmp_path):
    bring(tmp_path)
    path = object_of(tmp_path, "smoothed")
    path.with_suffix(".manifest").unlink()
    (path.parent / ("0" * 64 + ".tif")).write_bytes(b"x")
    found = {(f.kind, f.serious) for f in wrong(tmp_path)}
    assert found == {("note", True), ("orphan", False)}
    made = run(tmp_path)
    with made.ledger.writing():
        mend(made.objects, faults(made.objects, set(NAMES)))
    assert {f.kind for f in wrong(tmp_path)} == {"orphan"}
    assert Objects(made.layout, made.ledger, SPEC).sweep()[0] == 1
    assert wrong(tmp_path) == []
    lose(tmp_path)
    assert bring(tmp_path).made == []
