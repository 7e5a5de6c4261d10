"""All chapters bound together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from shanshui.collect.inputs import PRODUCTS
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, Step
from shanshui.plans.accounts import accounts
from shanshui.plans.industry import industry
from shanshui.plans.pattern import REPLACING, pattern, pattern_without
from shanshui.plans.survey import survey
from shanshui.plans.validation import validation
from shanshui.plans.zoning import zoning

CHAPTERS: dict[str, Callable[[set[str]], list[Step]]] = {
    "survey": survey,
    "accounts": accounts,
    "pattern": pattern,
    "industry": industry,
    "zoning": zoning,
    "validation": validation,
}
"""Steps of each chapter, from the inputs that a study has."""


def everything(sources: Iterable[Source], without: Mapping[str, str] | None = None) -> Plan:
    """Bind every chapter to the inputs of a study.

    Parameters
    ----------
    sources : iterable of Source
        Inputs that the study has.
    without : mapping of product to reason, optional
        Steps that cannot be right here, and why.

    Returns
    -------
    Plan
        Steps whose inputs are there; the others with what they lack.
    """
    sources = [
        replace(s, name=PRODUCTS.get(s.name, s.name), instead=s.name in REPLACING) for s in sources
    ]
    have = {source.name for source in sources}
    steps = [item for chapter in CHAPTERS.values() for item in chapter(have)]
    left = pattern_without(have) | dict(without or {})
    return Plan.of(*steps, sources=sources, without=left)
