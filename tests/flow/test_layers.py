"""Steps that give several grids: bound by name, streamed, kept and swept together."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import grid, grid_spec

from shanshui.accounts.carbon import carbon_stock
from shanshui.accounts.pollination import pollination
from shanshui.accounts.seasonal_yield import quick_flow
from shanshui.accounts.soil_retention import soil_retention
from shanshui.accounts.urban_cooling import greatest_evapotranspiration, urban_cooling
from shanshui.accounts.water_retention import water_retention
from shanshui.accounts.water_yield import water_yield
from shanshui.core.door import admit
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.quantity import ANY, Features, Grid, Layers, Table
from shanshui.flow.estimate import estimate
from shanshui.flow.explain import chain, source_words
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.steps import Layer, Source, step
from shanshui.store.layout import Layout

SPEC = grid_spec(1300, 9)
TABLE = pd.DataFrame(
    {
        "lucode": [1, 2], "lulc_veg": [1, 0], "root_depth": [1500.0, 1.0], "kc": [0.9, 0.5], "runoff_alpha": [0.02, 0.5],
        "usle_p": [1.0, 0.4], "c_above": [80.0, 2.0], "c_below": [20.0, 1.0], "c_soil": [100.0, 30.0], "c_dead": [5.0, 0.0],
    }
)  # fmt: skip
UNITS = {
    "precipitation": ("mm/yr", 600, 1200),
    "reference_evapotranspiration": ("mm/yr", 700, 1000),
    "soil_depth": ("m", 0.3, 2.0),
    "plant_available_water": ("1", 0.05, 0.2),
    "rainfall_erosivity": ("MJ*mm/(ha*h*yr)", 500, 5000),
    "soil_erodibility": ("t*ha*h/(ha*MJ*mm)", 0.01, 0.04),
    "length_slope_factor": ("1", 0, 12),
    "cover_factor": ("1", 0, 1),
}


def source(name, unit, low, high):
    random = np.random.default_rng(len(name))
    values = random.uniform(low, high, SPEC.shape).astype(np.float32)
    values[3, 3] = np.nan
    return Source(
        name,
        Grid(unit),
        "memory",
        {},
        lambda: {name: "one"},
        lambda c: SPEC.lay(values, unit),
        source,
    )


def sources():
    codes = np.random.default_rng(1).integers(1, 3, SPEC.shape).astype(np.uint8)
    out = [source(n, *u) for n, u in UNITS.items()]
    land = Source(
        "land_cover",
        Grid("1"),
        "memory",
        {},
        lambda: {"c": "one"},
        lambda c: SPEC.lay(codes, "1", nodata=255),
        source,
    )
    rows = Source(
        "biophysical", Table(), "memory", {}, lambda: {"b": "one"}, lambda c: TABLE, source
    )
    return [*out, land, rows]


def plan():
    return Plan.of(
        step(water_yield),
        step(water_retention, binds={"evapotranspiration": "water_yield.evapotranspiration"}),
        step(soil_retention),
        step(carbon_stock),
        sources=sources(),
    )


def runner(folder, **options):
    layout = Layout(folder)
    layout.make()
    return Run(plan(), layout, SPEC, **({"workers": 2} | options))


MODELS = ("water_yield", "water_retention", "soil_retention", "carbon_stock")


def test_strips_give_the_same_as_the_whole(tmp_path):
    run = runner(tmp_path)
    outcome = run.bring(["water_retention", "soil_retention", "carbon_stock"])
    assert "water_yield.evapotranspiration" in outcome.made
    made = {
        n: run.objects.get(run.ledger.product(n).digest) for n in (*MODELS, *UNITS, "land_cover")
    }
    whole = {
        "water_yield": water_yield(*(made[n] for n in list(UNITS)[:4]), made["land_cover"], TABLE),
        "soil_retention": soil_retention(
            *(made[n] for n in list(UNITS)[4:]), made["land_cover"], TABLE
        ),
        "carbon_stock": carbon_stock(made["land_cover"], TABLE),
    }
    whole["water_retention"] = water_retention(
        made["precipitation"], whole["water_yield"]["evapotranspiration"], made["land_cover"], TABLE
    )
    for model in MODELS:
        assert set(made[model].data_vars) == set(whole[model].data_vars)
        for layer, values in whole[model].data_vars.items():
            np.testing.assert_array_equal(made[model][layer].values, values.values)
            assert made[model][layer].attrs["units"] == values.attrs["units"]


def test_a_stack_beside_a_grid_is_read_strip_by_strip(tmp_path):
    """Twelve maps of rain beside a land cover of 1300 rows: cut at the same rows, and the same as from the whole."""
    months = {
        n: xr.Dataset({str(m): SPEC.lay(np.full(SPEC.shape, v + m, np.float32), u) for m in range(1, 13)})
        for n, v, u in (("monthly_precipitation", 40, "mm"), ("monthly_rain_days", 3, "d"))
    }  # fmt: skip
    table = TABLE.assign(curve_number=[60.0, 85.0])
    rows = Source("biophysical", Table(), "memory", {}, lambda: {"b": "1"}, lambda c: table, source)
    stacks = [
        Source(n, Layers(), "memory", {}, lambda n=n: {n: "1"}, lambda c, n=n: months[n], source)
        for n in months
    ]
    layout = Layout(tmp_path)
    layout.make()
    made = Plan.of(step(quick_flow), sources=[*stacks, sources()[-2], rows])
    run = Run(made, layout, SPEC, workers=2)
    run.bring(["quick_flow"])
    found, cover = (
        run.objects.get(run.ledger.product(n).digest) for n in ("quick_flow", "land_cover")
    )
    whole = quick_flow(months["monthly_precipitation"], months["monthly_rain_days"], cover, table)
    np.testing.assert_array_equal(found.values, whole.values)
    assert float(found.max()) > 1


def test_nothing_is_made_twice_and_layers_explain_themselves(tmp_path):
    runner(tmp_path).bring(["water_retention"])
    run = runner(tmp_path)
    again = run.bring(["water_retention"])
    assert not again.made
    names = [link.name for link in chain(run.plan, "water_retention.retained", run.ledger)]
    assert names[:2] == ["water_retention.retained", "water_retention"]
    assert "water_yield.evapotranspiration" in names
    assert source_words(run.plan, "water_yield.water_yield") == source_words(
        run.plan, "water_yield"
    )
    assert source_words(run.plan, "precipitation") == "memory"


def test_layers_live_and_die_with_their_step(tmp_path):
    run = runner(tmp_path)
    run.bring(["water_yield"])
    assert run.objects.sweep()[0] == 0
    layers = run.ledger.object(run.ledger.product("water_yield").digest)[3]["layers"]
    lost = run.layout.object(layers["water_yield"], ".tif")
    lost.unlink()
    assert not run.objects.present(run.ledger.product("water_yield").digest)
    assert "water_yield" in runner(tmp_path).bring(["water_yield"]).made
    assert lost.exists()


def test_a_layer_that_a_step_does_not_give_is_refused():
    with pytest.raises(PlanError, match="water_yield"):
        plan().reach(["water_yield.runoff"])
    bound = Plan.of(
        step(water_yield),
        step(water_retention, binds={"evapotranspiration": "water_yield.steam"}),
        sources=sources(),
    )
    assert "water_yield.steam" in bound.absent["water_retention"]


def test_layers_of_an_absent_step_are_absent():
    bound = Plan.of(step(water_yield), sources=[s for s in sources() if s.name != "biophysical"])
    assert "no input 'biophysical'" in bound.absent["water_yield.water_yield"]
    assert not [s for s in bound.steps.values() if isinstance(s, Layer)]


def test_a_step_with_only_optional_inputs_needs_one_of_them():
    from shanshui.pattern.importance import service_importance

    bound = Plan.of(step(service_importance), sources=[])
    assert "service_importance" in bound.absent


def test_the_door_checks_every_layer():
    good = xr.Dataset({"a": grid([[1.0]], "m"), "b": grid([[1.0]], "1")})
    assert float(admit("x", good, Layers((("a", "km"),)))["a"].values[0, 0]) == pytest.approx(0.001)
    with pytest.raises(QuantityError, match="no layer c"):
        admit("x", good, Layers((("c", "m"),)))
    with pytest.raises(QuantityError, match="expected an xarray Dataset"):
        admit("x", good["a"], Layers())
    with pytest.raises(QuantityError, match=r"x\.b"):
        admit("x", good, Layers((("b", "m"),)))


def test_code_is_fingerprinted_in_threads():
    """Python 3.11 cannot parse in two threads at once."""
    from concurrent.futures import ThreadPoolExecutor

    from shanshui.flow import fingerprint
    from shanshui.plans import accounts, pattern, survey

    made = list(
        {t for m in (accounts, pattern, survey) for t in vars(m).values() if hasattr(t, "card")}
    )
    for _ in range(3):
        fingerprint.code_digest.cache_clear()
        fingerprint._look.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            digests = list(pool.map(lambda t: fingerprint.code_digest(t.card.fn), made))
        assert len(set(digests)) == len(made)


def _brought(folder, item, *before, **data):
    """What a plan of one step makes on a tall grid, and how it was to be made."""
    kinds = {pd.DataFrame: Table(), gpd.GeoDataFrame: Features({"*": ANY})}
    each = [
        Source(
            n,
            kinds.get(type(v)) or Grid(v.attrs["units"]),
            "memory",
            {},
            lambda n=n: {n: "1"},
            lambda c, v=v: v,
            source,
        )
        for n, v in data.items()
    ]
    layout = Layout(folder)
    layout.make()
    run = Run(Plan.of(item, *before, sources=each), layout, SPEC, workers=2)
    run.bring([item.name])
    made = run.objects.get(run.ledger.product(item.name).digest)
    return made, estimate(run.plan, item.name, SPEC, run.ledger, 1 << 33, 2)


def test_pollinators_are_counted_strip_by_strip_with_as_much_around_as_they_fly(tmp_path):
    cover = SPEC.lay(
        np.random.default_rng(1).integers(1, 4, SPEC.shape).astype(np.uint8), "1", nodata=255
    )
    table = pd.DataFrame(
        {"lucode": [1, 2, 3], "nesting_cavity_availability_index": [0.1, 0.9, 0.4], "floral_resources_spring_index": [0.3, 0.1, 0.5]}
    )  # fmt: skip
    guilds = pd.DataFrame(
        {"species": ["a", "b"], "nesting_suitability_cavity_index": 1, "foraging_activity_spring_index": 0.5, "alpha": [200.0, 2600.0],
         "relative_abundance": 1.0}
    )  # fmt: skip
    west, _, _, north = SPEC.bounds
    # a farm across the first cut, one in the last strip
    ground = [shapely.box(west, north - 56000, west + 500, north - 49000), shapely.box(west, north - 129000, west + 800, north - 128000)]  # fmt: skip
    farms = gpd.GeoDataFrame(
        {"fr_spring": [0.9, 0.2], "n_cavity": [0.3, 0.1]}, geometry=ground, crs=SPEC.crs
    )
    made, told = _brought(
        tmp_path, step(pollination), land_cover=cover, biophysical=table, guilds=guilds, farms=farms
    )
    whole = pollination(cover, table, guilds, farms)
    for layer, values in whole.data_vars.items():
        np.testing.assert_array_equal(made[layer].values, values.values)
    assert told.rows is not None
    assert told.rows < SPEC.ny


@pytest.mark.parametrize("method", ["factors", "intensity"])
def test_a_town_is_cooled_strip_by_strip_by_the_greatest_evaporation_of_the_map(tmp_path, method):
    random = np.random.default_rng(3)
    cover = SPEC.lay(random.integers(1, 4, SPEC.shape).astype(np.uint8), "1", nodata=255)
    rate = random.uniform(500, 800, SPEC.shape).astype(np.float32)
    rate[1299, 8] = 1100  # far from the first strip
    evaporation = SPEC.lay(rate, "mm/yr")
    table = pd.DataFrame(
        {"lucode": [1, 2, 3], "green_area": [0, 1, 1], "kc": [0.3, 0.9, 0.6], "shade": [0.0, 0.9, 0.2], "albedo": 0.2, "building_intensity": [0.9, 0.0, 0.1]}
    )  # fmt: skip
    words = {"method": method, "green_m": 450.0, "mixing_m": 1500.0}
    made, told = _brought(
        tmp_path, step(urban_cooling, **words), step(greatest_evapotranspiration),
        land_cover=cover, biophysical=table, reference_evapotranspiration=evaporation,
    )  # fmt: skip
    whole = urban_cooling(cover, table, evaporation, **words)
    for layer, values in whole.data_vars.items():
        np.testing.assert_array_equal(made[layer].values, values.values)
    assert told.rows is not None
    assert told.rows < SPEC.ny
