"""Lines of sight: compiled and plain agree, a slow way by shapely agrees, near hides far, threads change nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.kernels import crew, sight

CURVE = 0.87 / 12_740_000.0


def ground(seed, ny=14, nx=17, holes=0.0):
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 40, (ny, nx)).astype(np.float32)
    z[rng.random(z.shape) < holes] = np.nan
    return z


def seen(z, at, *, above=5.0, cell=30.0, curve=CURVE, lift=0.0, reach=np.inf, planes=False):
    return sight.seen_from(
        z, at, above, cell, curve=curve, lift=lift, reach=reach, planes=planes
    )  # fmt: skip


def slow(z, at, target, *, above=5.0, cell=30.0, curve=CURVE, lift=0.0):
    """The same by fractions of the way, column by column and row by row."""
    (i, j), (p, q) = at, target
    far = np.hypot(p - i, q - j) * cell
    top = float(z[i, j]) + above
    if far == 0:
        return sight.SEEN
    level = (z[p, q] + lift - curve * far**2 - top) / far
    ways = {k / abs(q - j) for k in range(1, abs(q - j))} | {
        k / abs(p - i) for k in range(1, abs(p - i))
    }
    hidden, unknown = False, False
    for t in ways:
        y, x = i + t * (p - i), j + t * (q - j)
        y, x = (round(v) if abs(v - round(v)) < 1e-9 else v for v in (y, x))
        rows, cols = {int(np.floor(y)), int(np.ceil(y))}, {int(np.floor(x)), int(np.ceil(x))}
        assert len(rows) == 1 or len(cols) == 1
        part = (y % 1) or (x % 1)
        ends = [float(z[r, c]) for r in sorted(rows) for c in sorted(cols)]
        h = ends[0] if len(ends) == 1 else ends[0] + (ends[1] - ends[0]) * part
        if np.isnan(h):
            unknown = True
        elif (h - curve * (t * far) ** 2 - top) / (t * far) > level + 1e-9 / far:
            hidden = True
    return sight.HIDDEN if hidden else sight.UNKNOWN if unknown else sight.SEEN


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    st.tuples(st.integers(0, 13), st.integers(0, 16)),
    st.sampled_from([0.0, 0.1]),
)
def test_lines_are_those_of_a_slow_way(seed, at, holes):  # fmt: skip
    z = ground(seed, holes=holes)
    z[at] = 12.0
    found = seen(z, at)
    for p, q in np.ndindex(z.shape):
        known = sight.UNKNOWN if np.isnan(z[p, q]) else slow(z, at, (p, q))
        assert found[p, q] == known, (p, q)


@pytest.mark.parametrize("planes", [False, True])
def test_compiled_is_plain(planes):
    z = ground(3, 9, 8, 0.1)
    z[4, 4] = 10.0
    out = np.empty(z.shape, np.uint8)
    if planes:
        plain = sight._planes.py_func(
            z, 4, 4, 15.0, 30.0, CURVE, 1.0, 100.0, np.empty(z.shape), out
        )
    else:
        line, cross = sight._line.py_func, sight._crossing.py_func
        assert cross(z, 4, 4, True, 0, 3) == 10.0
        plain = out
        for i, j in np.ndindex(z.shape):
            inside = np.hypot(i - 4, j - 4) * 30.0 < 100.0
            plain[i, j] = 2 if np.isnan(z[i, j]) else line(z, 4, 4, 15.0, i, j, 30.0, CURVE, 1.0) if inside else 0  # fmt: skip
    np.testing.assert_array_equal(seen(z, (4, 4), lift=1.0, reach=100.0, planes=planes), plain)
    count, value = np.zeros((12, 12)), np.zeros((12, 12))
    for kind in range(3):
        args = (plain, 4, 4, 2, 1, 30.0, 2.0, kind, 1.5, 0.01, 90.0)
        both = [(count.copy(), value.copy()) for _ in range(2)]
        sight.add_seen(*args, *both[0])
        sight.add_seen.py_func(*args, *both[1])
        np.testing.assert_allclose(both[0], both[1], rtol=1e-14)


def test_a_wall_hides_what_is_behind_and_nothing_else():
    z = np.zeros((9, 12), np.float32)
    z[3:6, 5] = 50.0
    for planes in (False, True):
        found = seen(z, (4, 2), curve=0.0, planes=planes)
        assert (found[:, :6] == sight.SEEN).all()
        assert (found[4, 6:] == sight.HIDDEN).all()
    # the edge of the wall falls from 50 to 0 m between two rows: lines know where, planes lean on two cells
    by_lines, by_planes = seen(z, (4, 2), curve=0.0), found
    assert by_lines[2, 8] == sight.HIDDEN
    assert by_lines[0, 8] == sight.SEEN
    assert by_planes[0, 8] == sight.HIDDEN
    z[3:6, 5] = 0.0
    assert (seen(z, (4, 2), curve=0.0) == sight.SEEN).all()


def test_level_sea_over_the_horizon():
    """A mark sees the cell at 10 km over that at 9.9 km from k x 9.9 km x 10 km = 6.7606 m on (refraction 0.13)."""
    z = np.zeros((1, 101), np.float32)
    for planes in (False, True):
        assert seen(z, (0, 0), above=6.77, cell=100.0, planes=planes)[0, 100] == sight.SEEN
        low = seen(z, (0, 0), above=6.75, cell=100.0, planes=planes)
        assert low[0, 100] == sight.HIDDEN
        assert low[0, 98] == sight.SEEN
        assert seen(z, (0, 0), above=7.76, cell=100.0, curve=1 / 12.74e6, planes=planes)[0, 100] == sight.HIDDEN  # fmt: skip
    # an eye of 1.7 m looks to a horizon of 5 km, k (5 km)^2 = 1.707 m
    assert seen(z, (0, 0), above=1.71, cell=100.0, lift=1.71)[0, 100] == sight.SEEN
    assert seen(z, (0, 0), above=1.70, cell=100.0, lift=1.70)[0, 100] == sight.HIDDEN


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 30.0), st.floats(0.0, 20.0))
def test_a_higher_top_or_eye_sees_no_less(seed, more, eye):
    z = ground(seed)
    low = seen(z, (6, 8))
    high = seen(z, (6, 8), above=5.0 + more, lift=eye)
    assert not ((low == sight.SEEN) & (high != sight.SEEN)).any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_sight_is_mutual_and_turns_with_the_map(seed):
    z = ground(seed)
    found = seen(z, (6, 8), curve=0.0, above=2.0, lift=3.0)
    for p, q in ((0, 0), (3, 12), (13, 2)):
        back = seen(z, (p, q), curve=0.0, above=3.0, lift=2.0)
        assert back[6, 8] == found[p, q]
    for planes in (False, True):
        one = seen(z, (6, 8), planes=planes)
        turned = seen(np.ascontiguousarray(np.rot90(z)), (8, 6), planes=planes)
        np.testing.assert_array_equal(np.rot90(one), turned)
        mirrored = seen(np.ascontiguousarray(z.T), (8, 6), planes=planes)
        np.testing.assert_array_equal(one.T, mirrored)


def test_threads_change_nothing(monkeypatch):
    z = ground(11, 60, 70, 0.02)
    z[30, 30] = 12.0
    one = seen(z, (30, 30))
    monkeypatch.setattr(crew, "available", lambda: 5)
    np.testing.assert_array_equal(seen(z, (30, 30)), one)


def test_what_is_not_known_hides_nothing_that_ground_hides():
    z = np.zeros((1, 8), np.float32)
    z[0, 3], z[0, 5] = np.nan, 40.0
    assert list(seen(z, (0, 0), curve=0.0)[0]) == [1, 1, 1, 2, 2, 2, 0, 0]
    # planes look through
    assert list(seen(z, (0, 0), curve=0.0, planes=True)[0]) == [1, 1, 1, 2, 1, 1, 0, 0]
