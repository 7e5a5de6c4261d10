"""Jobs of Circuitscape and Omniscape as their users write them: files in, files out, and what is said when something is wrong."""

import gzip
import shutil

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from shanshui.core.errors import DataError
from shanshui.pattern.circuit import directed_current, effective_resistance
from shanshui.study.circuitscape import raster_job, work
from shanshui.study.circuitscape.ascii_grid import read_raster, write_raster
from shanshui.study.circuitscape.jobs import run_any

ROWS, COLS = 8, 10
HEAD = "ncols {1}\nnrows {0}\nxllcorner 100\nyllcorner 200\ncellsize 10\nNODATA_value -9999\n"


def landscape():
    values = np.round(np.random.default_rng(0).uniform(1, 9, (ROWS, COLS)), 2)
    values[3:5, 4] = np.nan
    return values


def asc(path, values):
    filled = np.where(np.isnan(values), -9999, values)
    text = HEAD.format(*values.shape) + "\n".join(" ".join(map(str, r)) for r in filled.tolist())
    path.write_text(text + "\n")
    return path


def marks(*places):
    out = np.full((ROWS, COLS), np.nan)
    for name, i, j in places:
        out[i, j] = name
    return out


POINTS = ((1, 0, 0), (2, 7, 9), (3, 2, 7))


@pytest.fixture
def folder(tmp_path):
    asc(tmp_path / "habitat.asc", landscape())
    asc(tmp_path / "points.asc", marks(*POINTS))
    return tmp_path


def write_job(folder, name="job.ini", **options):
    options = {
        "habitat_file": "habitat.asc",
        "point_file": "points.asc",
        "scenario": "pairwise",
        "data_type": "raster",
        "connect_using_avg_resistances": "True",
        "habitat_map_is_resistances": "True",
        "output_file": "out.out",
        "version": "5.0",
        **options,
    }
    lines = [f"{k} = {v}" for k, v in options.items() if v is not None]
    (folder / name).write_text("[Circuitscape mode]\n" + "\n".join(lines) + "\n")
    return folder / name


def matrix(folder, stem="out"):
    return np.loadtxt(folder / f"{stem}_resistances.out")


def test_pairwise_files_and_numbers(folder):
    job = write_job(
        folder, write_cur_maps="True", write_volt_maps="True", write_max_cur_maps="True"
    )
    outcome = run_any(job)
    names = {p.name for p in outcome.files}
    pairs = ["1_2", "1_3", "2_3"]
    assert names == {
        "out_resistances.out", "out_resistances_3columns.out", "out_cum_curmap.asc", "out_max_curmap.asc",
        *(f"out_curmap_{p}.asc" for p in pairs), *(f"out_voltmap_{p}.asc" for p in pairs),
    }  # fmt: skip
    known = effective_resistance(landscape(), np.nan_to_num(marks(*POINTS)).astype(int))
    found = matrix(folder)
    np.testing.assert_array_equal(found[0], [0, 1, 2, 3])
    np.testing.assert_array_equal(found[:, 0], [0, 1, 2, 3])
    np.testing.assert_allclose(found[1:, 1:], known.to_numpy(), rtol=1e-10)
    long = np.loadtxt(folder / "out_resistances_3columns.out")
    np.testing.assert_allclose(long, [[a, b, found[a, b]] for a, b in ((1, 2), (1, 3), (2, 3))])
    maps = [read_raster(folder / f"out_curmap_{p}.asc").values for p in pairs]
    np.testing.assert_allclose(
        read_raster(folder / "out_cum_curmap.asc").values, sum(maps), atol=1e-9
    )
    np.testing.assert_allclose(
        read_raster(folder / "out_max_curmap.asc").values, np.maximum.reduce(maps), atol=1e-9
    )
    volt = read_raster(folder / "out_voltmap_1_2.asc")
    assert volt.values[0, 0] == 0.0
    assert volt.values[7, 9] == pytest.approx(found[1, 2])
    assert (volt.left, volt.bottom, volt.cell) == (100, 200, 10)


