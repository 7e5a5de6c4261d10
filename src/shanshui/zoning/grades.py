"""Grades of suitability: cuts of each factor, and the matrices that join them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BEST, UNSUITABLE, UNKNOWN = 1, 5, 0
"""Grades of factors and classes of suitability: 1 is always the best, 5 the worst, 0 not known."""
SUITABLE, MODERATE = (1, 2), (3, 4)
"""Classes that suit, and those that do so in part; 5 does not."""
Matrix = tuple[tuple[int, ...], ...]
Grades = NDArray[np.uint8]
Two = tuple[float, float]
Four = tuple[float, float, float, float]

FARM_LAND_WATER: Matrix = (
    (1, 1, 1, 2, 5),
    (1, 1, 2, 3, 5),
    (2, 2, 3, 4, 5),
    (3, 4, 4, 5, 5),
    (5, 5, 5, 5, 5),
)
"""Class of farming by the grade of land (rows) and of water (columns), draft guide of 2019 [S]."""
FARM_WARMTH: Matrix = (
    (1, 1, 1, 2, 5),
    (1, 2, 2, 3, 5),
    (2, 2, 3, 4, 5),
    (3, 4, 4, 5, 5),
    (5, 5, 5, 5, 5),
)
"""Class of farming by that of land and water (rows) and the grade of warmth (columns), draft guide of 2019 [S]."""
BUILDING_LAND_WATER: Matrix = (
    (1, 1, 1, 2, 3),
    (1, 1, 2, 2, 3),
    (2, 2, 3, 3, 4),
    (3, 4, 4, 5, 5),
    (5, 5, 5, 5, 5),
)
"""Class of building by the grade of land (rows) and of water (columns), draft guide of 2019 [S]."""


def graded(values: NDArray[np.floating], cuts: Sequence[float], *, rising: bool = False) -> Grades:
    """Grade of a factor by its cuts.

    Parameters
    ----------
    values : any shape
        Of the factor.
    cuts : sequence of float
        Rising; four part five grades.
    rising : bool
        More is better: a value on a cut has the better grade then, as it has where less is better.

    Returns
    -------
    same shape [1]
        1 the best to ``len(cuts) + 1``; 0 where the value is missing.
    """
    steps = np.zeros(values.shape, np.uint8)
    with np.errstate(invalid="ignore"):
        for cut in cuts:
            steps += values >= cut if rising else values > cut
    grade = len(cuts) + 1 - steps if rising else 1 + steps
    return np.where(np.isfinite(values), grade, UNKNOWN).astype(np.uint8)


def joined(matrix: Matrix, rows: Grades, columns: Grades) -> Grades:
    """Class that a matrix gives to each pair of grades.

    Parameters
    ----------
    matrix : five rows of five classes
        Rows by the first grade, columns by the second.
    rows, columns : same shape [1]
        Grades 1 to 5; 0 is not known.

    Returns
    -------
    same shape [1]
        1 to 5. Where one grade is not known: the class if every grade of it gives the same one, else 0.
    """
    table = np.zeros((6, 6), np.uint8)
    table[1:, 1:] = matrix
    for k in range(1, 6):
        across, down = set(table[k, 1:]), set(table[1:, k])
        table[k, 0] = across.pop() if len(across) == 1 else UNKNOWN
        table[0, k] = down.pop() if len(down) == 1 else UNKNOWN
    return table[rows, columns]


def stepped(code: Grades, steps: NDArray[np.integer] | int) -> Grades:
    """Class moved by steps, worse where they are positive; it stays between 1 and 5, and 0 stays 0."""
    moved = np.clip(code.astype(np.int16) + steps, BEST, UNSUITABLE).astype(np.uint8)
    return np.where(code == UNKNOWN, np.uint8(UNKNOWN), moved)
