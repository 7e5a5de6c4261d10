import subprocess
import sys
import textwrap

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid, grid_spec, squares

from shanshui.core.errors import ResourceError, StoreError
from shanshui.store.layout import Layout, locked
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects
from shanshui.store.tables import table_digest


@pytest.fixture
def objects(tmp_path):
    layout = Layout(tmp_path)
    layout.make()
    return Objects(layout, Ledger(layout.ledger), grid_spec(7, 5))


def test_grids_come_back_as_they_went(objects):
    for values, nodata in (
        (np.arange(35, dtype=np.float32).reshape(7, 5), None),
        (np.ones((7, 5), np.uint8), 255),
        (np.full((7, 5), 70000, np.int32), 0),
    ):
        sent = objects.grid.lay(values, "m", nodata=nodata)
        back = objects.get(objects.keep(sent))
        np.testing.assert_array_equal(back, sent)
        assert back.attrs["units"] == "m"
        assert back.dtype == sent.dtype


def test_rows_in_any_portions_give_one_digest(objects):
    values = np.random.default_rng(0).random((7, 5)).astype(np.float32)
    digests = set()
    for step in (1, 2, 7):
        writer = objects.raster_writer("float32", "m", None)
        for start in range(0, 7, step):
            writer.write(start, values[start : start + step])
        digests.add(objects.keep_raster(writer))
    digests.add(objects.keep(objects.grid.lay(values, "m")))
    assert len(digests) == 1


def test_another_unit_nodata_or_type_is_another_digest(objects):
    values = np.ones((7, 5), np.float32)
    lay = objects.grid.lay
    digests = [
        objects.keep(lay(values, "m")),
        objects.keep(lay(values, "km")),
        objects.keep(lay(values.astype(np.uint8), "m", nodata=0)),
        objects.keep(lay(values.astype(np.uint8), "m", nodata=255)),
    ]
    assert len(set(digests)) == 4


def test_missing_rows_are_noticed(objects):
    writer = objects.raster_writer("float32", "m", None)
    writer.write(0, np.zeros((3, 5), np.float32))
    with pytest.raises(StoreError, match="3 of 7 rows"):
        writer.close()
    with pytest.raises(StoreError, match="where row 3 was due"):
        writer.write(5, np.zeros((1, 5), np.float32))
    writer.abandon()
    assert list(objects.layout.temporary.glob("*")) == []


def test_tables_features_and_numbers_come_back(objects):
    frame = pd.DataFrame(
        {"name": ["汉江", None], "area_km2": [1.5, np.nan]}, index=pd.Index([1, 2], name="unit")
    )
    frame.attrs["units"] = {"area_km2": "km2"}
    back = objects.get(objects.keep(frame))
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs["units"] == {"area_km2": "km2"}
    shapes = squares(2, 2)
    assert objects.get(objects.keep(shapes)).geometry.geom_equals(shapes.geometry).all()
    assert objects.get(objects.keep(2.5)) == 2.5
    with pytest.raises(StoreError, match="cannot keep a set"):
        objects.keep({1})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.DataFrame({"km2": [1.0]}), pd.DataFrame({"ha": [1.0]})),
        (pd.DataFrame({"a": [1, 2]}, index=[1, 1]), pd.DataFrame({"a": [2, 1]}, index=[1, 1])),
        (pd.DataFrame({"a": np.float32([1])}), pd.DataFrame({"a": np.float64([1])})),
        (pd.DataFrame({"a": ["1"]}), pd.DataFrame({"a": [1]})),
        (pd.DataFrame({"a": ["x", None]}), pd.DataFrame({"a": ["x", "None"]})),
    ],
)
def test_tables_that_differ_have_other_digests(one, other):
    assert table_digest(one) != table_digest(other)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=5), st.none()), min_size=1, max_size=6))
def test_the_digest_of_text_is_the_same_for_the_same_text(texts):
    assert table_digest(pd.DataFrame({"a": texts})) == table_digest(
        pd.DataFrame({"a": list(texts)})
    )


def test_what_cannot_be_digested_is_refused():
    with pytest.raises(StoreError, match="cannot digest list"):
        table_digest(pd.DataFrame({"a": [[1], [2]]}))


def test_kept_files_are_verified_by_size_and_swept(objects):
    digest = objects.keep(objects.grid.lay(np.ones((7, 5), np.float32), "m"))
    path = objects.layout.object(digest, ".tif")
    assert objects.present(digest)
    path.chmod(0o644)
    path.write_bytes(b"cut")
    assert not objects.present(digest)
    assert objects.sweep()[0] == 1
    assert not path.exists()


def test_two_runs_cannot_hold_one_study(tmp_path):
    layout = Layout(tmp_path)
    code = "from shanshui.store.layout import *; import sys\nwith locked(Layout(sys.argv[1])): print('in')"
    with locked(layout):
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
    assert "another run holds this study" in other.stderr
    with locked(layout):
        pass


def test_the_lock_dies_with_its_process(tmp_path):
    code = textwrap.dedent("""
        import os, signal, sys
        from shanshui.store.layout import Layout, locked
        with locked(Layout(sys.argv[1])):
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -9
    with locked(Layout(tmp_path)):
        pass


def test_a_broken_ledger_is_named(tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="not a readable ledger"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_full_disk_is_said(objects, monkeypatch):
    import errno

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", full)
    with pytest.raises(ResourceError, match="disk is full"):
        objects.keep(squares(2, 2))


def test_a_grid_whose_last_blocks_are_missing_is_noticed(objects):
    from shanshui.store.tiles import tiles

    digest = objects.keep(
        objects.grid.lay(np.random.default_rng(0).random((7, 5)).astype(np.float32), "m")
    )
    path = objects.layout.object(digest, ".tif")
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 20)
    with pytest.raises(ResourceError):
        list(tiles(path))
    assert grid([[1.0]], "m").attrs["units"] == "m"
