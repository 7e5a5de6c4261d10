"""Patches of units of one use that touch: which are smaller than asked, and how they are joined to a neighbour."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from shanshui.decision.optimise.programme import Programme, Whole
from shanshui.decision.optimise.whole import Choice


def small_patches(programme: Programme, use: Whole) -> list[Whole]:
    """Patches below the least size of their use.

    Parameters
    ----------
    programme : Programme
        Who touches whom, and how large a patch must be.
    use : (n,) array of int
        Of each unit.

    Returns
    -------
    list of array of int
        Units of each, the smallest patch first.
    """
    if not programme.least_patch.any():
        return []
    count = len(programme.units)
    same = use[programme.source] == use[programme.target]
    ends = programme.source[same], programme.target[same]
    graph = sp.coo_matrix((np.ones(ends[0].size), ends), shape=(count, count))
    number, patch = connected_components(graph, directed=False)
    area = np.bincount(patch, programme.area, number)
    asked = np.zeros(number)
    asked[patch] = programme.least_patch[use]
    below = np.flatnonzero(area < asked)
    order = np.argsort(patch, kind="stable")
    cuts = np.searchsorted(patch[order], np.arange(number + 1))
    found = [order[cuts[k] : cuts[k + 1]] for k in below]
    return sorted(found, key=lambda units: (programme.area[units].sum(), units[0]))


def neighbours_of(programme: Programme, units: Whole) -> Whole:
    """Units outside a patch that touch it."""
    inside = np.zeros(len(programme.units), bool)
    inside[units] = True
    from_here, to_here = inside[programme.source], inside[programme.target]
    found = np.concatenate([programme.target[from_here & ~to_here], programme.source[to_here & ~from_here]])  # fmt: skip
    return np.unique(found)


def join(choice: Choice, rounds: int) -> None:
    """Give each patch that is too small the use of a neighbour, at the least loss that keeps all rows, as long as one can be.

    Parameters
    ----------
    choice : Choice
        Holds; changed in place.
    rounds : int
        At most.
    """
    p = choice.programme
    variable = np.full((len(p.units), len(p.uses)), -1, np.int64)
    variable[p.unit_of, p.use_of] = np.arange(p.unit_of.size)
    for _ in range(rounds):
        changed = np.zeros(len(p.units), bool)
        for units in small_patches(p, choice.use):
            around = neighbours_of(p, units)
            if changed[units].any() or changed[around].any():
                continue
            worth, best = -np.inf, None
            for use in np.unique(choice.use[around]):
                taken = variable[units, use]
                if (taken < 0).any():
                    continue
                chosen = choice.chosen.copy()
                chosen[units] = taken
                trial = Choice.of(p, chosen)
                if trial.holds and trial.worth > worth:
                    worth, best = trial.worth, trial
            if best is not None:
                choice.chosen, choice.sums = best.chosen, best.sums
                changed[units] = True
        if not changed.any():
            return
