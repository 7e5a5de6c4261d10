"""Variants noted and dropped, what is kept mended and swept."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from shanshui.core.errors import PlanError, ShanshuiError, StudyError, nearest
from shanshui.flow.run import Run
from shanshui.flow.variants import Settings, checked_name, name_of, settings_over
from shanshui.store.layout import locked
from shanshui.store.manifests import write_variants
from shanshui.store.verify import Fault
from shanshui.store.verify import mend as mended

if TYPE_CHECKING:
    from shanshui.study.study import Study

DECLARED: Settings = {"@scenario": {}}
"""Noted for a scenario instead of settings: what it changes stands in its file."""


def parse_settings(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read ``STEP.SETTING=VALUE`` texts.

    Raises
    ------
    StudyError
        A text that is not of that form.
    """
    out: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        step, dot, setting = place.partition(".")
        if not (equals and dot and step.strip() and setting.strip()):
            raise StudyError(
                f"--set {text}: expected STEP.SETTING=VALUE, for example slope_class.limits_deg=5,15,25"
            )
        out.setdefault(step.strip(), {})[setting.strip()] = value.strip()
    return out


def with_settings(
    study: "Study", settings: Mapping[str, Mapping[str, Any]], name: str = ""
) -> "Study":
    """Look at a study with something set otherwise.

    Parameters
    ----------
    study : Study
        Or a variant of it, whose settings stay below the new ones.
    settings : mapping of step to mapping of setting to value
        Over those of the study.
    name : str
        Of the variant; by default made of what is set.

    Returns
    -------
    Study
        The study itself when nothing differs and no name is given.

    Raises
    ------
    PlanError
        A name that no folder can have, or that stands for other settings.
    """
    known = study.variants()
    if name:
        checked_name(name, known)
    plan = study.plan.with_settings(settings)
    over = settings_over(plan, study.base)
    name = name or (name_of(over) if over else "")
    if name in known and known[name] != over:
        raise PlanError(
            f"variant '{name}' stands for {_told(known[name])}, not for {_told(over)}; give another name with "
            f"--as, or drop it first: shanshui sweep {study.layout.folder} --variant {name}"
        )
    return study.view(name, plan)


def _told(settings: Settings) -> str:
    return name_of(settings) if settings else "the settings of the study file"


@contextmanager
def noted_variant(study: "Study", run: Run) -> Iterator[None]:
    """Note what the variant of a run sets, beside the ledger too, so that it can be run again by its name.

    A new one of which nothing was made is dropped again when the run fails.
    """
    over = DECLARED if study.of or study.times > 1 else settings_over(run.plan, study.base)
    before = study.ledger.variants()
    if before.get(run.variant) != over:
        with locked(study.layout), study.ledger.writing(mend=True):
            write_variants(study.layout, {**study.ledger.variants(), run.variant: over})
            study.ledger.know_variant(run.variant, over)
    try:
        yield
    except BaseException:
        if run.variant not in before:
            # the failure itself is what is to be told
            with suppress(ShanshuiError):
                _drop_empty(study, run.variant)
        raise


def _drop_empty(study: "Study", variant: str) -> None:
    with locked(study.layout), study.ledger.writing():
        if variant not in {of for of, _, _, _ in study.ledger.products()}:
            _drop_variant(study, variant)


def _drop_variant(study: "Study", variant: str) -> None:
    others = {k: v for k, v in study.ledger.variants().items() if k != variant}
    write_variants(study.layout, others)
    study.ledger.drop_variant(variant)


def sweep(study: "Study", variant: str | None = None) -> tuple[int, int]:
    """Delete kept results that no product stands for any more.

    Parameters
    ----------
    study : Study
        Whose results.
    variant : str, optional
        Variant to be dropped before.

    Returns
    -------
    tuple of int
        Files deleted, and their bytes.

    Raises
    ------
    PlanError
        There is no such variant.
    StoreError
        The ledger knows none of the kept results.
    """
    if variant is not None and variant not in (known := study.ledger.variants()):
        raise PlanError(f"no variant '{variant}'; {nearest(variant, known)}")
    with locked(study.layout), study.ledger.writing(mend=True):
        study.objects.refuse_lost()
        if variant is not None:
            _drop_variant(study, variant)
        for of, name, _, _ in study.ledger.products():
            if not of and name not in study.base.steps and name not in study.base.absent:
                study.ledger.drop_product(name)
        study.objects.products.withdraw_dropped()
        return study.objects.sweep()


def mend(study: "Study", found: Iterable[Fault]) -> list[str]:
    """Mend what can be mended without making anything; the next run makes damaged results anew.

    Parameters
    ----------
    study : Study
        Whose results.
    found : iterable of Fault
        As ``Study.faults`` gives them.

    Returns
    -------
    list of str
        What was done, in words.
    """
    with locked(study.layout), study.ledger.writing(mend=True):
        return [*study.ledger.remarks(), *mended(study.objects, found)]


def rebuild(study: "Study") -> list[str]:
    """Put the ledger aside and make it anew from the notes beside the kept results; what was done, in words."""
    with locked(study.layout):
        if study.layout.ledger.exists():
            study.ledger.renew(f"{study.layout.ledger}: made anew as asked")
        with study.ledger.writing(mend=True):
            return study.ledger.remarks()
