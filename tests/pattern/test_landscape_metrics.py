"""Metrics of maps that can be counted by hand, and of one that another program has measured."""

import shutil
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist
from tests.worlds import grid

from shanshui import open_study
from shanshui.core.errors import QuantityError
from shanshui.kernels import labels
from shanshui.kernels.labels import labels_within
from shanshui.pattern.compactness import farthest, fractal_dimension, least_edge, most_edge
from shanshui.pattern.landscape_metrics import landscape_metrics, landscape_of

HAND = np.array([[1, 1, 2], [1, 1, 2], [3, 3, 1]])


def test_patches_by_hand():
    table = landscape_of(HAND, cell=10.0, directions=4).patch_table()
    assert table["class"].tolist() == [1, 1, 2, 3]
    assert table["area"].tolist() == [0.04, 0.01, 0.02, 0.02]
    assert table["perim"].tolist() == [80, 40, 60, 60]
    # two cells in a row are as compact as two cells can be
    assert table["shape"].tolist() == [1, 1, 1, 1]
    assert table["para"].tolist() == pytest.approx([0.2, 0.4, 0.3, 0.3])
    assert table["enn"].tolist()[:2] == pytest.approx([10 * np.sqrt(2)] * 2)
    assert np.isnan(table["enn"].iloc[2])
    assert table["gyrate"].tolist() == pytest.approx([10 * np.sqrt(0.5), 5, 5, 5])
    assert table["circle"].tolist()[:3] == pytest.approx(
        [1 - 4 / (np.pi * 2), 0.0, 1 - 2 / (np.pi * 1.25)]
    )
    assert table["contig"].tolist()[:2] == pytest.approx([(1 + 2 + 2 + 1 - 1) / 12, 0.0])
    # by corners the two patches of class 1 are one
    assert len(landscape_of(HAND, cell=10.0).patch_table()) == 3


def test_classes_by_hand():
    table = landscape_of(HAND, cell=10.0, directions=4).class_table()
    one = table.loc[1]
    assert one["np"] == 2
    assert one["pland"] == pytest.approx(500 / 9)
    assert one["te"] == 60.0
    assert one["ed"] == pytest.approx(60 / 900 * 1e4)
    assert one["lpi"] == pytest.approx(400 / 9)
    # 4 sides shared of at most 5; 12 sides around, the least is 10
    assert one["ai"] == pytest.approx(80.0)
    assert one["lsi"] == pytest.approx(12 / 10)
    assert one["pladj"] == pytest.approx(100 * 8 / 20)
    assert one["division"] == pytest.approx(1 - (16 + 1) / 81)
    assert one["mesh"] == pytest.approx((400**2 + 100**2) / 900 / 1e4)


def test_the_whole_by_hand():
    row = landscape_of(HAND, cell=10.0, directions=4).landscape_row()
    share = np.array([5, 2, 2]) / 9
    assert row["shdi"] == pytest.approx(-(share * np.log(share)).sum())
    assert row["sidi"] == pytest.approx(1 - (share**2).sum())
    assert row["te"] == 60.0
    assert row["pr"] == 3
    # all edges are between class 1 and the others, three sides each
    assert row["iji"] == pytest.approx(100 * np.log(2) / np.log(3))


