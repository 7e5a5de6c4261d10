"""``run --for``: a species by any of its names, products that mean its own, words that mean none; and its points at the door."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import Transformer
from tests.command import shanshui

from shanshui import new_study, open_study
from shanshui.core.shipped import shipped_text
from shanshui.pattern.distribution import CHANCE, USED


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("species") / "m"
    new_study(folder, template="made-up", size=96)
    opened = open_study(folder)
    opened.run("region_mask", "elevation", workers=2)
    grid, height = opened.grid, opened["elevation"].values
    inside = opened["region_mask"].values == 1
    low, high = np.nanpercentile(height[inside], [60, 98])
    best = np.where(inside, np.exp(-(((height - (low + high) / 2) / ((high - low) / 3)) ** 2)), 0.0)
    parts = []
    for name, weight, seed in (("羚牛", best, 0), ("Giant panda", inside.astype(float), 1)):
        at = np.random.default_rng(seed).choice(
            weight.size, 120, replace=False, p=(weight / weight.sum()).ravel()
        )
        rows, cols = np.divmod(at, grid.nx)
        way = Transformer.from_crs(grid.projection, "EPSG:4326", always_xy=True)
        lon, lat = way.transform(grid.x()[cols], grid.y()[rows])
        parts.append(
            pd.DataFrame(
                {"species": name, "decimalLongitude": lon, "decimalLatitude": lat, "year": 2020}
            )
        )
    pd.concat(parts).to_csv(folder / "data" / "seen.csv", index=False)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    # real species on made-up ground: their preferences in place of the invented ones, and no ranges
    (folder / "data" / "species_habitats.csv").write_text(
        shipped_text("pattern/species_habitats.csv"), encoding="utf-8"
    )
    start = text.index("[inputs.species_ranges]")
    text = text[:start] + text[text.index("[inputs.species_habitats]") :]
    text = text.replace('file = "species_presence.csv"', 'file = "seen.csv"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_model_is_tried_and_used_or_refused_by_name(study):
    shanshui("run", study, "suitable_habitat", "-q")
    table = open_study(study)["species_distribution"].set_index("species")
    assert table["verdict"].to_dict() == {
        "Budorcas taxicolor": USED,
        "Ailuropoda melanoleuca": CHANCE,
    }
    rests = open_study(study)["suitable_habitat"].set_index("species")["rests_on"]
    assert rests["Budorcas taxicolor"] == "model of presences"
    assert rests["Ailuropoda melanoleuca"] == "heights and covers only"


def test_the_same_species_by_any_name_is_one_variant_with_its_chain(study):
    shanshui("run", study, "--for", "takin", "-q")
    first = open_study(study).variants()
    assert first == {"takin": {"habitat_suitability": {"species": "Budorcas taxicolor"}}}
    for name in ("羚牛", "Budorcas taxicolor", "Takin"):
        shanshui("run", study, "corridors", "sources", "--for", name, "-q")
    assert open_study(study).variants() == first
    found = open_study(study).variant("takin")
    assert found.state("species_corridors") == found.state("species_patches") == "made"
    assert found["habitat_suitability"].max() > 0.9


def test_a_group_that_the_study_has_already_is_no_variant(study):
    shanshui("run", study, "corridors", "--for", "focal", "-q")
    assert "focal" not in open_study(study).variants()
    assert open_study(study).has("species_corridors")


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--for", "takni"], "no species 'takni'; did you mean 'takin'"), (["nodes", "--for", "takin"], "nodes: does not hang on the species of --for"),
     (["--for", "takin", "--set", "habitat_suitability.species=panda"], "give one of them"), (["corridrs", "--for", "takin"], "did you mean 'corridors'")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_is_made(study, words, says):
    assert says in shanshui("run", study, *words, code=2)


def test_points_without_a_height_below_are_told_by_check(study, tmp_path):
    import shutil

    copy = tmp_path / "sea"
    shutil.copytree(study, copy)
    with rasterio.open(copy / "data" / "elevation.tif", "r+") as file:
        values = file.read(1)
        values[:, : values.shape[1] // 2] = np.nan if file.nodata is None else file.nodata
        file.write(values, 1)
    assert "in the sea" in shanshui("check", copy)
