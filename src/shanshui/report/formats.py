"""One writer per format of an export."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio
import rasterio.shutil
import xarray as xr

from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.core.version import __version__
from shanshui.core.voice import Voice
from shanshui.queries.places import PlacedRows
from shanshui.queries.spoken import spoken
from shanshui.report.office_formats import write_geodatabase, write_shapefile
from shanshui.store.sheets import plain_text, write_csv, write_workbook
from shanshui.store.vectors import write_geopackage
from shanshui.study.study import Study

MADE_UP = "made up: this region does not exist"


@dataclass(frozen=True)
class Handed:
    """What is handed out.

    Attributes
    ----------
    study : Study
        Where it was made.
    names : list of str
        Products.
    voice : Voice
        Of the words on a map, and of what is told.
    state : mapping of product to str
        Words on a product that is not up to date; blank for others.
    told : list of str
        What a format could not hold as it was.
    """

    study: Study
    names: list[str]
    voice: Voice
    state: Mapping[str, str]
    told: list[str] = field(default_factory=list)


def _tags(handed: Handed, name: str) -> dict[str, str]:
    study = handed.study
    record = study.record(name)
    tags = {
        "product": name,
        "long_name": Voice().word(name),
        "units": str(record.facts.get("units", "")),
        "digest": record.digest,
        "study": plain_text(study.file.study.name),
        "source": f"shanshui {__version__}",
    }
    if handed.state[name]:
        tags["state"] = handed.state[name]
    if record.variant:
        tags["variant"] = record.variant
    if study.file.study.made_up:
        tags["note"] = MADE_UP
    return tags


def _cog(handed: Handed, to: Path) -> None:
    """Cloud-optimised GeoTIFF: overviews by kind of data."""
    name = handed.names[0]
    reader = handed.study.objects.reader(handed.study.record(name).digest)
    codes = reader.dtype.kind != "f"
    # tags go in through a virtual copy: a COG that is edited afterwards is no COG any more
    virtual = f"/vsimem/{uuid.uuid4().hex}.vrt"
    with rasterio.Env(GDAL_CACHEMAX=256, OSR_WKT_FORMAT="WKT2_2018"):
        rasterio.shutil.copy(reader.path.resolve(), virtual, driver="VRT")
        with rasterio.open(virtual, "r+") as file:
            file.update_tags(**_tags(handed, name))
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
    # GDAL only prints that the disk filled under a block: what cannot be read back was not written
    with rasterio.open(to) as file:
        for _, window in file.block_windows(1):
            file.read(1, window=window)


def _cube(handed: Handed, to: Path) -> None:
    """Grids as one dataset with CF names."""
    study = handed.study
    grids = {}
    for name in handed.names:
        values = study[name]
        nodata = values.attrs.get("nodata")
        attrs = {
            "units": values.attrs["units"],
            "long_name": Voice().word(name),
            "grid_mapping": "spatial_ref",
        }
        if handed.state[name]:
            attrs["state"] = handed.state[name]
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
    data.attrs = {
        "Conventions": "CF-1.11",
        "title": plain_text(study.file.study.name),
        "source": f"shanshui {__version__}",
    } | ({"comment": MADE_UP} if study.file.study.made_up else {})
    if to.suffix.lower() == ".zarr":
        data.to_zarr(to, mode="w", consolidated=False)
    else:
        pack = {name: {"zlib": True, "complevel": 4} for name in grids}
        data.to_netcdf(to, engine="h5netcdf", encoding=pack)


def _placed(study: Study, name: str) -> gpd.GeoDataFrame:
    """Features, or a table with the outlines of the places that its rows speak of."""
    frame = PlacedRows(study, name).outlined
    if frame is None:
        raise PlanError(
            f"{name}: has no geometry and names no place that has one; export it as .csv, .xlsx or .parquet"
        )
    return frame


def _flat(study: Study, name: str) -> pd.DataFrame:
    """Rows with code and name of their places, without shapes; points keep their coordinates."""
    value = study[name]
    if isinstance(value, float):
        return pd.DataFrame({name: [value]})
    frame = PlacedRows(study, name).named
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry
        frame = pd.DataFrame(frame.drop(columns=shapes.name))
        if set(shapes.geom_type.dropna()) == {"Point"}:
            frame["x"], frame["y"] = shapes.x, shapes.y
    return frame


def _marked(handed: Handed, name: str, frame: Any) -> Any:
    """Rows in the words of the export's language, which say so where their product is not up to date."""
    frame = spoken(frame, handed.voice)
    if not handed.state[name]:
        return frame
    column = "state" if "state" not in frame else "state_of_product"
    return frame.assign(**{column: handed.state[name]})


