"""What is written of how a plan keeps to control lines: rows, JSON, layers for a GIS with their words."""

import json
from pathlib import Path

import pandas as pd

from shanshui.core.errors import DataError, nearest
from shanshui.core.voice import Voice, languages
from shanshui.queries.conformity import PlanConformity
from shanshui.store.layout import Layout
from shanshui.store.sheets import plain_text, write_csv
from shanshui.store.vectors import Aliases, write_geopackage
from shanshui.store.written import Written, refuse_foreign, replaced
from shanshui.study.study import Study

ENDINGS = (".csv", ".json", ".gpkg")
UNITS = {"area_km2": "km2", "violating_km2": "km2", "unknown_km2": "km2", "conforming_km2": "km2", "outside_km2": "km2", "share": "1",
         "people": "person", "people_unknown_km2": "km2"}  # fmt: skip
"""Columns that are numbers of a unit."""


def refuse_file(study: Study, to: Path, plan: Path, *, overwrite: bool) -> None:
    """Refuse a place before anything is computed.

    Raises
    ------
    DataError
        An ending that is none of ours, an input, the plan itself, something of others.
    """
    if to.suffix.lower() not in ENDINGS:
        raise DataError(
            f"--to {to}: '{to.suffix}' is not a format of the answer; {nearest(to.suffix, ENDINGS)}"
        )
    refuse_foreign(to, _written(study.layout, plan), overwrite=overwrite)


def _written(layout: Layout, plan: Path) -> Written:
    return Written(layout.store / "exports.jsonl", (plan,), layout.report)


def write_conformity(
    study: Study, found: PlanConformity, to: Path, voice: Voice, *, overwrite: bool = False
) -> Path:
    """Write an answer.

    Parameters
    ----------
    study : Study
        Notes what it wrote, so that the same command may write it anew.
    found : PlanConformity
        The answer.
    to : Path
        By its ending: ``.csv`` (a row for each rule that a feature breaks, and for each feature that breaks none), ``.json``, ``.gpkg``
        (layers ``features`` and ``violations``, tables ``rules`` and ``overlaps``).
    voice : Voice
        Of what a GIS shows for the names of columns.
    overwrite : bool
        A file of others may be replaced.

    Raises
    ------
    DataError
        As :func:`refuse_file`.
    """
    refuse_file(study, to, found.file, overwrite=overwrite)
    with replaced(to, _written(study.layout, found.file), overwrite=overwrite) as place:
        if to.suffix.lower() == ".csv":
            write_csv(found.table(), place)
        elif to.suffix.lower() == ".json":
            text = json.dumps(found.to_dict(), ensure_ascii=False, indent=1)
            place.write_text(f"{text}\n", "utf-8")
        else:
            layers = {
                "features": found.features,
                "violations": found.violations,
                "rules": found.rules,
                "overlaps": found.overlaps,
            }
            layers = {name: _holdable(frame) for name, frame in layers.items()}
            write_geopackage(layers, place, _aliases(layers, voice))
    return to


def _holdable(frame: pd.DataFrame) -> pd.DataFrame:
    """Words without control characters, which come from the plan."""
    out = frame.copy()
    for column in out.columns:
        if column != "geometry" and out[column].dtype.kind not in "biuf":
            out[column] = [plain_text(str(v)) for v in out[column]]
    return out


def _aliases(layers: dict[str, pd.DataFrame], voice: Voice) -> Aliases:
    every = [Voice(name) for name in languages()]
    return {
        layer: {
            str(c): (
                voice(f"conform.{c}"),
                " · ".join(v(f"conform.{c}") for v in every)
                + (f" [{UNITS[c]}]" if c in UNITS else ""),
            )
            for c in frame.columns
            if f"conform.{c}" in voice
        }
        for layer, frame in layers.items()
    }
