"""The file of a plan: where its features lie, what each is for, and all that is refused or told."""

import json
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from shanshui.collect.shifted_datums import gcj02_of
from shanshui.core.errors import DataError, QuantityError
from shanshui.region.grid import GridSpec
from shanshui.study.plan_file import PlanSource, read_plan

ALBERS = "+proj=aea +lat_1=30.5 +lat_2=34.5 +lat_0=0 +lon_0=107.5 +datum=WGS84 +units=m +no_defs"
GRID = GridSpec(ALBERS, 100.0, 0.0, 3_600_000.0, 100, 100)
SIDE = 1000.0


def square(k, side=SIDE):
    west, north = GRID.left + 500 + k * 2000, GRID.top - 500
    return shapely.box(west, north - side, west + side, north)


def frame(uses=("road", "mining"), shapes=None, **columns):
    shapes = [square(k) for k in range(len(uses))] if shapes is None else shapes
    return gpd.GeoDataFrame({"use": list(uses), **columns}, geometry=shapes, crs=ALBERS)


def read(path, **how):
    return read_plan(PlanSource(path, **how), GRID)


def written(own, path, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a file without a system, as it is meant
        own.to_file(path, **how)
    return path


@pytest.mark.parametrize("name", ["p.gpkg", "p.shp", "p.geojson", "p.fgb", "p.zip"])
def test_a_plan_is_read_from_any_format(tmp_path, name):
    own = frame(名称=["a", "b"])
    own = own.to_crs(4326) if name == "p.geojson" else own
    path = tmp_path / name
    if name == "p.zip":
        written(own, tmp_path / "q.shp", encoding="utf-8")
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("q.*"):
                archive.write(part, part.name)
    else:
        written(own, path)
    plan = read(path)
    plan = plan.sort_values("name")  # one of the formats has an order of its own
    assert plan[["name", "use"]].to_numpy().tolist() == [["a", "road"], ["b", "mining"]]
    assert sorted(plan["feature"]) == [1, 2]
    assert plan.area.to_numpy() / 1e6 == pytest.approx([1.0, 1.0], rel=1e-6)


def test_a_plan_in_cgcs2000_lies_where_it_was_drawn(tmp_path):
    own = frame()
    for code in (4490, 4545, 4524):
        plan = read(written(own.to_crs(code), tmp_path / f"{code}.gpkg"))
        assert shapely.hausdorff_distance(plan.geometry[0], own.geometry[0]) < 1.0
        assert plan.attrs["told"] == []


def test_a_plan_of_a_web_map_is_brought_back_when_it_says_so(tmp_path):
    own = frame().to_crs(4326)
    shifted = own.set_geometry(
        [shapely.transform(s, lambda p: np.column_stack(gcj02_of(*p.T))) for s in own.geometry]
    )
    path = written(shifted.set_crs(4326, allow_override=True), tmp_path / "p.gpkg")
    far = read(path)
    near = read(path, crs="gcj02")
    assert shapely.hausdorff_distance(far.geometry[0], frame().geometry[0]) > 100
    assert shapely.hausdorff_distance(near.geometry[0], frame().geometry[0]) < 1.0
    assert any("gcj02 and brought back" in told for told in near.attrs["told"])


def test_a_datum_that_cannot_be_followed_is_refused(tmp_path):
    own = frame().to_crs(4326).set_crs("+proj=longlat +ellps=krass", allow_override=True)
    path = written(own, tmp_path / "p.gpkg")
    with pytest.raises(DataError, match="no transformation from") as told:
        read(path)
    assert "--crs" in str(told.value)


def test_without_a_system_nothing_is_guessed(tmp_path):
    path = written(frame().set_crs(None, allow_override=True), tmp_path / "p.shp")
    with pytest.raises(DataError, match="no coordinate system; say which it is in: --crs EPSG") as told:  # fmt: skip
        read(path)
    assert "[inputs" not in str(told.value)
    assert len(read(path, crs=ALBERS)) == 2
    with pytest.raises(DataError, match="^--crs: 'nonsense' is not a coordinate system"):
        read(path, crs="nonsense")


def test_a_plan_somewhere_else_is_refused_with_a_way_in(tmp_path):
    own = frame().to_crs(4490)
    turned = own.set_geometry([shapely.transform(s, lambda p: p[:, ::-1]) for s in own.geometry])
    turned = turned.set_crs(4490, allow_override=True)
    # what is swapped has latitudes beyond 90 and is put right; elsewhere on the Earth it is not here
    moved = own.set_geometry(own.translate(-60, 0)).set_crs(4490, allow_override=True)
    path = written(moved, tmp_path / "p.gpkg")
    with pytest.raises(DataError, match="has nothing inside the study"):
        read(path)
    right = read(written(turned, tmp_path / "q.gpkg"))
    assert any("exchanged" in told for told in right.attrs["told"])
    assert shapely.hausdorff_distance(right.geometry[0], frame().geometry[0]) < 1.0


def test_features_without_a_place_are_told_and_the_others_keep_their_numbers(tmp_path):
    shapes = [None, square(0), shapely.Polygon(), square(1)]
    own = frame(("road", "road", "mining", "mining"), shapes)
    plan = read(written(own, tmp_path / "p.gpkg"))
    assert plan["feature"].tolist() == [2, 4]
    assert plan["use"].tolist() == ["road", "mining"]
    assert any("2 of 4 rows have no place" in told for told in plan.attrs["told"])


def test_outlines_that_cross_themselves_are_refused_or_mended(tmp_path):
    x, y = GRID.left + 500, GRID.top - 500
    bow = shapely.Polygon([(x, y), (x + 1000, y - 1000), (x + 1000, y), (x, y - 1000)])
    path = written(frame(("road", "road", "road"), [None, square(2), bow]), tmp_path / "p.gpkg")
    with pytest.raises(DataError, match=r"the first of feature 3 \(Self-intersection.*--repair"):
        read(path)
    plan = read(path, repair=True)
    assert plan.geometry.is_valid.all()
    assert plan.area.iloc[1] == pytest.approx(5e5, rel=1e-6)
    assert any("mended" in told for told in plan.attrs["told"])


def test_lines_and_points_have_no_area_and_are_refused(tmp_path):
    own = frame(("road", "road"), [square(0), square(1).exterior])
    with pytest.raises(DataError, match="holds LineString; expected polygons.*width"):
        read(written(own, tmp_path / "p.gpkg"))


def test_of_several_layers_one_is_named(tmp_path):
    path = written(frame(), tmp_path / "p.gpkg", layer="a")
    written(frame(("park",)), path, layer="b")
    with pytest.raises(DataError, match="choose one with --layer NAME"):
        read(path)
    assert read(path, layer="b")["use"].tolist() == ["park"]
    with pytest.raises(DataError, match="^--layer: no layer 'c'"):
        read(path, layer="c")


def test_the_column_of_uses_is_named_or_found_or_said_of_all(tmp_path):
    own = frame().rename(columns={"use": "规划用途"}).assign(方案=["林地", "耕地"])
    path = written(own, tmp_path / "p.gpkg")
    assert read(path)["use"].tolist() == ["road", "mining"]
    assert read(path, use_column="方案")["use"].tolist() == ["forest", "farmland"]
    assert read(path, use="采矿")["use"].tolist() == ["mining", "mining"]
    with pytest.raises(DataError, match="^--use: no column '方按'"):
        read(path, use_column="方按")
    with pytest.raises(DataError, match="--use and --is: give one"):
        read(path, use_column="方案", use="mining")
    other = written(own.drop(columns="规划用途"), tmp_path / "q.gpkg")
    with pytest.raises(DataError, match="no column that tells what its features are for; found 方案"):  # fmt: skip
        read(other)


def test_a_word_that_is_no_use_is_refused_with_the_number_in_the_file(tmp_path):
    own = frame(("road", "road", "quary"), [None, square(0), square(1)])
    with pytest.raises(QuantityError, match="found 'quary' in feature 3.*did you mean 'quarry'"):
        read(written(own, tmp_path / "p.gpkg"))


def test_a_feature_without_a_use_has_a_blank(tmp_path):
    assert read(written(frame(("road", None)), tmp_path / "p.gpkg"))["use"].tolist() == ["road", ""]


def test_what_is_no_plan_is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match="^plan: no file .* is empty; give the file of your plan"):
        read(tmp_path / "p.gpkg")
    with pytest.raises(DataError, match="does not exist either"):
        read(tmp_path / "nowhere" / "p.gpkg")
    table = tmp_path / "p.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="^plan: "):
        read(table)
    broken = tmp_path / "p.geojson"
    broken.write_text(json.dumps({"type": "nothing"}))
    with pytest.raises(DataError, match="plan: "):
        read(broken)
