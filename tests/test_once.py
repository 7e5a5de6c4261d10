"""What workers of the test runner share is made by one of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.once import fcntl, made_once


@pytest.mark.skipif(fcntl is None, reason="no file locks on this system: each worker makes its own")
def test_of_many_who_ask_one_makes_and_all_get_it_whole(tmp_path):
    makers = []

    def make(folder):
        makers.append(folder)
        folder.mkdir()
        (folder / "one").write_text("1", "utf-8")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: made_once(tmp_path / "shared", make), range(6)))
    assert len(makers) == 1
    assert all((folder / "one").read_text("utf-8") == "1" for folder in found)


def test_what_broke_off_is_made_anew(tmp_path):
    def broken(folder):
        folder.mkdir()
        raise RuntimeError("half made")

    with pytest.raises(RuntimeError, match="half made"):
        made_once(tmp_path / "shared", broken)
    assert not (tmp_path / "shared").exists()
    assert made_once(tmp_path / "shared", lambda folder: folder.mkdir()).is_dir()
