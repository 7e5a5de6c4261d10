"""The ways of asking a circuit: between pairs, from one to all, from all to one, and with given sources and grounds."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.pattern.circuit.answers import (
    ACCEPTED,
    LIMIT,
    TOLERANCE,
    Answer,
    Circuit,
    Field,
    Fields,
    Terminals,
    United,
    fall,
    held,
    parts,
)
from shanshui.pattern.circuit.refine import held_to


def pairwise_resistances(
    circuit: Circuit,
    terminals: Terminals,
    pairs: Iterable[tuple[int, int]] | None = None,
    regions: United | None = None,
) -> Iterator[tuple[tuple[int, int], float]]:
    """Resistance of each pair, without keeping a field: of each solution only its values at the terminals stay.

    Parameters
    ----------
    circuit : Lattice or Links
        What conducts.
    terminals : mapping of int to array of int
        Nodes of each terminal.
    pairs : iterable of pairs, optional
        Which; all by default.
    regions : Regions, optional
        Terminals that are one node in their own pairs.

    Yields
    ------
    pair, resistance : (int, int), float [ohm]
        inf where there is no way.
    """
    names = sorted(terminals)
    wanted = list(combinations(names, 2)) if pairs is None else list(pairs)
    part = circuit.component.ravel()
    single = [n for n in names if _is_node(n, terminals, regions)]
    asked = {
        n for pair in wanted if all(_is_node(m, terminals, regions) for m in pair) for n in pair
    }
    nodes = np.array([int(terminals[n][0]) for n in single], np.intp)
    place = {n: k for k, n in enumerate(single)}
    levels = np.zeros((2, nodes.size, nodes.size))
    for number in np.unique(part[nodes]) if nodes.size else ():
        members = [n for n in single if n in asked and part[nodes[place[n]]] == number]
        places = [int(nodes[place[name]]) for name in members]
        many = (
            circuit.several(places[1:], places[0], tolerance=TOLERANCE, limit=LIMIT)
            if len(places) > 1
            else ()
        )
        for name, solved in zip(members[1:], many, strict=True):
            good = held_to(
                solved, max(ACCEPTED, 20.0 * circuit.floor), currents=False, solver=circuit.tried
            )
            levels[:, place[name]] = good.field.ravel()[nodes], good.low.ravel()[nodes]
    for a, b in wanted:
        if a in place and b in place:
            i, j = place[a], place[b]
            if circuit.shares_node(nodes[i : i + 1], nodes[j : j + 1]):
                yield (a, b), 0.0
                continue
            apart = part[nodes[i]] != part[nodes[j]] or part[nodes[i]] == 0
            # near points seen from afar: differences of great numbers, hence the low parts
            drops = (levels[:, i, i] - levels[:, j, i]) - (levels[:, i, j] - levels[:, j, j])
            yield (a, b), np.inf if apart else float(drops[0] + drops[1])
        else:
            alone = Fields(keep=False, currents=False)
            (answer,) = pairwise(circuit, terminals, [(a, b)], alone, regions)
            yield (a, b), answer.resistance


def pairwise(
    circuit: Circuit,
    terminals: Terminals,
    pairs: Iterable[tuple[int, int]] | None = None,
    fields: Fields | None = None,
    regions: United | None = None,
) -> Iterator[Answer]:
    """One ampere from terminal to terminal, for each pair.

    Parameters
    ----------
    circuit : Lattice or Links
        What conducts.
    terminals : mapping of int to array of int
        Nodes of each terminal; a terminal of several is short-circuited in its own pairs.
    pairs : iterable of pairs, optional
        Which; all by default.
    fields : Fields, optional
        Where solutions are kept: of n single nodes n - 1 are solved, and all pairs follow from them.
    regions : Regions, optional
        Terminals that are one node in their own pairs.

    Yields
    ------
    Answer
        Potentials are 0 at the first terminal and the resistance times one ampere at the second, as in Circuitscape's maps.
    """
    names = sorted(terminals)
    wanted = list(combinations(names, 2)) if pairs is None else list(pairs)
    store = fields or Fields()
    part = circuit.component.ravel()
    first_of: dict[int, int] = {}
    for name in names:
        if _is_node(name, terminals, regions):
            node = int(terminals[name][0])
            first_of.setdefault(int(part[node]), node)

    single = [n for n in names if _is_node(n, terminals, regions)]
    asked = {n for pair in wanted if set(pair) <= set(single) for n in pair}
    ahead = _Ahead(circuit, {n: int(terminals[n][0]) for n in single if n in asked})

    def response(name: int) -> tuple[Field, float]:
        node = int(terminals[name][0])
        zero = first_of[int(part[node])]
        if node == zero:
            return circuit.blank(), 0.0
        flat, residual = store.get(f"node-{name}", lambda: ahead.solved(name, zero))
        return flat, residual

    for a, b in wanted:
        if _is_node(a, terminals, regions) and _is_node(b, terminals, regions):
            here, there = terminals[a], terminals[b]
            if part[here[0]] != part[there[0]] or part[here[0]] == 0:
                yield Answer((a, b), np.inf, circuit.blank, circuit.blank)
            elif circuit.shares_node(here, there):
                yield Answer((a, b), 0.0, circuit.blank, circuit.blank)
            else:
                yield _superposed(circuit, (a, b), int(here[0]), int(there[0]), response)
        elif regions is not None and (a in regions or b in regions):
            yield _between_regions((a, b), *regions.united(circuit.shape, a, b), store)
        else:
            yield _between_regions((a, b), circuit, terminals[a], terminals[b], store)


def _is_node(name: int, terminals: Terminals, regions: United | None) -> bool:
    """Whether a terminal is one node of the circuit as it is."""
    return terminals[name].size == 1 and (regions is None or name not in regions)


class _Ahead:
    """Solutions of single nodes, some solved ahead of their turn: side by side each costs less.

    Parameters
    ----------
    circuit : Lattice or Links
        What conducts.
    nodes : mapping of int to int
        Node of each terminal that will be asked for, in that order.
    """

    def __init__(self, circuit: Circuit, nodes: Mapping[int, int]) -> None:
        self.circuit, self.waiting = circuit, dict(nodes)
        self.kept: dict[int, tuple[Field, float]] = {}

    def solved(self, name: int, zero: int) -> tuple[Field, float]:
        """Potentials from a terminal to the node ``zero`` of its part, with the residual; each is asked for once."""
        if name not in self.kept:
            part = self.circuit.component.ravel()
            mates = [
                n
                for n, c in self.waiting.items()
                if n > name and c != zero and part[c] == part[zero]
            ]
            batch = [name, *mates[: self.circuit.abreast - 1]]
            sources = [self.waiting[n] for n in batch]
            many = self.circuit.several(sources, zero, tolerance=TOLERANCE, limit=LIMIT)
            for mate, solved in zip(batch, many, strict=True):
                field, residual = held(self.circuit, solved)
                self.kept[mate] = (np.array(field), residual)
                del self.waiting[mate]
        return self.kept.pop(name)


def _superposed(
    circuit: Circuit,
    pair: tuple[int, int],
    a: int,
    b: int,
    response: Callable[[int], tuple[Field, float]],
) -> Answer:
    (one, left), (other, right) = response(pair[0]), response(pair[1])
    inside = circuit.component == circuit.component.ravel()[a]
    drop, rest = fall(one, other, circuit.shape)
    levels = [(float(drop.ravel()[n]), float(rest.ravel()[n])) for n in (a, b)]
    resistance = (levels[0][0] - levels[1][0]) + (levels[0][1] - levels[1][1])

    def potential() -> Field:
        down, less = fall(one, other, circuit.shape)
        return np.where(inside, (levels[0][0] - down) + (levels[0][1] - less), 0.0)

    def current() -> Field:
        down, less = fall(one, other, circuit.shape)
        return circuit.flow(np.where(inside, down, 0.0), low=np.where(inside, less, 0.0))

    ends = circuit.whole(np.array([a, b], np.intp))
    return Answer(pair, resistance, potential, current, max(left, right), ends)


def _between_regions(
    pair: tuple[int, int],
    circuit: Circuit,
    here: NDArray[np.intp],
    there: NDArray[np.intp],
    store: Fields,
) -> Answer:
    part = circuit.component.ravel()
    if not np.isin(part[here], part[there][part[there] > 0]).any():
        return Answer(pair, np.inf, circuit.blank, circuit.blank)
    here, there = here[part[here] > 0], there[part[there] > 0]
    if circuit.shares_node(here, there):
        return Answer(pair, 0.0, circuit.blank, circuit.blank)

    def solve() -> tuple[Field, float]:
        tied = [*here.tolist(), *there.tolist()]
        level = [1.0] * here.size + [0.0] * there.size
        return held(
            circuit,
            circuit.clamped(tied, level, None, None, tolerance=TOLERANCE, limit=LIMIT),
            store.currents,
        )

    flat, residual = store.get(f"pair-{pair[0]}-{pair[1]}", solve)
    field, low = parts(flat, circuit.shape)
    # taken where potentials are near 0 and hence keep their digits
    total = float(circuit.flow(field, low=low).ravel()[circuit.distinct(there)].sum())
    ends = circuit.whole(np.concatenate([here, there]))

    def potential() -> Field:
        inside = np.isin(circuit.component, part[ends])
        return np.where(inside, (1.0 - field) / total, 0.0)

    def current() -> Field:
        out = circuit.flow(field, low=low) / total
        # a terminal of several nodes is one node: all of it carries the whole ampere
        out.ravel()[ends] = 1.0
        return out

    return Answer(pair, 1.0 / total, potential, current, residual, ends)


def starred(
    circuit: Circuit,
    terminals: Terminals,
    strength: Mapping[int, float],
    partners: Callable[[int], Iterable[int]],
    *,
    outward: bool,
    fields: Fields | None = None,
) -> Iterator[Answer]:
    """Current between one terminal and all its partners, for each in turn.

    Parameters
    ----------
    circuit : Lattice or Links
        What conducts.
    terminals : mapping of int to array of int
        One node of each.
    strength : mapping of int to float [ampere]
        Sent in by a terminal; 1 where it has none.
    partners : function
        The other terminals that take part with one.
    outward : bool
        One to all: the one sends, the others are ground. Otherwise all to one.
    fields : Fields, optional
        Where solutions are kept.

    Yields
    ------
    Answer
        With a resistance when outward: potential at the one over what it sends.
    """
    store = fields or Fields()
    part = circuit.component.ravel()
    for name in sorted(terminals):
        others = [o for o in partners(name) if o != name]
        node = int(terminals[name][0])
        reached = [o for o in others if part[terminals[o][0]] == part[node]]
        apart = [o for o in reached if not circuit.shares_node(terminals[name], terminals[o])]
        if not apart:
            yield Answer((name,), np.inf if outward else np.nan, circuit.blank, circuit.blank)
            continue
        sent = circuit.blank()
        if outward:
            sent.ravel()[node] = strength.get(name, 1.0)
            fixed = [int(terminals[o][0]) for o in apart]
        else:
            for o in apart:
                sent.ravel()[terminals[o][0]] += strength.get(o, 1.0)
            fixed = [node]

        def solve(fixed: list[int] = fixed, sent: Field = sent) -> tuple[Field, float]:
            return held(
                circuit,
                circuit.clamped(
                    fixed, [0.0] * len(fixed), sent, None, tolerance=TOLERANCE, limit=LIMIT
                ),
            )

        flat, residual = store.get(f"node-{name}", solve)
        field, low = parts(flat, circuit.shape)
        given = strength.get(name, 1.0)
        resistance = float(field.ravel()[node] / given) if outward and given else np.nan
        yield Answer(
            (name,),
            resistance,
            lambda field=field: field,  # type: ignore[misc]
            lambda field=field, low=low: circuit.flow(field, low=low),  # type: ignore[misc]
            residual,
            circuit.whole(terminals[name][:1]),
        )


def advanced(circuit: Circuit, sources: Field, grounds: Field, conflict: str = "keepall") -> Answer:
    """Potentials and currents of given sources and grounds.

    Parameters
    ----------
    circuit : Lattice or Links
        What conducts.
    sources : array as the circuit's nodes [ampere]
        Current sent in, negative for taken out.
    grounds : array as the circuit's nodes [siemens]
        Conductance to ground; inf is ground itself, 0 none.
    conflict : str
        Where a node has both: ``keepall``, ``rmvsrc``, ``rmvgnd``, ``rmvall``. A source on ground itself loses that ground if it is kept.

    Returns
    -------
    Answer
        Parts without a source or without a ground stay at 0.
    """
    sources, grounds = sources.astype(np.float64), grounds.astype(np.float64)
    if (grounds < 0).any():
        raise QuantityError("grounds: found conductances below 0; expected 0 or more, or inf")
    part = circuit.component
    sources, grounds = np.where(part > 0, sources, 0.0), np.where(part > 0, grounds, 0.0)
    both = (sources != 0) & (grounds > 0)
    if conflict in ("rmvsrc", "rmvall"):
        sources[both] = 0.0
    if conflict in ("rmvgnd", "rmvall"):
        grounds[both] = 0.0
    grounds[np.isinf(grounds) & (sources != 0)] = 0.0
    live = np.intersect1d(part[sources != 0], part[grounds > 0])
    inside = np.isin(part, live)
    sources, grounds = np.where(inside, sources, 0.0), np.where(inside, grounds, 0.0)
    fixed = np.flatnonzero(np.isinf(grounds.ravel()))
    leak = np.where(np.isinf(grounds), 0.0, grounds)
    if live.size == 0:
        return Answer((), np.nan, circuit.blank, circuit.blank)
    potential, residual = held(
        circuit,
        circuit.clamped(
            fixed.tolist(), [0.0] * fixed.size, sources, leak, tolerance=TOLERANCE, limit=LIMIT
        ),
    )
    field, low = parts(potential, circuit.shape)
    return Answer((), np.nan, lambda: field, lambda: circuit.flow(field, leak, low), residual)
