"""Where each link of a chain goes: growing, making and research, under ecological limits and capacity; and what should move."""

from dataclasses import dataclass
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import PlanningUnits
from shanshui.industry.tables import (
    ChainLayout,
    GrowingLand,
    HeavyJobs,
    Relocation,
    RoledCities,
    UnitVerdicts,
)

CORE_ROLE = "core"
PLANT, PROCESS, RESEARCH = "plant", "process", "research"


@dataclass(frozen=True)
class Allocation:
    """Amounts from sources to targets.

    Attributes
    ----------
    source, target : (flow,)
        Places in the order they were given.
    amount : (flow,)
        Above 0.
    placed : float
        Sum.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    amount: NDArray[np.float64]
    placed: float


def allocated(
    worth: NDArray[np.floating],
    supply: NDArray[np.floating],
    capacity: NDArray[np.floating],
    total: float,
) -> Allocation:
    """Amounts of greatest worth from sources to targets.

    Parameters
    ----------
    worth : (source, target)
        Of a unit; not finite where it may not go.
    supply : (source,)
        Greatest amount of each source.
    capacity : (target,)
        Greatest amount of each target.
    total : float
        To be placed, as far as there is room: placing comes before worth.

    Returns
    -------
    Allocation
        Of the linear programme.

    Raises
    ------
    QuantityError
        The programme fails.
    """
    i, j = np.nonzero(np.isfinite(worth))
    if not len(i) or total <= 0:
        none = np.empty(0, np.int64)
        return Allocation(none, none, np.empty(0), 0.0)
    count, rows = len(i), len(supply) + len(capacity)
    system = coo_array(
        (
            np.ones(3 * count),
            (
                np.concatenate([i, len(supply) + j, np.full(count, rows)]),
                np.tile(np.arange(count), 3),
            ),
        ),
        shape=(rows + 1, count),
    ).tocsr()
    limits = np.concatenate([supply, capacity, [total]])
    # in two stages: a weight that puts placing before worth would have to outweigh whole chains of changed places
    most = _solved(-np.ones(count), system, limits).sum()
    values = np.asarray(worth, np.float64)[i, j]
    every = csr_array(-np.ones((1, count)))
    placed = -most * (1.0 - 1e-9)
    x = _solved(-values, vstack([system, every]), np.append(limits, placed))
    keep = x > 1e-9 * total
    return Allocation(i[keep], j[keep], x[keep], float(x.sum()))


def _solved(
    cost: NDArray[np.float64], system: csr_array, limits: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Amounts of least cost within the limits."""
    found = linprog(cost, A_ub=system, b_ub=limits, bounds=(0, None), method="highs")
    if not found.success:
        raise QuantityError(f"allocation: the linear programme failed: {found.message}")
    return np.asarray(found.x, np.float64)


def _places(cities: gpd.GeoDataFrame, crs: object) -> gpd.GeoDataFrame:
    return cities.to_crs(crs) if cities.crs is not None and cities.crs != crs else cities


