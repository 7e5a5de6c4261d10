import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from shanshui.collect.catalog import InputSpec
from shanshui.collect.code_pages import repaired, shapefile_letters
from shanshui.collect.features import features_input
from shanshui.collect.gauss_zones import cgcs2000, gauss_of, meridian_of, moved_to, zone_in
from shanshui.collect.inputs import INPUTS
from shanshui.collect.positions import over_the_date_line
from shanshui.collect.quality import verdict
from shanshui.collect.shifted_datums import bd09_of, gcj02_of, wgs84_of
from shanshui.collect.transformations import way_between
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError
from shanshui.region.grid import fitted_grid

NAMES = ["汉滨区", "旬阳县", "紫阳县", "石泉县"]
CODES = ["610902", "610928", "610924", "610922"]
GRID = fitted_grid(
    (-60000.0, -60000.0, 60000.0, 60000.0),
    "+proj=laea +lat_0=33 +lon_0=108 +datum=WGS84 +units=m",
    1000.0,
)
SAGITTA_M = 1.5
"""A side of 22 km that is straight in degrees and one that is straight in metres part by 1.1 m: lines stay as they were drawn."""


def counties(names=NAMES, codes=CODES, field="name"):
    shapes = [shapely.box(107.7 + 0.1 * k, 32.9, 107.8 + 0.1 * k, 33.1) for k in range(len(names))]
    return gpd.GeoDataFrame({"code": codes, field: names}, geometry=shapes, crs=4326)


def shapefile(folder, frame, encoding, mark=None, page=None):
    """A shapefile whose bytes are in any encoding, with any mark in its byte 29 and any code-page file."""

    def western(text):
        return text.encode(encoding).decode("latin-1") if isinstance(text, str) else text

    frame = frame.rename(columns={c: western(c) for c in frame.columns})
    for column in frame.columns.drop("geometry"):
        frame[column] = frame[column].map(western)
    frame.to_file(folder / "c.shp", encoding="ISO-8859-1")
    (folder / "c.cpg").unlink(missing_ok=True)
    if page is not None:
        (folder / "c.cpg").write_text(page)
    if mark is not None:
        raw = bytearray((folder / "c.dbf").read_bytes())
        raw[29] = mark
        (folder / "c.dbf").write_bytes(raw)
    return folder / "c.shp"


def read(path, name="counties", study=None, **declared):
    return read_features(path, InputSpec(file=str(path), **declared), name, study)


def brought(path, name="counties", grid=GRID, **declared):
    return features_input(path, InputSpec(file=str(path), **declared), INPUTS[name], name, grid)


# letters


@pytest.mark.parametrize("mark", [0x00, 0x57, 0x4D, 0x03])
@pytest.mark.parametrize("page", [None, "UTF-8", "ISO-8859-1", "GBK", "936", "bananas"])
def test_chinese_shapefiles_are_read_whatever_they_say_of_themselves(tmp_path, mark, page):
    path = shapefile(tmp_path, counties(field="县名"), "gb18030", mark, page)
    frame = read(path)
    assert frame["name"].tolist() == NAMES
    contradicted = page in ("UTF-8", "ISO-8859-1") or (mark == 0x03 and page in (None, "bananas"))
    assert bool(frame.attrs["told"]) == contradicted


