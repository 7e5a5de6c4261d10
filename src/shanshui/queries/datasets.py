"""Check: can the datasets of a study be used, and what is wrong with each?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shanshui.queries.plain import jsonable
from shanshui.region.join_account import JoinAccount
from shanshui.study.study import Study


@dataclass(frozen=True)
class Dataset:
    """How one dataset stands.

    Attributes
    ----------
    name, file : str
        Input and its file.
    state : str
        ``good``, ``doubtful`` or ``unusable``.
    needed : bool
        Can the study not run without it?
    assumed : bool
        Is it one number that somebody took for the whole study?
    facts : dict
        Coverage, range, coordinate system, year.
    problems : tuple of str
        Make it unusable; each with its fix.
    doubts : tuple of str
        Worth a look; they change no result.
    join : JoinAccount or None
        What became of the rows of a table of places.
    """

    name: str
    file: str
    state: str
    needed: bool
    assumed: bool
    facts: dict[str, Any]
    problems: tuple[str, ...]
    doubts: tuple[str, ...]
    join: JoinAccount | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found: dict[str, Any] = jsonable(
            {
                "name": self.name,
                "file": self.file,
                "state": self.state,
                "needed": self.needed,
                "assumed": self.assumed,
                "facts": self.facts,
                "problems": self.problems,
                "doubts": self.doubts,
                "join": self.join.as_dict() if self.join else None,
            },
            default=str,
        )
        return found


@dataclass(frozen=True)
class Datasets:
    """All datasets of a study.

    Attributes
    ----------
    datasets : tuple of Dataset
        In the order of the study file.
    """

    datasets: tuple[Dataset, ...]

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self.datasets)

    def __len__(self) -> int:
        return len(self.datasets)

    def __getitem__(self, place: int) -> Dataset:
        return self.datasets[place]

    @property
    def usable(self) -> bool:
        """Can the study run?"""
        return not self.broken

    @property
    def broken(self) -> tuple[Dataset, ...]:
        """Needed ones that cannot be used."""
        return tuple(d for d in self.datasets if d.problems and d.needed)

    @property
    def assumed(self) -> tuple[Dataset, ...]:
        """Those that are one assumed number each."""
        return tuple(d for d in self.datasets if d.assumed)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [d.to_dict() for d in self.datasets]


def datasets(study: Study) -> Datasets:
    """Verdict per dataset of a study.

    Parameters
    ----------
    study : Study
        Nothing of it needs to be made.

    Returns
    -------
    Datasets
        Problems are collected, not raised.
    """
    return Datasets(
        tuple(
            Dataset(
                v.name,
                v.file,
                v.state,
                v.needed,
                v.assumed,
                dict(v.facts),
                tuple(v.problems),
                tuple(v.doubts),
                v.join,
            )
            for v in study.verdicts()
        )
    )
