"""Ground that the measures of a previewed scenario take: on its wide cells, beside what they take on those of the study."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.voice import Voice
from shanshui.flow.rewire import plain
from shanshui.flow.steps import Step
from shanshui.measures.ground import HOLDS, rule_ground
from shanshui.queries.plain import plain as plain_value
from shanshui.region.grid import GridSpec
from shanshui.study.study import Study


@dataclass(frozen=True)
class MeasureGround:
    """Ground that one measure takes.

    Attributes
    ----------
    scenario, measure : str
        Which says it, and as written.
    preview_km2 : float [km2]
        On the cells of the preview; NaN where it has not been made.
    study_km2 : float [km2]
        On those of the study; NaN where it is not known.
    lacking : tuple of str
        Products that the study would have to make for that.
    """

    scenario: str
    measure: str
    preview_km2: float
    study_km2: float
    lacking: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        told = {key: plain_value(value) for key, value in asdict(self).items() if key != "lacking"}
        return told | {"lacking": list(self.lacking)}


def measure_grounds(study: Study) -> tuple[MeasureGround, ...]:
    """Ground of each measure on cells, on those of a preview and on those of the study.

    Slopes, distances and covers of wide cells are others than those of narrow ones: a rule on them holds elsewhere, and on more or
    less ground, so that what a preview says of a measure is only as good as these two agree.

    Parameters
    ----------
    study : Study
        A scenario, looked at as a preview; nothing is told of others.

    Returns
    -------
    tuple of MeasureGround
        In the order of the measures; nothing is made for it.
    """
    if study.times == 1 or not study.of or not study.grounds:
        return ()
    whole = type(study)(study.layout.folder, read_only=True)
    whole.scenarios.update(study.scenarios)
    full = whole.scenario(study.of)
    told = []
    for ground, (scenario, text) in study.grounds.items():
        wide = _km2(study[ground], study.grid) if study.has(ground) else np.nan
        narrow, lacking = _of_study(whole, full, ground)
        told.append(MeasureGround(scenario, text, wide, narrow, lacking))
    return tuple(told)


def _km2(ground: xr.DataArray | NDArray[Any], grid: GridSpec) -> float:
    return float(np.count_nonzero(np.asarray(ground) == HOLDS) * grid.cell_km2)


def _of_study(base: Study, full: Study, ground: str) -> tuple[float, tuple[str, ...]]:
    """Ground on the cells of the study, and what must be made for it where that is not known."""
    if full.has(ground) and full.fresh(ground):
        return _km2(full[ground], full.grid), ()
    item = full.plan.steps[ground]
    if not isinstance(item, Step):
        return np.nan, ()
    first = ground == min(full.grounds, key=lambda name: int(name.partition("@")[2]))
    grids: dict[str, xr.DataArray] = {}
    lacking: list[str] = []
    for name, product in item.needs.items():
        # what the first measure asks is the study as it is
        if first and base.has(plain(product)) and base.fresh(plain(product)):
            grids[name] = base[plain(product)]
        elif full.has(product) and full.fresh(product):
            grids[name] = full[product]
        else:
            lacking.append(plain(product))
    if lacking:
        return np.nan, tuple(lacking)
    return _km2(rule_ground(rule=str(item.settings["rule"]), **grids), full.grid), ()


def ground_sentences(study: Study, voice: Voice) -> list[str]:
    """Ground of each measure of a previewed scenario, in a sentence each.

    Parameters
    ----------
    study : Study
        As of :func:`measure_grounds`.
    voice : Voice
        Of the page or the command.
    """
    told = []
    for one in measure_grounds(study):
        said = {"measure": one.measure, "preview": f"{one.preview_km2:,.4g}"}
        if one.lacking:
            run = f"shanshui run {study.layout.folder} {' '.join(one.lacking)}"
            told.append(voice("preview_ground_unknown", run=run, **said))
        else:
            told.append(voice("preview_ground", study=f"{one.study_km2:,.4g}", **said))
    return told
