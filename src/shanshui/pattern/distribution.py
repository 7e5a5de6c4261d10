"""Models of where species are found, and how far they may be trusted."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Index,
    Mask,
    Precipitation,
    Slope,
    Temperature,
)
from shanshui.pattern.presence_model import (
    DIGITS,
    Cells,
    PresenceModel,
    auc,
    boyce,
    fitted,
    folds_of,
)
from shanshui.pattern.presences import GROUPS, Found, Ground, Presences, found_of
from shanshui.pattern.species import Habitats, habitats_of

Distribution = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "en": TEXT,
            "zh": TEXT,
            "points": "1",
            "no_ground": "1",
            "outside": "1",
            "presences": "1",
            "background": "1",
            "blocks": "1",
            "folds": "1",
            "auc": "1",
            "auc_sd": "1",
            "boyce": "1",
            "used": "1",
            "verdict": TEXT,
            "reason": TEXT,
            "penalty": "1",
            "seed": "1",
        }
    ),
]
Models = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "predictor": TEXT,
            "term": TEXT,
            "coefficient": "1",
            "low": ANY,
            "high": ANY,
            "mean": ANY,
            "sd": ANY,
        }
    ),
]
USED, CHANCE, FEW = "used for maps", "no better than chance", "too few presences"
SIDES = 10.0
"""Blocks that would stand side by side along a square as large as the region, where no side is set [D]."""
LEAST_BLOCKS = 3
"""Blocks with presences from which ground can be held back to test a model [D]."""


@assessment(source="fithian2013", bytes_per_cell=24)
def species_distribution(
    species_presence: Presences,
    elevation: Elevation,
    slope: Slope,
    cover_type: Codes,
    region_mask: Mask,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    vegetation_fraction: Index | None = None,
    species_habitats: Habitats | None = None,
    *,
    least_cells: Annotated[int, Between(5, 100_000)] = 20,
    block_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    folds: Annotated[int, Between(2, 20)] = 5,
    background: Annotated[int, Between(100, 1_000_000)] = 10_000,
    penalty: Annotated[float, Between(1e-3, 1e3)] = 1.0,
    least_auc: Annotated[float, Between(0.5, 1.0)] = 0.7,
    least_boyce: Annotated[float, Between(-1.0, 1.0)] = 0.3,
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0,
) -> Distribution:
    """How well a model of each species tells where it is found, on ground that the model has not seen.

    Parameters
    ----------
    species_presence : points
        ``species`` (Latin, English or Chinese name): where it was seen.
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    temperature : (y, x) [degC], optional
        Mean of the year.
    precipitation : (y, x) [mm/yr], optional
        Of the year.
    vegetation_fraction : (y, x) [1], optional
        Share of ground under green cover.
    species_habitats : table, optional
        For names; the shipped table without it.
    least_cells : int
        A species found in fewer cells is left out [D].
    block_km : float [km]
        Side of the blocks that are held back together; 0 for a tenth of the root of the region's area [D].
    folds : int
        Parts into which the blocks are dealt out.
    background : int
        Cells that stand for the ground at large; all where there are fewer.
    penalty : float [1]
        On the squares of coefficients: more is smoother [D].
    least_auc, least_boyce : float [1]
        A model below either is no better than chance and is not used [D].
    seed : int
        Of the sample of the background and of the blocks.

    Returns
    -------
    table
        By species: ``points`` of the table, of them ``no_ground`` (in the sea or where a map is missing) and ``outside`` the region;
        ``presences``: cells with at least one of the others; ``background`` [cells]; ``blocks`` with presences, ``folds``; ``auc`` mean and
        ``auc_sd`` over the folds, ``boyce`` of all that was held back; ``used`` 1 or 0, ``verdict``, ``reason``; ``penalty, seed`` as set.

    Raises
    ------
    QuantityError
        No point of any species on known ground of the region.

    Notes
    -----
    Weighted logistic regression of presences (weight 1) against background (weight W = 1000), ``log(p / (1 - p)) = a + sum_j(b_j z_j + q_j
    z_j^2) + b_cover``, z the predictors less their mean over their deviation, squares of coefficients penalised: with W large the slopes are
    those of a Poisson process, and so of Maxent (Fithian and Hastie 2013) [M]. Several points of one cell count once. Predictors: height,
    slope, broad cover, and warmth, rain and green cover where the study has them. Whole blocks are held back in turn, since neighbours are
    alike (Roberts et al. 2017) [M]. AUC is the chance that a presence is given more than a background cell; the continuous Boyce index the rank
    correlation, over windows of a tenth of the range, of the share of presences over that of ground with the prediction (Hirzel et al. 2006)
    [M]. Thresholds, least number and blocks are ours [D].
    """
    rows = habitats_of(species_habitats)
    ground = _ground(
        elevation, slope, cover_type, region_mask, temperature, precipitation, vegetation_fraction
    )
    found = found_of(species_presence, ground, rows)
    at = ground.sample(background, seed)
    sample = ground.cells(*at)
    side = max(
        1000.0 * block_km / ground.grid.cell_m or np.sqrt(float(ground.inside.sum())) / SIDES,
        1.0,
    )
    out = []
    for name, one in found.items():
        trial = _tried(one, ground, at, sample, side, least_cells, folds, penalty, seed)
        verdict, reason = _verdict(trial, one, least_cells, least_auc, least_boyce)
        row: Any = rows.loc[name] if name in rows.index else {}
        out.append(
            {
                "species": name, "en": str(row.get("en", "")), "zh": str(row.get("zh", "")), "points": one.points, "no_ground": one.no_ground,
                "outside": one.outside, "presences": len(one.rows), "background": len(sample.group), "blocks": trial.blocks,
                "folds": trial.folds, "auc": trial.auc, "auc_sd": trial.auc_sd, "boyce": trial.boyce, "used": int(verdict == USED),
                "verdict": verdict, "reason": reason, "penalty": penalty, "seed": seed,
            }
        )  # fmt: skip
    return pd.DataFrame(out)


def _ground(elevation: Any, slope: Any, cover_type: Any, region_mask: Any, temperature: Any, precipitation: Any, green: Any) -> Ground:  # fmt: skip
    """The maps that models read."""
    return Ground.of(
        cover_type, region_mask, elevation=elevation, slope=slope, temperature=temperature, precipitation=precipitation,
        vegetation_fraction=green,
    )  # fmt: skip


@dataclass(frozen=True)
class _Trial:
    """What holding back blocks said of a model."""

    blocks: int
    folds: int = 0
    auc: float = np.nan
    auc_sd: float = np.nan
    boyce: float = np.nan


def _tried(
    one: Found,
    ground: Ground,
    at: tuple[np.ndarray, np.ndarray],
    sample: Cells,
    side: float,
    least_cells: int,
    folds: int,
    penalty: float,
    seed: int,
) -> _Trial:
    """Fit without each fold in turn and predict it."""
    places = np.concatenate([np.stack([one.rows, one.cols], 1), np.stack(at, 1)])
    blocks = np.floor(places / side).astype(np.intp)
    count = len(np.unique(blocks[: len(one.rows)], axis=0))
    if len(one.rows) < least_cells or count < LEAST_BLOCKS:
        return _Trial(count)
    present = np.arange(len(places)) < len(one.rows)
    folds = min(folds, count)
    fold = folds_of(blocks, present, folds, seed)
    mine, theirs = fold[present], fold[~present]
    here = ground.cells(one.rows, one.cols)
    areas, of_here, of_ground = [], [], []
    for k in range(folds):
        if not ((mine == k).any() and (mine != k).any() and (theirs == k).any() and (theirs != k).any()):  # fmt: skip
            continue
        model = fitted(here.only(mine != k), sample.only(theirs != k), penalty)
        of_here.append(model.suitability(here.only(mine == k)))
        of_ground.append(model.suitability(sample.only(theirs == k)))
        areas.append(auc(of_here[-1], of_ground[-1]))
    if not areas:
        return _Trial(count)
    return _Trial(
        count,
        len(areas),
        round(float(np.mean(areas)), DIGITS),
        round(float(np.std(areas)), DIGITS),
        round(boyce(np.concatenate(of_here), np.concatenate(of_ground)), DIGITS),
    )


def _verdict(
    trial: _Trial, one: Found, least_cells: int, least_auc: float, least_boyce: float
) -> tuple[str, str]:
    """Verdict and why, in words."""
    lost = f"; of {one.points} points {one.lost}" if one.lost else ""
    if len(one.rows) < least_cells:
        return FEW, f"found in {len(one.rows)} cells, least_cells is {least_cells}{lost}"
    if trial.blocks < LEAST_BLOCKS or not trial.folds:
        return FEW, (
            f"all lie in {trial.blocks} blocks, {LEAST_BLOCKS} are needed to hold some back; set a smaller block_km{lost}"
        )
    weak = [
        f"{word} {value:.2f} is below {least:g}" if np.isfinite(value) else f"{word} cannot be told"
        for word, value, least in (
            ("AUC", trial.auc, least_auc),
            ("Boyce index", trial.boyce, least_boyce),
        )
        if not value >= least
    ]
    return (CHANCE, f"{' and '.join(weak)}{lost}") if weak else (USED, lost.removeprefix("; "))


@assessment(source="fithian2013", bytes_per_cell=24)
def species_models(
    species_presence: Presences,
    species_distribution: Distribution,
    elevation: Elevation,
    slope: Slope,
    cover_type: Codes,
    region_mask: Mask,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    vegetation_fraction: Index | None = None,
    species_habitats: Habitats | None = None,
) -> Models:
    """Coefficients of the models that are used for maps, fitted to all presences.

    Parameters
    ----------
    species_presence : points
        ``species``: where it was seen.
    species_distribution : table
        Which models are used; sample, penalty and seed as they were tried.
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    temperature : (y, x) [degC], optional
        Mean of the year.
    precipitation : (y, x) [mm/yr], optional
        Of the year.
    vegetation_fraction : (y, x) [1], optional
        Share of ground under green cover.
    species_habitats : table, optional
        For names.

    Returns
    -------
    table
        A row per species and term: ``predictor``; ``term`` ``linear``, ``square``, ``cover`` or ``offset``; ``coefficient`` of the
        standardised predictor [1]; ``low, high, mean, sd`` of the background, in the predictor's unit. Empty where no model is used.

    Raises
    ------
    QuantityError
        A species of ``species_distribution`` that the points do not have.

    Notes
    -----
    ``suitability = 1 - exp(-exp(c + sum_j(b_j z_j + q_j z_j^2) + b_cover))``, z = (x - mean) / sd with x kept within low and high; the offset
    c is the entropy of the fitted distribution over the background less the logarithm of its sum: the complementary log-log output of Maxent 3.4
    (Phillips et al. 2017) [M]. The equivalence with Maxent is that of Fithian and Hastie (2013) [M]; squares in place of hinges are ours [D].
    """
    ground = _ground(
        elevation, slope, cover_type, region_mask, temperature, precipitation, vegetation_fraction
    )
    found = found_of(species_presence, ground, habitats_of(species_habitats))
    out: list[dict[str, Any]] = []
    for _, row in species_distribution[species_distribution["used"] == 1].iterrows():
        name = str(row["species"])
        if name not in found:
            raise QuantityError(
                f"species_distribution.species: holds {name}, which species_presence does not have; run both of one table of points"
            )
        one = found[name]
        sample = ground.cells(*ground.sample(int(row["background"]), int(row["seed"])))
        model = fitted(ground.cells(one.rows, one.cols), sample, float(row["penalty"]))
        out += _terms(name, model, tuple(ground.layers))
    columns = ["species", "predictor", "term", "coefficient", "low", "high", "mean", "sd"]
    return pd.DataFrame(out, columns=columns)


def _terms(name: str, model: PresenceModel, predictors: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of one model."""
    out: list[dict[str, Any]] = []
    for j, predictor in enumerate(predictors):
        known = {
            "low": float(model.low[j]), "high": float(model.high[j]), "mean": float(model.mean[j]), "sd": float(model.sd[j]),
        }  # fmt: skip
        for term, values in (("linear", model.linear), ("square", model.square)):
            out.append(
                {"species": name, "predictor": predictor, "term": term, "coefficient": float(values[j])} | known
            )  # fmt: skip
    none = dict.fromkeys(("low", "high", "mean", "sd"), np.nan)
    for number, coefficient in model.covers.items():
        out.append(
            {"species": name, "predictor": GROUPS[number - 1], "term": "cover", "coefficient": coefficient} | none
        )  # fmt: skip
    out.append({"species": name, "predictor": "", "term": "offset", "coefficient": model.offset} | none)  # fmt: skip
    return out


def model_of(terms: pd.DataFrame) -> tuple[tuple[str, ...], PresenceModel]:
    """Predictors and model of one species, from the rows of :func:`species_models`."""
    linear = terms[terms["term"] == "linear"]
    square = terms[terms["term"] == "square"]
    covers = terms[terms["term"] == "cover"]
    offset = terms[terms["term"] == "offset"]["coefficient"]
    numbers = {c: linear[c].to_numpy(np.float64) for c in ("low", "high", "mean", "sd")}
    model = PresenceModel(
        **numbers,
        linear=linear["coefficient"].to_numpy(np.float64),
        square=square["coefficient"].to_numpy(np.float64),
        covers={
            GROUPS.index(str(g)) + 1: float(c)
            for g, c in zip(covers["predictor"], covers["coefficient"], strict=True)
        },
        offset=float(offset.iloc[0]),
    )
    return tuple(str(p) for p in linear["predictor"]), model
