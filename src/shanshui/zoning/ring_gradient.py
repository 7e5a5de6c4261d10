"""Does protection rise to the core and industry to the circle? Areas of the rings, and rank correlation over places."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Counties, CountyCells, Density, Employment, Labels
from shanshui.region.grid import grid_of
from shanshui.zoning.green_units import MEDIUM
from shanshui.zoning.indicators import Areas, Products
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.ring_measures import DIRECTIONS, INWARD, ground_of, made_of, measures_of
from shanshui.zoning.rings import CORE, RINGS, RingCells
from shanshui.zoning.tables import Outlines
from shanshui.zoning.zone_cells import ZoneCells

UNITS = {
    "protected_share": "1", "nature_share": "1", "product_per_km2": "yuan/km2/yr", "jobs_per_km2": "person/km2", "built_share": "1",
    "people_per_km2": "person/km2",
}  # fmt: skip
RingAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "ring": TEXT,
            "ring_code": "1",
            "area_km2": "km2",
            "share": "1",
            "people": "person",
            **UNITS,
            "medium_fields_km2": "km2",
        }
    ),
]
RingGradient = Annotated[
    pd.DataFrame,
    Table(
        {
            "indicator": TEXT,
            "ring_range": TEXT,
            "direction": TEXT,
            "place_count": "1",
            "block_count": "1",
            "rank_correlation": "1",
            "correlation_low": "1",
            "correlation_high": "1",
            "gradient": TEXT,
        }
    ),
]
ALL_RINGS, WITHOUT_CORE = "all", "without core"
HOLDS, CONTRARY, OPEN, UNTOLD = "holds", "contrary", "open", "not known"


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=40)
def ring_areas(
    rings: RingCells,
    green_unit_cells: ZoneCells,
    cover_type: Codes | None = None,
    red_line_candidate: Codes | None = None,
    protected_areas: Areas | None = None,
    population_density: Density | None = None,
    county_cells: CountyCells | None = None,
    counties: Counties | None = None,
    county_gdp: Products | None = None,
    employment: Employment | None = None,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> RingAreas:
    """Area, people, protection and industry of each ring.

    Parameters
    ----------
    rings : (y, x) [1]
        1 circle to 5 core; 0 not known; 255 outside.
    green_unit_cells : (y, x) [1]
        3 medium green.
    cover_type : (y, x) [1], optional
        What covers the ground.
    red_line_candidate : (y, x) [1], optional
        1 in the line.
    protected_areas : polygons, optional
        They count with the line.
    population_density : (y, x) [person/km2], optional
        Residents.
    county_cells : (y, x) [1], optional
        County of each cell; 0 outside.
    counties : polygons, optional
        Index of the cells; ``code``.
    county_gdp, employment : table, optional
        Product by sector, jobs by industry; the latest year counts.
    least_known : float [1]
        Share of a ring at which a map must be known [D].

    Returns
    -------
    table
        A row per ring that has ground, the circle first: ``ring, ring_code, area_km2``; ``share`` of the region [1]; ``people``;
        ``protected_share, nature_share, built_share`` [1]; ``people_per_km2``; ``product_per_km2`` [yuan/km2/yr] and ``jobs_per_km2`` outside
        farming; ``medium_fields_km2`` fields of medium green units, by which the papers know the transition. NaN where not known.

    Notes
    -----
    ``a_r = n_r a``; people ``D_r a_r``; product and jobs ``mean over c of q(c)``, q(c) those of the county of cell c per its area: even on it, for
    tables tell no more.
    """
    code = np.where((rings.values >= 1) & (rings.values <= CORE), rings.values, 0)
    cells = PlaceCells.of(rings.copy(data=code.astype(np.int32)))
    region = float(np.count_nonzero(rings.values <= CORE)) * cells.cell_km2
    columns = measures_of(
        cells,
        ground_of(rings, red_line_candidate, protected_areas, cover_type, population_density),
        least_known,
    )
    made = dict.fromkeys(("product_per_km2", "jobs_per_km2"), np.full(cells.size.size, np.nan))
    if county_cells is not None and counties is not None:
        for name, values in made_of(counties, county_gdp, employment).items():
            made[name] = cells.mean(_laid(county_cells, values), least_known)
    fields = np.full(cells.size.size, np.nan)
    if cover_type is not None:
        farmed = np.isin(cover_type.values, codes_of(("farmed",)))
        fields = cells.km2(farmed & (green_unit_cells.values == MEDIUM))
    columns |= made
    return pd.DataFrame(
        {
            "ring": [RINGS[k - 1] for k in cells.places],
            "ring_code": cells.places,
            "area_km2": cells.area_km2,
            "share": cells.area_km2 / region if region else np.nan,
            "people": columns["people_per_km2"] * cells.area_km2,
            **{name: columns[name] for name in UNITS},
            "medium_fields_km2": fields,
        }
    )


def _laid(county_cells: CountyCells, values: pd.Series) -> Numbers:
    """Value of each cell's county; NaN outside."""
    label = np.maximum(county_cells.values, 0)
    table = np.full(int(max(label.max(initial=0), values.index.max())) + 1, np.nan)
    table[values.index.to_numpy()] = values.to_numpy(float)
    table[0] = np.nan
    return np.asarray(table[label])


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=40)
def ring_gradient(
    labels: Labels,
    rings: RingCells,
    outlines: Outlines | None = None,
    cover_type: Codes | None = None,
    red_line_candidate: Codes | None = None,
    protected_areas: Areas | None = None,
    population_density: Density | None = None,
    county_gdp: Products | None = None,
    employment: Employment | None = None,
    *,
    draws: Annotated[int, Between(100, 100000)] = 500,
    level: Annotated[float, Between(0.5, 0.999)] = 0.95,
    blocks: Annotated[int, Between(2, 10000)] = 50,
    least_places: Annotated[int, Between(3, 10000)] = 10,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
    seed: Annotated[int, Between(0, 2**31)] = 0,
) -> RingGradient:
    """Whether protection rises to the core, and industry and people to the circle, over places.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    rings : (y, x) [1]
        1 circle to 5 core; 0 not known; 255 outside.
    outlines : polygons, optional
        Index of the labels; ``code``: needed for product and jobs, which are told of counties.
    cover_type : (y, x) [1], optional
        What covers the ground.
    red_line_candidate : (y, x) [1], optional
        1 in the line.
    protected_areas : polygons, optional
        They count with the line.
    population_density : (y, x) [person/km2], optional
        Residents.
    county_gdp, employment : table, optional
        Product by sector, jobs by industry.
    draws : int
        Draws of the interval.
    level : float [1]
        Of the interval.
    blocks : int
        Squares of about that number over the places are drawn whole: neighbours are alike, and each by itself would make the interval too
        narrow [D].
    least_places : int
        Places, and half as many squares, without which nothing is told [D].
    least_known : float [1]
        Share of a place's cells at which ring and map must be known [D].
    seed : int
        Of the draws.

    Returns
    -------
    table
        A row per measure (``indicator``) and ``ring_range`` (``all``; ``without core``: places whose mean ring lies nearer to another, as the core is
        drawn by what is protected): ``direction`` in which the papers have it rise, ``place_count, block_count``; ``rank_correlation`` with the mean
        ring, -1 to 1, above 0 rising inward; ``correlation_low, correlation_high`` its interval; ``gradient``: ``holds``, ``contrary``, ``open``
        where the interval holds 0, ``not known`` where too little is.

    Notes
    -----
    ``rho = corr(rank(m_i), rank(v_i))`` over places i, m the mean number of the ring over its known cells, v the measure (Spearman 1904 [M]); the
    interval takes percentiles of rho over draws of blocks with replacement, and rho itself. Five rings are too few to correlate.
    """
    cells = PlaceCells.of(labels)
    code = rings.values
    known = (code >= 1) & (code <= CORE)
    ring = cells.mean(np.where(known, code, np.nan).astype(np.float64), least_known)
    columns = measures_of(
        cells,
        ground_of(labels, red_line_candidate, protected_areas, cover_type, population_density),
        least_known,
    )
    nothing = np.full(cells.size.size, np.nan)
    columns |= dict.fromkeys(("product_per_km2", "jobs_per_km2"), nothing)
    if outlines is not None and (county_gdp is not None or employment is not None):
        for name, values in made_of(outlines, county_gdp, employment).items():
            columns[name] = values.reindex(cells.places).to_numpy(float)
    square = _squares(cells, labels, blocks)
    random = np.random.default_rng(seed)
    rows = []
    for name, direction in DIRECTIONS.items():
        for extent, part in ((ALL_RINGS, ring > 0), (WITHOUT_CORE, ring < CORE - 0.5)):
            use = part & np.isfinite(ring) & np.isfinite(columns[name])
            count, held = int(use.sum()), np.unique(square[use])
            found = (np.nan, np.nan, np.nan)
            if count >= least_places and held.size >= least_places / 2:
                found = _interval(ring[use], columns[name][use], square[use], draws, level, random)
            rows.append(
                {
                    "indicator": name,
                    "ring_range": extent,
                    "direction": direction,
                    "place_count": count,
                    "block_count": held.size,
                    "rank_correlation": found[0],
                    "correlation_low": found[1],
                    "correlation_high": found[2],
                    "gradient": _verdict(found, direction),
                }
            )
    return pd.DataFrame(rows)


