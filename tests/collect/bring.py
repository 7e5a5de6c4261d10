"""Bring a raster to a pencil world as a run does, and look at it as a check does."""

import numpy as np
from tests.worlds import grid_spec

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import verdict
from shanshui.collect.rasters import raster_input

SPEC = grid_spec(20, 30)


def specs_of(paths, **declared):
    paths = paths if isinstance(paths, list) else [paths]
    return paths, [InputSpec(file=str(p), **declared) for p in paths]


def brought(paths, kind="elevation", grid=SPEC, **declared):
    paths, specs = specs_of(paths, **declared)
    with raster_input(paths, specs, INPUTS[kind], kind, grid) as source:
        source.check_overlap(grid)
        rows = []
        for _, part in source.strips(grid, lambda done: None):
            source.check_codes(part)
            rows.append(part)
        return np.concatenate(rows)


def why(paths, kind="elevation", grid=SPEC, **declared):
    paths, specs = specs_of(paths, **declared)
    with raster_input(paths, specs, INPUTS[kind], kind, grid) as source:
        return source.reasons(grid, 0, grid.ny)


def look(paths, kind="elevation", grid=SPEC, **declared):
    paths, specs = specs_of(paths, **declared)
    return verdict(kind, specs, INPUTS[kind], paths, grid)
