"""From shares of units to whole ones: rounding, repair of what no longer holds, and moves that gain."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanshui.decision.optimise.programme import Numbers, Programme, Whole

TINY = 1e-9
SWAPS = 400
"""Moves of each kind that are tried in pairs."""


@dataclass
class Choice:
    """A use for each unit, with what it gives of each row.

    Attributes
    ----------
    programme : Programme
        What is chosen in.
    chosen : (n,) array of int
        Variable of each unit.
    sums : (m,) array
        Of the rows.
    """

    programme: Programme
    chosen: Whole
    sums: Numbers

    @classmethod
    def of(cls, programme: Programme, chosen: Whole) -> "Choice":
        """A choice and its sums.

        Parameters
        ----------
        programme : Programme
            What is chosen in.
        chosen : (n,) array of int
            Variable of each unit.
        """
        return cls(programme, chosen, programme.rows[:, chosen].sum(axis=1))

    @property
    def use(self) -> Whole:
        """Use of each unit."""
        return self.programme.use_of[self.chosen]

    @property
    def worth(self) -> float:
        """Worth of the choice, borders paid."""
        p = self.programme
        apart = self.use[p.source] != self.use[p.target]
        return float(p.worth[self.chosen].sum() - p.border[apart].sum())

    @property
    def scale(self) -> Numbers:
        """What a row is measured by."""
        return np.maximum(np.abs(self.programme.rows).max(axis=1, initial=0.0), 1e-300)

    def excess(self, sums: Numbers) -> Numbers:
        """How far sums of rows, on the first axis, lie outside their sides, relative to the greatest coefficient."""
        p = self.programme
        shape = (-1, *([1] * (sums.ndim - 1)))
        low, high, scale = (a.reshape(shape) for a in (p.low, p.high, self.scale))
        slight = TINY * np.maximum(1.0, np.abs(np.where(np.isfinite(sums), sums, 0.0)) / scale)
        out = np.maximum(np.maximum(low - sums, sums - high) / scale, 0.0)
        return np.where(out <= slight, 0.0, out)

    @property
    def holds(self) -> bool:
        """Whether all rows are within their sides."""
        return not self.excess(self.sums).any()

    def gains(self) -> Numbers:
        """What each variable would gain if its unit took it, all others staying."""
        p = self.programme
        gain = p.worth - p.worth[self.chosen][p.unit_of]
        if p.border.any():
            alike = np.zeros((len(p.units), len(p.uses)))
            np.add.at(alike, (p.source, self.use[p.target]), p.border)
            np.add.at(alike, (p.target, self.use[p.source]), p.border)
            now = alike[np.arange(len(p.units)), self.use]
            gain = gain + alike[p.unit_of, p.use_of] - now[p.unit_of]
        return np.asarray(gain)

    def changes(self) -> Numbers:
        """What each variable would change of each row if its unit took it."""
        p = self.programme
        return p.rows - p.rows[:, self.chosen][:, p.unit_of]

    def take(self, variable: int) -> None:
        """Let the variable's unit take it."""
        p = self.programme
        unit = p.unit_of[variable]
        self.sums = self.sums + p.rows[:, variable] - p.rows[:, self.chosen[unit]]
        self.chosen[unit] = variable


def rounded(programme: Programme, x: Numbers) -> Choice:
    """Each unit wholly to the use that takes most of it; the first of equal ones."""
    order = np.lexsort((np.arange(x.size), -np.round(x, 9), programme.unit_of))
    first = np.searchsorted(programme.unit_of[order], np.arange(len(programme.units)))
    return Choice.of(programme, order[first])


def repair(choice: Choice, moves: int) -> bool:
    """Move units until all rows hold, each time the move that costs least for what it mends.

    Parameters
    ----------
    choice : Choice
        Changed in place.
    moves : int
        At most.

    Returns
    -------
    bool
        Whether all rows hold.
    """
    for _ in range(moves):
        now = choice.excess(choice.sums).sum()
        if now == 0.0:
            return True
        after = choice.excess(choice.sums[:, None] + choice.changes()).sum(axis=0)
        mends = now - after
        helps = mends > TINY
        if not helps.any():
            return False
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(helps, -choice.gains() / mends, np.inf)
        # what ends the excess at once goes before what only lessens it at the same rate
        choice.take(int(np.lexsort((after, rate))[0]))
    return choice.holds


