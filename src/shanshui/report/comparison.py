"""Two scenarios side by side: in a sentence, as a map of the difference, as files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.terms import word
from shanshui.region.grid import grid_of
from shanshui.report.canvas import as_png, chinese_font, drawing
from shanshui.report.export import written_by
from shanshui.report.maps import WIDEST, thumbnail
from shanshui.report.words import say as said_of_report
from shanshui.store.sheets import write_csv, write_workbook
from shanshui.store.written import refuse_foreign, replaced
from shanshui.study.comparison import DIFFERS, ENTERS, LEAVES, Comparison
from shanshui.study.sections import BASE
from shanshui.study.study import Study

LEVELS = ("county", "prefecture", "unit", "province", "basin")
"""In whose places gains and losses are told: the first that a comparison has."""
ENDINGS = (".csv", ".xlsx", ".json", ".tif", ".png")
LESS, MORE = "#67001f", "#053061"
"""Ends of the ramp of differences."""
ACROSS = 3
"""Panels side by side."""
PLAIN: dict[str, Any] = {"interpolation": "nearest", "rasterized": True}
BESIDE: dict[str, Any] = {
    "loc": "center left",
    "bbox_to_anchor": (0.82, 0.5),
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
    "differ_most": ("Differ most: {places}.", "差别最大：{places}。"),
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
    "difference": ("{product}: difference from the base", "{product}：较现状的差别"),
    "differs": ("differs", "不同"),
    "enters": ("comes in", "调入"),
    "leaves": ("goes out", "调出"),
    "less": ("{other} less {one}", "{other}减{one}"),
    "scenarios": ("Scenarios", "情景"),
    "scenarios_told": ("What each scenario says", "各情景的内容"),
    "scenarios_note": (
        "Counts of people, jobs, firms and products stay as counted unless a scenario changes them: what land gives changes with the land, what a "
        "yearbook says does not.",
        "人口、就业、企业和产品等统计数除情景另有规定外保持不变：随土地改变的是土地的产出，年鉴数字不变。",
    ),
    "side_by_side": ("Scenarios side by side", "情景对比"),
    "side_by_side_note": (
        "Maps by their mean over the region, tables by their total; in brackets the change from the base. What no scenario changes is left out.",
        "图件取全区平均，表格取合计；括号内为较现状的变化。各情景均未改变的成果从略。",
    ),
    "unchanged": ("as base", "同现状"),
    "ground_differs": ("{share} % of ground differs", "{share}%的土地不同"),
    "figures_differ": ("{changed} figures differ", "{changed}个数值不同"),
    "change_by_place": ("{product}: change by place ({unit})", "{product}：分地区变化（{unit}）"),
    "change_by_place_note": (
        "The {count} places of {all} that change most.",
        "{all}个地区中变化最大的{count}个。",
    ),
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
            share=f"; {signed_share(share)}" if np.isfinite(share) else "",
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
            out.append(say("differ_most" if percent else key, lang, places=comma.join(told)))
        elif not percent:
            out.append(say(none, lang, level=say(level, lang)))
    return out


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _number(abs(value))


def signed_share(share: float) -> str:
    """Share with its sign, as three digits of a percentage."""
    return f"{'+' if share > 0 else '−' if share < 0 else ''}{abs(100 * share):.3g} %"


def _percent(share: float) -> str:
    return f"{share:.3g} %" if not np.isfinite(share) else f"{100 * share:.3g} %"


def difference_map(study: Study, found: list[Comparison], lang: str) -> Figure:
    """Maps of the difference of one product, a panel for each scenario, in one scale: red for less, blue for more.

    Parameters
    ----------
    study : Study
        With the region made.
    found : list of Comparison
        Of one grid; of classes that are only in or out, blue is what comes in and red what goes; of others red is what differs.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    PlanError
        Not a grid.
    """
    cells = [c.cells for c in found if c.cells is not None]
    if len(cells) < len(found) or not found:
        raise PlanError(
            f"{found[0].product if found else ''}: is no map; write the comparison as .csv, .xlsx or .json"
        )
    grid = grid_of(cells[0])
    across = min(len(found), ACROSS)
    down = -(-len(found) // across)
    width = 9.4
    panel = 0.80 * width / across
    ratio = grid.ny / grid.nx
    figure = Figure(figsize=(width, down * (panel * ratio + 0.45) + 0.2), dpi=130)
    axes = figure.subplots(down, across, squeeze=False)
    figure.subplots_adjust(left=0.015, right=0.80, bottom=0.03, top=0.93, wspace=0.03, hspace=0.15)
    classes = found[0].kind == "classes"
    shown = [_panel(c, classes) for c in found]
    norm = TwoSlopeNorm(0.0, *((-1.0, 1.0) if classes else _span(shown)))
    image = None
    for ax in axes.ravel():
        ax.set_axis_off()
    for ax, one, values in zip(axes.ravel(), found, shown, strict=False):
        _ground(ax, study)
        image = ax.imshow(values, extent=_extent(study), cmap="RdBu", norm=norm, zorder=2, **PLAIN)
        _outlines(ax, study)
        ax.set_title(
            say(
                "less",
                lang,
                one=scenario_word(one.one, lang),
                other=scenario_word(one.other, lang),
            ),
            fontsize=8.5,
        )
    if classes:
        figure.legend(handles=_class_legend(found[0], lang), **BESIDE)
    elif image is not None:
        bar = figure.add_axes((0.83, 0.22, 0.016, 0.56))
        figure.colorbar(image, cax=bar, extend="both")
        unit = str(cells[0].attrs["units"])
        bar.set_title("" if unit == "1" else unit, fontsize=8, loc="left", pad=8)
        bar.tick_params(labelsize=7.5)
    if study.file.study.made_up:
        figure.text(
            0.83,
            0.93,
            said_of_report("made_up", lang),
            fontsize=7,
            color="#a02020",
            va="top",
            wrap=True,
        )
    return figure


def _panel(one: Comparison, classes: bool) -> NDArray[np.float64]:
    """Difference thinned to what a panel can show; NaN where nothing differs."""
    cells = one.cells if one.cells is not None else xr.DataArray()
    step = max(1, -(-max(cells.shape) // WIDEST))
    if not classes:
        values = cells.values[::step, ::step].astype(np.float64)
        return np.where(values == 0, np.nan, values)
    # a thinned map would lose single cells that differ
    out = np.full(tuple(-(-n // step) for n in cells.shape), np.nan)
    for sign, code in ((-1.0, LEAVES), (1.0, ENTERS), (-1.0, DIFFERS)):
        out[_any(cells.values == code, step)] = sign
    return out


def _span(shown: list[NDArray[np.float64]]) -> tuple[float, float]:
    seen = np.abs(np.concatenate([v[np.isfinite(v)] for v in shown]))
    most = float(np.quantile(seen, 0.98)) if seen.size else 1.0
    return -most, most


def _extent(study: Study) -> tuple[float, float, float, float]:
    left, bottom, right, top = study.grid.bounds
    return left, right, bottom, top


def _ground(ax: Any, study: Study) -> None:
    """Region in pale grey, on which little differences are seen."""
    inside, _ = thumbnail(study.objects.reader(study.record("region_mask").digest), codes=True)
    pale = np.where(inside == 1, 0.0, np.nan)
    ax.imshow(pale, extent=_extent(study), cmap=ListedColormap(["#ececec"]), zorder=1, **PLAIN)


def _outlines(ax: Any, study: Study) -> None:
    for name, colour, width in (("counties", "#888888", 0.3), ("boundary", "#222222", 0.7)):
        if study.has(name):
            shapes = study[name].boundary.simplify(study.grid.cell_m)
            shapes = shapes[~shapes.is_empty]
            if len(shapes):
                shapes.plot(ax=ax, color=colour, linewidth=width, zorder=3, aspect=None)
    ax.set_xlim(study.grid.bounds[0], study.grid.bounds[2])
    ax.set_ylim(study.grid.bounds[1], study.grid.bounds[3])
    ax.set_aspect("equal")


def _class_legend(one: Comparison, lang: str) -> list[Patch]:
    values = one.cells.values if one.cells is not None else np.empty(0)
    if np.isin(values, (ENTERS, LEAVES)).any():
        return [
            Patch(color=MORE, label=say("enters", lang)),
            Patch(color=LESS, label=say("leaves", lang)),
        ]
    return [Patch(color=LESS, label=say("differs", lang))]


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
            as_png(difference_map(study, found, shown), place)


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