def test_the_same_from_geotiff_gzip_and_lists(folder):
    run_any(write_job(folder))
    known = matrix(folder)
    with rasterio.open(
        folder / "habitat.tif", "w", driver="GTiff", height=ROWS, width=COLS, count=1, dtype="float64",
        nodata=-1, transform=from_origin(100, 200 + ROWS * 10, 10, 10),
    ) as file:  # fmt: skip
        file.write(np.where(np.isnan(landscape()), -1, landscape()), 1)
    with gzip.open(folder / "points.asc.gz", "wb") as file:
        file.write((folder / "points.asc").read_bytes())
    run_any(write_job(folder, habitat_file="habitat.tif", point_file="points.asc.gz"))
    np.testing.assert_allclose(matrix(folder), known)
    rows = [f"{n}\t{100 + 10 * j + 5}\t{200 + 10 * (ROWS - i) - 5}" for n, i, j in POINTS]
    (folder / "points.txt").write_text("\n".join(rows))
    run_any(write_job(folder, point_file="points.txt"))
    np.testing.assert_allclose(matrix(folder), known)
    conductance = asc(folder / "conductance.asc", 1 / landscape())
    run_any(write_job(folder, habitat_file=conductance.name, habitat_map_is_resistances="False"))
    np.testing.assert_allclose(matrix(folder), known, rtol=1e-9)


@pytest.mark.parametrize("solver", ["direct", "multigrid", "amg"])
def test_solvers_and_folder_from_the_command(folder, solver):
    run_any(write_job(folder))
    run_any(write_job(folder), folder / "there", solver)
    np.testing.assert_allclose(
        np.loadtxt(folder / "there" / "out_resistances.out"), matrix(folder), rtol=1e-8
    )


def test_one_to_all_and_all_to_one(folder):
    run_any(write_job(folder, scenario="one-to-all", write_cur_maps="True", output_file="one"))
    one = np.loadtxt(folder / "one_resistances.out")
    pairs = effective_resistance(landscape(), np.nan_to_num(marks(*POINTS)).astype(int)).to_numpy()
    # two grounds side by side are nearer than either alone
    assert (one[:, 1] < np.where(np.eye(3), np.inf, pairs).min(axis=1)).all()
    assert read_raster(folder / "one_curmap_1.asc").values[0, 0] == pytest.approx(1.0)
    run_any(write_job(folder, scenario="all-to-one", write_cur_maps="True", output_file="all"))
    np.testing.assert_array_equal(
        np.loadtxt(folder / "all_resistances.out"), [[1, 0], [2, 0], [3, 0]]
    )
    assert read_raster(folder / "all_curmap_1.asc").values[0, 0] == pytest.approx(2.0)
    (folder / "strengths.txt").write_text("2 5\n3 7\n")
    run_any(
        write_job(
            folder, scenario="all-to-one", write_cur_maps="True", output_file="strong",
            use_variable_source_strengths="True", variable_source_file="strengths.txt",
        )
    )  # fmt: skip
    assert read_raster(folder / "strong_curmap_1.asc").values[0, 0] == pytest.approx(12.0)


def test_pairs_included_and_excluded(folder):
    (folder / "pairs.txt").write_text("mode include\n1 2\n")
    job = write_job(folder, use_included_pairs="True", included_pairs_file="pairs.txt")
    run_any(job)
    found = matrix(folder)
    assert found[0].tolist() == [0, 1, 2]  # node 3 stands in no pair
    assert found[1, 2] > 0
    (folder / "pairs.txt").write_text("mode include\n1 2\n3 2\n")
    run_any(job)
    assert matrix(folder)[1, 3] == -1
    (folder / "pairs.txt").write_text("mode exclude\n2 1\n")
    run_any(job)
    assert matrix(folder)[1, 2] == -1
    assert matrix(folder)[1, 3] > 0
    (folder / "pairs.txt").write_text("min 2\nmax 5\n0 1 2 3\n1 0 3 9\n2 3 0 1\n3 9 1 0\n")
    run_any(job)
    assert (matrix(folder)[1:, 1:] > 0).sum() == 2
    (folder / "pairs.txt").write_text("mode include\n1 8\n")
    with pytest.raises(DataError, match="names 1 focal node.* that are there"):
        run_any(job)
    (folder / "pairs.txt").write_text("mode include\n1 8\n2 1\n0 2\n")
    outcome = run_any(job)
    assert any("focal node(s) 0, 8 are no focal nodes of this job" in t for t in outcome.remarks)
    assert matrix(folder)[0].tolist() == [0, 1, 2]


