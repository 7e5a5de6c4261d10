"""Charts of the industry chapter."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from shanshui.core.voice import Voice
from shanshui.industry.lexicon import CATEGORIES
from shanshui.report.canvas import width_of
from shanshui.report.legends import classes, colour_of, colours
from shanshui.report.point_names import name_points

SMOOTH = 3
"""Reports over which the time line of attention runs its mean."""


WIDE = 8.2
"""Inches."""


def _rows(
    count: int, each: float, *, left: float, bottom: float, top: float, right: float = 0.02
) -> tuple[Figure, Axes]:
    """Figure as tall as its rows ask; margins below and above in inches, beside as shares."""
    high = bottom + top + each * max(count, 3)
    figure = Figure(figsize=(WIDE, high), dpi=140)
    return figure, figure.add_axes(
        (left, bottom / high, 1.0 - left - right, 1.0 - (bottom + top) / high)
    )


def _beside(names: Iterable[object], least: float = 0.16) -> float:
    """Share of the width that names beside an axis take."""
    longest = max((width_of(str(n)) for n in names), default=0)
    return min(0.45, max(least, 0.02 + 0.0075 * longest))


def _patches(legend: str, voice: Voice) -> list[Patch]:
    """Classes of a legend, to be laid beside a chart."""
    return [Patch(color=c.colour, label=voice(c.word)) for c in classes(legend)]


def structure_chart(table: pd.DataFrame, years: list[int], voice: Voice) -> Figure:
    """Sector shares of each prefecture in two years, one bar above the other."""
    rows = table.sort_values("secondary_last")
    figure, ax = _rows(len(rows), 0.3, left=_beside(rows["name"], 0.2), bottom=0.5, top=0.35)
    y = np.arange(len(rows))
    for shift, end, alpha in ((0.19, "first", 0.55), (-0.19, "last", 1.0)):
        left = np.zeros(len(rows))
        for sector, colour in colour_of("sectors").items():
            share = 100 * rows[f"{sector}_{end}"].to_numpy()
            ax.barh(y + shift, share, 0.34, left, color=colour, alpha=alpha)
            left += share
    ax.set_yticks(y, rows["name"], fontsize=7.5)
    ax.set_xlim(0, 100)
    ax.set_xlabel(
        f"% ({voice('upper_bar')} {years[0]}, {voice('lower_bar')} {years[1]})", fontsize=8
    )
    figure.legend(
        handles=_patches("sectors", voice),
        loc="upper center", ncols=3, frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def stage_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Stage of each prefecture by each criterion in the latest year, the composite last."""
    latest = table[table["year"] == table["year"].max()]
    order = [
        c
        for c in (
            "gdp_per_head",
            "value_added",
            "manufacturing_share",
            "urban_share",
            "primary_jobs",
            "composite",
        )
        if (latest["criterion"] == c).any()
    ]
    scores = latest[latest["criterion"] == "composite"].sort_values("score")
    names = list(scores["name"])
    figure, ax = _rows(len(names), 0.27, left=_beside(names, 0.2), bottom=0.4, top=0.35)
    place, shades = {n: k for k, n in enumerate(names)}, colour_of("stages")
    for row in latest.itertuples():
        if row.criterion not in order or row.name not in place:
            continue
        x, y = order.index(str(row.criterion)), place[row.name]
        stage = str(row.stage).split(",")[0]
        ax.add_patch(_tile(x, y, shades[stage]))
        text = f"{float(str(row.score)):.0f}"
        ax.text(
            x,
            y,
            text,
            ha="center",
            va="center",
            fontsize=7,
            color="white" if stage in ("late", "post") else "#333",
        )
    ax.set_xlim(-0.5, len(order) - 0.5)
    ax.set_ylim(-0.5, len(names) - 0.5)
    ax.set_xticks(range(len(order)), [voice(f"criterion_{c}") for c in order], fontsize=7.5)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(names)), names, fontsize=7.5)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    figure.legend(
        handles=_patches("stages", voice),
        loc="lower center", ncols=5, frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def _tile(x: float, y: float, colour: str) -> Patch:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, color=colour, lw=0)


