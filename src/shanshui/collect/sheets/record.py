"""What was read of a table, and what was left out: shown by ``peek``, told by ``check``."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from shanshui.collect.sheets.body import LeftOut
from shanshui.collect.sheets.separate import NAMES


@dataclass(frozen=True)
class ColumnRead:
    """A column as found and as understood.

    Attributes
    ----------
    found : str
        Its head, rows of heads joined.
    name : str
        Our name; that of the file where we have none.
    kind : str
        ``number``, ``text``, ``date`` or ``empty``.
    unit : str
        As the file names it; blank without.
    unit_from : str
        ``head``, ``cells``, ``row below the head`` or ``unit line``.
    low, high : float or None
        Of the numbers as they stand, in the unit of the file.
    gaps : int
        Cells without a value.
    told : tuple of str
        What was done to cells.
    fault : str
        Why numbers were left as text.
    """

    found: str
    name: str
    kind: str
    unit: str = ""
    unit_from: str = ""
    low: float | None = None
    high: float | None = None
    gaps: int = 0
    told: tuple[str, ...] = ()
    fault: str = ""

    def line(self) -> str:
        """One line for a person."""
        arrow = f" → {self.name}" if self.name != self.found else ""
        unit = f" [{self.unit}, from the {self.unit_from}]" if self.unit else ""
        span = "" if self.low is None else f", {self.low:.10g} to {self.high:.10g}"
        gaps = f", {self.gaps} without a value" if self.gaps else ""
        told = f" ({'; '.join(self.told)})" if self.told else ""
        fault = f"; kept as text: {self.fault}" if self.fault else ""
        return f"{self.found or '(no head)'}{arrow}: {self.kind}{unit}{span}{gaps}{told}{fault}"


@dataclass(frozen=True)
class Reading:
    """How a table was read.

    Attributes
    ----------
    file : str
        Its path.
    sheets : tuple of str
        Sheets that were read.
    passed_over : tuple of str
        Sheets that were not, and why.
    encoding, separator : str
        Of a text file.
    head_rows : tuple of int
        Rows of the head in the file.
    units : tuple of str
        Of a unit line.
    columns : tuple of ColumnRead
        In the order of the file.
    rows : int
        Rows of the table as it stands in the file.
    blank_rows : int
        Rows below the head in which nothing stands.
    left_out : tuple of LeftOut
        Rows that are no part of the table.
    told : tuple of str
        What was done to the table as a whole.
    """

    file: str
    sheets: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    encoding: str = ""
    separator: str = ""
    head_rows: tuple[int, ...] = ()
    units: tuple[str, ...] = ()
    columns: tuple[ColumnRead, ...] = ()
    rows: int = 0
    blank_rows: int = 0
    left_out: tuple[LeftOut, ...] = ()
    told: tuple[str, ...] = field(default=())

    def lines(self) -> list[str]:
        """Text for a person, a line each."""
        out = []
        if self.sheets and any(self.sheets):
            out.append(f"sheet: {', '.join(self.sheets)}")
        out += [f"passed over: {text}" for text in self.passed_over]
        if self.encoding:
            out.append(
                f"text: {self.encoding}, separator {NAMES.get(self.separator, self.separator)}"
            )
        if self.head_rows:
            out.append(f"head: row {', '.join(map(str, self.head_rows))}")
        if self.units:
            out.append(f"unit line: {', '.join(self.units)}")
        out.append(
            f"rows: {self.rows}" + (f", and {self.blank_rows} blank" if self.blank_rows else "")
        )
        out += [f"left out: row {r.row}, {r.reason}: {r.text}" for r in self.left_out]
        out += [f"column {c.line()}" for c in self.columns]
        return out + list(self.told)

    def summary(self, used: Collection[str] | None = None) -> str:
        """What was left out or turned, in one line; blank where the file was read as it stands.

        Parameters
        ----------
        used : collection of str, optional
            Columns to speak of: a file may have many that nobody asked for.
        """
        parts = []
        columns = [c for c in self.columns if used is None or c.name in used]
        reasons = dict.fromkeys(r.reason for r in self.left_out if r.reason != "above the table")
        for reason in reasons:
            rows = [r for r in self.left_out if r.reason == reason]
            parts.append(
                f"{len(rows)} left out as {reason} (row {rows[0].row}: {rows[0].text[:40]})"
            )
        parts += [
            f"{c.name} in {c.unit} by the {c.unit_from}"
            for c in columns
            if c.unit and c.kind == "number"
        ][:4]
        gaps = [
            f"{c.name}: {c.gaps} without a value"
            + next((f" ({t})" for t in c.told if t.startswith("gap marks")), "")
            for c in columns
            if c.gaps and c.kind == "number"
        ]
        return "; ".join([*parts, *gaps[:3], *self.told])

    def facts(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)
