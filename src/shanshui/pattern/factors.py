"""Factors of sensitivity: the score of each, and which of them tell the ground of a region apart."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between
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
    """Scores that came as codes; NaN where 0 or a missing code stands."""
    values = codes.values.astype(np.float32)
    return np.where((values > 0) & (values != codes.attrs.get("nodata", 0)), values, np.nan)


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
            "used": "1",
            "reason": TEXT,
        }
    ),
]


def erosion_scores(
    rainfall_erosivity: NDArray[np.floating],
    local_relief: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
) -> Scores:
    """Scores of erosivity [MJ*mm/(ha*h*yr)], relief [m] and green cover [1] for erosion by water."""
    return {
        "rainfall_erosivity": scored(rainfall_erosivity, 100.0, 600.0),
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


@assessment(source="spj2019", bytes_per_cell=64, read_at={"slope": FINE_M})
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
    flat_share: Annotated[float, Between(0.5, 1.0)] = 0.99,
) -> Factors:
    """Which factors of each kind of sensitivity tell ground of this region apart.

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
    flat_share : float [1]
        Share of the region with one score from which a factor has no contrast and leaves the mean [D].

    Returns
    -------
    table
        ``kind, factor, low, middle, high`` (share of the known ground with score 1, 3 and 5), ``used`` (1 or 0), ``reason``. Where no
        factor of a kind has contrast all stay.

    Notes
    -----
    ``used = max_k |s = k| / n < flat_share`` over the n known cells, scores s of 1, 3 and 5. A factor that scores the same everywhere moves the
    mean of all cells alike and leaves the cut points to the others: of erosivity above 600 everywhere, green cover alone would decide.
    Scores as of the sensitivities; leaving a factor out is our own choice [D] (decision 0024).
    """
    inside = region_mask.values == 1
    green = vegetation_fraction.values
    texture = {} if texture_score is None else {"texture_score": told_scores(texture_score)}
    kinds: dict[str, Scores] = {}
    if rainfall_erosivity is not None and local_relief is not None:
        kinds["erosion"] = (
            erosion_scores(rainfall_erosivity.values, local_relief.values, green) | texture
        )
    if carbonate is not None and slope is not None:
        kinds["karst"] = karst_scores(carbonate.values, slope.values, green)
    if precipitation is not None and reference_evapotranspiration is not None:
        windy = None if windy_days is None else windy_days.values
        kinds["desertification"] = (
            desertification_scores(
                precipitation.values, reference_evapotranspiration.values, green, windy
            )
            | texture
        )
    if hazard_scores is not None:
        kinds["hazard"] = {
            str(k): np.asarray(v.values, np.float32) for k, v in hazard_scores.items()
        }
    rows = [
        row
        for kind, scores in kinds.items()
        for row in _told_apart(kind, scores, inside, flat_share)
    ]
    if slope_cell is not None and slope_cell > FINE_M:
        scaled = f"slopes of {slope_cell:,.0f} m cells, scaled to what cells of up to {FINE_M:g} m would show"
        for row in rows:
            if row["factor"] == "slope":
                row["reason"] = "; ".join(filter(None, (str(row["reason"]), scaled)))
    columns = ["kind", "factor", "low", "middle", "high", "used", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _told_apart(
    kind: str, scores: Scores, inside: NDArray[np.bool_], flat_share: float
) -> list[dict[str, object]]:
    """Rows of one kind."""
    rows: list[dict[str, object]] = []
    for factor, score in scores.items():
        known = score[inside & np.isfinite(score)]
        share = [float(np.mean(known == v)) if known.size else np.nan for v in (1.0, 3.0, 5.0)]
        flat = max(share) >= flat_share if known.size else False
        reason = f"one score on {max(share):.1%} of the ground" if flat else ""
        rows.append(
            {
                "kind": kind,
                "factor": factor,
                **dict(zip(("low", "middle", "high"), share, strict=True)),
                "used": 0.0 if flat else 1.0,
                "reason": reason,
            }
        )
    if not any(row["used"] for row in rows):
        for row in rows:
            row |= {"used": 1.0, "reason": "no factor tells this ground apart: all stay"}
    return rows
