"""From score to sources, cell by cell: what is missing has no say, and every column of the patches by pencil."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, box
from tests.worlds import EQUAL_AREA, codes, grid, numbers

from shanshui.core.errors import PlanError, QuantityError
from shanshui.pattern.massifs import massif_names, massif_zones
from shanshui.pattern.patches import known_flags, large_cores, large_patches, majority
from shanshui.pattern.sources import (
    habitat_morphology,
    source_candidates,
    source_cells,
    source_score,
    sources,
)


def flags(*lines):
    return np.array([[c == "#" for c in line] for line in lines])


EVERY = np.ones((3, 3), bool)


def test_five_of_nine_are_a_majority_four_are_not():
    assert majority(flags("###", "##.", "..."), EVERY)[1, 1]
    assert not majority(flags("###", "#..", "..."), EVERY)[1, 1]


def test_half_is_no_majority():
    # a corner has four cells: two are half, three are more
    assert not majority(flags("##.", "...", "..."), EVERY)[0, 0]
    assert majority(flags("##.", "#..", "..."), EVERY)[0, 0]


def test_what_is_not_known_has_no_say():
    known = flags("...", ".##", "...")
    out = majority(flags("...", ".#.", "..."), known)
    assert not out.any()  # one of two
    assert majority(flags("...", ".##", "..."), known)[1, 1]
    # chosen but not known: neither a voter nor an answer
    out = majority(flags("###", "###", "###"), flags("...", "..#", "..."))
    assert out.tolist() == flags("...", "..#", "...").tolist()


def test_a_map_of_yes_and_no_tells_what_it_does_not_know():
    yes, told = known_flags(codes([[0, 1, 255]]), (1, 3))
    assert yes.tolist() == [[False, True, False]]
    assert told.tolist() == [[True, True, False]]
    yes, told = known_flags(None, (1, 2))
    assert yes.tolist() == [[False, False]]
    assert told.all()


def test_a_patch_of_exactly_the_least_size_is_large():
    shape = flags("##..", "#..#", "...#")
    assert large_patches(shape, 3).tolist() == flags("##..", "#...", "....").tolist()
    assert large_patches(shape, 2).tolist() == shape.tolist()
    assert not large_patches(shape, 3.5).any()
    assert large_patches(flags("#.", ".#"), 2).sum() == 2  # corners join


def test_cores_are_numbered_by_size_and_then_by_place():
    shape = flags("#..##", "#....", "...##")
    assert large_cores(shape, 1).tolist() == [[1, 0, 0, 2, 2], [1, 0, 0, 0, 0], [0, 0, 0, 3, 3]]
    assert large_cores(shape, 0).max() == 3
    assert large_cores(shape, 3).max() == 0
    assert large_cores(shape, 1, most=2).max() == 2


def test_a_core_over_two_massifs_is_a_source_in_each():
    shape = flags("######", "######", "......")
    zones = np.array([[1, 1, 2, 2, 2, 2]] * 3)
    parted = large_cores(shape, 1, zones=zones)
    assert parted[:2].tolist() == [[2, 2, 1, 1, 1, 1]] * 2
    # each part must be large enough by itself
    assert large_cores(shape, 5, zones=zones)[:2].tolist() == [[0, 0, 1, 1, 1, 1]] * 2
    assert (large_cores(shape, 1, zones=np.ones((3, 6), int)) == large_cores(shape, 1)).all()
    shape = grid(np.where(shape, 17, 0), "1", cell_m=1000.0, dtype=np.uint8)
    massifs = grid(zones, "1", cell_m=1000.0, dtype=np.int32)
    np.testing.assert_array_equal(source_cells(shape, massifs, least_km2=1.0).values, parted)


def test_cores_merge_over_a_gap_of_the_distance():
    ground = np.zeros((30, 30), bool)
    ground[3:27, 3:12] = ground[3:27, 16:26] = True  # four cells between them
    assert large_cores(ground, 1, merge_cells=4.0).max() == 1
    assert large_cores(ground, 1, merge_cells=3.9).max() == 2
    joined = large_cores(ground, 1, merge_cells=4.0) > 0
    assert joined[15, 12:16].all()  # the gap is taken in
    assert not joined[15, :3].any()
    assert not joined[15, 26:].any()


def test_the_nearest_mark_names_the_massif():
    marks = gpd.GeoDataFrame(
        {"name": ["West", "East", "West"]},
        geometry=[Point(50, 50), Point(450, 50), Point(850, 50)],
        crs=EQUAL_AREA,
    )
    mask = codes([[1, 1, 1, 1, 1, 1, 1, 1, 0]])
    # East is the first name in order; halfway it has the cell, since its distance is looked at first
    assert massif_zones(marks, mask).values.tolist() == [[2, 2, 1, 1, 1, 1, 1, 2, 0]]
    assert massif_names(marks) == ["East", "West"]


def test_maps_of_codes_say_which_one_is_missing():
    mask = codes([[1, 1, 0]])
    marks = gpd.GeoDataFrame({"name": ["A"]}, geometry=[Point(50, 50)], crs=EQUAL_AREA)
    candidates = source_candidates(numbers([[0.1, 0.9, 0.5]]), mask)
    shape = habitat_morphology(candidates)
    assert massif_zones(marks, mask).attrs["nodata"] == 0
    assert candidates.attrs["nodata"] == 0
    assert shape.attrs["nodata"] == 129
    assert source_cells(shape).attrs["nodata"] == 0


def test_a_massif_off_the_map_takes_no_ground():
    marks = gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=[Point(9e6, 50), Point(50, 50)], crs=EQUAL_AREA
    )
    assert massif_zones(marks, codes([[1, 1]])).values.tolist() == [[2, 2]]


def test_the_score_is_the_mean_rank():
    life, water = numbers([[1.0, 2.0, 3.0, 9.0]]), numbers([[30.0, 20.0, 10.0, 5.0]], "mm/yr")
    sense = numbers([[1.0, 3.0, 5.0, np.nan]])
    mask = codes([[1, 1, 1, 1]])
    out = source_score(life, water, sense, mask).values[0]
    # ranks from 0 to 1: life 0, 1/2, 1; water 1, 1/2, 0; sensitivity 0, 1/2, 1
    assert out[:3].tolist() == pytest.approx([1 / 3, 1 / 2, 2 / 3])
    assert np.isnan(out[3])  # sensitivity is missing
    heavy = source_score(life, water, sense, mask, weights=(0.0, 3.0, 1.0)).values[0]
    assert heavy[:3].tolist() == pytest.approx([3 / 4, 1 / 2, 1 / 4])
    zones = grid([[1, 1, 2, 2]], "1", dtype=np.int32, nodata=0)
    parted = source_score(life, water, sense, mask, zones).values[0]
    assert parted[:3].tolist() == pytest.approx([1 / 3, 2 / 3, 0.0])


def test_weights_that_weigh_nothing_are_refused():
    one = numbers([[1.0]])
    ground = (one, one.assign_attrs(units="mm/yr"), one, codes([[1]]))
    with pytest.raises(QuantityError, match="not all 0"):
        source_score(*ground, weights=(0.0, 0.0, 0.0))
    with pytest.raises(PlanError, match="expected 3"):
        source_score(*ground, weights=(1.0, 1.0))
    with pytest.raises(PlanError, match="weights"):
        source_score(*ground, weights=(1.0, 1.0, -1.0))


def test_candidates_reach_the_quantile_itself():
    score = numbers([[0.0, 0.25, 0.5, 0.75, 1.0]])
    mask = codes([[1] * 5])
    out = source_candidates(score, mask, quantile=0.5, smooth=False)
    assert out.values.tolist() == [[1, 1, 2, 2, 2]]
    assert source_candidates(score, mask, quantile=1.0, smooth=False).values.tolist() == [
        [1, 1, 1, 1, 2]
    ]
    zones = grid([[1, 1, 2, 2, 2]], "1", dtype=np.int32, nodata=0)
    parted = source_candidates(score, mask, zones, quantile=1.0, smooth=False)
    assert parted.values.tolist() == [[1, 2, 1, 1, 2]]


def test_towns_are_no_candidates_and_unknown_ground_is_neither():
    score = numbers([[0.9, 0.9, np.nan, 0.9, 0.1]])
    built = codes([[1, 0, 0, 255, 0]])
    out = source_candidates(score, codes([[1] * 5]), None, built, quantile=0.5, smooth=False)
    assert out.values.tolist() == [[1, 2, 0, 0, 1]]
    outside = source_candidates(score, codes([[1, 0, 1, 1, 1]]), quantile=0.0, smooth=False)
    assert outside.values.tolist() == [[2, 0, 0, 2, 2]]


def test_missing_ground_eats_nothing_of_the_ground_beside_it():
    score = np.full((4, 4), np.nan)
    score[:2, :2] = 0.9
    score[3, :] = 0.1
    out = source_candidates(numbers(score), codes(np.ones((4, 4))), quantile=0.5)
    # all four chosen cells know only each other, or two plain cells below them
    assert out.values.tolist() == [[2, 2, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]


def test_a_block_within_missing_ground_is_all_core():
    ground = np.zeros((7, 7))
    ground[2:5, 2:5] = 2
    assert (habitat_morphology(codes(ground, nodata=0)).values[2:5, 2:5] == 17).all()
    ground[ground == 0] = 1
    shape = habitat_morphology(codes(ground, nodata=0)).values
    assert shape[3, 3] == 17
    assert (shape == 17).sum() == 1


def test_a_core_of_exactly_the_least_area_is_a_source():
    shape = codes([[17, 17, 3, 17], [17, 17, 3, 3]], nodata=129, cell_m=1000.0)
    assert source_cells(shape, least_km2=4.0).values.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]
    assert source_cells(shape, least_km2=4.1).values.max() == 0
    assert source_cells(shape, least_km2=1.0).values[0, 3] == 2
    assert source_cells(shape, least_km2=1.0, most=1).values.max() == 1
    assert source_cells(shape, least_km2=1.0, merge_m=2000.0).values.max() == 1


LABELS = grid([[1, 1, 0, 2], [1, 1, 0, 2]], "1", dtype=np.int32, nodata=0, cell_m=1000.0)
SCORE = numbers([[0.8, 0.6, 0.0, 0.3], [np.nan, 0.4, 0.0, np.nan]], cell_m=1000.0)
HARD = numbers([[1.0, 3.0, 9.0, np.nan], [2.0, np.nan, 9.0, np.nan]], cell_m=1000.0)
MASSIFS = gpd.GeoDataFrame(
    {"name": ["Qin", "Ba"]}, geometry=[Point(500, 500), Point(3500, 500)], crs=EQUAL_AREA
)


def test_each_column_of_the_sources():
    zones = grid([[2, 2, 2, 1], [2, 1, 1, 1]], "1", dtype=np.int32, nodata=0, cell_m=1000.0)
    reserve = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(0, 0, 3000, 1000)], crs=EQUAL_AREA)
    out = sources(LABELS, SCORE, HARD, zones, MASSIFS, reserve)
    assert out.index.tolist() == [1, 2]
    assert out["area_km2"].tolist() == [4.0, 2.0]
    assert out["score"].tolist() == pytest.approx([(0.8 + 0.6 + 0.4) / 3, 0.3])
    assert out["resistance"].iloc[0] == pytest.approx(2.0)
    assert np.isnan(out["resistance"].iloc[1])  # none is known: no mean, and not 1
    assert out["massif"].tolist() == ["Qin", "Ba"]
    assert out["name"].tolist() == ["Qin", "Ba"]
    assert out["protected_share"].tolist() == [0.5, 0.0]
    assert out.geometry.area.tolist() == [4e6, 2e6]
    # three cells of reserve, two of them in a source
    assert out.attrs["capture"] == pytest.approx(2 / 3)
    assert out.attrs["capture_target"] == 0.7
    assert out.attrs["captured"] is False
    assert out.attrs["units"]["area_km2"] == "km2"
    reached = sources(LABELS, SCORE, HARD, zones, MASSIFS, reserve, capture_target=2 / 3)
    assert reached.attrs["captured"] is True


def test_the_last_source_may_be_unknown_ground():
    row = grid([[1, 2, 3]], "1", dtype=np.int32, nodata=0, cell_m=1000.0)
    out = sources(
        row,
        numbers([[0.5, 0.25, np.nan]], cell_m=1000.0),
        numbers([[4.0, 2.0, np.nan]], cell_m=1000.0),
    )
    assert out["score"].tolist()[:2] == [0.5, 0.25]
    assert out["resistance"].tolist()[:2] == [4.0, 2.0]
    assert out.loc[3, ["score", "resistance"]].isna().all()


def test_sources_of_one_massif_are_counted():
    zones = grid(np.full((2, 4), 2), "1", dtype=np.int32, nodata=0, cell_m=1000.0)
    assert sources(LABELS, SCORE, HARD, zones, MASSIFS)["name"].tolist() == ["Qin 1", "Qin 2"]


def test_without_massifs_and_reserves_nothing_is_made_up():
    out = sources(LABELS, SCORE, HARD)
    assert out["name"].tolist() == ["1", "2"]
    assert out["massif"].tolist() == ["", ""]
    assert out["protected_share"].isna().all()
    assert np.isnan(out.attrs["capture"])
    assert out.attrs["captured"] is None
    away = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(9e6, 0, 9.1e6, 10)], crs=EQUAL_AREA)
    off = sources(LABELS, SCORE, HARD, protected_areas=away)
    assert off["protected_share"].tolist() == [0.0, 0.0]
    assert np.isnan(off.attrs["capture"])
