import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import grid_spec, squares, write_raster

from shanshui.collect.adapt import table_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.features import features_input
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import verdict
from shanshui.collect.rasters import raster_input
from shanshui.collect.readers import read_table
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError
from shanshui.region.grid import fitted_grid

SPEC = grid_spec(20, 30)


def brought(path, tmp_path, kind="elevation", grid=SPEC, **declared):
    spec = InputSpec(file=str(path), **declared)
    with raster_input(path, spec, INPUTS[kind], kind, grid) as source:
        source.check_overlap(grid)
        return np.concatenate([rows for _, rows in source.strips(grid, lambda done: None)])


def look(path, tmp_path, kind="elevation", grid=SPEC, **declared):
    return verdict(kind, [InputSpec(file=str(path), **declared)], INPUTS[kind], [path], grid)


def hills(ny=20, nx=30):
    return 300 + 50 * np.random.default_rng(0).random((ny, nx)).astype(np.float32)


# rasters


def test_a_file_on_the_grid_is_taken_cell_by_cell(tmp_path):
    values = hills()
    np.testing.assert_array_equal(
        brought(write_raster(tmp_path / "a.tif", values), tmp_path), values
    )


def test_a_file_shifted_by_whole_cells_is_cut_and_padded(tmp_path):
    values = hills()
    out = brought(write_raster(tmp_path / "a.tif", values, left=300.0, top=2200.0), tmp_path)
    np.testing.assert_array_equal(out[0:18, 3:], values[2:20, :27])
    assert np.isnan(out[:, :3]).all()
    assert np.isnan(out[18:]).all()


def test_coarser_study_cells_are_averages(tmp_path):
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    out = brought(
        write_raster(tmp_path / "a.tif", values, cell=50.0), tmp_path, grid=grid_spec(2, 3)
    )
    np.testing.assert_allclose(out, values.reshape(2, 2, 3, 2).mean(axis=(1, 3)))


def test_finer_study_cells_are_read_between(tmp_path):
    plane = np.add.outer(np.zeros(10), np.arange(15)).astype(np.float32) * 20
    out = brought(write_raster(tmp_path / "a.tif", plane, cell=200.0), tmp_path)
    assert np.diff(out[5, 3:-3]) == pytest.approx(10.0, abs=0.2)


def test_codes_are_never_averaged(tmp_path):
    codes = np.kron([[1, 9], [9, 1]], np.ones((10, 15))).astype(np.uint8)
    for cell in (50.0, 100.0, 200.0):
        path = write_raster(tmp_path / f"{cell}.tif", codes, cell=cell, top=2000.0)
        out = brought(path, tmp_path, kind="land_cover", classes="igbp")
        assert set(np.unique(out)) <= {1, 9, 255}


def test_the_commonest_code_wins(tmp_path):
    codes = np.array([[1, 1, 2, 2], [1, 3, 2, 3]], np.uint8)
    out = brought(
        write_raster(tmp_path / "a.tif", codes, cell=50.0),
        tmp_path,
        kind="land_cover",
        grid=grid_spec(1, 2),
        classes="igbp",
    )
    assert out.tolist() == [[1, 2]]


def test_declared_missing_values_are_a_mask_and_touch_no_neighbour(tmp_path):
    values = hills()
    values[15, 5], values[18, 9] = -9999, 0
    path = write_raster(tmp_path / "a.tif", values, cell=200.0, top=4000.0)
    out = brought(path, tmp_path, nodata=[-9999.0, 0.0])
    assert np.nanmin(out) >= 300
    assert np.isnan(out).any()


def test_units_scale_and_bands(tmp_path):
    path = write_raster(
        tmp_path / "t.tif",
        np.stack([np.full((20, 30), v) for v in (100, 200, 300)]).astype(np.int16),
    )
    assert brought(path, tmp_path, "temperature", scale=0.1, band=2)[0, 0] == pytest.approx(20.0)
    assert brought(path, tmp_path, "temperature", scale=0.1, band="mean")[0, 0] == pytest.approx(
        20.0
    )
    assert brought(path, tmp_path, "precipitation", band="sum")[0, 0] == pytest.approx(600.0)
    assert brought(path, tmp_path, "temperature", unit="K")[0, 0] == pytest.approx(100 - 273.15)
    with pytest.raises(DataError, match="bands 1 to 3"):
        brought(path, tmp_path, "temperature", band=4)
    with pytest.raises(DataError, match=r"temperature.unit: unit 'kg' cannot become"):
        brought(path, tmp_path, "temperature", unit="kg")


