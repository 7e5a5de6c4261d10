"""The five models against the field's reference model, their balances and their edge rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.accounts.case import BIOPHYSICAL, REFERENCE, THREATS, grids
from tests.worlds import grid

from shanshui.accounts.carbon import carbon_change, carbon_fixed, carbon_stock
from shanshui.accounts.habitat import habitat_quality, habitat_rarity, threat_maps
from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.sediment import sediment_delivery
from shanshui.accounts.water_yield import water_supply, water_yield
from shanshui.core.cover import codes_of
from shanshui.core.errors import PlanError, QuantityError
from shanshui.kernels.distance import distance_to

STREAM = 100


@pytest.fixture(scope="module")
def case():
    return grids()


def run_water(case, **settings):
    return water_yield(
        case["P"], case["E0"], case["depth"], case["pawc"], case["lulc"], BIOPHYSICAL, **settings
    )


def run_sediment(case, **settings):
    return sediment_delivery(
        case["z"],
        case["R"],
        case["K"],
        case["lulc"],
        BIOPHYSICAL,
        threshold_flow_accumulation=STREAM,
        **settings,
    )


def run_nutrients(case, **settings):
    return nutrient_delivery(
        case["z"],
        case["P"],
        case["lulc"],
        BIOPHYSICAL,
        threshold_flow_accumulation=STREAM,
        **settings,
    )


def same_as_reference(name, values, first_row=0):
    known = REFERENCE["results"][name]
    shown = values.values[first_row:].astype(float)
    assert np.isfinite(shown).sum() == known["count"]
    assert np.nansum(shown) == pytest.approx(known["sum"], rel=1e-6)
    for cell, value in zip(REFERENCE["cells"], known["cells"], strict=True):
        if value is not None:
            assert float(values.values[tuple(cell)]) == pytest.approx(value, rel=2e-5)


def test_water_yield_is_the_reference(case):
    out = run_water(case)
    same_as_reference("evapotranspiration", out["evapotranspiration"])
    same_as_reference("water_yield", out["water_yield"])


@pytest.mark.parametrize(("z", "expected"), [(9.0, 240.93), (6.0, 309.31), (2.1, 476.86)])
def test_water_yield_of_the_handbook(z, expected):
    one = pd.DataFrame({"lucode": [1], "lulc_veg": [1], "root_depth": [1000.0], "kc": [1.0]})
    out = water_yield(
        grid([[900.0]], "mm/yr"), grid([[950.0]], "mm/yr"), grid([[1000.0]], "mm"), grid([[0.15]], "1"),
        grid([[1]], "1", dtype=np.uint8), one, seasonality=z,
    )  # fmt: skip
    assert float(out["water_yield"].values[0, 0]) == pytest.approx(expected, abs=0.006)


def test_water_and_evaporation_sum_to_the_rain(case):
    out = run_water(case)
    total = out["water_yield"] + out["evapotranspiration"]
    known = np.isfinite(total.values)
    np.testing.assert_allclose(total.values[known], case["P"].values[known], rtol=1e-6)
    assert (out["water_yield"].values[known] >= 0).all()


def test_depth_in_metres_is_taken_as_millimetres(case):
    metres = case["depth"] / 1000.0
    metres.attrs = {**case["depth"].attrs, "units": "m"}
    out = water_yield(case["P"], case["E0"], metres, case["pawc"], case["lulc"], BIOPHYSICAL)
    np.testing.assert_allclose(out["water_yield"], run_water(case)["water_yield"], rtol=1e-5)


def test_water_in_percent_is_refused(case):
    percent = case["pawc"] * 100
    percent.attrs = case["pawc"].attrs
    with pytest.raises(QuantityError, match="divide percent by 100"):
        water_yield(case["P"], case["E0"], case["depth"], percent, case["lulc"], BIOPHYSICAL)


def test_sediment_is_the_reference(case):
    out = run_sediment(case)
    for layer in (
        "rkls",
        "usle",
        "sed_export",
        "sed_deposition",
        "avoided_erosion",
        "avoided_export",
        "stream",
    ):
        same_as_reference(layer, out[layer])


def test_sediment_delivered_and_kept_is_what_was_produced(case):
    out = run_sediment(case)
    lost = np.isfinite(out["usle"].values) & ~np.isfinite(out["sdr_factor"].values)
    made = np.nansum(out["usle"].values, dtype=float) - out["usle"].values[lost].sum(dtype=float)
    gone = np.nansum(out["sed_export"].values, dtype=float)
    kept = np.nansum(out["sed_deposition"].values, dtype=float)
    # what leaves the grid past its rim without meeting a stream is neither
    assert gone + kept <= made * (1 + 1e-6)
    assert gone + kept == pytest.approx(made, rel=0.02)


def test_sediment_balance_is_exact_where_every_way_ends_in_a_stream():
    y, x = np.indices((40, 41)).astype(float)
    z = grid((np.abs(x - 20) * 5 + y).astype(np.float32), "m")
    flat = np.ones(z.shape, np.float32)
    table = pd.DataFrame({"lucode": [1], "usle_c": [0.1], "usle_p": [1.0]})
    drains = np.zeros(z.shape, np.uint8)
    drains[0] = 1
    out = sediment_delivery(
        z, grid(3000 * flat, "MJ*mm/(ha*h*yr)"), grid(0.03 * flat, "t*ha*h/(ha*MJ*mm)"),
        grid(flat.astype(np.uint8), "1"), table, grid(drains, "1", dtype=np.uint8), threshold_flow_accumulation=60,
    )  # fmt: skip
    made = np.nansum(out["usle"].values, dtype=float)
    gone = np.nansum(out["sed_export"].values, dtype=float) + np.nansum(
        out["sed_deposition"].values, dtype=float
    )
    assert gone == pytest.approx(made, rel=1e-5)


@pytest.mark.parametrize(("ic", "expected"), [(-5, 0.0481), (-1, 0.2567), (0.5, 0.4), (2, 0.5433)])
def test_delivery_curve_of_the_handbook(ic, expected):
    assert 0.8 / (1 + np.exp((0.5 - ic) / 2.0)) == pytest.approx(expected, abs=6e-5)


def test_delivery_follows_the_curve(case):
    out = run_sediment(case, sdr_max=0.6, ic_0=0.2, k=1.5)
    ic, ratio = out["ic"].values, out["sdr_factor"].values
    known = np.isfinite(ic)
    np.testing.assert_allclose(ratio[known], 0.6 / (1 + np.exp((0.2 - ic[known]) / 1.5)), rtol=1e-4)


def test_steep_slopes_lose_more_with_the_mountain_branch(case):
    plain, steep = run_sediment(case)["ls"], run_sediment(case, slope_factor="steep")["ls"]
    assert float(steep.max()) > float(plain.max())


def test_nutrients_are_the_reference_away_from_the_rim(case):
    # at the rim the reference evaluates cells before those below them; ours is the formula
    out = run_nutrients(case, nutrient="n")
    for layer in ("surface_export", "subsurface_export", "total_export", "ndr"):
        same_as_reference(layer, out[layer], first_row=16)


def test_load_is_exported_or_retained(case):
    out = run_nutrients(case, nutrient="n")
    known = np.isfinite(out["total_export"].values)
    load = (out["surface_load"] + out["subsurface_load"]).values[known]
    np.testing.assert_allclose(
        (out["total_export"] + out["retention"]).values[known], load, rtol=1e-4, atol=1e-5
    )


def test_retention_of_the_handbook():
    """A forest cell beside the stream, a farm cell above it."""
    z = grid([[4.0, 3.0, 2.0, 1.0]], "m", cell_m=30.0)
    table = pd.DataFrame(
        {
            "lucode": [1, 2],
            "load_p": [1.0, 1.0],
            "eff_p": [0.67, 0.48],
            "crit_len_p": [150.0, 150.0],
        }
    )
    cover = grid([[2, 1, 1, 1]], "1", dtype=np.uint8, cell_m=30.0)
    rain = grid([[900.0] * 4], "mm/yr", cell_m=30.0)
    out = nutrient_delivery(z, rain, cover, table, nutrient="p", threshold_flow_accumulation=3)
    held = out["effective_retention"].values[0]
    assert held[1] == pytest.approx(0.42352, abs=1e-5)
    assert held[0] == pytest.approx(0.45922, abs=1e-5)


def test_habitat_is_the_reference(case):
    out = habitat_quality(case["lulc"], case["threats"], THREATS, BIOPHYSICAL)
    same_as_reference("degradation", out["degradation"])
    same_as_reference("habitat_quality", out["habitat_quality"])


@pytest.mark.parametrize(
    ("degradation", "expected"), [(0.01, 0.9824), (0.02, 0.9081), (0.05, 0.5), (0.1, 0.1502)]
)
def test_quality_curve_of_the_handbook(degradation, expected):
    """One threat on the spot, whose sensitivity is the degradation."""
    cover = grid([[1]], "1", dtype=np.uint8)
    table = pd.DataFrame({"lulc": [1], "habitat": [1.0], "crop": [degradation]})
    threats = THREATS.iloc[[0]]
    maps = grids()["threats"][["crop"]].isel(y=[0], x=[0]) * 0 + 1
    maps["crop"].attrs = {"units": "1"}
    maps = maps.assign_coords(y=cover.y, x=cover.x)
    out = habitat_quality(cover, maps, threats, table)
    assert float(out["habitat_quality"].values[0, 0]) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(("decay", "expected"), [("exponential", 0.5499), ("linear", 0.8)])
def test_decay_at_a_fifth_of_the_reach(decay, expected):
    cover = grid([[1, 1, 1, 1]], "1", dtype=np.uint8, cell_m=100.0)
    here = grid([[1.0, 0.0, 0.0, 0.0]], "1", cell_m=100.0)
    table = pd.DataFrame({"lucode": [1], "habitat": [1.0], "crop": [1.0]})
    threats = pd.DataFrame(
        {"threat": ["crop"], "max_dist": [1.0], "weight": [3.0], "decay": [decay]}
    )
    out = habitat_quality(cover, here.to_dataset(name="crop"), threats, table)
    assert float(out["degradation"].values[0, 2]) == pytest.approx(expected, abs=1e-4)
    assert float(out["degradation_crop"].values[0, 2]) == pytest.approx(expected, abs=1e-4)


def test_access_shields_from_threats(case):
    closed = case["crop"] * 0
    closed.attrs = case["crop"].attrs
    out = habitat_quality(case["lulc"], case["threats"], THREATS, BIOPHYSICAL, closed)
    known = np.isfinite(out["habitat"].values)
    np.testing.assert_allclose(out["habitat_quality"].values[known], out["habitat"].values[known])


def test_a_threat_without_sensitivities_is_named(case):
    with pytest.raises(QuantityError, match="no column town of sensitivities"):
        habitat_quality(case["lulc"], case["threats"], THREATS, BIOPHYSICAL.drop(columns="town"))


def test_a_threat_without_a_map_is_named(case):
    with pytest.raises(QuantityError, match="town has no map"):
        habitat_quality(case["lulc"], case["threats"][["crop"]], THREATS, BIOPHYSICAL)


def test_an_unknown_decay_is_named(case):
    with pytest.raises(QuantityError, match="expected linear or exponential"):
        habitat_quality(case["lulc"], case["threats"], THREATS.assign(decay="steep"), BIOPHYSICAL)


def test_threat_maps_come_from_cover(case):
    table = pd.DataFrame({"threat": ["Farm"], "cover": ["farmed"], "lines": [""]})
    ground = case["lulc"]
    kinds = [codes_of([c])[0] for c in ("forest", "shrub", "grass", "paddy", "orchard", "built")]
    codes = np.asarray(kinds, np.uint8)[np.clip(ground.values.astype(int), 1, 6) - 1]
    cover = ground.copy(data=codes)
    maps = threat_maps(cover, table)
    np.testing.assert_array_equal(maps["farm"].values == 1, np.isin(codes, kinds[3:5]))
    with pytest.raises(QuantityError, match="the study lacks"):
        threat_maps(cover, pd.DataFrame({"threat": ["r"], "cover": [""], "lines": ["roads"]}))


def test_rarity_by_hand():
    now = grid([[1, 1, 2, 3]], "1", dtype=np.uint8)
    before = grid([[1, 1, 1, 2]], "1", dtype=np.uint8)
    np.testing.assert_allclose(
        habitat_rarity(now, before).values[0], [0.6, 0.6, 0.5, 0.0], rtol=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20 - 1))
def test_distance_is_that_of_every_mark(bits):
    mark = np.array([(bits >> k) & 1 for k in range(20)], bool).reshape(4, 5)
    out = distance_to(mark)
    spots = np.argwhere(mark)
    for i in range(4):
        for j in range(5):
            want = np.sqrt(((spots - (i, j)) ** 2).sum(axis=1)).min() if len(spots) else np.inf
            assert out[i, j] == pytest.approx(want, rel=1e-6)


def test_carbon_is_the_reference(case):
    out = carbon_stock(case["lulc"], BIOPHYSICAL)
    same_as_reference("carbon", out["carbon"])
    half = carbon_stock(case["lulc"], BIOPHYSICAL, maturity=0.5)
    np.testing.assert_allclose(half["c_soil"], out["c_soil"])
    np.testing.assert_allclose(half["c_above"], out["c_above"] / 2)


def test_carbon_change_is_after_less_before():
    change = carbon_change(grid([[100.0]], "t/ha"), grid([[130.0]], "t/ha"))
    assert float(change.values[0, 0]) == 30.0


def test_oxygen_follows_carbon_dioxide():
    out = carbon_fixed(grid([[650.0]], "g/m2/yr"), nep_share=0.2)
    assert float(out["co2"].values[0, 0]) == pytest.approx(6.5 * 0.2 * 44 / 12, rel=1e-6)
    assert float((out["o2"] / out["co2"]).values[0, 0]) == pytest.approx(32 / 44, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[t["lucode"] != 4], "land-cover code 4 is on the map but has no row"),
        (lambda t: t.assign(usle_c=-0.1), "expected 0 to 1"),
        (lambda t: t.assign(usle_c=np.nan), "expected a number"),
        (lambda t: t.drop(columns="usle_p"), "no column usle_p"),
        (lambda t: pd.concat([t, t.iloc[[0]]]), "stands in two rows"),
        (lambda t: t.rename(columns={"lucode": "kind"}), "no column lucode"),
    ],
)
def test_tables_that_are_not_right_are_refused(case, change, message):
    with pytest.raises(QuantityError, match=message):
        sediment_delivery(case["z"], case["R"], case["K"], case["lulc"], change(BIOPHYSICAL))


def test_settings_out_of_range_are_refused(case):
    with pytest.raises(PlanError, match="outside"):
        run_sediment(case, sdr_max=1.4)
    with pytest.raises(PlanError, match="not a choice"):
        run_nutrients(case, nutrient="k")


def test_load_types_are_checked(case):
    with pytest.raises(QuantityError, match="measured-runoff or application-rate"):
        nutrient_delivery(case["z"], case["P"], case["lulc"], BIOPHYSICAL.assign(load_type_n="net"))


def test_supply_is_yield_less_what_is_consumed(case):
    import geopandas as gpd
    import shapely

    made = run_water(case)["water_yield"]
    box = shapely.box(500000, 3690000, 510000, 3700000)
    shed = gpd.GeoDataFrame({"ws_id": [7]}, geometry=[box], crs="EPSG:32648")
    out = water_supply(
        made, case["lulc"], BIOPHYSICAL.assign(demand=[0, 0, 0, 2000, 500]), shed
    ).iloc[0]
    assert out["ws_id"] == 7
    assert out["yield_m3"] == pytest.approx(float(made.sum()) * 8100 / 1000, rel=1e-5)
    farm = int((case["lulc"].values == 4).sum()) * 0.81 * 2000
    town = int((case["lulc"].values == 5).sum()) * 0.81 * 500
    assert out["consumed_m3"] == pytest.approx(farm + town, rel=1e-6)
    assert out["supply_m3"] == pytest.approx(out["yield_m3"] - out["consumed_m3"])


def test_roots_may_be_blank_where_nothing_grows(case):
    table = BIOPHYSICAL.assign(root_depth=[3000, 2000, 1500, 700, np.nan])
    out = water_yield(case["P"], case["E0"], case["depth"], case["pawc"], case["lulc"], table)
    np.testing.assert_array_equal(out["water_yield"], run_water(case)["water_yield"])
    with pytest.raises(QuantityError, match="root_depth: code 1"):
        water_yield(
            case["P"],
            case["E0"],
            case["depth"],
            case["pawc"],
            case["lulc"],
            BIOPHYSICAL.assign(root_depth=np.nan),
        )


def test_ground_outside_the_watersheds_is_left_out_as_in_the_reference(case):
    import geopandas as gpd
    import shapely

    part = REFERENCE["part"]
    (top, bottom), (left, right) = part["rows"], part["columns"]
    box = shapely.box(
        500000 + left * 90, 3700000 - bottom * 90, 500000 + right * 90, 3700000 - top * 90
    )
    shed = gpd.GeoDataFrame({"ws_id": [1]}, geometry=[box], crs="EPSG:32648")
    out = sediment_delivery(
        case["z"],
        case["R"],
        case["K"],
        case["lulc"],
        BIOPHYSICAL,
        None,
        shed,
        threshold_flow_accumulation=STREAM,
    )
    for layer in ("usle", "sed_export", "sed_deposition"):
        assert float(out[layer].sum(dtype=float)) == pytest.approx(part["sums"][layer], rel=1e-6), (
            layer
        )
    assert np.isnan(out["usle"].values[:top]).all()
    load = nutrient_delivery(
        case["z"],
        case["P"],
        case["lulc"],
        BIOPHYSICAL,
        shed,
        nutrient="n",
        threshold_flow_accumulation=STREAM,
    )
    total = float(load["subsurface_export"].sum(dtype=float))
    assert total == pytest.approx(part["sums"]["subsurface_export"], rel=1e-6)
