"""Every table that names places shows their code, their name and their own outline."""

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.queries.places import PlacedRows
from shanshui.report.export import export


@pytest.fixture(scope="module")
def placed(region):
    """Tables whose rows have places: rows, first places and outlined rows by product."""
    found = {}
    for name in region.plan.steps:
        if region.has(name) and region.record(name).kind == "table":
            rows = PlacedRows(region, name)
            if rows.outlined is not None:
                found[name] = (rows.frame, rows.places[0], rows.outlined)
    return found


def test_tables_of_every_kind_of_place_are_placed(placed):
    kinds = {place.kind for _, place, _ in placed.values()}
    assert {"planning_unit", "county", "prefecture", "city"} <= kinds
    named = {
        "county_gep",
        "prefecture_gep",
        "mismatch",
        "unit_gep",
        "unit_terrain",
        "red_line_share",
        "screened_firms",
        "layout",
    }
    assert named <= set(placed)


def points_of(region, name, column):
    """A point inside each place that a column may name, by code, as the input has it."""
    out = {}
    for kind in region.plan.keys(name)[column]:
        product = keys()[kind].outlines
        if region.has(product):
            frame = region[product]
            named = next((frame[c] for c in ("code", "name") if c in frame), frame.index)
            out |= dict(zip(named.astype(str), frame.representative_point(), strict=True))
    return out


def test_every_row_lies_within_the_outline_of_its_own_code(region, placed):
    seen = 0
    for name, (_, place, rows) in placed.items():
        points = points_of(region, name, place.column)
        word = next((w for w in ("code", "name") if w in place.rows), place.column)
        there = ~rows.geometry.isna() & ~rows.is_empty
        known = rows[there]
        codes = place.rows[word] if word in place.rows else rows[word]
        told = codes[there.to_numpy()].astype(str).to_numpy()
        # ``code`` may be that of an industry, and ``name`` that of a firm
        label = next(
            c
            for c in (f"{place.column}_{word}", word, place.column)
            if c in known and np.array_equal(known[c].astype(str).to_numpy(), told)
        )
        for code, shape in zip(known[label].astype(str), known.geometry, strict=True):
            assert shape.distance(points[code]) < 1e-6, (name, code)
            seen += 1
    assert seen > 1000


@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
@pytest.mark.parametrize("name", ["county_gep", "prefecture_gep", "unit_terrain"])
def test_outlines_leave_with_their_rows(region, placed, tmp_path, name, ending):
    back = gpd.read_file(export(region, [name], tmp_path / f"t{ending}")).to_crs(region.grid.crs)
    place = placed[name][1]
    inside = place.rows.set_index("code").representative_point()
    for code, shape in zip(back["code"].astype(str), back.geometry, strict=True):
        assert shape.distance(inside[code]) < 1.0


def test_every_row_of_a_place_has_its_code_and_name(placed):
    for name, (_, place, frame) in placed.items():
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
    shapes = PlacedRows(region, "county_gep").outlined.geometry
    assert np.isclose(shapes.area.sum(), region["counties"].area.sum())
    assert shapes.distance(region["counties"].geometry.iloc[0].representative_point()).min() == 0


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_plain_tables_carry_code_and_name(region, tmp_path, ending):
    place = export(region, ["county_gep"], tmp_path / f"t{ending}")
    read = {
        ".csv": pd.read_csv,
        ".xlsx": partial(pd.read_excel, engine="openpyxl"),
        ".parquet": pd.read_parquet,
    }[ending]
    frame = read(place)
    assert set(frame["code"].astype(str)) == set(region["counties"]["code"].astype(str))
    assert set(frame["name"]) == set(region["counties"]["name"])


def test_the_sheet_of_units_says_what_each_column_names(region, tmp_path):
    sheets = pd.read_excel(
        export(region, ["county_gep"], tmp_path / "t.xlsx"),
        sheet_name=None,
        keep_default_na=False,
        engine="openpyxl",
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
