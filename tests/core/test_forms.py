"""Grids as people have them: plain arrays with the size of their cells, dims of any usual name and order; results come back so."""

import importlib
import inspect

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.core.test_cards import CARDS
from tests.worlds import grid, valley

from shanshui.accounts.gep import gep
from shanshui.core.door import admit
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.form import SPELLINGS, form_of
from shanshui.core.intake import checked_cell, taken
from shanshui.core.quantity import ANY, Features, Grid, Layers
from shanshui.decision.maps import overlay_score
from shanshui.flow.steps import Step
from shanshui.pattern.circuit import current, effective_resistance
from shanshui.pattern.corridors import least_cost_corridors
from shanshui.pattern.cost_distance import cost_allocation, cost_distance
from shanshui.pattern.landscape_metrics import landscape_of
from shanshui.terrain.relief import local_relief
from shanshui.terrain.slope import slope, slope_class

HILL = valley(12, 17, cell_m=50.0)
ON_GRIDS = {
    name: card
    for name, card in CARDS.items()
    if any(isinstance(q, Grid | Layers) for q in card.needs.values())
}


def function_of(card):
    return getattr(importlib.import_module(card.fn.__module__), card.fn.__name__)


def grids_of(card):
    return [n for n, q in card.needs.items() if isinstance(q, Grid)]


# plain arrays


def test_a_plain_array_with_its_cell_gives_a_plain_array():
    found = slope(HILL.values, cell=50.0)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, slope(HILL).values)


def test_the_size_of_a_cell_counts():
    flat, steep = slope(HILL.values, cell=500.0), slope(HILL.values, cell=50.0)
    assert flat.mean() < steep.mean() / 5


@pytest.mark.parametrize(
    "cell", [50, 50.0, (50, 50), [50.0, -50.0], np.float32(50), np.array([50, 50])]
)
def test_a_cell_is_a_side_or_its_width_and_height(cell):
    np.testing.assert_array_equal(slope(HILL.values, cell=cell), slope(HILL).values)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ((30, 25), "cell: found 30 wide and 25 high; expected square"),
        (0, "cell: found 0; expected the side"),
        (-30, "cell: found -30; expected the side"),
        ((-30, 30), r"cell: found \(-30, 30\); expected the side"),
        (np.nan, "cell: found nan"),
        ("30 m", "cell: found '30 m'"),
        ("33", "cell: found '33'"),
        ((30, 30, 30), "cell: found"),
        (True, "cell: found True"),
    ],
)
def test_a_cell_that_is_none_is_refused(cell, says):
    with pytest.raises(QuantityError, match=says):
        slope(HILL.values, cell=cell)


@pytest.mark.parametrize("name", ON_GRIDS)
def test_a_plain_array_without_a_cell_is_refused_by_its_name(name):
    card = ON_GRIDS[name]
    first = next(n for n, q in card.needs.items() if isinstance(q, Grid | Layers))
    value = np.ones((3, 3))
    if isinstance(card.needs[first], Layers):
        value = {"some": value}
    where = first if card.gives.__class__ is Features else rf"{first}(\.some)?: found ndarray"
    with pytest.raises(QuantityError, match=where):
        function_of(card)(**{first: value})


@pytest.mark.parametrize("name", ON_GRIDS)
def test_help_shows_the_word_for_the_cell_and_no_setting_bears_it(name):
    card = ON_GRIDS[name]
    assert "cell" in inspect.signature(function_of(card)).parameters
    assert "cell" not in {*card.settings, *card.needs}


def test_an_assessment_without_grids_knows_no_cell():
    with pytest.raises(PlanError, match="cell"):
        gep(cell=30)