def test_advanced(folder):
    asc(folder / "sources.asc", marks((2.0, 0, 0)))
    asc(folder / "grounds.asc", marks((0.0, 7, 9)))
    job = write_job(
        folder, scenario="advanced", source_file="sources.asc", ground_file="grounds.asc",
        write_volt_maps="True", write_cur_maps="True", point_file=None,
    )  # fmt: skip
    run_any(job)
    run_any(write_job(folder, "other.ini", output_file="pair"))
    volt = read_raster(folder / "out_voltmap.asc").values
    assert volt[0, 0] == pytest.approx(2.0 * np.loadtxt(folder / "pair_resistances.out")[1, 2])
    assert read_raster(folder / "out_curmap.asc").values[7, 9] == pytest.approx(2.0)
    run_any(
        write_job(
            folder, scenario="advanced", source_file="sources.asc", ground_file="grounds.asc",
            write_volt_maps="True", use_unit_currents="True",
        )
    )  # fmt: skip
    assert read_raster(folder / "out_voltmap.asc").values[0, 0] == pytest.approx(volt[0, 0] / 2)


def test_polygons_masks_and_regions(folder):
    run_any(write_job(folder))
    plain = matrix(folder)
    polygon = np.full((ROWS, COLS), np.nan)
    polygon[1:7, 2:4] = 5
    asc(folder / "polygon.asc", polygon)
    run_any(write_job(folder, use_polygons="True", polygon_file="polygon.asc"))
    assert (matrix(folder)[1, 2:] < plain[1, 2:]).all()
    mask = np.ones((ROWS, COLS))
    mask[:, 5] = 0
    asc(folder / "mask.asc", mask)
    outcome = run_any(write_job(folder, use_mask="True", mask_file="mask.asc"))
    assert matrix(folder)[1, 2] == -1
    assert any("no way between focal nodes 1 and 2" in text for text in outcome.remarks)
    region = marks(*POINTS)
    region[0:2, 0:3] = 1
    asc(folder / "regions.asc", region)
    run_any(write_job(folder, point_file="regions.asc", write_cur_maps="True"))
    assert matrix(folder)[1, 2] < plain[1, 2]
    np.testing.assert_allclose(read_raster(folder / "out_curmap_1_2.asc").values[0:2, 0:3], 1.0)


def test_how_maps_are_written(folder):
    job = write_job(
        folder, write_cur_maps="True", write_cum_cur_map_only="True", log_transform_maps="True",
        set_null_currents_to_nodata="True", compress_grids="True",
    )  # fmt: skip
    names = {p.name for p in run_any(job).files}
    assert "out_curmap_1_2.asc" not in names
    values = read_raster(folder / "out_cum_curmap.asc.gz").values
    assert np.isnan(values[3, 4])
    assert values[0, 0] == pytest.approx(np.log10(2.0), abs=0.05)
    job = write_job(
        folder, write_cur_maps="True", write_as_tif="True", set_focal_node_currents_to_zero="True"
    )
    run_any(job)
    tif = read_raster(folder / "out_curmap_1_2.tif").values
    assert tif[0, 0] == 0.0
    assert tif[7, 9] == 0.0
    assert tif[3, 4] == 0.0


