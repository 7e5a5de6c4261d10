"""Tables of the ledger: their edition, how an older one becomes it, and what is none of ours."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from importlib.metadata import version
from pathlib import Path

from shanshui.core.errors import StoreError

APPLICATION = 0x53484E53
"""Marks the file as ours, in its head: the letters SHNS."""
EDITION = 1
"""Of the tables; a program opens its own and all older ones."""

_TABLES = {
    "object": "digest text primary key, kind text, suffix text, bytes integer, facts text, "
    "stored text default '', stamp text default ''",
    "recipe": "recipe text primary key, digest text, parts text, seconds real, made real",
    "product": "variant text, name text, recipe text, digest text, reason text, run integer, "
    "at real, primary key(variant, name)",
    "shown": "variant text, name text, digest text, file text, stamp text, "
    "primary key(variant, name)",
    "variant": "name text primary key, settings text, made real",
    "run": "id integer primary key autoincrement, started real, ended real, state text, "
    "targets text, machine text, variant text default ''",
    "event": "run integer, at real, kind text, step text, facts text",
    "input": "path text primary key, stamp text, digest text",
    "code": "name text primary key, package text, digest text",
    "speed": "step text primary key, ns_per_cell real",
    "about": "word text primary key, value text",
}
_INDEX = "create index if not exists event_of_run on event(run)"
_FIRST = {
    "object": "digest kind suffix bytes facts",
    "recipe": "recipe digest parts seconds made",
    "product": "name recipe digest reason run",
    "run": "id started ended state targets machine",
    "event": "run at kind step facts",
    "input": "path bytes changed digest",
    "code": "name package digest",
    "speed": "step ns_per_cell",
}
"""Columns of the first edition, which carried no number."""
_TO_1 = {
    "object": (
        "alter table object add column stored text default ''",
        "alter table object add column stamp text default ''",
    ),
    "input": ("drop table input", f"create table input({_TABLES['input']})"),
    "run": ("alter table run add column variant text default ''",),
    "product": (
        "alter table product rename to product_0",
        f"create table product({_TABLES['product']})",
        "insert into product select '', p.name, p.recipe, p.digest, p.reason, p.run, "
        "coalesce((select r.made from recipe r where r.recipe=p.recipe), 0) from product_0 p",
        "drop table product_0",
    ),
}


def edition_of(db: sqlite3.Connection, path: Path) -> int | None:
    """Edition of an opened ledger; none for a file without tables.

    Parameters
    ----------
    db : sqlite3.Connection
        The file, opened.
    path : Path
        Its name, for the message.

    Raises
    ------
    StoreError
        The file is another program's, of a newer edition, or its tables are not those of its edition.
    """
    owner = db.execute("pragma application_id").fetchone()[0]
    number = db.execute("pragma user_version").fetchone()[0]
    tables = _tables(db)
    away = (
        f"move it away, then: shanshui verify {path.parent.parent} --rebuild makes the ledger anew "
        "from the kept results"
    )
    if not tables and owner in (0, APPLICATION):
        return None
    if owner not in (0, APPLICATION) or (owner == 0 and number != 0):
        raise StoreError(
            f"{path}: is a database of another program (tables {_few(tables)}); {away}"
        )
    if number > EDITION:
        raise StoreError(
            f"{path}: was written by shanshui {_writer(db)} (ledger edition {number}); this is "
            f"{version('shanshui')}, which knows editions up to {EDITION}: use that version or a newer one"
        )
    expected = _present_columns() if owner else {t: c.split() for t, c in _FIRST.items()}
    if owner == 0 and not {"object", "recipe", "product"} <= set(tables):
        raise StoreError(
            f"{path}: is no ledger of shanshui (found tables {_few(tables)}, expected object, recipe, product); {away}"
        )
    for table, columns in expected.items():
        if table not in tables and owner == 0:
            continue
        _check_columns(path, table, tables.get(table, []), columns, away)
    return number


def _check_columns(
    path: Path, table: str, found: list[str], expected: list[str], away: str
) -> None:
    lacks = [c for c in expected if c not in found]
    over = [c for c in found if c not in expected]
    if lacks or over:
        what = " and ".join(
            [f"lacks {', '.join(lacks)}"] * bool(lacks)
            + [f"has {', '.join(over)} too many"] * bool(over)
        )
        raise StoreError(
            f"{path}: is not a ledger that this version knows: table {table} {what}; {away}"
        )


def knows_objects(db: sqlite3.Connection) -> bool:
    """Does a ledger of the present edition know any kept result?"""
    return db.execute("select 1 from object limit 1").fetchone() is not None


def prepare(db: sqlite3.Connection, path: Path, fill: Callable[[], int]) -> int:
    """Bring a ledger to the present edition, and fill one that knows no kept result; all of it or nothing.

    Parameters
    ----------
    db : sqlite3.Connection
        The file, opened.
    path : Path
        Its name, for the message.
    fill : callable
        Puts in what the notes beside the kept results say; returns how many it found.

    Returns
    -------
    int
        Kept results that were found by ``fill``.

    Raises
    ------
    StoreError
        As ``edition_of``.
    """
    if edition_of(db, path) == EDITION and knows_objects(db):
        return 0
    db.execute("begin immediate")
    try:
        # another program may have been faster
        if edition_of(db, path) != EDITION:
            there = _tables(db)
            for table, columns in _TABLES.items():
                for text in (
                    _TO_1.get(table, ())
                    if table in there
                    else (f"create table {table}({columns})",)
                ):
                    db.execute(text)
            db.execute(_INDEX)
        # within the same transaction: a stop leaves no edition that looks finished
        count = 0 if knows_objects(db) else fill()
        db.execute("insert or replace into about values('program', ?)", (version("shanshui"),))
        db.execute(f"pragma application_id={APPLICATION}")
        db.execute(f"pragma user_version={EDITION}")
    except BaseException:
        db.rollback()
        raise
    db.commit()
    return count


@cache
def _present_columns() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for table, columns in _TABLES.items():
            db.execute(f"create table {table}({columns})")
        return _tables(db)


def _tables(db: sqlite3.Connection) -> dict[str, list[str]]:
    names = [
        row[0]
        for row in db.execute(
            "select name from sqlite_master where type='table' and name not like 'sqlite_%'"
        )
    ]
    return {
        name: [row[1] for row in db.execute("select * from pragma_table_info(?)", (name,))]
        for name in names
    }


def _writer(db: sqlite3.Connection) -> str:
    try:
        row = db.execute("select value from about where word='program'").fetchone()
    except sqlite3.DatabaseError:
        row = None
    return str(row[0]) if row else "of a newer version"


def _few(names: dict[str, list[str]]) -> str:
    return ", ".join(sorted(names)[:4]) + (" …" if len(names) > 4 else "")