@pytest.mark.parametrize("mark", [0x00, 0x57, 0x4D, 0x03])
@pytest.mark.parametrize("page", [None, "ISO-8859-1", "GBK", "UTF-8"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_european_texts_stay_right(tmp_path, mark, page, encoding):
    names = ["café", "Zürich", "CONSERVAÇÃO", "Ås"]
    path = shapefile(tmp_path, counties(names), encoding, mark, page)
    assert read(path)["name"].tolist() == names


@pytest.mark.parametrize(
    ("names", "encoding", "mark", "page"),
    [
        (["臺北市", "桃園縣", "新竹縣", "苗栗縣"], "big5", 0x00, None),
        (["東京都", "大阪府", "京都府", "奈良県"], "cp932", 0x13, None),
        (["Москва", "Тула", "Пермь", "Омск"], "cp1251", 0xC9, None),
        (["Łódź", "Kraków", "Gdańsk", "Poznań"], "cp1250", 0x57, "1250"),
        (NAMES, "utf-8", 0x57, "ISO-8859-1"),
        (NAMES, "utf-8", 0x4D, None),
    ],
)
def test_other_code_pages_are_believed_where_the_bytes_fit(tmp_path, names, encoding, mark, page):
    path = shapefile(tmp_path, counties(names), encoding, mark, page)
    assert read(path)["name"].tolist() == names


@pytest.mark.filterwarnings("ignore")
def test_a_letter_cut_at_the_end_of_a_field_is_left_out(tmp_path):
    assert repaired("汉滨区".encode()[:-1].decode("latin-1"), "utf-8") == "汉滨"
    long = "陕西省安康市汉滨区" * 15
    path = shapefile(tmp_path, counties([long, *NAMES[1:]]), "gb18030", 0)
    assert long.startswith(read(path)["name"].iloc[0])


def test_the_study_files_word_is_checked(tmp_path):
    path = shapefile(tmp_path, counties(), "gb18030", 0)
    assert read(path, encoding="gbk")["name"].tolist() == NAMES
    with pytest.raises(DataError, match="'bananas' is no text encoding"):
        read(path, encoding="bananas")
    with pytest.raises(
        DataError, match="are not in utf-8; leave encoding out: their bytes say gb18030"
    ):
        read(path, encoding="utf-8")
    counties().to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match="'bananas' is no text encoding"):
        read(tmp_path / "c.gpkg", encoding="bananas")


def test_zipped_shapefiles_and_geojson_in_gbk(tmp_path):
    path = shapefile(tmp_path, counties(), "gb18030", 0)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(part), f"c{part}")
    assert read(tmp_path / "c.zip")["name"].tolist() == NAMES
    text = counties().to_json(ensure_ascii=False)
    (tmp_path / "c.geojson").write_bytes(text.encode("gb18030"))
    assert read(tmp_path / "c.geojson")["name"].tolist() == NAMES


def test_ascii_says_nothing_and_needs_nothing(tmp_path):
    path = shapefile(tmp_path, counties(["a", "b", "c", "d"]), "ascii", 0)
    assert shapefile_letters(path, None, None, "counties").told == ""


# formats and layers


@pytest.mark.parametrize(
    "ending", ["gpkg", "shp", "gdb", "geojson", "fgb", "kml", "parquet", "gml"]
)
def test_every_format_gives_the_same_counties(tmp_path, ending):
    path = tmp_path / f"c.{ending}"
    frame = counties()
    drivers = {"gdb": "OpenFileGDB", "kml": "KML", "gml": "GML", "fgb": "FlatGeobuf"}
    if ending == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver=drivers.get(ending))
    out = brought(path)
    assert out["code"].tolist() == sorted(CODES)
    assert sorted(out["name"]) == sorted(NAMES)
    assert out["area_km2"].sum() == pytest.approx(4 * 207.2, rel=2e-3)


def test_names_of_chinese_databases_are_understood(tmp_path):
    frame = counties().rename(columns={"code": "XZQDM", "name": "XZQMC"})
    frame.to_file(tmp_path / "x.gdb", driver="OpenFileGDB", layer="XZQ")
    out = brought(tmp_path / "x.gdb")
    assert sorted(out["name"]) == sorted(NAMES)
    counties().rename(columns={"code": "PAC", "name": "NAME"}).to_file(tmp_path / "p.shp")
    assert sorted(brought(tmp_path / "p.shp")["code"]) == sorted(CODES)


def test_of_several_layers_the_only_fitting_one_is_read_and_told(tmp_path):
    path = tmp_path / "s.gpkg"
    counties().to_file(path, layer="XZQ")
    points = counties().assign(geometry=lambda f: f.representative_point())
    points.to_file(path, layer="towns")
    out = brought(path)
    assert len(out) == 4
    assert "of 2 layers, XZQ is read" in out.attrs["told"][0]
    counties().to_file(path, layer="XZQ2")
    with pytest.raises(DataError, match="has layers XZQ, towns, XZQ2; choose one"):
        brought(path)
    with pytest.raises(DataError, match="no layer 'XZ' in .*did you mean 'XZQ'"):
        brought(path, layer="XZ")