def _km(a: gpd.GeoSeries, b: gpd.GeoSeries) -> NDArray[np.float64]:
    return (
        np.hypot(a.x.to_numpy()[:, None] - b.x.to_numpy(), a.y.to_numpy()[:, None] - b.y.to_numpy())
        / 1e3
    )


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def layout(
    planning_units: PlanningUnits,
    unit_admission: UnitVerdicts,
    unit_growing: GrowingLand,
    cities: RoledCities,
    *,
    target_ha: Annotated[float, Between(0.0, 1e9)] = 0.0,
    land_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
    city_share: Annotated[float, Between(0.01, 1.0)] = 0.15,
    reach_km: Annotated[float, Between(1.0, 5000.0)] = 200.0,
    haul_weight: Annotated[float, Between(0.0, 100.0)] = 1.0,
    process_code: str = "2740",
) -> ChainLayout:
    """Chain of a grown product placed on units and cities: medicinal herbs by default.

    Growing goes where it suits and harms least, making to towns whose units admit it, research to core cities; amounts by a linear
    programme.

    Parameters
    ----------
    planning_units : polygons
        Index ``unit``; ``area_km2`` and, if there are, ``code, name``.
    unit_admission : table
        ``unit, code, verdict, open_share``: which industry each unit admits.
    unit_growing : table
        ``unit, suitability, area_km2``: land that suits, and how well [1].
    cities : points
        ``name, role``; ``core`` cities research, others make.
    target_ha : float [ha]
        To be grown; 0 takes all the land that may be grown on.
    land_share : float [1]
        Of the land that suits, what growing may take of a unit: the ecological limit [D].
    city_share : float [1]
        Of the whole that one town may make [D].
    reach_km : float [km]
        From field to plant at most [D].
    haul_weight : float [1]
        Worth of a distance of ``reach_km`` against full suitability [D].
    process_code : str
        Industry code of making, for admission.

    Returns
    -------
    table
        ``link`` plant, process or research; ``place`` (code of the unit that grows, name of the city that makes or
        researches), ``name`` of it, ``to`` the city next in the chain; ``amount_ha`` [ha] grown, made or served; ``share`` of the whole
        [1];
        ``suitability`` [1], ``km``. Attributes tell what was asked, what found room, and
        the facts of places that admission did not know.

    Raises
    ------
    QuantityError
        No town but core cities, a process_code that was not judged.

    Notes
    -----
    max sum_ut (s_u - h d_ut / R) q_ut over the placings of the greatest sum_ut q_ut,
    with sum_t q_ut <= sigma A_u, sum_u q_ut <= theta Q, sum q <= Q, q_ut = 0 where d_ut > R or the
    unit of town t forbids making; s suitability, A land that suits, d distance, h haul_weight, R reach_km, sigma land_share, theta
    city_share,
    Q target_ha: two programmes, placing before worth. The transportation problem (Hitchcock 1941 [M]) with our own worth and limits
    (decisions/0014-industry) [D]; research goes to the nearest core city.
    """
    centres = planning_units.geometry.representative_point()
    towns = _places(cities, planning_units.crs).reset_index(drop=True)
    cores = towns["role"].astype(str) == CORE_ROLE
    makers, labs = towns[~cores].reset_index(drop=True), towns[cores].reset_index(drop=True)
    if makers.empty:
        raise QuantityError(
            "cities: none but core cities; making needs a town whose role is another"
        )
    grown = unit_growing.set_index("unit").reindex(planning_units.index)
    supply = (grown["area_km2"].fillna(0.0) * 100.0 * land_share).to_numpy()
    fit = grown["suitability"].fillna(0.0).to_numpy()
    asked = target_ha or float(supply.sum())
    km = _km(gpd.GeoSeries(centres), makers.geometry)
    worth = np.where(
        (km <= reach_km) & (supply[:, None] > 0), fit[:, None] - haul_weight * km / reach_km, np.nan
    )
    admitted = _admitting(planning_units, unit_admission, makers, process_code)
    worth[:, ~admitted] = np.nan
    found = allocated(worth, supply, np.full(len(makers), city_share * asked), asked)
    plant = pd.DataFrame(
        {
            "link": PLANT,
            "place": _told(planning_units, "code")[found.source],
            "name": _told(planning_units, "name")[found.source],
            "to": makers["name"].to_numpy(str)[found.target],
            "amount_ha": found.amount,
            "suitability": fit[found.source],
            "km": km[found.source, found.target],
        }
    )
    made = np.asarray(np.bincount(found.target, found.amount, len(makers)), np.float64)
    process, research = _later_links(makers, labs, made, admitted)
    out = pd.concat([plant, process, research], ignore_index=True)
    out["share"] = out["amount_ha"] / found.placed if found.placed else 0.0
    out = out[["link", "place", "name", "to", "amount_ha", "share", "suitability", "km"]]
    out.attrs["asked_ha"], out.attrs["placed_ha"] = asked, found.placed
    out.attrs["not_known"] = unit_admission.attrs.get("not_known", [])
    return out


