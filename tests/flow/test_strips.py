import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from shanshui.flow.strips import in_order

STRIPS = [(k, k + 1) for k in range(40)]


def within(pool, work, ahead=3):
    """As a step does: from a thread of the pool itself."""

    def step():
        with closing(in_order(pool, work, STRIPS, ahead)) as results:
            return list(results)

    return pool.submit(step)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_strips_come_in_order_however_many_threads_there_are(workers):
    with ThreadPoolExecutor(workers) as pool:
        steps = [within(pool, lambda start, stop: start * 10) for _ in range(7)]
        for step in steps:
            assert step.result(60) == [(k, 10 * k) for k, _ in STRIPS]


def test_no_strip_is_worked_on_after_the_step_gave_up():
    done, lock = [], threading.Lock()

    def work(start, stop):
        with lock:
            done.append(start)
        if start == 5:
            raise ValueError("broken")
        return start

    with ThreadPoolExecutor(3) as pool:
        step = within(pool, work)
        with pytest.raises(ValueError, match="broken"):
            step.result(60)
        stood = len(done)
    assert len(done) == stood
    assert stood <= 5 + 1 + 3 + 1


def test_no_more_is_begun_than_is_allowed_ahead():
    due, begun, far = [0], [], []

    def work(start, stop):
        begun.append(start)
        far.append(start - due[0])
        return start

    with ThreadPoolExecutor(4) as pool:

        def step():
            with closing(in_order(pool, work, STRIPS, 2)) as results:
                for start, _ in results:
                    due[0] = start + 1

        pool.submit(step).result(60)
    assert sorted(begun) == [k for k, _ in STRIPS]
    assert max(far) <= 3
