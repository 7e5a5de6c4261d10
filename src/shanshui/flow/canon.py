"""Values as texts that are equal exactly when the values are: what digests are taken of."""

import datetime
import decimal
import enum
import fractions
import hashlib
import re
import threading
import types
import typing
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import cached_property, partial
from logging import Logger
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import xarray as xr

from shanshui.core.errors import PlanError, StoreError
from shanshui.kernels.crew import Crew
from shanshui.store.tables import column_bytes, table_digest
from shanshui.store.vectors import features_digest

Named = Callable[[Any], str | None]
"""Text of a function, class or module, which only a reader of code can give; None for anything else."""

_PLAIN = (
    bool, int, str, bytes, type(None), complex, type(Ellipsis), type(NotImplemented), range, slice, datetime.date,
    datetime.time, datetime.timedelta, datetime.tzinfo, fractions.Fraction, decimal.Decimal, uuid.UUID,
)  # fmt: skip
_NO_NUMBER = (
    type(threading.Lock()), type(threading.RLock()), threading.local, threading.Event, threading.Condition,
    threading.Semaphore, Executor, Logger, ContextVar, Crew,
)  # fmt: skip
"""Things that guard or carry work but decide no number: their type stands for them."""


class Canon:
    """Writes values; one is made for each value that is written.

    Parameters
    ----------
    where : str
        What the value belongs to, for the message.
    named : callable
        Text of functions, classes and modules.
    ordered : bool
        Does the order of a mapping count, and whether a sequence is a list or a tuple? It does in code, not in settings.
    homes : set of str
        Packages whose objects are read field by field.
    """

    def __init__(
        self, where: str, named: Named, *, ordered: bool, homes: frozenset[str] = frozenset()
    ) -> None:
        self.where, self._named, self._ordered, self._homes = where, named, ordered, homes
        self._within: list[int] = []

    def text(self, value: Any) -> str:
        """Write a value.

        Raises
        ------
        PlanError
            A type whose value is not known.
        """
        if (name := self._named(value)) is not None:
            return name
        if (plain := _plain(value)) is not None:
            return plain
        if id(value) in self._within:
            return f"again {len(self._within) - self._within.index(id(value))}"
        self._within.append(id(value))
        try:
            for part in (self._collection, self._frame, self._thing):
                if (found := part(value)) is not None:
                    return found
        except (StoreError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise PlanError(f"{self.where}: {_type(value)} cannot be digested ({error})") from error
        finally:
            self._within.pop()
        raise PlanError(
            f"{self.where} holds a {_type(value)}, whose value cannot be told, so that a change of it would go "
            "unseen; expected numbers, text, arrays, tables, collections of them, functions, or objects of classes "
            "of the package; make it inside the function that uses it"
        )

    def _collection(self, value: Any) -> str | None:
        if isinstance(value, Mapping):
            pairs = [f"{self.text(k)}:{self.text(v)}" for k, v in value.items()]
            return _joined("map", pairs if self._ordered else sorted(pairs))
        if isinstance(value, set | frozenset):
            return _joined("set", sorted(map(self.text, value)))
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return _joined(self.text(type(value)), map(self.text, value))
        if isinstance(value, list | tuple | deque):
            kind = type(value).__name__ if self._ordered else "list"
            return _joined(kind, map(self.text, value))
        if isinstance(value, partial):
            return _joined(
                "partial", map(self.text, (value.func, value.args, dict(value.keywords)))
            )
        if isinstance(value, types.MethodType):
            return _joined("method", map(self.text, (value.__func__, value.__self__)))
        if isinstance(value, types.BuiltinMethodType):
            return _joined(f"method {value.__name__}", [self.text(value.__self__)])
        if isinstance(value, classmethod | staticmethod):
            return self.text(value.__func__)
        if isinstance(value, property):
            return _joined("property", map(self.text, (value.fget, value.fset)))
        if isinstance(value, cached_property):
            return self.text(value.func)
        return None

    def _frame(self, value: Any) -> str | None:
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, gpd.GeoDataFrame):
            return f"features {features_digest(value)}"
        if isinstance(value, pd.DataFrame):
            return f"table {table_digest(value)}"
        if isinstance(value, gpd.GeoSeries):
            return f"shapes {features_digest(value.to_frame('shape'))}"
        if isinstance(value, pd.Index | pd.Series):
            digest = table_digest(pd.DataFrame({"values": value}))
            return f"{type(value).__name__} {self.text(value.name)} {digest}"
        if isinstance(value, pd.api.extensions.ExtensionArray):
            return f"column {value.dtype} {_sha(column_bytes(pd.Series(value), self.where))}"
        if isinstance(value, xr.DataArray | xr.Dataset):
            parts = value.to_dict(data="array", encoding=False)
            return _joined(type(value).__name__, [self.text(parts)])
        return None

    def _array(self, value: np.ndarray[Any, Any]) -> str:
        head = f"array {value.dtype.descr if value.dtype.names else value.dtype.str} {value.shape}"
        if isinstance(value, np.ma.MaskedArray):
            mask = np.ma.getmaskarray(value)
            return _joined(head, [self.text(mask), self._array(np.asarray(value.filled()))])
        if value.dtype.hasobject:
            return _joined(head, map(self.text, value.ravel().tolist()))
        return f"{head} {_sha(np.ascontiguousarray(value).tobytes())}"

    def _thing(self, value: Any) -> str | None:
        if isinstance(value, _NO_NUMBER):
            return _type(value)
        if typing.get_origin(value) is not None:
            return _joined(
                "alias", map(self.text, (typing.get_origin(value), typing.get_args(value)))
            )
        if type(value).__module__ == "typing":
            return f"typing {value!r}"
        if isinstance(value, pyproj.CRS):
            return f"crs {value.to_wkt()}"
        if isinstance(value, shapely.Geometry):
            return f"shape {shapely.to_wkb(value, hex=True)}"
        if isinstance(value, np.dtype | pd.api.extensions.ExtensionDtype):
            return f"dtype {value!r}"
        if is_dataclass(value) and not isinstance(value, type):
            own = [(f.name, getattr(value, f.name)) for f in fields(value)]
            return _joined(self.text(type(value)), map(self.text, own))
        if type(value).__module__.partition(".")[0] in self._homes and _held(value) is not None:
            return _joined(self.text(type(value)), [self.text(_held(value))])
        return None


