"""Write the pages that are generated: reference from cards, terminology from terms, peers from what was compared."""

import csv
import inspect
from pathlib import Path

from shanshui.collect.inputs import INPUTS
from shanshui.core.keys import keys
from shanshui.core.quantity import TEXT, Column, Features, Grid, Layers, Scalar, Table
from shanshui.core.source import citation
from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, Step
from shanshui.plans.accounts import STOOD_IN
from shanshui.plans.everything import everything
from shanshui.queries.settings import told_of

HERE = Path(__file__).resolve().parent
EN, ZH = Voice(), Voice("zh")


def _every_input() -> list[Source]:
    return [
        Source(n, k.gives, "", {}, dict, lambda c: None, everything)
        for n, k in INPUTS.items()
        if n not in STOOD_IN
    ]


def reference() -> str:
    """One section per product, from its card."""
    plan = everything(_every_input())
    lines = [
        "# Reference",
        "",
        "Generated from the cards by `docs/generate.py`. Inputs first, then products in the order in which they are made.",
        "",
        "## Inputs",
        "",
    ]
    lines += ["| input | 中文 | kind | unit | plausible |", "|---|---|---|---|---|"]
    for name, kind in INPUTS.items():
        span = f"{kind.low:g} to {kind.high:g}" if kind.low > float("-inf") else ""
        lines.append(f"| `{name}` | {ZH.word(name)} | {kind.family} | {kind.unit} | {span} |")
    lines += ["", "## Products", ""]
    for name, item in plan.steps.items():
        if not isinstance(item, Step):
            continue
        card = item.card
        unit = f" [{card.gives.unit}]" if isinstance(card.gives, Grid | Scalar) else ""
        lines += [
            f"### {name}",
            "",
            f"{EN.word(name)} · {ZH.word(name)} · {type(card.gives).__name__}{unit}",
            "",
            card.summary,
            "",
        ]
        lines += [
            f"Function: `{card.fn.__module__}.{card.fn.__name__}`. Source: {citation(card.source)}",
            "",
        ]
        if isinstance(card.gives, Layers) and card.gives.units:
            parts = [f"`{name}.{k}` {EN.word(f'{name}.{k}')} [{u}]" for k, u in card.gives.units]
            lines += [f"Layers: {'; '.join(parts)}.", ""]
        if isinstance(card.gives, Table | Features) and card.gives.fields:
            lines += [
                f"Columns: {'; '.join(_column(plan, name, c) for c in card.gives.fields)}.",
                "",
            ]
        takes = [
            f"`{p}`" + (" (optional)" if k in card.optional else "") for k, p in item.needs.items()
        ]
        lines += [f"Takes: {', '.join(takes)}.", ""]
        settings = card.checked(item.settings)
        if settings:
            text = inspect.getdoc(card.fn) or ""
            lines += ["| setting | default | meaning |", "|---|---|---|"]
            said = {s: told_of(text, s)[1].replace("|", "\\|") for s in settings}
            lines += [f"| `{s}` | `{v}` | {said[s]} |" for s, v in settings.items()] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _column(plan: Plan, name: str, column: Column) -> str:
    """A column with its unit, or with what it names."""
    if column.key is not None:
        kinds = plan.keys(name).get(column.name, ())
        what = f" ({' or '.join(keys()[k].en for k in kinds)})" if kinds else ""
    else:
        what = "" if column.unit == TEXT else f" [{column.unit}]"
    return f"`{column.name}`{what}" + (" where known" if column.optional else "")


def terminology() -> str:
    """The table of terms."""
    lines = [
        "# Terminology",
        "",
        "Generated from `src/shanshui/core/terms.csv`. Code, columns, files and screens use these words only.",
        "",
        "| name | English | 中文 | symbol | unit | definition | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{t.name}` | {EN.said(t)} | {ZH.said(t)} | {t.symbol} | {t.unit} | {t.definition} | {t.source} |"
        for t in terms().values()
    ]
    return "\n".join(lines) + "\n"


VERDICTS = {
    "same": "same",
    "better": "**better**",
    "differs": "differs",
    "absent": "not there",
}


def peers() -> str:
    """One table per subject: what was compared with whom, what was seen, and why it differs."""
    lines = [
        "# Peers",
        "",
        "Generated from `docs/peers/*.csv` by `docs/generate.py`. What other programs give for the same input, beside what is",
        "given here: *same* within the tolerance named, *better* where the other one is wrong or slower and why, *differs* where a",
        "convention is another one, *not there* where nothing is offered. The last column names the test or benchmark that shows it.",
        "",
    ]
    for table in sorted((HERE / "peers").glob("*.csv")):
        lines += [f"## {table.stem.replace('_', ' ').capitalize()}", ""]
        lines += [
            "| peer | version | case | verdict | seen | why | shown by |",
            "|---|---|---|---|---|---|---|",
        ]
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                cells = [row["peer"], row["version"], row["case"], VERDICTS[row["verdict"]]]
                cells += [row["figure"], row["why"], f"`{row['seen']}`" if row["seen"] else ""]
                lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"reference.md": reference, "terminology.md": terminology, "peers.md": peers}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (HERE / page).write_text(write(), "utf-8")
