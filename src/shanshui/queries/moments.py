"""Moments in words, on the clock of the machine."""

import time


def moment(seconds: float) -> str:
    """Date and time of a moment.

    Parameters
    ----------
    seconds : float [s]
        Since 1970.

    Returns
    -------
    str
        Such as ``2026-03-01 09:30:00``.
    """
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
