"""A study that brings maps of criteria gets a map of scores."""

import numpy as np
import pytest
import rasterio
from tests.worlds import EQUAL_AREA, valley, write_raster

from shanshui import new_study, open_study


def test_bands_of_a_raster_are_criteria_in_their_order(tmp_path):
    write_raster(tmp_path / "z.tif", valley().values)
    folder = tmp_path / "s"
    new_study(folder, elevation=tmp_path / "z.tif")
    _, x = np.indices((40, 60))
    with rasterio.open(
        folder / "c.tif", "w", driver="GTiff", width=60, height=40, count=2, dtype="float32",
        crs=EQUAL_AREA, transform=rasterio.Affine(100, 0, 0, 0, -100, 4000),
    ) as file:  # fmt: skip
        file.write(np.stack([x, np.full_like(x, 3)]).astype("float32"))
        file.descriptions = ("price", "view")
    place = folder / "study.toml"
    place.write_text(
        place.read_text("utf-8")
        + '\n[inputs.criteria_maps]\nfile = "c.tif"\n\n[steps.overlay_score]\nweights = [3.0, 1.0]\n'
        'directions = ["cost", "benefit"]\n',
        "utf-8",
    )
    study = open_study(folder)
    study.run("overlay_score", workers=1)
    # the price runs over all columns, down; the view parts nobody
    assert study["overlay_score"].values[7, [0, 59]].tolist() == pytest.approx([0.75, 0.0])
