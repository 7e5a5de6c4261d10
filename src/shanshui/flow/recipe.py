"""What decides a product, how it stands, and why it is made again."""

import json
from pathlib import Path
from typing import Any

from shanshui.core.door import admit, agree, given
from shanshui.core.errors import ShanshuiError
from shanshui.flow.canon import digest_of
from shanshui.flow.fingerprint import code_digest, package_digest
from shanshui.flow.known import kept_code
from shanshui.flow.plan import Plan
from shanshui.flow.rewire import plain
from shanshui.flow.steps import Layer, Source
from shanshui.flow.variants import reached
from shanshui.region.grid import GridSpec
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects


class Recipes:
    """Recipes of the products of a plan, against those by which they were made.

    Parameters
    ----------
    plan : Plan
        What can be made.
    grid : GridSpec
        Study grid.
    ledger : Ledger
        Knows what was made.
    objects : Objects
        Keeps it.
    variant : str
        Name under which the products stand that differ from those of ``base``.
    base : Plan, optional
        The study's own plan, for a variant; without it everything differs.

    Attributes
    ----------
    digests : dict of product to digest
        Of the results that stand; those above a product are part of its recipe.
    reached : set of str
        Products that what the variant sets reaches.
    """

    def __init__(
        self,
        plan: Plan,
        grid: GridSpec,
        ledger: Ledger,
        objects: Objects,
        variant: str = "",
        base: Plan | None = None,
    ) -> None:
        self.plan, self.grid, self.ledger, self.objects = plan, grid, ledger, objects
        self.variant = variant
        every = set(plan.steps) if variant else set()
        self.reached = reached(plan, base) if variant and base else every
        self.digests: dict[str, str] = {}

    def where(self, name: str) -> str:
        """Variant under which a product of this plan stands: that of the run, if what it sets reaches it."""
        return self.variant if name in self.reached else ""

    def above(self, name: str) -> dict[str, str]:
        """Digest of each product that one takes."""
        return {p: self.digests[p] for p in self.plan.inputs(name).values()}

    def _taken(self, name: str) -> dict[str, str]:
        """The same under the plain names: a product before a change is what it was where nothing was changed."""
        return {plain(p): digest for p, digest in self.above(name).items()}

    def of(self, name: str) -> tuple[str, dict[str, Any]]:
        """Digest of all that decides a product, and its parts: code, settings, inputs, declaration, halo, grid."""
        item = self.plan.steps[name]
        if isinstance(item, Layer):
            parts: dict[str, Any] = {
                "code": "",
                "settings": {"layer": item.layer},
                "inputs": self._taken(name),
                "card": repr(item.gives),
            }
        elif isinstance(item, Source):
            inputs = item.digests() | self._taken(name)
            parts = {
                "code": self.code(item.code),
                "settings": dict(item.parts),
                "inputs": inputs,
                "card": repr(item.gives),
            }
        else:
            card = item.card
            inputs = self._taken(name)
            bound = {k: plain(p) for k, p in item.needs.items() if p in self.plan.steps}
            parts = {
                # the door converts units and writes them: what it does is part of the result
                "code": digest_of(*map(self.code, (item.call, admit, agree, given))),
                "settings": card.checked(item.settings),
                "inputs": inputs,
                "card": repr((sorted(bound.items()), card.needs, card.gives, self.plan.keys(name))),
                "halo": self.code(card.halo) if callable(card.halo) else card.halo,
            }
        parts["grid"] = [
            self.grid.crs,
            self.grid.cell_m,
            self.grid.left,
            self.grid.top,
            *self.grid.shape,
        ]
        return digest_of(parts), parts

    def code(self, fn: Any) -> str:
        """Digest of a function's code: known while no file of the package has changed."""
        key, package = f"{fn.__module__}.{getattr(fn, '__qualname__', '<')}", package_digest()
        if "<" in key or not key.startswith("shanshui."):
            # many may bear this name, or the package's digest does not cover it
            return code_digest(fn)
        digest = self.ledger.code(key, package)
        if digest is None:
            known = kept_code(package)
            digest = known.of(key)
            if digest is None:
                digest = code_digest(fn)
                known.know(key, digest)
            self.ledger.know_code(key, package, digest)
        return digest

    def standing(self, name: str, stale: set[str] | None = None) -> tuple[str, str]:
        """State of a product, and in words why it is not made.

        Parameters
        ----------
        name : str
            Product.
        stale : set of str, optional
            Products above it that are known not to be made.

        Returns
        -------
        (str, str)
            ``made``, ``stale`` or ``missing``, and why.
        """
        record = self.ledger.product(name, self.where(name))
        if record is None:
            return "missing", "not made yet"
        if not self.objects.present(record.digest):
            return "missing", "the kept result is gone or damaged"
        above = self.plan.inputs(name).values()
        old = [p for p in above if p in (stale or set())]
        try:
            for product in above:
                found = self.ledger.product(product, self.where(product))
                if found is not None:
                    self.digests[product] = found.digest
            recipe, parts = self.of(name)
        except (ShanshuiError, KeyError) as error:
            return "stale", str(error) if isinstance(error, ShanshuiError) else "an input is gone"
        why = reason(record.parts, parts)
        if recipe == record.recipe and not old:
            return "made", ""
        if record.variant != self.where(name):
            return "missing", f"not made yet in variant '{self.variant}'"
        if old and recipe == record.recipe:
            return "stale", f"{', '.join(old)} {'is' if len(old) == 1 else 'are'} not up to date"
        return "stale", f"changed since: {why}"


def reason(before: dict[str, Any] | None, now: dict[str, Any]) -> str:
    """Why a product is made again, in words.

    Parameters
    ----------
    before : dict, optional
        Parts of the recipe by which it stands, as the ledger gives them.
    now : dict
        Parts of its recipe.
    """
    if before is None:
        return "first run"
    now = json.loads(json.dumps(now, default=str))
    why = []
    if before.get("code") != now["code"]:
        why.append("code")
    if before.get("halo") != now.get("halo"):
        why.append("halo")
    if before.get("card") != now["card"] or before.get("grid") != now["grid"]:
        why.append("grid" if before.get("grid") != now["grid"] else "declaration")
    old, new = before.get("settings", {}), now["settings"]
    changed = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    if changed:
        why.append("setting " + ", ".join(f"{k} {old.get(k)} -> {new.get(k)}" for k in changed))
    old, new = before.get("inputs", {}), now["inputs"]
    changed = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    if changed:
        why.append("input " + ", ".join(Path(k).name for k in changed))
    return "; ".join(why) or "nothing changed"
