"""Factors of sensitivity: the score of each, on how much ground it is known, and which of them take part in the mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Ascending, Between
from shanshui.core.vocabulary import (
    AnyLayers,
    CellSize,
    DaysPerYear,
    Erosivity,
    Evapotranspiration,
    Index,
    Mask,
    Percent,
    Precipitation,
    Relief,
    Slope,
)  # fmt: skip
from shanshui.region.grid import FINE_M


def scored(
    values: NDArray[np.floating], low: float, high: float, *, falling: bool = False
) -> NDArray[np.float32]:
    """Score of a factor: 1 below ``low``, 3 to ``high``, 5 above; mirrored when ``falling``; NaN stays."""
    with np.errstate(invalid="ignore"):
        score = np.where(values > high, 5.0, np.where(values >= low, 3.0, 1.0))
    score = 6.0 - score if falling else score
    return np.where(np.isfinite(values), score, np.nan).astype(np.float32)


def told_scores(codes: xr.DataArray) -> NDArray[np.float32]:
    """Scores that came as codes; NaN where 0 or a missing code stands.

    Raises
    ------
    QuantityError
        A score other than 1, 3 and 5.
    """
    values = codes.values.astype(np.float32)
    out = np.where((values > 0) & (values != codes.attrs.get("nodata", 0)), values, np.nan)
    strange = np.isfinite(out) & ~np.isin(out, (1.0, 3.0, 5.0))
    if strange.any():
        raise QuantityError(
            f"texture_score: holds {out[strange][0]:g}; expected 1, 3 or 5, and 0 where it is not known"
        )
    return out


NEEDED: Mapping[str, tuple[str, ...]] = {
    "erosion": ("rainfall_erosivity", "local_relief", "vegetation_fraction"),
    "karst": ("carbonate", "slope", "vegetation_fraction"),
    "desertification": ("aridity", "vegetation_fraction"),
    "hazard": ("local_relief",),
}
"""Factors without which a kind cannot be told; the others take part where they are known on enough ground."""
METRIC = 9.80665
"""MJ mm/(ha h) in a hundred m t cm/(ha h), the unit of metric tables of erosivity: 1 m t is 9.80665 kJ, 1 cm is 10 mm [C]."""
EROSIVITY = (100.0 * METRIC, 600.0 * METRIC)
"""Erosivity from which its score is 3, and above which it is 5 [MJ*mm/(ha*h*yr)]."""
AS_EROSION = {"erosivity": "erosion_sensitivity"}
"""Setting of ``erosion_sensitivity`` that steps beside it take over."""
ALIKE = 0.99
"""Share of the known ground with one score from which the reason says so [D]; the mean is the same."""
Scores = dict[str, NDArray[np.float32]]
Factors = Annotated[
    pd.DataFrame,
    Table(
        {
            "kind": TEXT,
            "factor": TEXT,
            "low": "1",
            "middle": "1",
            "high": "1",
            "known": "1",
            "used": "1",
            "reason": TEXT,
        }
    ),
]


def erosion_scores(
    rainfall_erosivity: NDArray[np.floating],
    local_relief: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
    erosivity: tuple[float, float],
) -> Scores:
    """Scores of erosivity [MJ*mm/(ha*h*yr)], by its limits in the same unit, of relief [m] and green cover [1] for erosion by water."""
    return {
        "rainfall_erosivity": scored(rainfall_erosivity, *erosivity),
        "local_relief": scored(local_relief, 50.0, 300.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }


def karst_scores(
    carbonate: NDArray[np.floating],
    slope: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
) -> Scores:
    """Scores of carbonate rock [%], slope [degree] and green cover [1] for rock desertification."""
    return {
        "carbonate": scored(carbonate, 30.0, 70.0),
        "slope": scored(slope, 8.0, 25.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }


def desertification_scores(
    precipitation: NDArray[np.floating],
    reference_evapotranspiration: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
    windy_days: NDArray[np.floating] | None,
) -> Scores:
    """Scores of aridity by rain and evapotranspiration [mm/yr], green cover [1] and windy days [d/yr] for desertification."""
    with np.errstate(divide="ignore", invalid="ignore"):
        aridity = np.where(precipitation > 0, reference_evapotranspiration / precipitation, np.nan)
    out = {
        "aridity": scored(aridity, 1.5, 16.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }
    if windy_days is not None:
        out["windy_days"] = scored(windy_days, 10.0, 30.0)
    return out


@assessment(
    source="spj2019",
    bytes_per_cell=16,
    read_over={"local_relief": (1.0, 5.0)},
    read_at={"slope": FINE_M, "local_relief": FINE_M},
    follows=AS_EROSION,
)
def sensitivity_factors(
    region_mask: Mask,
    vegetation_fraction: Index,
    rainfall_erosivity: Erosivity | None = None,
    local_relief: Relief | None = None,
    carbonate: Percent | None = None,
    slope: Slope | None = None,
    precipitation: Precipitation | None = None,
    reference_evapotranspiration: Evapotranspiration | None = None,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
    hazard_scores: AnyLayers | None = None,
    slope_cell: CellSize | None = None,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
    erosivity: Annotated[tuple[float, float], Ascending(0.0, 1e5)] = EROSIVITY,
) -> Factors:
    """How much ground has which score of each factor of sensitivity, and which factors take part in the mean.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    vegetation_fraction : (y, x) [1]
        Share of green cover.
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)], optional
        Of erosion.
    local_relief : (y, x) [m], optional
        Of erosion.
    carbonate : (y, x) [%], optional
        Of rock desertification.
    slope : (y, x) [degree], optional
        Of rock desertification.
    precipitation, reference_evapotranspiration : (y, x) [mm/yr], optional
        Of desertification.
    windy_days : (y, x) [d/yr], optional
        Of desertification.
    texture_score : (y, x) [1], optional
        Of erosion and of desertification.
    hazard_scores : layers, optional
        Scores of geological hazard.
    slope_cell : float [m], optional
        Cells at which the slope is measured; where they are too coarse for its limits the reason says so.
    least_known : float [1]
        An optional factor that is known on a smaller share of the ground which the needed factors tell leaves the mean [D].
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Limits of erosivity, as ``erosion_sensitivity`` has them: a study takes its setting over.

    Returns
    -------
    table
        ``kind, factor``; of the ground on which it is known the shares ``low, middle, high`` [1] with score 1, 3 and 5; ``known``: share [1] of the
        region on which it is known; ``used`` (1 or 0); ``reason``: why it is left out, how many cells have no class for want of it, or that all
        ground has one score.

    Notes
    -----
    ``used = K_k / K >= k_0`` for texture, windy days and the factors of hazard but relief, with K the cells where all needed factors of the kind are
    known, K_k those of them where this one is too, k_0 the share ``least_known``; needed factors always take part, whatever they score: the
    mean is that of the draft guide of 2019 [S]. A factor with one score everywhere takes part too, since that rule asks how sensitive ground
    is, not how it differs. A factor that is known on hardly any ground would leave the rest without a class; that it is left
    out is ours [D] (decision 0024).
    """
    kinds = combined_scores(
        region_mask, vegetation_fraction, rainfall_erosivity, local_relief, carbonate, slope,
        precipitation, reference_evapotranspiration, windy_days, texture_score, erosivity=erosivity,
    )  # fmt: skip
    if hazard_scores is not None and len(hazard_scores):
        scores = {str(k): np.asarray(v.values, np.float32) for k, v in hazard_scores.items()}
        kinds["hazard"] = Combined(tuple(scores), _counts(scores, (region_mask.values == 1)[None]))
    rows = [row for kind, counted in kinds.items() for row in _facts(kind, counted, least_known)]
    if slope_cell is not None and slope_cell > FINE_M:
        coarse = (
            f"of {slope_cell:,.0f} m cells, scaled to what cells of up to {FINE_M:g} m would show"
        )
        said = {"slope": f"slopes {coarse}", "local_relief": f"relief {coarse}"}
        for row in rows:
            told = str(row["reason"]), said.get(str(row["factor"]))
            row["reason"] = "; ".join(filter(None, told))
    columns = ["kind", "factor", "low", "middle", "high", "known", "used", "reason"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Combined:
    """How much ground has which scores of the factors of one kind.

    Attributes
    ----------
    factors : tuple of str
        Their names.
    count : (groups, 4, ..., 4)
        Cells by group of ground and by score of each factor: place 0 is a missing score, 1 to 3 are scores 1, 3 and 5.
    """

    factors: tuple[str, ...]
    count: NDArray[np.int64]

    def of_factor(self, place: int) -> NDArray[np.int64]:
        """Cells of each score of one factor, missing first, whatever the others are."""
        others = tuple(k for k in range(self.count.ndim) if k != place + 1)
        return np.asarray(self.count.sum(axis=others))

    def known(self, names: Sequence[str]) -> int:
        """Cells on which all of some factors are known."""
        places = {self.factors.index(name) + 1 for name in names}
        some = tuple(slice(1, None) if k in places else slice(None) for k in range(self.count.ndim))
        return int(self.count[some].sum())

    def means(self, used: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Geometric means of the factors used, and the cells of each group that have them, scores of all used being known."""
        places = [self.factors.index(name) + 1 for name in used]
        rest = tuple(k for k in range(1, self.count.ndim) if k not in places)
        count = self.count.sum(axis=rest)
        known = count[(slice(None), *(slice(1, None) for _ in places))]
        scores = np.meshgrid(*[np.array([1.0, 3.0, 5.0], np.float32)] * len(places), indexing="ij")
        product = np.prod(scores, axis=0, dtype=np.float32)
        mean = product ** np.float32(1.0 / len(places))
        return mean.ravel(), known.reshape(len(count), -1)


