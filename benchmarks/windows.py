"""Moving windows: elimination in one compiled call beside the grid's general solver, and threads beside one, in the same run.

``python benchmarks/windows.py`` prints two tables. Times are those of the processor, medians of nine; compiling is outside the clock.
"""

import statistics
import time

import numpy as np

from shanshui.pattern.circuit import omnidirectional as moving
from shanshui.pattern.circuit.windows import Windows, window_of

RADII = (8, 15, 30, 40, 50, 60)


def landscape(side, seed=0):
    rng = np.random.default_rng(seed)
    cell = np.exp(rng.normal(0, 1.5, (side, side)))
    cell[rng.random((side, side)) < 0.1] = 0.0
    return cell, np.where(cell > 0.5, 1.0, 0.0)


def timed(job, clock=time.thread_time, times=9):
    job()
    spent = []
    for _ in range(times):
        began = clock()
        job()
        spent.append(clock() - began)
    return statistics.median(spent)


def one_window(radius):
    cell, strength = landscape(2 * radius + 1)
    cell[radius, radius] = 1.0
    windows = Windows(cell, strength, radius)
    window = window_of(windows, (radius, radius, 1.0))

    def job():
        moving._current(windows, window.cell, window.sent, window.ground)

    found = []
    for small in (0, 10**9):
        moving.SMALL_WINDOW = small
        found.append(timed(job))
    return found


def main():
    usual = moving.SMALL_WINDOW
    print("| radius | cells | general, ms | elimination, ms | ratio |\n|---:|---:|---:|---:|---:|")
    for radius in RADII:
        general, elimination = one_window(radius)
        size = (2 * radius + 1) ** 2
        print(
            f"| {radius} | {size} | {1e3 * general:.2f} | {1e3 * elimination:.2f} | {elimination / general:.2f} |"
        )
    moving.SMALL_WINDOW = usual
    windows = Windows(*landscape(120), 30, 5)
    alone, beside = (
        timed(lambda n=n: moving.omnidirectional(windows, threads=n), time.perf_counter, 5)
        for n in (1, 2)
    )
    print(f"\n576 windows of radius 30, twice: {alone:.2f} s by one thread, {beside:.2f} s by two")


if __name__ == "__main__":
    main()