def test_one_band_is_left_out_and_more_are_refused():
    np.testing.assert_array_equal(slope(HILL.values[None], cell=50), slope(HILL).values)
    with pytest.raises(QuantityError, match=r"elevation: found an array of shape \(2, 3, 3\)"):
        slope(np.zeros((2, 3, 3)), cell=50)
    with pytest.raises(QuantityError, match=r"elevation: found an array of shape \(9,\)"):
        slope(np.zeros(9), cell=50)
    with pytest.raises(QuantityError, match=r"elevation: found an array of shape \(0, 5\)"):
        slope(np.zeros((0, 5)), cell=50)
    with pytest.raises(QuantityError, match="elevation: found an array of <U1; expected numbers"):
        slope(np.full((3, 3), "a"), cell=50)


def test_masked_cells_are_missing():
    masked = np.ma.MaskedArray(HILL.values.astype("int16"), np.zeros(HILL.shape, bool))
    masked[5, 5] = np.ma.masked
    holed = HILL.copy(data=HILL.values.astype("int16").astype("float64"))
    holed.values[5, 5] = np.nan
    found = slope(masked, cell=50)
    np.testing.assert_array_equal(found, slope(holed).values)
    assert np.isnan(found[5, 5])


def test_codes_come_back_masked_where_they_are_missing():
    steep = np.array([[1.0, 12.0], [np.nan, 40.0]], np.float32)
    found = slope_class(steep, cell=50)
    labelled = slope_class(grid(steep, "degree"))
    assert isinstance(found, np.ma.MaskedArray)
    assert found.mask.tolist() == [[False, False], [True, False]]
    np.testing.assert_array_equal(found.filled(), labelled.values)


def test_a_code_of_masked_cells_must_be_free():
    needs = {"codes": Grid("1")}
    codes = np.ma.MaskedArray([[7, 1], [2, 3]], [[False, True], [False, False]], fill_value=7)
    with pytest.raises(QuantityError, match="codes: its masked cells would be told by 7"):
        taken({"codes": codes}, needs, Grid("1"), 30.0)
    codes.fill_value = 255
    ready, _ = taken({"codes": codes}, needs, Grid("1"), 30.0)
    assert ready["codes"].attrs["nodata"] == 255
    assert ready["codes"].values.tolist() == [[7, 255], [2, 3]]


def test_a_plain_array_beside_a_labelled_grid_lies_where_that_lies():
    needs = {"a": Grid("m"), "b": Grid("1")}
    turned = HILL.transpose("x", "y")
    ready, form = taken(
        {"a": turned, "b": np.arange(12 * 17).reshape(17, 12)}, needs, Grid("1"), None
    )
    xr.testing.assert_equal(ready["b"].x, HILL.x)
    assert ready["b"].values[0].tolist() == list(range(0, 12 * 17, 12))
    assert ready["b"].attrs["crs"] == HILL.attrs["crs"]
    assert form.dims == ("y", "x")
    with pytest.raises(QuantityError, match="b: found 3 rows and 3 columns, but 12 and 17 beside"):
        taken({"a": HILL, "b": np.ones((3, 3))}, needs, Grid("1"), None)


# labelled grids


@pytest.mark.parametrize("names", SPELLINGS)
@pytest.mark.parametrize("capital", [str.lower, str.upper, str.capitalize])
@pytest.mark.parametrize("turn", [False, True])
def test_dims_of_any_usual_name_and_order_come_back_as_they_were(names, capital, turn):
    rows, columns = map(capital, names)
    given = HILL.rename({d: n for d, n in (("y", rows), ("x", columns)) if d != n})
    given = given.transpose(columns, rows) if turn else given
    counted = rows.lower() in ("row", "rows")
    found = slope(given, cell=50.0) if counted else slope(given)
    assert found.dims == given.dims
    np.testing.assert_array_equal(found.transpose(rows, columns).values, slope(HILL).values)
    assert set(found.coords) == set(given.coords)
    for word in given.coords:
        xr.testing.assert_equal(found[word], given[word])


