"""Shared worlds: a small study, run once."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
# workers of the test runner share the machine: one thread each is enough
os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    missing = pytest.mark.skip(reason="no real data beside the checkout")
    for item in items:
        if "real" in item.keywords and not DATA.is_dir():
            item.add_marker(missing)


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def region(tmp_path_factory):
    """A made-up region of 96 x 96 cells with its survey run."""
    from shanshui import new_study, open_study

    folder = tmp_path_factory.mktemp("region") / "study"
    new_study(folder, size=96, seed=3, cell_m=500.0)
    study = open_study(folder)
    study.run(workers=2)
    return study