def test_every_metric_of_a_class_by_hand():
    one = landscape_of(HAND, cell=10.0, directions=4).class_table().loc[1].to_dict()
    known = {
        "ca": 0.05, "pland": 500 / 9, "np": 2, "pd": 2 / 900 * 1e6, "lpi": 400 / 9, "te": 60.0, "ed": 60 / 900 * 1e4,
        # no cell has its own class on all four sides
        "tca": 0.0, "cpland": 0.0, "ndca": 0, "dcad": 0.0, "division": 1 - 17 / 81, "mesh": 170_000 / 900 / 1e4, "split": 81 / 17,
        "lsi": 12 / 10, "ai": 80.0, "pladj": 40.0,
        # 8 of 20 sides alike, the most compact five have 10 around: G = 0.8, P = 5/9
        "clumpy": (0.8 - 5 / 9) / (4 / 9),
        # three sides with each of the other two
        "iji": 100.0,
        # sides 8 and 4, roots 2 and 1: (1 - 12/20) / (1 - 1/3)
        "cohesion": 60.0,
        # 400 and 100 m2
        "area_mn": 0.025, "area_am": (0.04**2 + 0.01**2) / 0.05, "area_sd": 0.015, "area_cv": 60.0,
        "para_mn": 0.3, "para_am": 0.2 * 0.8 + 0.4 * 0.2, "para_sd": 0.1, "para_cv": 100 / 3,
        "shape_mn": 1.0, "shape_sd": 0.0, "shape_cv": 0.0, "frac_mn": 1.0, "frac_am": 1.0,
        "gyrate_mn": 5 * np.sqrt(0.5) + 2.5, "gyrate_am": 8 * np.sqrt(0.5) + 1, "gyrate_sd": 5 * np.sqrt(0.5) - 2.5,
        "circle_mn": 0.5 - 1 / np.pi, "circle_am": 0.8 * (1 - 2 / np.pi),
        # 12 sides; 10 at least, and at most 3 * 9 - 2 * 5 + 3 = 20 where 5 of 9 cells are more than half and no more than half with the rim
        "nlsi": (12 - 10) / (20 - 10),
        "contig_mn": 5 / 24, "contig_am": 5 / 12 * 0.8, "core_mn": 0.0, "core_am": 0.0, "cai_mn": 0.0, "enn_mn": 10 * np.sqrt(2),
        "enn_am": 10 * np.sqrt(2), "enn_sd": 0.0, "enn_cv": 0.0,
    }  # fmt: skip
    found = {name: one[name] for name in known}
    assert found == pytest.approx(known)
    assert np.isnan(one["core_cv"])  # nothing varies around nothing


def test_every_metric_of_the_whole_by_hand():
    row = landscape_of(HAND, cell=10.0, directions=4).landscape_row()
    share = np.array([5, 2, 2]) / 9
    p = np.array(
        [5 / 9 * 8 / 14, 5 / 9 * 3 / 14, 5 / 9 * 3 / 14, *[2 / 9 * 3 / 5, 2 / 9 * 2 / 5] * 2]
    )
    known = {
        "ta": 0.09, "np": 4, "pd": 4 / 900 * 1e6, "lpi": 400 / 9, "te": 60.0, "ed": 60 / 900 * 1e4,
        # 6 sides between classes and 12 at the rim, over those of a square
        "lsi": 18 / 12,
        # 12 of 36 sides of cells are alike
        "pladj": 100 / 3, "ai": 100 * (5 / 9 * 0.8 + 4 / 9),
        "contag": 100 * (1 + (p * np.log(p)).sum() / (2 * np.log(3))), "iji": 100 * np.log(2) / np.log(3),
        # sides 8, 4, 6, 6 with roots 2, 1, 1.41, 1.41
        "cohesion": 100 * (1 - 24 / (20 + 12 * np.sqrt(2))) / (2 / 3),
        "pr": 3, "prd": 3 / 900 * 1e6, "shdi": -(share * np.log(share)).sum(), "sidi": 48 / 81, "msidi": -np.log(33 / 81),
        "shei": -(share * np.log(share)).sum() / np.log(3), "siei": 48 / 81 * 1.5, "msiei": -np.log(33 / 81) / np.log(3),
        "division": 1 - 25 / 81, "mesh": 250_000 / 900 / 1e4, "split": 81 / 25, "tca": 0.0, "ndca": 0, "dcad": 0.0, "cpland": 0.0,
        "area_mn": 0.0225, "area_am": 25 / 9 / 100,
    }  # fmt: skip
    assert {name: row[name] for name in known} == pytest.approx(known)


