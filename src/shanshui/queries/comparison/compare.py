"""Compare scenarios of a study: one product, or all that differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shanshui.core.errors import PlanError
from shanshui.core.quantity import Features, Grid, Layers, Table
from shanshui.queries.comparison.answer import Comparison
from shanshui.queries.comparison.grids import compared_grids, compared_layers
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.tables import compared_features, compared_tables
from shanshui.queries.comparison.zones import Zones
from shanshui.study.study import Study


@dataclass(frozen=True)
class Comparisons:
    """Products that differ between two scenarios.

    Attributes
    ----------
    one, other : str
        From the first to the second.
    comparisons : tuple of Comparison
        One for each product, in the order in which they are made.
    shared : int
        Products that could be compared, for both have made them.
    unmade : (tuple of str, tuple of str)
        Products that could not, for the first, or the second, has not made what the other has.
    outdated : tuple of str
        Products that could not, for what was made of them is not up to date in either.
    """

    one: str
    other: str
    comparisons: tuple[Comparison, ...]
    shared: int
    unmade: tuple[tuple[str, ...], tuple[str, ...]]
    outdated: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.comparisons)

    def __len__(self) -> int:
        return len(self.comparisons)

    @property
    def products(self) -> tuple[str, ...]:
        """What differs, by name."""
        return tuple(c.product for c in self.comparisons)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [c.to_dict() for c in self.comparisons]


def compare(study: Study, one: str, other: str, product: str, column: str = "") -> Comparison:
    """Compare a product in two scenarios.

    Parameters
    ----------
    study : Study
        With both made.
    one, other : str
        Scenarios; ``base`` is the study itself.
    product : str
        What to compare.
    column : str
        Column of a table that the headline and the places are about; by default the one that tells most.

    Returns
    -------
    Comparison
        From the first to the second.

    Raises
    ------
    PlanError
        A product that one of them has not made, or that is another kind of thing in the other.
    """
    return compared(Pair(study, one, other), product, column)


def comparisons(
    study: Study, one: str, other: str, *products: str, column: str = "", by_place: bool = True
) -> Comparisons:
    """Compare several products in two scenarios.

    Parameters
    ----------
    study : Study
        With both made.
    one, other : str
        Scenarios; ``base`` is the study itself.
    *products : str
        What to compare; all that both have made and that differs when none is named.
    column : str
        Column of tables that is told.
    by_place : bool
        Tell differences by place too, and not of the region alone.

    Returns
    -------
    Comparisons
        When none is named, what is one kept result in both is not read.

    Raises
    ------
    PlanError
        A product that one of them has not made, or that is another kind of thing in the other.
    """
    pair = Pair(study, one, other, None if by_place else Zones.none())
    names = products or pair.differing()
    found = tuple(compared(pair, name, column) for name in names)
    first, second = map(tuple, pair.unmade())
    return Comparisons(
        one, other, found, len(pair.shared()), (first, second), tuple(pair.outdated())
    )


def compared(pair: Pair, product: str, column: str = "") -> Comparison:
    """Compare a product of a pair.

    Parameters
    ----------
    pair : Pair
        Two scenarios.
    product : str
        What to compare.
    column : str
        Column of a table that is told.

    Raises
    ------
    PlanError
        A product that one of them has not made, or that is another kind of thing in the other.
    """
    pair.refuse(product)
    kind, another = pair.a.plan.kind(product), pair.b.plan.kind(product)
    if type(kind) is not type(another):
        raise PlanError(
            f"{product}: is a {type(kind).__name__} in {pair.one} and a {type(another).__name__} in {pair.other}"
        )
    if isinstance(kind, Grid):
        return compared_grids(pair, product)
    if isinstance(kind, Table):
        return compared_tables(pair, product, column)
    if isinstance(kind, Features):
        return compared_features(pair, product)
    if isinstance(kind, Layers):
        return compared_layers(pair, product)
    before, after = map(float, pair.read(product))
    return Comparison(
        product, pair.one, pair.other, "number", kind.unit, "", before, after, pd.DataFrame(), pd.DataFrame(), None, int(before != after), 1, 0
    )  # fmt: skip
