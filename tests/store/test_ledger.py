"""The file of the ledger: of other editions and programs, held, read-only, on a full disk."""

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.worlds import grid_spec

from shanshui.core.errors import ResourceError, StoreError
from shanshui.store import database
from shanshui.store.layout import Layout, locked
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects
from shanshui.store.schema import APPLICATION, EDITION

FIRST = """
create table object(digest text primary key, kind text, suffix text, bytes integer, facts text);
create table recipe(recipe text primary key, digest text, parts text, seconds real, made real);
create table product(name text primary key, recipe text, digest text, reason text, run integer);
create table run(
  id integer primary key autoincrement, started real, ended real, state text, targets text, machine text);
create table event(run integer, at real, kind text, step text, facts text);
create table input(path text primary key, bytes integer, changed integer, digest text);
create table code(name text primary key, package text, digest text);
create table speed(step text primary key, ns_per_cell real);
"""
"""Tables of the first edition, as they were shipped."""


@pytest.fixture
def place(tmp_path):
    layout = Layout(tmp_path)
    layout.make()
    return layout.ledger


def first_edition(path, digest="d1"):
    db = sqlite3.connect(path)
    db.execute("pragma journal_mode=wal")
    db.executescript(FIRST)
    db.execute("insert into object values(?,'scalar','.json',3,'{}')", (digest,))
    db.execute("insert into recipe values('r1',?,'{\"code\":\"c\"}',1.5,77.0)", (digest,))
    db.execute("insert into product values('slope','r1',?,'first run',1)", (digest,))
    db.execute("insert into run values(1,1.0,2.0,'done','[\"slope\"]','{}')")
    db.execute("insert into event values(1,1.0,'made','slope','{}')")
    db.execute("insert into speed values('slope',12.5)")
    db.commit()
    db.close()


def head(path):
    with sqlite3.connect(path) as db:
        found = [
            db.execute(f"pragma {w}").fetchone()[0] for w in ("application_id", "user_version")
        ]
    db.close()
    return found


# editions


def test_a_ledger_of_the_first_edition_is_taken_over_whole(place):
    first_edition(place)
    ledger = Ledger(place)
    record = ledger.product("slope")
    assert (record.recipe, record.digest, record.seconds, record.made) == ("r1", "d1", 1.5, 77.0)
    assert record.variant == ""
    assert ledger.last_run()["targets"] == ["slope"]
    assert ledger.speed("slope") == 12.5
    ledger.close()
    assert head(place) == [APPLICATION, EDITION]
    Ledger(place).close()


def test_a_ledger_of_the_first_edition_can_be_read_where_nothing_may_change(place):
    first_edition(place)
    before = place.read_bytes()
    ledger = Ledger(place, write=False)
    assert ledger.product("slope").digest == "d1"
    ledger.close()
    assert place.read_bytes() == before
    assert sorted(p.name for p in place.parent.iterdir()) == ["ledger.sqlite", "objects", "tmp"]


def test_a_first_edition_that_lacks_later_tables_is_taken_over(place):
    first_edition(place)
    with sqlite3.connect(place) as db:
        db.execute("drop table speed")
        db.execute("drop table run")
    db.close()
    ledger = Ledger(place)
    assert ledger.product("slope").digest == "d1"
    assert ledger.last_run() is None
    ledger.start_run(["slope"], {}, "dry")
    assert ledger.last_run()["variant"] == "dry"


def test_taking_over_is_all_or_nothing(place, monkeypatch):
    first_edition(place)
    monkeypatch.setattr("shanshui.store.schema._INDEX", "create nonsense")
    with pytest.raises(StoreError):
        Ledger(place)
    monkeypatch.undo()
    assert head(place) == [0, 0]
    assert Ledger(place).product("slope").digest == "d1"


def test_results_of_the_first_edition_stand_after_a_look_at_their_content(tmp_path):
    layout = Layout(tmp_path)
    layout.make()
    objects = Objects(layout, Ledger(layout.ledger), grid_spec(7, 5))
    digest = objects.keep(objects.grid.lay(np.ones((7, 5), np.float32), "m"))
    kind, suffix, size, facts = objects.ledger.object(digest)
    objects.ledger.know_object(digest, kind, suffix, size, facts)
    layout.manifest(digest).unlink()
    assert objects.ledger.stored(digest) == ("", "")
    assert objects.sound(digest)
    assert objects.ledger.stored(digest)[0]
    assert layout.manifest(digest).exists()
    other = objects.keep(objects.grid.lay(np.zeros((7, 5), np.float32), "m"))
    objects.ledger.know_object(
        digest, kind, suffix, layout.object(other, ".tif").stat().st_size, facts
    )
    layout.object(digest, ".tif").unlink()
    shutil.copy(layout.object(other, ".tif"), layout.object(digest, ".tif"))
    assert not objects.sound(digest)


