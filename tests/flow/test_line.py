"""A line before a few places: who has the smallest number goes first, and never more than there are places."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.flow.line import Line


def waiting(line, numbers):
    """All in the line at once; gives the order in which they came to a place, and the most at once."""
    order, now, most, lock = [], set(), [0], threading.Lock()

    def come(number):
        with line.place(number):
            with lock:
                order.append(number)
                now.add(number)
                most[0] = max(most[0], len(now))
            time.sleep(0.002)
            with lock:
                now.discard(number)

    threads = [threading.Thread(target=come, args=(n,)) for n in numbers]
    for thread in threads:
        thread.start()
    return threads, order, most


@settings(max_examples=20, deadline=None)
@given(numbers=st.permutations(range(1, 9)))
def test_the_smallest_number_is_next_however_late_it_came(numbers):
    line = Line(1)
    with line.place(0):
        threads, order, most = waiting(line, numbers)
        while len(line._waiting) < len(numbers):
            time.sleep(0.001)
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == sorted(numbers)
    assert most == [1]


def test_no_more_than_there_are_places():
    threads, order, most = waiting(Line(3), range(12))
    for thread in threads:
        thread.join(5)
    assert sorted(order) == list(range(12))
    assert 1 < most[0] <= 3


def test_a_place_is_given_back_by_who_fails():
    line = Line(1)
    with pytest.raises(ValueError, match="no"), line.place(1):
        raise ValueError("no")
    with line.place(2):
        pass
