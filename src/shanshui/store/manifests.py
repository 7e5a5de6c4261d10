"""The note beside each kept object, from which the ledger can be made anew."""

import hashlib
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shanshui.core.errors import StoreError
from shanshui.store.layout import MANIFEST, Layout, disk_errors

FORM = 1
"""Of the note itself."""
CONTENT = 1
"""Of the digests of content: to be raised when one of them is taken in another way, since a
value then has another digest than the one it was kept under."""


def bytes_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def looked_at(path: Path) -> str:
    """SHA-256 of a file's bytes; empty when it cannot be read from here."""
    try:
        return bytes_digest(path)
    except OSError:
        return ""


def stamp_of(stat: os.stat_result) -> str:
    """Size, time of change, time of status change and number of a file: what moves when it is touched."""
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Note beside an object; none when there is none that can be read."""
    try:
        note = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return note if _complete(note) else None


def _complete(note: Any) -> bool:
    try:
        return bool(
            note["form"] == FORM
            and isinstance(note["facts"], dict)
            and {"kind", "suffix", "bytes", "stored"} <= set(note)
            and all({"parts", "seconds", "made"} <= set(fact) for fact in note["recipes"].values())
            and all(
                {"recipe", "reason", "run", "at"} <= set(fact)
                for products in note["products"].values()
                for fact in products.values()
            )
        )
    except (KeyError, TypeError, AttributeError):
        return False


def write_manifest(layout: Layout, digest: str, note: Mapping[str, Any]) -> None:
    """Write the note beside an object, at once or not at all."""
    write_text(layout, layout.manifest(digest), json.dumps(note, ensure_ascii=False, default=str))


def write_text(layout: Layout, place: Path, text: str) -> None:
    """Write a small file of the store, at once or not at all."""
    with disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        layout.temporary.mkdir(parents=True, exist_ok=True)
        fresh = layout.temporary / f"{uuid.uuid4().hex}{place.suffix}"
        fresh.write_text(text, "utf-8")
        fresh.replace(place)


def settled(
    note: dict[str, Any],
    recipe: str,
    parts: Mapping[str, Any],
    seconds: float,
    product: tuple[str, str],
    reason: str,
    run: int,
) -> dict[str, Any]:
    """Note with one more recipe that gave the object and the product that stands for it.

    Parameters
    ----------
    note : dict
        As it was.
    recipe : str
        Digest of the parts.
    parts : mapping
        Code, settings, inputs, grid.
    seconds : float [s]
        How long it took.
    product : tuple of str
        Variant and name.
    reason : str
        Why it was made.
    run : int
        Which run.

    Returns
    -------
    dict
        To be written.
    """
    recipes = dict(note["recipes"])
    recipes.setdefault(recipe, {"parts": parts, "seconds": seconds, "made": time.time()})
    variant, name = product
    products = {k: dict(v) for k, v in note["products"].items()}
    products.setdefault(variant, {})[name] = {
        "recipe": recipe,
        "reason": reason,
        "run": run,
        "at": time.time(),
    }
    return {**note, "recipes": recipes, "products": products}


def read_variants(path: Path) -> dict[str, dict[str, Any]]:
    """Settings of each variant, as noted beside the ledger.

    Raises
    ------
    StoreError
        The file is damaged.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_bytes())
        return {str(k): {str(s): dict(v) for s, v in x.items()} for k, x in found.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StoreError(
            f"{path}: cannot be read ({error}); it names the variants of the study: delete it, and set them again"
        ) from error


def write_variants(layout: Layout, variants: Mapping[str, Mapping[str, Any]]) -> None:
    """Note the settings of each variant beside the ledger."""
    write_text(layout, layout.variants, json.dumps(variants, ensure_ascii=False, default=str))


def kept(objects: Path) -> Iterator[tuple[str, dict[str, Any], Path]]:
    """Objects with a note that can be read, in order: digest, note and file."""
    for place in sorted(objects.glob(f"*/*{MANIFEST}")):
        note = read_manifest(place)
        if note is not None:
            yield place.stem, note, place.with_suffix(str(note["suffix"]))


def fill(db: sqlite3.Connection, store: Path, *, look: bool) -> int:
    """Put into a ledger that knows no object what the notes beside the objects say.

    Parameters
    ----------
    db : sqlite3.Connection
        Ledger of the present edition.
    store : Path
        Folder of the store.
    look : bool
        Compare the bytes of each object with its note, and leave out what differs.

    Returns
    -------
    int
        Objects found.
    """
    variants = read_variants(store / "variants.json")
    newest: dict[tuple[str, str], tuple[float, str, dict[str, Any]]] = {}
    count = 0
    for digest, note, file in kept(store / "objects"):
        for variant, products in note["products"].items():
            for name, fact in products.items():
                known = newest.get((variant, name))
                if (not variant or variant in variants) and (
                    known is None or fact["at"] > known[0]
                ):
                    newest[variant, name] = (fact["at"], digest, fact)
        if _whole(file, note, look=look):
            count += 1
            _insert(db, digest, note, stamp_of(file.stat()) if look else "")
    for (variant, name), (at, digest, fact) in newest.items():
        db.execute(
            "insert or replace into product(variant, name, recipe, digest, reason, run, at) values(?,?,?,?,?,?,?)",
            (variant, name, fact["recipe"], digest, fact["reason"], fact["run"], at),
        )
    for name, settings in variants.items():
        db.execute(
            "insert or replace into variant values(?,?,?)",
            (name, json.dumps(settings), time.time()),
        )
    return count


def _insert(db: sqlite3.Connection, digest: str, note: Mapping[str, Any], stamp: str) -> None:
    db.execute(
        "insert or replace into object(digest, kind, suffix, bytes, facts, stored, stamp) values(?,?,?,?,?,?,?)",
        (
            digest,
            note["kind"],
            note["suffix"],
            note["bytes"],
            json.dumps(note["facts"]),
            note["stored"],
            stamp,
        ),
    )
    for recipe, fact in note["recipes"].items():
        known = db.execute("select made from recipe where recipe=?", (recipe,)).fetchone()
        if known is None or known[0] < fact["made"]:
            db.execute(
                "insert or replace into recipe(recipe, digest, parts, seconds, made) values(?,?,?,?,?)",
                (recipe, digest, json.dumps(fact["parts"]), fact["seconds"], fact["made"]),
            )


def _whole(file: Path, note: Mapping[str, Any], *, look: bool) -> bool:
    try:
        if file.stat().st_size != note["bytes"]:
            return False
        return not look or bytes_digest(file) == note["stored"]
    except (OSError, KeyError):
        return False
