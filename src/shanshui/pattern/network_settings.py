"""What may be set of a network of corridors, and what each setting may be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from shanshui.core.errors import QuantityError, nearest
from shanshui.pattern.climate_gradient import COST, THRESHOLD
from shanshui.pattern.corridor_current import ALL_PAIRS
from shanshui.pattern.corridors import ADJACENCY, NEAREST_BY
from shanshui.pattern.linkage_priority import PriorityWeights

RADII_CELLS = (1.0, 2.0, 3.0)
"""Circles around cells that are restored, where none are given [D]."""
STATISTICS = ("max", "sum")


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of a network of corridors.

    Attributes
    ----------
    four_neighbours : bool
        Steps to the sides only.
    adjacency : str, optional
        Which pairs are looked at: neighbours by ``cost``, ``euclidean``, ``either``, ``both``; or ``all``. By default ``cost``, with a climate
        ``all``.
    neighbours : int, optional
        Each core keeps its so many nearest links; all by default.
    neighbours_by : str
        Nearest by ``cost``, or by ``euclidean`` distance from edge to edge.
    join_groups : bool
        Groups that ``neighbours`` tears apart stay joined by the nearest links between them.
    max_cost, max_euclidean : float [m]
        Longer links are dropped.
    drop_through_cores : bool
        Links whose path crosses a third core are dropped.
    cutoff : float, optional [m]
        Detour at which corridors end; by default that of the least 5 % of the ground off cores and paths.
    radii : sequence of float, optional [m]
        Circles within which ground would be restored, one cell at least; by default 1, 2 and 3 cells.
    open_resistance : float [1]
        Of restored ground.
    statistic : str
        ``max`` or ``sum`` over the links, of current and barriers.
    squared : bool
        Current meets the square of the resistance, and keeps closer to the best ground.
    all_pairs : str
        Current over all corridors between all cores, linked or not: ``none``, ``pairwise`` or ``all-to-one``.
    climate_threshold : float
        Links whose cores differ by no more are dropped, in the unit of the climate.
    climate_cost : float [m]
        What a change of climate by one unit costs on the way, resistance metres.
    weights : PriorityWeights
        Of the weighted priority.

    Raises
    ------
    QuantityError
        A setting out of range.
    """

    four_neighbours: bool = False
    adjacency: str | None = None
    neighbours: int | None = None
    neighbours_by: str = "cost"
    join_groups: bool = False
    max_cost: float = math.inf
    max_euclidean: float = math.inf
    drop_through_cores: bool = True
    cutoff: float | None = None
    radii: Sequence[float] | None = None
    open_resistance: float = 1.0
    statistic: str = "max"
    squared: bool = False
    all_pairs: str = "none"
    climate_threshold: float = THRESHOLD
    climate_cost: float = COST
    weights: PriorityWeights = field(default_factory=PriorityWeights)

    def __post_init__(self) -> None:
        if self.neighbours is not None and self.neighbours < 1:
            raise QuantityError(
                f"neighbours: found {self.neighbours}; expected 1 or more, or none for all"
            )
        for name in ("max_cost", "max_euclidean"):
            if not getattr(self, name) > 0:
                raise QuantityError(
                    f"{name}: found {getattr(self, name):g}; expected metres above 0"
                )
        if self.cutoff is not None and not (self.cutoff >= 0 and math.isfinite(self.cutoff)):
            raise QuantityError(
                f"cutoff: found {self.cutoff:g}; expected resistance metres of 0 or more"
            )
        if not (self.open_resistance > 0 and math.isfinite(self.open_resistance)):
            raise QuantityError(
                f"open_resistance: found {self.open_resistance:g}; expected above 0"
            )
        for name, least in (
            ("climate_threshold", "0 or more, in the unit of the climate"),
            ("climate_cost", "resistance metres of 0 or more for one unit of the climate"),
        ):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise QuantityError(f"{name}: found {value:g}; expected {least}")
        for name, words in (
            ("adjacency", ADJACENCY),
            ("neighbours_by", NEAREST_BY),
            ("statistic", STATISTICS),
            ("all_pairs", ALL_PAIRS),
        ):
            found = getattr(self, name)
            if found is not None and found not in words:
                raise QuantityError(f"{name}: found '{found}'; {nearest(found, words)}")

    def circles(self, size: float) -> tuple[float, ...]:
        """Radii in cells of that size [m].

        Raises
        ------
        QuantityError
            None, or one below a cell.
        """
        if self.radii is None:
            return RADII_CELLS
        circles = tuple(r / size for r in self.radii)
        if not circles or not all(1.0 - 1e-9 <= c < math.inf for c in circles):
            raise QuantityError(
                f"radii: found {', '.join(f'{r:g}' for r in self.radii) or 'none'}; expected one or more, each of a cell ({size:g} m) or more"
            )
        return circles
