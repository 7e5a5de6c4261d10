"""Rows of a product with the names of their places in one language."""

import pandas as pd

from shanshui.queries.places import with_places
from shanshui.study.study import Study


def named(study: Study, name: str, lang: str) -> pd.DataFrame:
    """Rows with code, and the name of their place in a language as ``name``."""
    frame = with_places(study, name)
    if lang == "zh" and "name_zh" in frame and "name" in frame:
        return frame.assign(name=frame["name_zh"].where(frame["name_zh"].notna(), frame["name"]))
    return frame
