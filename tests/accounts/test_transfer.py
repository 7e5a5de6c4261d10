"""Unit values of the world carried to this ground by biome, production and cover."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.accounts.asset_transfer import TRANSFERRED, asset_transfer, transfer_values
from shanshui.accounts.gep import gep
from shanshui.core.errors import PlanError, QuantityError

NAMES = pd.DataFrame({"lucode": [1, 2, 3], "ecosystem": ["broadleaf forest", "water", "paddy"]})


def cells(rows):
    return grid(rows, "1", cell_m=1000.0, dtype="int32")


def world(npp=550.0, cover=0.75, **settings):
    labels = cells([[2, 2, 3], [2, 0, 4]])
    plants = None if npp is None else grid(np.full((2, 3), npp), "g/m2/yr", cell_m=1000.0)
    green = None if cover is None else grid(np.full((2, 3), cover), "1", cell_m=1000.0)
    return asset_transfer(labels, NAMES, plants, green, **settings)


def test_rows_of_the_world_table_sum_to_its_printed_totals():
    total = transfer_values()[list(TRANSFERRED)].sum(axis=1)
    assert total[["forest", "cropland", "wetland", "water", "barren"]].tolist() == [302, 92, 14785, 8498, 0]  # fmt: skip
    # the parts printed for grassland sum to 244 beside a printed 232
    assert total["grassland"] == 244
    assert total["shrub"] == (302 + 244) / 2


def test_a_hectare_of_mean_forest_is_worth_what_the_world_table_says():
    rows = world()
    forest = rows[rows["lucode"] == 1]
    assert forest["area_ha"].iloc[0] == 300.0
    assert forest["factor"].iloc[0] == pytest.approx(1.0)
    assert forest["unit_value"].sum() == pytest.approx(302 * 8.62)
    assert rows[rows["lucode"] == 2]["unit_value"].sum() == pytest.approx(8498 * 8.62)
    assert set(rows["price_year"]) == {1994}


def test_production_and_cover_correct_plants_and_nothing_else():
    half = world(npp=275.0, cover=0.375)
    assert half[half["lucode"] == 1]["factor"].iloc[0] == pytest.approx(0.25)
    assert half[half["lucode"] == 2]["factor"].iloc[0] == 1.0
    field = half[half["lucode"] == 3]["factor"].iloc[0]
    assert field == pytest.approx(275 / 430 * 0.375 / 0.5)
    far = world(npp=3000.0)
    assert far[far["lucode"] == 1]["factor"].iloc[0] == 4.0
    plain = world(npp=None, cover=None)
    assert (plain["factor"] == 1.0).all()
    assert plain["npp"].isna().all()


def test_a_national_total_scales_the_total_and_not_the_share():
    free, held = world(), world(national_total=11.04e12, year=2015)
    assert held["nation_total"].iloc[0] == pytest.approx(11.04e12)
    assert set(held["price_year"]) == {2015}
    share = [
        (r["area_ha"] * r["unit_value"]).sum() / r["nation_total"].iloc[0] for r in (free, held)
    ]
    assert share[0] == pytest.approx(share[1])


def test_the_account_of_transferred_values_differs_by_region():
    amounts = pd.DataFrame({"flow": ["cover_1"], "amount": [300.0], "per": ["ha"]})
    out = gep(amounts, None, NAMES, None, world(), frame="asset_transfer", year=2015, draws=20)
    total = out.set_index("flow").loc["total"]
    forest, lake, field = 300 * 302.0, 100 * 8498.0, 100 * 92.0 * (550 / 430 * 0.75 / 0.5)
    by_1999 = 1.171 * 1.083 * 1.028 * 0.992 * 0.986
    by_2015 = by_1999 * 1.004 * np.prod(
        [1.007, 0.992, 1.012, 1.039, 1.018, 1.015, 1.048, 1.059, 0.993, 1.033, 1.054, 1.026, 1.026, 1.02, 1.014]
    )  # fmt: skip
    assert total["value"] == pytest.approx((forest + lake + field) * 8.62 * by_2015)
    assert set(out["basis"].iloc[:-1]) == {"transferred"}
    with pytest.raises(PlanError, match="asset_transfer: needs"):
        gep(amounts, None, NAMES, frame="asset_transfer")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (NAMES.drop(columns="ecosystem"), "no column ecosystem"),
        (NAMES.iloc[:2], "code 3 is on the map but has no row"),
        (NAMES.assign(ecosystem="broadleaf woods"), "of which no biome is known; did you mean 'broadleaf forest'"),
    ],
)  # fmt: skip
def test_ground_without_a_biome_is_refused(names, message):
    with pytest.raises(QuantityError, match=message):
        asset_transfer(cells([[2, 4]]), names)


def test_ground_without_land_cover_is_refused():
    with pytest.raises(QuantityError, match="no cell of the region"):
        asset_transfer(cells([[0, 0]]), NAMES)


def test_a_study_without_ecosystems_has_no_transfer_and_keeps_its_account():
    # the plan leaves a step out whose input lacks a column that it wants
    assert asset_transfer.card.needs["biophysical"].wants == ("ecosystem",)