# rows without a place


def test_rows_without_a_place_are_told_with_the_first_name(tmp_path):
    frame = counties()
    frame.loc[1, "geometry"] = None
    frame.loc[2, "geometry"] = shapely.Polygon()
    frame.to_file(tmp_path / "c.gpkg")
    look = verdict(
        "counties",
        [InputSpec(file="c.gpkg")],
        INPUTS["counties"],
        [tmp_path / "c.gpkg"],
        GRID,
    )
    assert look.state == "doubtful"
    assert (
        "2 of 4 rows have no place (missing, empty or not finite) and are left out; the first is 旬阳县"
        in look.doubts[0]
    )
    assert brought(tmp_path / "c.gpkg").attrs["told"] == look.doubts[:1]


def test_points_without_coordinates_are_told(tmp_path):
    rows = pd.DataFrame({
        "name": ["a", "b", "c", "d"], "lon": [108.0, np.nan, np.inf, 108.1], "lat": [33.0, 33.0, 33.0, 33.05],
    })  # fmt: skip
    rows.to_csv(tmp_path / "t.csv", index=False)
    out = brought(tmp_path / "t.csv", "cities")
    assert out["name"].tolist() == ["a", "d"]
    assert (
        "2 of 4 rows have no place (missing, empty or not finite) and are left out; the first is b"
        in out.attrs["told"][0]
    )


def test_nothing_with_a_place_is_refused(tmp_path):
    counties().assign(geometry=None).set_crs(4326).to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match="without shapes|none of its 4 rows has a place"):
        brought(tmp_path / "c.gpkg")


def test_degrees_minutes_and_seconds(tmp_path):
    (tmp_path / "t.csv").write_text(
        'name,lon,lat\na,108°30′E,33°0′36″N\nb,"108.25","N32.75°"\n', "utf-8"
    )
    frame = read(tmp_path / "t.csv", "cities")
    assert frame.geometry.x.tolist() == pytest.approx([108.5, 108.25])
    assert frame.geometry.y.tolist() == pytest.approx([33.01, 32.75])
    (tmp_path / "u.csv").write_text("name,lon,lat\na,east of here,33\n", "utf-8")
    with pytest.raises(
        DataError, match="row 1 of the table holds 'east of here', expected degrees"
    ):
        read(tmp_path / "u.csv", "cities")


# shifted datums


