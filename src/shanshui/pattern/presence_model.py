"""A model of where a species is found, from presences and from the ground at large; and how good it is on ground that it has not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from shanshui.kernels.noise import white

Floats = NDArray[np.float64]

BACKGROUND_WEIGHT = 1000.0
"""Weight of a background cell beside a presence: the larger, the nearer to the Poisson process (Fithian and Hastie 2013) [M]."""
DIGITS = 6
"""Decimals of kept numbers: below what the arithmetic of another processor changes."""
_TOLERANCE, _ROUNDS = 1e-12, 200
"""Of the solver; the gradient is a mean over all weights, so that it is small from the start."""
_WINDOWS, _WIDTH = 100, 0.1
"""Windows of the Boyce index, and their width as a share of the range of predictions (Hirzel et al. 2006) [M]."""


@dataclass(frozen=True)
class Cells:
    """What is known of some cells.

    Attributes
    ----------
    values : (cells, predictors) array
        Numbers, in the unit of each predictor.
    group : (cells,) array of int
        Number of the broad cover.
    """

    values: Floats
    group: NDArray[np.intp]

    def only(self, rows: NDArray[np.bool_]) -> "Cells":
        """Some of the cells."""
        return Cells(self.values[rows], self.group[rows])


@dataclass(frozen=True)
class PresenceModel:
    """A fitted model.

    Attributes
    ----------
    low, high, mean, sd : (predictors,) array
        Of the background; values beyond low and high count as low and high.
    linear, square : (predictors,) array
        Coefficients of ``z = (x - mean) / sd`` and of its square; 0 of a predictor without contrast.
    covers : dict of int to float
        Coefficient of each broad cover; 0 of others.
    offset : float
        Added to the sum.
    """

    low: Floats
    high: Floats
    mean: Floats
    sd: Floats
    linear: Floats
    square: Floats
    covers: dict[int, float]
    offset: float

    def score(self, cells: Cells) -> Floats:
        """Sum of a cell.

        Parameters
        ----------
        cells : Cells
            With the predictors of the fit.

        Returns
        -------
        (cells,) array [1]
            ``offset + sum_j(b_j z_j + q_j z_j^2) + b_cover``.
        """
        total = np.full(len(cells.group), self.offset)
        # column by column: a matrix product may add in another order on another machine
        for j in range(cells.values.shape[1]):
            z = (np.clip(cells.values[:, j], self.low[j], self.high[j]) - self.mean[j]) / self.sd[j]
            total += self.linear[j] * z + self.square[j] * z * z
        for number, coefficient in self.covers.items():
            total += coefficient * (cells.group == number)
        return total

    def suitability(self, cells: Cells) -> Floats:
        """How suitable cells are.

        Parameters
        ----------
        cells : Cells
            With the predictors of the fit.

        Returns
        -------
        (cells,) array [1]
            In [0, 1]: ``1 - exp(-exp(score))``.
        """
        return np.asarray(-np.expm1(-np.exp(np.minimum(self.score(cells), 50.0))))


def fitted(here: Cells, background: Cells, penalty: float) -> PresenceModel:
    """Fit a model by weighted logistic regression.

    Parameters
    ----------
    here, background : Cells
        Where the species was found, and a sample of all ground.
    penalty : float [1]
        On the squares of the coefficients.

    Returns
    -------
    PresenceModel
        Coefficients rounded to six decimals.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import
    from threadpoolctl import threadpool_limits

    low, high = background.values.min(axis=0), background.values.max(axis=0)
    mean = np.round(background.values.mean(axis=0), DIGITS)
    sd = np.round(background.values.std(axis=0), DIGITS)
    flat = sd <= 0
    sd[flat] = 1.0
    groups = [int(g) for g in np.unique(background.group)]
    parts = []
    for cells in (here, background):
        z = (np.clip(cells.values, low, high) - mean) / sd
        z[:, flat] = 0.0
        covers = (cells.group[:, None] == np.array(groups)[None]).astype(np.float64)
        parts.append(np.hstack([z, z * z, covers]))
    count = background.values.shape[1]
    design = np.vstack(parts)
    found = np.repeat([1, 0], [len(here.group), len(background.group)])
    weight = np.where(found == 1, 1.0, BACKGROUND_WEIGHT)
    solver = LogisticRegression(
        C=1.0 / penalty, solver="newton-cholesky", tol=_TOLERANCE, max_iter=_ROUNDS
    )
    with threadpool_limits(1):  # sums of several threads differ in their last digits
        solver.fit(design, found, sample_weight=weight)
    raw = np.round(solver.coef_[0], DIGITS)
    model = PresenceModel(
        low, high, mean, sd, raw[:count], raw[count : 2 * count],
        dict(zip(groups, (float(c) for c in raw[2 * count :]), strict=True)), 0.0,
    )  # fmt: skip
    return _with_offset(model, background)


