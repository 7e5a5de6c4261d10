"""Inputs as the first steps of a plan: file, declaration and grid decide the result."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.collect.adapt import coefficients_input, joined_table, stack_parts
from shanshui.collect.catalog import InputSpec, Specs, located
from shanshui.collect.classes import SHIPPED, class_file
from shanshui.collect.companions import Read, files_of
from shanshui.collect.features import features_input
from shanshui.collect.function_zones import function_zones_input, is_list
from shanshui.collect.gate import require
from shanshui.collect.inputs import TOGETHER, InputKind, kind_of, refuse_several
from shanshui.collect.joining import (
    LEVELS,
    PLACED,
    account_in,
    files_in,
    placed_rows,
    places_frame,
    together,
    with_gaps,
)
from shanshui.collect.polygon_classes import is_polygons
from shanshui.collect.quality import Verdict, judge, layer_kind
from shanshui.collect.rasters import raster_input
from shanshui.collect.registers import register_input
from shanshui.collect.scaling import plausible, refuse_unused
from shanshui.collect.yearly import declared_as, maps_by_year
from shanshui.core.errors import DataError
from shanshui.flow.events import Event
from shanshui.flow.steps import Source
from shanshui.flow.work import Context
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.ledger import Ledger
from shanshui.store.manifests import bytes_digest
from shanshui.study.land_use import with_polygons
from shanshui.study.meaning import with_meaning

_READ: dict[str, Read] = {
    "continuous": "raster",
    "categorical": "raster",
    "stack": "raster",
    "annual": "raster",
    "polygons": "features",
    "lines": "features",
    "points": "features",
    "shapes": "features",
}
_SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within one tick of its clock [D]."""


def source_of(
    name: str, specs: list[InputSpec], folders: list[Path], grid: GridSpec, ledger: Ledger
) -> Source:
    """Make the step that brings one input to the study.

    Parameters
    ----------
    name : str
        Input.
    specs : list of InputSpec
        One file; several for a table of several years, or for tiles of a raster.
    folders : list of Path
        Where relative paths are looked for.
    grid : GridSpec
        Study grid.
    ledger : Ledger
        Remembers digests of files that have not been touched.

    Returns
    -------
    Source
        Made when a run reaches it.

    Raises
    ------
    DataError
        Several files for an input that can have one only.
    """
    kind = kind_of(name)
    if specs[0].value is not None:
        return _assumed(name, specs[0], kind)
    paths = [located(spec, folders) for spec in specs]
    refuse_several(name, len(specs))

    def digests() -> dict[str, str]:
        found: dict[str, str] = {}
        for place, (path, spec) in enumerate(zip(paths, specs, strict=True)):
            refuse_unused(spec, kind, name)
            patches = kind.family == "categorical" and is_polygons(path, name)
            shaped = patches or (kind.family == "zones" and not is_list(path))
            how: Read = "features" if shaped else _READ.get(kind.family, "table")
            each = file_digests(path, how, ledger, name)
            # files of one name in several folders
            found |= {k if k not in found else f"{k} ({place + 1})": v for k, v in each.items()}
            digest = each[path.name]
            if spec.sha256 and spec.sha256 != digest:
                raise DataError(
                    f"{name}: {path} has sha256 {digest[:16]}…, the study declares {spec.sha256[:16]}…; "
                    "it is another edition: fetch the right one, or update sha256"
                )
            if kind.family == "stack":
                for layer, part in stack_parts(path, spec, name).items():
                    of_layer = file_digests(located(part, folders), "raster", ledger, name)
                    found |= {f"{path.name}:{layer}:{k}": v for k, v in of_layer.items()}
            found |= _beside(spec, f" ({place + 1})" if place else "", name, ledger)
            words = [] if spec.legend is None else [spec.legend]
            # the words of polygons tell their legend, raster codes are asked for it where they are used
            found |= {
                f"legend {n}" if patches and not words else "legend": _digest(
                    class_file(n), ledger, name
                )
                for n in words or (SHIPPED if patches else ())
            }
        return found

    read = _READERS[kind.family]

    def make(context: Context) -> Any:
        return read(name, specs, paths, kind, context)

    parts: dict[str, Any] = {"declared": [_content(spec) for spec in specs]}
    if len(paths) > 1 and kind.family in TOGETHER:
        parts["order"] = [path.name for path in paths]  # where tiles overlap, the first counts
    takes = LEVELS if name in PLACED else ()
    files = ", ".join(map(str, paths))
    return Source(name, kind.gives, files, parts, digests, make, read, takes)


