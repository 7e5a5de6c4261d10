"""Moving windows: gradients of a 3 x 3 window, extremes and means of any window at constant cost."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def horn_gradient(z, cell):
    """Gradient eastward and southward by Horn's weights; the centre stands in for what is missing."""
    ny, nx = z.shape
    east = np.empty((ny, nx), np.float32)
    south = np.empty((ny, nx), np.float32)
    scale = 1.0 / (8.0 * cell)
    for i in range(ny):
        up = i - 1 if i > 0 else 0
        down = i + 1 if i < ny - 1 else ny - 1
        rim_row = i == 0 or i == ny - 1
        for j in range(nx):
            e = np.float64(z[i, j])
            if rim_row or j == 0 or j == nx - 1:
                west = j - 1 if j > 0 else 0
                right = j + 1 if j < nx - 1 else nx - 1
                a = z[up, west] if i > 0 and j > 0 else e
                b = z[up, j] if i > 0 else e
                c = z[up, right] if i > 0 and j < nx - 1 else e
                d = z[i, west] if j > 0 else e
                f = z[i, right] if j < nx - 1 else e
                g = z[down, west] if i < ny - 1 and j > 0 else e
                h = z[down, j] if i < ny - 1 else e
                k = z[down, right] if i < ny - 1 and j < nx - 1 else e
            else:
                a = z[i - 1, j - 1]
                b = z[i - 1, j]
                c = z[i - 1, j + 1]
                d = z[i, j - 1]
                f = z[i, j + 1]
                g = z[i + 1, j - 1]
                h = z[i + 1, j]
                k = z[i + 1, j + 1]
            gx = (c - a) + 2.0 * (f - d) + (k - g)
            gy = (g - a) + 2.0 * (h - b) + (k - c)
            if np.isnan(gx + gy) and not np.isnan(e):
                a = e if np.isnan(a) else a
                b = e if np.isnan(b) else b
                c = e if np.isnan(c) else c
                d = e if np.isnan(d) else d
                f = e if np.isnan(f) else f
                g = e if np.isnan(g) else g
                h = e if np.isnan(h) else h
                k = e if np.isnan(k) else k
                gx = (c - a) + 2.0 * (f - d) + (k - g)
                gy = (g - a) + 2.0 * (h - b) + (k - c)
            if np.isnan(e):
                gx = np.nan
                gy = np.nan
            east[i, j] = gx * scale
            south[i, j] = gy * scale
    return east, south


@nb.njit(cache=True, nogil=True)
def horn_slope(z, cell):
    """Angle of the steepest slope in degrees, Horn's weights."""
    ny, nx = z.shape
    out = np.empty((ny, nx), np.float32)
    scale = np.float32(1.0 / (8.0 * cell))
    turn = np.float32(180.0 / np.pi)
    two = np.float32(2.0)
    for i in range(ny):
        inner_row = 0 < i < ny - 1
        for j in range(1, nx - 1):
            if not inner_row:
                break
            a = z[i - 1, j - 1]
            b = z[i - 1, j]
            c = z[i - 1, j + 1]
            g = z[i + 1, j - 1]
            h = z[i + 1, j]
            k = z[i + 1, j + 1]
            gx = ((c - a) + two * (z[i, j + 1] - z[i, j - 1]) + (k - g)) * scale
            gy = ((g - a) + two * (h - b) + (k - c)) * scale
            # a centre that is missing makes the cell missing: add its absence, not its height
            out[i, j] = np.arctan(np.sqrt(gx * gx + gy * gy)) * turn + (z[i, j] - z[i, j])
    # the rim, and cells beside missing ones, with the centre standing in
    for i in range(ny):
        for j in range(nx):
            rim = i == 0 or j == 0 or i == ny - 1 or j == nx - 1
            if not rim and not np.isnan(out[i, j]):
                continue
            e = z[i, j]
            if np.isnan(e):
                out[i, j] = np.nan
                continue
            gx = np.float32(0.0)
            gy = np.float32(0.0)
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    r = i + di
                    s = j + dj
                    v = e
                    if 0 <= r < ny and 0 <= s < nx and not np.isnan(z[r, s]):
                        v = z[r, s]
                    gx += dj * (2 - abs(di)) * (v - e)
                    gy += di * (2 - abs(dj)) * (v - e)
            gx *= scale
            gy *= scale
            out[i, j] = np.arctan(np.sqrt(gx * gx + gy * gy)) * turn
    return out


@nb.njit(cache=True, nogil=True)
def ruggedness(z):
    """Root of the summed squared differences to the eight neighbours; missing ones add nothing."""
    ny, nx = z.shape
    out = np.empty((ny, nx), np.float32)
    for i in range(ny):
        for j in range(nx):
            e = z[i, j]
            if np.isnan(e):
                out[i, j] = np.nan
                continue
            total = 0.0
            for r in range(max(0, i - 1), min(ny, i + 2)):
                for s in range(max(0, j - 1), min(nx, j + 2)):
                    v = z[r, s]
                    if not np.isnan(v):
                        total += (v - e) * (v - e)
            out[i, j] = np.sqrt(total)
    return out


@nb.njit(cache=True, nogil=True)
def _running_max(line, before, after, left, right, out):
    """Van Herk's running maximum of one line; the window is cut at the ends."""
    n = line.size
    width = before + after + 1
    for start in range(0, n, width):
        stop = min(start + width, n)
        left[start] = line[start]
        for i in range(start + 1, stop):
            left[i] = max(left[i - 1], line[i])
        right[stop - 1] = line[stop - 1]
        for i in range(stop - 2, start - 1, -1):
            right[i] = max(right[i + 1], line[i])
    for i in range(n):
        lo = max(0, i - before)
        hi = min(n - 1, i + after)
        if lo // width == hi // width:
            # both ends in one block: happens only where the window was cut
            if lo % width == 0:
                out[i] = left[hi]
            else:
                out[i] = right[lo]
        else:
            out[i] = max(right[lo], left[hi])


