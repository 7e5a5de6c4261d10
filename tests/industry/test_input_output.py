import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.extraction import VARIANTS, footprint, hypothetical_extraction, spillover
from shanshui.industry.input_output import (
    column_variation,
    household_inverse,
    influence_coefficient,
    key_sectors,
    leontief_inverse,
    multipliers,
    sensitivity_coefficient,
    structural_decomposition,
    technical_coefficients,
)
from shanshui.industry.io_table import read_table
from shanshui.industry.linkage import footprints, linkage_table
from shanshui.industry.regional_tables import (
    balanced,
    location_quotients,
    regional_coefficients,
)

# Miller and Blair (2009), table 2.3: agriculture and manufacturing
Z = np.array([[150.0, 500.0], [200.0, 100.0]])
X = np.array([1000.0, 2000.0])
A = technical_coefficients(Z, X)


def economy(seed, n=5):
    rng = np.random.default_rng(seed)
    a = rng.random((n, n)) ** 2
    a *= rng.uniform(0.2, 0.8, n) / a.sum(axis=0)
    y = rng.uniform(1, 10, n)
    return a, y, np.linalg.solve(np.eye(n) - a, y)


def test_the_example_of_miller_and_blair():
    np.testing.assert_allclose(A, [[0.15, 0.25], [0.20, 0.05]])
    inverse = leontief_inverse(A)
    np.testing.assert_allclose(inverse, [[1.2541, 0.3300], [0.2640, 1.1221]], atol=6e-5)
    # new final demand of 600 and 1500 needs 1247.5 and 1841.6
    np.testing.assert_allclose(inverse @ [600, 1500], [1247.52, 1841.58], atol=6e-3)


def test_coefficients_of_linkage_with_a_pencil():
    inverse = leontief_inverse(A)
    columns, rows = inverse.sum(axis=0), inverse.sum(axis=1)
    np.testing.assert_allclose(influence_coefficient(inverse), columns / columns.mean())
    np.testing.assert_allclose(sensitivity_coefficient(inverse), rows / rows.mean())
    np.testing.assert_array_equal(
        key_sectors([1.2, 1.1, 0.9, 0.8], [1.1, 0.9, 1.2, 0.7]),
        ["key", "backward", "forward", "weak"],
    )


def test_the_ghosh_form_is_that_of_the_ghosh_inverse():
    # G = (I - B)^-1, B = x^-1 Z
    ghosh = np.linalg.inv(np.eye(2) - Z / X[:, None])
    rows = ghosh.sum(axis=1)
    found = sensitivity_coefficient(leontief_inverse(A), form="ghosh", output=X)
    np.testing.assert_allclose(found, rows / rows.mean())
    np.testing.assert_allclose(sensitivity_coefficient(ghosh), found)
    assert not np.allclose(found, sensitivity_coefficient(leontief_inverse(A)))
    with pytest.raises(QuantityError, match="needs total output"):
        sensitivity_coefficient(leontief_inverse(A), form="ghosh")
    with pytest.raises(QuantityError, match="leontief or ghosh"):
        sensitivity_coefficient(leontief_inverse(A), form="rasmussen")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_sums_and_units(seed, n):
    a, y, x = economy(seed, n)
    inverse = leontief_inverse(a)
    np.testing.assert_allclose(inverse @ y, x)
    assert influence_coefficient(inverse).sum() == pytest.approx(n)
    assert sensitivity_coefficient(inverse).sum() == pytest.approx(n)
    assert sensitivity_coefficient(inverse, form="ghosh", output=x).sum() == pytest.approx(n)
    # the unit of money changes nothing
    units = np.random.default_rng(seed).uniform(0.1, 10, n)
    scaled = technical_coefficients(units[:, None] * a * x, units * x)
    np.testing.assert_allclose(np.diag(leontief_inverse(scaled)), np.diag(inverse))
    np.testing.assert_allclose(multipliers(inverse, 1 - a.sum(axis=0)), 1.0)


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_extraction_is_solving_the_table_without_the_sector(variant, seed):
    a, y, x = economy(seed)
    found = hypothetical_extraction(a, y, variant=variant)
    assert (found["loss"] >= -1e-9).all()
    for k in range(len(a)):
        b, z = a.copy(), y.copy()
        if variant in ("whole", "backward", "trade"):
            b[:, k] = 0.0
        if variant in ("whole", "forward", "trade"):
            b[k] = 0.0
        if variant == "trade":
            b[k, k] = a[k, k]
        if variant == "whole":
            z[k] = 0.0
        assert found["loss"][k] == pytest.approx(
            x.sum() - np.linalg.solve(np.eye(len(a)) - b, z).sum()
        )