def test_one_class_alone_is_neither_diverse_nor_even():
    place = landscape_of(np.ones((3, 3), int), cell=10.0)
    row, only = place.landscape_row(), place.class_table().loc[1]
    assert {row[n] for n in ("shdi", "sidi", "msidi", "shei", "siei", "msiei", "te", "ed")} == {0.0}
    assert row["pr"] == 1
    assert np.isnan(row["contag"])
    assert np.isnan(row["iji"])
    assert np.isnan(only["clumpy"])
    assert only["pland"] == only["ai"] == row["ai"] == 100.0
    assert only["lsi"] == row["lsi"] == 1.0
    # one cell in the middle is core
    assert only["tca"] == 0.01
    assert only["ndca"] == 1
    assert only["cai_mn"] == pytest.approx(100 / 9)
    assert only["cpland"] == pytest.approx(100 / 9)
    assert only["dcad"] == pytest.approx(1 / 900 * 1e6)
    # 9 cells in their own square: sides 12, root 3: (1 - 12/36) / (1 - 1/3)
    assert row["cohesion"] == pytest.approx(100.0)
    assert landscape_of(np.ones((1, 1), int)).landscape_row()["cohesion"] == 0.0


def test_the_depth_of_edges_eats_cores():
    block = np.ones((7, 7), int)
    assert [landscape_of(block, edge_depth=k).patch_table()["core"].iloc[0] * 1e4 for k in (0, 1, 2, 3, 4)] == [
        49.0, 25.0, 9.0, 1.0, 0.0,
    ]  # fmt: skip
    two = np.ones((3, 7), int)
    two[0, 3] = two[2, 3] = 2
    patch = landscape_of(two, cell=10.0).patch_table().iloc[0]
    assert patch["nca"] == 2  # the waist parts the core
    assert patch["core"] == pytest.approx(0.04)
    assert patch["cai"] == pytest.approx(100 * 4 / 19)


def test_the_product_tells_level_class_metric_and_unit():
    land = grid(np.pad(HAND, 1, constant_values=9), "1", dtype=np.uint8, nodata=9, cell_m=10.0)
    mask = grid(np.ones((5, 5)), "1", dtype=np.uint8, nodata=255, cell_m=10.0)
    table = landscape_metrics(land, mask, directions=4)
    assert table.columns.tolist() == ["level", "class", "metric", "value", "unit"]
    assert table.index.tolist() == list(range(len(table)))
    rows = table.set_index(["level", "class", "metric"])
    assert set(table["class"]) == {1, 2, 3, -1}
    assert rows.loc[("class", 1, "te"), "value"] == 60.0
    assert rows.loc[("landscape", -1, "te"), "value"] == 60.0
    assert rows.loc[("class", 2, "ca"), "value"] == 0.02
    units = table.drop_duplicates("metric").set_index("metric")["unit"]
    assert units[["te", "ca", "pland", "ed", "pd", "iji", "mesh", "para_mn", "area_sd", "gyrate_am"]].tolist() == [
        "m", "ha", "%", "m/ha", "1/(100 ha)", "%", "ha", "1/m", "ha", "m",
    ]  # fmt: skip
    assert units[["area_cv", "enn_cv", "cai_cv"]].tolist() == ["%"] * 3
    assert (
        units[["shape_mn", "np", "clumpy", "split", "shdi", "frac_am", "division"]].tolist()
        == ["1"] * 7
    )
    mask.values[:, 3:] = 0
    half = landscape_metrics(land, mask, directions=4).set_index(["level", "class", "metric"])[
        "value"
    ]
    assert half[("landscape", -1, "ta")] == 0.06
    assert ("class", 2, "ca") not in half.index
    with pytest.raises(QuantityError, match="no known cell"):
        landscape_metrics(land, mask.copy(data=np.zeros((5, 5), np.uint8)))
    with pytest.raises(QuantityError, match="4 or 8"):
        landscape_metrics(land, mask, directions=5)


def measured():
    random = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(random.normal(size=(60, 70)), 1.5)
    return np.digitize(smooth, [-0.15, 0, 0.15]) + 1


