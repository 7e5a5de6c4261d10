"""Ground that suits a species, by what is known of it; which species a word means; and how hard the ground between is to cross."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.pattern.habitat_evidence import FALL, NOTHING, PREFERENCES, RANGE, height_preference
from shanshui.pattern.linkage import corridors, least_cost_links
from shanshui.pattern.sources import sources
from shanshui.pattern.species import habitats_of
from shanshui.pattern.species_names import FOCAL, called, species_called
from shanshui.pattern.species_resistance import species_patch_cells, species_resistance
from shanshui.pattern.suitability import focal_habitats, habitat_suitability, suitable_habitat

GRID = grid_spec(20, 30, cell_m=1000.0)
FOREST, SHRUB, FARMED, BUILT = (covers()[w].code for w in ("forest", "shrub", "farmed", "built"))
SHIPPED = habitats_of(None)
OWN = SHIPPED.reset_index(drop=True)


def lay(values, unit="1", **more):
    return GRID.lay(np.broadcast_to(np.asarray(values), GRID.shape).copy(), unit, **more)


def ground(height, cover):
    return (
        lay(np.asarray(height, np.float32), "m"),
        lay(np.asarray(cover, np.uint8), nodata=0),
        lay(np.ones(GRID.shape, np.uint8)),
    )


def ranges(species, west, east):
    box = shapely.box(GRID.left + west * 1000.0, 0, GRID.left + east * 1000.0, GRID.top)
    return gpd.GeoDataFrame({"species": [species]}, geometry=[box], crs=GRID.crs)


# which species


@pytest.mark.parametrize(
    ("word", "species"),
    [("takin", "Budorcas taxicolor"), ("Takin", "Budorcas taxicolor"), ("羚牛", "Budorcas taxicolor"), ("budorcas_taxicolor", "Budorcas taxicolor"),
     ("Budorcas taxicolor bedfordi", "Budorcas taxicolor"), ("golden monkey", FOCAL["golden_monkey"]), ("golden-monkey", FOCAL["golden_monkey"]),
     ("金丝猴", FOCAL["golden_monkey"]), ("musk deer", FOCAL["musk_deer"]), ("giant panda", FOCAL["giant_panda"]), ("panda", FOCAL["giant_panda"]),
     ("red panda", "Ailurus fulgens"), ("熊猫", FOCAL["giant_panda"]), ("朱鹮", FOCAL["crested_ibis"]), ("leopard", "Panthera pardus")],
)  # fmt: skip
def test_a_word_means_one_species(word, species):
    assert species_called(word, SHIPPED) == species


@pytest.mark.parametrize(
    ("word", "says"),
    [("takni", "did you mean 'takin'"), ("", "no species ''"), ("serval", "no species 'serval'"), ("pheasant", "may be .* or .*; give one name")],
)  # fmt: skip
def test_a_word_that_means_none_or_several_is_refused(word, says):
    with pytest.raises(QuantityError, match=says):
        species_called(word, SHIPPED)


def test_groups_are_read_from_the_table():
    assert set(called("focal", SHIPPED)) == set(FOCAL.values())
    assert set(called("受威胁", SHIPPED)) == set(
        SHIPPED.index[SHIPPED["threat"].isin(["VU", "EN", "CR"])]
    )
    assert set(called("Endemic species", SHIPPED)) == set(SHIPPED.index[SHIPPED["endemic"] == 1])
    own = SHIPPED[~SHIPPED.index.isin(FOCAL.values())].head(3)
    assert called("focal", own) == tuple(own.index)
    assert called("focal", own.assign(focal=[0, 1, 0])) == (own.index[1],)
    with pytest.raises(QuantityError, match="no species of the group 'endemic'"):
        called("endemic", own.assign(endemic=0))


def test_all_five_are_shipped_with_names_in_both_languages():
    rows = SHIPPED.loc[list(FOCAL.values())]
    assert rows[["en", "zh"]].map(bool).all().all()
    assert rows.loc["Nipponia nippon", "zh"] == "朱鹮"


# suitability


def test_heights_rise_and_fall_and_end():
    found = height_preference(
        np.array([999.0, 1000.0, 1150.0, 1500.0, 1925.0, 2000.0, 2001.0, np.nan]), 1000.0, 2000.0
    )
    assert found.tolist() == pytest.approx([0, 0, 1, 1, 0.5, 0, 0, 0])
    assert height_preference(np.array([-5.0, 0.0, 850.0]), 0.0, 1000.0).tolist() == [1, 1, 1]


def test_beyond_its_heights_or_range_or_covers_nothing_suits():
    height = np.linspace(0, 5800, GRID.nx)[None, :]
    cover = np.repeat([FOREST, SHRUB, FARMED, BUILT], 5)[:, None]
    maps = ground(np.broadcast_to(height, GRID.shape), np.broadcast_to(cover, GRID.shape))
    found = habitat_suitability(*maps, species="takin", species_habitats=OWN).values
    row = SHIPPED.loc["Budorcas taxicolor"]
    beyond = (maps[0].values <= row["low_m"]) | (maps[0].values >= row["high_m"])
    assert (found[beyond] == 0).all()
    assert found[0].max() == 1
    assert found[5].max() == pytest.approx(FALL)
    assert (found[10:] == 0).all()
    ranged = habitat_suitability(*maps, ranges("Budorcas taxicolor", 0, 12), species="羚牛").values
    assert (ranged[:, 12:] == 0).all()
    np.testing.assert_array_equal(ranged[:, :12], found[:, :12])


def test_what_is_unknown_stays_unknown():
    height, cover = np.full(GRID.shape, 2000.0), np.full(GRID.shape, FOREST)
    height[0, 0], cover[0, 1] = np.nan, 0
    maps = ground(height, cover)
    maps[2].values[0, 2] = 0
    own = {"species_habitats": OWN}
    for found in (habitat_suitability(*maps, **own), focal_habitats(*maps, **own)["takin"]):
        assert np.isnan(found.values[0, :3]).all()
        assert np.isfinite(found.values[0, 3:]).all()


def test_a_group_is_the_mean_of_those_that_are_known_here():
    maps = ground(np.full(GRID.shape, 2200.0), np.full(GRID.shape, FOREST))
    both = pd.concat(
        [ranges("Budorcas taxicolor", 0, 20), ranges("Ailuropoda melanoleuca", 10, 30)]
    )
    found = habitat_suitability(*maps, both, species="focal").values[0]
    # one species, two, one: half, all, half; the ibis has no range and is left out
    assert found[[5, 15, 25]].tolist() == pytest.approx([0.5, 1.0, 0.5])
    table = suitable_habitat(*maps, both, species_habitats=OWN).set_index("species")
    assert table.loc["Budorcas taxicolor", ["rests_on", "suitable_km2", "height_m"]].tolist() == [
        RANGE,
        400.0,
        2200.0,
    ]
    assert table.loc["Nipponia nippon", "rests_on"] == PREFERENCES
    assert "no range" in table.loc["Nipponia nippon", "reason"]
    assert set(table.index) == set(FOCAL.values())


def test_of_species_that_nobody_said_live_here_nothing_is_told():
    maps = ground(np.full(GRID.shape, 2200.0), np.full(GRID.shape, FOREST))
    takin = ranges("Budorcas taxicolor", 0, 20)
    layers = focal_habitats(*maps, takin)
    assert set(layers.attrs["missing_because"]) == set(FOCAL) - {"takin"}
    assert np.isnan(layers["giant_panda"].values).all()
    assert np.isfinite(layers["takin"].values).all()
    table = suitable_habitat(*maps, takin).set_index("species")
    assert table.loc["Nipponia nippon", "rests_on"] == NOTHING
    assert "neither range nor presences" in table.loc["Nipponia nippon", "reason"]
    with pytest.raises(QuantityError, match="nothing is known of Ailuropoda melanoleuca here"):
        habitat_suitability(*maps, takin, species="panda")
    with pytest.raises(QuantityError, match="nothing is known"):
        habitat_suitability(*maps)


def test_where_nothing_is_known_of_any_species_the_table_has_no_rows():
    maps = ground(np.full(GRID.shape, 2200.0), np.full(GRID.shape, FOREST))
    own = SHIPPED.loc[["Panthera pardus"]].reset_index(drop=True).assign(focal=0)
    table = suitable_habitat(*maps, species_habitats=own)
    assert len(table) == 0
    assert list(table.columns) == ["species", "en", "zh", "focal", "rests_on", "suitable_km2", "height_m", "reason"]  # fmt: skip
    assert table.attrs["units"]["suitable_km2"] == "km2"
    # and one where a range is given
    leopard = ranges("Panthera pardus", 0, 20)
    assert len(suitable_habitat(*maps, leopard, species_habitats=own)) == 1
    with pytest.raises(QuantityError, match="no species of the group 'focal'; name a species"):
        habitat_suitability(*maps, species_habitats=own)


def test_a_study_s_own_table_keeps_the_five_layers():
    maps = ground(np.full(GRID.shape, 2200.0), np.full(GRID.shape, FOREST))
    own = SHIPPED.loc[["Panthera pardus"]].reset_index(drop=True)
    assert list(focal_habitats(*maps, species_habitats=own).data_vars) == list(FOCAL)
    assert habitat_suitability(*maps, species_habitats=own).attrs["species"] == "Panthera pardus"
    with pytest.raises(QuantityError, match="no species 'takin'"):
        habitat_suitability(*maps, species_habitats=own, species="takin")


# between


def test_resistance_bends_as_published():
    h = lay(np.linspace(0, 1, GRID.nx, dtype=np.float32)[None, :])
    found = species_resistance(h, bend=8.0).values[0]
    assert found[[0, -1]].tolist() == pytest.approx([100.0, 1.0])
    k = 12
    at = float(h.values[0, k])
    assert found[k] == pytest.approx(100 - 99 * (1 - np.exp(-8 * at)) / (1 - np.exp(-8)), rel=1e-5)
    assert (np.diff(found) < 0).all()


def test_roads_and_towns_stay_barriers_in_the_best_ground():
    h = np.ones(GRID.shape, np.float32)
    h[0, 3] = np.nan
    built, least, factor = (np.zeros(GRID.shape, np.float32) for _ in range(3))
    built[0, 0], least[0, 1], factor[:] = 1, 400.0, 1.0
    factor[0, 2] = 2.0
    found = species_resistance(lay(h), lay(built.astype(np.uint8)), lay(factor), lay(least)).values[
        0
    ]
    assert found[[0, 1, 2, 4]].tolist() == [500.0, 400.0, 2.0, 1.0]
    assert np.isnan(found[3])


def test_patches_and_the_corridor_between_them():
    h = np.full(GRID.shape, 0.05, np.float32)
    h[2:10, 2:10] = h[2:10, 20:28] = 0.9
    h[15:17, 5] = 0.9  # too small
    h[9, 10:20] = 0.4
    suits = lay(h)
    cells = species_patch_cells(suits, least_km2=20.0)
    assert sorted(np.unique(cells.values)) == [0, 1, 2]
    hard = species_resistance(suits)
    patches = sources(cells, suits, hard)
    assert patches["area_km2"].between(50, 64).all()
    ways = corridors(least_cost_links(hard, cells, patches), patches, cells, hard)
    assert len(ways) == 1
    rows = (GRID.top - np.array(ways.geometry.iloc[0].coords)[:, 1]) / 1000.0
    assert rows[len(rows) // 2] == pytest.approx(9.5)


def test_ground_that_suits_nobody_has_neither_patches_nor_corridors():
    suits = lay(np.zeros(GRID.shape, np.float32))
    cells = species_patch_cells(suits, least_suitability=0.0)
    hard = species_resistance(suits)
    patches = sources(cells, suits, hard)
    assert len(patches) == 0
    assert len(corridors(least_cost_links(hard, cells, patches), patches, cells, hard)) == 0
