"""Jobs as other programs' users have them: what runs there runs here, with a remark where something is left out."""

import codecs
import gzip

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from typer.testing import CliRunner

from shanshui.cli.main import app
from shanshui.core.errors import DataError, ResourceError
from shanshui.study.circuitscape import ascii_grid, work
from shanshui.study.circuitscape.ascii_grid import Raster, read_raster
from shanshui.study.circuitscape.ini import read_ini, unknown_options
from shanshui.study.circuitscape.jobs import run_any

NONE = -9999


def grid(
    place,
    values,
    encoding="utf-8",
    head="ncols {1}\nnrows {0}\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9999\n",
):
    values = np.atleast_2d(values)
    body = "\n".join(" ".join(f"{v:g}" for v in row) for row in values)
    place.write_bytes((head.format(*values.shape) + body + "\n").encode(encoding))
    return place


def tif(place, values, kind="float64"):
    values = np.atleast_2d(np.asarray(values, kind))
    with rasterio.open(
        place, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=kind,
        nodata=NONE, transform=from_origin(0, 10 * values.shape[0], 10, 10),
    ) as file:  # fmt: skip
        file.write(values, 1)
    return place


def job(folder, encoding="utf-8", **options):
    options = {
        "habitat_file": "habitat.asc", "point_file": "points.asc", "scenario": "pairwise", "output_file": "out.out",
        "connect_four_neighbors_only": "True", "write_cur_maps": "True", "write_volt_maps": "True", **options,
    }  # fmt: skip
    lines = [f"{k} = {v}" for k, v in options.items() if v is not None]
    (folder / "job.ini").write_bytes(("[Options]\n" + "\n".join(lines) + "\n").encode(encoding))
    return folder / "job.ini"


def shown(folder, name):
    return read_raster(folder / f"out_{name}.asc").values


@pytest.fixture
def line(tmp_path):
    """Five cells of one ohm: node 2 a region at both ends, a short circuit over the first two cells."""
    grid(tmp_path / "habitat.asc", [1, 1, 1, 1, 1])
    grid(tmp_path / "points.asc", [2, NONE, 1, NONE, 2])
    grid(tmp_path / "polygon.asc", [1, 1, NONE, NONE, NONE])
    return tmp_path


POLYGON = {"use_polygons": "True", "polygon_file": "polygon.asc"}


def test_a_region_with_the_short_circuit_it_overlaps_on_maps(line):
    run_any(job(line, **POLYGON, write_max_cur_maps="True"))
    third = 1 / 3
    np.testing.assert_allclose(
        shown(line, "voltmap_1_2")[0], [2 * third, 2 * third, 0, third, 2 * third]
    )
    for name in ("curmap_1_2", "cum_curmap", "max_curmap"):
        np.testing.assert_allclose(shown(line, name)[0], [1, 1, 1, third, 1])


def test_focal_nodes_set_to_zero_are_whole_nodes(line):
    run_any(job(line, **POLYGON, set_focal_node_currents_to_zero="True"))
    np.testing.assert_allclose(shown(line, "curmap_1_2")[0], [0, 0, 0, 1 / 3, 0])
    run_any(job(line, scenario="one-to-all", **POLYGON, set_focal_node_currents_to_zero="True"))
    np.testing.assert_allclose(shown(line, "curmap_2")[0], [0, 0, 1, 1 / 3, 0])


def test_cells_without_data_in_a_region_are_part_of_its_node(line):
    grid(line / "habitat.asc", [1, 1, 1, NONE, 1])
    grid(line / "points.asc", [1, NONE, 2, 2, NONE])
    run_any(job(line))
    np.testing.assert_allclose(shown(line, "curmap_1_2")[0], [1, 1, 1, 1, 0])
    # what the landscape does not know is hidden, whatever regions make of it
    run_any(job(line, set_null_currents_to_nodata="True", set_null_voltages_to_nodata="True"))
    assert np.isnan(shown(line, "curmap_1_2")[0]).tolist() == [False, False, False, True, False]
    assert np.isnan(shown(line, "voltmap_1_2")[0]).tolist() == [False, False, False, True, False]


