"""Explain: from which files, by which methods and with which settings did a product come?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shanshui.queries.moments import moment
from shanshui.queries.plain import jsonable
from shanshui.region.join_account import JoinAccount
from shanshui.study.study import Study


@dataclass(frozen=True)
class Ancestor:
    """One product in the chain behind another.

    Attributes
    ----------
    name : str
        Product.
    depth : int
        Steps below the one asked for.
    summary : str
        What it is; ``input`` for what came from a file.
    source : str
        Citation, or the file.
    settings : dict
        As used when it was made; as they would be used where it is not.
    editions : tuple of str
        Of the files of an input.
    made : float or None [s]
        When, since 1970; None where it is not made.
    digest : str
        SHA-256 of its content; empty where it is not made.
    scale : str
        Window and cells that it minds, in words.
    seen : bool
        Shown further up already.
    join : JoinAccount or None
        What became of the rows of a table of places.
    """

    name: str
    depth: int
    summary: str
    source: str
    settings: dict[str, Any]
    editions: tuple[str, ...]
    made: float | None
    digest: str
    scale: str
    seen: bool
    join: JoinAccount | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found: dict[str, Any] = jsonable(
            {
                "product": self.name,
                "depth": self.depth,
                "what": self.summary,
                "source": self.source,
                "settings": self.settings,
                "editions": self.editions,
                "made": "not made" if self.made is None else moment(self.made),
                "digest": self.digest,
                "scale": self.scale,
                "shown_above": self.seen,
                "join": self.join.as_dict() if self.join else None,
            },
            default=str,
        )
        return found


@dataclass(frozen=True)
class Lineage:
    """The chain from a product back to the files.

    Attributes
    ----------
    product : str
        The product asked for.
    chain : tuple of Ancestor
        The product first, its inputs below it, files last.
    """

    product: str
    chain: tuple[Ancestor, ...]

    def __iter__(self) -> Iterator[Ancestor]:
        return iter(self.chain)

    def __len__(self) -> int:
        return len(self.chain)

    def __getitem__(self, place: int) -> Ancestor:
        return self.chain[place]

    @property
    def files(self) -> tuple[str, ...]:
        """Files that it came from, each once."""
        found = (a.source for a in self.chain if a.summary == "input" and a.source)
        return tuple(dict.fromkeys(found))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [a.to_dict() for a in self.chain]


def lineage(study: Study, product: str) -> Lineage:
    """Chain from a product back to the input files, with settings and editions.

    Parameters
    ----------
    study : Study
        Or a variant of it.
    product : str
        Any of its plan, made or not.

    Returns
    -------
    Lineage
        Iterates over its links.

    Raises
    ------
    PlanError
        There is no such product.
    """
    links, joined = study.links(product), study.joins(product)
    chain = []
    for link in links:
        declared = study.specs.get(link.name, []) if link.summary == "input" else []
        record = link.record
        chain.append(
            Ancestor(
                link.name,
                link.depth,
                link.summary,
                link.source,
                record.parts["settings"] if record else link.settings,
                tuple(s.edition for s in declared if s.edition),
                record.made if record else None,
                record.digest if record else "",
                link.scale,
                link.seen,
                joined.get(link.name),
            )
        )
    return Lineage(product, tuple(chain))
