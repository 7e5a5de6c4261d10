"""Time of joining a table of 3,000 counties, 50 columns and 20 years to its places, with a split and the account."""

import time

import numpy as np
import pandas as pd

from shanshui.region.join import joined


def main(times=5):
    """Print the best of some runs: seconds by the wall and of the processor."""
    codes = [str(100_000 + k) for k in range(3000)]
    places = pd.DataFrame({"code": codes, "name": [f"place {c}" for c in codes]})
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.random((60_000, 50)) * 1e6, columns=[f"c{k}" for k in range(50)])
    table.insert(0, "year", np.tile(np.arange(2000, 2020), 3000))
    table.insert(0, "code", np.repeat(codes, 20))
    walk = pd.DataFrame({"from": codes[1:2] * 2, "to": codes[1:3], "weight": [0.3, 0.7]})
    found = []
    for _ in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        _, account = joined(table, places, crosswalk=walk)
        found.append((time.perf_counter() - wall, time.process_time() - processor))
        assert account.clean
    print("| wall s | processor s |\n|---:|---:|")
    print(f"| {min(f[0] for f in found):.2f} | {min(f[1] for f in found):.2f} |")


if __name__ == "__main__":
    main()
