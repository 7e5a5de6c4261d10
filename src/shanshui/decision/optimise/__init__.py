"""Which use each unit takes, so that the whole is worth most within shares, capacities and whole patches."""

from shanshui.decision.optimise.allocation import Allocation
from shanshui.decision.optimise.programme import Limit
from shanshui.decision.optimise.solution import Solution

__all__ = ["Allocation", "Limit", "Solution"]
