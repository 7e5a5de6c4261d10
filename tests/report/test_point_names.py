"""Names beside the points of a chart: each can be read."""

from itertools import combinations

import pytest
from matplotlib.figure import Figure

from shanshui.core.voice import Voice
from shanshui.report.canvas import drawing, width_of, wrapped
from shanshui.report.point_names import name_points


def boxes(points, names):
    with drawing(Voice()):
        figure = Figure(figsize=(8, 5), dpi=140)
        ax = figure.add_axes((0.1, 0.1, 0.85, 0.85))
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        name_points(ax, [x for x, _ in points], [y for _, y in points], names, 7)
        figure.canvas.draw()
        return [t.get_window_extent() for t in ax.texts], [t.get_text() for t in ax.texts]


@pytest.mark.parametrize("apart", [0.0, 0.004, 0.01, 0.03])
def test_names_of_points_that_lie_close_do_not_lie_on_one_another(apart):
    points = [(0.5 + apart * k, 0.5 + apart * (k % 2)) for k in range(5)]
    found, names = boxes(points, ["Bazhong", "Guangyuan", "Ankang", "Xi'an", "Shangluo"])
    assert names == ["Bazhong", "Guangyuan", "Ankang", "Xi'an", "Shangluo"]
    assert not any(a.overlaps(b) for a, b in combinations(found, 2))


def test_a_name_stands_by_its_point():
    (box,), _ = boxes([(0.5, 0.5)], ["Foping"])
    x, y = 140 * 8 * (0.1 + 0.85 / 2), 140 * 5 * (0.1 + 0.85 / 2)
    assert 0 < box.x0 - x < 30
    assert abs(0.5 * (box.y0 + box.y1) - y) < 30


def test_a_letter_of_chinese_is_as_wide_as_two():
    assert (width_of("安康"), width_of("Ankang")) == (4, 6)
    assert wrapped("生态系统生产总值", 8) == "生态系统\n生产总值"
    assert wrapped("one two three", 8) == "one two\nthree"
