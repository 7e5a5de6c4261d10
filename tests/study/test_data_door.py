"""Twelve small inputs that once failed, each whole in itself through the real doors, and other faces of the same kinds."""

import json
import shutil

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr
from rasterio.transform import from_origin
from tests.command import called, shanshui

from shanshui import open_study

CRS = "+proj=aea +lat_1=31 +lat_2=35 +lat_0=33 +lon_0=108 +datum=WGS84"
TOP = 3_500_000.0
"""Upper edge of the 60 x 60 cells of 100 m."""
CODES = ["610902", "610921", "610928", "610929"]


def tif(path, values, cell=100.0, left=0.0, top=TOP, crs=CRS, **more):
    values = np.asarray(values)
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=str(values.dtype), crs=crs,
        transform=from_origin(left, top, cell, cell), **more,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def plane(ny=60, nx=60, rise=1.0):
    """A plane that falls by 1 in 100: 0.57 degrees everywhere."""
    return (400.0 + rise * np.arange(nx)[None, :] + np.zeros((ny, 1))).astype(np.float32)


@pytest.fixture
def door(tmp_path):
    """Makes a study of an elevation and some lines of its file; ``door.json`` and ``door.made`` look at it."""

    class Door:
        folder = tmp_path

        def __call__(self, text="", elevation=None, **more):
            dem = elevation or tif(tmp_path / "dem.tif", plane())
            words = [w for k, v in more.items() for w in (f"--{k}", v)]
            shutil.rmtree(tmp_path / "s", ignore_errors=True)
            shanshui("new", tmp_path / "s", "--elevation", dem, *words)
            place = tmp_path / "s/study.toml"
            place.write_text(
                f"{place.read_text('utf-8')}\n{text.replace('@', f'{tmp_path}/')}\n", "utf-8"
            )
            return self

        def check(self, name):
            _, out, err = called(["check", tmp_path / "s", "--json"])
            assert "Traceback" not in out + err
            return [v for v in json.loads(out) if v["name"] == name][-1]

        def made(self, name):
            with open_study(tmp_path / "s") as study:
                study.run(name)
                return study[name]

        def refused(self, *products):
            code, out, err = called(["run", tmp_path / "s", *products])
            assert code != 0
            assert "fault of the program" not in out + err
            return err.strip().splitlines()[-1]

    return Door()


def counties(path, boxes, codes=None, **more):
    codes = codes or [str(k + 1) for k in range(len(boxes))]
    frame = gpd.GeoDataFrame({"code": codes, "name": "", **more}, geometry=boxes, crs=CRS)
    frame.to_file(path)
    return path


WHOLE = shapely.box(0, TOP - 6000, 6000, TOP)
FOUR = [
    shapely.box(x, TOP - 6000 + y, x + 3000, TOP - 3000 + y) for y in (0, 3000) for x in (0, 3000)
]
INPUTS = (
    '[inputs.counties]\nfile = "@counties.gpkg"\n[inputs.population]\nfile = "@population.csv"\n'
)


def people(path, *values, codes=None):
    codes = codes or [str(k + 1) for k in range(len(values))]
    pd.DataFrame({"code": codes, "year": 2020, "population": values}).to_csv(path, index=False)


# 1. a code that changed


@pytest.mark.parametrize(
    ("third", "extra", "left"),
    [
        ("610981", "", 3000.0),  # the county became a city
        ("610981", 'crosswalk = "@cross.csv"', 4000.0),
        ("610928.0", "", 4000.0),  # a spreadsheet's number
        ("旬阳市", "", 4000.0),  # named as it is called now
        ("洵阳县", "", 3000.0),
        ("旬 阳 县", "", 4000.0),
    ],
)
def test_1_a_code_that_changed(door, third, extra, left):
    names = ["汉滨区", "汉阴县", "旬阳县", "白河县"]
    counties(door.folder / "counties.gpkg", FOUR, CODES, name=names)
    frame = pd.DataFrame({"code": CODES, "year": 2020, "population": 1000})
    if third[0].isdigit():
        frame["code"] = [*CODES[:2], third, CODES[3]]
    else:
        frame = frame.drop(columns="code").assign(name=[*names[:2], third, names[3]])
    frame.to_csv(door.folder / "population.csv", index=False)
    (door.folder / "cross.csv").write_text("from,to\n610981,610928\n", "utf-8")
    look = door(INPUTS + extra).check("population")
    found = door.made("population")
    assert found["population"].sum() == pytest.approx(left)
    lost = left < 4000
    assert (look["state"] == "doubtful") == lost
    if lost:
        said = " ".join(look["doubts"])
        assert third in said
        assert "(1000 persons, 25 % of 2020)" in said
        assert "610928" in said
        text = shanshui("show", door.folder / "s", "population") + shanshui("explain", door.folder / "s", "population")  # fmt: skip
        assert "25 %" in text


