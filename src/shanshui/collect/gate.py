"""The one gate: every raster, layer, cube and text that comes in is opened here and nowhere else.

Regular files of known formats, on this machine at any depth; a format, a service or a device that is not on the list is refused
before anything is read.
"""

import os
from pathlib import Path
from typing import Any

from shanshui.collect.pointers import head, refuse_remote
from shanshui.core.errors import DataError, nearest

_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_CACHEMAX": "128",
    # drivers that ask a server, read the memory of the process, or take a text for a place on the net
    "GDAL_SKIP": "HTTP WMS WCS WMTS WFS OAPIF OGCAPI CSW DAAS EEDA EEDAI PLMOSAIC PLSCENES STACTA STACIT Carto Elasticsearch "
    "NGW AmigoCloud GNMDatabase",
}
"""What GDAL is told before it is loaded [D]: no network, no code of a file is run, a bounded cache (MB)."""
for _word, _value in _OFFLINE.items():
    os.environ.setdefault(_word, _value)

import geopandas as gpd  # noqa: E402 - GDAL reads the environment when it is loaded
import h5py  # noqa: E402
import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import xarray as xr  # noqa: E402
from rasterio.io import DatasetReader  # noqa: E402

pyogrio.set_gdal_config_options({k: v for k, v in _OFFLINE.items() if k != "GDAL_SKIP"})

RASTERS = (
    "GTiff", "VRT", "AAIGrid", "GRASSASCIIGrid", "ENVI", "HFA", "SAGA", "EHdr", "GPKG", "OpenFileGDB", "JP2OpenJPEG", "HDF5",
    "HDF5Image", "AIG", "RST", "ERS", "PCIDSK", "ILWIS", "RRASTER", "PCRaster", "GSAG", "GSBG", "GS7BG", "SRTMHGT", "DTED",
    "USGSDEM", "BT", "XYZ", "GRIB", "PNG", "JPEG", "BMP", "KRO", "SIGDEM", "GXF", "LCP",
)  # fmt: skip
"""Drivers that rasters are read with."""
LAYERS = {
    "ESRI Shapefile", "GPKG", "SQLite", "GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "JSONFG", "OpenFileGDB", "FlatGeobuf",
    "GML", "KML", "LIBKML", "GPX", "MapInfo File", "DXF", "CSV", "OGR_VRT", "OGR_GMT", "XLSX", "ODS", "Parquet", "DGN", "S57",
    "Selafin", "MiraMonVector", "AVCBin", "AVCE00", "AIVector", "WAsP", "JML", "Idrisi", "PGDUMP", "EDIGEO", "VFK", "SXF",
    "GeoRSS", "Arrow", "MVT", "MBTiles", "PMTiles", "OSM",
}  # fmt: skip
"""Drivers that layers of features are read with."""
_HDF5, _CDF = b"\x89HDF", (b"CDF\x01", b"CDF\x02")
_CDF5 = b"CDF\x05"


def require(path: Path, name: str, cure: str = "") -> None:
    """Refuse a path that is not there, naming likely ones, and one that is no file or folder.

    Parameters
    ----------
    path : Path
        That must be there.
    name : str
        Input, for the message.
    cure : str
        What to do; by default to correct the input's file.

    Raises
    ------
    DataError
        Missing file, a pipe or a device.
    """
    try:
        if path.is_file() or path.is_dir():
            return
        there = path.exists()
    except (OSError, ValueError) as error:
        raise DataError(f"{name}: {str(path)[:200]} cannot be read ({error})") from None
    if there:
        raise DataError(
            f"{name}: {path} is neither a file nor a folder, but a pipe or a device; copy what it gives into a file"
        )
    beside = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
    bare = "is empty" if path.parent.is_dir() else "does not exist either"
    where = nearest(path.name, beside) if beside else f"the folder {path.parent} {bare}"
    raise DataError(
        f"{name}: no file {path}; {where}; {cure or f'correct inputs.{name}.file or give --data'}"
    )


def checked(path: Path, name: str) -> None:
    """Refuse what is not a regular file or folder here, or points beyond this machine, before it is opened.

    Raises
    ------
    DataError
        Missing, a device, a service, a source on a server.
    """
    require(path, name)
    refuse_remote(path, name)


def open_raster_file(path: Path, name: str, layer: str | None = None) -> Any:
    """Open a raster that GDAL reads.

    Parameters
    ----------
    path : Path
        File, or folder that is one raster.
    name : str
        Input, for the message.
    layer : str, optional
        One of several rasters in the file.

    Returns
    -------
    rasterio dataset
        Open; the caller closes it.

    Raises
    ------
    DataError
        Not there, not on this machine, of a format that is not read, damaged, or without that layer.
    """
    checked(path, name)
    file = _opened(str(path), path, name)
    parts = [] if file.count else list(file.subdatasets)
    if not parts:
        if file.count == 0:
            file.close()
            raise DataError(f"{name}: {path} holds no raster; is it complete?")
        return file
    file.close()
    names = [part.rpartition(":")[2].strip('/"') for part in parts]
    if layer is None and len(parts) > 1:
        raise DataError(
            f'{name}: {path} holds the rasters {", ".join(names)[:300]}; choose one with layer = "…"'
        )
    wanted = names[0] if layer is None else layer.strip("/")
    if wanted not in names:
        raise DataError(f"{name}.layer: no raster '{layer}' in {path}; {nearest(wanted, names)}")
    return _opened(parts[names.index(wanted)], path, name)


