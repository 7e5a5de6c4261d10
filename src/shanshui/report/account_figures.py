"""Charts of the accounts: what is worth what, from whom to whom, rich in what."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from shanshui.accounts.frames import frame_name
from shanshui.core.voice import Voice
from shanshui.report.canvas import legend_text, wrapped
from shanshui.report.legends import colour_of, colours
from shanshui.report.point_names import name_points

LOG_FROM = 15.0
"""Span of shares from which axes are logarithmic: below it one decade has too few ticks."""


def service_chart(account: pd.DataFrame, voice: Voice) -> Figure:
    """Value of each service with its interval; hollow bars do not count in the total."""
    rows = account[(account["service"] != "total") & account["value"].notna()]
    parts = (
        rows.groupby(["category", "service", "counts"], sort=False)
        .agg(value=("value", "sum"), low=("low", "sum"), high=("high", "sum"))
        .reset_index()
        .sort_values("value")
    )
    figure = Figure(figsize=(8.2, 1.0 + 0.34 * len(parts)), dpi=140)
    ax = figure.add_axes(
        (0.3, 0.2 if len(parts) < 7 else 0.13, 0.66, 0.76 if len(parts) < 7 else 0.84)
    )
    place = np.arange(len(parts))
    known = colour_of("categories")
    shades = [known.get(c, "#777") for c in parts["category"]]
    size = voice.size("money")
    value = parts["value"] / size
    bars = ax.barh(place, value, color=shades, height=0.66)
    for bar, counts, colour in zip(bars, parts["counts"], shades, strict=True):
        if not counts:
            bar.set(facecolor="white", edgecolor=colour, linestyle="--")
    if (parts["high"] > parts["low"]).any():
        ax.hlines(place, parts["low"] / size, parts["high"] / size, color="#222", lw=1)
    for y, v, top in zip(
        place, value, np.maximum(parts["high"].fillna(0) / size, value), strict=True
    ):
        ax.text(float(top), float(y), f"  {voice.figure(float(v))}", va="center", fontsize=7.5)
    # a service of which a part does not count has two bars
    names = [
        voice(f"service_{s}") + ("" if c else voice("not_counted"))
        for s, c in zip(parts["service"], parts["counts"], strict=True)
    ]
    ax.set_yticks(place, names, fontsize=8)
    ax.set_xlabel(voice("money_axis"), fontsize=8)
    ax.margins(x=0.12)
    return figure


def flow_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Value from ecosystems through services to users, as bands."""
    supply, use = table[table["table"] == "supply"], table[table["table"] == "use"]
    total = supply["value"].sum()
    ecosystems = supply.groupby("party")["value"].sum().sort_values(ascending=False)
    ecosystems = ecosystems[ecosystems > 0]
    services = supply.groupby("service")["value"].sum().sort_values(ascending=False)
    users = use.groupby("party")["value"].sum().sort_values(ascending=False)
    figure = Figure(figsize=(9.2, 5.2), dpi=140)
    ax = figure.add_axes((0.02, 0.02, 0.96, 0.92))
    gap = 0.018 * total
    columns = [_column(s, gap) for s in (ecosystems, services, users)]
    places = (0.16, 0.5, 0.84)
    greens = list(colours("suppliers"))
    for k, (column, where) in enumerate(zip(columns, places, strict=True)):
        for n, (name, (low, high)) in enumerate(column.items()):
            colour = greens[n % len(greens)] if k == 0 else "#44606f" if k == 2 else "#7a7a5a"
            ax.fill_between([where - 0.008, where + 0.008], low, high, color=colour, lw=0)
            shown = voice(f"service_{name}" if k == 1 else str(name))
            share = (high - low) / total
            x, how = (where - 0.014, "right") if k == 0 else (where + 0.014, "left")
            if share > 0.006:
                ax.text(
                    x,
                    (low + high) / 2,
                    f"{shown}  {share:.0%}" if share >= 0.01 else shown,
                    ha=how,
                    va="center",
                    fontsize=7.5,
                )
    _bands(ax, supply, ("party", "service"), columns[0], columns[1], (places[0], places[1]), greens)
    _bands(ax, use, ("service", "party"), columns[1], columns[2], (places[1], places[2]), None)
    for where, key in zip(places, ("ecosystems", "services", "users"), strict=True):
        ax.text(
            where,
            1.02 * max(max(h for _, h in c.values()) for c in columns),
            voice(key),
            ha="center",
            fontsize=8.5,
            weight="bold",
        )
    ax.set_xlim(0, 1)
    ax.set_axis_off()
    return figure


def _column(values: pd.Series, gap: float) -> dict[str, tuple[float, float]]:
    out, at = {}, 0.0
    for name, value in values[::-1].items():
        out[str(name)] = (at, at + float(value))
        at += float(value) + gap
    return dict(reversed(list(out.items())))


