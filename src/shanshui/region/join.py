"""The one way in which tables meet places: each row is accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.region.crosswalk import Crosswalk
from shanshui.region.join_account import JoinAccount
from shanshui.region.join_balance import Lines, account_of
from shanshui.region.join_columns import Columns
from shanshui.region.join_lines import lines_of, matches
from shanshui.region.matching import Matching
from shanshui.region.place_book import PlaceBook, Weight

UNMATCHED = 0.3
"""Share of amounts without a place above which a join is refused [D]: a quarter can be a slip, a third is another table."""


@dataclass(frozen=True)
class Join:
    """A table after it met places.

    Attributes
    ----------
    table : DataFrame
        One row per place and key.
    others : DataFrame
        Rows of places elsewhere and unmatched ones, as they came.
    account : JoinAccount
        What became of each row.
    """

    table: pd.DataFrame
    others: pd.DataFrame
    account: JoinAccount


def joined(
    table: pd.DataFrame, places: pd.DataFrame, **rules: Any
) -> tuple[pd.DataFrame, JoinAccount]:
    """Join a table to places, and account for every row and amount.

    Parameters
    ----------
    table : DataFrame
        A column of codes, of names, or both (``code``, ``name`` or usual other words for them), columns that tell rows of
        one place apart, such as ``year``, and numbers.
    places : DataFrame or GeoDataFrame
        ``code``; ``name, name_zh, parent, level, area_km2`` and geometry if known. Rows whose column ``inside`` is not true
        have an outline but lie outside the study.
    **rules
        Of :func:`join`: ``crosswalk, names, amounts, means, weight, keys, by, unmatched, what, unit``.

    Returns
    -------
    (DataFrame, JoinAccount)
        The table with one row per place and key, codes as the places write them, rows that reached no place left out; and
        what became of each row and amount.

    Raises
    ------
    DataError
        Nothing or too little matches, a place stands twice, a split without weights, a column that is not there.
    """
    done = join(table, places, **rules)
    return done.table, done.account


def join(
    table: pd.DataFrame,
    places: pd.DataFrame,
    *,
    crosswalk: pd.DataFrame | Mapping[str, str] | Sequence[pd.DataFrame] | None = None,
    names: pd.DataFrame | Mapping[str, str] | None = None,
    amounts: Sequence[str] | None = None,
    means: Sequence[str] = (),
    weight: Weight = None,
    keys: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    unmatched: float = UNMATCHED,
    what: str = "table",
    word: str = "places",
    unit: str = "",
    some: bool = True,
) -> Join:
    """Join a table to places, and keep also what reached none.

    Parameters
    ----------
    table, places : DataFrame
        As for :func:`joined`.
    crosswalk : DataFrame, mapping or list of DataFrame, optional
        Old and new codes; see :class:`shanshui.region.crosswalk.Crosswalk`.
    names : DataFrame or mapping, optional
        Other names of places, and the code or name of each.
    amounts : sequence of str, optional
        Columns that are summed where places were merged and shared out where one was split; by default all numbers that are
        no means and no keys.
    means : sequence of str
        Columns of intensities: averaged by ``weight`` where places were merged, kept where one was split.
    weight : str, mapping or Series, optional
        ``area``, a column of the places or of the table, or values by code: for splits to which the crosswalk gives no
        weight, and for means.
    keys : sequence of str, optional
        Columns that tell rows of one place apart; by default all that are none of the others.
    by : sequence of str, optional
        Keys by which amounts are balanced; the year by default.
    unmatched : float [1]
        Largest share of the amounts that may be without a place.
    what, word : str
        Table and places in messages and in the account.
    unit : str
        Of the first amount, for the account.
    some : bool
        Is a table refused of which nothing reached a place?

    Raises
    ------
    DataError
        As for :func:`joined`.
    """
    if not 0 <= unmatched <= 1:
        raise DataError(f"{what}.unmatched: found {unmatched:g}, expected a share of 0 to 1")
    if not len(table):
        raise DataError(f"{what}: the table has no rows")
    book = PlaceBook(places, None if isinstance(weight, str) and weight in table else weight, what)
    columns = Columns.of(table, amounts, means, keys, by, what)
    matching = Matching(book, Crosswalk.of(crosswalk, what), names, what)
    found, of_row, labels = matches(table, columns, matching)
    lines = lines_of(table, columns, found, of_row, what)
    out = _gathered(lines, table, columns, book, weight if isinstance(weight, str) else None)
    account = account_of(
        lines, labels, out, book, what=what, word=book.first_level or word, unit=unit
    )
    if some or account.reached:
        _refuse(account, table, columns, book, unmatched)
    lost = np.unique(lines.row[np.isin(lines.way, ("elsewhere", "unmatched"))])
    return Join(_laid_out(out, table, columns, book), table.iloc[lost], account)


@dataclass
class Gathered:
    """Lines of one place and key brought together.

    Attributes
    ----------
    place, group : (out,)
        Of each row of the result.
    first : (out,)
        A row of the table with its keys.
    amounts, means : (out, column)
        Sums and averages; missing where a part is.
    of_line : (line,)
        Row of the result that each line that reached a place went to.
    """

    place: NDArray[np.intp]
    group: NDArray[np.intp]
    first: NDArray[np.intp]
    amounts: NDArray[np.float64]
    means: NDArray[np.float64]
    of_line: NDArray[np.intp]


def _gathered(
    lines: Lines, table: pd.DataFrame, columns: Columns, book: PlaceBook, weight: str | None
) -> Gathered:
    reached = np.flatnonzero(lines.place >= 0)
    size = int(lines.group.max(initial=0)) + 1
    order = np.array([book.code[k] for k in range(len(book.code))])
    rank = np.empty(len(order), np.intp)
    rank[np.argsort(order, kind="stable")] = np.arange(len(order))
    key = rank[lines.place[reached]] * size + lines.group[reached]
    _, first, of_line = np.unique(key, return_index=True, return_inverse=True)
    count = len(first)
    parts = lines.parts[reached]
    means = table[list(columns.means)].to_numpy(float, na_value=np.nan)[lines.row[reached]]
    if count == len(reached):
        amounts, averages = parts[first], means[first]
    else:
        amounts = _by_column(parts, of_line, count)
        each = lines.share[reached]
        if weight is not None and weight in table:
            each = each * table[weight].to_numpy(float, na_value=np.nan)[lines.row[reached]]
        with np.errstate(invalid="ignore", divide="ignore"):
            averages = _by_column(means * each[:, None], of_line, count) / _by_column(
                each[:, None], of_line, count
            )
        alone = np.bincount(of_line, minlength=count) == 1
        averages[alone] = means[first[alone]]
    return Gathered(
        lines.place[reached][first],
        lines.group[reached][first],
        lines.row[reached][first],
        amounts,
        averages,
        of_line.reshape(-1),
    )


def _by_column(
    values: NDArray[np.float64], group: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    out = np.empty((count, values.shape[1]))
    for column in range(values.shape[1]):
        out[:, column] = np.bincount(group, values[:, column], count)
    return out


def _laid_out(
    out: Gathered, table: pd.DataFrame, columns: Columns, book: PlaceBook
) -> pd.DataFrame:
    """The result in the columns of the table."""
    found = {}
    codes = np.array(book.code, dtype=object)
    if columns.code is None:
        found["code"] = codes[out.place]
    for column in map(str, table.columns):
        if column == columns.code:
            found[column] = codes[out.place]
        elif column == columns.name:
            own = np.array(book.name, dtype=object)[out.place]
            given = table[column].to_numpy(object)[out.first]
            found[column] = np.where(own == "", given, own)
        elif column in columns.amounts:
            found[column] = _as_before(out.amounts[:, columns.amounts.index(column)], table[column])
        elif column in columns.means:
            found[column] = out.means[:, columns.means.index(column)]
        else:
            found[column] = table[column].iloc[out.first].array
    frame = pd.DataFrame(found)
    frame.attrs = dict(table.attrs)
    return frame


def _as_before(values: NDArray[np.float64], column: pd.Series) -> NDArray[Any]:
    """Whole numbers stay whole where the result is."""
    whole = column.dtype.kind in "iu" and np.array_equal(values, np.rint(values))
    return values.astype(np.int64) if whole else values


def _lost(account: JoinAccount) -> str:
    """Places that the study does not have, for a message: messages are in English, reports speak by a voice."""
    names = [" ".join(w for w in (s.code, s.name) if w) or "(blank)" for s in account.unmatched[:3]]
    more = account.unmatched_count - len(names)
    said = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    verb = "has" if account.unmatched_count == 1 else "have"
    return f"{account.what}: {said} {verb} no polygon among the {account.places}"


def _refuse(
    account: JoinAccount, table: pd.DataFrame, columns: Columns, book: PlaceBook, limit: float
) -> None:
    """Refuse a table of which nothing, or too little, reached a place.

    Raises
    ------
    DataError
        With what is lost and the cure.
    """
    what, word = account.what, account.places
    if not account.reached:
        column = columns.code or columns.name
        ours = next((c for c, inside in zip(book.code, book.inside, strict=True) if inside), "none")
        raise DataError(
            f"{what}.{'code' if columns.code else 'name'}: none of its places (such as {table[column].iloc[0]}) is one of the "
            f"{word} (such as {ours}); name the right columns in [inputs.{what}], or give crosswalk or names there"
        )
    if account.share > limit:
        raise DataError(
            f"{_lost(account)}: {account.share * 100:.3g} % without a place, allowed are {limit * 100:.3g} %; give crosswalk or names "
            f"in [inputs.{what}], correct the codes, or set unmatched = {min(1.0, np.ceil(account.share * 100) / 100):g}"
        )
