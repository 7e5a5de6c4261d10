"""Chapters of the report on accounts, importance and sensitivity."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.accounts.frames import FRAMES, frame_name
from shanshui.accounts.indicators import ground_compared
from shanshui.accounts.priced import WHOLE_GROUND
from shanshui.accounts.prices import price_source
from shanshui.industry.county_product import BY_KNOWN
from shanshui.report.account_figures import (
    extent_chart,
    flow_chart,
    frames_chart,
    mismatch_chart,
    series_chart,
    service_chart,
)
from shanshui.report.account_words import account_words
from shanshui.report.page import Chart, Page
from shanshui.report.places import named
from shanshui.report.views import cover_classes
from shanshui.study.study import Study

PUBLISHED = (
    ("published_china", "gep2020", 72.81e12 / 9.6e6, "Ma et al. 2017"),
    ("published_xie", "xie2015", 38.1e12 / 9.6e6, "Xie et al. 2015"),
    (
        "published_garze",
        "gep2020",
        754.559e9 / 153_000,
        "published_garze_source",
    ),
    ("published_tonglu", "gep2020", 55.129e9 / 1829, "published_tonglu_source"),
    ("published_qinba", "", 1.9635e6, "SSCAE 2020.01.001"),
)
"""Totals elsewhere: words, frame, yuan per km2, source or the key of its words."""
MONEY = ("money_value", "money_low", "money_high")


def account_chapters(page: Page) -> list[dict[str, Any]]:
    """Chapters on accounts and on importance, as far as their products were made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.

    Returns
    -------
    list of dict
        ``title, figures, tables`` each.
    """
    classes = (
        cover_classes(page.study, "land_cover")
        if "land_cover" in page.study.specs
        else pd.DataFrame()
    )
    column = page.voice.column(classes, "name")
    names = {int(str(k)): str(v) for k, v in classes.get(column, {}).items()}
    colours = {int(str(k)): str(v) or "#777" for k, v in classes.get("colour", {}).items()}
    study, voice = page.study, page.voice
    charts = {
        "gep": Chart(lambda: service_chart(study["gep"], voice), _frame(page)),
        "supply_use": Chart(lambda: flow_chart(study["supply_use"], voice)),
        "mismatch": Chart(lambda: mismatch_chart(_compared_places(page), voice)),
        "extent_series": Chart(lambda: extent_chart(study["extent_series"], names, colours, voice)),
        "service_series": Chart(
            lambda: frames_chart(_complete_years(study["service_series"]), voice)
        ),
        "value_series": Chart(lambda: series_chart(study["value_series"], voice)),
    }
    shown = {n: c for n, c in charts.items() if n not in MAY_BE_EMPTY or _has_values(study, n)}
    tables = {
        "gives": (_balance(page),),
        "worth": (
            _account(page),
            *account_words(page),
            _compared(page),
            _prefectures(page),
            _condition(page),
        ),
        "fragile": (_red_line(page), _steep(page)),
    }
    return [
        {
            "title": voice(chapter),
            "figures": page.figures(chapter, shown),
            "tables": [t for t in of_chapter if t],
        }
        for chapter, of_chapter in tables.items()
    ]


MAY_BE_EMPTY = ("gep", "supply_use", "mismatch")
"""Tables that are made where nothing is known, too."""


def _complete_years(table: pd.DataFrame) -> pd.DataFrame:
    """Years in which every service has its figures: a gap would look like a fall."""
    units = table.groupby(["year", "service"])["code"].nunique().unstack("service")  # noqa: PD010
    whole = units.index[(units >= 0.9 * units.max()).all(axis=1)]
    return table[table["year"].isin(whole)]


def _has_values(study: Study, name: str) -> bool:
    """Whether a table has rows to show."""
    if not study.has(name):
        return False
    frame = study[name]
    shown = next((c for c in ("value", "mismatch") if c in frame), None)
    return shown is not None and bool(np.isfinite(frame[shown]).any())


def _frame(page: Page) -> str:
    if not page.study.has("gep"):
        return ""
    frame = FRAMES[str(page.study["gep"]["frame"].iloc[0])]
    return f"{page.voice.word('gep')} · {page.voice.among(frame.title.words)}"


def _account(page: Page) -> dict[str, Any] | None:
    if not page.study.has("gep"):
        return None
    rows = page.study["gep"]
    if rows["category"].iloc[0] in ("equivalent", "transfer"):
        return _equivalents(rows, page)
    frame = pd.DataFrame(
        {
            "service": [page.voice(f"service_{s}") for s in rows["service"]],
            "flow": [
                page.voice(str(f)) if f in page.voice else str(f).replace("_", " ")
                for f in rows["flow"]
            ],
            "amount": rows["amount"],
            "per": [page.voice.unit(str(u)) if u else "" for u in rows["per"]],
            "price": rows["price"],
            "method": [page.voice(str(m)) if m else "" for m in rows["method"]],
            "price_year": ["" if pd.isna(y) else str(int(y)) for y in rows["price_year"]],
            "money_value": rows["value"],
            "money_low": rows["low"],
            "money_high": rows["high"],
            "counts": [
                page.voice("yes" if c else "no") if s != "total" else ""
                for c, s in zip(rows["counts"], rows["service"], strict=True)
            ],
            "price_source": [
                price_source(str(source), page.voice) + (f" [{status}]" if status else "")
                for source, status in zip(rows["price_source"], rows["status"], strict=True)
            ],
        }
    )
    return page.table(
        f"{_frame(page)} ({page.voice.among(FRAMES[str(rows['frame'].iloc[0])].status.words)})",
        frame,
        page.voice("account_note"),
        of=("gep",),
        money=MONEY,
    )


def _equivalents(rows: pd.DataFrame, page: Page) -> dict[str, Any]:
    """Account by equivalent factors: classes of one service together."""
    sums = rows.groupby("service", sort=False)[["value", "low", "high"]].sum(min_count=1)
    # intervals of classes do not add up; that of the total stands
    sums.loc[sums.index != "total", ["low", "high"]] = np.nan
    frame = pd.DataFrame(
        {
            "service": [page.voice(f"service_{s}") for s in sums.index],
            "money_value": sums["value"].to_numpy(),
            "money_low": sums["low"].to_numpy(),
            "money_high": sums["high"].to_numpy(),
        }
    )
    title, note = _frame(page), page.voice("account_note")
    return page.table(title, frame, note, of=("gep",), money=MONEY)


def _compared(page: Page) -> dict[str, Any] | None:
    """The account beside published ones, per km2."""
    if not page.study.has("gep_summary"):
        return None
    figures = page.study["gep_summary"].set_index("figure")["value"]
    if not np.isfinite(figures.get("total", np.nan)):
        return None
    size = page.voice.size("money_per_km2")
    rows = [
        (
            page.voice("this_study"),
            str(page.study["gep"]["frame"].iloc[0]),
            figures["per_km2"] / size,
            "",
        )
    ]
    if "without_clim" in figures:
        rows.append(
            (
                page.voice("without_clim"),
                str(page.study["gep"]["frame"].iloc[0]),
                figures["without_clim"] / figures["area"] / size,
                "",
            )
        )
    rows += [
        (page.voice(key), frame, value / size, page.voice(source))
        for key, frame, value, source in PUBLISHED
    ]
    frame = pd.DataFrame(rows, columns=["account", "frame", "money_per_km2", "source_of"])
    per = f"{page.voice.word('money_per_km2')} ({page.voice('money_per_km2')})"
    frame = frame.rename(columns={"money_per_km2": per})
    frame["frame"] = [frame_name(f, page.voice) if f else "" for f in frame["frame"]]
    note = page.voice("compared_note")
    return page.table(page.voice("compared"), frame, note, of=("gep_summary", "gep"))


def _compared_places(page: Page) -> pd.DataFrame:
    """Prefectures of which both value and product are known."""
    return named(page.study, "mismatch", page.voice).dropna(subset=["mismatch"])


def _prefectures(page: Page) -> dict[str, Any] | None:
    if not page.study.has("mismatch") or page.study["mismatch"]["mismatch"].isna().all():
        return None
    rows = _compared_places(page).sort_values("mismatch", ascending=False)
    frame = pd.DataFrame(
        {
            "code": rows["code"],
            "name": rows["name"], "share_inside": rows["share_inside"], "money_gep": rows["gep"], "money_gdp": rows["gdp"],
            "ratio": rows["ratio"], "mismatch_ratio": rows["mismatch"], "quadrant": [page.voice(q) for q in rows["quadrant"]],
            "coordination": rows["coordination"], "grade": [page.voice(g) for g in rows["grade"]],
        }
    )  # fmt: skip
    note = " ".join([page.voice("county_note"), *_lacks_of_product(page)])
    money = ("money_gep", "money_gdp")
    return page.table(page.voice.word("mismatch"), frame, note, of=("mismatch",), money=money)


def _lacks_of_product(page: Page) -> list[str]:
    """How much of the ground has no value and product to compare, and how many products of counties are not by all workers."""
    said = []
    ground = ground_compared(page.study["mismatch"])
    if ground < WHOLE_GROUND:
        said.append(page.voice("mismatch_part", share=f"{ground:.1%}"))
    if page.study.has("county_gdp"):
        basis = page.study["county_gdp"]["basis"].astype(str)
        some = int(basis.str.startswith(BY_KNOWN).sum())
        none = int(page.study["county_gdp"]["yuan"].isna().sum())
        if some or none:
            said.append(page.voice("county_product_part", all=len(basis), some=some, none=none))
    return said


def _condition(page: Page) -> dict[str, Any] | None:
    if not page.study.has("condition_account"):
        return None
    rows = named(page.study, "condition_account", page.voice).sort_values("change", ascending=False)
    return page.table(
        page.voice.word("condition_account"),
        rows[["code", "name", "opening", "closing", "change"]],
        page.voice("condition_note"),
        of=("condition_account",),
    )


def _balance(page: Page) -> dict[str, Any] | None:
    if not page.study.has("water_balance_check"):
        return None
    rows = page.study["water_balance_check"]
    frame = pd.DataFrame(
        {
            "check": [page.voice(c) for c in rows["check"]],
            "share_percent": 100 * rows["share"],
            "volume_m3": rows["volume_m3"],
        }
    )
    title, note = page.voice.word("water_balance_check"), page.voice("balance_note")
    return page.table(title, frame, note, of=("water_balance_check",))


def _red_line(page: Page) -> dict[str, Any] | None:
    if not page.study.has("red_line_share"):
        return None
    rows = named(page.study, "red_line_share", page.voice).sort_values("share", ascending=False)
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
    return page.table(
        page.voice.word("red_line_share"),
        frame,
        page.voice("red_line_note", share=f"{whole:.0%}"),
        of=("red_line_share",),
    )


def _steep(page: Page) -> dict[str, Any] | None:
    if not page.study.has("steep_farmland"):
        return None
    frame = page.study["steep_farmland"].copy()
    title, note = page.voice.word("steep_farmland"), page.voice("steep_note")
    return page.table(title, frame, note, of=("steep_farmland",))
