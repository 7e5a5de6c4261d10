"""What a file says at a glance: how its table is understood, or what a raster or layer declares."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shanshui.collect.companions import CUBES, TABLES
from shanshui.collect.gate import layer_facts, layers_of, open_cube, open_raster_file, require
from shanshui.collect.sheets.opening import sheets_in
from shanshui.collect.sheets.reading import read_sheets
from shanshui.collect.sheets.sheet import Sheet, blank
from shanshui.collect.sheets.wanted import SheetTable, Wanted
from shanshui.core.errors import DataError, nearest

FIRST_ROWS = 8
"""Rows that are shown."""


@dataclass(frozen=True)
class Glance:
    """What a file says.

    Attributes
    ----------
    file : str
        Its path.
    kind : str
        ``table``, ``raster``, ``cube`` or ``features``.
    facts : dict
        Of a raster, cube or layer.
    tables : dict of str to SheetTable
        By sheet, where sheets are apart; under a blank where all are one table.
    unread : dict of str to str
        Sheets on which no table is found, with the reason.
    """

    file: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, SheetTable] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Text for a person, a line each."""
        out = [f"{self.file}: {self.kind}"]
        out += [f"  {key}: {_said(value)}" for key, value in self.facts.items()]
        for sheet, table in self.tables.items():
            indent = "  "
            if sheet:
                out.append(f"  --sheet {sheet}")
                indent = "    "
            out += [indent + line for line in table.reading.lines()]
            out += [f"{indent}{line}" for line in _first(table)]
        out += [f"  --sheet {sheet}: no table: {why}" for sheet, why in self.unread.items()]
        return out

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, for programs."""
        return {
            "file": self.file,
            "kind": self.kind,
            **self.facts,
            "tables": [
                {
                    "sheet": sheet,
                    **table.reading.facts(),
                    "first_rows": json.loads(
                        table.frame.head(FIRST_ROWS).to_json(orient="values", force_ascii=False)
                    ),
                }
                for sheet, table in self.tables.items()
            ],
            "unread": self.unread,
        }


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _first(table: SheetTable) -> list[str]:
    shown = [" | ".join(str(c)[:30] for c in table.frame.columns)]
    for row, values in zip(
        table.rows, table.frame.head(FIRST_ROWS).itertuples(index=False, name=None), strict=False
    ):
        cells = (
            "" if blank(v) else f"{v:.10g}" if isinstance(v, float) else str(v)[:30] for v in values
        )
        shown.append(f"row {row}: " + " | ".join(cells))
    return shown


def glance(path: Path, sheet: str | None = None) -> Glance:
    """Look at a file without a study.

    Parameters
    ----------
    path : Path
        Table, raster, cube or layer of features.
    sheet : str, optional
        The sheet of a workbook; by default all, as one table where they have the same head.

    Returns
    -------
    Glance
        What is known of it.

    Raises
    ------
    DataError
        Missing, unreadable, or of no kind that is known.
    """
    if not path.exists():
        beside = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        raise DataError(f"peek: no file {path}; {nearest(path.name, beside)}")
    require(path, "peek")
    suffix = path.suffix.lower()
    if suffix in TABLES and not _is_layer(path):
        return _of_table(path, sheet)
    if sheet is not None:
        raise DataError(f"peek.--sheet {sheet}: {path} is no workbook; leave it out")
    if suffix in CUBES:
        return Glance(str(path), "cube", _of_cube(path))
    layers = _layers(path)
    if layers is not None:
        return Glance(str(path), "features", layers)
    if path.is_dir():
        raise DataError(
            f"peek: {path} is a folder that holds no dataset as a whole; name a file in it"
        )
    return Glance(str(path), "raster", _of_raster(path))


def _is_layer(path: Path) -> bool:
    """Does a Parquet file hold features?"""
    if path.suffix.lower() != ".parquet":
        return False
    import pyarrow.parquet as pq

    try:
        return b"geo" in (pq.read_schema(path).metadata or {})
    except Exception:  # noqa: BLE001 - no Parquet: who reads it as a table says so
        return False


def _of_table(path: Path, sheet: str | None) -> Glance:
    def read(layer: str | None) -> SheetTable:
        return read_sheets(path, "peek", Wanted(layer=layer, by_place=True))

    opened = sheets_in(path, f"peek: {path}", None)
    titles = [s.name for s in opened if _holds(s)] if isinstance(opened, list) else []
    try:
        return Glance(str(path), "table", tables={sheet or "": read(sheet)})
    except DataError:
        if sheet is not None or len(titles) < 2:
            raise
    tables, unread = {}, {}
    for title in titles:
        try:
            tables[title] = read(title)
        except DataError as error:
            unread[title] = str(error).partition(": ")[2]
    return Glance(str(path), "table", tables=tables, unread=unread)


def _holds(sheet: Sheet) -> bool:
    return any(not blank(v) for row in sheet.rows for v in row)


def _of_raster(path: Path) -> dict[str, Any]:
    with open_raster_file(path, "peek") as file:
        return {
            "driver": file.driver,
            "size": f"{file.width} x {file.height} cells",
            "cell": f"{abs(file.transform.a):.10g} x {abs(file.transform.e):.10g}",
            "bounds": [float(f"{v:.10g}") for v in file.bounds],
            "crs": file.crs.to_string() if file.crs else "none",
            "bands": [
                f"{k + 1} {file.dtypes[k]}"
                + (f" {file.descriptions[k]}" if file.descriptions[k] else "")
                + (f" [{file.units[k]}]" if file.units[k] else "")
                + (f" scale {file.scales[k]:g}" if file.scales[k] != 1 else "")
                + (f" offset {file.offsets[k]:g}" if file.offsets[k] != 0 else "")
                for k in range(file.count)
            ],
            "nodata": [None if v is None else float(v) for v in file.nodatavals],
            "mask": [", ".join(str(flag.name) for flag in flags) for flags in file.mask_flag_enums],
        }


def _of_cube(path: Path) -> dict[str, Any]:
    with open_cube(path, "peek") as cube:
        return {
            "dims": [f"{d} {n}" for d, n in cube.sizes.items()],
            "variables": [
                f"{v} ({', '.join(map(str, cube[v].dims))}) {cube[v].dtype}"
                + (f" [{cube[v].attrs['units']}]" if "units" in cube[v].attrs else "")
                for v in cube.data_vars
            ],
        }


def _layers(path: Path) -> dict[str, Any] | None:
    """Layers with what they declare; None where the file holds no features."""
    try:
        names = layers_of(path, "peek")
        out: dict[str, Any] = {}
        for name in names:
            info = layer_facts(path, "peek", layer=name)
            fields = [f"{f} {t}" for f, t in zip(info["fields"], info["dtypes"], strict=True)]
            out[f"layer {name}"] = (
                f"{info['features']} x {info['geometry_type']}, crs {info['crs'] or 'none'}, driver {info['driver']}, "
                f"encoding {info['encoding']}, fields {', '.join(fields)}"
            )
    except DataError:
        return None  # no layer that the library reads: a raster, or what its opener refuses
    return out or None
