"""What was made, from what, when, why and how fast: one SQLite file that survives kills."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanshui.store import manifests
from shanshui.store.database import DamagedError, Database

_RECORD = (
    "select p.variant, p.name, p.recipe, p.digest, p.reason, o.kind, o.suffix, o.bytes, o.facts, r.parts, "
    "r.seconds, r.made, o.stored from (select * from product where name=? and variant in ('', ?) "
    "order by variant desc limit 1) p join object o on o.digest=p.digest "
    "join recipe r on r.recipe=p.recipe"
)


@dataclass(frozen=True)
class Record:
    """How a product stands: its recipe, the parts of it, and what was kept.

    Attributes
    ----------
    variant : str
        Under which it is known; empty for the study's own, also where a variant does not differ.
    stored : str
        SHA-256 of the kept bytes; empty when kept by the first edition and not looked at since.
    """

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
    variant: str = ""
    stored: str = ""


@dataclass(frozen=True)
class Shown:
    """One file of ``products/`` as it was published: what it shows, and its stamp then."""

    variant: str
    name: str
    digest: str
    file: str
    stamp: str


class Ledger:
    """The ledger of one study.

    Parameters
    ----------
    path : Path
        SQLite file.
    write : bool
        Open to write, made when absent; otherwise it is read until ``writing`` is entered, and nothing
        is made or changed. A missing one is then read from the notes beside the kept results.

    Raises
    ------
    StoreError
        The file is not a readable ledger, or not one of this version.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self.path = path
        store = path.parent
        self._db = Database(path, lambda db, look: manifests.fill(db, store, look=look))
        self._aside: dict[tuple[str, ...], str] = {}
        if write:
            self._db.hold()

    @property
    def writes(self) -> bool:
        """Whether it is opened to write."""
        return self._db.writes

    @contextmanager
    def writing(self, *, mend: bool = False) -> Iterator[None]:
        """Open to write for a while; with ``mend`` a damaged file is put aside and made anew."""
        with self._db.writing(mend=mend):
            yield

    def renew(self, why: str) -> None:
        """Put the file aside, so that it is made anew from the kept results."""
        self._db.renew(why)

    def remark(self, text: str) -> None:
        """Have something told once at the end of what is under way."""
        if text not in self._db.remarks:
            self._db.remarks.append(text)

    def remarks(self) -> list[str]:
        """What was done to the file itself, or could not be done, since last asked, in words."""
        found, self._db.remarks = self._db.remarks, []
        return found

    def lost(self) -> int:
        """Kept results that the file itself knows nothing of, because it is gone or was never filled."""
        return self._db.lost()

    def state(self) -> tuple[int, ...]:
        """Numbers that change whenever the ledger does."""
        return self._db.state()

    def damage(self) -> str:
        """What is wrong with the file as a file; empty when nothing."""
        found = [str(row[0]) for row in self._read("pragma quick_check(3)")]
        return "" if found == ["ok"] else "; ".join(found)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _write(self, text: str, values: Iterable[Any]) -> int:
        return self._db.write((text, tuple(values)))

    def _read(self, text: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        return self._db.read(text, values)

    def _plain(self, text: Any, what: str) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError) as error:
            raise DamagedError(
                f"{self.path}: the ledger is damaged ({what} cannot be read); make it anew from the kept "
                f"results: shanshui verify {self.path.parent.parent} --rebuild"
            ) from error

    # objects and recipes

    def know_object(
        self,
        digest: str,
        kind: str,
        suffix: str,
        size: int,
        facts: Mapping[str, Any],
        stored: str = "",
        stamp: str = "",
    ) -> None:
        """Note a kept object."""
        self._write(
            "insert or replace into object(digest, kind, suffix, bytes, facts, stored, stamp) values(?,?,?,?,?,?,?)",
            (digest, kind, suffix, size, json.dumps(facts), stored, stamp),
        )

    def object(self, digest: str) -> tuple[str, str, int, dict[str, Any]] | None:
        """Kind, suffix, bytes and facts of an object."""
        rows = self._read("select kind, suffix, bytes, facts from object where digest=?", (digest,))
        if not rows:
            return None
        kind, suffix, size, facts = rows[0]
        return kind, suffix, size, self._plain(facts, f"facts of object {digest[:12]}")

    def stored(self, digest: str) -> tuple[str, str]:
        """SHA-256 of the bytes of an object, and its stamp when they were last looked at."""
        rows = self._read("select stored, stamp from object where digest=?", (digest,))
        return (rows[0][0] or "", rows[0][1] or "") if rows else ("", "")

    def know_bytes(self, digest: str, stored: str, stamp: str) -> None:
        """Note that the bytes of an object were looked at."""
        self._write("update object set stored=?, stamp=? where digest=?", (stored, stamp, digest))

    def objects(self) -> list[str]:
        """Digests of all objects."""
        return [row[0] for row in self._read("select digest from object order by digest")]

    def recipes(self) -> list[tuple[str, str]]:
        """All recipes, with the digest that each gave."""
        return [(r, d) for r, d in self._read("select recipe, digest from recipe order by recipe")]

    def know_recipe(
        self, recipe: str, digest: str, parts: Mapping[str, Any], seconds: float
    ) -> None:
        """Note what a recipe gave."""
        self._write(
            "insert or replace into recipe(recipe, digest, parts, seconds, made) values(?,?,?,?,?)",
            (recipe, digest, json.dumps(parts, default=str), seconds, time.time()),
        )

    def result_of(self, recipe: str) -> str | None:
        """Digest that a recipe gave, if it was ever followed."""
        rows = self._read("select digest from recipe where recipe=?", (recipe,))
        return rows[0][0] if rows else None

    def recipes_of(self, digest: str) -> dict[str, dict[str, Any]]:
        """Parts, seconds and time of each recipe that gave an object."""
        rows = self._read(
            "select recipe, parts, seconds, made from recipe where digest=?", (digest,)
        )
        return {
            recipe: {
                "parts": self._plain(parts, f"parts of recipe {recipe[:12]}"),
                "seconds": seconds,
                "made": made,
            }
            for recipe, parts, seconds, made in rows
        }

    def forget(self, recipe: str) -> None:
        """Forget what a recipe gave."""
        self._write("delete from recipe where recipe=?", (recipe,))

    def drop_objects(self, digests: Iterable[str]) -> None:
        """Forget objects and the recipes that led to them."""
        for digest in digests:
            self._db.write(
                ("delete from object where digest=?", (digest,)),
                ("delete from recipe where digest=?", (digest,)),
            )

    # products

    def know_product(
        self, name: str, recipe: str, digest: str, reason: str, run: int, variant: str = ""
    ) -> None:
        """Note which result a product name now stands for."""
        self._write(
            "insert or replace into product(variant, name, recipe, digest, reason, run, at) values(?,?,?,?,?,?,?)",
            (variant, name, recipe, digest, reason, run, time.time()),
        )

    def product(self, name: str, variant: str = "") -> Record | None:
        """How a product stands: in a variant, or in the study where the variant does not differ."""
        rows = self._read(_RECORD, (name, variant))
        if not rows:
            return None
        row = rows[0]
        return Record(
            name=row[1],
            recipe=row[2],
            digest=row[3],
            reason=row[4],
            kind=row[5],
            suffix=row[6],
            bytes=row[7],
            facts=self._plain(row[8], f"facts of product {name}"),
            parts=self._plain(row[9], f"parts of product {name}"),
            seconds=row[10],
            made=row[11],
            variant=row[0],
            stored=row[12] or "",
        )

    def products(self) -> list[tuple[str, str, str, str]]:
        """Variant, name, recipe and digest of every product that stands."""
        rows = self._read(
            "select variant, name, recipe, digest from product order by variant, name"
        )
        return [(v, n, r, d) for v, n, r, d in rows]

    def standing_for(self, digest: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Variant and name of each product that stands for an object, with recipe, reason, run and time."""
        rows = self._read(
            "select variant, name, recipe, reason, run, at from product where digest=?", (digest,)
        )
        words = ("recipe", "reason", "run", "at")
        return [(row[0], row[1], dict(zip(words, row[2:], strict=True))) for row in rows]

    def drop_product(self, name: str, variant: str = "") -> None:
        """Forget that a product stands."""
        self._write("delete from product where variant=? and name=?", (variant, name))

    def live_digests(self) -> set[str]:
        """Objects that some product stands for."""
        return {row[0] for row in self._read("select digest from product")}

    # files of products/

    def shown(self, name: str, variant: str = "") -> Shown | None:
        """Which file of ``products/`` shows a product."""
        rows = self._read(
            "select variant, name, digest, file, stamp from shown where variant=? and name=?",
            (variant, name),
        )
        return Shown(*rows[0]) if rows else None

    def all_shown(self) -> list[Shown]:
        """Every file that was published."""
        rows = self._read(
            "select variant, name, digest, file, stamp from shown order by variant, name"
        )
        return [Shown(*row) for row in rows]

    def know_shown(self, shown: Shown) -> None:
        """Note a published file."""
        self._write(
            "insert or replace into shown(variant, name, digest, file, stamp) values(?,?,?,?,?)",
            (shown.variant, shown.name, shown.digest, shown.file, shown.stamp),
        )

    def drop_shown(self, name: str, variant: str = "") -> None:
        """Forget a published file."""
        self._write("delete from shown where variant=? and name=?", (variant, name))

    # variants

    def variants(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Settings of each variant: step, setting, value."""
        rows = self._read("select name, settings from variant order by name")
        return {name: self._plain(text, f"settings of variant {name}") for name, text in rows}

    def know_variant(self, name: str, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Note what a variant sets."""
        self._write(
            "insert or replace into variant(name, settings, made) values(?,?,?)",
            (name, json.dumps(settings, default=str), time.time()),
        )

    def drop_variant(self, name: str) -> None:
        """Forget a variant and which products stand in it."""
        self._db.write(
            ("delete from product where variant=?", (name,)),
            ("delete from variant where name=?", (name,)),
        )

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
