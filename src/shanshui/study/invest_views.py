"""Scenic quality of an argument file of InVEST: the words of its valuation, and its ground."""

from shanshui.accounts.scenic_quality import VALUATIONS
from shanshui.core.errors import StudyError
from shanshui.region.grid import GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_seasons import common_ground

WORTH = {"valuation": "linear", "a": 1.0, "b": 0.0, "farthest_m": 1e6}
"""Settings under which what is seen is worth its weight."""


def views(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    """Settings of views, on the ground that the reference looks at.

    Parameters
    ----------
    draft : Draft
        Has the inputs and numbers; takes the words.
    grid : GridSpec
        Of the elevation.

    Returns
    -------
    GridSpec
        The part of it within the box of the area of interest.

    Raises
    ------
    StudyError
        No structures, a function that is none.
    """
    draft.needed("structure_path")
    if draft.by_reference:
        draft.set(["scenic_quality.sight"], "planes")
    said = str(draft.args.get("valuation_function") or "").strip().lower()
    # older releases wrote the formula behind the word
    word = next((w for w in VALUATIONS if said.startswith(w)), None)
    if word is not None:
        draft.set(["scenic_quality.valuation"], word)
    elif said:
        raise StudyError(
            f"{draft.file.path}: valuation_function: found '{said[:40]}'; expected {', '.join(VALUATIONS)}"
        )
    if not draft.flag("do_valuation", absent=True):
        # classes are then by what is seen: a worth of 1 however far gives the same
        for setting, value in WORTH.items():
            draft.set([f"scenic_quality.{setting}"], value)
    area = draft.table_or_map("aoi_path")
    if area is None:
        return grid
    draft.told.append(
        "aoi_path: the study is its box; ground and structures in the box but outside the area count here, which InVEST leaves out"
    )
    return common_ground(draft, grid, [draft.needed("dem_path")], area)
