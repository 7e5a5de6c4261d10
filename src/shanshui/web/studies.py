"""The studies that a server shows, each opened once, and again when its file changes."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shanshui.core.errors import PlanError, StudyError, nearest
from shanshui.core.process_lock import ProcessLock
from shanshui.core.quantity import Grid
from shanshui.core.voice import ENGLISH, Voice, languages
from shanshui.opened import Study, open_study
from shanshui.queries.findings import findings
from shanshui.queries.search import Search
from shanshui.queries.sheet import Sheets
from shanshui.report.colouring import Colouring
from shanshui.report.views import class_words
from shanshui.store.ledger import Record
from shanshui.store.reading import Reading
from shanshui.study.sections import BASE
from shanshui.web.drawn import (
    BASE_LAYERS,
    DrawnMap,
    base_layers,
    colouring_of,
    degrees_of,
    drawn_map,
)
from shanshui.web.tiles import Held, Tiles

MOST_TEXTS = 32 << 20
"""Bytes of other answers that are held [D]."""
LOOK_S = 0.5
"""How long a study is taken to be declared as it was [s]."""
MOST_DRAWN = 96 << 20
"""Bytes of drawn maps that are held [D]."""


@dataclass
class Opened:
    """A study, or a scenario of it, as it is shown.

    Attributes
    ----------
    name : str
        Of the study, in addresses.
    study : Study
        Opened to read only.
    """

    name: str
    study: Study
    _drawn: Held[DrawnMap] = field(default_factory=lambda: Held(lambda m: m.bytes, MOST_DRAWN))
    _colours: Held[Colouring | None] = field(default_factory=lambda: Held(lambda _: 1, 4096))
    _words: Held[dict[int, str]] = field(default_factory=lambda: Held(lambda _: 1, 4096))
    _texts: Held[bytes] = field(default_factory=lambda: Held(len, MOST_TEXTS))
    _records: Held[Record] = field(default_factory=lambda: Held(lambda _: 1, 4096))
    _bounds: Held[list[float]] = field(default_factory=lambda: Held(lambda _: 1, 1))
    _search: Held[Search] = field(default_factory=lambda: Held(lambda _: 1, 1))

    def __post_init__(self) -> None:
        self.reading = Reading(self.study.objects)
        self.tiles = Tiles(self.reading)
        self.sheets = Sheets(self.study)

    @property
    def bounds(self) -> list[float]:
        """West, south, east and north of the region, or of the grid where it has none [degree]."""
        record = self.study.entry("boundary")
        return self._bounds.of(record.digest if record else "", lambda: degrees_of(self.study))

    def voice(self, language: str) -> Voice:
        """Voice of a language.

        Raises
        ------
        PlanError
            Not known, with the nearest.
        """
        known = languages(self.study.layout.folder)
        if language not in known:
            raise PlanError(f"lang: '{language}'; {nearest(language, known)}")
        return Voice(language, self.study.layout.folder)

    def record(self, product: str) -> Record:
        """How a product stands, asked once while the ledger is as it is.

        Raises
        ------
        PlanError
            Unknown, or not made yet.
        """
        return self._records.of(
            (self.study.ledger.state(), product), lambda: self.study.record(product)
        )

    def base(self, voice: Voice) -> bytes:
        """Region, counties, rivers and places, as JSON."""
        made = tuple(r.digest if (r := self.study.entry(n)) else "" for n in BASE_LAYERS)
        return self._texts.of(
            ("base", made, voice.language),
            lambda: json.dumps(base_layers(self.study, voice), ensure_ascii=False).encode(),
        )

    def findings(self, voice: Voice) -> bytes:
        """What was found, in sentences, as JSON."""

        def told() -> bytes:
            found = [f.to_dict(voice) for f in findings(self.study, voice)]
            return json.dumps({"findings": found}, ensure_ascii=False).encode()

        return self._texts.of(("findings", self.study.ledger.state(), voice.language), told)

    def map(self, product: str, voice: Voice) -> DrawnMap:
        """What the map of a product shows."""
        digest = self.record(product).digest
        return self._drawn.of(
            (digest, product, voice.language), lambda: drawn_map(self.study, product, voice)
        )

    def colouring(self, product: str) -> Colouring | None:
        """Colours of a grid; None where no cell has a value."""
        digest = self.record(product).digest
        return self._colours.of(
            (digest, product), lambda: colouring_of(self.study, product, Voice(ENGLISH))
        )

    def unit(self, product: str) -> str:
        """Unit of a grid; of anything else none."""
        kind = self.study.plan.kind(product) if product in self.study.plan.steps else None
        return kind.unit if isinstance(kind, Grid) else ""

    def class_words(self, product: str, language: str) -> dict[int, str]:
        """Word of each class of a grid; none of one of numbers."""
        digest = self.record(product).digest
        return self._words.of(
            (digest, product, language),
            lambda: class_words(self.study, product, self.voice(language)),
        )

    def search(self) -> Search:
        """Places and products by what is typed."""
        return self._search.of(self.study.ledger.state(), lambda: Search(self.study))


class Studies:
    """Studies that are shown.

    Parameters
    ----------
    folders : mapping of name to Path
        Each with a study file.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self._opened: dict[tuple[str, str], tuple[tuple[int, ...], Opened]] = {}
        self._looked: dict[tuple[str, str], float] = {}
        self._guard = ProcessLock()

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def folder(self, name: str) -> Path:
        """Where a study is.

        Raises
        ------
        StudyError
            None of that name.
        """
        if name not in self._folders:
            raise StudyError(f"study: '{name}'; {nearest(name, self._folders)}")
        return self._folders[name]

    def changed(self, name: str) -> None:
        """Look at what is declared of a study again before it is shown next."""
        with self._guard:
            for key in [k for k in self._looked if k[0] == name]:
                del self._looked[key]

    def study(self, name: str, scenario: str = BASE) -> Opened:
        """A study as one of its scenarios.

        Raises
        ------
        StudyError
            No such study or scenario.
        """
        folder = self.folder(name)
        with self._guard:
            known = self._opened.get((name, scenario))
            now = time.monotonic()
            if known is not None and now - self._looked.get((name, scenario), -LOOK_S) < LOOK_S:
                return known[1]
            self._looked[name, scenario] = now
            mark = _mark(folder)
            if known is not None and known[0] == mark:
                return known[1]
            opened = Opened(name, open_study(folder, read_only=True).scenario(scenario))
            self._opened[name, scenario] = (mark, opened)
            return opened


def _mark(folder: Path) -> tuple[int, ...]:
    """What tells that what is declared of a study was changed."""
    files = [folder / "study.toml", *sorted((folder / "scenarios").glob("*.toml"))]
    out: list[int] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        out += [stat.st_mtime_ns, stat.st_size, stat.st_ino]
    return tuple(out)


def named_folders(folders: list[Path]) -> dict[str, Path]:
    """Names of studies in addresses: those of their folders, told apart by numbers.

    Raises
    ------
    StudyError
        A folder that is given twice.
    """
    out: dict[str, Path] = {}
    for folder in folders:
        place = folder.resolve()
        if place in out.values():
            raise StudyError(f"{folder}: is given twice")
        name, count = place.name, 1
        while name in out:
            count += 1
            name = f"{place.name}-{count}"
        out[name] = place
    return out
