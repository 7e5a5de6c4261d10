"""Why a cell of an input is missing."""


class Missing:
    """Numbers of the reasons why a source cell, or the study cell that lies on it, has no value; 0 where it has one."""

    NOT = 0
    OUTSIDE = 1
    TAG = 2
    MASK = 3
    ALPHA = 4
    NAN = 5
    DECLARED = 6
    BEYOND = 7
    CLASSLESS = 8


REASONS = 9
"""How many numbers there are."""


def words(reason: int, lang: str = "en") -> str:
    """A reason in words.

    Parameters
    ----------
    reason : int
        As ``Missing`` numbers them.
    lang : str
        ``en`` or ``zh``.
    """
    return _WORDS[reason][1 if lang == "zh" else 0]


_WORDS = {
    Missing.NOT: ("has a value", "有值"),
    Missing.OUTSIDE: ("outside the file", "在文件范围之外"),
    Missing.TAG: ("the file's mark of missing (nodata)", "文件自带的缺测标记（nodata）"),
    Missing.MASK: ("hidden by the file's mask", "被文件的掩膜遮盖"),
    Missing.ALPHA: ("transparent in the file", "在文件中为透明"),
    Missing.NAN: ("not a number in the file", "文件中不是数"),
    Missing.DECLARED: ("a number that the study file declares missing", "研究文件声明为缺测的数"),
    Missing.BEYOND: ("beyond the range that the file calls valid", "超出文件所称的有效范围"),
    Missing.CLASSLESS: ("a code that the class table does not have", "类别表中没有的编码"),
}