def test_1_emissions_of_a_place_without_a_polygon_are_told(door):
    counties(door.folder / "counties.gpkg", FOUR, CODES)
    rows = [(c, "dust", 100.0, 1) for c in [*CODES[:2], "610981", CODES[3]]]
    pd.DataFrame(rows, columns=["code", "pollutant", "emitted_t", "meets_standard"]).to_csv(
        door.folder / "emissions.csv", index=False
    )
    look = door(
        '[inputs.counties]\nfile = "@counties.gpkg"\n[inputs.emissions]\nfile = "@emissions.csv"\n'
    ).check("emissions")
    assert "610981 (100 t/yr, 25 % of dust)" in " ".join(look["doubts"])


# 2. a county smaller than a cell


@pytest.mark.parametrize(
    "small",
    [
        shapely.box(1010, TOP - 2990, 1040, TOP - 2960),  # within a cell
        shapely.box(980, TOP - 3020, 1020, TOP - 2980),  # over the corner of four
        shapely.box(10, TOP - 5990, 13, TOP - 10),  # a strip of 3 m
    ],
)
def test_2_a_county_smaller_than_a_cell_keeps_its_people(door, small):
    counties(door.folder / "counties.gpkg", [WHOLE.difference(small), small])
    people(door.folder / "population.csv", 1000, 500)
    door(INPUTS)
    density, units = door.made("population_density"), door.made("unit_population")
    assert units["population"].sum() == pytest.approx(1500, rel=1e-6)
    assert np.nansum(density.values.astype(float)) * 0.01 == pytest.approx(1500, rel=1e-6)


# 3. classes of another code table


TABLE = "code,name,group\n80,{},water\n40,{},crop\n50,{},built\n"


@pytest.mark.parametrize(
    ("codes", "legend", "table"),
    [
        ((80, 40, 50), "@classes.csv", TABLE.format("water", "crop", "built")),
        ((80, 40, 50), "@classes.csv", "code,name\n80,水域\n40,旱地\n50,城镇用地\n"),
        ((80, 40, 50), "worldcover", ""),
        ((5, 1, 8), "clcd", ""),
        ((60, 10, 80), "globeland30", ""),
        ((0, 12, 13), "igbp", ""),
        ((41, 12, 51), "cnlucc", ""),
    ],
)
def test_3_people_live_where_the_classes_mean_it(door, codes, legend, table):
    cover = np.repeat(np.array(codes, np.int16), 20)[:, None] + np.zeros((1, 60), np.int16)
    tif(door.folder / "cover.tif", cover)
    (door.folder / "classes.csv").write_text(table, "utf-8")
    counties(door.folder / "counties.gpkg", [WHOLE])
    people(door.folder / "population.csv", 36_000)
    door(INPUTS + f'[inputs.land_cover]\nfile = "@cover.tif"\nlegend = "{legend}"\n')
    found = np.nansum(door.made("population_density").values.astype(float).reshape(3, 20, 60), axis=(1, 2)) * 0.01  # fmt: skip
    assert found[0] == 0
    assert found[2] == pytest.approx(30_863, rel=0.01)
    assert found.sum() == pytest.approx(36_000, rel=1e-6)


def test_3_codes_of_no_known_meaning_are_refused(door):
    cover = np.repeat(np.array([80, 40, 77], np.int16), 20)[:, None] + np.zeros((1, 60), np.int16)
    tif(door.folder / "cover.tif", cover)
    look = door('[inputs.land_cover]\nfile = "@cover.tif"\nlegend = "worldcover"\n').check("land_cover")  # fmt: skip
    assert look["state"] == "unusable"
    assert "77" in look["problems"][0]