def test_a_band_of_one_is_dropped_and_bands_are_refused():
    given = HILL.expand_dims(band=[1])
    found = slope(given)
    assert found.dims == ("y", "x")
    np.testing.assert_array_equal(found.values, slope(HILL).values)
    with pytest.raises(QuantityError, match=r"elevation: dims are .*choose one of 'band' first"):
        slope(xr.concat([given, given], "band"))


def test_strange_dims_are_refused_by_name():
    with pytest.raises(QuantityError, match="elevation: dims are"):
        slope(HILL.rename(y="up", x="across"))


def test_places_of_rows_and_columns_may_stand_beside():
    rows = HILL.rename(y="row", x="col")
    beside = rows.drop_vars(["row", "col"]).assign_coords(
        y=("row", HILL.y.values), x=("col", HILL.x.values)
    )
    found = slope(beside)
    np.testing.assert_array_equal(found.values, slope(HILL).values)
    assert found.dims == ("row", "col")
    assert set(found.coords) == {"y", "x"}


def test_a_labelled_grid_without_places_takes_the_cell_and_comes_back_without():
    bare = HILL.drop_vars(["y", "x"])
    bare.attrs = {"units": "m", "crs": "EPSG:32649"}
    found = slope(bare, cell=50)
    np.testing.assert_array_equal(found.values, slope(HILL).values)
    assert set(found.coords) == set()
    assert "crs" not in found.attrs, "a system without places would put it where it is not"
    with pytest.raises(QuantityError, match="no x and y coordinates"):
        slope(bare)


def test_a_cell_that_contradicts_the_coordinates_is_refused():
    slope(HILL, cell=50)
    with pytest.raises(QuantityError, match="cell: found 30, but the coordinates of elevation"):
        slope(HILL, cell=30)


def test_rows_from_the_south_are_refused_where_neighbours_count():
    south = HILL.isel(y=slice(None, None, -1)).rename(y="lat", x="lon")
    with pytest.raises(QuantityError, match="elevation: rows run from south to north"):
        local_relief(south)
    with pytest.raises(QuantityError, match="elevation: columns run from east to west"):
        local_relief(HILL.isel(x=slice(None, None, -1)))
    steep = slope(HILL)
    found = slope_class(steep.isel(y=slice(None, None, -1)))
    np.testing.assert_array_equal(found.values[::-1], slope_class(steep).values)


def test_grids_that_lie_apart_are_refused():
    needs = {"a": Grid("m"), "b": Grid("m")}
    away = HILL.assign_coords(x=HILL.x + 50.0)
    with pytest.raises(QuantityError, match="b: lies elsewhere than a"):
        taken({"a": HILL, "b": away}, needs, Grid("1"), None)
    with pytest.raises(QuantityError, match="b: lies elsewhere than a"):
        taken({"a": HILL, "b": HILL[::-1]}, needs, Grid("1"), None, around=False)


def test_marks_of_missing_cells_in_the_attributes_are_read():
    spoilt = HILL.copy(data=HILL.values.copy())
    spoilt.values[5, 5] = -9999.0
    spoilt.attrs = {**HILL.attrs, "_FillValue": -9999.0, "scale_factor": 1.0, "add_offset": 0.0}
    assert np.isnan(slope(spoilt).values[5, 5])
    ready, _ = taken({"codes": grid([[1, 255]], "1")}, {"codes": Grid("1")}, Grid("1"), None)
    assert "nodata" not in ready["codes"].attrs
    codes = grid([[1, 255]], "1").assign_attrs(_FillValue=255)
    ready, _ = taken({"codes": codes}, {"codes": Grid("1")}, Grid("1"), None)
    assert ready["codes"].attrs["nodata"] == 255
    with pytest.raises(QuantityError, match="elevation: holds packed numbers"):
        slope(HILL.assign_attrs(scale_factor=0.1))


