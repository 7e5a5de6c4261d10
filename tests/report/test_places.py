"""Every table that names places shows their code, their name and their own outline."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.report.export import export
from shanshui.report.places import outlined, places_of, rows_of, with_places


def tables(region):
    """Tables and series of the region that were made."""
    return [
        n
        for n in region.plan.steps
        if region.has(n) and region.record(n).kind in ("table", "series")
    ]


def placed(region):
    return [n for n in tables(region) if outlined(region, n) is not None]


def test_tables_of_every_kind_of_place_are_placed(region):
    kinds = {places_of(region, n, rows_of(region, n))[0].kind for n in placed(region)}
    assert {"planning_unit", "county", "prefecture", "city"} <= kinds
    assert {
        "county_gep",
        "prefecture_gep",
        "mismatch",
        "unit_gep",
        "unit_terrain",
        "red_line_share",
    } <= set(placed(region))


def test_every_row_lies_within_the_outline_of_its_own_code(region, tmp_path):
    """The point of each outline as the input has it lies in the exported row of the same code."""
    seen = 0
    for name in placed(region):
        place = places_of(region, name, rows_of(region, name))[0]
        outlines = region[keys()[place.kind].outlines]
        rows = gpd.read_file(export(region, [name], tmp_path / f"{name}.gpkg"))
        key = "code" if "code" in outlines else "name"
        points = (
            outlines.drop_duplicates(key)
            .set_index(outlines[key].astype(str))
            .representative_point()
        )
        label = f"{place.column}_{key}" if f"{place.column}_{key}" in rows else key
        label = label if label in rows else place.column
        known = rows[rows.geometry.notna() & ~rows.is_empty]
        for code, shape in zip(known[label].astype(str), known.geometry, strict=True):
            assert shape.distance(points[code]) < 1e-6, (name, code)
            seen += 1
    assert seen > 1000


def test_every_row_of_a_place_has_its_code_and_name(region):
    for name in placed(region):
        frame, place = with_places(region, name), places_of(region, name, rows_of(region, name))[0]
        known = ~place.rows.geometry.isna().to_numpy()
        for word in ("code", "name"):
            if word not in place.rows:
                continue
            wanted = place.rows[word][known].astype(str).to_numpy()
            said = [c for c in (f"{place.column}_{word}", word, place.column) if c in frame]
            assert any(
                np.array_equal(frame[c][known].astype(str).to_numpy(), wanted) for c in said
            ), (name, word)


def test_county_tables_do_not_get_the_outlines_of_planning_units(region):
    shapes = outlined(region, "county_gep").geometry
    assert np.isclose(shapes.area.sum(), region["counties"].area.sum())
    assert shapes.distance(region["counties"].geometry.iloc[0].representative_point()).min() == 0


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_plain_tables_carry_code_and_name(region, tmp_path, ending):
    place = export(region, ["county_gep"], tmp_path / f"t{ending}")
    read = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".parquet": pd.read_parquet}[ending]
    frame = read(place)
    assert set(frame["code"].astype(str)) == set(region["counties"]["code"].astype(str))
    assert set(frame["name"]) == set(region["counties"]["name"])


def test_the_sheet_of_units_says_what_each_column_names(region, tmp_path):
    sheets = pd.read_excel(
        export(region, ["county_gep"], tmp_path / "t.xlsx"), sheet_name=None, keep_default_na=False
    )
    notes = sheets["units of columns"].set_index("column")
    assert notes.loc["unit", "names"] == "county"
    assert notes.loc["code", "names"] == "of the county in 'unit'"
    assert notes.loc["total", "unit"] == "yuan/yr"


def test_tables_without_places_are_plain(region, tmp_path):
    with pytest.raises(PlanError, match=r"names no place that has one; export it as \.csv"):
        export(region, ["linkages"], tmp_path / "l.geojson")
    layer = gpd.read_file(export(region, ["linkages"], tmp_path / "l.gpkg"))
    assert len(layer) == len(region["linkages"])


def test_tables_of_places_have_maps_on_their_own_outlines(region, tmp_path):
    for name in ("county_gep", "prefecture_gep"):
        assert export(region, [name], tmp_path / f"{name}.png").stat().st_size > 10_000
    with pytest.raises(PlanError, match="several rows for one place"):
        export(region, ["unit_land_cover"], tmp_path / "u.png")
