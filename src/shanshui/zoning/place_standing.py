"""Where each county stands in the nation: side of the population line, statutory zones, programmes with their year."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import ADMINISTRATIVE, Counties, CountyCells, Density
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.zoning.places import Numbers, PlaceCells

EARTH_KM = 6371.0088
"""Mean radius of the earth."""
HEIHE, TENGCHONG = (127.53, 50.25), (98.49, 25.02)
"""Ends of the line of Hu Huanyong (1935), longitude and latitude [degree]: towns of Aihui (Heihe) and Tengchong, places from memory [M]."""
SOUTHEAST, NORTHWEST, CROSSED, BEYOND = "southeast", "northwest", "crossed", "beyond the line"
CountyProgrammes = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": ADMINISTRATIVE,
            "programme": TEXT,
            "programme_zh?": TEXT,
            "year": "yr",
            "*": ANY,
        }
    ),
]
StatutoryZones = Annotated[
    gpd.GeoDataFrame, Features({"name": TEXT, "name_zh?": TEXT, "kind": TEXT, "level": TEXT})
]
PlaceStanding = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("county"),
            "code": TEXT,
            "name": TEXT,
            "hu_side": TEXT,
            "southeast_share": "1",
            "hu_km": "km",
            "people": "person",
            "statutory": TEXT,
            "statutory_zh": TEXT,
            "programmes": TEXT,
            "programmes_zh": TEXT,
        }
    ),
]


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=80)
def place_standing(
    county_cells: CountyCells,
    counties: Counties,
    statutory_zones: StatutoryZones | None = None,
    county_programmes: CountyProgrammes | None = None,
    population_density: Density | None = None,
    *,
    line_from: Annotated[tuple[float, ...], Each(-180.0, 180.0)] = TENGCHONG,
    line_to: Annotated[tuple[float, ...], Each(-180.0, 180.0)] = HEIHE,
    line_reach_km: Annotated[float, Between(0.0, 20000.0)] = 3000.0,
    least_share: Annotated[float, Between(0.01, 1.0)] = 0.5,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> PlaceStanding:
    """Side of the population line, statutory zones and programmes of each county.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    counties : polygons
        Index of the cells; ``code, name``.
    statutory_zones : polygons, optional
        ``name, kind, level``.
    county_programmes : table, optional
        ``code, programme, programme_zh, year``: a row per county and list that names it.
    population_density : (y, x) [person/km2], optional
        Residents.
    line_from, line_to : two floats [degree]
        Longitude and latitude of the south-western and the north-eastern end of the line.
    line_reach_km : float [km]
        Ground further from the line, or past its ends, is on neither side [D]: it lies in no land that the line divides.
    least_share : float [1]
        A county is in a statutory zone that holds this share of its ground [D].
    least_known : float [1]
        Share of a county's cells at which people must be known [D].

    Returns
    -------
    table
        ``unit, code, name``; ``hu_side``: ``southeast`` or ``northwest``, ``crossed`` by the line, ``beyond the line``; ``southeast_share`` of the
        county's ground [1]; ``hu_km`` mean distance from the line, above 0 to the southeast; ``people``; ``statutory``: zones with kind and level;
        ``programmes``: lists with their year, the earliest first. NaN and blank beyond the line, blank where no list names a county.

    Raises
    ------
    QuantityError
        Ends that are one place or no places, a county twice on a list, a row without a programme.

    Notes
    -----
    The line is the great circle from end to end, not a straight line of some projection, which lies up to 230 km off:
    ``d = R asin(n . p)``, n the unit normal of the plane of both ends and p the place on a sphere of R = 6371 km. Hu (1935) drew it by eye; it is a
    description of where people live, no boundary.
    """
    cells = PlaceCells.of(county_cells)
    distance = _from_line(county_cells, line_from, line_to, line_reach_km)
    told = cells.cells(np.isfinite(distance))
    inner = told == cells.size
    share = np.where(inner, cells.cells(distance >= 0.0) / cells.size, np.nan)
    side = np.select(
        [~inner, share == 1.0, share == 0.0], [BEYOND, SOUTHEAST, NORTHWEST], CROSSED
    ).astype(object)
    people = np.full(cells.size.size, np.nan)
    if population_density is not None:
        people = cells.mean(population_density.values, least_known) * cells.area_km2
    statutory = _zones_of(cells, county_cells, statutory_zones, least_share)
    codes = counties["code"].reindex(cells.places).fillna("").astype(str)
    lists = _programmes_of(codes, county_programmes)
    columns: dict[str, object] = {
        "hu_side": side,
        "southeast_share": share,
        "hu_km": np.where(inner, cells.mean(distance, 1.0), np.nan),
        "people": people,
        "statutory": statutory[0],
        "statutory_zh": statutory[1],
        "programmes": lists[0],
        "programmes_zh": lists[1],
    }
    return cells.named(columns, counties)


def _unit(lon: Numbers, lat: Numbers) -> Numbers:
    """Places on the unit sphere, (3, n)."""
    a, b = np.deg2rad(lon), np.deg2rad(lat)
    return np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _end(name: str, end: tuple[float, ...]) -> Numbers:
    if len(end) != 2 or not -90.0 <= end[1] <= 90.0:
        raise QuantityError(
            f"place_standing.{name}: found {end}, expected a longitude and a latitude in degrees, such as {HEIHE}"
        )
    return _unit(np.array(end[0]), np.array(end[1]))


def _from_line(
    cells: xr.DataArray, start: tuple[float, ...], stop: tuple[float, ...], reach_km: float
) -> Numbers:
    """Distance of each cell in a county from the great circle [km], above 0 to its right; NaN elsewhere, past the ends, and out of reach."""
    a, b = _end("line_from", start), _end("line_to", stop)
    normal = np.cross(b, a)
    length = float(np.linalg.norm(normal))
    if length < 1e-9:
        raise QuantityError(
            f"place_standing.line_to: {stop} is the same place as line_from, or opposite; expected the other end of the line"
        )
    normal = normal / length
    out = np.full(cells.shape, np.nan)
    row, column = np.nonzero(cells.values > 0)
    grid = grid_of(cells)
    if not row.size or not grid.crs:
        return out
    to_degrees = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    place = _unit(*to_degrees.transform(grid.x()[column], grid.y()[row]))
    away = EARTH_KM * np.arcsin(np.clip(normal @ place, -1.0, 1.0))
    # within the quarter turns that the planes through both ends and the normal cut out
    between = (np.cross(a, normal) @ place >= 0.0) & (np.cross(normal, b) @ place >= 0.0)
    out[row, column] = np.where(between & (np.abs(away) <= reach_km), away, np.nan)
    return out


Words = tuple[NDArray[np.object_], NDArray[np.object_]]


def _zones_of(
    cells: PlaceCells,
    county_cells: xr.DataArray,
    zones: gpd.GeoDataFrame | None,
    least_share: float,
) -> Words:
    """Statutory zones that hold the most of each county, in both languages."""
    said: list[list[str]] = [[] for _ in cells.places]
    said_zh: list[list[str]] = [[] for _ in cells.places]
    for _, zone in () if zones is None else zones.iterrows():
        one = gpd.GeoDataFrame(geometry=[zone.geometry], crs=zones.crs)  # type: ignore[union-attr]
        held = cells.cells(burnt(one, grid_of(county_cells), 0.0).astype(bool))
        about = ", ".join(str(zone[c]) for c in ("kind", "level") if str(zone[c]))
        name_zh = str(zone["name_zh"]) if "name_zh" in zone.index else ""
        for k in np.flatnonzero(held >= least_share * cells.size):
            said[k].append(f"{zone['name']} ({about})" if about else str(zone["name"]))
            said_zh[k].append(name_zh or str(zone["name"]))
    return _joined(said, "; "), _joined(said_zh, "；")


def _programmes_of(codes: pd.Series, table: pd.DataFrame | None) -> Words:
    """Lists that name each county with their year, in both languages."""
    said: dict[str, list[str]] = {}
    said_zh: dict[str, list[str]] = {}
    if table is not None:
        _checked(table)
        for row in table.sort_values(["year", "programme"], kind="stable").to_dict("records"):
            year, name = int(row["year"]), str(row["programme"])
            zh = row.get("programme_zh")
            said.setdefault(str(row["code"]), []).append(f"{name} ({year})")
            said_zh.setdefault(str(row["code"]), []).append(
                f"{zh if isinstance(zh, str) and zh else name}（{year}）"
            )
    return (
        _joined([said.get(c, []) for c in codes], "; "),
        _joined([said_zh.get(c, []) for c in codes], "；"),
    )


def _checked(table: pd.DataFrame) -> None:
    blank = table["programme"].isna() | (table["programme"].astype(str).str.strip() == "")
    if blank.any():
        raise QuantityError(
            f"county_programmes.programme: row of {table.loc[blank, 'code'].iloc[0]} is blank; expected the name of the list that names the county"
        )
    if table["year"].isna().any():
        code = table.loc[table["year"].isna(), "code"].iloc[0]
        raise QuantityError(
            f"county_programmes.year: row of {code} is blank; expected the year of the list: which counties a programme names changes"
        )
    twice = table.duplicated(["code", "programme", "year"])
    if twice.any():
        row = table[twice].iloc[0]
        raise QuantityError(
            f"county_programmes: {row['code']} stands twice on {row['programme']} of {int(row['year'])}; expected one row for each county and list"
        )


def _joined(lists: list[list[str]], by: str) -> NDArray[np.object_]:
    out = np.empty(len(lists), object)
    out[:] = [by.join(words) for words in lists]
    return out