def digest_of(*parts: Any) -> str:
    """Digest of settings and of other plain values, in order; the order of a mapping does not count.

    Raises
    ------
    PlanError
        A type whose value is not known.
    """
    canon = Canon("a recipe", _class_name, ordered=False)
    return _sha(canon.text(parts).encode("utf-8", "surrogatepass"))


def _class_name(value: Any) -> str | None:
    return f"{value.__module__}.{value.__qualname__}" if isinstance(value, type) else None


def _plain(value: Any) -> str | None:
    if isinstance(value, enum.Enum):
        return f"{_type(value)}.{value.name}={value.value!r}"
    if isinstance(value, bool | np.bool_):
        return f"bool {bool(value)}"
    if isinstance(value, float):
        return f"float {float(value).hex()}"
    if isinstance(value, np.generic):
        head = value.dtype.descr if value.dtype.names else value.dtype.str
        return f"{head} {value.tobytes().hex()}"
    if isinstance(value, re.Pattern):
        return f"pattern {value.pattern!r} {value.flags}"
    if isinstance(value, PurePath):
        return f"path {str(value)!r}"
    if value is pd.NaT or value is pd.NA:
        return "missing"
    if isinstance(value, _PLAIN):
        return f"{_type(value)} {value!r}"
    return None


def _held(value: Any) -> dict[str, Any] | None:
    """Fields of an object; what it works out once and remembers is no part of it."""
    kind = type(value)
    names = [n for k in kind.__mro__ for n in _slots(k)]
    held = {n: getattr(value, n) for n in names if hasattr(value, n)}
    held |= getattr(value, "__dict__", {})
    if not names and not hasattr(value, "__dict__"):
        return None
    return {
        n: v for n, v in held.items() if not isinstance(getattr(kind, n, None), cached_property)
    }


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(n for n in names if n not in {"__dict__", "__weakref__"})


def _joined(head: str, parts: Any) -> str:
    # with its length before each part, no two collections read the same
    return f"{head}[{''.join(f'{len(p)}:{p}' for p in parts)}]"


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _type(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
