"""Why products of a study were not made, in one language."""

import re

from shanshui.collect.inputs import wanted
from shanshui.core.voice import ENGLISH, Voice
from shanshui.flow.bound import NO_COLUMN, NOT_BOUND

SAID = ((NOT_BOUND, "absent_not_bound"), (NO_COLUMN, "absent_no_column"))
"""Reasons as plans give them, and the keys of their words."""


def absent_because(why: str, voice: Voice) -> str:
    """Reason why a product is absent, as a page says it.

    Parameters
    ----------
    why : str
        As the plan gives it.
    voice : Voice
        Of the page. English says what would supply the input, too.
    """
    if voice.language == ENGLISH:
        return wanted(why)
    for text, key in SAID:
        form = re.escape(text).replace(r"\{name\}", "(?P<name>[^']+)")
        if found := re.fullmatch(form.replace(r"\{columns\}", "(?P<columns>.+)"), why):
            return voice(key, word=voice.word(found["name"]), **found.groupdict())
    return why