def newer(path):
    ledger = Ledger(path)
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute(f"pragma user_version={EDITION + 1}")
        db.execute("update about set value='9.1' where word='program'")
    db.close()


def another(path):
    with sqlite3.connect(path) as db:
        db.execute("create table moz_places(id integer)")
        db.execute("pragma user_version=74")
    db.close()


def geopackage(path):
    with sqlite3.connect(path) as db:
        db.execute("create table object(id integer)")
        db.execute("pragma application_id=1196444487")
    db.close()


def strange(path):
    with sqlite3.connect(path) as db:
        db.execute("create table notes(id integer)")
    db.close()


def lacking(path):
    first_edition(path)
    with sqlite3.connect(path) as db:
        db.execute("alter table recipe drop column seconds")
    db.close()


def more(path):
    first_edition(path)
    with sqlite3.connect(path) as db:
        db.execute("alter table object add column colour text")
    db.close()


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (newer, r"was written by shanshui 9\.1 \(ledger edition 2\).* use that version or a newer"),
        (another, "database of another program .tables moz_places.*--rebuild"),
        (geopackage, "database of another program"),
        (strange, "no ledger of shanshui .found tables notes"),
        (lacking, "table recipe lacks seconds.*--rebuild"),
        (more, "table object has colour too many"),
    ],
)
def test_what_is_not_a_ledger_of_this_version_is_refused_in_words(place, make, says, write):
    make(place)
    before = place.read_bytes()
    with pytest.raises(StoreError, match=says):
        Ledger(place, write=write).last_run()
    ledger = Ledger(place, write=False)
    with pytest.raises(StoreError, match=says), ledger.writing(mend=True):
        pass
    assert place.read_bytes() == before


def test_events_of_a_run_are_found_by_an_index(place):
    ledger = Ledger(place)
    plan = ledger._read("explain query plan select * from event where run=3")
    assert "event_of_run" in str(plan)


# reading


def test_opening_to_read_makes_nothing(tmp_path):
    layout = Layout(tmp_path / "s")
    ledger = Ledger(layout.ledger, write=False)
    assert ledger.last_run() is None
    assert ledger.product("slope") is None
    assert not (tmp_path / "s").exists()
    with pytest.raises(StoreError, match="opened to read only"):
        ledger.know_speed("slope", 1.0)


def test_a_ledger_made_meanwhile_is_seen(place):
    reader = Ledger(place, write=False)
    assert reader.last_run() is None
    writer = Ledger(place)
    writer.start_run(["slope"], {})
    assert reader.last_run()["targets"] == ["slope"]
    mark = reader.state()
    writer.start_run(["aspect"], {})
    assert reader.state() != mark
    assert reader.last_run()["targets"] == ["aspect"]
    writer.close()
    assert reader.last_run()["targets"] == ["aspect"]


def test_at_rest_the_ledger_is_one_file(place):
    ledger = Ledger(place, write=False)
    with ledger.writing():
        ledger.start_run(["slope"], {})
        assert place.with_name("ledger.sqlite-wal").exists()
    ledger.last_run()
    assert [p.name for p in place.parent.glob("ledger*")] == ["ledger.sqlite"]


