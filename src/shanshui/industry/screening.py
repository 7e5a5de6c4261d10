"""Which firms are of an emerging industry: by code, by text, and by both where a code belongs only in part."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.industry.access_rules import divisions
from shanshui.industry.lexicon import (
    CATEGORIES,
    Lexicon,
    Mention,
    read_codes,
    read_lexicon,
    sentence_around,
)

WITH_CODE, ALONE = 0.5, 0.85
"""Text score that a starred code needs, and that text needs where no code speaks [D]."""
REVIEW = 0.15
"""A firm goes to review when its score is within this of the score that decides [D]."""
RESULT = (
    "category", "also", "decision", "basis", "code_score", "text_score", "evidence", "review", "head_office",
)  # fmt: skip
_BRANCH = re.compile(
    r"^(.{2,40}?(?:公司|集团|厂|银行|中心|社|院|所))(.{1,30}?(?:分公司|分厂|分店|分行|支行|办事处|营业部|门市部|分部|分社|项目部|第?.{1,4}店))$"
)


@dataclass
class Screener:
    """Screens rows of a register, a block at a time.

    Attributes
    ----------
    lexicon : Lexicon
        Words.
    codes : dict
        Category by industry code, True where starred.
    with_code, alone : float [1]
        Text scores that decide.
    """

    lexicon: Lexicon = field(default_factory=read_lexicon)
    codes: dict[str, dict[str, bool]] = field(default_factory=read_codes)
    with_code: float = WITH_CODE
    alone: float = ALONE

    def __post_init__(self) -> None:
        """Refuse scores out of range."""
        for name in ("with_code", "alone"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise DataError(f"{name}: {getattr(self, name)}, expected above 0, up to 1")

    def screened(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What is said of each row.

        Parameters
        ----------
        frame : table
            ``name`` and, as far as there are, ``scope`` and ``code``; text.

        Returns
        -------
        DataFrame
            The same index. ``category`` the best, or blank; ``also`` others that were accepted; ``decision`` ``accepted``, ``review`` or
            ``no``; ``basis`` ``code``, ``code and text`` or ``text only``; ``code_score`` 1 whole code, 0.5 starred, 0 none; ``text_score``
            [1]; ``evidence`` the sentence that decided; ``review`` why a person should look; ``head_office`` of a branch.
        """
        names, scopes, codes = (_texts(frame, c) for c in ("name", "scope", "code"))
        texts = [f"{n}。{s}" if s else n for n, s in zip(names, scopes, strict=True)]
        by_code = {code: self._coded(code) for code in set(codes)}
        columns = {c: np.full(len(frame), d, object) for c, d in zip(RESULT, _NOTHING, strict=True)}
        for k in self._candidates(names, texts, codes, by_code):
            said = self._row(names[k], texts[k], codes[k], by_code[codes[k]])
            for column, value in zip(RESULT, said, strict=True):
                columns[column][k] = value
        out = pd.DataFrame(columns, index=frame.index)
        return out.astype({"code_score": "float32", "text_score": "float32"})

    def _candidates(
        self,
        names: list[str],
        texts: list[str],
        codes: list[str],
        by_code: dict[str, dict[str, float]],
    ) -> list[int]:
        """Rows of which there is anything to say: one pass over all texts at once finds those with words.

        Most rows of a register have none, and tens of millions come by.
        """
        low = "\n".join(t.replace("\n", " ") for t in texts).lower()
        ends = np.cumsum([len(part) + 1 for part in low.split("\n")])
        found = self.lexicon.automaton.find_matches_as_indexes(low)
        starts = np.fromiter((start for _, start, _ in found), np.int64, len(found))
        chosen = set(np.searchsorted(ends, starts, side="right").tolist())
        chosen.update(k for k, code in enumerate(codes) if by_code[code])
        chosen.update(k for k, name in enumerate(names) if _maybe_branch(name))
        return sorted(chosen)

    def _row(self, name: str, text: str, code: str, by_code: dict[str, float]) -> tuple[Any, ...]:
        mentions = self.lexicon.mentions(text)
        if not mentions and not by_code:
            return (*_NOTHING[:-1], head_office(name))
        scores = text_scores(mentions)
        best: list[tuple[float, str, float, str]] = []
        near: list[tuple[float, str, float]] = []
        for category in dict.fromkeys([*by_code, *scores]):
            whole, score = by_code.get(category, 0.0), scores.get(category, 0.0)
            limit = 0.0 if whole == 1.0 else self.with_code if whole else self.alone
            if whole == 1.0 or score >= limit:
                basis = (
                    "code"
                    if whole == 1.0 and not score
                    else "code and text"
                    if whole
                    else "text only"
                )
                best.append((whole + score, category, score, basis))
            elif score >= limit - REVIEW:
                near.append((whole + score, category, score))
        best.sort(key=lambda b: (-b[0], CATEGORIES.index(b[1])))
        near.sort(key=lambda b: (-b[0], CATEGORIES.index(b[1])))
        category = best[0][1] if best else near[0][1] if near else ""
        kinds = {m.kind for m in mentions if m.word.category == category}
        review = self._review(best, near, kinds)
        decision = (
            ("review" if review.startswith("!") else "accepted")
            if best
            else ("review" if near else "no")
        )
        return (
            category if best or near else "",
            " ".join(b[1] for b in best[1:]),
            decision,
            best[0][3] if best else "",
            by_code.get(category, 0.0),
            scores.get(category, 0.0),
            self._evidence(text, mentions, category, code),
            review.lstrip("!"),
            head_office(name) if _maybe_branch(name) else "",
        )

    def unknown_codes(self, frame: pd.DataFrame) -> int:
        """Rows whose industry code is of no division of the national economy."""
        known = divisions()
        counts = pd.Series(_texts(frame, "code")).value_counts()
        return int(
            sum(
                n for code, n in counts.items() if str(code) and _digits(str(code))[:2] not in known
            )
        )

    def _coded(self, code: str) -> dict[str, float]:
        if not code:
            return {}
        plain = _digits(code)
        found = self.codes.get(plain) or self.codes.get(plain.zfill(4)) or {}
        return {category: 0.5 if partial else 1.0 for category, partial in found.items()}

    def _review(
        self,
        best: list[tuple[float, str, float, str]],
        near: list[tuple[float, str, float]],
        kinds: set[str],
    ) -> str:
        """Why a person should look; an exclamation mark in front when the decision itself waits."""
        if not best:
            return "little evidence" if near else ""
        _, _, score, basis = best[0]
        if basis != "code" and kinds and kinds <= {"planned", "traded", "negated"}:
            return "!only intended, traded or denied"
        if basis == "text only":
            return "text only" if score < min(self.alone + REVIEW, 1.0) else ""
        if len(best) > 1 and best[0][0] - best[1][0] < 0.05 and basis != "text only":
            return "several categories"
        return ""

    def _evidence(self, text: str, mentions: list[Mention], category: str, code: str) -> str:
        of_it = [m for m in mentions if m.word.category == category]
        if of_it:
            top = max(of_it, key=lambda m: m.weight)
            return sentence_around(text, top.start, top.stop)
        return f"code {code}" if category else ""