@nb.njit(cache=True, nogil=True)
def _block_max(z, before, after):
    """Running maximum of a window of ``before + 1 + after`` rows and columns; -inf is missing."""
    ny, nx = z.shape
    wide = np.empty((ny, nx), np.float32)
    left = np.empty(nx, np.float32)
    right = np.empty(nx, np.float32)
    for i in range(ny):
        _running_max(z[i], before, after, left, right, wide[i])
    width = before + after + 1
    down = np.empty((ny, nx), np.float32)
    up = np.empty((ny, nx), np.float32)
    for i in range(ny):
        if i % width == 0:
            down[i] = wide[i]
        else:
            for j in range(nx):
                down[i, j] = max(down[i - 1, j], wide[i, j])
    for i in range(ny - 1, -1, -1):
        if i == ny - 1 or (i + 1) % width == 0:
            up[i] = wide[i]
        else:
            for j in range(nx):
                up[i, j] = max(up[i + 1, j], wide[i, j])
    for i in range(ny):
        lo = max(0, i - before)
        hi = min(ny - 1, i + after)
        if lo // width == hi // width:
            if lo % width == 0:
                wide[i] = down[hi]
            else:
                wide[i] = up[lo]
        else:
            for j in range(nx):
                wide[i, j] = max(up[lo, j], down[hi, j])
    return wide


@nb.njit(cache=True, nogil=True)
def focal_range(z, cells):
    """Highest minus lowest in a window of ``cells`` x ``cells``; missing cells do not count."""
    before = (cells - 1) // 2
    after = cells - 1 - before
    ny, nx = z.shape
    work = np.empty((ny, nx), np.float32)
    for i in range(ny):
        for j in range(nx):
            work[i, j] = -np.inf if np.isnan(z[i, j]) else z[i, j]
    top = _block_max(work, before, after)
    for i in range(ny):
        for j in range(nx):
            work[i, j] = -np.inf if np.isnan(z[i, j]) else -z[i, j]
    bottom = _block_max(work, before, after)
    for i in range(ny):
        for j in range(nx):
            top[i, j] = np.nan if np.isnan(z[i, j]) else top[i, j] + bottom[i, j]
    return top


@nb.njit(cache=True, nogil=True)
def focal_mean(z, cells):
    """Mean of a window of ``cells`` x ``cells`` over cells that are present.

    Values are summed as whole numbers of 2^-20: such sums are exact in any order, so rows can enter and
    leave the running sums and a tile still gives the bytes of the whole.
    """
    before = (cells - 1) // 2
    after = cells - 1 - before
    ny, nx = z.shape
    fine = 1048576.0
    out = np.empty((ny, nx), np.float32)
    total = np.zeros(nx + 1, np.float64)
    count = np.zeros(nx + 1, np.int64)
    column = np.zeros(nx, np.float64)
    present = np.zeros(nx, np.int64)
    for i in range(-after, ny):
        enter = i + after
        leave = i - before - 1
        if enter < ny:
            for j in range(nx):
                v = z[enter, j]
                if not np.isnan(v):
                    column[j] += np.round(np.float64(v) * fine)
                    present[j] += 1
        if leave >= 0:
            for j in range(nx):
                v = z[leave, j]
                if not np.isnan(v):
                    column[j] -= np.round(np.float64(v) * fine)
                    present[j] -= 1
        if i < 0:
            continue
        for j in range(nx):
            total[j + 1] = total[j] + column[j]
            count[j + 1] = count[j] + present[j]
        for j in range(nx):
            lo = max(0, j - before)
            hi = min(nx, j + after + 1)
            m = count[hi] - count[lo]
            if np.isnan(z[i, j]):
                out[i, j] = np.nan
            else:
                out[i, j] = (total[hi] - total[lo]) / fine / m
    return out


@nb.njit(cache=True, nogil=True)
def growing_range(z, rows, cols, sizes):
    """Mean relief of windows of 2 to ``sizes`` cells around sample cells.

    A window that meets the border or a missing cell takes its sample out, so that all sizes speak of
    the same places.
    """
    ny, nx = z.shape
    total = np.zeros(sizes + 1, np.float64)
    used = 0
    span = np.empty(sizes + 1, np.float64)
    for m in range(rows.size):
        i = rows[m]
        j = cols[m]
        top = i
        left = j
        bottom = i
        right = j
        low = z[i, j]
        high = low
        whole = not np.isnan(low)
        for n in range(2, sizes + 1):
            if not whole:
                break
            before = (n - 1) // 2
            after = n - 1 - before
            r0 = i - before
            r1 = i + after
            c0 = j - before
            c1 = j + after
            if r0 < 0 or c0 < 0 or r1 >= ny or c1 >= nx:
                whole = False
                break
            for r in range(r0, r1 + 1):
                for c in range(c0, c1 + 1):
                    if top <= r <= bottom and left <= c <= right:
                        continue
                    v = z[r, c]
                    if np.isnan(v):
                        whole = False
                    low = min(low, v)
                    high = max(high, v)
            top, bottom, left, right = r0, r1, c0, c1
            span[n] = high - low
        if whole:
            used += 1
            for n in range(2, sizes + 1):
                total[n] += span[n]
    return total / max(used, 1), used