def test_as_another_program_measured():
    """pylandstats 3.1.0 on the same map with cells of 30 m."""
    place = landscape_of(measured(), cell=30.0)
    patches = place.patch_table()
    table = place.class_table(patches)
    known = {
        "ca": [93.24, 111.78, 96.21, 76.77], "np": [39, 34, 43, 39], "pd": [10.3175, 8.9947, 11.3757, 10.3175],
        "lpi": [4.2381, 14.3333, 6.5476, 2.0238], "te": [30270, 62610, 57720, 25200], "ed": [80.0794, 165.6349, 152.6984, 66.6667],
        "tca": [34.56, 16.2, 11.34, 26.64], "cpland": [9.1429, 4.2857, 3.0, 7.0476], "ndca": [38, 39, 35, 32],
        "lsi": [8.2615, 15.0845, 14.9545, 7.8814], "mesh": [1.7364, 9.5231, 3.2270, 0.7886],
        "area_am": [7.0393, 32.2038, 12.6786, 3.8827], "area_sd": [3.3337, 9.7502, 4.8334, 1.9411],
        "area_cv": [139.4403, 296.5701, 216.0217, 98.6121], "frac_mn": [1.0560, 1.0971, 1.1060, 1.0528],
        "frac_am": [1.1017, 1.2841, 1.2434, 1.0774], "core_mn": [0.8862, 0.4765, 0.2637, 0.6831],
        "cai_mn": [21.3617, 3.6648, 2.8373, 20.2601], "enn_mn": [108.9015, 71.4740, 76.3630, 109.7269],
        "enn_am": [96.9598, 62.1117, 70.3616, 102.4388], "enn_sd": [46.8434, 21.8349, 22.1275, 32.6757],
    }  # fmt: skip
    for name, values in known.items():
        np.testing.assert_allclose(table[name], values, atol=6e-5, err_msg=name)
    row = place.landscape_row(patches)
    for name, value in {
        "ta": 378.0, "te": 87900.0, "tca": 88.74, "ndca": 144.0, "mesh": 15.275014, "enn_mn": 91.872461,
        "frac_am": 1.186792, "cai_cv": 130.385700,
    }.items():  # fmt: skip
        assert row[name] == pytest.approx(value, abs=6e-5), name


@given(seed=st.integers(0, 1000), classes=st.integers(1, 5), four=st.booleans())
@settings(max_examples=25, deadline=None)
def test_laws(seed, classes, four):
    random = np.random.default_rng(seed)
    codes = random.integers(0, classes, (14, 11))
    place = landscape_of(codes, cell=2.0, directions=4 if four else 8, nodata=99)
    patches = place.patch_table()
    table, row = place.class_table(patches), place.landscape_row(patches)
    assert table["pland"].sum() == pytest.approx(100)
    assert table["te"].sum() == pytest.approx(2 * row["te"])
    assert table["np"].sum() == row["np"] == len(patches)
    assert (patches["core"] <= patches["area"]).all()
    assert (patches["circle"].between(0, 1)).all()
    assert (patches["contig"].between(0, 1)).all()
    assert (patches["shape"] >= 1 - 1e-12).all()
    for name in ("pladj", "ai"):
        assert table[name].dropna().between(0, 100).all()
    for member in patches.index[:6]:
        inside = place.label == member
        others = (place.place == place.owner[member - 1]) & ~inside
        if others.any():
            a, b = np.argwhere(inside), np.argwhere(others)
            gap = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)).min()
            assert patches.loc[member, "enn"] == pytest.approx(2.0 * gap)


@given(st.integers(0, 1000), st.integers(2, 40))
@settings(max_examples=25, deadline=None)
def test_the_farthest_points(seed, count):
    points = np.random.default_rng(seed).integers(0, 9, (count, 2)).astype(float)
    gap = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)).max()
    assert farthest(points) == pytest.approx(gap)


def drawn(*lines):
    return np.array([[int(c) for c in line] for line in lines])


@pytest.mark.parametrize(
    ("shape", "perimeter", "wanted"),
    [
        # patches that FRAGSTATS has measured: SHAPE, CIRCLE, CONTIG, GYRATE; of the fourth to sixth it has
        # .8436, .8493 and .9921, no mean distance to the mean place
        (drawn("1"), 4, (1.0, 0.0, 0.0, 0.5)),
        (drawn("11"), 6, (1.0, 0.4907, 0.1667, 0.5)),
        (drawn("111"), 8, (1.0, 0.6180, 0.2222, 0.6667)),
        (drawn("110", "001"), 10, (1.25, 0.7062, 0.1667, 0.8631)),
        (drawn("111", "110"), 10, (1.0, 0.5103, 0.4333, 0.8478)),
        (drawn("1111", "0100"), 12, (1.2, 0.6255, 0.3333, 1.0002)),
        (drawn("111", "111"), 10, (1.0, 0.4123, 0.5, 0.9120)),
    ],
)
def test_small_patches_as_the_program_has_them(shape, perimeter, wanted):
    patch = landscape_of(np.pad(shape, 1)).patch_table().query("`class` == 1").iloc[0]
    assert patch["perim"] == perimeter
    for name, value in zip(("shape", "circle", "contig", "gyrate"), wanted, strict=True):
        assert patch[name] == pytest.approx(value, abs=6e-5), name


