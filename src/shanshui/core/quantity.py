"""Kinds of things that flow between assessments: units, columns, and what they name."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT = "text"
"""Unit word of a column of words: names, verdicts, codes of things that are no key."""
ANY = "any"
"""Unit word of numbers whose unit another column of the row, or the data, tells."""


@dataclass(frozen=True)
class Key:
    """What a column, the cells of a grid or the rows of features name: places or things of one of some kinds.

    Attributes
    ----------
    kinds : tuple of str
        Rows of ``core/keys.csv``; or one ``=parameter``: of the same kind as what that data parameter takes.
    """

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        object.__setattr__(self, "kinds", kinds)

    @property
    def like(self) -> str | None:
        """Data parameter whose kind this one has."""
        return self.kinds[0][1:] if self.kinds and self.kinds[0].startswith("=") else None


@dataclass(frozen=True)
class Column:
    """One column of a table: its unit, or what it names; an optional one need not be there."""

    name: str
    unit: str
    key: Key | None = None
    optional: bool = False


Columns = Mapping[str, str | Key]


def _columns(declared: Columns) -> tuple[tuple[Column, ...], str | None]:
    """Columns as declared, and the unit of further ones; a name that ends in ``?`` may be absent."""
    pairs = dict(declared)
    more = pairs.pop("*", None)
    out = []
    for name, what in pairs.items():
        key = what if isinstance(what, Key) else None
        unit = TEXT if isinstance(what, Key) else what
        out.append(Column(name.removesuffix("?"), unit, key, name.endswith("?")))
    return tuple(out), None if isinstance(more, Key) else more


@dataclass(frozen=True)
class Grid:
    """Values on the study grid: an ``xarray.DataArray`` with dims ``(y, x)`` and a unit; ``any`` where none is preferred.

    Labels carry the kind of place that they number.
    """

    unit: str
    key: Key | None = None


@dataclass(frozen=True)
class Layers:
    """Several grids that one pass gives: an ``xarray.Dataset``; unit by layer name, none when the names are the data's."""

    units: tuple[tuple[str, str], ...] = ()


class _Rows:
    """What tables and features share: declared columns."""

    fields: tuple[Column, ...]
    more: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(c.name for c in self.fields if not c.optional)

    @property
    def unit_of(self) -> dict[str, str]:
        """Unit of each declared column that is not a key."""
        return {c.name: c.unit for c in self.fields if c.key is None}

    @property
    def key_of(self) -> dict[str, Key]:
        """What each key column names."""
        return {c.name: c.key for c in self.fields if c.key is not None}


@dataclass(frozen=True, init=False)
class Table(_Rows):
    """Rows: a ``pandas.DataFrame`` with these columns at least.

    Parameters
    ----------
    columns : mapping of column to unit or Key
        ``text`` for words, ``1`` for numbers without a unit, ``any`` where the row or the data tell it; a name that
        ends in ``?`` may be absent, ``*`` stands for further columns.
    wants : tuple of str
        Columns, heads in any case, without which the function that takes the table refuses; ``{word}`` stands for the value of a
        setting.
    """

    fields: tuple[Column, ...]
    more: str | None
    wants: tuple[str, ...]

    def __init__(self, columns: Columns | None = None, wants: tuple[str, ...] = ()) -> None:
        fields, more = _columns(columns or {})
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "more", more)
        object.__setattr__(self, "wants", wants)


@dataclass(frozen=True, init=False)
class Features(_Rows):
    """Points, lines or polygons: a ``geopandas.GeoDataFrame`` with these columns at least.

    Parameters
    ----------
    columns : mapping of column to unit or Key
        As of a table.
    key : Key, optional
        What its rows are: places or things that other tables name.
    """

    fields: tuple[Column, ...]
    more: str | None
    key: Key | None

    def __init__(self, columns: Columns | None = None, key: Key | None = None) -> None:
        fields, more = _columns(columns or {})
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "more", more)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True)
class Scalar:
    """One number with a unit."""

    unit: str


Quantity = Grid | Layers | Table | Features | Scalar
