"""The bands of a raster that are asked for: their marks, their units, and what their numbers are."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.collect.catalog import InputSpec
from shanshui.collect.classes import legend
from shanshui.collect.codes import CodeType
from shanshui.collect.inputs import InputKind
from shanshui.collect.looking import Look, reasons_of
from shanshui.collect.missing import Missing
from shanshui.collect.scaling import Linear, band_unit, linear, missing_numbers, plausible
from shanshui.collect.sources import Band, RasterSource
from shanshui.core.errors import DataError

_PLAIN = Band("float32")


class Bands:
    """Bands that are read as one: one of them, or the mean or sum of all.

    Parameters
    ----------
    spec : InputSpec
        Its declaration.
    kind : InputKind
        What it is.
    name : str
        Input name, for messages.
    source : RasterSource
        The open file, or tiles.
    """

    def __init__(self, spec: InputSpec, kind: InputKind, name: str, source: RasterSource) -> None:
        self.path, self.spec, self.kind, self.name = source.path, spec, kind, name
        self.source = source
        self.asked = self._asked_bands()
        self.code_type = self._codes_of() if kind.family == "categorical" else None
        each = [self._line_of(band) for band in self.asked]
        self._each = each if len(set(each)) > 1 else None
        """Where bands are stored differently: each is scaled before they are added."""
        times = len(each) if spec.band == "sum" else 1
        self.line = Linear() if self._each else Linear(each[0].factor, times * each[0].shift)
        """Number read to value in the study's unit."""
        low, high = plausible(spec, kind, name)
        self.looks = [Look(_stored((low, high), line)) for line in each]
        """What the stored numbers of each band are, as far as they were read."""
        self._of_all = Look((low, high)) if len(each) > 1 else None

    def _asked_bands(self) -> list[int]:
        count = len(self.source.bands)
        if isinstance(self.spec.band, int):
            if not 1 <= self.spec.band <= count:
                raise DataError(
                    f"{self.name}.band: {self.spec.band} asked for, but {self.path} has bands 1 to {count}"
                )
            return [self.spec.band - 1]
        refuse_alpha(self.source, self.name)
        return list(range(count))

    def _codes_of(self) -> CodeType:
        for word in ("scale", "offset"):
            if getattr(self.spec, word) is not None:
                raise DataError(
                    f"{self.name}.{word}: class codes have no {word}; leave it out of [inputs.{self.name}]"
                )
        if not isinstance(self.spec.band, int):
            raise DataError(
                f"{self.name}.band: '{self.spec.band}' of class codes is no class; give the number of a band"
            )
        known = None if self.spec.legend is None else legend(self.spec.legend).codes
        return CodeType.of(self.source.bands[self.spec.band - 1].dtype, known, self.name)

    def _line_of(self, k: int) -> Linear:
        band = self.source.bands[k]
        if self.code_type is not None:
            return Linear()
        unit = band_unit(band.unit, self.kind.unit)
        return linear(
            self.spec, self.kind.unit, self.name, scale=band.scale, offset=band.offset, own=unit
        )

    @cached_property
    def marks(self) -> list[dict[float, int]]:
        """Stored numbers of each band that mean missing: the study file's word instead of the file's."""
        if self.spec.nodata is not None:
            own = dict.fromkeys(missing_numbers(self.spec), Missing.DECLARED)
            return [own for _ in self.asked]
        coded = self.code_type is not None and self.spec.legend is not None
        blank = legend(self.spec.legend).missing if coded and self.spec.legend else ()
        said = dict.fromkeys(map(float, blank), int(Missing.DECLARED))
        return [
            said | dict.fromkeys(self.source.bands[k].marks, int(Missing.TAG)) for k in self.asked
        ]

    @property
    def look(self) -> Look:
        """What the numbers are, as far as they were read: of one band as stored, of several when they are added."""
        return self._of_all or self.looks[0]

    @property
    def look_line(self) -> Linear:
        """From the numbers of ``look`` to values in the study's unit."""
        if self._of_all is None:
            return self.line
        return Linear()

    def check_codes(self, values: NDArray[Any]) -> None:
        """Refuse class codes on the study grid that the class table does not have.

        Raises
        ------
        DataError
            With the codes.
        """
        if self.code_type is not None:
            self.code_type.check(values, self.name, self.path)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type in which numbers are held."""
        return np.dtype(np.float32) if self.code_type is None else self.code_type.dtype

    @property
    def fill(self) -> float | int:
        """What a missing cell holds."""
        return np.nan if self.code_type is None else self.code_type.missing

    def read(
        self, source: RasterSource, rows: tuple[int, int], cols: tuple[int, int], *, first: bool
    ) -> NDArray[Any]:
        """One band, or the mean or sum of all, before anything is warped: both commute with the warp."""
        total: NDArray[Any] | None = None
        for place, k in enumerate(self.asked):
            raw, hidden = source.read(k, rows, cols)
            band, marks = self.source.bands[k], self.marks[place]
            look = self.looks[place] if first else Look()
            if self.code_type is not None:
                why = reasons_of(raw, hidden, marks, band)
                if raw.dtype.kind == "f":
                    why[np.isinf(raw)] = Missing.NOT  # no class, and refused below
                held = self.code_type.held(raw, why > 0, self.name, self.path)
                look.why += np.bincount(why.reshape(-1), minlength=look.why.size)
                look.classes(held, self.code_type)
                return held
            part: NDArray[Any] = look.numbers(raw, hidden, marks, band)
            if self._each is not None:
                line = self._each[place]
                part = part * np.float32(line.factor) + np.float32(line.shift)
            total = part if total is None else total + part
        assert total is not None  # noqa: S101 - a raster has a band
        if self.spec.band == "mean":
            total = total / np.float32(len(self.asked))
        if self._of_all is not None and first:
            line = self.line
            values = total * np.float32(line.factor) + np.float32(line.shift)
            self._of_all.numbers(values, None, {}, _PLAIN)
        return total

    def why(
        self, source: RasterSource, rows: tuple[int, int], cols: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Reasons of a part of the file; of several bands the first that lacks a number says it."""
        out: NDArray[np.uint8] | None = None
        for place, k in enumerate(self.asked):
            raw, hidden = source.read(k, rows, cols)
            why = reasons_of(raw, hidden, self.marks[place], self.source.bands[k])
            if self.code_type is not None and self.code_type.known is not None:
                why[~np.isin(raw, list(self.code_type.known)) & (why == 0)] = Missing.CLASSLESS
            out = why if out is None else np.where(out == 0, why, out)
        assert out is not None  # noqa: S101 - a raster has a band
        return out


def _stored(range_: tuple[float, float], line: Linear) -> tuple[float, float]:
    """Range of stored numbers of a range of values."""
    ends = [(v - line.shift) / line.factor for v in range_]
    return min(ends), max(ends)


def refuse_alpha(source: RasterSource, name: str) -> None:
    """Refuse to take all bands of a file, one of which tells how transparent the others are.

    Raises
    ------
    DataError
        With its number.
    """
    found = [k + 1 for k, band in enumerate(source.bands) if band.colour == "alpha"]
    if found:
        raise DataError(
            f"{name}: {source.path}: band {found[0]} is marked as transparency (alpha), so that it is not known whether it holds "
            "values; write the file without the mark, or name one band"
        )
