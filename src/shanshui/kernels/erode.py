"""Rivers that lower their beds: one implicit step of the stream-power law (Braun and Willett 2013)."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def lower_beds(order, nxt, height, area, strength, exponent):
    """Lower each cell towards the one it drains to, by the area it drains; in place."""
    # from the outlets up: the bed below is final, so the implicit step is one division, stable at any strength
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        d = nxt[c]
        if d == c:
            continue
        f = strength * np.float64(area[c]) ** exponent
        height[c] = (height[c] + f * height[d]) / (1.0 + f)
    return height