def test_a_network(folder):
    (folder / "net.txt").write_text("0 1 1\n1 2 2\n0 2 2.5\n2 3 1\n")
    (folder / "focal.txt").write_text("0\n3\n1\n")
    job = write_job(
        folder, data_type="network", habitat_file="net.txt", point_file="focal.txt",
        write_cur_maps="True", write_volt_maps="True",
    )  # fmt: skip
    run_any(job)
    found = matrix(folder)
    np.testing.assert_array_equal(found[0], [0, 0, 1, 3])
    assert found[1, 3] == pytest.approx(1 + 1 / (1 / 3 + 1 / 2.5))
    nodes = np.loadtxt(folder / "out_node_currents_0_3.txt")
    np.testing.assert_allclose(nodes[:, 1], [1, 2.5 / 5.5, 1, 1])
    edges = np.loadtxt(folder / "out_branch_currents_0_3.txt")
    assert edges[-1].tolist() == [2, 3, 1]
    volts = np.loadtxt(folder / "out_voltages_0_3.txt")
    assert volts[0, 1] == 0.0
    assert volts[-1, 1] == pytest.approx(found[1, 3])
    total = np.loadtxt(folder / "out_branch_currents_cum.txt")
    parts = [np.loadtxt(folder / f"out_branch_currents_{p}.txt") for p in ("0_1", "0_3", "1_3")]
    np.testing.assert_allclose(total[:, 2], sum(p[:, 2] for p in parts), rtol=1e-9)
    (folder / "sources.txt").write_text("0 1\n")
    (folder / "grounds.txt").write_text("3 0\n")
    run_any(
        write_job(
            folder, data_type="network", habitat_file="net.txt", scenario="advanced", source_file="sources.txt",
            ground_file="grounds.txt", write_cur_maps="True", write_volt_maps="True",
        )
    )  # fmt: skip
    np.testing.assert_allclose(np.loadtxt(folder / "out_voltages.txt")[0, 1], found[1, 3])
    assert (folder / "out_node_currents.txt").exists()


def test_an_interrupted_job_goes_on(folder, monkeypatch):
    monkeypatch.setattr(work, "_KEEP_ON_DISK", 0)
    run_any(write_job(folder, "whole.ini", output_file="whole", write_cur_maps="True"))
    assert not list(folder.glob("whole_unfinished*"))
    job = write_job(folder, write_cur_maps="True")

    def stop(_text, done, total):
        if total and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_any(job, tell=stop)
    (kept,) = folder.glob("out_unfinished*")
    assert len(list(kept.glob("node-*.npy"))) == 2
    calls = []
    plain = raster_job.Lattice.between
    monkeypatch.setattr(
        raster_job.Lattice, "between", lambda *a, **k: calls.append(a) or plain(*a, **k)
    )
    outcome = run_any(job)
    assert not calls
    assert any("2 solution(s) stood" in text for text in outcome.remarks)
    for name in ("resistances.out", "cum_curmap.asc"):
        assert (folder / f"out_{name}").read_bytes() == (folder / f"whole_{name}").read_bytes()


def test_paths_are_tried_beside_the_job_and_in_the_working_folder(
    folder, monkeypatch, tmp_path_factory
):
    elsewhere = tmp_path_factory.mktemp("work")
    (elsewhere / "data").mkdir()
    shutil.copy(folder / "points.asc", elsewhere / "data")
    monkeypatch.chdir(elsewhere)
    run_any(write_job(folder, point_file="data/points.asc"))
    with pytest.raises(DataError, match=r"points2.asc.*tried"):
        run_any(write_job(folder, point_file="data/points2.asc"))


def _broken_header(folder):
    text = (folder / "habitat.asc").read_text().replace("ncols 10", "ncols ten")
    (folder / "habitat.asc").write_text(text)


