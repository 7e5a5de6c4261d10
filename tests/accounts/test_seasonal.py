"""Recharge and base flow by the seasons: the reference's figures, worked cells, water that adds up, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.accounts.case import BIOPHYSICAL, CELL, grids
from tests.accounts.seasonal_case import EVENTS, SEASONAL, TABLE, season_grids

from shanshui.accounts.baseflow import baseflow
from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.rain_days import NAMES, rain_days
from shanshui.accounts.recharge import seasonal_recharge
from shanshui.accounts.sediment import sediment_delivery
from shanshui.accounts.watersheds import watershed_results
from shanshui.core.errors import PlanError, QuantityError
from shanshui.kernels import recharge as kernel
from shanshui.kernels.flood import priority_flood
from shanshui.kernels.multiflow import COL, ROW, accumulated, flow_order, shared_directions
from shanshui.kernels.singleflow import single_directions
from shanshui.region.grid import GridSpec

WAY = {"threshold_flow_accumulation": 100.0, "gamma": 0.7}


@pytest.fixture(scope="module")
def season():
    return season_grids()


def recharged(data, **words):
    table = words.pop("table", TABLE)
    return seasonal_recharge(
        data["z"], data["rain"], data["demand"], data["days"], data["soil"], data["lulc"], table,
        words.pop("alphas", None), **{**WAY, "beta": 0.8, **words},
    )  # fmt: skip


def close(found, known, layer, rel=2e-6):
    values = found.values.astype(float)
    assert np.isfinite(values).sum() == known["count"], layer
    assert np.nansum(values) == pytest.approx(known["sum"], rel=rel), layer
    for (i, j), value in zip(((20, 15), (50, 60)), known["at"], strict=True):
        assert values[i, j] == pytest.approx(
            np.nan if value is None else value, rel=2e-4, abs=1e-6, nan_ok=True
        ), layer


@pytest.mark.parametrize("routing", ["mfd", "d8"])
def test_the_figures_of_the_reference(season, routing):
    """InVEST 3.20.2 keeps rain and quick flow in 32 bits, so that sums agree to some millionths."""
    made = recharged(season, routing=routing)
    for layer, known in SEASONAL["seasonal_recharge"][routing].items():
        close(made[layer], known, layer, rel=1e-5)
    flow = baseflow(season["z"], made["recharge"], **WAY, routing=routing)
    for layer, known in SEASONAL["baseflow"][routing].items():
        close(flow[layer], known, layer, rel=3e-5)


@pytest.mark.parametrize("routing", ["mfd", "d8"])
def test_sediment_by_either_routing_is_the_reference(routing):
    data = grids()
    made = sediment_delivery(
        data["z"], data["R"], data["K"], data["lulc"], BIOPHYSICAL,
        threshold_flow_accumulation=100.0, routing=routing,
    )  # fmt: skip
    for layer, known in SEASONAL["sediment_delivery"][routing].items():
        close(made[layer], known, layer)


def test_rain_is_quick_flow_evaporation_and_recharge(season):
    made = recharged(season)
    whole = made["quick_flow"] + made["evapotranspiration"] + made["recharge"]
    np.testing.assert_allclose(whole.values, made["precipitation"].values, rtol=1e-5)
    wet = made["stream"].values == 1
    np.testing.assert_array_equal(made["quick_flow"].values[wet], made["precipitation"].values[wet])
    assert wet.any()


def slope(heights, **maps):
    """A slope from the left down to the right, one row of cells between others that are missing."""
    nx = len(heights)
    spec = GridSpec("EPSG:32648", 100.0, 500000.0, 3700000.0, 3, nx)

    def lay(values, fill=np.nan, dtype=np.float32, unit="1"):
        rows = np.full((3, nx), fill)
        rows[1] = values
        return spec.lay(rows.astype(dtype), unit, **({} if dtype == np.float32 else {"nodata": -1}))

    def stack(value):
        return xr.Dataset({f"m{m}": lay(np.full(nx, value)) for m in range(12)})

    return {
        "z": lay(np.asarray(heights, float), unit="m"), "rain": stack(maps.get("rain", 110.0)), "demand": stack(maps.get("demand", 120.0)),
        "days": stack(1.0), "soil": lay(np.ones(nx), -1, np.int16), "lulc": lay(maps.get("cover", np.ones(nx)), -1, np.int16),
    }  # fmt: skip


# no quick flow worth a name at a curve number of 1, so that a month's rain is what is free
BARE = pd.DataFrame(
    {"lucode": [1, 2], **{f"cn_{g}": 1.0 for g in "abcd"}, **{f"kc_{m}": [1.0, 0.0] for m in range(1, 13)}}
)  # fmt: skip


def test_plants_take_recharge_from_above():
    """Above nothing evaporates: 120 mm of recharge reach the cell below, of which a twelfth can be taken each month."""
    data = slope([30.0, 20.0, 10.0], rain=10.0, demand=120.0, cover=[2, 1, 1])
    made = recharged(data, table=BARE, threshold_flow_accumulation=1e6, beta=1.0, gamma=1.0)
    quick = made["quick_flow"].values[1, 0]
    above = 120.0 - quick
    assert quick < 1e-3
    np.testing.assert_allclose(made["recharge"].values[1, :2], [above, -above], rtol=1e-5)
    assert made["recharge_from_above"].values[1, 1] == pytest.approx(above)
    assert made["evapotranspiration"].values[1, 1] == pytest.approx(240.0, rel=1e-5)
    half = recharged(data, table=BARE, threshold_flow_accumulation=1e6, beta=0.5, gamma=0.5)
    assert half["available_recharge"].values[1, 0] == pytest.approx(above / 2)
    # of 60 mm that come half may be used
    assert half["recharge"].values[1, 1] == pytest.approx(-above / 4)


def test_the_mean_of_the_reference_and_the_sum_of_its_guide():
    """Two cells drain into one: it has the mean of what they hold, or both."""
    data = slope([30.0, 20.0, 30.0], rain=10.0, demand=0.0)
    # the middle lets nothing out but off the grid: 120 mm come from either side
    kinds = {k: recharged(data, table=BARE, from_above=k, gamma=1.0) for k in ("mean", "sum")}
    middle = {k: float(v["recharge_from_above"].values[1, 1]) for k, v in kinds.items()}
    assert middle["mean"] == pytest.approx(120.0, rel=1e-4)
    assert middle["sum"] == pytest.approx(240.0, rel=1e-4)


def test_base_flow_of_a_slope():
    """100 mm above 100 mm beside the stream: all arrive where cells below can have all; of half, (1 - 50/200) 200/100 by the formula."""
    data = slope([30.0, 20.0, 10.0, 0.0])
    rain = data["z"].copy(
        data=np.where(np.isfinite(data["z"].values), 100.0, np.nan).astype(np.float32)
    )
    rain.attrs["units"] = "mm/yr"
    made = baseflow(data["z"], rain, threshold_flow_accumulation=3.0, gamma=1.0)
    np.testing.assert_allclose(made["recharge_sum"].values[1], [100, 200, 300, 400])
    np.testing.assert_allclose(made["baseflow"].values[1, :2], [100.0, 100.0])
    np.testing.assert_allclose(made["baseflow_sum"].values[1, :2], [100.0, 200.0])
    half = baseflow(data["z"], rain, threshold_flow_accumulation=3.0, gamma=0.5)
    np.testing.assert_allclose(half["baseflow"].values[1, :2], [150.0, 100.0])
    assert float(np.nansum(made["recharge_share"].values)) == pytest.approx(1.0)
    less = rain.copy(data=-rain.values)
    none = baseflow(data["z"], less, threshold_flow_accumulation=3.0)
    assert (none["baseflow"].values[1] == 0).all()
    assert np.isnan(none["recharge_share"].values).all()


def test_months_of_alpha_and_their_mean(season):
    same = pd.DataFrame({"month": range(1, 13), "alpha": 1.0 / 12.0})
    one = recharged(season)["recharge"].values
    np.testing.assert_allclose(recharged(season, alphas=same[::-1])["recharge"].values, one)
    wet = pd.DataFrame({"month": range(1, 13), "alpha": [0.0] * 11 + [1.0]})
    assert not np.allclose(recharged(season, alphas=wet)["recharge"].values, one, equal_nan=True)


def test_rain_events_are_laid_on_the_grid(season):
    days = rain_days(season["z"], pd.DataFrame({"month": range(12, 0, -1), "events": EVENTS[::-1]}))
    assert list(days.data_vars) == list(NAMES)
    assert [float(days[n].values[0, 0]) for n in NAMES] == EVENTS
    zones = season["soil"]
    table = pd.DataFrame({"cz_id": [4, 1, 2, 3], **{n: [4.0, 1.0, 2.0, 3.0] for n in NAMES}})
    by_zone = rain_days(season["z"], None, zones, table)
    np.testing.assert_array_equal(by_zone["jul"].values, zones.values)
    with pytest.raises(QuantityError, match="events by zone, but no climate_zones"):
        rain_days(season["z"], None, None, table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rain": lambda s: s[["m1"]]}, "monthly_precipitation: 1 grids, expected 12"),
        ({"days": lambda s: s[["m1"]]}, "monthly_rain_days: 1 grids"),
        ({"soil": lambda s: s + 1}, "soil_group: holds 5, expected 1 to 4"),
    ],
)
def test_what_the_seasonal_model_refuses(season, change, message):
    data = {k: change.get(k, lambda s: s)(v) for k, v in season.items()}
    for k in change:
        if isinstance(data[k], xr.DataArray):
            data[k].attrs = season[k].attrs
    with pytest.raises(QuantityError, match=message):
        recharged(data)


@pytest.mark.parametrize(
    ("table", "alphas", "words", "error", "message"),
    [
        (TABLE.drop(columns="CN_C"), None, {}, QuantityError, "no column cn_c"),
        (TABLE.assign(CN_B=0.5), None, {}, QuantityError, "cn_b: code 1 holds 0.5, expected 1 to 100"),
        (TABLE.assign(Kc_7=np.nan), None, {}, QuantityError, "kc_7: code 1 holds"),
        (TABLE.iloc[:3], None, {}, QuantityError, "land-cover code 4, 5 is on the map"),
        (TABLE, pd.DataFrame({"month": [1, 2], "alpha": 0.1}), {}, QuantityError, "monthly_alpha.month: found 1, 2"),
        (TABLE, pd.DataFrame({"month": range(1, 13), "alpha": 1.1}), {}, QuantityError, "monthly_alpha.alpha: month 1 holds 1.1"),
        (TABLE, pd.DataFrame({"month": range(1, 13)}), {}, QuantityError, "monthly_alpha: no column alpha"),
        (TABLE, None, {"routing": "d16"}, PlanError, "routing"),
        (TABLE, None, {"beta": 1.5}, PlanError, "beta"),
    ],
)  # fmt: skip
def test_tables_and_settings_that_are_refused(season, table, alphas, words, error, message):
    with pytest.raises(error, match=message):
        recharged(season, table=table, alphas=alphas, **words)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"month": [*range(1, 12), 11], "events": 3.0}, "rain_events.month"),
        ({"month": range(1, 13), "events": 32.0}, "month 1 holds 32.0, expected a number from 0 to 31"),
        ({"month": range(1, 13), "days": 3.0}, "no column events"),
    ],
)  # fmt: skip
def test_events_that_are_none(season, table, message):
    with pytest.raises(QuantityError, match=message):
        rain_days(season["z"], pd.DataFrame(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="feb"), "no column feb"),
        (lambda t: t.iloc[:3], "zone 4 is on the map but has no row"),
        (lambda t: t.assign(cz_id=[1, 1, 2, 3]), "cz_id: expected the number of each zone, whole and once"),
        (lambda t: t.assign(may=[1, 2, 3, 40]), "may: zone 4 holds '40'"),
    ],
)  # fmt: skip
def test_zones_that_are_none(season, change, message):
    table = pd.DataFrame({"cz_id": [1, 2, 3, 4], **dict.fromkeys(NAMES, 3.0)})
    with pytest.raises(QuantityError, match=message):
        rain_days(season["z"], None, season["soil"], change(table))


def test_a_missing_cell_gives_nothing_to_those_below():
    data = slope([30.0, 20.0, 10.0], rain=10.0, demand=0.0)
    data["rain"]["m3"].values[1, 0] = np.nan
    made = recharged(data, table=BARE, gamma=1.0)
    assert np.isnan(made["recharge"].values[1, 0])
    assert made["recharge_from_above"].values[1, 1] == 0.0
    assert made["recharge"].values[1, 1] == pytest.approx(120.0, rel=1e-4)


def test_by_watershed_sums_are_recharge(season):
    made = recharged(season)
    ny, nx = season["z"].shape
    box = shapely.box(500000, 3700000 - ny * CELL, 500000 + nx * CELL, 3700000)
    frame = gpd.GeoDataFrame({"ws_id": [1]}, geometry=[box], crs="EPSG:32648")
    rows = watershed_results(made, frame).set_index("layer")
    total = np.nansum(made["recharge"].values.astype(float)) * CELL**2 / 1000.0
    assert rows.loc["recharge", "total"] == pytest.approx(total, rel=1e-9)
    assert rows.loc["recharge", "unit"] == "m3/yr"


def routes(seed, single):
    rng = np.random.default_rng(seed)
    z = np.round(np.cumsum(np.cumsum(rng.normal(size=(9, 11)), 0), 1))
    z[rng.random(z.shape) < 0.05] = np.nan
    z = priority_flood(z.astype(np.float32))
    code = single_directions(z) if single else shared_directions(z)
    return rng, code, flow_order(code)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 9999), st.booleans(), st.booleans())
def test_compiled_and_plain_give_the_same(seed, single, mean):
    rng, code, order = routes(seed, single)
    n = code.size
    want, free = (rng.uniform(0, 90, (n, 12)).astype(np.float32) for _ in range(2))
    want[rng.random(n) < 0.05] = np.nan
    alpha = np.full(12, 1 / 12)
    both = []
    for version in (kernel.recharged, kernel.recharged.py_func):
        out = [np.empty(n, np.float32) for _ in range(4)]
        version(order, code, want, free, alpha, 0.7, 0.6, mean, *out)
        both.append(out)
    for one, other in zip(*both, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)
    recharge, available = both[0][1], both[0][2]
    above = accumulated(order, code, recharge, np.empty(n))
    stream = (rng.random(code.shape) < 0.1).astype(np.uint8)
    flows = []
    for version in (kernel.released, kernel.released.py_func):
        out = [np.empty(n, np.float32) for _ in range(2)]
        with np.errstate(all="ignore"):
            version(order, code, stream, recharge, available, above, *out)
        flows.append(out)
    for one, other in zip(*flows, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    # base flow is never below 0, and no more is missing than recharge was
    assert (flows[0][0][np.isfinite(flows[0][0])] >= 0).all()
    assert (np.isfinite(flows[0][0]) == np.isfinite(recharge)).all()


def test_nutrients_by_one_way_follow_the_formula():
    """An independent walk down each cell's one way gives the retention that the model has."""
    data = grids()
    made = nutrient_delivery(
        data["z"], data["P"], data["lulc"], BIOPHYSICAL, threshold_flow_accumulation=100.0, routing="d8"
    )  # fmt: skip
    code = single_directions(priority_flood(data["z"].values.copy()))
    stream = made["stream"].values
    table = BIOPHYSICAL.set_index("lucode")
    cover = data["lulc"].values
    found = made["effective_retention"].values

    def held(i, j):
        chain = []
        while stream[i, j] != 1:
            k = next(k for k in range(8) if (int(code[i, j]) >> (4 * k)) & 15)
            chain.append((cover[i, j], k))
            i, j = i + ROW[k], j + COL[k]
            if not (0 <= i < stream.shape[0] and 0 <= j < stream.shape[1]) or np.isnan(
                stream[i, j]
            ):
                return None
        below = 0.0
        for kind, k in reversed(chain):
            if kind not in table.index:
                return None
            most, far = table.loc[kind, "eff_n"], table.loc[kind, "crit_len_n"]
            step = np.exp(-5 * CELL * (2**0.5 if k % 2 else 1.0) / far)
            if below == 0.0:
                below = most * (1 - step)
            elif most > below:
                below = below * step + most * (1 - step)
        return below

    checked = 0
    for i in range(2, stream.shape[0], 3):
        for j in range(1, stream.shape[1], 3):
            if np.isfinite(stream[i, j]) and (known := held(i, j)) is not None:
                assert found[i, j] == pytest.approx(known, rel=1e-5, abs=1e-7)
                checked += 1
    assert checked > 150


@pytest.mark.parametrize("way", ["mfd", "d8"])
def test_nutrients_in_the_order_of_the_scan_keep_no_more_and_change_nothing_else(way):
    data = grids()
    formula, scan = (
        nutrient_delivery(
            data["z"], data["P"], data["lulc"], BIOPHYSICAL, threshold_flow_accumulation=100.0, routing=routing
        )
        for routing in (way, f"{way}_scan")
    )  # fmt: skip
    held, less = formula["effective_retention"].values, scan["effective_retention"].values
    np.testing.assert_array_equal(np.isnan(held), np.isnan(less))
    assert (less[np.isfinite(less)] <= held[np.isfinite(held)] + 1e-6).all()
    assert (less < held - 1e-6).sum() > 0
    assert float(scan["surface_export"].sum()) > float(formula["surface_export"].sum())
    for layer in ("subsurface_export", "surface_load", "stream"):
        np.testing.assert_array_equal(formula[layer].values, scan[layer].values)
