"""Urban cooling of an argument file of InVEST: its method, and its ground."""

from shanshui.accounts.urban_cooling import METHODS
from shanshui.core.errors import StudyError
from shanshui.region.grid import GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_seasons import common_ground

ENERGY = ("building_vector_path", "energy_consumption_table_path")

WEIGHTS = {"cc_weight_shade": 0.6, "cc_weight_albedo": 0.2, "cc_weight_eti": 0.2}
"""Weights of the factors, and what they are where nothing is said [S]."""


def without_energy(args: dict[str, object], *, asked: bool) -> dict[str, object]:
    """Arguments without those of buildings, whose files need not be there where no energy is asked for."""
    return args if asked else {k: v for k, v in args.items() if k not in ENERGY}


def towns(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    """Settings of towns, on the ground that the reference looks at.

    Parameters
    ----------
    draft : Draft
        Has the inputs and numbers; takes the words.
    grid : GridSpec
        Of the land cover.

    Returns
    -------
    GridSpec
        The part of it that evaporation covers, within the box of the area of interest.

    Raises
    ------
    StudyError
        A method that is none.
    """
    said = str(draft.args.get("cc_method") or METHODS[0]).strip().lower()
    if said not in METHODS:
        raise StudyError(
            f"{draft.file.path}: cc_method: found '{said[:40]}'; expected {' or '.join(METHODS)}"
        )
    draft.set(["urban_cooling.method"], said)
    given = [name for name in WEIGHTS if draft.args.get(name) not in (None, "")]
    if given:
        weights = [draft.number(n) if n in given else w for n, w in WEIGHTS.items()]
        draft.set(["urban_cooling.weights"], weights)
    rasters = [draft.needed("lulc_raster_path"), draft.needed("ref_eto_raster_path")]
    return common_ground(draft, grid, rasters, draft.table_or_map("aoi_vector_path"))
