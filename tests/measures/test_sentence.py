"""Measures as they are written."""

import pytest

from shanshui.core.errors import PlanError
from shanshui.measures.sentence import measure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("land_cover = 5", ("land_cover", "=", "5", "", None)),
        (
            "land_cover = 5 in plan.gpkg where slope > 25",
            ("land_cover", "=", "5", "plan.gpkg", "slope > 25"),
        ),
        ("land_cover=5 where a in (1, 2)", ("land_cover", "=", "5", "", "a in (1, 2)")),
        ("precipitation * 0.9", ("precipitation", "*", "0.9", "", None)),
        (
            "precipitation / 2 where elevation > 1000",
            ("precipitation", "*", "0.5", "", "elevation > 1000"),
        ),
        ("temperature + 1.5", ("temperature", "+", "1.5", "", None)),
        ("temperature - 2", ("temperature", "+", "-2.0", "", None)),
        ("roads add 'new road.geojson'", ("roads", "add", "", "new road.geojson", None)),
        (
            "prices.price * 1.2 where flow == 'in where'",
            ("prices.price", "*", "1.2", "", "flow == 'in where'"),
        ),
        ("firms drop where sector == 'mining'", ("firms", "drop", "", "", "sector == 'mining'")),
        ("parks drop in town.shp", ("parks", "drop", "", "town.shp", None)),
        (
            "firms.sector = 'green energy' where name == 'A'",
            ("firms.sector", "=", "green energy", "", "name == 'A'"),
        ),
    ],
)
def test_a_measure_is_read_in_its_parts(text, expected):
    found = measure(text)
    rule = found.rule.text if found.rule else None
    assert (found.product, found.action, found.value, found.file, rule) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "land_cover", "land_cover becomes 5", "= 5", "land_cover =", "roads add", "roads add a.shp where x > 1", "firms drop", "firms drop 3 where a > 1",
        "precipitation * much", "precipitation / 0", "precipitation * 1", "precipitation + 0", "precipitation / 1", "land_cover = 5 where", "land_cover = 5 where slope >", "land_cover = 5 6",
    ],
)  # fmt: skip
def test_what_is_no_measure_is_refused(text):
    with pytest.raises(PlanError):
        measure(text)
