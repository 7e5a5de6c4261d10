"""The evaluation system of emerging industries: fifteen indicators, interval weights, grades, and their check."""

import csv
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, OneOf
from shanshui.core.shipped import shipped_text
from shanshui.decision.ahp import METHODS
from shanshui.decision.consistency import RANDOM_INDICES, REFITTED
from shanshui.decision.criteria import benefits, ranged
from shanshui.decision.grading import discriminant_check, grades_of
from shanshui.decision.hierarchy import hierarchy_weights
from shanshui.decision.interval_ahp import SOLVERS
from shanshui.decision.interval_ranking import interval_weighted_sum
from shanshui.decision.judgements import judgements_of
from shanshui.decision.ranking import grey_relation, ranks
from shanshui.decision.robustness import rank_acceptability
from shanshui.industry.tables import Evaluation, Judgements, LeafWeights, Values, Weights

READING = (
    "interval AHP - DA - QCM read as interval weights, quick cluster (k-means) grades of the composite, discriminant analysis of the grades; "
    "the source does not define DA and QCM, so equality with it is not claimed [D]"
)
"""What the three letters are taken to mean; written into every result."""


@dataclass(frozen=True)
class Indicator:
    """One of the third level."""

    first: str
    second: str
    indicator: str
    name: str
    name_zh: str
    formula: str
    unit: str
    direction: str
    applies: str
    note: str


@cache
def evaluation_system() -> tuple[Indicator, ...]:
    """Fifteen indicators in three groups, as printed but for one row: exports stand under driving force, where they belong [S]."""
    text = shipped_text("industry/evaluation_system.csv")
    return tuple(Indicator(**row) for row in csv.DictReader(text.splitlines()))


