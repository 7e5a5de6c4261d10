"""What explain says of the window and the cells that a step minds."""

from shanshui.flow.scale import scale_words
from shanshui.pattern.hazard import hazard_scores
from shanshui.terrain.relief import local_relief
from shanshui.terrain.slope import slope
from shanshui.terrain.slope_scale import scaled_slope


def said(fn, **settings):
    return scale_words(fn.card, fn.card.checked(settings))


def test_window_and_cells_in_words():
    assert (
        said(hazard_scores)
        == "local_relief over 1 to 5 km2; slope as cells of up to 100 m; local_relief as cells of up to 100 m"
    )
    assert said(local_relief, window_m=2000.0) == "result over 4 km2"
    assert said(local_relief) == ""
    assert said(scaled_slope, as_cell_m=30.0) == "result as cells of 30 m"
    assert said(slope) == ""
