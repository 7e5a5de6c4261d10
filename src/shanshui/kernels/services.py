"""Services of single cells, fused: each reads its inputs once and writes its results once.

Maps are kept in 32 bits; powers and differences of near numbers are taken in 64, plain products as they are.
"""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def budyko(rain, demand, depth, water, crop, root, green, z, share, loss, left):
    """Evaporation of a year by Fu's curve as a share of rain, as depth, and what is left.

    ``crop``, ``root`` and ``green`` are by cell; ``green`` is 1 under vegetation. Missing where an input is or rain is 0.
    """
    for c in range(rain.size):
        p = np.float64(rain.flat[c])
        e0 = np.float64(demand.flat[c])
        k = np.float64(crop.flat[c])
        d = np.float64(depth.flat[c])
        a = np.float64(water.flat[c])
        r = np.float64(root.flat[c])
        g = green.flat[c]
        if np.isnan(p + e0 + k + d + a + r + g) or p == 0.0:
            share.flat[c] = np.nan
            loss.flat[c] = np.nan
            left.flat[c] = np.nan
            continue
        dry = k * e0 / p
        if g == 1.0:
            w = min(z * min(d, r) * a / p + 1.25, 5.0)
            part = min(1.0 + dry - (1.0 + dry**w) ** (1.0 / w), dry)
        else:
            part = min(dry, 1.0)
        share.flat[c] = part
        loss.flat[c] = part * p
        left.flat[c] = (1.0 - part) * p
    return left


@nb.njit(cache=True, nogil=True)
def connectivity(up, down, stream, out):
    """Index of connectivity, log10 of the way up over the way down; missing on streams."""
    for c in range(out.size):
        u, d = up[c], down[c]
        if stream.flat[c] == 1 or np.isnan(u) or np.isnan(d) or u <= 0.0 or d <= 0.0:
            out[c] = np.nan
        else:
            out[c] = np.log10(u / d)
    return out


@nb.njit(cache=True, nogil=True)
def length_slope(slope, above, cell, longest, reach, steep, root, out):
    """Factor LS of Desmet and Govers from slope (percent) and the ground above each cell in cells, itself included.

    ``steep`` takes the branch of Liu above 10 degrees; ``root`` takes the square root of the area above, as the reference model does.
    L is at most ``longest``, and that of a slope ``reach`` metres long.
    """
    area = cell * cell
    for c in range(slope.size):
        g = np.float64(slope.flat[c])
        n = np.float64(above[c])
        if np.isnan(g) or np.isnan(n):
            out.flat[c] = np.nan
            continue
        angle = np.arctan(g / 100.0)
        sine = np.sin(angle)
        percent = g
        if steep and angle >= np.pi / 18.0:
            s = 21.91 * sine - 0.96
        elif percent < 9.0:
            s = 10.8 * sine + 0.03
        else:
            s = 16.8 * sine - 0.5
        if percent <= 1.0:
            m = 0.2
        elif percent <= 3.5:
            m = 0.3
        elif percent <= 5.0:
            m = 0.4
        elif percent <= 9.0:
            m = 0.5
        else:
            beta = sine / 0.0896 / (3.0 * sine**0.8 + 0.56)
            m = beta / (1.0 + beta)
        inflow = max(n - 1.0, 0.0) * area
        if root:
            inflow = np.sqrt(inflow)
        across = abs(sine) + abs(np.cos(angle))
        length = ((inflow + area) ** (m + 1.0) - inflow ** (m + 1.0)) / (
            cell ** (m + 2.0) * across**m * 22.13**m
        )
        out.flat[c] = min(length, longest, (reach / 22.13) ** m) * s
    return out


@nb.njit(cache=True, nogil=True)
def soil_kept(rain, soil, ls, cover, practice, potential, loss, kept):
    """Soil loss of bare ground, with cover and practice, and their difference; missing where an input is."""
    for c in range(rain.size):
        bare = rain.flat[c] * soil.flat[c] * ls.flat[c]
        lost = bare * cover.flat[c] * practice.flat[c]
        if np.isnan(lost):
            potential.flat[c] = np.nan
            loss.flat[c] = np.nan
            kept.flat[c] = np.nan
        else:
            potential.flat[c] = bare
            loss.flat[c] = lost
            kept.flat[c] = bare - lost
    return kept


@nb.njit(cache=True, nogil=True)
def water_kept(rain, gone, quick_share, holds, quick, balance, kept):
    """Quick flow, rain less quick flow less evaporation, and that where it is above 0 and the class holds water."""
    for c in range(rain.size):
        p = rain.flat[c]
        fast = p * quick_share.flat[c]
        rest = p - fast - gone.flat[c]
        quick.flat[c] = fast
        balance.flat[c] = rest
        kept.flat[c] = np.nan if np.isnan(rest) else max(rest, np.float32(0)) * holds.flat[c]
    return kept
