"""Rows of a product with the names of their places in one language."""

import pandas as pd

from shanshui.core.voice import Voice
from shanshui.queries.places import PlacedRows
from shanshui.study.study import Study


def named(study: Study, name: str, voice: Voice) -> pd.DataFrame:
    """Rows with code, and the name of their place in a language as ``name``."""
    frame = PlacedRows(study, name).named
    own = voice.column(frame, "name")
    if own != "name" and "name" in frame:
        return frame.assign(name=frame[own].where(frame[own].notna(), frame["name"]))
    return frame


def names_of(study: Study, name: str, voice: Voice) -> dict[str, str]:
    """Names of places in the language of a voice by their plain ones, where the input has them."""
    if not study.has(name) or (own := voice.column(study[name], "name")) == "name":
        return {}
    return {str(k): str(v) for k, v in study[name].set_index("name")[own].items()}
