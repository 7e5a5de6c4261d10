"""Products as files for other programs, by ending."""

import uuid
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio
import rasterio.shutil
import xarray as xr

from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.terms import word
from shanshui.store.layout import disk_errors
from shanshui.study.study import Study

ENDINGS = (".tif", ".nc", ".zarr", ".gpkg", ".parquet", ".geojson", ".csv", ".xlsx", ".png")


def export(study: Study, names: list[str], to: Path, lang: str = "en") -> Path:
    """Write products to one file.

    Parameters
    ----------
    study : Study
        Where they were made.
    names : list of str
        Products; several where the format holds several.
    to : Path
        The ending chooses the format: .tif (COG), .nc, .zarr, .gpkg, .parquet, .geojson, .csv, .xlsx, .png.
    lang : str
        Of the words on a map.

    Returns
    -------
    Path
        ``to``.

    Raises
    ------
    PlanError
        A product that is not made, or that the format cannot hold.
    DataError
        An unknown ending.
    """
    ending = to.suffix.lower()
    if ending == ".tiff":
        ending = ".tif"
    if ending not in ENDINGS:
        raise DataError(f"--to {to}: '{to.suffix}' is not a format; {nearest(to.suffix, ENDINGS)}")
    names = [part for name in names for part in _parts(study, name, ending)]
    kinds = {name: study.record(name).kind for name in names}
    if not names:
        raise PlanError("export: name at least one product")
    if len(names) > 1 and ending in {".tif", ".parquet", ".geojson", ".csv", ".png"}:
        raise PlanError(
            f"--to {to}: holds one product; {len(names)} were named; use .gpkg, .nc, .zarr or .xlsx, or export one by one"
        )
    writers: dict[str, tuple[set[str], Callable[[Study, list[str], Path], None]]] = {
        ".tif": ({"grid"}, _cog),
        ".nc": ({"grid"}, _cube),
        ".zarr": ({"grid"}, _cube),
        ".gpkg": ({"features", "table", "series"}, _geopackage),
        ".geojson": ({"features", "table", "series"}, _geojson),
        ".parquet": ({"features", "table", "series"}, _parquet),
        ".csv": ({"features", "table", "series", "scalar"}, _csv),
        ".xlsx": ({"features", "table", "series", "scalar"}, _workbook),
        ".png": ({"grid", "features", "table"}, lambda s, n, p: _png(s, n, p, lang)),
    }
    holds, write = writers[ending]
    for name, kind in kinds.items():
        if kind not in holds:
            fit = [e for e, (k, _) in writers.items() if kind in k]
            raise PlanError(f"{name}: a {kind} cannot be written as {ending}; use {', '.join(fit)}")
    with disk_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = to.with_name(f".{uuid.uuid4().hex[:8]}{to.name}")
        try:
            write(study, names, fresh)
            _swap(fresh, to)
        finally:
            _remove(fresh)
    return to


def _parts(study: Study, name: str, ending: str) -> list[str]:
    """A product that is several grids, as these grids."""
    record = study.record(name)
    if record.kind != "layers":
        return [name]
    layers = [f"{name}.{layer}" for layer in record.facts["layers"] if study.has(f"{name}.{layer}")]
    if ending not in {".nc", ".zarr"}:
        raise PlanError(
            f"{name}: holds {len(record.facts['layers'])} grids; write .nc or .zarr, or name one of them: {', '.join(layers[:4])} …"
        )
    return layers


def _swap(fresh: Path, to: Path) -> None:
    if fresh.is_dir():
        _remove(to)
    fresh.replace(to)


def _remove(path: Path) -> None:
    import shutil

    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _tags(study: Study, name: str) -> dict[str, str]:
    record = study.record(name)
    tags = {
        "product": name,
        "long_name": word(name),
        "units": str(record.facts.get("units", "")),
        "digest": record.digest,
        "study": study.file.study.name,
    }
    if study.file.study.made_up:
        tags["note"] = "made up: this region does not exist"
    return tags


def _cog(study: Study, names: list[str], to: Path) -> None:
    """Cloud-optimised GeoTIFF: overviews by kind of data."""
    reader = study.objects.reader(study.record(names[0]).digest)
    codes = reader.dtype.kind != "f"
    # tags go in through a virtual copy: a COG that is edited afterwards is no COG any more
    virtual = f"/vsimem/{uuid.uuid4().hex}.vrt"
    with rasterio.Env(GDAL_CACHEMAX=256, OSR_WKT_FORMAT="WKT2_2018"):
        rasterio.shutil.copy(reader.path.resolve(), virtual, driver="VRT")
        with rasterio.open(virtual, "r+") as file:
            file.update_tags(**_tags(study, names[0]))
        rasterio.shutil.copy(
            virtual,
            to,
            driver="COG",
            compress="ZSTD",
            level=9,
            predictor="YES",
            blocksize=512,
            overview_resampling="mode" if codes else "average",
            num_threads="ALL_CPUS",
            bigtiff="IF_SAFER",
        )