def _told(units: gpd.GeoDataFrame, column: str) -> NDArray[np.str_]:
    """Codes or names of units; their number where the study has none."""
    words = units[column] if column in units else units.index.to_series()
    return words.astype(str).to_numpy(str)


def _admitting(
    units: gpd.GeoDataFrame, admission: pd.DataFrame, makers: gpd.GeoDataFrame, code: str
) -> NDArray[np.bool_]:
    """Towns whose unit admits making; towns outside all units are not held by their rules."""
    of_it = admission[admission["code"].astype(str) == code].set_index("unit")
    if of_it.empty:
        known = ", ".join(sorted(admission["code"].astype(str).unique()))
        raise QuantityError(f"process_code: '{code}' is not among the industries judged: {known}")
    inside = gpd.sjoin(makers[["geometry"]], units[["geometry"]], how="left", predicate="within")
    unit = inside[~inside.index.duplicated()].iloc[:, -1]
    verdict = unit.map(of_it["verdict"])
    return (~verdict.isin(["move", "forbid", "eliminate"])).to_numpy()


def _later_links(
    makers: gpd.GeoDataFrame,
    labs: gpd.GeoDataFrame,
    made: NDArray[np.float64],
    admitted: NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    busy = np.flatnonzero((made > 0) & admitted)
    if labs.empty:
        near, far = np.zeros(len(busy), np.int64), np.full(len(busy), np.nan)
        names = np.array([""] * len(busy))
    else:
        km = _km(makers.geometry.iloc[busy], labs.geometry)
        near = km.argmin(axis=1)
        far = km[np.arange(len(busy)), near]
        names = labs["name"].to_numpy(str)[near]
    process = pd.DataFrame(
        {
            "link": PROCESS,
            "place": makers["name"].to_numpy(str)[busy],
            "name": makers["name"].to_numpy(str)[busy],
            "to": names,
            "amount_ha": made[busy],
            "suitability": np.nan,
            "km": far,
        }
    )
    served = process.groupby("to", sort=True)["amount_ha"].sum().reset_index()
    served = served[served["to"] != ""]
    research = pd.DataFrame(
        {
            "link": RESEARCH,
            "place": served["to"],
            "name": served["to"],
            "to": "",
            "amount_ha": served["amount_ha"],
            "suitability": np.nan,
            "km": np.nan,
        }
    )
    return process, research


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def relocation(
    heavy_jobs: HeavyJobs,
    cities: RoledCities,
    *,
    receiving_roles: tuple[str, ...] = ("outer", "core"),
    reach_km: Annotated[float, Between(1.0, 5000.0)] = 300.0,
    city_share: Annotated[float, Between(0.01, 1.0)] = 0.25,
) -> Relocation:
    """Heavy industry that the rules push out, and the parks of the periphery that could take it.

    Parameters
    ----------
    heavy_jobs : table
        ``code, name, x, y`` [m] of each place, ``jobs`` in heavy industry and ``pushed_share`` of its land where the rules forbid it.
    cities : points
        ``name, role``.
    receiving_roles : tuple of str
        Roles of cities that receive.
    reach_km : float [km]
        At most [D].
    city_share : float [1]
        Of all that one city may take [D].

    Returns
    -------
    table
        ``code, name, to, jobs, km``: jobs moved, as near as the shares of the receivers allow, the most first;
        the rest finds no room and stands with a blank ``to``, as does a county whose pushed jobs are not known, with ``jobs`` NaN, last.
        Attributes name the facts of places that the rules did not know.

    Raises
    ------
    QuantityError
        No city with a role that receives.

    Notes
    -----
    min sum_pt d_pt q_pt over the moves of the greatest sum_pt q_pt,
    with sum_t q_pt <= J_p pushed_share_p, sum_p q_pt <= theta J, q_pt = 0 where d_pt > R; J the sum of what is pushed,
    theta city_share: as many jobs as find room move, and as near as can be. The transportation problem (Hitchcock 1941
    [M]) with our own limits (decisions/0014-industry) [D].
    """
    crs = heavy_jobs.attrs.get("crs")
    towns = _places(cities, crs) if crs else cities
    towns = towns[towns["role"].astype(str).isin(receiving_roles)].reset_index(drop=True)
    if towns.empty:
        raise QuantityError(
            f"cities: none has a role of {', '.join(receiving_roles)}; set receiving_roles"
        )
    pushed = (heavy_jobs["jobs"] * heavy_jobs["pushed_share"]).to_numpy(np.float64)
    # where nobody knows the jobs, nobody knows how many the rules push out
    blank = np.isnan(pushed) & (heavy_jobs["pushed_share"].to_numpy(np.float64) > 0)
    push = np.nan_to_num(pushed)
    here = gpd.GeoSeries(gpd.points_from_xy(heavy_jobs["x"], heavy_jobs["y"]))
    km = _km(here, towns.geometry)
    total = float(push.sum())
    worth = np.where((km <= reach_km) & (push[:, None] > 0), -km, np.nan)
    found = allocated(worth, push, np.full(len(towns), city_share * total), total)
    moved = np.bincount(found.source, found.amount, len(push))
    rows = pd.DataFrame(
        {
            "code": heavy_jobs["code"].to_numpy(str)[found.source],
            "name": heavy_jobs["name"].to_numpy(str)[found.source],
            "to": towns["name"].to_numpy(str)[found.target],
            "jobs": found.amount,
            "km": km[found.source, found.target],
        }
    )
    left = push - moved
    left[blank] = np.nan
    stay = (left > 1e-6 * max(total, 1.0)) | blank
    rest = pd.DataFrame(
        {
            "code": heavy_jobs["code"].to_numpy(str)[stay],
            "name": heavy_jobs["name"].to_numpy(str)[stay],
            "to": "",
            "jobs": left[stay],
            "km": np.nan,
        }
    )
    out = pd.concat([rows, rest], ignore_index=True).sort_values(
        ["jobs", "code"], ascending=[False, True], ignore_index=True
    )
    out.attrs["not_known"] = heavy_jobs.attrs.get("not_known", [])
    return out


def phase_out(
    capacities: pd.DataFrame, *, start: int, stop: int, floor: float = 0.0
) -> pd.DataFrame:
    """Year in which each plant leaves, oldest and smallest first, along a straight line of capacity.

    Parameters
    ----------
    capacities : table
        ``plant, capacity``; ``built`` [yr] if known.
    start, stop : int [yr]
        First year of less, and the year from which only ``floor`` is left.
    floor : float
        Capacity that stays, in the unit of the capacities.

    Returns
    -------
    table
        ``plant, capacity, leaves`` [yr] (blank: stays), ``remaining`` of all after it left. Never above the line. Rows keep their index.

    Raises
    ------
    QuantityError
        Years in the wrong order, negative capacity.
    """
    if stop < start:
        raise QuantityError(f"start, stop: {start} to {stop}; the last year comes first")
    size = pd.to_numeric(capacities["capacity"], errors="coerce")
    if size.isna().any() or (size < 0).any():
        raise QuantityError("capacities.capacity: expected numbers of 0 or more")
    built = (
        pd.to_numeric(capacities["built"], errors="coerce")
        if "built" in capacities
        else pd.Series(np.nan, index=capacities.index)
    )
    order = pd.DataFrame(
        {"plant": capacities["plant"].astype(str), "capacity": size, "built": built.fillna(np.inf)}
    )
    order = order.sort_values(["built", "capacity", "plant"])
    total, left = float(size.sum()), float(size.sum())
    years = stop - start + 1
    leaves: list[float] = []
    remaining = []
    for capacity in order["capacity"]:
        year = np.nan
        if left - floor > 1e-9:
            # the first year whose line lies below what is there now
            gone = (total - left) / max(total - floor, 1e-12)
            year = start + min(int(np.floor(gone * years + 1e-9)), years - 1)
            left -= float(capacity)
        leaves.append(year)
        remaining.append(max(left, 0.0))
    return order[["plant", "capacity"]].assign(leaves=leaves, remaining=remaining)
