"""Who can use what another throws away: matching of wastes, heat and water as a linear programme, and how closed the circle is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.industry.tables import Circularity, Exchanges, MaterialFlows, Streams

SUPPLY, DEMAND = "supply", "demand"
EARTH_KM = 6371.0
NUMBERS: dict[str, float] = {
    "amount": np.nan,
    "purity": 1.0,
    "price": 0.0,
    "disposal": 0.0,
    "treatment": 0.0,
    "haulage": 0.5,
    "reach_km": 200.0,
    "x_km": np.nan,
    "y_km": np.nan,
    "lon": np.nan,
    "lat": np.nan,
}
"""Numbers of a stream and what stands where one is blank; haulage [yuan/t/km] and reach [D]."""
PLACES = (("x_km", "y_km"), ("lon", "lat"))
ALL_YEAR = tuple(range(1, 13))


@dataclass(frozen=True)
class Exchange:
    """What flows where.

    Attributes
    ----------
    flows : DataFrame
        ``material, source, target, amount, km, saving`` (of a unit), ``value`` a year.
    gain : float [yuan/yr]
        Best possible.
    supply, demand : DataFrame
        By row of the streams: ``used`` and ``left``.
    """

    flows: pd.DataFrame
    gain: float
    supply: pd.DataFrame
    demand: pd.DataFrame


def checked_streams(streams: pd.DataFrame) -> pd.DataFrame:
    """Streams with every number they need.

    Parameters
    ----------
    streams : table
        ``firm, material, kind`` supply or demand, ``amount`` a year; if known ``purity`` [1] offered or needed, ``price`` of what the
        demand buys else [yuan/unit], ``disposal`` that the supply saves [yuan/unit], ``treatment`` [yuan/unit], ``haulage``
        [yuan/unit/km], ``reach_km`` [km], ``months`` such as ``4-10`` or ``1,2,3``, and a place: ``lon, lat`` or ``x_km, y_km``.

    Returns
    -------
    table
        Numbers as floats, defaults filled in, ``months`` as a set.

    Raises
    ------
    QuantityError
        Unknown kinds, amounts below 0 or missing, purity outside [0, 1], months that are none, a place that some streams have and others lack.
    """
    out = streams.copy()
    out["kind"] = out["kind"].astype(str).str.strip().str.lower()
    odd = ~out["kind"].isin([SUPPLY, DEMAND])
    if odd.any():
        raise QuantityError(
            f"streams.kind: '{out.loc[odd, 'kind'].iloc[0]}'; expected supply or demand"
        )
    for column, usual in NUMBERS.items():
        given = (
            pd.to_numeric(out[column], errors="coerce")
            if column in out
            else pd.Series(np.nan, index=out.index)
        )
        out[column] = given.astype(float).fillna(usual)
    for column, low, high in (
        ("amount", 0.0, np.inf),
        ("purity", 0.0, 1.0),
        ("haulage", 0.0, np.inf),
        ("reach_km", 0.0, np.inf),
    ):
        bad = ~out[column].between(low, high)
        if bad.any():
            raise QuantityError(
                f"streams.{column}: {out.loc[bad, 'firm'].iloc[0]} has {out.loc[bad, column].iloc[0]:g}, expected {low:g} to {high:g}"
            )
    _check_places(out)
    months = out["months"] if "months" in out else pd.Series("", index=out.index)
    out["months"] = pd.Series([_months(m) for m in months], index=out.index, dtype=object)
    return out.reset_index(drop=True)


def _months(text: object) -> frozenset[int]:
    words = "" if text is None or text != text else str(text).replace(".0", "").strip()
    if not words:
        return frozenset(ALL_YEAR)
    found: set[int] = set()
    try:
        for part in words.replace("，", ",").split(","):
            first, _, last = part.partition("-")
            a, b = int(first), int(last or first)
            # November to February goes round the year
            found |= set(range(a, b + 1)) if a <= b else {*range(a, 13), *range(1, b + 1)}
    except ValueError:
        found = {0}
    if not found <= set(ALL_YEAR):
        raise QuantityError(f"streams.months: '{text}'; expected such as 4-10 or 1,2,3")
    return frozenset(found)


def _check_places(streams: pd.DataFrame) -> None:
    """All streams have a place of one kind, or none has any: they are then of one park."""
    ways = [streams[list(way)].notna().all(axis=1) for way in PLACES]
    some = streams[[c for way in PLACES for c in way]].notna().any(axis=1)
    if some.any() and not any(way.all() for way in ways):
        short = min((~way for way in ways), key=lambda lacks: int(lacks.sum()))
        raise QuantityError(
            f"streams: {streams.loc[short, 'firm'].iloc[0]} has no place as others have; give x_km, y_km or lon, lat to all streams, or a "
            "place to none (then all are of one park)"
        )


def _distances(a: pd.DataFrame, b: pd.DataFrame) -> NDArray[np.float64]:
    """Between every two places; 0 where none is told."""
    if a["x_km"].notna().all() and b["x_km"].notna().all():
        x = a["x_km"].to_numpy()[:, None] - b["x_km"].to_numpy()
        y = a["y_km"].to_numpy()[:, None] - b["y_km"].to_numpy()
        return np.hypot(x, y)
    if a["lon"].notna().all() and b["lon"].notna().all():
        la, lb = np.radians(a["lat"].to_numpy())[:, None], np.radians(b["lat"].to_numpy())
        dl = np.radians(a["lon"].to_numpy()[:, None] - b["lon"].to_numpy())
        h = np.sin((la - lb) / 2) ** 2 + np.cos(la) * np.cos(lb) * np.sin(dl / 2) ** 2
        return 2.0 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
    return np.zeros((len(a), len(b)))


def matched_streams(streams: pd.DataFrame, *, closed: str = "") -> Exchange:
    """Exchange of greatest gain between firms.

    Maximises the sum of saving times amount under supply and demand, as a linear programme: greedy matching gives the best pair first and
    can leave the rest worse off.

    Parameters
    ----------
    streams : table
        As :func:`checked_streams` takes.
    closed : str
        A firm that takes no part: what its closing costs.

    Returns
    -------
    Exchange
        A flow only where the material is one, purity suffices, months overlap (the overlap bounds the flow), the distance is within the reach of
        both, firms differ, and the saving (price and saved disposal, less treatment and haulage) is above 0.

    Raises
    ------
    QuantityError
        As :func:`checked_streams`.
    """
    rows = checked_streams(streams)
    live = rows[rows["firm"].astype(str) != closed] if closed else rows
    give = live[live["kind"] == SUPPLY].reset_index()
    take = live[live["kind"] == DEMAND].reset_index()
    i, j, saving, km, share = _pairs(give, take)
    used: NDArray[np.float64] = np.zeros(len(give))
    met: NDArray[np.float64] = np.zeros(len(take))
    amount = np.zeros(len(i))
    if len(i):
        count = len(i)
        system = coo_array(
            (
                np.ones(2 * count),
                (np.concatenate([i, len(give) + j]), np.tile(np.arange(count), 2)),
            ),
            shape=(len(give) + len(take), count),
        ).tocsr()
        limits = np.concatenate([give["amount"], take["amount"]])
        # what can change hands only in common months
        most = share * np.minimum(give["amount"].to_numpy()[i], take["amount"].to_numpy()[j])
        found = linprog(
            -saving,
            A_ub=system,
            b_ub=limits,
            bounds=np.column_stack([np.zeros(count), most]),
            method="highs",
        )
        if not found.success:
            raise QuantityError(f"streams: the linear programme failed: {found.message}")
        amount = np.asarray(found.x)
        used = np.asarray(np.bincount(i, amount, len(give)), np.float64)
        met = np.asarray(np.bincount(j, amount, len(take)), np.float64)
    keep = amount > 1e-9 * max(float(amount.max(initial=0.0)), 1e-300)
    flows = pd.DataFrame(
        {
            "material": give["material"].to_numpy()[i[keep]],
            "source": give["firm"].to_numpy()[i[keep]],
            "target": take["firm"].to_numpy()[j[keep]],
            "amount": amount[keep],
            "km": km[keep],
            "saving": saving[keep],
            "value": (saving * amount)[keep],
        }
    ).sort_values(["value", "source", "target"], ascending=[False, True, True], ignore_index=True)
    supply = give[["index", "firm", "material", "amount"]].assign(
        used=used, left=give["amount"] - used
    )
    demand = take[["index", "firm", "material", "amount"]].assign(
        used=met, left=take["amount"] - met
    )
    return Exchange(flows, float(saving @ amount) if len(i) else 0.0, supply, demand)


def _pairs(
    give: pd.DataFrame, take: pd.DataFrame
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
]:
    """Pairs that may exchange, their saving, distance, and the share of the year in common."""
    saving, km, share = trade_terms(give, take)
    alike = give["material"].to_numpy(str)[:, None] == take["material"].to_numpy(str)
    apart = give["firm"].to_numpy(str)[:, None] != take["firm"].to_numpy(str)
    pure = give["purity"].to_numpy()[:, None] >= take["purity"].to_numpy() - 1e-12
    i, j = np.nonzero(alike & apart & pure & (share > 0) & (saving > 0))
    return i, j, saving[i, j], km[i, j], share[i, j]


def trade_terms(
    give: pd.DataFrame, take: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What a unit from each supply to each demand saves, how far it goes, and in what share of the year it can.

    Parameters
    ----------
    give, take : table
        Supplies and demands as :func:`checked_streams` gives them.

    Returns
    -------
    ((supply, demand) [yuan/unit], (supply, demand) [km], (supply, demand) [1])
        Price and saved disposal less treatment and haulage; the share is of the shorter season, 0 beyond the reach of either.
    """
    km = _distances(give, take)
    near = (km <= give["reach_km"].to_numpy()[:, None]) & (km <= take["reach_km"].to_numpy())
    share = np.array(
        [[len(a & b) / max(min(len(a), len(b)), 1) for b in take["months"]] for a in give["months"]]
    ).reshape(len(give), len(take))
    saving = (
        take["price"].to_numpy() + give["disposal"].to_numpy()[:, None] - give["treatment"].to_numpy()[:, None]
        - take["treatment"].to_numpy() - np.maximum(give["haulage"].to_numpy()[:, None], take["haulage"].to_numpy()) * km
    )  # fmt: skip
    return saving, km, np.where(near, share, 0.0)