# 4. masks


@pytest.mark.parametrize("kind", ["internal", "msk", "alpha", "tile"])
def test_4_what_a_mask_hides_is_missing(door, kind):
    cover = np.full((60, 60), 5, np.uint8)
    cover[:, :30] = 0
    shown = np.full((60, 60), 255, np.uint8)
    shown[:, :30] = 0
    files = '"@cover.tif"'
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=kind != "msk"):
        if kind == "alpha":
            with rasterio.open(
                door.folder / "cover.tif", "w", driver="GTiff", height=60, width=60, count=2, dtype="uint8", crs=CRS,
                transform=from_origin(0, TOP, 100, 100), photometric="MINISBLACK", alpha="YES",
            ) as file:  # fmt: skip
                file.write(cover, 1)
                file.write(shown, 2)
        elif kind == "tile":
            files = '["@a.tif", "@b.tif"]'
            for name, part in (("a", slice(0, 40)), ("b", slice(40, 60))):
                tif(door.folder / f"{name}.tif", cover[:, part], left=part.start * 100.0)
                with rasterio.open(door.folder / f"{name}.tif", "r+") as file:
                    file.write_mask(shown[:, part])
        else:
            tif(door.folder / "cover.tif", cover)
            with rasterio.open(door.folder / "cover.tif", "r+") as file:
                file.write_mask(shown)
    assert (door.folder / "cover.tif.msk").exists() == (kind == "msk")
    door(f'[inputs.land_cover]\nfile = {files}\nlegend = "igbp"\nchecked = true\n')
    found = door.made("land_cover")
    gone = found.values == found.attrs["nodata"]
    assert gone.sum() == 1800
    assert gone[:, :30].all()
    said = shanshui("why", door.folder / "s", "land_cover")
    assert "1,800" in said or "1800" in said


# 5. lone numbers that mean missing


@pytest.mark.parametrize(
    ("dtype", "mark", "cure"),
    [("int16", -32768, "-32768"), ("int16", 32767, "32767"), ("float32", -3.4028235e38, "-3.4028235e+38"),
     ("float32", -9999.0, "-9999"), ("int16", 9999, "9999")],
)  # fmt: skip
def test_5_lone_voids_are_found_before_anything_is_averaged(door, dtype, mark, cure):
    rng = np.random.default_rng(5)
    y, x = np.indices((600, 600))
    values = (459 + 1.2 * x + 0.1 * y + rng.uniform(0, 20, (600, 600))).astype(dtype)
    values[rng.integers(0, 600, 6), rng.integers(0, 600, 6)] = mark
    dem = tif(door.folder / "dem.tif", values, cell=30.0)
    look = door(elevation=dem, cell=300).check("elevation")
    assert look["state"] == "unusable"
    assert f"set nodata = {cure}" in look["problems"][0]
    assert "set nodata" in door.refused("slope")


def test_5_lone_marks_of_rain(door):
    rain = np.full((600, 600), 850.0, np.float32) + np.arange(600, dtype=np.float32)[None, :] / 10
    rain[::97, ::113] = -9999.0
    tif(door.folder / "rain.tif", rain, cell=10.0)
    look = door('[inputs.precipitation]\nfile = "@rain.tif"\n').check("precipitation")
    assert "set nodata = -9999" in look["problems"][0]


# 6. texts without a code page


@pytest.mark.parametrize("mark", [0x00, 0x57])
@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["汉滨区", "旬阳县", "紫阳县", "石泉县"], "gbk"),
        (["café", "Zürich", "Coruña", "Århus"], "ISO-8859-1"),
        (["Cluj", "Sibiu", "Brașov", "Iași"], "utf-8"),
    ],
)
def test_6_names_of_shapefiles_without_a_code_page(door, mark, names, encoding):
    frame = gpd.GeoDataFrame({"code": CODES, "name": names}, geometry=FOUR, crs=CRS)
    frame.to_file(door.folder / "counties.shp", encoding=encoding)
    (door.folder / "counties.cpg").unlink(missing_ok=True)
    raw = bytearray((door.folder / "counties.dbf").read_bytes())
    raw[29] = mark
    (door.folder / "counties.dbf").write_bytes(raw)
    door('[inputs.counties]\nfile = "@counties.shp"\n')
    assert door.made("counties")["name"].tolist() == names


