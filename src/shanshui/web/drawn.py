"""The map of a product as a browser draws it: the same classes, colours and words as in the report."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from shanshui.core.errors import PlanError
from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.report.colouring import Colouring
from shanshui.report.legends import legend_of
from shanshui.report.maps import MapSpec, colouring, thumbnail
from shanshui.report.views import VIEWS, View
from shanshui.study.study import Study

TOLD = ("unit", "code", "name", "name_zh", "name_en")
"""Columns of outlines that a click is answered by."""
BASE_LAYERS = ("boundary", "counties", "river_reaches", "cities")
"""Products that lie below and above every map."""
STOPS = 9
"""Colours of a ramp that a legend shows."""
DIGITS = 5
"""Digits behind the point of a degree: a metre."""


@dataclass(frozen=True)
class DrawnMap:
    """What the map of one product shows.

    Attributes
    ----------
    facts : dict
        ``product, title, unit, kind, raster`` (whether tiles show it), ``legend`` or ``ramp``, ``source, bounds``.
    layers : tuple of dict
        Features of each layer: ``role`` (fill, line, course, mark), ``colour, width, label`` and GeoJSON, in WGS 84.
    """

    facts: dict[str, Any]
    layers: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.facts, "layers": list(self.layers)}

    @cached_property
    def text(self) -> bytes:
        """As JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False).encode()

    @property
    def bytes(self) -> int:
        """Of the text."""
        return len(self.text)


def spec_of(study: Study, product: str, voice: Voice) -> MapSpec:
    """What the map of a product is made of.

    Raises
    ------
    PlanError
        It has none, or is not made.
    """
    legend = legend_of(product)
    kind = legend.view or study.record(product).kind
    if kind not in VIEWS:
        raise PlanError(f"{product}: a {kind} has no map")
    return VIEWS[kind](View(study, replace(legend, product=product), voice))


def colouring_of(study: Study, product: str, voice: Voice) -> Colouring | None:
    """Colours of a grid, as its picture in the report has them; None where no cell of the region has a value."""
    spec = spec_of(study, product, voice)
    if spec.product != product:
        raise PlanError(f"{product}: is shown by areas; it has no tiles")
    codes = bool(spec.classes)
    values, _ = thumbnail(study.objects.reader(study.record(product).digest), codes)
    if study.has("region_mask"):
        inside, _ = thumbnail(study.objects.reader(study.record("region_mask").digest), codes=True)
        values = np.where(inside == 1, values, np.nan)
    return colouring(values, spec)


def drawn_map(study: Study, product: str, voice: Voice) -> DrawnMap:
    """What the map of a product shows.

    Parameters
    ----------
    study : Study
        With the product made.
    product : str
        Grid, features, or table of places.
    voice : Voice
        Of the page.

    Raises
    ------
    PlanError
        It has no map, or is not made.
    """
    spec = spec_of(study, product, voice)
    # borders, courses and names that many maps have are drawn once, below: see base_layers
    bare = not (spec.product or spec.fills or spec.courses or spec.marks)
    layers = [
        *(_layer("fill", f, colour, 0.0, label, study) for f, colour, label in spec.fills),
        *(_layer("line", f, c, width, "", study) for f, c, width in spec.lines if bare),
        *(_layer("course", f, c, width, label, study) for f, c, width, label in spec.courses),
        *(_layer("mark", f, colour, 5.0, label, study) for f, colour, _, label in spec.marks),
    ]
    unit = terms()[product].unit if product in terms() else ""
    title, *below = (spec.title or voice.word(product)).split("\n")
    facts: dict[str, Any] = {
        "product": product,
        "title": title,
        "subtitle": " ".join(below),
        "unit": voice.unit(unit),
        "kind": study.record(product).kind,
        "raster": spec.product,
        "source": spec.source,
        "note": voice(legend_of(product).note) if legend_of(product).note else "",
        "bounds": degrees_of(study),
        "legend": [],
        "ramp": None,
    }
    if spec.product:
        found = colouring_of(study, spec.product, voice) if spec.product == product else None
        if spec.product != product:
            found = _other(study, spec)
        facts |= _shown(found, voice)
        facts["digest"] = study.record(spec.product).digest[:16]
    facts["legend"] = [
        *facts["legend"],
        *_labels(layers),
    ]
    return DrawnMap(facts, tuple(layer for layer in layers if layer["features"]))


def _other(study: Study, spec: MapSpec) -> Colouring | None:
    """Colours of a grid that stands for a product."""
    values, _ = thumbnail(
        study.objects.reader(study.record(spec.product).digest), bool(spec.classes)
    )
    return colouring(values, spec)


