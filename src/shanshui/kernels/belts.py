"""What lies around and within the cores of a shape: which core a hole belongs to, and which belts lie in holes."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def flag_labels(label, chosen, flags):
    """Set the flag of each label that a chosen cell has."""
    ny, nx = label.shape
    for i in range(ny):
        for j in range(nx):
            if chosen[i, j]:
                flags[label[i, j]] = True


@nb.njit(cache=True, nogil=True)
def first_above(label, other, out):
    """For each label the number of ``other`` above its first cell, row by row: what lies around it; 0 in the first row."""
    ny, nx = label.shape
    seen = np.zeros(out.size, np.bool_)
    for i in range(ny):
        for j in range(nx):
            u = label[i, j]
            if u > 0 and not seen[u]:
                seen[u] = True
                out[u] = other[i - 1, j] if i > 0 else 0


@nb.njit(cache=True, nogil=True)
def flag_nested(gap, cores, owner, nested):
    """Set the flag of each owned gap that touches another core than its owner."""
    ny, nx = gap.shape
    for i in range(1, ny - 1):
        for j in range(1, nx - 1):
            g = gap[i, j]
            if g == 0 or owner[g] == 0 or nested[g]:
                continue
            for r in range(i - 1, i + 2):
                for s in range(j - 1, j + 2):
                    if cores[r, s] > 0 and cores[r, s] != owner[g]:
                        nested[g] = True


@nb.njit(cache=True, nogil=True)
def _is_nearest(cores, i, j, owner, reach):
    """Whether no other core lies nearer than the owner."""
    ny, nx = cores.shape
    w = int(reach)
    own = other = w * w * 2 + 1
    for r in range(max(i - w, 0), min(i + w + 1, ny)):
        for s in range(max(j - w, 0), min(j + w + 1, nx)):
            if cores[r, s] > 0:
                square = (r - i) ** 2 + (s - j) ** 2
                if cores[r, s] == owner:
                    own = min(own, square)
                else:
                    other = min(other, square)
    return own <= other


@nb.njit(cache=True, nogil=True)
def mark_perforations(out, edge, perforation, gap, cores, owner, nested, reach):
    """Turn those edges into perforations that lie in a hole of the core they belong to; further cores of a hole have edges of their own."""
    ny, nx = gap.shape
    for i in range(ny):
        for j in range(nx):
            if out[i, j] != edge:
                continue
            g = gap[i, j]
            around = owner[g]
            if around > 0 and (not nested[g] or _is_nearest(cores, i, j, around, reach)):
                out[i, j] = perforation


@nb.njit(cache=True, nogil=True)
def have_flag(label, flags):
    """Cells whose label has a flag; numpy would need eight bytes a cell for it."""
    out = np.empty(label.shape, np.bool_)
    ny, nx = label.shape
    for i in range(ny):
        for j in range(nx):
            out[i, j] = flags[label[i, j]]
    return out