@pytest.mark.parametrize(
    ("lat", "lon", "lat_gcj", "lon_gcj"),
    [
        # eviltransform's test vectors: Shanghai, Shenzhen, Beijing
        (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
        (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
        (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
        # coordtransform's
        (39.915, 116.404, 39.91640428150164, 116.41024449916938),
    ],
)
def test_gcj02_of_published_places(lat, lon, lat_gcj, lon_gcj):
    assert gcj02_of(lon, lat) == (
        pytest.approx(lon_gcj, abs=1e-9),
        pytest.approx(lat_gcj, abs=1e-9),
    )
    back = wgs84_of(np.array([lon_gcj]), np.array([lat_gcj]), "gcj02")
    assert np.concatenate(back) == pytest.approx([lon, lat], abs=1e-9)


def test_bd09_of_a_published_place():
    # coordtransform: GCJ-02 116.404, 39.915 is BD-09 116.41036949371029, 39.92133699351021
    lon, lat = wgs84_of(np.array([116.404]), np.array([39.915]), "gcj02")
    bd = bd09_of(lon, lat)
    assert np.concatenate(bd) == pytest.approx([116.41036949371029, 39.92133699351021], abs=1e-9)


@given(st.floats(73.0, 137.0), st.floats(1.5, 55.0), st.sampled_from(["gcj02", "bd09"]))
@settings(max_examples=200, deadline=None)
def test_the_way_back_arrives(lon, lat, datum):
    forward = gcj02_of if datum == "gcj02" else bd09_of
    there = forward(np.array([lon]), np.array([lat]))
    x, y = wgs84_of(*there, datum)
    assert abs(x[0] - lon) < 1e-10
    assert abs(y[0] - lat) < 1e-10
    assert 2e-5 < np.hypot(there[0][0] - lon, there[1][0] - lat) < 0.05


def test_beyond_china_nothing_is_shifted():
    assert gcj02_of(8.5, 47.4) == (8.5, 47.4)
    assert np.concatenate(wgs84_of(np.array([8.5, np.nan]), np.array([47.4, 1.0]), "gcj02"))[
        [0, 2]
    ].tolist() == [8.5, 47.4]


@pytest.mark.parametrize("declared", [{"datum": "gcj02"}, {"crs": "GCJ-02"}, {"crs": "gcj02"}])
@pytest.mark.parametrize("kind", ["counties", "cities", "rivers"])
def test_points_lines_and_polygons_come_back_to_their_place(tmp_path, declared, kind):
    shift = {
        "counties": lambda s: s,
        "cities": lambda s: s.representative_point(),
        "rivers": lambda s: shapely.LineString(s.exterior.coords),
    }[kind]
    right = counties().assign(geometry=lambda f: [shift(s) for s in f.geometry])
    moved = right.assign(
        geometry=shapely.transform(
            right.geometry.values, lambda p: np.column_stack(gcj02_of(p[:, 0], p[:, 1]))
        )
    )
    moved.to_file(tmp_path / "m.gpkg")
    right.to_file(tmp_path / "r.gpkg")
    out, true = brought(tmp_path / "m.gpkg", kind, **declared), brought(tmp_path / "r.gpkg", kind)
    assert out.geometry.distance(true.geometry).max() < 1e-3
    assert shapely.hausdorff_distance(out.geometry.values, true.geometry.values).max() < 1e-3
    off = brought(tmp_path / "m.gpkg", kind)
    assert 200 < shapely.hausdorff_distance(off.geometry.values, true.geometry.values).min() < 800
    assert out.attrs["accuracy_m"] == 1.0


def test_shifted_metres_are_refused(tmp_path):
    counties().to_crs(4524).to_file(tmp_path / "m.gpkg")
    with pytest.raises(DataError, match="'gcj02' speaks of degrees, but the file is in CGCS2000"):
        read(tmp_path / "m.gpkg", datum="gcj02")


# zones


@pytest.mark.parametrize("zone", [13, 18, 23, 25, 36, 45])
@pytest.mark.parametrize("carries", [True, False])
def test_zones_of_cgcs2000_have_their_meridian_and_easting(zone, carries):
    meridian = meridian_of(zone)
    gauss = gauss_of(CRS.from_user_input(cgcs2000(meridian, carries=carries, zone=zone)))
    assert (gauss.meridian, gauss.zone) == (meridian, zone if carries else 0)


def test_what_is_no_zone_is_none():
    assert meridian_of(24) is None
    assert gauss_of(CRS.from_epsg(32649)) is None
    assert gauss_of(CRS.from_epsg(4326)) is None
    assert zone_in(36_500_000.0, 3_600_000.0) == 36
    assert zone_in(500_000.0, 3_600_000.0) == 0
    assert zone_in(36_500_000.0, 36_000_000.0) == 0


def in_zone(tmp_path, stored, by=0.0, said=None):
    """The counties in one system, their eastings moved, and the file says another system."""
    frame = counties().to_crs(stored)
    frame = frame.assign(geometry=frame.translate(by, 0.0)).set_crs(
        said or stored, allow_override=True
    )
    frame.to_file(tmp_path / "z.gpkg")
    return tmp_path / "z.gpkg"


@pytest.mark.parametrize(
    ("stored", "by", "said"),
    [
        ("EPSG:4524", 0.0, None),  # 3 degrees with prefix
        ("EPSG:4545", 0.0, None),  # 3 degrees without
        ("EPSG:4496", 0.0, None),  # 6 degrees with prefix: zone 18
        ("EPSG:4545", 36e6, None),  # eastings carry the zone, the system does not
        ("EPSG:4524", -36e6, None),  # the system carries it, eastings do not
        ("EPSG:4524", 0.0, "EPSG:4544"),  # zone 36 said to lie about 105 E
        ("EPSG:4524", 0.0, "EPSG:4525"),  # zone 36 said to be zone 37
    ],
)
def test_eastings_with_and_without_zone_land_where_they_are(tmp_path, stored, by, said):
    counties().to_file(tmp_path / "r.gpkg")
    true = brought(tmp_path / "r.gpkg")
    out = brought(in_zone(tmp_path, stored, by, said))
    assert shapely.hausdorff_distance(out.geometry.values, true.geometry.values).max() < SAGITTA_M
    assert bool(out.attrs["told"]) == bool(by or said)


def test_a_zone_that_contradicts_the_system_is_refused_without_a_study(tmp_path):
    path = in_zone(tmp_path, "EPSG:4524", 0.0, "EPSG:4544")
    with pytest.raises(DataError, match=r'carry zone 36 \(about 108 E\).*crs = "EPSG:4524"'):
        read(path)


def test_features_of_two_zones_in_one_file(tmp_path):
    west, east = counties().iloc[:2].to_crs(4523), counties().iloc[2:].to_crs(4524)
    frame = pd.concat([west.set_crs(4524, allow_override=True), east])
    frame.to_file(tmp_path / "z.gpkg")
    counties().to_file(tmp_path / "r.gpkg")
    out, true = brought(tmp_path / "z.gpkg"), brought(tmp_path / "r.gpkg")
    assert shapely.hausdorff_distance(out.geometry.values, true.geometry.values).max() < SAGITTA_M
    assert "2 of 4 features carry zone 35" in out.attrs["told"][0]


def test_the_cure_is_named(tmp_path):
    frame = counties().to_crs(4524)
    bare = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.geometry.values)
    bare.to_file(tmp_path / "b.shp", encoding="utf-8")
    (tmp_path / "b.prj").unlink(missing_ok=True)
    with pytest.raises(
        DataError, match='no coordinate system.*with crs = "EPSG:4524" they would lie in the study'
    ):
        brought(tmp_path / "b.shp")
    with pytest.raises(DataError, match='no degrees, as China Geodetic.*EPSG:4524" they would'):
        brought(tmp_path / "b.shp", crs="EPSG:4490")
    with pytest.raises(
        DataError, match='nothing inside the study.*with crs = "EPSG:4490" they would'
    ):
        brought(in_zone(tmp_path, "EPSG:4326", 0.0, "EPSG:32649"))
    with pytest.raises(DataError, match="'EPSG:999999' is not a coordinate system"):
        brought(tmp_path / "b.shp", crs="EPSG:999999")


# axes and the date line


def test_exchanged_degrees_that_can_be_nothing_else_are_put_right_and_told(tmp_path):
    frame = counties()
    frame = frame.assign(
        geometry=shapely.transform(frame.geometry.values, lambda p: p[:, ::-1].copy())
    )
    frame.to_file(tmp_path / "x.gpkg")
    counties().to_file(tmp_path / "r.gpkg")
    out, true = brought(tmp_path / "x.gpkg"), brought(tmp_path / "r.gpkg")
    assert out.geometry.geom_equals_exact(true.geometry, 1e-6).all()
    assert "4 of 4 features were exchanged" in out.attrs["told"][0]


def test_single_points_that_lie_inside_only_when_exchanged_are_told(tmp_path):
    grid = fitted_grid(
        (-6e4, -6e4, 6e4, 6e4), "+proj=laea +lat_0=47 +lon_0=8 +datum=WGS84 +units=m", 1000.0
    )
    pd.DataFrame({"name": ["a", "b"], "lon": [8.0, 47.0], "lat": [47.0, 8.0]}).to_csv(
        tmp_path / "t.csv", index=False
    )
    out = brought(tmp_path / "t.csv", "cities", grid)
    assert out["name"].tolist() == ["a"]
    assert (
        "1 of 2 features lie outside the study, but inside with longitude and latitude exchanged; the first is b"
        in out.attrs["told"][0]
    )
    pd.DataFrame({"name": ["a", "b"], "lon": [47.1, 47.0], "lat": [8.1, 8.0]}).to_csv(
        tmp_path / "u.csv", index=False
    )
    with pytest.raises(
        DataError,
        match=r"nothing inside the study.*with its axes exchanged \(are longitude and latitude swapped\?\) they would lie in the study",
    ):
        brought(tmp_path / "u.csv", "cities", grid)


@pytest.mark.parametrize("rim", [
    [(179, -17), (-179, -17), (-179, -16), (179, -16)],
    [(179, -17), (181, -17), (181, -16), (179, -16)],
    [(-181, -17), (-179, -17), (-179, -16), (-181, -16)],
])  # fmt: skip
def test_polygons_across_the_date_line_are_whole(tmp_path, rim):
    grid = fitted_grid(
        (-2e5, -2e5, 2e5, 2e5), "+proj=laea +lat_0=-16.5 +lon_0=180 +datum=WGS84 +units=m", 1000.0
    )
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["Taveuni"]}, geometry=[shapely.Polygon(rim)], crs=4326
    )
    frame.to_parquet(tmp_path / "d.parquet")
    out = brought(tmp_path / "d.parquet", grid=grid)
    # 2 x 1 degrees at 16.5 S on the ellipsoid
    assert out["area_km2"].iloc[0] == pytest.approx(23_630, rel=2e-3)


