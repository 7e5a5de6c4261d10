"""What covers take of pollutants by rates, and which homes lie near green."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid, squares

from shanshui.accounts.capacity import capacity_by_cover, green_near_homes
from shanshui.accounts.purification import purification
from shanshui.accounts.table_amounts import landscape_premium
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError

BROADLEAF, CONIFER, BUILT = (
    codes_of([w])[0] for w in ("broadleaf_forest", "conifer_forest", "built")
)
COUNTIES = squares(2, 4, cell_m=1000.0).assign(parent="9")
LABELS = grid([[1, 1, 2, 2], [1, 1, 2, 2]], "1", cell_m=1000.0, dtype="int32", nodata=0)
COVER = grid(
    [[BROADLEAF, BROADLEAF, CONIFER, BUILT], [BROADLEAF, CONIFER, CONIFER, BUILT]],
    "1", cell_m=1000.0, dtype="uint8", nodata=0,
)  # fmt: skip
# the classical rates of sulphur dioxide [M]
RATES = pd.DataFrame(
    {"cover": ["forest", "Broadleaf_forest", "built"], "pollutant": "SO2", "rate": [215.6, 88.65, 0.0]}
)  # fmt: skip


def test_capacity_is_area_by_rate():
    """300 ha of broadleaf at 88.65 and 100 ha of conifers at 215.6 kg/ha take 48.155 t."""
    out = capacity_by_cover(RATES, COVER, LABELS, COUNTIES).set_index("code")["capacity_t"]
    assert out["101"] == pytest.approx(0.3 * 88.65 + 0.1 * 215.6)
    assert out["102"] == pytest.approx(0.2 * 215.6)
    assert out["9"] == pytest.approx(out["101"] + out["102"])
    emitted = pd.DataFrame({"code": ["101", "102"], "pollutant": "SO2", "emitted_t": [100.0, 10.0], "meets_standard": 0})  # fmt: skip
    purified = purification(emitted, out.reset_index().assign(pollutant="SO2"))
    assert purified["purified_t"].tolist() == pytest.approx([48.155, 10.0])


def test_counties_whose_cover_is_not_known_are_left_out():
    gap = COVER.copy(data=np.where(COVER.values == BUILT, 0, COVER.values).astype("uint8"))
    out = capacity_by_cover(RATES, gap, LABELS, COUNTIES)
    assert out["code"].tolist() == ["101"]
    half = capacity_by_cover(RATES, gap, LABELS, COUNTIES, least_known=0.5).set_index("code")
    assert half.loc["102", "capacity_t"] == pytest.approx(43.12)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (RATES.assign(cover="woods"), "purification_rates.cover: 'woods'"),
        (RATES.assign(rate=[1.0, None, 0.0]), "SO2 under broadleaf_forest holds"),
        (RATES.assign(rate=[1.0, -2.0, 0.0]), "expected kg/ha/yr, 0 or more"),
        (RATES.assign(cover="forest"), "SO2 stands twice for forest"),
        (RATES.iloc[:2], "SO2 has no rate under built, which is on the map"),
    ],
)
def test_rates_that_are_not_right_are_refused(rates, words):
    with pytest.raises(QuantityError, match=words):
        capacity_by_cover(rates, COVER, LABELS, COUNTIES)


def test_homes_near_green():
    """Of three built cells in a row beside a wood two lie within its reach."""
    counties = squares(1, 6, parts=2)
    labels = grid([[1, 1, 1, 1, 2, 2]], "1", dtype="int32", nodata=0)
    cover = grid([[CONIFER, BUILT, BUILT, BUILT, CONIFER, CONIFER]], "1", dtype="uint8", nodata=0)
    cover[0, 4:] = codes_of(["farmed"])[0]
    near = green_near_homes(cover, labels, counties, reach_m=200.0)
    assert near["code"].tolist() == ["101"]
    assert near["near_share"].iloc[0] == pytest.approx(2 / 3)
    homes = pd.DataFrame({"code": [101], "all_floor_m2": [900.0], "price": 5000.0, "premium": 0.1})
    assert landscape_premium(homes, near)["stock"].iloc[0] == pytest.approx(300_000.0)
    with pytest.raises(QuantityError, match="needs a land cover and counties"):
        landscape_premium(homes)
    with pytest.raises(QuantityError, match="no built ground is known in 102"):
        landscape_premium(homes.assign(code=102), near)
    with pytest.raises(QuantityError, match="found floor_m2 and all_floor_m2"):
        landscape_premium(homes.assign(floor_m2=1.0), near)
    with pytest.raises(QuantityError, match="neither floor_m2 nor all_floor_m2"):
        landscape_premium(homes.drop(columns="all_floor_m2"), near)
