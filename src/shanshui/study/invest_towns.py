"""Urban cooling of an argument file of InVEST: its method, and its ground."""

from shanshui.accounts.urban_cooling import METHODS
from shanshui.core.errors import StudyError
from shanshui.region.grid import GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_seasons import common_ground

ENERGY = ("building_vector_path", "energy_consumption_table_path")


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
    rasters = [draft.needed("lulc_raster_path"), draft.needed("ref_eto_raster_path")]
    draft.told.append(
        "ref_eto_raster_path: on other cells it is read between by straight lines, which InVEST does by cubic splines; its greatest value, by "
        "which all others are divided, may then be another"
    )
    return common_ground(draft, grid, rasters, draft.table_or_map("aoi_vector_path"))
