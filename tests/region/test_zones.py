"""Statistics by zone: what a user asks, on zones of any kind."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
import xarray as xr
from tests.worlds import EQUAL_AREA, grid, grid_spec

from shanshui.core.errors import DataError, QuantityError
from shanshui.region import cover as cover_module
from shanshui.region.grid import GridSpec, fitted_crs
from shanshui.region.polygon_cover import cover_by_centre, cover_of
from shanshui.region.zones import zone_statistics


def zones(*shapes, crs=EQUAL_AREA, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


RAMP = grid(np.arange(12.0).reshape(3, 4), "m")


def test_a_zone_that_cuts_cells_by_hand():
    """One and a half cells of the lowest row, 8 and half of 9."""
    out = zone_statistics(RAMP, zones(shapely.box(0, 0, 150, 100)).set_index(pd.Index(["a"])))
    row = out.loc["a"]
    assert row["count"] == pytest.approx(1.5)
    assert row["area_km2"] == pytest.approx(0.015)
    assert row["sum"] == pytest.approx(8 + 4.5)
    assert row["mean"] == pytest.approx(12.5 / 1.5)
    assert (row["min"], row["max"]) == (8.0, 9.0)
    assert row["std"] == pytest.approx(np.sqrt((64 + 40.5) / 1.5 - (12.5 / 1.5) ** 2))
    assert (row["share_inside"], row["share_known"], row["reason"]) == (1.0, 1.0, "")


def test_zones_that_lie_in_one_another_are_each_whole():
    whole, quarter = shapely.box(0, 0, 400, 300), shapely.box(0, 100, 200, 300)
    alone = zone_statistics(RAMP, zones(whole))["sum"].iloc[0]
    out = zone_statistics(RAMP, zones(whole, quarter, whole))
    assert out["sum"].tolist() == [66.0, 0 + 1 + 4 + 5, 66.0]
    assert alone == 66.0


def test_a_zone_smaller_than_a_cell_has_its_share_of_it():
    out = zone_statistics(RAMP, zones(shapely.box(110, 110, 140, 140)), statistics=("sum", "mean"))
    assert out["mean"].iloc[0] == 5.0
    assert out["sum"].iloc[0] == pytest.approx(0.09 * 5)
    assert out["area_km2"].iloc[0] == pytest.approx(0.0009)


def test_the_rim_is_told_and_nothing_is_not_0():
    shapes = zones(
        shapely.box(300, 0, 500, 100), shapely.box(900, 0, 950, 50), shapely.Polygon(), None,
        shapely.box(0, 0, 100, 100),
    )  # fmt: skip
    out = zone_statistics(RAMP.where(RAMP != 8), shapes)
    assert out["share_inside"].tolist() == pytest.approx([0.5, 0, 0, 0, 1])
    assert out["share_known"].tolist() == pytest.approx([1, 0, 0, 0, 0])
    assert out["sum"].iloc[0] == 11.0
    for column in ("sum", "mean", "min", "max", "std"):
        assert out[column].iloc[1:].isna().all()
    assert out["reason"].tolist() == [
        "", "the zone lies outside the grid", "the zone has no area", "the zone has no area", "no cell of the zone is known",
    ]  # fmt: skip
    assert out["area_km2"].tolist() == pytest.approx([0.01, 0, 0, 0, 0])


def test_missing_cells_do_not_count():
    values = RAMP.copy()
    values[2, 0] = np.nan
    out = zone_statistics(values, zones(shapely.box(0, 0, 200, 100)))
    assert out["mean"].iloc[0] == 9.0
    assert out["count"].iloc[0] == 1.0
    assert out["share_known"].iloc[0] == pytest.approx(0.5)
    infinite = RAMP.copy()
    infinite[2, 0] = np.inf
    assert zone_statistics(infinite, zones(shapely.box(0, 0, 200, 100)))["mean"].iloc[0] == 9.0


def test_classes_and_their_mark_of_missing():
    codes = grid([[1, 1, 2, 255]], "1", dtype=np.uint8, nodata=255)
    out = zone_statistics(
        codes, zones(shapely.box(0, 0, 250, 100), shapely.box(150, 0, 400, 100), shapely.box(300, 0, 400, 100)),
        statistics=("majority", "minority", "variety", "frac", "mean"),
    )  # fmt: skip
    assert out["frac_1"].tolist()[:2] == pytest.approx([0.8, 1 / 3])
    assert out["frac_2"].tolist()[:2] == pytest.approx([0.2, 2 / 3])
    assert out["majority"].tolist()[:2] == [1.0, 2.0]
    assert out["minority"].tolist()[:2] == [2.0, 1.0]
    assert out["variety"].tolist()[:2] == [2.0, 2.0]
    assert out["mean"].tolist()[:2] == pytest.approx([1.2, 5 / 3])
    assert out["share_known"].tolist() == pytest.approx([1.0, 0.6, 0.0])
    assert out[["frac_1", "frac_2", "majority", "variety", "mean"]].iloc[2].isna().all()
    filled = codes.assign_attrs(_FillValue=255)
    del filled.attrs["nodata"]
    assert zone_statistics(filled, zones(shapely.box(300, 0, 400, 100)), statistics="mean")["mean"].isna().all()  # fmt: skip
    text = grid([[0, 1, 4, 4]], "1", dtype=np.int16, nodata=0)
    assert list(zone_statistics(text, zones(shapely.box(0, 0, 400, 100)), statistics="frac").filter(like="frac")) == ["frac_1", "frac_4"]  # fmt: skip


def test_equally_large_classes_and_maps_of_too_many():
    codes = grid([[3, 7]], "1", dtype=np.uint8)
    out = zone_statistics(codes, zones(shapely.box(0, 0, 200, 100)), statistics=("majority", "minority"))  # fmt: skip
    assert out[["majority", "minority"]].iloc[0].tolist() == [7.0, 3.0]
    many = grid(np.arange(5000).reshape(50, 100), "1", dtype=np.int32)
    with pytest.raises(QuantityError, match="expected a map of classes"):
        zone_statistics(many, zones(shapely.box(0, 0, 1, 1)), statistics="frac")


def test_whole_cells_have_the_usual_median_and_percentiles():
    rng = np.random.default_rng(0)
    values = grid(rng.normal(size=(5, 6)), "m")
    out = zone_statistics(
        values, zones(shapely.box(0, 0, 600, 500)), statistics=("median", "percentile_90", "percentile_2.5", "range", "variance")
    )  # fmt: skip
    seen = values.values.astype(float)
    assert out["median"].iloc[0] == pytest.approx(np.median(seen))
    assert out["percentile_90"].iloc[0] == pytest.approx(np.percentile(seen, 90))
    assert out["percentile_2.5"].iloc[0] == pytest.approx(np.percentile(seen, 2.5))
    assert out["range"].iloc[0] == pytest.approx(seen.max() - seen.min())
    assert out["variance"].iloc[0] == pytest.approx(seen.var())


def test_weights_count_people_rather_than_ground():
    values, people = grid([[10.0, 20.0, 30.0]], "degC"), grid([[1.0, 3.0, np.nan]], "person")
    box = zones(shapely.box(0, 0, 300, 100), shapely.box(200, 0, 300, 100))
    out = zone_statistics(values, box, weights=people, statistics=("mean", "sum", "median"))
    assert out["mean"].iloc[0] == pytest.approx(17.5)
    assert out["sum"].iloc[0] == pytest.approx(70.0)
    assert out["count"].tolist() == [2.0, 0.0]
    assert out["sum"].isna().tolist() == [False, True]
    nobody = zone_statistics(values, box.iloc[:1], weights=people * 0)
    assert nobody["mean"].isna().all()
    assert nobody["reason"].iloc[0] == "all weights in the zone are 0"
    with pytest.raises(QuantityError, match="weights: found -1"):
        zone_statistics(values, box, weights=-people / 3)
    with pytest.raises(QuantityError, match="expected classes to be counted by area"):
        zone_statistics(values, box, weights=people, statistics="majority")


def test_many_maps_at_once_are_named():
    box = zones(shapely.box(0, 0, 400, 300))
    by_name = zone_statistics({"dem": RAMP, "twice": RAMP * 2}, box, statistics="mean")
    assert by_name["dem_mean"].iloc[0] * 2 == by_name["twice_mean"].iloc[0]
    assert next(iter(by_name)) == "share_inside"
    listed = zone_statistics([RAMP, RAMP * 2], box, statistics="mean")
    assert listed["grid_2_mean"].iloc[0] == by_name["twice_mean"].iloc[0]
    named = zone_statistics([RAMP.rename("a"), RAMP.rename("b")], box, statistics="mean")
    assert {"a_mean", "b_mean"} <= set(named)
    cube = xr.concat([RAMP, RAMP * 2], dim="band", combine_attrs="override")
    assert zone_statistics(cube, box, statistics="mean")["band_2_mean"].iloc[0] == 11.0
    years = cube.rename(band="year").assign_coords(year=[2010, 2020])
    assert "year_2020_mean" in zone_statistics(years, box, statistics="mean")
    bands = cube.assign_coords(band=["red", "blue"])
    assert "blue_mean" in zone_statistics(bands, box, statistics="mean")
    both = xr.Dataset({"dem": RAMP, "twice": RAMP * 2}).transpose("x", "y")
    pd.testing.assert_frame_equal(zone_statistics(both, box, statistics="mean"), by_name)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16, np.uint8, bool])
def test_strips_are_the_whole_for_every_type(kind, monkeypatch):
    rng = np.random.default_rng(7)
    spec = grid_spec(40, 30, 10.0)
    values = spec.lay((rng.uniform(0, 2 if kind is bool else 200, spec.shape)).astype(kind), "1")
    shapes = zones(*(shapely.Point(*rng.uniform(0, 300, 2)).buffer(r) for r in (3, 40, 90, 200)))
    asked = ("sum", "mean", "min", "max", "std", "median", "majority", "frac")[: 6 if kind in (np.float32, np.float64) else 8]  # fmt: skip
    whole = zone_statistics(values, shapes, statistics=asked)
    by_floats = zone_statistics(values.astype(np.float64), shapes, statistics=asked)
    pd.testing.assert_frame_equal(whole, by_floats)
    monkeypatch.setattr(cover_module, "BLOCK", 90)
    lazy = values.transpose("x", "y").copy().transpose("y", "x")
    pd.testing.assert_frame_equal(zone_statistics(lazy, shapes, statistics=asked), whole)


def test_beside_exactextract():
    """It keeps shares of cells in 32 bits: seven digits are its own."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    rng = np.random.default_rng(11)
    spec = grid_spec(40, 60)
    values, people = rng.normal(size=spec.shape), rng.uniform(size=spec.shape)
    values[rng.uniform(size=spec.shape) < 0.2] = np.nan
    codes = rng.integers(0, 5, spec.shape).astype(np.uint8)
    shapes = []
    for size in 10 ** rng.uniform(0.5, 3.5, 60):
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
        far = rng.uniform(0.2, 1, angle.size) * size
        x, y = rng.uniform((-300, -300), (6300, 4300))
        shapes.append(shapely.make_valid(shapely.Polygon(np.c_[x + far * np.cos(angle), y + far * np.sin(angle)])))  # fmt: skip
    shapes = zones(*(s for s in shapes if s.geom_type in ("Polygon", "MultiPolygon")))
    left, bottom, right, top = spec.bounds

    def source(array, **words):
        return NumPyRasterSource(array, xmin=left, ymin=bottom, xmax=right, ymax=top, **words)

    theirs = exact_extract(source(values), shapes, ["count", "sum", "mean", "min", "max", "stdev", "median", "quantile(q=0.9)"], output="pandas")  # fmt: skip
    ours = zone_statistics(spec.lay(values, "1"), shapes, statistics=("sum", "mean", "min", "max", "std", "median", "percentile_90"))  # fmt: skip
    seen = ours["count"] > 0
    assert 20 < seen.sum() < len(seen)
    for a, b in zip(
        ("count", "sum", "mean", "min", "max", "std", "median", "percentile_90"),
        theirs,
        strict=True,
    ):
        np.testing.assert_allclose(ours[a][seen], theirs[b][seen], rtol=2e-6, atol=1e-6)
    weighed = exact_extract(source(np.nan_to_num(values)), shapes, ["weighted_mean", "weighted_sum"], weights=source(people), output="pandas")  # fmt: skip
    ours = zone_statistics(spec.lay(np.nan_to_num(values), "1"), shapes, statistics=("mean", "sum"), weights=spec.lay(people, "1"))  # fmt: skip
    seen = ours["count"] > 0
    np.testing.assert_allclose(ours["mean"][seen], weighed["weighted_mean"][seen], rtol=1e-5, atol=1e-6)  # fmt: skip
    np.testing.assert_allclose(ours["sum"][seen], weighed["weighted_sum"][seen], rtol=1e-5, atol=1e-5)  # fmt: skip
    kinds = exact_extract(source(codes, nodata=3), shapes, ["majority", "minority", "variety"], output="pandas")  # fmt: skip
    ours = zone_statistics(spec.lay(codes, "1", nodata=3), shapes, statistics=("majority", "minority", "variety"))  # fmt: skip
    for name in ("majority", "minority", "variety"):
        known = ours["count"] > 0
        np.testing.assert_array_equal(ours[name][known], kinds[name][known])


