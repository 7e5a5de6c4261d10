"""What was seen of a raster while every one of its cells below the study streamed by."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.collect.codes import CodeType
from shanshui.collect.missing import REASONS, Missing
from shanshui.collect.scaling import Linear
from shanshui.collect.sources import ANY_NUMBER, Band
from shanshui.kernels import look

STRONG = (
    -9999.0, -32768.0, 32767.0, -32767.0, 65535.0, -999.0, 9999.0, 99999.0, -99999.0, -999999.0, 999999.0, -9999999.0,
    9999999.0, 2147483647.0, -2147483648.0, -2147483647.0, 4294967295.0, 1e10, -1e10, 1e20, -1e20, 1e30, -1e30, 1e34, 1e38,
    -1e38, 3.4e38, -3.4e38,
)  # fmt: skip
"""Numbers that makers of maps write for missing: one beyond the plausible range is taken for that."""
WEAK = (255.0, 254.0, 127.0, 128.0, -128.0, 99.0, -99.0, 999.0, 65534.0, 32766.0, -1.0, 0.0)
"""Such numbers that are as often values: suspected where nothing else is beyond the plausible range, or where they stand apart."""
_APART = {*STRONG, *WEAK} - {0.0, -1.0}
_HUGE = 1e9
"""A number of this size is no measurement of any input [D]."""
_SAMPLE = 1 << 16
"""Numbers that are kept for medians [D]."""


@dataclass
class Look:
    """What stored numbers of one or more bands are.

    Attributes
    ----------
    cells : int
        Seen.
    why : array of int
        Missing cells by reason.
    codes : Counter
        Cells by class code.
    """

    plausible: tuple[float, float] = ANY_NUMBER
    cells: int = 0
    why: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(REASONS), np.int64))
    codes: Counter[int] = field(default_factory=Counter)
    _found: NDArray[np.float64] = field(default_factory=look.blank)
    _suspects: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    _times: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _sample: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._suspects = np.array(sorted({*STRONG, *WEAK}))
        self._times = np.zeros(self._suspects.size, np.int64)

    # gathering

    def numbers(
        self,
        raw: NDArray[Any],
        hidden: NDArray[np.uint8] | None,
        marks: dict[float, int],
        band: Band,
    ) -> NDArray[np.float32]:
        """Take in a part of a band.

        Parameters
        ----------
        raw : (y, x) array
            As stored.
        hidden : (y, x) array or None
            Reasons by mask.
        marks : mapping of float to int
            Numbers that mean missing.
        band : Band
            What the file says of it.

        Returns
        -------
        (y, x) array of float32
            The same numbers, NaN where missing.
        """
        out = np.empty(raw.shape, np.float32)
        values, reasons = typed_marks(marks, raw.dtype)
        look.looked_at(
            np.ascontiguousarray(raw if raw.dtype.kind != "b" else raw.view(np.uint8)).reshape(-1),
            np.empty(0, np.uint8) if hidden is None else np.ascontiguousarray(hidden).reshape(-1),
            values,
            reasons,
            np.array(band.valid),
            np.array(self.plausible),
            self._suspects,
            out.reshape(-1),
            self._found,
            self.why,
            self._times,
        )
        self.cells += raw.size
        step = max(1, raw.size // 4096)
        if sum(s.size for s in self._sample) < _SAMPLE:
            self._sample.append(out.reshape(-1)[step // 2 :: step].copy())
        return out

    def classes(self, codes: NDArray[Any], kind: CodeType) -> None:
        """Take in a part of a map of classes, as it is held."""
        seen = codes[codes != kind.missing]
        self.cells += codes.size
        self._found[look.COUNT] += seen.size
        if not seen.size:
            return
        low, high = int(seen.min()), int(seen.max())
        if high - low < 1 << 22:
            times = np.bincount((seen.astype(np.int64) - low).reshape(-1))
            found = np.flatnonzero(times)
            self.codes.update({int(k) + low: int(times[k]) for k in found})
        else:
            each, many = np.unique(seen, return_counts=True)
            self.codes.update(dict(zip(each.tolist(), many.tolist(), strict=True)))

    # what it says

    @property
    def present(self) -> int:
        """Cells with a number."""
        return int(self._found[look.COUNT])

    @property
    def zeros(self) -> int:
        """Cells with 0."""
        return int(self._found[look.ZEROS])

    @property
    def least_above_zero(self) -> float:
        """Least number above 0; infinite without one."""
        return float(self._found[look.LEAST])

    def range(self, line: Linear) -> tuple[float, float, float]:
        """Least, largest and mean value of a line of the stored numbers; NaN of none."""
        if not self.present:
            return math.nan, math.nan, math.nan
        ends = line.of(float(self._found[look.LOW])), line.of(float(self._found[look.HIGH]))
        mean = line.of(float(self._found[look.TOTAL]) / self.present)
        return float(min(ends)), float(max(ends)), float(mean)

    def median_above_zero(self) -> float:
        """Median of the numbers above 0 in a thinned view; NaN without one."""
        seen = np.concatenate(self._sample) if self._sample else np.empty(0, np.float32)
        seen = seen[seen > 0]
        return float(np.median(seen)) if seen.size else math.nan

    def marks(self) -> dict[float, int]:
        """Numbers that look like missing data, with how many cells hold them.

        Of the usual marks those beyond the plausible range count (the weak ones if nothing else lies there); within it, one at the
        end of what is there that stands off from all else by more than the rest spans. A number too large for any measurement
        counts in any case.
        """
        f = self._found
        found = zip(self._suspects.tolist(), self._times.tolist(), strict=True)
        times_of = {float(number): int(times) for number, times in found if times}
        alone = sum(times_of.values()) == int(f[look.BEYOND])
        out = {k: v for k, v in times_of.items() if alone or k not in WEAK}
        if not self.present:
            return out
        rest = f[look.NEXT_HIGH] - f[look.NEXT_LOW] if np.isfinite(f[look.NEXT_LOW]) else 0.0
        for end, beside, times in (
            (f[look.LOW], f[look.NEXT_LOW], f[look.AT_LOW]),
            (f[look.HIGH], f[look.NEXT_HIGH], f[look.AT_HIGH]),
        ):
            number = float(end)
            if abs(number) >= _HUGE and not self.plausible[0] <= number <= self.plausible[1]:
                out[number] = int(times)
            elif (
                number in _APART and np.isfinite(beside) and rest > 0 and abs(number - beside) > rest
            ):  # fmt: skip
                out[number] = int(times)
        return out


def reasons_of(
    raw: NDArray[Any], hidden: NDArray[np.uint8] | None, marks: dict[float, int], band: Band
) -> NDArray[np.uint8]:
    """Why cells of a part of a band are missing, 0 where they are not; as the look decides it."""
    why = np.zeros(raw.shape, np.uint8) if hidden is None else hidden.copy()
    numbers, reasons = typed_marks(marks, raw.dtype)
    for number, reason in zip(numbers, reasons, strict=True):
        why[(raw == number) & (why == 0)] = reason
    if raw.dtype.kind == "f":
        why[~np.isfinite(raw) & (why == 0)] = Missing.NAN
    if band.valid != ANY_NUMBER:
        why[((raw < band.valid[0]) | (raw > band.valid[1])) & (why == 0)] = Missing.BEYOND
    return why


def typed_marks(
    marks: dict[float, int], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Marks in the type that is stored, those that it holds only, with the reason each stands for."""
    numbers, reasons = [], []
    dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    for mark, reason in marks.items():
        if math.isnan(mark):
            continue
        if dtype.kind == "f":
            if math.isinf(mark) or abs(mark) <= float(np.finfo(dtype).max) * (1 + 1e-6):
                numbers.append(np.clip(mark, -np.finfo(dtype).max, np.finfo(dtype).max))
                reasons.append(int(reason))
        elif mark == round(mark) and np.iinfo(dtype).min <= mark <= np.iinfo(dtype).max:
            numbers.append(int(mark))
            reasons.append(int(reason))
    return np.array(numbers, dtype), np.array(reasons, np.uint8)
