"""How a run is shown: a bar, JSON lines, or nothing."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shanshui.flow.events import Event, Listener, deaf


@contextmanager
def listener(*, quiet: bool, as_json: bool) -> Iterator[Listener]:
    """Hear the events of a run.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    as_json : bool
        One JSON object per line on standard output.

    Yields
    ------
    callable
        To be handed to the run.
    """
    if as_json:
        yield _json
        return
    if quiet:
        yield deaf
        return
    console = Console(stderr=False, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _lines
        return
    columns = (
        TextColumn("{task.description:26}"),
        BarColumn(30),
        TextColumn("{task.fields[cells]:>16}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[reason]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bars(bar)


@contextmanager
def counter(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a job has come, on standard error.

    Parameters
    ----------
    quiet : bool
        Say nothing.

    Yields
    ------
    callable
        Takes what is done, how much and of how much; a total of 0 is a line of its own.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if quiet:
        yield lambda *_: None
        return
    if not console.is_terminal:
        # a bar would leave blank lines in a log
        yield lambda text, _, total: None if total else console.print(text)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(30),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(text: str, done: int, total: int) -> None:
            if not total:
                console.print(text)
                return
            if text not in tasks:
                tasks[text] = bar.add_task(text, total=total)
            bar.update(tasks[text], completed=done, total=total)

        yield tell


def _json(event: Event) -> None:
    sys.stdout.write(json.dumps(event.facts(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _lines(event: Event) -> None:
    if event.kind in {"made", "failed", *_MENDED}:
        sys.stdout.write(_line(event) + "\n")
        sys.stdout.flush()


_MENDED = {"mended", "restored", "damaged", "remark", "noted"}


def _line(event: Event) -> str:
    if event.kind in _MENDED:
        return f"{event.kind} {event.step} {event.reason}".replace("  ", " ")
    if event.kind == "failed":
        return f"failed {event.step:24} {event.reason}"
    return f"made   {event.step:24} {event.seconds:7.2f} s  {event.bytes / 1e6:8.2f} MB  {event.reason}"


class _Bars:
    """One bar per running step."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            task = self._tasks.get(event.step)
            if event.kind == "started":
                self._tasks[event.step] = self._bar.add_task(
                    event.step, total=event.of or None, cells="", reason=event.reason
                )
            elif event.kind == "progress" and task is not None:
                self._bar.update(
                    task,
                    completed=event.cells,
                    total=event.of,
                    cells=f"{event.cells / 1e6:.1f} of {event.of / 1e6:.1f} M",
                )
            elif event.kind == "noted":
                self._bar.console.print(_line(event))
            elif event.kind in {"made", "failed", *_MENDED}:
                if task is not None:
                    self._bar.remove_task(self._tasks.pop(event.step))
                self._bar.console.print(_line(event))
