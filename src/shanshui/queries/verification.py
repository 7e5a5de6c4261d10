"""Is what a study keeps still right: what is wrong, its cure, and what has been mended."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from shanshui.store.verify import Fault
from shanshui.study.study import Study
from shanshui.study.upkeep import mend as mended
from shanshui.study.upkeep import rebuild as rebuilt


@dataclass(frozen=True)
class Verification:
    """Faults of what is kept.

    Attributes
    ----------
    faults : tuple of Fault
        Each by name, with its cure; empty when all is right.
    done : tuple of str
        What was mended before that, in words.
    """

    faults: tuple[Fault, ...]
    done: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)

    def __len__(self) -> int:
        return len(self.faults)

    @property
    def wrong(self) -> tuple[Fault, ...]:
        """Those that are serious: what only takes room, or is made good by itself, is not."""
        return tuple(fault for fault in self.faults if fault.serious)

    @property
    def right(self) -> bool:
        """Nothing serious is wrong."""
        return not self.wrong

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "right": self.right,
            "done": list(self.done),
            "faults": [asdict(fault) for fault in self.faults],
        }


def verification(
    study: Study, *, deep: bool = False, mend: bool = False, rebuild: bool = False
) -> Verification:
    """Hold ledger, kept results, their notes and ``products/`` against each other.

    Parameters
    ----------
    study : Study
        Whose.
    deep : bool
        Read all bytes and all content anew, not only what was touched.
    mend : bool
        Mend what needs nothing to be made.
    rebuild : bool
        First put the ledger aside and make it anew from the kept results.

    Returns
    -------
    Verification
        What is wrong after that.

    Raises
    ------
    StudyError
        A study that was opened to read only is to be mended.
    StoreError
        A ledger of another version, or a place that cannot be written.
    """
    if mend or rebuild:
        study.refuse_writing("a repair")
    done = rebuilt(study) if rebuild else []
    found = study.faults(deep=deep)
    if mend and found:
        done += mended(study, found)
        found = study.faults(deep=deep)
    return Verification(tuple(found), tuple(done))
