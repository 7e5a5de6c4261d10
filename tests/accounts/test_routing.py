"""Sediment and nutrients on a slope of four cells, computed with a pencil."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.sediment import sediment_delivery
from shanshui.core.errors import QuantityError

# four cells of 30 m that fall a metre each: a slope of 1/30; from the third on a stream
SLOPE = 1.0 / 30.0
SINE = np.sin(np.arctan(SLOPE))
ACROSS = SINE + np.cos(np.arctan(SLOPE))
STEEPNESS = 10.8 * SINE + 0.03


def line(values, units, dtype=None):
    return grid([values], units, cell_m=30.0, dtype=dtype)


def height():
    return line([4.0, 3.0, 2.0, 1.0], "m")


def cover(codes=(1, 1, 1, 1)):
    return line(list(codes), "1", dtype=np.uint8)


def length(inflow):
    """Factor L at 3.33 %, where m is 0.3."""
    over = (inflow + 900.0) ** 1.3 - inflow**1.3
    return over / (30.0**2.3 * ACROSS**0.3 * 22.13**0.3)


def sediment(*, c=0.2, p=0.5, rain=3000.0, soil=0.03, codes=(1, 1, 1, 1), more=(), **settings):
    table = pd.DataFrame({"lucode": [1, 2], "usle_c": [c, 0.0], "usle_p": [p, 1.0]})
    return sediment_delivery(
        height(), line([rain] * 4, "MJ*mm/(ha*h*yr)"), line([soil] * 4, "t*ha*h/(ha*MJ*mm)"), cover(codes), table, *more,
        **({"threshold_flow_accumulation": 3} | settings),
    )  # fmt: skip


def row(out, layer):
    return out[layer].values[0].astype(float)


def test_ground_that_reaches_no_stream_tells_the_threshold():
    out = sediment(threshold_flow_accumulation=100000)
    assert np.isnan(row(out, "sed_export")).all()
    assert out.attrs["missing_because"]["sed_export"] == (
        "no cell reaches the threshold of 100000 cells; the most that drain through one are 4"
    )
    assert np.isfinite(row(out, "usle")).all()
    assert sediment().attrs["missing_because"]["ic"] == "no cell reaches the threshold of 3 cells"


def test_sediment_of_four_cells():
    out = sediment()
    np.testing.assert_array_equal(row(out, "stream"), [0, 0, 1, 1])
    # the reference model takes the root of the ground above: 900 m2 become 30
    ls = STEEPNESS * np.array([length(0.0), length(30.0)])
    np.testing.assert_allclose(row(out, "ls")[:2], ls, rtol=1e-5)
    bare = 3000.0 * 0.03 * ls
    np.testing.assert_allclose(row(out, "rkls")[:2], bare, rtol=1e-5)
    lost = bare * 0.2 * 0.5
    np.testing.assert_allclose(row(out, "usle")[:2], lost, rtol=1e-5)
    # up: C S root(A) = 0.2 and 0.282843; down: 1/(C S) = 150 a cell
    ic = np.log10([0.2 / 300.0, 0.2 * SLOPE * np.sqrt(1800.0) / 150.0])
    np.testing.assert_allclose(ic, [-3.17609, -2.72455], atol=1e-5)
    np.testing.assert_allclose(row(out, "ic")[:2], ic, rtol=1e-5)
    ratio = np.array([0.109827, 0.133019])
    np.testing.assert_allclose(row(out, "sdr_factor"), [*ratio, 1, 1], rtol=1e-5)
    np.testing.assert_allclose(row(out, "sed_export")[:2], lost * ratio, rtol=1e-5)
    # beside the stream all that comes from above stays
    kept = np.array([0.0, lost[0] * (1 - ratio[0])])
    np.testing.assert_allclose(row(out, "sed_deposition")[:2], kept, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(row(out, "avoided_erosion")[:2], bare - lost, rtol=1e-5)
    np.testing.assert_allclose(
        row(out, "avoided_export")[:2], (bare - lost) * ratio + kept, rtol=1e-5
    )
    for layer in ("rkls", "usle", "sed_export", "avoided_erosion"):
        assert np.isnan(row(out, layer)[2:]).all()


def test_area_above_may_be_taken_as_it_is():
    ls = row(sediment(area_above="area"), "ls")
    np.testing.assert_allclose(
        ls[:2], STEEPNESS * np.array([length(0.0), length(900.0)]), rtol=1e-5
    )


def test_length_is_capped_where_told():
    assert row(sediment(l_max=1.0), "ls")[1] == pytest.approx(STEEPNESS, rel=1e-5)


def test_bare_water_still_has_a_way_down():
    """A cover factor of 0 counts as 0.001 in the connectivity: 30 000 for the cell, nothing for the loss."""
    out = sediment(codes=(1, 2, 1, 1))
    assert row(out, "usle")[1] == 0.0
    mean = (0.2 + 0.001) / 2
    ic = np.log10(mean * SLOPE * np.sqrt(1800.0) / 150.0)
    assert row(out, "ic")[1] == pytest.approx(ic, rel=1e-5)
    assert row(out, "ic")[0] == pytest.approx(np.log10(0.2 / (30_000 + 150)), rel=1e-5)


def test_drains_lead_to_the_stream_at_once():
    drains = line([0, 1, 0, 0], "1", dtype=np.uint8)
    out = sediment(more=(drains,))
    np.testing.assert_array_equal(row(out, "stream"), [0, 1, 1, 1])
    assert row(out, "ic")[0] == pytest.approx(np.log10(0.2 / 150.0), rel=1e-5)


def test_a_drain_beyond_the_ground_is_no_stream():
    z = height()
    z.values[0, 3] = np.nan
    drains = line([0, 0, 0, 1], "1", dtype=np.uint8)
    table = pd.DataFrame({"lucode": [1], "usle_c": [0.2], "usle_p": [0.5]})
    out = sediment_delivery(
        z, line([3000.0] * 4, "MJ*mm/(ha*h*yr)"), line([0.03] * 4, "t*ha*h/(ha*MJ*mm)"), cover(), table, drains,
        threshold_flow_accumulation=3,
    )  # fmt: skip
    np.testing.assert_array_equal(row(out, "stream"), [0, 0, 1, np.nan])


def test_erosivity_below_nothing_is_refused():
    with pytest.raises(QuantityError, match="negative; expected 0 or more"):
        sediment(rain=-1.0)
    with pytest.raises(QuantityError, match="negative; expected 0 or more"):
        sediment(soil=-0.01)
    assert (row(sediment(rain=0.0), "usle")[:2] == 0).all()


def test_maps_that_do_not_overlap_are_refused():
    with pytest.raises(QuantityError, match="no cell has all inputs"):
        sediment(rain=np.nan)
    with pytest.raises(QuantityError, match="no cell has all inputs"):
        nutrients(rain=[np.nan] * 4)


def nutrients(*, rain=(900.0,) * 4, more=(), **settings):
    table = pd.DataFrame(
        {
            "lucode": [1, 2], "load_p": [2.0, 4.0], "eff_p": [0.67, 0.48], "crit_len_p": [150.0, 150.0],
            "proportion_subsurface_p": [0.0, 0.25],
        }
    )  # fmt: skip
    for column, values in dict(more).items():
        table[column] = values
    return nutrient_delivery(
        height(), line(list(rain), "mm/yr"), cover((2, 1, 1, 1)), table,
        **({"nutrient": "p", "threshold_flow_accumulation": 3} | settings),
    )  # fmt: skip


HELD = np.array([0.45922, 0.42352])
"""Printed: a farm cell above a forest cell beside the stream."""
MIDDLE = np.array([0.471808, 0.528192])
"""1 / (1 + exp((IC0 - IC) / 2)) of log10(1/60) and log10(1.414214/30) about their middle."""


def test_nutrients_of_four_cells():
    out = nutrients()
    np.testing.assert_array_equal(row(out, "load"), [4, 2, 2, 2])
    np.testing.assert_allclose(row(out, "surface_load"), [3, 2, 2, 2])
    np.testing.assert_allclose(row(out, "subsurface_load"), [1, 0, 0, 0])
    np.testing.assert_allclose(row(out, "effective_retention"), [*HELD, 0, 0], atol=1e-5)
    ratio = (1 - HELD) * MIDDLE
    np.testing.assert_allclose(row(out, "ndr")[:2], ratio, atol=1e-5)
    surface = np.array([3, 2]) * ratio
    np.testing.assert_allclose(row(out, "surface_export")[:2], surface, atol=4e-5)
    # two steps and one of a critical way of 150: 1 - 0.8 (1 - exp(-10/150))
    below = np.array([0.948406, 0.973773])
    np.testing.assert_allclose(row(out, "subsurface_ndr")[:2], below, atol=1e-6)
    np.testing.assert_allclose(row(out, "subsurface_export")[:2], [below[0], 0], atol=1e-6)
    total = surface + np.array([below[0], 0])
    np.testing.assert_allclose(row(out, "total_export")[:2], total, atol=4e-5)
    np.testing.assert_allclose(row(out, "retention")[:2], [4, 2] - total, atol=4e-5)
    np.testing.assert_array_equal(row(out, "stream"), [0, 0, 1, 1])
    assert np.isnan(row(out, "total_export")[2:]).all()


def test_the_way_below_ground_in_metres_follows_the_guide():
    out = nutrients(subsurface_distance="metres")
    np.testing.assert_allclose(row(out, "subsurface_ndr")[:2], [0.308268, 0.494304], atol=1e-6)


def test_load_follows_the_runoff_over_its_mean():
    out = nutrients(rain=(1200.0, 800.0, 1000.0, 1000.0))
    np.testing.assert_allclose(row(out, "surface_load")[:2], [3 * 1.2, 2 * 0.8], rtol=1e-6)
    told = nutrients(rain=(1200.0, 800.0, 1000.0, 1000.0), runoff_proxy_mean=500.0)
    np.testing.assert_allclose(row(told, "surface_load")[:2], [3 * 2.4, 2 * 1.6], rtol=1e-6)


def test_what_is_applied_loses_first_what_the_class_holds():
    out = nutrients(more={"load_type_p": ["measured-runoff", "application-rate"]}.items())
    assert row(out, "load")[0] == pytest.approx(4 * (1 - 0.48))
    assert row(out, "load")[1] == 2.0


def test_a_way_that_holds_nothing_lets_all_pass():
    out = nutrients(more={"eff_p": [0.0, 0.0]}.items(), k=1e-6)
    np.testing.assert_allclose(row(out, "effective_retention"), 0.0)
    # at a steep curve the lower half of the connectivity delivers nothing, the upper all
    np.testing.assert_allclose(row(out, "ndr")[:2], [0.0, 1.0], atol=1e-6)
    np.testing.assert_allclose(row(sediment(k=1e-6), "sdr_factor"), [0, 0, 1, 1], atol=1e-6)
