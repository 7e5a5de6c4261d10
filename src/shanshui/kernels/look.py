"""Every stored number of a band looked at once: what is missing and why, the range, what stands apart at its ends."""

import numba as nb
import numpy as np

COUNT, TOTAL, LOW, HIGH, NEXT_LOW, NEXT_HIGH, AT_LOW, AT_HIGH, ZEROS, LEAST, BEYOND = range(11)
"""Places in the summary: present numbers and their sum; the two lowest and the two highest different numbers, and how often the
outermost stand; zeros, the least number above 0, numbers beyond the plausible range."""
NOT_A_NUMBER, NOT_VALID = 5, 7
"""Reasons as ``collect.missing`` numbers them."""
PIECE = 2048
"""Cells that are looked at together: where none is missing, odd or new at the ends of the range, each costs a few instructions."""


LANES = 128
"""Sums that run side by side, so that processors may add several at once."""


def blank():
    """Summary of nothing."""
    found = np.zeros(11)
    found[LOW] = found[NEXT_LOW] = found[LEAST] = np.inf
    found[HIGH] = found[NEXT_HIGH] = -np.inf
    return found


@nb.njit(cache=True, nogil=True)
def looked_at(raw, hidden, marks, reasons, valid, plausible, suspects, out, found, why, times):
    """Numbers as float32, NaN where missing; summary, reasons and suspects are added to.

    ``raw`` (n) any real type; ``hidden`` (n or 0) reason by mask, 0 where visible; ``marks`` in the type of ``raw`` and the
    ``reasons`` they stand for; ``valid`` and ``plausible`` (2) ranges of stored numbers; ``suspects`` (k) numbers that are counted
    in ``times`` (k) where they lie beyond the plausible; ``out`` (n) float32; ``found`` (11); ``why`` (9) cells by reason.
    """
    low, high = max(valid[0], plausible[0]), min(valid[1], plausible[1])
    sums, lows, highs = np.empty(LANES), np.empty(LANES, raw.dtype), np.empty(LANES, raw.dtype)
    for start in range(0, raw.size, PIECE):
        stop = min(start + PIECE, raw.size)
        piece = raw[start:stop]
        # the rest of this loop is what nearly all pieces cost
        if _all_shown(hidden[start:stop]):
            # a sum of which a part is no number, or infinite, is none either
            total, least, most = _summed(piece, sums, lows, highs)
            if np.isfinite(total):
                inside = low <= least and most <= high
                old = least > found[NEXT_LOW] and most < found[NEXT_HIGH]
                if inside and old and least > 0 and _none_within(piece, marks, least, most):
                    found[COUNT] += piece.size
                    found[TOTAL] += total
                    found[LEAST] = min(found[LEAST], float(least))
                    for c in range(piece.size):
                        out[start + c] = piece[c]
                    continue
        _one_by_one(
            piece, hidden[start:stop], marks, reasons, valid, plausible, suspects,
            out[start:stop], found, why, times,
        )  # fmt: skip


@nb.njit(cache=True, nogil=True)
def _all_shown(hidden):
    """Is no number hidden?"""
    gone = 0
    for c in range(hidden.size):
        gone |= hidden[c]
    return gone == 0


@nb.njit(cache=True, nogil=True)
def _none_within(piece, marks, least, most):
    """Is no number a mark? One beyond the least and the largest is none of them."""
    gone = 0
    for k in range(marks.size):
        mark = marks[k]
        if least <= mark <= most:
            for c in range(piece.size):
                gone |= piece[c] == mark
    return gone == 0


@nb.njit(cache=True, nogil=True)
def _summed(piece, sums, lows, highs):
    """Sum, least and largest number, the sum in an order that no processor changes: each lane by itself, then the lanes."""
    lanes = min(LANES, piece.size)
    for c in range(lanes):
        sums[c] = piece[c]
        lows[c] = piece[c]
        highs[c] = piece[c]
    whole = piece.size // LANES
    for k in range(1, whole):
        row = piece[k * LANES : (k + 1) * LANES]
        for c in range(LANES):
            v = row[c]
            sums[c] += v
            lows[c] = v if v < lows[c] else lows[c]
            highs[c] = v if v > highs[c] else highs[c]
    for c in range(max(whole, 1) * LANES, piece.size):
        v = piece[c]
        sums[0] += v
        lows[0] = v if v < lows[0] else lows[0]
        highs[0] = v if v > highs[0] else highs[0]
    total, least, most = sums[0], lows[0], highs[0]
    for c in range(1, lanes):
        total += sums[c]
        least = lows[c] if lows[c] < least else least
        most = highs[c] if highs[c] > most else most
    return total, least, most


@nb.njit(cache=True, nogil=True)
def _one_by_one(raw, hidden, marks, reasons, valid, plausible, suspects, out, found, why, times):
    some = hidden.size > 0
    for c in range(raw.size):
        reason = np.uint8(0)
        if some:
            reason = hidden[c]
        if reason == 0:
            for k in range(marks.size):
                if raw[c] == marks[k]:
                    reason = reasons[k]
        v = np.float64(raw[c])
        if reason == 0 and not np.isfinite(v):
            reason = np.uint8(NOT_A_NUMBER)
        if reason == 0 and (v < valid[0] or v > valid[1]):
            reason = np.uint8(NOT_VALID)
        if reason != 0:
            why[reason] += 1
            out[c] = np.nan
            continue
        out[c] = v
        found[COUNT] += 1
        found[TOTAL] += v
        if v <= found[NEXT_LOW]:
            if v < found[LOW]:
                found[NEXT_LOW], found[LOW], found[AT_LOW] = found[LOW], v, 1
            elif v == found[LOW]:
                found[AT_LOW] += 1
            else:
                found[NEXT_LOW] = v
        if v >= found[NEXT_HIGH]:
            if v > found[HIGH]:
                found[NEXT_HIGH], found[HIGH], found[AT_HIGH] = found[HIGH], v, 1
            elif v == found[HIGH]:
                found[AT_HIGH] += 1
            else:
                found[NEXT_HIGH] = v
        if v == 0.0:
            found[ZEROS] += 1
        elif 0.0 < v < found[LEAST]:
            found[LEAST] = v
        if v < plausible[0] or v > plausible[1]:
            found[BEYOND] += 1
            for k in range(suspects.size):
                if v == suspects[k]:
                    times[k] += 1
