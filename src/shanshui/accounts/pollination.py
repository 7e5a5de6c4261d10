"""Wild pollinators: where they nest and feed, where they visit flowers, and what that does for the yields of farms."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Table
from shanshui.core.vocabulary import AnyLayers, Codes
from shanshui.kernels.decay import exponential, mean_around
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.polygon_cover import cover_by_centre
from shanshui.region.unitset import rasterised

FAR = 5.0
"""Flights beyond this many times the mean one are not counted [S]."""
USUAL_FLIGHT_M = 1000.0
"""Mean flight by which memory is estimated before the guilds are read [D]."""
NESTING, FORAGING = (
    re.compile(r"nesting_suitability_(.+)_index$"),
    re.compile(r"foraging_activity_(.+)_index$"),
)
FARM_NUMBERS = ("half_sat", "p_dep", "p_managed")
Guilds = Annotated[
    pd.DataFrame, Table({"species": TEXT, "alpha": "m", "relative_abundance": "1", "*": ANY})
]
Farms = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
FarmPollination = Annotated[
    pd.DataFrame,
    Table(
        {
            "farm": TEXT, "crop": TEXT, "season": TEXT, "abundance": "1", "wild_share": "1", "wild_yield": "1", "yield": "1",
            "known_km2": "km2",
        }
    ),
]  # fmt: skip


def _reach(settings: Mapping[str, Any]) -> int:
    """Rows beyond a strip: pollinators fly to flowers around nests around flowers."""
    flights = [USUAL_FLIGHT_M]
    if (guilds := settings.get("guilds")) is not None:
        heads = {str(c).strip().lower(): c for c in guilds.columns}
        told = pd.to_numeric(guilds[heads["alpha"]], errors="coerce") if "alpha" in heads else []
        # what is no flight is refused where they fly
        flights = [float(f) for f in told if 0 < f < np.inf] or flights
    return 2 * math.ceil(FAR * max(flights) / float(settings["cell_m"]))


@assessment(source="invest_guide", halo=_reach, bytes_per_cell=96)
def pollination(
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover()],
    guilds: Guilds,
    farms: Farms | None = None,
) -> AnyLayers:
    """Wild pollinators that a landscape feeds and houses, and how many of them visit flowers in each season.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode``, ``nesting_SUBSTRATE_availability_index`` and ``floral_resources_SEASON_index`` for each substrate and season [1].
    guilds : table
        ``species``, ``nesting_suitability_SUBSTRATE_index``, ``foraging_activity_SEASON_index`` [1], ``alpha``: mean flight [m],
        ``relative_abundance`` [1].
    farms : polygons, optional
        ``n_SUBSTRATE`` and ``fr_SEASON`` [1] of each, which stand for those of the land cover on its ground.

    Returns
    -------
    layers
        ``supply_SPECIES``: pollinators that nest here, ``abundance_SPECIES_SEASON`` and ``abundance_SEASON``: pollinators that visit flowers
        here, of one species and of all [1], 0 to about 1. NaN where the land cover is missing.

    Raises
    ------
    QuantityError
        A substrate or season that the tables do not share, a code without a row, an index outside [0, 1], a flight of 0, a species
        twice or active in no season.

    Notes
    -----
    ``HN = max_n N_n s_n``, ``FE = sum_j R_j f_j``, ``FR`` = mean of FE, ``PS = a FR HN``, ``PA_j = R_j f_j / FR x`` mean of PS; means over all around
    with weights ``exp(-d / alpha)``, to ``5 alpha``. ``N`` nests, ``s`` use of them, ``R`` flowers, ``f`` share of the species' activity in the
    season, ``a`` its share of all pollinators [1]. Crop pollination of InVEST [S]. On ground of one class with N = 0.8 and R = 0.5 all
    year, one species with s = 1: PS = 0.5 x 0.8 = 0.4, and in a season with half of its activity PA = 0.5 x 0.4 = 0.2 [C].
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    rows = _guilds(guilds)
    substrates, seasons = _shared(rows, NESTING), _shared(rows, FORAGING)
    grid = grid_of(land_cover)
    on_farm = None if farms is None else FarmGround.of(farms, grid)
    nests = {
        n: _laid(table, f"nesting_{n}_availability_index", on_farm, f"n_{n}") for n in substrates
    }
    flowers = {j: _laid(table, f"floral_resources_{j}_index", on_farm, f"fr_{j}") for j in seasons}
    out: dict[str, NDArray[np.float32]] = {}
    totals = dict.fromkeys(seasons, np.zeros(land_cover.shape, np.float32))
    activity = rows[[f"foraging_activity_{j}_index" for j in seasons]]
    shares = activity.div(activity.sum(axis=1), axis=0).set_axis(seasons, axis=1)
    plenty = rows["relative_abundance"] / rows["relative_abundance"].sum()
    for at, name in enumerate(map(str, rows.index)):
        row = rows.iloc[at]
        used = [nests[n] * float(row[f"nesting_suitability_{n}_index"]) for n in substrates]
        kernel = exponential(row["alpha"] / grid.cell_m, FAR * row["alpha"] / grid.cell_m)
        fed = {j: flowers[j] * float(shares[j].iloc[at]) for j in seasons}
        food = mean_around(np.sum(list(fed.values()), axis=0), kernel)
        supply = float(plenty.iloc[at]) * food * np.max(used, axis=0)
        out[f"supply_{name}"] = supply.astype(np.float32)
        visiting = mean_around(supply, kernel)
        for j in seasons:
            with np.errstate(invalid="ignore", divide="ignore"):
                here = np.where(food == 0, 0.0, fed[j] / food * visiting)
            out[f"abundance_{name}_{j}"] = here.astype(np.float32)
            totals[j] = totals[j] + out[f"abundance_{name}_{j}"]
    out |= {f"abundance_{j}": totals[j] for j in seasons}
    return xr.Dataset({k: like(land_cover, v, "1") for k, v in out.items()})


