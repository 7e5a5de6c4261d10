"""How runs went, and what they found out that saves time: when, with what events, how fast, which digests."""

import json
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from shanshui.store.book import Book


class Diary(Book):
    """Runs, their events and what they remember; made and read as a ``Book``."""

    # runs

    def start_run(
        self, targets: Iterable[str], machine: Mapping[str, Any], variant: str = ""
    ) -> int:
        """Open a run; runs that never ended are marked as killed."""
        return self._db.write(
            ("update run set state='killed' where state='running'", ()),
            (
                "insert into run(started, state, targets, machine, variant) values(?,?,?,?,?)",
                (time.time(), "running", json.dumps(list(targets)), json.dumps(machine), variant),
            ),
        )

    def end_run(self, run: int, state: str) -> None:
        """Close a run."""
        self._write("update run set ended=?, state=? where id=?", (time.time(), state, run))

    def last_run(self) -> dict[str, Any] | None:
        """The newest run."""
        rows = self._read(
            "select id, started, ended, state, targets, machine, variant from run order by id desc limit 1"
        )
        if not rows:
            return None
        run, started, ended, state, targets, machine, variant = rows[0]
        return {
            "id": run,
            "started": started,
            "ended": ended,
            "state": state,
            "targets": self._plain(targets, f"targets of run {run}"),
            "machine": self._plain(machine, f"machine of run {run}"),
            "variant": variant or "",
        }

    def note(self, run: int, kind: str, step: str, facts: Mapping[str, Any]) -> None:
        """Write an event down."""
        self._write(
            "insert into event(run, at, kind, step, facts) values(?,?,?,?,?)",
            (run, time.time(), kind, step, json.dumps(facts, default=str)),
        )

    def events(self, since: int = 0) -> list[tuple[int, int, float, str, str, dict[str, Any]]]:
        """Number, run, time, kind, step and facts of each event after one; of all, where that one is of an older ledger."""
        text = "select rowid, run, at, kind, step, facts from event where rowid>? order by rowid"
        last = self._read("select coalesce(max(rowid), 0) from event")[0][0]
        rows = self._read(text, (since if since <= last else 0,))
        return [
            (number, run, at, kind, step, self._plain(facts, f"facts of event {number}"))
            for number, run, at, kind, step, facts in rows
        ]

    # what is only remembered to be fast: while the ledger is read, in memory

    @cached_property
    def _aside(self) -> dict[tuple[str, ...], str]:
        return {}

    def _recall(self, key: tuple[str, ...], text: str, values: Iterable[Any]) -> str | None:
        if key in self._aside:
            return self._aside[key]
        rows = self._read(text, values)
        return rows[0][0] if rows else None

    def speed(self, step: str) -> float | None:
        """Nanoseconds per cell that a step last took here."""
        rows = self._read("select ns_per_cell from speed where step=?", (step,))
        return rows[0][0] if rows else None

    def know_speed(self, step: str, ns_per_cell: float) -> None:
        """Note how fast a step was."""
        self._write(
            "insert or replace into speed(step, ns_per_cell) values(?,?)", (step, ns_per_cell)
        )

    def code(self, name: str, package: str) -> str | None:
        """Digest of a function's code, if the package is still the same."""
        return self._recall(
            ("code", name, package),
            "select digest from code where name=? and package=?",
            (name, package),
        )

    def know_code(self, name: str, package: str, digest: str) -> None:
        """Note the digest of a function's code."""
        if not self.writes:
            self._aside["code", name, package] = digest
            return
        self._write(
            "insert or replace into code(name, package, digest) values(?,?,?)",
            (name, package, digest),
        )

    def input_digest(self, path: str, stamp: str) -> str | None:
        """Digest of an input file whose stamp (size, times, place on the disk) is still the same."""
        return self._recall(
            ("input", path, stamp),
            "select digest from input where path=? and stamp=?",
            (path, stamp),
        )

    def know_input(self, path: str, stamp: str, digest: str) -> None:
        """Note the digest of an input file."""
        if not self.writes:
            self._aside["input", path, stamp] = digest
            return
        self._write(
            "insert or replace into input(path, stamp, digest) values(?,?,?)",
            (path, stamp, digest),
        )