def _bands(
    ax: Axes,
    rows: pd.DataFrame,
    keys: tuple[str, str],
    left: dict[str, tuple[float, float]],
    right: dict[str, tuple[float, float]],
    places: tuple[float, float],
    shades: list[str] | None,
) -> None:
    """Bands between two columns, in the order of both."""
    used_left = {k: high for k, (_, high) in left.items()}
    used_right = {k: high for k, (_, high) in right.items()}
    sums = rows.groupby(list(keys))["value"].sum()
    order = list(left)
    for a in order:
        for b in right:
            value = float(sums.get((a, b), 0.0))
            if value <= 0:
                continue
            y0, y1 = used_left[a], used_right[b]
            used_left[a] -= value
            used_right[b] -= value
            x0, x1 = places[0] + 0.008, places[1] - 0.008
            middle = (x0 + x1) / 2
            shape = Path(
                [
                    (x0, y0),
                    (middle, y0),
                    (middle, y1),
                    (x1, y1),
                    (x1, y1 - value),
                    (middle, y1 - value),
                    (middle, y0 - value),
                    (x0, y0 - value),
                    (x0, y0),
                ],
                [
                    Path.MOVETO,
                    Path.CURVE4,
                    Path.CURVE4,
                    Path.CURVE4,
                    Path.LINETO,
                    Path.CURVE4,
                    Path.CURVE4,
                    Path.CURVE4,
                    Path.CLOSEPOLY,
                ],
            )
            colour = shades[order.index(a) % len(shades)] if shades else "#8fa3ad"
            ax.add_patch(PathPatch(shape, facecolor=colour, alpha=0.38, lw=0))


def mismatch_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Value of nature against product, per prefecture, on shares of the region."""
    figure = Figure(figsize=(8.2, 5.0), dpi=140)
    ax = figure.add_axes((0.09, 0.11, 0.88, 0.85))
    shades = colour_of("mismatch")
    for name, part in table.groupby("quadrant"):
        ax.scatter(
            100 * part["gdp_share"], 100 * part["gep_share"], s=20 + 60 * part["share_inside"], color=shades[str(name)],
            alpha=0.85, lw=0, label=voice(str(name)),
        )  # fmt: skip
    shown = table.assign(x=100 * table["gdp_share"], y=100 * table["gep_share"])
    low = 0.7 * min(shown["x"].min(), shown["y"].min())
    high = 1.6 * max(shown["x"].max(), shown["y"].max())
    ax.plot([low, high], [low, high], color="#888", lw=0.8, ls="--")
    if high / low > LOG_FROM:
        ax.set_xscale("log")
        ax.set_yscale("log")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    name_points(ax, shown["x"], shown["y"], [str(n) for n in shown["name"]], 7)
    ax.set_xlabel(voice("gdp_share") + " (%)", fontsize=8)
    ax.set_ylabel(voice("gep_share") + " (%)", fontsize=8)
    ax.legend(frameon=False, fontsize=7.5, loc="lower right")
    return figure


def extent_chart(
    table: pd.DataFrame, names: dict[int, str], shades: dict[int, str], voice: Voice
) -> Figure:
    """Change of area by class since the first year."""
    wide = table.pivot_table(index="year", columns="class", values="change_km2")
    largest = wide.iloc[-1].abs().sort_values(ascending=False).index[:8]
    figure = Figure(figsize=(8.2, 3.8), dpi=140)
    ax = figure.add_axes((0.1, 0.12, 0.62, 0.82))
    for code in largest:
        ax.plot(
            wide.index,
            wide[code] / 1e3,
            lw=1.8,
            color=shades.get(int(code), "#777"),
            label=legend_text(names.get(int(code), str(code))),
        )
    ax.axhline(0, color="#888", lw=0.7)
    ax.set_ylabel(voice("change_area"), fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="center left",
        bbox_to_anchor=(0.73, 0.5),
        frameon=False,
        fontsize=7.5,
    )
    return figure


def frames_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Value of the services that tables follow, by year, one line for the frames that have the same values."""
    wide = table.pivot_table(
        index="year", columns="frame", values="value", aggfunc="sum", sort=False
    ) / voice.size("money")
    lines: list[list[str]] = []
    for frame in wide.columns:
        same = next((own for own in lines if np.allclose(wide[own[0]], wide[frame])), None)
        if same is None:
            lines.append([frame])
        else:
            same.append(frame)
    figure = Figure(figsize=(8.2, 3.2 + 0.22 * len(wide.columns)), dpi=140)
    below = (0.45 + 0.22 * len(wide.columns)) / figure.get_figheight()
    ax = figure.add_axes((0.1, below, 0.87, 0.97 - below))
    for own, colour in zip(lines, colours("frames"), strict=False):
        label = voice("mark_semicolon").join(frame_name(f, voice) for f in own)
        label = voice("lines_coincide", frames=label) if len(own) > 1 else label
        ax.plot(
            wide.index, wide[own[0]], lw=2, marker="o", ms=3, color=colour, label=wrapped(label)
        )
    ax.set_ylabel(voice("money_axis"), fontsize=8)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="lower left",
        bbox_to_anchor=(0.08, 0.0),
        frameon=False,
        fontsize=8,
    )
    return figure


def series_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Value by equivalent factors over the years, all units together."""
    total = table.groupby("year")["value"].sum() / voice.size("money")
    figure = Figure(figsize=(8.2, 2.8), dpi=140)
    ax = figure.add_axes((0.1, 0.16, 0.87, 0.8))
    ax.plot(total.index, total, color="#3f7a5a", lw=2, marker="o", ms=3)
    ax.set_ylabel(voice("money_axis"), fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    spread = float(total.max() - total.min())
    ax.set_ylim(float(total.min()) - 2 * spread - 1, float(total.max()) + 2 * spread + 1)
    return figure
