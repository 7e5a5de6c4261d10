"""Make a study folder: from a template, or from an elevation raster alone."""

import os
import re
from importlib.resources import files
from pathlib import Path

import pyproj

from shanshui.collect.catalog import InputSpec
from shanshui.collect.mosaic import opened
from shanshui.collect.tiles import tiles_of
from shanshui.core.errors import ResourceError, StudyError, nearest
from shanshui.flow.estimate import memory_limit
from shanshui.region.grid import (
    GridSpec,
    fitted_crs,
)
from shanshui.store.layout import disk_errors
from shanshui.store.sheets import plain_text
from shanshui.study.file import LARGEST_CELL, LEAST_CELL
from shanshui.study.fitting import grid_for
from shanshui.study.made_up.region import made_up_region
from shanshui.study.toml import (
    filled,
    grid_text,
    refuse_folder,
    refuse_other,
    toml_list,
    toml_text,
    write_beside,
    write_study,
)

QINBA_CRS = "+proj=aea +lat_1=30.5 +lat_2=34.5 +lat_0=0 +lon_0=107.5 +datum=WGS84 +units=m +no_defs"
"""Albers with the region's own parallels: less distortion than the national choice."""
TEMPLATES = ("made-up", "qinba")
TO_START_FROM = [
    ("shanshui.study", "templates/judgements.csv"),
    ("shanshui.industry", "access_rules.csv"),
]
"""Judgements of the evaluation system, and access rules of the Qinba case, to be replaced."""
SPECIES = ("shanshui.pattern", "species_habitats.csv")
"""What the region's species keep to, to be mended."""
COEFFICIENTS = [
    ("shanshui.collect", "biophysical.csv"),
    ("shanshui.study", "templates/threats.csv"),
]
"""Coefficients by what covers the ground, and threats to habitat: they hold for any legend."""
BEGUN = ".made-up"
"""Stands in the data folder while its files are made."""
MADE_UP_BYTES = 400
"""Memory per cell of making a region up [byte], measured and rounded up [D]."""


def new_study(
    folder: str | Path,
    *,
    template: str | None = None,
    data: str | Path | None = None,
    elevation: str | Path | None = None,
    boundary: str | Path | None = None,
    crs: str | int | None = None,
    cell_m: float | None = None,
    size: int = 512,
    seed: int = 0,
) -> Path:
    """Make a study folder.

    Parameters
    ----------
    folder : path
        To be made; must not hold a study yet.
    template : str, optional
        ``made-up`` or ``qinba``; without it and without ``elevation``, ``made-up``.
    data : path, optional
        Folder of the data files that the template names.
    elevation : path, optional
        Elevation raster; with a template it replaces the template's.
    boundary : path, optional
        Polygons of the region.
    crs : str or int, optional
        EPSG code or any PROJ text; by default an equal-area system is fitted.
    cell_m : float, optional [m]
        Side of a cell; by default that of the elevation.
    size : int
        Rows and columns of a made-up region.
    seed : int
        Of a made-up region.

    Returns
    -------
    Path
        The study file.

    Raises
    ------
    StudyError, DataError
        Says what is wrong and what to do; nothing is left behind.
    """
    folder = Path(folder)
    refuse_folder(folder)
    if template is None and elevation is None:
        template = "made-up"
    if template not in (None, *TEMPLATES):
        raise StudyError(f"--template {template}: {nearest(str(template), TEMPLATES)}")
    if cell_m is not None and not LEAST_CELL <= cell_m <= LARGEST_CELL:
        raise StudyError(
            f"--cell {cell_m}: expected a side in metres, from {LEAST_CELL:g} to {LARGEST_CELL:g}"
        )
    wanted_crs = _crs(crs)
    if template == "made-up":
        if elevation or boundary or data:
            raise StudyError(
                "--template made-up makes its own data; leave out --elevation, --boundary and --data"
            )
        return _made_up(folder, wanted_crs, cell_m or 250.0, size, seed)
    if template == "qinba":
        return _qinba(folder, data, elevation, boundary, wanted_crs, cell_m)
    return _bare(folder, Path(str(elevation)), boundary, data, wanted_crs, cell_m)


def _crs(crs: str | int | None) -> str | None:
    if crs is None:
        return None
    text = str(crs).strip()
    text = f"EPSG:{text}" if re.fullmatch(r"\d+", text) else text
    try:
        found = pyproj.CRS.from_user_input(text)
    except (pyproj.exceptions.CRSError, ValueError):
        raise StudyError(
            f"--crs {text[:80]}: not a coordinate system; give an EPSG code such as 6933, or a PROJ text"
        ) from None
    if not (found.is_geographic or found.is_projected):
        raise StudyError(
            f"--crs {text[:80]}: '{found.name[:60]}' is no projection of the Earth; leave --crs out to have one fitted"
        )
    if found.is_geographic:
        raise StudyError(
            f"--crs {crs}: '{found.name}' is in degrees, and areas cannot be summed on it; leave --crs out to have an "
            "equal-area system fitted"
        )
    return text


