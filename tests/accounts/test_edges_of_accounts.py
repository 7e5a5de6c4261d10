"""Places of the accounts where a small fault would go unseen: limits of spots, cells that are no square kilometre, values near 0."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.accounts.flows import population_of_units
from shanshui.accounts.indicators import coupling_coordination, gep_hot_spots
from shanshui.accounts.water_retention import water_balance_check
from shanshui.core.errors import QuantityError

ONE = np.uint8


@pytest.mark.parametrize(("end", "rest", "spot"), [(1.0, 9.0, "cold"), (9.0, 1.0, "hot")])
def test_spots_begin_beyond_the_limit_on_both_sides(end, rest, spot):
    """Three of twelve in a row: 2.57, 3.32 and 1.84 deviations about them, of which 1.96 are asked for."""
    value = pd.DataFrame(
        {"per_km2": [end] * 3 + [rest] * 9}, index=pd.RangeIndex(1, 13, name="unit")
    )
    pairs = pd.DataFrame({"source": range(1, 12), "target": range(2, 13)})
    out = gep_hot_spots(value, pairs)
    assert out["z"].abs().iloc[:3].round(3).tolist() == [2.569, 3.317, 1.843]
    assert out["spot"].tolist() == [spot, spot, *[""] * 10]


def test_people_on_cells_of_four_hectares():
    labels = grid([[1, 1, 2, 0]], "1", cell_m=200.0, dtype=np.int32, nodata=0)
    density = grid([[100.0, 150.0, 50.0, 7.0]], "person/km2", cell_m=200.0)
    assert population_of_units(labels, density)["population"].tolist() == pytest.approx([10.0, 2.0])


def test_a_balance_of_nought_or_of_half_a_millimetre_is_not_below_nought():
    """Hectares: 0.5 mm is 5 m3. One of four known cells lies below 0, two lose more than falls on them."""
    rain = grid([[100.0, 100.0, 100.0, 100.0, 100.0]], "mm/yr")
    lost = grid([[100.5, 100.0, 99.0, 101.0, 500.0]], "mm/yr")
    balance = grid([[-0.5, 0.0, 0.5, 0.2, np.nan]], "mm/yr")
    out = water_balance_check(rain, lost, balance, grid([[1] * 5], "1", dtype=ONE))
    assert out["share"].tolist() == pytest.approx([0.5, 0.25])
    assert out["volume_m3"].tolist() == pytest.approx([15.0, 5.0])
    nothing = water_balance_check(rain, lost, balance, grid([[0, 0, 0, 0, 1]], "1", dtype=ONE))
    # of no known cell there is nothing to tell
    assert nothing[["share", "volume_m3"]].isna().all(axis=None)


def test_levels_hold_their_ends_and_gaps():
    ends = coupling_coordination([[0.0, 1.0], [1.0, 1.0], [np.nan, 0.5]])
    assert ends["level"].iloc[:2].tolist() == pytest.approx([0.5, 1.0])
    for wrong in (-0.01, 1.01):
        with pytest.raises(QuantityError, match=r"levels outside \[0, 1\]"):
            coupling_coordination([[0.5, wrong]])
