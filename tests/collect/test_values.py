"""Numbers of files become values: per band, per table, with every way to say missing."""

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from rasterio.enums import ColorInterp
from tests.worlds import grid_spec, write_raster

from shanshui.collect.adapt import stack_parts, table_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import verdict
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import DataError

SPEC = grid_spec(20, 30)


def brought(path, tmp_path, kind="elevation", grid=SPEC, **declared):
    spec = InputSpec(file=str(path), **declared)
    with raster_input(path, spec, INPUTS[kind], kind, grid) as source:
        source.check_overlap(grid)
        rows = [rows for _, rows in source.strips(grid, lambda done: None)]
        for part in rows:
            source.check_codes(part)
        return np.concatenate(rows)


def look(path, tmp_path, kind, **declared):
    return verdict(kind, [InputSpec(file=str(path), **declared)], INPUTS[kind], [path], SPEC)


def stored(path, values, scales=None, offsets=None, nodata=None, dtype="int16"):
    write_raster(
        path, np.stack([np.full((20, 30), v) for v in values]).astype(dtype), nodata=nodata
    )
    with rasterio.open(path, "r+") as file:
        if scales:
            file.scales = scales
        if offsets:
            file.offsets = offsets
    return path


# bands


def test_each_band_has_its_offset_when_bands_are_added(tmp_path):
    path = stored(tmp_path / "a.tif", [400, 400], offsets=(100, 100))
    assert brought(path, tmp_path, "precipitation", band="sum")[0, 0] == 1000
    assert brought(path, tmp_path, "precipitation", band="mean")[0, 0] == 500
    assert brought(path, tmp_path, "precipitation", band=2)[0, 0] == 500


def test_each_band_has_its_scale(tmp_path):
    path = stored(tmp_path / "a.tif", [400, 400], scales=(1.0, 0.5), offsets=(0, 100))
    assert brought(path, tmp_path, "precipitation", band=1)[0, 0] == 400
    assert brought(path, tmp_path, "precipitation", band=2)[0, 0] == 300
    assert brought(path, tmp_path, "precipitation", band="sum")[0, 0] == 700
    assert brought(path, tmp_path, "precipitation", band="mean")[0, 0] == 350


def test_a_declared_scale_or_offset_stands_for_all_bands(tmp_path):
    path = stored(tmp_path / "a.tif", [400, 400], scales=(1.0, 0.5), offsets=(0, 100))
    both = {"scale": 0.1, "offset": 5.0}
    assert brought(path, tmp_path, "precipitation", band="sum", **both)[0, 0] == 90
    # the offsets of the file stay where only the scale is declared
    assert brought(path, tmp_path, "precipitation", band="sum", scale=1.0)[0, 0] == 900


def test_bands_are_converted_before_they_are_added(tmp_path):
    path = stored(tmp_path / "a.tif", [1, 2], offsets=(1, 1))
    assert brought(path, tmp_path, "precipitation", band="sum", unit="cm/yr")[0, 0] == 50
    path = stored(tmp_path / "k.tif", [280, 290])
    mean = brought(path, tmp_path, "temperature", band="mean", unit="K")[0, 0]
    assert mean == pytest.approx(285 - 273.15, abs=1e-4)


@pytest.mark.parametrize("scale", [float("nan"), float("inf")])
def test_a_scale_that_is_no_number_is_refused(tmp_path, scale):
    path = stored(tmp_path / "a.tif", [400])
    with pytest.raises(DataError, match=r"elevation.scale: (nan|inf) is declared, expected a fin"):
        brought(path, tmp_path, scale=scale)
    with pytest.raises(DataError, match=r"elevation.offset: (nan|inf) is declared"):
        brought(path, tmp_path, offset=scale)


def test_a_scale_of_zero_in_the_file_is_refused_until_one_is_declared(tmp_path):
    path = stored(tmp_path / "a.tif", [400], scales=(0.0,))
    with pytest.raises(DataError, match="scale: 0 is written in the file"):
        brought(path, tmp_path)
    assert brought(path, tmp_path, scale=1.0)[0, 0] == 400


