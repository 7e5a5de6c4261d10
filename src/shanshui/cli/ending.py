"""How a command ends when something goes wrong: one line, and a trace in a file where the fault is ours."""

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from shanshui.core.errors import ShanshuiError

REFUSED, FAULT, STOPPED, CLOSED = 2, 70, 130, 1
"""Exit codes: refused in words, a fault of the program, stopped by the user, the reader of the output went away."""
_LONGEST, _TAIL = 1200, 400


class Commands(TyperGroup):
    """Commands that say so when they are stopped."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("shanshui: stopped; what is finished is kept, run again to go on", err=True)
            raise typer.Exit(STOPPED) from None


def one_line(text: str) -> str:
    """Text on one line, the middle cut out where it is very long: what is wrong stands first, the way out last."""
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST - _TAIL]} … {line[-_TAIL:]}"


@contextmanager
def ending(words: Sequence[str], *, debug: bool = False) -> Iterator[None]:
    """End in one line, whatever goes wrong.

    Parameters
    ----------
    words : sequence of str
        Of the command line, for what failed.
    debug : bool
        Show the trace instead of writing it to a file.
    """
    for stream in (sys.stdout, sys.stderr):
        # a name that the terminal cannot show is no reason to stop
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        yield
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - the last handler: nothing foreign leaves the program
        if _reader_gone(error):
            _close_output()
            sys.exit(CLOSED)
        if debug:
            traceback.print_exc()
        if isinstance(error, ShanshuiError):
            _say(f"shanshui: {error}")
            sys.exit(REFUSED)
        _fault(error, words, debug)


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        typer.echo(one_line(text), err=True)


def _fault(error: Exception, words: Sequence[str], debug: bool) -> NoReturn:
    what = " ".join(w for w in words[:2] if not w.startswith("-"))
    said = one_line(str(error))[:400]
    kind = type(error).__name__
    if isinstance(error, MemoryError):
        _say(
            f"shanshui: {what}: ran out of memory ({said or kind}); free some, or take a smaller part"
        )
        sys.exit(FAULT)
    place = "" if debug else _trace(error, words)
    where = f"; the full trace is in {place}" if place else ""
    _say(
        f"shanshui: {what}: failed with {kind}: {said}; a fault of the program, please report it{where}"
    )
    sys.exit(FAULT)


def _trace(error: Exception, words: Sequence[str]) -> str:
    """Write the trace into the study's store, or where temporary files go; say where."""
    name = f"trace-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    text = "shanshui " + " ".join(words) + "\n\n" + "".join(traceback.format_exception(error))
    stores = [Path(w) / "store" for w in words if not w.startswith("-")]
    for folder in (*stores, Path(tempfile.gettempdir())):
        try:
            if folder.is_dir():
                place = folder / name
                place.write_text(text, "utf-8", errors="backslashreplace")
                return str(place)
        except (OSError, ValueError):
            continue
    return ""


def _reader_gone(error: BaseException | None) -> bool:
    """Whether the output's reader went away, as ``head`` does, wherever that was noticed."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, BrokenPipeError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _close_output() -> None:
    """Nothing more is written, not even by the interpreter as it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