def test_the_world_and_holes_over_the_date_line():
    world = shapely.box(-180, -90, 180, 90)
    assert over_the_date_line(world).area == 360 * 180
    ring = shapely.Polygon(
        [(170, 0), (-170, 0), (-170, 10), (170, 10)], [[(-178, 2), (-176, 2), (-176, 4), (-178, 4)]]
    )
    out = over_the_date_line(ring)
    assert out.is_valid
    assert out.area == 20 * 10 - 4


# transformations


def test_how_exact_the_way_is():
    here = (107.0, 32.0, 109.0, 34.0)
    wgs = CRS.from_epsg(6933)
    assert way_between(CRS.from_epsg(4326), wgs, here).accuracy_m == 0.0
    assert way_between(CRS.from_epsg(4524), wgs, here).accuracy_m == 1.0
    old = way_between(CRS.from_epsg(4214), wgs, here)
    assert old.ballpark
    assert old.accuracy_m == 150.0
    own = CRS.from_user_input("+proj=longlat +ellps=krass +towgs84=15.8,-154.4,-82.3 +no_defs")
    assert not way_between(own, wgs, here).ballpark


def test_an_old_datum_is_told_or_refused(tmp_path):
    counties().set_crs(4214, allow_override=True).to_file(tmp_path / "c.gpkg")
    told = brought(tmp_path / "c.gpkg").attrs["told"]
    assert "no transformation from Beijing 1954" in told[0]
    assert "150 m off" in told[0]
    fine = fitted_grid(
        (-6e3, -6e3, 6e3, 6e3), "+proj=laea +lat_0=33 +lon_0=107.9 +datum=WGS84 +units=m", 30.0
    )
    with pytest.raises(DataError, match="no transformation from Beijing 1954.*checked = true"):
        brought(tmp_path / "c.gpkg", grid=fine)
    assert len(brought(tmp_path / "c.gpkg", grid=fine, checked=True))


