"""Maps as they come: tiles, units of the band, NetCDF of any edition, longitudes, turned and flipped grids."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from pyproj import CRS
from tests.collect.bring import SPEC, brought, look, why
from tests.worlds import grid_spec, write_raster

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.missing import Missing
from shanshui.collect.tiles import spread
from shanshui.core.errors import DataError
from shanshui.region.grid import GridSpec, fitted_grid


def hills(ny=20, nx=30, seed=0):
    return (300 + 50 * np.random.default_rng(seed).random((ny, nx))).astype(np.float32)


def tiles_of(
    folder,
    values,
    rows,
    cols,
    *,
    cell=100.0,
    crs="EPSG:6933",
    left=0.0,
    top=None,
    overlap=0,
    **more,
):
    """Cut a map into tiles."""
    top = values.shape[-2] * cell if top is None else top
    folder.mkdir(exist_ok=True)
    out = []
    for i in range(0, values.shape[-2], rows):
        for j in range(0, values.shape[-1], cols):
            part = values[..., i : i + rows + overlap, j : j + cols + overlap]
            out.append(
                write_raster(folder / f"t{i:03d}_{j:03d}.tif", part, crs=crs, cell=cell, left=left + j * cell, top=top - i * cell, **more)
            )  # fmt: skip
    return out


# tiles


@pytest.mark.parametrize("grid", [SPEC, grid_spec(5, 7, 400.0), grid_spec(50, 75, 40.0)])
@pytest.mark.parametrize("overlap", [0, 1, 3])
def test_tiles_are_the_whole_map_to_the_byte(tmp_path, grid, overlap):
    values = hills()
    values[7:12, 13:18] = -9999
    one = write_raster(tmp_path / "whole.tif", values, nodata=-9999)
    tiles = tiles_of(tmp_path / "tiles", values, 7, 11, overlap=overlap, nodata=-9999)
    expected = brought(one, grid=grid)
    assert brought(tiles, grid=grid).tobytes() == expected.tobytes()
    np.testing.assert_array_equal(why(tiles, grid=grid), why(one, grid=grid))
    out, alone = look(tiles, grid=grid), look(one, grid=grid)
    assert out.facts["tiles"] == len(tiles)
    assert [out.facts[k] for k in ("min", "max", "coverage")] == [
        alone.facts[k] for k in ("min", "max", "coverage")
    ]
    assert any("tiles overlap" in d for d in out.doubts) == (overlap > 0)


def test_tiles_in_degrees_are_the_whole_map_to_the_byte(tmp_path):
    place = {"crs": "EPSG:4326", "cell": 1 / 1200, "left": 107.0, "top": 33.4}
    values = hills(300, 400)
    one = write_raster(tmp_path / "whole.tif", values, **place)
    tiles = tiles_of(tmp_path / "tiles", values, 100, 130, **place)
    crs = "+proj=laea +lat_0=33.2 +lon_0=107.2 +datum=WGS84 +units=m"
    for cell in (50.0, 700.0):
        grid = fitted_grid((-9000.0, -6000.0, 9000.0, 9000.0), crs, cell)
        assert brought(tiles, grid=grid).tobytes() == brought(one, grid=grid).tobytes()


def test_codes_in_tiles_keep_their_commonest_class_across_the_seam(tmp_path):
    codes = np.random.default_rng(1).choice([1, 5, 12], (40, 60)).astype(np.uint8)
    one = write_raster(tmp_path / "whole.tif", codes, cell=50.0)
    tiles = tiles_of(tmp_path / "tiles", codes, 13, 17, cell=50.0)
    expected = brought(one, "land_cover", classes="igbp")
    np.testing.assert_array_equal(brought(tiles, "land_cover", classes="igbp"), expected)


def test_where_tiles_overlap_the_first_with_a_value_counts(tmp_path):
    a, b = np.full((20, 20), 400, np.float32), np.full((20, 20), 500, np.float32)
    a[:, 15:] = -9999
    first = write_raster(tmp_path / "a.tif", a, nodata=-9999)
    second = write_raster(tmp_path / "b.tif", b, left=1000.0)
    out = brought([first, second])
    assert (out[:, :15] == 400).all()
    assert (out[:, 15:] == 500).all()
    assert (brought([second, first])[:, 10:] == 500).all()
    assert "tiles overlap in 200 cells" in look([first, second]).doubts[0]


def test_a_virtual_raster_of_tiles_is_the_whole_map(tmp_path):
    from rasterio.shutil import copy

    values = hills()
    one = write_raster(tmp_path / "whole.tif", values)
    copy(one, tmp_path / "whole.vrt", driver="VRT")
    assert brought(tmp_path / "whole.vrt").tobytes() == brought(one).tobytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cell": 50.0}, "its cells are 50 x 50, not 100 x 100"),
        ({"left": 1037.0}, "its cells lie between theirs"),
        ({"crs": "EPSG:32648"}, "its coordinate system is WGS 84 / UTM zone 48N"),
    ],
)
def test_tiles_that_do_not_fit_together_are_refused(tmp_path, change, says):
    first = write_raster(tmp_path / "a.tif", hills(20, 10))
    second = write_raster(tmp_path / "b.tif", hills(20, 10), **{"left": 1000.0, **change})
    with pytest.raises(DataError, match=says):
        brought([first, second])
    assert says in look([first, second]).problems[0]


def test_tiles_stored_otherwise_or_declared_otherwise_are_refused(tmp_path):
    first = write_raster(tmp_path / "a.tif", hills(20, 10))
    second = write_raster(tmp_path / "b.tif", hills(20, 10), left=1000.0)
    with rasterio.open(second, "r+") as file:
        file.scales = (0.1,)
    with pytest.raises(DataError, match="its scale, offset or unit is another"):
        brought([first, second])
    two = write_raster(tmp_path / "c.tif", np.stack([hills(20, 10)] * 2), left=1000.0)
    with pytest.raises(DataError, match="it has 2 bands, not 1"):
        brought([first, two])


def test_a_folder_a_pattern_and_a_list_name_the_same_tiles(tmp_path):
    tiles = tiles_of(tmp_path / "dem", hills(), 20, 10)
    (tmp_path / "dem" / "readme.txt").write_text("about the tiles")
    (tmp_path / "dem" / "all.vrt").write_text("<VRTDataset/>")
    found = []
    for word in ("dem", "dem/*.tif", "d?m/t*_*.tif", str(tmp_path / "dem")):
        specs = spread({"elevation": [InputSpec(file=word, unit="ft")]}, [tmp_path])["elevation"]
        assert {s.unit for s in specs} == {"ft"}
        found.append([s.file for s in specs])
    assert all(f == [str(t) for t in tiles] for f in found)
    nothing = spread({"elevation": [InputSpec(file="dem/*.img")]}, [tmp_path])["elevation"]
    assert [s.file for s in nothing] == ["dem/*.img"]
    kept = spread({"counties": [InputSpec(file="dem")]}, [tmp_path])["counties"]
    assert [s.file for s in kept] == ["dem"]


# units


@pytest.mark.parametrize(
    ("said", "factor"),
    [("ft", 0.3048), ("feet", 0.3048), ("foot", 0.3048), ("US survey foot", 1200 / 3937), ("km", 1000.0), ("m", 1.0), ("metre", 1.0),
     ("wombats", 1.0), ("", 1.0), ("degC", 1.0)],
)  # fmt: skip
def test_the_unit_of_the_band_is_obeyed(tmp_path, said, factor):
    values = hills() / np.float32(1000 if said == "km" else 1)
    path = write_raster(tmp_path / "a.tif", values)
    with rasterio.open(path, "r+") as file:
        file.units = (said,)
    np.testing.assert_allclose(brought(path), values * factor, rtol=2e-6)
    # the study file's word stands over it
    np.testing.assert_allclose(brought(path, unit="m"), values, rtol=1e-6)


def test_heights_of_a_compound_system_bring_their_unit(tmp_path):
    path = write_raster(tmp_path / "a.tif", hills(), crs=CRS("EPSG:32648+6360").to_wkt())
    grid = GridSpec("EPSG:32648", 100.0, 0.0, 2000.0, 20, 30)
    np.testing.assert_allclose(brought(path, grid=grid), hills() * 1200 / 3937, rtol=2e-6)


@pytest.mark.parametrize(
    ("kind", "said", "stored", "value"),
    [("temperature", "K", 288.15, 15.0), ("temperature", "kelvin", 288.15, 15.0), ("temperature", "Celsius", 15.0, 15.0),
     ("temperature_range", "degC", 9.0, 9.0), ("precipitation", "mm/day", 2.0, 730.5), ("precipitation", "mm", 900.0, 900.0),
     ("precipitation", "m/yr", 0.9, 900.0), ("precipitation", "kg m-2 s-1", 2.85e-5, 899.4), ("tree_cover", "1", 0.4, 40.0)],
)  # fmt: skip
def test_the_units_of_a_netcdf_are_obeyed(tmp_path, kind, said, stored, value):
    values = np.full((20, 30), stored)
    cube = xr.Dataset(
        {"z": (("y", "x"), values, {"units": said})}, coords={"y": SPEC.y(), "x": SPEC.x()}
    )
    cube.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert brought(tmp_path / "a.nc", kind, crs="EPSG:6933")[3, 4] == pytest.approx(value, rel=1e-4)


# netcdf


def cube_of(values, lat, lon, attrs=None, dims=("lat", "lon"), **more):
    coords = {
        dims[-2]: (dims[-2], lat, {"units": "degrees_north"}),
        dims[-1]: (dims[-1], lon, {"units": "degrees_east"}),
        **more,
    }
    return xr.Dataset({"pr": (dims, values, attrs or {})}, coords=coords)


PLACE = GridSpec(
    "+proj=laea +lat_0=33 +lon_0=107 +datum=WGS84 +units=m", 5000.0, -50000.0, 50000.0, 20, 20
)


@pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
def test_netcdf_of_any_edition_and_order_is_the_same_map(tmp_path, form, turned, dtype):
    lat, lon = np.arange(31.05, 35, 0.1), np.arange(105.05, 109, 0.1)
    values = np.add.outer(20 * lat, 2 * lon).astype(dtype)
    cube = cube_of(values, lat, lon)
    if turned:
        cube = cube.isel(lat=slice(None, None, -1), lon=slice(None, None, -1))
    path = tmp_path / "a.nc"
    cube.to_netcdf(
        path,
        **({"engine": "h5netcdf"} if form == "NETCDF4" else {"engine": "scipy", "format": form}),
    )
    expected = write_raster(
        tmp_path / "a.tif",
        values[::-1],
        crs="EPSG:4326",
        cell=0.1,
        left=105.0,
        top=35.0,
        dtype=dtype,
    )
    out = brought(path, "precipitation", PLACE)
    np.testing.assert_allclose(out, brought(expected, "precipitation", PLACE), rtol=1e-5)


def test_unsigned_bytes_and_marks_of_old_files(tmp_path):
    stored = np.full((40, 40), 200, np.uint8)
    stored[:, :3] = 255
    cube = cube_of(stored.view(np.int8), np.arange(31.05, 35, 0.1), np.arange(105.05, 109, 0.1),
                   {"_Unsigned": "true", "scale_factor": 5.0, "missing_value": np.int8(-1)})  # fmt: skip
    cube.to_netcdf(tmp_path / "a.nc", engine="scipy")
    out = brought(tmp_path / "a.nc", "precipitation", PLACE)
    assert np.nanmin(out) == np.nanmax(out) == 1000.0


def test_uneven_latitudes_are_refused_with_their_spacing(tmp_path):
    lat = np.array([34.6, 33.6, 33.1, 32.9, 32.7, 32.2, 29.0])
    lon = np.arange(105.5, 109.5, 0.5)
    cube_of(np.repeat(1000 * lat - 31800, lon.size).reshape(lat.size, -1), lat, lon).to_netcdf(
        tmp_path / "a.nc", engine="h5netcdf"
    )
    with pytest.raises(DataError, match=r"lat runs in steps of 0.2 to 3.2; expected even steps"):
        brought(tmp_path / "a.nc", "precipitation", PLACE)


def test_times_are_chosen_or_listed(tmp_path):
    times = np.array(["2014-07-01", "2015-01-01", "2015-07-01"], "datetime64[ns]")
    values = np.stack([np.full((40, 40), v) for v in (100.0, 400.0, 600.0)])
    cube = cube_of(
        values,
        np.arange(31.05, 35, 0.1),
        np.arange(105.05, 109, 0.1),
        dims=("time", "lat", "lon"),
        time=times,
    )
    path = tmp_path / "a.nc"
    cube.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(
        DataError,
        match=r"has 3 time: 2014-07-01, 2015-01-01, 2015-07-01; choose one with time = \"2015-07-01\"",
    ):
        brought(path, "precipitation", PLACE)
    with pytest.raises(DataError, match="has 2 time: 2015-01-01, 2015-07-01; choose"):
        brought(path, "precipitation", PLACE, time="2015")
    with pytest.raises(DataError, match=r"time: .* has no time 2016; it has 2014-07-01, 2015"):
        brought(path, "precipitation", PLACE, time="2016")
    for declared, value in (
        ({"time": "2014"}, 100), ({"time": "2015-07"}, 600), ({"time": "2015-01-01"}, 400), ({"time": "2015", "band": "sum"}, 1000),
        ({"time": "2015", "band": 2}, 600), ({"band": 1}, 100), ({"band": "mean"}, 1100 / 3),
    ):  # fmt: skip
        assert brought(path, "precipitation", PLACE, **declared)[5, 5] == pytest.approx(
            value, rel=1e-6
        )


def test_variables_systems_and_axes_of_a_netcdf(tmp_path):
    values = hills()
    grid = GridSpec("EPSG:32648", 100.0, 500000.0, 3652000.0, 20, 30)
    mapping = xr.DataArray(0, attrs=CRS("EPSG:32648").to_cf())
    cube = xr.Dataset(
        {
            "z": (("northing", "easting"), values, {"grid_mapping": "utm"}),
            "n": (("northing", "easting"), values + 1),
            "utm": mapping,
        },
        coords={
            "northing": (
                "northing",
                grid.y() / 1000,
                {"standard_name": "projection_y_coordinate", "units": "km"},
            ),
            "easting": (
                "easting",
                grid.x() / 1000,
                {"standard_name": "projection_x_coordinate", "units": "km"},
            ),
        },
    )
    path = tmp_path / "a.nc"
    cube.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(DataError, match=r"holds z, n; choose one with layer"):
        brought(path, grid=grid)
    with pytest.raises(DataError, match=r"layer: no variable 'zz'"):
        brought(path, grid=grid, layer="zz")
    np.testing.assert_allclose(brought(path, grid=grid, layer="z"), values)
    bare = mapping.copy()
    bare.attrs = {k: v for k, v in bare.attrs.items() if k != "crs_wkt"}
    cube.assign(utm=bare).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    np.testing.assert_allclose(brought(tmp_path / "b.nc", grid=grid, layer="z"), values, atol=1e-3)


@pytest.mark.parametrize("kind", ["curved", "no coordinates", "four dims", "one latitude"])
def test_netcdf_that_are_no_map_are_refused_in_words(tmp_path, kind):
    lat, lon = np.arange(31.05, 35, 0.1), np.arange(105.05, 109, 0.1)
    flat = np.zeros((40, 40))
    if kind == "curved":
        names = {
            "lat": (("y", "x"), flat, {"standard_name": "latitude"}),
            "lon": (("y", "x"), flat, {"standard_name": "longitude"}),
        }
        cube, says = (
            xr.Dataset({"z": (("y", "x"), flat)}, coords=names),
            "a curved grid; put it on an even grid first",
        )
    elif kind == "no coordinates":
        cube, says = xr.Dataset({"z": (("y", "x"), flat)}), "have no coordinates"
    elif kind == "four dims":
        dims = ("time", "level", "lat", "lon")
        cube, says = (
            cube_of(np.zeros((2, 3, 40, 40)), lat, lon, dims=dims),
            r"time \(2\), level \(3\); expected at most one more",
        )
    else:
        cube, says = cube_of(np.zeros((1, 40)), lat[:1], lon), "has 1 'lat'; expected at least 2"
    cube.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(DataError, match=says):
        brought(tmp_path / "a.nc", "precipitation", PLACE)


# longitudes


def globe(step=0.5, first=0.0):
    lat = np.arange(90 - step / 2, -90, -step)
    return lat, first + np.arange(0, 360, step)


@pytest.mark.parametrize("middle", [-107.5, -0.2, 0.3, 107.5, 179.9, -179.9, 180.0])
@pytest.mark.parametrize("first", [0.0, 0.25, -179.75, -180.0])
def test_maps_around_the_globe_lie_right_wherever_they_begin(tmp_path, middle, first):
    lat, lon = globe(first=first)
    # smooth around the globe, different everywhere
    values = 900 + 100 * np.cos(np.radians(lon - middle))[None, :] + 0 * lat[:, None]
    cube_of(values, lat, lon).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    crs = f"+proj=laea +lat_0=33 +lon_0={middle} +datum=WGS84 +units=m"
    grid = GridSpec(crs, 10000.0, -150000.0, 150000.0, 30, 30)
    out = brought(tmp_path / "a.nc", "precipitation", grid)
    assert np.isfinite(out).all()
    assert out == pytest.approx(1000.0, abs=0.2)
    assert (why(tmp_path / "a.nc", "precipitation", grid) == 0).all()
    assert look(tmp_path / "a.nc", "precipitation", grid).facts["coverage"] == 1.0


def test_nine_hundred_everywhere_stays_so(tmp_path):
    lat, lon = np.arange(40, 20, -0.5), np.arange(0, 360, 0.5)
    cube_of(np.full((lat.size, lon.size), 900.0), lat, lon).to_netcdf(
        tmp_path / "a.nc", engine="h5netcdf"
    )
    grid = GridSpec(
        "+proj=laea +lat_0=33 +lon_0=-107.5 +datum=WGS84 +units=m",
        1000.0,
        -30000.0,
        30000.0,
        60,
        60,
    )
    out = brought(tmp_path / "a.nc", "precipitation", grid)
    assert (out == 900).all()


@pytest.mark.parametrize("left", [250.0, -110.0])
def test_a_part_of_the_globe_beyond_180_lies_right(tmp_path, left):
    path = write_raster(
        tmp_path / "a.tif",
        np.arange(2400, dtype=np.float32).reshape(40, 60),
        crs="EPSG:4326",
        cell=0.1,
        left=left,
        top=35.0,
    )
    grid = GridSpec(
        "+proj=laea +lat_0=33 +lon_0=-107 +datum=WGS84 +units=m", 5000.0, -50000.0, 50000.0, 20, 20
    )
    plain = write_raster(
        tmp_path / "b.tif",
        np.arange(2400, dtype=np.float32).reshape(40, 60),
        crs="EPSG:4326",
        cell=0.1,
        left=-110.0,
        top=35.0,
    )
    np.testing.assert_allclose(brought(path, grid=grid), brought(plain, grid=grid), rtol=1e-5)


# how cells lie


@pytest.mark.parametrize("up", [1, -1])
@pytest.mark.parametrize("west", [1, -1])
@pytest.mark.parametrize("grid", [SPEC, grid_spec(10, 15, 200.0)])
def test_rows_and_columns_that_run_the_other_way_lie_where_they_say(tmp_path, up, west, grid):
    values = hills()
    values[4:7, 2:9] = -9999
    path = tmp_path / "a.tif"
    transform = Affine(100 * west, 0, 0 if west > 0 else 3000, 0, -100 * up, 2000 if up > 0 else 0)
    with rasterio.open(path, "w", driver="GTiff", height=20, width=30, count=1, dtype="float32", crs="EPSG:6933",
                       transform=transform, nodata=-9999) as file:  # fmt: skip
        file.write(values[::up, ::west], 1)
    one = write_raster(tmp_path / "b.tif", values, nodata=-9999)
    assert brought(path, grid=grid).tobytes() == brought(one, grid=grid).tobytes()
    np.testing.assert_array_equal(why(path, grid=grid), why(one, grid=grid))


def test_a_turned_raster_and_one_without_a_place_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", height=20, width=30, count=1, dtype="float32", crs="EPSG:6933",
                       transform=Affine.translation(0, 2000) * Affine.rotation(30) * Affine.scale(100, -100)) as file:  # fmt: skip
        file.write(hills(), 1)
    with pytest.raises(DataError, match=r"is turned by 30 degrees; .*warp it to north up"):
        brought(path)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(
        tmp_path / "b.tif", "w", driver="GTiff", height=20, width=30, count=1, dtype="float32"
    ) as file:  # fmt: skip
        file.write(hills(), 1)
    with pytest.raises(DataError, match="its cells have no coordinates"):
        brought(tmp_path / "b.tif", crs="EPSG:6933")


def test_centre_registered_and_miscounted_ascii_grids(tmp_path):
    head = "ncols 30\nnrows 20\nxllcenter 50\nyllcenter 50\ncellsize 100\nNODATA_value -9999\n"
    values = np.round(hills(), 2)
    values[3, 4] = -9999
    (tmp_path / "a.asc").write_text(
        head + "\n".join(" ".join(map(str, row)) for row in values.tolist())
    )
    out = brought(tmp_path / "a.asc", crs="EPSG:6933")
    np.testing.assert_allclose(out, np.where(values == -9999, np.nan, values), rtol=1e-6)
    (tmp_path / "b.asc").write_text(
        head + "\n".join(" ".join(map(str, [*row, 7])) for row in values.tolist())
    )
    with pytest.raises(DataError, match="holds 620 numbers, its header says 20 x 30 = 600"):
        brought(tmp_path / "b.asc", crs="EPSG:6933")
    whole = np.rint(values).astype(object)
    whole[19, 29] = "312.75"
    (tmp_path / "c.asc").write_text(
        head + "\n".join(" ".join(map(str, row)) for row in whole.tolist())
    )
    assert brought(tmp_path / "c.asc", crs="EPSG:6933")[19, 29] == 312.75


def test_pictures_are_no_heights(tmp_path):
    path = write_raster(
        tmp_path / "a.tif", np.random.default_rng(0).integers(0, 255, (3, 20, 30)).astype(np.uint8)
    )
    assert "marked as red of a picture" in look(path).problems[0]
    assert look(path, checked=True, band=1).state == "good"
    path = write_raster(
        tmp_path / "b.tif", np.random.default_rng(0).integers(1, 9, (20, 30)).astype(np.uint8)
    )
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {k: (k, k, k, 255) for k in range(10)})
    assert "marked as palette of a picture" in look(path).problems[0]
    assert look(path, "land_cover", legend="igbp").problems == []


def test_bands_that_are_not_read_are_told(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.stack([hills(), hills() + 1]))
    assert "the file has 2 bands, the first is read" in look(path).doubts[0]
    assert look(path, band=1).state == "good"


def test_a_shift_between_datums_is_told_with_its_accuracy(tmp_path):
    place = {"cell": 0.001, "left": 107.0, "top": 33.0}
    grid = GridSpec(
        "+proj=laea +lat_0=32.99 +lon_0=107.015 +datum=WGS84 +units=m", 30.0, -600.0, 600.0, 40, 40
    )
    path = write_raster(tmp_path / "a.tif", hills(), crs="EPSG:4214", **place)
    out = look(path, grid=grid)
    # between Beijing 1954 and WGS 84 no way is known: a cell of 30 m would lie elsewhere
    assert out.facts["accuracy_m"] == 150.0
    assert "no transformation from Beijing 1954" in out.problems[0]
    assert "150 m off" in look(path, grid=replace(grid, cell_m=300.0, ny=4, nx=4)).doubts[0]
    assert look(path, grid=grid, checked=True).state == "good"
    path = write_raster(tmp_path / "b.tif", hills(), crs="EPSG:4490", **place)
    assert look(path, grid=grid).facts["accuracy_m"] == 1.0
    path = write_raster(tmp_path / "c.tif", hills(), crs="EPSG:4326", **place)
    assert look(path, grid=grid).facts["accuracy_m"] == 0.0
    assert Missing.NOT == 0


@pytest.mark.parametrize(
    ("kind", "unit", "said"),
    [("elevation", "kg", 1), ("elevation", "hPa", 1), ("precipitation", "K", 1), ("elevation", "class", 0), ("elevation", "metre", 0),
     ("precipitation", "mm", 0), ("elevation", "", 0), ("elevation", "above sea level", 0)],
)  # fmt: skip
def test_a_unit_of_another_kind_is_a_doubt(tmp_path, kind, unit, said):
    path = write_raster(tmp_path / "a.tif", hills() + 500)
    with rasterio.open(path, "r+") as file:
        file.units = (unit,)
    found = [d for d in look(path, kind).doubts if "no measure of" in d]
    assert len(found) == said
    assert not [d for d in look(path, kind, checked=True).doubts if "no measure of" in d]
    assert not [d for d in look(path, kind, unit=INPUTS[kind].unit).doubts if "no measure of" in d]