def _digits(code: str) -> str:
    """Digits of an industry code, without the letter of its section or what a spreadsheet added."""
    return code.strip().upper().lstrip("ABCDEFGHIJKLMNOPQRST").split(".")[0]


_NOTHING = ("", "", "no", "", 0.0, 0.0, "", "", "")


def text_scores(mentions: list[Mention]) -> dict[str, float]:
    """Evidence of each category in a text.

    Parameters
    ----------
    mentions : list of Mention
        Of one text; a word counts once, by its strongest mention.

    Returns
    -------
    dict of category to float [1]
        1 less the product of what each distinct word leaves open: two words of one half make three quarters.
    """
    strongest: dict[tuple[str, str], float] = {}
    for m in mentions:
        key = (m.word.category, m.word.word)
        strongest[key] = max(strongest.get(key, 0.0), m.weight)
    left: dict[str, float] = {}
    for (category, _), weight in strongest.items():
        left[category] = left.get(category, 1.0) * (1.0 - weight)
    return {category: 1.0 - rest for category, rest in left.items() if rest < 1.0}


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return [
        str(v) if isinstance(v, str) else "" if v is None or v != v else str(v)
        for v in frame[column]
    ]


def _maybe_branch(name: str) -> bool:
    return name.endswith(
        (
            "分公司",
            "分厂",
            "店",
            "分行",
            "支行",
            "办事处",
            "营业部",
            "门市部",
            "分部",
            "分社",
            "项目部",
        )
    )


def head_office(name: str) -> str:
    """Name of the firm that a branch belongs to, read from the branch's own name; blank for a firm itself."""
    found = _BRANCH.match(name.strip())
    return found[1] if found else ""


@dataclass
class Seen:
    """Keys that went by, 8 bytes each: rows of a register that come twice are told from new ones.

    Sorted runs that are merged as they grow, so that tens of millions of keys fit.
    """

    runs: list[NDArray[np.uint64]] = field(default_factory=list)

    def new(self, keys: pd.Series) -> NDArray[np.bool_]:
        """Which keys were not there before; blank ones always are new.

        Parameters
        ----------
        keys : (row,)
            Text, such as unified credit codes.

        Returns
        -------
        (row,)
            False for a row that repeats an earlier one.
        """
        text = keys.fillna("").astype(str).str.strip()
        blank = (text == "").to_numpy()
        hashed = pd.util.hash_array(text.to_numpy(object)).astype(np.uint64)
        known = text.duplicated().to_numpy().copy()
        for run in self.runs:
            at = np.minimum(np.searchsorted(run, hashed), len(run) - 1)
            known |= run[at] == hashed
        fresh = ~known | blank
        add = np.unique(hashed[fresh & ~blank])
        while self.runs and len(self.runs[-1]) <= 2 * len(add):
            add = np.union1d(self.runs.pop(), add)
        if len(add):
            self.runs.append(add)
        return fresh
