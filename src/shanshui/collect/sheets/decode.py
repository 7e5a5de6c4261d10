"""Text of a file by evidence: marks, zero bytes, and whether the letters that come out are letters people write."""

import codecs
import re
import unicodedata

from shanshui.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]")
_EUROPEAN = set("°²³µ€–—’‘“”…·§±×«»½¼¾¿¡£¥®©ªº¹\xa0‰•†‡„‚‹›")
"""Signs, beside letters, that tables in European code pages hold."""
_ALONE = set("°²³µ€£–—’‘“”…·±×§\xa0")
"""Those that such a table may hold although it has no letter beyond the plain ones."""


def decoded(raw: bytes, where: str, encoding: str | None = None) -> tuple[str, str]:
    """Text of bytes, and the encoding that the bytes are evidence for.

    Parameters
    ----------
    raw : bytes
        Whole content.
    where : str
        Input and file, for messages.
    encoding : str, optional
        Declared; then no other is tried.

    Returns
    -------
    (str, str)
        Text without a mark of byte order, and the name of its encoding.

    Raises
    ------
    DataError
        An unknown encoding, bytes that are not in it, zero bytes, or bytes that are evidence for no encoding.
    """
    name = encoding or _evident(raw)
    if name is None:
        raise DataError(
            f"{where} is not text in UTF-8, GB 18030, UTF-16 or a European code page (the first odd byte is at "
            f'{_first_odd(raw)}); save it as UTF-8, or set encoding = "…"'
        )
    try:
        text = raw.decode(name)
    except LookupError:
        raise DataError(
            f"{where}: '{name[:40]}' is no encoding; expected one such as utf-8 or gb18030"
        ) from None
    except (UnicodeError, ValueError) as error:
        said = getattr(error, "start", None)
        at = "" if said is None else f" at byte {said}"
        raise DataError(
            f"{where} is not text in {name}: it breaks{at}; set the right encoding, or save it as UTF-8"
        ) from None
    if "\0" in text:
        raise DataError(
            f"{where} holds zero bytes, the first at letter {text.index(chr(0))}; is it damaged, or no text? save it anew"
        )
    return text.removeprefix("\ufeff"), name.removesuffix("-sig")


def _evident(raw: bytes) -> str | None:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    if b"\0" in raw:
        return _wide(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _eight_bit(raw)
    # a few pairs of GBK are also letters of two bytes in UTF-8, but of several scripts at once
    return "gb18030" if _motley(text) and _chinese(raw) else "utf-8"


def _wide(raw: bytes) -> str | None:
    """Encoding of two or four bytes per letter without a mark: zeros stand at one side of the letters only."""
    if len(raw) % 4 == 0:
        zeros = [raw[k::4].count(0) for k in range(4)]
        for name, most in (("utf-32-le", (3, 2)), ("utf-32-be", (0, 1))):
            if all(zeros[k] > 0.9 * len(raw) / 4 for k in most[:1]) and _decodes(raw, name):
                return name
    if len(raw) % 2:
        return "utf-8"
    left, right = raw[0::2].count(0), raw[1::2].count(0)
    name = "utf-16-le" if right > left else "utf-16-be"
    enough = max(left, right) > 0.02 * len(raw) and min(left, right) <= 0.1 * max(left, right)
    return name if enough and _decodes(raw, name) else "utf-8"


def _decodes(raw: bytes, name: str) -> bool:
    """Does nothing but letters and line breaks come out?"""
    try:
        text = raw.decode(name)
    except UnicodeDecodeError:
        return False
    return all(
        c in "\r\n\t" or unicodedata.category(c) not in {"Cc", "Cn", "Co"} for c in set(text)
    )


def _eight_bit(raw: bytes) -> str | None:
    try:
        raw.decode("gb18030")
        chinese = _chinese(raw)
    except UnicodeDecodeError:
        chinese = False
    if chinese:
        return "gb18030"
    return "cp1252" if _european(raw) else None


def _chinese(raw: bytes) -> bool:
    """Are the letters of GB 18030 mostly common ones?

    Common letters and marks of the national standard have both bytes from A1 on, and the first below D8. Letters of
    Europe stand alone between plain letters, which as pairs are rare letters or none.
    """
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    common = rare = 0
    for letter in text:
        if letter < "\x80" or unicodedata.category(letter)[0] == "Z":
            continue
        pair = letter.encode("gb18030")
        both = len(pair) == 2 and pair[0] >= 0xA1 and pair[1] >= 0xA1
        if both and pair[0] < 0xD8:
            common += 1
        elif not (both and pair[0] < 0xF8):
            rare += 1
    return common > rare


def _european(raw: bytes) -> bool:
    """Are the letters of the code page mostly letters, beside plain ones?"""
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return False
    odd = [c for c in text if c >= "\x80"]
    if any(unicodedata.category(c) == "Cc" for c in text if c not in "\r\n\t\f"):
        return False
    letters = sum(unicodedata.category(c)[0] == "L" for c in odd)
    known = letters + sum(c in _EUROPEAN for c in odd)
    # letters of Europe come one by one; runs of them are text of another encoding
    runs = re.findall(rb"[\x80-\xff]{3,}", raw)
    if not letters and not set(odd) <= _ALONE:
        return False
    return known == len(odd) and sum(map(len, runs)) <= 0.2 * len(odd)


def _motley(text: str) -> bool:
    """Do all letters beyond ASCII have two bytes and belong to several scripts, or to none that is written?"""
    odd = {c for c in text if c >= "\x80"}
    if not odd or any(c > "\u07ff" for c in odd):
        return False
    scripts = set()
    for c in odd:
        kind = unicodedata.category(c)
        if kind in {"Cc", "Cn", "Mn", "Sk", "Lm"} or "\u0250" <= c <= "\u02ff":
            return True
        if kind[0] == "L":
            scripts.add(unicodedata.name(c, "?").partition(" ")[0])
    return len(scripts - {"MICRO", "FEMININE", "MASCULINE"}) > 1


def _first_odd(raw: bytes) -> int:
    found = _HIGH.search(raw)
    return found.start() if found else 0