def test_degrees_are_warped_to_the_grid(tmp_path):
    path = write_raster(
        tmp_path / "a.tif",
        np.full((40, 40), 500.0, np.float32),
        crs="EPSG:4326",
        cell=0.01,
        left=107.0,
        top=33.4,
    )
    grid = fitted_grid(
        (-15000.0, -15000.0, 15000.0, 15000.0),
        "+proj=laea +lat_0=33.2 +lon_0=107.2 +datum=WGS84 +units=m",
        500.0,
    )
    out = brought(path, tmp_path, grid=grid)
    assert np.nanmin(out) == pytest.approx(500.0)
    assert np.isfinite(out).mean() > 0.95


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_cubes_are_read_south_up_or_north_up(tmp_path, suffix):
    values = hills()
    cube = xr.Dataset(
        {"z": (("y", "x"), values[::-1])}, coords={"y": SPEC.y()[::-1], "x": SPEC.x()}
    )
    path = tmp_path / f"cube{suffix}"
    if suffix == ".nc":
        cube.to_netcdf(path, engine="h5netcdf")
    else:
        cube.to_zarr(path, consolidated=False)
    np.testing.assert_allclose(brought(path, tmp_path, crs="EPSG:6933"), values)
    with pytest.raises(DataError, match="no coordinate system"):
        brought(path, tmp_path)


def test_rasters_that_do_not_meet_the_study_say_where_they_are(tmp_path):
    path = write_raster(tmp_path / "a.tif", hills(), left=1e6)
    with pytest.raises(DataError, match=r"does not overlap the study: it covers 1e\+06"):
        brought(path, tmp_path)
    assert "does not overlap" in look(path, tmp_path).problems[0]


def test_missing_and_broken_files_are_named(tmp_path):
    write_raster(tmp_path / "elevation.tif", hills())
    with pytest.raises(DataError, match="did you mean 'elevation.tif'"):
        brought(tmp_path / "elevatoin.tif", tmp_path)
    (tmp_path / "cut.tif").write_bytes((tmp_path / "elevation.tif").read_bytes()[:1500])
    assert "cannot be read" in look(tmp_path / "cut.tif", tmp_path).problems[0]
    write_raster(tmp_path / "nocrs.tif", hills(), crs=None)
    assert 'add crs = "EPSG:…"' in look(tmp_path / "nocrs.tif", tmp_path).problems[0]
    assert (
        "not a coordinate system"
        in look(tmp_path / "nocrs.tif", tmp_path, crs="EPSG:999999").problems[0]
    )


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda z: z * np.nan, "no valid value"),
        (lambda z: z * 0 + 7, "constant grid"),
        (lambda z: np.where(np.indices(z.shape)[1] < 3, -9999, z), "set nodata = -9999"),
        (lambda z: np.where(np.indices(z.shape)[1] < 3, 32767, z), "set nodata = 32767"),
        (lambda z: np.where(np.indices(z.shape)[1] < 3, 0, z), "set nodata = 0"),
        (lambda z: z * 100, "set scale = 0.1;"),
    ],
)
def test_suspicious_elevation_is_unusable_with_the_fix(tmp_path, spoil, says):
    import re

    out = look(write_raster(tmp_path / "z.tif", spoil(hills()).astype(np.float32)), tmp_path)
    assert out.state == "unusable"
    assert re.search(says, out.problems[0]), out.problems


def test_zeros_that_are_real_can_be_declared_so(tmp_path):
    path = write_raster(
        tmp_path / "z.tif", np.where(np.indices((20, 30))[1] < 3, 0, hills()).astype(np.float32)
    )
    assert look(path, tmp_path, checked=True).state == "good"
    assert look(path, tmp_path, nodata=0).state == "good"


def test_kelvin_and_tenths_are_recognised(tmp_path):
    kelvin = write_raster(
        tmp_path / "k.tif", (hills() * 0 + 285 + np.arange(30)).astype(np.float32)
    )
    assert 'unit = "K"' in look(kelvin, tmp_path, "temperature").problems[0]
    tenths = write_raster(
        tmp_path / "d.tif", (hills() * 0 + 120 + np.arange(30)).astype(np.float32)
    )
    assert "scale = 0.1" in look(tenths, tmp_path, "temperature").problems[0]
    assert look(tenths, tmp_path, "temperature", plausible=(-60, 200)).state == "good"