def test_a_range_that_is_none_is_refused(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.arange(600, dtype=np.float32).reshape(20, 30))
    for bad in ((float("nan"), float("nan")), (5.0, 1.0)):
        problems = look(path, tmp_path, "elevation", plausible=bad).problems
        assert "is no range; give the lowest value" in problems[0]


# missing


def heights(path, masked=slice(0, 10)):
    values = np.full((20, 30), 300.0, np.float32) + np.arange(30)
    values[masked] = 777
    return write_raster(path, values)


def test_cells_under_an_inner_mask_are_missing(tmp_path):
    path = heights(tmp_path / "a.tif")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(np.repeat(np.arange(20) >= 10, 30).reshape(20, 30))
    out = brought(path, tmp_path)
    assert np.isnan(out[:10]).all()
    assert (out[10:] < 400).all()
    # the mask stays where a number is declared to mean missing beside it
    assert np.isnan(brought(path, tmp_path, nodata=329.0)).sum() == 300 + 10


def test_cells_under_a_transparent_band_are_missing(tmp_path):
    values = np.full((2, 20, 30), 200, np.uint8)
    values[0, :5], values[1, :5] = 77, 0
    path = write_raster(tmp_path / "a.tif", values)
    with rasterio.open(path, "r+") as file:
        file.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
    out = brought(path, tmp_path)
    assert np.isnan(out[:5]).all()
    assert (out[5:] == 200).all()
    for use in (
        lambda: brought(path, tmp_path, band="sum"),
        lambda: stack_parts(path, InputSpec(file=str(path)), "threat_maps"),
    ):
        with pytest.raises(DataError, match=r"band 2 is marked as transparency"):
            use()


def test_a_declared_number_stands_instead_of_the_files(tmp_path):
    values = np.full((20, 30), 300.0, np.float32)
    values[0], values[1] = -1, -2
    path = write_raster(tmp_path / "a.tif", values, nodata=-1)
    assert np.isnan(brought(path, tmp_path)).sum() == 30
    own = brought(path, tmp_path, nodata=-2)
    assert np.isnan(own[1]).all()
    assert (own[0] == -1).all()


# class codes


def cover(tmp_path, codes, dtype, table, nodata=None, **declared):
    values = np.resize(np.array(codes), (20, 30)).astype(dtype)
    path = write_raster(tmp_path / "c.tif", values, dtype=dtype, nodata=nodata)
    (tmp_path / "classes.csv").write_text(
        "code,name\n" + "".join(f"{c},class {c}\n" for c in table), "utf-8"
    )
    return path, {"classes": str(tmp_path / "classes.csv"), **declared}


@pytest.mark.parametrize(
    ("dtype", "codes"),
    [
        ("int32", [1, 100101]),
        ("int32", [1, 40001]),
        ("uint16", [1, 40000]),
        ("uint16", [1, 65535]),
        ("uint32", [1, 70000]),
        ("int32", [1, -100101]),
        ("int16", [1, -32768]),
        ("int16", [1, 32767]),
        ("uint8", [1, 255]),
        ("uint8", [0, 254]),
        ("int8", [1, -128]),
        ("float32", [1, 65536]),
        ("float64", [1, 3]),
    ],
)
def test_codes_of_any_size_come_as_they_are(tmp_path, dtype, codes):
    path, declared = cover(tmp_path, codes, dtype, codes)
    out = brought(path, tmp_path, "land_cover", **declared)
    assert sorted(np.unique(out)) == sorted(codes)
    assert look(path, tmp_path, "land_cover", **declared).state == "good"


@pytest.mark.parametrize(
    ("dtype", "codes", "strange"),
    [
        ("int32", [1, 2, 3, 65537], "65537"),
        ("uint32", [1, 4294967295], "4294967295"),
        ("uint16", [1, 65535], "65535"),
        ("uint8", [1, 255], "255"),
        ("float32", [1, float("inf")], "inf"),
    ],
)
def test_codes_that_no_class_has_are_refused_and_never_wrapped(tmp_path, dtype, codes, strange):
    path, declared = cover(tmp_path, codes, dtype, [1, 2, 3, 4])
    with pytest.raises(DataError, match=rf"codes {strange} are not in the class table; add them"):
        brought(path, tmp_path, "land_cover", **declared)
    assert strange in look(path, tmp_path, "land_cover", **declared).problems[0]


