"""Verdicts of the access rules on one industry everywhere at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.industry.classification import checked_code
from shanshui.industry.rule_book import RESTRICTS, VERDICTS, Rule, Term, shipped_rules

ENCOURAGE, ALLOW = VERDICTS.index("encourage"), VERDICTS.index("allow")


@dataclass(frozen=True)
class CellVerdicts:
    """Verdicts on one industry everywhere.

    Attributes
    ----------
    verdict, worst, if_clear : (n,)
        Places in :data:`VERDICTS`, as in :class:`Admission`.
    where : dict of rule to (n,)
        Cells in which each rule fired for certain, of those that fired anywhere.
    open_to : dict of fact to (n,)
        Cells in which the verdict waits for it, of those that any waits for.
    """

    verdict: NDArray[np.uint8]
    worst: NDArray[np.uint8]
    if_clear: NDArray[np.uint8]
    where: dict[str, NDArray[np.bool_]]
    open_to: dict[str, NDArray[np.bool_]]


def admitted_cells(
    code: str,
    facts: Mapping[str, NDArray[Any]],
    *,
    kind: str = "new",
    year: int | None = None,
    rules: Sequence[Rule] | None = None,
    off: Mapping[str, float] = MappingProxyType({}),
) -> CellVerdicts:
    """Verdict on one industry everywhere at once.

    Parameters
    ----------
    code : str
        Industry code.
    facts : mapping of fact to (n,)
        Of each cell; NaN where not known, as is a fact that is left out: rules that ask for it stand as questions.
    kind : str
        Of the project.
    year : int, optional
        Rules in force then; that of the rule book by default.
    rules : sequence of Rule, optional
        Instead of those that come with the product.
    off : mapping of fact to float, optional
        How far each fact may be from its number, in its unit, as :func:`admit` takes it.

    Returns
    -------
    CellVerdicts
        As :func:`admit` gives of each cell.
    """
    plain = checked_code(code)
    size = next(iter(facts.values())).shape
    of_it = [
        r
        for r in (shipped_rules() if rules is None else rules)
        if r.concerns(plain, kind, year, ())
    ]
    sure: dict[str, NDArray[np.bool_]] = {}
    may: dict[str, NDArray[np.bool_]] = {}
    none = np.zeros(size, bool)
    lifted, may_lift = (
        dict.fromkeys((r.rule for r in of_it), none),
        dict.fromkeys((r.rule for r in of_it), none),
    )
    for rule in of_it:
        sure[rule.rule], may[rule.rule] = cells_of(rule, facts, size, off)
        for name in rule.over:
            lifted[name] = lifted.get(name, none) | sure[rule.rule]
            may_lift[name] = may_lift.get(name, none) | may[rule.rule]
    welcome, hoped = none.copy(), none.copy()
    clear = np.full(size, ALLOW, np.uint8)
    worst, best = clear.copy(), clear.copy()
    where: dict[str, NDArray[np.bool_]] = {}
    for rule in of_it:
        stands = ~lifted[rule.rule]
        fired, might = sure[rule.rule] & stands, may[rule.rule] & stands
        if fired.any():
            where[rule.rule] = fired
        if rule.verdict == "encourage":
            welcome |= fired
            hoped |= might
        elif rule.verdict in RESTRICTS:
            place = VERDICTS.index(rule.verdict)
            np.maximum(clear, np.where(fired, place, 0).astype(np.uint8), out=clear)
            np.maximum(worst, np.where(might, place, 0).astype(np.uint8), out=worst)
            holds = sure[rule.rule] & ~may_lift[rule.rule]
            np.maximum(best, np.where(holds, place, 0).astype(np.uint8), out=best)
    best[hoped & (best == ALLOW)] = ENCOURAGE
    now = np.where(welcome & (clear == ALLOW), ENCOURAGE, clear).astype(np.uint8)
    open_to = _waited_for(of_it, facts, off, sure, may, lifted, clear, best < now)
    verdict = np.where(worst > clear, clear, now).astype(np.uint8)
    worst = np.where(worst > clear, worst, verdict).astype(np.uint8)
    return CellVerdicts(verdict, worst, best, where, open_to)


def _waited_for(
    rules: Sequence[Rule],
    facts: Mapping[str, NDArray[Any]],
    off: Mapping[str, float],
    sure: Mapping[str, NDArray[np.bool_]],
    may: Mapping[str, NDArray[np.bool_]],
    lifted: Mapping[str, NDArray[np.bool_]],
    clear: NDArray[np.uint8],
    hope: NDArray[np.bool_],
) -> dict[str, NDArray[np.bool_]]:
    """Cells in which a rule that is graver than the verdict, or that would make it milder, waits for each fact."""
    out: dict[str, NDArray[np.bool_]] = {}
    for rule in rules:
        asks = may[rule.rule] & ~sure[rule.rule] & ~lifted[rule.rule]
        if rule.verdict in RESTRICTS:
            asks &= VERDICTS.index(rule.verdict) > clear
        else:
            lifts = [sure[name] for name in rule.over if name in sure]
            asks &= hope & np.logical_or.reduce(
                [np.full(asks.shape, rule.verdict == "encourage"), *lifts]
            )
        for term in rule.when if asks.any() else ():
            met, might = _met(term, facts, off, asks.shape)
            missing = asks & might & ~met
            if missing.any():
                out[term.fact] = out.get(term.fact, np.zeros(asks.shape, bool)) | missing
    return out


def cells_of(
    rule: Rule,
    facts: Mapping[str, NDArray[Any]],
    size: tuple[int, ...],
    off: Mapping[str, float],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells in which a rule holds for certain, and in which it may, with facts that may be ``off`` from their numbers."""
    sure, may = np.ones(size, bool), np.ones(size, bool)
    for term in rule.when:
        met, might = _met(term, facts, off, size)
        sure &= met
        may &= might
    return sure, may


def _met(
    term: Term, facts: Mapping[str, NDArray[Any]], off: Mapping[str, float], size: tuple[int, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells in which a condition is met for certain, and in which it may be."""
    if term.fact not in facts:
        return np.zeros(size, bool), np.ones(size, bool)
    values, within = facts[term.fact], off.get(term.fact, 0.0)
    return term.holds(values, within), term.may_hold(values, within)
