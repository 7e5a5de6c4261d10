"""What a run would make, with memory, time and disk of each step, without making it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shanshui.study.study import Study


@dataclass(frozen=True)
class StepEstimate:
    """What one step would take.

    Attributes
    ----------
    product : str
        That it makes.
    state : str
        ``made``, ``stale`` or ``missing``; a step below a stale one counts as stale.
    memory : int [B]
        Working memory.
    seconds : float [s]
        Time, compiling not counted.
    disk : int [B]
        Kept at most.
    strip_rows : int or None
        Rows of a strip; None where the whole grid is held.
    """

    product: str
    state: str
    memory: int
    seconds: float
    disk: int
    strip_rows: int | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "product": self.product,
            "state": self.state,
            "memory_bytes": self.memory,
            "seconds": round(self.seconds, 3),
            "disk_bytes": self.disk,
            "strip_rows": self.strip_rows,
        }


@dataclass(frozen=True)
class RunEstimate:
    """Steps of a run in the order in which they would be made.

    Attributes
    ----------
    steps : tuple of StepEstimate
        Also those that stand already.
    """

    steps: tuple[StepEstimate, ...]

    def __iter__(self) -> Iterator[StepEstimate]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def pending(self) -> tuple[StepEstimate, ...]:
        """Those that would be made."""
        return tuple(step for step in self.steps if step.state != "made")

    @property
    def seconds(self) -> float:
        """Time of those that would be made, one after another [s]."""
        return sum(step.seconds for step in self.pending)

    @property
    def memory(self) -> int:
        """Most memory that one of them takes [B]."""
        return max((step.memory for step in self.pending), default=0)

    @property
    def disk(self) -> int:
        """What they keep at most [B]."""
        return sum(step.disk for step in self.pending)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [step.to_dict() for step in self.steps]


def run_estimate(study: Study, *products: str, **options: Any) -> RunEstimate:
    """Estimate a run.

    Parameters
    ----------
    study : Study
        Nothing of it is made.
    *products : str
        What would be brought up to date; everything when none is named.
    **options : any
        As ``Study.runner`` takes them: ``workers, memory, settings, variant, scheduler``.

    Raises
    ------
    PlanError
        No such product, setting or variant.
    """
    found = study.runner(**options).estimates(study.targets(products))
    return RunEstimate(
        tuple(StepEstimate(e.step, state, e.bytes, e.seconds, e.disk, e.rows) for e, state in found)
    )
