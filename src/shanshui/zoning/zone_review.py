"""Where zones of counties and green units of basins contradict each other, and where counties along a river do."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import Crosswalk, PlanningUnits
from shanshui.zoning.basin_coordination import down_order, next_units
from shanshui.zoning.green_units import UNITS
from shanshui.zoning.zone_rule import ZONES

STRICT = "strict"
CONTRADICTIONS = {("strict", "light_green"): "X1", ("relieve", "all_green"): "X2"}
"""A county kept strictly in a unit that takes up growth; one to be relieved in a unit that nobody may build in (METHODS M6.5)."""
SHARES, UPSTREAM = "shares a unit", "upstream"
CountyZones = Annotated[pd.DataFrame, Table({"code": TEXT, "name": TEXT, "zone": TEXT, "*": ANY})]
UnitKinds = Annotated[
    pd.DataFrame,
    Table({"unit": Key("planning_unit"), "name?": TEXT, "green_unit": TEXT, "*": ANY}),
]
"""What is read of function zones and of green units."""
ZoneUnitAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "zone": TEXT,
            "green_unit": TEXT,
            "area_km2": "km2",
            "share": "1",
            "contradiction": TEXT,
        }
    ),
]
ZoneUnitReview = Annotated[
    pd.DataFrame,
    Table(
        {
            "contradiction": TEXT,
            "county": Key("county"),
            "county_name": TEXT,
            "zone": TEXT,
            "unit": Key("planning_unit"),
            "unit_name": TEXT,
            "river_basin": TEXT,
            "green_unit": TEXT,
            "area_km2": "km2",
            "share_of_unit": "1",
            "share_of_county": "1",
        }
    ),
]
CONFLICT_UNITS: dict[str, str | Key] = {
    "review_order": "1",
    "relation": TEXT,
    "river_basin": TEXT,
    "source_county": Key("county"),
    "source_name": TEXT,
    "source_zone": TEXT,
    "strict_county": Key("county"),
    "strict_name": TEXT,
    "shared_units": "1",
    "shared_km2": "km2",
    "units_below": "1",
    "ground_below_km2": "km2",
    "greatest_part": "1",
    "exposed_km2": "km2",
}
BorderConflicts = Annotated[pd.DataFrame, Table(CONFLICT_UNITS)]


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=0)
def zone_unit_areas(
    function_zones: CountyZones, green_units: UnitKinds, unit_county_crosswalk: Crosswalk
) -> ZoneUnitAreas:
    """Ground of each main-function zone in each green unit.

    Parameters
    ----------
    function_zones : table
        ``code`` of each county and its ``zone``.
    green_units : table
        ``unit`` and its ``green_unit``.
    unit_county_crosswalk : table
        Ground that each unit shares with each county.

    Returns
    -------
    table
        ``zone, green_unit``, blank where not known, in their order; ``area_km2``; ``share`` of all ground that lies in a county with a row among
        the zones; ``contradiction`` ``X1`` strict county and light unit, ``X2`` relieved county and all-green unit.

    Notes
    -----
    ``A_zg = sum A_cu`` over the counties c of zone z and units u of kind g (METHODS M6.5).
    """
    pairs = _paired(function_zones, green_units, unit_county_crosswalk)
    sums = pairs.groupby(["zone", "green_unit"])["area_km2"].sum()
    whole = float(sums.sum())
    rows = [
        {
            "zone": zone,
            "green_unit": unit,
            "area_km2": float(sums[zone, unit]),
            "share": float(sums[zone, unit]) / whole,
            "contradiction": CONTRADICTIONS.get((zone, unit), ""),
        }
        for zone in (*ZONES, "")
        for unit in (*UNITS, "")
        if (zone, unit) in sums.index
    ]
    columns = ["zone", "green_unit", "area_km2", "share", "contradiction"]
    return pd.DataFrame(rows, columns=columns).astype({"area_km2": float, "share": float})


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=0)
def zone_unit_review(
    function_zones: CountyZones,
    green_units: UnitKinds,
    unit_county_crosswalk: Crosswalk,
    planning_units: PlanningUnits,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> ZoneUnitReview:
    """Places whose county and whose planning unit are meant for contrary things, to be reviewed.

    Parameters
    ----------
    function_zones : table
        ``code, name`` of each county and its ``zone``.
    green_units : table
        ``unit, name`` and its ``green_unit``.
    unit_county_crosswalk : table
        Ground that each unit shares with each county.
    planning_units : polygons
        Index ``unit``; ``river_basin``.
    least_share : float [1]
        Less of a unit is a border that two maps draw differently [D].

    Returns
    -------
    table
        The greatest ground first: ``contradiction`` ``X1`` or ``X2``, ``county`` (code), ``county_name, zone, unit, unit_name, river_basin,
        green_unit, area_km2, share_of_unit, share_of_county``.

    Notes
    -----
    The pairs (c, u) with ``(z_c, g_u)`` one of strict and light green (X1), relieved and all green (X2), and ``A_cu / A_u >= least_share``
    (METHODS M6.5). Rules do not decide which of both is wrong.
    """
    pairs = _paired(function_zones, green_units, unit_county_crosswalk)
    kinds = [CONTRADICTIONS.get(pair, "") for pair in zip(pairs["zone"], pairs["green_unit"], strict=True)]  # fmt: skip
    pairs["contradiction"] = np.array(kinds, object)
    pairs = pairs[(pairs["contradiction"] != "") & (pairs["share_of_unit"] >= least_share)]
    basin = planning_units["river_basin"].reindex(pairs["unit"])
    out = pairs.assign(river_basin=basin.fillna("").astype(str).to_numpy())
    out = out.sort_values(["area_km2", "unit", "county"], ascending=[False, True, True])
    columns = [
        "contradiction", "county", "county_name", "zone", "unit", "unit_name", "river_basin", "green_unit", "area_km2", "share_of_unit",
        "share_of_county",
    ]  # fmt: skip
    return pd.DataFrame(out[columns].reset_index(drop=True))


def _paired(zones: pd.DataFrame, units: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Shared ground of counties with a zone's row and of units, with zone and kind."""
    code = crosswalk["county"].astype(str)
    zone = dict(zip(zones["code"].astype(str), zones["zone"].fillna(""), strict=True))
    kind = dict(zip(units["unit"], units["green_unit"].fillna(""), strict=True))
    name = dict(zip(units["unit"], units["name"], strict=True)) if "name" in units else {}
    rows = crosswalk[code.isin(zone) & (crosswalk["area_km2"] > 0)]
    return rows.assign(
        county=rows["county"].astype(str),
        zone=rows["county"].astype(str).map(zone),
        green_unit=rows["unit"].map(kind).fillna(""),
        unit_name=rows["unit"].map(name).fillna(""),
    )


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=0)
def border_conflicts(
    function_zones: CountyZones,
    unit_county_crosswalk: Crosswalk,
    planning_units: PlanningUnits,
    *,
    developing: Annotated[tuple[str, ...], EachOf(*ZONES[1:])] = ZONES[1:],
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
    least_km2: Annotated[float, Between(0.0, 1e6)] = 1.0,
) -> BorderConflicts:
    """Counties that share a basin unit, or lie up and down a river, whose zones disagree.

    Parameters
    ----------
    function_zones : table
        ``code, name`` of each county and its ``zone``; a county whose zone is not known has no conflict that could be told.
    unit_county_crosswalk : table
        Ground that each unit shares with each county.
    planning_units : polygons
        Index ``unit``; ``downstream, river_basin, area_km2``.
    developing : tuple of str
        Zones that load the water of a strictly controlled county below [D].
    least_share : float [1]
        Less of a unit is a border that two maps draw differently [D].
    least_km2 : float [km2]
        Conflicts that expose less ground are left out [D].

    Returns
    -------
    table
        A row per developing county and strictly controlled one, the gravest first (``review_order`` from 1): ``relation`` ``shares a unit`` or
        ``upstream``; ``river_basin`` where most is exposed; ``source_county, source_name, source_zone``; ``strict_county, strict_name``;
        ``shared_units`` and the source's ``shared_km2`` in them; ``units_below`` of the strict county that lie below ground of the source, and
        its ``ground_below_km2`` there; ``greatest_part`` of the ground that drains into one of these units that is the source's [1];
        ``exposed_km2``, by which they are ordered.

    Raises
    ------
    QuantityError
        Units that drain in a circle or into one that is not there.

    Notes
    -----
    ``E_ab = sum_u A_bu T_au / T_u`` over the units u with ground A_bu of the strict county b, T_au ground of the source a in u and all units above,
    T_u all ground there: ground of b, weighted by the part of its water that comes from a, as far as all ground yields alike [D]. Ground beyond
    the region is not in T.
    """
    zone = dict(zip(function_zones["code"].astype(str), function_zones["zone"].fillna(""), strict=True))  # fmt: skip
    name = dict(zip(function_zones["code"].astype(str), function_zones["name"], strict=True))
    rows = unit_county_crosswalk[unit_county_crosswalk["share_of_unit"] >= least_share]
    rows = rows[rows["unit"].isin(planning_units.index)]
    code = rows["county"].astype(str)
    names = sorted(set(code))
    at_unit = planning_units.index.get_indexer(pd.Index(rows["unit"]))
    at_county = pd.Index(names).get_indexer(pd.Index(code))
    held = np.zeros((len(planning_units), len(names)))
    np.add.at(held, (at_unit, at_county), rows["area_km2"].to_numpy(float))
    above = _above(held, planning_units)
    whole = above.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(whole[:, None] > 0, above / whole[:, None], 0.0)
    basin = planning_units["river_basin"].fillna("").astype(str).to_numpy()
    sources = [k for k, c in enumerate(names) if zone.get(c) in developing]
    out = []
    for b in (k for k, c in enumerate(names) if zone.get(c) == STRICT):
        mine = np.flatnonzero(held[:, b] > 0)
        weight = held[mine, b][:, None] * part[mine]
        for a in sources:
            exposed = float(weight[:, a].sum())
            if exposed < least_km2 or exposed == 0.0:
                continue
            shared = mine[held[mine, a] > 0]
            below = mine[part[mine, a] > 0]
            out.append(
                {
                    "relation": SHARES if shared.size else UPSTREAM,
                    "river_basin": basin[mine[int(weight[:, a].argmax())]],
                    "source_county": names[a],
                    "source_name": name[names[a]],
                    "source_zone": zone[names[a]],
                    "strict_county": names[b],
                    "strict_name": name[names[b]],
                    "shared_units": shared.size,
                    "shared_km2": float(held[shared, a].sum()),
                    "units_below": below.size,
                    "ground_below_km2": float(held[below, b].sum()),
                    "greatest_part": float(part[mine, a].max()),
                    "exposed_km2": exposed,
                }
            )
    out.sort(key=lambda row: (-row["exposed_km2"], row["source_county"], row["strict_county"]))
    frame = pd.DataFrame(out, columns=list(CONFLICT_UNITS)[1:])
    frame.insert(0, "review_order", np.arange(1, len(frame) + 1))
    return frame.astype({name: float for name, unit in CONFLICT_UNITS.items() if unit in ("1", "km2")})  # fmt: skip


def _above(held: NDArray[np.float64], units: pd.DataFrame) -> NDArray[np.float64]:
    """Ground of each county in each unit and all units above it."""
    below = next_units(units["downstream"])
    total = held.copy()
    for step in down_order(below, units.index):
        flows = step[below[step] >= 0]
        np.add.at(total, below[flows], total[flows])
    return total
