"""How all inputs of a study stand: each by itself, and what they say of each other."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import pandas as pd

from shanshui.collect.catalog import Specs, located
from shanshui.collect.features import features_input
from shanshui.collect.inputs import INPUTS, TOGETHER, refuse_several
from shanshui.collect.joining import LEVELS, places_frame
from shanshui.collect.quality import Verdict, verdict
from shanshui.collect.seasons import season_of
from shanshui.collect.sense import sense_doubts
from shanshui.collect.sense_places import POINTS, place_doubts
from shanshui.core.errors import ShanshuiError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Step
from shanshui.pattern.sightings import not_found
from shanshui.region.grid import GridSpec
from shanshui.study.meaning import told
from shanshui.study.presence_doubts import presence_doubts

_OF_CLASSES = ("biophysical", "crop_classes")
"""Tables of models that work on classes of land cover alone, without any height."""


def verdicts_of(
    specs: Specs, folders: list[Path], grid: GridSpec, plan: Callable[[], Plan]
) -> list[Verdict]:
    """Verdict per dataset, in the order of the study file.

    Parameters
    ----------
    specs : mapping of str to list of InputSpec
        Declarations.
    folders : list of Path
        Where relative paths are looked for.
    grid : GridSpec
        Study grid.
    plan : callable
        The plan of the study; may raise what is wrong with it.
    """
    out = []
    features = _features(specs, folders, grid)
    places = places_frame({k: v for k, v in features.items() if k in LEVELS})
    for name, declared in specs.items():
        kind = INPUTS[name]
        one = kind.family in TOGETHER
        for group in [declared] if one else [[spec] for spec in declared]:
            paths = [located(spec, folders) for spec in group]
            gone = [p for p in paths if group[0].value is None and not p.exists()]
            if gone and not group[0].needed:
                doubt = f"{name}: no file {gone[0]}; the study runs without it"
                out.append(Verdict(name, str(gone[0]), needed=False, doubts=[doubt], spec=group[0]))
                continue
            out.append(verdict(name, group, kind, paths, grid, places, features.get(name)))
        try:
            refuse_several(name, len(declared))
        except ShanshuiError as error:
            out[-1].problems.append(str(error))
    _look_together(out, places, features)
    if "species_presence" in features:
        last = next(v for v in reversed(out) if v.name == "species_presence")
        with suppress(ShanshuiError):  # what is wrong with the heights is told by their own verdict
            last.doubts += presence_doubts(features["species_presence"], specs, folders, grid)
        try:
            not_found(features["species_presence"])
        except ShanshuiError as error:
            last.problems.append(str(error))
    if not {"elevation", *_OF_CLASSES} & set(specs):
        lacks = "elevation: not declared; the survey needs [inputs.elevation]"
        out.append(Verdict("elevation", "", problems=[lacks]))
    try:
        whole = plan()
    except ShanshuiError:
        return out  # each command that needs the plan says what is wrong
    _look_at_season(out, whole, specs)
    return told(whole, out, specs)


def _look_at_season(verdicts: list[Verdict], plan: Plan, specs: Specs) -> None:
    """Doubt an index of one season where nothing says what fields are in the rest of the year."""
    item = plan.steps.get("vegetation_fraction")
    if not isinstance(item, Step) or item.settings.get("farmed_least") is not None:
        return
    season = season_of(specs.get("ndvi", ()))
    if season:
        mine = [v for v in verdicts if v.name == "ndvi"]
        mine[-1].doubts.append(
            f"ndvi: '{season}' stands in its file or edition: is it of a part of the year? Fields may lie bare then; set farmed_least of "
            "vegetation_fraction (0.4 suits two crops a year), or give the mean or the greatest of a year and say 'annual' in its edition"
        )


def _features(specs: Specs, folders: list[Path], grid: GridSpec) -> dict[str, gpd.GeoDataFrame]:
    """Places and points, read from their files; what cannot be read is told by its own verdict."""
    found = {}
    for name in (*LEVELS, *POINTS, "species_presence"):
        if specs.get(name):
            paths = [located(spec, folders) for spec in specs[name]]
            with suppress(ShanshuiError):
                found[name] = features_input(paths, specs[name], INPUTS[name], name, grid)
    return found


def _look_together(
    verdicts: list[Verdict],
    places: pd.DataFrame | None,
    features: Mapping[str, gpd.GeoDataFrame],
) -> None:
    """Add doubts that no single file shows, to the last file of each input."""
    files: dict[str, list[Verdict]] = {}
    for each in verdicts:
        files.setdefault(each.name, []).append(each)
    tables = {
        name: pd.concat(found, ignore_index=True)
        for name, group in files.items()
        if (found := [v.table for v in group if v.table is not None])
    }
    for doubts in (sense_doubts(tables, places), place_doubts(features)):
        for name, texts in doubts.items():
            files[name][-1].doubts += texts
