"""A study looked at by one process while another runs it; and where nothing may be written."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from shanshui import new_study, open_study
from shanshui.core.errors import StoreError, StudyError
from shanshui.store.reading import Reading
from shanshui.study.study import Study

RUN = "import sys; from shanshui import open_study; open_study(sys.argv[1]).run('slope', 'aspect', fresh=True, workers=1)"


def tree(folder):
    """Everything that can be seen to change below a folder."""
    return {
        p.relative_to(folder): (p.stat().st_mtime_ns, p.stat().st_size, p.stat().st_ino)
        for p in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def nobody_writes(monkeypatch):
    """As an archive is, also to one who may do everything."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))


def test_a_new_study_is_opened_without_a_folder_being_made(tmp_path):
    new_study(tmp_path / "s", size=64, seed=1)
    before = tree(tmp_path / "s")
    with open_study(tmp_path / "s", read_only=True) as study:
        assert set(study.states().values()) >= {"missing"}
        assert study.reading.events() == []
        with pytest.raises(StoreError, match="slope: not made yet"):
            study.reading.overview("slope", 2)
    assert tree(tmp_path / "s") == before


@pytest.mark.slow
def test_a_study_is_read_while_another_process_runs_it(region):
    folder = region.layout.folder
    with open_study(folder, read_only=True) as study:
        since = study.reading.events()[-1].number
        done = subprocess.Popen([sys.executable, "-c", RUN, str(folder)])
        seen = []
        ends = time.monotonic() + 240
        while time.monotonic() < ends and (not seen or seen[-1].kind != "done"):
            fresh = study.reading.events(since)
            seen += fresh
            since = fresh[-1].number if fresh else since
            assert np.isfinite(study["elevation"].values).any()
            assert study.state("slope") in {"made", "stale"}
            time.sleep(0.05)
        assert done.wait(60) == 0
        made = [e.step for e in seen if e.kind == "made"]
        assert {"slope", "aspect"} <= set(made)
        assert len(made) == len(set(made))
        numbers = [e.number for e in seen]
        assert numbers == sorted(set(numbers))
        assert study.reading.events(since) == []


@pytest.mark.slow
def test_a_read_only_copy_of_a_study_that_runs_is_read(
    region, tmp_path, nobody_writes, monkeypatch
):
    place = tmp_path / "copy"
    copies = []

    def tell(event):
        if event.kind == "made" and event.step == "slope":
            shutil.copytree(region.layout.folder, place)
            for part in place.rglob("*"):
                part.chmod(0o555 if part.is_dir() else 0o444)
            copies.append(tree(place))

    with monkeypatch.context() as writes:
        writes.setattr(os, "access", lambda path, mode: True)
        region.run("slope", "aspect", fresh=True, workers=1, tell=tell)
    (before,) = copies
    with open_study(place, read_only=True) as study:
        assert study.ledger.last_run()["state"] == "running"
        assert study.state("slope") == "made"
        np.testing.assert_array_equal(study["slope"], region["slope"])
        assert study.reading.events()[-1].step == "slope"
        part = study.reading.window("slope", slice(10, 20), slice(5, 9))
        np.testing.assert_array_equal(part, region["slope"][10:20, 5:9])
        with pytest.raises(StudyError, match="opened to read only, found a run"):
            study.run("slope")
        with pytest.raises(StudyError, match="opened to read only, found a sweep"):
            study.sweep()
    # also who did not say that nothing should be written is told in words
    with pytest.raises(StoreError, match="cannot be written"), Study(place).ledger.writing():
        pass
    assert tree(place) == before


def test_windows_lie_where_the_grid_does(region):
    whole, reading = region["elevation"], region.reading
    part = reading.window("elevation", slice(90, None), slice(None, 3))
    np.testing.assert_array_equal(part, whole[90:, :3])
    assert list(part.x.values) == list(whole.x.values[:3])
    assert list(part.y.values) == list(whole.y.values[90:])
    assert part.attrs["units"] == "m"
    for rows, columns in (
        (slice(0, 97), slice(0, 1)),
        (slice(5, 5), slice(0, 1)),
        (slice(0, 4, 2), slice(0, 1)),
        (slice(0, 1), slice(-3, -1)),
    ):
        with pytest.raises(StoreError, match="expected a part of 0 to 96 without steps"):
            reading.window("elevation", rows, columns)
    with pytest.raises(StoreError, match="found a table, expected a grid"):
        reading.window("county_stage", slice(0, 1), slice(0, 1))


@pytest.mark.parametrize("factor", [1, 2, 7, 96, 500])
def test_overviews_are_means_of_what_is_known(region, factor):
    values = region["slope"].values.astype(np.float64)
    seen = region.reading.overview("slope", factor)
    assert seen.dtype == np.float32
    cuts = range(0, 96, factor)
    for i, y in enumerate(cuts):
        for j, x in enumerate(cuts):
            block = values[y : y + factor, x : x + factor]
            known = block[~np.isnan(block)]
            want = known.mean() if known.size else np.nan
            assert seen[i, j] == pytest.approx(want, rel=1e-6, nan_ok=True)
    assert seen.shape == (len(cuts), len(cuts))
    assert region.reading.overview("slope", factor) is seen


def test_overviews_of_classes_are_classes_that_there_are(region):
    values = region["land_cover"].values
    seen = region.reading.overview("land_cover", 3)
    np.testing.assert_array_equal(seen, values[1::3, 1::3])
    with pytest.raises(StoreError, match="found an overview by 0"):
        region.reading.overview("land_cover", 0)


def test_overviews_that_are_held_do_not_grow_without_end(region, monkeypatch):
    from shanshui.store import reading

    monkeypatch.setattr(reading, "MOST_HELD", 96 * 96 * 4 * 2)
    fresh = Reading(region.objects)
    for name in ("slope", "elevation", "slope", "aspect"):
        fresh.overview(name, 1)
    assert [d for d, _ in fresh._held] == [
        region.record("slope").digest,
        region.record("aspect").digest,
    ]


def test_events_of_a_ledger_made_anew_begin_again(region, tmp_path):
    count = region.reading.events()[-1].number
    assert region.reading.events(count) == []
    assert len(region.reading.events(count + 5)) == len(region.reading.events())


@pytest.mark.slow
def test_the_command_hands_work_to_processes(region):
    """The same digests, and each product made there."""
    pytest.importorskip("distributed")
    names = ["slope_class", "soil_retention", "county_stage"]
    before = {name: region.record(name).digest for name in names}
    made = [sys.executable, "-m", "shanshui.cli.main", "run", str(region.layout.folder), *names]
    done = subprocess.run(
        [*made, "--fresh", "--scheduler", "local:2", "--json"],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    assert '"made"' in done.stdout
    assert {name: region.record(name).digest for name in names} == before
    done = subprocess.run(
        [*made, "--scheduler", "nowhere"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode != 0
    assert "expected the address of a Dask scheduler" in done.stderr
    assert "Traceback" not in done.stderr
