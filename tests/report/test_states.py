"""Why a product was made, in the words of a page."""

import pytest

from shanshui.core.voice import Voice
from shanshui.flow.recipe import reason
from shanshui.report.states import because

PARTS = {"code": "a", "halo": 0, "card": "c", "grid": [1], "settings": {"k": 1}, "inputs": {}}


@pytest.mark.parametrize(
    ("before", "chinese"),
    [
        (None, "首次运行"),
        (PARTS, "无变动"),
        (PARTS | {"code": "b"}, "程序有变动"),
        (PARTS | {"settings": {"k": 2}}, "参数 k 2 -> 1"),
        (PARTS | {"halo": 1, "inputs": {"dem.tif": "x"}}, "邻域有变动；输入 dem.tif"),
    ],
)
def test_every_reason_of_the_ledger_has_words_and_english_stays_as_it_is(before, chinese):
    said = reason(before, PARTS)
    assert because(said, Voice("zh")) == chinese
    assert because(said, Voice("en")) == said


def test_what_another_edition_wrote_stands_as_it_is():
    assert because("moon; code", Voice("zh")) == "moon；程序有变动"
