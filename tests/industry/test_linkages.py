"""Every column of the linkage tables, with a pencil on the table of Miller and Blair."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import squares

from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.extraction import footprint, hypothetical_extraction, spillover
from shanshui.industry.input_output import (
    ghosh_sums,
    household_inverse,
    influence_coefficient,
    key_sectors,
    leontief_inverse,
    structural_decomposition,
    technical_coefficients,
)
from shanshui.industry.linkage import footprints, linkages, regional_linkages
from shanshui.industry.regional_tables import location_quotients, regional_coefficients

A = np.array([[0.15, 0.25], [0.2, 0.05]])
# of I - A
DETERMINANT = 0.7575


def table(**more):
    return pd.DataFrame(
        {
            "code": ["01", "02", "VA"],
            "name": ["farming", "making", "value added"],
            "01": [150.0, 200.0, 650.0],
            "02": [500.0, 100.0, 1400.0],
            "final": [300.0, 1550.0, np.nan],
            "EX": [50.0, 150.0, np.nan],
            **more,
            "GO": [1000.0, 2000.0, np.nan],
        }
    )


def test_every_column_of_two_sectors():
    found = linkages(table())
    assert found["code"].tolist() == ["01", "02"]
    assert found["name"].tolist() == ["farming", "making"]
    assert found["output"].tolist() == [1000.0, 2000.0]
    # columns of the inverse sum to 1.15 and 1.1, rows to 1.2 and 1.05, over the determinant
    np.testing.assert_allclose(found["influence"], [1.15 / 1.125, 1.1 / 1.125])
    np.testing.assert_allclose(found["sensitivity_leontief"], [1.2 / 1.125, 1.05 / 1.125])
    # rows of the Ghosh inverse: .95 + .25 * 2 and .85 + .2 / 2
    np.testing.assert_allclose(found["sensitivity_ghosh"], [1.45 / 1.2, 0.95 / 1.2])
    assert found["quadrant"].tolist() == ["key", "weak"]
    # two values lie their difference over the root of two from each other
    np.testing.assert_allclose(
        found["variation"], [0.75 / np.sqrt(2) / 0.575, 0.6 / np.sqrt(2) / 0.55]
    )
    np.testing.assert_allclose(found["value_added"], 1.0)
    np.testing.assert_allclose(found["growth"], [0.65, 0.7])
    np.testing.assert_allclose(found["exports"], [0.25, 0.75])


def test_what_is_lost_without_a_sector():
    found = linkages(table()).iloc[0]
    alone = 1700 / 0.95
    left = {
        "loss_whole": alone,
        # it buys nothing, and still sells to the other and to final demand
        "loss_backward": alone + 350 + 0.25 * alone,
        # it sells to final demand alone
        "loss_forward": 350 + (1700 + 0.2 * 350) / 0.95,
        # both are on their own
        "loss_trade": 350 / 0.85 + alone,
    }
    for variant, output in left.items():
        assert found[variant] == pytest.approx(1 - output / 3000)


def test_the_quadrant_goes_by_the_form_asked_for():
    frame = table()
    frame.loc[:1, "01"] = [0.0, 500.0]
    frame.loc[2, "01"] = 500.0
    frame.loc[:1, "02"] = [0.0, 100.0]
    frame.loc[2, "02"] = 1900.0
    frame.loc[:1, "final"] = [950.0, 1250.0]
    ghosh, leontief = linkages(frame), linkages(frame, sensitivity="leontief")
    assert ghosh.attrs["sensitivity"] == "ghosh"
    assert leontief.attrs["sensitivity"] == "leontief"
    for found, column in ((ghosh, "sensitivity_ghosh"), (leontief, "sensitivity_leontief")):
        pushes = found[column] > 1
        pulls = found["influence"] > 1
        words = np.select([pulls & pushes, pulls, pushes], ["key", "backward", "forward"], "weak")
        assert found["quadrant"].tolist() == words.tolist()


def test_words_come_from_the_names_of_sectors_whatever_their_zeros():
    names = pd.DataFrame({"code": [1, "2.0"], "name": ["Farms", None], "category": ["biology", None], "name_zh": ["农业", "工业"]})  # fmt: skip
    found = linkages(table(), names)
    assert found["name"].tolist() == ["Farms", "making"]
    assert found["category"].tolist() == ["biology", ""]
    assert found["name_zh"].tolist() == ["农业", "工业"]
    assert "industry" not in found


def test_a_table_without_exports_has_no_shares_of_them():
    assert linkages(table().drop(columns="EX").assign(final=[350, 1700, np.nan]))["exports"].isna().all()  # fmt: skip
    none = table().assign(EX=[0, 0, np.nan], final=[350, 1700, np.nan])
    assert linkages(none)["exports"].tolist() == [0.0, 0.0]


def test_an_imbalance_may_be_as_large_as_is_said():
    off = table().assign(final=[310.0, 1550.0, np.nan])
    assert len(linkages(off, tolerance=0.01)) == 2
    with pytest.raises(DataError, match="do not balance"):
        linkages(off, tolerance=0.0099)


def test_footprints_with_a_pencil():
    stress = pd.DataFrame({"code": ["01", "2", "02"], "stressor": "water", "amount": [100.0, 10.0, 30.0]})  # fmt: skip
    found = footprints(table(), stress).set_index("code")
    assert set(found["stressor"]) == {"water"}
    assert found["name"].tolist() == ["farming", "making"]
    np.testing.assert_allclose(found["intensity"], [0.1, 0.02])
    # .1 * .95 + .02 * .2 and .1 * .25 + .02 * .85, over the determinant
    total = np.array([0.099, 0.042]) / DETERMINANT
    np.testing.assert_allclose(found["total_intensity"], total)
    np.testing.assert_allclose(found["production"], [100.0, 40.0])
    np.testing.assert_allclose(found["consumption"], total * [350, 1700])


@pytest.mark.parametrize("amount", ["", "much", np.nan])
def test_a_stressor_that_is_no_number_is_refused(amount):
    stress = pd.DataFrame({"code": ["01"], "stressor": "water", "amount": [amount]})
    with pytest.raises(QuantityError, match="stressors.amount: water, 01"):
        footprints(table(), stress)


def test_a_sink_counts_below_nothing():
    stress = pd.DataFrame({"code": ["01", "02"], "stressor": "carbon", "amount": [-100.0, 40.0]})
    found = footprints(table(), stress)
    np.testing.assert_allclose(found["intensity"], [-0.1, 0.02])
    assert found["consumption"].sum() == pytest.approx(-60.0)


def place(*jobs):
    rows = [("1", 2020, "farms", jobs[0]), ("1", 2020, "works", jobs[1]), ("9", 2020, "farms", 100 - jobs[0]), ("9", 2020, "works", 300 - jobs[1])]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "year", "industry", "persons"])


SECTORS = pd.DataFrame({"code": ["01", "02"], "industry": ["farms", "works"]})


def regional(jobs, **settings):
    prefectures = squares(4, 6, parts=1)
    counties = squares(4, 6, parts=1).assign(code=["1"], parent="c1")
    return regional_linkages(table(), SECTORS, jobs, prefectures, counties, **settings)


def test_a_place_like_the_nation_keeps_all_but_for_its_size():
    found = regional(place(10.0, 30.0), quotient="slq")
    np.testing.assert_allclose(found["location_quotient"], 1.0)
    np.testing.assert_allclose(found["multiplier"], [1.15 / DETERMINANT, 1.1 / DETERMINANT])
    np.testing.assert_allclose(found["national_multiplier"], found["multiplier"])
    np.testing.assert_allclose(found["kept"], 1.0)
    small = regional(place(10.0, 30.0))
    share = np.log2(1 + 40 / 400) ** 0.3
    inverse = np.linalg.inv(np.eye(2) - A * share)
    np.testing.assert_allclose(small["multiplier"], inverse.sum(axis=0))
    np.testing.assert_allclose(small["kept"], (inverse.sum(axis=0) - 1) / (np.array([1.15, 1.1]) / DETERMINANT - 1))  # fmt: skip
    np.testing.assert_allclose(small["influence"].sum(), 2.0)
    np.testing.assert_allclose(small["sensitivity"], inverse.sum(axis=1) / inverse.sum() * 2)


def test_every_column_of_a_place_of_farms():
    found = regional(place(30.0, 10.0), quotient="slq").set_index("industry")
    # .75 of its jobs and a quarter of the nation's; .25 and three quarters
    np.testing.assert_allclose(found["location_quotient"], [3.0, 1 / 3])
    cut = np.linalg.inv(np.eye(2) - A * [[1.0, 1.0], [1 / 3, 1 / 3]])
    np.testing.assert_allclose(found["multiplier"], cut.sum(axis=0))
    assert set(found["code"]) == {"101"}
    assert set(found["name"]) == {"c1"}
    pulls, pushes = cut.sum(axis=0) / cut.sum() * 2 > 1, cut.sum(axis=1) / cut.sum() * 2 > 1
    assert found["quadrant"].tolist() == key_sectors(pulls * 2.0, pushes * 2.0).tolist()
    assert found.attrs["quotient"] == "slq"


def test_what_a_regional_table_needs():
    with pytest.raises(QuantityError, match="no column industry"):
        regional_linkages(table(), SECTORS.drop(columns="industry"), place(1.0, 1.0), squares(4, 6), squares(4, 6))  # fmt: skip
    prefectures, counties = squares(4, 6, parts=1), squares(4, 6, parts=1).assign(parent="c1")
    with pytest.raises(QuantityError, match="no industry for sectors 02"):
        regional_linkages(table(), SECTORS.iloc[:1], place(1.0, 1.0), prefectures, counties)
    other = place(1.0, 1.0).replace("works", "mines").assign(code="1")
    with pytest.raises(QuantityError, match="works are not in the employment table"):
        regional_linkages(table(), SECTORS, other, prefectures, counties.assign(code="1"))


def test_quotients_of_a_sector_that_is_nowhere():
    assert np.isnan(location_quotients([1, 0], [3, 0])[1])
    for r, n, message in (([1], [1, 1], "shapes"), ([1, 1], [1, 0], "sector 2 is 0"), ([0, 0], [1, 1], "not all 0"), ([-1, 2], [1, 1], "0 or more")):  # fmt: skip
        with pytest.raises(QuantityError, match=message):
            location_quotients(r, n)


REGION, NATION = [30.0, 10.0], [100.0, 300.0]


@pytest.mark.parametrize(
    ("quotient", "kept"),
    [
        ("rlq", [[1.0, 1.0], [1 / 6, 1 / 3 / np.log2(4 / 3)]]),
        # nine and one ninth to each other; the diagonal is the simple quotient
        ("cilq", [[1.0, 1.0], [1 / 9, 1 / 3]]),
        ("aflq", [[2.0 * min(1, 3 * 0.1375), min(1, 9 * 0.1375)], [2 / 9 * 0.1375, 0.1375 / 3]]),
    ],
)  # fmt: skip
def test_how_much_of_the_nations_coefficients_stays(quotient, kept):
    # log2(1 + .1) to the power of 1 is .1375
    delta = 1 - 1e-12
    found = regional_coefficients(A, REGION, NATION, quotient=quotient, delta=delta)
    np.testing.assert_allclose(found, A * kept, rtol=1e-3)


def test_a_buyer_that_the_region_does_not_have_buys_nothing():
    for quotient in ("cilq", "rlq", "flq", "aflq"):
        found = regional_coefficients(A, [10.0, 0.0], NATION, quotient=quotient)
        assert found[0, 1] == found[1, 1] == found[1, 0] == 0.0


@pytest.mark.parametrize(
    ("what", "message"),
    [({"quotient": "lq"}, "quotient: 'lq'"), ({"delta": 1.0}, "delta: 1.0"), ({"delta": -0.1}, "from 0 to below 1")],
)  # fmt: skip
def test_regional_settings_that_are_none(what, message):
    with pytest.raises(QuantityError, match=message):
        regional_coefficients(A, REGION, NATION, **what)
    with pytest.raises(QuantityError, match="for 2 sectors"):
        regional_coefficients(np.eye(3) * 0.1, REGION, NATION)


def test_sectors_without_output_have_ghosh_sums_of_one():
    inverse = leontief_inverse([[0.5, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(ghosh_sums(inverse, [10.0, 0.0]), [2.0, 1.0])


def test_weights_of_the_mean():
    inverse = np.array([[1.0, 0.0], [0.0, 3.0]])
    np.testing.assert_allclose(influence_coefficient(inverse, [1.0, 1.0]), [0.5, 1.5])
    # a quarter and three quarters: the mean is 2.5
    np.testing.assert_allclose(influence_coefficient(inverse, [1.0, 3.0]), [0.4, 1.2])
    for weights in ([-1.0, 2.0], [0.0, 0.0], [1.0], [1.0, np.nan]):
        with pytest.raises(QuantityError, match="weights"):
            influence_coefficient(inverse, weights)


def test_a_mean_sector_is_not_above_the_mean():
    assert key_sectors([1.0], [1.0]).tolist() == ["weak"]
    assert key_sectors([1.01], [1.0]).tolist() == ["backward"]
    assert key_sectors([1.0], [1.01]).tolist() == ["forward"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: leontief_inverse([[0.1, 0.2]]), "expected .sector, sector"), (lambda: leontief_inverse([[np.nan]]), "row 1, column 1 is missing"),
        (lambda: leontief_inverse([[1.0]]), "column 1 sums to 1"), (lambda: leontief_inverse([]), "expected .sector"),
        (lambda: technical_coefficients([[1.0]], [1.0, 2.0]), "output: shape"), (lambda: technical_coefficients([[1.0]], [np.nan]), "without gaps"),
        (lambda: household_inverse(A, [0.1], [0.1, 0.1]), "wages: shape"), (lambda: household_inverse(A, [0.1, 0.1], [np.nan, 0.1]), "spending"),
        (lambda: household_inverse([[0.5]], [0.5], [1.0]), "singular"), (lambda: structural_decomposition((A, A), ([1, 1], [1])), "demand: shape"),
        (lambda: hypothetical_extraction(A, [1.0]), "demand: shape"), (lambda: hypothetical_extraction(A, [1, 1], variant="half"), "variant: 'half'"),
        (lambda: hypothetical_extraction(A, [1, 1], share=1.01), "share: 1.01"), (lambda: spillover(A, ["n"]), "regions: shape"),
        (lambda: footprint(A, [1.0], [1, 1], [1, 1]), "stressors: shape"), (lambda: footprint(A, [1, 1], [1, 1], [1, np.nan]), "demand: shape"),
    ],
)  # fmt: skip
def test_numbers_that_make_no_table_are_refused(ask, message):
    with pytest.raises(QuantityError, match=message):
        ask()


def test_a_part_of_a_sector_is_taken():
    found = hypothetical_extraction([[0.5]], [10.0], share=0.5)
    # half of what it buys and half of final demand: 5 / (1 - .25) is left of 20
    assert found["loss"].iloc[0] == pytest.approx(20 - 5 / 0.75)
    assert found["share_of_output"].iloc[0] == pytest.approx(1 - 5 / 0.75 / 20)
    assert found["variant"].iloc[0] == "whole"
    assert found["taken"].iloc[0] == 0.5
    idle = hypothetical_extraction([[0.5]], [0.0])
    assert idle["share_of_output"].iloc[0] == 0.0
