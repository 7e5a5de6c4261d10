"""Digests of the package's code, kept from one command to the next."""

import json
import subprocess
import sys

from shanshui.flow.known import KnownCode, kept_code


def test_what_one_found_out_the_next_knows(tmp_path):
    file = tmp_path / "a/known.digests"
    first = KnownCode("p1", file)
    assert first.of("shanshui.x") is None
    first.know("shanshui.x", "d1")
    first.keep()
    second = KnownCode("p1", file)
    assert second.of("shanshui.x") == "d1"
    second.know("shanshui.y", "d2")
    second.keep()
    assert KnownCode("p1", file).of("shanshui.x") == "d1"
    assert KnownCode("p1", file).of("shanshui.y") == "d2"
    assert [p.name for p in file.parent.iterdir()] == ["known.digests"]


def test_of_another_edition_or_a_damaged_file_nothing_is_known(tmp_path):
    file = tmp_path / "known.digests"
    first = KnownCode("p1", file)
    first.know("shanshui.x", "d1")
    first.keep()
    other = KnownCode("p2", file)
    assert other.of("shanshui.x") is None
    other.know("shanshui.z", "d3")
    other.keep()
    # what the edition before knew is gone with it
    assert json.loads(file.read_text("utf-8")) == {"package": "p2", "code": {"shanshui.z": "d3"}}
    for text in ("", "[]", "{}", '{"package": "p2", "code": 3}'):
        file.write_text(text, "utf-8")
        assert KnownCode("p2", file).of("shanshui.z") is None


def test_where_nothing_may_be_written_nothing_is(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    known = KnownCode("p1", tmp_path / "file/known.digests")
    known.know("shanshui.x", "d1")
    known.keep()
    assert KnownCode("p1", tmp_path / "file/known.digests").of("shanshui.x") is None


def test_a_program_of_ones_own_keeps_and_takes_nothing():
    known = kept_code("p1")
    known.know("shanshui.x", "d1")
    assert known.of("shanshui.x") is None


def test_the_command_keeps_them_beside_compiled_files_and_not_where_these_are_not_wanted(tmp_path):
    code = (
        "from shanshui.flow.known import *; own_program(); kept_code('p').know('shanshui.x', 'd')"
    )
    for flags, count in ((["-B"], 0), ([], 1)):
        subprocess.run(
            [sys.executable, *flags, "-X", f"pycache_prefix={tmp_path}", "-c", code],
            check=True,
            env={"PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )
        assert len(list(tmp_path.rglob("*.digests"))) == count
