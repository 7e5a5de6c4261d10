"""Bring products up to date: skip what is known, make the rest, several at once."""

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from shanshui.core.errors import PlanError, ShanshuiError
from shanshui.flow.estimate import Estimate, estimate, memory_limit, refuse_if_too_large
from shanshui.flow.events import Event, Listener, deaf
from shanshui.flow.executors import Executor, Threads
from shanshui.flow.machine import machine
from shanshui.flow.plan import Plan
from shanshui.flow.recipe import Recipes, reason
from shanshui.flow.rewire import plain
from shanshui.flow.steps import Layer, Source, Step
from shanshui.flow.work import Context, work_of
from shanshui.region.grid import GridSpec
from shanshui.store.layout import Layout, locked
from shanshui.store.ledger import Ledger
from shanshui.store.objects import Objects
from shanshui.store.watch import SpoiltError


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
        What was done to the ledger itself, and files of ``products/`` that could not be written.
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
    executor : Executor, optional
        Who does the work; by default ``workers`` threads of this process.
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
        executor: Executor | None = None,
    ) -> None:
        self.plan, self.layout, self.grid = plan, layout, grid
        self.workers = max(1, workers)
        self.memory = memory_limit() if memory is None else memory
        self.executor = executor or Threads(grid, self.workers, self.memory)
        self._listen = tell
        self._own = ledger is None
        self.ledger = ledger or Ledger(layout.ledger, write=False)
        self.objects = Objects(layout, self.ledger, grid)
        self.variant = variant
        self.recipes = Recipes(plan, grid, self.ledger, self.objects, variant, base)
        self._tell_lock = threading.Lock()

    def estimates(self, targets: Iterable[str]) -> list[tuple[Estimate, str]]:
        """Estimate of each step and whether it is made, stale or missing.

        A step below a stale one counts as stale: whether its input will really change is not known yet.
        """
        out = []
        stale: set[str] = set()
        for name in self.plan.reach(targets):
            state, _ = self.recipes.standing(name, stale)
            if state != "made":
                stale.add(name)
            out.append((self._size(name), state))
        return out

    def _size(self, name: str) -> Estimate:
        return estimate(self.plan, name, self.grid, self.ledger, self.memory, self.workers)

    def refuse(self, targets: Iterable[str], *, fresh: bool = False) -> None:
        """Say before the start that a run cannot fit.

        Raises
        ------
        ResourceError
            Too little memory or disk.
        """
        pending = [e for e, state in self.estimates(targets) if fresh or state != "made"]
        refuse_if_too_large(pending, self.executor.most, self.layout.free_bytes(), self.grid)

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
        with ExitStack() as stack:
            if self._own:
                stack.callback(self.ledger.close)
            stack.enter_context(locked(self.layout))
            stack.enter_context(self.ledger.writing(mend=True))
            self.objects.clear_temporary()
            outcome.remarks += self.ledger.remarks()
            self._mend(set(names), outcome)
            if self.executor.elsewhere:
                stack.callback(self.objects.clear_temporary)
            stack.enter_context(self.executor)
            self.refuse(targets, fresh=fresh)
            started = time.perf_counter()
            run = self.ledger.start_run(names, machine(), self.variant)
            state = "failed"
            try:
                self._tell_mended(run, outcome)
                # libraries below would take threads of their own; and sums in several are other sums
                with threadpool_limits(1):
                    self._all_sound(names, run, fresh, outcome)
                state = "done"
            except KeyboardInterrupt:
                state = "stopped"
                raise
            finally:
                self.ledger.end_run(run, state)
            outcome.seconds = time.perf_counter() - started
            for text in (late := self.ledger.remarks()):
                self._tell(run, Event("remark", "", text))
            outcome.remarks += late
            self._tell(run, Event("done", seconds=outcome.seconds))
            return outcome

    def _mend(self, asked: set[str], outcome: Outcome) -> None:
        """Compare what stands with its object and with its file in ``products/``, and publish anew what differs."""
        for variant, name, _, digest in self.ledger.products():
            if not variant and name not in self.plan.steps and name not in self.plan.absent:
                continue  # of a step that there is no more: left as it is until it is swept
            label = f"{variant}/{name}" if variant else name
            if variant and variant == self.variant and name not in self.recipes.reached:
                # the study itself was changed to what the variant sets
                self.ledger.drop_product(name, variant)
                self.objects.products.withdraw(name, variant)
            elif not self.objects.sound(digest):
                if name not in asked or self.recipes.where(name) != variant:
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
        waiting = {n: set(self.plan.inputs(n).values()) for n in names}
        estimates = {n: self._size(n) for n in names}
        sizes = {n: e.bytes for n, e in estimates.items()}
        ahead = self._ahead(names, estimates)
        busy: dict[Future[tuple[str, bool]], str] = {}
        failed: BaseException | None = None
        executor = self.executor
        while waiting or busy:
            able = sorted((n for n, needs in waiting.items() if not needs), key=lambda n: -ahead[n])
            executor.expects(
                self._steps((*busy.values(), *able)), self._steps(waiting) - self._steps(able)
            )
            for name in able:
                held = sum(sizes[n] for n in busy.values())
                if failed or len(busy) >= executor.steps:
                    break
                if busy and held + sizes[name] > executor.memory:
                    continue
                del waiting[name]
                anew = fresh and name not in outcome.made
                busy[executor.start(self._one, name, run, anew)] = name
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
                self.recipes.digests[name] = digest
                outcome.note(name, made=was_made)
                for needs in waiting.values():
                    needs.discard(name)
        if failed is not None:
            raise failed

    def _steps(self, names: Iterable[str]) -> int:
        return sum(isinstance(self.plan.steps[n], Step) for n in names)

    def _ahead(self, names: list[str], estimates: Mapping[str, Estimate]) -> dict[str, float]:
        """Seconds of each step with the longest chain of steps that wait for it: what is long is begun first."""
        out = {n: estimates[n].seconds for n in names}
        for name in reversed(names):
            for above in self.plan.inputs(name).values():
                out[above] = max(out[above], estimates[above].seconds + out[name])
        return out

    def _make(self, name: str, above: Mapping[str, str]) -> str:
        """Make a product from the kept results above it, and keep it."""
        item = self.plan.steps[name]
        if isinstance(item, Layer):
            return self.objects.layer(above[item.of], item.layer)
        self.objects.look_at(above.values(), self.executor.bytes_digests)
        takes = {p: self.objects.kept(above[p]) for p in self.plan.inputs(name).values()}
        if isinstance(item, Source):
            with self.executor.turn():
                fitted = {plain(p): self.executor.read(kept) for p, kept in takes.items()}
                made = self._bring(item, fitted)
            return made if isinstance(made, str) else self.objects.keep(made)
        size = self._size(name)
        work = work_of(
            self.plan,
            item,
            takes,
            self.executor.read,
            self.grid,
            self.objects.maker.folder,
            (size.bytes, size.rows or self.grid.ny),
        )
        cells = 0

        def done(more: int) -> None:
            nonlocal cells
            cells += more
            self._progress(Event("progress", name, cells=cells, of=self.grid.cells))

        return self.objects.take(self.executor.make(work, done))

    def _one(self, name: str, run: int, fresh: bool) -> tuple[str, bool]:
        started = time.perf_counter()
        try:
            recipe, parts = self.recipes.of(name)
            before = self.ledger.product(name, self.recipes.where(name))
            digest = None if fresh else self._result_of(recipe)
            why = reason(before.parts if before else None, parts)
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
            digest = self._make(name, self.recipes.above(name))
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
        variant = self.recipes.where(name)
        own = self.ledger.product(name) if variant else None
        if own is not None and (own.recipe, own.digest) == (recipe, digest):
            # no other than the study's own: stands there alone
            self.ledger.drop_product(name, variant)
            self.objects.products.withdraw(name, variant)
            return
        self.objects.settle(name, recipe, digest, parts, why, run, seconds, variant)

    def _bring(self, item: Source, above: Mapping[str, Any]) -> Any:
        context = Context(self.grid, self.objects, self.memory, self.workers, self._progress, above)
        return item.make(context)

    def _progress(self, event: Event) -> None:
        with self._tell_lock:
            self._listen(event)

    def _tell(self, run: int, event: Event) -> None:
        self.ledger.note(run, event.kind, event.step, event.facts())
        self._progress(event)
