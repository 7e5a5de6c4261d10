"""The last thing made of a study: made anew when what it comes from changes, gone when the study is."""

import gc
import weakref

from shanshui import open_study
from shanshui.report.last import Last
from shanshui.report.maps import _backdrop
from shanshui.report.views import _outline


def test_it_is_made_once_for_what_it_comes_from(region):
    made = []
    last = Last[int]()

    def make():
        made.append(len(made))
        return len(made)

    assert [last.of(region, key, make) for key in ("a", "a", "b", "a")] == [1, 1, 2, 3]
    other = open_study(region.layout.folder)
    assert last.of(other, "a", make) == 4
    assert last.of(region, "a", make) == 3


def test_a_study_whose_maps_were_drawn_is_let_go(region):
    study = open_study(region.layout.folder)
    ground, inside, shade = _backdrop(study)
    assert _backdrop(study)[0] is ground
    assert ground.shape == inside.shape == shade.shape
    assert _outline(study) is _outline(study)
    gone = weakref.ref(study)
    del study
    gc.collect()
    assert gone() is None