def _plain(frame: Any) -> Any:
    """Words without control characters, which vector formats write as they are."""
    out = frame.copy()
    for column in out.columns:
        if isinstance(out[column], gpd.GeoSeries) or out[column].dtype.kind in "biufcmM":
            continue
        out[column] = out[column].map(lambda v: plain_text(v) if isinstance(v, str) else v)
    return out


def _layers(handed: Handed) -> dict[str, pd.DataFrame]:
    """Rows of each product, with the outlines of their places where they have one."""
    layers = {}
    for name in handed.names:
        rows = PlacedRows(handed.study, name)
        shaped = rows.outlined
        frame = rows.named if shaped is None else shaped
        layers[name] = _plain(_marked(handed, name, frame))
    return layers


def _geopackage(handed: Handed, to: Path) -> None:
    write_geopackage(_layers(handed), to)


def _geodatabase(handed: Handed, to: Path) -> None:
    write_geodatabase(_layers(handed), to)


def _shapefile(handed: Handed, to: Path) -> None:
    name = handed.names[0]
    frame = _plain(_marked(handed, name, _placed(handed.study, name)))
    handed.told.extend(write_shapefile(frame, to, handed.voice))


def _geojson(handed: Handed, to: Path) -> None:
    name = handed.names[0]
    frame = _plain(_marked(handed, name, _placed(handed.study, name).to_crs("EPSG:4326")))
    pyogrio.write_dataframe(
        frame, to, driver="GeoJSON", layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "6"}
    )


def _parquet(handed: Handed, to: Path) -> None:
    name = handed.names[0]
    frame = _marked(handed, name, PlacedRows(handed.study, name).named)
    frame.to_parquet(to, compression="zstd", index=False)


def _csv(handed: Handed, to: Path) -> None:
    name = handed.names[0]
    write_csv(_marked(handed, name, _flat(handed.study, name)), to)


def _workbook(handed: Handed, to: Path) -> None:
    sheets = {n: _marked(handed, n, _flat(handed.study, n)) for n in handed.names}
    notes = [row for name in handed.names for row in _notes(handed.study, name, sheets[name])]
    if notes:
        sheets["units of columns"] = pd.DataFrame(notes)
    told = [
        {"product": name, "table": table, "joined": sentence}
        for name in handed.names
        for table, account in handed.study.joins(name).items()
        for sentence in account.sentences(Voice())
    ]
    if told:
        sheets["joined tables"] = pd.DataFrame(told)
    write_workbook(sheets, to)


def _notes(study: Study, name: str, frame: pd.DataFrame) -> list[dict[str, str]]:
    """Unit of each column, and what it names."""
    facts = study.record(name).facts.get("columns", {})
    declared = study.plan.keys(name) if name in study.plan.steps else {}
    joined = PlacedRows(study, name).joined_columns if facts else {}
    return [
        {
            "product": name,
            "column": str(column),
            "unit": str(facts.get(column, {}).get("units", "")),
            "names": joined.get(str(column), "")
            or " or ".join(keys()[k].en for k in declared.get(column, ())),
        }
        for column in frame.columns
    ]


def _png(handed: Handed, to: Path) -> None:
    from shanshui.report.canvas import as_png, drawing, stamp
    from shanshui.report.views import map_of

    name = handed.names[0]
    with drawing(handed.voice):
        figure = map_of(handed.study, name, handed.voice)
        stamp(figure, handed.state[name])
        as_png(figure, to)


WRITERS: dict[str, tuple[set[str], Callable[[Handed, Path], None]]] = {
    ".tif": ({"grid"}, _cog),
    ".nc": ({"grid"}, _cube),
    ".zarr": ({"grid"}, _cube),
    ".gpkg": ({"features", "table"}, _geopackage),
    ".gdb": ({"features", "table"}, _geodatabase),
    ".shp": ({"features", "table"}, _shapefile),
    ".parquet": ({"features", "table"}, _parquet),
    ".geojson": ({"features", "table"}, _geojson),
    ".csv": ({"features", "table", "scalar"}, _csv),
    ".xlsx": ({"features", "table", "scalar"}, _workbook),
    ".png": ({"grid", "features", "table"}, _png),
}
"""Per ending: the kinds of product it holds, and what writes it."""
