"""Make one product from the kept results that it takes."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from shanshui.core.errors import StoreError
from shanshui.core.quantity import Grid, Layers
from shanshui.flow.estimate import Estimate
from shanshui.flow.events import Event, Listener
from shanshui.flow.plan import Layer, Plan, Source, Step
from shanshui.flow.rewire import plain
from shanshui.flow.strips import in_order
from shanshui.region.grid import GridSpec
from shanshui.store.objects import Objects
from shanshui.store.rasters import RasterReader, RasterWriter


@dataclass
class Context:
    """What a source is handed: the grid, where to keep, what the run may take, and the products it is fitted to."""

    grid: GridSpec
    objects: Objects
    memory: int
    workers: int
    tell: Listener
    above: Mapping[str, Any] = field(default_factory=dict)


class Shelf:
    """Whole grids kept in memory between steps while they fit a quarter of it.

    Parameters
    ----------
    objects : Objects
        Where they are read.
    memory : int [byte]
        What the run may take.
    """

    def __init__(self, objects: Objects, memory: int) -> None:
        self._objects, self._room = objects, memory // 4
        self._held: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, digest: str) -> Any:
        """Kept result; a grid cannot be written into."""
        with self._lock:
            if digest in self._held:
                value = self._held.pop(digest)
                self._held[digest] = value
                return value
        value = self._objects.get(digest)
        size = int(getattr(value, "nbytes", 0))
        if isinstance(value, xr.DataArray) and size <= self._room // 4:
            value.values.setflags(write=False)
            with self._lock:
                self._held[digest] = value
                total = sum(int(v.nbytes) for v in self._held.values())
                for old in list(self._held):
                    if total <= self._room:
                        break
                    total -= int(self._held.pop(old).nbytes)
        return value


@dataclass(frozen=True)
class Work:
    """Makes products; does not ask whether one is needed, and notes it nowhere.

    Attributes
    ----------
    plan : Plan
        What can be made.
    grid : GridSpec
        Study grid.
    objects : Objects
        Where results are kept.
    shelf : Shelf
        Whole grids that were read already.
    pool : Executor
        Threads of the run, of which the caller is one.
    workers : int
        Strips at once.
    size : callable
        Product to estimate.
    bring : callable
        Source to what it gives, or to its digest where that is kept already.
    tell : callable
        Hears of progress.
    """

    plan: Plan
    grid: GridSpec
    objects: Objects
    shelf: Shelf
    pool: Executor
    workers: int
    size: Callable[[str], Estimate]
    bring: Callable[[Source, Mapping[str, Any]], Any]
    tell: Listener

    def make(self, name: str, above: Mapping[str, str]) -> str:
        """Make a product.

        Parameters
        ----------
        name : str
            Product.
        above : mapping of product to digest
            Kept results that it takes.

        Returns
        -------
        str
            Digest of what is kept.
        """
        item = self.plan.steps[name]
        if isinstance(item, Layer):
            return self.objects.layer(above[item.of], item.layer)
        if isinstance(item, Source):
            fitted = {plain(p): self.shelf.get(above[p]) for p in self.plan.inputs(name).values()}
            made = self.bring(item, fitted)
            return made if isinstance(made, str) else self.objects.keep(made)
        settings = item.card.checked(item.settings)
        data: dict[str, Any] = {}
        gridded = 0
        streams = item.card.halo is not None and isinstance(item.card.gives, Grid | Layers)
        for parameter, product in self.plan.inputs(name).items():
            is_grid = isinstance(self.plan.kind(product), Grid)
            gridded += is_grid
            digest = above[product]
            data[parameter] = (
                self.objects.reader(digest) if is_grid and streams else self.shelf.get(digest)
            )
        halo = item.card.reach(
            {
                **settings,
                "cell_m": self.grid.cell_m,
                **{k: v for k, v in data.items() if isinstance(v, float)},
            }
        )
        if streams and gridded:
            rows = self.size(name).rows or self.grid.ny
            return self._stream(item, data, settings, int(halo or 0), rows)
        return self.objects.keep(self._keyed(name, item.call(**data, **settings)))

    def _keyed(self, name: str, value: Any) -> Any:
        """Write into a table what its key columns name: the plan knows it, the function may not."""
        kinds = {c: k[0] for c, k in self.plan.keys(name).items() if len(k) == 1}
        if kinds:
            value.attrs["keys"] = kinds
        return value

    def _stream(
        self, item: Step, data: dict[str, Any], settings: dict[str, Any], halo: int, rows: int
    ) -> str:
        """Strip by strip, in threads, written in order; the halo is read again and cut off."""

        def one(start: int, stop: int) -> Any:
            low, high = max(0, start - halo), min(self.grid.ny, stop + halo)
            block = {
                k: v.rows(low, high) if isinstance(v, RasterReader) else v for k, v in data.items()
            }
            result = item.call(**block, **settings)
            return result.isel(y=slice(start - low, stop - low))

        writers: dict[str, RasterWriter] = {}
        done = 0
        strips = self.grid.strips(rows)
        try:
            with closing(in_order(self.pool, one, strips, self.workers)) as results:
                for start, result in results:
                    blocks = (
                        {str(k): v for k, v in result.data_vars.items()}
                        if isinstance(result, xr.Dataset)
                        else {"": result}
                    )
                    for layer, block in blocks.items():
                        if layer not in writers:
                            writers[layer] = self.objects.raster_writer(
                                str(block.dtype),
                                str(block.attrs["units"]),
                                block.attrs.get("nodata"),
                            )
                        writers[layer].write(start, block.values)
                    done += result.sizes["y"] * result.sizes["x"]
                    self.tell(Event("progress", item.name, cells=done, of=self.grid.cells))
            if not writers:
                raise StoreError(f"{item.name}: the grid has no rows")
            kept = {layer: self.objects.keep_raster(writer) for layer, writer in writers.items()}
            return kept[""] if "" in kept else self.objects.keep_layers(kept)
        except BaseException:
            for writer in writers.values():
                writer.abandon()
            raise
