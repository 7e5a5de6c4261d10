"""The made-up region has a planted truth: reserves stand where its species live, and the pattern must find them."""

import numpy as np
import pytest

from shanshui import new_study, open_study
from shanshui.core.cover import codes_of
from shanshui.region.grid import GridSpec
from shanshui.study.made_up.ground import frame_of
from shanshui.study.made_up.species import INVENTED, planted, reserve_labels, species_ranges


@pytest.fixture(scope="module", params=[(96, 0), (128, 7)], ids=lambda p: f"{p[0]}-{p[1]}")
def region(request, tmp_path_factory):
    size, seed = request.param
    folder = tmp_path_factory.mktemp("planted") / "m"
    new_study(folder, template="made-up", size=size, seed=seed)
    study = open_study(folder)
    study.run("pattern_validation", "sources", "red_line_cover", "red_line_candidate", workers=2)
    return study


def world(seed, size=96):
    return frame_of(GridSpec("+proj=aea +lat_1=30 +lat_2=34 +lon_0=107", 250.0, 0.0, size * 250.0, size, size), seed)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_species_live_where_they_are_said_to_and_reserves_where_they_live(seed):
    frame = world(seed)
    truth = planted(frame)
    level = frame.height / frame.height.max()
    for one, lives in zip(INVENTED, truth.lives, strict=True):
        assert (level[lives] >= one.low).all()
        assert (level[lives] <= one.high).all()
    reserves = reserve_labels(frame) > 0
    assert 0.02 < reserves.mean() < 0.14
    # no copy of the truth: people who draw reserves err, yet they are right far more often than not
    assert truth.worth[reserves].mean() > 2.5 * truth.worth[~reserves].mean()
    assert (truth.worth[reserves] < np.median(truth.worth[truth.worth > 0])).any()
    ranges = species_ranges(frame)
    assert set(ranges["species"]) == {one.latin for one in INVENTED}
    assert ranges.is_valid.all()


def test_the_world_of_a_seed_is_the_same_twice_and_another_for_another_seed():
    one, again, other = (reserve_labels(world(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_sources_find_more_than_half_of_the_reserves(region):
    measures = region["pattern_validation"].set_index(["measure", "subject"])
    found = measures.loc[("captured", "sources")]
    assert found["verdict"] == "agrees"
    assert region["sources"].attrs["capture"] > 0.5
    # and not because they are everywhere
    mask = region["region_mask"].values == 1
    assert (region["source_cells"].values[mask] > 0).mean() < 0.25


def test_models_of_what_people_saw_find_where_the_species_truly_live(region):
    region.run("species_distribution", workers=2)
    found = region["species_distribution"]
    assert len(found) == 3
    assert (found["auc"] > 0.6).all()
    assert (found["used"] == 1).sum() >= 2


def test_the_line_and_the_sources_take_wild_ground(region):
    cover = region["red_line_cover"].set_index("cover")
    assert cover.loc["forest", "share"] > 2 * cover.loc["farmed", "share"]
    assert cover.loc["built", "share"] < 0.05
    extreme = cover["extreme_km2"] / cover["area_km2"]
    assert extreme["forest"] > 1.5 * extreme["farmed"]
    chosen = region["source_cells"].values > 0
    kinds = region["cover_type"].values
    assert np.isin(kinds[chosen], codes_of(("forest", "grass", "shrub"))).mean() > 0.9
    height, mask = region["elevation"].values, region["region_mask"].values == 1
    assert height[chosen].mean() > height[mask].mean()