def test_codes_need_a_class_table_that_knows_them(tmp_path):
    path = write_raster(tmp_path / "c.tif", np.full((20, 30), 77, np.uint8))
    assert "have no class table" in look(path, tmp_path, "land_cover").problems[0]
    assert (
        "codes 77 are not in the class table 'igbp'"
        in look(path, tmp_path, "land_cover", classes="igbp").problems[0]
    )
    assert "did you mean 'igbp'" in look(path, tmp_path, "land_cover", classes="igpb").problems[0]


# features


def written(frame, path, **options):
    frame.to_file(path, **options)
    return path


@pytest.mark.parametrize("name", ["c.gpkg", "c.shp", "c.geojson", "c.parquet"])
def test_every_vector_format_gives_the_same_counties(tmp_path, name):
    frame = squares(20, 30, parts=3).reset_index(drop=True).assign(name=["汉中市", "b", "c"])
    path = tmp_path / name
    if name.endswith("parquet"):
        frame.to_parquet(path)
    else:
        (frame.to_crs(4326) if name.endswith("json") else frame).to_file(path)
    out = features_input(path, InputSpec(file=name), INPUTS["counties"], "counties", SPEC)
    assert out["code"].tolist() == ["101", "102", "103"]
    assert out["name"].iloc[0] == "汉中市"
    assert out["area_km2"].sum() == pytest.approx(6.0, rel=1e-3)


def test_a_shapefile_in_gbk_without_code_page_is_read(tmp_path):
    squares(20, 30).reset_index(drop=True).assign(name=["汉中市", "安康市"]).to_file(
        tmp_path / "c.shp", encoding="gbk"
    )
    (tmp_path / "c.cpg").unlink()
    frame = read_features(tmp_path / "c.shp", InputSpec(file="c.shp", encoding="gbk"), "counties")
    assert frame["name"].tolist() == ["汉中市", "安康市"]


def test_layers_and_columns_are_named_when_wrong(tmp_path):
    path = tmp_path / "two.gpkg"
    for layer in ("county", "province"):
        squares(20, 30).reset_index(drop=True).to_file(path, layer=layer)
    with pytest.raises(DataError, match="has layers county, province"):
        read_features(path, InputSpec(file="x"), "counties")
    with pytest.raises(DataError, match="no layer 'counties'"):
        read_features(path, InputSpec(file="x", layer="counties"), "counties")
    with pytest.raises(DataError, match="no column 'cod' in .* did you mean 'code'"):
        read_features(
            path, InputSpec(file="x", layer="county", columns={"code": "cod"}), "counties"
        )


def test_polygons_must_be_valid_apart_and_have_codes(tmp_path):
    def counties(frame, **declared):
        path = tmp_path / f"{abs(hash(str(declared) + str(frame)))}.gpkg"
        frame.reset_index(drop=True).to_file(path)
        return features_input(
            path, InputSpec(file="x", **declared), INPUTS["counties"], "counties", SPEC
        )

    frame = squares(20, 30)
    tie = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    twisted = frame.assign(geometry=[tie, frame.geometry.iloc[1]])
    with pytest.raises(
        DataError,
        match=r"1 polygons are invalid; the first is row 0 \(c1\): Self-intersection.*repair = true",
    ):
        counties(twisted)
    assert len(counties(twisted, repair=True)) == 2
    lapped = frame.assign(geometry=[frame.geometry.iloc[0].buffer(200), frame.geometry.iloc[1]])
    with pytest.raises(DataError, match="c1 and c2 share .* km2"):
        counties(lapped)
    assert len(counties(lapped, overlaps="keep")) == 2
    with pytest.raises(DataError, match="more than once"):
        counties(frame.assign(code="1"))
    holed = frame.assign(
        geometry=[
            frame.geometry.iloc[0].difference(shapely.Point(700, 700).buffer(200)),
            frame.geometry.iloc[1],
        ]
    )
    assert counties(holed)["area_km2"].sum() < 6.0
    holed.reset_index(drop=True).to_file(tmp_path / "holed.gpkg")
    out = look(tmp_path / "holed.gpkg", tmp_path, "counties")
    assert out.state == "doubtful"
    assert "1 gaps inside the set, 0.1 km2" in out.doubts[0]


def test_features_elsewhere_or_of_another_kind_are_refused(tmp_path):
    far = squares(20, 30).translate(1e6)
    path = written(
        gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=far.values, crs="EPSG:6933"),
        tmp_path / "far.gpkg",
    )
    with pytest.raises(DataError, match="nothing inside the study"):
        features_input(path, InputSpec(file="x"), INPUTS["counties"], "counties", SPEC)
    with pytest.raises(DataError, match="holds Polygon; expected LineStrings"):
        features_input(path, InputSpec(file="x"), INPUTS["rivers"], "rivers", SPEC)


