"""Variants: the same plan with something changed, its results under a name of their own."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from shanshui.core.errors import PlanError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, Step
from shanshui.store.making import SUFFIX

LONGEST = 80
"""Letters of a name [D]: it is a folder's."""
_OURS = ("products", "report", "maps", "store", "objects", "tmp", "ledger", "lock", "study", "data")
"""Names in a study folder: a variant of such a name could not be told from them, as ``report/maps-en``."""
Settings = dict[str, dict[str, Any]]


def reached(plan: Plan, base: Plan) -> set[str]:
    """Products that a change of plan reaches: the changed steps and all below them.

    Parameters
    ----------
    plan : Plan
        As changed.
    base : Plan
        As it was.

    Returns
    -------
    set of str
        Empty when nothing differs.
    """
    found: set[str] = set()
    for name in plan.steps:
        if _differs(plan, base, name) or found & set(plan.inputs(name).values()):
            found.add(name)
    return found


def _differs(plan: Plan, base: Plan, name: str) -> bool:
    one, other = plan.steps[name], base.steps.get(name)
    if other is None or plan.inputs(name) != base.inputs(name):
        return True
    if isinstance(one, Step) and isinstance(other, Step):
        # as they are written, since 5 and 5.0 are two settings to a recipe
        mine, theirs = (item.card.checked(item.settings) for item in (one, other))
        changed = repr(sorted(mine.items())) != repr(sorted(theirs.items()))
        return changed or one.card is not other.card
    if isinstance(one, Source) and isinstance(other, Source):
        return (one.file, one.parts) != (other.file, other.parts)
    return type(one) is not type(other)


def settings_over(plan: Plan, base: Plan) -> Settings:
    """What a plan sets otherwise than another: step, setting, value, as plain data."""
    out: Settings = {}
    for name, item in plan.steps.items():
        # a step that lacks an input in one of them is set all the same
        other = base.steps.get(name) or base.left.get(name)
        if not (isinstance(item, Step) and isinstance(other, Step)):
            continue
        mine, theirs = item.card.checked(item.settings), other.card.checked(other.settings)
        changed = {
            k: v
            for k, v in mine.items()
            if k not in item.followed and repr(v) != repr(theirs.get(k))
        }
        if changed:
            out[name] = changed
    return {k: dict(v) for k, v in json.loads(json.dumps(out, default=str)).items()}


def name_of(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Short name that tells what is set, fit for a folder.

    Parameters
    ----------
    settings : mapping of step to mapping of setting to value
        As ``settings_over`` gives them.

    Returns
    -------
    str
        Such as ``gep.year=2015``; long ones end in a digest.
    """
    parts = [
        f"{step}.{word}={_short(value)}"
        for step, words in sorted(settings.items())
        for word, value in sorted(words.items())
    ]
    text = "+".join(parts)
    name = re.sub(r"[^\w.,=+-]", "_", text)
    if name == text and len(name) <= LONGEST and _fault(name) == "":
        return name
    mark = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9].rstrip('.')}-{mark}"


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_short, value))
    if isinstance(value, float):
        return f"{value:.12g}"
    return "none" if value is None else str(value)


def checked_name(name: str, known: Iterable[str] = ()) -> str:
    """Name of a variant, if a folder can have it.

    Parameters
    ----------
    name : str
        As asked for.
    known : iterable of str
        Variants that there are.

    Raises
    ------
    PlanError
        It cannot be a folder's name, or differs from another one by its capitals only.
    """
    fault = _fault(name)
    if fault:
        raise PlanError(
            f"variant '{name[:LONGEST]}': {fault}; a name is up to {LONGEST} letters, digits and . , = + - _ or blanks"
        )
    for other in known:
        if other != name and other.casefold() == name.casefold():
            raise PlanError(
                f"variant '{name}': there is '{other}' already, and many disks cannot tell them apart"
            )
    return name


def _fault(name: str) -> str:
    if not name or name != name.strip():
        return "is empty, or begins or ends with a blank"
    if name[0] in ".-" or name[-1] == ".":
        return "begins with a dot or a dash, or ends with a dot"
    odd = re.search(r"[^\w .,=+-]", name)
    if odd:
        return f"has {odd[0]!r} in it"
    if len(name) > LONGEST:
        return f"has {len(name)} letters"
    if name.endswith(tuple(set(SUFFIX.values()))):
        return "ends as a product's file does"
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name):
        return "is a device's name on some systems"
    if re.fullmatch(rf"(?i)maps-.*|{'|'.join(_OURS)}", name):
        return "is the name of a folder or file of the study"
    return ""