def _cube(study: Study, names: list[str], to: Path) -> None:
    """Grids as one dataset with CF names."""
    grids = {}
    for name in names:
        values = study[name]
        nodata = values.attrs.get("nodata")
        attrs = {
            "units": values.attrs["units"],
            "long_name": word(name),
            "grid_mapping": "spatial_ref",
        }
        grid = values.drop_attrs() if hasattr(values, "drop_attrs") else values.copy()
        grid.attrs = attrs
        if nodata is not None:
            grid.encoding["_FillValue"] = grid.dtype.type(nodata)
        grids[name.replace(".", "_")] = grid
    data = xr.Dataset(grids)
    data["x"].attrs = {"units": "m", "standard_name": "projection_x_coordinate", "axis": "X"}
    data["y"].attrs = {"units": "m", "standard_name": "projection_y_coordinate", "axis": "Y"}
    wkt = study.grid.projection.to_wkt()
    left, top, cell = study.grid.left, study.grid.top, study.grid.cell_m
    ref = {
        **study.grid.projection.to_cf(),
        "crs_wkt": wkt,
        "spatial_ref": wkt,
        "GeoTransform": f"{left} {cell} 0 {top} 0 {-cell}",
    }
    data["spatial_ref"] = xr.DataArray(0, attrs=ref)
    data.attrs = {"Conventions": "CF-1.11", "title": study.file.study.name} | (
        {"comment": "made up: this region does not exist"} if study.file.study.made_up else {}
    )
    if to.suffix == ".zarr":
        data.to_zarr(to, mode="w", consolidated=False)
    else:
        pack = {name: {"zlib": True, "complevel": 4} for name in grids}
        data.to_netcdf(to, engine="h5netcdf", encoding=pack)


def _placed(study: Study, name: str) -> gpd.GeoDataFrame:
    """Features; a table by planning unit gets the units' outlines."""
    value = study[name]
    if isinstance(value, gpd.GeoDataFrame):
        return value.reset_index() if value.index.name else value
    frame = value.rename(name).to_frame() if isinstance(value, pd.Series) else value
    frame = frame.reset_index() if frame.index.name else frame
    if "unit" not in frame or not study.has("planning_units"):
        raise PlanError(
            f"{name}: has no geometry and is not by planning unit; export it as .csv, .xlsx or .parquet"
        )
    units = study["planning_units"].geometry
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(frame["unit"].map(units), crs=units.crs))


def _flat(study: Study, name: str) -> pd.DataFrame:
    value = study[name]
    if isinstance(value, float):
        return pd.DataFrame({name: [value]})
    if isinstance(value, pd.Series):
        value = value.rename(name).to_frame()
    if isinstance(value, gpd.GeoDataFrame):
        shapes = value.geometry
        value = pd.DataFrame(value.drop(columns=value.geometry.name))
        if set(shapes.geom_type.dropna()) == {"Point"}:
            value["x"], value["y"] = shapes.x, shapes.y
    return value.reset_index() if value.index.name else value


def _geopackage(study: Study, names: list[str], to: Path) -> None:
    for name in names:
        value = study[name]
        plain = not isinstance(value, gpd.GeoDataFrame) and "unit" not in _flat(study, name)
        frame = _flat(study, name) if plain else _placed(study, name)
        pyogrio.write_dataframe(frame, to, layer=name, driver="GPKG", append=to.exists())


def _geojson(study: Study, names: list[str], to: Path) -> None:
    frame = _placed(study, names[0]).to_crs("EPSG:4326")
    pyogrio.write_dataframe(
        frame, to, driver="GeoJSON", layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "6"}
    )


def _parquet(study: Study, names: list[str], to: Path) -> None:
    value = study[names[0]]
    if isinstance(value, pd.Series):
        value = value.rename(names[0]).to_frame()
    value.to_parquet(to, compression="zstd")


def _csv(study: Study, names: list[str], to: Path) -> None:
    # with a mark, so that spreadsheets read Chinese names as they are
    _flat(study, names[0]).to_csv(to, index=False, encoding="utf-8-sig", lineterminator="\n")


def _workbook(study: Study, names: list[str], to: Path) -> None:
    with pd.ExcelWriter(to, engine="openpyxl") as book:
        for name in names:
            _flat(study, name).to_excel(book, sheet_name=name[:31], index=False)
        notes = [
            {"product": n, "column": c, "unit": f.get("units", "")}
            for n in names
            for c, f in study.record(n).facts.get("columns", {}).items()
        ]
        if notes:
            pd.DataFrame(notes).to_excel(book, sheet_name="units of columns", index=False)


def _png(study: Study, names: list[str], to: Path, lang: str) -> None:
    from shanshui.report.maps import as_png, chinese_font, drawing
    from shanshui.report.views import map_of

    shown = lang if lang == "en" or chinese_font() else "en"
    with drawing(shown):
        as_png(map_of(study, names[0], shown), to)
