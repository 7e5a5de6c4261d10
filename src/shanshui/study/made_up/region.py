"""Write every input of a made-up region."""

from pathlib import Path

from shanshui.region.grid import GridSpec
from shanshui.store.layout import disk_errors
from shanshui.study.made_up.ground import frame_of, write_rasters
from shanshui.study.made_up.places import write_features


def made_up_region(folder: Path, grid: GridSpec, seed: int) -> tuple[list[str], list[str]]:
    """Write every input of a made-up region.

    Parameters
    ----------
    folder : Path
        Where the files go.
    grid : GridSpec
        Study grid.
    seed : int
        The same seed, grid and version give the same bytes.

    Returns
    -------
    (list of str, list of str)
        Codes of the inner counties, and of the outer prefectures.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    frame = frame_of(grid, seed)
    write_rasters(folder, grid, frame)
    return write_features(folder, grid, frame)