def key_sector_chart(table: pd.DataFrame, form: str, voice: Voice) -> Figure:
    """Influence against sensitivity, the four quadrants, area by output."""
    figure = Figure(figsize=(WIDE, 5.8), dpi=140)
    ax = figure.add_axes((0.08, 0.09, 0.9, 0.84))
    push = table[f"sensitivity_{form}"]
    size = 12 + 500 * table["output"] / max(float(table["output"].max()), 1e-12)
    names = table[voice.column(table, "name")]
    for kind in classes("quadrants"):
        own = (table["quadrant"] == kind.code).to_numpy()
        ax.scatter(
            table["influence"][own],
            push[own],
            s=size[own],
            color=kind.colour,
            alpha=0.55,
            lw=0,
            label=voice(kind.word),
        )
    ax.axhline(1, color="#777", lw=0.7)
    ax.axvline(1, color="#777", lw=0.7)
    ax.set_xlabel(voice("influence_axis"), fontsize=8)
    ax.set_ylabel(voice(f"sensitivity_axis_{form}"), fontsize=8)
    ax.margins(x=0.12)
    ax.autoscale_view()
    short = [n if len(n) <= 22 else f"{n[:21]}…" for n in map(str, names)]
    name_points(ax, table["influence"], push, short, 6)
    legend = figure.legend(
        *ax.get_legend_handles_labels(), frameon=False, fontsize=8, loc="upper center", ncols=4
    )
    for handle in legend.legend_handles:
        handle.set_sizes([40])  # type: ignore[union-attr]
    return figure


def attention_chart(table: pd.DataFrame, voice: Voice, since: int = 1978) -> Figure:
    """Mentions of each category by year, a running mean over three reports."""
    years = table.groupby(["year", "category"])[["mentions", "letters"]].sum().reset_index()
    years["rate"] = 1e4 * years["mentions"] / years["letters"].where(years["letters"] > 0)
    wide = years.pivot_table(index="year", columns="category", values="rate")
    wide = wide[wide.index >= since].rolling(SMOOTH, min_periods=1, center=True).mean()
    figure = Figure(figsize=(8.2, 4.4), dpi=140)
    ax = figure.add_axes((0.07, 0.09, 0.68, 0.88))
    for kind in classes("emerging"):
        if (category := kind.code) in wide:
            ax.plot(
                wide.index,
                wide[category],
                color=kind.colour,
                lw=1.6,
                marker="o",
                ms=2.2,
                label=voice(kind.word),
            )
    ax.set_ylabel(voice("mentions_axis"), fontsize=8)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="center left",
        bbox_to_anchor=(0.755, 0.5),
        frameon=False,
        fontsize=7.5,
    )
    return figure


def attention_places_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Mean mentions of each category in each place's reports."""
    wide = table.pivot_table(index="place", columns="category", values="per_10k", aggfunc="mean")
    wide = wide.reindex(columns=[c for c in CATEGORIES if c in wide])
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index[:30]]
    figure, ax = _rows(len(wide), 0.24, left=_beside(wide.index), bottom=0.15, top=0.75, right=0.1)
    shown = ax.imshow(wide.fillna(0.0), aspect="auto", cmap="YlGn")
    ax.set_yticks(range(len(wide)), wide.index, fontsize=7.5)
    ax.set_xticks(
        range(len(wide.columns)),
        [voice(f"sei_{c}") for c in wide.columns],
        fontsize=7,
        rotation=20,
        ha="left",
    )
    ax.xaxis.tick_top()
    figure.colorbar(shown, ax=ax, fraction=0.03, pad=0.01, label=voice("mentions_axis"))
    return figure


