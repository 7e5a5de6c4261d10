"""Classes that bid for cells until each has its count."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def bid(score, wanted, rounds, near):
    """One price per class, raised while the class has too few cells and lowered while it has too many.

    ``score`` is (cell, class). Stops when no class is off by more than ``near`` cells, or after ``rounds``.
    Returns the class of each cell and the prices.
    """
    cells, classes = score.shape
    price = np.zeros(classes, np.float64)
    pace = np.ones(classes, np.float64)
    last = np.zeros(classes, np.float64)
    have = np.zeros(classes, np.int64)
    choice = np.zeros(cells, np.int64)
    for _ in range(rounds):
        have[:] = 0
        for c in range(cells):
            best = 0
            top = score[c, 0] + price[0]
            for k in range(1, classes):
                value = score[c, k] + price[k]
                # of equal values the first class: the same on every machine
                if value > top:
                    top = value
                    best = k
            choice[c] = best
            have[best] += 1
        worst = 0
        for k in range(classes):
            worst = max(worst, abs(wanted[k] - have[k]))
        if worst <= near:
            break
        for k in range(classes):
            # the log of wanted over had: scores are logs, so a class at half its count asks the same of any scale; 1 keeps an
            # empty class finite
            gap = np.log((wanted[k] + 1.0) / (have[k] + 1.0))
            # a class that swings takes shorter steps, one that creeps longer ones
            pace[k] = min(pace[k] * 1.2, 4.0) if gap * last[k] > 0 else max(pace[k] * 0.5, 1e-4)
            price[k] += 0.5 * pace[k] * gap
            last[k] = gap
    return choice, price
