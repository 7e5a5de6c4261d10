"""A table of 3,000 counties, 50 columns and 20 years joined to its places, with a split and its account."""

import numpy as np
import pandas as pd

from shanshui.region.join import joined


def test_join_of_a_wide_table(benchmark):
    codes = [str(100_000 + k) for k in range(3000)]
    places = pd.DataFrame({"code": codes, "name": [f"place {c}" for c in codes]})
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.random((60_000, 50)) * 1e6, columns=[f"c{k}" for k in range(50)])
    table.insert(0, "year", np.tile(np.arange(2000, 2020), 3000))
    table.insert(0, "code", np.repeat(codes, 20))
    walk = pd.DataFrame({"from": codes[1:2] * 2, "to": codes[1:3], "weight": [0.3, 0.7]})
    _, account = benchmark(joined, table, places, crosswalk=walk)
    assert account.clean
