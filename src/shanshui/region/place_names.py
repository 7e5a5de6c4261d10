"""Names of places: what of a name stays when its place changes rank, and who bears it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_PEOPLES = (
    "各", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白", "土家", "哈尼",
    "哈萨克", "傣", "黎", "傈僳", "佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇", "柯尔克孜", "土", "达斡尔",
    "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米", "塔吉克", "怒", "乌孜别克", "俄罗斯", "鄂温克",
    "德昂", "保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺",
)  # fmt: skip
"""Peoples after whom self-ruled places are named."""
_SELF_RULE = re.compile(
    rf"(?:(?:{'|'.join(sorted(_PEOPLES, key=len, reverse=True))})族?)*自治(?:县|州|旗|区)$"
)
_RANK = re.compile(r"(?:特别行政区|林区|特区|矿区|新区|地区|省|市|县|区|旗|盟|州)$")
_RANK_EN = re.compile(
    r"^(?:county|city|district|prefecture) of | (?:autonomous )?(?:county|city|district|prefecture|parish|borough|census area|xian|shi|qu)$"
)


def plain_name(value: object) -> str:
    """Name half-width, without blanks between Chinese letters, in small letters.

    Parameters
    ----------
    value : object
        ``"石 泉 县"``, ``"Shiquan  County"``, missing.

    Returns
    -------
    str
        ``"石泉县"``, ``"shiquan county"``; empty where there is none.
    """
    if value is None or value != value:
        return ""
    text = str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.strip().casefold()
    if " " in text:
        text = re.sub(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿])", "", text)
    return re.sub(r"\s+", " ", text).strip(" *·.")


def name_stem(value: object) -> str:
    """What stays of a name when its place becomes a district or a city; at least two Chinese letters.

    Parameters
    ----------
    value : object
        ``"北川羌族自治县"``, ``"旬阳市"``, ``"Shiquan County"``, ``"Zürich"``.

    Returns
    -------
    str
        ``"北川"``, ``"旬阳"``, ``"shiquan"``, ``"zurich"``.
    """
    full = plain_name(value)
    if re.search(r"[㐀-鿿]", full):
        for pattern in (_SELF_RULE, _RANK):
            short = pattern.sub("", full)
            if short != full:
                return short if len(short) >= 2 else full
        return full
    if full.isascii() and " " not in full:
        return full.replace("-", " ")
    ascii_ = "".join(c for c in unicodedata.normalize("NFKD", full) if not unicodedata.combining(c))
    return _RANK_EN.sub("", ascii_).replace("'", "").replace("-", " ").strip() or full


@dataclass
class Names:
    """Who bears which name.

    Attributes
    ----------
    full, stems : mapping of str to list of int
        Bearers of a plain name and of a stem.
    """

    full: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    stems: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, bearer: int, names: Iterable[object]) -> None:
        """Note the names of one bearer."""
        for name in names:
            for book, word in ((self.full, plain_name(name)), (self.stems, name_stem(name))):
                if not word:
                    continue
                if bearer not in book[word]:
                    book[word].append(bearer)

    def bearer(
        self, name: object, scopes: Iterable[Callable[[int], bool]]
    ) -> tuple[int | None, bool]:
        """The one that bears a name, full before stem, near before far.

        Parameters
        ----------
        name : object
            As written.
        scopes : iterable of callable
            Tells of a bearer whether it lies near enough; the nearest scope first.

        Returns
        -------
        (int or None, bool)
            The bearer; and whether there were several of which none can be chosen.
        """
        places = list(scopes)
        for step, scope in enumerate(places):
            # beyond the nearest, a stem says too little: a county is no prefecture of like name
            stems = [(self.stems, name_stem(name))] if step < max(1, len(places) // 2) else []
            for book, word in ((self.full, plain_name(name)), *stems):
                found = [b for b in book.get(word, ()) if scope(b)] if word else []
                if len(found) == 1:
                    return found[0], False
                if found:
                    return None, True
        return None, False
