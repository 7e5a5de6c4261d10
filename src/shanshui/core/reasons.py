"""Why a cell has no value: the reasons that a product can give, in words."""

import csv
from dataclasses import dataclass
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
    en, zh : str
        As on screens.
    """

    reason: str
    none: bool
    en: str
    zh: str

    def text(self, lang: str) -> str:
        """Words in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by name."""
    rows = csv.DictReader(shipped_text("core/reasons.csv").splitlines())
    return {
        row["reason"]: Reason(row["reason"], row["none"] == "yes", row["en"], row["zh"])
        for row in rows
    }


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
