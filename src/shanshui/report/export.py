"""Products as files for other programs, by ending."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from shanshui.collect.adapt import stack_parts
from shanshui.collect.catalog import InputSpec, located
from shanshui.collect.companions import TABLES, Read, files_of
from shanshui.collect.inputs import kind_of
from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.voice import Voice
from shanshui.report.canvas import drawn_voice
from shanshui.report.formats import WRITERS, Handed
from shanshui.report.office_formats import INDEXES, SHAPEFILE_PARTS
from shanshui.report.states import ProductStates
from shanshui.store.written import Written, refuse_foreign, replaced
from shanshui.study.study import Study

ENDINGS = tuple(WRITERS)
SINGLE = {".tif", ".shp", ".parquet", ".geojson", ".csv", ".png"}
"""Formats of one product."""


def export(
    study: Study,
    names: list[str],
    to: Path,
    lang: str = "en",
    *,
    overwrite: bool = False,
    stale: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write products to one file.

    Parameters
    ----------
    study : Study
        Where they were made.
    names : list of str
        Products; several where the format holds several.
    to : Path
        The ending chooses the format: .tif (COG), .nc, .zarr, .gpkg, .gdb, .shp, .parquet, .geojson, .csv, .xlsx, .png.
    lang : str
        Of the words on a map and of texts in tables.
    overwrite : bool
        Replace a file that the study did not write; inputs, kept results and folders of others never.
    stale : bool
        Write products that are not up to date, marked as such.
    tell : callable
        Hears what the format could not hold as it was.

    Returns
    -------
    Path
        ``to``.

    Raises
    ------
    PlanError
        A product that is not made, or not up to date, or that the format cannot hold.
    DataError
        An unknown ending, or a place where something of others stands.
    ResourceError
        The disk is full.
    StoreError
        The place cannot be written.
    """
    voice = Voice(lang, study.layout.folder)
    ending = ".tif" if to.suffix.lower() == ".tiff" else to.suffix.lower()
    if ending not in ENDINGS:
        raise DataError(f"--to {to}: '{to.suffix}' is not a format; {nearest(to.suffix, ENDINGS)}")
    names = list(dict.fromkeys(part for name in names for part in _parts(study, name, ending)))
    _refuse_kinds(study, names, to, ending)
    standing = ProductStates(study)
    if not stale:
        standing.refuse_stale(names)
    shown = drawn_voice(voice) if ending == ".png" else voice
    handed = Handed(study, names, shown, {name: standing.why(name, shown) for name in names})
    written = written_by(study)
    parts = [to.with_suffix(suffix) for suffix in (SHAPEFILE_PARTS if ending == ".shp" else ())]
    for index in (to.with_suffix(suffix) for suffix in (INDEXES if parts else ())):
        if index.exists():
            raise DataError(
                f"--to {to}: {index.name} is an index that another program made of what stands there; remove it first"
            )
    for part in (to, *parts):
        refuse_foreign(part, written, overwrite=overwrite)
    with ExitStack() as stack:
        place, *beside = [
            stack.enter_context(replaced(part, written, overwrite=overwrite))
            for part in (to, *parts)
        ]
        WRITERS[ending][1](handed, place)
        if parts and to.exists():
            # killed while its parts are moved, a set of old and new would be read as one
            to.unlink()
        for part in beside:
            place.with_suffix(part.suffix).rename(part)
    for sentence in handed.told:
        tell(sentence)
    return to


def _refuse_kinds(study: Study, names: list[str], to: Path, ending: str) -> None:
    if not names:
        raise PlanError("export: name at least one product")
    kinds = {name: study.record(name).kind for name in names}
    if len(names) > 1 and ending in SINGLE:
        raise PlanError(
            f"--to {to}: holds one product; {len(names)} were named; use .gpkg, .gdb, .nc, .zarr or .xlsx, or export one by one"
        )
    for name, kind in kinds.items():
        if kind not in WRITERS[ending][0]:
            fit = [e for e, (k, _) in WRITERS.items() if kind in k]
            raise PlanError(f"{name}: a {kind} cannot be written as {ending}; use {', '.join(fit)}")


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


def written_by(study: Study) -> Written:
    """What a study has handed out before, and what it must never write over."""
    layout = study.layout
    inputs = tuple(dict.fromkeys(_inputs(study)))
    return Written(layout.store / "exports.jsonl", inputs, layout.report)


def _inputs(study: Study) -> Iterator[Path]:
    """Every file that an input names, with those that lie beside it or that it points to."""
    for name, declared in study.specs.items():
        for spec in declared:
            if spec.legend is not None and Path(spec.legend).is_absolute():
                yield Path(spec.legend)
            if spec.value is None:
                path = located(spec, study.folders)
                yield path
                yield from _around(path, name)
                if kind_of(name).family == "stack" and path.suffix.lower() in TABLES:
                    yield from _stacked(path, spec, name, study.folders)


def _around(path: Path, name: str) -> Iterator[Path]:
    reads: tuple[Read, ...] = ("raster", "features")
    for read in reads:
        try:
            yield from files_of(path, read, name)
        except (DataError, OSError):
            continue  # what it points to is gone: there is nothing to write over


def _stacked(path: Path, spec: InputSpec, name: str, folders: list[Path]) -> Iterator[Path]:
    try:
        parts = stack_parts(path, spec, name)
    except DataError:
        return
    for part in parts.values():
        yield located(part, folders)
