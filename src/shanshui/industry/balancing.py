"""Flows brought to known sums: RAS, and its form for tables with negative entries."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.industry.io_tables import BalancedFlows, FlowSums, StartFlows
from shanshui.industry.regional_tables import balanced

SIDES = ("row", "column")


@assessment(source="junius2003", bytes_per_cell=0)
def balanced_flows(
    start_flows: StartFlows,
    flow_sums: FlowSums,
    *,
    tolerance: Annotated[float, Between(1e-14, 0.1)] = 1e-9,
    rounds: Annotated[int, Between(1, 1_000_000)] = 5000,
) -> BalancedFlows:
    """A table of flows, of an earlier year or a larger place, brought to the sums that are known here and now.

    Parameters
    ----------
    start_flows : table
        ``row, column, amount``: pairs that are not there do not flow. Signs stay.
    flow_sums : table
        ``side`` row or column, ``name, amount``: a sum for each row and each column, one total on both sides.
    tolerance : float [1]
        Greatest departure of a sum over the total.
    rounds : int
        After which it is given up.

    Returns
    -------
    table
        ``row, column, before, amount`` in the unit of the sums.

    Raises
    ------
    QuantityError
        A pair or a sum given twice, missing or without a name; totals that differ; sums that the zeros of the table forbid.

    Notes
    -----
    RAS (Stone 1961; Miller and Blair 2009, section 7.4 [S2]): z_ij = r_i z0_ij s_j with sum_j z_ij = u_i, sum_i z_ij = v_j. With negative
    entries GRAS (Junius and Oosterhaven 2003 [M]): z_ij = r_i p_ij s_j - n_ij / (r_i s_j), P = max(Z0, 0), N = max(-Z0, 0), where
    r_i is the positive root of (sum_j p_ij s_j) r^2 - u_i r - sum_j n_ij / s_j = 0, and s_j alike, in turn.
    """
    flows = _numbered(start_flows, ["row", "column"], "start_flows")
    sums = _numbered(flow_sums, ["side", "name"], "flow_sums")
    strange = sorted(set(sums["side"]) - set(SIDES))
    if strange:
        raise QuantityError(f"flow_sums.side: '{strange[0]}', expected row or column")
    wide = flows.pivot_table(index="row", columns="column", values="amount", aggfunc="sum")
    wide = wide.fillna(0.0)
    wanted = {}
    for side, names in (("row", wide.index), ("column", wide.columns)):
        of = sums[sums["side"] == side].set_index("name")["amount"]
        odd = sorted(set(names) ^ set(of.index))
        if odd:
            raise QuantityError(
                f"flow_sums: {side} {odd[0]} stands in one of start_flows and flow_sums only; expected a sum for each {side}"
            )
        wanted[side] = of.reindex(names).to_numpy(np.float64)
    found = balanced(
        wide.to_numpy(np.float64), wanted["row"], wanted["column"], tolerance=tolerance, rounds=rounds
    )  # fmt: skip
    table = pd.DataFrame(found, index=wide.index, columns=wide.columns)
    out = flows.rename(columns={"amount": "before"})
    out["amount"] = [table.loc[r, c] for r, c in zip(out["row"], out["column"], strict=True)]
    return out


def _numbered(frame: pd.DataFrame, keys: list[str], name: str) -> pd.DataFrame:
    """Keys as words, amounts as numbers; each pair of keys once."""
    out = frame[[*keys, "amount"]].reset_index(drop=True)
    for key in keys:
        out[key] = out[key].fillna("").astype(str).str.strip()
    out["amount"] = pd.to_numeric(out["amount"], errors="coerce")
    bad = out[out["amount"].isna() | (out[keys] == "").any(axis=1)]
    if len(bad):
        raise QuantityError(
            f"{name}: row {bad.index[0] + 1} has no {' or '.join(keys)}, or an amount that is no number"
        )
    twice = out[out.duplicated(keys)]
    if len(twice):
        raise QuantityError(f"{name}: {', '.join(twice.iloc[0][keys])} stands twice; keep one")
    return out
