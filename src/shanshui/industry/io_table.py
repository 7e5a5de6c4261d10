"""An input-output table: read from any sheet that has sectors in rows and columns, checked for balance, brought together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import DataError, QuantityError

Vector = NDArray[np.float64]
BALANCED = 0.01
"""Greatest imbalance over output of a table that stands [D]; statistical discrepancies of official tables are below."""
_OUTPUT = {"go", "x", "output", "totaloutput", "grossoutput", "总产出"}
_INPUT = {"ti", "totalinput", "totalinputs", "总投入"}
_TOTALS = {
    "tiu", "tii", "tfu", "tc", "thc", "gcf", "tva", "total", "totalintermediateuse", "totalintermediateinput",
    "totalfinaluse", "totalvalueadded", "中间使用合计", "中间投入合计", "最终使用合计", "增加值合计", "合计", "gdp",
}  # fmt: skip
_IMPORT = {"im", "import", "imports", "进口"}
_ERROR = {"err", "error", "discrepancy", "其他", "误差"}
_EXPORT = {"ex", "export", "exports", "出口"}
_ORIGIN = {"origin"}
_VALUE_ADDED = re.compile(
    r"^(va|增加值|wage|compensation|labou?r|tax|profit|surplus|depreciation|capital|value.?added)",
    re.I,
)
DOMESTIC = {"domestic", "国内", "d"}


def _plain(label: object) -> str:
    text = re.sub(r"[\s_.,-]+", "", str(label).strip().lower().lstrip("\ufeff"))
    return text.lstrip("0") or text


@dataclass(frozen=True)
class InputOutputTable:
    """One table of flows.

    Attributes
    ----------
    codes, names : tuple of str
        Sectors.
    flows : (sector, sector) [money/yr]
        Between sectors of the economy itself.
    final : DataFrame
        A column per kind of final demand, of home products.
    value_added : DataFrame
        A row per kind of primary input, imports among them where the table has them as a row; a column per sector code.
    output : (sector,) [money/yr]
        Total output.
    imported : (sector, sector) [money/yr]
        Flows from abroad; 0 where the table does not part them.
    import_total : (sector,) [money/yr]
        Imports of a table that does not part them: home output is use less these.
    discrepancy : (sector,) [money/yr]
        What the table itself calls error.
    competitive : bool
        Flows hold imports too.
    history : tuple of str
        What was done to it.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    flows: NDArray[np.float64]
    final: pd.DataFrame
    value_added: pd.DataFrame
    output: Vector
    imported: NDArray[np.float64]
    import_total: Vector
    discrepancy: Vector
    competitive: bool
    history: tuple[str, ...] = field(default=())

    @property
    def added(self) -> Vector:
        """Value added of each sector: primary inputs but imports; what inputs leave of output where the table has none [money/yr]."""
        if self.value_added.empty:
            return self.output - self.flows.sum(axis=0) - self.imported.sum(axis=0)
        own = [k for k in self.value_added.index if _plain(k) not in _IMPORT]
        return np.asarray(self.value_added.loc[own].sum(axis=0), np.float64)

    @property
    def demand(self) -> Vector:
        """Final demand for home output, imports of a competitive table taken off [money/yr]."""
        return np.asarray(self.final.sum(axis=1), np.float64) - self.import_total + self.discrepancy

    def balance(self) -> pd.DataFrame:
        """Row and column of each sector against its output.

        Returns
        -------
        DataFrame
            ``code, name, output, row_gap, column_gap, share``: use less output, inputs less output, the greater over output.
        """
        row = self.flows.sum(axis=1) + self.demand - self.output
        column = self.flows.sum(axis=0) + self.imported.sum(axis=0) - self.output
        column = column + np.asarray(self.value_added.sum(axis=0), np.float64)
        if self.value_added.empty:
            column = np.zeros_like(row)
        worst = np.maximum(np.abs(row), np.abs(column))
        # what sums of rounded figures leave is no imbalance, also of a sector without output
        worst = np.where(worst <= 1e-9 * np.abs(self.output).max(initial=0.0), 0.0, worst)
        scale = np.where(self.output != 0, np.abs(self.output), np.inf)
        share = np.where(worst > 0, worst / scale, 0.0)
        return pd.DataFrame(
            {
                "code": self.codes,
                "name": self.names,
                "output": self.output,
                "row_gap": row,
                "column_gap": column,
                "share": np.where((self.output == 0) & (worst > 0), np.inf, share),
            }
        )

    def checked(self, tolerance: float = BALANCED) -> "InputOutputTable":
        """The table, if it balances.

        Raises
        ------
        DataError
            By how much and where it does not.
        """
        rows = self.balance()
        worst = rows.iloc[int(rows["share"].to_numpy().argmax())]
        if worst["share"] <= tolerance:
            return self
        off = rows[rows["share"] > tolerance]
        side = "row" if abs(worst["row_gap"]) >= abs(worst["column_gap"]) else "column"
        raise DataError(
            f"input-output table: {len(off)} of {len(rows)} sectors do not balance; the worst is {worst['code']} {worst['name']}: its "
            f"{side} is off by {worst[f'{side}_gap']:.6g} at an output of {worst['output']:.6g} ({worst['share']:.2%}); is a column of "
            f"final demand, value added or imports missing? a wider tolerance than {tolerance:.2%} can be asked for"
        )

    def aggregated(self, groups: Mapping[str, str] | Sequence[str]) -> "InputOutputTable":
        """Sectors brought together.

        Parameters
        ----------
        groups : mapping of code to group, or one group per sector
            A name for every sector.

        Returns
        -------
        InputOutputTable
            Groups in the order of their first sector.

        Raises
        ------
        QuantityError
            A sector without a group.
        """
        named = (
            [groups.get(code, "") for code in self.codes]
            if isinstance(groups, Mapping)
            else list(groups)
        )
        if len(named) != len(self.codes) or "" in named:
            lost = [c for c, g in zip(self.codes, named, strict=False) if not g]
            raise QuantityError(
                f"groups: no group for sectors {', '.join(lost[:10]) or 'at the end'}"
            )
        kinds = list(dict.fromkeys(named))
        join = np.array([[float(g == k) for g in named] for k in kinds])
        final = pd.DataFrame(
            join @ self.final.to_numpy(np.float64), index=kinds, columns=self.final.columns
        )
        added = pd.DataFrame(
            self.value_added.to_numpy(np.float64) @ join.T,
            index=self.value_added.index,
            columns=kinds,
        )
        return replace(
            self,
            codes=tuple(kinds),
            names=tuple(kinds),
            flows=join @ self.flows @ join.T,
            final=final,
            value_added=added,
            output=join @ self.output,
            imported=join @ self.imported @ join.T,
            import_total=join @ self.import_total,
            discrepancy=join @ self.discrepancy,
            history=(*self.history, f"{len(self.codes)} sectors brought together to {len(kinds)}"),
        )