def _cut_off(folder):
    text = (folder / "habitat.asc").read_text()
    (folder / "habitat.asc").write_text(text[: len(text) // 2])


def _not_a_number(folder):
    lines = (folder / "habitat.asc").read_text().splitlines()
    lines[8] = lines[8].replace(lines[8].split()[3], "x7", 1)
    (folder / "habitat.asc").write_text("\n".join(lines))


def _other_cells(folder):
    text = (folder / "points.asc").read_text().replace("cellsize 10", "cellsize 20")
    (folder / "points.asc").write_text(text)


def _other_corner(folder):
    text = (folder / "points.asc").read_text().replace("xllcorner 100", "xllcorner 105")
    (folder / "points.asc").write_text(text)


def _one_node(folder):
    asc(folder / "points.asc", marks((1, 0, 0)))


def _all_missing(folder):
    asc(folder / "habitat.asc", np.full((ROWS, COLS), np.nan))


def _zero(folder):
    values = landscape()
    values[0, 0] = 0
    asc(folder / "habitat.asc", values)


def _half_numbers(folder):
    asc(folder / "points.asc", marks((1.5, 0, 0), (2, 3, 3)))


def _damaged_gzip(folder):
    raw = gzip.compress((folder / "habitat.asc").read_bytes())
    (folder / "habitat.asc").write_bytes(raw[: len(raw) // 2])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_broken_header, "ncols ten"),
        (_cut_off, "cut off"),
        (_not_a_number, "row 3, column 4: found 'x7'"),
        (_other_cells, "cell size 20"),
        (_other_corner, "corner 105"),
        (_one_node, "1 focal node"),
        (_all_missing, "no cell or edge"),
        (_zero, "above 0"),
        (_half_numbers, "1.5"),
        (_damaged_gzip, "cut off"),
    ],
)
def test_what_is_wrong_with_files_is_said(folder, spoil, words):
    spoil(folder)
    with pytest.raises(DataError, match=words):
        run_any(write_job(folder))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"use_maskk": "True"}, "did you mean 'use_mask'"),
        ({"scenario": "pairwize"}, "did you mean 'pairwise'"),
        ({"scenario": None}, "scenario: not given"),
        ({"write_cur_maps": "maybe"}, "True or False"),
        ({"use_polygons": "True"}, "polygon_file: not given"),
        (
            {"use_polygons": "True", "polygon_file": "(Browse for a file)"},
            "polygon_file: not given",
        ),
        ({"remove_src_or_gnd": "keepal"}, "did you mean 'keepall'"),
    ],
)
def test_what_is_wrong_with_options_is_said(folder, options, words):
    with pytest.raises(DataError, match=words):
        run_any(write_job(folder, **options))


def test_two_nodes_in_one_cell_and_nodes_outside(folder):
    (folder / "points.txt").write_text("1 105 205\n2 106 206\n1 104 204\n3 155 255\n")
    job = write_job(folder, point_file="points.txt", write_cur_maps="True", write_volt_maps="True")
    outcome = run_any(job)
    assert sum("nodes 1, 2 fall into one cell" in text for text in outcome.remarks) == 1
    found = matrix(folder)[1:, 1:]
    assert found[0, 1] == 0.0
    assert found[0, 2] == found[1, 2] > 0
    for kind in ("curmap", "voltmap"):
        assert not read_raster(folder / f"out_{kind}_1_2.asc").values.any()
    (folder / "points.txt").write_text("1 105 205\n2 5 5\n")
    with pytest.raises(DataError, match="outside"):
        run_any(write_job(folder, point_file="points.txt"))


def test_a_node_on_nodata_is_said_and_has_no_resistance(folder):
    asc(folder / "points.asc", marks(*POINTS, (4, 3, 4)))
    outcome = run_any(write_job(folder))
    assert (matrix(folder)[4, 1:4] == -1).all()
    assert any("focal node 4" in text for text in outcome.remarks)


def test_networks_that_name_unknown_nodes(folder):
    (folder / "net.txt").write_text("0 1 1\n1 2 2\n")
    (folder / "focal.txt").write_text("0\n9\n")
    with pytest.raises(DataError, match="9"):
        run_any(
            write_job(folder, data_type="network", habitat_file="net.txt", point_file="focal.txt")
        )
    (folder / "focal.txt").write_text("0\n1\n1\n")
    with pytest.raises(DataError, match="twice"):
        run_any(
            write_job(folder, data_type="network", habitat_file="net.txt", point_file="focal.txt")
        )


def omniscape(folder, **options):
    options = {
        "resistance_file": "habitat.asc", "radius": 3, "project_name": "omni", "source_from_resistance": "true",
        "r_cutoff": 6, "calc_normalized_current": "true", "calc_flow_potential": "true", "write_as_tif": "false", **options,
    }  # fmt: skip
    (folder / "omni.ini").write_text(
        "[Required]\n" + "".join(f"{k} = {v}\n" for k, v in options.items())
    )
    return folder / "omni.ini"