def test_the_fractal_dimension_of_thirteen_patches_of_the_program():
    area = np.array([34, 55, 24, 2, 1, 1, 3, 68, 1, 1, 2, 36, 6], float)
    around = np.array([38, 38, 32, 6, 4, 4, 8, 52, 4, 4, 6, 34, 10], float)
    assert fractal_dimension(around, area) == pytest.approx(1.2208, abs=5e-5)
    assert np.isnan(fractal_dimension(around[:9], area[:9]))
    assert np.isnan(fractal_dimension(np.full(12, 4.0), np.ones(12)))


def test_a_table_of_contrasts_comes_through_the_door(region, tmp_path):
    plain = region["landscape_metrics"]
    assert not set(plain["metric"]) & {"teci", "cwed", "econ_mn", "simi_mn"}
    codes = sorted(c for c in plain["class"].unique() if c >= 0)
    rows = [(a, b, 1.0, 0.5) for a, b in combinations(codes, 2)] + [
        (a, None, 1.0, None) for a in codes
    ]
    table = pd.DataFrame(rows, columns=["code", "other", "contrast", "similarity"])
    folder = tmp_path / "study"
    shutil.copytree(region.layout.folder, folder)
    table.to_csv(folder / "contrasts.csv", index=False)
    declared = '\n[inputs.class_contrasts]\nfile = "contrasts.csv"\nedition = "2026"\nlicence = "facts"\norigin = "made up"\n'
    file = folder / "study.toml"
    file.write_text(file.read_text("utf-8") + declared, "utf-8")
    study = open_study(folder)
    study.run("landscape_metrics")
    found = study["landscape_metrics"].query("level == 'landscape'").set_index("metric")
    # every edge, the rim too, of the greatest contrast
    assert found.loc["teci", "value"] == found.loc["econ_mn", "value"] == pytest.approx(100.0)
    assert found.loc["cwed", "value"] > found.loc["ed", "value"]
    assert found.loc["simi_mn", "value"] > found.loc["prox_mn", "value"]
    assert found.loc[["teci", "cwed", "connect"], "unit"].tolist() == ["%", "m/ha", "%"]


def test_edges_at_least_and_at_most():
    # a patch of 80 cells with 68 sides: SHAPE 1.8889 in the program's table
    assert 68 / least_edge(80) == pytest.approx(1.8889, abs=5e-5)
    # 184 of 900 cells with 194 sides: (194 - 56) / (736 - 56), as the program has it
    assert (194 - least_edge(184)) / (
        most_edge(184, 900, 116, 120) - least_edge(184)
    ) == pytest.approx(0.2029, abs=5e-5)
    assert (240 - least_edge(234)) / (
        most_edge(234, 900, 116, 120) - least_edge(234)
    ) == pytest.approx(0.2037, abs=5e-5)
    # 482 of them with 366 sides: the manual's 3 A - 2 a; the program has .1631, by 1792 sides at most
    assert most_edge(482, 900, 116, 120) == 1736
    assert (366 - 88) / (1736 - least_edge(482)) == pytest.approx(0.1687, abs=5e-5)
    # a chessboard of 4 x 4 has 8 cells of 4 sides; with 9 one more is squeezed in; 14 leave two apart inside
    assert most_edge(8, 16, 12, 16) == 32
    assert most_edge(9, 16, 12, 16) == 30
    assert most_edge(14, 16, 12, 16) == 20
    assert most_edge(15, 16, 12, 16) == 20
    assert most_edge(3, 5, 4, 10) == 12