def read_table(frame: pd.DataFrame, sectors: int | None = None) -> InputOutputTable:
    """Find the parts of an input-output table.

    Parameters
    ----------
    frame : table
        Rows of sectors, then of value added; columns of labels, then of sectors in the same order, then of final uses. Totals are known
        by their names and left out; ``GO`` (or ``output``) is total output, computed from use where absent; ``IM`` imports, taken off;
        a column ``Origin`` parts home rows from imported ones.
    sectors : int, optional
        How many; by default as many columns as rows carry the same labels.

    Returns
    -------
    InputOutputTable
        Not yet checked for balance.

    Raises
    ------
    DataError
        No square of sectors, or cells that are no numbers; says where.
    """
    heads = [str(c).strip() for c in frame.columns]
    frame = frame.set_axis(heads, axis=1)
    labels = [c for c in heads if not _numeric(frame[c]) or _plain(c) in {"code", "sector", "id"}]
    first = labels[0] if labels else heads[0]
    body = [c for c in heads if c not in labels and c != first]
    origin = next((c for c in labels if _plain(c) in _ORIGIN), None)
    rows = frame[first].astype(str).str.strip()
    columns = _sector_columns(frame, labels or [first], body, sectors)
    n = len(columns)
    if n == 0:
        raise DataError(
            f"input-output table: no column carries the label of a row; rows begin {', '.join(rows[:4])}, columns {', '.join(body[:4])}; "
            "name sectors alike in both, or say how many there are: --sectors N"
        )
    home = np.arange(n)
    imported = np.zeros((n, n))
    history = []
    if origin is not None:
        of_home = frame[origin].fillna("").astype(str).str.strip().str.lower().isin(DOMESTIC)
        plain = [_plain(c) for c in columns]
        match = rows.map(_plain).isin(plain)
        home = np.flatnonzero(of_home & match)[:n]
        abroad = np.flatnonzero(~of_home & match)[:n]
        if len(home) != n:
            raise DataError(
                f"input-output table: {len(home)} home rows for {n} sectors in column {origin}; expected one each"
            )
        if len(abroad) == n:
            imported = _numbers(frame.iloc[abroad][columns])
        history.append("home and imported flows parted")
    names_at = labels[1] if len(labels) > 1 else first
    final, output, taken, error, kinds = _uses(frame, home, columns, body, bool(imported.any()))
    added = _added(frame, columns, rows, n, len(rows) if origin is None else None)
    flows = _numbers(frame.iloc[home][columns])
    if output is None:
        output = flows.sum(axis=1) + final.sum(axis=1).to_numpy() - taken + error
        history.append("output is total use: the table has none")
    return InputOutputTable(
        tuple(rows.iloc[home]),
        tuple(str(v) for v in frame.iloc[home][names_at]),
        flows,
        final,
        added,
        output,
        imported,
        taken,
        error,
        competitive=origin is None and "import" in kinds,
        history=tuple(history),
    )