def test_the_coordinate_system_is_found_where_files_have_it():
    bare = HILL.copy()
    bare.attrs = {"units": "m"}
    wkt = 'PROJCRS["some equal area"]'
    told = bare.assign_coords(spatial_ref=xr.DataArray(0, attrs={"crs_wkt": wkt}))
    assert slope(told).attrs["crs"] == wkt


def test_a_grid_that_is_as_it_should_be_is_handed_on_itself():
    ready, form = taken({"a": HILL}, {"a": Grid("m")}, Grid("1"), None)
    assert ready["a"] is HILL
    assert form.ours
    assert form_of(HILL).ours


# layers


def test_layers_are_a_dictionary_of_arrays():
    layers = {"a": np.array([[0.0, 1.0]]), "b": np.array([[1.0, 0.5]])}
    weights = pd.DataFrame({"layer": ["a", "b"], "weight": [0.5, 0.5]})
    card = overlay_score.card
    tables = {n: weights for n, q in card.needs.items() if not isinstance(q, Grid | Layers)}
    labelled = xr.Dataset({k: grid(v, "1") for k, v in layers.items()})
    name = next(n for n, q in card.needs.items() if isinstance(q, Layers))
    expected = overlay_score(**{name: labelled}, **tables)
    found = overlay_score(**{name: layers}, **tables, cell=100)
    np.testing.assert_array_equal(found, expected.values)
    spelt = labelled.rename(y="lat", x="lon").transpose("lon", "lat")
    back = overlay_score(**{name: spelt}, **tables)
    assert back.dims == ("lon", "lat")
    np.testing.assert_array_equal(back.values.T, expected.values)
    layers["b"] = np.ones((2, 2))
    with pytest.raises(QuantityError, match=rf"{name}\.b: found 2 rows"):
        overlay_score(**{name: layers}, **tables, cell=100)


# every assessment of a made-up region


def _steps(study):
    seen = set()
    for name, item in study.plan.steps.items():
        if not isinstance(item, Step) or item.card.fn in seen or not study.has(name):
            continue
        if any(isinstance(q, Grid | Layers) for q in item.card.needs.values()):
            seen.add(item.card.fn)
            yield name, item


def _handed(study, item, change):
    out = {}
    for word, product in item.needs.items():
        if product not in study:
            continue
        value, quantity = study[product], item.card.needs[word]
        if isinstance(quantity, Grid):
            value = change(admit(word, value, quantity))
        elif isinstance(quantity, Layers):
            layers = {k: change(v) for k, v in admit(word, value, quantity).data_vars.items()}
            labelled = all(isinstance(v, xr.DataArray) for v in layers.values())
            value = xr.Dataset(layers) if labelled else layers
        out[word] = value
    return out


def _turned(values):
    return values.rename(y="Latitude", x="Longitude").transpose().expand_dims("band")


def _plain(values):
    code = values.attrs.get("nodata")
    if code is None or values.dtype.kind == "f":
        return values.values
    return np.ma.MaskedArray(values.values, values.values == code, fill_value=code)


def _values(found):
    if isinstance(found, xr.DataArray):
        assert found.dims == ("Longitude", "Latitude")
        return found.values.T
    return found.filled() if isinstance(found, np.ma.MaskedArray) else found


def _same(found, expected):
    if isinstance(expected, xr.DataArray):
        np.testing.assert_array_equal(_values(found), expected.values)
    elif isinstance(expected, xr.Dataset):
        assert list(map(str, found)) == list(map(str, expected.data_vars))
        for layer in expected.data_vars:
            _same(found[layer], expected[layer])
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(
            pd.DataFrame(found), pd.DataFrame(expected), check_dtype=False
        )
    else:
        assert found == expected


def test_every_assessment_gives_the_same_of_grids_with_other_dims(region):
    count = 0
    for name, item in _steps(region):
        found = function_of(item.card)(**_handed(region, item, _turned), **item.settings)
        _same(found, region[name])
        count += 1
    assert count > 120