def _shown(found: Colouring | None, voice: Voice) -> dict[str, Any]:
    """Legend of a grid."""
    if found is None:
        return {}
    if found.classes:
        rows: dict[str, str] = {}
        for _, word, colour in found.classes:
            rows.setdefault(word, colour)
        return {"legend": [{"label": w, "colour": c, "shape": "cell"} for w, c in rows.items()]}
    if found.one:
        said = voice("everywhere", value=voice.figure(found.low))
        return {"legend": [{"label": said, "colour": found.hues(1)[0], "shape": "cell"}]}
    return {
        "ramp": {
            "low": found.low,
            "high": found.high,
            "logarithmic": found.logarithmic,
            "low_said": voice.figure(found.low),
            "high_said": voice.figure(found.high),
            "colours": found.hues(STOPS),
        }
    }


def _labels(layers: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Lines of a legend of the layers that are there."""
    shapes = {"fill": "cell", "course": "line", "mark": "point"}
    out: dict[tuple[str, str], dict[str, str]] = {}
    for layer in layers:
        if layer["label"] and layer["features"]:
            line = {
                "label": layer["label"],
                "colour": layer["colour"],
                "shape": shapes[layer["role"]],
            }
            out.setdefault((line["label"], line["colour"]), line)
    return list(out.values())


def _layer(
    role: str, frame: gpd.GeoDataFrame, colour: str, width: float, label: str, study: Study
) -> dict[str, Any]:
    if role == "line":  # borders, without the words of what they bound
        frame = gpd.GeoDataFrame(geometry=frame.geometry)
    return {
        "role": role,
        "colour": _hex(colour),
        "width": width,
        "label": label.replace("\u200b", ""),
        "features": features_of(frame, study.grid.cell_m / 2),
    }


def _hex(colour: str) -> str:
    from matplotlib.colors import to_hex

    return str(to_hex(colour))


def base_layers(study: Study, voice: Voice) -> dict[str, Any]:
    """Region, counties, rivers and places, for below and above every map.

    Parameters
    ----------
    study : Study
        As far as they are made.
    voice : Voice
        Of names.
    """
    out: dict[str, Any] = {
        "bounds": degrees_of(study),
        "region": [],
        "counties": [],
        "rivers": [],
        "places": [],
    }
    within = study.grid.cell_m / 2
    if study.has("boundary"):
        whole = study["boundary"].dissolve()
        out["region"] = features_of(gpd.GeoDataFrame(geometry=whole.geometry), within)
    if study.has("counties"):
        counties = study["counties"]
        if study.has("boundary"):
            shape = study["boundary"].union_all()
            counties = counties[counties.representative_point().within(shape)]
        out["counties"] = features_of(counties, within)
    if study.has("river_reaches"):
        reaches = study["river_reaches"]
        top = int(reaches["order"].max()) if len(reaches) else 0
        out["rivers"] = features_of(reaches[reaches["order"] >= max(2, top - 3)], within)
        for feature, order in zip(
            out["rivers"], reaches.loc[reaches["order"] >= max(2, top - 3), "order"], strict=False
        ):
            feature["properties"]["order"] = int(order)
    if study.has("cities"):
        out["places"] = features_of(study["cities"], 0.0)
    for kind in ("region", "counties", "rivers", "places"):
        for feature in out[kind]:
            told = feature["properties"]
            own = voice.column(told, "name")
            told["label"] = told.get(own) or told.get("name") or ""
    return out


def features_of(frame: gpd.GeoDataFrame, within_m: float) -> list[dict[str, Any]]:
    """Rows as GeoJSON in WGS 84, with borders that neighbours share left shared.

    Parameters
    ----------
    frame : GeoDataFrame
        Any projected system.
    within_m : float [m]
        How far a line may move.
    """
    kept = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if kept.empty:
        return []
    shapes = _lighter(kept.geometry.to_numpy(), within_m)
    placed = gpd.GeoSeries(shapes, crs=kept.crs)
    placed = placed.to_crs(4326) if placed.crs is not None else placed
    rounded = shapely.set_precision(placed.to_numpy(), 10.0**-DIGITS, mode="pointwise")
    columns = {c: kept[c].tolist() if c in kept else [None] * len(kept) for c in TOLD if c in kept}
    if "unit" not in kept and kept.index.name == "unit":
        columns["unit"] = kept.index.tolist()
    out = []
    for at, shape in enumerate(rounded):
        told = {c: _plain(v[at]) for c, v in columns.items()}
        out.append(
            {
                "type": "Feature",
                "properties": {k: v for k, v in told.items() if v is not None},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
        )
    return out


def _lighter(shapes: Any, within_m: float) -> Any:
    """Simplified, polygons that cover ground together."""
    if within_m <= 0:
        return shapes
    kinds = set(shapely.get_type_id(shapes).tolist())
    if kinds <= {3, 6} and bool(shapely.coverage_is_valid(shapes)):
        return shapely.coverage_simplify(shapes, within_m)
    return shapely.simplify(shapes, within_m)


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def degrees_of(study: Study) -> list[float]:
    """West, south, east and north of the region, or of the grid where it has none [degree]."""
    box = study["boundary"].total_bounds if study.has("boundary") else study.grid.bounds
    to_degrees = pyproj.Transformer.from_crs(study.grid.crs, 4326, always_xy=True)
    return [round(float(v), 5) for v in to_degrees.transform_bounds(*box)]
