"""What an allocation found, how good it is at least, and what holds it back."""

from dataclasses import dataclass, field

import pandas as pd

STATUSES = ("optimal", "within the gap", "best found", "none found", "infeasible")
"""``optimal`` only where no other can be better; ``best found``: its gap to the bound is larger than asked, or patches are too small; ``none found``:
the relaxed programme has a solution, a whole one was not met; ``infeasible``: there is none."""


@dataclass(frozen=True)
class Solution:
    """Use of each unit.

    Attributes
    ----------
    status : str
        One of ``STATUSES``.
    use : series of str
        By unit; empty where none was found.
    shares : table [1]
        Units by uses, of each unit's area; of 0 and 1 where units are whole.
    objective : float
        Worth of the allocation, borders paid; NaN where none was found.
    bound : float
        No allocation is worth more; NaN where infeasible.
    constraints : table
        ``constraint, value, low, high, slack, binds`` and ``shadow_price``: what the bound would gain if the binding side gave way by one.
    conflicts : table
        Of an infeasible programme: ``constraint, side, asked, attainable`` beside the others at the least sum of shortfalls, ``alone`` without the
        others, ``in_conflict``.
    patches_below : int
        Patches smaller than asked that are left.
    islands : tuple of str
        Units that touch no other.
    seconds_built, seconds_solved : float [s]
        Of the clock.
    """

    status: str
    use: pd.Series
    shares: pd.DataFrame
    objective: float
    bound: float
    constraints: pd.DataFrame
    conflicts: pd.DataFrame
    patches_below: int = 0
    islands: tuple[str, ...] = field(default=())
    seconds_built: float = 0.0
    seconds_solved: float = 0.0

    @property
    def gap(self) -> float:
        """Share of the bound that is missing at most [1]; NaN where nothing was found."""
        return (self.bound - self.objective) / max(abs(self.bound), 1e-12)
