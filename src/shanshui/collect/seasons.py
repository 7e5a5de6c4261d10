"""Does an index of vegetation speak for a year, or for one season of it?"""

import re
from collections.abc import Iterable
from pathlib import Path

from shanshui.collect.catalog import InputSpec

_MONTH = (
    "january|february|march|april|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|spring|summer|autumn|winter"
)
_SEASON = re.compile(
    rf"(?<![a-z])(?:{_MONTH})(?![a-z])|\d{{1,2}} ?月|[春夏秋冬]季"
    r"|(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d[-_.](?:0[1-9]|1[0-2])(?!\d)"
)
_YEAR = re.compile(
    r"(?<![a-z])(?:annual|yearly|twelve|monthly|jan(?:uary)?[-_ ]*(?:to)?[-_ ]*dec(?:ember)?)(?![a-z])"
    r"|(?<!\d)0?1 ?月?[-_~–—至到]12 ?月|年均|年最大|逐月|全年"
)
"""Words of a whole year; the greatest of a month (max, mvc) is no more than that month's."""


def season_of(specs: Iterable[InputSpec]) -> str:
    """Words of files, layers and editions that speak of a part of the year; blank where none does, or a word says that it is the year's.

    Parameters
    ----------
    specs : iterable of InputSpec
        Declarations of one map.
    """
    found = ""
    for spec in specs:
        if spec.time is not None:
            return spec.time
        layers = spec.layer if isinstance(spec.layer, str) else ""
        text = f"{Path(spec.file).stem} {layers} {spec.edition or ''}".lower()
        if _YEAR.search(text):
            return ""
        if not found and (match := _SEASON.search(text)):
            found = match.group(0)
    return found