# 8. tables as yearbooks have them


def test_8_a_year_with_its_word_and_a_footnote(door):
    counties(door.folder / "counties.gpkg", [WHOLE])
    (door.folder / "population.csv").write_text(
        "code,year,population\n1,2020年,1000\n注：常住人口,,\n", "utf-8"
    )
    look = door(INPUTS).check("population")
    assert "注" in look["facts"]["read"] or "note" in look["facts"]["read"]
    assert door.made("population").values.tolist() == [["1", 2020, 1000.0]]


@pytest.mark.parametrize("face", ["title", "two heads", "corner"])
def test_8_a_sheet_of_a_yearbook(door, face):
    counties(
        door.folder / "counties.gpkg", FOUR, CODES, name=["汉滨区", "汉阴县", "旬阳县", "白河县"]
    )
    book = openpyxl.Workbook()
    sheet = book.active
    right = 3 if face == "corner" else 0
    head = [["行政区划代码", "县区", "2020年人口"]]
    if face == "two heads":
        head = [["行政区划代码", "县区", "人口"], ["", "", "2020年"]]
    rows = [
        ["3-2 各县区人口（2020年）"], ["单位：万人"], *head, ["610900", "全 市", 94.6],
        ["610902", "汉滨区", 32.5], ["610921", "汉阴县", 41.2], ["610928", "旬阳县", 12.8], ["610929", "白河县", 8.1],
        ["注：常住人口，来自抽样调查。"],
    ]  # fmt: skip
    for k, row in enumerate(rows):
        for at, value in enumerate(row):
            sheet.cell(k + 1 + right, at + 1 + right, value)
    sheet.merge_cells(
        start_row=1 + right, end_row=1 + right, start_column=1 + right, end_column=3 + right
    )
    book.save(door.folder / "yearbook.xlsx")
    wanted = 'columns = { population = "2020年人口" }' if face != "two heads" else ""
    door(
        '[inputs.counties]\nfile = "@counties.gpkg"\n[inputs.population]\nfile = "@yearbook.xlsx"\n'
        f'year = 2020\n{wanted}\n'
    )  # fmt: skip
    look = door.check("population")
    assert look["state"] != "unusable", look["problems"]
    # the total and the footnote are named as left out
    assert "全 市" in look["facts"]["read"]
    assert "注" in look["facts"]["read"] or "note" in look["facts"]["read"]
    found = door.made("population")
    assert found["population"].sum() == pytest.approx(946_000)
    assert sorted(found["code"]) == CODES


# 9. dark land


@pytest.mark.parametrize("name", ["lights", "storm_days", "tree_cover"])
def test_9_zeros_that_count_are_good(door, name):
    rng = np.random.default_rng(9)
    values = np.zeros((60, 60), np.float32)
    lit = rng.random((60, 60)) > 0.944
    values[lit] = np.maximum(0.48, rng.gamma(2.0, 1.0, lit.sum()))
    tif(door.folder / "map.tif", values)
    look = door(f'[inputs.{name}]\nfile = "@map.tif"\n').check(name)
    assert look["state"] == "good", look
    assert (door.made(name).values == 0).sum() == (values == 0).sum()


def test_9_zeros_of_heights_are_not(door):
    values = np.full((60, 60), 700.0, np.float32) + np.arange(60, dtype=np.float32)
    values[20:40, 20:40] = 0
    look = door(elevation=tif(door.folder / "dem.tif", values)).check("elevation")
    assert look["state"] == "unusable"
    assert "set nodata = 0" in look["problems"][0]


# 10. and 12. cubes


def cube(path, lat, lon, values, **how):
    data = xr.Dataset(
        {"pr": (("lat", "lon"), values, {"units": "mm/yr"})}, coords={"lat": lat, "lon": lon}
    )
    data["lat"].attrs["units"], data["lon"].attrs["units"] = "degrees_north", "degrees_east"
    data.to_netcdf(path, **how)


RAIN = '[inputs.precipitation]\nfile = "@rain.nc"\n'


