"""A setting that moves a product to another scale is refused where limits were published for the first."""

import pytest

from shanshui import new_study, open_study
from shanshui.core.errors import PlanError


def test_a_window_set_to_another_scale_is_refused(tmp_path):
    new_study(tmp_path / "m", template="made-up", size=64)
    plan = open_study(tmp_path / "m").base
    with pytest.raises(PlanError, match=r"is read over 1 to 5 km2, but 'landform_relief' is measured over 256 km2"):  # fmt: skip
        plan.with_settings({"landform_relief": {"window_m": "16000"}})
    assert plan.with_settings({"landform_relief": {"window_m": "1500"}}).steps["landform_relief"].settings  # fmt: skip