def _made_up(folder: Path, crs: str | None, cell_m: float, size: int, seed: int) -> Path:
    if size < 64:
        raise StudyError(f"--size {size}: a made-up region needs at least 64 cells a side")
    if seed < 0:
        raise StudyError(f"--seed {seed}: expected 0 or more")
    if size * size * MADE_UP_BYTES > memory_limit():
        raise ResourceError(
            f"--size {size}: {size} x {size} cells need about {size * size * MADE_UP_BYTES / 1e9:.1f} GB and "
            f"{memory_limit() / 1e9:.1f} GB are free; choose a smaller one"
        )
    _refuse_data(folder / "data")
    name = f"Made-up region (seed {seed})"
    crs = crs or fitted_crs(107.0, 32.0, 109.0, 34.0)
    side = size * cell_m
    left, top = -round(side / 2 / cell_m) * cell_m, round(side / 2 / cell_m) * cell_m
    grid = GridSpec(crs, float(cell_m), left, top, size, size).checked()
    with disk_errors(folder):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "data" / BEGUN).touch()
    inner, outer = made_up_region(folder / "data", grid, seed)
    _lay(folder / "data", [*COEFFICIENTS, *TO_START_FROM])
    words = {
        "NAME": name,
        "GRID": grid_text(grid),
        "SEED": str(seed),
        "INNER": toml_list(inner),
        "OUTER": toml_list(outer),
    }
    place = write_study(folder, filled("made_up", words))
    (folder / "data" / BEGUN).unlink()
    return place


def _refuse_data(folder: Path) -> None:
    """Refuse to make files among somebody's; those of a making that was stopped are ours."""
    if folder.is_dir() and not (folder / BEGUN).exists() and any(folder.iterdir()):
        raise StudyError(
            f"{folder}: holds files, and those of a made-up region would stand among them; choose another folder"
        )


def _lay(folder: Path, shipped: list[tuple[str, str]]) -> None:
    """Files that come with the program, in a study's folder: all of them or none."""
    contents = {
        folder / re.sub("^(made_up|qinba)_", "", Path(name).name): files(package)
        .joinpath(name)
        .read_bytes()
        for package, name in shipped
    }
    for place, content in contents.items():
        refuse_other(place, content)
    for place, content in contents.items():
        write_beside(place, content)


def _qinba(
    folder: Path,
    data: str | Path | None,
    elevation: str | Path | None,
    boundary: str | Path | None,
    crs: str | None,
    cell_m: float | None,
) -> Path:
    if data is None:
        raise StudyError("--template qinba: --data FOLDER is needed: where the datasets lie")
    data = Path(data).expanduser()
    if not data.is_dir():
        raise StudyError(f"--data {data}: no such folder")
    source = Path(elevation) if elevation else data / "dem" / "dem_fused_36arcsec.tif"
    grid = grid_for(source, None, crs or QINBA_CRS, cell_m or 1000.0)
    words = {
        "NAME": "Qinba Mountain Area",
        "DATA": relative(data, folder),
        "GRID": grid_text(grid),
    }
    text = filled("qinba", words)
    if elevation:
        shipped, ours = '"dem/dem_fused_36arcsec.tif"', toml_text(relative(source, folder))
        text = text.replace(shipped, ours)
    if boundary:
        start = text.index("[inputs.boundary]")
        stop = text.index("[inputs.counties]")
        text = text[:start] + _boundary_text(Path(boundary), folder) + "\n" + text[stop:]
    names = (
        "outlets", "cities", "massifs", "sectors", "readiness", "clusters", "hubs", "crosswalk", "published",
        "cover", "mixed_classes", "county_mountains", "county_programmes", "statutory_zones", "nation", "reported_accounts",
    )  # fmt: skip
    tables = [("shanshui.study", f"templates/qinba_{name}.csv") for name in names]
    _lay(folder, [*COEFFICIENTS, *tables, *TO_START_FROM, SPECIES])
    return write_study(folder, text)


def _bare(
    folder: Path,
    elevation: Path,
    boundary: str | Path | None,
    data: str | Path | None,
    crs: str | None,
    cell_m: float | None,
) -> Path:
    elevation = elevation.expanduser()
    if not elevation.exists() and data is not None and (Path(data) / elevation).exists():
        elevation = Path(data) / elevation
    outline = Path(boundary).expanduser() if boundary else None
    grid = grid_for(elevation, outline, crs, cell_m)
    assume = f"crs = {toml_text(crs)}\n" if crs and not _has_crs(elevation) else ""
    words = {
        "NAME": " ".join(plain_text(folder.resolve().name).split()) or "study",
        "DATA": relative(Path(data), folder) if data else ".",
        "GRID": grid_text(grid),
        "ELEVATION": relative(elevation, folder),
        "ELEVATION_CRS": assume,
        "BOUNDARY": "\n" + _boundary_text(outline, folder) if outline else "",
    }
    return write_study(folder, filled("bare", words))


def _boundary_text(path: Path, folder: Path) -> str:
    return f"[inputs.boundary]\nfile = {toml_text(relative(path, folder))}\n"


def _has_crs(path: Path) -> bool:
    tile = tiles_of(path)[0]
    raster = opened(tile, InputSpec(file=str(tile), band=1), "elevation")
    raster.close()
    return raster.frame.crs is not None


def relative(path: Path, folder: Path) -> str:
    """Path from the study folder, so that both can be moved together."""
    path, folder = path.expanduser().resolve(), folder.resolve()
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