@pytest.mark.parametrize(
    ("lat", "even"),
    [
        ([34.6, 33.6, 33.1, 32.9, 32.7, 32.2, 29.0], False),
        ([29.0, 32.2, 32.7, 32.9, 33.1, 33.6, 34.6], False),  # from the south
        ([34.0, 33.5, 33.0, 32.5, 32.0, 31.5, 31.0], True),
        ([34.0, 33.5 + 1e-7, 33.0, 32.5, 32.0, 31.5, 31.0], True),  # even but for rounding
    ],
)
def test_10_uneven_latitudes_are_honoured_or_refused(door, lat, even):
    lat = np.array(lat)
    lon = np.arange(106.0, 111.0, 0.5)
    values = (1000.0 * lat - 31_800.0)[:, None] + np.zeros((1, lon.size))
    cube(door.folder / "rain.nc", lat, lon, values.astype(np.float32), engine="h5netcdf")
    dem = tif(door.folder / "dem.tif", plane(), left=0.0, top=3000.0 - 5_500.0)
    door(RAIN + "plausible = [-5000, 5000]\nchecked = true\n", elevation=dem)
    look = door.check("precipitation")
    if look["state"] == "unusable" and not even:
        assert "lat" in look["problems"][0]
        assert "even" in look["problems"][0] or "spac" in look["problems"][0]
        return
    found = door.made("precipitation")
    y = found.y.values
    import pyproj

    _, north = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True).transform(
        3000.0, float(y[30])
    )
    assert float(found[30, 30]) == pytest.approx(1000.0 * north - 31_800.0, abs=1.0)


def test_11_a_header_of_centres(door):
    text = "ncols 3\nnrows 3\n{}\ncellsize 1000\nNODATA_value -9999\n" + "1 2 3\n" * 3
    from shanshui.collect.catalog import InputSpec
    from shanshui.collect.mosaic import opened

    for k, (lines, corner) in enumerate(
        [
            ("xllcenter 500\nyllcenter 500", (0.0, 0.0)),
            ("XLLCENTER 500\nYLLCENTER 500", (0.0, 0.0)),
            ("xllcorner 0\nyllcorner 0", (0.0, 0.0)),
            ("xllcenter 500\nyllcorner 0", (0.0, 0.0)),
            ("xllcorner 0\nyllcenter 500", (0.0, 0.0)),
        ]
    ):
        path = door.folder / f"{k}.asc"
        path.write_text(text.format(lines), "ascii")
        source = opened(path, InputSpec(file=str(path), crs=CRS), "elevation")
        assert (source.frame.left, source.frame.top - 3000.0) == corner
        source.close()


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_12_longitudes_to_360(door, engine):
    lat, lon = np.arange(40.0, 20.4, -0.5), np.arange(0.0, 360.0, 0.5)
    values = np.full((lat.size, lon.size), 900.0, np.float32)
    cube(door.folder / "rain.nc", lat, lon, values, engine=engine)
    west = "+proj=aea +lat_1=31 +lat_2=35 +lat_0=33 +lon_0=-107.5 +datum=WGS84"
    dem = tif(door.folder / "dem.tif", plane(), crs=west, top=3000.0)
    door(RAIN, elevation=dem)
    assert door.check("precipitation")["state"] in ("good", "doubtful")
    assert (door.made("precipitation").values == 900.0).all()


def test_12_a_study_across_the_date_line(door):
    lat, lon = np.arange(40.0, 20.4, -0.5), np.arange(-179.75, 180.0, 0.5)
    values = np.full((lat.size, lon.size), 900.0, np.float32)
    cube(door.folder / "rain.nc", lat, lon, values, engine="h5netcdf")
    far = "+proj=aea +lat_1=31 +lat_2=35 +lat_0=33 +lon_0=180 +datum=WGS84"
    dem = tif(door.folder / "dem.tif", plane(), crs=far, left=-3000.0, top=3000.0)
    door(RAIN, elevation=dem)
    assert (door.made("precipitation").values == 900.0).all()


