"""What a run says while it runs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    kind : str
        ``started``, ``progress``, ``noted`` (a doubt about an input), ``known``, ``made``, ``failed`` or ``done``;
        before the steps ``mended`` (the
        ledger), ``restored`` (a file of ``products/``) and ``damaged`` (a kept result that is not asked for here); at
        the end ``remark`` (a file of ``products/`` that could not be written).
    step : str
        Product, empty for the whole run.
    reason : str
        Why it was made, or why it failed.
    seconds : float
        Time taken.
    cells, of : int
        Cells done, and cells to do.
    bytes : int
        Size of what was kept.
    """

    kind: str
    step: str = ""
    reason: str = ""
    seconds: float = 0.0
    cells: int = 0
    of: int = 0
    bytes: int = 0

    def facts(self) -> dict[str, Any]:
        """As a plain mapping."""
        return asdict(self)


Listener = Callable[[Event], None]


def deaf(event: Event) -> None:
    """Listen to nothing."""