def test_one_strange_cell_among_many_is_found(tmp_path):
    codes = np.ones((20, 30), np.uint8)
    codes[13, 17] = 9
    path, declared = cover(tmp_path, codes, "uint8", [1])
    with pytest.raises(DataError, match="codes 9 are not in the class table"):
        brought(path, tmp_path, "land_cover", **declared)


@pytest.mark.parametrize(("dtype", "nodata"), [("uint8", 255), ("uint8", 0), ("int32", -9999)])
def test_codes_that_mean_missing_are_missing(tmp_path, dtype, nodata):
    path, declared = cover(tmp_path, [1, 2, nodata], dtype, [1, 2], nodata=nodata)
    spec = InputSpec(file=str(path), **declared)
    out = brought(path, tmp_path, "land_cover", **declared)
    with raster_input(path, spec, INPUTS["land_cover"], "land_cover", SPEC) as source:
        assert np.count_nonzero(out == source.missing_code) == 200
    plain, declared = cover(tmp_path, [1, 2, nodata], dtype, [1, 2])
    np.testing.assert_array_equal(
        brought(plain, tmp_path, "land_cover", nodata=nodata, **declared), out
    )


def test_codes_with_fractions_are_refused_and_nan_is_missing(tmp_path):
    path, declared = cover(tmp_path, [1, 2.7], "float32", [1, 2, 3])
    with pytest.raises(DataError, match=r"holds 2.7, expected whole class codes"):
        brought(path, tmp_path, "land_cover", **declared)
    path, declared = cover(tmp_path, [1, 2, np.nan], "float32", [1, 2])
    out = brought(path, tmp_path, "land_cover", **declared)
    assert np.count_nonzero(out == np.iinfo(np.int16).min) == 200
    assert look(path, tmp_path, "land_cover", **declared).state == "good"


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"scale": 2.0}, "class codes have no scale"),
        ({"offset": 1.0}, "class codes have no offset"),
        ({"band": "mean"}, "'mean' of class codes is no class"),
    ],
)
def test_codes_are_not_reckoned_with(tmp_path, declared, says):
    path, more = cover(tmp_path, [1, 2], "uint8", [1, 2])
    with pytest.raises(DataError, match=says):
        brought(path, tmp_path, "land_cover", **more, **declared)


def test_codes_of_large_numbers_keep_their_commonest_class(tmp_path):
    codes = np.kron(np.array([[100101, 100102]]), np.ones((4, 2), int)).astype(np.int32)
    codes[0, 0] = 100102
    path, declared = cover(tmp_path, [1], "uint8", [100101, 100102])
    write_raster(path, codes, cell=50.0, dtype="int32")
    out = brought(path, tmp_path, "land_cover", grid=grid_spec(2, 2), **declared)
    assert out.tolist() == [[100101, 100102]] * 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code,name\n1,a\n1,b\n", "code 1 stands twice"),
        ("code,name\n1.5,a\n", "code '1.5' is not a whole number"),
        ("code,name\nx,a\n", "code 'x' is not a whole number"),
        ("code\n1\n", "has no column name"),
        ("", "is empty"),
    ],
)
def test_class_tables_that_cannot_be_right_are_refused(tmp_path, text, says):
    path, declared = cover(tmp_path, [1], "uint8", [1])
    (tmp_path / "classes.csv").write_text(text, "utf-8")
    assert says in look(path, tmp_path, "land_cover", **declared).problems[0]


def test_a_class_table_in_gbk_is_read_and_read_again_when_it_changed(tmp_path):
    path, declared = cover(tmp_path, [1, 2], "uint8", [1])
    place = tmp_path / "classes.csv"
    place.write_bytes("code,name\n1,林地\n".encode("gb18030"))
    assert "codes 2" in look(path, tmp_path, "land_cover", **declared).problems[0]
    place.write_bytes("code,name\n1,林地\n2,耕地\n".encode("gb18030"))
    assert look(path, tmp_path, "land_cover", **declared).state == "good"


# where cells lie


