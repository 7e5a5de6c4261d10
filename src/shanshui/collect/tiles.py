"""Which files a declaration names: one, those of a folder, or those of a pattern."""

from pathlib import Path

from shanshui.collect.catalog import INPUTS, SEVERAL, InputSpec, Specs

RASTER_SUFFIXES = {
    ".tif", ".tiff", ".img", ".asc", ".hgt", ".nc", ".nc4", ".cdf", ".vrt", ".jp2", ".bil", ".bip", ".bsq", ".flt", ".sdat",
    ".dem", ".dt0", ".dt1", ".dt2", ".rst", ".ers", ".pix", ".envi", ".grd", ".grib", ".grb",
}  # fmt: skip
"""Endings of rasters; of other files of a folder it is not asked."""
_ONE = {".zarr", ".gdb"}


def tiles_of(path: Path) -> list[Path]:
    """Files that a path names.

    Parameters
    ----------
    path : Path
        A file; a folder of tiles; or a pattern such as ``dem/*.tif``.

    Returns
    -------
    list of Path
        By name; the path itself where it is one dataset, or names nothing.
    """
    if path.is_dir():
        return _of_folder(path) or [path]
    first = next((k for k, part in enumerate(path.parts) if set(part) & set("*?[")), None)
    if first is not None and not path.exists():
        root, pattern = Path(*path.parts[:first]), "/".join(path.parts[first:])
        found = sorted(root.glob(pattern))
        return [p for p in found if p.is_file() or p.suffix.lower() in _ONE] or [path]
    return [path]


def _of_folder(path: Path) -> list[Path]:
    if path.suffix.lower() in _ONE or any(
        (path / own).exists() for own in ("zarr.json", ".zgroup", "hdr.adf", "w001001.adf")
    ):
        return []
    files = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in RASTER_SUFFIXES)
    # a virtual raster beside its tiles is the same ground again
    return [p for p in files if p.suffix.lower() != ".vrt"] or files


def spread(specs: Specs, folders: list[Path]) -> Specs:
    """Declarations with one file each: folders and patterns become a declaration for each file that they name.

    Parameters
    ----------
    specs : mapping of str to list of InputSpec
        As the study file has them.
    folders : list of Path
        Where relative paths are looked for; the first in which a file is found counts.
    """
    return {
        name: [one for spec in declared for one in _spread(spec, folders)]
        if name in INPUTS and INPUTS[name].family in SEVERAL
        else declared
        for name, declared in specs.items()
    }


def _spread(spec: InputSpec, folders: list[Path]) -> list[InputSpec]:
    if not spec.file:
        return [spec]
    path = Path(spec.file).expanduser()
    for place in [path] if path.is_absolute() else [folder / path for folder in folders]:
        try:
            found = tiles_of(place)
        except (OSError, ValueError):
            continue
        if found != [place]:
            return [spec.model_copy(update={"file": str(p.resolve())}) for p in found]
        if place.exists():
            break
    return [spec]
