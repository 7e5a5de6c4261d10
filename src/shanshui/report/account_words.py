"""Tables of the report that say what an account is, how it stands to other frames and to the nation, and who benefits."""

from typing import Any

import pandas as pd

from shanshui.accounts.frames import FRAMES, frame_name
from shanshui.core.voice import Voice
from shanshui.queries.spoken import told_column
from shanshui.report.page import Page
from shanshui.report.places import named

MOST_COUNTIES = 20
"""Counties that give or have most, on the page; all are in the product."""


def account_words(page: Page) -> list[dict[str, Any] | None]:
    """Tables beside the account, as far as their products were made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.

    Returns
    -------
    list of dict
        Tables of the page; None where a product is not made.
    """
    return [
        _statement(page),
        _frames(page),
        _bridge(page),
        _nation(page),
        _beneficiaries(page),
    ]


def _statement(page: Page) -> dict[str, Any] | None:
    if not page.study.has("account_statement"):
        return None
    rows = page.study["account_statement"]
    subject = [_subject(str(s), page.voice) for s in rows["subject"]]
    frame = pd.DataFrame(
        {
            "topic": [page.voice(f"topic_{t}") for t in rows["topic"]],
            "subject": subject,
            "statement": told_column(rows, "text", page.voice),
        }
    )
    return page.table(page.voice.word("account_statement"), frame, "", of=("account_statement",))


def _subject(name: str, voice: Voice) -> str:
    """Word of what a sentence on the account is about: a service, a frame, a flow, a column."""
    if f"service_{name}" in voice:
        return voice(f"service_{name}")
    if name in FRAMES:
        return frame_name(name, voice)
    return voice(name) if name in voice else voice.word(name)


def _frames(page: Page) -> dict[str, Any] | None:
    if not page.study.has("frame_comparison"):
        return None
    rows = page.study["frame_comparison"]
    frame = pd.DataFrame(
        {
            "account": [frame_name(f, page.voice) for f in rows["frame"]],
            "money_value": rows["total"],
            "services": rows["services"],
            "same_as": [frame_name(f, page.voice) if f else "" for f in rows["same_as"]],
            "reason": told_column(rows, "reason", page.voice),
        }
    )
    return page.table(
        page.voice.word("frame_comparison"),
        frame,
        page.voice("frames_note"),
        of=("frame_comparison",),
        money=("money_value",),
    )


def _bridge(page: Page) -> dict[str, Any] | None:
    """Ways from the study's account to each other one."""
    if not page.study.has("gep_bridge") or not page.study.has("gep"):
        return None
    rows = page.study["gep_bridge"]
    rows = rows[rows["source"] == str(page.study["gep"]["frame"].iloc[0])]
    if rows.empty:
        return None
    # several services of ours may be one of theirs
    keys = ["target", "step", "group"]
    rows = rows.groupby(keys, sort=False, dropna=False)["value"].sum().reset_index()
    # accounts that others published of this ground come first
    rows = rows.assign(own=rows["target"].isin(FRAMES)).sort_values("own", kind="stable")
    frame = pd.DataFrame(
        {
            "target": [frame_name(t, page.voice) for t in rows["target"]],
            "step": [page.voice(f"step_{s}") for s in rows["step"]],
            "group": [page.voice(f"group_{g}") if g else "" for g in rows["group"]],
            "money_value": rows["value"],
        }
    )
    title, note, of = (
        page.voice.word("gep_bridge"),
        page.voice("bridge_note"),
        ("gep_bridge", "gep"),
    )
    return page.table(title, frame, note, of=of, money=("money_value",))


def _nation(page: Page) -> dict[str, Any] | None:
    if not page.study.has("nation_shares"):
        return None
    rows = page.study["nation_shares"]
    frame = pd.DataFrame(
        {
            "figure": [page.voice(f"nation_{f}") for f in rows["figure"]],
            "ours": rows["ours"],
            "nation": rows["nation"],
            "unit_of": [page.voice.unit(str(u)) for u in rows["unit"]],
            "year": rows["year"].astype(str),
            "share_percent": 100 * rows["share"],
            "ground_km2": rows["ground_km2"],
            "per_territory": rows["per_territory"],
            "source_of": [page.voice(str(s)) for s in rows["source"]],
        }
    )
    return page.table(
        page.voice.word("nation_shares"), frame, page.voice("nation_note"), of=("nation_shares",)
    )


def _beneficiaries(page: Page) -> dict[str, Any] | None:
    if not page.study.has("service_beneficiaries"):
        return None
    rows = named(page.study, "service_beneficiaries", page.voice).dropna(subset=["balance"])
    rows = rows.sort_values("balance", ascending=False)
    if len(rows) > MOST_COUNTIES:
        rows = pd.concat([rows.head(MOST_COUNTIES // 2), rows.tail(MOST_COUNTIES // 2)])
    money = [
        "given",
        "used_here",
        "to_downstream",
        "to_visitors",
        "to_world",
        "from_upstream",
        "balance",
    ]
    frame = pd.DataFrame(
        {"code": rows["code"], "name": rows["name"], **{m: rows[m] for m in money}}
    )
    title, note = page.voice.word("service_beneficiaries"), page.voice("beneficiaries_note")
    return page.table(title, frame, note, of=("service_beneficiaries",), money=money)
