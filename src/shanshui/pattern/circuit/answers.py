"""What is asked of a circuit, and what it answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shanshui.pattern.circuit.refine import Solved, held_to

Field = NDArray[np.float64]
Terminals = Mapping[int, NDArray[np.intp]]
TOLERANCE = 1e-9
"""Doubt aimed at by iterations [D], see :class:`shanshui.pattern.circuit.refine.Solved`; a factorisation goes on to 1e-14."""
ACCEPTED = 1e-6
"""Doubt beyond which a result is refused, and unbalanced current beyond which currents are [D]: rounding alone leaves 1e-10 of
a current where resistances differ by 1e6."""
LIMIT = 1000


class Circuit(Protocol):
    """What the modes ask of a lattice or a network."""

    component: NDArray[np.int32]
    floor: float
    """Doubt that the precision of the solver leaves."""

    @property
    def size(self) -> int:
        """Number of nodes."""
        ...

    @property
    def abreast(self) -> int:
        """Solutions that are worked on side by side."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a field."""
        ...

    def blank(self) -> Field:
        """Zeros of that shape."""
        ...

    def between(self, source: int, sink: int, *, tolerance: float, limit: int) -> Solved:
        """Potentials for one ampere from node to node, 0 at the latter."""
        ...

    def several(
        self, sources: Sequence[int], sink: int, *, tolerance: float, limit: int
    ) -> Iterator[Solved]:
        """Potentials for one ampere from each of several nodes to one; their memory may be used again for the next."""
        ...

    def clamped(
        self,
        fixed: Sequence[int],
        values: Sequence[float],
        injection: Field | None,
        leak: Field | None,
        *,
        tolerance: float,
        limit: int,
    ) -> Solved:
        """Potentials with nodes held, currents sent in and leaks."""
        ...

    @property
    def tried(self) -> str:
        """The most exact solver that a solution went through."""
        ...

    def flow(self, potential: Field, leak: Field | None = None, low: Field | None = None) -> Field:
        """Current through each node, of potentials and what rounding takes off them."""
        ...

    def distinct(self, nodes: NDArray[np.intp]) -> NDArray[np.intp]:
        """One of each node."""
        ...

    def whole(self, nodes: NDArray[np.intp]) -> NDArray[np.intp]:
        """All that is part of some nodes."""
        ...

    def shares_node(self, here: NDArray[np.intp], there: NDArray[np.intp]) -> bool:
        """Whether some are parts of the same node as some others."""
        ...


@dataclass(frozen=True)
class Answer:
    """One solved question.

    Attributes
    ----------
    name : tuple of int
        The two terminals of a pair, or the one terminal.
    resistance : float [ohm]
        Between the two, or from the one to ground; inf where there is no way, NaN where it has no meaning.
    potential, current : function
        Give the field of potentials [volt] and of currents through nodes [ampere]; nothing where there is no way.
    residual : float [1]
        The greatest current left over at a node, over the greatest current through one.
    ends : (node,) array of int
        All that is part of its terminals.
    """

    name: tuple[int, ...]
    resistance: float
    potential: Callable[[], Field]
    current: Callable[[], Field]
    residual: float = 0.0
    ends: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))


class United(Protocol):
    """Terminals that are one node in their own pairs only, see :class:`shanshui.pattern.circuit.regions.Regions`."""

    def __contains__(self, name: int) -> bool:
        """Whether a terminal is one of them."""
        ...

    def united(
        self, shape: tuple[int, ...], a: int, b: int
    ) -> tuple[Circuit, NDArray[np.intp], NDArray[np.intp]]:
        """The circuit in which two terminals are one node each, and these nodes."""
        ...


class Fields:
    """Solved fields, kept in memory; ``keep=False`` forgets them at once, ``currents=False`` asks them for resistances only."""

    def __init__(self, keep: bool = True, currents: bool = True) -> None:
        self.keep, self.currents = keep, currents
        self.kept: dict[str, tuple[Field, float]] = {}

    def get(self, name: str, solve: Callable[[], tuple[Field, float]]) -> tuple[Field, float]:
        """Return the field of that name, solving it if it is not there."""
        if name in self.kept:
            return self.kept[name]
        solved = solve()
        if self.keep:
            self.kept[name] = solved
        return solved


def held(circuit: Circuit, solved: Solved, currents: bool = True) -> tuple[Field, float]:
    """Potentials that are good enough for what is asked, both parts one after the other where one is not, and what they leave over."""
    limit = max(ACCEPTED, 20.0 * circuit.floor)
    good = held_to(solved, limit, currents=currents, solver=circuit.tried)
    if currents and good.rough > TOLERANCE:
        return np.stack([good.field, good.low]), good.residual
    return good.field, good.residual


def parts(kept: Field, shape: tuple[int, ...]) -> tuple[Field, Field | None]:
    """Potentials of nodes and what rounding takes off them, where that was kept."""
    flat, size = np.asarray(kept).ravel(), int(np.prod(shape))
    low = flat[size : 2 * size].reshape(shape) if flat.size >= 2 * size else None
    return flat[:size].reshape(shape), low


def fall(one: Field, other: Field, shape: tuple[int, ...]) -> tuple[Field, Field]:
    """Potentials less others, as they are kept, in two parts (Knuth's difference of two)."""
    (a, a_low), (b, b_low) = parts(one, shape), parts(other, shape)
    high = a - b
    back = high - a
    low = (a - (high - back)) - (b + back)
    for more, sign in ((a_low, 1.0), (b_low, -1.0)):
        if more is not None:
            low = low + sign * more
    return high, low
