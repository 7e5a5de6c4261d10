"""Quick flow of a month by curve number over exponentially distributed storms."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import exp1

MM_PER_INCH = 25.4


def quick_flow(
    rain: NDArray[np.floating], events: NDArray[np.floating], curve: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Quick flow of a month, Guswa et al. 2018.

    Parameters
    ----------
    rain : (...) [mm]
        Of the month.
    events : (...) [1]
        Days with rain in the month.
    curve : (...) [1]
        Curve number, in (0, 100].

    Returns
    -------
    (...) [mm]
        In [0, rain]; all of the rain where the curve number is 100 (the guide prints 0 there, the reference code gives the rain).
    """
    p, n, cn = (np.asarray(v, np.float64) for v in (rain, events, curve))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = p / n / MM_PER_INCH
        store = 1000.0 / cn - 10.0
        ratio = store / mean
        storm = (mean - store) * np.exp(-0.2 * ratio) + store**2 / mean * np.exp(
            0.8 * ratio
        ) * exp1(ratio)
        flow = n * storm * MM_PER_INCH
    flow = np.where(ratio > 100.0, 0.0, np.nan_to_num(flow))
    flow = np.where(store <= 0, p, np.clip(flow, 0.0, p))
    return np.where((p <= 0) | (n <= 0), 0.0, flow)
