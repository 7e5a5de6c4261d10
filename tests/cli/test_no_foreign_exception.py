"""Whatever stands in a file or on the command line: it is taken, or refused in one line of our own."""

import gzip
import io
import json
import os
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.industry.test_input_output import plain_table
from tests.worlds import valley, write_raster

from shanshui import open_study
from shanshui.cli import main as command
from shanshui.core.errors import ShanshuiError, StudyError
from shanshui.queries.judging import rank, weigh
from shanshui.queries.linkages import sector_linkages
from shanshui.queries.screening import screen_register
from shanshui.study.circuitscape.ascii_grid import read_raster
from shanshui.study.circuitscape.jobs import run_any
from shanshui.study.invest import import_invest
from shanshui.study.new import new_study

CASES = 60
"""Mutations of each valid file."""

STUDY = """[study]
name = "s"
[grid]
crs = "EPSG:6933"
cell_m = 100.0
left = 9000000.0
top = 3900000.0
ny = 20
nx = 30
[data]
folder = "data"
[inputs.elevation]
file = "dem.tif"
unit = "m"
[inputs.population]
file = "people.csv"
columns = { code = "id", year = "year" }
[steps.slope_class]
limits_deg = [5, 15, 25]
"""
GRID = (
    "ncols 5\nnrows 4\nxllcorner 0\nyllcorner 0\ncellsize 100\nNODATA_value -9999\n"
    + "1 2 3 2 1\n" * 4
)
JOB = """[Circuitscape mode]
scenario = pairwise
data_type = raster
[Habitat raster or graph]
habitat_file = habitat.asc
habitat_map_is_resistances = True
[Options for pairwise and one-to-all and all-to-one modes]
point_file = points.txt
included_pairs_file = pairs.txt
use_included_pairs = True
[Output options]
write_cur_maps = True
output_file = out.out
"""
POINTS = "1 50 50\n2 450 350\n3 250 150\n"
PAIRS = "mode include\n1 2\n1 3\n"
OMNI = """[Options]
radius = 3
block_size = 1
resistance_file = habitat.asc
source_from_resistance = true
r_cutoff = 10
calc_normalized_current = true
project_name = omni
"""
SQUARE = ",cost,quality,time\ncost,1,3,1/2\nquality,1/3,1,1/5\ntime,2,5,1\n"
PAIRED = "parent,row,column,lower,upper\ngoal,a,b,1,3\ngoal,b,c,1/2,2\ngoal,a,c,1,5\n"
FLOWS = plain_table().to_csv(index=False)
RANKED = "place,cost,yield\na,1,2\nb,2,3\nc,3,1\n"
INVEST = json.dumps(
    {
        "model_id": "carbon",
        "args": {
            "lulc_bas_path": "lulc.tif",
            "carbon_pools_path": "pools.csv",
            "lulc_alt_path": "",
        },
    }
)
SDR = json.dumps(
    {
        "model_id": "sdr",
        "args": {
            "dem_path": "lulc.tif",
            "k_param": 2,
            "sdr_max": 0.8,
            "biophysical_table_path": "pools.csv",
        },
    }
)
POOLS = "lucode,lulc_name,c_above,c_below,c_soil,c_dead\n1,forest,1,1,1,1\n2,field,0,0,1,0\n"
REGISTER = "企业名称,经营范围,注册资本,成立日期\n甲新能源公司,太阳能电池制造,100万元,2015-01-02\n乙公司,餐饮,1亿元,2016/3\n"
WORDS = "category,word,specificity\nenergy,太阳能电池,0.9\n"
ODD = (
    b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"9" * 400, b"1" * 5000, b"true", b"[]", b"{}", b'""', b"~no_such_user/x", b"\x00",
    b"1/0", b"../../etc", b"x" * 5000, b"\xff\xfe", b"=1+1", "１２".encode(), b"2,5", b"1e300",
)  # fmt: skip


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """One way in which a file can be broken."""

    def flipped() -> bytes:
        out = bytearray(raw)
        for _ in range(rng.randint(1, 8)):
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
        return bytes(out)

    def odd_word() -> bytes:
        words = raw.replace(b",", b" , ").split(b" ")
        words[rng.randrange(len(words))] = rng.choice(ODD)
        return b" ".join(words).replace(b" , ", b",")

    def odd_value() -> bytes:
        lines = raw.split(b"\n")
        k = rng.randrange(len(lines))
        for mark in (b"=", b":", b",", b" "):
            head, found, _ = lines[k].rpartition(mark)
            if found:
                lines[k] = head + found + rng.choice(ODD)
                break
        return b"\n".join(lines)

    def without_line() -> bytes:
        lines = raw.split(b"\n")
        del lines[rng.randrange(len(lines))]
        return b"\n".join(lines)

    def twice_line() -> bytes:
        lines = raw.split(b"\n")
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
        return b"\n".join(lines)

    def other_encoding() -> bytes:
        text = raw.decode("utf-8")
        return text.encode(rng.choice(["utf-16", "utf-16-be", "gb18030", "utf-32"]))

    packed = gzip.compress(raw)
    ways = (
        lambda: raw[: rng.randrange(len(raw))], flipped, odd_word, odd_value, without_line, twice_line, other_encoding,
        lambda: raw + rng.choice(ODD), lambda: rng.choice(ODD) + raw, lambda: packed[: rng.randrange(1, len(packed))], lambda: packed,
        lambda: raw.replace(b"\n", rng.choice([b"\r", b"\n\n", b"\x00", b","])),
        lambda: raw.replace(b",", rng.choice([b";", b"\t", b",,"])),
        lambda: bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))),
        lambda: raw.replace(b"=", b"= " + b"[" * 3000, 1),
    )  # fmt: skip
    return rng.choice(ways)()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "data").mkdir()
    write_raster(tmp_path / "data" / "dem.tif", valley(20, 30).values)
    write_raster(tmp_path / "lulc.tif", np.full((20, 30), 1.0))
    texts = {
        "study.toml": STUDY, "habitat.asc": GRID, "job.ini": JOB, "points.txt": POINTS, "pairs.txt": PAIRS, "omni.ini": OMNI,
        "square.csv": SQUARE, "paired.csv": PAIRED, "flows.csv": FLOWS, "carbon.json": INVEST, "sdr.json": SDR, "pools.csv": POOLS,
        "ranked.csv": RANKED, "register.csv": REGISTER, "words.csv": WORDS,
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def fresh(folder: Path) -> Path:
    k = 0
    while (folder / f"n{k}").exists():
        k += 1
    return folder / f"n{k}"


TARGETS = {
    "study.toml": lambda p: open_study(p),
    "habitat.asc": lambda p: run_any(p / "job.ini"),
    "job.ini": lambda p: run_any(p / "job.ini"),
    "points.txt": lambda p: run_any(p / "job.ini"),
    "pairs.txt": lambda p: run_any(p / "job.ini"),
    "omni.ini": lambda p: run_any(p / "omni.ini", p / "omni"),
    "square.csv": lambda p: weigh(p / "square.csv", ""),
    "paired.csv": lambda p: weigh(p / "paired.csv", ""),
    "flows.csv": lambda p: sector_linkages(p / "flows.csv"),
    "ranked.csv": lambda p: rank(p / "ranked.csv", draws=50),
    "carbon.json": lambda p: import_invest(p / "carbon.json", fresh(p)),
    "sdr.json": lambda p: import_invest(p / "sdr.json", fresh(p)),
    "pools.csv": lambda p: import_invest(p / "carbon.json", fresh(p)),
    "words.csv": lambda p: screen_register(
        p / "register.csv", p / "o.csv", words=p / "words.csv", overwrite=True
    ),
    "register.csv": lambda p: screen_register(p / "register.csv", p / "o.csv", overwrite=True),
}


def refused(call, path: Path) -> str:
    """Message of a refusal; blank when the file was taken. Anything foreign goes through."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(path)
    except ShanshuiError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", TARGETS)
def test_a_valid_file_is_taken(place, name):
    assert refused(TARGETS[name], place) == ""


@pytest.mark.parametrize("name", TARGETS)
def test_a_broken_file_is_taken_or_refused_in_our_own_words(place, name):
    whole = (place / name).read_bytes()
    rng = random.Random(name)  # noqa: S311 - the same cases each time
    said = 0
    for case in range(CASES):
        broken = mutated(whole, rng)
        (place / name).write_bytes(broken)
        try:
            said += bool(refused(TARGETS[name], place))
        except Exception as error:
            raise AssertionError(
                f"case {case}: {type(error).__name__}: {broken[:300]!r}"
            ) from error
    assert said > CASES // 6


@pytest.mark.parametrize("name", TARGETS)
def test_a_folder_in_place_of_a_file_is_refused(place, name):
    (place / name).unlink()
    (place / name).mkdir()
    message = refused(TARGETS[name], place)
    assert message
    assert "\n" not in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["habitat.asc", "points.txt", "square.csv", "flows.csv"])
def test_a_pipe_in_place_of_a_file_does_not_hang(place, name):
    (place / name).unlink()
    os.mkfifo(place / name)
    message = refused(TARGETS[name], place)
    assert "no regular file" in message or "a pipe" in message


# the command line


def shanshui(monkeypatch, capsys, *words):
    """Exit code, and what was said, of the command in this process."""
    monkeypatch.setattr(sys, "argv", ["shanshui", *map(str, words)])
    code = 0
    try:
        command.main()
    except SystemExit as end:
        code = end.code or 0
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("new", "habitat.asc"), "is a file"), (("new", "habitat.asc/x"), "is a file, not a folder"), (("new", "n" * 5000), "cannot be a study folder"),
        (("new", "x", "--cell", "nan"), "expected a side in metres"), (("new", "x", "--cell", "inf"), "expected a side in metres"),
        (("new", "x", "--cell", "1e-9"), "expected a side in metres"), (("new", "x", "--size", "100000000"), "GB are free"),
        (("new", "x", "--crs", "EPSG:999999"), "not a coordinate system"), (("new", "x", "--crs", "bananas"), "not a coordinate system"),
        (("new", "x", "--seed", "-1"), "expected 0 or more"),
        (("run", ".", "--memory", "nan"), "expected gigabytes"), (("run", ".", "--memory", "inf"), "expected gigabytes"),
        (("run", ".", "--memory", "-1"), "expected gigabytes"), (("check", "habitat.asc"), "expected a study folder"),
        (("export", ".", "slope", "--to", "x.tif", "--lang", "fr"), "expected en or zh"), (("report", ".", "--lang", "fr"), "expected en or zh"),
        (("admit", ".", "--industry", "06", "--at", "108,33", "--lang", "fr"), "expected en or zh"),
        (("admit", ".", "--industry", "06", "--at", "108,33", "--claim", "magic"), "--claim magic"),
        (("conform", ".", "nothing.gpkg"), "nothing.gpkg"), (("conform", ".", "p" * 5000), "cannot be read"), (("conform", ".", "habitat.asc", "--lang", "fr"), "expected en or zh"),
        (("screen", "register.csv", "--to", "o.csv", "--encoding", "bananas"), "no such encoding"),
        (("screen", "register.csv", "--to", "register.csv", "--overwrite"), "is an input"),
        (("screen", "register.csv", "--to", "o.csv", "--words", "square.csv"), "has no column"),
        (("weigh", "data"), "folder"), (("weigh", "square.csv", "--to", "data"), "ends in .csv"),
        (("weigh", "square.csv", "--to", "pools.csv"), "exists"), (("weigh", "square.csv", "--to", "square.csv", "--overwrite"), "is an input"),
        (("linkages", "flows.csv", "--to", "flows.csv", "--overwrite"), "is an input"), (("linkages", "square.csv"), "square.csv"),
        (("circuit", "data"), "folder"), (("circuit", "job.ini", "--out", "habitat.asc"), "expected a folder"),
        (("import-invest", "nothing.json", "x"), "no such file"), (("import-invest", "p" * 5000, "x"), "no such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(place, monkeypatch, capsys, words, says):
    monkeypatch.chdir(place)
    before = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    code, _, err = shanshui(monkeypatch, capsys, *words)
    assert code == 2
    assert says in err
    assert err.startswith("shanshui: ")
    assert err.count("\n") == 1
    assert len(err) < 1500
    assert {p: p.read_bytes() for p in before} == before


def broken(error):
    def raises(*_args, **_options):
        raise error

    return raises


def test_a_fault_of_the_program_is_one_line_with_its_trace_in_a_file(place, monkeypatch, capsys):
    (place / "store").mkdir()
    monkeypatch.setattr("shanshui.opened.open_study", broken(ZeroDivisionError("a\nb" * 900)))
    code, _, err = shanshui(monkeypatch, capsys, "list", place)
    assert code == 70
    assert err.count("\n") == 1
    assert len(err) < 1500
    assert f"list {place}: failed with ZeroDivisionError" in err
    (trace,) = (place / "store").glob("trace-*.txt")
    assert str(trace) in err
    assert "Traceback" in trace.read_text("utf-8")
    assert str(os.getpid()) in trace.name


@pytest.mark.parametrize("how", ["word", "environment"])
def test_the_trace_is_shown_to_those_who_ask(place, monkeypatch, capsys, how):
    monkeypatch.setattr("shanshui.opened.open_study", broken(ZeroDivisionError("x")))
    if how == "environment":
        monkeypatch.setenv("SHANSHUI_DEBUG", "1")
    code, _, err = shanshui(
        monkeypatch, capsys, "list", place, *(["--debug"] if how == "word" else [])
    )
    assert code == 70
    assert "Traceback" in err


def test_a_stop_says_that_what_is_finished_is_kept(place, monkeypatch, capsys):
    monkeypatch.setattr("shanshui.opened.open_study", broken(KeyboardInterrupt()))
    code, _, err = shanshui(monkeypatch, capsys, "list", place)
    assert code == 130
    assert err == "shanshui: stopped; what is finished is kept, run again to go on\n"


def test_a_reader_that_goes_away_is_no_fault(place, monkeypatch, capsys):
    wrapped = StudyError("slope: failed with BrokenPipeError")
    wrapped.__cause__ = BrokenPipeError()
    for error in (BrokenPipeError(), wrapped):
        monkeypatch.setattr("shanshui.cli.ending._close_output", lambda: None)
        monkeypatch.setattr("shanshui.opened.open_study", broken(error))
        code, out, err = shanshui(monkeypatch, capsys, "list", place)
        assert (code, out, err) == (1, "", "")


def test_long_messages_lose_their_middle_and_keep_the_way_out(place, monkeypatch, capsys):
    said = StudyError("grid.crs: '" + "x" * 9000 + "' is no projection; leave it out")
    monkeypatch.setattr("shanshui.opened.open_study", broken(said))
    _, _, err = shanshui(monkeypatch, capsys, "list", place)
    assert len(err) < 1500
    assert err.endswith("is no projection; leave it out\n")


# what a file declares is held against what there is


def test_a_small_file_does_not_unpack_to_all_memory(place):
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", mtime=0) as file:
        file.write(GRID.encode() + b" " * 30_000_000)
    (place / "habitat.asc").write_bytes(bomb.getvalue())
    assert "far more than what it describes" in refused(TARGETS["habitat.asc"], place)


def test_declared_cells_are_held_against_memory_before_they_are_read(place):
    write_raster(place / "big.tif", np.zeros((50, 50)))
    message = refused(lambda p: read_raster(p / "big.tif", room=50 * 50 * 8), place)
    assert "50 x 50 cells need about" in message
    header = GRID.replace("ncols 5", "ncols 100000").replace("nrows 4", "nrows 100000")
    (place / "habitat.asc").write_text(header)
    message = refused(TARGETS["habitat.asc"], place)
    assert "GiB are free" in message or "cut off" in message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ncols 5.7", "whole number"), ("ncols inf", "finite"), ("cellsize nan", "finite"), ("xllcorner inf", "finite"), ("nrows 0", "above 0"),
        ("cellsize -1", "above 0"), ("nrows 1e300", "finite"),
    ],
)  # fmt: skip
def test_headers_that_are_no_grid_are_refused(place, line, says):
    key = line.split()[0]
    lines = [line if row.startswith(key + " ") else row for row in GRID.splitlines()]
    (place / "habitat.asc").write_text("\n".join(lines))
    assert says in refused(TARGETS["habitat.asc"], place)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_jobs_are_read_in_the_encodings_that_people_save_them_in(place, encoding):
    (place / "job.ini").write_bytes(("# 电路\n" + JOB).encode(encoding))
    assert refused(TARGETS["job.ini"], place) == ""


@pytest.mark.parametrize("value", [".out", "/", "..", ".", "n" * 300 + "/x"])
def test_results_need_a_name(place, value):
    (place / "job.ini").write_text(JOB.replace("out.out", value))
    assert "output_file" in refused(TARGETS["job.ini"], place)


@pytest.mark.parametrize("value", ["nan", "inf", "2.5", "-1", "1e12"])
def test_a_radius_is_a_whole_number_of_cells(place, value):
    (place / "omni.ini").write_text(OMNI.replace("radius = 3", f"radius = {value}"))
    assert "radius" in refused(TARGETS["omni.ini"], place)


def test_a_circuit_job_deletes_nothing_of_others(place):
    (place / "out").mkdir()
    (place / "out" / "thesis.docx").write_text("x")
    assert refused(lambda p: run_any(p / "job.ini", p / "out"), place) == ""
    assert (place / "out" / "thesis.docx").read_text() == "x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (",a,b\na,1,1/0\nb,,1\n", "divides by 0"), ("row,column,value,value\na,b,2,3\n", "two columns"), (f",a,b\na,1,{'9' * 140000}\nb,,1\n", "square.csv"),
        ("row,column,lower,upper\na,b,1,3\na,b,1,9\n", "given twice"), ("row,column,value\na,,3\n", "name both items"),
    ],
)  # fmt: skip
def test_judgements_that_are_none_are_refused_with_the_file(place, text, says):
    (place / "square.csv").write_text(text)
    message = refused(TARGETS["square.csv"], place)
    assert says in message
    assert "square.csv" in message


def test_a_decimal_comma_is_no_interval(place):
    (place / "square.csv").write_text(";a;b\na;1;2,5\nb;;1\n")
    found = weigh(place / "square.csv", "")
    assert found.table["weight"].max() == pytest.approx(2.5 / 3.5)


@pytest.mark.parametrize("value", ["nan", "inf", '"high"', "[2]", '{"k": 2}', "true", "1" * 400])
def test_settings_of_an_argument_file_are_finite_numbers(place, value):
    (place / "sdr.json").write_text(
        SDR.replace(
            '"k_param": 2', f'"k_param": {value.replace("nan", "NaN").replace("inf", "Infinity")}'
        )
    )
    assert "k_param" in refused(TARGETS["sdr.json"], place)


# study files


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"EPSG:6933"', '""', "not a coordinate system"), ('"EPSG:6933"', '"bananas"', "not a coordinate system"),
        ('"EPSG:6933"', '"EPSG:999999"', "not a coordinate system"), ("100.0", "1e300", "grid.cell_m"), ("100.0", "nan", "grid.cell_m"),
        ("ny = 20", "ny = true", "grid.ny"), ("ny = 20", "ny = " + "9" * 5000, "TOML"), ("left = 9000000.0", "left = inf", "grid.left"),
        ('"dem.tif"', '"dem\\u0000.tif"', "NUL"), ('"dem.tif"', '"' + "x" * 5000 + '"', "too long"), ('"dem.tif"', '"~no_such_user/x"', "home folder"),
        ("[5, 15, 25]", "[" * 3000 + "]" * 3000, "nested"), ('folder = "data"', 'folder = "~no_such_user"', "home folder"),
    ],
)  # fmt: skip
def test_study_files_name_the_field_that_is_wrong(place, old, new, says):
    (place / "study.toml").write_text(STUDY.replace(old, new, 1))
    message = refused(TARGETS["study.toml"], place)
    assert says in message
    assert "study.toml" in message
    assert len(message) < 1000


def test_an_input_without_a_file_is_named(place):
    text = STUDY.replace(
        '[inputs.population]\nfile = "people.csv"\ncolumns = { code = "id", year = "year" }\n', ""
    )
    (place / "study.toml").write_text(
        text.replace("[inputs.elevation]", "[inputs]\npopulation = []\n[inputs.elevation]")
    )
    assert "population: an empty list" in refused(TARGETS["study.toml"], place)


# new studies


@pytest.mark.parametrize(
    "name", ['q"x', "@GRID@", "a\\b", "two\nlines", "'", "秦巴", "$(x)", "a # b"]
)
def test_new_study_files_read_back_whatever_the_names(place, name):
    raster = place / f"{name}.tif".replace("\n", " ")
    raster.write_bytes((place / "data" / "dem.tif").read_bytes())
    new_study(place / name, elevation=raster)
    study = open_study(place / name)
    assert study.verdicts()[0].state != "unusable"
    assert "\n" not in study.file.study.name


@pytest.mark.parametrize(("across", "down"), [(1, -1), (-1, -1), (1, 1), (-1, 1)])
def test_a_raster_with_its_axes_turned_is_put_in_order(place, across, down):
    import rasterio

    left, top = 9_000_000.0, 3_900_000.0
    origin = (left if across > 0 else left + 3000.0, top if down < 0 else top - 2000.0)
    transform = rasterio.Affine(across * 100.0, 0, origin[0], 0, down * 100.0, origin[1])
    with rasterio.open(
        place / "t.tif", "w", driver="GTiff", width=30, height=20, count=1, dtype="float32", crs="EPSG:6933", transform=transform
    ) as file:  # fmt: skip
        file.write(valley(20, 30).values[::1], 1)
    new_study(place / "n", elevation=place / "t.tif")
    grid = open_study(place / "n").grid
    assert (grid.ny, grid.nx, grid.cell_m, grid.left, grid.top) == (20, 30, 100.0, left, top)


def test_a_new_study_writes_over_nothing(place):
    (place / "n").mkdir()
    (place / "n" / "access_rules.csv").write_text("mine")
    with pytest.raises(StudyError, match="would write over it"):
        new_study(
            place / "n", template="qinba", data=place / "data", elevation=place / "data" / "dem.tif"
        )
    assert [p.name for p in (place / "n").iterdir()] == ["access_rules.csv"]
    (place / "m" / "data").mkdir(parents=True)
    (place / "m" / "data" / "elevation.tif").write_text("mine")
    with pytest.raises(StudyError, match="holds files"):
        new_study(place / "m", size=64)
    assert (place / "m" / "data" / "elevation.tif").read_text() == "mine"


def test_a_new_study_that_was_stopped_is_made_again(place, monkeypatch):
    class Stopped(BaseException):
        pass

    with monkeypatch.context() as patch:
        patch.setattr("shanshui.study.new.write_study", broken(Stopped()))
        with pytest.raises(Stopped):
            new_study(place / "n", size=64)
    new_study(place / "n", size=64)
    assert not [v.name for v in open_study(place / "n").verdicts() if v.state == "unusable"]