@assessment(source="invest_guide", bytes_per_cell=8)
def farm_pollination(farms: Farms, pollination: AnyLayers) -> FarmPollination:
    """Yields of farms that wild pollinators give.

    Parameters
    ----------
    farms : polygons
        ``crop_type``, ``season`` in which it flowers, ``half_sat``: abundance at which half of what pollinators can give is reached, in (0, 1),
        ``p_dep``: share of the yield that needs pollinators, ``p_managed``: share of that which hives on the farm give [1].
    pollination : layers
        Abundance by season.

    Returns
    -------
    table
        ``farm`` (its ``name``, or its place in order), ``crop``, ``season``; ``abundance``: mean in the season; ``wild_share``: of the yield that
        needs pollinators, by wild ones; ``wild_yield``: of the whole yield; ``yield``: of the greatest one [1]; ``known_km2``. Missing where no
        cell is known.

    Raises
    ------
    QuantityError
        A column that lacks, a season that no layer has, a share outside [0, 1].

    Notes
    -----
    ``FP = P (1 - h) / (h (1 - 2 P) + P)``, ``PYT = min(m + FP, 1)``, ``PYW = max(PYT - m, 0)`` of each cell; ``yield = 1 - v (1 - mean PYT)``,
    ``wild_share = mean PYW``, ``wild_yield = v mean PYW``: ``P`` abundance, ``h`` half saturation, ``m`` managed share, ``v`` need. Crop
    pollination of InVEST [S], each farm by itself. P = 0.2, h = 0.2: FP = 0.16 / 0.32 = 0.5; with m = 0.3 and v = 0.65: PYT = 0.8, yield
    = 1 - 0.65 x 0.2 = 0.87 [C].
    """
    frame = _heads(farms)
    missing = [c for c in ("crop_type", "season", *FARM_NUMBERS) if c not in frame]
    if missing:
        raise QuantityError(
            f"farms: no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))}"
        )
    numbers = {c: _shares(frame, c) for c in FARM_NUMBERS}
    edge = (numbers["half_sat"] <= 0) | (numbers["half_sat"] >= 1)
    if edge.any():
        raise QuantityError(
            f"farms.half_sat: farm {np.flatnonzero(edge)[0] + 1} holds {numbers['half_sat'][edge].iloc[0]:g}, expected more than 0 and less than 1"
        )
    seasons = frame["season"].astype(str).str.strip().str.lower()
    strange = ~("abundance_" + seasons).isin(list(pollination.data_vars))
    if strange.any():
        known = [str(v).removeprefix("abundance_") for v in pollination.data_vars]
        raise QuantityError(
            f"farms.season: farm {np.flatnonzero(strange)[0] + 1} flowers in '{seasons[strange].iloc[0]}'; there are {', '.join(known)}"
        )
    grid = grid_of(next(iter(pollination.data_vars.values())))
    cover = cover_by_centre(frame, grid)
    rows = []
    for at, season in enumerate(seasons):
        cells, share = cover.cells(at)
        wild = pollination[f"abundance_{season}"].values.ravel()[cells].astype(float)
        share = np.where(np.isfinite(wild), share, 0.0)
        h, v, m = (float(numbers[c].iloc[at]) for c in FARM_NUMBERS)
        given = wild * (1 - h) / (h * (1 - 2 * wild) + wild)
        whole = np.minimum(m + given, 1.0)
        told = float(share.sum())
        mean = [
            float(np.nansum(x * share) / told) if told > 0 else np.nan
            for x in (wild, np.maximum(whole - m, 0.0), whole)
        ]
        rows.append((season, mean[0], mean[1], v * mean[1], 1 - v * (1 - mean[2]), told))
    columns = ["season", "abundance", "wild_share", "wild_yield", "yield", "known_km2"]
    out = pd.DataFrame(rows, columns=columns)
    names = frame["name"] if "name" in frame else pd.Series(np.arange(1, len(frame) + 1))
    out.insert(0, "farm", names.astype(str).to_numpy())
    out.insert(1, "crop", frame["crop_type"].astype(str).to_numpy())
    out["known_km2"] *= grid.cell_km2
    return out


