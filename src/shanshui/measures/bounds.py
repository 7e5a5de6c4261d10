"""Numbers that measures take, and what a changed value may be."""

from typing import Annotated, Any

import numpy as np

from shanshui.core.errors import DataError
from shanshui.core.setting import Between

LARGEST = 1e15
"""Beyond it neighbouring whole numbers are no longer told apart."""
Number = Annotated[float, Between(-LARGEST, LARGEST)]
OptionalNumber = Annotated[float | None, Between(-LARGEST, LARGEST)]


def refuse_beyond(changed: Any, low: float, high: float, unit: str) -> None:
    """Refuse changed values beyond what is plausible.

    Parameters
    ----------
    changed : (value,) [any]
        As they become; missing ones are passed over.
    low, high : float [any]
        Within which they must lie.
    unit : str
        Of them, for the message.

    Raises
    ------
    DataError
        What they would become, and what is plausible.
    """
    known = np.asarray(changed, np.float64)
    known = known[np.isfinite(known)]
    if known.size and (known.min() < low or known.max() > high):
        raise DataError(
            f"before: would become {known.min():g} to {known.max():g} {unit}, plausible is {low:g} to {high:g}; correct the measure, or widen "
            "the range of the input: plausible = […]"
        )
