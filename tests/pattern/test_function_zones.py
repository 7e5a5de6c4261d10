"""Statutory zones on the ground, the core that they make, and its share of counties."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import DataError, QuantityError
from shanshui.pattern.core_area import core_area, core_area_share
from shanshui.pattern.function_zones import (
    function_zone_areas,
    function_zone_cells,
    national_ecological,
)

GRID = grid_spec(8, 12, cell_m=1000.0)
FOREST, FARMED, BUILT = (covers()[w].code for w in ("forest", "farmed", "built"))


def full(value, dtype=np.uint8):
    return np.full(GRID.shape, value, dtype)


def codes(values, nodata=0):
    return GRID.lay(np.asarray(values, np.uint8), "1", nodata=nodata)


MASK = codes(full(1), 255)


def box(left, top, right, bottom):
    """Cells of columns and rows from the upper left."""
    cell = GRID.cell_m
    return shapely.box(
        GRID.left + left * cell,
        GRID.top - bottom * cell,
        GRID.left + right * cell,
        GRID.top - top * cell,
    )


def zones(*shapes, **columns):
    count = len(shapes)
    blank = {
        "name": [f"z{k}" for k in range(count)],
        "kind": ["biodiversity"] * count,
        "level": ["national"] * count,
        "named": [np.nan] * count,
        "found": [np.nan] * count,
    }
    return gpd.GeoDataFrame(
        blank | columns, geometry=list(shapes), crs=GRID.projection, index=range(1, count + 1)
    )


def test_each_cell_has_the_zone_that_holds_its_centre():
    out = function_zone_cells(zones(box(0, 0, 4, 8), box(4, 0, 6.4, 8)), MASK).values
    assert (out[:, :4] == 1).all()
    assert (out[:, 4:6] == 2).all()
    assert (out[:, 6:] == 0).all()


@pytest.mark.parametrize(
    ("kinds", "levels", "winner"),
    [
        (["biodiversity", "biodiversity"], ["provincial", "national"], 2),
        (["agriculture", "sand fixation"], ["national", "national"], 2),
        (["development", "water conservation"], ["national", "provincial"], 1),
        (["soil conservation", "biodiversity"], ["national", "national"], 1),
    ],
)
def test_of_zones_that_overlap_the_national_then_the_ecological_one_prevails(kinds, levels, winner):
    both = zones(box(0, 0, 6, 8), box(4, 0, 8, 8), kind=kinds, level=levels)
    assert (function_zone_cells(both, MASK).values[:, 4:6] == winner).all()


def test_zones_that_do_not_meet_the_region_are_refused():
    with pytest.raises(QuantityError, match="none of 1 zones meets the region"):
        function_zone_cells(zones(box(20, 0, 24, 8)), MASK)


@pytest.mark.parametrize("step", [function_zone_cells, function_zone_areas])
@pytest.mark.parametrize("column", ["kind", "level"])
def test_a_kind_or_a_level_that_is_none_is_refused(step, column):
    with pytest.raises(DataError, match=f"statutory_zones.{column} of z0: found 'forestry'"):
        step(zones(box(0, 0, 4, 8), **{column: ["forestry"]}), MASK)


def test_each_column_of_the_areas():
    line, importance, cover = full(0), full(5), full(FARMED)
    line[:, :2] = 1  # half of the first zone
    line[0, :] = 255
    importance[:2] = 1  # a quarter of all
    importance[7, :] = 0  # and an eighth is not known
    cover[:, :1] = FOREST
    out = function_zone_areas(
        zones(box(0, 0, 4, 8), box(2, 0, 4, 4), named=[46.0, np.nan], found=[45.0, np.nan]),
        MASK, codes(line, 255), codes(importance), codes(cover),
    )  # fmt: skip
    assert out["name"].tolist() == ["z0", "z1", "region"]
    assert out["kind"].tolist() == ["biodiversity", "biodiversity", ""]
    assert out["level"].tolist() == ["national", "national", ""]
    assert out["counties_named"].tolist()[:1] == [46.0]
    assert out["counties_found"].tolist()[:1] == [45.0]
    assert out[["counties_named", "counties_found"]].iloc[1:].isna().all(axis=None)
    assert out["area_km2"].tolist() == [32.0, 8.0, 96.0]  # ground of both counts in both
    assert out["share"].tolist() == pytest.approx([1 / 3, 1 / 12, 1.0])
    assert out["red_line_share"].tolist() == pytest.approx([0.5, 0.0, 1 / 6])
    assert out["extreme_share"].tolist() == pytest.approx([2 / 7, 0.5, 2 / 7])
    assert out["forest_share"].tolist() == pytest.approx([0.25, 0.0, 1 / 12])
    alone = function_zone_areas(zones(box(0, 0, 4, 8)), MASK)
    assert alone[["red_line_share", "extreme_share", "forest_share"]].isna().all(axis=None)


def test_only_ecological_zones_of_the_nation_are_key_zones():
    every = zones(
        *[box(0, 0, 1, 1)] * 4,
        kind=["biodiversity", "agriculture", "sand fixation", "water conservation"],
        level=["national", "national", "provincial", "national"],
    )
    assert national_ecological(every)["name"].tolist() == ["z0", "z3"]


# what zones make core


def core(importance, cover, given=None, **settings):
    held = zones(box(0, 0, 6, 8)) if given is None else given
    return core_area(
        codes(importance),
        MASK,
        statutory_zones=held,
        cover_type=codes(cover),
        **{"least_km2": 1.0} | settings,
    ).values


def test_important_ground_of_a_key_zone_is_core_but_no_farmland_no_town_and_no_general_ground():
    importance, cover = full(3), full(FOREST)
    importance[:, 5] = 5  # general ground at the rim of the zone
    cover[7, 1], cover[0, 0] = FARMED, BUILT
    cover[4, 3] = 0  # not known
    out = core(importance, cover)
    assert [out[7, 1], out[0, 0], out[4, 3]] == [0, 0, 0]
    assert (out[:, 5:] == 0).all()
    assert out[:, :5].sum() == 40 - 3
    assert (core(importance, cover, zone_ground="none") == 0).all()
    whole = core(importance, cover, zone_ground="whole")
    assert (whole[:, :6] == 1).all()
    assert (whole[:, 6:] == 0).all()


def test_a_town_makes_no_core_by_its_importance_known_or_not():
    importance, cover = full(5), full(FOREST)
    importance[:, 6:] = 1
    cover[:4, 6:] = BUILT
    importance[0, 8] = importance[0, 2] = importance[7, 2] = 0
    nothing = zones(box(50, 50, 51, 51))
    out = core(importance, cover, nothing)
    # what the town would be is not known in one cell and decides nothing; of the forest it does
    assert (out[:3, 6:] == 0).all()
    assert (out[5:, 7:] == 1).all()
    assert [out[0, 2], out[7, 2]] == [255, 255]
    # one built cell in the core stays core, by the ground around it
    cover[6, 9] = BUILT
    assert core(importance, cover, nothing)[6, 9] == 1


@pytest.mark.parametrize(
    "other", [{"level": ["provincial"]}, {"kind": ["development"]}, {"kind": ["agriculture"]}]
)
def test_zones_of_provinces_and_of_other_functions_make_no_core(other):
    given = zones(box(0, 0, 6, 8), **other)
    assert (core(full(3), full(FOREST), given, zone_ground="whole") == 0).all()


def test_small_ground_of_a_zone_is_no_core_at_the_limit():
    out = core(full(3), full(FOREST), zones(box(0, 0, 2, 4)), least_km2=6.0)
    # the corner of the map votes among 4 cells, the others lose the two beyond the zone
    taken = int((out == 1).sum())
    assert taken >= 6
    assert (core(full(3), full(FOREST), zones(box(0, 0, 2, 4)), least_km2=taken + 0.5) == 0).all()
    assert (
        core(full(3), full(FOREST), zones(box(0, 0, 2, 4)), least_km2=taken) == 1
    ).sum() == taken


def test_without_zones_the_core_is_what_it_was():
    importance = full(3)
    importance[:, :3] = 1
    bare = core_area(codes(importance), MASK, least_km2=1.0).values
    assert (bare[:, :3] == 1).all()
    assert (bare[:, 3:] == 0).all()


def test_each_column_of_the_core_by_county_and_its_parts_add_up():
    importance, source = full(5), np.zeros(GRID.shape, np.int32)
    importance[:, :6] = 3
    importance[:, :3] = 1
    importance[7, 11] = 0
    source[:, :1] = 1
    reserve = gpd.GeoDataFrame(geometry=[box(9, 0, 10, 8)], crs=GRID.projection)
    held = zones(box(0, 0, 6, 8))
    label = GRID.lay(source, "1", nodata=0)
    counties = gpd.GeoDataFrame(
        {"code": ["61", "51", "42"], "name": ["West", "East", "Far"], "parent": [""] * 3},
        geometry=[box(0, 0, 6, 8), box(6, 0, 12, 8), box(40, 0, 50, 8)],
        crs=GRID.projection,
        index=[1, 2, 3],
    )
    made = core_area(
        codes(importance), MASK, label, reserve, None, held, codes(full(FOREST)), least_km2=1.0
    )
    of_county = np.where(np.arange(12) < 6, 1, 2) * np.ones((8, 1), np.int32)
    out = core_area_share(
        GRID.lay(of_county.astype(np.int32), "1", nodata=0), made, counties, codes(importance), label, reserve, held
    ).set_index("name")  # fmt: skip
    assert out.index.tolist() == ["West", "East"]
    assert out["unit"].tolist() == [1, 2]
    assert out["code"].tolist() == ["61", "51"]
    assert out["area_km2"].tolist() == pytest.approx([48.0, 47.0])  # one cell is not known
    assert out["core_km2"].tolist() == pytest.approx([48.0, 8.0])
    assert out["share"].tolist() == pytest.approx([1.0, 8 / 47])
    parts = ["reserves_km2", "sources_km2", "importance_km2", "zones_km2", "other_km2"]
    assert out.loc["West", parts].tolist() == pytest.approx([0.0, 8.0, 16.0, 24.0, 0.0])
    assert out.loc["East", parts].tolist() == pytest.approx([8.0, 0.0, 0.0, 0.0, 0.0])
    named = core_area(
        codes(importance), MASK, counties=counties, least_km2=1e4, core_counties=("51",)
    )
    other = core_area_share(
        GRID.lay(of_county.astype(np.int32), "1", nodata=0), named, counties, codes(importance)
    ).set_index("name")
    assert other.loc["East", "other_km2"] == pytest.approx(48.0)


@pytest.mark.parametrize(
    ("zone_ground", "zone", "other"), [("none", 0.0, 48.0), ("important", 24.0, 24.0), ("whole", 48.0, 0.0)]
)  # fmt: skip
def test_zones_are_credited_with_no_more_than_they_made_core(zone_ground, zone, other):
    importance, cover = full(3), full(FOREST)
    importance[:, :3] = 5  # general ground of the zone
    cover[:, 11] = FARMED  # and outside it
    counties = gpd.GeoDataFrame(
        {"code": ["61"], "name": ["West"], "parent": [""]}, geometry=[box(0, 0, 6, 8)], crs=GRID.projection, index=[1]
    )  # fmt: skip
    given, cells = zones(box(0, 0, 6, 8)), GRID.lay(full(1, np.int32), "1", nodata=0)
    made = core_area(
        codes(importance), MASK, counties=counties, statutory_zones=given, cover_type=codes(cover), least_km2=1.0,
        core_counties=("61",), zone_ground=zone_ground,
    )  # fmt: skip
    row = core_area_share(
        cells, made, counties, codes(importance), None, None, given, codes(cover), zone_ground=zone_ground
    ).iloc[0]  # fmt: skip
    assert row["core_km2"] == pytest.approx(48.0)
    assert row[["zones_km2", "other_km2"]].tolist() == pytest.approx([zone, other])


def test_fields_of_a_zone_that_are_core_by_name_are_not_credited_to_it():
    cover = full(FOREST)
    cover[:, :2] = FARMED
    counties = gpd.GeoDataFrame(
        {"code": ["61"], "name": ["West"], "parent": [""]}, geometry=[box(0, 0, 6, 8)], crs=GRID.projection, index=[1]
    )  # fmt: skip
    given, cells = zones(box(0, 0, 6, 8)), GRID.lay(full(1, np.int32), "1", nodata=0)
    made = core_area(
        codes(full(3)), MASK, counties=counties, statutory_zones=given, cover_type=codes(cover), least_km2=1.0, core_counties=("61",)
    )  # fmt: skip
    row = core_area_share(cells, made, counties, codes(full(3)), None, None, given, codes(cover)).iloc[0]  # fmt: skip
    assert row[["zones_km2", "other_km2"]].tolist() == pytest.approx([32.0, 16.0])
