"""A page of a report while it is written: its study, its voice, and the figures and tables that stand on it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from shanshui.core.terms import terms
from shanshui.core.voice import ENGLISH, Voice
from shanshui.report.canvas import as_svg, drawing
from shanshui.report.legends import CHART, Legend, legends
from shanshui.report.places import PlaceNames
from shanshui.report.states import ProductStates, because
from shanshui.report.views import map_of, source_of
from shanshui.study.study import Study


@dataclass
class Figure:
    """One picture with what a reader must know of it.

    Attributes
    ----------
    number : int
        In order of the page.
    product : str
        What it shows.
    title, note, source : str
        Words around it.
    svg : Markup
        The picture.
    made : str
        When and why the product was made.
    of : tuple of str
        All products that it shows.
    state : str
        Words on those that are not up to date.
    """

    number: int
    product: str
    title: str
    note: str
    source: str
    svg: Markup
    made: str
    of: tuple[str, ...]
    state: str


@dataclass(frozen=True)
class Chart:
    """A chart that a chapter draws.

    Attributes
    ----------
    draw : callable
        Gives the drawing.
    title, note : str
        Words that the row of the product does not have.
    """

    draw: Callable[[], Any]
    title: str = ""
    note: str = ""


class Page:
    """What every chapter is written with.

    Parameters
    ----------
    study : Study
        Whose products are shown.
    voice : Voice
        Of the page.
    """

    def __init__(self, study: Study, voice: Voice) -> None:
        self.study, self.voice, self.standing = study, voice, ProductStates(study)
        self.place = PlaceNames(study, voice)
        self._count, self._tables = 0, 0
        self._told: set[str] = set()

    def figures(
        self,
        chapter: str,
        charts: Mapping[str, Chart] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> list[Figure]:
        """Figures of a chapter, in the order of ``legends.csv``, as far as their products were made.

        Parameters
        ----------
        chapter : str
            As the rows name it.
        charts : mapping of product to Chart, optional
            How its charts are drawn; one that is left out has nothing to show.
        notes : mapping of product to str, optional
            Notes on maps that the rows do not have.

        Returns
        -------
        list of Figure
            Numbered on from the chapter before.
        """
        out = []
        for row in legends():
            name = row.product
            if row.chapter != chapter or not self.study.has(name):
                continue
            if row.unless and self.study.has(row.unless):
                continue
            title = self.voice(row.title) if row.title else self.voice.word(name)
            note = self.voice(row.note) if row.note else (notes or {}).get(name, "")
            if row.view != CHART:
                draw = partial(map_of, self.study, name, self.voice)
                out.append(self.figure(row, title, note, draw))
            elif chart := (charts or {}).get(name):
                out.append(self.figure(row, chart.title or title, chart.note or note, chart.draw))
        return out

    def figure(self, row: Legend, title: str, note: str, draw: Callable[[], Any]) -> Figure:
        """Figure of a product and of those beside it; only words where they do not belong together."""
        name = row.product
        self._count += 1
        of = (name, *row.beside)
        svg = Markup("")
        if odd := self.standing.odd(of):
            note = self._left_out(self.voice.word(name), odd)
        else:
            with drawing(self.voice):
                svg = Markup(as_svg(draw()))  # noqa: S704 - our own drawing
        source, made, state = (
            source_of(self.study, name, self.voice),
            self.made(name),
            self.state(of),
        )
        return Figure(self._count, name, title, note, source, svg, made, of, state)

    def table(
        self,
        title: str,
        frame: pd.DataFrame,
        note: str = "",
        *,
        of: tuple[str, ...],
        long: bool = False,
        money: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Title, heads in words with units, and rows as text; ``of`` are the products shown.

        Columns of ``money`` are shown in the sums that the language counts in.
        """
        heads = []
        frame = frame.assign(**{name: frame[name] / self.voice.size("money") for name in money})
        for column in frame.columns:
            unit = self.voice.unit(terms()[column].unit) if column in terms() else ""
            if column in money:
                unit = self.voice(
                    "money_a_year" if unit.endswith(self.voice("unit.yr")) else "money_unit"
                )
            heads.append(self.voice.word(column) + (f" ({unit})" if unit else ""))
        return {
            "title": title,
            "number": 0,
            "heads": heads,
            "rows": [[self._cell(v) for v in row] for row in frame.itertuples(index=False)],
            "note": note,
            "of": of,
            "long": long,
            "numeric": [frame[c].dtype.kind in "iuf" for c in frame.columns],
        }

    def _cell(self, value: Any) -> str:
        if value is None or value is pd.NA:
            return self.voice("mark_unknown")
        if isinstance(value, float):
            return self.voice.figure(value)
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return self.voice.number(int(value), ",d")
        return str(value)

    def made(self, name: str) -> str:
        """When a product was made, why, and its digest."""
        record, voice = self.study.record(name), self.voice
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.made))
        why = because(record.reason, voice)
        return f"{voice('made_when')} {when}, {voice('because')}{voice('mark_colon')}{why}; sha256 {record.digest[:12]}"

    def state(self, of: tuple[str, ...]) -> str:
        """Which of some products are not up to date, and why; blank when all are."""
        said = {n: self.standing.why(n, self.voice) for n in of if self.study.has(n)}
        return self.voice.clauses(
            f"{self.voice.word(n)}{self.voice('mark_colon')}{why}" for n, why in said.items() if why
        )

    def _left_out(self, what: str, odd: str) -> str:
        return self.voice("left_out", product=what, by=self.voice.word(odd))

    def settled(self, table: dict[str, Any]) -> dict[str, Any]:
        """Table with words on what is not up to date; without rows where its products do not belong together.

        What joins lost is said once on the page: a table further down refers to it.
        """
        of = table["of"]
        self._tables += 1
        if odd := self.standing.odd(of):
            table = table | {"rows": [], "heads": [], "note": self._left_out(table["title"], odd)}
        said = self.joins(of)
        new = [s for s in said if s not in self._told]
        self._told.update(new)
        joined = self.voice("mark_sentence").join(new)
        if said and len(new) < len(said):
            joined = " ".join(w for w in (joined, self.voice("joins_above")) if w)
        return table | {
            "number": self._tables,
            "state": self.state(of),
            "note": " ".join(text for text in (table.get("note", ""), joined) if text),
        }

    def joins(self, of: tuple[str, ...]) -> list[str]:
        """What the tables behind some products lost where they met the study's places."""
        study, voice = self.study, self.voice
        accounts = {k: a for name in of if study.has(name) for k, a in study.joins(name).items()}
        if voice.language != ENGLISH:  # in English a table goes by its name in the study file
            accounts = {k: replace(a, what=voice.word(k)) for k, a in accounts.items()}
        return [s for a in accounts.values() for s in a.sentences(voice, all_rows=False)]

    def head(self, shown: list[str]) -> list[tuple[str, list[str]]]:
        """What to say on top of the page of products that are not up to date."""
        out = []
        for state in ("stale", "unchecked"):
            found = [n for n in dict.fromkeys(shown) if self.standing.state(n) == state]
            if found:
                words = [
                    f"{self.voice.word(n)}{self.voice('mark_colon')}{self.standing.why(n, self.voice)}"
                    for n in found
                ]
                out.append((self.voice(f"{state}_head", count=len(found)), words))
        return out