def test_disjunct_cores_have_areas_of_their_own():
    two = np.ones((3, 8), int)
    two[0, 3] = two[2, 3] = 2
    one = landscape_of(two, cell=10.0).class_table().loc[1]
    # the waist leaves cores of 2 and 3 cells
    assert one["ndca"] == 2
    assert [one[f"dcore_{k}"] for k in ("mn", "sd", "cv", "am")] == pytest.approx(
        [0.025, 0.005, 20.0, 0.026]
    )
    assert np.isnan(landscape_of(HAND, cell=10.0).class_table().loc[1, "dcore_mn"])


FAR = drawn(
    "1100002",
    "1100002",
    "0000000",
    "0100001",
    "0000000",
)  # fmt: skip


def told(**options):
    land = grid(FAR, "1", dtype=np.uint8, nodata=9, cell_m=10.0)
    mask = grid(np.ones(FAR.shape), "1", dtype=np.uint8, nodata=255, cell_m=10.0)
    table = landscape_metrics(land, mask, **options)
    return table.set_index(["class", "metric"])["value"]


def test_what_lies_near_by_hand():
    near = told(search_m=25.0)
    # 400 m2 and 100 m2 are 20 m apart, another 100 m2 lies 50 m from both
    assert near[1, "prox_mn"] == pytest.approx((100 / 400 + 400 / 400 + 0) / 3)
    assert near[1, "prox_am"] == pytest.approx((0.25 * 400 + 1.0 * 100) / 600)
    assert near[1, "connect"] == pytest.approx(100 / 3)
    assert np.isnan(near[2, "connect"])
    assert near[-1, "connect"] == pytest.approx(100 / 3)
    wide = told(search_m=60.0)
    away = 100 / (50**2 + 20**2)
    assert wide[1, "prox_mn"] == pytest.approx(
        ((0.25 + 100 / 2500 * 0) + (1.0 + 100 / 2500) + (100 / 2500) + away + 4 * away) / 3
    )
    assert wide[1, "connect"] == 100.0
    assert "teci" not in near.index.get_level_values("metric")


CONTRASTS = pd.DataFrame(
    [(0, 1, 0.5, 0.2), (2, 0, 1.0, 0.0), (1, 2, 0.25, 0.6), (0, None, 0.0, None), (1, None, 0.1, None), (None, 2, 0.4, None)],
    columns=["code", "other", "contrast", "similarity"],
)  # fmt: skip


def test_contrast_by_hand():
    table = CONTRASTS.assign(
        code=CONTRASTS["code"].fillna(2), other=CONTRASTS["other"].where(CONTRASTS["code"].notna())
    )
    found = told(class_contrasts=table, search_m=25.0)
    # patches of class 1: 8 sides, 4 at the rim; 4 sides, none; 4 sides, one
    one = [100 * (4 * 0.1 + 4 * 0.5) / 8, 50.0, 100 * (0.1 + 3 * 0.5) / 4]
    assert found[1, "econ_mn"] == pytest.approx(np.mean(one))
    assert found[1, "econ_am"] == pytest.approx((4 * one[0] + one[1] + one[2]) / 6)
    weighted = 5 * 0.1 + 11 * 0.5
    assert found[1, "teci"] == pytest.approx(100 * weighted / 16)
    assert found[1, "cwed"] == pytest.approx(10 * weighted / 0.35)
    # the whole: class 2 has 6 sides, 3 at the rim; class 0 has 16 at the rim, of contrast 0
    whole = weighted + 3 * 1.0 + 3 * 0.4
    assert found[-1, "cwed"] == pytest.approx(10 * whole / 0.35)
    assert found[-1, "teci"] == pytest.approx(100 * whole / (16 + 6 + 16))
    # class 2 is near to the third patch of class 1, 20 m, and touches the background's patch, 10 m
    assert found[2, "simi_mn"] == pytest.approx(100 * 0.6 / 400 + 0.0 * 2700 / 100)
    assert found[1, "simi_mn"] == pytest.approx(
        (
            (100 / 400 + 2700 * 0.2 / 100)
            + (400 / 400 + 2700 * 0.2 / 100)
            + (200 * 0.6 / 400 + 2700 * 0.2 / 100)
        )
        / 3
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[t["code"] != 2], "classes 0 and 2"),
        (lambda t: t[t["other"].notna()], "background"),
        (lambda t: t.assign(contrast=2.0), "expected 0 to 1"),
        (lambda t: pd.concat([t, t.assign(contrast=t["contrast"] / 2 + 0.1)]), "keep one row"),
        (
            lambda t: t.assign(similarity=t["similarity"].where(t["other"] != 1)),
            "similarity: no row",
        ),
        (lambda t: t.assign(contrast="much"), "contrast: found 'much'"),
        (lambda t: t.assign(other="water"), "other: found 'water'"),
        (lambda t: t.assign(code=None), "code: found a blank"),
        (
            lambda t: t.assign(contrast=t["contrast"].where(t["other"].notna(), 3.0)),
            "0 and the background have 3",
        ),
    ],
)
def test_tables_of_contrast_that_are_refused(change, words):
    table = CONTRASTS.assign(
        code=CONTRASTS["code"].fillna(2), other=CONTRASTS["other"].where(CONTRASTS["code"].notna())
    )
    with pytest.raises(QuantityError, match=words):
        told(class_contrasts=change(table))


