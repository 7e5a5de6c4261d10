"""A comparison in sentences: by how much, who gains, who loses, what was not compared."""

from collections.abc import Mapping

import numpy as np

from shanshui.core.voice import Voice
from shanshui.queries.comparison.answer import Comparison
from shanshui.study.sections import BASE

LEVELS = ("county", "prefecture", "unit", "province", "river_basin", "basin")
"""In whose places gains and losses are told: the first that a comparison has."""


def scenario_word(name: str, voice: Voice) -> str:
    """Name of a scenario; the study itself by its word."""
    return voice("compare_base") if name in ("", BASE) else name


def sentences(
    found: Comparison, voice: Voice, classes: Mapping[int, str] | None = None
) -> list[str]:
    """Tell a comparison: by how much, who gains, who loses, what was not compared.

    Parameters
    ----------
    found : Comparison
        Of one product.
    voice : Voice
        Of the page.
    classes : mapping of code to word, optional
        Of a map of classes.

    Returns
    -------
    list of str
        At least one.
    """
    things = {"grid": "cells", "layers": "cells", "classes": "cells", "features": "features"}.get(
        found.kind, "rows"
    )
    named = {
        "product": " ".join(filter(None, (voice.word(found.product), str(found.year or "")))),
        "one": scenario_word(found.one, voice),
        "other": scenario_word(found.other, voice),
    }
    only = [voice("compare_only", only=f"{found.only_one:,}", things=voice(f"compare_{things}"))]
    only = only if found.only_one and found.kind != "features" else []
    if not found.changed:
        return [voice("compare_same", **named), *only]
    levels = voice.listed(voice(f"compare_{level}") for level in found.moved)
    moved = [voice("compare_moved", levels=levels, **named)] if levels else []
    head = _headline(found, named, things, voice, classes or {})
    return [head, *_ends(found, voice), *only, *moved]


def _headline(
    found: Comparison,
    named: dict[str, str],
    things: str,
    voice: Voice,
    classes: Mapping[int, str],
) -> str:
    if found.kind == "classes":
        top = [
            f"{classes.get(r['from'], r['from'])} → {classes.get(r['to'], r['to'])} ({r['area_km2']:,.6g} km²)"
            for r in found.rows.head(3).to_dict("records")
        ]
        area = found.rows["area_km2"].sum()
        more = {
            "percent": _percent(found.change),
            "area": f"{area:,.6g}",
            "pairs": voice.listed(top),
        }
        return voice(
            "compare_classes",
            changed=f"{found.changed:,}",
            compared=f"{found.compared:,}",
            **named,
            **more,
        )
    if not np.isfinite(found.change):
        count = {"changed": f"{found.changed:,}", "compared": f"{found.compared:,}"}
        return voice("compare_no_figure", things=voice(f"compare_{things}"), **count, **named)
    share = found.change_share
    return (
        voice(
            "compare_figure",
            before=_number(found.before),
            after=_number(found.after),
            unit="" if found.unit == "1" else voice.unit(found.unit),
            change=_signed(found.change),
            share=f"{voice('mark_semicolon')}{signed_share(share)}" if np.isfinite(share) else "",
            **named,
        )
        .replace(" (", " (")
        .replace("  ", " ")
    )


def _ends(found: Comparison, voice: Voice) -> list[str]:
    level = next(
        (x for x in LEVELS if not found.places.empty and (found.places["level"] == x).any()), ""
    )
    if not level:
        return []
    out = []
    label = voice.column(found.places.columns, "name")
    percent = found.kind == "classes"
    for key, none, rows in (
        ("gain", "nobody_gains", found.gains(level)),
        ("lose", "nobody_loses", found.losses(level)),
    ):
        if len(rows):
            told = [
                f"{r[label] or r['name'] or r['code']} {_percent(r['change']) if percent else _signed(r['change'])}"
                for r in rows.to_dict("records")
            ]
            out.append(
                voice(f"compare_{'differ_most' if percent else key}", places=voice.listed(told))
            )
        elif not percent:
            out.append(voice(f"compare_{none}", level=voice(f"compare_{level}")))
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