def test_a_part_extracted_loses_less():
    a, y, _ = economy(3)
    half = hypothetical_extraction(a, y, share=0.5)["loss"]
    assert (half < hypothetical_extraction(a, y)["loss"]).all()
    with pytest.raises(QuantityError, match="above 0"):
        hypothetical_extraction(a, y, share=0.0)


def test_spillover_parts_add_up_and_stay_at_home_without_trade():
    a, _, _ = economy(1, 6)
    regions = np.repeat(["n", "s"], 3)
    found = spillover(a, regions)
    np.testing.assert_allclose(
        found[["intraregional", "feedback", "spillover"]].sum(axis=1), found["total"]
    )
    assert (found["feedback"] > 0).all()
    apart = a.copy()
    apart[:3, 3:] = apart[3:, :3] = 0.0
    alone = spillover(apart, regions)
    np.testing.assert_allclose(alone[["feedback", "spillover"]], 0.0, atol=1e-12)


def test_footprints_of_production_and_consumption_have_one_sum():
    a, y, x = economy(2)
    found = footprint(a, np.arange(1.0, 6.0), x, y)
    assert found["consumption"].sum() == pytest.approx(found["production"].sum())
    with pytest.raises(QuantityError, match="no output"):
        footprint(a, np.ones(5), np.where(np.arange(5) == 2, 0.0, x), y)


def test_decomposition_adds_up_and_is_the_mean_of_the_polar_forms():
    a0, y0, x0 = economy(4)
    a1, y1, x1 = economy(5)
    found = structural_decomposition((a0, a1), (y0, y1))
    np.testing.assert_allclose(found["total"], x1 - x0)
    l0, l1 = leontief_inverse(a0), leontief_inverse(a1)
    np.testing.assert_allclose(found["technology"], 0.5 * ((l1 - l0) @ y0 + (l1 - l0) @ y1))


def test_households_only_add():
    a, _, _ = economy(6)
    one = leontief_inverse(a)
    two = household_inverse(a, np.full(5, 0.15), np.full(5, 0.12))
    assert (two[:5, :5] > one).all()
    unpaid = household_inverse(a, np.zeros(5), np.full(5, 0.2))
    np.testing.assert_allclose(unpaid[:5, :5], one)
    np.testing.assert_allclose(unpaid[5], [0, 0, 0, 0, 0, 1])


def test_variation_tells_its_divisor():
    inverse = leontief_inverse(A)
    np.testing.assert_allclose(
        column_variation(inverse, ddof=1), column_variation(inverse, ddof=0) * np.sqrt(2)
    )