class FarmGround:
    """Numbers of farms on their ground; decides nothing.

    Attributes
    ----------
    frame : table
        Farms, heads in lower case.
    labels : (y, x) array
        Place in order of the farm whose ground a cell is; the later one where two overlap, -1 where there is none.
    """

    def __init__(self, frame: gpd.GeoDataFrame, labels: NDArray[np.int32]) -> None:
        self.frame, self.labels = frame, labels

    @classmethod
    def of(cls, farms: gpd.GeoDataFrame, grid: GridSpec) -> "FarmGround":
        """Lay farms on a grid."""
        frame = _heads(farms).set_index(np.arange(1, len(farms) + 1))
        return cls(frame, rasterised(frame, grid).values - 1)

    def over(self, values: NDArray[np.float32], column: str) -> NDArray[np.float32]:
        """Values with those of farms in their place.

        Raises
        ------
        QuantityError
            No such column, or a number outside [0, 1].
        """
        if column not in self.frame:
            raise QuantityError(
                f"farms: no column {column}; found {', '.join(map(str, self.frame.columns))}; each substrate and season needs one"
            )
        own = _shares(self.frame, column).to_numpy(np.float32)
        # where no cover is known nothing is known, on farms too
        here = (self.labels >= 0) & np.isfinite(values)
        return np.where(here, own[self.labels], values)


def _heads(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.rename(columns=lambda c: str(c).strip().lower()).reset_index(drop=True)


def _shares(frame: pd.DataFrame, column: str) -> pd.Series:
    numbers = pd.to_numeric(frame[column], errors="coerce").astype(float)
    bad = ~numbers.between(0.0, 1.0)
    if bad.any():
        raise QuantityError(
            f"farms.{column}: farm {np.flatnonzero(bad)[0] + 1} holds '{frame[column][bad].iloc[0]}', expected a number from 0 to 1"
        )
    return numbers


def _laid(
    table: ByCover, column: str, farms: FarmGround | None, of_farms: str
) -> NDArray[np.float32]:
    laid = table.grid(column, high=1.0)
    return laid if farms is None else farms.over(laid, of_farms)


def _shared(rows: pd.DataFrame, pattern: re.Pattern[str]) -> list[str]:
    found = sorted(match[1] for c in rows.columns if (match := pattern.match(str(c))))
    if not found:
        raise QuantityError(
            f"guilds: no column {pattern.pattern.removesuffix('$')}; found {', '.join(map(str, rows.columns))}"
        )
    return found


def _guilds(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of each species."""
    frame = table.rename(columns=lambda c: str(c).strip().lower())
    names = (
        frame["species"].astype(str).str.strip().str.lower().str.replace(r"\W+", "_", regex=True)
    )
    if names.duplicated().any():
        raise QuantityError(
            f"guilds.species: {frame['species'][names.duplicated()].iloc[0]} stands in two rows; keep one"
        )
    frame = frame.set_index(names)
    for pattern in (NESTING, FORAGING):
        _shared(frame, pattern)
    indices = [c for c in frame if NESTING.match(str(c)) or FORAGING.match(str(c))]
    out = frame[[*indices, "alpha", "relative_abundance"]].apply(pd.to_numeric, errors="coerce")
    for column in out:
        top = 1.0 if column in indices else np.inf
        bad = ~(out[column] >= 0) | (out[column] > top) | ~np.isfinite(out[column])
        bad |= (out[column] == 0) & (column == "alpha")
        if bad.any():
            expected = (
                "more than 0 m" if column == "alpha" else "0 to 1" if top == 1 else "0 or more"
            )
            raise QuantityError(
                f"guilds.{column}: {names[bad.to_numpy()].iloc[0]} holds '{frame[column][bad].iloc[0]}', expected {expected}"
            )
    idle = ~(out[[c for c in indices if FORAGING.match(str(c))]].sum(axis=1) > 0)
    if idle.any() or not out["relative_abundance"].sum() > 0:
        raise QuantityError(
            f"guilds: {out.index[idle][0] + ' is active in no season' if idle.any() else 'relative_abundance is 0 for all species'}"
        )
    return out
