"""Bring products up to date: skip what is known, make the rest, several at once."""

import platform
import subprocess
import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr

from shanshui.core.errors import PlanError, ShanshuiError, StoreError
from shanshui.core.quantity import Grid, Layers, admit, given
from shanshui.flow.canon import digest_of
from shanshui.flow.estimate import Estimate, estimate, memory_limit, refuse_if_too_large
from shanshui.flow.events import Event, Listener, deaf
from shanshui.flow.fingerprint import code_digest, package_digest
from shanshui.flow.plan import Layer, Plan, Source, Step
from shanshui.flow.strips import in_order
from shanshui.flow.variants import reached
from shanshui.region.grid import GridSpec
from shanshui.store.layout import Layout, locked
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects
from shanshui.store.rasters import RasterReader, RasterWriter
from shanshui.store.watch import SpoiltError


@dataclass
class Context:
    """What a step is handed besides its inputs."""

    grid: GridSpec
    objects: Objects
    memory: int
    workers: int
    tell: Listener


@dataclass
class Outcome:
    """What a run did.

    Attributes
    ----------
    made, known : list of str
        Products made and products that stood.
    restored : list of str
        Files of ``products/`` that were gone or showed something else, and show the product again.
    damaged : list of str
        Products, not asked for here, whose kept result is gone or damaged.
    remarks : list of str
        What was done to the ledger itself.
    variant : str
        Under which the products stand that its settings reach; empty for the study's own.
    seconds : float
        Wall time.
    """

    made: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    variant: str = ""
    seconds: float = 0.0

    def note(self, name: str, *, made: bool) -> None:
        """Count a product once: as made, if it was at any time."""
        if made and name in self.known:
            self.known.remove(name)
        if name not in (*self.made, *self.known):
            (self.made if made else self.known).append(name)


class _Shelf:
    """Whole grids kept in memory between steps while they fit a quarter of it."""

    def __init__(self, objects: Objects, memory: int) -> None:
        self._objects, self._room = objects, memory // 4
        self._held: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, digest: str) -> Any:
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


