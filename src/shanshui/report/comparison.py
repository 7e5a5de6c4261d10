"""Two scenarios side by side: in a sentence, as a map of the difference, as files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.terms import word
from shanshui.region.grid import grid_of
from shanshui.report.canvas import as_png, chinese_font, drawing
from shanshui.report.export import written_by
from shanshui.report.maps import WIDEST, MapSpec, draw_map
from shanshui.store.sheets import write_csv, write_workbook
from shanshui.store.written import refuse_foreign, replaced
from shanshui.study.comparison import Comparison
from shanshui.study.sections import BASE
from shanshui.study.study import Study

LEVELS = ("county", "prefecture", "unit", "province", "basin")
"""In whose places gains and losses are told: the first that a comparison has."""
ENDINGS = (".csv", ".xlsx", ".json", ".tif", ".png")
LESS = "#b2182b"
PLAIN: dict[str, Any] = {"interpolation": "nearest", "rasterized": True}
BESIDE: dict[str, Any] = {
    "loc": "center left",
    "bbox_to_anchor": (0.772, 0.5),
    "frameon": False,
    "fontsize": 7.5,
}
_WORDS: dict[str, tuple[str, str]] = {
    "base": ("base", "现状"),
    "same": (
        "{product}: nothing differs between {one} and {other}.",
        "{product}：{one}与{other}没有差别。",
    ),
    "figure": (
        "{product}, from {one} to {other}: {before} → {after} {unit} ({change}{share}).",
        "{product}，由{one}到{other}：{before} → {after} {unit}（{change}{share}）。",
    ),
    "no_figure": (
        "{product}, from {one} to {other}: {changed} of {compared} {things} differ.",
        "{product}，由{one}到{other}：{compared}{things}中有{changed}{things}不同。",
    ),
    "classes": (
        "{product}, from {one} to {other}: {changed} of {compared} cells differ ({percent}, {area} km²); most: {pairs}.",
        "{product}，由{one}到{other}：{compared}个像元中有{changed}个不同（{percent}，{area} km²）；最多的是{pairs}。",
    ),
    "gain": ("Gain most: {places}.", "增加最多：{places}。"),
    "lose": ("Lose most: {places}.", "减少最多：{places}。"),
    "nobody_gains": ("No {level} gains.", "没有{level}增加。"),
    "nobody_loses": ("No {level} loses.", "没有{level}减少。"),
    "only": (
        "{only} {things} are known in one of them only and are not compared.",
        "{only}{things}只在其中之一有值，未予比较。",
    ),
    "preview": (
        "A preview on cells {times} times as wide: figures of the study itself differ.",
        "预览：像元边长为原来的{times}倍，与正式结果有出入。",
    ),
    "cells": ("cells", "个像元"),
    "rows": ("figures", "个数值"),
    "features": ("features", "个要素"),
    "unit": ("planning unit", "规划单元"),
    "county": ("county", "县"),
    "prefecture": ("prefecture", "地市"),
    "province": ("province", "省"),
    "basin": ("basin", "流域"),
    "difference": ("{product}: {other} less {one}", "{product}：{other}减{one}"),
    "differs": ("differs", "不同"),
    "differs_not": ("the same", "相同"),
}


def say(key: str, lang: str, **words: Any) -> str:
    """Words of a comparison."""
    return _WORDS[key][lang == "zh"].format(**words)


def scenario_word(name: str, lang: str) -> str:
    """Name of a scenario; the study itself by its word."""
    return say("base", lang) if name in ("", BASE) else name


def sentences(found: Comparison, lang: str = "en") -> list[str]:
    """Tell a comparison: by how much, who gains, who loses, what was not compared.

    Parameters
    ----------
    found : Comparison
        Of one product.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of str
        At least one.
    """
    things = {"grid": "cells", "classes": "cells", "features": "features"}.get(found.kind, "rows")
    named = {
        "product": word(found.product, lang),
        "one": scenario_word(found.one, lang),
        "other": scenario_word(found.other, lang),
    }
    only = [say("only", lang, only=f"{found.only_one:,}", things=say(things, lang))]
    only = only if found.only_one and found.kind != "features" else []
    if not found.changed:
        return [say("same", lang, **named), *only]
    return [_headline(found, named, things, lang), *_ends(found, lang), *only]


def _headline(found: Comparison, named: dict[str, str], things: str, lang: str) -> str:
    if found.kind == "classes":
        top = [
            f"{r['from']} → {r['to']} ({r['area_km2']:,.6g} km²)"
            for r in found.rows.head(3).to_dict("records")
        ]
        area = found.rows["area_km2"].sum()
        more = {
            "percent": _percent(found.after),
            "area": f"{area:,.6g}",
            "pairs": (", ", "、")[lang == "zh"].join(top),
        }
        return say(
            "classes",
            lang,
            changed=f"{found.changed:,}",
            compared=f"{found.compared:,}",
            **named,
            **more,
        )
    if not np.isfinite(found.change):
        count = {"changed": f"{found.changed:,}", "compared": f"{found.compared:,}"}
        return say("no_figure", lang, things=say(things, lang), **count, **named)
    share = found.change_share
    return (
        say(
            "figure",
            lang,
            before=_number(found.before),
            after=_number(found.after),
            unit="" if found.unit == "1" else found.unit,
            change=_signed(found.change),
            share=f"; {share:+.2%}" if np.isfinite(share) else "",
            **named,
        )
        .replace(" (", " (")
        .replace("  ", " ")
    )


def _ends(found: Comparison, lang: str) -> list[str]:
    level = next(
        (x for x in LEVELS if not found.places.empty and (found.places["level"] == x).any()), ""
    )
    if not level:
        return []
    out = []
    comma = (", ", "、")[lang == "zh"]
    percent = found.kind == "classes"
    for key, none, rows in (
        ("gain", "nobody_gains", found.gains(level)),
        ("lose", "nobody_loses", found.losses(level)),
    ):
        if len(rows):
            told = [
                f"{r['name_zh' if lang == 'zh' else 'name'] or r['name'] or r['code']} {_percent(r['change']) if percent else _signed(r['change'])}"
                for r in rows.to_dict("records")
            ]
            out.append(say(key, lang, places=comma.join(told)))
        elif not percent:
            out.append(say(none, lang, level=say(level, lang)))
    return out


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _number(abs(value))


def _percent(share: float) -> str:
    return f"{share:.3g} %" if not np.isfinite(share) else f"{100 * share:.3g} %"


def difference_map(study: Study, found: Comparison, lang: str) -> Figure:
    """Map of the difference of a grid: red for less, blue for more; where classes differ.

    Parameters
    ----------
    study : Study
        With elevation and region made.
    found : Comparison
        Of a grid.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    PlanError
        Not a grid.
    """
    if found.cells is None:
        raise PlanError(f"{found.product}: is no map; write the comparison as .csv, .xlsx or .json")
    lines = [
        (study[n], c, w)
        for n, c, w in (("counties", "#555555", 0.4), ("boundary", "#222222", 0.9))
        if study.has(n)
    ]
    figure = draw_map(study, MapSpec(lines=lines), lang)
    ax = figure.axes[0]
    grid = grid_of(found.cells)
    step = max(1, -(-max(grid.shape) // WIDEST))
    values = found.cells.values[::step, ::step].astype(np.float64)
    extent = (grid.bounds[0], grid.bounds[2], grid.bounds[1], grid.bounds[3])
    title = say(
        "difference",
        lang,
        product=word(found.product, lang),
        one=scenario_word(found.one, lang),
        other=scenario_word(found.other, lang),
    )
    if found.kind == "classes":
        # a thinned map would lose single cells that differ
        marked = _any(found.cells.values == 1, step)
        red = ListedColormap([LESS])
        ax.imshow(np.where(marked, 0.0, np.nan), extent=extent, cmap=red, zorder=3, **PLAIN)
        figure.legend(handles=[Patch(color=LESS, label=say("differs", lang))], **BESIDE)
    else:
        seen = np.abs(values[np.isfinite(values) & (values != 0)])
        most = float(np.quantile(seen, 0.98)) if seen.size else 1.0
        shown, norm = np.where(values == 0, np.nan, values), TwoSlopeNorm(0.0, -most, most)
        image = ax.imshow(shown, extent=extent, cmap="RdBu", norm=norm, zorder=3, **PLAIN)
        bar = figure.add_axes((0.79, 0.25, 0.018, 0.5))
        figure.colorbar(image, cax=bar, extend="both")
        unit = str(found.cells.attrs["units"])
        bar.set_title("" if unit == "1" else unit, fontsize=8, loc="left", pad=8)
        bar.tick_params(labelsize=7.5)
    figure.text(0.02, 0.015, title, fontsize=7.5, color="#333")
    return figure


def _any(marked: Any, step: int) -> Any:
    """Whether one of the cells behind a pixel is marked."""
    if step == 1:
        return marked
    rows = np.add.reduceat(marked.astype(np.int32), np.arange(0, marked.shape[0], step), axis=0)
    return np.add.reduceat(rows, np.arange(0, marked.shape[1], step), axis=1) > 0


def summary_rows(found: list[Comparison]) -> pd.DataFrame:
    """One row for each comparison."""
    return pd.DataFrame(
        [
            {
                "product": c.product,
                "column": c.column,
                "unit": c.unit,
                "from": c.one,
                "to": c.other,
                "before": c.before,
                "after": c.after,
                "change": c.change,
                "change_share": c.change_share,
                "differ": c.changed,
                "compared": c.compared,
                "in_one_only": c.only_one,
            }
            for c in found
        ]
    )


def write_comparison(
    study: Study, found: list[Comparison], to: Path, lang: str = "en", *, overwrite: bool = False
) -> Path:
    """Write comparisons to one file.

    Parameters
    ----------
    study : Study
        Whose.
    found : list of Comparison
        One of them for a map.
    to : Path
        The ending chooses: .csv and .xlsx (places and rows), .json (all), .tif (the difference), .png (a map of it).
    lang : str
        Of the words.
    overwrite : bool
        Replace a file that the study did not write.

    Returns
    -------
    Path
        ``to``.

    Raises
    ------
    DataError
        An ending that is none of these, or a place where something of others stands.
    PlanError
        A map of several products, or of one that is no grid.
    """
    ending = to.suffix.lower()
    if ending not in ENDINGS:
        raise DataError(
            f"--to {to}: '{to.suffix}' is not a format of comparisons; {nearest(to.suffix, ENDINGS)}"
        )
    if ending in (".tif", ".png") and len(found) != 1:
        raise PlanError(
            f"--to {to}: a map shows one product; {len(found)} differ or were named; name one"
        )
    if ending in (".tif", ".png") and found[0].cells is None:
        raise PlanError(f"{found[0].product}: is no map; write .csv, .xlsx or .json")
    written = written_by(study)
    refuse_foreign(to, written, overwrite=overwrite)
    with replaced(to, written, overwrite=overwrite) as place:
        _write(study, found, place, ending, lang)
    return to


def _write(study: Study, found: list[Comparison], place: Path, ending: str, lang: str) -> None:
    if ending == ".json":
        place.write_text(
            json.dumps([as_dict(c, lang) for c in found], ensure_ascii=False, indent=1), "utf-8"
        )
    elif ending == ".csv":
        write_csv(_all_rows(found), place)
    elif ending == ".xlsx":
        sheets = {
            "summary": summary_rows(found),
            "places": _joined(found, "places"),
            "rows": _joined(found, "rows"),
        }
        write_workbook({k: v for k, v in sheets.items() if len(v)}, place)
    elif ending == ".tif":
        _write_raster(study, found[0], place)
    else:
        shown = lang if lang == "en" or chinese_font() else "en"
        with drawing(shown):
            as_png(difference_map(study, found[0], shown), place)


def _joined(found: list[Comparison], what: str) -> pd.DataFrame:
    parts = [getattr(c, what).assign(product=c.product) for c in found if len(getattr(c, what))]
    if not parts:
        return pd.DataFrame()
    whole = pd.concat(parts, ignore_index=True)
    return whole[["product", *(c for c in whole.columns if c != "product")]]


def _all_rows(found: list[Comparison]) -> pd.DataFrame:
    """Places where there are any, else rows; the headline of each product first."""
    parts = []
    for c in found:
        region = {
            "product": c.product,
            "level": "region",
            "column": c.column,
            "unit": c.unit,
            "before": c.before,
            "after": c.after,
        }
        region |= {"change": c.change, "change_share": c.change_share}
        parts.append(pd.DataFrame([region]))
        if len(c.places):
            parts.append(c.places.assign(product=c.product, column=c.column, unit=c.unit))
        if len(c.rows):
            parts.append(c.rows.assign(product=c.product, level="row"))
    return pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True)


def as_dict(found: Comparison, lang: str = "en") -> dict[str, Any]:
    """Comparison as plain data."""

    def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return json.loads(frame.to_json(orient="records", force_ascii=False)) if len(frame) else []

    head = json.loads(summary_rows([found]).to_json(orient="records", force_ascii=False))[0]
    return head | {
        "kind": found.kind,
        "said": sentences(found, lang),
        "places": rows(found.places),
        "rows": rows(found.rows),
    }


def _write_raster(study: Study, found: Comparison, place: Path) -> None:
    """The difference as a cloud-optimised GeoTIFF."""
    cells = found.cells
    if cells is None:
        return
    grid = study.grid
    profile = {
        "driver": "COG",
        "height": grid.ny,
        "width": grid.nx,
        "count": 1,
        "dtype": str(cells.dtype),
        "crs": grid.crs,
        "transform": grid.transform,
    }
    nodata = cells.attrs.get("nodata", np.nan if cells.dtype.kind == "f" else None)
    with rasterio.open(place, "w", **profile, nodata=nodata, compress="DEFLATE") as file:
        file.write(cells.values, 1)
        file.update_tags(
            product=found.product,
            scenarios=f"{found.other} less {found.one}",
            units=str(cells.attrs["units"]),
        )
