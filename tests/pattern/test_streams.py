"""What is made cell by cell may be made in strips."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.core.assessment import card_of
from shanshui.pattern.erosion_strength import erosion_class, erosion_fragility
from shanshui.pattern.hazard import hazard_sensitivity, subsidence_sensitivity
from shanshui.pattern.hazard_sites import site_sensitivity
from shanshui.pattern.importance import protection_importance, service_importance, soil_importance
from shanshui.pattern.red_lines import developed_land
from shanshui.pattern.resistance import cover_resistance, slope_factor
from shanshui.pattern.sensitivity import (
    desertification_sensitivity,
    ecological_sensitivity,
    erosion_sensitivity,
    karst_sensitivity,
    potential_sensitivity,
)

STREAMED = (
    protection_importance, service_importance, soil_importance, developed_land, cover_resistance, slope_factor, erosion_class,
    erosion_fragility, erosion_sensitivity, karst_sensitivity, desertification_sensitivity, ecological_sensitivity,
    potential_sensitivity, site_sensitivity, subsidence_sensitivity, hazard_sensitivity,
)  # fmt: skip
FACTORS = pd.DataFrame(
    {
        "kind": ["erosion", "karst", "desertification"], "factor": ["local_relief", "slope", "aridity"], "low": 1.0, "middle": 0.0,
        "high": 0.0, "known": 1.0, "used": 0.0, "reason": "one score",
    }
)  # fmt: skip
TABLE = pd.DataFrame({"lucode": range(6), "built": 0.5, "resistance": np.arange(1.0, 7.0)})


@pytest.mark.parametrize("step", STREAMED, ids=lambda step: card_of(step).name)
def test_a_strip_is_the_strip_of_the_whole(step):
    card = card_of(step)
    assert card.reach({}) == 0
    random = np.random.default_rng(0)
    whole = {
        name: TABLE
        if name == "biophysical"
        else FACTORS
        if name == "sensitivity_factors"
        else grid(
            # odd codes stand for grades and scores, the only ones that they know
            random.choice([0, 1, 3, 5], (8, 5))
            if quantity.unit == "1"
            else random.uniform(0.0, 60.0, (8, 5)),
            quantity.unit,
            dtype=np.uint8 if quantity.unit == "1" else np.float32,
        )
        for name, quantity in card.needs.items()
    }
    strip = {
        n: v if isinstance(v, pd.DataFrame) else v.isel(y=slice(3, 5)) for n, v in whole.items()
    }
    np.testing.assert_array_equal(step(**strip).values, step(**whole).values[3:5])