@given(st.integers(0, 1000), st.floats(1.0, 7.0))
@settings(max_examples=25, deadline=None)
def test_pairs_within_reach_by_force(seed, reach):
    label = np.random.default_rng(seed).integers(0, 5, (9, 11)) * np.random.default_rng(
        seed + 1
    ).integers(0, 2, (9, 11))
    pairs, gap = labels_within(label, reach)
    known = {tuple(p): g for p, g in zip(pairs.tolist(), gap.tolist(), strict=True)}
    wanted = {}
    for a in range(1, 5):
        for b in range(a + 1, 5):
            if (label == a).any() and (label == b).any():
                least = cdist(np.argwhere(label == a), np.argwhere(label == b)).min()
                if least <= reach:
                    wanted[a, b] = pytest.approx(least)
    assert known == wanted


def test_pairs_within_reach_in_plain_python(monkeypatch):
    label = np.random.default_rng(5).integers(0, 4, (6, 7))
    pairs, gap = labels_within(label, 3.0)
    monkeypatch.setattr(labels, "_near", labels._near.py_func)
    again, plain = labels_within(label, 3.0)
    np.testing.assert_array_equal(pairs, again)
    np.testing.assert_array_equal(gap, plain)


def test_missing_cells_are_a_rim():
    codes = np.array([[1, 1, 0], [1, 1, 2]])
    row = landscape_of(codes, nodata=0).landscape_row()
    assert row["te"] == 1.0
    assert row["ta"] * 1e4 == 5.0


def test_what_is_wrong_is_said():
    with pytest.raises(QuantityError, match="no known cell"):
        landscape_of(np.zeros((2, 2), int), nodata=0)
    with pytest.raises(QuantityError, match="4 or 8"):
        landscape_of(HAND, directions=6)


def nearest_by_force(codes, directions):
    """Distance of each patch to the nearest of its class, over all pairs of cells."""
    found = []
    for code in np.unique(codes):
        label, count = ndimage.label(codes == code, np.ones((3, 3)) if directions == 8 else None)
        cells = [np.argwhere(label == k + 1) for k in range(count)]
        for k, own in enumerate(cells):
            others = [c for m, c in enumerate(cells) if m != k]
            found.append(min((cdist(own, other).min() for other in others), default=np.nan))
    return found


@pytest.mark.parametrize("directions", [4, 8])
@pytest.mark.parametrize("seed", range(4))
def test_nearest_patches_far_apart(seed, directions):
    # smooth ground has large patches, whose nearest cells of the class are their own
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(45, 60)), 3)
    codes = np.digitize(smooth, np.quantile(smooth, [0.15, 0.6, 0.9]))
    table = landscape_of(codes, cell=10.0, directions=directions).patch_table()
    np.testing.assert_allclose(table["enn"], 10 * np.array(nearest_by_force(codes, directions)))