def test_a_raster_that_runs_south_to_north_lies_where_it_says(tmp_path):
    values = np.add.outer(np.arange(20), np.arange(30)).astype(np.float32)
    path = tmp_path / "up.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=20, width=30, count=1, dtype="float32", crs="EPSG:6933",
        transform=rasterio.Affine(100, 0, 0, 0, 100, 0),
    ) as file:  # fmt: skip
        file.write(values[::-1], 1)
    np.testing.assert_allclose(brought(path, tmp_path), values)


def test_cubes_are_read_east_to_west_and_refused_when_uneven(tmp_path):
    values = np.add.outer(np.arange(20), np.arange(30)).astype(np.float32)
    x, y = SPEC.x(), SPEC.y()
    turned = xr.Dataset({"z": (("y", "x"), values[:, ::-1])}, coords={"y": y, "x": x[::-1]})
    turned.to_netcdf(tmp_path / "turned.nc", engine="h5netcdf")
    np.testing.assert_allclose(brought(tmp_path / "turned.nc", tmp_path, crs="EPSG:6933"), values)
    for name, wrong in (("gap", x + 50 * (np.arange(30) > 15)), ("mixed", np.roll(x, 1))):
        cube = xr.Dataset({"z": (("y", "x"), values)}, coords={"y": y, "x": wrong})
        cube.to_netcdf(tmp_path / f"{name}.nc", engine="h5netcdf")
        with pytest.raises(DataError, match="x runs in steps of .* expected even steps"):
            brought(tmp_path / f"{name}.nc", tmp_path, crs="EPSG:6933")


# tables


def table(tmp_path, text, name="population", **declared):
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    return table_input(path, InputSpec(file=str(path), **declared), INPUTS[name], name)


ROWS = "code,year,population\n1,2020,12.5\n2,2020,{}\n"


@pytest.mark.parametrize("unit", ["10000 person", "1e4 person", "万人", "10000*person"])
def test_the_declared_unit_of_a_table_is_obeyed(tmp_path, unit):
    frame = table(tmp_path, ROWS.format(3), unit=unit)
    assert frame["population"].tolist() == [125000.0, 30000.0]
    assert frame.attrs["units"] == {"year": "yr", "population": "person"}


def test_amounts_are_judged_in_the_studys_unit(tmp_path):
    with pytest.raises(DataError, match=r"row 3 holds 2e\+09, expected 0 to 1e\+09 person"):
        table(tmp_path, ROWS.format(200000), unit="10000 person")
    assert table(tmp_path, ROWS.format(2e12), scale=1e-6)["population"].max() == 2e6
    with pytest.raises(DataError, match=r"row 2 holds -12.5, expected 0 to"):
        table(tmp_path, ROWS.format(3), scale=-1.0)


def test_stored_numbers_that_mean_missing_are_left_out_before_they_are_scaled(tmp_path):
    frame = table(tmp_path, ROWS.format(-9999), nodata=-9999, scale=2.0, offset=1.0)
    assert frame["population"].tolist() == [26.0]


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"unit": "kg"}, r"population.unit: unit 'kg' cannot become 'person'.*correct unit in \[inputs.population\]"),
        ({"unit": "folk"}, r"unit 'folk' is not known"),
        ({"scale": float("nan")}, "population.scale: nan is declared"),
        ({"offset": float("inf")}, "population.offset: inf is declared"),
        ({"plausible": (float("nan"), float("nan"))}, "is no range"),
    ],
)  # fmt: skip
def test_what_makes_no_amounts_is_refused(tmp_path, declared, says):
    with pytest.raises(DataError, match=says):
        table(tmp_path, ROWS.format(3), **declared)


def test_a_unit_is_refused_where_each_row_has_its_own(tmp_path):
    rows = "code,year,flow,amount\n1,2020,grain,5\n"
    assert table(tmp_path, rows, "products").attrs["units"] == {"year": "yr"}
    with pytest.raises(DataError, match="the rows of products are in units of their own"):
        table(tmp_path, rows, "products", unit="t")