def test_omniscape_files(folder):
    names = {p.name for p in run_any(omniscape(folder)).files}
    assert names == {
        "cum_currmap.asc",
        "flow_potential.asc",
        "normalized_cum_currmap.asc",
        "config.ini",
    }
    current, potential, normal = (
        read_raster(folder / "omni" / f"{n}.asc").values
        for n in ("cum_currmap", "flow_potential", "normalized_cum_currmap")
    )
    assert np.isnan(current[3, 4])
    known = potential > 0
    np.testing.assert_allclose(normal[known], (current / potential)[known], rtol=1e-6)
    with pytest.raises(DataError, match="did you mean 'radius'"):
        run_any(omniscape(folder, radiuss=4))
    outcome = run_any(omniscape(folder, block_size=2))
    assert any("block_size: 2 is even" in text for text in outcome.remarks)
    even = (folder / "omni" / "cum_currmap.asc").read_bytes()
    run_any(omniscape(folder, block_size=3))
    assert (folder / "omni" / "cum_currmap.asc").read_bytes() == even


def test_a_condition_that_no_source_meets_leaves_no_current(folder):
    asc(folder / "none.asc", np.arange(ROWS * COLS, dtype=float).reshape(ROWS, COLS))
    run_any(omniscape(folder, conditional="true", condition1_file="none.asc", comparison1="equal"))
    assert np.nansum(read_raster(folder / "omni" / "cum_currmap.asc").values) == 0.0


def test_grids_go_out_and_come_back(tmp_path):
    asc(tmp_path / "a.asc", landscape())
    grid = read_raster(tmp_path / "a.asc")
    for options in ({}, {"tiff": True}, {"compress": True}):
        again = read_raster(write_raster(tmp_path / "b.asc", grid.values, grid, **options))
        np.testing.assert_allclose(again.values, grid.values)
        assert again.same_place(grid) == ""


def uphill(folder, **options):
    height = np.random.default_rng(2).uniform(0, 900, (ROWS, COLS))
    asc(folder / "height.asc", height)
    given = {"use_elevation": "True", "elevation_file": "height.asc", "scenario": "one-to-all"}
    return height, write_job(folder, **(given | options))


@pytest.mark.parametrize("gross", [False, True])
def test_ways_up_and_down_that_differ(folder, gross):
    height, job = uphill(
        folder, uphill_factor="0.2", write_cur_maps="True", write_gross_currents=str(gross)
    )
    run_any(job)
    for name, i, j in POINTS:
        sources, grounds = np.zeros((2, ROWS, COLS))
        sources[i, j] = 1.0
        for other, r, s in POINTS:
            grounds[r, s] = 0.0 if other == name else np.inf
        # as written: to so many digits of metres
        known = np.loadtxt(folder / "height.asc", skiprows=6)
        exact = directed_current(landscape(), sources, grounds, known, uphill=0.2, gross=gross)
        found = read_raster(folder / f"out_curmap_{name}.asc").values
        np.testing.assert_allclose(np.nan_to_num(found), exact, rtol=1e-6, atol=1e-9)
    assert height.std() > 0


def test_equal_ways_up_and_down_are_a_plain_job(folder):
    _, job = uphill(folder, write_cur_maps="True", output_file="directed.out")
    run_any(job)
    run_any(write_job(folder, scenario="one-to-all", write_cur_maps="True"))
    np.testing.assert_allclose(
        np.loadtxt(folder / "directed_resistances.out"),
        np.loadtxt(folder / "out_resistances.out"),
        rtol=1e-9,
    )
    one, two = (read_raster(folder / f"{n}_cum_curmap.asc").values for n in ("directed", "out"))
    np.testing.assert_allclose(one, two, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scenario": "pairwise"}, "the way there and the way back are one"),
        ({"use_polygons": "True"}, "a short circuit has no up and down"),
        ({"precision": "single"}, "expected double"),
        ({"solver": "multigrid"}, "expected direct"),
        ({"uphill_factor": "-1"}, "uphill_factor: found '-1'; expected a factor of 0 or more"),
        ({"uphill_factor": "steep"}, "uphill_factor: found 'steep'"),
        ({"elevation_file": None}, "elevation_file: not given, and use_elevation needs it"),
    ],
)
def test_what_a_job_with_elevation_cannot_have(folder, options, words):
    _, job = uphill(folder, **options)
    with pytest.raises(DataError, match=words):
        run_any(job)


def test_factors_without_elevation_are_told(folder):
    outcome = run_any(write_job(folder, uphill_factor="0.5"))
    assert "uphill_factor: has no effect without use_elevation" in outcome.remarks
