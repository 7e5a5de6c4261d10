"""Two scenarios of a study, made and up to date: what of a product is the same, and what is read of it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import PlanError, refuse_no_name
from shanshui.flow.rewire import is_before
from shanshui.queries.comparison.zones import ZONES, Zones
from shanshui.study.sections import BASE
from shanshui.study.study import Study

_TO_MAKE = ("missing", "stale")
"""States that a run ends."""


class Pair:
    """Two scenarios of a study side by side, looked at once for any number of products.

    Parameters
    ----------
    study : Study
        Whose.
    one, other : str
        Scenarios; ``base`` is the study itself.
    zones : Zones, optional
        Places to tell differences by; those of the first scenario by default.

    Raises
    ------
    StudyError
        No such scenario.
    """

    def __init__(self, study: Study, one: str, other: str, zones: Zones | None = None) -> None:
        self.one, self.other = one, other
        self.a, self.b = study.scenario(one), study.scenario(other)
        self._zones = zones

    @cached_property
    def zones(self) -> Zones:
        """Places to tell differences by."""
        return Zones.of(self.a) if self._zones is None else self._zones

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Cells of the region, of the first scenario; all where it has not made it."""
        if not self.a.has("region_mask"):
            return np.ones(self.a.grid.shape, bool)
        return np.asarray(self.a["region_mask"].values == 1)

    @cached_property
    def _made(self) -> tuple[dict[str, str], dict[str, str]]:
        """State of every product on either side when they were first asked for."""
        return self.a.states(), self.b.states()

    def both(self, product: str) -> bool:
        """Whether both have made a product, as a run would make it now."""
        return all(
            made.get(product) == "made" and view.has(product)
            for view, made in zip((self.a, self.b), self._made, strict=True)
        )

    def refuse(self, product: str) -> None:
        """Refuse a product that one of them has not made.

        Raises
        ------
        PlanError
            Which one, why, and what to run.
        """
        refuse_no_name(product, "product")
        for view, made in zip((self.a, self.b), self._made, strict=True):
            if not view.has(product):
                view.record(product)  # says why
            if made.get(product) != "made":
                why = view.stale_reason(product) or "is not up to date"
                raise PlanError(
                    f"{product} of {view.told or BASE}: {why}; run it: shanshui run {view.layout.folder} {product}{view.flags}"
                )

    def same(self, product: str) -> bool:
        """Whether both stand for one kept result."""
        return self.a.record(product).digest == self.b.record(product).digest

    def read(self, product: str) -> tuple[Any, Any]:
        """The product in both; read once where it is the same."""
        one = self.a[product]
        return one, one if self.same(product) else self.b[product]

    def same_places(self, level: str) -> bool:
        """Whether the places of a level are the same in both, so that a row of one stands for that of the other."""
        product = ZONES[level]
        if self.a.where(product) == self.b.where(product):
            return True
        return self.both(product) and self.same(product)

    def lacking(self, products: Iterable[str]) -> tuple[str, ...]:
        """Products that could be made and that one of them has not, as it stands."""
        return tuple(
            name
            for name in products
            if not self.both(name) and all(name in view.plan.steps for view in (self.a, self.b))
        )

    def differing(self) -> list[str]:
        """Products that both have made and that are not one kept result; nothing of them is read."""
        return [name for name in self.shared() if not self.same(name)]

    def shared(self) -> list[str]:
        """Products that both have made, the same or not."""
        return [name for name in self._made[0] if not is_before(name) and self.both(name)]

    def unmade(self) -> tuple[list[str], list[str]]:
        """Products that only the other one has made, of the first and of the second; what cannot be made here is not meant."""
        one, other = (
            {name for name, state in made.items() if state == "made" and view.has(name)}
            for view, made in zip((self.a, self.b), self._made, strict=True)
        )
        return (
            [n for n in self._made[0] if n in other - one and self._made[0][n] in _TO_MAKE],
            [n for n in self._made[1] if n in one - other and self._made[1][n] in _TO_MAKE],
        )

    def outdated(self) -> list[str]:
        """Products that both may have in their own way and neither has as a run would make them now, though one of them has been made."""
        one, other = self._made
        return [
            name
            for name in one
            if not is_before(name)
            and "stale" in (one[name], other.get(name))
            and "made" not in (one[name], other.get(name))
            # the same thing in both could not differ
            and self.a.where(name) != self.b.where(name)
        ]