class Run:
    """One run of a plan in a study folder.

    Parameters
    ----------
    plan : Plan
        What can be made.
    layout : Layout
        Where it is kept.
    grid : GridSpec
        Study grid.
    workers : int
        Steps, or strips of one step, at once.
    memory : int, optional [byte]
        What the run may take; by default three quarters of what is free.
    tell : callable
        Hears every event.
    ledger : Ledger, optional
        Of the study, where it is opened already.
    variant : str
        Name under which the products stand that differ from those of ``base``.
    base : Plan, optional
        The study's own plan, for a variant.
    """

    def __init__(
        self,
        plan: Plan,
        layout: Layout,
        grid: GridSpec,
        *,
        workers: int = 1,
        memory: int | None = None,
        tell: Listener = deaf,
        ledger: Ledger | None = None,
        variant: str = "",
        base: Plan | None = None,
    ) -> None:
        self.plan, self.layout, self.grid = plan, layout, grid
        self.workers = max(1, workers)
        self.memory = memory_limit() if memory is None else memory
        self._listen = tell
        self.ledger = ledger or Ledger(layout.ledger, write=False)
        self.objects = Objects(layout, self.ledger, grid)
        self.variant = variant
        self._reached = reached(plan, base) if variant and base else set()
        self._digests: dict[str, str] = {}
        self._tell_lock = threading.Lock()

    def estimates(self, targets: Iterable[str]) -> list[tuple[Estimate, str]]:
        """Estimate of each step and whether it is made, stale or missing.

        A step below a stale one counts as stale: whether its input will really change is not known yet.
        """
        out = []
        stale: set[str] = set()
        for name in self.plan.reach(targets):
            state = self.state(name, stale)
            if state != "made":
                stale.add(name)
            out.append(
                (
                    estimate(self.plan, name, self.grid, self.ledger, self.memory, self.workers),
                    state,
                )
            )
        return out

    def refuse(self, targets: Iterable[str], *, fresh: bool = False) -> None:
        """Say before the start that a run cannot fit.

        Raises
        ------
        ResourceError
            Too little memory or disk.
        """
        pending = [e for e, state in self.estimates(targets) if fresh or state != "made"]
        refuse_if_too_large(pending, self.memory, self.layout.free_bytes(), self.grid)

    def state(self, name: str, stale: set[str] | None = None) -> str:
        """``made``, ``stale`` or ``missing``."""
        return self.standing(name, stale)[0]

    def standing(self, name: str, stale: set[str] | None = None) -> tuple[str, str]:
        """State of a product, and in words why it is not made.

        Parameters
        ----------
        name : str
            Product.
        stale : set of str, optional
            Products above it that are known not to be made.
        """
        record = self.ledger.product(name, self.where(name))
        if record is None:
            return "missing", "not made yet"
        if not self.objects.present(record.digest):
            return "missing", "the kept result is gone or damaged"
        above = self.plan.inputs(name).values()
        old = [p for p in above if p in (stale or set())]
        try:
            for product in above:
                found = self.ledger.product(product, self.where(product))
                if found is not None:
                    self._digests[product] = found.digest
            recipe, parts = self._recipe(name)
        except (ShanshuiError, KeyError) as error:
            return "stale", str(error) if isinstance(error, ShanshuiError) else "an input is gone"
        why = _reason(record.parts, parts)
        if recipe == record.recipe and not old:
            return "made", ""
        if record.variant != self.where(name):
            return "missing", f"not made yet in variant '{self.variant}'"
        if old and recipe == record.recipe:
            return "stale", f"{', '.join(old)} {'is' if len(old) == 1 else 'are'} not up to date"
        return "stale", f"changed since: {why}"

    def where(self, name: str) -> str:
        """Variant under which a product of this plan stands: that of the run, if what it sets reaches it."""
        return self.variant if name in self._reached else ""

    def bring(self, targets: Iterable[str], *, fresh: bool = False) -> Outcome:
        """Bring products up to date.

        Parameters
        ----------
        targets : iterable of str
            Products.
        fresh : bool
            Make everything anew, whatever is known.

        Returns
        -------
        Outcome
            What was made and what stood.

        Raises
        ------
        ShanshuiError
            A step failed; what was finished before is kept.
        """
        targets = list(targets)
        names = self.plan.reach(targets)
        outcome = Outcome(variant=self.variant)
        with locked(self.layout), self.ledger.writing(mend=True):
            self.objects.clear_temporary()
            outcome.remarks += self.ledger.remarks()
            self._mend(set(names), outcome)
            self.refuse(targets, fresh=fresh)
            started = time.perf_counter()
            run = self.ledger.start_run(names, _machine(), self.variant)
            state = "failed"
            try:
                self._tell_mended(run, outcome)
                self._all_sound(names, run, fresh, outcome)
                state = "done"
            except KeyboardInterrupt:
                state = "stopped"
                raise
            finally:
                self.ledger.end_run(run, state)
            outcome.seconds = time.perf_counter() - started
            self._tell(run, Event("done", seconds=outcome.seconds))
            return outcome

    def _mend(self, asked: set[str], outcome: Outcome) -> None:
        """Compare what stands with its object and with its file in ``products/``, and publish anew what differs."""
        for variant, name, _, digest in self.ledger.products():
            if not variant and name not in self.plan.steps and name not in self.plan.absent:
                continue  # of a step that there is no more: left as it is until it is swept
            label = f"{variant}/{name}" if variant else name
            if variant and variant == self.variant and name not in self._reached:
                # the study itself was changed to what the variant sets
                self.ledger.drop_product(name, variant)
                self.objects.products.withdraw(name, variant)
            elif not self.objects.sound(digest):
                if name not in asked or self.where(name) != variant:
                    outcome.damaged.append(label)
            elif self.objects.products.publish(name, digest, variant):
                outcome.restored.append(label)

    def _tell_mended(self, run: int, outcome: Outcome) -> None:
        for text in outcome.remarks:
            self._tell(run, Event("mended", "", text))
        for name in outcome.restored:
            self._tell(run, Event("restored", name, "its file was gone or showed something else"))
        for name in outcome.damaged:
            why = "its kept result is gone or damaged; run it, and it is made anew"
            self._tell(run, Event("damaged", name, why))

    def _all_sound(self, names: list[str], run: int, fresh: bool, outcome: Outcome) -> None:
        """Bring all; a kept result that turns out damaged when it is read is made anew."""
        for _ in names:
            try:
                self._all(names, run, fresh, outcome)
            except SpoiltError as error:
                self._tell(run, Event("mended", "", f"{error}: made anew"))
            else:
                return
        self._all(names, run, fresh, outcome)

    def _all(self, names: list[str], run: int, fresh: bool, outcome: Outcome) -> None:
        shelf = _Shelf(self.objects, self.memory)
        waiting = {n: set(self.plan.inputs(n).values()) for n in names}
        sizes = {
            n: estimate(self.plan, n, self.grid, self.ledger, self.memory, self.workers).bytes
            for n in names
        }
        busy: dict[Future[tuple[str, bool]], str] = {}
        failed: BaseException | None = None
        with ThreadPoolExecutor(self.workers, thread_name_prefix="run") as pool:
            while waiting or busy:
                for name in [n for n, needs in waiting.items() if not needs]:
                    held = sum(sizes[n] for n in busy.values())
                    if failed or len(busy) >= self.workers:
                        break
                    if busy and held + sizes[name] > self.memory:
                        continue
                    del waiting[name]
                    anew = fresh and name not in outcome.made
                    busy[pool.submit(self._one, name, run, anew, shelf, pool)] = name
                if not busy:
                    break
                finished, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in finished:
                    name = busy.pop(future)
                    error = future.exception()
                    if error is not None:
                        failed = failed or error
                        continue
                    digest, was_made = future.result()
                    self._digests[name] = digest
                    outcome.note(name, made=was_made)
                    for needs in waiting.values():
                        needs.discard(name)
        if failed is not None:
            raise failed

    def _one(
        self, name: str, run: int, fresh: bool, shelf: _Shelf, pool: Executor
    ) -> tuple[str, bool]:
        started = time.perf_counter()
        try:
            recipe, parts = self._recipe(name)
            before = self.ledger.product(name, self.where(name))
            digest = None if fresh else self._result_of(recipe)
            why = _reason(before.parts if before else None, parts)
            if digest is not None:
                if before is None or before.recipe != recipe or before.digest != digest:
                    self._settle(name, recipe, digest, parts, why, run, 0.0)
                self._tell(run, Event("known", name, why))
                return digest, False
            if fresh:
                why = "asked to make it anew"
            elif before is not None and why == "nothing changed":
                why = "the kept result was gone"
            self._tell(run, Event("started", name, why, of=self.grid.cells))
            digest = self._make(name, shelf, pool)
            seconds = time.perf_counter() - started
            self._settle(name, recipe, digest, parts, why, run, seconds)
            self.ledger.know_speed(name, seconds * 1e9 / self.grid.cells)
            known = self.ledger.object(digest)
            self._tell(
                run,
                Event(
                    "made",
                    name,
                    why,
                    seconds,
                    self.grid.cells,
                    self.grid.cells,
                    known[2] if known else 0,
                ),
            )
            return digest, True
        except SpoiltError:
            raise
        except ShanshuiError as error:
            self._fail(run, name, str(error), started)
            raise
        except MemoryError as error:
            text = "ran out of memory; give a smaller --memory so that fewer steps run at once, or a coarser --cell"
            self._fail(run, name, text, started)
            raise PlanError(f"{name}: {text}") from error
        except Exception as error:
            self._fail(run, name, repr(error), started)
            raise PlanError(f"{name}: failed with {type(error).__name__}: {error}") from error

    def _fail(self, run: int, name: str, text: str, started: float) -> None:
        """Note a failure; where the ledger fails too, the first error is the one to be told."""
        with suppress(ShanshuiError):
            self._tell(run, Event("failed", name, text, time.perf_counter() - started))

    def _result_of(self, recipe: str) -> str | None:
        """Digest that a recipe gave, if the object is sound and its own note says so too."""
        digest = self.ledger.result_of(recipe)
        if digest is None:
            return None
        if self.objects.sound(digest) and self.objects.vouched(recipe, digest):
            return digest
        self.ledger.forget(recipe)
        return None

    def _settle(
        self,
        name: str,
        recipe: str,
        digest: str,
        parts: dict[str, Any],
        why: str,
        run: int,
        seconds: float,
    ) -> None:
        variant = self.where(name)
        own = self.ledger.product(name) if variant else None
        if own is not None and (own.recipe, own.digest) == (recipe, digest):
            # no other than the study's own: stands there alone
            self.ledger.drop_product(name, variant)
            self.objects.products.withdraw(name, variant)
            return
        self.objects.settle(name, recipe, digest, parts, why, run, seconds, variant)

    def _code(self, fn: Any) -> str:
        """Digest of a function's code: from the ledger while no file of the package has changed."""
        key, package = f"{fn.__module__}.{getattr(fn, '__qualname__', '<')}", package_digest()
        if "<" in key or not key.startswith("shanshui."):
            # many may bear this name, or the package's digest does not cover it
            return code_digest(fn)
        digest = self.ledger.code(key, package)
        if digest is None:
            digest = code_digest(fn)
            self.ledger.know_code(key, package, digest)
        return digest

    def _recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        item = self.plan.steps[name]
        if isinstance(item, Layer):
            parts: dict[str, Any] = {
                "code": "",
                "settings": {"layer": item.layer},
                "inputs": {item.of: self._digests[item.of]},
                "card": repr(item.gives),
            }
        elif isinstance(item, Source):
            inputs = item.digests()
            parts = {
                "code": self._code(item.code),
                "settings": dict(item.parts),
                "inputs": inputs,
                "card": repr(item.gives),
            }
        else:
            card = item.card
            inputs = {p: self._digests[p] for p in self.plan.inputs(name).values()}
            bound = {k: p for k, p in item.needs.items() if p in self.plan.steps}
            parts = {
                # the door converts units and writes them: what it does is part of the result
                "code": digest_of(*map(self._code, (item.call, admit, given))),
                "settings": card.checked(item.settings),
                "inputs": inputs,
                "card": repr((sorted(bound.items()), card.needs, card.gives, self.plan.keys(name))),
                "halo": self._code(card.halo) if callable(card.halo) else card.halo,
            }
        parts["grid"] = [
            self.grid.crs,
            self.grid.cell_m,
            self.grid.left,
            self.grid.top,
            *self.grid.shape,
        ]
        return digest_of(parts), parts

    def _make(self, name: str, shelf: _Shelf, pool: Executor) -> str:
        item = self.plan.steps[name]
        context = Context(self.grid, self.objects, self.memory, self.workers, self._progress)
        if isinstance(item, Layer):
            return self.objects.layer(self._digests[item.of], item.layer)
        if isinstance(item, Source):
            made = item.make(context)
            return made if isinstance(made, str) else self.objects.keep(made)
        settings = item.card.checked(item.settings)
        data: dict[str, Any] = {}
        gridded = 0
        streams = item.card.halo is not None and isinstance(item.card.gives, Grid | Layers)
        for parameter, product in self.plan.inputs(name).items():
            is_grid = isinstance(self.plan.kind(product), Grid)
            gridded += is_grid
            digest = self._digests[product]
            data[parameter] = (
                self.objects.reader(digest) if is_grid and streams else shelf.get(digest)
            )
        halo = item.card.reach(
            {
                **settings,
                "cell_m": self.grid.cell_m,
                **{k: v for k, v in data.items() if isinstance(v, float)},
            }
        )
        if streams and gridded:
            size = estimate(self.plan, name, self.grid, self.ledger, self.memory, self.workers)
            rows = size.rows or self.grid.ny
            return self._stream(item, data, settings, int(halo or 0), rows, pool)
        return self.objects.keep(self._keyed(name, item.call(**data, **settings)))

    def _keyed(self, name: str, value: Any) -> Any:
        """Write into a table what its key columns name: the plan knows it, the function may not."""
        kinds = {c: k[0] for c, k in self.plan.keys(name).items() if len(k) == 1}
        if kinds:
            value.attrs["keys"] = kinds
        return value

    def _stream(
        self,
        item: Step,
        data: dict[str, Any],
        settings: dict[str, Any],
        halo: int,
        rows: int,
        pool: Executor,
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
        try:
            with closing(in_order(pool, one, self.grid.strips(rows), self.workers)) as results:
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
                    self._progress(Event("progress", item.name, cells=done, of=self.grid.cells))
            if not writers:
                raise StoreError(f"{item.name}: the grid has no rows")
            kept = {layer: self.objects.keep_raster(writer) for layer, writer in writers.items()}
            return kept[""] if "" in kept else self.objects.keep_layers(kept)
        except BaseException:
            for writer in writers.values():
                writer.abandon()
            raise

    def _progress(self, event: Event) -> None:
        with self._tell_lock:
            self._listen(event)

    def _tell(self, run: int, event: Event) -> None:
        self.ledger.note(run, event.kind, event.step, event.facts())
        self._progress(event)


def _reason(before: dict[str, Any] | None, now: dict[str, Any]) -> str:
    if before is None:
        return "first run"
    import json

    now = json.loads(json.dumps(now, default=str))
    why = []
    if before.get("code") != now["code"]:
        why.append("code")
    if before.get("halo") != now.get("halo"):
        why.append("halo")
    if before.get("card") != now["card"] or before.get("grid") != now["grid"]:
        why.append("grid" if before.get("grid") != now["grid"] else "declaration")
    old, new = before.get("settings", {}), now["settings"]
    changed = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    if changed:
        why.append("setting " + ", ".join(f"{k} {old.get(k)} -> {new.get(k)}" for k in changed))
    old, new = before.get("inputs", {}), now["inputs"]
    changed = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    if changed:
        why.append("input " + ", ".join(Path(k).name for k in changed))
    return "; ".join(why) or "nothing changed"


def _machine() -> dict[str, Any]:
    names = ("shanshui", "numpy", "numba", "rasterio", "geopandas")
    facts = {name: version(name) for name in names}
    facts |= {"python": platform.python_version(), "system": platform.platform()}
    commit = _commit()
    return facts | ({"commit": commit} if commit else {})


def _commit() -> str:
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(root), "rev-parse", "--short", "HEAD"],  # noqa: S607 - whatever git the user has
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