def test_zones_in_degrees_are_brought_to_the_grid_across_180():
    """Fiji: cut at 180, written beyond it, and with a jump, all the same ground; a hole that jumps, too."""
    spec = GridSpec(fitted_crs(177, -20, 183, -14), 5000.0, -300e3, 300e3, 120, 120)
    ones = spec.lay(np.ones(spec.shape, np.float32), "1")
    jump = [(179, -18), (-179, -18), (-179, -16), (179, -16)]
    hole = [(-179.5, -17.5), (-179.5, -16.5), (-179.2, -16.5), (-179.2, -17.5)]
    shapes = zones(
        shapely.box(179, -18, 181, -16), shapely.Polygon(jump),
        shapely.MultiPolygon([shapely.box(179, -18, 180, -16), shapely.box(-180, -18, -179, -16)]),
        shapely.Polygon(jump, [hole]), shapely.box(-180, -90, 180, 90), crs=4326,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = zone_statistics(ones, shapes, statistics="sum")
    geod = pyproj.Geod(ellps="WGS84")

    def area(shape):
        return abs(geod.geometry_area_perimeter(shapely.segmentize(shape, 0.01))[0]) / 1e6

    whole = area(shapes.geometry[0])
    assert out["area_km2"].tolist()[:3] == pytest.approx([whole] * 3, rel=1e-6)
    assert out["area_km2"].iloc[3] == pytest.approx(whole - area(shapely.box(180.5, -17.5, 180.8, -16.5)), rel=1e-6)  # fmt: skip
    assert out["share_inside"].tolist()[:4] == pytest.approx([1.0] * 4)
    # all the world: the grid is 360,000 of 510 million km2
    assert out["share_inside"].iloc[4] == pytest.approx(360_000 / 510_065_622, rel=1e-6)
    assert out["sum"].iloc[4] == spec.cells
    with pytest.raises(DataError, match="a pole lies in it"):
        zone_statistics(ones, zones(shapely.Polygon([(0, 70), (120, 70), (-120, 70)]), crs=4326))


def test_zones_of_another_system_lie_where_they_were_drawn():
    spec = GridSpec("EPSG:32648", 1000.0, 400e3, 3600e3, 100, 100)
    ones = spec.lay(np.ones(spec.shape, np.float32), "1")
    own = zones(shapely.box(420e3, 3520e3, 470e3, 3580e3), crs="EPSG:32648")
    other = own.assign(geometry=own.segmentize(200.0)).to_crs("EPSG:3405")
    out = [zone_statistics(ones, z)["count"].iloc[0] for z in (own, other)]
    assert out[0] == pytest.approx(out[1], rel=1e-6)
    nowhere = own.set_crs(None, allow_override=True)
    assert zone_statistics(ones, nowhere)["count"].iloc[0] == pytest.approx(3000.0)
    assert zone_statistics(ones, own.geometry)["count"].iloc[0] == pytest.approx(3000.0)


def degrees():
    x, y = np.arange(3) + 100.0, np.arange(3)[::-1] + 30.0
    return xr.DataArray(np.ones((3, 3)), coords={"y": y, "x": x}, dims=("y", "x"), attrs={"crs": "EPSG:4326"})  # fmt: skip


def uneven():
    return xr.DataArray(np.ones((1, 4)), coords={"y": [0.5], "x": [0.5, 1.5, 2.5, 9.0]}, dims=("y", "x"))  # fmt: skip


BOX = zones(shapely.box(0, 0, 100, 100))
KNOT = zones(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: zone_statistics(RAMP, BOX, statistics="meen"), "did you mean 'mean'"),
        (lambda: zone_statistics(RAMP, BOX, statistics="percentile_101"), "statistics: 'percentile_101'"),
        (lambda: zone_statistics(RAMP, BOX, statistics="percentile_x"), "statistics: 'percentile_x'"),
        (lambda: zone_statistics(RAMP, [shapely.box(0, 0, 1, 1)]), "zones: found list"),
        (lambda: zone_statistics(RAMP, zones(shapely.Point(1, 1))), "row 0 is a Point; expected polygons"),
        (lambda: zone_statistics(RAMP, KNOT), "the first is row 0: Self-intersection"),
        (lambda: zone_statistics(RAMP[::-1], BOX), "south to north"),
        (lambda: zone_statistics(degrees(), BOX), "is in degrees"),
        (lambda: zone_statistics(uneven(), BOX), "expected even steps"),
        (lambda: zone_statistics(RAMP.rename(y="row"), BOX), r"dims \(row, x\)"),
        (lambda: zone_statistics([], BOX), "no map"),
        (lambda: zone_statistics({"a": np.ones(3)}, BOX), "grid 'a': found ndarray"),
        (lambda: zone_statistics(RAMP.astype(str), BOX), "expected numbers"),
        (lambda: zone_statistics([RAMP, RAMP[1:]], BOX), "bring all to one grid"),
        (lambda: zone_statistics([RAMP, RAMP.assign_attrs(crs="EPSG:32648")], BOX), "bring all to one grid"),
        (lambda: zone_statistics(RAMP, BOX, weights=RAMP[:, 1:]), "weights: 3 x 3 cells"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(call, says):
    with pytest.raises(QuantityError, match=says) as found:
        call()
    assert "\n" not in str(found.value)


def test_no_zones_give_no_rows():
    out = zone_statistics(RAMP, BOX.iloc[:0], statistics=("sum", "median", "frac"))
    assert len(out) == 0
    assert {"sum", "median", "count", "reason"} <= set(out)


def test_cells_by_centre_are_those_of_the_outline_and_specks_keep_their_share():
    spec = grid_spec(4, 4)
    shapes = zones(shapely.Polygon([(0, 0), (410, 0), (0, 410)]), shapely.box(10, 10, 40, 40), shapely.Polygon())  # fmt: skip
    cover = cover_by_centre(shapes, spec)
    assert [len(cover.cells(z)[0]) for z in range(3)] == [10, 1, 0]
    assert cover.cells(0)[1].tolist() == [1.0] * 10
    assert cover.cells(1)[1].tolist() == pytest.approx([0.09])
    assert cover_by_centre(shapes.iloc[:0], spec).runs.first.tolist() == [0]


def test_zones_along_a_region_sum_to_it():
    spec = grid_spec(4, 4)
    shapes = zones(shapely.Polygon([(0, 0), (150, 0), (150, 350), (0, 390)]), shapely.Polygon([(150, 0), (390, 0), (150, 350)]))  # fmt: skip
    inside = np.zeros((4, 4), bool)
    inside[1:, :2] = True
    cover = cover_of(shapes, spec).along(inside)
    values = spec.lay(np.arange(16.0).reshape(4, 4), "1")
    assert cover.sums(values).total.sum() == pytest.approx(values.values[inside].sum())
    assert cover.sums(values).total[0] == pytest.approx(4 + 8 + 12 + 0.5 * (5 + 9 + 13), rel=0.05)


def test_rows_and_columns_may_have_any_usual_name():
    expected = zone_statistics(RAMP, BOX)
    spelt = RAMP.rename(y="northing", x="easting")
    pd.testing.assert_frame_equal(zone_statistics(spelt.transpose(), BOX), expected)
    bands = xr.concat([spelt, spelt * 2], pd.Index([1, 2], name="band")).assign_attrs(RAMP.attrs)
    assert {c.split("_")[0] for c in zone_statistics(bands, BOX)} >= {"band"}
    even = xr.ones_like(RAMP).rename(y="lat", x="lon").expand_dims("band")
    weighted = zone_statistics(RAMP, BOX, statistics=("mean",), weights=even)
    np.testing.assert_allclose(weighted["mean"], expected["mean"])