@assessment(source="own_symbiosis", bytes_per_cell=0)
def symbiosis(streams: Streams) -> Exchanges:
    """Exchanges of wastes, heat and water between the firms of parks.

    Parameters
    ----------
    streams : table
        ``firm, material, kind, amount`` and what is known of purity, price, disposal, treatment, haulage, reach, months and place.

    Returns
    -------
    table
        ``material, source, target, amount, km, saving, value``; attributes tell the gain of all and what each firm's closing would cost.

    Raises
    ------
    QuantityError
        Unknown kinds, amounts below 0 or missing, purity outside [0, 1], months that are none, places that only some streams
        have.

    Notes
    -----
    max sum_ij s_ij q_ij with sum_j q_ij <= supply_i, sum_i q_ij <= demand_j, 0 <= q_ij <= m_ij min(supply_i, demand_j), q_ij = 0 unless material,
    purity, season and reach fit; s_ij = price_j + saved disposal_i - treatment_i - treatment_j - haulage d_ij, m_ij the season in common over
    the shorter one. loss_if_closed_f = gain of all less the gain without f. A linear programme of our own (decisions/0014-industry) on the
    transportation problem (Hitchcock 1941 [M]); straight distances, haulage and reach where none is given [D].
    """
    found = matched_streams(streams)
    out = found.flows
    firms = sorted({*out["source"], *out["target"]})
    out.attrs["gain"] = found.gain
    out.attrs["loss_if_closed"] = {
        str(firm): found.gain - matched_streams(streams, closed=str(firm)).gain for firm in firms
    }
    return out


