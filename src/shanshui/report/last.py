"""The last thing that was made of a study, kept no longer than the study itself."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from shanshui.study.study import Study

T = TypeVar("T")


class Last(Generic[T]):
    """What was made last of each study, by what it was made from.

    A cache with the study among its keys would keep the study, its ledger and all its views alive.
    """

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[Study, tuple[Hashable, T]] = WeakKeyDictionary()

    def of(self, study: Study, key: Hashable, make: Callable[[], T]) -> T:
        """Give the last one, or make it.

        Parameters
        ----------
        study : Study
            Whose.
        key : hashable
            What it is made from: digests.
        make : callable
            Makes it; what it gives must not hold the study.
        """
        known = self._made.get(study)
        if known is None or known[0] != key:
            known = (key, make())
            self._made[study] = known
        return known[1]