def test_a_node_where_nothing_conducts_has_empty_maps_in_the_modes_with_all(line):
    grid(line / "habitat.asc", [1, 1, 1, NONE, 1])
    grid(line / "points.asc", [1, NONE, 2, 3, NONE])
    for scenario in ("one-to-all", "all-to-one"):
        names = {p.name for p in run_any(job(line, scenario=scenario)).files}
        assert {"out_curmap_3.asc", "out_voltmap_3.asc"} <= names
        assert not shown(line, "curmap_3").any()
        table = dict(np.loadtxt(line / "out_resistances.out"))
        assert table[3] == -1
    # of pairs without a way there are none
    names = {p.name for p in run_any(job(line)).files}
    assert {n for n in names if "map_" in n} == {"out_curmap_1_2.asc", "out_voltmap_1_2.asc"}


def test_a_job_with_regions_goes_on_where_it_stopped(line, monkeypatch):
    monkeypatch.setattr(work, "_KEEP_ON_DISK", 0)
    grid(line / "habitat.asc", np.array([[1, 2, 1, NONE, 1], [1, 3, 1, 1, 2]]))
    grid(line / "points.asc", np.array([[2, NONE, 1, 3, NONE], [NONE, NONE, 3, NONE, 2]]))
    grid(line / "polygon.asc", np.array([[1, 1, NONE, NONE, NONE], [NONE, NONE, NONE, 4, 4]]))
    run_any(job(line, **POLYGON))
    names = [p.name for p in line.glob("out_*")]
    known = {name: (line / name).read_bytes() for name in names}
    assert sum("map_" in name for name in names) == 6

    def stop(_text, done, total):
        if total and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_any(job(line, **POLYGON), tell=stop)
    outcome = run_any(job(line, **POLYGON))
    assert any("2 solution(s) stood" in text for text in outcome.remarks)
    assert {name: (line / name).read_bytes() for name in names} == known


def test_a_network_tells_of_the_part_that_a_pair_is_in(line):
    (line / "net.txt").write_text("0 1 1\n1 2 1\n5 6 2\n")
    (line / "focal.txt").write_text("0\n2\n5\n6\n")
    run_any(job(line, data_type="network", habitat_file="net.txt", point_file="focal.txt"))
    assert np.loadtxt(line / "out_voltages_0_2.txt").tolist() == [[0, 0], [1, 1], [2, 2]]
    assert np.loadtxt(line / "out_node_currents_5_6.txt").tolist() == [[5, 1], [6, 1]]
    assert np.loadtxt(line / "out_branch_currents_5_6.txt").tolist() == [5, 6, 1]
    assert not (line / "out_voltages_0_5.txt").exists()
    assert len(np.loadtxt(line / "out_node_currents_cum.txt")) == 5


def test_numbers_that_the_map_lacks_are_told_and_left_out(line):
    (line / "strengths.txt").write_text("1 2\n7 3\n2 0.5\n9 4\n1 2\n")
    options = {"use_variable_source_strengths": "True", "variable_source_file": "strengths.txt"}
    outcome = run_any(job(line, scenario="one-to-all", **options))
    assert any("strengths.txt: focal node(s) 7, 9 are no focal nodes" in t for t in outcome.remarks)
    assert shown(line, "curmap_1")[0, 2] == pytest.approx(2.0)
    (line / "strengths.txt").write_text("1 2\n1 3\n")
    with pytest.raises(DataError, match="focal node 1 twice, as 2 and 3"):
        run_any(job(line, scenario="one-to-all", **options))
    many = "\n".join(f"{n} {n + 1}" for n in range(10, 22))
    (line / "pairs.txt").write_text(f"mode exclude\n{many}\n")
    outcome = run_any(job(line, use_included_pairs="True", included_pairs_file="pairs.txt"))
    assert any("10, 11, 12, 13, 14, 15, 16, 17 and 5 more" in text for text in outcome.remarks)


def test_lists_name_nodes_by_numbers_above_0(line):
    (line / "points.txt").write_text("0 5 5\n-3 15 5\n1 25 5\n2 45 5\n")
    outcome = run_any(job(line, point_file="points.txt"))
    assert any("left out 0, -3: focal nodes have numbers above 0" in t for t in outcome.remarks)
    assert np.loadtxt(line / "out_resistances.out")[0].tolist() == [0, 1, 2]


