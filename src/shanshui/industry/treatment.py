"""Processes that turn a waste into an input that others buy: which are worth building."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.industry.symbiosis import (
    DEMAND,
    SUPPLY,
    checked_streams,
    matched_streams,
    trade_terms,
)
from shanshui.industry.tables import Processes, Streams, TreatmentPlants


@assessment(source="own_symbiosis", bytes_per_cell=0)
def treatment_plants(streams: Streams, bridge_processes: Processes) -> TreatmentPlants:
    """Plants that turn what is left of a waste into an input that is wanted: which pay, and how much goes through them.

    Parameters
    ----------
    streams : table
        As in :func:`symbiosis`.
    bridge_processes : table
        ``process, takes`` a material and ``makes`` another, ``fixed`` [yuan/yr] cost of the plant, ``capacity`` a year in the unit of the
        streams; ``treatment`` [yuan/unit] if it costs any. A unit in gives a unit out.

    Returns
    -------
    table
        ``process, takes, makes, built, capacity, throughput`` in the unit of the streams, ``saving, fixed, gain`` [yuan/yr]: saving of what
        goes through, gain after the fixed cost; 0 for those not built. Attributes tell the gain of all.

    Raises
    ------
    QuantityError
        As :func:`symbiosis`; a process given twice, costs or capacities below 0 or missing.

    Notes
    -----
    max sum_pij s_pij q_pij - sum_p F_p b_p with sum_pj q_pij <= supply_i, sum_pi q_pij <= demand_j, sum_ij q_pij <= K_p b_p,
    0 <= q_pij <= m_ij min(supply_i, demand_j), b_p in {0, 1}; s_pij = price_j + saved disposal_i - treatments - haulage x distance, m_ij the
    season in common. Supply and demand are what direct exchange leaves. A mixed-integer programme of our own (decisions/0014-industry), on
    the facility location problem with fixed costs (Balinski 1965 [M]).
    """
    rows = checked_streams(streams)
    plants = _checked(bridge_processes)
    direct = matched_streams(streams)
    give, take = (rows[rows["kind"] == kind].reset_index(drop=True) for kind in (SUPPLY, DEMAND))
    supply, demand = direct.supply["left"].to_numpy(), direct.demand["left"].to_numpy()
    saving, _, share = trade_terms(give, take)
    fits = [
        (give["material"].astype(str) == a).to_numpy()[:, None]
        & (take["material"].astype(str) == b).to_numpy()
        for a, b in zip(plants["takes"], plants["makes"], strict=True)
    ]
    gains = np.array(
        [
            np.where(fit & (share > 0), saving - cost, 0.0)
            for fit, cost in zip(fits, plants["treatment"], strict=True)
        ]
    ).reshape(len(plants), len(give), len(take))
    most = share * np.minimum(supply[:, None], demand)
    flow, built = worth_building(
        np.maximum(supply, 0.0), np.maximum(demand, 0.0), gains, np.maximum(most, 0.0),
        plants["fixed"].to_numpy(), plants["capacity"].to_numpy(),
    )  # fmt: skip
    out = plants[["process", "takes", "makes"]].copy()
    out["built"] = built
    out["capacity"] = plants["capacity"]
    out["throughput"] = flow.sum(axis=(1, 2))
    out["saving"] = (gains * flow).sum(axis=(1, 2))
    out["fixed"] = np.where(built, plants["fixed"], 0.0)
    out["gain"] = out["saving"] - out["fixed"]
    out.attrs["gain"] = float(out["gain"].sum())
    return out


def _checked(processes: pd.DataFrame) -> pd.DataFrame:
    out = processes.reset_index(drop=True)
    for column in ("process", "takes", "makes"):
        out[column] = out[column].astype(str).str.strip()
    if out["process"].duplicated().any():
        raise QuantityError(
            f"bridge_processes: {out.loc[out['process'].duplicated(), 'process'].iloc[0]} stands twice; name each plant of its own"
        )
    out["treatment"] = out["treatment"].replace("", 0.0) if "treatment" in out else 0.0
    for column in ("fixed", "capacity", "treatment"):
        out[column] = pd.to_numeric(out[column], errors="coerce")
        bad = ~(out[column] >= 0)
        if bad.any():
            raise QuantityError(
                f"bridge_processes.{column}: {out.loc[bad, 'process'].iloc[0]} has {out.loc[bad, column].iloc[0]}, expected 0 or more"
            )
    return out


def worth_building(
    supply: NDArray[np.float64],
    demand: NDArray[np.float64],
    saving: NDArray[np.float64],
    most: NDArray[np.float64],
    fixed: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Flows through plants and the plants that pay, as a mixed-integer programme.

    Parameters
    ----------
    supply, demand : (source,), (target,)
        Amounts a year.
    saving : (plant, source, target) [yuan/unit]
        Of a unit that goes through a plant; not above 0 means it may not.
    most : (source, target)
        Greatest amount a year between two.
    fixed : (plant,) [yuan/yr]
        Cost of each plant.
    capacity : (plant,)
        Amount a year of each.

    Returns
    -------
    ((plant, source, target), (plant,))
        Amounts a year, and which plants are built: of greatest gain; none when none pays.

    Raises
    ------
    QuantityError
        The programme fails.
    """
    p, i, j = np.nonzero((saving > 0) & (most > 0))
    flows, plants = len(p), len(fixed)
    flow = np.zeros(saving.shape)
    if not flows:
        return flow, np.zeros(plants, bool)
    s, d = len(supply), len(demand)
    system = coo_array(
        (
            np.concatenate([np.ones(3 * flows), -capacity]),
            (
                np.concatenate([i, s + j, s + d + p, s + d + np.arange(plants)]),
                np.concatenate([np.tile(np.arange(flows), 3), flows + np.arange(plants)]),
            ),
        ),
        shape=(s + d + plants, flows + plants),
    ).tocsr()
    found = milp(
        np.concatenate([-saving[p, i, j], fixed]),
        constraints=LinearConstraint(
            system, -np.inf, np.concatenate([supply, demand, np.zeros(plants)])
        ),
        integrality=np.concatenate([np.zeros(flows), np.ones(plants)]),
        bounds=Bounds(0.0, np.concatenate([most[i, j], np.ones(plants)])),
    )
    if not found.success:
        raise QuantityError(f"treatment plants: the programme failed: {found.message}")
    flow[p, i, j] = found.x[:flows]
    # a plant without cost may be built for nothing
    built = (found.x[flows:] > 0.5) & (flow.sum(axis=(1, 2)) > 0)
    return flow, built