@pytest.mark.parametrize("face", ["halves", "twice", "overlap", "folder", "pattern"])
def test_12_tiles_are_the_whole(door, face):
    y, x = np.indices((60, 60))
    heights = (600 + 5 * np.sin(x / 5) + 3 * np.cos(y / 7) + x).astype(np.float32)
    whole = tif(door.folder / "whole.tif", heights)
    (door.folder / "tiles").mkdir()
    cut = 34 if face == "overlap" else 30
    tif(door.folder / "tiles/a.tif", heights[:, :cut])
    tif(door.folder / "tiles/b.tif", heights[:, 30:], left=3000.0)
    files = {
        "halves": '["@tiles/a.tif", "@tiles/b.tif"]', "overlap": '["@tiles/a.tif", "@tiles/b.tif"]',
        "twice": '"@tiles"', "folder": '"@tiles"', "pattern": '"@tiles/*.tif"',
    }[face]  # fmt: skip
    door(elevation=whole)
    one = door.made("elevation").values
    place = door.folder / "s/study.toml"
    text = place.read_text("utf-8")
    line = next(k for k in text.splitlines() if k.startswith("file") and "whole.tif" in k)
    place.write_text(text.replace(line, f"file = {files}".replace("@", f"{door.folder}/")), "utf-8")
    if face == "twice":
        # two sections of one input, as they were first declared
        text = place.read_text("utf-8")
        start = text.index("[inputs.elevation]")
        stop = text.find("\n[", start + 1)
        each = "".join(
            f'[[inputs.elevation]]\nfile = "{door.folder}/tiles/{name}.tif"\n' for name in "ab"
        )
        place.write_text(text[:start] + each + (text[stop:] if stop > 0 else ""), "utf-8")
    look = door.check("elevation")
    assert look["state"] == ("doubtful" if face == "overlap" else "good"), look
    assert door.made("elevation").values.tobytes() == one.tobytes()


def test_12_tiles_that_leave_a_gap_say_so(door):
    tif(door.folder / "a.tif", plane()[:, :20])
    tif(door.folder / "b.tif", plane()[:, 40:], left=4000.0)
    door()
    place = door.folder / "s/study.toml"
    text = place.read_text("utf-8")
    line = next(k for k in text.splitlines() if k.startswith("file") and "dem.tif" in k)
    files = f'file = ["{door.folder}/a.tif", "{door.folder}/b.tif"]'
    place.write_text(text.replace(line, files), "utf-8")
    look = door.check("elevation")
    assert look["facts"]["coverage"] == pytest.approx(2 / 3, abs=0.02)
    assert np.isnan(door.made("elevation").values[:, 20:40]).all()


# what a table or a layer lacks is told by check already, in the words of the study file


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("measure,statement\npeople,x\n", "has no column source"),
        ("code,pollutant,emitted_t,meets_standard\n1,dust,many,1\n", "row 1 of the table holds 'many', expected a number"),
    ],
)  # fmt: skip
def test_check_looks_for_the_columns_of_every_table(door, rows, said):
    name = "published" if "measure" in rows else "emissions"
    (door.folder / "t.csv").write_text(rows, "utf-8")
    look = door(f'[inputs.{name}]\nfile = "@t.csv"\n').check(name)
    assert look["state"] == "unusable"
    assert said in look["problems"][0]


def test_maps_of_people_are_spoken_of_as_they_are_declared(door):
    people_ = np.full((60, 60), 3.0, np.float32)
    people_[5, 5] = -9999.0
    tif(door.folder / "pop_count_2020.tif", people_)
    look = door('[inputs.population]\nfile = "@pop_count_2020.tif"\n').check("population_maps")
    assert "set nodata = -9999 in [inputs.population]" in look["problems"][0]
    assert "set year" in door('[inputs.population]\nfile = "@dem.tif"\n').refused("population_maps")


def test_ranges_are_known_by_the_heads_of_their_makers(door):
    frame = gpd.GeoDataFrame({"binomial": ["Panthera pardus"]}, geometry=[WHOLE], crs=CRS)
    frame.to_file(door.folder / "ranges.shp")
    door('[inputs.species_ranges]\nfile = "@ranges.shp"\n')
    assert door.made("species_ranges")["species"].tolist() == ["Panthera pardus"]
    frame.rename(columns={"binomial": "x"}).to_file(door.folder / "other.shp")
    look = door('[inputs.species_ranges]\nfile = "@other.shp"\n').check("species_ranges")
    assert "has no column species; found x" in look["problems"][0]