def test_nearest_of_long_patches():
    codes = np.zeros((60, 40), int)
    codes[0] = codes[20, :30] = codes[50, 36:] = codes[52, 0] = 1
    enn = landscape_of(codes, cell=2.0).patch_table()["enn"].to_numpy()[-4:]
    # bars 20 rows apart; 30 rows down and 7 columns on; 32 rows straight down
    np.testing.assert_allclose(enn, 2 * np.array([20, 20, np.hypot(30, 7), 32]))


def shapes_of(cells):
    """Every patch of so many cells that touch by sides or corners, as sets of places from 0 on."""
    grown = {frozenset({(0, 0)})}
    for _ in range(cells - 1):
        grown = {
            frozenset({*patch, (i + a, j + b)})
            for patch in grown for i, j in patch for a in (-1, 0, 1) for b in (-1, 0, 1) if (i + a, j + b) not in patch
        }  # fmt: skip
    least = [(min(i for i, _ in p), min(j for _, j in p), p) for p in grown]
    return {frozenset((i - a, j - b) for i, j in p) for a, b, p in least}


@pytest.mark.parametrize(
    ("cells", "perimeter", "circle", "contig", "told"),
    [(3, 10, 0.7062, 0.1667, 0.8436), (5, 10, 0.5103, 0.4333, 0.8493), (5, 12, 0.6255, 0.3333, 0.9921)],
)  # fmt: skip
def test_no_patch_at_all_has_what_the_program_tells_of_three(
    cells, perimeter, circle, contig, told
):
    """The map is not known: of all patches with these cells, perimeter, circle and contiguity none has that mean distance to its mean place."""
    found = set()
    for patch in shapes_of(cells):
        drawing = np.zeros(np.ptp([*patch], axis=0) + 3, int)
        drawing[tuple(np.array([*patch]).T + 1)] = 1
        row = landscape_of(drawing).patch_table().query("`class` == 1").iloc[0]
        if row["perim"] == perimeter and row[["circle", "contig"]].tolist() == pytest.approx([circle, contig], abs=6e-5):  # fmt: skip
            at = np.array([*patch], float)
            assert row["gyrate"] == pytest.approx(np.hypot(*(at - at.mean(0)).T).mean())
            found.add(round(float(row["gyrate"]), 4))
    assert found
    assert min(abs(g - told) for g in found) > 1e-3


OF_AUGUSTA = {
    42: (9991.26, 5460.93), 43: (2133.09, 169.83), 81: (2280.60, 912.33), 21: (1397.70, 41.31), 22: (1070.73, 37.08), 41: (5035.86, 1795.41),
    52: (941.58, 324.18), 23: (459.72, 25.56), 71: (1693.44, 605.61), 11: (321.75, 96.21), 90: (1191.60, 566.01), 95: (26.37, 0.81),
    24: (61.02, 10.89), 31: (214.56, 105.57), 82: (29.52, 4.59),
}  # fmt: skip
"""Area and core area [ha] of each class, as FRAGSTATS told them of a map of 440 x 678 cells of 30 m."""
FEWER = {42: 61, 43: 9, 81: 16, 21: 2, 22: 9, 41: 52, 52: 1, 23: 4, 71: 5, 90: 18}
"""Core cells that the program has fewer, by class."""


def test_core_cells_of_a_real_map_beside_those_of_the_program(data):
    place = data / "test_basins/augusta_nlcd.tif"
    if not place.is_file():
        pytest.skip("no map of Augusta beside the checkout")
    with rasterio.open(place) as file:
        codes = file.read(1)
    place = landscape_of(codes, cell=30.0)
    table = place.class_table(place.patch_table())
    for code, (area, core) in OF_AUGUSTA.items():
        assert table.loc[code, "ca"] == pytest.approx(area, abs=0.005)
        ours = round(table.loc[code, "tca"] / 0.09)
        assert ours - round(core / 0.09) == FEWER.get(code, 0)
        # a core cell is one whose four neighbours are of its class: nothing else is in the manual
        own = np.pad(codes == code, 1)
        assert ours == int((own[1:-1, 1:-1] & own[:-2, 1:-1] & own[2:, 1:-1] & own[1:-1, :-2] & own[1:-1, 2:]).sum())  # fmt: skip
    assert sum(FEWER.values()) == 177