# a corpus: right, or refused in one line


FAULTS = {
    "none": lambda f: f,
    "missing": lambda f: f.assign(geometry=[None, *f.geometry.iloc[1:]]),
    "empty": lambda f: f.assign(geometry=[shapely.Polygon(), *f.geometry.iloc[1:]]),
    "bow": lambda f: f.assign(geometry=[shapely.Polygon([(107.7, 32.9), (107.8, 33.1), (107.8, 32.9), (107.7, 33.1)]), *f.geometry.iloc[1:]]),
    "heights": lambda f: f.assign(geometry=shapely.force_3d(f.geometry.values, 7.0)),
    "lines": lambda f: f.assign(geometry=[shapely.LineString(s.exterior.coords) for s in f.geometry]),
    "far": lambda f: f.assign(geometry=f.translate(60.0, 0.0)),
    "twice": lambda f: pd.concat([f, f.iloc[:1]]),
    "none at all": lambda f: f.iloc[:0],
    "blank code": lambda f: f.assign(code=["", *f["code"].iloc[1:]]),
}  # fmt: skip
WRITERS = {
    "gpkg": "GPKG", "shp": "ESRI Shapefile", "gdb": "OpenFileGDB", "geojson": "GeoJSON", "fgb": "FlatGeobuf", "kml": "KML",
}  # fmt: skip


