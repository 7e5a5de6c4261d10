"""Make one product from kept results: by digests and paths, without a ledger, here or in another process."""

import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr

from shanshui.core.errors import StoreError
from shanshui.core.quantity import Grid, Layers
from shanshui.flow.events import Listener
from shanshui.flow.fingerprint import code_digest
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Step
from shanshui.region.grid import GridSpec
from shanshui.store.kept import Kept
from shanshui.store.making import Finished, Maker
from shanshui.store.objects import Objects
from shanshui.store.parts import Part, PartWriter
from shanshui.store.rasters import RasterWriter


@dataclass
class Context:
    """What a source is handed: the grid, where to keep, what the run may take, and the products it is fitted to."""

    grid: GridSpec
    objects: Objects
    memory: int
    workers: int
    tell: Listener
    above: Mapping[str, Any] = field(default_factory=dict)


Read = Callable[[Kept], Any]
"""Kept result to its value, whole; who calls may hold it from step to step."""
InOrder = Callable[[Callable[[int, int], Any], list[tuple[int, int]]], Iterator[tuple[int, Any]]]
"""Work on strips, as many at once as there may be, and hand the results back in order; a generator."""


Span = Mapping[str, Part]
"""Rows of each grid that a streamed product gives; one of an empty name where it is one grid."""


@dataclass(frozen=True)
class Work:
    """Makes one product; does not ask whether it is needed, and notes it nowhere.

    It holds no data and nothing of this process, so that it can be sent to another one that sees the same files.

    Attributes
    ----------
    product : str
        Name.
    call : callable
        The assessment; travels by its module and name.
    settings : mapping
        All of them.
    takes : mapping of parameter to Kept
        Results that it reads.
    columns : mapping of column to kind
        What the plan knows of the key columns of a table, and the function may not.
    grid : GridSpec
        Study grid.
    folder : Path
        Where finished files lie until they are kept.
    halo : int or None
        Rows beyond a strip that a cell looks at; None where the whole grid is handed over.
    rows : int
        Of a strip.
    memory : int [byte]
        Working memory, as estimated.
    code : str
        Digest of an assessment that is none of the package, whose own digest does not cover it.
    """

    product: str
    call: Callable[..., Any]
    settings: Mapping[str, Any]
    takes: Mapping[str, Kept]
    columns: Mapping[str, str]
    grid: GridSpec
    folder: Path
    halo: int | None
    rows: int
    memory: int
    code: str = ""

    @property
    def maker(self) -> Maker:
        """What writes the files."""
        return Maker(self.folder, self.grid)

    def sealed(self) -> bytes | None:
        """As bytes to be sent; None where the assessment is none that another process finds by its name."""
        if self.call.__module__ == "__main__":
            return None
        try:
            return pickle.dumps(self)
        except (pickle.PicklingError, AttributeError, TypeError):
            return None

    def whole(self, read: Read) -> Finished:
        """Make it from whole grids.

        Parameters
        ----------
        read : callable
            Reads what it takes.
        """
        data = {parameter: read(kept) for parameter, kept in self.takes.items()}
        value = self.call(**data, **self.settings)
        if self.columns:
            value.attrs["keys"] = dict(self.columns)
        return self.maker.value(value)

    def streamed(self, read: Read, in_order: InOrder, done: Callable[[int], None]) -> Finished:
        """Make it strip by strip, written in order; the halo is read again and cut off.

        Parameters
        ----------
        read : callable
            Reads what is no grid.
        in_order : callable
            Works on strips.
        done : callable
            Hears how many cells were made.
        """
        writers: dict[str, RasterWriter] = {}
        try:
            with self._strip(read) as strip, closing(in_order(strip, self.strips())) as results:  # type: ignore[type-var]
                for start, result in results:
                    for layer, block in _grids(result).items():
                        if layer not in writers:
                            writers[layer] = self.maker.raster_writer(*_head(block))
                        writers[layer].write(start, block.values)
                    done(result.sizes["y"] * result.sizes["x"])
            return self.together({k: self.maker.raster(w) for k, w in writers.items()})
        except BaseException:
            for writer in writers.values():
                writer.abandon()
            raise

    def span(self, read: Read, start: int, stop: int) -> Span:
        """Make some rows, strip by strip.

        Parameters
        ----------
        read : callable
            Reads what is no grid.
        start, stop : int
            First and past-last row; strips begin at the first.
        """
        writers: dict[str, PartWriter] = {}
        try:
            with self._strip(read) as strip:
                for low, high in self.strips():
                    if not start <= low < stop:
                        continue
                    for layer, block in _grids(strip(low, high)).items():
                        if layer not in writers:
                            writers[layer] = self.maker.part_writer((start, stop), _head(block))
                        writers[layer].write(low, block.values)
            return {layer: writer.close() for layer, writer in writers.items()}
        except BaseException:
            for writer in writers.values():
                writer.abandon()
            raise

    def together(self, made: Mapping[str, Finished]) -> Finished:
        """One finished product from its grids."""
        if not made:
            raise StoreError(f"{self.product}: the grid has no rows")
        return made[""] if "" in made else self.maker.layers(made)

    def strips(self) -> list[tuple[int, int]]:
        """First and past-last row of each strip."""
        return list(self.grid.strips(self.rows))

    @contextmanager
    def _strip(self, read: Read) -> Iterator[Callable[[int, int], Any]]:
        halo = self.halo or 0
        with ExitStack() as stack:
            data = {k: _by_rows(v, self.grid, read, stack) for k, v in self.takes.items()}

            def strip(start: int, stop: int) -> Any:
                low, high = max(0, start - halo), min(self.grid.ny, stop + halo)
                block = {k: rows(low, high) for k, rows in data.items()}
                result = self.call(**block, **self.settings)
                return result.isel(y=slice(start - low, stop - low))

            yield strip


