"""The survey held against gauges, areas and the census."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.basins.tables import OutletPoints, SpatialLevels, UnitPopulation
from shanshui.core.assessment import assessment
from shanshui.core.said import Number, Said, named, worded
from shanshui.core.vocabulary import CellSize, ClassAreas, Codes, Units
from shanshui.region.grid import FINE_M, grid_of
from shanshui.region.polygon_cover import cover_of
from shanshui.region.validation import Measure, Published, Validation, validation_table
from shanshui.region.years import chosen_year

NEAR = 0.1
"""Departure of a basin's area from the published one that a grid of a kilometre may have [D]."""
RIM = 0.9
"""Where counties reach beyond the ground, people there may be denser than elsewhere by so much [D]."""
KEPT = (0.97, 1.03)
"""People of all units to people of the inner counties [D]: the rim of the region is in or out by whole cells."""


ON_MAP = 0.95
"""Part of a prefecture on the map from which its mix of classes is held against a table [D]."""
OVERLAP = 0.7
"""Mean overlap of the mixes of map and table [D]."""


@assessment(source="own_frame", bytes_per_cell=4)
def survey_validation(
    spatial_levels: SpatialLevels | None = None,
    river_basin_outlets: OutletPoints | None = None,
    unit_population: UnitPopulation | None = None,
    slope_cell: CellSize | None = None,
    land_cover: Codes | None = None,
    land_cover_areas: ClassAreas | None = None,
    prefectures: Units | None = None,
    published: Published | None = None,
) -> Validation:
    """The survey's figures beside gauges, the census, and what is published of the region.

    Parameters
    ----------
    spatial_levels : polygons, optional
        ``level, counties, area_km2, population``.
    river_basin_outlets : points, optional
        ``code, upstream_km2, published_km2``.
    unit_population : table, optional
        ``unit, year, population``.
    slope_cell : float [m], optional
        Cells at which the slope is measured.
    land_cover : (y, x) [1], optional
        Class codes.
    land_cover_areas : table, optional
        ``code, year, class, area_km2`` of the places, told otherwise than by the map.
    prefectures : polygons, optional
        Their outlines.
    published : table, optional
        ``measure, statement, source, low, high, than, place``.

    Returns
    -------
    table
        A row for each statement: ours, the range it should lie in, verdict (``agrees``, ``differs``, ``unknown``), and the settings that
        could bring the agreement about. Measures: ``area_km2, counties, people`` of the inner level, ``basin_area_ratio`` by outlet,
        ``people_kept``, ``slope_cell``, ``cover_overlap`` by prefecture and, blank, their mean.

    Raises
    ------
    QuantityError
        A published statement without a range.

    Notes
    -----
    ``cover_overlap = sum_c min(m_c, t_c)`` over the classes c, m their shares of a prefecture that lies on the map (95 % of it [D]), t those of
    the table's latest year: 1 where both are the same; 0.7 in the mean [D].
    ``basin_area_ratio = A / A_published``, within 10 % [D]; ``people_kept`` = people of all units over people of the inner counties. Published
    statements are the region's own; our own frame [D] (decision 0023).
    """
    measures = []
    people = np.nan
    if spatial_levels is not None:
        inner = spatial_levels.set_index("level").loc["inner"]
        people = float(inner["population"])
        measures += [
            Measure(
                "area_km2", float(inner["area_km2"]), "km2", forced_by="spatial_levels.inner_codes"
            ),
            Measure(
                "counties", float(inner["counties"]), "1", forced_by="spatial_levels.inner_codes"
            ),
            Measure("people", people, "person"),
        ]
    if river_basin_outlets is not None:
        known = river_basin_outlets[river_basin_outlets["published_km2"] > 0]
        for row in known.to_dict("records"):
            area = Number(float(row["published_km2"]), ",.0f")
            measures.append(
                Measure(
                    "basin_area_ratio", float(row["upstream_km2"] / row["published_km2"]), "1", str(row["code"]), 1 - NEAR, 1 + NEAR,
                    Said("basin_area_published", {"basin": worded(row, "name"), "area": area}), named("[inputs.reference_outlets]"),
                    note=Said("gauge", {"area": row["upstream_km2"], "km": row["moved_km"]}),
                )
            )  # fmt: skip
    if unit_population is not None:
        rows = unit_population.rename(columns={"unit": "code"})
        measures += [
            Measure("people_in", float(total), "person", str(when), note=Said("people_of_units"))
            for when, total in rows.groupby("year")["population"].agg(lambda p: p.sum(skipna=False)).items()
        ]  # fmt: skip
        year = chosen_year(rows, "population", "unit_population")
        mine = rows[rows["year"] == year]
        total = float(mine["population"].sum(skipna=False))
        here = 1.0
        if spatial_levels is not None:
            known = mine[mine["density"] > 0]
            ground = float((known["population"] / known["density"]).sum())
            # the level that the units lie on; counties that reach beyond the ground have a part of their people there
            off = (spatial_levels["area_km2"] - ground).abs()
            level = spatial_levels.loc[off.idxmin()]
            people, here = float(level["population"]), min(1.0, ground / float(level["area_km2"]))
        measures.append(
            Measure(
                "people_kept", total / people if people > 0 else np.nan, "1", "", KEPT[0] * (here * RIM if here < 0.99 else 1.0), KEPT[1],
                Said("people_counted"), Said("source_census"),
                note=Said("people_on", {"total": total, "people": people, "here": here}),
            )
        )  # fmt: skip
    if slope_cell is not None:
        coarse = slope_cell > FINE_M
        measures.append(
            Measure(
                "slope_cell", slope_cell, "m", "", 0.0, FINE_M, Said("slope_at_cells"), Said("source_windows"),
                note=Said("coarse_slope") if coarse else None,
            )
        )  # fmt: skip
    if land_cover is not None and land_cover_areas is not None and prefectures is not None:
        measures += _cover_overlap(land_cover, land_cover_areas, prefectures)
    return validation_table("survey", measures, published)


def _cover_overlap(
    land_cover: xr.DataArray, areas: pd.DataFrame, prefectures: gpd.GeoDataFrame
) -> list[Measure]:
    """How far the mix of classes of each prefecture on the map is that of the table."""
    grid = grid_of(land_cover)
    codes = prefectures["code"].astype(str).tolist()
    classes, cells = cover_of(prefectures, grid).class_cells(land_cover)
    told = cells.sum(axis=1) * grid.cell_km2 / (prefectures.area.to_numpy() / 1e6)
    latest = areas[areas["year"] == areas["year"].max()]
    table = latest.pivot_table(index="code", columns="class", values="area_km2", aggfunc="sum")
    out = []
    for place, code in enumerate(codes):
        if told[place] < ON_MAP or code not in table.index:
            continue
        mine = pd.Series(cells[place], index=classes.astype(float)) / cells[place].sum()
        other = table.loc[code].fillna(0.0)
        other.index = other.index.astype(float)
        both = pd.concat([mine, other / other.sum()], axis=1).fillna(0.0)
        out.append(Measure("cover_overlap", float(both.min(axis=1).sum()), "1", code))
    if not out:
        return []
    mean = float(np.mean([m.ours for m in out]))
    worst = min(out, key=lambda m: m.ours)
    return [
        Measure(
            "cover_overlap", mean, "1", "", OVERLAP, 1.0, Said("cover_mix"), named("[inputs.land_cover_areas]"),
            note=Said("mean_of_prefectures", {"count": len(out), "place": worst.place, "least": worst.ours}),
        ),
        *out,
    ]  # fmt: skip
