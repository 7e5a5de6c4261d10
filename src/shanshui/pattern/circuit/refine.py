"""Potentials corrected until the answer stands, and how far it stands."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import ResourceError
from shanshui.kernels.lattice import add_parts, by_rows, lower_parts

Values = NDArray[np.float64]
STANDS = 1e-14
"""Doubt at which potentials count as exact [D]: some rounding errors of a double."""
ROUNDS = 40
_ENOUGH = 1e-9
"""Residual of the high part alone up to which it is that of both [D]."""
_SLOW = 0.5
"""A correction that leaves more than this of the doubt before it was the last: only rounding is left, or the solver fails."""


class Solved(NamedTuple):
    """Potentials, and two measures of how good they are.

    Attributes
    ----------
    field : array [volt]
        Rounded to double.
    low : array [volt]
        What the rounding took off: differences are those of ``field`` plus those of ``low``.
    residual : float [1]
        The greatest current that ``field + low`` leaves over at a node, over the greatest current through a node.
    doubt : float [1]
        Estimated error of ``field + low`` in the norm of energy, over the norm of the solution. The relative error of a resistance
        between the terminals is at most this.
    rough : float [1]
        The residual of ``field`` alone. Where neighbours conduct C times better than what lies between them and the terminals,
        rounding leaves some 1e-16 C.
    """

    field: Values
    low: Values
    residual: float
    doubt: float
    rough: float = 0.0


Rest = tuple[Any, float]
"""Currents left at each node, which may be written over, and an energy that is not worth correcting."""
Step = tuple[Any, float]
"""Potentials that correct them, or None, and the energy r'Mr before."""
Balance = Callable[[Values, Values], tuple[Any, float, float, float | None]]
"""Currents that potentials in two parts leave at each node, their energy, the greatest current through a node, and the greatest
left over by the high part alone where it is known at no cost."""


def refining(
    balance: Balance, start: Values, goal: float, low: Values | None = None
) -> Generator[Rest, Step, Solved]:
    """Potentials in two parts, corrected until the doubt is ``goal`` or no longer falls; whoever drives it makes the corrections.

    An error e of the potentials x changes a resistance b'x by b'e = x'Ae, at most the norms of x and e in energy multiplied
    (Cauchy and Schwarz), and b'x is the square of the former: the relative change is at most the ratio of the norms. The norm of e is
    taken from the balance r that x leaves, as the root of r'Mr with the preconditioner M in place of the inverse of A.

    Parameters
    ----------
    balance : function
        Of potentials in two parts.
    start : array of float64 [volt]
        Potentials of held nodes, 0 elsewhere; becomes the solution.
    goal : float [1]
        Doubt to be reached.
    low : array of float64 [volt], optional
        Zeros that become the low part; new ones by default.

    Yields
    ------
    Rest
        To be answered with a step.

    Returns
    -------
    Solved
        The doubt is infinite where the solver broke down.
    """
    high, low = start, np.zeros(start.shape) if low is None else low
    doubt = before = np.inf
    alone: float | None = None
    for _ in range(ROUNDS):
        rest, energy, through, alone = balance(high, low)
        step, wrong = yield rest, goal * goal * energy
        if not (np.isfinite(wrong) and wrong >= 0.0 and np.isfinite(energy)):
            doubt = np.inf
            break
        # of nothing, nothing can be in doubt; of what is not begun, all is
        doubt = float(np.sqrt(wrong / energy)) if energy > 0.0 else (np.inf if wrong else 0.0)
        if step is None or doubt > _SLOW * before:
            break
        before = min(before, doubt)
        add(high, low, step)
        alone = None
    if alone is None:
        rest, _, through, _ = balance(high, np.zeros(start.shape))
        alone = float(np.abs(rest).max(initial=0.0))
    rough = residual = alone / through if through > 0.0 else float(alone > 0.0)
    if rough > _ENOUGH:
        rest, _, through, _ = balance(high, low)
        most = float(np.abs(rest).max(initial=0.0))
        residual = most / through if through > 0.0 else float(most > 0.0)
    return Solved(high, low, residual, doubt, rough)


def driven(
    lanes: Sequence[Generator[Rest, Step, Solved]],
    corrections: Callable[[Sequence[Rest], Sequence[int]], Sequence[Step]],
) -> list[Solved]:
    """Several refinements side by side, round by round.

    Parameters
    ----------
    lanes : sequence of generators
        From :func:`refining`.
    corrections : function
        Of what is left in some lanes, and which these are: a step for each.

    Returns
    -------
    list of Solved
        In the order of the lanes.
    """
    done: dict[int, Solved] = {}
    asked = {k: next(lane) for k, lane in enumerate(lanes)}
    while asked:
        open_lanes = sorted(asked)
        steps = corrections([asked[k] for k in open_lanes], open_lanes)
        for k, step in zip(open_lanes, steps, strict=True):
            try:
                asked[k] = lanes[k].send(step)
            except StopIteration as end:
                done[k] = end.value
                del asked[k]
    return [done[k] for k in range(len(lanes))]


def refined(
    balance: Balance,
    correction: Callable[[Any, float], Step],
    start: Values,
    goal: float,
) -> Solved:
    """One refinement, see :func:`refining`; ``correction`` answers what is left and what is not worth correcting."""
    (found,) = driven(
        [refining(balance, start, goal)], lambda rests, _: [correction(*rest) for rest in rests]
    )
    return found


def add(high: Values, low: Values, more: Any) -> None:
    """Add potentials to those in two parts, in place, see :func:`shanshui.kernels.lattice.add_parts`."""
    one = (1, high.size) if high.ndim < 2 else high.shape
    parts = high.reshape(one), low.reshape(one), np.asarray(more).reshape(one)
    by_rows(add_parts, *parts, rows=one[0])


def above(solved: Solved, node: Any) -> Solved:
    """Potentials above that of a node, in place."""
    field, low = solved.field, solved.low
    one = (1, field.size) if field.ndim < 2 else field.shape
    levels = float(field[node]), float(low[node])
    by_rows(lower_parts, field.reshape(one), low.reshape(one), *levels, rows=one[0])
    return solved


def _advice(solver: str) -> str:
    """What has not been tried yet."""
    cap = "cap the greatest or raise the least"
    return cap if solver == "direct" else f"take solver 'direct', which bears 1e12, or {cap}"


def held_to(solved: Solved, limit: float, *, currents: bool, solver: str = "") -> Solved:
    """A solution that is good enough for resistances, and for currents where they are asked for.

    Parameters
    ----------
    solved : Solved
        What was found.
    limit : float [1]
        Of doubt and residual.
    currents : bool
        Currents are asked for.
    solver : str
        What found it last: a refusal does not advise that.

    Returns
    -------
    Solved
        The same.

    Raises
    ------
    ResourceError
        It is not.
    """
    if not solved.doubt <= limit:
        raise ResourceError(
            f"the circuit was not solved: by {solver or 'the solver'}, a resistance is known to {solved.doubt:.1e} of itself, wanted {limit:.0e}; "
            f"resistances lie too many powers of ten apart: {_advice(solver)}"
        )
    if currents and not solved.residual <= limit:
        raise ResourceError(
            f"the currents are not known: potentials leave {solved.residual:.1e} of the current over at some cell or node, wanted {limit:.0e}, "
            f"while a resistance is known to {solved.doubt:.1e} of itself and can be asked for; resistances lie too many powers of ten apart: "
            f"{_advice(solver)}"
        )
    return solved