def firms_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Accepted firms by place, stacked by category; the twenty-five places with most."""
    wide = table.pivot_table(
        index="name", columns="category", values="firms", aggfunc="sum"
    ).fillna(0.0)
    wide = wide.loc[wide.sum(axis=1).sort_values().index[-25:]]
    figure, ax = _rows(len(wide), 0.25, left=_beside(wide.index), bottom=0.5, top=0.1, right=0.28)
    left = np.zeros(len(wide))
    for kind in classes("emerging"):
        if (category := kind.code) in wide:
            ax.barh(
                range(len(wide)),
                wide[category],
                0.72,
                left,
                color=kind.colour,
                label=voice(kind.word),
            )
            left += wide[category].to_numpy()
    ax.set_yticks(range(len(wide)), wide.index, fontsize=7.5)
    ax.set_ylim(-0.6, len(wide) - 0.4)
    ax.set_xlabel(voice("firms_axis"), fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="center left",
        bbox_to_anchor=(0.73, 0.5),
        frameon=False,
        fontsize=7.5,
    )
    return figure


def evaluation_chart(table: pd.DataFrame, names: dict[str, str], voice: Voice) -> Figure:
    """Composite score with its interval, coloured by grade; places left, industries right."""
    table = table[table["score"].notna()]
    parts = [(s, table[table["subject"] == s].sort_values("score")) for s in ("place", "industry")]
    parts = [(s, rows) for s, rows in parts if len(rows)]
    most = max(len(rows) for _, rows in parts)
    high, shades = 1.05 + 0.26 * most, colours("ranks")
    figure = Figure(figsize=(WIDE, high), dpi=140)
    for k, (subject, rows) in enumerate(parts):
        ax = figure.add_axes((0.13 + 0.5 * k, 0.65 / high, 0.35, 0.26 * most / high))
        low, high_end, score = (rows[c].to_numpy(float) for c in ("lower", "upper", "score"))
        for y, grade in enumerate(rows["grade"]):
            colour = shades[min(int(grade), len(shades)) - 1]
            ax.plot(
                [low[y], high_end[y]],
                [y, y],
                color=colour,
                lw=3.2,
                alpha=0.45,
                solid_capstyle="butt",
            )
            ax.plot([score[y]], [y], "o", color=colour, ms=4.5)
        ax.set_yticks(
            range(len(rows)),
            [names.get(str(c), str(n)) for c, n in zip(rows["code"], rows["name"], strict=True)],
            fontsize=7.2,
        )
        ax.set_ylim(-0.7, most - 0.3)
        ax.set_xlim(0, 1)
        ax.set_title(voice(f"subject_{subject}"), fontsize=9)
        ax.tick_params(axis="x", labelsize=7)
    grades = sorted({int(g) for _, rows in parts for g in rows["grade"]})
    figure.legend(
        handles=[Patch(color=shades[min(g, len(shades)) - 1], label=f"{voice('grade_word')} {g}") for g in grades],
        loc="lower center", ncols=len(grades), frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def admission_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Share of planning units by verdict, for each judged industry; hatched where facts that are not known could make it graver."""
    rows = classes("verdicts")
    name = voice.column(table, "name")
    held = pd.crosstab(table[name], [table["if_clear"], table["provisional"]], normalize="index")
    share = pd.crosstab(table[name], table["if_clear"], normalize="index").reindex(
        columns=[c.code for c in rows], fill_value=0.0
    )
    share = share.loc[
        (share["encourage"] + share["allow"] + 0.5 * share["limit"]).sort_values().index
    ]
    figure, ax = _rows(len(share), 0.24, left=0.24, bottom=0.5, top=0.5)
    left = np.zeros(len(share))
    for kind in rows:
        for provisional in (0, 1):
            if (kind.code, provisional) not in held:
                continue
            part = 100 * held[kind.code, provisional].reindex(share.index).to_numpy()
            ax.barh(
                range(len(share)), part, 0.74, left, color=kind.colour, edgecolor="white", linewidth=0.0,
                hatch="////" if provisional else "",
                label=voice(kind.word) + (voice("provisional_mark") if provisional else ""),
            )  # fmt: skip
            left += part
    ax.set_yticks(range(len(share)), share.index, fontsize=7.5)
    ax.set_ylim(-0.6, len(share) - 0.4)
    ax.set_xlim(0, 100)
    ax.set_xlabel(voice("units_share_axis"), fontsize=8)
    figure.legend(
        *ax.get_legend_handles_labels(), loc="upper center", ncols=4, frameon=False, fontsize=7
    )
    return figure
