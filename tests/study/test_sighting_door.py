"""Sightings of species through the real door: what their rows say is checked before anything runs."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.study.test_data_door import CRS, TOP, door

__all__ = ["door"]
TEXT = '[inputs.species_presence]\nfile = "@seen.csv"\n'


@pytest.mark.parametrize(("word", "good"), [("无", True), ("N", True), ("maybe", False)])
def test_a_word_that_says_neither_found_nor_not_is_told_by_check(door, word, good):
    places = gpd.GeoSeries([shapely.Point(x, TOP - 3000) for x in (2000, 3000)], crs=CRS)
    degrees = places.to_crs(4326)
    pd.DataFrame(
        {"species": "takin", "lon": degrees.x, "lat": degrees.y, "presence": ["Y", word]}
    ).to_csv(door.folder / "seen.csv", index=False)
    look = door(TEXT).check("species_presence")
    assert (look["state"] != "unusable") == good
    assert good or "presence: row 2 holds 'maybe'" in look["problems"][0]