def combined_scores(
    region_mask: Mask,
    vegetation_fraction: Index,
    rainfall_erosivity: Erosivity | None = None,
    local_relief: Relief | None = None,
    carbonate: Percent | None = None,
    slope: Slope | None = None,
    precipitation: Precipitation | None = None,
    reference_evapotranspiration: Evapotranspiration | None = None,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
    groups: NDArray[np.bool_] | None = None,
    *,
    erosivity: tuple[float, float],
) -> dict[str, Combined]:
    """Ground by the scores of the factors of each kind that can be told, counted row block by row block.

    Parameters
    ----------
    region_mask, vegetation_fraction, rainfall_erosivity, local_relief, carbonate, slope, precipitation : (y, x)
        As for :func:`sensitivity_factors`.
    reference_evapotranspiration, windy_days, texture_score : (y, x)
        As for :func:`sensitivity_factors`.
    groups : (groups, y, x) array of bool, optional
        Ground to count apart; all of it without.
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Limits of erosivity.
    """
    out: dict[str, Combined] = {}
    size = 1 if groups is None else len(groups)
    for rows in _blocks(region_mask.shape):

        def part(grid: xr.DataArray | None, rows: slice = rows) -> NDArray[np.floating] | None:
            return None if grid is None else grid.values[rows]

        inside = region_mask.values[rows] == 1
        apart = inside[None] if groups is None else groups[:, rows] & inside
        kinds = kind_scores(
            vegetation_fraction.values[rows], part(rainfall_erosivity), part(local_relief), part(carbonate), part(slope),
            part(precipitation), part(reference_evapotranspiration), part(windy_days),
            None if texture_score is None else told_scores(texture_score[rows]), erosivity,
        )  # fmt: skip
        for kind, scores in kinds.items():
            if kind not in out:
                shape = (size, *([4] * len(scores)))
                out[kind] = Combined(tuple(scores), np.zeros(shape, np.int64))
            out[kind].count[:] += _counts(scores, apart)
    return out


