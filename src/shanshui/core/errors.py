"""The errors of shanshui.

::

    ShanshuiError
    ├── StudyError          the study file or folder: a field, a name, a lock
    ├── DataError           an input file: missing, unreadable, not what was declared
    ├── QuantityError       a value handed to an assessment: kind, dims, unit, CRS
    ├── PlanError           a plan that cannot be built: unknown product or setting, loop, missing input
    ├── ResourceError       memory or disk that a run needs and does not have
    └── StoreError          kept results that cannot be read or written

Every message names the thing, says what was found and what was expected, and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ShanshuiError(Exception):
    """Anything shanshui refuses, with the way out in its message."""


class StudyError(ShanshuiError):
    """The study file or folder is not as it must be."""


class DataError(ShanshuiError):
    """An input file is missing, unreadable, or not what was declared."""


class QuantityError(ShanshuiError, ValueError):
    """A value handed to an assessment has the wrong kind, dims, unit or CRS."""


class PlanError(ShanshuiError):
    """A plan cannot be built."""


class ResourceError(ShanshuiError):
    """Memory or disk that a run needs is not there."""


class StoreError(ShanshuiError):
    """A kept result cannot be read or written."""


FEW = 12
"""Names that a message can hold all of."""
SHOWN = 3
"""Names that it holds of more."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a clause that suggests the nearest known word; where none is near, all of them when few, else the least far."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "there are none"
    if len(names) <= FEW:
        return f"known: {', '.join(names)}"
    near = ", ".join(get_close_matches(word, names, n=SHOWN, cutoff=0.0))
    return f"nearest of {len(names)}: {near}"


def refuse_no_name(value: object, argument: str) -> None:
    """Refuse what is no single name.

    Parameters
    ----------
    value : object
        As it was handed over.
    argument : str
        For the message.

    Raises
    ------
    PlanError
        A list, a number or anything else that is no text.
    """
    if not isinstance(value, str):
        raise PlanError(
            f"{argument}: found a {type(value).__name__}, expected one name as text, such as 'slope'; ask for several one by one"
        )