def test_wide_tables_are_converted_and_what_is_missing_stays_so(tmp_path):
    rows = "code,year,forest,field\n1,2020,5,\n2,2020,-9,4\n"
    frame = table(
        tmp_path,
        rows,
        "land_cover_areas",
        class_columns={"1": "forest", "2": "field"},
        unit="ha",
        scale=100.0,
        nodata=-9,
    )
    found = frame.set_index(["code", "class"])["area_km2"].to_dict()
    # a blank class has no area; a declared mark of missing is no area of 0
    assert np.isnan(found.pop(("2", 1)))
    assert found == {("1", 1): 5.0, ("1", 2): 0.0, ("2", 2): 4.0}


def test_blank_workers_are_unknown_unless_the_sum_of_their_row_tells_them(tmp_path):
    rows = "code,year,mine,mill,shop,all\n1,2020,,30,20,50\n2,2020,,,20,50\n3,2020,,30,20,60\n4,2020,,,50,50\n"
    classes = {"mining": "mine", "manufacturing": "mill", "trade": "shop"}
    plain = table(tmp_path, rows, "employment", class_columns=classes)
    assert plain["persons"].isna().sum() == 6
    found = table(tmp_path, rows, "employment", class_columns=classes, class_total="all")
    of = found.set_index(["code", "industry"])["persons"]
    assert (of["1", "mining"], of["3", "mining"], of["4", "manufacturing"]) == (0.0, 10.0, 0.0)
    # what two leave together is not told of either
    assert of[of.isna()].index.tolist() == [("2", "manufacturing"), ("2", "mining")]


def test_blank_workers_of_a_long_table_stay_unknown(tmp_path):
    rows = "code,year,industry,persons\n1,2020,mining,\n1,2020,trade,5\n"
    found = table(tmp_path, rows, "employment").set_index("industry")["persons"]
    assert np.isnan(found["mining"])
    assert found["trade"] == 5


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"class_total": "total", "class_columns": {"mining": "mine"}}, "class_total: no column total"),
        ({"class_total": "all", "class_columns": {"mining": "mine"}}, "row 2 holds 50, and its classes 80; a sum is no less"),
        ({"class_total": "all"}, "class_total: all is the sum of class_columns, and none are named"),
    ],
)  # fmt: skip
def test_a_column_that_is_no_sum_of_the_classes_is_refused(tmp_path, declared, says):
    with pytest.raises(DataError, match=says):
        table(tmp_path, "code,year,mine,all\n1,2020,80,50\n", "employment", **declared)


def test_a_sum_of_which_a_part_is_missing_is_missing(tmp_path):
    rows = "code,year,wheat,rice\n1,2020,5,\n1,2020,6,7\n"
    frame = table(tmp_path, rows, "gdp", class_columns={"wheat": "wheat", "rice": "rice"})
    assert frame[["sector", "yuan"]].to_numpy().tolist() == [["wheat", 11.0]]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (",2020,5", "row 2 has no code"),
        ("1,,5", r"row 2 holds 'nan', expected a year"),
        ("1,2020.5,5", "row 2 holds '2020.5', expected a year"),
        ("1,20201,5", "row 2 holds '20201', expected a year"),
        ("1,then,5", "row 2 holds 'then', expected a year"),
        ("1,2020,", "no usable rows"),
    ],
)
def test_rows_without_place_time_or_amount_are_refused(tmp_path, rows, says):
    with pytest.raises(DataError, match=says):
        table(tmp_path, f"code,year,population\n{rows}\n")


def test_a_word_among_the_areas_of_a_class_is_named(tmp_path):
    with pytest.raises(DataError, match=r"land_cover_areas.forest: .*row 3 holds 'much'"):
        table(
            tmp_path,
            "code,year,forest\n1,2020,5\n2,2020,much\n",
            "land_cover_areas",
            class_columns={"1": "forest"},
        )


def test_tables_read_from_columns_of_any_type_agree(tmp_path):
    frame = pd.DataFrame(
        {"code": [101, 102], "year": [2020, 2020], "population": pd.array([5, 6], dtype="Int64")}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    spec = InputSpec(file="t.parquet")
    out = table_input(tmp_path / "t.parquet", spec, INPUTS["population"], "population")
    assert out["population"].tolist() == [5.0, 6.0]
