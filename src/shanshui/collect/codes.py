"""Class codes of a raster: the smallest whole-number type that holds them all and a mark for missing."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import DataError


@dataclass(frozen=True)
class CodeType:
    """How codes are held on the study grid.

    Attributes
    ----------
    dtype : numpy type
        Whole numbers.
    missing : int
        Code of missing cells; no class has it.
    known : collection of int or None
        Codes of the class table.
    """

    dtype: np.dtype[Any]
    missing: int
    known: Collection[int] | None

    @classmethod
    def of(cls, stored: str, known: Collection[int] | None, name: str) -> "CodeType":
        """Choose the type by what the file stores and what the class table names.

        Raises
        ------
        DataError
            A class whose code no 32-bit number holds.
        """
        if stored == "uint8" and 255 not in (known or ()):
            return cls(np.dtype(np.uint8), 255, known)
        small = known is not None or stored in {"uint8", "int8", "int16"}
        for kind in (np.int16, np.int32) if small else (np.int32,):
            limits = np.iinfo(kind)
            if all(limits.min < code <= limits.max for code in known or ()):
                return cls(np.dtype(kind), int(limits.min), known)
        far = max(known or (), key=abs)
        raise DataError(
            f"{name}: class code {far} does not fit 32 bits; number the classes anew, in the raster and its class table"
        )

    def held(
        self, raw: NDArray[Any], gone: NDArray[np.bool_], name: str, path: Path
    ) -> NDArray[Any]:
        """Codes as they are held.

        Parameters
        ----------
        raw : array
            As stored, whatever the type.
        gone : array of bool
            Where the code is missing.

        Raises
        ------
        DataError
            Fractions, or codes that the type does not hold: the class table does not have them.
        """
        if raw.dtype.kind == "f":
            gone = gone | np.isnan(raw)
            broken = ~gone & (raw != np.rint(raw))
            if broken.any():
                raise DataError(
                    f"{name}: {path} holds {raw[broken][0]:g}, expected whole class codes; is it a map of classes, and "
                    "was it averaged when it was made?"
                )
        limits = np.iinfo(self.dtype)
        out = np.full(raw.shape, self.missing, self.dtype)
        fits = ~gone & (raw >= limits.min) & (raw <= limits.max) & (raw != self.missing)
        strange = ~gone & ~fits
        if strange.any():
            self.refuse(np.unique(raw[strange]), name, path)
        out[fits] = raw[fits].astype(self.dtype)
        return out

    def check(self, values: NDArray[Any], name: str, path: Path) -> None:
        """Refuse codes that the class table does not have.

        Raises
        ------
        DataError
            With the codes.
        """
        if self.known is None:
            return
        found = np.unique(values[values != self.missing])
        strange = found[~np.isin(found, list(self.known))]
        if strange.size:
            self.refuse(strange, name, path)

    def refuse(self, codes: NDArray[Any], name: str, path: Path) -> None:
        """Refuse codes.

        Raises
        ------
        DataError
            With the codes.
        """
        shown = ", ".join(f"{int(c)}" if np.isfinite(c) else f"{c}" for c in codes[:12])
        raise DataError(
            f"{name}: {path}: codes {shown} are not in the class table; add them, or declare them as nodata"
        )