@assessment(source="own_symbiosis", bytes_per_cell=0)
def material_circularity(streams: Streams, symbiosis: MaterialFlows) -> Circularity:
    """How closed the circle of each material is: the register of what flows.

    Parameters
    ----------
    streams : table
        As given.
    symbiosis : table
        Exchanges.

    Returns
    -------
    table
        ``material, supply, demand, exchanged``, ``recycling_rate`` exchanged over supply, ``substitution_rate`` exchanged over demand,
        ``potential_rate`` what could be exchanged at most (the lesser of both, over supply) [1]; NaN where there is none of it.

    Notes
    -----
    recycling_rate = exchanged / supply, substitution_rate = exchanged / demand, potential_rate = min(supply, demand) / supply. Our own rates [D]
    (decisions/0014-industry), of what flows by the register alone.
    """
    rows = checked_streams(streams)
    parts = []
    for material, part in rows.groupby(rows["material"].astype(str), sort=True):
        supply = float(part.loc[part["kind"] == SUPPLY, "amount"].sum())
        demand = float(part.loc[part["kind"] == DEMAND, "amount"].sum())
        moved = float(symbiosis.loc[symbiosis["material"].astype(str) == material, "amount"].sum())
        parts.append((material, supply, demand, moved))
    frame = pd.DataFrame(parts, columns=["material", "supply", "demand", "exchanged"])

    def rate(a: pd.Series, b: pd.Series) -> pd.Series:
        return (a / b.where(b > 0)).astype(float)

    least = frame[["supply", "demand"]].min(axis=1)
    return frame.assign(
        recycling_rate=rate(frame["exchanged"], frame["supply"]),
        substitution_rate=rate(frame["exchanged"], frame["demand"]),
        potential_rate=rate(least, frame["supply"]),
    )
