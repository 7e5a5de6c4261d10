"""Rows of a product with the names of their places in one language."""

import pandas as pd

from shanshui.core.keys import keys
from shanshui.core.voice import Voice
from shanshui.queries.places import PlacedRows
from shanshui.study.study import Study


def named(study: Study, name: str, voice: Voice) -> pd.DataFrame:
    """Rows with code, and the name of their place in a language as ``name``."""
    frame = PlacedRows(study, name).named
    own = voice.column(frame, "name")
    if own != "name" and "name" in frame:
        return frame.assign(name=frame[own].where(frame[own].notna(), frame["name"]))
    return frame


class PlaceNames:
    """Names of the study's places in one language, by their codes and by their plain names.

    Parameters
    ----------
    study : Study
        Whose outlines name places.
    voice : Voice
        Of the language.
    """

    def __init__(self, study: Study, voice: Voice) -> None:
        self._study, self._voice = study, voice

        self._known: dict[str, dict[str, str]] = {}

    def _of(self, kind: str) -> dict[str, str]:
        outlines = keys()[kind].outlines
        if kind not in self._known:
            self._known[kind] = self._read(outlines) if self._study.has(outlines) else {}
        return self._known[kind]

    def _read(self, outlines: str) -> dict[str, str]:
        frame = self._study[outlines]
        if "name" not in frame:
            return {}
        own = frame[self._voice.column(frame, "name")]
        said = own.where(own.notna() & (own != ""), frame["name"])
        out: dict[str, str] = {}
        for column in ("code", "name"):
            for plain, word in zip(frame.get(column, ()), said, strict=False):
                out.setdefault(str(plain), str(word))
        return out

    def __call__(self, plain: object, *kinds: str) -> str:
        """Name in the language of a place of one of some kinds, the first that has it; what is none of them stands as it is."""
        text = str(plain)
        return next((known[text] for kind in kinds if text in (known := self._of(kind))), text)


def names_of(study: Study, name: str, voice: Voice) -> dict[str, str]:
    """Names of places in the language of a voice by their plain ones, where the input has them."""
    if not study.has(name) or (own := voice.column(study[name], "name")) == "name":
        return {}
    return {str(k): str(v) for k, v in study[name].set_index("name")[own].items()}