def _with_offset(model: PresenceModel, background: Cells) -> PresenceModel:
    """The offset of Maxent's cloglog output: entropy of the distribution over the background, less the logarithm of its sum."""
    score = model.score(background)
    top = float(score.max())
    raw = np.exp(score - top)
    total = float(raw.sum())
    share = raw / total
    entropy = -float((share * np.log(np.where(share > 0, share, 1.0))).sum())
    offset = round(entropy - top - float(np.log(total)), DIGITS)
    return PresenceModel(
        model.low, model.high, model.mean, model.sd, model.linear, model.square, model.covers, offset
    )  # fmt: skip


def auc(here: Floats, background: Floats) -> float:
    """Chance that a presence is given a higher number than a background cell, half for equal ones.

    Parameters
    ----------
    here, background : (cells,) array [1]
        Predictions.

    Returns
    -------
    float [1]
        0.5 is chance; NaN without cells of one kind.
    """
    n, m = len(here), len(background)
    if not n or not m:
        return float("nan")
    ranks = rankdata(np.concatenate([here, background]))
    return float((ranks[:n].sum() - n * (n + 1) / 2.0) / (n * m))


def boyce(here: Floats, background: Floats) -> float:
    """Continuous Boyce index: does the share of presences over that of ground rise with the prediction?

    Parameters
    ----------
    here, background : (cells,) array [1]
        Predictions.

    Returns
    -------
    float [1]
        Rank correlation, -1 to 1; NaN where predictions do not differ.
    """
    if not len(here) or not len(background):
        return float("nan")
    low, high = float(background.min()), float(background.max())
    width = _WIDTH * (high - low)
    if not width > 0:
        return float("nan")
    starts = np.linspace(low, high - width, _WINDOWS + 1)
    ratios, middles = [], []
    for start in starts:
        expected = _share(background, start, start + width)
        if expected > 0:
            ratios.append(_share(here, start, start + width) / expected)
            middles.append(start + width / 2.0)
    if len(ratios) < 3 or len(set(ratios)) < 2:
        return float("nan")
    return float(np.corrcoef(rankdata(ratios), rankdata(middles))[0, 1])


def _share(values: Floats, low: float, high: float) -> float:
    return float(((values >= low) & (values <= high)).mean())


def folds_of(
    blocks: NDArray[np.intp], present: NDArray[np.bool_], folds: int, seed: int
) -> NDArray[np.intp]:
    """Fold of each cell: whole blocks, dealt out so that presences are spread evenly.

    Parameters
    ----------
    blocks : (cells, 2) array of int
        Row and column of the block of each cell.
    present : (cells,) array of bool
        Presences.
    folds : int
        How many, at most as many as blocks with presences.
    seed : int
        Of the order in which blocks are dealt out.

    Returns
    -------
    (cells,) array of int
        From 0.
    """
    unique, at = np.unique(blocks, axis=0, return_inverse=True)
    at = at.reshape(-1)
    count = np.bincount(at[present], minlength=len(unique))
    chance = np.array([float(white(int(r), int(c), 1, 1, seed)[0, 0]) for r, c in unique])
    order = np.lexsort((np.arange(len(unique)), chance, -count))
    load, size = np.zeros(folds), np.zeros(folds)
    fold_of = np.zeros(len(unique), np.intp)
    for block in order:
        # the fold with the fewest presences; of blocks without any, that with the fewest blocks
        to = int(np.lexsort((size, load) if count[block] else (load, size))[0])
        fold_of[block] = to
        load[to] += count[block]
        size[to] += 1
    return fold_of[at]
