"""Metrics of maps that can be counted by hand, and of one that another program has measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from shanshui.core.errors import QuantityError
from shanshui.pattern.compactness import least_edge, most_alike, smallest_circle
from shanshui.pattern.landscape_metrics import landscape_of

HAND = np.array([[1, 1, 2], [1, 1, 2], [3, 3, 1]])


def test_patches_by_hand():
    table = landscape_of(HAND, cell=10.0, directions=4).patch_table()
    assert table["class"].tolist() == [1, 1, 2, 3]
    assert table["area"].tolist() == [0.04, 0.01, 0.02, 0.02]
    assert table["perim"].tolist() == [80, 40, 60, 60]
    assert table["shape"].tolist() == pytest.approx(
        [1, 1, 60 / 4 / np.sqrt(200), 60 / 4 / np.sqrt(200)]
    )
    assert table["para"].tolist() == pytest.approx([0.2, 0.4, 0.3, 0.3])
    assert table["enn"].tolist()[:2] == pytest.approx([10 * np.sqrt(2)] * 2)
    assert np.isnan(table["enn"].iloc[2])
    assert table["gyrate"].tolist() == pytest.approx([10 * np.sqrt(0.5), 0, 5, 5])
    assert table["circle"].iloc[0] == pytest.approx(1 - 4 / (np.pi * 2))
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


@pytest.mark.parametrize(
    ("cells", "edge", "alike"),
    [(1, 4, 0), (2, 6, 1), (4, 8, 4), (5, 10, 5), (6, 10, 7), (7, 12, 8), (9, 12, 12)],
)
def test_compact_shapes(cells, edge, alike):
    assert least_edge(cells) == edge
    assert most_alike(cells) == alike


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


@given(st.integers(0, 1000), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_the_smallest_circle_holds_all_and_touches_two(seed, count):
    points = np.random.default_rng(seed).integers(0, 9, (count, 2)).astype(float)
    radius = smallest_circle(points)
    gap = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)).max()
    assert gap / 2 - 1e-9 <= radius <= gap / np.sqrt(3) + 1e-9


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