def test_every_assessment_gives_the_same_of_plain_arrays_or_says_why_not(region):
    same = 0
    for name, item in _steps(region):
        card, handed = item.card, _handed(region, item, _plain)
        somewhere = any(isinstance(card.needs[w], Features) for w in handed)
        cell = region.grid.cell_m
        if somewhere or isinstance(card.gives, Features):
            with pytest.raises(QuantityError, match="lies nowhere on the map"):
                function_of(card)(**handed, **item.settings, cell=cell)
        elif name in ("reference_evapotranspiration", "hot_days"):  # want latitudes
            with pytest.raises(QuantityError, match="no coordinate system"):
                function_of(card)(**handed, **item.settings, cell=cell)
        else:
            _same(function_of(card)(**handed, **item.settings, cell=cell), region[name])
            same += 1
    assert same > 80


def test_a_unit_of_any_kind_is_none():
    ready, _ = taken({"a": np.ones((2, 2))}, {"a": Grid(ANY)}, Grid(ANY), 30.0)
    assert ready["a"].attrs["units"] == "1"
    assert checked_cell((30.0, 30.0)) == 30.0


# functions for which all directions are alike

RNG = np.random.default_rng(5)
HARD = grid(RNG.uniform(1, 9, (9, 14)), "1", cell_m=30.0)
ENDS = HARD.copy(data=np.zeros(HARD.shape, np.int32))
ENDS.values[1, 1], ENDS.values[7, 12], ENDS.values[2, 11] = 1, 2, 3


def _asked(function):
    return {
        "cost_distance": lambda r, s, **m: cost_distance(r, s, **m),
        "cost_allocation": lambda r, s, **m: cost_allocation(r, s, **m)[1],
        "corridors": lambda r, s, **m: least_cost_corridors(r, s, **m).surface,
        "current": lambda r, s, **m: current(r, s),
    }[function]


@pytest.mark.parametrize("function", ["cost_distance", "cost_allocation", "corridors", "current"])
def test_other_functions_of_grids_take_any_usual_dims_too(function):
    ask = _asked(function)
    expected = ask(HARD, ENDS)
    spelt = HARD.rename(y="lat", x="lon").transpose("lon", "lat")
    for sources in (
        ENDS,
        ENDS.rename(y="lat", x="lon").expand_dims("band"),
        ENDS.transpose("x", "y").rename(y="row", x="col"),
    ):
        found = ask(spelt.expand_dims("band"), sources)
        assert found.dims == ("lon", "lat")
        np.testing.assert_allclose(found.values.T, expected.values, rtol=1e-9)
    plain = ask(HARD.values[None], ENDS.values[None], cell=(30, 30))
    np.testing.assert_allclose(plain, expected.values, rtol=1e-9)


def test_effective_resistance_and_landscapes_take_any_usual_dims_too():
    spelt = HARD.rename(y="northing", x="easting")
    points = ENDS.rename(y="northing", x="easting").transpose()
    pd.testing.assert_frame_equal(
        effective_resistance(spelt, points), effective_resistance(HARD, ENDS), rtol=1e-9
    )
    classes = HARD.copy(data=(HARD.values > 5).astype(np.int16))
    expected = landscape_of(classes).class_table()
    found = landscape_of(classes.rename(y="Latitude", x="Longitude").expand_dims("band"))
    pd.testing.assert_frame_equal(found.class_table(), expected)
    pd.testing.assert_frame_equal(landscape_of(classes.values, cell=30).class_table(), expected)
    with pytest.raises(QuantityError, match="cell: found 30 wide and 20 high"):
        landscape_of(classes.values, cell=(30, 20))


def test_several_bands_are_refused_by_the_name_of_the_argument():
    with pytest.raises(QuantityError, match="sources: dims are .*choose one of 'band'"):
        cost_distance(HARD, xr.concat([ENDS, ENDS], "band"))
