"""Which files a declaration names: one, those of a folder, or those of a pattern."""

from collections.abc import Collection
from pathlib import Path

from shanshui.collect.catalog import InputSpec, Specs
from shanshui.collect.inputs import FEATURES, INPUTS, SEVERAL

RASTER_SUFFIXES = {
    ".tif", ".tiff", ".img", ".asc", ".hgt", ".nc", ".nc4", ".cdf", ".vrt", ".jp2", ".bil", ".bip", ".bsq", ".flt", ".sdat",
    ".dem", ".dt0", ".dt1", ".dt2", ".rst", ".ers", ".pix", ".envi", ".grd", ".grib", ".grb",
}  # fmt: skip
"""Endings of rasters; of other files of a folder it is not asked."""
VECTOR_SUFFIXES = {
    ".shp", ".shz", ".gpkg", ".gdb", ".geojson", ".json", ".fgb", ".kml", ".kmz", ".gml", ".geoparquet", ".parquet", ".tab", ".mif",
}  # fmt: skip
"""Endings of layers of features."""
_ONE = {".zarr", ".gdb"}


def tiles_of(path: Path, endings: Collection[str] = RASTER_SUFFIXES) -> list[Path]:
    """Files that a path names.

    Parameters
    ----------
    path : Path
        A file; a folder of tiles or of layers; or a pattern such as ``dem/*.tif``.
    endings : collection of str
        Of the files of a folder that count, in lower case.

    Returns
    -------
    list of Path
        By name; the path itself where it is one dataset, or names nothing.
    """
    if path.is_dir():
        return _of_folder(path, endings) or [path]
    first = next((k for k, part in enumerate(path.parts) if set(part) & set("*?[")), None)
    if first is not None and not path.exists():
        root, pattern = Path(*path.parts[:first]), "/".join(path.parts[first:])
        found = sorted(root.glob(pattern))
        return [p for p in found if p.is_file() or p.suffix.lower() in _ONE] or [path]
    return [path]


def _of_folder(path: Path, endings: Collection[str]) -> list[Path]:
    if path.suffix.lower() in _ONE or any(
        (path / own).exists() for own in ("zarr.json", ".zgroup", "hdr.adf", "w001001.adf")
    ):
        return []
    files = sorted(
        p
        for p in path.iterdir()
        if (suffix := p.suffix.lower()) in endings and (p.is_file() or suffix in _ONE)
    )
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
        name: [one for spec in declared for one in _spread(spec, folders, _endings(name))]
        if name in INPUTS and INPUTS[name].family in SEVERAL
        else declared
        for name, declared in specs.items()
    }


def _endings(name: str) -> list[Collection[str]]:
    """Endings of files of an input, the likelier first: classes may be cells or polygons."""
    family = INPUTS[name].family
    if family in FEATURES:
        return [VECTOR_SUFFIXES]
    return [RASTER_SUFFIXES, VECTOR_SUFFIXES] if family == "categorical" else [RASTER_SUFFIXES]


def _spread(
    spec: InputSpec, folders: list[Path], endings: list[Collection[str]]
) -> list[InputSpec]:
    if not spec.file:
        return [spec]
    path = Path(spec.file).expanduser()
    for place in [path] if path.is_absolute() else [folder / path for folder in folders]:
        try:
            ways = [tiles_of(place, own) for own in endings]
        except (OSError, ValueError):
            continue
        found = next((way for way in ways if way != [place]), [place])
        if found != [place]:
            return [spec.model_copy(update={"file": str(p.resolve())}) for p in found]
        if place.exists():
            break
    return [spec]