def _opened(text: str, path: Path, name: str) -> Any:
    # whole numbers in the first rows would make all of an ASCII grid whole
    more = {"DATATYPE": "Float64"} if path.suffix.lower() in {".asc", ".grd"} else {}
    known = [d for d in RASTERS if d in _drivers()]
    try:
        if more and head(path, 5).strip().lower().startswith((b"ncols", b"nrows", b"xll", b"yll")):
            known = ["AAIGrid"]
        else:
            more = {}
        with rasterio.Env():
            return DatasetReader(text, driver=known, **more)
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        if path.suffix.lower() == ".gdb" and "OpenFileGDB" not in known:
            raise DataError(
                f"{name}: {path}: rasters of a geodatabase are not read here; export it as GeoTIFF"
            ) from None
        raise DataError(
            f"{name}: {path} cannot be read as a raster ({said(error)}); is it complete, and of a format that is read "
            "(GeoTIFF, VRT, ASCII grid, ENVI, Imagine, SAGA, NetCDF …)?"
        ) from None


def _drivers() -> set[str]:
    with rasterio.Env() as env:
        return set(env.drivers())


def said(error: Exception) -> str:
    """What a library says, on one line."""
    words = " ".join(str(error).split())
    return words[:200] + ("…" if len(words) > 200 else "") or type(error).__name__


def open_cube(path: Path, name: str) -> xr.Dataset:
    """Open a NetCDF, classic or 4, or a Zarr; nothing is decoded: numbers, marks and scales are as stored.

    Parameters
    ----------
    path : Path
        File, or folder of a Zarr.
    name : str
        Input, for the message.

    Returns
    -------
    Dataset
        Lazy; the caller closes it.

    Raises
    ------
    DataError
        Not there, damaged, or of an edition that is not read.
    """
    checked(path, name)
    plain: dict[str, Any] = {
        "mask_and_scale": False, "decode_times": False, "decode_coords": False, "chunks": None
    }  # fmt: skip
    start = head(path, 8)
    if start.startswith(_CDF5):
        raise DataError(
            f"{name}: {path} is a NetCDF of 64-bit data (CDF-5), which is not read; convert it: nccopy -k nc4 IN OUT"
        )
    try:
        if path.is_dir():
            return xr.open_zarr(path, consolidated=False, **plain)
        engine = "scipy" if start.startswith(_CDF) else "h5netcdf"
        if engine == "h5netcdf":
            # a file whose root cannot be read leaves that library half made, and it complains aloud when it is collected
            with h5py.File(path, "r") as probe:
                probe.attrs.get("_nc3_strict")
        return xr.open_dataset(path, engine=engine, **plain)
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(
            f"{name}: {path} cannot be read ({said(error)}); is it complete, and a NetCDF or Zarr?"
        ) from None


def layers_of(path: Path, name: str) -> list[str]:
    """Names of the layers of a vector file.

    Raises
    ------
    DataError
        Not there, not on this machine, of a format that is not read, damaged.
    """
    checked(path, name)
    try:
        return [str(row[0]) for row in pyogrio.list_layers(path)]
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise _unreadable(path, name, error) from None


def read_layer(
    path: Path, name: str, *, layer: str | None = None, encoding: str | None = None, **more: Any
) -> gpd.GeoDataFrame:
    """Read a layer of features; a table without geometry comes as a frame without one.

    Parameters
    ----------
    path : Path
        File, or folder of a geodatabase.
    name : str
        Input, for the message.
    layer : str, optional
        One of several.
    encoding : str, optional
        Of the texts, where the file does not say it.
    **more : any
        Further words of the library: ``columns``, ``where``, ``bbox``, ``read_geometry``, ``max_features`` …

    Returns
    -------
    GeoDataFrame
        As the file has it.

    Raises
    ------
    DataError
        Not there, not on this machine, of a format that is not read, damaged.
    UnicodeDecodeError
        Texts in another encoding.
    """
    checked(path, name)
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            return gpd.read_parquet(path, **more)
        driver = pyogrio.read_info(path, layer=layer, encoding=encoding)["driver"]
        if driver not in LAYERS:
            raise DataError(f"{name}: {path}: layers of format {driver} are not read")
        return pyogrio.read_dataframe(path, layer=layer, encoding=encoding, **more)
    except (DataError, UnicodeDecodeError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise _unreadable(path, name, error) from None


def layer_facts(path: Path, name: str, *, layer: str | None = None) -> dict[str, Any]:
    """What a layer says of itself without its features: ``crs``, ``encoding``, ``fields``, ``driver``, ``geometry_type`` …

    Raises
    ------
    DataError
        Not there, not on this machine, of a format that is not read, damaged.
    """
    checked(path, name)
    try:
        return dict(pyogrio.read_info(path, layer=layer))
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise _unreadable(path, name, error) from None


def _unreadable(path: Path, name: str, error: Exception) -> DataError:
    return DataError(f"{name}: {path} cannot be read ({said(error)}); is it complete?")


def bytes_of(path: Path, name: str, most: int = 1 << 31) -> bytes:
    """Bytes of a regular file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Input, for the message.
    most : int [byte]
        What it may hold.

    Raises
    ------
    DataError
        Missing, no regular file, larger, or unreadable.
    """
    require(path, name)
    if not path.is_file():
        raise DataError(f"{name}: {path} is a folder; expected a file")
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise DataError(f"{name}: {path} cannot be read ({error.strerror})") from None
    if len(raw) > most:
        raise DataError(
            f"{name}: {path} holds more than {most / 1e6:,.0f} MB; is it the right file?"
        )
    return raw