def test_what_cannot_be_inverted_is_named():
    with pytest.raises(QuantityError, match="singular"):
        leontief_inverse([[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(QuantityError, match="expected \\(sector, sector\\)"):
        leontief_inverse([[0.5, 0.5]])
    with pytest.raises(QuantityError, match="missing"):
        leontief_inverse([[0.5, np.nan], [0.1, 0.1]])


def test_a_sector_without_output_has_no_coefficients():
    a = technical_coefficients([[1.0, 0.0], [0.0, 0.0]], [4.0, 0.0])
    np.testing.assert_array_equal(a, [[0.25, 0.0], [0.0, 0.0]])
    inverse = leontief_inverse(a)
    assert np.isfinite(sensitivity_coefficient(inverse, form="ghosh", output=[4.0, 0.0])).all()


def plain_table(**more):
    return pd.DataFrame(
        {
            "code": ["a", "b", "VA"],
            "name": ["farming", "making", "value added"],
            "a": [150.0, 200.0, 650.0],
            "b": [500.0, 100.0, 1400.0],
            "final": [350.0, 1700.0, np.nan],
            **more,
            "GO": [1000.0, 2000.0, np.nan],
        }
    )


def test_a_plain_table_is_read_and_balances():
    table = read_table(plain_table()).checked()
    np.testing.assert_allclose(table.flows, Z)
    np.testing.assert_allclose(table.output, X)
    np.testing.assert_allclose(table.demand, [350, 1700])
    assert table.names == ("farming", "making")
    assert list(table.value_added.index) == ["VA"]


def test_totals_are_left_out_unless_they_are_all_there_is():
    with_total = read_table(plain_table(TFU=[350.0, 1700.0, np.nan])).checked()
    np.testing.assert_allclose(with_total.demand, [350, 1700])
    only = plain_table().drop(columns="final").assign(TC=[350.0, 1700.0, np.nan])
    only = only[["code", "name", "a", "b", "TC", "GO"]]
    np.testing.assert_allclose(read_table(only).checked().demand, [350, 1700])


def test_a_total_column_without_a_name_of_its_own_is_output():
    frame = pd.DataFrame(
        {
            "s": ["a", "b"],
            "a": [150.0, 200.0],
            "b": [500.0, 100.0],
            "final": [350.0, 1700.0],
            "total": X,
        }
    )
    table = read_table(frame)
    np.testing.assert_allclose(table.output, X)
    assert list(table.final.columns) == ["final"]


def test_imports_are_taken_off_with_either_sign():
    for sign in (1.0, -1.0):
        frame = plain_table(IM=[50.0 * sign, 0.0, np.nan])
        frame["final"] = [400.0, 1700.0, np.nan]
        table = read_table(frame).checked()
        assert table.competitive
        np.testing.assert_allclose(table.demand, [350, 1700])


def test_a_row_of_imports_is_a_primary_input_but_no_value_added():
    frame = plain_table()
    frame.loc[2, ["a", "b"]] = [600.0, 1300.0]
    frame = pd.concat(
        [frame, pd.DataFrame([{"code": "imports", "name": "", "a": 50.0, "b": 100.0}])],
        ignore_index=True,
    )
    table = read_table(frame).checked()
    np.testing.assert_allclose(table.added, [600, 1300])
    assert (linkage_table(table)["value_added"] < 1.0).all()


def test_a_sector_without_output_is_no_imbalance():
    frame = plain_table(c=[0.0, 0.0, 0.0])
    frame = frame[["code", "name", "a", "b", "c", "final", "GO"]]
    row = pd.DataFrame(
        [{"code": "c", "name": "nothing", "a": 0.0, "b": 1e-9, "c": 0.0, "final": 0.0, "GO": 0.0}]
    )
    frame = pd.concat([frame.iloc[:2], row, frame.iloc[2:]], ignore_index=True)
    rows = linkage_table(read_table(frame).checked())
    assert rows.attrs["without_output"] == ["c"]
    assert rows["quadrant"].iloc[2] == "weak"


def test_imported_rows_are_parted():
    frame = pd.DataFrame(
        {
            "code": ["1", "2", "1", "2", "VA1"],
            "origin": ["Domestic", "Domestic", "Imports", "Imports", ""],
            "1": [150.0, 200.0, 10.0, 0.0, 640.0],
            "2": [500.0, 100.0, 0.0, 20.0, 1380.0],
            "fu": [350.0, 1700.0, 5.0, 5.0, np.nan],
            "go": [1000.0, 2000.0, np.nan, np.nan, np.nan],
        }
    )
    table = read_table(frame).checked()
    np.testing.assert_allclose(table.flows, Z)
    np.testing.assert_allclose(table.imported, [[10, 0], [0, 20]])
    assert not table.competitive


def test_a_table_that_does_not_balance_says_where_and_by_how_much():
    frame = plain_table()
    frame.loc[0, "final"] = 300.0
    with pytest.raises(DataError, match=r"1 of 2 sectors.*a farming.*row is off by -50.*5\.00%"):
        read_table(frame).checked()
    read_table(frame).checked(0.1)
    frame = plain_table()
    frame.loc[2, "b"] = 1000.0
    with pytest.raises(DataError, match="column is off by -400"):
        read_table(frame).checked()


def test_a_sheet_without_sectors_is_refused():
    with pytest.raises(DataError, match="--sectors"):
        read_table(pd.DataFrame({"place": ["x", "y"], "gdp": [1.0, 2.0]}))
    with pytest.raises(DataError, match="--sectors 9"):
        read_table(plain_table(), 9)


def test_the_number_of_sectors_may_be_said():
    frame = plain_table().rename(columns={"a": "first", "b": "second"})
    np.testing.assert_allclose(read_table(frame, 2).flows, Z)


def test_bringing_sectors_together_keeps_the_sums():
    table = read_table(plain_table()).aggregated({"a": "all", "b": "all"})
    np.testing.assert_allclose(table.flows, [[950]])
    table.checked()
    assert "brought together" in table.history[-1]
    with pytest.raises(QuantityError, match="no group for sectors b"):
        read_table(plain_table()).aggregated({"a": "x"})


def test_every_linkage_of_a_table():
    rows = linkage_table(read_table(plain_table()))
    np.testing.assert_allclose(rows["influence"], influence_coefficient(leontief_inverse(A)))
    np.testing.assert_allclose(rows["value_added"], 1.0)
    assert rows.attrs["sensitivity"] == "ghosh"
    assert rows["loss_whole"].between(0, 1).all()


def test_footprints_of_a_table():
    stress = pd.DataFrame(
        {"code": ["a", "b", "b"], "stressor": ["water", "water", "jobs"], "amount": [5.0, 7.0, 3.0]}
    )
    found = footprints(plain_table(), stress)
    sums = found.groupby("stressor")[["production", "consumption"]].sum()
    np.testing.assert_allclose(sums["production"], sums["consumption"])
    assert sums.loc["water", "production"] == pytest.approx(12.0)
    with pytest.raises(QuantityError, match="is no sector"):
        footprints(plain_table(), stress.assign(code="z"))


def test_location_quotients_with_a_pencil():
    np.testing.assert_allclose(location_quotients([10, 30], [50, 50]), [0.5, 1.5])
    with pytest.raises(QuantityError, match="is the region part"):
        location_quotients([1, 1], [2, 0])


@pytest.mark.parametrize("quotient", ["slq", "cilq", "rlq", "flq"])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_regional_coefficients_never_exceed_the_nation(quotient, seed):
    a, _, x = economy(seed)
    region = x * np.random.default_rng(seed).uniform(0, 0.3, 5)
    found = regional_coefficients(a, region, x, quotient=quotient)
    assert (found <= a + 1e-12).all()
    assert (found >= 0).all()


def test_regional_coefficients_with_a_pencil():
    a = np.full((2, 2), 0.2)
    region, nation = [10.0, 30.0], [100.0, 100.0]
    # quotients 0.5 and 1.5
    np.testing.assert_allclose(
        regional_coefficients(a, region, nation, quotient="slq"), [[0.1, 0.1], [0.2, 0.2]]
    )
    np.testing.assert_allclose(
        regional_coefficients(a, region, nation, quotient="cilq"), [[0.1, 0.2 / 3], [0.2, 0.2]]
    )
    size = np.log2(1.2) ** 0.3
    np.testing.assert_allclose(
        regional_coefficients(a, region, nation, quotient="flq"),
        [[0.1 * size, 0.2 / 3 * size], [0.2 * min(1, 3 * size), 0.2 * min(1, 1.5 * size)]],
    )
    # with the whole nation the size term is 1
    np.testing.assert_allclose(regional_coefficients(a, nation, nation, quotient="flq"), a)


def test_balancing_reaches_the_sums_and_keeps_zeros():
    z = np.array([[5.0, 0.0, 3.0], [1.0, 1.0, 4.0]])
    found = balanced(z, [10, 5], [6, 2, 7])
    np.testing.assert_allclose(found.sum(axis=1), [10, 5])
    np.testing.assert_allclose(found.sum(axis=0), [6, 2, 7])
    assert found[0, 1] == 0.0
    # RAS keeps cross ratios
    assert found[0, 0] * found[1, 2] / (found[0, 2] * found[1, 0]) == pytest.approx(5 * 4 / (3 * 1))


def test_balancing_with_negative_entries():
    """Negative entries, as Junius and Oosterhaven (2003) balance them."""
    z = np.array([[7.0, 3, 5, -3], [2, 9, 8, 1], [-2, 0, 2, 1]])
    found = balanced(z, [15, 26, -1], [9, 16, 17, -2])
    np.testing.assert_allclose(found.sum(axis=1), [15, 26, -1], atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=0), [9, 16, 17, -2], atol=1e-6)
    assert (np.sign(found) == np.sign(z)).all()


def test_sums_that_cannot_be_reached_are_named():
    with pytest.raises(QuantityError, match="one total"):
        balanced([[1.0, 1.0]], [2], [1, 2])
    with pytest.raises(QuantityError, match="no flows"):
        balanced([[0.0, 0.0], [1.0, 1.0]], [1, 1], [1, 1])
    with pytest.raises(QuantityError, match="no balance"):
        balanced([[1.0, 0.0], [0.0, 1.0]], [1, 3], [2, 2], rounds=50)