def test_places_on_the_line_between_cells_are_of_the_left_or_upper_one():
    like = Raster(np.zeros((3, 4)), 100.0, 200.0, 10.0)
    assert like.cell_at(110, 225) == (0, 0)
    assert like.cell_at(110.001, 225) == (0, 1)
    assert like.cell_at(105, 220) == (0, 0)
    assert like.cell_at(105, 219.999) == (1, 0)
    # the outer edges are inside
    assert like.cell_at(100, 230) == (0, 0)
    assert like.cell_at(140, 200) == (2, 3)
    for place in (
        (99.9, 210),
        (140.1, 210),
        (120, 199.9),
        (120, 230.1),
        (np.nan, 210),
        (120, np.inf),
    ):
        assert like.cell_at(*place) is None


def test_gzipped_geotiff(line):
    run_any(job(line, **POLYGON))
    known = (line / "out_cum_curmap.asc").read_bytes()
    raw = tif(line / "polygon.tif", [1, 1, NONE, NONE, NONE], "int32").read_bytes()
    (line / "polygon.tif.gz").write_bytes(gzip.compress(raw))
    run_any(job(line, use_polygons="True", polygon_file="polygon.tif.gz"))
    assert (line / "out_cum_curmap.asc").read_bytes() == known
    for spoilt in (gzip.compress(raw)[:-20], gzip.compress(raw)[:60], gzip.compress(raw[:200])):
        (line / "polygon.tif.gz").write_bytes(spoilt)
        with pytest.raises(DataError, match=r"polygon\.tif\.gz") as said:
            run_any(job(line, use_polygons="True", polygon_file="polygon.tif.gz"))
        assert "grid.tif" not in str(said.value)
    (line / "polygon.tif.gz").write_bytes(gzip.compress(raw))
    with pytest.raises(ResourceError, match=r"polygon\.tif\.gz: unpacks to more"):
        read_raster(line / "polygon.tif.gz", 100)


