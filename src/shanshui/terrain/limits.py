"""Limits between classes of ground."""

from collections.abc import Sequence

import numpy as np

from shanshui.core.errors import QuantityError


def require_rising(name: str, limits: Sequence[float], count: int | None = None) -> None:
    """Refuse limits between which no class lies.

    Parameters
    ----------
    name : str
        The setting, for the message.
    limits : sequence of float
        From the lowest class up.
    count : int, optional
        How many the classes need.

    Raises
    ------
    QuantityError
        None, another number of them, missing ones, or one that is not above the one before.
    """
    values = np.asarray(limits, np.float64)
    enough = values.size > 0 if count is None else values.size == count
    if not enough or not np.isfinite(values).all() or not (np.diff(values) > 0).all():
        wanted = "numbers" if count is None else f"{count} numbers"
        raise QuantityError(
            f"{name}: {', '.join(f'{v:g}' for v in values) or 'none'}; expected {wanted}, each above the one before"
        )
