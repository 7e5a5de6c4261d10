"""What was made, from what, when, why and how fast: one SQLite file that survives kills."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanshui.core.errors import StoreError
from shanshui.store.layout import disk_errors

_TABLES = """
create table if not exists object(
  digest text primary key, kind text, suffix text, bytes integer, facts text);
create table if not exists recipe(
  recipe text primary key, digest text, parts text, seconds real, made real);
create table if not exists product(
  name text primary key, recipe text, digest text, reason text, run integer);
create table if not exists run(
  id integer primary key autoincrement, started real, ended real, state text, targets text, machine text);
create table if not exists event(
  run integer, at real, kind text, step text, facts text);
create table if not exists input_file(
  path text primary key, stamp text, digest text);
create table if not exists code(
  name text primary key, package text, digest text);
create table if not exists speed(
  step text primary key, ns_per_cell real);
"""


@dataclass(frozen=True)
class Record:
    """How a product stands: its recipe, the parts of it, and what was kept."""

    name: str
    recipe: str
    digest: str
    reason: str
    kind: str
    suffix: str
    bytes: int
    facts: dict[str, Any]
    parts: dict[str, Any]
    seconds: float
    made: float


class Ledger:
    """The ledger of one study.

    Parameters
    ----------
    path : Path
        SQLite file; made when absent.

    Raises
    ------
    StoreError
        The file is not a readable ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            with disk_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path}: not a readable ledger ({error}); move it away and run again: "
                "kept grids stay, and are looked up anew"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _write(self, text: str, values: Iterable[Any]) -> int:
        with self._lock:
            try:
                with self._db:
                    return self._db.execute(text, tuple(values)).lastrowid or 0
            except sqlite3.OperationalError as error:
                raise StoreError(
                    f"{self.path}: cannot be written ({error}); is the disk full or read-only?"
                ) from error

    def _read(self, text: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(text, tuple(values)).fetchall()

    # objects and recipes

    def know_object(
        self, digest: str, kind: str, suffix: str, size: int, facts: Mapping[str, Any]
    ) -> None:
        """Note a kept object."""
        self._write(
            "insert or replace into object values(?,?,?,?,?)",
            (digest, kind, suffix, size, json.dumps(facts)),
        )

    def object(self, digest: str) -> tuple[str, str, int, dict[str, Any]] | None:
        """Kind, suffix, bytes and facts of an object."""
        rows = self._read("select kind, suffix, bytes, facts from object where digest=?", (digest,))
        return None if not rows else (*rows[0][:3], json.loads(rows[0][3]))

    def know_recipe(
        self, recipe: str, digest: str, parts: Mapping[str, Any], seconds: float
    ) -> None:
        """Note what a recipe gave."""
        self._write(
            "insert or replace into recipe values(?,?,?,?,?)",
            (recipe, digest, json.dumps(parts, default=str), seconds, time.time()),
        )

    def result_of(self, recipe: str) -> str | None:
        """Digest that a recipe gave, if it was ever followed."""
        rows = self._read("select digest from recipe where recipe=?", (recipe,))
        return rows[0][0] if rows else None

    def know_product(self, name: str, recipe: str, digest: str, reason: str, run: int) -> None:
        """Note which result a product name now stands for."""
        self._write(
            "insert or replace into product values(?,?,?,?,?)", (name, recipe, digest, reason, run)
        )

    def product(self, name: str) -> Record | None:
        """How a product stands."""
        rows = self._read(
            "select p.name, p.recipe, p.digest, p.reason, o.kind, o.suffix, o.bytes, o.facts, r.parts, "
            "r.seconds, r.made from product p join object o on o.digest=p.digest "
            "join recipe r on r.recipe=p.recipe where p.name=?",
            (name,),
        )
        if not rows:
            return None
        row = rows[0]
        return Record(
            name=row[0],
            recipe=row[1],
            digest=row[2],
            reason=row[3],
            kind=row[4],
            suffix=row[5],
            bytes=row[6],
            facts=json.loads(row[7]),
            parts=json.loads(row[8]),
            seconds=row[9],
            made=row[10],
        )

    def forget(self, recipe: str) -> None:
        """Forget what a recipe gave."""
        self._write("delete from recipe where recipe=?", (recipe,))

    def live_digests(self) -> set[str]:
        """Objects that some product stands for."""
        return {row[0] for row in self._read("select digest from product")}

    def drop_objects(self, digests: Iterable[str]) -> None:
        """Forget objects and the recipes that led to them."""
        for digest in digests:
            self._write("delete from object where digest=?", (digest,))
            self._write("delete from recipe where digest=?", (digest,))

    # runs

    def start_run(self, targets: Iterable[str], machine: Mapping[str, Any]) -> int:
        """Open a run; runs that never ended are marked as killed."""
        self._write("update run set state='killed' where state='running'", ())
        return self._write(
            "insert into run(started, state, targets, machine) values(?,?,?,?)",
            (time.time(), "running", json.dumps(list(targets)), json.dumps(machine)),
        )

    def end_run(self, run: int, state: str) -> None:
        """Close a run."""
        self._write("update run set ended=?, state=? where id=?", (time.time(), state, run))

    def last_run(self) -> dict[str, Any] | None:
        """The newest run."""
        rows = self._read(
            "select id, started, ended, state, targets, machine from run order by id desc limit 1"
        )
        if not rows:
            return None
        run, started, ended, state, targets, machine = rows[0]
        return {
            "id": run,
            "started": started,
            "ended": ended,
            "state": state,
            "targets": json.loads(targets),
            "machine": json.loads(machine),
        }

    def note(self, run: int, kind: str, step: str, facts: Mapping[str, Any]) -> None:
        """Write an event down."""
        self._write(
            "insert into event values(?,?,?,?,?)",
            (run, time.time(), kind, step, json.dumps(facts, default=str)),
        )

    # speed of steps on this machine, for estimates

    def speed(self, step: str) -> float | None:
        """Nanoseconds per cell that a step last took here."""
        rows = self._read("select ns_per_cell from speed where step=?", (step,))
        return rows[0][0] if rows else None

    def know_speed(self, step: str, ns_per_cell: float) -> None:
        """Note how fast a step was."""
        self._write("insert or replace into speed values(?,?)", (step, ns_per_cell))

    # code, while the package has not been touched

    def code(self, name: str, package: str) -> str | None:
        """Digest of a function's code, if the package is still the same."""
        rows = self._read("select digest from code where name=? and package=?", (name, package))
        return rows[0][0] if rows else None

    def know_code(self, name: str, package: str, digest: str) -> None:
        """Note the digest of a function's code."""
        self._write("insert or replace into code values(?,?,?)", (name, package, digest))

    # input files

    def input_digest(self, path: str, stamp: str) -> str | None:
        """Digest of an input file whose stamp (size, times, place on the disk) is still the same."""
        rows = self._read("select digest from input_file where path=? and stamp=?", (path, stamp))
        return rows[0][0] if rows else None

    def know_input(self, path: str, stamp: str, digest: str) -> None:
        """Note the digest of an input file."""
        self._write("insert or replace into input_file values(?,?,?)", (path, stamp, digest))