@pytest.mark.parametrize("ending", [*WRITERS, "parquet"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore")
def test_features_of_any_kind_are_right_or_refused_in_one_line(tmp_path, ending, fault):
    frame = FAULTS[fault](counties())
    path = tmp_path / f"c.{ending}"
    try:
        frame.to_parquet(path) if ending == "parquet" else frame.to_file(
            path, driver=WRITERS[ending]
        )
    except (RuntimeError, ValueError, OSError, pyogrio.errors.FieldError):
        pytest.skip("the format cannot hold it")
    look = verdict("counties", [InputSpec(file=path.name)], INPUTS["counties"], [path], GRID)
    said = look.problems + look.doubts
    assert all("\n" not in text and "Error" not in text for text in said)
    if fault in ("none", "heights"):
        assert look.problems == []
        assert look.facts["features"] == 4
    else:
        assert said


@pytest.mark.parametrize(
    "ending", ["gpkg", "shp", "geojson", "fgb", "kml", "parquet", "zip", "gml", "dbf"]
)
@pytest.mark.parametrize(
    "raw", [b"", b"\0" * 40, b"PK\x03\x04", b"{", b"\xff\xfe", "汉滨区".encode("gbk") * 50]
)
@pytest.mark.filterwarnings("ignore")
def test_rubbish_is_refused_in_one_line(tmp_path, ending, raw):
    (tmp_path / f"c.{ending}").write_bytes(raw)
    with pytest.raises(DataError) as error:
        brought(tmp_path / f"c.{ending}")
    assert "\n" not in str(error.value)


def test_moved_zones_keep_their_datum():
    moved = moved_to(CRS.from_epsg(2364), 108.0, 36_500_000.0)
    assert moved.geodetic_crs.datum.name == "Xian 1980"
    x, y = Transformer.from_crs(moved.geodetic_crs, moved, always_xy=True).transform(108.0, 33.0)
    assert x == pytest.approx(36_500_000.0)
    assert 3.6e6 < y < 3.7e6


# several files of one layer


def halves(tmp_path, crs=(4326, 4490), endings=(".gpkg", ".shp")):
    frame = counties()
    half = len(frame) // 2
    files = []
    for k, part in enumerate((frame.iloc[:half], frame.iloc[half:])):
        path = tmp_path / f"part{k}{endings[k]}"
        part.to_crs(crs[k]).to_file(path)
        files.append(path)
    return files


def several(paths, grid=None, **declared):
    specs = [InputSpec(file=str(p), **declared) for p in paths]
    return features_input(paths, specs, INPUTS["counties"], "counties", grid or GRID)


def test_parts_of_a_layer_are_the_whole_each_in_its_own_system(tmp_path):
    whole = tmp_path / "whole.gpkg"
    counties().to_file(whole)
    one, parts = several([whole]), several(halves(tmp_path))
    assert parts["code"].tolist() == one["code"].tolist()
    off = parts.geometry.symmetric_difference(one.geometry).area
    assert (off < 1e-4 * one.area).all()
    assert "WGS 84" in parts.attrs["source_crs"]
    assert "China" in parts.attrs["source_crs"]


def test_features_that_stand_in_several_files_count_once_and_are_told(tmp_path):
    first, second = halves(tmp_path, crs=(4326, 4326))
    whole = tmp_path / "whole.gpkg"
    counties().to_file(whole)
    found = several([whole, second])
    assert len(found) == len(several([whole]))
    assert "stand in more than one of its 2 files" in found.attrs["told"][-1]
    assert len(several([first, second])) == len(found)


def test_a_broken_part_is_named(tmp_path):
    first, second = halves(tmp_path)
    second.write_bytes(b"nothing")
    with pytest.raises(DataError, match=second.name):
        several([first, second])


def test_a_folder_of_layers_is_one_layer(tmp_path):
    from shanshui.collect.tiles import spread

    halves(tmp_path)
    (tmp_path / "readme.txt").write_text("x")
    found = spread({"counties": [InputSpec(file=str(tmp_path))]}, [])["counties"]
    assert [s.file.rsplit("/", 1)[1] for s in found] == ["part0.gpkg", "part1.shp"]