def _squares(cells: PlaceCells, labels: Labels, blocks: int) -> NDArray[np.int64]:
    """Square of each place's middle, of a grid of squares of which the places' ground fills about a number."""
    grid = grid_of(labels)
    if not cells.places.size:
        return np.zeros(0, np.int64)
    row, column = np.divmod(np.arange(cells.label.size), grid.nx)
    bins = int(cells.places.max()) + 1
    at = [
        (np.bincount(cells.label, axis, bins)[cells.places] / cells.size) for axis in (row, column)
    ]
    side = max(1.0, float(np.sqrt(cells.size.sum() / blocks)))
    down, across = (np.floor(a / side).astype(np.int64) for a in at)
    return np.asarray(down * (int(across.max()) + 1) + across)


def _spearman(a: Numbers, b: Numbers) -> float:
    """Rank correlation; NaN where one side is all alike."""
    x, y = rankdata(a), rankdata(b)
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0.0 else np.nan


def _interval(
    ring: Numbers,
    value: Numbers,
    square: NDArray[np.int64],
    draws: int,
    level: float,
    random: np.random.Generator,
) -> tuple[float, float, float]:
    """Rank correlation with its interval; all NaN where it is not defined in most draws."""
    whole = _spearman(ring, value)
    _, at = np.unique(square, return_inverse=True)
    members = [np.flatnonzero(at == k) for k in range(int(at.max()) + 1)]
    drawn = np.full(draws, np.nan)
    for k in range(draws):
        pick = np.concatenate([members[j] for j in random.integers(0, len(members), len(members))])
        drawn[k] = _spearman(ring[pick], value[pick])
    if np.isnan(whole) or np.isfinite(drawn).mean() < 0.5:
        return (np.nan, np.nan, np.nan)
    tail = 50.0 * (1.0 - level)
    low, high = np.nanpercentile(drawn, [tail, 100.0 - tail])
    # near its ends a correlation may lie beyond all but a few of its draws
    return whole, min(float(low), whole), max(float(high), whole)


def _verdict(found: tuple[float, float, float], direction: str) -> str:
    _, low, high = found
    if np.isnan(low):
        return UNTOLD
    if low <= 0.0 <= high:
        return OPEN
    return HOLDS if (low > 0.0) == (direction == INWARD) else CONTRARY
