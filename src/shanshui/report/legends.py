"""How each product is shown: rows of ``legends.csv``, and the words and colours of classes in ``classes.csv``."""

import csv
from dataclasses import dataclass
from functools import cache

from shanshui.core.errors import PlanError, nearest
from shanshui.core.shipped import shipped_text

CHART = "chart"
"""View of a row that a chapter draws; all others are maps."""


@dataclass(frozen=True)
class Class:
    """One class of a legend.

    Attributes
    ----------
    code : str
        As the product has it.
    word : str
        Key of its word; blank where numbers or names of the data stand.
    colour : str
        On maps and charts.
    mark : str
        Sign of points.
    """

    code: str
    word: str
    colour: str
    mark: str


@dataclass(frozen=True)
class Legend:
    """How one product is shown.

    Attributes
    ----------
    product : str
        Grid, layer, table or features; the layers of one without a row of their own take the row of their step.
    chapter : str
        Of the report, in the order of the rows; blank for none.
    view : str
        ``chart``, or what kind of map: ``areas`` by the column ``by``, ``units`` (a table drawn on planning units), ``places`` by number,
        ``pattern``, ``basins``; blank: by what the product is.
    ramp : str
        Colours of numbers, a ramp of the drawing library or classes in their order; blank for the usual one.
    scale : str
        ``log`` where numbers are shown by their magnitude.
    classes : str
        Classes of codes; ``=NAME`` where data name them.
    by : str
        Column that is shown.
    title, note : str
        Keys of words; the word of the product, and none, by default.
    beside : tuple of str
        Products that are drawn with it.
    layers : frozenset of str
        What else is on the map: ``counties, water, cities, rivers`` (their names), ``basins_1``; ``whole``: all of the grid.
    unless : str
        Product that is shown in its place, where it was made.
    picture : bool
        Whether its map is also written as a file of its own.
    """

    product: str
    chapter: str = ""
    view: str = ""
    ramp: str = ""
    scale: str = ""
    classes: str = ""
    by: str = ""
    title: str = ""
    note: str = ""
    beside: tuple[str, ...] = ()
    layers: frozenset[str] = frozenset()
    unless: str = ""
    picture: bool = False


@cache
def legends() -> tuple[Legend, ...]:
    """Every row, in the order of the report."""
    out = []
    for row in csv.DictReader(shipped_text("report/legends.csv").splitlines()):
        beside, layers, picture = (row.pop(name) for name in ("beside", "layers", "picture"))
        out.append(
            Legend(
                **row,
                beside=tuple(beside.split()),
                layers=frozenset(layers.split()),
                picture=picture == "yes",
            )
        )
    return tuple(out)


@cache
def _maps() -> dict[str, Legend]:
    return {row.product: row for row in legends() if row.view != CHART}


def legend_of(product: str) -> Legend:
    """How the map of a product looks."""
    known = _maps()
    return known.get(product) or known.get(product.partition(".")[0]) or Legend(product)


@cache
def _classes() -> dict[str, tuple[Class, ...]]:
    out: dict[str, list[Class]] = {}
    for row in csv.DictReader(shipped_text("report/classes.csv").splitlines()):
        out.setdefault(row.pop("legend"), []).append(Class(**row))
    return {name: tuple(rows) for name, rows in out.items()}


def classes(name: str) -> tuple[Class, ...]:
    """Classes of a legend, in its order.

    Raises
    ------
    PlanError
        No such legend; with the nearest.
    """
    if name not in _classes():
        raise PlanError(f"classes.csv: no legend '{name}'; {nearest(name, _classes())}")
    return _classes()[name]


def colours(name: str) -> tuple[str, ...]:
    """Colours of a legend, in its order."""
    return tuple(c.colour for c in classes(name))


def colour_of(name: str) -> dict[str, str]:
    """Colour of each code of a legend."""
    return {c.code: c.colour for c in classes(name)}
