"""Shared worlds: a small study, run once for all workers."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

import shanshui  # noqa: F401 - before GDAL is loaded, see core/letters.py
from tests.once import compile_once, made_once

os.environ.setdefault("MPLBACKEND", "Agg")
# workers of the test runner share the machine: one thread each is enough
os.environ.setdefault("OMP_NUM_THREADS", "1")
# how long an example takes says how busy the machine is, not whether the product is right
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        # locks only, the same at every run: nothing to clear away
        user = os.getuid() if hasattr(os, "getuid") else "all"
        compile_once(Path(tempfile.gettempdir()) / f"kernels-being-compiled-{user}")


def pytest_collection_modifyitems(items):
    missing = pytest.mark.skip(reason="no real data beside the checkout")
    for item in items:
        if "real" in item.keywords and not DATA.is_dir():
            item.add_marker(missing)
    # long ones first: else one worker begins them when the other has nothing left to do
    items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def common(tmp_path_factory) -> Path:
    """A folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def region(common, tmp_path_factory):
    """A made-up region of 96 x 96 cells with its survey run; each worker has a copy, since tests run parts of it anew."""
    from shanshui import new_study, open_study

    def make(folder):
        new_study(folder, size=96, seed=3, cell_m=500.0)
        open_study(folder).run(workers=2)

    known = made_once(common / "made-up-96-3", make)
    folder = tmp_path_factory.mktemp("region") / "study"
    shutil.copytree(known, folder)
    return open_study(folder)
