"""Why a cell has no value: the reasons that a product can give, in words."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from shanshui.core.errors import PlanError, nearest
from shanshui.core.shipped import shipped_text


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    reason : str
        Its name.
    none : bool
        The product says that there is nothing of the kind here: what is made from it misses no value.
    words : mapping of language to str
        As on screens.
    """

    reason: str
    none: bool
    words: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> str:
        """As a language of a study names it."""
        return f"reason.{self.reason}"


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by name; each further column of the table is a language."""
    rows = csv.DictReader(shipped_text("core/reasons.csv").splitlines())
    out = {}
    for row in rows:
        name, none = row.pop("reason"), row.pop("none")
        out[name] = Reason(name, none == "yes", row)
    return out


def known_reason(name: str, where: str) -> str:
    """Refuse a reason that has no words.

    Raises
    ------
    PlanError
        With the nearest one.
    """
    if name not in reasons():
        raise PlanError(f"{where}: no reason '{name}'; {nearest(name, reasons())}")
    return name
