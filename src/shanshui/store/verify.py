"""Is what is kept still right? Every fault by name, with its cure."""

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shanshui.core.errors import StoreError
from shanshui.store.database import DamagedError
from shanshui.store.layout import MANIFEST, disk_errors
from shanshui.store.manifests import CONTENT, read_manifest, read_variants, write_variants
from shanshui.store.objects import Objects


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it must be.

    Attributes
    ----------
    kind : str
        ``ledger``, ``object``, ``note``, ``recipe``, ``product``, ``file`` or ``orphan``.
    name : str
        The product, object or file.
    what : str
        What is wrong with it.
    cure : str
        What to do.
    serious : bool
        False for what only takes room or is made good by itself.
    digest : str
        Of the object concerned, if one is.
    variant : str
        Of the product concerned.
    """

    kind: str
    name: str
    what: str
    cure: str
    serious: bool = True
    digest: str = ""
    variant: str = ""


def faults(objects: Objects, known: Collection[str], *, deep: bool = False) -> list[Fault]:
    """Compare ledger, objects, their notes and ``products/`` with each other.

    Parameters
    ----------
    objects : Objects
        Of the study.
    known : collection of str
        Products that some step makes, or would make if its inputs were there.
    deep : bool
        Read the bytes of every object anew, and compare its content with its name; otherwise bytes are
        read only where a file was touched.

    Returns
    -------
    list of Fault
        Empty when all is right.

    Raises
    ------
    StoreError
        The ledger is not one of this version, or cannot be read at all.
    """
    study = objects.layout.folder
    try:
        damage = objects.ledger.damage()
        if damage:
            return [_ledger_fault(objects, damage)]
        names = _names(objects)
        return [
            *_lost(objects),
            *_objects(objects, names, deep=deep),
            *_variants(objects),
            *_recipes(objects),
            *_products(objects, known),
            *_orphans(objects),
        ]
    except DamagedError as error:
        cure = f"shanshui verify {study} --rebuild"
        return [Fault("ledger", str(objects.ledger.path), str(error), cure)]


def _ledger_fault(objects: Objects, damage: str) -> Fault:
    cure = f"shanshui verify {objects.layout.folder} --rebuild makes it anew from the kept results"
    return Fault("ledger", str(objects.ledger.path), f"is damaged: {damage}", cure)


def _lost(objects: Objects) -> Iterator[Fault]:
    """A ledger that is there and was never filled; one that is gone is read from the notes, and made by a run."""
    count, ledger = objects.ledger.lost(), objects.ledger.path
    if count and ledger.exists():
        cure = f"shanshui verify {objects.layout.folder} --rebuild makes it anew from their notes"
        yield Fault("ledger", str(ledger), f"knows none of the {count} kept results", cure)


def _names(objects: Objects) -> dict[str, str]:
    """Products that stand for each object, in words."""
    out: dict[str, list[str]] = {}
    for variant, name, _, digest in objects.ledger.products():
        out.setdefault(digest, []).append(f"{variant}/{name}" if variant else name)
    return {digest: ", ".join(names) for digest, names in out.items()}


def _objects(objects: Objects, names: dict[str, str], *, deep: bool) -> Iterator[Fault]:
    study = objects.layout.folder
    for digest in objects.ledger.objects():
        label = names.get(digest) or f"object {digest[:12]}"
        kind, suffix, size, facts = objects.known(digest)
        what = _fault_of(objects, digest, suffix, size, deep=deep)
        if what:
            there = objects.layout.object(digest, suffix).exists()
            variant = label.partition(", ")[0].rpartition("/")[0]
            run = f"shanshui run {study}" + (
                f" --variant {shlex.quote(variant)}" if variant else ""
            )
            cure = (
                f"shanshui verify {study} --mend, then {run}" * there or run
                if digest in names
                else f"nothing stands for it: shanshui sweep {study}"
            )
            yield Fault("object", label, what, cure, digest in names, digest)
            continue
        gone = [
            layer
            for layer, part in facts.get("layers", {}).items()
            if objects.ledger.object(part) is None
        ]
        if gone:
            yield Fault(
                "object",
                label,
                f"its layers {', '.join(gone)} are not in the ledger",
                f"shanshui run {study}",
                digest=digest,
            )
        if deep:
            yield from _content_fault(objects, digest, label, kind)
        yield from _note_faults(objects, digest, label, (kind, suffix, size, facts))


def _fault_of(objects: Objects, digest: str, suffix: str, size: int, *, deep: bool) -> str:
    path = objects.layout.object(digest, suffix)
    try:
        found = path.stat().st_size
    except OSError:
        return f"its file {path} is gone"
    if found != size:
        return f"its file {path} has {found} bytes, {size} were kept"
    stored, _ = objects.stored(digest)
    if stored and not objects.whole(digest, anew=deep):
        return f"its file {path} is damaged: its bytes are not those that were kept"
    if deep and not objects.content(digest):
        return f"its file {path} cannot be read"
    return ""


def _content_fault(objects: Objects, digest: str, label: str, kind: str) -> Iterator[Fault]:
    """Right bytes that read as something else: of a grid a fault, of a table most often another library."""
    note = read_manifest(objects.layout.manifest(digest)) or {}
    expected = note.get("reads") if note.get("content") == CONTENT else ""
    if expected and objects.content(digest) != expected:
        yield Fault(
            "object",
            label,
            "its bytes are right, but it reads as another content than the one that was kept (read by another "
            "version of a library, or written wrongly)",
            f"shanshui run {objects.layout.folder} --fresh",
            serious=kind == "grid",
        )


def _note_faults(
    objects: Objects, digest: str, label: str, known: tuple[str, str, int, dict[str, Any]]
) -> Iterator[Fault]:
    place = objects.layout.manifest(digest)
    note = read_manifest(place)
    mend = f"shanshui verify {objects.layout.folder} --mend"
    stored, _ = objects.stored(digest)
    if note is None:
        if stored:
            what = f"its note {place.name} is {'damaged' if place.exists() else 'gone'}"
            yield Fault(
                "note", label, f"{what}: a lost ledger could not be made anew", mend, digest=digest
            )
        else:
            what = "was kept by an older version, which noted no digest of its bytes; they will be taken as found"
            yield Fault(
                "note",
                label,
                what,
                f"the next run does it, or {mend}",
                serious=False,
                digest=digest,
            )
        return
    if note.get("found"):
        yield Fault(
            "note",
            label,
            "was kept by an older version, which noted no digest of its bytes: they were taken as found",
            f"to be sure: shanshui run {objects.layout.folder} --fresh",
            serious=False,
            digest=digest,
        )
    kind, suffix, size, facts = known
    if (note["kind"], note["suffix"], note["bytes"], note["stored"]) != (
        kind,
        suffix,
        size,
        stored,
    ) or (note["facts"] != facts):
        yield Fault(
            "note",
            label,
            "the ledger and the note beside it tell two things of it",
            f"shanshui verify {objects.layout.folder} --rebuild",
            digest=digest,
        )


def _variants(objects: Objects) -> Iterator[Fault]:
    place = objects.layout.variants
    try:
        noted: Any = read_variants(place)
    except StoreError:
        noted = None
    if noted != objects.ledger.variants():
        what = "names other variants than the ledger: a lost ledger could not be made anew"
        yield Fault("note", place.name, what, f"shanshui verify {objects.layout.folder} --mend")


def _recipes(objects: Objects) -> Iterator[Fault]:
    study = objects.layout.folder
    there = set(objects.ledger.objects())
    for recipe, digest in objects.ledger.recipes():
        label = f"recipe {recipe[:12]}"
        if digest not in there:
            what = f"gave object {digest[:12]}, which is not in the ledger"
            yield Fault("recipe", label, what, f"shanshui verify {study} --mend", serious=False)
        elif not objects.vouched(recipe, digest):
            what = f"is said to have given object {digest[:12]}, whose note knows nothing of it"
            yield Fault("recipe", label, what, f"shanshui verify {study} --mend", digest=digest)


def _products(objects: Objects, known: Collection[str]) -> Iterator[Fault]:
    study = objects.layout.folder
    recipes = dict(objects.ledger.recipes())
    for variant, name, recipe, digest in objects.ledger.products():
        label = f"{variant}/{name}" if variant else name
        run = f"shanshui run {study} {name}" + (f" --variant {variant}" if variant else "")

        def told(what: str, cure: str, kind: str = "product", *, serious: bool = True) -> Fault:
            return Fault(kind, label, what, cure, serious, digest, variant)  # noqa: B023 - used at once

        if not variant and name not in known:
            yield told(
                "no step makes it any more", f"shanshui sweep {study} drops it", serious=False
            )
        elif objects.ledger.object(digest) is None:
            yield told(f"stands for object {digest[:12]}, which is not in the ledger", run)
        elif recipe not in recipes:
            yield told(f"stands for recipe {recipe[:12]}, which is not in the ledger", run)
        elif recipes[recipe] != digest or not objects.vouched(recipe, digest):
            yield told(f"stands for an object that its recipe {recipe[:12]} did not give", run)
        elif what := objects.products.fault(name, digest, variant):
            file = objects.layout.shown(name, objects.known(digest)[1], variant)
            yield told(f"its file {file} {what}", f"shanshui run {study}", "file")


def _orphans(objects: Objects) -> Iterator[Fault]:
    study = objects.layout.folder
    known = set(objects.ledger.objects())
    for path in sorted(objects.layout.objects.glob("*/*")):
        digest = path.name.split(".")[0]
        if digest in known:
            continue
        if path.suffix != MANIFEST:
            what = "is not in the ledger"
            yield Fault("orphan", path.name, what, f"shanshui sweep {study}", serious=False)


def mend(objects: Objects, found: Iterable[Fault]) -> list[str]:
    """Mend what needs nothing to be made; damaged objects are marked, so that the next run makes them anew.

    Parameters
    ----------
    objects : Objects
        With the ledger opened to write.
    found : iterable of Fault
        What ``faults`` found.

    Returns
    -------
    list of str
        What was done, in words.
    """
    done = []
    for fault in found:
        if fault.kind == "object" and fault.digest:
            objects.suspect(fault.digest)
            state = "put down as damaged" if _drop_damaged(objects, fault.digest) else "is gone"
            done.append(f"{fault.name}: {state}; the next run makes it anew")
        elif fault.kind == "note" and not fault.digest:
            write_variants(objects.layout, objects.ledger.variants())
            done.append(f"{fault.name}: written anew")
        elif fault.kind == "note" and not read_manifest(objects.layout.manifest(fault.digest)):
            if objects.noted(fault.digest):
                done.append(f"{fault.name}: its note was written anew")
        elif fault.kind == "file":
            name = fault.name.removeprefix(f"{fault.variant}/")
            if objects.sound(fault.digest) and objects.products.publish(
                name, fault.digest, fault.variant
            ):
                done.append(f"{fault.name}: its file was written anew")
    there = set(objects.ledger.objects())
    for recipe, digest in objects.ledger.recipes():
        if digest not in there or not objects.vouched(recipe, digest):
            objects.ledger.forget(recipe)
            done.append(f"recipe {recipe[:12]}: forgotten")
    return done


def _drop_damaged(objects: Objects, digest: str) -> bool:
    """Delete a file that is not what it is named after; whether there was one."""
    path = objects.layout.object(digest, objects.known(digest)[1])
    with disk_errors(path):
        there = path.exists()
        path.unlink(missing_ok=True)
    return there
