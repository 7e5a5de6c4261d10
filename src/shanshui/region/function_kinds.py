"""What statutory function zones are for, and who set them: the words for both."""

from shanshui.core.errors import DataError

ECOLOGICAL = ("water conservation", "soil conservation", "biodiversity", "sand fixation")
KINDS = (*ECOLOGICAL, "agriculture", "development")
LEVELS = ("national", "provincial")
_KIND_WORDS = {
    "水源涵养": "water conservation", "水土保持": "soil conservation", "生物多样性": "biodiversity",
    "生物多样性维护": "biodiversity", "生物多样性保护": "biodiversity", "防风固沙": "sand fixation",
    "农产品主产": "agriculture", "农产品提供": "agriculture", "重点开发": "development", "优化开发": "development",
}  # fmt: skip
"""Words of the national plan of 2010, without what they end in."""
_BEGINNINGS = ("国家级", "国家", "省级")
_ENDINGS = ("重点", "生态", "功能", "区域", "类型", "型", "类", "区")
"""What words of the plan begin and end in: 水源涵养型, 防风固沙生态功能区, 国家重点开发区域."""
_LEVEL_WORDS = {"国家级": "national", "国家": "national", "省级": "provincial"}


def kind_of_zone(word: object, where: str) -> str:
    """Kind of a zone in our words.

    Parameters
    ----------
    word : object
        One of :data:`KINDS` in any letters, with blanks or underscores, or the plan's Chinese word, whatever it ends in (型, 区, 生态功能区).
    where : str
        Of the word, for the message.

    Raises
    ------
    DataError
        Another word.
    """
    return _one(_stem(str(word)), where, KINDS, _KIND_WORDS, word)


def level_of_zone(word: object, where: str) -> str:
    """Who set a zone: ``national`` or ``provincial``.

    Raises
    ------
    DataError
        Another word.
    """
    return _one(word, where, LEVELS, _LEVEL_WORDS, word)


def _stem(word: str) -> str:
    """A word without what words of the plan begin and end in."""
    text = word if word.isascii() else "".join(word.split())
    while text not in _KIND_WORDS:
        begin = next((b for b in _BEGINNINGS if text.startswith(b)), "")
        end = next((e for e in _ENDINGS if text.endswith(e)), "")
        if not begin and not end:
            return text
        text = text.removeprefix(begin).removesuffix(end)
    return text


def _one(
    word: object, where: str, ours: tuple[str, ...], theirs: dict[str, str], told: object
) -> str:
    text = " ".join(str(word).replace("_", " ").lower().split())
    found = theirs.get(text, text)
    if found not in ours:
        raise DataError(
            f"{where}: found '{told}', expected one of {', '.join(ours)}; correct the word"
        )
    return found