@assessment(source="saaty1980", bytes_per_cell=0)
def evaluation_weights(
    judgements: Judgements,
    *,
    method: Annotated[str, OneOf(*METHODS, *SOLVERS)] = "interval-eigenvector",
    random_index: Annotated[str, OneOf(*RANDOM_INDICES, REFITTED)] = "saaty",
    draws: Annotated[int, Between(1, 1_000_000)] = 4000,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Weights:
    """Weights of a hierarchy of judgements, local and in the whole.

    Parameters
    ----------
    judgements : table
        ``parent, row, column`` and ``value`` or ``lower, upper``; ``expert`` if there are several; or one labelled square.
    method : str
        Any of crisp or interval AHP: ``eigenvector``, ``geometric``, ``interval-eigenvector``, ``interval-lp-upper`` ….
    random_index : str
        Table of the consistency ratio.
    draws, seed : int
        Of the method ``simulation``.

    Returns
    -------
    table
        ``parent, item, level, leaf, weight, lower, upper, global_weight, global_lower, global_upper`` [1], ``consistency_ratio`` of the
        comparison. Attributes tell the method, the table and what was found.

    Raises
    ------
    QuantityError
        Judgements that are none, or that hold no weights under the method.

    Notes
    -----
    Crisp: A w = lambda_max w or the row geometric mean, CR = (lambda_max - n) / ((n - 1) RI) (Saaty 1980 [M]). Interval eigenvector, the
    default: w = [k x-, m x+], x- and x+ the principal eigenvectors of the matrices of lower and upper bounds, k = sqrt(sum_j 1 / sum_i u_ij),
    m = sqrt(sum_j 1 / sum_i l_ij) (ChinaXiv-201806.00199 [S]). global_weight = product of the local weights from the top. The other solvers
    stand in ``decision.interval_ahp`` with their sources; decisions/0013-judgement says what a result tells.
    """
    found = hierarchy_weights(
        judgements_of(judgements), method, random_index=random_index, draws=draws, seed=seed
    )
    if not found.found:
        lost = next(node for node in found.nodes if not node.weights.found)
        raise QuantityError(f"judgements for {lost.parent}: {lost.weights.finding}")
    ratios = {node.parent: node.consistency.ratio for node in found.nodes}
    out = found.table.assign(consistency_ratio=found.table["parent"].map(ratios))
    out.attrs["method"] = method
    out.attrs["random_index"] = random_index
    out.attrs["findings"] = [
        f"{node.parent}: {node.weights.finding}" for node in found.nodes if node.weights.finding
    ]
    return out


@assessment(source="decisions/0013-judgement", bytes_per_cell=0)
def industry_evaluation(
    evaluation_weights: LeafWeights,
    evaluation_indicators: Values,
    evaluation_values: Values | None = None,
    *,
    grades: Annotated[str, OneOf("k-means", "natural-breaks", "cloud", "quadrant")] = "k-means",
    check: Annotated[str, OneOf("discriminant", "grey", "none")] = "discriminant",
    enough: Annotated[float, Between(0.01, 1.0)] = 0.6,
    least_known_weight: Annotated[float, Between(0.0, 1.0)] = 0.33,
    count: Annotated[int, Between(0, 9)] = 0,
    draws: Annotated[int, Between(100, 1_000_000)] = 10_000,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Evaluation:
    """Composite score, grade and check of every place and every industry.

    Parameters
    ----------
    evaluation_weights : table
        ``item, leaf, global_weight, global_lower, global_upper``.
    evaluation_indicators : table
        ``subject`` place or industry, ``code, name, indicator, value``.
    evaluation_values : table, optional
        The same columns, and ``lower, upper`` if known: a user's values, which go before. Places that are not among those of the
        indicators are of another level and are left out.
    grades : str
        ``k-means``, ``natural-breaks``, ``cloud``, or ``quadrant`` (regional against industrial group, cut at the means).
    check : str
        ``discriminant``, ``grey`` (relational degree beside the score), or ``none``.
    enough : float [1]
        Share of the places (or industries) that must have an indicator for it to count; gaps of the rest take the median [D].
    least_known_weight : float [1]
        Share of the weights that speak of places (or of industries) that must be known of one for it to be ranked [D].
    count : int
        Grades; 0 takes the best silhouette.
    draws : int
        Sets of weights for the acceptability of first ranks.
    seed : int
        Of grades and draws.

    Returns
    -------
    table
        ``subject, code, name, score, lower, upper, rank, grade, check_grade, first_share`` (share of weights under which it comes first),
        ``indicators`` used, ``filled`` values taken from the median, ``known_weight``: share of the weights that speak of its kind whose
        indicators are known of it. What is below ``least_known_weight`` comes last, without score, rank and grade. Attributes hold the
        reading of the method, settings of the three stages and their findings.

    Raises
    ------
    QuantityError
        Values of unknown indicators, weights of unknown ones, no indicator that enough places know.

    Notes
    -----
    z_pi = (x_pi - min_i) / (max_i - min_i), turned for costs; score_p = sum_i w_i z_pi, w the global weights of the indicators that are used,
    scaled to 1; lower and upper by the interval weights. known_weight_p = sum of w_i over those known of p / sum over all that speak of its
    kind. Grades: k-means of the score (MacQueen 1967 [M]), the number by the silhouette (Rousseeuw 1987 [M]). Check: linear discriminant
    analysis (Fisher 1936 [M]) that leaves each place out, or grey relation (Deng 1982 [M]). first_share: share of ``draws`` weights within
    their intervals under which a place comes first (Lahdelma and others 1998 [M]). The three stages are our reading of AHP-DA-QCM, which its
    source does not define (decisions/0013-judgement) [D].
    """
    values = _merged(evaluation_indicators, evaluation_values)
    parts, facts = [], {}
    for subject in ("place", "industry"):
        rows = values[values["subject"] == subject]
        if rows.empty:
            continue
        leaves = _leaves(evaluation_weights, subject)
        tables = _wide(rows)
        used, known = _known(tables["value"], leaves, enough)
        ranked = known.index[known >= least_known_weight]
        names = rows.drop_duplicates("code").set_index("code")["name"]
        found: dict[str, Any] = {
            "indicators": used, "known_weight": float(leaves.loc[used, "global_weight"].sum() / leaves["global_weight"].sum()),
            "not_ranked": [str(names[c]) for c in known.index.difference(ranked)],
        }  # fmt: skip
        out = pd.DataFrame({"code": known.index}, index=list(known.index))
        if len(ranked):
            among = {c: t.loc[ranked, used] for c, t in tables.items()}
            scored, more = _evaluated(among, leaves.loc[used], grades, check, count, draws, seed)
            out, found = out.join(scored), found | more
        out = out.assign(
            name=[names[c] for c in out["code"]], known_weight=known, indicators=len(used), filled=tables["value"][used].isna().sum(axis=1),
        )  # fmt: skip
        order = [c for c in ("rank", "code") if c in out]
        parts.append(out.assign(subject=subject).sort_values(order, ignore_index=True))
        facts[subject] = found
    if not parts:
        raise QuantityError("evaluation_indicators: no values of places or industries")
    out = pd.concat(parts, ignore_index=True)
    columns = [
        "subject", "code", "name", "score", "lower", "upper", "rank", "grade", "check_grade", "first_share", "indicators",
        "filled", "known_weight",
    ]  # fmt: skip
    out = out.reindex(columns=columns)
    out.attrs["reading"] = READING
    out.attrs["stages"] = {
        "weights": evaluation_weights.attrs.get("method", ""),
        "DA": check,
        "QCM": grades,
        "seed": seed,
    }
    out.attrs["found"] = facts
    return out


def _merged(computed: pd.DataFrame, given: pd.DataFrame | None) -> pd.DataFrame:
    known = {i.indicator for i in evaluation_system()}
    frames = [computed] if given is None else [computed, given]
    for name, frame in zip(("evaluation_indicators", "evaluation_values"), frames, strict=False):
        strange = sorted(set(frame["indicator"].astype(str)) - known)
        if strange:
            raise QuantityError(
                f"{name}.indicator: {', '.join(strange[:5])}; known: {', '.join(sorted(known))}"
            )
    frames = [f.assign(code=f["code"].astype(str)) for f in frames]
    places = set(frames[0].loc[frames[0]["subject"] == "place", "code"])
    if places:
        # a user's table may hold places of several levels
        frames = [f[(f["subject"] != "place") | f["code"].isin(places)] for f in frames]
    rows = pd.concat(frames, ignore_index=True)
    rows["value"] = pd.to_numeric(rows["value"], errors="coerce")
    for bound in ("lower", "upper"):
        part = rows[bound] if bound in rows else pd.Series(np.nan, index=rows.index)
        rows[bound] = pd.to_numeric(part, errors="coerce").fillna(rows["value"])
    names = (
        rows.dropna(subset=["name"])
        .drop_duplicates(["subject", "code"])
        .set_index(["subject", "code"])["name"]
        if "name" in rows
        else None
    )
    rows = rows.dropna(subset=["value"]).drop_duplicates(
        ["subject", "code", "indicator"], keep="last"
    )
    if names is not None:
        rows["name"] = [
            names.get((s, c), c) for s, c in zip(rows["subject"], rows["code"], strict=True)
        ]
    else:
        rows["name"] = rows["code"]
    return rows


def _leaves(weights: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Weights of the indicators that speak of places or of industries, by indicator."""
    system = {i.indicator: i for i in evaluation_system()}
    leaves = weights[weights["leaf"].astype(bool)].set_index("item")
    strange = sorted(set(leaves.index) - set(system))
    if strange:
        raise QuantityError(
            f"judgements: {', '.join(strange[:5])} are no indicators; known: {', '.join(system)}"
        )
    return leaves[[system[i].applies in (subject, "both") for i in leaves.index]]


def _wide(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A row for each subject and a column for each indicator: values and their bounds."""
    return {
        c: rows.pivot_table(index="code", columns="indicator", values=c, aggfunc="last")
        for c in ("value", "lower", "upper")
    }


def _known(value: pd.DataFrame, leaves: pd.DataFrame, enough: float) -> tuple[list[str], pd.Series]:
    """Indicators that enough subjects know, and the share of the weights that each subject knows of them."""
    used = [
        i.indicator
        for i in evaluation_system()
        if i.indicator in value
        and i.indicator in leaves.index
        and value[i.indicator].notna().mean() >= enough
    ]
    if not used:
        raise QuantityError("evaluation_indicators: no indicator is known for enough subjects")
    weight = leaves["global_weight"]
    return used, value[used].notna().astype(float) @ weight[used] / float(weight.sum())


def _evaluated(
    tables: dict[str, pd.DataFrame],
    leaves: pd.DataFrame,
    grades: str,
    check: str,
    count: int,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Score, rank and grade of subjects of which enough is known."""
    value = tables["value"]
    used = list(value.columns)
    system = {i.indicator: i for i in evaluation_system()}
    middle = {c: t.fillna(value.median()) for c, t in tables.items()}
    directions = [system[i].direction for i in used]
    share, low, high = _renormalised(leaves)
    x = middle["value"].to_numpy(np.float64)
    ends = np.stack([middle[c].to_numpy(np.float64) for c in ("lower", "upper")])
    scaled = ranged(x, directions)
    score = scaled @ share
    interval = interval_weighted_sum(ends.min(axis=0), ends.max(axis=0), low, high, directions)
    if grades == "quadrant":
        grade, fit = _quadrant(scaled, share, [system[i].first for i in used]), float("nan")
    else:
        fewest = min(count, len(np.unique(score)))
        grade, fit = grades_of(score, method=grades, count=fewest, seed=seed)
    facts: dict[str, Any] = {"silhouette": fit}
    checked: NDArray[np.int64] = grade
    if check == "discriminant" and len(score) > 3 and len(np.unique(grade)) > 1:
        result = discriminant_check(scaled * np.sqrt(share), grade)
        checked = result.predicted
        facts |= {"agreement": result.agreement, "confusion": result.confusion.tolist()}
    elif check == "grey":
        degree = grey_relation(x, share, directions)
        checked, _ = grades_of(
            degree, count=min(len(np.unique(grade)), len(np.unique(degree))), seed=seed
        )
        facts["agreement"] = float((checked == grade).mean())
    first = rank_acceptability(
        benefits(x, directions), draws=draws, seed=seed, lower=low, upper=high
    ).first
    out = pd.DataFrame(
        {
            "score": score,
            "lower": np.minimum(interval.lower, score),
            "upper": np.maximum(interval.upper, score),
            "rank": ranks(score),
            "grade": grade,
            "check_grade": checked,
            "first_share": first,
        },
        index=value.index,
    )
    return out, facts


def _renormalised(
    leaves: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights and their bounds when only some indicators are known."""
    weight = leaves["global_weight"].to_numpy(np.float64)
    low = np.minimum(leaves["global_lower"].to_numpy(np.float64), weight)
    high = np.maximum(leaves["global_upper"].to_numpy(np.float64), weight)
    bottom = low / (low + high.sum() - high)
    top = high / (high + low.sum() - low)
    share = weight / weight.sum()
    return share, np.minimum(bottom, share), np.maximum(top, share)


def _quadrant(
    scaled: NDArray[np.float64], share: NDArray[np.float64], groups: list[str]
) -> NDArray[np.int64]:
    """1 strong in both, 2 industry alone, 3 region alone, 4 neither; cut at the means."""
    own = np.array([g == "industrial" for g in groups])

    def part(which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if not which.any():
            return np.ones(len(scaled), bool)
        values = scaled[:, which] @ share[which]
        return np.asarray(values >= values.mean())

    industry, region = part(own), part(~own)
    return np.where(industry & region, 1, np.where(industry, 2, np.where(region, 3, 4)))
