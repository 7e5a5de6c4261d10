"""Chapters of the report on accounts, importance and sensitivity."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from shanshui.accounts.frames import FRAMES
from shanshui.core.terms import word
from shanshui.report.account_figures import (
    extent_chart,
    flow_chart,
    frames_chart,
    mismatch_chart,
    series_chart,
    service_chart,
)
from shanshui.report.account_words import account_words
from shanshui.report.places import named
from shanshui.report.tables import table_of
from shanshui.report.views import cover_classes
from shanshui.report.words import PHRASES, say
from shanshui.study.study import Study

PUBLISHED = (
    ("published_china", "gep2020", 72.81e12 / 9.6e6, "Ma et al. 2017"),
    ("published_xie", "xie2015", 38.1e12 / 9.6e6, "Xie et al. 2015"),
    (
        "published_garze",
        "gep2020",
        754.559e9 / 153_000,
        "Bai Ma Zhuoga et al. 2017; area 153,000 km2 [M]",
    ),
    ("published_tonglu", "gep2020", 55.129e9 / 1829, "Li et al. 2024; area 1829 km2 [M]"),
    ("published_qinba", "", 1.9635e6, "SSCAE 2020.01.001"),
)
"""Totals elsewhere: words, frame, yuan per km2, source."""
BILLION = 1e9


def account_chapters(study: Study, show: Any, lang: str) -> list[dict[str, Any]]:
    """Chapters on accounts and on importance, as far as their products were made.

    Parameters
    ----------
    study : Study
        With its accounts run.
    show : gallery
        Numbers figures.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of dict
        ``title, figures, tables`` each.
    """
    chart: Callable[..., list[Any]] = show.chart

    flat = say("maps_note", lang)
    notes = {
        "soil_retention.loss": flat,
        "sediment_delivery.sed_export": flat,
        "net_primary_production": say("npp_note", lang),
    }

    def maps(*names: str) -> list[Any]:
        return [figure for name in names for figure in show.map(name, notes.get(name, ""))]

    classes = cover_classes(study, "land_cover") if "land_cover" in study.specs else pd.DataFrame()
    column = "name_zh" if lang == "zh" else "name"
    names = {int(str(k)): str(v) for k, v in classes.get(column, {}).items()}
    colours = {int(str(k)): str(v) or "#777" for k, v in classes.get("colour", {}).items()}
    worth = [
        *_chart_if(
            study,
            "gep",
            lambda: chart(
                "gep",
                lambda: service_chart(study["gep"], lang),
                _frame(study, lang),
                say("gep_note", lang),
            ),
        ),
        *_chart_if(
            study,
            "supply_use",
            lambda: chart(
                "supply_use",
                lambda: flow_chart(study["supply_use"], lang),
                "",
                say("use_note", lang),
            ),
        ),
        *maps("unit_gep", "gep_hot_spots"),
        *_chart_if(
            study,
            "mismatch",
            lambda: chart(
                "mismatch",
                lambda: mismatch_chart(_compared_places(study, lang), lang),
                "",
                say("mismatch_note", lang),
            ),
        ),
        *chart(
            "extent_series",
            lambda: extent_chart(study["extent_series"], names, colours, lang),
            "",
            say("extent_note", lang),
        ),
        *chart(
            "service_series",
            lambda: frames_chart(_complete_years(study["service_series"]), lang),
            "",
            say("services_series_note", lang),
        ),
        *chart(
            "value_series",
            lambda: series_chart(study["value_series"], lang),
            "",
            say("series_note", lang),
        ),
    ]
    return [
        {
            "title": say("gives", lang),
            "figures": maps(
                "water_yield.water_yield", "water_retention.retained", "soil_retention.retained", "soil_retention.loss",
                "sediment_delivery.sed_export", "nutrient_delivery.total_export", "carbon_stock.carbon", "net_primary_production",
                "climate_regulation", "habitat_quality.habitat_quality",
            ),
            "tables": [t for t in (_balance(study, lang),) if t],
        },
        {
            "title": say("worth", lang),
            "figures": worth,
            "tables": [
                t
                for t in (
                    _account(study, lang), *account_words(study, lang), _compared(study, lang), _prefectures(study, lang),
                    _condition(study, lang),
                )
                if t
            ],
        },
        {
            "title": say("fragile", lang),
            "figures": maps(
                "service_importance", "erosion_class", "hazard_sensitivity", "ecological_sensitivity", "protection_importance",
                "red_line_candidate",
            ),
            "tables": [t for t in (_red_line(study, lang), _steep(study, lang)) if t],
        },
    ]  # fmt: skip


def _complete_years(table: pd.DataFrame) -> pd.DataFrame:
    """Years in which every service has its figures: a gap would look like a fall."""
    units = table.groupby(["year", "service"])["code"].nunique().unstack("service")  # noqa: PD010
    whole = units.index[(units >= 0.9 * units.max()).all(axis=1)]
    return table[table["year"].isin(whole)]


def _chart_if(study: Study, name: str, draw: Callable[[], list[Any]]) -> list[Any]:
    """A chart of a table that has rows to show."""
    if not study.has(name):
        return []
    frame = study[name]
    shown = next((c for c in ("value", "mismatch") if c in frame), None)
    value = pd.Series(dtype=float) if shown is None else frame[shown]
    return draw() if len(frame) and np.isfinite(value).any() else []


def _frame(study: Study, lang: str) -> str:
    frame = FRAMES[str(study["gep"]["frame"].iloc[0])]
    return f"{word('gep', lang)} · {frame.title_zh if lang == 'zh' else frame.title}"


def _account(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("gep"):
        return None
    rows = study["gep"]
    if rows["category"].iloc[0] in ("equivalent", "transfer"):
        return _equivalents(rows, study, lang)
    frame = pd.DataFrame(
        {
            "service": [say(f"service_{s}", lang) for s in rows["service"]],
            "flow": [
                say(str(f), lang) if f in PHRASES else str(f).replace("_", " ")
                for f in rows["flow"]
            ],
            "amount": rows["amount"],
            "per": rows["per"],
            "price": rows["price"],
            "method": [say(str(m), lang) if m else "" for m in rows["method"]],
            "price_year": ["" if pd.isna(y) else str(int(y)) for y in rows["price_year"]],
            "value_billion": rows["value"] / BILLION,
            "low_billion": rows["low"] / BILLION,
            "high_billion": rows["high"] / BILLION,
            "counts": [
                say("yes" if c else "no", lang) if s != "total" else ""
                for c, s in zip(rows["counts"], rows["service"], strict=True)
            ],
            "price_source": rows["price_source"] + [f" [{s}]" if s else "" for s in rows["status"]],
        }
    )
    return table_of(
        f"{_frame(study, lang)} ({FRAMES[str(rows['frame'].iloc[0])].status})",
        frame,
        lang,
        say("account_note", lang),
        of=("gep",),
    )


def _equivalents(rows: pd.DataFrame, study: Study, lang: str) -> dict[str, Any]:
    """Account by equivalent factors: classes of one service together."""
    sums = rows.groupby("service", sort=False)[["value", "low", "high"]].sum(min_count=1) / BILLION
    # intervals of classes do not add up; that of the total stands
    sums.loc[sums.index != "total", ["low", "high"]] = np.nan
    frame = pd.DataFrame(
        {
            "service": [say(f"service_{s}", lang) for s in sums.index],
            "value_billion": sums["value"].to_numpy(),
            "low_billion": sums["low"].to_numpy(),
            "high_billion": sums["high"].to_numpy(),
        }
    )
    return table_of(_frame(study, lang), frame, lang, say("account_note", lang), of=("gep",))


def _compared(study: Study, lang: str) -> dict[str, Any] | None:
    """The account beside published ones, per km2."""
    if not study.has("gep_summary"):
        return None
    figures = study["gep_summary"].set_index("figure")["value"]
    if not np.isfinite(figures.get("total", np.nan)):
        return None
    rows = [
        (say("this_study", lang), str(study["gep"]["frame"].iloc[0]), figures["per_km2"] / 1e6, "")
    ]
    if "without_clim" in figures:
        rows.append(
            (
                say("without_clim", lang),
                str(study["gep"]["frame"].iloc[0]),
                figures["without_clim"] / figures["area"] / 1e6,
                "",
            )
        )
    rows += [
        (say(key, lang), frame, value / 1e6, source) for key, frame, value, source in PUBLISHED
    ]
    frame = pd.DataFrame(rows, columns=["account", "frame", "million_per_km2", "source_of"])
    note = say("compared_note", lang)
    return table_of(say("compared", lang), frame, lang, note, of=("gep_summary", "gep"))


def _compared_places(study: Study, lang: str) -> pd.DataFrame:
    """Prefectures of which both value and product are known."""
    return named(study, "mismatch", lang).dropna(subset=["mismatch"])


def _prefectures(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("mismatch") or study["mismatch"]["mismatch"].isna().all():
        return None
    rows = _compared_places(study, lang).sort_values("mismatch", ascending=False)
    frame = pd.DataFrame(
        {
            "code": rows["code"],
            "name": rows["name"], "share_inside": rows["share_inside"], "gep_billion": rows["gep"] / BILLION, "gdp_billion": rows["gdp"] / BILLION,
            "ratio": rows["ratio"], "mismatch_ratio": rows["mismatch"], "quadrant": [say(q, lang) for q in rows["quadrant"]],
            "coordination": rows["coordination"], "grade": [say(g, lang) for g in rows["grade"]],
        }
    )  # fmt: skip
    note = say("county_note", lang)
    return table_of(word("mismatch", lang), frame, lang, note, of=("mismatch",))


def _condition(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("condition_account"):
        return None
    rows = named(study, "condition_account", lang).sort_values("change", ascending=False)
    return table_of(
        word("condition_account", lang),
        rows[["code", "name", "opening", "closing", "change"]],
        lang,
        say("condition_note", lang),
        of=("condition_account",),
    )


def _balance(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("water_balance_check"):
        return None
    rows = study["water_balance_check"]
    frame = pd.DataFrame(
        {
            "check": [say(c, lang) for c in rows["check"]],
            "share_percent": 100 * rows["share"],
            "volume_m3": rows["volume_m3"],
        }
    )
    title, note = word("water_balance_check", lang), say("balance_note", lang)
    return table_of(title, frame, lang, note, of=("water_balance_check",))


def _red_line(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("red_line_share"):
        return None
    rows = named(study, "red_line_share", lang).sort_values("share", ascending=False)
    whole = rows["red_line_km2"].sum() / rows["area_km2"].sum()
    frame = pd.DataFrame(
        {
            "code": rows["code"],
            "name": rows["name"],
            "area_km2": rows["area_km2"],
            "red_line_km2": rows["red_line_km2"],
            "share_percent": 100 * rows["share"],
        }
    )
    return table_of(
        word("red_line_share", lang),
        frame,
        lang,
        say("red_line_note", lang).format(share=f"{whole:.0%}"),
        of=("red_line_share",),
    )


def _steep(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("steep_farmland"):
        return None
    frame = study["steep_farmland"].copy()
    title, note = word("steep_farmland", lang), say("steep_note", lang)
    return table_of(title, frame, lang, note, of=("steep_farmland",))
