"""What each input is, and which dataset would supply it: rows of ``inputs.csv`` and ``input_columns.csv``."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.hazard_words import hazard_words
from shanshui.core.quantity import Columns, Features, Grid, Key, Layers, Quantity, Table
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import ADMINISTRATIVE

Family = Literal[
    "continuous",
    "categorical",
    "stack",
    "annual",
    "polygons",
    "lines",
    "points",
    "shapes",
    "zones",
    "table",
    "coefficients",
    "register",
]


@dataclass(frozen=True)
class InputKind:
    """What an input is, whatever file it comes from.

    Attributes
    ----------
    family : str
        How it is brought to the grid.
    gives : Quantity
        What flows on.
    low, high : float
        Plausible values in the unit of ``gives``; can be widened in the study file.
    usual : (float, float), optional
        Where the mean of a region lies: a mean beyond it is most often a wrong unit, which single values do not show.
    usual_hint : str
        What to look for then.
    zeros : str
        ``count`` where 0 is a value as any other (no light, no storm, no trees, no lime), however much of a map it covers;
        ``suspect`` where zeros that stand off from all other values are most often missing data (heights, rain of a year, soil);
        ``absence`` where 0 says that something is not there: such a map is never read between or averaged.
    conserved : str
        Unit of amounts by area that a file may also hold by cell, and whose sum must stay: they are never averaged or read between.
    words : mapping of column to mapping of spelling to word
        Columns of features that hold words of a fixed list, however they are spelt; another word is refused.
    wanted : str
        Dataset that would supply it, for those who lack it.
    """

    family: Family
    gives: Quantity
    low: float = float("-inf")
    high: float = float("inf")
    usual: tuple[float, float] | None = None
    usual_hint: str = ""
    zeros: Literal["count", "suspect", "absence"] = "suspect"
    conserved: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wanted: str = ""

    @property
    def unit(self) -> str:
        """Unit on the grid."""
        return self.gives.unit if isinstance(self.gives, Grid) else ""

    @property
    def names_places(self) -> bool:
        """Does a column of its rows name administrative places?"""
        return isinstance(self.gives, Table) and ADMINISTRATIVE in self.gives.key_of.values()


INPUTS_TABLE, COLUMNS_TABLE = "collect/inputs.csv", "collect/input_columns.csv"


def _columns() -> dict[str, list[dict[str, str]]]:
    """Rows of the declared columns by input."""
    out: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(shipped_text(COLUMNS_TABLE).splitlines()):
        out.setdefault(row["input"], []).append(row)
    return out


def _key(text: str) -> Key | None:
    return Key(*text.split()) if text else None


def _gives(row: Mapping[str, str], declared: list[dict[str, str]]) -> Quantity:
    """What flows on from an input."""
    columns: Columns = {c["column"]: _key(c["key"]) or c["unit"] for c in declared}
    makes: dict[str, Callable[[], Quantity]] = {
        "grid": lambda: Grid(row["unit"], _key(row["key"])),
        "layers": Layers,
        "features": lambda: Features(columns, _key(row["key"])),
        "table": lambda: Table(columns),
    }
    if row["gives"] not in makes:
        raise PlanError(
            f"{INPUTS_TABLE}: {row['input']} gives '{row['gives']}'; {nearest(row['gives'], makes)}"
        )
    return makes[row["gives"]]()


def _inputs() -> Iterator[tuple[str, InputKind]]:
    columns = _columns()
    for row in csv.DictReader(shipped_text(INPUTS_TABLE).splitlines()):
        declared = columns.get(row["input"], [])
        yield (
            row["input"],
            InputKind(
                cast("Family", row["family"]),
                _gives(row, declared),
                float(row["low"] or "-inf"),
                float(row["high"] or "inf"),
                (float(row["usual_low"]), float(row["usual_high"])) if row["usual_low"] else None,
                row["usual_hint"],
                cast("Literal['count', 'suspect', 'absence']", row["zeros"]),
                row["conserved"],
                {
                    c["column"].removesuffix("?"): hazard_words(c["words"])
                    for c in declared
                    if c["words"]
                },
                row["wanted"],
            ),
        )


INPUTS: dict[str, InputKind] = dict(_inputs())
"""Inputs by name, in the order of the reference."""


PRODUCTS = {"sources": "source_outlines"}
"""Products that inputs give under another name, because a step makes from them what has the input's own."""


def wanted(reason: str) -> str:
    """Reason why a product is absent, with the dataset that would supply its input."""
    name = reason.partition("'")[2].partition("'")[0]
    kind = INPUTS.get(name)
    return f"{reason} ({kind.wanted})" if kind is not None and kind.wanted else reason


RASTERS = ("continuous", "categorical")
FEATURES = ("polygons", "lines", "points", "shapes")
TOGETHER = ("annual", "zones", *RASTERS, *FEATURES)
"""What is one dataset though it lies in several files: tiles of a raster, parts of a layer, maps of years."""
SEVERAL = ("table", *TOGETHER)
"""What may lie in several files; of a table they are years or kinds."""


def kind_of(name: str) -> InputKind:
    """Return what an input is.

    Raises
    ------
    KeyError
        No such input; the message suggests the nearest.
    """
    if name not in INPUTS:
        raise KeyError(f"no input '{name}'; {nearest(name, INPUTS)}")
    return INPUTS[name]


def refuse_several(name: str, count: int) -> None:
    """Refuse more files than an input may lie in.

    Raises
    ------
    DataError
        Several files for an input that can have one only.
    """
    if count > 1 and INPUTS[name].family not in SEVERAL:
        raise DataError(
            f"{name}: {count} files are declared; only tables, maps and features may have several: join them into one"
        )
