"""The pattern held against the ground: what rules bring about is no evidence, and what is evidence can fail."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.flow.plan import Plan, Source, step
from shanshui.pattern.red_lines import red_line_candidate, red_line_share, security_districts
from shanshui.pattern.validation import pattern_validation
from shanshui.queries.validation import FORCED, statements
from shanshui.terrain.extent import region_mask

GRID = grid_spec(16, 24, cell_m=1000.0)
FOREST, FARMED, BUILT = (covers()[w].code for w in ("forest", "farmed", "built"))
PUBLISHED = pd.DataFrame(
    {
        "measure": ["red_line_share", "extreme_share"], "place": ["1", "1"], "than": ["2", "2"],
        "statement": ["more of the mountains lies in the line", "more of the mountains is extremely important"], "source": "known",
        "low": np.nan, "high": np.nan,
    }
)  # fmt: skip


def lay(values, dtype=np.uint8, nodata=0):
    return GRID.lay(np.asarray(values, dtype), "1", nodata=nodata)


def all_of(value, dtype=np.uint8):
    return np.full(GRID.shape, value, dtype)


MASK = GRID.lay(all_of(1), "1")


def box(left, top, right, bottom):
    """Rows and columns as a box on the ground."""
    return shapely.box(
        GRID.left + left * 1000, GRID.top - bottom * 1000, GRID.left + right * 1000, GRID.top - top * 1000
    )  # fmt: skip


def ground():
    """A county of forest in the west, one of fields and a town in the east."""
    cover = all_of(FOREST)
    cover[:, 12:], cover[:2, 12:] = FARMED, FOREST
    cover[12:, 20:] = BUILT
    return lay(cover)


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=GRID.crs)


COUNTIES = frame(box(0, 0, 12, 16), box(12, 0, 24, 16), code=["1", "2"], name=["hills", "plain"])
COUNTIES.index = pd.RangeIndex(1, 3, name="unit")
RESERVES = frame(box(2, 2, 8, 8))


def held(importance, **given):
    line = red_line_candidate(
        importance, MASK, None, RESERVES, ground(), smooth=False, least_km2=0.0, **given
    )
    labels = all_of(1, np.int32)
    labels[:, 12:] = 2
    labels = lay(labels, np.int32)
    return pattern_validation(
        ground(), MASK, line, None, importance, protected_areas=RESERVES, published=PUBLISHED,
        red_line_share=red_line_share(labels, line, COUNTIES), security_districts=security_districts(labels, importance, COUNTIES),
    ).set_index(["measure", "subject"])  # fmt: skip


def test_no_statement_agrees_with_whatever_is_important_unless_a_rule_is_named():
    agreed = []
    for seed in range(24):
        random = np.random.default_rng(seed)
        found = held(lay(random.choice([1, 3, 5], GRID.shape)))
        agreed.append(found["verdict"] == "agrees")
    always = pd.concat(agreed, axis=1).all(axis=1)
    unexplained = always & (found["forced_by"] == "")
    # classes tell ground apart, wherever they lie
    assert {name for name, _ in always.index[unexplained]} <= {"importance_class"}
    assert always["forest_to_farmed", ""]
    assert always["red_line_of", "built"]
    assert always["red_line_share", "1"]
    assert always["captured", "red_line"]
    # what is held before anything is left out can fail
    assert not always["important_forest_to_farmed", ""]
    assert not always["extreme_share", "1"]


class Study:
    """As much of a study as verdicts look at."""

    def __init__(self, table, made=(), **settings):
        mine = Source("protection_importance", step(red_line_candidate).card.needs["protection_importance"], "", {}, dict, lambda c: None, region_mask)  # fmt: skip
        mask = Source("region_mask", step(red_line_candidate).card.needs["region_mask"], "", {}, dict, lambda c: None, region_mask)  # fmt: skip
        plan = Plan.of(step(red_line_candidate, **settings), sources=[mine, mask])
        self.plan = SimpleNamespace(steps={**plan.steps, "pattern_validation": None})
        self.table, self.made = table.reset_index(), made

    def state(self, name):
        return "made"

    def has(self, name):
        return name in self.made

    def __getitem__(self, name):
        return self.table


def verdicts(table, made=(), **settings):
    return {
        (s.row["measure"], s.row["subject"]): (s.row["verdict"], s.to_dict()["forced"])
        for s in statements(Study(table, made, **settings))
    }


def test_an_agreement_that_a_rule_brings_about_is_forced_whichever_rule_it_is():
    importance = all_of(5)
    importance[:, :8] = 1
    table = held(lay(importance))
    by_rule = verdicts(table, ("protected_areas",))
    assert by_rule["red_line_share", "1"][0] == FORCED
    assert by_rule["forest_to_farmed", ""][0] == FORCED
    assert by_rule["captured", "red_line"] == (FORCED, "protected_areas: a rule leaves its ground out or takes it in")  # fmt: skip
    assert by_rule["extreme_share", "1"][0] == "agrees"
    assert by_rule["important_forest_to_farmed", ""][0] == "unknown"
    # towns are out by their land where no cover is
    none = {"leave_out": ()}
    assert verdicts(table, ("developed_land",), **none)["red_line_of", "built"][0] == FORCED
    assert verdicts(table, ("basic_farmland",), **none)["forest_to_farmed", ""][0] == FORCED
    free = verdicts(table, **none)
    assert {free[k][0] for k in (("red_line_of", "built"), ("forest_to_farmed", ""), ("red_line_share", "1"))} == {"agrees"}  # fmt: skip
    # a rule explains no disagreement
    assert verdicts(held(lay(6 - importance)), ("protected_areas",))["extreme_share", "1"] == ("differs", "")  # fmt: skip


# species


def points(names, places):
    return frame(*(shapely.Point(GRID.left + x * 1000, GRID.top - y * 1000) for x, y in places), species=names)  # fmt: skip


PLACES = [(x, y) for y in (2, 6, 10, 14) for x in (2, 6, 10, 14, 18, 22)]
HABITATS = pd.DataFrame(
    {"species": ["Aa bb", "Cc dd", "Ee ff"], "threat": "EN", "low_m": 0.0, "high_m": 3000.0, "covers": "forest"}
)  # fmt: skip


def ranked(ranges, **settings):
    line = all_of(0)
    line[:, :8] = 1
    found = pattern_validation(
        ground(), MASK, lay(line, nodata=255), species_ranges=ranges, species_habitats=HABITATS, **settings
    )  # fmt: skip
    return found.set_index("measure").loc["richness_rank"]


def test_a_species_counts_once_at_a_place_however_many_rows_name_it():
    west = [p for p in PLACES if p[0] < 8]
    names = ["Aa bb"] * len(PLACES) + ["Cc dd"] * len(west)
    once = ranked(points(names, [*PLACES, *west]))
    assert once["ours"] == pytest.approx(1.0)
    # records of one species repeated in the east make it no richer
    east = [p for p in PLACES if p[0] > 8]
    more = ranked(points([*names, *["aa bb"] * 3 * len(east)], [*PLACES, *west, *east, *east, *east]))  # fmt: skip
    assert more["ours"] == pytest.approx(1.0)


def test_outlines_of_one_species_spelt_in_two_ways_are_one():
    halves = box(0, 0, 12, 16), box(12, 0, 24, 16)
    ranges = frame(*halves, *halves, halves[1], species=["Aa bb", "Aa bb", "Cc dd", "Ee ff", "ee FF"])  # fmt: skip
    assert np.isnan(ranked(ranges)["ours"])


def test_the_side_of_the_cells_of_a_range_map_is_that_of_the_setting():
    apart = [(x, y) for y in (4, 12) for x in (2, 6, 10, 14, 18, 22)]
    west = [p for p in apart if p[0] < 8]
    ranges = points(["Aa bb"] * len(apart) + ["Cc dd"] * len(west), [*apart, *west])
    assert ranked(ranges)["note"].startswith("12 cells")
    assert ranked(ranges, range_cell_km=8.0)["note"].startswith("12 cells")
    # cells of a square kilometre hold the ground below four of its centres at most
    with pytest.raises(Exception, match="range_cell_km"):
        ranked(ranges, range_cell_km=-1.0)
    one = points(["Aa bb"], [(2, 2)])
    assert np.isnan(ranked(one, range_cell_km=4.0)["ours"])
