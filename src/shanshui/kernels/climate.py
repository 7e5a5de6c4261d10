"""Yearly sums of what varies with the month and the latitude, cell by cell."""

from math import erf

import numba as nb
import numpy as np

DAYS = np.array([31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0])


@nb.njit(cache=True, nogil=True)
def extraterrestrial(latitude, day):
    """Radiation above the air on a day of the year at a latitude in degrees, MJ/m2/d (Allen et al. 1998)."""
    phi = latitude * np.pi / 180.0
    near = 1.0 + 0.033 * np.cos(2.0 * np.pi * day / 365.0)
    tilt = 0.409 * np.sin(2.0 * np.pi * day / 365.0 - 1.39)
    hour = np.arccos(min(1.0, max(-1.0, -np.tan(phi) * np.tan(tilt))))
    return (
        24.0
        * 60.0
        / np.pi
        * 0.0820
        * near
        * (hour * np.sin(phi) * np.sin(tilt) + np.cos(phi) * np.cos(tilt) * np.sin(hour))
    )


@nb.njit(cache=True, nogil=True)
def _month(mean, spread, m, south):
    """Temperature of a month from mean and standard deviation of the year: a sine, warmest in July or January."""
    turn = np.cos(2.0 * np.pi * (m - 6) / 12.0)
    return mean + np.sqrt(2.0) * spread * (-turn if south else turn)


@nb.njit(cache=True, nogil=True)
def hargreaves_year(mean, spread, daily, latitude, factor, lift, out):
    """Reference evaporation of a year in mm by Hargreaves."""
    ny, nx = out.shape
    middle = np.empty(12)
    day = 0.0
    for m in range(12):
        middle[m] = day + DAYS[m] / 2.0
        day += DAYS[m]
    # radiation depends on the latitude alone: a table read between its lines spares trigonometry for each cell and month
    steps = 400
    sun = np.empty((steps + 1, 12))
    low, high = latitude.min(), latitude.max()
    span = max(high - low, 1e-9)
    for q in range(steps + 1):
        for m in range(12):
            sun[q, m] = extraterrestrial(low + span * q / steps, middle[m]) / 2.45 * DAYS[m]
    for i in range(ny):
        for j in range(nx):
            t, s, d = mean[i, j], spread[i, j], daily[i, j]
            if np.isnan(t + s + d):
                out[i, j] = np.nan
                continue
            at = (latitude[i, j] - low) / span * steps
            q = min(int(at), steps - 1)
            f = at - q
            total = 0.0
            for m in range(12):
                warm = _month(t, s, m, latitude[i, j] < 0) + lift
                if warm > 0:
                    total += ((1.0 - f) * sun[q, m] + f * sun[q + 1, m]) * warm
            out[i, j] = factor * np.sqrt(max(d, 0.0)) * total
    return out


@nb.njit(cache=True, nogil=True)
def days_above(mean, spread, daily, latitude, limit, noise, out):
    """Days of a year whose highest temperature passes a limit; days scatter normally about the month."""
    ny, nx = out.shape
    for i in range(ny):
        for j in range(nx):
            t, s, d = mean[i, j], spread[i, j], daily[i, j]
            if np.isnan(t + s + d):
                out[i, j] = np.nan
                continue
            total = 0.0
            for m in range(12):
                top = _month(t, s, m, latitude[i, j] < 0) + d / 2.0
                total += DAYS[m] * 0.5 * (1.0 + erf((top - limit) / (noise * np.sqrt(2.0))))
            out[i, j] = total
    return out
