"""Memory, disk and time of a run before it starts."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shanshui.core.errors import ResourceError
from shanshui.core.quantity import Grid, Layers
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Layer, Step
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.ledger import Ledger

FIXED_BYTES = 350_000_000
"""What the interpreter, the libraries and the compiled kernels take [D], measured on Linux."""
NS_LOCAL, NS_WHOLE, NS_SOURCE = 60.0, 250.0, 400.0
"""Time per cell before a step has ever run here [D]; the ledger's own figures take over."""


@dataclass(frozen=True)
class Estimate:
    """What one step will take.

    Attributes
    ----------
    step : str
        Product.
    bytes : int
        Working memory.
    disk : int
        Bytes kept at most.
    seconds : float
        Time.
    rows : int or None
        Rows of a strip; None when the whole grid is held.
    """

    step: str
    bytes: int
    disk: int
    seconds: float
    rows: int | None


def memory_limit() -> int:
    """Bytes that a run may take unless told otherwise: three quarters of what is free now."""
    free = (
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if hasattr(os, "sysconf")
        else 4 << 30
    )
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    group = Path("/sys/fs/cgroup/memory.max")
    if group.exists() and (text := group.read_text("ascii").strip()).isdigit():
        free = min(free, int(text))
    return int(free * 0.75)


def estimate(
    plan: Plan, name: str, grid: GridSpec, ledger: Ledger, memory: int, workers: int
) -> Estimate:
    """Estimate one step.

    Parameters
    ----------
    plan : Plan
        Where the step stands.
    name : str
        The step.
    grid : GridSpec
        Study grid.
    ledger : Ledger
        Knows how fast the step was here.
    memory : int [byte]
        What the run may take.
    workers : int
        Threads.

    Returns
    -------
    Estimate
        Grids count at their kept item size, 4 bytes where not known yet.
    """
    item = plan.steps[name]
    kind = plan.kind(name)
    if isinstance(item, Layer):
        return Estimate(name, 1 << 20, 1 << 10, 0.0, None)
    gives = _layers(name, plan, ledger) if isinstance(kind, Layers) else int(isinstance(kind, Grid))
    disk = grid.cells * 4 * gives or 1 << 20
    if not isinstance(item, Step):
        ns = ledger.speed(name) or NS_SOURCE
        # a warp holds its strip of the result and the source window below it
        return Estimate(
            name, FIXED_BYTES // 4 + grid.nx * 4 * STRIP * 12, disk, grid.cells * ns / 1e9, None
        )
    per_cell = item.card.bytes_per_cell + 4.0 * gives
    streamed = gives > 0
    for product in plan.inputs(name).values():
        if isinstance(plan.kind(product), Grid):
            per_cell += _item_size(product, ledger)
        elif isinstance(plan.kind(product), Layers):
            per_cell += 4.0 * _layers(product, plan, ledger)
    settings = item.card.checked(item.settings)
    halo = item.card.reach({**settings, "cell_m": grid.cell_m})
    if streamed and halo is not None:
        rows = strip_rows(grid, per_cell, halo, memory, workers)
        held = int((rows + 2 * halo) * grid.nx * per_cell * (workers + 1))
        ns = ledger.speed(name) or NS_LOCAL
        return Estimate(
            name,
            min(held, int(grid.cells * per_cell * 2) + (1 << 20)),
            disk,
            grid.cells * ns / 1e9,
            rows,
        )
    ns = ledger.speed(name) or NS_WHOLE
    return Estimate(name, int(grid.cells * per_cell) + (1 << 20), disk, grid.cells * ns / 1e9, None)


def strip_rows(grid: GridSpec, per_cell: float, halo: int, memory: int, workers: int) -> int:
    """Rows of a strip: a block high, more where a halo would double the work and memory allows."""
    rows = STRIP
    while (
        rows < 4 * halo and (2 * rows + 2 * halo) * grid.nx * per_cell * (workers + 1) < memory / 2
    ):
        rows *= 2
    return rows


def refuse_if_too_large(
    estimates: Iterable[Estimate], memory: int, free_disk: int, grid: GridSpec
) -> None:
    """Say before the start that a run cannot fit.

    Raises
    ------
    ResourceError
        A step needs more memory, or all of them more disk, than there is.
    """
    estimates = list(estimates)
    worst = max(estimates, key=lambda e: e.bytes, default=None)
    if worst is not None and worst.bytes + FIXED_BYTES > memory:
        raise ResourceError(
            f"{worst.step}: needs about {(worst.bytes + FIXED_BYTES) / 1e9:.2f} GB for {grid.ny} x {grid.nx} "
            f"cells, but {memory / 1e9:.2f} GB may be used; give --memory, a larger machine, or a "
            "coarser grid (--cell)"
        )
    disk = sum(e.disk for e in estimates)
    if disk > free_disk:
        raise ResourceError(
            f"the run may keep up to {disk / 1e6:,.0f} MB, but {free_disk / 1e6:,.0f} MB of disk are free; "
            "make room, or ask for fewer products"
        )


def _layers(product: str, plan: Plan, ledger: Ledger) -> int:
    """Grids of a product of several: as declared, or as many as were kept the last time, or one."""
    kind = plan.kind(product)
    declared = len(kind.units) if isinstance(kind, Layers) else 0
    record = ledger.product(product)
    kept = len(record.facts.get("layers", ())) if record else 0
    return max(declared, kept, 1)


def _item_size(product: str, ledger: Ledger) -> float:
    record = ledger.product(product)
    sizes = {
        "uint8": 1.0,
        "int16": 2.0,
        "uint16": 2.0,
        "int32": 4.0,
        "float32": 4.0,
        "float64": 8.0,
    }
    return sizes.get(str(record.facts.get("dtype")), 4.0) if record else 4.0
