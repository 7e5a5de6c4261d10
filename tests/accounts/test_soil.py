"""Rain that erodes, soil that yields, cover and wind: printed examples, edges and refusals."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.worlds import grid

from shanshui.accounts.erosion_drivers import (
    monthly_erosivity,
    rainfall_erosivity_monthly,
    soil_erodibility,
)
from shanshui.accounts.flows import service_amounts
from shanshui.accounts.sand_fixation import sand_fixation, wind_loss
from shanshui.accounts.soil_retention import (
    cover_factor,
    cover_factor_of,
    length_slope_factor,
    soil_retention,
    vegetation_fraction,
)
from shanshui.core.errors import PlanError, QuantityError

ONE = np.uint8


def cell(value, unit):
    return grid([[float(value)]], unit)


def only(values):
    return float(values.values[0, 0])


def test_a_month_without_rain_adds_nothing():
    """600 mm in one month: 17.02 * 1.735 * 10^(1.5 lg 600 - 0.8188)."""
    months = np.zeros(12)
    months[6] = 600.0
    one = 17.02 * 1.735 * 600.0**1.5 / 10**0.8188
    assert float(monthly_erosivity(months)) == pytest.approx(one)
    assert float(monthly_erosivity(np.zeros(12))) == 0.0


def test_a_missing_month_makes_the_year_missing():
    months = np.full((12, 1, 2), 50.0)
    months[3, 0, 0] = np.nan
    assert np.isnan(monthly_erosivity(months)[0, 0])
    assert np.isnan(monthly_erosivity(np.full((12, 1), np.nan))[0])
    maps = xr.Dataset({f"m{k}": grid(months[k], "mm") for k in range(12)})
    out = rainfall_erosivity_monthly(maps).values[0]
    assert np.isnan(out[0])
    # twelve months of 50 mm: 12 * 17.02 * 1.735 * 10^(1.5 lg(2500/600) - 0.8188)
    assert out[1] == pytest.approx(12 * 17.02 * 1.735 * (2500 / 600) ** 1.5 / 10**0.8188, rel=1e-6)


def test_rain_below_nothing_is_refused():
    maps = xr.Dataset({f"m{k}": cell(-1.0 if k == 4 else 50.0, "mm") for k in range(12)})
    with pytest.raises(QuantityError, match="-1 mm somewhere, expected 0 or more"):
        rainfall_erosivity_monthly(maps)


def erodibility(sand, silt, clay, carbon=1.5, **settings):
    return only(soil_erodibility(*[cell(v, "%") for v in (sand, silt, clay, carbon)], **settings))


def test_grains_may_miss_a_hundred_by_five_and_no_more():
    assert np.isfinite(erodibility(40, 40, 15))
    assert np.isfinite(erodibility(40, 40, 25))
    for clay in (14.9, 25.1):
        with pytest.raises(QuantityError, match="expected 100; are they percent"):
            erodibility(40, 40, clay)


@pytest.mark.parametrize(
    ("sand", "silt", "clay", "carbon"),
    [(85, 10, 5, 0.4), (10, 85, 5, 0.2), (20, 20, 60, 3.0), (60, 30, 10, 0.9)],
)
def test_erodibility_is_the_product_of_its_four_parts(sand, silt, clay, carbon):
    """Coarse sand, fine soil, carbon and much sand, each by itself, as Williams prints them."""
    coarse = 0.2 + 0.3 * np.exp(-0.0256 * sand * (1 - silt / 100))
    fine = (silt / (clay + silt)) ** 0.3
    humus = 1 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon))
    rest = 1 - sand / 100
    much = 1 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest))
    us = coarse * fine * humus * much
    assert erodibility(sand, silt, clay, carbon, correction="none") == pytest.approx(
        us * 0.1317, rel=1e-5
    )
    china = max(-0.01383 + 0.51575 * us, 0.0) * 0.1317
    assert erodibility(sand, silt, clay, carbon) == pytest.approx(china, rel=1e-5)


def test_pure_sand_does_not_erode_by_water_and_gaps_stay():
    assert erodibility(100, 0, 0, correction="none") == 0.0
    # the corrected value would be below 0
    assert erodibility(100, 0, 0) == 0.0
    assert np.isnan(erodibility(40, 40, 20, np.nan))


def test_length_and_steepness_on_a_plain_slope():
    """A slope of 10 % on cells of 20 m: S = 16.8 sin - 0.5, m = b/(1 + b), one cell of ground above."""
    z = grid((10.0 - 2.0 * np.arange(3)).astype(np.float32)[None], "m", cell_m=20.0)
    sine = np.sin(np.arctan(0.1))
    b = sine / 0.0896 / (3 * sine**0.8 + 0.56)
    m = b / (1 + b)
    across = sine + np.cos(np.arctan(0.1))

    def factor(inflow):
        over = (inflow + 400.0) ** (m + 1) - inflow ** (m + 1)
        return over / (20.0 ** (m + 2) * across**m * 22.13**m) * (16.8 * sine - 0.5)

    out = length_slope_factor(z).values[0]
    np.testing.assert_allclose(out, [factor(0.0), factor(400.0), factor(800.0)], rtol=1e-5)
    root = length_slope_factor(z, area_above="square_root").values[0]
    assert root[1] == pytest.approx(factor(20.0), rel=1e-5)
    short = length_slope_factor(z, longest_m=22.13).values[0]
    np.testing.assert_allclose(short[1:], 16.8 * sine - 0.5, rtol=1e-5)
    gap = z.copy()
    gap.values[0, 2] = np.nan
    assert np.isnan(length_slope_factor(gap).values[0, 2])


@pytest.mark.parametrize(
    ("percent", "plain", "steep"),
    [
        # below 9 % both have 10.8 sin + 0.03, from 9 % 16.8 sin - 0.5, from 10 degrees 21.91 sin - 0.96
        (8.99, 10.8, 10.8),
        (9.0, 16.8, 16.8),
        (17.6, 16.8, 16.8),
        (17.7, 16.8, 21.91),
    ],
)
def test_steepness_has_two_branches_and_a_third_in_mountains(percent, plain, steep):
    rest = {10.8: 0.03, 16.8: -0.5, 21.91: -0.96}
    drop = percent / 100 * 20.0
    z = grid(
        (10.0 - drop * np.arange(3)).astype(np.float64)[None].astype(np.float32), "m", cell_m=20.0
    )
    sine = np.sin(np.arctan(percent / 100))
    for word, slope in (("rusle", plain), ("steep", steep)):
        out = length_slope_factor(z, slope_factor=word, longest_m=22.13).values[0, 1]
        assert out == pytest.approx(slope * sine + rest[slope], rel=2e-5)


@pytest.mark.parametrize(
    ("percent", "power"), [(0.9, 0.2), (1.1, 0.3), (3.4, 0.3), (3.6, 0.4), (4.9, 0.4), (5.1, 0.5), (8.9, 0.5)]
)  # fmt: skip
def test_power_of_the_length_by_slope(percent, power):
    """L of a first cell of 20 m is (20 / (22.13 x))^m."""
    z = grid((10.0 - percent * 0.2 * np.arange(3)).astype(np.float32)[None], "m", cell_m=20.0)
    angle = np.arctan(percent / 100)
    across = np.sin(angle) + np.cos(angle)
    out = length_slope_factor(z, longest_m=1e6).values[0, 0]
    steepness = 10.8 * np.sin(angle) + 0.03
    assert out == pytest.approx(steepness * (20 / (22.13 * across)) ** power, rel=1e-4)


def test_ends_of_green_cover_are_percentiles_of_the_region():
    ndvi = grid(np.linspace(0.0, 1.0, 101)[None], "1")
    inside = grid((np.arange(101) <= 100)[None].astype(ONE), "1", dtype=ONE)
    out = vegetation_fraction(ndvi, inside).values[0]
    # bare at 0.05, full at 0.95: 0.5 is half, 0.05 nothing, 0.95 all
    np.testing.assert_allclose(out[[5, 50, 95, 4, 96]], [0, 0.5, 1, 0, 1], atol=1e-6)
    half = grid((np.arange(101) <= 50)[None].astype(ONE), "1", dtype=ONE)
    inner = vegetation_fraction(ndvi, half).values[0]
    # now 0.025 and 0.475
    assert inner[25] == pytest.approx(0.5, abs=1e-6)
    assert inner[60] == 1.0
    whole = vegetation_fraction(ndvi).values[0]
    np.testing.assert_allclose(whole, out)


def test_green_cover_needs_cells_to_find_its_ends():
    ndvi, none = grid([[0.2, 0.8]], "1"), grid([[0, 0]], "1", dtype=ONE)
    with pytest.raises(QuantityError, match="give bare_ndvi and full_ndvi"):
        vegetation_fraction(ndvi, none)
    with pytest.raises(QuantityError, match="give bare_ndvi and full_ndvi"):
        vegetation_fraction(ndvi, none, bare_ndvi=0.1)
    given = vegetation_fraction(ndvi, none, bare_ndvi=0.0, full_ndvi=1.0).values[0]
    np.testing.assert_allclose(given, [0.2, 0.8], rtol=1e-6)
    with pytest.raises(QuantityError, match="not above"):
        vegetation_fraction(ndvi, bare_ndvi=0.5, full_ndvi=0.5)
    edge = vegetation_fraction(grid([[-1.0, 1.0]], "1"), bare_ndvi=-1.0, full_ndvi=1.0).values[0]
    np.testing.assert_array_equal(edge, [0, 1])
    with pytest.raises(QuantityError, match="expected \\[-1, 1\\]"):
        vegetation_fraction(grid([[-1.01]], "1"))


def test_cover_factor_at_the_ends_of_its_curve():
    shares = np.array([0.0, 0.0005, 0.783, 0.7831, np.nan])
    out = cover_factor_of(shares)
    np.testing.assert_allclose(out[[0, 1]], 1.0)
    assert 0 < out[2] < 2e-4
    assert out[3] == 0.0
    assert np.isnan(out[4])


def test_cover_factor_by_bands_of_each_kind():
    kinds = ["forest", "Shrub ", "grass", "tree orchard", "shrub orchard", "dry farmland", "none"]
    table = pd.DataFrame({"lucode": range(1, 8), "usle_c": 0.7, "cover_kind": kinds})
    land = grid([list(range(1, 8))], "1", dtype=ONE)
    share = grid([[0.6] * 7], "1")
    out = cover_factor(land, table, share, curve="bands").values[0]
    farm = 0.221 - 0.595 * np.log10(0.6)
    np.testing.assert_allclose(out, [0.02, 0.085, 0.09, 0.089, 0.087, farm, 0.7], rtol=1e-6)
    # the bands begin at 10, 30, 50, 70 and 90 %
    edges = grid([[0.0999, 0.1, 0.3, 0.5, 0.7, 0.9, np.nan]], "1")
    forest = cover_factor(land * 0 + 1, table, edges, curve="bands").values[0]
    np.testing.assert_allclose(forest, [0.1, 0.08, 0.06, 0.02, 0.004, 0.001, np.nan], rtol=1e-6)
    np.testing.assert_allclose(cover_factor(land, table, curve="bands").values[0], 0.7)
    with pytest.raises(QuantityError, match="holds 'moss', expected forest or shrub"):
        cover_factor(land, table.assign(cover_kind="moss"), share, curve="bands")
    with pytest.raises(QuantityError, match="no column cover_kind"):
        cover_factor(land, table.drop(columns="cover_kind"), share, curve="bands")
    with pytest.raises(PlanError, match="not a choice"):
        cover_factor(land, table, share, curve="band")


def test_a_share_that_rules_and_is_missing_stays_missing():
    table = pd.DataFrame({"lucode": [1, 2], "usle_c": [0.1, 0.2], "by_fraction": [1, 0]})
    out = cover_factor(grid([[1, 2]], "1", dtype=ONE), table, grid([[np.nan, np.nan]], "1"))
    assert np.isnan(out.values[0, 0])
    assert out.values[0, 1] == pytest.approx(0.2)


def test_practice_lowers_the_loss_and_not_the_potential():
    """R 3500, K 0.035, LS 4.6851, C 0.02: terraces of 0.5 halve the loss of 11.48."""
    out = soil_retention(
        cell(3500, "MJ*mm/(ha*h*yr)"), cell(0.035, "t*ha*h/(ha*MJ*mm)"), cell(4.6851, "1"), cell(0.02, "1"),
        grid([[1]], "1", dtype=ONE), pd.DataFrame({"lucode": [1], "usle_p": [0.5]}),
    )  # fmt: skip
    assert only(out["potential"]) == pytest.approx(573.93, abs=0.01)
    assert only(out["loss"]) == pytest.approx(5.74, abs=0.01)
    assert only(out["retained"]) == pytest.approx(568.19, abs=0.01)
    with pytest.raises(QuantityError, match="usle_p: code 1 holds 1.1"):
        soil_retention(
            cell(1, "MJ*mm/(ha*h*yr)"), cell(0, "t*ha*h/(ha*MJ*mm)"), cell(1, "1"), cell(1, "1"),
            grid([[1]], "1", dtype=ONE), pd.DataFrame({"lucode": [1], "usle_p": [1.1]}),
        )  # fmt: skip


def test_wind_of_the_handbook():
    """A force of 7.2 on a field of 50 m; cover of 0.3 leaves 1.5218 of 9.3555 kg/m2."""
    assert float(wind_loss(7.2, 1.0)) == pytest.approx(9.3555, abs=1e-3)
    assert float(wind_loss(7.2, 0.3)) == pytest.approx(1.5218, abs=1e-3)
    assert float(wind_loss(0.0, 1.0)) == 0.0


def test_a_missing_force_carries_off_what_is_not_known():
    out = wind_loss(np.array([np.nan, 7.2, 0.0]), np.array([1.0, np.nan, 1.0]))
    np.testing.assert_array_equal(np.isnan(out), [True, True, False])


# loam of 60, 25, 15 % with 1 % carbon and 5 % carbonate
OM = 1.724
ERODIBLE = (29.09 + 0.31 * 60 + 0.17 * 25 + 0.33 * 60 / 15 - 2.59 * OM - 0.95 * 5) / 100
CRUST = 1 / (1 + 0.0066 * 15**2 + 0.021 * OM**2)


def wind(factor, fraction, kind="grass", *, clay=15.0, sand=60.0, roughness=None, **settings):
    soil = [cell(v, "%") for v in (sand, 100 - sand - clay, clay, 1.0, 5.0)]
    return sand_fixation(
        cell(factor, "kg/m"), *soil, cell(fraction, "1"), grid([[1]], "1", dtype=ONE),
        pd.DataFrame({"lucode": [1], "shelter": [kind]}),
        None if roughness is None else cell(roughness, "1"), **settings,
    )  # fmt: skip


def test_sand_kept_by_grass():
    """Force 7.2 of the handbook; grass of 10.4604 % shelters to 0.3: 78.337 t/ha are kept."""
    share = np.log(0.3) / -0.1151 / 100
    out = wind(7.2 / (ERODIBLE * CRUST), share)
    assert only(out["potential"]) == pytest.approx(93.555, abs=0.01)
    assert only(out["loss"]) == pytest.approx(15.218, abs=0.01)
    assert only(out["retained"]) == pytest.approx(78.337, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "power"),
    [("forest", -0.1535), ("shrub", -0.0921), ("bare", -0.0768), ("sand", -0.0658), ("crop", -0.0438)],
)  # fmt: skip
def test_each_kind_of_cover_shelters_in_its_own_way(kind, power):
    share = np.log(0.3) / power / 100
    out = wind(7.2 / (ERODIBLE * CRUST), share, kind)
    assert only(out["loss"]) == pytest.approx(15.218, abs=0.01)


def test_wind_edges():
    assert only(wind(0.0, 0.2)["potential"]) == 0.0
    assert only(wind(50.0, 0.2, "none")["potential"]) == 0.0
    rough = wind(2 * 7.2 / (ERODIBLE * CRUST), np.log(0.3) / -11.51, roughness=0.5)
    assert only(rough["potential"]) == pytest.approx(93.555, abs=0.01)
    wide = wind(7.2 / (ERODIBLE * CRUST), 0.0, field_m=100.0)
    # s = 72.441 m: 2 z / s2 Qmax exp(-(z/s)2) with z = 100
    assert only(wide["loss"]) == pytest.approx(
        10 * 200 / 72.441**2 * 790.56 * np.exp(-((100 / 72.441) ** 2)), rel=1e-4
    )
    # beyond the peak of the equation cover does not add to the loss
    storm = wind(400.0 / (ERODIBLE * CRUST), np.log(0.5) / -11.51)
    assert only(storm["retained"]) == 0.0
    assert only(storm["loss"]) == only(storm["potential"])
    for gap in (wind(np.nan, 0.2), wind(5.0, np.nan)):
        assert all(np.isnan(only(gap[k])) for k in ("potential", "loss", "retained"))


def test_sand_without_clay_is_all_loose():
    """0.33 * 90 / 0.1 would make the share 3 and more; it is 1 at most."""
    share = 7.2 / (1 / (1 + 0.0066 * 0.0 + 0.021 * OM**2))
    assert only(wind(share, 0.0, clay=0.0, sand=90.0)["loss"]) == pytest.approx(93.555, abs=0.01)


def test_wind_that_is_not_right_is_refused():
    with pytest.raises(QuantityError, match="-1 kg/m somewhere"):
        wind(-1.0, 0.2)
    with pytest.raises(QuantityError, match="holds 'moss', expected forest or grass"):
        wind(1.0, 0.2, "moss")


def test_sand_kept_as_ground_that_is_saved():
    """10 t/ha on 1 km2: 1000 t over 1.28 t/m3 and 0.1 m are 7812.5 m2."""
    labels = grid([[1]], "1", dtype=np.int32, cell_m=1000.0)
    land = grid([[1]], "1", dtype=ONE, cell_m=1000.0)
    kept = grid([[10.0]], "t/ha/yr", cell_m=1000.0)
    rows = service_amounts(labels, land, sand_retained=kept).set_index("flow")
    assert rows.loc["sand_kept", "amount"] == pytest.approx(7812.5)
    assert rows.loc["sand_kept", "per"] == "m2"