def improve(choice: Choice, passes: int, enough: float) -> None:
    """Take single moves that gain and keep all rows, then pairs of moves, until none is left or the worth is enough.

    Parameters
    ----------
    choice : Choice
        Holds; changed in place.
    passes : int
        At most.
    enough : float
        Worth at which to stop.
    """
    for _ in range(passes):
        if choice.worth >= enough or not (_single(choice) or _pairs(choice)):
            return


def _single(choice: Choice) -> bool:
    p = choice.programme
    gain = choice.gains()
    least = TINY * max(1.0, float(np.abs(p.worth).max(initial=0.0)))
    candidates = np.flatnonzero(gain > least)
    if candidates.size == 0:
        return False
    fits = ~choice.excess(choice.sums[:, None] + choice.changes()[:, candidates]).any(axis=0)
    candidates = candidates[fits]
    moved = False
    touched = np.zeros(len(p.units), bool)
    neighbours = _neighbours(p) if p.border.any() else None
    for variable in candidates[np.lexsort((candidates, -gain[candidates]))]:
        unit = p.unit_of[variable]
        if touched[unit]:
            continue
        sums = choice.sums + p.rows[:, variable] - p.rows[:, choice.chosen[unit]]
        if choice.excess(sums).any():
            continue
        choice.take(int(variable))
        moved = True
        touched[unit] = True
        if neighbours is not None:
            touched[neighbours[unit]] = True
    return moved


def _pairs(choice: Choice) -> bool:
    """The best pair of moves of two units of which the one pays for the other in the rows."""
    p = choice.programme
    gain = choice.gains()
    gain[choice.chosen] = -np.inf
    changes = choice.changes()
    wanted = np.flatnonzero(np.isfinite(gain) & (gain > 0))
    wanted = wanted[np.argsort(-gain[wanted], kind="stable")][:SWAPS]
    if wanted.size == 0:
        return False
    payers = _cheapest(gain, changes, SWAPS)
    least = TINY * max(1.0, float(np.abs(p.worth).max(initial=0.0)))
    both = gain[wanted][:, None] + gain[payers][None, :]
    apart = p.unit_of[wanted][:, None] != p.unit_of[payers][None, :]
    if p.border.any():
        apart &= ~_touching(p, p.unit_of[wanted], p.unit_of[payers])
    a, b = np.nonzero((both > least) & apart)
    if a.size == 0:
        return False
    sums = choice.sums[:, None] + changes[:, wanted[a]] + changes[:, payers[b]]
    fits = ~choice.excess(sums).any(axis=0)
    a, b = a[fits], b[fits]
    if a.size == 0:
        return False
    order = np.lexsort((b, a, -both[a, b]))
    done = np.zeros(len(p.units), bool)
    for k in order:
        first, second = int(wanted[a[k]]), int(payers[b[k]])
        units = p.unit_of[[first, second]]
        if done[units].any():
            continue
        after = choice.sums + changes[:, first] + changes[:, second]
        if choice.excess(after).any():
            continue
        choice.take(first)
        choice.take(second)
        done[units] = True
        if p.border.any():
            break
    return bool(done.any())


def _cheapest(gain: Numbers, changes: Numbers, count: int) -> Whole:
    """Moves that lose least for what they free of some row, by row and by direction."""
    found = []
    can = np.isfinite(gain)
    for row in changes:
        for sign in (1.0, -1.0):
            frees = can & (sign * row > TINY)
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = np.where(frees, -gain / np.abs(row), np.inf)
            some = np.argpartition(rate, min(count, rate.size - 1))[:count]
            found.append(some[np.isfinite(rate[some])])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _neighbours(p: Programme) -> list[Whole]:
    ends = np.concatenate([p.source, p.target])
    others = np.concatenate([p.target, p.source])
    order = np.argsort(ends, kind="stable")
    cuts = np.searchsorted(ends[order], np.arange(len(p.units) + 1))
    return [others[order[a:b]] for a, b in itertools.pairwise(cuts)]


def _touching(p: Programme, first: Whole, second: Whole) -> NDArray[np.bool_]:
    count = len(p.units)
    keys = np.unique(np.concatenate([p.source * count + p.target, p.target * count + p.source]))
    return np.isin(first[:, None] * count + second[None, :], keys)
