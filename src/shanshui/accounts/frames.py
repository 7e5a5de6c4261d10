"""Accounting systems: which services count, how each may be valued, what must not be counted twice."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shanshui.core.errors import PlanError, nearest
from shanshui.core.said import Said, Worded, by_language, worded
from shanshui.core.shipped import shipped_text

if TYPE_CHECKING:  # words decide no number: the digest of code does not follow a voice to its lists
    from shanshui.core.voice import Voice


@dataclass(frozen=True)
class Entry:
    """One service of a frame.

    Attributes
    ----------
    service : str
        Its id.
    methods : tuple of str
        Allowed valuations, the preferred first.
    counts : bool
        In the total; False is shown beside it.
    why : Said or None
        Why it does not count.
    """

    service: str
    methods: tuple[str, ...]
    counts: bool = True
    why: Said | None = None


@dataclass(frozen=True)
class Frame:
    """One accounting system.

    Attributes
    ----------
    id : str
        As settings name it.
    title : Worded
        For readers.
    status : Worded
        How well its text is known here.
    entries : tuple of Entry
        Services in order; only these are summed.
    by_area : bool
        It prices areas of ecosystems, not flows.
    """

    id: str
    title: Worded
    status: Worded
    entries: tuple[Entry, ...]
    by_area: bool = False

    def entry(self, service: str) -> Entry | None:
        """A service of the frame, or None."""
        return next((e for e in self.entries if e.service == service), None)


def _entries() -> dict[str, list[Entry]]:
    out: dict[str, list[Entry]] = {}
    for row in csv.DictReader(shipped_text("accounts/frame_services.csv").splitlines()):
        entry = Entry(
            row["service"],
            tuple(row["methods"].split()),
            row["counts"] == "yes",
            by_language(row, "why"),
        )
        out.setdefault(row["frame"], []).append(entry)
    return out


def _frames() -> Iterator[Frame]:
    entries = _entries()
    for row in csv.DictReader(shipped_text("accounts/frames.csv").splitlines()):
        listed = tuple(entries.get(row["frame"], ()))
        by_area = row["by_area"] == "yes"
        title = worded(row, "title")
        yield Frame(row["frame"], title, worded(row, "status"), listed, by_area)


FRAMES: dict[str, Frame] = {frame.id: frame for frame in _frames()}
"""Accounting systems by id."""


def frame_name(name: str, voice: "Voice") -> str:
    """Title of a frame in a language; a published account has the name that its table gives it."""
    known = FRAMES.get(name)
    return voice(name) if known is None else voice.among(known.title.words)


def frame_of(name: str) -> Frame:
    """Return a frame by its id.

    Raises
    ------
    PlanError
        Unknown, with the nearest.
    """
    if name not in FRAMES:
        raise PlanError(f"frame '{name}'; {nearest(name, FRAMES)}")
    return FRAMES[name]
