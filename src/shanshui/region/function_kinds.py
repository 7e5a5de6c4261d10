"""What statutory function zones are for, and who set them: the words for both."""

from shanshui.core.errors import DataError

ECOLOGICAL = ("water conservation", "soil conservation", "biodiversity", "sand fixation")
KINDS = (*ECOLOGICAL, "agriculture", "development")
LEVELS = ("national", "provincial")
_KIND_WORDS = {
    "水源涵养": "water conservation", "水土保持": "soil conservation", "生物多样性": "biodiversity",
    "生物多样性维护": "biodiversity", "生物多样性保护": "biodiversity", "防风固沙": "sand fixation",
    "农产品主产区": "agriculture", "重点开发": "development", "优化开发": "development",
}  # fmt: skip
"""Words of the national plan of 2010."""
_LEVEL_WORDS = {"国家级": "national", "国家": "national", "省级": "provincial"}


def kind_of_zone(word: object, where: str) -> str:
    """Kind of a zone in our words.

    Parameters
    ----------
    word : object
        One of :data:`KINDS` in any letters, with blanks or underscores, or the plan's Chinese word.
    where : str
        Of the word, for the message.

    Raises
    ------
    DataError
        Another word.
    """
    return _one(word, where, KINDS, _KIND_WORDS)


def level_of_zone(word: object, where: str) -> str:
    """Who set a zone: ``national`` or ``provincial``.

    Raises
    ------
    DataError
        Another word.
    """
    return _one(word, where, LEVELS, _LEVEL_WORDS)


def _one(word: object, where: str, ours: tuple[str, ...], theirs: dict[str, str]) -> str:
    text = " ".join(str(word).replace("_", " ").lower().split())
    found = theirs.get(text, text)
    if found not in ours:
        raise DataError(
            f"{where}: found '{word}', expected one of {', '.join(ours)}; correct the word"
        )
    return found