ENCODINGS = ["gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_jobs_and_files_in_the_encodings_of_planners(line, encoding):
    run_any(job(line))
    known = (line / "out_cum_curmap.asc").read_bytes()
    grid(line / "阻力面.asc", [1, 1, 1, 1, 1], encoding)
    (line / "源地.txt").write_bytes("2 5 5 左\n1 25 5 中\n2 45 5 右\n".encode(encoding))
    given = job(
        line, encoding, habitat_file="阻力面.asc", point_file="源地.txt", output_file="结果.out"
    )
    run_any(given)
    assert (line / "结果_cum_curmap.asc").read_bytes() == known


def test_what_is_no_text_is_refused(line):
    for raw in (codecs.BOM_UTF16_LE + b"\x00\xd8\x00\xd8", b"\xff\xff\xff\xff", b"ab\0\0\0cd"):
        (line / "job.ini").write_bytes(raw)
        with pytest.raises(DataError, match="neither text"):
            run_any(line / "job.ini")


@pytest.mark.parametrize("key", ["ncols", "nrows", "xllcorner", "yllcorner", "cellsize"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400"])
def test_headers_that_are_not_finite_are_refused(line, key, value):
    words = (line / "habitat.asc").read_text().splitlines()
    words = [f"{key} {value}" if w.startswith(key) else w for w in words]
    (line / "habitat.asc").write_text("\n".join(words))
    with pytest.raises(DataError, match=rf"{key} is .*; expected a (finite|whole) number"):
        run_any(job(line))


@pytest.mark.parametrize(
    "place",
    [
        from_origin(np.nan, 10, 10, 10),
        from_origin(0, np.inf, 10, 10),
        from_origin(0, 10, np.nan, np.nan),
    ],
)
def test_geotiff_without_a_finite_place_is_refused(line, place):
    with rasterio.open(
        line / "habitat.tif", "w", driver="GTiff", height=1, width=5, count=1, dtype="float64", transform=place,
    ) as file:  # fmt: skip
        file.write(np.ones((1, 5)), 1)
    with pytest.raises(DataError, match=r"habitat\.tif"):
        run_any(job(line, habitat_file="habitat.tif"))


def test_options_of_other_programs_and_versions_are_told(line):
    outcome = run_any(
        job(line, radial_thing="7", block_size="3", calc_flow_potential="True", foo="")
    )
    (said,) = [t for t in outcome.remarks if "without effect" in t]
    assert "radial_thing, block_size, calc_flow_potential, foo;" in said
    outcome = run_any(job(line, solver="pardiso"))
    assert any("solver: 'pardiso' is none of cg+amg" in text for text in outcome.remarks)
    outcome = run_any(job(line), as_published=True)
    assert "as published: no error of Circuitscape is repeated here" in outcome.remarks


def test_slips_are_refused_and_strangers_told(tmp_path):
    place, known = tmp_path / "job.ini", {"radius", "block_size"}
    assert unknown_options(place, {"radius": "3"}, known, ()) == []
    assert unknown_options(place, {"foo": "", "blocksize": ""}, known, {"blocksize"}) == [
        "options without effect: foo, blocksize; this kind of job has none by such names"
    ]
    with pytest.raises(DataError, match=r"'blocksize', did you mean 'block_size'\?"):
        unknown_options(place, {"foo": "", "blocksize": ""}, known, ())
    many = {f"strange{k}": "" for k in range(10)}
    assert unknown_options(place, many, known, ())[0].startswith(
        "options without effect: strange0, "
    )
    assert "strange7 and 2 more;" in unknown_options(place, many, known, ())[0]
    slips = {f"radius{k}": "" for k in range(7)}
    with pytest.raises(DataError, match="and 2 more; correct them"):
        unknown_options(place, slips, known, ())


def test_an_option_may_stand_twice_with_one_value(tmp_path):
    place = tmp_path / "job.ini"
    place.write_text(
        "[A]\nSolver = cholmod\n# radius = 7\n; radius = 8\n[B\nsolver : cholmod\nempty\nfile = C:\\x=y.asc\n"
    )
    assert read_ini(place) == {"solver": "cholmod", "empty": "", "file": "C:\\x=y.asc"}
    place.write_text("solver = cholmod\nsolver = cg+amg\n")
    with pytest.raises(
        DataError, match="'solver' is given twice, with different values: 'cholmod' and 'cg[+]amg'"
    ):
        read_ini(place)
    place.write_text(" = 3\n")
    with pytest.raises(DataError, match="line 1: not a job file"):
        read_ini(place)
    for text in ("", "[only]\n\n", "words\nand words\n"):
        place.write_text(text)
        with pytest.raises(DataError, match="no line reads 'option = value'"):
            read_ini(place)


def omniscape(folder, **options):
    options = {
        "resistance_file": "resistance.asc", "source_file": "source.asc", "radius": 3, "project_name": "omni",
        "write_as_tif": "false", **options,
    }  # fmt: skip
    (folder / "omni.ini").write_text("".join(f"{k} = {v}\n" for k, v in options.items()))
    return folder / "omni.ini"


def result(folder, name="cum_currmap"):
    return read_raster(folder / "omni" / f"{name}.asc").values


@pytest.fixture
def square(tmp_path):
    rng = np.random.default_rng(2)
    values = np.round(rng.uniform(1, 9, (9, 11)), 2)
    values[4, 5] = NONE
    grid(tmp_path / "resistance.asc", values)
    grid(tmp_path / "source.asc", rng.integers(0, 4, (9, 11)))
    grid(tmp_path / "warm.asc", rng.integers(0, 3, (9, 11)))
    return tmp_path


def test_the_threshold_of_a_source_file_takes_in_its_own_value(square):
    run_any(omniscape(square, source_threshold=2))
    known = result(square)
    values = read_raster(square / "source.asc").values
    grid(square / "source.asc", np.where(values >= 2, values, 0))
    run_any(omniscape(square))
    np.testing.assert_array_equal(result(square), known)


def test_the_cutoff_of_resistance_takes_in_its_own_value_and_has_no_threshold(square):
    # a resistance of 49 turned into conductance and back would no longer be 49
    grid(square / "resistance.asc", np.where(np.arange(99).reshape(9, 11) % 2, 49, 50))
    options = {"source_from_resistance": "true", "r_cutoff": 49}
    outcome = run_any(omniscape(square, **options, source_threshold=3))
    known = result(square)
    assert known.any()
    assert any("source_threshold: is for a source file" in text for text in outcome.remarks)
    assert not run_any(omniscape(square, **options)).remarks
    np.testing.assert_array_equal(result(square), known)
    with pytest.raises(DataError, match="no cell is a source"):
        run_any(omniscape(square, source_from_resistance="true", r_cutoff=48))
    with pytest.raises(DataError, match="no cell is a source"):
        run_any(omniscape(square, source_from_resistance="true", r_cutoff=0))


def test_reclass_tables_may_take_cells_out(square):
    values = np.where(np.arange(99).reshape(9, 11) % 7 == 3, 5.0, 2.0)
    grid(square / "resistance.asc", values)
    # all old values are looked up before any is changed
    (square / "table.txt").write_text('2\t5\n5\t"missing"\n')
    reclass = {
        "reclassify_resistance": "true",
        "reclass_table": "table.txt",
        "write_reclassified_resistance": "true",
    }
    run_any(omniscape(square, **reclass))
    known = result(square)
    np.testing.assert_array_equal(np.isnan(result(square, "classified_resistance")), values == 5)
    np.testing.assert_array_equal(np.isnan(known), values == 5)
    grid(square / "resistance.asc", np.where(values == 5, NONE, 5))
    run_any(omniscape(square))
    np.testing.assert_array_equal(result(square), known)
    for text, words in (
        ("missing 5\n", "no old value"),
        ("5\n", "no old value"),
        ("5 6 7\n", "no old value"),
        ("\n", "is empty"),
    ):
        (square / "table.txt").write_text(text)
        with pytest.raises(DataError, match=words):
            run_any(omniscape(square, **reclass))


def test_sources_whose_condition_is_missing_are_told_and_kept(square):
    warm = read_raster(square / "warm.asc").values
    warm[0, 0] = warm[5, 5] = NONE
    grid(square / "warm.asc", warm)
    values = read_raster(square / "source.asc").values
    values[0, 0], values[5, 5] = 3, 0
    grid(square / "source.asc", values)
    options = {"conditional": "true", "condition1_file": "warm.asc", "comparison1": "equal"}
    outcome = run_any(omniscape(square, **options))
    assert any("condition1_file: 1 source cell(s) have no value" in t for t in outcome.remarks)
    known = result(square)
    run_any(omniscape(square, **{**options, "comparison1": "equals"}))
    np.testing.assert_array_equal(result(square), known)
    with pytest.raises(DataError, match="n_conditions: found 3; expected 1 or 2"):
        run_any(omniscape(square, **options, n_conditions=3))


def test_as_published_changes_the_upper_and_left_edge(square):
    run_any(omniscape(square, block_size=3, radius=3))
    plain = result(square)
    found = CliRunner().invoke(
        app,
        ["circuit", str(omniscape(square, block_size=3, radius=3)), "--as-published", "--quiet"],
    )
    assert found.exit_code == 0, found.output
    assert not np.allclose(result(square), plain, equal_nan=True)


def test_unfinished_work_of_other_conventions_is_not_taken_up(square, monkeypatch):
    from shanshui.study.circuitscape import omniscape as jobs

    kept = []
    monkeypatch.setattr(jobs, "_SAVE_S", -1.0)
    plain = jobs._save
    monkeypatch.setattr(
        jobs, "_save", lambda place, sums: kept.append(place.name) or plain(place, sums)
    )

    def stop(_text, done, _total):
        if done == 5:
            raise KeyboardInterrupt

    def cut(**options):
        with pytest.raises(KeyboardInterrupt):
            run_any(omniscape(square), tell=stop, **options)
        return kept[-1]

    first = cut()
    assert (square / "omni" / first).exists()
    assert cut(as_published=True) != first
    monkeypatch.setattr(jobs, "_CONVENTIONS", 1)
    assert cut() != first
    monkeypatch.undo()
    outcome = run_any(omniscape(square))
    assert any("took up an unfinished run: 4 windows stood" in text for text in outcome.remarks)


def test_a_damaged_grid_is_refused_whatever_it_is_packed_in(line):
    raw = gzip.compress((line / "habitat.asc").read_bytes() * 50)
    (line / "habitat.asc").write_bytes(raw[:20] + b"\0\0\0\0" + raw[24:])
    with pytest.raises(DataError, match=r"habitat\.asc"):
        run_any(job(line))
    assert ascii_grid.is_raster(line / "points.asc")
