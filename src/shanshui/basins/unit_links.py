"""Which planning units touch, which drain through which, and which counties they lie in."""

import numpy as np
import pandas as pd

from shanshui.basins.tables import Neighbours, UnitsUpstream
from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Counties, Crosswalk, PlanningUnits, UnitLabels
from shanshui.kernels.labels import label_sizes
from shanshui.region.adjacency import neighbours, upstream_matrix
from shanshui.region.grid import grid_of
from shanshui.region.overlay import shared_areas
from shanshui.region.polygon_cover import cover_of


@assessment(source="cliff1973", bytes_per_cell=8)
def unit_neighbours(planning_unit_labels: UnitLabels) -> Neighbours:
    """Planning units that touch.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.

    Returns
    -------
    table
        ``source, target, border_km``; each pair once, the smaller unit first.

    Notes
    -----
    ``border_km = n L`` with n the sides that cells of the two share and L the side of a cell [km]: units touch where they
    share a side, not a corner alone (Cliff and Ord 1973 [M]).
    """
    return neighbours(planning_unit_labels)


@assessment(source="goodchild1980", bytes_per_cell=10)
def unit_county_crosswalk(planning_unit_labels: UnitLabels, counties: Counties) -> Crosswalk:
    """Area that each planning unit shares with each county.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell.
    counties : polygons
        Index ``unit``; ``code, name``.

    Returns
    -------
    table
        ``unit, county`` (code), ``county_name, area_km2, share_of_unit, share_of_county``. Areas are exact along county
        lines; ``share_of_county`` is of the county's ground on the grid.

    Notes
    -----
    The overlay of areal interpolation, Goodchild and Lam (1980) [M]: ``area_km2 = sum(f_c) a`` over the unit's cells c, with
    f_c the share of the cell inside the county [1] and a the area of a cell [km2]; ``share_of_unit = area_km2 / A_u`` and
    ``share_of_county = area_km2 / A_s``, with A_u the area of the unit and A_s that of the county on the grid.
    """
    grid = grid_of(planning_unit_labels)
    label = np.ascontiguousarray(planning_unit_labels.values).ravel()
    size = label_sizes(label, int(label.max())) * grid.cell_km2
    frame = shared_areas(planning_unit_labels, counties)
    whole = pd.Series(cover_of(counties, grid).inside_km2, counties.index)
    return pd.DataFrame(
        {
            "unit": frame["label"],
            "county": frame["unit"].map(counties["code"]),
            "county_name": frame["unit"].map(counties["name"]),
            "area_km2": frame["area_km2"],
            "share_of_unit": frame["area_km2"] / size[frame["label"]],
            "share_of_county": frame["area_km2"] / frame["unit"].map(whole),
        }
    )


@assessment(source="jenson1988", bytes_per_cell=0)
def unit_upstream(planning_units: PlanningUnits) -> UnitsUpstream:
    """Planning units that drain through each.

    Parameters
    ----------
    planning_units : polygons
        Index ``unit``; ``area_km2, downstream``.

    Returns
    -------
    table
        ``unit, upstream`` (a unit whose water comes through), ``steps`` (units down the water from it, at least 1),
        ``area_km2`` of the upstream unit. What happens in ``upstream`` reaches ``unit``; a headwater has no row.

    Raises
    ------
    QuantityError
        Units that drain in a circle.

    Notes
    -----
    ``S^k`` holds the units k steps up, where ``S[i, j]`` is 1 if unit j drains into unit i [1]: the reach of a tree, over the
    links that directions of flow make (Jenson and Domingue 1988 [M]).
    """
    steps = upstream_matrix(planning_units["downstream"]).tocoo()
    units = planning_units.index.to_numpy()
    frame = pd.DataFrame(
        {
            "unit": units[steps.coords[0]],
            "upstream": units[steps.coords[1]],
            "steps": steps.data.astype(np.int64),
            "area_km2": planning_units["area_km2"].to_numpy()[steps.coords[1]],
        }
    )
    return frame.sort_values(["unit", "steps", "upstream"], ignore_index=True)
