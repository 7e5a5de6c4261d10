"""Importance, sensitivity, red line and steep farmland; one case for each fault of the public code that must not return."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid, squares

from shanshui.core.errors import QuantityError
from shanshui.pattern.erosion_strength import erosion_class, erosion_fragility
from shanshui.pattern.importance import (
    biodiversity_index,
    importance_grade,
    protection_importance,
    service_importance,
    share_limits,
    soil_importance,
)
from shanshui.pattern.red_lines import (
    developed_land,
    red_line_candidate,
    red_line_share,
    security_districts,
    steep_farmland,
)
from shanshui.pattern.sensitivity import (
    desertification_sensitivity,
    ecological_sensitivity,
    erosion_sensitivity,
    karst_sensitivity,
)

ONE = np.uint8


def codes(rows, **words):
    return grid(rows, "1", dtype=ONE, **words)


def inside(rows, **words):
    return codes(np.ones(np.asarray(rows).shape), **words)


def test_shares_are_of_the_amount_not_of_the_area():
    amount = [[50.0, 30.0, 10.0, 5.0, 5.0]]
    out = importance_grade(grid(amount, "mm/yr"), inside(amount))
    assert out.values[0].tolist() == [1, 3, 5, 5, 5]


def test_ground_outside_is_missing_not_general():
    out = importance_grade(grid([[1.0, 2.0, np.nan]], "mm/yr"), codes([[1, 0, 1]]))
    assert out.values[0].tolist()[1:] == [0, 0]
    with pytest.raises(QuantityError, match="below"):
        importance_grade(grid([[1.0]], "1"), codes([[1]]), extreme_share=0.9)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.floats(0.05, 1.0))
def test_cells_above_a_limit_hold_at_most_the_share(values, share):
    values = np.array(values, float)
    (limit,) = share_limits(values, (share,))
    held = values[values >= limit].sum() / values.sum()
    assert held <= share * (1 + 1e-6)
    rest = values[values < limit]
    if rest.size:
        # the next cells, equal ones together, would pass it
        assert held + values[values == rest.max()].sum() / values.sum() > share * (1 - 1e-6)


def test_the_most_important_service_rules():
    """The public code takes the greatest code although 1 is the most, and fills what is missing by 5."""
    water, soil = codes([[1, 5, 0, 0]]), codes([[5, 3, 3, 0]])
    # a missing grade could be graver than 3, not than 1
    assert service_importance(water, soil).values[0].tolist() == [1, 3, 0, 0]
    assert service_importance(codes([[1, 3]]), codes([[0, 0]])).values[0].tolist() == [1, 0]
    assert service_importance(water).values[0].tolist() == [1, 5, 0, 0]
    assert protection_importance(water, soil).values[0].tolist() == [1, 3, 0, 0]
    assert protection_importance(codes([[0, 0]]), codes([[1, 5]])).values[0].tolist() == [1, 0]
    with pytest.raises(QuantityError, match="no grade"):
        service_importance()


def test_soil_importance_by_thresholds():
    out = soil_importance(
        grid([[30.0, 30.0, 16.0, 5.0]], "degree"),
        grid([[0.9, 0.7, 0.7, 0.9]], "1"),
        codes([[1] * 4]),
    )
    assert out.values[0].tolist() == [1, 3, 3, 5]


def test_high_scores_are_extremely_sensitive():
    """The public code gives the gravest places the code of the least."""
    rain = grid([[7000.0, 3000.0, 500.0]], "MJ*mm/(ha*h*yr)")
    relief, green = grid([[400.0, 100.0, 10.0]], "m"), grid([[0.1, 0.4, 0.9]], "1")
    out = erosion_sensitivity(rain, relief, green, codes([[1, 1, 1]]))
    assert out.values[0].tolist() == [1, 3, 5]


def test_a_missing_factor_is_dropped_not_filled():
    rain, relief, green = (
        grid([[7000.0]], "MJ*mm/(ha*h*yr)"),
        grid([[400.0]], "m"),
        grid([[0.1]], "1"),
    )
    with_texture = erosion_sensitivity(rain, relief, green, codes([[1]]), grid([[1.0]], "1"))
    assert int(erosion_sensitivity(rain, relief, green, codes([[1]])).values[0, 0]) == 1
    assert int(with_texture.values[0, 0]) == 3


def test_rock_and_sand():
    rock = karst_sensitivity(
        grid([[80.0, 10.0]], "%"),
        grid([[30.0, 2.0]], "degree"),
        grid([[0.1, 0.9]], "1"),
        codes([[1, 1]]),
    )
    assert rock.values[0].tolist() == [1, 5]
    dry = desertification_sensitivity(
        grid([[40.0, 900.0]], "mm/yr"),
        grid([[1200.0, 900.0]], "mm/yr"),
        grid([[0.1, 0.9]], "1"),
        codes([[1, 1]]),
        grid([[40.0, 0.0]], "d/yr"),
    )
    assert dry.values[0].tolist() == [1, 5]
    assert ecological_sensitivity(rock, None, dry).values[0].tolist() == [1, 5]


def test_strength_of_erosion():
    out = erosion_class(
        grid([[1.0, 10.0, 30.0, 60.0, 100.0, 200.0, np.nan]], "t/ha/yr"), codes([[1] * 7])
    )
    assert out.values[0].tolist() == [1, 2, 3, 4, 5, 6, 0]
    assert erosion_fragility(out).values[0].tolist() == [5, 5, 3, 1, 1, 1, 0]


def test_biodiversity_ranks_warm_low_green_ground():
    shape = (1, 50)
    rise = np.linspace(0, 1, 50, dtype=np.float32)[None]
    out = biodiversity_index(
        grid(300 + 400 * rise, "g/m2/yr"),
        grid(600 + 400 * rise, "mm/yr"),
        grid(5 + 10 * rise, "degC"),
        grid(3000 - 2500 * rise, "m"),
        codes(np.ones(shape)),
    )
    assert out.values[0, 0] == 0.0
    assert out.values[0, -1] == pytest.approx(1.0)


def test_red_line_takes_in_and_leaves_out():
    grade = np.full((12, 12), 5)
    grade[2:8, 2:8] = 1
    grade[10, 10] = 1
    built = np.zeros((12, 12))
    built[2:4, 2:8] = 1
    out = red_line_candidate(
        codes(grade, cell_m=500.0),
        inside(grade, cell_m=500.0),
        codes(built, cell_m=500.0),
        least_km2=1.0,
        smooth=False,
    )
    assert out.values[5, 5] == 1
    assert out.values[3, 5] == 0
    assert out.values[10, 10] == 0
    share = red_line_share(
        grid(np.ones((12, 12)), "1", dtype=np.int32, cell_m=500.0),
        out,
        squares(12, 12, 500.0, parts=1),
    )
    assert share["red_line_km2"].tolist() == [24 * 0.25]


def test_developed_land_by_table():
    rows = pd.DataFrame({"lucode": [1, 2], "built": [0, 1]})
    assert developed_land(codes([[1, 2, 255]], nodata=255), rows).values[0].tolist() == [0, 1, 255]


def test_steep_farmland_by_hand():
    slope = grid([[30.0, 26.0, 24.0, 40.0]], "degree", cell_m=1000.0)
    land = codes([[1, 1, 1, 2]], cell_m=1000.0)
    rows = pd.DataFrame({"lucode": [1, 2], "farmland": [1.0, 0.0]})
    bare, now = (
        grid([[1000.0] * 4], "t/ha/yr", cell_m=1000.0),
        grid([[200.0] * 4], "t/ha/yr", cell_m=1000.0),
    )
    out = steep_farmland(slope, land, rows, inside([[1] * 4], cell_m=1000.0), bare, now).set_index(
        "limit_deg"
    )
    assert out.loc[25.0, "area_ha"] == pytest.approx(200.0)
    assert out.loc[25.0, "area_mu"] == pytest.approx(3000.0)
    assert out.loc[25.0, "payment"] == pytest.approx(3.6e6)
    assert out.loc[25.0, "patches"] == 1
    assert out.loc[25.0, "soil_kept"] == pytest.approx(200 * 195.0, rel=1e-5)
    assert out.loc[23.0, "area_ha"] > out.loc[25.0, "area_ha"] > out.loc[27.0, "area_ha"]


def test_districts_by_county():
    grade = codes([[1, 1, 3, 5], [1, 0, 5, 5]], cell_m=1000.0)
    labels = grid([[1, 1, 2, 2], [1, 1, 2, 2]], "1", dtype=np.int32, cell_m=1000.0)
    out = security_districts(labels, grade, squares(2, 4, 1000.0)).set_index("unit")
    assert out.loc[1, ["extreme_km2", "important_km2", "general_km2"]].tolist() == [3, 0, 0]
    assert out.loc[2, "extreme_share"] == 0.0
