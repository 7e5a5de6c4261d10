"""Settings as one table."""

import pytest

from shanshui.core.assessment import card_of
from shanshui.core.errors import PlanError
from shanshui.core.setting import OneOf
from shanshui.flow.steps import Step
from shanshui.pattern.importance import importance_grade
from shanshui.queries.settings import settings, told_of


def test_every_setting_of_the_region_has_its_limits_and_its_meaning(region):
    found = settings(region)
    steps = {n: s for n, s in region.plan.steps.items() if isinstance(s, Step)}
    assert len(found) == sum(len(s.card.settings) for s in steps.values())
    assert [s for s in found if not s.said] == []
    one = {s.name: s for s in settings(region, "importance_water")}
    least = one["least_of_mean"]
    assert (least.value, least.default, least.unit, least.limits, least.tag) == (
        0.1,
        0.1,
        "1",
        "0 to 1",
        "D",
    )
    for each in found:
        limits = steps[each.step].card.ranges.get(each.name)
        assert each.limits == ("" if limits is None else each.limits)
        if isinstance(limits, OneOf):
            assert each.limits.split(" | ") == list(limits.words)


def test_what_is_set_otherwise_is_marked(region):
    plan = region.base.with_settings({"importance_water": {"least_of_mean": 0.2}})
    view = region.view("other", plan)
    changed = [s for s in settings(view, "importance_water") if s.changed]
    assert [(s.name, s.value) for s in changed] == [("least_of_mean", 0.2)]
    assert changed[0].to_dict()["changed"] is True


def test_a_step_that_is_not_there_is_refused(region):
    with pytest.raises(
        PlanError, match="no step 'importance_watr'; did you mean 'importance_water'"
    ):
        settings(region, "importance_watr")


def test_units_of_parameters_told_together():
    text = "Title.\n\na, b : float [km2], float [1]\n    Both.\nc : int\n    One."
    assert told_of(text, "a") == ("km2", "Both.")
    assert told_of(text, "b") == ("1", "Both.")
    assert told_of(text, "c") == ("", "One.")
    assert told_of(text, "d") == ("", "")
    assert told_of(card_of(importance_grade).fn.__doc__ or "", "nothing") == ("", "")
