"""Answers as values that JSON can hold."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def plain(value: Any) -> Any:
    """What JSON can hold: no NaN, no numpy."""
    if hasattr(value, "item"):
        value = value.item()
    # neither NaN nor pandas' NA is itself
    return value if (value == value) is True else None


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a table with plain values."""
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def jsonable(value: Any, default: Callable[[Any], Any] = plain) -> Any:
    """The same as lists, dictionaries, words and numbers only.

    Parameters
    ----------
    value : any
        Built of mappings, sequences and values.
    default : callable
        Makes a plain value of one that JSON does not know.
    """
    return json.loads(json.dumps(value, default=default))