def _counts(scores: Scores, apart: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cells by group of ground and by score of each factor, as :class:`Combined` has them."""
    digits = np.zeros(apart.shape[1:], np.int64)
    for score in scores.values():
        # 1, 3, 5 are places 1, 2, 3; a missing score is 0
        digits = 4 * digits + ((np.nan_to_num(score, nan=-1.0) + 1.0) / 2.0).astype(np.int64)
    count = [np.bincount(digits[here], minlength=4 ** len(scores)) for here in apart]
    return np.array(count, np.int64).reshape(len(apart), *([4] * len(scores)))


def kind_scores(
    green: NDArray[np.floating],
    rain_power: NDArray[np.floating] | None,
    relief: NDArray[np.floating] | None,
    carbonate: NDArray[np.floating] | None,
    slope: NDArray[np.floating] | None,
    rain: NDArray[np.floating] | None,
    evaporation: NDArray[np.floating] | None,
    windy: NDArray[np.floating] | None,
    texture: NDArray[np.float32] | None,
    erosivity: tuple[float, float],
) -> dict[str, Scores]:
    """Scores of every kind whose factors are there; values and limits in the units of :func:`sensitivity_factors`."""
    soil = {} if texture is None else {"texture_score": texture}
    kinds: dict[str, Scores] = {}
    if rain_power is not None and relief is not None:
        kinds["erosion"] = erosion_scores(rain_power, relief, green, erosivity) | soil
    if carbonate is not None and slope is not None:
        kinds["karst"] = karst_scores(carbonate, slope, green)
    if rain is not None and evaporation is not None:
        kinds["desertification"] = desertification_scores(rain, evaporation, green, windy) | soil
    return kinds


def _blocks(shape: tuple[int, ...], cells: int = 1 << 20) -> Iterator[slice]:
    """Rows taken together, about a million cells each."""
    rows = max(cells // max(shape[1], 1), 1)
    for start in range(0, shape[0], rows):
        yield slice(start, min(start + rows, shape[0]))


def _facts(kind: str, counted: Combined, least_known: float) -> list[dict[str, object]]:
    """Rows of one kind."""
    rows: list[dict[str, object]] = []
    needed = [name for name in NEEDED[kind] if name in counted.factors]
    all_ground = int(counted.count.sum())
    told = counted.known(needed)
    for place, factor in enumerate(counted.factors):
        count = counted.of_factor(place)
        known = int(count[1:].sum())
        share = [float(n) / known if known else np.nan for n in count[1:]]
        beside = counted.known([*needed, factor])
        used = factor in needed or told == 0 or beside / told >= least_known
        reasons = [
            ""
            if used
            else f"known on {beside / told:.1%} of the ground that {', '.join(needed) or 'the region'} tells: left out of the mean",
            f"{count[0]:,} cells without it have no class" if used and count[0] else "",
            f"scores {(1, 3, 5)[int(np.argmax(share))]} on {_percent(max(share))} of the ground"
            if known and max(share) >= ALIKE
            else "",
        ]
        rows.append(
            {
                "kind": kind,
                "factor": factor,
                **dict(zip(("low", "middle", "high"), share, strict=True)),
                "known": known / all_ground if all_ground else np.nan,
                "used": 1.0 if used else 0.0,
                "reason": "; ".join(filter(None, reasons)),
            }
        )
    return rows


def _percent(share: float) -> str:
    """A share in words that do not round a part to the whole."""
    return "all" if share == 1.0 else f"{np.floor(share * 1000.0) / 10.0:.1f}%"
