"""A setting that tells how another step's product came about is that step's, unless it is set itself."""

import pytest

from shanshui.core.errors import PlanError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step
from shanshui.pattern.core_area import core_area, core_area_share
from shanshui.pattern.species import species_habitat, species_richness
from shanshui.terrain.extent import region_mask


def columns(quantity):
    return len(getattr(quantity, "fields", ()))


def plan(*steps):
    names = {s.name for s in steps}
    needs = {n for s in steps for n in s.card.needs if n not in names | s.card.optional}
    # as the door gives them: with all columns that any step takes
    kinds = {
        n: max((s.card.needs[n] for s in steps if n in s.card.needs), key=columns)
        for n in sorted(needs)
    }
    given = [Source(n, q, "", {}, dict, lambda c: None, region_mask) for n, q in kinds.items()]
    return Plan.of(*steps, sources=given)


def told(made, name):
    item = made.steps[name]
    return item.card.checked(item.settings)


def test_a_step_takes_over_what_another_was_set_to():
    made = plan(step(core_area), step(core_area_share))
    assert told(made, "core_area_share")["zone_ground"] == "important"
    assert made.steps["core_area_share"].settings == {}
    changed = made.with_settings({"core_area": {"zone_ground": "none"}})
    assert told(changed, "core_area_share")["zone_ground"] == "none"
    again = changed.with_settings({"core_area": {"zone_ground": "whole"}})
    assert told(again, "core_area_share")["zone_ground"] == "whole"
    # settings of a plan as it is written are taken over too, in whatever order steps stand
    written = plan(step(core_area_share), step(core_area, zone_ground="none"))
    assert told(written, "core_area_share")["zone_ground"] == "none"


def test_what_is_set_itself_stays():
    made = plan(step(species_richness), step(species_habitat))
    own = made.with_settings({"species_habitat": {"range_cell_km": 50.0}})
    both = own.with_settings({"species_richness": {"range_cell_km": 96.0}})
    assert told(both, "species_habitat")["range_cell_km"] == 50.0
    taken = made.with_settings({"species_richness": {"range_cell_km": 96.0}})
    assert told(taken, "species_habitat")["range_cell_km"] == 96.0
    later = taken.with_settings({"species_habitat": {"range_cell_km": 10.0}})
    last = later.with_settings({"species_richness": {"range_cell_km": 20.0}})
    assert told(last, "species_habitat")["range_cell_km"] == 10.0


def test_without_the_other_step_the_default_stands():
    made = plan(step(core_area_share))
    assert told(made, "core_area_share")["zone_ground"] == "important"
    with pytest.raises(PlanError, match="no step 'core_area'"):
        made.with_settings({"core_area": {"zone_ground": "none"}})


def test_what_a_step_follows_is_a_setting_of_a_step_of_the_plans():
    from shanshui.plans.pattern import pattern

    steps = {s.name: s for s in pattern({"species_ranges", "statutory_zones"})}
    follows = [(s, word, leader) for s in steps.values() for word, leader in s.card.follows.items()]
    assert len(follows) >= 3
    for item, word, leader in follows:
        assert word in item.card.settings
        assert word in steps[leader].card.settings
        assert item.card.settings[word] == steps[leader].card.settings[word]


def test_a_variant_is_named_by_what_was_set_not_by_what_follows():
    from shanshui.flow.variants import settings_over

    made = plan(step(core_area), step(core_area_share))
    changed = made.with_settings({"core_area": {"zone_ground": "none"}})
    assert settings_over(changed, made) == {"core_area": {"zone_ground": "none"}}
    again = made.with_settings(settings_over(changed, made))
    assert told(again, "core_area_share")["zone_ground"] == "none"
