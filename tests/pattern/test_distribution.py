"""Where species are found: models that recover a planted truth, that refuse chance, and points that are none."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.pattern.distribution import CHANCE, FEW, USED, species_distribution, species_models
from shanshui.pattern.presence_model import Cells, auc, boyce, fitted, folds_of
from shanshui.pattern.suitability import habitat_suitability

GRID = grid_spec(120, 120, cell_m=1000.0)
TAKIN = "Budorcas taxicolor"
ROW, COL = np.indices(GRID.shape)


def lay(values, unit="1", **more):
    return GRID.lay(np.asarray(values), unit, **more)


def ground():
    """Ridges from north to south, of 300 to 2700 m, cover in patches of its own."""
    height = 1500.0 + 1200.0 * np.sin(COL / 9.0) * np.cos(ROW / 23.0)
    cover = np.where(
        (ROW // 7 + COL // 11) % 3 == 0, covers()["farmed"].code, covers()["forest"].code
    )
    return {
        "elevation": lay(height.astype(np.float32), "m"),
        "slope": lay((10.0 + 5.0 * np.cos(COL / 5.0)).astype(np.float32), "degree"),
        "cover_type": lay(cover.astype(np.uint8), nodata=0),
        "region_mask": lay(np.ones(GRID.shape, np.uint8)),
    }


def truth(maps):
    """Planted: best at 2000 m, and four times better in forest."""
    height, cover = maps["elevation"].values, maps["cover_type"].values
    return np.exp(-(((height - 2000.0) / 350.0) ** 2)) * np.where(
        cover == covers()["forest"].code, 1.0, 0.25
    )


def points(rows, cols, species=TAKIN, **columns):
    x, y = GRID.left + (cols + 0.5) * GRID.cell_m, GRID.top - (rows + 0.5) * GRID.cell_m
    names = [species] * len(x) if isinstance(species, str) else species
    return gpd.GeoDataFrame(
        {"species": names, **columns}, geometry=gpd.points_from_xy(x, y), crs=GRID.crs
    )


def drawn(weight, count, seed=0):
    at = np.random.default_rng(seed).choice(
        weight.size, count, replace=False, p=(weight / weight.sum()).ravel()
    )
    return np.divmod(at, GRID.nx)


@pytest.fixture(scope="module")
def planted():
    maps = ground()
    seen = points(*drawn(truth(maps), 150))
    return maps, seen, species_distribution(seen, **maps, background=4000)


def test_a_planted_truth_is_recovered_on_ground_that_was_held_back(planted):
    maps, seen, table = planted
    row = table.iloc[0]
    assert (row["verdict"], row["used"], row["presences"]) == (USED, 1, 150)
    assert row["auc"] > 0.8
    assert row["boyce"] > 0.8
    models = species_models(seen, table, **maps)
    found = habitat_suitability(
        maps["elevation"],
        maps["cover_type"],
        maps["region_mask"],
        None,
        models,
        maps["slope"],
        species="takin",
    ).values
    rank = pd.Series(found.ravel()).corr(pd.Series(truth(maps).ravel()), method="spearman")
    assert rank > 0.9
    best = maps["elevation"].values[found > 0.9 * found.max()]
    assert 1700 < best.mean() < 2300
    assert 0 <= found.min() <= found.max() <= 1


def test_points_anywhere_are_no_better_than_chance_and_make_no_model():
    maps = ground()
    seen = points(*drawn(np.ones(GRID.shape), 150, seed=3))
    table = species_distribution(seen, **maps, background=4000)
    row = table.iloc[0]
    assert 0.35 < row["auc"] < 0.65
    assert (row["verdict"], row["used"]) == (CHANCE, 0)
    assert "AUC" in row["reason"]
    assert species_models(seen, table, **maps).empty


def test_the_same_points_give_the_same_numbers_in_any_order(planted):
    maps, seen, table = planted
    turned = seen.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(species_distribution(turned, **maps, background=4000), table)
    pd.testing.assert_frame_equal(
        species_models(turned, table, **maps), species_models(seen, table, **maps)
    )


def test_another_seed_draws_another_background(planted):
    maps, seen, table = planted
    assert species_distribution(seen, **maps, background=4000, seed=1)["auc"][0] != table["auc"][0]


def test_points_of_one_cell_count_once_and_names_of_any_language_are_one_species():
    maps = ground()
    rows, cols = drawn(truth(maps), 30)
    seen = points(np.tile(rows, 3), np.tile(cols, 3), [TAKIN] * 30 + ["takin"] * 30 + ["羚牛"] * 30)
    table = species_distribution(seen, **maps, background=1000)
    assert table[["species", "points", "presences"]].to_numpy().tolist() == [[TAKIN, 90, 30]]


def test_a_row_that_says_that_a_species_was_not_found_is_no_presence():
    maps = ground()
    rows, cols = drawn(truth(maps), 40)
    seen = points(rows, cols, presence=[1] * 25 + [0] * 15)
    assert species_distribution(seen, **maps, background=1000)["points"].tolist() == [25]
    for column, words in (
        ("presence", ("Y", "N")),
        ("有无", ("有", "无")),
        ("count", (3, 0)),
        ("数量", ("3", "无")),
    ):
        seen = points(rows, cols, **{column: [words[0]] * 25 + [words[1]] * 15})
        assert species_distribution(seen, **maps, background=1000)["points"].tolist() == [25]


def test_points_without_a_name_are_of_no_species():
    maps = ground()
    rows, cols = drawn(truth(maps), 30)
    table = species_distribution(points(rows, cols, [None] * 30), **maps, background=500)
    assert len(table) == 0
    assert {"species", "auc", "verdict"} <= set(table.columns)


def test_too_few_cells_or_too_few_blocks_leave_a_species_out_with_the_reason():
    maps = ground()
    rows, cols = drawn(truth(maps), 19)
    row = species_distribution(points(rows, cols), **maps, background=500).iloc[0]
    assert (row["verdict"], row["used"]) == (FEW, 0)
    assert "found in 19 cells, least_cells is 20" in row["reason"]
    assert np.isnan(row["auc"])
    crowd = points(*np.divmod(np.arange(25), 5))
    row = species_distribution(crowd, **maps, background=500, block_km=50.0).iloc[0]
    assert (row["verdict"], row["blocks"]) == (FEW, 1)
    assert "block_km" in row["reason"]


def test_points_in_the_sea_and_outside_are_told_and_all_of_them_are_refused():
    maps = ground()
    height = maps["elevation"].values.copy()
    height[:, 100:] = np.nan
    maps["elevation"] = lay(height, "m")
    mask = np.ones(GRID.shape, np.uint8)
    mask[110:] = 0
    maps["region_mask"] = lay(mask)
    rows, cols = np.array([5, 115, 50]), np.array([110, 5, 50])
    row = species_distribution(points(rows, cols), **maps, background=500).iloc[0]
    assert (row["points"], row["no_ground"], row["outside"], row["presences"]) == (3, 1, 1, 1)
    assert "1 lie outside the region and 1 lie in the sea" in row["reason"]
    with pytest.raises(
        QuantityError, match=r"none of 2 points .* 1 lie outside it, 1 in the sea .* swapped"
    ):
        species_distribution(points(rows[:2], cols[:2]), **maps)


def test_water_at_no_height_is_the_sea():
    maps = ground()
    maps["cover_type"] = lay(np.full(GRID.shape, covers()["water"].code, np.uint8), nodata=0)
    maps["elevation"] = lay(np.zeros(GRID.shape, np.float32), "m")
    with pytest.raises(QuantityError, match="in the sea"):
        species_distribution(points(np.arange(30), np.arange(30)), **maps)


# numbers


def test_auc_by_hand_and_as_the_library_has_it():
    from sklearn.metrics import roc_auc_score

    # pairs: 3>1 3>2 3=3 | 2>1 2=2 2<3 -> (2 + .5 + 1 + .5) / 6
    assert auc(np.array([3.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(4 / 6)
    random = np.random.default_rng(1)
    here, there = random.integers(0, 9, 40).astype(float), random.integers(0, 7, 200).astype(float)
    known = roc_auc_score(np.repeat([1, 0], [40, 200]), np.concatenate([here, there]))
    assert auc(here, there) == pytest.approx(known)
    assert np.isnan(auc(here[:0], there))


def test_the_boyce_index_is_one_where_presences_rise_with_the_prediction():
    there = np.linspace(0.0, 1.0, 2001)
    rising = np.repeat(there, (np.arange(2001) // 20).astype(int))
    assert boyce(rising, there) > 0.99
    assert boyce(1.0 - rising, there) < -0.99
    assert np.isnan(boyce(there, np.full(10, 0.5)))


def test_the_boyce_index_by_hand():
    # windows of 0.1 along 0 to 1; ground even; presences in the upper fifth only: ratio 0 below, 5 where a window lies wholly above
    there = np.linspace(0.0, 1.0, 1001)
    here = np.linspace(0.8, 1.0, 201)
    starts = np.linspace(0.0, 0.9, 101)
    ratio = [
        ((here >= s) & (here <= s + 0.1)).mean() / ((there >= s) & (there <= s + 0.1)).mean()
        for s in starts
    ]
    wanted = pd.Series(ratio).corr(pd.Series(starts), method="spearman")
    assert boyce(here, there) == pytest.approx(wanted, abs=1e-9)
    assert wanted < 0.9


def test_the_slopes_are_those_of_the_poisson_process():
    # of a density exp(b z) on a normal background the presences are normal about b: the slope is their mean
    random = np.random.default_rng(0)
    there, here = random.normal(0, 1, 20000), random.normal(0.8, 1, 4000)
    zero = np.zeros(20000, np.intp)
    model = fitted(Cells(here[:, None], zero[:4000]), Cells(there[:, None], zero), 1e-3)
    assert model.linear[0] / model.sd[0] == pytest.approx(0.8, abs=0.06)
    assert model.square[0] == pytest.approx(0.0, abs=0.04)


def test_the_model_does_not_go_on_beyond_what_it_has_seen():
    random = np.random.default_rng(0)
    there, here = random.uniform(0, 1, (2000, 1)), random.uniform(0.7, 1, (100, 1))
    zero = np.zeros(2000, np.intp)
    model = fitted(Cells(here, zero[:100]), Cells(there, zero), 1.0)
    at = np.array([[float(there.max())], [5.0]])
    inside, beyond = model.suitability(Cells(at, zero[:2]))
    assert inside == beyond


def test_folds_are_whole_blocks_with_presences_in_each():
    blocks = np.stack(np.divmod(np.arange(400) // 4, 10), axis=1)
    present = np.arange(400) % 40 < 8
    fold = folds_of(blocks, present, 5, 0)
    for block in np.unique(blocks, axis=0):
        assert len(set(fold[(blocks == block).all(axis=1)])) == 1
    counts = np.bincount(fold[present], minlength=5)
    assert counts.min() == counts.max() == 16
    assert np.bincount(fold).max() - np.bincount(fold).min() <= 16
    assert (folds_of(blocks, present, 5, 1) != fold).any()
