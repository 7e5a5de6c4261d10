"""What was made, from what, when, why and how fast: one SQLite file that survives kills."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shanshui.store.diary import Diary

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


class Ledger(Diary):
    """What stands in one study and by which recipe; opened as a ``Book``."""

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
