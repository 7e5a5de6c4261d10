"""What stands in an account already: parts of a flow that counts whole, one thing measured twice."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shanshui.accounts.carbon import O2_PER_CO2
from shanshui.accounts.services import FLOW
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.said import Name, Number, Said

STOICHIOMETRY = 0.05
"""How far oxygen may exceed what its carbon dioxide gives off [1] [D]."""


@dataclass(frozen=True)
class _Line:
    """Where a line stands in the account."""

    row: dict[str, Any]

    @property
    def worth(self) -> bool:
        """It has a value."""
        return bool(np.isfinite(self.row["value"]))

    def leave_out(self, why: Said) -> None:
        """The line stands beside the total."""
        self.row["counts"] = False
        self.row["notes"].append(why)


def counted_once(
    rows: list[dict[str, Any]], excludes: dict[str, tuple[str, ...]] | None = None
) -> list[dict[str, Any]]:
    """Lines of an account of which each thing counts once; those left out say by what they are counted.

    Parameters
    ----------
    rows : list of dict
        Lines with ``flow, amount, value, counts`` and ``notes``: a list of what is said of it.
    excludes : dict, optional
        Flows that the amount of a flow leaves out already, as its table says.

    Returns
    -------
    list of dict
        The same lines, changed in place.
    """
    of = {str(r["flow"]): _Line(r) for r in rows}
    told = excludes or {}
    for flow, line in of.items():
        for whole in _ancestors(flow):
            if whole in of and of[whole].worth:
                line.leave_out(_why_part(flow, whole))
                break
        twin = FLOW[flow].same_as if flow in FLOW else ""
        if (
            twin in of
            and of[twin].worth
            and of[twin].row["counts"]
            and twin not in told.get(flow, ())
        ):
            line.leave_out(_why_twin(flow, twin))
            for part in (p.flow for p in FLOW.values() if p.part_of == flow and p.flow in of):
                facts = {"flow": Name(flow), "twin": Name(twin)}
                of[part].leave_out(Said("part_holds_twin", facts))
    _one_basis(of)
    return rows


def excluded(flow: pd.Series, excludes: pd.Series, where: str) -> dict[str, tuple[str, ...]]:
    """Flows that the amount of each flow leaves out already.

    Parameters
    ----------
    flow : (row,)
        Of each row of a table.
    excludes : (row,)
        Names of flows between blanks; missing where a row says nothing.
    where : str
        Name of the table, for the message.

    Returns
    -------
    dict
        By flow: names that all of its rows have.

    Raises
    ------
    QuantityError
        A name that is no flow.
    """
    said: dict[str, tuple[str, ...]] = {}
    for name, rows in excludes.fillna("").groupby(flow):
        each = [set(str(v).split()) for v in rows]
        for other in sorted(set().union(*each)):
            if other not in FLOW:
                raise QuantityError(f"{where}.excludes: '{other}'; {nearest(other, FLOW)}")
        said[str(name)] = tuple(sorted(set.intersection(*each)))
    return said


def _ancestors(flow: str) -> list[str]:
    out = []
    while (known := FLOW.get(flow)) and known.part_of:
        flow = known.part_of
        out.append(flow)
    return out


def _why_part(flow: str, whole: str) -> Said:
    return FLOW[flow].why or Said("part_of_flow", {"whole": Name(whole)})


def _why_twin(flow: str, twin: str) -> Said:
    why = FLOW[flow].why or Said("may_hold", {"twin": Name(twin)})
    return Said("holds_twin", {"why": why, "id": twin})


def _one_basis(of: dict[str, _Line]) -> None:
    """Oxygen that is more than its carbon gives off was taken from another basis."""
    if "o2" not in of or "co2" not in of:
        return
    oxygen, carbon = (float(of[f].row["amount"]) for f in ("o2", "co2"))
    if not (np.isfinite(oxygen) and np.isfinite(carbon)) or oxygen <= 0:
        return
    if carbon <= 0:
        of["o2"].leave_out(Said("oxygen_alone"))
        return
    ratio = oxygen / (carbon * O2_PER_CO2)
    if ratio > 1.0 + STOICHIOMETRY:
        of["o2"].leave_out(Said("oxygen_beyond", {"ratio": Number(ratio, ".3g")}))