def test_points_come_from_tables_too(tmp_path):
    (tmp_path / "p.csv").write_text("name,经度,纬度,role\nx,0.01,0.005,core\n", "utf-8")
    out = features_input(tmp_path / "p.csv", InputSpec(file="x"), INPUTS["cities"], "cities", SPEC)
    assert out.geometry.iloc[0].x == pytest.approx(965, abs=5)


# tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_chinese_tables_in_any_encoding(tmp_path, encoding):
    (tmp_path / "p.csv").write_text(
        '行政区划代码,名称,年份,人口\n610102,新城区,2020,"1,234,567"\n610103,碑林区,2020,—\n',
        encoding,
    )
    out = table_input(tmp_path / "p.csv", InputSpec(file="x"), INPUTS["population"], "population")
    assert out.to_dict("list") == {"code": ["610102"], "year": [2020], "population": [1234567.0]}


def test_codes_with_leading_zeros_stay_text(tmp_path):
    (tmp_path / "p.csv").write_text("code;year;population\n007;2020;1\n012;2020;2\n", "utf-8")
    raw = read_table(tmp_path / "p.csv", InputSpec(file="x"), "population")
    assert raw["code"].astype(str).tolist() in (["007", "012"], ["7", "12"])


@pytest.mark.parametrize(
    ("text", "declared", "says"),
    [
        ("code,population\n1,5\n", {}, r"no column year; .*set year"),
        ("code,year,population\n1,2020,many\n", {}, r"row 2 holds 'many', expected a number"),
        ("code,year,population\n1,2020,-5\n", {}, r"row 2 holds -5, expected 0 to"),
        (
            "code,year,population\n1,2020,5\n1,2020,6\n",
            {},
            r"1 rows repeat code, year; first: 1, 2020",
        ),
        (
            "code,year,population\n1,2020,5\n",
            {"columns": {"population": "people"}},
            "no column 'people'",
        ),
        ("code,year,population\n1,2020,5\n", {"only": {"code": ["2"]}}, "no row of"),
        ("", {}, "is empty"),
    ],
)
def test_tables_that_cannot_be_right_are_refused(tmp_path, text, declared, says):
    (tmp_path / "p.csv").write_text(text, "utf-8")
    with pytest.raises(DataError, match=says):
        table_input(
            tmp_path / "p.csv", InputSpec(file="x", **declared), INPUTS["population"], "population"
        )


def test_a_year_can_be_declared_and_wide_tables_made_long(tmp_path):
    pd.DataFrame(
        {"id": [1, 2], "yr": [2019, 2019], "forest": [3.0, np.nan], "crop": [1.0, 2.0]}
    ).to_parquet(tmp_path / "w.parquet")
    out = table_input(
        tmp_path / "w.parquet",
        InputSpec(
            file="x",
            columns={"code": "id", "year": "yr"},
            class_columns={"4": "forest", "12": "crop"},
        ),
        INPUTS["land_cover_areas"],
        "land_cover_areas",
    )
    assert out["area_km2"].tolist() == [3.0, 1.0, 0.0, 2.0]


def test_merged_heads_are_joined_and_years_across_the_top_become_rows(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["代码", "人口", None])
    sheet.append([None, "2010", "2020"])
    sheet.append([101, 5, 6])
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "m.xlsx")
    frame = read_table(tmp_path / "m.xlsx", InputSpec(file="x"), "population")
    assert list(frame.columns) == ["code", "人口 / 2010", "人口 / 2020"]
    out = table_input(tmp_path / "m.xlsx", InputSpec(file="x"), INPUTS["population"], "population")
    assert out.to_numpy().tolist() == [["101", 2010, 5.0], ["101", 2020, 6.0]]
    frame = read_table(
        tmp_path / "m.xlsx",
        InputSpec(file="x", header_rows=2, columns={"population": "人口 / 2020"}, year=2020),
        "population",
    )
    assert frame["population"].tolist() == [6]
    with pytest.raises(DataError, match="no sheet 'x'"):
        read_table(tmp_path / "m.xlsx", InputSpec(file="x", layer="x"), "population")


def test_codes_keep_their_leading_zeros(tmp_path):
    from shanshui.collect.readers import read_table

    place = tmp_path / "t.csv"
    place.write_text("code,built,share\n0610,1980,0.5\n3011,2000,1\n")
    frame = read_table(place, InputSpec(file="t.csv"), "capacities")
    assert list(frame["code"]) == ["0610", "3011"]
    assert list(frame["built"]) == [1980, 2000]
    assert list(frame["share"]) == [0.5, 1.0]
