"""Whatever stands in a file or on the command line: it is taken, or refused in one line of our own."""

import gzip
import json
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.industry.test_input_output import plain_table
from tests.worlds import valley, write_raster

from shanshui.core.errors import ShanshuiError
from shanshui.study.circuitscape.jobs import run_any
from shanshui.study.invest import import_invest
from shanshui.study.judging import linkages_of, weigh
from shanshui.study.screening import screen_register
from shanshui.study.study import open_study

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
    b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"9" * 400, b"1" * 5000, b"true", b"[]", b"{}", b'""', b"~nobody/x", b"\x00",
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
        "register.csv": REGISTER, "words.csv": WORDS,
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
    "flows.csv": lambda p: linkages_of(p / "flows.csv"),
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