def _beside(spec: InputSpec, mark: str, name: str, ledger: Ledger) -> dict[str, str]:
    """Digests of the tables of changed codes and of other names that an input declares."""
    found = {}
    for word in ("crosswalk", "names"):
        for number, file in enumerate(files_in(getattr(spec, word)), 1):
            require(Path(file), f"{name}.{word}")
            found[f"{word} {number}{mark}"] = _digest(Path(file), ledger, name)
    return found


def sources_of(specs: Specs, folders: list[Path], grid: GridSpec, ledger: Ledger) -> list[Source]:
    """Make one source per declared input; optional ones whose file is absent are left out."""
    out = []
    for name, declared in specs.items():
        absent = [s for s in declared if s.value is None and not located(s, folders).exists()]
        if absent and not any(s.needed for s in declared):
            continue
        out.append(source_of(name, declared, folders, grid, ledger))
    whole = with_meaning(out, specs, folders, lambda path, name: _digest(path, ledger, name))
    return with_polygons(whole, specs, folders)


def _grid(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> str:
    return _bring_raster(name, specs, paths, kind, context)


def _stack(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> str:
    each = stack_parts(paths[0], specs[0], name)
    return context.objects.keep_layers(
        {
            layer: _bring_raster(
                f"{name}.{layer}",
                [part],
                [Path(part.file) if Path(part.file).is_absolute() else paths[0]],
                layer_kind(kind, specs[0]),
                context,
            )
            for layer, part in each.items()
        }
    )


def _annual(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> str:
    return context.objects.keep_layers(
        {
            str(year): _bring_raster(declared_as(name), maps.specs, maps.paths, kind, context)
            for year, maps in maps_by_year(specs, paths, declared_as(name)).items()
        }
    )


def _coefficients(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> pd.DataFrame:
    frame = coefficients_input(paths[0], specs[0], name, kind)
    return _kept(placed_rows(frame, specs[0], name, kind, places_frame(context.above)))


def _register(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> pd.DataFrame:
    frame = register_input(paths[0], specs[0], name)
    return placed_rows(frame, specs[0], name, kind, places_frame(context.above))


def _table(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> pd.DataFrame:
    places = places_frame(context.above)
    parts = [
        joined_table(path, spec, kind, name, places)
        for path, spec in zip(paths, specs, strict=True)
    ]
    frame = pd.concat(parts, ignore_index=True)
    keys = list(frame.columns[:-1])
    if frame.duplicated(keys).any():
        raise DataError(
            f"{name}: its files hold the same {', '.join(keys)} more than once; keep one"
        )
    frame = frame.sort_values(keys, ignore_index=True)
    frame.attrs = dict(parts[0].attrs)
    accounts = [account for part in parts if (account := account_in(part)) is not None]
    if accounts and places is not None:
        whole = with_gaps(frame, together(accounts), places)
        frame.attrs["join"] = whole.as_dict()
    return _kept(frame)


def _kept(frame: pd.DataFrame) -> pd.DataFrame:
    """A table without the account of how its file was read, which names places and is no value."""
    frame.attrs = {k: v for k, v in frame.attrs.items() if k != "reading"}
    return frame


def _features(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> gpd.GeoDataFrame:
    return features_input(paths, specs, kind, name, context.grid)


def _zones(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> gpd.GeoDataFrame:
    return function_zones_input(paths, specs, kind, name, context.grid, context.above)


_READERS: dict[str, Callable[..., Any]] = {
    "continuous": _grid,
    "categorical": _grid,
    "stack": _stack,
    "annual": _annual,
    "table": _table,
    "coefficients": _coefficients,
    "register": _register,
    "polygons": _features,
    "lines": _features,
    "points": _features,
    "shapes": _features,
    "zones": _zones,
}
"""What reads an input: its code, and no other reader's, is part of the recipe; grids are kept as they stream."""


def _bring_raster(
    name: str, specs: list[InputSpec], paths: list[Path], kind: InputKind, context: Context
) -> str:
    """Keep a raster on the study grid; every cell below it is looked at while it streams."""
    grid = context.grid
    with raster_input(paths, specs, kind, name, grid) as source:
        source.check_overlap(grid)
        look = Verdict(name, str(paths[0]))
        writer = None
        try:
            for start, values in source.strips(
                grid, lambda done: context.tell(Event("progress", name, cells=done, of=grid.cells))
            ):
                source.check_codes(values)
                if writer is None:
                    writer = context.objects.raster_writer(
                        str(values.dtype), kind.conserved or kind.unit, source.missing_code
                    )
                writer.write(start, values)
            if writer is None:
                raise DataError(f"{name}: {paths[0]} has no rows")
            source.finish(grid)
            facts = writer.summary.facts()
            judge(look, source, 1.0 - facts["nodata_share"])
            _refuse(look, paths[0])
            for doubt in look.doubts:
                context.tell(Event("noted", name, doubt))
            return context.objects.keep_raster(writer)
        except BaseException:
            if writer is not None:
                writer.abandon()
            raise


def _assumed(name: str, spec: InputSpec, kind: InputKind) -> Source:
    """One number for the whole grid.

    Raises
    ------
    DataError
        An input that is no grid of amounts, or a number that is not plausible.
    """
    low, high = plausible(spec, kind, name)
    if kind.family != "continuous":
        raise DataError(
            f"{name}: value = {spec.value:g} is given, but this input is {kind.family}; give a file"
        )
    if not low <= float(spec.value or 0.0) <= high:
        raise DataError(
            f"{name}: value = {spec.value:g} {kind.unit}, plausible is {low:g} to {high:g}; or widen the range: plausible = […]"
        )
    text = f"assumed {spec.value:g} {kind.unit} everywhere" + (
        f" ({spec.origin})" if spec.origin else ""
    )
    parts = {"declared": [_content(spec)]}

    def make(context: Context) -> str:
        return constant(spec, kind, context)

    return Source(name, kind.gives, text, parts, dict, make, constant)


def constant(spec: InputSpec, kind: InputKind, context: Context) -> str:
    """Keep a grid of one number."""
    grid = context.grid
    writer = context.objects.raster_writer("float32", kind.unit, None)
    try:
        for start, stop in grid.strips(STRIP):
            writer.write(start, np.full((stop - start, grid.nx), spec.value, np.float32))
        return context.objects.keep_raster(writer)
    except BaseException:
        writer.abandon()
        raise


def _refuse(look: Verdict, path: Path) -> None:
    if look.problems:
        raise DataError(f"{path}: {look.problems[0]}")


def _content(spec: InputSpec) -> dict[str, Any]:
    """What of a declaration decides the result: where the file lies and who made it does not."""
    quiet = {
        "file", "legend", "crosswalk", "names", "needed", "edition", "licence", "origin", "sha256",
    }  # fmt: skip
    return {
        k: v
        for k, v in spec.model_dump(mode="json", exclude_defaults=True).items()
        if k not in quiet
    }


def file_digests(path: Path, read: Read, ledger: Ledger, name: str) -> dict[str, str]:
    """Digest of a file and of every file that decides what it says, read again only when one was touched.

    Parameters
    ----------
    path : Path
        A file, or a folder that is one dataset.
    read : str
        How it is read.
    ledger : Ledger
        Remembers digests of files that have not been touched.
    name : str
        Input, for the message.

    Returns
    -------
    mapping of str to str
        The digest of the file by its name, of others by the file's name and theirs; of a folder, one for all in it.

    Raises
    ------
    DataError
        Missing or unreadable file.
    """
    require(path, name)
    parts = files_of(path, read, name)
    if path.is_dir():
        each = [f"{p.relative_to(path).as_posix()}:{_digest(p, ledger, name)}" for p in parts]
        return {path.name: hashlib.sha256("\n".join(each).encode()).hexdigest()}
    found: dict[str, str] = {}
    for part in parts:
        key = path.name if part == path else f"{path.name} > {part.name}"
        # tiles of one name in several folders
        key = key if key not in found else f"{key} {len(found)}"
        found[key] = _digest(part, ledger, name)
    return found


def _digest(path: Path, ledger: Ledger, name: str) -> str:
    place = str(path.resolve())
    try:
        before = _stamp(path)
        known = ledger.input_digest(place, before)
        if known is None:
            known = bytes_digest(path)
            stat = path.stat()
            settled = time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS
            if settled and _stamp(path) == before:
                ledger.know_input(place, before, known)
    except OSError as error:
        raise DataError(f"{name}: {path} cannot be read ({error.strerror})") from error
    return known


def _stamp(path: Path) -> str:
    """What changes when a file is written, replaced or touched, also where its size and time are put back."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino} {stat.st_dev}"