def _numeric(column: pd.Series) -> bool:
    some = column[column.notna() & (column.astype(str).str.strip() != "")]
    # uses are blank below the sectors: only cells that hold something tell
    return bool(len(some)) and bool(pd.to_numeric(some, errors="coerce").notna().mean() > 0.5)


def _sector_columns(
    frame: pd.DataFrame, labels: list[str], body: list[str], sectors: int | None
) -> list[str]:
    if sectors is not None:
        if sectors < 1 or sectors > len(body) or sectors > len(frame):
            raise DataError(
                f"--sectors {sectors}: the table has {len(frame)} rows and {len(body)} columns of numbers"
            )
        return body[:sectors]
    for label in labels:
        seen = {_plain(v) for v in frame[label]} - _OUTPUT - _INPUT - _TOTALS
        found = []
        for column in body:
            if _plain(column) not in seen:
                break
            found.append(column)
        if found:
            _refuse_lost(found, body, seen)
            return found
    return []


def _refuse_lost(found: list[str], body: list[str], seen: set[str]) -> None:
    """Refuse a column of a sector whose row is lost: it would pass for a final use.

    Raises
    ------
    DataError
        With the column.
    """
    rest = body[len(found) :]
    if not rest:
        return
    later = next((c for c in rest if _plain(c) in seen), None)
    last, following = _plain(found[-1]), _plain(rest[0])
    counted = last.isdigit() and following.isdigit() and int(following) == int(last) + 1
    if later is not None or (counted and len(found) > 1):
        said = (
            f"'{later}' after it has one"
            if later is not None
            else f"it counts on from '{found[-1]}'"
        )
        raise DataError(
            f"input-output table: column '{rest[0]}' has no row, though {said}; is the row of that sector lost? put it in, or "
            "say how many sectors there are: --sectors N"
        )


def _numbers(part: pd.DataFrame) -> NDArray[np.float64]:
    values = part.apply(pd.to_numeric, errors="coerce")
    broken = values.isna() & part.notna() & (part.astype(str).map(str.strip) != "")
    if broken.to_numpy().any():
        i, j = np.argwhere(broken.to_numpy())[0]
        raise DataError(
            f"input-output table: row {part.index[i] + 2}, column {part.columns[j]} holds {part.iloc[i, j]!r}, expected a number"
        )
    return values.fillna(0.0).to_numpy(np.float64)


def _uses(
    frame: pd.DataFrame,
    home: NDArray[np.int64],
    columns: list[str],
    body: list[str],
    parted: bool,
) -> tuple[pd.DataFrame, Vector | None, Vector, Vector, set[str]]:
    rows = frame.iloc[home]
    rest = [c for c in body if c not in columns]
    final: dict[str, Vector] = {}
    output, taken, error = None, np.zeros(len(home)), np.zeros(len(home))
    kinds = set()
    between = _numbers(rows[columns]).sum(axis=1)
    for column in rest:
        plain = _plain(column)
        if plain in _INPUT:
            continue
        values = _numbers(rows[[column]])[:, 0]
        if plain in _TOTALS:
            if output is None and _same(values, between + sum(final.values()) - taken + error):
                output = values
            elif not _is_sum(values, between, list(final.values())):
                # a table may give only the total of a kind of use
                final[column] = values
        elif plain in _OUTPUT:
            output = values
        elif plain in _IMPORT:
            # some tables write imports with a minus
            taken = np.abs(values) if not parted else taken
            kinds.add("import")
        elif plain in _ERROR:
            error = values
        else:
            final[column] = values
    return pd.DataFrame(final, index=list(columns)), output, taken, error, kinds


def _same(a: Vector, b: Vector) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-6 * max(float(np.abs(a).max()), 1e-12)))


def _is_sum(values: Vector, between: Vector, uses: list[Vector]) -> bool:
    """A total repeats what was read: flows between sectors, or a run of the uses before it."""
    if not values.any() or _same(values, between):
        return True
    run = np.zeros_like(values)
    for use in reversed(uses):
        run = run + use
        if _same(values, run):
            return True
    return _same(values, between + run)


def _added(
    frame: pd.DataFrame, columns: list[str], rows: pd.Series, n: int, after: int | None
) -> pd.DataFrame:
    plain = {_plain(c) for c in columns}
    at = [
        k
        for k, label in enumerate(rows)
        if k >= n
        and _plain(label) not in plain | _TOTALS | _INPUT | _OUTPUT
        and (_VALUE_ADDED.match(label) or after is not None)
    ]
    part = frame.iloc[at]
    values = _numbers(part[columns]) if at else np.zeros((0, n))
    return pd.DataFrame(values, index=[str(v) for v in rows.iloc[at]], columns=list(columns))