def work_of(
    plan: Plan,
    item: Step,
    takes: Mapping[str, Kept],
    read: Read,
    grid: GridSpec,
    folder: Path,
    size: tuple[int, int],
) -> Work:
    """Work that makes a step of a plan.

    Parameters
    ----------
    plan : Plan
        What can be made.
    item : Step
        Which step.
    takes : mapping of product to Kept
        Results above it.
    read : callable
        Reads numbers that decide how far a cell looks.
    grid : GridSpec
        Study grid.
    folder : Path
        For finished files.
    size : (int, int)
        Working memory [byte], and rows of a strip.
    """
    settings = item.card.checked(item.settings)
    bound = {parameter: takes[product] for parameter, product in plan.inputs(item.name).items()}
    streams = item.card.halo is not None and isinstance(item.card.gives, Grid | Layers)
    # a number or a table may decide how far a cell looks
    small = ("scalar", "table") if streams and callable(item.card.halo) else ()
    numbers = {k: read(v) for k, v in bound.items() if v.kind in small}
    reach = item.card.reach({**settings, "cell_m": grid.cell_m, **numbers})
    gridded = any(
        isinstance(plan.kind(product), Grid | Layers) for product in plan.inputs(item.name).values()
    )
    memory, rows = size
    ours = item.call.__module__.startswith("shanshui.")
    return Work(
        code="" if ours else code_digest(item.call),
        product=item.name,
        call=item.call,
        settings=settings,
        takes=bound,
        columns={c: k[0] for c, k in plan.keys(item.name).items() if len(k) == 1},
        grid=grid,
        folder=folder,
        halo=int(reach or 0) if streams and gridded else None,
        rows=rows,
        memory=memory,
    )


def _by_rows(kept: Kept, grid: GridSpec, read: Read, stack: ExitStack) -> Callable[[int, int], Any]:
    """Rows of what a step takes: of a grid, of each grid of several; what is no grid stays whole."""
    if kept.kind == "grid":
        return stack.enter_context(kept.reader(grid)).rows
    if kept.kind != "layers":
        value = read(kept)
        return lambda _start, _stop: value
    readers = {k: stack.enter_context(v.reader(grid)) for k, v in kept.layers.items()}
    attrs = {k: kept.facts[k] for k in ("missing_because",) if k in kept.facts}
    return lambda start, stop: xr.Dataset(
        {name: reader.rows(start, stop) for name, reader in readers.items()}, attrs=attrs
    )


def _grids(result: Any) -> dict[str, xr.DataArray]:
    if isinstance(result, xr.Dataset):
        return {str(layer): block for layer, block in result.data_vars.items()}
    return {"": result}


def _head(block: xr.DataArray) -> tuple[str, str, float | None]:
    return str(block.dtype), str(block.attrs["units"]), block.attrs.get("nodata")
