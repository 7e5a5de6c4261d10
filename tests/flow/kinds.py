"""One function for each way in which code or a value can be reached, to see what an edit of it reaches."""

import enum
import functools
import re
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
import shanshui.edited_beside as beside
from numba import guvectorize, njit, vectorize
from shanshui.edited_beside import decorated, wrapped

from shanshui.core.shipped import shipped_text

TABLES = {"low": "kinds/low.csv", "high": "kinds/high.csv"}
NAME = "kinds/named.csv"
MANY = np.arange(5000.0) * 2.5
MIXED = np.array([1, "a", None], dtype=object)
PAIRS = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
PRICES = pd.DataFrame({"price": [1.5, 2.5]})
WORDS = {"alpha", "beta"}
HALF = Fraction(1, 2)
CODE = re.compile("a+b")
WHEN = pd.Timestamp("2020-01-01", tz="Asia/Shanghai")


class Colour(enum.Enum):
    RED = 11


@dataclass(frozen=True)
class Curve:
    steep: float = 3.0

    def at(self, x):
        return x * self.steep + 0.25


class Limits:
    top = 77
    bottom = 0

    def __call__(self, x):
        return min(x, self.top, 5000)


@dataclass
class Job:
    run: object = field(default=None)


def in_dict(x):
    return x + 101


def in_tuple(x):
    return x + 102


def in_set(x):
    return x + 103


def in_partial(x, y=0):
    return x + 104 + y


def in_field(x):
    return x + 105


def in_default(x):
    return x + 106


def in_cache(x):
    return x + 107


def in_list_of_dicts(x):
    return x + 108


SOLVERS = {"one": in_dict}
ORDER = (in_tuple,)
CHOICE = frozenset({in_set})
PART = functools.partial(in_partial, y=7)
JOB = Job(in_field)
CURVE = Curve(4.0)
LIMITS = Limits()
CACHED = functools.lru_cache(in_cache)
NESTED = [{"f": in_list_of_dicts}]
LAMBDAS = {"a": lambda x: x + 201, "b": lambda x: x + 202}


@njit(nogil=True)
def kernel(x):
    return x + 301


@vectorize
def each(x):
    return x + 302


def _plus(x):
    return x + 303


FAST = njit(_plus, fastmath=False)


def _spread(x):
    return x + 304


SPREAD = np.vectorize(_spread, otypes=[float])


def _total(x, out):
    out[0] = 305


GENERAL = guvectorize(["f8[:], f8[:]"], "(n)->()")(_total)


def steady(x):
    return min(x, steady.limit)


steady.limit = 8


def _made(step):
    def inner(x):
        return x + step + 401

    return inner


TEN, TWENTY = _made(10), _made(20)


@functools.singledispatch
def shown(x):
    return 501


@shown.register
def _(x: str):
    return 502


def use_shipped():
    return shipped_text("kinds/plain.csv")


def use_named_table():
    return shipped_text(NAME)


def use_chosen_table(which):
    return shipped_text(TABLES[which])


def use_dict(x):
    return SOLVERS["one"](x)


def use_tuple(x):
    return [f(x) for f in ORDER]


def use_set(x):
    return [f(x) for f in CHOICE]


def use_partial(x):
    return PART(x)


def use_field(x):
    return JOB.run(x)


def use_default(x, f=in_default):
    return f(x)


def use_cache(x):
    return CACHED(x)


def use_nested(x):
    return NESTED[0]["f"](x)


def use_lambdas(x):
    return LAMBDAS["a"](x)


def use_kernel(x):
    return kernel(x)


def use_vectorized(x):
    return each(x)


def use_attribute(x):
    return steady(x)


def use_spread(x):
    return SPREAD(x)


def use_general(x):
    return GENERAL(x)


def use_flags(x):
    return FAST(x)


def use_closure(x):
    return TEN(x)


def use_other_closure(x):
    return TWENTY(x)


def use_dispatch(x):
    return shown(x)


def use_many():
    return MANY.sum()


def use_mixed():
    return MIXED


def use_structured():
    return PAIRS


def use_frame():
    return PRICES


def use_set_of_words():
    return sorted(WORDS)


def use_fraction():
    return float(HALF)


def use_pattern(x):
    return CODE.match(x)


def use_instant():
    return WHEN


def use_enum():
    return Colour.RED.value


def use_instance(x):
    return CURVE.at(x)


def use_class_attribute():
    return Limits.top


def use_called_instance(x):
    return LIMITS(x)


def use_bound_method(x, f=CURVE.at):
    return f(x)


def use_module(x):
    return beside.helper(x)


def use_getattr(x):
    return getattr(beside, "asked")(x)  # noqa: B009


def use_local_import(x):
    from shanshui.edited_beside import late

    return late(x)


def use_decorated(x):
    return _decorated(x)


@decorated(times=601)
def _decorated(x):
    return x


def use_wrapped(x):
    return _wrapped(x)


@wrapped
def _wrapped(x):
    return x + 602


def use_annotated(curve: Curve):
    return curve.at(1.0)