@pytest.fixture
def read_only(monkeypatch):
    """The folder as an archive is: nobody may write there."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))


def test_a_read_only_ledger_is_read_and_left_alone(place, read_only):
    first_edition(place)
    ledger = Ledger(place, write=False)
    assert ledger.product("slope").digest == "d1"
    with pytest.raises(StoreError, match="cannot be written"), ledger.writing():
        pass


def killed_writer(place):
    """A ledger whose writer was killed: the newest rows lie in the log beside it."""
    code = (
        "import sys, os, signal; from pathlib import Path; from shanshui.store.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1])); ledger.start_run(['newest'], {}); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(place)], check=False)
    assert place.with_name("ledger.sqlite-wal").stat().st_size > 0


def test_the_log_of_a_killed_run_is_read_also_where_nothing_may_be_written(place, read_only):
    killed_writer(place)
    before = {p.name: p.read_bytes() for p in place.parent.glob("ledger*")}
    assert Ledger(place, write=False).last_run()["targets"] == ["newest"]
    assert {p.name: p.read_bytes() for p in place.parent.glob("ledger*")} == before


def test_the_log_of_a_killed_run_is_folded_in_by_the_next(place):
    killed_writer(place)
    ledger = Ledger(place, write=False)
    assert ledger.last_run()["state"] == "running"
    with ledger.writing():
        ledger.start_run(["next"], {})
    assert [p.name for p in place.parent.glob("ledger*")] == ["ledger.sqlite"]
    assert ledger._read("select state from run order by id")[0] == ("killed",)


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs to become another user"
)
def test_a_user_who_may_not_write_can_read(place):
    first_edition(place)
    for folder in (place.parent, *place.parent.parents):
        if folder.owner() == "root" and folder != folder.parent and "pytest" in str(folder):
            folder.chmod(0o755)
    code = (
        "import sys; from pathlib import Path; from shanshui.store.ledger import Ledger\n"
        "print(Ledger(Path(sys.argv[1]), write=False).product('slope').digest)\n"
        "Ledger(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", code, str(place)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if "Permission denied" in done.stderr and "Error" in done.stderr.splitlines()[0]:
        pytest.skip("the interpreter itself is out of that user's reach")
    assert done.stdout.strip() == "d1", done.stderr
    assert "cannot be written" in done.stderr


# held, full, without locks


def test_a_ledger_held_by_another_program_is_said_soon(place, monkeypatch):
    monkeypatch.setattr(database, "READ_WAIT_S", 0.1)
    monkeypatch.setattr(database, "WRITE_WAIT_S", 0.1)
    first_edition(place)
    Ledger(place).close()
    other = sqlite3.connect(place)
    other.execute("begin exclusive")
    for write in (False, True):
        with pytest.raises(StoreError, match="another program holds the ledger; close it there"):
            Ledger(place, write=write).last_run()
    other.close()
    assert Ledger(place, write=False).product("slope")


def failing(code, text="no"):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def test_failures_of_the_disk_are_told_apart(place, monkeypatch):
    told = lambda code: database.words(place, failing(code))  # noqa: E731
    assert isinstance(told(sqlite3.SQLITE_FULL), ResourceError)
    assert "disk is full" in str(told(sqlite3.SQLITE_FULL))
    assert "check its permissions" in str(told(sqlite3.SQLITE_READONLY))
    assert "check the disk" in str(told(sqlite3.SQLITE_IOERR))
    assert "--rebuild" in str(told(sqlite3.SQLITE_CORRUPT))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100}))
    # no room even for the log: said as what it is, and nothing is moved away
    for code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        assert "disk is full" in str(told(code))
        assert "rebuild" not in str(told(code))


def test_a_disk_without_locks_is_said_and_can_be_read(place, monkeypatch):
    import errno
    import fcntl

    def none(*args):
        raise OSError(errno.ENOLCK, "No locks available")

    Ledger(place).close()
    monkeypatch.setattr(fcntl, "flock", none)
    with (
        pytest.raises(StoreError, match="this disk has no locks .*reading works here"),
        locked(Layout(place.parent.parent)),
    ):
        pass
    connect = database.Database._connect

    def no_locks(self, how):
        if "immutable" in how:
            return connect(self, how)
        raise failing(sqlite3.SQLITE_IOERR, "disk I/O error")

    monkeypatch.setattr(database.Database, "_connect", no_locks)
    assert Ledger(place, write=False).last_run() is None


def test_reading_again_and_again_keeps_no_file_open(place):
    Ledger(place).close()
    opened = Path("/proc/self/fd")
    if not opened.is_dir():
        pytest.skip("no list of open files here")
    count = lambda: len(list(opened.iterdir()))  # noqa: E731
    # files that earlier tests left to the collector are none of this one's
    gc.collect()
    before = count()
    for _ in range(5):
        ledger = Ledger(place, write=False)
        ledger.last_run()
        with ledger.writing():
            pass
        ledger.last_run()
        ledger.close()
    gc.collect()
    assert count() <= before
