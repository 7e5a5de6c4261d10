"""Tables of the report that say what an account is, how it stands to other frames and to the nation, and who benefits."""

from typing import Any

import pandas as pd

from shanshui.accounts.frames import FRAMES, PER
from shanshui.core.terms import word
from shanshui.report.places import named
from shanshui.report.tables import table_of
from shanshui.report.words import PHRASES, say
from shanshui.study.study import Study

BILLION = 1e9
MOST_COUNTIES = 20
"""Counties that give or have most, on the page; all are in the product."""


def account_words(study: Study, lang: str) -> list[dict[str, Any] | None]:
    """Tables beside the account, as far as their products were made.

    Parameters
    ----------
    study : Study
        With its accounts run.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of dict
        Tables of the page; None where a product is not made.
    """
    return [
        _statement(study, lang),
        _frames(study, lang),
        _bridge(study, lang),
        _nation(study, lang),
        _beneficiaries(study, lang),
    ]


def _statement(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("account_statement"):
        return None
    rows = study["account_statement"]
    subject = [
        say(f"service_{s}", lang)
        if f"service_{s}" in PHRASES
        else say(str(s), lang)
        if str(s) in PHRASES
        else str(s)
        for s in rows["subject"]
    ]
    text = rows["text_zh" if lang == "zh" else "text"]
    if lang == "zh":
        text = text.replace({rf"\b{name}\b": say(name, lang) for name in PER}, regex=True)
    frame = pd.DataFrame(
        {
            "topic": [say(f"topic_{t}", lang) for t in rows["topic"]],
            "subject": subject,
            "statement": text,
        }
    )
    return table_of(word("account_statement", lang), frame, lang, "", of=("account_statement",))


def frame_name(name: str, lang: str) -> str:
    """Title of a frame; a published account has the name that its table gives it."""
    known = FRAMES.get(name)
    if known is None:
        return say(name, lang) if name in PHRASES else name
    return known.title_zh if lang == "zh" else known.title


def _frames(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("frame_comparison"):
        return None
    rows = study["frame_comparison"]
    frame = pd.DataFrame(
        {
            "account": [frame_name(f, lang) for f in rows["frame"]],
            "value_billion": rows["total"] / BILLION,
            "services": rows["services"],
            "same_as": [frame_name(f, lang) if f else "" for f in rows["same_as"]],
            "reason": rows["reason_zh" if lang == "zh" else "reason"],
        }
    )
    return table_of(
        word("frame_comparison", lang),
        frame,
        lang,
        say("frames_note", lang),
        of=("frame_comparison",),
    )


def _bridge(study: Study, lang: str) -> dict[str, Any] | None:
    """Ways from the study's account to each other one."""
    if not study.has("gep_bridge") or not study.has("gep"):
        return None
    rows = study["gep_bridge"]
    rows = rows[rows["source"] == str(study["gep"]["frame"].iloc[0])]
    if rows.empty:
        return None
    # accounts that others published of this ground come first
    rows = rows.assign(own=rows["target"].isin(FRAMES)).sort_values("own", kind="stable")
    frame = pd.DataFrame(
        {
            "target": [frame_name(t, lang) for t in rows["target"]],
            "step": [say(f"step_{s}", lang) for s in rows["step"]],
            "group": [say(f"group_{g}", lang) if g else "" for g in rows["group"]],
            "value_billion": rows["value"] / BILLION,
        }
    )
    return table_of(
        word("gep_bridge", lang), frame, lang, say("bridge_note", lang), of=("gep_bridge", "gep")
    )


def _nation(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("nation_shares"):
        return None
    rows = study["nation_shares"]
    frame = pd.DataFrame(
        {
            "figure": [say(f"nation_{f}", lang) for f in rows["figure"]],
            "ours": rows["ours"], "nation": rows["nation"], "unit_of": rows["unit"], "year": rows["year"].astype(str),
            "share_percent": 100 * rows["share"], "per_territory": rows["per_territory"], "source_of": rows["source"],
        }
    )  # fmt: skip
    return table_of(
        word("nation_shares", lang), frame, lang, say("nation_note", lang), of=("nation_shares",)
    )


def _beneficiaries(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("service_beneficiaries"):
        return None
    rows = named(study, "service_beneficiaries", lang).dropna(subset=["balance"])
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
        {"code": rows["code"], "name": rows["name"], **{m: rows[m] / BILLION for m in money}}
    )
    return table_of(
        word("service_beneficiaries", lang), frame, lang, say("beneficiaries_note", lang), of=("service_beneficiaries",),
    )  # fmt: skip
