"""Module beside the kinds, reached from them."""

import functools

WEIGHT = 9.5


def helper(x):
    return x * WEIGHT


def asked(x):
    return x + 701


def late(x):
    return x + 702


def decorated(times):
    def around(fn):
        return lambda x: fn(x) * times

    return around


def wrapped(fn):
    @functools.wraps(fn)
    def outer(x):
        return fn(x) + 703

    return outer
