"""What the features of a plan are for: words of both languages, and whether that builds, farms, grows or protects."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.shipped import shipped_text

KINDS = ("building", "farming", "growing", "protection")
"""What a use does to the ground: builds on it, farms it, grows trees, fruit or fish on it, or leaves it as it is."""
_GAPS = re.compile(r"[\s_\-/·]+")


@dataclass(frozen=True)
class PlanUse:
    """A use of ground that plans have.

    Attributes
    ----------
    use, kind : str
        Its name, and which of :data:`KINDS` it is.
    words : mapping of language to str
        How it is called.
    """

    use: str
    kind: str
    words: MappingProxyType[str, str]


@cache
def plan_uses() -> MappingProxyType[str, PlanUse]:
    """Uses by name."""
    return MappingProxyType(
        {
            row["use"]: PlanUse(
                row["use"], row["kind"], MappingProxyType({"en": row["en"], "zh": row["zh"]})
            )
            for row in _rows()
        }
    )


@cache
def use_words() -> MappingProxyType[str, str]:
    """Use by every spelling of it; blanks, strokes and case do not count."""
    out: dict[str, str] = {}
    for row in _rows():
        for word in (row["use"], row["en"], row["zh"], *row["words"].split(";")):
            if (other := out.setdefault(_squeezed(word), row["use"])) != row["use"]:
                raise QuantityError(
                    f"plan_uses.csv: '{word}' is {other} and {row['use']}; expected one use"
                )
    return MappingProxyType(out)


def _rows() -> list[dict[str, str]]:
    return list(csv.DictReader(shipped_text("zoning/plan_uses.csv").splitlines()))


def _squeezed(word: str) -> str:
    return _GAPS.sub("", word).lower()


def uses_of(words: Sequence[object], argument: str, numbers: Sequence[int]) -> list[str]:
    """Use of each feature, by its words.

    Parameters
    ----------
    words : sequence
        As a plan has them, in English or Chinese.
    argument : str
        For messages.
    numbers : sequence of int
        Of the features, for messages.

    Returns
    -------
    list of str
        Names of :func:`plan_uses`; blank where there is no word, so that nobody knows what is planned.

    Raises
    ------
    QuantityError
        A word that is no use: with the number of its features, the first of them and the nearest word.
    """
    known = use_words()
    texts = ["" if w is None or w != w else str(w).strip() for w in words]
    odd = [t for t in texts if t and _squeezed(t) not in known]
    if odd:
        first = odd[0]
        spelt = {w for row in _rows() for w in (row["en"], row["zh"], *row["words"].split(";"))}
        code = "; codes differ from list to list of land uses" if first.isdigit() else ""
        told = f"{len(set(odd))} such words in {len(odd)} features"
        raise QuantityError(
            f"{argument}: found '{first[:40]}' in feature {numbers[texts.index(first)]}, which is no known use ({told}){code}; expected such as "
            f"residential, mining, road, farmland, forest, park, 居住用地, 采矿用地, 耕地; {nearest(first.lower(), spelt)}"
        )
    return [known[_squeezed(t)] if t else "" for t in texts]
